//! `windows.evt`: event logs of Windows NT to 2003 as they lie on disk (`SysEvent.Evt`).
//!
//! ```text
//! 30 00 00 00 4c 66 4c 65 01 00 00 00 01 00 00 00   file header: size, LfLe, version 1.1, offsets, numbers, flags
//! e4 00 00 00 4c 66 4c 65 31 05 00 00 ...           record: size, LfLe, number, times, id, ..., size
//! 28 00 00 00 11 11 11 11 22 22 22 22 ...           end record: offsets and numbers that hold
//! ```
//!
//! The file is a ring: the oldest record stands anywhere, the newest is followed by the end record, and a record may
//! go round the end of the file. The header of a log that was copied while in use ("dirty") is out of date, so the
//! end record is believed before it. Only what lies between the oldest record and the end record is live: remains of
//! overwritten records elsewhere in the file are never read. Without an end record (a cut copy) the ring is walked
//! until the numbers of the records fall.

use std::borrow::Cow;
use std::io;

use super::binary::{Events, damage};
use super::entry::Entry;
use super::evt_record::{self, Bounds, END, END_SIGNATURE, FIXED, HEADER, Raw};
use super::evt_store::Ring;
use super::{data, levels};
use crate::base::{Dialect, Sink, Stamp};
use crate::dialect::{BinaryReader, SourceContext, file_name};

/// The reader of this dialect.
pub(super) struct Evt;

/// Names of files that Windows itself gives, and the logs in them: the file does not say.
const LOGS: [(&str, &str); 6] = [
    ("sysevent.evt", "System"),
    ("appevent.evt", "Application"),
    ("secevent.evt", "Security"),
    ("ntds.evt", "Directory Service"),
    ("dnsevent.evt", "DNS Server"),
    ("ntfrs.evt", "File Replication Service"),
];

impl BinaryReader for Evt {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsEvt
    }

    fn read(&self, context: &SourceContext, bytes: &mut dyn io::Read, sink: &mut dyn Sink) -> io::Result<()> {
        let mut ring = Ring::take(bytes)?;
        let mut events = Events::new(Dialect::WindowsEvt);
        let name = file_name(&context.path).to_lowercase();
        let log = LOGS.iter().find(|(file, _)| *file == name).map_or("", |(_, log)| log);
        if ring.round() > 0 {
            let live = live(&mut ring, sink)?;
            walk(&mut ring, live, log, &mut events, sink)?;
        }
        events.end(sink);
        Ok(())
    }
}

/// The part of the ring that holds records.
#[derive(Debug, PartialEq, Eq)]
struct Live {
    /// The oldest record.
    at: u64,
    bytes: u64,
    /// Is the end not known?
    is_open: bool,
    /// Records of a lower number are remains.
    lowest: u32,
}

/// Finds the oldest record and the end.
fn live(ring: &mut Ring, sink: &mut dyn Sink) -> io::Result<Live> {
    let mut bytes = Vec::new();
    let header = evt_record::header(ring.plain(0, HEADER as usize)?);
    if header.is_none() {
        damage(sink, 0, "the file header cannot be read");
    }
    let Some((end_at, end)) = find_end(ring, header)? else {
        damage(sink, ring.length(), "the log has no end record: the file was cut short or is damaged");
        let mut at = HEADER;
        if let Some(header) = header
            && ring.sound(header.oldest_at, u64::MAX, &mut bytes)?
        {
            at = header.oldest_at;
        }
        let bytes = rises(ring, at, ring.round())?.first.unwrap_or(ring.round());
        return Ok(Live { at, bytes, is_open: true, lowest: 0 });
    };
    let known =
        |at: u64, ring: &Ring| Live { at, bytes: ring.between(at, end_at), is_open: false, lowest: 0 };
    if end.oldest_at == end_at || end.next == end.oldest {
        return Ok(known(end_at, ring));
    }
    let places = [Some(end.oldest_at), header.map(|header| header.oldest_at)];
    // A number that does not fit is less of a fault than a place where no record is.
    for by_number in [true, false] {
        for at in places.into_iter().flatten().filter(|at| *at >= HEADER) {
            let fits = ring.sound(at, ring.round(), &mut bytes)?
                && (!by_number || evt_record::record(&bytes).is_some_and(|raw| raw.number == end.oldest));
            if fits {
                return Ok(known(at, ring));
            }
        }
    }
    damage(sink, end.oldest_at, "the oldest record is not where the log says");
    let behind = ring.further(end_at, END as u64);
    let remains = rises(ring, behind, ring.between(behind, end_at))?.last.unwrap_or(0);
    Ok(Live { lowest: end.oldest, ..known(ring.further(behind, remains), ring) })
}

/// Where the numbers of the records stop rising: how far it is to the first place and to the last one. In a ring that
/// is the border between the newest record and remains, or between remains and the oldest record.
#[derive(Default)]
struct Falls {
    first: Option<u64>,
    last: Option<u64>,
}

fn rises(ring: &mut Ring, from: u64, length: u64) -> io::Result<Falls> {
    let mut falls = Falls::default();
    let mut record = Vec::new();
    let (mut gone, mut before, mut last) = (0, None, None);
    while gone < length {
        let at = ring.further(from, gone);
        if !ring.sound(at, length - gone, &mut record)? {
            gone += 4 + ring.distance_to_next(ring.further(at, 4), (length - gone).saturating_sub(4))?;
            continue;
        }
        let number = evt_record::record(&record).map_or(0, |raw| u64::from(raw.number));
        // One number that sticks out is damaged itself.
        let sticks_out = before == number.checked_sub(2) && before.is_some();
        if last.is_some_and(|last| number < last) && !sticks_out {
            falls.first.get_or_insert(gone);
            falls.last = Some(gone);
        }
        (before, last) = (last, Some(number));
        gone += record.len() as u64;
    }
    Ok(falls)
}

/// The end record: where a header that is up to date says, else the one in the file that knows the highest number.
fn find_end(ring: &mut Ring, header: Option<Bounds>) -> io::Result<Option<(u64, Bounds)>> {
    let mut bytes = Vec::new();
    if let Some(header) = header.filter(|header| !header.dirty && header.end_at >= HEADER) {
        ring.read(header.end_at, END, &mut bytes)?;
        if let Some(end) = evt_record::end(&bytes) {
            return Ok(Some((header.end_at, end)));
        }
    }
    let mut found: Option<(u64, Bounds)> = None;
    let mut take = |at: u64, bytes: &[u8]| {
        if let Some(end) = evt_record::end(bytes)
            && found.is_none_or(|(_, held)| end.next > held.next)
        {
            found = Some((at, end));
        }
    };
    let mut from = HEADER;
    while let Some(at) = ring.find(END_SIGNATURE, from, ring.length())? {
        ring.read(at, END, &mut bytes)?;
        take(at, &bytes);
        from = at + 1;
    }
    // It may go round the end of the file like any record.
    for at in ring.length().saturating_sub(END as u64).max(HEADER)..ring.length() {
        ring.read(at, END, &mut bytes)?;
        take(at, &bytes);
    }
    Ok(found)
}

/// Gives all live records, oldest first.
fn walk(ring: &mut Ring, live: Live, log: &str, events: &mut Events, sink: &mut dyn Sink) -> io::Result<()> {
    let Live { mut at, bytes: mut left, is_open, lowest } = live;
    let mut record = Vec::new();
    let mut next: Option<u32> = None;
    while left > 0 {
        let to_end = ring.length().saturating_sub(at);
        let step = if to_end < FIXED as u64 {
            // Too little for a record: filled up.
            to_end.max(1)
        } else if ring.sound(at, left, &mut record)? || is_readable(ring, at, left, is_open, &mut record)? {
            if !evt_record::is_closed(&record) {
                damage(sink, at, "the record is cut or damaged");
            }
            if let Some(raw) = evt_record::record(&record).filter(|raw| raw.number >= lowest) {
                if let Some(next) = next.filter(|next| raw.number > *next) {
                    damage(sink, at, &format!("records {next} to {} are missing", raw.number - 1));
                }
                next = raw.number.checked_add(1);
                events.give(entry(raw, log), sink);
            }
            record.len() as u64
        } else {
            let step = 4 + ring.distance_to_next(ring.further(at, 4), left.saturating_sub(4))?;
            // Behind the last record of a cut log there is nothing to miss.
            if !is_open || step < left {
                damage(sink, at, &format!("{} bytes hold no readable record", step.min(left)));
            }
            step
        };
        at = ring.further(at, step);
        left = left.saturating_sub(step);
    }
    Ok(())
}

/// A record that is not closed by its size is still read where the next one follows, or nothing does.
fn is_readable(ring: &mut Ring, at: u64, left: u64, is_open: bool, record: &mut Vec<u8>) -> io::Result<bool> {
    let Some(size) = evt_record::size(ring.plain(at, 8)?) else { return Ok(false) };
    let whole = size as u64;
    let to_end = ring.length().saturating_sub(at);
    if is_open && whole > to_end {
        record.clear();
        record.extend_from_slice(ring.plain(at, size)?);
        return Ok(true);
    }
    if whole > left {
        return Ok(false);
    }
    let next = ring.further(at, whole);
    let follows = evt_record::size(ring.plain(next, 8)?).is_some();
    if follows || whole == left {
        ring.read(at, size, record)?;
        return Ok(record.len() == size);
    }
    Ok(false)
}

fn entry(raw: Raw, log: &str) -> Entry<'static> {
    let mut entry = Entry::new();
    let told = |text: String| Cow::Owned(text);
    entry.provider = Some(told(raw.source));
    entry.id = Some(raw.id);
    entry.stamp = match raw.generated {
        0 => Stamp::None,
        seconds => Stamp::epoch(i64::from(seconds)),
    };
    let typed = levels::typed(u32::from(raw.event_type));
    entry.level = Cow::Borrowed(typed.map_or("", |(word, _)| word));
    entry.severity = typed.map(|(_, severity)| severity);
    entry.log = told(log.to_owned());
    entry.host = told(raw.computer);
    entry.user = told(raw.user);
    entry.category = match raw.category {
        0 => Cow::Borrowed(""),
        number => told(number.to_string()),
    };
    entry.number = Some(u64::from(raw.number));
    for byte in &raw.data {
        data::pair(*byte, &mut entry.data);
    }
    entry.strings = raw.strings.into_iter().map(told).collect();
    entry
}

#[cfg(test)]
mod tests {
    use super::super::evt_samples::{COMPUTER, Sample, dirty, file};
    use super::super::samples::{Collector, read_binary};
    use super::*;
    use crate::base::{Record, Severity};

    /// 2012-03-04T05:00:00Z.
    const NIGHT: u32 = 1_330_837_200;

    fn stall(number: u32) -> Sample {
        Sample {
            number,
            generated: NIGHT + number * 60,
            source: "NTDS ISAM",
            id: 0x8000_01fc,
            event_type: 2,
            strings: &["lsass", "412", "", "C:\\WINDOWS\\NTDS\\ntds.dit", "4096", "8192", "61"],
            data: &[0x0b, 0, 0, 0, 7],
        }
    }

    fn driver(number: u32) -> Sample {
        Sample {
            source: "LGTO_Sync",
            id: 0x4004_0001,
            event_type: 4,
            strings: &["", "The Driver was loaded successfully "],
            ..stall(number)
        }
    }

    fn boot(number: u32) -> Sample {
        Sample {
            source: "EventLog",
            id: 0x8000_1775,
            event_type: 4,
            strings: &[],
            data: &[],
            ..stall(number)
        }
    }

    fn stalls(numbers: std::ops::Range<u32>) -> Vec<Sample> {
        numbers.map(stall).collect()
    }

    fn collected(bytes: &[u8]) -> Collector {
        read_binary(&Evt, "case/SysEvent.Evt", bytes)
    }

    fn numbers(bytes: &[u8]) -> Vec<u64> {
        collected(bytes).events().iter().filter_map(|record| record.number).collect()
    }

    #[test]
    fn a_saved_log() {
        let bytes = file(&[boot(1), driver(2), stall(3)], 2000, 0x30, &[]);
        let found = collected(&bytes);
        assert_eq!(found.notices, []);
        assert_eq!(found.hosts, [COMPUTER]);
        let derived: Vec<&Record<'_>> =
            found.records.iter().filter(|record| record.kind == "sync-driver").collect();
        assert_eq!((derived[0].number, derived[0].field("at_boot")), (Some(2), Some("yes")));
        let events = found.events();
        assert_eq!(events.len(), 3);
        let (driver, stall) = (&events[1], &events[2]);
        assert_eq!(driver.code.as_deref(), Some("1"));
        assert_eq!(
            (driver.field("s1"), driver.field("s2")),
            (Some(""), Some("The Driver was loaded successfully "))
        );
        assert_eq!(driver.severity, Severity::Info);
        assert_eq!(stall.code.as_deref(), Some("508"));
        assert_eq!(stall.provider.as_deref(), Some("NTDS ISAM"));
        assert_eq!(stall.severity, Severity::Warning);
        assert_eq!(stall.host.as_deref(), Some(COMPUTER));
        assert_eq!(stall.stamp.to_string(), "2012-03-04T05:03:00Z");
        assert_eq!(stall.field("seconds"), Some("61"));
        assert_eq!(stall.field("file"), Some("C:\\WINDOWS\\NTDS\\ntds.dit"));
        assert_eq!(stall.field("user"), Some("S-1-5-18"));
        assert_eq!(stall.field("data"), Some("0b00000007"));
        assert_eq!(stall.field("log"), Some("System"));
        assert_eq!(stall.field("s8"), None);
    }

    #[test]
    fn the_log_is_told_by_the_name_of_the_file_alone() {
        let bytes = file(&stalls(1..3), 2000, 0x30, &[]);
        let found = read_binary(&Evt, "case/dc2.evt", &bytes);
        assert_eq!(found.events()[0].field("log"), None);
    }

    #[test]
    fn a_dirty_header_is_not_believed() {
        let bytes = dirty(file(&stalls(1..6), 3000, 0x30, &[]));
        assert_eq!(numbers(&bytes), [1, 2, 3, 4, 5]);
        assert_eq!(collected(&bytes).notices, []);
    }

    #[test]
    fn an_empty_log() {
        assert_eq!(numbers(&file(&[], 400, 0x30, &[])), [0; 0]);
        assert_eq!(numbers(&dirty(file(&[], 400, 0x30, &stalls(1..2)))), [0; 0]);
        assert_eq!(numbers(b"\x30\0\0\0LfLe"), [0; 0]);
        assert_eq!(numbers(b""), [0; 0]);
    }

    #[test]
    fn a_ring_is_walked_once_round_and_remains_stay_dead() {
        let size = stall(1).bytes().len();
        let capacity = size * 8 + 60;
        let remains = stalls(1..12);
        for start in (0x30..0x30 + capacity).step_by(4) {
            if capacity - (start - 0x30) < 0x38 {
                continue;
            }
            let bytes = file(&stalls(50..57), capacity, start, &remains);
            let expected: Vec<u64> = (50..57).collect();
            assert_eq!(numbers(&bytes), expected, "{start}");
            let mut stale = bytes.clone();
            stale[0x24] = 3;
            stale[0x14..0x1c].copy_from_slice(&[0x38, 0, 0, 0, 52, 0, 0, 0]);
            assert_eq!(numbers(&stale), expected, "{start} dirty");
            assert_eq!(collected(&stale).notices, [], "{start}");
        }
    }

    #[test]
    fn a_damaged_record_costs_itself() {
        let size = stall(1).bytes().len();
        let mut bytes = file(&stalls(1..7), 3000, 0x30, &[]);
        // Record 3 is overwritten, record 5 has lost its end.
        bytes[0x30 + 2 * size..0x30 + 3 * size - 20].fill(0xa5);
        bytes[0x30 + 5 * size - 40..0x30 + 5 * size].fill(0);
        assert_eq!(numbers(&bytes), [1, 2, 4, 5, 6]);
        assert_eq!(collected(&bytes).notices.len(), 3);
    }

    #[test]
    fn the_oldest_record_is_gone() {
        let size = stall(1).bytes().len();
        let mut bytes = file(&stalls(1..7), 3000, 0x30, &[]);
        bytes[0x30..0x30 + size].fill(0xff);
        assert_eq!(numbers(&bytes), [2, 3, 4, 5, 6]);
        assert_eq!(collected(&bytes).notices.len(), 2);
    }

    #[test]
    fn a_cut_file_gives_what_is_there() {
        let size = stall(1).bytes().len();
        let capacity = size * 40;
        let straight = dirty(file(&stalls(1..38), capacity, 0x30, &[]));
        let round = file(&stalls(50..86), capacity, 0x30 + 17 * size, &stalls(1..40));
        for whole in [straight, round] {
            let all = numbers(&whole);
            for length in (0..whole.len()).step_by(512).chain((whole.len() - 300..whole.len()).step_by(4)) {
                let found = collected(&whole[..length]);
                let mut last = 0;
                for number in found.events().iter().filter_map(|record| record.number) {
                    assert!(all.contains(&number), "{length}: {number}");
                    assert!(number > last || all.last() == Some(&last), "{length}: {number} after {last}");
                    last = number;
                }
                let is_whole = found.events().len() == all.len();
                assert!(is_whole || length <= 0x30 || !found.notices.is_empty(), "{length}");
            }
        }
        let cut = dirty(file(&stalls(1..38), capacity, 0x30, &[]));
        let found = collected(&cut[..0x30 + 10 * size + 100]);
        assert_eq!(found.events().len(), 11);
        assert_eq!(found.events()[10].field("s1"), None);
        assert_eq!(found.events()[10].provider.as_deref(), Some("NTDS ISAM"));
    }

    #[test]
    fn a_flipped_bit_in_a_header() {
        let size = stall(1).bytes().len();
        let capacity = size * 8 + 100;
        let round = file(&stalls(50..57), capacity, 0x30 + 5 * size, &stalls(1..12));
        for whole in [round.clone(), dirty(file(&stalls(50..57), capacity, 0x30, &[]))] {
            let all = numbers(&whole);
            assert_eq!(all.len(), 7);
            let end = memchr::memmem::find(&whole, END_SIGNATURE).unwrap();
            for at in (0..0x30).chain(end..end + END).chain(0x30 + 5 * size..0x30 + 6 * size) {
                for bit in 0..8 {
                    let mut bytes = whole.clone();
                    bytes[at] ^= 1 << bit;
                    let found = collected(&bytes);
                    assert!(found.events().len() >= 6, "{at:#x} bit {bit}: {}", found.events().len());
                    assert!(found.events().len() <= 16, "{at:#x} bit {bit}");
                }
            }
        }
    }

    #[test]
    fn hostile_sizes_end() {
        let mut bytes = file(&stalls(1..3), 400_000, 0x30, &[]);
        bytes.truncate(0x30);
        for number in 0..50_000_u32 {
            bytes.extend((0x38 + number % 200_000).to_le_bytes());
            bytes.extend(b"LfLe");
        }
        let found = collected(&dirty(bytes));
        assert!(found.notices.len() < 60_000);
    }
}
