//! `windows.csv-2003`: lists saved by the Event Viewer of XP and Server 2003, comma or tab separated.
//!
//! ```text
//! 28/11/2012,11:36:22,Windows SharePoint Services 3,Error,(807),8214,N/A,FS-01,"The description for Event ID ( 8214 ) in ..."
//! 12.03.2009,22:00:13,VolSnap,Fehler,Keine,25,Nicht zutreffend,SRV01,Die Schattenkopien von Volume D: wurden ...
//! ```
//!
//! There is no header; the nine columns are date, time, source, type, category, event id, user, computer and
//! description. The category is a word or a bare number in parentheses and never the event id. A description can hold
//! bare carriage returns inside its quotes; in tab text it is not quoted at all, so that lines without a date belong to
//! the row before them (tab layout and quoting there unverified).

use std::borrow::Cow;
use std::cell::RefCell;

use super::blocks::{Blocks, Layout, PlainRow};
use super::entry::{Entry, id};
use super::{levels, missing_description, rows, times};
use crate::base::{Dialect, Sink, Splitter};
use crate::dialect::dates;
use crate::dialect::lines::next_line;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of this dialect.
pub(super) struct Csv2003;

const SEPARATORS: [char; 3] = [',', '\t', ';'];

/// What stands behind the time in a row of the plainest sort: without quotes, an id of digits.
struct Columns<'a> {
    /// From the source to the computer.
    all: &'a str,
    level: &'a str,
    user: &'a str,
    computer: &'a str,
    description: &'a str,
}

impl<'a> Columns<'a> {
    fn plain(row: &'a str) -> Option<Columns<'a>> {
        let mut fields = row.splitn(7, ',');
        let (source, level) = (fields.next()?, fields.next()?);
        let (_category, id) = (fields.next()?, fields.next()?);
        let (user, computer, description) = (fields.next()?, fields.next()?, fields.next()?);
        let is_plain = !source.trim().is_empty()
            && (1..10).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_digit())
            && memchr::memchr2(b'"', b'\r', row.as_bytes()).is_none();
        let all = row.get(..row.len() - description.len() - 1)?;
        is_plain.then_some(Columns { all, level, user, computer, description })
    }
}

/// Is it what Event Viewer writes of a user, or is the type a word that it knows?
fn is_event(level: &str, user: &str, computer: &str) -> bool {
    let user_fits = user.eq_ignore_ascii_case("n/a") || user.contains('\\');
    let named = !computer.is_empty() && !computer.contains(' ');
    named && (user_fits || levels::severity(level).is_some())
}

impl Reader for Csv2003 {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsCsv2003
    }

    fn claim(&self, line: &str) -> Claim {
        let is_event =
            match dates::usual_fields(line, b',').and_then(|read| Columns::plain(line.get(read.length..)?)) {
                Some(Columns { level, user, computer, .. }) => {
                    is_event(level.trim(), user.trim(), computer.trim())
                }
                None => {
                    let Some(separator) = row_separator(line) else { return Claim::No };
                    let fields = rows::head_fields(line, char::from(separator), 8);
                    let field = |place: usize| fields.get(place).map_or("", |field| field.trim());
                    is_event(field(3), field(6), field(7))
                }
            };
        if is_event { Claim::Strong } else { Claim::Weak }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Blocks::new(Rows::default()))
    }
}

/// A row begins with a date and a time in fields of their own, and the sixth field is a number.
fn row_separator(line: &str) -> Option<u8> {
    let line = line.trim_start_matches('\u{feff}');
    if !line.trim_start_matches('"').starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    SEPARATORS.into_iter().find_map(|separator| {
        let fields = rows::head_fields(line, separator, 6);
        let field = |place: usize| fields.get(place).map_or("", |field| field.trim());
        let fits = id(field(5)).is_some()
            && !field(2).is_empty()
            && dates::date_only(field(0)).is_some()
            && times::read(&format!("{} {}", field(0), field(1))).is_some();
        fits.then(|| u8::try_from(separator).ok()).flatten()
    })
}

/// Each line is asked for three times: where the row before it may end, where its own does, and when it is read. Two
/// answers are kept, because the line behind is asked for before the row is read.
#[derive(Default)]
struct Rows {
    answers: RefCell<[(String, Option<u8>); 2]>,
}

impl Rows {
    fn separator(&self, line: &str) -> Option<u8> {
        let mut answers = self.answers.borrow_mut();
        if let Some((_, answer)) = answers.iter().find(|(asked, _)| !line.is_empty() && asked == line) {
            return *answer;
        }
        let answer = row_separator(line);
        let [latest, before] = &mut *answers;
        std::mem::swap(latest, before);
        line.clone_into(&mut latest.0);
        latest.1 = answer;
        answer
    }
}

impl Layout for Rows {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsCsv2003
    }

    fn piece(&self, text: &str, whole: bool) -> Option<usize> {
        rows::piece(text, whole, |line| self.separator(line))
    }

    fn plain_row<'a>(&self, text: &'a str) -> Option<PlainRow<'a>> {
        let read = dates::usual_fields(text, b',')?;
        let end = memchr::memchr(b'\n', text.as_bytes())?;
        let row = text.get(read.length..end)?;
        let columns = Columns::plain(row.strip_suffix('\r').unwrap_or(row))?;
        let is_row = !missing_description::may_be(columns.description);
        is_row.then_some(PlainRow { length: end + 1, read, columns: columns.all })
    }

    fn read<'a>(&mut self, piece: &'a str, _at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        let piece = piece.trim_start_matches('\u{feff}');
        let separator = self.separator(next_line(piece, 0)?.0)?;
        let (fields, tail) = rows::parse(piece, separator);
        let mut fields = fields.into_iter();
        let mut next = || Cow::<'a, str>::Owned(fields.next().unwrap_or_default());
        let mut entry = Entry::new();
        let (date, time) = (next(), next());
        entry.stamp = times::local(&format!("{} {}", date.trim(), time.trim()), sink);
        entry.provider = Some(next());
        entry.level = next();
        entry.category = next();
        entry.id = id(&next());
        entry.user = next();
        entry.host = next();
        let description: Vec<String> = fields.collect();
        let description = description.join(char::from(separator).encode_utf8(&mut [0; 4]));
        let text = rows::with_tail(description, tail);
        entry.body = Cow::Owned(text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace('\r', "\n"));
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{cut_anywhere, read};
    use super::*;
    use crate::base::DateOrder;
    use crate::dialect::identify::recognise;

    const COMMAS: &str = "28/11/2012,11:36:22,LGTO_Sync,Information,None,1,N/A,FS-HALDEN-01,\"The description for Event ID \
        ( 1 ) in Source ( LGTO_Sync ) cannot be found. The local computer may not have the necessary registry information \
        or message DLL files to display messages from a remote computer. You may be able to use the /AUXSOURCE= flag to \
        retrieve this description; see Help and Support for details. The following information is part of the event: , The \
        Driver was loaded successfully .\"\r\n\
        28/11/2012,11:40:22,VSS,Warning,(807),8229,N/A,FS-HALDEN-01,\"A VSS writer has rejected an event with error \
        0x800423f4.\r\r\nOperation:\r   PostSnapshot Event\r\"\r\n\
        28/11/2012,11:41:00,NTDS ISAM,Warning,General,508,CORP\\backup,FS-HALDEN-01,plain text (37 seconds)\r\n";

    #[test]
    fn commas_and_bare_returns() {
        let read = read(&Csv2003, COMMAS);
        assert_eq!(
            read.summary(),
            [
                "LGTO_Sync 1 Info FS-HALDEN-01 2012-11-28T11:36:22",
                "VSS 8229 Warning FS-HALDEN-01 2012-11-28T11:40:22",
                "NTDS ISAM 508 Warning FS-HALDEN-01 2012-11-28T11:41:00",
            ]
        );
        assert_eq!(read.headless(), 0);
        let events = read.events();
        assert_eq!(events[0].field("s1"), Some(""));
        assert_eq!(events[0].field("s2"), Some("The Driver was loaded successfully "));
        assert_eq!(events[1].field("category"), Some("(807)"));
        assert!(events[1].body.ends_with("Operation:\n   PostSnapshot Event"));
        assert_eq!(events[2].field("user"), Some("CORP\\backup"));
        assert_eq!(events[2].field("seconds"), Some("37"));
        assert_eq!(read.votes, [DateOrder::Dmy; 3]);
        assert_eq!(read.hosts, ["FS-HALDEN-01"]);
        assert_eq!(recognise(COMMAS).dialect, Dialect::WindowsCsv2003);
        cut_anywhere(&Csv2003, COMMAS);
    }

    #[test]
    fn tabs_in_german() {
        let text = "12.03.2009\t22:00:13\tVolSnap\tFehler\tKeine\t25\tNicht zutreffend\tSRV01\tDie Schattenkopien von Volume D: \
            wurden gelöscht.\r\nzweite Zeile\r\n12.03.2009\t22:10:13\tDNS\tWarnung\tKeine\t4013\tNicht zutreffend\tSRV02\ttext\r\n";
        let read = read(&Csv2003, text);
        assert_eq!(
            read.summary(),
            ["VolSnap 25 Error SRV01 2009-03-12T22:00:13", "DNS 4013 Warning SRV02 2009-03-12T22:10:13"]
        );
        assert_eq!(read.events()[0].field("volume"), Some("D:"));
        assert_eq!(read.events()[0].body, "Die Schattenkopien von Volume D: wurden gelöscht.\nzweite Zeile");
        assert!(read.hosts.is_empty());
        assert_eq!(read.headless(), 0);
        cut_anywhere(&Csv2003, text);
    }

    #[test]
    fn what_is_no_row() {
        for line in [
            "2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack",
            "2010-12-06 03:39:15.280 Backup       Error: 3041, Severity: 16, State: 1.",
            "",
            "28/11/2012,11:36:22,only three",
        ] {
            assert_eq!(Csv2003.claim(line), Claim::No, "{line}");
        }
    }
}
