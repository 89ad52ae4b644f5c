//! The prefilter's search: where in a block of text does one of many literals stand? It knows no rule and no record.

use aho_corasick::packed::{self, MatchKind as PackedKind};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

/// Looks for a set of literals. Which of several overlapping ones is found does not matter: the record that holds
/// one is tried against all definitions.
pub(super) enum Search {
    /// By vectors, for up to some dozens of literals. Chosen by hand: left to itself, the automaton looks for two rare
    /// bytes first, and in debug logs no byte is rare (a sixth of the time of a whole scan against a third).
    Vectors(packed::Searcher),
    /// Any number of literals, and those in which letter case does not matter.
    Automaton(AhoCorasick),
}

impl Search {
    /// `None`: there is nothing to look for.
    pub(super) fn new(mut literals: Vec<Vec<u8>>, fold_case: bool) -> Option<Search> {
        literals.sort_unstable();
        literals.dedup();
        if literals.is_empty() {
            return None;
        }
        let vectors = || {
            let config = packed::Config::new().match_kind(PackedKind::LeftmostFirst).clone();
            config.builder().extend(&literals).build()
        };
        if let Some(searcher) = (!fold_case).then(vectors).flatten() {
            return Some(Search::Vectors(searcher));
        }
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostFirst)
            .ascii_case_insensitive(fold_case)
            .build(&literals);
        automaton.ok().map(Search::Automaton)
    }

    /// Adds the offsets of all literals that do not overlap.
    pub(super) fn find(&self, text: &str, found: &mut Vec<usize>) {
        match self {
            Search::Vectors(searcher) => found.extend(searcher.find_iter(text).map(|hit| hit.start())),
            Search::Automaton(automaton) => found.extend(automaton.find_iter(text).map(|hit| hit.start())),
        }
    }

    /// Does any literal stand in the text?
    pub(super) fn is_in(&self, text: &str) -> bool {
        match self {
            Search::Vectors(searcher) => searcher.find(text).is_some(),
            Search::Automaton(automaton) => automaton.is_match(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(literals: &[&str], fold_case: bool, text: &str) -> Vec<usize> {
        let literals = literals.iter().map(|literal| literal.as_bytes().to_vec()).collect();
        let mut found = Vec::new();
        if let Some(search) = Search::new(literals, fold_case) {
            search.find(text, &mut found);
            assert_eq!(search.is_in(text), !found.is_empty());
        }
        found
    }

    #[test]
    fn every_way_finds_the_same() {
        let text = "media open error (83), MEDIA OPEN ERROR (83), image open failed";
        let few = ["media open error", "image open failed"];
        assert_eq!(offsets(&few, false, text), [0, 46]);
        assert_eq!(offsets(&few, true, text), [0, 23, 46]);
        let many: Vec<String> = (0..300).map(|number| format!("literal {number:03}")).collect();
        let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
        many.extend(few);
        assert_eq!(offsets(&many, false, text), [0, 46]);
        assert_eq!(offsets(&many, false, "x literal 299 y"), [2]);
        assert_eq!(offsets(&[], false, text), Vec::<usize>::new());
    }
}
