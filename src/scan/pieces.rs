//! Reads the text of a source: from its beginning to its end, in pieces side by side, or on from where it was read to.
//!
//! A log that is kept for another day ([`Resume`]) is read up to its last whole line. What stands before the record
//! that is then unfinished was read for good; what stands behind it is read again on the other day. A dialect whose
//! records stand alone goes on with the pieces as they are; one that carries something from line to line goes on with
//! a splitter that was saved there, so that two days come to what one day would.

use rayon::prelude::*;

use crate::base::{DateOrder, Dialect, Feed, Record, Sink, Splitter};
use crate::dialect::{Claim, Reader, SourceContext};
use crate::input::{self, ChunkRange, Outcome, OutcomeSoFar, PlainFile, TextReader};
use crate::matching::{Memo, Places};

use super::collect::{Collector, Reading};
use super::part::Part;
use super::repeats::Repeats;

/// A log that was read up to the head of a record, and from there to its end, where it may have been half written.
#[derive(Clone)]
pub(super) struct Resume {
    /// Where that record begins, in bytes.
    pub(super) offset: u64,
    /// What reading the bytes before it came to.
    pub(super) outcome: OutcomeSoFar,
    /// The order of day and month in which it was read.
    pub(super) order: Option<DateOrder>,
    /// What stands before it.
    pub(super) body: Part,
    /// How it goes on there.
    pub(super) way: ReadOn,
}

/// How a log goes on.
#[derive(Clone)]
pub(super) enum ReadOn {
    /// What stands behind, which can be joined to what stands before.
    Tail(Box<Part>),
    /// What the splitter carries on.
    Splitter(String),
}

/// So much of the end of a log is read again when the log is read on: its last record may be unfinished, and no
/// record but a broken one is longer.
const OPEN_END: u64 = 64 * 1024;

/// An unfinished record that grows beyond this is given out as it is: no record of any dialect is that long, and
/// memory must not grow with the size of the input.
pub(super) const LONGEST_RECORD: usize = 4 * 1024 * 1024;

/// Reads the pieces of a large file side by side. No record is cut: a piece begins with the head of one.
pub(super) fn read_chunks(
    file: &PlainFile,
    dialect: &'static dyn Reader,
    context: &SourceContext,
    reading: &Reading<'_, '_>,
) -> (Part, Outcome) {
    let begins = |line: &str| dialect.claim(line) != Claim::No;
    let ranges = file.align(file.cut(input::CHUNK_BYTES), &begins);
    let read =
        |range: ChunkRange, part: Part| read_text(file.read(range), dialect.splitter(context), reading, part);
    let mut whole: Option<(Part, Outcome)> = None;
    for (range, (part, next)) in waves(&ranges, &|range| read(range, Part::default())) {
        match &mut whole {
            None => whole = Some((part, next)),
            Some((before, outcome)) => {
                let (part, next) = knowing(before, (part, next), |part| read(range, part));
                before.join(part, outcome.breaks, (reading.spill, &reading.bounds));
                outcome.join(next);
            }
        }
    }
    whole.unwrap_or_else(nothing)
}

/// A piece that counted its days wrongly, because it did not know of what stands before it, is read again.
fn knowing(
    before: &Part,
    piece: (Part, Outcome),
    read: impl FnOnce(Part) -> (Part, Outcome),
) -> (Part, Outcome) {
    match before.days.misleads(&piece.0.days) {
        true => read(Part { days: before.days.continued(), ..Part::default() }),
        false => piece,
    }
}

/// What a file without any piece comes to.
fn nothing() -> (Part, Outcome) {
    (Part::default(), TextReader::from_read("", Box::new(std::io::empty())).finish())
}

/// So many pieces for each thread are read before they are put together: what all pieces of a large file hold is not to
/// be in memory twice.
const WAVE: usize = 4;

/// Reads pieces side by side; they come back in order.
fn waves<T: Send>(
    ranges: &[ChunkRange],
    read: &(dyn Fn(ChunkRange) -> T + Sync),
) -> impl Iterator<Item = (ChunkRange, T)> {
    ranges.chunks(WAVE * rayon::current_num_threads().max(1)).flat_map(move |wave| {
        let parts: Vec<T> = wave.par_iter().map(|range| read(*range)).collect();
        wave.iter().copied().zip(parts)
    })
}

/// Reads a log on from where it was read to, or from its beginning, such that it can be read on another day: the end,
/// which may be half written, is kept apart from the rest.
pub(super) fn read_on(
    file: &PlainFile,
    dialect: &'static dyn Reader,
    context: &SourceContext,
    reading: &Reading<'_, '_>,
    before: Option<Resume>,
) -> (Part, Outcome, Option<Resume>) {
    let begins = |line: &str| dialect.claim(line) != Claim::No;
    let rest = file.clone().from(before.as_ref().map_or(0, |resume| resume.offset));
    let ChunkRange { start, end } = rest.range();
    let open = end.saturating_sub(OPEN_END).max(start);
    let mut ranges = Vec::new();
    let mut at = start;
    while at < open {
        let next = (at + input::CHUNK_BYTES).min(open);
        ranges.push(ChunkRange { start: at, end: next });
        at = next;
    }
    ranges.push(ChunkRange { start: open, end });
    let ranges = rest.align(ranges, &begins);
    let read =
        |range: ChunkRange, part: Part| read_text(rest.read(range), dialect.splitter(context), reading, part);
    let mut whole = before.map(|resume| (resume.body, resume.outcome.outcome()));
    let mut resume = None;
    let last = ranges.len().saturating_sub(1);
    let read_first = |range| read(range, Part::default());
    for (number, (range, (part, next))) in waves(&ranges, &read_first).enumerate() {
        let Some((held, outcome)) = &mut whole else {
            whole = Some((part, next));
            continue;
        };
        let (part, next) = knowing(held, (part, next), |part| read(range, part));
        if number == last {
            resume = OutcomeSoFar::of(outcome).map(|outcome| Resume {
                offset: range.start,
                outcome,
                order: context.date_order,
                body: Part { repeats: Repeats::default(), ..held.clone() },
                way: ReadOn::Tail(Box::new(Part { repeats: Repeats::default(), ..part.clone() })),
            });
        }
        held.join(part, outcome.breaks, (reading.spill, &reading.bounds));
        outcome.join(next);
    }
    let (part, outcome) = whole.unwrap_or_else(nothing);
    let resume = resume.filter(|_| OutcomeSoFar::of(&outcome).is_some());
    (part, outcome, resume)
}

/// Reads a log whose splitter carries something from line to line, on from where it was read to or from its
/// beginning, such that it can be read on another day. `None`: what was saved does not fit, and nothing was read.
pub(super) fn read_in_order(
    file: &PlainFile,
    dialect: &'static dyn Reader,
    context: &SourceContext,
    reading: &Reading<'_, '_>,
    before: Option<Resume>,
) -> Option<(Part, Outcome, Option<Resume>)> {
    let (mut splitter, start, mut part, mut outcome) = match before {
        None => (dialect.splitter(context), None, Part::default(), None),
        Some(Resume { offset, outcome, body, way: ReadOn::Splitter(saved), .. }) => {
            (dialect.splitter_from(context, &saved)?, Some(offset), body, Some(outcome.outcome()))
        }
        Some(Resume { way: ReadOn::Tail(_), .. }) => return None,
    };
    let rest = start.map_or_else(|| file.clone(), |start| file.clone().from(start));
    let ChunkRange { start, end } = rest.range();
    let last = rest.last_line();
    let mut buffer = String::new();
    let join = |outcome: &mut Option<Outcome>, next: Outcome| match outcome {
        None => *outcome = Some(next),
        Some(held) => held.join(next),
    };
    let lines = outcome.as_ref().map_or(0, |outcome| outcome.breaks);
    let whole_lines = rest.read(ChunkRange { start, end: last });
    let next = Run { splitter: splitter.as_mut(), reading, part: &mut part }.read(
        whole_lines,
        &mut buffer,
        lines,
        false,
    );
    // A line that was cut because it is too long may be cut in another place on another day.
    let is_cut = next.has_long_lines();
    join(&mut outcome, next);
    let resume = outcome.as_ref().filter(|_| !is_cut).and_then(|outcome| {
        let left = breaks(&buffer);
        let offset = rest.lines_before(last, left)?;
        Some(Resume {
            offset,
            outcome: OutcomeSoFar::of(outcome)?.without(buffer.len() as u64, left, last - offset),
            order: context.date_order,
            way: ReadOn::Splitter(splitter.save()?),
            body: part.clone(),
        })
    });
    let lines = outcome.as_ref().map_or(0, |outcome| outcome.breaks);
    let left = breaks(&buffer);
    let last_line = rest.read(ChunkRange { start: last, end });
    let next = Run { splitter: splitter.as_mut(), reading, part: &mut part }.read(
        last_line,
        &mut buffer,
        lines.saturating_sub(left),
        true,
    );
    join(&mut outcome, next);
    let outcome = outcome?;
    let resume = resume.filter(|_| OutcomeSoFar::of(&outcome).is_some());
    Some((part, outcome, resume))
}

/// How many line breaks stand in a text.
fn breaks(text: &str) -> u64 {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64
}

/// Splits and matches one text to its end; what it comes to is added to `part`.
pub(super) fn read_text(
    text: TextReader<'_>,
    mut splitter: Box<dyn Splitter>,
    reading: &Reading<'_, '_>,
    mut part: Part,
) -> (Part, Outcome) {
    let mut run = Run { splitter: splitter.as_mut(), reading, part: &mut part };
    let outcome = run.read(text, &mut String::new(), 0, true);
    (part, outcome)
}

/// A splitter at work.
struct Run<'s, 'r, 'c> {
    splitter: &'s mut dyn Splitter,
    reading: &'r Reading<'r, 'c>,
    part: &'s mut Part,
}

impl Run<'_, '_, '_> {
    /// Reads a text behind what is left in the buffer, which begins behind so many lines of the source. `is_end`:
    /// nothing of the source follows; else what the splitter does not consume is left in the buffer.
    fn read(&mut self, mut text: TextReader<'_>, buffer: &mut String, lines: u64, is_end: bool) -> Outcome {
        // Line breaks in what is left in the buffer: nothing of it is counted twice.
        let mut left = breaks(buffer);
        let lines = lines + left;
        let (mut candidates, mut memo) = (Places::default(), Memo::default());
        let mut consumed = 0;
        // A record that goes on and on is looked at again when there is twice as much of it, not at each block.
        let mut enough = 0;
        loop {
            let block = text.next_block(buffer, consumed);
            left += block.breaks;
            if block.feed == Feed::More && buffer.len() < enough.min(LONGEST_RECORD) {
                consumed = 0;
                continue;
            }
            let feed = match block.feed {
                Feed::Last if is_end => Feed::Last,
                Feed::Full => Feed::Full,
                _ if buffer.len() > LONGEST_RECORD => Feed::Full,
                _ => Feed::More,
            };
            let line = (lines + text.breaks()).saturating_sub(left);
            self.reading.plan.candidates(buffer, &mut candidates);
            let mut collector = Collector {
                reading: self.reading,
                part: self.part,
                text: buffer,
                candidates: &candidates,
                passed: [0; 2],
                counted: 0,
                line,
                first_line: line,
                has_lines: true,
                hits: Vec::new(),
                memo: &mut memo,
            };
            consumed = self.splitter.split(buffer, line + 1, feed, &mut collector).min(buffer.len());
            if feed != Feed::More && consumed < buffer.len() {
                // A splitter that does not keep its promise must not lose text.
                let rest = buffer.get(consumed..).unwrap_or("");
                let mut record = Record::headless(Dialect::Unknown, rest);
                (record.start, record.end) = (consumed, buffer.len());
                collector.record(record);
                consumed = buffer.len();
            }
            enough = if consumed == 0 { buffer.len() * 2 } else { 0 };
            if consumed > 0 {
                left = breaks(buffer.get(buffer.floor_char_boundary(consumed)..).unwrap_or(""));
            }
            if block.feed == Feed::Last {
                buffer.drain(..buffer.floor_char_boundary(consumed));
                return text.finish();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use super::super::Options;
    use super::super::source::{Extract, Workshop};
    use super::super::stored::{Reading as Stored, Terms};
    use super::*;
    use crate::input::{Found, Origin};
    use crate::pattern::Catalogue;

    struct Nights<'c> {
        workshop: &'c Workshop<'c>,
        terms: Terms<'c>,
        folder: tempfile::TempDir,
    }

    impl<'c> Nights<'c> {
        fn new(workshop: &'c Workshop<'c>) -> Nights<'c> {
            let terms = Terms::new(workshop.catalogue, &workshop.spill);
            Nights { workshop, terms, folder: tempfile::tempdir().unwrap() }
        }

        /// What the log comes to, as it is kept.
        fn read(&self, name: &str, bytes: &[u8], before: Option<Extract>) -> Extract {
            let path = self.folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            let found = Found::new(name, Origin::File(path));
            let (mut extracts, _) = self.workshop.extract_from(&found, before);
            assert_eq!(extracts.len(), 1, "{name}");
            extracts.pop().unwrap()
        }

        fn words(&self, extract: Extract) -> (Vec<u8>, Extract) {
            let reading = Stored { extracts: vec![extract], notices: Vec::new(), last_lines: String::new() };
            let bytes = self.terms.pack(&reading);
            let mut text = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut text)
                .unwrap();
            (text, self.terms.unpack(&bytes).unwrap().extracts.pop().unwrap())
        }

        /// Reads the log up to `cut`, then on; `None`: the second night read all of it. Fails where that comes to
        /// anything else than one reading.
        fn pass(&self, name: &str, bytes: &[u8], cut: usize, whole: &serde_json::Value) -> Option<u64> {
            let (_, first) = self.words(self.read(name, &bytes[..cut], None));
            let offset = first.resume.as_ref().map(|resume| resume.offset);
            let (second, _) = self.words(self.read(name, bytes, Some(first)));
            let second = plain(&second);
            let mut differences = Vec::new();
            differ("", &second, whole, &mut differences);
            // Of a record that was put together from many lines its own words are shown where the line is gone.
            let source = String::from_utf8_lossy(bytes);
            differences.retain(|(path, text)| {
                let is_own =
                    path.ends_with("/text") && text.as_str().is_some_and(|text| !source.contains(text));
                // A head that is looked at once more votes once more; what counts is whether there are votes.
                let is_vote = path.contains("/votes/") && text.as_u64() != Some(0);
                !is_own && !is_vote
            });
            if !differences.is_empty() {
                let text = String::from_utf8_lossy(&bytes[..cut]).into_owned();
                let last = text.lines().last().unwrap_or("");
                panic!("{name} cut at {cut} behind `{last}`: {differences:#?}");
            }
            offset.filter(|offset| *offset > 0)
        }
    }

    /// Without the order of maps that have none.
    fn plain(bytes: &[u8]) -> serde_json::Value {
        let mut value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        if let Some(saved) = value.pointer_mut("/extracts/0/resume/splitter") {
            *saved = serde_json::Value::Null;
        }
        value
    }

    /// Where two values differ, and what stands there in the first one.
    fn differ(
        path: &str,
        one: &serde_json::Value,
        other: &serde_json::Value,
        found: &mut Vec<(String, serde_json::Value)>,
    ) {
        use serde_json::Value::{Array, Object};
        match (one, other) {
            (Array(one), Array(other)) if one.len() == other.len() => {
                for (at, (one, other)) in one.iter().zip(other).enumerate() {
                    differ(&format!("{path}/{at}"), one, other, found);
                }
            }
            (Object(one), Object(other)) => {
                for (name, one) in one {
                    differ(&format!("{path}/{name}"), one, &other[name], found);
                }
            }
            _ if one != other => found.push((path.to_owned(), one.clone())),
            _ => {}
        }
    }

    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true => files(&entry, found),
                false if entry.ends_with("expect.toml") => {}
                false => found.push(entry),
            }
        }
    }

    /// Dialects that are read on from what their splitter carries.
    const READ_ON: [Dialect; 21] = [
        Dialect::NetbackupBpdbjobs,
        Dialect::NetbackupBperror,
        Dialect::NetbackupUnified,
        Dialect::NetbackupUnifiedRaw,
        Dialect::NetbackupMsdp,
        Dialect::TsmError,
        Dialect::TsmSched,
        Dialect::TsmConsole,
        Dialect::TsmCad,
        Dialect::TsmInstr,
        Dialect::TsmActlog,
        Dialect::TsmDp,
        Dialect::FcmLog,
        Dialect::VmwareVmxLog,
        Dialect::VmwareHostd,
        Dialect::VmwareVpxd,
        Dialect::VmwareVpxa,
        Dialect::VmwareVmkernel,
        Dialect::VmwareVmbackup,
        Dialect::BackupExecAdamm,
        Dialect::BackupExecDebug,
    ];

    const ADAMM: &str = "\
[01452] 05/11/09 22:01:14.118 Adamm Log Started! ('BKSRV-ROWAN', C:\\Program Files\\Backup Exec\\Logs)
[01452] 05/11/09 22:01:14.540 PvlSession::Startup()
        Session = {4A2C0D55-90B1-4C7A-8E9B-1E60F23A9D10}
[01452] 05/11/09 23:10:02.031 DeviceIo: 04:07:00:01 - Device error 1117 on \"\\\\.\\Tape0\", SCSI cmd 0a
[05210] 05/12/09 00:00:41.902 PvlDrive::UpdateOnlineState()
        Drive = 1003 \"HP 1\"
        ERROR = The device is offline!
";

    const DEBUG: &str = "\
BENGINE:  [05/11/09 22:04:41]     [4412]     [ndmp\\ndmpcomm]         - Connection established to 10.2.0.31
BENGINE:  [05/11/09 22:04:43]     [4412]     [tapefmt]               - Attempt to read the header
          continued on a line of its own
BENGINE:  [05/11/09 22:09:12]     [4412]     [server]                - Status FS_COMM_FAILURE (0xE000FE30) from \\\\ROWAN2\\D:
BEREMOTE: [05/11/09 22:09:13]     [2210]     [fsys\\shadow]           - VSS snapshot error, 0x80042306
";

    /// Samples of one dialect that are cut.
    const MOST_SAMPLES: usize = 2;

    /// Every log of the samples, read up to the end or the middle of each line and then on, comes to what one reading
    /// comes to: events, facts, sessions, stretches, counts, to the last number.
    #[test]
    fn two_nights_come_to_what_one_comes_to() {
        let catalogue = Catalogue::embedded();
        let options = Options::default();
        let workshop = Workshop { keeps: true, least_kept: 0, ..Workshop::new(&catalogue, &options) };
        let nights = Nights::new(&workshop);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut read_on: BTreeMap<Dialect, usize> = BTreeMap::new();
        let mut pass = |name: &str, bytes: &[u8], from: usize| {
            let whole = nights.read(name, bytes, None);
            let dialect = whole.dialect;
            let whole = plain(&nights.words(whole).0);
            let mut start = 0;
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                for cut in [start + line.len() / 2, start + line.len()].into_iter().filter(|cut| *cut > from)
                {
                    let offset = nights.pass(name, bytes, cut, &whole);
                    *read_on.entry(dialect).or_default() += usize::from(offset.is_some());
                }
                start += line.len();
            }
        };
        for name in ["adamm.log", "bengine01.log"] {
            let text = if name == "adamm.log" { ADAMM } else { DEBUG };
            pass(name, text.as_bytes(), 0);
        }
        let mut sources = Vec::new();
        files(&root.join("sample-logs"), &mut sources);
        // The longest ones have most to tell.
        sources.sort_by_key(|path| (std::cmp::Reverse(std::fs::metadata(path).unwrap().len()), path.clone()));
        files(&root.join("tests/corpus_like/samples"), &mut sources);
        let mut tried: BTreeMap<Dialect, usize> = BTreeMap::new();
        for path in sources {
            let mut bytes = std::fs::read(&path).unwrap();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            if bytes.len() > 4_000 || std::str::from_utf8(&bytes).is_err() {
                continue;
            }
            let dialect = crate::dialect::identify::recognise(&String::from_utf8_lossy(&bytes)).dialect;
            let count = tried.entry(dialect).or_default();
            *count += 1;
            let most = if name.starts_with("tests") { usize::MAX } else { MOST_SAMPLES };
            if *count > most || !READ_ON.contains(&dialect) {
                continue;
            }
            let mut from = 0;
            if dialect == Dialect::VmwareVmxLog {
                // Whose log it is, is looked for in all of the beginning.
                let quiet =
                    "2013-02-13T20:59:41.123Z| vmx| I120: Vix: [4711 mainDispatch.c:870]: nothing to do\n";
                let quiet = quiet.repeat(64 * 1024 / quiet.len() + 1);
                let head = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
                bytes.splice(head..head, quiet.bytes());
                from = head + quiet.len();
            }
            pass(name, &bytes, from);
        }
        read_on.retain(|_, count| *count > 0);
        println!("{read_on:?}");
        let expected: BTreeMap<Dialect, bool> = READ_ON.iter().map(|dialect| (*dialect, true)).collect();
        let found: BTreeMap<Dialect, bool> = read_on.keys().map(|dialect| (*dialect, true)).collect();
        assert_eq!(found, expected);
    }
}
