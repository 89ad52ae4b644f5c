//! The error catalogue: `bperror -l` and `-all`, the files `db/error/log_<epoch>`, and its wrapped report.
//!
//! ```text
//! 1356998400 1 4 4 mas1 4711 4711 0 web01 nbpem CLIENT web01  POLICY p1  SCHED Full  EXIT STATUS 13 (file read failed)
//! 08/07/2013 13:06:04 -  can not decompress file  -
//!                     events out of sequence - image inconsistency (229)
//! 03/31/07 03:50:22  19 TAPE_ALERT BS09_Drv3 0x00000400 0x00000000              (db/media/errors)
//! ```
//!
//! Columns: time, version, type, severity, server, job, group, an unknown one, client, process, text; those from
//! version to server and the eighth are unverified and nothing is decided by them. The tables of `-U` are
//! read by [`super::error_table`].

use std::borrow::Cow;

use nom::bytes::complete::{take_till1, take_while_m_n};
use nom::character::complete::{i64 as signed, space0, space1};
use nom::combinator::map_res;
use nom::sequence::terminated;
use nom::{IResult, Parser};
use serde::{Deserialize, Serialize};

use super::error_table::{self, Table};
use super::{backup_id, wording};
use crate::base::{Dialect, Record, Severity, Sink, Splitter, Stamp};
use crate::dialect::dates;
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of the error catalogue.
pub struct Bperror;

impl Reader for Bperror {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupBperror
    }

    fn claim(&self, line: &str) -> Claim {
        if columns(line).is_some()
            || wrapped(line).is_some()
            || media_error(line).is_some()
            || error_table::head(line).is_some()
        {
            Claim::Strong
        } else {
            Claim::No
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(CatalogueGrammar::default()))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<CatalogueGrammar>::restored(saved)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns<'a> {
    epoch: i64,
    severity: i64,
    server: &'a str,
    job: i64,
    group: i64,
    client: &'a str,
    process: &'a str,
    text: &'a str,
}

fn token(input: &str) -> IResult<&str, &str> {
    terminated(take_till1(char::is_whitespace), space1).parse(input)
}

fn column(input: &str) -> IResult<&str, i64> {
    terminated(signed, space1).parse(input)
}

fn columns(line: &str) -> Option<Columns<'_>> {
    let epoch = map_res(take_while_m_n(10, 10, |c: char| c.is_ascii_digit()), str::parse::<i64>);
    let times = (terminated(epoch, space1), column, column, column);
    let ids = (token, column, column, column, token);
    let mut process = terminated(take_till1(char::is_whitespace), space0);
    let parsed: IResult<&str, _> = (times, ids).parse(line);
    let (input, ((epoch, _, _, severity), (server, job, group, _, client))) = parsed.ok()?;
    let parsed: IResult<&str, &str> = process.parse(input);
    let (text, process) = parsed.ok()?;
    Some(Columns { epoch, severity, server, job, group, client, process, text })
}

/// `08/07/2013 13:06:04 -  can not decompress file  -`: the dash at the end announces the next line.
fn wrapped(line: &str) -> Option<(dates::Read, &str)> {
    let line = line.trim_end();
    if !line.ends_with(" -") || !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let read = dates::date_time(line)?;
    let text = line.get(read.length..)?.strip_prefix(" -  ")?;
    Some((read, text.strip_suffix(" -")?.trim_end()))
}

/// Types of errors in `db/media/errors`; those but the first are unverified.
const MEDIA_ERRORS: [&str; 5] = ["TAPE_ALERT", "READ_ERROR", "WRITE_ERROR", "POSITION_ERROR", "OPEN_ERROR"];

/// `03/31/07 03:50:22 [media id] <drive index> <type> <drive>`; the media id may be missing.
fn media_error(line: &str) -> Option<(dates::Read, &str)> {
    if !line.starts_with(|c: char| c.is_ascii_digit()) || !line.contains('_') {
        return None;
    }
    let read = dates::date_time(line)?;
    let text = line.get(read.length..)?.trim();
    let mut words = text.split_whitespace().skip_while(|word| !MEDIA_ERRORS.contains(word));
    let before = text.split_whitespace().take_while(|word| !MEDIA_ERRORS.contains(word)).count();
    words.next()?;
    ((1..=2).contains(&before) && words.next().is_some()).then_some((read, text))
}

#[derive(Default, Serialize, Deserialize)]
struct CatalogueGrammar {
    /// The table whose head stood above.
    table: Option<Table>,
}

impl Grammar for CatalogueGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupBperror
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        if let Some(columns) = columns(line) {
            return Some(from_columns(&columns));
        }
        if let Some(table) = error_table::head(line) {
            self.table = Some(table);
            let mut record = Record::new(Dialect::NetbackupBperror, line);
            record.kind = "head";
            return Some(record);
        }
        if wrapped(line).is_none()
            && let Some(row) = self.table.and_then(|table| error_table::row(line, table))
        {
            let mut record = Record::new(Dialect::NetbackupBperror, row.text);
            record.stamp = row.read.cast(sink);
            record.fields =
                row.fields.into_iter().map(|(name, value)| (name, Cow::Borrowed(value))).collect();
            if let Some(status) = row.status {
                record.kind = "status";
                record.severity = match status {
                    "0" => Severity::Info,
                    "1" => Severity::Warning,
                    _ => Severity::Error,
                };
                record.code = (status.trim_start_matches('0') != "").then_some(Cow::Borrowed(status));
            }
            return Some(record);
        }
        let (read, text, kind) = match wrapped(line) {
            Some((read, text)) => (read, text, ""),
            None => media_error(line).map(|(read, text)| (read, text, "media-error"))?,
        };
        let mut record = Record::new(Dialect::NetbackupBperror, text);
        record.stamp = read.cast(sink);
        record.kind = kind;
        if kind == "media-error" {
            media_fields(&mut record, text);
        }
        Some(record)
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let mut record = record;
        if let (true, Cow::Borrowed(body)) = (record.head && record.kind.is_empty(), &record.body) {
            let text = wording::first_paragraph(body);
            record.body = Cow::Borrowed(text);
            let status = wording::stated_status(text).or_else(|| wording::trailing_status(text));
            record.code = status.map(Cow::Borrowed);
            record.severity = record.severity.max(wording::stated_severity(text));
            if let Some(id) = backup_id::find(text) {
                record.fields.push(("backup_id", Cow::Borrowed(id.text)));
            }
            for (word, name) in [("POLICY ", "policy"), ("SCHED ", "schedule")] {
                if let Some(value) = word_behind(text, word).filter(|_| text.starts_with("CLIENT ")) {
                    record.fields.push((name, Cow::Borrowed(value)));
                }
            }
        }
        sink.record(record);
    }
}

fn from_columns<'a>(columns: &Columns<'a>) -> Record<'a> {
    let mut record = Record::new(Dialect::NetbackupBperror, columns.text);
    record.stamp = Stamp::epoch(columns.epoch);
    record.process = Some(Cow::Borrowed(columns.process));
    record.severity = match columns.severity {
        2 => Severity::Debug,
        4 => Severity::Info,
        8 => Severity::Warning,
        16 => Severity::Error,
        32 => Severity::Critical,
        _ => Severity::Unknown,
    };
    for (name, value) in [("server", columns.server), ("client", columns.client)] {
        if value != "*NULL*" {
            record.fields.push((name, Cow::Borrowed(value)));
        }
    }
    for (name, id) in [("job_id", columns.job), ("parent", columns.group)] {
        if id > 0 {
            record.fields.push((name, Cow::Owned(id.to_string())));
        }
    }
    record
}

fn word_behind<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.split_once(word)?.1.split_whitespace().next()
}

fn media_fields<'a>(record: &mut Record<'a>, text: &'a str) {
    let words: Vec<&str> = text.split_whitespace().take(4).collect();
    let at = words.iter().position(|word| MEDIA_ERRORS.contains(word)).unwrap_or(0);
    let word = |index: Option<usize>| index.and_then(|index| words.get(index).copied());
    let values = [
        ("media_id", word(at.checked_sub(2))),
        ("drive_index", word(at.checked_sub(1))),
        ("error", word(Some(at))),
        ("drive", word(Some(at + 1))),
    ];
    record.fields.extend(values.into_iter().filter_map(|(name, value)| Some((name, Cow::Borrowed(value?)))));
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;

    #[test]
    fn tables_for_people() {
        let text = "\
  TIME                SERVER/CLIENT                TEXT
01/25/2013 00:00:01 mas1 web01  backup of client web01 exited with status 84
                    (media write error)
STATUS CLIENT       POLICY           SCHED           SERVER          TIME COMPLETED
 84    web01        pol_a            Daily           med1            01/25/2013 00:00:01
  (media write error)
  0    web02        pol_a            Daily           med1            01/25/2013 00:10:01
";
        let log = read(&Bperror, text);
        assert_eq!((log.heads(), log.headless()), (5, 0));
        let codes: Vec<_> = log.records.iter().map(|record| record.code.as_deref()).collect();
        assert_eq!(codes, [None, Some("84"), None, Some("84"), None]);
        assert_eq!(log.records[3].field("policy"), Some("pol_a"));
        assert_eq!(log.records[1].stamp.to_string(), "2013-01-25T00:00:01");
        // Rows without the head of their table are nobody's.
        assert_eq!(Bperror.claim(" 84    web01  pol_a  Daily  med1  01/25/2013 00:00:01"), Claim::No);
        check_cuts(&Bperror, text);
    }

    const LOG: &str = "\
1356998400 1 4 16 mas1 4711 4710 0 web01 nbpem CLIENT web01  POLICY p1  SCHED Full  EXIT STATUS 13 (file read failed)
1356998401 1 2 4 mas1 0 0 0 *NULL* bptm successfully wrote backup id web01_1356998399, copy 1, fragment 1
08/17/2013 13:06:04 -  can not decompress file  -
                    events out of sequence - image inconsistency (229)
03/31/07 03:50:22  19 TAPE_ALERT BS09_Drv3 0x00000400 0x00000000
03/31/07 03:50:22 LK0388 2 WRITE_ERROR Drv3
";

    #[test]
    fn columns_and_wrapped_lines() {
        let log = read(&Bperror, LOG);
        assert_eq!((log.heads(), log.headless()), (5, 0));
        let first = &log.records[0];
        assert_eq!(
            (first.stamp.to_string().as_str(), first.code.as_deref()),
            ("2013-01-01T00:00:00Z", Some("13"))
        );
        for (name, value) in [
            ("server", "mas1"),
            ("client", "web01"),
            ("job_id", "4711"),
            ("parent", "4710"),
            ("policy", "p1"),
            ("schedule", "Full"),
        ] {
            assert_eq!(first.field(name), Some(value), "{name}");
        }
        assert_eq!((first.severity, first.process.as_deref()), (Severity::Error, Some("nbpem")));
        assert_eq!(log.records[1].field("backup_id"), Some("web01_1356998399"));
        assert_eq!((log.records[1].field("client"), log.records[1].field("job_id")), (None, None));
        assert_eq!(
            (log.records[2].code.as_deref(), log.records[2].stamp.to_string().as_str()),
            (Some("229"), "2013-08-17T13:06:04")
        );
        assert_eq!(
            (log.records[3].field("drive_index"), log.records[3].field("media_id")),
            (Some("19"), None)
        );
        assert_eq!(
            (log.records[4].field("media_id"), log.records[4].field("drive")),
            (Some("LK0388"), Some("Drv3"))
        );
        check_cuts(&Bperror, LOG);
    }

    #[test]
    fn what_is_claimed() {
        for line in [
            "",
            "1356998400 1 2 3 some text",
            "1356998400,1,4,16,mas1",
            "08/07/2013 13:06:04 - begin writing",
            "08/07/2013 13:06:04 - a list of things -",
            "03/31/07 03:50:22 my_file saved",
        ] {
            assert_eq!(Bperror.claim(line), Claim::No, "{line}");
        }
    }
}
