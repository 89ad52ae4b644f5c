//! `tsm.error`: the client's error log (`dsmerror.log`, `dsierror.log`, their `.pru` copies) and client traces.
//!
//! A record begins with a time stamp in any DATEFORMAT (see [`super::clock`]) or, in pasted text, with a message id;
//! blocks of `key : value` lines belong to the message above them. A circular log (ERRORLOGMAX) begins with
//! `LOGHEADERREC` and holds `END OF DATA` at its seam, where time jumps back (both words are not verified by a
//! public sample).
//!
//! ```text
//! 02/01/2013 22:03:11 ANS1228E Sending of object 'D:\data\x.mdf' failed                      (5.x to 7.1)
//! 2013-02-01 22.03.11 ANS9365E VMware vStorage API error for virtual machine 'SRV-DB1'.      (6.4)
//!    TSM function name : visdkCreateVmSnapshotMoRef
//!    API return code   : 67
//! 10/19/2018 12:04:26.230 [007260] [11900] : ..\..\common\vm\vmvisdk.cpp(2436): ANS9385W Error returned from ...
//! ```
//!
//! It stops where the server's and the agents' messages begin (ANR, ANE, ACO ... are read by other dialects) and
//! does not join a message about an object with its reason in the next record.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::clock::{self, Clock};
use super::message::{self, message};
use crate::base::{Dialect, Record, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Place, Reader, SourceContext};

/// The reader of error logs.
pub(super) struct ErrorLog;

impl Reader for ErrorLog {
    fn dialect(&self) -> Dialect {
        Dialect::TsmError
    }

    fn claim(&self, line: &str) -> Claim {
        let (stamped, body) = match clock::stamp(line) {
            Some(head) => (true, head.rest),
            None => (false, line.trim_start_matches(' ')),
        };
        let indent = if stamped { 0 } else { line.len() - body.len() };
        let (_, body) = strip_trace(strip_half(body));
        match message(body) {
            Some(message) if indent <= MOST_INDENT && is_client_message(&message) => Claim::Strong,
            _ if stamped => Claim::Weak,
            _ => Claim::No,
        }
    }

    fn place(&self, path: &str) -> Place {
        super::stream_of(path)
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(ErrorGrammar::default()))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<ErrorGrammar>::restored(saved)
    }
}

/// Heads without a stamp are indented by one or two blanks in pasted logs, attributes by three.
const MOST_INDENT: usize = 2;

/// Messages that the client and its programming interface write into their own logs.
fn is_client_message(message: &message::Message<'_>) -> bool {
    matches!(message.prefix, "ANS" | "FMV") || message.prefix == "GVM"
}

fn strip_half(body: &str) -> &str {
    body.strip_prefix("A ").or_else(|| body.strip_prefix("P ")).unwrap_or(body)
}

#[derive(Default, Serialize, Deserialize)]
struct ErrorGrammar {
    clock: Clock,
    /// Line of the first stamp: before it, a line that begins like `cuGetBackQryResp: ...` is a record too.
    first_stamp: Option<u64>,
}

impl Grammar for ErrorGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::TsmError
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        if let Some(head) = self.clock.read(line, number, sink) {
            self.first_stamp.get_or_insert(number);
            let mut record = Record::new(Dialect::TsmError, head.rest);
            record.stamp = head.stamp;
            return Some(record);
        }
        let body = line.trim_start_matches(' ');
        if line.len() - body.len() > MOST_INDENT {
            return None;
        }
        let undated = self.first_stamp.is_none_or(|first| number < first);
        let is_head = message(body).is_some() || is_log_mark(body) || undated && names_a_function(body);
        is_head.then(|| Record::new(Dialect::TsmError, body))
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        if record.head {
            describe(&mut record);
        }
        sink.record(record);
    }
}

/// Reads trace location, message and attributes out of a whole record.
pub(super) fn describe(record: &mut Record<'_>) {
    let Cow::Borrowed(text) = record.body else { return };
    let (trace, body) = strip_trace(text.trim_start());
    record.body = Cow::Borrowed(body);
    record.pid = trace.pid;
    if let Some(thread) = trace.thread {
        record.fields.push(("thread", Cow::Borrowed(thread)));
    }
    if let Some(location) = trace.location {
        record.fields.push(("location", Cow::Borrowed(location)));
    }
    if is_log_mark(body) {
        record.kind = if body.starts_with("LOGHEADERREC") { "log-header" } else { "log-seam" };
    }
    if let Some(message) = message(body) {
        message.apply(record);
    }
    if let Some((_, tail)) = body.split_once('\n') {
        attributes(tail, record);
    }
}

/// Header and seam of a circular log.
pub(super) fn is_log_mark(body: &str) -> bool {
    body.starts_with("LOGHEADERREC")
        || body.trim_start().starts_with("END OF DATA")
            && body.lines().next().is_some_and(|line| line.trim() == "END OF DATA")
}

/// `cuGetBackQryResp: Server aborted ...`: a function of the client speaks, without a message id.
fn names_a_function(body: &str) -> bool {
    let Some((name, rest)) = body.split_once(':') else { return false };
    let camel_case = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && name.bytes().any(|byte| byte.is_ascii_uppercase());
    camel_case && name.len() > 4 && rest.starts_with(' ')
}

/// Where a trace line says that it comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trace<'a> {
    pid: Option<u64>,
    thread: Option<&'a str>,
    location: Option<&'a str>,
}

/// Takes `[007260] [11900] : ..\vm\vmvisdk.cpp(2436): ` away from the beginning of a text.
pub(super) fn strip_trace(text: &str) -> (Trace<'_>, &str) {
    let mut trace = Trace::default();
    let mut rest = text;
    for slot in 0..2 {
        let Some((digits, behind)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) else {
            break;
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        match slot {
            0 => trace.pid = digits.parse().ok(),
            _ => trace.thread = Some(digits),
        }
        rest = behind.trim_start();
        rest = rest.strip_prefix(':').unwrap_or(rest).trim_start();
    }
    if let Some((location, behind)) = source_location(rest) {
        trace.location = Some(location);
        rest = behind;
    }
    if trace == Trace::default() { (trace, text) } else { (trace, rest) }
}

/// `..\..\common\vm\vmvisdk.cpp(2436): text`, `backupdb.cpp ( 609): text`.
pub(super) fn source_location(text: &str) -> Option<(&str, &str)> {
    // Most texts hold none.
    memchr::memchr(b'(', text.as_bytes())?;
    let line = text.lines().next()?;
    let open = line.find('(')?;
    let (file, number) = (line.get(..open)?.trim_end(), line.get(open + 1..)?);
    let (digits, _) = number.split_once(')')?;
    let known = [".cpp", ".c", ".h", ".hpp", ".java"].iter().any(|end| file.ends_with(end));
    let numbered = !digits.trim().is_empty() && digits.trim().bytes().all(|byte| byte.is_ascii_digit());
    if !known || !numbered || file.contains(char::is_whitespace) {
        return None;
    }
    let behind = text.get(open + 1 + digits.len() + 1..)?.strip_prefix(':')?;
    Some((text.get(..open + 1 + digits.len() + 1)?, behind.trim_start()))
}

/// Attribute lines by the end of their key, which differs by product (`TSM`, `FCM`, `API`); longer ends first.
const ATTRIBUTES: [(&str, &str); 8] = [
    ("function name", "tsm_function"),
    ("api return code", "api_return_code"),
    ("tsm return code", "tsm_return_code"),
    ("fcm return code", "tsm_return_code"),
    ("api error message", "api_message"),
    ("error message", "api_message"),
    ("function", "function_text"),
    ("file", "tsm_file"),
];

/// Longest value that is put together out of several lines.
const MOST_VALUE: usize = 4096;

/// Reads `key : value` lines into fields. A value that a page broke goes on in lines without a key.
fn attributes<'a>(tail: &'a str, record: &mut Record<'a>) {
    let mut last: Option<usize> = None;
    for line in tail.lines().map(str::trim) {
        let Some((key, value)) = line.split_once(':').map(|(key, value)| (key.trim_end(), value.trim()))
        else {
            if let Some((_, text)) = last.and_then(|last| record.fields.get_mut(last))
                && !line.is_empty()
                && text.len() < MOST_VALUE
            {
                *text = Cow::Owned(format!("{text} {line}"));
            }
            continue;
        };
        let lower = key.to_ascii_lowercase();
        let Some((_, name)) = ATTRIBUTES.iter().find(|(end, _)| lower.ends_with(end)) else { continue };
        if name.ends_with("return_code") {
            record.fields.push(("return_code", Cow::Borrowed(value)));
        }
        last = Some(record.fields.len());
        record.fields.push((name, Cow::Borrowed(value)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Collector, read};
    use super::*;
    use crate::base::Severity;

    fn errors(text: &str) -> Collector {
        read(&ErrorLog, text)
    }

    #[test]
    fn blocks_of_a_data_mover() {
        let text = "02/13/2013 22:03:11 ANS9365E VMware vStorage API error for virtual machine 'SRV-DB1'.\r\n   TSM \
             function name : visdkCreateVmSnapshotMoRef\r\n   TSM file          : vmvisdk.cpp (4752)\r\n   API \
             return code   : 67\r\n   API error message : Cannot create a quiesced snapshot: time\r\nlimit \
             exceeded.\r\n02/13/2013 22:03:12 ANS1228E Sending of object '/a: b' failed\r\n02/13/2013 22:03:12 \
             cuGetBackQryResp: Server aborted txn, reason: 255\r\n";
        let found = errors(text);
        assert_eq!((found.records.len(), found.headless()), (3, 0));
        let block = &found.records[0];
        assert_eq!(block.code, "ANS9365E");
        assert_eq!(block.severity, Severity::Error);
        assert_eq!(block.stamp, "2013-02-13T22:03:11");
        for (field, value) in [
            ("number", "ANS9365"),
            ("vm", "SRV-DB1"),
            ("tsm_function", "visdkCreateVmSnapshotMoRef"),
            ("tsm_file", "vmvisdk.cpp (4752)"),
            ("return_code", "67"),
            ("api_return_code", "67"),
            ("api_message", "Cannot create a quiesced snapshot: time limit exceeded."),
        ] {
            assert_eq!(block.field(field), Some(value), "{field}");
        }
        assert_eq!(found.records[2].code, "");
        assert_eq!(found.votes, [crate::base::DateOrder::Mdy]);
    }

    #[test]
    fn pasted_blocks_without_stamps() {
        let text = " FMV1768E TSM was unable to find space.\n   FCM function name : vssInitBackupSpec\n   FCM \
             function      : No space.\n   FCM return code   : 115\n  cuGetBackQryResp: Server aborted txn\n  \
             FMV5250E An unexpected error was encountered.\n   FCM function name : vssQueryBackup\n";
        let found = errors(text);
        assert_eq!((found.records.len(), found.headless()), (3, 0));
        assert_eq!(found.records[0].field("return_code"), Some("115"));
        assert_eq!(found.records[0].field("function_text"), Some("No space."));
        assert_eq!(found.records[2].code, "FMV5250E");
        assert_eq!(found.records[2].stamp, "");
    }

    #[test]
    fn traces_and_changed_layouts() {
        let text = "garbage before\n10/19/2018 12:04:26.230 [007260] [11900] : ..\\..\\common\\vm\\vmvisdk.cpp(2436): \
             ANS9385W Error returned for virtual machine 'DB 1' in x. RC=12\n\"Error caused by file \
             /vmfs/x.vmdk\"\n2018-10-20 12.04.26 (dsm) no id\n11/21/2018 10:05:52.291 [005416] [3308] \
             :\n..\\common\\com\\session.cpp(2090):   Length:   1022\nANS8013I Invalid password\n";
        let found = errors(text);
        assert_eq!((found.records.len(), found.headless()), (5, 1));
        let trace = &found.records[1];
        assert_eq!((trace.code.as_str(), trace.pid), ("ANS9385W", Some(7260)));
        assert_eq!(trace.field("vm"), Some("DB 1"));
        assert_eq!(trace.field("location"), Some("..\\..\\common\\vm\\vmvisdk.cpp(2436)"));
        assert!(trace.body.ends_with("x.vmdk\""));
        assert_eq!(found.records[2].stamp, "2018-10-20T12:04:26");
        assert_eq!(found.records[3].field("location"), Some("..\\common\\com\\session.cpp(2090)"));
        assert_eq!(found.records[3].body, "Length:   1022");
        assert_eq!(found.records[4].code, "ANS8013I");
    }

    #[test]
    fn circular_logs_and_damage() {
        let text = "LOGHEADERREC 661 104857600\n06/30/2013 10:00:00 ANS4007E Error processing 'ä': access\nEND OF \
             DATA\n\u{fffd}\0\n06/28/2013 10:00:00 ANS0326E (RC41)   This node has exceeded\n06/28/2013 10:";
        let found = errors(text);
        assert_eq!((found.records.len(), found.headless()), (4, 0));
        assert_eq!((found.records[0].kind, found.records[2].kind), ("log-header", "log-seam"));
        assert_eq!(found.records[3].field("rc"), Some("41"));
        assert!(found.records[3].body.ends_with("10:"));
    }

    #[test]
    fn whose_line_it_is() {
        for (line, claim) in [
            ("02/01/2013 22:03:11 ANS1228E Sending of object", Claim::Strong),
            ("02/01/2013 10:03:11 P ANS1228E Sending of object", Claim::Strong),
            ("ANS1228E Sending of object", Claim::Strong),
            ("2013-02-01 22:03:11 [0071] [12] : a.cpp(12): ANS9385W Error", Claim::Strong),
            ("02/01/2013 22:03:11 ANR0407I Session 12 started", Claim::Weak),
            ("2024-02-13 04:11:13 host app[7] CRITICAL ANS1092W No files", Claim::Weak),
            ("app: ANS1092W No files", Claim::No),
            ("TSM: the Tableau Services Manager ANS1092W", Claim::No),
        ] {
            assert_eq!(ErrorLog.claim(line), claim, "{line}");
        }
    }
}
