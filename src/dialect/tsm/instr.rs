//! `tsm.instr`: performance data of the client or its programming interface (`dsminstr.log`, older
//! `dsminstr.report.p<pid>`).
//!
//! One record per block (kind `instr-block`, `class`, `status`) and one per row of its tables (kind `instr-row`).
//! Nothing in it is a problem; it tells whether time went into the application, into sending or into queries.
//!
//! ```text
//! TSM Client final instrumentation statistics: Fri Dec  9 00:28:08 2016
//! Instrumentation class: API
//! Waiting on App            7.208          0.6        11306
//! ```

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::message::{after_folded, find_folded};
use crate::base::{Dialect, Record, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Reader, SourceContext, dates};

/// The reader of instrumentation logs.
pub(super) struct InstrumentationLog;

impl Reader for InstrumentationLog {
    fn dialect(&self) -> Dialect {
        Dialect::TsmInstr
    }

    fn claim(&self, line: &str) -> Claim {
        if is_block(line) {
            Claim::Strong
        } else if row(line).is_some() {
            Claim::Weak
        } else {
            Claim::No
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(InstrumentationGrammar))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<InstrumentationGrammar>::restored(saved)
    }
}

/// The line that a block begins with. Later releases write `PROCESS[pid] Starting TSM Instrumentation Report:`.
fn is_block(line: &str) -> bool {
    let line = line.trim_start();
    find_folded(line, "final instrumentation statistics:").is_some()
        || line.starts_with("PROCESS[") && find_folded(line, "instrumentation report:").is_some()
}

/// `Waiting on App            7.208          0.6        11306`: section, seconds, milliseconds, count.
fn row(line: &str) -> Option<[&str; 4]> {
    let mut rest = line.trim_end();
    let mut number = || {
        let (before, word) = rest.rsplit_once(char::is_whitespace)?;
        rest = before.trim_end();
        let valid = word.starts_with(|c: char| c.is_ascii_digit())
            && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
        valid.then_some(word)
    };
    let (frequency, average, actual) = (number()?, number()?, number()?);
    let section = rest.trim();
    (section.starts_with(char::is_alphabetic) && !section.contains(':'))
        .then_some([section, actual, average, frequency])
}

#[derive(Serialize, Deserialize)]
struct InstrumentationGrammar;

impl Grammar for InstrumentationGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::TsmInstr
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let mut record = Record::new(Dialect::TsmInstr, line.trim_end());
        if is_block(line) {
            record.kind = "instr-block";
            let date = after_folded(line, "statistics:").or_else(|| after_folded(line, "report:"));
            if let Some(read) = date.and_then(|date| dates::date_time(date.trim_start())) {
                record.stamp = read.stamp;
            }
            return Some(record);
        }
        let values = row(line)?;
        record.kind = "instr-row";
        let names = ["section", "actual", "average", "frequency"];
        record.fields.extend(names.into_iter().zip(values.map(Cow::Borrowed)));
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, tail: &str, sink: &mut dyn Sink) {
        if record.kind == "instr-block" {
            for (label, name) in [("Instrumentation class:", "class"), ("Completion status:", "status")] {
                if let Some(value) = tail.lines().find_map(|line| line.trim().strip_prefix(label)) {
                    record.fields.push((name, Cow::Owned(value.trim().to_owned())));
                }
            }
        }
        sink.record(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn a_report() {
        let text = "------------------------------------------------------------\nTSM Client final instrumentation \
             statistics: Thu Jan  5 02:16:55 2017\nInstrumentation class: API\nCompletion status: \
             Success\n------------------------------------------------------------\nThread: 1  Elapsed time =    12.789 \
             sec\nSection                Actual(sec) Average(msec) Frequency used\nWaiting on App            7.208          \
             0.6        11306\nAPI Query                 0.002          0.3            6\n\u{fffd}\n";
        let found = read(&InstrumentationLog, text);
        assert_eq!((found.records.len(), found.headless()), (4, 1));
        assert_eq!(found.records[1].stamp, "2017-01-05T02:16:55");
        assert_eq!(found.records[1].field("class"), Some("API"));
        assert_eq!(found.records[2].field("section"), Some("Waiting on App"));
        assert_eq!(found.records[3].field("frequency"), Some("6"));
        assert_eq!(InstrumentationLog.claim("API Query   0.002   0.3   6"), Claim::Weak);
        assert_eq!(InstrumentationLog.claim("1 2 3"), Claim::No);
    }
}
