//! Progress logs: what verifies, restores and database agents write for the user who started them.
//!
//! ```text
//! Verify started 03/05/2009 11:40:02
//! 11:49:18 INF - Filename length does not match for file 1, in image is 21, in database is 24.
//! 11:49:18 INF - Server status = 0                    (comm file of a database agent)
//! 08:53:31 (7.001) INF - Beginning restore            (restores; the number in parentheses is unverified)
//! 08:53:32 /home/file
//! ```
//!
//! No process id, no severity number. The lines have a time of day; the date stands in the first line where there is
//! one. Names of files follow the time without any token, inside such a log only.

use chrono::NaiveDate;
use nom::bytes::complete::{tag, take_till1, take_while1};
use nom::character::complete::{char, space0, space1};
use nom::combinator::{opt, recognize, rest, verify};
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

use std::borrow::Cow;

use super::{backup_id, wording};
use crate::base::stamp::HOUR;
use crate::base::{Dialect, Record, Sink, Splitter, Stamp};
use crate::dialect::dates;
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of progress logs.
pub struct Progress;

impl Reader for Progress {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupProgress
    }

    fn claim(&self, line: &str) -> Claim {
        match timed(line) {
            Some((_, text)) if starts_with_token(text) => Claim::Strong,
            Some((_, text)) if is_path(text) => Claim::Weak,
            _ if started(line).is_some() => Claim::Weak,
            _ => Claim::No,
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(ProgressGrammar::default()))
    }
}

/// `11:49:18 ` or `08:53:31 (7.001) `, and the text behind.
fn timed(line: &str) -> Option<(Stamp, &str)> {
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (time, fraction, used) = dates::time_of_day(line)?;
    let operation = recognize(delimited(
        char('('),
        take_while1(|c: char| c.is_ascii_digit() || c == '.'),
        (char(')'), space0),
    ));
    let parsed: IResult<&str, (&str, Option<&str>, &str)> =
        (space1, opt(operation), rest).parse(line.get(used..)?);
    let (_, (_, _, text)) = parsed.ok()?;
    Some((Stamp::clock(time, fraction), text))
}

fn starts_with_token(text: &str) -> bool {
    ["INF - ", "WRN - ", "ERR - ", "FTL - ", "TRV - "].iter().any(|token| text.starts_with(token))
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') || text.get(1..3) == Some(":\\")
}

/// `Verify started 03/05/2009 11:40:02`.
fn started(line: &str) -> Option<dates::Read> {
    let operation = verify(take_till1(|c: char| c == ' '), |word: &str| {
        word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().all(char::is_alphabetic)
    });
    let parsed: IResult<&str, &str> = terminated(operation, (space1, tag("started "))).parse(line.trim_end());
    let (stamp, _) = parsed.ok()?;
    let read = dates::date_time(stamp)?;
    (read.length == stamp.len()).then_some(read)
}

#[derive(Default)]
struct ProgressGrammar {
    seen: bool,
    /// Day and time of day of the record before, where the day is known.
    last: Option<(NaiveDate, Stamp)>,
}

impl ProgressGrammar {
    /// Places a time of day behind the record before it; the clock jumping back by half a day is midnight.
    fn place(&mut self, clock: Stamp) -> Stamp {
        let Some((day, before)) = self.last else { return clock };
        let micros = |stamp| if let Stamp::Clock { micros, .. } = stamp { micros } else { 0 };
        let passed = micros(before) - micros(clock) > 12 * HOUR;
        let day = if passed { day.succ_opt().unwrap_or(day) } else { day };
        self.last = Some((day, clock));
        clock.on_day(day)
    }
}

impl Grammar for ProgressGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupProgress
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        if let Some(read) = started(line) {
            self.seen = true;
            let mut record = Record::new(Dialect::NetbackupProgress, line);
            record.stamp = read.cast(sink);
            // A day that could be read both ways would date all other lines wrongly half of the time.
            let certain = !matches!(record.stamp, Stamp::Dated { swappable: true, .. });
            self.last = record
                .stamp
                .naive()
                .filter(|_| certain)
                .map(|when| (when.date(), Stamp::clock(when.time(), false)));
            return Some(record);
        }
        let (clock, text) = timed(line)?;
        let is_line = starts_with_token(text) || (self.seen && is_path(text));
        if !is_line {
            return None;
        }
        self.seen = true;
        let mut record = Record::new(Dialect::NetbackupProgress, text);
        record.stamp = self.place(clock);
        record.severity = wording::stated_severity(text);
        Some(record)
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let mut record = record;
        if let (true, Cow::Borrowed(body)) = (record.head, &record.body) {
            let text = wording::first_paragraph(body);
            record.body = Cow::Borrowed(text);
            record.code = wording::stated_status(text).map(Cow::Borrowed);
            if let Some(id) = backup_id::find(text) {
                record.fields.push(("backup_id", Cow::Borrowed(id.text)));
            }
        }
        sink.record(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;
    use crate::base::Severity;

    const VERIFY: &str = "\
Verify started 03/25/2009 23:58:02
23:59:18 INF - Verifying policy p1, schedule Full (db1_1236281108), path /x
23:59:59 /home/file one
00:00:01 ERR - Filename length does not match
00:00:02 (7.001) INF - Server status = 13
";

    #[test]
    fn dated_by_the_first_line() {
        let log = read(&Progress, VERIFY);
        assert_eq!((log.heads(), log.headless()), (5, 0));
        let stamps: Vec<String> = log.records.iter().map(|record| record.stamp.to_string()).collect();
        assert_eq!(
            stamps[1..],
            ["2009-03-25T23:59:18", "2009-03-25T23:59:59", "2009-03-26T00:00:01", "2009-03-26T00:00:02"]
        );
        assert_eq!(log.records[1].field("backup_id"), Some("db1_1236281108"));
        assert_eq!((log.records[3].severity, log.records[4].code.as_deref()), (Severity::Error, Some("13")));
        assert_eq!(log.records[2].body, "/home/file one");
        check_cuts(&Progress, VERIFY);
    }

    #[test]
    fn without_a_date_it_stays_without() {
        let log = read(
            &Progress,
            "garbage\n21:03:38 INF - Server status = 0\nVerify started 03/05/2009 11:40:02\n11:41:00 INF - x\n",
        );
        assert_eq!((log.heads(), log.headless()), (3, 1));
        assert_eq!(log.records[1].stamp.to_string(), "21:03:38");
        assert_eq!(log.records[3].stamp.to_string(), "11:41:00");
    }

    #[test]
    fn what_is_claimed() {
        assert_eq!(Progress.claim("11:49:18 INF - Server status = 0"), Claim::Strong);
        assert_eq!(Progress.claim("11:49:18 /home/file"), Claim::Weak);
        for line in
            ["", "11:49:18 text", "11:49:18 INFO - x", "11:49:18.000 [5] <2> x: INF - y", "Job started now"]
        {
            assert_eq!(Progress.claim(line), Claim::No, "{line}");
        }
    }
}
