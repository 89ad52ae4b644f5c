//! Floor 1: one graph of machine names. Two spellings are one machine if the rules of `base::name` say so, or if a
//! record or the site's settings link them; never by similarity. It knows names only, neither records nor settings:
//! `scan` links what they show, and `correlate`, a floor above, asks.

use indexmap::IndexMap;

use crate::base::name::{fold, same_machine, short};

/// Names that belong together.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Short form of a linked name to the linked names that have it, with their group.
    by_short: IndexMap<String, Vec<(String, usize)>>,
    /// Group to the group that it was merged into.
    parents: Vec<usize>,
}

impl Names {
    /// No links: names are compared by their spelling alone.
    pub fn new() -> Names {
        Names::default()
    }

    /// One machine has both names.
    pub fn link(&mut self, one: &str, other: &str) {
        let (one, other) = (fold(one), fold(other));
        if one.is_empty() || other.is_empty() {
            return;
        }
        let group = self.add(one);
        let merged = self.add(other);
        let (group, merged) = (self.root(group), self.root(merged));
        if group != merged
            && let Some(parent) = self.parents.get_mut(group.max(merged))
        {
            *parent = group.min(merged);
        }
    }

    fn add(&mut self, name: String) -> usize {
        let members = self.by_short.entry(short(&name).to_owned()).or_default();
        if let Some((_, group)) = members.iter().find(|(member, _)| *member == name) {
            return *group;
        }
        let group = self.parents.len();
        self.parents.push(group);
        members.push((name, group));
        group
    }

    fn root(&self, mut group: usize) -> usize {
        while let Some(&parent) = self.parents.get(group) {
            if parent == group {
                break;
            }
            group = parent;
        }
        group
    }

    /// The group of a folded name. A short form that could stand for members of two groups belongs to neither.
    fn group(&self, folded: &str) -> Option<usize> {
        let members = self.by_short.get(short(folded))?;
        let mut groups = members
            .iter()
            .filter(|(member, _)| same_machine(member, folded))
            .map(|(_, group)| self.root(*group));
        let first = groups.next()?;
        groups.all(|group| group == first).then_some(first)
    }

    /// Do the two names mean one machine?
    pub fn same(&self, one: &str, other: &str) -> bool {
        let (one, other) = (fold(one), fold(other));
        same_machine(&one, &other) || self.group(&one).is_some_and(|group| Some(group) == self.group(&other))
    }

    /// Equal for every two names that [`Names::same`] holds equal (and for some that it does not: it is the key of
    /// a table, the names found there are to be compared).
    pub fn table_key(&self, name: &str) -> String {
        let folded = fold(name);
        match self.group(&folded) {
            Some(group) => format!("\u{1}{group}"),
            None => short(&folded).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_join_names_and_their_full_forms() {
        let mut names = Names::new();
        names.link("SRV-DB1", "db1.corp.local");
        assert!(names.same("srv-db1", "DB1.corp.local"));
        assert!(names.same("SRV-DB1.vm.example", "db1"));
        assert!(!names.same("srv-db1", "db1.other.example"));
        assert!(!names.same("srv-db2", "db1"));
        assert_eq!(names.table_key("SRV-DB1"), names.table_key("db1.corp.local"));
        names.link("db1.corp.local", "vm-204");
        assert!(names.same("srv-db1", "vm-204"));
    }

    #[test]
    fn no_similarity() {
        let names = Names::new();
        assert!(!names.same("srv1", "srv-1"));
        assert!(names.same("srv1", "SRV1.example"));
    }
}
