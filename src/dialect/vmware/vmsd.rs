//! `vmware.vmsd`: the list of snapshots of a virtual machine, kept beside its configuration.
//!
//! ```text
//! snapshot.lastUID = "4"
//! snapshot.current = "2"
//! snapshot0.uid = "2"
//! snapshot0.displayName = "vor Umbau"
//! snapshot0.createTimeHigh = "310596"
//! snapshot0.createTimeLow = "938781285"
//! ```
//!
//! Keys come in any order. One derived record per snapshot (`snapshot-created`, at the time when it was taken) is
//! given at the end of the list. The list is a state, not a history: gaps in the ids show that snapshots were removed,
//! and a current snapshot that is not the newest may come from a revert, but neither proves one. What `type` says
//! about memory is unverified and not read.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::vm_name::stem;
use crate::base::{Dialect, Record, Sink, Stamp, Zone, stamp::naive_from_micros};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext, file_name};

/// The reader of `.vmsd`.
pub struct Vmsd;

impl Reader for Vmsd {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVmsd
    }

    fn claim(&self, line: &str) -> Claim {
        let Some((key, _)) = setting(line) else { return Claim::No };
        match snapshot_key(key) {
            Some((_, name)) if is_snapshot_name(name) => Claim::Strong,
            _ if key == ".encoding" => Claim::Weak,
            _ => Claim::No,
        }
    }

    fn splitter(&self, context: &SourceContext) -> Box<dyn crate::base::Splitter> {
        let name = file_name(&context.path);
        let vm = name.strip_suffix(".vmsd").filter(|name| !name.is_empty()).map(str::to_owned);
        Box::new(Lines::new(SnapshotList { vm, snapshots: IndexMap::new() }))
    }
}

/// `key = "value"`, the layout of all settings of a virtual machine.
pub(super) fn setting(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.trim_end().split_once('=')?;
    let key = key.trim();
    let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    let fits =
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:_-".contains(&byte));
    fits.then_some((key, value))
}

/// `snapshot12.displayName`: which one (none for the list as a whole) and which value.
fn snapshot_key(key: &str) -> Option<(Option<u32>, &str)> {
    let rest = key.strip_prefix("snapshot")?;
    let (number, name) = rest.split_once('.')?;
    if number.is_empty() {
        return Some((None, name));
    }
    Some((Some(number.parse().ok()?), name))
}

fn is_snapshot_name(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "lastUID",
        "current",
        "numSnapshots",
        "needConsolidate",
        "mru0.uid",
        "uid",
        "filename",
        "parent",
        "displayName",
        "description",
        "type",
        "createTimeHigh",
        "createTimeLow",
        "numDisks",
    ];
    NAMES.contains(&name) || name.starts_with("disk") || name.starts_with("mru") || name.starts_with("clone")
}

/// No list is longer by far; a bound.
const MOST_SNAPSHOTS: usize = 4096;

#[derive(Default)]
struct Snapshot {
    line: u64,
    name: Option<String>,
    uid: Option<String>,
    parent: Option<String>,
    high: Option<i64>,
    low: Option<i64>,
}

struct SnapshotList {
    vm: Option<String>,
    snapshots: IndexMap<u32, Snapshot>,
}

impl Grammar for SnapshotList {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVmsd
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        setting(line)?;
        let mut record = Record::new(Dialect::VmwareVmsd, line);
        record.line = Some(number);
        record.session = Some(0);
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        // Carried here from the head, where nothing may be kept yet.
        let line = record.line.take();
        if let Some((key, value)) = record.body.lines().next().and_then(setting)
            && let (Some((Some(index), name)), Some(line)) = (snapshot_key(key), line)
        {
            self.keep(index, name, value, line);
        }
        sink.record(record);
    }

    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        for (_, snapshot) in std::mem::take(&mut self.snapshots) {
            if let Some(record) = self.derived(&snapshot, end) {
                sink.record(record);
            }
        }
    }
}

impl SnapshotList {
    fn keep(&mut self, index: u32, name: &str, value: &str, line: u64) {
        if self.snapshots.len() >= MOST_SNAPSHOTS && !self.snapshots.contains_key(&index) {
            return;
        }
        let snapshot = self.snapshots.entry(index).or_default();
        if snapshot.line == 0 {
            snapshot.line = line;
        }
        match name {
            "displayName" => snapshot.name = Some(value.to_owned()),
            "uid" => snapshot.uid = Some(value.to_owned()),
            "parent" => snapshot.parent = Some(value.to_owned()),
            "createTimeHigh" => snapshot.high = value.parse().ok(),
            "createTimeLow" => snapshot.low = value.parse().ok(),
            "filename" if self.vm.is_none() => {
                self.vm = Some(stem(value).to_owned()).filter(|vm| !vm.is_empty())
            }
            _ => {}
        }
    }

    fn derived(&self, snapshot: &Snapshot, at: usize) -> Option<Record<'static>> {
        if snapshot.uid.is_none() && snapshot.name.is_none() {
            return None;
        }
        let mut record = Record::new(Dialect::VmwareVmsd, "");
        (record.start, record.end, record.line) = (at, at, Some(snapshot.line));
        record.kind = "snapshot-created";
        record.session = Some(0);
        record.stamp = created(snapshot);
        let told = [
            ("vm", &self.vm),
            ("snapshot", &snapshot.name),
            ("snapshot_id", &snapshot.uid),
            ("parent", &snapshot.parent),
        ];
        for (field, value) in told {
            if let Some(value) = value {
                record.fields.push((field, Cow::Owned(value.clone())));
            }
        }
        record.body = Cow::Owned(format!("snapshot {}", snapshot.name.as_deref().unwrap_or("")));
        Some(record)
    }
}

/// Microseconds since 1970 in two halves, of which the lower is printed as a signed number.
fn created(snapshot: &Snapshot) -> Stamp {
    let (Some(high), Some(low)) = (snapshot.high, snapshot.low) else { return Stamp::None };
    let micros = high.checked_mul(1 << 32).and_then(|high| high.checked_add(low.rem_euclid(1 << 32)));
    match micros.filter(|micros| *micros > 0).and_then(naive_from_micros) {
        Some(when) => Stamp::civil(when, Zone::Offset(0), true),
        None => Stamp::None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;

    const TEXT: &str = "\
.encoding = \"UTF-8\"
snapshot.lastUID = \"7\"
snapshot.current = \"3\"
snapshot0.uid = \"3\"
snapshot0.filename = \"kontor1-Snapshot3.vmsn\"
snapshot0.displayName = \"vor Umbau = neu\"\r
snapshot0.createTimeHigh = \"314970\"
snapshot0.createTimeLow = \"2099086295\"
snapshot0.disk0.fileName = \"kontor1.vmdk\"
snapshot1.displayName = \"second\"
snapshot1.createTimeLow = \"-938781285\"
snapshot1.createTimeHigh = \"314970\"
snapshot1.uid = \"5\"
snapshot1.parent = \"3\"
snapshot.numSnapshots = \"2\"
";

    #[test]
    fn one_derived_record_per_snapshot() {
        let got = read(&Vmsd, "x/list.txt", TEXT);
        assert_eq!((got.ordinary().len(), got.headless()), (15, 0));
        let made = got.kind("snapshot-created");
        assert_eq!(made.len(), 2);
        assert_eq!(made[0].stamp.to_string(), "2012-11-13T06:25:48.307415Z");
        assert_eq!(made[0].line, Some(4));
        assert_eq!(made[0].field("vm"), Some("kontor1"));
        assert_eq!(made[0].field("snapshot"), Some("vor Umbau = neu"));
        assert_eq!(made[1].field("parent"), Some("3"));
        assert_eq!(made[1].stamp.to_string(), "2012-11-13T06:46:45.407131Z");
        cut_anywhere(&Vmsd, "x/list.txt", TEXT);
    }

    #[test]
    fn damaged_lists() {
        let text = "snapshot0.uid = \"3\nsnapshot0.createTimeHigh = \"99999999999999999999\"\nsnapshot0.uid = \"1\"\ngarbage\n";
        let got = read(&Vmsd, "srv.vmsd", text);
        assert_eq!((got.ordinary().len(), got.headless()), (3, 1));
        let made = got.kind("snapshot-created");
        assert_eq!(made[0].stamp, Stamp::None);
        assert_eq!(made[0].field("vm"), Some("srv"));
        for line in
            ["snapshot = \"x\"", "snapshot0.x = \"1\"", "name = \"snapshot0.uid\"", "", "snapshot0.uid = 3"]
        {
            assert_ne!(Vmsd.claim(line), Claim::Strong, "{line}");
        }
    }
}
