//! What is kept of the stamps of a source: the stretches they reach over, and the days that pass in a log whose
//! lines only tell the time of day.

use serde::{Deserialize, Serialize};

use super::silence::BREATH;
use crate::base::stamp::{DAY, HOUR, MINUTE};
use crate::base::{CoverageKind, Dialect, Interval, Stamp};

/// The stretches that records of one dialect reach over.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Track {
    stretches: Vec<Stretch>,
    last_number: Option<u64>,
    last_session: Option<u32>,
    /// Number and session of the first record: what goes on behind another track is told by them.
    first: Option<(Option<u64>, Option<u32>)>,
}

/// A stretch as it is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reached {
    pub(super) interval: Interval,
    /// Lowest and highest record number, where the log counts its records.
    pub(super) numbers: Option<(u64, u64)>,
    /// How many records it holds.
    pub(super) records: usize,
}

/// A stretch without a hole.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Stretch {
    from: i64,
    first: Stamp,
    to: i64,
    last: Stamp,
    /// Lowest and highest record number, where the log counts its records.
    numbers: Option<(u64, u64)>,
    records: usize,
}

impl Stretch {
    /// Reaches over one more record.
    fn reach(&mut self, stamp: Stamp, at: i64, number: Option<u64>) {
        self.records += 1;
        if at < self.from {
            (self.from, self.first) = (at, stamp);
        }
        if at > self.to {
            (self.to, self.last) = (at, stamp);
        }
        if let Some(number) = number {
            let (low, high) = self.numbers.unwrap_or((number, number));
            self.numbers = Some((low.min(number), high.max(number)));
        }
    }

    fn take(&mut self, other: &Stretch) {
        self.records += other.records;
        if other.from < self.from {
            (self.from, self.first) = (other.from, other.first);
        }
        if other.to > self.to {
            (self.to, self.last) = (other.to, other.last);
        }
        self.numbers = match (self.numbers, other.numbers) {
            (Some((low, high)), Some((lower, higher))) => Some((low.min(lower), high.max(higher))),
            (one, other) => one.or(other),
        };
    }

    fn shifted(&self, shift: i64) -> Stretch {
        Stretch {
            from: self.from.saturating_add(shift),
            first: self.first.shifted(shift),
            to: self.to.saturating_add(shift),
            last: self.last.shifted(shift),
            numbers: self.numbers,
            records: self.records,
        }
    }
}

/// On one clock: the instant where the zone is known, else civil time, else the time of day.
pub(super) fn micros(stamp: Stamp) -> Option<i64> {
    match stamp {
        Stamp::None => None,
        Stamp::Clock { micros, .. } => Some(micros),
        Stamp::Dated { micros, .. } => Some(stamp.instant().unwrap_or(micros)),
    }
}

impl Track {
    /// Adds a record. `at` is its time on one clock; `quiet` is how long the log may be silent and still prove that
    /// nothing happened; `number` is the record's number, where the log counts its records.
    #[inline]
    pub(super) fn add(&mut self, stamp: Stamp, at: i64, quiet: Option<i64>, number: Option<u64>) {
        let follows = match (number, self.last_number) {
            (Some(number), Some(last)) => number.abs_diff(last) <= 1,
            _ => true,
        };
        self.last_number = number.or(self.last_number);
        let reach = quiet.unwrap_or(i64::MAX);
        if let Some(held) = self.stretches.last_mut()
            && follows
            && held.first.is_dated() == stamp.is_dated()
            && at >= held.from.saturating_sub(reach)
            && at <= held.to.saturating_add(reach)
        {
            held.reach(stamp, at, number);
            return;
        }
        if self.stretches.len() >= MOST_STRETCHES {
            if quiet == Some(BREATH) { self.coarsen() } else { self.merge() }
        }
        let numbers = number.map(|number| (number, number));
        self.stretches.push(Stretch { from: at, first: stamp, to: at, last: stamp, numbers, records: 1 });
    }

    /// Adds an entry of a list. Every longer silence is kept, for it may be a hole ([`super::silence`]); a job that
    /// runs for hours before it says its next word is none.
    pub(super) fn add_entry(
        &mut self,
        stamp: Stamp,
        at: i64,
        dialect: Dialect,
        number: Option<u64>,
        session: Option<u32>,
    ) {
        let runs_on = session.is_some() && session == self.last_session;
        self.last_session = session;
        self.first.get_or_insert((number, session));
        self.add(stamp, at, if runs_on { dialect.quiet_time() } else { Some(BREATH) }, number);
    }

    /// Counts further records between two that were added.
    pub(super) fn count(&mut self, records: usize) {
        if let Some(held) = self.stretches.last_mut() {
            held.records += records;
        }
    }

    /// Adds what followed in the source, shifted by whole days.
    pub(super) fn join(&mut self, next: &Track, shift: i64, dialect: Dialect) {
        if dialect.coverage_kind() == CoverageKind::JobList {
            self.join_list(next, shift, dialect);
            return;
        }
        let reach = dialect.quiet_time().unwrap_or(i64::MAX);
        for stretch in next.stretches.iter().map(|stretch| stretch.shifted(shift)) {
            match self.stretches.last_mut() {
                Some(held)
                    if held.first.is_dated() == stretch.first.is_dated()
                        && stretch.from <= held.to.saturating_add(reach)
                        && stretch.to >= held.from.saturating_sub(reach) =>
                {
                    held.take(&stretch);
                }
                _ => self.stretches.push(stretch),
            }
        }
    }

    /// The same of a list, whose entries follow one another as they would in one piece.
    fn join_list(&mut self, next: &Track, shift: i64, dialect: Dialect) {
        let (number, session) = next.first.unwrap_or_default();
        let follows = match (number, self.last_number) {
            (Some(number), Some(last)) => number.abs_diff(last) <= 1,
            _ => true,
        };
        let runs_on = session.is_some() && session == self.last_session;
        let reach = if runs_on { dialect.quiet_time().unwrap_or(i64::MAX) } else { BREATH };
        let mut behind = next.stretches.iter().map(|stretch| stretch.shifted(shift));
        if let (Some(held), Some(first)) = (self.stretches.last_mut(), next.stretches.first()) {
            let first = first.shifted(shift);
            let touches = follows
                && held.first.is_dated() == first.first.is_dated()
                && first.from <= held.to.saturating_add(reach)
                && first.to >= held.from.saturating_sub(reach);
            if touches {
                held.take(&first);
                behind.next();
            }
        }
        self.stretches.extend(behind);
        if self.stretches.len() >= MOST_STRETCHES {
            self.coarsen();
        }
        self.first = self.first.or(next.first);
        self.last_number = next.last_number.or(self.last_number);
        self.last_session = next.last_session;
    }

    fn merge(&mut self) {
        self.join_numbers();
        self.stretches.sort_by_key(|stretch| (stretch.from, stretch.to));
        let mut merged: Vec<Stretch> = Vec::with_capacity(self.stretches.len());
        for stretch in self.stretches.drain(..) {
            match merged.last_mut() {
                Some(held)
                    if stretch.from <= held.to && held.first.is_dated() == stretch.first.is_dated() =>
                {
                    held.take(&stretch);
                }
                _ => merged.push(stretch),
            }
        }
        // A source with more holes than that proves nothing by its silence; the latest stretches are kept.
        if merged.len() >= MOST_STRETCHES {
            merged.drain(..merged.len() - MOST_STRETCHES / 2);
        }
        self.stretches = merged;
    }

    /// Joins stretches whose record numbers follow one another: a log that is written in a ring begins in its
    /// middle, and no record is missing where it goes round.
    fn join_numbers(&mut self) {
        self.stretches.sort_by_key(|stretch| stretch.numbers.map(|(low, _)| low));
        let mut joined: Vec<Stretch> = Vec::with_capacity(self.stretches.len());
        for stretch in self.stretches.drain(..) {
            let held = joined.last_mut().filter(|held| match (held.numbers, stretch.numbers) {
                (Some((_, high)), Some((low, _))) => low == high.saturating_add(1),
                _ => false,
            });
            match held {
                Some(held) if held.first.is_dated() == stretch.first.is_dated() => held.take(&stretch),
                _ => joined.push(stretch),
            }
        }
        self.stretches = joined;
    }

    /// Joins neighbours in time until they are few: the short silences of a list of years are forgotten.
    fn coarsen(&mut self) {
        self.stretches.sort_by_key(|stretch| (stretch.from, stretch.to));
        let mut reach = BREATH;
        while self.stretches.len() > MOST_STRETCHES / 2 && reach < i64::MAX / 2 {
            reach *= 2;
            let mut joined: Vec<Stretch> = Vec::with_capacity(self.stretches.len());
            for stretch in self.stretches.drain(..) {
                match joined.last_mut() {
                    Some(held)
                        if stretch.from <= held.to.saturating_add(reach)
                            && held.first.is_dated() == stretch.first.is_dated() =>
                    {
                        held.take(&stretch);
                    }
                    _ => joined.push(stretch),
                }
            }
            self.stretches = joined;
        }
    }

    /// The stretches in order of time. Those of a list are held against each other later, with those of its other
    /// files.
    pub(super) fn finish(&mut self, kind: CoverageKind) -> Vec<Reached> {
        match kind {
            CoverageKind::JobList => self.stretches.sort_by_key(|stretch| (stretch.from, stretch.to)),
            _ => self.merge(),
        }
        let reached = |stretch: &Stretch| Reached {
            interval: Interval { from: stretch.first, to: stretch.last },
            numbers: stretch.numbers,
            records: stretch.records,
        };
        self.stretches.iter().map(reached).collect()
    }
}

/// A bound for sources whose every record stands alone (an export of errors only, with record numbers).
const MOST_STRETCHES: usize = 20_000;

/// A record without zone that lies before the one above it, by an hour at most and by more than lines stand out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fall {
    /// Position of the record.
    pub(super) position: i64,
    /// Civil time of the record above it.
    pub(super) before: i64,
    /// Its own.
    pub(super) after: i64,
}

impl Fall {
    /// Of a record at this position, between the time of the one above it and its own.
    pub(super) fn between(before: i64, after: i64, position: i64) -> Option<Fall> {
        let step = before.saturating_sub(after);
        (step > MINUTE && step <= HOUR).then_some(Fall { position, before, after })
    }
}

/// A log whose clock steps back more often than this tells nothing by it.
pub(super) const MOST_FALLS: usize = 64;

/// Day roll-over of a log without dates.
///
/// A chunk of a file is read without knowing what stands before it: its days are counted from its first line and
/// shifted once the chunks before it are read. That gives what reading from the file's beginning gives, except where
/// a line of before midnight may have been written late ([`Days::misleads`]); such a chunk is read again.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Days {
    /// First time of day.
    pub(super) first: Option<i64>,
    /// Last time of day.
    pub(super) last: Option<i64>,
    /// Midnights that passed.
    pub(super) passed: i64,
    /// Some line would have been taken for a late one if a midnight had passed before the first line.
    hangs_on_past: bool,
    /// Counts on from the lines before the first.
    continues: bool,
}

/// A step back by more than this is midnight; a smaller one is only the interleaving of processes.
const MIDNIGHT_STEP: i64 = 12 * HOUR;

/// A line of before midnight, behind one of after midnight.
fn is_late(last: i64, clock: i64) -> bool {
    last < MINUTE && clock > DAY - MINUTE
}

impl Days {
    /// Counts on from where these lines end.
    pub(super) fn continued(&self) -> Days {
        Days { last: self.last, passed: self.passed, continues: true, ..Days::default() }
    }

    /// Takes the next time of day and returns on which day it lies, counted from the source's first.
    pub(super) fn next(&mut self, clock: i64) -> i64 {
        self.first.get_or_insert(clock);
        let Some(last) = self.last else {
            self.last = Some(clock);
            return 0;
        };
        if clock < last - MIDNIGHT_STEP {
            self.passed += 1;
        } else if is_late(last, clock) {
            if self.passed > 0 {
                return self.passed - 1;
            }
            self.hangs_on_past = true;
        }
        self.last = Some(clock);
        self.passed
    }

    /// How many days a following chunk is to be shifted by.
    pub(super) fn shift_of(&self, next: &Days) -> i64 {
        match (self.last, next.first) {
            _ if next.continues => 0,
            (Some(last), Some(first)) if first < last - MIDNIGHT_STEP => self.passed + 1,
            _ => self.passed,
        }
    }

    /// Did a following chunk count its days wrongly, because it did not know of these lines?
    pub(super) fn misleads(&self, next: &Days) -> bool {
        let begins_late = match (self.last, next.first) {
            (Some(last), Some(first)) => self.passed > 0 && is_late(last, first),
            _ => false,
        };
        begins_late || next.hangs_on_past && self.shift_of(next) > 0
    }

    /// Takes over what followed.
    pub(super) fn join(&mut self, next: &Days) {
        let shift = self.shift_of(next);
        self.hangs_on_past |= next.hangs_on_past && shift == 0;
        self.first = self.first.or(next.first);
        self.last = next.last.or(self.last);
        self.passed = shift + next.passed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Stamp {
        Stamp::epoch(hours * 3600)
    }

    fn intervals(track: &mut Track) -> Vec<Interval> {
        track.finish(CoverageKind::Log).iter().map(|stretch| stretch.interval).collect()
    }

    #[test]
    fn silence_beyond_the_quiet_time_is_a_hole() {
        let mut track = Track::default();
        for hour in [0, 20, 40, 100, 90] {
            track.add(at(hour), hour * HOUR, Some(26 * HOUR), None);
        }
        assert_eq!(
            intervals(&mut track),
            [Interval { from: at(0), to: at(40) }, Interval { from: at(90), to: at(100) }]
        );
    }

    #[test]
    fn a_missing_record_number_is_a_hole() {
        let mut track = Track::default();
        for (hour, number) in [(0, 1), (1, 2), (2, 5), (3, 6)] {
            track.add(at(hour), hour * HOUR, None, Some(number));
        }
        assert_eq!(
            intervals(&mut track),
            [Interval { from: at(0), to: at(1) }, Interval { from: at(2), to: at(3) }]
        );
    }

    #[test]
    fn a_ring_that_begins_in_its_middle_has_no_hole_there() {
        let mut track = Track::default();
        for (hour, number) in [(7, 12), (8, 13), (0, 7), (1, 8), (4, 10), (5, 11)] {
            track.add(at(hour), hour * HOUR, None, Some(number));
        }
        assert_eq!(
            intervals(&mut track),
            [Interval { from: at(0), to: at(1) }, Interval { from: at(4), to: at(8) }]
        );
    }

    /// A list of years forgets short silences, not its beginning.
    #[test]
    fn a_long_list_is_kept_in_coarse_stretches() {
        let mut track = Track::default();
        let entries = i64::try_from(MOST_STRETCHES).unwrap() * 2;
        for hour in 0..entries {
            track.add_entry(at(hour), hour * HOUR, Dialect::NetbackupBpdbjobs, None, None);
        }
        let reached = track.finish(CoverageKind::JobList);
        assert!(reached.len() <= MOST_STRETCHES);
        assert_eq!(reached[0].interval.from, at(0));
        assert_eq!(reached.iter().map(|stretch| stretch.records).sum::<usize>(), MOST_STRETCHES * 2);
    }

    /// What is read on another night is joined to what was read before as if it had been read at once.
    #[test]
    fn a_list_that_is_read_on_is_as_one_that_is_read_at_once() {
        let entries: Vec<(i64, Option<u64>, Option<u32>)> = vec![
            (0, Some(4), Some(1)),
            (1, Some(5), Some(2)),
            (9, None, Some(2)),
            (10, Some(6), Some(3)),
            (11, Some(9), Some(4)),
            (50, Some(10), Some(4)),
            (60, Some(11), None),
        ];
        let read = |entries: &[(i64, Option<u64>, Option<u32>)]| {
            let mut track = Track::default();
            for (hour, number, session) in entries {
                track.add_entry(at(*hour), hour * HOUR, Dialect::TsmSched, *number, *session);
            }
            track
        };
        let whole = read(&entries).finish(CoverageKind::JobList);
        for cut in 0..=entries.len() {
            let (head, tail) = entries.split_at(cut);
            let mut joined = read(head);
            joined.join(&read(tail), 0, Dialect::TsmSched);
            assert_eq!(joined.finish(CoverageKind::JobList), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_long_job_is_no_silence() {
        let mut track = Track::default();
        for (hour, session) in [(0, 1), (9, 1), (12, 2), (20, 2)] {
            track.add_entry(at(hour), hour * HOUR, Dialect::TsmSched, None, Some(session));
        }
        let reached: Vec<Interval> =
            track.finish(CoverageKind::JobList).iter().map(|stretch| stretch.interval).collect();
        assert_eq!(reached, [Interval { from: at(0), to: at(9) }, Interval { from: at(12), to: at(20) }]);
    }

    #[test]
    fn midnight_passes_once() {
        let mut days = Days::default();
        let hours = [22, 23, 0, 1, 23, 0];
        let seen: Vec<i64> = hours.iter().map(|hour| days.next(hour * HOUR)).collect();
        assert_eq!(seen, [0, 0, 1, 1, 1, 2]);
    }

    #[test]
    fn a_late_line_of_before_midnight_stays_there() {
        let mut days = Days::default();
        days.next(DAY - 1);
        assert_eq!(days.next(1), 1);
        assert_eq!(days.next(DAY - 2), 0);
        assert_eq!(days.next(2), 1);
    }

    /// Every log of four lines out of those around midnight, cut at every place.
    #[test]
    fn chunks_add_up() {
        let clocks = [DAY - 2, DAY - 1, 1, 2, 13 * HOUR];
        for number in 0..clocks.len().pow(6) {
            let log: Vec<i64> =
                (0..6).map(|place| clocks[number / clocks.len().pow(place) % clocks.len()]).collect();
            let mut whole = Days::default();
            let expected: Vec<i64> = log.iter().map(|clock| whole.next(*clock)).collect();
            for cut in 1..log.len() {
                let (head, tail) = log.split_at(cut);
                let mut one = Days::default();
                let mut found: Vec<i64> = head.iter().map(|clock| one.next(*clock)).collect();
                let mut two = Days::default();
                let mut days: Vec<i64> = tail.iter().map(|clock| two.next(*clock)).collect();
                if one.misleads(&two) {
                    two = one.continued();
                    days = tail.iter().map(|clock| two.next(*clock)).collect();
                }
                let shift = one.shift_of(&two);
                found.extend(days.iter().map(|day| day + shift));
                one.join(&two);
                assert_eq!((&found, one.passed), (&expected, whole.passed), "{log:?} cut at {cut}");
            }
        }
    }
}
