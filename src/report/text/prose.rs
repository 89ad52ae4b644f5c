//! The prose of an advisory (Markdown) on a page: paragraphs, lists and code, nothing more. What it does not know
//! stays as it is written.

use super::page::{BOLD, PLAIN, Page, Rich};

/// What a run of lines is.
pub(crate) enum Block {
    Paragraph(String),
    /// Marker and text.
    Item(String, String),
    Code(String),
    Heading(String),
    Blank,
}

/// Writes Markdown from `indent` on.
pub(crate) fn prose(page: &mut Page, indent: usize, text: &str) {
    for block in blocks(text.trim()) {
        match block {
            Block::Paragraph(text) => page.line(indent, &Rich::of(PLAIN, &inline(&text))),
            Block::Item(marker, text) => {
                let column = marker.chars().count() + 1;
                page.hang(indent, &Rich::of(PLAIN, &marker), column, &Rich::of(PLAIN, &inline(&text)));
            }
            Block::Code(line) => page.line(indent + 2, &Rich::of(PLAIN, &line)),
            Block::Heading(text) => page.line(indent, &Rich::of(BOLD, &inline(&text))),
            Block::Blank => page.blank(),
        }
    }
}

pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_fenced = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            is_fenced = !is_fenced;
        } else if is_fenced || line.starts_with("    ") && !matches!(blocks.last(), Some(Block::Item(..))) {
            blocks.push(Block::Code(line.trim_end().to_owned()));
        } else if trimmed.is_empty() {
            blocks.push(Block::Blank);
        } else if let Some(heading) = trimmed.strip_prefix('#') {
            blocks.push(Block::Heading(heading.trim_start_matches('#').trim().to_owned()));
        } else if let Some((marker, text)) = item(trimmed) {
            blocks.push(Block::Item(marker, text.to_owned()));
        } else if trimmed.starts_with('|') {
            // A table would lose its columns by reflow.
            blocks.push(Block::Code(trimmed.to_owned()));
        } else {
            match blocks.last_mut() {
                Some(Block::Paragraph(open) | Block::Item(_, open)) => {
                    open.push(' ');
                    open.push_str(trimmed);
                }
                _ => blocks.push(Block::Paragraph(trimmed.to_owned())),
            }
        }
    }
    blocks
}

/// `- text`, `* text`, `3. text`.
fn item(line: &str) -> Option<(String, &str)> {
    let (marker, text) = line.split_once(' ')?;
    match marker {
        "-" | "*" | "+" => Some(("-".to_owned(), text.trim_start())),
        _ => {
            let digits = marker.strip_suffix(['.', ')'])?;
            let is_number =
                !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| (marker.to_owned(), text.trim_start()))
        }
    }
}

/// Links and stress in plain text: `[text](url)` becomes `text (url)`, `<url>` becomes `url`, `**` goes. Marks of
/// code stay, since they show where a command begins and ends.
pub(crate) fn inline(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['[', '<', '*', '`']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let (piece, used) =
            link(from).or_else(|| code(from)).or_else(|| address(from)).unwrap_or_else(|| {
                match from.strip_prefix("**") {
                    Some(_) => (String::new(), 2),
                    None => (from.chars().take(1).collect(), 1),
                }
            });
        plain.push_str(&piece);
        rest = from.get(used..).unwrap_or("");
    }
    plain.push_str(rest);
    plain
}

fn link(text: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix('[')?;
    let (label, behind) = inner.split_once("](")?;
    let (url, _) = behind.split_once(')')?;
    if label.contains(['[', ']']) || url.contains(' ') {
        return None;
    }
    let used = label.len() + url.len() + 4;
    Some((if label == url { url.to_owned() } else { format!("{label} ({url})") }, used))
}

fn code(text: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix('`')?;
    let end = inner.find('`')?;
    Some((text.get(..end + 2)?.to_owned(), end + 2))
}

fn address(text: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix('<')?;
    let (url, _) = inner.split_once('>')?;
    url.starts_with("http").then(|| (url.to_owned(), url.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_lists_and_code() {
        let text = "Cancel **all** running jobs\nbefore the shutdown.\n\n- see [the note](http://x/1)\n  and <http://y>\n\
                    12. `a ** b` stays\n\n```\nnbstlutil  list -U\n```\n\n### Else\n| a | b |\n";
        let mut page = Page::new(44, false);
        prose(&mut page, 2, text);
        let expected = "  Cancel all running jobs before the\n  shutdown.\n\n  - see the note (http://x/1) and http://y\n  \
                        12. `a ** b` stays\n\n    nbstlutil  list -U\n\n  Else\n    | a | b |\n";
        assert_eq!(page.finish(), expected);
    }

    #[test]
    fn half_markup_stays_as_written() {
        for text in ["[a](b", "`open", "<tag>", "a [b] c", "*", "5 * 3", "[", "[x] (y)"] {
            assert_eq!(inline(text), text);
        }
    }
}
