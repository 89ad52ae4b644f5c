//! `windows.csv`: "Save as CSV" and "Text (tab delimited)" of the Event Viewer of Vista and later.
//!
//! ```text
//! Level,Date and Time,Source,Event ID,Task Category
//! Information,10/7/2016 06:38:24 PM,Microsoft-Windows-Security-Auditing,4658,File System,The handle to an object was closed.
//! Ebene,Datum und Uhrzeit,Quelle,Ereignis-ID,Aufgabenkategorie
//! Fehler,27.10.2021 12:28:26,Microsoft-Windows-PrintService,808,Initialisierung,"Fehler beim Laden eines Plug-In-Moduls C:\x.dll, Fehlercode 0x7E."
//! ```
//!
//! The header has five names, the rows have six fields: the description has no name. Quotes stand only where the text
//! needs them; line breaks inside them are kept. Dates are local and in the locale's order. No computer, no log name.
//! A row pasted with blanks for tabs (`Error 12/6/2010 3:39:15 AM SQLVDI 1 None SQLVDI: ...`) is read as well.
//!
//! It stops where columns are named by PowerShell (`windows.powershell`) and where date and time are two columns
//! (`windows.csv-2003`).

use std::borrow::Cow;

use super::blocks::{Blocks, Layout};
use super::entry::{Entry, id};
use super::labels::{self, Label};
use super::{levels, rows, times};
use crate::base::{Dialect, Sink, Splitter};
use crate::dialect::dates;
use crate::dialect::lines::next_line;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of this dialect.
pub(super) struct Csv;

const SEPARATORS: [char; 3] = [',', ';', '\t'];
/// The separator of a row whose tabs became blanks: no byte of the text, so that nothing is taken for a quoted field.
const BLANKS: u8 = 0;

const DEFAULT: [Option<Label>; 5] =
    [Some(Label::Level), Some(Label::Date), Some(Label::Source), Some(Label::Id), Some(Label::Category)];

impl Reader for Csv {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsCsv
    }

    fn opens(&self, text: &str) -> bool {
        let Some((first, next)) = first_line(text) else { return false };
        if header(first).is_some() {
            return true;
        }
        // A header in a language that is not known: names without digits over a row of the right shape.
        let separator = SEPARATORS.into_iter().find(|separator| first.matches(*separator).count() == 4);
        let names = separator.is_some() && !first.contains(|c: char| c.is_ascii_digit());
        names && next_line(text, next).is_some_and(|(row, _)| row_separator(row, &DEFAULT).is_some())
    }

    fn claim(&self, line: &str) -> Claim {
        let line = line.trim_start_matches('\u{feff}');
        if header(line).is_some() || blank_row(line).is_some() {
            return Claim::Strong;
        }
        match row_separator(line, &DEFAULT) {
            None => Claim::No,
            Some(separator) => {
                let level = rows::head_fields(line, char::from(separator), 1).first().copied().unwrap_or("");
                if levels::severity(level).is_some() { Claim::Strong } else { Claim::Weak }
            }
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Blocks::new(Rows { columns: DEFAULT.to_vec() }))
    }
}

fn first_line(text: &str) -> Option<(&str, usize)> {
    let mut at = 0;
    while let Some((line, next)) = next_line(text, at) {
        let line = line.trim_start_matches('\u{feff}');
        if !line.trim().is_empty() {
            return Some((line, next));
        }
        at = next;
    }
    None
}

/// The columns of a header row: date, source and id must be among them.
fn header(line: &str) -> Option<Vec<Option<Label>>> {
    // No name of a column has a digit in it, nearly every row has.
    const LONGEST: usize = 1024;
    if line.len() > LONGEST || line.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    SEPARATORS.into_iter().find_map(|separator| {
        if line.matches(separator).count() < 3 {
            return None;
        }
        let columns: Vec<Option<Label>> =
            rows::head_fields(line, separator, 32).into_iter().map(labels::column).collect();
        let needed = [Label::Date, Label::Source, Label::Id];
        needed.iter().all(|label| columns.contains(&Some(*label))).then_some(columns)
    })
}

/// The separator of a row: by the date and the number that stand in their columns, whatever the language.
fn row_separator(line: &str, columns: &[Option<Label>]) -> Option<u8> {
    let place = |label| columns.iter().position(|column| *column == Some(label));
    let (date, source, number) = (place(Label::Date)?, place(Label::Source)?, place(Label::Id)?);
    let most = 1 + date.max(source).max(number);
    SEPARATORS.into_iter().find_map(|separator| {
        let fields = rows::head_fields(line, separator, most);
        let field = |place: usize| fields.get(place).copied().unwrap_or("");
        let fits = id(field(number)).is_some()
            && !field(source).trim().is_empty()
            && times::read(field(date)).is_some();
        fits.then(|| u8::try_from(separator).ok()).flatten()
    })
}

/// A row whose tabs became blanks: only the level at its beginning and the date behind it are sure.
struct BlankRow<'a> {
    level: &'a str,
    read: dates::Read,
    source: &'a str,
    id: u32,
    category: &'a str,
    rest: &'a str,
}

fn blank_row(line: &str) -> Option<BlankRow<'_>> {
    let (level, rest) = line.split_once([' ', '\t'])?;
    levels::severity(level)?;
    let rest = rest.trim_start();
    let read = dates::date_time(rest)?;
    let rest = rest.get(read.length..)?.trim_start();
    let (at, number) = id_in(rest)?;
    let source = rest.get(..at)?.trim();
    let behind = rest.get(at + number.len()..)?.trim_start();
    let (word, text) = behind.split_once([' ', '\t']).unwrap_or((behind, ""));
    let (category, rest) = if is_category(word) { (word, text) } else { ("", behind) };
    Some(BlankRow { level, read, source, id: id(number)?, category, rest })
}

/// The number behind the source: the one before a category, else the first; a source may end in a number itself.
fn id_in(text: &str) -> Option<(usize, &str)> {
    let mut first = None;
    let mut at = 0;
    let words: Vec<(usize, &str)> = text
        .split([' ', '\t'])
        .map(|word| {
            let start = at;
            at += word.len() + 1;
            (start, word)
        })
        .filter(|(_, word)| !word.is_empty())
        .take(16)
        .collect();
    for pair in words.windows(2).skip(1) {
        let [(start, word), (_, next)] = pair else { continue };
        if id(word).is_none() {
            continue;
        }
        if is_category(next) {
            return Some((*start, word));
        }
        first = first.or(Some((*start, *word)));
    }
    // The window above never looks at the second word where the source has one word only.
    let second = words.get(1).copied().filter(|(_, word)| id(word).is_some());
    second.filter(|_| words.get(2).is_none_or(|(_, next)| is_category(next))).or(first).or(second)
}

fn is_category(word: &str) -> bool {
    matches!(word, "None" | "Keine" | "なし" | "Aucun" | "Ninguno")
        || (word.starts_with('(') && word.ends_with(')'))
}

struct Rows {
    columns: Vec<Option<Label>>,
}

impl Rows {
    fn begins(&self, line: &str) -> Option<u8> {
        let line = line.trim_start_matches('\u{feff}');
        row_separator(line, &self.columns)
            .or_else(|| blank_row(line).map(|_| BLANKS))
            .or_else(|| header(line).map(|_| BLANKS))
    }

    fn entry_of<'a>(
        &self,
        fields: Vec<String>,
        separator: char,
        tail: &str,
        sink: &mut dyn Sink,
    ) -> Entry<'a> {
        let mut entry = Entry::new();
        let mut description: Option<String> = None;
        for (index, field) in fields.into_iter().enumerate() {
            match self.columns.get(index).copied().flatten() {
                Some(Label::Level | Label::Type) => entry.level = Cow::Owned(field),
                // Security logs have the audit result in the first column, under this name.
                Some(Label::Keywords) if entry.level.is_empty() && levels::severity(&field).is_some() => {
                    entry.level = Cow::Owned(field);
                }
                Some(Label::Keywords) => entry.keywords = Cow::Owned(field),
                Some(Label::Date) => entry.stamp = times::local(&field, sink),
                Some(Label::Source) => entry.provider = Some(Cow::Owned(field)),
                Some(Label::Id) => entry.id = id(&field),
                Some(Label::Category) => entry.category = Cow::Owned(field),
                Some(Label::Log) => entry.log = Cow::Owned(field),
                Some(Label::User) => entry.user = Cow::Owned(field),
                Some(Label::Computer) => entry.host = Cow::Owned(field),
                Some(Label::Description) => description = Some(field),
                Some(_) => {}
                None if index < self.columns.len() => {}
                // The column without a name, and what unquoted separators cut off it.
                None => match &mut description {
                    Some(text) => {
                        text.push(separator);
                        text.push_str(&field);
                    }
                    None => description = Some(field),
                },
            }
        }
        entry.body = Cow::Owned(rows::with_tail(description.unwrap_or_default(), tail));
        entry
    }
}

impl Layout for Rows {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsCsv
    }

    fn piece(&self, text: &str, whole: bool) -> Option<usize> {
        rows::piece(text, whole, |line| self.begins(line))
    }

    fn read<'a>(&mut self, piece: &'a str, _at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        let piece = piece.trim_start_matches('\u{feff}');
        let (line, next) = next_line(piece, 0)?;
        if let Some(separator) = row_separator(line, &self.columns) {
            let (fields, tail) = rows::parse(piece, separator);
            return Some(self.entry_of(fields, char::from(separator), tail, sink));
        }
        if let Some(columns) = header(line) {
            self.columns = columns;
            return None;
        }
        let row = blank_row(line)?;
        let mut entry = Entry::new();
        entry.level = Cow::Borrowed(row.level);
        entry.stamp = times::without_zone(row.read.cast(sink));
        entry.provider = Some(Cow::Borrowed(row.source));
        entry.id = Some(row.id);
        entry.category = Cow::Borrowed(row.category);
        entry.body = Cow::Owned(rows::with_tail(row.rest.to_owned(), piece.get(next..).unwrap_or("")));
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{cut_anywhere, read};
    use super::*;
    use crate::base::{DateOrder, Severity};
    use crate::dialect::identify::recognise;

    const ENGLISH: &str = "\u{feff}Level,Date and Time,Source,Event ID,Task Category\r\n\
        Information,10/27/2016 06:38:24 PM,LGTO_Sync,1,None,\"The description for Event ID 1 from source LGTO_Sync \
        cannot be found. Either the component that raises this event is not installed on your local computer or the \
        installation is corrupted. You can install or repair the component on the local computer.\r\n\r\nIf the event \
        originated on another computer, the display information had to be saved with the event.\r\n\r\nThe following \
        information was included with the event: \r\n\r\n\r\nThe Driver was loaded successfully \r\n\"\r\n\
        Warning,10/27/2016 06:40:02 PM,NTDS ISAM,508,General,\"NTDS (564) NTDSA: A request to write to the file \
        \"\"D:\\NTDS\\ntds.dit\"\" at offset 13631488 for 8192 bytes succeeded, but took an abnormally long time (37 \
        seconds) to be serviced by the OS.\"\r\n\
        Information,10/27/2016 06:41:00 PM,Microsoft-Windows-Security-Auditing,4658,File System\r\n";

    #[test]
    fn english_with_line_breaks() {
        let read = read(&Csv, ENGLISH);
        assert_eq!(
            read.summary(),
            [
                "LGTO_Sync 1 Info - 2016-10-27T18:38:24",
                "NTDS ISAM 508 Warning - 2016-10-27T18:40:02",
                "Microsoft-Windows-Security-Auditing 4658 Info - 2016-10-27T18:41:00",
            ]
        );
        assert_eq!(read.headless(), 1);
        let driver = read.events()[0];
        assert_eq!(driver.field("s1"), Some(""));
        assert_eq!(driver.field("s2"), Some("The Driver was loaded successfully "));
        assert_eq!(read.events()[1].field("seconds"), Some("37"));
        assert_eq!(read.events()[1].field("file"), Some("D:\\NTDS\\ntds.dit"));
        assert_eq!(read.votes, [DateOrder::Mdy; 3]);
        assert!(read.hosts.is_empty());
        assert_eq!(recognise(ENGLISH).dialect, Dialect::WindowsCsv);
        cut_anywhere(&Csv, ENGLISH);
    }

    #[test]
    fn german_semicolons_and_a_broken_quote() {
        let text = "Ebene;Datum und Uhrzeit;Quelle;Ereignis-ID;Aufgabenkategorie\n\
            Fehler;27.10.2021 12:28:26;VSS;8193;Keine;\"Volumeschattenkopie-Dienstfehler: nie geschlossen\n\
            Warnung;27.10.2021 12:29:26;VSS;8229;Keine;\"Ein VSS Writer hat ein Ereignis zurückgewiesen; Fehler 0x800423f4\"\n\
            Informationen;27.10.2021 12:30:26;VSS;8224;Keine;Der Dienst wird beendet\n";
        let read = read(&Csv, text);
        assert_eq!(
            read.summary(),
            [
                "VSS 8193 Error - 2021-10-27T12:28:26",
                "VSS 8229 Warning - 2021-10-27T12:29:26",
                "VSS 8224 Info - 2021-10-27T12:30:26",
            ]
        );
        assert!(read.events()[1].body.ends_with("0x800423f4"));
        cut_anywhere(&Csv, text);
    }

    #[test]
    fn tabs_and_unquoted_line_breaks() {
        let text = "Level\tDate and Time\tSource\tEvent ID\tTask Category\n\
            Error\t3/5/2012 1:02:03 AM\tSQLVDI\t1\tNone\tSQLVDI: Loc=SignalAbort.\nDesc=Client initiates abort.\n\
            Error\t3/5/2012 1:02:04 AM\tMSSQLSERVER\t3041\t(6)\tBACKUP failed to complete the command.\n";
        let read = read(&Csv, text);
        assert_eq!(read.events().len(), 2);
        assert_eq!(read.events()[0].body, "SQLVDI: Loc=SignalAbort.\nDesc=Client initiates abort.");
        assert_eq!(read.events()[1].field("source"), Some("mssql"));
        cut_anywhere(&Csv, text);
    }

    #[test]
    fn a_row_with_blanks_for_tabs() {
        let text = "see below\nError 12/16/2010 3:39:15 AM SQLVDI 1 None SQLVDI: Loc=SignalAbort.\n\
            Warning 12/16/2010 3:39:15 AM Windows SharePoint Services 3 8214 (807) The request could not be completed.\n";
        let read = read(&Csv, text);
        assert_eq!(
            read.summary(),
            [
                "SQLVDI 1 Error - 2010-12-16T03:39:15",
                "Windows SharePoint Services 3 8214 Warning - 2010-12-16T03:39:15"
            ]
        );
        assert_eq!(read.events()[0].body, "SQLVDI: Loc=SignalAbort.");
        assert_eq!(read.headless(), 1);
    }

    #[test]
    fn a_header_in_an_unknown_language() {
        let text =
            "Niveå,Dato og tid,Kjelde,Hending,Oppgåve\nAdvarsel,27.10.2021 12:29:26,VSS,8229,Ingen,tekst\n";
        assert!(Csv.opens(text));
        let read = read(&Csv, text);
        assert_eq!(read.summary(), ["VSS 8229 Unknown - 2021-10-27T12:29:26"]);
    }

    #[test]
    fn servicing_logs_are_no_event_lists() {
        let line = "2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack v6.1.7601.23505";
        assert_eq!(Csv.claim(line), Claim::No);
        assert_eq!(Csv.claim("Level,Date and Time,Source,Event ID,Task Category"), Claim::Strong);
        assert_eq!(Csv.claim("Fehler,27.10.2021 12:28:26,VSS,8193,Keine,\"text"), Claim::Strong);
        assert_eq!(Csv.claim("abc,27.10.2021 12:28:26,VSS,8193,Keine"), Claim::Weak);
        assert_eq!(Csv.claim("2010-12-06 03:39:15.280 Backup       Error: 3041, Severity: 16"), Claim::No);
        assert_eq!(Severity::default(), Severity::Unknown);
    }
}
