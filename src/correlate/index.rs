//! Lists of events that are looked up: of one sort, and of one sort by the key of one of their values. A list of a
//! flood is as long as the log, so an entry is a number, and nobody copies a list to look at its beginning.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::rc::Rc;

use crate::base::Stamp;
use crate::base::stamp::{HOUR, MINUTE};

use super::events::Events;
use super::world::EventIndex;

/// No clock tolerance, disorder or rounding of a second moves a record further than this, besides `skew`.
const ROUNDING: i64 = MINUTE;
/// No unknown zone moves a record further than this (UTC-12 to UTC+14).
const ANY_ZONE: i64 = 26 * HOUR;

/// Events in the total order behind a hash of their values, apart by what is known of their time, so that a stretch of
/// time can be cut out by search. An entry is 30 bits of hash, 2 of class, 32 of index.
#[derive(Debug, Default)]
pub(super) struct List(Vec<u64>);

/// What is known of the time of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Dated, zone known.
    Known,
    /// Dated, zone unknown.
    Civil,
    /// Without date.
    Undated,
}

const CLASSES: [Class; 3] = [Class::Known, Class::Civil, Class::Undated];
const CLASS_SHIFT: u32 = 32;
const HASH_SHIFT: u32 = 34;

impl Class {
    fn of(stamp: Stamp) -> Class {
        match (stamp.instant(), stamp.civil_micros()) {
            (Some(_), _) => Class::Known,
            (None, Some(_)) => Class::Civil,
            (None, None) => Class::Undated,
        }
    }
}

/// The key under which events of one value stand.
pub(super) fn hash(value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish() >> HASH_SHIFT
}

fn prefix(hash: u64, class: Class) -> u64 {
    hash << HASH_SHIFT | (class as u64) << CLASS_SHIFT
}

impl List {
    pub(super) fn push(&mut self, hash: u64, stamp: Stamp, index: EventIndex) {
        self.0.push(prefix(hash, Class::of(stamp)) | index as u64 & 0xFFFF_FFFF);
    }

    /// Ready to be searched.
    pub(super) fn finish(&mut self) {
        self.0.sort_unstable();
        self.0.shrink_to_fit();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn range(&self, hash: u64, class: Class) -> Range<usize> {
        let first = prefix(hash, class);
        let last = first | 0xFFFF_FFFF;
        let from = self.0.partition_point(|entry| *entry < first);
        let rest = self.0.get(from..).unwrap_or_default();
        from..from + rest.partition_point(|entry| *entry <= last)
    }

    /// How many events have this key.
    pub(super) fn count(&self, hash: u64) -> usize {
        let first = prefix(hash, Class::Known);
        let from = self.0.partition_point(|entry| *entry < first);
        let behind = prefix(hash + 1, Class::Known);
        let rest = self.0.get(from..).unwrap_or_default();
        rest.partition_point(|entry| *entry < behind || hash == u64::MAX >> HASH_SHIFT)
    }

    fn at(&self, place: usize) -> Option<EventIndex> {
        self.0.get(place).and_then(|entry| usize::try_from(entry & 0xFFFF_FFFF).ok())
    }
}

/// A stretch of time around a stamp.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    pub(super) stamp: Stamp,
    pub(super) from: i64,
    pub(super) to: i64,
    /// Clock tolerance between hosts.
    pub(super) skew: i64,
}

impl Around {
    /// From which to which time events of a class may lie; `None`: at any.
    fn reach(&self, class: Class) -> Option<(i64, i64)> {
        let near = self.skew.saturating_add(ROUNDING);
        let far = near.saturating_add(ANY_ZONE);
        let (at, known, civil) = match (self.stamp.instant(), self.stamp.civil_micros()) {
            (Some(instant), _) => (instant, near, far),
            (None, Some(civil)) => (civil, far, near),
            (None, None) => return None,
        };
        let slack = match class {
            Class::Known => known,
            Class::Civil => civil,
            Class::Undated => return None,
        };
        let low = at.saturating_add(self.from).saturating_sub(slack);
        Some((low, at.saturating_add(self.to).saturating_add(slack)))
    }
}

/// Events of several lists in the total order, each once.
#[derive(Debug, Default)]
pub struct Candidates {
    lists: Vec<(Rc<List>, Range<usize>)>,
}

impl Candidates {
    /// Adds the events of one key that may lie in a stretch of time (a superset, undated ones included).
    pub(super) fn add(&mut self, list: &Rc<List>, hash: u64, around: Option<Around>, events: &Events) {
        for class in CLASSES {
            let mut range = list.range(hash, class);
            if let Some((low, high)) = around.and_then(|around| around.reach(class)) {
                let time = |place: usize| list.at(place).and_then(|index| events.micros(index));
                range.start = search(range.clone(), |place| time(place).is_some_and(|time| time < low));
                range.end = search(range.clone(), |place| time(place).is_some_and(|time| time <= high));
            }
            if !range.is_empty() {
                self.lists.push((Rc::clone(list), range));
            }
        }
    }
}

/// The first place of a range for which this does not hold.
fn search(mut range: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    while range.start < range.end {
        let middle = range.start.midpoint(range.end);
        if holds(middle) {
            range.start = middle + 1;
        } else {
            range.end = middle;
        }
    }
    range.start
}

impl Iterator for Candidates {
    type Item = EventIndex;

    fn next(&mut self) -> Option<EventIndex> {
        let next = self.lists.iter().filter_map(|(list, range)| list.at(range.start)).min()?;
        for (list, range) in &mut self.lists {
            if list.at(range.start) == Some(next) {
                range.start += 1;
            }
        }
        self.lists.retain(|(_, range)| !range.is_empty());
        Some(next)
    }
}
