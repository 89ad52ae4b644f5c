//! Backup ids: `nbutest03_1236281108`, the name of the client and the second in which the image was created.
//!
//! The part before the last underscore may hold dots, dashes and underscores. Images from before September 2001
//! have a leading zero (`gava_0949949902`).

use crate::base::stamp::{DAY, HOUR, SECOND};
use crate::base::{DateOrder, Stamp};

/// Seconds of 1985 and 2100: what lies outside is a number that only looks like a creation time.
const PLAUSIBLE: std::ops::Range<i64> = 473_385_600..4_102_444_800;

/// How long after its creation an image is usually spoken of: what a job logs about its own image, or the
/// duplication of the following nights.
const FRESH: i64 = 3 * DAY;

/// The zone of a stamp is not known: this far it may lie on either side of UTC.
const ZONES: i64 = 14 * HOUR;

/// A backup id found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BackupId<'a> {
    /// As written.
    pub(super) text: &'a str,
    /// The client's name in it.
    pub(super) client: &'a str,
    /// When the image was created, in seconds since 1970 in UTC.
    pub(super) epoch: i64,
    /// Where in the text it begins.
    pub(super) at: usize,
}

/// The first backup id in a text. The image file names (`<id>_C1_F3_R3`) name their image too.
pub(super) fn find(text: &str) -> Option<BackupId<'_>> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'_', bytes).find_map(|underscore| {
        let digits = bytes.get(underscore + 1..underscore + 11)?;
        let after = bytes.get(underscore + 11);
        if !digits.iter().all(u8::is_ascii_digit) || after.is_some_and(u8::is_ascii_alphanumeric) {
            return None;
        }
        let epoch: i64 = text.get(underscore + 1..underscore + 11)?.parse().ok()?;
        // Before the name is searched for: where this holds the search ends, so that no name is walked over twice.
        if !PLAUSIBLE.contains(&epoch) {
            return None;
        }
        let client = bytes.get(..underscore)?;
        let start = client.iter().rposition(|byte| !is_name_byte(*byte)).map_or(0, |at| at + 1);
        let client = text.get(start..underscore).filter(|client| !client.is_empty())?;
        let whole = text.get(start..underscore + 11)?;
        Some(BackupId { text: whole, client, epoch, at: start })
    })
}

/// Is the whole text one backup id?
pub(super) fn is_whole(text: &str) -> bool {
    find(text).is_some_and(|id| id.text.len() == text.len())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// What a record that speaks of a fresh image shows about the order of day and month: one reading of its stamp
/// lies after the image's creation and not long after it, the other does not.
pub(super) fn order_shown(stamp: Stamp, epoch: i64) -> Option<DateOrder> {
    order_between(stamp, epoch, epoch.saturating_add(FRESH / SECOND))
}

/// The order of day and month under which alone a stamp lies between two moments (seconds in UTC).
pub(super) fn order_between(stamp: Stamp, from: i64, to: i64) -> Option<DateOrder> {
    if !matches!(stamp, Stamp::Dated { swappable: true, .. }) {
        return None;
    }
    let fits = |order| {
        let Stamp::Dated { micros, .. } = stamp.in_order(order) else { return false };
        let from = from.saturating_mul(SECOND).saturating_sub(ZONES);
        let to = to.saturating_mul(SECOND).saturating_add(ZONES);
        (from..=to).contains(&micros)
    };
    match (fits(DateOrder::Mdy), fits(DateOrder::Dmy)) {
        (true, false) => Some(DateOrder::Mdy),
        (false, true) => Some(DateOrder::Dmy),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::dates::date_time;

    #[test]
    fn the_last_underscore_parts_client_and_time() {
        let id = find("host a backupid db_srv-2.corp_1267534039 write failed").unwrap();
        assert_eq!((id.text, id.client), ("db_srv-2.corp_1267534039", "db_srv-2.corp"));
        assert_eq!(find("backup id (filer9_1607370784)").unwrap().client, "filer9");
        assert_eq!(find("vol/m2_1267534039_C1_F3_R3:1267534039:p").unwrap().text, "m2_1267534039");
        assert_eq!(find("gava_0949949902").unwrap().epoch, 949_949_902);
        for text in
            ["", "_1267534039", "<CLIENT>_1267534039", "a_126753403", "a_12675340391", "a_0000000001", "é_"]
        {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn a_fresh_image_tells_day_from_month() {
        let stamp = |text| date_time(text).unwrap().stamp;
        // 1236281108 is 2009-03-05 19:25:08 UTC.
        assert_eq!(order_shown(stamp("03/05/2009 15:05:09"), 1_236_281_108), Some(DateOrder::Mdy));
        assert_eq!(order_shown(stamp("05/03/2009 15:05:09"), 1_236_281_108), Some(DateOrder::Dmy));
        assert_eq!(order_shown(stamp("03/05/2009 15:05:09"), 1_200_000_000), None);
        assert_eq!(order_shown(stamp("03/25/2009 15:05:09"), 1_236_281_108), None);
    }
}
