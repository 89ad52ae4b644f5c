//! The loop that most dialects share: a record is a head line and the lines behind it that are no head.

use std::borrow::Cow;

use crate::base::{Dialect, Feed, Record, Sink, Splitter};

/// The part of a line-oriented dialect that differs from the others.
pub trait Grammar: Send {
    /// Which dialect.
    fn dialect(&self) -> Dialect;

    /// Reads `line` (without line end, `number` its 1-based line number) as the head of a record. The body must
    /// be a slice of `line` for continuation lines to be added to it.
    fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>>;

    /// Called with each record once it is complete, `start` and `end` set and the body reaching over its
    /// continuation lines, which `tail` holds alone (empty for most records). Gives it to the sink.
    fn finish(&mut self, record: Record<'_>, tail: &str, sink: &mut dyn Sink) {
        let _ = tail;
        sink.record(record);
    }

    /// The source ends here (`end`: offset of its end in the text at hand): derived records still open are given
    /// out.
    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        let _ = (end, sink);
    }
}

/// Cuts lines into records by a [`Grammar`].
pub struct Lines<G> {
    grammar: G,
}

impl<G: Grammar> Lines<G> {
    /// A splitter for this grammar.
    pub fn new(grammar: G) -> Lines<G> {
        Lines { grammar }
    }
}

/// The next line of `text` from `from`: without its line end (CR LF, CR CR LF and LF alike), and where the line
/// behind it begins.
pub fn next_line(text: &str, from: usize) -> Option<(&str, usize)> {
    let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
    let (line, length) = match memchr::memchr(b'\n', rest.as_bytes()) {
        Some(at) => (rest.get(..at)?, at + 1),
        None => (rest, rest.len()),
    };
    Some((line.trim_end_matches('\r'), from + length))
}

/// A record whose lines still come in.
struct Open<'a> {
    record: Record<'a>,
    /// Where the line behind its head begins.
    head_end: usize,
}

impl<G: Grammar> Splitter for Lines<G> {
    fn split(&mut self, text: &str, line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        let mut number = line;
        let mut at = 0;
        let mut open: Option<Open<'_>> = None;
        while let Some((content, next)) = next_line(text, at) {
            let unfinished = feed == Feed::More && next == text.len() && !text.ends_with('\n');
            if unfinished {
                break;
            }
            match self.grammar.head(content, number, sink) {
                Some(record) => {
                    let before =
                        open.replace(Open { record: Record { start: at, ..record }, head_end: next });
                    if let Some(before) = before {
                        self.give(text, before, at, sink);
                    }
                }
                // Before the first head every line stands for itself: nothing is known to hold them together.
                None if open.is_none() => {
                    let mut record = Record::headless(self.grammar.dialect(), content);
                    (record.start, record.end) = (at, next);
                    self.grammar.finish(record, "", sink);
                }
                None => {}
            }
            at = next;
            number += 1;
        }
        match open {
            Some(open) if feed == Feed::More => return open.record.start,
            Some(open) => self.give(text, open, at, sink),
            None => {}
        }
        if feed == Feed::Last {
            self.grammar.end(at, sink);
        }
        at
    }
}

impl<G: Grammar> Lines<G> {
    fn give<'a>(&mut self, text: &'a str, open: Open<'a>, end: usize, sink: &mut dyn Sink) {
        let Open { mut record, head_end } = open;
        record.end = end;
        let tail = text.get(head_end..end).unwrap_or("").trim_end();
        if !tail.is_empty()
            && let Cow::Borrowed(body) = record.body
        {
            let body_start = (body.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
            if let Some(whole) = text.get(body_start..end) {
                record.body = Cow::Borrowed(whole.trim_end());
            }
        }
        self.grammar.finish(record, tail, sink);
    }
}
