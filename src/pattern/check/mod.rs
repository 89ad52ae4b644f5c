//! From raw to checked: names are looked up, texts become values, and everything that is wrong is said.

mod conditions;
mod events;
mod lints;
mod pattern;
mod regexes;
mod rules;
mod shared;
mod values;

use std::collections::HashSet;

use indexmap::IndexMap;

pub(crate) use lints::check_sample_folders;
pub use lints::{BodyOf, CostOf};

use super::fault::{Faults, nearest};
use super::model::EventDef;
use super::packed::Packed;
use super::raw::tree::Text;
use crate::base::event::EventKind;

/// Products that a pattern may concern (`--product` takes the same words).
pub const PRODUCTS: [&str; 6] = ["backup-exec", "fcm-vmware", "netbackup", "tsm", "vsphere", "windows"];

/// Products of version facts.
pub const VERSIONED: [&str; 7] =
    ["backup-exec", "esx", "fcm-vmware", "netbackup", "tsm-client", "tsm-server", "vcenter"];

/// Values that every event has because its record has them.
const RECORD_KEYS: [&str; 4] = ["host", "stream", "pid", "session"];

/// Events, classes and sets that patterns share.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub events: Vec<Packed<EventDef>>,
    pub names: IndexMap<String, EventKind>,
    pub classes: IndexMap<String, Vec<EventKind>>,
    pub sets: IndexMap<String, Vec<String>>,
}

/// How much is checked.
#[derive(Clone, Copy)]
pub(crate) struct Depth<'a> {
    /// Regexes are parsed and samples are run; without it only names and values are checked (what is embedded has
    /// been checked by a test, and start-up must be cheap).
    pub regexes: bool,
    /// Takes a line of a dialect apart.
    pub body_of: Option<BodyOf<'a>>,
    /// Says why a regex makes every scan slower.
    pub cost_of: Option<CostOf<'a>>,
}

/// What a name of an event stands for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    /// One group per name; a class is one group of several.
    pub groups: Vec<Vec<EventKind>>,
}

impl Named {
    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        let mut kinds: Vec<EventKind> = Vec::new();
        for kind in self.groups.iter().flatten() {
            if !kinds.contains(kind) {
                kinds.push(*kind);
            }
        }
        kinds
    }
}

/// Steps that may be referred to, by name.
pub(crate) type Steps = IndexMap<String, Named>;

/// Checks one file against what is known.
pub(crate) struct Checker<'a> {
    known: &'a Known,
    depth: Depth<'a>,
    faults: &'a mut Faults,
    /// The whole file.
    text: &'a str,
    /// Pattern id, or name of the shared file.
    owner: String,
    own: Vec<EventDef>,
    names: IndexMap<String, EventKind>,
    uses: IndexMap<String, Named>,
    used: HashSet<EventKind>,
    windows: Vec<String>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(
        known: &'a Known,
        depth: Depth<'a>,
        text: &'a str,
        faults: &'a mut Faults,
    ) -> Checker<'a> {
        Checker {
            known,
            depth,
            faults,
            text,
            owner: String::new(),
            own: Vec::new(),
            names: IndexMap::new(),
            uses: IndexMap::new(),
            used: HashSet::new(),
            windows: Vec::new(),
        }
    }

    fn event(&self, kind: EventKind) -> Option<&EventDef> {
        let index = usize::try_from(kind.0).ok()?;
        let shared = self.known.events.len();
        if index < shared { Some(self.known.events.get(index)?) } else { self.own.get(index - shared) }
    }

    /// The number that the next event of this file gets.
    fn next_kind(&self) -> EventKind {
        EventKind(u32::try_from(self.known.events.len() + self.own.len()).unwrap_or(u32::MAX))
    }

    /// What an event name stands for: `class:x.y`, an alias of `[use]`, an event of this file, a shared event.
    fn lookup(&mut self, name: &Text) -> Option<Vec<EventKind>> {
        let word = name.get_ref().as_str();
        if let Some(class) = word.strip_prefix("class:") {
            let found = self.known.classes.get(class).filter(|kinds| !kinds.is_empty());
            if found.is_none() {
                let near = nearest(class, self.known.classes.keys().map(String::as_str)).map(str::to_owned);
                let fault = self.faults.error(name.span(), format!("no event raises the class `{class}`"));
                if let Some(near) = near {
                    fault.help(format!("did you mean `class:{near}`?"));
                }
            }
            return found.cloned();
        }
        if let Some(named) = self.uses.get(word) {
            return Some(named.kinds());
        }
        if let Some(kind) = self.names.get(word).or_else(|| self.known.names.get(word)).copied() {
            self.used.insert(kind);
            return Some(vec![kind]);
        }
        let all = self.uses.keys().chain(self.names.keys()).chain(self.known.names.keys());
        let near = nearest(word, all.map(String::as_str)).map(str::to_owned);
        let fault = self.faults.error(name.span(), format!("there is no event `{word}`"));
        match near {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!("define [event.{word}], or name it under [use]")),
        }
        None
    }

    fn lookup_all(&mut self, names: &[Text]) -> Named {
        Named { groups: names.iter().filter_map(|name| self.lookup(name)).collect() }
    }

    /// Does every event of these give this value? Of a class it is enough that some event gives it: its events come
    /// from several products, and one that lacks the value joins nothing.
    fn gives(&self, named: &Named, key: &str) -> bool {
        RECORD_KEYS.contains(&key)
            || named.groups.iter().all(|group| {
                group.iter().any(|kind| self.event(*kind).is_some_and(|event| event_gives(event, key)))
            })
    }

    /// Says so where a value is not given.
    fn must_give(&mut self, named: &Named, key: &str, at: &Text) {
        if named.groups.is_empty() || self.gives(named, key) {
            return;
        }
        let lacking: Vec<String> = named
            .groups
            .iter()
            .filter(|group| !self.gives(&Named { groups: vec![(*group).clone()] }, key))
            .filter_map(|group| self.event(*group.first()?).map(|event| format!("`{}`", event.name)))
            .collect();
        self.faults
            .error(at.span(), format!("{} gives no value `{key}`", lacking.join(" and ")))
            .help(format!("capture it: `(?<{key}>...)` in the text, or `capture = [\"{key}\"]` for a field"));
    }
}

/// Does this event carry a value of this name?
fn event_gives(event: &EventDef, key: &str) -> bool {
    event.set.contains_key(key)
        || event.capture.contains_key(key)
        || event.texts.iter().any(|text| group_names(text).any(|name| name == key))
}

/// The names of the groups of a regex, read without parsing it (start-up must be cheap).
fn group_names(regex: &str) -> impl Iterator<Item = &str> {
    regex.split("(?").skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('P').unwrap_or(rest).strip_prefix('<')?;
        let (name, _) = rest.split_once('>')?;
        (!name.starts_with(['=', '!'])).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_groups() {
        let names: Vec<_> = group_names(r"(?<a>x)(?:y)(?P<b_2>z)(?i)").collect();
        assert_eq!(names, ["a", "b_2"]);
    }
}
