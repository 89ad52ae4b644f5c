//! Versions of backup products and their own orderings (6.5 < 6.5.2 < 6.5.2A < 6.5.3; 2010 < 2010 R3 SP2 < 2012).
//!
//! No crate gets all of these right (semantic versions refuse `6.5.2A`, generic comparers misplace `5.1 MP3`).

use std::cmp;

use serde::{Deserialize, Serialize};

/// How a product orders its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ordering {
    /// Numbers with an optional letter each, then maintenance pack: `6.5.2A`, `5.1 MP3`, `7.7.3`.
    Netbackup,
    /// Numbers and dots: `6.4.0.1`, `8.1.23.0`.
    Dotted,
    /// Backup Exec: `12.5`, `2010 R3 SP2`, `2012`, `15`, `16`, `20.1`.
    Year,
    /// ESX: `3.5 Update 2`, `4.1 U1`, `6.7.0`.
    Esx,
}

impl Ordering {
    /// The name used in pattern files.
    pub fn name(self) -> &'static str {
        match self {
            Ordering::Netbackup => "netbackup",
            Ordering::Dotted => "dotted",
            Ordering::Year => "year",
            Ordering::Esx => "esx",
        }
    }

    /// The ordering of this name.
    pub fn from_name(name: &str) -> Option<Ordering> {
        [Ordering::Netbackup, Ordering::Dotted, Ordering::Year, Ordering::Esx]
            .into_iter()
            .find(|ordering| ordering.name() == name)
    }

    /// Reads a version; `None` where the text holds no number that this ordering understands.
    pub fn parse(self, text: &str) -> Option<Version> {
        let words = words(text);
        let (numbers, rest) = words.split_first()?;
        let mut parts = dotted_parts(numbers)?;
        // Trailing zeros say nothing: 6.5 is 6.5.0.
        while parts.len() > 1 && parts.last() == Some(&(0, None)) {
            parts.pop();
        }
        if self == Ordering::Year {
            parts = backup_exec_release(&parts)?;
        }
        Some(Version { text: text.trim().to_owned(), parts, packs: packs(rest) })
    }
}

/// A version that can be compared with others of the same ordering.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    text: String,
    parts: Vec<(u32, Option<char>)>,
    /// Release, update or maintenance pack, service pack.
    packs: [u32; 3],
}

impl Version {
    /// As printed.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn part(&self, index: usize) -> (u32, Option<char>) {
        self.parts.get(index).copied().unwrap_or((0, None))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.cmp(other) == cmp::Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> cmp::Ordering {
        let longest = self.parts.len().max(other.parts.len());
        (0..longest)
            .map(|index| self.part(index).cmp(&other.part(index)))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.packs.cmp(&other.packs))
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().skip_while(|word| !word.starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// `6.5.2A` as numbers with an optional letter each.
fn dotted_parts(word: &str) -> Option<Vec<(u32, Option<char>)>> {
    let word = word.trim_end_matches([',', ';', ')']);
    word.split('.')
        .map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let number = part.get(..digits)?.parse().ok()?;
            let mut letters = part.get(digits..)?.chars();
            match (letters.next(), letters.next()) {
                (None, _) => Some((number, None)),
                (Some(letter), None) if letter.is_ascii_alphabetic() => {
                    Some((number, Some(letter.to_ascii_uppercase())))
                }
                _ => None,
            }
        })
        .collect()
}

/// `R3 SP2`, `MP3`, `Update 2`, `U1`: release, update or maintenance pack, service pack.
fn packs(words: &[&str]) -> [u32; 3] {
    let mut packs = [0; 3];
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let upper = word.to_ascii_uppercase();
        let digits = upper.find(|c: char| c.is_ascii_digit()).unwrap_or(upper.len());
        let (name, number) = upper.split_at(digits);
        let slot = match name {
            "R" => 0,
            "MP" | "U" | "UPDATE" => 1,
            "SP" => 2,
            _ => continue,
        };
        let number = if number.is_empty() { words.peek().copied().copied().unwrap_or("") } else { number };
        if let (Some(pack), Ok(value)) = (packs.get_mut(slot), number.parse()) {
            *pack = value;
        }
    }
    packs
}

/// Backup Exec changed from numbers to years and back: the internal release number orders them all
/// (10 < 11 < 12 < 12.5 < 2010 = 13.0 < 2012 = 14.0 < 2014 = 14.1 < 15 = 14.2 < 16 < 20).
fn backup_exec_release(parts: &[(u32, Option<char>)]) -> Option<Vec<(u32, Option<char>)>> {
    let (major, _) = parts.first().copied()?;
    let release = match major {
        2010 => vec![(13, None), (0, None)],
        2012 => vec![(14, None), (0, None)],
        2014 => vec![(14, None), (1, None)],
        15 => vec![(14, None), (2, None)],
        1900.. => return None,
        _ => parts.to_vec(),
    };
    Some(release)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ascending(ordering: Ordering, texts: &[&str]) {
        for pair in texts.windows(2) {
            let one = ordering.parse(pair[0]).unwrap();
            let other = ordering.parse(pair[1]).unwrap();
            assert!(one < other, "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn each_product_in_its_own_order() {
        ascending(
            Ordering::Netbackup,
            &["5.1", "5.1 MP3", "6.0", "6.5", "6.5.2", "6.5.2A", "6.5.3", "6.5.3.1", "6.5.4", "7.0", "10.3"],
        );
        ascending(Ordering::Dotted, &["6.3.0.0", "6.4.0.0", "6.4.0.1", "6.4.1.0", "8.1.9.300", "8.1.23.0"]);
        ascending(
            Ordering::Year,
            &[
                "10.1",
                "12.5",
                "2010",
                "2010 R2",
                "2010 R3",
                "2010 R3 SP2",
                "2012",
                "2014",
                "15",
                "16",
                "20.1",
            ],
        );
        ascending(Ordering::Esx, &["3.5", "3.5 Update 1", "3.5 U2", "4.0", "4.1 Update 1", "5.0", "6.7.0"]);
    }

    #[test]
    fn spellings_of_one_version() {
        let parse = |text| Ordering::Netbackup.parse(text).unwrap();
        assert_eq!(parse("6.5"), parse("6.5.0"));
        assert_eq!(parse("NetBackup-RedHat2.6.18 6.5.3"), parse("6.5.3"));
        assert_eq!(parse("6.5 GA"), parse("6.5"));
        assert!(Ordering::Netbackup.parse("unknown").is_none());
        assert!(Ordering::Year.parse("1999").is_none());
    }
}
