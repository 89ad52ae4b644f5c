//! `tsm.events`: what the server's `query event` prints, or a `SELECT` on its table of events.
//!
//! The ruler under the header shows the columns; long cells go on in the next line of the same column. A record is
//! one scheduled run of one node (kind `schedule-event`: `scheduled`, `actual`, `completed`, `schedule`, `node`,
//! `status`, `result`, `reason`); its time is the actual start, else the scheduled one. `Completed` alone is not
//! success: result 8 means warnings, 4 skipped files.
//!
//! ```text
//! Scheduled Start          Actual Start             Schedule Name     Node Name         Status
//! --------------------     --------------------     -------------     -------------     ---------
//! 03/09/2008 06:40:00      03/09/2008 07:38:09      WEEKLY_BACKUP     SRV1              Completed
//! SCHEDULED_START        NODE_NAME              STATUS              RESULT
//! ```

use std::borrow::Cow;

use super::banner::Banner;
use super::clock;
use super::error::describe;
use super::message::{find_folded, message};
use crate::base::{Dialect, Record, Severity, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext, dates};

/// The reader of event lists.
pub(super) struct EventList;

impl Reader for EventList {
    fn dialect(&self) -> Dialect {
        Dialect::TsmEvents
    }

    fn claim(&self, line: &str) -> Claim {
        if is_header(line) { Claim::Strong } else { Claim::No }
    }

    fn absorbs(&self) -> &'static [Dialect] {
        &[Dialect::TsmConsole, Dialect::TsmError]
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(EventGrammar::default()))
    }
}

/// The names of the columns stand in one line; other lists of the server have some of them only.
fn is_header(line: &str) -> bool {
    // Every line of a source is asked, so most are refused before they are copied.
    if find_folded(line, "scheduled").is_none() || line.len() > 2048 {
        return false;
    }
    let upper = line.to_ascii_uppercase().replace('_', " ");
    upper.contains("SCHEDULED START")
        && upper.contains("STATUS")
        && (upper.contains("NODE NAME") || upper.contains("SCHEDULE NAME"))
        // The statement that asks for the list names its columns as well.
        && !upper.contains("SELECT")
        && !upper.contains(" FROM ")
        && !line.contains(',')
}

/// Column titles and the fields that their cells become.
const TITLES: [(&str, &str); 10] = [
    ("SCHEDULED START", "scheduled"),
    ("ACTUAL START", "actual"),
    ("COMPLETED", "completed"),
    ("SCHEDULE NAME", "schedule"),
    ("NODE NAME", "node"),
    ("DOMAIN NAME", "domain"),
    ("STATUS", "status"),
    ("RESULT", "result"),
    ("REASON", "reason"),
    ("ELAP", "elapsed"),
];

/// A column: where it begins and ends in a line (in bytes), and the field it becomes.
#[derive(Clone, Copy)]
struct Column {
    from: usize,
    to: usize,
    /// Number of dashes under the title: a word that is longer is broken there, with a hyphen.
    width: usize,
    name: Option<&'static str>,
}

#[derive(Default)]
struct EventGrammar {
    /// The header line whose ruler is expected.
    header: String,
    columns: Vec<Column>,
    banner: Banner,
}

impl Grammar for EventGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::TsmEvents
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        let mut record = Record::new(Dialect::TsmEvents, line);
        if is_header(line) {
            // What is seen twice is seen alike: a line may be asked again with what follows it.
            self.header = line.to_owned();
            record.kind = "header";
            return Some(record);
        }
        if is_ruler(line) {
            self.columns = columns(line, &self.header);
            record.kind = "header";
            return Some(record);
        }
        let first = self.columns.first()?;
        let cell = cell(line, *first);
        if let Some(read) = dates::date_time(cell).or_else(|| dates::date_only(cell)) {
            read.cast(sink);
            record.kind = "schedule-event";
            return Some(record);
        }
        let outside = message(line).is_some() || line.starts_with("tsm:") || line.starts_with("Protect:");
        outside.then_some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let Cow::Borrowed(text) = record.body else { return sink.record(record) };
        if record.kind == "schedule-event" {
            self.row(text, &mut record, sink);
        } else if record.kind.is_empty() && record.head {
            describe(&mut record);
            self.banner.see(text, None, &mut record, sink);
        }
        sink.record(record);
    }
}

/// Two or more groups of dashes.
fn is_ruler(line: &str) -> bool {
    let groups = line.split_whitespace().count();
    groups >= 2 && line.bytes().all(|byte| matches!(byte, b'-' | b' ')) && line.contains("---")
}

fn columns(ruler: &str, header: &str) -> Vec<Column> {
    let mut starts: Vec<usize> = Vec::new();
    let mut before = b' ';
    for (at, byte) in ruler.bytes().enumerate() {
        if byte == b'-' && before != b'-' {
            starts.push(at);
        }
        before = byte;
    }
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    starts
        .iter()
        .zip(ends)
        .map(|(from, to)| {
            let title = slice(header, *from, to).trim().to_ascii_uppercase().replace('_', " ");
            let name = TITLES.iter().find(|(start, _)| title.starts_with(start)).map(|(_, name)| *name);
            let width =
                ruler.get(*from..).map_or(0, |rest| rest.bytes().take_while(|byte| *byte == b'-').count());
            Column { from: *from, to, width, name }
        })
        .collect()
}

fn slice(line: &str, from: usize, to: usize) -> &str {
    // Names in other encodings shift the columns; the nearest letter is good enough.
    let near = |at: usize| (0..=at.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    line.get(near(from)..near(to)).unwrap_or("")
}

fn cell(line: &str, column: Column) -> &str {
    slice(line, column.from, column.to).trim()
}

impl EventGrammar {
    fn row(&self, text: &str, record: &mut Record<'_>, sink: &mut dyn Sink) {
        for column in &self.columns {
            let Some(name) = column.name else { continue };
            let mut parts: Vec<&str> =
                text.lines().map(|line| cell(line, *column)).filter(|part| !part.is_empty()).collect();
            // A date and a number go on with a blank, a name that was too long for its cell without.
            let blank =
                matches!(name, "scheduled" | "actual" | "completed" | "elapsed" | "reason" | "status");
            let last = parts.len().saturating_sub(1);
            for part in parts.iter_mut().take(last).filter(|part| part.len() >= column.width) {
                *part = part.strip_suffix('-').unwrap_or(part);
            }
            let value = parts.join(if blank { " " } else { "" });
            if !value.is_empty() {
                record.fields.push((name, Cow::Owned(value)));
            }
        }
        for name in ["actual", "scheduled"] {
            let read = record.field(name).and_then(clock::stamp).map(|head| (head.stamp, head.vote));
            if let (true, Some((stamp, vote))) = (record.stamp.is_none(), read) {
                record.stamp = stamp;
                if let Some(order) = vote {
                    sink.date_vote(order);
                }
            }
        }
        record.severity = match (record.field("status"), record.field("result")) {
            (Some("Missed" | "Failed" | "Severed" | "Failed - no restart"), _) => Severity::Error,
            (Some("Uncertain"), _) => Severity::Warning,
            (Some("Completed"), Some("0") | None) => Severity::Info,
            (Some("Completed"), Some(_)) => Severity::Warning,
            _ => Severity::Unknown,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn query_event() {
        let text = "Scheduled Start          Actual Start             Schedule Name     Node Name     \
             Status\n--------------------     --------------------     -------------     ---------     ---------\n\
             03/29/2008 06:40:00      03/29/2008 07:38:09      WEEKLY_BACKU-     SRV1          Completed\n                                                  P\n\
             03/30/2008 06:40:00                               WEEKLY_BACKUP     SRV2          Missed\n\nANS8002I Highest return code was 0.\n";
        let found = read(&EventList, text);
        assert_eq!((found.records.len(), found.headless()), (5, 0));
        let event = &found.records[2];
        assert_eq!((event.kind, event.stamp.as_str()), ("schedule-event", "2008-03-29T07:38:09"));
        assert_eq!(event.field("schedule"), Some("WEEKLY_BACKUP"));
        assert_eq!((event.field("node"), event.field("status")), (Some("SRV1"), Some("Completed")));
        assert_eq!(found.records[3].stamp, "2008-03-30T06:40:00");
        assert_eq!(found.records[3].severity, Severity::Error);
        assert_eq!(found.records[3].field("actual"), None);
        assert_eq!(found.records[4].code, "ANS8002I");
    }

    #[test]
    fn select_from_events() {
        let text = "tsm: SRV> SELECT scheduled_start, node_name, status, result FROM events\n\nSCHEDULED_START        \
             NODE_NAME              STATUS              RESULT\n------------------     ------------------     ----------     \
             -----------\n2012-09-27             NET1                   Missed\n 03:15:00\n2012-09-27             \
             NET7                   Completed                8\n 03:15:00\n";
        let found = read(&EventList, text);
        let events: Vec<_> = found.records.iter().filter(|record| record.kind == "schedule-event").collect();
        assert_eq!((events.len(), found.headless()), (2, 2));
        assert_eq!(events[0].stamp, "2012-09-27T03:15:00");
        assert_eq!((events[1].field("result"), events[1].severity), (Some("8"), Severity::Warning));
        assert_eq!(EventList.claim("SELECT scheduled_start, node_name, status FROM events"), Claim::No);
    }

    #[test]
    fn damage() {
        let found =
            read(&EventList, "---- ----\nScheduled Start  Schedule Name  Status\n\u{fffd}\n--- ---\né03/\n");
        assert_eq!((found.records.len(), found.headless()), (3, 0));
    }
}
