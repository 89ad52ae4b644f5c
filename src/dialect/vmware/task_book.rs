//! The tasks that an agent's log has open, and what its lines have told about operations and virtual machines.
//!
//! A task names its machine by a number of the host (`haTask-112-...`) or of vCenter (`vm-77`); the name stands on
//! other lines of the same operation. Operation ids grow suffixes on their way from the client to the host, so a line
//! belongs to the operation whose id is its own or the beginning of it. Everything is bounded: a log that never closes
//! its tasks forgets the oldest.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::work::Work;
use crate::dialect::saved::Word;

/// No host has so many tasks or machines at once; what falls out only loses its name.
const LONGEST_LIST: usize = 4096;

/// A list of bounded length that forgets its older half when it is full.
#[derive(Debug, Serialize, Deserialize)]
struct Bounded<V> {
    entries: IndexMap<String, V>,
}

impl<V> Default for Bounded<V> {
    fn default() -> Bounded<V> {
        Bounded { entries: IndexMap::new() }
    }
}

impl<V> Bounded<V> {
    fn set(&mut self, key: &str, value: V) {
        if self.entries.len() >= LONGEST_LIST && !self.entries.contains_key(key) {
            self.entries.drain(..LONGEST_LIST / 2);
        }
        self.entries.insert(key.to_owned(), value);
    }

    fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }
}

/// What is known of one operation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Operation {
    /// Name of its virtual machine.
    pub(super) vm: Option<String>,
    /// Name of the snapshot it is about.
    pub(super) snapshot: Option<String>,
    /// Was the guest quiesced?
    #[serde(with = "crate::dialect::saved::word")]
    pub(super) quiesced: Option<Word>,
    /// Was the memory taken?
    #[serde(with = "crate::dialect::saved::word")]
    pub(super) memory: Option<Word>,
    /// Changed block tracking as the new configuration sets it.
    pub(super) tracking: Option<bool>,
    /// Number of the task's session, once a task was begun in it.
    pub(super) session: Option<u32>,
    /// Host's number, or vCenter's id, of the machine of the task begun in it.
    entity: Option<String>,
}

/// An open task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    /// What it does.
    pub(super) work: Work,
    /// Number or id of its machine.
    pub(super) entity: String,
    /// Its operation.
    pub(super) op_id: Option<String>,
    /// Who asked for it.
    pub(super) user: Option<String>,
    /// Its session.
    pub(super) session: u32,
    /// An error was logged for it.
    pub(super) is_failed: bool,
}

/// Everything a log has told so far.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct TaskBook {
    tasks: Bounded<Task>,
    operations: Bounded<Operation>,
    names: Bounded<String>,
    sessions: u32,
}

impl TaskBook {
    /// A task begins; returns its session.
    pub(super) fn open(
        &mut self,
        id: &str,
        work: Work,
        entity: &str,
        op_id: Option<&str>,
        user: Option<&str>,
    ) -> u32 {
        let session = self.sessions;
        self.sessions = self.sessions.saturating_add(1);
        if let Some(op_id) = op_id.filter(|op_id| is_request(op_id)) {
            self.note(op_id, |operation| {
                operation.session = Some(session);
                operation.entity = Some(entity.to_owned()).filter(|entity| !entity.is_empty());
            });
            if let Some(vm) = self.operation(op_id).and_then(|operation| operation.vm.clone()) {
                self.name(entity, &vm);
            }
        }
        let task = Task {
            work,
            entity: entity.to_owned(),
            op_id: op_id.map(str::to_owned),
            user: user.map(str::to_owned),
            session,
            is_failed: false,
        };
        self.tasks.set(id, task);
        session
    }

    /// The task is over; what was known of it.
    pub(super) fn close(&mut self, id: &str) -> Option<Task> {
        self.tasks.entries.shift_remove(id)
    }

    /// An open task.
    pub(super) fn task(&mut self, id: &str) -> Option<&mut Task> {
        self.tasks.entries.get_mut(id)
    }

    /// Adds to what is known of the operation that this line belongs to; its own if there is no open one.
    pub(super) fn note(&mut self, op_id: &str, change: impl FnOnce(&mut Operation)) {
        if !is_request(op_id) {
            return;
        }
        let key = self.operation_key(op_id).unwrap_or(op_id).to_owned();
        let mut operation = self.operations.get(&key).cloned().unwrap_or_default();
        change(&mut operation);
        self.operations.set(&key, operation);
    }

    /// What is known of the operation that this line belongs to.
    pub(super) fn operation(&self, op_id: &str) -> Option<&Operation> {
        if self.operations.entries.is_empty() {
            return None;
        }
        self.operations.get(self.operation_key(op_id)?)
    }

    /// A line of this operation names its virtual machine.
    pub(super) fn note_vm(&mut self, op_id: &str, vm: &str) {
        self.note(op_id, |operation| {
            operation.vm.get_or_insert_with(|| vm.to_owned());
        });
        if let Some(entity) = self.operation(op_id).and_then(|operation| operation.entity.clone()) {
            self.name(&entity, vm);
        }
    }

    /// The machine of this number or id has this name. Was that not known yet?
    pub(super) fn name(&mut self, entity: &str, vm: &str) -> bool {
        let is_news = !entity.is_empty() && self.names.get(entity).is_none_or(|known| known != vm);
        if is_news {
            self.names.set(entity, vm.to_owned());
        }
        is_news
    }

    /// Name of a machine by its number or id, else by the operation.
    pub(super) fn vm(&self, entity: &str, op_id: Option<&str>) -> Option<&str> {
        let by_operation = || self.operation(op_id?)?.vm.as_ref();
        self.names.get(entity).or_else(by_operation).map(String::as_str)
    }

    /// The longest known id that is this one or its beginning.
    fn operation_key<'i>(&self, op_id: &'i str) -> Option<&'i str> {
        let mut key = op_id;
        loop {
            if self.operations.get(key).is_some() {
                return Some(key);
            }
            // Shorter beginnings are shared by operations that have nothing to do with each other.
            key = key.rsplit_once('-').map(|(before, _)| before).filter(|before| before.len() >= 8)?;
        }
    }
}

/// Is it an id of work that somebody asked for? The others are the agents' own heartbeats and waits, and run for ever.
fn is_request(op_id: &str) -> bool {
    !["HB-", "SWI-", "WFU-", "hostd-", "task-internal", "CheckStatus"]
        .iter()
        .any(|internal| op_id.starts_with(internal))
}

/// The account behind `vpxuser:DOMAIN\name`: vCenter acts under its own account on behalf of people.
pub(super) fn account(user: &str) -> &str {
    match user.strip_prefix("vpxuser:") {
        Some("" | "<no user>") => "vpxuser",
        Some(person) => person,
        None => user,
    }
}

/// `haTask-112-vim.VirtualMachine.createSnapshot-3887`: number of the machine and method. The number is empty for
/// services and a word for folders (`ha-folder-vm`).
pub(super) fn host_task(id: &str) -> Option<(&str, &str)> {
    let rest = id.strip_prefix("haTask-")?;
    let (rest, sequence) = rest.rsplit_once('-')?;
    if sequence.is_empty() || !sequence.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let begins = |at: usize| {
        let rest = rest.get(at..).unwrap_or("");
        ["vim.", "vmodl.", "vpxapi.", "hostd.", "vm."].iter().any(|start| rest.starts_with(start))
    };
    let method = match begins(0) {
        true => 0,
        false => memchr::memchr_iter(b'-', rest.as_bytes()).map(|at| at + 1).find(|at| begins(*at))?,
    };
    Some((rest.get(..method)?.trim_end_matches('-'), rest.get(method..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_host_tasks() {
        assert_eq!(
            host_task("haTask-112-vim.VirtualMachine.createSnapshot-3887"),
            Some(("112", "vim.VirtualMachine.createSnapshot"))
        );
        assert_eq!(
            host_task("haTask--vmodl.query.PropertyCollector.waitForUpdatesEx-1893420653"),
            Some(("", "vmodl.query.PropertyCollector.waitForUpdatesEx"))
        );
        assert_eq!(
            host_task("haTask-ha-folder-vm-vim.Folder.registerVm-107999318"),
            Some(("ha-folder-vm", "vim.Folder.registerVm"))
        );
        assert_eq!(host_task("haTask-112-something-3887"), None);
        assert_eq!(host_task("task-23071"), None);
        assert_eq!(account("vpxuser:CORP\\mara"), "CORP\\mara");
        assert_eq!(account("vpxuser:<no user>"), "vpxuser");
        assert_eq!(account("root"), "root");
    }

    #[test]
    fn a_machine_is_found_by_operation_and_then_by_number() {
        let mut book = TaskBook::default();
        let session = book.open("t1", Work::Revert, "112", Some("e991f0d9"), Some("root"));
        assert_eq!(session, 0);
        assert_eq!(book.vm("112", Some("e991f0d9")), None);
        book.note_vm("e991f0d9-aa-01", "srv-db1");
        assert_eq!(book.vm("112", None), Some("srv-db1"));
        assert_eq!(book.close("t1").unwrap().work, Work::Revert);
        assert!(book.close("t1").is_none());
        book.note_vm("HB-host-12@7", "other");
        assert_eq!(book.vm("7", Some("HB-host-12@7")), None);
    }

    #[test]
    fn the_lists_stay_bounded() {
        let mut book = TaskBook::default();
        for number in 0..20_000 {
            book.open(&number.to_string(), Work::Create, "1", Some(&format!("{number:08x}")), None);
        }
        assert!(book.tasks.entries.len() <= LONGEST_LIST);
        assert!(book.operations.entries.len() <= LONGEST_LIST);
    }
}
