//! The part of a record that is shown as evidence: its first line, and whatever holds the values that the finding
//! rests on. A record may be thousands of lines or one line of a megabyte; the whole text is in the JSON report.

use super::page::prefix_of_width;
use unicode_width::UnicodeWidthStr;

/// Lines of one record that are shown.
const MAX_LINES: usize = 5;
/// Shorter values are not looked for: a copy number occurs in every line.
const SHORTEST_VALUE: usize = 4;
/// Marks what is left out.
const GAP: &str = "...";

/// The lines to show, each at most `cells` wide.
pub(crate) fn excerpt(text: &str, values: &[&str], cells: usize) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).collect();
    let mut shown = Vec::new();
    let mut is_gap_open = false;
    let wanted = wanted_lines(&lines, values);
    for (index, line) in lines.iter().enumerate() {
        if wanted.contains(&index) {
            shown.push(one_line(line, values, cells));
            is_gap_open = false;
        } else if !is_gap_open {
            shown.push(GAP.to_owned());
            is_gap_open = true;
        }
    }
    shown
}

/// The values that are worth looking for in a text.
pub(crate) fn telling<'v>(values: impl Iterator<Item = &'v String>) -> Vec<&'v str> {
    let mut telling: Vec<&str> = values
        .map(String::as_str)
        .filter(|value| value.len() >= SHORTEST_VALUE && value.trim() == *value)
        .collect();
    telling.sort_by_key(|value| std::cmp::Reverse(value.len()));
    telling
}

/// The first line, then those that hold a value, then the next ones, as many as may be shown.
fn wanted_lines(lines: &[&str], values: &[&str]) -> Vec<usize> {
    let holds_value = |line: &&str| values.iter().any(|value| line.contains(value));
    let telling =
        lines.iter().enumerate().skip(1).filter(|(_, line)| holds_value(line)).map(|(index, _)| index);
    let mut wanted: Vec<usize> = (0..lines.len().min(1)).chain(telling).take(MAX_LINES).collect();
    for index in 1..lines.len() {
        if wanted.len() >= MAX_LINES {
            break;
        }
        if !wanted.contains(&index) {
            wanted.push(index);
        }
    }
    wanted
}

/// The line, or its beginning and the part around the first value that lies beyond, or its beginning and end:
/// what became of it (`failed`, `deleted`) often is the last word.
fn one_line(line: &str, values: &[&str], cells: usize) -> String {
    let line = line.replace('\t', " ");
    if line.width() <= cells {
        return line;
    }
    let kept = prefix_of_width(&line, cells.saturating_sub(GAP.len()));
    let is_hidden = |value: &&&str| !line.get(..kept).unwrap_or("").contains(**value);
    let hidden =
        values.iter().filter(is_hidden).find_map(|value| line.find(value).map(|at| (at, value.len())));
    let Some((at, length)) = hidden else { return without_middle(&line, cells) };
    let head = line.get(..prefix_of_width(&line, cells / 3)).unwrap_or("");
    let room = cells.saturating_sub(head.width() + 2 * (GAP.len() + 1) + 1);
    let start = line
        .floor_char_boundary(at.saturating_sub(room.saturating_sub(length.min(room)) / 2).max(head.len()));
    let behind = line.get(start..).unwrap_or("");
    let tail = behind.get(..prefix_of_width(behind, room)).unwrap_or("");
    let end = if tail.len() < behind.len() { GAP } else { "" };
    format!("{} {GAP} {}{end}", head.trim_end(), tail.trim_start())
}

fn without_middle(line: &str, cells: usize) -> String {
    let tail_room = cells / 4;
    let head_room = cells.saturating_sub(tail_room + GAP.len() + 2);
    let head = line.get(..prefix_of_width(line, head_room)).unwrap_or("");
    let mut tail_start = line.len();
    let mut used = 0;
    for (at, character) in line.char_indices().rev() {
        used += unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
        if used > tail_room {
            break;
        }
        tail_start = at;
    }
    let tail = line.get(tail_start.max(head.len())..).unwrap_or("");
    format!("{} {GAP} {}", head.trim_end(), tail.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_shows_its_beginning_and_its_value() {
        let line = format!(
            "14:55:05.996 [14922] <4> {} pathname =nbutest03_1236281108_C1 {}",
            "x".repeat(900),
            "y".repeat(900)
        );
        let shown = excerpt(&line, &["nbutest03_1236281108"], 120);
        assert_eq!(shown.len(), 1);
        assert!(shown[0].starts_with("14:55:05.996 [14922] <4> xxx"), "{shown:?}");
        assert!(shown[0].contains("nbutest03_1236281108"), "{shown:?}");
        assert!(shown[0].width() <= 120 && shown[0].ends_with("..."), "{shown:?}");
    }

    #[test]
    fn a_long_line_keeps_its_last_word() {
        let line = format!("nbutest03_1236281108 {} deleted", "x".repeat(900));
        let shown = excerpt(&line, &["nbutest03_1236281108"], 100);
        assert!(
            shown[0].starts_with("nbutest03_1236281108 xx") && shown[0].ends_with("xx deleted"),
            "{shown:?}"
        );
        assert!(shown[0].width() <= 100);
    }

    #[test]
    fn of_many_lines_the_telling_ones_are_shown() {
        let text: String = (0..100).map(|n| format!("line {n} of volume{n}\r\n\r\n")).collect();
        let shown = excerpt(&text, &["volume57"], 80);
        let expected = [
            "line 0 of volume0",
            "line 1 of volume1",
            "line 2 of volume2",
            "line 3 of volume3",
            "...",
            "line 57 of volume57",
            "...",
        ];
        assert_eq!(shown, expected);
        assert!(excerpt("", &[], 80).is_empty());
    }

    #[test]
    fn every_width_holds_for_every_text() {
        let text = format!("日本語 {} end-value", "ログ".repeat(300));
        for cells in [20, 33, 80, 240] {
            for line in excerpt(&text, &["end-value", "ログロ"], cells) {
                assert!(line.width() <= cells, "{cells}: {line}");
            }
        }
    }

    #[test]
    fn short_values_are_not_looked_for() {
        let values = ["1".to_owned(), "3".to_owned(), "nbutest03_1236281108".to_owned(), " ".repeat(9)];
        assert_eq!(telling(values.iter()), ["nbutest03_1236281108"]);
    }
}
