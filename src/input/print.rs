//! How a file of last night is known again tonight, whatever its name is now: by its place in the file system, or by
//! its first and last bytes.
//!
//! A log that is renamed keeps both; one that is appended to keeps the beginning and what stood before its old end;
//! one that is compressed keeps them behind the compression. A log that was rewritten keeps neither. What lies in
//! the middle of a file longer than two windows is not looked at: no product changes a log there, and looking would
//! mean to read everything again every night.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::chunks::read_at;
use super::discover::{Found, Origin};
use super::limits::{Limits, Meter, Watch};
use super::open::open_file;
use super::reader::open_bytes;
use super::unpack::Bytes;

/// How many bytes at the beginning, and before the end, tell a file from all others. Exports of one product share
/// headers of some KiB; behind them stand time stamps.
pub const WINDOW: u64 = 64 * 1024;

/// Where a file is and when it was last touched. Equal: nobody has written to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileStat {
    /// Device and number of the file, where the system numbers files.
    pub number: Option<(u64, u64)>,
    /// Bytes.
    pub length: u64,
    /// Last change of its content, in nanoseconds since 1970.
    pub modified: i64,
    /// Last change of its content, name or rights, in nanoseconds since 1970; 0 where the system does not tell.
    pub changed: i64,
}

impl FileStat {
    /// What the file system says of a file now; `None` for what is no file.
    pub fn of(found: &Found) -> Option<FileStat> {
        let Origin::File(path) = &found.origin else { return None };
        stat(path)
    }
}

#[cfg(unix)]
fn stat(path: &Path) -> Option<FileStat> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
    Some(FileStat {
        number: (metadata.ino() != 0).then(|| (metadata.dev(), metadata.ino())),
        length: metadata.len(),
        modified: nanos(metadata.mtime(), metadata.mtime_nsec()),
        changed: nanos(metadata.ctime(), metadata.ctime_nsec()),
    })
}

#[cfg(not(unix))]
fn stat(path: &Path) -> Option<FileStat> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let since = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(FileStat {
        number: None,
        length: metadata.len(),
        modified: i64::try_from(since.as_nanos()).ok()?,
        changed: 0,
    })
}

/// What the first `length` bytes of a file look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// So many bytes it stands for.
    pub length: u64,
    /// Of the first bytes, [`WINDOW`] at most.
    pub head: u64,
    /// Of the last bytes before `length`, [`WINDOW`] at most.
    pub tail: u64,
}

impl Print {
    /// How many first bytes `head` stands for.
    pub fn head_length(self) -> u64 {
        self.length.min(WINDOW)
    }
}

/// The beginning of a file, and how to look at the rest of it.
pub struct Probe {
    file: Arc<File>,
    meter: Arc<Meter>,
    found: Found,
    /// First bytes of the file itself.
    raw: Vec<u8>,
    /// First bytes behind a compression, if there is one.
    unpacked: Option<Vec<u8>>,
    /// When it was opened.
    length: u64,
}

impl Probe {
    /// Opens a file and reads its beginning; `None` where that is not to be had.
    pub fn open(found: &Found, watch: &Arc<Watch>) -> Option<Probe> {
        let Origin::File(path) = &found.origin else { return None };
        let (file, metadata) = open_file(path).ok()?;
        let meter = Arc::new(Meter::new(Limits::default(), watch));
        let raw = window(&file, 0, WINDOW, &meter)?;
        let unpacked = Bytes::unpacked(Box::new(raw.as_slice()), &Arc::default());
        let is_packed = unpacked.is_packed();
        drop(unpacked);
        let mut probe = Probe {
            file: Arc::new(file),
            meter,
            found: found.clone(),
            raw,
            unpacked: None,
            length: metadata.len(),
        };
        if is_packed {
            let mut first = Vec::new();
            probe.bytes()?.take(WINDOW).read_to_end(&mut first).ok()?;
            probe.unpacked = Some(first);
        }
        Some(probe)
    }

    fn bytes(&self) -> Option<Bytes<'static>> {
        Some(open_bytes(&self.found, &self.meter).ok()?.0)
    }

    /// Bytes of the file when it was opened.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Is it compressed as a whole?
    pub fn is_packed(&self) -> bool {
        self.unpacked.is_some()
    }

    /// Hashes of the first bytes, one for each of the ascending `lengths` that the beginning reaches: of the file
    /// itself, or of what its compression hides.
    pub fn heads(&self, lengths: &[u64], behind_compression: bool) -> Vec<(u64, u64)> {
        let bytes = if behind_compression { self.unpacked.as_deref() } else { Some(self.raw.as_slice()) };
        let mut rest = bytes.unwrap_or_default();
        let (mut hasher, mut done) = (DefaultHasher::new(), 0);
        let mut found = Vec::new();
        for length in lengths {
            let Some((next, left)) =
                usize::try_from(length - done).ok().and_then(|step| rest.split_at_checked(step))
            else {
                break;
            };
            hasher.write(next);
            (rest, done) = (left, *length);
            found.push((*length, hasher.finish()));
        }
        found
    }

    /// Do the bytes before `print.length` end as they did? Only asked where the heads are equal.
    pub fn continues(&self, print: Print) -> bool {
        if print.length <= WINDOW {
            return self.length >= print.length;
        }
        self.length >= print.length && self.tail(print.length) == Some(print.tail)
    }

    /// The same behind the compression; the second value tells whether nothing follows there. Reads all of it.
    pub fn unpacks_to(&self, print: Print) -> Option<bool> {
        let mut bytes = self.bytes()?;
        let tail_at = print.length.saturating_sub(WINDOW);
        skip(&mut bytes, tail_at)?;
        let mut tail = Vec::new();
        bytes.by_ref().take(print.length - tail_at).read_to_end(&mut tail).ok()?;
        let same = tail.len() as u64 == print.length - tail_at && hash(&tail) == print.tail;
        let mut more = [0];
        same.then(|| bytes.read(&mut more).ok().map(|count| count == 0)).flatten()
    }

    fn tail(&self, length: u64) -> Option<u64> {
        let at = length.saturating_sub(WINDOW);
        let bytes = window(&self.file, at, length - at, &self.meter)?;
        (bytes.len() as u64 == length - at).then(|| hash(&bytes))
    }

    /// The print of the first `length` bytes. A file that became shorter meanwhile has none.
    pub fn print(&self, length: u64) -> Option<Print> {
        let head = self.raw.get(..usize::try_from(length.min(WINDOW)).ok()?)?;
        Some(Print { length, head: hash(head), tail: self.tail(length)? })
    }

    /// The print of the first `length` bytes of a file that only grew since it had another print, and the whole lines
    /// among its last bytes. `None`: it must be opened and looked at.
    pub fn print_of_grown(
        found: &Found,
        before: Print,
        length: u64,
        watch: &Arc<Watch>,
    ) -> Option<(Print, Vec<u8>)> {
        let Origin::File(path) = &found.origin else { return None };
        if before.length < WINDOW || length < before.length {
            return None;
        }
        let meter = Meter::new(Limits::default(), watch);
        let bytes = window(&open_file(path).ok()?.0, length - WINDOW, WINDOW, &meter)?;
        let print = Print { length, head: before.head, tail: hash(&bytes) };
        (bytes.len() as u64 == WINDOW).then(|| (print, last_lines(&bytes, false)))
    }

    /// Do these bytes stand anywhere in the file (behind its compression)?
    pub fn holds(&self, needle: &[u8]) -> bool {
        let finder = memchr::memmem::Finder::new(needle);
        let Some(mut bytes) = self.bytes() else { return false };
        let mut buffer = Vec::new();
        loop {
            match bytes.by_ref().take(super::BLOCK_BYTES as u64).read_to_end(&mut buffer) {
                Ok(0) | Err(_) => return false,
                Ok(_) if finder.find(&buffer).is_some() => return true,
                Ok(_) => {}
            }
            let done = buffer.len().saturating_sub(needle.len());
            buffer.drain(..done);
        }
    }

    /// The last whole lines before `length`, in some hundred bytes; empty where there are none.
    pub fn last_lines(&self, length: u64) -> Vec<u8> {
        let at = length.saturating_sub(LAST_LINES);
        let bytes = window(&self.file, at, length - at, &self.meter).unwrap_or_default();
        last_lines(&bytes, at == 0)
    }
}

/// So many bytes of the end of a log are known again wherever they stand.
const LAST_LINES: u64 = 400;

/// The whole lines among the last bytes of a file; `is_whole`: these are all of its bytes.
fn last_lines(bytes: &[u8], is_whole: bool) -> Vec<u8> {
    let from = bytes.len().saturating_sub(LAST_LINES as usize);
    let bytes = bytes.get(from..).unwrap_or_default();
    let first = match is_whole && from == 0 {
        true => Some(0),
        false => memchr::memchr(b'\n', bytes).map(|found| found + 1),
    };
    let last = memchr::memrchr(b'\n', bytes).map(|found| found + 1);
    match (first, last) {
        (Some(first), Some(last)) if first < last => bytes.get(first..last).unwrap_or_default().to_vec(),
        _ => Vec::new(),
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

fn skip(reader: &mut impl Read, count: u64) -> Option<()> {
    let skipped = std::io::copy(&mut reader.by_ref().take(count), &mut std::io::sink()).ok()?;
    (skipped == count).then_some(())
}

/// Up to `length` bytes at a place of a file.
fn window(file: &File, at: u64, length: u64, meter: &Meter) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length.min(WINDOW)).ok()?];
    let mut filled = 0;
    while filled < bytes.len() {
        match read_at(file, bytes.get_mut(filled..)?, at + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    meter.add_raw(filled);
    bytes.truncate(filled);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn found(path: &Path) -> Found {
        Found::new("x.log", Origin::File(path.to_path_buf()))
    }

    fn probe(path: &Path) -> Probe {
        Probe::open(&found(path), &Arc::default()).unwrap()
    }

    fn text(lines: std::ops::Range<usize>) -> Vec<u8> {
        lines.flat_map(|line| format!("{line:08} something was logged here\n").into_bytes()).collect()
    }

    #[test]
    fn a_file_is_known_again_when_it_grew_and_not_when_it_was_rewritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        for lines in [10, 100_000] {
            std::fs::write(&path, text(0..lines)).unwrap();
            let length = std::fs::metadata(&path).unwrap().len();
            let print = probe(&path).print(length).unwrap();
            let same_head =
                |probe: &Probe| probe.heads(&[print.head_length()], false).first().map(|found| found.1);
            std::fs::write(&path, text(0..lines + 1)).unwrap();
            let grown = probe(&path);
            assert!(same_head(&grown) == Some(print.head) && grown.continues(print));
            std::fs::write(&path, text(1..lines + 2)).unwrap();
            assert_ne!(same_head(&probe(&path)), Some(print.head));
            std::fs::write(&path, text(0..lines - 1)).unwrap();
            assert!(!probe(&path).continues(print));
        }
    }

    #[test]
    fn another_end_behind_the_same_beginning_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut bytes = text(0..50_000);
        std::fs::write(&path, &bytes).unwrap();
        let print = probe(&path).print(bytes.len() as u64).unwrap();
        let at = bytes.len() - 10;
        bytes[at] = b'!';
        std::fs::write(&path, &bytes).unwrap();
        let changed = probe(&path);
        assert_eq!(changed.heads(&[WINDOW], false)[0].1, print.head);
        assert!(!changed.continues(print));
    }

    #[test]
    fn a_compressed_file_is_known_by_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let (plain, packed) = (folder.path().join("a.log"), folder.path().join("a.log.gz"));
        std::fs::write(&plain, text(0..50_000)).unwrap();
        let print = probe(&plain).print(std::fs::metadata(&plain).unwrap().len()).unwrap();
        for (lines, expected) in [(50_000, Some(true)), (50_001, Some(false)), (49_999, None)] {
            let file = File::create(&packed).unwrap();
            let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            gzip.write_all(&text(0..lines)).unwrap();
            gzip.finish().unwrap();
            let probe = probe(&packed);
            assert!(probe.is_packed());
            assert_eq!(probe.heads(&[10, WINDOW], true)[1].1, print.head);
            assert_eq!(probe.unpacks_to(print), expected);
        }
        assert!(probe(&packed).holds(b"00049998 something"));
        assert!(!probe(&packed).holds(b"00049999 something"));
    }

    #[test]
    fn last_lines_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let bytes = [text(0..100), b"half a li".to_vec()].concat();
        std::fs::write(&path, &bytes).unwrap();
        let last = probe(&path).last_lines(bytes.len() as u64);
        assert!(last.starts_with(b"000000") && last.ends_with(b"00000099 something was logged here\n"));
        assert!(probe(&path).holds(&last));
    }
}
