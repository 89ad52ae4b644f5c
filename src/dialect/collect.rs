//! Collects what a splitter gives, for the tests of the dialects.

use std::borrow::Cow;

use crate::base::{DateOrder, FactKind, Feed, NoticeCode, Record, Sink, Splitter};
use crate::dialect::{Reader, SourceContext};

/// Everything a sink was given.
#[derive(Default)]
pub(crate) struct Got {
    /// Records, their offsets moved to those of the whole text.
    pub(crate) records: Vec<Record<'static>>,
    /// Facts with the host they name.
    pub(crate) facts: Vec<(Option<String>, FactKind)>,
    /// Hosts of the source.
    pub(crate) hosts: Vec<String>,
    /// Notices.
    pub(crate) notices: Vec<NoticeCode>,
    /// What dates showed about their order.
    pub(crate) votes: Vec<DateOrder>,
    shift: usize,
}

impl Got {
    /// Records without those that are derived.
    pub(crate) fn ordinary(&self) -> Vec<&Record<'static>> {
        self.records.iter().filter(|record| record.line.is_none()).collect()
    }

    /// Number of records without a head.
    pub(crate) fn headless(&self) -> usize {
        self.records.iter().filter(|record| !record.head).count()
    }

    /// Records of this kind.
    pub(crate) fn kind(&self, kind: &str) -> Vec<&Record<'static>> {
        self.records.iter().filter(|record| record.kind == kind).collect()
    }
}

impl Sink for Got {
    fn record(&mut self, record: Record<'_>) {
        let mut record = owned(&record);
        record.start += self.shift;
        record.end += self.shift;
        self.records.push(record);
    }

    fn fact(&mut self, host: Option<&str>, fact: FactKind, _record: &Record<'_>) {
        self.facts.push((host.map(str::to_owned), fact));
    }

    fn date_vote(&mut self, order: DateOrder) {
        self.votes.push(order);
    }

    fn source_host(&mut self, host: &str) {
        self.hosts.push(host.to_owned());
    }

    fn notice(&mut self, code: NoticeCode, _offset: usize, _detail: String) {
        self.notices.push(code);
    }
}

fn owned(record: &Record<'_>) -> Record<'static> {
    let own = |text: &Option<Cow<'_, str>>| text.as_ref().map(|text| Cow::Owned(text.to_string()));
    Record {
        process: own(&record.process),
        host: own(&record.host),
        code: own(&record.code),
        provider: own(&record.provider),
        body: Cow::Owned(record.body.to_string()),
        fields: record.fields.iter().map(|(key, value)| (*key, Cow::Owned(value.to_string()))).collect(),
        dialect: record.dialect,
        start: record.start,
        end: record.end,
        line: record.line,
        head: record.head,
        stamp: record.stamp,
        severity: record.severity,
        kind: record.kind,
        pid: record.pid,
        number: record.number,
        session: record.session,
    }
}

/// A context for a file of this path.
pub(crate) fn context(reader: &dyn Reader, path: &str) -> SourceContext {
    SourceContext { path: path.to_owned(), date_order: None, place: reader.place(path) }
}

/// Reads the text in one piece.
pub(crate) fn read(reader: &dyn Reader, path: &str, text: &str) -> Got {
    let mut got = Got::default();
    let used = reader.splitter(&context(reader, path)).split(text, 1, Feed::Last, &mut got);
    assert_eq!(used, text.len());
    covers(&got, text);
    got
}

/// Consecutive records touch and reach over the whole text.
fn covers(got: &Got, text: &str) {
    let mut at = 0;
    for record in got.ordinary() {
        assert_eq!(record.start, at, "gap before {record:?}");
        assert!(record.end >= record.start);
        at = record.end;
    }
    assert_eq!(at, text.len());
}

/// Reads the text in two pieces, cut at every byte, and compares with the whole.
pub(crate) fn cut_anywhere(reader: &dyn Reader, path: &str, text: &str) {
    let whole: Vec<String> =
        read(reader, path, text).records.iter().map(|record| format!("{record:?}")).collect();
    for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
        let mut splitter: Box<dyn Splitter> = reader.splitter(&context(reader, path));
        let mut got = Got::default();
        let first = text.get(..at).unwrap();
        let used = splitter.split(first, 1, Feed::More, &mut got);
        assert!(used <= at);
        let line = 1 + first.get(..used).unwrap().matches('\n').count() as u64;
        got.shift = used;
        splitter.split(text.get(used..).unwrap(), line, Feed::Last, &mut got);
        covers(&got, text);
        let pieces: Vec<String> = got.records.iter().map(|record| format!("{record:?}")).collect();
        for (piece, record) in pieces.iter().zip(&whole) {
            assert_eq!(piece, record, "cut at {at}");
        }
        assert_eq!(pieces.len(), whole.len(), "cut at {at}");
    }
}
