//! One large file as pieces that are read side by side, such that every line is in exactly one of them.
//!
//! A line belongs to the chunk in which its first byte stands. So a chunk begins behind the first line break at or
//! after its start (or right there, if the byte before ends a line) and reads past its end to finish its last line.
//! All chunks read through one open file: were it renamed and begun anew meanwhile, they would still read the same.
//! Only for plain UTF-8, in which the byte 0A is always a line break.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use super::MAX_LINE;
use super::decode::Coder;
use super::encoding::Encoding;
use super::fault::Fault;
use super::limits::Meter;
use super::reader::{Sizes, TextReader};
use super::unpack::{Bytes, Counted};

/// A piece of a file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkRange {
    /// First byte.
    pub start: u64,
    /// Behind the last byte.
    pub end: u64,
}

/// An open file that may be read in chunks.
#[derive(Clone, Debug)]
pub struct PlainFile {
    path: String,
    file: Arc<File>,
    /// From where its text begins, to its length when it was opened. What is appended meanwhile belongs to the
    /// next scan, except the rest of the last line.
    text: Range<u64>,
    marked: bool,
    multibyte: bool,
    meter: Arc<Meter>,
}

impl PlainFile {
    pub(super) fn new(
        path: &str,
        file: &Arc<File>,
        text: Range<u64>,
        coder: &Coder,
        meter: &Arc<Meter>,
    ) -> PlainFile {
        PlainFile {
            path: path.to_owned(),
            file: Arc::clone(file),
            text,
            marked: coder.marked,
            multibyte: coder.multibyte,
            meter: Arc::clone(meter),
        }
    }

    /// Bytes of text that it had when it was opened.
    pub fn length(&self) -> u64 {
        self.text.end.saturating_sub(self.text.start)
    }

    /// The same without what stands before a place at which a line begins.
    pub fn from(mut self, start: u64) -> PlainFile {
        self.text.start = start.clamp(self.text.start, self.text.end);
        self
    }

    /// The whole of it as one piece.
    pub fn range(&self) -> ChunkRange {
        ChunkRange { start: self.text.start, end: self.text.end }
    }

    /// Where its last line begins, which may be half written: behind the last line break, or where its text begins
    /// if there is none for the length of the longest line.
    pub fn last_line(&self) -> u64 {
        self.lines_before(self.text.end, 0).unwrap_or(self.text.start)
    }

    /// Where the line begins that stands `count` lines before the one in which the byte at `end` stands. `None`: not
    /// in the length of the longest line.
    pub fn lines_before(&self, end: u64, count: u64) -> Option<u64> {
        let start = end.saturating_sub(MAX_LINE as u64).max(self.text.start);
        let (mut at, mut left) = (end, count);
        let mut buffer = Vec::new();
        while at > start {
            let from = at.saturating_sub(SEARCH_BYTES as u64).max(start);
            buffer.resize(usize::try_from(at - from).ok()?, 0);
            let mut held = 0;
            while held < buffer.len() {
                match read_at(&self.file, buffer.get_mut(held..)?, from + held as u64).ok()? {
                    0 => return None,
                    read => held += read,
                }
            }
            self.meter.add_raw(held);
            for found in memchr::memrchr_iter(b'\n', &buffer) {
                if left == 0 {
                    return Some(from + found as u64 + 1);
                }
                left -= 1;
            }
            at = from;
        }
        (start == self.text.start && left == 0).then_some(start)
    }

    /// Cuts it into chunks of this many bytes (at least one); the last one is smaller.
    pub fn cut(&self, chunk_bytes: u64) -> Vec<ChunkRange> {
        let size = chunk_bytes.max(1);
        let count = self.length().div_ceil(size);
        (0..count)
            .map(|index| {
                let start = self.text.start + index * size;
                ChunkRange { start, end: (start + size).min(self.text.end) }
            })
            .collect()
    }

    /// Moves the borders between chunks to the next line that `begins` a record, so that no record is cut. A border
    /// behind which no record begins for the length of the longest line is taken away.
    pub fn align(&self, ranges: Vec<ChunkRange>, begins: &dyn Fn(&str) -> bool) -> Vec<ChunkRange> {
        let mut aligned: Vec<ChunkRange> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match aligned.last_mut() {
                None => aligned.push(range),
                Some(before) => match self.find_begin(range, begins) {
                    Some(start) => {
                        before.end = start;
                        aligned.push(ChunkRange { start, end: range.end });
                    }
                    None => before.end = range.end,
                },
            }
        }
        aligned
    }

    /// Where in a chunk the first line stands that begins a record.
    fn find_begin(&self, range: ChunkRange, begins: &dyn Fn(&str) -> bool) -> Option<u64> {
        let from = range.start.saturating_sub(1);
        let most = usize::try_from(range.end.saturating_sub(from)).unwrap_or(usize::MAX).min(MAX_LINE);
        let mut bytes = Vec::new();
        // Of the line that is looked at; the one that the byte before the chunk stands in is none of it.
        let mut line: Option<usize> = None;
        while bytes.len() < most {
            let held = bytes.len();
            bytes.resize((held + SEARCH_BYTES).min(most), 0);
            // What cannot be read is told by the one who reads the chunk.
            let count = read_at(&self.file, bytes.get_mut(held..)?, from + held as u64).ok()?;
            bytes.truncate(held + count);
            self.meter.add_raw(count);
            for end in memchr::memchr_iter(b'\n', bytes.get(held..)?).map(|at| held + at) {
                if let Some(start) = line {
                    let content = String::from_utf8_lossy(bytes.get(start..end)?);
                    if begins(content.trim_end_matches('\r')) {
                        return Some(from + start as u64);
                    }
                }
                line = Some(end + 1);
            }
            if count == 0 {
                return None;
            }
        }
        None
    }

    /// Reads the lines of one chunk. Lines are counted from the beginning of the chunk; the outcomes of all chunks,
    /// joined in order, are that of the file.
    pub fn read(&self, range: ChunkRange) -> TextReader<'static> {
        self.read_in(range, Sizes::USUAL)
    }

    pub(super) fn read_in(&self, range: ChunkRange, sizes: Sizes) -> TextReader<'static> {
        let lines = Lines {
            file: Arc::clone(&self.file),
            at: range.start,
            end: range.end,
            state: match range {
                ChunkRange { start, end } if start >= end => State::Done,
                ChunkRange { start, .. } if start <= self.text.start => State::Inside,
                _ => State::Before,
            },
        };
        let mut coder = Coder::new(Encoding::Utf8);
        coder.marked = self.marked;
        coder.multibyte = self.multibyte;
        let counted = Counted { reader: lines, meter: Arc::clone(&self.meter) };
        TextReader::new(&self.path, Bytes::plain(Box::new(counted), &self.meter), coder, sizes)
    }
}

/// The bytes of the lines that begin in `at..end`.
struct Lines {
    file: Arc<File>,
    at: u64,
    end: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The first line is still to be found.
    Before,
    Inside,
    Done,
}

/// How much is read at a time to find the first line break; most lines are far shorter.
const SEARCH_BYTES: usize = 8 * 1024;

impl Lines {
    /// Finds where the first line begins. It may be behind the end: then the whole chunk lies in a line of an
    /// earlier one.
    fn find_first(&mut self) -> io::Result<State> {
        let mut buffer = vec![0; SEARCH_BYTES];
        let mut at = self.at.saturating_sub(1);
        while at + 1 < self.end {
            let count = read_at(&self.file, &mut buffer, at)?;
            if count == 0 {
                return self.end_of_file(at);
            }
            let piece = buffer.get(..count).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', piece) {
                self.at = at + found as u64 + 1;
                return Ok(if self.at < self.end { State::Inside } else { State::Done });
            }
            at += count as u64;
        }
        Ok(State::Done)
    }

    /// The file ends at `at`: was it longer when it was cut?
    fn end_of_file(&self, at: u64) -> io::Result<State> {
        if at < self.end && self.file.metadata().is_ok_and(|now| now.len() < self.end) {
            return Err(Fault::Shorter.into_error());
        }
        Ok(State::Done)
    }
}

impl Read for Lines {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.state == State::Before {
            self.state = self.find_first()?;
        }
        if self.state == State::Done || into.is_empty() {
            return Ok(0);
        }
        let count = read_at(&self.file, into, self.at)?;
        if count == 0 {
            self.state = self.end_of_file(self.at)?;
            return Ok(0);
        }
        // The last line is the one that the byte before the end stands in.
        let last = usize::try_from(self.end.saturating_sub(1).saturating_sub(self.at)).unwrap_or(usize::MAX);
        let tail = into.get(..count).and_then(|read| read.get(last..)).unwrap_or_default();
        let used = match memchr::memchr(b'\n', tail) {
            Some(found) => {
                self.state = State::Done;
                last + found + 1
            }
            None => count,
        };
        self.at += used as u64;
        Ok(used)
    }
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, at)
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, at)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::base::{Feed, NoticeCode};
    use crate::input::{Found, Origin, Outcome};

    const SMALL: Sizes = Sizes { head: 64, block: 64, line: 200 };

    fn plain(bytes: &[u8]) -> (tempfile::NamedTempFile, TextReader<'static>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().write_all(bytes).unwrap();
        let opened = Arc::new(File::open(file.path()).unwrap());
        let bytes_of = Bytes::unpacked(Box::new(Arc::clone(&opened)), &Arc::default());
        let reader = TextReader::begin("a.log", bytes_of, Some((opened, bytes.len() as u64)), SMALL);
        (file, reader)
    }

    fn text(mut reader: TextReader<'_>) -> (String, Outcome) {
        let (mut all, mut buffer) = (String::new(), String::new());
        loop {
            let block = reader.next_block(&mut buffer, usize::MAX);
            all.push_str(&buffer);
            if block.feed == Feed::Full {
                all.push('|');
            }
            if block.feed == Feed::Last {
                return (all, reader.finish());
            }
        }
    }

    fn joined(file: &PlainFile, chunk_bytes: u64) -> (String, Outcome) {
        let mut parts = file.cut(chunk_bytes).into_iter().map(|range| text(file.read_in(range, SMALL)));
        let (mut all, mut outcome) = parts.next().unwrap_or((String::new(), Outcome::new(Encoding::Utf8)));
        for (part, next) in parts {
            all.push_str(&part);
            outcome.join(next);
        }
        (all, outcome)
    }

    #[test]
    fn every_line_is_in_the_chunk_in_which_it_begins() {
        let (_file, reader) = plain(b"aa\nbbbb\nc\n\ndddddddddd\ne");
        let file = reader.plain_file().unwrap();
        let chunks = |size| -> Vec<String> {
            file.cut(size).into_iter().map(|range| text(file.read_in(range, SMALL)).0).collect()
        };
        assert_eq!(chunks(3), ["aa\n", "bbbb\n", "c\n", "\ndddddddddd\n", "", "", "", "e"]);
        assert_eq!(chunks(4), ["aa\nbbbb\n", "", "c\n\ndddddddddd\n", "", "", "e"]);
        assert_eq!(chunks(100), ["aa\nbbbb\nc\n\ndddddddddd\ne"]);
        assert!(reader.cuttable().is_none());
    }

    #[test]
    fn borders_move_to_where_records_begin() {
        let (_file, reader) = plain(b"#a\nbb\nccc\n#d\n\n#e\nf\n");
        let file = reader.plain_file().unwrap();
        for size in 1..30 {
            let ranges = file.align(file.cut(size), &|line| line.starts_with('#'));
            assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, file.length()));
            assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
            let texts: Vec<String> =
                ranges.into_iter().map(|range| text(file.read_in(range, SMALL)).0).collect();
            assert!(texts.iter().all(|text| text.starts_with('#')), "{texts:?}");
            assert_eq!(texts.concat(), "#a\nbb\nccc\n#d\n\n#e\nf\n");
        }
        let one = file.align(file.cut(3), &|_| false);
        assert_eq!(one, [ChunkRange { start: 0, end: file.length() }]);
    }

    #[test]
    fn what_is_no_plain_text_is_not_cut() {
        assert!(plain(b"one\rtwo\r").1.plain_file().is_none());
        assert!(plain(b"\xff\xfea\0").1.plain_file().is_none());
        assert!(plain(b"\x1f\x8b\x08\0").1.plain_file().is_none());
        assert!(plain(b"ElfFile\0").1.plain_file().is_none());
        assert!(plain(b"\xef\xbb\xbftext\n").1.plain_file().is_some());
    }

    #[test]
    fn a_large_file_is_cut_as_it_is_opened() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let line = b"14:55:05.986 [5132.5812] <2> bpdm: nothing happens\n";
        file.as_file().write_all(&line.repeat(400_000)).unwrap();
        let origin = Origin::File(file.path().to_path_buf());
        let found = Found::new("a.log", origin);
        let plain = TextReader::open(&found).unwrap().cuttable().unwrap();
        let ranges = plain.cut(crate::input::CHUNK_BYTES);
        assert_eq!((plain.length(), ranges.len()), (line.len() as u64 * 400_000, 3));
        let breaks: u64 = ranges.into_iter().map(|range| text(plain.read(range)).1.breaks).sum();
        assert_eq!(breaks, 400_000);
    }

    #[test]
    fn a_file_that_shrinks_or_grows_breaks_nothing() {
        let (file, reader) = plain(&b"one line\n".repeat(100));
        let cut = reader.plain_file().unwrap();
        file.as_file().set_len(454).unwrap();
        let (all, outcome) = joined(&cut, 100);
        assert_eq!(all, "one line\n".repeat(50) + "one ");
        let codes: Vec<_> = outcome.notices("a.log").iter().map(|notice| notice.code).collect();
        assert_eq!(codes, [NoticeCode::ReadFailed]);

        let (mut file, reader) = plain(b"one line\nhalf");
        let cut = reader.plain_file().unwrap();
        file.write_all(&[b"one line\nhalf".as_slice(), b" a line\nnew line\n"].concat()).unwrap();
        let (all, outcome) = joined(&cut, 5);
        assert!(all.starts_with("one line\nhalf"));
        assert!(!all.contains("new line"));
        assert_eq!(outcome.notices("a.log"), vec![]);
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            Just(b"14:55:05.986 [5132.5812] <2> bpdm: ok\r\n".to_vec()),
            Just("Größe „5 €“ 日本 😀\n".as_bytes().to_vec()),
            Just(b"f\xfcr Gr\xf6\xdfe\n".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\xe2\x82\n".to_vec()),
            Just(b"\xef\xbb\xbf".to_vec()),
            Just(vec![b'x'; 150]),
            Just(vec![0; 3]),
        ];
        proptest::collection::vec(part, 0..16).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn chunks_of_any_size_give_the_same_as_the_whole(bytes in bytes(), size in 1_u64..300) {
            let (_file, reader) = plain(&bytes);
            let Some(file) = reader.plain_file() else { return Ok(()) };
            let whole = text(reader);
            let mut chunked = joined(&file, size);
            chunked.1.multibyte = whole.1.multibyte;
            chunked.1.raw_bytes += whole.1.raw_bytes - file.length();
            prop_assert_eq!(whole, chunked);
        }
    }
}
