//! For the tests of this family: a sink that keeps everything, and the properties that hold for every splitter.

use crate::base::{DateOrder, FactKind, Feed, NoticeCode, Record, Severity, Sink, Stamp};
use crate::dialect::{Reader, SourceContext};

/// A record with its own text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub(super) dialect: &'static str,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) line: Option<u64>,
    pub(super) head: bool,
    pub(super) stamp: Stamp,
    pub(super) severity: Severity,
    pub(super) kind: &'static str,
    pub(super) process: Option<String>,
    pub(super) pid: Option<u64>,
    pub(super) host: Option<String>,
    pub(super) code: Option<String>,
    pub(super) session: Option<u32>,
    pub(super) body: String,
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Kept {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// Everything that a splitter gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Collected {
    pub(super) records: Vec<Kept>,
    pub(super) facts: Vec<(Option<String>, FactKind, Stamp)>,
    pub(super) votes: Vec<DateOrder>,
    pub(super) notices: Vec<(NoticeCode, String)>,
    shift: usize,
}

impl Collected {
    pub(super) fn heads(&self) -> usize {
        self.ordinary().filter(|record| record.head).count()
    }

    pub(super) fn headless(&self) -> usize {
        self.ordinary().filter(|record| !record.head).count()
    }

    pub(super) fn ordinary(&self) -> impl Iterator<Item = &Kept> {
        self.records.iter().filter(|record| record.line.is_none())
    }

    pub(super) fn derived(&self) -> Vec<&Kept> {
        self.records.iter().filter(|record| record.line.is_some()).collect()
    }

    pub(super) fn of(&self, kind: &str) -> Vec<&Kept> {
        self.records.iter().filter(|record| record.kind == kind).collect()
    }
}

impl Sink for Collected {
    fn record(&mut self, record: Record<'_>) {
        let owned = |value: &Option<std::borrow::Cow<'_, str>>| value.as_ref().map(|text| text.to_string());
        self.records.push(Kept {
            dialect: record.dialect.name(),
            start: record.start + self.shift,
            end: record.end + self.shift,
            line: record.line,
            head: record.head,
            stamp: record.stamp,
            severity: record.severity,
            kind: record.kind,
            process: owned(&record.process),
            pid: record.pid,
            host: owned(&record.host),
            code: owned(&record.code),
            session: record.session,
            body: record.body.to_string(),
            fields: record.fields.iter().map(|(key, value)| (*key, value.to_string())).collect(),
        });
    }

    fn fact(&mut self, host: Option<&str>, fact: FactKind, record: &Record<'_>) {
        self.facts.push((host.map(str::to_owned), fact, record.stamp));
    }

    fn date_vote(&mut self, order: DateOrder) {
        self.votes.push(order);
    }

    fn source_host(&mut self, _host: &str) {}

    fn notice(&mut self, code: NoticeCode, _offset: usize, detail: String) {
        self.notices.push((code, detail));
    }
}

/// Reads a text in one piece, with its path; checks that the ordinary records cover it.
pub(super) fn read_at(reader: &dyn Reader, path: &str, text: &str) -> Collected {
    let all = read_cut(reader, path, text, text.len());
    let mut at = 0;
    for record in all.ordinary() {
        assert_eq!(record.start, at, "gap or overlap before {record:?}");
        at = record.end;
    }
    assert_eq!(at, text.len(), "the end of the text is missing");
    all
}

/// Reads a text in one piece.
pub(super) fn read(reader: &dyn Reader, text: &str) -> Collected {
    read_at(reader, "", text)
}

/// Wherever a text is cut in two feeds, the same comes out.
pub(super) fn check_cuts(reader: &dyn Reader, text: &str) {
    let whole = read(reader, text);
    for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
        let parts = read_cut(reader, "", text, cut);
        // Derived records stand at an offset at hand, which may differ.
        let plain = |collected: &Collected| -> Vec<Kept> {
            let mut records = collected.records.clone();
            for record in records.iter_mut().filter(|record| record.line.is_some()) {
                (record.start, record.end) = (0, 0);
            }
            records
        };
        assert_eq!(plain(&parts), plain(&whole), "cut at {cut}");
        assert_eq!(parts.facts, whole.facts, "cut at {cut}");
    }
}

fn read_cut(reader: &dyn Reader, path: &str, text: &str, cut: usize) -> Collected {
    let context = SourceContext { path: path.to_owned(), date_order: None, place: reader.place(path) };
    let mut splitter = reader.splitter(&context);
    let mut collected = Collected::default();
    let consumed =
        if cut < text.len() { splitter.split(&text[..cut], 1, Feed::More, &mut collected) } else { 0 };
    assert!(consumed <= cut);
    let lines = text[..consumed].bytes().filter(|byte| *byte == b'\n').count() as u64;
    collected.shift = consumed;
    let rest = splitter.split(&text[consumed..], 1 + lines, Feed::Last, &mut collected);
    assert_eq!(consumed + rest, text.len());
    collected.shift = 0;
    collected
}
