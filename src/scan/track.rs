//! What is kept of the stamps of a source: the stretches they reach over, and the days that pass in a log whose
//! lines only tell the time of day.

use crate::base::stamp::{DAY, HOUR, MINUTE};
use crate::base::{Interval, Stamp};

/// The stretches that records of one dialect reach over.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    intervals: Vec<(i64, Stamp, i64, Stamp)>,
    last_number: Option<u64>,
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
    /// Adds a record. `quiet` is how long the log may be silent and still prove that nothing happened; `number` is
    /// the record's number, where the log counts its records.
    pub(super) fn add(&mut self, stamp: Stamp, quiet: Option<i64>, number: Option<u64>) {
        let Some(at) = micros(stamp) else { return };
        let follows = match (number, self.last_number) {
            (Some(number), Some(last)) => number.abs_diff(last) <= 1,
            _ => true,
        };
        self.last_number = number.or(self.last_number);
        let reach = quiet.unwrap_or(i64::MAX);
        if let Some((from, first, to, last)) = self.intervals.last_mut()
            && follows
            && first.is_dated() == stamp.is_dated()
            && at >= from.saturating_sub(reach)
            && at <= to.saturating_add(reach)
        {
            if at < *from {
                (*from, *first) = (at, stamp);
            }
            if at > *to {
                (*to, *last) = (at, stamp);
            }
            return;
        }
        if self.intervals.len() >= MOST_INTERVALS {
            self.merge();
        }
        self.intervals.push((at, stamp, at, stamp));
    }

    /// Adds what followed in the source, shifted by whole days.
    pub(super) fn join(&mut self, next: &Track, shift: i64, quiet: Option<i64>) {
        let reach = quiet.unwrap_or(i64::MAX);
        for (from, first, to, last) in &next.intervals {
            let (from, first) = (from.saturating_add(shift), first.shifted(shift));
            let (to, last) = (to.saturating_add(shift), last.shifted(shift));
            match self.intervals.last_mut() {
                Some(held) if from <= held.2.saturating_add(reach) && to >= held.0.saturating_sub(reach) => {
                    if from < held.0 {
                        (held.0, held.1) = (from, first);
                    }
                    if to > held.2 {
                        (held.2, held.3) = (to, last);
                    }
                }
                _ => self.intervals.push((from, first, to, last)),
            }
        }
    }

    fn merge(&mut self) {
        self.intervals.sort_by_key(|(from, _, to, _)| (*from, *to));
        let mut merged: Vec<(i64, Stamp, i64, Stamp)> = Vec::with_capacity(self.intervals.len());
        for (from, first, to, last) in self.intervals.drain(..) {
            match merged.last_mut() {
                Some(held) if from <= held.2 && held.1.is_dated() == first.is_dated() => {
                    if to > held.2 {
                        (held.2, held.3) = (to, last);
                    }
                }
                _ => merged.push((from, first, to, last)),
            }
        }
        // A source with more holes than that proves nothing by its silence; the latest stretches are kept.
        if merged.len() >= MOST_INTERVALS {
            merged.drain(..merged.len() - MOST_INTERVALS / 2);
        }
        self.intervals = merged;
    }

    /// The stretches in order of time.
    pub(super) fn finish(&mut self) -> Vec<Interval> {
        self.merge();
        self.intervals.iter().map(|(_, from, _, to)| Interval { from: *from, to: *to }).collect()
    }
}

/// A bound for sources whose every record stands alone (an export of errors only, with record numbers).
const MOST_INTERVALS: usize = 20_000;

/// Day roll-over of a log without dates.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Days {
    /// First time of day.
    pub(super) first: Option<i64>,
    /// Last time of day.
    pub(super) last: Option<i64>,
    /// Midnights that passed.
    pub(super) passed: i64,
}

/// A step back by more than this is midnight; a smaller one is only the interleaving of processes.
const MIDNIGHT_STEP: i64 = 12 * HOUR;

impl Days {
    /// Takes the next time of day and returns on which day it lies, counted from the source's first.
    pub(super) fn next(&mut self, clock: i64) -> i64 {
        self.first.get_or_insert(clock);
        let Some(last) = self.last else {
            self.last = Some(clock);
            return 0;
        };
        if clock < last - MIDNIGHT_STEP {
            self.passed += 1;
        } else if self.passed > 0 && last < MINUTE && clock > DAY - MINUTE {
            // A line of before midnight that was written behind one of after midnight.
            return self.passed - 1;
        }
        self.last = Some(clock);
        self.passed
    }

    /// How many days a following chunk is to be shifted by.
    pub(super) fn shift_of(&self, next: &Days) -> i64 {
        match (self.last, next.first) {
            (Some(last), Some(first)) if first < last - MIDNIGHT_STEP => self.passed + 1,
            _ => self.passed,
        }
    }

    /// Takes over what followed.
    pub(super) fn join(&mut self, next: &Days) {
        let shift = self.shift_of(next);
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

    #[test]
    fn silence_beyond_the_quiet_time_is_a_hole() {
        let mut track = Track::default();
        for hour in [0, 20, 40, 100, 90] {
            track.add(at(hour), Some(26 * HOUR), None);
        }
        assert_eq!(
            track.finish(),
            [Interval { from: at(0), to: at(40) }, Interval { from: at(90), to: at(100) }]
        );
    }

    #[test]
    fn a_missing_record_number_is_a_hole() {
        let mut track = Track::default();
        for (hour, number) in [(0, 1), (1, 2), (2, 5), (3, 6)] {
            track.add(at(hour), None, Some(number));
        }
        assert_eq!(
            track.finish(),
            [Interval { from: at(0), to: at(1) }, Interval { from: at(2), to: at(3) }]
        );
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

    #[test]
    fn chunks_add_up() {
        let mut whole = Days::default();
        for clock in [22, 23, 0, 1, 23, 0] {
            whole.next(clock * HOUR);
        }
        let (mut one, mut two) = (Days::default(), Days::default());
        for clock in [22, 23] {
            one.next(clock * HOUR);
        }
        for clock in [0, 1, 23, 0] {
            two.next(clock * HOUR);
        }
        assert_eq!(one.shift_of(&two), 1);
        one.join(&two);
        assert_eq!(one.passed, whole.passed);
    }
}
