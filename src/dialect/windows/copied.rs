//! `windows.copied`: event properties copied out of Event Viewer and pasted anywhere.
//!
//! ```text
//! Event Type:<TAB>Error                        (XP, 2003: tabs, date and time apart, Data as a dump)
//! Event Source:<TAB>VolSnap
//! Log Name:      Application                 (Vista and later; `Event Xml:` may follow, the same event once more)
//! Source:        VSS
//! Aufgabenkategorie:Integrität               (a long label leaves no blank)
//! > ログの名前: Application                    (quoted, in Markdown)
//! Event ID 57 ntfs Warning                   (typed by hand)
//! DC02<TAB>4015<TAB>Warning<TAB>DNS<TAB>DNS Server<TAB>2023-04-09 04:37:44 PM     (Server Manager; the text follows)
//! ```
//!
//! Copies are incomplete by nature: records without their first lines, without date, with placeholders. What is not
//! there stays missing. Where the XML follows, it adds the strings, the record number and the time in UTC. Localised
//! labels are in `labels`, marked there as far as they are unverified.

use std::borrow::Cow;

use super::blocks::{Blocks, Layout};
use super::copied_lines::{Opening, Step, Walk, leading_id, opening, prose, tile};
use super::entry::Entry;
use super::labels::{Label, labelled};
use super::pasted::{Line, Next, next};
use super::{data, flattened, labels, levels, times, xml};
use crate::base::{Dialect, Sink, Splitter};
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of this dialect.
pub(super) struct Copied;

impl Reader for Copied {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsCopied
    }

    fn claim(&self, line: &str) -> Claim {
        let mut at = 0;
        let mut claim = Claim::No;
        while let Next::Line(part) = next(line, at, true) {
            at = part.end;
            claim = claim.max(claim_of(part.text.trim()));
        }
        claim
    }

    fn absorbs(&self) -> &'static [Dialect] {
        // The XML that follows a copy is the same event.
        &[Dialect::WindowsXml]
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Blocks::new(Copies))
    }
}

fn claim_of(line: &str) -> Claim {
    if tile(line).is_some() || prose(line).is_some() || flattened::read(line).is_some() {
        return Claim::Strong;
    }
    let Some((name, value)) = labelled(line) else { return Claim::No };
    // A property of a list of PowerShell is written in one word and padded; a label is neither.
    let padded = line.get(name.len()..).is_some_and(|rest| rest.starts_with(' '));
    if padded && name.eq_ignore_ascii_case("logname") {
        return Claim::No;
    }
    match labels::label(name) {
        Some(Label::Log) if !value.is_empty() => Claim::Strong,
        Some(Label::Type) if levels::severity(value).is_some() => Claim::Strong,
        Some(Label::Id) if !name.eq_ignore_ascii_case("id") && leading_id(value).is_some() => Claim::Strong,
        Some(Label::Id) if leading_id(value).is_some() => Claim::Weak,
        Some(Label::Level) if levels::severity(value).is_some() => Claim::Weak,
        _ => Claim::No,
    }
}

struct Copies;

impl Layout for Copies {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsCopied
    }

    fn is_export(&self) -> bool {
        false
    }

    fn piece(&self, text: &str, whole: bool) -> Option<usize> {
        if xml::begins_event(text) {
            return xml::event_piece(text, whole);
        }
        let Next::Line(first) = next(text, 0, whole) else { return None };
        let Some(opening) = opening(&first, text, whole).ok()? else { return Some(first.end) };
        let mut walk = Walk::new(opening, &first);
        let mut at = first.end;
        loop {
            let line = match next(text, at, whole) {
                Next::Line(line) => line,
                Next::End => return Some(at),
                Next::Unknown => return None,
            };
            match walk.step(&line, text, whole) {
                Step::Begins => return Some(at),
                Step::Unknown => return None,
                Step::Xml => at = behind_xml(text, at, &line, whole)?,
                _ => at = line.end,
            }
        }
    }

    fn read<'a>(&mut self, piece: &'a str, at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        if xml::begins_event(piece) {
            return xml::event(piece, at, sink);
        }
        let Next::Line(first) = next(piece, 0, true) else { return None };
        let opening = opening(&first, piece, true).ok()??;
        let mut parts = Parts::default();
        parts.open(&opening, &first);
        let mut walk = Walk::new(opening, &first);
        let mut position = first.end;
        while let Next::Line(line) = next(piece, position, true) {
            match walk.step(&line, piece, true) {
                Step::Header(label) => parts.header(label, &line),
                // What began no record before the piece was cut begins none now.
                Step::Body | Step::Begins => parts.body.push(body_line(&line, parts.backslashes)),
                Step::Data => parts.dump(&line),
                Step::Xml => {
                    let end = behind_xml(piece, position, &line, true).unwrap_or(piece.len());
                    parts.xml = parts.xml.take().or_else(|| xml_in(piece, position, end, at, sink));
                    position = end;
                    continue;
                }
                Step::Nothing | Step::Unknown => {}
            }
            position = line.end;
        }
        Some(parts.into_entry(sink))
    }
}

/// Where the text goes on behind the XML of an event: its label stands on a line of its own, or there is no label.
fn behind_xml(text: &str, at: usize, line: &Line<'_>, whole: bool) -> Option<usize> {
    let rest = text.get(at..)?;
    let in_line = xml::event_start(text.get(at..line.end)?, 0);
    let Some(start) = in_line else { return Some(line.end) };
    match rest.get(start..).and_then(xml::event_end) {
        Some(end) => {
            // The line break behind the end tag.
            let behind = rest.get(start + end..)?;
            let blanks = behind.len() - behind.trim_start_matches([' ', '\t', '\r']).len();
            let newline = usize::from(behind.as_bytes().get(blanks) == Some(&b'\n'));
            let open = !whole && blanks == behind.len();
            (!open).then_some(at + start + end + if newline == 1 { blanks + 1 } else { 0 })
        }
        None => whole.then_some(line.end),
    }
}

fn xml_in<'a>(piece: &str, from: usize, to: usize, at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
    let text = piece.get(from..to)?;
    let start = xml::event_start(text, 0)?;
    xml::event(text.get(start..)?, at + from + start, sink)
}

/// Markdown ends a line with a backslash to keep it; a path may end with one as well.
fn body_line(line: &Line<'_>, backslashes: bool) -> String {
    let text: &str = &line.text;
    if backslashes { text.strip_suffix('\\').unwrap_or(text).to_owned() } else { text.to_owned() }
}

/// What the lines of a copy hold.
#[derive(Default)]
struct Parts<'a> {
    provider: Option<String>,
    id: Option<u32>,
    level: String,
    log: String,
    host: String,
    user: String,
    category: String,
    keywords: String,
    date: String,
    time: String,
    body: Vec<String>,
    data: String,
    backslashes: bool,
    xml: Option<Entry<'a>>,
}

impl<'a> Parts<'a> {
    fn open(&mut self, opening: &Opening, line: &Line<'_>) {
        let content = line.text.trim();
        match opening {
            Opening::Label(label) => self.header(*label, line),
            Opening::Shape(_) => self.header(Label::Log, line),
            Opening::Flat => {
                for (label, value) in flattened::read(content).unwrap_or_default() {
                    self.value(label, value);
                }
            }
            Opening::Prose => {
                if let Some((id, source, level)) = prose(content) {
                    self.id = Some(id);
                    self.provider = Some(source.to_owned());
                    level.clone_into(&mut self.level);
                }
            }
            Opening::Tile => {
                if let Some(tile) = tile(content) {
                    self.id = Some(tile.id);
                    self.provider = Some(tile.source.to_owned());
                    tile.level.clone_into(&mut self.level);
                    tile.log.clone_into(&mut self.log);
                    tile.host.clone_into(&mut self.host);
                    tile.time.clone_into(&mut self.date);
                }
            }
        }
    }

    fn header(&mut self, label: Label, line: &Line<'_>) {
        let (_, value) = labelled(line.text.trim()).unwrap_or_default();
        self.backslashes |= value.ends_with('\\');
        self.value(label, value.trim_start_matches(['*', ' ', '\t']).trim_end_matches(['\\', ' ', '\t']));
    }

    fn value(&mut self, label: Label, value: &str) {
        if label == Label::Id {
            self.id = self.id.or_else(|| leading_id(value));
            return;
        }
        if label == Label::Description {
            if !value.is_empty() {
                self.body.push(value.to_owned());
            }
            return;
        }
        // A placeholder says that the value was taken out.
        let value = if value.starts_with('<') && value.ends_with('>') { "" } else { value };
        let slot = match label {
            Label::Log => &mut self.log,
            Label::Source => self.provider.get_or_insert_default(),
            Label::Date => &mut self.date,
            Label::Time => &mut self.time,
            Label::Category => &mut self.category,
            Label::Level | Label::Type => &mut self.level,
            Label::Keywords => &mut self.keywords,
            Label::User => &mut self.user,
            Label::Computer => &mut self.host,
            _ => return,
        };
        if slot.is_empty() {
            value.clone_into(slot);
        }
    }

    fn dump(&mut self, line: &Line<'_>) {
        let content = line.text.trim();
        if !data::dump_line(content, &mut self.data)
            && let Some((_, value)) = labelled(content)
        {
            data::dump_line(value, &mut self.data);
        }
    }

    fn into_entry(mut self, sink: &mut dyn Sink) -> Entry<'a> {
        let stamp = match times::read(&self.date) {
            Some(_) => times::local(&self.date, sink),
            None => times::local(&format!("{} {}", self.date, self.time), sink),
        };
        let mut entry = Entry::new();
        entry.body = Cow::Owned(self.body.join("\n"));
        entry.data = self.data;
        entry.stamp = stamp;
        if let Some(xml) = self.xml.take() {
            entry.provider = xml.provider;
            entry.id = xml.id;
            entry.severity = xml.severity;
            entry.number = xml.number;
            entry.pid = xml.pid;
            entry.strings = xml.strings;
            entry.named = xml.named;
            (entry.log, entry.host, entry.user) = (xml.log, xml.host, xml.user);
            (entry.level, entry.category, entry.keywords) = (xml.level, xml.category, xml.keywords);
            // The XML knows the time in UTC, the copy only in some zone.
            entry.stamp = if xml.stamp.is_dated() { xml.stamp } else { stamp };
            if entry.data.is_empty() {
                entry.data = xml.data;
            }
            if entry.body.trim().is_empty() {
                entry.body = xml.body;
            }
        }
        // What the copy says in words goes before what the XML says in numbers.
        if let Some(provider) = self.provider.filter(|name| !name.is_empty()) {
            entry.provider = Some(Cow::Owned(provider));
        }
        entry.id = self.id.or(entry.id);
        for (slot, value) in [
            (&mut entry.level, self.level),
            (&mut entry.log, self.log),
            (&mut entry.host, self.host),
            (&mut entry.user, self.user),
            (&mut entry.category, self.category),
            (&mut entry.keywords, self.keywords),
        ] {
            if !value.is_empty() {
                *slot = Cow::Owned(value);
            }
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{cut_anywhere, read};
    use super::*;
    use crate::dialect::identify::recognise;

    const VISTA: &str = "Hello, see below\r\n\r\nLog Name:      Application\r\nSource:        VSS\r\nDate:          \
        1/21/2021 02:57:03 AM\r\nEvent ID:      8229\r\nTask Category: None\r\nLevel:         Warning\r\nKeywords:      \
        Classic\r\nUser:          N/A\r\nComputer:      WS-EX19.corp.example\r\nDescription:\r\nA VSS writer has rejected an \
        event with error 0x800423f4.\r\n\r\nOperation:\r\n   PostSnapshot Event\r\n\r\nContext:\r\n   Source: here\r\n   \
        Writer Name: NTDS\r\nEvent Xml:\r\n<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">\r\n  \
        <System>\r\n    <Provider Name=\"VSS\" />\r\n    <EventID Qualifiers=\"0\">8229</EventID>\r\n    <Level>3</Level>\r\n    \
        <TimeCreated SystemTime=\"2021-01-21T01:57:03.000Z\" />\r\n    <EventRecordID>4711</EventRecordID>\r\n    \
        <Computer>WS-EX19.corp.example</Computer>\r\n  </System>\r\n  <EventData>\r\n    <Data>0x800423f4</Data>\r\n    \
        <Binary>0B000000</Binary>\r\n  </EventData>\r\n</Event>\r\nLog Name:      System\r\nSource:        LGTO_Sync\r\nDate:          \
        1/21/2021 03:57:03 AM\r\nEvent ID:      1\r\nTask Category: None\r\nLevel:         Information\r\nComputer:      \
        WS-EX19\r\nDescription:\r\nIncorrect function.\r\n";

    #[test]
    fn vista_with_its_xml_counts_once() {
        let read = read(&Copied, VISTA);
        assert_eq!(
            read.summary(),
            [
                "VSS 8229 Warning WS-EX19.corp.example 2021-01-21T01:57:03.000Z",
                "LGTO_Sync 1 Info WS-EX19 2021-01-21T03:57:03"
            ]
        );
        assert_eq!(read.headless(), 2);
        let event = read.events()[0];
        assert!(event.body.ends_with("Writer Name: NTDS"));
        assert_eq!(event.number, Some(4711));
        assert_eq!(event.field("s1"), Some("0x800423f4"));
        assert_eq!(event.field("data"), Some("0b000000"));
        assert_eq!(read.hosts, ["WS-EX19.corp.example"]);
        assert_eq!(recognise(VISTA).dialect, Dialect::WindowsCopied);
        let derived = read.records.iter().find(|record| record.kind == "sync-driver").unwrap();
        assert_eq!(derived.field("at_boot"), Some("unknown"));
        cut_anywhere(&Copied, VISTA);
    }

    #[test]
    fn xp_with_dumps_of_both_kinds() {
        let text = "Event Type:\tError\nEvent Source:\tDNS\nEvent Category:\tNone\nEvent ID:\t4015\nDate:\t\t12.03.2009\n\
            Time:\t\t22:00:13\nUser:\t\tN/A\nComputer:\tSRV01\nDescription:\nThe DNS server has encountered a critical error from \
            the Active Directory.\n\nFor more information, see Help and Support Center at http://go.microsoft.com/fwlink/events.asp.\n\
            Data:\n0000: 0b 00 00 00               ....    \n\nthis prose is no record\n\nEvent Type: Error  \nEvent Source: DNS  \n\
            Event ID: 4015  \nDescription: The DNS server has encountered a critical error.  \nData: 0000: 0000000b  \n";
        let read = read(&Copied, text);
        assert_eq!(read.summary(), ["DNS 4015 Error SRV01 2009-03-12T22:00:13", "DNS 4015 Error - "]);
        assert_eq!(read.headless(), 0);
        for event in read.events() {
            assert_eq!(event.field("data"), Some("0b000000"));
            assert!(!event.body.contains("prose"));
        }
        cut_anywhere(&Copied, text);
    }

    #[test]
    fn quoted_japanese_and_german_html() {
        let japanese = "  > ログの名前: Application  \n  > ソース: VSS  \n  > 日付: 2019/11/12 23:04:51  \n  > イベント ID: 8229  \n  \
            > タスクのカテゴリ: なし  \n  > レベル: 警告  \n  > コンピューター: <ノード名>  \n  > 説明:  \n  > エラー 0x00000000\n  > ログの名前: \
            Application  \n  > ソース: VSS  \n  > イベント ID: 8193  \n";
        let first = read(&Copied, japanese);
        assert_eq!(first.summary(), ["VSS 8229 Warning - 2019-11-12T23:04:51", "VSS 8193 Unknown - "]);
        cut_anywhere(&Copied, japanese);
        let german = "<p>Aus dem Protokoll:</p>\n<p>Protokollname: Application <br />Quelle:&nbsp;&nbsp; VSS <br />Datum:&nbsp; \
            14.09.2010 01:15:03 <br />Ereignis-ID:&nbsp; 8229 <br />Aufgabenkategorie:Integrit&auml;t <br />Ebene: Warnung <br />\
            Schl&uuml;sselw&ouml;rter: <br />Computer: sp1.**** <br />Beschreibung: <br />Ein VSS Writer hat ein Ereignis \
            zur&uuml;ckgewiesen. <br /><p>Protokollname: System <br />Quelle: disk <br />Ereignis-ID: 51 <br />Ebene: Warnung <br />";
        let second = read(&Copied, german);
        assert_eq!(second.summary(), ["VSS 8229 Warning sp1 2010-09-14T01:15:03", "disk 51 Warning - "]);
        assert_eq!(second.headless(), 1);
        assert_eq!(second.events()[0].field("category"), Some("Integrität"));
        assert_eq!(second.events()[0].body, "Ein VSS Writer hat ein Ereignis zurückgewiesen.");
        assert_eq!(recognise(german).dialect, Dialect::WindowsCopied);
        cut_anywhere(&Copied, german);
    }

    #[test]
    fn records_that_lost_their_first_lines() {
        let text = "Event ID:      24579\nTask Category: None\nLevel:         Error\nComputer:      RL27\nDescription:\nSqllib \
            error\nEvent ID: none\n\nEvent ID: 51  \nEvent Type: Warning  \nEvent Source: Disk  \nDescription: An error\nData:  \n\
            0000: 04 00 22 00 01 00 72 00  \n\nEvent ID: 57 ntfs Warning\nThe system failed to flush data.\n\n\
            Event ID 137 Microsoft-Windows-Ntfs Error\ntext\n\n> ID: 8229\\\n> Level: Warning\\\n> Source: VSS\\\n> Message: text \
            C:\\x\\\\\n\nSource: Disk\nEvent ID: 15\n";
        let read = read(&Copied, text);
        assert_eq!(
            read.summary(),
            [
                "- 24579 Error RL27 ",
                "Disk 51 Warning - ",
                "ntfs 57 Warning - ",
                "Microsoft-Windows-Ntfs 137 Error - ",
                "VSS 8229 Warning - ",
                "Disk 15 Unknown - ",
            ]
        );
        assert_eq!(read.headless(), 0);
        assert_eq!(read.events()[0].body, "Sqllib error\nEvent ID: none");
        cut_anywhere(&Copied, text);
    }

    #[test]
    fn a_language_that_is_not_known() {
        let text = "Loggnamn: Application\nKälla: VSS\nNär: 2019-11-12 23:04:51\nHändelse: 8229\nUppgift: Ingen\nNivå: Varning\n\
            Nyckelord: Klassisk\nAnvändare: -\nDator: SRV01\nBeskrivning:\nEn VSS-skrivare\n\nLoggnamn: System\nKälla: Disk\nNär: \
            2019-11-12 23:05:51\nHändelse: 51\nUppgift: Ingen\nNivå: Fel\n";
        let read = read(&Copied, text);
        assert_eq!(
            read.summary(),
            ["VSS 8229 Warning SRV01 2019-11-12T23:04:51", "Disk 51 Error - 2019-11-12T23:05:51"]
        );
        assert_eq!(read.events()[0].body, "En VSS-skrivare");
        cut_anywhere(&Copied, text);
    }

    #[test]
    fn without_line_breaks() {
        let text = "Event Type: Warning Event Source: NTDS ISAM Event Category: General Event ID: 508 Date: 3/12/2009 Time: \
            10:00:13 PM User: N/A Computer: DC01 Description: NTDS (564) took long (37 seconds) to be serviced.\nmore text\n\
            Event Type: Error Event Source: VolSnap Event ID: 25 Computer: DC01 Description: gone\n";
        let read = read(&Copied, text);
        assert_eq!(
            read.summary(),
            ["NTDS ISAM 508 Warning DC01 2009-03-12T22:00:13", "VolSnap 25 Error DC01 "]
        );
        assert_eq!(read.events()[0].field("seconds"), Some("37"));
        assert!(read.events()[0].body.ends_with("serviced.\nmore text"));
        assert_eq!(recognise(text).dialect, Dialect::WindowsCopied);
        cut_anywhere(&Copied, text);
    }

    #[test]
    fn labels_that_only_a_translator_wrote() {
        let text = "Protokollname: System\nQuelle: VSS\nDatum: 14.09.2010 01:15:03 Uhr\nEreignis-ID: 8229\nAufgabe Kategorie: \
            Keine\nStufe: Warnung\nComputer: SRV01\nBeschreibung:\nFehler: 0x800423f4\n";
        let read = read(&Copied, text);
        assert_eq!(read.summary(), ["VSS 8229 Warning SRV01 2010-09-14T01:15:03"]);
        assert_eq!(read.events()[0].body, "Fehler: 0x800423f4");
        cut_anywhere(&Copied, text);
    }

    #[test]
    fn copies_between_other_texts() {
        let text = format!(
            "{VISTA}\nLevel,Date and Time,Source,Event ID,Task Category\nError,1/21/2021 02:57:03 AM,Disk,51,None,text\n\
            Event[0]:\n  Log Name: System\n  Source: Disk\n  Event ID: 15\n  Description:\nNot ready.\n"
        );
        assert_eq!(recognise(&text).dialect, Dialect::Mixed);
        let read = read(&crate::dialect::mixed::Mixed, &text);
        assert_eq!(
            read.summary(),
            [
                "VSS 8229 Warning WS-EX19.corp.example 2021-01-21T01:57:03.000Z",
                "LGTO_Sync 1 Info WS-EX19 2021-01-21T03:57:03",
                "Disk 51 Error - 2021-01-21T02:57:03",
                "Disk 15 Unknown - ",
            ]
        );
    }

    #[test]
    fn rows_of_the_server_manager() {
        let text = "DC02\t4015\tWarning\tMicrosoft-Windows-DNS-Server-Service\tDNS Server\t2023-04-09 04:37:44 PM\nThe DNS server \
            has encountered a critical error.\n";
        let read = read(&Copied, text);
        assert_eq!(
            read.summary(),
            ["Microsoft-Windows-DNS-Server-Service 4015 Warning DC02 2023-04-09T16:37:44"]
        );
        assert_eq!(read.events()[0].field("source"), Some("dns"));
        assert_eq!(read.events()[0].body, "The DNS server has encountered a critical error.");
        cut_anywhere(&Copied, text);
    }

    #[test]
    fn what_is_not_claimed() {
        for line in [
            "Writer Name: NTDS",
            "Date: Mon, 3 Mar 2009",
            "Event Type: Backup",
            "2009-03-05 Info CBS x",
            "Event ID: 7c-x",
        ] {
            assert_eq!(Copied.claim(line), Claim::No, "{line}");
        }
        assert_eq!(Copied.claim("> Log Name: System"), Claim::Strong);
    }
}
