//! Corrections that are installed beside a release: emergency engineering binaries, known by their Etrack number.
//!
//! ```text
//! EEB 2233961 v2 installed                  (list of what is installed)
//! eebinstaller.2233961.2.AMD64              (name of the installer, in lists of what ran)
//! nbpem 6.5.2 SET1448343                    (versioninfo -f)
//! ```
//!
//! Unverified, but for the word `SET` and its number: no public sample shows the lists. So only lines that are nothing
//! but a correction count; what a person writes about one (`please install EEB 2233961`) does not.

/// The number of the correction that a line says is installed.
pub(super) fn installed(line: &str) -> Option<&str> {
    let line = line.trim();
    // Asked of every line of every log.
    if !(8..=120).contains(&line.len()) || !["EEB", "eeb", "SET"].iter().any(|tag| line.contains(tag)) {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    by_set(&words).or_else(|| by_installer(&words)).or_else(|| by_name(&words))
}

/// `nbpem 6.5.2 SET1448343`
fn by_set<'a>(words: &[&'a str]) -> Option<&'a str> {
    let (last, before) = words.split_last()?;
    let number = last.strip_prefix("SET").and_then(number)?;
    let fits = |word: &&str| is_release(word) || is_file(word);
    (before.len() <= 2 && before.iter().all(fits)).then_some(number)
}

/// `eebinstaller.2233961.2.AMD64`
fn by_installer<'a>(words: &[&'a str]) -> Option<&'a str> {
    let name = words.iter().find(|word| word.to_ascii_lowercase().starts_with("eebinstaller"))?;
    let rest = name.get("eebinstaller".len()..)?.trim_start_matches(['.', '_', '-']);
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let found = rest.get(..digits).and_then(number)?;
    words.iter().all(|word| word == name || is_remark(word)).then_some(found)
}

/// `EEB 2233961`, `EEB_ET2233961`, `EEB2233961 v2 installed`
fn by_name<'a>(words: &[&'a str]) -> Option<&'a str> {
    let (first, rest) = words.split_first()?;
    let glued = first.strip_prefix("EEB")?.trim_start_matches(['_', '-', ':', '#']);
    let (spelled, remarks) = if glued.is_empty() { rest.split_first()? } else { (&glued, rest) };
    let bare = spelled.strip_prefix("ET").unwrap_or(spelled).trim_start_matches(['_', '-', ':', '#']);
    let digits = bare.find(|c: char| !c.is_ascii_digit()).unwrap_or(bare.len());
    let (found, revision) = bare.split_at_checked(digits)?;
    let fits = revision.is_empty() || is_remark(revision.trim_start_matches(['_', '-', '.', ',', ':']));
    let found = number(found).filter(|_| fits)?;
    remarks.iter().all(|word| is_remark(word)).then_some(found)
}

/// Etrack numbers had seven digits for most of the product's life.
fn number(digits: &str) -> Option<&str> {
    let fits = (6..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(digits)
}

/// A revision, a date, a platform, or the word that it is there.
fn is_remark(word: &str) -> bool {
    let word = word.trim_matches(['(', ')', ',', ';', ':']);
    let is_number = word.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'/' | b'-' | b':'));
    let is_revision = word.strip_prefix(['v', 'V']).is_some_and(|rest| rest.parse::<u32>().is_ok());
    is_number || is_revision || matches!(word, "installed" | "Installed" | "INSTALLED" | "applied" | "active")
}

fn is_release(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.')
}

fn is_file(word: &str) -> bool {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word).trim_end_matches(':');
    let stem = name.strip_suffix(".exe").unwrap_or(name);
    stem.len() > 2 && stem.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_lists() {
        for (line, number) in [
            ("EEB 2233961", "2233961"),
            ("EEB2233961 v2 installed", "2233961"),
            ("  EEB_ET2233961-3 (installed) 2011-05-03\r", "2233961"),
            ("EEB ET 2233961", ""),
            ("eebinstaller.2233961.2.AMD64", "2233961"),
            ("eebinstaller_2233961 2011-05-03 installed", "2233961"),
            ("/usr/openv/netbackup/bin/nbpem: 6.5.2 SET1448343", "1448343"),
            ("SET1448343", "1448343"),
        ] {
            assert_eq!(installed(line).unwrap_or(""), number, "{line}");
        }
    }

    #[test]
    fn what_people_write_about_corrections() {
        for line in [
            "please install EEB 2233961",
            "EEB 2233961 is needed on all media servers",
            "EEB 2233961 not installed",
            "EEB for 2233961",
            "EEB 12",
            "we have no SET1448343 here on it",
            "eebinstaller.2233961.2.AMD64 failed",
            "SETTINGS",
            "",
        ] {
            assert_eq!(installed(line), None, "{line}");
        }
    }
}
