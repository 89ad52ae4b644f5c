//! A pattern file as a document: one fenced `toml` block for the machine, then Markdown for the reader.

use std::ops::Range;

use super::fault::Faults;
use super::model::Body;

/// The headings that every body has, in their order.
pub const HEADINGS: [&str; 5] = ["What happens", "How to tell", "Workaround", "Fix", "References"];

/// Where the parts of a pattern file lie.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// The text inside the fence.
    pub toml: Range<usize>,
    /// Everything behind the fence.
    pub body: Range<usize>,
}

impl Document {
    /// Finds the first fenced `toml` block.
    pub(crate) fn split(text: &str, faults: &mut Faults) -> Option<Document> {
        let mut at = 0;
        let mut opened: Option<usize> = None;
        for line in text.split_inclusive('\n') {
            let fence = line.trim_end();
            match opened {
                None if fence == "```toml" => opened = Some(at + line.len()),
                Some(start) if fence == "```" => {
                    return Some(Document { toml: start..at, body: at + line.len()..text.len() });
                }
                _ => {}
            }
            at += line.len();
        }
        let reason = match opened {
            Some(_) => "the fenced toml block has no end",
            None => "no fenced toml block",
        };
        faults
            .error(0..0, reason)
            .help("a pattern file begins with a line ```toml and closes the block with ```");
        None
    }

    /// The file with everything but the block blanked out, so that positions in the block are positions in the file.
    pub(crate) fn padded_toml(&self, text: &str) -> String {
        let before = text.get(..self.toml.start).unwrap_or("");
        let mut padded: String = before.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
        padded.push_str(text.get(self.toml.clone()).unwrap_or(""));
        padded
    }

    /// The parts of the body under their headings.
    pub(crate) fn body(&self, text: &str, faults: &mut Faults) -> Body {
        let body = text.get(self.body.clone()).unwrap_or("");
        let mut parts: [String; HEADINGS.len()] = Default::default();
        let mut seen = [false; HEADINGS.len()];
        let mut current = None;
        let mut at = self.body.start;
        for line in body.split_inclusive('\n') {
            if let Some(title) = line.strip_prefix('#') {
                let title = title.trim_start_matches('#').trim();
                current = HEADINGS.iter().position(|heading| *heading == title);
                match current.and_then(|index| seen.get_mut(index)) {
                    Some(seen) if *seen => {
                        faults.error(
                            at..at + line.trim_end().len(),
                            format!("the heading {title:?} comes twice"),
                        );
                    }
                    Some(seen) => *seen = true,
                    None => {}
                }
            } else if let Some(part) = current.and_then(|index| parts.get_mut(index)) {
                part.push_str(line);
            }
            at += line.len();
        }
        for (heading, part) in HEADINGS.iter().zip(&parts) {
            if part.trim().is_empty() {
                let end = text.trim_end().len();
                faults
                    .error(end..end, format!("nothing stands under the heading {heading:?}"))
                    .help(format!("write \"## {heading}\" and say it in a few sentences"));
            }
        }
        let [what_happens, how_to_tell, workaround, fix, references] =
            parts.map(|part| part.trim().to_owned());
        Body { what_happens, how_to_tell, workaround, fix, references: list_entries(&references) }
    }
}

/// The entries of a Markdown list, one per document; a continuation line belongs to its entry.
fn list_entries(text: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        let item = trimmed.strip_prefix("- ").or_else(|| trimmed.strip_prefix("* "));
        match (item, entries.last_mut()) {
            (Some(item), _) => entries.push(item.trim().to_owned()),
            (None, _) if trimmed.is_empty() => {}
            (None, Some(last)) => {
                last.push(' ');
                last.push_str(trimmed);
            }
            (None, None) => entries.push(trimmed.to_owned()),
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_and_body() {
        let text = "```toml\nid = 1\n```\n# X\n## What happens\na\n## How to tell\nb\n## Workaround\nc\n## Fix\nd\n\
                    ## References\n- one\n  more\n- two\n";
        let mut faults = Faults::new("x.md", text);
        let document = Document::split(text, &mut faults).unwrap();
        assert_eq!(&text[document.toml.clone()], "id = 1\n");
        assert_eq!(document.padded_toml(text), "       \nid = 1\n");
        let body = document.body(text, &mut faults);
        assert_eq!(body.fix, "d");
        assert_eq!(body.references, ["one more", "two"]);
        assert!(faults.into_sorted().is_empty());
    }
}
