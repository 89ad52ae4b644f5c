//! One event definition, ready to match.

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use regex::Regex;

use crate::base::event::EventKind;
use crate::base::{Key, Record, Values};
use crate::pattern::model::{EventDef, Operand, Test, Where, in_set};

use super::Hit;

/// An event definition with its regexes, which are compiled at the first candidate.
pub(super) struct Rule<'c> {
    kind: EventKind,
    def: &'c EventDef,
    sets: &'c IndexMap<String, Vec<String>>,
    regexes: OnceLock<Vec<Named>>,
}

/// A regex, and which of its groups have names.
struct Named {
    regex: Regex,
    groups: Vec<(usize, Key)>,
}

impl Named {
    fn new(regex: Regex) -> Named {
        let groups =
            (0..).zip(regex.capture_names()).filter_map(|(group, name)| Some((group, Key::from(name?))));
        Named { groups: groups.collect(), regex }
    }
}

impl<'c> Rule<'c> {
    pub(super) fn new(
        kind: EventKind,
        def: &'c EventDef,
        sets: &'c IndexMap<String, Vec<String>>,
    ) -> Rule<'c> {
        Rule { kind, def, sets, regexes: OnceLock::new() }
    }

    pub(super) fn def(&self) -> &'c EventDef {
        self.def
    }

    /// Tables find records with an id or a structure; their regexes need no prefilter.
    pub(super) fn literals(&self) -> Option<&'c [Vec<u8>]> {
        if self.def.is_by_text() { self.def.literals() } else { None }
    }

    /// Does the record match, and with which values?
    pub(super) fn matches(&self, record: &Record<'_>, source_process: Option<&str>) -> Option<Hit> {
        let def = self.def;
        if !def.dialects.contains(&record.dialect)
            || def.severity.is_some_and(|least| record.severity < least)
            || !def.records.is_empty() && !def.records.iter().any(|kind| kind == record.kind)
            || !self.provider_fits(record)
        {
            return None;
        }
        let mut untold = Vec::new();
        if !def.processes.is_empty() {
            match record.process.as_deref().or(source_process) {
                Some(process) => {
                    let fits = def.processes.iter().any(|wanted| wanted.eq_ignore_ascii_case(process));
                    fits.then_some(())?;
                }
                None => untold.push("process"),
            }
        }
        let mut values = Values::new();
        self.capture(record, &mut values)?;
        self.fields(record, &mut values);
        let passes = def.filters.iter().all(|filter| self.passes(filter, &values))
            && !def.exceptions.iter().any(|exception| self.passes(exception, &values));
        passes.then_some(Hit { kind: self.kind, values, untold })
    }

    /// Windows event sources are compared by their canonical name, which the dialect puts into `source`.
    fn provider_fits(&self, record: &Record<'_>) -> bool {
        let wanted = &self.def.providers;
        if wanted.is_empty() {
            return true;
        }
        let named = [record.field("source"), record.provider.as_deref()];
        named
            .into_iter()
            .flatten()
            .any(|name| wanted.iter().any(|provider| provider.eq_ignore_ascii_case(name)))
    }

    /// Runs the regexes; the named groups of the first that matches become values.
    fn capture(&self, record: &Record<'_>, values: &mut Values) -> Option<()> {
        if self.def.texts.is_empty() {
            return Some(());
        }
        let body = record.body.as_ref();
        let (groups, captures) =
            self.regexes().iter().find_map(|named| Some((&named.groups, named.regex.captures(body)?)))?;
        for (group, name) in groups {
            if let Some(text) = captures.get(*group)
                && !text.as_str().is_empty()
            {
                values.add(Key::clone(name), Arc::from(text.as_str()));
            }
        }
        Some(())
    }

    fn regexes(&self) -> &[Named] {
        self.regexes.get_or_init(|| {
            self.def
                .texts
                .iter()
                .filter_map(|text| {
                    regex::RegexBuilder::new(text).case_insensitive(self.def.fold_case).build().ok()
                })
                .map(Named::new)
                .collect()
        })
    }

    fn fields(&self, record: &Record<'_>, values: &mut Values) {
        for (name, value) in &self.def.set {
            values.add(Key::from(name.as_str()), Arc::from(value.as_str()));
        }
        for (name, field) in &self.def.capture {
            if let Some(value) = record.field(field).filter(|value| !value.is_empty()) {
                values.add(Key::from(name.as_str()), Arc::from(value));
            }
        }
        for (name, value) in &record.fields {
            if !value.is_empty() {
                values.add(Key::from(*name), Arc::from(value.as_ref()));
            }
        }
        for (name, value) in [("code", &record.code), ("provider", &record.provider)] {
            if let Some(value) = value {
                values.add(Key::from(name), Arc::from(value.as_ref()));
            }
        }
    }

    /// Does a predicate of the definition certainly hold?
    fn passes(&self, filter: &Where, values: &Values) -> bool {
        let Some(value) = values.get(&filter.key) else { return false };
        match &filter.test {
            Test::In(operands) => operands.iter().any(|operand| self.equals(operand, value)),
            Test::NotIn(operands) => !operands.iter().any(|operand| self.equals(operand, value)),
            Test::Above(limit) => value.trim().parse::<f64>().is_ok_and(|number| number > *limit),
            Test::Below(limit) => value.trim().parse::<f64>().is_ok_and(|number| number < *limit),
            Test::Matches(regex) => regex.is_match(value),
        }
    }

    fn equals(&self, operand: &Operand, value: &str) -> bool {
        match operand {
            Operand::Text(text) => text.as_str() == value,
            Operand::Set(name) => self.sets.get(name).is_some_and(|entries| in_set(entries, value)),
            // Accounts and other steps are not known while one record is matched.
            Operand::Of(_) | Operand::BackupAccounts | Operand::SystemAccounts => false,
        }
    }
}
