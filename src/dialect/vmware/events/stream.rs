//! The event stream that vCenter 6.5 and later sends by syslog.
//!
//! ```text
//! <14>1 2022-09-01T06:06:19.084018+02:00 host123 vpxd 24962 - - Event [513220451] [1-1] [2022-09-01T04:05:55.57103Z] [vim.event.UserLoginSessionEvent] [info] [root] [TEST] [513220451] [User root@127.0.0.1 logged in]
//! ```
//!
//! The time inside is that of the event, in UTC; the outer one may be much later. A long message comes in parts
//! (`[1-2]`, `[2-2]`; that each part repeats the head is unverified): parts that stand together are one record. Where
//! other events stand between, each part is a record, and the last one tells what the whole message says unless an
//! earlier part did already.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::super::agent_line::iso;
use super::meaning::Told;
use crate::base::{Dialect, Record, Sink, Stamp};
use crate::dialect::lines::Grammar;

/// Reads lines of the stream.
#[derive(Default)]
pub(super) struct Stream {
    sessions: super::Chains,
    /// The part that goes on the record at hand.
    awaited: Option<(String, u32, u32)>,
    /// Messages of which a part is missing yet, by the key of their event.
    unfinished: IndexMap<String, Unfinished>,
}

/// Messages that wait for their rest at a time; the first of more is forgotten.
const MOST_UNFINISHED: usize = 256;

/// The beginning of a message.
struct Unfinished {
    text: String,
    /// What it says was told already.
    is_told: bool,
}

impl Grammar for Stream {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareEvents
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let event = parse(line)?;
        let (part, parts) = (event.part, event.parts);
        let is_next = self
            .awaited
            .as_ref()
            .is_some_and(|(key, next, of)| (key.as_str(), *next, *of) == (event.key, part, parts));
        self.awaited = (part < parts).then(|| (event.key.to_owned(), part + 1, parts));
        if part > 1 && is_next {
            return None;
        }
        let mut record = Record::new(Dialect::VmwareEvents, line);
        record.stamp = event.stamp;
        record.number = event.key.parse().ok();
        record.host = event.host.map(Cow::Borrowed);
        record.process = Some(Cow::Borrowed("vpxd"));
        let chain = Some(Cow::Borrowed(event.chain)).filter(|chain| !chain.trim().is_empty());
        record.fields.extend(chain.map(|chain| ("chain", chain)));
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let Cow::Borrowed(text) = record.body else { return sink.record(record) };
        if let Some(event) = text.lines().next().and_then(parse) {
            self.read(&event, text, &mut record);
        }
        record.session = record.field("chain").and_then(|chain| self.sessions.session(chain));
        sink.record(record);
    }
}

impl Stream {
    /// Puts the message together and tells what it says.
    fn read<'a>(&mut self, event: &StreamEvent<'a>, text: &'a str, record: &mut Record<'a>) {
        let mut last = event.part;
        let mut message = Cow::Borrowed(event.message);
        for line in text.lines().skip(1) {
            let whole = message.to_mut();
            match parse(line).filter(|next| next.key == event.key && next.part > last) {
                Some(next) => {
                    last = next.part;
                    whole.push_str(next.message);
                }
                None => {
                    whole.push('\n');
                    whole.push_str(line.trim_end_matches('\r'));
                }
            }
        }
        let before = if event.part > 1 { self.unfinished.shift_remove(event.key) } else { None };
        let is_told = before.as_ref().is_some_and(|before| before.is_told);
        if let Some(before) = before.filter(|before| !before.is_told) {
            message = Cow::Owned(before.text + &message);
        }
        let named = |text: &'a str| Some(Cow::Borrowed(text)).filter(|text| !text.trim().is_empty());
        let told = Told {
            id: named(event.class),
            text: message,
            user: named(event.user),
            level: named(event.level),
            ..Told::default()
        };
        if is_told {
            (record.code, record.body) = (told.id, told.text);
        } else {
            told.apply(record);
        }
        if last < event.parts {
            if self.unfinished.len() >= MOST_UNFINISHED {
                self.unfinished.shift_remove_index(0);
            }
            let is_told = is_told || !record.kind.is_empty();
            let text = if is_told { String::new() } else { record.body.clone().into_owned() };
            self.unfinished.insert(event.key.to_owned(), Unfinished { text, is_told });
        }
    }
}

/// One line of the stream.
pub(super) struct StreamEvent<'a> {
    host: Option<&'a str>,
    key: &'a str,
    /// Which part of the message, from 1.
    part: u32,
    /// Of how many.
    parts: u32,
    stamp: Stamp,
    class: &'a str,
    level: &'a str,
    user: &'a str,
    chain: &'a str,
    message: &'a str,
}

/// Reads a line of the stream, with its syslog head or without.
pub(super) fn parse(line: &str) -> Option<StreamEvent<'_>> {
    let (before, rest) = match line.strip_prefix("Event [") {
        Some(rest) => ("", rest),
        None => line.split_once(" Event [")?,
    };
    let (key, rest) = rest.split_once(']')?;
    let (part, rest) = bracketed(rest)?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (part, parts) = part.split_once('-')?;
    if !is_number(key) || !is_number(part) || !is_number(parts) {
        return None;
    }
    let (part, parts) = (part.parse().ok()?, parts.parse().ok()?);
    let (created, rest) = bracketed(rest)?;
    let (stamp, _) = iso(created)?;
    let (class, rest) = bracketed(rest)?;
    let (level, rest) = bracketed(rest)?;
    let (user, rest) = bracketed(rest)?;
    let (_datacenter, rest) = bracketed(rest)?;
    let (chain, rest) = bracketed(rest)?;
    let message = rest.trim_start().strip_prefix('[').unwrap_or(rest);
    // A part that is not the last may end within a bracket of the message itself, or with a blank.
    let message = match message.trim_end().strip_suffix(']') {
        Some(inner) if part >= parts || !is_open(inner) => inner,
        _ => message.trim_end_matches(['\r', '\n']),
    };
    Some(StreamEvent { host: host(before), key, part, parts, stamp, class, level, user, chain, message })
}

/// Does a bracket stay open in this text?
fn is_open(text: &str) -> bool {
    let count = |bracket: char| text.matches(bracket).count();
    count('[') > count(']')
}

fn bracketed(text: &str) -> Option<(&str, &str)> {
    text.trim_start_matches(' ').strip_prefix('[')?.split_once(']')
}

/// The word behind the outer stamp.
fn host(before: &str) -> Option<&str> {
    let mut words = before.split_whitespace();
    words.find(|word| iso(word).is_some())?;
    words.next().filter(|host| !host.eq_ignore_ascii_case("vpxd"))
}
