//! Lines that tell how the backup of virtual machines goes, in a scheduler log, on a console or in the server's
//! activity log.
//!
//! ```text
//! Backup VM command started.  Total number of virtual machines to process: 1
//! Starting Full VM backup of VMware Virtual Machine 'srv-db1'
//!         mode:                           'Incremental Forever - Incremental'
//! Creating snapshot for virtual machine 'srv-db1'
//! Processing snapshot disk [ds1] srv-db1/srv-db1.vmdk (Hard Disk 1), Capacity: 40.00 GB, Bytes to Send: 1.25 GB
//! ANS4174E Full VM backup of VMware Virtual Machine 'srv-db1' failed with RC=4376 mode=Incremental_Forever_-_Full
//! Total number of virtual machines failed: 0
//! ```
//!
//! Verified by public samples: the mode names (`Type='Incremental Forever - Incremental'`, also with a small `f`,
//! in what the product writes into the notes of a virtual machine), the option values (`-mode=IFFull`, APAR
//! IT04201, flash swg21684022) and the three `Total number of virtual machines` counters (APAR IC98136). All other
//! wordings here are unverified, so words and not whole lines are looked for.

use super::message::{after_folded, find_folded, message, starts_folded, vm_in_quotes};
use super::progress::size;

/// What a line says about the backup of virtual machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VmLine<'a> {
    /// A command for virtual machines begins.
    RunStarts,
    /// The backup of this machine begins.
    Starting(&'a str),
    /// How the machine named last is backed up.
    Mode(&'a str),
    /// The node that owns the backups.
    TargetNode(&'a str),
    /// The node that does the work.
    DataMover(&'a str),
    /// The snapshot of this machine is asked for.
    Snapshot(&'a str),
    /// The removal of this machine's snapshot is asked for.
    SnapshotRemoved(&'a str),
    /// One disk: folder of its machine and bytes to send.
    Disk(Option<&'a str>, u64),
    /// The backup of this machine succeeded.
    Succeeded(&'a str),
    /// The backup of this machine failed, with this code.
    Failed(&'a str, Option<&'a str>),
    /// The machine's backup is stored under a node.
    StoredAt(&'a str, &'a str),
    /// The statistics of this machine follow.
    Statistics(&'a str),
    /// Bytes sent, for the machine whose statistics these are or for the whole run.
    Bytes(u64),
    /// Counter at the end of the run.
    Counted(Counter, u64),
    /// The command is over; counters may follow.
    Complete,
}

/// The counters that can be trusted (the `objects` counters count other things as well).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counter {
    /// Machines backed up.
    Succeeded,
    /// Machines not backed up.
    Failed,
    /// Machines tried.
    Processed,
}

/// Reads what one line (or one message, its lines joined) says; a message can say several things.
pub(super) fn vm_lines<'a>(line: &'a str, tell: &mut dyn FnMut(VmLine<'a>)) {
    let text = line.trim();
    let text = message(text).map_or(text, |message| message.text);
    let text = after_node(text);
    if let Some(said) = main_part(text) {
        tell(said);
    }
    if let Some(mode) = attribute(text, "mode").filter(|mode| method(mode) != "unknown") {
        tell(VmLine::Mode(mode));
    }
    if let Some(node) = attribute(text, "target node name") {
        tell(VmLine::TargetNode(node));
    }
    if let Some(node) = attribute(text, "data mover node name") {
        tell(VmLine::DataMover(node));
    }
}

/// In the activity log `(Session: 12, Node: DM1)` stands before the text of a client's message.
fn after_node(text: &str) -> &str {
    match text.strip_prefix("(Session:").and_then(|rest| rest.split_once(')')) {
        Some((_, rest)) => rest.trim_start(),
        None => text,
    }
}

fn main_part(text: &str) -> Option<VmLine<'_>> {
    if let Some(said) = counter(text).or_else(|| about_run(text)) {
        return Some(said);
    }
    if starts_folded(text, "total number of bytes transferred") {
        return size(text.split_once(':')?.1).map(VmLine::Bytes);
    }
    if starts_folded(text, "processing snapshot disk") {
        return Some(VmLine::Disk(disk_folder(text), size(after_folded(text, "bytes to send:")?)?));
    }
    if let Some((vm, node)) = stored_at(text) {
        return Some(VmLine::StoredAt(vm, node));
    }
    let vm = vm_in_quotes(text)?;
    if starts_folded(text, "statistics for") {
        return Some(VmLine::Statistics(vm));
    }
    if find_folded(text, "backup of").is_some() {
        return about_backup(text, vm);
    }
    let first = text.split_whitespace().next()?.to_ascii_lowercase();
    match (find_folded(text, "snapshot").is_some(), first.as_str()) {
        (true, "creating" | "created" | "taking") => Some(VmLine::Snapshot(vm)),
        (true, "removing" | "removed" | "deleting" | "deleted") => Some(VmLine::SnapshotRemoved(vm)),
        _ => None,
    }
}

fn about_run(text: &str) -> Option<VmLine<'_>> {
    if starts_folded(text, "backup vm command ") {
        let begins = find_folded(text, "started").is_some();
        return Some(if begins { VmLine::RunStarts } else { VmLine::Complete });
    }
    let header = find_folded(text, "backup vm of virtual machine")?;
    (header <= "incremental forever - incremental ".len()).then_some(VmLine::RunStarts)
}

fn about_backup<'a>(text: &'a str, vm: &'a str) -> Option<VmLine<'a>> {
    const FAILURES: [&str; 6] =
        [" failed", "unsuccessful", "not successful", "canceled", "cancelled", "aborted"];
    let failed = FAILURES.iter().any(|word| find_folded(without(text, vm), word).is_some());
    if starts_folded(text, "starting") {
        Some(VmLine::Starting(vm))
    } else if failed || starts_folded(text, "failed") {
        Some(VmLine::Failed(vm, return_code(text)))
    } else if find_folded(text, "successful").is_some() {
        Some(VmLine::Succeeded(vm))
    } else {
        None
    }
}

/// The text from behind the name on: a machine may be called `failed over`.
fn without<'a>(text: &'a str, vm: &str) -> &'a str {
    let behind = text.find(vm).map_or(0, |at| at + vm.len());
    text.get(behind..).unwrap_or(text)
}

/// `RC=4376`, `RC 4376`
fn return_code(text: &str) -> Option<&str> {
    let rest = text.get(text.find(" RC")? + 3..)?.trim_start_matches(['=', ' ', ':']);
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
    rest.get(..end).filter(|code| !code.is_empty())
}

fn counter(text: &str) -> Option<VmLine<'_>> {
    if !starts_folded(text, "total number of virtual machines") {
        return None;
    }
    let (label, value) = text.split_once(':')?;
    let count = size(value)?;
    let counter = if find_folded(label, "failed").is_some() {
        Counter::Failed
    } else if find_folded(label, "success").is_some() {
        Counter::Succeeded
    } else if find_folded(label, "processed").is_some() {
        Counter::Processed
    } else {
        return None;
    };
    Some(VmLine::Counted(counter, count))
}

/// `virtual machine srv-db1 backed up to nodename DC1`
fn stored_at(text: &str) -> Option<(&str, &str)> {
    if !starts_folded(text, "virtual machine ") {
        return None;
    }
    let words = find_folded(text, " backed up to nodename ")?;
    let vm = text.get("virtual machine ".len()..words)?.trim().trim_matches(['\'', '"']);
    let node = text.get(words + " backed up to nodename ".len()..)?.split_whitespace().next()?;
    (!vm.is_empty()).then(|| (vm, node.trim_matches(['\'', '"', '.'])))
}

/// `[ds1] srv-db1/srv-db1.vmdk`: most machines live in a folder of their own name.
fn disk_folder(text: &str) -> Option<&str> {
    let (_, path) = text.split_once("] ")?;
    path.split_once('/').map(|(folder, _)| folder.trim())
}

/// `key: 'value'` or `key=value` in a text; `-mode=IFFull` is what was asked for and not what was done.
fn attribute<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let at = find_folded(text, key)?;
    let before = text.get(..at)?;
    if before.ends_with(|c: char| c.is_alphanumeric() || c == '-') {
        return None;
    }
    let rest = text.get(at + key.len()..)?.trim_start();
    let rest = rest.strip_prefix([':', '='])?.trim_start();
    let value = match rest.strip_prefix(['\'', '"']) {
        Some(inner) => inner.split(['\'', '"']).next()?,
        None => rest.split([',', '\n']).next()?,
    };
    let value = value.trim().trim_end_matches('.');
    (!value.is_empty()).then_some(value)
}

/// The mode that a command or schedule asks for: `-mode=IFIncremental`, `-mo=iff`.
pub(super) fn requested_mode(text: &str) -> Option<&str> {
    let rest = after_folded(text, "-mode=").or_else(|| after_folded(text, "-mo="))?;
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    rest.get(..end).filter(|mode| !mode.is_empty())
}

/// The method that a mode stands for.
pub(super) fn method(mode: &str) -> &'static str {
    let plain: String =
        mode.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let forever = plain.strip_prefix("incrementalforever").or_else(|| plain.strip_prefix("if"));
    match (forever, plain.as_str()) {
        (Some("full"), _) | (None, "full") => "full",
        (Some(incremental), _) if !incremental.is_empty() && "incremental".starts_with(incremental) => {
            "block-level"
        }
        (None, "incremental" | "incr") => "incremental",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Vec<VmLine<'_>> {
        let mut all = Vec::new();
        vm_lines(line, &mut |said| all.push(said));
        all
    }

    #[test]
    fn modes() {
        for (mode, expected) in [
            ("Incremental Forever - Incremental", "block-level"),
            ("Incremental forever - Full", "full"),
            ("Incremental_Forever_-_Incremental", "block-level"),
            ("IFIncremental", "block-level"),
            ("ifincr", "block-level"),
            ("IFFull", "full"),
            ("full", "full"),
            ("Incremental", "incremental"),
            ("incr", "incremental"),
            ("", "unknown"),
            ("if", "unknown"),
            ("Webclient", "unknown"),
        ] {
            assert_eq!(method(mode), expected, "{mode}");
        }
        assert_eq!(
            requested_mode("Options: -vmbackuptype=fullvm -mode=IFIncremental"),
            Some("IFIncremental")
        );
        assert_eq!(requested_mode("mode: 'IFFull'"), None);
    }

    #[test]
    fn lines_of_a_run() {
        use VmLine::*;
        for (line, expected) in [
            ("Full BACKUP VM of virtual machines 'db1'", vec![RunStarts]),
            ("Backup VM command started.  Total number of virtual machines to process: 1", vec![RunStarts]),
            ("Starting Full VM backup of VMware Virtual Machine 'db 1'", vec![Starting("db 1")]),
            (
                "        mode:                    'Incremental Forever - Full'",
                vec![Mode("Incremental Forever - Full")],
            ),
            ("        target node name:               'DC1'", vec![TargetNode("DC1")]),
            ("        data mover node name:           'DM1'", vec![DataMover("DM1")]),
            ("Creating snapshot for virtual machine 'db1'", vec![Snapshot("db1")]),
            ("Removing snapshot for virtual machine 'db1'", vec![SnapshotRemoved("db1")]),
            (
                "Processing snapshot disk [ds1] db1/db1.vmdk (Hard Disk 1), Capacity: 40.00 GB, Bytes to Send: 1.25 GB  (nbd)",
                vec![Disk(Some("db1"), 1_342_177_280)],
            ),
            (
                "Successful Full VM backup of VMware Virtual Machine 'failed over'",
                vec![Succeeded("failed over")],
            ),
            (
                "Full VM backup of Virtual Machine 'db1' failed with RC 4376",
                vec![Failed("db1", Some("4376"))],
            ),
            (
                "ANS4174E Full VM backup of VMware Virtual Machine 'db1' failed with RC=4376 mode=Incremental_Forever_-_Full, target node name='DC1', data mover node name='DM1'",
                vec![
                    Failed("db1", Some("4376")),
                    Mode("Incremental_Forever_-_Full"),
                    TargetNode("DC1"),
                    DataMover("DM1"),
                ],
            ),
            ("Statistics for Virtual Machine 'db1'.", vec![Statistics("db1")]),
            ("Total number of virtual machines failed: 2", vec![Counted(Counter::Failed, 2)]),
            (
                "Total number of virtual machines backed up successfully: 1",
                vec![Counted(Counter::Succeeded, 1)],
            ),
            ("  virtual machine db 1 backed up to nodename DC1", vec![StoredAt("db 1", "DC1")]),
            ("Backup VM command complete", vec![Complete]),
            ("Dsmcad is working in   Webclient   Schedule   mode.", vec![]),
            ("Options:  -mode=IFIncremental", vec![]),
            ("ANS9365E VMware vStorage API error for virtual machine 'db1'.", vec![]),
            (
                "Total number of bytes transferred:       212.47 MB",
                vec![Bytes((212 << 20) + (47 << 20) / 100)],
            ),
        ] {
            assert_eq!(said(line), expected, "{line}");
        }
    }
}
