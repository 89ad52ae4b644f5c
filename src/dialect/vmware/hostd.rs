//! `vmware.hostd`: the log of the host agent, ESX(i) 3.x to 8.0, on the host, in a bundle or collected by syslog.
//!
//! ```text
//! 4.x  [2012-04-16 20:35:04.594 F6417B90 info 'Vimsvc'] [Auth]: User root
//! 5.x  2013-08-12T13:48:25.650Z [6FE81B90 info 'ha-eventmgr'] Event 8573 : The file table of the ramdisk 'root' is full.
//! 6-7  2017-01-11T19:06:25.493Z info hostd[5E080B70] [Originator@6876 sub=Vimsvc.TaskManager opID=e991f0d9 user=root] Task Created : haTask-18639-vim.VirtualMachine.reconfigure-5972128
//! 8    2022-06-02T02:15:22.987Z In(166) Hostd[1001392061]: info -[1001392061] [Originator@6876 sub=Default] Supported VMs 640
//! ```
//!
//! Lines that begin with `-->` belong to the record above, except where syslog gave each a head of its own. The
//! wording of the line that names a snapshot when it is taken (`Create Snapshot: ...`) is unverified; a task that is
//! completed with success is the proof, whatever else the log says. Lines of other programs of the host that write
//! alike (`rhttpproxy`, `fdm`) are not read.

use super::agent::{Agent, WORDS};
use super::agent_claim::claim;
use super::place::host_log;
use crate::base::{Dialect, Splitter};
use crate::dialect::lines::Lines;
use crate::dialect::{Claim, Place, Reader, SourceContext};

/// The reader of `hostd.log`.
pub struct Hostd;

impl Reader for Hostd {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareHostd
    }

    fn claim(&self, line: &str) -> Claim {
        claim(Dialect::VmwareHostd, line)
    }

    fn place(&self, path: &str) -> Place {
        host_log(path, "hostd")
    }

    fn telling_words(&self) -> &'static [&'static str] {
        &WORDS
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(Agent::new(Dialect::VmwareHostd)))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<Agent>::restored(saved)
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;
    use crate::base::FactKind;

    const REVERT: &str = "\
Section for VMware ESX, pid=2098914, version=6.7.0, build=13006603, option=Release
2019-03-11T09:14:02.117Z info hostd[2099511] [Originator@6876 sub=Vimsvc.TaskManager opID=k3x9-7741-auto-5z9-h5:70002212-9c-01-72-83e4 user=vpxuser:CORP\\mara.keller] Task Created : haTask-41-vim.vm.Snapshot.revert-88123
2019-03-11T09:14:02.140Z info hostd[2099498] [Originator@6876 sub=Vmsvc.vm:/vmfs/volumes/5b7f1c2a-9d0e4f51-7c1b-ac1f6b0c9a12/srv-db1/srv-db1.vmx opID=k3x9-7741-auto-5z9-h5:70002212-9c-01-72-83e4 user=vpxuser:CORP\\mara.keller] State Transition (VM_STATE_ON -> VM_STATE_REVERT_TO_SNAPSHOT)
2019-03-11T09:14:07.902Z info hostd[2099511] [Originator@6876 sub=Vimsvc.TaskManager opID=k3x9-7741-auto-5z9-h5:70002212-9c-01-72-83e4 user=vpxuser:CORP\\mara.keller] Task Completed : haTask-41-vim.vm.Snapshot.revert-88123 Status success
2019-03-11T09:20:00.000Z info hostd[2099511] [Originator@6876 sub=Vimsvc.TaskManager opID=esxui-77a1-02 user=root] Task Created : haTask-41-vim.VirtualMachine.revertToCurrentSnapshot-88201
2019-03-11T09:20:01.000Z info hostd[2099511] [Originator@6876 sub=Vimsvc.TaskManager opID=esxui-77a1-02 user=root] Task Completed : haTask-41-vim.VirtualMachine.revertToCurrentSnapshot-88201 Status error
2019-03-11T09:21:00.000Z info hostd[2099511] [Originator@6876 sub=Vimsvc.TaskManager opID=esxui-77a1-09 user=root] Task Completed : haTask--vim.VirtualDiskManager.revertToChildDisk-88240 Status success
";

    #[test]
    fn a_revert_is_proved_by_its_success_alone() {
        let got = read(&Hostd, "esx/var/log/hostd.log", REVERT);
        assert_eq!((got.records.len(), got.headless()), (7, 0));
        let asked = got.kind("snapshot-revert-asked");
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0].field("vm"), None);
        assert_eq!(asked[1].field("vm"), Some("srv-db1"));
        let done = got.kind("snapshot-reverted");
        assert_eq!(done.len(), 1);
        assert_eq!(done[0].field("vm"), Some("srv-db1"));
        assert_eq!(done[0].field("user"), Some("CORP\\mara.keller"));
        assert_eq!(done[0].stamp.to_string(), "2019-03-11T09:14:07.902Z");
        assert_eq!(done[0].session, asked[0].session);
        let failed = got.kind("snapshot-revert-failed");
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0].field("user"), Some("root"));
        let version = FactKind::Version { product: "esx".to_owned(), version: "6.7.0".to_owned() };
        assert_eq!(got.facts, vec![(None, version)]);
        cut_anywhere(&Hostd, "hostd.log", REVERT);
    }

    #[test]
    fn changed_block_tracking_changes_only_where_the_task_succeeds() {
        let text = "\
2017-05-30T13:28:13.747Z info hostd[25005B70] [Originator@6876 sub=Vimsvc.TaskManager opID=10bd289a user=root] Task Created : haTask-20466-vim.VirtualMachine.reconfigure-7310642
2017-05-30T13:28:13.748Z info hostd[25005B70] [Originator@6876 sub=Vmsvc.vm:/vmfs/volumes/59027ab4/app 7/app 7.vmx opID=10bd289a user=root] Reconfigure: (vim.vm.ConfigSpec) {
-->    name = <unset>,
-->    changeTrackingEnabled = true,
--> }
2017-05-30T13:28:13.876Z info hostd[05151B70] [Originator@6876 sub=Vimsvc.TaskManager opID=10bd289a user=root] Task Completed : haTask-20466-vim.VirtualMachine.reconfigure-7310642 Status success
2017-05-30T13:30:13.747Z info hostd[25005B70] [Originator@6876 sub=Vimsvc.TaskManager opID=20bd289a user=root] Task Created : haTask-20466-vim.VirtualMachine.reconfigure-7310650
2017-05-30T13:30:13.748Z info hostd[25005B70] [Originator@6876 sub=Vmsvc opID=20bd289a user=root] Reconfigure: changeTrackingEnabled = false
2017-05-30T13:30:13.876Z info hostd[05151B70] [Originator@6876 sub=Vimsvc.TaskManager opID=20bd289a user=root] Task Completed : haTask-20466-vim.VirtualMachine.reconfigure-7310650 Status error
";
        let got = read(&Hostd, "hostd.log", text);
        assert_eq!((got.records.len(), got.headless()), (6, 0));
        let on = got.kind("cbt-enabled");
        assert_eq!(on.len(), 1);
        assert_eq!(on[0].field("vm"), Some("app 7"));
        assert!(got.kind("cbt-disabled").is_empty());
        assert!(got.records[1].body.ends_with("--> }"));
        cut_anywhere(&Hostd, "hostd.log", text);
    }

    #[test]
    fn snapshots_taken_by_old_releases() {
        let text = "\
lost beginning of a line
[2009-02-11 21:04:17.118 'TaskManager' 11529 info] Task Created : haTask-64-vim.VirtualMachine.createSnapshot-571\r
[2009-02-11 21:04:31.700 'TaskManager' 11529 info] Task Completed : haTask-64-vim.VirtualMachine.createSnapshot-571 Status success\r
[2011-04-01 15:14:34.203 F5A5AB90 info 'TaskManager' opID=F6FC49D5-000007E6-d] Task Created : haTask-112-vim.VirtualMachine.createSnapshot-3887
[2011-04-01 15:14:34.203 F5A5AB90 info 'vm:/vmfs/volumes/4d6579ec-23f981cb/Post fach/pf.vmx' opID=F6FC49D5-000007E6-d] Create Snapshot: before patch, memory=false, quiescent=true state=4
[2011-04-01 15:14:44.203 F5A5AB90 info 'TaskManager' opID=F6FC49D5-000007E6-d] Task Completed : haTask-112-vim.VirtualMachine.createSnapshot-3887 Status success
";
        let got = read(&Hostd, "var/log/vmware/hostd-0.log", text);
        assert_eq!((got.records.len(), got.headless()), (6, 1));
        let made = got.kind("snapshot-created");
        assert_eq!(made.len(), 2);
        assert_eq!(made[0].field("vm"), None);
        assert_eq!(made[0].stamp.to_string(), "2009-02-11T21:04:31.700");
        assert_eq!(made[1].field("vm"), Some("Post fach"));
        assert_eq!(made[1].field("snapshot"), Some("before patch"));
        assert_eq!(made[1].field("quiesced"), Some("yes"));
        assert_eq!(made[1].field("memory"), Some("no"));
        cut_anywhere(&Hostd, "hostd-0.log", text);
    }

    #[test]
    fn syslog_gives_every_line_a_head() {
        let text = "\
<166>2015-03-22T15:31:21.355Z esxk2.prod.example Hostd: [D95EAB90 info 'vm:/vmfs/volumes/54c3b301-569d1059/fileserv4/fs4.vmx'] Failed to consolidate disks in Foundry: Error: (15) The file is already in use
<166>2015-04-16T04:16:11.489Z esxk2.prod.example vmkwarning Hostd: -->          key = \"msg.checkpoint.precopyfailure\",
<164>NoneZ esxk5.prod.example Hostd: 2015-09-12T05:46:21.426Z warning hostd[0DDE8B70] [Originator@6876 sub=Hostsvc.VmkVprobSource] Can't find datastore 'f5f8d077'.
Jun 21 07:48:26 esxb-11 /usr/lib/vmware/bin/vmware-hostd[9315]: Accepted password for user root from 10.87.12.40
<166>2024-05-02T08:00:01.000Z esxk7.prod.example Hostd[2098914]: Event 4711 : The execution state of the virtual machine srv-db1 on host esxk7.prod.example, in compute resource Prod has been reverted to the state of snapshot before, with ID 3
";
        let got = read(&Hostd, "syslog.log", text);
        assert_eq!((got.records.len(), got.headless()), (5, 0));
        assert_eq!(got.records[0].host.as_deref(), Some("esxk2.prod.example"));
        assert_eq!(got.records[0].field("vm"), Some("fileserv4"));
        assert_eq!(got.records[2].stamp.to_string(), "2015-09-12T05:46:21.426Z");
        assert_eq!(got.records[3].stamp.to_string(), "07:48:26");
        assert_eq!(got.records[3].pid, Some(9315));
        let reverted = got.kind("snapshot-reverted");
        assert_eq!(reverted[0].field("snapshot_id"), Some("3"));
        assert!(text.lines().all(|line| Hostd.claim(line) == Claim::Strong));
        cut_anywhere(&Hostd, "syslog.log", text);
    }

    #[test]
    fn lines_of_others_are_not_claimed() {
        for line in [
            "2024-01-31T04:26:39Z INFO [main] com.example.App - started",
            "2024-01-31 04:26:39,123 INFO hostd helper started",
            "2012-09-07T21:18:59.021-04:00 [3D71A940 warning 'Default'] VcbAPI::Snapshot::GetChangeInfo: Cannot look",
            "2022-06-02T11:58:12.194Z info vpxd[45715] [Originator@6876 sub=vpxLro opID=7e1280cf] [VpxLRO] -- FINISH lro-846063",
            "[2012-03-14 16:31:45.324 1C69CB90 verbose 'App' opID=C657] [VpxNfcClient] Closing NFC connection to server",
            "Mar 14 21:56:48 app1 sshd[29258]: Accepted password for root",
            "--> )",
            "",
        ] {
            assert_ne!(Hostd.claim(line), Claim::Strong, "{line}");
        }
    }
}
