//! The reach of a stream: what its files reach over, joined over rotations.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::base::{Coverage, CoverageKind, Dialect, Interval, SourceId, StreamId};

use super::silence;
use super::track::{Reached, micros};

/// What one source reaches over in one dialect.
pub(super) struct Reach {
    /// Whose log it is; its intervals are not filled in yet.
    pub(super) coverage: Coverage,
    /// Its stretches, in order of time.
    pub(super) stretches: Vec<Reached>,
}

/// Joins the coverage of the files of one stream. A log may be silent for its quiet time between two files; a job
/// list is complete between its first and its last entry, unless it is a log that writes something every day, or tells
/// itself that something is missing ([`silence`]). A hole inside a log's file stays one. Files that are numbered one
/// after the other tell of holes too: `path` gives that of a source.
pub(super) fn join<'p>(parts: Vec<Reach>, path: &dyn Fn(SourceId) -> &'p str) -> Vec<Coverage> {
    let mut streams: IndexMap<(StreamId, Dialect), (Coverage, Vec<Piece<'p>>)> = IndexMap::new();
    for Reach { coverage: part, stretches } in parts {
        let last = stretches.len().saturating_sub(1);
        let file = job_file(part.dialect, path(part.source));
        let pieces = stretches.into_iter().enumerate().map(|(at, stretch)| Piece {
            stretch,
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
        let quiet = coverage.dialect.quiet_time();
        coverage.intervals = match coverage.dialect.coverage_kind() {
            CoverageKind::JobList => merge_list(pieces, quiet.unwrap_or(i64::MAX)),
            _ => merge(pieces, quiet.unwrap_or(0)),
        };
        coverage
    };
    streams.into_values().map(join).filter(|coverage| !coverage.intervals.is_empty()).collect()
}

/// A stretch of one file.
struct Piece<'p> {
    stretch: Reached,
    /// The first of its file: nothing is missing before it that the file would show.
    begins: bool,
    /// The last of its file.
    ends: bool,
    /// Name and number of the file, where jobs are numbered.
    file: Option<(&'p str, u64)>,
}

impl Piece<'_> {
    fn from(&self) -> Option<i64> {
        micros(self.stretch.interval.from)
    }

    fn to(&self) -> Option<i64> {
        micros(self.stretch.interval.to)
    }

    /// Are the times of both told by one sort of clock?
    fn is_timed_like(&self, other: &Piece<'_>) -> bool {
        let (one, other) = (self.stretch.interval.from, other.stretch.interval.from);
        one.is_dated() == other.is_dated() && one.instant().is_some() == other.instant().is_some()
    }
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
    pieces.sort_by_key(|piece| (piece.from(), piece.to()));
    let mut merged: Vec<Piece<'_>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let touches = merged.last().is_some_and(|held| match (held.to(), piece.from()) {
            (Some(end), Some(start)) => {
                let between_files = held.ends && piece.begins;
                (start <= end || between_files && start <= end.saturating_add(reach))
                    && held.is_timed_like(&piece)
            }
            _ => false,
        });
        match merged.last_mut() {
            Some(held) if touches => take(held, piece),
            _ => merged.push(piece),
        }
    }
    merged.into_iter().map(|piece| piece.stretch.interval).collect()
}

fn take<'p>(held: &mut Piece<'p>, next: Piece<'p>) {
    held.stretch.records += next.stretch.records;
    held.stretch.numbers = match (held.stretch.numbers, next.stretch.numbers) {
        (Some((low, high)), Some((lower, higher))) => Some((low.min(lower), high.max(higher))),
        _ => None,
    };
    if next.to() > held.to() {
        held.stretch.interval.to = next.stretch.interval.to;
        held.ends = next.ends;
        held.file = next.file;
    }
}

/// Joins what a list reaches over where nothing tells that entries are missing. `reach` is how long it may be silent at
/// all.
fn merge_list(mut pieces: Vec<Piece<'_>>, reach: i64) -> Vec<Interval> {
    pieces.sort_by_key(|piece| (piece.from(), piece.to()));
    let files: BTreeSet<(&str, u64)> = pieces.iter().filter_map(|piece| piece.file).collect();
    // What overlaps belongs together; the rest is held against the habits of the whole.
    let mut runs: Vec<Piece<'_>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let touches = runs.last().is_some_and(|held| match (held.to(), piece.from()) {
            (Some(end), Some(start)) => {
                let breath = match (held.stretch.numbers, piece.stretch.numbers) {
                    (Some((_, high)), Some((low, _))) if low > high.saturating_add(1) => 0,
                    _ if held.file != piece.file => 0,
                    _ => silence::BREATH,
                };
                start <= end.saturating_add(breath) && held.is_timed_like(&piece)
            }
            _ => false,
        });
        match runs.last_mut() {
            Some(held) if touches => take(held, piece),
            _ => runs.push(piece),
        }
    }
    let counted = |piece: &Piece<'_>| silence::Run {
        from: piece.from().unwrap_or(0),
        to: piece.to().unwrap_or(0),
        numbers: piece.stretch.numbers,
        entries: piece.stretch.records,
    };
    let holes = silence::holes(&runs.iter().map(counted).collect::<Vec<_>>());
    let mut holes = std::iter::once(false).chain(holes);
    let mut merged: Vec<Piece<'_>> = Vec::new();
    for piece in runs {
        let is_hole = holes.next().unwrap_or(false);
        let goes_on = merged.last().is_some_and(|held| match (held.to(), piece.from()) {
            (Some(end), Some(start)) => {
                let follows = follows(held.file, piece.file);
                start <= end.saturating_add(reach)
                    && held.is_timed_like(&piece)
                    && !lacks_between(&files, held.file, piece.file)
                    && (follows || !is_hole)
            }
            _ => false,
        });
        match merged.last_mut() {
            Some(held) if goes_on => take(held, piece),
            _ => merged.push(piece),
        }
    }
    merged.into_iter().map(|piece| piece.stretch.interval).collect()
}

/// Is it the log of the same job, or of the next?
fn follows(one: Option<(&str, u64)>, other: Option<(&str, u64)>) -> bool {
    matches!((one, other), (Some((name, one)), Some((other_name, other))) if name == other_name && one.abs_diff(other) <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Stamp;
    use crate::base::stamp::HOUR;

    fn part(dialect: Dialect, from: i64, to: i64) -> Reach {
        let coverage = Coverage {
            source: SourceId(0),
            stream: StreamId(0),
            dialect,
            host: None,
            process: None,
            intervals: Vec::new(),
        };
        let at = |hours: i64| Stamp::epoch(hours * 3600);
        let interval = Interval { from: at(from), to: at(to) };
        Reach { coverage, stretches: vec![Reached { interval, numbers: None, records: 2 }] }
    }

    fn joined(parts: Vec<Reach>) -> Vec<Coverage> {
        join(parts, &|_| "x.txt")
    }

    /// 411 and 412 follow one another; between 412 and 414 a job's log is not there.
    #[test]
    fn a_job_log_that_was_taken_out_leaves_a_hole() {
        let of_job = |source: u32, from: i64| {
            let mut part = part(Dialect::BackupExecJobXml, from, from + 1);
            part.coverage.source = SourceId(source);
            part
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
        // What is missing in one list may stand in another of the same sort.
        let hourly = |hours: std::ops::Range<i64>| {
            let mut torn = part(list, 0, 0);
            torn.stretches =
                hours.filter(|hour| *hour != 30).flat_map(|hour| part(list, hour, hour).stretches).collect();
            torn
        };
        assert_eq!(joined(vec![hourly(0..60)])[0].intervals.len(), 2);
        assert_eq!(joined(vec![hourly(0..60), part(list, 28, 33)])[0].intervals.len(), 1);
        // A scheduler asks its server every few hours: days without a line are lost.
        let scheduler = Dialect::TsmSched;
        assert_eq!(joined(vec![part(scheduler, 0, 1), part(scheduler, 100, 110)])[0].intervals.len(), 2);
    }
}
