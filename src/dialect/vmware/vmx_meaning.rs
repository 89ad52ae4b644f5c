//! What the lines of a virtual machine's log mean: snapshots, consolidation, changed block tracking, mapped disks.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::packed::Searcher;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::agent::version;
use super::vm_name::{FilePath, paths};
use super::vmx_source::{Told, configuration, display_name};
use crate::base::name::{MachineId, fold};
use crate::base::{FactKind, Record, Sink};

/// No machine has so many disks; what falls out only loses the hint at a revert.
const MOST_DISKS: usize = 1024;

/// The machine whose log is read, and what the lines so far told of it.
#[derive(Serialize, Deserialize)]
pub(super) struct Machine {
    told: Told,
    /// Counts the machines of the text: logs of several may have been joined.
    session: u32,
    /// The name of the inventory, where its line was read.
    display: Option<String>,
    /// Were both names given out?
    is_linked: bool,
    /// Were both names, as they are now, looked at? The folder never changes once it is known.
    is_compared: bool,
    /// Ids of the machine among the logged settings, until its name was read.
    ids: Vec<String>,
    /// `ctkEnabled` of the machine among the logged settings.
    tracked: Option<bool>,
    /// `ctkEnabled` of at least one disk.
    tracked_disk: bool,
    /// Highest delta number that was opened, per disk (its path without delta number).
    deltas: IndexMap<String, u32>,
    /// A snapshot was taken or a consolidation ran: that explains new deltas.
    is_explained: bool,
}

impl Machine {
    /// The machine that was told of beforehand.
    pub(super) fn new(told: Told) -> Machine {
        Machine {
            told,
            session: 0,
            display: None,
            is_linked: false,
            is_compared: false,
            ids: Vec::new(),
            tracked: None,
            tracked_disk: false,
            deltas: IndexMap::new(),
            is_explained: false,
        }
    }

    /// Number of the machine in the text.
    pub(super) fn session(&self) -> u32 {
        self.session
    }

    /// The name of the machine.
    pub(super) fn vm(&self) -> Option<&str> {
        self.told.vm.as_deref()
    }

    /// Gives the record its kind and fields.
    pub(super) fn read(&mut self, record: &mut Record<'_>, sink: &mut dyn Sink) {
        let body = record.body.clone();
        let text = body.as_ref();
        let can_mean = holds_a_word(text);
        if can_mean {
            self.follow(text);
        }
        record.session = Some(self.session);
        if !can_mean {
            self.any_line(record);
            return;
        }
        if let Some(fact) = self.names(text) {
            sink.fact(None, fact, record);
        }
        self.learn_id(text);
        if let Some(name) = &self.display {
            for id in self.ids.drain(..) {
                sink.fact(None, FactKind::SameMachine { one: name.clone(), other: id }, record);
            }
        }
        if let Some(fact) = version(text) {
            sink.fact(None, fact, record);
        } else if let Some(host) = text.strip_prefix("Hostname=").or_else(|| text.strip_prefix("hostname=")) {
            sink.source_host(host.trim());
        }
        let is_about = self.snapshot(record, text)
            || self.tracking(record, text)
            || self.setting(record, text)
            || self.disk(record, text);
        // What is not in a log says something only if the log is certainly this machine's.
        if record.kind.is_empty() && display_name(text).is_some() {
            record.kind = "vm-named";
            self.name(record);
        } else if is_about
            || text.contains("SNAPSHOT:")
            || text.contains("onsolidate")
            || text.contains("Snapshot")
        {
            self.name(record);
        } else {
            self.any_line(record);
        }
    }

    /// Any line may be asked for; a path in it that names a machine may be that of another one's disk.
    fn any_line(&self, record: &mut Record<'_>) {
        if let Some(vm) = &self.told.vm {
            record.fields.push(("vm", Cow::Owned(vm.clone())));
        }
    }

    /// A line of `vmkfstools -q` below the log.
    pub(super) fn mapped_disk(&mut self, record: &mut Record<'_>, is_physical: bool) {
        record.kind = "rdm-disk";
        let disk = record
            .body
            .strip_prefix("Disk ")
            .and_then(|rest| rest.split_once(" is a "))
            .map(|(disk, _)| disk);
        let disk = disk.unwrap_or("").trim_matches(['"', '\'']).to_owned();
        record.fields.push(("disk", Cow::Owned(disk)));
        record.fields.push(("rdm_mode", Cow::Borrowed(if is_physical { "physical" } else { "virtual" })));
        self.name(record);
    }

    /// A line that names another machine's configuration begins the log of that machine.
    fn follow(&mut self, text: &str) {
        let name = display_name(text);
        let folder = configuration(text);
        let is_other = |known: &Option<String>, read: Option<&str>| match (known, read) {
            (Some(known), Some(read)) => known != read,
            _ => false,
        };
        let is_new = folder.is_some() && is_other(&self.told.folder, folder)
            || name.is_some() && is_other(&self.told.vm, name);
        if is_new {
            *self = Machine { session: self.session.saturating_add(1), ..Machine::new(Told::default()) };
        }
        if let Some(folder) = folder {
            self.told.folder.get_or_insert_with(|| folder.to_owned());
        }
        if let Some(vm) = name.or(folder) {
            self.told.vm.get_or_insert_with(|| vm.to_owned());
        }
    }

    /// The name of the inventory beside that of the folder, which hosts use: two names of one machine.
    fn names(&mut self, text: &str) -> Option<FactKind> {
        if let Some(name) = display_name(text) {
            self.display = Some(name.to_owned());
            self.is_compared = false;
        }
        if self.is_compared {
            return None;
        }
        let (one, other) = (self.display.as_ref()?, self.told.folder.as_ref()?);
        self.is_compared = true;
        if self.is_linked || fold(one) == fold(other) {
            return None;
        }
        self.is_linked = true;
        Some(FactKind::SameMachine { one: one.clone(), other: other.clone() })
    }

    /// `DICT  uuid.bios = "42 1f ..."`: ids of the machine, of which its settings name two.
    fn learn_id(&mut self, text: &str) {
        let setting = after(text, "DICT ").and_then(|setting| setting.split_once('='));
        let Some((name, value)) = setting else { return };
        let value = value.trim().trim_matches('"');
        let is_id = matches!(name.trim(), "uuid.bios" | "vc.uuid");
        if is_id && MachineId::of(value) == Some(MachineId::Uuid) && self.ids.len() < 2 {
            self.ids.push(value.to_owned());
        }
    }

    fn name(&self, record: &mut Record<'_>) {
        let own = || paths(record.body.as_ref()).next().and_then(|path| path.vm().map(str::to_owned));
        if let Some(vm) = self.told.vm.clone().or_else(own) {
            record.fields.push(("vm", Cow::Owned(vm)));
        }
    }

    fn snapshot(&mut self, record: &mut Record<'_>, text: &str) -> bool {
        if let Some(rest) = after(text, "SnapshotVMX_TakeSnapshot start: ") {
            record.kind = "snapshot-created";
            self.is_explained = true;
            let quoted = rest.strip_prefix('\'').unwrap_or(rest);
            // A name may hold an apostrophe: the settings behind it are what ends it.
            let (name, settings) = quoted.split_once("', ").unwrap_or((quoted, ""));
            let (name, settings) = match quoted.rfind("', deviceState=") {
                Some(at) => (quoted.get(..at).unwrap_or(name), quoted.get(at + 3..).unwrap_or(settings)),
                None => (name, settings),
            };
            record.fields.push(("snapshot", Cow::Owned(name.to_owned())));
            for (field, label) in [("quiesced", "quiesced="), ("memory", "deviceState=")] {
                match after(settings, label).and_then(|value| value.bytes().next()) {
                    Some(b'0') => record.fields.push((field, Cow::Borrowed("no"))),
                    Some(b'1') => record.fields.push((field, Cow::Borrowed("yes"))),
                    _ => {}
                }
            }
            return true;
        }
        if let Some(rest) = after(text, "SnapshotVMXTakeSnapshotComplete: Done with snapshot ") {
            record.kind = "snapshot-complete";
            let (name, id) =
                rest.trim().rsplit_once("': ").unwrap_or((rest.trim().trim_end_matches('\''), ""));
            record.fields.push(("snapshot", Cow::Owned(name.trim_start_matches('\'').to_owned())));
            if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) {
                record.fields.push(("snapshot_id", Cow::Owned(id.to_owned())));
            }
            return true;
        }
        let is_consolidated = text.contains("SnapshotVMXConsolidateOnlineCB: Done with consolidate")
            || after(text, "ConsolidateEnd: Snapshot consolidate complete: ")
                .is_some_and(|result| result.contains("(0)"));
        if is_consolidated {
            record.kind = "snapshot-removed";
            self.is_explained = true;
            return true;
        }
        if text.contains("onsolidate") {
            self.is_explained = true;
        }
        let is_revert = ["SnapshotVMXRevert", "SnapshotVMX_Revert", "SnapshotRevert"];
        if is_revert.iter().any(|name| text.contains(name)) {
            record.kind = "snapshot-revert-asked";
            return true;
        }
        false
    }

    /// Lines that show changed block tracking at work; failures and the end of tracking stay text.
    fn tracking(&mut self, record: &mut Record<'_>, text: &str) -> bool {
        let Some(rest) =
            text.strip_prefix("DISKLIB-CBT").and_then(|rest| rest.trim_start().strip_prefix(':'))
        else {
            return false;
        };
        let rest = rest.trim_start();
        let is_active =
            ["Opening cbt node", "Resuming change tracking", "Initializing ESX kernel change tracking"]
                .iter()
                .any(|start| rest.starts_with(start));
        if is_active && !rest.contains("ailed") {
            record.kind = "cbt-active";
        }
        true
    }

    /// Settings are logged when the machine starts: `DICT   scsi0:0.ctkEnabled = "TRUE"`. Both the machine's and a
    /// disk's must be set for tracking to work.
    fn setting(&mut self, record: &mut Record<'_>, text: &str) -> bool {
        let Some((name, value)) = after(text, "DICT ").and_then(|setting| setting.split_once('=')) else {
            return false;
        };
        let is_on = value.trim().trim_matches('"').eq_ignore_ascii_case("true");
        match name.trim() {
            "guestOS" => {
                record.kind = "guest-os";
                let system = value.trim().trim_matches('"').to_owned();
                record.fields.push(("guest_os", Cow::Owned(system)));
                return true;
            }
            "ctkEnabled" => self.tracked = Some(is_on),
            name if name.ends_with(".ctkEnabled") => {
                if !is_on || self.tracked_disk {
                    return true;
                }
                self.tracked_disk = true;
            }
            _ => return false,
        }
        match (self.tracked, self.tracked_disk) {
            (Some(true), true) => record.kind = "cbt-enabled",
            (Some(false), _) if name.trim() == "ctkEnabled" => record.kind = "cbt-disabled",
            _ => {}
        }
        true
    }

    fn disk(&mut self, record: &mut Record<'_>, text: &str) -> bool {
        if text.starts_with("DISK: OPEN ") {
            if let Some(path) = paths(text).next()
                && self.is_new_delta(&path)
            {
                record.kind = "snapshot-revert-asked";
                record.fields.push(("disk", Cow::Owned(path.whole.to_owned())));
            }
            return true;
        }
        let is_open =
            text.contains("open successful") || text.contains(" Opened '") || text.contains(": Opened ");
        let Some(path) = paths(text).next().filter(|path| is_open && path.ends(".vmdk")) else {
            return false;
        };
        let rdm_mode = if path.ends("-rdmp.vmdk") || text.contains("vmfsPassthroughRawDeviceMap") {
            Some("physical")
        } else if path.ends("-rdm.vmdk") || text.contains("vmfsRawDeviceMap") {
            Some("virtual")
        } else {
            None
        };
        let is_mapped = rdm_mode.is_some() || text.trim_end().ends_with("Type 10");
        if is_mapped {
            record.kind = "rdm-disk";
            record.fields.push(("disk", Cow::Owned(path.whole.to_owned())));
            record.fields.extend(rdm_mode.map(|mode| ("rdm_mode", Cow::Borrowed(mode))));
        }
        is_mapped
    }

    /// Is this a delta higher than any the disk ran on, with nothing in the log that made it?
    fn is_new_delta(&mut self, path: &FilePath<'_>) -> bool {
        let stem = path.whole.strip_suffix(".vmdk").unwrap_or(path.whole);
        let delta = stem.rsplit_once('-').and_then(|(base, number)| {
            let fits = number.len() == 6 && number.bytes().all(|byte| byte.is_ascii_digit());
            Some((base, number.parse::<u32>().ok().filter(|_| fits)?))
        });
        let (base, number) = delta.unwrap_or((stem, 0));
        let before = self.deltas.get(base).copied();
        let is_hint = before.is_some_and(|before| number > before) && !self.is_explained;
        if self.deltas.len() < MOST_DISKS || before.is_some() {
            self.deltas.insert(base.to_owned(), before.map_or(number, |before| before.max(number)));
        }
        is_hint
    }
}

/// Everything that is read here stands behind one of these. Of the paths of disks only those are looked at that stand
/// behind `DISK: OPEN ` or are mapped.
pub(super) const WORDS: [&str; 15] = [
    "Snapshot",
    "SNAPSHOT:",
    "onsolidate",
    "DISKLIB-CBT",
    "DICT ",
    "DISK: OPEN ",
    " for VMware ",
    "ostname=",
    ".vmx",
    ".vmsd",
    ".vmsn",
    ".nvram",
    "-rdm",
    "RawDeviceMap",
    "Type 10",
];

/// Can the line mean anything? Nearly all lines do not, and one search for all words is what tells soonest.
fn holds_a_word(text: &str) -> bool {
    static SEARCH: LazyLock<Option<Searcher>> = LazyLock::new(|| Searcher::new(WORDS));
    SEARCH.as_ref().is_none_or(|search| search.find(text).is_some())
}

/// Most lines do not hold the label, and to find that out needs no search that is prepared first.
fn after<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    text.contains(label).then(|| text.split_once(label)).flatten().map(|(_, rest)| rest)
}
