//! Job details: what the Activity Monitor, the web interface or `bpdbjobs` show of one job, copied to a text.
//!
//! ```text
//! 03/05/2009 15:05:58 - Critical bpdm (pid=15749) image open failed: error 2060013: no more entries
//! 8/6/2014 3:52:37 PM - Critical bptm(pid=10384) image write failed: error -1: plugin error
//! 29.jan.2021 03:02:43 - Critical bptm (pid=50205) get frag failed, backup id (filer9_1603821638)
//! Nov 14, 2024 1:30:22 PM - Error bptm (pid=1546786) media manager terminated by parent process
//! media write error (84)
//! ```
//!
//! In order: 6.5, 7.6, 8.2 on a console of another language, 10.4, and the undated status that ends a job. The body
//! is the message, without severity, process and process id. What the lines look like stands in [`super::job_text`];
//! here is what makes them one job.
//!
//! # Sessions
//!
//! A text may hold several jobs, pasted one after another, and nothing marks their borders. A new session begins
//!
//! - behind an undated status line, with whatever follows;
//! - behind the end of the operation that began the job (`end Duplicate; elapsed time ...`), with the beginning of
//!   another: until then the rest of the old job may follow;
//! - at a line that names another job (`Job ID: 77`, `(jobid=77)`);
//! - where more than a day is silent and the next line is of a process that the job did not have.
//!
//! A second try stays in its job: its lines follow without a status line, under new process ids. Times step back by
//! seconds inside a job and tell nothing.

use std::borrow::Cow;

use super::job_text;
use super::told::Told;
use super::vm_run::PastedRun;
use super::{backup_id, epochs, wording};
use crate::base::stamp::DAY;
use crate::base::{DateOrder, Dialect, FactKind, Record, Role, Severity, Sink, Splitter, Stamp};
use crate::dialect::dates;
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext};

/// No time stamp is longer than this: `11 September 2024 11:11:11.123 a.m.` and some blanks.
const LONGEST_STAMP: usize = 64;

/// The longest undated status line. The texts of the product are shorter; what is longer is a sentence.
const LONGEST_STATUS: usize = 160;

/// Process ids of one job that are remembered. Jobs have a dozen processes; a bound, because logs are hostile.
const PIDS: usize = 64;

/// The beginning of a message that consoles print without a time.
const UNDATED: &str = "A portion of data to be included from a previous backup (";

/// The reader of job details.
pub struct Job;

impl Reader for Job {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupJob
    }

    fn claim(&self, line: &str) -> Claim {
        match dated(line) {
            None if line.starts_with(UNDATED) => Claim::Strong,
            Some((_, text)) if job_text::is_distinct(text) => Claim::Strong,
            Some(_) => Claim::Weak,
            None => Claim::No,
        }
    }

    fn telling_words(&self) -> &'static [&'static str] {
        &["tatus", "TATUS", "ERR -", "FTL -", "for client "]
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(JobGrammar::default()))
    }
}

/// A line's stamp and the text behind ` - `.
fn dated(line: &str) -> Option<(dates::Read, &str)> {
    // Nearly every line of job details is done with here.
    if line.starts_with(|c: char| c.is_ascii_digit())
        && let Some(read) = dates::date_time(line).filter(|read| read.length + 3 <= LONGEST_STAMP)
        && let Some(text) = line.get(read.length..).and_then(|rest| rest.strip_prefix(" - "))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
    {
        return Some((read, text));
    }
    let line = line.trim_start_matches([' ', '\t', '\u{a0}']);
    // Most lines of other logs are done with here.
    if !line.starts_with(char::is_alphanumeric) {
        return None;
    }
    let start = line.get(..LONGEST_STAMP).unwrap_or(line);
    if !start.contains(['-', '\u{2013}']) && line.is_char_boundary(LONGEST_STAMP) {
        return None;
    }
    let read = dates::date_time(line)?;
    let rest = line.get(read.length..)?.trim_start_matches([' ', '\t', '\u{a0}']);
    let rest = rest.strip_prefix(['-', '\u{2013}', '\u{2014}'])?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t', '\u{a0}']) {
        return None;
    }
    Some((read, rest.trim_start_matches([' ', '\t', '\u{a0}'])))
}

/// Reads one dated line as a record; for job details inside other formats.
pub(super) fn read_line<'a>(line: &'a str, sink: &mut dyn Sink) -> Option<Record<'a>> {
    let mut record = begin(line, sink)?;
    complete(&mut record);
    Some(record)
}

/// `Info bptm (pid=4503) using 64 data buffers`: the process id and a message that names neither job, image nor
/// resource, and no status at its end.
fn plain_info(text: &str) -> Option<(u64, &str)> {
    let name = text.strip_prefix("Info ")?;
    let open = memchr::memchr2(b' ', b'(', name.as_bytes()).filter(|end| *end > 0)?;
    let pid = name.get(open..)?.trim_start_matches(' ').strip_prefix("(pid=")?;
    let (pid, message) = pid.split_once(')')?;
    let is_short = (1..=9).contains(&pid.len()) && pid.bytes().all(|byte| byte.is_ascii_digit());
    let message = message.trim();
    let tells = message.bytes().any(|byte| matches!(byte, b'_' | b'=' | b'(' | b')'))
        || message.starts_with("starting ") && message.contains(" job")
        || ["begin ", "end ", "ended ", "requesting resource"].iter().any(|begin| message.starts_with(begin));
    (is_short && !tells && !message.is_empty()).then(|| Some((pid.parse().ok()?, message))).flatten()
}

fn begin<'a>(line: &'a str, sink: &mut dyn Sink) -> Option<Record<'a>> {
    let (read, text) = dated(line)?;
    let mut record = Record::new(Dialect::NetbackupJob, text);
    record.stamp = read.cast(sink);
    job_text::begin(&mut record, text);
    Some(record)
}

fn complete(record: &mut Record<'_>) {
    if let Cow::Borrowed(message) = record.body {
        let message = wording::first_paragraph(message);
        record.body = Cow::Borrowed(message);
        job_text::complete(record, message);
    }
}

/// The text of an undated status line, and its status: `media write error (84)`.
fn status_line(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_end();
    let status = wording::any_trailing_status(line).filter(|_| line.len() <= LONGEST_STATUS)?;
    let text = line.strip_suffix(')')?.strip_suffix(status)?.strip_suffix('(')?.trim_end();
    let is_sentence = text.starts_with(|c: char| c.is_alphabetic())
        && text.contains(' ')
        && !text
            .contains(|c: char| c.is_ascii_digit() || matches!(c, '=' | '<' | '>' | ';' | '|' | '_' | '\t'));
    is_sentence.then_some((text, status))
}

/// `Job ID: 601184` above the details of a job.
fn job_header(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = ["Job ID", "Job Id", "JobID", "Jobid", "job id", "Job"]
        .iter()
        .find_map(|name| line.strip_prefix(name))?;
    let id = rest.trim_start_matches([' ', ':', '=', '#', '\t', '\u{a0}']);
    let is_number = !id.is_empty() && id.len() <= 10 && id.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && id.len() < rest.len()).then_some(id)
}

/// How far the job at hand has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    /// It goes on.
    #[default]
    Open,
    /// Its main operation has ended: the next beginning is that of another job.
    Operation,
    /// Its status was given: the next line is of another job.
    Status,
}

#[derive(Default)]
struct JobGrammar {
    /// A record of this dialect was seen: undated status lines are expected.
    in_details: bool,
    session: u32,
    job: Current,
    run: PastedRun,
    told: Told,
    /// A head was read whose record is not complete.
    is_pending: bool,
}

/// The job at hand.
#[derive(Default)]
struct Current {
    /// It has records.
    begun: bool,
    id: Option<u64>,
    operation: Option<String>,
    end: End,
    last: Option<Stamp>,
    pids: Vec<u64>,
}

impl Current {
    /// Does this record begin another job?
    fn is_over(&self, record: &Record<'_>) -> bool {
        if !self.begun {
            return false;
        }
        let named = record.field("job_id").and_then(|id| id.parse::<u64>().ok());
        if record.kind == HEADER {
            // A header stands above its job: what came before it without a number is another one.
            return self.id != named;
        }
        if let (Some(mine), Some(named)) = (self.id, named)
            && starts_a_job(&record.body)
        {
            return mine != named;
        }
        match self.end {
            End::Status => record.head && record.kind != STATUS,
            End::Operation => is_beginning(&record.body),
            End::Open => self.is_long_silent(record),
        }
    }

    fn is_long_silent(&self, record: &Record<'_>) -> bool {
        let known = record.pid.is_none_or(|pid| self.pids.contains(&pid));
        !known && self.is_silent_before(record.stamp)
    }

    /// More than a day before this time.
    fn is_silent_before(&self, stamp: Stamp) -> bool {
        let Some(last) = self.last else { return false };
        // Read both ways, as day and month may yet be exchanged.
        [DateOrder::Mdy, DateOrder::Dmy].into_iter().all(|order| {
            let micros = |stamp: Stamp| match stamp.in_order(order) {
                Stamp::Dated { micros, .. } => Some(micros),
                _ => None,
            };
            matches!((micros(last), micros(stamp)), (Some(last), Some(now)) if now - last > DAY)
        })
    }

    /// Would a record of this process and time, which says nothing of the job, change nothing but the time?
    fn is_plain(&self, pid: Option<u64>, stamp: Stamp) -> bool {
        let is_known = pid.is_none_or(|pid| self.pids.contains(&pid));
        self.begun && (is_known || self.pids.len() >= PIDS && !self.is_silent_before(stamp))
    }

    fn take_in(&mut self, record: &Record<'_>) {
        self.begun = true;
        if self.id.is_none() && (record.kind == HEADER || starts_a_job(&record.body)) {
            self.id = record.field("job_id").and_then(|id| id.parse().ok());
        }
        if let Some(pid) = record.pid
            && !self.pids.contains(&pid)
            && self.pids.len() < PIDS
        {
            self.pids.push(pid);
        }
        if record.stamp.is_dated() {
            self.last = Some(record.stamp);
        }
        if record.kind == STATUS {
            self.end = End::Status;
        } else if let Some(operation) = job_text::begun_operation(&record.body).filter(is_whole_job) {
            self.operation.get_or_insert_with(|| operation.to_owned());
        } else if let Some(operation) = job_text::ended_operation(&record.body).filter(is_whole_job)
            && self.operation.as_deref().is_none_or(|begun| begun == operation)
        {
            self.end = End::Operation;
        }
    }
}

/// Does the job manager name the job that starts here?
fn starts_a_job(body: &str) -> bool {
    body.starts_with("starting ") && body.contains(" job")
}

/// Steps of an operation (`Flash Backup: Create Snapshot`) begin and end many times in one job.
fn is_whole_job(operation: &&str) -> bool {
    !operation.contains(':')
}

/// Lines with which a job begins.
fn is_beginning(body: &str) -> bool {
    job_text::begun_operation(body).is_some() || starts_a_job(body) || body.starts_with("requesting resource")
}

/// Kind of the undated line that ends a job.
const STATUS: &str = "job-status";
/// Kind of the undated line above a job that names it.
const HEADER: &str = "job-header";

impl Grammar for JobGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupJob
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        let mut record = self.read_head(line, sink)?;
        self.is_pending = true;
        record.number = Some(number);
        Some(record)
    }

    fn begins(&self, line: &str) -> bool {
        dated(line).is_some()
    }

    fn reads_tails(&self) -> bool {
        true
    }

    /// Of what a process says that the job has already, and that names nothing, only the time is kept.
    fn skim(&mut self, line: &str, _number: u64, sink: &mut dyn Sink) -> Option<Stamp> {
        if self.is_pending || !self.in_details || self.job.end != End::Open {
            return None;
        }
        let (read, text) = dated(line).filter(|(read, _)| read.stamp.is_dated())?;
        let (pid, message) = match text {
            "begin writing" => (None, text),
            _ => plain_info(text).map(|(pid, message)| (Some(pid), message))?,
        };
        if !self.job.is_plain(pid, read.stamp) || !self.run.learns_nothing(message) {
            return None;
        }
        self.job.last = Some(read.stamp);
        Some(read.cast(sink))
    }

    fn session(&self) -> Option<u32> {
        Some(self.session)
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        self.is_pending = false;
        let mut record = record;
        if !record.head {
            sink.record(record);
            return;
        }
        complete(&mut record);
        // Only for the run: the log itself does not count its records.
        let line = record.number.take().unwrap_or(0);
        if self.job.is_over(&record) {
            self.run.give(self.session, record.start, sink);
            self.session = self.session.saturating_add(1);
            (self.job, self.run) = (Current::default(), PastedRun::default());
        }
        self.job.take_in(&record);
        self.run.see(&record, line);
        record.session = Some(self.session);
        if let Some(order) = record
            .field("backup_id")
            .and_then(backup_id::find)
            .and_then(|id| backup_id::order_shown(record.stamp, id.epoch))
        {
            sink.date_vote(order);
        }
        if let Some(moment) = epochs::find(&record.body) {
            epochs::tell(moment, &record, sink);
        }
        if let Some(media) = record.field("media_server") {
            self.told.role(Some(media), Role::Media, &record, sink);
            if let Some(name) = record.field("storage_server") {
                let server = FactKind::StorageServer { name: name.to_owned(), kind: None };
                self.told.tell(media, server, &record, sink);
            }
        }
        sink.record(record);
    }

    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        self.run.give(self.session, end, sink);
    }
}

impl JobGrammar {
    fn read_head<'a>(&mut self, line: &'a str, sink: &mut dyn Sink) -> Option<Record<'a>> {
        if let Some(record) = begin(line, sink) {
            self.in_details = true;
            return Some(record);
        }
        if self.in_details
            && let Some((_, status)) = status_line(line)
        {
            let mut record = Record::new(Dialect::NetbackupJob, line);
            record.kind = STATUS;
            record.severity = match status.parse() {
                Ok(0) => Severity::Info,
                Ok(1) => Severity::Warning,
                _ => Severity::Error,
            };
            return Some(record);
        }
        if line.starts_with(UNDATED) {
            return Some(Record::new(Dialect::NetbackupJob, line));
        }
        let id = job_header(line)?;
        let mut record = Record::new(Dialect::NetbackupJob, line);
        record.kind = HEADER;
        record.fields.push(("job_id", Cow::Borrowed(id)));
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{Collected, check_cuts, read};
    use super::*;

    const DUPLICATION: &str = "\
03/02/2010 07:27:20 - begin Duplicate
03/02/2010 07:27:25 - Info Duplicate (pid=31180) Initiating optimized duplication from @aaaac to @aaaaf
03/02/2010 07:27:26 - started process bpdm (pid=4418)
03/02/2010 07:27:19 - requesting resource LCM_med2_ddval4-backup1
03/02/2010 07:27:22 - granted resource MediaID=@aaaaf;DiskVolume=dd4_b1;DiskPool=dd4_b1;Path=dd4_b1;StorageServer=dd4;MediaServer=med2
03/02/2010 07:27:55 - end writing; write time: 0:00:23
03/02/2010 07:28:09 - Critical bpdm (pid=4418) image open failed: error 2060013: no more entries
03/02/2010 07:28:10 - Error bpduplicate (pid=31180) host med2 backup id med2_1267534039 optimized duplication failed, media open error (83).
03/02/2010 07:28:11 - Error bpduplicate (pid=31180) Status = no images were successfully processed.
03/02/2010 07:28:11 - Error bpduplicate (pid=31180) Continuing with normal duplication.
03/02/2010 07:28:14 - started process bptm (pid=4503)
03/02/2010 07:28:11 - requesting resource @aaaac
03/02/2010 08:14:38 - end Duplicate; elapsed time 0:47:18 no images were successfully processed (191)
";

    fn sessions(log: &Collected) -> Vec<u32> {
        log.records.iter().filter_map(|record| record.session).collect()
    }

    #[test]
    fn a_duplication_is_one_session() {
        let log = read(&Job, DUPLICATION);
        assert_eq!((log.heads(), log.headless()), (13, 0));
        assert_eq!(sessions(&log), [0; 13]);
        let failed = &log.records[7];
        assert_eq!(
            failed.body,
            "host med2 backup id med2_1267534039 optimized duplication failed, media open error (83)."
        );
        assert_eq!(
            (failed.process.as_deref(), failed.pid, failed.code.as_deref()),
            (Some("bpduplicate"), Some(31180), Some("83"))
        );
        assert_eq!(failed.severity, Severity::Error);
        assert_eq!(failed.field("backup_id"), Some("med2_1267534039"));
        assert_eq!(log.records[4].field("media_server"), Some("med2"));
        assert_eq!(log.records[12].code.as_deref(), Some("191"));
        assert_eq!(log.records[3].stamp.to_string(), "2010-03-02T07:27:19");
        // The image was created on the second of March: this is no third of February.
        assert_eq!(log.votes, [DateOrder::Mdy]);
        check_cuts(&Job, DUPLICATION);
    }

    #[test]
    fn several_jobs_in_one_text() {
        let twice = format!("{DUPLICATION}{DUPLICATION}");
        let log = read(&Job, &twice);
        assert_eq!((log.heads(), log.headless()), (26, 0));
        assert_eq!(sessions(&log), [[0; 13], [1; 13]].concat());

        let text = "\
09/18/2013 21:03:27 - begin writing
09/18/2013 21:03:38 - end writing; write time: 0:00:11
the requested operation was successfully completed (0)
09/18/2013 21:59:16 - Info nbjm (pid=30846) starting backup job (jobid=8) for client c1, policy p1, schedule Full
09/18/2013 21:59:50 - Error bptm (pid=5) media write error, continuing
09/18/2013 22:10:00 - Info nbjm (pid=30846) starting backup job (jobid=8) for client c1, policy p1, schedule Full
09/18/2013 22:11:00 - end writing; write time: 0:00:09
media write error  (84)
Job ID: 9
09/18/2013 22:53:04 - Info nbjm (pid=30846) starting backup job (jobid=9) for client c2, policy p1, schedule Full
09/18/2013 22:54:04 - Info nbjm (pid=30846) starting backup job (jobid=10) for client c3, policy p1, schedule Full
";
        let log = read(&Job, text);
        assert_eq!((log.heads(), log.headless()), (11, 0));
        assert_eq!(sessions(&log), [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3]);
        assert_eq!(log.records[2].severity, Severity::Info);
        assert_eq!((log.records[7].kind, log.records[7].code.as_deref()), (STATUS, Some("84")));
        assert_eq!(log.records[7].stamp, Stamp::None);
        check_cuts(&Job, text);
    }

    #[test]
    fn days_apart_are_not_one_job() {
        let text = "\
3/14/2012 9:05:48 PM - Info bpbrm(pid=6208) accelerator enabled
3/14/2012 9:06:11 PM - Info bpbkar32(pid=3524) using change journal data for <D:\\>
3/17/2012 11:30:02 AM - Info bpbrm(pid=7040) accelerator enabled
3/18/2012 12:14:39 AM - Info bpbrm(pid=5812) accelerator enabled
";
        let log = read(&Job, text);
        assert_eq!(sessions(&log), [0, 0, 1, 1]);
        assert_eq!(log.votes, [DateOrder::Mdy; 4]);
        assert_eq!(log.records[0].stamp.to_string(), "2012-03-14T21:05:48");
    }

    #[test]
    fn stamps_of_many_consoles() {
        let text = "\
8/6/2014 3:52:37 PM - Critical bptm(pid=10384) image write failed: error -1: plugin error
Dec 17, 2021 12:00:20\u{202f}PM - Info bpdm (pid=154836) started
29.jan.2021 03:02:43 - Critical bptm (pid=50205) get frag failed, backup id (filer9_1603821638)
07/16/16 17:53:38 - Job 601184 restarted as job 601216
2024-03-05 01:02:03 \u{2013} begin Verify
2024/03/05 01:02:04 -
";
        let log = read(&Job, text);
        let stamps: Vec<String> = log.records.iter().map(|record| record.stamp.to_string()).collect();
        assert_eq!(
            stamps,
            [
                "2014-08-06T15:52:37",
                "2021-12-17T12:00:20",
                "2021-01-29T03:02:43",
                "2016-07-16T17:53:38",
                "2024-03-05T01:02:03",
                "2024-03-05T01:02:04"
            ]
        );
        check_cuts(&Job, text);
    }

    #[test]
    fn what_belongs_to_the_line_before() {
        let text = "copied from the console (1)\r\n\
            03/05/2009 15:05:58 - Error bpbrm (pid=1) from client c: ERR - bpbkar killed by\r\n\
            SIGNAL 11, backup id c_1236281108 (13)\r\n\
            file read failed (13)\r\n\
            \r\n\
            A portion of data to be included from a previous backup (backupid = c_1236281109, offset = 5) has x\r\n";
        let log = read(&Job, text);
        assert_eq!((log.heads(), log.headless()), (3, 1));
        let error = &log.records[1];
        assert_eq!(
            error.body,
            "from client c: ERR - bpbkar killed by\r\nSIGNAL 11, backup id c_1236281108 (13)"
        );
        assert_eq!((error.code.as_deref(), error.field("backup_id")), (Some("13"), Some("c_1236281108")));
        assert_eq!((log.records[2].kind, log.records[2].code.as_deref()), (STATUS, Some("13")));
        // The console prints this one without a time, above the line that it explains.
        assert_eq!(log.records[3].field("previous_backup_id"), Some("c_1236281109"));
        check_cuts(&Job, text);
    }

    #[test]
    fn prose_around_pasted_lines_is_no_message() {
        let text = "03/05/2009 15:52:27 - end Duplicate; elapsed time 0:47:18 no images were successfully processed (191)\n\
            \n\
            Status 83 and 84 may point to this issue.\n";
        let log = read(&Job, text);
        assert_eq!(log.records[0].code.as_deref(), Some("191"));
        assert!(log.records[0].body.ends_with("(191)"));
        assert_eq!(log.records[0].end, text.len());
    }

    #[test]
    fn pasted_details_of_a_virtual_machine() {
        let text = "\
03/25/2010 06:47:19 - Info nbjm (pid=3) starting backup job (jobid=77) for client web01, policy vm, schedule Daily
03/25/2010 06:47:20 - Info nbjm (pid=3) started backup (backupid=web01_1269521239) job for client web01, policy vm, schedule Daily on storage unit u
03/25/2010 06:47:25 - begin writing
03/25/2010 06:47:26 - Info bpbkar (pid=9) INF - Transport Type =  nbd
03/25/2010 06:47:49 - end writing; write time: 0:00:24
the requested operation was partially successful (1)
03/25/2010 06:49:19 - Info nbjm (pid=3) starting backup job (jobid=78) for client web02, policy vm, schedule Daily
03/25/2010 06:49:25 - begin writing
";
        let log = read(&Job, text);
        let runs = log.of("vm-backup");
        assert_eq!(runs.len(), 1, "nothing shows VMware in the second job");
        assert_eq!(
            (runs[0].stamp.to_string().as_str(), runs[0].line, runs[0].session),
            ("2010-03-25T06:47:19", Some(1), Some(0))
        );
        for (name, value) in [
            ("vm", "web01"),
            ("method", "unknown"),
            ("result", "partial"),
            ("job", "77"),
            ("restore_point", "web01_1269521239"),
        ] {
            assert_eq!(runs[0].field(name), Some(value), "{name}");
        }
        check_cuts(&Job, text);
    }

    #[test]
    fn an_epoch_beside_local_text_shows_the_zone() {
        let text = "09/13/2023 05:41:07 - Info bpdbm (pid=21744) deleting images which expire before Wed Sep 13 05:41:06 2023 (1694576466)\n";
        let log = read(&Job, text);
        assert_eq!(log.facts.len(), 1);
        assert_eq!(log.facts[0].1, FactKind::ZoneOffset { east: 7200 });
        assert_eq!(log.facts[0].2.to_string(), "2023-09-13T05:41:06+02:00");
    }

    #[test]
    fn what_is_claimed() {
        for line in DUPLICATION.lines() {
            let distinct = !line.contains("requesting resource med2");
            assert_eq!(Job.claim(line) == Claim::Strong, distinct, "{line}");
        }
        for line in [
            "2024-01-05 10:00:00 - connecting to server",
            "08/07/2013 13:06:04 -  can not decompress file  -",
            "Jan 5, 2024 10:00:00 AM - meeting with the vendor (3)",
        ] {
            assert_eq!(Job.claim(line), Claim::Weak, "{line}");
        }
        for line in [
            "",
            "media write error (84)",
            "2024-01-05 10:00:00 text - more",
            "2024-01-05 10:00:00 -5 degrees",
            "[2024-01-15 03:45:22] INFO: job started",
            "bprd[1234]: started",
            "14:55:05.986 [14922] <16> a - b",
        ] {
            assert_eq!(Job.claim(line), Claim::No, "{line}");
        }
    }
}
