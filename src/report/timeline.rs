//! All records of a case in one order, whatever source they come from, each with what is known about its clock.
//!
//! Times are placed as instants where their zone is known and as printed where it is not. That is the best order
//! there is, and not always the true one: [`Case::order_note`] says when.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDateTime};

use crate::base::finding::Evidence;
use crate::base::report::SourceRow;
use crate::base::stamp::SECOND;
use crate::base::{Finding, Level, Report};

/// Records of other findings that are shown beside those of a case; more would hide it.
const MAX_NEIGHBOURS: usize = 12;

/// Values shorter than this (a copy number) do not make two findings one case.
const SHORTEST_IDENTITY: usize = 4;

/// A time as a log tells it, read back from the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Microseconds since 1970 of the civil time, as printed.
    pub civil: i64,
    /// Seconds east of UTC, where known.
    pub east: Option<i32>,
}

impl Point {
    /// Reads `2009-03-05T14:55:05.986`, with `Z` or an offset where the zone is known; `None` for a time without date.
    pub fn read(time: &str) -> Option<Point> {
        if let Ok(civil) = time.parse::<NaiveDateTime>() {
            return Some(Point { civil: civil.and_utc().timestamp_micros(), east: None });
        }
        let zoned = DateTime::parse_from_rfc3339(time).ok()?;
        let civil = zoned.naive_local().and_utc().timestamp_micros();
        Some(Point { civil, east: Some(zoned.offset().local_minus_utc()) })
    }

    /// Where it is drawn and sorted: the instant where the zone is known, else the time as printed.
    pub fn place(self) -> i64 {
        self.civil - i64::from(self.east.unwrap_or(0)) * SECOND
    }
}

/// What is known about the clock behind a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneMark {
    /// The offset is known.
    Offset(i32),
    /// The zone is taken from the options or the settings.
    Told(String),
    /// Time of a host whose zone is not known, or of a host that is not known.
    Local(Option<String>),
    /// Time of day without date.
    NoDate,
    /// No time at all.
    NoTime,
}

impl std::fmt::Display for ZoneMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ZoneMark::Offset(0) => f.write_str("UTC"),
            ZoneMark::Offset(east) => {
                let (sign, minutes) = (if *east < 0 { '-' } else { '+' }, east.abs() / 60);
                write!(f, "UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            ZoneMark::Told(zone) => write!(f, "{zone}, assumed as told"),
            ZoneMark::Local(Some(host)) => write!(f, "local time of {host}"),
            ZoneMark::Local(None) => f.write_str("local time, host not known"),
            ZoneMark::NoDate => f.write_str("no date"),
            ZoneMark::NoTime => f.write_str("no time"),
        }
    }
}

/// One record of a case.
#[derive(Clone, Debug)]
pub struct Entry<'r> {
    /// 1-based number in the finding's evidence; `None` for a record of another finding.
    pub number: Option<usize>,
    /// The other finding that it belongs to.
    pub neighbour: Option<&'r Finding>,
    /// The record.
    pub record: &'r Evidence,
    /// Its time, where dated.
    pub point: Option<Point>,
    /// What is known about its clock.
    pub mark: ZoneMark,
    /// Whose record it is: of the record, else of its source.
    pub host: Option<&'r str>,
    /// The source's process.
    pub process: Option<&'r str>,
    /// The source's dialect, where the source is in the report.
    pub dialect: Option<&'static str>,
}

/// The records of one finding and of those about the same object, in one order.
#[derive(Clone, Debug)]
pub struct Case<'r> {
    /// In order of time; an undated record stands behind the one before it in its source, else last.
    pub entries: Vec<Entry<'r>>,
}

impl Case<'_> {
    /// Why the order may not be the true one.
    pub fn order_note(&self) -> Option<&'static str> {
        let dated = || self.entries.iter().filter_map(|entry| entry.point.map(|point| (entry, point)));
        let is_known = dated().any(|(_, point)| point.east.is_some());
        let mut unknown = dated().filter(|(_, point)| point.east.is_none()).map(|(entry, _)| entry);
        let first = unknown.next()?;
        if is_known {
            return Some(
                "times of unknown zone are placed as printed; beside the others their order is not certain",
            );
        }
        let same = |entry: &Entry<'_>| {
            entry.record.source == first.record.source || (entry.host.is_some() && entry.host == first.host)
        };
        (!unknown.all(same))
            .then_some("the hosts do not tell their zones; one zone is assumed for all of them")
    }
}

/// The cases of a report.
#[derive(Debug)]
pub struct Cases<'r> {
    sources: HashMap<&'r str, &'r SourceRow>,
    by_value: HashMap<(&'r str, &'r str), Vec<&'r Finding>>,
}

impl<'r> Cases<'r> {
    /// Looks through a report once.
    pub fn of(report: &'r Report) -> Cases<'r> {
        let mut by_value: HashMap<(&str, &str), Vec<&Finding>> = HashMap::new();
        let counts = |finding: &&Finding| finding.silenced.is_none() && finding.level >= Level::Suspected;
        for finding in report.findings.iter().filter(counts) {
            for pair in identity(finding) {
                let same = by_value.entry(pair).or_default();
                // A host with thousands of findings is no case.
                if same.len() <= MAX_NEIGHBOURS {
                    same.push(finding);
                }
            }
        }
        Cases { sources: report.sources.iter().map(|row| (row.path.as_str(), row)).collect(), by_value }
    }

    /// The case of one finding.
    pub fn case(&self, finding: &'r Finding) -> Case<'r> {
        let own = finding.evidence.iter().enumerate();
        let mut entries: Vec<Entry<'r>> =
            own.map(|(index, record)| self.entry(record, Some(index + 1), None)).collect();
        let mut known: HashSet<_> = finding.evidence.iter().map(place).collect();
        let others = identity(finding).filter_map(|pair| self.by_value.get(&pair)).flatten();
        let others = others.filter(|other| !std::ptr::eq(**other, finding));
        let records = others.flat_map(|other| other.evidence.iter().map(move |record| (*other, record)));
        let fresh = records.filter(|(_, record)| known.insert(place(record)));
        let neighbours: Vec<Entry<'r>> =
            fresh.take(MAX_NEIGHBOURS).map(|(other, record)| self.entry(record, None, Some(other))).collect();
        entries.extend(neighbours);
        Case { entries: in_order(entries) }
    }

    /// One record, with what its source tells.
    pub fn entry(
        &self,
        record: &'r Evidence,
        number: Option<usize>,
        neighbour: Option<&'r Finding>,
    ) -> Entry<'r> {
        let source = self.sources.get(record.source.as_str()).copied();
        let host = record.host.as_deref().or(source.and_then(|row| row.host.as_deref()));
        let point = record.time.as_deref().and_then(Point::read);
        let mark = match (point, &record.time) {
            (None, None) => ZoneMark::NoTime,
            (None, Some(_)) => ZoneMark::NoDate,
            (Some(Point { east: None, .. }), _) => ZoneMark::Local(host.map(str::to_owned)),
            (Some(Point { east: Some(east), .. }), _) => {
                let told = source.and_then(|row| row.zone.as_deref()).filter(|zone| is_name(zone));
                // A stamp in UTC inside such a log is an epoch: it needs nobody to tell its zone.
                told.filter(|_| east != 0)
                    .map_or(ZoneMark::Offset(east), |zone| ZoneMark::Told(zone.to_owned()))
            }
        };
        let process = source.and_then(|row| row.process.as_deref());
        Entry {
            number,
            neighbour,
            record,
            point,
            mark,
            host,
            process,
            dialect: source.map(|row| row.dialect),
        }
    }
}

/// Logs tell offsets; a name such as `Europe/Berlin` was told.
fn is_name(zone: &str) -> bool {
    zone != "UTC" && zone.starts_with(|first: char| first.is_ascii_alphabetic())
}

fn place(record: &Evidence) -> (&str, Option<u64>, Option<u64>) {
    (&record.source, record.line, record.record)
}

fn identity(finding: &Finding) -> impl Iterator<Item = (&str, &str)> {
    finding
        .about
        .iter()
        .filter(|(_, value)| value.len() >= SHORTEST_IDENTITY)
        .map(|(key, value)| (key.as_str(), value.as_str()))
}

/// By time; what has none goes behind the record before it in its source, or before the one after it, or last.
fn in_order(entries: Vec<Entry<'_>>) -> Vec<Entry<'_>> {
    let (mut dated, undated): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.point.is_some());
    dated.sort_by_key(|entry| {
        (entry.point.map(Point::place), entry.record.source.as_str(), entry.record.line, entry.record.record)
    });
    let mut undated = undated;
    undated.sort_by_key(|entry| (entry.record.source.as_str(), entry.record.line, entry.record.record));
    for entry in undated {
        let position = |other: &Entry<'_>| {
            (other.record.source == entry.record.source).then_some((other.record.line, other.record.record))
        };
        let here = Some((entry.record.line, entry.record.record));
        let before = dated.iter().rposition(|other| position(other).is_some_and(|at| Some(at) <= here));
        let after = dated.iter().position(|other| position(other).is_some_and(|at| Some(at) > here));
        let at = before.map(|index| index + 1).or(after).unwrap_or(dated.len());
        dated.insert(at, entry);
    }
    dated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(source: &str, line: u64, time: Option<&str>) -> Evidence {
        Evidence {
            event: "e".into(),
            source: source.into(),
            line: Some(line),
            record: None,
            time: time.map(str::to_owned),
            host: None,
            fields: indexmap::IndexMap::new(),
            text: String::new(),
        }
    }

    fn ordered(records: &[Evidence]) -> Vec<(String, u64)> {
        let cases = Cases { sources: HashMap::new(), by_value: HashMap::new() };
        let entries = records.iter().map(|record| cases.entry(record, None, None)).collect();
        in_order(entries)
            .iter()
            .map(|entry| (entry.record.source.clone(), entry.record.line.unwrap()))
            .collect()
    }

    #[test]
    fn instants_decide_where_zones_are_known() {
        let records = [
            record("b", 1, Some("2009-03-05T15:00:00Z")),
            record("a", 9, Some("2009-03-05T09:30:00-05:00")),
            record("a", 10, None),
            record("c", 1, None),
            record("b", 2, Some("2009-03-05T15:00:00Z")),
        ];
        let expected = [("a", 9), ("a", 10), ("b", 1), ("b", 2), ("c", 1)];
        let got = ordered(&records);
        assert_eq!(got.iter().map(|(source, line)| (source.as_str(), *line)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_time_without_date_is_no_point() {
        for odd in ["14:55:05.986", "", "soon", "2009-03-05", "é", "9999999-01-01T00:00:00"] {
            assert_eq!(Point::read(odd), None, "{odd}");
        }
        let point = Point::read("2009-03-05T14:55:05.986-05:00").unwrap();
        assert_eq!(point.place() - point.civil, 5 * 3600 * SECOND);
    }

    #[test]
    fn marks_say_what_is_known() {
        assert_eq!(ZoneMark::Offset(0).to_string(), "UTC");
        assert_eq!(ZoneMark::Offset(-18_000).to_string(), "UTC-05:00");
        assert_eq!(ZoneMark::Offset(19_800).to_string(), "UTC+05:30");
        assert_eq!(ZoneMark::Local(Some("dc01".into())).to_string(), "local time of dc01");
        assert!(is_name("Europe/Berlin") && !is_name("UTC") && !is_name("+01:00"));
    }
}
