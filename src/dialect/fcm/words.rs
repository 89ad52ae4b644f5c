//! What a line of a FlashCopy Manager log says about a backup task: machines, backup mode, offload, version.
//!
//! No public sample of these logs was found, so words are looked for and not whole lines. The four mode names and
//! the rule behind them are from the manual (FlashCopy Manager for VMware 4.1, raw device mapping).

use crate::dialect::tsm::banner::level;
use crate::dialect::tsm::message::{find_folded, quoted, starts_folded};

/// The modes in which a machine can be prepared for the hardware snapshot.
pub(super) const MODES: [&str; 4] = ["SNAPSHOT_INCL_MEM", "SNAPSHOT_EXCL_MEM", "SUSPEND", "ASIS"];

/// Most machines named in one line.
const MOST_NAMES: usize = 1024;

/// Longest name that vSphere gives to a machine.
const MOST_NAME: usize = 80;

/// How much of a text is looked at: no message is as long, and stack traces may follow one.
const MOST_TEXT: usize = 8192;

/// Is `word` (letters in lower case) in `text` as a word of its own? Names that merely hold it do not count:
/// `OASIS_DS01`, `RDM-DS01`, `[RDM]`, 'RDM test'.
pub(super) fn says(text: &str, word: &str) -> bool {
    let text = (MOST_TEXT..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .and_then(|at| text.get(..at))
        .unwrap_or(text);
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| find_folded(rest, word)) {
        let (start, end) = (from + at, from + at + word.len());
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(end..).unwrap_or("");
        if !before.is_some_and(is_part_of_name) && ends_word(after) && !in_name(text, start, end) {
            return true;
        }
        from = end;
    }
    false
}

fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '\\' | '@' | '$' | '[')
}

/// A hyphen goes on into a name, except in `RDM-disk` and its like.
fn ends_word(after: &str) -> bool {
    let mut chars = after.chars();
    match chars.next() {
        Some('-') => ["-disk", "-device", "-lun", "-volume", "-mapping", "-mapped", "-backed"]
            .iter()
            .any(|ending| starts_folded(after, ending)),
        Some('.') => !chars.next().is_some_and(char::is_alphanumeric),
        Some(']' | '/' | '\\' | '@' | '$') => false,
        Some(c) => !c.is_alphanumeric() && c != '_',
        None => true,
    }
}

/// Does the text at `start..end` stand inside a quoted name, or in a datastore's brackets, that is more than it?
fn in_name(text: &str, start: usize, end: usize) -> bool {
    let Some(line_start) = text.get(..start).map(|before| before.rfind('\n').map_or(0, |at| at + 1)) else {
        return false;
    };
    let before = text.get(line_start..start).unwrap_or("");
    let line_after = text.get(end..).and_then(|after| after.lines().next()).unwrap_or("");
    let bracketed = before.rfind('[').is_some_and(|open| !before.get(open..).unwrap_or("").contains(']'));
    if bracketed && line_after.contains(']') {
        return true;
    }
    // An odd number of quotes before it, and one behind it: it is inside; alone inside, it is meant.
    ['\'', '"'].iter().any(|quote| {
        let opened = before.matches(*quote).count() % 2 == 1 && line_after.contains(*quote);
        opened && !(before.ends_with(*quote) && line_after.starts_with(*quote))
    })
}

/// Raw device mapping, in any spelling.
pub(super) fn says_raw_device(text: &str) -> bool {
    ["raw device", "raw-device", "rdm", "rdms", "prdm", "vrdm"].iter().any(|word| says(text, word))
}

/// The modes that a text names, in its order.
pub(super) fn modes(text: &str) -> Vec<&'static str> {
    let mut found: Vec<(usize, &'static str)> = MODES
        .into_iter()
        .filter(|mode| says(text, &mode.to_ascii_lowercase()))
        .filter_map(|mode| Some((find_folded(text, &mode.to_ascii_lowercase())?, mode)))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, mode)| mode).collect()
}

/// The mode that a line says a task is configured with. `suspend` and `asis` are words of other texts as well and
/// need the word mode before them; a line about a change says what came of it.
pub(super) fn configured_mode(line: &str) -> Option<&'static str> {
    if find_folded(line, "chang").is_some() {
        return None;
    }
    let mode = *modes(line).first()?;
    let at = find_folded(line, "mode");
    let named =
        at.is_some_and(|at| find_folded(line, &mode.to_ascii_lowercase()).is_some_and(|word| at < word));
    (named || mode.starts_with("SNAPSHOT_")).then_some(mode)
}

/// The machines that a line names: in quotes behind `virtual machine` or `VM`, or as the value of such a key.
pub(super) fn machines(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for words in ["virtual machine", "virtual machines", "vm", "vms"] {
        let mut from = 0;
        while let Some(at) = line.get(from..).and_then(|rest| find_folded(rest, words)) {
            let end = from + at + words.len();
            let begins = line.get(..from + at).is_none_or(|before| !before.ends_with(char::is_alphanumeric));
            let mut rest = line.get(end..).unwrap_or("").trim_start();
            while let (true, Some((name, behind))) = (begins, quoted(rest)) {
                add(&mut names, name);
                rest = behind.trim_start_matches([',', ';', ' ']);
            }
            from = end;
        }
    }
    if names.is_empty()
        && let Some((key, value)) = key_and_value(line)
        && MACHINE_KEYS.contains(&key.as_str())
    {
        for name in value.split([',', ';']) {
            let name = name.trim().trim_matches(['\'', '"']).trim();
            // A sentence is no name.
            if name.split_whitespace().count() <= 4 {
                add(&mut names, name);
            }
        }
    }
    names
}

const MACHINE_KEYS: [&str; 11] = [
    "backup of virtual machine",
    "virtual machines to back up",
    "virtual machines to be backed up",
    "vm",
    "vms",
    "vmname",
    "vm name",
    "vm list",
    "virtual machine",
    "virtual machines",
    "virtual machine name",
];

fn add<'a>(names: &mut Vec<&'a str>, name: &'a str) {
    if !name.is_empty() && name.len() <= MOST_NAME && names.len() < MOST_NAMES && !names.contains(&name) {
        names.push(name);
    }
}

/// `KEY=value`, `key : value`, with `#PARAM` before it and with `_` for blanks in the key; the key in lower case.
pub(super) fn key_and_value(line: &str) -> Option<(String, &str)> {
    let line = line.trim();
    let line = ["#PARAM", "#CHILD", "#PARENT"].iter().find_map(|tag| line.strip_prefix(tag)).unwrap_or(line);
    let (key, value) = line.split_once(['=', ':'])?;
    let key = key.trim();
    if key.is_empty() || key.len() > 40 {
        return None;
    }
    Some((key.replace('_', " ").to_ascii_lowercase(), value.trim()))
}

/// The machine that a sentence is about, without quotes: `... of virtual machine srv-db1 is ...`.
pub(super) fn machine_in_sentence(text: &str) -> Option<&str> {
    const FOLLOWERS: [&str; 24] = [
        "is", "has", "was", "will", "with", "because", "that", "which", "to", "from", "in", "uses", "cannot",
        "does", "backup", "mode", "snapshot", "and", "or", "of", "for", "disk", "contains", "on",
    ];
    ["virtual machine ", " vm "].iter().find_map(|words| {
        let rest = text.get(find_folded(text, words)? + words.len()..)?;
        let word = rest.split_whitespace().next()?.trim_end_matches([',', '.', ':', ';', ')']);
        let is_name = !word.is_empty()
            && word.len() <= MOST_NAME
            && !word.starts_with(['\'', '"', '('])
            && !FOLLOWERS.iter().any(|follower| word.eq_ignore_ascii_case(follower));
        is_name.then_some(word)
    })
}

/// Does the line say that the snapshot is (or is not) sent on to Tivoli Storage Manager? Only plain words count:
/// an offload clears a task of suspicion.
pub(super) fn offload(line: &str) -> Option<bool> {
    const KEYS: [&str; 6] =
        ["offload", "offload to tsm", "tsm offload", "tsm backup", "tsmbackup", "backup to tsm"];
    let value = key_and_value(line).filter(|(key, _)| KEYS.contains(&key.as_str())).map(|(_, value)| value);
    let profile = line.trim().strip_prefix("TSM_BACKUP ");
    if let Some(value) = value.or(profile) {
        let word = value.split_whitespace().next().unwrap_or("").trim_matches(['\'', '"', '.', ',']);
        return match word.to_ascii_lowercase().as_str() {
            "yes" | "true" | "latest" | "all" | "mandate" | "on" | "enabled" => Some(true),
            "no" | "false" | "none" | "off" | "disabled" => Some(false),
            _ => None,
        };
    }
    find_folded(line, "offload")?;
    let to_tsm = ["tsm", "tivoli storage manager", "spectrum protect"].iter().any(|name| says(line, name));
    let done = ["start", "begin", "complete", "success", "finish"]
        .iter()
        .any(|word| find_folded(line, word).is_some());
    let denied = ["no", "not", "without", "skipped", "disabled", "fail", "failed", "cannot"];
    let denied = denied.iter().any(|word| says(line, word));
    (to_tsm && done && !denied).then_some(true)
}

/// The version that a line gives for FlashCopy Manager, and whether it says that it is the one for VMware.
pub(super) fn product_version(text: &str) -> Option<(String, bool)> {
    let product =
        ["flashcopy manager", "flashcopy® manager", "spectrum protect snapshot", "storage protect snapshot"]
            .iter()
            .find_map(|name| find_folded(text, name))?;
    let rest = text.get(product..)?.lines().next()?;
    let behind = rest.get(find_folded(rest, "version")? + "version".len()..)?.trim_start_matches([' ', ':']);
    let end = behind.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(behind.len());
    let dotted = behind.get(..end)?.trim_matches('.');
    let number = if dotted.contains('.') { dotted.to_owned() } else { level(behind)? };
    Some((number, find_folded(text, "vmware").is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_names_that_hold_them() {
        for (text, asis, raw) in [
            ("mode is changed to ASIS.", true, false),
            ("mode 'ASIS' is used", true, false),
            ("datastore OASIS_DS01", false, false),
            ("datastore ASIS_DS01, path [ASIS] x", false, false),
            ("VM 'RDM test' is slow", false, false),
            ("datastore RDM-DS01 is full", false, false),
            ("[RDM] vm1/vm1.vmdk", false, false),
            ("an RDM-disk was found", false, true),
            ("contains raw device mapping disks", false, true),
            ("raw device-mapping", false, true),
            ("cardmember", false, false),
        ] {
            assert_eq!((says(text, "asis"), says_raw_device(text)), (asis, raw), "{text}");
        }
    }

    #[test]
    fn machines_and_modes() {
        assert_eq!(machines("virtual machines 'a 1', 'b'"), ["a 1", "b"]);
        assert_eq!(machines("#CHILD vm:srv-db1"), ["srv-db1"]);
        assert_eq!(machines("#PARAM VM_NAME=srv-db1"), ["srv-db1"]);
        assert_eq!(machines("Virtual machines: a, b"), ["a", "b"]);
        assert_eq!(machines("VM: it was not possible to find it"), Vec::<&str>::new());
        assert_eq!(machines("kvm 'x'"), Vec::<&str>::new());
        assert_eq!(configured_mode("VM backup mode: SNAPSHOT_EXCL_MEM"), Some("SNAPSHOT_EXCL_MEM"));
        assert_eq!(configured_mode("#PARAM BACKUP_MODE=ASIS"), Some("ASIS"));
        assert_eq!(configured_mode("the disk is as is, ASIS"), None);
        assert_eq!(configured_mode("mode changed from SNAPSHOT_EXCL_MEM to ASIS"), None);
        assert_eq!(modes("from SNAPSHOT_EXCL_MEM to ASIS"), ["SNAPSHOT_EXCL_MEM", "ASIS"]);
        assert_eq!(machine_in_sentence("mode of virtual machine srv-db1 is changed"), Some("srv-db1"));
        assert_eq!(machine_in_sentence("the virtual machine has disks"), None);
    }

    #[test]
    fn offloads_and_versions() {
        for (line, expected) in [
            ("#PARAM OFFLOAD=YES", Some(true)),
            ("TSM_BACKUP    NO", Some(false)),
            ("Offload to TSM: no", Some(false)),
            ("FMM0001I Offload to TSM started.", Some(true)),
            ("Offload to TSM was not started.", None),
            ("An offload is possible", None),
        ] {
            assert_eq!(offload(line), expected, "{line}");
        }
        let told = product_version("IBM Tivoli Storage FlashCopy Manager for VMware, Version 4.1.0.0");
        assert_eq!(told, Some(("4.1.0.0".to_owned(), true)));
        let told = product_version("FlashCopy Manager Version 4, Release 1, Level 0.1");
        assert_eq!(told, Some(("4.1.0.1".to_owned(), false)));
        assert_eq!(product_version("VMware version 5.1"), None);
    }
}
