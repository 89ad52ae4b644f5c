//! The table that `bpdbjobs -report` prints without options.
//!
//! ```text
//! JobID    Type      State   Status    Policy          Schedule   Client     Dest Media Svr   Active PID
//!  4711    Backup    Done    156       win_fs daily    Full       fs-erle    media02          7712
//! ```
//!
//! Unverified: no public sample shows its columns. Read by where the names of the header stand, because policies and
//! states hold blanks; a row whose first column is no number is none. What is read here has the kind `job-listed`,
//! which no advisory decides by, and no time.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::base::{Dialect, Record, Severity};
use crate::dialect::saved::Word;

/// A column: the field it fills and where its name stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Column {
    #[serde(with = "crate::dialect::saved::word")]
    field: Option<Word>,
    place: Range<usize>,
}

/// Names of columns as far as they are known, in small letters without blanks and dashes.
const NAMES: [(&str, &str); 13] = [
    ("jobid", "job_id"),
    ("type", "job_type"),
    ("jobtype", "job_type"),
    ("state", "state"),
    ("status", "status"),
    ("policy", "policy"),
    ("schedule", "schedule"),
    ("client", "client"),
    ("destmediasvr", "media_server"),
    ("destmediaserver", "media_server"),
    ("mediaserver", "media_server"),
    ("activepid", "job_pid"),
    ("fatpipe", "fat_pipe"),
];

/// Nobody prints wider tables.
const WIDEST: usize = 1024;

/// The columns, if the line is the header.
pub(super) fn header(line: &str) -> Option<Vec<Column>> {
    if line.len() > WIDEST || !line.is_ascii() || !line.to_ascii_lowercase().trim_start().starts_with("jobid")
    {
        return None;
    }
    let columns = columns(line, cells(line));
    let is_whole = |columns: &[Column]| {
        ["job_id", "state", "status", "policy"]
            .iter()
            .all(|field| columns.iter().any(|column| column.field == Some(*field)))
    };
    if is_whole(&columns) {
        return Some(columns);
    }
    // Narrow columns have one blank between their names.
    let columns = self::columns(line, names(line).into_iter());
    is_whole(&columns).then_some(columns)
}

/// The stretches of a header by the names that are known, whatever stands between them.
fn names(line: &str) -> Vec<Range<usize>> {
    const SPELLED: [&str; 10] = [
        "jobid",
        "type",
        "state",
        "status",
        "policy",
        "schedule",
        "client",
        "dest media svr",
        "active pid",
        "fatpipe",
    ];
    let lower = line.to_ascii_lowercase();
    let mut at = 0;
    let mut found = Vec::new();
    for name in SPELLED {
        if let Some(start) = lower.get(at..).and_then(|rest| rest.find(name)).map(|start| at + start) {
            at = start + name.len();
            found.push(start..at);
        }
    }
    found
}

fn columns(line: &str, places: impl Iterator<Item = Range<usize>>) -> Vec<Column> {
    places
        .map(|place| {
            let name: String = line
                .get(place.clone())
                .unwrap_or("")
                .chars()
                .filter(char::is_ascii_alphabetic)
                .map(|letter| letter.to_ascii_lowercase())
                .collect();
            Column { field: NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field), place }
        })
        .collect()
}

/// Stretches of a line between which two blanks or more stand.
fn cells(line: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = line.get(at..)?;
        let start = at + rest.find(|c: char| !c.is_whitespace())?;
        let inside = line.get(start..)?.trim_end();
        let length = inside.find("  ").or_else(|| inside.find('\t')).unwrap_or(inside.len());
        at = start + length;
        Some(start..start + length)
    })
}

/// A row of the table.
pub(super) fn row<'a>(line: &'a str, columns: &[Column]) -> Option<Record<'a>> {
    if line.len() > WIDEST {
        return None;
    }
    let mut record = Record::new(Dialect::NetbackupBpdbjobs, line);
    for place in cells(line).flat_map(|place| parted(line, columns, place)) {
        let Some(column) = columns.iter().min_by_key(|column| distance(&column.place, &place)) else {
            continue;
        };
        let (Some(field), Some(value)) = (column.field, line.get(place)) else { continue };
        if record.field(field).is_none() {
            record.fields.push((field, Cow::Borrowed(value)));
        }
    }
    let is_number =
        |text: &str| !text.is_empty() && text.len() < 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !record.field("job_id").is_some_and(is_number) || record.fields.len() < 3 {
        return None;
    }
    record.kind = "job-listed";
    record.severity = match record.field("status").and_then(|status| status.parse::<u32>().ok()) {
        Some(0) => Severity::Info,
        Some(1) => Severity::Warning,
        Some(_) => Severity::Error,
        None => Severity::Unknown,
    };
    Some(record)
}

/// A stretch that reaches over as many columns as it has words is one value for each of them.
fn parted(line: &str, columns: &[Column], place: Range<usize>) -> Vec<Range<usize>> {
    let text = line.get(place.clone()).unwrap_or("");
    let over = columns.iter().filter(|column| distance(&column.place, &place) < 0).count();
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut at = place.start;
    for word in text.split(' ') {
        words.push(at..at + word.len());
        at += word.len() + 1;
    }
    if over > 1 && words.len() == over { words } else { vec![place] }
}

/// How far two stretches are from each other; less than nothing where they overlap.
fn distance(one: &Range<usize>, other: &Range<usize>) -> i64 {
    let signed = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    signed(one.start.max(other.start)).saturating_sub(signed(one.end.min(other.end)))
}

#[cfg(test)]
mod tests {
    use super::super::bpdbjobs::Bpdbjobs;
    use super::super::collect::{check_cuts, read};
    use crate::dialect::{Claim, Reader};

    const TABLE: &str = "\
JobID    Type      State   Status    Policy          Schedule   Client     Dest Media Svr   Active PID
 4711    Backup    Done       156    win_fs daily    Full       fs-erle    media02          7712
 4712    Restore   Active                            -          fs-ulme    media02          7713
 4713    Backup    Done         0    win_fs daily    Full       fs-ahorn   media02          7714
   total 3
";

    #[test]
    fn columns_by_their_header() {
        let log = read(&Bpdbjobs, TABLE);
        let rows = log.of("job-listed");
        assert_eq!((rows.len(), log.heads(), log.headless()), (3, 4, 0));
        for (name, value) in [
            ("job_id", "4711"),
            ("job_type", "Backup"),
            ("state", "Done"),
            ("status", "156"),
            ("policy", "win_fs daily"),
            ("client", "fs-erle"),
            ("media_server", "media02"),
        ] {
            assert_eq!(rows[0].field(name), Some(value), "{name}");
        }
        assert_eq!((rows[1].field("status"), rows[1].field("policy")), (None, None));
        assert_eq!(rows[1].field("client"), Some("fs-ulme"));
        check_cuts(&Bpdbjobs, TABLE);
    }

    #[test]
    fn narrow_columns_have_one_blank_between_their_names() {
        let text = "\
JobID           Type State Status              Policy         Schedule           Client  Dest Media Svr Active PID FATPipe
12345         Backup  Done     84               pol a            Daily            web01           med01       4711      No
12346      Duplicate Active                       SLP                -            web01           med01       4712      No
";
        let log = read(&Bpdbjobs, text);
        let rows = log.of("job-listed");
        assert_eq!((rows.len(), log.headless()), (2, 0));
        assert_eq!((rows[0].field("status"), rows[0].field("policy")), (Some("84"), Some("pol a")));
        assert_eq!((rows[1].field("job_type"), rows[1].field("state")), (Some("Duplicate"), Some("Active")));
        assert_eq!(rows[1].field("media_server"), Some("med01"));
        check_cuts(&Bpdbjobs, text);
    }

    #[test]
    fn what_is_no_such_table() {
        for line in ["JobID", "JobID is missing", "Job  State  Status  Policy", "4711    Backup    Done"] {
            assert_eq!(Bpdbjobs.claim(line), Claim::No, "{line}");
        }
        assert_eq!(Bpdbjobs.claim(TABLE.lines().next().unwrap()), Claim::Strong);
    }
}
