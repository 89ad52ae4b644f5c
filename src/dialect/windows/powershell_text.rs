//! Lists and tables as PowerShell shows them on the screen.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::blocks::line_end;
use super::entry::{Entry, id};
use super::properties::{Properties, known};
use super::{levels, rows, times};
use crate::base::Sink;
use crate::dialect::dates;
use crate::dialect::lines::next_line;

/// A property of a list: `Index              : 7302`.
pub(super) struct Property<'a> {
    pub(super) name: &'a str,
    /// Characters before the colon; the values of one list stand in one column.
    column: usize,
    value: &'a str,
}

/// Reads a property: a name of letters and digits, at least one blank, a colon.
pub(super) fn property(line: &str) -> Option<Property<'_>> {
    let (before, value) = line.split_once(':')?;
    let name = before.trim();
    let padded = before.ends_with(' ') && name.len() < 32;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric());
    let spaced = value.is_empty() || value.starts_with(' ');
    (padded && is_name && spaced).then(|| Property {
        name,
        column: before.len(),
        value: value.strip_prefix(' ').unwrap_or(value),
    })
}

/// `Get-WinEvent | Format-List`, `Get-EventLog | Select-Object *`.
///
/// Records are set apart by blank lines, but a line break inside a message leaves a blank line as well: a property
/// that the record has already, or one before such a one, tells that the next record has begun. Lines are cut at the
/// width of the window in the middle of words; a line of the full width is joined to the next without a blank.
pub(super) struct List;

impl List {
    /// The length of the record that `text` begins with.
    pub(super) fn piece(text: &str, whole: bool) -> Option<usize> {
        let first = line_end(text, whole)?;
        let column = property(rows::line(text, first))?.column;
        let mut seen = vec![property(rows::line(text, first))?.name.to_lowercase()];
        let mut end = first;
        let mut blank = false;
        while end < text.len() {
            let rest = text.get(end..)?;
            let next = line_end(rest, whole)?;
            let line = rows::line(rest, next);
            if let Some(property) = property(line).filter(|property| known(property.name).is_some()) {
                let name = property.name.to_lowercase();
                let other_list = property.column != column && blank;
                if seen.contains(&name) || other_list {
                    return Some(end);
                }
                if blank && following_is_seen(rest.get(next..)?, whole, &seen)? {
                    return Some(end);
                }
                seen.push(name);
            } else if blank && !line.trim().is_empty() && !line.starts_with(' ') {
                // Something else follows the list.
                return Some(end);
            }
            blank = line.trim().is_empty();
            end += next;
        }
        whole.then_some(end)
    }

    /// The event of a record.
    pub(super) fn event<'a>(piece: &str, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        let width = piece.lines().map(|line| line.trim_end_matches('\r').chars().count()).max().unwrap_or(0);
        let mut properties = Properties::default();
        let mut open: Option<(&str, String)> = None;
        let mut previous = 0;
        let mut at = 0;
        while let Some((line, next)) = next_line(piece, at) {
            at = next;
            match property(line).filter(|property| known(property.name).is_some()) {
                Some(property) => {
                    if let Some((name, value)) = open.replace((property.name, property.value.to_owned())) {
                        properties.set(name, &value);
                    }
                }
                None => {
                    if let Some((_, value)) = &mut open {
                        join(value, line.trim_start(), previous, width);
                    }
                }
            }
            previous = line.chars().count();
        }
        if let Some((name, value)) = open {
            properties.set(name, &value);
        }
        properties.into_entry(sink)
    }
}

fn join(value: &mut String, line: &str, previous: usize, width: usize) {
    // Narrower than any window that was ever set up for a list.
    const NARROWEST: usize = 40;
    match width.saturating_sub(previous) {
        0 if width >= NARROWEST => {}
        // The blank at the end of the line was cut off.
        1 if width >= NARROWEST => value.push(' '),
        _ => value.push('\n'),
    }
    value.push_str(line);
}

/// Is the next line a property that was seen already? `None`: it is not there yet.
fn following_is_seen(text: &str, whole: bool, seen: &[String]) -> Option<bool> {
    let mut rest = text;
    // A value may run over some lines; names of the next record are seen at once.
    for _ in 0..2 {
        if rest.is_empty() {
            return whole.then_some(false);
        }
        let next = line_end(rest, whole)?;
        if let Some(property) = property(rows::line(rest, next)) {
            return Some(seen.contains(&property.name.to_lowercase()));
        }
        rest = rest.get(next..)?;
    }
    Some(false)
}

/// The head of a table, or the provider above it.
pub(super) fn is_heading(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let of_event_log = words.starts_with(&["Index", "Time", "EntryType"]);
    let of_win_event = words.starts_with(&["TimeCreated", "Id", "LevelDisplayName"]);
    of_event_log || of_win_event || provider_heading(line).is_some()
}

/// `   ProviderName: WLMS`.
pub(super) fn provider_heading(line: &str) -> Option<&str> {
    let provider = line.trim().strip_prefix("ProviderName:")?.trim();
    (!provider.is_empty()).then_some(provider)
}

/// A row of `Get-EventLog`: no year, no seconds, everything cut to its column.
pub(super) struct EventLogRow<'a> {
    number: &'a str,
    time: &'a str,
    level: &'a str,
    source: &'a str,
    id: u32,
    message: &'a str,
}

static EVENT_LOG_ROW: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(\d{1,10})\s+(\p{L}{3,}\.?\s+\d{1,2}\s+\d{1,2}:\d{2})\s+(\S+)\s+(\S.*?)\s{2,}(-?\d{1,10})(?:\s+(.*))?$")
        .ok()
});
static CLOSE_ROW: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(\d{1,10})\s+(\p{L}{3,}\.?\s+\d{1,2}\s+\d{1,2}:\d{2})\s+(\S+)\s+(\S.*?)\s(-?\d{1,10})(?:\s+(.*))?$").ok()
});

/// Reads a row of `Get-EventLog`.
pub(super) fn event_log_row(line: &str) -> Option<EventLogRow<'_>> {
    // The row begins with a number and a word; most lines do not.
    let start = line.trim_start();
    let behind = start.trim_start_matches(|c: char| c.is_ascii_digit());
    let fits = behind.len() < start.len()
        && behind.starts_with([' ', '\t'])
        && behind.trim_start().starts_with(char::is_alphabetic);
    if !fits {
        return None;
    }
    let matched = |row: &'static LazyLock<Option<Regex>>| row.as_ref().and_then(|row| row.captures(line));
    let row = matched(&EVENT_LOG_ROW).or_else(|| matched(&CLOSE_ROW))?;
    let part = |number: usize| row.get(number).map_or("", |part| part.as_str());
    levels::severity(part(3))?;
    Some(EventLogRow {
        number: part(1),
        time: part(2),
        level: part(3),
        source: part(4),
        id: id(part(5))?,
        message: part(6),
    })
}

/// A row of `Get-WinEvent`.
pub(super) struct WinEventRow<'a> {
    read: dates::Read,
    id: u32,
    level: &'a str,
    message: &'a str,
}

/// Reads a row of `Get-WinEvent`: date and time, id, level, message.
pub(super) fn win_event_row(line: &str) -> Option<WinEventRow<'_>> {
    let line = line.trim_start();
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let read = dates::date_time(line)?;
    let rest = line.get(read.length..)?;
    let (number, rest) = rest.trim_start().split_once(' ')?;
    let (level, message) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    levels::severity(level)?;
    Some(WinEventRow { read, id: id(number)?, level, message: message.trim() })
}

/// A row and the indented lines that its message runs over.
pub(super) fn table_piece(text: &str, whole: bool) -> Option<usize> {
    let mut end = line_end(text, whole)?;
    while end < text.len() {
        let rest = text.get(end..)?;
        let next = line_end(rest, whole)?;
        let line = rows::line(rest, next);
        let goes_on = line.starts_with("        ")
            && !line.trim().is_empty()
            && event_log_row(line).is_none()
            && win_event_row(line).is_none()
            && !is_heading(line);
        if !goes_on {
            return Some(end);
        }
        end += next;
    }
    whole.then_some(end)
}

/// The event of a row; `heading` is the provider above a `Get-WinEvent` table.
pub(super) fn table_event<'a>(piece: &'a str, heading: &str, sink: &mut dyn Sink) -> Option<Entry<'a>> {
    let (line, next) = next_line(piece, 0)?;
    let tail = piece.get(next..).unwrap_or("");
    let mut entry = Entry::new();
    if let Some(row) = event_log_row(line) {
        entry.number = row.number.parse().ok();
        entry.named.push(("time", Cow::Borrowed(row.time)));
        entry.level = Cow::Borrowed(row.level);
        entry.provider = Some(Cow::Borrowed(row.source));
        entry.id = Some(row.id);
        entry.body = Cow::Owned(rows::with_tail(row.message.to_owned(), tail));
        return Some(entry);
    }
    let row = win_event_row(line)?;
    entry.stamp = times::without_zone(row.read.cast(sink));
    entry.id = Some(row.id);
    entry.level = Cow::Borrowed(row.level);
    entry.provider = Some(Cow::Owned(heading.to_owned()));
    entry.body = Cow::Owned(rows::with_tail(row.message.to_owned(), tail));
    Some(entry)
}
