//! Where the values and texts of events wait until they are asked for: in memory while they are few, in a temporary file
//! beyond that. A flood of matched records has as much text as its log, and a finding quotes a few of them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

/// Beyond this, what is kept goes to a temporary file: small beside the memory that blocks and tables take.
const IN_MEMORY: usize = 16 * 1024 * 1024;
/// So much is gathered before it is written once there is a file.
const GATHERED: usize = 256 * 1024;
/// The file is read in pieces of this size ...
const PAGE: usize = 32 * 1024;
/// ... of which so many are held: events near each other in time stand near each other in the file.
const PAGES: usize = 128;
/// Everything begins at a multiple of this, so that an address is a small number.
const UNIT: u64 = 16;

/// Keeps bytes.
#[derive(Debug, Default)]
pub struct Spill {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    file: Option<File>,
    /// Bytes in the file.
    written: u64,
    /// What stands behind them, not yet written.
    tail: Vec<u8>,
    /// The disk is full or cannot be written: everything stays in memory, for nothing that was read is lost.
    stays: bool,
    pages: Vec<Option<(u64, Vec<u8>)>>,
    scratch: Vec<u8>,
}

/// Where something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(u32);

impl Spill {
    /// Nothing is kept yet.
    pub fn new() -> Spill {
        Spill::default()
    }

    /// Keeps bytes; `None`: there is no address left for them (beyond 64 GiB).
    pub fn keep(&self, bytes: &[u8]) -> Option<Address> {
        let mut held = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let at = held.written + held.tail.len() as u64;
        let address = Address(u32::try_from(at / UNIT).ok()?);
        let length = u32::try_from(bytes.len()).ok()?;
        held.tail.extend_from_slice(&length.to_le_bytes());
        held.tail.extend_from_slice(bytes);
        let whole = held.tail.len().next_multiple_of(UNIT as usize);
        held.tail.resize(whole, 0);
        held.write_out();
        Some(address)
    }

    /// Gives what was kept to `look`; nothing where it cannot be read any more.
    pub fn look<T>(&self, address: Address, look: impl FnOnce(&[u8]) -> T) -> T {
        let mut held = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let at = u64::from(address.0) * UNIT;
        let mut scratch = std::mem::take(&mut held.scratch);
        let length = held.fetch(at, 4, &mut scratch).then(|| scratch.first_chunk::<4>().copied()).flatten();
        let length = length.map_or(0, |length| u32::from_le_bytes(length) as usize);
        if !held.fetch(at + 4, length, &mut scratch) {
            scratch.clear();
        }
        let looked = look(&scratch);
        held.scratch = scratch;
        looked
    }
}

impl Inner {
    fn write_out(&mut self) {
        let most = if self.file.is_some() { GATHERED } else { IN_MEMORY };
        if self.stays || self.tail.len() < most {
            return;
        }
        if self.file.is_none() {
            self.file = tempfile::tempfile().ok();
        }
        let written = self.file.as_mut().is_some_and(|file| {
            file.seek(SeekFrom::Start(self.written)).and_then(|_| file.write_all(&self.tail)).is_ok()
        });
        if written {
            // The last page read may end where the file did.
            let last = self.written / PAGE as u64;
            self.written += self.tail.len() as u64;
            self.tail = Vec::with_capacity(GATHERED + PAGE);
            for page in self.pages.iter_mut().filter(|page| page.as_ref().is_some_and(|(at, _)| *at == last))
            {
                *page = None;
            }
        } else {
            self.stays = true;
        }
    }

    /// Copies bytes into `to`. Are they all there?
    fn fetch(&mut self, mut at: u64, bytes: usize, to: &mut Vec<u8>) -> bool {
        to.clear();
        while to.len() < bytes {
            let wanted = bytes - to.len();
            let part = match at.checked_sub(self.written) {
                Some(behind) => {
                    let from = usize::try_from(behind).unwrap_or(usize::MAX);
                    self.tail.get(from..).unwrap_or_default()
                }
                None => {
                    let (page, from) = (at / PAGE as u64, (at % PAGE as u64) as usize);
                    self.page(page).get(from..).unwrap_or_default()
                }
            };
            let part = part.get(..wanted.min(part.len())).unwrap_or_default();
            if part.is_empty() {
                return false;
            }
            at += part.len() as u64;
            to.extend_from_slice(part);
        }
        true
    }

    /// A page of the file; empty where it cannot be read.
    fn page(&mut self, number: u64) -> &[u8] {
        if self.pages.is_empty() {
            self.pages.resize_with(PAGES, || None);
        }
        let (at, length) = (number * PAGE as u64, self.written);
        let slot = self.pages.get_mut((number % PAGES as u64) as usize);
        let (Some(slot), Some(file)) = (slot, &mut self.file) else { return &[] };
        if slot.as_ref().is_none_or(|(held, _)| *held != number) {
            let bytes = length.saturating_sub(at).min(PAGE as u64) as usize;
            let mut buffer = slot.take().map_or_else(Vec::new, |(_, buffer)| buffer);
            buffer.resize(bytes, 0);
            if file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut buffer)).is_ok() {
                *slot = Some((number, buffer));
            }
        }
        slot.as_ref().map_or(&[], |(_, buffer)| buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_from_memory_and_from_the_file() {
        let spill = Spill::new();
        let text = |number: usize| format!("{number} ").repeat(number % 700);
        let addresses: Vec<Address> =
            (0..30_000).map(|number| spill.keep(text(number).as_bytes()).unwrap()).collect();
        assert!(spill.inner.lock().unwrap().file.is_some());
        for number in [0, 1, 699, 700, 12_345, 29_998, 29_999, 5, 17_000] {
            assert_eq!(spill.look(addresses[number], <[u8]>::to_vec), text(number).as_bytes(), "{number}");
        }
        // Read, written on, read again at the seam.
        for number in 30_000..60_000 {
            let address = spill.keep(text(number).as_bytes()).unwrap();
            assert_eq!(spill.look(address, <[u8]>::to_vec), text(number).as_bytes(), "{number}");
        }
        assert_eq!(spill.look(Address(u32::MAX), <[u8]>::len), 0);
    }

    #[test]
    fn what_cannot_be_written_stays_in_memory() {
        let spill = Spill::new();
        spill.inner.lock().unwrap().stays = true;
        let long = vec![7; IN_MEMORY];
        let addresses = [&long[..], b"a", &long[..], b"b"].map(|bytes| spill.keep(bytes).unwrap());
        assert_eq!(spill.look(addresses[3], <[u8]>::to_vec), b"b");
        assert_eq!(spill.look(addresses[2], <[u8]>::len), IN_MEMORY);
        assert!(spill.inner.lock().unwrap().file.is_none());
    }
}
