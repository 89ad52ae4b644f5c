//! Rows of a property export of vCenter's inventory, as a log collector writes them: one row per machine and group of
//! properties, in CSV with doubled quotes.
//!
//! They show the state at one moment, in UTC. Only the export of one collector is known; others are not recognised.

use std::borrow::Cow;

use crate::base::name::MachineId;
use crate::base::{Dialect, FactKind, Record, Sink};
use crate::dialect::dates;

/// Is this the header row?
pub(super) fn is_header(line: &str) -> bool {
    line.trim_end().starts_with("_raw,") && line.contains("sourcetype")
}

/// What every row begins with.
pub(super) struct Row<'a> {
    when: dates::Read,
    id: &'a str,
    vm: &'a str,
}

/// Reads the beginning of a row about a virtual machine.
pub(super) fn row(line: &str) -> Option<Row<'_>> {
    let rest = line.strip_prefix('"').unwrap_or(line);
    let when = dates::date_time(rest)?;
    let rest = rest.get(when.length..)?.strip_prefix(" UTC,")?;
    let (_, after_id) = rest.split_once("MOR=vm-")?;
    let digits = after_id.find(|c: char| !c.is_ascii_digit())?;
    let (_, name) = after_id.split_once("moname=")?;
    let vm = name.trim_start_matches('"').split('"').next()?;
    Some(Row { when, id: after_id.get(..digits)?, vm }).filter(|row| !row.vm.is_empty() && !row.id.is_empty())
}

/// The record of a row.
pub(super) fn record(line: &str) -> Option<Record<'_>> {
    let row = row(line)?;
    let mut record = Record::new(Dialect::VmwareVmx, line);
    record.stamp = row.when.stamp.in_zone(0);
    record.fields.push(("vm", Cow::Borrowed(row.vm)));
    record.fields.push(("entity", Cow::Owned(format!("vm-{}", row.id))));
    let has_disk = || {
        line.match_indices(".ctkEnabled:").any(|(at, found)| {
            line.get(at + found.len()..)
                .is_some_and(|value| value.get(..4).is_some_and(|value| value.eq_ignore_ascii_case("true")))
        })
    };
    if line.contains("changeTrackingEnabled=False") {
        record.kind = "cbt-disabled";
    } else if line.contains("changeTrackingEnabled=True") && has_disk() {
        record.kind = "cbt-enabled";
    }
    Some(record)
}

/// What a row tells of the names of its machine: that of the inventory, vCenter's id and the machine's own.
pub(super) fn names(record: &Record<'_>, sink: &mut dyn Sink) {
    let (Some(vm), Some(entity)) = (record.field("vm"), record.field("entity")) else { return };
    let mut link = |other: &str| {
        sink.fact(None, FactKind::SameMachine { one: vm.to_owned(), other: other.to_owned() }, record)
    };
    link(entity);
    let ids = record.body.split([',', ' ', '[', ';']).filter_map(|part| part.split_once('='));
    let is_own = |name: &str| matches!(name, "uuid" | "instanceUuid");
    for (_, id) in ids.filter(|(name, id)| is_own(name) && MachineId::of(id) == Some(MachineId::Uuid)) {
        link(id);
    }
}
