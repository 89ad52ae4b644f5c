//! The first lines: is something lost, what, how sure; what was read, and what could not be read.

use indexmap::{IndexMap, IndexSet};

use super::page::{ALARM, BOLD, GOOD, PLAIN, Page, Rich, WARN, level_style};
use super::words::{self, count, count_of, thousands};
use super::{Look, Sorted};
use crate::base::report::{CoverageRow, NoticeRow, SourceRow};
use crate::base::{Dialect, Finding, Impact, Level, News, NoticeCode, Report};
use crate::report::summary;

/// The answer must fit above the fold; further failures are counted.
const MAX_HEADLINES: usize = 4;
/// Width of the words `Findings`, `Not judged` with the gap behind them.
const LABEL: usize = 12;

pub(super) fn write(page: &mut Page, report: &Report, sorted: &Sorted<'_>, look: Look) {
    incomplete(page, report);
    let open: Vec<&Finding> =
        sorted.told.iter().copied().filter(|finding| finding.level > Level::Exposed).collect();
    let is_quiet = open.is_empty() && sorted.exposed.is_empty();
    if is_quiet {
        nothing_found(page, report, sorted, look);
    } else {
        headlines(page, if open.is_empty() { &sorted.exposed } else { &open });
        if !report.findings.iter().any(is_data_loss) {
            let text = format!("No data loss found in what was read{}.", scope(look));
            page.line(0, &Rich::of(PLAIN, &text));
        }
    }
    page.blank();
    findings_line(page, report, sorted, look);
    read_lines(page, report, is_quiet);
}

pub(in crate::report) fn is_data_loss(finding: &Finding) -> bool {
    finding.impact == Impact::DataLoss && finding.level > Level::Exposed
}

/// What "in what was read" is limited to further.
pub(in crate::report) fn scope(look: Look) -> &'static str {
    if look.outside > 0 { " for the time asked for" } else { "" }
}

/// The codes of notices that mean bytes were not read.
pub(in crate::report) fn is_trouble(notice: &NoticeRow) -> bool {
    NoticeCode::ALL.iter().any(|code| code.is_trouble() && code.name() == notice.code)
}

fn incomplete(page: &mut Page, report: &Report) {
    let troubles: Vec<&NoticeRow> = report.notices.iter().filter(|notice| is_trouble(notice)).collect();
    if report.scan.complete && troubles.is_empty() {
        return;
    }
    let text = match troubles.as_slice() {
        [] => "not everything that was asked for could be read".to_owned(),
        [one] => trouble_words(one),
        [first, rest @ ..] => {
            let more = count_of(rest.len(), "more", "more");
            format!("{}; and {more}, see Notices below", trouble_words(first))
        }
    };
    page.line(0, &Rich::of(ALARM, "NOT COMPLETE: ").push(PLAIN, &text));
}

/// `bpdm/log.030609: no permission`.
pub(in crate::report) fn trouble_words(notice: &NoticeRow) -> String {
    let what = notice.code.replace('-', " ");
    match &notice.source {
        Some(source) => format!("{source}: {what}"),
        None => what,
    }
}

fn nothing_found(page: &mut Page, report: &Report, sorted: &Sorted<'_>, look: Look) {
    if report.sources.iter().all(|source| source.dialect == Dialect::Unknown.name()) {
        let text = Rich::of(WARN, "NOTHING WAS JUDGED: ").push(PLAIN, "no log in a known format was found");
        return page.line(0, &text);
    }
    if sorted.silenced.len() + sorted.below > 0 {
        let text = Rich::of(WARN, "NOTHING TO SHOW: ")
            .push(PLAIN, "every finding is silenced or below the level asked for");
        return page.line(0, &text);
    }
    let style = if report.scan.complete { GOOD } else { WARN };
    let patterns = thousands(u64::try_from(report.tool.catalogue.patterns).unwrap_or(u64::MAX));
    let text = format!(" in what was read{}; {patterns} were looked for", scope(look));
    page.line(0, &Rich::of(style, "NO KNOWN FAILURE FOUND").push(PLAIN, &text));
}

/// One line per advisory and level: what, how sure, which objects.
fn headlines(page: &mut Page, findings: &[&Finding]) {
    let mut groups: IndexMap<(Level, Impact, &str), Vec<&Finding>> = IndexMap::new();
    for finding in findings {
        groups.entry((finding.level, finding.impact, finding.advisory.as_str())).or_default().push(finding);
    }
    let labels: Vec<String> = groups
        .keys()
        .map(|(level, impact, _)| words::headline(*level, *impact))
        .take(MAX_HEADLINES)
        .collect();
    let column = labels.iter().map(String::len).max().unwrap_or(0) + 2;
    let has_room = column + 30 <= page.width();
    for (((level, impact, advisory), findings), label) in groups.iter().zip(&labels) {
        let is_loss = *impact == Impact::DataLoss && *level >= Level::Likely;
        let label = Rich::of(if is_loss { ALARM } else { level_style(*level) }, label);
        let objects = Rich::of(BOLD, &objects_in_short(findings)).push(PLAIN, &format!("  ({advisory})"));
        // Side by side only where the objects still have room.
        if has_room {
            page.hang(0, &label, column, &objects);
        } else {
            page.line(0, &label);
            page.line(2, &objects);
        }
    }
    if groups.len() > labels.len() {
        let more = count_of(groups.len() - labels.len(), "further failure", "further failures");
        page.line(0, &Rich::of(PLAIN, &format!("and {more}, see below")));
    }
}

/// One object in words, or their number and the first two.
pub(in crate::report) fn objects_in_short(findings: &[&Finding]) -> String {
    match findings {
        [one] => words::object(&one.about),
        findings => {
            let first: Vec<String> =
                findings.iter().take(2).map(|finding| words::object(&finding.about)).collect();
            let rest = findings.len() - first.len();
            let more = if rest > 0 { format!("; and {rest} more") } else { String::new() };
            format!("{} objects: {}{more}", findings.len(), first.join("; "))
        }
    }
}

fn findings_line(page: &mut Page, report: &Report, sorted: &Sorted<'_>, look: Look) {
    let open: Vec<&Finding> = report.findings.iter().filter(|finding| finding.silenced.is_none()).collect();
    let mut levels: Vec<String> = Vec::new();
    for level in Level::ALL {
        let number = open.iter().filter(|finding| finding.level == level).count();
        if number > 0 {
            levels.push(format!("{number} {}", level.name()));
        }
    }
    if !sorted.silenced.is_empty() {
        levels.push(format!("{} silenced", sorted.silenced.len()));
    }
    if look.outside > 0 {
        levels.push(format!("{} outside the time asked for", look.outside));
    }
    let text = if levels.is_empty() { "none".to_owned() } else { levels.join(", ") };
    label(page, "Findings", &Rich::of(PLAIN, &text));
    // What is not shown each counts as much as what is: it stands beside it, not only at the end.
    for notice in report.notices.iter().filter(|notice| notice.code == NoticeCode::ManyFindings.name()) {
        label(page, "Not shown", &Rich::of(WARN, &notice.detail));
    }
    if let Some(baseline) = &report.baseline {
        let [new, risen] = [News::New, News::Risen].map(|news| summary::news(report, news));
        let gone = match baseline.not_seen.len() {
            0 => String::new(),
            gone => format!("; {gone} of the earlier report not seen now"),
        };
        label(page, "News", &Rich::of(PLAIN, &format!("{new} new, {risen} risen{gone}")));
    }
    let mut impacts: Vec<String> = Vec::new();
    for impact in Impact::ALL {
        let is_counted = |finding: &&&Finding| finding.impact == impact && finding.level >= Level::Suspected;
        let number = open.iter().filter(is_counted).count();
        if number > 0 {
            impacts.push(format!("{number} {}", words::impact(impact)));
        }
    }
    if impacts.len() > 1 {
        label(page, "Impact", &Rich::of(PLAIN, &impacts.join(", ")));
    }
}

fn read_lines(page: &mut Page, report: &Report, is_quiet: bool) {
    let known: Vec<&SourceRow> =
        report.sources.iter().filter(|source| source.dialect != Dialect::Unknown.name()).collect();
    let mut text = count_of(known.len(), "source", "sources");
    if is_quiet && !known.is_empty() {
        text.push_str(&format!(" ({})", products(&known)));
    }
    let hosts: IndexSet<String> =
        known.iter().filter_map(|source| source.host.as_deref()).map(str::to_lowercase).collect();
    if !hosts.is_empty() {
        text.push_str(&format!(" of {}", count_of(hosts.len(), "host", "hosts")));
    }
    text.push_str(&format!(", {}", count(report.scan.records, "record", "records")));
    if let Some((from, to)) = span(&known) {
        text.push_str(&format!(", {}", hours_read(report, from, to)));
    }
    label(page, "Read", &Rich::of(PLAIN, &text));
    if let Some(missing) = missing(&known).filter(|_| is_quiet) {
        label(page, "Not given", &Rich::of(PLAIN, &missing));
    }
    let unknown = report.sources.len() - known.len();
    if unknown > 0 {
        let files = count_of(unknown, "source in no known format", "sources in no known format");
        label(page, "Not judged", &Rich::of(PLAIN, &format!("{files} (blogscan identify says why)")));
    }
}

fn label(page: &mut Page, label: &str, text: &Rich) {
    page.hang(0, &Rich::of(BOLD, label), LABEL, text);
}

/// `NetBackup, TSM`.
pub(in crate::report) fn products(sources: &[&SourceRow]) -> String {
    let names: IndexSet<&str> = sources
        .iter()
        .filter_map(|source| Dialect::from_name(source.dialect))
        .map(|dialect| words::product(dialect.product()))
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    names.join(", ")
}

/// How much log was read, and between which times. A mail of the night leaves coverage out: then nothing is said of
/// how much that was.
pub(in crate::report) fn hours_read(report: &Report, from: &str, to: &str) -> String {
    let log = match report.coverage.as_slice() {
        [] => "log".to_owned(),
        rows => format!("{} of log", words::minutes_in_words(covered_minutes(rows))),
    };
    format!("{log} between {} and {}", words::minute(from), words::minute(to))
}

/// Over how much time the logs reach together, holes taken off: two logs of one night are one night.
fn covered_minutes(rows: &[CoverageRow]) -> u64 {
    let mut stretches: Vec<(&str, &str)> = Vec::new();
    for row in rows {
        let mut from = row.from.as_str();
        for gap in &row.gaps {
            stretches.push((from, &gap.from));
            from = &gap.to;
        }
        stretches.push((from, &row.to));
    }
    stretches.retain(|(from, to)| words::minutes(from, to).is_some());
    words::minutes_of_all(&stretches)
}

/// The first and the last dated time of all sources.
pub(in crate::report) fn span<'r>(sources: &[&'r SourceRow]) -> Option<(&'r str, &'r str)> {
    let is_dated = |time: &&str| time.contains('T');
    let from = sources.iter().filter_map(|source| source.from.as_deref()).filter(is_dated).min()?;
    let to = sources.iter().filter_map(|source| source.to.as_deref()).filter(is_dated).max()?;
    Some((from, to))
}

/// Which products' logs were read, and which were not among them: a failure that only those show stays unseen.
pub(in crate::report) fn missing(sources: &[&SourceRow]) -> Option<String> {
    let of = |source: &&SourceRow| Dialect::from_name(source.dialect).map(Dialect::product);
    let read: IndexSet<&str> = sources.iter().filter_map(of).collect();
    if read.is_empty() || read.contains("mixed") {
        return None;
    }
    let all: IndexSet<&str> = Dialect::ALL.iter().map(|dialect| dialect.product()).collect();
    let missing: Vec<String> = all
        .into_iter()
        .filter(|product| !read.contains(product) && !matches!(*product, "mixed" | "unknown"))
        .map(|product| words::product(product).to_owned())
        .collect();
    (!missing.is_empty()).then(|| format!("logs of {}", words::join(&missing)))
}
