//! `vmware.vmkernel`: the log of the host's kernel (`vmkernel.log`, `vmkwarning.log`), ESX(i) 4.x to 8.0.
//!
//! ```text
//! 4.x  Apr  7 17:41:03 esx1 vmkernel: 17:19:52:55.580 cpu7:4182)BC: 3837: Failed to flush 45 buffers of size 8192 each
//! 5-7  2014-11-14T19:19:51.559Z cpu7:35233)VC: 2002: Device rescan time 704 msec (total number of devices 91)
//! 7    2022-06-02T02:16:57.414Z cpu31:1001392590 opID=827cfaf)<unk>: UWVMKSyscall: ForkExec:2408: hostd-worker: Found
//! 8    2023-08-08T15:08:36.834Z Wa(180) vmkwarning: cpu0:263421 opID=a03fc439)WARNING: Sched: vm 265285: 6404: could not
//! ```
//!
//! The kernel never continues a record on the next line, and a line may hold two records that were written at once.
//! The number behind a module (`VC: 2002:`) is a place in its source code, no error code. `LVM: ... detected to be a
//! snapshot` is a LUN under another id and `write-quiesced partition` a state of the host's storage: neither is a
//! snapshot or a quiesce of a virtual machine, and no record here gets such a kind.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::agent_line::iso;
use super::place::host_log;
use super::yearless::{FirstDay, Yearless, yearless};
use crate::base::{Dialect, Feed, Record, Severity, Sink, Splitter, Stamp};
use crate::dialect::lines::next_line;
use crate::dialect::saved::{restore, save};
use crate::dialect::{Claim, Place, Reader, SourceContext};

/// The reader of `vmkernel.log`.
pub struct Vmkernel;

impl Reader for Vmkernel {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVmkernel
    }

    fn claim(&self, line: &str) -> Claim {
        if parse(line).is_some() { Claim::Strong } else { Claim::No }
    }

    fn place(&self, path: &str) -> Place {
        host_log(path, "vmkernel")
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Kernel { days: FirstDay::default() })
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Some(Box::new(restore::<Kernel>(saved)?))
    }
}

#[derive(Serialize, Deserialize)]
struct Kernel {
    days: FirstDay,
}

impl Splitter for Kernel {
    fn save(&self) -> Option<String> {
        save(self)
    }

    fn split(&mut self, text: &str, _line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        let mut at = 0;
        while let Some((line, next)) = next_line(text, at) {
            if feed == Feed::More && next == text.len() && !text.ends_with('\n') {
                break;
            }
            let mut from = 0;
            while let Some(second) = second_record(line, from) {
                self.give(line.get(from..second).unwrap_or(""), at + from, at + second, sink);
                from = second;
            }
            self.give(line.get(from..).unwrap_or(""), at + from, next, sink);
            at = next;
        }
        at
    }
}

impl Kernel {
    fn give(&mut self, part: &str, start: usize, end: usize, sink: &mut dyn Sink) {
        let mut record = match parse(part) {
            Some(head) => self.record(&head),
            None => Record::headless(Dialect::VmwareVmkernel, part),
        };
        (record.start, record.end) = (start, end);
        sink.record(record);
    }

    fn record<'a>(&mut self, head: &Head<'a>) -> Record<'a> {
        let mut record = Record::new(Dialect::VmwareVmkernel, head.text);
        record.stamp = match head.when {
            When::Stamp(stamp) => stamp,
            When::Yearless(read) => self.days.stamp(read),
        };
        record.severity = severity(head.text);
        record.host = head.host.map(Cow::Borrowed);
        record.process = head.program.map(Cow::Borrowed);
        record.fields.extend(head.world.map(|world| ("world", Cow::Borrowed(world))));
        record.fields.extend(head.op_id.map(|op_id| ("op_id", Cow::Borrowed(op_id))));
        record
    }
}

/// Where in the line, behind `from`, another record begins: a stamp with a processor behind it.
fn second_record(line: &str, from: usize) -> Option<usize> {
    let mut at = from + 1;
    loop {
        // The processor of the record at `from` stands in its head and is passed over as well.
        at += line.get(at..)?.find("Z cpu")?;
        let start = at.checked_sub("2013-01-15T20:09:23.347".len())?;
        if start > from && line.get(start..).is_some_and(|rest| parse(rest).is_some()) {
            return Some(start);
        }
        at += 1;
    }
}

enum When {
    Stamp(Stamp),
    Yearless(Yearless),
}

struct Head<'a> {
    when: When,
    host: Option<&'a str>,
    program: Option<&'a str>,
    world: Option<&'a str>,
    op_id: Option<&'a str>,
    text: &'a str,
}

fn parse(line: &str) -> Option<Head<'_>> {
    let line = match line.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((number, rest)) if number.len() <= 3 => rest,
        _ => line,
    };
    let (when, used) = match yearless(line) {
        Some((read, used)) => (When::Yearless(read), used),
        None => iso(line).map(|(stamp, used)| (When::Stamp(stamp), used))?,
    };
    let rest = line.get(used..)?.strip_prefix(' ')?.trim_start_matches(' ');
    let mut head = Head { when, host: None, program: None, world: None, op_id: None, text: "" };
    let rest = program(rest, &mut head)?;
    // Up to 4.x the time since the host started stands before the processor: 17:19:52:55.580.
    let rest = match rest.split_once(' ') {
        Some((uptime, behind))
            if uptime.bytes().all(|byte| byte.is_ascii_digit() || b":.".contains(&byte)) =>
        {
            behind
        }
        _ => rest,
    };
    let (world, text) = rest.strip_prefix("cpu")?.split_once(')')?;
    let (processor, world) = world.split_once(':')?;
    let (world, op_id) = world.split_once(" opID=").map_or((world, None), |(world, id)| (world, Some(id)));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(processor) || !is_number(world.trim()) {
        return None;
    }
    (head.world, head.op_id, head.text) = (Some(world.trim()), op_id, text);
    Some(head)
}

/// What stands between stamp and processor: `[host] [Wa(180)] vmkernel: `, or nothing.
fn program<'a>(text: &'a str, head: &mut Head<'a>) -> Option<&'a str> {
    let mut rest = text;
    for _ in 0..4 {
        if rest.starts_with("cpu") {
            return Some(rest);
        }
        let (word, behind) = rest.split_once(' ')?;
        if let Some(program) =
            word.strip_suffix(':').filter(|word| matches!(*word, "vmkernel" | "vmkwarning"))
        {
            head.program = Some(program);
            return Some(behind.trim_start_matches(' '));
        }
        if head.host.is_none() && !word.contains(['(', ':', '[']) {
            head.host = Some(word);
        }
        rest = behind;
    }
    None
}

fn severity(text: &str) -> Severity {
    if text.starts_with("ALERT:") {
        Severity::Critical
    } else if text.starts_with("WARNING:") {
        Severity::Warning
    } else {
        Severity::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;

    const TEXT: &str = "\
Apr  7 17:41:03 esx1 vmkernel: 17:19:52:55.580 cpu7:4182)BC: 3837: Failed to flush 45 buffers of size 8192 each
Oct  4 08:02:38 vmkernel: 259:19:17:51.738 cpu0:4110)LVM: 7404: Device naa.60060160:1 detected to be a snapshot:
2013-01-15T20:09:23.347Z cpu9:4121)ALERT: ScsiDeviceIO: 3081: Failed write command to write-quiesced partition naa.600:1 2013-01-15T20:09:23.348Z cpu9:4121)ScsiDeviceIO: 2291: Cmd(0x412440b7c2c0) 0x28 failed
<181>2015-03-03T21:03:53.284Z esxk2.prod.example vmkernel: cpu6:9214557)WARNING: Swap: vm 9840362: 5501: Failed\r
2023-08-08T15:08:36.834Z Wa(180) vmkwarning: cpu0:263421 opID=a03fc439)WARNING: Sched: vm 265285: 6404: could not
a line of something else
";

    #[test]
    fn every_release_and_two_records_in_one_line() {
        let got = read(&Vmkernel, "vmkernel.log", TEXT);
        assert_eq!((got.records.len(), got.headless()), (7, 1));
        assert_eq!(got.records[0].host.as_deref(), Some("esx1"));
        assert_eq!(got.records[0].stamp.to_string(), "17:41:03");
        assert_eq!(got.records[1].host, None);
        assert_eq!(got.records[2].severity, Severity::Critical);
        assert!(got.records[3].body.starts_with("ScsiDeviceIO: 2291"));
        assert_eq!(got.records[3].stamp.to_string(), "2013-01-15T20:09:23.348Z");
        assert_eq!(got.records[4].host.as_deref(), Some("esxk2.prod.example"));
        assert_eq!(got.records[5].field("op_id"), Some("a03fc439"));
        assert!(got.records.iter().all(|record| record.kind.is_empty()));
        cut_anywhere(&Vmkernel, "vmkernel.log", TEXT);
    }

    #[test]
    fn lines_of_others_are_not_claimed() {
        for line in
            ["", "2024-01-31T04:26:39Z cpu usage high", "2024-01-31T04:26:39Z cpu1: idle) x", "cpu1:12)x"]
        {
            assert_eq!(Vmkernel.claim(line), Claim::No, "{line}");
        }
    }
}
