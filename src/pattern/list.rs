//! Patterns as text for people: `blogscan patterns list` and `blogscan patterns show`.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::model::{Affected, Catalogue, Pattern};
use crate::base::Level;

/// One line per pattern: id, impact, products, title; worst impact first.
pub fn list(catalogue: &Catalogue) -> String {
    let mut patterns: Vec<&Pattern> = catalogue.all_patterns().collect();
    patterns.sort_by(|one, other| (one.impact, &one.id).cmp(&(other.impact, &other.id)));
    let rows: Vec<[String; 4]> = patterns
        .into_iter()
        .map(|pattern| {
            let own = if catalogue.own.contains(&pattern.id) { " (own)" } else { "" };
            [
                format!("{}{own}", pattern.id),
                pattern.impact.name().to_owned(),
                pattern.products.join(", "),
                pattern.title.clone(),
            ]
        })
        .collect();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| unicode_width::UnicodeWidthStr::width(cell.as_str()))
            .max()
    };
    let widths: Vec<usize> = (0..4).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let pad = width.saturating_sub(unicode_width::UnicodeWidthStr::width(cell.as_str()));
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', pad + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Everything that a reader wants to know of one pattern.
pub fn show(catalogue: &Catalogue, pattern: &Pattern) -> String {
    let mut out = String::new();
    line(&mut out, &format!("{}: {}", pattern.id, pattern.title));
    if !pattern.aliases.is_empty() {
        line(&mut out, &format!("also known as {}", pattern.aliases.join(", ")));
    }
    line(&mut out, &format!("impact: {}", pattern.impact.name()));
    line(&mut out, &format!("products: {}", pattern.products.join(", ")));
    for affected in &pattern.affected {
        line(&mut out, &format!("affected: {}", affected_text(affected)));
    }
    line(&mut out, &pattern.url);
    for (heading, text) in [
        ("What happens", &pattern.body.what_happens),
        ("How to tell", &pattern.body.how_to_tell),
        ("Workaround", &pattern.body.workaround),
        ("Fix", &pattern.body.fix),
    ] {
        section(&mut out, heading);
        line(&mut out, text);
    }
    search(&mut out, catalogue, pattern);
    section(&mut out, "References");
    for reference in &pattern.body.references {
        line(&mut out, &format!("- {reference}"));
    }
    out
}

/// What the logs are searched for.
fn search(out: &mut String, catalogue: &Catalogue, pattern: &Pattern) {
    section(out, "Where it is looked for");
    if pattern.verdicts.is_empty() {
        line(out, "Nowhere: no log shows this failure.");
        return;
    }
    for text in logs(catalogue, pattern) {
        line(out, &format!("- {text}"));
    }
    section(out, "Conditions");
    for condition in &pattern.conditions {
        line(out, &format!("- {}", condition.name));
    }
    section(out, "Levels");
    for verdict in &pattern.verdicts {
        let steps: Vec<&str> = verdict.steps.iter().map(|step| step.name.as_str()).collect();
        let steps = if steps.is_empty() { "conditions alone".to_owned() } else { steps.join(", then ") };
        line(out, &format!("- {}: {steps}", verdict.level.name()));
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn section(out: &mut String, heading: &str) {
    // Writing to a String does not fail.
    let _ = write!(out, "\n{heading}\n{}\n", "-".repeat(heading.len()));
}

/// `netbackup 6.5 or later, before 6.5.4 (6.5, 6.5.1)`.
fn affected_text(affected: &Affected) -> String {
    let mut text = affected.product.clone();
    if let Some(component) = &affected.component {
        let _ = write!(text, ", {component},");
    }
    match &affected.introduced {
        Some(version) => {
            let _ = write!(text, " {} or later", version.text());
        }
        None => text.push_str(" all versions"),
    }
    if let Some(version) = &affected.fixed {
        let _ = write!(text, ", before {}", version.text());
    }
    if let Some(version) = &affected.last_affected {
        let _ = write!(text, ", up to {}", version.text());
    }
    if !affected.versions.is_empty() {
        let versions: Vec<&str> = affected.versions.iter().map(|version| version.text()).collect();
        let _ = write!(text, "; named: {}", versions.join(", "));
    }
    text
}

/// The logs that the steps of a pattern are looked for in, and how to get them.
fn logs(catalogue: &Catalogue, pattern: &Pattern) -> Vec<String> {
    let steps = pattern.verdicts.iter().filter(|verdict| verdict.level != Level::Exposed);
    let kinds = steps.flat_map(|verdict| &verdict.steps).flat_map(|step| &step.kinds);
    let mut logs: IndexMap<&str, Option<&str>> = IndexMap::new();
    for event in kinds.filter_map(|kind| catalogue.event(*kind)) {
        for dialect in &event.dialects {
            let how = logs.entry(dialect.title()).or_default();
            *how = how.or(event.collect.as_deref());
        }
    }
    logs.into_iter()
        .map(|(title, how)| how.map_or_else(|| title.to_owned(), |how| format!("{title}: {how}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_and_a_page() {
        let catalogue = Catalogue::embedded();
        let text = list(&catalogue);
        assert!(
            text.lines().any(|line| line.starts_with("TECH69597") && line.contains("data-loss")),
            "{text}"
        );
        let page = show(&catalogue, catalogue.pattern("Etrack 1539913").unwrap());
        assert!(page.starts_with("TECH69597: Optimized duplication"));
        assert!(page.contains("affected: netbackup 6.5 or later, before 6.5.4; named: 6.5, 6.5.1"), "{page}");
        assert!(page.contains("- confirmed: contact-lost, then fragment-deleted, then retry-failed"));
        assert!(page.contains("NetBackup legacy debug log (bpdm, bptm, bpbrm ...): bpdm debug log"));
    }
}
