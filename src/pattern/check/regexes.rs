//! Regexes as written: do they parse, can they be used, and do they match a line? No regex is compiled for the first
//! two: that takes ten times as long as to parse it, and a folder of own patterns is read at every start.

use std::cell::OnceCell;

use regex::{Regex, RegexBuilder};
use regex_automata::nfa::thompson::backtrack::BoundedBacktracker;
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_syntax::ast::Ast;
use regex_syntax::ast::parse::Parser;
use regex_syntax::hir::translate::{Translator, TranslatorBuilder};
use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};

use super::Checker;
use crate::pattern::raw::tree::Text;

/// The largest compiled regex, as the engine has it.
const LARGEST: u64 = 10 * 1024 * 1024;
/// More than any state of a compiled regex takes, with the step that leads out of it.
const STATE: u64 = 64;
/// States that one character takes: a byte each.
const OF_CHARACTER: u64 = 4;
/// Runs of bytes into which a range of characters falls apart at most: one of one byte, three of two, five of three
/// below and five above the gap of the surrogates, seven of four.
const RUNS_OF_RANGE: u64 = 1 + 3 + 5 + 5 + 7;

impl Checker<'_> {
    /// Parses a regex as it stands in the file, and makes sure that it can be compiled; says where it is wrong.
    pub(super) fn sound(&mut self, text: &Text, fold_case: bool) -> Option<Sound> {
        let fault = match Sound::parse(text.get_ref()) {
            Ok(sound) => return self.fits(text, fold_case, &sound).then_some(sound),
            Err(fault) => fault,
        };
        let start = self.inside(text, fault.at);
        self.faults.error(start..start + 1, format!("the regex is wrong here: {}", fault.what));
        None
    }

    /// Only a regex that may be too large is compiled to know it.
    fn fits(&mut self, text: &Text, fold_case: bool, sound: &Sound) -> bool {
        let folded = || {
            let translated =
                TranslatorBuilder::new().case_insensitive(true).build().translate(text.get_ref(), &sound.ast);
            translated.map_or(u64::MAX, |hir| states(&hir))
        };
        let states = if fold_case { folded() } else { states(&sound.hir) };
        if states.saturating_mul(STATE) <= LARGEST {
            return true;
        }
        match RegexBuilder::new(text.get_ref()).case_insensitive(fold_case).build() {
            Ok(_) => true,
            Err(error) => {
                self.faults.error(text.span(), format!("the regex cannot be used: {error}"));
                false
            }
        }
    }

    /// The place in the file of an offset inside a text. Only literal strings stand in the file as they are.
    fn inside(&self, text: &Text, offset: usize) -> usize {
        let span = text.span();
        let written = self.text.get(span.clone()).unwrap_or("");
        let quotes = if written.starts_with("'''") {
            // A line break right behind the quotes does not count.
            let rest = written.get(3..).unwrap_or("");
            3 + if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) }
        } else if written.starts_with('\'') {
            1
        } else {
            return span.start;
        };
        span.start + quotes + offset
    }
}

/// A regex that parses.
pub(super) struct Sound {
    ast: Ast,
    /// What it means, letter case being minded.
    pub hir: Hir,
}

/// Where a regex is wrong, and what is wrong there.
struct Wrong {
    at: usize,
    what: String,
}

impl Sound {
    fn parse(text: &str) -> Result<Sound, Wrong> {
        let ast = Parser::new()
            .parse(text)
            .map_err(|error| Wrong { at: error.span().start.offset, what: error.kind().to_string() })?;
        let hir = Translator::new()
            .translate(text, &ast)
            .map_err(|error| Wrong { at: error.span().start.offset, what: error.kind().to_string() })?;
        Ok(Sound { ast, hir })
    }
}

/// At most so many states has the compiled regex.
fn states(hir: &Hir) -> u64 {
    let sum = |parts: &[Hir]| parts.iter().map(states).fold(2, u64::saturating_add);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => u64::try_from(literal.0.len()).unwrap_or(u64::MAX),
        HirKind::Class(Class::Bytes(class)) => 2 + class.ranges().len() as u64,
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().map(of_range).fold(2, u64::saturating_add)
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Repetition(repetition) => {
            let copies = repetition.max.unwrap_or(repetition.min).max(1);
            states(&repetition.sub).saturating_add(4).saturating_mul(u64::from(copies).saturating_add(1))
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    }
}

fn of_range(range: &ClassUnicodeRange) -> u64 {
    let (first, last) = (u32::from(range.start()), u32::from(range.end()));
    // Characters that differ in their last byte only are one run.
    if last < 0x80 || first >> 6 == last >> 6 { OF_CHARACTER } else { RUNS_OF_RANGE * OF_CHARACTER }
}

/// A regex that is tried on a line or two.
pub(super) struct Tried<'t> {
    text: &'t str,
    fold_case: bool,
    sound: Sound,
    /// For ASCII text: without the classes of Unicode, and without what makes a regex fast on long texts, which
    /// together are nine tenths of the work to compile it.
    ascii: OnceCell<Option<BoundedBacktracker>>,
    any: OnceCell<Option<Regex>>,
}

impl<'t> Tried<'t> {
    pub(super) fn new(text: &'t str, fold_case: bool, sound: Sound) -> Tried<'t> {
        Tried { text, fold_case, sound, ascii: OnceCell::new(), any: OnceCell::new() }
    }

    pub(super) fn is_match(&self, line: &str) -> bool {
        if line.is_ascii()
            && let Some(regex) = self.ascii.get_or_init(|| self.for_ascii())
            && let Ok(is_match) = regex.try_is_match(&mut regex.create_cache(), line)
        {
            return is_match;
        }
        let any = || RegexBuilder::new(self.text).case_insensitive(self.fold_case).build().ok();
        self.any.get_or_init(any).as_ref().is_some_and(|regex| regex.is_match(line))
    }

    /// `None` where the regex names characters beyond ASCII, which may stand for letters of it when case is ignored.
    fn for_ascii(&self) -> Option<BoundedBacktracker> {
        let names_characters = [r"\x", r"\u", r"\U", r"\p", r"\P"];
        if !self.text.is_ascii() || names_characters.iter().any(|escape| self.text.contains(escape)) {
            return None;
        }
        let mut translator = TranslatorBuilder::new();
        translator.unicode(false).utf8(false).case_insensitive(self.fold_case);
        let hir = translator.build().translate(self.text, &self.sound.ast).ok()?;
        let config = thompson::Config::new()
            .utf8(false)
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(usize::try_from(LARGEST).ok());
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(&hir).ok()?;
        BoundedBacktracker::new_from_nfa(nfa).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The engine itself says how large a regex may be, so the estimate must not be below what it takes.
    #[test]
    fn what_is_taken_to_fit_fits() {
        for regex in [
            r"a",
            r"\w+ \S+ \d{1,3}",
            r"(?<a>\w+)(?<b>[^\n]*)",
            r"\pL{3,7}",
            r"(?i)straße \w",
            r"[^\x00-\x7F]{20}",
            r"(?:a|b|cd){2,40}",
            r"[\p{Lu}\p{Ll}]{9}",
            r"(?s:.){50}",
            "[a-zA-Z0-9_.-]+_[0-9]{10}",
        ] {
            let estimate = states(&regex_syntax::parse(regex).unwrap()) * STATE;
            let size = usize::try_from(estimate).unwrap();
            assert!(RegexBuilder::new(regex).size_limit(size).build().is_ok(), "{regex}: {estimate}");
        }
        assert!(states(&regex_syntax::parse(r"\w{500}").unwrap()) * STATE > LARGEST);
    }

    #[test]
    fn both_ways_to_try_a_line_say_the_same() {
        let lines =
            ["media open error (83)", "MEDIA open error (83)", "Größe 12", "Kelvin", "\u{212A}elvin", "xs"];
        let regexes = [
            r"media open error \((\d+)\)",
            r"^\w+ \d+$",
            r"(?i)k\w+",
            r"\bxs\b",
            r"[^a-z ]\S",
            r".\z",
            "\u{17F}",
            r"\x{17F}",
        ];
        for (regex, fold_case) in regexes.into_iter().flat_map(|regex| [(regex, false), (regex, true)]) {
            let whole = RegexBuilder::new(regex).case_insensitive(fold_case).build().unwrap();
            let tried = Tried::new(regex, fold_case, Sound::parse(regex).ok().unwrap());
            for line in lines {
                assert_eq!(tried.is_match(line), whole.is_match(line), "{regex} on {line:?}, {fold_case}");
            }
        }
    }
}
