//! What was found in the record before: a program that repeats itself writes the same text thousands of times, and
//! nothing but the text and a few words beside it decides what a record matches.

use std::borrow::Cow;

use crate::base::{Dialect, Record, Severity};

use super::{Hit, Plan};

/// Longer texts are not remembered: they do not repeat themselves, and copying them costs.
const LONGEST: usize = 1024;

/// The last record that was matched, as far as it decides what it matches, and what it matched.
#[derive(Debug, Default)]
pub struct Memo {
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    dialect: Dialect,
    severity: Severity,
    candidate: bool,
    process: Option<String>,
    code: Option<String>,
    provider: Option<String>,
    body: String,
    hits: Vec<Hit>,
}

impl Held {
    fn is_of(&self, record: &Record<'_>, candidate: bool) -> bool {
        (self.dialect, self.severity, self.candidate) == (record.dialect, record.severity, candidate)
            && self.body == record.body
            && self.process.as_deref() == record.process.as_deref()
            && self.code.as_deref() == record.code.as_deref()
            && self.provider.as_deref() == record.provider.as_deref()
    }
}

impl Memo {
    /// [`Plan::matches`] for the records of one source, one after another.
    pub fn matches(
        &mut self,
        plan: &Plan<'_>,
        record: &Record<'_>,
        candidate: bool,
        source_process: Option<&str>,
        hits: &mut Vec<Hit>,
    ) {
        // Records with a structure have their say in their fields, which hardly ever repeat themselves.
        let is_plain = record.kind.is_empty() && record.fields.is_empty() && record.body.len() <= LONGEST;
        if let Some(held) = self.held.as_ref().filter(|held| is_plain && held.is_of(record, candidate)) {
            hits.extend(held.hits.iter().cloned());
            return;
        }
        plan.matches(record, candidate, source_process, hits);
        if is_plain && (candidate || !hits.is_empty()) {
            let word = |word: &Option<Cow<'_, str>>| word.as_deref().map(str::to_owned);
            self.held = Some(Held {
                dialect: record.dialect,
                severity: record.severity,
                candidate,
                process: word(&record.process),
                code: word(&record.code),
                provider: word(&record.provider),
                body: record.body.clone().into_owned(),
                hits: hits.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::Matcher;
    use crate::pattern::Catalogue;
    use crate::pattern::model::EventDef;

    /// Whatever is asked before, the answer is that of the plan.
    #[test]
    fn what_is_remembered_is_what_would_be_found() {
        let def = |text: &str, severity, processes: &[&str]| EventDef {
            dialects: vec![Dialect::NetbackupLegacy],
            texts: vec![text.to_owned()],
            severity,
            processes: processes.iter().map(|name| (*name).to_owned()).collect(),
            ..EventDef::default()
        };
        let events = [
            def(r"media open error \((?<status>\d+)\)", None, &[]),
            def(r"media open error", Some(Severity::Error), &[]),
            def(r"media open", None, &["bptm"]),
        ];
        let catalogue =
            Catalogue { events: events.into_iter().map(Into::into).collect(), ..Catalogue::default() };
        let matcher = Matcher::new(&catalogue);
        let plan = matcher.plan(Dialect::NetbackupLegacy);
        let mut records = Vec::new();
        for body in ["media open error (83)", "media open error (84)", "media open", "nothing"] {
            for severity in [Severity::Info, Severity::Error] {
                for process in [None, Some("bptm"), Some("bpdm")] {
                    for code in [None, Some("83")] {
                        let mut record = Record::new(Dialect::NetbackupLegacy, body);
                        record.severity = severity;
                        record.process = process.map(Cow::Borrowed);
                        record.code = code.map(Cow::Borrowed);
                        records.push(record);
                    }
                }
            }
        }
        let mut memo = Memo::default();
        let mut remembered = 0;
        for record in records.iter().flat_map(|one| records.iter().flat_map(move |other| [one, other, other]))
        {
            let candidate = plan.is_candidate(&record.body);
            let (mut fresh, mut found) = (Vec::new(), Vec::new());
            plan.matches(record, candidate, None, &mut fresh);
            remembered += usize::from(memo.held.as_ref().is_some_and(|held| held.is_of(record, candidate)));
            memo.matches(&plan, record, candidate, None, &mut found);
            assert_eq!(found, fresh, "{record:?}");
        }
        assert!(remembered > 1000, "{remembered}");
    }
}
