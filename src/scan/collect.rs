//! Receives the records of one source (or of one chunk of it): counts them, follows their stamps, matches them and
//! keeps the few that matched.

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::map::Entry;
use indexmap::{Equivalent, IndexMap};

use crate::base::stamp::{DAY, HOUR};
use crate::base::{
    CoverageKind, DateOrder, Dialect, Event, Fact, FactKind, Key, NoticeCode, Record, Severity, Sink,
    SourceId, Stamp, StreamId,
};
use crate::correlate::{Bounds, Spill};
use crate::matching::{Hit, Memo, Places, Plan};

use super::part::{MOST_NOTICES, Part, SessionPart};
use super::silence::BREATH;
use super::track::{Track, micros};

/// What does not change while a source is read.
pub(super) struct Reading<'r, 'c> {
    /// What can match.
    pub(super) plan: &'r Plan<'c>,
    /// Where texts are kept.
    pub(super) spill: &'r Spill,
    /// So much is held.
    pub(super) bounds: Bounds,
    /// Midnight before the first line, from the name of the file, in civil microseconds.
    pub(super) midnight: Option<i64>,
    /// Process, from the name of the file or folder.
    pub(super) process: Option<&'r str>,
    /// Order of day and month, where it is known.
    pub(super) order: Option<DateOrder>,
}

/// The sink of one call of a splitter.
pub(super) struct Collector<'p, 'r, 'c> {
    pub(super) reading: &'r Reading<'r, 'c>,
    pub(super) part: &'p mut Part,
    pub(super) text: &'p str,
    /// Where literals and words of the dialect stand.
    pub(super) candidates: &'p Places,
    /// So many literals and words are passed.
    pub(super) passed: [usize; 2],
    /// Line breaks are counted up to here ...
    pub(super) counted: usize,
    /// ... where this line (from 0) begins.
    pub(super) line: u64,
    /// Line (from 0) at the beginning of the text.
    pub(super) first_line: u64,
    /// A text has lines; a binary log only the numbers of its records.
    pub(super) has_lines: bool,
    pub(super) hits: Vec<Hit>,
    pub(super) memo: &'p mut Memo,
}

impl Collector<'_, '_, '_> {
    /// Line (from 0) in which the byte at `offset` stands.
    fn line_at(&mut self, offset: usize) -> u64 {
        let offset = offset.min(self.text.len());
        if offset >= self.counted {
            let between = self.text.as_bytes().get(self.counted..offset).unwrap_or_default();
            self.line += memchr::memchr_iter(b'\n', between).count() as u64;
            self.counted = offset;
            return self.line;
        }
        let behind = self.text.as_bytes().get(offset..self.counted).unwrap_or_default();
        self.line.saturating_sub(memchr::memchr_iter(b'\n', behind).count() as u64)
    }

    /// Line (from 0) of a record, where the source has lines.
    fn line_of(&mut self, record: &Record<'_>) -> Option<u64> {
        self.has_lines.then(|| match record.line {
            Some(line) => line.saturating_sub(1),
            None => self.line_at(record.start),
        })
    }

    fn is_candidate(&self, record: &Record<'_>) -> bool {
        let derived = record.line.is_some() || record.start >= record.end;
        if derived || matches!(record.body, Cow::Owned(_)) {
            return self.reading.plan.is_candidate(&record.body);
        }
        self.holds_candidate(record.start, record.end)
    }

    /// Does a literal stand in these bytes? A line is asked for before the record in front of it is given out, so the
    /// places are not asked for in ascending order.
    fn holds_candidate(&self, start: usize, end: usize) -> bool {
        let literals = &self.candidates.literals;
        let next = literals.partition_point(|at| *at < start);
        literals.get(next).is_some_and(|at| *at < end)
    }

    /// Counts records with a head.
    fn count_heads(&mut self, dialect: Dialect, count: usize) {
        self.part.records += count as u64;
        if self.part.dialects.first() != Some(&dialect) {
            self.part.dialects.insert(dialect);
        }
    }

    /// Places a time of day on its day, and applies the order of day and month where it is known.
    #[inline]
    fn settle(&mut self, stamp: Stamp, follows: bool) -> Stamp {
        match stamp {
            Stamp::Clock { micros, .. } => {
                let day = if follows { self.part.days.next(micros) } else { self.part.days.passed };
                let placed = stamp.shifted(day * DAY);
                self.reading.midnight.map_or(placed, |midnight| placed.behind(midnight))
            }
            Stamp::Dated { swappable: true, .. } => {
                self.part.swappable += u64::from(follows);
                self.reading.order.map_or(stamp, |order| stamp.in_order(order))
            }
            other => other,
        }
    }

    /// Follows the stamps of ordinary records.
    fn follow(&mut self, record: &Record<'_>, stamp: Stamp) {
        let Some(at) = micros(stamp) else { return };
        self.part.follow(stamp, at);
        let dialect = record.dialect;
        // Nearly every source has records of one dialect only: no need to ask for its place.
        let track = match self.part.tracks.first_mut() {
            Some((first, track)) if *first == dialect => track,
            _ => self.part.tracks.entry(dialect).or_default(),
        };
        if dialect.coverage_kind() == CoverageKind::JobList {
            // The ids of jobs are their numbers.
            let number = record.number.or_else(|| match dialect {
                Dialect::NetbackupBpdbjobs => record.field("job_id").and_then(|id| id.parse().ok()),
                _ => None,
            });
            track.add_entry(stamp, at, dialect, number, record.session);
        } else {
            track.add(stamp, at, dialect.quiet_time(), record.number);
        }
    }

    /// Follows one stamp of records that nobody wants, and returns it settled.
    fn place(&mut self, stamp: Stamp, run: Skim, track: &mut Option<Track>) -> Stamp {
        self.part.position += 1;
        let stamp = self.settle(stamp, true);
        if let Some(at) = micros(stamp) {
            self.part.follow(stamp, at);
            run.add(track.get_or_insert_default(), stamp, at);
        }
        stamp
    }

    /// Follows a calm run of them: between its ends nothing can be learnt but how many stamps rise. Returns the stamps
    /// at its ends, settled.
    fn place_run(
        &mut self,
        first: Stamp,
        run: &CalmRun,
        skim: Skim,
        track: &mut Option<Track>,
    ) -> [Stamp; 2] {
        let first = self.place(first, skim, track);
        self.part.position += run.length as i64;
        let last = self.settle(run.last, true);
        if matches!(run.last, Stamp::Dated { swappable: true, .. }) {
            self.part.swappable += run.length as u64 - 1;
        }
        if last.is_dated() {
            self.part.rising += run.rises;
            self.part.placed = micros(last);
        }
        if let (Some(at), Some(track)) = (micros(last), track) {
            self.part.follow(last, at);
            skim.add(track, last, at);
            track.count(run.length - 1);
        }
        [first, last]
    }

    fn count_code(&mut self, record: &Record<'_>) {
        let Some(code) = record.code.as_deref() else { return };
        let product = record.dialect.product();
        let counts = record.severity >= Severity::Warning || product == "netbackup" && code != "0";
        if !counts {
            return;
        }
        let source = record.field("source").or(record.provider.as_deref());
        let name = match source {
            Some(source) if product == "windows" => Cow::Owned(format!("{source}:{code}")),
            _ => Cow::Borrowed(code),
        };
        match self.part.codes.get_mut(&CodeRef(product, &name)) {
            Some(count) => *count += 1,
            None => {
                self.part.codes.insert((product, name.into_owned()), 1);
            }
        }
    }

    /// A session, where it is held or there is room for it.
    fn held_session(&mut self, id: u32) -> Option<&mut SessionPart> {
        let has_room = self.part.sessions.len() < self.reading.bounds.sessions;
        match self.part.sessions.entry(id) {
            Entry::Vacant(_) if !has_room => None,
            entry => Some(entry.or_default()),
        }
    }

    fn session(&mut self, id: u32, stamp: Stamp, record: &Record<'_>) {
        let hits = std::mem::take(&mut self.hits);
        if let Some(session) = self.held_session(id) {
            tell(session, stamp, record, &hits);
        }
        self.hits = hits;
    }

    /// What to quote for a derived record: the line that it points to, as read, unless the record's own text is a
    /// part of that line (a job's detail in its row) or the line is too long to show what is meant.
    fn quoted<'t>(&'t self, line: u64, body: &'t str) -> &'t str {
        let Some(skip) = line.checked_sub(self.first_line).and_then(|skip| usize::try_from(skip).ok()) else {
            return body;
        };
        let from = match skip {
            0 => Some(0),
            _ => memchr::memchr_iter(b'\n', self.text.as_bytes()).nth(skip - 1).map(|at| at + 1),
        };
        let read = from.and_then(|from| self.text.get(from..)?.lines().next()).map(str::trim).unwrap_or("");
        let tells = !read.is_empty() && read.len() <= LONGEST_QUOTED_LINE && !read.contains(body);
        if tells { read } else { body }
    }

    fn keep(&mut self, record: &Record<'_>, stamp: Stamp, before: Option<i64>) {
        let mut hits = std::mem::take(&mut self.hits);
        if let [hit] = hits.as_slice()
            && self.part.repeats.is_one_of_many(hit, record, micros(stamp))
        {
            hits.clear();
        }
        if hits.is_empty() {
            return;
        }
        let line = self.line_of(record);
        let whole =
            self.text.get(record.start..record.end).map(str::trim_end).filter(|text| !text.is_empty());
        let text = match (line, record.line, whole) {
            (None, ..) => &*without_text(record),
            (_, None, Some(whole)) => whole,
            (_, None, None) => &record.body,
            (Some(line), Some(_), _) => self.quoted(line, &record.body),
        };
        let text: Arc<str> = Arc::from(shortened(text));
        // What the other records of its session say is not known: it could be anything.
        let is_beyond = record.session.is_some_and(|id| !self.part.sessions.contains_key(&id));
        for hit in hits {
            let event = Event {
                kind: hit.kind,
                dialect: record.dialect,
                source: SourceId(0),
                stream: StreamId(0),
                position: self.part.position,
                line,
                number: record.number,
                stamp,
                placed: before,
                host: record.host.as_deref().map(Arc::from),
                pid: record.pid,
                session: record.session,
                values: hit.values,
                text: Arc::clone(&text),
                untold: hit.untold,
            };
            let part = &mut *self.part;
            let has_room = part.events.len() < self.reading.bounds.events;
            if is_beyond {
                part.lost.add_of_session(event.kind, event.line, event.stamp);
            } else if !has_room || !part.events.push(self.reading.spill, &event) {
                part.lost.add(event.kind, event.line, event.stamp);
            }
        }
    }
}

/// No record is quoted longer than this (the report cuts at 4 KiB and says so).
pub(super) const LONGEST_TEXT: usize = 4 * 1024 + 1;

fn shortened(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// Looks a code up without making a text of its own.
#[derive(Hash)]
struct CodeRef<'a>(&'static str, &'a str);

impl Equivalent<(&'static str, String)> for CodeRef<'_> {
    fn equivalent(&self, key: &(&'static str, String)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

/// What is shown of a record that is no text: source, code and what it says.
fn without_text(record: &Record<'_>) -> String {
    let source = record.provider.as_deref().unwrap_or("unknown source");
    let code = record.code.as_deref().unwrap_or("without id");
    format!("{source} {code}: {}", record.body).trim_end_matches([' ', ':']).to_owned()
}

/// A value of a session holds while all records that carry it agree.
fn agree(values: &mut IndexMap<Key, Option<Arc<str>>>, name: &str, value: &str) {
    match values.get_mut(name) {
        Some(Some(held)) if held.as_ref() == value => {}
        Some(slot) => *slot = None,
        None => {
            values.insert(Key::from(name), Some(Arc::from(value)));
        }
    }
}

impl Sink for Collector<'_, '_, '_> {
    fn record(&mut self, record: Record<'_>) {
        let ordinary = record.line.is_none();
        self.part.position += 1;
        if ordinary {
            if record.head {
                self.count_heads(record.dialect, 1);
            } else if !record.body.trim().is_empty() {
                self.part.headless += 1;
            }
        }
        let before = self.part.placed;
        let stamp = self.settle(record.stamp, ordinary);
        if ordinary {
            self.follow(&record, stamp);
            self.count_code(&record);
        }
        self.part.first_failures.see(&record, stamp);
        let candidate = self.is_candidate(&record);
        self.hits.clear();
        let mut hits = std::mem::take(&mut self.hits);
        self.memo.matches(self.reading.plan, &record, candidate, self.reading.process, &mut hits);
        self.hits = hits;
        if let Some(id) = record.session {
            self.session(id, stamp, &record);
        }
        if !self.hits.is_empty() {
            self.keep(&record, stamp, before);
        } else if ordinary && record.severity >= Severity::Error {
            let line = self.line_of(&record);
            let whole = self.text.get(record.start..record.end).unwrap_or("");
            self.part.errors.add(&record, stamp, line, whole);
        }
    }

    fn fact(&mut self, host: Option<&str>, fact: FactKind, record: &Record<'_>) {
        let line = self.line_of(record);
        if self.part.facts.len() >= self.reading.bounds.facts {
            self.part.lost.add_fact(line);
            return;
        }
        let whole = self.text.get(record.start..record.end).map(str::trim_end).unwrap_or("");
        let text = if whole.is_empty() { record.body.as_ref() } else { whole };
        let text: String = text.chars().take(LONGEST_TEXT / 4).collect();
        let stamp = self.settle(record.stamp, false);
        let fact = Fact { host: host.map(str::to_owned), kind: fact, source: SourceId(0), line, stamp, text };
        self.part.facts.push(fact);
    }

    fn date_vote(&mut self, order: DateOrder) {
        match order {
            DateOrder::Mdy => self.part.month_first += 1,
            DateOrder::Dmy => self.part.day_first += 1,
            DateOrder::Ymd => {}
        }
    }

    fn source_host(&mut self, host: &str) {
        if self.part.host.is_none() && !host.trim().is_empty() {
            self.part.host = Some(host.trim().to_owned());
        }
    }

    fn notice(&mut self, code: NoticeCode, offset: usize, detail: String) {
        let line = self.has_lines.then(|| self.line_at(offset));
        if self.part.notices.len() < MOST_NOTICES {
            self.part.notices.push((code, line, detail));
        }
    }

    fn next_wanted(&mut self, from: usize) -> usize {
        if self.reading.plan.tries_all() {
            return from;
        }
        let [literals, _] = &mut self.passed;
        first_behind(&self.candidates.literals, literals, from)
    }

    fn next_word(&mut self, from: usize) -> usize {
        let [_, words] = &mut self.passed;
        first_behind(&self.candidates.words, words, from)
    }

    fn wants_kind(&mut self, kind: &'static str) -> bool {
        self.reading.plan.asks_for_kind(kind)
    }

    fn wants_event(&mut self, sources: &[&str], code: &str) -> bool {
        self.reading.plan.asks_for_event(sources, code)
    }

    fn skimmed(&mut self, dialect: Dialect, stamps: &[Stamp], session: Option<u32>) {
        self.count_heads(dialect, stamps.len());
        let skim = Skim::new(dialect, session);
        // Taken out while the stamps go through: looking it up costs more than adding to it.
        let mut track = self.part.tracks.get_mut(&dialect).map(std::mem::take);
        let mut reached = session.map(|_| (None, None));
        let mut rest = stamps;
        while let Some((first, behind)) = rest.split_first() {
            let calm = calm_run(*first, behind, skim.quiet);
            let ends = match calm.length {
                0 => [self.place(*first, skim, &mut track), Stamp::None],
                _ => self.place_run(*first, &calm, skim, &mut track),
            };
            if let Some((least, most)) = &mut reached {
                ends.into_iter().for_each(|stamp| reach(stamp, least, most));
            }
            rest = behind.get(calm.length..).unwrap_or_default();
        }
        if let Some(track) = track {
            self.part.tracks.insert(dialect, track);
        }
        if let Some(session) =
            session.filter(|_| !stamps.is_empty()).and_then(|session| self.held_session(session))
        {
            let (first, last) = reached.unwrap_or_default();
            for stamp in first.into_iter().chain(last) {
                reach(stamp, &mut session.first, &mut session.last);
            }
        }
    }
}

/// Tells a session of one of its records.
fn tell(session: &mut SessionPart, stamp: Stamp, record: &Record<'_>, hits: &[Hit]) {
    if record.line.is_none() {
        reach(stamp, &mut session.first, &mut session.last);
    }
    for (name, value) in &record.fields {
        if !value.is_empty() {
            agree(&mut session.values, name, value);
        }
    }
    for hit in hits {
        for (name, value) in hit.values.iter() {
            agree(&mut session.values, name, value);
        }
    }
    session.used |= !hits.is_empty();
}

/// Makes room for a stamp between the first and the last one of a session; among equal ones the earlier record stays.
fn reach(stamp: Stamp, first: &mut Option<Stamp>, last: &mut Option<Stamp>) {
    let Some(at) = micros(stamp) else { return };
    if first.and_then(micros).is_none_or(|first| at < first) {
        *first = Some(stamp);
    }
    if last.and_then(micros).is_none_or(|last| at > last) {
        *last = Some(stamp);
    }
}

/// The first place at or behind `from`, of which `passed` are passed already.
pub(super) fn first_behind(places: &[usize], passed: &mut usize, from: usize) -> usize {
    let rest = places.get(*passed..).unwrap_or_default();
    *passed += rest.iter().take_while(|at| **at < from).count();
    places.get(*passed).copied().unwrap_or(usize::MAX)
}

/// What records have in common that are skimmed in one go.
#[derive(Clone, Copy)]
struct Skim {
    dialect: Dialect,
    session: Option<u32>,
    is_list: bool,
    /// So long may silence between two of them last and still prove that nothing happened.
    quiet: Option<i64>,
}

impl Skim {
    fn new(dialect: Dialect, session: Option<u32>) -> Skim {
        let is_list = dialect.coverage_kind() == CoverageKind::JobList;
        let quiet = if is_list && session.is_none() { Some(BREATH) } else { dialect.quiet_time() };
        Skim { dialect, session, is_list, quiet }
    }

    fn add(self, track: &mut Track, stamp: Stamp, at: i64) {
        match self.is_list {
            true => track.add_entry(stamp, at, self.dialect, None, self.session),
            false => track.add(stamp, at, self.quiet, None),
        }
    }
}

/// Stamps that follow one another closely.
struct CalmRun {
    /// How many there are behind the first one.
    length: usize,
    /// How many of them are later than the one before.
    rises: u64,
    /// The first one of the latest.
    last: Stamp,
}

/// Steps of this length tell nothing of midnights or holes: nearly all lines of a debug log lie closer.
const CALM_STEP: i64 = HOUR;

fn calm_run(first: Stamp, behind: &[Stamp], quiet: Option<i64>) -> CalmRun {
    let most = quiet.map_or(CALM_STEP, |quiet| quiet.min(CALM_STEP));
    let mut run = CalmRun { length: 0, rises: 0, last: first };
    let Some((mut before, end)) = same_clock(first, first) else { return run };
    for stamp in behind {
        let Some((micros, _)) = same_clock(first, *stamp) else { break };
        let step = micros - before;
        if !(0..=most).contains(&step) || micros >= end {
            break;
        }
        run.length += 1;
        if step > 0 {
            run.rises += 1;
            run.last = *stamp;
        }
        before = micros;
    }
    run
}

/// The time of `stamp`, if it is settled as `first` is, up to some time.
#[inline(always)]
fn same_clock(first: Stamp, stamp: Stamp) -> Option<(i64, i64)> {
    match (first, stamp) {
        (Stamp::Clock { .. }, Stamp::Clock { micros, .. }) => Some((micros, i64::MAX)),
        (
            Stamp::Dated { micros: begun, zone, swappable, .. },
            Stamp::Dated { micros, zone: same_zone, swappable: same, .. },
        ) if zone == same_zone && swappable == same => {
            // Another day of a date that can be read both ways may lie in another month.
            let end = if swappable { (begun.div_euclid(DAY) + 1) * DAY } else { i64::MAX };
            Some((micros, end))
        }
        _ => None,
    }
}

/// A longer line is a whole document or row; the derived record's own words say more.
const LONGEST_QUOTED_LINE: usize = 1000;
