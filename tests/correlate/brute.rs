//! A second evaluator, written from the rules of the pattern language and not from the program: it tries every
//! assignment of events to steps and judges each with naive code of its own. Slow and small; it knows steps,
//! `absent`, `unless`, `needs` with plain conditions, `latest`, `at-least` and `during`, and no versions.

use std::cmp::Reverse;

use blogscan::base::event::EventKind;
use blogscan::base::stamp::{HOUR, SECOND};
use blogscan::base::{ConditionState, Coverage, CoverageKind, Dialect, Event, Interval, Level, Stamp, Zone};
use blogscan::pattern::Catalogue;
use blogscan::pattern::model::{
    Absence, ConditionDef, ConditionTest, Ground, Join, Latest, Operand, Order, Pattern, Scope, Step, Test,
    Verdict, Where, Within,
};

use crate::build::Scene;

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

/// A record, or the edge of a stretch that was read.
#[derive(Clone, Copy)]
struct Moment<'a> {
    stamp: Stamp,
    source: u32,
    stream: u32,
    position: Option<i64>,
    host: Option<&'a str>,
    pid: Option<u64>,
    dialect: Dialect,
}

pub struct Brute<'a> {
    scene: &'a Scene,
    catalogue: &'a Catalogue,
    pattern: &'a Pattern,
    /// In the total order.
    events: Vec<&'a Event>,
}

fn disorder(dialect: Dialect) -> i64 {
    match dialect {
        Dialect::NetbackupLegacy => SECOND,
        Dialect::NetbackupJob => 15 * SECOND,
        _ => 0,
    }
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

// ---- time -------------------------------------------------------------------------------------------------------

/// Least and greatest distance as printed; the zone of one alone may be any on Earth. `None`: cannot be compared.
fn printed(one: &Moment<'_>, other: &Moment<'_>) -> Option<(i64, i64)> {
    match (one.stamp, other.stamp) {
        (Stamp::Clock { micros: first, .. }, Stamp::Clock { micros: second, .. }) => {
            (one.source == other.source).then_some((second - first, second - first))
        }
        (
            Stamp::Dated { micros: first, zone: mine, .. },
            Stamp::Dated { micros: second, zone: theirs, .. },
        ) => {
            let civil = second - first;
            Some(match (mine, theirs) {
                (Zone::Unknown, Zone::Unknown) => (civil, civil),
                (Zone::Offset(mine), Zone::Offset(theirs)) => {
                    let distance = civil + (i64::from(mine) - i64::from(theirs)) * SECOND;
                    (distance, distance)
                }
                (Zone::Offset(mine), Zone::Unknown) => {
                    let distance = civil + i64::from(mine) * SECOND;
                    (distance - 14 * HOUR, distance + 12 * HOUR)
                }
                (Zone::Unknown, Zone::Offset(theirs)) => {
                    let distance = civil - i64::from(theirs) * SECOND;
                    (distance - 12 * HOUR, distance + 14 * HOUR)
                }
            })
        }
        _ => None,
    }
}

fn whole(stamp: Stamp) -> i64 {
    if stamp.has_fraction() { 0 } else { SECOND - 1 }
}

/// As printed, widened across streams by whole seconds and across hosts by the tolerance.
fn distance(one: &Moment<'_>, other: &Moment<'_>, skew: i64) -> Option<(i64, i64)> {
    let (mut low, mut high) = printed(one, other)?;
    if one.stream != other.stream {
        low -= whole(one.stamp);
        high += whole(other.stamp);
        let same_host =
            matches!((one.host, other.host), (Some(mine), Some(theirs)) if same_machine(mine, theirs));
        if !same_host {
            low -= skew;
            high += skew;
        }
    }
    Some((low, high))
}

/// By position, in one source.
fn placed(one: &Moment<'_>, other: &Moment<'_>) -> Option<Maybe> {
    let (first, second) = (one.position?, other.position?);
    (one.source == other.source).then_some(certain(second > first))
}

fn one_pid(one: &Moment<'_>, other: &Moment<'_>) -> bool {
    one.pid.is_some() && one.pid == other.pid
}

fn slip(one: &Moment<'_>, other: &Moment<'_>) -> i64 {
    if one.stream != other.stream || one_pid(one, other) {
        0
    } else {
        disorder(one.dialect).max(disorder(other.dialect))
    }
}

/// In one process of a debug log the position decides.
fn one_process(one: &Moment<'_>, other: &Moment<'_>) -> bool {
    one_pid(one, other) && one.dialect == Dialect::NetbackupLegacy && one.source == other.source
}

/// Is `other` after `one`?
fn follows(one: &Moment<'_>, other: &Moment<'_>, skew: i64) -> Maybe {
    let by_position = placed(one, other);
    if one_process(one, other)
        && let Some(order) = by_position
    {
        return order;
    }
    let Some((low, high)) = distance(one, other, skew) else { return by_position.unwrap_or(Perhaps) };
    if one.stream == other.stream {
        let slip = slip(one, other);
        if (low, high) == (0, 0)
            && let Some(order) = by_position
        {
            return order;
        }
        if slip > 0 && low > -slip || low > 0 {
            return Yes;
        }
        if slip > 0 && high <= -slip || slip == 0 && high < 0 {
            return No;
        }
        return by_position.unwrap_or(Perhaps);
    }
    if low > 0 {
        Yes
    } else if high < 0 {
        No
    } else {
        Perhaps
    }
}

fn in_range(low: i64, high: i64, from: i64, to: i64) -> Maybe {
    if low >= from && high <= to {
        Yes
    } else if high < from || low > to {
        No
    } else {
        Perhaps
    }
}

/// The process wrote one later though its clock says earlier: how long it took is not known.
fn set_back(one: &Moment<'_>, other: &Moment<'_>) -> bool {
    let Some((low, high)) = printed(one, other) else { return false };
    one_process(one, other)
        && match placed(one, other) {
            Some(Yes) => high < 0,
            Some(_) => one.position != other.position && low > 0,
            None => false,
        }
}

/// Does `other` lie `from` to `to` behind `one`?
fn behind(one: &Moment<'_>, other: &Moment<'_>, from: i64, to: i64, skew: i64) -> Maybe {
    let Some((low, high)) = distance(one, other, skew) else { return Perhaps };
    if placed(one, other) == Some(Yes) && set_back(one, other) && to >= 0 {
        return Perhaps;
    }
    let from = if from == 0 { -slip(one, other) } else { from };
    in_range(low, high, from, to)
}

/// Does `other` lie `from` to `to` away from `one`, on either side?
fn beside(one: &Moment<'_>, other: &Moment<'_>, from: i64, to: i64, skew: i64) -> Maybe {
    let Some((low, high)) = distance(one, other, skew) else { return Perhaps };
    if set_back(one, other) {
        return Perhaps;
    }
    let near = in_range(low, high, -to, to);
    let far = if from <= 0 {
        Yes
    } else {
        match in_range(low, high, 1 - from, from - 1) {
            Yes => No,
            Perhaps => Perhaps,
            No => Yes,
        }
    };
    near.min(far)
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

    fn content(
        &self,
        event: usize,
    ) -> (EventKind, Stamp, Option<String>, Option<u64>, Vec<(String, String)>) {
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

    // ---- absence ------------------------------------------------------------------------------------------------

    fn seen(&self, absence: &Absence, slots: &[Slot]) -> Maybe {
        let step = |name: &str| slots.iter().find(|slot| slot.name == name).map(|slot| slot.event);
        let (reference, order) = match &absence.scope {
            Scope::Between(name, _) | Scope::After(name) => (name, Order::After(name.clone())),
            Scope::Session(name) => (name, Order::Free),
            Scope::Before(name) => (name, Order::Before(name.clone())),
            Scope::Near(name) => (name, Order::Near(name.clone())),
        };
        let mut seen = No;
        for event in 0..self.events.len() {
            let here = self.events[event];
            let used = slots.iter().any(|slot| slot.event == event || slot.group.contains(&event));
            if !absence.kinds.contains(&here.kind)
                || used
                || !self.joins(&absence.same, Some(reference), event, slots)
            {
                continue;
            }
            let Some(other) = step(reference) else { continue };
            let scope = match &absence.scope {
                Scope::Session(_) => {
                    let theirs = self.events[other].session;
                    certain(theirs.is_some() && here.session == theirs)
                }
                Scope::Between(_, to) => match step(to) {
                    Some(to) => self.follows(other, event).min(self.follows(event, to)),
                    None => No,
                },
                _ => self.place(&order, absence.within, other, event),
            };
            let state =
                if scope == No { No } else { scope.min(self.filters(event, &absence.filters, slots)) };
            seen = seen.max(state);
        }
        seen
    }

    fn covered(&self, absence: &Absence, about: &About, slots: &[Slot]) -> bool {
        let moment =
            |name: &str| slots.iter().find(|slot| slot.name == name).map(|slot| self.moment(slot.event));
        let edge = |name: &str, by: i64| {
            moment(name).map(|moment| Moment { stamp: moment.stamp.shifted(by), position: None, ..moment })
        };
        // From, to; an open end needs a reach past the step, strictly.
        let reach = absence.within.map(|within| within.to.0);
        let (from, to) = match &absence.scope {
            Scope::Session(name) => {
                let slot = slots.iter().find(|slot| slot.name == *name);
                return slot.is_some_and(|slot| self.events[slot.event].session.is_some());
            }
            Scope::Between(from, to) => (edge(from, 0), edge(to, 0)),
            Scope::After(name) => (edge(name, 0), reach.and_then(|reach| edge(name, reach))),
            Scope::Before(name) => (reach.and_then(|reach| edge(name, -reach)), edge(name, 0)),
            Scope::Near(name) => match reach {
                Some(reach) => (edge(name, -reach), edge(name, reach)),
                None => return false,
            },
        };
        if from.is_none() && to.is_none() {
            return false;
        }
        let yields = |dialect: Dialect| {
            absence
                .kinds
                .iter()
                .any(|kind| self.catalogue.event(*kind).is_some_and(|def| def.dialects.contains(&dialect)))
        };
        let not_after =
            |early: &Moment<'_>, late: &Moment<'_>| printed(early, late).is_some_and(|(low, _)| low >= 0);
        let past = |step: &Moment<'_>, end: &Moment<'_>| {
            let whole = if step.stream == end.stream { 0 } else { whole(step.stamp) };
            printed(step, end).is_some_and(|(low, _)| low - whole > 0)
        };
        let back = |start: &Moment<'_>, step: &Moment<'_>| {
            let whole = if step.stream == start.stream { 0 } else { whole(start.stamp) };
            printed(start, step).is_some_and(|(low, _)| low - whole > 0)
        };
        self.scene.coverage.iter().any(|coverage| {
            let kind = coverage.dialect.coverage_kind();
            if !yields(coverage.dialect) || !matches!(kind, CoverageKind::Log | CoverageKind::JobList) {
                return false;
            }
            if !self.concerns(absence, coverage.stream.0, coverage.host.as_deref(), about, slots) {
                return false;
            }
            self.reach(coverage).iter().any(|interval| {
                let end = |stamp| Moment {
                    stamp,
                    source: coverage.source.0,
                    stream: coverage.stream.0,
                    position: None,
                    host: coverage.host.as_deref(),
                    pid: None,
                    dialect: coverage.dialect,
                };
                let (first, last) = (end(interval.from), end(interval.to));
                let begins = match (&from, &to) {
                    (Some(from), _) => not_after(&first, from),
                    (None, Some(to)) => back(&first, to),
                    (None, None) => false,
                };
                let ends = match (&to, &from) {
                    (Some(to), _) => not_after(to, &last),
                    (None, Some(from)) => past(from, &last),
                    (None, None) => false,
                };
                begins && ends
            })
        })
    }

    /// The stretches of one source, and those that run on from its last into the first of the next rotation.
    fn reach(&self, coverage: &Coverage) -> Vec<Interval> {
        let mut reach = coverage.intervals.clone();
        let longest = match coverage.dialect {
            Dialect::NetbackupBpdbjobs => i64::MAX,
            Dialect::NetbackupLegacy => 26 * HOUR,
            _ => return reach,
        };
        let edge = |stamp| Moment {
            stamp,
            source: 0,
            stream: 0,
            position: None,
            host: None,
            pid: None,
            dialect: coverage.dialect,
        };
        let exact = |one: Stamp, other: Stamp| {
            printed(&edge(one), &edge(other)).filter(|(low, high)| low == high).map(|(low, _)| low)
        };
        for next in &self.scene.coverage {
            let (Some(last), Some(first)) = (coverage.intervals.last(), next.intervals.first()) else {
                continue;
            };
            let rotation = next.stream == coverage.stream && next.source != coverage.source;
            let later = exact(last.from, first.from).is_some_and(|distance| distance >= 0)
                && exact(last.to, first.to).is_some();
            let near = exact(last.to, first.from).is_some_and(|hole| hole <= longest);
            if rotation && later && near {
                let to =
                    if exact(last.to, first.to).is_some_and(|more| more > 0) { first.to } else { last.to };
                reach.push(Interval { from: last.from, to });
            }
        }
        reach
    }

    /// Is it a log of the anchor's host, or one that names the object? What is joined on the stream can only stand
    /// in that stream.
    fn concerns(
        &self,
        absence: &Absence,
        stream: u32,
        host: Option<&str>,
        about: &About,
        slots: &[Slot],
    ) -> bool {
        let default = match &absence.scope {
            Scope::Between(name, _)
            | Scope::After(name)
            | Scope::Session(name)
            | Scope::Before(name)
            | Scope::Near(name) => name,
        };
        for join in absence.same.iter().filter(|join| join.mine == "stream" && join.theirs == "stream") {
            let name = join.step.as_ref().unwrap_or(default);
            let slot = slots.iter().find(|slot| slot.name == *name);
            return slot.is_some_and(|slot| self.events[slot.event].stream.0 == stream);
        }
        let anchor = self.events[slots[0].event];
        let of_anchor = anchor.stream.0 == stream
            || matches!((anchor.host.as_deref(), host), (Some(mine), Some(theirs)) if same_machine(mine, theirs));
        let names_it = !about.is_empty()
            && (0..self.events.len()).any(|event| {
                self.events[event].stream.0 == stream
                    && about.iter().all(|(key, value)| {
                        self.value(event, key).is_some_and(|mine| equal(key, &mine, value))
                    })
            });
        of_anchor || names_it
    }

    // ---- conditions ---------------------------------------------------------------------------------------------

    fn condition(&self, condition: &ConditionDef, slots: &[Slot]) -> ConditionState {
        let ConditionTest::Rules { latest, tiers } = &condition.test else { unreachable!("not generated") };
        if let Some(state) = latest.as_ref().and_then(|latest| self.latest(latest, slots)) {
            return state;
        }
        for tier in tiers {
            let shows = |met: bool| {
                tier.iter().filter(|rule| rule.met == met).any(|rule| self.ground(&rule.ground, slots))
            };
            match (shows(true), shows(false)) {
                (true, false) => return ConditionState::Met,
                (false, true) => return ConditionState::Unmet,
                (true, true) => return ConditionState::Unknown,
                (false, false) => {}
            }
        }
        ConditionState::Unknown
    }

    fn ground(&self, ground: &Ground, slots: &[Slot]) -> bool {
        match ground {
            Ground::On { step, filters } => slots
                .iter()
                .find(|slot| slot.name == *step)
                .is_some_and(|slot| self.filters(slot.event, filters, slots) == Yes),
            Ground::Steps(steps) => {
                let bound = |step: &Step| slots.iter().find(|slot| slot.name == step.name);
                let fixed = steps.iter().all(|step| {
                    bound(step).is_none_or(|slot| {
                        step.kinds.contains(&self.events[slot.event].kind)
                            && self.filters(slot.event, &step.filters, slots) == Yes
                    })
                });
                let free: Vec<Step> = steps.iter().filter(|step| bound(step).is_none()).cloned().collect();
                fixed && self.ways(&free, slots).iter().any(|way| way.unknowns == 0)
            }
            Ground::NoneOf { .. } => unreachable!("not generated"),
        }
    }

    /// The state that held at a moment: all states that may have been the latest must agree.
    fn latest(&self, latest: &Latest, slots: &[Slot]) -> Option<ConditionState> {
        let moment = slots.iter().find(|slot| slot.name == latest.before)?.event;
        let mut sure = Vec::new();
        let mut open = Vec::new();
        let mut timeless = Vec::new();
        for event in 0..self.events.len() {
            let here = self.events[event];
            let told = latest.met.contains(&here.kind) || latest.unmet.contains(&here.kind);
            if !told || !self.joins(&latest.same, Some(&latest.before), event, slots) {
                continue;
            }
            if here.stamp.is_none() && here.stream != self.events[moment].stream {
                timeless.push(event);
                continue;
            }
            match self.follows(event, moment) {
                Yes => sure.push(event),
                Perhaps => open.push(event),
                No => {}
            }
        }
        // Where records may stand out of order, each of two may be behind the other: then neither overtakes.
        let overtaken = |event: &usize| {
            sure.iter()
                .any(|other| self.follows(*event, *other) == Yes && self.follows(*other, *event) != Yes)
        };
        let mut possible: Vec<usize> =
            sure.iter().chain(&open).copied().filter(|event| !overtaken(event)).collect();
        if sure.is_empty() {
            if timeless.is_empty() {
                return (!open.is_empty()).then_some(ConditionState::Unknown);
            }
            possible.extend(timeless);
        } else if sure.iter().all(overtaken) {
            return Some(ConditionState::Unknown);
        }
        let meets = |event: &usize| latest.met.contains(&self.events[*event].kind);
        Some(if possible.iter().all(meets) {
            ConditionState::Met
        } else if !possible.iter().any(meets) {
            ConditionState::Unmet
        } else {
            ConditionState::Unknown
        })
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
