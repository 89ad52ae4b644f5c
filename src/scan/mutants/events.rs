//! Mutants of what was read: values, times and places of records, records that were never there.

use std::sync::Arc;

use super::copies::{duplicated, interleaved};
use super::{Bench, Mutant, Rule, Target, parts_of};
use crate::base::stamp::{DAY, HOUR, MINUTE, SECOND};
use crate::base::{Event, Key, SourceId, Stamp};
use crate::correlate::{EventIndex, World, WorldParts};
use crate::pattern::model::{Absence, Join, Operand, Order, Scope, Step, Test, Where};

/// What stands before a value that shall equal no other.
pub(super) const OTHER: &str = "zz";
/// Added to a process id that shall equal no other: beyond those of any system.
pub(super) const OTHER_PID: u64 = 100_000_000;

impl Bench<'_, '_> {
    pub(super) fn of_events(&self, world: &World<'_>, target: &Target<'_>, mutants: &mut Vec<Mutant>) {
        for (step, bound) in &target.bound {
            let all = mates(world, target, step, bound.event);
            for join in &step.same {
                let mut parts = parts_of(world);
                let changed = all
                    .iter()
                    .filter_map(|at| Some((*at, parts.events.get(*at)?.clone())))
                    .collect::<Vec<_>>();
                let mut any = false;
                for (at, event) in changed {
                    if let (Some(slot), Some(other)) =
                        (parts.events.get_mut(at), with_other(world, at, event, join))
                    {
                        *slot = other;
                        any = true;
                    }
                }
                if any {
                    let name = format!("id swapped {}.{}", step.name, join.mine);
                    self.add(name, Rule::NeverRises, parts, target, mutants);
                }
            }
            self.reordered(world, target, step, &all, mutants);
            self.overrun(world, target, step, &all, mutants);
        }
        for absence in target.verdict.absent.iter().chain(&target.verdict.unless) {
            if let Some(parts) = with_present(world, target, absence) {
                self.add(format!("success {}", absence.name), Rule::NeverRises, parts, target, mutants);
            }
        }
        self.clocks(world, target, mutants);
        self.add("duplicated".to_owned(), Rule::Same, duplicated(world), target, mutants);
        self.add("interleaved".to_owned(), Rule::Same, interleaved(world, target), target, mutants);
    }

    /// The step and the one it is ordered by change places.
    fn reordered(
        &self,
        world: &World<'_>,
        target: &Target<'_>,
        step: &Step,
        all: &[EventIndex],
        mutants: &mut Vec<Mutant>,
    ) {
        let Some(at) = all.first().copied() else { return };
        let (Order::After(reference) | Order::Before(reference)) = &step.order else { return };
        let Some(there) = target.event(reference) else { return };
        let (Some(one), Some(other)) = (world.event(at), world.event(there)) else { return };
        let one_log = one.source == other.source;
        if !one_log && (one.stamp == other.stamp || !one.stamp.is_dated() || !other.stamp.is_dated()) {
            return;
        }
        let micros = |stamp: Stamp| stamp.instant().or(stamp.civil_micros());
        let back = match (micros(one.stamp), micros(other.stamp)) {
            (Some(mine), Some(theirs)) => theirs - mine,
            _ => 0,
        };
        let (mine, theirs) = (one.event(), other.event());
        let mut parts = parts_of(world);
        for (index, slot) in parts.events.iter_mut().enumerate() {
            let (from, own) = match index {
                _ if index == at => (&theirs, &mine),
                _ if index == there => (&mine, &theirs),
                _ if all.contains(&index) => {
                    slot.stamp = slot.stamp.shifted(back);
                    slot.position += if one_log { theirs.position - mine.position } else { 0 };
                    continue;
                }
                _ => continue,
            };
            slot.stamp = from.stamp;
            slot.placed = from.placed;
            slot.position = if one_log { from.position } else { own.position };
        }
        self.add(format!("order swapped {}", step.name), Rule::NeverRises, parts, target, mutants);
    }

    /// The step lies one unit beyond its window.
    fn overrun(
        &self,
        world: &World<'_>,
        target: &Target<'_>,
        step: &Step,
        all: &[EventIndex],
        mutants: &mut Vec<Mutant>,
    ) {
        let (Some(within), Some(at)) = (step.within, all.first()) else { return };
        let (reference, sign) = match &step.order {
            Order::Free => return,
            Order::After(name) | Order::Near(name) => (name, 1),
            Order::Before(name) => (name, -1),
        };
        let time = |index: EventIndex| world.event(index).map(|event| event.stamp);
        let (Some(mine), Some(theirs)) = (time(*at), target.event(reference).and_then(time)) else { return };
        let distance = match (mine.instant(), theirs.instant(), mine.civil_micros(), theirs.civil_micros()) {
            (Some(mine), Some(theirs), ..) | (None, None, Some(mine), Some(theirs)) => mine - theirs,
            _ => return,
        };
        let shift = sign * (within.to.0 + unit(within.to.0)) - distance;
        let mut parts = parts_of(world);
        for index in all {
            if let Some(slot) = parts.events.get_mut(*index) {
                slot.stamp = slot.stamp.shifted(shift);
            }
        }
        self.add(format!("overrun {}", step.name), Rule::NeverRises, parts, target, mutants);
    }

    /// Clocks that are wrong, and dates that are not known, source by source.
    fn clocks(&self, world: &World<'_>, target: &Target<'_>, mutants: &mut Vec<Mutant>) {
        let mut sources: Vec<SourceId> = Vec::new();
        for (_, bound) in &target.bound {
            let source = world.event(bound.event).map(|event| event.source);
            sources.extend(source.filter(|source| !sources.contains(source)));
        }
        sources.sort_unstable();
        for source in &sources {
            let alone = sources.len() == 1;
            let path = self.below(world.path(*source)).to_owned();
            let shifted = shifted(world, |other| alone || other == *source);
            let rule = if alone { Rule::Same } else { Rule::NeverRises };
            self.add(format!("zone shifted {path}"), rule, shifted, target, mutants);
            let is_dated = world.all().any(|event| event.source == *source && event.stamp.is_dated());
            if is_dated {
                let undated = undated(world, *source);
                self.add(format!("date removed {path}"), Rule::NeverRises, undated, target, mutants);
            }
        }
    }
}

/// The event of a step, and every other one that could take its place: they are broken alike.
fn mates(world: &World<'_>, target: &Target<'_>, step: &Step, event: EventIndex) -> Vec<EventIndex> {
    let others = target.bound.iter().filter(|(other, _)| other.name != step.name);
    let taken: Vec<EventIndex> = others.map(|(_, bound)| bound.event).collect();
    let alike = |other: EventIndex| {
        step.same.iter().all(|join| match (world.value(event, &join.mine), world.value(other, &join.mine)) {
            (Some(mine), Some(theirs)) => world.equal(&join.mine, &mine, &join.mine, &theirs),
            _ => false,
        })
    };
    let all = world.of_kinds(&step.kinds);
    let all = all.filter(|other| *other != event && !taken.contains(other) && alike(*other));
    std::iter::once(event).chain(all).collect()
}

/// The unit in which a person would write this window.
fn unit(span: i64) -> i64 {
    [(DAY, 2 * DAY), (HOUR, 2 * HOUR), (MINUTE, 2 * MINUTE)]
        .into_iter()
        .find(|(unit, least)| span % unit == 0 && span >= *least)
        .map_or(SECOND, |(unit, _)| unit)
}

/// The event with another value where it is joined; `None` where it carries none of its own to change.
fn with_other(world: &World<'_>, at: EventIndex, event: Event, join: &Join) -> Option<Event> {
    let mut event = event;
    match join.mine.as_str() {
        "stream" | "session" | "source" => return None,
        "pid" => event.pid = Some(event.pid? + OTHER_PID),
        "host" => {
            let other: Arc<str> = format!("{OTHER}{}", world.value(at, "host")?).into();
            event.host = Some(Arc::clone(&other));
            if event.values.get("host").is_some() {
                event.values.set(Key::from("host"), other);
            }
        }
        key => {
            let other = format!("{OTHER}{}", world.value(at, key)?);
            event.values.set(Key::from(key), other.into());
        }
    }
    Some(event)
}

/// What must be absent, present: beside the step that the absence is about.
fn with_present(world: &World<'_>, target: &Target<'_>, absence: &Absence) -> Option<WorldParts> {
    if absence.outweighs.is_some() {
        return None;
    }
    let (reference, sign) = match &absence.scope {
        Scope::Between(step, _) | Scope::After(step) | Scope::Near(step) | Scope::Session(step) => (step, 1),
        Scope::Before(step) => (step, -1),
    };
    let beside = target.event(reference)?;
    let place = world.event(beside)?;
    let kind = *absence.kinds.first()?;
    let def = world.catalogue.event(kind)?;
    let near = absence
        .within
        .map_or(SECOND, |within| (within.from.0 + SECOND).min((within.from.0 + within.to.0) / 2));
    let shift = match &absence.scope {
        Scope::Session(_) => 0,
        Scope::Between(_, to) => {
            let end = world.event(target.event(to)?)?.stamp;
            let micros = |stamp: Stamp| stamp.instant().or(stamp.civil_micros());
            (micros(end)? - micros(place.stamp)?) / 2
        }
        _ => sign * near,
    };
    let mut event = Event {
        kind,
        dialect: def.dialects.first().copied().unwrap_or(place.dialect),
        position: place.position * 2 + sign,
        line: None,
        stamp: place.stamp.shifted(shift),
        values: def.set.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
        untold: Vec::new(),
        ..place.event()
    };
    for join in &absence.same {
        let of = join.step.as_deref().unwrap_or(reference);
        let theirs = world.value(target.event(of)?, &join.theirs)?.into_owned();
        match join.mine.as_str() {
            "stream" | "session" | "pid" => {}
            "host" => event.host = Some(theirs.into()),
            key => event.values.set(Key::from(key), theirs.into()),
        }
    }
    for filter in def.filters.iter().chain(&absence.filters) {
        let value = satisfying(world, target, filter)?;
        event.values.set(Key::from(filter.key.as_str()), value.into());
    }
    let mut parts = parts_of(world);
    for other in parts.events.iter_mut().filter(|other| other.source == event.source) {
        other.position *= 2;
    }
    parts.events.push(event);
    Some(parts)
}

/// A value for which a predicate holds; `None` where one cannot be told.
fn satisfying(world: &World<'_>, target: &Target<'_>, filter: &Where) -> Option<String> {
    match &filter.test {
        Test::In(operands) => operands.iter().find_map(|operand| match operand {
            Operand::Text(text) => Some(text.clone()),
            Operand::Of(of) => Some(world.value(target.event(&of.step)?, &of.key)?.into_owned()),
            Operand::Set(name) => {
                world.catalogue.sets.get(name)?.first().map(|entry| entry.replace('*', "1"))
            }
            Operand::BackupAccounts | Operand::SystemAccounts => None,
        }),
        Test::NotIn(_) => Some(format!("{OTHER}1")),
        Test::Above(bound) => Some((bound + 1.0).to_string()),
        Test::Below(bound) => Some((bound - 1.0).to_string()),
        Test::Matches(_) => None,
    }
}

fn shifted(world: &World<'_>, is_meant: impl Fn(SourceId) -> bool) -> WorldParts {
    let mut parts = parts_of(world);
    let mut sessions = Vec::new();
    for event in parts.events.iter_mut().filter(|event| is_meant(event.source)) {
        event.stamp = event.stamp.shifted(HOUR);
        event.placed = event.placed.map(|placed| placed + HOUR);
        sessions.extend(event.session.and_then(|session| usize::try_from(session).ok()));
    }
    sessions.sort_unstable();
    sessions.dedup();
    for session in sessions {
        if let Some(session) = parts.sessions.get_mut(session) {
            session.first = session.first.map(|stamp| stamp.shifted(HOUR));
            session.last = session.last.map(|stamp| stamp.shifted(HOUR));
        }
    }
    for fact in parts.facts.iter_mut().filter(|fact| is_meant(fact.source)) {
        fact.stamp = fact.stamp.shifted(HOUR);
    }
    for coverage in parts.coverage.iter_mut().filter(|coverage| is_meant(coverage.source)) {
        for interval in &mut coverage.intervals {
            interval.from = interval.from.shifted(HOUR);
            interval.to = interval.to.shifted(HOUR);
        }
    }
    parts
}

fn undated(world: &World<'_>, source: SourceId) -> WorldParts {
    let mut parts = parts_of(world);
    let clock = |stamp: Stamp| match stamp {
        Stamp::Dated { micros, fraction, .. } => Stamp::Clock { micros: micros.rem_euclid(DAY), fraction },
        other => other,
    };
    let mut sessions = Vec::new();
    for event in parts.events.iter_mut().filter(|event| event.source == source) {
        event.stamp = clock(event.stamp);
        event.placed = None;
        sessions.extend(event.session.and_then(|session| usize::try_from(session).ok()));
    }
    for session in sessions {
        if let Some(session) = parts.sessions.get_mut(session) {
            session.first = session.first.map(clock);
            session.last = session.last.map(clock);
        }
    }
    for fact in parts.facts.iter_mut().filter(|fact| fact.source == source) {
        fact.stamp = Stamp::None;
    }
    // A stretch of a day that nobody knows proves nothing.
    parts.coverage.retain(|coverage| coverage.source != source);
    parts
}
