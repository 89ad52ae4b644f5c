//! `backup-exec.job-xml`: the log that one run of a job leaves on the media server (`BEX_SRV1_00123.xml`, 9.0 on).
//!
//! ```text
//! <?xml version="1.0" encoding="UTF-16"?>
//! <joblog><job_log_version version="2.0"/><header><filler>======</filler><server>Job server: SRV1
//! </server><name>Job name: VM-Nightly
//! </name><start_time>Job started: Thursday, January 28, 2010 at 8:00:03 PM
//! </start_time> ... <set><set_resource_name>VMVCB::\\vc1\VCGuestVm\(DC)Rheinwerk(DC)\vm\srv-db1 </set_resource_name>
//! ... <footer><end_time>Job ended: ...</end_time><engine_completion_status>Job completion status: Successful
//! </engine_completion_status><completeStatus>19</completeStatus></footer></joblog>
//! ```
//!
//! Confirmed by public scripts that read these files: `joblog`, `header` with `server`, `name`, `start_time`, `type`,
//! `log_name`, `description` and `job_backup_type`, `footer` with `end_time`, `engine_completion_status`,
//! `completeStatus`, `errorDescription` and the category, and that their text carries the label of the printed log.
//! Unverified: what lies between head and foot (`backup`, `machine`, `set` and below).
//!
//! A record is the text of one element with the tags around it. Nothing is asked of the document but its tags: a job
//! that runs or crashed leaves a log without foot and without closing tags, and its result stays unknown.

use std::borrow::Cow;

use super::error_code;
use super::job::{Jobs, Place};
use super::job_text::severity;
use super::words::{Item, item};
use crate::base::{Dialect, Feed, Record, Sink, Splitter};
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of job logs in XML.
pub struct JobXml;

impl Reader for JobXml {
    fn dialect(&self) -> Dialect {
        Dialect::BackupExecJobXml
    }

    fn opens(&self, text: &str) -> bool {
        let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let mut end = start.len().min(4096);
        while !start.is_char_boundary(end) {
            end -= 1;
        }
        let begin = start.get(..end).unwrap_or("");
        // `<joblog_like>` is another element.
        let ends_name = |rest: &str| rest.starts_with(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
        let is_own = |(at, name): (usize, &str)| begin.get(at + name.len()..).is_some_and(ends_name);
        start.starts_with('<') && begin.match_indices("<joblog").any(is_own)
    }

    fn claim(&self, line: &str) -> Claim {
        let line = line.trim_start();
        let is_own = [
            "<joblog>",
            "<joblog ",
            "<job_log_version",
            "</joblog>",
            "<engine_completion_status>",
            "<set_resource_name>",
        ]
        .iter()
        .any(|tag| line.starts_with(tag));
        if is_own { Claim::Strong } else { Claim::No }
    }

    fn place(&self, path: &str) -> crate::dialect::Place {
        super::job_logs(path)
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(XmlSplitter { jobs: Jobs::new(Dialect::BackupExecJobXml), open: Vec::new() })
    }
}

/// A tag is not longer; a `<` without `>` in reach is text.
const LONGEST_TAG: usize = 4096;
/// Documents are not deeper; a bound against damage.
const DEEPEST: usize = 64;

struct XmlSplitter {
    jobs: Jobs,
    /// Names of the elements that are open.
    open: Vec<String>,
}

/// A piece of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Opens(&'a str),
    Closes(&'a str),
    /// Declarations, comments and empty elements.
    Neither,
    Text(&'a str),
}

impl Splitter for XmlSplitter {
    fn split(&mut self, text: &str, line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        let (mut start, mut number) = (0, line);
        while start < text.len() {
            let Some((pieces, end)) = record_at(text, start, feed) else { return start };
            let whole = text.get(start..end).unwrap_or("");
            self.give(&pieces, whole, Place { line: number, offset: start }, end, sink);
            number += whole.bytes().filter(|byte| *byte == b'\n').count() as u64;
            start = end;
        }
        if feed == Feed::Last {
            self.jobs.finish(start, sink);
        }
        start
    }
}

/// The pieces of the record that begins here: tags, one text, and the tags that close behind it. `None`: more text is
/// needed to see where it ends.
fn record_at(text: &str, start: usize, feed: Feed) -> Option<(Vec<Piece<'_>>, usize)> {
    let mut pieces = Vec::new();
    let mut has_text = false;
    let mut at = start;
    while at < text.len() {
        let (piece, next) = piece_at(text, at, feed)?;
        let is_blank = matches!(piece, Piece::Text(inner) if inner.trim().is_empty());
        let begins_next = match piece {
            Piece::Text(_) => has_text && !is_blank,
            Piece::Opens(_) => has_text,
            Piece::Closes(_) | Piece::Neither => false,
        };
        if begins_next {
            return Some((pieces, at));
        }
        has_text |= matches!(piece, Piece::Text(_)) && !is_blank;
        if !is_blank {
            pieces.push(piece);
        }
        at = next;
    }
    (feed != Feed::More).then_some((pieces, at))
}

/// The tag or the text that begins here, and where it ends.
fn piece_at(text: &str, at: usize, feed: Feed) -> Option<(Piece<'_>, usize)> {
    let rest = text.get(at..)?;
    if let Some(tag) = tag(rest) {
        return Some((kind(tag), at + tag.len()));
    }
    if feed == Feed::More && may_be_tag(rest) {
        return None;
    }
    // Text goes on to the next `<` that begins a tag.
    let mut from = rest.chars().next().map_or(1, char::len_utf8);
    loop {
        let Some(found) = rest.get(from..).and_then(|rest| rest.find('<')) else {
            return (feed != Feed::More).then_some((Piece::Text(rest), text.len()));
        };
        let here = from + found;
        let tail = rest.get(here..).unwrap_or("");
        if tag(tail).is_some() {
            return Some((Piece::Text(rest.get(..here)?), at + here));
        }
        if feed == Feed::More && may_be_tag(tail) {
            return None;
        }
        from = here + 1;
    }
}

/// `<name ...>`, from `<` to `>`.
fn tag(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('<')?;
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '?' | '!' | '_')) {
        return None;
    }
    let end = inner.bytes().take(LONGEST_TAG).position(|byte| matches!(byte, b'>' | b'<'))?;
    text.get(..end + 2).filter(|tag| tag.ends_with('>'))
}

/// Could this become a tag with more text behind it?
fn may_be_tag(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('<') else { return false };
    let starts = inner.is_empty()
        || inner.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '?' | '!' | '_'));
    starts && inner.len() < LONGEST_TAG && !inner.bytes().any(|byte| matches!(byte, b'>' | b'<'))
}

fn kind(tag: &str) -> Piece<'_> {
    let inner = tag.trim_start_matches('<').trim_end_matches('>');
    let name = |text: &'_ str| text.split(|c: char| c.is_whitespace() || c == '/').next().map_or(0, str::len);
    if let Some(inner) = inner.strip_prefix('/') {
        return Piece::Closes(inner.get(..name(inner)).unwrap_or(""));
    }
    if inner.starts_with(['?', '!']) || inner.ends_with('/') {
        return Piece::Neither;
    }
    Piece::Opens(inner.get(..name(inner)).unwrap_or(""))
}

impl XmlSplitter {
    fn give(&mut self, pieces: &[Piece<'_>], whole: &str, place: Place, end: usize, sink: &mut dyn Sink) {
        let text = pieces.iter().find_map(|piece| match piece {
            Piece::Text(text) => Some(*text),
            _ => None,
        });
        let mut record = Record::new(Dialect::BackupExecJobXml, whole);
        let mut is_read = false;
        for piece in pieces {
            match piece {
                Piece::Opens(name) => self.opens(name, place),
                Piece::Closes(name) => self.closes(name),
                Piece::Neither => {}
                Piece::Text(text) => {
                    let plain = quick_xml::escape::unescape(text).unwrap_or(Cow::Borrowed(text));
                    self.text(&plain, place, &mut record, sink);
                    is_read = true;
                }
            }
        }
        record.head = !pieces.is_empty()
            && (!self.open.is_empty() || is_read && self.jobs.is_in_job() || text.is_none());
        if let Some(text) = text {
            let plain = quick_xml::escape::unescape(text).unwrap_or(Cow::Borrowed(text));
            record.body = Cow::Owned(plain.trim().to_owned());
        } else {
            record.body = Cow::Borrowed(whole.trim());
        }
        if self.jobs.is_in_job() {
            record.session = Some(self.jobs.session());
        }
        (record.start, record.end) = (place.offset, end);
        sink.record(record);
    }

    fn opens(&mut self, name: &str, place: Place) {
        match name.to_ascii_lowercase().as_str() {
            "set" => self.jobs.open_set(place),
            operation @ ("backup" | "verify" | "duplicate" | "restore" | "synthetic_backup") => {
                self.jobs.operation(operation);
            }
            _ => {}
        }
        if self.open.len() < DEEPEST {
            self.open.push(name.to_ascii_lowercase());
        }
    }

    /// Closes the innermost element of this name and all that were left open inside of it.
    fn closes(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        if let Some(depth) = self.open.iter().rposition(|open| *open == name) {
            self.open.truncate(depth);
            if name == "set" {
                self.jobs.close_set();
            }
        }
    }

    fn text(&mut self, text: &str, place: Place, record: &mut Record<'_>, sink: &mut dyn Sink) {
        let element = self.open.last().cloned().unwrap_or_default();
        if let Some(code) = error_code::find(text) {
            record.code = Some(Cow::Owned(code.printed.to_owned()));
            record.fields.push(("hex", Cow::Owned(code.hex)));
        }
        let first = text.trim_start().lines().next().unwrap_or("").trim();
        match element.as_str() {
            "completestatus" => return self.jobs.status_number(text),
            "job_backup_type" => return self.jobs.job_method(text),
            _ => {}
        }
        let read = self.item(&element, first);
        record.severity = severity(&read, first, record.code.is_some());
        self.jobs.take(&read, first, place, record, sink);
        // Container elements hold several lines, each with its own label.
        for line in text.trim().lines().skip(1).map(str::trim).filter(|line| !line.is_empty()) {
            let read = item(line);
            self.jobs.take(&read, line, place, record, sink);
        }
    }

    /// What an element says: its name decides, in whatever language its text is.
    fn item<'t>(&self, element: &str, text: &'t str) -> Item<'t> {
        let value = || text.split_once(':').map_or(text, |(_, value)| value).trim();
        let is_inside = |name: &str| self.open.iter().any(|open| open == name);
        match element {
            "server" if is_inside("header") => Item::Server(value()),
            "name" if is_inside("header") => Item::JobName(value()),
            "start_time" if is_inside("header") => Item::JobStarted(text),
            "end_time" if is_inside("footer") => Item::JobEnded(text),
            "start_time" if is_inside("set") => Item::SetStarted(text),
            "end_time" if is_inside("set") => Item::SetEnded(text),
            "set_resource_name" => Item::Resource(text),
            "volume" if is_inside("set") => {
                super::resource::in_line(text).map_or(Item::Other, Item::Resource)
            }
            "backup_type" => Item::Method(value()),
            "engine_completion_status" => Item::Status(super::words::outcome(value())),
            _ => item(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;
    use crate::base::DateOrder;

    fn log(status: &str, number: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n<joblog><job_log_version version=\"2.0\"/><header><filler>======</filler><server>Job server: SRV1\n</server><name>Job name: VM &amp; files\n</name><start_time>Job started: Thursday, January 28, 2010 at 8:00:03 PM\n</start_time><type>Job type: Backup\n</type><log_name>Job Log: BEX_SRV1_00123.xml\n</log_name></header><backup><title>Job Operation - Backup\n</title><machine><machine_name>vc1\n</machine_name><set><set_resource_name>VMVCB::\\\\vc1\\VCGuestVm\\(DC)R &amp; D(DC)\\vm\\srv-db1 </set_resource_name><tape_name>Family Name: \"Media created 1/28/2010 8:00:05 PM\"\n</tape_name><volume>Backup of \"VMVCB::\\\\vc1\\VCGuestVm\\(DC)R &amp; D(DC)\\vm\\srv-db1 \"\n</volume><backup_type>Backup Method: Incremental - Back up changed\n</backup_type><start_time>Backup started on 1/28/2010 at 8:02:11 PM.\n</start_time><OperationErrors><UMI>V-79-57344-38724</UMI> - Directory 'C\\x' does not support GRT\n</OperationErrors><end_time>Backup completed on 1/28/2010 at 8:20:02 PM.\n</end_time><summary><new_processed_bytes>Processed 1234567 bytes in  3 minutes and  2 seconds.\n</new_processed_bytes></summary></set><set><set_resource_name>\\\\SRV2\\C: </set_resource_name><start_time>Backup started on 1/28/2010 at 8:32:11 PM.\n</start_time><end_time>x</end_time></set></machine></backup><verify><title>Job Operation - Verify\n</title><set><set_resource_name>VMVCB::\\\\vc1\\VCGuestVm\\(DC)R &amp; D(DC)\\vm\\srv-db1 </set_resource_name></set></verify><footer><filler>===</filler><end_time>Job ended: Thursday, January 28, 2010 at 9:00:03 PM\n</end_time><engine_completion_status>{status}\n</engine_completion_status><completeStatus>{number}</completeStatus></footer></joblog>\n"
        )
    }

    #[test]
    fn a_whole_log() {
        let text = log("Job completion status: Completed with exceptions", "3");
        let got = read(&JobXml, "BEX_SRV1_00123.xml", &text);
        assert_eq!((got.ordinary().len(), got.headless()), (26, 0));
        let backups = got.kind("vm-backup");
        assert_eq!(backups.len(), 1);
        let show = |field: &str| backups[0].field(field).unwrap_or("-");
        assert_eq!((show("vm"), show("method"), show("result")), ("srv-db1", "block-level", "partial"));
        assert_eq!((show("job"), show("bytes"), show("media_server")), ("VM & files", "1234567", "SRV1"));
        assert_eq!(backups[0].stamp.to_string(), "2010-01-28T20:02:11");
        assert_eq!(show("restore_point"), "1/28/2010 at 8:02:11 PM");
        let coded: Vec<_> = got.records.iter().filter(|record| record.code.is_some()).collect();
        assert_eq!((coded.len(), coded[0].field("hex")), (1, Some("0xE0009744")));
        assert!(JobXml.opens(&text));
        cut_anywhere(&JobXml, "BEX_SRV1_00123.xml", &text);
    }

    #[test]
    fn localised_and_unfinished_logs() {
        let text = log("ジョブ完了状態: 成功", "19");
        assert_eq!(read(&JobXml, "a.xml", &text).kind("vm-backup")[0].field("result"), Some("success"));
        let cut = text.split("<verify>").next().unwrap();
        let got = read(&JobXml, "a.xml", cut);
        assert_eq!(got.kind("vm-backup")[0].field("result"), Some("unknown"));
        let half = text.get(..text.find("Backup started").unwrap() + 10).unwrap();
        assert_eq!(read(&JobXml, "a.xml", half).kind("vm-backup").len(), 1);
        cut_anywhere(&JobXml, "a.xml", half);
    }

    #[test]
    fn the_long_date_of_the_head_tells_the_order_of_the_short_ones() {
        let british = log("Job completion status: Successful", "19")
            .replace("Thursday, January 28, 2010 at 8:00:03 PM", "Friday, 5 February 2010 at 20:00:03")
            .replace("1/28/2010", "05/02/2010");
        let got = read(&JobXml, "BEX_SRV1_00123.xml", &british);
        assert!(got.votes.contains(&DateOrder::Dmy) && !got.votes.contains(&DateOrder::Mdy));
        let american =
            british.replace("5 February 2010", "February 5, 2010").replace("05/02/2010", "2/5/2010");
        let got = read(&JobXml, "BEX_SRV1_00123.xml", &american);
        assert!(got.votes.contains(&DateOrder::Mdy) && !got.votes.contains(&DateOrder::Dmy));
    }

    #[test]
    fn damage() {
        for text in [
            "<",
            "<joblog",
            "<joblog><a>x < y & z</b></c>",
            "plain\ntext\n",
            "</set></set>",
            "<joblog>&#xFFFFFF;",
            "",
        ] {
            read(&JobXml, "a.xml", text);
            cut_anywhere(&JobXml, "a.xml", text);
        }
        assert!(!JobXml.opens("<?xml version=\"1.0\"?><Events>"));
        assert!(!JobXml.opens("<?xml version=\"1.0\"?><joblog_like><header>x</header></joblog_like>"));
        assert_eq!(JobXml.claim("<joblog_like>"), Claim::No);
        assert!(JobXml.opens("<?xml version=\"1.0\"?><!-- <joblogs --><joblog\tversion=\"1\">"));
    }
}
