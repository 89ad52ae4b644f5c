//! Backups of virtual machines, put together out of the lines of a run (scheduler log, console, activity log).
//!
//! One `vm-backup` record per machine and run, one `vm-backup-end` where a line tells when the run was done with the
//! machine, and one `data-mover` record per run that backed up machines (`machines`: how many of them it names, which
//! is none where only the counters were understood). Rules:
//!
//! - The method is that of the mode line. `Successful Full VM backup` is printed for incremental modes too and says
//!   nothing. A mode that was only asked for (`-mode=IFIncremental`) is no proof either, because the first such run
//!   of a machine is made as a full one; a full mode that was asked for is.
//! - The result is that of the machine: its own line, else the line that says where it was stored, else the
//!   counters of the run where they leave no choice. The run's return code covers all machines and is not used.
//! - A run that breaks off leaves the machines without a line of their own at `unknown`.
//! - An incremental that sends half as much as the last full of the same machine or more was a full in effect.
//!
//! What stays open: which snapshot was taken when the log does not name it, and anything about the guest.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::vm_lines::{VmLine, method, vm_lines};
use crate::base::{Dialect, Record, Severity, Sink, Stamp};
use crate::dialect::saved::Word;

/// A run of more machines than this is closed and goes on as another: no data mover handles as many.
const MOST_MACHINES: usize = 4096;

/// Last full backups remembered per source.
const MOST_FULLS: usize = 16_384;

/// Where and when something was said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Moment {
    /// Time of the record.
    pub(super) stamp: Stamp,
    /// The time as printed; empty where none is.
    pub(super) printed: String,
    /// 1-based line.
    pub(super) line: u64,
}

/// What the log around a run says about it.
#[derive(Default)]
pub(super) struct RunContext<'a> {
    /// Session of the run.
    pub(super) session: Option<u32>,
    /// The node that the client runs as.
    pub(super) data_mover: Option<&'a str>,
    /// The node whose data it handles.
    pub(super) node: Option<&'a str>,
    /// Schedule.
    pub(super) job: Option<&'a str>,
    /// Level of the client.
    pub(super) level: Option<&'a str>,
    /// Platform of the client.
    pub(super) platform: Option<&'a str>,
    /// The test flag that switches quiescing off was seen.
    pub(super) quiesce_off: bool,
    /// Start of the run, for logs whose lines have no time.
    pub(super) started: Option<(Stamp, String)>,
}

/// One machine in a run.
#[derive(Serialize, Deserialize)]
struct Backup {
    vm: String,
    first: Moment,
    started: Option<Moment>,
    snapshot: Option<Moment>,
    removed: Option<Moment>,
    end: Option<Moment>,
    mode: Option<String>,
    node: Option<String>,
    data_mover: Option<String>,
    to_send: u64,
    sent: Option<u64>,
    #[serde(with = "crate::dialect::saved::word")]
    result: Option<Word>,
    rc: Option<String>,
}

/// The runs of one source (of one client session in the activity log).
#[derive(Serialize, Deserialize)]
pub(super) struct VmBackups {
    dialect: Dialect,
    /// Where a run was first spoken of, whether or not its machines are named.
    begun: Option<Moment>,
    run: Vec<Backup>,
    /// The machine that lines without a name speak of.
    current: Option<usize>,
    /// The machine whose statistics are printed.
    statistics: Option<usize>,
    counters: [Option<u64>; 3],
    bytes: Option<u64>,
    complete: bool,
    /// The mode that the command asked for.
    pub(super) requested: Option<String>,
    /// Bytes of the last full of each machine.
    pub(super) fulls: IndexMap<String, u64>,
}

impl VmBackups {
    /// Nothing seen yet.
    pub(super) fn new(dialect: Dialect) -> VmBackups {
        VmBackups {
            dialect,
            begun: None,
            run: Vec::new(),
            current: None,
            statistics: None,
            counters: [None; 3],
            bytes: None,
            complete: false,
            requested: None,
            fulls: IndexMap::new(),
        }
    }

    /// Does this text begin another run, so that the one at hand has to end first?
    pub(super) fn ends_before(&self, text: &str) -> bool {
        if self.run.is_empty() {
            return false;
        }
        let mut ends = self.run.len() >= MOST_MACHINES;
        for line in text.lines().filter(|line| may_say_something(line)) {
            vm_lines(line, &mut |said| {
                ends |=
                    matches!(said, VmLine::RunStarts) || self.complete && matches!(said, VmLine::Starting(_));
            });
        }
        ends
    }

    /// Takes in the text of a record, line by line.
    pub(super) fn see(&mut self, text: &str, at: &Moment) {
        for (offset, line) in (0u64..).zip(text.lines()) {
            if may_say_something(line) {
                let at = Moment { line: at.line + offset, ..at.clone() };
                vm_lines(line, &mut |said| self.take(said, &at));
            }
        }
    }

    fn take(&mut self, said: VmLine<'_>, at: &Moment) {
        match said {
            VmLine::RunStarts => {
                self.complete = false;
                self.begun.get_or_insert_with(|| at.clone());
            }
            VmLine::Complete => {
                self.complete = true;
                (self.current, self.statistics) = (None, None);
            }
            VmLine::Starting(vm) => {
                let index = self.add(vm, at);
                self.with(Some(index), |backup| backup.started = Some(at.clone()));
            }
            VmLine::Counted(counter, count) => {
                if let Some(slot) = self.counters.get_mut(counter as usize) {
                    *slot = Some(count);
                }
                if count > 0 {
                    self.begun.get_or_insert_with(|| at.clone());
                }
            }
            VmLine::Bytes(bytes) => match self.statistics {
                Some(_) => self.with(self.statistics, |backup| backup.sent = Some(bytes)),
                None => self.bytes = Some(bytes),
            },
            VmLine::Mode(mode) => self.with(self.current, |backup| backup.mode = Some(mode.to_owned())),
            VmLine::TargetNode(node) => self.with(self.current, |backup| backup.node = Some(node.to_owned())),
            VmLine::DataMover(node) => {
                self.with(self.current, |backup| backup.data_mover = Some(node.to_owned()));
            }
            VmLine::Disk(folder, bytes) => {
                let index = folder.and_then(|folder| self.find(folder)).or(self.current);
                self.with(index, |backup| backup.to_send = backup.to_send.saturating_add(bytes));
            }
            VmLine::Statistics(vm) => self.statistics = self.find(vm),
            VmLine::Snapshot(vm) => {
                let index = self.find_or_add(vm, at);
                self.with(Some(index), |backup| {
                    backup.snapshot.get_or_insert_with(|| at.clone());
                });
            }
            VmLine::SnapshotRemoved(vm) => {
                self.with(self.find(vm), |backup| backup.removed = Some(at.clone()));
            }
            VmLine::Succeeded(vm) => self.result(vm, "success", None, at),
            VmLine::Failed(vm, rc) => self.result(vm, "failed", rc, at),
            VmLine::StoredAt(vm, node) => {
                let index = self.find_or_add(vm, at);
                self.with(Some(index), |backup| {
                    backup.result.get_or_insert("success");
                    backup.node.get_or_insert_with(|| node.to_owned());
                });
            }
        }
    }

    fn result(&mut self, vm: &str, result: &'static str, rc: Option<&str>, at: &Moment) {
        let index = self.find_or_add(vm, at);
        self.current = Some(index);
        self.with(Some(index), |backup| {
            // A message about the failure and a line about it may both come, in any order.
            backup.result.get_or_insert(result);
            backup.end.get_or_insert_with(|| at.clone());
            if let Some(rc) = rc {
                backup.rc.get_or_insert_with(|| rc.to_owned());
            }
        });
    }

    /// The machine of this name, the last one where it was tried twice.
    fn find(&self, vm: &str) -> Option<usize> {
        self.run.iter().rposition(|backup| backup.vm.eq_ignore_ascii_case(vm))
    }

    fn find_or_add(&mut self, vm: &str, at: &Moment) -> usize {
        self.find(vm).unwrap_or_else(|| self.add(vm, at))
    }

    fn add(&mut self, vm: &str, at: &Moment) -> usize {
        self.run.push(Backup {
            vm: vm.to_owned(),
            first: at.clone(),
            started: None,
            snapshot: None,
            removed: None,
            end: None,
            mode: None,
            node: None,
            data_mover: None,
            to_send: 0,
            sent: None,
            result: None,
            rc: None,
        });
        self.current = Some(self.run.len() - 1);
        self.run.len() - 1
    }

    fn with(&mut self, index: Option<usize>, change: impl FnOnce(&mut Backup)) {
        if let Some(backup) = index.and_then(|index| self.run.get_mut(index)) {
            change(backup);
        }
    }

    /// Is a run at hand that backs up virtual machines?
    pub(super) fn is_at_work(&self) -> bool {
        self.begun.is_some() || !self.run.is_empty()
    }

    /// Names of the machines of the run at hand.
    pub(super) fn machines(&self) -> impl Iterator<Item = &str> {
        self.run.iter().map(|backup| backup.vm.as_str())
    }

    /// The run is over: gives out its machines at `offset`.
    pub(super) fn end(&mut self, context: &RunContext<'_>, offset: usize, sink: &mut dyn Sink) {
        let begun = self.begun.take();
        if self.run.is_empty() {
            self.complete = false;
            self.counters = [None; 3];
            if let Some(begun) = begun {
                sink.record(data_mover(&begun, None, 0, context, self.dialect, offset));
            }
            return;
        }
        self.settle();
        let run = std::mem::take(&mut self.run);
        if let Some(first) = run.first() {
            let node = first.data_mover.as_deref();
            sink.record(data_mover(&first.first, node, run.len(), context, self.dialect, offset));
        }
        let alone = run.len() == 1;
        for backup in &run {
            let bytes = backup.bytes();
            let method = self.method(backup, bytes);
            sink.record(backup.record(self.dialect, context, method, bytes, alone, offset));
            if let Some(end) = backup.end_record(self.dialect, context, offset) {
                sink.record(end);
            }
            if backup.result == Some("success")
                && let ("full", Some(bytes)) = (method, bytes)
                && (self.fulls.len() < MOST_FULLS || self.fulls.contains_key(&backup.vm))
            {
                self.fulls.insert(backup.vm.clone(), bytes);
            }
        }
        *self = VmBackups { fulls: std::mem::take(&mut self.fulls), ..VmBackups::new(self.dialect) };
    }

    /// What the run's totals say about machines that have no line of their own.
    fn settle(&mut self) {
        let [succeeded, failed, processed] = self.counters;
        let all = u64::try_from(self.run.len()).ok();
        let settled = if failed == Some(0) && all == succeeded && all == processed.or(succeeded) {
            Some("success")
        } else if failed == all && succeeded.unwrap_or(0) == 0 {
            Some("failed")
        } else {
            None
        };
        for backup in &mut self.run {
            backup.result = backup.result.or(settled);
        }
        if let (Some(bytes), [only]) = (self.bytes, self.run.as_mut_slice()) {
            only.sent.get_or_insert(bytes);
        }
    }

    fn method(&self, backup: &Backup, bytes: Option<u64>) -> &'static str {
        let method = match &backup.mode {
            Some(mode) => method(mode),
            None => match self.requested.as_deref().map(method) {
                Some("full") => "full",
                _ => "unknown",
            },
        };
        let full = self.fulls.get(&backup.vm).copied().filter(|full| *full > 0);
        match (method, bytes, full) {
            ("block-level" | "incremental", Some(bytes), Some(full)) if bytes.saturating_mul(2) >= full => {
                "effective-full"
            }
            _ => method,
        }
    }
}

/// Cheap refusal of the many lines that are about files.
fn may_say_something(line: &str) -> bool {
    const WORDS: [&[u8]; 7] =
        [b"irtual", b"IRTUAL", b"mode", b"node name", b"snapshot", b"VM", b"of bytes transferred"];
    WORDS.iter().any(|word| memchr::memmem::find(line.as_bytes(), word).is_some())
}

impl Backup {
    fn bytes(&self) -> Option<u64> {
        self.sent.or((self.to_send > 0).then_some(self.to_send))
    }

    /// When the backup was taken: its snapshot, else its start, else the record that speaks of it; in a log
    /// without times the start of the run, which is that of the machine only where it is alone.
    fn instant(&self, context: &RunContext<'_>, alone: bool) -> (Stamp, Option<&'static str>) {
        for (moment, name) in [(&self.snapshot, "snapshot"), (&self.started, "start")] {
            if let Some(moment) = moment.as_ref().filter(|moment| !moment.stamp.is_none()) {
                return (moment.stamp, Some(name));
            }
        }
        if !self.first.stamp.is_none() {
            return (self.first.stamp, Some("record"));
        }
        match &context.started {
            Some((stamp, _)) => (*stamp, Some(if alone { "start" } else { "record" })),
            None => (Stamp::None, None),
        }
    }

    fn record<'a>(
        &'a self,
        dialect: Dialect,
        context: &RunContext<'a>,
        method: &'static str,
        bytes: Option<u64>,
        alone: bool,
        offset: usize,
    ) -> Record<'a> {
        let (stamp, instant) = self.instant(context, alone);
        let result = self.result.unwrap_or("unknown");
        let mut record = derived(dialect, "vm-backup", &self.first, context.session, offset);
        record.stamp = stamp;
        record.severity = if result == "failed" { Severity::Error } else { Severity::Info };
        let restore_point = match &self.started {
            Some(start) if !start.printed.is_empty() => Some(Cow::Owned(start.printed.clone())),
            _ if alone => context.started.as_ref().map(|(_, printed)| Cow::Owned(printed.clone())),
            _ => None,
        };
        let fields = [
            ("vm", Some(Cow::Borrowed(self.vm.as_str()))),
            ("method", Some(Cow::Borrowed(method))),
            ("result", Some(Cow::Borrowed(result))),
            ("job", context.job.map(Cow::Borrowed)),
            ("restore_point", restore_point),
            ("bytes", bytes.map(|bytes| Cow::Owned(bytes.to_string()))),
            ("instant", instant.map(Cow::Borrowed)),
            ("product", Some(Cow::Borrowed("tsm"))),
            ("data_mover", self.data_mover.as_deref().or(context.data_mover).map(Cow::Borrowed)),
            ("node", self.node.as_deref().or(context.node).map(Cow::Borrowed)),
            ("mode", self.mode.as_deref().map(Cow::Borrowed)),
            ("end", printed(&self.end)),
            ("snapshot_removed", printed(&self.removed)),
            ("return_code", self.rc.as_deref().map(Cow::Borrowed)),
        ];
        record.fields.extend(fields.into_iter().filter_map(|(name, value)| Some((name, value?))));
        record.body =
            Cow::Owned(format!("backup of virtual machine '{}': method {method}, {result}", self.vm));
        record
    }

    /// The machine's own result, else the request to remove its snapshot, which is not waited for. A log without
    /// times tells no end.
    fn end_record<'a>(
        &'a self,
        dialect: Dialect,
        context: &RunContext<'a>,
        offset: usize,
    ) -> Option<Record<'a>> {
        let end = self.end.as_ref().or(self.removed.as_ref()).filter(|end| !end.stamp.is_none())?;
        let mut record = derived(dialect, "vm-backup-end", end, context.session, offset);
        let fields = [
            ("vm", Some(self.vm.as_str())),
            ("result", Some(self.result.unwrap_or("unknown"))),
            ("product", Some("tsm")),
            ("data_mover", self.data_mover.as_deref().or(context.data_mover)),
        ];
        record
            .fields
            .extend(fields.into_iter().filter_map(|(name, value)| Some((name, Cow::Borrowed(value?)))));
        record.body = Cow::Owned(format!("end of the backup of virtual machine '{}'", self.vm));
        Some(record)
    }
}

fn printed(moment: &Option<Moment>) -> Option<Cow<'_, str>> {
    moment.as_ref().map(|moment| moment.printed.as_str()).filter(|text| !text.is_empty()).map(Cow::Borrowed)
}

/// The run as a whole: `named` is the data mover that the machine's own lines tell, `machines` how many are named.
fn data_mover<'a>(
    first: &Moment,
    named: Option<&'a str>,
    machines: usize,
    context: &RunContext<'a>,
    dialect: Dialect,
    offset: usize,
) -> Record<'a> {
    let mut record = derived(dialect, "data-mover", first, context.session, offset);
    if record.stamp.is_none() {
        record.stamp = context.started.as_ref().map_or(Stamp::None, |(stamp, _)| *stamp);
    }
    let node = named.or(context.data_mover);
    let quiesce = if context.quiesce_off { "off" } else { "unknown" };
    let fields = [
        ("node", node),
        ("platform", context.platform),
        ("level", context.level),
        ("quiesce", Some(quiesce)),
    ];
    record.fields.extend(fields.into_iter().filter_map(|(name, value)| Some((name, Cow::Borrowed(value?)))));
    record.fields.push(("machines", Cow::Owned(machines.to_string())));
    record.host = node.map(Cow::Borrowed);
    let level = context.level.unwrap_or("not known");
    record.body =
        Cow::Owned(format!("data mover {}: level {level}, quiesce {quiesce}", node.unwrap_or("not named")));
    record
}

/// A derived record, placed where its first line is.
pub(super) fn derived<'a>(
    dialect: Dialect,
    kind: &'static str,
    at: &Moment,
    session: Option<u32>,
    offset: usize,
) -> Record<'a> {
    let mut record = Record::new(dialect, "");
    (record.start, record.end, record.line) = (offset, offset, Some(at.line));
    (record.kind, record.stamp, record.session) = (kind, at.stamp, session);
    record
}
