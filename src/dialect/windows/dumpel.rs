//! `windows.dumpel`: rows of dumpel (Resource Kit), and the lists of eventquery.vbs (see `eventquery`).
//!
//! ```text
//! 4/11/95<TAB>4:58:39 AM<TAB>1<TAB>0<TAB>1016<TAB>N/A<TAB>DhcpServer<TAB>EXSRV02<TAB>%%20013
//!    9/5/95 6:10:55 AM   1   0   1016    N/A DhcpServer  FILNTSRVA3  %%20013      (tabs turned into blanks)
//! ```
//!
//! The columns are date, time, event type (1 is an error here), category, event id, user, source, computer, strings.
//! Later versions put the source before the user: the one that is `N/A` or has a backslash is the user (order
//! unverified). The strings stand alone, the message is never there; they are apart only where tabs separate them.

use std::borrow::Cow;

use super::blocks::{Blocks, Layout, line_end};
use super::entry::{Entry, id};
use super::eventquery::Eventquery;
use super::{levels, rows, times};
use crate::base::{Dialect, Sink, Splitter};
use crate::dialect::lines::next_line;
use crate::dialect::{Claim, Reader, SourceContext, dates};

/// The reader of this dialect.
pub(super) struct Dumpel;

impl Reader for Dumpel {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsDumpel
    }

    fn claim(&self, line: &str) -> Claim {
        if Row::read(line).is_some() || Eventquery::default().claims(line) {
            Claim::Strong
        } else {
            Claim::No
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Blocks::new(Listing { eventquery: Eventquery::default() }))
    }
}

struct Row<'a> {
    read: dates::Read,
    event_type: u32,
    category: &'a str,
    id: u32,
    user: &'a str,
    source: &'a str,
    host: &'a str,
    strings: &'a str,
    separator: char,
}

impl<'a> Row<'a> {
    fn read(line: &'a str) -> Option<Row<'a>> {
        let line = line.trim_start();
        if !line.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        // Between date and time any separator may stand.
        let read = dates::date_time(line)?;
        let rest = line.get(read.length..)?;
        let separator = rest.chars().next().filter(|c| matches!(c, '\t' | ',' | ' '))?;
        let mut fields = Fields { rest: rest.strip_prefix(separator)?, separator };
        let event_type: u32 = fields.next()?.parse().ok()?;
        levels::typed(event_type)?;
        let category = fields.next().filter(|category| id(category).is_some())?;
        let number = id(fields.next()?)?;
        let (user, source) = fields.user_and_source()?;
        let host = fields.next().filter(|host| !host.is_empty())?;
        let strings = fields.rest;
        Some(Row { read, event_type, category, id: number, user, source, host, strings, separator })
    }

    fn into_entry(self, tail: &str, sink: &mut dyn Sink) -> Entry<'a> {
        let mut entry = Entry::new();
        entry.stamp = times::without_zone(self.read.cast(sink));
        if let Some((word, severity)) = levels::typed(self.event_type) {
            entry.level = Cow::Borrowed(word);
            entry.severity = Some(severity);
        }
        entry.category = Cow::Borrowed(self.category);
        entry.id = Some(self.id);
        entry.user = Cow::Borrowed(self.user);
        entry.provider = Some(Cow::Borrowed(self.source));
        entry.host = Cow::Borrowed(self.host);
        let text = self.strings.trim_end_matches(['\r', '\n']);
        // Blanks between strings are also blanks inside them.
        let apart = self.separator != ' ' && text.contains(self.separator);
        if apart {
            entry.strings = text.split(self.separator).map(Cow::Borrowed).collect();
        } else if !text.trim().is_empty() && !text.trim().contains(' ') {
            entry.strings = vec![Cow::Borrowed(text.trim())];
        }
        if tail.trim().is_empty() && apart {
            return entry;
        }
        entry.body = Cow::Owned(rows::with_tail(text.trim().to_owned(), tail));
        entry
    }
}

struct Fields<'a> {
    rest: &'a str,
    separator: char,
}

impl<'a> Fields<'a> {
    /// The next field; runs of blanks are one separator, tabs and commas count singly.
    fn next(&mut self) -> Option<&'a str> {
        if self.separator == ' ' {
            let rest = self.rest.trim_start();
            if rest.is_empty() {
                return None;
            }
            let (field, behind) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
            self.rest = behind;
            return Some(field);
        }
        if self.rest.is_empty() {
            return None;
        }
        let (field, behind) = self.rest.split_once(self.separator).unwrap_or((self.rest, ""));
        self.rest = behind;
        Some(field.trim())
    }

    fn user_and_source(&mut self) -> Option<(&'a str, &'a str)> {
        if self.separator == ' ' {
            return self.in_blanks();
        }
        let (one, other) = (self.next()?, self.next()?);
        match (is_user(one), is_user(other)) {
            (false, true) => Some((other, one)),
            _ => Some((one, other)),
        }
    }

    /// A source may have several words, which single blanks hold together; wide gaps were tabs.
    fn in_blanks(&mut self) -> Option<(&'a str, &'a str)> {
        let rest = self.rest.trim_start();
        let (first, behind) = rest.split_once(' ')?;
        if is_user(first) {
            let behind = behind.trim_start();
            let (source, rest) = behind.split_once("  ").or_else(|| behind.split_once(' '))?;
            self.rest = rest;
            return Some((first, source.trim()));
        }
        let user = rest.split_whitespace().find(|word| is_user(word))?;
        let at = rest.find(user)?;
        self.rest = rest.get(at + user.len()..)?;
        Some((user, rest.get(..at)?.trim()))
    }
}

fn is_user(field: &str) -> bool {
    field.eq_ignore_ascii_case("n/a") || field.contains('\\')
}

struct Listing {
    eventquery: Eventquery,
}

impl Layout for Listing {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsDumpel
    }

    fn piece(&self, text: &str, whole: bool) -> Option<usize> {
        let mut end = line_end(text, whole)?;
        if Row::read(rows::line(text, end)).is_none() {
            return Some(end);
        }
        // A string with a line break in it goes on without a date.
        while end < text.len() {
            let rest = text.get(end..)?;
            let next = line_end(rest, whole)?;
            let line = rows::line(rest, next);
            if line.trim().is_empty() || Row::read(line).is_some() || self.eventquery.claims(line) {
                return Some(end);
            }
            end += next;
        }
        whole.then_some(end)
    }

    fn read<'a>(&mut self, piece: &'a str, _at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        let (line, next) = next_line(piece, 0)?;
        match Row::read(line) {
            Some(row) => Some(row.into_entry(piece.get(next..).unwrap_or(""), sink)),
            None => self.eventquery.read(line, sink),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{cut_anywhere, read};
    use super::*;
    use crate::dialect::identify::recognise;

    #[test]
    fn tabs_blanks_and_commas() {
        let text = "4/11/95\t4:58:39 AM\t1\t0\t1016\tN/A\tDhcpServer\tEXSRV02\t%%20013\n\
            \x20  9/5/95 6:10:55 AM   1   0   1016    N/A DhcpServer  FILNTSRVA3  %%20013\n\
            4/30/2009\t4:58:39 AM\t4\t0\t1\tLGTO_Sync\tN/A\tSRV01\t\tThe Driver was loaded successfully \n\
            4/30/2009,4:58:40 AM,2,0,508,NTDS ISAM,CORP\\svc,SRV01,a,b\nsecond line\n\n";
        let read = read(&Dumpel, text);
        assert_eq!(
            read.summary(),
            [
                "DhcpServer 1016 Error EXSRV02 1995-04-11T04:58:39",
                "DhcpServer 1016 Error FILNTSRVA3 1995-09-05T06:10:55",
                "LGTO_Sync 1 Info SRV01 2009-04-30T04:58:39",
                "NTDS ISAM 508 Warning SRV01 2009-04-30T04:58:40",
            ]
        );
        assert_eq!(read.headless(), 1);
        let events = read.events();
        assert_eq!(events[0].field("source"), Some("dhcp server"));
        assert_eq!(events[0].body, "%%20013");
        assert_eq!(events[2].field("s1"), Some(""));
        assert_eq!(events[2].field("s2"), Some("The Driver was loaded successfully "));
        assert_eq!(events[3].field("user"), Some("CORP\\svc"));
        assert_eq!(events[3].body, "a,b\nsecond line");
        assert_eq!(recognise(text).dialect, Dialect::WindowsDumpel);
        cut_anywhere(&Dumpel, text);
    }

    #[test]
    fn what_is_no_row() {
        for line in [
            "03/05/2009 15:05:09 - begin",
            "4/30/2009 4:58:39 3 0 1 N/A a b c",
            "4/30/2009 4:58:39 1 0",
            "1 2 3",
        ] {
            assert_eq!(Dumpel.claim(line), Claim::No, "{line}");
        }
    }
}
