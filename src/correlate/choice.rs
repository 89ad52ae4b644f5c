//! A choice: one way to fill the steps of a verdict, with all that is not certain about it.

use crate::base::ConditionState;

use super::relation::Why;
use super::windows::WindowInstance;
use super::world::EventIndex;

/// A step and the events chosen for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Name of the step.
    pub name: String,
    /// The event; with `at-least` the first of them.
    pub event: EventIndex,
    /// The further events of a step with `at-least`.
    pub group: Vec<EventIndex>,
    /// How many of them the step needs; the others are only shown.
    pub needed: usize,
}

impl Bound {
    /// Does this event fill the step? No other step may have it then.
    pub fn is_filled_by(&self, event: EventIndex) -> bool {
        self.event == event || self.group.iter().take(self.needed).any(|other| *other == event)
    }
}

/// What is not certain about a choice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doubt {
    /// The order of two steps, or whether they lie within their window.
    Order {
        /// The earlier step.
        first: String,
        /// The later step.
        second: String,
        /// Why.
        why: Why,
    },
    /// A predicate could not be judged: the record does not carry the value.
    Value {
        /// The step.
        step: String,
        /// The missing value.
        key: String,
    },
    /// Whether a step lies inside a window.
    Window {
        /// The step.
        step: String,
        /// The window.
        window: String,
        /// Why.
        why: Why,
    },
    /// Nothing covers the time in which something must be absent.
    NotCovered {
        /// Name of the row.
        row: String,
    },
    /// Something that must be absent is there, but perhaps outside the time in question.
    PerhapsPresent {
        /// Name of the row.
        row: String,
    },
    /// A needed condition is not known.
    Condition {
        /// Its name.
        name: String,
    },
}

/// What is worth saying but takes nothing from the level.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Remark {
    /// Two unknown zones were taken to be the same.
    SameZone {
        /// The one step.
        first: String,
        /// The other step.
        second: String,
    },
    /// The window was logged by another host than the step.
    OtherHost {
        /// The step.
        step: String,
        /// The window.
        window: String,
    },
    /// A filter passed because the source does not tell.
    Untold {
        /// The step.
        step: String,
        /// What the source does not tell.
        what: &'static str,
    },
    /// A condition is met and unmet at once.
    Contradiction {
        /// Its name.
        condition: String,
    },
    /// A fact without time was taken to hold at the moment in question.
    Timeless {
        /// The condition.
        condition: String,
    },
    /// A version is in the affected range but not on the advisory's list.
    NotListed {
        /// The version.
        version: String,
    },
    /// The version that counts was seen only after the failure.
    SeenLater {
        /// The version.
        version: String,
        /// When it was seen; empty where that is not known.
        seen: String,
    },
    /// The version is affected, but a correction was seen, and yet the lines prove the failure.
    FixSeen {
        /// Its number.
        fix: String,
        /// When it was seen; empty where that is not known.
        seen: String,
    },
    /// The version is not affected, but the lines prove the failure.
    VersionContradicts {
        /// The version.
        version: String,
        /// When it was seen; empty where that is not known.
        seen: String,
    },
}

/// A row of the finding's conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Name.
    pub name: String,
    /// State.
    pub state: ConditionState,
    /// What shows it.
    pub evidence: Vec<EventIndex>,
    /// What kind of row it is.
    pub source: RowSource,
}

/// Where a row comes from; tells where its `collect` text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSource {
    /// A condition of the pattern.
    Condition(usize),
    /// An `absent` of the verdict.
    Absent(usize),
    /// An `unless` of the verdict.
    Unless(usize),
}

/// One way to fill the steps of a verdict.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Steps in order.
    pub steps: Vec<Bound>,
    /// What lowers.
    pub doubts: Vec<Doubt>,
    /// What does not.
    pub remarks: Vec<Remark>,
    /// Windows that steps lie in, or perhaps lie in.
    pub windows: Vec<WindowInstance>,
    /// Rows of conditions.
    pub rows: Vec<Row>,
    /// A condition that clears is unmet.
    pub cleared_by: Option<String>,
    /// Steps that rest on an unverified wording.
    pub unverified: usize,
}

impl Choice {
    /// The event of a step.
    pub fn event(&self, step: &str) -> Option<EventIndex> {
        self.steps.iter().find(|bound| bound.name == step).map(|bound| bound.event)
    }

    /// How much is not certain: fewer is better.
    pub fn uncertainty(&self) -> usize {
        self.doubts.len() + usize::from(self.unverified > 0)
    }

    /// All events bound to steps.
    pub fn bound_events(&self) -> impl Iterator<Item = EventIndex> + '_ {
        self.steps.iter().flat_map(|bound| std::iter::once(bound.event).chain(bound.group.iter().copied()))
    }
}

/// The steps that are bound when a predicate or join is judged: those of the verdict, and behind them those of a
/// condition.
#[derive(Clone, Copy, Debug)]
pub struct Bindings<'b> {
    /// Steps bound before.
    pub outer: &'b [Bound],
    /// Steps bound here.
    pub inner: &'b [Bound],
}

impl<'b> Bindings<'b> {
    /// Nothing bound.
    pub const NONE: Bindings<'static> = Bindings { outer: &[], inner: &[] };

    /// Only these.
    pub fn of(steps: &'b [Bound]) -> Bindings<'b> {
        Bindings { outer: &[], inner: steps }
    }

    /// The event of a step.
    pub fn event(&self, step: &str) -> Option<EventIndex> {
        self.find(step).map(|bound| bound.event)
    }

    /// The step of this name.
    pub fn find(&self, step: &str) -> Option<&'b Bound> {
        self.inner.iter().chain(self.outer).find(|bound| bound.name == step)
    }

    /// The step bound last.
    pub fn last(&self) -> Option<&'b Bound> {
        self.inner.last().or(self.outer.last())
    }
}
