//! `windows.evtx`: event logs of Windows Vista and later as they lie on disk (`System.evtx`).
//!
//! ```text
//! ElfFile\0   4096 bytes of file header: first and last chunk, next record, number of chunks, flags
//! ElfChnk\0   65536 bytes each: numbers of its records, its strings and templates, records from 0x200 on
//! 2a 2a 00 00 record: size, number, time, binary XML, size
//! ```
//!
//! Nothing that the file header counts is believed: logs taken from a running machine or out of a shadow copy hold
//! more chunks than it knows, cut ones fewer. The file is read chunk by chunk, so memory does not grow with it; slots
//! that hold no chunk are passed over, and a chunk that is not in its slot is looked for. Checksums are not kept by
//! every writer and reject nothing. The `evtx` crate reads the records of one chunk and gives each as XML, which is
//! read as an XML export is: so both give the same record.

use std::io::{self, Read};
use std::sync::{Arc, LazyLock};

use ::evtx::{EvtxChunkData, EvtxChunkHeader, ParserSettings};

use super::binary::{Events, damage};
use super::xml;
use crate::base::{Dialect, Sink};
use crate::dialect::{BinaryReader, SourceContext};

/// The reader of this dialect.
pub(super) struct Evtx;

const FILE_HEADER: usize = 4096;
const CHUNK: usize = 64 * 1024;
const CHUNK_HEADER: usize = 512;
const FILE_SIGNATURE: &[u8] = b"ElfFile\0";
const CHUNK_SIGNATURE: &[u8] = b"ElfChnk\0";
/// No chunk holds as many records: each has at least 28 bytes.
const MOST_RECORDS: u64 = CHUNK as u64 / 28;
/// Where a chunk keeps the offsets of its names, and where these end.
const NAMES: std::ops::Range<usize> = 0x80..0x180;

static SETTINGS: LazyLock<Arc<ParserSettings>> =
    LazyLock::new(|| Arc::new(ParserSettings::new().validate_checksums(false).indent(false)));

impl BinaryReader for Evtx {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsEvtx
    }

    fn read(&self, _context: &SourceContext, bytes: &mut dyn Read, sink: &mut dyn Sink) -> io::Result<()> {
        let mut events = Events::new(Dialect::WindowsEvtx);
        let mut slots = Slots { bytes, buffer: Vec::new(), at: 0 };
        slots.fill(FILE_HEADER)?;
        let promised = promised_chunks(&slots.buffer);
        if promised.is_some() {
            slots.drop(FILE_HEADER);
        } else {
            damage(sink, 0, "the file header cannot be read");
        }
        while slots.next(sink)? {
            let length = chunk_length(&slots.buffer);
            chunk(slots.buffer.get(..length).unwrap_or(&[]), slots.at, &mut events, sink);
            slots.drop(length);
        }
        if let Some(promised) = promised.filter(|promised| *promised > slots.passed()) {
            let what = format!("the file ends here; its header counts {promised} chunks of 64 KiB");
            damage(sink, slots.at, &what);
        }
        events.end(sink);
        Ok(())
    }
}

/// How many chunks the header promises; `None` where this is no header.
fn promised_chunks(header: &[u8]) -> Option<u64> {
    let count: [u8; 2] = header.get(0x2a..0x2c)?.try_into().ok()?;
    header.starts_with(FILE_SIGNATURE).then_some(u64::from(u16::from_le_bytes(count)))
}

/// The slots of 64 KiB that the file is made of.
struct Slots<'b> {
    bytes: &'b mut dyn Read,
    /// The slot at hand; shorter only at the end of the file.
    buffer: Vec<u8>,
    /// Where it begins.
    at: u64,
}

impl Slots<'_> {
    /// Reads until there are `count` bytes or no more.
    fn fill(&mut self, count: usize) -> io::Result<()> {
        let missing = count.saturating_sub(self.buffer.len());
        (&mut *self.bytes).take(missing as u64).read_to_end(&mut self.buffer)?;
        Ok(())
    }

    fn drop(&mut self, count: usize) {
        let count = count.min(self.buffer.len());
        self.buffer.drain(..count);
        self.at += count as u64;
    }

    /// How many slots there was room for behind the file header.
    fn passed(&self) -> u64 {
        self.at.saturating_sub(FILE_HEADER as u64).div_ceil(CHUNK as u64)
    }

    /// Goes to the next chunk; `false` at the end of the file.
    fn next(&mut self, sink: &mut dyn Sink) -> io::Result<bool> {
        loop {
            self.fill(CHUNK)?;
            if self.buffer.is_empty() {
                return Ok(false);
            }
            if self.buffer.starts_with(CHUNK_SIGNATURE) {
                return Ok(true);
            }
            let moved = memchr::memmem::find_iter(&self.buffer, CHUNK_SIGNATURE)
                .find(|at| is_chunk_header(self.buffer.get(*at..).unwrap_or(&[])));
            let is_blank = self.buffer.iter().take(moved.unwrap_or(CHUNK)).all(|byte| *byte == 0);
            if !is_blank && moved.is_none() {
                damage(sink, self.at, "64 KiB that are no chunk of an event log");
            } else if let Some(moved) = moved.filter(|_| !is_blank) {
                damage(sink, self.at, &format!("{moved} bytes that are no chunk of an event log"));
            }
            let tail = if self.buffer.len() < CHUNK { 0 } else { begun(&self.buffer) };
            self.drop(moved.unwrap_or(self.buffer.len() - tail));
        }
    }
}

/// How many bytes of a chunk's signature stand at the very end.
fn begun(bytes: &[u8]) -> usize {
    (1..CHUNK_SIGNATURE.len())
        .rev()
        .find(|count| CHUNK_SIGNATURE.get(..*count).is_some_and(|part| bytes.ends_with(part)))
        .unwrap_or(0)
}

/// Does a chunk begin here, not only its name in some text? Its header is always 128 bytes long.
fn is_chunk_header(bytes: &[u8]) -> bool {
    bytes.starts_with(CHUNK_SIGNATURE) && bytes.get(0x28..0x2c).is_none_or(|size| size == [0x80, 0, 0, 0])
}

/// A chunk of which bytes were lost is followed by the next one too early.
fn chunk_length(bytes: &[u8]) -> usize {
    let behind = bytes.get(CHUNK_HEADER..).unwrap_or(&[]);
    memchr::memmem::find_iter(behind, CHUNK_SIGNATURE)
        .map(|at| CHUNK_HEADER + at)
        .find(|at| is_chunk_header(bytes.get(*at..).unwrap_or(&[])))
        .unwrap_or(bytes.len())
}

/// How far a chunk's header says its records reach: the difference between its last and its first number. It is told
/// twice; where the two disagree the one that leads further is taken.
fn promised_records(header: &EvtxChunkHeader) -> Option<u64> {
    let by_number = header.last_event_record_number.wrapping_sub(header.first_event_record_number);
    let by_id = header.last_event_record_id.wrapping_sub(header.first_event_record_id);
    [by_number, by_id].into_iter().filter(|promised| *promised < MOST_RECORDS).max()
}

/// Gives the records of one chunk, which stands at byte `at` of the file.
fn chunk(bytes: &[u8], at: u64, events: &mut Events, sink: &mut dyn Sink) {
    let is_cut = bytes.len() < CHUNK;
    if is_cut {
        damage(sink, at, &format!("the last {} bytes of the chunk are missing", CHUNK - bytes.len()));
    }
    let mut whole = bytes.to_vec();
    whole.resize(CHUNK, 0);
    let mut chunk = match EvtxChunkData::new(whole, false) {
        Ok(chunk) => chunk,
        Err(error) => return damage(sink, at, &error.to_string()),
    };
    if chunk.parse(Arc::clone(&SETTINGS)).is_err() {
        // One bad offset in the table of names must not cost the chunk: names are found where they are used as well.
        let mut whole = std::mem::take(&mut chunk.data);
        if let Some(names) = whole.get_mut(NAMES) {
            names.fill(0);
        }
        damage(sink, at, "the table of names in the chunk is damaged");
        chunk = match EvtxChunkData::new(whole, false) {
            Ok(chunk) => chunk,
            Err(error) => return damage(sink, at, &error.to_string()),
        };
    }
    let promised = promised_records(&chunk.header);
    if let Some(promised) = promised {
        chunk.header.last_event_record_id = chunk.header.first_event_record_id.saturating_add(promised);
    }
    if chunk.header.free_space_offset <= chunk.header.last_event_record_data_offset {
        chunk.header.free_space_offset = CHUNK as u32;
    }
    let (mut seen, mut bad) = (0_u64, 0_u64);
    let mut first = None;
    let mut spoiled = |reason: String| {
        bad += 1;
        first.get_or_insert(reason);
    };
    match chunk.parse(Arc::clone(&SETTINGS)) {
        Err(error) => spoiled(error.to_string()),
        Ok(mut chunk) => {
            for record in chunk.iter() {
                seen += 1;
                let number = record.as_ref().ok().map(|record| record.event_record_id);
                match record.and_then(|record| record.into_xml()) {
                    Ok(record) => give(&record.data, record.event_record_id, events, sink),
                    Err(error) => {
                        spoiled(error.to_string());
                        if let Some(number) = number {
                            events.give_unread(number, "a record that cannot be read", sink);
                        }
                    }
                }
            }
        }
    }
    // What follows the cut is not damaged, it is missing.
    if let Some(reason) = first.filter(|_| bad > u64::from(is_cut)) {
        damage(sink, at, &format!("{bad} damaged record{}: {reason}", if bad == 1 { "" } else { "s" }));
    } else if let Some(promised) = promised.filter(|promised| seen <= *promised && !is_cut) {
        damage(sink, at, &format!("{seen} of {} records are there", promised + 1));
    }
}

fn give(text: &str, number: u64, events: &mut Events, sink: &mut dyn Sink) {
    match xml::event(text, 0, sink) {
        Some(mut entry) => {
            entry.number = entry.number.or(Some(number));
            events.give(entry, sink);
        }
        None => events.give_unread(number, "a record without source and id", sink),
    }
}

#[cfg(test)]
mod tests {
    use super::super::evtx_samples::{Sample, chunk, file};
    use super::super::samples::{Collector, read, read_binary};
    use super::*;
    use crate::base::{Record, Severity, Stamp};
    use crate::dialect::reader;

    fn stall(number: u64) -> Sample {
        Sample {
            number,
            provider: "ESENT",
            id: 508,
            level: 3,
            time: format!("2014-03-02T01:{:02}:07.250000Z", number % 60),
            host: "DHCP-LOEVIK.nordfjell.example",
            log: "Application",
            strings: &["svchost", "1204", "", "D:\\dhcp\\dhcp.mdb", "8192", "4096", "44", "0"],
        }
    }

    fn driver(number: u64) -> Sample {
        Sample {
            provider: "LGTO_Sync",
            id: 1,
            level: 4,
            log: "System",
            strings: &["", "The Driver was loaded successfully "],
            ..stall(number)
        }
    }

    fn collected(bytes: &[u8]) -> Collector {
        read_binary(&Evtx, "Application.evtx", bytes)
    }

    fn numbers(found: &Collector) -> Vec<u64> {
        found.events().iter().filter_map(|record| record.number).collect()
    }

    fn two_chunks() -> Vec<u8> {
        let one: Vec<Sample> = (1..4).map(stall).collect();
        let other: Vec<Sample> = (4..9).map(stall).collect();
        file(&[chunk(&one), chunk(&other)])
    }

    #[test]
    fn an_event_is_what_its_xml_is() {
        let found = collected(&file(&[chunk(&[driver(16), stall(17)])]));
        assert_eq!(found.notices, []);
        assert_eq!(found.hosts, ["DHCP-LOEVIK.nordfjell.example"]);
        let derived: Vec<&Record<'_>> =
            found.records.iter().filter(|record| record.kind == "sync-driver").collect();
        assert_eq!(derived.len(), 1);
        assert_eq!((derived[0].number, derived[0].field("at_boot")), (Some(16), Some("unknown")));
        let events = found.events();
        let event = &events[1];
        assert_eq!(event.dialect, Dialect::WindowsEvtx);
        assert_eq!(event.provider.as_deref(), Some("ESENT"));
        assert_eq!((event.code.as_deref(), event.number), (Some("508"), Some(17)));
        assert_eq!(event.severity, Severity::Warning);
        assert_eq!(event.field("seconds"), Some("44"));
        assert_eq!(event.field("file"), Some("D:\\dhcp\\dhcp.mdb"));
        assert_eq!(event.field("log"), Some("Application"));
        assert_eq!(event.stamp.to_string(), "2014-03-02T01:17:07.250Z");
        assert!(event.stamp.instant().is_some());
        let text = read(reader(Dialect::WindowsXml).unwrap(), &stall(17).xml());
        let same = &text.events()[0];
        assert_eq!(
            (&same.provider, &same.code, same.severity, &same.body, same.number),
            (&event.provider, &event.code, event.severity, &event.body, event.number)
        );
        assert_eq!(same.fields, event.fields);
        assert_eq!(same.stamp, event.stamp);
    }

    #[test]
    fn the_header_counts_nothing() {
        let mut bytes = two_chunks();
        bytes[0x2a] = 1;
        assert_eq!(numbers(&collected(&bytes)), [1, 2, 3, 4, 5, 6, 7, 8]);
        bytes[0x2a] = 96;
        let found = collected(&bytes);
        assert_eq!(numbers(&found).len(), 8);
        assert_eq!(found.notices.len(), 1);
    }

    #[test]
    fn slots_without_a_chunk_are_passed_over() {
        let one = chunk(&[stall(1), stall(2)]);
        let other = chunk(&[stall(7), stall(8)]);
        let zeros = vec![0; CHUNK];
        let garbage = vec![b'x'; CHUNK];
        let found = collected(&file(&[zeros.clone(), one.clone(), zeros, other.clone()]));
        assert_eq!(numbers(&found), [1, 2, 7, 8]);
        assert_eq!(found.notices, []);
        let found = collected(&file(&[one.clone(), garbage, other.clone()]));
        assert_eq!(numbers(&found), [1, 2, 7, 8]);
        assert_eq!(found.notices.len(), 1);
        // Bytes were lost: the second chunk is not where it should be.
        let mut moved = file(&[one, other]);
        moved.drain(FILE_HEADER + 30_000..FILE_HEADER + 30_512);
        let found = collected(&moved);
        assert_eq!(numbers(&found), [1, 2, 7, 8]);
    }

    #[test]
    fn a_log_without_its_first_page() {
        let whole = two_chunks();
        let found = collected(&whole[FILE_HEADER..]);
        assert_eq!((numbers(&found).len(), found.notices.len()), (8, 1));
        let mut zeroed = whole.clone();
        zeroed[..FILE_HEADER].fill(0);
        assert_eq!(numbers(&collected(&zeroed)).len(), 8);
    }

    #[test]
    fn a_record_of_size_zero_costs_itself() {
        let mut bytes = two_chunks();
        let second = memchr::memmem::find_iter(&bytes, b"**\0\0").nth(1).unwrap();
        bytes[second + 4..second + 8].fill(0);
        let found = collected(&bytes);
        assert_eq!(numbers(&found), [1, 3, 4, 5, 6, 7, 8]);
        assert_eq!(found.notices.len(), 1);
    }

    #[test]
    fn a_cut_file_gives_what_is_there() {
        let whole = two_chunks();
        let all = numbers(&collected(&whole));
        let mut before = 0;
        for length in (0..whole.len()).step_by(512) {
            let found = collected(&whole[..length]);
            let numbers = numbers(&found);
            assert!(all.starts_with(&numbers), "{length}: {numbers:?}");
            assert!(numbers.len() >= before, "{length}");
            before = numbers.len();
            assert_eq!(found.notices.is_empty(), length == 0 && numbers.len() == all.len(), "{length}");
        }
        assert_eq!(before, 8);
    }

    #[test]
    fn a_flipped_bit_in_a_header() {
        let whole = two_chunks();
        // All of the file header, the chunk's own fields and the first record; of the chunk's tables a part.
        let fields = FILE_HEADER..FILE_HEADER + 0x80;
        let tables = (fields.end..FILE_HEADER + 0x200).step_by(13);
        let record = FILE_HEADER + 0x200..FILE_HEADER + 0x240;
        for at in (0..0x80).chain(fields).chain(tables).chain(record) {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                let found = collected(&bytes);
                let numbers = numbers(&found);
                assert!(numbers.ends_with(&[4, 5, 6, 7, 8]), "{at:#x} bit {bit}: {numbers:?}");
                let missing = !numbers.starts_with(&[1, 2, 3]);
                assert!(!missing || !found.notices.is_empty(), "{at:#x} bit {bit}: silent loss {numbers:?}");
            }
        }
    }

    #[test]
    fn a_time_of_zero_is_no_time() {
        let zero = Sample { time: "1601-01-01T00:00:00.000000Z".to_owned(), ..stall(3) };
        let found = collected(&file(&[chunk(&[zero])]));
        assert_eq!(found.events()[0].stamp, Stamp::None);
        assert_eq!(found.notices.len(), 1);
    }
}
