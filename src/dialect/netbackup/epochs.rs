//! Seconds since 1970 beside the same moment as local text: the two together show the zone of a host.
//!
//! `1236281108(Thu Mar  5 14:25:08 2009)` (nbstlutil), `Wed Sep 13 05:41:06 2023 (1694576466)` (image cleanup).

use crate::base::stamp::{MINUTE, SECOND};
use crate::base::{FactKind, Record, Sink, Stamp};
use crate::dialect::dates::ctime;

/// The widest offsets that exist, in seconds: UTC-12 and UTC+14.
const OFFSETS: std::ops::RangeInclusive<i64> = -12 * 3600..=14 * 3600;

/// `Thu Mar  5 14:25:08 2009` is 24 characters long; padding may be a no-break space of two bytes.
const LONGEST_CTIME: usize = 32;

/// Seconds east of UTC, where a local time and an epoch can be the same moment.
pub(super) fn offset(local: Stamp, epoch: i64) -> Option<i32> {
    let Stamp::Dated { micros, .. } = local else { return None };
    let east = micros.div_euclid(SECOND).checked_sub(epoch)?;
    // All zones since 1985 lie at quarters of an hour.
    (OFFSETS.contains(&east) && east % 900 == 0).then(|| i32::try_from(east).ok()).flatten()
}

/// The same for two times that were taken within two minutes of each other.
pub(super) fn rough_offset(local: Stamp, epoch: i64) -> Option<i32> {
    let Stamp::Dated { micros, .. } = local else { return None };
    let apart = micros.div_euclid(SECOND).checked_sub(epoch)?;
    let east = apart.saturating_add(450).div_euclid(900).saturating_mul(900);
    let near = (apart - east).abs() <= 2 * MINUTE / SECOND;
    (near && OFFSETS.contains(&east)).then(|| i32::try_from(east).ok()).flatten()
}

/// A moment written both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// The moment, zone known.
    pub(super) stamp: Stamp,
    /// Seconds east of UTC.
    pub(super) east: i32,
}

/// Reads `1236281108(Thu Mar  5 14:25:08 2009)`; `None` where the two are not one moment, or where it is `0`,
/// which means "not set".
pub(super) fn pair(value: &str) -> Option<Moment> {
    let (epoch, rest) = value.split_once('(')?;
    let epoch: i64 = epoch.trim().parse().ok().filter(|epoch| *epoch > 0)?;
    moment(rest, epoch)
}

fn moment(local: &str, epoch: i64) -> Option<Moment> {
    let local = ctime(local.trim_start())?.stamp;
    let east = offset(local, epoch)?;
    Some(Moment { stamp: local.in_zone(east), east })
}

/// The first moment that a free text writes both ways.
pub(super) fn find(text: &str) -> Option<Moment> {
    memchr::memchr_iter(b'(', text.as_bytes()).find_map(|open| {
        let inside = text.get(open + 1..)?;
        let digits = inside.find(|c: char| !c.is_ascii_digit()).unwrap_or(inside.len());
        if (9..=10).contains(&digits) && inside.get(digits..)?.starts_with(')') {
            // local text (epoch)
            let epoch = inside.get(..digits)?.parse().ok()?;
            let before = text.get(..open)?.trim_end();
            return (20..=LONGEST_CTIME)
                .filter_map(|length| before.get(before.len().checked_sub(length)?..))
                .find_map(|local| moment(local, epoch));
        }
        // epoch(local text)
        let before = text.get(..open)?.trim_end();
        let start = before.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
        let epoch = before.get(start..).filter(|digits| (9..=10).contains(&digits.len()))?;
        moment(inside, epoch.parse().ok()?)
    })
}

/// Gives the zone that a moment shows to the sink, dated at that moment: the offset changes with the season.
pub(super) fn tell(moment: Moment, record: &Record<'_>, sink: &mut dyn Sink) {
    let mut at = record.clone();
    at.stamp = moment.stamp;
    sink.fact(None, FactKind::ZoneOffset { east: moment.east }, &at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_show_the_zone() {
        let moment = pair("1236281108(Thu Mar  5 14:25:08 2009)").unwrap();
        assert_eq!((moment.east, moment.stamp.to_string().as_str()), (-18000, "2009-03-05T14:25:08-05:00"));
        assert_eq!(pair("1267534039(Tue Mar \u{a0}2 06:47:19 2010)").unwrap().east, -21600);
        assert_eq!(find("before Wed Sep 13 05:41:06 2023 (1694576466)").unwrap().east, 7200);
        assert_eq!(find("it was 1236281108 (Thu Mar  5 14:25:08 2009)").unwrap().east, -18000);
    }

    #[test]
    fn what_shows_nothing() {
        for text in
            ["0(Wed Dec 31 19:00:00 1969)", "1236281108(Thu Mar  5 14:25:09 2009)", "1236281108", "(", "12(x"]
        {
            assert_eq!(pair(text), None, "{text}");
        }
        for text in ["failed (83).", "(pid=15749) x", "ü (1694576466)", "(1694576466)"] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn roughly_the_same_moment() {
        let local = |text| crate::dialect::dates::date_time(text).unwrap().stamp;
        assert_eq!(rough_offset(local("2009-03-05 14:25:50"), 1_236_281_108), Some(-18000));
        assert_eq!(rough_offset(local("2009-03-05 14:24:50"), 1_236_281_108), Some(-18000));
        assert_eq!(rough_offset(local("2009-03-05 14:32:50"), 1_236_281_108), None);
    }
}
