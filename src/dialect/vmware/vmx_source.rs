//! Whose `vmware.log` it is, told from the beginning of the source and from where it lies.

use serde::{Deserialize, Serialize};

use super::vm_name::paths;
use crate::dialect::{file_name, folder_name};

/// How much of the source is looked through: the settings of the machine are logged first, within a few hundred
/// lines. A bound, because nothing is given out before the search is over.
pub(super) const SEARCHED: usize = 64 * 1024;

/// How many paths of disks are counted.
const MOST_PATHS: usize = 200;

/// Folders that hold logs of any machine: they are nobody's name.
const ANYBODYS: [&str; 24] = [
    "vmware",
    "vmx",
    "vmx-log",
    "log",
    "logs",
    "var",
    "tmp",
    "temp",
    "download",
    "downloads",
    "desktop",
    "documents",
    "samples",
    "sample",
    "sample-logs",
    "corpus",
    "tests",
    "test",
    "data",
    "input",
    "archive",
    "case",
    "bundle",
    "support",
];

/// What is told before the first record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// Name of the virtual machine.
    pub(super) vm: Option<String>,
    /// The folder its configuration lies in.
    pub(super) folder: Option<String>,
}

/// The name of the virtual machine, where anything tells it. A text that names several machines tells none: its own
/// lines have to, one by one.
pub(super) fn told(text: &str, path: &str) -> Told {
    let mut end = text.len().min(SEARCHED);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // Whole lines only: a name cut in two would be another machine.
    let start = text.get(..end).unwrap_or("");
    let start = match start.rfind('\n') {
        Some(line_end) if end < text.len() => start.get(..line_end).unwrap_or(start),
        _ => start,
    };
    let mut names = start.lines().filter_map(display_name);
    let mut folders = start.lines().filter_map(configuration);
    let (name, folder) = (names.next(), folders.next());
    let is_several = names.any(|other| Some(other) != name) || folders.any(|other| Some(other) != folder);
    if is_several {
        return Told::default();
    }
    let (name, folder) = (name.map(str::to_owned), folder.map(str::to_owned));
    let vm = name.or_else(|| folder.clone()).or_else(|| disks(start)).or_else(|| own_folder(path));
    Told { vm, folder }
}

/// `DICT               displayName = "srv-db1"` of the settings that the machine starts with.
pub(super) fn display_name(line: &str) -> Option<&str> {
    if !line.contains("displayName") {
        return None;
    }
    let (_, setting) = line.split_once("DICT ")?;
    let (name, value) = setting.split_once('=')?;
    let value = value.trim().trim_matches('"').trim();
    (name.trim() == "displayName" && !value.is_empty()).then_some(value)
}

/// The machine's folder, from a line that names one of the files which only itself has.
pub(super) fn configuration(line: &str) -> Option<&str> {
    let own = [".vmx", ".vmsd", ".vmxf", ".nvram", ".vmsn"];
    paths(line).find(|path| own.iter().any(|extension| path.ends(extension)))?.vm()
}

/// The folder that more than half of the disks lie in: a machine may hold a disk of another one's folder.
fn disks(text: &str) -> Option<String> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for vm in paths(text).take(MOST_PATHS).filter(|path| path.ends(".vmdk")).filter_map(|path| path.vm()) {
        match counts.iter_mut().find(|(name, _)| *name == vm) {
            Some((_, count)) => *count += 1,
            None => counts.push((vm, 1)),
        }
    }
    let all: usize = counts.iter().map(|(_, count)| *count).sum();
    counts.iter().find(|(_, count)| count * 2 > all).map(|(name, _)| (*name).to_owned())
}

/// The folder of a `vmware.log` that still lies in the machine's own.
fn own_folder(path: &str) -> Option<String> {
    let name = file_name(path);
    let is_log = name.strip_prefix("vmware").is_some_and(|rest| {
        let rest = rest.split_once(".log").map_or("?", |(number, _)| number);
        rest.is_empty() || rest.strip_prefix('-').is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let folder = folder_name(path).filter(|_| is_log)?;
    let is_name = !ANYBODYS.contains(&folder.to_ascii_lowercase().as_str()) && !folder.starts_with('.');
    is_name.then(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_evidence_wins() {
        let disk = "x| vcpu-0| DISK: OPEN scsi0:0 '/vmfs/volumes/a/pkg build/p-000002.vmdk' persistent R[]\n";
        let configuration = "x| vmx| Config file: /vmfs/volumes/a/folder/fs4.vmx\n";
        let display = "x| vmx| I120: DICT              displayName = \"File Server 4\"\n";
        let all = format!("{disk}{configuration}{display}");
        let name = |text: &str, path: &str| told(text, path).vm;
        assert_eq!(name(&all, "a/vmware.log").as_deref(), Some("File Server 4"));
        assert_eq!(name(&format!("{disk}{configuration}"), "a/vmware.log").as_deref(), Some("folder"));
        assert_eq!(name(disk, "a/vmware.log").as_deref(), Some("pkg build"));
        assert_eq!(name("", "vmfs/volumes/ds/srv-db1/vmware-12.log").as_deref(), Some("srv-db1"));
        assert_eq!(name("", "logs/vmware.log"), None);
        assert_eq!(name("", "srv-db1/v25_vmwarelog.log"), None);
        assert_eq!(name("", "vmware.log"), None);
        let other = configuration.replace("folder", "other");
        assert_eq!(name(&format!("{configuration}{other}"), "a/vmware.log"), None);
    }
}
