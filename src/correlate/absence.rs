//! What must not be there, and whether a log was read that would show it.
//!
//! Absence counts only inside coverage: one stream of a dialect that can yield the event, of the anchor's host or
//! naming the same object, must span the whole stretch in question. Nothing past a stream's last record is covered.

use crate::base::event::EventKind;
use crate::base::name::is_machine_key;
use crate::base::stamp::DAY;
use crate::base::{Coverage, CoverageKind, Interval, Stamp};
use crate::pattern::model::{Absence, Order, Scope};

use super::choice::Bindings;
use super::relation::{Point, Relation, Tri, whole_second};
use super::steps::Search;
use super::world::EventIndex;

/// So many answers are held to be given again; in a flood every question is another one.
pub(super) const MOST_ANSWERS: usize = 10_000;

/// Was the thing that must be absent seen?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Certainly, in the stretch in question.
    Yes(EventIndex),
    /// It is there, but perhaps outside the stretch, or a predicate could not be judged.
    Perhaps(EventIndex),
    /// No.
    No,
}

/// What the answer on outweighing events depends on: window, kinds, joined values and day.
pub type Weighing = (usize, Vec<EventKind>, Vec<Option<String>>, Option<i64>);

/// The stretch in which something must be absent.
#[derive(Clone, Copy, Debug)]
struct Stretch<'p> {
    from: Option<Point<'p>>,
    to: Option<Point<'p>>,
}

impl Search<'_, '_> {
    /// Looks for what must be absent. Events bound to steps never count.
    pub fn seen(&self, absence: &Absence, bound: &Bindings<'_>) -> Seen {
        if let Some(window) = absence.outweighs {
            return self.outweighed(absence, window, bound);
        }
        let order = order_of(&absence.scope);
        let mut seen = Seen::No;
        for event in self.absence_candidates(absence, &order, bound) {
            let state = self.present(absence, &order, event, bound);
            match state {
                Tri::Yes => return Seen::Yes(event),
                Tri::Unknown if seen == Seen::No => seen = Seen::Perhaps(event),
                Tri::Unknown | Tri::No => {}
            }
        }
        seen
    }

    fn absence_candidates<'s>(
        &'s self,
        absence: &Absence,
        order: &Order,
        bound: &Bindings<'_>,
    ) -> impl Iterator<Item = EventIndex> + use<'s> {
        let joined = absence.same.iter().map(|join| {
            let theirs = self.joined_value(join, order, bound)?;
            Some((join.mine.as_str(), theirs))
        });
        // Without a value to join with, no event can be meant.
        let values: Option<Vec<_>> = joined.collect();
        let found = values.map(|values| {
            let value = self.world.rarest(&absence.kinds, values);
            let value = value.as_ref().map(|(key, value)| (key.as_str(), value.as_str()));
            self.world.candidates(&absence.kinds, value, self.around(absence, bound))
        });
        let used: Vec<EventIndex> = bound
            .inner
            .iter()
            .chain(bound.outer)
            .flat_map(|step| std::iter::once(step.event).chain(step.group.iter().copied()))
            .collect();
        found
            .unwrap_or_default()
            .filter(move |event| !used.contains(event) && !used.iter().any(|own| self.is_copy(*own, *event)))
    }

    /// The same record in another source: a copy of the log, not a second happening.
    fn is_copy(&self, one: EventIndex, other: EventIndex) -> bool {
        let world = self.world;
        let (Some(mine), Some(theirs)) = (world.event(one), world.event(other)) else { return false };
        mine.source != theirs.source
            && mine.kind == theirs.kind
            && mine.stamp == theirs.stamp
            && !mine.stamp.is_none()
            && mine.host == theirs.host
            && mine.pid == theirs.pid
            && mine.values() == theirs.values()
    }

    /// A stretch of time, relative to a bound step, that holds all of the scope.
    fn around(&self, absence: &Absence, bound: &Bindings<'_>) -> Option<(EventIndex, i64, i64)> {
        let reach = absence.within.map_or(self.pattern.horizon.0, |within| within.to.0);
        let event = |step: &str| bound.event(step);
        match &absence.scope {
            Scope::Session(_) => None,
            Scope::After(step) => Some((event(step)?, 0, reach)),
            Scope::Before(step) => Some((event(step)?, -reach, 0)),
            Scope::Near(step) => Some((event(step)?, -reach, reach)),
            Scope::Between(from, to) => {
                let time = |event: EventIndex| {
                    self.world
                        .event(event)
                        .and_then(|event| event.stamp.instant().or(event.stamp.civil_micros()))
                };
                let (from, to) = (event(from)?, event(to)?);
                // Two days more than what is printed leave room for any zone.
                let reach = time(to)?.saturating_sub(time(from)?).saturating_add(2 * DAY);
                Some((from, 0, reach))
            }
        }
    }

    fn present(&self, absence: &Absence, order: &Order, event: EventIndex, bound: &Bindings<'_>) -> Tri {
        if !self.joins(&absence.same, order, event, bound) {
            return Tri::No;
        }
        let placed = self.in_scope(absence, event, bound);
        if placed == Tri::No {
            return Tri::No;
        }
        placed.and(self.world.all_hold(event, &absence.filters, bound))
    }

    fn in_scope(&self, absence: &Absence, event: EventIndex, bound: &Bindings<'_>) -> Tri {
        let relation =
            |one: EventIndex, other: EventIndex| match (self.world.point(one), self.world.point(other)) {
                (Some(one), Some(other)) => self.world.clocks().relation(&one, &other),
                _ => Relation::Open,
            };
        let step = |name: &str| bound.event(name);
        match &absence.scope {
            Scope::Session(name) => {
                let session = |event: EventIndex| self.world.event(event).and_then(|event| event.session);
                let theirs = step(name).and_then(session);
                Tri::certain(theirs.is_some() && session(event) == theirs)
            }
            Scope::Between(from, to) => match (step(from), step(to)) {
                (Some(from), Some(to)) => relation(from, event).after().and(relation(event, to).after()),
                _ => Tri::No,
            },
            Scope::After(name) => step(name).map_or(Tri::No, |other| {
                self.place(&Order::After(name.clone()), absence.within, &relation(other, event))
            }),
            Scope::Before(name) => step(name).map_or(Tri::No, |other| {
                self.place(&Order::Before(name.clone()), absence.within, &relation(event, other))
            }),
            Scope::Near(name) => step(name).map_or(Tri::No, |other| {
                self.place(&Order::Near(name.clone()), absence.within, &relation(other, event))
            }),
        }
    }

    /// As many events outside all windows on that day as inside them?
    fn outweighed(&self, absence: &Absence, window: usize, bound: &Bindings<'_>) -> Seen {
        let order = order_of(&absence.scope);
        let anchor = super::steps::reference(&order).and_then(|step| bound.event(step));
        let (Some(anchor), Some(def)) = (anchor, self.pattern.windows.get(window)) else {
            return Seen::No;
        };
        let day = |event: EventIndex| {
            self.world
                .event(event)
                .and_then(|event| event.stamp.civil_micros())
                .map(|micros| micros.div_euclid(DAY))
        };
        // The same for every choice around events of one machine and day.
        let about = absence.same.iter().map(|join| self.joined_value(join, &order, bound)).collect();
        let question = (window, absence.kinds.clone(), about, day(anchor));
        let is_plain = absence.filters.is_empty() && self.joins(&absence.same, &order, anchor, bound);
        if let Some(seen) = self.weighed.borrow().get(&question).filter(|_| is_plain) {
            return *seen;
        }
        let (mut inside, mut outside, mut first) = (0_usize, 0_usize, None);
        let value = absence.same.first().map(|join| (join, self.joined_value(join, &order, bound)));
        let value = match &value {
            Some((join, Some(theirs))) => Some((join.mine.as_str(), theirs.as_str())),
            _ => None,
        };
        for event in self.world.candidates(&absence.kinds, value, Some((anchor, -DAY, DAY))) {
            let counts = day(event).is_some()
                && day(event) == day(anchor)
                && (event == anchor || self.joins(&absence.same, &order, event, bound))
                && self.world.all_hold(event, &absence.filters, bound) == Tri::Yes;
            if !counts {
                continue;
            }
            match self.placement(window, event).map_or(Tri::Unknown, |placement| placement.inside) {
                // What opened a window around it was perhaps read, and not held.
                Tri::No if !self.world.has_lost(&def.opens) => {
                    outside += 1;
                    first = first.or(Some(event));
                }
                _ => inside += 1,
            }
        }
        let seen = match first {
            Some(event) if outside >= inside => Seen::Yes(event),
            _ => Seen::No,
        };
        if is_plain {
            let mut weighed = self.weighed.borrow_mut();
            if weighed.len() >= MOST_ANSWERS {
                weighed.clear();
            }
            weighed.insert(question, seen);
        }
        seen
    }

    /// Was a log read that would show it?
    pub fn covered(&self, absence: &Absence, about: &[(String, String)], bound: &Bindings<'_>) -> bool {
        if self.world.has_lost(&absence.kinds) {
            return false;
        }
        if let Scope::Session(step) = &absence.scope {
            let event = bound.event(step).and_then(|event| self.world.event(event));
            return event.is_some_and(|event| event.session.is_some());
        }
        let Some(stretch) = self.stretch(absence, bound) else { return false };
        self.world
            .reaches
            .iter()
            .filter(|coverage| tells(coverage) && self.can_yield(&absence.kinds, coverage))
            .filter(|coverage| {
                coverage.intervals.iter().any(|interval| self.spans(coverage, interval, &stretch))
            })
            .any(|coverage| {
                self.concerns(coverage, absence, about, bound) || self.names_joined(coverage, absence, bound)
            })
    }

    /// Does a log that would show it go on behind the time in question?
    pub fn goes_on(&self, absence: &Absence, about: &[(String, String)], bound: &Bindings<'_>) -> bool {
        let Some(Stretch { from, to }) = self.stretch(absence, bound) else { return false };
        let Some(end) = to.or(from) else { return false };
        self.world
            .reaches
            .iter()
            .filter(|coverage| tells(coverage) && self.can_yield(&absence.kinds, coverage))
            .filter(|coverage| self.concerns(coverage, absence, about, bound))
            .flat_map(|coverage| coverage.intervals.iter().map(move |interval| (coverage, interval)))
            .any(|(coverage, interval)| {
                let last = edge(coverage, interval.to);
                self.world.clocks().least_printed(&end, &last).is_some_and(|least| least > 0)
            })
    }

    /// Could one of these events stand in that log?
    fn can_yield(&self, kinds: &[EventKind], coverage: &Coverage) -> bool {
        kinds.iter().filter_map(|kind| self.world.catalogue.event(*kind)).any(|def| {
            let of_process = coverage.process.as_ref().is_none_or(|process| {
                def.processes.is_empty()
                    || def.processes.iter().any(|wanted| wanted.eq_ignore_ascii_case(process))
            });
            of_process && def.dialects.contains(&coverage.dialect)
        })
    }

    fn stretch<'p>(&'p self, absence: &Absence, bound: &Bindings<'_>) -> Option<Stretch<'p>> {
        let point = |step: &str| bound.event(step).and_then(|event| self.world.point(event));
        let moved = |step: &str, by: i64| {
            point(step).map(|point| Point {
                stamp: point.stamp.shifted(by),
                position: None,
                pid: None,
                ..point
            })
        };
        let reach = absence.within.map(|within| within.to.0);
        Some(match &absence.scope {
            Scope::Session(_) => return None,
            Scope::Between(from, to) => Stretch { from: Some(point(from)?), to: Some(point(to)?) },
            Scope::After(step) => {
                Stretch { from: Some(point(step)?), to: reach.and_then(|reach| moved(step, reach)) }
            }
            Scope::Before(step) => {
                Stretch { from: reach.and_then(|reach| moved(step, -reach)), to: Some(point(step)?) }
            }
            Scope::Near(step) => {
                let reach = reach?;
                Stretch { from: moved(step, -reach), to: moved(step, reach) }
            }
        })
    }

    /// Is it a log of the anchor's host, or does it name the object? What is joined on the stream can only stand in
    /// that stream: another log of the same host proves nothing.
    fn concerns(
        &self,
        coverage: &Coverage,
        absence: &Absence,
        about: &[(String, String)],
        bound: &Bindings<'_>,
    ) -> bool {
        let order = order_of(&absence.scope);
        if let Some(join) = absence.same.iter().find(|join| join.mine == "stream" && join.theirs == "stream")
        {
            return self.joined_value(join, &order, bound) == Some(coverage.stream.0.to_string());
        }
        let anchor =
            bound.outer.first().or(bound.inner.first()).and_then(|step| self.world.event(step.event));
        let of_anchor = anchor.is_some_and(|anchor| {
            anchor.stream == coverage.stream
                || matches!((anchor.host, coverage.host.as_deref()),
                    (Some(one), Some(other)) if self.world.names.same(one, other))
        });
        of_anchor || self.world.stream_names(coverage.stream, about)
    }

    /// Does the log name the machine that the absence is about? The object's key there may be another one: a guest is
    /// a `host` in its own logs and a `vm` in those around it.
    fn names_joined(&self, coverage: &Coverage, absence: &Absence, bound: &Bindings<'_>) -> bool {
        let order = order_of(&absence.scope);
        absence.same.iter().filter(|join| is_machine_key(&join.mine)).any(|join| {
            self.joined_value(join, &order, bound)
                .is_some_and(|name| self.world.stream_names(coverage.stream, &[(join.mine.clone(), name)]))
        })
    }

    /// Does one interval reach from before the stretch to behind it, certainly? An interval that begins in the same
    /// second as the stretch spans it; where the stretch is open the interval must go beyond the step.
    fn spans(&self, coverage: &Coverage, interval: &Interval, stretch: &Stretch<'_>) -> bool {
        let (first, last) = (edge(coverage, interval.from), edge(coverage, interval.to));
        let clocks = self.world.clocks();
        let not_after = |early: &Point<'_>, late: &Point<'_>| {
            clocks.least_printed(early, late).is_some_and(|least| least >= 0)
        };
        let certainly_before = |early: &Point<'_>, late: &Point<'_>| {
            let rounded = if early.stream == late.stream { 0 } else { whole_second(early.stamp) };
            clocks.least_printed(early, late).is_some_and(|least| least > rounded)
        };
        match (&stretch.from, &stretch.to) {
            (Some(from), Some(to)) => not_after(&first, from) && not_after(to, &last),
            (Some(from), None) => not_after(&first, from) && certainly_before(from, &last),
            (None, Some(to)) => certainly_before(&first, to) && not_after(to, &last),
            (None, None) => false,
        }
    }
}

/// The beginning or end of what was read, as a point that records are held against.
fn edge(coverage: &Coverage, stamp: Stamp) -> Point<'_> {
    Point {
        stamp,
        source: coverage.source,
        stream: coverage.stream,
        position: None,
        host: coverage.host.as_deref(),
        pid: None,
        dialect: coverage.dialect,
    }
}

/// Can the coverage of this sort of log prove that something did not happen?
fn tells(coverage: &Coverage) -> bool {
    matches!(coverage.dialect.coverage_kind(), CoverageKind::Log | CoverageKind::JobList)
}

/// The order under which joins of an absence that name no step find theirs.
pub fn order_of(scope: &Scope) -> Order {
    match scope {
        Scope::Between(step, _) | Scope::After(step) | Scope::Session(step) => Order::After(step.clone()),
        Scope::Before(step) => Order::Before(step.clone()),
        Scope::Near(step) => Order::Near(step.clone()),
    }
}

impl super::world::World<'_> {
    /// Does any event of this stream name the object?
    pub fn stream_names(&self, stream: crate::base::StreamId, about: &[(String, String)]) -> bool {
        let question = (stream, about.to_vec());
        if let Some(answer) = self.named.borrow().get(&question) {
            return *answer;
        }
        let answer = self.finds_names(stream, about);
        let mut named = self.named.borrow_mut();
        if named.len() >= MOST_ANSWERS {
            named.clear();
        }
        named.insert(question, answer);
        answer
    }

    fn finds_names(&self, stream: crate::base::StreamId, about: &[(String, String)]) -> bool {
        let Some((key, value)) = about.first() else { return false };
        self.candidates(&self.seen_kinds, Some((key, value)), None).any(|index| {
            self.event(index).is_some_and(|event| event.stream == stream)
                && about.iter().all(|(key, value)| {
                    self.value(index, key).is_some_and(|mine| self.equal(key, &mine, key, value))
                })
        })
    }
}
