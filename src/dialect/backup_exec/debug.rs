//! `backup-exec.debug`: debug traces of Backup Exec's processes, from SGMon or from the engines' own files.
//!
//! ```text
//! SGMon     BEREMOTE: [01/28/10 20:02:14] [0000]     2010-01-28T20:02:14.322 [vmware] - VM: snapshot created
//! beremote  [4612] 2010-01-28T20:02:14.322 [fsys\vmware]      - VMware: VixDiskLib_Open failed
//! ```
//!
//! Unverified as a whole. It is read for its text and codes; nothing is concluded from it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::error_code;
use crate::base::{Dialect, Record, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Place, Reader, SourceContext, dates, without_rotation};

/// The reader of debug traces.
pub struct Debug;

impl Reader for Debug {
    fn dialect(&self) -> Dialect {
        Dialect::BackupExecDebug
    }

    fn claim(&self, line: &str) -> Claim {
        match head(line) {
            Some(head) if head.is_certain => Claim::Strong,
            Some(_) => Claim::Weak,
            None => Claim::No,
        }
    }

    fn place(&self, path: &str) -> Place {
        Place { stream: Some(without_rotation(path).to_owned()), ..Place::default() }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(DebugGrammar))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<DebugGrammar>::restored(saved)
    }
}

struct Head<'a> {
    process: Option<&'a str>,
    pid: Option<u64>,
    read: dates::Read,
    module: Option<&'a str>,
    text: &'a str,
    is_certain: bool,
}

fn head(line: &str) -> Option<Head<'_>> {
    monitor(line).or_else(|| engine(line))
}

/// `BENGINE:  [01/28/10 20:02:14] [1234]     text`
fn monitor(line: &str) -> Option<Head<'_>> {
    const PROCESSES: [&str; 8] =
        ["BENGINE", "BEREMOTE", "PVLSVR", "BESERVER", "BENETNS", "AGENTBROWSER", "BEDBG", "JOBENGINE"];
    let (process, rest) = line.split_once(':')?;
    let inner = rest.trim_start().strip_prefix('[').filter(|_| PROCESSES.contains(&process))?;
    let read = dates::date_time(inner)?;
    let rest = inner.get(read.length..)?.strip_prefix(']')?;
    let (pid, text) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    let pid = pid.trim().parse().ok();
    Some(Head { process: Some(process), pid, read, module: None, text: text.trim_start(), is_certain: true })
}

/// `[4612] 2010-01-28T20:02:14.322 [fsys\vmware]      - text`
fn engine(line: &str) -> Option<Head<'_>> {
    let (pid, rest) = line.strip_prefix('[')?.split_once(']')?;
    let pid = pid.trim().parse().ok()?;
    let rest = rest.strip_prefix(' ')?;
    let read = dates::date_time(rest).filter(|_| rest.as_bytes().get(10) == Some(&b'T'))?;
    let rest = rest.get(read.length..)?.trim_start();
    let (module, rest) = rest.strip_prefix('[')?.split_once(']')?;
    let text = rest.trim_start().strip_prefix("- ")?;
    let is_certain =
        module.contains('\\') || matches!(module, "besc" | "ndmp" | "vmware" | "beutil" | "engine" | "loops");
    Some(Head { process: None, pid: Some(pid), read, module: Some(module.trim()), text, is_certain })
}

#[derive(Serialize, Deserialize)]
struct DebugGrammar;

impl Grammar for DebugGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::BackupExecDebug
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let head = head(line)?;
        let mut record = Record::new(Dialect::BackupExecDebug, head.text);
        (record.pid, record.stamp) = (head.pid, head.read.stamp);
        record.process = head.process.map(|process| Cow::Owned(process.to_ascii_lowercase()));
        record.fields.extend(head.module.map(|module| ("module", Cow::Borrowed(module))));
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        if let Some(code) = error_code::find(&record.body) {
            let (printed, hex) = (code.printed.to_owned(), code.hex);
            record.code = Some(printed.into());
            record.fields.push(("hex", hex.into()));
        }
        sink.record(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;

    #[test]
    fn both_layouts() {
        let text = "\
BEREMOTE: [01/28/10 20:02:14] [0412]     VM: snapshot failed with 0xE0009541
[4612] 2010-01-28T20:02:14.322 [fsys\\vmware]      - VixDiskLib_Open failed
  more
";
        let got = read(&Debug, "x-beremote01.log", text);
        assert_eq!((got.records.len(), got.headless()), (2, 0));
        assert_eq!(got.records[0].process.as_deref(), Some("beremote"));
        assert_eq!(got.records[0].code.as_deref(), Some("0xE0009541"));
        assert_eq!(got.records[1].field("module"), Some("fsys\\vmware"));
        cut_anywhere(&Debug, "x-beremote01.log", text);
        for line in
            ["", "[1] x", "SERVER: [01/28/10 20:02:14] [1] x", "[4612] 2010-01-28T20:02:14.322 [main] - x"]
        {
            assert_ne!(Debug.claim(line), Claim::Strong, "{line}");
        }
    }
}
