//! What is checked when a pattern is made and, of the built-in ones, not at every start: regexes, fixed text, samples,
//! sample folders.

use std::path::Path;

use regex_syntax::hir::{Hir, HirKind};

use super::Checker;
use super::regexes::Tried;
use crate::base::Dialect;
use crate::pattern::fault::Faults;
use crate::pattern::literals::{LazyLiterals, required};
use crate::pattern::raw::RawEvent;
use crate::pattern::raw::tree::Text;

/// Takes a line of a dialect apart and returns what patterns match on; `None` where the line fits no head.
pub type BodyOf<'a> = &'a dyn Fn(Dialect, &str) -> Option<String>;

/// Says why a regex (whether letter case matters or not) makes every scan slower, with what it costs; `None`: it does
/// not.
pub type CostOf<'a> = &'a dyn Fn(&str, bool) -> Option<String>;

/// A regex must hold so many bytes that stand in every text it matches: `401` alone would hit everywhere.
const FIXED_BYTES: usize = 8;
/// One of the fixed pieces must be so long that looking for it is faster than trying the regex.
const FIXED_PIECE: usize = 4;

impl Checker<'_> {
    /// Everything about the regexes of an event; what comes back is the fixed text to look for.
    pub(super) fn event_texts(&mut self, raw: &RawEvent) -> LazyLiterals {
        // Text that only filters records found by their id may be short.
        let finds = raw.codes.is_empty() && raw.records.is_empty();
        let mut literals = Some(Vec::new());
        let mut regexes = Vec::new();
        for text in &raw.texts {
            let Some(sound) = self.sound(text, raw.ignore_case) else { continue };
            if finds {
                self.fixed_text(text, &sound.hir);
                if let Some(reason) =
                    self.depth.cost_of.and_then(|cost_of| cost_of(text.get_ref(), raw.ignore_case))
                {
                    self.faults
                        .warning(text.span(), reason)
                        .help("write one longer piece of the message out, without a group or a choice in it");
                }
                literals = literals.zip(required(&sound.hir)).map(|(mut all, more)| {
                    all.extend(more);
                    all
                });
            }
            regexes.push(Tried::new(text.get_ref(), raw.ignore_case, sound));
        }
        if !regexes.is_empty() && regexes.len() == raw.texts.len() {
            self.samples(raw, &regexes);
            if raw.samples.is_empty() && finds {
                self.faults
                    .warning(raw.span.clone(), format!("the event `{}` has no sample", raw.name.get_ref()))
                    .help("add `sample = [...]` with a real line, and `unverified = true` if you have none");
            }
        }
        if finds { LazyLiterals::new(literals) } else { LazyLiterals::default() }
    }

    /// Do its regexes match what they must, and nothing that they must not?
    fn samples(&mut self, raw: &RawEvent, regexes: &[Tried<'_>]) {
        let dialects: Vec<Dialect> =
            raw.dialects.iter().filter_map(|name| Dialect::from_name(name.get_ref())).collect();
        let hits = |line: &str, body_of: Option<super::BodyOf<'_>>| {
            any_body(line, &dialects, body_of, |body| regexes.iter().any(|regex| regex.is_match(body)))
        };
        for sample in &raw.samples {
            if !hits(sample.get_ref(), self.depth.body_of) {
                self.faults
                    .error(sample.span(), format!("the event `{}` misses its sample", raw.name.get_ref()));
            }
        }
        for line in &raw.near_misses {
            if hits(line.get_ref(), self.depth.body_of) {
                let reason = format!("the event `{}` matches what it must not match", raw.name.get_ref());
                self.faults.error(line.span(), reason);
            }
        }
    }

    fn fixed_text(&mut self, text: &Text, hir: &Hir) {
        let fixed = fixed(hir);
        if fixed.bytes < FIXED_BYTES || fixed.longest < FIXED_PIECE {
            let reason =
                format!("only {} bytes of this regex are fixed text, {FIXED_BYTES} are needed", fixed.bytes);
            let reason = if fixed.bytes < FIXED_BYTES {
                reason
            } else {
                format!(
                    "the longest fixed text in this regex has {} bytes, {FIXED_PIECE} are needed",
                    fixed.longest
                )
            };
            self.faults.error(text.span(), reason).help("match more of the message than a number or a word");
        }
    }
}

/// Does any of the texts hit that an event's regexes are tried on? The body, where the dialect can be asked, else the
/// line and all its ends.
fn any_body(
    line: &str,
    dialects: &[Dialect],
    body_of: Option<BodyOf<'_>>,
    hits: impl Fn(&str) -> bool,
) -> bool {
    let asked: Vec<String> = body_of
        .map(|body_of| dialects.iter().filter_map(|dialect| body_of(*dialect, line)).collect())
        .unwrap_or_default();
    if !asked.is_empty() {
        return asked.iter().any(|body| hits(body));
    }
    let ends = line.match_indices(' ').filter_map(|(at, _)| line.get(at + 1..));
    std::iter::once(line).chain(ends).any(hits)
}

/// Text that stands in everything a regex matches.
#[derive(Clone, Copy, Default)]
struct Fixed {
    bytes: usize,
    longest: usize,
}

fn fixed(hir: &Hir) -> Fixed {
    match hir.kind() {
        HirKind::Literal(literal) => Fixed { bytes: literal.0.len(), longest: literal.0.len() },
        HirKind::Capture(capture) => fixed(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => fixed(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().map(fixed).fold(Fixed::default(), |sum, part| Fixed {
            bytes: sum.bytes + part.bytes,
            longest: sum.longest.max(part.longest),
        }),
        HirKind::Alternation(parts) => parts
            .iter()
            .map(fixed)
            .reduce(|a, b| Fixed { bytes: a.bytes.min(b.bytes), longest: a.longest.min(b.longest) })
            .unwrap_or_default(),
        _ => Fixed::default(),
    }
}

/// Every pattern proves itself: one folder of logs that raises it, one that must not.
pub(crate) fn check_sample_folders(
    root: &Path,
    id: &str,
    own: bool,
    faults: &mut Faults,
    at: std::ops::Range<usize>,
) {
    let folder = root.join(id);
    let names: Vec<String> = std::fs::read_dir(&folder)
        .map(|entries| {
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        })
        .unwrap_or_default();
    for kind in ["hit-", "miss-"] {
        if names.iter().any(|name| name.starts_with(kind)) {
            continue;
        }
        let reason = format!("no samples: there is no folder `{id}/{kind}...`");
        let fault = if own { faults.warning(at.clone(), reason) } else { faults.error(at.clone(), reason) };
        fault.help(format!("put logs under `{}`", folder.join(format!("{kind}<case>")).display()));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn fixed_of(regex: &str) -> (usize, usize) {
        let fixed = fixed(&regex_syntax::parse(regex).unwrap());
        (fixed.bytes, fixed.longest)
    }

    #[test]
    fn fixed_text_of_regexes() {
        assert_eq!(fixed_of("401"), (3, 3));
        assert_eq!(fixed_of(r"^error \d+: no more entries$"), (6 + 17, 17));
        assert_eq!(fixed_of("(?:abc|defgh)xyz"), (3 + 3, 3));
        assert_eq!(fixed_of(r"\w+(?:optional text)?"), (0, 0));
    }

    #[test]
    fn a_line_without_a_known_head_is_tried_from_every_word() {
        let bodies = |line: &str, dialects: &[Dialect], body_of: Option<BodyOf<'_>>| {
            let tried = RefCell::new(Vec::new());
            any_body(line, dialects, body_of, |body| {
                tried.borrow_mut().push(body.to_owned());
                false
            });
            tried.into_inner()
        };
        assert_eq!(bodies("a b c", &[], None), ["a b c", "b c", "c"]);
        let body_of = |_: Dialect, line: &str| line.split_once("> ").map(|(_, body)| body.to_owned());
        assert_eq!(bodies("x> b c", &[Dialect::NetbackupLegacy], Some(&body_of)), ["b c"]);
    }
}
