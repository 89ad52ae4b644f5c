//! Stamps that name month and day but no year (`Jun 21 07:48:26`): syslog, `vmware.log` of 3.5 and 4.x, guest tools.
//!
//! A year is not invented. The time of day is kept, counted from the midnight of the first such day of the source,
//! so that order and distance inside the source stay true.

use chrono::{Datelike, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use crate::base::Stamp;
use crate::base::stamp::DAY;
use crate::dialect::dates;

/// Month, day and time of day as printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Yearless {
    month: u32,
    day: u32,
    time: NaiveTime,
    fraction: bool,
}

/// Reads `Jun 21 07:48:26`, `Jul  6 21:00:35.108` at the beginning of a text; also how many bytes it took.
pub(super) fn yearless(text: &str) -> Option<(Yearless, usize)> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = text.get(..3)?;
    let month = u32::try_from(MONTHS.iter().position(|month| *month == name)? + 1).ok()?;
    let rest = text.get(3..)?;
    let at_day = rest.trim_start_matches(' ');
    if at_day.len() == rest.len() {
        return None;
    }
    let digits = at_day.find(|c: char| !c.is_ascii_digit())?;
    let day: u32 = at_day.get(..digits).filter(|digits| digits.len() <= 2)?.parse().ok()?;
    let rest = at_day.get(digits..)?;
    let at_time = rest.trim_start_matches(' ');
    if at_time.len() == rest.len() || !(1..=31).contains(&day) {
        return None;
    }
    let (time, fraction, used) = dates::time_of_day(at_time)?;
    Some((Yearless { month, day, time, fraction }, text.len() - at_time.len() + used))
}

/// Remembers the first day that a source names.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct FirstDay {
    first: Option<u32>,
}

impl FirstDay {
    /// The stamp of a moment of this source.
    pub(super) fn stamp(&mut self, read: Yearless) -> Stamp {
        // A leap year, so that 29 February has a place; the day more than in most years shifts nothing that is
        // compared, because nobody can say which year it is.
        let ordinal = NaiveDate::from_ymd_opt(2000, read.month, read.day).map_or(1, |day| day.ordinal());
        let first = *self.first.get_or_insert(ordinal);
        let mut days = i64::from(ordinal) - i64::from(first);
        // From December into January; a day or two back is disorder, not a new year.
        if days < -180 {
            days += 366;
        }
        if days < 0 {
            days = 0;
        }
        Stamp::clock(read.time, read.fraction).shifted(days * DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stamp::{HOUR, MINUTE};

    #[test]
    fn days_count_from_the_first_one() {
        let mut day = FirstDay::default();
        let mut at = |text: &str| match day.stamp(yearless(text).unwrap().0) {
            Stamp::Clock { micros, .. } => micros,
            other => panic!("{other:?}"),
        };
        assert_eq!(at("Dec 31 23:59:00 x"), 23 * HOUR + 59 * MINUTE);
        assert_eq!(at("Jan  1 00:01:00.5 x"), DAY + MINUTE + 500_000);
        assert_eq!(yearless("Jun 21 07:48:26.423: vmx|").unwrap().1, 19);
        for text in ["", "Jun", "Jun 21", "Juni 21 07:48:26", "Jun 99 07:48:26", "Jun21 07:48:26"] {
            assert_eq!(yearless(text), None, "{text}");
        }
    }
}
