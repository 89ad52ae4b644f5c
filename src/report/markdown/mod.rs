//! The report as Markdown, to be pasted into a ticket: the answer, the proof, the affected objects, what to ask the
//! customer for, links.
//!
//! It is written for the strictest common renderer (tables and fences of GitHub's dialect, nothing else) and stays
//! readable where none is at hand. How log text is kept from being Markdown is told in [`spell`].

mod spell;

use indexmap::{IndexMap, IndexSet};

use super::objects::objects_of;
use super::summary;
use super::text::{count, excerpt, headline, object, sureness, telling, time, time_range};
use crate::base::finding::Evidence;
use crate::base::report::NoticeRow;
use crate::base::{ConditionState, Finding, Level, News, NoticeCode, Report};
use spell::{cell, code, fenced, link, prose, prose_cell};

/// Findings of one advisory and level that are told in full, as in the text report.
const MAX_FULL: usize = 10;
/// Rows of the table of findings.
const MAX_ROWS: usize = 200;
/// Records quoted per finding.
const MAX_EVIDENCE: usize = 12;
/// Rows in the table of one finding's objects.
const MAX_OBJECTS: usize = 100;
/// Characters of a quoted line: log lines stay whole, a line of a megabyte does not.
const LINE: usize = 600;
/// Questions: nobody answers more.
const MAX_QUESTIONS: usize = 30;
/// Wordings of unknown errors, and codes.
const MAX_ERRORS: usize = 10;
/// Sources that were not read.
const MAX_TROUBLES: usize = 10;

/// The findings at `min_level` or above that no silence covers.
pub fn render(report: &Report, min_level: Level) -> String {
    let shown: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.level >= min_level && finding.silenced.is_none())
        .collect();
    let mut page = format!("# blogscan: {}\n", prose(&summary::one_line(report)));
    troubles(&mut page, &report.notices, report.scan.complete);
    counts(&mut page, report, &shown);
    overview(&mut page, &shown);
    let told = told_in_full(&shown);
    for (index, finding) in &told {
        write(&mut page, index + 1, finding);
    }
    questions(&mut page, &shown);
    links(&mut page, &shown);
    first_failures(&mut page, report);
    errors(&mut page, report);
    footer(&mut page, report);
    page
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

fn heading(page: &mut String, marks: &str, text: &str) {
    line(page, &format!("\n{marks} {text}\n"));
}

fn troubles(page: &mut String, notices: &[NoticeRow], is_complete: bool) {
    let is_trouble = |notice: &&NoticeRow| {
        NoticeCode::ALL.iter().any(|code| code.is_trouble() && code.name() == notice.code)
    };
    let troubles: Vec<&NoticeRow> = notices.iter().filter(is_trouble).collect();
    if is_complete && troubles.is_empty() {
        return;
    }
    line(page, "\n**Not complete:** these were not read to their end, and what they hold is not judged.\n");
    for notice in troubles.iter().take(MAX_TROUBLES) {
        let source = notice.source.as_deref().map(|source| format!("{}: ", code(source))).unwrap_or_default();
        line(
            page,
            format!("- {source}{}: {}", notice.code.replace('-', " "), prose(&notice.detail)).trim_end(),
        );
    }
    more(page, troubles.len(), MAX_TROUBLES, "more");
}

fn more(page: &mut String, all: usize, shown: usize, what: &str) {
    if all > shown {
        line(page, &format!("\nand {} {what}, all in `--format json`", all - shown));
    }
}

fn counts(page: &mut String, report: &Report, shown: &[&Finding]) {
    page.push('\n');
    if shown.is_empty() {
        line(page, "No finding is shown. That holds for what was read, and for nothing else.");
    }
    let hidden = report.findings.len() - shown.len();
    if hidden > 0 {
        line(page, &format!("{hidden} findings are cleared, silenced or below the level asked for."));
    }
    if let Some(baseline) = &report.baseline {
        let (new, risen) = (summary::news(report, News::New), summary::news(report, News::Risen));
        line(
            page,
            &format!(
                "Against the earlier report: {new} new, {risen} risen, {} of its {} findings not seen now.",
                baseline.not_seen.len(),
                baseline.findings
            ),
        );
    }
    line(
        page,
        &format!(
            "Read: {}, {}.",
            count(u64::try_from(report.scan.sources).unwrap_or(u64::MAX), "source", "sources"),
            count(report.scan.records, "record", "records")
        ),
    );
}

fn overview(page: &mut String, shown: &[&Finding]) {
    if shown.is_empty() {
        return;
    }
    let has_news = shown.iter().any(|finding| finding.news.is_some());
    let (name, rule) = if has_news { (" News |", "---|") } else { ("", "") };
    heading(page, "##", "Findings");
    line(page, &format!("| # | Level | Impact | Object | Host | Time | Advisory |{name}"));
    line(page, &format!("|---|---|---|---|---|---|---|{rule}"));
    for (index, finding) in shown.iter().take(MAX_ROWS).enumerate() {
        let news = if has_news { format!(" {} |", news(finding)) } else { String::new() };
        line(
            page,
            &format!(
                "| {} | {} | {} | {} | {} | {} | {} |{news}",
                index + 1,
                finding.level.name(),
                finding.impact.name(),
                cell(&object(&finding.about)),
                cell(finding.host.as_deref().unwrap_or("")),
                prose_cell(&times(finding)),
                cell(&finding.advisory),
            ),
        );
    }
    more(page, shown.len(), MAX_ROWS, "more findings");
}

fn news(finding: &Finding) -> String {
    match (finding.news, finding.was) {
        (Some(News::Risen), Some(was)) => format!("risen from {}", was.name()),
        (Some(news), _) => news.name().to_owned(),
        (None, _) => String::new(),
    }
}

fn times(finding: &Finding) -> String {
    match (&finding.first, &finding.last) {
        (Some(first), Some(last)) => time_range(first, last),
        (Some(one), None) | (None, Some(one)) => time(one),
        (None, None) => "not known".to_owned(),
    }
}

/// The first findings of every advisory and level, with their places in the table.
fn told_in_full<'r>(shown: &[&'r Finding]) -> Vec<(usize, &'r Finding)> {
    let mut told: IndexMap<(Level, &str), usize> = IndexMap::new();
    let mut full = Vec::new();
    for (index, finding) in shown.iter().enumerate() {
        let number = told.entry((finding.level, finding.advisory.as_str())).or_default();
        *number += 1;
        if *number <= MAX_FULL && index < MAX_ROWS {
            full.push((index, *finding));
        }
    }
    full
}

fn write(page: &mut String, number: usize, finding: &Finding) {
    let headline = headline(finding.level, finding.impact);
    heading(page, "##", &format!("{number}. {headline}: {}", code(&object(&finding.about))));
    line(page, &format!("{} ({})\n", prose(&finding.title), code(&finding.advisory)));
    line(page, &format!("- How sure: {}", sureness(finding.level)));
    line(page, &format!("- Time: {}", prose(&times(finding))));
    if let Some(host) = &finding.host {
        line(page, &format!("- Host: {}", code(host)));
    }
    if finding.repeats > 0 {
        line(page, &format!("- Again: {}", count(finding.repeats, "further time", "further times")));
    }
    if finding.news.is_some() {
        line(page, &format!("- Against the earlier report: {}", news(finding)));
    }
    for doubt in &finding.doubts {
        line(page, &format!("- Not certain: {}", prose(doubt)));
    }
    proof(page, finding);
    conditions(page, finding);
    objects(page, finding);
    for (name, text) in [("Workaround", &finding.workaround), ("Fix", &finding.fix)] {
        if !text.trim().is_empty() {
            heading(page, "###", name);
            // The advisory is Markdown of the catalogue. It is no log text, but a pattern of somebody else must not
            // repaint a terminal either.
            for written in text.lines() {
                line(page, &super::escape::visible(written));
            }
        }
    }
}

fn proof(page: &mut String, finding: &Finding) {
    if finding.evidence.is_empty() {
        return;
    }
    heading(page, "###", "Proof");
    for (index, record) in finding.evidence.iter().take(MAX_EVIDENCE).enumerate() {
        let when = record.time.as_deref().map(|when| format!(", {}", code(&time(when)))).unwrap_or_default();
        line(page, &format!("\\[{}\\] {}{when}, {}\n", index + 1, place(record), prose(&record.event)));
        let values = telling(record.fields.values().chain(finding.about.values()));
        line(page, &fenced(&excerpt(&record.text, &values, LINE)));
    }
    more(page, finding.evidence.len(), MAX_EVIDENCE, "more records");
}

fn place(record: &Evidence) -> String {
    match (record.line, record.record) {
        (Some(line), _) => code(&format!("{}:{line}", record.source)),
        (None, Some(number)) => format!("{}, record {number}", code(&record.source)),
        (None, None) => code(&record.source),
    }
}

fn conditions(page: &mut String, finding: &Finding) {
    if finding.conditions.is_empty() {
        return;
    }
    heading(page, "###", "Conditions");
    line(page, "| Condition | State | Shown by |");
    line(page, "|---|---|---|");
    for condition in &finding.conditions {
        let state = match condition.state {
            ConditionState::Met => "met",
            ConditionState::Unmet => "not met",
            ConditionState::Unknown => "unknown",
        };
        let shown_by: Vec<String> =
            condition.evidence.iter().map(|index| format!("\\[{}\\]", index + 1)).collect();
        line(page, &format!("| {} | {state} | {} |", cell(&condition.name), shown_by.join(" ")));
    }
}

fn objects(page: &mut String, finding: &Finding) {
    let objects = objects_of(finding);
    let keys: IndexSet<&str> =
        objects.iter().flat_map(|(_, values)| values.keys()).map(String::as_str).collect();
    if keys.is_empty() {
        return;
    }
    heading(page, "###", "Affected objects");
    let names: Vec<String> = keys.iter().map(|key| cell(&key.replace('_', " "))).collect();
    line(page, &format!("| Role | {} |", names.join(" | ")));
    line(page, &format!("|---|{}", "---|".repeat(names.len())));
    for (role, values) in objects.iter().take(MAX_OBJECTS) {
        let cells: Vec<String> =
            keys.iter().map(|key| cell(values.get(*key).map_or("", String::as_str))).collect();
        line(page, &format!("| {} | {} |", cell(&role.replace('-', " ")), cells.join(" | ")));
    }
    more(page, objects.len(), MAX_OBJECTS, "more objects");
}

/// What to ask for, the answer that would change the most first: worse impacts before lesser ones, findings that are
/// far from certain before those that are nearly so, then the order of the finding itself. A confirmed finding
/// comes last: its answers complete the picture and change no level.
fn questions(page: &mut String, shown: &[&Finding]) {
    struct Question<'r> {
        weight: (usize, u8, usize),
        findings: Vec<usize>,
        text: &'r str,
    }
    let mut asked: IndexMap<&str, Question<'_>> = IndexMap::new();
    for (index, finding) in shown.iter().enumerate() {
        let steps = match finding.level {
            Level::Suspected => 0,
            Level::Likely => 1,
            Level::Exposed => 2,
            Level::Confirmed | Level::Cleared => 3,
        };
        let unknown = finding.conditions.iter().filter_map(|condition| condition.collect.as_ref());
        let settled = usize::from(matches!(finding.level, Level::Confirmed | Level::Cleared));
        let impact =
            settled * 10 + crate::base::Impact::ALL.iter().position(|of| *of == finding.impact).unwrap_or(9);
        for (place, text) in finding.collect.iter().chain(unknown).enumerate() {
            let weight = (impact, steps, place);
            let question =
                asked.entry(text.as_str()).or_insert(Question { weight, findings: Vec::new(), text });
            question.weight = question.weight.min(weight);
            if !question.findings.contains(&(index + 1)) {
                question.findings.push(index + 1);
            }
        }
    }
    if asked.is_empty() {
        return;
    }
    asked.sort_by(|_, one, _, other| one.weight.cmp(&other.weight));
    heading(page, "##", "Questions to the customer");
    line(page, "The answer that would change the judgement most comes first. Please send:\n");
    for (index, question) in asked.values().take(MAX_QUESTIONS).enumerate() {
        let of: Vec<String> = question.findings.iter().take(5).map(usize::to_string).collect();
        let rest = if question.findings.len() > 5 { ", ..." } else { "" };
        let findings = if question.findings.len() == 1 { "finding" } else { "findings" };
        line(page, &format!("{}. {} ({findings} {}{rest})", index + 1, prose(question.text), of.join(", ")));
    }
    more(page, asked.len(), MAX_QUESTIONS, "more questions");
}

fn links(page: &mut String, shown: &[&Finding]) {
    let all: IndexSet<(&str, &str)> = shown
        .iter()
        .flat_map(|finding| {
            let urls = std::iter::once(&finding.url).chain(&finding.references);
            urls.map(|url| (finding.advisory.as_str(), url.as_str()))
        })
        .filter(|(_, url)| !url.trim().is_empty())
        .collect();
    if all.is_empty() {
        return;
    }
    heading(page, "##", "Links");
    for (advisory, url) in all {
        line(page, &format!("- {}: {}", code(advisory), link(url)));
    }
}

/// What jobs end with only follows from where they began to fail.
fn first_failures(page: &mut String, report: &Report) {
    let mut rows: Vec<_> =
        report.codes.iter().filter_map(|row| Some((row, row.first_failure.as_ref()?))).collect();
    if rows.is_empty() {
        return;
    }
    rows.sort_by_key(|(_, first)| std::cmp::Reverse(first.jobs));
    heading(page, "##", "Where jobs began to fail");
    line(page, "The first failure of each job whose details were read; later statuses follow from it.\n");
    line(page, "| Jobs | Product | Code | Meaning | Said by |");
    line(page, "|---|---|---|---|---|");
    for (row, first) in rows.iter().take(MAX_ERRORS) {
        line(
            page,
            &format!(
                "| {} | {} | {} | {} | {} |",
                first.jobs,
                cell(&row.product),
                cell(&row.code),
                row.meaning.as_deref().map(prose_cell).unwrap_or_default(),
                cell(&first.processes.join(", "))
            ),
        );
    }
    more(page, rows.len(), MAX_ERRORS, "more codes");
}

/// What no pattern knows is set apart, so that nobody takes it for a finding.
fn errors(page: &mut String, report: &Report) {
    if report.unknown_errors.is_empty() {
        return;
    }
    heading(page, "##", "Errors that no pattern knows");
    line(page, "These are no findings: error records, grouped by wording.\n");
    line(page, "| Records | Product | Wording | Code | First | Last | Example |");
    line(page, "|---|---|---|---|---|---|---|");
    for row in report.unknown_errors.iter().take(MAX_ERRORS) {
        let meaning = match (&row.code, &row.meaning) {
            (Some(code), Some(meaning)) => format!("{} {}", cell(code), prose_cell(meaning)),
            (Some(code), None) => cell(code),
            (None, _) => String::new(),
        };
        let at = row.line.map_or(row.source.clone(), |line| format!("{}:{line}", row.source));
        let when = |text: &Option<String>| text.as_deref().map(|text| cell(&time(text))).unwrap_or_default();
        line(
            page,
            &format!(
                "| {} | {} | {} | {meaning} | {} | {} | {} |",
                row.count,
                cell(&row.product),
                cell(&row.template),
                when(&row.first),
                when(&row.last),
                cell(&at)
            ),
        );
    }
    more(page, report.unknown_errors.len(), MAX_ERRORS, "more wordings");
}

fn footer(page: &mut String, report: &Report) {
    let catalogue = &report.tool.catalogue;
    let hash: String = catalogue.hash.chars().take(12).collect();
    let redacted = if report.redacted { "; names are pseudonyms" } else { "" };
    line(
        page,
        &format!(
            "\n---\n\n{} {}, {} known failures looked for, catalogue {}{redacted}",
            report.tool.name,
            report.tool.version,
            catalogue.patterns,
            code(&hash)
        ),
    );
}
