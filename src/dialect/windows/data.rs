//! The raw data of an event, in the notations of the viewers, as hex pairs in the order of the bytes.
//!
//! ```text
//! 0000: 0b 00 00 00               ....      bytes, eight in a row (Event Viewer, XP)
//! 0000: 00000000 00580002 00000000 c0060019 words of four bytes, lowest byte last
//! 0B000000                                  Binary of the event XML
//! VgBTAFMALwA0AAAA                          the same as a converter writes it, in base64
//! {11, 0, 0, 0}                             PowerShell
//! ```

use std::fmt::Write;

/// Bytes of the data that are kept: the deciding word of every known event lies within the first 64.
const MOST_BYTES: usize = 64;

/// The first bytes, as hex pairs.
pub(super) fn shortened(mut hex: String) -> String {
    // Hex pairs are ASCII, so every offset is a boundary.
    hex.truncate(MOST_BYTES * 2);
    hex
}

/// One line of a dump added to the hex pairs so far. `false`: the line is no line of a dump.
pub(super) fn dump_line(line: &str, hex: &mut String) -> bool {
    let Some((offset, rest)) = line.trim().split_once([':', ' ']) else { return false };
    let is_offset = (4..=8).contains(&offset.len()) && offset.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_offset {
        return false;
    }
    let mut bytes = 0;
    let mut width = 0;
    for word in rest.split_whitespace() {
        let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
        // The text column behind the bytes may look like a byte: a row has eight bytes or four words.
        let full = if width == 2 { bytes >= 8 } else { bytes >= 16 };
        if !is_hex || full || !(word.len() == 2 || word.len() == 8) || (width != 0 && word.len() != width) {
            break;
        }
        width = word.len();
        bytes += width / 2;
        if width == 2 {
            hex.push_str(&word.to_ascii_lowercase());
        } else {
            turned(word, hex);
        }
    }
    bytes > 0
}

/// A word of four bytes, lowest byte last in print and first in the data.
fn turned(word: &str, hex: &mut String) {
    for pair in [6..8, 4..6, 2..4, 0..2] {
        if let Some(pair) = word.get(pair) {
            hex.push_str(&pair.to_ascii_lowercase());
        }
    }
}

/// The `Binary` element: hex as Windows writes it, base64 as a converter does.
pub(super) fn binary(text: &str) -> String {
    let text: String = text.split_whitespace().collect();
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex { text.to_ascii_lowercase() } else { base64(&text).unwrap_or_default() }
}

/// A list of numbers as PowerShell prints it: `{11, 0, 0, 0}`, cut with `...`.
pub(super) fn numbers(text: &str) -> String {
    let mut hex = String::new();
    for number in text.trim().trim_start_matches('{').split([',', '}', ' ']) {
        match number.parse::<u8>() {
            Ok(byte) => pair(byte, &mut hex),
            Err(_) if number.is_empty() => {}
            Err(_) => break,
        }
    }
    hex
}

/// Bytes as hex pairs.
pub(super) fn pair(byte: u8, hex: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(hex, "{byte:02x}");
}

fn base64(text: &str) -> Option<String> {
    let mut hex = String::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            pair(u8::try_from(bits >> held & 0xff).ok()?, &mut hex);
            bits &= (1 << held) - 1;
        }
    }
    Some(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_in_every_notation() {
        let mut hex = String::new();
        assert!(dump_line("0000: 0b 00 00 00               ....", &mut hex));
        assert_eq!(hex, "0b000000");
        let mut words = String::new();
        assert!(dump_line("0000: 0000000b", &mut words));
        assert_eq!(words, hex);
        assert_eq!(binary("0B000000"), hex);
        assert_eq!(binary("CwAAAA=="), hex);
        assert_eq!(numbers("{11, 0, 0, 0}"), hex);
        assert_eq!(numbers("{}"), "");
        assert_eq!(binary("VgBTAFMALwA0AAAA"), "5600530053002f0034000000");
    }

    #[test]
    fn what_is_no_dump() {
        let mut hex = String::new();
        for line in ["", "Data:", "0000:", "Wed: 10 20", "the 0000: 10", "10:15 the end", "0000: zz"] {
            assert!(!dump_line(line, &mut hex), "{line}");
        }
        assert_eq!(hex, "");
        assert!(dump_line("0008: 00 00 00 00 33 00 04 80   ....3...", &mut hex));
        assert_eq!(hex, "0000000033000480");
    }
}
