//! Hosts on which nothing happened yet: the version is affected and a condition about configuration or use is met
//! by a record of that host. A version alone never exposes.

use std::collections::{HashMap, HashSet};

use crate::base::{ConditionState, Level};
use crate::correlate::conditions::Judged;
use crate::correlate::{Search, World};
use crate::pattern::Pattern;
use crate::pattern::model::ConditionTest;

use super::tally::Standing;

/// A host that is exposed, and why.
#[derive(Debug)]
pub(super) struct ExposedHost {
    /// Its name, as first spelled.
    pub host: String,
    /// Index of the verdict.
    pub verdict: usize,
    /// Every condition of the pattern, by index.
    pub conditions: Vec<(usize, Judged)>,
}

/// Exposed hosts of a pattern whose `exposed` verdict has no steps.
pub(super) fn hosts<'c, 's>(
    world: &World<'c>,
    pattern: &'c Pattern,
    standings: impl Iterator<Item = &'s Standing>,
) -> Vec<ExposedHost> {
    let Some((verdict, needs)) = pattern.verdicts.iter().enumerate().find_map(|(index, verdict)| {
        (verdict.level == Level::Exposed && verdict.steps.is_empty())
            .then(|| (index, verdict.needs.iter().chain(&verdict.requires).copied().collect::<Vec<_>>()))
    }) else {
        return Vec::new();
    };
    // Of a flood of findings only the hosts matter, and they are few.
    let found: HashSet<Option<String>> = standings
        .filter(|standing| standing.level >= Level::Suspected)
        .map(|standing| {
            let anchor = usize::try_from(standing.anchor).unwrap_or(usize::MAX);
            world.value(anchor, "host").map(std::borrow::Cow::into_owned)
        })
        .collect();
    known_hosts(world)
        .iter()
        .filter(|host| !may_have_finding(world, &found, host))
        .cloned()
        .filter_map(|host| {
            let search = Search { host: Some(host.clone()), ..Search::new(world, pattern) };
            let conditions: Vec<(usize, Judged)> = pattern
                .conditions
                .iter()
                .enumerate()
                .map(|(index, condition)| (index, search.judge_condition(condition, &[])))
                .collect();
            is_exposed(pattern, &needs, &conditions).then_some(ExposedHost { host, verdict, conditions })
        })
        .collect()
}

/// The version must be met, every need must be met, and one of them must be about more than the version.
fn is_exposed(pattern: &Pattern, needs: &[usize], conditions: &[(usize, Judged)]) -> bool {
    let state = |index: usize| conditions.iter().find(|(at, _)| *at == index).map(|(_, judged)| judged.state);
    let is_version = |index: usize| {
        pattern
            .conditions
            .get(index)
            .is_some_and(|condition| matches!(condition.test, ConditionTest::Version(_)))
    };
    let version_met =
        conditions.iter().any(|(index, judged)| is_version(*index) && judged.state == ConditionState::Met);
    let all_met = needs.iter().all(|index| state(*index) == Some(ConditionState::Met));
    let uses_it = needs.iter().any(|index| !is_version(*index));
    version_met && all_met && uses_it
}

/// Hosts that any fact or event names, each once, as first spelled.
fn known_hosts<'w>(world: &'w World<'_>) -> &'w [String] {
    world.hosts.get_or_init(|| named_hosts(world))
}

fn named_hosts(world: &World<'_>) -> Vec<String> {
    let named = world
        .facts
        .iter()
        .filter(|fact| !fact.kind.is_description())
        .filter_map(|fact| fact.host.as_deref())
        .chain(world.default_host.as_deref())
        .chain(world.all().filter_map(|event| event.host));
    let mut hosts: Vec<String> = Vec::new();
    let mut seen: HashMap<String, Vec<&str>> = HashMap::new();
    let mut last = None;
    for host in named {
        // Nearly all events name the same host as the one before.
        if last.replace(host) == Some(host) {
            continue;
        }
        let spellings = seen.entry(world.names.table_key(host)).or_default();
        if !spellings.iter().any(|known| world.names.same(known, host)) {
            spellings.push(host);
            hosts.push(host.to_owned());
        }
    }
    hosts
}

/// A finding of this host, or of one that is not known, says more than that it is exposed.
fn may_have_finding(world: &World<'_>, found: &HashSet<Option<String>>, host: &str) -> bool {
    found.iter().any(|theirs| theirs.as_ref().is_none_or(|theirs| world.names.same(theirs, host)))
}
