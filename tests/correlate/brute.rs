//! A second evaluator, written from the rules of the pattern language and not from the program: it tries every
//! assignment of events to steps and judges each with naive code of its own. Slow and small; it knows steps,
//! `absent`, `unless`, `needs` with plain conditions, `latest`, `at-least` and `during`, and no versions.

use std::cmp::Reverse;

use blogscan::base::event::EventKind;
use blogscan::base::stamp::SECOND;
use blogscan::base::{ConditionState, Event, Level, Stamp};
use blogscan::pattern::Catalogue;
use blogscan::pattern::model::{Join, Operand, Order, Pattern, Step, Test, Verdict, Where, Within};

use crate::build::Scene;
use time::{Moment, behind, beside, follows};

mod absence;
mod conditions;
mod time;

/// Three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maybe {
    No,
    Perhaps,
    Yes,
}

use Maybe::{No, Perhaps, Yes};

fn certain(holds: bool) -> Maybe {
    if holds { Yes } else { No }
}

type About = Vec<(String, String)>;

/// What a record says, apart from where it was read.
type Content = (EventKind, Stamp, Option<String>, Option<u64>, About);

/// What a finding must say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    pub level: &'static str,
    pub about: About,
    pub repeats: u64,
    /// Step name, source, line.
    pub evidence: Vec<(String, String, u64)>,
    pub rows: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Slot {
    name: String,
    event: usize,
    group: Vec<usize>,
    /// How many of the group the step needs: those stand in no other step.
    needed: usize,
}

#[derive(Clone, Debug)]
struct Way {
    slots: Vec<Slot>,
    unknowns: usize,
}

#[derive(Clone, Debug)]
struct Held {
    anchor: usize,
    about: About,
    level: Level,
    /// By a condition that clears.
    clears: bool,
    unknowns: usize,
    slots: Vec<Slot>,
    rows: Vec<(String, String)>,
}

pub struct Brute<'a> {
    scene: &'a Scene,
    catalogue: &'a Catalogue,
    pattern: &'a Pattern,
    /// In the total order.
    events: Vec<&'a Event>,
}

fn same_machine(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let short = |name: &str| name.split('.').next().unwrap().to_owned();
    let one_is_short = !one.contains('.');
    let other_is_short = !other.contains('.');
    one == other || short(&one) == short(&other) && (one_is_short || other_is_short)
}

fn equal(key: &str, one: &str, other: &str) -> bool {
    if matches!(key, "host" | "vm") { same_machine(one, other) } else { one == other }
}

impl<'a> Brute<'a> {
    pub fn new(scene: &'a Scene, catalogue: &'a Catalogue, pattern: &'a Pattern) -> Brute<'a> {
        let mut events: Vec<&Event> = scene.events.iter().collect();
        let time = |event: &Event| {
            // Without a date of its own a record sorts right after the one before it in its source.
            event.stamp.instant().or(event.stamp.civil_micros()).or_else(|| {
                scene
                    .events
                    .iter()
                    .filter(|other| other.source == event.source && other.position < event.position)
                    .filter(|other| other.stamp.is_dated())
                    .max_by_key(|other| other.position)
                    .and_then(|other| other.stamp.instant().or(other.stamp.civil_micros()))
            })
        };
        events.sort_by_key(|event| {
            (time(event), scene.sources[event.source.0 as usize].path.clone(), event.position)
        });
        Brute { scene, catalogue, pattern, events }
    }

    fn moment(&self, event: usize) -> Moment<'a> {
        let event = self.events[event];
        Moment {
            stamp: event.stamp,
            source: event.source.0,
            stream: event.stream.0,
            position: Some(event.position),
            host: event.host.as_deref(),
            pid: event.pid,
            dialect: event.dialect,
        }
    }

    fn follows(&self, one: usize, other: usize) -> Maybe {
        follows(&self.moment(one), &self.moment(other), self.scene.skew)
    }

    /// Order and distance of `event` against `other`.
    fn place(&self, order: &Order, within: Option<Within>, other: usize, event: usize) -> Maybe {
        let (there, here, skew) = (self.moment(other), self.moment(event), self.scene.skew);
        let (from, to) = within.map_or((0, self.pattern.horizon.0), |within| (within.from.0, within.to.0));
        let (ordered, apart) = match order {
            Order::Free => return Yes,
            Order::After(_) => (follows(&there, &here, skew), behind(&there, &here, from, to, skew)),
            Order::Before(_) => (follows(&here, &there, skew), behind(&here, &there, from, to, skew)),
            Order::Near(_) => (Yes, beside(&there, &here, from, to, skew)),
        };
        // The horizon bounds; it is no window that could be in doubt.
        let apart = if within.is_none() && apart == Perhaps { Yes } else { apart };
        ordered.min(apart)
    }

    // ---- values -------------------------------------------------------------------------------------------------

    fn value(&self, event: usize, key: &str) -> Option<String> {
        let event = self.events[event];
        match key {
            "stream" => Some(event.stream.0.to_string()),
            "session" => event.session.map(|session| session.to_string()),
            "pid" => event.pid.map(|pid| pid.to_string()),
            "host" => event.host.as_deref().map(str::to_owned),
            _ => {
                let own = event.values.get(key).map(|value| value.to_string());
                own.or_else(|| {
                    let session = &self.scene.sessions[event.session? as usize];
                    session.values.get(key).map(|value| value.to_string())
                })
            }
        }
    }

    fn own(&self, event: usize, key: &str) -> Option<String> {
        self.events[event].values.get(key).map(|value| value.to_string())
    }

    fn filter(&self, event: usize, filter: &Where, slots: &[Slot]) -> Maybe {
        let Some(value) = self.value(event, &filter.key) else { return Perhaps };
        let one = |operand: &Operand| match operand {
            Operand::Text(text) => certain(equal(&filter.key, &value, text)),
            Operand::Of(reference) => {
                let other = slots.iter().find(|slot| slot.name == reference.step);
                match other.and_then(|slot| self.value(slot.event, &reference.key)) {
                    Some(other) => certain(equal(&filter.key, &value, &other)),
                    None => Perhaps,
                }
            }
            _ => unreachable!("not generated"),
        };
        match &filter.test {
            Test::In(operands) => operands.iter().map(one).max().unwrap_or(No),
            Test::NotIn(operands) => match operands.iter().map(one).max().unwrap_or(No) {
                Yes => No,
                Perhaps => Perhaps,
                No => Yes,
            },
            _ => unreachable!("not generated"),
        }
    }

    fn filters(&self, event: usize, filters: &[Where], slots: &[Slot]) -> Maybe {
        filters.iter().map(|filter| self.filter(event, filter, slots)).min().unwrap_or(Yes)
    }

    fn joins(&self, same: &[Join], default: Option<&str>, event: usize, slots: &[Slot]) -> bool {
        same.iter().all(|join| {
            let other = match join.step.as_deref().or(default) {
                Some(name) => slots.iter().find(|slot| slot.name == name),
                None => slots.last(),
            };
            let theirs = other.and_then(|slot| self.value(slot.event, &join.theirs));
            match (self.value(event, &join.mine), theirs) {
                (Some(mine), Some(theirs)) => equal(&join.mine, &mine, &theirs),
                _ => false,
            }
        })
    }

    // ---- steps --------------------------------------------------------------------------------------------------

    /// How many things are unknown if this event fills the step; `None`: it cannot.
    fn fills(&self, step: &Step, event: usize, slots: &[Slot], outer: usize) -> Option<usize> {
        let here = self.events[event];
        let used =
            |slot: &Slot| slot.event == event || slot.group.iter().take(slot.needed).any(|it| *it == event);
        if !step.kinds.contains(&here.kind) || slots.iter().any(used) {
            return None;
        }
        let reference = match &step.order {
            Order::Free => None,
            Order::After(step) | Order::Before(step) | Order::Near(step) => Some(step.as_str()),
        };
        if !self.joins(&step.same, reference, event, slots) {
            return None;
        }
        let mut unknowns = 0;
        let mut take = |state: Maybe| {
            unknowns += usize::from(state == Perhaps);
            state != No
        };
        for filter in &step.filters {
            if !take(self.filter(event, filter, slots)) {
                return None;
            }
        }
        if let Some(name) = reference {
            let other = slots.iter().find(|slot| slot.name == name)?;
            if !take(self.place(&step.order, step.within, other.event, event)) {
                return None;
            }
        }
        if let Some(window) = step.during
            && !take(self.inside(window, event))
        {
            return None;
        }
        // A step of a condition that nothing ties to the verdict is of the anchor's host.
        if outer > 0 && slots.len() == outer && step.same.is_empty() && reference.is_none() {
            let anchor = self.events[slots[0].event];
            let state = match (&here.host, &anchor.host) {
                _ if here.stream == anchor.stream => Yes,
                (Some(mine), Some(theirs)) => certain(same_machine(mine, theirs)),
                _ => Perhaps,
            };
            if !take(state) {
                return None;
            }
        }
        Some(unknowns)
    }

    fn inside(&self, window: usize, event: usize) -> Maybe {
        let def = &self.pattern.windows[window];
        let here = self.moment(event);
        let (slack, longest) = (def.slack.0, def.longest.0 + def.slack.0);
        let agree = |one: usize, other: usize| {
            def.same.iter().all(|key| match (self.value(one, key), self.value(other, key)) {
                (Some(mine), Some(theirs)) => equal(key, &mine, &theirs),
                _ => false,
            })
        };
        let mut best = No;
        for open in (0..self.events.len()).filter(|open| def.opens.contains(&self.events[*open].kind)) {
            let joined = def.joins.iter().all(|join| {
                match (self.value(open, &join.mine), self.value(event, &join.theirs)) {
                    (Some(mine), Some(theirs)) => equal(&join.mine, &mine, &theirs),
                    _ => false,
                }
            });
            if !joined {
                continue;
            }
            let there = self.moment(open);
            if beside(&there, &here, 0, slack, 0) == Yes {
                return Yes;
            }
            let mut inside = behind(&there, &here, -slack, longest, 0);
            let mut ends: Vec<(usize, Maybe)> = (0..self.events.len())
                .filter(|close| *close != open && def.closes.contains(&self.events[*close].kind))
                .filter(|close| agree(open, *close))
                .map(|close| {
                    let end = self.moment(close);
                    let in_reach = behind(&there, &end, 0, def.longest.0, 0) != No;
                    (close, if in_reach { follows(&there, &end, 0) } else { No })
                })
                .filter(|(_, closes)| *closes != No)
                .collect();
            // Only the first of those that certainly closed it did so.
            let all = ends.clone();
            ends.retain(|(close, _)| {
                let late = |(other, sure): &(usize, Maybe)| {
                    let (first, second) = (self.moment(*other), self.moment(*close));
                    *sure == Yes
                        && other != close
                        && follows(&first, &second, 0) == Yes
                        && (follows(&second, &first, 0) != Yes || other < close)
                };
                !all.iter().any(late)
            });
            for (close, closes) in ends {
                let before = behind(&here, &self.moment(close), -slack, longest, 0);
                inside = inside.min(if closes == Yes || before == Yes { before } else { Perhaps });
            }
            best = best.max(inside);
        }
        best
    }

    /// The further events of a counted step and whether they are uncertain; `None`: there are not enough.
    fn group(&self, step: &Step, first: usize, slots: &[Slot]) -> Option<(Vec<usize>, usize)> {
        let Some(count) = &step.count else { return Some((Vec::new(), 0)) };
        let identity = |event: usize| match &count.distinct {
            Some(key) => self.value(event, key),
            None => Some(format!("{:?}", self.content(event))),
        };
        let mut certain = vec![(first, identity(first)?)];
        let mut possible = certain.clone();
        for other in 0..self.events.len() {
            let Some(unknowns) = self.fills(step, other, slots, 0) else { continue };
            let Some(mine) = identity(other) else { continue };
            let near = behind(&self.moment(first), &self.moment(other), 0, count.window.0, self.scene.skew);
            let state = if unknowns > 0 { near.min(Perhaps) } else { near };
            if other == first {
                continue;
            }
            if state == Yes && certain.iter().all(|(_, held)| *held != mine) {
                certain.push((other, mine.clone()));
            }
            if state != No && possible.iter().all(|(_, held)| *held != mine) {
                possible.push((other, mine));
            }
        }
        let rest = |list: &[(usize, String)]| list.iter().skip(1).map(|(event, _)| *event).collect();
        if certain.len() >= count.at_least {
            Some((rest(&certain), 0))
        } else if possible.len() >= count.at_least {
            Some((rest(&possible), 1))
        } else {
            None
        }
    }

    fn content(&self, event: usize) -> Content {
        let event = self.events[event];
        let values = event.values.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        (event.kind, event.stamp, event.host.as_deref().map(str::to_owned), event.pid, values)
    }

    /// Every way to fill the steps behind the given slots.
    fn ways(&self, steps: &[Step], given: &[Slot]) -> Vec<Way> {
        let mut ways = vec![Way { slots: given.to_vec(), unknowns: 0 }];
        for step in steps {
            let mut longer = Vec::new();
            for way in &ways {
                for event in 0..self.events.len() {
                    let Some(unknowns) = self.fills(step, event, &way.slots, given.len()) else { continue };
                    let Some((group, more)) = self.group(step, event, &way.slots) else { continue };
                    let mut slots = way.slots.clone();
                    let needed = step.count.as_ref().map_or(0, |count| count.at_least - 1);
                    slots.push(Slot { name: step.name.clone(), event, group, needed });
                    longer.push(Way { slots, unknowns: way.unknowns + unknowns + more });
                }
            }
            ways = longer;
        }
        ways
    }

    fn about(&self, keys: &[String], slots: &[Slot]) -> About {
        keys.iter()
            .filter_map(|key| {
                let own = slots.iter().find_map(|slot| self.own(slot.event, key));
                let value = own.or_else(|| slots.iter().find_map(|slot| self.value(slot.event, key)))?;
                Some((key.clone(), value))
            })
            .collect()
    }

    // ---- verdicts -----------------------------------------------------------------------------------------------

    fn judge(&self, verdict: &Verdict, way: &Way) -> Option<Held> {
        let slots = &way.slots;
        let about = self.about(verdict.about.as_ref().unwrap_or(&self.pattern.about), slots);
        let mut unknowns = way.unknowns;
        let mut only_absences = way.unknowns == 0;
        let mut rows = Vec::new();
        let word = |state: ConditionState| format!("{state:?}").to_lowercase();
        let told = [(false, &verdict.unless), (true, &verdict.absent)];
        for (asks_coverage, absence) in
            told.iter().flat_map(|(asks, list)| list.iter().map(|item| (*asks, item)))
        {
            let state = match self.seen(absence, slots) {
                Yes => return None,
                Perhaps => {
                    unknowns += 1;
                    ConditionState::Unknown
                }
                No if self.covered(absence, &about, slots) => ConditionState::Met,
                No => {
                    unknowns += usize::from(asks_coverage);
                    ConditionState::Unknown
                }
            };
            rows.push((absence.name.clone(), word(state)));
        }
        let mut clears = false;
        for (number, condition) in self.pattern.conditions.iter().enumerate() {
            let state = self.condition(condition, slots);
            let needed = verdict.needs.contains(&number);
            rows.push((condition.name.clone(), word(state)));
            match state {
                ConditionState::Unmet if condition.unmet_clears => clears = true,
                ConditionState::Unmet if needed => return None,
                ConditionState::Unknown if needed => {
                    unknowns += 1;
                    only_absences = false;
                }
                _ => {}
            }
        }
        let lowered = |level: Level| match level {
            Level::Confirmed => Level::Likely,
            _ => Level::Suspected,
        };
        let level = match verdict.level {
            _ if clears => Level::Cleared,
            Level::Cleared => (unknowns == 0).then_some(Level::Cleared)?,
            Level::Exposed => only_absences.then_some(Level::Exposed)?,
            level if unknowns > 0 => lowered(level),
            level => level,
        };
        Some(Held { anchor: slots[0].event, about, level, clears, unknowns, slots: slots.clone(), rows })
    }

    pub fn answers(&self) -> Vec<Answer> {
        let mut held: Vec<Held> = Vec::new();
        for verdict in &self.pattern.verdicts {
            let mut all: Vec<Held> =
                self.ways(&verdict.steps, &[]).iter().filter_map(|way| self.judge(verdict, way)).collect();
            all.sort_by_key(|held| {
                (held.unknowns, held.slots.iter().map(|slot| slot.event).collect::<Vec<_>>())
            });
            // Per anchor and object the choice with fewest unknowns, then the earliest.
            let mut best: Vec<Held> = Vec::new();
            for one in all {
                if best.iter().all(|other| (other.anchor, &other.about) != (one.anchor, &one.about)) {
                    best.push(one);
                }
            }
            held.extend(best);
        }
        for one in &mut held {
            // A condition that clears speaks of the pattern's own object.
            if one.clears {
                one.about = self.about(&self.pattern.about, &one.slots);
            }
        }
        let strength = |held: &Held| match held.level {
            Level::Confirmed => 4,
            Level::Likely => 3,
            Level::Cleared => 2,
            Level::Suspected => 1,
            Level::Exposed => 0,
        };
        let mut objects: Vec<(About, Vec<Held>)> = Vec::new();
        for anchor in 0..self.events.len() {
            let mut here: Vec<Held> = held.iter().filter(|held| held.anchor == anchor).cloned().collect();
            here.sort_by_key(|held| Reverse(strength(held)));
            let mut best: Vec<Held> = Vec::new();
            for one in here {
                if best.iter().all(|other| other.about != one.about) {
                    best.push(one);
                }
            }
            let keys = |held: &Held| held.about.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
            let Some(top) = best.first().map(strength) else { continue };
            let beside: Vec<Vec<String>> =
                best.iter().filter(|held| strength(held) == top).map(keys).collect();
            for one in best.into_iter().filter(|held| strength(held) == top || beside.contains(&keys(held))) {
                let mut about = one.about.clone();
                if about.is_empty() {
                    about.push((String::new(), self.events[anchor].stream.0.to_string()));
                }
                match objects.iter_mut().find(|(held, _)| *held == about) {
                    Some((_, list)) => list.push(one),
                    None => objects.push((about, vec![one])),
                }
            }
        }
        let folded: Vec<(Held, u64)> = objects.into_iter().map(|(_, list)| self.fold(list)).collect();
        let subsumed = |one: &Held| {
            !one.about.is_empty()
                && folded.iter().any(|(other, _)| {
                    other.level >= one.level
                        && other.about.len() > one.about.len()
                        && one.about.iter().all(|pair| other.about.contains(pair))
                })
        };
        let mut answers: Vec<Answer> = folded
            .iter()
            .filter(|(held, _)| !subsumed(held))
            .map(|(held, repeats)| self.answer(held, *repeats))
            .collect();
        answers.sort();
        answers
    }

    /// All anchors of one object, in order: an anchor within a minute of the one before in its stream belongs to
    /// that one; the finding is that of the strongest, then the earliest.
    fn fold(&self, list: Vec<Held>) -> (Held, u64) {
        let mut occurrences: Vec<Vec<Held>> = Vec::new();
        for held in list {
            let here = self.moment(held.anchor);
            let chain = occurrences.iter_mut().rev().find(|chain| {
                let last = self.moment(chain.last().unwrap().anchor);
                last.stream == here.stream
            });
            match chain {
                Some(chain)
                    if beside(&self.moment(chain.last().unwrap().anchor), &here, 0, 60 * SECOND, 0)
                        == Yes =>
                {
                    chain.push(held);
                }
                _ => occurrences.push(vec![held]),
            }
        }
        let strongest: Vec<Held> = occurrences
            .into_iter()
            .map(|chain| {
                let top = chain.iter().map(|held| held.level).max().unwrap();
                chain.into_iter().find(|held| held.level == top).unwrap()
            })
            .collect();
        let top = strongest.iter().map(|held| held.level).max().unwrap();
        let mut at_top: Vec<Held> = strongest.into_iter().filter(|held| held.level == top).collect();
        at_top.sort_by_key(|held| held.anchor);
        // Equal records of two sources count once; equal records of one source are two.
        let mut counted = Vec::new();
        for held in &at_top {
            let source = self.events[held.anchor].source;
            let content = self.content(held.anchor);
            let earlier = at_top
                .iter()
                .filter(|other| other.anchor < held.anchor && self.events[other.anchor].source == source)
                .filter(|other| self.content(other.anchor) == content)
                .count();
            if !counted.contains(&(earlier, content.clone())) {
                counted.push((earlier, content));
            }
        }
        (at_top.remove(0), counted.len() as u64 - 1)
    }

    fn answer(&self, held: &Held, repeats: u64) -> Answer {
        let place = |name: &String, event: usize| {
            let event = self.events[event];
            let path = self.scene.sources[event.source.0 as usize].path.clone();
            (name.clone(), path, event.line.unwrap())
        };
        let evidence = held
            .slots
            .iter()
            .flat_map(|slot| {
                std::iter::once(slot.event).chain(slot.group.iter().copied()).map(|at| place(&slot.name, at))
            })
            .collect::<Vec<_>>();
        let mut shown: Vec<(String, String, u64)> = Vec::new();
        for one in evidence {
            if shown.iter().all(|(_, path, line)| (path, line) != (&one.1, &one.2)) {
                shown.push(one);
            }
        }
        Answer {
            level: held.level.name(),
            about: held.about.clone(),
            repeats,
            evidence: shown,
            rows: held.rows.clone(),
        }
    }
}
