//! `--timeline`: the records of a finding's case in one order, each with its clock, host, process and place.

use super::excerpt::{excerpt, telling};
use super::finding::place;
use super::page::{BOLD, DIM, PLACE, PLAIN, Page, Rich, WARN};
use super::words;
use crate::base::Finding;
use crate::base::stamp::SECOND;
use crate::report::timeline::{Cases, Entry, Point, ZoneMark};

/// Records shown of one case.
const MAX_ENTRIES: usize = 24;
/// Lines that one record may take: the whole is in the JSON report.
const LINES_PER_RECORD: usize = 2;
/// `14:55:05.986` and the gap behind it.
const CLOCK: usize = 14;

pub(super) fn write<'r>(page: &mut Page, indent: usize, finding: &'r Finding, cases: &Cases<'r>) {
    let case = cases.case(finding);
    if case.entries.is_empty() {
        return;
    }
    page.blank();
    page.heading(indent, "Timeline");
    if let Some(note) = case.order_note() {
        page.line(indent, &Rich::of(WARN, note));
    }
    let mut day = None;
    let mut before: Option<&Entry<'_>> = None;
    for entry in case.entries.iter().take(MAX_ENTRIES) {
        let today = entry.record.time.as_deref().and_then(|time| time.split_once('T')).map(|(day, _)| day);
        if today.is_some() && today != day {
            page.line(indent, &Rich::of(BOLD, today.unwrap_or("")));
            day = today;
        }
        write_entry(page, indent, finding, entry, before);
        if entry.point.is_some() {
            before = Some(entry);
        }
    }
    let rest = case.entries.len().saturating_sub(MAX_ENTRIES);
    if rest > 0 {
        let more = words::count_of(rest, "more record", "more records");
        page.line(indent, &Rich::of(DIM, &format!("and {more}, all in --format json")));
    }
}

fn write_entry(
    page: &mut Page,
    indent: usize,
    finding: &Finding,
    entry: &Entry<'_>,
    before: Option<&Entry<'_>>,
) {
    let label = Rich::of(if entry.number.is_some() { BOLD } else { PLAIN }, clock(entry));
    let mut head = match entry.number {
        Some(number) => Rich::of(PLAIN, &format!("[{number}] ")),
        None => Rich::of(DIM, "    "),
    };
    head = head.push(PLAIN, &entry.record.event);
    if let Some(other) = entry.neighbour {
        head = head.push(DIM, &format!("  of {}, {}", other.advisory, other.level.name()));
    }
    if let Some(later) = before.and_then(|before| distance(before, entry)) {
        head = head.push(DIM, &format!("  +{later}"));
    }
    page.hang(indent, &label, CLOCK, &head);
    let style = match entry.mark {
        ZoneMark::Offset(_) => DIM,
        _ => WARN,
    };
    let whose = [entry.host, entry.process].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut origin = Rich::of(style, &entry.mark.to_string());
    // The mark names the host of a local time already.
    match (&entry.mark, entry.process) {
        (ZoneMark::Local(Some(_)), Some(process)) => origin = origin.push(PLAIN, &format!("  {process}")),
        (ZoneMark::Local(Some(_)), None) => {}
        _ if whose.is_empty() => {}
        _ => origin = origin.push(PLAIN, &format!("  {whose}")),
    }
    origin = origin.push(PLAIN, "  ").push(PLACE, &place(entry.record));
    page.line(indent + CLOCK, &origin);
    if entry.number.is_some() {
        let values = telling(entry.record.fields.values().chain(finding.about.values()));
        let room = page.width().saturating_sub(indent + CLOCK);
        for line in excerpt(&entry.record.text, &values, room * LINES_PER_RECORD) {
            page.line(indent + CLOCK, &Rich::of(PLAIN, &line).highlight(&values, BOLD));
        }
    }
}

/// The time of day as printed.
fn clock<'r>(entry: &Entry<'r>) -> &'r str {
    let time = entry.record.time.as_deref().unwrap_or("");
    let clock = time.split_once('T').map_or(time, |(_, clock)| clock);
    clock.strip_suffix(words::zone(time)).unwrap_or(clock)
}

/// How much later a record is than the one before it, where their clocks can be compared.
fn distance(before: &Entry<'_>, entry: &Entry<'_>) -> Option<String> {
    let (one, other): (Point, Point) = (before.point?, entry.point?);
    if one.east.is_some() != other.east.is_some() {
        return None;
    }
    length(other.place().checked_sub(one.place())?)
}

/// A length in its two largest units: `10 ms`, `12 s`, `10 min 52 s`, `3 d 4 h`; `None` for none.
pub(in crate::report) fn length(micros: i64) -> Option<String> {
    let seconds = micros / SECOND;
    match micros {
        ..=0 => None,
        1..1000 => Some("under 1 ms".to_owned()),
        1000..SECOND => Some(format!("{} ms", micros / 1000)),
        _ => Some(match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
            (0, 0, 0, seconds) => format!("{seconds} s"),
            (0, 0, minutes, 0) => format!("{minutes} min"),
            (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
            (0, hours, 0, _) => format!("{hours} h"),
            (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
            (days, 0, ..) => format!("{} d", words::thousands(days.unsigned_abs())),
            (days, hours, ..) => format!("{} d {hours} h", words::thousands(days.unsigned_abs())),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_two_units() {
        let table = [
            (0, None),
            (500, Some("under 1 ms")),
            (10_000, Some("10 ms")),
            (12 * SECOND + 1, Some("12 s")),
            (652 * SECOND, Some("10 min 52 s")),
            (7200 * SECOND, Some("2 h")),
            (90_000 * SECOND, Some("1 d 1 h")),
        ];
        for (micros, expected) in table {
            assert_eq!(length(micros).as_deref(), expected);
        }
    }
}
