//! What the tests of the Windows dialects share: a sink that keeps everything, and the property that every splitter
//! must have.

use std::borrow::Cow;

use crate::base::{DateOrder, FactKind, Feed, NoticeCode, Record, Sink};
use crate::dialect::{BinaryReader, Reader, SourceContext};

/// Keeps what a splitter gives.
#[derive(Default)]
pub(super) struct Collector {
    pub(super) records: Vec<Record<'static>>,
    pub(super) votes: Vec<DateOrder>,
    pub(super) hosts: Vec<String>,
    pub(super) notices: Vec<(NoticeCode, usize)>,
    shift: usize,
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

impl Sink for Collector {
    fn record(&mut self, record: Record<'_>) {
        self.records.push(Record {
            dialect: record.dialect,
            start: record.start + self.shift,
            end: record.end + self.shift,
            line: record.line,
            head: record.head,
            stamp: record.stamp,
            severity: record.severity,
            kind: record.kind,
            process: record.process.map(owned),
            pid: record.pid,
            host: record.host.map(owned),
            code: record.code.map(owned),
            provider: record.provider.map(owned),
            number: record.number,
            session: record.session,
            body: owned(record.body),
            fields: record.fields.into_iter().map(|(name, value)| (name, owned(value))).collect(),
        });
    }

    fn fact(&mut self, _host: Option<&str>, _fact: FactKind, _record: &Record<'_>) {}

    fn date_vote(&mut self, order: DateOrder) {
        self.votes.push(order);
    }

    fn source_host(&mut self, host: &str) {
        self.hosts.push(host.to_owned());
    }

    fn notice(&mut self, code: NoticeCode, offset: usize, _detail: String) {
        self.notices.push((code, offset + self.shift));
    }
}

impl Collector {
    /// The records with a head that are not derived.
    pub(super) fn events(&self) -> Vec<&Record<'static>> {
        self.records.iter().filter(|record| record.head && record.line.is_none()).collect()
    }

    /// The records without a head.
    pub(super) fn headless(&self) -> usize {
        self.records.iter().filter(|record| !record.head).count()
    }

    /// Source, code, host and stamp of every event, one line each.
    pub(super) fn summary(&self) -> Vec<String> {
        self.events().into_iter().map(summary).collect()
    }

    fn everything(&self) -> String {
        format!("{:#?}{:?}{:?}{:?}", self.records, self.votes, self.hosts, self.notices)
    }
}

fn summary(record: &Record<'_>) -> String {
    format!(
        "{} {} {:?} {} {}",
        record.provider.as_deref().unwrap_or("-"),
        record.code.as_deref().unwrap_or("-"),
        record.severity,
        record.host.as_deref().unwrap_or("-"),
        record.stamp
    )
}

/// Reads a text in one piece, and checks that the records cover it.
pub(super) fn read(reader: &dyn Reader, text: &str) -> Collector {
    let collector = feed(reader, &[text]);
    let mut at = 0;
    for record in collector.records.iter().filter(|record| record.line.is_none()) {
        assert_eq!(record.start, at, "records touch");
        at = record.end;
    }
    assert_eq!(at, text.len(), "records cover the text");
    collector
}

/// Reads a binary log.
pub(super) fn read_binary(reader: &dyn BinaryReader, path: &str, mut bytes: &[u8]) -> Collector {
    let mut collector = Collector::default();
    let context = SourceContext { path: path.to_owned(), ..SourceContext::default() };
    reader.read(&context, &mut bytes, &mut collector).unwrap();
    collector
}

/// Reads a text in pieces as they arrive.
fn feed(reader: &dyn Reader, parts: &[&str]) -> Collector {
    let mut collector = Collector::default();
    let mut splitter = reader.splitter(&SourceContext::default());
    let mut held = String::new();
    let mut line = 1;
    for (index, part) in parts.iter().enumerate() {
        held.push_str(part);
        let feed = if index + 1 == parts.len() { Feed::Last } else { Feed::More };
        let consumed = splitter.split(&held, line, feed, &mut collector);
        line += held[..consumed].matches('\n').count() as u64;
        collector.shift += consumed;
        held.drain(..consumed);
        assert!(feed == Feed::More || held.is_empty(), "everything is consumed at the end");
    }
    collector
}

/// Two feeds, cut at any byte, give the same records as one.
pub(super) fn cut_anywhere(reader: &dyn Reader, text: &str) {
    let whole = feed(reader, &[text]).everything();
    for at in (1..text.len()).filter(|at| text.is_char_boundary(*at)) {
        let (one, other) = text.split_at(at);
        assert_eq!(feed(reader, &[one, other]).everything(), whole, "cut at byte {at}");
    }
    // One by one, and full buffers at any place: no record may vanish and nothing may panic.
    let mut splitter = reader.splitter(&SourceContext::default());
    let mut collector = Collector::default();
    for part in text.as_bytes().chunks(7) {
        let part = String::from_utf8_lossy(part).into_owned();
        assert_eq!(splitter.split(&part, 1, Feed::Full, &mut collector), part.len());
    }
    splitter.split("", 1, Feed::Last, &mut collector);
}
