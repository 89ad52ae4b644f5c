//! The bytes of an archive that is read here and there: a file on disk, or the copy of an archive that stands inside
//! another one, in memory while it is small and in a nameless temporary file beyond that.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use crate::input::chunks::read_at;
use crate::input::fault::Fault;
use crate::input::limits::Meter;
use crate::input::unpack::Bytes;

/// Inner archives up to this size are kept in memory.
const IN_MEMORY: usize = 4 * 1024 * 1024;

/// Larger inner archives are not copied: the disk of the machine that is looked after must not fill up.
const MAX_COPY: u64 = 8 * 1024 * 1024 * 1024;

/// How much is copied at a time.
const COPY_BYTES: usize = 256 * 1024;

#[derive(Clone)]
enum Body {
    Memory(Arc<[u8]>),
    Copy(Arc<File>),
    File(Arc<File>, Arc<Meter>),
}

/// Every clone has a position of its own.
#[derive(Clone)]
pub(super) struct Seekable {
    body: Body,
    length: u64,
    at: u64,
}

impl Seekable {
    /// An archive that is a file.
    pub(super) fn file(file: Arc<File>, length: u64, meter: &Arc<Meter>) -> Seekable {
        Seekable { body: Body::File(file, Arc::clone(meter)), length, at: 0 }
    }

    /// An archive that comes as a stream.
    pub(super) fn spool(mut bytes: Bytes<'_>) -> Result<Seekable, Fault> {
        let failed = |error: io::Error| Fault::Read(format!("the temporary copy: {error}"));
        let mut memory = Vec::new();
        let mut copy: Option<File> = None;
        let mut length = 0;
        loop {
            let more = bytes.append(&mut memory, COPY_BYTES);
            if let (None, false) = (&copy, memory.len() <= IN_MEMORY) {
                copy = Some(tempfile::tempfile().map_err(failed)?);
            }
            if let Some(file) = &mut copy {
                file.write_all(&memory).map_err(failed)?;
                length += memory.len() as u64;
                memory.clear();
            }
            if length > MAX_COPY {
                return Err(Fault::Copy(MAX_COPY));
            }
            if !more {
                break;
            }
        }
        // What is there of a broken one is read all the same; that it is broken shows at its end.
        if let Some(fault) = bytes.fault.take().filter(Fault::ends_file) {
            return Err(fault);
        }
        Ok(match copy {
            Some(file) => Seekable { body: Body::Copy(Arc::new(file)), length, at: 0 },
            None => Seekable { length: memory.len() as u64, body: Body::Memory(memory.into()), at: 0 },
        })
    }
}

impl Read for Seekable {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = match &self.body {
            Body::Memory(bytes) => {
                let at = usize::try_from(self.at).unwrap_or(usize::MAX);
                let rest = bytes.get(at..).unwrap_or_default();
                let count = rest.len().min(into.len());
                for (to, from) in into.iter_mut().zip(rest) {
                    *to = *from;
                }
                count
            }
            Body::Copy(file) => read_at(file, into, self.at)?,
            Body::File(file, meter) => {
                let read = read_at(file, into, self.at);
                let count = read.map_err(|error| Fault::Read(error.to_string()).into_error())?;
                meter.add_raw(count);
                if let Some(fault) = meter.fault() {
                    return Err(fault.into_error());
                }
                count
            }
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Seekable {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(back) => self.length.checked_add_signed(back),
            SeekFrom::Current(step) => self.at.checked_add_signed(step),
        };
        self.at = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
