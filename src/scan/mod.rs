//! Floor 5: the driver of a scan. It alone knows every stage:
//! discover, read, recognise, split, match (per source, in parallel), settle, correlate, judge, report.

mod absent;
mod collect;
mod coverage;
mod first_failure;
mod links;
mod mutants;
mod neighbours;
mod part;
mod pieces;
pub mod proof;
mod recall;
mod repeats;
mod report;
mod roles;
pub mod samples;
mod settle;
mod silence;
mod source;
mod stored;
mod track;
mod unknown;
mod vm_runs;
mod why_not;

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use indexmap::IndexMap;
use rayon::prelude::*;

use crate::base::report::NoticeRow;
use crate::base::stamp::{DAY, MINUTE, midnight};
use crate::base::{DateOrder, Dialect, Notice, NoticeCode, Report};
use crate::correlate::{Bounds, Spill, World};
use crate::input::{Discovery, Found, ReadOptions, discover};
use crate::pattern::{Catalogue, Pattern};
use crate::report::identify::{Identification, Identified};
use crate::settings::{Settings, ZoneRule};
use crate::state::{Memory, Remembered};
use crate::verdict;

use report::sort_notices;
use source::{Extract, Workshop};
pub use why_not::why_not;

/// What a scan is to do, beside its paths. Values as meant, not as typed.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; 0: as many as the machine has.
    pub jobs: usize,
    /// Zone of sources that carry none of their own.
    pub zone: Option<ZoneRule>,
    /// The same by host.
    pub zones: IndexMap<String, ZoneRule>,
    /// Order of day and month in all sources.
    pub date_order: Option<DateOrder>,
    /// Host of sources that do not name theirs.
    pub host: Option<String>,
    /// Virtual machine to host name.
    pub aliases: IndexMap<String, String>,
    /// Tolerance between clocks of different hosts, in microseconds.
    pub skew: i64,
    /// Only these patterns, by id or alias; empty: all.
    pub only: Vec<String>,
    /// Only patterns of these products; empty: all.
    pub products: Vec<String>,
    /// How sources are read.
    pub reading: ReadOptions,
    /// First and last day that are of interest, where the user named them.
    pub days: Days,
    /// How much of a flood is held and shown.
    pub bounds: Bounds,
}

/// A range of days, open where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub since: Option<NaiveDate>,
    /// The last.
    pub until: Option<NaiveDate>,
}

/// A file whose name tells a day further from the asked ones than this is not read: twice the longest time that a
/// known failure takes from its first to its last sign, 31 days.
const REACH_DAYS: i64 = 62;

impl Days {
    /// The days in microseconds, with a day more on both sides for any zone.
    fn reach(self) -> (i64, i64) {
        let from = self.since.map_or(i64::MIN, |since| midnight(since) - DAY);
        (from, self.until.map_or(i64::MAX, |until| midnight(until) + 2 * DAY))
    }

    /// Can nothing of a log of this day matter?
    fn leave_out(self, day: NaiveDate) -> bool {
        let reach = TimeDelta::days(REACH_DAYS);
        self.since.is_some_and(|since| day + reach < since)
            || self.until.is_some_and(|until| day - reach > until)
    }
}

/// Clocks of hosts that are not kept by one time server are seldom further apart.
pub const DEFAULT_SKEW: i64 = 5 * MINUTE;

impl Default for Options {
    fn default() -> Options {
        Options {
            jobs: 0,
            zone: None,
            zones: IndexMap::new(),
            date_order: None,
            host: None,
            aliases: IndexMap::new(),
            skew: DEFAULT_SKEW,
            only: Vec::new(),
            products: Vec::new(),
            reading: ReadOptions::default(),
            days: Days::default(),
            bounds: Bounds::default(),
        }
    }
}

impl Options {
    fn wants(&self, pattern: &Pattern) -> bool {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let by_id = self.only.is_empty()
            || self
                .only
                .iter()
                .any(|id| same(id, &pattern.id) || pattern.aliases.iter().any(|alias| same(id, alias)));
        let by_product = self.products.is_empty()
            || self
                .products
                .iter()
                .any(|wanted| pattern.products.iter().any(|product| same(wanted, product)));
        by_id && by_product
    }
}

/// Scans paths and reports. Trouble with one source is a notice in the report; the scan goes on.
pub fn run(inputs: &[String], options: &Options, catalogue: &Catalogue, settings: &Settings) -> Report {
    run_with(inputs, options, catalogue, settings, &Workshop::new(catalogue, options))
}

/// Scans paths and what is remembered of earlier nights: logs that did not change are not read again, logs that are
/// gone count with what they said. The second value is what is to be remembered.
pub fn run_remembering(
    inputs: &[String],
    options: &Options,
    catalogue: &Catalogue,
    settings: &Settings,
    memory: &mut Memory<'_>,
) -> (Report, Remembered) {
    let workshop = Workshop { keeps: true, ..Workshop::new(catalogue, options) };
    let (extracts, notices, remembered, names) = recall::read_all(inputs, options, &workshop, memory);
    let mut report = judge(inputs, options, catalogue, settings, &workshop, (extracts, notices));
    recall::keep_names(&mut report, &names);
    (report, remembered)
}

/// The same with what reads sources made before: many small scans share it.
fn run_with(
    inputs: &[String],
    options: &Options,
    catalogue: &Catalogue,
    settings: &Settings,
    workshop: &Workshop<'_>,
) -> Report {
    let read = read_all(inputs, options, workshop);
    judge(inputs, options, catalogue, settings, workshop, read)
}

fn judge(
    inputs: &[String],
    options: &Options,
    catalogue: &Catalogue,
    settings: &Settings,
    workshop: &Workshop<'_>,
    (extracts, mut notices): (Vec<Extract>, Vec<Notice>),
) -> Report {
    notices.extend(nothing_recognised(&extracts, &notices));
    let mut settled = settled(extracts, &workshop.spill, options, settings, catalogue);
    notices.append(&mut settled.notices);
    notices.extend(absent::notices(&settled.world.coverage, options, catalogue));
    let world = World::new(catalogue, settled.world);
    let judgement = verdict::judge(&world, &|pattern| options.wants(pattern));
    report::report(inputs, catalogue, &world, &settled.sources, judgement, notices)
}

/// From what was read of each source to what the patterns are judged on.
fn settled(
    extracts: Vec<Extract>,
    spill: &Arc<Spill>,
    options: &Options,
    settings: &Settings,
    catalogue: &Catalogue,
) -> settle::Settled {
    let mut settled = settle::settle(extracts, spill, options, settings);
    let reaches = std::mem::take(&mut settled.reaches);
    let sources = &settled.world.sources;
    settled.world.coverage = coverage::join(reaches, &|source| {
        usize::try_from(source.0).ok().and_then(|at| sources.get(at)).map_or("", |info| info.path.as_str())
    });
    let (held, spill) = (&mut settled.world.held, &settled.world.spill);
    vm_runs::mark_by_size(held, spill, catalogue, &settled.world.names);
    settled
}

/// Reads every source, side by side; what comes back is in order of the paths.
fn read_all(inputs: &[String], options: &Options, workshop: &Workshop<'_>) -> (Vec<Extract>, Vec<Notice>) {
    let Discovery { mut sources, mut notices } = discover(inputs);
    leave_out(&mut sources, &mut notices, options);
    let watch = &options.reading.watch;
    watch.expect(sources.iter().filter_map(|found| found.length).sum());
    // Largest first, so that no thread is left with a large file at the end.
    let mut order: Vec<&Found> = sources.iter().collect();
    order.sort_by_key(|found| std::cmp::Reverse(found.length));
    let extract = |found: &&Found| (!watch.is_stopped()).then(|| workshop.extract(found));
    let read = || -> Vec<_> { order.par_iter().with_max_len(1).map(extract).collect() };
    let results: Vec<_> = match rayon::current_thread_index() {
        Some(_) => order.iter().map(extract).collect(),
        None => in_pool(options, read),
    };
    let unread = results.iter().filter(|result| result.is_none()).count();
    if watch.is_stopped() {
        notices.push(Notice {
            code: NoticeCode::Interrupted,
            source: None,
            line: None,
            detail: match unread {
                0 => "what was being read was not read to its end".to_owned(),
                unread => format!("{unread} of {} files were not begun", sources.len()),
            },
        });
    }
    let mut extracts = Vec::with_capacity(results.len());
    for (read, told) in results.into_iter().flatten() {
        extracts.extend(read);
        notices.extend(told);
    }
    extracts.sort_by(|one, other| one.path.cmp(&other.path));
    (extracts, notices)
}

/// Works with as many threads as were asked for.
fn in_pool<T: Send>(options: &Options, work: impl FnOnce() -> T + Send) -> T {
    // A scan inside a thread of another pool (many samples side by side) must not wait for a pool of its own: while it
    // waits the thread would begin the next scan on top of this one, and so on to the end of its stack.
    if rayon::current_thread_index().is_some() {
        return work();
    }
    match rayon::ThreadPoolBuilder::new().num_threads(options.jobs).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

/// Takes out what the user does not want to be read.
fn leave_out(sources: &mut Vec<Found>, notices: &mut Vec<Notice>, options: &Options) {
    let mut left_out = |keep: &dyn Fn(&Found) -> bool, why: &str| {
        let before = sources.len();
        sources.retain(keep);
        let count = before - sources.len();
        if count > 0 {
            let detail = format!("{count} files {why}");
            notices.push(Notice { code: NoticeCode::LeftOut, source: None, line: None, detail });
        }
    };
    left_out(&|found| !options.reading.leaves_out(&found.path), "were left out (--exclude)");
    if options.days != Days::default() {
        let readers = crate::dialect::readers();
        let day = |path: &str| readers.iter().find_map(|reader| reader.place(path).date);
        left_out(
            &|found| day(&found.path).is_none_or(|day| !options.days.leave_out(day)),
            "lie far outside the asked time by their names (--since, --until)",
        );
    }
}

/// A scan in which no source is a log that blogscan knows has answered nothing.
fn nothing_recognised(extracts: &[Extract], notices: &[Notice]) -> Option<Notice> {
    let recognised = extracts.iter().any(|extract| extract.dialect != Dialect::Unknown);
    let told = extracts.is_empty() && notices.iter().any(|notice| notice.code.is_trouble());
    (!recognised && !told).then(|| Notice {
        code: NoticeCode::NothingRecognised,
        source: None,
        line: None,
        detail: format!("none of {} sources is in a known log dialect", extracts.len()),
    })
}

/// Identifies every source under the paths; nothing is matched.
pub fn identify(inputs: &[String], options: &Options, settings: &Settings) -> Identification {
    let catalogue = Catalogue::default();
    let workshop = Workshop::new(&catalogue, options);
    let (extracts, mut notices) = read_all(inputs, options, &workshop);
    let settled = settle::settle(extracts, &workshop.spill, options, settings);
    notices.extend(settled.notices);
    let word = |stamp: Option<crate::base::Stamp>| stamp.map(|stamp| stamp.to_string());
    sort_notices(&mut notices);
    let said = report::said_by_source(&settled.world);
    let sources = settled
        .sources
        .into_iter()
        .enumerate()
        .map(|(at, source)| Identified {
            says: said.get(at).cloned().unwrap_or_default(),
            path: source.path,
            dialect: source.dialect.name(),
            reason: source.reason,
            encoding: source.encoding,
            encoding_reason: source.evidence,
            host: source.host,
            process: source.process,
            from: word(source.first),
            to: word(source.last),
            records: source.records,
            headless: source.headless,
        })
        .collect();
    Identification { sources, notices: notices.into_iter().map(NoticeRow::from).collect() }
}
