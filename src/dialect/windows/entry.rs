//! One Windows event as any of the dialects tells it, and the record that is made of it: here it is decided that the
//! same event gives the same provider, id, severity and strings whatever it was exported with.

use std::borrow::Cow;

use super::{data, levels, measures, missing_description, providers};
use crate::base::{Dialect, Record, Severity, Stamp};

/// Names of the insertion strings; no message refers to more of them than a few dozen.
const STRINGS: [&str; 40] = [
    "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s16",
    "s17", "s18", "s19", "s20", "s21", "s22", "s23", "s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31",
    "s32", "s33", "s34", "s35", "s36", "s37", "s38", "s39", "s40",
];

/// What a dialect read out of one event. Empty and missing values are the same.
pub(super) struct Entry<'a> {
    /// Event source as written.
    pub(super) provider: Option<Cow<'a, str>>,
    /// Event id, with or without its upper half.
    pub(super) id: Option<u32>,
    /// When it was generated.
    pub(super) stamp: Stamp,
    /// The level in words, as written.
    pub(super) level: Cow<'a, str>,
    /// The level, where the dialect knows better than its word.
    pub(super) severity: Option<Severity>,
    /// Log or channel.
    pub(super) log: Cow<'a, str>,
    /// Computer.
    pub(super) host: Cow<'a, str>,
    /// Account.
    pub(super) user: Cow<'a, str>,
    /// Keywords.
    pub(super) keywords: Cow<'a, str>,
    /// Category or task.
    pub(super) category: Cow<'a, str>,
    /// Number of the record in its log.
    pub(super) number: Option<u64>,
    /// Process id of the writer.
    pub(super) pid: Option<u64>,
    /// Insertion strings.
    pub(super) strings: Vec<Cow<'a, str>>,
    /// Values that the event names itself.
    pub(super) named: Vec<(&'static str, Cow<'a, str>)>,
    /// Raw data, as hex pairs.
    pub(super) data: String,
    /// The description.
    pub(super) body: Cow<'a, str>,
}

impl<'a> Entry<'a> {
    /// An event of which nothing is known.
    pub(super) fn new() -> Entry<'a> {
        Entry {
            provider: None,
            id: None,
            stamp: Stamp::None,
            level: Cow::Borrowed(""),
            severity: None,
            log: Cow::Borrowed(""),
            host: Cow::Borrowed(""),
            user: Cow::Borrowed(""),
            keywords: Cow::Borrowed(""),
            category: Cow::Borrowed(""),
            number: None,
            pid: None,
            strings: Vec::new(),
            named: Vec::new(),
            data: String::new(),
            body: Cow::Borrowed(""),
        }
    }

    /// The record of this event, which still has to be placed in the text.
    pub(super) fn into_record(mut self, dialect: Dialect) -> Record<'a> {
        self.read_missing_description();
        if self.body.trim().is_empty() && !self.strings.is_empty() {
            self.body = Cow::Owned(missing_description::joined(&self.strings));
        }
        let provider = self.provider.take().filter(|name| is_told(name));
        let source = match provider.as_deref() {
            Some(provider) => providers::canonical(provider),
            None => source_of_text(&self.body).unwrap_or_default().to_owned(),
        };
        let id = self.id.map(|id| id & 0xffff);
        let measures = measures::read(&source, id.unwrap_or(0), &self.strings, &self.body);
        let severity = self.severity.or_else(|| levels::severity(&self.level)).unwrap_or_default();
        let mut fields = Fields(Vec::new());
        fields.add("source", source);
        fields.add("log", self.log);
        fields.add("level", self.level);
        fields.add("user", self.user);
        fields.add("category", self.category);
        fields.add("keywords", self.keywords);
        fields.add("data", data::shortened(self.data));
        fields.add("seconds", measures.seconds.unwrap_or_default());
        fields.add("file", measures.file.unwrap_or_default());
        fields.add("volume", measures.volume.unwrap_or_default());
        for (name, value) in self.named {
            fields.add(name, value);
        }
        // An empty string is a string: the first one of a driver event is.
        fields.0.extend(STRINGS.into_iter().zip(self.strings));
        Record {
            stamp: self.stamp,
            severity,
            pid: self.pid,
            host: host(self.host),
            code: id.map(|id| Cow::Owned(id.to_string())),
            provider: provider.map(trimmed),
            number: self.number,
            body: trimmed(self.body),
            fields: fields.0,
            ..Record::new(dialect, "")
        }
    }

    /// Takes source, id and strings out of the sentence that stands for a description, and the sentence away: its
    /// alarming words are the viewer's.
    fn read_missing_description(&mut self) {
        let Some(missing) = missing_description::read(&self.body) else { return };
        if self.provider.as_deref().is_none_or(|name| !is_told(name)) {
            self.provider = missing.provider.map(Cow::Owned);
        }
        self.id = self.id.or(missing.id);
        if self.strings.is_empty() {
            self.strings = missing.strings.unwrap_or_default().into_iter().map(Cow::Owned).collect();
        }
        self.body = Cow::Owned(missing.text);
    }
}

/// Fields, each name once.
struct Fields<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    fn add(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) {
        let value = trimmed(value.into());
        if is_told(&value) && self.0.iter().all(|(known, _)| *known != name) {
            self.0.push((name, value));
        }
    }
}

/// Is it more than the word for "not given"?
fn is_told(value: &str) -> bool {
    let value = value.trim();
    !(value.is_empty()
        || value.eq_ignore_ascii_case("n/a")
        || value.eq_ignore_ascii_case("nicht zutreffend")
        || value.eq_ignore_ascii_case("no disponible"))
}

/// The computer's name. A placeholder in angle brackets is none; of a name whose domain is masked (`srv1.****`) the
/// short form is left.
fn host(value: Cow<'_, str>) -> Option<Cow<'_, str>> {
    // The longest name that the domain name system allows.
    const LONGEST: usize = 255;
    let value = trimmed(value);
    let is_name = is_told(&value)
        && !value.contains(['<', '>', '\n'])
        && value.chars().any(char::is_alphanumeric)
        && value.len() <= LONGEST;
    if !is_name || !value.contains('*') {
        return Some(value).filter(|_| is_name);
    }
    let (short, _) = value.split_once('.')?;
    (!short.is_empty() && !short.contains('*')).then(|| Cow::Owned(short.to_owned()))
}

/// The source that a text names itself, where the copy does not: every message of VSS begins like this.
fn source_of_text(body: &str) -> Option<&'static str> {
    let body = body.trim_start();
    let rest = body.strip_prefix("Volume Shadow Copy Service ")?;
    ["error:", "warning:", "information:"].iter().any(|word| rest.starts_with(word)).then_some("vss")
}

/// Without blanks around.
pub(super) fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Reads an event id or instance id, which may be printed signed; both end in the same 16 bits.
pub(super) fn id(text: &str) -> Option<u32> {
    let text = text.trim();
    if let Some(digits) = text.strip_prefix('-') {
        return digits.parse::<u32>().ok().map(u32::wrapping_neg);
    }
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_lower_half() {
        assert_eq!(id("1073748864").map(|id| id & 0xffff), Some(7040));
        assert_eq!(id("1074003969").map(|id| id & 0xffff), Some(1));
        assert_eq!(id("-2147024893").map(|id| id & 0xffff), Some(3));
        assert_eq!(id("0101"), Some(101));
        assert_eq!(id("7040 x"), None);
        assert_eq!(id(""), None);
    }

    #[test]
    fn strings_stand_in_for_a_description() {
        let mut entry = Entry::new();
        entry.provider = Some(Cow::Borrowed("LGTO_Sync"));
        entry.id = Some(1_074_003_969);
        entry.level = Cow::Borrowed("Information");
        entry.user = Cow::Borrowed("N/A");
        entry.strings = vec![Cow::Borrowed(""), Cow::Borrowed("The Driver was loaded successfully ")];
        let record = entry.into_record(Dialect::WindowsXml);
        assert_eq!(record.code.as_deref(), Some("1"));
        assert_eq!(record.body, "The Driver was loaded successfully");
        assert_eq!(record.severity, Severity::Info);
        assert_eq!(record.field("source"), Some("lgto_sync"));
        assert_eq!(record.field("s1"), Some(""));
        assert_eq!(record.field("s2"), Some("The Driver was loaded successfully "));
        assert_eq!(record.field("user"), None);
    }
}
