//! The loop that the Windows dialects share: a layout cuts the text into pieces and reads an event out of each.
//!
//! A piece is cut by its own text alone, so the records do not depend on where the text was handed over. A piece that
//! holds no event becomes a record without head.

use super::entry::Entry;
use super::sync_driver::BootWatch;
use crate::base::name::{fold, same_machine};
use crate::base::{Dialect, Feed, Record, Sink, Splitter};

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

    /// Reads the event of a piece, which begins at byte `at` of the text at hand; `None` where it holds none.
    fn read<'a>(&mut self, piece: &'a str, at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>>;
}

/// Cuts a text into records by a [`Layout`].
pub(super) struct Blocks<L> {
    layout: L,
    hosts: Hosts,
    boots: BootWatch,
}

impl<L: Layout> Blocks<L> {
    /// A splitter for this layout.
    pub(super) fn new(layout: L) -> Blocks<L> {
        let boots = BootWatch::new(layout.is_export());
        Blocks { layout, hosts: Hosts::None, boots }
    }
}

impl<L: Layout> Splitter for Blocks<L> {
    fn split(&mut self, text: &str, line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        let whole = feed != Feed::More;
        let (mut at, mut number) = (0, line);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let length = match self.layout.piece(rest, whole) {
                Some(length) => up_to_boundary(rest, length),
                None if whole => rest.len(),
                None => return at,
            };
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
            }
            sink.record(record);
            at += piece.len();
            number += lines(piece);
        }
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
