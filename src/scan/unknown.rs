//! Error records that no pattern knows, grouped by their wording.
//!
//! The grouping is Drain (He, Zhu, Zheng, Lyu: "Drain: an online log parsing approach with fixed depth tree", ICWS
//! 2017): a record is cut into words; words with digits are taken for values at once; records of one dialect, program
//! and code, of one number of words and one first word meet in a leaf; there a record joins the group with which it
//! shares the most words, if those are at least half, and words that differ become `<*>`.
//!
//! Its soft spots: a name without digits splits groups until a second record shows that it varies, and wordings whose
//! values have a varying number of words stay apart. Everything is bounded: groups, words, length of examples. Parts of
//! a source, and sources, are joined in their order, so that the number of threads changes nothing.

use indexmap::{Equivalent, IndexMap};
use serde::{Deserialize, Serialize};

use crate::base::{Dialect, Record, Severity, Stamp};

use super::track::micros;

/// Groups of one source, and of a whole scan. An estate has some dozens of wordings; more of them are noise that no
/// person reads, and each costs memory.
const MOST_GROUPS: usize = 500;
/// Groups of the report.
pub(super) const MOST_ROWS: usize = 100;
/// Words that are looked at: what a record says stands at its beginning.
const MOST_WORDS: usize = 32;
/// Bytes that are looked at.
const LOOKED_AT: usize = 1024;
/// Bytes of an example.
const EXAMPLE: usize = 512;
/// Groups of one leaf that are compared with a record.
const MOST_IN_LEAF: usize = 64;

/// Stands for words that differ.
const ANY: &str = "<*>";

/// Records of one wording.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) dialect: Dialect,
    /// Program, or event source.
    pub(super) process: Option<String>,
    pub(super) code: Option<String>,
    words: Vec<String>,
    pub(super) count: u64,
    pub(super) first: Option<Stamp>,
    pub(super) last: Option<Stamp>,
    /// Path of the source of the first record; set once the source is known.
    pub(super) source: String,
    /// Line (from 0) of the first record.
    pub(super) line: Option<u64>,
    /// The first record, cut.
    pub(super) example: String,
}

impl Group {
    /// The wording.
    pub(super) fn template(&self) -> String {
        self.words.join(" ")
    }

    /// Does the record lie in the same leaf?
    fn is_near(&self, other: &Sight<'_>) -> bool {
        self.dialect == other.dialect
            && self.words.len() == other.words.len()
            && self.process.as_deref() == other.process
            && self.code.as_deref() == other.code
    }

    /// How many words are the same.
    fn shared(&self, other: &Sight<'_>) -> usize {
        self.words.iter().zip(&other.words).filter(|(one, other)| one == other).count()
    }

    fn take(&mut self, other: &Sight<'_>) {
        for (word, with) in self.words.iter_mut().zip(&other.words) {
            if word != with {
                ANY.clone_into(word);
            }
        }
        self.count += other.count;
        let earlier = other
            .first
            .filter(|first| self.first.and_then(micros).is_none_or(|held| micros(*first) < Some(held)));
        let later = other
            .last
            .filter(|last| self.last.and_then(micros).is_none_or(|held| micros(*last) > Some(held)));
        self.first = earlier.or(self.first);
        self.last = later.or(self.last);
    }
}

/// What decides where a record belongs, or a group of another part. Nearly all records belong to a group that is
/// there already, so nothing of them is copied before that is known.
struct Sight<'a> {
    dialect: Dialect,
    process: Option<&'a str>,
    code: Option<&'a str>,
    words: Vec<&'a str>,
    count: u64,
    first: Option<Stamp>,
    last: Option<Stamp>,
}

/// A leaf: number of words and first word, looked up without a text of its own.
#[derive(Hash)]
struct LeafRef<'a>(usize, &'a str);

impl Equivalent<(usize, String)> for LeafRef<'_> {
    fn equivalent(&self, key: &(usize, String)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

/// The groups of a source or of a part of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Errors {
    groups: Vec<Group>,
    /// Number of words and first word of a leaf, to its groups.
    #[serde(with = "indexmap::map::serde_seq")]
    leaves: IndexMap<(usize, String), Vec<usize>>,
}

impl Errors {
    /// Counts a record that no event definition of the catalogue matched.
    pub(super) fn add(&mut self, record: &Record<'_>, stamp: Stamp, line: Option<u64>, whole: &str) {
        if record.severity < Severity::Error || !record.head || record.body.trim().is_empty() {
            return;
        }
        let short = |text| cut(text, EXAMPLE / 4);
        let stamp = (!stamp.is_none()).then_some(stamp);
        let sight = Sight {
            dialect: record.dialect,
            process: record.provider.as_deref().or(record.process.as_deref()).map(short),
            code: record.code.as_deref().map(short),
            words: words(&record.body),
            count: 1,
            first: stamp,
            last: stamp,
        };
        self.insert(&sight, || Group {
            dialect: record.dialect,
            process: sight.process.map(str::to_owned),
            code: sight.code.map(str::to_owned),
            words: sight.words.iter().map(|word| (*word).to_owned()).collect(),
            count: 1,
            first: stamp,
            last: stamp,
            source: String::new(),
            line,
            example: {
                let text = if whole.trim().is_empty() { record.body.as_ref() } else { whole };
                cut(text.trim_end(), EXAMPLE).to_owned()
            },
        });
    }

    /// Adds the groups of what follows.
    pub(super) fn join(&mut self, next: Errors) {
        for group in &next.groups {
            let sight = Sight {
                dialect: group.dialect,
                process: group.process.as_deref(),
                code: group.code.as_deref(),
                words: group.words.iter().map(String::as_str).collect(),
                count: group.count,
                first: group.first,
                last: group.last,
            };
            self.insert(&sight, || group.clone());
        }
    }

    /// Changes each group.
    pub(super) fn each(&mut self, change: impl FnMut(&mut Group)) {
        self.groups.iter_mut().for_each(change);
    }

    /// All groups, the largest first.
    pub(super) fn into_groups(self) -> Vec<Group> {
        let mut groups = self.groups;
        // What was met first stays first among equals.
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }

    fn insert(&mut self, sight: &Sight<'_>, group: impl FnOnce() -> Group) {
        let key = LeafRef(sight.words.len(), sight.words.first().copied().unwrap_or_default());
        let leaf = self.leaves.get(&key).map_or(&[][..], Vec::as_slice);
        let mut best: Option<(usize, usize)> = None;
        for at in leaf.iter().copied() {
            let Some(held) = self.groups.get(at).filter(|held| held.is_near(sight)) else { continue };
            let shared = held.shared(sight);
            if best.is_none_or(|(most, _)| shared > most) {
                best = Some((shared, at));
            }
        }
        match best.filter(|(shared, _)| 2 * shared >= sight.words.len()) {
            Some((_, at)) => {
                if let Some(held) = self.groups.get_mut(at) {
                    held.take(sight);
                }
            }
            None if self.groups.len() < MOST_GROUPS && leaf.len() < MOST_IN_LEAF => {
                self.leaves.entry((key.0, key.1.to_owned())).or_default().push(self.groups.len());
                self.groups.push(group());
            }
            None => {}
        }
    }
}

/// The words of a text; those with digits, and all but letters, are values.
fn words(text: &str) -> Vec<&str> {
    let text = cut(text, LOOKED_AT);
    let mut parts = text.split_whitespace();
    let mut words: Vec<&str> = parts
        .by_ref()
        .take(MOST_WORDS)
        .map(|word| {
            let is_value =
                word.bytes().any(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b'\\' | b'@'));
            if is_value { ANY } else { word }
        })
        .collect();
    if parts.next().is_some() {
        words.push("...");
    }
    words
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(bodies: &[&str]) -> Errors {
        let mut errors = Errors::default();
        for (line, body) in bodies.iter().enumerate() {
            let record = Record { severity: Severity::Error, ..Record::new(Dialect::NetbackupLegacy, body) };
            errors.add(&record, Stamp::epoch(1_236_281_108 + line as i64), Some(line as u64), body);
        }
        errors
    }

    fn shown(errors: Errors) -> Vec<(u64, String)> {
        errors.into_groups().iter().map(|group| (group.count, group.template())).collect()
    }

    const BODIES: [&str; 6] = [
        "cannot open /st3/a_C1_F3 for image 7, errno = 5",
        "cannot connect on socket to nbu1",
        "cannot open /st3/b_C1_F1 for image 12, errno = 5",
        "media server alpha went away",
        "cannot connect on socket to nbu2",
        "media server beta went away",
    ];

    #[test]
    fn records_that_differ_in_their_values_are_one_group() {
        let expected = [
            (2, "cannot open <*> for image <*> errno = <*>".to_owned()),
            (2, "cannot connect on socket to <*>".to_owned()),
            (2, "media server <*> went away".to_owned()),
        ];
        assert_eq!(shown(errors(&BODIES)), expected);
    }

    #[test]
    fn parts_joined_in_order_give_what_the_whole_gives() {
        for cut in 0..=BODIES.len() {
            let (one, other) = BODIES.split_at(cut);
            let mut joined = errors(one);
            joined.join(errors(other));
            assert_eq!(shown(joined), shown(errors(&BODIES)), "cut at {cut}");
        }
    }

    #[test]
    fn other_codes_and_lesser_records_stay_apart() {
        let mut errors = Errors::default();
        for (code, severity) in [
            ("83", Severity::Error),
            ("84", Severity::Critical),
            ("83", Severity::Error),
            ("83", Severity::Warning),
        ] {
            let record = Record {
                severity,
                code: Some(code.into()),
                ..Record::new(Dialect::NetbackupJob, "image open failed")
            };
            errors.add(&record, Stamp::None, None, "");
        }
        let groups = errors.into_groups();
        let counts: Vec<(Option<&str>, u64)> =
            groups.iter().map(|group| (group.code.as_deref(), group.count)).collect();
        assert_eq!(counts, [(Some("83"), 2), (Some("84"), 1)]);
        assert_eq!(groups[0].example, "image open failed");
    }

    #[test]
    fn memory_is_bounded() {
        let bodies: Vec<String> = (0..3000)
            .map(|number| format!("{} {}", "x".repeat(number % 700 + 1), "y ".repeat(number)))
            .collect();
        let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
        let errors = errors(&bodies);
        assert!(errors.groups.len() <= MOST_GROUPS);
        assert!(
            errors
                .groups
                .iter()
                .all(|group| group.words.len() <= MOST_WORDS + 1 && group.example.len() <= EXAMPLE)
        );
    }
}
