//! Date and time layouts that several products share.
//!
//! Whether 03/05 is March or May is not a question for one line: a date that reads both ways is read month first
//! (or as the user said) and marked; the driver turns all marked stamps of a source over once its votes are in.

mod usual;

pub use usual::digit;

use chrono::{NaiveDate, NaiveTime, Timelike};

use crate::base::{DateOrder, Sink, Stamp, Zone};

/// A stamp read from the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The stamp.
    pub stamp: Stamp,
    /// What this date shows about the order of day and month in its source.
    pub vote: Option<DateOrder>,
    /// Number of bytes read.
    pub length: usize,
}

impl Read {
    /// Passes the vote on and returns the stamp.
    pub fn cast(self, sink: &mut dyn Sink) -> Stamp {
        if let Some(order) = self.vote {
            sink.date_vote(order);
        }
        self.stamp
    }
}

/// A date read from the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ReadDate {
    date: NaiveDate,
    swappable: bool,
    vote: Option<DateOrder>,
    length: usize,
}

/// Reads a date and a time of day, in any of these layouts, at the beginning of `text`:
///
/// - `03/05/2009 15:05:09`, `3/5/2009 3:05:09 PM`, `07/16/16 17:53:38`, `05.03.2009 15:05:09`, `05-03-2009 ...`
/// - `2009-03-05 15:05:09`, `2009-03-05T15:05:09.123Z`, `2009/03/05 ...`, `2009-03-05 15.05.09`
/// - `Mar 5, 2009 3:05:09 PM`, `5. März 2009 ...`, `29.jan.2021 02:48:17`, `Thu Mar  5 14:25:08 2009`
/// - `5 mars 2009 ...`, `5/fev/2009 ...`, `5 мар. 2009 г. ...`, `2009年3月5日 ...`
///
/// Between date and time stand blanks, `T` or a comma; the half of the day may stand before the time (`午後 3:05:09`,
/// `下午3:05:09`, `오후 3:05:09`). The zone is taken where the text carries one (`Z`,
/// `+02:00`). `None` where the text does not begin with a date and a time.
pub fn date_time(text: &str) -> Option<Read> {
    usual::read(text).or_else(|| general(text))
}

fn general(text: &str) -> Option<Read> {
    if let Some(read) = ctime(text) {
        return Some(read);
    }
    let day = date(text)?;
    let mut at = day.length;
    let rest = text.get(at..)?;
    let gap = rest.len() - rest.trim_start_matches([' ', '\t', ',', '\u{a0}', 'T']).len();
    if gap == 0 {
        return None;
    }
    at += gap;
    let (half, used) = half_before(text.get(at..)?);
    at += used;
    let (time, fraction, used) = time_of_day(text.get(at..)?)?;
    at += used;
    let time = match half {
        None => time,
        Some(_) if time.hour() > 12 => time,
        Some(Half::Morning) => time.with_hour(time.hour() % 12)?,
        Some(Half::Afternoon) => time.with_hour(time.hour() % 12 + 12)?,
    };
    let (zone, used) = zone(text.get(at..)?);
    at += used;
    let stamp = Stamp::civil(day.date.and_time(time), zone, fraction);
    Some(Read { stamp: if day.swappable { stamp.swappable() } else { stamp }, vote: day.vote, length: at })
}

/// Reads a date and a time in two fields, the second one ended by `separator` too, where both are written as they
/// usually are; the length reaches behind that separator.
pub fn usual_fields(text: &str, separator: u8) -> Option<Read> {
    usual::read_fields(text, separator)
}

/// Reads a text that is nothing but a date and a time without seconds, `5/26/2014 2:14 AM`, which is what is left of
/// an export once a spreadsheet has saved it. The stamp is the beginning of that minute.
pub fn date_and_minute(text: &str) -> Option<Read> {
    let (before, after) = text.split_once(':')?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    if digits != 2 || after.contains(':') {
        return None;
    }
    let (minute, half) = after.split_at_checked(digits)?;
    let whole = format!("{before}:{minute}:00{half}");
    let read = date_time(&whole).filter(|read| read.length == whole.len())?;
    Some(Read { length: text.len(), ..read })
}

/// Reads a date alone at the beginning of `text`, at midnight; the same layouts as [`date_time`].
pub fn date_only(text: &str) -> Option<Read> {
    let day = date(text)?;
    let stamp = Stamp::civil(day.date.and_time(NaiveTime::MIN), Zone::Unknown, false);
    Some(Read {
        stamp: if day.swappable { stamp.swappable() } else { stamp },
        vote: day.vote,
        length: day.length,
    })
}

/// `Thu Mar  5 14:25:08 2009` as the C library prints it.
pub fn ctime(text: &str) -> Option<Read> {
    let mut scan = Scan { text, at: 0 };
    scan.word().filter(|word| word.len() == 3)?;
    scan.blanks()?;
    let month = month(scan.word()?)?;
    scan.blanks()?;
    let (day, _) = scan.number(2)?;
    scan.blanks()?;
    let (time, fraction, used) = time_of_day(scan.rest())?;
    scan.at += used;
    scan.blanks()?;
    let (year, digits) = scan.number(4)?;
    let date = NaiveDate::from_ymd_opt(full_year(year, digits)?, month, day)?;
    Some(Read {
        stamp: Stamp::civil(date.and_time(time), Zone::Unknown, fraction),
        vote: None,
        length: scan.at,
    })
}

fn date(text: &str) -> Option<ReadDate> {
    let mut scan = Scan { text, at: 0 };
    if text.starts_with(|c: char| c.is_alphabetic()) {
        // Mar 5, 2009
        let month = month(scan.word()?)?;
        scan.take('.');
        scan.blanks()?;
        let (day, _) = scan.number(2)?;
        scan.take(',');
        scan.blanks()?;
        let (year, digits) = scan.number(4)?;
        return named(full_year(year, digits)?, month, day, scan.at);
    }
    let (first, first_digits) = scan.number(4)?;
    if first_digits == 4 && scan.take('年') {
        // 2021年3月25日
        let (month, _) = scan.number(2)?;
        scan.take('月').then_some(())?;
        let (day, _) = scan.number(2)?;
        scan.take('日').then_some(())?;
        return named(i32::try_from(first).ok()?, month, day, scan.at);
    }
    if first_digits <= 2 && scan.rest().starts_with([' ', '\u{a0}']) {
        // 25 mars 2021, 25 мар. 2021 г.
        scan.skip_blanks();
        let month = month(scan.word()?)?;
        scan.take('.');
        scan.blanks()?;
        let (year, digits) = scan.number(4).filter(|(_, digits)| *digits == 4)?;
        let read = named(full_year(year, digits)?, month, first, scan.at)?;
        let russian = scan.rest().strip_prefix([' ', '\u{a0}']).is_some_and(|rest| rest.starts_with("г."));
        let length = if russian { scan.rest().find('.').map_or(0, |dot| dot + 1) } else { 0 };
        return Some(ReadDate { length: read.length + length, ..read });
    }
    let separator = scan.separator()?;
    if scan.rest().starts_with(|c: char| c.is_alphabetic()) {
        // 29.jan.2021, 5. März 2009, 05-Mar-2009
        let month = month(scan.word()?)?;
        scan.take('.');
        scan.any_of(&['-', '/']);
        scan.skip_blanks();
        let (year, digits) = scan.number(4)?;
        return named(full_year(year, digits)?, month, first, scan.at);
    }
    let (second, second_digits) = scan.number(2)?;
    if second_digits > 2 || scan.separator()? != separator {
        return None;
    }
    let (third, third_digits) = scan.number(4)?;
    if scan.rest().starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if first_digits == 4 {
        // 2021. 3. 25.
        if separator == '.' && third_digits <= 2 {
            scan.take('.');
        }
        return named(i32::try_from(first).ok()?, second, third, scan.at);
    }
    numeric(first, second, full_year(third, third_digits)?, separator, scan.at)
}

fn named(year: i32, month: u32, day: u32, length: usize) -> Option<ReadDate> {
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(ReadDate { date, swappable: false, vote: None, length })
}

/// Two numbers and a year. Dots and dashes with the year last are written day first everywhere they are used
/// (formats of the TSM client, German and French consoles); with slashes both orders occur.
fn numeric(first: u32, second: u32, year: i32, separator: char, length: usize) -> Option<ReadDate> {
    let month_first = NaiveDate::from_ymd_opt(year, first, second);
    let day_first = NaiveDate::from_ymd_opt(year, second, first);
    if separator != '/' {
        let (date, vote) = match (day_first, month_first) {
            (Some(date), _) => (date, None),
            (None, date) => (date?, Some(DateOrder::Mdy)),
        };
        return Some(ReadDate { date, swappable: false, vote, length });
    }
    let (date, swappable, vote) = match (month_first, day_first) {
        (Some(date), Some(_)) => (date, first != second, None),
        (Some(date), None) => (date, false, Some(DateOrder::Mdy)),
        (None, date) => (date?, false, Some(DateOrder::Dmy)),
    };
    Some(ReadDate { date, swappable, vote, length })
}

/// Two digits from 70 on mean the last century: NT event logs are older than 2000, no log is older than 1970.
fn full_year(year: u32, digits: usize) -> Option<i32> {
    let year = i32::try_from(year).ok()?;
    match digits {
        2 if year >= 70 => Some(1900 + year),
        2 => Some(2000 + year),
        4 => Some(year),
        _ => None,
    }
}

/// Reads a time of day at the beginning of `text`: `15:05:09`, `3:05:09 PM`, `15.05.09`, `15:05:09.123`,
/// `15:05:09,123`. Returns the time, whether it has a fraction, and the number of bytes read. The blank before
/// AM or PM may be a (narrow) no-break space.
pub fn time_of_day(text: &str) -> Option<(NaiveTime, bool, usize)> {
    let mut scan = Scan { text, at: 0 };
    let (hour, _) = scan.number(2)?;
    let separator = scan.any_of(&[':', '.'])?;
    let (minute, digits) = scan.number(2)?;
    if digits != 2 || scan.any_of(&[separator])? != separator {
        return None;
    }
    let (second, digits) = scan.number(2)?;
    if digits != 2 {
        return None;
    }
    let (micros, fraction) = fraction(&mut scan);
    let hour = match half_of_day(&mut scan) {
        None => hour,
        Some(_) if hour == 0 || hour > 12 => return None,
        Some(Half::Morning) => hour % 12,
        Some(Half::Afternoon) => hour % 12 + 12,
    };
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?;
    Some((time, fraction, scan.at))
}

fn fraction(scan: &mut Scan<'_>) -> (u32, bool) {
    let before = scan.at;
    if scan.any_of(&['.', ',']).is_some() {
        let digits = scan.digits().as_bytes();
        if (1..=9).contains(&digits.len()) {
            let place = |at| digits.get(at).map_or(0, |digit| u32::from(digit - b'0'));
            return ((0..6).fold(0, |micros, at| micros * 10 + place(at)), true);
        }
    }
    scan.at = before;
    (0, false)
}

#[derive(Clone, Copy)]
enum Half {
    Morning,
    Afternoon,
}

/// Words for the half of the day that stand before the time: Japanese, Chinese, Korean.
const HALVES: [(&str, Half); 6] = [
    ("午前", Half::Morning),
    ("午後", Half::Afternoon),
    ("上午", Half::Morning),
    ("下午", Half::Afternoon),
    ("오전", Half::Morning),
    ("오후", Half::Afternoon),
];

fn half_before(text: &str) -> (Option<Half>, usize) {
    if text.starts_with(|c: char| c.is_ascii()) {
        return (None, 0);
    }
    let Some((word, half)) = HALVES.iter().find(|(word, _)| text.starts_with(word)) else { return (None, 0) };
    let rest = text.get(word.len()..).unwrap_or("");
    (Some(*half), text.len() - rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']).len())
}

fn half_of_day(scan: &mut Scan<'_>) -> Option<Half> {
    let rest = scan.rest();
    let trimmed = rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let mut letters = trimmed.chars();
    let half = match letters.next()?.to_ascii_uppercase() {
        'A' => Half::Morning,
        'P' => Half::Afternoon,
        _ => return None,
    };
    // AM, a.m., a. m., but not the A of a message that begins with a word.
    let second = letters.next()?;
    let dotted = second == '.';
    let mut m = if dotted { letters.next()? } else { second };
    let mut blank = 0;
    if dotted && matches!(m, ' ' | '\u{a0}' | '\u{202f}') {
        blank = m.len_utf8();
        m = letters.next()?;
    }
    if !m.eq_ignore_ascii_case(&'m') {
        return None;
    }
    let mut used = rest.len() - trimmed.len() + 2 + usize::from(dotted) + blank;
    match letters.next() {
        Some('.') if dotted => used += 1,
        Some(next) if next.is_alphanumeric() => return None,
        _ => {}
    }
    scan.at += used;
    Some(half)
}

/// Reads `Z`, `+02:00`, `+0200` at the beginning of `text`.
fn zone(text: &str) -> (Zone, usize) {
    if let Some(rest) = text.strip_prefix('Z') {
        let ends = !rest.starts_with(|c: char| c.is_alphanumeric());
        return if ends { (Zone::Offset(0), 1) } else { (Zone::Unknown, 0) };
    }
    let read = || {
        let sign = match text.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let mut scan = Scan { text, at: 1 };
        let hours = scan.number(2).filter(|(_, digits)| *digits == 2)?.0;
        scan.take(':');
        let minutes = scan.number(2).filter(|(_, digits)| *digits == 2)?.0;
        let valid = hours <= 14 && minutes < 60 && !scan.rest().starts_with(|c: char| c.is_ascii_digit());
        let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
        valid.then_some((Zone::Offset(sign * seconds), scan.at))
    };
    read().unwrap_or((Zone::Unknown, 0))
}

/// Month names and short forms: English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish,
/// Russian. A console writes those of its own locale, whatever the server's (NetBackup job details).
const MONTHS: [&[&str]; 12] = [
    &["jan", "janv", "ene", "gen", "sty", "янв"],
    &["feb", "févr", "fév", "lut", "фев", "fev"],
    &["mar", "mär", "mrz", "mars", "mrt", "maa", "мар"],
    &["apr", "avr", "abr", "kwi", "апр"],
    &["may", "mai", "mag", "mei", "maj", "май", "мая"],
    &["jun", "juin", "giu", "cze", "июн"],
    &["jul", "juil", "lug", "lip", "июл"],
    &["aug", "août", "ago", "sie", "авг"],
    &["sep", "set", "wrz", "сен"],
    &["oct", "okt", "ott", "out", "paź", "окт"],
    &["nov", "lis", "ноя"],
    &["dec", "dez", "déc", "dic", "gru", "дек"],
];

/// The number of a month from its name in one of several languages, short or long, any letter case.
pub fn month(name: &str) -> Option<u32> {
    let name = name.trim_end_matches('.').to_lowercase();
    if name.chars().count() < 3 {
        return None;
    }
    let position = MONTHS
        .iter()
        .position(|forms| forms.contains(&name.as_str()))
        .or_else(|| MONTHS.iter().position(|forms| forms.iter().any(|form| name.starts_with(form))))?;
    u32::try_from(position + 1).ok()
}

/// A position in a text that moves over what it reads.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn digits(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.at += end;
        rest.get(..end).unwrap_or("")
    }

    /// A number of at most so many digits (nine or fewer), and how many it has.
    fn number(&mut self, most: usize) -> Option<(u32, usize)> {
        let digits = self.digits();
        if digits.is_empty() || digits.len() > most {
            return None;
        }
        let number = digits.bytes().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
        Some((number, digits.len()))
    }

    fn word(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).filter(|word| !word.is_empty())
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn any_of(&mut self, wanted: &[char]) -> Option<char> {
        let next = self.rest().chars().next().filter(|c| wanted.contains(c))?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\u{a0}']).len();
    }

    fn blanks(&mut self) -> Option<()> {
        let before = self.at;
        self.skip_blanks();
        (self.at > before).then_some(())
    }

    /// `/`, `-`, `.`, with blanks behind a dot (`5. März`).
    fn separator(&mut self) -> Option<char> {
        let separator = self.any_of(&['/', '-', '.'])?;
        if separator == '.' {
            self.skip_blanks();
        }
        Some(separator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, &str) {
        let read = date_time(text).unwrap_or_else(|| panic!("{text}"));
        (read.stamp.to_string(), &text[read.length..])
    }

    #[test]
    fn layouts_seen_in_public_logs() {
        for (text, stamp) in [
            ("03/05/2009 15:05:09 - begin", "2009-03-05T15:05:09"),
            ("07/16/16 17:53:38 - Job", "2016-07-16T17:53:38"),
            ("4/11/95 4:58:39 AM", "1995-04-11T04:58:39"),
            ("8/6/2014 3:52:37 PM - Critical", "2014-08-06T15:52:37"),
            ("Dec 17, 2021 12:00:20 PM - Info", "2021-12-17T12:00:20"),
            ("Nov 14, 2024 1:30:22\u{202f}PM - Error", "2024-11-14T13:30:22"),
            ("29.jan.2021 02:48:17 - Info", "2021-01-29T02:48:17"),
            ("27.10.2021 12:28:26,", "2021-10-27T12:28:26"),
            ("2019-03-20 02:29:05 text", "2019-03-20T02:29:05"),
            ("2022-06-09 11.28.38 (dsmcad)", "2022-06-09T11:28:38"),
            ("01/27/25   10:32:14 text", "2025-01-27T10:32:14"),
            ("04/03/2007 12:00:00 AM ", "2007-04-03T00:00:00"),
            ("2012-07-06T21:01:10.891Z| vcpu-0|", "2012-07-06T21:01:10.891Z"),
            ("2014-11-04T15:53:31.075+05:30 verbose", "2014-11-04T15:53:31.075+05:30"),
            ("2024-01-31T04:26:39.0170000Z", "2024-01-31T04:26:39.017Z"),
            ("Thu Mar  5 14:25:08 2009)", "2009-03-05T14:25:08"),
            ("2004/09/02 5:18:04 NetBackup", "2004-09-02T05:18:04"),
            ("25 mars 2021 02:48:17 - Error", "2021-03-25T02:48:17"),
            ("29 févr. 2020 02:48:17 - Info", "2020-02-29T02:48:17"),
            ("25 мар. 2021 г. 2:48:17 - Error", "2021-03-25T02:48:17"),
            ("25/fev/2021 02:48:17 - Error", "2021-02-25T02:48:17"),
            ("25/03/2021 2:48:17 p. m. - Error", "2021-03-25T14:48:17"),
            ("25/03/2021 2:48:17\u{a0}a.\u{202f}m. - Error", "2021-03-25T02:48:17"),
            ("2021年3月25日 14:48:17 - Error", "2021-03-25T14:48:17"),
            ("2021/03/25 午後 2:48:17 - Error", "2021-03-25T14:48:17"),
            ("2021-3-25 下午2:48:17 - Error", "2021-03-25T14:48:17"),
            ("2021. 3. 25. 오전 12:48:17 - Error", "2021-03-25T00:48:17"),
        ] {
            assert_eq!(read(text).0, stamp, "{text}");
        }
        assert_eq!(read("03/05/2009 15:05:09 - begin").1, " - begin");
        assert_eq!(read("04/03/2007 12:00:00 A message").1, " A message");
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "15:05:09",
            "03/05/2009",
            "2009-13-41 00:00:00",
            "1/2/3/4 5:6:7",
            "99/99/2009 10:00:00",
            "ä/ö",
        ] {
            assert_eq!(date_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_above_twelve_votes() {
        assert_eq!(date_time("28/11/2012 11:36:22").unwrap().vote, Some(DateOrder::Dmy));
        assert_eq!(date_time("11/28/2012 11:36:22").unwrap().vote, Some(DateOrder::Mdy));
        let open = date_time("03/05/2009 11:36:22").unwrap();
        assert_eq!(open.vote, None);
        assert!(matches!(open.stamp, Stamp::Dated { swappable: true, .. }));
        assert!(matches!(
            date_time("05/05/2009 11:36:22").unwrap().stamp,
            Stamp::Dated { swappable: false, .. }
        ));
    }

    #[test]
    fn months_in_several_languages() {
        for (name, number) in [
            ("März", 3),
            ("mars", 3),
            ("août", 8),
            ("Dezember", 12),
            ("déc.", 12),
            ("июнь", 6),
            ("september", 9),
        ] {
            assert_eq!(month(name), Some(number), "{name}");
        }
        assert_eq!(month("xyz"), None);
        assert_eq!(month("ja"), None);
    }
}
