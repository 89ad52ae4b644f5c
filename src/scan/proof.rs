//! Cuts sources down to what the findings rest on: the records of the evidence with a few around them, and so much of
//! the rest that a scan of the pieces judges as the scan of the whole did.
//!
//! What else is kept, and why:
//!
//! | records | without them |
//! |---|---|
//! | the first ones | the dialect, the header row, the host of a banner are not known |
//! | the last ones, and one every few hours | the log seems to end early or to have a hole, and silence proves nothing |
//! | both sides of a jump in time | a hole, or midnight, is not seen |
//! | the first that tells day from month | dates are read the other way round |
//! | those of the same job or session | what the job says about itself is missing |
//! | those that tell versions and names | conditions stay unknown |
//!
//! It is a help, no promise: whoever writes a bundle scans it and says whether it gives the same findings.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::io::Read;

use crate::base::stamp::HOUR;
use crate::base::{DateOrder, Dialect, FactKind, Feed, NoticeCode, Record, Report, Sink};
use crate::dialect::identify::recognise;
use crate::dialect::{Reader, SourceContext, reader};
use crate::input::{Discovery, Found, Kind, Origin, TextReader, discover, visit};
use crate::report::mask::mask;

use super::Options;

/// Records kept at the beginning of every source.
const FIRST: usize = 10;
/// Records kept before and behind each of the evidence, and at the end of every source.
const AROUND: usize = 3;
/// Records kept because they stand in a session of the evidence.
const MOST_OF_SESSIONS: usize = 500;
/// One record is kept at least every so many microseconds.
const PULSE: i64 = 6 * HOUR;
/// A larger step from one record to the next is a hole or a change of day.
const JUMP: i64 = HOUR;
/// A record that waits to be the last one is no longer than this.
const LONGEST_WAITING: usize = 64 * 1024;
/// A binary log cannot be cut; larger ones are left out.
const LARGEST_BINARY: u64 = 64 * 1024 * 1024;

/// The pieces of the sources.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// In order of their paths.
    pub pieces: Vec<Piece>,
    /// Path and reason of sources that hold evidence and are not among the pieces.
    pub left_out: Vec<(String, &'static str)>,
}

/// What is kept of one source.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Path as in the report.
    pub path: String,
    /// What is kept of it.
    pub content: Content,
}

/// The kept part of a source.
#[derive(Clone, Debug)]
pub enum Content {
    /// Records, secrets masked.
    Text(String),
    /// A binary log as a whole.
    Binary(Vec<u8>),
}

/// Reads the sources of a report once more and keeps what its findings rest on.
pub fn gather(inputs: &[String], options: &Options, report: &Report) -> Proof {
    let mut wanted: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for source in &report.sources {
        if source.dialect != Dialect::Unknown.name() {
            wanted.entry(&source.path).or_default();
        }
    }
    let evidence = report.findings.iter().flat_map(|finding| &finding.evidence);
    let places = evidence.map(|row| (row.source.as_str(), row.line));
    let facts = report.facts.iter().map(|fact| (fact.source.as_str(), fact.line));
    let mut proving: HashSet<&str> = HashSet::new();
    for (is_evidence, (path, line)) in
        places.map(|place| (true, place)).chain(facts.map(|place| (false, place)))
    {
        if let Some(lines) = wanted.get_mut(path) {
            lines.extend(line);
            if is_evidence {
                proving.insert(path);
            }
        }
    }
    let mut proof = Proof::default();
    let Discovery { sources, .. } = discover(inputs);
    for found in &sources {
        let below = |path: &&str| **path == found.path || path.starts_with(&format!("{}!", found.path));
        let here: Vec<&str> = wanted.keys().copied().filter(below).collect();
        if here.is_empty() {
            continue;
        }
        if found.origin == Origin::StandardInput {
            let lost = here.iter().filter(|path| proving.contains(**path));
            proof
                .left_out
                .extend(lost.map(|path| ((*path).to_owned(), "standard input cannot be read twice")));
            continue;
        }
        cut_all(found, options, &wanted, &proving, &mut proof);
    }
    proof.pieces.sort_by(|one, other| one.path.cmp(&other.path));
    proof
}

fn cut_all(
    found: &Found,
    options: &Options,
    wanted: &BTreeMap<&str, BTreeSet<u64>>,
    proving: &HashSet<&str>,
    proof: &mut Proof,
) {
    // The session of a record is known only once the record was met, and begins before it: two readings.
    let mut sessions: BTreeMap<String, HashSet<u32>> = BTreeMap::new();
    if proving.iter().any(|path| path.starts_with(&found.path)) {
        visit(found, &options.reading, &mut |text| {
            let path = text.path().to_owned();
            if let (true, Some(lines)) = (proving.contains(path.as_str()), wanted.get(path.as_str())) {
                let mut cutter = Cutter::new(lines, HashSet::new());
                read(text, &mut cutter);
                sessions.insert(path, cutter.met);
            }
        });
    }
    visit(found, &options.reading, &mut |mut text| {
        let path = text.path().to_owned();
        let Some(lines) = wanted.get(path.as_str()) else { return };
        let is_proving = proving.contains(path.as_str());
        if let Kind::Binary(_) = text.kind() {
            let mut bytes = Vec::new();
            let read = text.bytes().take(LARGEST_BINARY + 1).read_to_end(&mut bytes);
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if is_proving && (read.is_err() || length > LARGEST_BINARY) {
                proof.left_out.push((path, "a binary log of this size is not copied"));
            } else if is_proving {
                proof.pieces.push(Piece { path, content: Content::Binary(bytes) });
            }
            return;
        }
        let mut cutter = Cutter::new(lines, sessions.remove(&path).unwrap_or_default());
        read(text, &mut cutter);
        cutter.flush();
        if !cutter.kept.is_empty() {
            let content = Content::Text(mask(&cutter.kept).into_owned());
            proof.pieces.push(Piece { path, content });
        }
    });
}

/// Splits a text as a scan does and gives its records to the cutter.
fn read(mut text: TextReader<'_>, cutter: &mut Cutter<'_>) {
    let Some(dialect) = reader(recognise(text.head()).dialect) else { return };
    let path = text.path().to_owned();
    let context = SourceContext { place: Reader::place(dialect, &path), path, ..SourceContext::default() };
    let mut splitter = dialect.splitter(&context);
    let (mut buffer, mut consumed) = (String::new(), 0);
    loop {
        let block = text.next_block(&mut buffer, consumed);
        let feed = match block.feed {
            Feed::More if buffer.len() > super::pieces::LONGEST_RECORD => Feed::Full,
            feed => feed,
        };
        let line = cutter.line;
        let mut sink = Slice { cutter, text: &buffer, counted: 0 };
        consumed = splitter.split(&buffer, line, feed, &mut sink).min(buffer.len());
        if feed != Feed::More {
            consumed = buffer.len();
        }
        sink.count_to(consumed);
        if feed == Feed::Last {
            return;
        }
    }
}

/// Decides record by record.
struct Cutter<'w> {
    wanted: &'w BTreeSet<u64>,
    sessions: HashSet<u32>,
    /// Sessions of wanted records.
    met: HashSet<u32>,
    kept: String,
    /// 1-based line at the place up to which lines are counted.
    line: u64,
    index: usize,
    /// The last records that were not kept.
    waiting: VecDeque<String>,
    /// So many further records are kept.
    behind: usize,
    of_sessions: usize,
    last: Option<i64>,
    last_kept: Option<i64>,
    votes: [bool; 2],
}

impl<'w> Cutter<'w> {
    fn new(wanted: &'w BTreeSet<u64>, sessions: HashSet<u32>) -> Cutter<'w> {
        Cutter {
            wanted,
            sessions,
            met: HashSet::new(),
            kept: String::new(),
            line: 1,
            index: 0,
            waiting: VecDeque::new(),
            behind: 0,
            of_sessions: 0,
            last: None,
            last_kept: None,
            votes: [false; 2],
        }
    }

    fn is_wanted(&self, first: u64, last: u64) -> bool {
        self.wanted.range(first..=last).next().is_some()
    }

    fn take(&mut self, record: &Record<'_>, piece: &str, first: u64) {
        let breaks = memchr::memchr_iter(b'\n', piece.as_bytes()).count() as u64;
        let last = (first + breaks).saturating_sub(u64::from(piece.ends_with('\n'))).max(first);
        let is_wanted = self.is_wanted(first, last);
        if is_wanted {
            self.met.extend(record.session);
        }
        let at = record.stamp.civil_micros().or(match record.stamp {
            crate::base::Stamp::Clock { micros, .. } => Some(micros),
            _ => None,
        });
        let is_apart = |from: Option<i64>, step: i64| match (from, at) {
            (Some(from), Some(at)) => at.abs_diff(from) >= step.unsigned_abs(),
            _ => false,
        };
        let is_jump = is_apart(self.last, JUMP);
        let of_session = record.session.is_some_and(|session| self.sessions.contains(&session))
            && self.of_sessions < MOST_OF_SESSIONS;
        self.of_sessions += usize::from(of_session);
        let keeps = is_wanted
            || of_session
            || is_jump
            || self.index < FIRST
            || self.behind > 0
            || is_apart(self.last_kept, PULSE);
        self.behind = if is_wanted { AROUND } else { self.behind.saturating_sub(1) };
        self.index += 1;
        if keeps {
            if !is_wanted {
                // Of what waits only the other side of a jump counts.
                let other = self.waiting.pop_back().filter(|_| is_jump);
                self.waiting.clear();
                self.waiting.extend(other);
            }
            self.flush();
            self.kept.push_str(piece);
            self.last_kept = at.or(self.last_kept);
        } else {
            if self.waiting.len() >= AROUND {
                self.waiting.pop_front();
            }
            if piece.len() <= LONGEST_WAITING {
                self.waiting.push_back(piece.to_owned());
            }
        }
        self.last = at.or(self.last);
    }

    fn flush(&mut self) {
        for piece in self.waiting.drain(..) {
            self.kept.push_str(&piece);
        }
    }
}

/// The sink of one call of a splitter.
struct Slice<'s, 'w> {
    cutter: &'s mut Cutter<'w>,
    text: &'s str,
    counted: usize,
}

impl Slice<'_, '_> {
    fn count_to(&mut self, offset: usize) {
        let between = self.text.as_bytes().get(self.counted..offset).unwrap_or_default();
        self.cutter.line += memchr::memchr_iter(b'\n', between).count() as u64;
        self.counted = self.counted.max(offset);
    }
}

impl Sink for Slice<'_, '_> {
    fn record(&mut self, record: Record<'_>) {
        if let Some(line) = record.line {
            if self.cutter.is_wanted(line, line) {
                self.cutter.met.extend(record.session);
            }
            return;
        }
        let Some(piece) = self.text.get(record.start..record.end).filter(|piece| !piece.is_empty()) else {
            return;
        };
        self.count_to(record.start);
        let first = self.cutter.line;
        self.cutter.take(&record, piece, first);
    }

    fn fact(&mut self, _host: Option<&str>, _fact: FactKind, _record: &Record<'_>) {}

    fn date_vote(&mut self, order: DateOrder) {
        let slot = match order {
            DateOrder::Mdy => self.cutter.votes.first_mut(),
            DateOrder::Dmy => self.cutter.votes.last_mut(),
            DateOrder::Ymd => None,
        };
        if let Some(voted) = slot.filter(|voted| !**voted) {
            *voted = true;
            // The vote comes while the record before it may still be open.
            self.cutter.behind = self.cutter.behind.max(2);
        }
    }

    fn source_host(&mut self, _host: &str) {}

    fn notice(&mut self, _code: NoticeCode, _offset: usize, _detail: String) {}
}
