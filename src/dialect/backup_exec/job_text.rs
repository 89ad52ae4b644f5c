//! `backup-exec.job-text`: a job log as text, printed, mailed or copied from the console.
//!
//! ```text
//! Job server: SRV1
//! Job name: VM-Nightly-Incremental
//! Job started: Thursday, January 28, 2010 at 8:00:03 PM
//! Backup of "VMVCB::\\vc1.corp.local\VCGuestVm\(DC)Rheinwerk(DC)\vm\srv-db1"
//! Backup Method: Incremental - Back Up Virtual Machines
//! Backup started on 1/28/2010 at 8:02:11 PM.
//! Processed 1234567890 bytes in  3 minutes and  2 seconds.
//! Job completion status: Completed with exceptions
//! V-79-57344-38724 - Directory 'C\Documents and Settings' does not support Granular Recovery Technology (GRT).
//! Error             : e000fedd - A failure occurred accessing the object list.
//! ```
//!
//! Confirmed by public scripts that read such logs and by vendor articles: the labels of the head and the foot with
//! their long dates (`Job ended: Sunday, June 24, 2018 at 8:00:14 AM`), `Job completion status: Successful`, the
//! message lines with `V-79-...` and the padded `Error : e000...` block. Unverified: the lines of a set, the method
//! names of virtual machines, their resource names, the line about the release, all languages but English.
//!
//! Lines have no time of their own and belong to nothing but their job; every line is a record, except those that only
//! explain the error above them.

use std::borrow::Cow;

use super::error_code;
use super::job::{Jobs, Place};
use super::words::{Item, Outcome, item};
use crate::base::{Dialect, Record, Severity, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of job logs as text.
pub struct JobText;

impl Reader for JobText {
    fn dialect(&self) -> Dialect {
        Dialect::BackupExecJobText
    }

    fn claim(&self, line: &str) -> Claim {
        if is_message(line) {
            return Claim::Strong;
        }
        match item(line) {
            Item::JobLog(file) if file.starts_with("BEX_") => Claim::Strong,
            Item::Method(text) if super::words::method(text).is_some() => Claim::Strong,
            Item::Resource(resource) if super::resource::machine(resource).is_some() => Claim::Strong,
            Item::Server(_) if line.starts_with("Job server:") => Claim::Strong,
            Item::Operation(_) | Item::SetStarted(_) | Item::SetEnded(_) => Claim::Strong,
            Item::Status(_) if line.starts_with("Job completion status:") => Claim::Strong,
            Item::Other if line.starts_with("The job failed with the following error:") => Claim::Weak,
            Item::Other => Claim::No,
            _ => Claim::Weak,
        }
    }

    fn place(&self, path: &str) -> crate::dialect::Place {
        super::job_logs(path)
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(JobGrammar { jobs: Jobs::new(Dialect::BackupExecJobText) }))
    }
}

/// `V-79-57344-38724 - text`, `Backup- \\SRV2\C: V-79-57344-38724 - text`.
fn is_message(line: &str) -> bool {
    let is_link = |text: &str| {
        error_code::find(text)
            .is_some_and(|code| code.printed.starts_with("V-79-") && text.starts_with(code.printed))
    };
    if is_link(line)
        || line.starts_with("For additional information regarding this error refer to link V-79-")
    {
        return true;
    }
    let Some((operation, rest)) = line.split_once("- ") else { return false };
    let is_operation =
        !operation.is_empty() && operation.len() <= 20 && operation.chars().all(char::is_alphabetic);
    is_operation && rest.split_once("V-79-").is_some_and(|(_, link)| is_link(&format!("V-79-{link}")))
}

/// A line that only explains the one above it.
fn is_explanation(line: &str) -> bool {
    let starts =
        ["For additional information regarding this error", "Final error category", "Error  ", "Error :"];
    starts.iter().any(|start| line.starts_with(start)) || line.starts_with([' ', '\t'])
}

struct JobGrammar {
    jobs: Jobs,
}

impl Grammar for JobGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::BackupExecJobText
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let is_rule = line.trim().bytes().all(|byte| b"=-~*_".contains(&byte));
        if is_rule || is_explanation(line) {
            return None;
        }
        let mut record = Record::new(Dialect::BackupExecJobText, line);
        record.line = Some(number);
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        // Carried here from the head, where nothing may be kept yet.
        let Some(number) = record.line.take() else {
            sink.record(record);
            return;
        };
        let body = record.body.clone();
        let line = body.lines().next().unwrap_or("");
        let code = error_code::find(&body);
        let item = item(line);
        record.head = item != Item::Other
            || code.is_some()
            || is_explained(line)
            || line.contains("Backup Exec")
            || self.jobs.is_in_job();
        record.severity = severity(&item, line, code.is_some());
        if let Some(code) = code {
            record.code = Some(Cow::Owned(code.printed.to_owned()));
            record.fields.push(("hex", Cow::Owned(code.hex)));
        }
        let place = Place { line: number, offset: record.start };
        self.jobs.take(&item, line, place, &mut record, sink);
        if self.jobs.is_in_job() {
            record.session = Some(self.jobs.session());
        }
        sink.record(record);
    }

    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        self.jobs.finish(end, sink);
    }
}

fn is_explained(line: &str) -> bool {
    line.starts_with("The job failed with the following error:") || line.starts_with("Error category")
}

/// How bad a line of a job log is.
pub(super) fn severity(item: &Item<'_>, line: &str, has_code: bool) -> Severity {
    match item {
        Item::Status(Outcome::Failed) => Severity::Error,
        Item::Status(Outcome::Exceptions | Outcome::Canceled) => Severity::Warning,
        Item::Status(Outcome::Success) => Severity::Info,
        Item::Other if line.starts_with("Final error") || is_explained(line) => Severity::Error,
        // An exception leaves the set usable: only the status tells that the job failed.
        Item::Other if has_code => Severity::Warning,
        _ => Severity::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;
    use crate::base::FactKind;

    fn vm(name: &str) -> String {
        format!("VMVCB::\\\\vc1.corp.local\\VCGuestVm\\(DC)Rheinwerk(DC)\\vm\\Prod\\{name}")
    }

    fn set(resource: &str, method: &str, day: u32, bytes: u64) -> String {
        format!(
            "Set Information - {resource}\nBackup Set Information\nFamily Name: \"Media created 1/{day}/2010 8:00:05 PM\"\nBackup of \"{resource}\"\nBackup set #1 on storage media #1\nBackup Method: {method}\n\nBackup started on 1/{day}/2010 at 8:02:11 PM.\nBackup completed on 1/{day}/2010 at 8:20:02 PM.\n\nBackup Set Summary\nProcessed {bytes} bytes in  3 minutes and  2 seconds.\nThroughput rate: 388.1 MB/min\n"
        )
    }

    fn job(name: &str, day: u32, sets: &str, foot: &str) -> String {
        format!(
            "======================================================================\nJob server: SRV1\nJob name: {name}\nJob started: Thursday, January {day}, 2010 at 8:00:03 PM\nJob type: Backup\nJob Log: BEX_SRV1_001{day}.xml\n======================================================================\nJob Operation - Backup\n{sets}{foot}"
        )
    }

    fn ended(day: u32, status: &str) -> String {
        format!(
            "Job Operation - Verify\nSet Information - \\\\SRV2\\C:\n======\nJob ended: Friday, January {day}, 2010 at 10:05:45 PM\nJob completion status: {status}\n"
        )
    }

    #[test]
    fn full_then_incremental() {
        let sets = set(&vm("srv-db1"), "Full - Back Up Virtual Machines", 27, 80_000_000_000)
            + &set("\\\\SRV2\\C:", "Full - Back Up Files", 27, 5);
        let text = job("VM weekly", 27, &sets, &ended(27, "Successful"))
            + &job(
                "VM daily",
                28,
                &set(&vm("SRV-DB1"), "Incremental - Back up changed", 28, 700),
                &ended(28, "Successful"),
            )
            + &job(
                "VM daily",
                29,
                &set(&vm("srv-db1"), "Differential - Back up changed", 29, 45_000_000_000),
                &ended(29, "Completed with exceptions"),
            );
        let got = read(&JobText, "jobs.txt", &text);
        assert_eq!(got.headless(), 1, "the rule before the first head");
        let backups = got.kind("vm-backup");
        let show = |index: usize, field: &str| backups[index].field(field).unwrap_or("-");
        assert_eq!(backups.len(), 3);
        assert_eq!((show(0, "vm"), show(0, "method"), show(0, "result")), ("srv-db1", "full", "success"));
        assert_eq!(
            (show(1, "vm"), show(1, "method"), show(1, "result")),
            ("SRV-DB1", "block-level", "success")
        );
        assert_eq!((show(2, "method"), show(2, "result")), ("effective-full", "partial"));
        assert_eq!((show(1, "job"), show(1, "bytes"), show(1, "instant")), ("VM daily", "700", "start"));
        assert_eq!(show(1, "restore_point"), "1/28/2010 at 8:02:11 PM");
        assert_eq!(backups[1].stamp.to_string(), "2010-01-28T20:02:11");
        assert_eq!(backups[1].line, Some(48));
        assert_eq!(got.hosts, ["SRV1"]);
        assert_eq!(got.kind("vm-backup")[1].session, Some(1));
    }

    #[test]
    fn cut_at_every_byte() {
        let text = job("VM daily", 28, &set(&vm("s"), "Incremental", 28, 700), &ended(28, "Failed"))
            .replace('\n', "\r\n");
        cut_anywhere(&JobText, "jobs.txt", &text);
    }

    #[test]
    fn what_became_of_each_set() {
        let results = |sets: &str, foot: &str| -> Vec<String> {
            let got = read(&JobText, "x.txt", &job("j", 28, sets, foot));
            got.kind("vm-backup").iter().map(|record| record.field("result").unwrap().to_owned()).collect()
        };
        let good = set(&vm("a"), "Incremental", 28, 700);
        let half = format!(
            "Backup of \"{}\"\nBackup Method: Incremental\nBackup started on 1/28/2010 at 9:02:11 PM.\n",
            vm("b")
        );
        let both = format!("{good}{half}");
        assert_eq!(results(&both, ""), ["unknown", "unknown"]);
        assert_eq!(results(&both, &ended(28, "Failed")), ["partial", "failed"]);
        assert_eq!(results(&good, &ended(28, "Failed")), ["failed"]);
        assert_eq!(results(&both, &ended(28, "Canceled")), ["partial", "failed"]);
        assert_eq!(results(&both, &ended(28, "Recovered")), ["unknown", "unknown"]);
        let two = format!("{good}{}", set(&vm("ab"), "Incremental", 28, 700));
        let errors = format!(
            "{}Exceptions\nBackup- {}V-79-57344-38724 - Directory x\n",
            ended(28, "Completed with exceptions"),
            vm("ab")
        );
        assert_eq!(results(&two, &errors), ["success", "partial"]);
        assert_eq!(results(&two, &ended(28, "Completed with exceptions")), ["partial", "partial"]);
        assert_eq!(results(&two, &ended(28, "Failed")), ["unknown", "unknown"]);
    }

    #[test]
    fn fallbacks_releases_and_old_ways() {
        let told = "An incremental backup was not possible, a full backup was performed.\n";
        let method = |head: &str, inside: &str| {
            let sets = set(&vm("a"), "Incremental", 28, 700)
                .replace("Backup completed", &format!("{inside}Backup completed"));
            let got =
                read(&JobText, "x.txt", &job("j", 28, &format!("{head}{sets}"), &ended(28, "Successful")));
            (got.kind("vm-backup")[0].field("method").unwrap().to_owned(), got.facts)
        };
        assert_eq!(method("", told).0, "effective-full");
        assert_eq!(method("VMware Consolidated Backup proxy is used\n", "").0, "incremental");
        let (name, facts) = method("Symantec Backup Exec (TM) 12.5 for Windows Servers\n", "");
        let version = FactKind::Version { product: "backup-exec".into(), version: "12.5".into() };
        assert_eq!((name.as_str(), facts), ("incremental", vec![(Some("SRV1".to_owned()), version)]));
        let text = job("j", 28, &format!("Backup of \"{}\"\nBackup Method: Synthetic Full\n", vm("a")), "");
        let got = read(&JobText, "x.txt", &text);
        let backup = got.kind("vm-backup")[0].clone();
        assert_eq!((backup.field("method"), backup.field("instant")), (Some("synthetic"), Some("record")));
        assert_eq!(backup.stamp.to_string(), "2010-01-28T20:00:03");
    }

    #[test]
    fn message_tails() {
        let text = "\
V-79-57344-38724 - Directory 'D\\Profiles\\Default User' does not support Granular Recovery Technology (GRT).
The job failed with the following error: A failure occurred accessing the object list.
For additional information regarding this error refer to link V-79-57344-65245
Error category    : Resource Errors
Error             : e000120f - This operation is not supported on 32-bit media servers
For additional information regarding this error refer to link V-79-57344-4623
A recovery checkpoint cannot be created because Backup Exec detected another recovery checkpoint
";
        let got = read(&JobText, "x.txt", text);
        assert_eq!((got.records.len(), got.headless()), (4, 0));
        assert_eq!(got.records[0].field("hex"), Some("0xE0009744"));
        assert_eq!(got.records[1].code.as_deref(), Some("V-79-57344-65245"));
        assert_eq!(got.records[1].severity, Severity::Error);
        assert_eq!(
            (got.records[2].code.as_deref(), got.records[2].field("hex")),
            (Some("e000120f"), Some("0xE000120F"))
        );
        assert!(got.kind("vm-backup").is_empty());
        cut_anywhere(&JobText, "x.txt", text);
    }

    #[test]
    fn a_restore_is_no_backup() {
        let text = job("r", 28, &set(&vm("a"), "Full", 28, 700), &ended(28, "Successful"))
            .replace("Job type: Backup", "Job type: Restore")
            .replace("Job Operation - Backup\n", "");
        assert!(read(&JobText, "x.txt", &text).kind("vm-backup").is_empty());
    }

    #[test]
    fn languages() {
        let text = format!(
            "Auftragsserver: SRV1\nAuftragsname: VM täglich\nAuftrag gestartet: Donnerstag, 28. Januar 2010 um 20:00:03\nAuftragsprotokoll: BEX_SRV1_00123.xml\nSicherung von \"{}\"\nSicherungsmethode: Inkrementell\nSicherung gestartet am 28.01.2010 um 20:02:11.\nSicherung abgeschlossen am 28.01.2010 um 20:20:02.\n1.234.567 Byte in 3 Minuten verarbeitet.\nAuftrag beendet: Donnerstag, 28. Januar 2010 um 22:00:03\nAuftragsabschlussstatus: Erfolgreich\n",
            vm("srv-db1")
        );
        let got = read(&JobText, "x.txt", &text);
        let backup = got.kind("vm-backup")[0].clone();
        assert_eq!(backup.field("method"), Some("block-level"));
        assert_eq!((backup.field("result"), backup.field("bytes")), (Some("success"), Some("1234567")));
        assert_eq!(backup.stamp.to_string(), "2010-01-28T20:02:11");
        assert_eq!(got.headless(), 0);
    }

    #[test]
    fn lines_of_others_are_not_claimed() {
        for line in [
            "Job name: x",
            "Job type: Backup",
            "Error: something",
            "12/01/2010 10:00:00 - Info bpbrm (pid=412) V-79",
            "2010-01-28 Event 34113: see link V-79-57344-65245",
            "Copy- x",
            "",
        ] {
            assert_ne!(JobText.claim(line), Claim::Strong, "{line}");
        }
    }
}
