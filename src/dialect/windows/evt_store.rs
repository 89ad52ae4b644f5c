//! The bytes of an .evt file as the ring that it is: behind the last byte follows the first one after the header.
//!
//! A ring is walked from its middle, which a stream cannot; the bytes are set aside, small files in memory and larger
//! ones in a temporary file, and are read through a window.

use std::io::{self, Read, Seek, SeekFrom};

use tempfile::SpooledTempFile;

use super::evt_record::{self, HEADER, LONGEST};

/// Files up to this size stay in memory.
const IN_MEMORY: usize = 16 * 1024 * 1024;
/// How much is read at a time. Twice the longest record: looking at the end of one never makes the walk read the
/// same bytes over and over.
const WINDOW: usize = 2 * LONGEST;
/// How much is searched at a time.
const PIECE: usize = 4 * 1024;

/// The ring.
pub(super) struct Ring {
    file: SpooledTempFile,
    length: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl Ring {
    /// Takes everything that there is.
    pub(super) fn take(bytes: &mut dyn Read) -> io::Result<Ring> {
        let mut file = SpooledTempFile::new(IN_MEMORY);
        let length = io::copy(bytes, &mut file)?;
        Ok(Ring { file, length, window: Vec::new(), window_at: 0 })
    }

    /// Bytes of the file.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that go round.
    pub(super) fn round(&self) -> u64 {
        self.length.saturating_sub(HEADER)
    }

    /// The offset `step` bytes further on.
    pub(super) fn further(&self, at: u64, step: u64) -> u64 {
        let round = self.round().max(1);
        HEADER + (at.saturating_sub(HEADER) + step) % round
    }

    /// How many bytes lie between two offsets, going forward.
    pub(super) fn between(&self, from: u64, to: u64) -> u64 {
        let round = self.round().max(1);
        let (from, to) = (from.saturating_sub(HEADER) % round, to.saturating_sub(HEADER) % round);
        if to >= from { to - from } else { to + round - from }
    }

    /// `count` bytes from `at` on, round the end of the file; fewer where the file is shorter than that.
    pub(super) fn read(&mut self, at: u64, count: usize, into: &mut Vec<u8>) -> io::Result<()> {
        into.clear();
        let mut at = at;
        while into.len() < count {
            let piece = self.plain(at, count - into.len())?;
            if piece.is_empty() {
                if at < self.length || at == HEADER || self.round() == 0 {
                    return Ok(());
                }
                at = HEADER;
                continue;
            }
            let taken = piece.len();
            into.extend_from_slice(piece);
            at += taken as u64;
        }
        Ok(())
    }

    /// Up to `count` bytes from `at` on, as they lie in the file; none behind its end.
    pub(super) fn plain(&mut self, at: u64, count: usize) -> io::Result<&[u8]> {
        if at >= self.length {
            return Ok(&[]);
        }
        let wanted = count.min(WINDOW);
        let end = self.window_at + self.window.len() as u64;
        let is_there = at >= self.window_at && at < end && (at + wanted as u64 <= end || end == self.length);
        if !is_there {
            self.window.clear();
            self.file.seek(SeekFrom::Start(at))?;
            self.file.by_ref().take(WINDOW as u64).read_to_end(&mut self.window)?;
            self.window_at = at;
        }
        let from = usize::try_from(at - self.window_at).unwrap_or(usize::MAX);
        let rest = self.window.get(from..).unwrap_or(&[]);
        Ok(rest.get(..wanted).unwrap_or(rest))
    }

    /// Where `what` stands next, from `at` on and before `to`, as the bytes lie in the file.
    pub(super) fn find(&mut self, what: &[u8], at: u64, to: u64) -> io::Result<Option<u64>> {
        let mut at = at;
        while at < to {
            let piece = self.plain(at, PIECE)?;
            if let Some(found) = memchr::memmem::find(piece, what) {
                let found = at + found as u64;
                return Ok(Some(found).filter(|found| *found < to));
            }
            let step = piece.len().saturating_sub(what.len() - 1);
            if step == 0 || piece.len() < PIECE {
                return Ok(None);
            }
            at += step as u64;
        }
        Ok(None)
    }

    /// The record that begins at `at` and is no longer than `left`, round the end of the file; only a sound one.
    pub(super) fn sound(&mut self, at: u64, left: u64, into: &mut Vec<u8>) -> io::Result<bool> {
        let Some(size) = evt_record::size(self.plain(at, 8)?).filter(|size| *size as u64 <= left) else {
            return Ok(false);
        };
        let plain = self.plain(at, size)?;
        if plain.len() < size {
            self.read(at, size, into)?;
        } else if evt_record::is_closed(plain) {
            into.clear();
            into.extend_from_slice(plain);
        } else {
            return Ok(false);
        }
        Ok(into.len() == size && evt_record::is_closed(into))
    }

    /// How far it is from `at` to the next sound record, looking `left` bytes ahead; `left` where there is none.
    pub(super) fn distance_to_next(&mut self, at: u64, left: u64) -> io::Result<u64> {
        let mut record = Vec::new();
        let mut step = 0;
        while step < left {
            let here = self.further(at, step);
            let until = (here + (left - step)).min(self.length);
            let mut from = here;
            while let Some(found) = self.find(evt_record::SIGNATURE, from, until)? {
                let begin = found.saturating_sub(4);
                let gone = step + begin.saturating_sub(here);
                if begin >= here && self.sound(begin, left.saturating_sub(gone), &mut record)? {
                    return Ok(gone);
                }
                from = found + 1;
            }
            step += (until - here).max(1);
        }
        Ok(left)
    }
}
