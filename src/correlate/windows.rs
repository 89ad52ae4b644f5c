//! Named stretches of time: from an opening event to the first closing one behind it.
//!
//! Being inside a window never uses the clock tolerance between hosts; the window's own slack stands for it. Where
//! the window was logged by another host than the step, the choice carries a remark.

use crate::pattern::model::WindowDef;

use super::choice::Bindings;
use super::relation::{Tri, Why};
use super::world::{EventIndex, World};

/// One stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowInstance {
    /// The event that opened it.
    pub open: EventIndex,
    /// The event that closed it; without one it ends at its longest length.
    pub close: Option<EventIndex>,
}

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

impl World<'_> {
    /// All windows of a definition, in the order in which they open.
    pub fn windows(&self, def: &WindowDef) -> Vec<WindowInstance> {
        self.of_kinds(&def.opens)
            .into_iter()
            .filter(|open| self.all_hold(*open, &def.open_filters, &Bindings::NONE) == Tri::Yes)
            .map(|open| WindowInstance { open, close: self.closing(def, open) })
            .collect()
    }

    fn closing(&self, def: &WindowDef, open: EventIndex) -> Option<EventIndex> {
        let point = self.point(open)?;
        let key = def.same.first();
        let value = key.and_then(|key| self.value(open, key));
        let value = match (key, &value) {
            (Some(key), Some(value)) => Some((key.as_str(), &**value)),
            (Some(_), None) => return None,
            (None, _) => None,
        };
        let around = Some((point.stamp, 0, def.longest.0));
        self.candidates(&def.closes, value, around).into_iter().find(|close| {
            let Some(candidate) = self.point(*close) else { return false };
            let relation = self.clocks().relation_without_tolerance(&point, &candidate);
            *close != open
                && relation.after() == Tri::Yes
                && relation.within(0, def.longest.0) != Tri::No
                && def.same.iter().all(|key| self.agree(open, *close, key))
        })
    }

    fn agree(&self, one: EventIndex, other: EventIndex, key: &str) -> bool {
        match (self.value(one, key), self.value(other, key)) {
            (Some(mine), Some(theirs)) => self.equal(key, &mine, key, &theirs),
            _ => false,
        }
    }

    /// Where an event lies against these windows: the most certain placement, then the earliest window.
    pub fn placement(&self, def: &WindowDef, windows: &[WindowInstance], event: EventIndex) -> Placement {
        let mut best =
            Placement { inside: Tri::No, window: None, other_host: false, why: Why::WithinTolerance };
        for window in self.windows_around(def, windows, event) {
            if !self.joined(def, *window, event) {
                continue;
            }
            let inside = self.inside(def, *window, event);
            if inside > best.inside {
                let (other_host, why) = match (self.point(window.open), self.point(event)) {
                    (Some(open), Some(point)) => {
                        let relation = self.clocks().relation_without_tolerance(&open, &point);
                        (!self.clocks().same_host(&open, &point), relation.why())
                    }
                    _ => (false, Why::NoDate),
                };
                best = Placement { inside, window: Some(*window), other_host, why };
                if inside == Tri::Yes {
                    break;
                }
            }
        }
        best
    }

    /// The windows that may hold an event, by time and by the value that both share.
    fn windows_around<'w>(
        &'w self,
        def: &'w WindowDef,
        windows: &'w [WindowInstance],
        event: EventIndex,
    ) -> impl Iterator<Item = &'w WindowInstance> {
        let join = def.joins.first();
        let value = join.and_then(|join| self.value(event, &join.theirs));
        let value = join.zip(value.as_deref()).map(|(join, value)| (join.mine.as_str(), value));
        let around = self.event(event).map(|event| {
            let slack = def.slack.0;
            (event.stamp, -slack.saturating_add(def.longest.0), slack)
        });
        // Windows stand in the order of the events that open them.
        let at = |open| windows.binary_search_by_key(&open, |window: &WindowInstance| window.open).ok();
        self.candidates(&def.opens, value, around).into_iter().filter_map(move |open| windows.get(at(open)?))
    }

    fn joined(&self, def: &WindowDef, window: WindowInstance, event: EventIndex) -> bool {
        def.joins.iter().all(|join| {
            match (self.value(window.open, &join.mine), self.value(event, &join.theirs)) {
                (Some(mine), Some(theirs)) => self.equal(&join.mine, &mine, &join.theirs, &theirs),
                _ => false,
            }
        })
    }

    fn inside(&self, def: &WindowDef, window: WindowInstance, event: EventIndex) -> Tri {
        let (Some(open), Some(point)) = (self.point(window.open), self.point(event)) else { return Tri::No };
        let clocks = self.clocks();
        let slack = def.slack.0;
        let from_open = clocks.relation_without_tolerance(&open, &point);
        let longest = def.longest.0.saturating_add(slack);
        match window.close.and_then(|close| self.point(close)) {
            None => from_open.within(-slack, longest),
            Some(close) => {
                let to_close = clocks.relation_without_tolerance(&point, &close);
                from_open.within(-slack, longest).and(to_close.within(-slack, longest))
            }
        }
    }
}
