//! Bytes without their compression, and what kind of data they are by their first bytes.
//!
//! Recognised by magic bytes, never by the name of the file. Compressions are taken off here, also around each
//! other. Archives are opened by `container`. Everything else that is no text is named, so that the user hears what
//! it was; reading it is the business of others.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::compression::{asks_for_memory, decoder, is_compression};
use super::fault::Fault;
use super::limits::Meter;
use super::{MAX_NESTING, SAMPLE_BYTES};

/// What the data of a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text in some encoding.
    Text,
    /// Something else; it is not decoded.
    Binary(Format),
}

/// Data that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Windows event log since Vista.
    Evtx,
    /// Windows event log up to 2003.
    Evt,
    /// Gzip.
    Gzip,
    /// Zip archive.
    Zip,
    /// Zstandard.
    Zstandard,
    /// XZ.
    Xz,
    /// Bzip2.
    Bzip2,
    /// 7-Zip archive.
    SevenZip,
    /// Windows cabinet.
    Cabinet,
    /// Tar archive.
    Tar,
    /// None of these.
    Unknown,
}

impl Format {
    /// For notices: `zip archive`.
    pub fn title(self) -> &'static str {
        match self {
            Format::Evtx => "Windows event log",
            Format::Evt => "Windows event log before Vista",
            Format::Gzip => "gzip data",
            Format::Zip => "zip archive",
            Format::Zstandard => "zstd data",
            Format::Xz => "xz data",
            Format::Bzip2 => "bzip2 data",
            Format::SevenZip => "7z archive",
            Format::Cabinet => "cabinet archive",
            Format::Tar => "tar archive",
            Format::Unknown => "binary data",
        }
    }

    /// The format that begins with these bytes.
    pub(super) fn of(sample: &[u8]) -> Option<Format> {
        /// Where the signature stands, and the signature.
        const SIGNATURES: [(usize, &[u8], Format); 15] = [
            (0, b"ElfFile\0", Format::Evtx),
            // The same without its first page, or with a damaged one.
            (0, b"ElfChnk\0", Format::Evtx),
            (4096, b"ElfChnk\0", Format::Evtx),
            (4, b"LfLe", Format::Evt),
            (0x34, b"LfLe", Format::Evt),
            (0, b"PK\x03\x04", Format::Zip),
            (0, b"PK\x05\x06", Format::Zip),
            (0, b"\x28\xb5\x2f\xfd", Format::Zstandard),
            (0, b"\xfd7zXZ\0", Format::Xz),
            (4, b"1AY&SY", Format::Bzip2),
            (4, b"\x17rE8P\x90", Format::Bzip2),
            (0, b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
            (0, b"MSCF\0\0\0\0", Format::Cabinet),
            (257, b"ustar\0", Format::Tar),
            (257, b"ustar ", Format::Tar),
        ];
        if is_gzip(sample) {
            return Some(Format::Gzip);
        }
        let has =
            |at: usize, signature: &[u8]| sample.get(at..).is_some_and(|rest| rest.starts_with(signature));
        let signed = SIGNATURES
            .iter()
            .find(|(at, signature, format)| {
                has(*at, signature)
                    && match format {
                        // The header, or one of its first bytes damaged and a record behind it.
                        Format::Evt => has(0, b"\x30\0\0\0") || has(0x34, b"LfLe"),
                        Format::Bzip2 => has(0, b"BZh"),
                        _ => true,
                    }
            })
            .map(|(_, _, format)| *format);
        signed.or_else(|| is_old_tar(sample).then_some(Format::Tar))
    }
}

/// Tar of before 1988 has no signature: the sum of its header's bytes tells, taken with blanks in its own place.
fn is_old_tar(sample: &[u8]) -> bool {
    const SUM: std::ops::Range<usize> = 148..156;
    let Some(header) = sample.get(..512).filter(|header| header.first().is_some_and(|byte| *byte != 0))
    else {
        return false;
    };
    let told = header.get(SUM).and_then(|field| std::str::from_utf8(field).ok()).unwrap_or("");
    let told = u32::from_str_radix(told.trim_matches([' ', '\0']), 8);
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| if SUM.contains(&at) { u32::from(b' ') } else { u32::from(*byte) })
        .sum();
    told == Ok(sum)
}

/// Method 8 (deflate) is the only one there ever was, and the upper flags must be zero.
fn is_gzip(sample: &[u8]) -> bool {
    matches!(sample, [0x1f, 0x8b, 0x08, flags, ..] if flags & 0xe0 == 0)
}

/// How much is unpacked in one call. A decoder that meets broken data throws away what the call had given so far;
/// with small calls that is little.
const UNPACK_PIECE: usize = 8 * 1024;

/// So many zeros at the beginning are a hole; no format that is read here begins with as many.
const HOLE: usize = 64;

/// The unpacked bytes of one source.
pub(super) struct Bytes<'r> {
    reader: Box<dyn Read + 'r>,
    /// Read already, to be given out first.
    ahead: Vec<u8>,
    /// The compression that was taken off last, and the bytes read from below all of them.
    packing: Option<(Format, Arc<AtomicU64>)>,
    /// Bytes read from `reader`.
    taken: u64,
    meter: Arc<Meter>,
    /// Is it something other than the bytes of a file itself?
    is_layer: bool,
    ended: bool,
    /// Why it ended before its end.
    pub(super) fault: Option<Fault>,
}

impl<'r> Bytes<'r> {
    /// Bytes that are taken as they are.
    pub(super) fn plain(reader: Box<dyn Read + 'r>, meter: &Arc<Meter>) -> Bytes<'r> {
        Bytes {
            reader,
            ahead: Vec::new(),
            packing: None,
            taken: 0,
            meter: Arc::clone(meter),
            is_layer: false,
            ended: false,
            fault: None,
        }
    }

    /// Takes compression off, as often as there is any, and looks at the beginning of what comes out.
    pub(super) fn unpacked(reader: Box<dyn Read + 'r>, meter: &Arc<Meter>) -> Bytes<'r> {
        Bytes::plain(reader, meter).without_compressions()
    }

    /// The same for a member of an archive.
    pub(super) fn of_member(reader: Box<dyn Read + 'r>, meter: &Arc<Meter>) -> Bytes<'r> {
        Bytes { is_layer: true, ..Bytes::plain(reader, meter) }.without_compressions()
    }

    fn without_compressions(self) -> Bytes<'r> {
        let mut bytes = self;
        bytes.look();
        let mut layers = 0;
        while let Some(format) = Format::of(&bytes.ahead).filter(|format| is_compression(*format)) {
            if layers == MAX_NESTING {
                bytes.ended = true;
                bytes.fault = Some(Fault::Nesting);
                break;
            }
            layers += 1;
            bytes = bytes.without(format);
            bytes.look();
        }
        bytes
    }

    /// Whose bytes they are counted with.
    pub(super) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// The beginning, as far as it was read ahead.
    pub(super) fn sample(&self) -> &[u8] {
        &self.ahead
    }

    /// Leaves out a hole at the beginning: a log that is truncated in place while its writer keeps its position
    /// begins with as many zeros as it was long. Returns their number, which is even, because of UTF-16.
    pub(super) fn skip_hole(&mut self) -> u64 {
        if self.ahead.len() < HOLE || self.ahead.iter().take(HOLE).any(|byte| *byte != 0) {
            return 0;
        }
        let mut hole = 0;
        loop {
            let zeros = self.ahead.iter().position(|byte| *byte != 0);
            let count = zeros.unwrap_or(self.ahead.len()) & !1;
            self.skip(count);
            hole += count as u64;
            let before = self.ahead.len();
            self.look();
            if zeros.is_some() || self.ahead.len() == before {
                return hole;
            }
        }
    }

    /// Drops the first bytes of what was read ahead.
    pub(super) fn skip(&mut self, count: usize) {
        self.ahead.drain(..count.min(self.ahead.len()));
    }

    /// Were the bytes compressed?
    pub(super) fn is_packed(&self) -> bool {
        self.packing.is_some()
    }

    /// How many bytes were read from the file itself.
    pub(super) fn raw_count(&self) -> u64 {
        self.packing.as_ref().map_or(self.taken, |(_, below)| below.load(Ordering::Relaxed))
    }

    /// Appends up to `limit` bytes to `into`; fewer only at the end. Does more follow? At the end `fault` tells
    /// whether it is the true one.
    pub(super) fn append(&mut self, into: &mut Vec<u8>, limit: usize) -> bool {
        let ready = limit.min(self.ahead.len());
        into.extend(self.ahead.drain(..ready));
        let mut missing = limit - ready;
        while missing > 0 && !self.ended {
            let piece = if self.is_packed() { missing.min(UNPACK_PIECE) } else { missing };
            let before = into.len();
            // Room for more than the piece, or the standard library probes for the end with tiny reads.
            into.reserve(piece + 64);
            // Into the spare room of the vector: nothing is zeroed first, nothing is copied after.
            let result = self.reader.by_ref().take(piece as u64).read_to_end(into);
            let count = into.len() - before;
            missing -= count;
            self.taken += count as u64;
            match result {
                Ok(0) => self.ended = true,
                Ok(_) => self.count(count),
                Err(error) => {
                    self.ended = true;
                    self.fault = Some(self.fault_of(&error));
                }
            }
        }
        !self.ended || !self.ahead.is_empty()
    }

    fn look(&mut self) {
        let mut sample = std::mem::take(&mut self.ahead);
        let missing = SAMPLE_BYTES.saturating_sub(sample.len());
        self.append(&mut sample, missing);
        self.ahead = sample;
    }

    fn without(self, format: Format) -> Bytes<'r> {
        let Bytes { reader, ahead, packing, meter, fault, .. } = self;
        let is_lowest = packing.is_none();
        let count = packing.map_or_else(Arc::default, |(_, count)| count);
        let below =
            Below { reader: Cursor::new(ahead).chain(reader), count: is_lowest.then(|| Arc::clone(&count)) };
        let packed = BufReader::with_capacity(SAMPLE_BYTES, below);
        let (reader, broken): (Box<dyn Read + 'r>, _) = match decoder(format, packed) {
            Ok(reader) => (reader, None),
            Err(error) => (Box::new(io::empty()), Some(Fault::Container(format.title(), error.to_string()))),
        };
        Bytes {
            packing: Some((format, count)),
            is_layer: true,
            ended: broken.is_some(),
            fault: broken.or(fault),
            ..Bytes::plain(reader, &meter)
        }
    }

    /// Counts bytes that were read; ends the reading where a bound was reached.
    fn count(&mut self, count: usize) {
        if self.is_layer {
            self.meter.add_expanded(count);
        }
        if let Some(fault) = self.meter.fault() {
            self.ended = true;
            self.fault = Some(fault);
        }
    }

    /// The decoder passes on errors of the file unchanged; all others are its own.
    fn fault_of(&self, error: &io::Error) -> Fault {
        match (Fault::in_error(error), &self.packing) {
            (Some(fault), _) => fault,
            (None, Some(_)) if asks_for_memory(error) => Fault::Window,
            (None, Some((format, _))) => Fault::Container(format.title(), error.to_string()),
            (None, None) => Fault::Read(error.to_string()),
        }
    }
}

/// For what reads further layers out of it: archives.
impl Read for Bytes<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.ahead.is_empty() {
            let count = into.len().min(self.ahead.len());
            for (to, from) in into.iter_mut().zip(self.ahead.drain(..count)) {
                *to = from;
            }
            return Ok(count);
        }
        if self.ended || into.is_empty() {
            return self.fault.clone().map_or(Ok(0), |fault| Err(fault.into_error()));
        }
        match self.reader.read(into) {
            Ok(0) => {
                self.ended = true;
                Ok(0)
            }
            Ok(count) => {
                self.taken += count as u64;
                self.count(count);
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let fault = self.fault_of(&error);
                self.ended = true;
                self.fault = Some(fault.clone());
                Err(fault.into_error())
            }
        }
    }
}

/// The bytes of a file itself, counted.
pub(super) struct Counted<R> {
    pub(super) reader: R,
    pub(super) meter: Arc<Meter>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(into)?;
        self.meter.add_raw(count);
        Ok(count)
    }
}

/// The compressed bytes: counts them, and marks errors as those of the file.
struct Below<R> {
    reader: R,
    /// Only the lowest compression counts.
    count: Option<Arc<AtomicU64>>,
}

impl<R: Read> Read for Below<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(into) {
            Ok(count) => {
                if let Some(below) = &self.count {
                    below.fetch_add(count as u64, Ordering::Relaxed);
                }
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let fault = Fault::in_error(&error).unwrap_or_else(|| Fault::Read(error.to_string()));
                Err(fault.into_error())
            }
        }
    }
}
