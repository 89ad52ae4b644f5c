//! Conditions and verdicts as written.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::rules::{RawAbsence, RawAlso, RawStep, RawWhere};
use super::tree::{Keys, Text, Value, text_of};
use crate::pattern::fault::Faults;

/// `[[condition]]`.
#[derive(Debug)]
pub(crate) struct RawCondition {
    pub span: Range<usize>,
    pub name: Option<Text>,
    pub test: Option<Text>,
    pub of: Option<Text>,
    pub latest: Vec<Text>,
    pub before: Option<Text>,
    pub same: Vec<Text>,
    /// What contradicts a state without time.
    pub timeless_unless: Vec<RawGround>,
    pub first: bool,
    pub met_by: Vec<RawGround>,
    pub unmet_by: Vec<RawGround>,
    /// One entry per tier where `first` is set; an entry is a list of which one must hold.
    pub met_when: Vec<Vec<RawGround>>,
    pub unmet_when: Vec<Vec<RawGround>>,
    pub unmet_means: Option<Text>,
    pub required: Option<Spanned<bool>>,
    pub collect: Option<Text>,
}

/// A ground on which a condition is met or unmet.
#[derive(Debug)]
pub(crate) enum RawGround {
    /// An event.
    Event(Box<RawStep>),
    /// Several steps.
    Steps(Vec<RawStep>),
    /// Predicates on a bound step.
    On(Text, RawWhere),
    /// A source of this dialect without any of these events.
    NoneOf(Text, Vec<Text>),
}

impl RawCondition {
    pub(crate) fn read_all(keys: &mut Keys<'_, '_>, faults: &mut Faults) -> Vec<RawCondition> {
        let mut conditions = Vec::new();
        for mut keys in keys.tables("condition", "a condition", faults) {
            let condition = RawCondition {
                span: keys.span.clone(),
                name: keys.needed("name", faults),
                test: keys.text("test", faults),
                of: keys.text("of", faults),
                latest: keys.texts("latest", faults),
                before: keys.text("before", faults),
                same: keys.texts("same", faults),
                timeless_unless: grounds_by(&mut keys, "timeless-unless", faults),
                first: keys.flag("first", faults).is_some_and(Spanned::into_inner),
                met_by: grounds_by(&mut keys, "met-by", faults),
                unmet_by: grounds_by(&mut keys, "unmet-by", faults),
                met_when: grounds_when(&mut keys, "met-when", faults),
                unmet_when: grounds_when(&mut keys, "unmet-when", faults),
                unmet_means: keys.text("unmet-means", faults),
                required: keys.flag("required", faults),
                collect: keys.needed("collect", faults),
            };
            keys.finish(faults);
            conditions.push(condition);
        }
        conditions
    }
}

fn list<'t, 'i>(value: Value<'t, 'i>) -> Vec<Value<'t, 'i>> {
    match value.get_ref() {
        DeValue::Array(list) => list.iter().collect(),
        _ => vec![value],
    }
}

/// Events by name, entries with an `event`, or `none-of`.
fn grounds_by(keys: &mut Keys<'_, '_>, key: &'static str, faults: &mut Faults) -> Vec<RawGround> {
    let Some(value) = keys.get(key) else { return Vec::new() };
    list(value)
        .into_iter()
        .filter_map(|entry| match entry.get_ref() {
            DeValue::Table(_) => ground(entry, faults),
            _ => Some(RawGround::Event(Box::new(RawStep::bare(text_of(entry, key, faults)?)))),
        })
        .collect()
}

fn grounds_when(keys: &mut Keys<'_, '_>, key: &'static str, faults: &mut Faults) -> Vec<Vec<RawGround>> {
    let Some(value) = keys.get(key) else { return Vec::new() };
    list(value)
        .into_iter()
        .map(|entry| {
            list(entry).into_iter().filter_map(|ground_value| ground(ground_value, faults)).collect()
        })
        .collect()
}

fn ground(value: Value<'_, '_>, faults: &mut Faults) -> Option<RawGround> {
    let mut keys = Keys::of(value, "a ground", faults)?;
    if keys.has("steps") {
        let steps = steps(&mut keys, faults);
        keys.finish(faults);
        return Some(RawGround::Steps(steps));
    }
    if keys.has("none-of") {
        let dialect = keys.needed("dialect", faults);
        let events = keys.texts("none-of", faults);
        keys.finish(faults);
        return Some(RawGround::NoneOf(dialect?, events));
    }
    if keys.has("on") {
        let on = keys.text("on", faults);
        let filters = RawWhere::read(&mut keys, faults);
        if filters.tests.is_empty() {
            faults.error(value.span(), "`on` without `where` says nothing");
        }
        keys.finish(faults);
        return Some(RawGround::On(on?, filters));
    }
    if keys.has("event") {
        return Some(RawGround::Event(Box::new(RawStep::read(keys, faults))));
    }
    faults
        .error(value.span(), "this ground says nothing")
        .help("write `event`, `steps`, `on` with `where`, or `dialect` with `none-of`");
    None
}

fn steps(keys: &mut Keys<'_, '_>, faults: &mut Faults) -> Vec<RawStep> {
    keys.tables("steps", "a step", faults).into_iter().map(|keys| RawStep::read(keys, faults)).collect()
}

/// `[[verdict]]`.
#[derive(Debug)]
pub(crate) struct RawVerdict {
    pub span: Range<usize>,
    pub level: Option<Text>,
    pub about: Vec<Text>,
    pub steps: Vec<RawStep>,
    pub absent: Vec<RawAbsence>,
    pub unless: Vec<RawAbsence>,
    pub uncovered: Vec<RawAbsence>,
    pub supports: Vec<RawStep>,
    pub needs: Vec<Text>,
    pub requires: Vec<Text>,
    pub also: Vec<RawAlso>,
    pub collect: Option<Text>,
    pub doubt: Option<Text>,
}

impl RawVerdict {
    pub(crate) fn read_all(keys: &mut Keys<'_, '_>, faults: &mut Faults) -> Vec<RawVerdict> {
        let mut verdicts = Vec::new();
        for mut keys in keys.tables("verdict", "a verdict", faults) {
            let verdict = RawVerdict {
                span: keys.span.clone(),
                level: keys.needed("level", faults),
                about: keys.texts("about", faults),
                steps: steps(&mut keys, faults),
                absent: absences(&mut keys, "absent", faults),
                unless: absences(&mut keys, "unless", faults),
                uncovered: absences(&mut keys, "uncovered", faults),
                supports: keys
                    .tables("supports", "an entry of `supports`", faults)
                    .into_iter()
                    .map(|keys| RawStep::read(keys, faults))
                    .collect(),
                needs: keys.texts("needs", faults),
                requires: keys.texts("requires", faults),
                also: keys
                    .tables("also", "an entry of `also`", faults)
                    .into_iter()
                    .map(|keys| RawAlso::read(keys, faults))
                    .collect(),
                collect: keys.text("collect", faults),
                doubt: keys.text("doubt", faults),
            };
            keys.finish(faults);
            verdicts.push(verdict);
        }
        verdicts
    }
}

fn absences(keys: &mut Keys<'_, '_>, key: &'static str, faults: &mut Faults) -> Vec<RawAbsence> {
    keys.tables(key, "an absence", faults).into_iter().map(|keys| RawAbsence::read(keys, faults)).collect()
}
