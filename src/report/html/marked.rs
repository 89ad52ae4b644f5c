//! Text in pieces, each with a class: what a finding rests on stands out, and so does what a log hid.

use serde::Serialize;

use crate::report::escape::{is_hostile, visible};
use crate::report::text::{Block, blocks, inline};

/// A piece of text in one style.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Seg {
    /// The text, harmless.
    text: String,
    /// `v`: a value that the finding rests on, `c`: spelled out, `k`: code, empty: plain.
    class: &'static str,
    /// Where it leads.
    href: Option<String>,
}

/// A line of text.
pub(super) type Line = Vec<Seg>;

/// One line of a log.
pub(super) fn log_line(text: &str, values: &[&str]) -> Line {
    let mut line = Line::new();
    let mut rest = text;
    while !rest.is_empty() {
        let hit = values
            .iter()
            .filter(|value| !value.is_empty())
            .filter_map(|value| rest.find(value).map(|at| (at, std::cmp::Reverse(value.len()))))
            .min();
        let (at, length) = hit.map_or((rest.len(), 0), |(at, length)| (at, length.0));
        let (before, behind) = rest.split_at(at);
        let (value, behind) = behind.split_at(length);
        spell(&mut line, before, "");
        spell(&mut line, value, "v");
        rest = behind;
    }
    line
}

/// Several lines; the marks of their ends go.
pub(super) fn log_lines(text: &str, values: &[&str]) -> Vec<Line> {
    text.lines().map(|line| log_line(line.trim_end(), values)).collect()
}

/// Adds text of one class; what cannot be seen gets a class of its own.
fn spell(line: &mut Line, text: &str, class: &'static str) {
    let mut rest = text;
    while !rest.is_empty() {
        // A tab is harmless in a browser, and a log that is set in columns needs it.
        let is_bad = |character: char| character != '\t' && is_hostile(character);
        let starts_bad = rest.starts_with(is_bad);
        let end = rest.find(|character| is_bad(character) != starts_bad).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        let shown = if starts_bad { visible(piece).into_owned() } else { piece.replace('\t', "    ") };
        line.push(Seg { text: shown, class: if starts_bad { "c" } else { class }, href: None });
        rest = behind;
    }
}

/// A block of an advisory's prose.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Prose {
    /// `p`, `li`, `code` or `h`.
    kind: &'static str,
    marker: String,
    line: Line,
    code: Vec<String>,
}

/// Markdown in blocks.
pub(super) fn prose(text: &str) -> Vec<Prose> {
    let mut shown: Vec<Prose> = Vec::new();
    let block = |kind, marker, line| Prose { kind, marker, line, code: Vec::new() };
    for part in blocks(text.trim()) {
        match part {
            Block::Paragraph(text) => shown.push(block("p", String::new(), prose_line(&inline(&text)))),
            Block::Item(marker, text) => shown.push(block("li", marker, prose_line(&inline(&text)))),
            Block::Heading(text) => shown.push(block("h", String::new(), prose_line(&inline(&text)))),
            Block::Code(text) => match shown.last_mut() {
                Some(open) if open.kind == "code" => open.code.push(text),
                _ => shown.push(Prose { code: vec![text], ..block("code", String::new(), Line::new()) }),
            },
            Block::Blank => {}
        }
    }
    shown
}

/// Code between marks, addresses of the web as links; nothing else leads anywhere.
pub(super) fn prose_line(text: &str) -> Line {
    let mut line = Line::new();
    for (index, piece) in text.split('`').enumerate() {
        // An odd number of marks: the last one stands for itself.
        let is_code = index % 2 == 1 && text.split('`').count() > index + 1;
        if is_code {
            line.push(Seg { text: visible(piece).into_owned(), class: "k", href: None });
        } else {
            if index % 2 == 1 {
                spell(&mut line, "`", "");
            }
            linked(&mut line, piece);
        }
    }
    line.retain(|seg| !seg.text.is_empty());
    line
}

fn linked(line: &mut Line, text: &str) {
    let mut rest = text;
    while let Some(at) = ["https://", "http://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, from) = rest.split_at(at);
        spell(line, before, "");
        let end = from.find(|c: char| c.is_whitespace() || is_hostile(c) || "\"<>`".contains(c));
        let address = from.get(..end.unwrap_or(from.len())).unwrap_or("");
        let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        // `(see http://x)`: the bracket closes what was opened before the address.
        let address = if address.contains('(') { address } else { address.trim_end_matches(')') };
        line.push(Seg { text: address.to_owned(), class: "", href: Some(address.to_owned()) });
        rest = from.get(address.len()..).unwrap_or("");
    }
    spell(line, rest, "");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(line: &Line) -> Vec<(&str, &str)> {
        line.iter().map(|seg| (seg.text.as_str(), seg.class)).collect()
    }

    #[test]
    fn values_and_hidden_characters_stand_out() {
        let line = log_line("a nbu_12\u{202e}x nbu_123\tz", &["nbu_123", "nbu_12"]);
        let expected =
            [("a ", ""), ("nbu_12", "v"), ("\\u{202e}", "c"), ("x ", ""), ("nbu_123", "v"), ("    z", "")];
        assert_eq!(shape(&line), expected);
        assert!(log_line("", &["x"]).is_empty());
    }

    #[test]
    fn only_addresses_of_the_web_lead_anywhere() {
        let line = prose_line("see (http://x.example/1), javascript:alert(1) and `http://not`");
        let links: Vec<&str> = line.iter().filter_map(|seg| seg.href.as_deref()).collect();
        assert_eq!(links, ["http://x.example/1"]);
        assert_eq!(shape(&line).last().unwrap(), &("http://not", "k"));
        for odd in ["`open", "http://", "https://\u{202e}x", "`` `", "http://a(b)"] {
            let shown: String = prose_line(odd).iter().map(|seg| seg.text.clone()).collect();
            assert!(!shown.is_empty(), "{odd}");
        }
    }
}
