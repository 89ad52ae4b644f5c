//! Events as JSON: one object, an array, or one object per line, as forensic and PowerShell exports write them.
//!
//! Each object outside of other objects is a record; the punctuation between belongs to the record before. An object
//! that is not closed ends where the next one begins on a line of its own.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use super::meaning::Told;
use super::{Chains, own_time};
use crate::base::name::MachineId;
use crate::base::{Dialect, FactKind, Feed, NoticeCode, Record, Sink, Stamp};

/// Cuts a text into objects.
#[derive(Default)]
pub(super) struct Objects {
    /// Blanks before the first object on its line: others begin alike.
    indent: Option<usize>,
    sessions: Chains,
    /// Ids and names that were given out side by side.
    named: HashSet<(String, String)>,
}

/// No vCenter has more machines; those beyond are only not known by their id.
const MOST_NAMED: usize = 50_000;

impl Objects {
    pub(super) fn split(&mut self, text: &str, feed: Feed, sink: &mut dyn Sink) -> usize {
        let mut at = 0;
        while at < text.len() {
            let open = self.open(text, at);
            if open.is_none() && feed == Feed::More {
                return at;
            }
            let Some(open) = open.filter(|open| text.as_bytes().get(*open) == Some(&b'{')) else {
                // No object here: a line of something else, or nothing but punctuation.
                let end =
                    match memchr::memchr(b'\n', text.as_bytes().get(open.unwrap_or(at)..).unwrap_or(&[])) {
                        Some(found) => open.unwrap_or(at) + found + 1,
                        None if feed == Feed::More => return at,
                        None => text.len(),
                    };
                let mut record =
                    Record::headless(Dialect::VmwareEvents, text.get(at..end).unwrap_or("").trim());
                (record.start, record.end) = (at, end);
                sink.record(record);
                at = end;
                continue;
            };
            let indent = self.indent.unwrap_or_else(|| indent(text, open));
            let (close, is_whole) = match close(text, open, indent) {
                Some(found) => found,
                None if feed == Feed::More => return at,
                None => (text.len(), false),
            };
            let end = close + punctuation(text.get(close..).unwrap_or(""));
            if feed == Feed::More && end == text.len() {
                return at;
            }
            let object = text.get(open..close).unwrap_or("");
            let mut record = match serde_json::from_str::<Value>(object) {
                Ok(value) if is_whole => self.record(&value, object, sink),
                _ => {
                    sink.notice(NoticeCode::DamagedRecord, at, "an object that cannot be read".to_owned());
                    Record::headless(Dialect::VmwareEvents, object)
                }
            };
            (record.start, record.end) = (at, end);
            self.names(&record, sink);
            sink.record(record);
            self.indent = Some(indent);
            at = end;
        }
        at
    }

    /// Where the next object opens: behind punctuation, and behind the head of an object that only wraps a list.
    fn open(&self, text: &str, at: usize) -> Option<usize> {
        let start = at + punctuation(text.get(at..)?);
        if self.indent.is_none() {
            let rest = text.get(start..)?;
            if let Some(list) = wrapped_list(rest) {
                return Some(start + list);
            }
        }
        (start < text.len()).then_some(start)
    }

    /// The name and vCenter's id of the machine, which the object shows side by side: told once.
    fn names(&mut self, record: &Record<'_>, sink: &mut dyn Sink) {
        let (Some(vm), Some(id)) = (record.field("vm"), record.field("entity")) else { return };
        if MachineId::of(vm).is_some() || self.named.len() >= MOST_NAMED {
            return;
        }
        if self.named.insert((id.to_owned(), vm.to_owned())) {
            let fact = FactKind::SameMachine { one: vm.to_owned(), other: id.to_owned() };
            sink.fact(None, fact, record);
        }
    }

    fn record<'a>(&mut self, value: &Value, object: &'a str, sink: &mut dyn Sink) -> Record<'a> {
        let event = match field(value, &["data"]) {
            Some(inner) if text_of(inner, &["FullFormattedMessage", "CreatedTime"]).is_some() => inner,
            _ => value,
        };
        let mut record = Record::new(Dialect::VmwareEvents, object);
        let info = field(event, &["Info"]).unwrap_or(&Value::Null);
        let own = |value: Option<String>| value.map(Cow::Owned);
        let finished =
            field(info, &["CompleteTime"]).or_else(|| field(event, &["CompleteTime", "FinishTime"]));
        let created = field(event, &["CreatedTime", "EventTime", "StartTime", "Time"]);
        record.stamp = finished
            .map(|time| stamp(time, sink))
            .filter(|stamp| !stamp.is_none())
            .or_else(|| created.map(|time| stamp(time, sink)))
            .unwrap_or(Stamp::None);
        record.number = text_of(event, &["Key"]).and_then(|key| key.parse().ok());
        record.session = text_of(event, &["ChainId"]).and_then(|chain| self.sessions.session(&chain));
        let vm = name_of(event, &["Vm", "VirtualMachine", "VmName"]);
        let id = managed_id(event);
        let config = field(event, &["ConfigSpec"]).unwrap_or(&Value::Null);
        let told = Told {
            id: own(text_of(event, &["EventTypeId"]).or_else(|| {
                text_of(event, &["_typeName", "EventClass", "EventType", "$type", "Type"])
                    .or_else(|| text_of(value, &["subject"]))
            })),
            text: own(text_of(event, &["FullFormattedMessage", "Message", "Description"]))
                .unwrap_or(Cow::Borrowed(object)),
            task: own(text_of(info, &["Name"])
                .or_else(|| text_of(info, &["DescriptionId"]))
                .or_else(|| text_of(event, &["DescriptionId", "TaskName"]))),
            state: own(text_of(info, &["State"]).or_else(|| text_of(event, &["State"]))),
            is_vm: vm.is_some() || id.is_some(),
            target: own(vm
                .or_else(|| text_of(info, &["EntityName"]))
                .or_else(|| text_of(event, &["EntityName", "ObjectName"]))
                .or_else(|| id.clone())),
            user: own(text_of(event, &["UserName", "User"])),
            esx: own(name_of(event, &["Host"])),
            level: own(text_of(event, &["Severity"])),
            tracking: field(config, &["ChangeTrackingEnabled"]).and_then(truth),
        };
        told.apply(&mut record);
        record.fields.extend(id.map(|id| ("entity", Cow::Owned(id))));
        record
    }
}

/// Where the object that opens here closes, and whether it does by itself.
fn close(text: &str, open: usize, indent: usize) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let (mut depth, mut is_string, mut at) = (0_usize, false, open);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if is_string => at += 1,
            b'"' => is_string = !is_string,
            b'{' if !is_string => depth += 1,
            b'}' if !is_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some((at + 1, true));
                }
            }
            b'\n' => {
                // No string of JSON holds a line break, and objects inside this one stand further right.
                let line = text.get(at + 1..)?;
                let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
                if blanks == indent && line.get(blanks..)?.starts_with('{') {
                    return Some((at + 1, false));
                }
                is_string = false;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// How many bytes of white space and punctuation between objects a text begins with.
fn punctuation(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_whitespace() || b",[]}".contains(byte)).count()
        + if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

fn indent(text: &str, open: usize) -> usize {
    let before = text.get(..open).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    line.bytes().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// `{ "events": [` before the first object: how long it is.
fn wrapped_list(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('{')?.trim_start().strip_prefix('"')?;
    let (name, rest) = rest.split_once('"')?;
    let known = ["events", "value", "data", "items", "results", "records"];
    if !known.contains(&name.to_ascii_lowercase().as_str()) {
        return None;
    }
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('[')?.trim_start();
    rest.starts_with('{').then(|| text.len() - rest.len())
}

/// A member by one of several names, letter case aside.
fn field<'v>(value: &'v Value, names: &[&str]) -> Option<&'v Value> {
    let object = value.as_object()?;
    names.iter().find_map(|name| {
        object
            .get(*name)
            .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
    })
}

/// A text or number.
fn text_of(value: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match field(value, &[name])? {
        Value::String(text) if text.starts_with("VMware.Vim.") || text.trim().is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// The name of an object, which may stand for itself (`"Vm": {"Name": "srv-db1"}`, `"Vm": "srv-db1"`).
fn name_of(value: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match field(value, &[name])? {
        inner @ Value::Object(_) => text_of(inner, &["Name"]),
        _ => text_of(value, &[name]),
    })
}

/// vCenter's id of the machine: `"Vm": {"Vm": {"Value": "vm-77"}}`, `"VirtualMachine-vm-77"`.
fn managed_id(event: &Value) -> Option<String> {
    let object = field(event, &["Vm", "VirtualMachine"])?;
    let id = field(object, &["Vm", "MoRef", "Value", "Id"])?;
    let text = match id {
        Value::Object(_) => text_of(id, &["Value"]),
        _ => text_of(object, &["Vm", "MoRef", "Value", "Id"]),
    }?;
    let id = text.rsplit_once("VirtualMachine-").map_or(text.as_str(), |(_, id)| id);
    (MachineId::of(id) == Some(MachineId::Managed)).then(|| id.to_owned())
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(is_on) => Some(*is_on),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// `2021-09-06T14:40:13.288346Z`, PowerShell's `/Date(1551169000000)/`, or an object that holds one of them.
fn stamp(value: &Value, sink: &mut dyn Sink) -> Stamp {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Object(_) => match field(value, &["value", "DateTime"]) {
            Some(Value::String(text)) => text.as_str(),
            _ => return Stamp::None,
        },
        _ => return Stamp::None,
    };
    let millis = text.strip_prefix("/Date(").or_else(|| text.strip_prefix("\\/Date("));
    if let Some(rest) = millis {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let millis: Option<i64> = rest.get(..digits).and_then(|digits| digits.parse().ok());
        return millis.map_or(Stamp::None, Stamp::epoch_millis);
    }
    own_time(text).map_or(Stamp::None, |read| read.cast(sink))
}
