//! How much of a flood is held: a log in which every line is a hit must end in time and in memory.

use std::collections::BTreeSet;

use crate::base::Stamp;
use crate::base::event::EventKind;

/// How many matched events of one scan are held: 24 bytes each, and 4 to 16 where they are looked up.
pub const MOST_EVENTS: usize = 8_000_000;

/// How many findings of one advisory a report shows each. A person reads a few; more than this are one incident, of
/// which count, first and last time say more.
pub const MOST_FINDINGS: usize = 2_000;

/// The same where only their objects are listed, for somebody who works through all of them.
pub const MOST_LISTED: usize = 20_000;

/// How many objects of one advisory are told apart at one level: some 100 bytes each.
pub const MOST_OBJECTS: usize = 250_000;

/// What a person may set, and tests lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Events that are held.
    pub events: usize,
    /// Findings of one advisory that are shown each.
    pub findings: usize,
    /// Objects of one advisory that are told apart at one level.
    pub objects: usize,
    /// The time that was asked for, in microseconds with room for any zone: its findings are shown before all others.
    pub asked: (i64, i64),
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            events: MOST_EVENTS,
            findings: MOST_FINDINGS,
            objects: MOST_OBJECTS,
            asked: (i64::MIN, i64::MAX),
        }
    }
}

/// Events of one source, or of one scan, that were beyond the bound: what is not held cannot be looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// How many.
    pub events: u64,
    /// Of which sorts.
    pub kinds: BTreeSet<EventKind>,
    /// Line of the first.
    pub line: Option<u64>,
    /// Times of the first and the last dated one.
    pub span: Option<(Stamp, Stamp)>,
}

impl Lost {
    /// One more.
    pub fn add(&mut self, kind: EventKind, line: Option<u64>, stamp: Stamp) {
        let span = stamp.is_dated().then_some((stamp, stamp));
        self.join(Lost { events: 1, kinds: BTreeSet::from([kind]), line, span });
    }

    /// Those of what lies behind in the same source.
    pub fn join(&mut self, next: Lost) {
        if self.events == 0 {
            self.line = next.line;
        }
        self.events += next.events;
        self.kinds.extend(next.kinds);
        self.span = match (self.span, next.span) {
            (Some((first, _)), Some((_, last))) => Some((first, last)),
            (one, other) => one.or(other),
        };
    }

    /// The same with other stamps and lines.
    pub fn moved(self, lines: u64, stamp: impl Fn(Stamp) -> Stamp) -> Lost {
        let span = self.span.map(|(first, last)| (stamp(first), stamp(last)));
        Lost { line: self.line.map(|line| line + lines), span, ..self }
    }
}
