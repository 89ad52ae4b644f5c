//! Floor 2: records to events.
//!
//! A prefilter runs over the whole block of text and gives the offsets at which some required literal stands; only
//! a record that holds one is tried against regexes, which are compiled when they are first needed. Records with an
//! id (Windows, TSM, vCenter) and records known by their structure are found by tables instead. This module knows no
//! dialect: both sides speak `base::Record`.

mod cost;
mod memo;
mod rule;
mod search;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::base::event::EventKind;
use crate::base::{Dialect, Record, Values};
use crate::dialect;
use crate::pattern::Catalogue;
use crate::pattern::model::ANY_CODE;

pub use cost::slowness;
pub use memo::Memo;
use rule::Rule;
use search::Search;

pub use search::Places;

/// A record matched an event definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub kind: EventKind,
    /// Captures, constants and fields.
    pub values: Values,
    /// Filters that passed only because neither record nor source tells.
    pub untold: Vec<&'static str>,
}

/// Everything that a catalogue asks for, ready to match.
pub struct Matcher<'c> {
    catalogue: &'c Catalogue,
    plans: Vec<(Dialect, OnceLock<Arc<Plan<'c>>>)>,
}

/// What can match in sources of one dialect.
pub struct Plan<'c> {
    rules: Vec<Rule<'c>>,
    by_code: HashMap<&'c str, Vec<usize>>,
    by_record: HashMap<&'c str, Vec<usize>>,
    /// Rules by text that have to be tried on every candidate: they have no literal, or one in any letter case.
    loose: Vec<usize>,
    /// By the number of a literal of `exact`: the rules by text that are tried only where it stands.
    by_literal: Vec<Vec<usize>>,
    /// Some rule has no literal to look for: every record must be tried.
    try_all: bool,
    exact: Option<Search>,
    folded: Option<Search>,
}

impl<'c> Matcher<'c> {
    /// A matcher for all patterns of a catalogue. Nothing is compiled yet.
    pub fn new(catalogue: &'c Catalogue) -> Matcher<'c> {
        let plans = Dialect::ALL.iter().map(|dialect| (*dialect, OnceLock::new())).collect();
        Matcher { catalogue, plans }
    }

    /// The plan for sources of a dialect; a mixed text needs that of all dialects.
    pub fn plan(&self, dialect: Dialect) -> Arc<Plan<'c>> {
        let slot = self.plans.iter().find(|(planned, _)| *planned == dialect);
        match slot {
            Some((_, slot)) => slot.get_or_init(|| Arc::new(Plan::new(self.catalogue, dialect))).clone(),
            None => Arc::new(Plan::new(self.catalogue, dialect)),
        }
    }
}

impl<'c> Plan<'c> {
    fn new(catalogue: &'c Catalogue, dialect: Dialect) -> Plan<'c> {
        let rules: Vec<Rule<'c>> =
            catalogue.in_dialect(dialect).map(|(kind, def)| Rule::new(kind, def, &catalogue.sets)).collect();
        let mut plan = Plan {
            rules,
            by_code: HashMap::new(),
            by_record: HashMap::new(),
            loose: Vec::new(),
            by_literal: Vec::new(),
            try_all: false,
            exact: None,
            folded: None,
        };
        let (mut exact, mut folded): (Vec<Vec<u8>>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
        let mut by_text = Vec::new();
        for (index, rule) in plan.rules.iter().enumerate() {
            let def = rule.def();
            if !def.codes.is_empty() {
                for code in &def.codes {
                    plan.by_code.entry(code).or_default().push(index);
                }
            } else if !def.records.is_empty() {
                for record in &def.records {
                    plan.by_record.entry(record).or_default().push(index);
                }
            } else {
                by_text.push(index);
                match rule.literals() {
                    Some(literals) if def.fold_case => folded.extend(literals.iter().cloned()),
                    Some(literals) => exact.extend(literals.iter().cloned()),
                    None => plan.try_all = true,
                }
            }
        }
        let words = dialect::reader(dialect).map_or(&[][..], |reader| reader.telling_words());
        plan.exact = Search::new(exact, words, false);
        plan.folded = Search::new(folded, &[], true);
        plan.link(&by_text);
        plan
    }

    /// Notes which rules a literal leads to: of some thousands only those are tried on a candidate.
    fn link(&mut self, by_text: &[usize]) {
        let exact = self.exact.as_ref();
        self.by_literal.resize_with(exact.map_or(0, Search::numbered), Vec::new);
        for index in by_text {
            let Some(rule) = self.rules.get(*index) else { continue };
            let numbers: Option<Vec<usize>> =
                rule.literals().filter(|_| !rule.def().fold_case).zip(exact).and_then(|(literals, exact)| {
                    literals.iter().map(|literal| exact.number_of(literal)).collect()
                });
            match numbers {
                Some(numbers) => {
                    for number in numbers {
                        self.by_literal.get_mut(number).into_iter().for_each(|rules| rules.push(*index));
                    }
                }
                None => self.loose.push(*index),
            }
        }
    }

    /// Rules by text that could match, in their order.
    fn asked_by(&self, body: &str) -> Vec<usize> {
        let mut asked = self.loose.clone();
        if let Some(exact) = &self.exact {
            exact.which(body, &mut |number| {
                asked.extend(self.by_literal.get(number).into_iter().flatten());
            });
        }
        asked.sort_unstable();
        asked.dedup();
        asked
    }

    /// Where in `text` a record could match, and where words stand that the dialect wants to know of
    /// ([`Reader::telling_words`](dialect::Reader::telling_words)), into `found` (which is cleared).
    pub fn candidates(&self, text: &str, found: &mut Places) {
        found.literals.clear();
        found.words.clear();
        for search in [&self.exact, &self.folded].into_iter().flatten() {
            search.find(text, found);
        }
        if self.exact.is_some() && self.folded.is_some() {
            found.literals.sort_unstable();
        }
    }

    /// Does some definition ask for records of this kind?
    pub fn asks_for_kind(&self, kind: &str) -> bool {
        self.by_record.contains_key(kind)
    }

    /// Does some definition ask for events with this code of one of these sources?
    pub fn asks_for_event(&self, sources: &[&str], code: &str) -> bool {
        let by_code = |key: &str| self.by_code.get(key).into_iter().flatten();
        [code, without_severity(code), ANY_CODE].into_iter().flat_map(by_code).any(|index| {
            let providers = self.rules.get(*index).map_or(&[][..], |rule| &rule.def().providers);
            providers.is_empty()
                || providers
                    .iter()
                    .any(|wanted| sources.iter().any(|source| wanted.eq_ignore_ascii_case(source)))
        })
    }

    /// Must every record be tried, because some definition has no literal to look for?
    pub fn tries_all(&self) -> bool {
        self.try_all
    }

    /// Could a text that is not part of the block (joined lines) match?
    pub fn is_candidate(&self, body: &str) -> bool {
        self.try_all || [&self.exact, &self.folded].into_iter().flatten().any(|search| search.is_in(body))
    }

    /// Matches one record. `candidate` tells whether a literal stands in it; `source_process` is the process of the
    /// source, where the record does not name one.
    pub fn matches(
        &self,
        record: &Record<'_>,
        candidate: bool,
        source_process: Option<&str>,
        hits: &mut Vec<Hit>,
    ) {
        if let Some(code) = record.code.as_deref().filter(|_| !self.by_code.is_empty()) {
            self.try_table(&self.by_code, code, record, source_process, hits);
            self.try_table(&self.by_code, ANY_CODE, record, source_process, hits);
            let bare = without_severity(code);
            if bare.len() < code.len() {
                self.try_table(&self.by_code, bare, record, source_process, hits);
            }
        }
        if !record.kind.is_empty() {
            self.try_table(&self.by_record, record.kind, record, source_process, hits);
        }
        if candidate || self.try_all {
            for index in self.asked_by(&record.body) {
                self.try_rule(index, record, source_process, hits);
            }
        }
    }

    fn try_table(
        &self,
        table: &HashMap<&'c str, Vec<usize>>,
        key: &str,
        record: &Record<'_>,
        source_process: Option<&str>,
        hits: &mut Vec<Hit>,
    ) {
        for index in table.get(key).into_iter().flatten() {
            self.try_rule(*index, record, source_process, hits);
        }
    }

    fn try_rule(&self, index: usize, record: &Record<'_>, process: Option<&str>, hits: &mut Vec<Hit>) {
        if let Some(rule) = self.rules.get(index)
            && let Some(hit) = rule.matches(record, process)
            && hits.iter().all(|held| held.kind != hit.kind)
        {
            hits.push(hit);
        }
    }
}

/// A message id without its severity letter: `ANS9365E` is `ANS9365` at any severity.
fn without_severity(code: &str) -> &str {
    match code.strip_suffix(|c: char| c.is_ascii_uppercase()) {
        Some(bare) if bare.ends_with(|c: char| c.is_ascii_digit()) => bare,
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::model::EventDef;

    #[test]
    fn details_in_a_row_of_the_job_list_are_matched_as_job_details() {
        let catalogue = Catalogue::embedded();
        let matcher = Matcher::new(&catalogue);
        let plan = matcher.plan(Dialect::NetbackupBpdbjobs);
        let body = "image open failed: error 2060013: no more entries";
        let found = |dialect: Dialect| {
            let mut hits = Vec::new();
            plan.matches(&Record::new(dialect, body), plan.is_candidate(body), None, &mut hits);
            hits.len()
        };
        assert_eq!(found(Dialect::NetbackupJob), 1);
        assert_eq!(found(Dialect::NetbackupBpdbjobs), 0);
        assert_eq!(found(Dialect::NetbackupLegacy), 0);
    }

    #[test]
    fn of_many_definitions_those_match_whose_text_stands_there() {
        let def = |texts: &[&str], fold_case| EventDef {
            dialects: vec![Dialect::NetbackupLegacy],
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
            fold_case,
            ..EventDef::default()
        };
        let mut events: Vec<EventDef> = (0..300)
            .map(|number| def(&[&format!(r"step {number:03} of many failed: (\d+)")], false))
            .collect();
        // Two texts, one that is too short to be skipped to, one in any letter case, none at all.
        events.push(def(&["first of two texts", "second of two texts"], false));
        events.push(def(&[r"err =\d"], false));
        events.push(def(&["in any letter case"], true));
        events.push(def(&[r"^\w \w$"], false));
        let catalogue =
            Catalogue { events: events.into_iter().map(Into::into).collect(), ..Catalogue::default() };
        let plan = Matcher::new(&catalogue).plan(Dialect::NetbackupLegacy);
        let kinds = |body: &str| -> Vec<u32> {
            let mut hits = Vec::new();
            plan.matches(&Record::new(Dialect::NetbackupLegacy, body), true, None, &mut hits);
            hits.iter().map(|hit| hit.kind.0).collect()
        };
        assert_eq!(kinds("step 117 of many failed: 3, step 002 of many failed: 1, err =7"), [2, 117, 301]);
        assert_eq!(kinds("step 117 of many failed: no number"), Vec::<u32>::new());
        assert_eq!(kinds("the second of two texts, IN ANY letter case"), [300, 302]);
        assert_eq!(kinds("a b"), [303]);
    }
}
