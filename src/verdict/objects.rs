//! Which objects are one, whatever spelling of a machine's name they carry.
//!
//! A short name equals two full names that differ from each other. So that those two stay apart, an object joins
//! others only if it equals every one of them.
//!
//! A flood may be about millions of objects: their values are kept where those of the events are.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use indexmap::IndexSet;

use crate::correlate::spill::Address;
use crate::correlate::{EventIndex, Object, World};

/// Objects by number, in the order in which they were first met.
#[derive(Default)]
pub(super) struct Objects {
    /// Keys of objects, each list of them once.
    keys: IndexSet<Vec<String>>,
    spellings: Vec<Spelling>,
    /// The last spelling that may be equal, by the hash of what all of those have in common.
    by_key: HashMap<u32, u32>,
    count: u32,
}

/// One spelling of an object, keys in alphabetical order.
#[derive(Clone, Copy)]
struct Spelling {
    /// Where its values are kept.
    values: Option<Address>,
    keys: u32,
    number: u32,
    /// The spelling before it that may be equal.
    before: u32,
}

/// No spelling.
const NONE: u32 = u32::MAX;

/// An object that is known: its number, and that of the spelling.
#[derive(Clone, Copy)]
pub(super) struct Numbered {
    pub(super) number: u32,
    pub(super) spelling: u32,
}

/// The number of an object, or what is needed to give it one.
pub(super) enum Known {
    /// It is known.
    Numbered(Numbered),
    /// It is not.
    New(Unknown),
}

/// An object that has no number yet.
pub(super) struct Unknown {
    object: Object,
    hash: u32,
}

impl Objects {
    /// The number of an object, which it is given where it is met for the first time.
    pub(super) fn number(&mut self, world: &World<'_>, object: &Object, anchor: EventIndex) -> u32 {
        match self.find(world, object, anchor) {
            Known::Numbered(known) => known.number,
            Known::New(unknown) => self.add(world, &unknown).number,
        }
    }

    /// Looks an object up. Where not even one key is known, the stream of the anchor tells objects apart.
    pub(super) fn find(&mut self, world: &World<'_>, object: &Object, anchor: EventIndex) -> Known {
        let mut object = object.clone();
        object.sort();
        let hash = hash(world, &object, anchor);
        let mut known: Vec<(Numbered, Object)> =
            self.chain(hash).filter_map(|at| Some((at, self.spelled(world, at.spelling)?))).collect();
        known.reverse();
        if let Some((at, _)) = known.iter().find(|(_, other)| *other == object) {
            return Known::Numbered(*at);
        }
        let equals_all = |number: &u32| {
            let of_number = known.iter().filter(|(at, _)| at.number == *number);
            of_number.map(|(_, other)| other).all(|other| same(world, &object, other))
        };
        let number = known.iter().map(|(at, _)| at.number).find(equals_all);
        let unknown = Unknown { object, hash };
        match number {
            Some(number) => Known::Numbered(self.push(world, &unknown, number)),
            None => Known::New(unknown),
        }
    }

    /// Gives an object a number.
    pub(super) fn add(&mut self, world: &World<'_>, unknown: &Unknown) -> Numbered {
        let number = self.count;
        self.count = self.count.saturating_add(1);
        self.push(world, unknown, number)
    }

    fn push(&mut self, world: &World<'_>, Unknown { object, hash }: &Unknown, number: u32) -> Numbered {
        let (keys, _) = self.keys.insert_full(object.iter().map(|(key, _)| key.clone()).collect());
        let keys = u32::try_from(keys).unwrap_or(NONE);
        let spelling = u32::try_from(self.spellings.len()).unwrap_or(NONE);
        let before = self.by_key.insert(*hash, spelling).unwrap_or(NONE);
        let mut values = Vec::new();
        for (_, value) in object {
            let length = u32::try_from(value.len()).unwrap_or(NONE);
            values.extend_from_slice(&length.to_le_bytes());
            values.extend_from_slice(value.as_bytes());
        }
        let values = world.spill().keep(&values);
        self.spellings.push(Spelling { values, keys, number, before });
        Numbered { number, spelling }
    }

    /// What may be equal, last first.
    fn chain(&self, hash: u32) -> impl Iterator<Item = Numbered> + '_ {
        let mut next = self.by_key.get(&hash).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let spelling = next;
            let found = self.spelling(spelling)?;
            next = found.before;
            Some(Numbered { number: found.number, spelling })
        })
    }

    fn spelling(&self, spelling: u32) -> Option<Spelling> {
        self.spellings.get(usize::try_from(spelling).ok()?).copied()
    }

    /// Keys and values of a spelling, in alphabetical order.
    pub(super) fn spelled(&self, world: &World<'_>, spelling: u32) -> Option<Object> {
        let spelling = self.spelling(spelling)?;
        let keys = self.keys.get_index(usize::try_from(spelling.keys).ok()?)?;
        world.spill().look(spelling.values?, |mut values| {
            let mut take = |bytes: usize| {
                let (taken, rest) = values.split_at_checked(bytes)?;
                values = rest;
                Some(taken)
            };
            keys.iter()
                .map(|key| {
                    let length = u32::from_le_bytes(take(4)?.try_into().ok()?);
                    let value = take(usize::try_from(length).ok()?)?;
                    Some((key.clone(), String::from_utf8_lossy(value).into_owned()))
                })
                .collect()
        })
    }

    /// How many keys a spelling has.
    pub(super) fn length(&self, spelling: u32) -> usize {
        let keys = self.spelling(spelling).and_then(|spelling| usize::try_from(spelling.keys).ok());
        keys.and_then(|keys| self.keys.get_index(keys)).map_or(0, Vec::len)
    }
}

/// Equal for all spellings of one object (and for some that are not equal).
fn hash(world: &World<'_>, object: &Object, anchor: EventIndex) -> u32 {
    let mut hasher = DefaultHasher::new();
    for (key, value) in object {
        (key, world.value_key(key, value)).hash(&mut hasher);
    }
    if object.is_empty()
        && let Some(event) = world.event(anchor)
    {
        event.stream.hash(&mut hasher);
    }
    // Half of it is enough for a million objects, and half of a table.
    (hasher.finish() >> 32) as u32
}

fn same(world: &World<'_>, one: &Object, other: &Object) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|((key, mine), (their_key, theirs))| {
            key == their_key && world.equal(key, mine, their_key, theirs)
        })
}
