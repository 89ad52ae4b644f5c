//! What a pattern says about the objects of one anchor: the event that began it.
//!
//! Per anchor and object the strongest outcome holds (`cleared` beating `suspected` and `exposed`). What several
//! anchors say about one object is put together in `tally`.

use indexmap::IndexMap;

use crate::base::{Level, Stamp};
use crate::correlate::evaluate::Refuted;
use crate::correlate::{EventIndex, Object, Outcome, Row, Search, World};

use super::levels;
use super::objects::Objects;

/// One outcome with its level.
#[derive(Clone)]
pub(super) struct Leveled {
    pub(super) outcome: Outcome,
    pub(super) level: Level,
    pub(super) object: Object,
}

/// What one anchor comes to.
pub(super) struct Anchored {
    /// The strongest outcome of each object.
    pub(super) kept: Vec<Leveled>,
    /// Verdicts that were refuted.
    refuted: Vec<Refuted>,
    /// Verdicts `cleared` that only the end of the log kept from holding: the row not covered.
    pub(super) open_ends: Vec<String>,
    /// The same for a hole in the log.
    pub(super) holes: Vec<String>,
}

/// Judges one anchor.
pub(super) fn anchored(search: &Search<'_, '_>, anchor: EventIndex) -> Anchored {
    let world = search.world;
    let outcomes = search.outcomes_at(anchor);
    let mut leveled = Vec::new();
    for outcome in outcomes.held {
        let Some(verdict) = search.pattern.verdicts.get(outcome.verdict) else { continue };
        let Some(level) = levels::level(search.pattern, verdict, &outcome.choice) else { continue };
        let level = if level == Level::Cleared && rests_on_assumed_dates(world, &outcome) {
            // An order of day and month that was only assumed proves nothing harmless.
            Level::Suspected
        } else {
            level
        };
        let object = object_of(search, &outcome, level);
        leveled.push(Leveled { outcome, level, object });
    }
    let rows = |ends: Vec<(EventIndex, String)>| ends.into_iter().map(|(_, row)| row).collect();
    Anchored {
        kept: strongest(world, leveled),
        refuted: outcomes.refuted,
        open_ends: rows(outcomes.open_ends),
        holes: rows(outcomes.holes),
    }
}

/// Does the outcome stand on several records of which one's day and month could be exchanged?
fn rests_on_assumed_dates(world: &World<'_>, outcome: &Outcome) -> bool {
    let swappable = |event: EventIndex| {
        world.event(event).is_some_and(|event| matches!(event.stamp, Stamp::Dated { swappable: true, .. }))
    };
    outcome.choice.steps.len() > 1 && outcome.choice.bound_events().any(swappable)
}

/// A verdict that a condition turned into `cleared` is about the pattern's own object.
fn object_of(search: &Search<'_, '_>, outcome: &Outcome, level: Level) -> Object {
    if level == Level::Cleared && outcome.choice.cleared_by.is_some() {
        return search.object(&search.pattern.about, &outcome.choice.steps);
    }
    outcome.object.clone()
}

/// Per object the strongest outcome of one anchor; outcomes about other keys than the strongest of all only stand
/// beside it where they are as strong.
fn strongest(world: &World<'_>, leveled: Vec<Leveled>) -> Vec<Leveled> {
    if leveled.len() < 2 {
        return leveled;
    }
    let mut objects = Objects::default();
    let mut best: IndexMap<u32, Leveled> = IndexMap::new();
    for candidate in leveled {
        let number = objects.number(world, &candidate.object, candidate.outcome.anchor);
        match best.get(&number) {
            Some(held) if !beats(&candidate, held) => {}
            _ => {
                best.insert(number, candidate);
            }
        }
    }
    let names = |leveled: &Leveled| -> Vec<String> {
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
fn beats(candidate: &Leveled, held: &Leveled) -> bool {
    let strength = |leveled: &Leveled| leveled.level.strength_at_anchor();
    let rank = |leveled: &Leveled| {
        let choice = &leveled.outcome.choice;
        (choice.uncertainty(), choice.steps.iter().map(|step| step.event).collect::<Vec<_>>())
    };
    strength(candidate) > strength(held)
        || strength(candidate) == strength(held)
            && candidate.outcome.verdict == held.outcome.verdict
            && rank(candidate) < rank(held)
}

/// Rows that refuted a stronger verdict for the same anchor and object.
pub(super) fn refuted_rows(search: &Search<'_, '_>, chosen: &Leveled, anchored: &Anchored) -> Vec<Row> {
    let (world, pattern) = (search.world, search.pattern);
    let held = chosen.level.strength_at_anchor();
    let mut rows: Vec<Row> = Vec::new();
    for other in &anchored.refuted {
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
