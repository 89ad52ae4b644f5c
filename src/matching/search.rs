//! The prefilter's search: where in a block of text does one of many literals stand? It knows no rule and no record.

mod buckets;
mod windows;

use aho_corasick::packed::{self, MatchKind as PackedKind};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, Input, MatchKind, Span};

use buckets::in_buckets;
use windows::Windows;

pub(super) use windows::WINDOW;

/// Where in a text something stands that makes a record worth reading, each in ascending order.
#[derive(Debug, Default)]
pub struct Places {
    /// Literals: a record that holds one may match a pattern.
    pub literals: Vec<usize>,
    /// Words that the dialect wants to know of, whatever the patterns look for.
    pub words: Vec<usize>,
}

/// Looks for a set of literals. Where they stand, any of several overlapping ones will do: it makes the record a
/// candidate. Which ones stand in it is asked of the record itself ([`Search::which`]).
pub(super) struct Search {
    /// By skipping, for any number of literals of [`WINDOW`] bytes and more.
    long: Option<Windows>,
    /// All literals if they are few, else those that are too short for the other way; and the words.
    short: Option<Short>,
    /// The literals that are found by skipping, in ascending order: their number is their place here. Behind them come
    /// the numbers of the others.
    skipped: Vec<Vec<u8>>,
}

/// A search that goes through every byte for the beginning of each text; where one stands, the whole text is compared.
struct Short {
    way: Way,
    /// By the number of the beginning: the texts that may stand there.
    texts_of: Vec<Vec<usize>>,
    /// Literals in ascending order, and words behind them.
    texts: Vec<Vec<u8>>,
    /// How many of the texts are literals.
    literals: usize,
    fold_case: bool,
}

enum Way {
    /// By vectors, which is the fastest way for up to some dozens of literals. Chosen by hand: left to itself, the
    /// automaton looks for two rare bytes first, and in debug logs no byte is rare (a sixth of the time of a whole scan
    /// against a third).
    Vectors(packed::Searcher),
    /// Any number of literals, and those in which letter case does not matter.
    Automaton(AhoCorasick),
}

/// More literals than this are found faster by skipping than by vectors.
const FEW: usize = 64;

impl Search {
    /// A search for literals, and for words that are told apart from them. `None`: there is nothing to look for.
    pub(super) fn new(mut literals: Vec<Vec<u8>>, words: &[&str], fold_case: bool) -> Option<Search> {
        literals.sort_unstable();
        literals.dedup();
        let skips = fold_case || literals.len() + words.len() > FEW;
        let (long, short): (Vec<_>, Vec<_>) =
            literals.into_iter().partition(|literal| skips && literal.len() >= WINDOW);
        let windows = Windows::new(&long, fold_case);
        let short = Short::new(short, words, fold_case);
        let search = Search { long: windows, short, skipped: long };
        (search.long.is_some() || search.short.is_some()).then_some(search)
    }

    /// Puts the places of literals and words in `text` behind what is in `found`.
    pub(super) fn find(&self, text: &str, found: &mut Places) {
        let before = found.literals.len();
        if let Some(long) = &self.long {
            long.find(text.as_bytes(), &mut found.literals);
        }
        if let Some(short) = &self.short {
            short.find(text, found);
        }
        if let (Some(_), Some(added)) = (&self.long, found.literals.get_mut(before..)) {
            added.sort_unstable();
        }
    }

    /// The number of a literal that [`Search::which`] tells of.
    pub(super) fn number_of(&self, literal: &[u8]) -> Option<usize> {
        let place = |among: &[Vec<u8>]| among.binary_search_by(|held| held.as_slice().cmp(literal)).ok();
        let others = || {
            let short = self.short.as_ref()?;
            Some(self.skipped.len() + place(short.texts.get(..short.literals)?)?)
        };
        place(&self.skipped).or_else(others)
    }

    /// How many literals have a number.
    pub(super) fn numbered(&self) -> usize {
        self.skipped.len() + self.short.as_ref().map_or(0, |short| short.literals)
    }

    /// Gives the numbers of the literals that stand in the text.
    pub(super) fn which(&self, text: &str, told: &mut impl FnMut(usize)) {
        if let Some(long) = &self.long {
            long.which(text.as_bytes(), told);
        }
        if let Some(short) = &self.short {
            short.which(text, &mut |number| told(self.skipped.len() + number));
        }
    }

    /// Does any literal stand in the text?
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.long.as_ref().is_some_and(|long| long.is_in(text.as_bytes()))
            || self.short.as_ref().is_some_and(|short| short.is_in(text))
    }
}

impl Short {
    fn new(literals: Vec<Vec<u8>>, words: &[&str], fold_case: bool) -> Option<Short> {
        let count = literals.len();
        let mut texts = literals;
        texts.extend(words.iter().map(|word| word.as_bytes().to_vec()));
        if texts.is_empty() {
            return None;
        }
        // What many texts have in common is looked for once.
        let mut beginnings: Vec<Vec<u8>> =
            texts.iter().map(|text| text.get(..WINDOW).unwrap_or(text).to_vec()).collect();
        beginnings.sort_unstable();
        beginnings.dedup();
        let vectors = |beginnings: &[Vec<u8>]| {
            let config = packed::Config::new().match_kind(PackedKind::LeftmostFirst).clone();
            config.builder().extend(beginnings).build()
        };
        let way = if !fold_case && beginnings.len() <= FEW {
            beginnings = in_buckets(beginnings);
            vectors(&beginnings).map(Way::Vectors)
        } else {
            None
        };
        let automaton = || {
            AhoCorasickBuilder::new()
                .match_kind(MatchKind::LeftmostFirst)
                .ascii_case_insensitive(fold_case)
                .build(&beginnings)
                .ok()
        };
        let way = way.or_else(|| automaton().map(Way::Automaton))?;
        // Of several beginnings that stand in one place only the first one is found.
        let same = |(one, other): (&u8, &u8)| one == other || fold_case && one.eq_ignore_ascii_case(other);
        let texts_of = beginnings.iter().map(|beginning| {
            let alike = texts.iter().enumerate().filter(|(_, text)| beginning.iter().zip(*text).all(same));
            alike.map(|(number, _)| number).collect()
        });
        Some(Short { way, texts_of: texts_of.collect(), texts, literals: count, fold_case })
    }

    fn find(&self, text: &str, found: &mut Places) {
        self.each(text, &mut |at, number| match number < self.literals {
            true => found.literals.push(at),
            false => found.words.push(at),
        });
    }

    fn is_in(&self, text: &str) -> bool {
        let mut is_in = false;
        self.each(text, &mut |_, number| is_in |= number < self.literals);
        is_in
    }

    /// The numbers of the literals that stand in the text.
    fn which(&self, text: &str, told: &mut impl FnMut(usize)) {
        self.each(text, &mut |_, number| {
            if number < self.literals {
                told(number);
            }
        });
    }

    /// Tells where texts stand, in ascending order, and their numbers.
    fn each(&self, text: &str, told: &mut impl FnMut(usize, usize)) {
        let mut rest = Span { start: 0, end: text.len() };
        loop {
            let hit = match &self.way {
                Way::Vectors(searcher) => searcher.find_in(text, rest),
                Way::Automaton(automaton) => automaton.find(Input::new(text).span(rest)),
            };
            let Some(hit) = hit else { return };
            let there = text.as_bytes().get(hit.start()..).unwrap_or_default();
            for number in self.texts_of.get(hit.pattern().as_usize()).into_iter().flatten() {
                if self.begins(there, *number) {
                    told(hit.start(), *number);
                }
            }
            // One may begin inside the other.
            rest.start = hit.start() + 1;
        }
    }

    /// Does this begin with the text of that number?
    fn begins(&self, there: &[u8], number: usize) -> bool {
        let Some(text) = self.texts.get(number) else { return false };
        match self.fold_case {
            false => there.starts_with(text),
            true => there.get(..text.len()).is_some_and(|there| there.eq_ignore_ascii_case(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offsets(literals: &[&str], fold_case: bool, text: &str) -> Vec<usize> {
        places(literals, &[], fold_case, text).literals
    }

    fn places(literals: &[&str], words: &[&str], fold_case: bool, text: &str) -> Places {
        let literals = literals.iter().map(|literal| literal.as_bytes().to_vec()).collect();
        let mut found = Places::default();
        if let Some(search) = Search::new(literals, words, fold_case) {
            search.find(text, &mut found);
            assert_eq!(search.is_in(text), !found.literals.is_empty());
        }
        found
    }

    #[test]
    fn every_way_finds_the_same() {
        let text = "media open error (83), MEDIA OPEN ERROR (83), image open failed";
        let few = ["media open error", "image open failed"];
        assert_eq!(offsets(&few, false, text), [0, 46]);
        assert_eq!(offsets(&few, true, text), [0, 23, 46]);
        let many: Vec<String> = (0..3000).map(|number| format!("literal {number:04}")).collect();
        let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
        many.extend(few);
        assert_eq!(offsets(&many, false, text), [0, 46]);
        assert_eq!(offsets(&many, false, "x literal 2999 y"), [2]);
        many.push("open");
        assert_eq!(offsets(&many, false, text), [0, 6, 46, 52]);
        assert_eq!(offsets(&[], false, text), Vec::<usize>::new());
    }

    /// By vectors, by the automaton and by skipping.
    #[test]
    fn what_stands_there_is_told_by_its_number() {
        let text = "x media open error (83) and open (84)";
        for fill in [0, FEW, 3 * FEW] {
            for width in [2, 12] {
                let fill = (0..fill).map(|number| format!("{number:0width$}~~"));
                let literals = ["open", "open error", "media open error (83)", "open (84)", "image"];
                let literals: Vec<Vec<u8>> = literals
                    .iter()
                    .map(|literal| literal.to_string())
                    .chain(fill)
                    .map(String::into_bytes)
                    .collect();
                let search = Search::new(literals.clone(), &["tatus", "edia"], false).unwrap();
                let mut told = Vec::new();
                search.which(text, &mut |number| told.push(number));
                for literal in &literals {
                    let number = search.number_of(literal).unwrap();
                    assert!(number < search.numbered());
                    let stands = text.contains(std::str::from_utf8(literal).unwrap());
                    assert!(!stands || told.contains(&number), "{literal:?} of {}", literals.len());
                }
                let image = search.number_of(b"image").unwrap();
                assert!(!told.contains(&image));
            }
        }
    }

    #[test]
    fn words_are_told_apart_and_hide_no_literal() {
        let words = ["tatus", "ERR - "];
        let text = "status 84: x ERR - tatus of media open";
        for fill in [0, FEW] {
            let fill: Vec<String> = (0..fill).map(|number| format!("never there {number}")).collect();
            let mut literals: Vec<&str> = fill.iter().map(String::as_str).collect();
            literals.extend(["us 84", "us of media open"]);
            let found = places(&literals, &words, false, text);
            assert_eq!((found.words, found.literals), (vec![1, 13, 19], vec![4, 22]));
        }
        assert_eq!(places(&[], &words, false, text).words, [1, 13, 19]);
    }

    proptest! {
        /// Letters that come often, so that literals overlap, and texts long enough for all cursors.
        #[test]
        fn nothing_is_overlooked(
            text in "[abAB]{0,40}|[abcAB\n]{0,400}",
            literals in proptest::collection::vec("[ab]{2,10}|[aAbB]{8,12}", 1..6),
            fold_case: bool,
            is_many: bool,
        ) {
            let others: Vec<String> = (0..FEW).map(|number| format!("never there {number}")).collect();
            let others = others.iter().filter(|_| is_many);
            let literals: Vec<&str> = literals.iter().chain(others).map(String::as_str).collect();
            let fold = |text: &str| if fold_case { text.to_ascii_lowercase() } else { text.to_owned() };
            let (folded, found) = (fold(&text), offsets(&literals, fold_case, &text));
            for literal in &literals {
                for at in 0..text.len() {
                    if folded[at..].starts_with(&fold(literal)) {
                        // Found itself, or another one of the short ones that overlaps it.
                        let end = at + literal.len();
                        let longest = 12;
                        prop_assert!(
                            found.iter().any(|hit| *hit < end && *hit + longest > at),
                            "{literal} at {at} of {text:?}: {found:?}"
                        );
                        if literal.len() >= WINDOW && (is_many || fold_case) {
                            prop_assert!(found.contains(&at), "{literal} at {at} of {text:?}: {found:?}");
                        }
                    }
                }
            }
            for hit in found {
                prop_assert!(literals.iter().any(|literal| folded[hit..].starts_with(&fold(literal))));
            }
        }
    }
}
