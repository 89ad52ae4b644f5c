//! `tsm.dp`: logs of the Data Protection agents for SQL, Exchange and Domino (`tdpsql.log`, `tdpexc.log`,
//! `domdsm.log`), and of those for Oracle and SAP.
//!
//! A record begins with a stamp, with a message id in the first column, or with a trace location; lines that are
//! indented, and those behind a message that a trace line ends in (`msg =`), continue it. Return codes are the
//! agent's own (402, 418, 1914), not those of the client. The rulers and the rows of the summary are not verified by
//! a public sample.
//!
//! ```text
//! ANS0328E (RC45)   The specified objects failed the merge                                  (2.2)
//!   test.
//! backupdb.cpp(8590):DSMSENDOBJ() failed, rc = 2070, msg =
//! ACO5198W WARNING: LOG backup of db1 database failed but possibly log file(s) were truncated.
//! BKI0005I: Start of program at: Fri Feb  1 22:00:00 2013
//! ```

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::clock::{self, Clock};
use super::error::{describe, source_location, strip_trace};
use super::message::message;
use super::progress::statistic;
use crate::base::{Dialect, Record, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of agents' logs.
pub(super) struct AgentLog;

impl Reader for AgentLog {
    fn dialect(&self) -> Dialect {
        Dialect::TsmDp
    }

    fn claim(&self, line: &str) -> Claim {
        let body = clock::stamp(line).map_or(line, |head| head.rest);
        let (_, text) = strip_trace(body);
        match message(text) {
            Some(message) if AGENTS.contains(&message.prefix) => Claim::Strong,
            None if source_location(body).is_some() => Claim::Weak,
            _ => Claim::No,
        }
    }

    fn absorbs(&self) -> &'static [Dialect] {
        &[Dialect::TsmError, Dialect::TsmConsole]
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(AgentGrammar::default()))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<AgentGrammar>::restored(saved)
    }
}

/// Issuers of the agents' own messages.
const AGENTS: [&str; 5] = ["ACO", "ACN", "ACD", "ANU", "BKI"];

#[derive(Default, Serialize, Deserialize)]
struct AgentGrammar {
    clock: Clock,
}

impl Grammar for AgentGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::TsmDp
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        if let Some(head) = self.clock.read(line, number, sink) {
            let mut record = Record::new(Dialect::TsmDp, head.rest);
            record.stamp = head.stamp;
            return Some(record);
        }
        let (trace, _) = strip_trace(line);
        let is_ruler = line.len() >= 20 && line.bytes().all(|byte| matches!(byte, b'=' | b'-'));
        let is_head = trace != super::error::Trace::default()
            || message(line).is_some()
            || calls_a_function(line)
            || is_row(line)
            || is_ruler;
        is_head.then(|| Record::new(Dialect::TsmDp, line))
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        if record.head {
            describe(&mut record);
            if let Cow::Borrowed(text) = record.body
                && is_row(text)
                && let Some((label, value)) = text.lines().next().and_then(|line| line.split_once(':'))
            {
                record.kind = "statistic";
                record.fields.push(("statistic", Cow::Borrowed(label.trim_end())));
                record.fields.push(("value", Cow::Borrowed(value.trim())));
            }
        }
        sink.record(record);
    }
}

/// `mergeErrorFixup() failed, rc = 418`
fn calls_a_function(line: &str) -> bool {
    line.split_once("() ").is_some_and(|(name, _)| {
        name.starts_with(char::is_alphabetic)
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':')
    })
}

/// Rows of the summary, which the agents print in words of their own.
fn is_row(line: &str) -> bool {
    let agent = ["Total SQL ", "Total Exchange ", "Total Domino ", "Throughput rate:", "Total bytes "];
    agent.iter().any(|label| line.starts_with(label)) && line.contains(':') || statistic(line).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn a_failed_merge() {
        let text = "ANS0246E (RC2070) Issue dsmEndTxn and then begin a new\n  transaction \
             session.\nbackupdb.cpp(8573):Calling AGTDSMRCMSG( 2070 )\nbackupdb.cpp(8590):DSMSENDOBJ() failed, rc = 2070, \
             msg =\n  ANS0246E (RC2070) Issue dsmEndTxn and then begin a\n  new transaction session.\nmergeErrorFixup() \
             failed, rc = 418, msg = ANS0328E (RC45)\nThe specified objects failed the merge test.\nANS0328E (RC45)   The \
             specified objects failed the merge\n  test.\n\nACO0151E Errors occurred while processing the request.\n";
        let found = read(&AgentLog, text);
        assert_eq!((found.records.len(), found.headless()), (6, 0));
        let codes: Vec<_> = found.records.iter().map(|record| record.code.as_str()).collect();
        assert_eq!(codes, ["ANS0246E", "", "", "", "ANS0328E", "ACO0151E"]);
        assert_eq!(found.records[2].field("location"), Some("backupdb.cpp(8590)"));
        assert_eq!(found.records[4].field("rc"), Some("45"));
    }

    #[test]
    fn stamps_rows_and_damage() {
        let text = "\u{fffd}\n02/13/2013 22:00:00 Request     : FULL BACKUP\r\n02/13/2013 22:00:01 ACO3002 Data Protection \
             for SQL: x\r\n====================\r\nTotal SQL backups selected:   3\r\nElapsed processing time:  12.34 \
             Secs\r\n";
        let found = read(&AgentLog, text);
        assert_eq!((found.records.len(), found.headless()), (6, 1));
        assert_eq!(
            (found.records[2].code.as_str(), found.records[2].field("number")),
            ("ACO3002", Some("ACO3002"))
        );
        assert_eq!(found.records[4].field("value"), Some("3"));
        assert_eq!(AgentLog.claim("ACO0151E Errors occurred"), Claim::Strong);
        assert_eq!(AgentLog.claim("02/13/2013 22:00:00 ACN5350I x"), Claim::Strong);
        assert_eq!(AgentLog.claim("ANS0328E (RC45) x"), Claim::No);
        assert_eq!(AgentLog.claim("the program ACO0151E"), Claim::No);
    }
}
