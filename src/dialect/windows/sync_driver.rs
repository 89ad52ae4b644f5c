//! Was the sync driver's event written at a boot?
//!
//! LGTO_Sync 1 is the driver's load notice and belongs to a boot; seen away from one it may mark a quiesced snapshot.
//! The text does not tell, the log around it does: EventLog 6005 or 6009 shortly before makes it a boot. Event logs
//! are often written newest first and boot records are queued, so the answer is known at the end of the source at the
//! latest; it is given as a record of its own (`sync-driver`, field `at_boot`).
//!
//! "No" needs proof that the log was running and is shown unfiltered: an information event of another source, in the
//! same log, from before those minutes. Where days and months may still be exchanged it has to be of the same day.
//!
//! The other way round, a boot at which the driver is not loaded shows that it is not there. It is given as a record
//! (`boot-without-driver`) where the log goes on for longer than those minutes and information events of other sources
//! in and behind them show that nothing is filtered out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::base::name::fold;
use crate::base::stamp::{DAY, MINUTE};
use crate::base::{Dialect, Record, Severity, Sink, Stamp};

/// How long before the driver's event the boot may lie.
const BEFORE: i64 = 5 * MINUTE;
/// Drivers are loaded before the event log service starts: a start this shortly afterwards is the same boot.
const AFTERWARDS: i64 = MINUTE;
/// Boots, days and open questions remembered per log, and logs per source; a machine does not boot as often in the
/// life of a log. What is beyond is answered with "unknown".
const MOST: usize = 4096;
/// Length of the slots in which information events are noted.
const SLOT: i64 = BEFORE;
/// Slots of a source, all logs together: more than a year of a log that never rests.
const MOST_SLOTS: usize = 1 << 17;

/// Watches the boots in a source.
pub(super) struct BootWatch {
    is_export: bool,
    logs: IndexMap<Key, Log>,
    open: Vec<Question>,
    slots: usize,
}

/// Host, log, and whether its times are in UTC: local times and UTC stand side by side in pasted text and cannot be
/// compared.
type Key = (String, String, bool);

#[derive(Default)]
struct Log {
    boots: BTreeMap<i64, Boot>,
    /// When the driver was loaded.
    drivers: BTreeSet<i64>,
    /// Slots with an information event of another source.
    slots: BTreeSet<i64>,
    /// The earliest witness of each day.
    days: BTreeMap<i64, i64>,
    overflown: bool,
}

/// A start of the system.
struct Boot {
    line: u64,
    number: Option<u64>,
    stamp: Stamp,
    host: Option<String>,
    body: String,
}

/// An event of the driver whose answer is still open.
struct Question {
    log: Key,
    line: u64,
    stamp: Stamp,
    host: Option<String>,
    number: Option<u64>,
    body: String,
    fields: Vec<(&'static str, String)>,
}

impl BootWatch {
    /// A watch over an export of whole logs, or over single events.
    pub(super) fn new(is_export: bool) -> BootWatch {
        BootWatch { is_export, logs: IndexMap::new(), open: Vec::new(), slots: 0 }
    }

    /// Looks at a record, the first line of which is `line`.
    pub(super) fn see(&mut self, record: &Record<'_>, line: u64, sink: &mut dyn Sink) {
        let source = record.field("source").unwrap_or("");
        if source == "lgto_sync" {
            self.note_driver(record);
            self.ask(record, line, sink);
            return;
        }
        let Some(micros) = micros(record.stamp) else { return };
        let is_other = source != "eventlog" && record.severity == Severity::Info;
        let may_note = self.slots < MOST_SLOTS;
        let is_boot = source == "eventlog" && matches!(record.code.as_deref(), Some("6005" | "6009"));
        if !is_boot && record.severity != Severity::Info {
            return;
        }
        let Some(log) = self.log(record) else { return };
        if is_boot && log.boots.len() < MOST {
            log.boots.entry(micros).or_insert_with(|| Boot::of(record, line));
        }
        let noted = log.note(micros, is_other && may_note);
        self.slots += usize::from(noted);
    }

    /// The place of the log that a record belongs to, where it is known.
    pub(super) fn place_of(&self, record: &Record<'_>) -> Option<usize> {
        self.logs.get_index_of(&key(record))
    }

    /// An information event of another source in the log at this place. `false`: there is none.
    pub(super) fn see_other(&mut self, place: usize, stamp: Stamp) -> bool {
        let Some(((_, _, is_instant), log)) = self.logs.get_index_mut(place) else { return false };
        let Some(micros) = micros(stamp).filter(|_| *is_instant == stamp.instant().is_some()) else {
            return false;
        };
        let noted = log.note(micros, self.slots < MOST_SLOTS);
        self.slots += usize::from(noted);
        true
    }

    fn note_driver(&mut self, record: &Record<'_>) {
        if let Some(micros) = micros(record.stamp)
            && let Some(log) = self.log(record)
        {
            log.overflown |= log.drivers.len() >= MOST;
            if !log.overflown {
                log.drivers.insert(micros);
            }
        }
    }

    /// The source ends: every open question is answered.
    pub(super) fn end(&mut self, dialect: Dialect, at: usize, sink: &mut dyn Sink) {
        for question in std::mem::take(&mut self.open) {
            let log = self.logs.get(&question.log);
            let answer = log.map_or("unknown", |log| log.answer(question.stamp, self.is_export));
            question.give(answer, dialect, at, sink);
        }
        if self.is_export {
            for boot in self.logs.values().flat_map(Log::without_driver) {
                boot.give(dialect, at, sink);
            }
        }
        self.logs.clear();
    }

    fn log(&mut self, record: &Record<'_>) -> Option<&mut Log> {
        let key = key(record);
        if self.logs.len() >= MOST && !self.logs.contains_key(&key) {
            return None;
        }
        Some(self.logs.entry(key).or_default())
    }

    fn ask(&mut self, record: &Record<'_>, line: u64, sink: &mut dyn Sink) {
        let question = Question {
            log: key(record),
            line,
            stamp: record.stamp,
            host: record.host.as_deref().map(str::to_owned),
            number: record.number,
            body: record.body.to_string(),
            fields: record.fields.iter().map(|(name, value)| (*name, value.to_string())).collect(),
        };
        if self.open.len() >= MOST || !record.stamp.is_dated() {
            question.give("unknown", record.dialect, record.start, sink);
        } else {
            self.open.push(question);
        }
    }
}

/// Records of one log of one computer; exports that name neither are one log.
fn key(record: &Record<'_>) -> Key {
    let host = record.host.as_deref().map(fold).unwrap_or_default();
    let log = record.field("log").unwrap_or("").to_lowercase();
    (host, log, record.stamp.instant().is_some())
}

/// The instant where it is known, else the time as printed.
fn micros(stamp: Stamp) -> Option<i64> {
    stamp.instant().or_else(|| stamp.civil_micros())
}

impl Log {
    /// Notes an event of this time, and the slot it lies in if that is to be noted. Was the slot a new one?
    fn note(&mut self, micros: i64, notes_slot: bool) -> bool {
        let is_new = notes_slot && self.slots.insert(micros.div_euclid(SLOT));
        self.overflown |= self.boots.len() >= MOST;
        let day = micros.div_euclid(DAY);
        if self.days.len() < MOST || self.days.contains_key(&day) {
            let earliest = self.days.entry(day).or_insert(micros);
            *earliest = micros.min(*earliest);
        }
        is_new
    }

    /// Boots at which the driver was certainly not loaded. Boots that follow each other closely are one.
    fn without_driver(&self) -> Vec<&Boot> {
        let mut without = Vec::new();
        let mut boots = self.boots.iter().peekable();
        while let Some((&first, boot)) = boots.next() {
            let mut last = first;
            while let Some((&next, _)) = boots.next_if(|(next, _)| **next <= last + BEFORE) {
                last = next;
            }
            let is_loaded = self.drivers.range(first - AFTERWARDS..=last + BEFORE).next().is_some();
            if !is_loaded && !self.overflown && self.shows_all(first, last + BEFORE, boot.stamp) {
                without.push(boot);
            }
        }
        without
    }

    /// Are there information events of other sources in this stretch and behind it? Behind it the same day has to do
    /// where days and months may still be exchanged.
    fn shows_all(&self, from: i64, to: i64, stamp: Stamp) -> bool {
        let slot = |micros: i64| micros.div_euclid(SLOT);
        let inside = self.slots.range(slot(from)..=slot(to)).next().is_some();
        let end = match stamp {
            Stamp::Dated { swappable: false, .. } => i64::MAX,
            _ => slot((from.div_euclid(DAY) + 1) * DAY),
        };
        let behind = slot(to) + 1;
        inside && behind < end && self.slots.range(behind..end).next().is_some()
    }

    fn answer(&self, stamp: Stamp, is_export: bool) -> &'static str {
        let Some(micros) = micros(stamp) else { return "unknown" };
        let swappable = matches!(stamp, Stamp::Dated { swappable: true, .. });
        if self.boots.range(micros - BEFORE..=micros + AFTERWARDS).next().is_some() {
            return "yes";
        }
        let since = micros - BEFORE;
        let witness = if swappable {
            self.days.get(&micros.div_euclid(DAY)).copied()
        } else {
            self.days.first_key_value().map(|(_, earliest)| *earliest)
        };
        let covered = witness.is_some_and(|earliest| earliest <= since);
        if is_export && covered && !self.overflown { "no" } else { "unknown" }
    }
}

impl Boot {
    fn of(record: &Record<'_>, line: u64) -> Boot {
        Boot {
            line,
            number: record.number,
            stamp: record.stamp,
            host: record.host.as_deref().map(str::to_owned),
            body: record.body.to_string(),
        }
    }

    fn give(&self, dialect: Dialect, at: usize, sink: &mut dyn Sink) {
        let mut record = Record::new(dialect, &self.body);
        (record.start, record.end, record.line) = (at, at, Some(self.line));
        record.kind = "boot-without-driver";
        record.stamp = self.stamp;
        record.host = self.host.as_deref().map(Cow::Borrowed);
        record.number = self.number;
        sink.record(record);
    }
}

impl Question {
    fn give(self, answer: &'static str, dialect: Dialect, at: usize, sink: &mut dyn Sink) {
        let mut record = Record::new(dialect, &self.body);
        (record.start, record.end, record.line) = (at, at, Some(self.line));
        record.kind = "sync-driver";
        record.stamp = self.stamp;
        record.host = self.host.as_deref().map(Cow::Borrowed);
        record.number = self.number;
        record.fields =
            self.fields.iter().map(|(name, value)| (*name, Cow::Borrowed(value.as_str()))).collect();
        record.fields.push(("at_boot", Cow::Borrowed(answer)));
        sink.record(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::Collector;
    use super::*;
    use crate::base::Zone;

    fn record(provider: &'static str, code: &'static str, time: &str) -> Record<'static> {
        let mut record = Record::new(Dialect::WindowsXml, "");
        record.code = Some(code.into());
        record.severity = Severity::Info;
        record.fields = vec![("source", provider.into()), ("log", "System".into())];
        record.stamp = Stamp::civil(time.parse().unwrap(), Zone::Unknown, false);
        record
    }

    fn answers(is_export: bool, records: &[(&'static str, &'static str, &str)]) -> Vec<String> {
        let mut collector = Collector::default();
        let mut watch = BootWatch::new(is_export);
        for (provider, code, time) in records {
            watch.see(&record(provider, code, time), 1, &mut collector);
        }
        watch.end(Dialect::WindowsXml, 0, &mut collector);
        collector.records.iter().map(|record| record.field("at_boot").unwrap_or("").to_owned()).collect()
    }

    const OLD: (&str, &str, &str) = ("service control manager", "7036", "2011-06-01T08:00:00");
    const BOOT: (&str, &str, &str) = ("eventlog", "6005", "2011-06-02T09:00:00");
    const LOADED: (&str, &str, &str) = ("lgto_sync", "1", "2011-06-02T09:00:11");

    #[test]
    fn a_boot_on_either_side_in_the_text() {
        assert_eq!(answers(true, &[OLD, BOOT, LOADED]), ["yes"]);
        assert_eq!(answers(true, &[LOADED, BOOT, OLD]), ["yes"]);
        assert_eq!(answers(false, &[LOADED, BOOT]), ["yes"]);
        assert_eq!(answers(true, &[BOOT, ("lgto_sync", "1", "2011-06-02T09:05:00")]), ["yes"]);
        assert_eq!(answers(true, &[BOOT, ("lgto_sync", "1", "2011-06-02T09:05:01")]), ["no"]);
    }

    #[test]
    fn a_boot_without_the_driver_needs_a_log_that_goes_on() {
        let boots = |is_export: bool, records: &[(&'static str, &'static str, &str)]| {
            let mut collector = Collector::default();
            let mut watch = BootWatch::new(is_export);
            for (provider, code, time) in records {
                watch.see(&record(provider, code, time), 1, &mut collector);
            }
            watch.end(Dialect::WindowsXml, 0, &mut collector);
            collector.records.iter().filter(|record| record.kind == "boot-without-driver").count()
        };
        const STARTED: (&str, &str, &str) = ("service control manager", "7036", "2011-06-02T09:00:40");
        const LATER: (&str, &str, &str) = ("service control manager", "7036", "2011-06-02T09:20:00");
        const SECOND: (&str, &str, &str) = ("eventlog", "6009", "2011-06-02T09:00:00");
        assert_eq!(boots(true, &[SECOND, BOOT, STARTED, LATER]), 1);
        assert_eq!(boots(true, &[LATER, STARTED, BOOT, SECOND]), 1);
        assert_eq!(boots(false, &[SECOND, BOOT, STARTED, LATER]), 0);
        assert_eq!(boots(true, &[SECOND, BOOT, STARTED]), 0);
        assert_eq!(boots(true, &[SECOND, BOOT, LATER]), 0);
        assert_eq!(boots(true, &[BOOT, ("lgto_sync", "1", "2011-06-02T09:00:12"), STARTED, LATER]), 0);
        assert_eq!(boots(true, &[BOOT, ("lgto_sync", "1", "2011-06-02T08:59:30"), STARTED, LATER]), 0);
    }

    #[test]
    fn no_needs_a_log_that_reaches_back() {
        assert_eq!(answers(true, &[OLD, LOADED]), ["no"]);
        assert_eq!(answers(true, &[LOADED, OLD]), ["no"]);
        assert_eq!(answers(false, &[OLD, LOADED]), ["unknown"]);
        assert_eq!(answers(true, &[LOADED]), ["unknown"]);
        assert_eq!(answers(true, &[("dhcp", "1", "2011-06-02T08:58:00"), LOADED]), ["unknown"]);
    }
}
