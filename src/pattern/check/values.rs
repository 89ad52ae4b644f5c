//! Lengths of time, places in time, equalities, predicates, templates.

use super::{Checker, Named, Steps};
use crate::base::stamp::Span;
use crate::pattern::LazyRegex;
use crate::pattern::fault::nearest;
use crate::pattern::model::{Join, Operand, Order, Piece, Reference, Template, Test, Where, Within};
use crate::pattern::raw::rules::{RawTest, RawWhere};
use crate::pattern::raw::tree::Text;

/// Keys of a template that every record has.
const TEMPLATE_KEYS: [&str; 6] = ["time", "line", "source", "host", "pid", "session"];

/// Values of a record or of its session that dialects give and templates without a step may ask for.
const FIELD_KEYS: [&str; 13] = [
    "vm",
    "guest",
    "client",
    "computer",
    "node",
    "data_mover",
    "media_server",
    "master_server",
    "storage_server",
    "esx",
    "job",
    "policy",
    "backup_id",
];

impl Checker<'_> {
    pub(super) fn span(&mut self, text: &Text) -> Option<Span> {
        let span = Span::parse(text.get_ref()).filter(|span| span.0 > 0);
        if span.is_none() {
            self.faults
                .error(text.span(), format!("`{}` is no length of time", text.get_ref()))
                .help("write a number and ms, s, m, h or d: `60s`, `10m`, `31d`");
        }
        span
    }

    /// `60s` or `10s..1d`.
    pub(super) fn within(&mut self, text: &Text) -> Option<Within> {
        let Some((from, to)) = text.get_ref().split_once("..") else {
            return self.span(text).map(|to| Within { from: Span(0), to });
        };
        match (Span::parse(from), Span::parse(to)) {
            (Some(from), Some(to)) if from <= to && to.0 > 0 => Some(Within { from, to }),
            (Some(_), Some(_)) => {
                self.faults
                    .error(text.span(), format!("the window `{}` ends before it begins", text.get_ref()));
                None
            }
            _ => {
                self.faults
                    .error(text.span(), format!("`{}` is no window", text.get_ref()))
                    .help("write `60s`, or `10s..1d`");
                None
            }
        }
    }

    /// A step by name; says so where there is none.
    pub(super) fn step_name(&mut self, name: &Text, steps: &Steps) -> Option<String> {
        if steps.contains_key(name.get_ref()) {
            return Some(name.get_ref().clone());
        }
        let near = nearest(name.get_ref(), steps.keys().map(String::as_str)).map(str::to_owned);
        let fault = self.faults.error(name.span(), format!("there is no earlier step `{}`", name.get_ref()));
        match near {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None if steps.is_empty() => fault.help("a step refers to steps that stand before it"),
            None => {
                let all: Vec<&str> = steps.keys().map(String::as_str).collect();
                fault.help(format!("the steps here are {}", all.join(", ")));
            }
        }
        None
    }

    /// At most one of `after`, `before`, `near`.
    pub(super) fn order(
        &mut self,
        after: &Option<Text>,
        before: &Option<Text>,
        near: &Option<Text>,
        steps: &Steps,
    ) -> Order {
        let given = [after, before, near];
        let mut given = given.iter().filter_map(|text| text.as_ref());
        let (first, second) = (given.next(), given.next());
        if let Some(second) = second {
            self.faults.error(second.span(), "only one of `after`, `before`, `near` can hold");
        }
        let Some(name) = first.and_then(|name| self.step_name(name, steps)) else { return Order::Free };
        match (after, before) {
            (Some(_), _) => Order::After(name),
            (None, Some(_)) => Order::Before(name),
            (None, None) => Order::Near(name),
        }
    }

    /// `key`, `key=other`, `key=step.other`. `partner` is the step that a join without a step means.
    pub(super) fn joins(
        &mut self,
        same: &[Text],
        mine: &Named,
        partner: Option<&str>,
        steps: &Steps,
    ) -> Vec<Join> {
        let mut joins = Vec::new();
        for entry in same {
            let text = entry.get_ref();
            let (key, other) = text.split_once('=').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
            let (key, other) = (key.trim(), other.map(str::trim));
            let (step, theirs) = match other {
                None => (None, key),
                Some(other) => match other.rsplit_once('.') {
                    None => (None, other),
                    Some((step, key)) => (Some(step), key),
                },
            };
            if key.is_empty() || theirs.is_empty() {
                self.faults
                    .error(entry.span(), format!("`{text}` is no equality"))
                    .help("write `key`, `key=other`, or `key=step.other`");
                continue;
            }
            if let Some(step) = step
                && self.step_name(&toml::Spanned::new(entry.span(), step.to_owned()), steps).is_none()
            {
                continue;
            }
            let Some(named) = step.or(partner).and_then(|step| steps.get(step)) else {
                self.faults
                    .error(
                        entry.span(),
                        format!("`{text}` is the same as nothing: no step is before this one"),
                    )
                    .help(format!("name the step: `{key}=step.{theirs}`"));
                continue;
            };
            let named = named.clone();
            self.must_give(mine, key, entry);
            self.must_give(&named, theirs, entry);
            joins.push(Join {
                mine: key.to_owned(),
                step: step.map(str::to_owned),
                theirs: theirs.to_owned(),
            });
        }
        joins
    }

    /// Predicates of a step on the values of its events.
    pub(super) fn filters(&mut self, raw: &RawWhere, mine: &Named, steps: &Steps) -> Vec<Where> {
        for (key, _) in &raw.tests {
            self.must_give(mine, key.get_ref(), key);
        }
        self.tests(raw, Some(steps))
    }

    /// Predicates; without steps they may not refer to one.
    pub(super) fn tests(&mut self, raw: &RawWhere, steps: Option<&Steps>) -> Vec<Where> {
        let mut all = Vec::new();
        for (key, test) in &raw.tests {
            if let Some(test) = self.test(test, steps) {
                all.push(Where { key: key.get_ref().clone(), test });
            }
        }
        all
    }

    fn test(&mut self, raw: &RawTest, steps: Option<&Steps>) -> Option<Test> {
        Some(match raw {
            RawTest::Plain(values) => {
                Test::In(values.iter().map(|value| Operand::Text(value.get_ref().clone())).collect())
            }
            RawTest::In(values) => Test::In(self.operands(values)),
            RawTest::Not(values) => Test::NotIn(self.operands(values)),
            RawTest::Above(number) => Test::Above(*number.get_ref()),
            RawTest::Below(number) => Test::Below(*number.get_ref()),
            RawTest::Equals(text) => Test::In(vec![Operand::Of(self.reference(text, steps)?)]),
            RawTest::Matches(text) => {
                if self.depth.regexes {
                    self.sound(text, false)?;
                }
                Test::Matches(LazyRegex::new(text.get_ref()))
            }
        })
    }

    fn operands(&mut self, values: &[Text]) -> Vec<Operand> {
        values.iter().filter_map(|value| self.operand(value)).collect()
    }

    fn operand(&mut self, value: &Text) -> Option<Operand> {
        let text = value.get_ref();
        if let Some(name) = text.strip_prefix("shared.") {
            if self.known.sets.contains_key(name) {
                return Some(Operand::Set(name.to_owned()));
            }
            let near = nearest(name, self.known.sets.keys().map(String::as_str)).map(str::to_owned);
            let fault = self.faults.error(value.span(), format!("there is no set `{text}`"));
            match near {
                Some(near) => fault.help(format!("did you mean `shared.{near}`?")),
                None => fault.help("sets are defined under [set] in a shared file"),
            }
            return None;
        }
        match text.strip_prefix("site.") {
            None => Some(Operand::Text(text.clone())),
            Some("backup-accounts") => Some(Operand::BackupAccounts),
            Some("system-accounts") => Some(Operand::SystemAccounts),
            Some(_) => {
                self.faults
                    .error(value.span(), format!("there is no set `{text}`"))
                    .help("of the site there are `site.backup-accounts` and `site.system-accounts`");
                None
            }
        }
    }

    /// `step.key`.
    pub(super) fn reference(&mut self, text: &Text, steps: Option<&Steps>) -> Option<Reference> {
        let Some(steps) = steps else {
            self.faults
                .error(text.span(), "an event is judged by its own record and refers to no step")
                .help("put this predicate into the `where` of a step");
            return None;
        };
        let Some((step, key)) = text.get_ref().rsplit_once('.') else {
            self.faults
                .error(text.span(), format!("`{}` is no value of a step", text.get_ref()))
                .help("write `step.key`; a plain value needs no `equals`");
            return None;
        };
        let step = self.step_name(&toml::Spanned::new(text.span(), step.to_owned()), steps)?;
        if let Some(named) = steps.get(&step).cloned() {
            self.must_give(&named, key, text);
        }
        Some(Reference { step, key: key.to_owned() })
    }

    /// Text with places such as `{backup_id}` and `{step.time - 31d}`.
    pub(super) fn template(&mut self, text: &Text, steps: &Steps) -> Template {
        let mut pieces = Vec::new();
        let mut rest = text.get_ref().as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let Some((place, behind)) = behind.split_once('}') else {
                self.faults.error(text.span(), "a place in this text has no `}`");
                return Template { pieces };
            };
            pieces.extend(self.place(place, text, steps));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Template { pieces }
    }

    fn place(&mut self, place: &str, text: &Text, steps: &Steps) -> Option<Piece> {
        let (name, shift) = match place
            .rsplit_once(" - ")
            .map(|(name, span)| (name, span, -1))
            .or_else(|| place.rsplit_once(" + ").map(|(name, span)| (name, span, 1)))
        {
            None => (place, Span(0)),
            Some((name, length, sign)) => {
                let length = self.span(&toml::Spanned::new(text.span(), length.to_owned()))?;
                (name, Span(sign * length.0))
            }
        };
        let (step, key) = name.trim().rsplit_once('.').map_or((None, name.trim()), |(a, b)| (Some(a), b));
        if shift.0 != 0 && key != "time" {
            self.faults
                .error(text.span(), format!("`{{{place}}}`: a length of time is added to `time` only"));
            return None;
        }
        match step {
            Some(step) => {
                let step = self.step_name(&toml::Spanned::new(text.span(), step.to_owned()), steps)?;
                if let Some(named) = steps.get(&step).cloned()
                    && !TEMPLATE_KEYS.contains(&key)
                {
                    self.must_give(&named, key, text);
                }
                Some(Piece::Value { step: Some(step), key: key.to_owned(), shift })
            }
            None => {
                let known = TEMPLATE_KEYS.contains(&key)
                    || FIELD_KEYS.contains(&key)
                    || steps.values().any(|named| self.gives(named, key));
                if !known {
                    self.faults.error(text.span(), format!("no step gives the value `{{{key}}}`"));
                }
                Some(Piece::Value { step: None, key: key.to_owned(), shift })
            }
        }
    }
}
