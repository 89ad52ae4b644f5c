//! What one source, or one chunk of it, came to, and how the chunk that follows is added.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::base::{Dialect, Fact, Key, NoticeCode, Stamp, Zone};
use crate::correlate::{Bounds, Events, Lost, Spill};

use super::first_failure::FirstFailures;
use super::repeats::Repeats;
use super::track::{Days, Fall, MOST_FALLS, Track, micros};
use super::unknown::Errors;

/// A session while its records come in.
#[derive(Clone, Debug, Default)]
pub(super) struct SessionPart {
    pub(super) first: Option<Stamp>,
    pub(super) last: Option<Stamp>,
    /// `None`: the records disagree.
    pub(super) values: IndexMap<Key, Option<Arc<str>>>,
    /// Some event refers to it.
    pub(super) used: bool,
}

/// What one source, or one chunk of it, came to.
#[derive(Clone, Default)]
pub(super) struct Part {
    pub(super) records: u64,
    pub(super) headless: u64,
    /// Records of any sort so far: the position of the next one.
    pub(super) position: i64,
    pub(super) events: Events,
    /// Events beyond the bound.
    pub(super) lost: Lost,
    pub(super) facts: Vec<Fact>,
    /// Code, line (from 0; none in binary sources), particulars.
    pub(super) notices: Vec<(NoticeCode, Option<u64>, String)>,
    pub(super) month_first: u64,
    pub(super) day_first: u64,
    /// Stamps whose day and month could be exchanged.
    pub(super) swappable: u64,
    pub(super) host: Option<String>,
    pub(super) tracks: IndexMap<Dialect, Track>,
    pub(super) sessions: IndexMap<u32, SessionPart>,
    pub(super) codes: IndexMap<(&'static str, String), u64>,
    pub(super) first_failures: FirstFailures,
    /// Error records that no event definition matched.
    pub(super) errors: Errors,
    pub(super) dialects: IndexSet<Dialect>,
    pub(super) days: Days,
    pub(super) first: Option<Stamp>,
    pub(super) last: Option<Stamp>,
    /// How often a dated record lies behind and before the one above it.
    pub(super) rising: u64,
    pub(super) falling: u64,
    /// Time of the first and of the last dated record.
    pub(super) begun: Option<i64>,
    pub(super) placed: Option<i64>,
    /// Where the clock may have been set back in autumn.
    pub(super) falls: Vec<Fall>,
    /// Events so far, to keep few of many equal ones.
    pub(super) repeats: Repeats,
}

/// A source with more faults than this is not read better by naming each.
pub(super) const MOST_NOTICES: usize = 100;

impl Part {
    /// Follows the stamp of an ordinary record; `at` is its time on one clock.
    #[inline]
    pub(super) fn follow(&mut self, stamp: Stamp, at: i64) {
        match (self.first, self.last) {
            (Some(first), Some(last)) if first.is_dated() == stamp.is_dated() => {
                if micros(first).is_none_or(|first| at < first) {
                    self.first = Some(stamp);
                }
                if micros(last).is_none_or(|last| at > last) {
                    self.last = Some(stamp);
                }
            }
            (Some(_), Some(_)) if !stamp.is_dated() => {}
            _ => (self.first, self.last) = (Some(stamp), Some(stamp)),
        }
        if stamp.is_dated() {
            match self.placed {
                Some(before) if at > before => self.rising += 1,
                Some(before) if at < before => {
                    self.falling += 1;
                    self.fall(before, stamp, at);
                }
                Some(_) => {}
                None => self.begun = Some(at),
            }
            self.placed = Some(at);
        }
    }

    fn fall(&mut self, before: i64, stamp: Stamp, at: i64) {
        if let (Zone::Unknown, Some(fall)) = (stamp.zone(), Fall::between(before, at, self.position))
            && self.falls.len() <= MOST_FALLS
        {
            self.falls.push(fall);
        }
    }

    /// Adds the chunk that follows this one in the file. `breaks` is the number of line breaks before it.
    pub(super) fn join(&mut self, mut next: Part, breaks: u64, (spill, bounds): (&Spill, &Bounds)) {
        let shift = self.days.shift_of(&next.days) * crate::base::stamp::DAY;
        self.days.join(&next.days);
        self.records += next.records;
        self.headless += next.headless;
        let position = self.position;
        self.position += next.position;
        let placed = self.placed;
        let unplaced = next.events.edit(spill, |event| {
            event.position += position;
            event.lines += breaks;
            event.stamp = event.stamp.shifted(shift);
            event.placed = event.placed.map(|placed| placed + shift).or(placed);
        });
        next.lost.join(unplaced);
        let without_room = self.events.append(spill, next.events);
        self.lost.join(without_room);
        self.cut(spill, bounds.events);
        self.lost.join(next.lost.moved(breaks, |stamp| stamp.shifted(shift)));
        self.facts.extend(next.facts.into_iter().map(|fact| Fact {
            line: fact.line.map(|line| line + breaks),
            stamp: fact.stamp.shifted(shift),
            ..fact
        }));
        for fact in self.facts.drain(bounds.facts.min(self.facts.len())..) {
            self.lost.add_fact(fact.line);
        }
        self.notices.extend(
            next.notices
                .into_iter()
                .map(|(code, line, detail)| (code, line.map(|line| line + breaks), detail)),
        );
        self.notices.truncate(MOST_NOTICES);
        self.month_first += next.month_first;
        self.day_first += next.day_first;
        self.swappable += next.swappable;
        self.host = self.host.take().or(next.host);
        for (dialect, track) in next.tracks {
            self.tracks.entry(dialect).or_default().join(&track, shift, dialect);
        }
        self.first_failures.join(next.first_failures);
        for (code, count) in next.codes {
            *self.codes.entry(code).or_default() += count;
        }
        let mut errors = next.errors;
        errors.each(|group| {
            group.line = group.line.map(|line| line + breaks);
            group.first = group.first.map(|stamp| stamp.shifted(shift));
            group.last = group.last.map(|stamp| stamp.shifted(shift));
        });
        self.errors.join(errors);
        self.dialects.extend(next.dialects);
        let shifted = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.shifted(shift));
        self.first = least(self.first, shifted(next.first), true);
        self.last = least(self.last, shifted(next.last), false);
        self.rising += next.rising;
        self.falling += next.falling;
        let begun = next.begun.map(|begun| begun + shift);
        if let (Some(before), Some(after)) = (self.placed, begun) {
            self.falls.extend(Fall::between(before, after, position + 1));
        }
        self.falls.extend(next.falls.into_iter().map(|fall| Fall {
            position: fall.position + position,
            before: fall.before + shift,
            after: fall.after + shift,
        }));
        self.falls.truncate(MOST_FALLS + 1);
        self.begun = self.begun.or(begun);
        self.placed = next.placed.map(|placed| placed + shift).or(self.placed);
    }
}

impl Part {
    /// Leaves out the events of sessions that are not held.
    pub(super) fn leave_out_sessions(&mut self, spill: &Spill, is_held: impl Fn(u32) -> bool) {
        let lost = &mut self.lost;
        let is_left_out = |session: Option<u32>| session.is_some_and(|id| !is_held(id));
        if !self.events.has_session(is_left_out) {
            return;
        }
        self.events.retain(spill, |event| {
            let is_left_out = is_left_out(event.session);
            if is_left_out {
                lost.add_of_session(event.kind, event.line(), event.stamp);
            }
            !is_left_out
        });
    }

    /// Cuts off the events beyond the first `most`.
    pub(super) fn cut(&mut self, spill: &Spill, most: usize) {
        for event in (most..self.events.len()).filter_map(|index| self.events.get(spill, index)) {
            self.lost.add(event.kind, event.line(), event.stamp);
        }
        self.events.truncate(most);
    }
}

fn least(one: Option<Stamp>, other: Option<Stamp>, earlier: bool) -> Option<Stamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if (micros(one) <= micros(other)) == earlier { one } else { other }),
        (one, other) => one.or(other),
    }
}
