//! Values of events: what they carry themselves, what they take from their session, and how values are compared.

use std::borrow::Cow;
use std::rc::Rc;

use indexmap::IndexSet;

use crate::base::event::EventKind;
use crate::base::name::{fold, is_machine_key};
use crate::pattern::model::{Operand, Reference, Test, Where, in_set};

use super::choice::Bindings;
use super::relation::Tri;
use super::world::{EventIndex, World};

/// Machines that some logs name.
#[derive(Debug)]
pub struct Machines {
    /// The first names, as spelled.
    pub first: Vec<String>,
    /// How many spellings there are.
    pub count: usize,
    /// Only logs of backup jobs name them.
    pub by_jobs: bool,
}

/// How many names are worth printing.
const MOST_NAMES: usize = 8;

impl World<'_> {
    /// The value of an event: its own, else the one on which the records of its session agree. `host`, `stream`,
    /// `pid`, `session` and `source` are those of the record.
    pub fn value(&self, index: EventIndex, key: &str) -> Option<Cow<'_, str>> {
        let event = self.event(index)?;
        match key {
            "stream" => return Some(Cow::Owned(event.stream.0.to_string())),
            "session" => return event.session.map(|session| Cow::Owned(session.to_string())),
            "pid" => return event.pid.map(|pid| Cow::Owned(pid.to_string())),
            "host" => {
                return event.value("host").map(Cow::Owned).or(event.host.map(Cow::Borrowed));
            }
            _ => {}
        }
        if let Some(value) = event.value(key) {
            return Some(Cow::Owned(value));
        }
        let session = usize::try_from(event.session?).ok().and_then(|session| self.sessions.get(session))?;
        session.values.get(key).map(|value| Cow::Borrowed(&**value))
    }

    /// The machines that events of these kinds name under a key.
    pub fn machines(&self, kinds: &[EventKind], key: &str) -> Rc<Machines> {
        let question = (kinds.to_vec(), key.to_owned());
        if let Some(known) = self.machines.borrow().get(&question) {
            return Rc::clone(known);
        }
        let mut names: IndexSet<String> = IndexSet::new();
        let mut by_jobs = true;
        for event in self.of_kinds(kinds) {
            let Some(name) = self.value(event, key) else { continue };
            // What VMware or Windows wrote is no job log.
            let product = self.event(event).map(|event| event.dialect.product());
            by_jobs &= !matches!(product, Some("vmware" | "windows"));
            if !names.contains(&*name) {
                names.insert(name.into_owned());
            }
        }
        let count = names.len();
        let machines =
            Rc::new(Machines { first: names.into_iter().take(MOST_NAMES).collect(), count, by_jobs });
        self.machines.borrow_mut().insert(question, Rc::clone(&machines));
        machines
    }

    /// Key of a value in a table: equal for all spellings of one machine.
    pub fn value_key(&self, key: &str, value: &str) -> String {
        if is_machine_key(key) { self.names.table_key(value) } else { value.to_owned() }
    }

    /// Are two values equal? Names of machines by the graph of names, everything else to the letter. Process ids
    /// mean nothing across hosts, sessions nothing across sources: the record's own keys compare as numbers.
    pub fn equal(&self, my_key: &str, mine: &str, their_key: &str, theirs: &str) -> bool {
        if is_machine_key(my_key) || is_machine_key(their_key) {
            self.names.same(mine, theirs)
        } else {
            mine == theirs
        }
    }

    /// Does a predicate hold for an event?
    pub fn holds(&self, index: EventIndex, filter: &Where, bound: &Bindings<'_>) -> Tri {
        let Some(value) = self.value(index, &filter.key) else { return Tri::Unknown };
        // A dialect that could not tell says so; only a predicate that asks for just that is answered by it.
        if &*value == UNKNOWN && !names_unknown(&filter.test) {
            return Tri::Unknown;
        }
        self.test(&filter.key, &value, &filter.test, bound)
    }

    /// Do all predicates hold?
    pub fn all_hold(&self, index: EventIndex, filters: &[Where], bound: &Bindings<'_>) -> Tri {
        filters.iter().fold(Tri::Yes, |all, filter| all.and(self.holds(index, filter, bound)))
    }

    fn test(&self, key: &str, value: &str, test: &Test, bound: &Bindings<'_>) -> Tri {
        match test {
            Test::In(operands) => operands
                .iter()
                .fold(Tri::No, |any, operand| any.or(self.equals_operand(key, value, operand, bound))),
            Test::NotIn(operands) => {
                let any = operands
                    .iter()
                    .fold(Tri::No, |any, operand| any.or(self.equals_operand(key, value, operand, bound)));
                match any {
                    Tri::Yes => Tri::No,
                    Tri::No => Tri::Yes,
                    Tri::Unknown => Tri::Unknown,
                }
            }
            Test::Above(limit) => number(value).map_or(Tri::Unknown, |number| Tri::certain(number > *limit)),
            Test::Below(limit) => number(value).map_or(Tri::Unknown, |number| Tri::certain(number < *limit)),
            Test::Matches(regex) => Tri::certain(regex.is_match(value)),
        }
    }

    fn equals_operand(&self, key: &str, value: &str, operand: &Operand, bound: &Bindings<'_>) -> Tri {
        match operand {
            Operand::Text(text) => Tri::certain(self.equal(key, value, key, text)),
            Operand::Of(reference) => match self.referred(reference, bound) {
                Some(other) => Tri::certain(self.equal(key, value, &reference.key, &other)),
                None => Tri::Unknown,
            },
            Operand::BackupAccounts => {
                let account = account(value);
                Tri::certain(self.backup_accounts.contains(&account))
            }
            Operand::SystemAccounts => Tri::certain(SYSTEM_ACCOUNTS.contains(&account(value).as_str())),
            Operand::Set(name) => {
                let entries = self.catalogue.sets.get(name).map(Vec::as_slice).unwrap_or_default();
                Tri::certain(in_set(entries, value))
            }
        }
    }

    /// The value that a reference means, among the bound steps.
    pub fn referred(&self, reference: &Reference, bound: &Bindings<'_>) -> Option<Cow<'_, str>> {
        let index = bound.event(&reference.step)?;
        self.value(index, &reference.key)
    }
}

/// What dialects write where a log leaves a value open (`result`, `method`).
const UNKNOWN: &str = "unknown";

fn names_unknown(test: &Test) -> bool {
    match test {
        Test::In(operands) | Test::NotIn(operands) => {
            operands.iter().any(|operand| matches!(operand, Operand::Text(text) if text == UNKNOWN))
        }
        Test::Above(_) | Test::Below(_) | Test::Matches(_) => false,
    }
}

/// Accounts that are no person: they tell nothing about who asked.
const SYSTEM_ACCOUNTS: &[&str] = &["root", "vpxuser", "dcui", "system", "vpxd", "machine", ""];

/// An account without its domain, case folded: `CORP\svc-backup`, `svc-backup@corp` and `SVC-BACKUP` are one.
pub fn account(name: &str) -> String {
    let name = name.trim();
    let name = name.rsplit_once('\\').map_or(name, |(_, account)| account);
    let name = name.split_once('@').map_or(name, |(account, _)| account);
    fold(name)
}

fn number(value: &str) -> Option<f64> {
    value.trim().replace(',', ".").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_sets() {
        assert_eq!(account("CORP\\SVC-Backup"), "svc-backup");
        assert_eq!(account("svc-backup@vsphere.local"), "svc-backup");
        let entries = ["NBU_SNAPSHOT*".to_owned(), "Consolidate Helper".to_owned()];
        assert!(in_set(&entries, "nbu_snapshot vm1 123"));
        assert!(!in_set(&entries, "Consolidate Helper-0"));
        assert_eq!(number("12,5"), Some(12.5));
    }
}
