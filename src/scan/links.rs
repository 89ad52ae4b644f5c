//! Names that records show side by side, put into the graph of names.
//!
//! Two names that people gave are one machine's where a record says so. An id needs more care: a copy of a machine may
//! have the same UUID, and every vCenter counts its objects from 1. An id that two machines have belongs to neither, and
//! ids of vCenter count only where all logs that show them are of one vCenter: logs of one vCenter show at least one
//! machine with the same id and name, logs of two do not.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::StreamId;
use crate::base::name::{MachineId, fold};
use crate::identity::Names;

/// Names and ids of machines, and the logs that showed them.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Id to the names beside it.
    ids: BTreeMap<String, BTreeSet<String>>,
    /// vCenter's ids: which logs show which pairs.
    managed: BTreeMap<(String, String), BTreeSet<StreamId>>,
}

impl Links {
    /// Takes in what a record shows side by side.
    pub(super) fn add(&mut self, one: &str, other: &str, stream: StreamId, names: &mut Names) {
        let (name, id) = match (MachineId::of(one), MachineId::of(other)) {
            (None, None) => return names.link(one, other),
            (Some(_), None) => (other, one),
            (_, Some(_)) => (one, other),
        };
        let (name, folded) = (fold(name), fold(id));
        if MachineId::of(id) == Some(MachineId::Managed) {
            self.managed.entry((folded.clone(), name.clone())).or_default().insert(stream);
        }
        self.ids.entry(folded).or_default().insert(name);
    }

    /// Links what is certain.
    pub(super) fn finish(self, names: &mut Names) {
        let is_one_vcenter = self.is_one_vcenter();
        let given: BTreeSet<&String> = self.ids.values().flatten().collect();
        for (id, beside) in &self.ids {
            let mut beside = beside.iter();
            let Some(first) = beside.next() else { continue };
            let is_managed = MachineId::of(id) == Some(MachineId::Managed);
            // A machine may be called `vm-12` by people, too.
            let is_certain = !is_managed || is_one_vcenter && !given.contains(id);
            if is_certain && beside.all(|other| names.same(first, other)) {
                names.link(first, id);
            }
        }
    }

    /// Are all logs that show ids of vCenter tied together by machines that they have in common?
    fn is_one_vcenter(&self) -> bool {
        let mut groups: Vec<BTreeSet<StreamId>> = Vec::new();
        for streams in self.managed.values() {
            let (mut tied, apart): (Vec<_>, Vec<_>) =
                groups.drain(..).partition(|group| !group.is_disjoint(streams));
            tied.push(streams.clone());
            groups = apart;
            groups.push(tied.into_iter().flatten().collect());
        }
        groups.len() <= 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIOS: &str = "42 1f 0a 11 22 33 44 55-66 77 88 99 aa bb cc dd";
    const SPELLED: &str = "421f0a11-2233-4455-6677-8899aabbccdd";

    fn linked(shown: &[(&str, &str, u32)]) -> Names {
        let (mut links, mut names) = (Links::default(), Names::new());
        for (one, other, stream) in shown {
            links.add(one, other, StreamId(*stream), &mut names);
        }
        links.finish(&mut names);
        names
    }

    #[test]
    fn a_machine_is_known_by_its_ids() {
        let names = linked(&[("SRV-DB1", BIOS, 1), ("SRV-DB1", "vm-77", 2)]);
        assert!(names.same(SPELLED, "vm-77"));
        assert!(names.same("srv-db1", SPELLED));
        assert!(!names.same("srv-db1", "vm-78"));
    }

    #[test]
    fn an_id_of_two_machines_is_of_none() {
        let names = linked(&[("SRV-DB1", BIOS, 1), ("SRV-DB1-CLONE", BIOS, 2)]);
        assert!(!names.same("SRV-DB1", SPELLED) && !names.same("SRV-DB1", "SRV-DB1-CLONE"));
        // A machine that was renamed, which another record shows, has it still.
        let renamed = linked(&[("SRV-DB1", BIOS, 1), ("SRV-DB2", BIOS, 2), ("SRV-DB1", "SRV-DB2", 3)]);
        assert!(renamed.same("SRV-DB1", SPELLED));
        let called = linked(&[("SRV-DB1", "vm-12", 1), ("vm-12", BIOS, 2)]);
        assert!(!called.same("SRV-DB1", "vm-12"));
    }

    #[test]
    fn two_vcenters_are_kept_apart() {
        assert!(!linked(&[("SRV-DB1", "vm-77", 1), ("WEB9", "vm-12", 2)]).same("SRV-DB1", "vm-77"));
        assert!(!linked(&[("SRV-DB1", "vm-77", 1), ("WEB9", "vm-77", 2)]).same("SRV-DB1", "WEB9"));
        let one = linked(&[("SRV-DB1", "vm-77", 1), ("srv-db1", "vm-77", 2), ("WEB9", "vm-12", 2)]);
        assert!(one.same("SRV-DB1", "vm-77") && one.same("WEB9", "vm-12"));
    }
}
