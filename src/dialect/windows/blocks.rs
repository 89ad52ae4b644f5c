//! The loop that the Windows dialects share: a layout cuts the text into pieces and reads an event out of each.
//!
//! A piece is cut by its own text alone, so the records do not depend on where the text was handed over. A piece that
//! holds no event becomes a record without head.

use super::entry::Entry;
use super::sync_driver::BootWatch;
use super::times;
use crate::base::name::{fold, same_machine};
use crate::base::{Dialect, Feed, Record, Severity, Sink, Splitter};
use crate::dialect::dates::Read;
use crate::dialect::lines::Batch;

/// The part of a dialect that differs from the others.
pub(super) trait Layout: Send {
    /// Which dialect.
    fn dialect(&self) -> Dialect;

    /// Does an export in this dialect hold whole logs? Events copied one by one do not, so what is not among them
    /// may still have happened.
    fn is_export(&self) -> bool {
        true
    }

    /// The length of the piece that `text` begins with. `None`: its end cannot be told before more text is there
    /// (asked with `whole` set where nothing follows, the rest is one piece then).
    fn piece(&self, text: &str, whole: bool) -> Option<usize>;

    /// The row that `text` begins with, where it is a line of the plainest sort and its end is there: without quotes, and
    /// what its line break ends whenever another such line follows.
    fn plain_row<'a>(&self, text: &'a str) -> Option<PlainRow<'a>> {
        let _ = text;
        None
    }

    /// Reads the event of a piece, which begins at byte `at` of the text at hand; `None` where it holds none.
    fn read<'a>(&mut self, piece: &'a str, at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>>;
}

/// A row of which only the stamp is read, because nobody may want it.
#[derive(Clone, Copy)]
pub(super) struct PlainRow<'a> {
    /// Its length in bytes.
    pub(super) length: usize,
    /// When it was written, and what that shows.
    pub(super) read: Read,
    /// Everything between the time and the description.
    pub(super) columns: &'a str,
}

/// Cuts a text into records by a [`Layout`].
pub(super) struct Blocks<L> {
    layout: L,
    hosts: Hosts,
    boots: BootWatch,
    /// Columns of rows that nobody wants, and the place of their log among those whose boots are watched; those met last
    /// stand first.
    unwanted: Vec<(String, usize)>,
    /// Stamps of such rows.
    skimmed: Batch,
}

/// So many columns are remembered: those of the few sources that write nearly all of a log.
const MOST_COLUMNS: usize = 32;

impl<L: Layout> Blocks<L> {
    /// A splitter for this layout.
    pub(super) fn new(layout: L) -> Blocks<L> {
        let boots = BootWatch::new(layout.is_export());
        Blocks { layout, hosts: Hosts::None, boots, unwanted: Vec::new(), skimmed: Batch::default() }
    }

    /// Goes over rows that nobody wants, the first of which is `row`, as far as they follow each other; returns how many
    /// they are, and their bytes. The last one is left: what follows it is no such row and may belong to it.
    fn skim<'a>(
        &mut self,
        text: &'a str,
        at: usize,
        row: PlainRow<'a>,
        wanted: &mut usize,
        sink: &mut dyn Sink,
    ) -> (u64, usize) {
        let (mut rows, mut start, mut row) = (0, at, row);
        loop {
            let end = start + row.length;
            if *wanted < start {
                *wanted = sink.next_wanted(start);
            }
            let known = self.unwanted.iter().position(|(columns, _)| columns == row.columns);
            let (Some(known), true) = (known, *wanted >= end) else { break };
            let Some(following) = text.get(end..).and_then(|rest| self.layout.plain_row(rest)) else { break };
            // Those met often move to the front.
            self.unwanted.swap(known, known / 2);
            let stamp = times::without_zone(row.read.stamp);
            let place = self.unwanted.get(known / 2).map(|(_, place)| *place);
            if !place.is_some_and(|place| self.boots.see_other(place, stamp)) {
                break;
            }
            row.read.cast(sink);
            self.skimmed.add(stamp);
            if self.skimmed.is_full() {
                self.tell_skimmed(sink);
            }
            rows += 1;
            (start, row) = (end, following);
        }
        (rows, start - at)
    }

    fn tell_skimmed(&mut self, sink: &mut dyn Sink) {
        self.skimmed.tell(self.layout.dialect(), None, sink);
    }

    /// Remembers the columns of a row that was read, if whoever wants such events wants them for their text alone.
    fn remember(&mut self, row: PlainRow<'_>, record: &Record<'_>, sink: &mut dyn Sink) {
        let (Some(source), Some(code)) = (record.field("source"), record.code.as_deref()) else { return };
        let provider = record.provider.as_deref().unwrap_or(source);
        if record.severity != Severity::Info
            || matches!(source, "lgto_sync" | "eventlog")
            || self.unwanted.iter().any(|(columns, _)| columns == row.columns)
            || sink.wants_event(&[source, provider], code)
        {
            return;
        }
        if let Some(place) = self.boots.place_of(record) {
            self.unwanted.truncate(MOST_COLUMNS - 1);
            self.unwanted.push((row.columns.to_owned(), place));
        }
    }
}

impl<L: Layout> Splitter for Blocks<L> {
    fn split(&mut self, text: &str, line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        let whole = feed != Feed::More;
        let (mut at, mut number) = (0, line);
        let mut wanted = sink.next_wanted(0);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let plain = self.layout.plain_row(rest);
            if let Some(row) = plain
                && let (rows @ 1.., skimmed) = self.skim(text, at, row, &mut wanted, sink)
            {
                number += rows;
                at += skimmed;
                continue;
            }
            let length = match self.layout.piece(rest, whole) {
                Some(length) => up_to_boundary(rest, length),
                None if whole => rest.len(),
                None => break,
            };
            self.tell_skimmed(sink);
            let piece = rest.get(..length).unwrap_or(rest);
            let dialect = self.layout.dialect();
            let mut record = match self.layout.read(piece, at, sink) {
                Some(entry) => entry.into_record(dialect),
                None => Record::headless(dialect, piece.trim()),
            };
            (record.start, record.end) = (at, at + piece.len());
            if record.head {
                self.hosts.see(record.host.as_deref());
                self.boots.see(&record, number, sink);
                if let Some(row) = plain {
                    self.remember(row, &record, sink);
                }
            }
            sink.record(record);
            at += piece.len();
            number += lines(piece);
        }
        self.tell_skimmed(sink);
        if feed == Feed::Last {
            self.boots.end(self.layout.dialect(), at, sink);
            if let Some(host) = self.hosts.only() {
                sink.source_host(&host);
            }
        }
        at
    }
}

fn lines(piece: &str) -> u64 {
    memchr::memchr_iter(b'\n', piece.as_bytes()).count() as u64
}

/// A piece is never empty and never ends inside a character.
fn up_to_boundary(text: &str, length: usize) -> usize {
    let mut length = length.clamp(1, text.len());
    while !text.is_char_boundary(length) {
        length += 1;
    }
    length
}

/// The computers of a source.
pub(super) enum Hosts {
    /// No record names one.
    None,
    /// All records name this one.
    One(String),
    /// They differ.
    Several,
}

impl Hosts {
    /// The one computer of the source; asked at its end.
    pub(super) fn only(&mut self) -> Option<String> {
        match std::mem::replace(self, Hosts::Several) {
            Hosts::One(host) => Some(host),
            _ => None,
        }
    }

    /// A record names this computer.
    pub(super) fn see(&mut self, host: Option<&str>) {
        let Some(host) = host else { return };
        match self {
            Hosts::None => *self = Hosts::One(host.to_owned()),
            Hosts::One(known) if !same_machine(&fold(known), &fold(host)) => *self = Hosts::Several,
            // The full name says more than the short one.
            Hosts::One(known) if known.len() < host.len() => host.clone_into(known),
            _ => {}
        }
    }
}

/// The end of the line that `text` begins with, its line break included; `None` where it is not there yet.
pub(super) fn line_end(text: &str, whole: bool) -> Option<usize> {
    match memchr::memchr(b'\n', text.as_bytes()) {
        Some(at) => Some(at + 1),
        None => whole.then_some(text.len()),
    }
}
