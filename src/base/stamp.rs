//! Time as a log tells it: what the record says (civil time) kept apart from what is known about its zone.
//!
//! Nothing is invented here: a stamp without date stays without date, one without zone stays without zone.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use serde::{Deserialize, Serialize};

/// Microseconds in one second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in one minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in one hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in one day.
pub const DAY: i64 = 24 * HOUR;
/// No zone on Earth lies further west than UTC-12 ...
pub const WESTMOST: i64 = -12 * HOUR;
/// ... or further east than UTC+14 (Line Islands).
pub const EASTMOST: i64 = 14 * HOUR;

/// What is known about the zone of a civil time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Zone {
    /// The log does not say, nothing else told.
    Unknown,
    /// Seconds east of UTC that held at this moment.
    Offset(i32),
    /// One of these two, and nothing tells which: the hour that passes twice in autumn, or never in spring. The first
    /// one lies further east and gives the earlier moment.
    Either(i32, i32),
}

impl Zone {
    /// Seconds east of UTC: the least and the most that may have held.
    pub fn range(self) -> Option<(i32, i32)> {
        match self {
            Zone::Unknown => None,
            Zone::Offset(east) => Some((east, east)),
            Zone::Either(one, other) => Some((one.min(other), one.max(other))),
        }
    }

    /// How far apart the moments are that may be meant, in microseconds.
    pub fn doubt(self) -> i64 {
        self.range().map_or(0, |(least, most)| (i64::from(most) - i64::from(least)) * SECOND)
    }
}

/// Which of the first two numbers of a date is the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DateOrder {
    /// Month first (03/05 is the fifth of March).
    Mdy,
    /// Day first (03/05 is the third of May).
    Dmy,
    /// Year first, then month.
    Ymd,
}

/// The time of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stamp {
    /// The record has no time.
    None,
    /// Time of day only; comparable only inside its own source.
    Clock {
        /// Microseconds since midnight of the source's first (unknown) day; above 24 h after a day roll-over.
        micros: i64,
        /// The log printed a fraction of a second.
        fraction: bool,
    },
    /// Date and time.
    Dated {
        /// Microseconds from 1970-01-01T00:00:00 to this *civil* time, as printed, zone left aside.
        micros: i64,
        /// What is known about the zone.
        zone: Zone,
        /// The log printed a fraction of a second.
        fraction: bool,
        /// Day and month could be exchanged: neither is above 12 and the source must decide.
        swappable: bool,
    },
}

impl Stamp {
    /// A date and time as printed.
    pub fn civil(when: NaiveDateTime, zone: Zone, fraction: bool) -> Stamp {
        Stamp::Dated { micros: when.and_utc().timestamp_micros(), zone, fraction, swappable: false }
    }

    /// A time of day without date.
    pub fn clock(time: NaiveTime, fraction: bool) -> Stamp {
        Stamp::Clock { micros: time_micros(time), fraction }
    }

    /// Seconds since 1970 in UTC.
    pub fn epoch(seconds: i64) -> Stamp {
        Stamp::Dated {
            micros: seconds.saturating_mul(SECOND),
            zone: Zone::Offset(0),
            fraction: false,
            swappable: false,
        }
    }

    /// Milliseconds since 1970 in UTC.
    pub fn epoch_millis(millis: i64) -> Stamp {
        Stamp::Dated {
            micros: millis.saturating_mul(1000),
            zone: Zone::Offset(0),
            fraction: true,
            swappable: false,
        }
    }

    /// The same stamp with day and month marked as exchangeable.
    pub fn swappable(self) -> Stamp {
        match self {
            Stamp::Dated { micros, zone, fraction, .. } => {
                Stamp::Dated { micros, zone, fraction, swappable: true }
            }
            other => other,
        }
    }

    /// Is there a date?
    pub fn is_dated(self) -> bool {
        matches!(self, Stamp::Dated { .. })
    }

    /// Is there neither date nor time?
    pub fn is_none(self) -> bool {
        matches!(self, Stamp::None)
    }

    /// Civil microseconds of a dated stamp.
    pub fn civil_micros(self) -> Option<i64> {
        match self {
            Stamp::Dated { micros, .. } => Some(micros),
            _ => None,
        }
    }

    /// Microseconds since 1970 in UTC; only where the zone is known. Of two moments that may be meant, the earlier one.
    pub fn instant(self) -> Option<i64> {
        match self {
            Stamp::Dated { micros, zone, .. } => {
                zone.range().map(|(_, east)| micros.saturating_sub(i64::from(east) * SECOND))
            }
            _ => None,
        }
    }

    /// The zone of a dated stamp.
    pub fn zone(self) -> Zone {
        match self {
            Stamp::Dated { zone, .. } => zone,
            _ => Zone::Unknown,
        }
    }

    /// Does the printed form carry a fraction of a second?
    pub fn has_fraction(self) -> bool {
        match self {
            Stamp::None => false,
            Stamp::Clock { fraction, .. } | Stamp::Dated { fraction, .. } => fraction,
        }
    }

    /// A time-only stamp placed on a day: `day` is the date of the source's first midnight.
    pub fn on_day(self, day: NaiveDate) -> Stamp {
        self.behind(midnight(day))
    }

    /// The same, where `midnight` is the civil time at which the day begins (see [`midnight`]).
    pub fn behind(self, midnight: i64) -> Stamp {
        match self {
            Stamp::Clock { micros, fraction } => Stamp::Dated {
                micros: midnight.saturating_add(micros),
                zone: Zone::Unknown,
                fraction,
                swappable: false,
            },
            other => other,
        }
    }

    /// The same civil time with a zone, if it had none.
    pub fn in_zone(self, east: i32) -> Stamp {
        self.placed(Zone::Offset(east))
    }

    /// The same, where the zone may be known only as one of two.
    pub fn placed(self, zone: Zone) -> Stamp {
        match self {
            Stamp::Dated { micros, zone: Zone::Unknown, fraction, swappable } => {
                Stamp::Dated { micros, zone, fraction, swappable }
            }
            other => other,
        }
    }

    /// Applies what the source decided about the order of day and month: a swappable stamp, read month first,
    /// is turned over where the source writes the day first.
    pub fn in_order(self, order: DateOrder) -> Stamp {
        match self {
            Stamp::Dated { micros, zone, fraction, swappable: true } => {
                let micros = if order == DateOrder::Dmy { swap_day_and_month(micros) } else { micros };
                Stamp::Dated { micros, zone, fraction, swappable: false }
            }
            other => other,
        }
    }

    /// Shifts the stamp by `delta` microseconds (a day roll-over, an allowed disorder).
    pub fn shifted(self, delta: i64) -> Stamp {
        match self {
            Stamp::None => Stamp::None,
            Stamp::Clock { micros, fraction } => {
                Stamp::Clock { micros: micros.saturating_add(delta), fraction }
            }
            Stamp::Dated { micros, zone, fraction, swappable } => {
                Stamp::Dated { micros: micros.saturating_add(delta), zone, fraction, swappable }
            }
        }
    }

    /// The civil date and time, where dated and inside the calendar's range.
    pub fn naive(self) -> Option<NaiveDateTime> {
        self.civil_micros().and_then(naive_from_micros)
    }
}

/// The civil date and time of a count of microseconds; `None` outside the calendar's range.
pub fn naive_from_micros(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|when| when.naive_utc())
}

/// Civil microseconds at which a day begins.
pub fn midnight(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp_micros()
}

/// Microseconds since midnight.
pub fn time_micros(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight()) * SECOND + i64::from(time.nanosecond() % 1_000_000_000) / 1000
}

/// Exchanges day and month; a date that this would make invalid stays as it is.
fn swap_day_and_month(micros: i64) -> i64 {
    let Some(when) = naive_from_micros(micros) else { return micros };
    let swapped = NaiveDate::from_ymd_opt(when.year(), when.day(), when.month());
    swapped.map_or(micros, |date| date.and_time(when.time()).and_utc().timestamp_micros())
}

impl Stamp {
    /// The same for all stamps that are printed alike: what was found out of a record's time beyond what is printed is
    /// left aside.
    pub fn as_printed(self) -> Stamp {
        match self {
            Stamp::None => Stamp::None,
            Stamp::Clock { micros, fraction } => Stamp::Clock { micros: micros.rem_euclid(DAY), fraction },
            Stamp::Dated { micros, zone, fraction, .. } => {
                let zone = match zone {
                    Zone::Either(..) => Zone::Unknown,
                    told => told,
                };
                Stamp::Dated { micros, zone, fraction, swappable: false }
            }
        }
    }
}

/// Printed as in reports: `2009-03-05T14:55:05.986`, with the offset where the zone is known, `14:55:05.986`
/// without date, empty without time.
impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Stamp::None => Ok(()),
            Stamp::Clock { micros, fraction } => write_clock(f, micros.rem_euclid(DAY), fraction),
            Stamp::Dated { micros, zone, fraction, .. } => {
                let Some(when) = naive_from_micros(micros) else { return write!(f, "out of range") };
                write!(f, "{}T", when.date())?;
                write_clock(f, time_micros(when.time()), fraction)?;
                match zone {
                    Zone::Unknown | Zone::Either(..) => Ok(()),
                    Zone::Offset(0) => write!(f, "Z"),
                    Zone::Offset(east) => {
                        let sign = if east < 0 { '-' } else { '+' };
                        let minutes = east.abs() / 60;
                        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
                    }
                }
            }
        }
    }
}

fn write_clock(f: &mut std::fmt::Formatter<'_>, micros: i64, fraction: bool) -> std::fmt::Result {
    let seconds = micros / SECOND;
    write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
    let rest = micros % SECOND;
    if !fraction {
        Ok(())
    } else if rest % 1000 == 0 {
        write!(f, ".{:03}", rest / 1000)
    } else {
        write!(f, ".{rest:06}")
    }
}

/// A stretch of time in microseconds, as pattern files write it: `60s`, `10m`, `31d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span(pub i64);

impl Span {
    /// Reads `60s`, `10m`, `2h`, `31d`, `250ms`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Span> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = text.split_at(digits);
        let number: i64 = number.parse().ok()?;
        let unit = match unit {
            "ms" => 1000,
            "s" => SECOND,
            "m" | "min" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            _ => return None,
        };
        number.checked_mul(unit).map(Span)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Span(micros) = *self;
        for (unit, name) in [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")] {
            if micros != 0 && micros % unit == 0 {
                return write!(f, "{} {name}", micros / unit);
            }
        }
        write!(f, "{} ms", micros / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn prints_what_was_known_and_no_more() {
        let whole = Stamp::civil(at("2009-03-05T15:05:09"), Zone::Unknown, false);
        assert_eq!(whole.to_string(), "2009-03-05T15:05:09");
        let milli = Stamp::civil(at("2009-03-05T14:55:05.986"), Zone::Offset(-5 * 3600), true);
        assert_eq!(milli.to_string(), "2009-03-05T14:55:05.986-05:00");
        assert_eq!(Stamp::epoch(1_236_281_108).to_string(), "2009-03-05T19:25:08Z");
        let clock = Stamp::clock("14:55:05.986".parse().unwrap(), true);
        assert_eq!(clock.to_string(), "14:55:05.986");
        assert_eq!(Stamp::None.to_string(), "");
    }

    #[test]
    fn a_swappable_date_follows_its_source() {
        let read = Stamp::civil(at("2009-03-05T15:05:09"), Zone::Unknown, false).swappable();
        assert_eq!(read.in_order(DateOrder::Mdy).to_string(), "2009-03-05T15:05:09");
        assert_eq!(read.in_order(DateOrder::Dmy).to_string(), "2009-05-03T15:05:09");
    }

    #[test]
    fn a_clock_stamp_lands_on_the_day_of_its_file() {
        let day = NaiveDate::from_ymd_opt(2009, 3, 5).unwrap();
        let clock = Stamp::clock("23:59:59.5".parse().unwrap(), true).shifted(SECOND);
        assert_eq!(clock.on_day(day).to_string(), "2009-03-06T00:00:00.500");
    }

    #[test]
    fn spans_read_back() {
        assert_eq!(Span::parse("60s"), Some(Span(60 * SECOND)));
        assert_eq!(Span::parse("31d"), Some(Span(31 * DAY)));
        assert_eq!(Span::parse("31"), None);
        assert_eq!(Span::parse("d"), None);
        assert_eq!(Span(90 * SECOND).to_string(), "90 s");
    }
}
