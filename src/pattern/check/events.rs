//! Event definitions: what finds a record, what filters it, what it gives.

use indexmap::IndexMap;

use super::{Checker, group_names};
use crate::base::event::EventKind;
use crate::base::{Dialect, Severity};
use crate::pattern::fault::nearest;
use crate::pattern::literals::LazyLiterals;
use crate::pattern::model::{ANY_CODE, EventDef};
use crate::pattern::raw::RawEvent;
use crate::pattern::raw::tree::Text;

impl Checker<'_> {
    /// Checks the events of a file and gives them their numbers.
    pub(super) fn events(&mut self, raw: &[RawEvent], shared: bool) {
        for event in raw {
            let kind = self.next_kind();
            let checked = self.event_def(event, shared);
            if self.known.names.contains_key(&checked.name) {
                self.faults
                    .error(event.name.span(), format!("there is a shared event `{}` already", checked.name))
                    .help("give it another name");
            }
            self.names.insert(checked.name.clone(), kind);
            self.own.push(checked);
        }
    }

    fn event_def(&mut self, raw: &RawEvent, shared: bool) -> EventDef {
        self.event_name(&raw.name);
        self.triggers(raw);
        if let (false, Some(class)) = (shared, raw.classes.first()) {
            self.faults
                .error(class.span(), "only events of shared files raise classes")
                .help("put the event into `patterns/shared/`, where every pattern can use it");
        }
        let tested = raw.filters.tests.iter().chain(&raw.exceptions.tests);
        for (key, _) in tested.filter(|(key, _)| key.get_ref() == "record") {
            self.faults
                .error(key.span(), "the kind of a record is no field")
                .help("write `record = \"...\"` beside `dialect`");
        }
        let literals = if self.depth.regexes { self.event_texts(raw) } else { LazyLiterals::default() };
        let texts = |list: &[Text]| list.iter().map(|text| text.get_ref().clone()).collect::<Vec<_>>();
        EventDef {
            name: raw.name.get_ref().clone(),
            owner: self.owner.clone(),
            title: raw.title.as_ref().map(|title| title.get_ref().clone()),
            classes: raw.classes.iter().map(|class| class_name(class).to_owned()).collect(),
            dialects: self.dialects(&raw.dialects, raw),
            processes: texts(&raw.processes),
            providers: raw.providers.iter().map(|provider| provider.get_ref().to_lowercase()).collect(),
            codes: texts(&raw.codes),
            records: texts(&raw.records),
            severity: raw.severity.as_ref().and_then(|word| self.severity(word)),
            texts: texts(&raw.texts),
            literals,
            fold_case: raw.ignore_case,
            filters: self.tests(&raw.filters, None),
            exceptions: self.tests(&raw.exceptions, None),
            capture: self.captures(raw),
            set: pairs(&raw.set),
            unverified: raw.unverified,
            collect: raw.collect.as_ref().map(|collect| collect.get_ref().clone()),
            samples: texts(&raw.samples),
            near_misses: texts(&raw.near_misses),
        }
    }

    fn event_name(&mut self, name: &Text) {
        let word = name.get_ref();
        let fits = !word.is_empty()
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !fits {
            self.faults
                .error(name.span(), format!("`{word}` is no name for an event"))
                .help("small letters, digits and `-`: `fragment-deleted`");
        }
    }

    fn triggers(&mut self, raw: &RawEvent) {
        let span = raw.span.clone();
        let name = raw.name.get_ref();
        if raw.texts.is_empty() && raw.codes.is_empty() && raw.records.is_empty() {
            self.faults.error(span.clone(), format!("nothing finds the event `{name}`")).help(
                "write `match` (a regex), `code` (a message or event id), or `record` (a kind of record)",
            );
        }
        if let (Some(provider), true) = (raw.providers.first(), raw.codes.is_empty()) {
            self.faults
                .error(provider.span(), "a `provider` needs a `code`: its events mean nothing in common")
                .help("`code = \"*\"` if they do");
        }
        if let (Some(code), None) =
            (raw.codes.iter().find(|code| code.get_ref() == ANY_CODE), raw.providers.first())
        {
            self.faults
                .error(code.span(), "any code of what?")
                .help("name the event sources: `provider = [...]`");
        }
        if raw.dialects.is_empty() {
            self.faults.error(span, format!("the event `{name}` has no `dialect`"));
        }
    }

    /// `netbackup.legacy`, or `netbackup.*` for all of a product.
    pub(super) fn dialects(&mut self, names: &[Text], raw: &RawEvent) -> Vec<Dialect> {
        let mut dialects = Vec::new();
        for name in names {
            let family = name.get_ref().strip_suffix(".*");
            let found: Vec<Dialect> = match family {
                Some(product) => {
                    Dialect::ALL.iter().copied().filter(|dialect| dialect.product() == product).collect()
                }
                None => Dialect::from_name(name.get_ref()).into_iter().collect(),
            };
            if found.is_empty() {
                self.unknown_dialect(name);
            }
            dialects.extend(found);
        }
        let provided = raw.providers.first();
        if let Some(provider) = provided
            && let Some(other) = dialects.iter().find(|dialect| dialect.product() != "windows")
        {
            self.faults.error(
                provider.span(),
                format!("only Windows events have a `provider`, {} has none", other.name()),
            );
        }
        dialects
    }

    pub(super) fn unknown_dialect(&mut self, name: &Text) {
        let near = nearest(name.get_ref(), Dialect::ALL.iter().map(|dialect| dialect.name()));
        let fault = self.faults.error(name.span(), format!("there is no dialect `{}`", name.get_ref()));
        match near {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help("`blogscan identify` names the dialect of a log"),
        }
    }

    fn severity(&mut self, word: &Text) -> Option<Severity> {
        let severity = match word.get_ref().as_str() {
            "debug" => Severity::Debug,
            "info" => Severity::Info,
            "warning" => Severity::Warning,
            "error" => Severity::Error,
            "critical" => Severity::Critical,
            other => {
                self.faults
                    .error(word.span(), format!("there is no severity `{other}`"))
                    .help("debug, info, warning, error, critical");
                return None;
            }
        };
        Some(severity)
    }

    fn captures(&mut self, raw: &RawEvent) -> IndexMap<String, String> {
        for (name, _) in &raw.capture {
            let in_text =
                raw.texts.iter().any(|text| group_names(text.get_ref()).any(|group| group == name.get_ref()));
            if in_text || raw.set.iter().any(|(key, _)| key.get_ref() == name.get_ref()) {
                self.faults.error(name.span(), format!("the value `{}` is given twice", name.get_ref()));
            }
        }
        pairs(&raw.capture)
    }

    /// Says which events of this pattern nothing uses.
    pub(super) fn unused_events(&mut self, raw: &[RawEvent]) {
        for event in raw {
            let kind = self.names.get(event.name.get_ref()).copied().unwrap_or(EventKind(u32::MAX));
            if !self.used.contains(&kind) {
                self.faults.warning(
                    event.span.clone(),
                    format!("nothing uses the event `{}`", event.name.get_ref()),
                );
            }
        }
    }
}

/// The name of a class with or without the word `class:`.
pub(super) fn class_name(text: &Text) -> &str {
    let text = text.get_ref();
    text.strip_prefix("class:").unwrap_or(text)
}

fn pairs(list: &[(Text, Text)]) -> IndexMap<String, String> {
    list.iter().map(|(key, value)| (key.get_ref().clone(), value.get_ref().clone())).collect()
}
