//! A text that holds several dialects, such as a pasted ticket: every line is asked whose record it begins.
//!
//! The text is cut into runs of lines of one dialect; each run is read by that dialect's own splitter, which keeps
//! its state from run to run. A line that nobody claims belongs to the run before it; lines before the first claim
//! are records without a head.
//!
//! Marks of quoting before a line (`> `, as in an answered mail) are no part of it: they are taken off before anybody
//! is asked. Positions stay those of the text as it is.

use indexmap::IndexMap;

use super::lines::next_line;
use super::quoted::Unquoted;
use super::{Claim, Reader, SourceContext, readers};
use crate::base::{DateOrder, Dialect, FactKind, Feed, NoticeCode, Record, Sink, Splitter};

/// The reader of mixed texts.
pub struct Mixed;

impl Reader for Mixed {
    fn dialect(&self) -> Dialect {
        Dialect::Mixed
    }

    fn claim(&self, _line: &str) -> Claim {
        Claim::No
    }

    fn splitter(&self, context: &SourceContext) -> Box<dyn Splitter> {
        let splitters = readers()
            .into_iter()
            .map(|reader| {
                let context = SourceContext { place: reader.place(&context.path), ..context.clone() };
                (reader.dialect(), (reader, reader.splitter(&context)))
            })
            .collect();
        Box::new(MixedSplitter { splitters, current: None, sessions: IndexMap::new() })
    }
}

type Part = (&'static dyn Reader, Box<dyn Splitter>);

struct MixedSplitter {
    splitters: IndexMap<Dialect, Part>,
    current: Option<Dialect>,
    /// Each part counts its sessions from 0; here they need numbers of their own.
    sessions: IndexMap<(Dialect, u32), u32>,
}

/// Lines of one dialect that stand together.
struct Run {
    dialect: Option<Dialect>,
    start: usize,
    end: usize,
    line: u64,
}

impl MixedSplitter {
    /// Whose run does this line belong to?
    fn owner(&self, line: &str) -> Option<Dialect> {
        // As when a text is recognised: lines of one dialect stand together, so its reader is asked first.
        let strong = |dialect: &Dialect| {
            self.splitters.get(dialect).is_some_and(|(reader, _)| reader.claim(line) == Claim::Strong)
        };
        if self.current.as_ref().is_some_and(strong) {
            return self.current;
        }
        let claimed = self.splitters.keys().find(|dialect| strong(dialect)).copied();
        let current = self.current.and_then(|current| self.splitters.get(&current));
        match (claimed, current) {
            (Some(claimed), Some((current, _))) if current.absorbs().contains(&claimed) => self.current,
            (Some(claimed), _) => Some(claimed),
            (None, _) => self.current,
        }
    }

    fn runs(&mut self, text: &str, line: u64) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let (mut at, mut number) = (0, line);
        while let Some((content, next)) = next_line(text, at) {
            let owner = self.owner(content);
            self.current = owner;
            match runs.last_mut() {
                Some(run) if run.dialect == owner => run.end = next,
                _ => runs.push(Run { dialect: owner, start: at, end: next, line: number }),
            }
            at = next;
            number += 1;
        }
        runs
    }
}

impl Splitter for MixedSplitter {
    fn split(&mut self, text: &str, line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        // Half a line may look like one of another dialect than the whole.
        let whole_lines = match feed {
            Feed::More => memchr::memrchr(b'\n', text.as_bytes()).map_or(0, |at| at + 1),
            Feed::Full | Feed::Last => text.len(),
        };
        let text = text.get(..whole_lines).unwrap_or(text);
        match Unquoted::of(text) {
            Some(unquoted) => {
                let mut moved = unquoted.sink(sink);
                let consumed = self.split_lines(unquoted.text(), line, feed, &mut moved);
                unquoted.original(consumed)
            }
            None => self.split_lines(text, line, feed, sink),
        }
    }
}

impl MixedSplitter {
    fn split_lines(&mut self, text: &str, line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        let mut before = self.current;
        let runs = self.runs(text, line);
        let count = runs.len();
        for (index, run) in runs.into_iter().enumerate() {
            let part = text.get(run.start..run.end).unwrap_or("");
            let is_last = index + 1 == count;
            let feed = match feed {
                Feed::More if is_last => Feed::More,
                Feed::Last if is_last => Feed::Last,
                _ => Feed::Full,
            };
            let mut shifted = Shifted {
                sink: &mut *sink,
                by: run.start,
                part: run.dialect.unwrap_or(Dialect::Unknown),
                sessions: &mut self.sessions,
            };
            let consumed = match run.dialect.and_then(|dialect| self.splitters.get_mut(&dialect)) {
                Some((_, splitter)) => splitter.split(part, run.line, feed, &mut shifted),
                None => headless(part, feed, &mut shifted),
            };
            if feed == Feed::More {
                // The lines left over are asked again, and must find open what was open before them.
                self.current = if consumed == 0 { before } else { run.dialect };
                return run.start + consumed;
            }
            before = run.dialect;
        }
        if feed == Feed::Last {
            self.end(text.len(), line, sink);
        }
        text.len()
    }

    /// Every part hears that the source ends, not only the one whose run came last.
    fn end(&mut self, at: usize, line: u64, sink: &mut dyn Sink) {
        let last = self.current;
        for (dialect, (_, splitter)) in &mut self.splitters {
            if Some(*dialect) != last {
                let mut shifted =
                    Shifted { sink: &mut *sink, by: at, part: *dialect, sessions: &mut self.sessions };
                splitter.split("", line, Feed::Last, &mut shifted);
            }
        }
    }
}

/// Lines that nobody claims, one record each.
fn headless(text: &str, feed: Feed, sink: &mut dyn Sink) -> usize {
    let mut at = 0;
    while let Some((content, next)) = next_line(text, at) {
        if feed == Feed::More && next == text.len() && !text.ends_with('\n') {
            break;
        }
        let mut record = Record::headless(Dialect::Unknown, content);
        (record.start, record.end) = (at, next);
        sink.record(record);
        at = next;
    }
    at
}

/// Moves the offsets of a run to those of the whole text, and its sessions to numbers of the whole source.
struct Shifted<'s> {
    sink: &'s mut dyn Sink,
    by: usize,
    /// Whose splitter it is: one part may give records of several dialects (the details in a list of jobs), and
    /// they share its sessions.
    part: Dialect,
    sessions: &'s mut IndexMap<(Dialect, u32), u32>,
}

impl Sink for Shifted<'_> {
    fn record(&mut self, mut record: Record<'_>) {
        record.start += self.by;
        record.end += self.by;
        if let Some(session) = record.session {
            let next = u32::try_from(self.sessions.len()).unwrap_or(u32::MAX);
            record.session = Some(*self.sessions.entry((self.part, session)).or_insert(next));
        }
        self.sink.record(record);
    }

    fn fact(&mut self, host: Option<&str>, fact: FactKind, record: &Record<'_>) {
        let mut record = record.clone();
        record.start += self.by;
        record.end += self.by;
        self.sink.fact(host, fact, &record);
    }

    fn date_vote(&mut self, order: DateOrder) {
        self.sink.date_vote(order);
    }

    fn source_host(&mut self, _host: &str) {
        // One part's host says nothing about the others.
    }

    fn notice(&mut self, code: NoticeCode, offset: usize, detail: String) {
        self.sink.notice(code, offset + self.by, detail);
    }
}
