//! The work list: every affected object of the findings on a line of its own, in columns parted by tabs, for a
//! spreadsheet or a script.
//!
//! ```text
//! TECH69597  confirmed  data-loss  affected  backup_id=nbutest03_1236281108  copy=1  fragment=3
//! ```

use indexmap::IndexMap;

use super::escape::visible;
use crate::base::{Finding, Level, Report};

/// Role of a finding's own object.
const OWN: &str = "affected";

/// One line per object of every finding at `min_level` or above that no silence covers: advisory, level, impact,
/// role, then `key=value` in the order of the finding. The same object is listed once per finding.
pub fn render(report: &Report, min_level: Level) -> String {
    let mut list = String::new();
    let shown = |finding: &&Finding| finding.level >= min_level && finding.silenced.is_none();
    for finding in report.findings.iter().filter(shown) {
        // A richer object that holds everything of the finding's own one stands for it.
        let is_listed = finding.objects.iter().any(|object| {
            object.role == OWN
                && finding.about.iter().all(|(key, value)| object.values.get(key) == Some(value))
        });
        if !is_listed {
            line(&mut list, finding, OWN, &finding.about);
        }
        for object in &finding.objects {
            line(&mut list, finding, &object.role, &object.values);
        }
    }
    list
}

fn line(list: &mut String, finding: &Finding, role: &str, values: &IndexMap<String, String>) {
    let fixed = [&finding.advisory, finding.level.name(), finding.impact.name(), role];
    let columns: Vec<String> = fixed
        .iter()
        .map(|text| visible(text).into_owned())
        .chain(values.iter().map(|(key, value)| visible(&format!("{key}={value}")).into_owned()))
        .collect();
    list.push_str(&columns.join("\t"));
    list.push('\n');
}
