//! `windows.wevtutil-text`: `wevtutil qe LOG /f:text`.
//!
//! ```text
//! Event[0]:                                      Event[0]
//!   Log Name: System                               Log Name: Application
//!   Source: EventLog                               Source: MSSQLSERVER
//!   Date: 2016-12-22T05:29:02.512                  Date: 2024-01-31T04:26:39.0170000Z
//!   Event ID: 6009                                 Event ID: 833
//!   Level: Information                             Level: Сведения
//!   Description:                                   Description:
//! Microsoft (R) Windows (R) 10.00. 14393 ...     N/A
//! ```
//!
//! Keys are indented by two blanks and English everywhere, values are localised. The description begins on a line of
//! its own, at the left edge. The newer form of the date ends in `Z` and is local time all the same on the machines
//! that could be checked, so the zone stays unknown. A block may have lost its first line.

use std::borrow::Cow;

use super::blocks::{Blocks, Layout, line_end};
use super::entry::{Entry, id};
use super::{rows, times};
use crate::base::{Dialect, Sink, Splitter};
use crate::dialect::lines::next_line;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of this dialect.
pub(super) struct Wevtutil;

impl Reader for Wevtutil {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsWevtutilText
    }

    fn claim(&self, line: &str) -> Claim {
        if is_head(line) || key(line).is_some_and(|(key, value)| key == "Log Name" && !value.is_empty()) {
            return Claim::Strong;
        }
        // So that no other dialect takes the line out of the block.
        let other = key(line).is_some_and(|(key, value)| key == "Event ID" && id(value).is_some());
        if other { Claim::Strong } else { Claim::No }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Blocks::new(Events))
    }
}

/// `Event[12]` or `Event[12]:` alone on a line.
fn is_head(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim_end();
    let Some(rest) = line.strip_prefix("Event[") else { return false };
    let rest = rest.strip_suffix(':').unwrap_or(rest);
    rest.strip_suffix(']')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// A key, indented by exactly two blanks, and its value, behind exactly one.
fn key(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("  ").filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))?;
    let (key, value) = rest.split_once(':')?;
    let known = matches!(
        key,
        "Log Name"
            | "Source"
            | "Date"
            | "Event ID"
            | "Task"
            | "Level"
            | "Opcode"
            | "Keyword"
            | "User"
            | "User Name"
            | "Computer"
            | "Description"
    );
    let value = value.strip_prefix(' ').unwrap_or(value);
    (known && !value.starts_with([' ', '\t'])).then_some((key, value.trim_end()))
}

struct Events;

impl Layout for Events {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsWevtutilText
    }

    fn piece(&self, text: &str, whole: bool) -> Option<usize> {
        let first = line_end(text, whole)?;
        let line = rows::line(text, first);
        let headed = is_head(line);
        if !headed && key(line).is_none() {
            return Some(first);
        }
        let mut end = first;
        let mut named = !headed;
        while end < text.len() {
            let rest = text.get(end..)?;
            let next = line_end(rest, whole)?;
            let line = rows::line(rest, next);
            // The log name is the first key: a second one is a block whose first line is lost.
            let is_name = key(line).is_some_and(|(key, _)| key == "Log Name");
            if is_head(line) || (is_name && named) {
                return Some(end);
            }
            named |= is_name;
            end += next;
        }
        whole.then_some(end)
    }

    fn read<'a>(&mut self, piece: &'a str, _at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        let mut entry = Entry::new();
        let mut at = 0;
        while let Some((line, next)) = next_line(piece, at) {
            at = next;
            let Some((key, value)) = key(line) else { continue };
            match key {
                "Log Name" => entry.log = Cow::Borrowed(value),
                "Source" => entry.provider = Some(Cow::Borrowed(value)),
                "Date" => entry.stamp = times::local(value, sink),
                "Event ID" => entry.id = id(value),
                "Task" => entry.category = Cow::Borrowed(value),
                "Level" => entry.level = Cow::Borrowed(value),
                "Keyword" => entry.keywords = Cow::Borrowed(value),
                "User Name" => entry.user = Cow::Borrowed(value),
                "User" if entry.user.is_empty() => entry.user = Cow::Borrowed(value),
                "Computer" => entry.host = Cow::Borrowed(value),
                "Description" => {
                    let behind = piece.get(at..).unwrap_or("");
                    let body = if value.is_empty() { behind } else { value };
                    // What a viewer prints when it has no text at all.
                    let none = body.trim() == "N/A";
                    entry.body = Cow::Borrowed(if none { "" } else { body });
                    break;
                }
                _ => {}
            }
        }
        (entry.provider.is_some() || entry.id.is_some()).then_some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{cut_anywhere, read};
    use super::*;
    use crate::dialect::identify::recognise;

    const SAMPLE: &str = "Event[0]:\r\n  Log Name: System\r\n  Source: LGTO_Sync\r\n  Date: 2011-06-02T09:00:11.512\r\n  \
        Event ID: 1\r\n  Task: N/A\r\n  Level: Information\r\n  Opcode: N/A\r\n  Keyword: Classic\r\n  User: N/A\r\n  \
        User Name: N/A\r\n  Computer: XP-HALDEN\r\n  Description:\r\nN/A\r\n\r\n\
        Event[1]\r\n  Log Name: Application\r\n  Source: VSS\r\n  Date: 2011-06-02T09:10:11.5120000Z\r\n  \
        Event ID: 8229\r\n  Task: N/A\r\n  Level: Предупреждение\r\n  Opcode: N/A\r\n  Keyword: Классический\r\n  User: S-1-5-18\r\n  \
        User Name: NT AUTHORITY\\SYSTEM\r\n  Computer: XP-HALDEN\r\n  Description:\r\nA VSS writer has rejected an event \
        with error 0x800423f4.\r\n\r\nContext:\r\n   Writer Name: NTDS\r\n\r\n";

    #[test]
    fn both_forms() {
        let read = read(&Wevtutil, SAMPLE);
        assert_eq!(
            read.summary(),
            [
                "LGTO_Sync 1 Info XP-HALDEN 2011-06-02T09:00:11.512",
                "VSS 8229 Warning XP-HALDEN 2011-06-02T09:10:11.512"
            ]
        );
        assert_eq!(read.headless(), 0);
        assert_eq!(read.events()[0].body, "");
        assert_eq!(read.events()[1].field("user"), Some("NT AUTHORITY\\SYSTEM"));
        assert!(read.events()[1].body.ends_with("Writer Name: NTDS"));
        assert_eq!(read.hosts, ["XP-HALDEN"]);
        assert_eq!(recognise(SAMPLE).dialect, Dialect::WindowsWevtutilText);
        cut_anywhere(&Wevtutil, SAMPLE);
    }

    #[test]
    fn a_block_without_its_first_line_and_a_banner() {
        let text = "wevtutil qe System /f:text\n  Source: Disk\n  Event ID: 51\n  Description:\nAn error was detected.\n\
            Event[3]:\n  Log Name: System\n  Source: Disk\n  Event ID: 15\n";
        let read = read(&Wevtutil, text);
        assert_eq!(read.summary(), ["Disk 51 Unknown - ", "Disk 15 Unknown - "]);
        assert_eq!(read.headless(), 1);
        assert_eq!(read.events()[0].body, "An error was detected.");
        cut_anywhere(&Wevtutil, text);
    }

    #[test]
    fn padded_labels_belong_to_the_copies() {
        assert_eq!(Wevtutil.claim("  Log Name:      Application"), Claim::No);
        assert_eq!(Wevtutil.claim("Event[7]:"), Claim::Strong);
        assert_eq!(Wevtutil.claim("Event[x]:"), Claim::No);
    }
}
