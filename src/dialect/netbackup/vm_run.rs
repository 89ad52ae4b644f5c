//! Backups of virtual machines in a list of jobs.
//!
//! NetBackup backs a virtual machine up with two jobs: one takes the snapshot, its child reads the disks. The child
//! is the backup. What kind of backup it was is told by its schedule and corrected by its detail lines:
//!
//! | schedule | details | method |
//! |---|---|---|
//! | full | | `full` |
//! | full | Accelerator without forced rescan: the image is put together from earlier ones | `synthetic` |
//! | incremental | | `incremental` |
//! | incremental | Accelerator or block-level incremental: changed block tracking | `block-level` |
//! | incremental | as many bytes as half of the machine's last full | `effective-full` |
//!
//! The wordings for block-level incrementals and for the snapshot step are unverified. The runs are given out at the
//! end of the list, because lists are written newest first and in the order of nothing in particular.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::job_row::{self, Row, column};
use super::wording;
use crate::base::{Dialect, Record, Sink, Stamp};
use crate::dialect::saved::Word;

/// Runs that are held until the end of the list: a year of a site with 500 machines. What comes beyond is given out
/// before, and compared among itself only.
const HELD: usize = 200_000;

/// What the detail lines of a job show.
#[derive(Clone, Debug, Default)]
pub(super) struct Traits {
    accelerator: bool,
    forced_rescan: bool,
    synthetic: bool,
    block_level: bool,
    vmware: bool,
    /// When the step that takes the snapshot was begun.
    snapshot: Option<Stamp>,
}

impl Traits {
    /// What the columns show before any detail line.
    pub(super) fn of(row: &Row<'_>) -> Traits {
        Traits { accelerator: row.used_accelerator(), ..Traits::default() }
    }

    /// Takes a detail line in.
    pub(super) fn see(&mut self, record: &Record<'_>) {
        if !holds_a_word(&record.body) {
            return;
        }
        let text = record.body.to_ascii_lowercase();
        let says = |words: &str| text.contains(words);
        let denies =
            || ["not ", "unable", "cannot", "fail", "disabled"].iter().any(|word| text.contains(word));
        self.accelerator |= says("accelerator enabled");
        self.forced_rescan |= says("forced rescan") && !denies();
        self.synthetic |= says("synthetic") && !denies();
        let tracking = says("block level incremental")
            || says("block-level incremental")
            || says("blib")
            || says("changed block tracking");
        self.block_level |= tracking && !denies();
        self.vmware |= says("vmware") || says("transport type =");
        if self.snapshot.is_none() && text.starts_with("begin ") && says("create snapshot") {
            self.snapshot = Some(record.stamp);
        }
    }
}

/// Everything that is read of a detail line stands behind one of these, in any letter case.
const WORDS: [&str; 9] = [
    "accelerator enabled",
    "forced rescan",
    "synthetic",
    "level incremental",
    "blib",
    "changed block tracking",
    "vmware",
    "transport type =",
    "create snapshot",
];

/// Can the line show anything? Nearly all lines do not, and one search for all words is what tells soonest.
fn holds_a_word(text: &str) -> bool {
    static SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let builder = AhoCorasickBuilder::new()
            .kind(Some(AhoCorasickKind::DFA))
            .ascii_case_insensitive(true)
            .build(WORDS);
        builder.ok()
    });
    SEARCH.as_ref().is_none_or(|search| search.is_match(text))
}

/// A job whose details were pasted, as far as it is the backup of a virtual machine: the details must name the
/// client, show VMware at work and write an image. They name the schedule, but not its type: whether the backup was
/// full or incremental stays unknown unless a line tells.
#[derive(Clone, Debug, Default)]
pub(super) struct PastedRun {
    traits: Traits,
    vm: Option<String>,
    job: Option<String>,
    backup_id: Option<String>,
    writes: bool,
    start: Option<Stamp>,
    line: u64,
    result: Option<&'static str>,
}

impl PastedRun {
    /// Takes a record of the job in, which stands on this line.
    pub(super) fn see(&mut self, record: &Record<'_>, line: u64) {
        if self.line == 0 {
            self.line = line;
        }
        self.traits.see(record);
        self.writes |= record.body.starts_with("begin writing");
        if self.start.is_none() && record.stamp.is_dated() {
            self.start = Some(record.stamp);
        }
        for (name, slot) in
            [("client", &mut self.vm), ("job_id", &mut self.job), ("backup_id", &mut self.backup_id)]
        {
            if let (None, Some(value)) = (&slot, record.field(name)) {
                *slot = Some(value.to_owned());
            }
        }
        let ends = record.kind == "job-status" || record.body.starts_with("end writing");
        if let Some(status) = wording::any_trailing_status(&record.body).filter(|_| ends) {
            self.result = Some(word_for(status));
        }
    }

    /// Would a record of the job that names nothing and has no status change nothing?
    pub(super) fn learns_nothing(&self, text: &str) -> bool {
        let is_begun = self.line != 0 && self.start.is_some();
        is_begun && (self.writes || !text.starts_with("begin writing")) && !holds_a_word(text)
    }

    /// Gives the run out, if it is one.
    pub(super) fn give(&self, session: u32, at: usize, sink: &mut dyn Sink) {
        let (Some(vm), Some(start), true) = (&self.vm, self.start, self.writes && self.traits.vmware) else {
            return;
        };
        let mut record = Record::new(Dialect::NetbackupJob, "");
        record.kind = "vm-backup";
        (record.start, record.end, record.line, record.session) = (at, at, Some(self.line), Some(session));
        record.stamp = self.traits.snapshot.unwrap_or(start);
        let instant = if self.traits.snapshot.is_some() { "snapshot" } else { "start" };
        let method = if self.traits.block_level { "block-level" } else { "unknown" };
        let fields = [
            ("vm", Some(vm.as_str())),
            ("method", Some(method)),
            ("result", Some(self.result.unwrap_or("unknown"))),
            ("job", self.job.as_deref()),
            ("restore_point", self.backup_id.as_deref()),
            ("instant", Some(instant)),
            ("product", Some("netbackup")),
        ];
        record.fields =
            fields.into_iter().filter_map(|(name, value)| Some((name, Cow::Borrowed(value?)))).collect();
        sink.record(record);
    }
}

/// The result that a status means.
fn word_for(status: &str) -> &'static str {
    match status.parse::<u32>() {
        Ok(0) => "success",
        Ok(1) => "partial",
        Ok(_) => "failed",
        Err(_) => "unknown",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct VmRun {
    vm: String,
    job: u64,
    parent: Option<u64>,
    started: i64,
    kbytes: u64,
    #[serde(with = "crate::dialect::saved::term")]
    method: Word,
    #[serde(with = "crate::dialect::saved::term")]
    result: Word,
    backup_id: Option<String>,
    line: u64,
    session: Option<u32>,
}

/// The runs of a list, one per job and start: a list may be printed several times into one file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct VmRuns {
    #[serde(with = "indexmap::map::serde_seq")]
    runs: IndexMap<(u64, i64), VmRun>,
    /// When the jobs that take snapshots began to, by their ids.
    snapshots: HashMap<u64, Stamp>,
    /// Jobs that have children.
    parents: HashSet<u64>,
}

impl VmRuns {
    /// Takes a row in. `clock`: seconds east of UTC of its detail lines, where known.
    pub(super) fn take_in(
        &mut self,
        row: &Row<'_>,
        line: u64,
        session: Option<u32>,
        traits: &Traits,
        clock: Option<i32>,
    ) {
        let is_vm_policy = match row.value(column::POLICY_TYPE) {
            Some("40") => true,
            // Before policies of their own, virtual machines were backed up by FlashBackup.
            Some("29") => traits.vmware,
            _ => false,
        };
        let Some(job) = row.value(column::JOB_ID).and_then(|job| job.parse().ok()).filter(|_| is_vm_policy)
        else {
            return;
        };
        if let (Some(snapshot), Some(east)) = (traits.snapshot, clock) {
            self.snapshots.insert(job, snapshot.in_zone(east));
        }
        let parent = row.parent();
        if let Some(parent) = parent.filter(|parent| *parent != job) {
            self.parents.insert(parent);
        }
        let is_backup = matches!(row.value(column::JOB_TYPE), Some("0" | "22")) && parent != Some(job);
        let (Some(started), Some(vm), true) =
            (row.time(column::STARTED), row.value(column::CLIENT), is_backup)
        else {
            return;
        };
        let kbytes = row.value(column::KBYTES).and_then(|kbytes| kbytes.parse().ok()).unwrap_or(0);
        let run = VmRun {
            vm: job_row::plain(vm).into_owned(),
            job,
            parent,
            started,
            kbytes,
            method: method(row, traits),
            result: result(row),
            backup_id: row.backup_id().map(str::to_owned),
            line,
            session,
        };
        self.runs.insert((job, started), run);
    }

    /// Must the runs be given out before the end?
    pub(super) fn is_full(&self) -> bool {
        self.runs.len().max(self.parents.len()).max(self.snapshots.len()) >= HELD
    }

    /// Gives all runs out and forgets them; `at` is the offset at hand.
    pub(super) fn give_out(&mut self, at: usize, sink: &mut dyn Sink) {
        self.find_effective_fulls();
        let held = std::mem::take(self);
        for run in held.runs.values() {
            // A job with children and without an image of its own only took the snapshot.
            if held.parents.contains(&run.job) && run.kbytes == 0 {
                continue;
            }
            let snapshot = run.parent.and_then(|parent| held.snapshots.get(&parent).copied());
            run.give(snapshot.filter(|stamp| stamp.instant().is_some()), at, sink);
        }
    }

    /// An incremental of half the size of the full before it has read the disks anew, whatever its schedule says.
    fn find_effective_fulls(&mut self) {
        let mut order: Vec<usize> = (0..self.runs.len()).collect();
        let key = |run: &VmRun| (run.vm.to_lowercase(), run.started);
        order.sort_by_cached_key(|index| self.runs.get_index(*index).map(|(_, run)| key(run)));
        let mut full: Option<(String, u64)> = None;
        for index in order {
            let Some((_, run)) = self.runs.get_index_mut(index) else { continue };
            let vm = run.vm.to_lowercase();
            let succeeded = matches!(run.result, "success" | "partial");
            match (run.method, &full) {
                ("full" | "synthetic", _) if succeeded && run.kbytes > 0 => full = Some((vm, run.kbytes)),
                ("incremental" | "block-level", Some((name, kbytes)))
                    if *name == vm && run.kbytes.saturating_mul(2) >= *kbytes =>
                {
                    run.method = "effective-full";
                }
                _ => {}
            }
        }
    }
}

fn method(row: &Row<'_>, traits: &Traits) -> &'static str {
    // What a snapshot's later backup contains is decided by the schedule that took it, which this row does not name.
    if row.value(column::JOB_TYPE) == Some("22") {
        return "unknown";
    }
    match row.value(column::SCHEDULE_TYPE) {
        _ if traits.synthetic => "synthetic",
        Some("0") if traits.accelerator && !traits.forced_rescan => "synthetic",
        Some("0") => "full",
        Some("1" | "4") if traits.accelerator || traits.block_level => "block-level",
        Some("1" | "4") => "incremental",
        _ => "unknown",
    }
}

fn result(row: &Row<'_>) -> &'static str {
    // Queued, active and requeued jobs may still show the status of an earlier try.
    if matches!(row.value(column::STATE), Some("0" | "1" | "2")) {
        return "unknown";
    }
    row.value(column::STATUS).map_or("unknown", word_for)
}

impl VmRun {
    fn give(&self, snapshot: Option<Stamp>, at: usize, sink: &mut dyn Sink) {
        let mut record = Record::new(Dialect::NetbackupBpdbjobs, "");
        record.kind = "vm-backup";
        (record.start, record.end, record.line, record.session) = (at, at, Some(self.line), self.session);
        record.stamp = snapshot.unwrap_or(Stamp::epoch(self.started));
        let restore_point = match &self.backup_id {
            Some(id) => Cow::Borrowed(id.as_str()),
            None => Cow::Owned(self.started.to_string()),
        };
        let bytes = self.kbytes.saturating_mul(1024);
        record.fields = vec![
            ("vm", Cow::Borrowed(self.vm.as_str())),
            ("method", Cow::Borrowed(self.method)),
            ("result", Cow::Borrowed(self.result)),
            ("job", Cow::Owned(self.job.to_string())),
            ("restore_point", restore_point),
            ("instant", Cow::Borrowed(if snapshot.is_some() { "snapshot" } else { "start" })),
            ("product", Cow::Borrowed("netbackup")),
        ];
        if bytes > 0 {
            record.fields.push(("bytes", Cow::Owned(bytes.to_string())));
        }
        sink.record(record);
    }
}
