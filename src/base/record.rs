//! A record: one entry of a log, cut out of the text by a dialect's splitter.
//!
//! The splitter owns the loop and pushes records to a sink, so that a record can borrow from a rolling buffer.
//! Splitting never fails: text that fits no record head belongs to the record before it, or is a record without
//! a head. Records cover the text without gap or overlap.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::dialect::Dialect;
use super::event::FactKind;
use super::notice::NoticeCode;
use super::stamp::{DateOrder, Stamp};

/// How bad the record says it is, whatever number or word it uses; the worse of number and text where both speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Severity {
    /// The record does not say.
    #[default]
    Unknown,
    /// Tracing.
    Debug,
    /// Normal work.
    Info,
    /// Something to look at.
    Warning,
    /// Something failed.
    Error,
    /// Work was given up or data is in danger.
    Critical,
}

/// One entry of a log, borrowed from the text that the splitter was given.
///
/// `start..end` are byte offsets into that text. Consecutive records touch (`end` of one is `start` of the next),
/// except *derived* records, which a dialect builds out of several (one backup of one VM out of a job log): they
/// carry `line` and cover nothing.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// The dialect that this record is written in (in a mixed text not that of the source).
    pub dialect: Dialect,
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte, line end included.
    pub end: usize,
    /// Line (1-based, of the decoded source) that a derived record points to; `None` for ordinary records, whose
    /// line follows from `start`.
    pub line: Option<u64>,
    /// `false`: text that fits no head of its dialect.
    pub head: bool,
    /// The time it was logged.
    pub stamp: Stamp,
    /// How bad it says it is.
    pub severity: Severity,
    /// Kind of a record that is known by its structure and not by its text (`fragment`, `vm-backup`, `task`);
    /// pattern events ask for it with `record = "..."`. Empty for plain text records.
    pub kind: &'static str,
    /// The program that logged it.
    pub process: Option<Cow<'a, str>>,
    /// Its process id.
    pub pid: Option<u64>,
    /// The host that the record itself names.
    pub host: Option<Cow<'a, str>>,
    /// Message id, event id or status (`ANS9365E`, `2095`, `83`).
    pub code: Option<Cow<'a, str>>,
    /// Event source of a Windows event (`LGTO_Sync`), as written.
    pub provider: Option<Cow<'a, str>>,
    /// Number of the record in its log (event record number), where the log counts.
    pub number: Option<u64>,
    /// The job, schedule run or snapshot operation that the record stands in; numbered by the splitter from 0.
    pub session: Option<u32>,
    /// What patterns match on: the text without its head, continuation lines included.
    pub body: Cow<'a, str>,
    /// Named values that the dialect read out of the record (`policy`, `vm`, `copy_number`).
    pub fields: Vec<(&'static str, Cow<'a, str>)>,
}

impl<'a> Record<'a> {
    /// A record with nothing but its text.
    pub fn new(dialect: Dialect, body: &'a str) -> Record<'a> {
        Record {
            dialect,
            start: 0,
            end: 0,
            line: None,
            head: true,
            stamp: Stamp::None,
            severity: Severity::Unknown,
            kind: "",
            process: None,
            pid: None,
            host: None,
            code: None,
            provider: None,
            number: None,
            session: None,
            body: Cow::Borrowed(body),
            fields: Vec::new(),
        }
    }

    /// Text that fits no head of the dialect.
    pub fn headless(dialect: Dialect, body: &'a str) -> Record<'a> {
        Record { head: false, ..Record::new(dialect, body) }
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_ref())
    }
}

/// How much text stands behind what a splitter is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// More follows: an unfinished record at the end may be left for the next call.
    More,
    /// More follows, but the buffer is full: the unfinished record must be given out as it is.
    Full,
    /// Nothing follows: everything must be consumed.
    Last,
}

/// Receives what a splitter finds.
pub trait Sink {
    /// One record. Ordinary records come in the order of the text.
    fn record(&mut self, record: Record<'_>);
    /// A fact about a host, read at `record` (its `start`, `line` and `stamp` place it). `host` `None`: the host
    /// whose log it is.
    fn fact(&mut self, host: Option<&str>, fact: FactKind, record: &Record<'_>);
    /// The source shows how it writes dates (a day above 12 in this place).
    fn date_vote(&mut self, order: DateOrder);
    /// The host whose log the source is, as its text tells.
    fn source_host(&mut self, host: &str);
    /// Trouble with the text at this byte offset; the scan goes on.
    fn notice(&mut self, code: NoticeCode, offset: usize, detail: String);

    /// Where at or behind the byte `from` the first place is that somebody may want: a record that reaches over it must
    /// be given with [`Sink::record`], whatever it says. Asked in ascending order; `usize::MAX`: there is none.
    fn next_wanted(&mut self, from: usize) -> usize {
        from
    }

    /// Where at or behind the byte `from` the first of the words stands that the dialect wants to know of. Asked in
    /// ascending order; a place where none stands is no error.
    fn next_word(&mut self, from: usize) -> usize {
        from
    }

    /// Does somebody ask for records of this kind, whatever they say?
    fn wants_kind(&mut self, kind: &'static str) -> bool {
        let _ = kind;
        true
    }

    /// Does somebody ask for events with this code of one of these sources, whatever they say?
    fn wants_event(&mut self, sources: &[&str], code: &str) -> bool {
        let _ = (sources, code);
        true
    }

    /// Instead of ordinary records that nobody wants, in their order: they have a head and these stamps, and neither
    /// number nor a code or kind that somebody asks for; they stand in this session, and have no fields that it does not
    /// know of the records before. Nearly all records of gigabytes of debug logs are such ones.
    fn skimmed(&mut self, dialect: Dialect, stamps: &[Stamp], session: Option<u32>) {
        let _ = (dialect, stamps, session);
    }
}

/// Cuts the text of one source (or of one chunk of it) into records.
pub trait Splitter: Send {
    /// Reads `text`, gives its records to `sink` and returns how many bytes were consumed; the rest is handed in
    /// again with more text behind it. `line` is the 1-based line number at the beginning of `text`.
    ///
    /// With [`Feed::Last`] and [`Feed::Full`] everything must be consumed; bytes left are given out by the caller
    /// as a record without a head.
    fn split(&mut self, text: &str, line: u64, feed: Feed, sink: &mut dyn Sink) -> usize;

    /// What it carries on to the text that it has not consumed yet, so that another day's splitter can go on there;
    /// `None`: such a log is read from its beginning.
    fn save(&self) -> Option<String> {
        None
    }
}
