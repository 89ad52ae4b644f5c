//! What every format shares before it spells a report: secrets hidden, long evidence cut.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::mask::{MASK, is_secret_key, mask};
use crate::base::finding::{Condition, Evidence, Object};
use crate::base::report::{CoverageRow, FactRow, NoticeRow, SourceRow, UnknownErrorRow};
use crate::base::{Finding, Report};

/// A record's text is cut here: enough for a whole job detail, bounded because one record may be megabytes.
pub const MAX_TEXT_BYTES: usize = 4 * 1024;

/// Shorter secrets are not looked for inside sentences: they would be found in half of all words.
const SHORTEST_SPOKEN: usize = 4;

/// Ends a text that was cut.
const CUT: &str = "...";

/// The report as it may leave the program: no secret in it, no evidence longer than 4 KiB. Doing it twice changes
/// nothing.
pub fn sanitise(report: Report) -> Report {
    Report {
        scan: crate::base::report::ScanSummary { inputs: texts(report.scan.inputs), ..report.scan },
        sources: report.sources.into_iter().map(source).collect(),
        findings: report.findings.into_iter().map(finding).collect(),
        coverage: report.coverage.into_iter().map(coverage).collect(),
        facts: report.facts.into_iter().map(fact).collect(),
        unknown_errors: report.unknown_errors.into_iter().map(unknown_error).collect(),
        notices: report.notices.into_iter().map(notice).collect(),
        ..report
    }
}

fn finding(finding: Finding) -> Finding {
    let spoken = Spoken::of(&finding);
    Finding {
        key: spoken.hide(finding.key),
        host: finding.host.map(text),
        about: values(finding.about),
        conditions: finding.conditions.into_iter().map(|condition| spoken.condition(condition)).collect(),
        evidence: finding.evidence.into_iter().map(evidence).collect(),
        objects: finding.objects.into_iter().map(object).collect(),
        doubts: finding.doubts.into_iter().map(|doubt| spoken.hide(doubt)).collect(),
        collect: finding.collect.into_iter().map(|collect| spoken.hide(collect)).collect(),
        ..finding
    }
}

/// Values that hold a secret and may be repeated inside the finding's sentences, where the words around them that
/// show what they are may be missing.
struct Spoken(Vec<(String, String)>);

impl Spoken {
    fn of(finding: &Finding) -> Spoken {
        let fields = finding.evidence.iter().flat_map(|evidence| &evidence.fields);
        let objects = finding.objects.iter().flat_map(|object| &object.values);
        let mut spoken: Vec<(String, String)> = Vec::new();
        for (key, raw) in finding.about.iter().chain(fields).chain(objects) {
            let hidden = value(key, raw.clone());
            if hidden != *raw && raw.len() >= SHORTEST_SPOKEN {
                spoken.push((raw.clone(), hidden));
            }
        }
        Spoken(spoken)
    }

    fn hide(&self, sentence: String) -> String {
        text(self.0.iter().fold(sentence, |sentence, (raw, hidden)| sentence.replace(raw, hidden)))
    }

    fn condition(&self, condition: Condition) -> Condition {
        Condition { collect: condition.collect.map(|collect| self.hide(collect)), ..condition }
    }
}

fn evidence(evidence: Evidence) -> Evidence {
    Evidence {
        source: text(evidence.source),
        host: evidence.host.map(text),
        fields: values(evidence.fields),
        // Cut after masking: a secret must not lose the word before it that shows what it is.
        text: cut(text(evidence.text)),
        ..evidence
    }
}

fn object(object: Object) -> Object {
    Object { values: values(object.values), ..object }
}

fn source(row: SourceRow) -> SourceRow {
    SourceRow { path: text(row.path), host: row.host.map(text), process: row.process.map(text), ..row }
}

fn unknown_error(row: UnknownErrorRow) -> UnknownErrorRow {
    UnknownErrorRow {
        process: row.process.map(text),
        template: text(row.template),
        code: row.code.map(text),
        source: text(row.source),
        example: cut(text(row.example)),
        ..row
    }
}

fn coverage(row: CoverageRow) -> CoverageRow {
    CoverageRow { host: row.host.map(text), process: row.process.map(text), ..row }
}

fn fact(row: FactRow) -> FactRow {
    FactRow {
        host: row.host.map(text),
        version: row.version.map(text),
        value: row.value.map(text),
        says: row.says.map(text),
        source: text(row.source),
        ..row
    }
}

pub(super) fn notice(row: NoticeRow) -> NoticeRow {
    NoticeRow { source: row.source.map(text), detail: cut(text(row.detail)), ..row }
}

fn text(text: String) -> String {
    match mask(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(masked) => masked,
    }
}

fn texts(all: Vec<String>) -> Vec<String> {
    all.into_iter().map(text).collect()
}

fn values(values: IndexMap<String, String>) -> IndexMap<String, String> {
    values
        .into_iter()
        .map(|(key, raw)| {
            let hidden = value(&key, raw);
            (key, hidden)
        })
        .collect()
}

fn value(key: &str, value: String) -> String {
    if is_secret_key(key) { MASK.to_owned() } else { text(value) }
}

fn cut(mut text: String) -> String {
    if text.len() <= MAX_TEXT_BYTES + CUT.len() {
        return text;
    }
    text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
    text.push_str(CUT);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_once_between_characters() {
        let long = format!("x{}", "ä".repeat(4000));
        let once = cut(long);
        assert_eq!(once.len(), MAX_TEXT_BYTES - 1 + CUT.len());
        assert!(once.ends_with("ä..."));
        assert_eq!(cut(once.clone()), once);
        assert_eq!(cut("short".into()), "short");
    }

    #[test]
    fn secret_fields_are_hidden_by_their_names_too() {
        let fields = [("user", "sa"), ("password", "s3cret"), ("command", "dsmc i -pass=s3cret")];
        let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let shown: Vec<String> = values(fields).into_values().collect();
        assert_eq!(shown, ["sa", "***", "dsmc i -pass=***"]);
    }
}
