//! What the tests of this family share: a sink that keeps everything, and the property that a text cut in two
//! anywhere gives the same records.

use crate::base::{DateOrder, FactKind, Feed, NoticeCode, Record, Sink};
use crate::dialect::{Reader, SourceContext};

/// A record, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) line: Option<u64>,
    pub(crate) head: bool,
    pub(crate) stamp: String,
    pub(crate) severity: crate::base::Severity,
    pub(crate) kind: &'static str,
    pub(crate) code: String,
    pub(crate) session: Option<u32>,
    pub(crate) pid: Option<u64>,
    pub(crate) body: String,
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Kept {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// Keeps everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Collector {
    pub(crate) records: Vec<Kept>,
    pub(crate) facts: Vec<(Option<String>, FactKind, String)>,
    pub(crate) votes: Vec<DateOrder>,
    pub(crate) hosts: Vec<String>,
    shift: usize,
}

impl Collector {
    pub(crate) fn ordinary(&self) -> Vec<&Kept> {
        self.records.iter().filter(|record| record.line.is_none()).collect()
    }

    pub(crate) fn derived(&self, kind: &str) -> Vec<&Kept> {
        self.records.iter().filter(|record| record.line.is_some() && record.kind == kind).collect()
    }

    pub(crate) fn headless(&self) -> usize {
        self.records.iter().filter(|record| !record.head).count()
    }

    pub(crate) fn versions(&self) -> Vec<(Option<&str>, &str, &str)> {
        self.facts
            .iter()
            .filter_map(|(host, fact, _)| match fact {
                FactKind::Version { product, version } => {
                    Some((host.as_deref(), product.as_str(), version.as_str()))
                }
                _ => None,
            })
            .collect()
    }
}

impl Sink for Collector {
    fn record(&mut self, record: Record<'_>) {
        self.records.push(Kept {
            start: record.start + self.shift,
            end: record.end + self.shift,
            line: record.line,
            head: record.head,
            stamp: record.stamp.to_string(),
            severity: record.severity,
            kind: record.kind,
            code: record.code.as_deref().unwrap_or("").to_owned(),
            session: record.session,
            pid: record.pid,
            body: record.body.to_string(),
            fields: record.fields.iter().map(|(key, value)| (*key, value.to_string())).collect(),
        });
    }

    fn fact(&mut self, host: Option<&str>, fact: FactKind, record: &Record<'_>) {
        self.facts.push((host.map(str::to_owned), fact, record.stamp.to_string()));
    }

    fn date_vote(&mut self, order: DateOrder) {
        if !self.votes.contains(&order) {
            self.votes.push(order);
        }
    }

    fn source_host(&mut self, host: &str) {
        self.hosts.push(host.to_owned());
    }

    fn notice(&mut self, _code: NoticeCode, _offset: usize, _detail: String) {}
}

fn read_cut(reader: &dyn Reader, text: &str, cut: usize) -> Collector {
    let mut splitter = reader.splitter(&SourceContext::default());
    let mut sink = Collector::default();
    let consumed = splitter.split(&text[..cut], 1, Feed::More, &mut sink);
    assert!(text.is_char_boundary(consumed) && consumed <= cut);
    let line = 1 + text[..consumed].matches('\n').count() as u64;
    sink.shift = consumed;
    let rest = splitter.split(&text[consumed..], line, Feed::Last, &mut sink);
    assert_eq!(consumed + rest, text.len(), "everything is consumed");
    sink.shift = 0;
    sink
}

/// Reads `text` whole, checks that its records cover it, and that every cut in two gives the same.
pub(crate) fn read(reader: &dyn Reader, text: &str) -> Collector {
    let whole = read_cut(reader, text, 0);
    let mut at = 0;
    for record in whole.ordinary() {
        assert_eq!(record.start, at, "records touch");
        at = record.end;
    }
    assert_eq!(at, text.len(), "records cover the text");
    for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
        let again = read_cut(reader, text, cut);
        assert_eq!(again.records.len(), whole.records.len(), "cut at {cut}");
        for (one, other) in again.records.iter().zip(&whole.records) {
            assert_eq!(one, other, "cut at {cut}");
        }
        assert_eq!(again, whole, "cut at {cut}");
    }
    whole
}

/// Pieces of lines that texts are thrown together from.
const PIECES: [&str; 40] = [
    "02/13/2013 22:00:00 ",
    "2013-02-13 22.00.00 ",
    "02/03/13   10:00:00 P ",
    "22:00:04 ",
    "(dsmcad) ",
    "ANS9365E error for virtual machine 'db 1'.",
    "ANS1512E Scheduled event 'N' failed.  Return code = 12.",
    "   TSM return code : 67",
    "--- SCHEDULEREC OBJECT BEGIN N 02/13/2013 22:00:00",
    "--- SCHEDULEREC OBJECT END N",
    "--- SCHEDULEREC STATUS BEGIN",
    "Executing scheduled command now.",
    "Scheduled event 'N' completed successfully.",
    "Results sent to server for scheduled event 'N'.",
    "Querying server for next scheduled event.",
    "Starting Full VM backup of VMware Virtual Machine 'db1'",
    "mode: 'Incremental Forever - Incremental'",
    "Successful Full VM backup of VMware Virtual Machine 'db1'",
    "Backup VM command complete",
    "Total number of virtual machines failed: 0",
    "Total number of bytes transferred: 1.25 GB",
    "Normal File-->            61,204 /srv/\u{e4} x [Sent]",
    "IBM Tivoli Storage Manager",
    "  Client Version 6, Release 4, Level 0.0",
    "Node Name: DM1",
    "NODENAME DM1",
    "* comment",
    "LOGHEADERREC 1",
    "END OF DATA",
    "ANR0406I Session 7 started for node DM1 (WinNT). (SESSIO-",
    "    N: 7)",
    "DATE_TIME SEVERITY MESSAGE",
    "Scheduled Start          Node Name         Status",
    "---------------          ---------         ------",
    "FMM1003W mode of virtual machine 'a' changed from SUSPEND to ASIS",
    "#PARAM BACKUP_MODE=SUSPEND",
    "#END",
    "TSM Client final instrumentation statistics: Fri Dec  9 00:28:08 2016",
    "\u{fffd}\0'\"",
    "\r\r\n",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_covered_and_any_cut_gives_the_same(
        picks in proptest::collection::vec((0..PIECES.len(), proptest::bool::ANY), 0..30),
        cut in 0.0..1.0_f64,
    ) {
        let text: String = picks.iter().map(|(at, ends)| format!("{}{}", PIECES[*at], if *ends { "\n" } else { "" })).collect();
        let near = (text.len() as f64 * cut) as usize;
        let cut = (0..=near).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        for reader in super::READERS.iter().chain(crate::dialect::fcm::READERS) {
            let whole = read_cut(*reader, &text, 0);
            let ends = whole.ordinary().iter().fold(0, |at, record| {
                assert_eq!(record.start, at, "{}", reader.dialect().name());
                record.end
            });
            assert_eq!(ends, text.len());
            assert_eq!(read_cut(*reader, &text, cut), whole, "{}", reader.dialect().name());
        }
    }
}
