//! Which fixed text a regex cannot match without: what the prefilter looks for.
//!
//! The longer the literal, the rarer it is met and the fewer records are tried. Of all places in the expression that
//! must be matched, the one whose shortest alternative is longest is taken.

use std::sync::OnceLock;

use regex_syntax::hir::literal::{ExtractKind, Extractor, Seq};
use regex_syntax::hir::{Hir, HirKind};
use serde::{Deserialize, Serialize};

/// More alternatives than this slow the search down more than a longer literal helps.
const MOST_ALTERNATIVES: usize = 64;

/// The literals of an event definition, found when they are first asked for; the built-in patterns come with theirs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Option<Vec<String>>", into = "Option<Vec<String>>")]
pub struct LazyLiterals {
    /// `None` inside: some text has none.
    found: OnceLock<Option<Vec<Vec<u8>>>>,
}

impl LazyLiterals {
    /// Those that were found already.
    pub(crate) fn new(found: Option<Vec<Vec<u8>>>) -> LazyLiterals {
        LazyLiterals { found: OnceLock::from(found) }
    }

    /// Those of these regexes, of which one must match; `None`: some regex has none.
    pub(crate) fn of(&self, regexes: &[String]) -> Option<&[Vec<u8>]> {
        let find = || {
            regexes.iter().try_fold(Vec::new(), |mut all, regex| {
                all.extend(required_literals(regex)?);
                Some(all)
            })
        };
        self.found.get_or_init(find).as_deref()
    }
}

/// What was kept is what was found; nothing was kept where nothing was found, which is found again soon.
impl From<Option<Vec<String>>> for LazyLiterals {
    fn from(kept: Option<Vec<String>>) -> LazyLiterals {
        let kept = kept.map(|kept| kept.into_iter().map(String::into_bytes).collect());
        kept.map_or_else(LazyLiterals::default, |kept| LazyLiterals::new(Some(kept)))
    }
}

impl From<LazyLiterals> for Option<Vec<String>> {
    fn from(literals: LazyLiterals) -> Option<Vec<String>> {
        let found = literals.found.into_inner().flatten()?;
        found.into_iter().map(|literal| String::from_utf8(literal).ok()).collect()
    }
}

/// A small set of literals of which at least one stands in every text that the regex matches. `None`: there is no
/// such set (or the regex is faulty), every text must be tried.
pub fn required_literals(regex: &str) -> Option<Vec<Vec<u8>>> {
    let hir = regex_syntax::ParserBuilder::new().build().parse(regex).ok()?;
    required(&hir)
}

/// The same of a regex that was parsed already.
pub(crate) fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(required(branch)?);
            }
            (all.len() <= MOST_ALTERNATIVES).then_some(all)
        }
        HirKind::Concat(_) => {
            let mut flat = Vec::new();
            flatten(hir, &mut flat);
            required_of_parts(&flat)
        }
        _ => prefixes(hir),
    }
}

/// The best of what begins at any part and of what stands inside any part.
fn required_of_parts(flat: &[&Hir]) -> Option<Vec<Vec<u8>>> {
    // What begins at a part ends at the next one that may be too many things: nothing behind it is copied.
    let ends: Vec<bool> = flat.iter().map(|part| extracted(part).literals().is_none()).collect();
    let from_suffixes = (0..flat.len()).filter_map(|from| {
        let length = ends.get(from..)?.iter().position(|ends| *ends).unwrap_or(flat.len() - from);
        match flat.get(from..from + length)? {
            [] => None,
            [alone] => prefixes(alone),
            several => prefixes(&Hir::concat(several.iter().map(|part| (*part).clone()).collect())),
        }
    });
    let from_parts = flat.iter().filter_map(|part| required(part));
    from_suffixes.chain(from_parts).max_by_key(|literals| worth(literals))
}

/// The parts of a concatenation, with groups taken off, so that text inside a group joins the text beside it.
fn flatten<'h>(hir: &'h Hir, flat: &mut Vec<&'h Hir>) {
    match hir.kind() {
        HirKind::Concat(parts) => parts.iter().for_each(|part| flatten(part, flat)),
        HirKind::Capture(capture)
            if matches!(capture.sub.kind(), HirKind::Concat(_) | HirKind::Literal(_)) =>
        {
            flatten(&capture.sub, flat);
        }
        _ => flat.push(hir),
    }
}

/// Length of the shortest literal, fewer literals being better.
fn worth(literals: &[Vec<u8>]) -> (usize, std::cmp::Reverse<usize>) {
    (literals.iter().map(Vec::len).min().unwrap_or(0), std::cmp::Reverse(literals.len()))
}

fn extracted(hir: &Hir) -> Seq {
    let mut extractor = Extractor::new();
    extractor.kind(ExtractKind::Prefix).limit_total(MOST_ALTERNATIVES);
    extractor.extract(hir)
}

fn prefixes(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let seq = extracted(hir);
    let literals: Vec<Vec<u8>> = seq.literals()?.iter().map(|literal| literal.as_bytes().to_vec()).collect();
    (!literals.is_empty() && literals.iter().all(|literal| literal.len() > 1)).then_some(literals)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(regex: &str) -> Option<Vec<String>> {
        required_literals(regex)
            .map(|literals| literals.into_iter().map(|literal| String::from_utf8(literal).unwrap()).collect())
    }

    #[test]
    fn the_longest_fixed_text_is_found() {
        assert_eq!(
            texts(r"^replace_disk_frag: cannot update, error = (?<reason>.+)$").unwrap(),
            ["replace_disk_frag: cannot update, error = "]
        );
        assert_eq!(
            texts(r"(?<id>[\w.-]+_\d{10}) optimized duplication failed, media open error \(83\)").unwrap(),
            [" optimized duplication failed, media open error (83)"]
        );
        assert_eq!(texts(r"\b(FMM|FMV)\d{4,5}W\b").unwrap(), ["FMM", "FMV"]);
        assert_eq!(texts(r"(?<a>\w+)"), None);
        assert_eq!(texts(r"("), None);
    }

    #[test]
    fn every_branch_of_an_alternation_counts() {
        assert_eq!(texts("first text|second text").unwrap(), ["first text", "second text"]);
        assert_eq!(texts("first text|.*"), None);
    }
}
