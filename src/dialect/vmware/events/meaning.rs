//! What an event of vCenter means, whichever way it was exported.

use std::borrow::Cow;

use super::super::revert_text::reverted_of;
use super::super::work::Work;
use crate::base::{Record, Severity};

/// What an export tells of one event or task; every part may be missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Told<'a> {
    /// Type id (`com.vmware.vc.vm.VmStateRevertedToSnapshot`) or class (`TaskEvent`).
    pub(super) id: Option<Cow<'a, str>>,
    /// The message.
    pub(super) text: Cow<'a, str>,
    /// Name of a task (`RevertToSnapshot_Task`, `Revert snapshot`).
    pub(super) task: Option<Cow<'a, str>>,
    /// State of that task.
    pub(super) state: Option<Cow<'a, str>>,
    /// The object it is about, mostly a virtual machine.
    pub(super) target: Option<Cow<'a, str>>,
    /// Is the object certainly a virtual machine?
    pub(super) is_vm: bool,
    /// Account.
    pub(super) user: Option<Cow<'a, str>>,
    /// Host.
    pub(super) esx: Option<Cow<'a, str>>,
    /// Severity or level word.
    pub(super) level: Option<Cow<'a, str>>,
    /// Changed block tracking as a new configuration sets it.
    pub(super) tracking: Option<bool>,
}

impl<'a> Told<'a> {
    /// Gives the record its kind, code and fields, and the message as its body.
    pub(super) fn apply(self, record: &mut Record<'a>) {
        let meaning = meaning(&self);
        record.kind = meaning.kind;
        record.severity = self.level.as_deref().map_or(Severity::Unknown, severity);
        let is_about_vm = self.is_vm || !meaning.kind.is_empty() || speaks_of_its_machine(&self.text);
        if let Some(vm) = meaning.vm.map(Cow::Owned).or_else(|| self.target.clone().filter(|_| is_about_vm)) {
            record.fields.push(("vm", vm));
        } else if let Some(target) = self.target {
            record.fields.push(("target", target));
        }
        record.fields.extend(meaning.snapshot.map(|name| ("snapshot", Cow::Owned(name))));
        record.fields.extend(meaning.snapshot_id.map(|id| ("snapshot_id", Cow::Owned(id))));
        record.fields.extend(meaning.crossed.map(|crossed| ("crossed_128gb", Cow::Borrowed(crossed))));
        record.fields.extend(meaning.esx.map(Cow::Owned).or(self.esx).map(|esx| ("esx", esx)));
        record.fields.extend(self.user.map(|user| ("user", user)));
        record.fields.extend(self.task.map(|task| ("task", task)));
        record.fields.extend(self.state.map(|state| ("state", state)));
        record.code = self.id;
        record.body = self.text;
    }
}

/// Messages that are logged for a virtual machine, and speak of it without its name.
fn speaks_of_its_machine(text: &str) -> bool {
    const WORDS: [&str; 7] = [
        "This virtual machine ",
        "this virtual machine ",
        "the frozen virtual machine",
        "since the virtual machine is configured",
        "The guest OS has reported an error during quiescing",
        "An error occurred while taking a snapshot",
        "There is no more space for ",
    ];
    WORDS.iter().any(|words| text.contains(words))
}

#[derive(Debug, Default)]
struct Meaning {
    kind: &'static str,
    vm: Option<String>,
    esx: Option<String>,
    snapshot: Option<String>,
    snapshot_id: Option<String>,
    crossed: Option<&'static str>,
}

fn meaning(told: &Told<'_>) -> Meaning {
    let id = told.id.as_deref().unwrap_or("");
    let own = |text: Option<&str>| text.map(str::to_owned);
    if let Some(read) = reverted_of(&told.text, told.target.as_deref()) {
        return Meaning {
            kind: if read.is_done { "snapshot-reverted" } else { "snapshot-revert-failed" },
            vm: own(read.vm),
            esx: own(read.esx),
            snapshot: own(read.snapshot),
            snapshot_id: own(read.snapshot_id),
            crossed: None,
        };
    }
    // The message of another language: the id is enough.
    if id.ends_with("VmStateRevertedToSnapshot") {
        return Meaning { kind: "snapshot-reverted", ..Meaning::default() };
    }
    if id.ends_with("VmStateFailedToRevertToSnapshot") {
        return Meaning { kind: "snapshot-revert-failed", ..Meaning::default() };
    }
    if let Some(is_on) = told.tracking.or_else(|| tracking(&told.text)) {
        let kind = if is_on { "cbt-enabled" } else { "cbt-disabled" };
        return Meaning { kind, vm: reconfigured(&told.text, told.target.as_deref()), ..Meaning::default() };
    }
    if let Some(crossed) = grown(&told.text) {
        let vm = reconfigured(&told.text, told.target.as_deref());
        return Meaning { kind: "disk-grown", crossed: Some(crossed), vm, ..Meaning::default() };
    }
    let label = told.task.as_deref().or_else(|| task_label(&told.text));
    let work = label.and_then(|label| Work::of_method(label).or_else(|| work_of_label(label)));
    let kind = match (work, told.state.as_deref().map(outcome)) {
        (Some(work), Some(Outcome::Done)) => work.done(),
        (Some(work), Some(Outcome::Failed)) => work.failed(),
        (Some(work), _) => work.asked(),
        (None, _) => "",
    };
    Meaning { kind, ..Meaning::default() }
}

/// `Task: Revert snapshot`, in the language of the client.
fn task_label(text: &str) -> Option<&str> {
    ["Task: ", "Aufgabe: ", "Tâche : ", "Tâche: ", "Tarea: ", "Attività: ", "Tarefa: "]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
}

/// What a label says that people are shown. English labels are published, the others unverified.
fn work_of_label(label: &str) -> Option<Work> {
    const REVERT: [&str; 9] = [
        "revert",
        "zurücksetzen",
        "zurückkehren",
        "wiederherstell",
        "rétabl",
        "revenir",
        "restaur",
        "volver",
        "ripristin",
    ];
    const CREATE: [&str; 7] = ["create", "take", "erstell", "créer", "crear", "criar", "crea "];
    const REMOVE: [&str; 8] =
        ["remove", "delete", "entfern", "lösch", "supprimer", "eliminar", "quitar", "rimuov"];
    let label = label.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| label.contains(word));
    if !says(&["snapshot", "instantané", "instantánea", "istantanea"]) {
        return None;
    }
    if says(&REVERT) {
        Some(Work::Revert)
    } else if says(&REMOVE) {
        Some(Work::Remove)
    } else if says(&CREATE) {
        Some(Work::Create)
    } else {
        None
    }
}

enum Outcome {
    Done,
    Failed,
    Open,
}

fn outcome(state: &str) -> Outcome {
    let state = state.trim().to_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| state.starts_with(word));
    if is(&["success", "succeeded", "completed", "erfolgreich", "abgeschlossen", "terminé", "completad"]) {
        Outcome::Done
    } else if is(&["error", "fail", "fehl", "échec", "échou", "a general system error", "cancel"]) {
        Outcome::Failed
    } else {
        Outcome::Open
    }
}

/// What a reconfiguration changed: `config.changeTrackingEnabled: false -> true; `, or the same for the setting of
/// the machine itself (`config.extraConfig("ctkEnabled").value: "TRUE" -> "FALSE"; `).
fn tracking(text: &str) -> Option<bool> {
    let labels = ["changeTrackingEnabled", "ChangeTrackingEnabled", "extraConfig(\"ctkEnabled\").value"];
    let rest = labels.iter().find_map(|label| text.split_once(label).map(|(_, rest)| rest))?;
    let change = rest.split([';', '\n', ',', '}']).next()?;
    let new = change.rsplit_once("->").map_or(change, |(_, new)| new);
    let new = new.trim_matches(|c: char| c.is_whitespace() || "\"':=()".contains(c));
    if new.eq_ignore_ascii_case("true") {
        Some(true)
    } else if new.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A disk that was made larger, `config.hardware.device(2000).capacityInKB: 104857600 -> 209715200; `: did any grow over
/// a multiple of 128 GB? Where changed block tracking keeps its list in steps of that size, the list is then wrong.
fn grown(text: &str) -> Option<&'static str> {
    const LABEL: &str = "capacityInKB";
    let mut found = None;
    for (at, _) in text.match_indices(LABEL) {
        let change = text.get(at + LABEL.len()..).unwrap_or("").split([';', '\n', '}']).next().unwrap_or("");
        let Some((old, new)) = change.split_once("->") else { continue };
        let kbytes = |word: &str| -> Option<u64> {
            let digits: String = word.chars().filter(char::is_ascii_digit).take(16).collect();
            digits.parse().ok()
        };
        let (Some(old), Some(new)) = (kbytes(old), kbytes(new)) else { continue };
        if old == 0 || new <= old {
            continue;
        }
        let step = |kbytes: u64| (kbytes - 1) / STEP_KBYTES;
        let crossed = if step(old) == step(new) { "no" } else { "yes" };
        if found != Some("yes") {
            found = Some(crossed);
        }
    }
    found
}

/// 128 GB.
const STEP_KBYTES: u64 = 128 * 1024 * 1024;

/// `Reconfigured srv-db1 on esx4.corp.local in DC1`. The name may hold ` on ` itself: the export's own column tells,
/// else the last one stands before the host, which holds no blank.
fn reconfigured(text: &str, target: Option<&str>) -> Option<String> {
    let rest = text.strip_prefix("Reconfigured ")?;
    if let Some(target) = target
        && let Some((vm, behind)) = rest.split_at_checked(target.len())
        && vm.eq_ignore_ascii_case(target)
        && behind.starts_with(" on ")
    {
        return Some(vm.to_owned());
    }
    let head = rest.lines().next().unwrap_or(rest);
    let head = head.split_once(". ").map_or(head, |(head, _)| head);
    let (vm, _) = head.rsplit_once(" on ").or_else(|| rest.split_once(" on "))?;
    Some(vm.to_owned()).filter(|vm| !vm.is_empty())
}

fn severity(word: &str) -> Severity {
    let word = word.trim().to_lowercase();
    match word.get(..4).unwrap_or(&word) {
        "info" | "user" => Severity::Info,
        "warn" => Severity::Warning,
        "erro" | "fehl" | "alar" => Severity::Error,
        _ => Severity::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(id: &str, text: &str, state: &str) -> &'static str {
        let some = |text: &'static str| Some(Cow::Borrowed(text)).filter(|text| !text.is_empty());
        let told = Told {
            id: Some(Cow::Owned(id.to_owned())),
            text: Cow::Owned(text.to_owned()),
            state: match state {
                "success" => some("success"),
                "error" => some("error"),
                _ => None,
            },
            ..Told::default()
        };
        meaning(&told).kind
    }

    #[test]
    fn growth_over_a_multiple_of_128_gb() {
        let change = |old: u64, new: u64| {
            format!(
                "Reconfigured a on b in c. Modified: config.hardware.device(2000).capacityInKB: {old} -> {new}; "
            )
        };
        let gb = 1024 * 1024;
        for (old, new, crossed) in [
            (100, 200, Some("yes")),
            (40, 100, Some("no")),
            (100, 128, Some("no")),
            (128, 129, Some("yes")),
            (200, 100, None),
            (100, 100, None),
        ] {
            assert_eq!(grown(&change(old * gb, new * gb)), crossed, "{old} {new}");
        }
        assert_eq!(grown("capacityInKB = 1, capacityInKB: a -> b"), None);
    }

    #[test]
    fn requests_results_and_settings() {
        for (id, text, state, expected) in [
            ("TaskEvent", "Task: Revert snapshot", "", "snapshot-revert-asked"),
            ("TaskEvent", "Task: Revert to current snapshot", "", "snapshot-revert-asked"),
            ("TaskEvent", "Task: Revert to Current Snapshot", "success", "snapshot-reverted"),
            ("TaskEvent", "Task: Revert snapshot", "error", "snapshot-revert-failed"),
            ("TaskEvent", "Task: Create virtual machine snapshot", "", "snapshot-create-asked"),
            ("TaskEvent", "Task: Remove all snapshots", "", "snapshot-remove-asked"),
            ("TaskEvent", "Aufgabe: Auf aktuellen Snapshot zurücksetzen", "", "snapshot-revert-asked"),
            ("TaskEvent", "Task: Consolidate virtual machine disk files", "", ""),
            ("TaskEvent", "Task: revertToChildDisk", "", ""),
            ("com.vmware.vc.vm.VmStateRevertedToSnapshot", "", "", "snapshot-reverted"),
            ("com.vmware.vc.vm.VmStateFailedToRevertToSnapshot", "", "", "snapshot-revert-failed"),
            ("VmMessageEvent", "Cannot revert a snapshot of x", "", ""),
            ("hbr.primary.FailedQuiescedSnapshotEvent", "Failed to create a quiesced snapshot", "", ""),
            (
                "VmReconfiguredEvent",
                "Reconfigured a on b in c.  \n \nModified:  \n \nconfig.changeTrackingEnabled: false -> true; \n\n",
                "",
                "cbt-enabled",
            ),
            (
                "VmReconfiguredEvent",
                "Reconfigured a on b in c. Modified: config.extraConfig(\"ctkEnabled\").value: \"TRUE\" -> \"FALSE\"; ",
                "",
                "cbt-disabled",
            ),
            ("VmReconfiguredEvent", "changeTrackingEnabled = <unset>,", "", ""),
        ] {
            assert_eq!(kind(id, text, state), expected, "{id} {text}");
        }
        assert_eq!(reconfigured("Reconfigured srv 1 on esx4 in DC", None), Some("srv 1".to_owned()));
    }
}
