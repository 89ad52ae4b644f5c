//! Compares a report with what was planted: nothing may be missed, and nothing else may be confirmed or likely.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

/// Levels that say that something is wrong.
const SURE: &[&str] = &["confirmed", "likely"];

pub(crate) fn check(truth: &str, report: &str) -> Result<(), String> {
    let read = |path: &str| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let expected: BTreeSet<String> =
        read(truth)?.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let report: Value =
        serde_json::from_str(&read(report)?).map_err(|error| format!("the report is no JSON: {error}"))?;
    let found: BTreeSet<String> =
        report["findings"].as_array().into_iter().flatten().filter_map(row).collect();
    let missed: Vec<&String> = expected.difference(&found).collect();
    let invented: Vec<&String> = found.difference(&expected).collect();
    if missed.is_empty() && invented.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} of {} planted failures were missed, {} were found that were not planted; the first: {:?} {:?}",
        missed.len(),
        expected.len(),
        invented.len(),
        missed.first(),
        invented.first()
    ))
}

/// A finding as `truth.tsv` writes it.
fn row(finding: &Value) -> Option<String> {
    let level = finding["level"].as_str().filter(|level| SURE.contains(level))?;
    let about: Vec<String> = finding["about"]
        .as_object()?
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    Some(format!("{}\t{level}\t{}", finding["advisory"].as_str()?, about.join(";")))
}
