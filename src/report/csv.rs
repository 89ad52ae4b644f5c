//! Findings as rows for a spreadsheet.
//!
//! A cell whose text begins like a formula gets an apostrophe before it: a log can hold `=HYPERLINK(...)`, and a
//! spreadsheet would run it. Every cell stands in quotes, because a program that parts columns at semicolons would
//! otherwise find formulae in the midst of a text.

use ::csv::{QuoteStyle, Terminator, WriterBuilder};

use super::escape::visible;
use crate::base::finding::{Condition, Evidence};
use crate::base::{ConditionState, Finding, Level, Report};

/// The names of the columns. New ones are added at the end.
const COLUMNS: [&str; 19] = [
    "advisory", "level", "impact", "title", "host", "object", "first", "last", "repeats", "met", "unmet",
    "unknown", "evidence", "doubts", "collect", "url", "key", "silenced", "news",
];

/// One row for every finding at `min_level` or above, silenced ones with their reason, below a row of names.
pub fn render(report: &Report, min_level: Level) -> String {
    let findings = report.findings.iter().filter(|finding| finding.level >= min_level);
    table(std::iter::once(COLUMNS.map(str::to_owned).to_vec()).chain(findings.map(row)))
}

/// Rows as harmless CSV. All rows are expected to have as many cells as the first.
pub(super) fn table(rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .flexible(true)
        .from_writer(Vec::new());
    for row in rows {
        // A vector takes every byte.
        let _ = writer.write_record(row.iter().map(|cell| harmless(cell)));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// The text with control characters spelled out, and nothing that a spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    let shown = visible(text);
    // The wide forms are formulae too where the spreadsheet speaks Chinese or Japanese.
    let is_formula = shown.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '|', '%']);
    if is_formula { format!("'{shown}") } else { shown.into_owned() }
}

fn row(finding: &Finding) -> Vec<String> {
    let named = |state: ConditionState| -> Vec<String> {
        let of_state = |condition: &&Condition| condition.state == state;
        finding.conditions.iter().filter(of_state).map(|condition| condition.name.clone()).collect()
    };
    let object: Vec<String> = finding.about.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        finding.advisory.clone(),
        finding.level.name().to_owned(),
        finding.impact.name().to_owned(),
        finding.title.clone(),
        or_empty(&finding.host),
        object.join(" "),
        or_empty(&finding.first),
        or_empty(&finding.last),
        finding.repeats.to_string(),
        named(ConditionState::Met).join(" "),
        named(ConditionState::Unmet).join(" "),
        named(ConditionState::Unknown).join(" "),
        finding.evidence.iter().map(place).collect::<Vec<_>>().join(" "),
        finding.doubts.join("; "),
        finding.collect.join("; "),
        finding.url.clone(),
        finding.key.clone(),
        or_empty(&finding.silenced),
        news(finding),
    ]
}

/// `new`, `risen from suspected`, `known`.
fn news(finding: &Finding) -> String {
    match (finding.news, finding.was) {
        (Some(crate::base::News::Risen), Some(was)) => format!("risen from {}", was.name()),
        (Some(news), _) => news.name().to_owned(),
        (None, _) => String::new(),
    }
}

fn place(evidence: &Evidence) -> String {
    match (evidence.line, evidence.record) {
        (Some(line), _) => format!("{}:{line}", evidence.source),
        (None, Some(record)) => format!("{}#{record}", evidence.source),
        (None, None) => evidence.source.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_every_text_reads_back() {
        let table_of = [
            ("nbutest03", "nbutest03"),
            ("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"),
            (" =1+1", "' =1+1"),
            ("+49 30", "'+49 30"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("\t=1", "\\t=1"),
            ("\r\n=1", "\\r\\n=1"),
            ("a;=1+1;\"b\"", "a;=1+1;\"b\""),
            ("", ""),
        ];
        let text = table(table_of.iter().map(|(raw, _)| vec![(*raw).to_owned(), "x".to_owned()]));
        assert!(text.contains("\"a;=1+1;\"\"b\"\"\",\"x\"\r\n"), "{text}");
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let cells: Vec<String> =
            reader.records().map(|record| record.unwrap().get(0).unwrap().to_owned()).collect();
        assert_eq!(cells, table_of.map(|(_, shown)| shown));
    }
}
