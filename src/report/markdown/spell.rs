//! Spells text of a log so that no renderer of Markdown takes a part of it for Markdown, HTML, a link or a name to
//! notify.
//!
//! Escaping with backslashes is not enough: trackers turn `@name`, `#12` and bare addresses into links that no
//! backslash stops. Text in a code span stays text everywhere, so every word that could mean something goes there.

use unicode_width::UnicodeWidthChar;

use crate::report::escape::visible;

/// Cells of a table are cut here: a wider one cannot be read in any tracker.
const MAX_CELL: usize = 160;

/// Text as a code span; empty for an empty text.
pub(super) fn code(text: &str) -> String {
    let text = visible(text);
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text as a code span in a table. A pipe parts cells even inside a span, and a backslash before it is read
/// differently by every renderer: it is spelled out.
pub(super) fn cell(text: &str) -> String {
    let text = cut(text).replace('|', "\\x7c");
    code(&text)
}

/// A sentence in which words that are not plain stand in code spans.
pub(super) fn prose(text: &str) -> String {
    words(text, code)
}

/// The same in a table.
pub(super) fn prose_cell(text: &str) -> String {
    words(&cut(text), cell)
}

fn words(text: &str, span: fn(&str) -> String) -> String {
    let shown: Vec<String> = text
        .split_ascii_whitespace()
        .enumerate()
        .map(|(index, word)| {
            // Marks around a word are not part of it.
            let begun = word.trim_start_matches('(');
            let start = word.get(..word.len() - begun.len()).unwrap_or("");
            let core = begun.trim_end_matches([',', ';', ':', '.', '?', '!']);
            let core = if start.is_empty() && core.contains('(') { core } else { core.trim_end_matches(')') };
            let core = core.trim_end_matches([',', ';', ':', '.', '?', '!']);
            let end = begun.get(core.len()..).unwrap_or("");
            let is_list = index == 0 && is_number(core) && end.starts_with(['.', ')']);
            match is_plain(core, index == 0) && !is_list {
                true => word.to_owned(),
                false => format!("{start}{}{end}", span(core)),
            }
        })
        .collect();
    shown.join(" ")
}

/// Does no renderer see more in the word than its letters? At the beginning a number or a dash would make a list.
fn is_plain(word: &str, is_first: bool) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '-' | '\'' | '"' | ',');
    let is_dash = !word.is_empty() && word.bytes().all(|byte| byte == b'-');
    let is_time = word
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'-' | b'+' | b'T' | b'Z'));
    (word.chars().all(is_letter) || is_time)
        && !is_dash
        && !(is_first && word.starts_with(['-', '+']))
        && word != "+"
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Lines in a fence that they cannot close.
pub(super) fn fenced(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| visible(line).into_owned()).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{}\n{fence}\n", lines.join("\n"))
}

/// A link in angle brackets where the text is nothing but a plain address, else a code span.
pub(super) fn link(text: &str) -> String {
    let is_address = text.starts_with("http://") || text.starts_with("https://");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'()*+,;=%".contains(c);
    if is_address && text.chars().all(is_plain) { format!("<{text}>") } else { prose(text) }
}

/// Number of backticks in the longest run.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn cut(text: &str) -> String {
    let mut cells = 0;
    for (at, character) in text.char_indices() {
        cells += character.width().unwrap_or(1);
        if cells > MAX_CELL {
            return format!("{}...", text.get(..at).unwrap_or(""));
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_span() {
        let table = [
            ("nbutest03_1236281108", "`nbutest03_1236281108`"),
            ("a`b", "``a`b``"),
            ("```", "```` ``` ````"),
            ("`", "`` ` ``"),
            ("a\r\n# b", "`a\\r\\n# b`"),
            (" ", ""),
        ];
        for (raw, shown) in table {
            assert_eq!(code(raw), shown);
        }
        assert_eq!(cell("a|b\\|c"), "`a\\x7cb\\\\x7cc`");
        assert_eq!(cell(&"x".repeat(200)).len(), MAX_CELL + 5);
    }

    #[test]
    fn sentences_stay_readable_and_harmless() {
        let table = [
            ("the zone of srv1 is not known, so far.", "the zone of srv1 is not known, so far."),
            ("log.030509: no date", "`log.030509`: no date"),
            ("# heading", "`#` heading"),
            ("- item", "`-` item"),
            ("1. item", "`1`. item"),
            ("12) item", "`12`) item"),
            ("(see log.1) at 03:25:07.882, f(x_1)", "(see `log.1`) at 03:25:07.882, `f(x_1)`"),
            ("a + b", "a `+` b"),
            ("see @all and #12 or www.example.com.", "see `@all` and `#12` or `www.example.com`."),
            ("<script>alert(1)</script>", "`<script>alert(1)</script>`"),
            ("a *b* _c_ [d](e)", "a `*b*` `_c_` `[d](e)`"),
            ("one\n\ntwo", "one two"),
            ("&lt; |", "`&lt`; `|`"),
        ];
        for (raw, shown) in table {
            assert_eq!(prose(raw), shown);
        }
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        let lines = ["```".to_owned(), "# x".to_owned(), "`````` y\r".to_owned()];
        assert_eq!(fenced(&lines), "```````text\n```\n# x\n`````` y\\r\n```````\n");
    }

    #[test]
    fn only_plain_addresses_are_links() {
        assert_eq!(link("http://a.example/b?c=d"), "<http://a.example/b?c=d>");
        assert_eq!(link("http://a.example/>b"), "`http://a.example/>b`");
        assert_eq!(link("javascript:alert(1)"), "`javascript:alert(1)`");
        assert_eq!(link("Etrack 1640198"), "Etrack 1640198");
    }
}
