//! How near a verdict came to hold: the longest way to fill its steps, and what stands against the next one.
//!
//! Nothing here decides anything. It walks the same steps as the evaluation, within a bound, and asks of the records
//! that could have been the next step which of the conditions on it they miss.

use crate::base::{ConditionState, Dialect, Level};
use crate::pattern::model::{Absence, ConditionTest, Order, Step, Verdict, Within};

use super::absence::Seen;
use super::choice::{Bindings, Bound, Doubt};
use super::relation::{Relation, Tri};
use super::steps::{Notes, Search, reference};
use super::world::EventIndex;

/// How near one verdict came.
#[derive(Clone, Debug)]
pub struct Nearest {
    /// Index of the verdict.
    pub verdict: usize,
    /// The steps that were found.
    pub bound: Vec<Bound>,
    /// What stands against it; `None`: nothing does, it holds.
    pub obstacle: Option<Obstacle>,
}

/// What stands against a verdict.
#[derive(Clone, Debug)]
pub enum Obstacle {
    /// No record of the step was read.
    Missing {
        /// The step.
        step: String,
        /// Logs in which it could stand.
        dialects: Vec<Dialect>,
        /// Such a log was read.
        was_read: bool,
    },
    /// The nearest record of the step misses this.
    Unfit {
        /// The step.
        step: String,
        /// The record.
        event: EventIndex,
        /// The record of the earlier step that it is held against.
        with: Option<EventIndex>,
        /// What it misses.
        misfit: Misfit,
    },
    /// Something is there that must not be.
    Present {
        /// Name of the row.
        row: String,
        /// It.
        event: EventIndex,
        /// The step that it refutes.
        with: Option<EventIndex>,
    },
    /// No log covers the time in which something must be absent (or perhaps it is there).
    NotCovered {
        /// Name of the row.
        row: String,
        /// Logs that would show it.
        dialects: Vec<Dialect>,
    },
    /// A log that the verdict takes to be missing was read.
    Covered {
        /// Name of the row.
        row: String,
    },
    /// A condition does not hold, or is not known.
    Condition {
        /// Its index in the pattern.
        index: usize,
        /// How it stands.
        state: ConditionState,
        /// It is about versions.
        is_version: bool,
        /// What shows it.
        evidence: Vec<EventIndex>,
    },
    /// All is there, but this is not certain.
    Uncertain(Doubt),
}

/// What a record misses to be a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Misfit {
    /// Too few of them lie together.
    Count {
        /// So many are wanted.
        wanted: usize,
    },
    /// It lies too far from the other step, or too near.
    Time {
        /// Distance in microseconds as printed, where it is known.
        distance: Option<i64>,
        /// What is allowed.
        within: Within,
    },
    /// It lies outside the window, or the named job did not run then.
    Window {
        /// The window, or the step.
        name: String,
    },
    /// It lies on the wrong side of the other step.
    Order,
    /// A value is not what it has to be.
    Value {
        /// The value.
        key: String,
    },
    /// It happened on another host, or no log tells on which.
    Host {
        /// The value there.
        mine: Option<String>,
        /// The value of the other step.
        theirs: Option<String>,
    },
    /// It is about another object, or does not tell about which.
    Id {
        /// The value.
        key: String,
        /// The value there.
        mine: Option<String>,
        /// The value of the other step.
        theirs: Option<String>,
    },
    /// The record is a step already.
    Taken,
}

impl Misfit {
    /// The nearest ones first: what misses only its time is nearer than what is about something else.
    fn rank(&self) -> u8 {
        match self {
            Misfit::Count { .. } => 0,
            Misfit::Window { .. } => 1,
            Misfit::Time { .. } => 2,
            Misfit::Order => 3,
            Misfit::Value { .. } => 4,
            Misfit::Host { .. } => 5,
            Misfit::Id { .. } => 6,
            Misfit::Taken => 7,
        }
    }
}

/// So many ways to fill the first steps are looked at; in a flood the others are like them.
const MOST_WAYS: usize = 2_000;
/// So many records are asked what they miss.
const MOST_RECORDS: usize = 20_000;

/// The way at hand and the best one so far.
struct Walk {
    ways: usize,
    best: Option<(Closeness, Vec<Bound>, Option<Obstacle>)>,
}

/// Steps found, then how near the obstacle is; greater is nearer.
type Closeness = (usize, i64);

impl Walk {
    fn offer(&mut self, closeness: Closeness, bound: &[Bound], obstacle: Option<Obstacle>) {
        if self.best.as_ref().is_none_or(|(held, ..)| closeness > *held) {
            self.best = Some((closeness, bound.to_vec(), obstacle));
        }
    }
}

impl Search<'_, '_> {
    /// How near each verdict with steps came, strongest first.
    pub fn nearest(&self) -> Vec<Nearest> {
        let with_steps =
            self.pattern.verdicts.iter().enumerate().filter(|(_, verdict)| !verdict.steps.is_empty());
        with_steps
            .filter_map(|(index, verdict)| {
                let mut walk = Walk { ways: 0, best: None };
                self.walk(verdict, &mut Vec::new(), &mut Notes::default(), &mut walk);
                let (_, bound, obstacle) = walk.best?;
                Some(Nearest { verdict: index, bound, obstacle })
            })
            .collect()
    }

    fn walk(&self, verdict: &Verdict, inner: &mut Vec<Bound>, notes: &mut Notes, walk: &mut Walk) {
        walk.ways += 1;
        let Some(step) = verdict.steps.get(inner.len()) else {
            let obstacle = self.behind_steps(verdict, inner, notes);
            walk.offer((inner.len(), obstacle.as_ref().map_or(1000, behind_rank)), inner, obstacle);
            return;
        };
        let bindings = Bindings { outer: &[], inner };
        let found = self.find(step, &bindings);
        if found.is_empty() {
            let (obstacle, near) = self.against(step, &bindings);
            walk.offer((inner.len(), near), inner, Some(obstacle));
            return;
        }
        for way in found {
            if walk.ways > MOST_WAYS {
                return;
            }
            let before = notes.doubts.len();
            notes.doubts.extend(way.doubts);
            inner.push(Bound { name: step.name.clone(), event: way.event, group: way.group, needed: 0 });
            self.walk(verdict, inner, notes, walk);
            inner.pop();
            notes.doubts.truncate(before);
        }
    }

    /// What stands against a step for which nothing was found, and how near that came.
    fn against(&self, step: &Step, bound: &Bindings<'_>) -> (Obstacle, i64) {
        let with = reference(&step.order)
            .and_then(|name| bound.event(name))
            .or_else(|| bound.last().map(|bound| bound.event));
        let all = self.world.of_kinds(&step.kinds);
        let judged = all.into_iter().take(MOST_RECORDS).filter_map(|event| {
            let misfits = self.misfits(step, event, bound);
            let count = i64::try_from(misfits.len()).unwrap_or(i64::MAX);
            let nearest = misfits.into_iter().max_by_key(Misfit::rank)?;
            let apart = with.and_then(|with| self.apart(with, event)).map_or(i64::MAX, i64::abs);
            Some(((count, nearest.rank(), apart), event, nearest))
        });
        match judged.min_by_key(|(key, ..)| *key) {
            Some(((count, rank, _), event, misfit)) => {
                let near = 100 - 10 * count.min(9) - i64::from(rank);
                (Obstacle::Unfit { step: step.name.clone(), event, with, misfit }, near)
            }
            None => {
                let dialects = self.dialects(&step.kinds);
                let was_read = self
                    .world
                    .sources
                    .iter()
                    .flat_map(|source| &source.dialects)
                    .any(|read| dialects.contains(read));
                (Obstacle::Missing { step: step.name.clone(), dialects, was_read }, 0)
            }
        }
    }

    fn dialects(&self, kinds: &[crate::base::event::EventKind]) -> Vec<Dialect> {
        let mut dialects: Vec<Dialect> = Vec::new();
        for def in kinds.iter().filter_map(|kind| self.world.catalogue.event(*kind)) {
            for dialect in &def.dialects {
                if !dialects.contains(dialect) {
                    dialects.push(*dialect);
                }
            }
        }
        dialects
    }

    /// Everything that a record misses to be this step.
    fn misfits(&self, step: &Step, event: EventIndex, bound: &Bindings<'_>) -> Vec<Misfit> {
        let mut misfits = Vec::new();
        if bound.inner.iter().any(|other| other.is_filled_by(event)) {
            return vec![Misfit::Taken];
        }
        for join in &step.same {
            let theirs = self.joined_value(join, &step.order, bound);
            let mine = self.world.value(event, &join.mine).map(std::borrow::Cow::into_owned);
            let equal = matches!((&mine, &theirs), (Some(mine), Some(theirs))
                if self.world.equal(&join.mine, mine, &join.theirs, theirs));
            if !equal {
                misfits.push(if crate::base::name::is_machine_key(&join.mine) {
                    Misfit::Host { mine, theirs }
                } else {
                    Misfit::Id { key: join.mine.clone(), mine, theirs }
                });
            }
        }
        let unfit = step.filters.iter().filter(|filter| self.world.holds(event, filter, bound) == Tri::No);
        misfits.extend(unfit.map(|filter| Misfit::Value { key: filter.key.clone() }));
        misfits.extend(self.misplaced(step, event, bound));
        for (index, wanted) in [(step.during, Tri::No), (step.outside, Tri::Yes)] {
            let placed = index.and_then(|index| {
                let def = self.pattern.windows.get(index)?;
                let placement = self.placement(index, event)?;
                (placement.inside == wanted).then(|| Misfit::Window { name: def.name.clone() })
            });
            misfits.extend(placed);
        }
        if misfits.is_empty() {
            misfits.push(match (&step.count, &step.running_at) {
                (Some(count), _) => Misfit::Count { wanted: count.at_least },
                (None, running) => {
                    Misfit::Window { name: running.clone().unwrap_or_else(|| step.name.clone()) }
                }
            });
        }
        misfits
    }

    fn misplaced(&self, step: &Step, event: EventIndex, bound: &Bindings<'_>) -> Option<Misfit> {
        let other = bound.event(reference(&step.order)?)?;
        let (first, second) =
            if matches!(step.order, Order::Before(_)) { (event, other) } else { (other, event) };
        let relation = self.world.clocks().relation(&self.world.point(first)?, &self.world.point(second)?);
        if self.place(&step.order, step.within, &relation) != Tri::No {
            return None;
        }
        if !matches!(step.order, Order::Near(_)) && relation.after() == Tri::No {
            return Some(Misfit::Order);
        }
        let within =
            step.within.unwrap_or(Within { from: crate::base::stamp::Span(0), to: self.pattern.horizon });
        Some(Misfit::Time { distance: distance(&relation), within })
    }

    fn apart(&self, one: EventIndex, other: EventIndex) -> Option<i64> {
        self.world.clocks().least_printed(&self.world.point(one)?, &self.world.point(other)?)
    }

    /// What stands against a verdict whose steps are all there.
    fn behind_steps(&self, verdict: &Verdict, bound: &[Bound], notes: &Notes) -> Option<Obstacle> {
        let bindings = Bindings::of(bound);
        let about = verdict.about.as_ref().unwrap_or(&self.pattern.about);
        let object = self.object(about, bound);
        let mut uncertain = notes.doubts.first().cloned().map(Obstacle::Uncertain);
        for absence in verdict.unless.iter().chain(&verdict.absent) {
            if let Seen::Yes(event) = self.seen(absence, &bindings) {
                let with = bound.last().map(|bound| bound.event);
                return Some(Obstacle::Present { row: absence.name.clone(), event, with });
            }
        }
        for absence in &verdict.absent {
            let row = || absence.name.clone();
            match self.seen(absence, &bindings) {
                Seen::Perhaps(_) => {
                    uncertain = uncertain.or(Some(Obstacle::Uncertain(Doubt::PerhapsPresent { row: row() })));
                }
                _ if self.covered(absence, &object, &bindings) => {}
                _ => {
                    let dialects = self.dialects(&absence.kinds);
                    uncertain = uncertain.or(Some(Obstacle::NotCovered { row: row(), dialects }));
                }
            }
        }
        let is_seen = |absence: &&Absence| {
            self.seen(absence, &bindings) != Seen::No || self.covered(absence, &object, &bindings)
        };
        if let Some(absence) = verdict.uncovered.iter().find(is_seen) {
            return Some(Obstacle::Covered { row: absence.name.clone() });
        }
        for (index, condition) in self.pattern.conditions.iter().enumerate() {
            let (needed, required) = (verdict.needs.contains(&index), verdict.requires.contains(&index));
            let judged = self.judge_condition(condition, bound);
            let is_version = matches!(condition.test, ConditionTest::Version(_));
            let clears = condition.unmet_clears && verdict.level != Level::Cleared;
            let obstacle =
                Obstacle::Condition { index, state: judged.state, is_version, evidence: judged.evidence };
            match judged.state {
                ConditionState::Met => {}
                ConditionState::Unmet if needed || required || is_version || clears => return Some(obstacle),
                ConditionState::Unknown if required => return Some(obstacle),
                ConditionState::Unknown if needed && !is_version => uncertain = uncertain.or(Some(obstacle)),
                _ => {}
            }
        }
        uncertain
    }
}

/// Of verdicts whose steps are all there, one that is only not certain is nearer than one that is refuted.
fn behind_rank(obstacle: &Obstacle) -> i64 {
    match obstacle {
        Obstacle::Uncertain(_) => 900,
        Obstacle::NotCovered { .. } => 800,
        Obstacle::Condition { state: ConditionState::Unknown, .. } => 700,
        _ => 500,
    }
}

fn distance(relation: &Relation) -> Option<i64> {
    match relation {
        Relation::Timed(distance) => Some(distance.least.midpoint(distance.most)),
        Relation::Placed(_) | Relation::Open => None,
    }
}
