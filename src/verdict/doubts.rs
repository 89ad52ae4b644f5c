//! What is not certain, in sentences.

use crate::base::Level;
use crate::base::stamp::HOUR;
use crate::correlate::choice::{Bindings, Doubt, Remark};
use crate::correlate::{Bound, EventIndex, RowSource, Why, World};
use crate::pattern::Pattern;
use crate::pattern::model::{Absence, Scope};

use super::anchors::Entry;

/// Every doubt of an entry, each once: first what lowered the level, then what is only worth saying.
pub(super) fn sentences(world: &World<'_>, pattern: &Pattern, entry: &Entry) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    let mut say = |sentence: String| {
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    };
    let steps = &entry.choice.steps;
    for doubt in &entry.choice.doubts {
        say(doubt_sentence(world, pattern, entry, doubt));
    }
    let verdict = pattern.verdicts.get(entry.verdict);
    if let Some(doubt) = verdict.and_then(|verdict| verdict.doubt.as_ref()) {
        say(doubt.clone());
    }
    if let Some(sentence) = nameless(world, pattern, entry) {
        say(sentence);
    }
    if let Some(condition) = &entry.choice.cleared_by {
        say(format!("cleared because the condition {condition} is not met"));
    }
    if entry.choice.unverified > 0 && entry.level != Level::Cleared {
        for name in unverified_steps(world, steps) {
            say(format!("the wording of {name} was never seen in a published log: it does not decide alone"));
        }
    }
    for remark in &entry.choice.remarks {
        say(remark_sentence(world, steps, remark));
    }
    sentences
}

/// The finding is about a machine, and no record tells which one. What stands in the place of its name is worth saying:
/// hosts number their machines, and a list of theirs tells whose number it is.
fn nameless(world: &World<'_>, pattern: &Pattern, entry: &Entry) -> Option<String> {
    let own = pattern.verdicts.get(entry.verdict).and_then(|verdict| verdict.about.as_ref());
    let about = own.unwrap_or(&pattern.about);
    let is_machine = !about.is_empty() && about.iter().all(|key| crate::base::name::is_machine_key(key));
    if !is_machine || !entry.object.is_empty() {
        return None;
    }
    let about = about.join(" or ").replace('_', " ");
    let number = entry.choice.steps.iter().find_map(|step| world.value(step.event, "entity"));
    Some(match number {
        Some(number) => format!("no log tells which {about} it is: the host calls it by its number {number}"),
        None => format!("no log tells which {about} it is"),
    })
}

fn unverified_steps(world: &World<'_>, steps: &[Bound]) -> Vec<String> {
    steps
        .iter()
        .filter(|step| world.event(step.event).is_some_and(|event| world.is_unverified(event.kind)))
        .map(|step| step.name.clone())
        .collect()
}

fn place(world: &World<'_>, steps: &[Bound], step: &str) -> String {
    let event = steps.iter().find(|bound| bound.name == step).and_then(|bound| world.event(bound.event));
    match event {
        Some(event) => match event.line {
            Some(line) => format!("{step} ({}:{line})", world.path(event.source)),
            None => format!("{step} ({})", world.path(event.source)),
        },
        None => step.to_owned(),
    }
}

fn why_words(why: Why) -> &'static str {
    match why {
        Why::NoDate => "no date",
        Why::ZoneUnknown => "zone unknown (--tz tells it)",
        Why::HourTwice => "the clocks were changed, and nothing tells which of two hours is meant",
        Why::WithinTolerance => "within the clock tolerance",
    }
}

fn doubt_sentence(world: &World<'_>, pattern: &Pattern, entry: &Entry, doubt: &Doubt) -> String {
    let steps = &entry.choice.steps;
    match doubt {
        Doubt::Order { first, second, why } if first == second => {
            format!(
                "whether the records of {first} lie close enough together is not certain: {}",
                why_words(*why)
            )
        }
        Doubt::Order { first, second, why } => format!(
            "order or distance of {} and {} is not certain: {}",
            place(world, steps, first),
            place(world, steps, second),
            why_words(*why)
        ),
        Doubt::Value { step, key } if key == "host" => {
            format!("whether {} belongs to the same host is not known", place(world, steps, step))
        }
        Doubt::Value { step, key } => {
            format!("the record of {} does not tell its {}", place(world, steps, step), key.replace('_', " "))
        }
        Doubt::Window { step, window, why } => format!(
            "whether {} lies inside a {window} window is not certain: {}",
            place(world, steps, step),
            why_words(*why)
        ),
        Doubt::NotCovered { row } => not_covered(world, pattern, entry, row),
        Doubt::PerhapsPresent { row } => {
            format!(
                "{}: a record that would say so is there, but its time or outcome is not certain",
                row_words(row)
            )
        }
        Doubt::Condition { name } => format!("the condition {name} could not be checked"),
    }
}

fn row_words(row: &str) -> String {
    row.replace('-', " ")
}

/// Nothing covers the stretch. Where logs of the right sort are there but name other machines, that is the most
/// useful thing to say.
fn not_covered(world: &World<'_>, pattern: &Pattern, entry: &Entry, row: &str) -> String {
    let plain = format!("no log at hand covers the time in question ({})", row_words(row));
    let Some(absence) = absence_of(pattern, entry, row) else { return plain };
    if let Some(hole) = hole_in(world, absence, entry, row) {
        return hole;
    }
    let Some(join) = absence.same.iter().find(|join| crate::base::name::is_machine_key(&join.mine)) else {
        return plain;
    };
    let mine = entry.choice.steps.iter().find_map(|step| world.value(step.event, &join.theirs));
    let Some(mine) = mine else { return plain };
    let mut others: Vec<String> = Vec::new();
    let mut jobs_only = true;
    for event in world.of_kinds(&absence.kinds) {
        let Some(name) = world.value(event, &join.mine) else { continue };
        if world.names.same(&name, &mine) {
            return plain;
        }
        // What VMware or Windows wrote is no job log.
        let dialect = world.event(event).map(|event| event.dialect.product());
        jobs_only &= !matches!(dialect, Some("vmware" | "windows"));
        if !others.iter().any(|other| other == &*name) {
            others.push(name.into_owned());
        }
    }
    if others.is_empty() {
        return plain;
    }
    let more = others.len().saturating_sub(MOST_NAMES);
    others.truncate(MOST_NAMES);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    let others = others.join(", ");
    if jobs_only {
        format!("no job log names {mine}; the job logs at hand name {others}{tail}")
    } else {
        format!("no log of snapshots or backups names {mine}; those at hand name {others}{tail}")
    }
}

/// A log of the right sort was read, but a part of it is missing just there.
fn hole_in(world: &World<'_>, absence: &Absence, entry: &Entry, row: &str) -> Option<String> {
    let Scope::Between(from, to) = &absence.scope else { return None };
    let event =
        |step: &str| entry.choice.steps.iter().find(|bound| bound.name == step).map(|bound| bound.event);
    let (source, last, next) = world.hole_between(&absence.kinds, event(from)?, event(to)?)?;
    Some(format!(
        "no log at hand covers the time in question ({}): {} has a hole from {last} to {next}",
        row_words(row),
        world.path(source)
    ))
}

/// How many other names are worth printing.
const MOST_NAMES: usize = 8;

fn absence_of<'p>(pattern: &'p Pattern, entry: &Entry, row: &str) -> Option<&'p Absence> {
    let verdict = pattern.verdicts.get(entry.verdict)?;
    let source = entry.choice.rows.iter().find(|held| held.name == row)?.source;
    match source {
        RowSource::Absent(index) => verdict.absent.get(index),
        RowSource::Unless(index) => verdict.unless.get(index),
        RowSource::Condition(_) => None,
    }
}

fn remark_sentence(world: &World<'_>, steps: &[Bound], remark: &Remark) -> String {
    let seen_at = |seen: &str| {
        if seen.is_empty() { "at a time that is not known".to_owned() } else { format!("at {seen}") }
    };
    match remark {
        Remark::SameZone { first, second } => format!(
            "the zones of {} and {} are not known: the same zone was assumed",
            place(world, steps, first),
            place(world, steps, second)
        ),
        Remark::OtherHost { step, window } => {
            format!("the {window} window of {} was logged by another host", place(world, steps, step))
        }
        Remark::Untold { step, what } => format!("the {what} of {} is not known", place(world, steps, step)),
        Remark::Contradiction { condition } => format!("the logs contradict each other on {condition}"),
        Remark::Timeless { condition } => {
            format!("{condition} rests on a record without time, taken to hold at the moment in question")
        }
        Remark::NotListed { version } => {
            format!("version {version} lies in the affected range but is not on the advisory's list")
        }
        Remark::SeenLater { version, seen } => {
            format!("version {version} was seen {}, not before", seen_at(seen))
        }
        Remark::FixSeen { fix, seen } => {
            format!("the correction EEB {fix} was seen {}", seen_at(seen))
        }
        Remark::VersionContradicts { version, seen } => {
            format!("version {version} seen {} is not on the advisory's list", seen_at(seen))
        }
    }
}

/// A later step that lies before the earlier one, so that a stronger verdict does not hold: clock or zone? Where
/// nothing bad is said to have happened, such a record is the ordinary past (last night's backup).
pub(super) fn reversed_order(world: &World<'_>, pattern: &Pattern, entry: &Entry) -> Option<String> {
    if entry.level < Level::Suspected {
        return None;
    }
    let stronger = pattern.verdicts.get(..entry.verdict)?;
    let bindings = Bindings::of(&entry.choice.steps);
    for verdict in stronger {
        for step in &verdict.steps {
            let crate::pattern::model::Order::After(reference) = &step.order else { continue };
            let Some(anchor) = entry.choice.event(reference) else { continue };
            if entry.choice.event(&step.name).is_some() {
                continue;
            }
            let before: Vec<EventIndex> = world.of_kinds(&step.kinds).into_iter().filter(|event| {
                let equal = step.same.iter().all(|join| {
                    join.step.as_deref().is_none_or(|step| step == reference)
                        && matches!((world.value(*event, &join.mine), world.value(anchor, &join.theirs)),
                            (Some(mine), Some(theirs)) if world.equal(&join.mine, &mine, &join.theirs, &theirs))
                });
                let before = match (world.point(*event), world.point(anchor)) {
                    (Some(one), Some(other)) => world.clocks().relation(&one, &other).after(),
                    _ => crate::correlate::Tri::Unknown,
                };
                let fits = world.all_hold(*event, &step.filters, &bindings) != crate::correlate::Tri::No;
                equal && fits && !step.same.is_empty() && before == crate::correlate::Tri::Yes
            }).collect();
            // What also happened on days before comes every night; only what stands alone may be misplaced.
            if !before.iter().all(|event| is_near(world, *event, anchor)) {
                continue;
            }
            if let Some(event) = before.first().and_then(|event| world.event(*event)) {
                let line = event.line.map(|line| format!(":{line}")).unwrap_or_default();
                return Some(format!(
                    "{} ({}{line}) lies before {reference}, though it would have to follow it: clock or zone?",
                    step.name,
                    world.path(event.source)
                ));
            }
        }
    }
    None
}

/// A wrong clock or zone moves a record by a day and two hours at most.
const WRONG_BY: u64 = 26 * HOUR.unsigned_abs();

fn is_near(world: &World<'_>, one: EventIndex, other: EventIndex) -> bool {
    let micros = |event: EventIndex| {
        world.event(event).and_then(|event| event.stamp.instant().or(event.stamp.civil_micros()))
    };
    matches!((micros(one), micros(other)), (Some(one), Some(other)) if one.abs_diff(other) <= WRONG_BY)
}
