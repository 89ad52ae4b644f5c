//! Lines that a client prints while it works: one per file, and the statistics at the end.
//!
//! ```text
//! Normal File-->            85,113 /var/log/secure  Changed
//! Retry # 1  Normal File-->            85,113 /var/log/secure [Sent]
//! Total number of objects failed:               3
//! Elapsed processing time:               00:13:12
//! ```
//!
//! `Changed` is not a failure: a retry of the same file may be sent. Rows come and go by release; none is relied on.

use std::borrow::Cow;

use super::message::starts_folded;
use crate::base::Record;

/// Kind of a record about one file.
pub(super) const FILE: &str = "file";

/// A line about one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileLine<'a> {
    /// Number of the retry.
    pub(super) retry: Option<&'a str>,
    /// `Normal File`, `Directory`, `Expiring` ...
    pub(super) kind: &'a str,
    /// Its path, blanks and all.
    pub(super) path: &'a str,
    /// `[Sent]`, `Changed`, `** Unsuccessful **`.
    pub(super) result: Option<&'a str>,
}

/// The longest kind of file is `Encrypted Directory`; an arrow further right belongs to a name.
const MOST_KIND: usize = 48;

/// Reads a line about a file. The size is the first word behind the arrow, the result stands at the right end.
pub(super) fn file_line(body: &str) -> Option<FileLine<'_>> {
    let end = memchr::memchr(b'\n', body.as_bytes()).unwrap_or(body.len());
    let line = body.get(..end)?;
    let start = line.as_bytes().get(..MOST_KIND.min(line.len()))?;
    let arrow = memchr::memchr_iter(b'-', start).find(|at| start.get(*at..at + 3) == Some(b"-->"))?;
    let mut kind = line.get(..arrow)?.trim();
    let mut retry = None;
    if let Some(rest) = kind.strip_prefix("Retry #") {
        let (number, rest) = rest.trim_start().split_once(' ')?;
        (retry, kind) = (Some(number), rest.trim());
    }
    if kind.is_empty() || !(is_known_kind(kind) || kind.chars().all(|c| c.is_alphabetic() || c == ' ')) {
        return None;
    }
    // Nearly all blanks are plain ones, which bytes show faster than characters.
    let rest = line.get(arrow + 3..)?.trim_ascii().trim();
    let mut path = rest;
    if let Some((size, behind)) = rest.split_once(char::is_whitespace)
        && size.starts_with(|c: char| c.is_ascii_digit())
        && size.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | '\'' | '\u{202f}' | '\u{a0}'))
    {
        path = behind.trim_start();
    }
    let (path, result) = split_result(path);
    Some(FileLine { retry, kind, path, result })
}

fn split_result(text: &str) -> (&str, Option<&str>) {
    for ending in ["** Unsuccessful **", " Changed"] {
        if let Some(path) = text.strip_suffix(ending) {
            return (path.trim_end(), Some(ending.trim()));
        }
    }
    let opens = |at: &usize| text.as_bytes().get(at.wrapping_sub(1)) == Some(&b' ');
    let open = text.ends_with(']').then(|| memchr::memrchr_iter(b'[', text.as_bytes()).find(opens)).flatten();
    match open.and_then(|at| text.split_at_checked(at - 1)) {
        Some((path, result)) => (path.trim_end(), Some(result.trim())),
        None => (text, None),
    }
}

/// Is this the kind of a file as the client prints it? Other programs draw arrows too.
pub(super) fn is_known_kind(kind: &str) -> bool {
    const KINDS: [&str; 11] = [
        "Normal File",
        "Directory",
        "Special File",
        "Symbolic Link",
        "Updating",
        "Expiring",
        "Rebinding",
        "Deleting",
        "Encrypted File",
        "Hard Link",
        "Archive File",
    ];
    KINDS.contains(&kind)
}

impl<'a> FileLine<'a> {
    /// Writes what the line says into its record.
    pub(super) fn apply(&self, record: &mut Record<'a>) {
        record.kind = FILE;
        record.fields.push(("path", Cow::Borrowed(self.path)));
        if let Some(result) = self.result {
            record.fields.push(("result", Cow::Borrowed(result)));
        }
        if let Some(retry) = self.retry {
            record.fields.push(("retry", Cow::Borrowed(retry)));
        }
    }
}

/// A row of the statistics: label and value.
pub(super) fn statistic(body: &str) -> Option<(&str, &str)> {
    const LABELS: [&str; 11] = [
        "total number of ",
        "total objects ",
        "total data ",
        "total number ",
        "data transfer time",
        "network data transfer rate",
        "aggregate data transfer rate",
        "objects compressed by",
        "subfile objects reduced by",
        "elapsed processing time",
        "lanfree data bytes",
    ];
    if !LABELS.iter().any(|label| starts_folded(body, label)) {
        return None;
    }
    let (label, value) = body.lines().next()?.split_once(':')?;
    Some((label.trim_end(), value.trim()))
}

/// A size as bytes: `1,234`, `212.47 MB`, `1.655,60 KB`, `0  B`. A group of three digits at the end is thousands:
/// fractions are printed with two digits.
pub(super) fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| c.is_alphabetic() || c == '(').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let factor: u64 = match unit.split(|c: char| !c.is_alphabetic()).next()?.to_ascii_uppercase().as_str() {
        "" | "B" | "BYTES" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        "TB" => 1 << 40,
        "PB" => 1 << 50,
        _ => return None,
    };
    let number = number.trim();
    let (whole, fraction) = match number.rfind(['.', ',']) {
        Some(at) if number.len() - at <= 3 => (number.get(..at)?, number.get(at + 1..)?),
        _ => (number, ""),
    };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let whole: u64 = digits(whole).parse().ok()?;
    let hundredths: u64 = format!("{:0<2}", digits(fraction)).parse().ok()?;
    whole.checked_mul(factor)?.checked_add(hundredths.checked_mul(factor)? / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files() {
        let line =
            file_line("Retry # 4  Normal File-->         1,788,872 /var/log/au dit.log  Changed").unwrap();
        let expected = FileLine {
            retry: Some("4"),
            kind: "Normal File",
            path: "/var/log/au dit.log",
            result: Some("Changed"),
        };
        assert_eq!(line, expected);
        let line = file_line("Normal File-->            85,113 \\\\srv1\\c$\\a [1].txt [Sent]").unwrap();
        assert_eq!((line.path, line.result), ("\\\\srv1\\c$\\a [1].txt", Some("[Sent]")));
        let line = file_line("Expiring-->                    0 /tmp/x [Sent]").unwrap();
        assert_eq!(line.kind, "Expiring");
        assert_eq!(file_line("see a --> b").map(|line| is_known_kind(line.kind)), Some(false));
        assert_eq!(file_line("<!-- x -->"), None);
    }

    #[test]
    fn sizes_in_several_locales() {
        for (text, bytes) in [
            ("0  B", Some(0)),
            ("1,234", Some(1234)),
            ("212.47 MB", Some((212 << 20) + (47 << 20) / 100)),
            ("1.655,60 KB", Some(1655 * 1024 + 614)),
            ("42,949,672,960", Some(42_949_672_960)),
            ("1\u{202f}024 KB", Some(1 << 20)),
            ("1.25 GB", Some(1_342_177_280)),
            ("many", None),
            ("", None),
            ("99999999999999999999 TB", None),
            ("9999999999999 PB", None),
        ] {
            assert_eq!(size(text), bytes, "{text}");
        }
    }

    #[test]
    fn rows() {
        assert_eq!(
            statistic("Total number of objects failed:               3"),
            Some(("Total number of objects failed", "3"))
        );
        assert_eq!(statistic("Total objects deduplicated:  58"), Some(("Total objects deduplicated", "58")));
        assert_eq!(statistic("Totally: 1"), None);
    }
}
