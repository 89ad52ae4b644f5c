//! Verdicts against a world: for every anchor and object the best choice that holds.

use indexmap::IndexMap;

use crate::base::ConditionState;
use crate::pattern::model::{ConditionTest, Verdict};

use super::absence::Seen;
use super::choice::{Bindings, Bound, Choice, Doubt, Row, RowSource};
use super::index::Candidates;
use super::steps::{Notes, Search, Visit};
use super::world::EventIndex;

/// The object of a choice: keys and values as in the earliest evidence. A key without value is left out.
pub type Object = Vec<(String, String)>;

/// What a verdict comes to for one anchor and object.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Index of the verdict in its pattern.
    pub verdict: usize,
    /// The event of the first step.
    pub anchor: EventIndex,
    /// The object.
    pub object: Object,
    /// The best choice.
    pub choice: Choice,
}

/// A choice that failed only because something was seen that must not be: worth showing where a weaker verdict
/// holds.
#[derive(Clone, Debug)]
pub struct Refuted {
    /// Index of the verdict.
    pub verdict: usize,
    /// The anchor.
    pub anchor: EventIndex,
    /// The object.
    pub object: Object,
    /// The row that refutes.
    pub row: Row,
}

/// What all verdicts with steps of a pattern come to for one anchor.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// Verdicts that hold.
    pub held: Vec<Outcome>,
    /// Verdicts that were refuted.
    pub refuted: Vec<Refuted>,
    /// Verdicts `cleared` that only the end of the log kept from holding: anchor, and the row not covered.
    pub open_ends: Vec<(EventIndex, String)>,
    /// The same where the log goes on behind the time in question: it has a hole there.
    pub holes: Vec<(EventIndex, String)>,
}

/// How one full choice fares.
enum Fate {
    Holds(Choice),
    Refuted(Row),
    Fails,
}

impl Search<'_, '_> {
    /// Events that can begin a verdict, in the total order.
    pub fn anchors(&self) -> Candidates {
        let first = self.pattern.verdicts.iter().filter_map(|verdict| verdict.steps.first());
        let kinds: Vec<_> = first.flat_map(|step| step.kinds.iter().copied()).collect();
        self.world.of_kinds(&kinds)
    }

    /// Evaluates every verdict with steps for one event that can begin it. A flood has as many outcomes as events: they
    /// are made one by one, and again where a report shows them.
    pub fn outcomes_at(&self, anchor: EventIndex) -> Outcomes {
        let mut outcomes = Outcomes::default();
        let kind = self.world.event(anchor).map(|event| event.kind);
        for (index, verdict) in self.pattern.verdicts.iter().enumerate() {
            let begins =
                verdict.steps.first().zip(kind).is_some_and(|(step, kind)| step.kinds.contains(&kind));
            if begins {
                self.outcomes_of(index, verdict, anchor, &mut outcomes);
            }
        }
        outcomes
    }

    fn outcomes_of(&self, index: usize, verdict: &Verdict, anchor: EventIndex, outcomes: &mut Outcomes) {
        let about = verdict.about.as_ref().unwrap_or(&self.pattern.about);
        let mut best: IndexMap<Object, Choice> = IndexMap::new();
        // A value that only a session tells could still give way to one that a later step carries itself.
        let settled = |bound: &[Bound]| {
            !bound.is_empty() && about.iter().all(|key| self.own_value(key, bound).is_some())
        };
        let mut visitor = |bound: &[Bound], notes: &Notes| {
            let object = self.object(about, bound);
            match self.fate(verdict, bound, notes, &object, outcomes) {
                Fate::Holds(choice) => {
                    let perfect = choice.uncertainty() == 0;
                    let slot = best.entry(object);
                    let better = match &slot {
                        indexmap::map::Entry::Occupied(held) => {
                            choice.uncertainty() < held.get().uncertainty()
                        }
                        indexmap::map::Entry::Vacant(_) => true,
                    };
                    if better {
                        slot.insert_entry(choice);
                    }
                    if perfect { Visit::Perfect } else { Visit::More }
                }
                Fate::Refuted(row) => {
                    outcomes.refuted.push(Refuted { verdict: index, anchor, object, row });
                    Visit::More
                }
                Fate::Fails => Visit::More,
            }
        };
        self.visit_from(&verdict.steps, anchor, &settled, &mut visitor);
        outcomes.held.extend(best.into_iter().map(|(object, choice)| Outcome {
            verdict: index,
            anchor,
            object,
            choice,
        }));
    }

    /// Keys and values of the object that bound steps tell; each from the first step that carries it itself, else
    /// from the first whose session does.
    pub fn object(&self, about: &[String], bound: &[Bound]) -> Object {
        about
            .iter()
            .filter_map(|key| {
                let value = self.own_value(key, bound).or_else(|| {
                    bound
                        .iter()
                        .find_map(|step| self.world.value(step.event, key).map(std::borrow::Cow::into_owned))
                })?;
                Some((key.clone(), value))
            })
            .collect()
    }

    fn own_value(&self, key: &str, bound: &[Bound]) -> Option<String> {
        let mut events = bound.iter().filter_map(|step| self.world.event(step.event));
        events.find_map(|event| event.value(key))
    }

    fn fate(
        &self,
        verdict: &Verdict,
        bound: &[Bound],
        notes: &Notes,
        object: &Object,
        outcomes: &mut Outcomes,
    ) -> Fate {
        let bindings = Bindings::of(bound);
        let mut choice = Choice {
            steps: bound.to_vec(),
            doubts: notes.doubts.clone(),
            remarks: notes.remarks.clone(),
            windows: notes.windows.clone(),
            ..Choice::default()
        };
        for (index, unless) in verdict.unless.iter().enumerate() {
            let row = |state, evidence| Row {
                name: unless.name.clone(),
                state,
                evidence,
                source: RowSource::Unless(index),
            };
            match self.seen(unless, &bindings) {
                Seen::Yes(event) => return Fate::Refuted(row(ConditionState::Unmet, vec![event])),
                Seen::Perhaps(event) => {
                    choice.doubts.push(Doubt::PerhapsPresent { row: unless.name.clone() });
                    choice.rows.push(row(ConditionState::Unknown, vec![event]));
                }
                Seen::No => {
                    if self.world.has_lost(&unless.kinds) {
                        // It was perhaps read, and not held.
                        choice.doubts.push(Doubt::NotCovered { row: unless.name.clone() });
                    }
                    let covered = self.covered(unless, object, &bindings);
                    let state = if covered { ConditionState::Met } else { ConditionState::Unknown };
                    choice.rows.push(row(state, Vec::new()));
                }
            }
        }
        if let Some(refuted) = self.judge_absent(verdict, object, &bindings, &mut choice) {
            return Fate::Refuted(refuted);
        }
        let blind = verdict.uncovered.iter().all(|absence| {
            self.seen(absence, &bindings) == Seen::No && !self.covered(absence, object, &bindings)
        });
        if !blind || !self.judge_needs(verdict, bound, &mut choice) {
            return Fate::Fails;
        }
        self.count_unverified(&mut choice);
        if self.holds_at_its_level(verdict, &choice) {
            return Fate::Holds(choice);
        }
        if let ([Doubt::NotCovered { row }], Some(anchor)) = (choice.doubts.as_slice(), bound.first()) {
            let goes_on = verdict
                .absent
                .iter()
                .any(|absence| absence.name == *row && self.goes_on(absence, object, &bindings));
            let ends = if goes_on { &mut outcomes.holes } else { &mut outcomes.open_ends };
            ends.push((anchor.event, row.clone()));
        }
        Fate::Fails
    }

    fn judge_absent(
        &self,
        verdict: &Verdict,
        object: &Object,
        bindings: &Bindings<'_>,
        choice: &mut Choice,
    ) -> Option<Row> {
        for (index, absence) in verdict.absent.iter().enumerate() {
            let row = |state, evidence| Row {
                name: absence.name.clone(),
                state,
                evidence,
                source: RowSource::Absent(index),
            };
            match self.seen(absence, bindings) {
                Seen::Yes(event) => return Some(row(ConditionState::Unmet, vec![event])),
                Seen::Perhaps(event) => {
                    choice.doubts.push(Doubt::PerhapsPresent { row: absence.name.clone() });
                    choice.rows.push(row(ConditionState::Unknown, vec![event]));
                }
                Seen::No if self.covered(absence, object, bindings) => {
                    choice.rows.push(row(ConditionState::Met, Vec::new()));
                }
                Seen::No => {
                    choice.doubts.push(Doubt::NotCovered { row: absence.name.clone() });
                    choice.rows.push(row(ConditionState::Unknown, Vec::new()));
                }
            }
        }
        None
    }

    /// Judges all conditions for their rows; only the needed ones decide. An unmet one that clears turns every
    /// verdict with steps into `cleared`.
    fn judge_needs(&self, verdict: &Verdict, bound: &[Bound], choice: &mut Choice) -> bool {
        for (index, condition) in self.pattern.conditions.iter().enumerate() {
            let needed = verdict.needs.contains(&index);
            let required = verdict.requires.contains(&index);
            let judged = self.judge_condition(condition, bound);
            let is_version = matches!(condition.test, ConditionTest::Version(_));
            match judged.state {
                ConditionState::Unmet if condition.unmet_clears => {
                    choice.cleared_by = Some(condition.name.clone());
                }
                ConditionState::Unmet | ConditionState::Unknown if required => return false,
                ConditionState::Unmet if needed && !is_version => return false,
                ConditionState::Unknown if needed && !is_version => {
                    choice.doubts.push(Doubt::Condition { name: condition.name.clone() });
                }
                _ => {}
            }
            if needed || required || is_version {
                choice.remarks.extend(judged.remarks);
            }
            choice.rows.push(Row {
                name: condition.name.clone(),
                state: judged.state,
                evidence: judged.evidence,
                source: RowSource::Condition(index),
            });
        }
        true
    }

    fn count_unverified(&self, choice: &mut Choice) {
        choice.unverified = choice
            .steps
            .iter()
            .filter(|step| {
                self.world.event(step.event).is_some_and(|event| self.world.is_unverified(event.kind))
            })
            .count();
    }

    /// `cleared` holds only with nothing unknown; `exposed` only if at most an absence is not covered.
    fn holds_at_its_level(&self, verdict: &Verdict, choice: &Choice) -> bool {
        use crate::base::Level;
        if choice.cleared_by.is_some() {
            return true;
        }
        match verdict.level {
            Level::Cleared => choice.doubts.is_empty() && choice.unverified == 0,
            Level::Exposed => choice
                .doubts
                .iter()
                .all(|doubt| matches!(doubt, Doubt::NotCovered { .. } | Doubt::PerhapsPresent { .. })),
            _ => true,
        }
    }
}
