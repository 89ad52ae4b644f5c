//! The lists of eventquery.vbs (XP, Server 2003), as its script lays them out; no public sample was seen.
//!
//! ```text
//! Listing the events in 'system' log of host 'SRV01'
//! Type          Event  Date Time               Source            ComputerName
//! ------------- ------ ----------------------- ----------------- ---------------
//! error         7000   3/12/2009 10:00:13 PM   Service Control M SRV01
//! ```
//!
//! Columns have a fixed width and are cut to it; `/V` adds category, user and description. With `/FO CSV` the same
//! columns are quoted. `/FO LIST` is not read.

use std::borrow::Cow;

use super::entry::{Entry, id};
use super::{levels, rows, times};
use crate::base::Sink;

/// Widths of the columns before the description; one blank stands between them.
const WIDTHS: [usize; 7] = [13, 6, 23, 17, 15, 15, 20];

/// What the lines so far said about the list.
#[derive(Default)]
pub(super) struct Eventquery {
    log: String,
    host: String,
}

impl Eventquery {
    /// Is this a line of such a list?
    pub(super) fn claims(&self, line: &str) -> bool {
        heading(line).is_some() || is_column_line(line) || fields(line).is_some()
    }

    /// Reads a line.
    pub(super) fn read<'a>(&mut self, line: &str, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        if let Some((log, host)) = heading(line) {
            (self.log, self.host) = (log.to_owned(), host.to_owned());
            return None;
        }
        let fields = fields(line)?;
        let field = |place: usize| Cow::<'a, str>::Owned(fields.get(place).cloned().unwrap_or_default());
        let mut entry = Entry::new();
        entry.level = field(0);
        entry.id = id(&field(1));
        entry.stamp = times::local(&field(2), sink);
        entry.provider = Some(field(3));
        entry.host = if field(4).is_empty() { Cow::Owned(self.host.clone()) } else { field(4) };
        entry.category = field(5);
        entry.user = field(6);
        entry.body = field(7);
        entry.log = Cow::Owned(self.log.clone());
        Some(entry)
    }
}

fn heading(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim().strip_prefix("Listing the events in '")?;
    let (log, rest) = rest.split_once("' log of host '")?;
    Some((log, rest.trim_end_matches('.').strip_suffix('\'')?))
}

fn is_column_line(line: &str) -> bool {
    if !line.starts_with(['T', '"']) {
        return false;
    }
    let words: Vec<&str> = line.split([' ', ',', '"']).filter(|word| !word.is_empty()).collect();
    words.starts_with(&["Type", "Event", "Date", "Time", "Source"])
}

/// The columns of a row, quoted or of fixed width.
fn fields(line: &str) -> Option<Vec<String>> {
    let fields = if line.starts_with('"') { rows::parse(line, b',').0 } else { columns(line)? };
    let part = |place: usize| fields.get(place).map_or("", String::as_str);
    let fits = levels::severity(part(0)).is_some() && id(part(1)).is_some() && times::read(part(2)).is_some();
    (fits && fields.len() >= 5).then_some(fields)
}

fn columns(line: &str) -> Option<Vec<String>> {
    // Cheaper than cutting every line.
    let (word, _) = line.split_once("  ").or_else(|| line.split_once(' '))?;
    levels::severity(word)?;
    let mut rest = line;
    let mut columns = Vec::new();
    for width in WIDTHS {
        let end = rest.char_indices().nth(width).map_or(rest.len(), |(at, _)| at);
        let (column, behind) = rest.split_at(end);
        columns.push(column.trim().to_owned());
        rest = behind.strip_prefix(' ').unwrap_or("");
        if behind.is_empty() {
            break;
        }
        if rest.is_empty() && behind != " " {
            // A column that runs into the next one: no list of fixed widths.
            return None;
        }
    }
    columns.push(rest.trim().to_owned());
    (columns.len() > 5).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::super::dumpel::Dumpel;
    use super::super::samples::{cut_anywhere, read};
    use crate::base::Dialect;
    use crate::dialect::identify::recognise;

    #[test]
    fn tables_and_quoted_rows() {
        let text = "Listing the events in 'system' log of host 'SRV01'\n\
            Type          Event  Date Time               Source            ComputerName   \n\
            ------------- ------ ----------------------- ----------------- ---------------\n\
            error         7000   3/12/2009 10:00:13 PM   Service Control M SRV01          \n\
            information   1      3/12/2009 10:01:13 PM   LGTO_Sync         SRV01          \n\n\
            \"warning\",\"8229\",\"3/12/2009 10:02:13 PM\",\"VSS\",\"SRV01\",\"None\",\"N/A\",\"A VSS writer\"\n";
        let read = read(&Dumpel, text);
        assert_eq!(
            read.summary(),
            [
                "Service Control M 7000 Error SRV01 2009-03-12T22:00:13",
                "LGTO_Sync 1 Info SRV01 2009-03-12T22:01:13",
                "VSS 8229 Warning SRV01 2009-03-12T22:02:13",
            ]
        );
        assert_eq!(read.headless(), 4);
        assert_eq!(read.events()[1].field("log"), Some("system"));
        assert_eq!(read.events()[1].body, "");
        assert_eq!(read.events()[1].field("category"), None);
        assert_eq!(read.events()[2].body, "A VSS writer");
        assert_eq!(recognise(text).dialect, Dialect::WindowsDumpel);
        cut_anywhere(&Dumpel, text);
    }
}
