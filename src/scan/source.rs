//! Reads one source from its first byte to its last: recognise, split, match.
//!
//! A text is read block by block; the splitter leaves an unfinished record at the end of the buffer, which the next
//! block completes. A large plain file of a dialect that may be cut is read in chunks side by side.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::base::stamp::midnight;
use crate::base::{DateOrder, Dialect, Feed, Notice, NoticeCode, Record, Sink, Splitter};
use crate::correlate::Spill;
use crate::dialect::identify::recognise;
use crate::dialect::{
    BinaryReader, Claim, Place, Reader, SourceContext, binary_reader, reader as dialect_reader,
    without_rotation,
};
use crate::input::{self, ChunkRange, Format, Found, Kind, Outcome, OutcomeSoFar, PlainFile, TextReader};
use crate::matching::{Matcher, Plan};
use crate::pattern::Catalogue;

use super::Options;
use super::collect::{Collector, Part, Reading};
use super::repeats::Repeats;

/// A source that was read.
#[derive(Clone)]
pub(super) struct Extract {
    pub(super) path: String,
    pub(super) dialect: Dialect,
    pub(super) reason: String,
    pub(super) encoding: &'static str,
    /// What shows the encoding.
    pub(super) evidence: String,
    pub(super) bytes: u64,
    pub(super) stream: String,
    pub(super) place: Place,
    pub(super) order: Option<DateOrder>,
    pub(super) part: Part,
    pub(super) notices: Vec<Notice>,
    /// Where reading may go on another day.
    pub(super) resume: Option<Resume>,
}

/// A log that was read up to the head of a record, and from there to its end, where it may have been half written.
#[derive(Clone)]
pub(super) struct Resume {
    /// Where that record begins, in bytes.
    pub(super) offset: u64,
    /// What reading the bytes before it came to.
    pub(super) outcome: OutcomeSoFar,
    /// What stands before it.
    pub(super) body: Part,
    /// What stands behind it.
    pub(super) tail: Part,
}

/// The order of day and month that a source proves, where it was read in another one: only its rest told, or the user
/// said otherwise. What a log proves is not for the user to say.
pub(super) fn order_told_late(extract: &Extract) -> Option<DateOrder> {
    let part = &extract.part;
    let proved = match (part.month_first, part.day_first) {
        (1.., 0) => DateOrder::Mdy,
        (0, 1..) => DateOrder::Dmy,
        _ => return None,
    };
    let read = extract.order.unwrap_or(DateOrder::Mdy);
    (part.swappable > 0 && read != proved).then_some(proved)
}

/// What all sources of a scan share.
pub(super) struct Workshop<'c> {
    pub(super) catalogue: &'c Catalogue,
    pub(super) matcher: Matcher<'c>,
    pub(super) spill: Arc<Spill>,
    /// So many events of one source are held.
    pub(super) most_events: usize,
    /// Order of day and month that the user gave.
    pub(super) order: Option<DateOrder>,
    /// How sources are read.
    pub(super) reading: input::ReadOptions,
    /// Is what was read kept for another day?
    pub(super) keeps: bool,
}

/// So much of the end of a log is read again when the log is read on: its last record may be unfinished, and no
/// record but a broken one is longer.
const OPEN_END: u64 = 64 * 1024;

/// An unfinished record that grows beyond this is given out as it is: no record of any dialect is that long, and
/// memory must not grow with the size of the input.
pub(super) const LONGEST_RECORD: usize = 4 * 1024 * 1024;

impl<'c> Workshop<'c> {
    pub(super) fn new(catalogue: &'c Catalogue, options: &Options) -> Workshop<'c> {
        Workshop {
            catalogue,
            matcher: Matcher::new(catalogue),
            spill: Arc::default(),
            most_events: options.bounds.events,
            order: options.date_order,
            reading: options.reading.clone(),
            keeps: false,
        }
    }

    /// Reads everything that a path leads to: one source, or the members of an archive.
    pub(super) fn extract(&self, found: &Found) -> (Vec<Extract>, Vec<Notice>) {
        self.extract_from(found, None)
    }

    /// The same; the one log in the file is read on from where it was read to.
    pub(super) fn extract_from(
        &self,
        found: &Found,
        mut before: Option<(Dialect, Resume)>,
    ) -> (Vec<Extract>, Vec<Notice>) {
        let mut extracts = Vec::new();
        let notices = input::visit(found, &self.reading, &mut |text| {
            self.reading.watch.begin(text.path());
            extracts.push(self.read(text, None, before.take()));
        });
        let late: HashMap<String, (usize, DateOrder)> = extracts
            .iter()
            .enumerate()
            .filter_map(|(at, extract)| Some((extract.path.clone(), (at, order_told_late(extract)?))))
            .collect();
        if !late.is_empty() && matches!(found.origin, input::Origin::File(_)) {
            input::visit(found, &self.reading, &mut |text| {
                if let Some((at, order)) = late.get(text.path())
                    && let Some(slot) = extracts.get_mut(*at)
                {
                    *slot = self.read(text, Some(*order), None);
                }
            });
        }
        (extracts, notices)
    }

    /// Reads one source. `order` is what it proved when it was read before; the user's word counts only for a source
    /// that proves nothing.
    pub(super) fn read(
        &self,
        text: TextReader<'_>,
        order: Option<DateOrder>,
        before: Option<(Dialect, Resume)>,
    ) -> Extract {
        let path = text.path().to_owned();
        let mut extract = Extract {
            path: path.clone(),
            dialect: Dialect::Unknown,
            reason: String::new(),
            encoding: text.encoding().name(),
            evidence: text.encoding_evidence().to_owned(),
            bytes: 0,
            stream: path.clone(),
            place: Place::default(),
            order,
            part: Part::default(),
            notices: Vec::new(),
            resume: None,
        };
        if let Kind::Binary(format) = text.kind() {
            match dialect_of(format).and_then(binary_reader) {
                Some(dialect) => self.read_binary(text, dialect, format, &mut extract),
                None => pass_over(text, format, &mut extract),
            }
            return extract;
        }
        let recognised = recognise(text.head());
        extract.dialect = recognised.dialect;
        extract.reason = recognised.reason;
        match dialect_reader(recognised.dialect) {
            Some(dialect) => {
                let before = before.filter(|(before, _)| *before == recognised.dialect);
                self.read_dialect(text, dialect, before.map(|(_, resume)| resume), &mut extract);
            }
            None => read_unknown(text, &mut extract),
        }
        extract.part.repeats = Repeats::default();
        extract
    }

    /// Reads a log whose records are no text.
    fn read_binary(
        &self,
        mut text: TextReader<'_>,
        dialect: &'static dyn BinaryReader,
        format: Format,
        extract: &mut Extract,
    ) {
        extract.dialect = dialect.dialect();
        extract.reason = format!("the file begins as a {} does", format.title());
        extract.place = dialect.place(&extract.path);
        extract.stream =
            extract.place.stream.clone().unwrap_or_else(|| without_rotation(&extract.path).to_owned());
        extract.order = extract.order.or(self.order);
        let context = SourceContext {
            path: extract.path.clone(),
            date_order: extract.order,
            place: extract.place.clone(),
        };
        let plan = self.matcher.plan(extract.dialect);
        let reading = Reading {
            plan: &plan,
            spill: &self.spill,
            most_events: self.most_events,
            midnight: None,
            process: context.place.process.as_deref(),
            order: extract.order,
        };
        let mut part = Part::default();
        let mut collector = Collector {
            reading: &reading,
            part: &mut part,
            text: "",
            candidates: &[],
            counted: 0,
            line: 0,
            first_line: 0,
            has_lines: false,
            hits: Vec::new(),
        };
        if let Err(error) = dialect.read(&context, &mut text.bytes(), &mut collector) {
            extract.notices.push(Notice {
                code: NoticeCode::ReadFailed,
                source: Some(extract.path.clone()),
                line: None,
                detail: error.to_string(),
            });
        }
        extract.part = part;
        let outcome = text.finish();
        extract.bytes = outcome.raw_bytes;
        extract.notices.extend(outcome.notices(&extract.path));
    }

    fn read_dialect(
        &self,
        text: TextReader<'_>,
        dialect: &'static dyn Reader,
        before: Option<Resume>,
        extract: &mut Extract,
    ) {
        extract.place = dialect.place(&extract.path);
        if let Some(stream) = &extract.place.stream {
            extract.stream.clone_from(stream);
        } else {
            extract.stream = without_rotation(&extract.path).to_owned();
        }
        let order = extract.order.or_else(|| order_of_head(&text, dialect, &extract.path));
        extract.order = order.or(self.order);
        let context = SourceContext {
            path: extract.path.clone(),
            date_order: extract.order,
            place: extract.place.clone(),
        };
        let plan = self.matcher.plan(extract.dialect);
        let reading = Reading {
            plan: &plan,
            spill: &self.spill,
            most_events: self.most_events,
            midnight: context.place.date.map(midnight),
            process: context.place.process.as_deref(),
            order: extract.order,
        };
        let chunks = text.cuttable().filter(|_| dialect.cuttable());
        let kept = text.plain_file().filter(|_| self.keeps && dialect.cuttable());
        let (part, outcome) = match (kept, chunks) {
            (Some(file), _) => {
                drop(text);
                let (part, outcome, resume) = read_on(&file, dialect, &context, &reading, before);
                extract.resume = resume;
                (part, outcome)
            }
            (None, Some(file)) => {
                drop(text);
                read_chunks(&file, dialect, &context, &reading)
            }
            (None, None) => read_text(text, dialect.splitter(&context), &reading, Part::default()),
        };
        extract.part = part;
        extract.encoding = outcome.encoding.name();
        extract.evidence = outcome.late_evidence().unwrap_or(std::mem::take(&mut extract.evidence));
        extract.bytes = outcome.decoded_bytes;
        extract.notices.extend(outcome.notices(&extract.path));
    }
}

/// The dialect of a binary format that is a log.
fn dialect_of(format: Format) -> Option<Dialect> {
    match format {
        Format::Evtx => Some(Dialect::WindowsEvtx),
        Format::Evt => Some(Dialect::WindowsEvt),
        _ => None,
    }
}

/// A source that is neither text nor a binary log is named and not read.
fn pass_over(text: TextReader<'_>, format: Format, extract: &mut Extract) {
    extract.reason = format!("not text ({})", format.title());
    extract.notices.push(unknown(&extract.path, &extract.reason));
    let outcome = text.finish();
    extract.bytes = outcome.raw_bytes;
    extract.notices.extend(outcome.notices(&extract.path));
}

fn unknown(path: &str, reason: &str) -> Notice {
    Notice {
        code: NoticeCode::UnknownDialect,
        source: Some(path.to_owned()),
        line: None,
        detail: reason.to_owned(),
    }
}

/// A text in no known dialect is not read beyond its beginning: nothing in it could be judged.
fn read_unknown(mut text: TextReader<'_>, extract: &mut Extract) {
    let mut buffer = String::new();
    text.next_block(&mut buffer, 0);
    extract.part.headless = buffer.lines().filter(|line| !line.trim().is_empty()).count() as u64;
    let outcome = text.finish();
    extract.encoding = outcome.encoding.name();
    extract.evidence = outcome.late_evidence().unwrap_or(std::mem::take(&mut extract.evidence));
    extract.bytes = outcome.decoded_bytes;
    let empty = buffer.trim().is_empty();
    extract.notices.extend(outcome.notices(&extract.path));
    if !empty {
        extract.notices.push(unknown(&extract.path, &extract.reason));
    }
}

/// Reads the pieces of a large file side by side. No record is cut: a piece begins with the head of one.
fn read_chunks(
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
                let (part, next) = if before.days.misleads(&part.days) {
                    read(range, Part { days: before.days.continued(), ..Part::default() })
                } else {
                    (part, next)
                };
                before.join(part, outcome.breaks, (reading.spill, reading.most_events));
                outcome.join(next);
            }
        }
    }
    whole.unwrap_or_else(|| (Part::default(), TextReader::from_read("", Box::new(std::io::empty())).finish()))
}

/// So many pieces for each thread are read before they are put together: what all pieces of a large file hold is not to
/// be in memory twice.
const WAVE: usize = 8;

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
fn read_on(
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
        let (part, next) = if held.days.misleads(&part.days) {
            read(range, Part { days: held.days.continued(), ..Part::default() })
        } else {
            (part, next)
        };
        if number == last {
            resume = OutcomeSoFar::of(outcome).map(|outcome| Resume {
                offset: range.start,
                outcome,
                body: Part { repeats: Repeats::default(), ..held.clone() },
                tail: Part { repeats: Repeats::default(), ..part.clone() },
            });
        }
        held.join(part, outcome.breaks, (reading.spill, reading.most_events));
        outcome.join(next);
    }
    let (part, outcome) = whole
        .unwrap_or_else(|| (Part::default(), TextReader::from_read("", Box::new(std::io::empty())).finish()));
    let resume = resume.filter(|_| OutcomeSoFar::of(&outcome).is_some());
    (part, outcome, resume)
}

/// Splits and matches one text to its end; what it comes to is added to `part`.
fn read_text(
    mut text: TextReader<'_>,
    mut splitter: Box<dyn Splitter>,
    reading: &Reading<'_, '_>,
    mut part: Part,
) -> (Part, Outcome) {
    let mut buffer = String::new();
    let mut candidates = Vec::new();
    let (mut consumed, mut line) = (0, 0);
    // A record that goes on and on is looked at again when there is twice as much of it, not at each block.
    let mut enough = 0;
    loop {
        let block = text.next_block(&mut buffer, consumed);
        if block.feed == Feed::More && buffer.len() < enough.min(LONGEST_RECORD) {
            consumed = 0;
            continue;
        }
        let feed = match block.feed {
            Feed::More if buffer.len() > LONGEST_RECORD => Feed::Full,
            feed => feed,
        };
        find_candidates(reading.plan, &buffer, &mut candidates);
        let mut collector = Collector {
            reading,
            part: &mut part,
            text: &buffer,
            candidates: &candidates,
            counted: 0,
            line,
            first_line: line,
            has_lines: true,
            hits: Vec::new(),
        };
        consumed = splitter.split(&buffer, line + 1, feed, &mut collector).min(buffer.len());
        if feed != Feed::More && consumed < buffer.len() {
            // A splitter that does not keep its promise must not lose text.
            let rest = buffer.get(consumed..).unwrap_or("");
            let mut record = Record::headless(Dialect::Unknown, rest);
            (record.start, record.end) = (consumed, buffer.len());
            collector.record(record);
            consumed = buffer.len();
        }
        enough = if consumed == 0 { buffer.len() * 2 } else { 0 };
        let left = buffer.as_bytes().get(consumed..).unwrap_or_default();
        line = text.breaks().saturating_sub(memchr::memchr_iter(b'\n', left).count() as u64);
        if feed == Feed::Last {
            return (part, text.finish());
        }
    }
}

fn find_candidates(plan: &Plan<'_>, text: &str, candidates: &mut Vec<usize>) {
    plan.candidates(text, candidates);
}

/// What the beginning of a source shows about the order of day and month.
fn order_of_head(text: &TextReader<'_>, dialect: &'static dyn Reader, path: &str) -> Option<DateOrder> {
    let context = SourceContext { path: path.to_owned(), ..SourceContext::default() };
    let mut votes = Votes::default();
    dialect.splitter(&context).split(text.head(), 1, Feed::Last, &mut votes);
    match (votes.month_first, votes.day_first) {
        (0, 0) => None,
        (_, 0) => Some(DateOrder::Mdy),
        (0, _) => Some(DateOrder::Dmy),
        _ => None,
    }
}

/// Only counts what a source shows about its dates.
#[derive(Default)]
struct Votes {
    month_first: u64,
    day_first: u64,
}

impl Sink for Votes {
    fn record(&mut self, _record: Record<'_>) {}

    fn fact(&mut self, _host: Option<&str>, _fact: crate::base::FactKind, _record: &Record<'_>) {}

    fn date_vote(&mut self, order: DateOrder) {
        match order {
            DateOrder::Mdy => self.month_first += 1,
            DateOrder::Dmy => self.day_first += 1,
            DateOrder::Ymd => {}
        }
    }

    fn source_host(&mut self, _host: &str) {}

    fn notice(&mut self, _code: NoticeCode, _offset: usize, _detail: String) {}
}
