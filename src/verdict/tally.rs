//! What the anchors of one pattern say about each object, counted while they are judged one after the other.
//!
//! The entry of an object is that of its strongest anchor, then the earliest; its other anchors at the same level are
//! repeats. A flood has as many anchors as a log has lines: of each only a few numbers are kept, and what a report
//! shows is judged again.

use std::collections::HashMap;

use crate::base::stamp::MINUTE;
use crate::base::{Level, SourceId};
use crate::correlate::{Choice, EventIndex, Object, Row, Run, Search, World};

use super::anchors::{Anchored, Leveled, anchored, refuted_rows};
use super::objects::{Known, Objects};

/// What a pattern says about one object.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Index of the verdict that holds.
    pub verdict: usize,
    /// The level.
    pub level: Level,
    /// The object.
    pub object: Object,
    /// The chosen choice.
    pub choice: Choice,
    /// Those of the other anchors at this level, as far as their objects are listed.
    pub others: Vec<Choice>,
    /// The anchor of the chosen choice.
    pub anchor: EventIndex,
    /// The first and the last dated event of all anchors at this level.
    pub span: Vec<EventIndex>,
    /// Other occurrences at this level.
    pub repeats: u64,
    /// Rows of stronger verdicts that were refuted.
    pub refuted: Vec<Row>,
}

/// An anchor within this time of the one before, in the same stream, belongs to that one.
const ONE_OCCURRENCE: i64 = MINUTE;

/// Of so many further occurrences of one finding the objects are listed. Each costs a look at all events of a kind.
const MOST_LISTED: usize = 100;

/// So many are tried for it.
const MOST_TRIED: usize = 10 * MOST_LISTED;

/// Of so many occurrences what they say is held at once, 24 bytes each, to find those that stand in two logs.
const MOST_COMPARED: usize = 500_000;

/// Spreads times that are round numbers (the golden ratio).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// What is known of one object so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// The highest level of its occurrences.
    pub(super) level: Level,
    /// The spelling of the object in the chosen outcome.
    pub(super) spelling: u32,
    /// The anchor of the chosen outcome: the earliest at that level.
    pub(super) anchor: u32,
    /// Its occurrence.
    occurrence: u32,
    /// The first and the last dated event of the occurrences at that level.
    first: u32,
    last: u32,
    /// The anchor met last, its stream and its occurrence.
    met: (u32, u32, u32),
    /// How many occurrences reached that level.
    count: u32,
    /// They do not all stand in one source.
    in_several: bool,
}

/// A verdict that only the end of a log, or a hole in it, kept from holding.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) anchor: u32,
    /// The row not covered.
    pub(super) row: u32,
    pub(super) is_hole: bool,
}

/// Those of the occurrences of an object that a report tells more of.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    /// The first anchors, in their order.
    pub(super) anchors: Vec<EventIndex>,
    /// How many occurrences there are, one that stands in two copies of a log counted once.
    pub(super) count: usize,
}

/// No event.
const NONE: u32 = u32::MAX;

/// What the anchors of a pattern say.
pub(super) struct Tally<'s, 'w, 'c> {
    search: &'s Search<'w, 'c>,
    objects: Objects,
    pub(super) standings: Vec<Standing>,
    /// Levels of occurrences.
    occurrences: Vec<Level>,
    /// Object, anchor and level of anchors that made or raised an occurrence.
    contributions: Run<3>,
    /// Where an object stands in several streams: the anchor met last in each of the others, and its occurrence.
    elsewhere: HashMap<(u32, u32), (u32, u32)>,
    /// Events that stand in the group of an earlier anchor of an object, with the occurrence.
    grouped: HashMap<(u32, u32), u32>,
    /// So many of them before those that lie behind are taken out.
    most_grouped: usize,
    /// Anchor, and row with the lowest bit for a hole.
    ends: Run<2>,
    pub(super) rows: Vec<String>,
    /// Objects that are not told apart any more, by level: how many outcomes, the first and the last anchor.
    pub(super) beyond: HashMap<Level, (u64, u32, u32)>,
    /// Objects at each level when they were first met.
    counts: HashMap<Level, usize>,
}

impl<'s, 'w, 'c> Tally<'s, 'w, 'c> {
    /// Judges every anchor of a pattern.
    pub(super) fn of(search: &'s Search<'w, 'c>) -> Tally<'s, 'w, 'c> {
        let mut tally = Tally {
            search,
            objects: Objects::default(),
            standings: Vec::new(),
            occurrences: Vec::new(),
            contributions: Run::default(),
            elsewhere: HashMap::new(),
            grouped: HashMap::new(),
            most_grouped: 1024,
            ends: Run::default(),
            rows: Vec::new(),
            beyond: HashMap::new(),
            counts: HashMap::new(),
        };
        for anchor in search.anchors() {
            let judged = anchored(search, anchor);
            tally.add_ends(anchor, &judged);
            for kept in &judged.kept {
                tally.add(anchor, kept);
            }
        }
        tally
    }

    fn add_ends(&mut self, anchor: EventIndex, judged: &Anchored) {
        let ends = judged.open_ends.iter().map(|row| (row, false));
        for (name, is_hole) in ends.chain(judged.holes.iter().map(|row| (row, true))) {
            let known = self.rows.iter().position(|row| row == name);
            let row = number(known.unwrap_or(self.rows.len()));
            if known.is_none() {
                self.rows.push(name.clone());
            }
            self.ends.push(&self.search.world.spill(), [number(anchor), row << 1 | u32::from(is_hole)]);
        }
    }

    /// Is there no verdict that only an end kept from holding?
    pub(super) fn has_no_ends(&self) -> bool {
        self.ends.is_empty()
    }

    /// All of them.
    pub(super) fn each_end(&self, mut see: impl FnMut(End)) {
        self.ends.each(&self.search.world.spill(), |[anchor, row]| {
            see(End { anchor, row: row >> 1, is_hole: row & 1 > 0 });
        });
    }

    /// Anchors that belong together become one occurrence: the strongest of them, then the earliest. An event that
    /// stands in the group of an earlier anchor is no occurrence of its own, whichever log it comes from.
    fn add(&mut self, anchor: EventIndex, kept: &Leveled) {
        let world = self.search.world;
        let Some(stream) = world.event(anchor).map(|event| event.stream.0) else { return };
        let event = number(anchor);
        let (object, spelling) = match self.objects.find(world, &kept.object, anchor) {
            Known::Numbered(known) => (known.number, known.spelling),
            Known::New(unknown) => {
                let count = self.counts.entry(kept.level).or_default();
                if *count >= world.bounds.objects {
                    let (count, _, last) = self.beyond.entry(kept.level).or_insert((0, event, event));
                    (*count, *last) = (*count + 1, event);
                    return;
                }
                *count += 1;
                let known = self.objects.add(world, &unknown);
                (known.number, known.spelling)
            }
        };
        let before = self.standing(object).map(|standing| standing.met);
        let met = match before {
            Some((met, there, occurrence)) if there == stream => Some((met, occurrence)),
            Some(_) => self.elsewhere.get(&(object, stream)).copied(),
            None => None,
        };
        let close = met.filter(|(earlier, _)| within_one_occurrence(world, place(*earlier), anchor));
        let belongs = self.grouped.get(&(object, event)).copied().or(close.map(|(_, at)| at));
        let at = belongs.unwrap_or(number(self.occurrences.len()));
        let group = kept.outcome.choice.steps.first().map(|step| step.group.as_slice());
        for other in group.unwrap_or_default() {
            self.grouped.entry((object, number(*other))).or_insert(at);
        }
        if self.grouped.len() > self.most_grouped {
            self.grouped.retain(|(_, other), _| *other > event);
            self.most_grouped = 1024.max(2 * self.grouped.len());
        }
        let counts = match self.occurrences.get_mut(place(at)) {
            Some(held) if kept.level > *held => {
                *held = kept.level;
                true
            }
            Some(_) => false,
            None => {
                self.occurrences.push(kept.level);
                true
            }
        };
        if counts {
            self.contribute(object, spelling, event, at, kept);
        }
        let now = (event, stream, at);
        let Some(standing) = self.standings.get_mut(place(object)) else { return };
        if let Some((met, there, occurrence)) = before.filter(|(_, there, _)| *there != stream) {
            self.elsewhere.insert((object, there), (met, occurrence));
        }
        standing.met = now;
    }

    fn contribute(&mut self, object: u32, spelling: u32, anchor: u32, occurrence: u32, kept: &Leveled) {
        let level = kept.level;
        let world = self.search.world;
        self.contributions.push(&world.spill(), [object, anchor, level as u32]);
        let fresh = Standing {
            level,
            spelling,
            anchor,
            occurrence,
            first: NONE,
            last: NONE,
            met: (anchor, 0, occurrence),
            count: 0,
            in_several: false,
        };
        if self.standing(object).is_none() {
            self.standings.push(fresh);
        }
        let Some(standing) = self.standings.get_mut(place(object)) else { return };
        if level < standing.level {
            return;
        }
        if level > standing.level {
            *standing = fresh;
        } else if (anchor, occurrence) < (standing.anchor, standing.occurrence) {
            (standing.anchor, standing.occurrence, standing.spelling) = (anchor, occurrence, spelling);
        }
        let source = |anchor: u32| world.event(place(anchor)).map(|event| event.source);
        standing.count = standing.count.saturating_add(1);
        standing.in_several |= source(anchor) != source(standing.anchor);
        for event in kept.outcome.choice.bound_events() {
            let Some(at) = dated(world, event) else { continue };
            if dated(world, place(standing.first)).is_none_or(|first| at < first) {
                standing.first = number(event);
            }
            if dated(world, place(standing.last)).is_none_or(|last| at >= last) {
                standing.last = number(event);
            }
        }
    }

    /// What is known of an object.
    pub(super) fn standing(&self, object: u32) -> Option<&Standing> {
        self.standings.get(place(object))
    }

    /// Keys and values of an object, in alphabetical order.
    pub(super) fn object(&self, standing: &Standing) -> Object {
        self.objects.spelled(self.search.world, standing.spelling).unwrap_or_default()
    }

    /// How many keys an object has.
    pub(super) fn keys(&self, standing: &Standing) -> usize {
        self.objects.length(standing.spelling)
    }

    /// The first and the last dated event of an object's occurrences.
    pub(super) fn span(standing: &Standing) -> Vec<EventIndex> {
        [standing.first, standing.last].into_iter().filter(|event| *event != NONE).map(place).collect()
    }

    /// May it have happened in the time that was asked for?
    pub(super) fn is_asked(world: &World<'_>, standing: &Standing) -> bool {
        let (from, to) = world.bounds.asked;
        let time = |event| dated(world, place(event));
        time(standing.first).is_none_or(|first| first <= to)
            && time(standing.last).is_none_or(|last| last >= from)
    }

    /// Anchors that made the standings of objects, in the order of the anchors.
    pub(super) fn each_anchor(&self, mut see: impl FnMut(u32, u32)) {
        self.contributions.each(&self.search.world.spill(), |[object, anchor, level]| {
            if self.standing(object).is_some_and(|standing| standing.level as u32 == level) {
                see(object, anchor);
            }
        });
    }

    /// The occurrences of some objects.
    pub(super) fn occurrences_of(&self, objects: &[u32]) -> HashMap<u32, Occurrences> {
        let mut all: HashMap<u32, Occurrences> = objects
            .iter()
            .filter_map(|object| {
                let count = place(self.standing(*object)?.count);
                Some((*object, Occurrences { anchors: Vec::new(), count }))
            })
            .collect();
        let lists = self.search.pattern.verdicts.iter().any(|verdict| !verdict.also.is_empty());
        if lists {
            self.each_anchor(|object, anchor| {
                if let Some(known) = all.get_mut(&object).filter(|known| known.anchors.len() < MOST_TRIED) {
                    known.anchors.push(place(anchor));
                }
            });
        }
        let in_several = |object: &u32| self.standing(*object).is_some_and(|standing| standing.in_several);
        let several: HashMap<u32, usize> = all
            .iter()
            .filter(|(object, _)| in_several(object))
            .map(|(object, of)| (*object, of.count))
            .collect();
        for (object, count) in self.different(&several) {
            if let Some(known) = all.get_mut(&object) {
                known.count = count;
            }
        }
        all
    }

    /// How many occurrences of these objects there are if those that stand in two copies of a log count once. Equal
    /// records of one source are different occurrences.
    fn different(&self, objects: &HashMap<u32, usize>) -> HashMap<u32, usize> {
        let world = self.search.world;
        let mut counts: HashMap<u32, usize> = HashMap::new();
        // Copies say the same time: a flood is compared in parts, by what is printed of it.
        let parts = objects.values().sum::<usize>().div_ceil(MOST_COMPARED);
        for part in 0..parts {
            let mut marks: Vec<(u32, u64, SourceId)> = Vec::new();
            self.each_anchor(|object, anchor| {
                let Some(event) = world.event(place(anchor)).filter(|_| objects.contains_key(&object)) else {
                    return;
                };
                let printed = event.stamp.civil_micros().unwrap_or_default().unsigned_abs();
                let of_part = printed.wrapping_mul(SPREAD) >> 32;
                if usize::try_from(of_part).is_ok_and(|of_part| of_part % parts == part) {
                    marks.push((object, event.mark(), event.source));
                }
            });
            marks.sort_unstable();
            for same in marks.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
                let most = same.chunk_by(|one, other| one.2 == other.2).map(<[_]>::len).max();
                if let Some((object, ..)) = same.first() {
                    *counts.entry(*object).or_default() += most.unwrap_or_default();
                }
            }
        }
        counts
    }

    /// The entry of an object, judged again.
    pub(super) fn entry(&mut self, object: u32, of: &Occurrences) -> Option<Entry> {
        let standing = *self.standing(object)?;
        let anchor = place(standing.anchor);
        let judged = anchored(self.search, anchor);
        let chosen = self.of_object(object, standing.level, &judged)?.clone();
        let verdict = chosen.outcome.verdict;
        let lists = self.search.pattern.verdicts.get(verdict).is_some_and(|verdict| !verdict.also.is_empty());
        let mut others = Vec::new();
        for other in of.anchors.iter().skip(1).filter(|_| lists) {
            if others.len() >= MOST_LISTED {
                break;
            }
            let judged = anchored(self.search, *other);
            let found = self.of_object(object, standing.level, &judged);
            let found = found.filter(|kept| kept.outcome.verdict == verdict);
            others.extend(found.map(|kept| kept.outcome.choice.clone()));
        }
        Some(Entry {
            verdict,
            level: standing.level,
            refuted: refuted_rows(self.search, &chosen, &judged),
            object: chosen.object,
            choice: chosen.outcome.choice,
            others,
            anchor,
            span: Self::span(&standing),
            repeats: u64::try_from(of.count.saturating_sub(1)).unwrap_or(u64::MAX),
        })
    }

    /// Events of the chosen outcome of an object, judged again.
    pub(super) fn chosen(&mut self, object: u32) -> Vec<EventIndex> {
        let Some(standing) = self.standing(object).copied() else { return Vec::new() };
        let judged = anchored(self.search, place(standing.anchor));
        let chosen = self.of_object(object, standing.level, &judged);
        chosen.map(|kept| kept.outcome.choice.bound_events().collect()).unwrap_or_default()
    }

    fn of_object<'k>(&mut self, object: u32, level: Level, judged: &'k Anchored) -> Option<&'k Leveled> {
        let world = self.search.world;
        judged.kept.iter().filter(|kept| kept.level == level).find(|kept| {
            let known = self.objects.find(world, &kept.object, kept.outcome.anchor);
            matches!(known, Known::Numbered(known) if known.number == object)
        })
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Where a dated event sorts.
fn dated(world: &World<'_>, event: EventIndex) -> Option<i64> {
    let stamp = world.event(event)?.stamp;
    stamp.instant().or(stamp.civil_micros())
}

fn within_one_occurrence(world: &World<'_>, earlier: EventIndex, later: EventIndex) -> bool {
    match (world.point(earlier), world.point(later)) {
        (Some(one), Some(other)) => {
            world.clocks().relation(&one, &other).near(0, ONE_OCCURRENCE) == crate::correlate::Tri::Yes
        }
        _ => false,
    }
}
