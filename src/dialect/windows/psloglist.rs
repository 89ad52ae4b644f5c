//! `windows.psloglist`: the listing of psloglist.
//!
//! ```text
//! PsLoglist v2.81 - local and remote event log viewer
//! System log on \\SRV01:
//! [513] Microsoft-Windows-Kernel-General
//!    Type:     INFORMATION
//!    Computer: srv01.corp.example
//!    Time:     9/25/2020 8:36:52 AM   ID:       16
//!    User:     NT AUTHORITY\SYSTEM
//! Message text not available.  Insertion strings:
//!   49 \??\C:\Windows\AppCompat\Programs\Amcache.hve.tmp 0 0
//! ```
//!
//! The text begins at the left edge and may hold blank lines; its lines end in CR CR LF. Insertion strings are joined
//! by blanks, so their borders are lost and they are no fields. With `-s` a record is one comma-separated line: number,
//! log, source, type, computer, time, id, user, text (order unverified); the dump of `-x` is unverified as well.

use std::borrow::Cow;

use super::blocks::{Blocks, Layout, line_end};
use super::entry::{Entry, id};
use super::{data, levels, rows, times};
use crate::base::{Dialect, Sink, Splitter};
use crate::dialect::lines::next_line;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of this dialect.
pub(super) struct Psloglist;

impl Reader for Psloglist {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsPsloglist
    }

    fn claim(&self, line: &str) -> Claim {
        let strong = line.starts_with("PsLoglist v")
            || line.starts_with("PsLogList v")
            || log_line(line).is_some()
            || field(line, "Type:").is_some_and(|value| levels::severity(value).is_some())
            || time_line(line).is_some()
            || is_row(line);
        if strong {
            Claim::Strong
        } else if head(line).is_some() {
            Claim::Weak
        } else {
            Claim::No
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Blocks::new(Listing { log: String::new(), host: String::new() }))
    }
}

/// `System log on \\SRV01:`
fn log_line(line: &str) -> Option<(&str, &str)> {
    let (log, host) = line.trim_end().split_once(" log on \\\\")?;
    let host = host.strip_suffix(':')?;
    (!log.is_empty() && !host.contains(' ')).then_some((log, host))
}

/// `[513] Source`: at least three digits.
fn head(line: &str) -> Option<(u64, &str)> {
    let (number, source) = line.strip_prefix('[')?.split_once("] ")?;
    let is_number = number.len() >= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    let source = source.trim();
    (is_number && !source.is_empty() && source.len() <= 256).then_some((number.parse().ok()?, source))
}

/// The value of an indented label.
fn field<'a>(line: &'a str, label: &str) -> Option<&'a str> {
    line.strip_prefix("   ")?.strip_prefix(label).map(str::trim)
}

/// Time and id share a line.
fn time_line(line: &str) -> Option<(&str, &str)> {
    let (time, number) = field(line, "Time:")?.split_once("ID:")?;
    id(number).map(|_| (time.trim(), number.trim()))
}

/// A line of `-s`.
fn is_row(line: &str) -> bool {
    if !line.starts_with(|c: char| c.is_ascii_digit() || c == '"') {
        return false;
    }
    let fields = rows::head_fields(line, ',', 7);
    let part = |place: usize| fields.get(place).map_or("", |part| part.trim());
    id(part(0)).is_some()
        && levels::severity(part(3)).is_some()
        && id(part(6)).is_some()
        && times::read(part(5)).is_some()
}

/// Does a record begin here? A number in brackets proves nothing before its second line is seen.
fn begins(text: &str, whole: bool) -> Option<bool> {
    let first = line_end(text, whole)?;
    if head(rows::line(text, first)).is_none() {
        return Some(false);
    }
    let rest = text.get(first..)?;
    if rest.is_empty() {
        return whole.then_some(false);
    }
    let second = line_end(rest, whole)?;
    Some(field(rows::line(rest, second), "Type:").is_some())
}

struct Listing {
    log: String,
    host: String,
}

impl Layout for Listing {
    fn dialect(&self) -> Dialect {
        Dialect::WindowsPsloglist
    }

    fn piece(&self, text: &str, whole: bool) -> Option<usize> {
        let first = line_end(text, whole)?;
        let line = rows::line(text, first);
        // A block that lost its first line is one as well.
        if is_row(line) || !(begins(text, whole)? || field(line, "Type:").is_some()) {
            return Some(first);
        }
        let mut end = first;
        while end < text.len() {
            let rest = text.get(end..)?;
            let next = line_end(rest, whole)?;
            if begins(rest, whole)? || log_line(rows::line(rest, next)).is_some() {
                return Some(end);
            }
            end += next;
        }
        whole.then_some(end)
    }

    fn read<'a>(&mut self, piece: &'a str, _at: usize, sink: &mut dyn Sink) -> Option<Entry<'a>> {
        let (line, _) = next_line(piece, 0)?;
        if let Some((log, host)) = log_line(line) {
            (self.log, self.host) = (log.to_owned(), host.to_owned());
            return None;
        }
        if is_row(line) {
            return Some(row(line, sink));
        }
        let is_block = begins(piece, true) == Some(true) || field(line, "Type:").is_some();
        is_block.then(|| self.block(piece, sink))
    }
}

impl Listing {
    fn block<'a>(&self, piece: &'a str, sink: &mut dyn Sink) -> Entry<'a> {
        let mut entry = Entry::new();
        entry.log = Cow::Owned(self.log.clone());
        entry.host = Cow::Owned(self.host.clone());
        let mut body: Vec<&str> = Vec::new();
        let mut at = 0;
        while let Some((line, next)) = next_line(piece, at) {
            at = next;
            if !body.is_empty() {
                if !data::dump_line(line, &mut entry.data) {
                    body.push(line);
                }
            } else if let Some((number, source)) = head(line) {
                entry.number = Some(number);
                entry.provider = Some(Cow::Borrowed(source));
            } else if let Some(level) = field(line, "Type:") {
                entry.level = Cow::Borrowed(level);
            } else if let Some(host) = field(line, "Computer:") {
                entry.host = Cow::Borrowed(host);
            } else if let Some((time, number)) = time_line(line) {
                entry.stamp = times::local(time, sink);
                entry.id = id(number);
            } else if let Some(user) = field(line, "User:") {
                entry.user = Cow::Borrowed(user);
            } else {
                body.push(line);
            }
        }
        entry.body = Cow::Owned(body.join("\n"));
        entry
    }
}

fn row<'a>(line: &str, sink: &mut dyn Sink) -> Entry<'a> {
    let (fields, _) = rows::parse(line, b',');
    let mut fields = fields.into_iter();
    let mut next = || Cow::<'a, str>::Owned(fields.next().unwrap_or_default());
    let mut entry = Entry::new();
    entry.number = next().parse().ok();
    entry.log = next();
    entry.provider = Some(next());
    entry.level = next();
    entry.host = next();
    entry.stamp = times::local(&next(), sink);
    entry.id = id(&next());
    entry.user = next();
    entry.body = Cow::Owned(fields.collect::<Vec<_>>().join(","));
    entry
}

#[cfg(test)]
mod tests {
    use super::super::samples::{cut_anywhere, read};
    use super::*;
    use crate::dialect::identify::recognise;

    const SAMPLE: &str = "\r\nPsLoglist v2.81 - local and remote event log viewer\r\nCopyright (C) 2000-2019 Mark Russinovich\r\n\r\n\
        System log on \\\\XP-HALDEN:\r\n[7412] LGTO_Sync\r\n   Type:     INFORMATION \r\n   Computer: xp-halden.corp.example\r\n   Time:     \
        4/30/2011 9:58:25 AM   ID:       1 \r\nMessage text not available.  Insertion strings:\r\r\n\t The Driver was loaded successfully  \r\n\r\n\
        [726] Service Control Manager\r\n   Type:     ERROR \r\n   Computer: XP-HALDEN\r\n   Time:     4/30/2011 9:58:20 AM   ID:       7000 \r\n   \
        User:     XP-HALDEN\\admin\r\nThe SERTAP service failed to start due to the following error: \r\r\n%%1275\r\r\n\r\r\n[999] no record\r\n\r\n";

    #[test]
    fn the_default_listing() {
        let read = read(&Psloglist, SAMPLE);
        assert_eq!(
            read.summary(),
            [
                "LGTO_Sync 1 Info xp-halden.corp.example 2011-04-30T09:58:25",
                "Service Control Manager 7000 Error XP-HALDEN 2011-04-30T09:58:20",
            ]
        );
        assert_eq!(read.headless(), 5);
        let events = read.events();
        assert_eq!(events[0].number, Some(7412));
        assert_eq!(events[0].field("log"), Some("System"));
        assert_eq!(events[0].body, "The Driver was loaded successfully");
        assert_eq!(events[0].field("s1"), None);
        assert_eq!(events[1].field("user"), Some("XP-HALDEN\\admin"));
        assert_eq!(
            events[1].body,
            "The SERTAP service failed to start due to the following error: \n%%1275\n\n[999] no record"
        );
        assert_eq!(read.hosts, ["xp-halden.corp.example"]);
        assert_eq!(recognise(SAMPLE).dialect, Dialect::WindowsPsloglist);
        cut_anywhere(&Psloglist, SAMPLE);
    }

    #[test]
    fn one_line_each() {
        let text = "727,System,VSS,WARNING,SRV01,4/30/2021 9:58:25 AM,8229,NT AUTHORITY\\SYSTEM,A VSS writer, it says, failed\r\nnot a row\r\n";
        let read = read(&Psloglist, text);
        assert_eq!(read.summary(), ["VSS 8229 Warning SRV01 2021-04-30T09:58:25"]);
        assert_eq!(read.events()[0].body, "A VSS writer, it says, failed");
        assert_eq!(read.headless(), 1);
        cut_anywhere(&Psloglist, text);
    }

    #[test]
    fn what_is_not_claimed() {
        assert_eq!(Psloglist.claim("[14922] <8> replace_disk_frag: x"), Claim::Weak);
        assert_eq!(Psloglist.claim("   Type:     backup"), Claim::No);
        assert_eq!(Psloglist.claim("Type: Error"), Claim::No);
    }
}
