//! All that is known of one scan, sorted and indexed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::base::event::EventKind;
use crate::base::stamp::{DAY, HOUR, MINUTE};
use crate::base::{Coverage, Dialect, Event, Fact, Session, SourceId, Stamp, StreamId};
use crate::identity::Names;
use crate::pattern::Catalogue;

use super::bounds::Bounds;
use super::relation::{Clocks, Point};
use super::values::Machines;

/// Index of an event in [`World::events`]: its place in the total order.
pub type EventIndex = usize;

/// A source as the correlator sees it.
#[derive(Clone, Debug)]
pub struct SourceInfo {
    /// Path as reported.
    pub path: String,
    /// Dialect; for a mixed text the dialects found in it.
    pub dialects: Vec<Dialect>,
    /// Host whose log it is.
    pub host: Option<String>,
}

/// What a world is made of.
#[derive(Clone, Debug, Default)]
pub struct WorldParts {
    /// Events in any order.
    pub events: Vec<Event>,
    /// Sessions; events refer to them by index.
    pub sessions: Vec<Session>,
    /// Facts.
    pub facts: Vec<Fact>,
    /// One entry per source and dialect.
    pub coverage: Vec<Coverage>,
    /// Sources; ids are indices.
    pub sources: Vec<SourceInfo>,
    /// Names of machines.
    pub names: Names,
    /// Backup accounts of the settings and those that job logs of the case name, case folded.
    pub backup_accounts: Vec<String>,
    /// Tolerance between clocks of different hosts, in microseconds.
    pub skew: i64,
    /// The host of sources that do not name theirs.
    pub default_host: Option<String>,
    /// How much of a flood is held.
    pub bounds: Bounds,
}

/// Does this stream name an object of these keys and values?
pub(super) type NameQuestion = (StreamId, Vec<(String, String)>);

/// All that is known of one scan.
pub struct World<'c> {
    /// The patterns.
    pub catalogue: &'c Catalogue,
    /// Events in the total order: time (instant, else civil), path, position.
    pub events: Vec<Event>,
    /// Sessions.
    pub sessions: Vec<Session>,
    /// Facts in order of source and line.
    pub facts: Vec<Fact>,
    /// Coverage.
    pub coverage: Vec<Coverage>,
    /// Sources.
    pub sources: Vec<SourceInfo>,
    /// Names of machines.
    pub names: Names,
    /// Backup accounts, case folded.
    pub backup_accounts: Vec<String>,
    /// Clock tolerance between hosts.
    pub skew: i64,
    /// The host of sources that do not name theirs.
    pub default_host: Option<String>,
    /// How much of a flood is held.
    pub bounds: Bounds,
    /// Coverage with rotations joined.
    pub(super) reaches: Vec<Coverage>,
    by_kind: Vec<Rc<Bucket>>,
    /// Sorts of which there are events.
    pub(super) seen_kinds: Vec<EventKind>,
    by_value: RefCell<HashMap<(EventKind, String), Rc<ByValue>>>,
    pub(super) named: RefCell<HashMap<NameQuestion, bool>>,
    pub(super) machines: RefCell<HashMap<(Vec<EventKind>, String), Rc<Machines>>>,
    /// Processes of debug logs whose clock was set back, with how far: there position decides, not time.
    set_back: HashMap<(SourceId, u64), i64>,
}

/// Events of one sort, in the total order, apart by what is known of their time, so that a stretch of time can be
/// cut out by search.
#[derive(Debug, Default)]
pub struct Bucket {
    /// Dated, zone known: sorted by instant.
    known: Vec<(i64, EventIndex)>,
    /// Dated, zone unknown: sorted by civil time.
    civil: Vec<(i64, EventIndex)>,
    /// Without date.
    undated: Vec<EventIndex>,
}

/// Events of one kind by the table key of one of their values.
type ByValue = HashMap<String, Rc<Bucket>>;

/// No clock tolerance, disorder or rounding of a second moves a record further than this, besides `skew`.
const ROUNDING: i64 = MINUTE;
/// No unknown zone moves a record further than this (UTC-12 to UTC+14).
const ANY_ZONE: i64 = 26 * HOUR;

impl Bucket {
    fn push(&mut self, index: EventIndex, stamp: Stamp) {
        match (stamp.instant(), stamp.civil_micros()) {
            (Some(instant), _) => self.known.push((instant, index)),
            (None, Some(civil)) => self.civil.push((civil, index)),
            (None, None) => self.undated.push(index),
        }
    }

    fn len(&self) -> usize {
        self.known.len() + self.civil.len() + self.undated.len()
    }

    fn finish(&mut self) {
        self.known.sort_unstable();
        self.civil.sort_unstable();
    }

    /// Events that may lie `from` to `to` behind `stamp` (a superset, undated ones included), into `found`.
    fn between(&self, stamp: Stamp, from: i64, to: i64, skew: i64, found: &mut Vec<EventIndex>) {
        found.extend(&self.undated);
        let near = skew.saturating_add(ROUNDING);
        let far = near.saturating_add(ANY_ZONE);
        let (at, known, civil) = match (stamp.instant(), stamp.civil_micros()) {
            (Some(instant), _) => (instant, near, far),
            (None, Some(civil)) => (civil, far, near),
            (None, None) => {
                found.extend(self.known.iter().chain(&self.civil).map(|(_, index)| index));
                return;
            }
        };
        for (list, slack) in [(&self.known, known), (&self.civil, civil)] {
            let low = at.saturating_add(from).saturating_sub(slack);
            let high = at.saturating_add(to).saturating_add(slack);
            let start = list.partition_point(|(time, _)| *time < low);
            found.extend(
                list.get(start..)
                    .unwrap_or_default()
                    .iter()
                    .take_while(|(time, _)| *time <= high)
                    .map(|(_, index)| *index),
            );
        }
    }

    fn all(&self, found: &mut Vec<EventIndex>) {
        found.extend(&self.undated);
        found.extend(self.known.iter().chain(&self.civil).map(|(_, index)| index));
    }
}

impl<'c> World<'c> {
    /// Sorts and indexes what was extracted.
    pub fn new(catalogue: &'c Catalogue, parts: WorldParts) -> World<'c> {
        let WorldParts {
            mut events,
            sessions,
            mut facts,
            coverage,
            sources,
            names,
            backup_accounts,
            skew,
            default_host,
            bounds,
        } = parts;
        sort(&mut events, &sources);
        let path = |source: SourceId| {
            usize::try_from(source.0).ok().and_then(|index| sources.get(index)).map(|info| info.path.as_str())
        };
        facts.sort_by(|one, other| {
            (path(one.source), one.line, &one.kind).cmp(&(path(other.source), other.line, &other.kind))
        });
        let mut by_kind: Vec<Bucket> = Vec::new();
        by_kind.resize_with(catalogue.events.len(), Bucket::default);
        for (index, event) in events.iter().enumerate() {
            if let Some(bucket) = usize::try_from(event.kind.0).ok().and_then(|kind| by_kind.get_mut(kind)) {
                bucket.push(index, event.stamp);
            }
        }
        for bucket in &mut by_kind {
            bucket.finish();
        }
        let seen_kinds =
            (0..).zip(&by_kind).filter(|(_, bucket)| bucket.len() > 0).map(|(kind, _)| EventKind(kind));
        World {
            catalogue,
            seen_kinds: seen_kinds.collect(),
            set_back: clocks_set_back(&events),
            events,
            sessions,
            facts,
            reaches: super::reach::joined(&coverage),
            coverage,
            sources,
            names,
            backup_accounts,
            skew,
            default_host,
            bounds,
            by_kind: by_kind.into_iter().map(Rc::new).collect(),
            by_value: RefCell::default(),
            named: RefCell::default(),
            machines: RefCell::default(),
        }
    }

    /// How clocks are compared.
    pub fn clocks(&self) -> Clocks<'_> {
        Clocks { skew: self.skew, names: &self.names }
    }

    /// The event at an index.
    pub fn event(&self, index: EventIndex) -> Option<&Event> {
        self.events.get(index)
    }

    /// The point of an event.
    pub fn point(&self, index: EventIndex) -> Option<Point<'_>> {
        self.event(index).map(Point::of)
    }

    /// Path of a source.
    pub fn path(&self, source: SourceId) -> &str {
        usize::try_from(source.0)
            .ok()
            .and_then(|index| self.sources.get(index))
            .map_or("", |info| info.path.as_str())
    }

    /// All events of these kinds, in the total order.
    pub fn of_kinds(&self, kinds: &[EventKind]) -> Vec<EventIndex> {
        let mut found = Vec::new();
        for bucket in kinds.iter().filter_map(|kind| self.kind_bucket(*kind)) {
            bucket.all(&mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Events of these kinds that may lie `from` to `to` behind an event and may have `value` under `key` (a
    /// superset of both), in the total order.
    pub fn candidates(
        &self,
        kinds: &[EventKind],
        value: Option<(&str, &str)>,
        around: Option<(EventIndex, i64, i64)>,
    ) -> Vec<EventIndex> {
        let around = around.and_then(|(event, from, to)| Some((self.event(event)?, from, to)));
        let mut found = Vec::new();
        for kind in kinds {
            let bucket = match value {
                Some((key, value)) => self.value_bucket(*kind, key, value),
                None => self.kind_bucket(*kind),
            };
            let Some(bucket) = bucket else { continue };
            match around {
                Some((event, from, to)) => {
                    let back = self.set_back(event);
                    let (from, to) = (from.saturating_sub(back), to.saturating_add(back));
                    bucket.between(event.stamp, from, to, self.skew, &mut found);
                }
                None => bucket.all(&mut found),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Of several values that an event must have, the one that the fewest events of these kinds have: what is looked
    /// through then does not grow with a flood that shares the others (all lines of one log share its stream).
    pub fn rarest(&self, kinds: &[EventKind], values: Vec<(&str, String)>) -> Option<(String, String)> {
        let rarest = if values.len() < 2 {
            values.into_iter().next()
        } else {
            values.into_iter().min_by_key(|(key, value)| {
                let lists = kinds.iter().filter_map(|kind| self.value_bucket(*kind, key, value));
                lists.map(|list| list.len()).sum::<usize>()
            })
        };
        rarest.map(|(key, value)| (key.to_owned(), value))
    }

    /// How far the clock was ever set back in the process of this event.
    fn set_back(&self, event: &Event) -> i64 {
        event.pid.and_then(|pid| self.set_back.get(&(event.source, pid))).copied().unwrap_or(0)
    }

    fn kind_bucket(&self, kind: EventKind) -> Option<Rc<Bucket>> {
        self.by_kind.get(usize::try_from(kind.0).ok()?).cloned()
    }

    fn value_bucket(&self, kind: EventKind, key: &str, value: &str) -> Option<Rc<Bucket>> {
        let table = self.value_table(kind, key)?;
        table.get(&self.value_key(key, value)).cloned()
    }

    /// The table of one kind by one value, built when first asked for.
    fn value_table(&self, kind: EventKind, key: &str) -> Option<Rc<ByValue>> {
        let name = (kind, key.to_owned());
        if let Some(table) = self.by_value.borrow().get(&name) {
            return Some(table.clone());
        }
        let mut all = Vec::new();
        self.kind_bucket(kind)?.all(&mut all);
        all.sort_unstable();
        let mut table: HashMap<String, Bucket> = HashMap::new();
        for index in all {
            let (Some(event), Some(value)) = (self.event(index), self.value(index, key)) else { continue };
            let stamp = event.stamp;
            table.entry(self.value_key(key, &value)).or_default().push(index, stamp);
        }
        let table: ByValue = table
            .into_iter()
            .map(|(value, mut bucket)| {
                bucket.finish();
                (value, Rc::new(bucket))
            })
            .collect();
        let table = Rc::new(table);
        self.by_value.borrow_mut().insert(name, table.clone());
        Some(table)
    }
}

/// How far the clock of each process of a debug log was set back; processes whose clock ran on are left out.
fn clocks_set_back(events: &[Event]) -> HashMap<(SourceId, u64), i64> {
    let time = |event: &Event| event.stamp.instant().or(event.stamp.civil_micros());
    let mut placed: Vec<(SourceId, u64, i64, i64)> = events
        .iter()
        .filter(|event| event.dialect.is_debug_log())
        .filter_map(|event| Some((event.source, event.pid?, event.position, time(event)?)))
        .collect();
    placed.sort_unstable();
    let mut found = HashMap::new();
    let mut process = None;
    let mut latest = i64::MIN;
    for (source, pid, _, time) in placed {
        if process != Some((source, pid)) {
            process = Some((source, pid));
            latest = time;
        }
        latest = latest.max(time);
        if latest > time {
            let furthest = found.entry((source, pid)).or_insert(0);
            *furthest = latest.saturating_sub(time).max(*furthest);
        }
    }
    found
}

/// Sorts by time (instant, else civil), path and position. Records without a date sort right after the record
/// before them in their source; those before every dated record come first.
fn sort(events: &mut [Event], sources: &[SourceInfo]) {
    let mut rank: Vec<u32> =
        (0..sources.len()).map(|index| u32::try_from(index).unwrap_or(u32::MAX)).collect();
    rank.sort_by_key(|index| {
        usize::try_from(*index).ok().and_then(|index| sources.get(index)).map(|info| &info.path)
    });
    let mut place = vec![0_usize; rank.len()];
    for (order, index) in rank.iter().enumerate() {
        if let Some(slot) = usize::try_from(*index).ok().and_then(|index| place.get_mut(index)) {
            *slot = order;
        }
    }
    events.sort_by_cached_key(|event| {
        let time = event.stamp.instant().or(event.stamp.civil_micros()).or(event.placed).unwrap_or(i64::MIN);
        let path = usize::try_from(event.source.0).ok().and_then(|index| place.get(index)).copied();
        (time, path, event.position, event.kind)
    });
}

/// The longest stretch that a pattern may ask for, in microseconds.
pub const LONGEST_HORIZON: i64 = 400 * DAY;
