//! A page of text: lines wrapped to a width, painted or not. All text enters through [`Rich::push`], which makes
//! it harmless, so that nothing on the page can have escaped escaping.

use std::borrow::Cow;
use std::ops::Range;

use anstyle::{AnsiColor, Color, Style};
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::UnicodeWidthStr;

use crate::base::Level;
use crate::report::escape::visible;

/// Narrower than this, words are broken everywhere and nothing can be read.
pub(crate) const NARROWEST: usize = 40;
/// Wider than this, the eye loses the line.
pub(crate) const WIDEST: usize = 120;

/// As it stands.
pub(crate) const PLAIN: Style = Style::new();
/// Headings, and the values that a finding rests on.
pub(crate) const BOLD: Style = Style::new().bold();
/// What helps to find one's way and is not read.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Where something stands.
pub(crate) const PLACE: Style = color(AnsiColor::Cyan);
/// What is not certain or not complete.
pub(crate) const WARN: Style = color(AnsiColor::Yellow);
/// What is missing.
pub(crate) const ALARM: Style = color(AnsiColor::Red).bold();
/// What is well.
pub(crate) const GOOD: Style = color(AnsiColor::Green);

const fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

/// The colour of a level.
pub(crate) fn level_style(level: Level) -> Style {
    match level {
        Level::Confirmed => ALARM,
        Level::Likely => color(AnsiColor::Red),
        Level::Suspected => WARN,
        Level::Exposed => PLACE,
        Level::Cleared => GOOD,
    }
}

/// Text in several styles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rich {
    text: String,
    styles: Vec<(Range<usize>, Style)>,
}

impl Rich {
    /// No text.
    pub(crate) fn new() -> Rich {
        Rich::default()
    }

    /// Text in one style.
    pub(crate) fn of(style: Style, text: &str) -> Rich {
        Rich::new().push(style, text)
    }

    /// Adds text; what a terminal would act upon is spelled out.
    pub(crate) fn push(mut self, style: Style, text: &str) -> Rich {
        let start = self.text.len();
        self.text.push_str(&visible(text));
        if style != PLAIN {
            self.styles.push((start..self.text.len(), style));
        }
        self
    }

    /// Puts every occurrence of these words, where still plain, into a style.
    pub(crate) fn highlight(mut self, words: &[&str], style: Style) -> Rich {
        let mut found: Vec<Range<usize>> = Vec::new();
        for word in words {
            let word = visible(word);
            for (at, _) in self.text.match_indices(word.as_ref()) {
                let range = at..at + word.len();
                let is_taken = |taken: &Range<usize>| taken.start < range.end && range.start < taken.end;
                if !word.is_empty()
                    && !found.iter().any(is_taken)
                    && !self.styles.iter().any(|(range, _)| is_taken(range))
                {
                    found.push(range);
                }
            }
        }
        self.styles.extend(found.into_iter().map(|range| (range, style)));
        self.styles.sort_by_key(|(range, _)| range.start);
        self
    }

    /// How many cells it takes on one line.
    pub(crate) fn width(&self) -> usize {
        self.text.width()
    }

    /// Cut to this many cells, ending in `...` where something is cut away.
    pub(crate) fn cut(mut self, cells: usize) -> Rich {
        if self.width() <= cells {
            return self;
        }
        let keep = prefix_of_width(&self.text, cells.saturating_sub(3));
        self.text.truncate(keep);
        self.text.truncate(self.text.trim_end().len());
        let end = self.text.len();
        self.styles.retain_mut(|(range, _)| {
            range.end = range.end.min(end);
            range.start < range.end
        });
        self.text.push_str("...");
        self
    }

    fn paint(&self, range: Range<usize>, out: &mut String) {
        let mut at = range.start;
        for (styled, style) in &self.styles {
            let (start, end) = (styled.start.max(at), styled.end.min(range.end));
            if start < end {
                out.push_str(self.text.get(at..start).unwrap_or(""));
                out.push_str(&format!("{style}{}{style:#}", self.text.get(start..end).unwrap_or("")));
                at = end;
            }
        }
        out.push_str(self.text.get(at..range.end).unwrap_or(""));
    }
}

/// Number of bytes of the longest beginning of `text` that fits into so many cells.
pub(crate) fn prefix_of_width(text: &str, cells: usize) -> usize {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
        if used > cells {
            return at;
        }
    }
    text.len()
}

/// Collects the lines of a report.
#[derive(Debug)]
pub(crate) struct Page {
    out: String,
    width: usize,
    is_colored: bool,
}

impl Page {
    /// An empty page.
    pub(crate) fn new(width: usize, is_colored: bool) -> Page {
        Page { out: String::new(), width: width.clamp(NARROWEST, WIDEST), is_colored }
    }

    /// Cells in a line.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Everything so far.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// An empty line, unless there is one already.
    pub(crate) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A line across the page.
    pub(crate) fn rule(&mut self) {
        let line = "-".repeat(self.width);
        self.line(0, &Rich::of(DIM, &line));
    }

    /// A heading on a line of its own.
    pub(crate) fn heading(&mut self, indent: usize, text: &str) {
        self.line(indent, &Rich::of(BOLD, text));
    }

    /// Text from `indent` on, wrapped.
    pub(crate) fn line(&mut self, indent: usize, text: &Rich) {
        self.hang(indent, &Rich::new(), 0, text);
    }

    /// `label`, then text whose lines all begin `column` cells right of the label's beginning; below the label
    /// where that leaves no room.
    pub(crate) fn hang(&mut self, indent: usize, label: &Rich, column: usize, text: &Rich) {
        let is_too_wide = label.width() > 0
            && (label.width() >= column.max(1) || indent + column + NARROWEST / 2 > self.width);
        if is_too_wide {
            self.line(indent, label);
            if text.width() > 0 {
                self.line(indent + 2, text);
            }
            return;
        }
        let margin = indent + column;
        let room = self.width.saturating_sub(margin).max(NARROWEST / 2);
        let mut is_first = true;
        for range in wrap(&text.text, room) {
            let start = self.out.len();
            if is_first {
                self.out.push_str(&" ".repeat(indent));
                self.rich(label, 0..label.text.len());
                self.out.push_str(&" ".repeat(column.saturating_sub(label.width())));
            } else {
                self.out.push_str(&" ".repeat(margin));
            }
            self.rich(text, range);
            let end = self.out.get(start..).map_or(start, |line| start + line.trim_end().len());
            self.out.truncate(end);
            self.out.push('\n');
            is_first = false;
        }
    }

    /// A line of text left and one right, the right one at the edge of the page.
    pub(crate) fn ends(&mut self, left: &Rich, right: &Rich) {
        let used = left.width() + right.width();
        let gap = self.width.saturating_sub(used);
        if gap < 2 {
            self.line(0, left);
            self.line(3, right);
            return;
        }
        self.rich(left, 0..left.text.len());
        self.out.push_str(&" ".repeat(gap));
        self.rich(right, 0..right.text.len());
        self.out.push('\n');
    }

    fn rich(&mut self, text: &Rich, range: Range<usize>) {
        if self.is_colored {
            text.paint(range, &mut self.out);
        } else {
            self.out.push_str(text.text.get(range).unwrap_or(""));
        }
    }
}

/// Byte ranges of the lines into which the text is broken; one empty line for an empty text. Words are broken only
/// where they are longer than a line: an id with hyphens must stay in one piece to be searched for.
fn wrap(text: &str, room: usize) -> Vec<Range<usize>> {
    let options = Options::new(room)
        .word_splitter(WordSplitter::NoHyphenation)
        .word_separator(WordSeparator::AsciiSpace)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let base = text.as_ptr() as usize;
    textwrap::wrap(text, options)
        .iter()
        .map(|line| match line {
            Cow::Borrowed(line) => {
                let start = (line.as_ptr() as usize).saturating_sub(base).min(text.len());
                start..(start + line.len()).min(text.len())
            }
            // Only hyphenation and indents, neither of which is used, make lines of their own.
            Cow::Owned(_) => 0..text.len(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hang_below_their_text_and_keep_their_styles() {
        let mut page = Page::new(40, true);
        let text =
            Rich::of(PLAIN, "deleted fragment of ").push(BOLD, "nbutest03_1236281108 copy").push(PLAIN, " 1");
        page.hang(2, &Rich::of(DIM, "Text"), 8, &text);
        assert_eq!(
            page.finish(),
            "  \x1b[2mText\x1b[0m    deleted fragment of\n          \x1b[1mnbutest03_1236281108 copy\x1b[0m 1\n"
        );
    }

    #[test]
    fn log_text_cannot_paint() {
        let mut page = Page::new(80, false);
        page.line(0, &Rich::of(PLAIN, "a\x1b[31m\r\nb"));
        assert_eq!(page.finish(), "a\\x1b[31m\\r\\nb\n");
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        for width in [40, 60, 80, 120] {
            let mut page = Page::new(width, false);
            page.hang(
                3,
                &Rich::of(PLAIN, "label"),
                8,
                &Rich::of(PLAIN, &"日本 long-word/without/blank ".repeat(9)),
            );
            page.line(4, &Rich::of(PLAIN, &"x".repeat(500)));
            page.line(4, &Rich::of(PLAIN, &"行".repeat(300)).cut(width - 4));
            for line in page.finish().lines() {
                assert!(line.width() <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_cut_text_says_so_and_keeps_its_styles_in_bounds() {
        let cut = Rich::of(PLAIN, "one ").push(BOLD, "two three").cut(9);
        assert_eq!((cut.text.as_str(), cut.width()), ("one tw...", 9));
        assert_eq!(cut.styles, [(4..6, BOLD)]);
    }

    #[test]
    fn highlights_do_not_overlap() {
        let rich = Rich::of(PLAIN, "ab_12 ab_123").highlight(&["ab_123", "ab_12"], BOLD);
        let ranges: Vec<_> = rich.styles.iter().map(|(range, _)| range.clone()).collect();
        assert_eq!(ranges, [0..5, 6..12]);
    }
}
