//! Objects that another entry of the same pattern tells more about.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::correlate::{Object, World};

use super::tally::{Standing, Tally};

/// Objects of which another one at the same or a higher level holds all keys and values.
///
/// Only objects with more keys can hold another one; they are found by the rarest of its values, so that a flood of
/// objects is not compared with itself.
pub(super) fn held(world: &World<'_>, tally: &Tally<'_, '_, '_>) -> HashSet<u32> {
    let all = || tally.standings.iter();
    let lengths = || all().map(|standing| tally.keys(standing));
    let (Some(shortest), Some(longest)) = (lengths().min(), lengths().max()) else { return HashSet::new() };
    if shortest == longest {
        return HashSet::new();
    }
    let pairs = |object: &Object| -> Vec<u64> { object.iter().map(|pair| hash(world, pair)).collect() };
    let asked: HashSet<u64> = all()
        .filter(|standing| tally.keys(standing) < longest)
        .flat_map(|standing| pairs(&tally.object(standing)))
        .collect();
    let mut holders: Vec<(u64, usize)> = all()
        .enumerate()
        .filter(|(_, standing)| tally.keys(standing) > shortest)
        .flat_map(|(at, standing)| pairs(&tally.object(standing)).into_iter().map(move |pair| (pair, at)))
        .filter(|(pair, _)| asked.contains(pair))
        .collect();
    holders.sort_unstable();
    let of_pair = |pair: u64| {
        let from = holders.partition_point(|(other, _)| *other < pair);
        let to = holders.partition_point(|(other, _)| *other <= pair);
        holders.get(from..to).unwrap_or_default()
    };
    let holds = |holder: &Standing, standing: &Standing, object: &Object| {
        holder.level >= standing.level && object.len() < tally.keys(holder) && {
            let holder = tally.object(holder);
            object.iter().all(|(key, value)| {
                holder.iter().any(|(theirs, held)| theirs == key && world.equal(key, value, key, held))
            })
        }
    };
    let is_held = |standing: &Standing| {
        let object = tally.object(standing);
        let rarest = pairs(&object).into_iter().map(of_pair).min_by_key(|list| list.len());
        rarest.unwrap_or_default().iter().any(|(_, holder)| {
            tally.standings.get(*holder).is_some_and(|holder| holds(holder, standing, &object))
        })
    };
    (0..).zip(all()).filter(|(_, standing)| is_held(standing)).map(|(number, _)| number).collect()
}

fn hash(world: &World<'_>, (key, value): &(String, String)) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key, world.value_key(key, value)).hash(&mut hasher);
    hasher.finish()
}
