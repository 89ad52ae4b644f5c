//! Reads a TOML tree key by key. Unlike a derived reader it does not stop at the first unknown key or wrong type:
//! everything that is wrong in a file is said in one run, and every value keeps its place in the file.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::pattern::fault::{Faults, nearest};

/// No table has more keys.
const MOST_KEYS: usize = 24;

/// A text and its place in the file (the place includes the quotes).
pub(crate) type Text = Spanned<String>;

/// A table that is being read. Every key asked for is known; what is left at the end is not.
pub(crate) struct Keys<'t, 'i> {
    table: &'t DeTable<'i>,
    /// Place of the table (for one under a header, of the header).
    pub span: Range<usize>,
    what: &'static str,
    known: Vec<&'static str>,
}

pub(crate) type Value<'t, 'i> = &'t Spanned<DeValue<'i>>;

impl<'t, 'i> Keys<'t, 'i> {
    pub(crate) fn new(table: &'t DeTable<'i>, span: Range<usize>, what: &'static str) -> Keys<'t, 'i> {
        Keys { table, span, what, known: Vec::with_capacity(MOST_KEYS) }
    }

    /// Reads a value as a table; `None` (and a fault) for anything else.
    pub(crate) fn of(value: Value<'t, 'i>, what: &'static str, faults: &mut Faults) -> Option<Keys<'t, 'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Keys::new(table, value.span(), what)),
            other => {
                faults.error(value.span(), format!("{what} is a table, not {}", kind_of(other)));
                None
            }
        }
    }

    pub(crate) fn get(&mut self, key: &'static str) -> Option<Value<'t, 'i>> {
        self.known.push(key);
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// Is this key there?
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// All entries of a table whose keys are names, in the order of the file.
    pub(crate) fn entries(&self) -> Vec<(Text, Value<'t, 'i>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(name, value)| (Spanned::new(name.span(), name.get_ref().to_string()), value))
            .collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &'static str, faults: &mut Faults) -> Option<Text> {
        let value = self.get(key)?;
        text_of(value, key, faults)
    }

    /// A text that must be there and not be empty.
    pub(crate) fn needed(&mut self, key: &'static str, faults: &mut Faults) -> Option<Text> {
        if !self.has(key) {
            self.known.push(key);
            faults.error(self.span.clone(), format!("{} has no `{key}`", self.what));
            return None;
        }
        let text = self.text(key, faults)?;
        if text.get_ref().trim().is_empty() {
            faults.error(text.span(), format!("`{key}` is empty"));
            return None;
        }
        Some(text)
    }

    /// A text or a list of texts.
    pub(crate) fn texts(&mut self, key: &'static str, faults: &mut Faults) -> Vec<Text> {
        self.get(key).map_or_else(Vec::new, |value| texts_of(value, key, faults))
    }

    /// A truth value.
    pub(crate) fn flag(&mut self, key: &'static str, faults: &mut Faults) -> Option<Spanned<bool>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(Spanned::new(value.span(), *flag)),
            other => {
                faults.error(value.span(), format!("`{key}` is true or false, not {}", kind_of(other)));
                None
            }
        }
    }

    /// A whole number, 1 or more.
    pub(crate) fn count(&mut self, key: &'static str, faults: &mut Faults) -> Option<Spanned<usize>> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.to_string().parse().ok().filter(|number| *number > 0),
            _ => None,
        };
        if number.is_none() {
            faults.error(value.span(), format!("`{key}` is a whole number above 0"));
        }
        number.map(|number| Spanned::new(value.span(), number))
    }

    /// A table under a key.
    pub(crate) fn table(
        &mut self,
        key: &'static str,
        what: &'static str,
        faults: &mut Faults,
    ) -> Option<Keys<'t, 'i>> {
        Keys::of(self.get(key)?, what, faults)
    }

    /// A list of tables, or one table standing for a list of one.
    pub(crate) fn tables(
        &mut self,
        key: &'static str,
        what: &'static str,
        faults: &mut Faults,
    ) -> Vec<Keys<'t, 'i>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(list) => list.iter().filter_map(|entry| Keys::of(entry, what, faults)).collect(),
            _ => Keys::of(value, what, faults).into_iter().collect(),
        }
    }

    /// Says which keys nobody asked for.
    pub(crate) fn finish(self, faults: &mut Faults) {
        for (name, _) in self.table.iter() {
            if self.known.contains(&name.get_ref().as_ref()) {
                continue;
            }
            let fault = faults.error(name.span(), format!("{} has no key `{}`", self.what, name.get_ref()));
            match nearest(name.get_ref(), self.known.iter().copied()) {
                Some(meant) => fault.help(format!("did you mean `{meant}`?")),
                None => fault.help(format!("its keys are {}", self.known.join(", "))),
            }
        }
    }
}

/// What a value is, in words.
pub(crate) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

pub(crate) fn text_of(value: Value<'_, '_>, key: &str, faults: &mut Faults) -> Option<Text> {
    match value.get_ref() {
        DeValue::String(text) => Some(Spanned::new(value.span(), text.to_string())),
        other => {
            faults.error(value.span(), format!("`{key}` is a text, not {}", kind_of(other)));
            None
        }
    }
}

pub(crate) fn texts_of(value: Value<'_, '_>, key: &str, faults: &mut Faults) -> Vec<Text> {
    match value.get_ref() {
        DeValue::Array(list) => list.iter().filter_map(|entry| text_of(entry, key, faults)).collect(),
        _ => text_of(value, key, faults).into_iter().collect(),
    }
}

/// A plain value as text: texts, numbers and truth values; `None` for lists and tables.
pub(crate) fn plain_of(value: Value<'_, '_>) -> Option<Text> {
    let text = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        _ => return None,
    };
    Some(Spanned::new(value.span(), text))
}

/// Parses a file; syntax faults are collected, the tree holds what could be read.
pub(crate) fn parse<'i>(text: &'i str, faults: &mut Faults) -> Spanned<DeTable<'i>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        faults.syntax(span, error.message().trim().replace('\n', ", "));
    }
    tree
}
