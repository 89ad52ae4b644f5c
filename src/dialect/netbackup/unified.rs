//! Unified logs as `vxlogview -d all` prints them (6.0 and later: nbjm, nbpem, nbemm, nbrb ...).
//!
//! ```text
//! 1/19/2010 12:44:07.771 [Debug] NB 51216 nbjm 117 PID:880 TID:3876 File ID:117 [jobid=13510 parentid=13510] 6 [BackupJob::updateJobInstance] --- EXITING ---
//! 1/19/2010 12:44:07.771 [Application] NB 51216 nbjm 117 PID:880 TID:3876 File ID:117 [reqid=-1263919625] [Info] V-117-49 received WRITE DONE message
//! ```
//!
//! Copies lose blanks between the columns; none of them is needed. The body is what follows the context in brackets.
//! The shorter forms that `vxlogview` prints without `-d all` are not read: nothing in them names the product.

use std::borrow::Cow;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while1};
use nom::character::complete::{alpha1, digit1, space0, u64 as number};
use nom::combinator::{opt, verify};
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};
use serde::{Deserialize, Serialize};

use super::{backup_id, wording};
use crate::base::{Dialect, Record, Severity, Sink, Splitter, Stamp};
use crate::dialect::dates;
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of printed unified logs.
pub struct Unified;

impl Reader for Unified {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupUnified
    }

    fn claim(&self, line: &str) -> Claim {
        if read_head(line).is_some() { Claim::Strong } else { Claim::No }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(UnifiedGrammar))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<UnifiedGrammar>::restored(saved)
    }

    /// The beginning of a message id, and the severities of errors.
    fn telling_words(&self) -> &'static [&'static str] {
        &["V-", "[Error]", "[Critical]", "[Emergency]", "[Alert]"]
    }
}

/// Number of NetBackup among the products that use this logging.
const PRODUCT: &str = "51216";

/// The columns in front of the text; what a cut line does not reach is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns<'a> {
    class: &'a str,
    process: Option<&'a str>,
    originator: Option<&'a str>,
    pid: Option<u64>,
    context: Option<&'a str>,
}

fn read_head(line: &str) -> Option<(dates::Read, Columns<'_>, &str)> {
    // Asked of every line of every log: the class in brackets is rarer than a date.
    if !line.starts_with(|c: char| c.is_ascii_digit()) || !line.contains(PRODUCT) {
        return None;
    }
    let read = dates::date_time(line)?;
    let (text, columns) = columns(line.get(read.length..)?).ok()?;
    Some((read, columns, text))
}

fn columns(input: &str) -> IResult<&str, Columns<'_>> {
    let classes = alt((tag("Debug"), tag("Diagnostic"), tag("Application")));
    let class = delimited((space0, tag("[")), classes, (tag("]"), space0));
    let product = (alpha1, space0, verify(digit1, |digits: &str| digits == PRODUCT), space0);
    let name =
        verify(take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')), |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
        });
    let (input, class) = terminated(class, product).parse(input)?;
    let (input, process) = opt(terminated(name, space0)).parse(input)?;
    let (input, originator) = opt(terminated(digit1, space0)).parse(input)?;
    let (input, pid) = opt(labelled("PID:")).parse(input)?;
    let (input, _) = opt(labelled("TID:")).parse(input)?;
    let (input, _) = opt(labelled("File ID:")).parse(input)?;
    let context = delimited(tag("["), take_till(|c: char| c == ']'), (tag("]"), space0));
    let (input, context) = opt(context).parse(input)?;
    Ok((input, Columns { class, process, originator, pid, context }))
}

fn labelled<'a>(
    label: &'static str,
) -> impl Parser<&'a str, Output = u64, Error = nom::error::Error<&'a str>> {
    delimited((tag(label), space0), number, space0)
}

/// A value of `jobid=13510 parentid=13510`.
fn context_value<'a>(context: &'a str, key: &str) -> Option<&'a str> {
    context.split_whitespace().find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
}

/// `[Info]` before a message, or the level number of a debug line.
fn severity(columns: &Columns<'_>, text: &str) -> Severity {
    match text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(word, _)| word) {
        Some("Info" | "Information") => Severity::Info,
        Some("Warning") => Severity::Warning,
        Some("Error") => Severity::Error,
        Some("Critical" | "Emergency" | "Alert") => Severity::Critical,
        _ if columns.class == "Debug" => Severity::Debug,
        _ => Severity::Unknown,
    }
}

/// `V-117-49` in `[Info] V-117-49received`.
fn message_id(text: &str) -> Option<&str> {
    let at = text.find("V-")?;
    let free = at == 0 || matches!(text.as_bytes().get(at - 1), Some(b' ' | b']'));
    let rest = text.get(at..)?;
    let parsed: IResult<&str, (&str, &str, &str, &str)> = (tag("V-"), digit1, tag("-"), digit1).parse(rest);
    let (behind, _) = parsed.ok()?;
    rest.get(..rest.len() - behind.len()).filter(|_| free)
}

#[derive(Serialize, Deserialize)]
struct UnifiedGrammar;

impl Grammar for UnifiedGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupUnified
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        let (read, columns, text) = read_head(line)?;
        let mut record = Record::new(Dialect::NetbackupUnified, text);
        record.stamp = read.cast(sink);
        record.process = columns.process.map(Cow::Borrowed);
        record.pid = columns.pid;
        record.severity = severity(&columns, text);
        record.code = message_id(text).map(Cow::Borrowed);
        let context = columns.context.unwrap_or("");
        let in_text = || text.split_once("jobid=").map(|(_, rest)| rest);
        let job = context_value(context, "jobid").or_else(in_text).map(leading_digits);
        let values = [
            ("originator", columns.originator),
            ("job_id", job.filter(|job| !job.is_empty() && *job != "0")),
            ("parent", context_value(context, "parentid")),
            ("request_id", context_value(context, "reqid")),
        ];
        record
            .fields
            .extend(values.into_iter().filter_map(|(name, value)| Some((name, Cow::Borrowed(value?)))));
        Some(record)
    }

    /// Of a line without a message id and without an error nothing is kept but its time.
    #[inline]
    fn skim(&mut self, line: &str, _number: u64, sink: &mut dyn Sink) -> Option<Stamp> {
        let read = dates::date_time(line).filter(|_| line.starts_with(|c: char| c.is_ascii_digit()))?;
        let rest = line.get(read.length..)?.strip_prefix(" [")?;
        let rest =
            ["Debug", "Application", "Diagnostic"].iter().find_map(|class| rest.strip_prefix(class))?;
        rest.starts_with("] NB 51216 ").then(|| read.cast(sink))
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let mut record = record;
        if let (true, Cow::Borrowed(body)) = (record.head, &record.body) {
            let text = wording::first_paragraph(body);
            record.body = Cow::Borrowed(text);
            if let Some(id) = backup_id::find(text) {
                record.fields.push(("backup_id", Cow::Borrowed(id.text)));
            }
        }
        sink.record(record);
    }
}

fn leading_digits(text: &str) -> &str {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..digits).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;

    const NBJM: &str = "\
6/9/2010 09:17:52.406 [Debug] NB 51216 nbjm 117 PID:1364TID:4120 File ID:117 [ jobid=24871 parentid=24871] 6[BackupJob::updateJobInstance] --- EXITING --- : obj = 00000000031F7A40(BackupJob.cpp:2313)
6/9/2010 09:17:52.406 [Application] NB 51216nbjm 117 PID:1364 TID:4120 File ID:117 [reqid=-1276089650] [Info] V-117-49received WRITE DONE message: Msg: type = 39 BRMWroteMsg:backupid=hel6_1276090526, Kbytes written=48832
6/9/2010 11:17:52.584 [Debug] NB 51216 nbjm 117 PID:1364 TID:3052 File ID:117[reqid=-1276089650] 4 [BRMComm: :terminateAllJobs] (0000000003155D20) jobid=24871 (BRMComm.cpp:2014)
  wrapped
6/9/2010 11:17:52.584 [Debug]NB 51216 nbjm 117 PID:1364 TID:3052 File ID
";

    #[test]
    fn lines_that_lost_their_blanks() {
        let log = read(&Unified, NBJM);
        assert_eq!((log.heads(), log.headless()), (4, 0));
        assert!(log.records.iter().all(|r| (r.process.as_deref(), r.pid) == (Some("nbjm"), Some(1364))));
        assert_eq!(log.records[0].stamp.to_string(), "2010-06-09T09:17:52.406");
        assert_eq!(log.records[0].field("job_id"), Some("24871"));
        let done = &log.records[1];
        assert_eq!((done.code.as_deref(), done.severity), (Some("V-117-49"), Severity::Info));
        assert_eq!(done.field("backup_id"), Some("hel6_1276090526"));
        assert_eq!((done.field("job_id"), done.field("request_id")), (None, Some("-1276089650")));
        assert!(done.body.starts_with("[Info] V-117-49received WRITE DONE"));
        assert_eq!(log.records[2].field("job_id"), Some("24871"));
        assert!(log.records[2].body.ends_with("wrapped"));
        check_cuts(&Unified, NBJM);
    }

    #[test]
    fn what_is_claimed() {
        for line in NBJM.lines().filter(|line| line.starts_with('6')) {
            assert_eq!(Unified.claim(line), Claim::Strong, "{line}");
        }
        for line in [
            "",
            "[2024-01-15 03:45:22] INFO: 51216 job started",
            "2024-01-15 03:45:22 [Debug] service 51217 x",
            "0,51216,117,117,1,1263919625123,880,3876,0:,",
            "51216 nbjm",
        ] {
            assert_eq!(Unified.claim(line), Claim::No, "{line}");
        }
    }
}
