//! Outcomes of one pattern to one entry per object.
//!
//! Per anchor and object the strongest outcome holds (`cleared` beating `suspected` and `exposed`). The entry of an
//! object is that of its strongest anchor, then the earliest; its other anchors at the same level are repeats.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use crate::base::stamp::MINUTE;
use crate::base::{Level, SourceId, Stamp};
use crate::correlate::evaluate::Refuted;
use crate::correlate::{Choice, EventIndex, Object, Outcome, Outcomes, Row, World};
use crate::pattern::Pattern;

use super::levels;
use super::objects::Objects;

/// What a pattern says about one object.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Index of the verdict that holds.
    pub verdict: usize,
    /// The level.
    pub level: Level,
    /// The object.
    pub object: Object,
    /// The chosen choice.
    pub choice: Choice,
    /// Those of the other anchors at this level, as far as their objects are listed.
    pub others: Vec<Choice>,
    /// Anchors at this level, the chosen one first.
    pub anchors: Vec<EventIndex>,
    /// Events of all anchors at this level: they span `first` and `last`.
    pub span: Vec<EventIndex>,
    /// Other occurrences at this level.
    pub repeats: u64,
    /// Rows of stronger verdicts that were refuted.
    pub refuted: Vec<Row>,
}

/// One outcome with its level.
#[derive(Clone)]
struct Leveled<'o> {
    outcome: &'o Outcome,
    level: Level,
    object: Object,
}

/// An anchor within this time of the one before, in the same stream, belongs to that one.
const ONE_OCCURRENCE: i64 = MINUTE;

/// Of so many further occurrences of one finding the objects are listed. Each costs a look at all events of a kind.
const MOST_LISTED: usize = 100;

/// One entry per object.
pub(super) fn entries(world: &World<'_>, pattern: &Pattern, outcomes: &Outcomes) -> Vec<Entry> {
    let mut by_anchor: IndexMap<EventIndex, Vec<Leveled<'_>>> = IndexMap::new();
    for outcome in &outcomes.held {
        let Some(verdict) = pattern.verdicts.get(outcome.verdict) else { continue };
        let Some(level) = levels::level(pattern, verdict, &outcome.choice) else { continue };
        let level = if level == Level::Cleared && rests_on_assumed_dates(world, outcome) {
            // An order of day and month that was only assumed proves nothing harmless.
            Level::Suspected
        } else {
            level
        };
        let object = object_of(world, pattern, outcome, level);
        by_anchor.entry(outcome.anchor).or_default().push(Leveled { outcome, level, object });
    }
    let mut objects = Objects::default();
    let mut by_object: IndexMap<usize, Vec<Leveled<'_>>> = IndexMap::new();
    by_anchor.sort_keys();
    for (_, leveled) in by_anchor {
        for kept in strongest(world, leveled) {
            let number = objects.number(world, &kept.object, kept.outcome.anchor);
            by_object.entry(number).or_default().push(kept);
        }
    }
    let mut refuted: HashMap<EventIndex, Vec<&Refuted>> = HashMap::new();
    for other in &outcomes.refuted {
        refuted.entry(other.anchor).or_default().push(other);
    }
    by_object.into_values().filter_map(|anchors| entry(world, pattern, anchors, &refuted)).collect()
}

/// Does the outcome stand on several records of which one's day and month could be exchanged?
fn rests_on_assumed_dates(world: &World<'_>, outcome: &Outcome) -> bool {
    let swappable = |event: EventIndex| {
        world.event(event).is_some_and(|event| matches!(event.stamp, Stamp::Dated { swappable: true, .. }))
    };
    outcome.choice.steps.len() > 1 && outcome.choice.bound_events().any(swappable)
}

/// A verdict that a condition turned into `cleared` is about the pattern's own object.
fn object_of(world: &World<'_>, pattern: &Pattern, outcome: &Outcome, level: Level) -> Object {
    if level == Level::Cleared && outcome.choice.cleared_by.is_some() {
        let search = crate::correlate::Search {
            world,
            pattern,
            windows: Vec::new(),
            host: None,
            weighed: Default::default(),
        };
        return search.object(&pattern.about, &outcome.choice.steps);
    }
    outcome.object.clone()
}

/// Per object the strongest outcome of one anchor; outcomes about other keys than the strongest of all only stand
/// beside it where they are as strong.
fn strongest<'o>(world: &World<'_>, leveled: Vec<Leveled<'o>>) -> Vec<Leveled<'o>> {
    let mut objects = Objects::default();
    let mut best: IndexMap<usize, Leveled<'o>> = IndexMap::new();
    for candidate in leveled {
        let number = objects.number(world, &candidate.object, candidate.outcome.anchor);
        match best.get(&number) {
            Some(held) if !beats(&candidate, held) => {}
            _ => {
                best.insert(number, candidate);
            }
        }
    }
    let names = |leveled: &Leveled<'_>| -> Vec<String> {
        let mut names: Vec<String> = leveled.object.iter().map(|(key, _)| key.clone()).collect();
        names.sort_unstable();
        names
    };
    let Some(top) = best.values().map(|held| held.level.strength_at_anchor()).max() else {
        return Vec::new();
    };
    let top_names: Vec<Vec<String>> =
        best.values().filter(|held| held.level.strength_at_anchor() == top).map(names).collect();
    best.into_values()
        .filter(|held| held.level.strength_at_anchor() == top || top_names.contains(&names(held)))
        .collect()
}

/// Stronger; of one verdict (whose objects a clearing condition made one) the choice with fewer unknowns, then the
/// earlier one.
fn beats(candidate: &Leveled<'_>, held: &Leveled<'_>) -> bool {
    let strength = |leveled: &Leveled<'_>| leveled.level.strength_at_anchor();
    let rank = |leveled: &Leveled<'_>| {
        let choice = &leveled.outcome.choice;
        (choice.uncertainty(), choice.steps.iter().map(|step| step.event).collect::<Vec<_>>())
    };
    strength(candidate) > strength(held)
        || strength(candidate) == strength(held)
            && candidate.outcome.verdict == held.outcome.verdict
            && rank(candidate) < rank(held)
}

fn entry(
    world: &World<'_>,
    pattern: &Pattern,
    leveled: Vec<Leveled<'_>>,
    refuted: &HashMap<EventIndex, Vec<&Refuted>>,
) -> Option<Entry> {
    let occurrences = fold(world, leveled);
    let level = occurrences.iter().map(|occurrence| occurrence.level).max()?;
    let mut at_level: Vec<&Leveled<'_>> =
        occurrences.iter().filter(|occurrence| occurrence.level == level).collect();
    at_level.sort_by_key(|occurrence| occurrence.outcome.anchor);
    let chosen = at_level.first()?;
    Some(Entry {
        verdict: chosen.outcome.verdict,
        level,
        object: chosen.object.clone(),
        choice: chosen.outcome.choice.clone(),
        others: at_level
            .iter()
            .skip(1)
            .filter(|occurrence| occurrence.outcome.verdict == chosen.outcome.verdict)
            .take(MOST_LISTED)
            .map(|occurrence| occurrence.outcome.choice.clone())
            .collect(),
        anchors: at_level.iter().map(|occurrence| occurrence.outcome.anchor).collect(),
        span: at_level.iter().flat_map(|occurrence| occurrence.outcome.choice.bound_events()).collect(),
        repeats: u64::try_from(different(world, &at_level).saturating_sub(1)).unwrap_or(u64::MAX),
        refuted: refuted_rows(
            world,
            pattern,
            chosen,
            refuted.get(&chosen.outcome.anchor).map_or(&[], Vec::as_slice),
        ),
    })
}

/// How many occurrences there are if those that stand in two copies of a log count once. Equal records of one
/// source are different occurrences.
fn different(world: &World<'_>, occurrences: &[&Leveled<'_>]) -> usize {
    let mut in_source: HashMap<(String, SourceId), usize> = HashMap::new();
    let mut different: HashSet<(String, usize)> = HashSet::new();
    for occurrence in occurrences {
        let anchor = occurrence.outcome.anchor;
        let Some(event) = world.event(anchor) else { continue };
        let content = world.content(anchor);
        let number = in_source.entry((content.clone(), event.source)).or_default();
        *number += 1;
        different.insert((content, *number));
    }
    different.len()
}

/// Anchors that belong together become one: the strongest of them, then the earliest. An event that stands in the
/// group of an earlier anchor is no occurrence of its own, whichever log it comes from.
fn fold<'o>(world: &World<'_>, mut leveled: Vec<Leveled<'o>>) -> Vec<Leveled<'o>> {
    leveled.sort_by_key(|candidate| candidate.outcome.anchor);
    let mut occurrences: Vec<Leveled<'o>> = Vec::new();
    let mut last: IndexMap<u32, (EventIndex, usize)> = IndexMap::new();
    let mut grouped: IndexMap<EventIndex, usize> = IndexMap::new();
    for candidate in leveled {
        let anchor = candidate.outcome.anchor;
        let Some(event) = world.event(anchor) else { continue };
        let before = last.get(&event.stream.0).copied();
        let close = before.filter(|(earlier, _)| within_one_occurrence(world, *earlier, anchor));
        let belongs = grouped.get(&anchor).copied().or(close.map(|(_, at)| at));
        let at = belongs.unwrap_or(occurrences.len());
        last.insert(event.stream.0, (anchor, at));
        let group = candidate.outcome.choice.steps.first().map(|step| step.group.as_slice());
        for other in group.unwrap_or_default() {
            grouped.entry(*other).or_insert(at);
        }
        match occurrences.get_mut(at) {
            Some(held) if candidate.level > held.level => *held = candidate,
            Some(_) => {}
            None => occurrences.push(candidate),
        }
    }
    occurrences
}

fn within_one_occurrence(world: &World<'_>, earlier: EventIndex, later: EventIndex) -> bool {
    match (world.point(earlier), world.point(later)) {
        (Some(one), Some(other)) => {
            world.clocks().relation(&one, &other).near(0, ONE_OCCURRENCE) == crate::correlate::Tri::Yes
        }
        _ => false,
    }
}

/// Rows that refuted a stronger verdict for the same anchor and object.
fn refuted_rows(
    world: &World<'_>,
    pattern: &Pattern,
    chosen: &Leveled<'_>,
    refuted: &[&Refuted],
) -> Vec<Row> {
    let held = chosen.level.strength_at_anchor();
    let mut rows: Vec<Row> = Vec::new();
    for other in refuted {
        let same_object = other.object.iter().all(|(key, value)| {
            chosen.object.iter().any(|(mine, held)| mine == key && world.equal(key, held, key, value))
        });
        let stronger = other.verdict < chosen.outcome.verdict
            && pattern
                .verdicts
                .get(other.verdict)
                .is_some_and(|verdict| verdict.level.strength_at_anchor() > held);
        if same_object && stronger && rows.iter().all(|row| row.name != other.row.name) {
            rows.push(other.row.clone());
        }
    }
    rows
}

/// Drops an entry where another one at the same or a higher level holds all its keys and values.
///
/// Only entries with more keys can hold another one; they are found by the rarest of its values, so that a flood of
/// objects is not compared with itself.
pub(super) fn subsume(world: &World<'_>, entries: &mut Vec<Entry>) {
    let lengths = || entries.iter().map(|entry| entry.object.len());
    let (Some(shortest), Some(longest)) = (lengths().min(), lengths().max()) else { return };
    if shortest == longest {
        return;
    }
    let table_key = |(key, value): &(String, String)| (key.clone(), world.value_key(key, value));
    let mut holders: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.object.len() > shortest) {
        for pair in &entry.object {
            holders.entry(table_key(pair)).or_default().push(index);
        }
    }
    let holds = |holder: &Entry, entry: &Entry| {
        holder.level >= entry.level
            && entry.object.len() < holder.object.len()
            && entry.object.iter().all(|(key, value)| {
                holder.object.iter().any(|(theirs, held)| theirs == key && world.equal(key, value, key, held))
            })
    };
    let is_held = |entry: &Entry| {
        let lists = entry.object.iter().map(|pair| holders.get(&table_key(pair)));
        // A value that no longer object has: nothing holds this entry.
        let rarest = lists.min_by_key(|list| list.map_or(0, Vec::len)).flatten();
        rarest.is_some_and(|list| {
            list.iter().filter_map(|index| entries.get(*index)).any(|holder| holds(holder, entry))
        })
    };
    let held: Vec<bool> = entries.iter().map(is_held).collect();
    let mut held = held.into_iter();
    entries.retain(|_| !held.next().unwrap_or(false));
}
