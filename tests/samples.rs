//! The catalogue against its sample logs: every case gives what its expectation file says, and cases do not disturb
//! each other.
//!
//! Cases with `[options]` (an alias, a zone, a host) are proved alone and left out of the scan of everything at once:
//! an option holds for a whole scan, so that theirs would change what other cases mean.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use blogscan::base::{Finding, Level};
use blogscan::pattern::Catalogue;
use blogscan::scan::samples::{self, Mutants, prove};
use blogscan::scan::{Options, run};
use blogscan::settings::{Settings, ZoneRule};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::embedded);
static CASES: LazyLock<Vec<Case>> = LazyLock::new(cases);

/// One sample folder.
struct Case {
    /// The pattern it belongs to.
    id: String,
    /// `hit-...` or `miss-...`.
    name: String,
    path: PathBuf,
    expectation: toml::Table,
    /// What the folder alone gives; empty for a case that needs options.
    findings: Vec<Finding>,
}

impl Case {
    fn has_options(&self) -> bool {
        self.expectation.contains_key("options")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-logs")
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for pattern in folders(&root()) {
        for path in folders(&pattern) {
            let text = std::fs::read_to_string(path.join(samples::FILE)).unwrap();
            let expectation: toml::Table = toml::from_str(&text).unwrap();
            let alone = if expectation.contains_key("options") {
                Vec::new()
            } else {
                findings(&[&path], &Options::default())
            };
            cases.push(Case { id: name(&pattern), name: name(&path), path, expectation, findings: alone });
        }
    }
    cases
}

fn findings(paths: &[&Path], options: &Options) -> Vec<Finding> {
    let inputs: Vec<String> = paths.iter().map(|path| path.to_str().unwrap().to_owned()).collect();
    run(&inputs, options, &CATALOGUE, &Settings::default()).findings
}

/// What a finding says, in a line.
fn line(finding: &Finding) -> String {
    let about: Vec<String> = finding.about.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{} {} {}", finding.advisory, finding.level.name(), about.join(" "))
}

#[test]
fn every_case_gives_what_it_states() {
    let results = prove(&root(), &CATALOGUE, &|_| true, Mutants::Judged).unwrap();
    assert_eq!(results.len(), CASES.len(), "a folder is neither hit-... nor miss-...");
    let faults: Vec<String> = results
        .iter()
        .filter(|result| !result.faults.is_empty())
        .map(|result| format!("{}/{}:\n  {}", result.id, result.case, result.faults.join("\n  ")))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_pattern_has_hits_and_misses() {
    // Knowledge for `explain` alone has no verdict that a log could hit.
    for pattern in CATALOGUE.patterns.iter().filter(|pattern| !pattern.verdicts.is_empty()) {
        for start in ["hit-", "miss-"] {
            let is_there = CASES.iter().any(|case| case.id == pattern.id && case.name.starts_with(start));
            assert!(is_there, "{}: no {start}...", pattern.id);
        }
    }
    for case in CASES.iter() {
        assert!(CATALOGUE.pattern(&case.id).is_some(), "{}: no pattern of this id", case.id);
    }
}

/// A host on which nothing happened yet is not listed where something happened, or may have: a finding whose first
/// record tells no host could be of any. This is the one thing that cases may take from each other.
fn gives_way(finding: &Finding, cases: &[&Case]) -> bool {
    let is_of_host = finding.level == Level::Exposed && finding.about.keys().eq(["host"]);
    let mut all = cases.iter().flat_map(|case| &case.findings);
    is_of_host
        && all.any(|other| {
            other.advisory == finding.advisory
                && other.level >= Level::Suspected
                && other.evidence.first().is_some_and(|first| first.host.is_none())
        })
}

/// Machines of one case never meet those of another, so that nothing joins, clears or confirms across the border.
#[test]
fn all_cases_at_once_give_what_each_gives_alone() {
    let without_options: Vec<&Case> = CASES.iter().filter(|case| !case.has_options()).collect();
    let paths: Vec<&Path> = without_options.iter().map(|case| case.path.as_path()).collect();
    let mut at_once: Vec<String> = findings(&paths, &Options::default()).iter().map(line).collect();
    let mut one_by_one: Vec<String> = without_options
        .iter()
        .flat_map(|case| &case.findings)
        .filter(|finding| !gives_way(finding, &without_options))
        .map(line)
        .collect();
    at_once.sort();
    one_by_one.sort();
    let only = |some: &[String], others: &[String]| -> Vec<String> {
        some.iter().filter(|line| !others.contains(line)).cloned().collect()
    };
    assert_eq!(
        (only(&at_once, &one_by_one), only(&one_by_one, &at_once)),
        (Vec::new(), Vec::new()),
        "only in the scan of all, only in the scans of one"
    );
    assert_eq!(at_once, one_by_one);
}

#[test]
fn samples_of_one_pattern_raise_no_other() {
    for case in CASES.iter() {
        let expected: Vec<&str> = case
            .expectation
            .get("finding")
            .and_then(|findings| findings.as_array())
            .into_iter()
            .flatten()
            .filter_map(|finding| finding.get("advisory")?.as_str())
            .collect();
        for finding in case.findings.iter().filter(|finding| finding.level >= Level::Likely) {
            let is_own = finding.advisory == case.id;
            let is_stated = expected.contains(&finding.advisory.as_str());
            assert!(is_own || is_stated, "{}/{}: {}", case.id, case.name, line(finding));
        }
    }
}

/// Lines taken out of the scheduler log of one case, by name, as stretches of local time.
const TAKEN_OUT: [(&str, &str, &str); 4] = [
    // The machine is reverted at 03:14:07; the incremental runs on 6 November from 22:00:00 to 22:21:12.
    ("hour-before-the-revert", "2019-11-04 02:14:07", "2019-11-04 03:14:07"),
    ("between-revert-and-incremental", "2019-11-04 03:14:08", "2019-11-06 21:59:59"),
    ("behind-the-incremental", "2019-11-06 22:21:13", "2019-12-31 00:00:00"),
    ("from-the-revert-on", "2019-11-04 03:14:08", "2019-12-31 00:00:00"),
];

/// What is proved depends on what was read: a hole between revert and backup takes a level and says why, one before
/// the revert or behind the backup takes nothing.
#[test]
fn a_hole_in_the_job_list_counts_only_where_it_matters() {
    let case = CASES.iter().find(|case| case.name == "hit-tsm-incremental-forever").unwrap();
    let stated = case.expectation["mutants"].as_table().unwrap();
    assert_eq!(stated.len(), TAKEN_OUT.len());
    let list = std::fs::read_to_string(case.path.join("dsmsched.log")).unwrap();
    let mut options = Options::default();
    options.zones.insert("DM-ULME".to_owned(), ZoneRule::parse("America/Chicago").unwrap());
    for (mutant, from, to) in TAKEN_OUT {
        let is_out = |line: &str| line.get(..19).is_some_and(|time| (from..=to).contains(&time));
        let kept: Vec<&str> = list.split_inclusive('\n').filter(|line| !is_out(line)).collect();
        assert!(kept.len() < list.lines().count(), "{mutant}: nothing is taken out");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("samples").join(mutant);
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("dsmsched.log");
        std::fs::write(&file, kept.concat()).unwrap();
        let host = folders(&case.path);
        let found = findings(&[&file, &host[0]], &options);
        assert_eq!(found.len(), 1, "{mutant}");
        assert_eq!(Some(found[0].level.name()), stated[mutant].as_str(), "{mutant}: {:?}", found[0].doubts);
        let is_doubted = found[0].doubts.iter().any(|doubt| doubt.contains("no log at hand covers"));
        assert_eq!(is_doubted, found[0].level != Level::Confirmed, "{mutant}: {:?}", found[0].doubts);
    }
}

/// A statement that does not hold, one about a mutant that does not exist, and a weaker pattern are all found.
#[test]
fn mutants_catch_what_is_wrong() {
    let sample = root().join("TECH69597/hit-debug-log-only");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants");
    let _ = std::fs::remove_dir_all(&folder);
    let case = folder.join("TECH69597/hit-debug-log-only");
    std::fs::create_dir_all(case.join("bpdm")).unwrap();
    for log in std::fs::read_dir(sample.join("bpdm")).unwrap() {
        let log = log.unwrap().path();
        std::fs::copy(&log, case.join("bpdm").join(log.file_name().unwrap())).unwrap();
    }
    let text = std::fs::read_to_string(sample.join(samples::FILE)).unwrap();
    let bare = text.split("[finding.mutants]").next().unwrap().to_owned();
    let faults = |more: &str| {
        std::fs::write(case.join(samples::FILE), format!("{bare}{more}")).unwrap();
        let results = prove(&folder, &CATALOGUE, &|_| true, Mutants::Judged).unwrap();
        assert!(results[0].mutants > 5);
        results[0].faults.clone()
    };
    assert!(faults("").is_empty(), "the rule holds: {:?}", faults(""));
    let wrong =
        faults("[finding.mutants]\nlikely = [\"without contact-lost\"]\nnone = [\"without nothing\"]\n");
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong.iter().any(|fault| fault.contains("\"without nothing\" is stated and does not apply")));
    prove(&folder, &CATALOGUE, &|_| true, Mutants::Blessed).unwrap();
    let blessed = std::fs::read_to_string(case.join(samples::FILE)).unwrap();
    assert_eq!(blessed.trim(), text.trim());
}
