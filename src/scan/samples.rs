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
//! ```

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;

use super::{Options, run};
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
    /// What the levels of the sample's mutants are, by name of the mutant.
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
}

/// Runs every case under `root` (`<ID>/hit-...` and `<ID>/miss-...`) whose id `wanted` admits.
///
/// # Errors
///
/// Where `root` cannot be read.
pub fn prove(
    root: &Path,
    catalogue: &Catalogue,
    wanted: &dyn Fn(&str) -> bool,
) -> std::io::Result<Vec<CaseResult>> {
    let mut results = Vec::new();
    for pattern in folders(root)? {
        let id = name(&pattern);
        if !wanted(&id) {
            continue;
        }
        for case in folders(&pattern)? {
            let case_name = name(&case);
            if case_name.starts_with("hit-") || case_name.starts_with("miss-") {
                let faults = prove_case(&id, &case, catalogue);
                results.push(CaseResult { id: id.clone(), case: case_name, faults });
            }
        }
    }
    Ok(results)
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

fn prove_case(id: &str, case: &Path, catalogue: &Catalogue) -> Vec<String> {
    let file = case.join(FILE);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => return vec![format!("{FILE}: {error}")],
    };
    let expectation: Expectation = match toml::from_str(&text) {
        Ok(expectation) => expectation,
        Err(error) => return vec![format!("{FILE}: {error}")],
    };
    if expectation.schema != "blogscan-expect/1" {
        return vec![format!("{FILE}: the schema {:?} is not known", expectation.schema)];
    }
    let (options, settings) = match options(&expectation.options) {
        Ok(both) => both,
        Err(fault) => return vec![format!("{FILE}: {fault}")],
    };
    let input = case.to_string_lossy().into_owned();
    let report = run(std::slice::from_ref(&input), &options, catalogue, &settings);
    let mut faults = compare(id, &format!("{}/", input.trim_end_matches('/')), &expectation, &report);
    if name(case).starts_with("miss-") {
        let too_high = expectation.finding.iter().filter(|expected| {
            expected.advisory == id
                && Level::from_name(&expected.level).is_none_or(|level| level >= Level::Likely)
        });
        faults.extend(too_high.map(|expected| format!("a near miss must not expect {}", expected.level)));
    }
    faults
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
