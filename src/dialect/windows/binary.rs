//! What the readers of binary event logs share: events become records that have no place in a text.
//!
//! Message texts are not in binary logs, so the body of a record is its insertion strings; patterns match on source,
//! id and strings.

use super::blocks::Hosts;
use super::entry::Entry;
use super::sync_driver::BootWatch;
use crate::base::{Dialect, NoticeCode, Record, Sink};

/// Gives the events of one file to a sink.
pub(super) struct Events {
    dialect: Dialect,
    hosts: Hosts,
    boots: BootWatch,
}

impl Events {
    /// No event so far.
    pub(super) fn new(dialect: Dialect) -> Events {
        Events { dialect, hosts: Hosts::None, boots: BootWatch::new(true) }
    }

    /// One event.
    pub(super) fn give(&mut self, entry: Entry<'_>, sink: &mut dyn Sink) {
        let record = entry.into_record(self.dialect);
        self.hosts.see(record.host.as_deref());
        self.boots.see(&record, 0, sink);
        sink.record(record);
    }

    /// A record of which only its number could be read.
    #[cfg(feature = "evtx")]
    pub(super) fn give_unread(&mut self, number: u64, text: &str, sink: &mut dyn Sink) {
        let mut record = Record::headless(self.dialect, text);
        record.number = Some(number);
        sink.record(record);
    }

    /// The file ends.
    pub(super) fn end(mut self, sink: &mut dyn Sink) {
        self.boots.end(self.dialect, 0, sink);
        if let Some(host) = self.hosts.only() {
            sink.source_host(&host);
        }
    }
}

/// Damage, with its place in the file.
pub(super) fn damage(sink: &mut dyn Sink, at: u64, what: &str) {
    sink.notice(NoticeCode::DamagedRecord, 0, format!("at byte {at:#x}: {what}"));
}
