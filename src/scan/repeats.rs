//! Keeps few of many equal events: of a record that a program wrote thousands of times in one second a thousand.

use std::sync::Arc;

use crate::base::event::EventKind;
use crate::base::stamp::SECOND;
use crate::base::{Record, Values};
use crate::matching::Hit;

/// So many equal events, each less than a second behind the one before, are kept. No pattern counts further.
const MOST_EQUAL: u64 = 1000;

/// What was kept of a source so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats {
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
        Repeats { last }
    }

    /// The event that was seen last.
    pub(super) fn last(&self) -> Option<&Last> {
        self.last.as_ref()
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
}
