//! What the lines of `hostd.log`, `vpxa.log` and `vpxd.log` mean: tasks on snapshots, reverts, versions.
//!
//! A task is asked for when it is created and proved when it ends well; a line about a state transition proves
//! nothing. Machines are named where a line of the same operation names them, otherwise the name stays out.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::agent_line::{When, parse};
use super::revert_text::reverted;
use super::task_book::{Task, TaskBook, account, host_task};
use super::vm_name;
use super::work::Work;
use super::yearless::FirstDay;
use crate::base::name::MachineId;
use crate::base::{Dialect, FactKind, Record, Severity, Sink, Stamp};
use crate::dialect::lines::Grammar;
use crate::dialect::saved::save;

/// Reads the log of one agent.
#[derive(Serialize, Deserialize)]
pub(super) struct Agent {
    dialect: Dialect,
    days: FirstDay,
    book: TaskBook,
    /// A head was read whose record is not complete.
    #[serde(skip)]
    is_pending: bool,
}

/// Everything that is read here stands behind one of these: of a line without any only its operation counts.
pub(super) const WORDS: [&str; 9] = [
    "napshot",
    "NAPSHOT",
    "econfig",
    "ECONFIG",
    "[VpxLRO] --",
    "vim.VirtualMachine:vm-",
    "changeTrackingEnabled",
    ".vmx",
    " for VMware ",
];

impl Agent {
    /// A grammar that gives records of this dialect.
    pub(super) fn new(dialect: Dialect) -> Agent {
        Agent { dialect, days: FirstDay::default(), book: TaskBook::default(), is_pending: false }
    }
}

impl Grammar for Agent {
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        if let Some(text) = section(line) {
            self.is_pending = true;
            return Some(Record::new(self.dialect, text));
        }
        let head = parse(line)?;
        self.is_pending = true;
        let mut record = Record::new(self.dialect, head.text);
        record.stamp = match head.when {
            When::Missing => Stamp::None,
            When::Stamp(stamp) => stamp,
            When::Yearless(read) => self.days.stamp(read),
        };
        record.severity = head.severity;
        record.host = head.host.map(Cow::Borrowed);
        record.process = head.program.map(|program| Cow::Owned(program.to_ascii_lowercase()));
        record.pid = head.pid;
        let fields = [("sub", head.sub), ("op_id", head.op_id), ("thread", head.thread)];
        record.fields =
            fields.into_iter().filter_map(|(name, value)| Some((name, Cow::Borrowed(value?)))).collect();
        if let Some(user) = head.user {
            record.fields.push(("user", Cow::Borrowed(account(user))));
        }
        Some(record)
    }

    fn begins(&self, line: &str) -> bool {
        parse(line).is_some_and(|head| matches!(head.when, When::Stamp(_)))
    }

    /// Of a line without any of the words and of no task's operation nothing is kept but its time.
    fn skim(&mut self, line: &str, _number: u64, _sink: &mut dyn Sink) -> Option<Stamp> {
        let head = parse(line).filter(|head| !self.is_pending && head.severity < Severity::Error)?;
        let When::Stamp(stamp) = head.when else { return None };
        let operation = head.op_id.and_then(|op_id| self.book.operation(op_id));
        operation.is_none_or(|operation| operation.session.is_none()).then_some(stamp)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        self.is_pending = false;
        if record.head {
            self.learn(&record, sink);
            let done =
                self.host_task(&mut record) || self.long_running(&mut record) || revert_event(&mut record);
            self.join(&mut record, done);
            if let Some(fact) = version(&record.body) {
                sink.fact(record.host.as_deref(), fact, &record);
            }
        }
        sink.record(record);
    }
}

impl Agent {
    /// What the line tells about its operation and its machine.
    fn learn(&mut self, record: &Record<'_>, sink: &mut dyn Sink) {
        let body = record.body.as_ref();
        for (id, name) in managed_machines(body) {
            if self.book.name(id, name) && MachineId::of(name).is_none() {
                sink.fact(None, FactKind::SameMachine { one: name.to_owned(), other: id.to_owned() }, record);
            }
        }
        let Some(op_id) = record.field("op_id") else { return };
        if let Some(vm) = own_machine(record) {
            self.book.note_vm(op_id, vm);
        } else if let Some((_, name)) = managed_machines(body).next() {
            self.book.note_vm(op_id, name);
        }
        if let Some(is_on) = tracking(body) {
            self.book.note(op_id, |operation| operation.tracking = Some(is_on));
        }
        if let Some(asked) = create_text(body) {
            self.book.note(op_id, |operation| {
                operation.snapshot = Some(asked.0.to_owned());
                operation.memory = asked.1;
                operation.quiesced = asked.2;
            });
        }
    }

    /// `Task Created : <id>`, `Task Completed : <id> Status success`.
    fn host_task(&mut self, record: &mut Record<'_>) -> bool {
        let body = record.body.clone();
        if let Some(id) = after(&body, "Task Created : ") {
            let id = id.split_whitespace().next().unwrap_or("");
            let Some((entity, method)) = host_task(id) else { return false };
            let Some(work) = Work::of_method(method) else { return false };
            let session = self.book.open(id, work, entity, record.field("op_id"), record.field("user"));
            record.kind = work.asked();
            record.session = Some(session);
            self.describe(record, entity, None);
            return true;
        }
        let Some(rest) = after(&body, "Task Completed : ") else { return false };
        let mut words = rest.split_whitespace();
        let id = words.next().unwrap_or("");
        let Some((entity, method)) = host_task(id) else { return false };
        let Some(work) = Work::of_method(method) else { return false };
        let task = self.book.close(id);
        record.kind = match (words.next(), words.next()) {
            (Some("Status"), Some("success")) => self.done(work, record.field("op_id"), task.as_ref()),
            (Some("Status"), Some("error")) => work.failed(),
            _ => "",
        };
        self.describe(record, entity, task.as_ref());
        true
    }

    /// `[VpxLRO] -- BEGIN id -- entity -- method -- session`, `FINISH id`, `ERROR id -- ... -- method: fault`.
    fn long_running(&mut self, record: &mut Record<'_>) -> bool {
        let body = record.body.clone();
        let Some(rest) = after(&body, "[VpxLRO] --") else { return false };
        let rest = rest.lines().next().unwrap_or("");
        let mut words = rest.split_whitespace();
        let (Some(verb), Some(id)) = (words.next(), words.next()) else { return false };
        let words: Vec<&str> = words.filter(|word| *word != "--").collect();
        let work = words.iter().find_map(|word| Work::of_method(word).filter(|_| word.contains('.')));
        let entity = words.iter().copied().find(|word| is_managed_id(word)).unwrap_or("");
        match (verb, work) {
            ("BEGIN", Some(work)) => {
                let session = self.book.open(id, work, entity, record.field("op_id"), record.field("user"));
                record.kind = work.asked();
                record.session = Some(session);
                self.describe(record, entity, None);
            }
            ("ERROR", work) => {
                if let Some(task) = self.book.task(id) {
                    task.is_failed = true;
                }
                let task = self.book.task(id).cloned();
                let Some(work) = work.or(task.as_ref().map(|task| task.work)) else { return false };
                record.kind = work.failed();
                if task.is_none() {
                    // Its FINISH follows and repeats the method: it must not look like success.
                    self.book.open(id, work, entity, None, None);
                    if let Some(task) = self.book.task(id) {
                        task.is_failed = true;
                    }
                }
                self.describe(record, entity, task.as_ref());
            }
            ("FINISH", work) => {
                let task = self.book.close(id);
                let Some(work) = work.or(task.as_ref().map(|task| task.work)) else { return false };
                if !task.as_ref().is_some_and(|task| task.is_failed) {
                    record.kind = self.done(work, record.field("op_id"), task.as_ref());
                }
                self.describe(record, entity, task.as_ref());
            }
            _ => return false,
        }
        true
    }

    /// The kind of a task that ended well.
    fn done(&self, work: Work, op_id: Option<&str>, task: Option<&Task>) -> &'static str {
        if work != Work::Reconfigure {
            return work.done();
        }
        let op_id = op_id.or_else(|| task.and_then(|task| task.op_id.as_deref()));
        match op_id.and_then(|op_id| self.book.operation(op_id)?.tracking) {
            Some(true) => "cbt-enabled",
            Some(false) => "cbt-disabled",
            None => "",
        }
    }

    /// Adds what is known of the task's machine, snapshot and account.
    fn describe(&self, record: &mut Record<'_>, entity: &str, task: Option<&Task>) {
        let entity = match task {
            Some(task) if entity.is_empty() => task.entity.as_str(),
            _ => entity,
        };
        let op_id = record.field("op_id").map(str::to_owned);
        let op_id = op_id.as_deref().or_else(|| task.and_then(|task| task.op_id.as_deref()));
        // vCenter's id is a name too, where no line tells another one; a host's number is not.
        let id = || Some(entity).filter(|entity| is_managed_id(entity));
        if let Some(vm) = self.book.vm(entity, op_id).or_else(id) {
            record.fields.push(("vm", Cow::Owned(vm.to_owned())));
        }
        if let Some(operation) = op_id.and_then(|op_id| self.book.operation(op_id)) {
            let known = [
                ("snapshot", operation.snapshot.as_deref()),
                ("quiesced", operation.quiesced),
                ("memory", operation.memory),
            ];
            for (name, value) in known {
                if let Some(value) = value {
                    record.fields.push((name, Cow::Owned(value.to_owned())));
                }
            }
        }
        if !entity.is_empty() {
            record.fields.push(("entity", Cow::Owned(entity.to_owned())));
        }
        if let Some(task) = task {
            record.session = Some(task.session);
            if let (None, Some(user)) = (record.field("user"), &task.user) {
                record.fields.push(("user", Cow::Owned(user.clone())));
            }
        }
    }

    /// The session of the task that a line belongs to, and its machine unless that is told (`is_told`) already.
    fn join(&self, record: &mut Record<'_>, is_told: bool) {
        if !is_told && let Some(vm) = own_machine(record).map(str::to_owned) {
            record.fields.push(("vm", Cow::Owned(vm)));
        }
        if record.session.is_none() {
            let operation = record.field("op_id").and_then(|op_id| self.book.operation(op_id));
            record.session = operation.and_then(|operation| operation.session);
        }
    }
}

/// Text of a section line, which has no head: `Section for VMware ESX, pid=..., version=6.0.0, build=...`.
fn section(line: &str) -> Option<&str> {
    let is_section = line.starts_with("Section for VMware ") || line.starts_with("Log for VMware ");
    is_section.then_some(line)
}

/// Version of host or vCenter from a section line.
pub(super) fn version(body: &str) -> Option<FactKind> {
    let rest = after(body, "Section for VMware ").or_else(|| after(body, "Log for VMware "))?;
    let product = if rest.starts_with("ESX") {
        "esx"
    } else if rest.starts_with("VirtualCenter") || rest.starts_with("vCenter") {
        "vcenter"
    } else {
        return None;
    };
    let (_, version) = rest.split_once("version=")?;
    let end = version.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(version.len());
    // Hosted products print a placeholder (`e.x.p`).
    let version = version.get(..end).filter(|version| {
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    })?;
    Some(FactKind::Version { product: product.to_owned(), version: version.to_owned() })
}

/// The machine that the line's own component or text names by its configuration file.
fn own_machine<'r>(record: &'r Record<'_>) -> Option<&'r str> {
    let named =
        |text: &'r str| vm_name::paths(text).find(|path| path.ends(".vmx")).and_then(|path| path.vm());
    record.field("sub").and_then(named).or_else(|| named(record.body.as_ref().lines().next().unwrap_or("")))
}

/// `[vim.VirtualMachine:vm-204,srv-db1]`: id and name.
fn managed_machines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    const LABEL: &str = "vim.VirtualMachine:vm-";
    text.contains(LABEL).then(|| text.match_indices(LABEL)).into_iter().flatten().filter_map(|(at, _)| {
        let rest = text.get(at + "vim.VirtualMachine:".len()..)?;
        let (id, rest) =
            rest.split_at_checked(rest.find(|c: char| c != '-' && !c.is_ascii_alphanumeric())?)?;
        let rest = rest.strip_prefix(',')?;
        // A name of vCenter has at most 80 characters; without a bound a hostile line could cost its square.
        let end = rest.char_indices().take(LONGEST_NAME).find(|(_, c)| matches!(c, ']' | '\n'))?.0;
        let name = rest.get(..end)?.trim();
        (is_managed_id(id) && !name.is_empty()).then_some((id, name))
    })
}

/// Longest name of a machine that is looked for, in characters.
const LONGEST_NAME: usize = 256;

fn is_managed_id(word: &str) -> bool {
    MachineId::of(word) == Some(MachineId::Managed)
}

/// `changeTrackingEnabled = true` of a configuration that is printed.
fn tracking(body: &str) -> Option<bool> {
    let rest = after(body, "changeTrackingEnabled")?;
    let value = rest.trim_start_matches([' ', '=', ':', '"']);
    if value.starts_with("true") {
        Some(true)
    } else if value.starts_with("false") {
        Some(false)
    } else {
        None
    }
}

/// `Create Snapshot: before patch, memory=false, quiescent=true state=4` (wording unverified).
fn create_text(body: &str) -> Option<(&str, Option<&'static str>, Option<&'static str>)> {
    let rest = after(body, "Create Snapshot: ")?;
    let (name, rest) = rest.split_once(", memory=")?;
    let yes_no = |text: &str| match text.trim_start() {
        text if text.starts_with("true") || text.starts_with('1') => Some("yes"),
        text if text.starts_with("false") || text.starts_with('0') => Some("no"),
        _ => None,
    };
    let quiesced = ["quiescent=", "quiesce=", "quiesced="].iter().find_map(|label| after(rest, label));
    Some((name, yes_no(rest), quiesced.and_then(yes_no)))
}

/// The host's own event list tells of a revert as vCenter does.
fn revert_event(record: &mut Record<'_>) -> bool {
    let body = record.body.clone();
    let Some(read) = reverted(&body) else { return false };
    record.kind = if read.is_done { "snapshot-reverted" } else { "snapshot-revert-failed" };
    let told =
        [("vm", read.vm), ("snapshot", read.snapshot), ("snapshot_id", read.snapshot_id), ("esx", read.esx)];
    for (name, value) in told {
        if let Some(value) = value {
            record.fields.push((name, Cow::Owned(value.to_owned())));
        }
    }
    true
}

/// Most lines do not hold the label, and to find that out needs no search that is prepared first.
fn after<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    text.contains(label).then(|| text.split_once(label)).flatten().map(|(_, rest)| rest)
}
