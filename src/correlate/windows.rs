//! Named stretches of time: from an opening event to the first closing one behind it.
//!
//! Being inside a window never uses the clock tolerance between hosts; the window's own slack stands for it. Where
//! the window was logged by another host than the step, the choice carries a remark.

use std::collections::HashMap;

use crate::pattern::model::WindowDef;

use super::choice::Bindings;
use super::index::Candidates;
use super::relation::{Tri, Why};
use super::steps::Search;
use super::world::{EventIndex, World};

/// One stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowInstance {
    /// The event that opened it.
    pub open: EventIndex,
    /// The event that closed it; without one it ends at its longest length.
    pub close: Option<EventIndex>,
}

/// One window and all that may have ended it.
#[derive(Clone, Debug)]
pub struct Window {
    /// The window as shown.
    pub instance: WindowInstance,
    /// Events that certainly or perhaps closed it. Certain ones behind another certain one are left out.
    ends: Vec<(EventIndex, Tri)>,
}

/// Windows of one definition, by the event that opens them; `None`: it opens none. In a flood there are as many as lines,
/// so they are made when they are asked for, and few are held.
pub type Windows = HashMap<EventIndex, Option<Window>>;

/// So many windows of a definition are held to be asked again: events are judged in order of time, and those near each
/// other lie in the same windows.
const MOST_HELD: usize = 10_000;

/// Where an event lies against the windows of one definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Inside one of them?
    pub inside: Tri,
    /// The window that was found (for `No` none).
    pub window: Option<WindowInstance>,
    /// The window was logged by another host.
    pub other_host: bool,
    /// Why it is not certain.
    pub why: Why,
}

impl Search<'_, '_> {
    /// Where an event lies against the windows of a definition of the pattern.
    pub fn placement(&self, window: usize, event: EventIndex) -> Option<Placement> {
        let def = self.pattern.windows.get(window)?;
        let mut held = self.windows.borrow_mut();
        Some(self.world.placed(def, held.entry(window).or_default(), event))
    }
}

impl World<'_> {
    /// The window that an event opens.
    fn opened(&self, def: &WindowDef, open: EventIndex) -> Option<Window> {
        if self.all_hold(open, &def.open_filters, &Bindings::NONE) != Tri::Yes {
            return None;
        }
        let ends = self.ends(def, open);
        let close = ends.iter().find(|(_, closes)| *closes == Tri::Yes).map(|(close, _)| *close);
        Some(Window { instance: WindowInstance { open, close }, ends })
    }

    fn ends(&self, def: &WindowDef, open: EventIndex) -> Vec<(EventIndex, Tri)> {
        let Some(point) = self.point(open) else { return Vec::new() };
        let key = def.same.first();
        let value = key.and_then(|key| self.value(open, key));
        let value = match (key, &value) {
            (Some(key), Some(value)) => Some((key.as_str(), &**value)),
            (Some(_), None) => return Vec::new(),
            (None, _) => None,
        };
        let mut ends: Vec<(EventIndex, Tri)> = Vec::new();
        let clocks = self.clocks();
        for close in self.candidates(&def.closes, value, Some((open, 0, def.longest.0))) {
            let Some(candidate) = self.point(close) else { continue };
            let relation = clocks.relation_without_tolerance(&point, &candidate);
            let agrees = def.same.iter().all(|key| self.agree(open, close, key));
            let in_reach = relation.within(0, def.longest.0) != Tri::No;
            let closes = relation.after();
            let possible = close != open && agrees && in_reach && closes != Tri::No;
            if possible && !ends.iter().any(|first| self.is_late(*first, close)) {
                ends.push((close, closes));
            }
        }
        // Undated records are not met in their true order: what came later may have closed it earlier.
        let firsts = ends.clone();
        ends.retain(|(close, _)| !firsts.iter().any(|first| self.is_late(*first, *close)));
        ends
    }

    /// Does an event lie behind another one that certainly closed the window? Of two that may stand out of order
    /// the first of the total order counts.
    fn is_late(&self, (first, sure): (EventIndex, Tri), close: EventIndex) -> bool {
        let behind = |one: EventIndex, other: EventIndex| match (self.point(one), self.point(other)) {
            (Some(one), Some(other)) => {
                self.clocks().relation_without_tolerance(&one, &other).after() == Tri::Yes
            }
            _ => false,
        };
        sure == Tri::Yes && first != close && behind(first, close) && (first < close || !behind(close, first))
    }

    fn agree(&self, one: EventIndex, other: EventIndex, key: &str) -> bool {
        match (self.value(one, key), self.value(other, key)) {
            (Some(mine), Some(theirs)) => self.equal(key, &mine, key, &theirs),
            _ => false,
        }
    }

    /// Where an event lies against these windows: the most certain placement, then the earliest window.
    fn placed(&self, def: &WindowDef, windows: &mut Windows, event: EventIndex) -> Placement {
        let mut best =
            Placement { inside: Tri::No, window: None, other_host: false, why: Why::WithinTolerance };
        for open in self.opening_around(def, event) {
            if !self.joined(def, open, event) {
                continue;
            }
            if windows.len() >= MOST_HELD && !windows.contains_key(&open) {
                windows.clear();
            }
            let window = windows.entry(open).or_insert_with(|| self.opened(def, open));
            let Some(window) = window else { continue };
            let inside = self.inside(def, window, event);
            if inside > best.inside {
                let (other_host, why) = match (self.point(window.instance.open), self.point(event)) {
                    (Some(open), Some(point)) => {
                        let relation = self.clocks().relation_without_tolerance(&open, &point);
                        (!self.clocks().same_host(&open, &point), relation.why())
                    }
                    _ => (false, Why::NoDate),
                };
                best = Placement { inside, window: Some(window.instance), other_host, why };
                if inside == Tri::Yes {
                    break;
                }
            }
        }
        best
    }

    /// The events that may open a window which holds an event, by time and by the value that both share.
    fn opening_around(&self, def: &WindowDef, event: EventIndex) -> Candidates {
        let join = def.joins.first();
        let value = join.and_then(|join| self.value(event, &join.theirs));
        let value = join.zip(value.as_deref()).map(|(join, value)| (join.mine.as_str(), value));
        let slack = def.slack.0;
        let around = Some((event, -slack.saturating_add(def.longest.0), slack));
        self.candidates(&def.opens, value, around)
    }

    fn joined(&self, def: &WindowDef, open: EventIndex, event: EventIndex) -> bool {
        def.joins.iter().all(|join| match (self.value(open, &join.mine), self.value(event, &join.theirs)) {
            (Some(mine), Some(theirs)) => self.equal(&join.mine, &mine, &join.theirs, &theirs),
            _ => false,
        })
    }

    fn inside(&self, def: &WindowDef, window: &Window, event: EventIndex) -> Tri {
        let (Some(open), Some(point)) = (self.point(window.instance.open), self.point(event)) else {
            return Tri::No;
        };
        let clocks = self.clocks();
        let slack = def.slack.0;
        let longest = def.longest.0.saturating_add(slack);
        let from_open = clocks.relation_without_tolerance(&open, &point);
        // However early it closed, it closed behind its opening.
        if from_open.near(0, slack) == Tri::Yes {
            return Tri::Yes;
        }
        window.ends.iter().fold(from_open.within(-slack, longest), |inside, (close, closes)| {
            let Some(close) = self.point(*close) else { return inside };
            let before = clocks.relation_without_tolerance(&point, &close).within(-slack, longest);
            // What perhaps closed it leaves open whether it was still open later.
            let uncertain = *closes != Tri::Yes && before != Tri::Yes;
            inside.and(if uncertain { Tri::Unknown } else { before })
        })
    }
}
