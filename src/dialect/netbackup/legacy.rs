//! Debug logs of NetBackup's processes (bpdm, bptm, bpbrm, bpbkar ...), one folder per process, one file per day.
//!
//! ```text
//! 14:55:05.986 [14922] <16> logERROR: cannot log message to error database, error = cannot connect on socket
//! 03:50:23.594 [3288.3396] <16> process_tapealert: TapeAlert Code: 0x16, Type: Critical
//! 8:51:14.569 AM: [1924.2304] <2> tar_base::V_vTarMsgW: FTL - Backup operation aborted!
//! <16> mpx_read_data:cannot read image from media id ABC123, drive index 6, err =234
//! ```
//!
//! In order: 6.5 on UNIX, 5.1 on Windows (thread id), a Windows client with a 12-hour clock, lines pasted without
//! time and process id. A line has no date: it comes from the name of the file ([`place`]), and the driver places
//! the stamps, which are times of day, on it. A line that `grep` printed with its file's name in front is dated by
//! that name. The body is the text behind the severity, the function's name included: the field before the colon
//! may as well be a host.
//!
//! Every line of gigabytes comes through here: the head is read from bytes and nothing is allocated.

use std::borrow::Cow;

use nom::bytes::complete::{tag_no_case, take_while, take_while_m_n};
use nom::character::complete::{one_of, u64 as number};
use nom::combinator::{map, opt, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::file_name::{self, FileName};
use super::wording;
use crate::base::stamp::{HOUR, MINUTE, SECOND};
use crate::base::{Dialect, Record, Severity, Sink, Splitter, Stamp};
use crate::dialect::dates::digit;
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Place, Reader, SourceContext};

/// The longest file name that `grep` is expected to have put in front of a line.
const LONGEST_PREFIX: usize = 300;

/// The reader of debug logs.
pub struct Legacy;

impl Reader for Legacy {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupLegacy
    }

    fn claim(&self, line: &str) -> Claim {
        let Some((head, _)) = read_head(line) else { return Claim::No };
        let text = line.get(head.length..).unwrap_or("");
        match (head.has_clock, head.pid, head.level) {
            (true, Some(_), Some(_)) => Claim::Strong,
            (false, None, Some(_)) if names_a_function(text) => Claim::Strong,
            _ => Claim::Weak,
        }
    }

    fn place(&self, path: &str) -> Place {
        file_name::place(path)
    }

    fn cuttable(&self) -> bool {
        true
    }

    fn splitter(&self, context: &SourceContext) -> Box<dyn Splitter> {
        let process = context.place.process.clone();
        Box::new(Lines::new(LegacyGrammar { process }))
    }

    /// A status or an error counts even where no pattern asks for it, and whatever number the line has.
    fn telling_words(&self) -> &'static [&'static str] {
        &wording::FAILURES
    }
}

struct LegacyGrammar {
    /// The process whose log it is, as the path tells.
    process: Option<String>,
}

impl Grammar for LegacyGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupLegacy
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let (head, prefix) = read_head(line)?;
        let text = line.get(head.length..)?;
        let mut record = Record::new(Dialect::NetbackupLegacy, text);
        record.stamp = head.stamp;
        record.pid = head.pid;
        record.severity = head.severity().max(wording::stated_severity(text));
        record.code = wording::stated_status(text).map(Cow::Borrowed);
        if let Some(name) = prefix {
            record.process = name.process.map(Cow::Borrowed);
            record.stamp = name.day.map_or(record.stamp, |day| record.stamp.on_day(day));
        }
        Some(record)
    }

    /// Of a line with a usual head, without a status and without an error nothing is kept but its time.
    #[inline(always)]
    fn skim(&mut self, line: &str, _number: u64, _sink: &mut dyn Sink) -> Option<Stamp> {
        // Only the time passes through here: a whole stamp would go through memory, for every line.
        let micros = usual_time(line.as_bytes()).or_else(|| mild_time(line.as_bytes()))?;
        Some(Stamp::Clock { micros, fraction: true })
    }

    fn reads_lines_alone(&self) -> bool {
        true
    }

    fn is_telling(&self, line: &str, at: usize) -> bool {
        wording::tells_failure(line, at)
    }

    fn finish(&mut self, record: Record<'_>, tail: &str, sink: &mut dyn Sink) {
        let mut record = record;
        if let (false, Cow::Borrowed(body)) = (tail.is_empty(), &record.body) {
            record.body = Cow::Borrowed(wording::first_paragraph(body));
        }
        if record.process.is_none() && record.head {
            record.process = self.process.as_deref().map(Cow::Borrowed);
        }
        sink.record(record);
    }
}

/// What stands before the text of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    stamp: Stamp,
    has_clock: bool,
    pid: Option<u64>,
    /// The number in `<16>`.
    level: Option<u64>,
    /// Bytes of the line up to its text.
    length: usize,
}

impl Head {
    fn severity(self) -> Severity {
        match self.level {
            Some(1 | 2) => Severity::Debug,
            Some(4) => Severity::Info,
            Some(8) => Severity::Warning,
            Some(16) => Severity::Error,
            Some(32 | 64) => Severity::Critical,
            _ => Severity::Unknown,
        }
    }
}

/// The head of a line, and the file's name where `grep` put it in front.
fn read_head(line: &str) -> Option<(Head, Option<FileName>)> {
    let bytes = line.as_bytes();
    match bytes.first()? {
        b'0'..=b'9' | b'<' | b' ' | b'\t' => whole_head(bytes).map(|head| (head, None)),
        _ => prefixed_head(bytes),
    }
}

fn prefixed_head(bytes: &[u8]) -> Option<(Head, Option<FileName>)> {
    let start = bytes.get(..bytes.len().min(LONGEST_PREFIX))?;
    memchr::memchr_iter(b':', start).find_map(|colon| {
        let rest = bytes.get(colon + 1..)?;
        let mut head = rest.first().filter(|byte| byte.is_ascii_digit()).and_then(|_| whole_head(rest))?;
        let name = file_name::read(std::str::from_utf8(bytes.get(..colon)?).ok()?);
        let known = head.pid.is_some() && (name.day.is_some() || name.process.is_some());
        head.length += colon + 1;
        known.then_some((head, Some(name)))
    })
}

/// Time, process id and severity; at least the time with one of the others, or the severity alone.
fn whole_head(bytes: &[u8]) -> Option<Head> {
    usual_head(bytes).or_else(|| any_head(bytes))
}

/// The head that nearly every line has, `14:55:05.986 [14922] <16> ` or `2:55:05.986 PM: [14922.512] <16> `, byte by
/// byte: the parsers of [`any_head`] take five times as long. What is unusual in any way is left to them.
#[inline]
fn usual_head(bytes: &[u8]) -> Option<Head> {
    let (micros, rest) = usual_clock(bytes)?;
    let (pid, rest) = short_number(rest)?;
    let rest = match rest {
        [b'.', thread @ ..] => short_number(thread)?.1,
        rest => rest,
    };
    let [b']', b' ', b'<', rest @ ..] = rest else { return None };
    let (level, rest) = short_number(rest)?;
    let [b'>', text @ ..] = rest else { return None };
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (1..=64).contains(&level).then(|| Head {
        stamp: Stamp::Clock { micros, fraction: true },
        has_clock: true,
        pid: Some(u64::from(pid)),
        level: Some(u64::from(level)),
        length: bytes.len() - text.len() + blanks,
    })
}

/// The time of day, in microseconds, of a usual head whose level has one digit, which is below an error; the numbers in
/// it are passed over.
#[inline(always)]
fn usual_time(bytes: &[u8]) -> Option<i64> {
    let (micros, rest) = usual_clock(bytes)?;
    let rest = behind_digits(rest)?;
    let rest = match rest {
        [b'.', thread @ ..] => behind_digits(thread)?,
        rest => rest,
    };
    let [b']', b' ', b'<', b'1'..=b'9', b'>', ..] = rest else { return None };
    Some(micros)
}

/// The time of day of a usual head, in microseconds, and what stands behind the bracket that follows it.
#[inline(always)]
fn usual_clock(bytes: &[u8]) -> Option<(i64, &[u8])> {
    // Only a clock of twelve hours writes an hour with one digit.
    let (seconds, rest) = match bytes {
        [hour, rest @ ..] if rest.first() == Some(&b':') => {
            let ([colon, m1, m2, other, s1, s2], rest) = rest.split_first_chunk::<6>()?;
            (clock_seconds([b'0', *hour, *colon, *m1, *m2, *other, *s1, *s2])?, rest)
        }
        _ => bytes.split_first_chunk::<8>().and_then(|(clock, rest)| Some((clock_seconds(*clock)?, rest)))?,
    };
    let ([b'.', f1, f2, f3, b' ', next], rest) = rest.split_first_chunk::<6>()? else { return None };
    let micros = i64::from(digit(*f1)? * 100 + digit(*f2)? * 10 + digit(*f3)?) * 1000;
    let (seconds, rest) = match next {
        b'[' => (seconds, rest),
        half @ (b'A' | b'P') => {
            let [b'M', b':', b' ', b'[', rest @ ..] = rest else { return None };
            let hour = seconds / 3600;
            let noon = if *half == b'P' { 12 } else { 0 };
            ((1..=12).contains(&hour).then_some(seconds - (hour - hour % 12 - noon) * 3600)?, rest)
        }
        _ => return None,
    };
    Some((seconds * SECOND + micros, rest))
}

/// The same as [`usual_time`] of any usual head below an error.
#[inline(never)]
fn mild_time(bytes: &[u8]) -> Option<i64> {
    match usual_head(bytes).filter(|head| head.severity() < Severity::Error)?.stamp {
        Stamp::Clock { micros, .. } => Some(micros),
        _ => None,
    }
}

/// What stands behind one to seven digits, where eight bytes can be looked at at once.
#[inline(always)]
fn behind_digits(bytes: &[u8]) -> Option<&[u8]> {
    let values = u64::from_le_bytes(*bytes.first_chunk::<8>()?) ^ u64::from_le_bytes(*b"00000000");
    // As in [`clock_seconds`]; what a byte that is no digit carries into the next one does not matter.
    let others = (values | values.wrapping_add(0x0606_0606_0606_0606)) & 0xf0f0_f0f0_f0f0_f0f0;
    let digits = others.trailing_zeros() as usize / 8;
    (1..8).contains(&digits).then(|| bytes.get(digits..)).flatten()
}

/// Seconds since midnight of `14:55:05`, all eight bytes at once.
#[inline(always)]
fn clock_seconds(clock: [u8; 8]) -> Option<i64> {
    // Digits become their values, colons 0; what is neither has a bit above the lowest four, before or after it is
    // raised by as much as a digit or a colon may be.
    let values = u64::from_le_bytes(clock) ^ u64::from_le_bytes(*b"00:00:00");
    let raised = values.wrapping_add(u64::from_le_bytes([6, 6, 15, 6, 6, 15, 6, 6]));
    if (values | raised) & 0xf0f0_f0f0_f0f0_f0f0 != 0 {
        return None;
    }
    // Each digit times ten and the one behind it: no byte is above 99.
    let [hour, _, _, minute, _, _, second, _] = (values * 10 + (values >> 8)).to_le_bytes().map(i64::from);
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
}

/// A number of up to nine digits, and what follows it.
#[inline(always)]
fn short_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut number = digit(*bytes.first()?)?;
    for at in 1..10 {
        match digit(*bytes.get(at)?) {
            Some(value) => number = number.wrapping_mul(10).wrapping_add(value),
            None => return Some((number, bytes.get(at..)?)),
        }
    }
    None
}

/// Any head, by parsers.
fn any_head(bytes: &[u8]) -> Option<Head> {
    let (rest, (clock, pid, level)) =
        (opt(terminated(clock, blanks)), opt(terminated(process_id, blanks)), opt(level))
            .parse(bytes)
            .ok()?;
    let fits = match (clock, pid, level) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => true,
        (None, None, Some(level)) => level.is_power_of_two() && rest.first() == Some(&b' '),
        _ => false,
    };
    let (rest, _) = blanks(rest).ok()?;
    fits.then(|| Head {
        stamp: clock.flatten().unwrap_or(Stamp::None),
        has_clock: clock.is_some(),
        pid,
        level,
        length: bytes.len() - rest.len(),
    })
}

fn blanks(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(|byte| byte == b' ' || byte == b'\t').parse(input)
}

fn digits(least: usize, most: usize) -> impl Fn(&[u8]) -> IResult<&[u8], i64> {
    move |input| {
        map(take_while_m_n(least, most, |byte: u8| byte.is_ascii_digit()), |digits: &[u8]| {
            digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
        })
        .parse(input)
    }
}

/// `14:55:05.986`, `8:51:14.569 AM:`. The inner `None`: the shape of a time that does not exist.
fn clock(input: &[u8]) -> IResult<&[u8], Option<Stamp>> {
    let (rest, _) = blanks(input)?;
    let (rest, hour) = terminated(digits(1, 2), one_of(":")).parse(rest)?;
    let (rest, minute) = terminated(digits(2, 2), one_of(":")).parse(rest)?;
    let (rest, second) = digits(2, 2)(rest)?;
    let (rest, fraction) = opt(fraction).parse(rest)?;
    let (rest, afternoon) = opt(half_of_day).parse(rest)?;
    let hour = match afternoon {
        None => Some(hour).filter(|hour| *hour < 24),
        Some(afternoon) => (1..=12).contains(&hour).then_some(hour % 12 + if afternoon { 12 } else { 0 }),
    };
    let stamp = hour.filter(|_| minute < 60 && second < 60).map(|hour| Stamp::Clock {
        micros: hour * HOUR + minute * MINUTE + second * SECOND + fraction.unwrap_or(0),
        fraction: fraction.is_some(),
    });
    Ok((rest, stamp))
}

/// `.986` in microseconds.
fn fraction(input: &[u8]) -> IResult<&[u8], i64> {
    let (rest, _) = one_of(".,").parse(input)?;
    let (rest, digits) = take_while_m_n(1, 6, |byte: u8| byte.is_ascii_digit()).parse(rest)?;
    let micros = (0..6).fold(0, |number, place| {
        number * 10 + i64::from(digits.get(place).map_or(0, |digit: &u8| digit - b'0'))
    });
    Ok((rest, micros))
}

/// ` PM:`; is it the afternoon?
fn half_of_day(input: &[u8]) -> IResult<&[u8], bool> {
    let letters = verify(one_of("AaPp"), |_| true);
    let half = terminated(letters, tag_no_case("m"));
    map(delimited(blanks, half, opt(one_of(":"))), |letter| letter.eq_ignore_ascii_case(&'p')).parse(input)
}

/// `[14922]`, `[3288.3396]`: the process id.
fn process_id(input: &[u8]) -> IResult<&[u8], u64> {
    let thread = opt(preceded(one_of(".:"), number));
    delimited(one_of("["), delimited(blanks, terminated(number, thread), blanks), one_of("]")).parse(input)
}

/// `<16>`.
fn level(input: &[u8]) -> IResult<&[u8], u64> {
    let (rest, _) = blanks(input)?;
    delimited(one_of("<"), verify(number, |level| (1..=64).contains(level)), one_of(">")).parse(rest)
}

/// Does a text without time and process id begin as those of this dialect do, with a function or a process?
fn names_a_function(text: &str) -> bool {
    let Some((name, rest)) = text.split_once(':') else { return false };
    let mixed_case = || {
        name.starts_with(|c: char| c.is_ascii_lowercase()) && name.contains(|c: char| c.is_ascii_uppercase())
    };
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'~' | b'(' | b')'))
        && (name.contains('_')
            || rest.starts_with(':')
            || mixed_case()
            || wording::distinct_process(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read, read_at};
    use super::*;

    const UNIX: &str = "\
07:17:17.311 [20637] <16> logERROR: cannot log message to error database, error = cannot connect on socket
07:17:17.311 [20637] <8> replace_disk_frag: cannot update image database to add completed fragment, error = x
07:17:17.321 [20637] <4> ddr4: /usr/openv/lib/ost-plugins/libstspiX.so:stspi_delete_image STS_EOK pathname =v/m_1267534039_C1_F3_R3:1267534039:p:4:1:: deleted
";

    const WINDOWS: &str = "\
11:59:59.318 PM: [3176.1488] <2> tar_base::V_vTarMsgW: ERR - failure reading file: E:\\ ledger.mdb (WIN32 5: Access is denied. )\r
12:00:00.002 AM: [3176.1488] <2> tar_base::V_vTarMsgW: FTL - Backup operation aborted!\r
  second line of it\r
1:07:52.318 PM: [3176.1488] <2> tar_base::V_vTarMsgW: INF - EXIT STATUS 156: snapshot error encountered\r
";

    #[test]
    fn unix_lines() {
        let log = read_at(&Legacy, "logs/bpdm/log.030210", UNIX);
        assert_eq!((log.heads(), log.headless()), (3, 0));
        let deleted = &log.records[2];
        assert_eq!(deleted.stamp.to_string(), "07:17:17.321");
        assert_eq!((deleted.pid, deleted.process.as_deref()), (Some(20637), Some("bpdm")));
        assert_eq!(deleted.severity, Severity::Info);
        assert!(deleted.body.starts_with("ddr4: /usr/openv") && deleted.body.ends_with(":: deleted"));
        assert_eq!(log.records[0].severity, Severity::Error);
        assert_eq!(log.records[1].severity, Severity::Warning);
        check_cuts(&Legacy, UNIX);
    }

    #[test]
    fn twelve_hour_clock() {
        let log = read(&Legacy, WINDOWS);
        assert_eq!((log.heads(), log.headless()), (3, 0));
        let stamps: Vec<String> = log.records.iter().map(|record| record.stamp.to_string()).collect();
        assert_eq!(stamps, ["23:59:59.318", "00:00:00.002", "13:07:52.318"]);
        assert_eq!(log.records[0].severity, Severity::Error);
        assert_eq!(log.records[1].severity, Severity::Critical);
        assert!(log.records[1].body.ends_with("aborted!\r\n  second line of it"));
        assert_eq!(log.records[2].code.as_deref(), Some("156"));
        assert_eq!(log.records[2].process, None);
        check_cuts(&Legacy, WINDOWS);
    }

    #[test]
    fn pasted_without_time() {
        let text = "\
<2> mpx_read_data:ReadFile returned FALSE, More data is available. (234);bytes =0
<16> mpx_read_data:cannot read image from media id LK0388, drive index 2, err =234
<2> bptm: EXITING with status 85 <----------
";
        let log = read(&Legacy, text);
        assert_eq!((log.heads(), log.headless()), (3, 0));
        assert!(log.records.iter().all(|record| record.stamp == Stamp::None && record.pid.is_none()));
        assert_eq!(log.records[2].code.as_deref(), Some("85"));
        assert_eq!(
            log.records[1].body,
            "mpx_read_data:cannot read image from media id LK0388, drive index 2, err =234"
        );
        check_cuts(&Legacy, text);
    }

    #[test]
    fn damaged_lines() {
        let text = "of the line before\n\
            10:11:12 [77]<2>bpcd main: x\n\
            99:11:12.000 [77] <2> bpcd main: x\n\
            10:11:12.000 [77] text without severity\n\
            10:11:12.0";
        let log = read(&Legacy, text);
        assert_eq!((log.heads(), log.headless()), (3, 1));
        assert_eq!(log.records[1].body, "bpcd main: x");
        assert!(!log.records[1].stamp.has_fraction());
        assert_eq!(log.records[2].stamp, Stamp::None);
        assert_eq!(log.records[3].severity, Severity::Unknown);
        assert!(log.records[3].body.ends_with("10:11:12.0"));
        check_cuts(&Legacy, text);
    }

    #[test]
    fn lines_behind_the_name_of_their_file() {
        let text = "/usr/openv/netbackup/logs/bpdm/log.030509:14:55:05.986 [14922] <16> logERROR: cannot log message\n\
            C:\\Program Files\\NetBackup\\logs\\bpbkar\\030509.LOG:2:51:14.569 PM: [1.2] <2> x: y\n";
        let log = read(&Legacy, text);
        assert_eq!(log.heads(), 2);
        assert_eq!(log.records[0].stamp.to_string(), "2009-03-05T14:55:05.986");
        assert_eq!(log.records[0].process.as_deref(), Some("bpdm"));
        assert_eq!(log.records[1].stamp.to_string(), "2009-03-05T14:51:14.569");
        assert_eq!(log.records[1].process.as_deref(), Some("bpbkar"));
    }

    /// The fast way gives what the parsers give.
    #[test]
    fn usual_heads() {
        let (mut seen, mut stamps) = (0, 0);
        let usual = [
            "14:55:05.986 [14922] <16> text",
            "12:55:05.986 AM: [14922.37] <16> text",
            "2:55:05.986 PM: [14922.37] <16> text",
        ];
        for (usual, at) in usual.into_iter().flat_map(|usual| (0..usual.len()).map(move |at| (usual, at))) {
            assert!(usual_head(usual.as_bytes()).is_some());
            for other in ["", "0", "9", "99999999999", ":", ".", " ", "\t", "[", "]", "<", ">", "x", "é"] {
                for end in [at, at + 1] {
                    let line = format!("{}{other}{}", &usual[..at], &usual[end..]);
                    if let Some(head) = usual_head(line.as_bytes()) {
                        assert_eq!(Some(head), any_head(line.as_bytes()), "{line}");
                        seen += 1;
                    }
                    let line = line.replace("<16>", "<2>");
                    if let Some(micros) = usual_time(line.as_bytes()) {
                        let head = any_head(line.as_bytes()).unwrap();
                        assert_eq!(Stamp::Clock { micros, fraction: true }, head.stamp, "{line}");
                        assert!(head.pid.is_some() && head.severity() < Severity::Error, "{line}");
                        stamps += 1;
                    }
                }
            }
        }
        assert!(seen > 600 && stamps > 450, "{seen} {stamps}");
    }

    #[test]
    fn what_is_claimed() {
        for line in UNIX.lines().chain(WINDOWS.lines().take(1)) {
            assert_eq!(Legacy.claim(line), Claim::Strong, "{line}");
        }
        for line in
            ["<4> db_end: Need to collect reply", "<2> tar_base::V: x", "<16> logERROR: x", "<2> bptm: y"]
        {
            assert_eq!(Legacy.claim(line), Claim::Strong, "{line}");
        }
        for line in ["<2> Note: see below", "<2> see below", "10:00:00 [5] x"] {
            assert_eq!(Legacy.claim(line), Claim::Weak, "{line}");
        }
        for line in [
            "",
            "<13>Oct 22 10:52:12 host su: x",
            "<p> text",
            "bprd[1234]: started",
            "[2024-01-15 03:45:22] INFO: job started",
            "10:11:12 text",
            "14:55:05.986 text <2> x",
            "2009-03-05T14:55:05.986Z [1] <2> x",
            "note:14:55:05.986 [14922] <16> x",
        ] {
            assert_eq!(Legacy.claim(line), Claim::No, "{line}");
        }
    }
}
