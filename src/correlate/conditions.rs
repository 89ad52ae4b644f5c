//! The advisory's own conditions, judged for one choice (or for one host, where nothing happened yet).

use std::borrow::Cow;

use crate::base::ConditionState;
use crate::pattern::model::{ConditionDef, ConditionTest, Ground, Latest, Order, Rule, Step};

use super::absence::MOST_ANSWERS;
use super::choice::{Bindings, Bound, Remark};
use super::index::ROUNDING;
use super::relation::Tri;
use super::steps::{Notes, Search, Visit, reference};
use super::world::EventIndex;

/// How a condition stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Does it hold?
    pub state: ConditionState,
    /// What shows it.
    pub evidence: Vec<EventIndex>,
    /// The fact that shows it.
    pub fact: Option<usize>,
    /// What is worth saying.
    pub remarks: Vec<Remark>,
}

impl Judged {
    fn of(state: ConditionState) -> Judged {
        Judged { state, evidence: Vec::new(), fact: None, remarks: Vec::new() }
    }

    fn shown(state: ConditionState, evidence: Vec<EventIndex>) -> Judged {
        Judged { evidence, ..Judged::of(state) }
    }
}

/// Longer than any log.
const FOREVER: i64 = i64::MAX / 4;

/// Events that show a state, against a moment.
#[derive(Default)]
struct States {
    /// Certainly before it.
    before: Vec<EventIndex>,
    /// Perhaps before it.
    open: Vec<EventIndex>,
    /// Without any time.
    timeless: Vec<EventIndex>,
}

impl Search<'_, '_> {
    /// Judges a condition for bound steps.
    pub fn judge_condition(&self, condition: &ConditionDef, steps: &[Bound]) -> Judged {
        match &condition.test {
            ConditionTest::Version(reference) => self.judge_version(reference.as_ref(), steps),
            ConditionTest::Rules { latest, tiers } => {
                if let Some(latest) = latest
                    && let Some(judged) = self.judge_latest(condition, latest, steps)
                {
                    return judged;
                }
                tiers
                    .iter()
                    .find_map(|tier| self.judge_tier(condition, tier, steps))
                    .unwrap_or_else(|| Judged::of(ConditionState::Unknown))
            }
        }
    }

    fn judge_version(&self, reference: Option<&crate::pattern::model::Reference>, steps: &[Bound]) -> Judged {
        let bound = Bindings::of(steps);
        let host = match (steps.first(), reference) {
            // Nothing happened yet: it is the host itself that is asked about, whatever a step would name.
            (None, _) => self.host.clone(),
            (Some(_), Some(reference)) => {
                self.world.referred(reference, &bound).map(std::borrow::Cow::into_owned)
            }
            (Some(anchor), None) => self.world.value(anchor.event, "host").map(std::borrow::Cow::into_owned),
        };
        if self.world.has_lost_facts {
            return Judged::of(ConditionState::Unknown);
        }
        let point = steps.first().and_then(|anchor| self.world.point(anchor.event));
        let version = self.world.version_state(self.pattern, host.as_deref(), point.as_ref());
        Judged { state: version.state, evidence: Vec::new(), fact: version.fact, remarks: version.remarks }
    }

    /// The state that held at a moment: that of the latest event before it. Where several events may have been the
    /// latest, they must agree. One without any time holds at every moment that no other contradicts. `None`: no
    /// state is known.
    fn judge_latest(&self, condition: &ConditionDef, latest: &Latest, steps: &[Bound]) -> Option<Judged> {
        if self.world.has_lost(&latest.met) || self.world.has_lost(&latest.unmet) {
            // A later state was perhaps read, and not held.
            return Some(Judged::of(ConditionState::Unknown));
        }
        let bound = Bindings::of(steps);
        let moment = bound.event(&latest.before)?;
        let States { before, open, timeless } = self.states(latest, moment, &bound)?;
        let overtaken = |event: EventIndex| before.iter().rev().any(|other| self.is_overtaken(event, *other));
        let meets =
            |event: EventIndex| self.world.event(event).is_some_and(|event| latest.met.contains(&event.kind));
        let (decided, rivals) = if before.is_empty() {
            (timeless.first().copied(), timeless.iter().chain(&open))
        } else {
            (before.iter().rev().copied().find(|event| !overtaken(*event)), before.iter().chain(&open))
        };
        // Something that perhaps lies behind the moment says nothing about the state before it.
        let Some(decided) = decided else {
            let told = !before.is_empty() || !open.is_empty();
            return told.then(|| Judged::of(ConditionState::Unknown));
        };
        let contradicted = rivals.copied().any(|event| meets(event) != meets(decided) && !overtaken(event));
        if contradicted {
            return Some(Judged::of(ConditionState::Unknown));
        }
        if before.is_empty()
            && let Some(evidence) = self.contradicting(latest, steps)
        {
            let mut judged =
                Judged::shown(ConditionState::Unknown, std::iter::once(decided).chain(evidence).collect());
            judged.remarks.push(Remark::Contradiction { condition: condition.name.clone() });
            return Some(judged);
        }
        let state = if meets(decided) { ConditionState::Met } else { ConditionState::Unmet };
        let mut judged = Judged::shown(state, vec![decided]);
        if before.is_empty() {
            judged.remarks.push(Remark::Timeless { condition: condition.name.clone() });
        }
        Some(judged)
    }

    /// What contradicts a state that is known without any time.
    fn contradicting(&self, latest: &Latest, steps: &[Bound]) -> Option<Vec<EventIndex>> {
        latest.timeless_unless.iter().find_map(|ground| match self.ground(ground, steps) {
            (Tri::Yes, evidence) => Some(evidence),
            _ => None,
        })
    }

    /// Events that show one of the states, by how they lie to the moment. `None`: there is nothing to join them with.
    fn states(&self, latest: &Latest, moment: EventIndex, bound: &Bindings<'_>) -> Option<States> {
        let there = self.world.point(moment)?;
        let order = Order::Before(latest.before.clone());
        let kinds: Vec<_> = latest.met.iter().chain(&latest.unmet).copied().collect();
        let value = latest.same.first().map(|join| (join, self.joined_value(join, &order, bound)));
        let value = match &value {
            Some((_, None)) => return None,
            Some((join, Some(value))) => Some((join.mine.as_str(), value.as_str())),
            None => None,
        };
        let mut states = States::default();
        let mut candidates = self.world.candidates(&kinds, value, Some((moment, -FOREVER, 0)));
        // In a flood each moment has all earlier events before it. From the last one backwards: what lies far before one
        // that lies certainly before the moment tells nothing more. Where something else than one sort of clock orders
        // records, all are looked at.
        let is_plain =
            there.stamp.is_dated() && candidates.are_of_one_clock() && self.world.has_plain_clocks();
        let far = self.world.skew.saturating_add(ROUNDING);
        let mut sure: Option<i64> = None;
        while let Some(event) = candidates.next_back() {
            let time = self.world.events.micros(event);
            if let (true, Some(sure), Some(time)) = (is_plain, sure, time)
                && time < sure.saturating_sub(far)
            {
                break;
            }
            if !self.joins(&latest.same, &order, event, bound) {
                continue;
            }
            let Some(point) = self.world.point(event) else { continue };
            // A time of day is no lack of time: it happened at some moment.
            if point.stamp.is_none() && point.stream != there.stream {
                states.timeless.push(event);
                continue;
            }
            match self.world.clocks().relation(&point, &there).after() {
                Tri::Yes => {
                    states.before.push(event);
                    sure = sure.or(time);
                }
                Tri::Unknown => states.open.push(event),
                Tri::No => {}
            }
        }
        for events in [&mut states.before, &mut states.open, &mut states.timeless] {
            events.reverse();
        }
        Some(states)
    }

    /// Does the other event lie certainly behind? Where records may stand out of order, each of two may be behind the
    /// other: then neither overtakes.
    fn is_overtaken(&self, event: EventIndex, other: EventIndex) -> bool {
        let behind =
            |one: EventIndex, other: EventIndex| match (self.world.point(one), self.world.point(other)) {
                (Some(one), Some(other)) => self.world.clocks().relation(&one, &other).after(),
                _ => Tri::Unknown,
            };
        behind(event, other) == Tri::Yes && behind(other, event) != Tri::Yes
    }

    /// One group of rules. `None`: nothing in it holds.
    fn judge_tier(&self, condition: &ConditionDef, tier: &[Rule], steps: &[Bound]) -> Option<Judged> {
        let (mut met, mut unmet): (Option<Vec<EventIndex>>, Option<Vec<EventIndex>>) = (None, None);
        for rule in tier {
            let side = if rule.met { &mut met } else { &mut unmet };
            if side.is_none()
                && let (Tri::Yes, evidence) = self.ground(&rule.ground, steps)
            {
                *side = Some(evidence);
            }
        }
        match (met, unmet) {
            (Some(evidence), None) => Some(Judged::shown(ConditionState::Met, evidence)),
            (None, Some(evidence)) => Some(Judged::shown(ConditionState::Unmet, evidence)),
            (Some(mut evidence), Some(against)) => {
                evidence.extend(against);
                let mut judged = Judged::shown(ConditionState::Unknown, evidence);
                judged.remarks.push(Remark::Contradiction { condition: condition.name.clone() });
                Some(judged)
            }
            (None, None) => None,
        }
    }

    fn ground(&self, ground: &Ground, steps: &[Bound]) -> (Tri, Vec<EventIndex>) {
        let bound = Bindings::of(steps);
        match ground {
            Ground::On { step, filters } => match bound.event(step) {
                Some(event) => (self.world.all_hold(event, filters, &bound), vec![event]),
                None => (Tri::Unknown, Vec::new()),
            },
            Ground::NoneOf { dialect, kinds } => (self.listed_none(*dialect, kinds, steps), Vec::new()),
            Ground::Steps(wanted) => self.ground_steps(wanted, steps),
        }
    }

    /// A listing of this dialect was read (of the host in question) and holds none of these events.
    fn listed_none(
        &self,
        dialect: crate::base::Dialect,
        kinds: &[crate::base::event::EventKind],
        steps: &[Bound],
    ) -> Tri {
        let host = self.host.clone().or_else(|| {
            steps
                .first()
                .and_then(|anchor| self.world.value(anchor.event, "host"))
                .map(std::borrow::Cow::into_owned)
        });
        if self.world.has_lost(kinds) {
            return Tri::Unknown;
        }
        let question = (host, dialect, kinds.to_vec());
        if let Some(answer) = self.listed.borrow().get(&question) {
            return *answer;
        }
        let host = &question.0;
        let of_host = |named: Option<&str>| match (named, host.as_deref()) {
            (Some(named), Some(host)) => self.world.names.same(named, host),
            _ => false,
        };
        let listed = self
            .world
            .sources
            .iter()
            .any(|source| source.dialects.contains(&dialect) && of_host(source.host.as_deref()));
        let found = self
            .world
            .of_kinds(kinds)
            .filter_map(|event| self.world.event(event))
            .any(|event| event.dialect == dialect && of_host(event.host));
        let answer = Tri::certain(listed && !found);
        let mut known = self.listed.borrow_mut();
        if known.len() >= MOST_ANSWERS {
            known.clear();
        }
        known.insert(question, answer);
        answer
    }

    /// A step of a condition that bears the name of a verdict's step means that step. Where the verdict at hand does not
    /// have it, what ties it there to the steps that are bound must hold here too: the line of another process would
    /// speak for this one. `None`: nothing that it is tied to is bound.
    fn of_its_verdict<'s>(&self, step: &'s Step, steps: &[Bound]) -> Option<Cow<'s, Step>> {
        let tells_itself = !step.same.is_empty() || step.order != Order::Free || step.running_at.is_some();
        if steps.is_empty() || tells_itself {
            return Some(Cow::Borrowed(step));
        }
        let place = |of: &[Step]| of.iter().position(|other| other.name == step.name);
        let named = || {
            let verdicts = self.pattern.verdicts.iter().map(|verdict| verdict.steps.as_slice());
            verdicts.filter_map(|of| Some((of, place(of)?)))
        };
        let is_free = |other: &Step| other.order == Order::Free && other.same.is_empty();
        if named().next().is_none() || named().any(|(of, at)| of.get(at).is_some_and(is_free)) {
            return Some(Cow::Borrowed(step));
        }
        let bound = Bindings::of(steps);
        named().find_map(|(of, at)| {
            let other = of.get(at)?;
            // A join that names no step means that of the order, else the one before it in its verdict.
            let before = reference(&other.order).or_else(|| Some(of.get(at.checked_sub(1)?)?.name.as_str()));
            let mut same = other.same.clone();
            for join in &mut same {
                join.step = join.step.take().or_else(|| before.map(str::to_owned));
            }
            let mut needed =
                same.iter().filter_map(|join| join.step.as_deref()).chain(reference(&other.order));
            let is_tied = needed.all(|name| bound.event(name).is_some());
            let (order, within) = (other.order.clone(), other.within);
            is_tied.then(|| Cow::Owned(Step { same: same.clone(), order, within, ..step.clone() }))
        })
    }

    /// A step that bears the name of one that is bound is that event, with further predicates; the others are
    /// looked for.
    fn ground_steps(&self, wanted: &[Step], steps: &[Bound]) -> (Tri, Vec<EventIndex>) {
        let bound = Bindings::of(steps);
        let mut state = Tri::Yes;
        let mut evidence = Vec::new();
        let mut free = Vec::new();
        for step in wanted {
            match bound.event(&step.name) {
                Some(event) => {
                    let kind = self.world.event(event).map(|event| event.kind);
                    let right_kind = kind.is_some_and(|kind| step.kinds.contains(&kind));
                    state = state.and(Tri::certain(right_kind));
                    state = state.and(self.world.all_hold(event, &step.filters, &bound));
                    evidence.push(event);
                }
                None => match self.of_its_verdict(step, steps) {
                    Some(step) => free.push(step),
                    None => state = Tri::No,
                },
            }
        }
        if state != Tri::Yes || free.is_empty() {
            return (state, evidence);
        }
        // In a flood this is asked for each event: steps are not copied without need.
        let are_all = free.len() == wanted.len() && free.iter().all(|step| matches!(step, Cow::Borrowed(_)));
        let copied: Vec<Step>;
        let free = match free.as_slice() {
            _ if are_all => wanted,
            [step] => std::slice::from_ref(step.as_ref()),
            several => {
                copied = several.iter().map(|step| step.as_ref().clone()).collect();
                copied.as_slice()
            }
        };
        let mut best = (Tri::No, Vec::new());
        let mut visitor = |found: &[Bound], notes: &Notes| {
            let state = if notes.doubts.is_empty() { Tri::Yes } else { Tri::Unknown };
            if state > best.0 {
                best = (state, found.iter().map(|bound| bound.event).collect());
            }
            if state == Tri::Yes { Visit::Perfect } else { Visit::More }
        };
        self.visit(free, steps, &mut Vec::new(), &mut Notes::default(), &|_| true, &mut visitor);
        evidence.extend(best.1);
        (best.0, evidence)
    }
}
