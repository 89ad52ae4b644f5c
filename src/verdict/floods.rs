//! What a report does not show each: findings beyond the bound, objects that are not told apart, and verdicts that
//! only the end of a log keeps open. Nothing of it is dropped without a word.

use std::collections::{BTreeMap, HashSet};

use crate::base::{Level, Notice, NoticeCode, Stamp};
use crate::correlate::{EventIndex, Search, World};

use super::Judgement;
use super::tally::{End, Standing, Tally};

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
    counted: &[(u32, Standing)],
    judgement: &mut Judgement,
) {
    let (world, id) = (search.world, &search.pattern.id);
    let mut counts: BTreeMap<Level, Count> = BTreeMap::new();
    for (_, standing) in counted {
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
        let events = [first, last].into_iter().filter_map(|event| usize::try_from(*event).ok());
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
    if tally.ends.is_empty() {
        return;
    }
    let told = told(tally, held);
    for is_hole in [false, true] {
        let all: Vec<End> = tally.ends.iter().copied().filter(|end| end.is_hole == is_hole).collect();
        ends_of(search, tally, &all, &told, judgement);
    }
}

/// Events of entries: what they began is said there.
fn told(tally: &mut Tally<'_, '_, '_>, held: &HashSet<u32>) -> HashSet<EventIndex> {
    let asked: HashSet<EventIndex> =
        tally.ends.iter().filter_map(|end| usize::try_from(end.anchor).ok()).collect();
    let anchors = tally.anchors_of(|object| !held.contains(&object));
    let mut told = HashSet::new();
    for of_object in anchors.chunk_by(|(one, _), (other, _)| one == other) {
        told.extend(of_object.iter().map(|(_, anchor)| *anchor).filter(|anchor| asked.contains(anchor)));
        if let Some((object, _)) = of_object.first() {
            told.extend(tally.chosen(*object).into_iter().filter(|event| asked.contains(event)));
        }
    }
    told
}

fn ends_of(
    search: &Search<'_, '_>,
    tally: &Tally<'_, '_, '_>,
    ends: &[End],
    told: &HashSet<EventIndex>,
    judgement: &mut Judgement,
) {
    let world = search.world;
    let mut raised: HashSet<(String, Option<u64>, u32)> = HashSet::new();
    let mut more = Count::default();
    for end in ends {
        let Ok(anchor) = usize::try_from(end.anchor) else { continue };
        let Some(event) = world.event(anchor).filter(|_| !told.contains(&anchor)) else { continue };
        let (source, line) = (world.path(event.source).to_owned(), event.line());
        if raised.len() >= MOST_ENDS {
            more.findings += 1;
            more.add(world, std::iter::once(anchor));
            continue;
        }
        if !raised.insert((source.clone(), line, end.row)) {
            continue;
        }
        let row =
            usize::try_from(end.row).ok().and_then(|row| tally.rows.get(row)).map_or("", String::as_str);
        judgement.notices.push(Notice {
            code: code(end.is_hole),
            source: Some(source),
            line,
            detail: if end.is_hole {
                format!("the log has a hole where it would show whether this did harm ({row})")
            } else {
                format!("the log ends before it can be said whether this did harm ({row})")
            },
        });
    }
    if more.findings > 0 {
        judgement.notices.push(Notice {
            code: code(ends.first().is_some_and(|end| end.is_hole)),
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
