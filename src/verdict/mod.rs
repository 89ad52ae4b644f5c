//! Floor 3: choices to findings: levels, doubts, subsumption.
//!
//! | module | what |
//! |---|---|
//! | `levels` | the level of one outcome |
//! | `anchors` | outcomes of one pattern to one entry per object |
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
mod levels;
mod objects;

use std::collections::HashSet;

use crate::base::{Event, Finding, Level, Notice, NoticeCode};
use crate::correlate::{Bound, Search, World};
use crate::pattern::Pattern;
use crate::pattern::model::{Absence, ConditionDef, Verdict};

pub use anchors::Entry;

/// Gives back the text of an event as it was read.
pub trait Texts {
    /// The record's text; what can't be read any more is empty.
    fn text(&self, event: &Event) -> String;
}

/// What the patterns come to.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Findings in report order.
    pub findings: Vec<Finding>,
    /// Notices that the correlation raised.
    pub notices: Vec<Notice>,
}

/// Judges every pattern that `wanted` admits.
pub fn judge(world: &World<'_>, texts: &dyn Texts, wanted: &dyn Fn(&Pattern) -> bool) -> Judgement {
    let mut judgement = Judgement::default();
    for pattern in world.catalogue.patterns.iter().filter(|pattern| wanted(pattern)) {
        judge_pattern(world, pattern, texts, &mut judgement);
    }
    sort(&mut judgement.findings);
    judgement
}

fn judge_pattern<'c>(world: &World<'c>, pattern: &'c Pattern, texts: &dyn Texts, judgement: &mut Judgement) {
    let search = Search::new(world, pattern);
    let outcomes = search.outcomes();
    let mut entries = anchors::entries(world, pattern, &outcomes);
    anchors::subsume(world, &mut entries);
    open_ends(world, &entries, &outcomes.open_ends, NoticeCode::OpenEnd, judgement);
    open_ends(world, &entries, &outcomes.holes, NoticeCode::Hole, judgement);
    let exposed = exposed::hosts(world, pattern, &entries);
    judgement.findings.extend(entries.iter().map(|entry| assemble::finding(&search, entry, texts)));
    judgement.findings.extend(exposed.iter().map(|host| assemble::exposed(world, pattern, host, texts)));
}

/// A failure began and the log ends, or has a hole, where it would show: said as a notice, since no verdict holds.
fn open_ends(
    world: &World<'_>,
    entries: &[Entry],
    open_ends: &[(crate::correlate::EventIndex, String)],
    code: NoticeCode,
    judgement: &mut Judgement,
) {
    if open_ends.is_empty() {
        return;
    }
    let told: HashSet<crate::correlate::EventIndex> = entries
        .iter()
        .flat_map(|entry| entry.anchors.iter().copied().chain(entry.choice.bound_events()))
        .collect();
    let mut raised: HashSet<(Option<String>, Option<u64>, String)> = HashSet::new();
    for (anchor, row) in open_ends {
        let Some(event) = world.event(*anchor) else { continue };
        let notice = Notice {
            code,
            source: Some(world.path(event.source).to_owned()),
            line: event.line,
            detail: match code {
                NoticeCode::Hole => {
                    format!("the log has a hole where it would show whether this did harm ({row})")
                }
                _ => format!("the log ends before it can be said whether this did harm ({row})"),
            },
        };
        let once = (notice.source.clone(), notice.line, notice.detail.clone());
        if !told.contains(anchor) && raised.insert(once) {
            judgement.notices.push(notice);
        }
    }
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
