//! The advisory's own conditions, judged for one choice (or for one host, where nothing happened yet).

use crate::base::ConditionState;
use crate::pattern::model::{ConditionDef, ConditionTest, Ground, Latest, Order, Rule, Step};

use super::choice::{Bindings, Bound, Remark};
use super::relation::Tri;
use super::steps::{Notes, Search, Visit};
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
        let point = steps.first().and_then(|anchor| self.world.point(anchor.event));
        let version = self.world.version_state(self.pattern, host.as_deref(), point.as_ref());
        Judged { state: version.state, evidence: Vec::new(), fact: version.fact, remarks: version.remarks }
    }

    /// The state that held at a moment: the latest event certainly before it decides; one without time holds at
    /// every moment that no dated one contradicts. `None`: no state is known.
    fn judge_latest(&self, condition: &ConditionDef, latest: &Latest, steps: &[Bound]) -> Option<Judged> {
        let bound = Bindings::of(steps);
        let moment = self.world.point(bound.event(&latest.before)?)?;
        let order = Order::Before(latest.before.clone());
        let kinds: Vec<_> = latest.met.iter().chain(&latest.unmet).copied().collect();
        let value = latest.same.first().map(|join| (join, self.joined_value(join, &order, &bound)));
        let value = match &value {
            Some((_, None)) => return None,
            Some((join, Some(value))) => Some((join.mine.as_str(), value.as_str())),
            None => None,
        };
        let (mut before, mut open, mut timeless) = (None, Vec::new(), Vec::new());
        for event in self.world.candidates(&kinds, value, None) {
            if !self.joins(&latest.same, &order, event, &bound) {
                continue;
            }
            let Some(point) = self.world.point(event) else { continue };
            if !point.stamp.is_dated() && point.stream != moment.stream {
                timeless.push(event);
                continue;
            }
            match self.world.clocks().relation(&point, &moment).after() {
                Tri::Yes => before = Some(event),
                Tri::Unknown => open.push(event),
                Tri::No => {}
            }
        }
        let meets =
            |event: EventIndex| self.world.event(event).is_some_and(|event| latest.met.contains(&event.kind));
        let state = |event| if meets(event) { ConditionState::Met } else { ConditionState::Unmet };
        let decided = before.or_else(|| timeless.first().copied());
        let Some(decided) = decided else {
            // States near the moment whose order is open tell only if they all say the same.
            let first = *open.first()?;
            let agreed = open.iter().all(|event| meets(*event) == meets(first));
            return Some(if agreed {
                Judged::shown(state(first), vec![first])
            } else {
                Judged::of(ConditionState::Unknown)
            });
        };
        let rivals = if before.is_some() { &open } else { &timeless };
        if rivals.iter().any(|event| meets(*event) != meets(decided)) {
            return Some(Judged::of(ConditionState::Unknown));
        }
        let mut judged = Judged::shown(state(decided), vec![decided]);
        if before.is_none() {
            judged.remarks.push(Remark::Timeless { condition: condition.name.clone() });
        }
        Some(judged)
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
            .into_iter()
            .filter_map(|event| self.world.event(event))
            .any(|event| event.dialect == dialect && of_host(event.host.as_deref()));
        Tri::certain(listed && !found)
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
                None => free.push(step.clone()),
            }
        }
        if state != Tri::Yes || free.is_empty() {
            return (state, evidence);
        }
        let mut best = (Tri::No, Vec::new());
        let mut visitor = |found: &[Bound], notes: &Notes| {
            let state = if notes.doubts.is_empty() { Tri::Yes } else { Tri::Unknown };
            if state > best.0 {
                best = (state, found.iter().map(|bound| bound.event).collect());
            }
            if state == Tri::Yes { Visit::Perfect } else { Visit::More }
        };
        self.visit(&free, steps, &mut Vec::new(), &mut Notes::default(), &|_| true, &mut visitor);
        evidence.extend(best.1);
        (best.0, evidence)
    }
}
