//! Makes text from a log harmless and visible: the one function that every byte of log text passes on its way to
//! a terminal.
//!
//! A log may hold escape sequences that repaint the screen, marks that reverse the reading direction, and
//! characters without width that make two names look alike. They are spelled out (`\x1b`, `\u{202e}`), never
//! dropped: what was in the log stays in the report. A backslash of the log itself is not doubled, because paths
//! of Windows would become unreadable; the spelled forms are for people, the JSON report is for machines.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character that a terminal would act upon, or not show, spelled out.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if !is_hostile(character) => shown.push(character),
            _ if u32::from(character) < 0x100 => {
                let _ = write!(shown, "\\x{:02x}", u32::from(character));
            }
            _ => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
            }
        }
    }
    Cow::Owned(shown)
}

/// Would a terminal act upon this character, or show nothing for it?
pub fn is_hostile(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(u32::from(character),
        // C1: some terminals take U+009B for the beginning of an escape sequence.
        0x80..=0x9f
        // Soft hyphen, joiners, fillers: no width.
        | 0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x3164 | 0xffa0
        // Zero width, bidirectional marks, embeddings, overrides and isolates; line and paragraph separators.
        | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        // Byte order mark in the midst of a text, interlinear marks, noncharacters.
        | 0xfeff | 0xfff0..=0xfffb | 0xfffe | 0xffff
        // Variation selectors and tags: invisible text beside the visible one.
        | 0xfe00..=0xfe0f | 0xe0000..=0xe0fff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_not_copied() {
        for text in ["", r"C:\Program Files\VERITAS", "Größe 5 µm", "日本語のログ", "e\u{301}"] {
            assert!(matches!(visible(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn what_a_terminal_would_act_upon_is_spelled_out() {
        let table = [
            ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
            ("a\r\nb\tc", r"a\r\nb\tc"),
            ("\u{9b}31m", r"\x9b31m"),
            ("srv\u{202e}1vrs", r"srv\u{202e}1vrs"),
            ("ad\u{200b}min", r"ad\u{200b}min"),
            ("\u{feff}x\u{e0041}", r"\u{feff}x\u{e0041}"),
            ("\0\x7f", r"\x00\x7f"),
            ("one\u{2028}two", r"one\u{2028}two"),
        ];
        for (raw, shown) in table {
            assert_eq!(visible(raw), shown);
        }
    }

    #[test]
    fn nothing_hostile_is_left_and_a_second_pass_changes_nothing() {
        let every: String = (0..=0x10_ffff).filter_map(char::from_u32).collect();
        let shown = visible(&every);
        assert!(!shown.chars().any(is_hostile));
        assert_eq!(visible(&shown), shown);
    }
}
