//! Many events in little memory: 20 bytes each. What a flood has in common (definition, source, host, zone, names of
//! values) is held once; line, record number, values and text wait in the spill until they are asked for.

use std::hash::Hash;
use std::sync::Arc;

use indexmap::IndexSet;

use crate::base::event::{EventKind, Key};
use crate::base::{Dialect, Event, SourceId, Stamp, StreamId, Zone};

use super::bounds::Lost;
use super::held::{Held, put_number};
use super::spill::{Address, Spill};

/// Events, one behind the other.
#[derive(Clone, Debug, Default)]
pub struct Events {
    rows: Vec<Row>,
    origins: IndexSet<Origin>,
    /// Origins of the events that were added last: nearly all events are of one of few.
    recent: [usize; RECENT],
    /// Process ids and sessions.
    actors: IndexSet<Actor>,
}

/// How many origins are tried before the table is asked.
const RECENT: usize = 4;

/// Process id and session, in 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Actor {
    /// Low and high half.
    pid: [u32; 2],
    session: u32,
    has_pid: bool,
    has_session: bool,
}

impl Actor {
    fn of(pid: Option<u64>, session: Option<u32>) -> Actor {
        Actor {
            pid: halves(pid.unwrap_or_default()),
            session: session.unwrap_or_default(),
            has_pid: pid.is_some(),
            has_session: session.is_some(),
        }
    }

    fn pid(self) -> Option<u64> {
        self.has_pid.then(|| joined(self.pid))
    }

    fn session(self) -> Option<u32> {
        self.has_session.then_some(self.session)
    }
}

/// What differs from event to event.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Microseconds: civil time, time of day, or of a record without time that of the dated one before it. The low
    /// [`TIME_BITS`] of them, the low half first (eight bytes together would be padded); above them the origin.
    time: [u32; 2],
    actor: u32,
    /// Low half.
    position: u32,
    rest: Address,
}

/// What many events have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Origin {
    kind: EventKind,
    dialect: Dialect,
    place: Place,
    keys: Arc<[Key]>,
    untold: Vec<&'static str>,
}

/// What the settling of a source changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    source: SourceId,
    stream: StreamId,
    host: Option<Arc<str>>,
    shape: Shape,
    /// What of the time is above [`TIME_BITS`].
    era: i32,
    /// High half.
    position: i32,
    /// Added to the line that is kept.
    lines: u64,
}

/// A stamp without its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shape {
    None { placed: bool },
    Clock { fraction: bool, placed: Option<i64> },
    Dated { zone: Zone, fraction: bool, swappable: bool },
}

/// Where and when an event happened, to be changed.
#[derive(Clone, Debug)]
pub struct Placing {
    /// Its source.
    pub source: SourceId,
    /// Its stream.
    pub stream: StreamId,
    /// Position in the source.
    pub position: i64,
    /// Its time.
    pub stamp: Stamp,
    /// Time of the dated record before it; kept only of an event without date.
    pub placed: Option<i64>,
    /// Its host.
    pub host: Option<Arc<str>>,
    /// Its session.
    pub session: Option<u32>,
    /// So many lines stand before what its line is counted from.
    pub lines: u64,
}

/// So many bits of a time stand in a row: 203 days. No log has many such stretches.
const TIME_BITS: u32 = 44;

/// How many origins are told apart, some 200 bytes each. A log has a few; one that names another host or source in each
/// record would have as many as lines.
const MOST_ORIGINS: usize = 1 << 18;

/// How many pairs of process id and session are told apart, some 50 bytes each.
const MOST_ACTORS: usize = 1 << 19;

impl Row {
    fn origin(&self) -> usize {
        usize::try_from(joined(self.time) >> TIME_BITS).unwrap_or(usize::MAX)
    }

    fn actor(&self) -> usize {
        usize::try_from(self.actor).unwrap_or(usize::MAX)
    }

    fn micros(&self, era: i32) -> i64 {
        let low = joined(self.time) & ((1 << TIME_BITS) - 1);
        i64::from(era) << TIME_BITS | low.cast_signed()
    }

    /// The time of a row of this origin.
    fn time(origin: usize, micros: i64) -> [u32; 2] {
        let low = micros.cast_unsigned() & ((1 << TIME_BITS) - 1);
        halves((origin as u64) << TIME_BITS | low)
    }
}

/// What of a time is above [`TIME_BITS`]: a few bits, by its making.
fn era(micros: i64) -> i32 {
    i32::try_from(micros >> TIME_BITS).unwrap_or_default()
}

/// Low and high half.
fn halves(number: u64) -> [u32; 2] {
    // Each half fits by its making.
    [(number & 0xFFFF_FFFF) as u32, (number >> 32) as u32]
}

fn joined([low, high]: [u32; 2]) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

impl Origin {
    /// Have these events this in common with it?
    fn is_of(&self, event: &Event, shape: Shape, era: i32, position: i32) -> bool {
        let place = &self.place;
        (self.kind, self.dialect, place.source, place.stream)
            == (event.kind, event.dialect, event.source, event.stream)
            && (place.shape, place.era, place.position, place.lines) == (shape, era, position, 0)
            && place.host == event.host
            && self.keys.iter().eq(event.values.iter().map(|(key, _)| key))
            && self.untold == event.untold
    }
}

impl Shape {
    /// The stamp without its time, and the time.
    fn of(stamp: Stamp, placed: Option<i64>) -> (Shape, i64) {
        match stamp {
            Stamp::None => (Shape::None { placed: placed.is_some() }, placed.unwrap_or(0)),
            Stamp::Clock { micros, fraction } => (Shape::Clock { fraction, placed }, micros),
            Stamp::Dated { micros, zone, fraction, swappable } => {
                (Shape::Dated { zone, fraction, swappable }, micros)
            }
        }
    }

    fn stamp(self, micros: i64) -> (Stamp, Option<i64>) {
        match self {
            Shape::None { placed } => (Stamp::None, placed.then_some(micros)),
            Shape::Clock { fraction, placed } => (Stamp::Clock { micros, fraction }, placed),
            Shape::Dated { zone, fraction, swappable } => {
                (Stamp::Dated { micros, zone, fraction, swappable }, None)
            }
        }
    }
}

/// The place of something in a table; `None`: it is not there, and there is no room.
fn place_in<T: Hash + Eq>(table: &mut IndexSet<T>, wanted: T, most: usize) -> Option<usize> {
    if table.len() < most {
        return Some(table.insert_full(wanted).0);
    }
    table.get_index_of(&wanted)
}

fn number_in<T: Hash + Eq>(table: &mut IndexSet<T>, wanted: T, most: usize) -> Option<u32> {
    u32::try_from(place_in(table, wanted, most)?).ok()
}

impl Events {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds an event. False: there is no room for what it says.
    pub fn push(&mut self, spill: &Spill, event: &Event) -> bool {
        let mut rest = Vec::with_capacity(64 + event.text.len());
        put_number(&mut rest, event.line.map_or(0, |line| line.saturating_add(1)));
        put_number(&mut rest, event.number.map_or(0, |number| number.saturating_add(1)));
        for (_, value) in event.values.iter() {
            put_number(&mut rest, value.len() as u64);
            rest.extend_from_slice(value.as_bytes());
        }
        rest.extend_from_slice(event.text.as_bytes());
        let Some(rest) = spill.keep(&rest) else { return false };
        let (shape, micros) = Shape::of(event.stamp, event.placed);
        let [position, high] = halves(event.position.cast_unsigned());
        let Some(origin) = self.origin_of(event, shape, era(micros), high.cast_signed()) else {
            return false;
        };
        let Some(actor) = number_in(&mut self.actors, Actor::of(event.pid, event.session), MOST_ACTORS)
        else {
            return false;
        };
        self.rows.push(Row { time: Row::time(origin, micros), actor, position, rest });
        true
    }

    /// The number of what an event has in common with others; `None`: there is no room for another one.
    fn origin_of(&mut self, event: &Event, shape: Shape, era: i32, position: i32) -> Option<usize> {
        let is_of = |at: &usize| {
            self.origins.get_index(*at).is_some_and(|origin| origin.is_of(event, shape, era, position))
        };
        if let Some(known) = self.recent.iter().copied().find(is_of) {
            return Some(known);
        }
        let origin = Origin {
            kind: event.kind,
            dialect: event.dialect,
            place: Place {
                source: event.source,
                stream: event.stream,
                host: event.host.clone(),
                shape,
                era,
                position,
                lines: 0,
            },
            keys: event.values.iter().map(|(key, _)| Arc::clone(key)).collect(),
            untold: event.untold.clone(),
        };
        let known = place_in(&mut self.origins, origin, MOST_ORIGINS)?;
        self.recent.rotate_right(1);
        if let Some(first) = self.recent.first_mut() {
            *first = known;
        }
        Some(known)
    }

    fn origin(&self, row: &Row) -> Option<&Origin> {
        self.origins.get_index(row.origin())
    }

    fn actor(&self, row: &Row) -> Actor {
        self.actors.get_index(row.actor()).copied().unwrap_or_default()
    }

    /// The event at an index.
    pub fn get<'e>(&'e self, spill: &'e Spill, index: usize) -> Option<Held<'e>> {
        self.held(spill, self.rows.get(index)?)
    }

    fn held<'e>(&'e self, spill: &'e Spill, row: &Row) -> Option<Held<'e>> {
        let origin = self.origin(row)?;
        let place = &origin.place;
        let (stamp, placed) = place.shape.stamp(row.micros(place.era));
        let actor = self.actor(row);
        Some(Held {
            kind: origin.kind,
            dialect: origin.dialect,
            source: place.source,
            stream: place.stream,
            position: i64::from(place.position) << 32 | i64::from(row.position),
            stamp,
            placed,
            host: place.host.as_deref(),
            pid: actor.pid(),
            session: actor.session(),
            untold: &origin.untold,
            keys: &origin.keys,
            lines: place.lines,
            rest: row.rest,
            spill,
        })
    }

    /// All events in order.
    pub fn iter<'e>(&'e self, spill: &'e Spill) -> impl Iterator<Item = Held<'e>> + 'e {
        (0..self.len()).filter_map(|index| self.get(spill, index))
    }

    /// Microseconds of an event's instant, else civil time, else those of the dated record before it.
    pub fn micros(&self, index: usize) -> Option<i64> {
        let row = self.rows.get(index)?;
        let place = &self.origin(row)?.place;
        let (stamp, placed) = place.shape.stamp(row.micros(place.era));
        stamp.instant().or(stamp.civil_micros()).or(placed)
    }

    /// Changes where and when events happened. Those for whose new places there is no room are given back.
    pub fn edit(&mut self, spill: &Spill, mut change: impl FnMut(&mut Placing)) -> Lost {
        let before = Events {
            origins: std::mem::take(&mut self.origins),
            actors: std::mem::take(&mut self.actors),
            ..Events::default()
        };
        let mut lost = Lost::default();
        // Nearly all events of one origin change alike.
        let mut known: Vec<Option<(Place, usize)>> = vec![None; before.origins.len()];
        let (origins, actors) = (&mut self.origins, &mut self.actors);
        let mut moved = |row: &mut Row| {
            let (origin, known) = (before.origin(row)?, known.get_mut(row.origin())?);
            let place = &origin.place;
            let (stamp, placed) = place.shape.stamp(row.micros(place.era));
            let actor = before.actor(row);
            let mut placing = Placing {
                source: place.source,
                stream: place.stream,
                position: i64::from(place.position) << 32 | i64::from(row.position),
                stamp,
                placed,
                host: place.host.clone(),
                session: actor.session(),
                lines: place.lines,
            };
            change(&mut placing);
            let (shape, micros) = Shape::of(placing.stamp, placing.placed);
            let [position, high] = halves(placing.position.cast_unsigned());
            let place = Place {
                source: placing.source,
                stream: placing.stream,
                host: placing.host,
                shape,
                era: era(micros),
                position: high.cast_signed(),
                lines: placing.lines,
            };
            let number = match known {
                Some((before, number)) if *before == place => *number,
                _ => {
                    let number =
                        place_in(origins, Origin { place: place.clone(), ..origin.clone() }, MOST_ORIGINS)?;
                    *known = Some((place, number));
                    number
                }
            };
            let actor = number_in(actors, Actor::of(actor.pid(), placing.session), MOST_ACTORS)?;
            *row = Row { time: Row::time(number, micros), actor, position, ..*row };
            Some(())
        };
        self.rows.retain_mut(|row| {
            let as_it_was = *row;
            let has_room = moved(row).is_some();
            if !has_room {
                lost.join(before.lost(spill, &as_it_was));
            }
            has_room
        });
        lost
    }

    /// An event for which there is no room.
    fn lost(&self, spill: &Spill, row: &Row) -> Lost {
        let mut lost = Lost::default();
        if let Some(held) = self.held(spill, row) {
            lost.add(held.kind, held.line(), held.stamp);
        }
        lost
    }

    /// Adds those of another list; gives back those for which there is no room.
    pub fn append(&mut self, spill: &Spill, other: Events) -> Lost {
        if self.rows.is_empty() {
            *self = other;
            return Lost::default();
        }
        let origins: Vec<Option<usize>> = other
            .origins
            .iter()
            .map(|origin| place_in(&mut self.origins, origin.clone(), MOST_ORIGINS))
            .collect();
        let actors: Vec<Option<u32>> =
            other.actors.iter().map(|actor| number_in(&mut self.actors, *actor, MOST_ACTORS)).collect();
        let mut lost = Lost::default();
        for row in &other.rows {
            let era = other.origin(row).map_or(0, |origin| origin.place.era);
            let places = (origins.get(row.origin()).copied(), actors.get(row.actor()).copied());
            match places {
                (Some(Some(origin)), Some(Some(actor))) => {
                    let time = Row::time(origin, row.micros(era));
                    self.rows.push(Row { time, actor, ..*row });
                }
                _ => lost.join(other.lost(spill, row)),
            }
        }
        lost
    }

    /// Is one of the sessions such a one?
    pub fn has_session(&self, is_one: impl Fn(Option<u32>) -> bool) -> bool {
        self.actors.iter().any(|actor| is_one(actor.session()))
    }

    /// Keeps those that are wanted.
    pub fn retain(&mut self, spill: &Spill, mut is_wanted: impl FnMut(&Held<'_>) -> bool) {
        let wanted: Vec<bool> = self.iter(spill).map(|event| is_wanted(&event)).collect();
        let mut wanted = wanted.into_iter();
        self.rows.retain(|_| wanted.next().unwrap_or(false));
    }

    /// Cuts off those beyond the first `most`.
    pub fn truncate(&mut self, most: usize) {
        self.rows.truncate(most);
    }

    /// Puts an event at the place of another one. False: there is no room for what it says.
    pub fn replace(&mut self, spill: &Spill, index: usize, event: &Event) -> bool {
        if !self.push(spill, event) {
            return false;
        }
        let lines = self.rows.pop();
        if let (Some(row), Some(slot)) = (lines, self.rows.get_mut(index)) {
            *slot = row;
        }
        true
    }

    /// Sorts by time, the place of the source in `places`, and position; records without a date behind the record
    /// before them in their source, and before all others where there is none.
    pub fn sort(&mut self, places: &[usize]) {
        let origins = &self.origins;
        let key = |row: &Row| {
            origins.get_index(row.origin()).map(|origin| {
                let (stamp, placed) = origin.place.shape.stamp(row.micros(origin.place.era));
                let time = stamp.instant().or(stamp.civil_micros()).or(placed).unwrap_or(i64::MIN);
                let source = usize::try_from(origin.place.source.0).ok();
                let path = source.and_then(|source| places.get(source)).copied();
                (time, path, origin.place.position, row.position, origin.kind, row.rest)
            })
        };
        if !self.rows.is_sorted_by_key(key) {
            self.rows.sort_unstable_by_key(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stamp::HOUR;

    fn event(number: i64) -> Event {
        Event {
            kind: EventKind(1),
            dialect: Dialect::NetbackupLegacy,
            source: SourceId(0),
            stream: StreamId(0),
            position: number - 3,
            line: (number % 3 > 0).then_some(number as u64),
            number: (number % 2 > 0).then_some(1 << 40),
            stamp: match number % 4 {
                0 => Stamp::None,
                1 => Stamp::Clock { micros: number * HOUR, fraction: true },
                2 => Stamp::Dated { micros: -number, zone: Zone::Unknown, fraction: false, swappable: true },
                _ => Stamp::epoch_millis(number),
            },
            placed: (number % 8 < 2).then_some(number << 40),
            host: (number % 5 > 0).then(|| Arc::from("srv1")),
            pid: (number % 3 > 0).then_some((number as u64) << 30),
            session: (number % 7 > 0).then_some(number as u32),
            values: [("backup_id", format!("srv_{number}")), ("copy", "1".repeat(number as usize * 50))]
                .into_iter()
                .collect(),
            text: Arc::from(format!("the record {number}")),
            untold: vec!["process"],
        }
    }

    fn same(one: &Event, other: &Event) -> bool {
        format!("{one:?}") == format!("{other:?}")
    }

    #[test]
    fn events_come_back_as_they_were() {
        let spill = Spill::new();
        let mut events = Events::default();
        let all: Vec<Event> = (0..40).map(event).collect();
        assert!(all.iter().all(|event| events.push(&spill, event)));
        for (index, event) in all.iter().enumerate() {
            let held = events.get(&spill, index).unwrap();
            assert!(same(&held.event(), event), "{:?}\n{event:?}", held.event());
            assert_eq!(held.value("backup_id").as_deref(), event.values.get("backup_id").map(|id| &**id));
            assert_eq!(held.value("fragment"), None);
        }
    }

    /// Two copies of a log, of which only one shows the order of day and month, or which of two zones held.
    #[test]
    fn a_mark_stands_for_what_is_said_wherever_it_was_read() {
        let spill = Spill::new();
        let mut events = Events::default();
        let stamped = |zone, swappable| {
            let stamp = Stamp::Dated { micros: 5 * HOUR, zone, fraction: true, swappable };
            Event { stamp, ..event(1) }
        };
        let first = stamped(Zone::Unknown, false);
        let elsewhere =
            Event { source: SourceId(9), position: 77, line: Some(8), ..stamped(Zone::Unknown, true) };
        let either = stamped(Zone::Either(7200, 3600), false);
        let placed = stamped(Zone::Offset(3600), false);
        let values = [("backup_id", "srv_1".to_owned()), ("copy", "2".to_owned())];
        let copy = Event { values: values.into_iter().collect(), ..first.clone() };
        let all = [first, elsewhere, either, placed, copy];
        assert!(all.iter().all(|event| events.push(&spill, event)));
        let marks: Vec<u64> = events.iter(&spill).map(|event| event.mark()).collect();
        assert_eq!(marks[0], marks[1]);
        assert_eq!(marks[0], marks[2]);
        assert_ne!(marks[0], marks[3]);
        assert_ne!(marks[0], marks[4]);
    }

    #[test]
    fn a_change_of_place_leaves_the_rest() {
        let spill = Spill::new();
        let (mut one, mut other) = (Events::default(), Events::default());
        (0..20).for_each(|number| assert!(one.push(&spill, &event(number))));
        (20..40).for_each(|number| assert!(other.push(&spill, &event(number))));
        let move_on = |placing: &mut Placing| {
            placing.position = -placing.position;
            placing.stamp = placing.stamp.shifted(HOUR);
            placing.source = SourceId(7);
            placing.lines += 100;
            placing.host = placing.host.take().or_else(|| Some(Arc::from("srv2")));
        };
        assert_eq!(other.edit(&spill, move_on).events, 0);
        assert_eq!(one.append(&spill, other).events, 0);
        for number in 0..40 {
            let mut wanted = event(number);
            if number >= 20 {
                wanted.position = -wanted.position;
                wanted.stamp = wanted.stamp.shifted(HOUR);
                wanted.source = SourceId(7);
                wanted.line = wanted.line.map(|line| line + 100);
                wanted.host = wanted.host.or_else(|| Some(Arc::from("srv2")));
            }
            let held = one.get(&spill, number as usize).unwrap().event();
            assert!(same(&held, &wanted), "{held:?}\n{wanted:?}");
        }
    }

    #[test]
    fn more_processes_than_are_told_apart_have_no_room() {
        let (spill, mut events) = (Spill::new(), Events::default());
        let of_process = |pid| Event { pid: Some(pid), ..event(1) };
        let most = MOST_ACTORS as u64;
        assert!((0..most).all(|pid| events.push(&spill, &of_process(pid))));
        assert!(!events.push(&spill, &of_process(most)));
        assert!(events.push(&spill, &of_process(5)));
        // The same where they come from two pieces of a log.
        let mut other = Events::default();
        assert!((most - 1..most + 2).all(|pid| other.push(&spill, &of_process(pid))));
        let lost = events.append(&spill, other);
        assert_eq!((lost.events, lost.line, lost.kinds.len()), (2, Some(1), 1));
        assert_eq!(events.len() as u64, most + 2);
        assert_eq!(events.get(&spill, events.len() - 1).unwrap().pid, Some(most - 1));
        let lost = events.edit(&spill, |placing| placing.session = Some((placing.position % 7) as u32));
        assert_eq!((lost.events, events.len() as u64), (0, most + 2));
    }

    #[test]
    fn times_of_all_ages_are_kept() {
        let (spill, mut events) = (Spill::new(), Events::default());
        let far = 8_000 * 366 * 24 * HOUR;
        for micros in [0, -1, 1, far, -far, (1 << TIME_BITS) - 1, 1 << TIME_BITS, -(1 << TIME_BITS)] {
            let stamp = Stamp::Dated { micros, zone: Zone::Unknown, fraction: true, swappable: false };
            assert!(events.push(&spill, &Event { stamp, ..event(1) }));
            assert_eq!(events.get(&spill, events.len() - 1).unwrap().stamp, stamp);
        }
    }

    #[test]
    fn an_event_is_small() {
        assert_eq!(std::mem::size_of::<Row>(), 20);
        assert_eq!(std::mem::size_of::<Actor>(), 16);
    }
}
