//! Events and tasks as a table: PowerCLI `Export-Csv`, and the export of the vSphere clients, with commas,
//! semicolons or tabs.
//!
//! Columns are told by the header row, in any order; what the header lacks is not known (PowerCLI prints only the
//! properties of the first object, so the type id may be missing from all rows). A message may run over several lines
//! inside its quotes; a quote that is never closed costs its own line and no more.

use std::borrow::Cow;

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

/// The cells of a row, quotes taken off.
fn cells(line: &str, delimiter: char) -> Vec<Cow<'_, str>> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let (cell, behind) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quote_end(quoted);
                let inner = quoted.get(..end).unwrap_or("");
                let cell = if inner.contains("\"\"") {
                    Cow::Owned(inner.replace("\"\"", "\""))
                } else {
                    Cow::Borrowed(inner)
                };
                let behind = quoted.get(end..).unwrap_or("");
                (cell, behind.find(delimiter).map(|at| behind.get(at + 1..).unwrap_or("")))
            }
            None => match rest.split_once(delimiter) {
                Some((cell, behind)) => (Cow::Borrowed(cell), Some(behind)),
                None => (Cow::Borrowed(rest), None),
            },
        };
        cells.push(cell);
        match behind {
            Some(behind) => rest = behind,
            None => return cells,
        }
    }
}

/// The closing quote; a doubled one is part of the text.
fn quote_end(quoted: &str) -> usize {
    let bytes = quoted.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(b'"', rest)) {
        let quote = at + found;
        if bytes.get(quote + 1) != Some(&b'"') {
            return quote;
        }
        at = quote + 2;
    }
    quoted.len()
}

/// Which column holds what.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    delimiter: char,
    count: usize,
    time: Option<usize>,
    finished: Option<usize>,
    user: Option<usize>,
    text: Option<usize>,
    id: Option<usize>,
    kind: Option<usize>,
    target: Option<usize>,
    target_is_vm: bool,
    host: Option<usize>,
    key: Option<usize>,
    chain: Option<usize>,
    task: Option<usize>,
    state: Option<usize>,
}

impl Columns {
    /// Reads a header row; `None` if it is none of an export of events or tasks.
    pub(super) fn read(line: &str) -> Option<Columns> {
        let line = line.trim_start_matches('\u{feff}');
        // Every line of a mixed text is asked: most are refused here.
        let is_possible = line.len() <= 4096
            && !line.starts_with(['{', '[', ' ', '<'])
            && line.bytes().filter(u8::is_ascii_digit).take(3).count() < 3
            && ["essage", "escri", "eschreib", "tat", "ustand", "etail"]
                .iter()
                .any(|part| line.contains(part));
        if !is_possible {
            return None;
        }
        let delimiter =
            [',', ';', '\t'].into_iter().max_by_key(|delimiter| line.matches(*delimiter).count())?;
        let names: Vec<String> = cells(line, delimiter)
            .iter()
            .map(|cell| cell.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase())
            .collect();
        let find =
            |wanted: &[&str]| wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted));
        let has_message = find(&["fullformattedmessage"]).is_some();
        let vm = find(&["vm", "vmname", "virtualmachine"]);
        let target = find(&[
            "target",
            "entity",
            "entityname",
            "objectname",
            "ziel",
            "cible",
            "destino",
            "destinazione",
            "oggetto",
        ]);
        let columns = Columns {
            delimiter,
            count: names.len(),
            time: find(&[
                "createdtime",
                "datetime",
                "starttime",
                "queuetime",
                "queuedtime",
                "requestedstarttime",
                "time",
                "datumuhrzeit",
                "datumzeit",
                "dateheure",
                "fechahora",
                "dataora",
            ]),
            finished: find(&["completetime", "completedtime", "completiontime", "finishtime", "endtime"]),
            user: find(&[
                "username",
                "user",
                "initiatedby",
                "initiator",
                "benutzer",
                "utilisateur",
                "usuario",
                "utente",
            ]),
            text: find(&[
                "fullformattedmessage",
                "description",
                "message",
                "beschreibung",
                "descripción",
                "descrizione",
                "descrição",
                "details",
            ]),
            id: find(&["eventtypeid", "eventtype", "ereignistypid", "eventclass"]),
            kind: find(&["severity", "type", "typ", "tipo", "level"]),
            target: vm.or(target),
            target_is_vm: vm.is_some(),
            host: find(&["host", "hostname", "esxhost"]),
            key: find(&["key", "eventkey"]),
            chain: find(&["chainid", "eventchainid"]),
            task: find(&["task", "taskname", "name", "descriptionid", "aufgabe", "tâche", "tarea"]),
            state: find(&["state", "status", "result", "zustand"]),
        };
        let is_client = columns.text.is_some()
            && find(&["datetime", "datumuhrzeit", "datumzeit", "dateheure", "fechahora", "dataora"])
                .is_some()
            && (target.is_some() || find(&["task", "aufgabe", "tâche", "tarea"]).is_some());
        let is_tasks = columns.task.is_some()
            && columns.state.is_some()
            && (target.is_some() || find(&["objectid"]).is_some())
            && (columns.finished.is_some()
                || find(&["starttime", "queuetime", "requestedstarttime"]).is_some());
        (columns.count > 1 && (has_message || is_client || is_tasks)).then_some(columns)
    }
}
