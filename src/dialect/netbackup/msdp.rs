//! Logs of the deduplication storage server (MSDP, PureDisk): `storaged.log`, and the session logs of spad.
//!
//! ```text
//! February 08 11:22:54 INF [1234]: ...                                                      (storaged, 7.x)
//! 20:02:47 ERR [372116] [140611802953472]: 25128: deleteImage: WORM image(...) is NOT expired, time remaining in
//! seconds: 1643753033, current time:1643753018                                              (spad, 8.x, one line)
//! bpdm/spad/061423.log:14:05:31 ERR [40217] [139871220475648]: 25128: deleteImage: ...      (found by grep)
//! ```
//!
//! Neither prints a year; the day of a session log stands in its name (MMDDYY), that of `storaged.log` in the line
//! but without a year, so that these stamps are times of day. The number before the function is no NetBackup status.
//! `current time:` is an epoch and shows the zone. Only the head of a `storaged.log` line up to its level word is
//! verified.

use std::borrow::Cow;

use chrono::NaiveDate;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::character::complete::{digit1, space0, space1, u64 as number};
use nom::combinator::{opt, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::{backup_id, epochs, file_name};
use crate::base::{Dialect, FactKind, Record, Severity, Sink, Splitter, Stamp};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Place, Reader, SourceContext, dates, folder_name};

/// The reader of these logs.
pub struct Msdp;

impl Reader for Msdp {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupMsdp
    }

    fn claim(&self, line: &str) -> Claim {
        if read_head(line).is_some() { Claim::Strong } else { Claim::No }
    }

    fn place(&self, path: &str) -> Place {
        let process = process(path);
        // Session logs share a folder per client and process, and their names are days.
        let folder = path.rsplit_once(['/', '\\', '!']).map_or("", |(folder, _)| folder);
        let stream = process.map(|process| format!("{folder}|{process}"));
        Place { date: file_name::read(path).day, process: process.map(str::to_owned), host: None, stream }
    }

    fn splitter(&self, context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(MsdpGrammar { date: context.place.date }))
    }

    fn splitter_from(&self, context: &SourceContext, _saved: &str) -> Option<Box<dyn Splitter>> {
        Some(self.splitter(context))
    }
}

/// The process whose log lies at this path.
fn process(path: &str) -> Option<&'static str> {
    let name = crate::dialect::file_name(path).to_ascii_lowercase();
    let folder = folder_name(path).unwrap_or("");
    // The name says more than the folder, in which logs of other processes lie too.
    const PROCESSES: [&str; 3] = ["spad", "spoold", "storaged"];
    let by_name = PROCESSES.into_iter().find(|process| name.starts_with(process));
    by_name.or_else(|| PROCESSES.into_iter().find(|process| folder == *process))
}

struct Head<'a> {
    day: Option<NaiveDate>,
    process: Option<&'static str>,
    clock: Stamp,
    level: &'a str,
    pid: Option<u64>,
    text: &'a str,
}

fn read_head(line: &str) -> Option<Head<'_>> {
    // Asked of every line of every log: the level word is the rarest part.
    if !LEVELS.iter().any(|(level, _)| line.contains(level)) {
        return None;
    }
    if let Some(head) = session_line(line).or_else(|| dated_line(line)) {
        return Some(head);
    }
    line.match_indices(':').take(4).find_map(|(colon, _)| {
        let name = line.get(..colon)?;
        let head = session_line(line.get(colon + 1..)?)?;
        let day = file_name::read(name).day.filter(|_| name.ends_with(".log"))?;
        Some(Head { day: Some(day), process: process(name), ..head })
    })
}

const LEVELS: [(&str, Severity); 9] = [
    ("DBG", Severity::Debug),
    ("DEBUG", Severity::Debug),
    ("INF", Severity::Info),
    ("INFO", Severity::Info),
    ("WRN", Severity::Warning),
    ("WARN", Severity::Warning),
    ("ERR", Severity::Error),
    ("ERROR", Severity::Error),
    ("CRIT", Severity::Critical),
];

fn level(input: &str) -> IResult<&str, &str> {
    verify(take_while1(|c: char| c.is_ascii_uppercase()), |word: &str| {
        LEVELS.iter().any(|(level, _)| *level == word)
    })
    .parse(input)
}

fn bracketed(input: &str) -> IResult<&str, u64> {
    delimited((space0, tag("[")), number, tag("]")).parse(input)
}

/// `20:02:47 ERR [372116] [140611802953472]: text`
fn session_line(line: &str) -> Option<Head<'_>> {
    let (time, fraction, used) =
        line.starts_with(|c: char| c.is_ascii_digit()).then(|| dates::time_of_day(line)).flatten()?;
    let parsed: IResult<&str, (&str, u64, u64)> =
        (preceded(space1, level), bracketed, bracketed).parse(line.get(used..)?);
    let (rest, (level, pid, _)) = parsed.ok()?;
    let text = rest.strip_prefix(':')?.trim_start();
    Some(Head { day: None, process: None, clock: Stamp::clock(time, fraction), level, pid: Some(pid), text })
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `February 08 11:22:54 INF...`
fn dated_line(line: &str) -> Option<Head<'_>> {
    let month = verify(take_while1(char::is_alphabetic), |word: &str| MONTHS.contains(&word));
    let day = take_while_m_n(2, 2, |c: char| c.is_ascii_digit());
    let parsed: IResult<&str, (&str, &str)> = (month, delimited(space1, day, space1)).parse(line);
    let (rest, _) = parsed.ok()?;
    let (time, fraction, used) = dates::time_of_day(rest)?;
    let pid = opt(terminated(bracketed, opt(tag(":"))));
    let parsed: IResult<&str, (&str, Option<u64>)> = (preceded(space1, level), pid).parse(rest.get(used..)?);
    let (text, (level, pid)) = parsed.ok()?;
    let text = text.trim_start();
    Some(Head { day: None, process: None, clock: Stamp::clock(time, fraction), level, pid, text })
}

/// The number behind `current time:`.
fn current_time(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once("current time:")?;
    let parsed: IResult<&str, &str> = preceded(space0, digit1).parse(rest);
    parsed.ok()?.1.parse().ok()
}

/// Seconds until the lock of an image ends. What the log calls the remaining time is the end of the lock, an epoch
/// like the current time behind it.
fn lock_left(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once("time remaining in seconds:")?;
    let parsed: IResult<&str, &str> = preceded(space0, digit1).parse(rest);
    let end: i64 = parsed.ok()?.1.parse().ok()?;
    end.checked_sub(current_time(text)?)
}

struct MsdpGrammar {
    /// The day in the file's name: needed beside an epoch, where a time of day alone shows no zone.
    date: Option<NaiveDate>,
}

impl Grammar for MsdpGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupMsdp
    }

    /// Nothing is carried from line to line.
    fn save(&self) -> Option<String> {
        Some(String::new())
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let head = read_head(line)?;
        let mut record = Record::new(Dialect::NetbackupMsdp, head.text);
        record.stamp = head.day.map_or(head.clock, |day| head.clock.on_day(day));
        record.pid = head.pid;
        record.process = head.process.map(Cow::Borrowed);
        let level = LEVELS.iter().find(|(level, _)| *level == head.level);
        record.severity = level.map_or(Severity::Unknown, |(_, severity)| *severity);
        Some(record)
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let mut record = record;
        if let (true, Cow::Borrowed(text)) = (record.head, &record.body) {
            let text: &str = text;
            if let Some(id) = backup_id::find(text) {
                record.fields.push(("backup_id", Cow::Borrowed(id.text)));
                image_file(&mut record, text.get(id.at + id.text.len()..).unwrap_or(""));
            }
            if let Some(left) = lock_left(text) {
                record.fields.push(("lock_left", Cow::Owned(left.to_string())));
            }
            let local = self.date.map_or(record.stamp, |date| record.stamp.on_day(date));
            if let Some(east) = current_time(text).and_then(|epoch| epochs::rough_offset(local, epoch)) {
                let mut at = record.clone();
                at.stamp = local.in_zone(east);
                sink.fact(None, FactKind::ZoneOffset { east }, &at);
            }
        }
        sink.record(record);
    }
}

/// `_C1_F2.info` behind a backup id.
fn image_file<'a>(record: &mut Record<'a>, rest: &'a str) {
    let parsed: IResult<&str, (&str, &str)> =
        (preceded(tag("_C"), digit1), preceded(tag("_F"), digit1)).parse(rest);
    if let Ok((_, (copy, fragment))) = parsed {
        record.fields.push(("copy_number", Cow::Borrowed(copy)));
        record.fields.push(("fragment_number", Cow::Borrowed(fragment)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read, read_at};
    use super::*;

    const LINE: &str = "14:05:31 ERR [40217] [139871220475648]: 25128: deleteImage: WORM image(/c/2/arlen7//d/arlen7_1681353008_C1_F2.info) is NOT expired, time remaining in seconds: 1686769546, current time:1686769531\n";

    #[test]
    fn session_logs() {
        let text = format!("bpdm/spad/061423.log:{LINE}bpdm/spad/061523.log:{LINE}wrapped\n");
        let log = read(&Msdp, &text);
        assert_eq!((log.heads(), log.headless()), (2, 0));
        let first = &log.records[0];
        assert_eq!(first.stamp.to_string(), "2023-06-14T14:05:31");
        assert_eq!(
            (first.pid, first.process.as_deref(), first.severity),
            (Some(40217), Some("spad"), Severity::Error)
        );
        for (name, value) in [
            ("backup_id", "arlen7_1681353008"),
            ("copy_number", "1"),
            ("fragment_number", "2"),
            ("lock_left", "15"),
        ] {
            assert_eq!(first.field(name), Some(value), "{name}");
        }
        // On the fifteenth the same epoch would be a day and more away.
        assert_eq!(log.facts.len(), 1);
        assert_eq!(log.facts[0].1, FactKind::ZoneOffset { east: -18000 });
        check_cuts(&Msdp, &text);

        let log = read_at(&Msdp, "log/spad/med1/bpdm/spad/061423.log", LINE);
        assert_eq!(log.records[0].stamp.to_string(), "14:05:31");
        assert_eq!(log.facts[0].2.to_string(), "2023-06-14T14:05:31-05:00");
    }

    #[test]
    fn storaged() {
        let text = "February 08 11:22:54 INF [12]: queue processing\nFebruary 08 11:22:55 ERR sort failed\n";
        let log = read(&Msdp, text);
        assert_eq!((log.heads(), log.headless()), (2, 0));
        assert_eq!((log.records[0].stamp.to_string().as_str(), log.records[0].pid), ("11:22:54", Some(12)));
        assert_eq!((log.records[1].body.as_str(), log.records[1].severity), ("sort failed", Severity::Error));
        check_cuts(&Msdp, text);
    }

    #[test]
    fn what_is_claimed() {
        for line in [
            "",
            "February 08 11:22:54 host daemon: ERR x",
            "11:49:18 INF - Server status = 0",
            "10:00:00 ERR [5] failed",
            "note:14:05:31 ERR [40217] [13]: x",
        ] {
            assert_eq!(Msdp.claim(line), Claim::No, "{line}");
        }
        assert_eq!(Msdp.claim(LINE.trim_end()), Claim::Strong);
        let place = Msdp.place("log/spad/med1/bpdm/spad/061423.log");
        assert_eq!(place.date, NaiveDate::from_ymd_opt(2023, 6, 14));
        assert_eq!(place.process.as_deref(), Some("spad"));
    }
}
