//! One finding as a card: what, which object, the proof, the conditions, what is not certain, what to do.

use indexmap::IndexMap;
use serde::Serialize;

use super::chart::{Dot, axis_zone};
use super::marked::{Line, Prose, log_line, log_lines, prose, prose_line};
use crate::base::finding::Object;
use crate::base::{ConditionState, Finding, Level, News};
use crate::report::text::words;
use crate::report::text::{
    excerpt, further_to_collect, is_data_loss, news_words, place, telling, time_words,
};
use crate::report::timeline::{Case, Entry, ZoneMark};

/// Characters of one line of a record before its middle is left out.
const CELLS: usize = 480;
/// Objects listed per role.
const MAX_OBJECTS: usize = 200;
/// Values of a record that are looked for in its text.
const MAX_VALUES: usize = 16;
/// Records shown.
const MAX_RECORDS: usize = 40;

/// A finding as the template takes it.
#[derive(Debug, Serialize)]
pub(super) struct Card<'r> {
    number: usize,
    level: &'static str,
    headline: String,
    impact: &'static str,
    is_loss: bool,
    advisory: &'r str,
    title: &'r str,
    object: String,
    host: Option<&'r str>,
    time: String,
    repeats: u64,
    sure: String,
    news: Option<String>,
    /// `new` or `risen`, for the badge.
    badge: Option<&'static str>,
    records: Vec<Record<'r>>,
    records_left: usize,
    neighbours: Vec<Neighbour<'r>>,
    axis_note: &'static str,
    order_note: Option<&'static str>,
    undated: Vec<usize>,
    has_restore_points: bool,
    conditions: Vec<Shown<'r>>,
    doubts: &'r [String],
    roles: Vec<Role>,
    no_good_points: bool,
    collect: Vec<&'r str>,
    workaround: Vec<Prose>,
    fix: Vec<Prose>,
    as_before: Option<usize>,
    links: Vec<Line>,
    is_open: bool,
}

#[derive(Debug, Serialize)]
struct Record<'r> {
    number: usize,
    id: String,
    event: &'r str,
    time: String,
    mark: String,
    /// Is the zone known?
    is_sure: bool,
    origin: String,
    place: String,
    lines: Vec<Line>,
    /// The whole record, where not all of it is shown.
    whole: Vec<Line>,
    fields: &'r IndexMap<String, String>,
}

#[derive(Debug, Serialize)]
struct Neighbour<'r> {
    event: &'r str,
    time: String,
    mark: String,
    place: String,
    advisory: &'r str,
    level: &'static str,
}

#[derive(Debug, Serialize)]
struct Shown<'r> {
    name: String,
    word: &'static str,
    class: &'static str,
    records: Vec<usize>,
    collect: Option<&'r str>,
}

#[derive(Debug, Serialize)]
struct Role {
    heading: String,
    class: &'static str,
    keys: Vec<String>,
    rows: Vec<Vec<String>>,
    count: usize,
    left: usize,
}

impl<'r> Card<'r> {
    /// `before`: the card that tells what to do already.
    pub(super) fn new(
        finding: &'r Finding,
        number: usize,
        case: &Case<'r>,
        before: Option<usize>,
        is_open: bool,
    ) -> Card<'r> {
        let mut links = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        // A reference that names the address says more than the address alone.
        let is_named = |url: &str| finding.references.iter().any(|text| text != url && text.contains(url));
        for text in std::iter::once(&finding.url).chain(&finding.references) {
            if !text.trim().is_empty() && !is_named(text) && !seen.contains(&text.as_str()) {
                seen.push(text);
                links.push(prose_line(text));
            }
        }
        let mut records: Vec<Record<'_>> =
            case.entries.iter().filter_map(|entry| record(finding, number, entry)).collect();
        records.sort_by_key(|record| record.number);
        records.truncate(MAX_RECORDS);
        let own = || case.entries.iter().filter(|entry| entry.number.is_some());
        let is_told = finding.level > Level::Cleared && before.is_none();
        Card {
            number,
            level: finding.level.name(),
            headline: words::headline(finding.level, finding.impact),
            impact: finding.impact.name(),
            is_loss: is_data_loss(finding),
            advisory: &finding.advisory,
            title: &finding.title,
            object: words::object(&finding.about),
            host: finding.host.as_deref().filter(|_| !finding.about.contains_key("host")),
            time: time_words(finding),
            repeats: finding.repeats,
            news: news_words(finding),
            badge: finding.news.filter(|news| *news != News::Known).map(News::name),
            sure: sentence(words::sureness(finding.level)),
            records_left: finding.evidence.len().saturating_sub(MAX_RECORDS),
            records,
            neighbours: case.entries.iter().filter_map(neighbour).collect(),
            axis_note: axis(case).1,
            order_note: case.order_note(),
            undated: own().filter(|entry| entry.point.is_none()).filter_map(|entry| entry.number).collect(),
            has_restore_points: finding
                .objects
                .iter()
                .any(|object| object.role.ends_with("-restore-points") && !object.evidence.is_empty()),
            conditions: conditions(finding),
            doubts: &finding.doubts,
            roles: roles(finding),
            no_good_points: is_data_loss(finding)
                && !finding.objects.iter().any(|object| object.role == "good-restore-points"),
            collect: further_to_collect(finding),
            workaround: if is_told { prose(&finding.workaround) } else { Vec::new() },
            fix: if is_told { prose(&finding.fix) } else { Vec::new() },
            as_before: before.filter(|_| finding.level > Level::Cleared),
            links,
            is_open,
        }
    }
}

/// With a capital and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

/// The marks of a card's drawing: the finding's own records.
pub(super) fn dots<'e, 'r>(finding: &Finding, number: usize, case: &'e Case<'r>) -> Vec<Dot<'e>>
where
    'r: 'e,
{
    let class = |record: usize| {
        let role = finding.objects.iter().find(|object| {
            object.role.ends_with("-restore-points") && object.evidence.contains(&(record - 1))
        });
        match role.map(|object| object.role.as_str()) {
            Some("good-restore-points") => "good",
            Some("suspect-restore-points") => "suspect",
            _ => finding.level.name(),
        }
    };
    let own = case.entries.iter().filter_map(|entry| Some((entry.number?, entry)));
    own.map(|(record, entry)| Dot {
        entry,
        label: record,
        href: format!("#f{number}e{record}"),
        is_merged: false,
        class: class(record),
    })
    .collect()
}

/// Offset and words of a card's axis.
pub(super) fn axis(case: &Case<'_>) -> (i32, &'static str) {
    axis_zone(case.entries.iter().filter(|entry| entry.number.is_some()))
}

fn record<'r>(finding: &'r Finding, card: usize, entry: &Entry<'r>) -> Option<Record<'r>> {
    let number = entry.number?;
    let mut values = telling(entry.record.fields.values().chain(finding.about.values()));
    values.dedup();
    values.truncate(MAX_VALUES);
    let text = &entry.record.text;
    let shown = excerpt(text, &values, CELLS);
    let all: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).collect();
    let is_whole = shown.len() == all.len()
        && shown.iter().zip(&all).all(|(shown, line)| *shown == line.replace('\t', " "));
    // The mark of a local time names the host already.
    let host = entry.host.filter(|_| !matches!(entry.mark, ZoneMark::Local(_)));
    let origin = [host, entry.process].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(Record {
        number,
        id: format!("f{card}e{number}"),
        event: &entry.record.event,
        time: entry.record.time.as_deref().map(words::time).unwrap_or_default(),
        mark: entry.mark.to_string(),
        is_sure: matches!(entry.mark, ZoneMark::Offset(_)),
        origin,
        place: place(entry.record),
        lines: shown.iter().map(|line| log_line(line, &values)).collect(),
        whole: if is_whole { Vec::new() } else { log_lines(text, &values) },
        fields: &entry.record.fields,
    })
}

fn neighbour<'r>(entry: &Entry<'r>) -> Option<Neighbour<'r>> {
    let other = entry.neighbour?;
    Some(Neighbour {
        event: &entry.record.event,
        time: entry.record.time.as_deref().map(words::time).unwrap_or_default(),
        mark: entry.mark.to_string(),
        place: place(entry.record),
        advisory: &other.advisory,
        level: other.level.name(),
    })
}

fn conditions(finding: &Finding) -> Vec<Shown<'_>> {
    let shown = finding.conditions.iter().map(|condition| {
        let (word, class) = match condition.state {
            ConditionState::Met => ("met", "met"),
            ConditionState::Unmet => ("not met", "unmet"),
            ConditionState::Unknown => ("unknown", "unknown"),
        };
        Shown {
            name: condition.name.replace('-', " "),
            word,
            class,
            records: condition.evidence.iter().map(|index| index + 1).collect(),
            collect: condition.collect.as_deref().filter(|_| condition.state == ConditionState::Unknown),
        }
    });
    shown.collect()
}

/// Objects by what they are to the finding, as tables.
fn roles(finding: &Finding) -> Vec<Role> {
    let mut roles: IndexMap<&str, Vec<&Object>> = IndexMap::new();
    for object in &finding.objects {
        roles.entry(&object.role).or_default().push(object);
    }
    // An object that says no more than the finding's own line above is no list.
    roles.retain(|role, objects| {
        *role != "affected" || !objects.iter().all(|object| object.values == finding.about)
    });
    let table = |(role, objects): (&str, Vec<&Object>)| {
        let mut heading = role.replace('-', " ");
        if let Some(first) = heading.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        if role == "affected" {
            heading.push_str(" objects");
        }
        let mut keys: Vec<&str> = Vec::new();
        for key in objects.iter().take(MAX_OBJECTS).flat_map(|object| object.values.keys()) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        let value = |object: &&Object, key: &&str| object.values.get(*key).cloned().unwrap_or_default();
        Role {
            heading,
            class: match role {
                "good-restore-points" => "good",
                "suspect-restore-points" => "suspect",
                _ => "",
            },
            rows: objects
                .iter()
                .take(MAX_OBJECTS)
                .map(|object| keys.iter().map(|key| value(object, key)).collect())
                .collect(),
            keys: keys.iter().map(|key| key.replace('_', " ")).collect(),
            count: objects.len(),
            left: objects.len().saturating_sub(MAX_OBJECTS),
        }
    };
    roles.into_iter().map(table).collect()
}
