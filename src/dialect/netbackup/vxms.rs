//! Logs of VxMS, the part of a backup host that reads the disks of virtual machines (`logs/vxms`).
//!
//! ```text
//! 13:45:26.0123 : vdOpen:VixInterface.cpp:480 <ERROR> : open of [datastore1] web01/web01.vmdk failed, error 14009
//! 13:45:26.0127 : logger:libvix.cpp:1844 <INFO> : NBD_ClientOpen: attempting to create connection to vpxa-nfc
//! ```
//!
//! Unverified: no public page shows the layout; this is general knowledge of releases 7.5 to 10. A line begins with a
//! time of day of three to six decimals, the function, the file and the line of the source code, and a level. What
//! looks otherwise belongs to the line before, and shows as text without a head where none is before it. Patterns that
//! match these lines are to say `unverified`.

use std::borrow::Cow;

use super::file_name;
use crate::base::{Dialect, Record, Severity, Sink, Splitter, Stamp};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Place, Reader, SourceContext, dates};

/// The reader of these logs.
pub struct Vxms;

impl Reader for Vxms {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupVxms
    }

    fn claim(&self, line: &str) -> Claim {
        if head(line).is_some() { Claim::Strong } else { Claim::No }
    }

    fn place(&self, path: &str) -> Place {
        let folder = path.rsplit_once(['/', '\\', '!']).map_or("", |(folder, _)| folder);
        Place {
            date: file_name::read(path).day,
            process: Some("vxms".to_owned()),
            host: None,
            stream: Some(format!("{folder}|vxms")),
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(VxmsGrammar))
    }
}

struct Head<'a> {
    clock: Stamp,
    function: &'a str,
    level: Severity,
    text: &'a str,
}

const LEVELS: [(&str, Severity); 8] = [
    ("TRACE", Severity::Debug),
    ("DEBUG", Severity::Debug),
    ("INFO", Severity::Info),
    ("WARN", Severity::Warning),
    ("WARNING", Severity::Warning),
    ("ERROR", Severity::Error),
    ("FATAL", Severity::Critical),
    ("CRITICAL", Severity::Critical),
];

fn head(line: &str) -> Option<Head<'_>> {
    // Asked of every line of every log.
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (time, fraction, used) = dates::time_of_day(line).filter(|(_, fraction, _)| *fraction)?;
    // Decimals behind those that a clock is read with.
    let rest = line.get(used..)?.trim_start_matches(|c: char| c.is_ascii_digit());
    let (place, rest) = rest.strip_prefix(" : ")?.split_once(" <")?;
    let (function, place) = place.split_once(':')?;
    let (file, number) = place.rsplit_once(':')?;
    let is_source = [".cpp", ".c", ".h", ".hpp", ".cc"].iter().any(|end| file.ends_with(end))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !function.is_empty()
        && !function.contains(' ');
    let (level, text) = rest.split_once('>')?;
    let (_, level) = LEVELS.iter().find(|(word, _)| *word == level)?;
    let text = text.trim_start().strip_prefix(':')?.trim_start();
    is_source.then(|| Head { clock: Stamp::clock(time, fraction), function, level: *level, text })
}

struct VxmsGrammar;

impl Grammar for VxmsGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupVxms
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let head = head(line)?;
        let mut record = Record::new(Dialect::NetbackupVxms, head.text);
        record.stamp = head.clock;
        record.severity = head.level;
        record.fields.push(("function", Cow::Borrowed(head.function)));
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;

    const LOG: &str = "\
13:45:26.0123 : vdOpen:VixInterface.cpp:480 <ERROR> : open of [ds1] web01/web01.vmdk failed, error 14009\r\n\
    The server refused the connection\r\n\
13:45:26.0127 : logger:libvix.cpp:1844 <INFO> : NBD_ClientOpen: attempting: a connection\r\n";

    #[test]
    fn lines_and_what_belongs_to_them() {
        let log = read(&Vxms, LOG);
        assert_eq!((log.heads(), log.headless()), (2, 0));
        let first = &log.records[0];
        assert_eq!((first.severity, first.field("function")), (Severity::Error, Some("vdOpen")));
        assert!(first.stamp.to_string().starts_with("13:45:26.012"), "{}", first.stamp);
        assert!(first.body.starts_with("open of [ds1]") && first.body.contains("refused"));
        assert_eq!(log.records[1].body.trim_end(), "NBD_ClientOpen: attempting: a connection");
        check_cuts(&Vxms, LOG);
    }

    #[test]
    fn damaged_lines_show_as_text_without_a_head() {
        let cut = &LOG[20..];
        let log = read(&Vxms, cut);
        assert_eq!((log.heads(), log.headless()), (1, 2));
        check_cuts(&Vxms, cut);
    }

    #[test]
    fn other_logs() {
        for line in [
            "14:55:05.986 [14922] <16> logERROR: cannot log",
            "13:45:26 : vdOpen:VixInterface.cpp:480 <ERROR> : no decimals",
            "13:45:26.0123 : some words:of.cpp:1 <ERROR> : text",
            "13:45:26.0123 : f:x.cpp:480 <LOUD> : text",
            "13:45:26.0123 : f:x.txt:480 <INFO> : text",
            "13:45:26.0123 : <INFO> : text",
            "",
        ] {
            assert_eq!(Vxms.claim(line), Claim::No, "{line}");
        }
    }

    #[test]
    fn the_day_stands_in_the_name() {
        let place = Vxms.place("logs/vxms/root.051909_00001.log");
        assert_eq!(place.date.map(|day| day.to_string()).as_deref(), Some("2009-05-19"));
        assert_eq!(place.process.as_deref(), Some("vxms"));
    }
}
