//! Which version of a product a host had at a moment, and whether the pattern says that it is affected.
//!
//! The version that counts is the latest one seen for the host at or before the moment, else one without a date, else
//! the next one after it. A correction that was seen before the moment makes an affected version one that is not.

use std::rc::Rc;

use crate::base::{ConditionState, Fact, FactKind, Stamp};
use crate::pattern::Pattern;
use crate::pattern::model::Affected;

use super::choice::Remark;
use super::links::FactsByName;
use super::relation::{Point, Tri};
use super::world::World;

/// What is known about the version of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionState {
    /// Is it affected?
    pub state: ConditionState,
    /// Index of the fact that tells.
    pub fact: Option<usize>,
    /// What is worth saying.
    pub remarks: Vec<Remark>,
}

impl VersionState {
    fn unknown() -> VersionState {
        VersionState { state: ConditionState::Unknown, fact: None, remarks: Vec::new() }
    }
}

impl World<'_> {
    /// Judges the version of a host at a moment.
    pub fn version_state(
        &self,
        pattern: &Pattern,
        host: Option<&str>,
        at: Option<&Point<'_>>,
    ) -> VersionState {
        let Some(host) = host else { return VersionState::unknown() };
        let of_host = self.version_facts(host);
        let facts: Vec<(usize, &Fact, &str, &Affected)> = of_host
            .iter()
            .filter_map(|index| Some((*index, self.facts.get(*index)?)))
            .filter_map(|(index, fact)| {
                let FactKind::Version { product, version } = &fact.kind else { return None };
                let affected = pattern.affected.iter().find(|affected| affected.product == *product)?;
                Some((index, fact, version.as_str(), affected))
            })
            .collect();
        let Some((index, fact, version, later)) = self.version_that_counts(&facts, at) else {
            return VersionState::unknown();
        };
        let product = match &fact.kind {
            FactKind::Version { product, .. } => product.as_str(),
            _ => "",
        };
        if let Some((index, fix)) = self.fix_seen(pattern, &of_host, at) {
            let seen = self.facts.get(index).map_or(Stamp::None, |fact| fact.stamp).to_string();
            return VersionState {
                state: ConditionState::Unmet,
                fact: Some(index),
                remarks: vec![Remark::FixSeen { fix, seen }],
            };
        }
        let mut remarks = Vec::new();
        if later {
            remarks.push(Remark::SeenLater { version: version.to_owned(), seen: fact.stamp.to_string() });
        }
        let state = judge(pattern, product, version, &mut remarks);
        if state == ConditionState::Unmet {
            remarks = vec![Remark::VersionContradicts {
                version: version.to_owned(),
                seen: fact.stamp.to_string(),
            }];
        }
        VersionState { state, fact: Some(index), remarks }
    }

    /// A correction of the failure that was seen on the host before the moment, or at a time that is not known. One
    /// that was seen later only says nothing about the moment: it may have come in between.
    fn fix_seen(
        &self,
        pattern: &Pattern,
        of_host: &[usize],
        at: Option<&Point<'_>>,
    ) -> Option<(usize, String)> {
        let mends =
            |id: &str| pattern.affected.iter().any(|affected| affected.fixes.iter().any(|fix| fix == id));
        of_host.iter().find_map(|index| {
            let fact = self.facts.get(*index)?;
            let FactKind::Fix { id } = &fact.kind else { return None };
            let seen_before = at.is_none_or(|at| {
                let seen = Point { stamp: fact.stamp, position: None, pid: None, source: fact.source, ..*at };
                !fact.stamp.is_dated()
                    || self.clocks().relation_without_tolerance(&seen, at).within(0, i64::MAX) == Tri::Yes
            });
            (mends(id) && seen_before).then(|| (*index, id.clone()))
        })
    }

    /// The facts about versions and corrections that are true for this host, in their order. Every pattern asks for
    /// them, for every host and every event that begins a failure.
    fn version_facts(&self, host: &str) -> Rc<Vec<usize>> {
        if let Some(known) = self.facts_of_host.borrow().get(host) {
            return Rc::clone(known);
        }
        let by_owner = self.facts_by_owner.get_or_init(|| {
            let mut by_owner = FactsByName::new();
            for (index, fact) in self.facts.iter().enumerate() {
                let owner = fact.host.as_deref().or(self.default_host.as_deref());
                if let (Some(owner), FactKind::Version { .. } | FactKind::Fix { .. }) = (owner, &fact.kind) {
                    by_owner.entry(self.names.table_key(owner)).or_default().push(index);
                }
            }
            by_owner
        });
        let of_table = by_owner.get(&self.names.table_key(host)).into_iter().flatten().copied();
        let is_its = |index: &usize| self.facts.get(*index).is_some_and(|fact| self.fact_is_of(fact, host));
        let found: Rc<Vec<usize>> = Rc::new(of_table.filter(is_its).collect());
        self.facts_of_host.borrow_mut().insert(host.to_owned(), Rc::clone(&found));
        found
    }

    /// Is the fact true for this host? One that names no host belongs to the host given for such sources.
    pub fn fact_is_of(&self, fact: &Fact, host: &str) -> bool {
        let owner = fact.host.as_deref().or(self.default_host.as_deref());
        owner.is_some_and(|owner| self.names.same(owner, host))
    }

    fn version_that_counts<'f>(
        &self,
        facts: &[(usize, &'f Fact, &'f str, &Affected)],
        at: Option<&Point<'_>>,
    ) -> Option<(usize, &'f Fact, &'f str, bool)> {
        let placed = facts.iter().map(|(index, fact, version, _)| {
            let before = match at {
                Some(at) if fact.stamp.is_dated() => {
                    let seen =
                        Point { stamp: fact.stamp, position: None, pid: None, source: fact.source, ..*at };
                    self.clocks().relation_without_tolerance(&seen, at).within(0, i64::MAX)
                }
                _ => Tri::Unknown,
            };
            (*index, *fact, *version, before)
        });
        let placed: Vec<_> = placed.collect();
        let time = |fact: &Fact| fact.stamp.instant().or(fact.stamp.civil_micros());
        let before =
            placed.iter().filter(|(.., before)| *before == Tri::Yes).max_by_key(|(_, fact, ..)| time(fact));
        let timeless = || placed.iter().find(|(_, fact, ..)| !fact.stamp.is_dated());
        let after = || {
            placed.iter().filter(|(_, fact, ..)| fact.stamp.is_dated()).min_by_key(|(_, fact, ..)| time(fact))
        };
        if let Some((index, fact, version, _)) = before {
            return Some((*index, fact, version, false));
        }
        if let Some((index, fact, version, _)) = timeless() {
            return Some((*index, fact, version, at.is_some()));
        }
        after().map(|(index, fact, version, _)| (*index, *fact, *version, at.is_some()))
    }
}

/// The list wins over the range; in the range but not on a list that is there is affected with a remark.
fn judge(pattern: &Pattern, product: &str, version: &str, remarks: &mut Vec<Remark>) -> ConditionState {
    let mut state = ConditionState::Unknown;
    for affected in pattern.affected.iter().filter(|affected| affected.product == product) {
        let Some(seen) = affected.ordering.parse(version) else { continue };
        if affected.versions.contains(&seen) {
            return ConditionState::Met;
        }
        let introduced = affected.introduced.as_ref().is_none_or(|first| seen >= *first);
        let not_fixed = affected.fixed.as_ref().is_none_or(|fixed| seen < *fixed);
        let not_past = affected.last_affected.as_ref().is_none_or(|last| seen <= *last);
        if introduced && not_fixed && not_past {
            if !affected.versions.is_empty() {
                remarks.push(Remark::NotListed { version: version.to_owned() });
            }
            return ConditionState::Met;
        }
        state = ConditionState::Unmet;
    }
    state
}
