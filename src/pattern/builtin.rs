//! The files that are embedded in the program, by an explicit list: a new file is one new line here, and a test
//! compares the list with the `patterns` folder.

/// Path below `patterns` and text of every embedded file.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("shared/vm.toml", include_str!("../../patterns/shared/vm.toml")),
    ("netbackup/100001028.md", include_str!("../../patterns/netbackup/100001028.md")),
    ("netbackup/100008165.md", include_str!("../../patterns/netbackup/100008165.md")),
    ("netbackup/100009509.md", include_str!("../../patterns/netbackup/100009509.md")),
    ("netbackup/100009743.md", include_str!("../../patterns/netbackup/100009743.md")),
    ("netbackup/100049585.md", include_str!("../../patterns/netbackup/100049585.md")),
    ("netbackup/100050616.md", include_str!("../../patterns/netbackup/100050616.md")),
    ("netbackup/100060256.md", include_str!("../../patterns/netbackup/100060256.md")),
    ("netbackup/276739.md", include_str!("../../patterns/netbackup/276739.md")),
    ("netbackup/277609.md", include_str!("../../patterns/netbackup/277609.md")),
    ("netbackup/311581.md", include_str!("../../patterns/netbackup/311581.md")),
    ("netbackup/336578.md", include_str!("../../patterns/netbackup/336578.md")),
    ("netbackup/BPTM-EXTERNAL-REWIND.md", include_str!("../../patterns/netbackup/BPTM-EXTERNAL-REWIND.md")),
    ("netbackup/MSQA-2119489.md", include_str!("../../patterns/netbackup/MSQA-2119489.md")),
    ("netbackup/NDMP-RESTORE-CANCELLED.md", include_str!("../../patterns/netbackup/NDMP-RESTORE-CANCELLED.md")),
    ("netbackup/TECH153084.md", include_str!("../../patterns/netbackup/TECH153084.md")),
    ("netbackup/TECH190329.md", include_str!("../../patterns/netbackup/TECH190329.md")),
    ("netbackup/TECH39036.md", include_str!("../../patterns/netbackup/TECH39036.md")),
    ("netbackup/TECH45854.md", include_str!("../../patterns/netbackup/TECH45854.md")),
    ("netbackup/TECH45866.md", include_str!("../../patterns/netbackup/TECH45866.md")),
    ("netbackup/TECH64018.md", include_str!("../../patterns/netbackup/TECH64018.md")),
    ("netbackup/TECH65340.md", include_str!("../../patterns/netbackup/TECH65340.md")),
    ("netbackup/TECH69419.md", include_str!("../../patterns/netbackup/TECH69419.md")),
    ("netbackup/TECH69597.md", include_str!("../../patterns/netbackup/TECH69597.md")),
    ("netbackup/VOX-694027.md", include_str!("../../patterns/netbackup/VOX-694027.md")),
    ("fcm/FCM-RDM-ASIS.md", include_str!("../../patterns/fcm/FCM-RDM-ASIS.md")),
    ("tsm/IC89340.md", include_str!("../../patterns/tsm/IC89340.md")),
    ("vmware/TECH136138.md", include_str!("../../patterns/vmware/TECH136138.md")),
];
