//! `windows.powershell`: `Get-WinEvent` and `Get-EventLog` as CSV, JSON, list and table.
//!
//! ```text
//! "Message","Id","Version","Qualifiers","Level",...,"TimeCreated",...        (Export-Csv; the message spans lines)
//! "TimeCreated":  "\/Date(1595374458918)\/",                                 (ConvertTo-Json, Windows PowerShell)
//! InstanceId         : 1073748864                                            (Format-List, wrapped at the width)
//!    31568 Sep 05 12:18  Information Service Control M...   1073748864 The start type of the Background ...
//!    ProviderName: WLMS
//! 12/21/2020 4:23:47 AM          100 Information
//! ```
//!
//! Instance ids are reduced to event ids. The table of `Get-EventLog` has neither year nor seconds: its records have no
//! stamp, what it prints is in the field `time`. The provider of a `Get-WinEvent` table is the heading above it.
//! Columns are taken by name only, in any selection and order. JSON of other tools is read where it names the same
//! things (`system.event_id`, `Event.System.EventID`). The order of the properties in a list is unverified.

use super::blocks::{Blocks, Layout, line_end};
use super::entry::Entry;
use super::powershell_json as json;
use super::powershell_text::{self as shown, List};
use super::properties::{Known, Properties, known, may_hold};
use super::rows::{self, RowEnd, row_end};
use crate::base::{Dialect, NoticeCode, Sink, Splitter};
use crate::dialect::lines::next_line;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of this dialect.
pub(super) struct Powershell;

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
const TYPE_LINE: &str = "#TYPE System.Diagnostics.Event";

impl Reader for Powershell {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsPowershell
    }

    fn opens(&self, text: &str) -> bool {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let first = next_line(text, 0).map_or("", |(line, _)| line);
        first.starts_with(TYPE_LINE) || header(first).is_some() || json::opens(text)
    }

    fn claim(&self, line: &str) -> Claim {
        let line = line.trim_start_matches('\u{feff}');
        if line.starts_with(TYPE_LINE) || header(line).is_some() || shown::is_heading(line) {
            return Claim::Strong;
        }
        if line.starts_with('{') && json::opens(line) {
            return Claim::Strong;
        }
        match shown::property(line).map(|property| known(property.name)) {
            Some(Some(Known::Telling)) => return Claim::Strong,
            Some(Some(Known::Plain)) => return Claim::Weak,
            _ => {}
        }
        if shown::event_log_row(line).is_some() {
            Claim::Strong
        } else if shown::win_event_row(line).is_some() {
            Claim::Weak
        } else {
            Claim::No
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Blocks::new(Output { columns: None, heading: String::new() }))
    }
}

/// The separator and the column names of a header row.
fn header(line: &str) -> Option<(u8, Vec<String>)> {
    // The longest header names 27 properties.
    const LONGEST: usize = 2048;
    const MOST_NAMES: usize = 64;
    let has_separator = memchr::memchr3(b',', b';', b'\t', line.as_bytes()).is_some();
    if line.len() > LONGEST || !has_separator || !may_hold(line) {
        return None;
    }
    SEPARATORS.into_iter().find_map(|separator| {
        if !line.as_bytes().contains(&separator) {
            return None;
        }
        // Cheaper than a whole reader for every line of every text.
        let wanted = ["id", "eventid", "instanceid", "message"];
        let fields = rows::head_fields(line, char::from(separator), MOST_NAMES);
        let is_wanted = |field: &&str| wanted.iter().any(|name| field.trim().eq_ignore_ascii_case(name));
        if !fields.iter().any(|field| is_wanted(&field.trim_matches(['"', '\u{feff}']))) {
            return None;
        }
        let (names, _) = rows::parse(line, separator);
        let kinds: Vec<Known> = names.iter().filter_map(|name| known(name)).collect();
        // Calculated columns may stand among them.
        let most = kinds.len() * 2 > names.len();
        let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&name.to_lowercase().as_str()));
        let numbered = has(&["id", "eventid", "instanceid"]);
        let told = kinds.contains(&Known::Telling) && (numbered || has(&["message"]));
        (most && told).then_some((separator, names))
    })
}

/// What kind of text a piece begins with.
enum Form {
    Json,
    Row(u8),
    List,
    Table,
    Line,
}

struct Output {
    columns: Option<(u8, Vec<String>)>,
    /// The provider that stands above a table.
    heading: String,
}

impl Output {
    fn form(&self, text: &str, line: &str) -> Form {
        if json::begins(text, true) == Some(true) {
            return Form::Json;
        }
        if line.starts_with("#TYPE") || header(line).is_some() {
            return Form::Line;
        }
        if let Some((separator, _)) = &self.columns {
            return Form::Row(*separator);
        }
        if shown::property(line).is_some_and(|property| known(property.name).is_some()) {
            return Form::List;
        }
        if shown::event_log_row(line).is_some() || shown::win_event_row(line).is_some() {
            return Form::Table;
        }
        Form::Line
    }

    /// The piece of a form that goes by lines.
    fn line_piece(&self, text: &str, whole: bool) -> Option<usize> {
        let first = line_end(text, whole)?;
        let line = rows::line(text, first).trim_start_matches('\u{feff}');
        match self.form(text, line) {
            Form::Json => json::piece(text, whole),
            Form::Row(separator) => match row_end(text, separator, whole) {
                RowEnd::At(end) => Some(end),
                RowEnd::Broken => Some(first),
                RowEnd::Open => None,
            },
            Form::List => List::piece(text, whole),
            Form::Table => shown::table_piece(text, whole),
            Form::Line => Some(first),
        }
    }

    fn row<'a>(&self, piece: &str, at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        let (separator, names) = self.columns.as_ref()?;
        let (fields, _) = rows::parse(piece, *separator);
        if fields.iter().all(|field| field.trim().is_empty()) {
            return None;
        }
        let mut properties = Properties::default();
        for (name, value) in names.iter().zip(&fields) {
            properties.set(name, value);
        }
        let entry = (fields.len() == names.len()).then(|| properties.into_entry(sink)).flatten();
        if entry.is_none() {
            let detail = format!("{} fields where the header has {}", fields.len(), names.len());
            sink.notice(NoticeCode::DamagedRecord, at, detail);
        }
        entry
    }
}

impl Layout for Output {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsPowershell
    }

    fn piece(&self, text: &str, whole: bool) -> Option<usize> {
        if !json::begins(text, whole)? {
            // What could stand between objects and does not is one piece: it was looked at as one.
            return json::idle(text).or_else(|| self.line_piece(text, whole));
        }
        json::piece(text, whole)
    }

    fn read<'a>(&mut self, piece: &'a str, at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        let piece = piece.trim_start_matches('\u{feff}');
        let (line, _) = next_line(piece, 0)?;
        match self.form(piece, line) {
            Form::Json => json::event(piece, at, sink),
            Form::Row(_) => self.row(piece, at, sink),
            Form::List => List::event(piece, sink),
            Form::Table => shown::table_event(piece, &self.heading, sink),
            Form::Line => {
                if let Some(columns) = header(line) {
                    self.columns = Some(columns);
                } else if let Some(provider) = shown::provider_heading(line) {
                    provider.clone_into(&mut self.heading);
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{cut_anywhere, read};
    use super::*;
    use crate::dialect::identify::recognise;

    #[test]
    fn export_csv_with_the_message_first() {
        let text = "#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\r\n\"Message\",\"Id\",\"Version\",\"Qualifiers\",\"Level\",\
            \"RecordId\",\"ProviderName\",\"LogName\",\"MachineName\",\"TimeCreated\",\"LevelDisplayName\",\"TaskDisplayName\",\"Properties\"\r\n\
            \"A VSS writer has rejected an event with error 0x800423f4.\r\n\r\nContext:\r\n   Writer Name: \"\"NTDS\"\"\",\"8229\",,\"0\",\"3\",\"4711\",\
            \"VSS\",\"Application\",\"DC01.corp.example\",\"5/31/2026 4:36:21 PM\",\"Warnung\",\"Process terminated\",\"System.Collections.Generic.List`1[x]\"\r\n\
            \"broken,\"1\"\r\n\
            \"The Driver was loaded successfully\",\"1\",,\"16388\",\"4\",\"4712\",\"LGTO_Sync\",\"System\",\"DC01.corp.example\",\"5/31/2026 4:37:21 PM\",\
            \"Information\",,\"x\"\r\n";
        let read = read(&Powershell, text);
        assert_eq!(
            read.summary(),
            [
                "VSS 8229 Warning DC01.corp.example 2026-05-31T16:36:21",
                "LGTO_Sync 1 Info DC01.corp.example 2026-05-31T16:37:21"
            ]
        );
        assert_eq!(read.headless(), 3);
        assert_eq!(read.notices.len(), 1);
        assert!(read.events()[0].body.ends_with("Writer Name: \"NTDS\""));
        assert_eq!(read.events()[0].number, Some(4711));
        assert_eq!(read.events()[0].field("s1"), None);
        assert_eq!(recognise(text).dialect, Dialect::WindowsPowershell);
        cut_anywhere(&Powershell, text);
        let selected = "TimeCreated;Id;LevelDisplayName;Message\n31.01.2024 4:26:39;508;Warnung;\"NTDS (564) NTDSA: (37 Sekunden)\"\n";
        let second = super::super::samples::read(&Powershell, selected);
        assert_eq!(second.summary(), ["- 508 Warning - 2024-01-31T04:26:39"]);
        assert_eq!(recognise(selected).dialect, Dialect::WindowsPowershell);
    }

    #[test]
    fn json_of_several_tools() {
        let text = "[\n    {\n        \"Id\":  8229,\n        \"Level\":  3,\n        \"RecordId\":  4171,\n        \"ProviderName\":  \"VSS\",\n        \
            \"LogName\":  \"Application\",\n        \"MachineName\":  \"DC01\",\n        \"TimeCreated\":  \"\\/Date(1585689191585)\\/\",\n        \
            \"Properties\":  [\n                          \"System.Diagnostics.Eventing.Reader.EventProperty\"\n                      ],\n        \
            \"Message\":  \"error \\u0027x\\u0027 } {\"\n    },\n    {\n        \"Id\":  1,\n        broken\n    {\n        \"Id\":  1,\n        \"ProviderName\":  \
            \"LGTO_Sync\",\n        \"TimeCreated\":  \"2020-03-31T23:13:11.5851234+02:00\"\n    }\n]\n";
        let first = read(&Powershell, text);
        assert_eq!(
            first.summary(),
            [
                "VSS 8229 Warning DC01 2020-03-31T21:13:11.585Z",
                "LGTO_Sync 1 Unknown - 2020-03-31T23:13:11.585123+02:00"
            ]
        );
        assert_eq!(first.headless(), 1);
        assert_eq!(first.notices.len(), 1);
        assert_eq!(first.events()[0].body, "error 'x' } {");
        assert_eq!(recognise(text).dialect, Dialect::WindowsPowershell);
        cut_anywhere(&Powershell, text);
        let others = "{\"Event\":{\"#attributes\":{\"xmlns\":\"x\"},\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"LGTO_Sync\"}},\"EventID\":\
            {\"#attributes\":{\"Qualifiers\":16388},\"#text\":1},\"Level\":4,\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"2016-07-15 18:56:08.657\"}},\
            \"EventRecordID\":12,\"Channel\":\"System\",\"Computer\":\"XP1\"},\"EventData\":{\"Data\":{\"#text\":[\"\",\"The Driver was loaded successfully \"]},\
            \"Binary\":\"0B00\"}}}\n{\"system.event_id\": 1, \"system.provider_name\": \"LGTO_Sync\", \"system.computer\": \"XP1\", \"system.channel\": \"System\", \
            \"event_data.Data_0\": \"\", \"event_data.Data_1\": \"The Driver was loaded successfully \"}\n";
        let second = read(&Powershell, others);
        assert_eq!(
            second.summary(),
            ["LGTO_Sync 1 Info XP1 2016-07-15T18:56:08.657Z", "LGTO_Sync 1 Unknown XP1 "]
        );
        for event in second.events() {
            assert_eq!(event.field("s1"), Some(""));
            assert_eq!(event.field("s2"), Some("The Driver was loaded successfully "));
        }
        assert_eq!(second.events()[0].field("data"), Some("0b00"));
        assert_eq!(recognise(others).dialect, Dialect::WindowsPowershell);
        cut_anywhere(&Powershell, others);
    }

    #[test]
    fn wrapped_lists() {
        let text = "\nEntryType          : Warning\nInstanceId         : 508\nMessage            : NTDS (564) NTDSA: A request to write to the file \"D:\\\n                     \
            NTDS\\ntds.dit\" took long (37 seconds)\n\n                     after the fact\nSource             : NTDS ISAM\nTimeGenerated      : \
            30.08.2023 7:34:54\nData               : {11, 0, 0, 0}\n\nIndex              : 7302\nEntryType          : Information\nInstanceId         : 1074003969\n\
            ReplacementStrings : {, The Driver was loaded successfully }\nSource             : LGTO_Sync\nMachineName        : DC01\nTimeGenerated      : 30.08.2023 7:35:54\n\n\
            PS C:\\> next\n";
        let read = read(&Powershell, text);
        assert_eq!(
            read.summary(),
            ["NTDS ISAM 508 Warning - 2023-08-30T07:34:54", "LGTO_Sync 1 Info DC01 2023-08-30T07:35:54"]
        );
        assert_eq!(read.headless(), 2);
        let stall = read.events()[0];
        assert_eq!(stall.field("seconds"), Some("37"));
        assert_eq!(stall.field("file"), Some("D:\\NTDS\\ntds.dit"));
        assert_eq!(stall.field("data"), Some("0b000000"));
        assert!(stall.body.ends_with("after the fact"));
        let driver = read.events()[1];
        assert_eq!(driver.number, Some(7302));
        assert_eq!(driver.field("s1"), Some(""));
        assert_eq!(driver.field("s2"), Some("The Driver was loaded successfully "));
        assert_eq!(recognise(text).dialect, Dialect::WindowsPowershell);
        cut_anywhere(&Powershell, text);
    }

    #[test]
    fn tables() {
        let text = "   Index Time          EntryType   Source                 InstanceID Message\n   ----- ----          ---------   ------                 \
            ---------- -------\n   31568 Sep 05 12:18  Information Service Control M...   1073748864 The start type of the service was changed.\n   \
            62006 май 21 22:02  SuccessA... LGTO_Sync              1074003969 The Driver was...\n\n   ProviderName: WLMS\n\nTimeCreated                     Id \
            LevelDisplayName Message\n-----------                     -- ---------------- -------\n12/21/2020 4:23:47 AM          100 Information\n\
            12/21/2020 4:24:47 AM          101 Error            The text...\n";
        let read = read(&Powershell, text);
        assert_eq!(
            read.summary(),
            [
                "Service Control M... 7040 Info - ",
                "LGTO_Sync 1 Info - ",
                "WLMS 100 Info - 2020-12-21T04:23:47",
                "WLMS 101 Error - 2020-12-21T04:24:47",
            ]
        );
        assert_eq!(read.events()[0].field("time"), Some("Sep 05 12:18"));
        assert_eq!(read.events()[1].number, Some(62006));
        assert_eq!(read.headless(), 7);
        assert_eq!(recognise(text).dialect, Dialect::WindowsPowershell);
        cut_anywhere(&Powershell, text);
    }

    #[test]
    fn other_lists_are_not_claimed() {
        for line in [
            "Name : x",
            "Status    : ok",
            "{\"Id\": 5}",
            "a,b,c",
            "Id,Name,Message",
            "Level,Date and Time,Source,Event ID,Task Category",
        ] {
            assert_eq!(Powershell.claim(line), Claim::No, "{line}");
        }
        assert_eq!(Powershell.claim("Message : x"), Claim::Weak);
    }
}
