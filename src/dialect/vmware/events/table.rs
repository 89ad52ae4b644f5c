//! Events and tasks as a table: PowerCLI `Export-Csv`, and the export of the vSphere clients, with commas,
//! semicolons or tabs.
//!
//! Columns are told by the header row, in any order; what the header lacks is not known (PowerCLI prints only the
//! properties of the first object, so the type id may be missing from all rows). A message may run over several lines
//! inside its quotes; a quote that is never closed costs its own line and no more.

use std::borrow::Cow;

use super::columns::{Columns, cells};
use super::meaning::Told;
use super::{Chains, own_time};
use crate::base::{Dialect, Feed, NoticeCode, Record, Sink};
use crate::dialect::lines::next_line;

/// No row is longer by far; beyond it the opening quote is taken for damage.
const LONGEST_ROW: usize = 64 * 1024;

/// Cuts a table.
#[derive(Default)]
pub(super) struct Table {
    columns: Option<Columns>,
    sessions: Chains,
}

impl Table {
    pub(super) fn split(&mut self, text: &str, feed: Feed, sink: &mut dyn Sink) -> usize {
        let mut at = 0;
        while at < text.len() {
            let Some(end) = row_end(text, at, feed) else { return at };
            let row = text.get(at..end).unwrap_or("");
            self.give(row, at, end, sink);
            at = end;
        }
        at
    }

    fn give(&mut self, row: &str, start: usize, end: usize, sink: &mut dyn Sink) {
        let line = row.trim_end_matches(['\n', '\r']);
        let mut record = self.record(line, start, sink);
        (record.start, record.end) = (start, end);
        sink.record(record);
    }

    fn record<'a>(&mut self, line: &'a str, start: usize, sink: &mut dyn Sink) -> Record<'a> {
        if line.starts_with("#TYPE ") {
            return Record::new(Dialect::VmwareEvents, line);
        }
        if let Some(columns) = Columns::read(line) {
            self.columns = Some(columns);
            return Record::new(Dialect::VmwareEvents, line);
        }
        let Some(columns) = &self.columns else { return Record::headless(Dialect::VmwareEvents, line) };
        let cells = cells(line, columns.delimiter);
        let cell = |column: Option<usize>| cells.get(column?).cloned().filter(|cell| is_told(cell));
        let time = cell(columns.finished).or_else(|| cell(columns.time)).and_then(|time| own_time(&time));
        let text = cell(columns.text);
        let is_row = cells.len() + 1 >= columns.count && (time.is_some() || text.is_some());
        if !is_row {
            if !line.trim().is_empty() {
                sink.notice(NoticeCode::DamagedRecord, start, "a row with too few columns".to_owned());
            }
            return Record::headless(Dialect::VmwareEvents, line);
        }
        let mut record = Record::new(Dialect::VmwareEvents, line);
        if let Some(time) = time {
            record.stamp = time.cast(sink);
        }
        record.number = cell(columns.key).and_then(|key| key.parse().ok());
        record.session = cell(columns.chain).and_then(|chain| self.sessions.session(&chain));
        let told = Told {
            id: cell(columns.id).or_else(|| {
                cell(columns.kind).filter(|kind| kind.ends_with("Event") || kind.ends_with("EventEx"))
            }),
            text: text.unwrap_or(Cow::Borrowed(line)),
            task: cell(columns.task),
            state: cell(columns.state),
            target: cell(columns.target),
            is_vm: columns.target_is_vm,
            user: cell(columns.user),
            esx: cell(columns.host),
            level: cell(columns.kind),
            tracking: None,
        };
        told.apply(&mut record);
        record
    }
}

/// Where the row at `at` ends; `None`: more text is needed to know.
fn row_end(text: &str, at: usize, feed: Feed) -> Option<usize> {
    let rest = text.as_bytes().get(at..)?;
    let mut is_quoted = false;
    let mut from = 0;
    let bounded = rest.get(..rest.len().min(LONGEST_ROW)).unwrap_or(rest);
    while let Some(found) = memchr::memchr2(b'"', b'\n', bounded.get(from..)?) {
        let position = from + found;
        if bounded.get(position) == Some(&b'"') {
            is_quoted = !is_quoted;
        } else if !is_quoted {
            return Some(at + position + 1);
        }
        from = position + 1;
    }
    if feed == Feed::More && rest.len() < LONGEST_ROW {
        return None;
    }
    match next_line(text, at) {
        Some((_, next)) if feed != Feed::More || next < text.len() || text.ends_with('\n') => Some(next),
        _ => None,
    }
}

/// PowerCLI prints the name of a class where a cell holds an object.
fn is_told(cell: &str) -> bool {
    let cell = cell.trim();
    !cell.is_empty() && !cell.starts_with("VMware.Vim.") && !cell.starts_with("System.")
}
