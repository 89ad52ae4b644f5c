//! Which column of an exported table holds what, told by the names in its header row.

use std::borrow::Cow;

/// Names of the columns, reduced to small letters and digits.
const TIME: [&str; 12] = [
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
];
const FINISHED: [&str; 5] = ["completetime", "completedtime", "completiontime", "finishtime", "endtime"];
const USER: [&str; 8] =
    ["username", "user", "initiatedby", "initiator", "benutzer", "utilisateur", "usuario", "utente"];
const TEXT: [&str; 8] = [
    "fullformattedmessage",
    "description",
    "message",
    "beschreibung",
    "descripción",
    "descrizione",
    "descrição",
    "details",
];
const TASK: [&str; 7] = ["task", "taskname", "name", "descriptionid", "aufgabe", "tâche", "tarea"];
const STATE: [&str; 4] = ["state", "status", "result", "zustand"];
const KIND: [&str; 5] = ["severity", "type", "typ", "tipo", "level"];
const ID: [&str; 4] = ["eventtypeid", "eventtype", "ereignistypid", "eventclass"];
const TARGET: [&str; 9] =
    ["target", "entity", "entityname", "objectname", "ziel", "cible", "destino", "destinazione", "oggetto"];

/// Which column holds what.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub(super) delimiter: char,
    pub(super) count: usize,
    pub(super) time: Option<usize>,
    pub(super) finished: Option<usize>,
    pub(super) user: Option<usize>,
    pub(super) text: Option<usize>,
    pub(super) id: Option<usize>,
    pub(super) kind: Option<usize>,
    pub(super) target: Option<usize>,
    pub(super) target_is_vm: bool,
    pub(super) host: Option<usize>,
    pub(super) key: Option<usize>,
    pub(super) chain: Option<usize>,
    pub(super) task: Option<usize>,
    pub(super) state: Option<usize>,
}

impl Columns {
    /// Reads a header row; `None` if it is none of an export of events or tasks.
    pub(super) fn read(line: &str) -> Option<Columns> {
        let line = line.trim_start_matches('\u{feff}');
        if !is_possible(line) {
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
        let target = find(&TARGET);
        let columns = Columns {
            delimiter,
            count: names.len(),
            time: find(&TIME),
            finished: find(&FINISHED),
            user: find(&USER),
            text: find(&TEXT),
            id: find(&ID),
            kind: find(&KIND),
            target: vm.or(target),
            target_is_vm: vm.is_some(),
            host: find(&["host", "hostname", "esxhost"]),
            key: find(&["key", "eventkey"]),
            chain: find(&["chainid", "eventchainid"]),
            task: find(&TASK),
            state: find(&STATE),
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

/// Every line of a mixed text is asked whether it is a header: most are refused here.
fn is_possible(line: &str) -> bool {
    line.len() <= 4096
        && !line.starts_with(['{', '[', ' ', '<'])
        && line.bytes().filter(u8::is_ascii_digit).take(3).count() < 3
        && ["essage", "escri", "eschreib", "tat", "ustand", "etail"].iter().any(|part| line.contains(part))
}

/// The cells of a row, quotes taken off.
pub(super) fn cells(line: &str, delimiter: char) -> Vec<Cow<'_, str>> {
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
