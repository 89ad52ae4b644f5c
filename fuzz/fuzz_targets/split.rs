//! Every dialect's splitter on any text: records cover it without gap or overlap, and cutting the text in two feeds
//! changes nothing.

#![no_main]

use blogscan::base::{DateOrder, FactKind, Feed, NoticeCode, Record, Sink};
use blogscan::dialect::{Reader, SourceContext, mixed::Mixed, readers};
use libfuzzer_sys::fuzz_target;

#[derive(Default)]
struct Kept {
    /// Of what was consumed before.
    offset: usize,
    /// Where the last ordinary record ended.
    end: usize,
    records: Vec<String>,
}

impl Sink for Kept {
    fn record(&mut self, record: Record<'_>) {
        if record.line.is_none() {
            assert_eq!(record.start + self.offset, self.end, "a gap or an overlap before {:?}", record.body);
            assert!(record.end >= record.start);
            self.end = record.end + self.offset;
        }
        let Record { head, stamp, severity, kind, pid, number, session, line, .. } = record;
        self.records.push(format!(
            "{}..{} {head} {stamp:?} {severity:?} {kind} {pid:?} {number:?} {session:?} {line:?} {:?} {:?} {:?} {:?} {:?}",
            record.start + self.offset,
            record.end + self.offset,
            record.process,
            record.host,
            record.code,
            record.body,
            record.fields
        ));
    }

    fn fact(&mut self, _host: Option<&str>, _fact: FactKind, _record: &Record<'_>) {}

    fn date_vote(&mut self, _order: DateOrder) {}

    fn source_host(&mut self, _host: &str) {}

    fn notice(&mut self, _code: NoticeCode, _offset: usize, detail: String) {
        assert!(!detail.is_empty());
    }
}

fn split(reader: &'static dyn Reader, text: &str, cut: usize) -> Kept {
    let context = SourceContext { path: "bpdm/log.051109".to_owned(), ..SourceContext::default() };
    let context = SourceContext { place: reader.place(&context.path), ..context };
    let mut splitter = reader.splitter(&context);
    let mut kept = Kept::default();
    let mut line = 1;
    if cut > 0 {
        let consumed = splitter.split(&text[..cut], line, Feed::More, &mut kept);
        assert!(consumed <= cut && text.is_char_boundary(consumed));
        line += text[..consumed].matches('\n').count() as u64;
        kept.offset = consumed;
    }
    let rest = &text[kept.offset..];
    let consumed = splitter.split(rest, line, Feed::Last, &mut kept);
    assert_eq!(consumed, rest.len(), "not everything was consumed");
    assert_eq!(kept.end, text.len(), "the records do not reach to the end");
    kept
}

fuzz_target!(|data: &[u8]| {
    let [which, high, low, bytes @ ..] = data else { return };
    let text = String::from_utf8_lossy(bytes);
    let all = readers();
    let reader: &'static dyn Reader = match all.get(usize::from(*which) % (all.len() + 1)) {
        Some(reader) => *reader,
        None => &Mixed,
    };
    for line in text.lines() {
        reader.claim(line);
    }
    reader.opens(&text);
    reader.place(&text);
    let cut = (usize::from(*high) << 8 | usize::from(*low)) % (text.len() + 1);
    let cut = text.floor_char_boundary(cut);
    let whole = split(reader, &text, 0);
    let in_two = split(reader, &text, cut);
    assert_eq!(whole.records, in_two.records, "{} cut at {cut}", reader.dialect().name());
});
