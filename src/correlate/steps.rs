//! All ways to fill the steps of a verdict or of a condition.
//!
//! A step must be *present*: an event of its kinds whose joins hold. Its predicates, order and windows are
//! three-valued: what is certainly wrong excludes an event, what is open becomes a doubt of the choice. Events are
//! tried in the total order, so that of two choices with equally many doubts the earlier one is found first. One
//! event fills at most one step of a choice; it may serve any number of choices.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::base::Dialect;
use crate::base::event::EventKind;
use crate::base::name::is_machine_key;
use crate::pattern::Pattern;
use crate::pattern::model::{Count, Join, Order, Step, Within};

use super::absence::{Seen, Weighing};
use super::choice::{Bindings, Bound, Doubt, Remark};
use super::index::Candidates;
use super::relation::{Point, Relation, Tri};
use super::windows::{WindowInstance, Windows};
use super::world::{EventIndex, World};

/// A listing of this dialect, of this host, that holds none of these events.
pub type Listing = (Option<String>, Dialect, Vec<EventKind>);

/// Finds the events of steps.
pub struct Search<'w, 'c> {
    /// All that is known.
    pub world: &'w World<'c>,
    /// The pattern whose steps are filled.
    pub pattern: &'c Pattern,
    /// Windows of the pattern that were asked for, by the index of their definition.
    pub windows: RefCell<HashMap<usize, Windows>>,
    /// Only events of this host may fill the first step of a condition (exposure is judged host by host).
    pub host: Option<String>,
    /// Answers on outweighing events.
    pub weighed: RefCell<HashMap<Weighing, Seen>>,
    /// Answers on listings that hold none of some events, by host.
    pub listed: RefCell<HashMap<Listing, Tri>>,
    /// What some events say, each in the slot of its number: in a flood the neighbours of each event are asked.
    pub marks: RefCell<Vec<Option<(EventIndex, u64)>>>,
}

/// So many events are known by what they say.
const MARKS: usize = 256;

/// An event found for a step, with what is not certain about it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The event.
    pub event: EventIndex,
    /// Further events of a step with `at-least`.
    pub group: Vec<EventIndex>,
    /// What is not certain.
    pub doubts: Vec<Doubt>,
    /// What is worth saying.
    pub remarks: Vec<Remark>,
    /// Windows that place it: their events are evidence.
    pub windows: Vec<WindowInstance>,
}

/// Doubts and remarks gathered on the way to a full choice.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// What lowers.
    pub doubts: Vec<Doubt>,
    /// What does not.
    pub remarks: Vec<Remark>,
    /// Windows that steps lie in.
    pub windows: Vec<WindowInstance>,
}

impl Notes {
    /// Takes over what is not certain of an event that was found; gives back the step with it.
    fn take(&mut self, step: &Step, found: Found) -> Bound {
        self.doubts.extend(found.doubts);
        self.remarks.extend(found.remarks);
        self.windows.extend(found.windows);
        let needed = step.count.as_ref().map_or(0, |count| count.at_least.saturating_sub(1));
        Bound { name: step.name.clone(), event: found.event, group: found.group, needed }
    }
}

/// What the visitor of a full choice wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Nothing better can come for the object at hand.
    Perfect,
    /// Go on.
    More,
}

impl<'w, 'c> Search<'w, 'c> {
    /// A search for the steps of one pattern.
    pub fn new(world: &'w World<'c>, pattern: &'c Pattern) -> Search<'w, 'c> {
        Search {
            world,
            pattern,
            windows: RefCell::default(),
            host: None,
            weighed: RefCell::default(),
            listed: RefCell::default(),
            marks: RefCell::new(vec![None; MARKS]),
        }
    }

    /// Visits every way to fill `steps` behind what is bound already. `settled` tells whether the object is known
    /// from what is bound: then a perfect choice ends the search for it.
    pub fn visit(
        &self,
        steps: &[Step],
        outer: &[Bound],
        inner: &mut Vec<Bound>,
        notes: &mut Notes,
        settled: &dyn Fn(&[Bound]) -> bool,
        visitor: &mut dyn FnMut(&[Bound], &Notes) -> Visit,
    ) -> Visit {
        let Some(step) = steps.get(inner.len()) else { return visitor(inner, notes) };
        let is_settled = settled(inner);
        let mut result = Visit::More;
        for event in self.candidates(step, &Bindings { outer, inner }).unwrap_or_default() {
            let Some(found) = self.fit(step, event, &Bindings { outer, inner }) else { continue };
            let before = (notes.doubts.len(), notes.remarks.len(), notes.windows.len());
            inner.push(notes.take(step, found));
            let visited = self.visit(steps, outer, inner, notes, settled, visitor);
            inner.pop();
            notes.doubts.truncate(before.0);
            notes.remarks.truncate(before.1);
            notes.windows.truncate(before.2);
            if visited == Visit::Perfect {
                result = Visit::Perfect;
                if is_settled {
                    break;
                }
            }
        }
        result
    }

    /// The same for the ways whose first step is this event.
    pub fn visit_from(
        &self,
        steps: &[Step],
        anchor: EventIndex,
        settled: &dyn Fn(&[Bound]) -> bool,
        visitor: &mut dyn FnMut(&[Bound], &Notes) -> Visit,
    ) {
        let Some(step) = steps.first() else { return };
        if let Some(found) = self.fit(step, anchor, &Bindings::NONE) {
            let mut notes = Notes::default();
            let mut inner = vec![notes.take(step, found)];
            self.visit(steps, &[], &mut inner, &mut notes, settled, visitor);
        }
    }

    /// Every event that can fill a step, in the total order.
    pub fn find(&self, step: &Step, bound: &Bindings<'_>) -> Vec<Found> {
        let Some(candidates) = self.candidates(step, bound) else { return Vec::new() };
        candidates.filter_map(|event| self.fit(step, event, bound)).collect()
    }

    /// A superset of the events that can fill a step; `None` where a join has nothing to join with.
    fn candidates(&self, step: &Step, bound: &Bindings<'_>) -> Option<Candidates> {
        self.joined(&step.kinds, &step.same, (&step.order, Some(step.within)), bound)
    }

    /// A superset of the events of these kinds whose joins and order hold; without a distance (`Some(None)` is that
    /// of the horizon) they may lie anywhere. `None`: there is nothing to join with.
    pub fn joined(
        &self,
        kinds: &[EventKind],
        same: &[Join],
        (order, within): (&Order, Option<Option<Within>>),
        bound: &Bindings<'_>,
    ) -> Option<Candidates> {
        let mut values = Vec::with_capacity(same.len());
        for join in same {
            let theirs = self.joined_value(join, order, bound)?;
            // A name of a machine equals more than its spelling, whatever it is called here.
            if is_machine_key(&join.mine) || !is_machine_key(&join.theirs) {
                values.push((join.mine.as_str(), theirs));
            }
        }
        let event = reference(order).and_then(|name| bound.event(name));
        let around = event.zip(within).map(|(event, within)| {
            let (from, to) = self.bounds(within);
            match order {
                Order::After(_) | Order::Free => (event, from, to),
                Order::Before(_) => (event, -to, -from),
                Order::Near(_) => (event, -to, to),
            }
        });
        let value = self.world.rarest(kinds, values);
        let value = value.as_ref().map(|(key, value)| (key.as_str(), value.as_str()));
        Some(self.world.candidates(kinds, value, around))
    }

    /// The value that a join compares with. The step of a join that names none is that of the order, else the step
    /// bound last.
    pub fn joined_value(&self, join: &Join, order: &Order, bound: &Bindings<'_>) -> Option<String> {
        let event = match join.step.as_deref().or(reference(order)) {
            Some(step) => bound.event(step)?,
            None => bound.last()?.event,
        };
        self.world.value(event, &join.theirs).map(std::borrow::Cow::into_owned)
    }

    /// Does the event carry the joined values? A value that one side lacks does not join.
    pub fn joins(&self, same: &[Join], order: &Order, event: EventIndex, bound: &Bindings<'_>) -> bool {
        same.iter().all(|join| {
            let Some(theirs) = self.joined_value(join, order, bound) else { return false };
            let mine = self.world.value(event, &join.mine);
            mine.is_some_and(|mine| self.world.equal(&join.mine, &mine, &join.theirs, &theirs))
        })
    }

    fn bounds(&self, within: Option<Within>) -> (i64, i64) {
        within.map_or((0, self.pattern.horizon.0), |within| (within.from.0, within.to.0))
    }

    fn fit(&self, step: &Step, event: EventIndex, bound: &Bindings<'_>) -> Option<Found> {
        let used = bound.inner.iter().chain(bound.outer).any(|other| other.is_filled_by(event));
        if used || !self.joins(&step.same, &step.order, event, bound) {
            return None;
        }
        let mut found =
            Found { event, group: Vec::new(), doubts: Vec::new(), remarks: Vec::new(), windows: Vec::new() };
        self.judge_host(step, &mut found, bound)?;
        self.judge_filters(step, &mut found, bound)?;
        self.judge_order(step, &mut found, bound)?;
        self.judge_windows(step, &mut found)?;
        self.judge_running(step, &mut found, bound)?;
        self.gather(step, &mut found, bound)?;
        for what in self.world.event(event)?.untold {
            found.remarks.push(Remark::Untold { step: step.name.clone(), what });
        }
        Some(found)
    }

    /// A step that nothing ties to the others must at least be of the host in question.
    fn judge_host(&self, step: &Step, found: &mut Found, bound: &Bindings<'_>) -> Option<()> {
        let event = self.world.event(found.event)?;
        if let Some(host) = &self.host {
            let same =
                self.world.value(found.event, "host").is_some_and(|mine| self.world.names.same(&mine, host));
            return (same || !bound.inner.is_empty()).then_some(());
        }
        let free = bound.inner.is_empty() && step.same.is_empty() && step.order == Order::Free;
        if let (true, Some(anchor)) = (free, bound.outer.first())
            && step.during.is_none()
            && step.running_at.is_none()
        {
            let there = self.world.event(anchor.event)?;
            match (event.host, there.host) {
                _ if event.stream == there.stream => {}
                (Some(mine), Some(theirs)) if self.world.names.same(mine, theirs) => {}
                (Some(_), Some(_)) => return None,
                _ => found.doubts.push(Doubt::Value { step: step.name.clone(), key: "host".to_owned() }),
            }
        }
        Some(())
    }

    fn judge_filters(&self, step: &Step, found: &mut Found, bound: &Bindings<'_>) -> Option<()> {
        for filter in &step.filters {
            match self.world.holds(found.event, filter, bound) {
                Tri::Yes => {}
                Tri::No => return None,
                Tri::Unknown => {
                    found.doubts.push(Doubt::Value { step: step.name.clone(), key: filter.key.clone() });
                }
            }
        }
        Some(())
    }

    fn judge_order(&self, step: &Step, found: &mut Found, bound: &Bindings<'_>) -> Option<()> {
        let Some(name) = reference(&step.order) else { return Some(()) };
        let other = self.world.point(bound.event(name)?)?;
        let here = self.world.point(found.event)?;
        let clocks = self.world.clocks();
        let relation = match step.order {
            Order::Before(_) => clocks.relation(&here, &other),
            _ => clocks.relation(&other, &here),
        };
        let state = self.place(&step.order, step.within, &relation);
        if state == Tri::No {
            return None;
        }
        let (first, second) = match step.order {
            Order::Before(_) => (step.name.clone(), name.to_owned()),
            _ => (name.to_owned(), step.name.clone()),
        };
        if relation.same_zone_assumed() {
            found.remarks.push(Remark::SameZone { first: first.clone(), second: second.clone() });
        }
        if state == Tri::Unknown {
            found.doubts.push(Doubt::Order { first, second, why: relation.why() });
        }
        Some(())
    }

    /// Does a relation satisfy an order and a distance? Without a distance of its own a step is only excluded by
    /// the horizon, never made doubtful by it.
    pub fn place(&self, order: &Order, within: Option<Within>, relation: &Relation) -> Tri {
        let (from, to) = self.bounds(within);
        let explicit = within.is_some();
        let distance = match order {
            Order::Free => return Tri::Yes,
            Order::Near(_) => relation.near(from, to),
            Order::After(_) | Order::Before(_) => relation.within(from, to),
        };
        let distance = if distance == Tri::Unknown && !explicit { Tri::Yes } else { distance };
        match order {
            Order::Near(_) => distance,
            _ => relation.after().and(distance),
        }
    }

    fn judge_windows(&self, step: &Step, found: &mut Found) -> Option<()> {
        for (index, wanted) in [(step.during, true), (step.outside, false)] {
            let Some(index) = index else { continue };
            let def = self.pattern.windows.get(index)?;
            let placement = self.placement(index, found.event)?;
            let state = match (wanted, placement.inside) {
                // What closed the window was perhaps read, and not held.
                (true, Tri::Yes) if self.world.has_lost(&def.closes) => Tri::Unknown,
                (true, inside) => inside,
                (false, Tri::Yes) => Tri::No,
                (false, Tri::No) if self.world.has_lost(&def.opens) => Tri::Unknown,
                (false, Tri::No) => Tri::Yes,
                (false, Tri::Unknown) => Tri::Unknown,
            };
            match state {
                Tri::No => return None,
                Tri::Unknown => {
                    found.doubts.push(Doubt::Window {
                        step: step.name.clone(),
                        window: def.name.clone(),
                        why: placement.why,
                    });
                }
                Tri::Yes => {}
            }
            if wanted && placement.other_host {
                found.remarks.push(Remark::OtherHost { step: step.name.clone(), window: def.name.clone() });
            }
            found.windows.extend(placement.window.filter(|_| wanted));
        }
        Some(())
    }

    /// Did the named step happen while the session of this event ran?
    fn judge_running(&self, step: &Step, found: &mut Found, bound: &Bindings<'_>) -> Option<()> {
        let Some(name) = &step.running_at else { return Some(()) };
        let moment = self.world.point(bound.event(name)?)?;
        let event = self.world.event(found.event)?;
        let session = event.session.and_then(|session| usize::try_from(session).ok());
        let session = self.world.sessions.get(session?)?;
        let end = |stamp| Point { stamp, position: None, pid: None, ..Point::of(&event) };
        let clocks = self.world.clocks();
        let running = match (session.first, session.last) {
            (Some(first), Some(last)) => {
                let begun = clocks.relation(&end(first), &moment).within(0, i64::MAX);
                begun.and(clocks.relation(&moment, &end(last)).within(0, i64::MAX))
            }
            _ => Tri::Unknown,
        };
        match running {
            Tri::No => return None,
            Tri::Unknown => {
                let why = match (session.first, session.last) {
                    (Some(first), _) => clocks.relation(&end(first), &moment).why(),
                    _ => super::relation::Why::NoDate,
                };
                found.doubts.push(Doubt::Order { first: step.name.clone(), second: name.clone(), why });
            }
            Tri::Yes => {}
        }
        Some(())
    }

    /// Gathers the further events of a step with `at-least`: the earliest ones inside the sliding window that
    /// begins with the event at hand.
    fn gather(&self, step: &Step, found: &mut Found, bound: &Bindings<'_>) -> Option<()> {
        let Some(count) = &step.count else { return Some(()) };
        let (mut certain, mut possible): (Vec<EventIndex>, Vec<(Found, Relation)>) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::from([self.identity(found.event, count)?]);
        let mut seen_possible = seen.clone();
        let wanted = count.at_least.saturating_sub(1);
        let most = MOST_SHOWN.max(wanted);
        let single = Step { count: None, ..step.clone() };
        let values = count.same.iter().map(|key| self.world.value(found.event, key));
        let Some(values) = values.collect::<Option<Vec<_>>>() else {
            return (wanted == 0).then_some(());
        };
        let shared = count.same.iter().zip(&values);
        let shared = shared.map(|(key, value)| (key.as_str(), value.clone().into_owned())).collect();
        let shared = self.world.rarest(&step.kinds, shared);
        let shared = shared.as_ref().map(|(key, value)| (key.as_str(), value.as_str()));
        for event in self.world.candidates(&step.kinds, shared, Some((found.event, 0, count.window.0))) {
            if event == found.event {
                continue;
            }
            // Most of the candidates lie before the window: when an event was is known at the least cost.
            let relation = self.relation(found.event, event);
            let state = close(found.event, event, &relation, count);
            if state == Tri::No || !self.agrees(count, &values, event) {
                continue;
            }
            let Some(other) = self.fit(&single, event, bound) else { continue };
            let state = if other.doubts.is_empty() { state } else { Tri::Unknown };
            let Some(identity) = self.identity(other.event, count) else { continue };
            if state == Tri::Yes && seen.insert(identity) {
                certain.push(other.event);
                found.windows.extend(other.windows.iter().copied());
                // In a flood every event begins such a group: it must not hang on how many more there are.
                if certain.len() >= most {
                    break;
                }
            }
            if seen_possible.insert(identity) {
                possible.push((other, relation));
            }
        }
        if certain.len() >= wanted {
            found.group = certain;
            Some(())
        } else if possible.len() >= wanted {
            possible.truncate(most);
            // One reason stands for all: they are mostly the same.
            let reason = possible.iter().find_map(|(other, relation)| {
                if close(found.event, other.event, relation, count) == Tri::Unknown {
                    let (first, second) = (step.name.clone(), step.name.clone());
                    return Some(Doubt::Order { first, second, why: relation.why() });
                }
                other.doubts.first().cloned()
            });
            found.doubts.extend(reason);
            for (other, _) in possible {
                found.windows.extend(other.windows);
                found.group.push(other.event);
            }
            Some(())
        } else {
            None
        }
    }

    /// What makes two events of a counted step different: their distinct value, else their content. The same
    /// record in two copies of a log counts once; one that lacks the value differs from none.
    fn identity(&self, event: EventIndex, count: &Count) -> Option<u64> {
        let Some(key) = &count.distinct else { return self.mark(event) };
        let value = self.world.value(event, key)?;
        let mut hasher = DefaultHasher::new();
        self.world.value_key(key, &value).hash(&mut hasher);
        Some(hasher.finish())
    }

    /// [`World::mark`], remembered.
    fn mark(&self, event: EventIndex) -> Option<u64> {
        let slot = event % MARKS;
        let known = self.marks.borrow().get(slot).copied().flatten();
        if let Some((_, mark)) = known.filter(|(known, _)| *known == event) {
            return Some(mark);
        }
        let mark = self.world.mark(event)?;
        if let Some(slot) = self.marks.borrow_mut().get_mut(slot) {
            *slot = Some((event, mark));
        }
        Some(mark)
    }

    /// Does an event carry these values under the keys that all events of a counted step share?
    fn agrees(&self, count: &Count, values: &[Cow<'_, str>], event: EventIndex) -> bool {
        count.same.iter().zip(values).all(|(key, mine)| {
            self.world.value(event, key).is_some_and(|theirs| self.world.equal(key, mine, key, &theirs))
        })
    }

    fn relation(&self, first: EventIndex, other: EventIndex) -> Relation {
        match (self.world.point(first), self.world.point(other)) {
            (Some(first), Some(other)) => self.world.clocks().relation(&first, &other),
            _ => Relation::Open,
        }
    }
}

/// Does the other event lie in the sliding window that the first one begins? Of two records whose clocks do not tell
/// which came first, the total order does.
fn close(first: EventIndex, other: EventIndex, relation: &Relation, count: &Count) -> Tri {
    if other > first { relation.near(0, count.window.0) } else { relation.within(0, count.window.0) }
}

/// How many events of a counted step are shown as evidence.
const MOST_SHOWN: usize = 8;

impl World<'_> {
    /// Stands for what an event says, wherever it was read ([`super::held::Held::mark`]).
    pub fn mark(&self, event: EventIndex) -> Option<u64> {
        self.event(event).map(|event| event.mark())
    }

    /// Does any event of these kinds rest on an unverified wording only?
    pub fn is_unverified(&self, kind: EventKind) -> bool {
        self.catalogue.event(kind).is_some_and(|def| def.unverified)
    }
}

/// The step that an order refers to.
pub fn reference(order: &Order) -> Option<&str> {
    match order {
        Order::Free => None,
        Order::After(step) | Order::Before(step) | Order::Near(step) => Some(step),
    }
}
