//! Reads one source from its first byte to its last: recognise, split, match.
//!
//! A text is read block by block; the splitter leaves an unfinished record at the end of the buffer, which the next
//! block completes. A large plain file of a dialect that may be cut is read in chunks side by side.

use std::collections::HashMap;
use std::sync::Arc;

use crate::base::stamp::midnight;
use crate::base::{DateOrder, Dialect, Feed, Notice, NoticeCode, Record, Sink};
use crate::correlate::{Bounds, Spill};
use crate::dialect::identify::recognise;
use crate::dialect::{
    BinaryReader, Place, Reader, SourceContext, binary_reader, reader as dialect_reader, without_rotation,
};
use crate::input::{self, Format, Found, Kind, Outcome, PlainFile, TextReader};
use crate::matching::{Matcher, Memo, Places, Plan};
use crate::pattern::Catalogue;

use super::Options;
use super::collect::{Collector, Reading, first_behind};
use super::part::Part;
use super::pieces::{Resume, read_chunks, read_in_order, read_on, read_text};
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
    /// Boxed, as what follows: of some hundred thousand tiny logs each would take as much room as a large one.
    pub(super) part: Box<Part>,
    pub(super) notices: Vec<Notice>,
    /// Where reading may go on another day.
    pub(super) resume: Option<Box<Resume>>,
}

impl Extract {
    /// Takes in what reading a text came to.
    fn take(&mut self, part: Part, outcome: &Outcome) {
        *self.part = part;
        self.encoding = outcome.encoding.name();
        self.evidence = outcome.late_evidence().unwrap_or(std::mem::take(&mut self.evidence));
        self.bytes = outcome.decoded_bytes;
        self.notices.extend(outcome.notices(&self.path));
    }
}

/// A log's beginning, which tells its dialect, its encoding and the order in its dates.
const WHOLE_BEGINNING: u64 = input::BLOCK_BYTES as u64;

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
    pub(super) bounds: Bounds,
    /// Order of day and month that the user gave.
    pub(super) order: Option<DateOrder>,
    /// How sources are read.
    pub(super) reading: input::ReadOptions,
    /// Is what was read kept for another day?
    pub(super) keeps: bool,
    /// A log that was read up to less than this is read again from its beginning.
    pub(super) least_kept: u64,
}

impl<'c> Workshop<'c> {
    pub(super) fn new(catalogue: &'c Catalogue, options: &Options) -> Workshop<'c> {
        Workshop {
            catalogue,
            matcher: Matcher::new(catalogue),
            spill: Arc::default(),
            bounds: options.bounds,
            order: options.date_order,
            reading: options.reading.clone(),
            keeps: false,
            least_kept: WHOLE_BEGINNING,
        }
    }

    /// Reads everything that a path leads to: one source, or the members of an archive.
    pub(super) fn extract(&self, found: &Found) -> (Vec<Extract>, Vec<Notice>) {
        self.extract_from(found, None)
    }

    /// The same; the one log in the file is read on from where it was read to.
    pub(super) fn extract_from(&self, found: &Found, before: Option<Extract>) -> (Vec<Extract>, Vec<Notice>) {
        let mut before = match before {
            Some(before) if before.resume.as_ref().is_some_and(|resume| resume.offset >= WHOLE_BEGINNING) => {
                if let Some(extract) = self.read_further(found, before) {
                    return (vec![extract], Vec::new());
                }
                None
            }
            before => before.and_then(|before| Some((before.dialect, *before.resume?))),
        };
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

    /// Reads a log on that was read beyond what its dialect, encoding and order of dates are told by. `None`: it must
    /// be read from its beginning.
    fn read_further(&self, found: &Found, before: Extract) -> Option<Extract> {
        let text = input::open_again(found, &self.reading)?;
        self.reading.watch.begin(text.path());
        let dialect = dialect_reader(before.dialect)?;
        let (file, evidence) = (text.plain_file()?, text.encoding_evidence().to_owned());
        drop(text);
        let resume = before.resume?;
        let mut extract = Extract {
            path: found.path.clone(),
            order: resume.order,
            evidence,
            notices: Vec::new(),
            resume: None,
            part: Box::default(),
            ..before
        };
        let context = self.place(dialect, &mut extract);
        let plan = self.matcher.plan(extract.dialect);
        let reading = self.reading(&plan, &context);
        let (part, outcome, resume) = match dialect.cuttable() {
            true => read_on(&file, dialect, &context, &reading, Some(*resume)),
            false => read_in_order(&file, dialect, &context, &reading, Some(*resume))?,
        };
        extract.resume = resume.map(Box::new);
        extract.take(part, &outcome);
        order_told_late(&extract).is_none().then_some(extract)
    }

    /// What the path tells of a log, and what its splitter is to know.
    fn place(&self, dialect: &'static dyn Reader, extract: &mut Extract) -> SourceContext {
        extract.place = dialect.place(&extract.path);
        let own = || without_rotation(&extract.path).to_owned();
        extract.stream = extract.place.stream.clone().unwrap_or_else(own);
        SourceContext { path: extract.path.clone(), date_order: extract.order, place: extract.place.clone() }
    }

    /// What does not change while a source is read.
    fn reading<'r>(&'r self, plan: &'r Plan<'c>, context: &'r SourceContext) -> Reading<'r, 'c> {
        Reading {
            plan,
            spill: &self.spill,
            bounds: self.bounds,
            midnight: context.place.date.map(midnight),
            process: context.place.process.as_deref(),
            order: context.date_order,
        }
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
            part: Box::default(),
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
        let reading = Reading { midnight: None, ..self.reading(&plan, &context) };
        let mut part = Part::default();
        let mut collector = Collector {
            reading: &reading,
            part: &mut part,
            text: "",
            candidates: &Places::default(),
            passed: [0; 2],
            counted: 0,
            line: 0,
            first_line: 0,
            has_lines: false,
            hits: Vec::new(),
            memo: &mut Memo::default(),
        };
        if let Err(error) = dialect.read(&context, &mut text.bytes(), &mut collector) {
            extract.notices.push(Notice {
                code: NoticeCode::ReadFailed,
                source: Some(extract.path.clone()),
                line: None,
                detail: error.to_string(),
            });
        }
        *extract.part = part;
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
        let plan = self.matcher.plan(extract.dialect);
        let order = extract.order.or_else(|| order_of_head(&text, dialect, &plan, &extract.path));
        let before = before.filter(|before| order.is_none() || order == before.order);
        // What was read showed the order, or nothing did and it is the one that the user gave.
        let order = order.or_else(|| before.as_ref().and_then(|before| before.order));
        extract.order = order.or(self.order);
        let context = self.place(dialect, extract);
        let reading = self.reading(&plan, &context);
        let chunks = text.cuttable().filter(|_| dialect.cuttable());
        let kept = text.plain_file().filter(|_| self.keeps);
        let (part, outcome) = match (kept, chunks) {
            (Some(file), _) => {
                drop(text);
                let (part, outcome, resume) = self.read_kept(&file, dialect, &context, &reading, before);
                extract.resume = resume.map(Box::new);
                (part, outcome)
            }
            (None, Some(file)) => {
                drop(text);
                read_chunks(&file, dialect, &context, &reading)
            }
            (None, None) => read_text(text, dialect.splitter(&context), &reading, Part::default()),
        };
        extract.take(part, &outcome);
    }

    /// Reads a log such that it can be read on another day.
    fn read_kept(
        &self,
        file: &PlainFile,
        dialect: &'static dyn Reader,
        context: &SourceContext,
        reading: &Reading<'_, '_>,
        before: Option<Resume>,
    ) -> (Part, Outcome, Option<Resume>) {
        if dialect.cuttable() {
            return read_on(file, dialect, context, reading, before);
        }
        let whole = |before| read_in_order(file, dialect, context, reading, before);
        let (part, outcome, resume) = whole(before).or_else(|| whole(None)).unwrap_or_else(|| {
            let text = file.read(file.range());
            let (part, outcome) = read_text(text, dialect.splitter(context), reading, Part::default());
            (part, outcome, None)
        });
        // What a splitter decides by the beginning of its source is decided for good once it saw a whole block.
        (part, outcome, resume.filter(|resume| resume.offset >= self.least_kept))
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

/// What the beginning of a source shows about the order of day and month.
fn order_of_head(
    text: &TextReader<'_>,
    dialect: &'static dyn Reader,
    plan: &Plan<'_>,
    path: &str,
) -> Option<DateOrder> {
    let context = SourceContext { path: path.to_owned(), ..SourceContext::default() };
    let mut votes = Votes::default();
    plan.candidates(text.head(), &mut votes.places);
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
    /// Records that hold a word of their dialect may show more than their dates do.
    places: Places,
    passed: usize,
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

    fn wants_kind(&mut self, _kind: &'static str) -> bool {
        false
    }

    fn wants_event(&mut self, _sources: &[&str], _code: &str) -> bool {
        false
    }

    fn next_wanted(&mut self, _from: usize) -> usize {
        usize::MAX
    }

    fn next_word(&mut self, from: usize) -> usize {
        first_behind(&self.places.words, &mut self.passed, from)
    }
}
