//! Which records show that two names are one machine's: what a finding that joins two spellings rests on.

use std::collections::{HashMap, VecDeque};

use crate::base::FactKind;
use crate::base::name::{fold, same_machine, short};

use super::world::World;

/// Facts by the short forms of the names that they tie.
pub(super) type FactsByName = HashMap<String, Vec<usize>>;

/// Names on the way from one to the other; nobody would follow a longer proof.
const LONGEST_PROOF: usize = 5;

/// No machine has so many names.
const MOST_NAMES: usize = 256;

impl World<'_> {
    /// The facts, one after the other, that lead from one name to the other. None where the spelling alone is enough,
    /// or where the site's settings tell it.
    pub fn proof_of_name(&self, one: &str, other: &str) -> Vec<usize> {
        let (one, other) = (fold(one), fold(other));
        if same_machine(&one, &other) || !self.names.same(&one, &other) {
            return Vec::new();
        }
        let by_name = self.facts_by_name.get_or_init(|| self.tying_facts());
        let mut ways = VecDeque::from([(one.clone(), Vec::new())]);
        let mut seen = vec![one];
        while let Some((name, way)) = ways.pop_front() {
            if same_machine(&name, &other) {
                return way;
            }
            if way.len() >= LONGEST_PROOF {
                continue;
            }
            for fact in by_name.get(short(&name)).into_iter().flatten() {
                let Some((mine, theirs)) = self.tied(*fact) else { continue };
                let next = match (same_machine(&mine, &name), same_machine(&theirs, &name)) {
                    (true, _) => theirs,
                    (_, true) => mine,
                    _ => continue,
                };
                if seen.len() < MOST_NAMES && self.names.same(&next, &other) && !seen.contains(&next) {
                    seen.push(next.clone());
                    let mut way = way.clone();
                    way.push(*fact);
                    ways.push_back((next, way));
                }
            }
        }
        Vec::new()
    }

    fn tied(&self, fact: usize) -> Option<(String, String)> {
        match &self.facts.get(fact)?.kind {
            FactKind::SameMachine { one, other } => Some((fold(one), fold(other))),
            _ => None,
        }
    }

    fn tying_facts(&self) -> FactsByName {
        let mut by_name = FactsByName::new();
        for fact in 0..self.facts.len() {
            let Some((one, other)) = self.tied(fact) else { continue };
            for name in [one, other] {
                by_name.entry(short(&name).to_owned()).or_default().push(fact);
            }
        }
        by_name
    }
}
