//! The report as one page for a browser: one file that needs no network and no script, to be mailed, kept or printed.
//!
//! | module | what it makes |
//! |---|---|
//! | `answer` | the top: is something lost, what, how sure, what was read |
//! | `card` | one finding with its proof and what to do |
//! | `chart` | records on lanes, one per host and product |
//! | `coverage_map` | which hours of which logs were read |
//! | `scale` | a time axis for seconds and weeks |
//! | `marked` | text in pieces with classes |
//!
//! Log text is hostile. Every text that a template prints passes one formatter, which spells out what cannot be seen
//! ([`visible`]) and escapes for HTML; the script of the page is fixed, reads the page only as text, and a content
//! security policy names it by its hash, so that no other can run.

mod answer;
mod card;
mod chart;
mod coverage_map;
mod marked;
mod scale;

use indexmap::IndexMap;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, HtmlEscape, Output, State, UndefinedBehavior, Value, context,
    escape_formatter,
};
use serde::Serialize;

use super::escape::visible;
use super::text::words::{self, thousands};
use super::text::{Look, Sorted};
use super::timeline::{Cases, Entry};
use crate::base::report::CodeRow;
use crate::base::{Finding, Level, Report};
use card::Card;
use chart::{Chart, Dot, Size};
use coverage_map::{CoverageMap, coverage_map};

/// Findings of one advisory and level that are told in full; a browser holds more, a reader does not.
const MAX_FULL: usize = 25;
/// The others get a line each, so many of them.
const MAX_SHORT: usize = 1000;
/// Cards that are open at the beginning.
const MAX_OPEN: usize = 6;
/// An overview with more lanes stands below the findings, not above them.
const MAX_LANES_ABOVE: usize = 8;
/// Rows of the tables.
const MAX_SOURCES: usize = 2000;
const MAX_CODES: usize = 200;
const MAX_NOTICES: usize = 500;
const MAX_ERRORS: usize = 200;

const CSS: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");
/// Of the script; `tests/report` checks that it fits.
const SCRIPT_HASH: &str = include_str!("html/page.js.sha256");

/// Every template by its name; the ending makes them escape.
const TEMPLATES: [(&str, &str); 5] = [
    ("page.html", include_str!("html/page.html")),
    ("card.html", include_str!("html/card.html")),
    ("chart.html", include_str!("html/chart.html")),
    ("coverage.html", include_str!("html/coverage.html")),
    ("tables.html", include_str!("html/tables.html")),
];

/// The report as a page.
pub fn render(report: &Report, look: Look) -> String {
    page(report, look).unwrap_or_else(|error| no_page(&error))
}

/// The templates are part of the program and tested with every part of a report; should one fail all the same, nobody
/// may take an empty page for good news.
fn no_page(error: &Error) -> String {
    let error = error.to_string();
    format!(
        "<!doctype html><meta charset=\"utf-8\"><title>NOT WRITTEN - blogscan</title><h1>This page could not be written</h1>\
         <p>That is a fault of the program and says nothing about the logs. The text report (--format text) has all.</p>\
         <pre>{}</pre>",
        HtmlEscape(&visible(&error))
    )
}

fn page(report: &Report, look: Look) -> Result<String, Error> {
    let pen = Pen::new()?;
    let sorted = Sorted::new(&report.findings, look.min_level);
    let cases = Cases::of(report);
    let groups = groups(&sorted);
    let mut cards = String::new();
    let mut first_cards = IndexMap::new();
    let mut told: IndexMap<&str, usize> = IndexMap::new();
    let mut times = Vec::new();
    let mut entries: Vec<(usize, Level, Entry<'_>)> = Vec::new();
    let (mut number, mut rest) = (0, Vec::new());
    for ((level, advisory), findings) in &groups {
        for (index, finding) in findings.iter().take(MAX_FULL).enumerate() {
            number += 1;
            first_cards.entry((*level, *advisory)).or_insert(number);
            let case = cases.case(finding);
            let own = case.entries.iter().filter(|entry| entry.number.is_some());
            entries.extend(own.clone().map(|entry| (number, finding.level, entry.clone())));
            times.extend(own.filter_map(|entry| entry.point.map(super::timeline::Point::place)));
            let is_open = number <= MAX_OPEN && (index == 0 || groups.len() <= 2);
            let before = told.get(advisory).copied();
            let card = Card::new(finding, number, &case, before, is_open);
            told.entry(advisory).or_insert(number);
            let charts = pen.charts(&card::dots(finding, number, &case), card::axis(&case).0)?;
            cards.push_str(&pen.write("card.html", context! { card => safe_of(&card), charts => charts })?);
        }
        rest.extend(findings.iter().skip(MAX_FULL).copied());
    }
    let overview: Vec<Dot<'_>> = entries
        .iter()
        .map(|(number, level, entry)| Dot {
            entry,
            label: *number,
            href: format!("#f{number}"),
            is_merged: true,
            class: level.name(),
        })
        .collect();
    let (east, axis_note) = chart::axis_zone(entries.iter().map(|(_, _, entry)| entry));
    let undated = entries.iter().filter(|(_, _, entry)| entry.point.is_none()).count();
    let answer = answer::answer(report, &sorted, look, &first_cards);
    let coverage = match coverage_map(report, &times) {
        Some(map) => pen.write("coverage.html", context! { map => safe_of::<CoverageMap>(&map) })?,
        None => String::new(),
    };
    pen.write(
        "page.html",
        context! {
            css => Value::from_safe_string(CSS.to_owned()),
            script => Value::from_safe_string(SCRIPT.to_owned()),
            script_hash => SCRIPT_HASH.trim(),
            answer => safe_of(&answer),
            inputs => report.scan.inputs.join(", "),
            cards => Value::from_safe_string(cards),
            card_count => number,
            rest => safe_of(&rest.iter().take(MAX_SHORT).map(|finding| Short::of(finding)).collect::<Vec<_>>()),
            rest_left => rest.len().saturating_sub(MAX_SHORT),
            exposed => safe_of(&sorted.exposed.iter().take(MAX_SHORT).map(|finding| Short::of(finding)).collect::<Vec<_>>()),
            silenced => safe_of(&sorted.silenced.iter().take(MAX_SHORT).map(|finding| Short::of(finding)).collect::<Vec<_>>()),
            cleared => sorted.cleared,
            below => sorted.below,
            min_level => look.min_level.name(),
            overview => pen.charts(&overview, east)?,
            is_overview_first => chart::lanes(&overview) <= MAX_LANES_ABOVE,
            axis_note => axis_note,
            undated => undated,
            coverage => Value::from_safe_string(coverage),
            tables => Value::from_safe_string(pen.tables(report)?),
            has_sources => !report.sources.is_empty(),
            has_codes => !report.codes.is_empty(),
            has_errors => !report.unknown_errors.is_empty(),
            redacted => report.redacted,
            has_notices => !report.notices.is_empty(),
            tool => safe_of(&report.tool),
        },
    )
}

/// Findings by level and advisory, in the report's order.
fn groups<'r>(sorted: &Sorted<'r>) -> IndexMap<(Level, &'r str), Vec<&'r Finding>> {
    let mut groups: IndexMap<(Level, &str), Vec<&Finding>> = IndexMap::new();
    for finding in &sorted.told {
        groups.entry((finding.level, finding.advisory.as_str())).or_default().push(finding);
    }
    groups
}

/// A value for a template; its texts are escaped there.
fn safe_of<T: Serialize>(value: &T) -> Value {
    Value::from(Serde(value))
}

/// A finding in one line.
#[derive(Debug, Serialize)]
struct Short<'r> {
    advisory: &'r str,
    level: &'static str,
    headline: String,
    impact: &'static str,
    title: &'r str,
    object: String,
    time: String,
    place: String,
    reason: &'r str,
}

impl<'r> Short<'r> {
    fn of(finding: &'r Finding) -> Short<'r> {
        Short {
            advisory: &finding.advisory,
            level: finding.level.name(),
            headline: words::headline(finding.level, finding.impact),
            impact: words::impact(finding.impact),
            title: &finding.title,
            object: words::object(&finding.about),
            time: finding.first.as_deref().map(words::time).unwrap_or_default(),
            place: finding.evidence.first().map(super::text::place).unwrap_or_default(),
            reason: finding.silenced.as_deref().unwrap_or(""),
        }
    }
}

/// Writes templates.
struct Pen {
    environment: Environment<'static>,
}

impl Pen {
    fn new() -> Result<Pen, Error> {
        let mut environment = Environment::new();
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_formatter(harmless);
        environment.add_filter("thousands", |number: u64| thousands(number));
        environment.add_filter("time", |time: String| words::time(&time));
        environment.add_filter("product", |name: String| words::product(&name).to_owned());
        for (name, source) in TEMPLATES {
            environment.add_template(name, source)?;
        }
        Ok(Pen { environment })
    }

    fn write(&self, name: &str, context: Value) -> Result<String, Error> {
        self.environment.get_template(name)?.render(context)
    }

    /// A drawing for a wide page and one for a narrow one.
    fn charts(&self, dots: &[Dot<'_>], east: i32) -> Result<Value, Error> {
        let mut drawn = String::new();
        for size in [Size::Wide, Size::Narrow] {
            if let Some(chart) = chart::draw(dots, size, east) {
                drawn.push_str(&self.write("chart.html", context! { chart => safe_of::<Chart>(&chart) })?);
            }
        }
        Ok(Value::from_safe_string(drawn))
    }

    fn tables(&self, report: &Report) -> Result<String, Error> {
        let mut codes: Vec<&CodeRow> = report.codes.iter().collect();
        codes.sort_by_key(|row| std::cmp::Reverse(row.count));
        codes.truncate(MAX_CODES);
        let most = codes.first().map_or(1, |row| row.count.max(1));
        let bar = |count: u64| (count as f64).ln_1p() / (most as f64).ln_1p() * 100.0;
        let bars: Vec<u64> = codes.iter().map(|row| bar(row.count).round() as u64).collect();
        let is_trouble: Vec<bool> = report.notices.iter().map(super::text::is_trouble).collect();
        let meanings: Vec<&str> = report.notices.iter().map(|notice| notice_meaning(notice.code)).collect();
        self.write(
            "tables.html",
            context! {
                codes => safe_of(&codes),
                has_firsts => codes.iter().any(|row| row.first_failure.is_some()),
                bars => bars,
                errors => safe_of(&report.unknown_errors.iter().take(MAX_ERRORS).collect::<Vec<_>>()),
                errors_left => report.unknown_errors.len().saturating_sub(MAX_ERRORS),
                codes_left => report.codes.len().saturating_sub(MAX_CODES),
                sources => safe_of(&report.sources.iter().take(MAX_SOURCES).collect::<Vec<_>>()),
                sources_left => report.sources.len().saturating_sub(MAX_SOURCES),
                notices => safe_of(&report.notices.iter().take(MAX_NOTICES).collect::<Vec<_>>()),
                is_trouble => is_trouble,
                meanings => meanings,
                notices_left => report.notices.len().saturating_sub(MAX_NOTICES),
                facts => safe_of(&report.facts.iter().take(MAX_SOURCES).collect::<Vec<_>>()),
                facts_left => report.facts.len().saturating_sub(MAX_SOURCES),
            },
        )
    }
}

fn notice_meaning(name: &str) -> &'static str {
    let mut codes = crate::base::NoticeCode::ALL.iter();
    codes.find(|code| code.name() == name).map_or("", |code| code.meaning())
}

/// The one way of text onto the page.
fn harmless(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => escape_formatter(out, state, &Value::from(visible(text).as_ref())),
        _ if matches!(value.kind(), ValueKind::None) => Ok(()),
        _ => escape_formatter(out, state, value),
    }
}
