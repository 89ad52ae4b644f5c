//! The built-in catalogue as the program carries it: each pattern and each event definition is read when it is first
//! asked for, because a scan of a small log needs few of them, and reading all took longer than reading the log.

use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::model::{Catalogue, EventDef, Pattern};
use crate::base::Dialect;
use crate::base::event::EventKind;

/// What is known of a part before it is read.
pub trait Part: Serialize + DeserializeOwned + Default {
    /// Kept outside of it.
    type Hint: Clone + Serialize + DeserializeOwned;

    /// As the part itself tells it.
    fn hint(&self) -> Self::Hint;
}

/// The dialects of a definition, a bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialects(u64);

const _: () = assert!(Dialect::ALL.len() <= 64);

impl Dialects {
    /// Is this one among them?
    pub fn has(self, dialect: Dialect) -> bool {
        self.0 & Dialects::bit(dialect) != 0
    }

    fn bit(dialect: Dialect) -> u64 {
        1 << (dialect as u64)
    }
}

impl Part for EventDef {
    type Hint = Dialects;

    fn hint(&self) -> Dialects {
        Dialects(self.dialects.iter().fold(0, |bits, dialect| bits | Dialects::bit(*dialect)))
    }
}

/// What verdicts of a pattern begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beginnings {
    /// Events.
    pub kinds: Vec<EventKind>,
    /// One of them begins with none: it rests on facts alone.
    pub facts_alone: bool,
}

impl Part for Pattern {
    type Hint = Beginnings;

    fn hint(&self) -> Beginnings {
        let mut beginnings = Beginnings::default();
        for verdict in &self.verdicts {
            match verdict.steps.first() {
                Some(step) => beginnings.kinds.extend(&step.kinds),
                None => beginnings.facts_alone = true,
            }
        }
        beginnings.kinds.sort_unstable();
        beginnings.kinds.dedup();
        beginnings
    }
}

/// A part that may not have been read yet; it behaves as the part.
pub struct Packed<T: Part> {
    /// As packed, and what is known of it: nothing where it was never packed, or may have been changed since.
    unread: Option<(&'static str, T::Hint)>,
    read: OnceLock<Box<T>>,
    /// Where it was never packed, or may have been changed.
    plain: Option<Box<T>>,
}

impl<T: Part> Packed<T> {
    fn new(text: &'static str, hint: T::Hint) -> Packed<T> {
        Packed { unread: Some((text, hint)), read: OnceLock::new(), plain: None }
    }

    /// What is known of it without reading it.
    pub fn hint(&self) -> T::Hint {
        match &self.unread {
            Some((_, hint)) => hint.clone(),
            None => self.deref().hint(),
        }
    }
}

impl<T: Part> From<T> for Packed<T> {
    fn from(part: T) -> Packed<T> {
        Packed { unread: None, read: OnceLock::new(), plain: Some(Box::new(part)) }
    }
}

/// What this very build packed it can read: a test reads everything.
fn parse<T: Part>(unread: Option<&(&'static str, T::Hint)>) -> Box<T> {
    unread.and_then(|(text, _)| serde_json::from_str(text).ok()).unwrap_or_default()
}

impl<T: Part> Deref for Packed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.plain {
            Some(plain) => plain,
            None => self.read.get_or_init(|| parse(self.unread.as_ref())),
        }
    }
}

impl<T: Part> DerefMut for Packed<T> {
    fn deref_mut(&mut self) -> &mut T {
        let (read, unread) = (self.read.take(), self.unread.take());
        self.plain.get_or_insert_with(|| read.unwrap_or_else(|| parse(unread.as_ref())))
    }
}

impl<T: Part + fmt::Debug> fmt::Debug for Packed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

/// How things are called, for own patterns that use them; stands on the second line.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Called {
    /// Events of shared files by name.
    pub events: IndexMap<String, EventKind>,
    /// Of each pattern its id, its aliases and its file.
    pub patterns: Vec<(String, Vec<String>, String)>,
}

impl Called {
    fn of(catalogue: &Catalogue) -> Called {
        let patterns: Vec<_> = catalogue
            .all_patterns()
            .map(|pattern| (pattern.id.clone(), pattern.aliases.clone(), pattern.file.clone()))
            .collect();
        let is_shared = |event: &EventDef| patterns.iter().all(|(id, ..)| *id != event.owner);
        let shared = (0..).zip(&catalogue.events).filter(|(_, event)| is_shared(event));
        let events = shared.map(|(number, event)| (event.name.clone(), EventKind(number))).collect();
        Called { events, patterns }
    }
}

/// What stands before the parts, on the first line; of each part its length in bytes and its hint.
#[derive(Serialize, Deserialize)]
struct Head {
    classes: IndexMap<String, Vec<EventKind>>,
    sets: IndexMap<String, Vec<String>>,
    hash: String,
    events: Vec<(usize, Dialects)>,
    patterns: Vec<(usize, Beginnings)>,
}

/// The catalogue as a text that [`unpack`] takes apart. Samples of events are left out.
pub fn pack(catalogue: &Catalogue) -> serde_json::Result<String> {
    let mut parts = String::new();
    let events = catalogue.events.iter().map(|event| {
        if event.is_by_text() {
            // Found here, they are packed too.
            event.literals();
        }
        add(event, &mut parts)
    });
    let events = events.collect::<serde_json::Result<_>>()?;
    let patterns = catalogue.patterns.iter().map(|pattern| add(pattern, &mut parts));
    let patterns = patterns.collect::<serde_json::Result<_>>()?;
    let (classes, sets) = (catalogue.classes.clone(), catalogue.sets.clone());
    let head = Head { classes, sets, hash: catalogue.hash.clone(), events, patterns };
    let called = Called::of(catalogue);
    Ok(format!("{}\n{}\n{parts}", serde_json::to_string(&head)?, serde_json::to_string(&called)?))
}

fn add<T: Part>(part: &Packed<T>, parts: &mut String) -> serde_json::Result<(usize, T::Hint)> {
    let text = serde_json::to_string(part.deref())?;
    parts.push_str(&text);
    Ok((text.len(), part.hint()))
}

/// The catalogue of a text that [`pack`] made; `None` for any other text.
pub fn unpack(text: &'static str) -> Option<Catalogue> {
    let (head, rest) = text.split_once('\n')?;
    let (_, parts) = rest.split_once('\n')?;
    let head: Head = serde_json::from_str(head).ok()?;
    let mut at = 0;
    let mut next = |length: usize| -> Option<&'static str> {
        let range: Range<usize> = at..at + length;
        at = range.end;
        parts.get(range)
    };
    let (mut events, mut patterns) = (Vec::new(), Vec::new());
    for (length, hint) in head.events {
        events.push(Packed::new(next(length)?, hint));
    }
    for (length, hint) in head.patterns {
        patterns.push(Packed::new(next(length)?, hint));
    }
    let (classes, sets, hash) = (head.classes, head.sets, head.hash);
    Some(Catalogue { patterns, events, classes, sets, hash, own: Vec::new() })
}

/// How the parts of a packed catalogue are called.
pub(crate) fn called(text: &str) -> Option<Called> {
    serde_json::from_str(text.split('\n').nth(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back_and_a_change_counts() {
        let event = EventDef { dialects: vec![Dialect::TsmError], ..EventDef::default() };
        let pattern = Pattern { id: "X".to_owned(), ..Pattern::default() };
        let catalogue = Catalogue {
            events: vec![event.into()],
            patterns: vec![pattern.into()],
            hash: "1".to_owned(),
            ..Catalogue::default()
        };
        let mut back = unpack(pack(&catalogue).unwrap().leak()).unwrap();
        assert!(back.events[0].hint().has(Dialect::TsmError));
        assert!(!back.events[0].hint().has(Dialect::TsmSched));
        assert_eq!(format!("{back:?}"), format!("{catalogue:?}"));
        back.events[0].dialects = vec![Dialect::TsmSched];
        assert!(
            back.events[0].hint().has(Dialect::TsmSched) && !back.events[0].hint().has(Dialect::TsmError)
        );
        assert!(unpack("{}").is_none() && unpack("{}\n").is_none());
    }

    /// A pattern of which one verdict rests on facts alone may begin with events as well.
    #[test]
    fn what_a_pattern_may_begin_with_makes_it_possible() {
        let catalogue = Catalogue::embedded();
        let is_possible = |id: &str, seen: Option<EventKind>, facts| {
            catalogue.possible(|kind| Some(kind) == seen, facts).any(|pattern| pattern.id == id)
        };
        let (mut begun, mut resting) = (0, 0);
        for pattern in catalogue.all_patterns() {
            let firsts: Vec<_> = pattern.verdicts.iter().map(|verdict| verdict.steps.first()).collect();
            for kind in firsts.iter().flatten().flat_map(|step| &step.kinds) {
                assert!(is_possible(&pattern.id, Some(*kind), false), "{}", pattern.id);
                begun += 1;
            }
            let rests = firsts.iter().any(Option::is_none);
            assert_eq!(is_possible(&pattern.id, None, true), rests, "{}", pattern.id);
            assert!(!is_possible(&pattern.id, None, false), "{}", pattern.id);
            resting += usize::from(rests && firsts.iter().any(Option::is_some));
        }
        assert!(begun > 100 && resting > 0, "{begun} {resting}");
    }
}
