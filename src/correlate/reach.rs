//! How far logs reach: coverage of single sources joined to that of whole streams.
//!
//! A log is cut into rotations. Two of them that follow each other are one reach if the hole between them is no
//! longer than the log's quiet time; a list of jobs has none and may be silent for as long as nothing happens. An
//! event log tells its holes by record numbers only, which coverage does not carry: its files are not joined.

use crate::base::event::EventKind;
use crate::base::{Coverage, CoverageKind, Dialect, SourceId, Stamp};

use super::world::{EventIndex, World};

/// Coverage with consecutive rotations joined. Holes inside a source stay holes.
pub(super) fn joined(coverage: &[Coverage]) -> Vec<Coverage> {
    let mut sources: Vec<Coverage> =
        coverage.iter().filter(|coverage| !coverage.intervals.is_empty()).cloned().collect();
    sources.sort_by_key(|coverage| (coverage.stream, coverage.dialect, beginning(coverage), coverage.source));
    let mut joined: Vec<Coverage> = Vec::new();
    for next in sources {
        match joined.last_mut() {
            Some(open) if continues(open, &next) => append(open, next),
            _ => joined.push(next),
        }
    }
    joined
}

fn beginning(coverage: &Coverage) -> Option<i64> {
    coverage.intervals.first().and_then(|first| first.from.instant().or(first.from.civil_micros()))
}

/// The longest hole between two rotations that proves that nothing was logged in between.
fn longest_hole(dialect: Dialect) -> Option<i64> {
    match dialect.coverage_kind() {
        CoverageKind::JobList => Some(dialect.quiet_time().unwrap_or(i64::MAX)),
        CoverageKind::Log => dialect.quiet_time(),
        CoverageKind::Single | CoverageKind::None => None,
    }
}

fn continues(open: &Coverage, next: &Coverage) -> bool {
    let (Some(last), Some(first)) = (open.intervals.last(), next.intervals.first()) else { return false };
    let one_log = (open.stream, open.dialect) == (next.stream, next.dialect) && open.source != next.source;
    let begins_later = distance(last.from, first.from).is_some_and(|distance| distance >= 0)
        && distance(last.to, first.to).is_some();
    let hole = distance(last.to, first.from);
    one_log
        && begins_later
        && matches!((hole, longest_hole(open.dialect)), (Some(hole), Some(longest)) if hole <= longest)
}

fn append(open: &mut Coverage, next: Coverage) {
    let mut intervals = next.intervals.into_iter();
    if let (Some(last), Some(first)) = (open.intervals.last_mut(), intervals.next())
        && distance(last.to, first.to).is_some_and(|distance| distance > 0)
    {
        last.to = first.to;
    }
    open.intervals.extend(intervals);
    open.source = next.source;
    open.host = open.host.take().or(next.host);
    open.process = open.process.take().or(next.process);
}

/// From one dated stamp to another, if both zones are known or both are not.
fn distance(from: Stamp, to: Stamp) -> Option<i64> {
    match (from.instant(), to.instant()) {
        (Some(from), Some(to)) => Some(to.saturating_sub(from)),
        (None, None) => Some(to.civil_micros()?.saturating_sub(from.civil_micros()?)),
        _ => None,
    }
}

impl World<'_> {
    /// The first hole between two events of a log that could hold one of these kinds: which log it is, and the times
    /// of the records around the hole.
    pub fn hole_between(
        &self,
        kinds: &[EventKind],
        from: EventIndex,
        to: EventIndex,
    ) -> Option<(SourceId, Stamp, Stamp)> {
        let (from, to) = (self.event(from)?.stamp, self.event(to)?.stamp);
        let yields = |dialect: Dialect| {
            kinds
                .iter()
                .filter_map(|kind| self.catalogue.event(*kind))
                .any(|def| def.dialects.contains(&dialect))
        };
        let before = |one: Stamp, other: Stamp| distance(one, other).is_some_and(|distance| distance > 0);
        self.reaches.iter().filter(|coverage| yields(coverage.dialect)).find_map(|coverage| {
            coverage.intervals.windows(2).find_map(|pair| match pair {
                [one, other] if before(one.to, to) && before(from, other.from) => {
                    Some((coverage.source, one.to, other.from))
                }
                _ => None,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::event::{SourceId, StreamId};
    use crate::base::stamp::HOUR;
    use crate::base::{Interval, Zone};

    fn at(hours: i64) -> Stamp {
        Stamp::Dated { micros: hours * HOUR, zone: Zone::Unknown, fraction: true, swappable: false }
    }

    fn coverage(source: u32, dialect: Dialect, intervals: &[(i64, i64)]) -> Coverage {
        Coverage {
            source: SourceId(source),
            stream: StreamId(0),
            dialect,
            host: None,
            process: None,
            intervals: intervals.iter().map(|(from, to)| Interval { from: at(*from), to: at(*to) }).collect(),
        }
    }

    fn reach(coverage: &[Coverage]) -> Vec<Vec<(Stamp, Stamp)>> {
        joined(coverage)
            .iter()
            .map(|joined| joined.intervals.iter().map(|interval| (interval.from, interval.to)).collect())
            .collect()
    }

    #[test]
    fn rotations_of_a_debug_log_are_joined_over_their_quiet_time() {
        // log.1 |0---20|      log.2 |40---60|      log.3 |90---100|     26 h of silence prove nothing any more
        let logs = [
            coverage(2, Dialect::NetbackupLegacy, &[(90, 100)]),
            coverage(0, Dialect::NetbackupLegacy, &[(0, 20)]),
            coverage(1, Dialect::NetbackupLegacy, &[(40, 60)]),
        ];
        assert_eq!(reach(&logs), [vec![(at(0), at(60))], vec![(at(90), at(100))]]);
    }

    #[test]
    fn holes_inside_a_source_stay() {
        // |0--5| hole |9--20| next file |20--30|
        let logs = [
            coverage(0, Dialect::NetbackupLegacy, &[(0, 5), (9, 20)]),
            coverage(1, Dialect::NetbackupLegacy, &[(20, 30)]),
        ];
        assert_eq!(reach(&logs), [vec![(at(0), at(5)), (at(9), at(30))]]);
        let copies = [logs[0].clone(), Coverage { source: SourceId(7), ..logs[0].clone() }];
        assert_eq!(
            reach(&copies),
            [vec![(at(0), at(5)), (at(9), at(20))], vec![(at(0), at(5)), (at(9), at(20))]]
        );
    }

    #[test]
    fn job_lists_have_no_quiet_time_and_event_logs_are_not_joined() {
        let pair = |dialect| [coverage(0, dialect, &[(0, 1)]), coverage(1, dialect, &[(500, 501)])];
        assert_eq!(reach(&pair(Dialect::BackupExecJobText)), [vec![(at(0), at(501))]]);
        assert_eq!(reach(&pair(Dialect::WindowsXml)).len(), 2);
        assert_eq!(reach(&pair(Dialect::TsmSched)).len(), 2, "a scheduler writes every day");
        assert_eq!(reach(&pair(Dialect::NetbackupJob)).len(), 2);
        let mut zoned = pair(Dialect::BackupExecJobText);
        zoned[1].intervals[0].from = at(500).in_zone(0);
        assert_eq!(reach(&zoned).len(), 2);
    }
}
