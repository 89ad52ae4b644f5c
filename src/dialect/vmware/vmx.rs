//! `vmware.vmx`: what is configured: the `.vmx` file of a virtual machine, and property exports of an inventory.
//!
//! ```text
//! .vmx       displayName = "srv-db1"
//! .vmx       ctkEnabled = "TRUE"
//! .vmx       scsi0:0.ctkEnabled = "TRUE"
//! .vmx       scsi0:1.fileName = "srv-db1_lun7-rdmp.vmdk"
//! inventory  "2012-10-23 11:15:00 UTC,fa=invcollect2,vc=VCMAIN2,MOR=vm-204,moname=""srv-db1"",... changeTrackingEnabled=True, ... extraConfig=[...;scsi0:0.ctkEnabled:true;...],subpath=config",vmware,VCMAIN2,VirtualMachineConfigInfo,vmware:inv
//! ```
//!
//! Changed block tracking works only where the machine and a disk are both set for it, so a derived record without
//! time (`cbt-enabled`, `cbt-disabled`) is given once the whole file is read. A piece of a file gives one only if it
//! shows the machine's setting as off, or both as on. Mapped disks are told by the name of their pointer file.

use std::borrow::Cow;

use super::inventory;
use super::vmsd::setting;
use crate::base::name::MachineId;
use crate::base::{Dialect, FactKind, Record, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext, file_name};

/// The reader of `.vmx` files and inventory exports.
pub struct Vmx;

impl Reader for Vmx {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVmx
    }

    fn opens(&self, text: &str) -> bool {
        inventory::is_header(text.lines().next().unwrap_or("")) && text.contains("vmware:inv")
            || is_piece(text)
    }

    fn claim(&self, line: &str) -> Claim {
        if inventory::row(line).is_some() {
            return Claim::Strong;
        }
        let Some((key, _)) = setting(line) else { return Claim::No };
        let is_own = matches!(key, "config.version" | "virtualHW.version" | "guestOS" | "vmci0.present")
            || disk_setting(key).is_some();
        match key {
            _ if is_own => Claim::Strong,
            "ctkEnabled" | "displayName" | ".encoding" | "annotation" | "memsize" | "numvcpus" => Claim::Weak,
            _ => Claim::No,
        }
    }

    fn splitter(&self, context: &SourceContext) -> Box<dyn Splitter> {
        let name = file_name(&context.path);
        let file = name.strip_suffix(".vmx").filter(|name| !name.is_empty()).map(str::to_owned);
        Box::new(Lines::new(VmxGrammar { file, machine: Machine::default(), session: 0 }))
    }
}

/// Is every line of the text a setting, and one of them that of tracking? Files of other programs that hold such a line
/// (a script's, with sections and values without quotes) hold others as well.
fn is_piece(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(PIECE).peekable();
    let mut tells = false;
    let all = lines.all(|line| {
        setting(line).is_some_and(|(key, _)| {
            tells |= key == "ctkEnabled";
            true
        })
    });
    all && tells
}

/// How many lines of a piece are looked at.
const PIECE: usize = 64;

/// `scsi0:0.ctkEnabled`: the disk's node and the name of the setting.
fn disk_setting(key: &str) -> Option<(&str, &str)> {
    let (node, name) = key.split_once('.')?;
    let (bus, unit) = node.split_once(':')?;
    let controller = bus.trim_end_matches(|c: char| c.is_ascii_digit());
    let fits = ["scsi", "ide", "sata", "nvme"].contains(&controller)
        && controller.len() < bus.len()
        && unit.bytes().all(|byte| byte.is_ascii_digit())
        && !unit.is_empty();
    fits.then_some((node, name))
}

/// Settings of one machine, with the lines they stand on.
#[derive(Default)]
struct Machine {
    name: Option<String>,
    config_version: bool,
    hardware_version: bool,
    tracked: Option<(bool, u64)>,
    tracked_disks: Vec<String>,
    tracked_line: Option<u64>,
    mapped: Vec<(String, &'static str, u64)>,
    /// The guest's system as it is configured.
    system: Option<(String, u64)>,
    /// Ids of the machine and of its firmware.
    ids: Vec<(String, u64)>,
}

/// No machine has more disks.
const MOST_DISKS: usize = 256;

struct VmxGrammar {
    file: Option<String>,
    machine: Machine,
    session: u32,
}

impl Grammar for VmxGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVmx
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        if inventory::is_header(line) {
            return Some(Record::new(Dialect::VmwareVmx, line));
        }
        if let Some(record) = inventory::record(line) {
            return Some(record);
        }
        setting(line)?;
        let mut record = Record::new(Dialect::VmwareVmx, line);
        record.line = Some(number);
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        inventory::names(&record, sink);
        // Carried here from the head, where nothing may be kept yet.
        if let Some(line) = record.line.take() {
            let body = record.body.clone();
            if let Some((key, value)) = body.lines().next().and_then(setting) {
                if key == "config.version" && self.machine.config_version {
                    self.give(record.start, sink);
                }
                self.machine.keep(key, value, line);
            }
            record.session = Some(self.session);
        }
        sink.record(record);
    }

    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        self.give(end, sink);
    }
}

impl Machine {
    fn keep(&mut self, key: &str, value: &str, line: u64) {
        let is_on = value.eq_ignore_ascii_case("true");
        match key {
            "displayName" => self.name = Some(value.to_owned()).filter(|name| !name.is_empty()),
            "guestOS" if !value.is_empty() => self.system = Some((value.to_owned(), line)),
            "uuid.bios" | "vc.uuid"
                if MachineId::of(value) == Some(MachineId::Uuid) && self.ids.len() < 2 =>
            {
                self.ids.push((value.to_owned(), line));
            }
            "config.version" => self.config_version = true,
            "virtualHW.version" => self.hardware_version = true,
            "ctkEnabled" => self.tracked = Some((is_on, line)),
            _ => match disk_setting(key) {
                Some((node, "ctkEnabled")) if is_on && self.tracked_disks.len() < MOST_DISKS => {
                    self.tracked_disks.push(node.to_owned());
                    self.tracked_line = Some(line);
                }
                Some((_, "fileName")) if self.mapped.len() < MOST_DISKS => {
                    let mode = if value.ends_with("-rdmp.vmdk") {
                        "physical"
                    } else if value.ends_with("-rdm.vmdk") {
                        "virtual"
                    } else {
                        return;
                    };
                    self.mapped.push((value.to_owned(), mode, line));
                }
                _ => {}
            },
        }
    }

    /// Is tracking on, and which line shows it?
    fn tracking(&self) -> Option<(bool, u64)> {
        let is_whole = self.config_version && self.hardware_version;
        match self.tracked {
            Some((false, line)) => Some((false, line)),
            Some((true, line)) if !self.tracked_disks.is_empty() => Some((true, line)),
            // Off for every disk, or for the machine, whose settings are all there.
            Some((true, line)) if is_whole => Some((false, line)),
            None if is_whole => Some((false, self.tracked_line.unwrap_or(1))),
            _ => None,
        }
    }
}

impl VmxGrammar {
    fn give(&mut self, at: usize, sink: &mut dyn Sink) {
        let machine = std::mem::take(&mut self.machine);
        let vm = machine.name.clone().or_else(|| self.file.clone());
        let derived = |kind: &'static str, line: u64| {
            let mut record = Record::new(Dialect::VmwareVmx, "");
            (record.start, record.end, record.line) = (at, at, Some(line));
            (record.kind, record.session) = (kind, Some(self.session));
            record.fields.extend(vm.clone().map(|vm| ("vm", Cow::Owned(vm))));
            record
        };
        if let Some((is_on, line)) = machine.tracking() {
            let mut record = derived(if is_on { "cbt-enabled" } else { "cbt-disabled" }, line);
            if !machine.tracked_disks.is_empty() {
                record.fields.push(("disks", Cow::Owned(machine.tracked_disks.join(" "))));
            }
            record.body = Cow::Owned(format!("changed block tracking {}", if is_on { "on" } else { "off" }));
            sink.record(record);
        }
        if let Some(name) = &vm {
            for (id, line) in &machine.ids {
                let mut record = Record::new(Dialect::VmwareVmx, "");
                (record.start, record.end, record.line) = (at, at, Some(*line));
                record.body = Cow::Owned(format!("displayName = \"{name}\", uuid = \"{id}\""));
                sink.fact(None, FactKind::SameMachine { one: name.clone(), other: id.clone() }, &record);
            }
        }
        if let Some((system, line)) = &machine.system {
            let mut record = derived("guest-os", *line);
            record.fields.push(("guest_os", Cow::Owned(system.clone())));
            record.body = Cow::Owned(format!("guest system {system}"));
            sink.record(record);
        }
        for (disk, mode, line) in &machine.mapped {
            let mut record = derived("rdm-disk", *line);
            record.fields.push(("disk", Cow::Owned(disk.clone())));
            record.fields.push(("rdm_mode", Cow::Borrowed(*mode)));
            record.body = Cow::Owned(format!("mapped disk {disk}"));
            sink.record(record);
        }
        self.session = self.session.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;

    const TEXT: &str = "\
.encoding = \"UTF-8\"
config.version = \"8\"
virtualHW.version = \"7\"
displayName = \"srv-db1\"
scsi0:0.fileName = \"srv-db1.vmdk\"
scsi0:1.fileName = \"srv-db1_lun7-rdmp.vmdk\"
ctkEnabled = \"TRUE\"
scsi0:0.ctkEnabled = \"true\"\r
scsi0:1.ctkEnabled = \"FALSE\"
";

    #[test]
    fn tracking_needs_the_machine_and_a_disk() {
        let got = read(&Vmx, "a/x.vmx", TEXT);
        assert_eq!((got.ordinary().len(), got.headless()), (9, 0));
        let on = got.kind("cbt-enabled");
        assert_eq!((on[0].field("vm"), on[0].line), (Some("srv-db1"), Some(7)));
        assert_eq!(on[0].field("disks"), Some("scsi0:0"));
        assert!(on[0].stamp.is_none());
        let mapped = got.kind("rdm-disk");
        assert_eq!((mapped.len(), mapped[0].field("rdm_mode")), (1, Some("physical")));
        cut_anywhere(&Vmx, "a/x.vmx", TEXT);
        let only_disk = TEXT.replace("\nctkEnabled = \"TRUE\"", "");
        assert_eq!(read(&Vmx, "a/x.vmx", &only_disk).kind("cbt-disabled").len(), 1);
        let only_machine = TEXT.replace("scsi0:0.ctkEnabled = \"true\"", "");
        assert_eq!(read(&Vmx, "a/x.vmx", &only_machine).kind("cbt-disabled").len(), 1);
    }

    #[test]
    fn the_system_of_the_guest_as_configured() {
        let got = read(&Vmx, "a/x.vmx", &format!("{TEXT}guestOS = \"windows7srv-64\"\n"));
        let system = got.kind("guest-os");
        assert_eq!(system.len(), 1);
        assert_eq!((system[0].field("vm"), system[0].line), (Some("srv-db1"), Some(10)));
        assert_eq!(system[0].field("guest_os"), Some("windows7srv-64"));
        assert!(system[0].stamp.is_none());
    }

    #[test]
    fn name_and_ids_of_the_machine() {
        let id = "42 1f 0a 11 22 33 44 55-66 77 88 99 aa bb cc dd";
        let got = read(
            &Vmx,
            "a/x.vmx",
            &format!("{TEXT}uuid.bios = \"{id}\"\nuuid.location = \"{id}\"\nvc.uuid = \"\"\n"),
        );
        let fact = FactKind::SameMachine { one: "srv-db1".into(), other: id.into() };
        assert_eq!(got.facts, vec![(None, fact)]);
    }

    #[test]
    fn a_piece_of_a_file_proves_only_what_it_shows() {
        let kinds = |text: &str| -> Vec<&'static str> {
            let got = read(&Vmx, "part.txt", text);
            got.records.iter().map(|record| record.kind).filter(|kind| !kind.is_empty()).collect()
        };
        assert!(kinds("ctkEnabled = \"TRUE\"\n").is_empty());
        assert!(kinds("scsi0:0.ctkEnabled = \"TRUE\"\n").is_empty());
        assert_eq!(kinds("ctkEnabled = \"FALSE\"\n"), ["cbt-disabled"]);
        assert_eq!(kinds("scsi0:0.ctkEnabled = \"TRUE\"\nctkEnabled = \"TRUE\"\n"), ["cbt-enabled"]);
        let two = format!("{TEXT}config.version = \"8\"\nctkEnabled = \"FALSE\"\n");
        assert_eq!(kinds(&two), ["cbt-enabled", "rdm-disk", "cbt-disabled"]);
    }

    #[test]
    fn a_script_with_one_such_line_is_no_machine() {
        let script = "[vm]\nname=srv-db1\nctkEnabled = \"TRUE\"\n";
        assert!(!Vmx.opens(script));
        assert!(script.lines().all(|line| Vmx.claim(line) != Claim::Strong));
        assert!(Vmx.opens("ctkEnabled = \"FALSE\"\n"));
        assert!(Vmx.opens("displayName = \"a\"\r\nctkEnabled = \"FALSE\"\r\n"));
        assert!(!Vmx.opens("displayName = \"a\"\n"));
        assert!(!Vmx.opens(""));
    }

    #[test]
    fn inventory_rows() {
        let text = "\
_raw,index,host,source,sourcetype
\"2012-10-23 11:15:00 UTC,fa=invcollect2,vc=VCMAIN2,MOR=vm-204,moname=\"\"Rotmilan-DB\"\",changeTrackingSupported=True, x=1,subpath=capability\",vmware,VCMAIN2,VirtualMachineCapability,vmware:inv
\"2012-10-23 11:15:00 UTC,fa=invcollect2,vc=VCMAIN2,MOR=vm-204,moname=\"\"Rotmilan-DB\"\",changeTrackingEnabled=False, extraConfig=[scsi0:1.ctkEnabled:false;a:b],subpath=config\",vmware,VCMAIN2,VirtualMachineConfigInfo,vmware:inv
\"2012-10-23 11:15:00 UTC,fa=invcollect2,vc=VCMAIN2,MOR=vm-209,moname=\"\"Rotmilan-Web1\"\",changeTrackingEnabled=True, extraConfig=[scsi0:0.ctkEnabled:true;a:b],subpath=config\",vmware,VCMAIN2,VirtualMachineConfigInfo,vmware:inv
";
        let got = read(&Vmx, "inventory.csv", text);
        assert_eq!((got.records.len(), got.headless()), (4, 0));
        assert_eq!(got.records[1].kind, "");
        let (on, off) = (got.kind("cbt-enabled"), got.kind("cbt-disabled"));
        assert_eq!((on.len(), off.len()), (1, 1));
        assert_eq!(on[0].field("vm"), Some("Rotmilan-Web1"));
        assert_eq!(on[0].stamp.to_string(), "2012-10-23T11:15:00Z");
        assert!(Vmx.opens(text));
        cut_anywhere(&Vmx, "inventory.csv", text);
    }

    #[test]
    fn lines_of_others_are_not_claimed() {
        for line in
            ["name = \"x\"", "displayName = \"x\"", "scsi:0.x = \"1\"", "a=b", "snapshot0.uid = \"1\"", ""]
        {
            assert_ne!(Vmx.claim(line), Claim::Strong, "{line}");
        }
    }
}
