//! Events as JSON: `ConvertTo-Json`, and tools that key the same record their own way.
//!
//! An object is cut by its braces. Where they do not close, the next line that begins an object at the same indent
//! begins the next one.

use serde_json::Value;

use super::blocks::line_end;
use super::data;
use super::entry::Entry;
use super::properties::Properties;
use crate::base::{NoticeCode, Sink};

/// So much of a text is looked at to recognise it.
const HEAD: usize = 16 * 1024;

/// Does the text hold events? Names that only event logs bring together must be there.
pub(super) fn opens(text: &str) -> bool {
    if !text.starts_with(['[', '{']) {
        return false;
    }
    let mut end = text.len().min(HEAD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or("");
    let has = |names: &[&str]| names.iter().any(|name| head.contains(name));
    let of_powershell =
        has(&["\"ProviderName\""]) && has(&["\"RecordId\"", "\"LogName\"", "\"MachineName\""]);
    let of_event_log = has(&["\"EntryType\""]) && has(&["\"InstanceId\"", "\"EventID\""]);
    let selected = has(&["\"TimeCreated\""]) && has(&["\"LevelDisplayName\""]);
    let of_others = has(&["\"EventID\"", "event_id\"", "\"EventId\""])
        && has(&["provider", "Provider", "source_name", "SourceName"])
        && has(&["hannel\"", "omputer\"", "computer_name\"", "\"EventRecordID\""]);
    of_powershell || of_event_log || selected || of_others
}

/// Does an object begin here, apart from what stands between objects? `None`: only that is there so far.
pub(super) fn begins(text: &str, whole: bool) -> Option<bool> {
    match between(text) {
        Some(at) => Some(text.as_bytes().get(at) == Some(&b'{')),
        None => whole.then_some(false),
    }
}

/// More than any pretty printer puts between two objects.
const LONGEST_GAP: usize = 256;

/// Offset behind brackets, commas and blanks; `None` where nothing else is there.
fn between(text: &str) -> Option<usize> {
    let gap = |c: char| c.is_whitespace() || c == '[' || c == ',' || c == '\u{feff}';
    text.char_indices().find(|(at, c)| *at >= LONGEST_GAP || !gap(*c)).map(|(at, _)| at)
}

/// The lines that `text` begins with and that hold only what stands between objects.
pub(super) fn idle(text: &str) -> Option<usize> {
    let gap = text.get(..between(text).unwrap_or(text.len()))?;
    gap.rfind('\n').map(|at| at + 1)
}

/// The length of the object that `text` begins with, with what stands between it and the next line.
pub(super) fn piece(text: &str, whole: bool) -> Option<usize> {
    let start = between(text)?;
    let before = text.get(..start)?;
    let indent = before.rsplit('\n').next().unwrap_or("").trim_start_matches(['[', '\u{feff}']);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        if byte == b'\n' && depth > 0 {
            // No string of a JSON text runs over a line, and what is inside stands further right.
            let next = text.get(at + 1..)?;
            if !whole && next.len() <= indent.len() {
                return None;
            }
            if next.strip_prefix(indent).is_some_and(|rest| rest.starts_with('{')) {
                return Some(at + 1);
            }
            in_string = false;
            continue;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return behind(text, at + 1, whole);
                }
            }
            _ => {}
        }
    }
    whole.then_some(text.len())
}

/// The comma or bracket behind an object and the line end belong to it.
fn behind(text: &str, end: usize, whole: bool) -> Option<usize> {
    let rest = text.get(end..)?;
    let marks = rest.len() - rest.trim_start_matches([',', ']', ' ', '\t', '\r']).len();
    match rest.as_bytes().get(marks) {
        Some(b'\n') => {
            // The bracket that closes the array may stand on the next line.
            let next = rest.get(marks + 1..)?;
            let line = line_end(next, whole)?;
            let closes = next.get(..line).is_some_and(|line| line.trim() == "]");
            Some(end + marks + 1 + if closes { line } else { 0 })
        }
        Some(_) => Some(end + marks),
        None => whole.then_some(text.len()),
    }
}

/// Reads one object.
pub(super) fn event<'a>(piece: &str, at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
    let start = between(piece)?;
    let object = piece.get(start..)?;
    let object = object.rfind('}').and_then(|end| object.get(..=end)).unwrap_or(object);
    let value: Value = match serde_json::from_str(object) {
        Ok(value) => value,
        Err(error) => {
            // The place that the parser names is one in this object, not in the file.
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or("").to_lowercase();
            sink.notice(NoticeCode::DamagedRecord, at, format!("an object that cannot be read: {what}"));
            return None;
        }
    };
    let mut properties = Properties::default();
    visit(&value, "", "", &mut properties);
    properties.into_entry(sink)
}

/// Takes every scalar by its name; `parent` is the name above it.
fn visit(value: &Value, parent: &str, name: &str, properties: &mut Properties) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                // evtx_dump puts text and attributes under names of their own, PowerShell dates under `value`.
                // Flat records have the names above in the key: `event_data.Data_0`.
                let (front, key) = key.rsplit_once('.').unwrap_or(("", key));
                let above = front.rsplit('.').next().filter(|front| !front.is_empty()).unwrap_or(name);
                if key.starts_with('#') || key == "value" {
                    visit(member, parent, name, properties);
                } else {
                    visit(member, above, key, properties);
                }
            }
        }
        Value::Array(bytes) if name == "Data" && bytes.iter().all(Value::is_u64) => {
            for byte in bytes.iter().filter_map(Value::as_u64).filter_map(|byte| u8::try_from(byte).ok()) {
                data::pair(byte, &mut properties.data);
            }
        }
        Value::Array(members) => {
            for member in members {
                visit(member, parent, name, properties);
            }
        }
        Value::Null => {}
        scalar => {
            let text = scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned);
            set(parent, name, &text, properties);
        }
    }
}

fn set(parent: &str, name: &str, text: &str, properties: &mut Properties) {
    let in_data = matches!(parent, "EventData" | "UserData" | "event_data" | "user_data" | "eventdata")
        || (parent == "Properties" && name == "Value");
    // Names of insertion strings where the record is flat: Data_0, param1.
    let numbered =
        name.strip_prefix("Data_").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let is_string = name == "ReplacementStrings" || (name == "Data" && !text.starts_with('{'));
    if name == "Binary" {
        properties.set("binary", text);
    } else if in_data || numbered || (is_string && parent != "System") {
        properties.strings.push(text.to_owned());
    } else if parent.eq_ignore_ascii_case("provider") {
        if matches!(name, "EventSourceName" | "Name" | "name") {
            properties.set("ProviderName", text);
        }
    } else if name == "Properties" || name == "Name" {
        // Names of types, or values without order.
    } else {
        properties.set(name, text);
    }
}
