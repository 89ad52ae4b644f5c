//! Copied event properties whose line breaks were lost on the way: all labels on one line.
//!
//! ```text
//! Event Type: Error Event Source: VolSnap Event Category: None Event ID: 25 Date: 3/12/2009 Time: 10:00:13 PM ...
//! ```
//!
//! English and German labels only, because without line breaks nothing but their words tells them from the values.

use super::labels::{Label, label};

/// Labels in front of the description, the longer ones first where one ends in the other.
const NAMES: &[&str] = &[
    "Event Type",
    "Event Source",
    "Event Category",
    "Event ID",
    "Log Name",
    "Task Category",
    "Source",
    "Date",
    "Time",
    "Level",
    "Keywords",
    "User",
    "Computer",
    "Description",
    "Ereignistyp",
    "Ereignisquelle",
    "Ereigniskategorie",
    "Ereigniskennung",
    "Ereignis-ID",
    "Protokollname",
    "Aufgabenkategorie",
    "Quelle",
    "Datum",
    "Zeit",
    "Ebene",
    "Schlüsselwörter",
    "Benutzer",
    "Beschreibung",
];
/// The labels that a copy begins with.
const FIRST: &[&str] = &["Event Type:", "Log Name:", "Ereignistyp:", "Protokollname:"];

/// The labels of a line and their values; `None` where it is no such line.
pub(super) fn read(line: &str) -> Option<Vec<(Label, &str)>> {
    let line = line.trim();
    if !FIRST.iter().any(|first| line.starts_with(first)) {
        return None;
    }
    let mut found: Vec<(Label, &str)> = Vec::new();
    let mut rest = line;
    while let Some((name, value)) = at_label(rest) {
        let what = label(name)?;
        if what == Label::Description {
            found.push((what, value.trim()));
            break;
        }
        let end = next_label(value).unwrap_or(value.len());
        found.push((what, value.get(..end)?.trim()));
        rest = value.get(end..)?.trim_start();
    }
    let has = |wanted| found.iter().any(|(label, _)| *label == wanted);
    (has(Label::Source) && has(Label::Id)).then_some(found)
}

fn at_label(text: &str) -> Option<(&str, &str)> {
    NAMES.iter().find_map(|name| {
        let value = text.strip_prefix(name)?.strip_prefix(':')?;
        Some((*name, value))
    })
}

/// Where the next label begins, behind a blank.
fn next_label(text: &str) -> Option<usize> {
    text.match_indices([' ', '\t'])
        .map(|(at, blank)| at + blank.len())
        .find(|at| text.get(*at..).is_some_and(|rest| at_label(rest).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_on_one_line() {
        let line = "Event Type: Error Event Source: VolSnap Event Category: None Event ID: 25 Date: 3/12/2009 Time: 10:00:13 PM \
            User: N/A Computer: SRV01 Description: The shadow copies of volume D: were deleted. Source: x";
        let found = read(line).unwrap();
        assert_eq!(found.first(), Some(&(Label::Type, "Error")));
        assert_eq!(found[4], (Label::Date, "3/12/2009"));
        assert_eq!(
            found.last(),
            Some(&(Label::Description, "The shadow copies of volume D: were deleted. Source: x"))
        );
        assert_eq!(read("Event Type: Error"), None);
        assert_eq!(read("Log Name: Application"), None);
    }
}
