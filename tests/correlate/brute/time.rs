//! Order and distance of two records, by the rules.

use blogscan::base::stamp::{HOUR, SECOND};
use blogscan::base::{Dialect, Stamp, Zone};

use super::Maybe::{self, No, Perhaps, Yes};
use super::{certain, same_machine};

/// A record, or the edge of a stretch that was read.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    pub stamp: Stamp,
    pub source: u32,
    pub stream: u32,
    pub position: Option<i64>,
    pub host: Option<&'a str>,
    pub pid: Option<u64>,
    pub dialect: Dialect,
}

pub fn disorder(dialect: Dialect) -> i64 {
    match dialect {
        Dialect::NetbackupLegacy => SECOND,
        Dialect::NetbackupJob => 15 * SECOND,
        _ => 0,
    }
}

/// Least and greatest distance as printed; the zone of one alone may be any on Earth. `None`: cannot be compared.
pub fn printed(one: &Moment<'_>, other: &Moment<'_>) -> Option<(i64, i64)> {
    match (one.stamp, other.stamp) {
        (Stamp::Clock { micros: first, .. }, Stamp::Clock { micros: second, .. }) => {
            (one.source == other.source).then_some((second - first, second - first))
        }
        (
            Stamp::Dated { micros: first, zone: mine, .. },
            Stamp::Dated { micros: second, zone: theirs, .. },
        ) => {
            let civil = second - first;
            Some(match (mine, theirs) {
                // No scene has a night of changed clocks.
                (Zone::Either(..), _) | (_, Zone::Either(..)) => return None,
                (Zone::Unknown, Zone::Unknown) => (civil, civil),
                (Zone::Offset(mine), Zone::Offset(theirs)) => {
                    let distance = civil + (i64::from(mine) - i64::from(theirs)) * SECOND;
                    (distance, distance)
                }
                (Zone::Offset(mine), Zone::Unknown) => {
                    let distance = civil + i64::from(mine) * SECOND;
                    (distance - 14 * HOUR, distance + 12 * HOUR)
                }
                (Zone::Unknown, Zone::Offset(theirs)) => {
                    let distance = civil - i64::from(theirs) * SECOND;
                    (distance - 12 * HOUR, distance + 14 * HOUR)
                }
            })
        }
        _ => None,
    }
}

pub fn whole(stamp: Stamp) -> i64 {
    if stamp.has_fraction() { 0 } else { SECOND - 1 }
}

/// As printed, widened across streams by whole seconds and across hosts by the tolerance.
pub fn distance(one: &Moment<'_>, other: &Moment<'_>, skew: i64) -> Option<(i64, i64)> {
    let (mut low, mut high) = printed(one, other)?;
    if one.stream != other.stream {
        low -= whole(one.stamp);
        high += whole(other.stamp);
        let same_host =
            matches!((one.host, other.host), (Some(mine), Some(theirs)) if same_machine(mine, theirs));
        if !same_host {
            low -= skew;
            high += skew;
        }
    }
    Some((low, high))
}

/// By position, in one source.
pub fn placed(one: &Moment<'_>, other: &Moment<'_>) -> Option<Maybe> {
    let (first, second) = (one.position?, other.position?);
    (one.source == other.source).then_some(certain(second > first))
}

pub fn one_pid(one: &Moment<'_>, other: &Moment<'_>) -> bool {
    one.pid.is_some() && one.pid == other.pid
}

pub fn slip(one: &Moment<'_>, other: &Moment<'_>) -> i64 {
    if one.stream != other.stream || one_pid(one, other) {
        0
    } else {
        disorder(one.dialect).max(disorder(other.dialect))
    }
}

/// In one process of a debug log the position decides.
pub fn one_process(one: &Moment<'_>, other: &Moment<'_>) -> bool {
    one_pid(one, other) && one.dialect == Dialect::NetbackupLegacy && one.source == other.source
}

/// Is `other` after `one`?
pub fn follows(one: &Moment<'_>, other: &Moment<'_>, skew: i64) -> Maybe {
    let by_position = placed(one, other);
    if one_process(one, other)
        && let Some(order) = by_position
    {
        return order;
    }
    let Some((low, high)) = distance(one, other, skew) else { return by_position.unwrap_or(Perhaps) };
    if one.stream == other.stream {
        let slip = slip(one, other);
        if (low, high) == (0, 0)
            && let Some(order) = by_position
        {
            return order;
        }
        if slip > 0 && low > -slip || low > 0 {
            return Yes;
        }
        if slip > 0 && high <= -slip || slip == 0 && high < 0 {
            return No;
        }
        return by_position.unwrap_or(Perhaps);
    }
    if low > 0 {
        Yes
    } else if high < 0 {
        No
    } else {
        Perhaps
    }
}

pub fn in_range(low: i64, high: i64, from: i64, to: i64) -> Maybe {
    if low >= from && high <= to {
        Yes
    } else if high < from || low > to {
        No
    } else {
        Perhaps
    }
}

/// The process wrote one later though its clock says earlier: how long it took is not known.
pub fn set_back(one: &Moment<'_>, other: &Moment<'_>) -> bool {
    let Some((low, high)) = printed(one, other) else { return false };
    one_process(one, other)
        && match placed(one, other) {
            Some(Yes) => high < 0,
            Some(_) => one.position != other.position && low > 0,
            None => false,
        }
}

/// Does `other` lie `from` to `to` behind `one`?
pub fn behind(one: &Moment<'_>, other: &Moment<'_>, from: i64, to: i64, skew: i64) -> Maybe {
    let Some((low, high)) = distance(one, other, skew) else { return Perhaps };
    if placed(one, other) == Some(Yes) && set_back(one, other) && to >= 0 {
        return Perhaps;
    }
    let from = if from == 0 { -slip(one, other) } else { from };
    in_range(low, high, from, to)
}

/// Does `other` lie `from` to `to` away from `one`, on either side?
pub fn beside(one: &Moment<'_>, other: &Moment<'_>, from: i64, to: i64, skew: i64) -> Maybe {
    let Some((low, high)) = distance(one, other, skew) else { return Perhaps };
    if set_back(one, other) {
        return Perhaps;
    }
    let near = in_range(low, high, -to, to);
    let far = if from <= 0 {
        Yes
    } else {
        match in_range(low, high, 1 - from, from - 1) {
            Yes => No,
            Perhaps => Perhaps,
            No => Yes,
        }
    };
    near.min(far)
}
