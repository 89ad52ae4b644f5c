//! Which findings are shown, and which count: the range of time and the lowest level that were asked for.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::base::{Finding, Level, Report};

/// A moment that a person typed: with or without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Date and time as a log would print them, zone left aside.
    Civil(NaiveDateTime),
    /// An instant.
    Instant(DateTime<Utc>, NaiveDateTime),
}

/// Which end of the range a moment is: a day alone means its first or its last microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// `--since`.
    Since,
    /// `--until`.
    Until,
}

impl Moment {
    /// Reads `2009-03-05`, `2009-03-05T14:55`, `2009-03-05 14:55:05.986`, each also with `Z` or `+01:00` behind a
    /// time.
    pub fn parse(text: &str, edge: Edge) -> Option<Moment> {
        let text = text.trim();
        if let Ok(day) = text.parse::<NaiveDate>() {
            let midnight = day.and_time(NaiveTime::MIN);
            return Some(Moment::Civil(match edge {
                Edge::Since => midnight,
                Edge::Until => midnight.checked_add_signed(TimeDelta::days(1))? - TimeDelta::microseconds(1),
            }));
        }
        let text = text.replacen(' ', "T", 1);
        for layout in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"] {
            if let Ok(when) = DateTime::parse_from_str(&text.replace('Z', "+00:00"), layout) {
                return Some(Moment::Instant(when.to_utc(), when.naive_local()));
            }
        }
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|layout| NaiveDateTime::parse_from_str(&text, layout).ok())
            .map(Moment::Civil)
    }

    /// As instants where both tell their zone, else as printed.
    fn is_before(self, other: Moment) -> bool {
        match (self, other) {
            (Moment::Instant(one, _), Moment::Instant(other, _)) => one < other,
            (one, other) => one.civil() < other.civil(),
        }
    }

    /// Its day, as printed.
    pub fn day(self) -> NaiveDate {
        self.civil().date()
    }

    fn civil(self) -> NaiveDateTime {
        match self {
            Moment::Civil(civil) | Moment::Instant(_, civil) => civil,
        }
    }
}

/// The findings that a person asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Range {
    /// Last time at or after this.
    pub since: Option<Moment>,
    /// Last time at or before this.
    pub until: Option<Moment>,
}

impl Range {
    /// Does it end before it begins?
    pub fn is_reversed(&self) -> bool {
        matches!((self.since, self.until), (Some(since), Some(until)) if until.is_before(since))
    }

    /// Does the finding's last time lie in the range? One without a date cannot be shown to lie outside and stays.
    pub fn holds(&self, finding: &Finding) -> bool {
        let last = finding.last.as_deref().and_then(|last| Moment::parse(last, Edge::Since));
        let Some(last) = last else { return true };
        !self.since.is_some_and(|since| last.is_before(since))
            && !self.until.is_some_and(|until| until.is_before(last))
    }

    /// The report with only the findings of the range.
    pub fn apply(&self, mut report: Report) -> Report {
        report.findings.retain(|finding| self.holds(finding));
        report
    }
}

/// The report with only the findings at this level or above.
pub fn at_least(level: Level, mut report: Report) -> Report {
    report.findings.retain(|finding| finding.level >= level);
    report
}

/// Is there a finding that raises the alarm: at this level or above, neither cleared nor silenced?
pub fn raises_alarm(report: &Report, fail_on: Level) -> bool {
    report.findings.iter().any(|finding| {
        finding.level >= fail_on && finding.level != Level::Cleared && finding.silenced.is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(one: &str, other: &str) -> bool {
        Moment::parse(one, Edge::Since).unwrap().is_before(Moment::parse(other, Edge::Since).unwrap())
    }

    #[test]
    fn moments_as_typed() {
        for good in [
            "2009-03-05",
            "2009-03-05T14:55",
            "2009-03-05 14:55:05",
            "2009-03-05T14:55:05.986",
            "2009-03-05T14:55:05Z",
            "2009-03-05T14:55+01:00",
        ] {
            assert!(Moment::parse(good, Edge::Since).is_some(), "{good}");
        }
        for bad in ["", "yesterday", "03/05/2009", "2009-13-05", "14:55", "2009-03-05T"] {
            assert!(Moment::parse(bad, Edge::Since).is_none(), "{bad}");
        }
    }

    #[test]
    fn instants_compare_as_instants_and_all_else_as_printed() {
        assert!(before("2009-03-05T14:55:05+02:00", "2009-03-05T13:00:00Z"));
        assert!(!before("2009-03-05T14:55:05", "2009-03-05T13:00:00Z"));
        assert!(before("2009-03-05", "2009-03-05 00:00:01"));
    }

    #[test]
    fn a_day_reaches_to_its_end() {
        let until = Moment::parse("2009-03-05", Edge::Until).unwrap();
        let evening = Moment::parse("2009-03-05T23:59:59.999", Edge::Since).unwrap();
        let next = Moment::parse("2009-03-06T00:00:00", Edge::Since).unwrap();
        assert!(!until.is_before(evening) && until.is_before(next));
        assert_eq!(Moment::parse("+262142-12-31", Edge::Until), None, "no overflow");
    }
}
