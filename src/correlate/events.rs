//! Many events in little memory: 24 bytes each. What a flood has in common (definition, source, host, zone, names of
//! values) is held once; line, record number, values and text wait in the spill until they are asked for.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use indexmap::IndexSet;

use crate::base::event::{EventKind, Key};
use crate::base::{Dialect, Event, SourceId, Stamp, StreamId, Values, Zone};

use super::spill::{Address, Spill};

/// Events, one behind the other.
#[derive(Clone, Debug, Default)]
pub struct Events {
    rows: Vec<Row>,
    origins: IndexSet<Origin>,
    /// Process ids and sessions.
    actors: IndexSet<Actor>,
}

/// Process id and session.
type Actor = (Option<u64>, Option<u32>);

/// What differs from event to event.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Microseconds: civil time, time of day, or of a record without time that of the dated one before it; low half
    /// first (eight bytes together would be padded).
    time: [u32; 2],
    origin: u32,
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

/// An event as it is held.
#[derive(Clone, Copy, Debug)]
pub struct Held<'e> {
    /// Which definition it matched.
    pub kind: EventKind,
    /// The dialect of the record.
    pub dialect: Dialect,
    /// The source it stands in.
    pub source: SourceId,
    /// The stream of that source.
    pub stream: StreamId,
    /// Position in the source.
    pub position: i64,
    /// When it was logged.
    pub stamp: Stamp,
    /// Time of the dated record before it, of an event without date.
    pub placed: Option<i64>,
    /// The host it happened on.
    pub host: Option<&'e str>,
    /// Process id.
    pub pid: Option<u64>,
    /// The session it stands in.
    pub session: Option<u32>,
    /// Filters that passed only because the source does not tell.
    pub untold: &'e [&'static str],
    keys: &'e [Key],
    lines: u64,
    rest: Address,
    spill: &'e Spill,
}

impl Row {
    fn micros(&self) -> i64 {
        let [low, high] = self.time;
        (u64::from(high) << 32 | u64::from(low)).cast_signed()
    }
}

/// Low and high half.
fn halves(number: u64) -> [u32; 2] {
    // Each half fits by its making.
    [(number & 0xFFFF_FFFF) as u32, (number >> 32) as u32]
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
        let origin = Origin {
            kind: event.kind,
            dialect: event.dialect,
            place: Place {
                source: event.source,
                stream: event.stream,
                host: event.host.clone(),
                shape,
                position: high.cast_signed(),
                lines: 0,
            },
            keys: event.values.iter().map(|(key, _)| Arc::clone(key)).collect(),
            untold: event.untold.clone(),
        };
        let (origin, _) = self.origins.insert_full(origin);
        let (actor, _) = self.actors.insert_full((event.pid, event.session));
        let (Ok(origin), Ok(actor)) = (u32::try_from(origin), u32::try_from(actor)) else { return false };
        self.rows.push(Row { time: halves(micros.cast_unsigned()), origin, actor, position, rest });
        true
    }

    fn origin(&self, row: &Row) -> Option<&Origin> {
        self.origins.get_index(usize::try_from(row.origin).ok()?)
    }

    fn actor(&self, row: &Row) -> Actor {
        let actor = usize::try_from(row.actor).ok().and_then(|actor| self.actors.get_index(actor));
        actor.copied().unwrap_or_default()
    }

    /// The event at an index.
    pub fn get<'e>(&'e self, spill: &'e Spill, index: usize) -> Option<Held<'e>> {
        let row = self.rows.get(index)?;
        let origin = self.origin(row)?;
        let place = &origin.place;
        let (stamp, placed) = place.shape.stamp(row.micros());
        let (pid, session) = self.actor(row);
        Some(Held {
            kind: origin.kind,
            dialect: origin.dialect,
            source: place.source,
            stream: place.stream,
            position: i64::from(place.position) << 32 | i64::from(row.position),
            stamp,
            placed,
            host: place.host.as_deref(),
            pid,
            session,
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
        let (stamp, placed) = self.origin(row)?.place.shape.stamp(row.micros());
        stamp.instant().or(stamp.civil_micros()).or(placed)
    }

    /// Changes where and when events happened.
    pub fn edit(&mut self, mut change: impl FnMut(&mut Placing)) {
        let (origins, actors) = (std::mem::take(&mut self.origins), std::mem::take(&mut self.actors));
        // Nearly all events of one origin change alike.
        let mut known: Vec<Option<(Place, u32)>> = vec![None; origins.len()];
        for row in &mut self.rows {
            let at = usize::try_from(row.origin).unwrap_or(usize::MAX);
            let (Some(origin), Some(known)) = (origins.get_index(at), known.get_mut(at)) else { continue };
            let place = &origin.place;
            let (stamp, placed) = place.shape.stamp(row.micros());
            let actor = usize::try_from(row.actor).ok().and_then(|actor| actors.get_index(actor));
            let (pid, session) = actor.copied().unwrap_or_default();
            let mut placing = Placing {
                source: place.source,
                stream: place.stream,
                position: i64::from(place.position) << 32 | i64::from(row.position),
                stamp,
                placed,
                host: place.host.clone(),
                session,
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
                position: high.cast_signed(),
                lines: placing.lines,
            };
            row.time = halves(micros.cast_unsigned());
            row.position = position;
            let (actor, _) = self.actors.insert_full((pid, placing.session));
            row.actor = u32::try_from(actor).unwrap_or(u32::MAX);
            row.origin = match known {
                Some((before, number)) if *before == place => *number,
                _ => {
                    let (number, _) =
                        self.origins.insert_full(Origin { place: place.clone(), ..origin.clone() });
                    let number = u32::try_from(number).unwrap_or(u32::MAX);
                    *known = Some((place, number));
                    number
                }
            };
        }
    }

    /// Adds those of another list.
    pub fn append(&mut self, other: Events) {
        if self.rows.is_empty() {
            *self = other;
            return;
        }
        let numbers: Vec<u32> = other
            .origins
            .into_iter()
            .map(|origin| u32::try_from(self.origins.insert_full(origin).0).unwrap_or(u32::MAX))
            .collect();
        let actors: Vec<u32> = other
            .actors
            .into_iter()
            .map(|actor| u32::try_from(self.actors.insert_full(actor).0).unwrap_or(u32::MAX))
            .collect();
        let of = |numbers: &[u32], number: u32| {
            usize::try_from(number).ok().and_then(|at| numbers.get(at)).copied().unwrap_or(u32::MAX)
        };
        self.rows.extend(other.rows.into_iter().map(|row| Row {
            origin: of(&numbers, row.origin),
            actor: of(&actors, row.actor),
            ..row
        }));
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
            let origin = origins.get_index(usize::try_from(row.origin).unwrap_or(usize::MAX));
            origin.map(|origin| {
                let (stamp, placed) = origin.place.shape.stamp(row.micros());
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

impl Held<'_> {
    /// 1-based first line of the record (from 0 while a source is read); `None` in binary sources.
    pub fn line(&self) -> Option<u64> {
        let line = self.spill.look(self.rest, |rest| take_number(rest).map(|(line, _)| line));
        line?.checked_sub(1).map(|line| line.saturating_add(self.lines))
    }

    /// Record number, where the log counts its records.
    pub fn number(&self) -> Option<u64> {
        let number = self.spill.look(self.rest, |rest| Some(take_number(take_number(rest)?.1)?.0));
        number?.checked_sub(1)
    }

    /// Has it a value of this name?
    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|name| name.as_ref() == key)
    }

    /// Its own value of this name.
    pub fn value(&self, key: &str) -> Option<String> {
        let at = self.keys.iter().position(|name| name.as_ref() == key)?;
        self.spill.look(self.rest, |rest| {
            let mut rest = numbers_skipped(rest)?;
            for _ in 0..at {
                rest = take_value(rest)?.1;
            }
            Some(String::from_utf8_lossy(take_value(rest)?.0).into_owned())
        })
    }

    /// All its values in order.
    pub fn values(&self) -> Values {
        self.spill.look(self.rest, |rest| {
            let mut rest = numbers_skipped(rest).unwrap_or_default();
            let values = self.keys.iter().map_while(|key| {
                let (value, behind) = take_value(rest)?;
                rest = behind;
                Some((Arc::clone(key), Arc::from(String::from_utf8_lossy(value))))
            });
            values.collect()
        })
    }

    /// Stands for what an event says, wherever it was read: the same record in two copies of a log has the same mark. In
    /// a flood each event is asked for many times, so nothing of it is copied.
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.kind, self.stamp.as_printed(), self.host, self.pid, self.keys).hash(&mut hasher);
        self.spill.look(self.rest, |rest| {
            let mut rest = numbers_skipped(rest).unwrap_or_default();
            for _ in self.keys {
                let Some((value, behind)) = take_value(rest) else { break };
                value.hash(&mut hasher);
                rest = behind;
            }
        });
        hasher.finish()
    }

    /// The record as read.
    pub fn text(&self) -> String {
        let text = self.spill.look(self.rest, |rest| {
            let rest = numbers_skipped(rest);
            let rest = self.keys.iter().try_fold(rest?, |rest, _| Some(take_value(rest)?.1));
            Some(String::from_utf8_lossy(rest?).into_owned())
        });
        text.unwrap_or_default()
    }

    /// All of it.
    pub fn event(&self) -> Event {
        Event {
            kind: self.kind,
            dialect: self.dialect,
            source: self.source,
            stream: self.stream,
            position: self.position,
            line: self.line(),
            number: self.number(),
            stamp: self.stamp,
            placed: self.placed,
            host: self.host.map(Arc::from),
            pid: self.pid,
            session: self.session,
            values: self.values(),
            text: Arc::from(self.text()),
            untold: self.untold.to_vec(),
        }
    }
}

/// Seven bits to a byte, low ones first.
fn put_number(to: &mut Vec<u8>, mut number: u64) {
    while number > 0x7F {
        to.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn take_number(from: &[u8]) -> Option<(u64, &[u8])> {
    let last = from.iter().take(10).position(|byte| *byte < 0x80)?;
    let (bytes, rest) = from.split_at_checked(last + 1)?;
    let number = bytes.iter().rev().fold(0_u64, |number, byte| number << 7 | u64::from(byte & 0x7F));
    Some((number, rest))
}

fn take_value(from: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = take_number(from)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// What stands behind line and record number.
fn numbers_skipped(rest: &[u8]) -> Option<&[u8]> {
    Some(take_number(take_number(rest)?.1)?.1)
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
        other.edit(move_on);
        one.append(other);
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
    fn an_event_is_small() {
        assert_eq!(std::mem::size_of::<Row>(), 24);
    }
}
