//! Message ids of the TSM family and what their texts name, wherever the product writes them.
//!
//! ```text
//! ANS9365E VMware vStorage API error for virtual machine 'SRV-DB1'.
//! ANS0328E (RC45)   The specified objects failed the merge test.
//! ANR9999D_0756002150 Thread<44> issued message 9999 from: ...
//! ACO3002 Data Protection for SQL: ...
//! ```
//!
//! Only an id at the beginning of a text is a message: ids are also quoted in SQL statements, comments and the logs
//! of other programs. The severity letter changed between releases, so what patterns key on is the number without
//! it (`ANS9365`).

use std::borrow::Cow;

use crate::base::{Record, Severity};

/// Issuers, by the beginning of their ids.
const PREFIXES: [&str; 15] = [
    "ANS", "ANR", "ANE", "ACO", "ACN", "ACD", "ANU", "BKI", "FMM", "FMF", "FMV", "FMX", "FMY", "GVM", "FBSM",
];

/// A message, cut into its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// The id as printed: `ANS9365E`, `ANR9999D_0756002150`.
    pub(crate) code: &'a str,
    /// Issuer: `ANS`.
    pub(crate) prefix: &'a str,
    /// Issuer and number, without severity: `ANS9365`.
    pub(crate) number: &'a str,
    /// What the letter says.
    pub(crate) severity: Severity,
    /// The number in `(RC45)` behind the id.
    pub(crate) rc: Option<&'a str>,
    /// What follows.
    pub(crate) text: &'a str,
}

/// Reads the message that `text` begins with.
pub(crate) fn message(text: &str) -> Option<Message<'_>> {
    if !text.starts_with(['A', 'B', 'F', 'G']) {
        return None;
    }
    let prefix = PREFIXES.iter().find(|prefix| text.starts_with(**prefix))?;
    let digits = digits_at(text, prefix.len());
    if !(4..=5).contains(&digits) {
        return None;
    }
    let number_end = prefix.len() + digits;
    let letter = text.get(number_end..)?.chars().next().filter(|letter| "IWESD".contains(*letter));
    let mut end = number_end + letter.map_or(0, char::len_utf8);
    if text.get(end..)?.starts_with('_') && digits_at(text, end + 1) > 0 {
        end += 1 + digits_at(text, end + 1);
    }
    let rest = text.get(end..)?;
    if !rest.is_empty() && !rest.starts_with(|c: char| c.is_whitespace() || c == ':') {
        return None;
    }
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start();
    let (rc, rest) = return_code(rest);
    Some(Message {
        code: text.get(..end)?,
        prefix: text.get(..prefix.len())?,
        number: text.get(..number_end)?,
        severity: severity(letter),
        rc,
        text: rest,
    })
}

impl<'a> Message<'a> {
    /// Writes the message's parts into the record it stands in.
    pub(crate) fn apply(&self, record: &mut Record<'a>) {
        record.code = Some(Cow::Borrowed(self.code));
        record.severity = self.severity;
        record.fields.push(("number", Cow::Borrowed(self.number)));
        if let Some(rc) = self.rc {
            record.fields.push(("rc", Cow::Borrowed(rc)));
        }
        let named = vm_in_quotes(self.text).or_else(|| {
            // In other languages the id is all that can be relied on.
            VM_MESSAGES.contains(&self.number).then(|| first_quoted(self.text)).flatten()
        });
        if let Some(vm) = named {
            record.fields.push(("vm", Cow::Borrowed(vm)));
        }
    }
}

/// Messages whose first quoted name is that of a virtual machine.
const VM_MESSAGES: [&str; 4] = ["ANS9365", "ANS9385", "ANS4148", "ANS4174"];

fn severity(letter: Option<char>) -> Severity {
    match letter {
        Some('I') => Severity::Info,
        Some('W') => Severity::Warning,
        Some('E') => Severity::Error,
        Some('S') => Severity::Critical,
        // ANR9999D is the server's way to say that its own code failed.
        Some('D') => Severity::Error,
        _ => Severity::Unknown,
    }
}

fn digits_at(text: &str, from: usize) -> usize {
    text.bytes().skip(from).take_while(u8::is_ascii_digit).count()
}

/// `(RC45)`, `(RC-50)` at the beginning of `text`, and what follows it.
fn return_code(text: &str) -> (Option<&str>, &str) {
    let read = || {
        let inner = text.strip_prefix("(RC")?;
        let (code, rest) = inner.split_once(')')?;
        let digits = code.strip_prefix('-').unwrap_or(code);
        let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        valid.then(|| (code, rest.trim_start()))
    };
    read().map_or((None, text), |(code, rest)| (Some(code), rest))
}

/// Position of `needle` (ASCII letters in lower case) in `text`, whatever the case of ASCII letters there.
pub(crate) fn find_folded(text: &str, needle: &str) -> Option<usize> {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    let first = needle.first()?;
    memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text)
        .find(|at| text.get(*at..at + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle)))
}

/// Does `text` begin with `start` (ASCII letters in lower case)?
pub(crate) fn starts_folded(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|part| part.eq_ignore_ascii_case(start.as_bytes()))
}

/// What follows `label` in `text`, whatever the case of ASCII letters.
pub(crate) fn after_folded<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    text.get(find_folded(text, label)? + label.len()..)
}

/// How languages of the client say "virtual machine".
const VIRTUAL_MACHINE: [&str; 6] = [
    "virtual machine",
    "virtuelle maschine",
    "virtuellen maschine",
    "machine virtuelle",
    "macchina virtuale",
    "quina virtual",
];

/// The virtual machine that a text names in quotes: `... for virtual machine 'SRV-DB1'.`
pub(crate) fn vm_in_quotes(text: &str) -> Option<&str> {
    // What all of them share; most texts hold no such letters.
    find_folded(text, "virtu")?;
    VIRTUAL_MACHINE.iter().find_map(|words| {
        let mut from = 0;
        while let Some(at) = find_folded(text.get(from..)?, words) {
            let behind = from + at + words.len();
            if let Some((name, _)) = quoted(text.get(behind..)?.trim_start()) {
                return Some(name);
            }
            from = behind;
        }
        None
    })
}

fn first_quoted(text: &str) -> Option<&str> {
    let at = text.find(['\'', '"'])?;
    quoted(text.get(at..)?).map(|(name, _)| name)
}

/// Longest name in quotes, in letters; schedules, nodes and machines have at most 80.
const MOST_NAME: usize = 256;

/// A name in quotes at the beginning of `text`, and what follows it. A quote inside a name is followed by a letter.
pub(crate) fn quoted(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next().filter(|c| matches!(c, '\'' | '"' | '\u{2018}' | '\u{201c}'))?;
    let close = match open {
        '\u{2018}' => '\u{2019}',
        '\u{201c}' => '\u{201d}',
        same => same,
    };
    let inner = text.get(open.len_utf8()..)?;
    // A name does not go over the end of its line, and is not as long as one.
    let name = inner.char_indices().take(MOST_NAME).take_while(|(_, c)| *c != '\n');
    let (end, rest) = name.filter(|(_, c)| *c == close).find_map(|(at, c)| {
        let rest = inner.get(at + c.len_utf8()..)?;
        (!rest.starts_with(char::is_alphanumeric)).then_some((at, rest))
    })?;
    let name = inner.get(..end)?.trim();
    (!name.is_empty()).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_shape() {
        for (text, code, number, rc) in [
            ("ANS9365E VMware vStorage API error", "ANS9365E", "ANS9365", None),
            ("ANS0328E (RC45)   The specified", "ANS0328E", "ANS0328", Some("45")),
            ("ANS0266I (RC-50)  text", "ANS0266I", "ANS0266", Some("-50")),
            ("ANR9999D_0756002150 Thread", "ANR9999D_0756002150", "ANR9999", None),
            ("ACO3002 Data Protection for SQL: x", "ACO3002", "ACO3002", None),
            ("BKI0005I: Start of program at: x", "BKI0005I", "BKI0005", None),
            ("FMM16014I The return code is 0.", "FMM16014I", "FMM16014", None),
            ("FBSM1234E x", "FBSM1234E", "FBSM1234", None),
        ] {
            let read = message(text).unwrap();
            assert_eq!((read.code, read.number, read.rc), (code, number, rc), "{text}");
        }
        for text in ["", "ANSWER", "ANS12E x", "ANS123456E x", "ANS1234Exyz", "xANS1234E y", "ans1234e y"] {
            assert_eq!(message(text), None, "{text}");
        }
    }

    #[test]
    fn names_in_quotes() {
        assert_eq!(vm_in_quotes("error for virtual machine 'App 04'."), Some("App 04"));
        assert_eq!(vm_in_quotes("of VMware Virtual Machine 'it's mine' failed"), Some("it's mine"));
        assert_eq!(vm_in_quotes("virtuelle Maschine \"DB1\""), Some("DB1"));
        assert_eq!(vm_in_quotes("a virtual machine, then virtual machine 'X'"), Some("X"));
        assert_eq!(vm_in_quotes("Object 'X' on virtual machine"), None);
        assert_eq!(vm_in_quotes("virtual machine 'open"), None);
    }
}
