//! The reach of a stream: what its files reach over, joined over rotations.

use indexmap::IndexMap;

use crate::base::{Coverage, CoverageKind, Dialect, Interval, StreamId};

use super::track::micros;

/// Joins the coverage of the files of one stream. A log may be silent for its quiet time between two files; a job
/// list is complete between its first and its last entry, unless it is a log that writes something every day. A hole
/// inside a file stays one, whatever its dialect: its records tell that something is missing there.
pub(super) fn join(parts: Vec<Coverage>) -> Vec<Coverage> {
    let mut streams: IndexMap<(StreamId, Dialect), (Coverage, Vec<Piece>)> = IndexMap::new();
    for mut part in parts {
        let intervals = std::mem::take(&mut part.intervals);
        let last = intervals.len().saturating_sub(1);
        let pieces = intervals.into_iter().enumerate().map(|(at, interval)| Piece {
            interval,
            begins: at == 0,
            ends: at == last,
        });
        match streams.get_mut(&(part.stream, part.dialect)) {
            Some((held, all)) => {
                held.host = held.host.take().or(part.host);
                held.process = held.process.take().or(part.process);
                all.extend(pieces);
            }
            None => {
                let pieces = pieces.collect();
                streams.insert((part.stream, part.dialect), (part, pieces));
            }
        }
    }
    let join = |(mut coverage, pieces): (Coverage, Vec<Piece>)| {
        let reach = match (coverage.dialect.coverage_kind(), coverage.dialect.quiet_time()) {
            (CoverageKind::JobList, quiet) => quiet.unwrap_or(i64::MAX),
            (_, quiet) => quiet.unwrap_or(0),
        };
        coverage.intervals = merge(pieces, reach);
        coverage
    };
    streams.into_values().map(join).filter(|coverage| !coverage.intervals.is_empty()).collect()
}

/// An interval of one file.
struct Piece {
    interval: Interval,
    /// The first of its file: nothing is missing before it that the file would show.
    begins: bool,
    /// The last of its file.
    ends: bool,
}

fn merge(mut pieces: Vec<Piece>, reach: i64) -> Vec<Interval> {
    pieces.sort_by_key(|piece| (micros(piece.interval.from), micros(piece.interval.to)));
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let next = piece.interval;
        let touches = merged.last().is_some_and(|held| match (micros(held.interval.to), micros(next.from)) {
            (Some(end), Some(start)) => {
                let between_files = held.ends && piece.begins;
                (start <= end || between_files && start <= end.saturating_add(reach))
                    && held.interval.from.is_dated() == next.from.is_dated()
                    && held.interval.from.instant().is_some() == next.from.instant().is_some()
            }
            _ => false,
        });
        match merged.last_mut() {
            Some(held) if touches => {
                if micros(next.to) > micros(held.interval.to) {
                    held.interval.to = next.to;
                    held.ends = piece.ends;
                }
            }
            _ => merged.push(piece),
        }
    }
    merged.into_iter().map(|piece| piece.interval).collect()
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
        // What is missing inside one list is not made up for by the next.
        let mut torn = part(list, 0, 1);
        torn.intervals.extend(part(list, 50, 60).intervals);
        assert_eq!(join(vec![torn, part(list, 100, 110)])[0].intervals.len(), 2);
        // A scheduler asks its server every few hours: days without a line are lost.
        let scheduler = Dialect::TsmSched;
        assert_eq!(join(vec![part(scheduler, 0, 1), part(scheduler, 100, 110)])[0].intervals.len(), 2);
    }
}
