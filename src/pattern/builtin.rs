//! The files that are embedded in the program, by an explicit list: a new file is one new line here, and a test
//! compares the list with the `patterns` folder.

/// Path below `patterns` and text of every embedded file.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("shared/vm.toml", include_str!("../../patterns/shared/vm.toml")),
    ("netbackup/TECH69597.md", include_str!("../../patterns/netbackup/TECH69597.md")),
    ("fcm/FCM-RDM-ASIS.md", include_str!("../../patterns/fcm/FCM-RDM-ASIS.md")),
    ("tsm/IC89340.md", include_str!("../../patterns/tsm/IC89340.md")),
    ("vmware/TECH136138.md", include_str!("../../patterns/vmware/TECH136138.md")),
];
