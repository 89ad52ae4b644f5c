//! The top of the page: is something lost, what, how sure; what was read, and what was not.

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::card::sentence;
use crate::base::report::{NoticeRow, SourceRow};
use crate::base::{Dialect, Finding, Impact, Level, News, Report};
use crate::report::summary;
use crate::report::text::words::{self, count, count_of, thousands};
use crate::report::text::{
    Look, Sorted, hours_read, is_data_loss, is_trouble, missing, objects_in_short, products, scope, span,
    trouble_words,
};

/// Failures named one by one above the fold.
const MAX_HEADLINES: usize = 8;
/// Things not read that are named.
const MAX_TROUBLES: usize = 10;

/// The answer.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Answer {
    /// Title of the window.
    pub(super) title: String,
    troubles: Vec<String>,
    is_incomplete: bool,
    more_troubles: usize,
    headlines: Vec<Headline>,
    more_headlines: usize,
    /// What is said where nothing was found, and its class.
    quiet: Option<(&'static str, String, &'static str)>,
    no_data_loss: Option<String>,
    levels: Vec<(u64, &'static str)>,
    rows: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug, Serialize)]
struct Headline {
    class: &'static str,
    is_loss: bool,
    words: String,
    objects: String,
    advisory: String,
    title: String,
    sure: String,
    /// Number of the first of its findings, where it has a card.
    number: Option<usize>,
}

pub(super) fn answer(
    report: &Report,
    sorted: &Sorted<'_>,
    look: Look,
    cards: &IndexMap<(Level, &str), usize>,
) -> Answer {
    let open: Vec<&Finding> =
        sorted.told.iter().copied().filter(|finding| finding.level > Level::Exposed).collect();
    let is_quiet = open.is_empty() && sorted.exposed.is_empty();
    let told = if open.is_empty() { &sorted.exposed } else { &open };
    let mut groups: IndexMap<(Level, Impact, &str), Vec<&Finding>> = IndexMap::new();
    for finding in told {
        groups.entry((finding.level, finding.impact, finding.advisory.as_str())).or_default().push(finding);
    }
    // The first question is whether data is lost: such a failure is never among those that are only counted.
    groups.sort_by_cached_key(|(_, impact, _), _| *impact != Impact::DataLoss);
    let headlines: Vec<Headline> = groups
        .iter()
        .take(MAX_HEADLINES)
        .map(|((level, impact, advisory), findings)| Headline {
            class: level.name(),
            is_loss: *impact == Impact::DataLoss && *level >= Level::Likely,
            words: words::headline(*level, *impact),
            objects: objects_in_short(findings),
            advisory: (*advisory).to_owned(),
            title: findings.first().map_or(String::new(), |finding| finding.title.clone()),
            sure: sentence(words::sureness(*level)),
            number: cards.get(&(*level, *advisory)).copied(),
        })
        .collect();
    let quiet = is_quiet.then(|| quiet(report, sorted, look));
    let troubles: Vec<&NoticeRow> = report.notices.iter().filter(|notice| is_trouble(notice)).collect();
    let title = match (headlines.first(), &quiet) {
        (Some(first), _) => format!("{}: {} - blogscan", first.words, first.objects),
        (None, Some((words, ..))) => format!("{words} - blogscan"),
        (None, None) => "blogscan".to_owned(),
    };
    let is_incomplete = !report.scan.complete || !troubles.is_empty();
    let title = if is_incomplete { format!("NOT COMPLETE, {title}") } else { title };
    let no_data_loss = !is_quiet && !report.findings.iter().any(is_data_loss);
    Answer {
        title,
        is_incomplete,
        more_troubles: troubles.len().saturating_sub(MAX_TROUBLES),
        troubles: troubles.iter().take(MAX_TROUBLES).map(|notice| trouble_words(notice)).collect(),
        more_headlines: groups.len().saturating_sub(headlines.len()),
        headlines,
        quiet,
        no_data_loss: no_data_loss.then(|| format!("No data loss found in what was read{}.", scope(look))),
        levels: levels(report),
        rows: rows(report, sorted, look, is_quiet),
    }
}

fn quiet(report: &Report, sorted: &Sorted<'_>, look: Look) -> (&'static str, String, &'static str) {
    if report.sources.iter().all(|source| source.dialect == Dialect::Unknown.name()) {
        return ("NOTHING WAS JUDGED", "No log in a known format was found.".to_owned(), "warn");
    }
    if sorted.silenced.len() + sorted.below > 0 {
        let text = "Every finding is silenced or below the level asked for.".to_owned();
        return ("NOTHING TO SHOW", text, "warn");
    }
    let patterns = thousands(u64::try_from(report.tool.catalogue.patterns).unwrap_or(u64::MAX));
    let text = format!(
        "In what was read{}; {patterns} known failures were looked for. Of hours and logs that were not read, nothing \
         is said.",
        scope(look)
    );
    ("NO KNOWN FAILURE FOUND", text, if report.scan.complete { "good" } else { "warn" })
}

fn levels(report: &Report) -> Vec<(u64, &'static str)> {
    let number = |level| {
        let open = report.findings.iter().filter(|finding| finding.silenced.is_none());
        u64::try_from(open.filter(|finding| finding.level == level).count()).unwrap_or(u64::MAX)
    };
    let counted = Level::ALL.into_iter().map(|level| (number(level), level.name()));
    counted.filter(|(number, _)| *number > 0).collect()
}

fn rows(report: &Report, sorted: &Sorted<'_>, look: Look, is_quiet: bool) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let mut further = Vec::new();
    if !sorted.silenced.is_empty() {
        further.push(format!("{} silenced", sorted.silenced.len()));
    }
    if look.outside > 0 {
        further.push(format!("{} outside the time asked for", look.outside));
    }
    if !further.is_empty() {
        rows.push(("Beside", further.join(", ")));
    }
    if let Some(baseline) = &report.baseline {
        let [new, risen] = [News::New, News::Risen].map(|news| summary::news(report, news));
        let gone = match baseline.not_seen.len() {
            0 => String::new(),
            gone => format!(
                "; {gone} of the earlier report not seen now, which does not mean that they are cured"
            ),
        };
        rows.push(("News", format!("{new} new, {risen} risen{gone}")));
    }
    let counts = |impact: Impact| {
        let open = report.findings.iter().filter(|finding| finding.silenced.is_none());
        open.filter(|finding| finding.impact == impact && finding.level >= Level::Suspected).count()
    };
    let impacts: Vec<String> = Impact::ALL
        .into_iter()
        .map(|impact| (counts(impact), words::impact(impact)))
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{number} {words}"))
        .collect();
    if !impacts.is_empty() {
        rows.push(("Impact", impacts.join(", ")));
    }
    let known: Vec<&SourceRow> =
        report.sources.iter().filter(|source| source.dialect != Dialect::Unknown.name()).collect();
    let mut read = count_of(known.len(), "source", "sources");
    if !known.is_empty() {
        read.push_str(&format!(" ({})", products(&known)));
    }
    let hosts: IndexSet<String> =
        known.iter().filter_map(|source| source.host.as_deref()).map(str::to_lowercase).collect();
    if !hosts.is_empty() {
        read.push_str(&format!(" of {}", count_of(hosts.len(), "host", "hosts")));
    }
    read.push_str(&format!(", {}", count(report.scan.records, "record", "records")));
    rows.push(("Read", read));
    if let Some((from, to)) = span(&known) {
        rows.push(("Time", hours_read(report, from, to)));
    }
    if let Some(missing) = missing(&known).filter(|_| is_quiet) {
        rows.push(("Not given", missing));
    }
    let unknown = report.sources.len() - known.len();
    if unknown > 0 {
        let files = count_of(unknown, "source in no known format", "sources in no known format");
        rows.push(("Not judged", format!("{files} (blogscan identify says why)")));
    }
    rows
}
