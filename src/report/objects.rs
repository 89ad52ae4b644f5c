//! The work list: every affected object of the findings on a line of its own, in columns parted by tabs for a script,
//! as CSV for a spreadsheet, or as JSON.
//!
//! ```text
//! TECH69597  confirmed  data-loss  affected  backup_id=nbutest03_1236281108  copy=1  fragment=3
//! ```

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::csv::table;
use super::escape::visible;
use super::json;
use crate::base::{Finding, Impact, Level, Report};

/// Role of a finding's own object.
const OWN: &str = "affected";

/// One line per object of every finding at `min_level` or above that no silence covers: advisory, level, impact,
/// role, then `key=value` in the order of the finding. The same object is listed once per finding.
pub fn render(report: &Report, min_level: Level) -> String {
    let mut list = String::new();
    for listed in objects(report, min_level) {
        let values = listed.values.iter().map(|(key, value)| visible(&format!("{key}={value}")).into_owned());
        let columns: Vec<String> =
            listed.fixed().iter().map(|text| visible(text).into_owned()).chain(values).collect();
        list.push_str(&columns.join("\t"));
        list.push('\n');
    }
    list
}

/// The same rows as CSV, with a column for every key that some object has.
pub fn render_csv(report: &Report, min_level: Level) -> String {
    let objects = objects(report, min_level);
    let keys: IndexSet<&str> =
        objects.iter().flat_map(|listed| listed.values.keys()).map(String::as_str).collect();
    let names = FIXED.iter().chain(&keys).map(|name| (*name).to_owned()).collect();
    let rows = objects.iter().map(|listed| {
        let value = |key: &&str| listed.values.get(*key).cloned().unwrap_or_default();
        listed.fixed().iter().map(|text| (*text).to_owned()).chain(keys.iter().map(value)).collect()
    });
    table(std::iter::once(names).chain(rows))
}

/// The same rows as a JSON array.
pub fn render_json(report: &Report, min_level: Level) -> String {
    json::pretty(&objects(report, min_level))
}

/// Names of the columns that every object has.
const FIXED: [&str; 4] = ["advisory", "level", "impact", "role"];

/// One object of one finding.
#[derive(Serialize)]
struct Listed<'r> {
    advisory: &'r str,
    level: Level,
    impact: Impact,
    role: &'r str,
    values: &'r IndexMap<String, String>,
}

impl<'r> Listed<'r> {
    fn new(finding: &'r Finding, role: &'r str, values: &'r IndexMap<String, String>) -> Listed<'r> {
        Listed { advisory: &finding.advisory, level: finding.level, impact: finding.impact, role, values }
    }

    fn fixed(&self) -> [&str; 4] {
        [self.advisory, self.level.name(), self.impact.name(), self.role]
    }
}

fn objects(report: &Report, min_level: Level) -> Vec<Listed<'_>> {
    let shown = |finding: &&Finding| finding.level >= min_level && finding.silenced.is_none();
    let of_finding = |finding| {
        let all = objects_of(finding);
        all.into_iter().map(move |(role, values)| Listed::new(finding, role, values))
    };
    report.findings.iter().filter(shown).flat_map(of_finding).collect()
}

/// Role and values of every object of a finding, its own one first.
pub(super) fn objects_of(finding: &Finding) -> Vec<(&str, &IndexMap<String, String>)> {
    // A richer object that holds everything of the finding's own one stands for it.
    let is_listed = finding.objects.iter().any(|object| {
        object.role == OWN && finding.about.iter().all(|(key, value)| object.values.get(key) == Some(value))
    });
    let own = (!is_listed).then_some((OWN, &finding.about));
    own.into_iter()
        .chain(finding.objects.iter().map(|object| (object.role.as_str(), &object.values)))
        .collect()
}
