//! Dates of job logs, in the words of the server's locale: `Thursday, January 28, 2010 at 8:00:03 PM`,
//! `1/28/2010 at 8:02:11 PM`, `Donnerstag, 28. Januar 2010 um 20:00:03`, `28.01.2010 um 20:02:11`.

use chrono::Timelike;

use crate::base::stamp::time_micros;
use crate::dialect::dates::{self, Read};

/// The first date and time of day in a text.
pub(super) fn job_time(text: &str) -> Option<Read> {
    // Spanish and Portuguese put a word between day, month and year.
    let plain = dotted(&text.replace(" de ", " "));
    let mut rest = plain.as_str();
    for _ in 0..12 {
        if let Some(read) = dates::date_time(rest).or_else(|| at_time(rest)) {
            return Some(read);
        }
        let word = rest.find([' ', '\u{a0}', '\t'])?;
        rest = rest.get(word..)?.trim_start();
    }
    None
}

/// `28 janvier 2010` as `28. janvier 2010`, the one layout with the name of a month behind the day that is read.
fn dotted(text: &str) -> String {
    let mut dotted = String::with_capacity(text.len() + 1);
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        if letter == ' ' && before.is_ascii_digit() {
            let next = text.get(at + 1..).and_then(|rest| rest.split(' ').next()).unwrap_or("");
            if dates::month(next).is_some() {
                dotted.push('.');
            }
        }
        dotted.push(letter);
        before = letter;
    }
    dotted
}

/// A date, a word or two (`at`, `um`, `à`), a time of day.
fn at_time(text: &str) -> Option<Read> {
    let day = dates::date_only(text)?;
    let rest = text.get(day.length..)?;
    let gap = rest.find(|c: char| c.is_ascii_digit()).filter(|gap| (1..=24).contains(gap))?;
    let between = rest.get(..gap)?;
    if between.contains(['/', ':']) {
        return None;
    }
    let clock = rest.get(gap..)?;
    let (time, _, used) = dates::time_of_day(clock)?;
    let time = time.with_nanosecond(0)?;
    Some(Read {
        stamp: day.stamp.shifted(time_micros(time)),
        vote: day.vote,
        length: day.length + gap + used,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_locales() {
        for (text, expected) in [
            ("Thursday, January 28, 2010 at 8:00:03 PM", "2010-01-28T20:00:03"),
            ("Job ended: Sunday, June 24, 2018 at 8:00:14 AM", "2018-06-24T08:00:14"),
            ("Backup started on 1/28/2010 at 8:02:11 PM.", "2010-01-28T20:02:11"),
            ("Donnerstag, 28. Januar 2010 um 20:00:03", "2010-01-28T20:00:03"),
            ("Sicherung gestartet am 28.01.2010 um 20:02:11.", "2010-01-28T20:02:11"),
            ("jueves, 28 de enero de 2010 a las 20:00:03", "2010-01-28T20:00:03"),
            ("La sauvegarde a démarré le 28/01/2010 à 20:02:11.", "2010-01-28T20:02:11"),
            ("2010-01-28 20:02:11", "2010-01-28T20:02:11"),
            ("Travail commencé: jeudi 28 janvier 2010 à 20:00:03", "2010-01-28T20:00:03"),
        ] {
            let read = job_time(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.stamp.to_string(), expected, "{text}");
        }
        for text in [
            "",
            "at",
            "January 28, 2010",
            "8:00:03 PM",
            "a b c d e f g h i j k l m n 1/28/2010 at 8:02:11 PM",
        ] {
            assert_eq!(job_time(text), None, "{text}");
        }
    }
}
