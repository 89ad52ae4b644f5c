//! `fcm.log`: details and summary logs of Tivoli Storage FlashCopy Manager (later Spectrum Protect Snapshot) for
//! VMware, and the output of its `vmcli`.
//!
//! The grammar is **not verified** by any public sample; the message prefixes, the names of the files and the four
//! backup modes are from the manuals. So a record begins with a message id (after a date and time, a time alone, or
//! nothing) or with a tag of `vmcli`, and everything else continues it.
//!
//! ```text
//! BKI0005I: Start of program at: Fri Feb  1 22:00:00 2013                                       (header)
//! 22:00:04 FMM1234I Backup mode for this task: SNAPSHOT_EXCL_MEM                                (4.1)
//! #PARAM BACKUP_MODE=SNAPSHOT_EXCL_MEM                                                          (vmcli)
//! ```
//!
//! (The numbers above are made up.) Two kinds of records are found by their words:
//!
//! - `fcm-task` (derived, one per machine of a task): `vm`, the configured `mode`, `offload`, `version`;
//! - `mode-change-warning`: a warning that speaks of ASIS or of raw device mapping; its id is not known.
//!
//! It stops at the database agents' messages (`FMV`, `BKI`), which other dialects read where nothing of
//! FlashCopy Manager for VMware stands beside them.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::lines::{Grammar, Lines};
use super::saved::{Word, save};
use super::tsm::clock;
use super::tsm::message::{find_folded, message, vm_in_quotes};
use super::{Claim, Place, Reader, SourceContext, dates, file_name, folder_name};
use crate::base::stamp::{DAY, HOUR};
use crate::base::{Dialect, FactKind, Record, Severity, Sink, Splitter, Stamp};

mod words;

use words::{
    configured_mode, machine_in_sentence, machines, modes, offload, product_version, says, says_raw_device,
};

/// Every dialect of this family.
pub const READERS: &[&dyn Reader] = &[&FcmLog];

/// The reader of FlashCopy Manager logs.
struct FcmLog;

impl Reader for FcmLog {
    fn dialect(&self) -> Dialect {
        Dialect::FcmLog
    }

    fn claim(&self, line: &str) -> Claim {
        let body = head_of(line).or_else(|| time_of(line)).map_or(line, |(_, body)| body);
        if let Some(message) = message(body) {
            return match message.prefix {
                "FMM" | "FMF" | "FMX" | "FMY" => Claim::Strong,
                // These numbers are also those of the client of FlashCopy Manager for Windows.
                "FMV" if !modes(body).is_empty() || says_raw_device(body) => Claim::Strong,
                "FMV" | "BKI" => Claim::Weak,
                _ => Claim::No,
            };
        }
        let tagged = is_tag(line);
        let own_words = tagged && (!modes(line).is_empty() || find_folded(line, "backup_mode=").is_some());
        let command = find_folded(line, "vmcli ").is_some()
            && [" -t fcm", " -t tsm", " -t vmc"].iter().any(|kind| find_folded(line, kind).is_some());
        if own_words || command || line.starts_with("IBM Tivoli Storage FlashCopy Manager") {
            Claim::Strong
        } else if tagged {
            Claim::Weak
        } else {
            Claim::No
        }
    }

    fn absorbs(&self) -> &'static [Dialect] {
        &[Dialect::TsmError, Dialect::TsmDp]
    }

    /// `details/backup.20130201220000`, `summary.20130201.log`: date, and the function as the process.
    fn place(&self, path: &str) -> Place {
        let mut parts = file_name(path).split('.');
        let (function, digits) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let known = FUNCTIONS.contains(&function);
        let day = digits.get(..8).filter(|_| matches!(digits.len(), 8 | 14));
        let date = day.and_then(|day| NaiveDate::parse_from_str(day, "%Y%m%d").ok()).filter(|_| known);
        let stream = (known && date.is_some() && digits.len() == 8)
            .then(|| format!("{}/{function}", folder_name(path).unwrap_or("")));
        Place { date, process: date.map(|_| function.to_owned()), stream, ..Place::default() }
    }

    fn splitter(&self, context: &SourceContext) -> Box<dyn Splitter> {
        let offload = context.place.process.as_deref() == Some("tsm");
        Box::new(Lines::new(FcmGrammar { is_offload_log: offload, ..FcmGrammar::default() }))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<FcmGrammar>::restored(saved)
    }
}

/// Logs that FlashCopy Manager keeps, by the first part of their names.
const FUNCTIONS: [&str; 10] =
    ["summary", "monitor", "backup", "restore", "inquire", "delete", "mount", "unmount", "tsm", "clone"];

/// The tags that `vmcli` puts before its lines.
fn is_tag(line: &str) -> bool {
    ["#TASK", "#PARAM", "#PARENT", "#CHILD", "#RUN", "#LINE", "#END"].iter().any(|tag| {
        line.strip_prefix(tag).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    })
}

/// The stamp that a line begins with: date and time, or a time alone.
fn head_of(line: &str) -> Option<(Stamp, &str)> {
    let inner = line.strip_prefix('[').unwrap_or(line);
    let read = clock::stamp(inner).map(|head| (head.stamp, head.rest));
    let (stamp, rest) = read.or_else(|| {
        let read = dates::date_time(inner)?;
        Some((read.stamp, inner.get(read.length..)?))
    })?;
    Some((stamp, rest.trim_start_matches([']', ' ', '\t', '-', ':'])))
}

/// `22:00:04 text`
fn time_of(line: &str) -> Option<(Stamp, &str)> {
    let (time, fraction, used) = dates::time_of_day(line)?;
    let rest = line.get(used..)?.strip_prefix([' ', '\t'])?;
    Some((Stamp::clock(time, fraction), rest.trim_start()))
}

/// One backup, restore or other operation.
#[derive(Default, Serialize, Deserialize)]
struct Task {
    line: u64,
    stamp: Option<Stamp>,
    vms: Vec<String>,
    #[serde(with = "crate::dialect::saved::word")]
    mode: Option<Word>,
    offload: Option<bool>,
    /// `vmcli -t TSM`: a backup by a data mover, without a hardware snapshot.
    by_data_mover: bool,
}

/// Machines listed in the records of their task.
const MOST_LISTED: usize = 50;

/// A datacenter backup covers at most some hundred machines.
const MOST_MACHINES: usize = 4096;

#[derive(Default, Serialize, Deserialize)]
struct FcmGrammar {
    /// The log of an offload to Tivoli Storage Manager.
    is_offload_log: bool,
    task: Option<Task>,
    session: Option<u32>,
    sessions: u32,
    version: Option<String>,
    /// The version was read, but not yet that it is the product for VMware.
    version_held: bool,
    /// Last time of day without date, days before it counted in.
    last_time: i64,
}

impl Grammar for FcmGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::FcmLog
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        let (stamp, body) = if let Some((stamp, rest)) = head_of(line).or_else(|| time_of(line)) {
            if let Some(order) = clock::stamp(line).and_then(|head| head.vote) {
                sink.date_vote(order);
            }
            (stamp, rest)
        } else if indent <= 2 && message(text).is_some() || is_tag(text) || product_version(text).is_some() {
            (Stamp::None, text)
        } else {
            return None;
        };
        let mut record = Record::new(Dialect::FcmLog, body);
        (record.stamp, record.line) = (stamp, Some(number));
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let Some(line) = record.line.take() else { return sink.record(record) };
        let Cow::Borrowed(text) = record.body else { return sink.record(record) };
        if let Some(message) = message(text) {
            message.apply(&mut record);
        }
        record.stamp = self.stamp(&record, text);
        self.open(line, text, &record, sink);
        if let Some(task) = &mut self.task
            && task.stamp.is_none()
            && !record.stamp.is_none()
        {
            task.stamp = Some(record.stamp);
        }
        self.learn_version(text, &record, sink);
        let warning = is_mode_warning(text, record.severity);
        if warning {
            self.warn(text, &mut record);
        } else {
            self.learn(text);
        }
        record.session = self.session;
        let end = record.end;
        sink.record(record);
        if ends_task(text) {
            self.close(end, sink);
        }
    }

    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        self.close(end, sink);
    }
}

/// A line without the message id it begins with.
fn without_id(line: &str) -> &str {
    message(line).map_or(line, |message| message.text)
}

/// Texts with which an operation begins.
fn begins_task(text: &str) -> bool {
    const WORDS: [&str; 3] = ["start of program", "start of operation", "operation started"];
    let line = text.lines().next().unwrap_or("");
    let command = find_folded(line, "vmcli").is_some() && find_folded(line, " -f ").is_some();
    command || line.starts_with("#TASK") || WORDS.iter().any(|word| find_folded(line, word).is_some())
}

/// Texts with which it ends.
fn ends_task(text: &str) -> bool {
    const WORDS: [&str; 3] = ["end of program", "end of operation", "the return code is"];
    let line = text.lines().next().unwrap_or("");
    line.starts_with("#END") || WORDS.iter().any(|word| find_folded(line, word).is_some())
}

/// A warning that the backup mode of a machine is changed. Its id is not known, so it is told by what it speaks of.
fn is_mode_warning(text: &str, severity: Severity) -> bool {
    let warns = match severity {
        Severity::Warning => true,
        Severity::Unknown => says(text, "warning"),
        _ => false,
    };
    warns && (says(text, "asis") || says_raw_device(text))
}

impl FcmGrammar {
    /// The stamp of the record: its own, or the one in the header of an operation. A time alone is counted on over
    /// midnight.
    fn stamp(&mut self, record: &Record<'_>, text: &str) -> Stamp {
        match record.stamp {
            Stamp::Clock { micros, .. } => {
                let mut days = self.last_time.div_euclid(DAY);
                if days * DAY + micros < self.last_time - 12 * HOUR {
                    days += 1;
                }
                self.last_time = days * DAY + micros;
                record.stamp.shifted(days * DAY)
            }
            Stamp::None => {
                let line = text.lines().next().unwrap_or("");
                let date = line.find(" at: ").and_then(|at| line.get(at + " at: ".len()..));
                date.and_then(|date| dates::date_time(date.trim_start()))
                    .map_or(Stamp::None, |read| read.stamp)
            }
            dated => dated,
        }
    }

    fn open(&mut self, line: u64, text: &str, record: &Record<'_>, sink: &mut dyn Sink) {
        let begins = begins_task(text);
        if begins && self.task.as_ref().is_some_and(Task::says_something) {
            self.close(record.start, sink);
        }
        if self.task.is_some() {
            return;
        }
        // Behind the end of an operation stand times and totals, which begin no other one.
        let says = text
            .lines()
            .map(without_id)
            .any(|line| !machines(line).is_empty() || configured_mode(line).is_some());
        if begins || says || self.sessions == 0 {
            self.session = Some(self.sessions);
            self.sessions = self.sessions.saturating_add(1);
            let offload = self.is_offload_log.then_some(true);
            self.task = Some(Task { line, offload, ..Task::default() });
        }
    }

    /// What a record says about the task.
    fn learn(&mut self, text: &str) {
        let Some(task) = &mut self.task else { return };
        if begins_task(text) && find_folded(text, " -t tsm").is_some() {
            task.by_data_mover = true;
        }
        for line in text.lines().map(without_id) {
            for vm in machines(line) {
                task.add(vm);
            }
            task.mode = task.mode.or_else(|| configured_mode(line));
            task.offload = task.offload.or_else(|| offload(line));
        }
    }

    fn warn<'a>(&mut self, text: &'a str, record: &mut Record<'a>) {
        record.kind = "mode-change-warning";
        record.severity = Severity::Warning;
        let modes = modes(text);
        let from = modes.iter().copied().find(|mode| *mode != "ASIS");
        let to = modes.contains(&"ASIS").then_some("ASIS");
        let vm = vm_in_quotes(text)
            .or_else(|| text.lines().find_map(|line| machines(without_id(line)).first().copied()));
        let vm = vm.or_else(|| machine_in_sentence(text));
        record.fields.retain(|(name, _)| *name != "vm");
        for (name, value) in [("vm", vm), ("from", from), ("to", to)] {
            if let Some(value) = value {
                record.fields.push((name, Cow::Borrowed(value)));
            }
        }
        // The mode that a warning names is not taken for the configured one: the wording is not verified, and the two
        // have to bear each other out.
        if let (Some(task), Some(vm)) = (&mut self.task, vm) {
            task.add(vm);
        }
    }

    fn learn_version(&mut self, text: &str, record: &Record<'_>, sink: &mut dyn Sink) {
        if let Some((version, for_vmware)) = product_version(text) {
            self.version_held = self.version.as_ref() != Some(&version);
            self.version = Some(version);
            if for_vmware {
                self.give_version(record, sink);
            }
        }
    }

    fn give_version(&mut self, record: &Record<'_>, sink: &mut dyn Sink) {
        if let (true, Some(version)) = (self.version_held, &self.version) {
            let fact = FactKind::Version { product: "fcm-vmware".to_owned(), version: version.clone() };
            sink.fact(None, fact, record);
        }
        self.version_held = false;
    }

    /// The task is over: one record per machine.
    fn close(&mut self, offset: usize, sink: &mut dyn Sink) {
        let session = self.session.take();
        let Some(task) = self.task.take() else { return };
        if task.by_data_mover {
            return;
        }
        let version = self.version.clone();
        let all = (task.vms.len() > 1)
            .then(|| task.vms.iter().take(MOST_LISTED).cloned().collect::<Vec<_>>().join(", "));
        for vm in &task.vms {
            let mut record = Record::new(Dialect::FcmLog, "");
            (record.start, record.end, record.line) = (offset, offset, Some(task.line));
            (record.kind, record.session) = ("fcm-task", session);
            record.stamp = task.stamp.unwrap_or(Stamp::None);
            let offload = task.offload.map(|offload| if offload { "yes" } else { "no" });
            let fields = [
                ("vm", Some(vm.as_str())),
                ("mode", task.mode),
                ("offload", offload),
                ("version", version.as_deref()),
            ];
            record
                .fields
                .extend(fields.into_iter().filter_map(|(name, value)| Some((name, Cow::Borrowed(value?)))));
            if let Some(all) = &all {
                record.fields.push(("vms", Cow::Borrowed(all)));
            }
            let mode = task.mode.unwrap_or("not known");
            record.body = Cow::Owned(format!("backup task of virtual machine '{vm}': mode {mode}"));
            // A log that backs up machines is that of the product for VMware.
            self.give_version(&record, sink);
            sink.record(record);
        }
    }
}

impl Task {
    fn says_something(&self) -> bool {
        !self.vms.is_empty() || self.mode.is_some()
    }

    fn add(&mut self, vm: &str) {
        if self.vms.len() < MOST_MACHINES && !self.vms.iter().any(|known| known == vm) {
            self.vms.push(vm.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tsm::testing::{Collector, read};
    use super::*;

    fn fcm(text: &str) -> Collector {
        read(&FcmLog, text)
    }

    const DETAILS: &str = "\
BKI0005I: Start of program at: Fri Feb  1 22:00:00 2013
IBM Tivoli Storage FlashCopy Manager for VMware, Version 4.1.0.0
22:00:04 FMM1001I Backup mode for this task: SNAPSHOT_EXCL_MEM
22:00:04 FMM1002I Virtual machines: srv-db1, App 04
22:00:05 FMM1003W The backup mode of virtual machine 'App 04' is changed from SNAPSHOT_EXCL_MEM to ASIS,
because it has raw device mapping disks.
22:00:05 FMM1004W Datastore OASIS_DS01 is nearly full.
java.lang.Exception: x
\tat com.example.Y(Z.java:1)
00:10:00 FMM1005I Snapshot of datastore 'RDM-DS01' done.
BKI0020I: End of program at: Sat Feb  2 00:10:01 2013
BKI0021I: Elapsed time: 02 h 10 min
";

    #[test]
    fn a_backup_of_two_machines() {
        let found = fcm(DETAILS);
        assert_eq!((found.ordinary().len(), found.headless()), (9, 0));
        let stamps: Vec<_> = found.ordinary().iter().map(|record| record.stamp.as_str()).collect();
        assert_eq!(stamps[0], "2013-02-01T22:00:00");
        assert_eq!(stamps[2], "22:00:04");
        let warnings: Vec<_> =
            found.records.iter().filter(|record| record.kind == "mode-change-warning").collect();
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].code, "FMM1003W");
        let field = |name| warnings[0].field(name);
        assert_eq!(
            (field("vm"), field("from"), field("to")),
            (Some("App 04"), Some("SNAPSHOT_EXCL_MEM"), Some("ASIS"))
        );
        let tasks: Vec<_> = found
            .derived("fcm-task")
            .iter()
            .map(|task| {
                (task.session, task.field("vm").unwrap().to_owned(), task.field("mode").unwrap().to_owned())
            })
            .collect();
        let mode = "SNAPSHOT_EXCL_MEM".to_owned();
        assert_eq!(
            tasks,
            [(Some(0), "srv-db1".to_owned(), mode.clone()), (Some(0), "App 04".to_owned(), mode)]
        );
        let task = found.derived("fcm-task")[0];
        assert_eq!((task.field("offload"), task.field("version")), (None, Some("4.1.0.0")));
        assert_eq!(task.field("vms"), Some("srv-db1, App 04"));
        assert_eq!(task.stamp, "2013-02-01T22:00:00");
        assert_eq!(found.versions(), [(None, "fcm-vmware", "4.1.0.0")]);
        assert_eq!(found.ordinary()[8].session, None);
    }

    #[test]
    fn output_of_vmcli() {
        let text = "$ ./vmcli -f backup -t FCM\n#TASK backup\n#PARAM BACKUP_MODE=SUSPEND\n#PARAM \
                    OFFLOAD=YES\n#PARENT host:esx1\n#CHILD vm:db1\n#END\nFMM16014I The return code is 0.\n#TASK \
                    backup\n#PARAM BACKUP_MODE=SNAPSHOT_INCL_MEM\n#CHILD vm:db2\n#END\n";
        let found = fcm(text);
        let tasks: Vec<_> = found
            .derived("fcm-task")
            .iter()
            .map(|task| ["vm", "mode", "offload"].map(|name| task.field(name).unwrap_or("-").to_owned()))
            .collect();
        assert_eq!(tasks, [["db1", "SUSPEND", "yes"], ["db2", "SNAPSHOT_INCL_MEM", "-"]]);
        assert_eq!((found.ordinary().len(), found.headless()), (12, 1));
        assert_eq!(FcmLog.claim("#PARAM BACKUP_MODE=SUSPEND"), Claim::Strong);
        assert_eq!(FcmLog.claim("#PARAM x"), Claim::Weak);
        assert_eq!(FcmLog.claim("# vmcli -f backup -t FCM"), Claim::Strong);
    }

    #[test]
    fn warnings_by_their_words() {
        for (line, expected) in [
            ("FMM1234W VM 'a' uses RDM disks", true),
            ("FMM12345W mode ASIS is used", true),
            ("FMV1234W vm: a, raw device mapping", true),
            ("FMM1234I mode ASIS is used", false),
            ("FMM1234E raw device mapping", false),
            ("FMM1234W datastore OASIS_DS01", false),
            ("FMM1234W VM 'RDM host' is off", false),
            ("FMM1234 Warning: mode is ASIS", true),
        ] {
            let found = fcm(&format!("{line}\n"));
            let warned = found.records.iter().any(|record| record.kind == "mode-change-warning");
            assert_eq!(warned, expected, "{line}");
        }
    }

    #[test]
    fn places_and_damage() {
        let place = |path| FcmLog.place(path);
        let first = NaiveDate::from_ymd_opt(2013, 2, 1);
        assert_eq!(place("acs/logs/details/backup.20130201220000").date, first);
        assert_eq!(place("acs/logs/details/backup.20130201220000").process.as_deref(), Some("backup"));
        assert_eq!(
            place("acs/logs/summary.20130201.log").stream,
            place("acs/logs/summary.20130202.log").stream
        );
        assert_eq!(place("acs/logs/other.20130201.log"), Place::default());
        assert_eq!(place("backup.99999999"), Place::default());
        let found = fcm("\u{fffd}\r\n\r\nFMM12W x\nFMM1234W\n#PARAM\n[2013-02-13 10:00:00] FMM1234E: bad\n");
        assert_eq!((found.records.len(), found.headless()), (6, 3));
        assert_eq!(found.records[5].code, "FMM1234E");
        assert_eq!(found.records[5].stamp, "2013-02-13T10:00:00");
    }

    #[test]
    fn whose_line_it_is() {
        for (line, claim) in [
            ("FMM1234I text", Claim::Strong),
            ("2013-02-13 10:00:00 FMF1234E text", Claim::Strong),
            ("10:00:00 FMM1234E text", Claim::Strong),
            ("FMV1768E TSM was unable to find space", Claim::Weak),
            ("BKI0005I: Start of program", Claim::Weak),
            ("ANS1234E text", Claim::No),
            ("text FMM1234I", Claim::No),
        ] {
            assert_eq!(FcmLog.claim(line), claim, "{line}");
        }
    }
}
