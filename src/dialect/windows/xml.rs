//! `windows.xml`: events as XML, from Event Viewer, wevtutil and converters.
//!
//! ```text
//! <Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='VSS'/><EventID
//!  Qualifiers='0'>8229</EventID>...                                     (Save as XML: one document on one line)
//! <Event xmlns='http://...'><System>...</System></Event>               (wevtutil qe /f:xml: fragments, no root)
//!   <TimeCreated SystemTime="2016-07-15 18:56:08.657"/>                 (a converter, pretty printed)
//! ```
//!
//! Each `<Event>` is cut out by search and read alone, so one that is damaged (control characters, a missing end, a
//! wrong code page) costs itself and no other. Times are UTC with or without the `Z`. The text is the rendered message
//! where there is one, else the insertion strings. What stands between events is text without head.

use std::borrow::Cow;

use quick_xml::Reader as XmlReader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::blocks::{Blocks, Layout};
use super::entry::{Entry, id};
use super::{data, levels, times};
use crate::base::stamp::{SECOND, Stamp};
use crate::base::{Dialect, NoticeCode, Severity, Sink, Splitter, Zone};
use crate::dialect::{Claim, Reader, SourceContext, dates};

/// The reader of this dialect.
pub(super) struct Xml;

const SCHEMA: &str = "schemas.microsoft.com/win/2004/08/events/event";
const OPEN: &[u8] = b"<Event";
const CLOSE: &str = "</Event>";
/// How far into a document with a foreign root the first event is looked for.
const PROLOGUE: usize = 4096;
/// Elements are nested five deep; user data may add some, an attack many.
const DEEPEST: usize = 64;
/// Keyword bits of the audit results.
const AUDIT_FAILURE: u64 = 0x0010_0000_0000_0000;
const AUDIT_SUCCESS: u64 = 0x0020_0000_0000_0000;

impl Reader for Xml {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsXml
    }

    fn opens(&self, text: &str) -> bool {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if !text.starts_with('<') {
            return false;
        }
        if text.starts_with("<Events") || (begins_event(text) && head(text).contains("System")) {
            return true;
        }
        let prologue = head(text);
        event_start(prologue, 0).is_some() && (prologue.contains(SCHEMA) || prologue.contains("<Events"))
    }

    fn claim(&self, line: &str) -> Claim {
        if line.contains(SCHEMA) && event_start(line, 0).is_some() { Claim::Strong } else { Claim::No }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Blocks::new(Document))
    }
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(PROLOGUE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

/// Where the next `<Event>` or `<Event ...>` begins; `<Events>` and `<EventData>` are others.
pub(super) fn event_start(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memmem::find_iter(bytes.get(from..)?, OPEN)
        .map(|at| from + at)
        .find(|at| matches!(bytes.get(at + OPEN.len()), Some(b' ' | b'>' | b'\t' | b'\r' | b'\n')))
}

/// Does an event begin here? Asked before any search: most texts hold none at all.
pub(super) fn begins_event(text: &str) -> bool {
    text.starts_with("<Event") && event_start(text.get(..OPEN.len() + 1).unwrap_or(text), 0) == Some(0)
}

/// Where the event that `text` begins with ends: behind its end tag, or where the next one begins.
pub(super) fn event_end(text: &str) -> Option<usize> {
    let close = memchr::memmem::find(text.as_bytes(), CLOSE.as_bytes()).map(|at| at + CLOSE.len());
    let within = text.get(..close.unwrap_or(text.len())).unwrap_or(text);
    event_start(within, OPEN.len()).or(close)
}

/// The length of the event that `text` begins with; blanks and line ends behind it belong to it.
pub(super) fn event_piece(text: &str, whole: bool) -> Option<usize> {
    let end = event_end(text)?;
    let rest = text.get(end..)?;
    let blanks = rest.len() - rest.trim_start().len();
    (whole || end + blanks < text.len()).then_some(end + blanks)
}

struct Document;

impl Layout for Document {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsXml
    }

    fn piece(&self, text: &str, whole: bool) -> Option<usize> {
        if begins_event(text) {
            return event_piece(text, whole);
        }
        // Up to the next event; what may be the first half of its name is left for the next call.
        event_start(text, 0)
    }

    fn read<'a>(&mut self, piece: &'a str, at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        if !begins_event(piece) {
            return None;
        }
        event(piece, at, sink)
    }
}

/// Reads one event, as far as it goes. `None`: neither source nor id could be read.
pub(super) fn event<'a>(text: &str, at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
    let mut collected = Collected::default();
    if let Err(reason) = walk(text, &mut collected) {
        sink.notice(NoticeCode::DamagedRecord, at, reason);
    }
    let entry = collected.into_entry(at, sink);
    (entry.provider.is_some() || entry.id.is_some()).then_some(entry)
}

/// What the elements of one event hold, as text.
#[derive(Default)]
struct Collected {
    provider: String,
    event_source: String,
    id: String,
    level: String,
    level_word: String,
    task: String,
    task_word: String,
    keywords: String,
    keyword_words: Vec<String>,
    time: String,
    number: String,
    pid: String,
    log: String,
    host: String,
    user: String,
    message: String,
    strings: Vec<(String, String)>,
    binary: String,
    /// Text of the element at hand.
    text: String,
    /// Has the element at hand any children?
    is_leaf: bool,
    data_name: String,
}

fn walk(text: &str, collected: &mut Collected) -> Result<(), String> {
    let mut reader = XmlReader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut path: Vec<String> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => {
                if path.len() >= DEEPEST {
                    return Err("elements are nested too deep".to_owned());
                }
                path.push(name(&tag));
                collected.opened(&path, &tag);
            }
            Event::Empty(tag) => {
                path.push(name(&tag));
                collected.opened(&path, &tag);
                collected.closed(&path);
                path.pop();
            }
            Event::End(_) => {
                collected.closed(&path);
                path.pop();
                if path.is_empty() {
                    return Ok(());
                }
            }
            Event::Text(part) => collected.text.push_str(&part),
            Event::CData(part) => collected.text.push_str(&part),
            Event::GeneralRef(part) => collected.text.push_str(&resolved(&part)),
            Event::Eof if path.is_empty() => return Ok(()),
            Event::Eof => return Err("the event has no end".to_owned()),
            _ => {}
        }
    }
}

fn name(tag: &BytesStart<'_>) -> String {
    tag.local_name().into_inner().to_owned()
}

/// A character or entity reference as text; one that XML does not know stays as it is written.
fn resolved(reference: &BytesRef<'_>) -> String {
    entity(reference)
}

/// `amp`, `#10`, `#x2d` as text. Control characters that XML forbids become blanks.
fn entity(name: &str) -> String {
    let number = match name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => name.strip_prefix('#').and_then(|digits| digits.parse().ok()),
    };
    if let Some(c) = number.and_then(char::from_u32) {
        let plain = if c.is_control() && !matches!(c, '\t' | '\n' | '\r') { ' ' } else { c };
        return plain.to_string();
    }
    match name {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        other => format!("&{other};"),
    }
}

/// The value of an attribute, references resolved.
fn attribute(tag: &BytesStart<'_>, wanted: &str) -> String {
    let mut attributes = tag.attributes();
    let value = attributes
        .with_checks(false)
        .flatten()
        .find(|one| one.key.local_name().into_inner() == wanted)
        .map(|one| one.value);
    unescaped(value.as_deref().unwrap_or(""))
}

fn unescaped(text: &str) -> String {
    // The longest reference that means anything.
    const LONGEST: usize = 10;
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        result.push_str(before);
        match after.split_once(';').filter(|(name, _)| name.len() <= LONGEST) {
            Some((name, behind)) => {
                result.push_str(&entity(name));
                rest = behind;
            }
            None => {
                result.push('&');
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

impl Collected {
    fn opened(&mut self, path: &[String], tag: &BytesStart<'_>) {
        self.text.clear();
        self.is_leaf = true;
        let slot = match path.last().map(String::as_str) {
            Some("Provider") if within(path, "System") => {
                self.event_source = attribute(tag, "EventSourceName");
                self.provider = attribute(tag, "Name");
                return;
            }
            Some("TimeCreated") => (&mut self.time, "SystemTime"),
            Some("Execution") => (&mut self.pid, "ProcessID"),
            Some("Security") => (&mut self.user, "UserID"),
            Some("Data") => (&mut self.data_name, "Name"),
            _ => return,
        };
        *slot.0 = attribute(tag, slot.1);
    }

    fn closed(&mut self, path: &[String]) {
        if !std::mem::replace(&mut self.is_leaf, false) {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let name = path.last().map_or("", String::as_str);
        if within(path, "System") {
            let slot = match name {
                "EventID" => &mut self.id,
                "Level" => &mut self.level,
                "Task" => &mut self.task,
                "Keywords" => &mut self.keywords,
                "EventRecordID" => &mut self.number,
                "Channel" => &mut self.log,
                "Computer" => &mut self.host,
                _ => return,
            };
            *slot = text;
        } else if within(path, "RenderingInfo") {
            match name {
                "Message" => self.message = text,
                "Level" => self.level_word = text,
                "Task" => self.task_word = text,
                "Keyword" => self.keyword_words.push(text),
                _ => {}
            }
        } else if name == "Binary" && within(path, "EventData") {
            self.binary = text;
        } else if within(path, "EventData") || within(path, "UserData") {
            self.strings.push((std::mem::take(&mut self.data_name), text));
        }
    }

    fn into_entry<'a>(self, at: usize, sink: &mut dyn Sink) -> Entry<'a> {
        let mut entry = Entry::new();
        let source = [self.event_source, self.provider].into_iter().find(|name| !name.trim().is_empty());
        entry.provider = source.map(Cow::Owned);
        entry.id = id(&self.id);
        entry.stamp = stamp(&self.time, at, sink);
        let keywords = keyword_bits(&self.keywords);
        let numbered = self.level.trim().parse().ok().and_then(levels::numbered);
        let (word, severity) = if keywords & AUDIT_FAILURE != 0 {
            ("Audit Failure", Some(Severity::Warning))
        } else if keywords & AUDIT_SUCCESS != 0 {
            ("Audit Success", Some(Severity::Info))
        } else {
            (numbered.map_or("", |(word, _)| word), numbered.map(|(_, severity)| severity))
        };
        entry.severity = severity;
        entry.level =
            if self.level_word.trim().is_empty() { Cow::Borrowed(word) } else { Cow::Owned(self.level_word) };
        entry.category =
            Cow::Owned(if self.task_word.trim().is_empty() { self.task } else { self.task_word });
        entry.keywords = Cow::Owned(if self.keyword_words.is_empty() {
            self.keywords
        } else {
            self.keyword_words.join(", ")
        });
        entry.number = self.number.trim().parse().ok();
        entry.pid = self.pid.trim().parse().ok();
        entry.log = Cow::Owned(self.log);
        entry.host = Cow::Owned(self.host);
        entry.user = Cow::Owned(self.user);
        entry.data = data::binary(&self.binary);
        entry.named = self
            .strings
            .iter()
            .filter_map(|(name, value)| Some((known_name(name)?, Cow::Owned(value.clone()))))
            .collect();
        entry.strings = self.strings.into_iter().map(|(_, value)| Cow::Owned(value)).collect();
        entry.body = Cow::Owned(self.message);
        entry
    }
}

/// Is this element somewhere above the last one?
fn within(path: &[String], element: &str) -> bool {
    path.split_last().is_some_and(|(_, above)| above.iter().any(|name| name == element))
}

/// Names of values that mean the same in every event that has them.
fn known_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "VolumeName" | "DriveName" => "volume",
        "DeviceName" => "device",
        _ => return None,
    })
}

fn keyword_bits(text: &str) -> u64 {
    let hex = text.trim().trim_start_matches("0x").trim_start_matches("0X");
    u64::from_str_radix(hex, 16).unwrap_or(0)
}

/// A time in UTC, whether it says so or not. The year 1601 is a time of zero.
fn stamp(text: &str, at: usize, sink: &mut dyn Sink) -> Stamp {
    let Some(read) = dates::date_time(text.trim()) else { return Stamp::None };
    if text.trim().starts_with("1601-") {
        sink.notice(NoticeCode::TimeOutOfRange, at, format!("the event was generated at {text}"));
        return Stamp::None;
    }
    let given = read.stamp;
    match given.zone() {
        Zone::Unknown => given.in_zone(0),
        Zone::Offset(0) => given,
        // No dialect reads one of two offsets.
        Zone::Either(east, _) | Zone::Offset(east) => {
            times::without_zone(given).shifted(-i64::from(east) * SECOND).in_zone(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{cut_anywhere, read};
    use super::*;
    use crate::dialect::identify::recognise;

    const FRAGMENTS: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider \
        Name='LGTO_Sync'/><EventID Qualifiers='16388'>1</EventID><Level>4</Level><Task>0</Task><Keywords>0x80000000000000\
        </Keywords><TimeCreated SystemTime='2011-06-02T07:00:11.000000000Z'/><EventRecordID>7412</EventRecordID><Channel>\
        System</Channel><Computer>XP-HALDEN</Computer><Security/></System><EventData><Data></Data><Data>The Driver was \
        loaded successfully </Data><Binary>0000000002003000</Binary></EventData></Event>\r\n\
        <Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='EventLog'/><EventID \
        Qualifiers='32768'>6005</EventID><Level>4</Level><TimeCreated SystemTime='2011-06-02T07:00:00.000000000Z'/>\
        <EventRecordID>7410</EventRecordID><Channel>System</Channel><Computer>XP-HALDEN</Computer></System><EventData/>\
        </Event>\r\n";

    #[test]
    fn fragments_of_wevtutil() {
        let read = read(&Xml, FRAGMENTS);
        assert_eq!(
            read.summary(),
            [
                "LGTO_Sync 1 Info XP-HALDEN 2011-06-02T07:00:11.000Z",
                "EventLog 6005 Info XP-HALDEN 2011-06-02T07:00:00.000Z"
            ]
        );
        assert_eq!(read.headless(), 0);
        let driver = read.events()[0];
        assert_eq!(driver.number, Some(7412));
        assert_eq!(driver.field("log"), Some("System"));
        assert_eq!(driver.field("s1"), Some(""));
        assert_eq!(driver.field("s2"), Some("The Driver was loaded successfully "));
        assert_eq!(driver.field("data"), Some("0000000002003000"));
        assert_eq!(driver.body, "The Driver was loaded successfully");
        assert_eq!(read.hosts, ["XP-HALDEN"]);
        let derived: Vec<_> = read.records.iter().filter(|record| record.kind == "sync-driver").collect();
        assert_eq!(derived.len(), 1);
        assert_eq!(derived[0].field("at_boot"), Some("yes"));
        assert_eq!(derived[0].line, Some(1));
        assert_eq!(recognise(FRAGMENTS).dialect, Dialect::WindowsXml);
        cut_anywhere(&Xml, FRAGMENTS);
    }

    #[test]
    fn a_document_of_a_converter() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Events>\n  <Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">\n    \
            <System>\n      <Provider Name=\"Microsoft-Windows-VSS\" Guid=\"{1}\" EventSourceName=\"VSS\"/>\n      <EventID Qualifiers=\"0\">8229</EventID>\n      \
            <Level>3</Level>\n      <TimeCreated SystemTime=\"2016-07-15 18:56:08.657\"/>\n      <EventRecordID>3907</EventRecordID>\n      \
            <Channel>Application</Channel>\n      <Computer>w7-werkbank</Computer>\n      <Security UserID=\"\"/>\n    </System>\n    <EventData>\n      \
            <Data Name=\"param1\">0x800423f4, a &amp; b &#x41;</Data>\n      <Binary>CwAAAA==</Binary>\n    </EventData>\n    <RenderingInfo Culture=\"de-DE\">\n      \
            <Message>Ein VSS Writer hat ein Ereignis mit Fehler 0x800423f4 zur\u{fc}ckgewiesen.</Message>\n      <Level>Warnung</Level>\n      \
            <Keywords><Keyword>Klassisch</Keyword></Keywords>\n    </RenderingInfo>\n  </Event>\n</Events>\n";
        let read = read(&Xml, text);
        assert_eq!(read.summary(), ["VSS 8229 Warning w7-werkbank 2016-07-15T18:56:08.657Z"]);
        // The prologue and the end tag of the root.
        assert_eq!(read.headless(), 2);
        let event = read.events()[0];
        assert!(event.body.starts_with("Ein VSS Writer"));
        assert_eq!(event.field("s1"), Some("0x800423f4, a & b A"));
        assert_eq!(event.field("data"), Some("0b000000"));
        assert_eq!(event.field("level"), Some("Warnung"));
        assert_eq!(event.field("keywords"), Some("Klassisch"));
        assert_eq!(recognise(text).dialect, Dialect::WindowsXml);
        cut_anywhere(&Xml, text);
    }

    #[test]
    fn a_damaged_event_costs_itself_only() {
        let good = "<Event><System><Provider Name='VSS'/><EventID>8224</EventID></System></Event>";
        let text = format!(
            "{good}<Event><System><Provider Name='Disk'/><EventID>51</EventID></Sys\n{good}<Event><x\u{b}y &#xb; <<</Event>{good}"
        );
        let read = read(&Xml, &text);
        assert_eq!(
            read.summary(),
            ["VSS 8224 Unknown - ", "Disk 51 Unknown - ", "VSS 8224 Unknown - ", "VSS 8224 Unknown - "]
        );
        assert_eq!(read.headless(), 1);
        assert_eq!(read.notices.len(), 2);
        assert!(read.notices.iter().all(|(code, _)| *code == NoticeCode::DamagedRecord));
        cut_anywhere(&Xml, &text);
    }

    #[test]
    fn audit_results_and_a_time_of_zero() {
        let text = "<Event><System><Provider Name='A'/><EventID>4625</EventID><Level>0</Level><Keywords>0x8010000000000000\
            </Keywords><TimeCreated SystemTime='1601-01-01T00:00:00.0000000Z'/></System></Event>";
        let read = read(&Xml, text);
        assert_eq!(read.summary(), ["A 4625 Warning - "]);
        assert_eq!(read.notices, [(NoticeCode::TimeOutOfRange, 0)]);
    }

    #[test]
    fn other_xml_is_not_claimed() {
        assert!(!Xml.opens("<?xml version=\"1.0\"?><joblog><job_name>Events</job_name></joblog>"));
        assert!(!Xml.opens("<p>Protokollname: Application <br />"));
        assert_eq!(Xml.claim("<EventData>"), Claim::No);
    }
}
