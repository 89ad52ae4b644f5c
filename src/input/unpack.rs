//! Bytes without their compression, and what kind of data they are by their first bytes.
//!
//! Recognised by magic bytes, never by the name of the file. Gzip is taken off here, also around itself and in
//! several members behind each other (rotated logs are often joined). Everything else that is no text is named, so
//! that the user hears what it was; reading it is the business of others.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::fault::Fault;
use super::{MAX_EXPANSION, MAX_NESTING, SAMPLE_BYTES};

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
    /// Gzip around more gzip than is taken off.
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
        SIGNATURES
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
            .map(|(_, _, format)| *format)
    }
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

/// Below this size nobody asks how much came out of how little.
const FREE_EXPANSION: u64 = 64 * 1024 * 1024;

/// The unpacked bytes of one source.
pub(super) struct Bytes {
    reader: Box<dyn Read + Send>,
    /// Read already, to be given out first.
    ahead: Vec<u8>,
    /// Bytes read from below the compression; `None` without compression.
    below: Option<Arc<AtomicU64>>,
    /// Bytes read from `reader`.
    taken: u64,
    ended: bool,
    /// Why it ended before its end.
    pub(super) fault: Option<Fault>,
}

impl Bytes {
    /// Bytes that are taken as they are.
    pub(super) fn plain(reader: Box<dyn Read + Send>) -> Bytes {
        Bytes { reader, ahead: Vec::new(), below: None, taken: 0, ended: false, fault: None }
    }

    /// Takes compression off, as often as there is any, and looks at the beginning of what comes out.
    pub(super) fn unpacked(reader: Box<dyn Read + Send>) -> Bytes {
        let mut bytes = Bytes::plain(reader);
        bytes.look();
        for _ in 0..MAX_NESTING {
            if !is_gzip(&bytes.ahead) {
                return bytes;
            }
            bytes = bytes.without_gzip();
            bytes.look();
        }
        if is_gzip(&bytes.ahead) {
            bytes.ended = true;
            bytes.fault = Some(Fault::Nesting);
        }
        bytes
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
        self.below.is_some()
    }

    /// How many bytes were read from the file itself.
    pub(super) fn raw_count(&self) -> u64 {
        self.below.as_ref().map_or(self.taken, |below| below.load(Ordering::Relaxed))
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
                Ok(_) => self.check_expansion(),
                Err(error) => {
                    self.ended = true;
                    self.fault = Some(self.fault_of(error));
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

    fn without_gzip(self) -> Bytes {
        let below = self.below.clone();
        let fault = self.fault;
        let packed = Cursor::new(self.ahead).chain(self.reader);
        let (packed, below): (Box<dyn Read + Send>, _) = match below {
            Some(below) => (Box::new(packed), below),
            None => {
                let count = Arc::new(AtomicU64::new(0));
                (Box::new(Below { reader: packed, count: Arc::clone(&count) }), count)
            }
        };
        let reader = MultiGzDecoder::new(BufReader::with_capacity(SAMPLE_BYTES, packed));
        Bytes { below: Some(below), fault, ..Bytes::plain(Box::new(reader)) }
    }

    fn check_expansion(&mut self) {
        let bound = self.raw_count().saturating_mul(MAX_EXPANSION);
        if self.is_packed() && self.taken > FREE_EXPANSION && self.taken > bound {
            self.ended = true;
            self.fault = Some(Fault::Expansion);
        }
    }

    /// The decoder passes on errors of the file unchanged; all others are its own.
    fn fault_of(&self, error: io::Error) -> Fault {
        if error.get_ref().is_some_and(|inner| inner.is::<Fault>()) {
            return match error.into_inner().map(|inner| inner.downcast::<Fault>()) {
                Some(Ok(fault)) => *fault,
                _ => Fault::Shorter,
            };
        }
        if self.is_packed() { Fault::Container(error) } else { Fault::Read(error) }
    }
}

/// The compressed bytes: counts them, and marks errors as those of the file.
struct Below<R> {
    reader: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Below<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(into) {
            Ok(count) => {
                self.count.fetch_add(count as u64, Ordering::Relaxed);
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(io::Error::other(Fault::Read(error))),
        }
    }
}
