//! What the findings rest on: which hours of which logs were read, versions, codes, notices.

use indexmap::IndexMap;

use super::head::is_trouble;
use super::page::{ALARM, BOLD, DIM, PLACE, PLAIN, Page, Rich, WARN};
use super::words::{self, count_of, thousands};
use crate::base::Report;
use crate::base::report::{CodeRow, CoverageRow, FactRow, NoticeRow, UnknownErrorRow};

/// Lines of the coverage table; a bundle of a year has thousands of logs.
const MAX_COVERAGE: usize = 40;
/// Versions listed.
const MAX_VERSIONS: usize = 20;
/// Facts told of one host.
const MAX_TOLD: usize = 6;
/// Codes listed of each product.
const MAX_CODES: usize = 6;
/// Wordings of unknown errors, and cells of one.
const MAX_ERRORS: usize = 8;
const MAX_WORDING: usize = 240;
/// Notices listed, and places named of each of the others.
const MAX_NOTICES: usize = 20;
const MAX_PLACES: usize = 3;
/// Two times to the minute and the dash between them.
const RANGE_WIDTH: usize = 35;
/// Longer names of logs stand on a line of their own: the range, its length and a zone still fit beside 22 cells.
const MAX_NAME: usize = 22;
/// Below this width, name and range stand on lines of their own.
const TABLE_WIDTH: usize = 80;

pub(super) fn write(page: &mut Page, report: &Report) {
    coverage(page, &report.coverage);
    versions(page, &report.facts);
    hosts(page, &report.facts);
    codes(page, &report.codes);
    unknown_errors(page, &report.unknown_errors);
    notices(page, &report.notices);
    footer(page, report);
}

fn section(page: &mut Page, name: &str, about: &str) {
    page.blank();
    page.rule();
    page.line(0, &Rich::of(BOLD, name).push(PLAIN, &format!("  {about}")));
}

fn coverage(page: &mut Page, rows: &[CoverageRow]) {
    if rows.is_empty() {
        return;
    }
    section(page, "COVERAGE", "the hours read; outside them nothing is known");
    let mut hosts: IndexMap<Option<&str>, Vec<&CoverageRow>> = IndexMap::new();
    for row in rows.iter().take(MAX_COVERAGE) {
        hosts.entry(row.host.as_deref()).or_default().push(row);
    }
    let longest = rows.iter().take(MAX_COVERAGE).map(|row| log_name(row).len()).max().unwrap_or(0);
    for (host, rows) in &hosts {
        let host = host.map_or(Rich::of(DIM, "host not known"), |host| Rich::of(BOLD, host));
        page.line(2, &host);
        for row in rows {
            coverage_row(page, row, longest);
        }
    }
    if rows.len() > MAX_COVERAGE {
        let more = count_of(rows.len() - MAX_COVERAGE, "more log", "more logs");
        page.line(2, &Rich::of(DIM, &format!("and {more}, all in --format json")));
    }
}

fn log_name(row: &CoverageRow) -> String {
    match &row.process {
        Some(process) => format!("{} {process}", row.dialect),
        None => row.dialect.to_owned(),
    }
}

fn coverage_row(page: &mut Page, row: &CoverageRow, longest: usize) {
    let column = longest.clamp(7, MAX_NAME) + 2;
    let name = log_name(row);
    let is_table = page.width() >= TABLE_WIDTH;
    let range = Rich::of(PLAIN, &range_words(&row.from, &row.to));
    if is_table && name.len() < column {
        page.hang(4, &Rich::of(PLAIN, &name), column, &range);
    } else {
        page.line(4, &Rich::of(PLAIN, &name));
        page.line(if is_table { 4 + column } else { 6 }, &range);
    }
    for gap in &row.gaps {
        let label =
            if is_table { format!("{:>width$}", "gap", width = column - 2) } else { "gap".to_owned() };
        let range = Rich::of(WARN, &range_words(&gap.from, &gap.to));
        page.hang(
            if is_table { 4 } else { 6 },
            &Rich::of(WARN, &label),
            if is_table { column } else { 4 },
            &range,
        );
    }
}

/// `2009-03-05 14:55 - 2009-03-06 04:00  13 h 5 min`.
fn range_words(from: &str, to: &str) -> String {
    let mut text = format!("{} - {}", words::minute(from), words::minute(to));
    if let Some(length) = words::duration(from, to) {
        text = format!("{text:RANGE_WIDTH$}  {length}");
    }
    match words::zone(to) {
        "" => text,
        "Z" => format!("{text} UTC"),
        zone => format!("{text} {zone}"),
    }
}

fn versions(page: &mut Page, facts: &[FactRow]) {
    // Many logs of one host tell the same; the first place is enough.
    let mut versions: Vec<(&FactRow, &String, &String)> = Vec::new();
    for fact in facts {
        let (Some(product), Some(version)) = (&fact.product, &fact.version) else { continue };
        let known = versions
            .iter()
            .any(|(held, of, told)| held.host == fact.host && *of == product && *told == version);
        if !known {
            versions.push((fact, product, version));
        }
    }
    if versions.is_empty() {
        return;
    }
    section(page, "VERSIONS", "as the logs tell");
    for (fact, product, version) in versions.iter().take(MAX_VERSIONS) {
        let host = fact.host.as_deref().unwrap_or("host not known");
        let text = Rich::of(PLAIN, &format!("{product} {version}"))
            .push(PLACE, &format!("  {}", place(&fact.source, fact.line)));
        page.hang(2, &Rich::of(BOLD, host), host.len() + 2, &text);
    }
    if versions.len() > MAX_VERSIONS {
        let more = format!("and {} more, all in --format json", versions.len() - MAX_VERSIONS);
        page.line(2, &Rich::of(DIM, &more));
    }
}

/// What else the logs tell of each host: its part, its storage, its corrections.
fn hosts(page: &mut Page, facts: &[FactRow]) {
    let mut hosts: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for fact in facts.iter().filter(|fact| matches!(fact.kind, "role" | "plug-in" | "storage-server" | "fix"))
    {
        let Some(says) = fact.says.as_deref() else { continue };
        let told = hosts.entry(fact.host.as_deref().unwrap_or("host not known")).or_default();
        if !told.contains(&says) {
            told.push(says);
        }
    }
    // That a machine is backed up is worth a line only beside something else.
    hosts.retain(|_, told| told != &["client"]);
    if hosts.is_empty() {
        return;
    }
    section(page, "HOSTS", "their parts, as the logs tell");
    for (host, told) in hosts.iter().take(MAX_VERSIONS) {
        let mut text = told.iter().take(MAX_TOLD).copied().collect::<Vec<_>>().join("; ");
        if told.len() > MAX_TOLD {
            text = format!("{text}; and {} more", told.len() - MAX_TOLD);
        }
        page.hang(2, &Rich::of(BOLD, host), host.len() + 2, &Rich::of(PLAIN, &text));
    }
    if hosts.len() > MAX_VERSIONS {
        let more = format!("and {} more, all in --format json", hosts.len() - MAX_VERSIONS);
        page.line(2, &Rich::of(DIM, &more));
    }
}

fn codes(page: &mut Page, codes: &[CodeRow]) {
    if codes.is_empty() {
        return;
    }
    section(page, "CODES", "of error records, the most frequent of each product");
    let mut products: IndexMap<&str, Vec<&CodeRow>> = IndexMap::new();
    for row in codes {
        products.entry(&row.product).or_default().push(row);
    }
    for rows in products.values_mut() {
        rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    }
    let shown = || products.values().flat_map(|rows| rows.iter().take(MAX_CODES));
    let counts = shown().map(|row| thousands(row.count).len()).max().unwrap_or(0);
    let names = shown().map(|row| code_name(row).len()).max().unwrap_or(0).min(32);
    for (product, rows) in &products {
        for row in rows.iter().take(MAX_CODES) {
            let label = format!("{:>counts$}  {:names$}", thousands(row.count), code_name(row));
            let text = Rich::of(DIM, &code_text(row));
            page.hang(2, &Rich::of(PLAIN, &label), counts + names + 4, &text);
        }
        if rows.len() > MAX_CODES {
            let more = count_of(rows.len() - MAX_CODES, "more code", "more codes");
            page.line(2, &Rich::of(DIM, &format!("and {more} of {product}, all in --format json")));
        }
    }
}

/// What a code means, and where it was the first failure: what jobs end with only follows from it.
fn code_text(row: &CodeRow) -> String {
    let meaning = row.meaning.as_deref().unwrap_or("");
    let Some(first) = &row.first_failure else { return meaning.to_owned() };
    let jobs = count_of(usize::try_from(first.jobs).unwrap_or(usize::MAX), "job", "jobs");
    let gap = if meaning.is_empty() { "" } else { "; " };
    let by =
        if first.processes.is_empty() { String::new() } else { format!(" ({})", first.processes.join(", ")) };
    format!("{meaning}{gap}the first failure of {jobs}{by}")
}

/// What no pattern knows stands apart, so that nobody takes it for a finding.
fn unknown_errors(page: &mut Page, rows: &[UnknownErrorRow]) {
    if rows.is_empty() {
        return;
    }
    section(page, "UNKNOWN ERRORS", "no findings: error records that no pattern knows, by wording");
    let counts = rows.iter().take(MAX_ERRORS).map(|row| thousands(row.count).len()).max().unwrap_or(0);
    for row in rows.iter().take(MAX_ERRORS) {
        let label = format!("{:>counts$}", thousands(row.count));
        let mut name = row.product.clone();
        for part in [&row.process, &row.code].into_iter().flatten() {
            name = format!("{name} {part}");
        }
        let wording = Rich::of(BOLD, &name).push(PLAIN, &format!("  {}", row.template)).cut(MAX_WORDING);
        page.hang(2, &Rich::of(PLAIN, &label), counts + 2, &wording);
        let mut about = Rich::of(PLACE, &place(&row.source, row.line));
        if let (Some(first), Some(last)) = (&row.first, &row.last) {
            about = about.push(DIM, &format!("  {}", words::time_range(first, last)));
        }
        if let Some(meaning) = &row.meaning {
            about = about.push(DIM, &format!("  {meaning}"));
        }
        page.line(counts + 4, &about);
    }
    if rows.len() > MAX_ERRORS {
        let more = count_of(rows.len() - MAX_ERRORS, "more wording", "more wordings");
        page.line(2, &Rich::of(DIM, &format!("and {more}, all in --format json")));
    }
}

fn code_name(row: &CodeRow) -> String {
    format!("{} {}", row.product, row.code)
}

fn notices(page: &mut Page, notices: &[NoticeRow]) {
    if notices.is_empty() {
        return;
    }
    section(page, "NOTICES", "what was not read, or only with reservations");
    let troubles: Vec<&NoticeRow> = notices.iter().filter(|notice| is_trouble(notice)).collect();
    for notice in troubles.iter().take(MAX_NOTICES) {
        notice_line(page, notice, true);
    }
    if troubles.len() > MAX_NOTICES {
        let more =
            format!("and {} more that were not read, all in --format json", troubles.len() - MAX_NOTICES);
        page.line(2, &Rich::of(ALARM, &more));
    }
    let mut others: IndexMap<&str, Vec<&NoticeRow>> = IndexMap::new();
    for notice in notices.iter().filter(|notice| !is_trouble(notice)) {
        others.entry(notice.code).or_default().push(notice);
    }
    for (code, rows) in &others {
        match rows.as_slice() {
            rows @ ([_] | [_, _] | [_, _, _]) => rows.iter().for_each(|row| notice_line(page, row, false)),
            rows => grouped(page, code, rows),
        }
    }
}

fn notice_line(page: &mut Page, notice: &NoticeRow, is_trouble: bool) {
    let style = if is_trouble { ALARM } else { PLAIN };
    let mut text = Rich::new();
    if let Some(source) = &notice.source {
        text = text.push(PLACE, &place(source, notice.line)).push(PLAIN, "  ");
    }
    let label = Rich::of(style, notice.code);
    page.hang(2, &label, label.width() + 2, &text.push(PLAIN, &notice.detail));
}

fn grouped(page: &mut Page, code: &str, rows: &[&NoticeRow]) {
    let places: Vec<String> = rows
        .iter()
        .filter_map(|row| row.source.as_ref().map(|source| place(source, row.line)))
        .take(MAX_PLACES)
        .collect();
    let label = Rich::of(PLAIN, code);
    let more = if places.len() < rows.len() { ", ..." } else { "" };
    let text = format!("{} times: {}{more}", rows.len(), places.join(", "));
    page.hang(2, &label, label.width() + 2, &Rich::of(PLAIN, &text));
}

fn place(source: &str, line: Option<u64>) -> String {
    line.map_or_else(|| source.to_owned(), |line| format!("{source}:{line}"))
}

fn footer(page: &mut Page, report: &Report) {
    let catalogue = &report.tool.catalogue;
    page.blank();
    let known = count_of(catalogue.patterns, "known failure", "known failures");
    let hash: String = catalogue.hash.chars().take(12).collect();
    let mut text = format!("{} {}: looked for {known}", report.tool.name, report.tool.version);
    if !hash.is_empty() {
        text.push_str(&format!(" (catalogue {hash})"));
    }
    if !catalogue.own.is_empty() {
        text.push_str(&format!(", your own among them: {}", words::join(&catalogue.own)));
    }
    page.line(0, &Rich::of(DIM, &text));
}
