//! Search for some dozens of literals by vectors.
//!
//! The vectors compare four bytes at every place of the text and the rest only where those fit. Log lines begin alike
//! ("cannot ", "write_"), so what is looked for of a literal is its end from the rarest four bytes on, and what stands
//! before that is compared where the end was found.

use aho_corasick::Span;
use aho_corasick::packed::{Config, MatchKind, Searcher};

use super::Hit;
use super::windows::{WINDOW, rarity};

pub(super) struct Vectors {
    searcher: Searcher,
    /// In the order of the searcher's patterns.
    parts: Vec<Part>,
    /// For each pattern: which of all may stand in the place where it was found. Only the first of them is told.
    beside: Vec<Vec<usize>>,
}

/// A literal or a word, cut in two.
struct Part {
    head: Vec<u8>,
    tail: Vec<u8>,
    is_word: bool,
}

impl Part {
    fn literal(literal: &[u8]) -> Part {
        let (head, tail) = literal.split_at(rarest_begin(literal));
        Part { head: head.to_vec(), tail: tail.to_vec(), is_word: false }
    }

    fn word(word: &str) -> Part {
        Part { head: Vec::new(), tail: word.as_bytes().to_vec(), is_word: true }
    }

    /// Does it stand in the text, its tail at `at`?
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        text.get(at..).is_some_and(|behind| behind.starts_with(&self.tail))
            && text.get(..at).is_some_and(|before| before.ends_with(&self.head))
    }
}

impl Vectors {
    /// `None`: there is nothing to look for, too much, or the processor has no vectors.
    pub(super) fn new(literals: &[Vec<u8>], words: &[&str]) -> Option<Vectors> {
        let literals = literals.iter().map(|literal| Part::literal(literal));
        let parts: Vec<Part> = literals.chain(words.iter().map(|word| Part::word(word))).collect();
        let config = Config::new().match_kind(MatchKind::LeftmostFirst).clone();
        let searcher = config.builder().extend(parts.iter().map(|part| &part.tail)).build()?;
        let may_meet =
            |one: &Part, other: &Part| one.tail.starts_with(&other.tail) || other.tail.starts_with(&one.tail);
        let beside = parts
            .iter()
            .map(|one| {
                (0..).zip(&parts).filter(|(_, other)| may_meet(one, other)).map(|(at, _)| at).collect()
            })
            .collect();
        Some(Vectors { searcher, parts, beside })
    }

    /// The next place at or behind `from` that has to be looked at.
    #[inline]
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<Hit> {
        let hit = self.searcher.find_in(text, Span { start: from, end: text.len() })?;
        let at = hit.start();
        let beside = self.beside.get(hit.pattern().as_usize()).into_iter().flatten();
        let there =
            || beside.clone().filter_map(|part| self.parts.get(*part)).filter(|part| part.is_at(text, at));
        Some(Hit {
            at,
            literal: there().find(|part| !part.is_word).map(|part| at - part.head.len()),
            word: there().any(|part| part.is_word).then_some(at),
        })
    }
}

/// Where the part of a literal begins that is looked for.
fn rarest_begin(literal: &[u8]) -> usize {
    let begins = 0..=literal.len().saturating_sub(WINDOW);
    begins.rev().max_by_key(|at| rarity(literal, *at)).unwrap_or(0)
}
