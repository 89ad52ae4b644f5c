//! Zones as a person names them: `Europe/Berlin` or `+01:00`.
//!
//! The rule for local times that exist twice or never stands here and nowhere else: in the overlap of autumn one of the
//! two offsets held, and the source must tell which; a time in the gap of spring was printed by a clock that was
//! wrong, by the offset before or behind it.

use std::fmt;

use chrono::{Datelike, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::base::Zone;
use crate::base::stamp::{EASTMOST, SECOND, WESTMOST, naive_from_micros};

/// Local time jumps by a whole day where a country changes sides of the date line (Samoa 2011); no gap is longer.
const LONGEST_GAP_MINUTES: i64 = 25 * 60;
/// Gaps begin and end on quarter hours.
const GAP_STEP_MINUTES: i64 = 15;

/// How local time runs at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneRule {
    /// Always this many seconds east of UTC.
    Fixed(i32),
    /// By the rules of this zone of the IANA database.
    Named(Tz),
}

impl ZoneRule {
    /// Reads an IANA name (`Europe/Berlin`, `UTC`) or an offset (`+05:30`). The error says what is wrong and what
    /// may have been meant.
    pub fn parse(text: &str) -> Result<ZoneRule, String> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("z") {
            return Ok(ZoneRule::Fixed(0));
        }
        if text.starts_with(['+', '-']) {
            return fixed(text).map(ZoneRule::Fixed);
        }
        if let Ok(zone) = text.parse::<Tz>() {
            return Ok(ZoneRule::Named(zone));
        }
        let similar = chrono_tz::TZ_VARIANTS.iter().find(|zone| {
            let name = zone.name();
            let city = name.rsplit('/').next().unwrap_or(name);
            name.eq_ignore_ascii_case(text) || city.eq_ignore_ascii_case(text)
        });
        Err(match similar {
            Some(zone) => format!("`{text}` is no zone; did you mean `{}`?", zone.name()),
            None => format!(
                "`{text}` is neither an IANA zone such as `Europe/Berlin` nor an offset such as `+01:00`"
            ),
        })
    }

    /// What holds at this civil time (microseconds since 1970-01-01T00:00:00 local). `None` where the time lies outside
    /// the calendar's years 1 to 9999.
    pub fn zone_at(self, civil_micros: i64) -> Option<Zone> {
        let when = naive_from_micros(civil_micros).filter(|when| (1..=9999).contains(&when.year()))?;
        match self {
            ZoneRule::Fixed(east) => Some(Zone::Offset(east)),
            ZoneRule::Named(zone) => told(zone, &when).or_else(|| around_gap(zone, when)),
        }
    }
}

/// The offsets of the instants that have this local time; `None`: there are none.
fn told(zone: Tz, when: &NaiveDateTime) -> Option<Zone> {
    match zone.offset_from_local_datetime(when).map(|offset| offset.fix().local_minus_utc()) {
        chrono::LocalResult::None => None,
        chrono::LocalResult::Single(east) => Some(Zone::Offset(east)),
        // The further east, the earlier the instant.
        chrono::LocalResult::Ambiguous(one, other) => Some(Zone::Either(one.max(other), one.min(other))),
    }
}

/// The offsets that hold before and behind a time that does not exist.
fn around_gap(zone: Tz, when: NaiveDateTime) -> Option<Zone> {
    let near = |sign: i64| {
        (1..=LONGEST_GAP_MINUTES / GAP_STEP_MINUTES).find_map(|step| {
            let other = when.checked_add_signed(TimeDelta::try_minutes(sign * step * GAP_STEP_MINUTES)?)?;
            told(zone, &other)?.range()
        })
    };
    let ((_, before), (_, behind)) = (near(-1)?, near(1)?);
    Some(match before == behind {
        true => Zone::Offset(before),
        false => Zone::Either(before.max(behind), before.min(behind)),
    })
}

/// `+05:30` or `-0500` as seconds.
fn fixed(text: &str) -> Result<i32, String> {
    let wrong = || format!("`{text}` is no offset: write it as `+01:00`");
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("-", digits)) => (-1, digits),
        Some((_, digits)) => (1, digits),
        None => return Err(wrong()),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None => digits.split_at_checked(2).ok_or_else(wrong)?,
    };
    let number = |text: &str| -> Option<i32> {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let (Some(hours), Some(minutes)) = (number(hours), number(minutes)) else { return Err(wrong()) };
    let east = sign * (hours * 3600 + minutes * 60);
    let range = WESTMOST / SECOND..=EASTMOST / SECOND;
    if minutes > 59 || !range.contains(&i64::from(east)) {
        return Err(format!("`{text}` is no offset that is in use anywhere (-12:00 to +14:00)"));
    }
    Ok(east)
}

impl fmt::Display for ZoneRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ZoneRule::Named(zone) => write!(f, "{}", zone.name()),
            ZoneRule::Fixed(east) => {
                let sign = if *east < 0 { '-' } else { '+' };
                let minutes = east.abs() / 60;
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(zone: &str, when: &str) -> Option<Zone> {
        let when: NaiveDateTime = when.parse().unwrap();
        ZoneRule::parse(zone).unwrap().zone_at(when.and_utc().timestamp_micros())
    }

    /// Nobody can tell from a local time alone which of two hours it lies in.
    #[test]
    fn an_hour_that_passes_twice_or_never_has_two_offsets() {
        assert_eq!(zone("Europe/Berlin", "2009-03-05T12:00:00"), Some(Zone::Offset(3600)));
        assert_eq!(zone("Europe/Berlin", "2009-03-29T01:59:59"), Some(Zone::Offset(3600)));
        assert_eq!(zone("Europe/Berlin", "2009-03-29T02:30:00"), Some(Zone::Either(7200, 3600)), "gap");
        assert_eq!(zone("Europe/Berlin", "2009-10-25T01:59:59"), Some(Zone::Offset(7200)));
        assert_eq!(zone("Europe/Berlin", "2009-10-25T02:30:00"), Some(Zone::Either(7200, 3600)), "overlap");
        assert_eq!(zone("Europe/Berlin", "2009-10-25T03:00:00"), Some(Zone::Offset(3600)));
        let apia = Zone::Either(14 * 3600, -10 * 3600);
        assert_eq!(zone("Pacific/Apia", "2011-12-30T12:00:00"), Some(apia), "a whole day is missing");
        assert_eq!(zone("+05:30", "2009-03-05T12:00:00"), Some(Zone::Offset(19800)));
    }

    #[test]
    fn times_outside_the_calendar_have_no_offset() {
        let berlin = ZoneRule::parse("Europe/Berlin").unwrap();
        for micros in [i64::MIN, i64::MAX, i64::MIN / 2, i64::MAX / 2] {
            assert_eq!(berlin.zone_at(micros), None);
            assert_eq!(ZoneRule::Fixed(0).zone_at(micros), None);
        }
    }

    #[test]
    fn every_zone_gives_an_offset_for_every_hour_of_a_year() {
        let start: NaiveDateTime = "2011-12-01T00:00:00".parse().unwrap();
        for zone in chrono_tz::TZ_VARIANTS {
            for quarter in 0..(31 * 24) {
                let micros = start.and_utc().timestamp_micros() + quarter * 3600 * SECOND;
                assert!(ZoneRule::Named(zone).zone_at(micros).is_some(), "{zone} {quarter}");
            }
        }
    }

    #[test]
    fn what_is_no_zone_says_what_may_have_been_meant() {
        assert_eq!(ZoneRule::parse("-05:00"), Ok(ZoneRule::Fixed(-18000)));
        assert_eq!(ZoneRule::parse("+0530"), Ok(ZoneRule::Fixed(19800)));
        assert_eq!(ZoneRule::parse("Z").unwrap().to_string(), "+00:00");
        for bad in ["", "+", "+1", "+ab:cd", "+15:00", "+01:75", "-é:00", "Berlin", "europe/berlin", "CEST2"]
        {
            assert!(ZoneRule::parse(bad).is_err(), "{bad}");
        }
        assert!(ZoneRule::parse("berlin").unwrap_err().contains("`Europe/Berlin`"));
    }
}
