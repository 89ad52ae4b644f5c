//! The event stream that vCenter 6.5 and later sends by syslog.
//!
//! ```text
//! <14>1 2022-09-01T06:06:19.084018+02:00 host123 vpxd 24962 - - Event [513220451] [1-1] [2022-09-01T04:05:55.57103Z] [vim.event.UserLoginSessionEvent] [info] [root] [TEST] [513220451] [User root@127.0.0.1 logged in]
//! ```
//!
//! The time inside is that of the event, in UTC; the outer one may be much later. A long message may be cut before its
//! closing bracket and go on in the next record, which stands for itself here.

use std::borrow::Cow;

use super::super::agent_line::iso;
use super::meaning::Told;
use crate::base::{Dialect, Record, Sink, Stamp};
use crate::dialect::lines::Grammar;

/// Reads lines of the stream.
#[derive(Default)]
pub(super) struct Stream {
    sessions: super::Chains,
}

impl Grammar for Stream {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareEvents
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let event = parse(line)?;
        let mut record = Record::new(Dialect::VmwareEvents, event.message);
        record.stamp = event.stamp;
        record.number = event.key.parse().ok();
        record.host = event.host.map(Cow::Borrowed);
        record.process = Some(Cow::Borrowed("vpxd"));
        let named = |text: &'a str| Some(Cow::Borrowed(text)).filter(|text| !text.trim().is_empty());
        record.fields.extend(named(event.chain).map(|chain| ("chain", chain)));
        let told = Told {
            id: named(event.class),
            text: Cow::Borrowed(event.message),
            user: named(event.user),
            level: named(event.level),
            ..Told::default()
        };
        told.apply(&mut record);
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        record.session = record.field("chain").and_then(|chain| self.sessions.session(chain));
        sink.record(record);
    }
}

/// One line of the stream.
pub(super) struct StreamEvent<'a> {
    host: Option<&'a str>,
    key: &'a str,
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
    let (first, last) = part.split_once('-')?;
    if !is_number(key) || !is_number(first) || !is_number(last) {
        return None;
    }
    let (created, rest) = bracketed(rest)?;
    let (stamp, _) = iso(created)?;
    let (class, rest) = bracketed(rest)?;
    let (level, rest) = bracketed(rest)?;
    let (user, rest) = bracketed(rest)?;
    let (_datacenter, rest) = bracketed(rest)?;
    let (chain, rest) = bracketed(rest)?;
    let message = rest.trim_start().strip_prefix('[').unwrap_or(rest);
    let message = message.trim_end().strip_suffix(']').unwrap_or(message);
    Some(StreamEvent { host: host(before), key, stamp, class, level, user, chain, message })
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
