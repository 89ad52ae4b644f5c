//! A whole shared file, and what shared files define together.

use indexmap::IndexMap;

use super::events::class_name;
use super::pattern::plain;
use super::{Checker, Known};
use crate::base::event::EventKind;
use crate::pattern::model::EventDef;
use crate::pattern::packed::Packed;
use crate::pattern::raw::RawShared;

/// The schema of shared files that this program reads.
const SHARED_SCHEMA: &str = "blogscan-events/1";

impl Checker<'_> {
    /// Checks a shared file; its events are numbered behind those that are known.
    pub(crate) fn shared(mut self, raw: &RawShared, name: &str) -> SharedFile {
        self.owner = name.to_owned();
        self.schema(&raw.schema, SHARED_SCHEMA);
        self.events(&raw.events, true);
        let names = std::mem::take(&mut self.names);
        let sets = raw.sets.iter().map(|(name, entries)| (name.get_ref().clone(), plain(entries))).collect();
        let parents = raw
            .parents
            .iter()
            .map(|(class, parent)| (class_name(class).to_owned(), class_name(parent).to_owned()));
        SharedFile { events: self.own, names, sets, parents: parents.collect() }
    }
}

/// What a shared file defines.
pub(crate) struct SharedFile {
    pub events: Vec<EventDef>,
    pub names: IndexMap<String, EventKind>,
    pub sets: IndexMap<String, Vec<String>>,
    pub parents: IndexMap<String, String>,
}

impl Known {
    /// Takes over what a shared file defines; its classes are raised once all files are in ([`Known::raise`]).
    pub(crate) fn add(&mut self, file: SharedFile, parents: &mut IndexMap<String, String>) {
        self.events.extend(file.events.into_iter().map(Packed::from));
        self.names.extend(file.names);
        self.sets.extend(file.sets);
        parents.extend(file.parents);
    }

    /// Enters every event under its classes and under all classes above them.
    pub(crate) fn raise(&mut self, parents: &IndexMap<String, String>) {
        for (index, event) in self.events.iter().enumerate() {
            let kind = EventKind(u32::try_from(index).unwrap_or(u32::MAX));
            for class in &event.classes {
                let mut class = Some(class);
                // A circle of parents ends after as many steps as there are classes.
                for _ in 0..=parents.len() {
                    let Some(name) = class else { break };
                    let kinds = self.classes.entry(name.clone()).or_default();
                    if !kinds.contains(&kind) {
                        kinds.push(kind);
                    }
                    class = parents.get(name);
                }
            }
        }
    }
}
