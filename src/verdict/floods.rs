//! What a report does not show each: findings beyond the bound, objects that are not told apart, and verdicts that
//! only the end of a log keeps open. Nothing of it is dropped without a word.

use std::collections::{BTreeMap, HashSet};

use crate::base::{Level, Notice, NoticeCode, Stamp};
use crate::correlate::{EventIndex, Search, World};

use super::Judgement;
use super::tally::{End, Tally};

/// So many places at which a log ends too early are named for one pattern; in a flood the others are like them.
const MOST_ENDS: usize = 1000;

/// First and last time, the count, of findings that are not shown each.
#[derive(Default)]
struct Count {
    findings: u64,
    first: Option<Stamp>,
    last: Option<Stamp>,
}

impl Count {
    fn add(&mut self, world: &World<'_>, events: impl Iterator<Item = EventIndex>) {
        let at = |stamp: Stamp| stamp.instant().or(stamp.civil_micros());
        for stamp in events.filter_map(|event| world.event(event)).map(|event| event.stamp) {
            let Some(time) = at(stamp) else { continue };
            if self.first.and_then(at).is_none_or(|first| time < first) {
                self.first = Some(stamp);
            }
            if self.last.and_then(at).is_none_or(|last| time > last) {
                self.last = Some(stamp);
            }
        }
    }

    fn span(&self) -> String {
        match (self.first, self.last) {
            (Some(first), Some(last)) => format!(", from {first} to {last}"),
            _ => String::new(),
        }
    }
}

/// Says how many findings are not shown each, and how many outcomes are about objects that are not told apart.
pub(super) fn counted(
    search: &Search<'_, '_>,
    tally: &Tally<'_, '_, '_>,
    counted: &[u32],
    judgement: &mut Judgement,
) {
    let (world, id) = (search.world, &search.pattern.id);
    let mut counts: BTreeMap<Level, Count> = BTreeMap::new();
    for standing in counted.iter().filter_map(|object| tally.standing(*object)) {
        let count = counts.entry(standing.level).or_default();
        count.findings += 1;
        count.add(world, Tally::span(standing).into_iter());
    }
    let notice = |code, detail| Notice { code, source: None, line: None, detail };
    for (level, count) in counts {
        let detail = format!(
            "{id}: {} more findings ({}) are counted and not shown each{} (--max-findings)",
            count.findings,
            level.name(),
            count.span()
        );
        judgement.notices.push(notice(NoticeCode::ManyFindings, detail));
    }
    let mut beyond: Vec<_> = tally.beyond.iter().collect();
    beyond.sort();
    for (level, (outcomes, first, last)) in beyond {
        let mut count = Count::default();
        let events = [first, last].into_iter().map(|event| place(*event));
        count.add(world, events);
        let detail = format!(
            "{id}: {outcomes} more events ({}) are about more objects than are told apart{}",
            level.name(),
            count.span()
        );
        judgement.notices.push(notice(NoticeCode::ManyEvents, detail));
    }
}

/// A failure began and the log ends, or has a hole, where it would show: said as a notice, since no verdict holds.
pub(super) fn ends(
    search: &Search<'_, '_>,
    tally: &mut Tally<'_, '_, '_>,
    held: &HashSet<u32>,
    judgement: &mut Judgement,
) {
    if tally.has_no_ends() {
        return;
    }
    let told = told(search.world, tally, held);
    for is_hole in [false, true] {
        ends_of(search, tally, is_hole, &told, judgement);
    }
}

/// Some of the events of a world: a bit for each.
struct Marked(Vec<u64>);

impl Marked {
    fn none(world: &World<'_>) -> Marked {
        Marked(vec![0; world.events.len().div_ceil(64)])
    }

    fn add(&mut self, event: EventIndex) {
        if let Some(word) = self.0.get_mut(event / 64) {
            *word |= 1 << (event % 64);
        }
    }

    fn has(&self, event: EventIndex) -> bool {
        self.0.get(event / 64).is_some_and(|word| word >> (event % 64) & 1 > 0)
    }

    /// Is there one from the first to the last of these events, both included?
    fn has_between(&self, first: EventIndex, last: EventIndex) -> bool {
        let words = first / 64..=last / 64;
        words.clone().zip(self.0.get(words).unwrap_or_default()).any(|(number, word)| {
            let from = first.saturating_sub(number * 64).min(63);
            let to = last.saturating_sub(number * 64).min(63);
            word & (u64::MAX << from) & (u64::MAX >> (63 - to)) > 0
        })
    }
}

/// Events of entries: what they began is said there.
fn told(world: &World<'_>, tally: &mut Tally<'_, '_, '_>, held: &HashSet<u32>) -> Marked {
    let mut asked = Marked::none(world);
    let mut has_undated = false;
    tally.each_end(|end| {
        let anchor = place(end.anchor);
        has_undated |= world.event(anchor).is_none_or(|event| !event.stamp.is_dated());
        asked.add(anchor);
    });
    let mut told = Marked::none(world);
    tally.each_anchor(|object, anchor| {
        if !held.contains(&object) {
            told.add(place(anchor));
        }
    });
    for object in (0..).take(tally.standings.len()).filter(|object| !held.contains(object)) {
        // In a flood most findings lie far from where the log ends.
        let span = tally.standing(object).map(Tally::span).unwrap_or_default();
        let may_hold = match (span.first(), span.last()) {
            (Some(first), Some(last)) if !has_undated => {
                asked.has_between(world.first_at_time_of(*first), world.last_at_time_of(*last))
            }
            _ => true,
        };
        if may_hold {
            tally.chosen(object).into_iter().for_each(|event| told.add(event));
        }
    }
    told
}

fn place(number: u32) -> EventIndex {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn ends_of(
    search: &Search<'_, '_>,
    tally: &Tally<'_, '_, '_>,
    is_hole: bool,
    told: &Marked,
    judgement: &mut Judgement,
) {
    let world = search.world;
    let mut raised: HashSet<(String, Option<u64>, u32)> = HashSet::new();
    let mut more = Count::default();
    tally.each_end(|end: End| {
        let anchor = place(end.anchor);
        if end.is_hole != is_hole || told.has(anchor) {
            return;
        }
        if raised.len() >= MOST_ENDS {
            more.findings += 1;
            more.add(world, std::iter::once(anchor));
            return;
        }
        let Some(event) = world.event(anchor) else { return };
        let (source, line) = (world.path(event.source).to_owned(), event.line());
        if !raised.insert((source.clone(), line, end.row)) {
            return;
        }
        let row = tally.rows.get(place(end.row)).map_or("", String::as_str);
        judgement.notices.push(Notice {
            code: code(is_hole),
            source: Some(source),
            line,
            detail: if is_hole {
                format!("the log has a hole where it would show whether this did harm ({row})")
            } else {
                format!("the log ends before it can be said whether this did harm ({row})")
            },
        });
    });
    if more.findings > 0 {
        judgement.notices.push(Notice {
            code: code(is_hole),
            source: None,
            line: None,
            detail: format!(
                "{}: {} more events of which no log shows whether they did harm{}",
                search.pattern.id,
                more.findings,
                more.span()
            ),
        });
    }
}

fn code(is_hole: bool) -> NoticeCode {
    if is_hole { NoticeCode::Hole } else { NoticeCode::OpenEnd }
}
