//! `vmware.vmx-log`: the log of one virtual machine (`vmware.log`, `vmware-12.log`), ESX 3.5 to 8.0.
//!
//! ```text
//! 4.x  Jul 06 21:01:12.410: vcpu-0| SNAPSHOT: SnapshotConfigInfoReadEx: Creating new snapshot dictionary, '/vmfs/...'
//! 5.0  2012-07-06T21:01:10.891Z| vcpu-0| DISKLIB-CBT : Opening cbt node /vmfs/devices/cbt/88f0572-cbt
//! 6.0  2018-03-10T20:00:26.250Z| vmx| I120: SnapshotVMX_TakeSnapshot start: 'xsibackup', deviceState=0, lazy=0, logging=0, quiesced=0, ...
//! 7.0  2021-05-24T00:30:22.684Z| vmx| I125: Log for VMware ESX pid=136982 version=7.0.0 build=build-17839012 option=Release
//! 8.0  2023-12-05T17:42:41.585Z In(05) vmx - SnapshotVMXTakeSnapshotComplete: Done with snapshot 'snapshot_exfill': 2
//! ```
//!
//! The lines do not say whose log it is. The name is taken from the display name among the logged settings, from the
//! folder of the configuration file, from that of the disks, or from the folder that the file itself lies in, and goes
//! on every record about snapshots, disks and changed block tracking. The beginning of the source is looked through
//! for it before the first record is given. The layout of 3.5 and 4.x (no year) is unverified, as are lines with a
//! time of day alone. No line of any release is known to say that a snapshot was reverted: a delta disk that appears
//! without a snapshot is marked as a hint (`snapshot-revert-asked`) and proves nothing.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::place;
use super::vmx_meaning::{self, Machine};
use super::vmx_source::{self, SEARCHED};
use super::yearless::{FirstDay, Yearless, yearless};
use crate::base::{Dialect, Feed, Record, Severity, Sink, Splitter, Stamp, Zone};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::{restore, save};
use crate::dialect::shown::Shown;
use crate::dialect::{Claim, Place, Reader, SourceContext, dates, folder_name};

/// The reader of `vmware.log`.
pub struct VmxLog;

impl Reader for VmxLog {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVmxLog
    }

    fn claim(&self, line: &str) -> Claim {
        if mapping(line).is_some() || parse(line).is_some_and(|head| head.is_certain) {
            Claim::Strong
        } else {
            Claim::No
        }
    }

    fn place(&self, path: &str) -> Place {
        Place { stream: Some(place::stream(path)), ..Place::default() }
    }

    fn telling_words(&self) -> &'static [&'static str] {
        &vmx_meaning::WORDS
    }

    fn splitter(&self, context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(VmxSplitter::Looking { path: context.path.clone() })
    }

    fn splitter_from(&self, context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        let Saved { folder, grammar } = restore(saved)?;
        // The folder may be what names the machine.
        let is_there = folder.as_deref() == folder_name(&context.path);
        is_there.then(|| {
            Box::new(VmxSplitter::Reading { lines: Box::new(Lines::new(grammar)), folder })
                as Box<dyn Splitter>
        })
    }
}

/// Waits for the beginning of the source, then cuts lines.
enum VmxSplitter {
    Looking { path: String },
    Reading { lines: Box<Lines<VmxGrammar>>, folder: Option<String> },
}

/// What is carried on to another day.
#[derive(Serialize, Deserialize)]
struct Saved<G> {
    folder: Option<String>,
    grammar: G,
}

impl Splitter for VmxSplitter {
    fn save(&self) -> Option<String> {
        match self {
            VmxSplitter::Reading { lines, folder } => {
                save(&Saved { folder: folder.clone(), grammar: lines.grammar() })
            }
            VmxSplitter::Looking { .. } => None,
        }
    }

    fn split(&mut self, text: &str, line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        if let VmxSplitter::Looking { path } = self {
            if feed == Feed::More && text.len() < SEARCHED {
                return 0;
            }
            let machine = Machine::new(vmx_source::told(text, path));
            let lines = Box::new(Lines::new(VmxGrammar::new(machine)));
            *self = VmxSplitter::Reading { lines, folder: folder_name(path).map(str::to_owned) };
        }
        match self {
            VmxSplitter::Reading { lines, .. } => lines.split(text, line, feed, sink),
            VmxSplitter::Looking { .. } => 0,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct VmxGrammar {
    days: FirstDay,
    machine: Machine,
    #[serde(skip)]
    shown: Shown,
    /// A head was read whose record is not complete.
    #[serde(skip)]
    is_pending: bool,
}

impl VmxGrammar {
    fn new(machine: Machine) -> VmxGrammar {
        VmxGrammar { days: FirstDay::default(), machine, shown: Shown::default(), is_pending: false }
    }
}

impl Grammar for VmxGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVmxLog
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        if mapping(line).is_some() {
            self.is_pending = true;
            return Some(Record::new(Dialect::VmwareVmxLog, line));
        }
        let head = parse(line)?;
        self.is_pending = true;
        let mut record = Record::new(Dialect::VmwareVmxLog, head.text);
        record.stamp = match head.when {
            When::None => Stamp::None,
            When::Stamp(stamp) => stamp,
            When::Yearless(read) => self.days.stamp(read),
        };
        record.severity = head.severity;
        record.fields.push(("thread", Cow::Borrowed(head.thread)));
        Some(record)
    }

    fn begins(&self, line: &str) -> bool {
        parse(line).is_some_and(|head| matches!(head.when, When::Stamp(_)))
    }

    /// Of a line without any of the words nothing is kept but its time, once its machine and its thread are known.
    fn skim(&mut self, line: &str, _number: u64, _sink: &mut dyn Sink) -> Option<Stamp> {
        let head = parse(line).filter(|head| !self.is_pending && head.severity < Severity::Error)?;
        let When::Stamp(stamp) = head.when else { return None };
        let session = self.session();
        let vm = self.machine.vm().unwrap_or("");
        let is_known =
            self.shown.knows(session, "thread", head.thread) && self.shown.knows(session, "vm", vm);
        is_known.then_some(stamp)
    }

    fn session(&self) -> Option<u32> {
        Some(self.machine.session())
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        self.is_pending = false;
        if record.head {
            if let Some(is_physical) = mapping(record.body.as_ref()) {
                self.machine.mapped_disk(&mut record, is_physical);
            } else {
                self.machine.read(&mut record, sink);
            }
            if record.session.is_some() {
                self.shown.take_in(&record);
            }
        }
        sink.record(record);
    }
}

/// An answer of `vmkfstools -q` that was pasted below the log: `Disk x.vmdk is a Non-passthrough Raw Device Mapping`.
/// Is the mapping physical?
fn mapping(line: &str) -> Option<bool> {
    let rest = line.strip_prefix("Disk ")?;
    if rest.contains(" is a Non-passthrough Raw Device Mapping") {
        Some(false)
    } else if rest.contains(" is a Passthrough Raw Device Mapping") {
        Some(true)
    } else {
        None
    }
}

enum When {
    None,
    Stamp(Stamp),
    Yearless(Yearless),
}

struct Head<'a> {
    when: When,
    thread: &'a str,
    severity: Severity,
    text: &'a str,
    /// No other product writes such a line.
    is_certain: bool,
}

fn parse(line: &str) -> Option<Head<'_>> {
    if let Some(head) = with_year(line) {
        return Some(head);
    }
    let (when, used) = match yearless(line) {
        Some((read, used)) => (When::Yearless(read), used),
        None => {
            let (time, fraction, used) = dates::time_of_day(line)?;
            (When::Stamp(Stamp::clock(time, fraction)), used)
        }
    };
    let is_dated = matches!(when, When::Yearless(_));
    let (thread, text) = piped(line.get(used..)?.strip_prefix(':')?)?;
    let (severity, text) = level(text);
    Some(Head { when, thread, severity, text, is_certain: is_dated && is_thread(thread) })
}

fn with_year(line: &str) -> Option<Head<'_>> {
    let read = dates::date_time(line).filter(|_| line.starts_with(|c: char| c.is_ascii_digit()));
    let Some(read) = read else { return cut_stamp(line) };
    let when = When::Stamp(read.stamp);
    let rest = line.get(read.length..)?;
    if let Some(rest) = rest.strip_prefix('|') {
        let (thread, text) = piped(rest)?;
        let (severity, text) = level(text);
        // Every release that prints a year prints milliseconds and the zone as well.
        let is_certain = is_thread(thread) || read.stamp.has_fraction() && read.stamp.zone() != Zone::Unknown;
        return Some(Head { when, thread, severity, text, is_certain });
    }
    syslog(when, rest)
}

/// A line whose first characters are lost: `-06T21:01:10.891Z| vcpu-0| text`.
fn cut_stamp(line: &str) -> Option<Head<'_>> {
    let (before, rest) = line.split_once('|')?;
    let fits = before.len() <= 24
        && before.ends_with(|c: char| c == 'Z' || c.is_ascii_digit())
        && before.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ+".contains(&byte));
    let (thread, text) = piped(rest).filter(|(thread, _)| fits && is_thread(thread))?;
    let (severity, text) = level(text);
    Some(Head { when: When::None, thread, severity, text, is_certain: true })
}

/// ` vcpu-0| text`
fn piped(rest: &str) -> Option<(&str, &str)> {
    let (thread, text) = rest.strip_prefix(' ')?.split_once('|')?;
    let fits = !thread.is_empty() && thread.len() <= 40 && !thread.contains(' ');
    fits.then_some((thread, text.strip_prefix(' ').unwrap_or(text)))
}

/// `I120: text`. The number is how talkative the line is, no error number.
fn level(text: &str) -> (Severity, &str) {
    let read = || {
        let severity = match text.as_bytes().first()? {
            b'A' | b'I' => Severity::Info,
            b'W' => Severity::Warning,
            b'E' => Severity::Error,
            b'D' | b'V' => Severity::Debug,
            _ => return None,
        };
        let number = text.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        let rest = text.get(1 + number..).filter(|_| (2..=3).contains(&number))?.strip_prefix(':')?;
        let rest = if rest.is_empty() { rest } else { rest.strip_prefix(' ')? };
        Some((severity, rest))
    };
    read().unwrap_or((Severity::Unknown, text))
}

/// 8.0: ` In(05) vmx - text`, with an operation id or a dash before the text. Other programs of the host have
/// facilities of three digits and a colon behind their name.
fn syslog(when: When, rest: &str) -> Option<Head<'_>> {
    let (level, rest) = rest.strip_prefix(' ')?.split_once('(')?;
    let severity = super::agent_line::severity(level)?;
    let (facility, rest) = rest.split_once(") ")?;
    let fits =
        facility.len() == 2 && facility.starts_with('0') && facility.ends_with(|c: char| c.is_ascii_digit());
    let (thread, rest) = rest.split_once(' ')?;
    let (_operation, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let fits = fits && !thread.is_empty() && !thread.ends_with(':') && !thread.contains('[');
    fits.then_some(Head { when, thread, severity, text, is_certain: true })
}

fn is_thread(thread: &str) -> bool {
    ["vmx", "vcpu-", "mks", "svga", "Worker#", "worker-", "vthread-", "appLoader", "psharing", "usbCCIDEnum"]
        .iter()
        .any(|name| thread.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;
    use crate::base::FactKind;

    const SIX: &str = "\
2018-04-19T02:51:38.587Z| vmx| I120: SnapshotVMX_TakeSnapshot start: 'vor Patch's 2', deviceState=0, lazy=0, logging=0, quiesced=1, forceNative=0, sibling=0 cb=73A1E20
2018-04-19T02:51:38.601Z| vcpu-0| I120: DISKLIB-VMFS  : \"/vmfs/volumes/56f3a91d-70be4c25/Kadry/Kadry-flat.vmdk\" : closed.
2018-04-19T02:51:39.601Z| vcpu-0| I120: DISKLIB-CBT   : Resuming change tracking.
2018-04-19T02:51:40.601Z| vcpu-0| I120: DISKLIB-CBT   : Creating cbt node 92b78c-cbt failed with error Cannot allocate memory (0xbad0014, Out of memory).
2018-04-19T02:51:41.601Z| vmx| I120: SnapshotVMXTakeSnapshotComplete: Done with snapshot 'vor Patch's 2': 7
2018-04-19T03:51:41.601Z| vcpu-0| I120: SnapshotVMXConsolidateOnlineCB: Done with consolidate
2018-04-19T03:51:42.601Z| vcpu-0| W110: ConsolidateEnd: Snapshot consolidate complete: Cancelled (34).
";

    #[test]
    fn a_snapshot_from_start_to_consolidation() {
        let got = read(&VmxLog, "x.log", SIX);
        assert_eq!((got.records.len(), got.headless()), (7, 0));
        let made = &got.records[0];
        assert_eq!(made.kind, "snapshot-created");
        assert_eq!(made.field("vm"), Some("Kadry"));
        assert_eq!(made.field("snapshot"), Some("vor Patch's 2"));
        assert_eq!((made.field("quiesced"), made.field("memory")), (Some("yes"), Some("no")));
        assert_eq!(got.records[2].kind, "cbt-active");
        assert_eq!(got.records[3].kind, "");
        assert_eq!(got.records[4].kind, "snapshot-complete");
        assert_eq!(got.records[4].field("snapshot_id"), Some("7"));
        assert_eq!(got.kind("snapshot-removed").len(), 1);
        assert_eq!(got.records[6].severity, Severity::Warning);
        assert!(got.kind("snapshot-revert-asked").is_empty());
        cut_anywhere(&VmxLog, "x.log", SIX);
    }

    #[test]
    fn the_system_of_the_guest_as_configured() {
        let text = "2013-02-13T20:01:02.100Z| vmx| DICT               displayName = \"db1\"\n2013-02-13T20:01:02.101Z| \
                    vmx| DICT                   guestOS = \"winserver2008enterprise-64\"\n";
        let got = read(&VmxLog, "x.log", text);
        let system = got.kind("guest-os");
        assert_eq!(system.len(), 1);
        assert_eq!(
            (system[0].field("vm"), system[0].field("guest_os")),
            (Some("db1"), Some("winserver2008enterprise-64"))
        );
    }

    #[test]
    fn mapped_disks_and_pasted_answers() {
        let text = "\
lost
2012-11-07T11:13:45.533Z| vcpu-0| DISKLIB-VMFS : \"/vmfs/volumes/4f8d2170/pkgbuild/pkgbuild_lun7-rdm.vmdk\" : open successful (14) size = 32212254720, hd = 79360548. Type 10
2012-11-07T11:13:45.533Z| vcpu-0| DISKLIB-VMFS : \"/vmfs/volumes/4f8d2170/pkgbuild/q-rdmp.vmdk\" : open successful (14) size = 32212254720, hd = 7. Type 11
2012-11-07T11:13:45.533Z| vcpu-0| DISKLIB-DSCPTR: Opened [0]: \"pkgbuild-000002-delta.vmdk\" (0xa)
Disk pkgbuild-000002.vmdk is a Non-passthrough Raw Device Mapping
Maps to: vml.02000c0000600144f03b7a
";
        let got = read(&VmxLog, "pkg/vmware.log", text);
        assert_eq!((got.records.len(), got.headless()), (5, 1));
        let mapped = got.kind("rdm-disk");
        assert_eq!(mapped.len(), 3);
        let mode = |index: usize| mapped[index].field("rdm_mode");
        assert_eq!((mode(0), mode(1), mode(2)), (Some("virtual"), Some("physical"), Some("virtual")));
        assert_eq!(mapped[0].field("vm"), Some("pkgbuild"));
        assert_eq!(mapped[2].field("disk"), Some("pkgbuild-000002.vmdk"));
        cut_anywhere(&VmxLog, "pkg/vmware.log", text);
    }

    #[test]
    fn a_delta_out_of_nowhere_is_a_hint_and_no_more() {
        let open = |second: u32, file: &str| {
            format!(
                "2012-11-07T11:13:{second:02}.000Z| vcpu-0| DISK: OPEN scsi0:0 '/vmfs/volumes/4f8d/a b/x{file}.vmdk' persistent R[]\n"
            )
        };
        let text = open(1, "-000001") + &open(2, "-000001") + &open(3, "-000002");
        let got = read(&VmxLog, "vmware.log", &text);
        assert_eq!(got.kind("snapshot-revert-asked").len(), 1);
        assert!(got.kind("snapshot-reverted").is_empty());
        let taken =
            "2012-11-07T11:13:02.500Z| vmx| SnapshotVMX_TakeSnapshot start: 's', deviceState=1, quiesced=0\n";
        let text = open(1, "") + taken + &open(3, "-000001");
        assert!(read(&VmxLog, "vmware.log", &text).kind("snapshot-revert-asked").is_empty());
    }

    #[test]
    fn releases_with_and_without_year() {
        let text = "\
Jul 06 21:01:12.410: vmx| Log for VMware ESX pid=5413 version=4.1.0 build=build-348481 option=Release\r
Jul 07 00:01:12.410: vcpu-0| DISKLIB-CBT : Opening cbt node /vmfs/devices/cbt/88f0572-cbt\r
21:01:12.410: vmx| text\r
-07-06T21:01:10.891Z| vcpu-0| SNAPSHOT:Failed to open disk
2023-12-05T18:02:22.341Z In(05) vmx e0ada929 Issuing new webmks ticket 2d0378 (120 seconds)
2023-12-05T18:02:23.341Z Wa(03) vcpu-0 - DISKLIB-CBT   : Opening cbt node x failed
2021-05-24T00:30:22.684Z| vmx| I125: DICT               ctkEnabled = \"TRUE\"
2021-05-24T00:30:22.684Z| vmx| I125: DICT       scsi0:0.ctkEnabled = \"TRUE\"
2021-05-24T00:30:22.684Z| vmx| I125: DICT              displayName = \"srv db1\"
2017-10-02T09:54:03.321+02:00| vthread-4| I120: Log for VMware Workstation pid=16036 version=e.x.p build=build-3018522
";
        let got = read(&VmxLog, "vmware-3.log", text);
        assert_eq!((got.records.len(), got.headless()), (10, 0));
        assert_eq!(got.records[0].stamp.to_string(), "21:01:12.410");
        assert!(matches!(got.records[1].stamp, Stamp::Clock { micros, .. } if micros > 86_400_000_000));
        assert_eq!(got.records[3].stamp, Stamp::None);
        assert_eq!(got.records[4].body, "Issuing new webmks ticket 2d0378 (120 seconds)");
        assert_eq!(got.records[5].kind, "");
        assert_eq!(got.kind("cbt-enabled")[0].field("vm"), Some("srv db1"));
        assert_eq!(
            got.facts,
            vec![(None, FactKind::Version { product: "esx".into(), version: "4.1.0".into() })]
        );
        cut_anywhere(&VmxLog, "vmware-3.log", text);
    }

    #[test]
    fn two_names_of_one_machine() {
        let text = "\
2021-05-24T00:30:22.684Z| vmx| I125: /vmfs/volumes/ds1/fileserv4/fs4.vmx: Setup symlink
2021-05-24T00:30:22.684Z| vmx| I125: DICT              displayName = \"FILE-04\"
2021-05-24T00:30:23.684Z| vmx| I125: SnapshotVMX_TakeSnapshot start: 'a', deviceState=0, quiesced=1
";
        let got = read(&VmxLog, "vmware.log", text);
        let fact = FactKind::SameMachine { one: "FILE-04".into(), other: "fileserv4".into() };
        assert_eq!(got.facts, vec![(None, fact)]);
        assert_eq!(got.kind("snapshot-created")[0].field("vm"), Some("FILE-04"));
        assert_eq!(got.records[0].session, got.records[2].session);
    }

    #[test]
    fn logs_of_two_machines_in_one_text() {
        let log = |second: u32, folder: &str, name: &str| {
            format!(
                "2018-04-19T02:51:{second:02}.000Z| vmx| I120: /vmfs/volumes/ds1/{folder}/x.vmx: Setup\n\
                 2018-04-19T02:51:{second:02}.000Z| vmx| I120: SnapshotVMX_TakeSnapshot start: '{name}', deviceState=0\n"
            )
        };
        let text = log(1, "alpha", "a") + &log(2, "beta", "b");
        let got = read(&VmxLog, "vmware.log", &text);
        let made = got.kind("snapshot-created");
        assert_eq!((made[0].field("vm"), made[1].field("vm")), (Some("alpha"), Some("beta")));
        assert_ne!(made[0].session, made[1].session);
        cut_anywhere(&VmxLog, "vmware.log", &text);
    }

    #[test]
    fn lines_of_others_are_not_claimed() {
        for line in [
            "2024-01-31T04:26:39Z INFO started",
            "2024-01-31 04:26:39| INFO | started",
            "2024-01-31 04:26:39|INFO| started",
            "2024-01-31 04:26:39| INFO| started",
            "2024-01-31T04:26:39Z | worker | x",
            "10:11:12.123: vmx| x",
            "2024-03-26T04:31:17.959Z In(166) Hostd[2098914]: [Originator@6876 sub=Libs] notFound(403)",
            "2023-08-08T15:08:36.834Z Wa(180) vmkwarning: cpu0:263421 opID=a03fc439)WARNING: Sched",
            "Maps to: vml.02",
            "",
            "|",
        ] {
            assert_eq!(VmxLog.claim(line), Claim::No, "{line}");
        }
        assert!(SIX.lines().all(|line| VmxLog.claim(line) == Claim::Strong));
    }
}
