//! One of many events as it is looked at: what was kept of it in the spill is read when it is asked for.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::base::event::{EventKind, Key};
use crate::base::{Dialect, Event, SourceId, Stamp, StreamId, Values};

use super::spill::{Address, Spill};

/// An event as it is held.
#[derive(Clone, Copy, Debug)]
pub struct Held<'e> {
    /// Which definition it matched.
    pub kind: EventKind,
    /// The dialect of the record.
    pub dialect: Dialect,
    /// The source it stands in.
    pub source: SourceId,
    /// The stream of that source.
    pub stream: StreamId,
    /// Position in the source.
    pub position: i64,
    /// When it was logged.
    pub stamp: Stamp,
    /// Time of the dated record before it, of an event without date.
    pub placed: Option<i64>,
    /// The host it happened on.
    pub host: Option<&'e str>,
    /// Process id.
    pub pid: Option<u64>,
    /// The session it stands in.
    pub session: Option<u32>,
    /// Filters that passed only because the source does not tell.
    pub untold: &'e [&'static str],
    pub(super) keys: &'e [Key],
    /// Added to the line that is kept.
    pub(super) lines: u64,
    pub(super) rest: Address,
    pub(super) spill: &'e Spill,
}

impl Held<'_> {
    /// 1-based first line of the record (from 0 while a source is read); `None` in binary sources.
    pub fn line(&self) -> Option<u64> {
        let line = self.spill.look(self.rest, |rest| take_number(rest).map(|(line, _)| line));
        line?.checked_sub(1).map(|line| line.saturating_add(self.lines))
    }

    /// Record number, where the log counts its records.
    pub fn number(&self) -> Option<u64> {
        let number = self.spill.look(self.rest, |rest| Some(take_number(take_number(rest)?.1)?.0));
        number?.checked_sub(1)
    }

    /// Has it a value of this name?
    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|name| name.as_ref() == key)
    }

    /// Its own value of this name.
    pub fn value(&self, key: &str) -> Option<String> {
        let at = self.keys.iter().position(|name| name.as_ref() == key)?;
        self.spill.look(self.rest, |rest| {
            let mut rest = numbers_skipped(rest)?;
            for _ in 0..at {
                rest = take_value(rest)?.1;
            }
            Some(String::from_utf8_lossy(take_value(rest)?.0).into_owned())
        })
    }

    /// All its values in order.
    pub fn values(&self) -> Values {
        self.spill.look(self.rest, |rest| {
            let mut rest = numbers_skipped(rest).unwrap_or_default();
            let values = self.keys.iter().map_while(|key| {
                let (value, behind) = take_value(rest)?;
                rest = behind;
                Some((Arc::clone(key), Arc::from(String::from_utf8_lossy(value))))
            });
            values.collect()
        })
    }

    /// Stands for what an event says, wherever it was read: the same record in two copies of a log has the same mark. In
    /// a flood each event is asked for many times, so nothing of it is copied.
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.kind, self.stamp.as_printed(), self.host, self.pid, self.keys).hash(&mut hasher);
        self.spill.look(self.rest, |rest| {
            let mut rest = numbers_skipped(rest).unwrap_or_default();
            for _ in self.keys {
                let Some((value, behind)) = take_value(rest) else { break };
                value.hash(&mut hasher);
                rest = behind;
            }
        });
        hasher.finish()
    }

    /// The record as read.
    pub fn text(&self) -> String {
        let text = self.spill.look(self.rest, |rest| {
            let rest = numbers_skipped(rest);
            let rest = self.keys.iter().try_fold(rest?, |rest, _| Some(take_value(rest)?.1));
            Some(String::from_utf8_lossy(rest?).into_owned())
        });
        text.unwrap_or_default()
    }

    /// All of it.
    pub fn event(&self) -> Event {
        Event {
            kind: self.kind,
            dialect: self.dialect,
            source: self.source,
            stream: self.stream,
            position: self.position,
            line: self.line(),
            number: self.number(),
            stamp: self.stamp,
            placed: self.placed,
            host: self.host.map(Arc::from),
            pid: self.pid,
            session: self.session,
            values: self.values(),
            text: Arc::from(self.text()),
            untold: self.untold.to_vec(),
        }
    }
}

/// Seven bits to a byte, low ones first.
pub(super) fn put_number(to: &mut Vec<u8>, mut number: u64) {
    while number > 0x7F {
        to.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn take_number(from: &[u8]) -> Option<(u64, &[u8])> {
    let last = from.iter().take(10).position(|byte| *byte < 0x80)?;
    let (bytes, rest) = from.split_at_checked(last + 1)?;
    let number = bytes.iter().rev().fold(0_u64, |number, byte| number << 7 | u64::from(byte & 0x7F));
    Some((number, rest))
}

fn take_value(from: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = take_number(from)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// What stands behind line and record number.
fn numbers_skipped(rest: &[u8]) -> Option<&[u8]> {
    Some(take_number(take_number(rest)?.1)?.1)
}
