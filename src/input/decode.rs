//! From bytes to text that is always valid UTF-8, piece by piece.
//!
//! UTF-8 is validated and not copied: the bytes are read into the string's own memory. Bytes that are no UTF-8 stand
//! for their Windows-1252 characters, each alone: what a line decodes to depends on that line only, never on where
//! a block or a chunk was cut. A character cut by the end of a block waits for the next one.
//!
//! Soft spots: text in another encoding appended to a UTF-8 file is not recognised as such (it becomes lines that no
//! dialect knows, and a notice); UTF-16 whose bytes got out of step stays out of step to its end.

use encoding_rs::{DecoderResult, UTF_16BE, UTF_16LE};

use super::code_page::{Characters, windows_1252};
use super::encoding::Encoding;
use super::unpack::Bytes;

const MARK: &str = "\u{feff}";

/// Turns the bytes of one source into text.
pub(super) struct Coder {
    form: Form,
    /// Lines end with CR alone (old Macintosh, some tape libraries).
    pub(super) cr_only: bool,
    /// The source began with a byte order mark, so joined sources may have more inside (`type a.log b.log > c.log`).
    pub(super) marked: bool,
    at_line_start: bool,
    /// Where the first bytes that are no character stand in the text that was decoded last.
    invalid_at: Option<usize>,
    /// Their line.
    pub(super) first_invalid: Option<u64>,
    /// Characters beyond ASCII in valid UTF-8 were seen in the head or beside invalid bytes. Not looked for
    /// elsewhere: it only matters where there are invalid bytes, and every pass over the text costs.
    pub(super) multibyte: bool,
}

enum Form {
    Utf8 {
        pending: Vec<u8>,
    },
    /// UTF-16 and pages of several bytes. `raw` begins with the last bytes of the call before.
    Decoder {
        decoder: encoding_rs::Decoder,
        raw: Vec<u8>,
        is_page: bool,
    },
    Utf32 {
        little: bool,
        raw: Vec<u8>,
    },
    Table {
        table: &'static [String],
        raw: Vec<u8>,
    },
}

/// No malformed piece is longer, over the end of a block too.
const LONGEST_MALFORMED: usize = 8;

impl Coder {
    pub(super) fn new(encoding: Encoding) -> Coder {
        let decoder = |encoding: &'static encoding_rs::Encoding, is_page| Form::Decoder {
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: Vec::new(),
            is_page,
        };
        let form = match encoding {
            Encoding::Utf16Le => decoder(UTF_16LE, false),
            Encoding::Utf16Be => decoder(UTF_16BE, false),
            Encoding::Utf32Le => Form::Utf32 { little: true, raw: Vec::new() },
            Encoding::Utf32Be => Form::Utf32 { little: false, raw: Vec::new() },
            Encoding::Page(page) => match page.characters() {
                Characters::Table(table) => Form::Table { table, raw: Vec::new() },
                Characters::Several(encoding) => decoder(encoding, true),
            },
            Encoding::Utf8 | Encoding::Windows1252 | Encoding::Binary => Form::Utf8 { pending: Vec::new() },
        };
        Coder {
            form,
            cr_only: false,
            marked: false,
            at_line_start: true,
            invalid_at: None,
            first_invalid: None,
            multibyte: false,
        }
    }

    /// Appends the text of up to `limit` further bytes. `breaks`: how many line breaks the source has had before.
    /// Does more follow?
    pub(super) fn read(
        &mut self,
        bytes: &mut Bytes<'_>,
        text: &mut String,
        limit: usize,
        breaks: u64,
    ) -> bool {
        let start = text.len();
        let more = self.decode(bytes, text, limit);
        self.polish(text, start, breaks);
        more
    }

    /// [`Coder::read`] without [`Coder::polish`], which must follow.
    pub(super) fn decode(&mut self, bytes: &mut Bytes<'_>, text: &mut String, limit: usize) -> bool {
        let start = text.len();
        match &mut self.form {
            Form::Utf8 { pending } => {
                let mut buffer = std::mem::take(text).into_bytes();
                buffer.append(pending);
                let more = bytes.append(&mut buffer, limit);
                if more {
                    let unfinished = unfinished(buffer.get(start..).unwrap_or_default());
                    *pending = buffer.split_off(buffer.len() - unfinished);
                }
                match String::from_utf8(buffer) {
                    Ok(valid) => *text = valid,
                    Err(error) => *text = self.repair(error.into_bytes(), start),
                }
                more
            }
            Form::Decoder { decoder, raw, is_page } => {
                let kept = raw.len().min(LONGEST_MALFORMED);
                raw.drain(..raw.len() - kept);
                let more = bytes.append(raw, limit);
                let invalid = decode_all(decoder, raw, kept, text, *is_page, !more);
                self.invalid_at = self.invalid_at.or(invalid);
                more
            }
            Form::Utf32 { little, raw } => {
                let more = bytes.append(raw, limit);
                let whole = if more { raw.len() / 4 * 4 } else { raw.len() };
                for unit in raw.get(..whole).unwrap_or_default().chunks(4) {
                    let number = unit.try_into().map(|unit| match little {
                        true => u32::from_le_bytes(unit),
                        false => u32::from_be_bytes(unit),
                    });
                    let character = number.ok().and_then(char::from_u32);
                    if character.is_none() {
                        self.invalid_at.get_or_insert(text.len());
                    }
                    text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                raw.drain(..whole);
                more
            }
            Form::Table { table, raw } => {
                raw.clear();
                let more = bytes.append(raw, limit);
                let mut rest = raw.as_slice();
                while let Some(first) = rest.first() {
                    let ascii = encoding_rs::Encoding::ascii_valid_up_to(rest);
                    if ascii == 0 {
                        text.push_str(table.get(usize::from(first & 0x7f)).map_or("?", String::as_str));
                    }
                    let run = rest.get(..ascii).and_then(|run| std::str::from_utf8(run).ok());
                    text.push_str(run.unwrap_or_default());
                    rest = rest.get(ascii.max(1)..).unwrap_or_default();
                }
                more
            }
        }
    }

    /// Reads the bytes from `start` on (those before are valid) as the mixture that they are. Logs in Windows-1252
    /// come here with every block, so ASCII is found and copied by the run and validated once at the end.
    fn repair(&mut self, mut bytes: Vec<u8>, start: usize) -> String {
        let piece = bytes.split_off(start);
        bytes.reserve(piece.len() + piece.len() / 8);
        let mut rest = piece.as_slice();
        while let Some(first) = rest.first() {
            let used = match character_length(rest) {
                0 => {
                    self.invalid_at.get_or_insert(bytes.len());
                    bytes.extend_from_slice(windows_1252(*first).as_bytes());
                    1
                }
                1 => {
                    let ascii = encoding_rs::Encoding::ascii_valid_up_to(rest);
                    bytes.extend_from_slice(rest.get(..ascii).unwrap_or_default());
                    ascii
                }
                length => {
                    self.multibyte = true;
                    bytes.extend_from_slice(rest.get(..length).unwrap_or_default());
                    length
                }
            };
            rest = rest.get(used..).unwrap_or_default();
        }
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// Line ends and inner byte order marks of the text from `start` on; nothing to do for nearly every source.
    pub(super) fn polish(&mut self, text: &mut String, start: usize, breaks: u64) {
        if self.cr_only && text.get(start..).is_some_and(|piece| piece.contains('\r')) {
            let piece = text.split_off(start);
            text.push_str(&piece.replace('\r', "\n"));
        }
        if let (Some(at), None) = (self.invalid_at.take(), self.first_invalid) {
            self.first_invalid = Some(breaks + 1 + count_breaks(text.get(start..at)));
        }
        if self.marked {
            self.drop_marks(text, start);
        }
    }

    fn drop_marks(&mut self, text: &mut String, start: usize) {
        let has_mark = |piece: &str| memchr::memmem::find(piece.as_bytes(), MARK.as_bytes()).is_some();
        if text.get(start..).is_some_and(has_mark) {
            let piece = text.split_off(start);
            for (index, part) in piece.split(MARK).enumerate() {
                let at_line_start =
                    if text.len() > start { text.ends_with('\n') } else { self.at_line_start };
                if index > 0 && !at_line_start {
                    text.push_str(MARK);
                }
                text.push_str(part);
            }
        }
        if text.len() > start {
            self.at_line_start = text.ends_with('\n');
        }
    }
}

/// Decodes `raw[from..]`. Bytes that fit a page nowhere are kept as Windows-1252 characters; half a UTF-16 character
/// is none at all. Returns where in the text the first of them is.
fn decode_all(
    decoder: &mut encoding_rs::Decoder,
    raw: &[u8],
    from: usize,
    text: &mut String,
    is_page: bool,
    last: bool,
) -> Option<usize> {
    let (mut at, mut invalid) = (from, None);
    loop {
        let rest = raw.get(at..).unwrap_or_default();
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(rest.len()).unwrap_or(64));
        let (result, read) = decoder.decode_to_string_without_replacement(rest, text, last);
        at += read;
        match result {
            DecoderResult::InputEmpty => return invalid,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, behind) => {
                invalid = invalid.or(Some(text.len()));
                let end = at.saturating_sub(usize::from(behind));
                match raw.get(end.saturating_sub(usize::from(length))..end).filter(|_| is_page) {
                    Some(bytes) => text.extend(bytes.iter().map(|byte| match byte {
                        0x80.. => windows_1252(*byte),
                        _ => std::str::from_utf8(std::slice::from_ref(byte)).unwrap_or("?"),
                    })),
                    None => text.push(char::REPLACEMENT_CHARACTER),
                }
            }
        }
    }
}

fn count_breaks(text: Option<&str>) -> u64 {
    memchr::memchr_iter(b'\n', text.unwrap_or_default().as_bytes()).count() as u64
}

/// How many bytes a character has that begins with this one; 0: none does.
fn length_of(first: u8) -> usize {
    match first {
        0x00..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 0,
    }
}

/// Length of the character that these bytes begin with; 0: they begin with none.
fn character_length(bytes: &[u8]) -> usize {
    match bytes {
        [first, ..] if first.is_ascii() => 1,
        // The second byte tells in nearly every case, without the validator.
        [first, 0x80..=0xbf, ..] => {
            let length = length_of(*first);
            let is_valid = bytes.get(..length).is_some_and(|piece| std::str::from_utf8(piece).is_ok());
            if is_valid { length } else { 0 }
        }
        _ => 0,
    }
}

/// How many bytes at the end begin a character whose rest is still to come.
fn unfinished(bytes: &[u8]) -> usize {
    let lead = bytes.iter().rev().take(3).position(|byte| !(0x80..=0xbf).contains(byte));
    match lead.and_then(|back| Some((back + 1, bytes.get(bytes.len() - back - 1)?))) {
        Some((count, first)) if length_of(*first) > count => count,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Arc;

    use super::*;

    fn decoded(encoding: Encoding, bytes: &[u8], limit: usize) -> (String, Option<u64>, bool) {
        let mut coder = Coder::new(encoding);
        coder.marked = true;
        let mut source = Bytes::plain(Box::new(Cursor::new(bytes.to_vec())), &Arc::default());
        let mut text = String::new();
        loop {
            let breaks = count_breaks(Some(&text));
            if !coder.read(&mut source, &mut text, limit, breaks) {
                return (text, coder.first_invalid, coder.multibyte);
            }
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_windows_characters() {
        let (text, line, multibyte) =
            decoded(Encoding::Utf8, b"ok\nSicherung f\xfcr \x80 \x93Gr\xc3\xb6\xdfe\x94 \x81\n", 1024);
        assert_eq!(text, "ok\nSicherung für € “Größe” \u{81}\n");
        assert_eq!((line, multibyte), (Some(2), true));
    }

    #[test]
    fn what_only_begins_a_character_is_kept_too() {
        // The first two bytes of the euro sign, then a line end; and at the very end.
        for limit in 1..9 {
            let (text, ..) = decoded(Encoding::Utf8, b"a\xe2\x82\nb\xf0\x9f\x98", limit);
            assert_eq!(text, "aâ‚\nbðŸ˜", "{limit}");
        }
    }

    #[test]
    fn half_characters_in_utf16_are_replaced_and_noted() {
        let mut bytes: Vec<u8> = "ok\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.extend([0x00, 0xd8, b'x', 0, b'y']);
        for limit in 1..12 {
            let (text, line, _) = decoded(Encoding::Utf16Le, &bytes, limit);
            assert_eq!(text, "ok\n\u{fffd}x\u{fffd}");
            assert_eq!(line, Some(2));
        }
    }

    #[test]
    fn code_pages_are_decoded_over_the_ends_of_blocks_and_keep_what_is_none() {
        let page = |name| Encoding::from_name(name).unwrap();
        for limit in 1..9 {
            let (text, line, _) = decoded(page("cp850"), b"ok\nf\x81r \x94ffnen, Gr\x94\xe1e", limit);
            assert_eq!((text.as_str(), line), ("ok\nfür öffnen, Größe", None));
            // A kanji, half a kanji before a line end, a byte that begins nothing.
            let (text, line, _) = decoded(page("sjis"), b"\x8e\xb8\x94s\n\x83\n\xfd!", limit);
            assert_eq!((text.as_str(), line), ("失敗\nƒ\ný!", Some(2)), "{limit}");
            let (text, ..) = decoded(page("gb18030"), b"\xb1\xb8\xb7\xdd\x81", limit);
            assert_eq!(text, "备份\u{81}", "{limit}");
        }
    }

    #[test]
    fn utf32_is_read_in_fours() {
        let mut bytes: Vec<u8> = "ok\nfür 😀".chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
        bytes.extend([0, 0x11, 0, 0, 0, 0]);
        for limit in 1..12 {
            let (text, line, _) = decoded(Encoding::Utf32Be, &bytes, limit);
            assert_eq!((text.as_str(), line), ("ok\nfür 😀\u{fffd}\u{fffd}", Some(2)));
        }
    }

    #[test]
    fn marks_at_the_beginning_of_joined_sources_go_and_others_stay() {
        for limit in 1..9 {
            let (text, ..) =
                decoded(Encoding::Utf8, "\u{feff}a\n\u{feff}b\u{feff}c\n\n\u{feff}".as_bytes(), limit);
            assert_eq!(text, "a\nb\u{feff}c\n\n", "{limit}");
        }
    }

    #[test]
    fn unfinished_characters_are_measured() {
        assert_eq!(unfinished(b""), 0);
        assert_eq!(unfinished(b"abc"), 0);
        assert_eq!(unfinished("ü".as_bytes()), 0);
        assert_eq!(unfinished(b"a\xc3"), 1);
        assert_eq!(unfinished(b"a\xe2\x82"), 2);
        assert_eq!(unfinished(b"\xf0\x9f\x98"), 3);
        assert_eq!(unfinished(b"\x80\x80\x80\x80"), 0);
    }
}
