//! `tsm.cad`: the log of the client acceptor (`dsmwebcl.log`), told by `(dsmcad)` behind its stamp.
//!
//! ```text
//! 11/07/12 11:46:09 (dsmcad) Version 6, Release 3, Level 0.0                                       (6.3)
//! 2022-06-09 11.28.39 (dsmcad) ANS3000I TCP/IP communications available on port 47698.             (8.1)
//! 2022-06-09 11.29.40 (dsmcad) Server Window Start:   20.00.00 on 2022-06-09
//! ```
//!
//! Countdown texts are rewritten in place, so fragments stand in the first column; they stay with the record above.
//! A second banner without a stop in between means that two acceptors write to one log. The build date in the
//! banner is no event. The node is not named; a level belongs to the host whose log this is.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::banner::level;
use super::clock::{self, Clock};
use super::error::describe;
use super::sched::vote_by_window;
use crate::base::{Dialect, FactKind, Record, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Place, Reader, SourceContext};

/// The reader of the client acceptor's log.
pub(super) struct AcceptorLog;

const MARK: &str = "(dsmcad)";

impl Reader for AcceptorLog {
    fn dialect(&self) -> Dialect {
        Dialect::TsmCad
    }

    fn claim(&self, line: &str) -> Claim {
        match clock::stamp(line) {
            Some(head) if head.rest.starts_with(MARK) => Claim::Strong,
            _ => Claim::No,
        }
    }

    fn place(&self, path: &str) -> Place {
        super::stream_of(path)
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(AcceptorGrammar::default()))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<AcceptorGrammar>::restored(saved)
    }
}

#[derive(Default, Serialize, Deserialize)]
struct AcceptorGrammar {
    clock: Clock,
}

impl Grammar for AcceptorGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::TsmCad
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        let head = self.clock.read(line, number, sink)?;
        // A stamp alone is a head as well: a line of another writer to this log, or a damaged one.
        let body = head.rest.strip_prefix(MARK).map_or(head.rest, str::trim_start);
        let mut record = Record::new(Dialect::TsmCad, body);
        record.stamp = head.stamp;
        if head.rest.starts_with(MARK) {
            record.process = Some(Cow::Borrowed("dsmcad"));
        }
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let Cow::Borrowed(text) = record.body else { return sink.record(record) };
        if !record.head {
            return sink.record(record);
        }
        describe(&mut record);
        let line = text.lines().next().unwrap_or("");
        if line.starts_with("Version ")
            && let Some(version) = level(line)
        {
            record.kind = "banner";
            let fact = FactKind::Version { product: "tsm-client".to_owned(), version };
            sink.fact(None, fact, &record);
        } else if line.starts_with("Client Acceptor - Built") {
            record.kind = "banner";
        } else if let Some((key, value)) = line.split_once(':') {
            announcement(key, value.trim(), &mut record, sink);
        }
        sink.record(record);
    }
}

/// What the server has announced for the next run.
fn announcement<'a>(key: &str, value: &'a str, record: &mut Record<'a>, sink: &mut dyn Sink) {
    let name = match key {
        "Schedule Name" => "schedule",
        "Action" => "action",
        "Objects" => "objects",
        "Options" => "options",
        "Server Window Start" => {
            vote_by_window(value, record.stamp, sink);
            "window_start"
        }
        _ => return,
    };
    record.kind = "announcement";
    // The options of a schedule can hold a password; the text keeps them, the fields do not.
    let is_secret = name == "options" || name == "objects";
    if !value.is_empty() && !is_secret {
        record.fields.push((name, Cow::Borrowed(value)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;
    use crate::base::DateOrder;

    #[test]
    fn an_acceptor_starts_and_polls() {
        let text = "2022-10-18 09.11.25 (dsmcad) IBM Spectrum Protect\n2022-10-18 09.11.25 (dsmcad) Client Acceptor - \
             Built Feb 22 2022 16:32:02\n2022-10-18 09.11.25 (dsmcad) Version 8, Release 1, Level 14.0\n2022-10-18 \
             09.11.26 (dsmcad) ANS3000I TCP/IP communications available on port 40213.\n2022-10-18 09.12.27 (dsmcad) \
             Schedule Name:         DAILY\n2022-10-18 09.12.27 (dsmcad) Options:               -password=secret\n";
        let found = read(&AcceptorLog, text);
        assert_eq!((found.records.len(), found.headless()), (6, 0));
        assert_eq!(found.versions(), [(None, "tsm-client", "8.1.14.0")]);
        assert_eq!(found.records[3].code, "ANS3000I");
        assert_eq!(found.records[4].field("schedule"), Some("DAILY"));
        assert_eq!(found.records[1].stamp, "2022-10-18T09:11:25");
        assert!(found.records[5].fields.is_empty());
        assert!(found.records[5].body.contains("secret"));
    }

    #[test]
    fn fragments_and_the_order_of_dates() {
        let text = "Executing scheduled command now.\r\n05/08/12 07:58:56 (dsmcad) Time remaining until \
             execution:\r\nExecuting scheduled command now.\r\n05/08/12 11:59:06 (dsmcad) Server Window Start: 01:30:00 \
             on 05/09/12\r\n05/08/12 11:59:06 (dsmcad) Command will be executed in 4 hours\r\n.\r\n";
        let found = read(&AcceptorLog, text);
        assert_eq!((found.records.len(), found.headless()), (4, 1));
        assert_eq!(found.votes, [DateOrder::Mdy]);
        assert!(found.records[1].body.ends_with("now."));
        assert_eq!(AcceptorLog.claim("2012-05-08 07:58:56 Querying server"), Claim::No);
    }
}
