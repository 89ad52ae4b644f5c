//! Faults of pattern files: what is wrong, where, why and what would help. All faults of all files are collected in
//! one run; an author does not want to find them one by one.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// How the reason of a syntax fault begins.
const SYNTAX: &str = "not TOML: ";

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultSeverity {
    /// The file works, but something about it should be better.
    Warning,
    /// The file is not used.
    Error,
}

/// One file with its text, shared by all faults found in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SourceText {
    /// Path as reported.
    pub file: String,
    /// The whole text.
    pub text: String,
}

/// Something wrong in a pattern file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How bad it is.
    pub severity: FaultSeverity,
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// What is wrong, in one sentence.
    pub reason: String,
    /// What would help.
    pub help: Option<String>,
    source: Arc<SourceText>,
    span: Range<usize>,
}

impl Fault {
    /// Path of the file.
    pub fn file(&self) -> &str {
        &self.source.file
    }

    /// Does it keep the file from being used?
    pub fn is_error(&self) -> bool {
        self.severity == FaultSeverity::Error
    }
}

/// One line: `file:line:column: reason`.
impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file(), self.line, self.column, self.reason)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// Collects the faults of one file.
#[derive(Debug)]
pub(crate) struct Faults {
    source: Arc<SourceText>,
    list: Vec<Fault>,
    /// Lines that are not TOML: what else seems wrong there follows from that.
    broken: Vec<usize>,
}

impl Faults {
    pub(crate) fn new(file: &str, text: &str) -> Faults {
        let source = SourceText { file: file.to_owned(), text: text.to_owned() };
        Faults { source: Arc::new(source), list: Vec::new(), broken: Vec::new() }
    }

    /// An error at these bytes of the file.
    pub(crate) fn error(&mut self, span: Range<usize>, reason: impl Into<String>) -> &mut Fault {
        self.add(FaultSeverity::Error, span, reason.into())
    }

    /// Text that is not TOML.
    pub(crate) fn syntax(&mut self, span: Range<usize>, reason: String) {
        let line = self.error(span, format!("{SYNTAX}{reason}")).line;
        self.broken.push(line);
    }

    /// A warning at these bytes of the file.
    pub(crate) fn warning(&mut self, span: Range<usize>, reason: impl Into<String>) -> &mut Fault {
        self.add(FaultSeverity::Warning, span, reason.into())
    }

    fn add(&mut self, severity: FaultSeverity, span: Range<usize>, reason: String) -> &mut Fault {
        let text = &self.source.text;
        let start = floor_boundary(text, span.start);
        let end = floor_boundary(text, span.end.max(start));
        let before = text.get(..start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let fault = Fault {
            severity,
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before.get(line_start..).map_or(0, |part| part.chars().count()) + 1,
            reason,
            help: None,
            source: Arc::clone(&self.source),
            span: start..end,
        };
        self.list.push_mut(fault)
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.list.iter().any(Fault::is_error)
    }

    /// The faults in the order of the text.
    pub(crate) fn into_sorted(mut self) -> Vec<Fault> {
        let broken = &self.broken;
        self.list.retain(|fault| fault.is_syntax() || !broken.contains(&fault.line));
        self.list.sort_by_key(|fault| (fault.span.start, fault.span.end));
        self.list
    }
}

impl Fault {
    fn is_syntax(&self) -> bool {
        self.reason.starts_with(SYNTAX)
    }

    pub(crate) fn help(&mut self, help: impl Into<String>) {
        self.help = Some(help.into());
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The known word nearest to `word`, if one is near enough to have been meant.
pub(crate) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    known
        .into_iter()
        .map(|candidate| (edit_distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn edit_distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let replace = row.get(j).copied().unwrap_or(0) + usize::from(a != *b);
            let delete = row.get(j + 1).copied().unwrap_or(0) + 1;
            let insert = next.last().copied().unwrap_or(0) + 1;
            next.push(replace.min(delete).min(insert));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// The faults as people read them: reason, place, the line in question, help.
pub fn render_faults(faults: &[Fault], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for fault in faults {
        let level = match fault.severity {
            FaultSeverity::Warning => Level::WARNING,
            FaultSeverity::Error => Level::ERROR,
        };
        let title = level.primary_title(fault.reason.as_str());
        let mut group: Group<'_> = if fault.source.text.is_empty() {
            title.element(Origin::path(fault.file()))
        } else {
            let annotation = AnnotationKind::Primary.span(fault.span.clone());
            title.element(
                Snippet::source(fault.source.text.as_str()).path(fault.file()).annotation(annotation),
            )
        };
        if let Some(help) = &fault.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let mut faults = Faults::new("a.md", "x\nüber = 1\n");
        faults.error(8..9, "wrong");
        let list = faults.into_sorted();
        assert_eq!((list[0].line, list[0].column), (2, 6));
        assert_eq!(list[0].to_string(), "a.md:2:6: wrong");
    }

    #[test]
    fn the_word_that_was_meant() {
        assert_eq!(nearest("dialekt", ["dialect", "match"]), Some("dialect"));
        assert_eq!(nearest("zzz", ["dialect", "match"]), None);
    }
}
