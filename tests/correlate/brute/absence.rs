//! What must not be there, and which logs prove it, by the rules.

use blogscan::base::stamp::HOUR;
use blogscan::base::{Coverage, CoverageKind, Dialect, Event, Interval, Stamp};
use blogscan::pattern::model::{Absence, Order, Scope};

use super::Maybe::{self, No};
use super::time::{Moment, printed, whole};
use super::{About, Brute, Slot, certain, equal, same_machine};

impl Brute<'_> {
    pub(super) fn seen(&self, absence: &Absence, slots: &[Slot]) -> Maybe {
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
            let used = slots
                .iter()
                .flat_map(|slot| std::iter::once(&slot.event).chain(&slot.group))
                .any(|used| *used == event || self.is_copied(*used, event));
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

    /// Do two logs hold the same record? That is a copy, and not another event.
    fn is_copied(&self, one: usize, other: usize) -> bool {
        let [one, other] = [one, other].map(|event| self.events[event]);
        let says =
            |event: &Event| (event.kind, event.stamp, event.host.clone(), event.pid, event.values.clone());
        one.source != other.source && !one.stamp.is_none() && says(one) == says(other)
    }

    pub(super) fn covered(&self, absence: &Absence, about: &About, slots: &[Slot]) -> bool {
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

    /// Is it a log of the anchor's host, or one that names the object or a machine that the absence joins? What is joined on the stream can only stand
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
        let mut joined = absence.same.iter();
        if let Some(join) = joined.find(|join| join.mine == "stream" && join.theirs == "stream") {
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
        // The object's name may stand under another key there: a guest is a `host` in its own logs.
        let names_joined =
            absence.same.iter().filter(|join| matches!(join.mine.as_str(), "host" | "vm")).any(|join| {
                let name = join.step.as_ref().unwrap_or(default);
                let slot = slots.iter().find(|slot| slot.name == *name);
                let Some(theirs) = slot.and_then(|slot| self.value(slot.event, &join.theirs)) else {
                    return false;
                };
                (0..self.events.len()).any(|event| {
                    self.events[event].stream.0 == stream
                        && self.value(event, &join.mine).is_some_and(|mine| equal(&join.mine, &mine, &theirs))
                })
            });
        of_anchor || names_it || names_joined
    }
}
