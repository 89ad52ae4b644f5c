//! Dates as the locale of the exporting user writes them, on top of the layouts that all products share.

use std::borrow::Cow;

use crate::base::{Sink, Stamp, Zone};
use crate::dialect::dates::{self, Read};

/// Halves of the day in front of or behind a time, as Japanese, Chinese, Korean and Spanish systems write them.
const HALVES: &[(&str, &str)] = &[
    ("午前", "AM"),
    ("午後", "PM"),
    ("上午", "AM"),
    ("下午", "PM"),
    ("오전", "AM"),
    ("오후", "PM"),
    ("a. m.", "AM"),
    ("p. m.", "PM"),
];

/// No date and time is written longer.
const LONGEST: usize = 64;

/// Reads a date and a time that are the whole text.
pub(super) fn read(text: &str) -> Option<Read> {
    let text = text.trim();
    if text.len() > LONGEST || !text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let plain = in_plain_words(text);
    let read = dates::date_time(&plain).or_else(|| dates::date_and_minute(plain.trim()))?;
    let rest = plain.get(read.length..)?.trim();
    rest.is_empty().then_some(read)
}

/// Reads a local date and time and passes its vote on; whatever zone it claims is not believed.
pub(super) fn local(text: &str, sink: &mut dyn Sink) -> Stamp {
    read(text).map_or(Stamp::None, |read| without_zone(read.cast(sink)))
}

/// The same civil time with nothing known about its zone.
pub(super) fn without_zone(stamp: Stamp) -> Stamp {
    match stamp {
        Stamp::Dated { micros, fraction, swappable, .. } => {
            Stamp::Dated { micros, zone: Zone::Unknown, fraction, swappable }
        }
        other => other,
    }
}

/// The half of the day as AM or PM behind the time, without the German `Uhr`.
fn in_plain_words(text: &str) -> Cow<'_, str> {
    // What most consoles print; no word of the lists is made of these letters alone.
    if text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b'-' | b':' | b' ' | b'A' | b'P' | b'M'))
    {
        return Cow::Borrowed(text);
    }
    let spaced: Cow<'_, str> = if text.contains(['\u{a0}', '\u{202f}', '\u{200e}']) {
        Cow::Owned(text.replace(['\u{a0}', '\u{202f}'], " ").replace('\u{200e}', ""))
    } else {
        Cow::Borrowed(text)
    };
    if let Some((mark, half)) = HALVES.iter().find(|(mark, _)| spaced.contains(mark)) {
        let rest = spaced.replacen(mark, " ", 1);
        let rest: Vec<&str> = rest.split_whitespace().collect();
        return Cow::Owned(format!("{} {half}", rest.join(" ")));
    }
    match spaced.strip_suffix(" Uhr") {
        Some(rest) => Cow::Owned(rest.to_owned()),
        None => spaced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_forms() {
        for (text, stamp) in [
            ("10/7/2016 06:38:24 PM", "2016-10-07T18:38:24"),
            ("27.10.2021 12:28:26", "2021-10-27T12:28:26"),
            ("27.10.2021 12:28:26 Uhr", "2021-10-27T12:28:26"),
            ("2019/11/12 23:04:51", "2019-11-12T23:04:51"),
            ("2019/11/12 午後 11:04:51", "2019-11-12T23:04:51"),
            ("2019-11-12 오전 1:04:51", "2019-11-12T01:04:51"),
            ("12/11/2019 11:04:51\u{a0}p. m.", "2019-12-11T23:04:51"),
            ("10/17/2016 18:38", "2016-10-17T18:38:00"),
            ("10/17/16 6:38 PM", "2016-10-17T18:38:00"),
            ("27.10.2021 12:28", "2021-10-27T12:28:00"),
        ] {
            let read = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.stamp.to_string(), stamp, "{text}");
        }
        for text in [
            "20XX/XX/XX XX:XX:XX",
            "<removed>",
            "10/7/2016",
            "10/7/2016 06:38:24 and more",
            "10/7/2016 06:3",
            "10/7/2016 06:38 or so",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
