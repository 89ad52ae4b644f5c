//! `vmware.vmbackup`: the debug log of VMware Tools inside a guest, which shows how it was quiesced for a snapshot.
//!
//! ```text
//! 9-10     [Jul 16 21:00:35.108] [   debug] [vmsvc] RpcIn: received 16 bytes, content:"vmbackup.start 1"
//! 11-12    [2023-02-11T03:10:22.701Z] [   debug] [vmbackup] [1187] Using quiesceApps = 1, quiesceFS = 1, allowHWProvider = 1
//! journal  Mar 14 21:56:48 svrb-prd vmsvc[29258]: [   debug] [vmsvc] [29258] RpcIn: received 16 bytes, content:"vmbackup.start 1"
//! ```
//!
//! A good run ends in `req.done`; where that is missing nothing is known of the outcome. Stamps without a year stay
//! without date. The layouts of 11 and later are unverified in detail.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::agent_line::{iso, severity};
use super::yearless::{FirstDay, Yearless, yearless};
use crate::base::{Dialect, Record, Severity, Sink, Splitter, Stamp};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Place, Reader, SourceContext, without_rotation};

/// The reader of the guest's log.
pub struct Vmbackup;

impl Reader for Vmbackup {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVmbackup
    }

    fn claim(&self, line: &str) -> Claim {
        match parse(line) {
            Some(head) if is_domain(head.domain) => Claim::Strong,
            Some(_) => Claim::Weak,
            None => Claim::No,
        }
    }

    fn place(&self, path: &str) -> Place {
        Place { stream: Some(without_rotation(path).to_owned()), ..Place::default() }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(Tools { days: FirstDay::default() }))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<Tools>::restored(saved)
    }
}

#[derive(Serialize, Deserialize)]
struct Tools {
    days: FirstDay,
}

impl Grammar for Tools {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareVmbackup
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let head = parse(line)?;
        let mut record = Record::new(Dialect::VmwareVmbackup, head.text);
        record.stamp = match head.when {
            When::Stamp(stamp) => stamp,
            When::Yearless(read) => self.days.stamp(read),
        };
        record.severity = head.severity;
        record.host = head.host.map(Cow::Borrowed);
        record.process = Some(Cow::Borrowed(head.domain));
        record.pid = head.pid;
        Some(record)
    }
}

enum When {
    Stamp(Stamp),
    Yearless(Yearless),
}

struct Head<'a> {
    when: When,
    host: Option<&'a str>,
    severity: Severity,
    domain: &'a str,
    pid: Option<u64>,
    text: &'a str,
}

fn parse(line: &str) -> Option<Head<'_>> {
    let (when, host, rest) = match line.strip_prefix('[') {
        Some(inner) => {
            let (stamp, rest) = inner.split_once(']')?;
            (when(stamp)?, None, rest)
        }
        None => journal(line)?,
    };
    let (level, rest) = bracketed(rest)?;
    let severity = severity(level).or(match level {
        "message" => Some(Severity::Info),
        _ => None,
    })?;
    let (domain, rest) = bracketed(rest)?;
    let (pid, rest) = match bracketed(rest) {
        Some((pid, behind)) if !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit()) => {
            (pid.parse().ok(), behind)
        }
        _ => (None, rest),
    };
    let text = rest.strip_prefix(' ').unwrap_or(rest);
    Some(Head { when, host, severity, domain, pid, text })
}

fn when(stamp: &str) -> Option<When> {
    if let Some((read, used)) = yearless(stamp) {
        return (used == stamp.len()).then_some(When::Yearless(read));
    }
    iso(stamp).map(|(stamp, _)| When::Stamp(stamp))
}

/// `Mar 14 21:56:48 host vmsvc[29258]: `
fn journal(line: &str) -> Option<(When, Option<&str>, &str)> {
    let (when, used) = match yearless(line) {
        Some((read, used)) => (When::Yearless(read), used),
        None => iso(line).map(|(stamp, used)| (When::Stamp(stamp), used))?,
    };
    let rest = line.get(used..)?.strip_prefix(' ')?;
    let (host, rest) = rest.split_once(' ')?;
    let (program, rest) = rest.split_once(": ")?;
    let name = program.split('[').next()?;
    matches!(name, "vmsvc" | "vmtoolsd" | "vmusr").then_some((when, Some(host), rest))
}

/// ` [   debug]`
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let (inside, rest) = text.trim_start_matches(' ').strip_prefix('[')?.split_once(']')?;
    Some((inside.trim(), rest))
}

fn is_domain(domain: &str) -> bool {
    matches!(
        domain,
        "vmsvc"
            | "vmusr"
            | "vmbackup"
            | "vmtoolsd"
            | "guestinfo"
            | "vmvss"
            | "vix"
            | "powerops"
            | "timeSync"
            | "vmtools"
    )
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;

    #[test]
    fn three_layouts() {
        let text = "\
[Sep 18 23:26:43.620] [   debug] [vmsvc] RpcIn: received 16 bytes, content:\"vmbackup.start 1\"
[Sep 18 23:26:43.620] [   debug] [vmbackup] Sending vmbackup event: vmbackup.eventSet reset 0 \r
[2023-02-11T03:10:22.701Z] [ warning] [vmbackup] [1187] Canceling backup operation due to timeout.
Mar 14 21:56:48 svrb-prd vmsvc[29258]: [ message] [vmsvc] [29258] RpcIn: received 16 bytes
  a continuation
";
        let got = read(&Vmbackup, "vmware-vmsvc.log", text);
        assert_eq!((got.records.len(), got.headless()), (4, 0));
        assert_eq!(got.records[0].stamp.to_string(), "23:26:43.620");
        assert_eq!(got.records[2].severity, Severity::Warning);
        assert_eq!(got.records[2].stamp.to_string(), "2023-02-11T03:10:22.701Z");
        assert_eq!(got.records[2].body, "Canceling backup operation due to timeout.");
        assert_eq!(got.records[3].host.as_deref(), Some("svrb-prd"));
        assert_eq!(got.records[3].pid, Some(29258));
        cut_anywhere(&Vmbackup, "vmware-vmsvc.log", text);
        for line in ["", "[x] [debug] [vmsvc] y", "[2023-02-11T03:10:22Z] [ERROR] [main] started", "[Sep 18]"]
        {
            assert_ne!(Vmbackup.claim(line), Claim::Strong, "{line}");
        }
    }
}
