//! Floor 5: the driver of a scan. It alone knows every stage:
//! discover, read, recognise, split, match (per source, in parallel), settle, correlate, judge, report.

mod collect;
mod coverage;
mod report;
pub mod samples;
mod settle;
mod source;
mod spill;
mod track;
mod vm_runs;

use indexmap::IndexMap;
use rayon::prelude::*;

use crate::base::report::NoticeRow;
use crate::base::stamp::MINUTE;
use crate::base::{DateOrder, Dialect, Notice, NoticeCode, Report};
use crate::correlate::World;
use crate::input::{Discovery, discover};
use crate::matching::Matcher;
use crate::pattern::{Catalogue, Pattern};
use crate::report::identify::{Identification, Identified};
use crate::settings::{Settings, ZoneRule};
use crate::verdict;

use report::sort_notices;
use source::{Extract, Workshop};
use spill::Spill;

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
    let workshop =
        Workshop { matcher: Matcher::new(catalogue), spill: Spill::new(), order: options.date_order };
    let (extracts, mut notices) = read_all(inputs, options.jobs, &workshop);
    notices.extend(nothing_recognised(&extracts, &notices));
    let mut settled = settle::settle(extracts, options, settings);
    notices.append(&mut settled.notices);
    settled.world.coverage = coverage::join(std::mem::take(&mut settled.world.coverage));
    vm_runs::mark_effective_fulls(&mut settled.world.events, catalogue, &settled.world.names);
    let world = World::new(catalogue, settled.world);
    let judgement = verdict::judge(&world, &workshop.spill, &|pattern| options.wants(pattern));
    report::report(inputs, catalogue, &world, &settled.sources, judgement, notices)
}

/// Reads every source, side by side; what comes back is in order of the paths.
fn read_all(inputs: &[String], jobs: usize, workshop: &Workshop<'_>) -> (Vec<Extract>, Vec<Notice>) {
    let Discovery { sources, mut notices } = discover(inputs);
    // Largest first, so that no thread is left with a large file at the end.
    let mut order: Vec<usize> = (0..sources.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(sources.get(*index).and_then(|found| found.length)));
    let read = || -> Vec<(usize, Result<Extract, Notice>)> {
        order
            .par_iter()
            .with_max_len(1)
            .filter_map(|index| Some((*index, workshop.extract(sources.get(*index)?))))
            .collect()
    };
    let mut results = match rayon::ThreadPoolBuilder::new().num_threads(jobs).build() {
        Ok(pool) => pool.install(read),
        Err(_) => read(),
    };
    results.sort_by_key(|(index, _)| *index);
    let mut extracts = Vec::with_capacity(results.len());
    for (_, result) in results {
        match result {
            Ok(extract) => extracts.push(extract),
            Err(notice) => notices.push(notice),
        }
    }
    (extracts, notices)
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
    let workshop =
        Workshop { matcher: Matcher::new(&catalogue), spill: Spill::new(), order: options.date_order };
    let (extracts, mut notices) = read_all(inputs, options.jobs, &workshop);
    let settled = settle::settle(extracts, options, settings);
    notices.extend(settled.notices);
    let word = |stamp: Option<crate::base::Stamp>| stamp.map(|stamp| stamp.to_string());
    sort_notices(&mut notices);
    let sources = settled
        .sources
        .into_iter()
        .map(|source| Identified {
            path: source.path,
            dialect: source.dialect.name(),
            reason: source.reason,
            encoding: source.encoding,
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
