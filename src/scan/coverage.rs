//! The reach of a stream: what its files reach over, joined over rotations.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::base::{Coverage, CoverageKind, Dialect, Interval, SourceId, StreamId};

use super::track::micros;

/// Joins the coverage of the files of one stream. A log may be silent for its quiet time between two files; a job
/// list is complete between its first and its last entry, unless it is a log that writes something every day. A hole
/// inside a file stays one, whatever its dialect: its records tell that something is missing there. Files that are
/// numbered one after the other tell it too: `path` gives that of a source.
pub(super) fn join<'p>(parts: Vec<Coverage>, path: &dyn Fn(SourceId) -> &'p str) -> Vec<Coverage> {
    let mut streams: IndexMap<(StreamId, Dialect), (Coverage, Vec<Piece<'p>>)> = IndexMap::new();
    for mut part in parts {
        let intervals = std::mem::take(&mut part.intervals);
        let last = intervals.len().saturating_sub(1);
        let file = job_file(part.dialect, path(part.source));
        let pieces = intervals.into_iter().enumerate().map(|(at, interval)| Piece {
            interval,
            begins: at == 0,
            ends: at == last,
            file,
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
    let join = |(mut coverage, pieces): (Coverage, Vec<Piece<'p>>)| {
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
struct Piece<'p> {
    interval: Interval,
    /// The first of its file: nothing is missing before it that the file would show.
    begins: bool,
    /// The last of its file.
    ends: bool,
    /// Name and number of the file, where jobs are numbered.
    file: Option<(&'p str, u64)>,
}

/// Backup Exec writes one file per job, `BEX_SERVER_00413.xml`, and counts them.
fn job_file(dialect: Dialect, path: &str) -> Option<(&str, u64)> {
    if !matches!(dialect, Dialect::BackupExecJobXml | Dialect::BackupExecJobText) {
        return None;
    }
    let name = path.rsplit(['/', '!']).next()?;
    let name = name.split_once('.').map_or(name, |(stem, _)| stem);
    let digits = name.len() - name.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, number) = name.split_at_checked(digits)?;
    // Three digits at least: `job 2` is a name that somebody gave.
    let is_counted =
        number.len() >= 3 && before.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("bex"));
    Some((before, number.parse().ok()?)).filter(|_| is_counted)
}

/// Is the log of some job between these two not there?
fn lacks_between(
    files: &BTreeSet<(&str, u64)>,
    one: Option<(&str, u64)>,
    other: Option<(&str, u64)>,
) -> bool {
    let (Some((name, one)), Some((other_name, other))) = (one, other) else { return false };
    let (low, high) = (one.min(other), one.max(other));
    let there = files.range((name, low)..(name, high)).count();
    name == other_name && u64::try_from(there).is_ok_and(|there| there < high - low)
}

fn merge(mut pieces: Vec<Piece<'_>>, reach: i64) -> Vec<Interval> {
    pieces.sort_by_key(|piece| (micros(piece.interval.from), micros(piece.interval.to)));
    let files: BTreeSet<(&str, u64)> = pieces.iter().filter_map(|piece| piece.file).collect();
    let mut merged: Vec<Piece<'_>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let next = piece.interval;
        let touches = merged.last().is_some_and(|held| match (micros(held.interval.to), micros(next.from)) {
            (Some(end), Some(start)) => {
                let between_files =
                    held.ends && piece.begins && !lacks_between(&files, held.file, piece.file);
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
                    held.file = piece.file;
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
    use crate::base::Stamp;
    use crate::base::stamp::HOUR;

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

    fn joined(parts: Vec<Coverage>) -> Vec<Coverage> {
        join(parts, &|_| "x.txt")
    }

    /// 411 and 412 follow one another; between 412 and 414 a job's log is not there.
    #[test]
    fn a_job_log_that_was_taken_out_leaves_a_hole() {
        let of_job = |source: u32, from: i64| Coverage {
            source: SourceId(source),
            ..part(Dialect::BackupExecJobXml, from, from + 1)
        };
        let paths = ["Data/BEX_OAK_00411.xml", "Data/BEX_OAK_00412.xml", "Data/BEX_OAK_00414.xml"];
        let path = |source: SourceId| paths[usize::try_from(source.0).unwrap()];
        let whole = join(vec![of_job(0, 0), of_job(1, 24)], &path);
        assert_eq!(whole[0].intervals.len(), 1);
        let torn = join(vec![of_job(0, 0), of_job(1, 24), of_job(2, 72)], &path);
        assert_eq!(torn[0].intervals.len(), 2);
        // A long job that began earlier has the lower number: nothing is missing.
        let turned = join(vec![of_job(1, 0), of_job(0, 24)], &path);
        assert_eq!(turned[0].intervals.len(), 1);
    }

    #[test]
    fn rotations_join_within_the_quiet_time() {
        assert_eq!(Dialect::NetbackupLegacy.quiet_time(), Some(26 * HOUR));
        let log = Dialect::NetbackupLegacy;
        let found = joined(vec![part(log, 24, 47), part(log, 0, 23), part(log, 100, 110)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].intervals.len(), 2);
        let list = Dialect::NetbackupBpdbjobs;
        assert_eq!(joined(vec![part(list, 0, 1), part(list, 100, 110)])[0].intervals.len(), 1);
        // What is missing inside one list is not made up for by the next.
        let mut torn = part(list, 0, 1);
        torn.intervals.extend(part(list, 50, 60).intervals);
        assert_eq!(joined(vec![torn, part(list, 100, 110)])[0].intervals.len(), 2);
        // A scheduler asks its server every few hours: days without a line are lost.
        let scheduler = Dialect::TsmSched;
        assert_eq!(joined(vec![part(scheduler, 0, 1), part(scheduler, 100, 110)])[0].intervals.len(), 2);
    }
}
