//! What a task does to the snapshots of a virtual machine, told from the name of its method.
//!
//! Names come in three spellings: of the log (`vim.vm.Snapshot.revert`), of the API (`RevertToSnapshot_Task`) and of
//! the agents between (`vpxapi.VpxaService.createSnapshot`).

use serde::{Deserialize, Serialize};

/// Work on snapshots or on the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Work {
    /// A snapshot is taken.
    Create,
    /// The machine goes back to a snapshot.
    Revert,
    /// One or all snapshots are removed.
    Remove,
    /// The configuration changes, changed block tracking included.
    Reconfigure,
}

impl Work {
    /// The work of a method; `None` for everything else.
    pub(super) fn of_method(method: &str) -> Option<Work> {
        let name = method.trim_end_matches([':', ',', '.']).to_ascii_lowercase();
        let name = name.strip_suffix("_task").unwrap_or(&name);
        // First class disks and single disks have snapshots of their own, which no virtual machine sees.
        if ["vstorageobject", "vslm", "childdisk", "virtualdiskmanager", "catalog"]
            .iter()
            .any(|other| name.contains(other))
        {
            return None;
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let is_snapshot_call = name.ends_with(&format!("snapshot.{last}"));
        match last {
            "createsnapshot" | "createsnapshotex" => Some(Work::Create),
            "reverttocurrentsnapshot" | "reverttosnapshot" | "revertsnapshot" => Some(Work::Revert),
            "removesnapshot" | "removeallsnapshots" => Some(Work::Remove),
            "reconfigure" | "reconfigvm" => Some(Work::Reconfigure),
            "revert" if is_snapshot_call => Some(Work::Revert),
            "remove" if is_snapshot_call => Some(Work::Remove),
            _ => None,
        }
    }

    /// Kind of the record that asks for it.
    pub(super) fn asked(self) -> &'static str {
        match self {
            Work::Create => "snapshot-create-asked",
            Work::Revert => "snapshot-revert-asked",
            Work::Remove => "snapshot-remove-asked",
            Work::Reconfigure => "",
        }
    }

    /// Kind of the record that proves it done.
    pub(super) fn done(self) -> &'static str {
        match self {
            Work::Create => "snapshot-created",
            Work::Revert => "snapshot-reverted",
            Work::Remove => "snapshot-removed",
            Work::Reconfigure => "",
        }
    }

    /// Kind of the record that says that it failed.
    pub(super) fn failed(self) -> &'static str {
        match self {
            Work::Revert => "snapshot-revert-failed",
            Work::Create | Work::Remove | Work::Reconfigure => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_layer() {
        for (method, work) in [
            ("vim.VirtualMachine.createSnapshot", Some(Work::Create)),
            ("vim.VirtualMachine.createSnapshotEx", Some(Work::Create)),
            ("CreateSnapshot_Task", Some(Work::Create)),
            ("vpxapi.VpxaService.createSnapshot:", Some(Work::Create)),
            ("vim.vm.Snapshot.revert", Some(Work::Revert)),
            ("vm.Snapshot.revert", Some(Work::Revert)),
            ("vim.VirtualMachine.revertToCurrentSnapshot", Some(Work::Revert)),
            ("RevertToSnapshot_Task", Some(Work::Revert)),
            ("vim.vm.Snapshot.remove", Some(Work::Remove)),
            ("vim.VirtualMachine.removeAllSnapshots", Some(Work::Remove)),
            ("vim.VirtualMachine.reconfigure", Some(Work::Reconfigure)),
            ("ReconfigVM_Task", Some(Work::Reconfigure)),
            ("vim.VirtualDiskManager.revertToChildDisk", None),
            ("vim.vslm.host.VStorageObjectManager.createSnapshot", None),
            ("vim.vm.Snapshot.rename", None),
            ("vim.VirtualMachine.consolidateDisks", None),
            ("vim.host.StorageSystem.remove", None),
            ("vim.VirtualMachine.powerOn", None),
            ("", None),
        ] {
            assert_eq!(Work::of_method(method), work, "{method}");
        }
    }
}
