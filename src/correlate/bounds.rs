//! How much of a flood is held: a log in which every line is a hit must end in time and in memory.

use std::collections::BTreeSet;

use crate::base::Stamp;
use crate::base::event::EventKind;

/// How many matched events of one scan are held: 20 bytes each, and 4 to 16 where they are looked up.
pub const MOST_EVENTS: usize = 8_000_000;

/// How many jobs and runs of one scan are held, some 500 bytes each: a month of a large site's job list.
pub const MOST_SESSIONS: usize = 250_000;

/// How many facts of one scan are held, up to 1.5 KiB each. Hosts, versions and names of machines are thousands at most.
pub const MOST_FACTS: usize = 100_000;

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
    /// Sessions that are held; events of others are not.
    pub sessions: usize,
    /// Facts that are held.
    pub facts: usize,
    /// Findings of one advisory that are shown each.
    pub findings: usize,
    /// Objects of one advisory that are told apart at one level.
    pub objects: usize,
    /// The time that was asked for, in microseconds with room for any zone: its findings are shown before all others.
    pub asked: (i64, i64),
}

impl Bounds {
    /// For what was kept within bounds before.
    pub const NONE: Bounds = Bounds {
        events: usize::MAX,
        sessions: usize::MAX,
        facts: usize::MAX,
        findings: usize::MAX,
        objects: usize::MAX,
        asked: (i64::MIN, i64::MAX),
    };
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            events: MOST_EVENTS,
            sessions: MOST_SESSIONS,
            facts: MOST_FACTS,
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
    /// How many of the events stand in sessions beyond the bound.
    pub of_sessions: u64,
    /// How many facts were beyond the bound.
    pub facts: u64,
    /// Line of the first of them.
    pub fact_line: Option<u64>,
}

impl Lost {
    /// One more.
    pub fn add(&mut self, kind: EventKind, line: Option<u64>, stamp: Stamp) {
        let span = stamp.is_dated().then_some((stamp, stamp));
        self.join(Lost { events: 1, kinds: BTreeSet::from([kind]), line, span, ..Lost::default() });
    }

    /// One more, of a session beyond the bound.
    pub fn add_of_session(&mut self, kind: EventKind, line: Option<u64>, stamp: Stamp) {
        self.add(kind, line, stamp);
        self.of_sessions += 1;
    }

    /// One more fact.
    pub fn add_fact(&mut self, line: Option<u64>) {
        self.join(Lost { facts: 1, fact_line: line, ..Lost::default() });
    }

    /// Was all of it held?
    pub fn is_nothing(&self) -> bool {
        self.events == 0 && self.facts == 0
    }

    /// Those of what lies behind in the same source.
    pub fn join(&mut self, next: Lost) {
        if self.events == 0 {
            self.line = next.line;
        }
        if self.facts == 0 {
            self.fact_line = next.fact_line;
        }
        self.facts += next.facts;
        self.of_sessions += next.of_sessions;
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
        let moved = |line: Option<u64>| line.map(|line| line + lines);
        Lost { line: moved(self.line), fact_line: moved(self.fact_line), span, ..self }
    }
}
