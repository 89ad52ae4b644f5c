//! Which release of Backup Exec a text speaks of. Releases have a name and an internal number (2010 R3 is 13.0 rev
//! 5204); the name is given, because advisories use it.

/// The release, as its name (`2010 R3`, `2014 SP2`, `16`, `12.5`).
pub(super) fn release(text: &str) -> Option<String> {
    // Agents on other machines may be of another release.
    if text.contains("Agent") {
        return None;
    }
    text.match_indices("Backup Exec").find_map(|(at, name)| {
        let rest = text.get(at + name.len()..)?;
        let rest = rest.trim_start_matches(|c: char| c == ' ' || "(TM)®™".contains(c));
        let (is_named, rest) = match rest.get(..7).filter(|word| word.eq_ignore_ascii_case("version")) {
            Some(_) => (true, rest.get(7..)?.trim_start_matches([' ', ':'])),
            None => (false, rest),
        };
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let number = rest.get(..end)?.trim_end_matches('.');
        let behind = rest.get(end..)?;
        let is_release = is_named || is_year(number) || behind.trim_start().starts_with("for Windows");
        is_release.then(|| named(number, behind)).flatten()
    })
}

fn is_year(number: &str) -> bool {
    matches!(number, "2010" | "2012" | "2014")
}

fn named(number: &str, behind: &str) -> Option<String> {
    let mut parts = number.split('.');
    let major: u32 = parts.next()?.parse().ok()?;
    let minor: u32 = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    let revision = parts.next().or_else(|| word_after(behind, "rev"));
    let mut name = match (major, minor) {
        (2010 | 2012 | 2014, _) => {
            format!("{major}{}", word_starting(behind, 'R').map_or(String::new(), |r| format!(" {r}")))
        }
        (13, _) => match revision {
            Some("4164") => "2010 R2".to_owned(),
            Some("5204") => "2010 R3".to_owned(),
            _ => "2010".to_owned(),
        },
        (14, 0) => "2012".to_owned(),
        (14, 1) => "2014".to_owned(),
        (14, 2) => "15".to_owned(),
        (9..=12, 0) | (15..=40, 0) => major.to_string(),
        (9..=12 | 15..=40, _) => format!("{major}.{minor}"),
        _ => return None,
    };
    if let Some(pack) = behind.split([' ', ',', '.']).find_map(|word| word.strip_prefix("SP")) {
        let pack = pack.trim_start_matches('-');
        if !pack.is_empty() && pack != "0" && pack.bytes().all(|byte| byte.is_ascii_digit()) {
            name.push_str(&format!(" SP{pack}"));
        }
    }
    Some(name)
}

fn word_after<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let mut words = text.split([' ', '.', ',']).filter(|word| !word.is_empty());
    words.find(|word| word.eq_ignore_ascii_case(label))?;
    words.next()
}

/// `R3` as the next word.
fn word_starting(text: &str, letter: char) -> Option<&str> {
    let word = text.trim_start().split([' ', ',', '.', ')']).next()?;
    let number = word.strip_prefix(letter)?;
    (number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(word)
}

/// Did this release read virtual machines through the vStorage API (2010 and later) and not through VCB?
pub(super) fn has_vstorage(release: &str) -> bool {
    let number = release.split([' ', '.']).next().unwrap_or("");
    number.parse::<u32>().is_ok_and(|number| number >= 13)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for (text, expected) in [
            ("Backup Exec server is running Backup Exec version 14.1.1786.1093 with SP-2.", Some("2014 SP2")),
            ("Symantec Backup Exec (TM) 12.5 for Windows Servers", Some("12.5")),
            ("Backup Exec Version 13.0 Rev 5204", Some("2010 R3")),
            ("Backup Exec 2010 R3 SP1", Some("2010 R3 SP1")),
            ("Backup Exec version 16.0.1142.0", Some("16")),
            ("Backup Exec version 20.3.1188", Some("20.3")),
            ("Backup Exec 12 files", None),
            ("Agent for Windows(SRV2) is running Backup Exec version 14.1.1786", None),
            ("Backup Exec", None),
            ("Backup Exec version x", None),
        ] {
            assert_eq!(release(text).as_deref(), expected, "{text}");
        }
        assert!(has_vstorage("2010 R3") && has_vstorage("15") && has_vstorage("20.3"));
        assert!(!has_vstorage("12.5") && !has_vstorage("11"));
    }
}
