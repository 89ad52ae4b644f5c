//! Pattern and shared files as written: every key read, nothing looked up yet.

pub(crate) mod rules;
pub(crate) mod tree;
pub(crate) mod verdicts;

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use self::rules::{RawWhere, RawWindow};
use self::tree::{Keys, Text, kind_of, parse, plain_of, texts_of};
use self::verdicts::{RawCondition, RawVerdict};
use super::fault::Faults;

/// A pattern file.
#[derive(Debug, Default)]
pub(crate) struct RawPattern {
    pub schema: Option<Text>,
    pub id: Option<Text>,
    pub aliases: Vec<Text>,
    pub title: Option<Text>,
    pub impact: Option<Text>,
    pub url: Option<Text>,
    pub products: Vec<Text>,
    pub about: Vec<Text>,
    pub horizon: Option<Text>,
    pub no_cleared: Option<Text>,
    /// No log shows it: there is nothing to match, only to explain.
    pub knowledge: bool,
    pub affected: Vec<RawAffected>,
    pub uses: Vec<(Text, Text)>,
    pub events: Vec<RawEvent>,
    pub windows: Vec<RawWindow>,
    pub conditions: Vec<RawCondition>,
    pub verdicts: Vec<RawVerdict>,
    pub affected_objects: Vec<Text>,
}

/// A shared file: events for several advisories, classes, sets.
#[derive(Debug, Default)]
pub(crate) struct RawShared {
    pub schema: Option<Text>,
    pub events: Vec<RawEvent>,
    /// Class and the class that it belongs to.
    pub parents: Vec<(Text, Text)>,
    pub sets: Vec<(Text, Vec<Text>)>,
}

/// `[[affected]]`.
#[derive(Debug)]
pub(crate) struct RawAffected {
    pub product: Option<Text>,
    pub component: Option<Text>,
    pub ordering: Option<Text>,
    pub introduced: Option<Text>,
    pub fixed: Option<Text>,
    pub last_affected: Option<Text>,
    pub versions: Vec<Text>,
    pub platforms: Vec<Text>,
    pub fixes: Vec<Text>,
}

/// `[event.X]`.
#[derive(Debug)]
pub(crate) struct RawEvent {
    pub name: Text,
    pub span: Range<usize>,
    pub title: Option<Text>,
    pub classes: Vec<Text>,
    pub dialects: Vec<Text>,
    pub processes: Vec<Text>,
    pub providers: Vec<Text>,
    pub codes: Vec<Text>,
    pub records: Vec<Text>,
    pub severity: Option<Text>,
    pub texts: Vec<Text>,
    pub ignore_case: bool,
    pub filters: RawWhere,
    pub exceptions: RawWhere,
    pub capture: Vec<(Text, Text)>,
    pub set: Vec<(Text, Text)>,
    pub unverified: bool,
    pub collect: Option<Text>,
    pub samples: Vec<Text>,
    pub near_misses: Vec<Text>,
}

impl RawPattern {
    /// Reads the machine's part of a pattern file; `text` is the file with everything else blanked out.
    pub(crate) fn read(text: &str, faults: &mut Faults) -> RawPattern {
        let tree = parse(text, faults);
        let start = text.len() - text.trim_start().len();
        let head = start..start + text.trim_start().lines().next().map_or(0, str::len);
        let mut keys = Keys::new(tree.get_ref(), head, "a pattern");
        let raw = RawPattern {
            schema: keys.needed("schema", faults),
            id: keys.needed("id", faults),
            aliases: keys.texts("aliases", faults),
            title: keys.needed("title", faults),
            impact: keys.needed("impact", faults),
            url: keys.needed("url", faults),
            products: keys.texts("products", faults),
            about: keys.texts("about", faults),
            horizon: keys.text("horizon", faults),
            no_cleared: keys.text("no-cleared", faults),
            knowledge: keys.flag("knowledge", faults).is_some_and(Spanned::into_inner),
            affected: read_affected(&mut keys, faults),
            uses: named_texts(&mut keys, "use", faults),
            events: read_events(&mut keys, faults),
            windows: RawWindow::read_all(&mut keys, faults),
            conditions: RawCondition::read_all(&mut keys, faults),
            verdicts: RawVerdict::read_all(&mut keys, faults),
            affected_objects: read_output(&mut keys, faults),
        };
        keys.finish(faults);
        raw
    }
}

impl RawShared {
    /// Reads a shared file.
    pub(crate) fn read(text: &str, faults: &mut Faults) -> RawShared {
        let tree = parse(text, faults);
        let head = 0..text.lines().next().map_or(0, str::len);
        let mut keys = Keys::new(tree.get_ref(), head, "a shared file");
        let raw = RawShared {
            schema: keys.needed("schema", faults),
            events: read_events(&mut keys, faults),
            parents: named_texts(&mut keys, "class", faults),
            sets: named(&mut keys, "set", faults)
                .into_iter()
                .map(|(name, value)| {
                    let entries = texts_of(value, name.get_ref(), faults);
                    (name, entries)
                })
                .collect(),
        };
        keys.finish(faults);
        raw
    }
}

fn named<'t, 'i>(
    keys: &mut Keys<'t, 'i>,
    key: &'static str,
    faults: &mut Faults,
) -> Vec<(Text, tree::Value<'t, 'i>)> {
    keys.table(key, key, faults).map_or_else(Vec::new, |table| table.entries())
}

/// A table of names and texts.
fn named_texts(keys: &mut Keys<'_, '_>, key: &'static str, faults: &mut Faults) -> Vec<(Text, Text)> {
    named(keys, key, faults)
        .into_iter()
        .filter_map(|(name, value)| match plain_of(value) {
            Some(text) => Some((name, text)),
            None => {
                let kind = kind_of(value.get_ref());
                faults.error(value.span(), format!("`{key}.{}` is a text, not {kind}", name.get_ref()));
                None
            }
        })
        .collect()
}

fn read_affected(keys: &mut Keys<'_, '_>, faults: &mut Faults) -> Vec<RawAffected> {
    let mut all = Vec::new();
    for mut keys in keys.tables("affected", "`affected`", faults) {
        let mut affected = RawAffected {
            product: keys.needed("product", faults),
            component: keys.text("component", faults),
            ordering: keys.needed("ordering", faults),
            introduced: None,
            fixed: None,
            last_affected: None,
            versions: keys.texts("versions", faults),
            platforms: keys.texts("platforms", faults),
            fixes: keys.texts("fixes", faults),
        };
        for mut event in keys.tables("events", "an entry of `affected.events`", faults) {
            // The names are those of the OSV format, which has an underscore here.
            for (key, slot) in [
                ("introduced", &mut affected.introduced),
                ("fixed", &mut affected.fixed),
                ("last_affected", &mut affected.last_affected),
            ] {
                let Some(text) = event.text(key, faults) else { continue };
                let span = text.span();
                if slot.replace(text).is_some() {
                    faults.error(span, format!("`{key}` comes twice")).help("write a second [[affected]]");
                }
            }
            event.finish(faults);
        }
        keys.finish(faults);
        all.push(affected);
    }
    all
}

fn read_output(keys: &mut Keys<'_, '_>, faults: &mut Faults) -> Vec<Text> {
    let Some(mut output) = keys.table("output", "`output`", faults) else { return Vec::new() };
    let objects = output.texts("affected-objects", faults);
    output.finish(faults);
    objects
}

fn read_events(keys: &mut Keys<'_, '_>, faults: &mut Faults) -> Vec<RawEvent> {
    let mut events = Vec::new();
    for (name, value) in named(keys, "event", faults) {
        if let Some(keys) = Keys::of(value, "an event", faults) {
            events.push(RawEvent::read(name, keys, faults));
        }
    }
    events
}

impl RawEvent {
    fn read(name: Text, mut keys: Keys<'_, '_>, faults: &mut Faults) -> RawEvent {
        let mut texts = keys.texts("match", faults);
        let any = keys.texts("any", faults);
        if let (Some(_), Some(second)) = (texts.first(), any.first()) {
            faults.error(second.span(), "an event has `match` or `any`, not both");
        }
        texts.extend(any);
        let event = RawEvent {
            span: name.span(),
            title: keys.text("title", faults),
            classes: keys.texts("class", faults),
            dialects: keys.texts("dialect", faults),
            processes: keys.texts("process", faults),
            providers: keys.texts("provider", faults),
            codes: plain_list(&mut keys, "code", faults),
            records: keys.texts("record", faults),
            severity: keys.text("severity", faults),
            texts,
            ignore_case: keys.flag("ignore-case", faults).is_some_and(Spanned::into_inner),
            filters: RawWhere::read(&mut keys, faults),
            exceptions: RawWhere::read_key(&mut keys, "except", faults),
            capture: read_capture(&mut keys, faults),
            set: named_texts(&mut keys, "set", faults),
            unverified: keys.flag("unverified", faults).is_some_and(Spanned::into_inner),
            collect: keys.text("collect", faults),
            samples: keys.texts("sample", faults),
            near_misses: keys.texts("not", faults),
            name,
        };
        keys.finish(faults);
        event
    }
}

/// `capture = ["vm"]` takes fields under their own names, `capture = { copy = "copy_number" }` under new ones.
fn read_capture(keys: &mut Keys<'_, '_>, faults: &mut Faults) -> Vec<(Text, Text)> {
    let Some(value) = keys.get("capture") else { return Vec::new() };
    if matches!(value.get_ref(), DeValue::Table(_)) {
        return named_texts(keys, "capture", faults);
    }
    texts_of(value, "capture", faults).into_iter().map(|name| (name.clone(), name)).collect()
}

/// Texts or numbers, one or a list of them.
fn plain_list(keys: &mut Keys<'_, '_>, key: &'static str, faults: &mut Faults) -> Vec<Text> {
    let Some(value) = keys.get(key) else { return Vec::new() };
    rules::plain_values(value, key, faults)
}
