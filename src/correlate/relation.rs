//! Time between two records, three-valued: what is certain, what is certainly not, and what the logs leave open.
//!
//! The rules are those of section "order" of the pattern language:
//!
//! - In one stream times are compared as printed; records of different processes may stand out of order by the
//!   dialect's disorder; within one process of a debug log, and wherever times are equal or missing, the position
//!   in the source decides.
//! - Across streams a stamp without fraction is its whole second. Two known zones are compared as instants, two
//!   unknown ones as civil time; if one is known, only what holds for every zone on Earth is certain. In the hour that
//!   the clocks pass twice, only what holds for both passes is.
//! - Different hosts (and streams of unknown hosts) are compared within the clock tolerance.

use crate::base::stamp::{EASTMOST, SECOND, WESTMOST};
use crate::base::{Dialect, SourceId, Stamp, StreamId, Zone};
use crate::identity::Names;

use super::held::Held;

/// Three values of knowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tri {
    /// Certainly not.
    No,
    /// The logs leave it open.
    Unknown,
    /// Certainly.
    Yes,
}

impl Tri {
    /// Both.
    pub fn and(self, other: Tri) -> Tri {
        self.min(other)
    }

    /// At least one.
    pub fn or(self, other: Tri) -> Tri {
        self.max(other)
    }

    /// Yes or no.
    pub fn certain(holds: bool) -> Tri {
        if holds { Tri::Yes } else { Tri::No }
    }
}

/// Why an order or a distance is not certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// One of the records has no date.
    NoDate,
    /// The zone of one of the two is not known.
    ZoneUnknown,
    /// One of them lies in the hour that the clocks pass twice, or never.
    HourTwice,
    /// They lie closer together than clocks of two hosts agree, or within one second.
    WithinTolerance,
}

/// A record as a point in time.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// Its time.
    pub stamp: Stamp,
    /// Its source.
    pub source: SourceId,
    /// Its stream.
    pub stream: StreamId,
    /// Its place in the source; `None` for points that are no records (an end of a coverage interval).
    pub position: Option<i64>,
    /// Its host.
    pub host: Option<&'a str>,
    /// Its process id.
    pub pid: Option<u64>,
    /// Its dialect.
    pub dialect: Dialect,
}

impl<'a> Point<'a> {
    /// The point of an event.
    pub fn of(event: &Held<'a>) -> Point<'a> {
        Point {
            stamp: event.stamp,
            source: event.source,
            stream: event.stream,
            position: Some(event.position),
            host: event.host,
            pid: event.pid,
            dialect: event.dialect,
        }
    }
}

/// How clocks are compared.
#[derive(Clone, Copy, Debug)]
pub struct Clocks<'a> {
    /// Tolerance between clocks of different hosts, in microseconds.
    pub skew: i64,
    /// Names of machines.
    pub names: &'a Names,
}

/// The distance from one point to another, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    /// The second point lies at least this far behind the first (negative: before it).
    pub least: i64,
    /// ... and at most this far.
    pub most: i64,
    /// How far records may stand out of order here.
    pub disorder: i64,
    /// Order by position, where that decides instead of time.
    pub by_position: Option<std::cmp::Ordering>,
    /// Why `least` and `most` differ.
    pub why: Why,
    /// Both zones are unknown and were taken to be the same.
    pub same_zone_assumed: bool,
}

/// What is known about the distance of two points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// As far as the clocks go.
    Timed(Distance),
    /// Only the position in one source orders them: the second against the first.
    Placed(std::cmp::Ordering),
    /// Nothing orders them.
    Open,
}

impl Clocks<'_> {
    /// How `second` lies to `first`.
    pub fn relation(&self, first: &Point<'_>, second: &Point<'_>) -> Relation {
        if first.source == second.source {
            return in_one_source(first, second);
        }
        let (Stamp::Dated { .. }, Stamp::Dated { .. }) = (first.stamp, second.stamp) else {
            return Relation::Open;
        };
        if first.stream == second.stream {
            return in_one_stream(first, second, None);
        }
        self.across(first, second, self.tolerance(first, second))
    }

    /// Like [`Clocks::relation`] across streams, without the tolerance between hosts.
    pub fn relation_without_tolerance(&self, first: &Point<'_>, second: &Point<'_>) -> Relation {
        if first.stream == second.stream {
            return self.relation(first, second);
        }
        match (first.stamp, second.stamp) {
            (Stamp::Dated { .. }, Stamp::Dated { .. }) => self.across(first, second, 0),
            _ => Relation::Open,
        }
    }

    /// How far `second` certainly lies behind `first` by what is printed, whole seconds and tolerances left aside.
    pub fn least_printed(&self, first: &Point<'_>, second: &Point<'_>) -> Option<i64> {
        match (first.stamp, second.stamp) {
            (Stamp::Clock { micros: one, .. }, Stamp::Clock { micros: other, .. }) => {
                (first.source == second.source).then(|| other.saturating_sub(one))
            }
            (first, second) => Printed::between(first, second).map(|printed| printed.least),
        }
    }

    /// Are the two points certainly of one host?
    pub fn same_host(&self, first: &Point<'_>, second: &Point<'_>) -> bool {
        first.stream == second.stream
            || matches!((first.host, second.host), (Some(one), Some(other)) if self.names.same(one, other))
    }

    fn tolerance(&self, first: &Point<'_>, second: &Point<'_>) -> i64 {
        if self.same_host(first, second) { 0 } else { self.skew }
    }

    fn across(&self, first: &Point<'_>, second: &Point<'_>, tolerance: i64) -> Relation {
        let Some(printed) = Printed::between(first.stamp, second.stamp) else { return Relation::Open };
        Relation::Timed(Distance {
            least: printed.least - whole_second(first.stamp) - tolerance,
            most: printed.most + whole_second(second.stamp) + tolerance,
            disorder: 0,
            by_position: None,
            why: printed.why(),
            same_zone_assumed: printed.zones == Zones::Unknown,
        })
    }
}

/// Which zones of two dated stamps are known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zones {
    Known,
    /// One of two offsets.
    Either,
    Unknown,
    Mixed,
}

/// The distance of two stamps as printed. If only one zone is known, the other may be any on Earth.
struct Printed {
    least: i64,
    most: i64,
    zones: Zones,
}

impl Printed {
    fn between(first: Stamp, second: Stamp) -> Option<Printed> {
        let civil = second.civil_micros()?.saturating_sub(first.civil_micros()?);
        let east = |stamp: Stamp| {
            let (least, most) = stamp.zone().range()?;
            Some((i64::from(least) * SECOND, i64::from(most) * SECOND))
        };
        // Distance of the instants is (other - its offset) - (one - its offset).
        let (least, most, zones) = match (east(first), east(second)) {
            (Some(first), Some(second)) => {
                let (least, most) = (civil + first.0 - second.1, civil + first.1 - second.0);
                (least, most, if least == most { Zones::Known } else { Zones::Either })
            }
            (None, None) => (civil, civil, Zones::Unknown),
            (Some(first), None) => (civil + first.0 - EASTMOST, civil + first.1 - WESTMOST, Zones::Mixed),
            (None, Some(second)) => (civil + WESTMOST - second.1, civil + EASTMOST - second.0, Zones::Mixed),
        };
        Some(Printed { least, most, zones })
    }

    /// Of records of one log in the hour that passes twice nothing showed that the clock was set back between them:
    /// what is printed is their distance.
    fn by_one_clock(first: Stamp, second: Stamp) -> Option<Printed> {
        if let (Zone::Either(..), true) = (first.zone(), first.zone() == second.zone()) {
            let civil = second.civil_micros()?.saturating_sub(first.civil_micros()?);
            return Some(Printed { least: civil, most: civil, zones: Zones::Known });
        }
        Printed::between(first, second)
    }

    fn why(&self) -> Why {
        match self.zones {
            Zones::Mixed => Why::ZoneUnknown,
            Zones::Either => Why::HourTwice,
            Zones::Known | Zones::Unknown => Why::WithinTolerance,
        }
    }
}

/// How much later than printed a stamp may lie: one that has no fraction is its whole second.
pub(super) fn whole_second(stamp: Stamp) -> i64 {
    if stamp.has_fraction() { 0 } else { SECOND - 1 }
}

fn in_one_source(first: &Point<'_>, second: &Point<'_>) -> Relation {
    let order = match (first.position, second.position) {
        (Some(one), Some(other)) => Some(other.cmp(&one)),
        _ => None,
    };
    match (first.stamp, second.stamp) {
        (Stamp::Dated { .. }, Stamp::Dated { .. }) | (Stamp::Clock { .. }, Stamp::Clock { .. }) => {
            in_one_stream(first, second, order)
        }
        _ => order.map_or(Relation::Open, Relation::Placed),
    }
}

/// Both stamps are of one sort, and one clock wrote them. Records of which only one tells its zone (a pasted ticket)
/// are in order by time only where that holds for every zone.
fn in_one_stream(first: &Point<'_>, second: &Point<'_>, order: Option<std::cmp::Ordering>) -> Relation {
    let printed = match (first.stamp, second.stamp) {
        (Stamp::Clock { micros: one, .. }, Stamp::Clock { micros: other, .. }) => {
            let distance = other.saturating_sub(one);
            Some(Printed { least: distance, most: distance, zones: Zones::Unknown })
        }
        (first, second) => Printed::by_one_clock(first, second),
    };
    let Some(printed) = printed else { return Relation::Open };
    let one_process = first.pid.is_some() && first.pid == second.pid;
    let disorder = if one_process { 0 } else { first.dialect.disorder().max(second.dialect.disorder()) };
    let by_time = Distance {
        least: printed.least,
        most: printed.most,
        disorder,
        by_position: None,
        why: printed.why(),
        same_zone_assumed: false,
    };
    let same_time = printed.least == 0 && printed.most == 0;
    let one_debug_process = one_process && first.dialect.is_debug_log() && second.dialect.is_debug_log();
    let position_decides = same_time || one_debug_process || by_time.after() == Tri::Unknown;
    Relation::Timed(Distance { by_position: if position_decides { order } else { None }, ..by_time })
}

impl Relation {
    /// Does the second point lie after the first?
    pub fn after(&self) -> Tri {
        match self {
            Relation::Open => Tri::Unknown,
            Relation::Placed(order) => Tri::certain(order.is_gt()),
            Relation::Timed(distance) => distance.after(),
        }
    }

    /// Does the second point lie `from` to `to` behind the first?
    pub fn within(&self, from: i64, to: i64) -> Tri {
        match self {
            Relation::Open | Relation::Placed(_) => Tri::Unknown,
            Relation::Timed(distance) => {
                distance.inside(if from == 0 { -distance.disorder } else { from }, to)
            }
        }
    }

    /// Do the points lie at most `most` apart, and at least `least`?
    pub fn near(&self, least: i64, most: i64) -> Tri {
        match self {
            Relation::Open | Relation::Placed(_) => Tri::Unknown,
            Relation::Timed(distance) if distance.clock_set_back() => Tri::Unknown,
            Relation::Timed(distance) => {
                let close = distance.inside(-most, most);
                if least <= 0 {
                    return close;
                }
                match distance.inside(1 - least, least - 1) {
                    Tri::Yes => Tri::No,
                    Tri::Unknown => close.and(Tri::Unknown),
                    Tri::No => close,
                }
            }
        }
    }

    /// Why something is not certain.
    pub fn why(&self) -> Why {
        match self {
            Relation::Timed(distance) => distance.why,
            Relation::Open | Relation::Placed(_) => Why::NoDate,
        }
    }

    /// Were two unknown zones taken to be the same?
    pub fn same_zone_assumed(&self) -> bool {
        matches!(self, Relation::Timed(distance) if distance.same_zone_assumed)
    }
}

impl Distance {
    fn after(&self) -> Tri {
        if let Some(order) = self.by_position {
            return Tri::certain(order.is_gt());
        }
        if self.least > 0 || self.disorder > 0 && self.least > -self.disorder {
            Tri::Yes
        } else if self.most < 0 && self.most <= -self.disorder {
            Tri::No
        } else {
            Tri::Unknown
        }
    }

    /// One process wrote one record later although its clock says earlier: the clock was set back in between, and
    /// how long it took is not known.
    fn clock_set_back(&self) -> bool {
        match self.by_position {
            Some(std::cmp::Ordering::Greater) => self.most < 0,
            Some(std::cmp::Ordering::Less) => self.least > 0,
            _ => false,
        }
    }

    fn inside(&self, from: i64, to: i64) -> Tri {
        let later = self.by_position == Some(std::cmp::Ordering::Greater);
        if later && self.clock_set_back() && to >= 0 {
            Tri::Unknown
        } else if self.most < from || self.least > to {
            Tri::No
        } else if self.least >= from && self.most <= to {
            Tri::Yes
        } else {
            Tri::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stamp::{HOUR, MINUTE};

    fn dated(micros: i64, zone: Zone, fraction: bool) -> Stamp {
        Stamp::Dated { micros, zone, fraction, swappable: false }
    }

    fn point(stamp: Stamp, source: u32, stream: u32, position: i64, pid: u64) -> Point<'static> {
        Point {
            stamp,
            source: SourceId(source),
            stream: StreamId(stream),
            position: Some(position),
            host: None,
            pid: Some(pid),
            dialect: Dialect::NetbackupLegacy,
        }
    }

    fn relation(first: Point<'_>, second: Point<'_>) -> Relation {
        let names = Names::new();
        Clocks { skew: 5 * MINUTE, names: &names }.relation(&first, &second)
    }

    #[test]
    fn in_one_process_of_a_debug_log_position_decides() {
        // pid 1:  A(10 s)  B(9 s)   the clock stepped back; the process wrote B after A
        let a = point(dated(10 * SECOND, Zone::Unknown, true), 0, 0, 1, 1);
        let b = point(dated(9 * SECOND, Zone::Unknown, true), 0, 0, 2, 1);
        assert_eq!(relation(a, b).after(), Tri::Yes);
        assert_eq!(relation(b, a).after(), Tri::No);
    }

    #[test]
    fn different_processes_may_be_out_of_order_by_one_second() {
        let a = point(dated(10 * SECOND, Zone::Unknown, true), 0, 0, 1, 1);
        let b = point(dated(10 * SECOND - SECOND / 2, Zone::Unknown, true), 0, 0, 2, 2);
        let c = point(dated(8 * SECOND, Zone::Unknown, true), 0, 0, 3, 3);
        assert_eq!(relation(a, b).after(), Tri::Yes);
        assert_eq!(relation(a, b).within(0, MINUTE), Tri::Yes);
        assert_eq!(relation(a, c).after(), Tri::No);
        assert_eq!(relation(a, c).within(0, MINUTE), Tri::No);
    }

    #[test]
    fn across_hosts_only_beyond_the_tolerance() {
        let a = point(dated(0, Zone::Offset(0), true), 0, 0, 1, 1);
        let near = point(dated(4 * MINUTE, Zone::Offset(0), true), 1, 1, 1, 1);
        let far = point(dated(6 * MINUTE, Zone::Offset(0), true), 1, 1, 1, 1);
        assert_eq!(relation(a, near).after(), Tri::Unknown);
        assert_eq!(relation(a, far).after(), Tri::Yes);
        assert_eq!(relation(far, a).after(), Tri::No);
        assert_eq!(relation(a, far).within(0, 10 * MINUTE), Tri::Unknown);
        assert_eq!(relation(a, far).within(0, 11 * MINUTE), Tri::Yes);
        assert_eq!(relation(a, far).within(0, MINUTE / 2), Tri::No);
    }

    #[test]
    fn one_unknown_zone_leaves_a_day_open() {
        let known = point(dated(0, Zone::Offset(0), true), 0, 0, 1, 1);
        let soon = point(dated(10 * HOUR, Zone::Unknown, true), 1, 1, 1, 1);
        let late = point(dated(15 * HOUR, Zone::Unknown, true), 1, 1, 1, 1);
        assert_eq!(relation(known, soon).after(), Tri::Unknown);
        assert_eq!(relation(known, soon).why(), Why::ZoneUnknown);
        assert_eq!(relation(known, late).after(), Tri::Yes);
        let early = point(dated(-13 * HOUR, Zone::Unknown, true), 1, 1, 1, 1);
        assert_eq!(relation(known, early).after(), Tri::No);
        assert_eq!(relation(early, known).after(), Tri::Yes);
    }

    #[test]
    fn two_unknown_zones_are_taken_to_be_one() {
        let a = point(dated(0, Zone::Unknown, true), 0, 0, 1, 1);
        let b = point(dated(HOUR, Zone::Unknown, true), 1, 1, 1, 1);
        assert_eq!(relation(a, b).after(), Tri::Yes);
        assert!(relation(a, b).same_zone_assumed());
    }

    #[test]
    fn without_time_the_position_orders_and_no_window_is_certain() {
        let a = point(Stamp::None, 0, 0, 1, 1);
        let b = point(dated(0, Zone::Unknown, false), 0, 0, 2, 1);
        assert_eq!(relation(a, b).after(), Tri::Yes);
        assert_eq!(relation(a, b).within(0, MINUTE), Tri::Unknown);
        let elsewhere = point(Stamp::None, 1, 1, 2, 1);
        assert_eq!(relation(a, elsewhere).after(), Tri::Unknown);
    }

    #[test]
    fn a_stamp_without_fraction_is_its_whole_second_across_streams() {
        let names = Names::new();
        let clocks = Clocks { skew: 0, names: &names };
        let whole = point(dated(10 * SECOND, Zone::Offset(0), false), 0, 0, 1, 1);
        let inside = point(dated(10 * SECOND + 500_000, Zone::Offset(0), true), 1, 1, 1, 1);
        let behind = point(dated(11 * SECOND, Zone::Offset(0), true), 1, 1, 1, 1);
        assert_eq!(clocks.relation(&whole, &inside).after(), Tri::Unknown);
        assert_eq!(clocks.relation(&whole, &behind).after(), Tri::Yes);
    }

    #[test]
    fn mixed_zones_in_one_source_are_ordered_by_position() {
        //   A 10:00 UTC   B 09:30 (zone?)   the ticket was pasted in this order
        let a = point(dated(10 * HOUR, Zone::Offset(0), true), 0, 0, 1, 1);
        let b = point(dated(9 * HOUR + 30 * MINUTE, Zone::Unknown, true), 0, 0, 2, 2);
        assert_eq!(relation(a, b).after(), Tri::Yes);
        assert_eq!(relation(b, a).after(), Tri::No);
        assert_eq!(relation(a, b).within(0, HOUR), Tri::Unknown);
        assert_eq!(relation(a, b).why(), Why::ZoneUnknown);
        let rotated = Point { source: SourceId(1), ..b };
        assert_eq!(relation(a, rotated).after(), Tri::Unknown);
        let day_before = point(dated(-15 * HOUR, Zone::Unknown, true), 0, 0, 3, 3);
        assert_eq!(relation(a, day_before).after(), Tri::No);
    }

    #[test]
    fn a_clock_set_back_leaves_the_distance_open_on_both_sides() {
        let a = point(dated(10 * SECOND, Zone::Unknown, true), 0, 0, 1, 1);
        let b = point(dated(9 * SECOND, Zone::Unknown, true), 0, 0, 2, 1);
        assert_eq!(relation(a, b).near(0, MINUTE), Tri::Unknown);
        assert_eq!(relation(b, a).near(0, MINUTE), Tri::Unknown);
    }

    #[test]
    fn near_has_an_inner_edge_too() {
        let a = point(dated(0, Zone::Offset(0), true), 0, 0, 1, 1);
        let b = point(dated(-30 * SECOND, Zone::Offset(0), true), 0, 0, 0, 2);
        assert_eq!(relation(a, b).near(0, MINUTE), Tri::Yes);
        assert_eq!(relation(a, b).near(40 * SECOND, MINUTE), Tri::No);
        assert_eq!(relation(a, b).near(30 * SECOND, MINUTE), Tri::Yes);
    }
}
