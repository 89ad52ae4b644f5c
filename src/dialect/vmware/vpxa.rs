//! `vmware.vpxa`: the log of vCenter's agent on a host, ESX(i) 3.x to 8.0.
//!
//! ```text
//! 4.x  [2012-03-14 16:31:45.324 1C69CB90 verbose 'App' opID=C65743A5-0000024D-5c] [VpxNfcClient] Closing NFC connection to server
//! 5.x  2010-10-10T22:53:31.077Z [45EEEB90 info 'Default' opID=D1D8F924-00002337-83] [VpxLRO] -- ERROR task-768 -- -- vpxapi.VpxaService.createSnapshot: vim.fault.ApplicationQuiesceFault:
//! 5.x  <166>2014-12-10T18:39:25.632Z esx.vmware.com Vpxa: [FFBAAB90 verbose 'Default' opID=SWI-88e6d2f0] [TaskInfoChannel::GetTaskInfo] task: haTask--...
//! 6.0+ 2018-02-19T03:11:52.004Z info vpxa[2100733] [Originator@6876 sub=vpxLro opID=4c1d9e20-b3] [VpxLRO] -- BEGIN task-internal-2201 -- vm-77 -- vpxapi.VpxaService.createSnapshot -- 52d0
//! ```
//!
//! Up to 5.x its lines look like those of `hostd.log`; a text in which none of them speaks of vCenter's work is not
//! recognised. A revert through this agent (its method's name is unverified) counts as done when it is finished
//! without an error.

use super::agent::{Agent, WORDS};
use super::agent_claim::claim;
use super::place::host_log;
use crate::base::{Dialect, Splitter};
use crate::dialect::lines::Lines;
use crate::dialect::{Claim, Place, Reader, SourceContext};

/// The reader of `vpxa.log`.
pub struct Vpxa;

impl Reader for Vpxa {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVpxa
    }

    fn claim(&self, line: &str) -> Claim {
        claim(Dialect::VmwareVpxa, line)
    }

    fn place(&self, path: &str) -> Place {
        host_log(path, "vpxa")
    }

    fn telling_words(&self) -> &'static [&'static str] {
        &WORDS
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(Agent::new(Dialect::VmwareVpxa)))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<Agent>::restored(saved)
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;
    use crate::base::Severity;

    #[test]
    fn a_failed_snapshot_and_a_first_line_without_its_bracket() {
        let text = "\
2012-04-13 06:07:37.447 27D08B90 warning 'Libs' opID=9E1F0B72-000003A8-b1] [NFC ERROR] NfcNetTcpWrite: bWritten: -1
[2012-04-13 06:07:37.483 27D08B90 error 'App' opID=9E1F0B72-000003A8-b1] [VpxNfcClient] File transfer  failed:
2010-10-10T22:53:11.077Z [45EEEB90 info 'Default' opID=D1D8F924-00002337-83] [VpxLRO] -- BEGIN task-768 -- -- vpxapi.VpxaService.createSnapshot -- 52d0
2010-10-10T22:53:31.077Z [45EEEB90 info 'Default' opID=D1D8F924-00002337-83] [VpxLRO] -- ERROR task-768 -- -- vpxapi.VpxaService.createSnapshot: vim.fault.ApplicationQuiesceFault:
--> Result:
--> (vim.fault.ApplicationQuiesceFault) {
--> }
2010-10-10T22:53:31.079Z [45EEEB90 info 'Default' opID=D1D8F924-00002337-83] [VpxLRO] -- FINISH task-768 -- -- vpxapi.VpxaService.createSnapshot -- 52d0
";
        let got = read(&Vpxa, "vpxa.log", text);
        assert_eq!((got.records.len(), got.headless()), (5, 0));
        assert_eq!(got.records[1].severity, Severity::Error);
        assert_eq!(got.kind("snapshot-create-asked").len(), 1);
        assert!(got.kind("snapshot-created").is_empty());
        assert_eq!(got.records[3].session, got.records[4].session);
        assert_eq!(Vpxa.claim(text.lines().nth(1).unwrap()), Claim::Strong);
        assert_eq!(Vpxa.claim(text.lines().next().unwrap()), Claim::Weak);
        cut_anywhere(&Vpxa, "vpxa.log", text);
    }
}
