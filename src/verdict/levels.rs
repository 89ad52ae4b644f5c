//! The level of one outcome.

use crate::base::{ConditionState, Level};
use crate::correlate::{Choice, RowSource};
use crate::pattern::Pattern;
use crate::pattern::model::{ConditionTest, Verdict};

/// The level that a choice reaches. `None`: a version that is not affected removes it.
///
/// - A condition that clears turns it into `cleared`.
/// - Anything unknown lowers by one level in all.
/// - A choice that needs an unverified wording is at most `likely`; one of unverified wordings alone at most
///   `suspected`.
/// - A version that is not affected removes `exposed` and `suspected`, and lowers the rest by one; it never clears
///   what lines prove.
pub(super) fn level(pattern: &Pattern, verdict: &Verdict, choice: &Choice) -> Option<Level> {
    if choice.cleared_by.is_some() {
        return Some(Level::Cleared);
    }
    if matches!(verdict.level, Level::Cleared) {
        return Some(Level::Cleared);
    }
    let unmet = version_state(pattern, choice) == Some(ConditionState::Unmet);
    if unmet && matches!(verdict.level, Level::Exposed | Level::Suspected) {
        return None;
    }
    if verdict.level == Level::Exposed {
        return Some(Level::Exposed);
    }
    let mut level = verdict.level;
    if !choice.doubts.is_empty() {
        level = level.lowered();
    }
    if choice.unverified > 0 {
        let all = choice.unverified >= choice.steps.len();
        level = level.min(if all { Level::Suspected } else { Level::Likely });
    }
    if unmet {
        level = level.lowered();
    }
    Some(level)
}

/// How the pattern's version condition stands in a choice; `None` where the pattern has none.
fn version_state(pattern: &Pattern, choice: &Choice) -> Option<ConditionState> {
    choice.rows.iter().find_map(|row| match row.source {
        RowSource::Condition(index) => {
            let test = &pattern.conditions.get(index)?.test;
            matches!(test, ConditionTest::Version(_)).then_some(row.state)
        }
        _ => None,
    })
}
