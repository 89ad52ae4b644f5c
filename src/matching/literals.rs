//! Which fixed text a regex cannot match without: what the prefilter looks for.
//!
//! The longer the literal, the rarer it is met and the fewer records are tried. Of all places in the expression that
//! must be matched, the one whose shortest alternative is longest is taken.

use regex_syntax::hir::literal::{ExtractKind, Extractor, Seq};
use regex_syntax::hir::{Hir, HirKind};

/// More alternatives than this slow the search down more than a longer literal helps.
const MOST_ALTERNATIVES: usize = 64;

/// A small set of literals of which at least one stands in every text that the regex matches. `None`: there is no
/// such set (or the regex is faulty), every text must be tried.
pub fn required_literals(regex: &str) -> Option<Vec<Vec<u8>>> {
    let hir = regex_syntax::ParserBuilder::new().build().parse(regex).ok()?;
    required(&hir)
}

fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
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
            let flat = flatten(hir);
            let from_suffixes =
                (0..flat.len()).filter_map(|from| prefixes(&Hir::concat(flat.get(from..)?.to_vec())));
            let from_parts = flat.iter().filter_map(required);
            from_suffixes.chain(from_parts).max_by_key(|literals| worth(literals))
        }
        _ => prefixes(hir),
    }
}

/// The parts of a concatenation, with groups taken off, so that text inside a group joins the text beside it.
fn flatten(hir: &Hir) -> Vec<Hir> {
    match hir.kind() {
        HirKind::Concat(parts) => parts.iter().flat_map(flatten).collect(),
        HirKind::Capture(capture)
            if matches!(capture.sub.kind(), HirKind::Concat(_) | HirKind::Literal(_)) =>
        {
            flatten(&capture.sub)
        }
        _ => vec![hir.clone()],
    }
}

/// Length of the shortest literal, fewer literals being better.
fn worth(literals: &[Vec<u8>]) -> (usize, std::cmp::Reverse<usize>) {
    (literals.iter().map(Vec::len).min().unwrap_or(0), std::cmp::Reverse(literals.len()))
}

fn prefixes(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let mut extractor = Extractor::new();
    extractor.kind(ExtractKind::Prefix).limit_total(MOST_ALTERNATIVES);
    let seq: Seq = extractor.extract(hir);
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
