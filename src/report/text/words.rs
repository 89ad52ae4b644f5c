//! The words of the text report: plain names for levels, impacts, objects, times and numbers.

use chrono::{NaiveDateTime, TimeDelta};
use indexmap::IndexMap;

use crate::base::{Impact, Level};

/// An impact in plain words.
pub(crate) fn impact(impact: Impact) -> &'static str {
    match impact {
        Impact::DataLoss => "data loss",
        Impact::RestoreFailure => "restore failure",
        Impact::Outage => "outage",
        Impact::BackupFailure => "backup failure",
        Impact::Degraded => "degradation",
    }
}

/// What a finding says, in two or three words: `DATA LOSS CONFIRMED`.
pub(crate) fn headline(level: Level, impact_of: Impact) -> String {
    let impact = impact(impact_of).to_uppercase();
    match level {
        Level::Exposed => format!("EXPOSED TO {impact}"),
        level => format!("{impact} {}", level.name().to_uppercase()),
    }
}

/// How sure a level is.
pub(crate) fn sureness(level: Level) -> &'static str {
    match level {
        Level::Confirmed => "confirmed: every step is in the logs, joined on the same objects, in order",
        Level::Likely => {
            "likely: the decisive step is in the logs, a supporting one is missing or cannot be checked"
        }
        Level::Suspected => "suspected: only the after-effects are in the logs",
        Level::Exposed => "exposed: the failure itself is not in the logs, but what it needs is",
        Level::Cleared => "cleared: it began, and the logs prove that it did no harm",
    }
}

/// An object in one line: `nbutest03_1236281108, copy 1, fragment 3`, `VM SRV-DB1`.
pub(crate) fn object(values: &IndexMap<String, String>) -> String {
    if values.is_empty() {
        return "no object named".to_owned();
    }
    let parts: Vec<String> = values
        .iter()
        .map(|(key, value)| match key.as_str() {
            "backup_id" => value.clone(),
            "vm" => format!("VM {value}"),
            key => format!("{} {value}", key.replace('_', " ")),
        })
        .collect();
    parts.join(", ")
}

/// A number with its noun: `1 source`, `2,345 records`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// The same for the length of a list.
pub(crate) fn count_of(number: usize, one: &str, many: &str) -> String {
    count(u64::try_from(number).unwrap_or(u64::MAX), one, many)
}

/// `2,345`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A time of the report for people: `2009-03-05 14:55:05.986`.
pub(crate) fn time(time: &str) -> String {
    time.replacen('T', " ", 1)
}

/// From a first to a last time, the day said once where it is the same: `2009-03-05 14:55:05.986 to 15:06:00`.
pub(crate) fn time_range(first: &str, last: &str) -> String {
    if first == last {
        return time(first);
    }
    match (first.split_once('T'), last.split_once('T')) {
        (Some((day, _)), Some((other_day, clock))) if day == other_day => {
            format!("{} to {clock}", time(first))
        }
        _ => format!("{} to {}", time(first), time(last)),
    }
}

/// A time to the minute, without zone: `2009-03-05 14:55`.
pub(crate) fn minute(text: &str) -> String {
    let minutes = if text.contains('T') { 16 } else { 5 };
    time(text.get(..minutes).unwrap_or(text))
}

/// What stands behind the clock of a time: `Z`, `+01:00`, or nothing.
pub(crate) fn zone(time: &str) -> &str {
    let Some((_, clock)) = time.split_once('T') else { return "" };
    clock.find(['Z', '+', '-']).and_then(|at| clock.get(at..)).unwrap_or("")
}

/// Whole minutes from one time to another.
pub(crate) fn minutes(from: &str, to: &str) -> Option<u64> {
    let (from, to) = (civil(from)?, civil(to)?);
    u64::try_from(to.signed_duration_since(from).num_minutes()).ok()
}

/// Whole minutes that lie in at least one of these stretches.
pub(crate) fn minutes_of_all(stretches: &[(&str, &str)]) -> u64 {
    let mut all: Vec<(NaiveDateTime, NaiveDateTime)> =
        stretches.iter().filter_map(|(from, to)| Some((civil(from)?, civil(to)?))).collect();
    all.sort_unstable();
    let mut covered = TimeDelta::zero();
    let mut end: Option<NaiveDateTime> = None;
    for (from, to) in all {
        let from = end.map_or(from, |end| from.max(end));
        if to > from {
            covered += to.signed_duration_since(from);
        }
        end = Some(end.map_or(to, |end| end.max(to)));
    }
    u64::try_from(covered.num_minutes()).unwrap_or(0)
}

/// How long it is from one time to another: `9 h 5 min`.
pub(crate) fn duration(from: &str, to: &str) -> Option<String> {
    minutes(from, to).map(minutes_in_words)
}

/// Minutes in the two largest units.
pub(crate) fn minutes_in_words(minutes: u64) -> String {
    let (days, hours, rest) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, 0) => "under 1 min".to_owned(),
        (0, 0, rest) => format!("{rest} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, rest) => format!("{hours} h {rest} min"),
        (days, 0, _) => format!("{} d", thousands(days)),
        (days, hours, _) => format!("{} d {hours} h", thousands(days)),
    }
}

/// The civil time, with the offset taken off where there is one so that two of them can be compared.
fn civil(time: &str) -> Option<NaiveDateTime> {
    let offset = zone(time);
    let clock = time.get(..time.len() - offset.len())?;
    let civil = clock.parse::<NaiveDateTime>().ok()?;
    let east = match offset.split_at_checked(1) {
        Some((sign @ ("+" | "-"), digits)) => {
            let (hours, minutes) = digits.split_once(':')?;
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if sign == "-" { -minutes } else { minutes }
        }
        _ => 0,
    };
    civil.checked_sub_signed(TimeDelta::try_minutes(east)?)
}

/// A name as a family of logs is called.
pub(crate) fn product(product: &str) -> &str {
    match product {
        "netbackup" => "NetBackup",
        "windows" => "Windows events",
        "tsm" => "TSM",
        "fcm" => "FlashCopy Manager",
        "vmware" => "VMware",
        "backup-exec" => "Backup Exec",
        other => other,
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn join(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_read_as_people_say_them() {
        let values = |pairs: &[(&str, &str)]| -> IndexMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let image = values(&[("backup_id", "nbutest03_1236281108"), ("copy", "1"), ("fragment", "3")]);
        assert_eq!(object(&image), "nbutest03_1236281108, copy 1, fragment 3");
        assert_eq!(object(&values(&[("vm", "SRV-DB1")])), "VM SRV-DB1");
        assert_eq!(object(&values(&[("data_mover", "DM1")])), "data mover DM1");
        assert_eq!(object(&values(&[])), "no object named");
    }

    #[test]
    fn times_and_their_distance() {
        let (one, other) = ("2009-03-05T14:55:05.986", "2009-03-05T15:06:00");
        assert_eq!(time_range(one, other), "2009-03-05 14:55:05.986 to 15:06:00");
        assert_eq!(time_range(one, "2009-03-06T01:00:00"), "2009-03-05 14:55:05.986 to 2009-03-06 01:00:00");
        assert_eq!(time_range("14:55:05.986", "14:55:05.996"), "14:55:05.986 to 14:55:05.996");
        assert_eq!(minute(one), "2009-03-05 14:55");
        assert_eq!(minute("14:55:05.986"), "14:55");
        assert_eq!(zone("2009-03-05T14:55:05-05:00"), "-05:00");
        assert_eq!((zone("2009-03-05T14:55:05Z"), zone(one), zone("2009-03-05")), ("Z", "", ""));
        assert_eq!(duration(one, other).unwrap(), "10 min");
        assert_eq!(duration("2009-03-05T00:00:00-05:00", "2009-03-06T06:00:00Z").unwrap(), "1 d 1 h");
        assert_eq!(duration(other, one), None);
        for odd in ["", "T", "é", "2009-03-05T14:55:05+", "out of range"] {
            assert_eq!(duration(odd, one), None, "{odd}");
            let _ = (minute(odd), time(odd), time_range(odd, odd));
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(count(1, "source", "sources"), "1 source");
    }
}
