//! Conditions of the advisory, by the rules.

use blogscan::base::ConditionState;
use blogscan::pattern::model::{ConditionDef, ConditionTest, Ground, Latest, Order, Step};

use super::Maybe::{No, Perhaps, Yes};
use super::{Brute, Slot};

impl Brute<'_> {
    pub(super) fn condition(&self, condition: &ConditionDef, slots: &[Slot]) -> ConditionState {
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
                let free: Option<Vec<Step>> = steps
                    .iter()
                    .filter(|step| bound(step).is_none())
                    .map(|step| self.meant(step, slots))
                    .collect();
                fixed && free.is_some_and(|free| self.ways(&free, slots).iter().any(|way| way.unknowns == 0))
            }
            Ground::NoneOf { .. } => unreachable!("not generated"),
        }
    }

    /// A name that verdicts give only to steps that are tied to others means such a step.
    fn meant(&self, step: &Step, slots: &[Slot]) -> Option<Step> {
        let is_tied = |step: &Step| step.order != Order::Free || !step.same.is_empty();
        let mut named = Vec::new();
        for verdict in &self.pattern.verdicts {
            for (at, other) in verdict.steps.iter().enumerate() {
                if other.name == step.name {
                    named.push((other, at.checked_sub(1).map(|at| verdict.steps[at].name.clone())));
                }
            }
        }
        if is_tied(step) || named.is_empty() || named.iter().any(|(other, _)| !is_tied(other)) {
            return Some(step.clone());
        }
        for (other, earlier) in named {
            let to = match &other.order {
                Order::Free => None,
                Order::After(name) | Order::Before(name) | Order::Near(name) => Some(name.clone()),
            };
            let default = to.clone().or(earlier);
            let mut meant = Step {
                order: other.order.clone(),
                within: other.within,
                same: other.same.clone(),
                ..step.clone()
            };
            for join in &mut meant.same {
                join.step = join.step.clone().or(default.clone());
            }
            let names = meant.same.iter().map(|join| join.step.clone()).chain([to]).flatten();
            if names.into_iter().all(|name| slots.iter().any(|slot| slot.name == name)) {
                return Some(meant);
            }
        }
        None
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
}
