//! Proof of patterns: every sample folder is scanned and compared with its expectation file.
//!
//! `sample-logs/<ID>/hit-<case>/expect.toml` states which findings the case gives, `miss-<case>` that it gives none
//! at `likely` or above. The file is blogscan's own and no part of the logs: a scan leaves it out.
//!
//! ```toml
//! schema = "blogscan-expect/1"
//!
//! [options]                       # as on the command line; all optional
//! alias = { SRV-DB1 = "db1.corp.local" }
//! tz = "Europe/Berlin"            # or { "host" = "zone" }
//! host = "media3"
//!
//! [[finding]]
//! advisory = "TECH69597"
//! level = "confirmed"
//! about = { backup_id = "filesrv4_1242021151", copy = "1", fragment = "2" }
//! evidence = ["contact-lost bpdm/log.051109:2", "fragment-deleted bpdm/log.051109:3"]
//! conditions = { version-affected = "unknown" }   # those that matter
//! doubts = ["zone"]               # each is part of one of the doubts
//! collect = ["bpdm debug log"]    # each is part of one of the texts
//! objects = { suspect-restore-points = 2 }        # how many of a role
//!
//! [finding.mutants]               # what the finding becomes where the sample is broken; see `mutants`
//! suspected = ["without fragment-deleted"]
//! none = ["id swapped fragment-deleted.pid"]
//! ```

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::IndexMap;
use serde::Deserialize;

use super::mutants::{Bench, Mutant, bless};
use super::source::Workshop;
use super::{Options, run_with};
use crate::base::{Finding, Level, Report};
use crate::pattern::Catalogue;
use crate::settings::{Settings, ZoneRule};

/// Name of the file in each sample folder.
pub const FILE: &str = "expect.toml";

/// What a case is expected to give.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    schema: String,
    #[serde(default)]
    options: ExpectedOptions,
    #[serde(default)]
    finding: Vec<Expected>,
    /// Codes of notices that must be there.
    #[serde(default)]
    notices: Vec<String>,
    /// Levels under changes that a test of the project makes by hand, by name of the change.
    #[serde(default)]
    #[allow(dead_code)]
    mutants: IndexMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExpectedOptions {
    #[serde(default)]
    alias: IndexMap<String, String>,
    tz: Option<Zones>,
    host: Option<String>,
    date_order: Option<String>,
    #[serde(default)]
    backup_accounts: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Zones {
    All(String),
    ByHost(IndexMap<String, String>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    advisory: String,
    level: String,
    #[serde(default)]
    about: IndexMap<String, String>,
    evidence: Option<Vec<String>>,
    #[serde(default)]
    conditions: IndexMap<String, String>,
    #[serde(default)]
    doubts: Vec<String>,
    #[serde(default)]
    collect: Vec<String>,
    #[serde(default)]
    objects: IndexMap<String, usize>,
    repeats: Option<u64>,
    /// Mutants by the level that they reduce the finding to; `none` where there is none.
    #[serde(default)]
    mutants: IndexMap<String, Vec<String>>,
}

/// How one case fared.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// Id of the pattern: the folder above the case.
    pub id: String,
    /// Name of the case.
    pub case: String,
    /// What is not as expected; empty: the case is proved.
    pub faults: Vec<String>,
    /// How many mutants were judged.
    pub mutants: usize,
    /// How many of them are not as stated or break the rule.
    pub broken: usize,
}

/// Runs every case under `root` (`<ID>/hit-...` and `<ID>/miss-...`) whose id `wanted` admits. With
/// [`Mutants::Judged`] every hit is broken in all ways and judged again.
///
/// # Errors
///
/// Where `root` cannot be read.
pub fn prove(
    root: &Path,
    catalogue: &Catalogue,
    wanted: &(dyn Fn(&str) -> bool + Sync),
    mutants: Mutants,
) -> std::io::Result<Vec<CaseResult>> {
    let mut cases: Vec<(String, PathBuf)> = Vec::new();
    for pattern in folders(root)? {
        let id = name(&pattern);
        if wanted(&id) {
            let of_pattern = folders(&pattern)?.into_iter();
            cases.extend(of_pattern.filter(|case| is_case(&name(case))).map(|case| (id.clone(), case)));
        }
    }
    let workshop = Workshop::new(catalogue, &Options::default());
    let prover = Prover { catalogue, workshop, mutants };
    Ok(prover.prove_all(&cases))
}

/// Are the mutants of hits judged as well?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutants {
    /// Only the samples as they are.
    Left,
    /// Every mutant is held against its statement or the rule.
    Judged,
    /// What the mutants come to is written into the expectation files, in place of what stands there.
    Blessed,
}

fn is_case(name: &str) -> bool {
    name.starts_with("hit-") || name.starts_with("miss-")
}

fn folders(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(path)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What all cases share.
struct Prover<'c> {
    catalogue: &'c Catalogue,
    /// For samples that ask for nothing about dates.
    workshop: Workshop<'c>,
    mutants: Mutants,
}

impl<'c> Prover<'c> {
    /// Every case, in their order. The threads are plain ones: a case scans with a pool of its own, and a thread of a
    /// pool that waits for another one begins further cases on its stack until that is full.
    fn prove_all(&self, cases: &[(String, PathBuf)]) -> Vec<CaseResult> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            while let Some((index, (id, case))) = {
                let index = next.fetch_add(1, Ordering::Relaxed);
                cases.get(index).map(|case| (index, case))
            } {
                done.push((index, self.prove(id, case)));
            }
            done
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut results: Vec<(usize, CaseResult)> = std::thread::scope(|scope| {
            let workers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut results = work();
            for worker in workers {
                match worker.join() {
                    Ok(done) => results.extend(done),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            results
        });
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn prove(&self, id: &str, case: &Path) -> CaseResult {
        let mut result =
            CaseResult { id: id.to_owned(), case: name(case), faults: Vec::new(), mutants: 0, broken: 0 };
        match expectation(case) {
            Ok((text, expectation)) => self.compare(case, &text, &expectation, &mut result),
            Err(fault) => result.faults.push(format!("{FILE}: {fault}")),
        }
        result
    }

    fn compare(&self, case: &Path, text: &str, expectation: &Expectation, result: &mut CaseResult) {
        let (options, settings) = match options(&expectation.options) {
            Ok(both) => both,
            Err(fault) => return result.faults.push(format!("{FILE}: {fault}")),
        };
        let own: Option<Workshop<'c>> = options.date_order.map(|_| Workshop::new(self.catalogue, &options));
        let workshop = own.as_ref().unwrap_or(&self.workshop);
        let id = result.id.clone();
        let input = case.to_string_lossy().into_owned();
        let report = run_with(std::slice::from_ref(&input), &options, self.catalogue, &settings, workshop);
        let prefix = format!("{}/", input.trim_end_matches('/'));
        result.faults.extend(compare(&id, &prefix, expectation, &report));
        if name(case).starts_with("miss-") {
            let too_high = expectation.finding.iter().filter(|expected| {
                expected.advisory == id
                    && Level::from_name(&expected.level).is_none_or(|level| level >= Level::Likely)
            });
            let fault = |expected: &Expected| format!("a near miss must not expect {}", expected.level);
            result.faults.extend(too_high.map(fault));
        } else if self.mutants != Mutants::Left && result.faults.is_empty() {
            let bench = Bench::new(&input, self.catalogue, workshop, &options, &settings);
            self.break_it(case, text, expectation, &bench, result);
        }
    }

    /// Judges the mutants of every finding of the pattern itself.
    fn break_it(
        &self,
        case: &Path,
        text: &str,
        expectation: &Expectation,
        bench: &Bench<'_, 'c>,
        result: &mut CaseResult,
    ) {
        let mut blessed: Vec<Option<Vec<Mutant>>> = Vec::new();
        for expected in &expectation.finding {
            let level = Level::from_name(&expected.level).filter(|_| expected.advisory == result.id);
            let Some(level) = level else {
                blessed.push(None);
                continue;
            };
            let mutants = bench.mutants(&result.id, level, &expected.about);
            result.mutants += mutants.len();
            if self.mutants == Mutants::Judged {
                let faults = judge(&mutants, level, expected);
                result.broken += faults.len();
                result.faults.extend(faults);
            }
            blessed.push(Some(mutants));
        }
        if self.mutants == Mutants::Blessed
            && let Err(error) = std::fs::write(case.join(FILE), bless::blessed(text, &blessed))
        {
            result.faults.push(format!("{FILE}: {error}"));
        }
    }
}

/// What is wrong with the mutants of one finding.
fn judge(mutants: &[Mutant], level: Level, expected: &Expected) -> Vec<String> {
    let stated = |mutant: &Mutant| {
        let mut levels = expected.mutants.iter();
        levels.find(|(_, names)| names.contains(&mutant.name)).map(|(level, _)| level.as_str())
    };
    let mut faults: Vec<String> =
        mutants.iter().filter_map(|mutant| mutant.fault(level, stated(mutant))).collect();
    let all = expected.mutants.values().flatten();
    let unknown = all.filter(|name| mutants.iter().all(|mutant| mutant.name != **name));
    faults.extend(unknown.map(|name| format!("mutant {name:?} is stated and does not apply")));
    faults
}

fn expectation(case: &Path) -> Result<(String, Expectation), String> {
    let text = std::fs::read_to_string(case.join(FILE)).map_err(|error| error.to_string())?;
    let expectation: Expectation = toml::from_str(&text).map_err(|error| error.to_string())?;
    if expectation.schema != "blogscan-expect/1" {
        return Err(format!("the schema {:?} is not known", expectation.schema));
    }
    Ok((text, expectation))
}

fn options(expected: &ExpectedOptions) -> Result<(Options, Settings), String> {
    let mut options =
        Options { aliases: expected.alias.clone(), host: expected.host.clone(), ..Options::default() };
    match &expected.tz {
        Some(Zones::All(zone)) => options.zone = Some(ZoneRule::parse(zone)?),
        Some(Zones::ByHost(zones)) => {
            for (host, zone) in zones {
                options.zones.insert(host.clone(), ZoneRule::parse(zone)?);
            }
        }
        None => {}
    }
    options.date_order = match expected.date_order.as_deref() {
        None => None,
        Some("mdy") => Some(crate::base::DateOrder::Mdy),
        Some("dmy") => Some(crate::base::DateOrder::Dmy),
        Some("ymd") => Some(crate::base::DateOrder::Ymd),
        Some(other) => return Err(format!("the date order {other:?} is not known")),
    };
    let settings = Settings { backup_accounts: expected.backup_accounts.clone(), ..Settings::default() };
    Ok((options, settings))
}

/// Compares a report with what was expected. Findings of other advisories must be expected too, from `likely` on.
fn compare(id: &str, prefix: &str, expectation: &Expectation, report: &Report) -> Vec<String> {
    let mut faults = Vec::new();
    let mut open: Vec<&Finding> = report.findings.iter().collect();
    for expected in &expectation.finding {
        let found = open.iter().position(|finding| {
            finding.advisory == expected.advisory
                && finding.level.name() == expected.level
                && finding.about == expected.about
        });
        match found {
            Some(at) => {
                let finding = open.remove(at);
                faults.extend(
                    compare_finding(prefix, expected, finding)
                        .into_iter()
                        .map(|fault| format!("{} {}: {fault}", expected.advisory, expected.level)),
                );
            }
            None => faults.push(format!(
                "expected, not found: {} {} {:?}",
                expected.advisory, expected.level, expected.about
            )),
        }
    }
    let unexpected =
        open.into_iter().filter(|finding| finding.advisory == id || finding.level >= Level::Likely);
    faults.extend(unexpected.map(|finding| {
        format!("found, not expected: {} {} {:?}", finding.advisory, finding.level.name(), finding.about)
    }));
    for code in &expectation.notices {
        if !report.notices.iter().any(|notice| notice.code == code) {
            faults.push(format!("expected notice {code} is missing"));
        }
    }
    faults
}

fn compare_finding(prefix: &str, expected: &Expected, finding: &Finding) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(evidence) = &expected.evidence {
        let seen: Vec<String> = finding
            .evidence
            .iter()
            .map(|piece| {
                let source = piece.source.strip_prefix(prefix).unwrap_or(&piece.source);
                match (piece.line, piece.record) {
                    (Some(line), _) => format!("{} {source}:{line}", piece.event),
                    (None, Some(record)) => format!("{} {source}#{record}", piece.event),
                    (None, None) => format!("{} {source}", piece.event),
                }
            })
            .collect();
        if seen != *evidence {
            faults.push(format!("evidence is {seen:?}, expected {evidence:?}"));
        }
    }
    for (name, state) in &expected.conditions {
        let seen = finding.conditions.iter().find(|condition| condition.name == *name);
        let seen = seen.and_then(|condition| serde_json::to_value(condition.state).ok());
        if seen.as_ref().and_then(|value| value.as_str()) != Some(state.as_str()) {
            faults.push(format!("condition {name} is {seen:?}, expected {state}"));
        }
    }
    for (what, wanted, seen) in
        [("doubt", &expected.doubts, &finding.doubts), ("collect", &expected.collect, &all_collect(finding))]
    {
        for part in wanted.iter().filter(|part| !seen.iter().any(|text| text.contains(part.as_str()))) {
            faults.push(format!("no {what} says {part:?}; they are {seen:?}"));
        }
    }
    for (role, count) in &expected.objects {
        let seen = finding.objects.iter().filter(|object| object.role == *role).count();
        if seen != *count {
            faults.push(format!("{seen} objects of role {role}, expected {count}"));
        }
    }
    if let Some(repeats) = expected.repeats
        && repeats != finding.repeats
    {
        faults.push(format!("{} repeats, expected {repeats}", finding.repeats));
    }
    faults
}

fn all_collect(finding: &Finding) -> Vec<String> {
    let rows = finding.conditions.iter().filter_map(|condition| condition.collect.clone());
    finding.collect.iter().cloned().chain(rows).collect()
}
