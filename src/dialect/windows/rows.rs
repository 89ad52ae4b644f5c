//! Rows of a separated list whose quoted fields run over several lines.
//!
//! A row is cut out first, honouring its quotes, and parsed alone afterwards. A quoted field counts only if it is well
//! formed to its closing quote: where a quote is followed by neither a quote nor a separator nor a line end, or does
//! not come within the bound, the row is broken and reaches to the next line that begins one - half a row must not
//! swallow the rows behind it.

use csv::{ReaderBuilder, StringRecord};

use super::blocks::line_end;

/// The longest quoted field. Descriptions are at most 32 KiB characters.
const LONGEST_FIELD: usize = 128 * 1024;

/// How a row ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowEnd {
    /// After so many bytes.
    At(usize),
    /// In a broken quoted field: nothing can be said about its end.
    Broken,
    /// Not in this text.
    Open,
}

/// Where does the row end that `text` begins with?
pub(super) fn row_end(text: &str, separator: u8, whole: bool) -> RowEnd {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut at_field_start = true;
    while let Some(byte) = bytes.get(at).copied() {
        if byte == b'"' && at_field_start {
            match quoted_end(bytes, at + 1, separator, whole) {
                RowEnd::At(end) => at = end,
                other => return other,
            }
            at_field_start = false;
            continue;
        }
        if byte == b'\n' {
            return RowEnd::At(at + 1);
        }
        at_field_start = byte == separator;
        at += 1;
    }
    if whole { RowEnd::At(text.len()) } else { RowEnd::Open }
}

/// The end of a quoted field, behind its closing quote.
fn quoted_end(bytes: &[u8], from: usize, separator: u8, whole: bool) -> RowEnd {
    let mut at = from;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(quote) = memchr::memchr(b'"', rest) else {
            let beyond = bytes.len() - from > LONGEST_FIELD;
            return if whole || beyond { RowEnd::Broken } else { RowEnd::Open };
        };
        at += quote + 1;
        if at - from > LONGEST_FIELD {
            return RowEnd::Broken;
        }
        match bytes.get(at) {
            Some(b'"') => at += 1,
            Some(b'\r' | b'\n') => return RowEnd::At(at),
            Some(byte) if *byte == separator => return RowEnd::At(at),
            None if whole => return RowEnd::At(at),
            None => return RowEnd::Open,
            Some(_) => return RowEnd::Broken,
        }
    }
}

/// The piece that `text` begins with: a row that `begins` knows, up to the next one, or a single line that is none.
pub(super) fn piece(text: &str, whole: bool, begins: impl Fn(&str) -> Option<u8>) -> Option<usize> {
    let first = line_end(text, whole)?;
    let head = line(text, first);
    if head.trim().is_empty() {
        return Some(first);
    }
    let Some(separator) = begins(head) else { return Some(first) };
    let mut end = match row_end(text, separator, whole) {
        RowEnd::At(end) => end,
        RowEnd::Broken => first,
        RowEnd::Open => return None,
    };
    // Lines of a description that no quotes hold together.
    while end < text.len() {
        let rest = text.get(end..)?;
        let next = line_end(rest, whole)?;
        if begins(line(rest, next)).is_some() {
            return Some(end);
        }
        end += next;
    }
    whole.then_some(end)
}

/// The line of this length at the beginning of `text`, without its line end.
pub(super) fn line(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text).trim_end_matches(['\r', '\n'])
}

/// The first fields of a line, quotes removed where a field is quoted and closed within the line.
pub(super) fn head_fields(line: &str, separator: char, most: usize) -> Vec<&str> {
    let mut fields = Vec::with_capacity(most);
    let mut rest = Some(line);
    while let Some(text) = rest {
        if fields.len() == most {
            break;
        }
        if let Some((field, after)) = text.strip_prefix('"').and_then(|inner| inner.split_once('"')) {
            fields.push(field);
            rest = after.strip_prefix(separator);
            continue;
        }
        match text.split_once(separator) {
            Some((field, after)) => {
                fields.push(field);
                rest = Some(after);
            }
            None => {
                fields.push(text);
                rest = None;
            }
        }
    }
    fields
}

/// The fields of the row that `piece` begins with, and the text behind the row.
pub(super) fn parse(piece: &str, separator: u8) -> (Vec<String>, &str) {
    well_formed(piece, separator).unwrap_or_else(|| parse_any(piece, separator))
}

/// The same for a row that begins at once and whose quoted fields are closed. Nearly all are, and making a reader for
/// one row takes a hundred times as long as reading it.
fn well_formed(piece: &str, separator: u8) -> Option<(Vec<String>, &str)> {
    let bytes = piece.as_bytes();
    if matches!(bytes.first()?, b'\r' | b'\n') || piece.starts_with('\u{feff}') {
        return None;
    }
    let plain_end = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == separator || matches!(byte, b'\r' | b'\n'));
        length.map_or(bytes.len(), |length| from + length)
    };
    let (mut fields, mut at) = (Vec::new(), 0);
    loop {
        let mut field = String::new();
        if bytes.get(at) == Some(&b'"') {
            loop {
                let from = at + 1;
                at = from + memchr::memchr(b'"', bytes.get(from..)?)?;
                field.push_str(piece.get(from..at)?);
                at += 1;
                if bytes.get(at) != Some(&b'"') {
                    break;
                }
                field.push('"');
            }
        }
        // What follows a closing quote belongs to the field.
        let end = plain_end(at);
        field.push_str(piece.get(at..end)?);
        fields.push(field);
        match bytes.get(end) {
            Some(byte) if *byte == separator => at = end + 1,
            _ => return Some((fields, piece.get(end..)?)),
        }
    }
}

/// The same for any row, as the rules of separated lists have it.
fn parse_any(piece: &str, separator: u8) -> (Vec<String>, &str) {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(piece.as_bytes());
    let mut row = StringRecord::new();
    // The text is valid UTF-8 and rows may differ in length, so reading cannot fail.
    if !reader.read_record(&mut row).unwrap_or(false) {
        return (Vec::new(), "");
    }
    let end = usize::try_from(reader.position().byte()).unwrap_or(piece.len());
    (row.iter().map(str::to_owned).collect(), piece.get(end..).unwrap_or(""))
}

/// A description and the lines behind its row.
pub(super) fn with_tail(mut description: String, tail: &str) -> String {
    let tail = tail.trim();
    if !tail.is_empty() {
        description.push('\n');
        description.push_str(tail);
    }
    description
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_way_reads_the_same(piece in "[ab,\"\"\r\n]{0,24}|([ab]{0,2}|\"[ab,\n]{0,4}\"){0,1}(,([ab\"]{0,2}|\"[ab,\"]{0,4}\" ?)){0,4}\r?\n[ab,]{0,4}") {
            if let Some((fields, tail)) = well_formed(&piece, b',') {
                let (expected, rest) = parse_any(&piece, b',');
                prop_assert_eq!(&fields, &expected, "{:?}", piece);
                prop_assert_eq!(tail.trim(), rest.trim());
            }
        }
    }

    #[test]
    fn quotes_hold_lines_together() {
        let text = "a,\"x\ny \"\"z\"\"\",b\nnext";
        assert_eq!(row_end(text, b',', true), RowEnd::At(text.len() - 4));
        assert_eq!(row_end(text, b',', false), RowEnd::At(text.len() - 4));
        assert_eq!(row_end("a,\"x\ny", b',', false), RowEnd::Open);
        assert_eq!(row_end("a,\"x\ny", b',', true), RowEnd::Broken);
        assert_eq!(row_end("a,\"x\nb,\"good, text\"\n", b',', true), RowEnd::Broken);
        assert_eq!(row_end("a,2\" disk,b\n", b',', true), RowEnd::At(12));
    }

    #[test]
    fn fields_and_what_follows() {
        let (fields, tail) = parse("a,\"b, \"\"c\"\"\",d\r\nmore\r\n", b',');
        assert_eq!(fields, ["a", "b, \"c\"", "d"]);
        assert_eq!(tail.trim(), "more");
        assert_eq!(head_fields("a,\"b,c\",d,e", ',', 3), ["a", "b,c", "d"]);
    }
}
