//! How the characters of a source are written, decided from its first bytes.
//!
//! | beginning | encoding |
//! |---|---|
//! | `EF BB BF` | UTF-8, the mark is dropped |
//! | `FF FE`, `FE FF` | UTF-16, little or big end first, the mark is dropped |
//! | `31 00 34 00 3A 00` | UTF-16LE without a mark (`wevtutil`, `reg export`, a tail of a larger file): zeros in every other place |
//! | zeros and control characters without such an order | binary |
//! | anything else | UTF-8; bytes that are none are read as Windows-1252 |
//!
//! Other code pages (850, 932, 1250) cannot be told from Windows-1252 by their bytes with any certainty, and the
//! parts of a log that matter here are ASCII in all of them; so nothing is guessed.

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
            Encoding::Binary => "binary",
        }
    }

    /// Two bytes per character?
    pub(super) fn is_utf16(self) -> bool {
        matches!(self, Encoding::Utf16Le | Encoding::Utf16Be)
    }
}

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) kind: Kind,
    pub(super) encoding: Encoding,
    /// Length of the byte order mark.
    pub(super) mark: usize,
}

/// Of the bytes in the places where UTF-16 has its zeros, this share must be zero, in percent: texts in Chinese or
/// Japanese have them only in their digits, blanks and line ends.
const UTF16_ZEROS: usize = 20;

/// More control characters and holes than this, in percent, and it is no text. Compressed data has 10.
const TEXT_CONTROLS: usize = 5;

/// Decides from the first bytes of a source.
pub(super) fn decide(sample: &[u8]) -> Decision {
    let text = |encoding, mark| Decision { kind: Kind::Text, encoding, mark };
    let binary = |format| Decision { kind: Kind::Binary(format), encoding: Encoding::Binary, mark: 0 };
    if let Some(format) = Format::of(sample) {
        return binary(format);
    }
    match sample {
        [0xef, 0xbb, 0xbf, ..] => return text(Encoding::Utf8, 3),
        [0xff, 0xfe, ..] => return text(Encoding::Utf16Le, 2),
        [0xfe, 0xff, ..] => return text(Encoding::Utf16Be, 2),
        _ => {}
    }
    if let Some(encoding) = utf16_without_mark(sample) {
        return text(encoding, 0);
    }
    if is_text(sample) { text(Encoding::Utf8, 0) } else { binary(Format::Unknown) }
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
        let decision = decide(sample);
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
            assert_eq!(decide(sample).kind, Kind::Binary(format), "{sample:?}");
            assert_eq!(decide(sample).encoding.name(), "binary");
        }
        let numbers: Vec<u8> = (0_u16..400).flat_map(|number| (number % 30).to_le_bytes()).collect();
        assert_eq!(decide(&numbers).kind, Kind::Binary(Format::Unknown));
        let noise: Vec<u8> =
            (0_u32..9000).map(|number| (number.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
        assert_eq!(decide(&noise).kind, Kind::Binary(Format::Unknown));
    }
}
