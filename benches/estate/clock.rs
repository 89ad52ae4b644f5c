//! Times as the products write them. An estate begins on 2010-03-01 and its months have 28 days.

/// Year, month and day of a day since the beginning.
pub(crate) fn date(day: u64) -> (u64, u64, u64) {
    let months = 2 + day / 28;
    (2010 + months / 12, months % 12 + 1, day % 28 + 1)
}

/// `030110`.
pub(crate) fn file_day(day: u64) -> String {
    let (year, month, day) = date(day);
    format!("{month:02}{day:02}{:02}", year % 100)
}

/// `14:55:05.986`.
pub(crate) fn clock(millis: u64) -> String {
    let seconds = millis / 1000;
    format!("{:02}:{:02}:{:02}.{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, millis % 1000)
}

/// `2:55:05.986 PM`.
pub(crate) fn half_day_clock(millis: u64) -> String {
    let seconds = millis / 1000;
    let (hour, half) = (seconds / 3600, if seconds / 3600 < 12 { "AM" } else { "PM" });
    let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    format!("{hour}:{:02}:{:02}.{:03} {half}", seconds / 60 % 60, seconds % 60, millis % 1000)
}

/// `2010-03-01`.
pub(crate) fn iso_day(day: u64) -> String {
    let (year, month, day) = date(day);
    format!("{year}-{month:02}-{day:02}")
}
