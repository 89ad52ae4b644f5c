//! The text of one source, block by block, into a buffer that keeps what the driver has not consumed.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use super::chunks::PlainFile;
use super::decode::Coder;
use super::discover::{Found, Identity, Origin};
use super::encoding::{self, Encoding};
use super::fault::Fault;
use super::limits::Meter;
use super::open::open_file;
use super::outcome::Outcome;
use super::unpack::{Bytes, Counted, Kind};
use super::{BLOCK_BYTES, CUT_FROM, MAX_LINE};
use crate::base::{Feed, Notice};

/// What [`TextReader::next_block`] added to the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Bytes of text.
    pub added: usize,
    /// Line breaks in it.
    pub breaks: u64,
    /// What stands behind it. [`Feed::Full`]: the text ends inside a line that is too long to be handed on in one
    /// piece, and must be consumed as it is.
    pub feed: Feed,
}

/// The amounts in which a source is read; tests use small ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) head: usize,
    pub(super) block: usize,
    /// At least three times the others, since a byte of Windows-1252 may become three of UTF-8: so a block holds at
    /// most one cut.
    pub(super) line: usize,
}

impl Sizes {
    pub(super) const USUAL: Sizes = Sizes { head: BLOCK_BYTES, block: BLOCK_BYTES, line: MAX_LINE };
}

/// The file behind a source, and its length when it was opened.
pub(super) type OpenFile = (Arc<File>, u64);

/// Opens a file or standard input and takes compressions off.
pub(super) fn open_bytes(
    found: &Found,
    meter: &Arc<Meter>,
) -> Result<(Bytes<'static>, Option<OpenFile>), Fault> {
    let meter = Arc::clone(meter);
    match &found.origin {
        Origin::StandardInput => {
            let counted = Counted { reader: std::io::stdin(), meter: Arc::clone(&meter) };
            Ok((Bytes::unpacked(Box::new(counted), &meter), None))
        }
        Origin::File(path) => {
            let (file, metadata) = open_file(path)?;
            if found.identity.as_ref().is_some_and(|identity| *identity != Identity::of(path, &metadata)) {
                meter.note_replaced();
            }
            let file = Arc::new(file);
            let counted = Counted { reader: Arc::clone(&file), meter: Arc::clone(&meter) };
            Ok((Bytes::unpacked(Box::new(counted), &meter), Some((file, metadata.len()))))
        }
    }
}

/// Reads one source, or one chunk of it, as text.
///
/// Rules: after [`Feed::Last`] nothing follows. Where a long line is cut depends on the line alone, not on blocks.
/// Trouble while reading ends the text early and is in the [`Outcome`].
pub struct TextReader<'r> {
    path: String,
    kind: Kind,
    evidence: String,
    bytes: Bytes<'r>,
    coder: Coder,
    sizes: Sizes,
    /// Decoded ahead for recognition.
    head: Option<String>,
    /// What followed the cut in a long line.
    held: String,
    more: bool,
    /// Bytes of the last line so far.
    line_bytes: usize,
    in_long_line: bool,
    /// The file itself, its length when it was opened, and where its text begins.
    file: Option<OpenFile>,
    begin: u64,
    outcome: Outcome,
}

impl<'r> TextReader<'r> {
    /// Opens a file as one source, without looking into archives, and reads its beginning.
    ///
    /// # Errors
    ///
    /// The notice says why it cannot be opened. Trouble behind its beginning is no error here.
    pub fn open(found: &Found) -> Result<TextReader<'r>, Notice> {
        let meter = Arc::default();
        let (bytes, file) = open_bytes(found, &meter).map_err(|fault| fault.notice(&found.path))?;
        Ok(TextReader::begin(&found.path, bytes, file, Sizes::USUAL))
    }

    /// Reads a source from anything that gives bytes.
    pub fn from_read(path: &str, reader: Box<dyn Read + 'r>) -> TextReader<'r> {
        TextReader::begin(path, Bytes::unpacked(reader, &Arc::default()), None, Sizes::USUAL)
    }

    pub(super) fn begin(
        path: &str,
        bytes: Bytes<'r>,
        file: Option<OpenFile>,
        sizes: Sizes,
    ) -> TextReader<'r> {
        TextReader::begin_in(path, bytes, file, sizes, None)
    }

    /// The same in an encoding that the user has said.
    pub(super) fn begin_in(
        path: &str,
        mut bytes: Bytes<'r>,
        file: Option<OpenFile>,
        sizes: Sizes,
        said: Option<Encoding>,
    ) -> TextReader<'r> {
        let hole = bytes.skip_hole();
        let decision = encoding::decide(bytes.sample(), said);
        // A hole of odd length: its last zero belongs to no character.
        let odd = usize::from(
            hole > 0 && decision.encoding == Encoding::Utf8 && bytes.sample().first() == Some(&0),
        );
        let skipped = decision.mark + odd;
        bytes.skip(skipped);
        let mut coder = Coder::new(decision.encoding);
        coder.marked = decision.mark > 0;
        let mut reader = TextReader::new(path, bytes, coder, sizes);
        reader.kind = decision.kind;
        reader.evidence = decision.evidence;
        reader.outcome.encoding = decision.encoding;
        reader.file = file;
        reader.begin = hole + skipped as u64;
        match decision.kind {
            Kind::Text => reader.read_head(),
            Kind::Binary(_) => reader.more = false,
        }
        reader
    }

    /// A reader that takes everything as UTF-8 and looks at nothing ahead.
    pub(super) fn new(path: &str, bytes: Bytes<'r>, coder: Coder, sizes: Sizes) -> TextReader<'r> {
        TextReader {
            path: path.to_owned(),
            kind: Kind::Text,
            evidence: String::new(),
            bytes,
            coder,
            sizes,
            head: None,
            held: String::new(),
            more: true,
            line_bytes: 0,
            in_long_line: false,
            file: None,
            begin: 0,
            outcome: Outcome::new(Encoding::Utf8),
        }
    }

    fn read_head(&mut self) {
        let mut head = String::new();
        self.more = self.coder.decode(&mut self.bytes, &mut head, self.sizes.head);
        // The last character is left out: its line feed may follow.
        let last = head.floor_char_boundary(head.len().saturating_sub(1));
        let judged = head.get(..last).unwrap_or("");
        self.coder.cr_only = judged.contains('\r') && !head.contains('\n');
        self.coder.polish(&mut head, 0, 0);
        // Beside invalid bytes the coder has looked itself: their characters are no sign of UTF-8.
        self.coder.multibyte |= self.coder.first_invalid.is_none() && !head.is_ascii();
        self.head = Some(head);
    }

    /// Path as reported.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the data is. Of data that is no text, no block is given.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The beginning of the text, for recognition; gone after the first [`TextReader::next_block`].
    pub fn head(&self) -> &str {
        self.head.as_deref().unwrap_or("")
    }

    /// Line breaks in all blocks so far.
    pub fn breaks(&self) -> u64 {
        self.outcome.breaks
    }

    /// Bytes of text in all blocks so far.
    pub fn decoded_bytes(&self) -> u64 {
        self.outcome.decoded_bytes
    }

    /// Bytes read from the file so far, before decompression.
    pub fn raw_bytes(&self) -> u64 {
        self.bytes.raw_count()
    }

    /// How the characters are written, as far as it was read.
    pub fn encoding(&self) -> Encoding {
        match self.outcome.encoding {
            Encoding::Utf8 if self.coder.first_invalid.is_some() => Encoding::Windows1252,
            encoding => encoding,
        }
    }

    /// What shows the encoding, in words.
    pub fn encoding_evidence(&self) -> &str {
        &self.evidence
    }

    /// The file, if it can be read in chunks side by side and is long enough for that to be worth while.
    pub fn cuttable(&self) -> Option<PlainFile> {
        self.plain_file().filter(|plain| plain.length() >= CUT_FROM)
    }

    /// The file, if it can be read in chunks.
    pub fn plain_file(&self) -> Option<PlainFile> {
        let is_plain = self.kind == Kind::Text
            && self.outcome.encoding == Encoding::Utf8
            && !self.bytes.is_packed()
            && !self.coder.cr_only;
        let (file, length) = self.file.as_ref().filter(|_| is_plain)?;
        let text = self.begin..*length;
        Some(PlainFile::new(&self.path, file, text, &self.coder, self.bytes.meter()))
    }

    /// The unpacked bytes from the beginning, for readers of binary formats. Only for a source of which no
    /// block was read and which is no text. Reading them never fails: trouble ends them early and is in the
    /// [`Outcome`].
    pub fn bytes(&mut self) -> impl Read + use<'_, 'r> {
        RawBytes { bytes: &mut self.bytes, ready: Vec::new(), at: 0 }
    }

    /// Drops `buffer[..keep_from]`, which is done with, and appends the next text behind the rest.
    ///
    /// The buffer grows by about [`BLOCK_BYTES`] a call. A driver whose splitter keeps more and more must let go of
    /// it with a [`Feed::Full`] of its own.
    pub fn next_block(&mut self, buffer: &mut String, keep_from: usize) -> Block {
        buffer.drain(..buffer.floor_char_boundary(keep_from));
        let start = buffer.len();
        match self.head.take() {
            Some(head) if start == 0 => *buffer = head,
            Some(head) => buffer.push_str(&head),
            None if !self.held.is_empty() => buffer.push_str(&std::mem::take(&mut self.held)),
            None if self.more => {
                let breaks = self.outcome.breaks;
                self.more = self.coder.read(&mut self.bytes, buffer, self.sizes.block, breaks);
            }
            None => {}
        }
        let is_cut = self.cut_long_line(buffer, start);
        let piece = buffer.get(start..).unwrap_or("");
        let block = Block {
            added: piece.len(),
            breaks: memchr::memchr_iter(b'\n', piece.as_bytes()).count() as u64,
            feed: match is_cut {
                true => Feed::Full,
                false if self.more => Feed::More,
                false => Feed::Last,
            },
        };
        self.outcome.decoded_bytes += block.added as u64;
        self.outcome.breaks += block.breaks;
        block
    }

    /// Ends the line that runs from before `start` where it becomes too long, and holds back what follows.
    fn cut_long_line(&mut self, buffer: &mut String, start: usize) -> bool {
        let piece = buffer.get(start..).unwrap_or("").as_bytes();
        let first = memchr::memchr(b'\n', piece);
        if self.line_bytes + first.unwrap_or(piece.len()) > self.sizes.line {
            let room = self.sizes.line.saturating_sub(self.line_bytes);
            self.held = buffer.split_off(buffer.floor_char_boundary(start + room));
            if !self.in_long_line {
                self.in_long_line = true;
                self.outcome.long_lines += 1;
                let line = self.outcome.breaks + 1;
                self.outcome.first_long_line.get_or_insert(line);
            }
            self.line_bytes = 0;
            return true;
        }
        match memchr::memrchr(b'\n', piece) {
            Some(last) => {
                self.in_long_line = false;
                self.line_bytes = piece.len() - last - 1;
            }
            None => self.line_bytes += piece.len(),
        }
        false
    }

    /// What reading came to.
    pub fn finish(mut self) -> Outcome {
        let encoding = self.encoding();
        let raw_bytes = self.raw_bytes();
        if let Some(fault) = self.bytes.fault.take() {
            self.outcome.add_fault(&fault);
        } else if self.was_shortened() {
            self.outcome.add_fault(&Fault::Shorter);
        }
        Outcome {
            encoding,
            raw_bytes,
            multibyte: self.coder.multibyte,
            first_invalid: self.coder.first_invalid,
            ..self.outcome
        }
    }

    /// Did the file lose bytes between its opening and the end of reading? Its length is asked again, because the
    /// length of some system files was never true.
    fn was_shortened(&self) -> bool {
        self.kind == Kind::Text
            && !self.more
            && self.file.as_ref().is_some_and(|(file, length)| {
                self.raw_bytes() < *length && file.metadata().is_ok_and(|now| now.len() < *length)
            })
    }
}

/// The bytes of a source as they are.
struct RawBytes<'b, 'r> {
    bytes: &'b mut Bytes<'r>,
    ready: Vec<u8>,
    at: usize,
}

impl Read for RawBytes<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.at >= self.ready.len() {
            self.ready.clear();
            self.at = 0;
            self.bytes.append(&mut self.ready, RAW_BLOCK);
        }
        let rest = self.ready.get(self.at..).unwrap_or(&[]);
        let count = rest.len().min(into.len());
        if let (Some(from), Some(to)) = (rest.get(..count), into.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}

/// How much is read at a time where bytes are not decoded.
const RAW_BLOCK: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;
    use crate::base::NoticeCode;
    use crate::input::Format;

    const SMALL: Sizes = Sizes { head: 64, block: 64, line: 200 };

    /// The log of one German server, with characters that every encoding here can write.
    const LOG: &str = "14:55:05.986 [5132.5812] <2> bpdm: Sicherung für „Größe“ – 5 €\r\n\
        14:55:05.996 [5132.5812] <16> write_data: cannot write image to disk\r\n\
        \r\n\
        14:55:06.001 [5132.5812] <4> bpdm: Ende\r\n";

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Gives a few bytes a time, and fails at the end if told so.
    struct Drip {
        bytes: Cursor<Vec<u8>>,
        step: usize,
        fails: bool,
    }

    impl Read for Drip {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let step = self.step.min(into.len());
            match self.bytes.read(&mut into[..step])? {
                0 if self.fails && step > 0 => Err(io::Error::other("the disk is on fire")),
                count => Ok(count),
            }
        }
    }

    fn reader(bytes: &[u8], step: usize, fails: bool, sizes: Sizes) -> TextReader<'static> {
        let drip = Drip { bytes: Cursor::new(bytes.to_vec()), step, fails };
        TextReader::begin("a.log", Bytes::unpacked(Box::new(drip), &Arc::default()), None, sizes)
    }

    /// Reads as a driver does that consumes `keep` bytes less than it could; pieces end at long lines.
    fn pieces(mut reader: TextReader<'_>, keep: usize) -> (Vec<String>, Outcome) {
        let (mut buffer, mut consumed, mut all) = (String::new(), 0, vec![String::new()]);
        let mut breaks = 0;
        loop {
            let before = buffer.len() - consumed;
            let block = reader.next_block(&mut buffer, consumed);
            assert_eq!(block.added, buffer.len() - before);
            all.last_mut().unwrap().push_str(&buffer[before..]);
            breaks += block.breaks;
            consumed = buffer.floor_char_boundary(buffer.len().saturating_sub(keep));
            match block.feed {
                Feed::More => {}
                Feed::Full => {
                    all.push(String::new());
                    consumed = buffer.len();
                }
                Feed::Last => break,
            }
        }
        let outcome = reader.finish();
        assert_eq!(outcome.decoded_bytes, all.iter().map(String::len).sum::<usize>() as u64);
        assert_eq!(outcome.breaks, breaks);
        (all, outcome)
    }

    fn read(bytes: &[u8]) -> (String, Outcome) {
        let (pieces, outcome) = pieces(reader(bytes, 1 << 20, false, Sizes::USUAL), 0);
        (pieces.concat(), outcome)
    }

    fn codes(outcome: &Outcome) -> Vec<NoticeCode> {
        outcome.notices("a.log").iter().map(|notice| notice.code).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let (windows, _, lost) = encoding_rs::WINDOWS_1252.encode(LOG);
        assert!(!lost);
        let marked = format!("\u{feff}{LOG}");
        for (bytes, encoding) in [
            (LOG.as_bytes().to_vec(), "utf-8"),
            (marked.as_bytes().to_vec(), "utf-8"),
            (windows.to_vec(), "windows-1252"),
            (utf16(LOG, u16::to_le_bytes), "utf-16le"),
            (utf16(LOG, u16::to_be_bytes), "utf-16be"),
            (utf16(&marked, u16::to_le_bytes), "utf-16le"),
            (utf16(&marked, u16::to_be_bytes), "utf-16be"),
        ] {
            for packed in [bytes.clone(), gzip(&bytes), gzip(&gzip(&bytes))] {
                let (text, outcome) = read(&packed);
                assert_eq!(text, LOG, "{encoding}");
                assert_eq!(outcome.encoding.name(), encoding);
                assert_eq!(outcome.decoded_bytes, LOG.len() as u64);
                assert_eq!(outcome.raw_bytes, packed.len() as u64);
                assert_eq!(outcome.breaks, 4);
                assert_eq!(outcome.notices("a.log"), vec![]);
            }
        }
    }

    #[test]
    fn the_head_is_there_before_the_first_block_and_gone_after() {
        let mut reader = reader(LOG.as_bytes(), 7, false, SMALL);
        assert_eq!(reader.head(), &LOG[..LOG.floor_char_boundary(64)]);
        assert_eq!(reader.kind(), Kind::Text);
        let mut buffer = String::new();
        let block = reader.next_block(&mut buffer, 0);
        assert_eq!(buffer, LOG[..LOG.floor_char_boundary(64)]);
        assert_eq!((block.feed, reader.head()), (Feed::More, ""));
        reader.next_block(&mut buffer, 10);
        assert!(buffer.starts_with(&LOG[10..64]));
    }

    #[test]
    fn members_behind_each_other_are_one_text() {
        let mut joined = gzip(b"day one\n");
        joined.extend(gzip(b""));
        joined.extend(gzip(b"day two\n"));
        let (text, outcome) = read(&joined);
        assert_eq!(text, "day one\nday two\n");
        assert_eq!(codes(&outcome), []);
    }

    #[test]
    fn of_broken_gzip_the_beginning_counts() {
        let lines: String = (0..20_000).map(|number| format!("line {number} of this log\n")).collect();
        let whole = gzip(lines.as_bytes());
        let (text, outcome) = read(&whole[..whole.len() / 2]);
        assert!(text.len() > lines.len() / 3 && lines.starts_with(&text));
        assert_eq!(codes(&outcome), [NoticeCode::BadContainer]);
        assert_eq!(outcome.notices("a.log")[0].line, Some(outcome.breaks + 1));

        let (text, outcome) = read(&whole[..whole.len() - 3]);
        assert_eq!(text, lines);
        assert_eq!(codes(&outcome), [NoticeCode::BadContainer]);

        let mut broken = whole.clone();
        let middle = broken.len() / 2;
        broken[middle..middle + 64].fill(0xff);
        let (text, outcome) = read(&broken);
        assert!(text.len() > lines.len() / 4);
        assert_eq!(codes(&outcome), [NoticeCode::BadContainer]);

        let mut tailed = whole;
        tailed.extend(b"and then something else");
        let (text, outcome) = read(&tailed);
        assert_eq!(text, lines);
        assert_eq!(codes(&outcome), [NoticeCode::BadContainer]);

        let (text, outcome) = read(b"\x1f\x8b\x08\x00");
        assert_eq!((text.as_str(), codes(&outcome)), ("", vec![NoticeCode::BadContainer]));
    }

    #[test]
    fn compression_inside_compression_has_a_bound() {
        let mut packed = LOG.as_bytes().to_vec();
        for _ in 0..4 {
            packed = gzip(&packed);
        }
        let reader = TextReader::from_read("a.log", Box::new(Cursor::new(packed)));
        assert_eq!(reader.kind(), Kind::Binary(Format::Gzip));
        assert_eq!(codes(&reader.finish()), [NoticeCode::LimitHit]);
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = gzip(&gzip(&vec![b'a'; 100 << 20]));
        let (text, outcome) = read(&bomb);
        assert!(text.len() < 66 << 20);
        assert_eq!(
            codes(&outcome),
            [NoticeCode::LongLine, NoticeCode::LimitHit]
                .map(|code| code)
                .into_iter()
                .rev()
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn nothing_is_empty() {
        for bytes in [&b""[..], b"\xef\xbb\xbf", b"\xff\xfe", &gzip(b"")] {
            let (text, outcome) = read(bytes);
            assert_eq!(text, "");
            assert_eq!(codes(&outcome), [NoticeCode::Empty]);
        }
    }

    #[test]
    fn a_hole_at_the_beginning_is_left_out() {
        for hole in [100, 101, 200_001] {
            let mut bytes = vec![0; hole];
            bytes.extend(LOG.as_bytes());
            let (text, outcome) = read(&bytes);
            assert_eq!(text, LOG);
            assert_eq!(outcome.raw_bytes, bytes.len() as u64);
        }
        let mut bytes = vec![0; 70_000];
        bytes.extend(utf16(LOG, u16::to_be_bytes));
        assert_eq!(read(&bytes).0, LOG);
        assert_eq!(codes(&read(&[0; 1000]).1), [NoticeCode::Empty]);
    }

    #[test]
    fn binary_data_is_not_decoded() {
        let bytes = b"ElfFile\0\0\0\0\0 and so on";
        let mut reader = TextReader::from_read("a.evtx", Box::new(Cursor::new(gzip(bytes))));
        assert_eq!(reader.kind(), Kind::Binary(Format::Evtx));
        assert_eq!(reader.encoding().name(), "binary");
        let mut buffer = String::new();
        assert_eq!(reader.next_block(&mut buffer, 0), Block { added: 0, breaks: 0, feed: Feed::Last });
        let mut all = Vec::new();
        reader.bytes().read_to_end(&mut all).unwrap();
        assert_eq!(all, bytes);
    }

    #[test]
    fn carriage_returns_alone_end_lines() {
        let (text, outcome) = read(b"one\rtwo\rthree\r");
        assert_eq!((text.as_str(), outcome.breaks), ("one\ntwo\nthree\n", 3));
        assert_eq!(read(&utf16("one\rtwo\r", u16::to_le_bytes)).0, "one\ntwo\n");
        assert_eq!(read(b"one\r\ntwo\r").0, "one\r\ntwo\r");
        assert_eq!(read(b"one\r").0, "one\r");
        // The line feed is behind the head.
        let long = format!("{}\r\nnext\n", "x".repeat(63));
        assert_eq!(pieces(reader(long.as_bytes(), 9, false, SMALL), 0).0.concat(), long);
    }

    #[test]
    fn wrong_bytes_are_noted_where_the_rest_is_utf8() {
        let (text, outcome) = read(
            "Größe\nzwei\n".as_bytes().iter().chain(b"f\xfcr\n").copied().collect::<Vec<_>>().as_slice(),
        );
        assert_eq!(text, "Größe\nzwei\nfür\n");
        assert_eq!(outcome.encoding.name(), "windows-1252");
        let notices = outcome.notices("a.log");
        assert_eq!((notices[0].code, notices[0].line), (NoticeCode::BadEncoding, Some(3)));
        // A text that is Windows-1252 all over is nothing to talk about.
        assert_eq!(codes(&read(b"Gr\xf6\xdfe\nf\xfcr\n").1), []);
    }

    #[test]
    fn utf16_appended_to_utf8_breaks_nothing() {
        let mut bytes = b"14:55:05 before\n".to_vec();
        bytes.extend([0xff, 0xfe]);
        bytes.extend(utf16("14:55:06 after\r\n", u16::to_le_bytes));
        let long_before = [b"14:55:05 before\n".repeat(10_000), bytes].concat();
        let (text, outcome) = read(&long_before);
        assert!(text.contains("before\nÿþ1\u{0}4\u{0}"));
        assert_eq!(outcome.breaks, 10_002);
    }

    #[test]
    fn a_reader_that_fails_gives_what_it_gave() {
        for (bytes, code) in
            [(LOG.as_bytes().to_vec(), NoticeCode::ReadFailed), (Vec::new(), NoticeCode::ReadFailed)]
        {
            let (all, outcome) = pieces(reader(&bytes, 5, true, SMALL), 3);
            assert_eq!(all.concat().as_bytes(), bytes);
            assert_eq!(codes(&outcome), [code]);
            assert!(outcome.notices("a.log")[0].detail.contains("the disk is on fire"));
        }
        // An error of the file below the compression is none of the compression.
        let packed = gzip(LOG.as_bytes());
        let (_, outcome) = pieces(reader(&packed[..40], 5, true, SMALL), 3);
        assert_eq!(codes(&outcome), [NoticeCode::ReadFailed]);
    }

    #[test]
    fn a_long_line_comes_in_pieces() {
        let mut bytes = b"short\n".to_vec();
        bytes.extend(vec![b'x'; 5 << 20]);
        bytes.extend(b"\nshort again\n");
        let (all, outcome) = pieces(reader(&bytes, 1 << 20, false, Sizes::USUAL), 1 << 20);
        let lengths: Vec<usize> = all.iter().map(String::len).collect();
        assert_eq!(lengths, [6 + MAX_LINE, MAX_LINE, MAX_LINE, MAX_LINE, MAX_LINE + 13]);
        assert_eq!(all.concat().as_bytes(), bytes);
        let notices = outcome.notices("a.log");
        assert_eq!((notices[0].code, notices[0].line), (NoticeCode::LongLine, Some(2)));
        assert_eq!(notices[0].detail, "the line is longer than 1024 KiB");
    }

    #[test]
    fn a_file_that_loses_bytes_is_noticed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().write_all(&vec![b'\n'; 4 * BLOCK_BYTES]).unwrap();
        let found = Found::new("a.log", Origin::File(file.path().to_path_buf()));
        let mut reader = TextReader::open(&found).unwrap();
        let mut buffer = String::new();
        reader.next_block(&mut buffer, 0);
        file.as_file().set_len(2 * BLOCK_BYTES as u64).unwrap();
        while reader.next_block(&mut buffer, usize::MAX).feed != Feed::Last {}
        let outcome = reader.finish();
        assert_eq!(outcome.breaks, 2 * BLOCK_BYTES as u64);
        assert_eq!(codes(&outcome), [NoticeCode::ReadFailed]);
        // One that grows is read as far as it reaches.
        let mut reader = TextReader::open(&found).unwrap();
        file.as_file().write_all(b"more\n").unwrap();
        while reader.next_block(&mut buffer, usize::MAX).feed != Feed::Last {}
        assert_eq!(codes(&reader.finish()), []);
    }

    /// Pieces of real-looking and of broken text.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            Just(b"14:55:05.986 [5132.5812] <2> bpdm: ok\r\n".to_vec()),
            Just("Größe „5 €“ 日本 😀\n".as_bytes().to_vec()),
            Just(b"f\xfcr Gr\xf6\xdfe\n".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"\xe2\x82\n".to_vec()),
            Just(b"\xef\xbb\xbf".to_vec()),
            Just(vec![b'x'; 150]),
            Just(vec![0; 90]),
            proptest::collection::vec(any::<u8>(), 0..12),
        ];
        proptest::collection::vec(part, 0..16).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn blocks_and_reads_of_any_size_give_the_same(
            bytes in bytes(), block in 1_usize..66, step in 1_usize..100, keep in 0_usize..90, form in 0..4,
        ) {
            let bytes = match form {
                0 => bytes,
                1 => gzip(&bytes),
                2 => utf16(&format!("\u{feff}{}", String::from_utf8_lossy(&bytes)), u16::to_le_bytes),
                _ => utf16(&format!("\u{feff}{}", String::from_utf8_lossy(&bytes)), u16::to_be_bytes),
            };
            let usual = pieces(reader(&bytes, 1 << 20, false, SMALL), 0);
            // With blocks this small, the marks of where UTF-8 stood are set elsewhere; all else is equal.
            let mut other = pieces(reader(&bytes, step, false, Sizes { block, ..SMALL }), keep);
            other.1.multibyte = usual.1.multibyte;
            prop_assert_eq!(usual, other);
        }

        #[test]
        fn valid_text_stays_as_it_is(text in "[a-zäß€😀 .:0-9\n]{0,400}") {
            let (read, outcome) = read(text.as_bytes());
            prop_assert_eq!(&read, &text);
            prop_assert_eq!(outcome.encoding.name(), "utf-8");
        }
    }
}
