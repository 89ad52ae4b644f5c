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

use indexmap::IndexMap;

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
#[derive(Clone, Debug)]
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

    /// Does the other one lie in the same leaf?
    fn is_near(&self, other: &Group) -> bool {
        self.dialect == other.dialect
            && self.words.len() == other.words.len()
            && self.process == other.process
            && self.code == other.code
    }

    /// How many words are the same.
    fn shared(&self, other: &Group) -> usize {
        self.words.iter().zip(&other.words).filter(|(one, other)| one == other).count()
    }

    fn take(&mut self, other: Group) {
        for (word, with) in self.words.iter_mut().zip(other.words) {
            if *word != with {
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

/// The groups of a source or of a part of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Errors {
    groups: Vec<Group>,
    /// Number of words and first word of a leaf, to its groups.
    leaves: IndexMap<(usize, String), Vec<usize>>,
}

impl Errors {
    /// Counts a record that no event definition of the catalogue matched.
    pub(super) fn add(&mut self, record: &Record<'_>, stamp: Stamp, line: Option<u64>, whole: &str) {
        if record.severity < Severity::Error || !record.head || record.body.trim().is_empty() {
            return;
        }
        let owned = |text: Option<&str>| text.map(|text| cut(text, EXAMPLE / 4).to_owned());
        let stamp = (!stamp.is_none()).then_some(stamp);
        let text = if whole.trim().is_empty() { record.body.as_ref() } else { whole };
        self.insert(Group {
            dialect: record.dialect,
            process: owned(record.provider.as_deref().or(record.process.as_deref())),
            code: owned(record.code.as_deref()),
            words: words(&record.body),
            count: 1,
            first: stamp,
            last: stamp,
            source: String::new(),
            line,
            example: cut(text.trim_end(), EXAMPLE).to_owned(),
        });
    }

    /// Adds the groups of what follows.
    pub(super) fn join(&mut self, next: Errors) {
        next.groups.into_iter().for_each(|group| self.insert(group));
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

    fn insert(&mut self, group: Group) {
        let key = (group.words.len(), group.words.first().cloned().unwrap_or_default());
        let leaf = self.leaves.entry(key).or_default();
        let mut best: Option<(usize, usize)> = None;
        for at in leaf.iter().copied() {
            let Some(held) = self.groups.get(at).filter(|held| held.is_near(&group)) else { continue };
            let shared = held.shared(&group);
            if best.is_none_or(|(most, _)| shared > most) {
                best = Some((shared, at));
            }
        }
        match best.filter(|(shared, _)| 2 * shared >= group.words.len()) {
            Some((_, at)) => {
                if let Some(held) = self.groups.get_mut(at) {
                    held.take(group);
                }
            }
            None if self.groups.len() < MOST_GROUPS && leaf.len() < MOST_IN_LEAF => {
                leaf.push(self.groups.len());
                self.groups.push(group);
            }
            None => {}
        }
    }
}

/// The words of a text; those with digits, and all but letters, are values.
fn words(text: &str) -> Vec<String> {
    let text = cut(text, LOOKED_AT);
    let mut words: Vec<String> = text
        .split_whitespace()
        .take(MOST_WORDS)
        .map(|word| {
            let is_value = word.bytes().any(|byte| byte.is_ascii_digit()) || word.contains(['/', '\\', '@']);
            if is_value { ANY.to_owned() } else { word.to_owned() }
        })
        .collect();
    if text.split_whitespace().nth(MOST_WORDS).is_some() {
        words.push("...".to_owned());
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
