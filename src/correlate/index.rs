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
pub(super) const ROUNDING: i64 = MINUTE;
/// No unknown zone moves a record further than this (UTC-12 to UTC+14).
const ANY_ZONE: i64 = 26 * HOUR;

/// Events in the total order, apart by what is known of their time, so that a stretch of time can be cut out by search.
#[derive(Debug)]
pub(super) enum List {
    /// Of one sort: the events of each class.
    ByKind([Vec<u32>; 3]),
    /// Of one sort by a value: 30 bits of its hash, 2 of class, 32 of index.
    ByValue(Vec<u64>),
}

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

/// How many events of each class a list will have, so that it is not made larger than it has to be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts([usize; 3]);

impl Counts {
    /// None yet?
    pub(super) fn is_empty(self) -> bool {
        self.0 == [0; 3]
    }

    /// One more.
    pub(super) fn add(&mut self, stamp: Stamp) {
        if let Some(count) = self.0.get_mut(Class::of(stamp) as usize) {
            *count += 1;
        }
    }
}

impl List {
    /// A list of one sort.
    pub(super) fn by_kind(Counts(counts): Counts) -> List {
        List::ByKind(counts.map(Vec::with_capacity))
    }

    /// A list of one sort by a value that at most so many events have.
    pub(super) fn by_value(most: usize) -> List {
        List::ByValue(Vec::with_capacity(most))
    }

    /// Adds an event that lies behind all others in the total order.
    pub(super) fn push(&mut self, hash: u64, stamp: Stamp, index: EventIndex) {
        let (class, index) = (Class::of(stamp), u32::try_from(index).unwrap_or(u32::MAX));
        match self {
            List::ByKind(classes) => {
                if let Some(list) = classes.get_mut(class as usize) {
                    list.push(index);
                }
            }
            List::ByValue(entries) => entries.push(prefix(hash, class) | u64::from(index)),
        }
    }

    /// Ready to be searched.
    pub(super) fn finish(&mut self) {
        match self {
            List::ByKind(_) => {}
            List::ByValue(entries) => {
                entries.sort_unstable();
                entries.shrink_to_fit();
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            List::ByKind(classes) => classes.iter().map(Vec::len).sum(),
            List::ByValue(entries) => entries.len(),
        }
    }

    /// The places of the events of one key; all of them where there is one list to a class.
    pub(super) fn places(&self, hash: u64) -> Range<usize> {
        let List::ByValue(entries) = self else { return 0..self.len() };
        let from = entries.partition_point(|entry| *entry >> HASH_SHIFT < hash);
        let rest = entries.get(from..).unwrap_or_default();
        // Most values are of few events: the end lies near.
        let mut reach = 1;
        while rest.get(reach - 1).is_some_and(|entry| *entry >> HASH_SHIFT == hash) {
            reach *= 2;
        }
        let near = rest.get(..reach.min(rest.len())).unwrap_or_default();
        from..from + near.partition_point(|entry| *entry >> HASH_SHIFT == hash)
    }

    /// Those of one class among the places of a key.
    fn range(&self, hash: u64, places: &Range<usize>, class: Class) -> Range<usize> {
        match self {
            List::ByKind(classes) => 0..classes.get(class as usize).map_or(0, Vec::len),
            List::ByValue(entries) => {
                let first = prefix(hash, class);
                let last = first | 0xFFFF_FFFF;
                let of_key = entries.get(places.clone()).unwrap_or_default();
                let from = of_key.partition_point(|entry| *entry < first);
                let rest = of_key.get(from..).unwrap_or_default();
                let from = places.start + from;
                from..from + rest.partition_point(|entry| *entry <= last)
            }
        }
    }

    fn at(&self, class: Class, place: usize) -> Option<EventIndex> {
        let index = match self {
            List::ByKind(classes) => *classes.get(class as usize)?.get(place)?,
            List::ByValue(entries) => u32::try_from(entries.get(place)? & 0xFFFF_FFFF).ok()?,
        };
        usize::try_from(index).ok()
    }
}

/// A stretch of time around a stamp.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    pub(super) stamp: Stamp,
    pub(super) from: i64,
    pub(super) to: i64,
    /// Clock tolerance between hosts, and how far apart two moments lie of which a record may mean either.
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
    lists: Vec<(Rc<List>, Class, Range<usize>)>,
}

impl Candidates {
    /// Adds the events of one key that may lie in a stretch of time (a superset, undated ones included). `places` are
    /// those of the key, where they are known.
    pub(super) fn add(
        &mut self,
        list: &Rc<List>,
        (hash, places): (u64, Option<Range<usize>>),
        around: Option<Around>,
        events: &Events,
    ) {
        let places = places.unwrap_or_else(|| list.places(hash));
        for class in CLASSES {
            let mut range = list.range(hash, &places, class);
            if let Some((low, high)) = around.and_then(|around| around.reach(class)) {
                let time = |place: usize| list.at(class, place).and_then(|index| events.micros(index));
                range.start = search(range.clone(), |place| time(place).is_some_and(|time| time < low));
                range.end = search(range.clone(), |place| time(place).is_some_and(|time| time <= high));
            }
            if !range.is_empty() {
                self.lists.push((Rc::clone(list), class, range));
            }
        }
    }
}

impl Candidates {
    /// The last of them in the total order.
    pub(super) fn next_back(&mut self) -> Option<EventIndex> {
        let last = |(list, class, range): &(Rc<List>, Class, Range<usize>)| {
            list.at(*class, range.end.checked_sub(1)?)
        };
        let next = self.lists.iter().filter_map(last).max()?;
        for list in &mut self.lists {
            if last(list) == Some(next) {
                list.2.end -= 1;
            }
        }
        self.lists.retain(|(.., range)| !range.is_empty());
        Some(next)
    }

    /// Are all dated, and all in a known zone or none?
    pub(super) fn are_of_one_clock(&self) -> bool {
        let all = |wanted: Class| self.lists.iter().all(|(_, class, _)| *class == wanted);
        all(Class::Known) || all(Class::Civil)
    }
}

/// The first place of a range for which this does not hold.
pub(super) fn search(mut range: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
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
        let next = self.lists.iter().filter_map(|(list, class, range)| list.at(*class, range.start)).min()?;
        for (list, class, range) in &mut self.lists {
            if list.at(*class, range.start) == Some(next) {
                range.start += 1;
            }
        }
        self.lists.retain(|(.., range)| !range.is_empty());
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::event::EventKind;
    use crate::base::stamp::SECOND;
    use crate::base::{Dialect, Event, SourceId, StreamId, Values, Zone};
    use crate::correlate::Spill;

    /// Events of one sort whose values and times repeat: `value k` at `at` seconds; every fifth one has no date, every
    /// third no zone.
    fn events(count: i64) -> (Events, Spill, Vec<(i64, Stamp)>) {
        let (mut events, spill, mut all) = (Events::default(), Spill::new(), Vec::new());
        for number in 0..count {
            let (value, at) = (number % 7, number * 37 % 100);
            let zone = if number % 3 == 0 { Zone::Unknown } else { Zone::Offset(0) };
            let dated = Stamp::Dated { micros: at * SECOND, zone, fraction: true, swappable: false };
            let stamp = if number % 5 == 0 { Stamp::None } else { dated };
            let values: Values = [("k", value.to_string())].into_iter().collect();
            let event = Event {
                kind: EventKind(0),
                dialect: Dialect::WindowsXml,
                source: SourceId(0),
                stream: StreamId(0),
                position: number,
                line: None,
                number: None,
                stamp,
                placed: Some(at * SECOND),
                host: None,
                pid: None,
                session: None,
                values,
                text: "".into(),
                untold: Vec::new(),
            };
            assert!(events.push(&spill, &event));
        }
        events.sort(&[0]);
        for held in events.iter(&spill) {
            all.push((held.value("k").unwrap().parse().unwrap(), held.stamp));
        }
        (events, spill, all)
    }

    #[test]
    fn a_stretch_of_time_gives_all_that_may_lie_in_it_and_hardly_more() {
        let (events, _spill, all) = events(300);
        let (mut by_kind, mut by_value) = (List::by_kind(Counts::default()), List::by_value(0));
        for (index, (value, stamp)) in all.iter().enumerate() {
            by_kind.push(0, *stamp, index);
            by_value.push(hash(&value.to_string()), *stamp, index);
        }
        by_kind.finish();
        by_value.finish();
        assert_eq!((by_kind.len(), by_value.len()), (300, 300));
        let (by_kind, by_value) = (Rc::new(by_kind), Rc::new(by_value));
        assert_eq!(by_value.places(hash("3")).len(), all.iter().filter(|(value, _)| *value == 3).count());
        let stamp =
            Stamp::Dated { micros: 200 * SECOND, zone: Zone::Offset(0), fraction: true, swappable: false };
        let around = Around { stamp, from: -150 * SECOND, to: -80 * SECOND, skew: 0 };
        for value in [None, Some(3)] {
            let mut found = Candidates::default();
            match value {
                None => found.add(&by_kind, (0, None), Some(around), &events),
                Some(value) => found.add(&by_value, (hash(&value.to_string()), None), Some(around), &events),
            }
            let found: Vec<EventIndex> = found.collect();
            let is_in = |(index, (other, stamp)): (usize, &(i64, Stamp))| {
                // A minute for rounding on both sides; what has no zone or no date may lie anywhere here.
                let near = stamp.instant().is_none_or(|at| (-10 * SECOND..=180 * SECOND).contains(&at));
                (value.is_none_or(|value| value == *other) && near).then_some(index)
            };
            let wanted: Vec<EventIndex> = all.iter().enumerate().filter_map(is_in).collect();
            assert_eq!(found, wanted, "{value:?}");
        }
        let mut nothing = Candidates::default();
        nothing.add(&by_value, (hash("8"), None), None, &events);
        assert_eq!(nothing.next(), None);
    }

    #[test]
    fn several_lists_are_one_in_the_total_order_without_copies() {
        let (events, _spill, all) = events(60);
        let list = |wanted: &dyn Fn(usize) -> bool| {
            let mut list = List::by_kind(Counts::default());
            for (index, (_, stamp)) in all.iter().enumerate().filter(|(index, _)| wanted(*index)) {
                list.push(0, *stamp, index);
            }
            Rc::new(list)
        };
        let mut found = Candidates::default();
        for list in [list(&|index| index % 2 == 0), list(&|index| index % 3 == 0), list(&|_| false)] {
            found.add(&list, (0, None), None, &events);
        }
        let mut backwards = Candidates { lists: found.lists.clone() };
        let mut back: Vec<EventIndex> = std::iter::from_fn(|| backwards.next_back()).collect();
        back.reverse();
        let found: Vec<EventIndex> = found.collect();
        let wanted: Vec<EventIndex> = (0..60).filter(|index| index % 2 == 0 || index % 3 == 0).collect();
        assert_eq!(found, wanted);
        assert_eq!(back, wanted);
    }
}
