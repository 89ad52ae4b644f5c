//! All that is known of one scan, sorted and indexed.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use crate::base::event::EventKind;
use crate::base::stamp::DAY;
use crate::base::{Coverage, Dialect, Event, Fact, Session, SourceId, StreamId};
use crate::identity::Names;
use crate::pattern::Catalogue;

use super::bounds::Bounds;
use super::events::Events;
use super::held::Held;
use super::index::{self, Around, Candidates, Counts, List};
use super::relation::{Clocks, Point};
use super::spill::Spill;
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
    /// Events in any order, as they are held ...
    pub held: Events,
    /// ... where their values and texts are.
    pub spill: Arc<Spill>,
    /// Further events.
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
    /// Sorts of which events were not held.
    pub lost: BTreeSet<EventKind>,
    /// Facts were not held.
    pub has_lost_facts: bool,
}

/// Does this stream name an object of these keys and values?
pub(super) type NameQuestion = (StreamId, Vec<(String, String)>);

/// What events of these kinds name under this key.
type Naming = (Vec<EventKind>, String);

/// All that is known of one scan.
pub struct World<'c> {
    /// The patterns.
    pub catalogue: &'c Catalogue,
    /// Events in the total order: time (instant, else civil), path, position.
    pub events: Events,
    spill: Arc<Spill>,
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
    lost: BTreeSet<EventKind>,
    /// Facts were read and not held: another name of a machine, or a later version.
    pub has_lost_facts: bool,
    /// The furthest that two moments lie apart of which one record may mean either.
    doubt: i64,
    /// Coverage with rotations joined.
    pub(super) reaches: Vec<Coverage>,
    pub(super) facts_by_name: OnceCell<super::links::FactsByName>,
    /// Facts about versions, by the host that they are true for.
    pub(super) facts_by_owner: OnceCell<super::links::FactsByName>,
    /// The same for each host that was asked for.
    pub(super) facts_of_host: RefCell<HashMap<String, Rc<Vec<usize>>>>,
    by_kind: Vec<Rc<List>>,
    /// Of each sort the stream that all its events stand in.
    only_streams: Vec<Option<StreamId>>,
    /// Sorts of which there are events.
    pub(super) seen_kinds: Vec<EventKind>,
    by_value: RefCell<HashMap<(EventKind, String), Rc<List>>>,
    pub(super) named: RefCell<HashMap<NameQuestion, bool>>,
    /// Every host that is named, once it was asked for.
    pub hosts: OnceCell<Vec<String>>,
    pub(super) machines: RefCell<HashMap<Naming, Rc<Machines>>>,
    /// Processes of debug logs whose clock was set back, with how far: there position decides, not time.
    set_back: HashMap<(SourceId, u64), i64>,
}

impl<'c> World<'c> {
    /// Sorts and indexes what was extracted.
    pub fn new(catalogue: &'c Catalogue, parts: WorldParts) -> World<'c> {
        let WorldParts {
            held: mut events,
            spill,
            events: further,
            sessions,
            mut facts,
            coverage,
            sources,
            names,
            backup_accounts,
            skew,
            default_host,
            bounds,
            lost,
            has_lost_facts,
        } = parts;
        for event in &further {
            events.push(&spill, event);
        }
        let set_back = clocks_set_back(&events, &spill);
        events.sort(&places(&sources));
        let path = |source: SourceId| {
            usize::try_from(source.0).ok().and_then(|index| sources.get(index)).map(|info| info.path.as_str())
        };
        facts.sort_by(|one, other| {
            (path(one.source), one.line, &one.kind).cmp(&(path(other.source), other.line, &other.kind))
        });
        let mut counts = vec![Counts::default(); catalogue.events.len()];
        let mut only_streams: Vec<Option<StreamId>> = vec![None; catalogue.events.len()];
        let mut doubt = 0;
        for event in events.iter(&spill) {
            doubt = event.stamp.zone().doubt().max(doubt);
            let Ok(kind) = usize::try_from(event.kind.0) else { continue };
            if let (Some(counts), Some(only)) = (counts.get_mut(kind), only_streams.get_mut(kind)) {
                *only = only.or(counts.is_empty().then_some(event.stream)).filter(|one| *one == event.stream);
                counts.add(event.stamp);
            }
        }
        let mut by_kind: Vec<List> = counts.into_iter().map(List::by_kind).collect();
        for (index, event) in events.iter(&spill).enumerate() {
            if let Some(list) = usize::try_from(event.kind.0).ok().and_then(|kind| by_kind.get_mut(kind)) {
                list.push(0, event.stamp, index);
            }
        }
        let seen_kinds =
            (0..).zip(&by_kind).filter(|(_, list)| list.len() > 0).map(|(kind, _)| EventKind(kind));
        World {
            catalogue,
            seen_kinds: seen_kinds.collect(),
            set_back,
            events,
            spill,
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
            lost,
            has_lost_facts,
            doubt,
            facts_by_name: OnceCell::new(),
            facts_by_owner: OnceCell::new(),
            facts_of_host: RefCell::default(),
            by_kind: by_kind.into_iter().map(Rc::new).collect(),
            only_streams,
            by_value: RefCell::default(),
            named: RefCell::default(),
            hosts: OnceCell::new(),
            machines: RefCell::default(),
        }
    }

    /// How clocks are compared.
    pub fn clocks(&self) -> Clocks<'_> {
        Clocks { skew: self.skew, names: &self.names }
    }

    /// The event at an index.
    pub fn event(&self, index: EventIndex) -> Option<Held<'_>> {
        self.events.get(&self.spill, index)
    }

    /// Are there events of this sort?
    pub fn has_seen(&self, kind: EventKind) -> bool {
        self.seen_kinds.binary_search(&kind).is_ok()
    }

    /// All events in the total order.
    pub fn all(&self) -> impl Iterator<Item = Held<'_>> {
        self.events.iter(&self.spill)
    }

    /// Were events of one of these kinds read and not held? That none is seen proves nothing then.
    pub fn has_lost(&self, kinds: &[EventKind]) -> bool {
        self.has_lost_facts || kinds.iter().any(|kind| self.lost.contains(kind))
    }

    /// Sorts of which events were not held.
    pub fn lost(&self) -> &BTreeSet<EventKind> {
        &self.lost
    }

    /// Where the values and texts of the events are.
    pub fn spill(&self) -> Arc<Spill> {
        Arc::clone(&self.spill)
    }

    /// Was no clock set back, by hand or in autumn?
    pub(super) fn has_plain_clocks(&self) -> bool {
        self.doubt == 0 && self.set_back.is_empty()
    }

    /// The first of the events that sort at the time of this one.
    pub fn first_at_time_of(&self, event: EventIndex) -> EventIndex {
        let time = self.events.micros(event);
        index::search(0..event, |earlier| self.events.micros(earlier) < time)
    }

    /// The last of them.
    pub fn last_at_time_of(&self, event: EventIndex) -> EventIndex {
        let time = self.events.micros(event);
        index::search(event..self.events.len(), |later| self.events.micros(later) <= time).saturating_sub(1)
    }

    /// The point of an event.
    pub fn point(&self, index: EventIndex) -> Option<Point<'_>> {
        self.event(index).map(|event| Point::of(&event))
    }

    /// Path of a source.
    pub fn path(&self, source: SourceId) -> &str {
        usize::try_from(source.0)
            .ok()
            .and_then(|index| self.sources.get(index))
            .map_or("", |info| info.path.as_str())
    }

    /// All events of these kinds, in the total order.
    pub fn of_kinds(&self, kinds: &[EventKind]) -> Candidates {
        self.candidates(kinds, None, None)
    }

    /// Events of these kinds that may lie `from` to `to` behind an event and may have `value` under `key` (a
    /// superset of both), in the total order.
    pub fn candidates(
        &self,
        kinds: &[EventKind],
        value: Option<(&str, &str)>,
        around: Option<(EventIndex, i64, i64)>,
    ) -> Candidates {
        let around = around.and_then(|(event, from, to)| {
            let event = self.event(event)?;
            let back = self.set_back(&event);
            let (from, to) = (from.saturating_sub(back), to.saturating_add(back));
            // One stream is written by one clock.
            let is_one_clock = value.is_some_and(|value| is_stream(value, event.stream));
            let skew = if is_one_clock { 0 } else { self.skew };
            Some(Around { stamp: event.stamp, from, to, skew: skew.saturating_add(self.doubt) })
        });
        let hash = value.map_or(0, |(key, value)| index::hash(&self.value_key(key, value)));
        let mut found = Candidates::default();
        for kind in kinds {
            let list = match value {
                Some(value) => self.value_list(*kind, value),
                None => self.kind_list(*kind),
            };
            if let Some(list) = list {
                found.add(&list, (hash, None), around, &self.events);
            }
        }
        found
    }

    /// Of several values that an event must have, the one that the fewest events of these kinds have: what is looked
    /// through then does not grow with a flood that shares the others (all lines of one log share its stream).
    pub fn rarest(&self, kinds: &[EventKind], values: Vec<(&str, String)>) -> Option<(String, String)> {
        if values.len() < 2 {
            return values.into_iter().next().map(|(key, value)| (key.to_owned(), value));
        }
        // A table costs as much as a look at all events: it is not made where another one gives few already.
        let mut rarest: Option<(usize, (&str, String))> = None;
        for (key, value) in by_likely_rareness(values) {
            let hash = index::hash(&self.value_key(key, &value));
            let lists = kinds.iter().filter_map(|kind| self.value_list(*kind, (key, &value)));
            let count = lists.map(|list| list.places(hash).len()).sum::<usize>();
            if rarest.as_ref().is_none_or(|(least, _)| count < *least) {
                rarest = Some((count, (key, value)));
            }
            if count <= FEW {
                break;
            }
        }
        rarest.map(|(_, (key, value))| (key.to_owned(), value))
    }

    /// How far the clock was ever set back in the process of this event.
    fn set_back(&self, event: &Held<'_>) -> i64 {
        event.pid.and_then(|pid| self.set_back.get(&(event.source, pid))).copied().unwrap_or(0)
    }

    fn kind_list(&self, kind: EventKind) -> Option<Rc<List>> {
        self.by_kind.get(usize::try_from(kind.0).ok()?).cloned()
    }

    /// Where events of one kind with this value are looked up.
    fn value_list(&self, kind: EventKind, value: (&str, &str)) -> Option<Rc<List>> {
        let only = *self.only_streams.get(usize::try_from(kind.0).ok()?)?;
        match only {
            // All of them have this value: no need of a table.
            Some(stream) if is_stream(value, stream) => self.kind_list(kind),
            _ => self.value_table(kind, value.0),
        }
    }

    /// The table of one kind by one value, built when first asked for.
    fn value_table(&self, kind: EventKind, key: &str) -> Option<Rc<List>> {
        let all = self.kind_list(kind)?;
        if all.len() == 0 {
            return None;
        }
        let name = (kind, key.to_owned());
        if let Some(table) = self.by_value.borrow().get(&name) {
            return Some(Rc::clone(table));
        }
        let mut table = List::by_value(all.len());
        for index in self.of_kinds(&[kind]) {
            let (Some(event), Some(value)) = (self.event(index), self.value(index, key)) else { continue };
            table.push(index::hash(&self.value_key(key, &value)), event.stamp, index);
        }
        table.finish();
        let table = Rc::new(table);
        self.by_value.borrow_mut().insert(name, Rc::clone(&table));
        Some(table)
    }

    /// Forgets the tables by value if they have grown large: those of one pattern serve no other.
    pub fn forget_tables(&self) {
        let mut tables = self.by_value.borrow_mut();
        if tables.values().map(|table| table.len()).sum::<usize>() > MOST_IN_TABLES {
            tables.clear();
        }
    }
}

/// So many events are looked through rather than asked for a rarer value.
const FEW: usize = 64;

/// Is this key and value the number of a stream, and of this one?
fn is_stream((key, value): (&str, &str), stream: StreamId) -> bool {
    key == "stream" && value.parse() == Ok(stream.0)
}

/// All lines of a log share its stream, many its host; a number or a name is of few.
fn by_likely_rareness(mut values: Vec<(&str, String)>) -> Vec<(&str, String)> {
    values.sort_by_key(|(key, _)| match *key {
        "stream" => 2,
        "host" => 1,
        _ => 0,
    });
    values
}

/// So many entries of tables by value, of eight bytes each, outlive a pattern.
const MOST_IN_TABLES: usize = 250_000;

/// How far the clock of each process of a debug log was set back; processes whose clock ran on are left out.
fn clocks_set_back(events: &Events, spill: &Spill) -> HashMap<(SourceId, u64), i64> {
    let event = |index: usize| events.get(spill, index);
    let place = |index: &usize| event(*index).map(|event| (event.source, event.position));
    let mut order: Vec<usize> = Vec::new();
    if !(0..events.len()).is_sorted_by_key(|index| place(&index)) {
        order.extend(0..events.len());
        order.sort_by_key(place);
    }
    let ordered = order.iter().copied();
    let as_they_are = (0..events.len()).filter(|_| order.is_empty());
    // The latest time of each process so far, and how far one lay before that.
    let mut latest: HashMap<(SourceId, u64), (i64, i64)> = HashMap::new();
    for event in ordered.chain(as_they_are).filter_map(event) {
        let time = event.stamp.instant().or(event.stamp.civil_micros());
        let (Some(pid), Some(time), true) = (event.pid, time, event.dialect.is_debug_log()) else { continue };
        let (latest, back) = latest.entry((event.source, pid)).or_insert((time, 0));
        *latest = time.max(*latest);
        *back = latest.saturating_sub(time).max(*back);
    }
    latest
        .into_iter()
        .filter(|(_, (_, back))| *back > 0)
        .map(|(process, (_, back))| (process, back))
        .collect()
}

/// Place of each source in the order of the paths.
fn places(sources: &[SourceInfo]) -> Vec<usize> {
    let mut rank: Vec<usize> = (0..sources.len()).collect();
    rank.sort_by_key(|index| sources.get(*index).map(|info| &info.path));
    let mut places = vec![0_usize; rank.len()];
    for (order, index) in rank.into_iter().enumerate() {
        if let Some(slot) = places.get_mut(index) {
            *slot = order;
        }
    }
    places
}

/// The longest stretch that a pattern may ask for, in microseconds.
pub const LONGEST_HORIZON: i64 = 400 * DAY;
