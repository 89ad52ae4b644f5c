//! Try logs of jobs as the REST interface gives them (`/admin/jobs/<id>/try-logs`, 8.x and later).
//!
//! ```text
//! {"data": [{"type": "parsedTryLogResponse", "attributes": {"tryNumber": 1, "jobId": 1187, "tryStatusCode": 1,
//!   "tryLogEntries": [
//!     {"message": "bpdm (pid=23018) started", "severity": "INFO", "timestamp": "2023-09-13T03:41:07.000Z"},
//!     {"message": "started process bpdm (pid=23018)", "timestamp": "2023-09-13T03:41:07.000Z"}, ...
//! ```
//!
//! (Older: `tryJobId`, `tryLog`.) One record per entry, and one of kind `try` for what stands above the entries. The
//! text is not read as one JSON document, which may be cut or larger than memory: entries are its innermost objects,
//! each is read for itself, and what lies between them names the try. The stamps are UTC.

use std::borrow::Cow;

use serde_json::Value;

use super::{epochs, job_text};
use crate::base::{Dialect, Feed, NoticeCode, Record, Severity, Sink, Splitter};
use crate::dialect::dates;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of try logs.
pub struct TryLog;

impl Reader for TryLog {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupTryLog
    }

    fn opens(&self, text: &str) -> bool {
        text.trim_start().starts_with(['{', '['])
            && ["\"parsedTryLogResponse\"", "\"tryLogEntries\"", "\"tryLog\""]
                .iter()
                .any(|name| text.contains(name))
            && text.contains("\"message\"")
    }

    fn claim(&self, _line: &str) -> Claim {
        Claim::No
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(TrySplitter::default())
    }
}

#[derive(Default)]
struct TrySplitter {
    session: Option<u32>,
    job: Option<String>,
}

/// The next object without another one inside it, from `from`; `None` where none is complete.
fn innermost_object(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let (mut open, mut in_string, mut escaped) = (None, false, false);
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{') => open = Some(at),
            (false, b'}') => {
                if let Some(open) = open.take() {
                    return Some((open, at + 1));
                }
            }
            _ => {}
        }
    }
    None
}

impl Splitter for TrySplitter {
    fn split(&mut self, text: &str, _line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        let mut at = 0;
        // An entry is given out when the next one is found: what follows the last belongs to it.
        let mut held: Option<(usize, usize)> = None;
        let mut search = 0;
        while let Some((open, close)) = innermost_object(text, search) {
            search = close;
            // Links and paging are objects too, but no entries.
            if !text.get(open..close).is_some_and(|object| object.contains("\"message\"")) {
                continue;
            }
            if let Some((start, end)) = held.take() {
                self.entry(text, at, (start, end), end, sink);
                at = end;
            }
            held = Some((open, close));
        }
        match (held, feed) {
            (_, Feed::More) => return at,
            (Some((start, end)), _) => self.entry(text, at, (start, end), text.len(), sink),
            (None, _) if at < text.len() => {
                let mut record =
                    Record::headless(Dialect::NetbackupTryLog, text.get(at..).unwrap_or("").trim());
                (record.start, record.end) = (at, text.len());
                sink.record(record);
            }
            (None, _) => {}
        }
        text.len()
    }
}

impl TrySplitter {
    /// Gives out the entry at `object`, and before it the try that the text in between names.
    fn entry(&mut self, text: &str, from: usize, object: (usize, usize), to: usize, sink: &mut dyn Sink) {
        let (open, close) = object;
        let before = text.get(from..open).unwrap_or("");
        let mut start = from;
        if let Some(mut record) = self.one_try(before) {
            (record.start, record.end) = (from, open);
            start = open;
            sink.record(record);
        }
        let source = text.get(open..close).unwrap_or("");
        let parsed: Option<Value> = serde_json::from_str(source).ok();
        let member = |name: &str| parsed.as_ref().and_then(|value| value.get(name)).and_then(Value::as_str);
        let Some(message) = member("message") else {
            let mut record = Record::headless(Dialect::NetbackupTryLog, source);
            (record.start, record.end, record.session) = (start, to, self.session);
            if parsed.is_none() {
                sink.notice(NoticeCode::DamagedRecord, open, "an entry of a try log is no object".to_owned());
            }
            sink.record(record);
            return;
        };
        let mut record = Record::new(Dialect::NetbackupTryLog, message);
        (record.start, record.end, record.session) = (start, to, self.session);
        job_text::begin(&mut record, message);
        if let Cow::Borrowed(message) = record.body {
            job_text::complete(&mut record, message);
        }
        if let Some(read) = member("timestamp").and_then(dates::date_time) {
            record.stamp = read.cast(sink);
        }
        record.severity = record.severity.max(severity(member("severity").unwrap_or("")));
        if let Some(moment) = epochs::find(message) {
            epochs::tell(moment, &record, sink);
        }
        sink.record(record);
    }

    /// The try that stands above its entries. Another job is another session; another try of it is not.
    fn one_try<'a>(&mut self, before: &'a str) -> Option<Record<'a>> {
        let job = member(before, "jobId").or_else(|| member(before, "tryJobId"))?;
        if self.job.as_deref() != Some(job) {
            self.job = Some(job.to_owned());
            self.session = Some(self.session.map_or(0, |session| session.saturating_add(1)));
        }
        let mut record = Record::new(Dialect::NetbackupTryLog, before.trim());
        record.kind = "try";
        record.session = self.session;
        record.fields.push(("job_id", Cow::Borrowed(job)));
        for (name, field) in
            [("tryNumber", "try"), ("tryStatusCode", "status"), ("tryMediaServer", "media_server")]
        {
            if let Some(value) = member(before, name).filter(|value| !value.is_empty()) {
                record.fields.push((field, Cow::Borrowed(value)));
            }
        }
        let status = record.field("status").filter(|status| *status != "0");
        record.code = status.and_then(|_| member(before, "tryStatusCode")).map(Cow::Borrowed);
        record.severity = match record.field("status") {
            Some("0") => Severity::Info,
            Some("1") => Severity::Warning,
            Some(_) => Severity::Error,
            None => Severity::Unknown,
        };
        let started = member(before, "tryStartTimestamp").and_then(dates::date_time);
        record.stamp = started.map_or(record.stamp, |read| read.stamp);
        Some(record)
    }
}

/// A number or a string without escapes in a piece of JSON, by the name of its member.
fn member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("\"{name}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    match rest.strip_prefix('"') {
        Some(string) => string.split_once('"').map(|(value, _)| value),
        None => rest.split([',', '}', '\n', '\r', ' ']).next().filter(|value| {
            !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        }),
    }
}

fn severity(word: &str) -> Severity {
    match word {
        "DEBUG" => Severity::Debug,
        "INFO" => Severity::Info,
        "WARNING" => Severity::Warning,
        "ERROR" => Severity::Error,
        "CRITICAL" => Severity::Critical,
        _ => Severity::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;
    use crate::base::FactKind;

    const JSON: &str = r#"{"data": [{"type": "parsedTryLogResponse", "id": "1187-1", "attributes": {
  "tryNumber": 1, "jobId": 1187, "tryStartTimestamp": "2023-09-13T03:41:07.000Z", "tryStatusCode": 84,
  "tryStatusMessage": "media write error", "tryMediaServer": "", "tryLogEntries": [
    {"message": "bpdbm (pid=21744) deleting images which expire before Wed Sep 13 05:41:06 2023 (1694576466)", "severity": "INFO", "timestamp": "2023-09-13T03:41:07.000Z"},
    {"message": "started process bpdm (pid=23018)", "timestamp": "2023-09-13T03:41:07.000Z"},
    {"message": "bpdm (pid=23018) \"quoted\" {brace} backup id el_1694576466 failed (84)", "severity": "ERROR", "timestamp": "x"}
  ]}}, {"attributes": {"tryNumber": 2, "jobId": 1187, "tryLogEntries": [
    {"message": "bpdm (pid=23019) done", "severity": "INFO", "timestamp": "2023-09-13T03:42:07.000Z"}]}},
  {"attributes": {"tryNumber": 1, "jobId": 1188, "tryLog": [
    {"message": "bpdm (pid=23020) done", "timestamp": "2023-09-13T03:43:07.000Z"}], "links": {"self": {"href": "/x"}}}}]}
"#;

    #[test]
    fn tries_and_their_entries() {
        assert!(TryLog.opens(JSON));
        let log = read(&TryLog, JSON);
        assert_eq!((log.heads(), log.headless()), (8, 0));
        let tries = log.of("try");
        assert_eq!(tries.iter().map(|one| one.session).collect::<Vec<_>>(), [Some(0), Some(0), Some(1)]);
        assert_eq!((tries[0].code.as_deref(), tries[0].field("job_id")), (Some("84"), Some("1187")));
        assert_eq!(tries[0].stamp.to_string(), "2023-09-13T03:41:07.000Z");
        let failed = &log.records[3];
        assert_eq!(failed.body, "\"quoted\" {brace} backup id el_1694576466 failed (84)");
        assert_eq!(
            (failed.process.as_deref(), failed.pid, failed.severity),
            (Some("bpdm"), Some(23018), Severity::Error)
        );
        assert_eq!((failed.field("backup_id"), failed.code.as_deref()), (Some("el_1694576466"), Some("84")));
        assert_eq!(log.facts[0].1, FactKind::ZoneOffset { east: 7200 });
        check_cuts(&TryLog, JSON);
    }

    #[test]
    fn cut_and_foreign_texts() {
        let cut = &JSON[..JSON.len() / 2];
        let log = read(&TryLog, cut);
        assert_eq!((log.heads(), log.headless()), (2, 0));
        let log = read(&TryLog, "{\"tryLog\": no objects");
        assert_eq!((log.heads(), log.headless()), (0, 1));
        assert!(!TryLog.opens("{\"message\": \"x\"}"));
        assert!(!TryLog.opens("text {\"tryLogEntries\": [{\"message\""));
    }
}
