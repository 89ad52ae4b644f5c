//! The properties of an event as PowerShell and its relatives name them, gathered into an [`Entry`].
//!
//! `Get-WinEvent` and `Get-EventLog` name the same things differently, tools that go on with their output write the
//! names in their own case (`event_id`, `EventRecordID`). Display names of tasks are known to be wrong in exports, so
//! the number counts.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::entry::{Entry, id};
use super::{data, levels, times};
use crate::base::{Sink, Stamp, Zone};
use crate::dialect::dates;

/// Properties that tell an event's list or table from any other.
const TELLING: &[&str] = &[
    "index",
    "entrytype",
    "instanceid",
    "eventid",
    "timegenerated",
    "timewritten",
    "replacementstrings",
    "providername",
    "timecreated",
    "leveldisplayname",
    "recordid",
    "keywordsdisplaynames",
    "opcodedisplayname",
    "taskdisplayname",
    "matchedqueryids",
    "containerlog",
    "relatedactivityid",
    "categorynumber",
];
/// Properties that other lists have as well.
const PLAIN: &[&str] = &[
    "message",
    "category",
    "source",
    "username",
    "machinename",
    "data",
    "site",
    "container",
    "id",
    "version",
    "qualifiers",
    "level",
    "task",
    "opcode",
    "keywords",
    "providerid",
    "logname",
    "processid",
    "threadid",
    "userid",
    "activityid",
    "bookmark",
    "properties",
];

/// How sure a name is one of an event's properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Only events have it.
    Telling,
    /// Events have it, too.
    Plain,
}

/// Is this the name of a property?
pub(super) fn known(name: &str) -> Option<Known> {
    let name = folded(name);
    if TELLING.contains(&name.as_str()) {
        return Some(Known::Telling);
    }
    PLAIN.contains(&name.as_str()).then_some(Known::Plain)
}

static NAMES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        // Quickly made: most runs ask for a few lines.
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(TELLING)
        .ok()
});

/// Does the text hold the name of a property that only events have? Asked before a line is taken apart.
pub(super) fn may_hold(text: &str) -> bool {
    NAMES.as_ref().is_none_or(|names| names.is_match(text))
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The properties of one event.
#[derive(Default)]
pub(super) struct Properties {
    provider: String,
    id: Option<u32>,
    instance: Option<u32>,
    time: String,
    level: Option<u32>,
    level_word: String,
    log: String,
    host: String,
    user: String,
    category: String,
    keywords: String,
    number: Option<u64>,
    pid: Option<u64>,
    message: String,
    /// The time is named as the event schema does: UTC.
    in_utc: bool,
    /// Raw data as hex pairs.
    pub(super) data: String,
    /// Insertion strings.
    pub(super) strings: Vec<String>,
}

impl Properties {
    /// Takes a property by its name in any spelling; unknown ones are left.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let trimmed = value.trim();
        if trimmed.is_empty() || trimmed.starts_with("System.") {
            // A collection shown by the name of its type.
            return;
        }
        match folded(name).as_str() {
            "id" | "eventid" | "eventidentifier" => self.id = id(trimmed).or(self.id),
            "instanceid" => self.instance = id(trimmed).or(self.instance),
            "providername" | "source" | "sourcename" | "eventsource" => first(&mut self.provider, trimmed),
            "timecreated" | "timegenerated" => trimmed.clone_into(&mut self.time),
            "systemtime" => {
                trimmed.clone_into(&mut self.time);
                self.in_utc = true;
            }
            "timewritten" | "timestamp" => first(&mut self.time, trimmed),
            "level" => match trimmed.parse() {
                Ok(number) => self.level = Some(number),
                Err(_) => first(&mut self.level_word, trimmed),
            },
            "leveldisplayname" | "entrytype" | "type" => trimmed.clone_into(&mut self.level_word),
            "logname" | "channel" | "log" | "logfile" => trimmed.clone_into(&mut self.log),
            "containerlog" => first(&mut self.log, trimmed),
            "machinename" | "computer" | "computername" | "hostname" => first(&mut self.host, trimmed),
            "userid" | "username" | "user" => first(&mut self.user, trimmed),
            "category" | "task" => first(&mut self.category, trimmed),
            "keywords" => first(&mut self.keywords, trimmed),
            "recordid" | "index" | "eventrecordid" | "recordnumber" => {
                self.number = trimmed.parse().ok().or(self.number);
            }
            "processid" => self.pid = trimmed.parse().ok().or(self.pid),
            "message" => value.clone_into(&mut self.message),
            "data" if trimmed.starts_with('{') => self.data = data::numbers(trimmed),
            "binary" => self.data = data::binary(trimmed),
            "replacementstrings" | "properties" if trimmed.starts_with('{') => self.strings = list(value),
            _ => {}
        }
    }

    /// The event; `None` where neither source nor id nor message is there.
    pub(super) fn into_entry<'a>(self, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        let mut entry = Entry::new();
        entry.id = self.id.or(self.instance);
        if entry.id.is_none() && self.provider.is_empty() {
            return None;
        }
        entry.provider = Some(Cow::Owned(self.provider));
        entry.stamp = stamp(&self.time, sink);
        if self.in_utc {
            entry.stamp = entry.stamp.in_zone(0);
        }
        let numbered = self.level.and_then(levels::numbered);
        // The level of audit records is 0, their words say more.
        entry.severity = numbered.filter(|_| self.level != Some(0)).map(|(_, severity)| severity);
        entry.level = match numbered {
            Some((word, _)) if self.level_word.is_empty() => Cow::Borrowed(word),
            _ => Cow::Owned(self.level_word),
        };
        entry.log = Cow::Owned(self.log);
        entry.host = Cow::Owned(self.host);
        entry.user = Cow::Owned(self.user);
        entry.category = Cow::Owned(self.category);
        entry.keywords = Cow::Owned(self.keywords);
        entry.number = self.number;
        entry.pid = self.pid;
        entry.data = self.data;
        entry.strings = self.strings.into_iter().map(Cow::Owned).collect();
        entry.body = Cow::Owned(self.message);
        Some(entry)
    }
}

fn first(slot: &mut String, value: &str) {
    if slot.is_empty() {
        value.clone_into(slot);
    }
}

/// `{, The Driver was loaded successfully }`: PowerShell prints four elements and dots.
fn list(text: &str) -> Vec<String> {
    let text = text.trim().trim_start_matches('{');
    let text = text.strip_suffix('}').unwrap_or(text);
    let text = text.strip_suffix("...").or_else(|| text.strip_suffix('…')).unwrap_or(text);
    if text.is_empty() || text.contains("System.Diagnostics.") {
        return Vec::new();
    }
    text.split(", ").map(|text| text.trim_end_matches('\n').to_owned()).collect()
}

/// `/Date(1595374458918)/` and times with an offset are instants, everything else is local.
fn stamp(text: &str, sink: &mut dyn Sink) -> Stamp {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix("/Date(") {
        let digits: String = inner.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
        return digits.parse().map_or(Stamp::None, Stamp::epoch_millis);
    }
    let iso = text.contains('T').then(|| dates::date_time(text)).flatten();
    match iso {
        Some(read) if read.stamp.zone() != Zone::Unknown => read.cast(sink),
        _ => times::local(text, sink),
    }
}
