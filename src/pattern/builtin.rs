//! The files that are embedded in the program, by an explicit list: a new file is one new line here, and a test
//! compares the list with the `patterns` folder.

/// Path below `patterns` and text of every embedded file.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("shared/vm.toml", include_str!("../../patterns/shared/vm.toml")),
    ("netbackup/TECH69597.md", include_str!("../../patterns/netbackup/TECH69597.md")),
    ("fcm/FCM-RDM-ASIS.md", include_str!("../../patterns/fcm/FCM-RDM-ASIS.md")),
    ("tsm/IC89340.md", include_str!("../../patterns/tsm/IC89340.md")),
    ("vmware/TECH136138.md", include_str!("../../patterns/vmware/TECH136138.md")),
    ("windows/CAPI2-513.md", include_str!("../../patterns/windows/CAPI2-513.md")),
    ("windows/KB2009513.md", include_str!("../../patterns/windows/KB2009513.md")),
    ("windows/KB290762.md", include_str!("../../patterns/windows/KB290762.md")),
    ("windows/KB2983588.md", include_str!("../../patterns/windows/KB2983588.md")),
    ("windows/KB3098315.md", include_str!("../../patterns/windows/KB3098315.md")),
    ("windows/KB875495.md", include_str!("../../patterns/windows/KB875495.md")),
    ("windows/KB972135.md", include_str!("../../patterns/windows/KB972135.md")),
    ("windows/Q216793.md", include_str!("../../patterns/windows/Q216793.md")),
    ("windows/SQL-FROZEN.md", include_str!("../../patterns/windows/SQL-FROZEN.md")),
    ("windows/SQL-SPLIT-VOLUMES.md", include_str!("../../patterns/windows/SQL-SPLIT-VOLUMES.md")),
    ("windows/SQL-VDI-ABORT.md", include_str!("../../patterns/windows/SQL-VDI-ABORT.md")),
    ("windows/VMTOOLS-QUIESCE.md", include_str!("../../patterns/windows/VMTOOLS-QUIESCE.md")),
    ("windows/VMWARE-FLOPPY.md", include_str!("../../patterns/windows/VMWARE-FLOPPY.md")),
    ("windows/VOLSNAP-25.md", include_str!("../../patterns/windows/VOLSNAP-25.md")),
    ("windows/VOLSNAP-ABORTED.md", include_str!("../../patterns/windows/VOLSNAP-ABORTED.md")),
    ("windows/VOLSNAP-FAILED.md", include_str!("../../patterns/windows/VOLSNAP-FAILED.md")),
    ("windows/VSS-HOLD-WRITES.md", include_str!("../../patterns/windows/VSS-HOLD-WRITES.md")),
    ("windows/VSS-WRITER-FAILED.md", include_str!("../../patterns/windows/VSS-WRITER-FAILED.md")),
    ("windows/WINDOWS-DAMAGED.md", include_str!("../../patterns/windows/WINDOWS-DAMAGED.md")),
    ("windows/WSB-FAILED.md", include_str!("../../patterns/windows/WSB-FAILED.md")),
    ("windows/WSB-PARTIAL.md", include_str!("../../patterns/windows/WSB-PARTIAL.md")),
];
