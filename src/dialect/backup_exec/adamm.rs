//! `backup-exec.adamm`: the log of Backup Exec's storage layer (`adamm.log`).
//!
//! ```text
//! ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
//! Adamm Info: Backup Exec 14.1 rev 1786 ...
//! [5284] 01/28/10 20:00:12.117 PvlDrive::DisableAccess() - ReserveDevice failed, offline device
//! ```
//!
//! Confirmed: the rule and `Adamm Info:` at each start of the service. Unverified: the lines below. It is read for its
//! text; nothing is concluded from it.

use serde::{Deserialize, Serialize};

use super::error_code;
use super::version::release;
use crate::base::{Dialect, FactKind, Record, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Place, Reader, SourceContext, dates, without_rotation};

/// The reader of `adamm.log`.
pub struct Adamm;

impl Reader for Adamm {
    fn dialect(&self) -> Dialect {
        Dialect::BackupExecAdamm
    }

    fn claim(&self, line: &str) -> Claim {
        if line.trim_start().starts_with("Adamm Info:") {
            return Claim::Strong;
        }
        match head(line) {
            Some((_, _, text)) if is_storage(text) => Claim::Strong,
            Some(_) => Claim::Weak,
            None => Claim::No,
        }
    }

    fn place(&self, path: &str) -> Place {
        Place {
            process: Some("adamm".to_owned()),
            stream: Some(without_rotation(path).to_owned()),
            ..Place::default()
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(AdammGrammar))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<AdammGrammar>::restored(saved)
    }
}

#[derive(Serialize, Deserialize)]
struct AdammGrammar;

/// `[pid] date time text`
fn head(line: &str) -> Option<(u64, dates::Read, &str)> {
    let (pid, rest) = line.strip_prefix('[')?.split_once(']')?;
    let pid = pid.trim().parse().ok()?;
    let rest = rest.strip_prefix(' ')?;
    let read = dates::date_time(rest).filter(|_| rest.as_bytes().get(2) == Some(&b'/'))?;
    Some((pid, read, rest.get(read.length..)?.trim_start()))
}

fn is_storage(text: &str) -> bool {
    ["Adamm", "Pvl", "DeviceIo", "Read_Adamm", "ERROR_", "MediaWrite"]
        .iter()
        .any(|word| text.starts_with(word))
}

impl Grammar for AdammGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::BackupExecAdamm
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        if let Some((pid, read, text)) = head(line) {
            let mut record = Record::new(Dialect::BackupExecAdamm, text);
            (record.pid, record.stamp) = (Some(pid), read.stamp);
            return Some(record);
        }
        let is_start = line.trim_start().starts_with("Adamm Info:")
            || line.len() >= 20 && line.trim_end().bytes().all(|byte| byte == b'~');
        is_start.then(|| Record::new(Dialect::BackupExecAdamm, line))
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        if let Some(code) = error_code::find(&record.body) {
            let (printed, hex) = (code.printed.to_owned(), code.hex);
            record.code = Some(printed.into());
            record.fields.push(("hex", hex.into()));
        }
        if let Some(version) = record.body.contains("Adamm Info:").then(|| release(&record.body)).flatten() {
            let fact = FactKind::Version { product: "backup-exec".to_owned(), version };
            sink.fact(None, fact, &record);
        }
        sink.record(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;

    #[test]
    fn starts_and_lines() {
        let text = "\
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
01/28/2010 20:00:00
Adamm Info: Backup Exec version 14.1 rev 1786
[5284] 01/28/10 20:00:12.117 PvlDrive::DisableAccess() - ReserveDevice failed, offline device
       Drive = 1002 \"HP 1\"
[5284] 01/28/10 20:00:13.117 DeviceIo: ss:00 error 0xe00084ec
";
        let got = read(&Adamm, "adamm.log", text);
        assert_eq!((got.records.len(), got.headless()), (4, 0));
        assert_eq!(got.records[2].stamp.to_string(), "2010-01-28T20:00:12.117");
        assert_eq!(got.records[3].field("hex"), Some("0xE00084EC"));
        assert_eq!(got.facts.len(), 1);
        cut_anywhere(&Adamm, "adamm.log", text);
        assert_eq!(Adamm.claim("[1234] 01/28/10 20:00:12.117 something"), Claim::Weak);
        assert_eq!(Adamm.claim("[1234] something"), Claim::No);
    }
}
