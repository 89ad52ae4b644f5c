//! `tsm.sched`: the client's scheduler log (`dsmsched.log`, its pruned copy).
//!
//! Every line begins with a time stamp; lines without belong to the record above. A session is one run of a
//! schedule, and each run gives one derived `schedule-run` record (`schedule`, `node`, `action`, `result`,
//! `return_code`, `complete`). A run without its end was cut off and is `unknown`, not a success; `completed
//! successfully` with failed objects is `partial`; for `Action: Command` it only says that the command was started.
//!
//! ```text
//! 04/03/2007 03:00:00 --- SCHEDULEREC OBJECT BEGIN NIGHTLY 04/03/2007 03:00:00                    (5.x)
//! 02/01/2013   22:03:11 Successful Full VM backup of VMware Virtual Machine 'srv-db1'             (6.4)
//! 2019-03-20 02:29:05 ANS1512E Scheduled event 'NIGHTLY' failed.  Return code = 12.               (7.1)
//! 2022-06-09 20.00.11 IBM Spectrum Protect Backup-Archive Client Version 8, Release 1, Level 14.0 (8.1)
//! ```
//!
//! It stops at what the server thinks of the run: see `tsm.actlog` and `tsm.events`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::clock::{self, Clock};
use super::error::is_log_mark;
use super::message::{message, quoted};
use super::planned::Planned;
use super::progress::{FILE, file_line, is_known_kind};
use super::run::Client;
use super::vm_backup::{Moment, derived};
use crate::base::stamp::{DAY, HOUR};
use crate::base::{Dialect, Record, Severity, Sink, Splitter, Stamp};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::Word;
use crate::dialect::saved::save;
use crate::dialect::shown::Shown;
use crate::dialect::{Claim, Place, Reader, SourceContext};

/// The reader of scheduler logs.
pub(super) struct SchedulerLog;

impl Reader for SchedulerLog {
    fn dialect(&self) -> Dialect {
        Dialect::TsmSched
    }

    fn claim(&self, line: &str) -> Claim {
        match clock::stamp(line) {
            Some(head) if is_scheduler_text(head.rest) => Claim::Strong,
            _ => Claim::No,
        }
    }

    fn absorbs(&self) -> &'static [Dialect] {
        &[Dialect::TsmError, Dialect::TsmConsole]
    }

    fn place(&self, path: &str) -> Place {
        super::stream_of(path)
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(SchedulerGrammar::new()))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<SchedulerGrammar>::restored(saved)
    }
}

/// Texts that only a scheduler writes behind a stamp.
fn is_scheduler_text(text: &str) -> bool {
    const BEGINNINGS: [&str; 16] = [
        "--- SCHEDULEREC ",
        "Querying server for next scheduled event",
        "Scheduler has been st",
        "Session established with server ",
        "Scheduled event '",
        "Sending results for scheduled event",
        "Results sent to server for scheduled event",
        "Executing scheduled command now",
        "Next operation scheduled:",
        "Server Window Start:",
        "Total number of objects ",
        "Total number of virtual machines ",
        "Backup VM command ",
        "Starting Full VM backup of ",
        "Successful Full VM backup of ",
        "Schedule will be refreshed in",
    ];
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
        || text.contains("Backup-Archive Client Version ") && message(text).is_none()
        || file_line(text).is_some_and(|file| is_known_kind(file.kind))
}

/// A run of a schedule.
#[derive(Serialize, Deserialize)]
struct Run {
    schedule: Option<String>,
    action: Option<String>,
    first: Moment,
    #[serde(with = "crate::dialect::saved::word")]
    result: Option<Word>,
    return_code: Option<String>,
    failed_objects: bool,
    /// `OBJECT END` or the result was seen.
    complete: bool,
    /// `OBJECT BEGIN` was seen.
    begun: bool,
}

#[derive(Serialize, Deserialize)]
struct SchedulerGrammar {
    clock: Clock,
    client: Client,
    run: Option<Run>,
    /// What the server announced: schedule, action.
    next: (Option<String>, Option<String>),
    /// Options of the announced schedule, which may ask for a mode.
    next_options: String,
    planned: Planned,
    #[serde(skip)]
    shown: Shown,
    /// A head was read whose record is not complete.
    #[serde(skip)]
    is_pending: bool,
}

impl SchedulerGrammar {
    fn new() -> SchedulerGrammar {
        SchedulerGrammar {
            clock: Clock::default(),
            client: Client::new(Dialect::TsmSched),
            run: None,
            next: (None, None),
            next_options: String::new(),
            planned: Planned::default(),
            shown: Shown::default(),
            is_pending: false,
        }
    }
}

impl Grammar for SchedulerGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::TsmSched
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        let mut record = match self.clock.read(line, number, sink) {
            Some(head) => {
                let mut record = Record::new(Dialect::TsmSched, head.rest);
                record.stamp = head.stamp;
                record.fields.push((PRINTED, Cow::Borrowed(head.printed)));
                record
            }
            None if is_log_mark(line) => Record::new(Dialect::TsmSched, line),
            None => return None,
        };
        record.line = Some(number);
        self.is_pending = true;
        Some(record)
    }

    fn begins(&self, line: &str) -> bool {
        clock::stamp(line).is_some()
    }

    /// Of a line about a file, which nearly all lines are, nothing is kept but its time, unless somebody asks for such
    /// lines or the run learns from it.
    fn skim(&mut self, line: &str, number: u64, sink: &mut dyn Sink) -> Option<Stamp> {
        let head = clock::stamp(line).filter(|_| !self.is_pending)?;
        let file = file_line(head.rest).filter(|file| is_known_kind(file.kind))?;
        let session = self.client.session;
        let is_over = self.run.as_ref().is_some_and(Run::has_result);
        let values = [("path", Some(file.path)), ("result", file.result), ("retry", file.retry)];
        let is_plain = !is_over
            && self.client.banner.learns_nothing(file.path)
            && self.shown.is_of(session)
            && values
                .iter()
                .all(|(name, value)| value.is_none_or(|value| self.shown.knows(session, name, value)))
            && !sink.wants_kind(FILE);
        is_plain.then(|| {
            self.clock.pass(number);
            if let Some(order) = head.vote {
                sink.date_vote(order);
            }
            head.stamp
        })
    }

    fn session(&self) -> Option<u32> {
        self.client.session
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        self.is_pending = false;
        let Some(line) = record.line.take() else {
            sink.record(record);
            return;
        };
        let at = Moment { stamp: record.stamp, printed: printed(&mut record), line };
        let Cow::Borrowed(text) = record.body else { return sink.record(record) };
        let step = step(text);
        self.before(&step, &record, &at, sink);
        self.client.see(&mut record, &at, sink);
        self.within(&step, text, &mut record, sink);
        record.session = self.client.session;
        let (start, end) = (record.start, record.end);
        self.shown.take_in(&record);
        let window = text.strip_prefix("Server Window Start:").filter(|_| record.kind == "announcement");
        sink.record(record);
        if let (Some(window), Some(schedule)) = (window.and_then(|rest| rest.lines().next()), &self.next.0) {
            self.planned.announce(schedule, window, &at, start, sink);
        }
        if matches!(step, Step::Sent) {
            self.close(end, sink);
        }
    }

    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        self.close(end, sink);
        self.client.end(Dialect::TsmSched, end, sink);
    }
}

/// Name under which the head hands the printed time to the record's end; it never leaves this family.
pub(super) const PRINTED: &str = "printed";

/// Takes the printed time out of a record.
pub(super) fn printed(record: &mut Record<'_>) -> String {
    match record.fields.iter().position(|(name, _)| *name == PRINTED) {
        Some(at) => record.fields.remove(at).1.into_owned(),
        None => String::new(),
    }
}

/// What a line means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'a> {
    /// The scheduler is between two runs.
    Outside,
    Execute,
    Begin(&'a str),
    Statistics,
    End(&'a str),
    Result(&'a str, &'static str),
    /// The command of an `Action: Command` ended with this code.
    Command(&'a str),
    /// The result is on its way to the server.
    Sending,
    Sent,
    Other,
}

fn step(text: &str) -> Step<'_> {
    if let Some(rest) = text.strip_prefix("--- SCHEDULEREC ") {
        let mut words = rest.split_whitespace();
        return match (words.next(), words.next()) {
            (Some("OBJECT"), Some("BEGIN")) => Step::Begin(words.next().unwrap_or("")),
            (Some("OBJECT"), Some("END")) => Step::End(words.next().unwrap_or("")),
            (Some("STATUS"), Some("BEGIN")) => Step::Statistics,
            (Some("QUERY"), _) => Step::Outside,
            _ => Step::Other,
        };
    }
    let event = message(text).map_or(text, |message| message.text);
    if let Some((name, rest)) = event.strip_prefix("Scheduled event ").and_then(quoted) {
        return match rest.trim_start() {
            rest if rest.starts_with("completed") => Step::Result(name, "success"),
            rest if rest.starts_with("failed") => Step::Result(name, "failed"),
            _ => Step::Other,
        };
    }
    if message(text).is_some_and(|message| message.number == "ANS1512") {
        // In another language: the quoted name is the schedule.
        let name = text.find('\'').and_then(|at| quoted(text.get(at..)?)).map_or("", |(name, _)| name);
        return Step::Result(name, "failed");
    }
    if text.starts_with("Finished command") {
        return Step::Command(text.rsplit_once(':').map_or("", |(_, code)| code.trim()));
    }
    const OUTSIDE: [&str; 3] =
        ["Querying server for next scheduled event", "Scheduler has been st", "Next operation scheduled"];
    match text {
        _ if text.starts_with("Executing scheduled command now") => Step::Execute,
        _ if text.starts_with("Sending results for scheduled event") => Step::Sending,
        _ if text.starts_with("Results sent to server for scheduled event") => Step::Sent,
        _ if OUTSIDE.iter().any(|beginning| text.starts_with(beginning)) || is_log_mark(text) => {
            Step::Outside
        }
        _ => Step::Other,
    }
}

impl SchedulerGrammar {
    /// Opens and closes runs before the record is read.
    fn before(&mut self, step: &Step<'_>, record: &Record<'_>, at: &Moment, sink: &mut dyn Sink) {
        let has_result = self.run.as_ref().is_some_and(Run::has_result);
        let begun = self.run.as_ref().is_some_and(|run| run.begun || run.result.is_some());
        let closes = match step {
            Step::Outside => true,
            Step::Begin(_) | Step::Execute => begun,
            Step::Statistics | Step::Other => has_result,
            _ => false,
        };
        if closes {
            self.close(record.start, sink);
        }
        if self.run.is_none() && !matches!(step, Step::Outside | Step::Other | Step::Sending | Step::Sent) {
            self.client.open_session();
            let options = std::mem::take(&mut self.next_options);
            self.client.begin_command(&options);
            let (schedule, action) = std::mem::take(&mut self.next);
            self.client.job.clone_from(&schedule);
            self.run = Some(Run {
                schedule,
                action,
                first: at.clone(),
                result: None,
                return_code: None,
                failed_objects: false,
                complete: false,
                begun: false,
            });
        }
    }

    /// Notes what the record says about its run, and in the record which run it belongs to.
    fn within<'a>(&mut self, step: &Step<'a>, text: &'a str, record: &mut Record<'a>, sink: &mut dyn Sink) {
        let Some(run) = &mut self.run else { return self.announce(text, record, sink) };
        let name = match *step {
            Step::Begin(name) => {
                run.begun = true;
                vote_by_scheduled_start(text, record.stamp, sink);
                name
            }
            Step::End(name) => {
                run.complete = true;
                name
            }
            Step::Result(name, result) => {
                // The result of a command is its own return code.
                let is_command = run.action.as_deref() == Some("Command");
                if result == "failed" || !is_command {
                    run.result = Some(result);
                }
                run.complete = true;
                if let Some(code) = return_code(text) {
                    run.return_code = Some(code.to_owned());
                    record.fields.push(("return_code", Cow::Borrowed(code)));
                }
                name
            }
            Step::Command(code) => {
                run.result = Some(result_of(code));
                run.return_code = Some(code.to_owned());
                ""
            }
            Step::Execute | Step::Sent => "",
            _ => return run.count(record),
        };
        run.note(name);
        self.client.job.clone_from(&run.schedule);
        record.fields.extend(run.fields(self.client.banner.node.as_deref()));
    }

    /// The server's announcement of the next run.
    fn announce(&mut self, text: &str, record: &mut Record<'_>, sink: &mut dyn Sink) {
        let Some((key, value)) = text.lines().next().and_then(|line| line.split_once(':')) else { return };
        let value = value.trim();
        match key {
            "Schedule Name" => {
                self.next = ((!value.is_empty()).then(|| value.to_owned()), None);
                self.next_options.clear();
            }
            "Action" => self.next.1 = (!value.is_empty()).then(|| value.to_owned()),
            "Options" | "Objects" => {
                self.next_options.push_str(value.get(..value.len().min(MOST_OPTIONS)).unwrap_or(""));
                self.next_options.push(' ');
            }
            "Server Window Start" => vote_by_window(value, record.stamp, sink),
            _ => return,
        }
        record.kind = "announcement";
    }

    /// The run at hand is over, or was cut off: gives it out at `offset`.
    fn close(&mut self, offset: usize, sink: &mut dyn Sink) {
        self.client.end_run(offset, sink);
        let machines = std::mem::take(&mut self.client.machines);
        if let Some(run) = self.run.take() {
            if let Some(schedule) = &run.schedule {
                self.planned.ran(schedule, machines);
            }
            let mut record =
                derived(Dialect::TsmSched, "schedule-run", &run.first, self.client.session, offset);
            let (result, complete) = run.outcome();
            record.fields.extend(run.fields(self.client.banner.node.as_deref()));
            record.fields.push(("result", Cow::Borrowed(result)));
            record.fields.push(("complete", Cow::Borrowed(if complete { "yes" } else { "no" })));
            if let Some(code) = &run.return_code {
                record.fields.push(("return_code", Cow::Borrowed(code)));
            }
            if result == "failed" {
                record.severity = Severity::Error;
            }
            let name = run.schedule.as_deref().unwrap_or("not named");
            record.body = Cow::Owned(format!("run of schedule {name}: {result}"));
            sink.record(record);
        }
        (self.client.session, self.client.job) = (None, None);
    }
}

/// Longest piece of a schedule's options that is looked at for a mode.
const MOST_OPTIONS: usize = 4096;

impl Run {
    /// Nothing more is expected of it.
    fn has_result(&self) -> bool {
        self.result.is_some() && self.complete
    }

    fn note(&mut self, name: &str) {
        if !name.is_empty() {
            self.schedule = Some(name.to_owned());
        }
    }

    fn count(&mut self, record: &Record<'_>) {
        if record.field("statistic") == Some("Total number of objects failed") {
            self.failed_objects |= record.field("value").is_some_and(|value| value != "0");
        }
    }

    fn outcome(&self) -> (&'static str, bool) {
        let complete = self.complete && self.result.is_some();
        match self.result {
            Some("success") if self.failed_objects => ("partial", complete),
            Some(result) => (result, complete),
            None => ("unknown", false),
        }
    }

    fn fields<'a>(&self, node: Option<&str>) -> Vec<(&'static str, Cow<'a, str>)> {
        [("schedule", self.schedule.as_deref()), ("node", node), ("action", self.action.as_deref())]
            .into_iter()
            .filter_map(|(name, value)| Some((name, Cow::Owned(value?.to_owned()))))
            .collect()
    }
}

/// Return codes of the client: 4 files were skipped, 8 warnings, 12 and others errors.
fn result_of(code: &str) -> &'static str {
    match code {
        "0" => "success",
        "4" | "8" => "partial",
        "" => "unknown",
        _ => "failed",
    }
}

/// `Return code = 12.`
fn return_code(text: &str) -> Option<&str> {
    let rest = text.get(text.rfind('=')? + 1..)?.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
    rest.get(..end).filter(|code| !code.is_empty())
}

/// `OBJECT BEGIN name DATE TIME`: the scheduled start lies before the record, by less than a day.
fn vote_by_scheduled_start(text: &str, stamp: Stamp, sink: &mut dyn Sink) {
    let date = text.splitn(6, char::is_whitespace).nth(5).map(str::trim);
    let Some(scheduled) = date.and_then(clock::stamp) else { return };
    if let Some(order) = scheduled.vote {
        sink.date_vote(order);
    }
    if let Some(order) = clock::order_of(scheduled.stamp, stamp, -HOUR, DAY) {
        sink.date_vote(order);
    }
}

/// `20.00.00 on 2022-06-09`: the window opens soon after it was announced, within three weeks by all but a monthly
/// schedule; a log of one that is polled for more than a fortnight shows a day above 12 as well.
pub(super) fn vote_by_window(value: &str, stamp: Stamp, sink: &mut dyn Sink) {
    let Some((time, date)) = value.split_once(" on ") else { return };
    let turned = format!("{} {}", date.trim(), time.trim());
    let Some(window) = clock::stamp(&turned) else { return };
    if let Some(order) = window.vote {
        sink.date_vote(order);
    }
    if let Some(order) = clock::order_of(stamp, window.stamp, -DAY, 20 * DAY) {
        sink.date_vote(order);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Collector, read};
    use super::*;
    use crate::base::DateOrder;

    fn sched(text: &str) -> Collector {
        read(&SchedulerLog, text)
    }

    const FILES: &str = "\
2019-01-22 22:40:28 ANS1512E Scheduled event 'NIGHTLY' failed.  Return code = 12.
2019-01-28 23:05:22 TSM Backup-Archive Client Version 7, Release 1, Level 2.0  \r
2019-01-28 23:05:22 Querying server for next scheduled event.
2019-01-28 23:05:22 Node Name: SRV5
2019-01-28 23:05:22 Session established with server TSMSRV1: Linux/x86_64
2019-01-28 23:05:22   Server Version 8, Release 1, Level 9.300
2019-01-28 23:05:22   Server date/time: 2019-01-28 23:05:23  Last access: 2019-01-28 11:00:00

2019-01-28 23:05:22 --- SCHEDULEREC QUERY BEGIN
2019-01-28 23:05:22 --- SCHEDULEREC QUERY END
2019-01-28 23:05:22 Next operation scheduled:
2019-01-28 23:05:22 Schedule Name:         NIGHTLY
2019-01-28 23:05:22 Action:                Incremental
2019-01-28 23:05:22 Server Window Start:   23:00:00 on 2019-01-28
2019-01-28 23:05:22 Executing scheduled command now.
2019-01-28 23:05:22 --- SCHEDULEREC OBJECT BEGIN NIGHTLY 2019-01-28 23:00:00
2019-01-28 23:06:00 Normal File-->            85,113 \\\\srv5\\c$\\data\\a b.txt  Changed
2019-01-28 23:06:01 Retry # 1  Normal File-->            85,113 \\\\srv5\\c$\\data\\a b.txt [Sent]
2019-01-28 23:06:02 ANS1228E Sending of object '\\\\srv5\\c$\\x' failed
2019-01-28 23:18:34 --- SCHEDULEREC STATUS BEGIN
2019-01-28 23:18:34 Total number of objects failed:               3
2019-01-28 23:18:34 --- SCHEDULEREC STATUS END
2019-01-28 23:18:34 --- SCHEDULEREC OBJECT END NIGHTLY 2019-01-28 23:00:00
2019-01-28 23:18:34 Scheduled event 'NIGHTLY' completed successfully.
2019-01-28 23:18:34 Sending results for scheduled event 'NIGHTLY'.
2019-01-28 23:18:34 Results sent to server for scheduled event 'NIGHTLY'.
2019-01-28 23:18:34 ANS1483I Schedule log pruning started.
2019-01-29 23:00:00 Executing scheduled command now.
2019-01-29 23:00:00 --- SCHEDULEREC OBJECT BEGIN NIGHTLY 2019-01-29 23:00:00
2019-01-29 23:01:00 Expiring-->                    0 /tmp/x [Sent]
2019-01-30 07:00:00 Scheduler has been started by Dsmcad.
";

    #[test]
    fn runs_of_a_schedule() {
        let found = sched(FILES);
        assert_eq!((found.ordinary().len(), found.headless()), (30, 0));
        assert_eq!(
            found.versions(),
            [(Some("SRV5"), "tsm-client", "7.1.2.0"), (Some("TSMSRV1"), "tsm-server", "8.1.9.300")]
        );
        assert_eq!(found.hosts, ["SRV5"]);
        let runs = found.derived("schedule-run");
        let told: Vec<_> = runs
            .iter()
            .map(|run| (run.session, run.field("schedule"), run.field("result"), run.field("complete")))
            .collect();
        let name = Some("NIGHTLY");
        assert_eq!(
            told,
            [
                (Some(0), name, Some("failed"), Some("yes")),
                (Some(1), name, Some("partial"), Some("yes")),
                (Some(2), name, Some("unknown"), Some("no")),
            ]
        );
        assert_eq!(runs[0].field("return_code"), Some("12"));
        assert_eq!(runs[1].field("action"), Some("Incremental"));
        assert_eq!(runs[1].field("node"), Some("SRV5"));
        assert_eq!(runs[1].line, Some(15));
        let file = found.ordinary()[15];
        assert_eq!((file.kind, file.session, file.field("result")), ("file", Some(1), Some("Changed")));
        assert_eq!(file.field("path"), Some("\\\\srv5\\c$\\data\\a b.txt"));
        assert_eq!(found.ordinary()[25].session, None);
    }

    #[test]
    fn a_command_is_judged_by_its_own_code() {
        let found = sched(
            "05/08/12 11:59:06 Schedule Name:         CMD\n05/08/12 11:59:06 Action:                Command\n05/08/12 \
             12:00:00 Executing scheduled command now.\n05/08/12 12:00:00 --- SCHEDULEREC OBJECT BEGIN CMD 05/08/12 \
             11:55:00\n05/08/12 12:00:01 Scheduled event 'CMD' completed successfully.\n05/08/12 12:09:00 Finished \
             command.  Return code is: 402\n",
        );
        let runs = found.derived("schedule-run");
        assert_eq!(runs.len(), 1);
        assert_eq!((runs[0].field("result"), runs[0].field("return_code")), (Some("failed"), Some("402")));
        assert_eq!(found.votes, []);
    }

    #[test]
    fn the_scheduled_start_shows_the_order_of_dates() {
        let found = sched("03/04/2013 00:10:00 --- SCHEDULEREC OBJECT BEGIN X 02/04/2013 23:59:00\n");
        assert_eq!(found.votes, [DateOrder::Dmy]);
    }

    const MOVER: &str = "\
02/13/2013 21:59:59 IBM Tivoli Storage Manager Backup-Archive Client Version 6, Release 4, Level 0.0
02/13/2013 21:59:59 Node Name: DM1
02/13/2013 21:59:59 Session established with server TSMSRV1: AIX
02/13/2013 21:59:59 Accessing as node: DC1
02/13/2013 22:00:00 Schedule Name:         VMS
02/13/2013 22:00:00 Action:                Backup
02/13/2013 22:00:00 Options:               -vmbackuptype=fullvm -mode=IFIncremental -asnodename=DC1
02/13/2013 22:00:00 Executing scheduled command now.
02/13/2013 22:00:00 --- SCHEDULEREC OBJECT BEGIN VMS 02/13/2013 22:00:00
02/13/2013 22:00:01 Full BACKUP VM of virtual machines 'db1,Web 2,dc3,app4'
02/13/2013 22:00:01 Backup VM command started.  Total number of virtual machines to process: 4
02/13/2013 22:00:02 Starting Full VM backup of VMware Virtual Machine 'db1'
02/13/2013 22:00:02         mode:                           'Incremental Forever - Incremental'
02/13/2013 22:00:02         target node name:               'DC1'
02/13/2013 22:00:02         data mover node name:           'DM1'
02/13/2013 22:00:03 Creating snapshot for virtual machine 'db1'
02/13/2013 22:01:00 Processing snapshot disk [ds1] db1/db1.vmdk (Hard Disk 1), Capacity: 40.00 GB, Bytes to Send: 1.25 GB  (nbd)
02/13/2013 22:02:00 Starting Full VM backup of VMware Virtual Machine 'Web 2'
02/13/2013 22:02:00         mode:                           'Incremental Forever - Full'
02/13/2013 22:03:00 Processing snapshot disk [ds1] db1/db1_1.vmdk (Hard Disk 2), Capacity: 40.00 GB, Bytes to Send: 0.75 GB  (nbd)
02/13/2013 22:04:00 Removing snapshot for virtual machine 'db1'
02/13/2013 22:04:01 Successful Full VM backup of VMware Virtual Machine 'db1'
02/13/2013 22:05:00 ANS9365E VMware vStorage API error for virtual machine 'Web 2'.
02/13/2013 22:05:00    TSM function name : visdkCreateVmSnapshotMoRef
02/13/2013 22:05:01 ANS4174E Full VM backup of VMware Virtual Machine 'Web 2' failed with RC=4376 mode=Incremental_Forever_-_Full
02/13/2013 22:06:00 Starting Full VM backup of VMware Virtual Machine 'dc3'
02/13/2013 22:06:10   virtual machine dc3 backed up to nodename DC1
02/13/2013 22:07:00 Starting Full VM backup of VMware Virtual Machine 'app4'
02/14/2013 06:00:00 Scheduler has been started by Dsmcad.
";

    #[test]
    fn virtual_machines_of_a_run_that_breaks_off() {
        let found = sched(MOVER);
        assert_eq!((found.ordinary().len(), found.headless()), (29, 0));
        let vms = found.derived("vm-backup");
        let told: Vec<_> = vms
            .iter()
            .map(|vm| {
                let field = |name| vm.field(name).unwrap_or("-");
                (field("vm"), field("method"), field("result"), field("instant"), vm.stamp.as_str())
            })
            .collect();
        assert_eq!(
            told,
            [
                ("db1", "block-level", "success", "snapshot", "2013-02-13T22:00:03"),
                ("Web 2", "full", "failed", "start", "2013-02-13T22:02:00"),
                ("dc3", "unknown", "success", "start", "2013-02-13T22:06:00"),
                ("app4", "unknown", "unknown", "start", "2013-02-13T22:07:00"),
            ]
        );
        for (field, value) in [
            ("job", "VMS"),
            ("restore_point", "02/13/2013 22:00:02"),
            ("bytes", "2147483648"),
            ("product", "tsm"),
            ("data_mover", "DM1"),
            ("node", "DC1"),
            ("snapshot_removed", "02/13/2013 22:04:00"),
        ] {
            assert_eq!(vms[0].field(field), Some(value), "{field}");
        }
        assert_eq!((vms[0].line, vms[0].session), (Some(12), Some(0)));
        assert_eq!(vms[1].field("return_code"), Some("4376"));
        let movers = found.derived("data-mover");
        assert_eq!(movers.len(), 1);
        let field = |name| movers[0].field(name);
        assert_eq!(
            (field("node"), field("level"), field("platform"), field("quiesce")),
            (Some("DM1"), Some("6.4.0.0"), None, Some("unknown"))
        );
        assert_eq!(movers[0].field("machines"), Some("4"));
        assert_eq!(found.derived("schedule-run")[0].field("result"), Some("unknown"));
        let ends: Vec<_> = found
            .derived("vm-backup-end")
            .iter()
            .map(|end| (end.field("vm").unwrap().to_owned(), end.stamp.clone(), end.line))
            .collect();
        assert_eq!(
            ends,
            [
                ("db1".to_owned(), "2013-02-13T22:04:01".to_owned(), Some(22)),
                ("Web 2".to_owned(), "2013-02-13T22:05:01".to_owned(), Some(25)),
            ]
        );
    }

    #[test]
    fn a_run_that_names_no_machine() {
        let found = sched(
            "2013-02-13 22:00:00 --- SCHEDULEREC OBJECT BEGIN VMS 2013-02-13 22:00:00\n2013-02-13 22:00:01 Backup VM \
             command started.  Total number of virtual machines to process: 2\n2013-02-13 22:40:00 Total number of \
             virtual machines processed: 2\n2013-02-13 22:40:01 --- SCHEDULEREC OBJECT END VMS 2013-02-13 \
             22:00:00\n2013-02-14 22:00:00 --- SCHEDULEREC OBJECT BEGIN VMS 2013-02-14 22:00:00\n2013-02-14 22:00:01 \
             Total number of virtual machines processed: 0\n",
        );
        assert!(found.derived("vm-backup").is_empty());
        let movers = found.derived("data-mover");
        assert_eq!(movers.len(), 1);
        assert_eq!((movers[0].field("machines"), movers[0].line), (Some("0"), Some(2)));
        assert_eq!(movers[0].stamp, "2013-02-13T22:00:01");
    }

    #[test]
    fn counters_fulls_and_the_test_flag() {
        let run = |day: u32, mode: &str, sent: &str| {
            format!(
                "2013-02-{day} 22:00:00 --- SCHEDULEREC OBJECT BEGIN VMS 2013-02-{day} 22:00:00\n2013-02-{day} 22:00:01 \
                 Starting Full VM backup of VMware Virtual Machine 'db1'\n2013-02-{day} 22:00:01 mode: \
                 '{mode}'\n2013-02-{day} 22:10:00 Backup VM command complete\n2013-02-{day} 22:10:00 Total number of \
                 virtual machines backed up successfully: 1\n2013-02-{day} 22:10:00 Total number of virtual machines \
                 failed: 0\n2013-02-{day} 22:10:00 Total number of virtual machines processed: 1\n2013-02-{day} 22:10:00 \
                 Total number of bytes transferred:   {sent}\n"
            )
        };
        let text = [
            "2013-02-13 21:00:00 Options: -testflag=VM_DONT_QUIESCE_ON_SNAPSHOT\n".to_owned(),
            "2013-02-13 21:00:00 Objects: c:\\program files\\tivoli\\tsm\\baclient\\vm.cmd\n".to_owned(),
            run(13, "IFFull", "10.00 GB"),
            run(14, "IFIncremental", "4.00 GB"),
            run(15, "IFIncremental", "5.00 GB"),
        ];
        let found = sched(&text.concat());
        let vms = found.derived("vm-backup");
        let methods: Vec<_> = vms.iter().map(|vm| (vm.field("method"), vm.field("result"))).collect();
        let success = Some("success");
        assert_eq!(
            methods,
            [(Some("full"), success), (Some("block-level"), success), (Some("effective-full"), success)]
        );
        let mover = found.derived("data-mover")[0];
        assert_eq!((mover.field("quiesce"), mover.field("platform")), (Some("off"), Some("windows")));
    }

    #[test]
    fn damage() {
        let found = sched(
            "\u{fffd}\n\nhalf a line\n2013-02-1\n2013-02-13 22:00:00\n--- SCHEDULEREC OBJECT BEGIN X\n",
        );
        assert_eq!((found.records.len(), found.headless()), (5, 4));
        assert_eq!(sched("").records.len(), 0);
    }

    #[test]
    fn whose_line_it_is() {
        for (line, claim) in [
            ("02/01/2013 22:03:11 --- SCHEDULEREC QUERY BEGIN", Claim::Strong),
            ("02/01/2013   22:03:11 Session established with server X: AIX", Claim::Strong),
            ("02/01/2013 22:03:11 Normal File-->   12 /x [Sent]", Claim::Strong),
            ("02/01/2013 22:03:11 (dsmcad) Executing scheduled command now.", Claim::No),
            ("02/01/2013 22:03:11 ANS1228E x", Claim::No),
            ("--- SCHEDULEREC QUERY BEGIN", Claim::No),
        ] {
            assert_eq!(SchedulerLog.claim(line), claim, "{line}");
        }
    }
}
