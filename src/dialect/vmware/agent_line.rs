//! The head of a line of `hostd.log`, `vpxa.log` and `vpxd.log`, which share one grammar from 3.x to 8.0 and beyond.
//!
//! ```text
//! 3.x      [2009-02-11 21:04:17.118 'TaskManager' 11529 info] Task Created : haTask-64-vim.VirtualMachine.createSnapshot-571
//! 4.x      [2012-04-16 20:35:04.594 F6417B90 info 'Vimsvc'] [Auth]: User root
//! 5.x      2013-08-12T13:48:25.650Z [6FE81B90 info 'ha-eventmgr' opID=5c1d-8] Event 8573 : The file table ...
//! 6.0-7.0  2017-01-11T19:06:25.493Z info hostd[5E080B70] [Originator@6876 sub=Vimsvc.TaskManager opID=e9 user=root] ...
//! 8.0      2024-03-26T04:31:17.959Z In(166) Hostd[2098914]: [Originator@6876 sub=Libs opID=539b sid=5237] notFound(403)
//! 9        2025-06-04T17:06:21.349Z INFO vpxd 20973 [Originator@4413 sub="ServiceAccount" opID="SvcAcct-5a"] ...
//! syslog   <166>2014-12-29T09:47:08.482Z esx1.corp.local Hostd: [32FFFB90 info 'vm:/vmfs/volumes/a/b/b.vmx'] ...
//! syslog   <164>NoneZ esx1.corp.local Hostd: 2015-06-21T00:02:08.553Z warning hostd[49580B70] [Originator@6876 sub=X] ...
//! syslog   Apr  7 17:39:16 esx1 Hostd: [2012-04-07 17:39:16.938 FFCFEE80 warning 'HostsvcPlugin'] ...
//! ```
//!
//! It stops at the text behind the head: what a record means is told in `agent`.

use super::yearless::{Yearless, yearless};
use crate::base::{Severity, Stamp};
use crate::dialect::dates;

/// The time of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// None that can be read (`NoneZ`).
    Missing,
    /// With date.
    Stamp(Stamp),
    /// Month and day without year.
    Yearless(Yearless),
}

/// What stands before the text of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    /// The innermost time.
    pub(super) when: When,
    /// The host, where syslog names it.
    pub(super) host: Option<&'a str>,
    /// The program as written (`hostd`, `Vpxa`, `vmware-hostd`).
    pub(super) program: Option<&'a str>,
    /// Process id, where the line has one (threads are not).
    pub(super) pid: Option<u64>,
    /// Thread as written.
    pub(super) thread: Option<&'a str>,
    /// Severity.
    pub(super) severity: Severity,
    /// Component (`Vimsvc.TaskManager`).
    pub(super) sub: Option<&'a str>,
    /// Operation id.
    pub(super) op_id: Option<&'a str>,
    /// Account as written.
    pub(super) user: Option<&'a str>,
    /// Everything behind.
    pub(super) text: &'a str,
    /// Is there a bracket with thread, level and component?
    pub(super) has_bracket: bool,
}

impl<'a> Head<'a> {
    fn bare(when: When, text: &'a str) -> Head<'a> {
        Head {
            when,
            host: None,
            program: None,
            pid: None,
            thread: None,
            severity: Severity::Unknown,
            sub: None,
            op_id: None,
            user: None,
            text,
            has_bracket: false,
        }
    }
}

/// Reads the head of a line.
pub(super) fn parse(line: &str) -> Option<Head<'_>> {
    usual(line).or_else(|| any(line))
}

/// The head of nearly every line from 6.0 on: no line of another layout reads as one.
fn usual(line: &str) -> Option<Head<'_>> {
    let (stamp, used) = iso(line)?;
    six(stamp, line.get(used..)?.strip_prefix(' ')?.trim_start_matches(' '))
}

fn any(line: &str) -> Option<Head<'_>> {
    if let Some(head) = classic(line) {
        return Some(head);
    }
    let (rest, has_priority) = priority(line);
    let (when, rest) = outer_stamp(rest, has_priority)?;
    let rest = rest.strip_prefix(' ')?.trim_start_matches(' ');
    if let When::Stamp(stamp) = when
        && let Some(head) = five(stamp, rest).or_else(|| six(stamp, rest))
    {
        return Some(head);
    }
    wrapped(when, rest)
}

/// `<166>`, and the version digit of RFC 5424 behind it.
fn priority(line: &str) -> (&str, bool) {
    let read = || {
        let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
        let fits = (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| rest.strip_prefix("1 ").unwrap_or(rest))
    };
    read().map_or((line, false), |rest| (rest, true))
}

fn outer_stamp(text: &str, has_priority: bool) -> Option<(When, &str)> {
    if let Some(rest) = text.strip_prefix("NoneZ").filter(|_| has_priority) {
        return Some((When::Missing, rest));
    }
    if let Some((read, used)) = yearless(text) {
        return Some((When::Yearless(read), text.get(used..)?));
    }
    let (stamp, used) = iso(text)?;
    Some((When::Stamp(stamp), text.get(used..)?))
}

/// A stamp with the year first; other layouts belong to other products.
pub(super) fn iso(text: &str) -> Option<(Stamp, usize)> {
    let digits = text.get(..5)?.as_bytes();
    let fits = digits.iter().take(4).all(u8::is_ascii_digit) && digits.last() == Some(&b'-');
    let read = dates::date_time(text).filter(|_| fits)?;
    Some((read.stamp, read.length))
}

/// 3.x and 4.x: the stamp stands inside of the bracket. A copied first line may have lost its opening bracket.
fn classic(line: &str) -> Option<Head<'_>> {
    let (inner, is_open) = line.strip_prefix('[').map_or((line, false), |inner| (inner, true));
    let (stamp, used) = iso(inner)?;
    let rest = inner.get(used..)?.strip_prefix(' ')?;
    let head = bracket(When::Stamp(stamp), rest)?;
    (is_open || !rest.starts_with('[')).then_some(head)
}

/// 5.x: the bracket without stamp.
fn five(stamp: Stamp, rest: &str) -> Option<Head<'_>> {
    bracket(When::Stamp(stamp), rest.strip_prefix('[')?)
}

/// `F6417B90 info 'Vimsvc' opID=X] text`, or in 3.x `'Vimsvc' 11529 info] text`.
fn bracket(when: When, inner: &str) -> Option<Head<'_>> {
    let mut head = Head::bare(when, "");
    head.has_bracket = true;
    let rest = if let Some(quoted) = inner.strip_prefix('\'') {
        let (sub, rest) = quoted.split_once("' ")?;
        let (thread, rest) = thread(rest)?;
        let (severity, rest) = level(rest)?;
        (head.sub, head.thread, head.severity) = (Some(sub), Some(thread), severity);
        rest
    } else {
        let (thread, rest) = thread(inner)?;
        let (severity, rest) = level(rest)?;
        let quoted = rest.strip_prefix(" '")?;
        let end = quote_end(quoted)?;
        (head.sub, head.thread, head.severity) = (quoted.get(..end), Some(thread), severity);
        quoted.get(end + 1..)?
    };
    let end = rest.find(']')?;
    attributes(rest.get(..end)?, &mut head);
    head.text = rest.get(end + 1..)?.trim_start_matches(' ');
    Some(head)
}

/// A quoted component ends where the bracket ends or goes on with an attribute: folders may hold apostrophes.
fn quote_end(quoted: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let quote = at + quoted.get(at..)?.find('\'')?;
        let after = quoted.get(quote + 1..)?;
        if after.starts_with(']') || after.starts_with(" opID=") || after.starts_with(" user=") {
            return Some(quote);
        }
        at = quote + 1;
    }
}

/// Thread: hexadecimal on hosts, decimal on Windows.
fn thread(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(' ')?;
    let fits = (3..=16).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then_some((word, rest))
}

fn level(text: &str) -> Option<(Severity, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    Some((severity(text.get(..end)?)?, text.get(end..)?))
}

/// Level words of this family, and those of syslog.
pub(super) fn severity(word: &str) -> Option<Severity> {
    Some(match word {
        "trivia" | "verbose" | "debug" | "TRIVIA" | "VERBOSE" | "DEBUG" | "Db" => Severity::Debug,
        "info" | "INFO" | "In" | "No" => Severity::Info,
        "warning" | "WARNING" | "WARN" | "warn" | "Wa" => Severity::Warning,
        "error" | "ERROR" | "Er" => Severity::Error,
        "panic" | "PANIC" | "critical" | "CRITICAL" | "FATAL" | "Cr" | "Al" | "Em" => Severity::Critical,
        _ => return None,
    })
}

/// From 6.0 on: `info hostd[5E080B70] [Originator@6876 ...] text`, `In(166) Hostd[2098914]: [Originator@...] text`,
/// `INFO vpxd 20973 [Originator@4413 ...] text`.
fn six(stamp: Stamp, rest: &str) -> Option<Head<'_>> {
    let mut head = Head::bare(When::Stamp(stamp), "");
    let (severity, after) = level(rest)?;
    head.severity = severity;
    let (after, is_syslog) = match after.strip_prefix('(') {
        Some(code) => (code.split_once(')')?.1, true),
        None => (after, false),
    };
    let after = after.strip_prefix(' ')?;
    let end = after.find(['[', ' ', ':'])?;
    head.program = after.get(..end).filter(|program| is_program(program));
    head.program?;
    let mut rest = after.get(end..)?;
    if let Some(inner) = rest.strip_prefix('[') {
        let (thread, behind) = inner.split_once(']')?;
        head.thread = Some(thread);
        rest = behind;
    } else if let Some((thread, behind)) = rest.strip_prefix(' ').and_then(|rest| rest.split_once(' '))
        && !thread.is_empty()
        && thread.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        head.thread = Some(thread);
        rest = behind;
    }
    if is_syslog {
        head.pid = head.thread.and_then(|thread| thread.parse().ok());
    }
    rest = rest.strip_prefix(':').unwrap_or(rest).trim_start_matches(' ');
    if is_syslog && let Some((level, behind)) = rest.split_once(" -[") {
        // `info -[1001392061] [Originator@...`: a second level that says more than the first.
        if let Some(severity) = self::severity(level) {
            head.severity = severity;
            rest = behind.split_once("] ")?.1;
        }
    }
    if !is_syslog && !rest.starts_with("[Originator@") && !rest.is_empty() {
        return None;
    }
    originator(rest, &mut head);
    Some(head)
}

/// `[Originator@6876 sub=S item=I opID=X sid=Y user=U] text`; the number is a constant, not an id.
fn originator<'a>(rest: &'a str, head: &mut Head<'a>) {
    head.text = rest;
    let read = || {
        let inner = rest.strip_prefix("[Originator@")?;
        let end = closing(inner)?;
        Some((inner.get(..end)?, inner.get(end + 1..)?))
    };
    if let Some((inner, text)) = read() {
        head.has_bracket = true;
        let attributes_at = inner.find(' ').unwrap_or(inner.len());
        attributes(inner.get(attributes_at..).unwrap_or(""), head);
        head.text = text.trim_start_matches(' ');
    }
}

/// Where the bracket closes: `SoapAdapter[1].HTTPService` holds one that does not.
fn closing(inner: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let end = at + inner.get(at..)?.find(']')?;
        let after = inner.get(end + 1..)?;
        if after.is_empty() || after.starts_with(' ') {
            return Some(end);
        }
        at = end + 1;
    }
}

/// ` sub=Http2Session #28 opID=X user=DOMAIN\Jane Doe`: values may hold blanks and end at the next known name.
fn attributes<'a>(text: &'a str, head: &mut Head<'a>) {
    const NAMES: [&str; 8] =
        [" sub=", " item=", " req=", " opID=", " sid=", " user=", " update=", " reason="];
    let mut found = [None; NAMES.len()];
    let mut count = 0;
    for equals in memchr::memchr_iter(b'=', text.as_bytes()) {
        let before = text.get(..=equals).unwrap_or("");
        if let Some(name) = NAMES.iter().find(|name| before.ends_with(**name))
            && found.iter().flatten().all(|(_, known)| known != name)
            && let Some(slot) = found.get_mut(count)
        {
            *slot = Some((before.len() - name.len(), *name));
            count += 1;
        }
    }
    for (index, (at, name)) in found.iter().flatten().enumerate() {
        let end = found.get(index + 1).copied().flatten().map_or(text.len(), |(next, _)| next);
        let value = text.get(at + name.len()..end).unwrap_or("").trim().trim_matches('"');
        if value.is_empty() {
            continue;
        }
        match *name {
            " sub=" => head.sub = Some(value),
            " opID=" => head.op_id = Some(value),
            " user=" => head.user = Some(value),
            _ => {}
        }
    }
}

/// Programs whose lines are read here.
pub(super) fn is_program(word: &str) -> bool {
    ["hostd", "vpxa", "vpxd", "vmware-hostd", "vmware-vpxa"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
}

/// Behind an outer stamp: `[host] [vmkwarning] Hostd[pid]: text`, where the text may be a whole line again.
fn wrapped(when: When, rest: &str) -> Option<Head<'_>> {
    let mut host = None;
    let mut rest = rest;
    // Host, a level (`In(166)`), a facility word: at most four words before the program.
    for _ in 0..4 {
        let (word, behind) = rest.split_once(' ')?;
        if let Some((program, pid, text)) = program_word(word, behind) {
            return Some(inside(when, host, program, pid, text));
        }
        if host.is_none() && !word.contains(['(', '[', ':', '=', '\'']) {
            host = Some(word);
        }
        rest = behind;
    }
    None
}

/// `Hostd:`, `vmware-hostd[9315]:`, or with RFC 5424 `vpxd 58650 - -`: program, process id and the text behind.
fn program_word<'a>(word: &'a str, behind: &'a str) -> Option<(&'a str, Option<u64>, &'a str)> {
    let (word, is_closed) = word.strip_suffix(':').map_or((word, false), |word| (word, true));
    let (path, pid) = match word.split_once('[') {
        Some((path, pid)) => (path, pid.trim_end_matches(']').parse().ok()),
        None => (word, None),
    };
    let program = path.rsplit('/').next().filter(|program| is_program(program))?;
    if is_closed {
        return Some((program, pid, behind.trim_start_matches(' ')));
    }
    let (number, marks) = behind.split_once(' ')?;
    let text = marks.strip_prefix("- - ")?;
    Some((program, number.parse().ok(), text.trim_start_matches(' ')))
}

fn inside<'a>(
    when: When,
    host: Option<&'a str>,
    program: &'a str,
    pid: Option<u64>,
    text: &'a str,
) -> Head<'a> {
    let inner = match text.strip_prefix('[') {
        Some(inner) => classic(text).or_else(|| bracket(when, inner)),
        None => iso(text).and_then(|(stamp, used)| six(stamp, text.get(used..)?.strip_prefix(' ')?)),
    };
    let mut head = inner.unwrap_or_else(|| {
        let mut head = Head::bare(when, text);
        originator(text, &mut head);
        head
    });
    head.host = host;
    head.pid = head.pid.or(pid);
    if head.program.is_none() {
        head.program = Some(program);
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(line: &str) -> String {
        let head = parse(line).unwrap_or_else(|| panic!("{line}"));
        let when = match head.when {
            When::Missing => "-".to_owned(),
            When::Stamp(stamp) => stamp.to_string(),
            When::Yearless(_) => "yearless".to_owned(),
        };
        format!(
            "{when} {} {} {:?} {} {} {} {}",
            head.host.unwrap_or("-"),
            head.program.unwrap_or("-"),
            head.severity,
            head.sub.unwrap_or("-"),
            head.op_id.unwrap_or("-"),
            head.user.unwrap_or("-"),
            head.text
        )
    }

    #[test]
    fn every_release() {
        for (line, expected) in [
            (
                "[2009-02-11 21:04:17.118 'TaskManager' 11529 info] Task Created : haTask-64-x-571",
                "2009-02-11T21:04:17.118 - - Info TaskManager - - Task Created : haTask-64-x-571",
            ),
            (
                "[2012-03-14 16:31:45.324 1C69CB90 verbose 'App' opID=C65743A5-0000024D-5c] [VpxNfcClient] Closing",
                "2012-03-14T16:31:45.324 - - Debug App C65743A5-0000024D-5c - [VpxNfcClient] Closing",
            ),
            (
                "2012-04-13 06:07:37.447 27D08B90 warning 'Libs' opID=9E1F-b1] [NFC ERROR] text",
                "2012-04-13T06:07:37.447 - - Warning Libs 9E1F-b1 - [NFC ERROR] text",
            ),
            (
                "2013-08-12T13:48:25.650Z [6FE81B90 info 'vm:/vmfs/volumes/a/it's new/n.vmx'] Event 1 : x",
                "2013-08-12T13:48:25.650Z - - Info vm:/vmfs/volumes/a/it's new/n.vmx - - Event 1 : x",
            ),
            (
                "2017-07-23T02:50:13.271Z info hostd[10DFEB70] [Originator@6876 sub=SSL SoapAdapter[1].HTTPService opID=494f-aa user=vpxuser:VSPHERE.LOCAL\\Jane Doe] New",
                "2017-07-23T02:50:13.271Z - hostd Info SSL SoapAdapter[1].HTTPService 494f-aa vpxuser:VSPHERE.LOCAL\\Jane Doe New",
            ),
            (
                "2024-03-26T04:31:17.959Z In(166) Hostd[2098914]: [Originator@6876 sub=Libs opID=539b sid=52 user=root] x",
                "2024-03-26T04:31:17.959Z - Hostd Info Libs 539b root x",
            ),
            (
                "2022-06-02T02:15:22.987Z In(166) Hostd[1001392061]: info -[1001392061] [Originator@6876 sub=Default] Supported VMs 640",
                "2022-06-02T02:15:22.987Z - Hostd Info Default - - Supported VMs 640",
            ),
            (
                "2025-06-04T17:06:21.349Z INFO vpxd 20973 [Originator@4413 sub=\"ServiceAccount\" opID=\"Svc-5a\"] up",
                "2025-06-04T17:06:21.349Z - vpxd Info ServiceAccount Svc-5a - up",
            ),
            (
                "<166>2014-12-29T09:47:08.482Z esx1.corp.local Hostd: [32FFFB90 info 'Vmsvc'] Failed",
                "2014-12-29T09:47:08.482Z esx1.corp.local Hostd Info Vmsvc - - Failed",
            ),
            (
                "<164>NoneZ esx1 Hostd: 2015-06-21T00:02:08.553Z warning hostd[49580B70] [Originator@6876 sub=H] Can't",
                "2015-06-21T00:02:08.553Z esx1 hostd Warning H - - Can't",
            ),
            (
                "<166>2015-01-22T22:31:58.616Z esx1 vmkwarning Hostd: -->          key = \"msg\",",
                "2015-01-22T22:31:58.616Z esx1 Hostd Unknown - - - -->          key = \"msg\",",
            ),
            (
                "Apr  7 17:39:16 esx1 Hostd: [2012-04-07 17:39:16.938 FFCFEE80 warning 'HostsvcPlugin'] Unable",
                "2012-04-07T17:39:16.938 esx1 Hostd Warning HostsvcPlugin - - Unable",
            ),
            (
                "Jun 21 07:48:26 esxb-11 /usr/lib/vmware/bin/vmware-hostd[9315]: Accepted password for user root",
                "yearless esxb-11 vmware-hostd Unknown - - - Accepted password for user root",
            ),
            (
                "<14>1 2021-09-06T14:40:13.289354+00:00 vc1 vpxd 58650 - -  2021-09-06T14:40:13.288Z info vpxd[1] [Originator@6876 sub=V] x",
                "2021-09-06T14:40:13.288Z vc1 vpxd Info V - - x",
            ),
        ] {
            assert_eq!(show(line), expected);
        }
    }

    #[test]
    fn other_products() {
        for line in [
            "",
            "[",
            "2024-01-31 04:26:39 INFO something happened",
            "2024-01-31T04:26:39.017Z info started",
            "2024-01-31T04:26:39Z INFO [main] com.example.App - started",
            "2024-01-31T04:26:39Z app1 sshd[12]: Accepted password",
            "2023-12-05T18:02:22.341Z In(05) vmx e0ada929 Issuing new webmks ticket",
            "--> )",
            "<166>",
            "[2012-03-14 16:31:45.324 1C69CB90",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
