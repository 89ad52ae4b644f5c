//! The parts of rules as written: predicates, steps, absences, further objects, windows.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::tree::{Keys, Text, Value, kind_of, plain_of};
use crate::pattern::fault::Faults;

/// `where = { ... }`: predicates in the order of the file.
#[derive(Debug, Default, Clone)]
pub(crate) struct RawWhere {
    pub tests: Vec<(Text, RawTest)>,
}

/// What must hold for a value.
#[derive(Debug, Clone)]
pub(crate) enum RawTest {
    /// Plain value or list: equal to one of them.
    Plain(Vec<Text>),
    /// `in`: as plain, with named sets.
    In(Vec<Text>),
    /// `not`.
    Not(Vec<Text>),
    /// `above`.
    Above(Spanned<f64>),
    /// `below`.
    Below(Spanned<f64>),
    /// `equals`: a value of another step.
    Equals(Text),
    /// `matches`: a regex.
    Matches(Text),
}

impl RawWhere {
    pub(crate) fn read(keys: &mut Keys<'_, '_>, faults: &mut Faults) -> RawWhere {
        RawWhere::read_key(keys, "where", faults)
    }

    pub(super) fn read_key(keys: &mut Keys<'_, '_>, key: &'static str, faults: &mut Faults) -> RawWhere {
        let Some(table) = keys.table(key, "predicates", faults) else { return RawWhere::default() };
        let mut tests = Vec::new();
        for (name, value) in table.entries() {
            if matches!(value.get_ref(), DeValue::Table(_)) {
                read_tests(&name, value, &mut tests, faults);
            } else {
                let values = plain_values(value, name.get_ref(), faults);
                tests.push((name, RawTest::Plain(values)));
            }
        }
        RawWhere { tests }
    }
}

fn read_tests(name: &Text, value: Value<'_, '_>, tests: &mut Vec<(Text, RawTest)>, faults: &mut Faults) {
    let Some(mut keys) = Keys::of(value, "a predicate", faults) else { return };
    let before = tests.len();
    let mut add = |test| tests.push((name.clone(), test));
    if let Some(value) = keys.get("in") {
        add(RawTest::In(plain_values(value, "in", faults)));
    }
    if let Some(value) = keys.get("not") {
        add(RawTest::Not(plain_values(value, "not", faults)));
    }
    if let Some(value) = keys.get("above").and_then(|value| number(value, "above", faults)) {
        add(RawTest::Above(value));
    }
    if let Some(value) = keys.get("below").and_then(|value| number(value, "below", faults)) {
        add(RawTest::Below(value));
    }
    if let Some(text) = keys.text("equals", faults) {
        add(RawTest::Equals(text));
    }
    if let Some(text) = keys.text("matches", faults) {
        add(RawTest::Matches(text));
    }
    let empty = tests.len() == before && keys.entries().is_empty();
    if empty {
        faults.error(value.span(), "a predicate says nothing");
    }
    keys.finish(faults);
}

fn number(value: Value<'_, '_>, key: &str, faults: &mut Faults) -> Option<Spanned<f64>> {
    let read = match value.get_ref() {
        DeValue::Integer(number) => number.to_string().parse().ok(),
        DeValue::Float(number) => number.to_string().parse().ok(),
        _ => None,
    };
    if read.is_none() {
        faults.error(value.span(), format!("`{key}` is a number, not {}", kind_of(value.get_ref())));
    }
    read.map(|number| Spanned::new(value.span(), number))
}

/// A plain value or a list of plain values.
pub(crate) fn plain_values(value: Value<'_, '_>, key: &str, faults: &mut Faults) -> Vec<Text> {
    let mut take = |value: Value<'_, '_>| {
        let plain = plain_of(value);
        if plain.is_none() {
            faults.error(
                value.span(),
                format!("`{key}` takes texts and numbers, not {}", kind_of(value.get_ref())),
            );
        }
        plain
    };
    match value.get_ref() {
        DeValue::Array(list) => list.iter().filter_map(take).collect(),
        _ => take(value).into_iter().collect(),
    }
}

/// One entry of `steps`, `supports`, `met-by`.
#[derive(Debug, Clone)]
pub(crate) struct RawStep {
    pub span: Range<usize>,
    pub events: Vec<Text>,
    pub name: Option<Text>,
    pub after: Option<Text>,
    pub before: Option<Text>,
    pub near: Option<Text>,
    pub within: Option<Text>,
    pub during: Option<Text>,
    pub outside: Option<Text>,
    pub running_at: Option<Text>,
    pub same: Vec<Text>,
    pub filters: RawWhere,
    pub at_least: Option<Spanned<usize>>,
    pub distinct: Option<Text>,
    pub window: Option<Text>,
    pub count_same: Vec<Text>,
}

impl RawStep {
    pub(super) fn read(mut keys: Keys<'_, '_>, faults: &mut Faults) -> RawStep {
        let step = RawStep {
            span: keys.span.clone(),
            events: events(&mut keys, faults),
            name: keys.text("as", faults),
            after: keys.text("after", faults),
            before: keys.text("before", faults),
            near: keys.text("near", faults),
            within: keys.text("within", faults),
            during: keys.text("during", faults),
            outside: keys.text("outside", faults),
            running_at: keys.text("running-at", faults),
            same: keys.texts("same", faults),
            filters: RawWhere::read(&mut keys, faults),
            at_least: keys.count("at-least", faults),
            distinct: keys.text("distinct", faults),
            window: keys.text("window", faults),
            count_same: keys.texts("count-same", faults),
        };
        keys.finish(faults);
        step
    }

    /// A step that is nothing but an event.
    pub(super) fn bare(event: Text) -> RawStep {
        RawStep {
            span: event.span(),
            events: vec![event],
            name: None,
            after: None,
            before: None,
            near: None,
            within: None,
            during: None,
            outside: None,
            running_at: None,
            same: Vec::new(),
            filters: RawWhere::default(),
            at_least: None,
            distinct: None,
            window: None,
            count_same: Vec::new(),
        }
    }
}

/// The `event` of an entry, which must be there.
fn events(keys: &mut Keys<'_, '_>, faults: &mut Faults) -> Vec<Text> {
    let span = keys.span.clone();
    let events = keys.texts("event", faults);
    if events.is_empty() {
        faults.error(span, "this entry names no `event`");
    }
    events
}

/// One entry of `absent`, `unless`, `uncovered`.
#[derive(Debug)]
pub(crate) struct RawAbsence {
    pub span: Range<usize>,
    pub events: Vec<Text>,
    pub name: Option<Text>,
    pub between: Vec<Text>,
    pub after: Option<Text>,
    pub before: Option<Text>,
    pub near: Option<Text>,
    pub in_session_of: Option<Text>,
    pub within: Option<Text>,
    pub same: Vec<Text>,
    pub filters: RawWhere,
    pub outweighs: Option<Text>,
    pub collect: Option<Text>,
}

impl RawAbsence {
    pub(super) fn read(mut keys: Keys<'_, '_>, faults: &mut Faults) -> RawAbsence {
        let absence = RawAbsence {
            span: keys.span.clone(),
            events: events(&mut keys, faults),
            name: keys.text("as", faults),
            between: keys.texts("between", faults),
            after: keys.text("after", faults),
            before: keys.text("before", faults),
            near: keys.text("near", faults),
            in_session_of: keys.text("in-session-of", faults),
            within: keys.text("within", faults),
            same: keys.texts("same", faults),
            filters: RawWhere::read(&mut keys, faults),
            outweighs: keys.text("outweighs", faults),
            collect: keys.text("collect", faults),
        };
        keys.finish(faults);
        absence
    }
}

/// One entry of `also`.
#[derive(Debug)]
pub(crate) struct RawAlso {
    pub events: Vec<Text>,
    pub after: Option<Text>,
    pub before: Option<Text>,
    pub until: Vec<Text>,
    pub until_filters: RawWhere,
    pub same: Vec<Text>,
    pub filters: RawWhere,
    pub keys: Vec<Text>,
    pub role: Option<Text>,
}

impl RawAlso {
    pub(super) fn read(mut keys: Keys<'_, '_>, faults: &mut Faults) -> RawAlso {
        let also = RawAlso {
            events: events(&mut keys, faults),
            after: keys.text("after", faults),
            before: keys.text("before", faults),
            until: keys.texts("until", faults),
            until_filters: RawWhere::read_key(&mut keys, "until-where", faults),
            same: keys.texts("same", faults),
            filters: RawWhere::read(&mut keys, faults),
            keys: keys.texts("keys", faults),
            role: keys.needed("as", faults),
        };
        keys.finish(faults);
        also
    }
}

/// `[window.X]`.
#[derive(Debug)]
pub(crate) struct RawWindow {
    pub name: Text,
    pub opens: Vec<Text>,
    pub closes: Vec<Text>,
    pub filters: RawWhere,
    pub same: Vec<Text>,
    pub joins: Vec<Text>,
    pub slack: Option<Text>,
    pub longest: Option<Text>,
}

impl RawWindow {
    pub(crate) fn read_all(keys: &mut Keys<'_, '_>, faults: &mut Faults) -> Vec<RawWindow> {
        let mut windows = Vec::new();
        let entries = keys.table("window", "`window`", faults).map_or_else(Vec::new, |table| table.entries());
        for (name, value) in entries {
            let Some(mut keys) = Keys::of(value, "a window", faults) else { continue };
            let window = RawWindow {
                opens: keys.texts("opens", faults),
                closes: keys.texts("closes", faults),
                filters: RawWhere::read(&mut keys, faults),
                same: keys.texts("same", faults),
                joins: keys.texts("join", faults),
                slack: keys.text("slack", faults),
                longest: keys.needed("longest", faults),
                name,
            };
            keys.finish(faults);
            windows.push(window);
        }
        windows
    }
}
