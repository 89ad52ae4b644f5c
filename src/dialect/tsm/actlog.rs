//! `tsm.actlog`: the server's activity log, as `query actlog` or a `SELECT` prints it.
//!
//! The console wraps messages at the width of their column, with a hyphen where a word had to be broken; the body
//! of a record is the message in one piece. A record has the fields `number` (id without severity), `node`,
//! `session_number`, `process_number`, and for messages about schedules `schedule` and `domain`. Backups of virtual
//! machines that clients report into it are put together as in the client's own logs, one run per session.
//!
//! ```text
//! 01/22/2009 06:13:05  ANR0406I Session 141 started for node SRV1 (WinNT)        (console)
//!                       (Tcp/Ip 192.0.2.4(51907)). (SESSION: 141)
//! 2018-03-01 02:00:00<TAB>ANE4954I (Session: 101638, Node: SRV1)  Total number of ...   (-tabdelimited)
//!         2007-07-25                      E     ANR2579E Schedule                (SELECT)
//!    00:30:03.000000                             INC_APP2 in domain
//! Date/Time: 03/01/2018 02:00:00                                                 (-displaymode=list, unverified)
//! ```
//!
//! The tag `(SESSION: n)` may be missing up to 5.5 (APAR IC59770). It stops at joining messages of one session.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::banner::{Banner, BannerLine};
use super::clock::{self, Clock};
use super::message::{Message, after_folded, message, vm_in_quotes};
use super::vm_backup::{Moment, RunContext, VmBackups};
use super::vm_lines::vm_lines;
use crate::base::{DateOrder, Dialect, Record, Sink, Splitter, Stamp};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Reader, SourceContext, dates};

/// The reader of activity logs.
pub(super) struct ActivityLog;

impl Reader for ActivityLog {
    fn dialect(&self) -> Dialect {
        Dialect::TsmActlog
    }

    fn claim(&self, line: &str) -> Claim {
        let text = match row(line) {
            Some(row) => row.text,
            None if is_header(line) => return Claim::Strong,
            None => listed(line.trim_start()),
        };
        match message(text) {
            Some(message) if matches!(message.prefix, "ANR" | "ANE") => Claim::Strong,
            _ => Claim::No,
        }
    }

    fn absorbs(&self) -> &'static [Dialect] {
        &[Dialect::TsmError, Dialect::TsmConsole]
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(ActivityGrammar::default()))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<ActivityGrammar>::restored(saved)
    }
}

/// The message of a list's line: `Message: ANR2017I ...`.
fn listed(line: &str) -> &str {
    line.strip_prefix("Message:").map_or(line, str::trim_start)
}

fn is_header(line: &str) -> bool {
    let mut words = line.split_whitespace();
    match words.next() {
        Some("Date/Time") => words.next() == Some("Message") && words.next().is_none(),
        Some("DATE_TIME") => line.split_whitespace().any(|word| word == "MESSAGE"),
        _ => false,
    }
}

/// The first line of a record.
struct Row<'a> {
    stamp: Stamp,
    vote: Option<DateOrder>,
    printed: &'a str,
    text: &'a str,
    /// The time stands in the next line of its column.
    time_follows: bool,
}

fn row(line: &str) -> Option<Row<'_>> {
    console_row(line).or_else(|| comma_row(line)).or_else(|| narrow_row(line)).or_else(|| list_row(line))
}

/// Date, time, text; blanks or a tab between them.
fn console_row(line: &str) -> Option<Row<'_>> {
    let head = clock::stamp(line)?;
    // A wrapped message can show a date of its own at the beginning of a line.
    if message(head.rest).is_none() && !is_gap(line, head.printed.len()) {
        return None;
    }
    Some(Row {
        stamp: head.stamp,
        vote: head.vote,
        printed: head.printed,
        text: head.rest,
        time_follows: false,
    })
}

/// `"01/22/2009 06:13:05","ANR..."`
fn comma_row(line: &str) -> Option<Row<'_>> {
    let inner = line.strip_prefix('"').unwrap_or(line);
    if !inner.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let read = dates::date_time(inner)?;
    let (printed, rest) = inner.split_at_checked(read.length)?;
    let rest = rest.strip_prefix('"').unwrap_or(rest).strip_prefix(',')?;
    let rest = rest.strip_prefix('"').unwrap_or(rest);
    message(rest)?;
    let text = rest.trim_end().trim_end_matches('"');
    Some(Row { stamp: read.stamp, vote: read.vote, printed, text, time_follows: false })
}

/// A date in a column of its own, a severity in the next, the message in the last.
fn narrow_row(line: &str) -> Option<Row<'_>> {
    let trimmed = line.trim_start();
    if !trimmed.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let read = dates::date_time(trimmed).filter(|read| is_gap(trimmed, read.length));
    let time_follows = read.is_none();
    let read = read.or_else(|| dates::date_only(trimmed))?;
    if !is_gap(trimmed, read.length) {
        return None;
    }
    let (printed, rest) = trimmed.split_at_checked(read.length)?;
    let mut text = rest.trim_start();
    if let Some((severity, behind)) = text.split_once(char::is_whitespace)
        && matches!(severity, "I" | "W" | "E" | "S" | "D")
    {
        text = behind.trim_start();
    }
    message(text)?;
    Some(Row { stamp: read.stamp, vote: read.vote, printed, text, time_follows })
}

/// Columns stand two blanks apart at least.
fn is_gap(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with("  ") || rest.starts_with('\t'))
}

/// `Date/Time: 03/01/2018 02:00:00`, the message in the next line.
fn list_row(line: &str) -> Option<Row<'_>> {
    let value = line.trim_start().strip_prefix("Date/Time:")?.trim_start();
    let head = clock::stamp(value)?;
    Some(Row {
        stamp: head.stamp,
        vote: head.vote,
        printed: head.printed,
        text: head.rest,
        time_follows: false,
    })
}

/// Clients whose virtual machines are followed at a time; the first of more is given out as it is.
const MOST_SESSIONS: usize = 64;

/// Nodes whose platform is remembered.
const MOST_NODES: usize = 4096;

#[derive(Default, Serialize, Deserialize)]
struct ActivityGrammar {
    clock: Clock,
    banner: Banner,
    /// Runs by the server's session number (or by node, where the tag is missing).
    runs: IndexMap<String, (VmBackups, Option<String>)>,
    platforms: IndexMap<String, Cow<'static, str>>,
    fulls: IndexMap<String, u64>,
}

impl Grammar for ActivityGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::TsmActlog
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        let (stamp, text, printed, kind) = if console_row(line).is_some()
            && let Some(head) = self.clock.read(line, number, sink)
        {
            (head.stamp, head.rest, head.printed, "")
        } else if let Some(row) = row(line) {
            if let Some(order) = row.vote {
                sink.date_vote(order);
            }
            let kind = if row.time_follows { TIME_FOLLOWS } else { "" };
            (row.stamp, row.text, row.printed, kind)
        } else if is_outside(line) {
            (Stamp::None, line, "", if is_header(line) { "header" } else { "" })
        } else {
            return None;
        };
        let mut record = Record::new(Dialect::TsmActlog, text);
        (record.stamp, record.kind, record.line) = (stamp, kind, Some(number));
        record.fields.push((super::sched::PRINTED, Cow::Borrowed(printed)));
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let Some(line) = record.line.take() else { return sink.record(record) };
        let mut printed = super::sched::printed(&mut record);
        let Cow::Borrowed(text) = record.body else { return sink.record(record) };
        if record.kind == TIME_FOLLOWS {
            record.kind = "";
            take_time(text, &mut record, &mut printed);
        }
        if record.kind == "header" {
            return sink.record(record);
        }
        let body = joined(text);
        let at = Moment { stamp: record.stamp, printed, line };
        if let Some(message) = message(&body) {
            record.severity = message.severity;
            record.code = Some(Cow::Owned(message.code.to_owned()));
            record.fields.extend(fields(&message).into_iter().map(|(name, value)| (name, Cow::Owned(value))));
        }
        self.banner.see(&body, None, &mut record, sink);
        // The log is the server's, whoever asked for it.
        let prompted = body.strip_prefix("tsm: ").or_else(|| body.strip_prefix("Protect: "));
        if let Some(BannerLine::Session(server)) = super::banner::banner_line(&body) {
            sink.source_host(server);
        } else if let Some((server, _)) = prompted.and_then(|rest| rest.split_once('>'))
            && !server.contains(char::is_whitespace)
            && !server.is_empty()
        {
            sink.source_host(server);
        }
        self.follow(&body, &record, &at, sink);
        record.body = Cow::Owned(body);
        sink.record(record);
    }

    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        while let Some((_, run)) = self.runs.shift_remove_index(0) {
            self.close(run, end, sink);
        }
    }
}

/// Kind that the head hands to the record's end; it never leaves this dialect.
const TIME_FOLLOWS: &str = "time-follows";

/// Lines between the records: header, ruler, prompt, messages of the administrative client.
fn is_outside(line: &str) -> bool {
    let ruler =
        line.len() >= 10 && line.bytes().all(|byte| matches!(byte, b'-' | b' ')) && line.contains("----");
    let prompt = ["tsm:", "tsm>", "Protect:", "Protect>"].iter().any(|prompt| line.starts_with(prompt));
    ruler
        || prompt && line.contains('>')
        || is_header(line)
        || message(line).is_some()
        || super::banner::banner_line(line).is_some()
}

/// The time in the first column of the second line.
fn take_time(text: &str, record: &mut Record<'_>, printed: &mut String) {
    let second = text.lines().nth(1).unwrap_or("").trim_start();
    let Some((time, fraction, used)) = dates::time_of_day(second) else { return };
    if let Stamp::Dated { zone, swappable, .. } = record.stamp
        && let Some(date) = record.stamp.naive()
    {
        let stamp = Stamp::civil(date.date().and_time(time), zone, fraction);
        record.stamp = if swappable { stamp.swappable() } else { stamp };
        printed.push(' ');
        printed.push_str(second.get(..used).unwrap_or(""));
    }
}

/// A wrapped message in one piece.
fn joined(text: &str) -> String {
    let mut pieces: Vec<&str> = text.lines().map(str::trim).filter(|piece| !piece.is_empty()).collect();
    if let Some(second) = pieces.get_mut(1) {
        *second = without_column(second);
    }
    for piece in &mut pieces {
        *piece = piece.strip_prefix("Message:").map_or(*piece, str::trim_start);
    }
    let width = pieces.iter().map(|piece| piece.chars().count()).max().unwrap_or(0);
    let mut whole = String::with_capacity(text.len());
    let mut pieces = pieces.into_iter().peekable();
    while let Some(piece) = pieces.next() {
        let Some(next) = pieces.peek() else {
            whole.push_str(piece);
            break;
        };
        // A word is broken only where the column ends; a hyphen before that is part of a name.
        let letters = |c: Option<char>| c.is_some_and(char::is_alphabetic);
        let broken = piece.strip_suffix('-').filter(|word| {
            let at_edge = piece.chars().count() + 3 >= width;
            letters(word.chars().next_back())
                && letters(next.chars().next())
                && (at_edge || is_tag(word, next))
        });
        whole.push_str(broken.unwrap_or(piece));
        if broken.is_none() && !whole.is_empty() {
            whole.push(' ');
        }
    }
    whole
}

/// Do the ends of two pieces make the tag `(SESSION:` or `(PROCESS:`?
fn is_tag(piece: &str, next: &str) -> bool {
    let start = piece.rsplit(['(', ' ']).next().unwrap_or("");
    let end = next.split(':').next().unwrap_or("");
    ["SESSION", "PROCESS"].iter().any(|tag| tag.strip_prefix(start) == Some(end))
}

/// The second line of a narrow row begins with the time of its first column.
fn without_column(line: &str) -> &str {
    let behind = dates::time_of_day(line).and_then(|(_, _, used)| line.get(used..));
    behind.filter(|rest| rest.starts_with("  ")).map_or(line, str::trim_start)
}

/// What a message says in fields.
fn fields(message: &Message<'_>) -> Vec<(&'static str, String)> {
    let text = message.text;
    let node = after_folded(text, ", node: ").and_then(|rest| rest.split([')', ',']).next());
    let node = node.or_else(|| after_folded(text, "for node ").and_then(word));
    let named = [
        ("number", Some(message.number)),
        ("rc", message.rc),
        ("vm", vm_in_quotes(text)),
        ("session_number", session_number(message)),
        ("process_number", after_folded(text, "process: ").and_then(digits)),
        ("node", node),
        ("platform", node.and_then(|node| platform_behind(text, node))),
        ("schedule", text.strip_prefix("Schedule ").and_then(word)),
        (
            "domain",
            text.strip_prefix("Schedule ").and_then(|rest| after_folded(rest, "domain ")).and_then(word),
        ),
    ];
    named.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned()))).collect()
}

/// The tag at the end, the parenthesis of a forwarded message, or the session that the message is about.
fn session_number<'a>(message: &Message<'a>) -> Option<&'a str> {
    let text = message.text;
    let tagged = after_folded(text, "(session: ").and_then(digits);
    tagged.or_else(|| text.strip_prefix("Session ").filter(|_| message.prefix == "ANR").and_then(digits))
}

fn digits(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).filter(|digits| !digits.is_empty())
}

fn word(text: &str) -> Option<&str> {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',')).unwrap_or(text.len());
    text.get(..end).map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty())
}

/// `for node SRV1 (WinNT)`: the first parenthesis behind the node is its platform, as the client gave it.
fn platform_behind<'a>(text: &'a str, node: &str) -> Option<&'a str> {
    let rest = after_folded(text, "for node ")?.strip_prefix(node)?.trim_start();
    let platform = rest.strip_prefix('(')?.split(')').next()?;
    (!platform.contains(['.', ':']) && platform.len() < 40).then_some(platform)
}

/// The platform in the words of this family.
fn platform_word(platform: &str) -> Option<&'static str> {
    let lower = platform.to_ascii_lowercase();
    [("win", "windows"), ("linux", "linux"), ("aix", "aix")]
        .iter()
        .find(|(start, _)| lower.starts_with(start))
        .map(|(_, word)| *word)
}

impl ActivityGrammar {
    /// Follows clients that back up virtual machines.
    fn follow(&mut self, body: &str, record: &Record<'_>, at: &Moment, sink: &mut dyn Sink) {
        let node = record.field("node");
        if let (Some(node), Some(platform)) = (node, record.field("platform").and_then(platform_word))
            && self.platforms.len() < MOST_NODES
        {
            self.platforms.insert(node.to_owned(), Cow::Borrowed(platform));
        }
        let key = record.field("session_number").or(node).unwrap_or("").to_owned();
        let ended = record.field("number") == Some("ANR0403");
        if ended && let Some(run) = self.runs.shift_remove(&key) {
            self.close(run, record.start, sink);
        }
        let mut says = false;
        vm_lines(body, &mut |_| says = true);
        if !says {
            return;
        }
        if !self.runs.contains_key(&key)
            && self.runs.len() >= MOST_SESSIONS
            && let Some((_, run)) = self.runs.shift_remove_index(0)
        {
            self.close(run, record.start, sink);
        }
        let (mut run, mut known) =
            self.runs.shift_remove(&key).unwrap_or_else(|| (VmBackups::new(Dialect::TsmActlog), None));
        known = known.or_else(|| node.map(str::to_owned));
        if run.ends_before(body) {
            self.close((run, known.clone()), record.start, sink);
            run = VmBackups::new(Dialect::TsmActlog);
        }
        run.see(body, at);
        self.runs.insert(key, (run, known));
    }

    fn close(&mut self, run: (VmBackups, Option<String>), offset: usize, sink: &mut dyn Sink) {
        let (mut run, node) = run;
        // The next session of a node is judged by the fulls of those before it.
        run.fulls = std::mem::take(&mut self.fulls);
        let context = RunContext {
            data_mover: node.as_deref(),
            platform: node.as_ref().and_then(|node| self.platforms.get(node)).map(Cow::as_ref),
            ..RunContext::default()
        };
        run.end(&context, offset, sink);
        self.fulls = std::mem::take(&mut run.fulls);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Collector, read};
    use super::*;

    fn actlog(text: &str) -> Collector {
        read(&ActivityLog, text)
    }

    #[test]
    fn the_console_wraps() {
        let text = "Date/Time                Message\n--------------------     --------------\n02/17/2009 20:34:38  ANR0406I \
             Session 3907 started for node SRV1 (WinNT)\n                      (Tcp/Ip 192.0.2.44(51907)). \
             (SESSIO-\n                      N: 3907)\n02/17/2009 20:34:38  ANR8334I   2 matches found.\n\nANS8002I \
             Highest return code was 0.\n";
        let found = actlog(text);
        assert_eq!((found.records.len(), found.headless()), (5, 0));
        let started = &found.records[2];
        assert_eq!(
            started.body,
            "ANR0406I Session 3907 started for node SRV1 (WinNT) (Tcp/Ip 192.0.2.44(51907)). (SESSION: 3907)"
        );
        assert_eq!((started.field("node"), started.field("platform")), (Some("SRV1"), Some("WinNT")));
        assert_eq!(started.field("session_number"), Some("3907"));
        assert_eq!(started.stamp, "2009-02-17T20:34:38");
        assert_eq!(found.records[4].code, "ANS8002I");
    }

    #[test]
    fn narrow_columns_of_a_select() {
        let text = "tsm: SRV> SELECT date_time,severity,message FROM actlog -\nWHERE message LIKE 'ANR2579E%'\n\n         \
             DATE_TIME               SEVERITY     MESSAGE\n------------------     ------------------     \
             -------------------\n        2008-11-13                      E     ANR2579E Schedule\n   \
             01:02:19.000000                             NIGHT-KD_FILE9 in\n                                               \
             domain WS for node\n                                               SRV6\n                                               \
             failed (return\n                                               code 1).(SESSIO-\n                                               \
             N: 418751)\n";
        let found = actlog(text);
        let event = found.records.last().unwrap();
        assert_eq!(
            event.body,
            "ANR2579E Schedule NIGHT-KD_FILE9 in domain WS for node SRV6 failed (return code 1).(SESSION: 418751)"
        );
        assert_eq!(event.stamp, "2008-11-13T01:02:19.000");
        for (field, value) in
            [("schedule", "NIGHT-KD_FILE9"), ("domain", "WS"), ("node", "SRV6"), ("session_number", "418751")]
        {
            assert_eq!(event.field(field), Some(value), "{field}");
        }
        assert_eq!((found.records.len(), found.headless()), (4, 0));
    }

    #[test]
    fn delimited_and_list() {
        let text = "2018-03-13 02:00:00\tANE4954I (Session: 101638, Node: SRV1)  Total number of objects backed up: \
             637  (SESSION: 101638)\n\"03/13/2018 02:00:01\",\"ANR2034E SELECT: No match found, sorry.\"\nDate/Time: \
             03/13/2018 02:00:02\n  Message: ANR9999D_0756002150 Thread<44>: bad.\n\u{fffd}\n";
        let found = actlog(text);
        assert_eq!((found.records.len(), found.headless()), (3, 0));
        assert_eq!(
            (found.records[0].field("node"), found.records[0].code.as_str()),
            (Some("SRV1"), "ANE4954I")
        );
        assert_eq!(found.records[1].body, "ANR2034E SELECT: No match found, sorry.");
        assert_eq!(found.records[2].code, "ANR9999D_0756002150");
        assert_eq!(found.records[2].field("number"), Some("ANR9999"));
    }

    #[test]
    fn virtual_machines_of_two_sessions() {
        let line = |time: &str, session: u32, node: &str, text: &str| {
            format!(
                "2013-02-13 {time}\tANE4147I (Session: {session}, Node: {node})  {text} (SESSION: {session})\n"
            )
        };
        let text = [
            "2013-02-13 21:59:00\tANR0406I Session 7 started for node DM1 (Linux x86-64) (Tcp/Ip x).\n"
                .to_owned(),
            line(
                "22:00:00",
                7,
                "DM1",
                "Starting Full VM backup of VMware Virtual Machine 'db1' mode: 'IFIncremental'",
            ),
            line("22:00:01", 8, "DM2", "Starting Full VM backup of VMware Virtual Machine 'web'"),
            line("22:10:00", 7, "DM1", "Successful Full VM backup of VMware Virtual Machine 'db1'"),
            "2013-02-13 22:11:00\tANR0403I Session 7 ended for node DM1 (Linux x86-64). (SESSION: 7)\n"
                .to_owned(),
        ];
        let found = actlog(&text.concat());
        let told: Vec<_> = found
            .derived("vm-backup")
            .iter()
            .map(|vm| {
                ["vm", "method", "result", "data_mover"].map(|name| vm.field(name).unwrap_or("-").to_owned())
            })
            .collect();
        assert_eq!(told, [["db1", "block-level", "success", "DM1"], ["web", "unknown", "unknown", "DM2"]]);
        let mover = found.derived("data-mover")[0];
        assert_eq!((mover.field("node"), mover.field("platform")), (Some("DM1"), Some("linux")));
    }

    #[test]
    fn whose_line_it_is() {
        for (line, claim) in [
            ("02/17/2009 20:34:38  ANR0407I Session 3907 started for", Claim::Strong),
            ("ANR2034E SELECT: No match found", Claim::Strong),
            ("        2008-11-13                      I     ANR2507I Schedule", Claim::Strong),
            ("Date/Time                Message", Claim::Strong),
            ("02/17/2009 20:34:38 ANS1228E Sending", Claim::No),
            ("(message LIKE 'ANR2507I%' OR", Claim::No),
            ("     Message: ANR2017I Administrator ADMIN issued command: QUERY ACTLOG", Claim::Strong),
            ("Message: from ANR", Claim::No),
        ] {
            assert_eq!(ActivityLog.claim(line), claim, "{line}");
        }
    }
}
