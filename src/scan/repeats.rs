//! Keeps the memory of a source small whose records match again and again: equal texts are held once, and of a record
//! that a program wrote thousands of times in one second a thousand are kept.

use std::collections::HashSet;
use std::sync::Arc;

use crate::base::event::EventKind;
use crate::base::stamp::SECOND;
use crate::base::{Record, Values};
use crate::matching::Hit;

/// So many equal events, each less than a second behind the one before, are kept. No pattern counts further.
const MOST_EQUAL: u64 = 1000;

/// So many different texts are held to be shared.
const MOST_SHARED: usize = 65_536;

/// What was kept of a source so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats {
    texts: HashSet<Arc<str>>,
    values: HashSet<Values>,
    last: Option<Last>,
}

/// The event that was seen last.
#[derive(Clone, Debug)]
pub(super) struct Last {
    pub(super) kind: EventKind,
    pub(super) host: Option<Arc<str>>,
    pub(super) pid: Option<u64>,
    pub(super) session: Option<u32>,
    pub(super) values: Values,
    pub(super) untold: Vec<&'static str>,
    /// Its time on one clock.
    pub(super) at: Option<i64>,
    /// Equal ones in a row, itself included.
    pub(super) count: u64,
}

impl Repeats {
    /// What was kept of a source that ends with this event.
    pub(super) fn behind(last: Option<Last>) -> Repeats {
        Repeats { last, ..Repeats::default() }
    }

    /// The event that was seen last.
    pub(super) fn last(&self) -> Option<&Last> {
        self.last.as_ref()
    }

    /// The same text, held once.
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(held) = self.texts.get(text) {
            return Arc::clone(held);
        }
        let text: Arc<str> = Arc::from(text);
        if self.texts.len() < MOST_SHARED {
            self.texts.insert(Arc::clone(&text));
        }
        text
    }

    /// The same values, held once.
    pub(super) fn share_values(&mut self, values: Values) -> Values {
        if let Some(held) = self.values.get(&values) {
            return held.clone();
        }
        let shared: Values = values.iter().map(|(key, value)| (self.share(key), self.share(value))).collect();
        if self.values.len() < MOST_SHARED {
            self.values.insert(shared.clone());
        }
        shared
    }

    /// Is this one of too many equal events? `at` is its time on one clock.
    pub(super) fn is_one_of_many(&mut self, hit: &Hit, record: &Record<'_>, at: Option<i64>) -> bool {
        if let Some(last) = &mut self.last
            && last.kind == hit.kind
            && last.host.as_deref() == record.host.as_deref()
            && last.pid == record.pid
            && last.session == record.session
            && last.at.zip(at).is_some_and(|(before, now)| now.abs_diff(before) < SECOND.unsigned_abs())
            && last.untold == hit.untold
            && last.values == hit.values
        {
            last.at = at;
            last.count += 1;
            return last.count > MOST_EQUAL;
        }
        self.last = Some(Last {
            kind: hit.kind,
            host: record.host.as_deref().map(Arc::from),
            pid: record.pid,
            session: record.session,
            values: hit.values.clone(),
            untold: hit.untold.clone(),
            at,
            count: 1,
        });
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dialect;

    fn hit(drive: &str) -> Hit {
        let values = [("drive", drive)].into_iter().collect();
        Hit { kind: EventKind(1), values, untold: Vec::new() }
    }

    #[test]
    fn only_equal_events_in_a_row_are_too_many() {
        let record = Record::new(Dialect::NetbackupLegacy, "");
        let mut repeats = Repeats::default();
        let mut kept = |drive: &str, millis: i64, step: i64, count: i64| {
            (0..count)
                .filter(|number| {
                    let at = Some((millis + number * step) * 1000);
                    !repeats.is_one_of_many(&hit(drive), &record, at)
                })
                .count()
        };
        assert_eq!(kept("d1", 0, 1, 5000), 1000);
        assert_eq!(kept("d2", 5000, 1, 900), 900);
        assert_eq!(kept("d1", 6000, 1000, 5000), 5000);
        let mut repeats = Repeats::default();
        assert_eq!((0..5000).filter(|_| !repeats.is_one_of_many(&hit("d1"), &record, None)).count(), 5000);
    }

    #[test]
    fn equal_values_are_held_once() {
        let mut repeats = Repeats::default();
        let (one, other) = (repeats.share_values(hit("d1").values), repeats.share_values(hit("d1").values));
        assert_eq!(one, other);
        assert!(Arc::ptr_eq(one.get("drive").unwrap(), other.get("drive").unwrap()));
    }
}
