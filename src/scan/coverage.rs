//! The reach of a stream: what its files reach over, joined over rotations.

use indexmap::IndexMap;

use crate::base::{Coverage, CoverageKind, Dialect, Interval, StreamId};

use super::track::micros;

/// Joins the coverage of the files of one stream. A log may be silent for its quiet time between two files; a job
/// list is complete between its first and its last entry, unless it is a log that writes something every day.
pub(super) fn join(parts: Vec<Coverage>) -> Vec<Coverage> {
    let mut streams: IndexMap<(StreamId, Dialect), Coverage> = IndexMap::new();
    for part in parts {
        match streams.get_mut(&(part.stream, part.dialect)) {
            Some(held) => {
                held.host = held.host.take().or(part.host);
                held.process = held.process.take().or(part.process);
                held.intervals.extend(part.intervals);
            }
            None => {
                streams.insert((part.stream, part.dialect), part);
            }
        }
    }
    let mut joined: Vec<Coverage> = streams.into_values().collect();
    for coverage in &mut joined {
        let reach = match (coverage.dialect.coverage_kind(), coverage.dialect.quiet_time()) {
            (CoverageKind::JobList, quiet) => quiet.unwrap_or(i64::MAX),
            (_, quiet) => quiet.unwrap_or(0),
        };
        coverage.intervals = merge(std::mem::take(&mut coverage.intervals), reach);
    }
    joined.retain(|coverage| !coverage.intervals.is_empty());
    joined
}

fn merge(mut intervals: Vec<Interval>, reach: i64) -> Vec<Interval> {
    intervals.sort_by_key(|interval| (micros(interval.from), micros(interval.to)));
    let mut merged: Vec<Interval> = Vec::with_capacity(intervals.len());
    for interval in intervals {
        let touches = merged.last().is_some_and(|held| match (micros(held.to), micros(interval.from)) {
            (Some(end), Some(start)) => {
                start <= end.saturating_add(reach)
                    && held.from.is_dated() == interval.from.is_dated()
                    && held.from.instant().is_some() == interval.from.instant().is_some()
            }
            _ => false,
        });
        match merged.last_mut() {
            Some(held) if touches => {
                if micros(interval.to) > micros(held.to) {
                    held.to = interval.to;
                }
            }
            _ => merged.push(interval),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stamp::HOUR;
    use crate::base::{SourceId, Stamp};

    fn part(dialect: Dialect, from: i64, to: i64) -> Coverage {
        let at = |hours: i64| Stamp::epoch(hours * 3600);
        Coverage {
            source: SourceId(0),
            stream: StreamId(0),
            dialect,
            host: None,
            process: None,
            intervals: vec![Interval { from: at(from), to: at(to) }],
        }
    }

    #[test]
    fn rotations_join_within_the_quiet_time() {
        assert_eq!(Dialect::NetbackupLegacy.quiet_time(), Some(26 * HOUR));
        let log = Dialect::NetbackupLegacy;
        let joined = join(vec![part(log, 24, 47), part(log, 0, 23), part(log, 100, 110)]);
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].intervals.len(), 2);
        let list = Dialect::NetbackupBpdbjobs;
        assert_eq!(join(vec![part(list, 0, 1), part(list, 100, 110)])[0].intervals.len(), 1);
        // A scheduler asks its server every few hours: days without a line are lost.
        let scheduler = Dialect::TsmSched;
        assert_eq!(join(vec![part(scheduler, 0, 1), part(scheduler, 100, 110)])[0].intervals.len(), 2);
    }
}
