//! Which objects are one, whatever spelling of a machine's name they carry.
//!
//! A short name equals two full names that differ from each other. So that those two stay apart, an object joins
//! others only if it equals every one of them.

use std::collections::HashMap;

use crate::correlate::{EventIndex, Object, World};

/// Objects by number, in the order in which they were first met.
#[derive(Default)]
pub(super) struct Objects {
    /// Spellings, keys in alphabetical order.
    spellings: Vec<Object>,
    /// Number of each spelling.
    numbers: Vec<usize>,
    /// Spellings that may be equal.
    by_key: HashMap<Object, Vec<usize>>,
    count: usize,
}

impl Objects {
    /// The number of an object. Where not even one key is known, the stream of the anchor tells objects apart.
    pub(super) fn number(&mut self, world: &World<'_>, object: &Object, anchor: EventIndex) -> usize {
        let mut object = object.clone();
        object.sort();
        let object = &object;
        let known = self.by_key.entry(key(world, object, anchor)).or_default();
        let number_of = |spelling: &usize| self.numbers.get(*spelling).copied();
        let spelled = |spelling: &usize| self.spellings.get(*spelling);
        if let Some(same) = known.iter().find(|spelling| spelled(spelling) == Some(object)) {
            return number_of(same).unwrap_or_default();
        }
        let number = known
            .iter()
            .filter_map(number_of)
            .find(|number| {
                known
                    .iter()
                    .filter(|spelling| number_of(spelling) == Some(*number))
                    .filter_map(spelled)
                    .all(|other| same(world, object, other))
            })
            .unwrap_or(self.count);
        self.count = self.count.max(number + 1);
        known.push(self.spellings.len());
        self.spellings.push(object.clone());
        self.numbers.push(number);
        number
    }
}

/// Equal for all spellings of one object (and for some that are not equal).
fn key(world: &World<'_>, object: &Object, anchor: EventIndex) -> Object {
    let mut key: Object =
        object.iter().map(|(key, value)| (key.clone(), world.value_key(key, value))).collect();
    if key.is_empty()
        && let Some(event) = world.event(anchor)
    {
        key.push((String::new(), event.stream.0.to_string()));
    }
    key
}

fn same(world: &World<'_>, one: &Object, other: &Object) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|((key, mine), (their_key, theirs))| {
            key == their_key && world.equal(key, mine, their_key, theirs)
        })
}
