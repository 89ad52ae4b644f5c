//! Reads what is new since the last night. Every file is one of these:
//!
//! | tonight | what is done |
//! |---|---|
//! | at its place, nobody wrote to it | not opened; what was read of it counts |
//! | the same bytes under another name, or compressed | only its beginning and end are looked at |
//! | the same bytes with more behind them | read on where its dialect allows that, else read again |
//! | another beginning or another end | read; what the path held before is gone |
//!
//! What is gone counts with what it said for as long as the failures of the catalogue may take. Were something read
//! twice by a wrong guess, its equal events would still count once; were something taken for unchanged that is not,
//! records would be lost: so everything here asks for proof before it does not read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::TimeDelta;
use rayon::prelude::*;

use super::source::{Extract, Workshop};
use super::stored::{Reading, Terms};
use super::track::micros;
use super::{Options, in_pool, leave_out};
use crate::base::stamp::DAY;
use crate::base::{Dialect, Notice, NoticeCode, Report, Stamp};
use crate::correlate::Held;
use crate::dialect::{Place, binary_reader, reader};
use crate::input::{Discovery, FileStat, Found, Print, Probe, WINDOW, Watch, discover};
use crate::pattern::Catalogue;
use crate::state::{FileId, KnownFile, Memory, NewFile, Remembered};

/// How sources that are gone are called tonight, and how they were called.
pub(super) type OldNames = Vec<(String, String)>;

/// How many files with the same beginning are compared with one file. Copies of a log are few.
const MOST_CANDIDATES: usize = 16;

/// The horizons of the patterns count from the first sign of a failure; logs are sometimes looked at days later.
const MARGIN_DAYS: i64 = 7;

/// What a file of tonight has to do with one of an earlier night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// It holds the same and more.
    Grown,
    /// It holds the same.
    Same,
    /// Nobody wrote to it.
    Untouched,
}

/// A file of tonight before it is read.
struct Candidate<'f> {
    found: &'f Found,
    stat: Option<FileStat>,
    /// Files of earlier nights whose bytes it begins with, best first.
    like: Vec<(Likeness, usize)>,
}

/// How a file is read.
enum Way {
    /// Not at all.
    Recalled(Reading),
    /// From where it was read to.
    On(Box<Extract>),
    /// From its beginning.
    Whole,
    /// From its beginning, and it is not the file that it looked like.
    Other,
}

pub(super) fn read_all(
    inputs: &[String],
    options: &Options,
    workshop: &Workshop<'_>,
    memory: &mut Memory<'_>,
) -> (Vec<Extract>, Vec<Notice>, Remembered, OldNames) {
    let Discovery { mut sources, mut notices } = discover(inputs);
    leave_out(&mut sources, &mut notices, options);
    let watch = &options.reading.watch;
    let known = Known::new(std::mem::take(&mut memory.known));
    let mut candidates: Vec<Candidate<'_>> =
        in_pool(options, || sources.par_iter().map(|found| known.look(found, workshop)).collect());
    let claims = claim(&mut candidates, &known);
    let catalogue = workshop.catalogue;
    let terms = Terms::new(catalogue, &workshop.spill);
    let mut night = Night {
        terms,
        key: key(options, catalogue),
        known: &known,
        watch,
        remembered: Remembered::default(),
        taken: HashSet::new(),
        extracts: Vec::new(),
        notices,
        read: HashMap::new(),
        names: Vec::new(),
    };
    let ways: Vec<(Candidate<'_>, Option<usize>, Way)> = candidates
        .into_iter()
        .zip(claims)
        .map(|(mut candidate, claim)| {
            let way = night.way(&candidate, claim, memory);
            let mut claim = claim.map(|(_, index)| index);
            if matches!(way, Way::Other) {
                candidate.like.retain(|(_, index)| Some(*index) != claim);
                claim = None;
            }
            (candidate, claim, way)
        })
        .collect();
    watch.expect(
        ways.iter()
            .filter(|(_, _, way)| !matches!(way, Way::Recalled(_)))
            .filter_map(|(candidate, ..)| candidate.found.length)
            .sum(),
    );
    let read: Vec<_> = in_pool(options, || {
        ways.into_par_iter()
            .with_max_len(1)
            .map(|(candidate, claim, way)| take(candidate, claim, way, workshop))
            .collect()
    });
    for (candidate, claim, reading) in read {
        night.keep(candidate, claim, reading);
    }
    night.recall_gone(memory, catalogue);
    let Night { mut remembered, mut extracts, mut notices, names, .. } = night;
    remembered.is_stopped = watch.is_stopped();
    if remembered.is_stopped {
        let detail = "what was being read was not read to its end".to_owned();
        notices.push(Notice { code: NoticeCode::Interrupted, source: None, line: None, detail });
    }
    remembered.bytes_read = watch.bytes().0;
    let troubles = extracts.iter().flat_map(|extract| &extract.notices).chain(&notices);
    remembered.unread = troubles
        .filter(|notice| notice.code.is_trouble())
        .filter_map(|notice| Some((notice.source.clone()?, notice.code.name().to_owned())))
        .collect();
    extracts.sort_by(|one, other| one.path.cmp(&other.path));
    (extracts, notices, remembered, names)
}

/// A finding about a source keeps its name when the source is gone: it is the same finding.
pub(super) fn keep_names(report: &mut Report, names: &[(String, String)]) {
    for finding in &mut report.findings {
        if !finding.key.contains(GONE) {
            continue;
        }
        for (now, then) in names {
            if finding.key.contains(now.as_str()) {
                finding.key = finding.key.replace(now.as_str(), then);
                for value in finding.about.values_mut().filter(|value| *value == now) {
                    value.clone_from(then);
                }
            }
        }
    }
}

/// Stands in the name of a source that is gone.
const GONE: &str = " (as read on ";

/// Whatever changes what is read out of a file's bytes.
fn key(options: &Options, catalogue: &Catalogue) -> String {
    format!(
        "{} {} {:?} {:?} {:?} {}",
        env!("CARGO_PKG_VERSION"),
        catalogue.hash,
        options.date_order,
        options.reading.limits,
        options.reading.encodings,
        options.bounds.events
    )
}

/// Files of earlier nights, by what tells them.
struct Known {
    files: Vec<KnownFile>,
    by_stat: HashMap<FileStat, Vec<usize>>,
    by_head: HashMap<(u64, u64), Vec<usize>>,
    /// The lengths of all heads, ascending.
    lengths: Vec<u64>,
}

impl Known {
    fn new(files: Vec<KnownFile>) -> Known {
        let mut known =
            Known { by_stat: HashMap::new(), by_head: HashMap::new(), lengths: Vec::new(), files };
        for (index, file) in known.files.iter().enumerate() {
            if let Some(stat) = &file.stat {
                known.by_stat.entry(stat.clone()).or_default().push(index);
            }
            if let Some(print) = file.print.filter(|print| print.length > 0) {
                known.by_head.entry((print.head_length(), print.head)).or_default().push(index);
                known.lengths.push(print.head_length());
            }
        }
        known.lengths.sort_unstable();
        known.lengths.dedup();
        known
    }

    fn file(&self, index: usize) -> Option<&KnownFile> {
        self.files.get(index)
    }

    /// What a file of tonight has to do with those of earlier nights.
    fn look<'f>(&self, found: &'f Found, workshop: &Workshop<'_>) -> Candidate<'f> {
        let stat = FileStat::of(found);
        let mut like = Vec::new();
        if let Some(stat) = &stat {
            let untouched = self.by_stat.get(stat).into_iter().flatten().filter(|index| {
                stat.number.is_some() || self.file(**index).is_some_and(|file| file.path == found.path)
            });
            like.extend(untouched.map(|index| (Likeness::Untouched, *index)));
        }
        if like.is_empty()
            && !self.lengths.is_empty()
            && let Some(probe) = Probe::open(found, &workshop.reading.watch)
        {
            self.compare(found, &probe, &mut like);
        }
        let length = |index: usize| self.file(index).and_then(|file| file.print).map(|print| print.length);
        let is_path = |index: usize| self.file(index).is_some_and(|file| file.path == found.path);
        like.sort_by_key(|(likeness, index)| std::cmp::Reverse((*likeness, length(*index), is_path(*index))));
        Candidate { found, stat, like }
    }

    fn compare(&self, found: &Found, probe: &Probe, like: &mut Vec<(Likeness, usize)>) {
        for behind_compression in [false, true] {
            let heads = probe.heads(&self.lengths, behind_compression);
            let mut same_head: Vec<usize> =
                heads.iter().filter_map(|head| self.by_head.get(head)).flatten().copied().collect();
            // Longer heads tell more.
            same_head.reverse();
            same_head.sort_by_key(|index| self.file(*index).is_none_or(|file| file.path != found.path));
            for index in same_head.into_iter().take(MOST_CANDIDATES) {
                let Some(print) = self.file(index).and_then(|file| file.print) else { continue };
                let likeness = if behind_compression {
                    probe.unpacks_to(print).map(|ends| if ends { Likeness::Same } else { Likeness::Grown })
                } else if probe.continues(print) {
                    let same = probe.length() == print.length;
                    Some(if same { Likeness::Same } else { Likeness::Grown })
                } else {
                    None
                };
                like.extend(likeness.map(|likeness| (likeness, index)));
            }
        }
    }
}

/// Every file of an earlier night is taken by one file of tonight at most: the one that is most like it.
fn claim(candidates: &mut [Candidate<'_>], known: &Known) -> Vec<Option<(Likeness, usize)>> {
    let mut claims: Vec<Option<(Likeness, usize)>> = vec![None; candidates.len()];
    let mut taken: HashSet<usize> = HashSet::new();
    let mut wishes: Vec<(Likeness, bool, usize, usize)> = Vec::new();
    for (place, candidate) in candidates.iter().enumerate() {
        for (likeness, index) in &candidate.like {
            let is_path = known.file(*index).is_some_and(|file| file.path == candidate.found.path);
            wishes.push((*likeness, is_path, place, *index));
        }
    }
    // Stable: among equals the order of the candidates, and of what each likes best, stays.
    wishes.sort_by_key(|(likeness, is_path, ..)| std::cmp::Reverse((*likeness, *is_path)));
    for (likeness, _, place, index) in wishes {
        if let Some(slot @ None) = claims.get_mut(place)
            && taken.insert(index)
        {
            *slot = Some((likeness, index));
        }
    }
    claims
}

fn take<'f>(
    candidate: Candidate<'f>,
    claim: Option<usize>,
    way: Way,
    workshop: &Workshop<'_>,
) -> (Candidate<'f>, Option<usize>, (Reading, bool)) {
    let found = candidate.found;
    let (extracts, notices) = match way {
        Way::Recalled(reading) => return (candidate, claim, (reading, true)),
        _ if workshop.reading.watch.is_stopped() => (Vec::new(), Vec::new()),
        Way::On(before) => workshop.extract_from(found, Some(*before)),
        Way::Whole | Way::Other => workshop.extract(found),
    };
    (candidate, claim, (Reading { extracts, notices, last_lines: String::new() }, false))
}

/// What a night comes to, while it is put together.
struct Night<'n> {
    terms: Terms<'n>,
    key: String,
    known: &'n Known,
    watch: &'n Arc<Watch>,
    remembered: Remembered,
    /// Files of earlier nights that are somewhere tonight.
    taken: HashSet<usize>,
    extracts: Vec<Extract>,
    notices: Vec<Notice>,
    /// How sources that are gone are called tonight, and how they were called.
    names: OldNames,
    /// Files that were read tonight, by path.
    read: HashMap<String, Found>,
}

impl Night<'_> {
    fn way(
        &self,
        candidate: &Candidate<'_>,
        claim: Option<(Likeness, usize)>,
        memory: &mut Memory<'_>,
    ) -> Way {
        let Some((likeness, index)) = claim else { return Way::Whole };
        let Some(file) = self.known.file(index).filter(|file| file.key == self.key) else {
            return Way::Whole;
        };
        let Some(mut reading) = (memory.load)(file.id).and_then(|bytes| self.terms.unpack(&bytes)) else {
            return Way::Whole;
        };
        if !rename(&mut reading, &file.path, &candidate.found.path) {
            return Way::Whole;
        }
        if likeness == Likeness::Same && may_be_another_turn(candidate, file, &reading) {
            return Way::Other;
        }
        if likeness != Likeness::Grown {
            return Way::Recalled(reading);
        }
        match (reading.extracts.pop(), reading.extracts.is_empty()) {
            (Some(before), true) if before.resume.is_some() => Way::On(Box::new(before)),
            _ => Way::Whole,
        }
    }

    fn keep(
        &mut self,
        candidate: Candidate<'_>,
        claim: Option<usize>,
        (mut reading, recalled): (Reading, bool),
    ) {
        let Candidate { found, stat, like } = candidate;
        let troubles =
            reading.notices.iter().chain(reading.extracts.iter().flat_map(|extract| &extract.notices));
        let is_whole = !troubles.into_iter().any(|notice| notice.code.is_trouble());
        if is_whole {
            // All that the file begins with is in it.
            self.taken.extend(like.iter().map(|(_, index)| *index));
        }
        let replaced = claim.and_then(|index| self.known.file(index)).filter(|_| is_whole);
        let path = found.path.clone();
        let seen = chrono::NaiveDate::MIN;
        if recalled && let Some(file) = replaced {
            let file = KnownFile { path, stat, seen, ..file.clone() };
            self.remembered.unchanged.push(file);
        } else if !reading.extracts.is_empty() {
            let length = stat.as_ref().map_or(0, |stat| stat.length);
            let print = if is_whole { self.print(found, length, claim, &mut reading) } else { None };
            let key = self.key.clone();
            self.read.insert(path.clone(), found.clone());
            let stat = stat.filter(|_| is_whole && print.is_some());
            let id = replaced.map_or(0, |file| file.id);
            self.remembered.read.push(NewFile {
                replaces: replaced.map(|file| file.id),
                file: KnownFile { id, path, stat, print, key, seen },
                content: self.terms.pack(&reading),
            });
        }
        // It is kept; nobody else asks for it.
        reading.extracts.iter_mut().for_each(|extract| extract.resume = None);
        self.extracts.append(&mut reading.extracts);
        self.notices.append(&mut reading.notices);
    }

    /// What the file looks like now. Its last lines are set.
    fn print(
        &self,
        found: &Found,
        length: u64,
        claim: Option<usize>,
        reading: &mut Reading,
    ) -> Option<Print> {
        let text = |bytes| String::from_utf8(bytes).unwrap_or_default();
        let is_read_on = reading.extracts.iter().any(|extract| extract.resume.is_some());
        let before = claim.and_then(|index| self.known.file(index)?.print).filter(|_| is_read_on);
        if let Some((print, lines)) =
            before.and_then(|before| Probe::print_of_grown(found, before, length, self.watch))
        {
            reading.last_lines = text(lines);
            return Some(print);
        }
        let probe = Probe::open(found, self.watch)?;
        if !probe.is_packed() {
            reading.last_lines = text(probe.last_lines(length));
        }
        probe.print(length)
    }

    /// Files of earlier nights that are nowhere tonight.
    fn recall_gone(&mut self, memory: &mut Memory<'_>, catalogue: &Catalogue) {
        let horizon = catalogue.patterns.iter().map(|pattern| pattern.horizon.0).max().unwrap_or(0);
        let keep_from = memory.today - TimeDelta::days(horizon / DAY + 1 + MARGIN_DAYS);
        let unchanged = self.remembered.unchanged.iter().map(|file| file.id);
        let kept: HashSet<FileId> =
            self.remembered.read.iter().filter_map(|file| file.replaces).chain(unchanged).collect();
        let mut labels: HashSet<String> = HashSet::new();
        for (index, file) in self.known.files.iter().enumerate() {
            if self.taken.contains(&index) {
                if !kept.contains(&file.id) {
                    self.remembered.dropped.push(file.id);
                }
                continue;
            }
            // What was not read to its end, and was read again since, says nothing that is not said again.
            let is_half = file.print.is_none() && self.read.contains_key(&file.path);
            if file.seen < keep_from || is_half {
                self.remembered.dropped.push(file.id);
                continue;
            }
            let Some(mut reading) = (memory.load)(file.id).and_then(|bytes| self.terms.unpack(&bytes)) else {
                self.remembered.dropped.push(file.id);
                continue;
            };
            let rest = self.without_continued(file, &mut reading).then(|| self.terms.pack(&reading));
            self.remembered.gone.push((file.id, rest));
            label(file, &mut reading, &mut labels, &mut self.names);
            self.extracts.append(&mut reading.extracts);
        }
    }

    /// A log that is pruned, or that runs in a circle, holds the end of what its path held before: what began there
    /// is told whole by tonight's file, and may have been told half by the earlier one.
    fn without_continued(&self, file: &KnownFile, reading: &mut Reading) -> bool {
        let (Some(found), Some(before)) = (self.read.get(&file.path), reading.extracts.first_mut()) else {
            return false;
        };
        let Some(now) = self.extracts.iter().find(|extract| extract.path == file.path) else { return false };
        let Some(first) = now.part.first.filter(|first| first.is_dated()).and_then(micros) else {
            return false;
        };
        let holds = !reading.last_lines.is_empty()
            && Probe::open(found, self.watch).is_some_and(|probe| probe.holds(reading.last_lines.as_bytes()));
        if !holds || now.dialect != before.dialect {
            return false;
        }
        let sessions: HashMap<u32, Option<Stamp>> =
            before.part.sessions.iter().map(|(id, session)| (*id, session.first)).collect();
        let begins = |event: &Held<'_>| {
            let session = event.session.and_then(|id| sessions.get(&id).copied().flatten());
            session.filter(|stamp| stamp.is_dated()).unwrap_or(event.stamp)
        };
        before.part.events.retain(self.terms.spill, |event| {
            let begin = begins(event);
            !begin.is_dated() || micros(begin).is_none_or(|at| at < first)
        });
        before.resume = None;
        true
    }
}

/// Was a log that is written in a ring written on in its middle, where no print looks? What it held there before counts
/// then as gone.
fn may_be_another_turn(candidate: &Candidate<'_>, file: &KnownFile, reading: &Reading) -> bool {
    let modified = |stat: &Option<FileStat>| stat.as_ref().map(|stat| stat.modified);
    let is_ring = |extract: &Extract| {
        matches!(extract.dialect, Dialect::TsmError | Dialect::TsmSched | Dialect::TsmCad | Dialect::Mixed)
    };
    let has_middle = file.print.is_none_or(|print| print.length > 2 * WINDOW);
    let is_untouched = modified(&file.stat).is_some() && modified(&candidate.stat) == modified(&file.stat);
    has_middle && !is_untouched && reading.extracts.iter().any(is_ring)
}

/// Gives what was read the paths of tonight. `false`: tonight's path tells more about the log (its day, its host),
/// so that it must be read again.
fn rename(reading: &mut Reading, then: &str, now: &str) -> bool {
    if then == now {
        return true;
    }
    let renamed =
        |path: &str| path.strip_prefix(then).map_or_else(|| path.to_owned(), |rest| format!("{now}{rest}"));
    for extract in &mut reading.extracts {
        let path = renamed(&extract.path);
        let place = place(extract.dialect, &path);
        let same = |one: &Option<String>, other: &Option<String>| other.is_none() || one == other;
        let held = &extract.place;
        let tells_nothing_new = (place.date.is_none() || place.date == held.date)
            && same(&held.process, &place.process)
            && same(&held.host, &place.host);
        if !tells_nothing_new {
            return false;
        }
        for notice in &mut extract.notices {
            notice.source = notice.source.as_deref().map(renamed);
        }
        extract.path = path;
    }
    for notice in &mut reading.notices {
        notice.source = notice.source.as_deref().map(renamed);
    }
    true
}

fn place(dialect: Dialect, path: &str) -> Place {
    match (reader(dialect), binary_reader(dialect)) {
        (Some(reader), _) => reader.place(path),
        (None, Some(reader)) => reader.place(path),
        (None, None) => Place::default(),
    }
}

/// Marks what is quoted of a file that is gone.
fn label(
    file: &KnownFile,
    reading: &mut Reading,
    labels: &mut HashSet<String>,
    names: &mut Vec<(String, String)>,
) {
    for extract in &mut reading.extracts {
        let gone = format!("{}{GONE}{})", extract.path, file.seen);
        let mut path = gone.clone();
        for number in 2.. {
            if labels.insert(path.clone()) {
                break;
            }
            path = format!("{gone} ({number})");
        }
        names.push((path.clone(), std::mem::replace(&mut extract.path, path)));
        // What could not be read then was told then.
        extract.notices.clear();
        extract.part.notices.clear();
        extract.part.errors = Default::default();
    }
}
