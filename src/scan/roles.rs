//! What the mere presence of a daemon's own debug log says about its host.
//!
//! Only daemons that run in one place count: `bpcd` and `vnetd` run everywhere, and the resource broker and the media
//! database of old releases could live away from the master.

use crate::base::{Dialect, Role};

/// The part that a host plays on which this process wrote a debug log.
pub(super) fn of_process(dialect: Dialect, process: &str) -> Option<Role> {
    if !matches!(dialect, Dialect::NetbackupLegacy | Dialect::NetbackupUnified | Dialect::NetbackupUnifiedRaw)
    {
        return None;
    }
    match process {
        "bprd" | "bpdbm" | "bpsched" | "bpjobd" | "nbpem" | "nbjm" | "nbstserv" => Some(Role::Master),
        "bpbrm" | "bptm" | "bpdm" => Some(Role::Media),
        "bpbkar" | "bpbkar32" | "bphdb" => Some(Role::Client),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn daemons_that_run_in_one_place() {
        let role = |process| of_process(Dialect::NetbackupLegacy, process);
        assert_eq!(
            (role("bpdbm"), role("bptm"), role("bpbkar")),
            (Some(Role::Master), Some(Role::Media), Some(Role::Client))
        );
        assert_eq!((role("bpcd"), role("nbemm"), role("tar")), (None, None, None));
        assert_eq!(of_process(Dialect::NetbackupJob, "bptm"), None);
    }
}
