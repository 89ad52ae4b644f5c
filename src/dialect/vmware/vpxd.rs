//! `vmware.vpxd`: the log of vCenter Server, on Windows (2.5 to 6.x) and on the appliance (5.x and later).
//!
//! ```text
//! 4.x  [2012-04-16 21:42:11.096 02584 info 'App'] [VpxLRO] -- BEGIN task-internal-1788204 -- -- vim.SessionManager.loginBySSPI -- 0CCF336E-E963-44C9-8AF6-90D4B10EFE74
//! 5.x  2014-01-17T04:55:50.347Z [7F03ECE76700 verbose 'Default' opID=2140bc71] [VpxVmomi] Invoke done: vmodl.query.PropertyCollector.waitForUpdatesEx session: c580b3ef
//! 6-8  2022-06-02T11:58:12.193Z info vpxd[45715] [Originator@6876 sub=vpxLro opID=7e1280cf] [VpxLRO] -- BEGIN lro-846063 -- SessionManager -- vim.SessionManager.sessionIsActive -- 528e6e0c
//! 6-8  2022-06-02T11:58:12.194Z info vpxd[45715] [Originator@6876 sub=vpxLro opID=7e1280cf] [VpxLRO] -- FINISH lro-846063
//! 9    2025-06-04T17:06:21.349Z INFO vpxd 20973 [Originator@4413 sub="ServiceAccount" opID="SvcAcctInit-5a91f2fc"] Service account accessor initialized
//! ```
//!
//! Work is keyed by its id within one log (ids restart with the service). A FINISH proves success unless an ERROR for
//! the id came before it; one whose BEGIN is not in the log and which names no method proves nothing. Machines appear
//! as ids (`vm-77`); their names are taken from lines that print both.

use super::agent::{Agent, WORDS};
use super::agent_claim::claim;
use super::place::host_log;
use crate::base::{Dialect, Splitter};
use crate::dialect::lines::Lines;
use crate::dialect::{Claim, Place, Reader, SourceContext};

/// The reader of `vpxd.log`.
pub struct Vpxd;

impl Reader for Vpxd {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVpxd
    }

    fn claim(&self, line: &str) -> Claim {
        claim(Dialect::VmwareVpxd, line)
    }

    fn place(&self, path: &str) -> Place {
        host_log(path, "vpxd")
    }

    fn telling_words(&self) -> &'static [&'static str] {
        &WORDS
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(Agent::new(Dialect::VmwareVpxd)))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<Agent>::restored(saved)
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;

    #[test]
    fn begin_finish_and_error() {
        let text = "\
2021-03-04T10:00:00.000Z info vpxd[04114] [Originator@6876 sub=MoVirtualMachine opID=kq1-11] [vim.VirtualMachine:vm-77,SRV-DB1] Reconfigure lock taken
2021-03-04T10:00:01.000Z info vpxd[04115] [Originator@6876 sub=vpxLro opID=kq2-4711-auto-1] [VpxLRO] -- BEGIN task-901 -- vm-77 -- vim.VirtualMachine.revertToCurrentSnapshot -- 52b0c4be(520e7149)
2021-03-04T10:00:05.000Z info vpxd[04115] [Originator@6876 sub=vpxLro opID=kq2-4711-auto-1] [VpxLRO] -- FINISH task-901
2021-03-04T10:10:01.000Z info vpxd[04115] [Originator@6876 sub=vpxLro opID=kq3-4712-auto-1] [VpxLRO] -- BEGIN task-902 -- snapshot-56 -- vim.vm.Snapshot.revert -- 52b0c4be(520e7149)
2021-03-04T10:10:02.000Z error vpxd[04115] [Originator@6876 sub=vpxLro opID=kq3-4712-auto-1] [VpxLRO] -- ERROR task-902 -- 52b0c4be(520e7149) -- snapshot-56 -- vim.vm.Snapshot.revert: vim.fault.TaskInProgress:
--> Result:
--> (vim.fault.TaskInProgress) {
--> )
2021-03-04T10:10:02.001Z info vpxd[04115] [Originator@6876 sub=vpxLro opID=kq3-4712-auto-1] [VpxLRO] -- FINISH task-902
2021-03-04T10:12:02.001Z info vpxd[04115] [Originator@6876 sub=vpxLro opID=kq9] [VpxLRO] -- FINISH task-880
[2012-06-21 08:55:32.940 04016 info 'App'] [VpxLRO] -- FINISH task-internal-22 -- vm-12 -- vim.vm.Snapshot.revert -- 7A41D2C8
";
        let got = read(&Vpxd, "vpxd-118.log", text);
        assert_eq!((got.records.len(), got.headless()), (8, 0));
        assert_eq!(got.kind("snapshot-revert-asked").len(), 2);
        let done = got.kind("snapshot-reverted");
        assert_eq!(done.len(), 2);
        assert_eq!(done[0].field("vm"), Some("SRV-DB1"));
        // No line tells its name: the id of vCenter stands for it.
        assert_eq!(done[1].field("vm"), Some("vm-12"));
        assert_eq!(done[1].field("entity"), Some("vm-12"));
        assert_eq!(got.kind("snapshot-revert-failed").len(), 1);
        cut_anywhere(&Vpxd, "vpxd-118.log", text);
    }

    #[test]
    fn the_event_stream_is_not_its_log() {
        let line = "<14>1 2021-09-06T14:40:13.289354+00:00 vcenter vpxd 58650 - -  Event [575793] [1-1] [2021-09-06T14:40:13.288346Z] [vim.event.UserLogoutSessionEvent] [info] [root] [] [575793] [User logged out]";
        assert_eq!(Vpxd.claim(line), Claim::No);
        assert_eq!(
            Vpxd.claim("[2012-06-21 08:55:32.925 04016 info 'App'] [Auth]: User DELPHI\\ftambor"),
            Claim::Strong
        );
    }
}
