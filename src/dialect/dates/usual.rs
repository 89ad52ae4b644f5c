//! The stamps that nearly every line begins with, byte by byte: the general way takes ten times as long.
//!
//! ```text
//! 2018-04-19T02:51:38.587Z    2019-03-20 02:29:05    03/05/2009 15:05:09    8/6/2014 3:52:37.123 PM
//! ```
//!
//! What is unusual in any way, and all that is no stamp, is left to the general way.

use chrono::{Datelike, NaiveDate};

use super::Read;
use crate::base::stamp::{DAY, HOUR, MINUTE, SECOND};
use crate::base::{DateOrder, Stamp, Zone};

/// Days from the beginning of our calendar to 1970.
const EPOCH: i64 = 719_163;

/// The stamp at the beginning of `text`, if it is a usual one.
#[inline]
pub(super) fn read(text: &str) -> Option<Read> {
    let bytes = text.as_bytes();
    let (day, rest) = match bytes.get(4)? {
        b'-' => year_first(bytes)?,
        _ => year_last(bytes)?,
    };
    let (micros, fraction, rest) = time(rest)?;
    let (zone, rest) = zone(rest)?;
    let stamp = stamp(&day, micros, zone, fraction);
    Some(Read { stamp, vote: day.vote, length: bytes.len() - rest.len() })
}

/// The stamp of a date and a time in two fields at the beginning of `text`, the second one ended by `separator` too; what
/// follows behind it begins at the length told.
#[inline]
pub(super) fn read_fields(text: &str, separator: u8) -> Option<Read> {
    let bytes = text.as_bytes();
    let end = memchr::memchr(separator, bytes.get(..LONGEST_DATE.min(bytes.len()))?)?;
    let (date, rest) = (bytes.get(..end)?, bytes.get(end + 1..)?);
    let (first, second) = match date {
        [b'0'..=b'9', b'/', ..] => date.split_at_checked(1)?,
        _ => date.split_at_checked(2)?,
    };
    let first = one_or_two(first).filter(|(_, rest)| rest.is_empty())?.0;
    let (second, rest_of_date) = one_or_two(second.strip_prefix(b"/")?)?;
    let [b'/', y1, y2, y3, y4] = rest_of_date else { return None };
    let day = numeric(first, second, year([*y1, *y2, *y3, *y4])?)?;
    let (micros, fraction, rest) = time(rest)?;
    let behind = rest.split_first().filter(|(next, _)| **next == separator)?.1;
    Some(Read {
        stamp: stamp(&day, micros, Zone::Unknown, fraction),
        vote: day.vote,
        length: bytes.len() - behind.len(),
    })
}

/// `12/31/2009` and a separator.
const LONGEST_DATE: usize = 11;

fn stamp(day: &Day, micros: i64, zone: Zone, fraction: bool) -> Stamp {
    let micros = i64::from(day.date.num_days_from_ce()).wrapping_sub(EPOCH) * DAY + micros;
    Stamp::Dated { micros, zone, fraction, swappable: day.swappable }
}

struct Day {
    date: NaiveDate,
    swappable: bool,
    vote: Option<DateOrder>,
}

/// `2018-04-19T`, `2018-04-19 `
#[inline(always)]
fn year_first(bytes: &[u8]) -> Option<(Day, &[u8])> {
    let ([y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, gap], rest) = bytes.split_first_chunk::<11>()? else {
        return None;
    };
    let date = NaiveDate::from_ymd_opt(year([*y1, *y2, *y3, *y4])?, two(*m1, *m2)?, two(*d1, *d2)?)?;
    let rest = behind_gap(*gap, rest)?;
    Some((Day { date, swappable: false, vote: None }, rest))
}

/// `03/05/2009 `, `8/6/2014 `
#[inline(always)]
fn year_last(bytes: &[u8]) -> Option<(Day, &[u8])> {
    let (first, rest) = one_or_two(bytes)?;
    let [b'/', rest @ ..] = rest else { return None };
    let (second, rest) = one_or_two(rest)?;
    let ([b'/', y1, y2, y3, y4, gap], rest) = rest.split_first_chunk::<6>()? else { return None };
    let day = numeric(first, second, year([*y1, *y2, *y3, *y4])?)?;
    Some((day, behind_gap(*gap, rest)?))
}

/// Two numbers with slashes behind them, and a year.
#[inline(always)]
fn numeric(first: u32, second: u32, year: i32) -> Option<Day> {
    let day = match (first, second) {
        (1..=12, 1..=12) => Day {
            date: NaiveDate::from_ymd_opt(year, first, second)?,
            swappable: first != second,
            vote: None,
        },
        (1..=12, _) => Day {
            date: NaiveDate::from_ymd_opt(year, first, second)?,
            swappable: false,
            vote: Some(DateOrder::Mdy),
        },
        (_, 1..=12) => Day {
            date: NaiveDate::from_ymd_opt(year, second, first)?,
            swappable: false,
            vote: Some(DateOrder::Dmy),
        },
        _ => return None,
    };
    Some(day)
}

/// What stands behind blanks or a `T`, of which `gap` is the first.
#[inline(always)]
fn behind_gap(gap: u8, rest: &[u8]) -> Option<&[u8]> {
    match gap {
        b'T' => Some(rest),
        b' ' => {
            let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
            rest.get(blanks..)
        }
        _ => None,
    }
}

/// `02:51:38.587`, `3:52:37 PM`: microseconds since midnight, whether there is a fraction, and what follows.
#[inline(always)]
fn time(bytes: &[u8]) -> Option<(i64, bool, &[u8])> {
    let (hour, rest) = one_or_two(bytes)?;
    let ([b':', m1, m2, b':', s1, s2], rest) = rest.split_first_chunk::<6>()? else { return None };
    let (minute, second) = (two(*m1, *m2)?, two(*s1, *s2)?);
    let (micros, fraction, rest) = match rest {
        [b'.' | b',', digits @ ..] if digits.first().is_some_and(u8::is_ascii_digit) => {
            let (micros, rest) = fraction(digits)?;
            (micros, true, rest)
        }
        [b'.' | b',' | b'0'..=b'9', ..] => return None,
        rest => (0, false, rest),
    };
    let (hour, rest) = half_of_day(hour, rest)?;
    let is_time = hour < 24 && minute < 60 && second < 60;
    let midnight = i64::from(hour) * HOUR + i64::from(minute) * MINUTE + i64::from(second) * SECOND;
    is_time.then_some((midnight + micros, fraction, rest))
}

/// Up to six digits, in microseconds.
#[inline(always)]
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (mut micros, mut unit, mut rest) = (0, SECOND / 10, bytes);
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        if unit == 0 {
            return None;
        }
        micros += i64::from(*digit - b'0') * unit;
        unit /= 10;
        rest = behind;
    }
    Some((micros, rest))
}

/// The hour in its half of the day, where one is told. Its letter may as well begin a word.
#[inline(always)]
fn half_of_day(hour: u32, rest: &[u8]) -> Option<(u32, &[u8])> {
    let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
    match rest.get(blanks..)? {
        [half @ (b'A' | b'P'), b'M', behind @ ..] => {
            let ends = behind.first().is_none_or(|next| next.is_ascii() && !next.is_ascii_alphanumeric());
            let afternoon = if *half == b'P' { 12 } else { 0 };
            (ends && (1..=12).contains(&hour)).then_some((hour % 12 + afternoon, behind))
        }
        [b'A' | b'a' | b'P' | b'p', b'M' | b'm' | b'.', ..] | [0x80..=0xff, ..] => None,
        _ => Some((hour, rest)),
    }
}

/// `Z`, or nothing that is a zone.
#[inline(always)]
fn zone(rest: &[u8]) -> Option<(Zone, &[u8])> {
    match rest {
        [b'Z', next, ..] if next.is_ascii_alphanumeric() || !next.is_ascii() => None,
        [b'Z', behind @ ..] => Some((Zone::Offset(0), behind)),
        [b'+' | b'-', ..] => None,
        rest => Some((Zone::Unknown, rest)),
    }
}

/// The value of a decimal digit.
#[inline(always)]
pub fn digit(byte: u8) -> Option<u32> {
    let value = byte.wrapping_sub(b'0');
    (value < 10).then_some(u32::from(value))
}

#[inline(always)]
fn two(tens: u8, ones: u8) -> Option<u32> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

#[inline(always)]
fn one_or_two(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let [first, rest @ ..] = bytes else { return None };
    let number = digit(*first)?;
    match rest.split_first().and_then(|(second, behind)| Some((digit(*second)?, behind))) {
        Some((second, behind)) => Some((number * 10 + second, behind)),
        None => Some((number, rest)),
    }
}

#[inline(always)]
fn year([y1, y2, y3, y4]: [u8; 4]) -> Option<i32> {
    i32::try_from(two(y1, y2)? * 100 + two(y3, y4)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{date_time, general};
    use super::*;

    const USUAL: [&str; 8] = [
        "2018-04-19T02:51:38.587Z| vmx",
        "2019-03-20 02:29:05 text",
        "03/05/2009 15:05:09 - begin",
        "8/6/2014 3:52:37 PM - Critical",
        "8/26/2014 3:52:37.123456,text",
        "28/6/2014   12:52:37 AM",
        "2019-02-28 23:59:59",
        "4/4/2007 0:00:00 again",
    ];

    /// The short way gives what the general way gives.
    #[test]
    fn every_change_of_a_usual_stamp() {
        let mut seen = 0;
        for usual in USUAL {
            assert!(read(usual).is_some(), "{usual}");
            for at in 0..=usual.len() {
                for other in [
                    "", "0", "1", "9", "00", ":", ".", ",", "/", "-", "+", " ", "T", "Z", "A", "P", "AM",
                    "x", "é",
                ] {
                    for end in [at, at + 1].into_iter().filter(|end| *end <= usual.len()) {
                        let text = format!("{}{other}{}", &usual[..at], &usual[end..]);
                        if let Some(short) = read(&text) {
                            assert_eq!(Some(short), general(&text), "{text}");
                            seen += 1;
                        }
                    }
                }
            }
        }
        assert!(seen > 1000, "{seen}");
    }

    proptest! {
        #[test]
        fn any_number(
            text in "(20[0-9]{2}-[0-3][0-9]-[0-3][0-9][ T]|[0-3]?[0-9]/[0-3]?[0-9]/[0-2][0-9]{3} )[0-2]?[0-9]:[0-6][0-9]:[0-6][0-9]([.,][0-9]{0,10})?( ?[AP]M)?(Z|[+-]01:00)?.{0,2}"
        ) {
            let general = general(&text);
            if let Some(short) = read(&text) {
                prop_assert_eq!(Some(short), general, "{}", text);
            }
            prop_assert_eq!(date_time(&text), general);
        }
    }
}
