//! Floor 3: choices to findings: levels, doubts, subsumption.
//!
//! | module | what |
//! |---|---|
//! | `levels` | the level of one outcome |
//! | `anchors` | what one event that begins a failure comes to |
//! | `tally` | what all of them say about each object |
//! | `subsume` | objects that another entry tells more about |
//! | `floods` | what is not shown each, and what the end of a log keeps open |
//! | `objects` | which objects are one |
//! | `exposed` | hosts on which nothing happened yet |
//! | `doubts` | what is not certain, in sentences |
//! | `collect` | which log would tell |
//! | `assemble` | entries to findings of the report |

mod anchors;
mod assemble;
mod collect;
mod doubts;
mod exposed;
mod floods;
mod levels;
mod objects;
mod subsume;
mod tally;

use crate::base::{Finding, Level, Notice};
use crate::correlate::{Bound, Search, World};
use crate::pattern::Pattern;
use crate::pattern::model::{Absence, ConditionDef, Verdict};

pub use tally::Entry;
use tally::Tally;

/// What the patterns come to.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Findings in report order.
    pub findings: Vec<Finding>,
    /// Notices that the correlation raised.
    pub notices: Vec<Notice>,
}

/// Judges every pattern that `wanted` admits.
pub fn judge(world: &World<'_>, wanted: &dyn Fn(&Pattern) -> bool) -> Judgement {
    let mut judgement = Judgement::default();
    let possible = world.catalogue.possible(|kind| world.has_seen(kind), !world.facts.is_empty());
    for pattern in possible.filter(|pattern| wanted(pattern)) {
        judge_pattern(world, pattern, &mut judgement);
        world.forget_tables();
    }
    sort(&mut judgement.findings);
    judgement
}

fn judge_pattern<'c>(world: &World<'c>, pattern: &'c Pattern, judgement: &mut Judgement) {
    let search = Search::new(world, pattern);
    let mut tally = Tally::of(&search);
    let held = subsume::held(world, &tally);
    // Numbers only: there may be a million of them.
    let mut standing: Vec<u32> =
        (0..).take(tally.standings.len()).filter(|object| !held.contains(object)).collect();
    let exposed =
        exposed::hosts(world, pattern, standing.iter().filter_map(|object| tally.standing(*object)));
    standing.sort_unstable_by_key(|object| {
        let standing = tally.standing(*object);
        let rank = standing.map(|standing| (std::cmp::Reverse(standing.level), standing.anchor));
        (!standing.is_some_and(|standing| Tally::is_asked(world, standing)), rank, *object)
    });
    let (shown, counted) = standing.split_at(standing.len().min(world.bounds.findings));
    let occurrences = tally.occurrences_of(shown);
    let mut shown = shown.to_vec();
    shown.sort_unstable();
    let mut entries: Vec<Entry> = Vec::with_capacity(shown.len());
    for object in &shown {
        entries.extend(occurrences.get(object).and_then(|of| tally.entry(*object, of)));
    }
    floods::ends(&search, &mut tally, &held, judgement);
    floods::counted(&search, &tally, counted, judgement);
    judgement.findings.extend(entries.iter().map(|entry| assemble::finding(&search, entry)));
    judgement.findings.extend(exposed.iter().map(|host| assemble::exposed(world, pattern, host)));
}

/// By level, impact, advisory, first time and object.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        let rank = |finding: &Finding| (std::cmp::Reverse(finding.level), finding.impact);
        let about = |finding: &Finding| -> Vec<(String, String)> {
            finding.about.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        rank(one)
            .cmp(&rank(other))
            .then_with(|| one.advisory.cmp(&other.advisory))
            .then_with(|| one.first.cmp(&other.first))
            .then_with(|| about(one).cmp(&about(other)))
            .then_with(|| one.key.cmp(&other.key))
    });
}

/// Which logs would tell more of a verdict, a condition or an absence, for steps that were found: filled with host,
/// object and time as a finding does.
pub fn to_collect(world: &World<'_>, asked: Asked<'_>, steps: &[Bound]) -> Option<String> {
    let host =
        steps.iter().find_map(|step| world.value(step.event, "host")).map(std::borrow::Cow::into_owned);
    let fill = |template| collect::fill(world, template, steps, &[], host.as_deref());
    match asked {
        Asked::Verdict(verdict) => verdict.collect.as_ref().map(fill),
        Asked::Condition(condition) => Some(fill(&condition.collect)),
        Asked::Absence(absence) => Some(match &absence.collect {
            Some(template) => fill(template),
            None => collect::for_absence(world, absence, steps),
        }),
    }
}

/// What is not known.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'p> {
    /// The rest of a verdict.
    Verdict(&'p Verdict),
    /// A condition.
    Condition(&'p ConditionDef),
    /// Whether something is absent.
    Absence(&'p Absence),
}

/// Is a finding at this level a reason for exit status 1 at this bound?
pub fn reaches(level: Level, bound: Level) -> bool {
    level != Level::Cleared && level >= bound
}
