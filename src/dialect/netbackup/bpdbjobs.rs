//! Lists of jobs: what `bpdbjobs -report -all_columns` and `-most_columns` print, one job per row.
//!
//! ```text
//! 601184,,,,,,,,0000000000,0000000000,0000000000,,,,,,,0,,,,,,,,master01,,,,0,0,0,1,0,,,0000000000,0000000000,
//! 0000000000,,,1,07/16/16 17:53:38 - Job 601184 restarted as job 601216,0,0,,,,,       (7.x, one line)
//! C2                  (with -stay_alive: number of jobs)
//! -601184             (job that is gone)
//! ```
//!
//! Each row is a record of kind `job` and a session. The detail lines in it are derived records of `netbackup.job`
//! in that session, and a backup of a virtual machine gives a derived `vm-backup` record at the end ([`super::vm_run`]).
//! Line breaks inside values split a row over lines. The table that `-report` prints without options is read by
//! [`super::job_table`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::job_row::{self, Row, column};
use super::job_table::{self, Column};
use super::told::Told;
use super::vm_run::{Traits, VmRuns};
use super::{backup_id, epochs, job};
use crate::base::{DateOrder, Dialect, FactKind, NoticeCode, Record, Role, Severity, Sink, Splitter, Stamp};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of job lists.
pub struct Bpdbjobs;

impl Reader for Bpdbjobs {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupBpdbjobs
    }

    fn claim(&self, line: &str) -> Claim {
        match (job_row::begins(line), job_row::is_long(line)) {
            (true, true) => Claim::Strong,
            (true, false) => Claim::Weak,
            (false, _) if is_stream_mark(line) => Claim::Weak,
            (false, _) if job_table::header(line).is_some() => Claim::Strong,
            _ => Claim::No,
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(TableGrammar::default()))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<TableGrammar>::restored(saved)
    }
}

/// `C200` and `-601184` of a stream, `Command used:` between the runs of a support bundle.
fn is_stream_mark(line: &str) -> bool {
    let line = line.trim_end();
    let number = line.strip_prefix('C').or_else(|| line.strip_prefix('-'));
    number.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_banner(line: &str) -> bool {
    line.len() < 300 && line.to_ascii_lowercase().contains("command used")
}

#[derive(Default, Serialize, Deserialize)]
struct TableGrammar {
    session: u32,
    runs: VmRuns,
    told: Told,
    /// Of the table that was last begun.
    columns: Vec<Column>,
}

impl Grammar for TableGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupBpdbjobs
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let mut record = Record::new(Dialect::NetbackupBpdbjobs, line);
        if job_row::begins(line) {
            record.kind = JOB;
            record.number = Some(number);
            return Some(record);
        }
        if let Some(columns) = job_table::header(line) {
            self.columns = columns;
            record.kind = "job-table";
            return Some(record);
        }
        if is_stream_mark(line) || is_banner(line) {
            return Some(record);
        }
        if self.columns.is_empty() { None } else { job_table::row(line, &self.columns) }
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let mut record = record;
        let Cow::Borrowed(body) = record.body else { return sink.record(record) };
        if record.kind != JOB {
            sink.record(record);
            return;
        }
        let line = record.number.take().unwrap_or(0);
        let row = Row::read(body);
        record.session = Some(self.session);
        self.session = self.session.saturating_add(1);
        describe(&mut record, &row);
        if !row.is_whole() {
            let detail = "a row of the job list is cut or its lists do not add up".to_owned();
            sink.notice(NoticeCode::DamagedRecord, record.start, detail);
        }
        let at = (record.end, line, record.session);
        let times = (row.time(column::STARTED), row.time(column::ENDED));
        let (start, stamp) = (record.start, record.stamp);
        self.told.role(record.field("master_server"), Role::Master, &record, sink);
        let moves_data =
            matches!(record.field("job_type"), Some("backup" | "archive" | "restore" | "duplicate"));
        let media = record.field("media_server").filter(|_| moves_data);
        self.told.role(media, Role::Media, &record, sink);
        sink.record(record);
        let mut traits = Traits::of(&row);
        let clock = details(&row, at, times, &mut traits, sink);
        if let Some(east) = clock {
            let mut place = Record::new(Dialect::NetbackupBpdbjobs, "");
            (place.start, place.end, place.stamp) = (start, at.0, stamp);
            sink.fact(None, FactKind::ZoneOffset { east }, &place);
        }
        self.runs.take_in(&row, line, at.2, &traits, clock);
        if self.runs.is_full() {
            self.runs.give_out(at.0, sink);
        }
    }

    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        self.runs.give_out(end, sink);
    }
}

/// Kind of a row.
const JOB: &str = "job";

/// Sets what the row itself tells.
fn describe<'a>(record: &mut Record<'a>, row: &Row<'a>) {
    let number = |at: usize| row.value(at);
    let word = |name: fn(&str) -> Option<&'static str>, at: usize| {
        number(at).map(|number| Cow::Borrowed(name(number).unwrap_or(number)))
    };
    let text = |at: usize| row.value(at).map(job_row::plain);
    let time = |at: usize| row.time(at).map(|time| Cow::Owned(time.to_string()));
    let fields = [
        ("job_id", text(column::JOB_ID)),
        ("job_type", word(job_row::job_type, column::JOB_TYPE)),
        ("state", word(job_row::state, column::STATE)),
        ("status", text(column::STATUS)),
        ("policy", text(column::POLICY)),
        ("policy_type", word(job_row::policy_type, column::POLICY_TYPE)),
        ("schedule", text(column::SCHEDULE)),
        ("schedule_type", word(job_row::schedule_type, column::SCHEDULE_TYPE)),
        ("client", text(column::CLIENT)),
        ("media_server", text(column::MEDIA_SERVER)),
        ("master_server", text(column::MASTER_SERVER)),
        ("storage_unit", text(column::STORAGE_UNIT)),
        ("started", time(column::STARTED)),
        ("ended", time(column::ENDED)),
        ("parent", row.parent().map(|parent| Cow::Owned(parent.to_string()))),
        ("backup_id", row.backup_id().map(Cow::Borrowed)),
    ];
    record.fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    record.stamp = row.time(column::STARTED).map_or(Stamp::None, Stamp::epoch);
    let status = row.value(column::STATUS);
    record.severity = match status.map(str::parse::<u32>) {
        Some(Ok(0)) => Severity::Info,
        Some(Ok(1)) => Severity::Warning,
        Some(Ok(_)) => Severity::Error,
        _ => Severity::Unknown,
    };
    record.code = status.filter(|status| status.bytes().any(|digit| digit != b'0')).map(Cow::Borrowed);
}

/// Gives the detail lines out, each a record of job details in the session of its row. Returns the zone of their
/// times, where both ends of the job show the same one beside the times of the row, which are in UTC.
fn details(
    row: &Row<'_>,
    (end, line, session): (usize, u64, Option<u32>),
    (started, ended): (Option<i64>, Option<i64>),
    traits: &mut Traits,
    sink: &mut dyn Sink,
) -> Option<i32> {
    let (mut first, mut last) = (Stamp::None, Stamp::None);
    for detail in row.details().filter(|detail| !detail.trim().is_empty()) {
        let mut record =
            job::read_line(&detail, sink).unwrap_or_else(|| Record::new(Dialect::NetbackupJob, &detail));
        (record.start, record.end, record.line, record.session) = (end, end, Some(line), session);
        if record.stamp.is_dated() {
            if first == Stamp::None {
                first = record.stamp;
            }
            last = record.stamp;
        }
        traits.see(&record);
        sink.record(record);
    }
    let (started, ended) = (started?, ended?);
    if let Some(order) = backup_id::order_between(first, started, ended) {
        sink.date_vote(order);
    }
    let mut zones = [DateOrder::Mdy, DateOrder::Dmy].into_iter().filter_map(|order| {
        let east = epochs::rough_offset(first.in_order(order), started)?;
        (epochs::rough_offset(last.in_order(order), ended) == Some(east)).then_some(east)
    });
    zones.next()
}

#[cfg(test)]
mod tests {
    use super::super::collect::{Kept, check_cuts, read};
    use super::*;

    /// A row of 7.6, with one try.
    fn row(head: &str, details: &[&str], tail: &str) -> String {
        let count = details.len();
        let details: String =
            details.iter().map(|detail| format!("{},", detail.replace(',', "\\,"))).collect();
        format!(
            "{head},unit1,1,,5120,17,,100,4711,root,1,{{types}},0,0,mas1,1,31,0,0,0,1,ALL_LOCAL_DRIVES,1,\
            4711,unit1,med1,1267534039,0000000030,1267534069,0,,{count},{details}5120,17,{tail}\n"
        )
    }

    fn job(id: u32, kind: u32, status: &str, schedule: u32, parent: u32, details: &[&str]) -> String {
        let head = format!("{id},{kind},3,{status},vm_pol,Daily,web01,med1,1267534039,0000000030,1267534069");
        let tail = format!("{parent},170,1,,,,,,,,,,,0,0,0,0,0,web01_1267534039,0,,0,0,0,,0,0");
        // subtype is before: policy type and schedule type follow the owner and the subtype.
        row(&head, details, &tail).replace("{types}", &format!("40,{schedule}"))
    }

    const DETAILS: &[&str] = &[
        "03/02/2010 06:47:19 - requesting resource unit1",
        "03/02/2010 06:47:25 - Info bpbrm(pid=5) accelerator enabled",
        "03/02/2010 06:47:49 - end writing; write time: 0:00:20, done",
    ];

    #[test]
    fn a_row_and_its_details() {
        let text = job(12, 0, "84", 1, 11, DETAILS);
        let log = read(&Bpdbjobs, &text);
        assert_eq!((log.heads(), log.headless()), (1, 0));
        let row = &log.records[0];
        for (name, value) in [
            ("job_id", "12"),
            ("job_type", "backup"),
            ("state", "done"),
            ("status", "84"),
            ("policy", "vm_pol"),
            ("policy_type", "VMware"),
            ("schedule_type", "differential incremental"),
            ("client", "web01"),
            ("media_server", "med1"),
            ("master_server", "mas1"),
            ("started", "1267534039"),
            ("parent", "11"),
            ("backup_id", "web01_1267534039"),
        ] {
            assert_eq!(row.field(name), Some(value), "{name}");
        }
        assert_eq!((row.kind, row.code.as_deref(), row.severity), ("job", Some("84"), Severity::Error));
        assert_eq!(row.stamp.to_string(), "2010-03-02T12:47:19Z");
        let details: Vec<&Kept> =
            log.derived().into_iter().filter(|record| record.dialect == "netbackup.job").collect();
        assert_eq!(details.len(), 3);
        assert!(details.iter().all(|detail| (detail.line, detail.session) == (Some(1), row.session)));
        assert_eq!(details[1].process.as_deref(), Some("bpbrm"));
        assert_eq!(details[2].body, "end writing; write time: 0:00:20, done");
        // Both ends lie six hours before UTC, in March.
        let facts: Vec<_> = log.facts.iter().map(|(host, fact, _)| (host.as_deref(), fact)).collect();
        let (master, media) = (FactKind::Role(Role::Master), FactKind::Role(Role::Media));
        assert_eq!(
            facts,
            [(Some("mas1"), &master), (Some("med1"), &media), (None, &FactKind::ZoneOffset { east: -21600 })]
        );
        assert_eq!(log.votes, [DateOrder::Mdy]);
        check_cuts(&Bpdbjobs, &text);
    }

    #[test]
    fn streams_and_line_breaks_inside_values() {
        let broken = job(13, 0, "0", 0, 13, DETAILS).replace("accelerator enabled", "accelerator\nenabled");
        let text =
            format!("C2\n{broken}-12\n>>> Command used: bpdbjobs\n{}715,,", job(14, 0, "", 0, 14, &[]));
        let log = read(&Bpdbjobs, &text);
        assert_eq!((log.heads(), log.headless()), (5, 0));
        assert_eq!(log.of("job").len(), 2);
        let detail = log.derived()[1];
        assert_eq!((detail.body.as_str(), detail.line), ("accelerator\nenabled", Some(2)));
        assert_eq!(log.of("job")[1].session, Some(1));
        check_cuts(&Bpdbjobs, &text);
    }

    fn run(text: &str) -> Vec<(String, String, String)> {
        let log = read(&Bpdbjobs, text);
        let field = |run: &Kept, name: &str| run.field(name).unwrap_or("").to_owned();
        log.of("vm-backup")
            .iter()
            .map(|run| (field(run, "job"), field(run, "method"), field(run, "result")))
            .collect()
    }

    fn is(job: &str, method: &str, result: &str) -> Vec<(String, String, String)> {
        vec![(job.to_owned(), method.to_owned(), result.to_owned())]
    }

    #[test]
    fn backups_of_virtual_machines() {
        assert_eq!(run(&job(12, 0, "0", 0, 11, &[])), is("12", "full", "success"));
        assert_eq!(run(&job(12, 0, "1", 4, 11, &[])), is("12", "incremental", "partial"));
        assert_eq!(run(&job(12, 0, "6", 1, 11, &[])), is("12", "incremental", "failed"));
        assert_eq!(run(&job(12, 0, "", 1, 11, &[])), is("12", "incremental", "unknown"));
        assert_eq!(run(&job(12, 0, "0", 0, 11, DETAILS)), is("12", "synthetic", "success"));
        assert_eq!(run(&job(12, 0, "0", 1, 11, DETAILS)), is("12", "block-level", "success"));
        assert_eq!(run(&job(12, 0, "0", 2, 11, &[])), is("12", "unknown", "success"));
        // The job that takes the snapshot, and other policies.
        assert!(run(&job(12, 0, "0", 0, 12, &[])).is_empty());
        assert!(run(&job(12, 28, "0", 0, 11, &[])).is_empty());
        assert!(run(&job(12, 0, "0", 0, 11, &[]).replace(",40,0,", ",13,0,")).is_empty());

        let log = read(&Bpdbjobs, &job(12, 0, "0", 0, 11, &[]));
        let run = log.of("vm-backup")[0];
        for (name, value) in [
            ("vm", "web01"),
            ("restore_point", "web01_1267534039"),
            ("bytes", "5242880"),
            ("instant", "start"),
            ("product", "netbackup"),
        ] {
            assert_eq!(run.field(name), Some(value), "{name}");
        }
        assert_eq!((run.stamp.to_string().as_str(), run.line), ("2010-03-02T12:47:19Z", Some(1)));
    }

    #[test]
    fn an_incremental_as_large_as_a_full() {
        let later = |id: u32, kbytes: u32| {
            job(id, 0, "0", 1, 11, &[])
                .replace("1267534", "1267634")
                .replace(",5120,17", &format!(",{kbytes},17"))
        };
        let text = format!("{}{}{}", later(30, 2559), later(31, 2560), job(12, 0, "0", 0, 11, &[]));
        let methods: Vec<String> = run(&text).into_iter().map(|(_, method, _)| method).collect();
        assert_eq!(methods, ["incremental", "effective-full", "full"]);
        check_cuts(&Bpdbjobs, &text);
    }

    #[test]
    fn what_is_claimed() {
        assert_eq!(Bpdbjobs.claim(job(12, 0, "0", 0, 11, &[]).trim_end()), Claim::Strong);
        assert_eq!(Bpdbjobs.claim("C12"), Claim::Weak);
        for line in [
            "",
            "C",
            "a,b,c",
            "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33",
        ] {
            assert_eq!(Bpdbjobs.claim(line), Claim::No, "{line}");
        }
    }
}
