//! The time stamp at the beginning of a client's log lines, in any DATEFORMAT and TIMEFORMAT.
//!
//! ```text
//! 02/01/2013 22:03:11 ANS1228E ...        01/27/25   10:32:14 Node Name: ...
//! 2022-06-09 11.28.38 (dsmcad) ...        01.02.2013 22,03,11 ...
//! 02/01/2013 10:03:11 P ANS1228E ...      02/01/2013 P 10:03:11 ANS1228E ...
//! ```
//!
//! The log is written in the locale of the process or in the configured format, so one file can hold two layouts
//! and every line is read for itself. Times are local; no line shows a zone.

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

use super::message::message;
use crate::base::stamp::HOUR;
use crate::base::{DateOrder, Sink, Stamp};
use crate::dialect::dates;

/// The beginning of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    /// The stamp.
    pub(crate) stamp: Stamp,
    /// What the date shows about the order of day and month.
    pub(crate) vote: Option<DateOrder>,
    /// Date and time as printed.
    pub(crate) printed: &'a str,
    /// What follows, without the blanks before it.
    pub(crate) rest: &'a str,
}

/// Reads stamps and remembers whether the source prints a bare `A` or `P` behind its times.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Clock {
    with_half: u64,
    without_half: u64,
    /// A line may be asked twice (once more with what follows it); it is counted once.
    counted: u64,
}

impl Clock {
    /// The stamp that `line` (its 1-based number: `number`) begins with.
    pub(super) fn read<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Head<'a>> {
        let mut head = stamp(line)?;
        let half = bare_half(&head);
        let taken = half.filter(|(_, rest)| self.believes(rest));
        if number > self.counted {
            self.counted = number;
            match taken {
                Some(_) => self.with_half += 1,
                None => self.without_half += 1,
            }
        }
        if let Some((stamp, rest)) = taken {
            (head.stamp, head.rest) = (stamp, rest);
        }
        if let Some(order) = head.vote {
            sink.date_vote(order);
        }
        Some(head)
    }

    /// The same of a line that certainly has no bare letter behind its time: only counts it.
    pub(super) fn pass(&mut self, number: u64) {
        if number > self.counted {
            self.counted = number;
            self.without_half += 1;
        }
    }

    /// Texts can begin with the word `A`, so the letter counts only where most lines have it. The first line is
    /// judged by what follows: the rest of a sentence that began with `A` is written small.
    fn believes(&self, rest: &str) -> bool {
        if self.with_half + self.without_half > 0 {
            return self.with_half > self.without_half;
        }
        message(rest).is_some() || !rest.starts_with(char::is_lowercase)
    }
}

/// The stamp that a line begins with, a bare `A` or `P` behind it left in the rest.
pub(crate) fn stamp(line: &str) -> Option<Head<'_>> {
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (stamp, vote, length) = match dates::date_time(line) {
        Some(read) => (read.stamp, read.vote, read.length),
        None => unusual(line)?,
    };
    let (printed, rest) = line.split_at_checked(length)?;
    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return None;
    }
    Some(Head { stamp, vote, printed, rest: rest.trim_start() })
}

/// TIMEFORMAT 2 (`23,00,00`) and 5 (`P 11:00:00`), which no other product writes.
fn unusual(line: &str) -> Option<(Stamp, Option<DateOrder>, usize)> {
    let day = dates::date_only(line)?;
    let behind = line.get(day.length..)?;
    let rest = behind.trim_start();
    if rest.len() == behind.len() {
        return None;
    }
    let (half, rest) = match rest.split_once(' ') {
        Some(("A", rest)) => (Some(false), rest.trim_start()),
        Some(("P", rest)) => (Some(true), rest.trim_start()),
        _ => (None, rest),
    };
    let (time, fraction, used) = match half {
        Some(_) => dates::time_of_day(rest)?,
        None => comma_time(rest)?,
    };
    let midnight = day.stamp.naive()?.date();
    let stamp = Stamp::civil(midnight.and_time(time), crate::base::Zone::Unknown, fraction);
    let swappable = matches!(day.stamp, Stamp::Dated { swappable: true, .. });
    let stamp = if swappable { stamp.swappable() } else { stamp };
    let stamp = half.map_or(Some(stamp), |afternoon| in_half(stamp, afternoon))?;
    Some((stamp, day.vote, line.len() - rest.len() + used))
}

/// `23,00,00`
fn comma_time(text: &str) -> Option<(NaiveTime, bool, usize)> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let mut parts = text.get(..end)?.split(',');
    let mut number = |most: usize| {
        let part = parts.next()?;
        let valid = !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit());
        valid.then(|| part.parse::<u32>().ok()).flatten()
    };
    let time = NaiveTime::from_hms_opt(number(2)?, number(2)?, number(2)?)?;
    parts.next().is_none().then_some((time, false, end))
}

/// The stamp in the half of the day that a bare `A` or `P` behind the time says, and what follows the letter.
fn bare_half<'a>(head: &Head<'a>) -> Option<(Stamp, &'a str)> {
    let afternoon = match head.rest.as_bytes() {
        [b'A'] | [b'A', b' ' | b'\t', ..] => false,
        [b'P'] | [b'P', b' ' | b'\t', ..] => true,
        _ => return None,
    };
    Some((in_half(head.stamp, afternoon)?, head.rest.get(1..)?.trim_start()))
}

/// A time on a twelve hour clock, placed in its half of the day; `None` for an hour that no such clock shows.
fn in_half(stamp: Stamp, afternoon: bool) -> Option<Stamp> {
    let hour = chrono::Timelike::hour(&stamp.naive()?);
    match (hour, afternoon) {
        (12, false) => Some(stamp.shifted(-12 * HOUR)),
        (1..=11, true) => Some(stamp.shifted(12 * HOUR)),
        (1..=11, false) | (12, true) => Some(stamp),
        _ => None,
    }
}

/// What two dates of one layout say about it, where the second is known to lie between `least` and `most`
/// microseconds behind the first: the order in which it does, if it does not in the other.
pub(super) fn order_of(first: Stamp, second: Stamp, least: i64, most: i64) -> Option<DateOrder> {
    let fits = |order| {
        let (first, second) = (first.in_order(order).civil_micros()?, second.in_order(order).civil_micros()?);
        Some((least..=most).contains(&(second - first)))
    };
    let swappable = |stamp| matches!(stamp, Stamp::Dated { swappable: true, .. });
    if !swappable(first) && !swappable(second) {
        return None;
    }
    match (fits(DateOrder::Mdy)?, fits(DateOrder::Dmy)?) {
        (true, false) => Some(DateOrder::Mdy),
        (false, true) => Some(DateOrder::Dmy),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Collector;
    use super::*;

    fn read(clock: &mut Clock, number: u64, line: &str) -> (String, String) {
        let mut sink = Collector::default();
        let head = clock.read(line, number, &mut sink).unwrap_or_else(|| panic!("{line}"));
        (head.stamp.to_string(), head.rest.to_owned())
    }

    #[test]
    fn layouts_of_the_client() {
        let mut clock = Clock::default();
        for (line, stamp) in [
            ("2019-03-20 02:29:05 x", "2019-03-20T02:29:05"),
            ("2022-06-09 11.28.38 (dsmcad) x", "2022-06-09T11:28:38"),
            ("01/27/25   10:32:14 x", "2025-01-27T10:32:14"),
            ("09/16/2024 09:11:47 x", "2024-09-16T09:11:47"),
            ("13-02-2013 23,00,01 x", "2013-02-13T23:00:01"),
            ("13.02.2013 23:00:01 x", "2013-02-13T23:00:01"),
            ("2013.02.13 23:00:01 x", "2013-02-13T23:00:01"),
            ("02/13/2013 P 11:00:01 x", "2013-02-13T23:00:01"),
            ("02/13/2013 11:00:01 PM x", "2013-02-13T23:00:01"),
            ("10/19/2018 12:04:26.230 [007260] x", "2018-10-19T12:04:26.230"),
        ] {
            assert_eq!(read(&mut clock, 1, line).0, stamp, "{line}");
        }
        for line in ["", "ANS1228E x", " 2019-03-20 02:29:05 x", "2019-03-20", "2019-03-20 02:29:05x", "é"] {
            assert!(stamp(line).is_none(), "{line}");
        }
    }

    #[test]
    fn a_bare_letter_counts_where_most_lines_have_it() {
        let mut clock = Clock::default();
        assert_eq!(
            read(&mut clock, 1, "02/13/2013 11:00:01 P ANS1228E x"),
            ("2013-02-13T23:00:01".to_owned(), "ANS1228E x".to_owned())
        );
        assert_eq!(read(&mut clock, 2, "02/13/2013 12:00:01 A x").0, "2013-02-13T00:00:01");
        let mut clock = Clock::default();
        let line = "02/13/2013 11:00:01 A session was lost.";
        assert_eq!(read(&mut clock, 1, line).1, "A session was lost.");
        assert_eq!(read(&mut clock, 2, "02/13/2013 11:00:02 A Session was lost.").1, "A Session was lost.");
    }

    #[test]
    fn a_scheduled_start_tells_day_from_month() {
        let at = |text: &str| stamp(text).unwrap().stamp;
        let day = 24 * HOUR;
        let vote = order_of(at("05/08/12 11:59:06"), at("05/09/12 01:30:00"), 0, 7 * day);
        assert_eq!(vote, Some(DateOrder::Mdy));
        let vote = order_of(at("08/05/12 11:59:06"), at("09/05/12 01:30:00"), 0, 7 * day);
        assert_eq!(vote, Some(DateOrder::Dmy));
        assert_eq!(order_of(at("2012-05-08 11:59:06"), at("2012-05-09 01:30:00"), 0, 7 * day), None);
    }
}
