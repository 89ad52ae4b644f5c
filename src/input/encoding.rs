//! How the characters of a source are written, decided from its first bytes.
//!
//! | beginning | encoding |
//! |---|---|
//! | `EF BB BF` | UTF-8, the mark is dropped |
//! | `FF FE 00 00`, `00 00 FE FF` | UTF-32, little or big end first, the mark is dropped |
//! | `FF FE`, `FE FF` | UTF-16, little or big end first, the mark is dropped |
//! | `31 00 34 00 3A 00` | UTF-16LE without a mark (`wevtutil`, `reg export`, a tail of a larger file): zeros in every other place |
//! | zeros and control characters without such an order | binary |
//! | bytes that speak for a code page ([`super::code_page`]) | that page |
//! | anything else | UTF-8; bytes that are none are read as Windows-1252 |
//!
//! What the user says wins over all of it, except that data of a known other format stays what it is.

use super::code_page::{self, CodePage};
use super::unpack::{Format, Kind};

/// How the characters of a source are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, of which ASCII is a part.
    Utf8,
    /// UTF-8 with bytes that are none; those were read as Windows-1252.
    Windows1252,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// UTF-32, little end first.
    Utf32Le,
    /// UTF-32, big end first.
    Utf32Be,
    /// A code page.
    Page(CodePage),
    /// No text.
    Binary,
}

impl Encoding {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Windows1252 => "windows-1252",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Utf32Le => "utf-32le",
            Encoding::Utf32Be => "utf-32be",
            Encoding::Page(page) => page.name(),
            Encoding::Binary => "binary",
        }
    }

    /// The encoding of a name, as the user writes it: `utf-16le`, `cp850`, `shift_jis`.
    pub fn from_name(name: &str) -> Option<Encoding> {
        match name.trim().to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "65001" | "ascii" => Some(Encoding::Utf8),
            "utf-16" | "utf-16le" | "utf16" | "utf16le" => Some(Encoding::Utf16Le),
            "utf-16be" | "utf16be" => Some(Encoding::Utf16Be),
            "utf-32" | "utf-32le" | "utf32" | "utf32le" => Some(Encoding::Utf32Le),
            "utf-32be" | "utf32be" => Some(Encoding::Utf32Be),
            other => CodePage::from_name(other).map(Encoding::Page),
        }
    }

    /// The byte order mark that a text in it may begin with.
    fn mark(self) -> &'static [u8] {
        match self {
            Encoding::Utf8 => b"\xef\xbb\xbf",
            Encoding::Utf16Le => b"\xff\xfe",
            Encoding::Utf16Be => b"\xfe\xff",
            Encoding::Utf32Le => b"\xff\xfe\0\0",
            Encoding::Utf32Be => b"\0\0\xfe\xff",
            Encoding::Windows1252 | Encoding::Page(_) | Encoding::Binary => b"",
        }
    }
}

/// What the first bytes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) kind: Kind,
    pub(super) encoding: Encoding,
    /// Length of the byte order mark.
    pub(super) mark: usize,
    /// What shows it.
    pub(super) evidence: String,
}

/// Of the bytes in the places where UTF-16 has its zeros, this share must be zero, in percent: texts in Chinese or
/// Japanese have them only in their digits, blanks and line ends.
const UTF16_ZEROS: usize = 20;

/// More control characters and holes than this, in percent, and it is no text. Compressed data has 10.
const TEXT_CONTROLS: usize = 5;

/// The encodings that have marks; the longer marks first, since they begin like shorter ones.
const MARKED: [Encoding; 5] =
    [Encoding::Utf32Le, Encoding::Utf32Be, Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be];

/// Decides from the first bytes of a source, unless the user has said it.
pub(super) fn decide(sample: &[u8], said: Option<Encoding>) -> Decision {
    let text = |encoding, mark, evidence: &str| Decision {
        kind: Kind::Text,
        encoding,
        mark,
        evidence: evidence.to_owned(),
    };
    let binary = |format: Format| Decision {
        kind: Kind::Binary(format),
        encoding: Encoding::Binary,
        mark: 0,
        evidence: format!("it is {}", format.title()),
    };
    if let Some(format) = Format::of(sample) {
        return binary(format);
    }
    if let Some(encoding) = said {
        let mark = encoding.mark();
        let mark = if sample.starts_with(mark) { mark.len() } else { 0 };
        return text(encoding, mark, "it was given (--encoding)");
    }
    let marked = MARKED.into_iter().find(|encoding| {
        let is_wide = matches!(encoding, Encoding::Utf32Le | Encoding::Utf32Be);
        sample.starts_with(encoding.mark()) && (!is_wide || is_utf32(sample, *encoding))
    });
    if let Some(encoding) = marked {
        return text(encoding, encoding.mark().len(), "it begins with a byte order mark");
    }
    if let Some(encoding) = utf16_without_mark(sample) {
        return text(encoding, 0, "every other byte is zero as in western texts");
    }
    if !is_text(sample) {
        return binary(Format::Unknown);
    }
    match utf8(sample) {
        Utf8::Ascii => text(Encoding::Utf8, 0, "only ASCII in its beginning"),
        Utf8::Valid => text(Encoding::Utf8, 0, "characters beyond ASCII in its beginning are UTF-8"),
        Utf8::Mixed => text(Encoding::Utf8, 0, "mostly UTF-8 in its beginning"),
        Utf8::Other => match code_page::judge(sample) {
            Some((page, why)) => text(Encoding::Page(page), 0, &why),
            None => text(Encoding::Utf8, 0, UNTOLD),
        },
    }
}

/// Why bytes that are no UTF-8 are taken for Windows-1252.
pub(super) const UNTOLD: &str = "there are bytes that are no UTF-8, and nothing tells another code page";

enum Utf8 {
    Ascii,
    Valid,
    /// Bytes that are none beside more characters that are.
    Mixed,
    Other,
}

fn utf8(sample: &[u8]) -> Utf8 {
    if sample.is_ascii() {
        return Utf8::Ascii;
    }
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    let mut chunks = sample.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        valid += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        // The last character may be cut by the end of the sample.
        let is_cut = chunks.peek().is_none() && chunk.invalid().len() < 4 && valid > 0;
        if !chunk.invalid().is_empty() && !is_cut {
            invalid += 1;
        }
    }
    match (valid, invalid) {
        (_, 0) => Utf8::Valid,
        (valid, invalid) if valid > invalid => Utf8::Mixed,
        _ => Utf8::Other,
    }
}

/// `FF FE 00 00` may be UTF-16 that goes on with a zero: then the rest makes no sense in fours.
fn is_utf32(sample: &[u8], encoding: Encoding) -> bool {
    sample.len() % 4 != 1
        && sample.chunks_exact(4).all(|unit| {
            let unit = unit.try_into().unwrap_or([0; 4]);
            let number = if encoding == Encoding::Utf32Le {
                u32::from_le_bytes(unit)
            } else {
                u32::from_be_bytes(unit)
            };
            char::from_u32(number).is_some()
        })
}

fn utf16_without_mark(sample: &[u8]) -> Option<Encoding> {
    let pairs = sample.len() / 2;
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let (encoding, many, few) =
        if second > first { (Encoding::Utf16Le, second, first) } else { (Encoding::Utf16Be, first, second) };
    if many == 0 || many * 100 < pairs * UTF16_ZEROS || few * 10 > many {
        return None;
    }
    // Tables of small numbers have zeros in every other place too; as characters they make no sense.
    let units = sample.chunks_exact(2).map(|pair| match (encoding, pair) {
        (Encoding::Utf16Le, [low, high]) | (_, [high, low]) => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    let controls = char::decode_utf16(units).filter(|unit| match unit {
        Ok(character) => character.is_control() && !is_layout(*character),
        Err(_) => true,
    });
    (controls.count() * 100 <= pairs * TEXT_CONTROLS).then_some(encoding)
}

/// Text may have holes: after a crash, file systems leave runs of zeros where the last lines should be. So a run
/// of zeros counts as one character.
fn is_text(sample: &[u8]) -> bool {
    let (mut characters, mut controls, mut before) = (0_usize, 0_usize, 1_u8);
    for byte in sample {
        if *byte != 0 || before != 0 {
            characters += 1;
            controls += usize::from(byte.is_ascii_control() && !is_layout(char::from(*byte)));
        }
        before = *byte;
    }
    controls * 100 <= characters * TEXT_CONTROLS
}

/// Control characters that texts hold: blanks, line ends, form feed, backspace, colours, end of a DOS file.
fn is_layout(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\x0c' | '\x08' | '\x1b' | '\x1a')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn utf16be(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    fn decided(sample: &[u8]) -> (Kind, &'static str, usize) {
        let decision = decide(sample, None);
        (decision.kind, decision.encoding.name(), decision.mark)
    }

    const LINE: &str =
        "14:55:05.986 [5132.5812] <2> db_error_add_to_file: dberrorq.c:midnite = 1236229200\r\n";

    #[test]
    fn marks_decide() {
        assert_eq!(decided(b"\xef\xbb\xbfabc"), (Kind::Text, "utf-8", 3));
        assert_eq!(decided(b"\xff\xfea\0"), (Kind::Text, "utf-16le", 2));
        assert_eq!(decided(b"\xfe\xff\0a"), (Kind::Text, "utf-16be", 2));
    }

    #[test]
    fn utf32_is_told_from_utf16_with_a_zero() {
        assert_eq!(decided(b"\xff\xfe\0\0a\0\0\0"), (Kind::Text, "utf-32le", 4));
        assert_eq!(decided(b"\0\0\xfe\xff\0\0\0a"), (Kind::Text, "utf-32be", 4));
        assert_eq!(decided(b"\xff\xfe\0\0a\0b\0"), (Kind::Text, "utf-16le", 2));
    }

    #[test]
    fn what_the_user_says_wins() {
        let said = |name: &str, sample: &[u8]| {
            let decision = decide(sample, Encoding::from_name(name));
            (decision.kind, decision.encoding.name(), decision.mark)
        };
        assert_eq!(said("cp850", b"f\x81r"), (Kind::Text, "ibm850", 0));
        assert_eq!(said("cp1252", "für".as_bytes()), (Kind::Text, "windows-1252", 0));
        assert_eq!(said("utf-8", b"\xef\xbb\xbfabc"), (Kind::Text, "utf-8", 3));
        assert_eq!(said("utf-16", b"\xff\xfea\0"), (Kind::Text, "utf-16le", 2));
        assert_eq!(said("utf-8", &[1, 2, 3, 4]), (Kind::Text, "utf-8", 0));
        assert_eq!(said("utf-8", b"ElfFile\0"), (Kind::Binary(Format::Evtx), "binary", 0));
    }

    #[test]
    fn utf16_is_seen_without_a_mark() {
        assert_eq!(decided(&utf16le(LINE)), (Kind::Text, "utf-16le", 0));
        assert_eq!(decided(&utf16be(LINE)), (Kind::Text, "utf-16be", 0));
        let japanese = "2009/03/05 14:55:05 バックアップ ジョブが失敗しました。\r\n".repeat(20);
        assert_eq!(decided(&utf16le(&japanese)), (Kind::Text, "utf-16le", 0));
        assert_eq!(decided(b"a\0"), (Kind::Text, "utf-16le", 0));
    }

    #[test]
    fn plain_text_is_utf8_for_now() {
        assert_eq!(decided(b""), (Kind::Text, "utf-8", 0));
        assert_eq!(decided(LINE.as_bytes()), (Kind::Text, "utf-8", 0));
        assert_eq!(decided("Sicherung für Größe fehlgeschlagen".as_bytes()), (Kind::Text, "utf-8", 0));
        assert_eq!(decided(b"Sicherung f\xfcr Gr\xf6\xdfe"), (Kind::Text, "utf-8", 0));
        assert_eq!(decided(b"\x1b[31mred\x1b[0m"), (Kind::Text, "utf-8", 0));
    }

    #[test]
    fn a_hole_in_a_text_leaves_it_a_text() {
        let mut holed = LINE.repeat(30).into_bytes();
        holed.extend([0; 4096]);
        holed.extend(LINE.as_bytes());
        assert_eq!(decided(&holed), (Kind::Text, "utf-8", 0));
    }

    #[test]
    fn other_data_is_named() {
        let mut evt = vec![0x30, 0, 0, 0];
        evt.extend(b"LfLe\x01\0\0\0");
        let mut tar = vec![b'a'; 257];
        tar.extend(b"ustar\x0000");
        for (sample, format) in [
            (&b"ElfFile\0\0\0\0\0"[..], Format::Evtx),
            (&evt, Format::Evt),
            (b"PK\x03\x04\x14\0", Format::Zip),
            (b"\x28\xb5\x2f\xfd\x04", Format::Zstandard),
            (b"\xfd7zXZ\0\0", Format::Xz),
            (b"BZh91AY&SY", Format::Bzip2),
            (b"7z\xbc\xaf\x27\x1c\0", Format::SevenZip),
            (b"MSCF\0\0\0\0", Format::Cabinet),
            (&tar, Format::Tar),
            (&[0; 512], Format::Unknown),
            (&[7, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4], Format::Unknown),
        ] {
            assert_eq!(decide(sample, None).kind, Kind::Binary(format), "{sample:?}");
            assert_eq!(decide(sample, None).encoding.name(), "binary");
        }
        let numbers: Vec<u8> = (0_u16..400).flat_map(|number| (number % 30).to_le_bytes()).collect();
        assert_eq!(decide(&numbers, None).kind, Kind::Binary(Format::Unknown));
        let noise: Vec<u8> =
            (0_u32..9000).map(|number| (number.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
        assert_eq!(decide(&noise, None).kind, Kind::Binary(Format::Unknown));
    }
}
