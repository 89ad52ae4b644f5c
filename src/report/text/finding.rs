//! One finding after the other: what, which objects, the proof, the conditions, what is not certain, what to do.

use indexmap::IndexMap;

use super::Sorted;
use super::case;
use super::excerpt::{excerpt, telling};
use super::page::{ALARM, BOLD, DIM, GOOD, PLACE, PLAIN, Page, Rich, WARN, level_style};
use super::prose::prose;
use super::words::{self, count_of};
use crate::base::finding::{Condition, Evidence, Object};
use crate::base::{ConditionState, Finding, Impact, Level, News};
use crate::report::timeline::Cases;

/// Findings of one advisory and level that are told in full; a person reads no more, the rest gets a line each.
const MAX_FULL: usize = 10;
/// Records shown per finding.
const MAX_EVIDENCE: usize = 12;
/// Objects listed per role.
const MAX_OBJECTS: usize = 20;
/// Lines that one record may take.
const LINES_PER_RECORD: usize = 4;
/// Where the text of a finding begins, under its number.
const INDENT: usize = 3;
/// Width of `Object`, `Sure` and the like with the gap behind them.
const LABEL: usize = 8;

/// Where the advisory's text was told already: advisory to number of the finding.
type Told<'r> = IndexMap<&'r str, usize>;

pub(super) fn write_all<'r>(
    page: &mut Page,
    sorted: &Sorted<'r>,
    min_level: Level,
    cases: Option<&Cases<'r>>,
) {
    let mut groups: IndexMap<(Level, &str), Vec<&Finding>> = IndexMap::new();
    for finding in &sorted.told {
        groups.entry((finding.level, finding.advisory.as_str())).or_default().push(finding);
    }
    let mut told = Told::new();
    let mut number = 0;
    for findings in groups.values() {
        for finding in findings.iter().take(MAX_FULL) {
            number += 1;
            write(page, finding, number, &mut told, cases);
        }
        rest(page, findings.get(MAX_FULL..).unwrap_or_default());
    }
    exposed(page, &sorted.exposed);
    silenced(page, &sorted.silenced);
    counted(page, sorted, min_level);
}

fn write<'r>(
    page: &mut Page,
    finding: &'r Finding,
    number: usize,
    told: &mut Told<'r>,
    cases: Option<&Cases<'r>>,
) {
    page.blank();
    page.rule();
    let style = level_style(finding.level);
    let left =
        Rich::of(BOLD, &format!("{number}. ")).push(style, &words::headline(finding.level, finding.impact));
    page.ends(&left, &Rich::of(BOLD, &finding.advisory));
    page.line(INDENT, &Rich::of(PLAIN, &finding.title));
    page.blank();
    label(page, "Object", &Rich::of(BOLD, &words::object(&finding.about)));
    if let Some(host) = finding.host.as_ref().filter(|_| !finding.about.contains_key("host")) {
        label(page, "Host", &Rich::of(PLAIN, host));
    }
    label(page, "Time", &Rich::of(PLAIN, &time_words(finding)));
    if finding.repeats > 0 {
        label(
            page,
            "Again",
            &Rich::of(PLAIN, &words::count(finding.repeats, "further time", "further times")),
        );
    }
    if let Some(news) = news_words(finding) {
        label(page, "News", &Rich::of(PLAIN, &news));
    }
    label(page, "Sure", &Rich::of(PLAIN, words::sureness(finding.level)));
    match cases {
        Some(cases) => case::write(page, INDENT, finding, cases),
        None => evidence(page, finding),
    }
    conditions(page, &finding.conditions);
    bullets(page, "Not certain", &finding.doubts);
    objects(page, finding);
    let further = further_to_collect(finding);
    bullets(page, "Collect next", &further);
    advisory(page, finding, number, told);
}

fn label(page: &mut Page, label: &str, text: &Rich) {
    page.hang(INDENT, &Rich::of(DIM, label), LABEL, text);
}

fn section(page: &mut Page, heading: &str) {
    page.blank();
    page.heading(INDENT, heading);
}

/// How the finding stands against the earlier report, where there is one.
pub(in crate::report) fn news_words(finding: &Finding) -> Option<String> {
    Some(match (finding.news?, finding.was) {
        (News::New, _) | (News::Risen, None) => "new: the earlier report does not have it".to_owned(),
        (News::Risen, Some(was)) => format!("risen: {} in the earlier report", was.name()),
        (News::Known, Some(was)) if was > finding.level => {
            format!("known: {} in the earlier report", was.name())
        }
        (News::Known, _) => "known: the earlier report has it too".to_owned(),
    })
}

pub(in crate::report) fn time_words(finding: &Finding) -> String {
    match (&finding.first, &finding.last) {
        (Some(first), Some(last)) => words::time_range(first, last),
        (Some(one), None) | (None, Some(one)) => words::time(one),
        (None, None) => "not known: the logs at hand carry no date".to_owned(),
    }
}

fn evidence(page: &mut Page, finding: &Finding) {
    if finding.evidence.is_empty() {
        return;
    }
    section(page, "Evidence");
    for (index, record) in finding.evidence.iter().take(MAX_EVIDENCE).enumerate() {
        write_record(page, index + 1, record, finding);
    }
    let rest = finding.evidence.len().saturating_sub(MAX_EVIDENCE);
    if rest > 0 {
        let more = count_of(rest, "more record", "more records");
        page.line(INDENT, &Rich::of(DIM, &format!("and {more}, all in --format json")));
    }
}

fn write_record(page: &mut Page, number: usize, record: &Evidence, finding: &Finding) {
    let mark = format!("[{number}]");
    let column = mark.len() + 1;
    let mut head = Rich::of(PLACE, &place(record));
    if let Some(time) = &record.time {
        head = head.push(PLAIN, "  ").push(PLAIN, &words::time(time));
    }
    head = head.push(DIM, &format!("  {}", record.event));
    page.hang(INDENT, &Rich::of(PLAIN, &mark), column, &head);
    let values = telling(record.fields.values().chain(finding.about.values()));
    let room = page.width().saturating_sub(INDENT + column);
    for line in excerpt(&record.text, &values, room * LINES_PER_RECORD) {
        page.line(INDENT + column, &Rich::of(PLAIN, &line).highlight(&values, BOLD));
    }
}

/// `bpdm/log.030509:3`, `System.evtx, record 1234`.
pub(in crate::report) fn place(record: &Evidence) -> String {
    match (record.line, record.record) {
        (Some(line), _) => format!("{}:{line}", record.source),
        (None, Some(number)) => format!("{}, record {number}", record.source),
        (None, None) => record.source.clone(),
    }
}

fn conditions(page: &mut Page, conditions: &[Condition]) {
    if conditions.is_empty() {
        return;
    }
    section(page, "Conditions");
    for condition in conditions {
        let (word, style) = match condition.state {
            ConditionState::Met => ("met", GOOD),
            ConditionState::Unmet => ("not met", PLACE),
            ConditionState::Unknown => ("unknown", WARN),
        };
        let shown_by: Vec<String> =
            condition.evidence.iter().map(|index| format!("[{}]", index + 1)).collect();
        let mut text = Rich::of(PLAIN, &condition.name);
        if !shown_by.is_empty() {
            text = text.push(PLAIN, " ").push(DIM, &shown_by.join(" "));
        }
        page.hang(INDENT, &Rich::of(style, word), LABEL + 1, &text);
        if let Some(collect) =
            condition.collect.as_ref().filter(|_| condition.state == ConditionState::Unknown)
        {
            page.line(INDENT + LABEL + 1, &Rich::of(DIM, "collect: ").push(PLAIN, collect));
        }
    }
}

fn bullets(page: &mut Page, heading: &str, texts: &[impl AsRef<str>]) {
    if texts.is_empty() {
        return;
    }
    section(page, heading);
    for text in texts {
        page.hang(INDENT, &Rich::of(PLAIN, "-"), 2, &Rich::of(PLAIN, text.as_ref()));
    }
}

/// What is not said beside an unknown condition already.
pub(in crate::report) fn further_to_collect(finding: &Finding) -> Vec<&str> {
    let is_said = |text: &str| {
        finding.conditions.iter().any(|condition| {
            condition.state == ConditionState::Unknown && condition.collect.as_deref() == Some(text)
        })
    };
    finding.collect.iter().map(String::as_str).filter(|text| !is_said(text)).collect()
}

fn objects(page: &mut Page, finding: &Finding) {
    let mut roles: IndexMap<&str, Vec<&Object>> = IndexMap::new();
    for object in &finding.objects {
        roles.entry(&object.role).or_default().push(object);
    }
    for (role, objects) in &roles {
        // An object that says no more than the finding's own line above is no list.
        if *role == "affected" && objects.iter().all(|object| object.values == finding.about) {
            continue;
        }
        let mut heading = role.replace('-', " ");
        if let Some(first) = heading.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        if *role == "affected" {
            heading.push_str(" objects");
        }
        section(page, &format!("{heading} ({})", objects.len()));
        for object in objects.iter().take(MAX_OBJECTS) {
            page.hang(INDENT, &Rich::of(PLAIN, "-"), 2, &Rich::of(PLAIN, &words::object(&object.values)));
        }
        if objects.len() > MAX_OBJECTS {
            let more = format!("and {} more, all in --list objects", objects.len() - MAX_OBJECTS);
            page.line(INDENT, &Rich::of(DIM, &more));
        }
    }
    let is_loss = finding.impact == Impact::DataLoss && finding.level > Level::Exposed;
    if is_loss && !roles.contains_key("good-restore-points") {
        section(page, "Good restore points");
        page.line(INDENT, &Rich::of(WARN, "not known: the logs at hand do not tell which copies are whole"));
    }
}

/// What to do, once per advisory.
fn advisory<'r>(page: &mut Page, finding: &'r Finding, number: usize, told: &mut Told<'r>) {
    if finding.level == Level::Cleared {
        return;
    }
    if let Some(before) = told.get(finding.advisory.as_str()) {
        page.blank();
        let text = format!("Workaround and fix: as in finding {before}");
        return page.line(INDENT, &Rich::of(PLAIN, &text));
    }
    told.insert(&finding.advisory, number);
    for (heading, text) in [("Workaround", &finding.workaround), ("Fix", &finding.fix)] {
        if !text.trim().is_empty() {
            section(page, heading);
            prose(page, INDENT, text);
        }
    }
    page.blank();
    let mut more = vec![finding.url.as_str()];
    more.extend(finding.references.iter().map(String::as_str));
    more.dedup();
    more.retain(|text| !text.trim().is_empty());
    for (index, text) in more.iter().enumerate() {
        label(page, if index == 0 { "More" } else { "" }, &Rich::of(PLAIN, text));
    }
    let explain = format!("blogscan explain {}", finding.advisory);
    label(page, if more.is_empty() { "More" } else { "" }, &Rich::of(PLAIN, &explain));
}

/// Findings beyond those told in full.
fn rest(page: &mut Page, findings: &[&Finding]) {
    let Some(first) = findings.first() else { return };
    page.blank();
    let more = count_of(findings.len(), "more finding", "more findings");
    let text = format!("{more} of {}, {}", first.advisory, first.level.name());
    page.line(INDENT, &Rich::of(BOLD, &text).push(PLAIN, " (in full with --format json)"));
    for finding in findings {
        let mut line = Rich::of(PLAIN, &words::object(&finding.about));
        if let Some(first) = &finding.first {
            line = line.push(DIM, &format!("  {}", words::time(first)));
        }
        if let Some(record) = finding.evidence.first() {
            line = line.push(PLACE, &format!("  {}", place(record)));
        }
        page.hang(INDENT, &Rich::of(PLAIN, "-"), 2, &line);
    }
}

fn exposed(page: &mut Page, findings: &[&Finding]) {
    if findings.is_empty() {
        return;
    }
    page.blank();
    page.rule();
    let heading = Rich::of(level_style(Level::Exposed), "EXPOSED")
        .push(PLAIN, "  the failure itself is not in the logs, but what it needs is");
    page.line(0, &heading);
    let id_width = findings.iter().map(|finding| finding.advisory.len()).max().unwrap_or(0).min(24) + 2;
    for finding in findings {
        let room = page.width().saturating_sub(INDENT + id_width);
        let text = Rich::of(BOLD, &words::object(&finding.about))
            .push(PLAIN, &format!("  {}: {}", words::impact(finding.impact), finding.title));
        page.hang(INDENT, &Rich::of(PLAIN, &finding.advisory), id_width, &text.cut(room));
        for warning in warnings(finding) {
            page.hang(INDENT + id_width, &Rich::of(PLAIN, "-"), 2, &warning);
        }
    }
    page.line(INDENT, &Rich::of(DIM, "blogscan explain ID says what to do before it happens"));
}

/// Where something happened that only the next run can make worse: what must be done first, and until when.
fn warnings(finding: &Finding) -> Vec<Rich> {
    if finding.first.is_none() {
        return Vec::new();
    }
    let words = finding.workaround.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = words.split_once(". ").map_or(words.as_str(), |(first, _)| first).trim_end_matches('.');
    let mut warnings = Vec::new();
    if !first.is_empty() {
        warnings.push(Rich::of(BOLD, first));
    }
    // The latest announcement counts.
    let next = finding.objects.iter().rev().find(|object| object.role == NEXT_RUN);
    if let Some(starts) = next.and_then(|object| object.values.get("starts")) {
        let job = next.and_then(|object| object.values.get("job")).map(|job| format!(" ({job})"));
        warnings.push(Rich::of(PLAIN, &format!("next scheduled run: {starts}{}", job.unwrap_or_default())));
    }
    warnings
}

/// Role of the objects that tell when the next run starts.
const NEXT_RUN: &str = "next-scheduled-run";

fn silenced(page: &mut Page, findings: &[&Finding]) {
    if findings.is_empty() {
        return;
    }
    page.blank();
    page.rule();
    page.line(0, &Rich::of(BOLD, "SILENCED").push(PLAIN, "  by the site's settings; they raise no alarm"));
    for finding in findings {
        let reason = finding.silenced.as_deref().unwrap_or("");
        let text = Rich::of(PLAIN, &format!("{}, {}: ", finding.level.name(), words::object(&finding.about)))
            .push(DIM, reason);
        page.hang(INDENT, &Rich::of(PLAIN, &finding.advisory), finding.advisory.len() + 2, &text);
    }
}

fn counted(page: &mut Page, sorted: &Sorted<'_>, min_level: Level) {
    let mut lines = Vec::new();
    if sorted.cleared > 0 {
        let harmless = "it began, and the logs prove that it did no harm";
        lines.push((
            "Cleared",
            GOOD,
            format!("{}: {harmless} (--min-level cleared shows them)", sorted.cleared),
        ));
    }
    if sorted.below > 0 {
        let text = format!("{} below {} (--min-level shows them)", sorted.below, min_level.name());
        lines.push(("Not shown", ALARM, text));
    }
    if lines.is_empty() {
        return;
    }
    page.blank();
    page.rule();
    for (label, style, text) in lines {
        page.hang(0, &Rich::of(style, label), 10, &Rich::of(PLAIN, &text));
    }
}
