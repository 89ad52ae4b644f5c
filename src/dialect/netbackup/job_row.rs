//! One row of `bpdbjobs -report -all_columns`, or of `-most_columns`: where its columns are.
//!
//! No quoting is used, quotes are data. A comma inside a value is written `\,` and a backslash `\\`, so that an odd
//! number of backslashes before a comma escapes it (`W:\\DIR\\,` ends a value). Behind the thirty-first column come
//! lists whose lengths stand before them: the paths, and the tries with their detail lines. Releases append columns
//! at the end, none was ever removed.

use std::borrow::Cow;

/// Columns before the list of paths.
pub(super) const FIXED: usize = 31;

/// Positions of the columns before the lists, from 0.
pub(super) mod column {
    pub(in super::super) const JOB_ID: usize = 0;
    pub(in super::super) const JOB_TYPE: usize = 1;
    pub(in super::super) const STATE: usize = 2;
    pub(in super::super) const STATUS: usize = 3;
    pub(in super::super) const POLICY: usize = 4;
    pub(in super::super) const SCHEDULE: usize = 5;
    pub(in super::super) const CLIENT: usize = 6;
    pub(in super::super) const MEDIA_SERVER: usize = 7;
    pub(in super::super) const STARTED: usize = 8;
    pub(in super::super) const ELAPSED: usize = 9;
    pub(in super::super) const ENDED: usize = 10;
    pub(in super::super) const STORAGE_UNIT: usize = 11;
    pub(in super::super) const KBYTES: usize = 14;
    pub(in super::super) const POLICY_TYPE: usize = 21;
    pub(in super::super) const SCHEDULE_TYPE: usize = 22;
    pub(in super::super) const MASTER_SERVER: usize = 25;
}

/// Positions of the columns behind the lists, from the first of them.
const PARENT: usize = 0;
const BACKUP_ID: usize = 18;
const ACCELERATOR: usize = 26;

/// A row, its values still escaped.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    columns: Vec<&'a str>,
    tries: Vec<Try>,
    /// Where the columns behind the lists begin; `None` where the row is cut or its lists make no sense.
    tail: Option<usize>,
}

/// Where one try of a job stands in the columns.
#[derive(Clone, Copy, Debug)]
struct Try {
    at: usize,
    details: usize,
}

/// Columns of a try before its details: pid, storage unit, server, started, elapsed, ended, status, description.
const BEFORE_DETAILS: usize = 8;
/// Columns behind them: kbytes and files written.
const BEHIND_DETAILS: usize = 2;

/// Does this line begin a row? Told by the types of its first eleven columns: numbers, and times padded to ten
/// digits.
pub(super) fn begins(line: &str) -> bool {
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let mut first = [""; column::ENDED + 1];
    let mut values = Values { text: line, at: Some(0) };
    if first.iter_mut().any(|slot| values.next().map(|value| *slot = value).is_none()) {
        return false;
    }
    let number = |at: usize, least: usize, most: usize| {
        first.get(at).is_some_and(|value| {
            (least..=most).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    number(column::JOB_ID, 1, 10)
        && number(column::JOB_TYPE, 0, 2)
        && number(column::STATE, 0, 2)
        && number(column::STATUS, 0, 5)
        && number(column::STARTED, 10, 10)
        && number(column::ELAPSED, 1, 10)
        && number(column::ENDED, 10, 10)
}

/// Does this line hold all columns before the lists?
pub(super) fn is_long(line: &str) -> bool {
    memchr::memchr_iter(b',', line.as_bytes()).count() >= FIXED
}

/// The values of a row, separated by commas that no backslash escapes.
struct Values<'a> {
    text: &'a str,
    at: Option<usize>,
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let start = self.at?;
        let rest = self.text.get(start..)?;
        let bytes = rest.as_bytes();
        let comma = memchr::memchr_iter(b',', bytes).find(|comma| {
            let before = bytes.get(..*comma).unwrap_or_default();
            before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
        });
        self.at = comma.map(|comma| start + comma + 1);
        rest.get(..comma.unwrap_or(rest.len()))
    }
}

/// A value without its escapes.
pub(super) fn plain(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\\'
            && let Some(escaped) = letters.next_if(|next| matches!(next, ',' | '\\'))
        {
            text.push(escaped);
        } else {
            text.push(letter);
        }
    }
    Cow::Owned(text)
}

impl<'a> Row<'a> {
    /// Reads a row; embedded line breaks are part of their values.
    pub(super) fn read(text: &'a str) -> Row<'a> {
        let columns: Vec<&str> = Values { text, at: Some(0) }.collect();
        let mut row = Row { columns, tries: Vec::new(), tail: None };
        row.tail = row.read_lists();
        if row.tail.is_none() && row.tries.is_empty() {
            // -most_columns prints the lengths of the lists, but not the lists.
            let lengths = (row.number(FIXED), row.number(FIXED + 1));
            let enough = row.columns.len() > FIXED + 2 + BACKUP_ID;
            row.tail = (matches!(lengths, (Some(_), Some(_))) && enough).then_some(FIXED + 2);
        }
        row
    }

    fn read_lists(&mut self) -> Option<usize> {
        let paths = self.number(FIXED)?;
        let mut at = (FIXED + 1).checked_add(paths)?;
        let tries = self.number(at)?;
        at += 1;
        for _ in 0..tries {
            let is_time = |at: usize| self.get(at).is_some_and(|time| time.len() == 10);
            if !is_time(at + 3) || self.number(at + 3).is_none() {
                return None;
            }
            let details = self.number(at + BEFORE_DETAILS)?;
            let left = self.columns.len().saturating_sub(at + BEFORE_DETAILS + 1);
            // What a cut row still has of its details is read as well.
            self.tries.push(Try { at, details: details.min(left) });
            at = at.checked_add(BEFORE_DETAILS + 1)?.checked_add(details)?.checked_add(BEHIND_DETAILS)?;
            if at > self.columns.len() {
                return None;
            }
        }
        Some(at)
    }

    fn get(&self, at: usize) -> Option<&'a str> {
        self.columns.get(at).copied()
    }

    fn number(&self, at: usize) -> Option<usize> {
        self.get(at)?.parse().ok()
    }

    /// A value as printed, where it is not empty.
    pub(super) fn value(&self, at: usize) -> Option<&'a str> {
        self.get(at).map(str::trim).filter(|value| !value.is_empty())
    }

    /// A time; `None` where it is `0000000000`.
    pub(super) fn time(&self, at: usize) -> Option<i64> {
        self.get(at)?.trim().parse().ok().filter(|time| *time > 0)
    }

    /// Is the row whole?
    pub(super) fn is_whole(&self) -> bool {
        self.tail.is_some()
    }

    /// The job that this one is part of; 0 and an empty value mean none.
    pub(super) fn parent(&self) -> Option<u64> {
        self.get(self.tail? + PARENT)?.parse().ok().filter(|parent| *parent > 0)
    }

    /// The backup id, where the row has one.
    pub(super) fn backup_id(&self) -> Option<&'a str> {
        self.value(self.tail? + BACKUP_ID).filter(|id| super::backup_id::is_whole(id))
    }

    /// Does the row of a release that tells it say that Accelerator was used?
    pub(super) fn used_accelerator(&self) -> bool {
        self.tail.and_then(|tail| self.get(tail + ACCELERATOR)) == Some("1")
    }

    /// The detail lines of all tries, in order, without escapes.
    pub(super) fn details(&self) -> impl Iterator<Item = Cow<'a, str>> {
        let ranges = self.tries.iter().map(|one| (one.at + BEFORE_DETAILS + 1, one.details));
        ranges.flat_map(|(at, count)| self.columns.iter().skip(at).take(count)).map(|detail| plain(detail))
    }
}

/// Name of a job type; `None` for numbers that are not known.
pub(super) fn job_type(number: &str) -> Option<&'static str> {
    Some(match number {
        "0" => "backup",
        "1" => "archive",
        "2" => "restore",
        "3" => "verify",
        "4" => "duplicate",
        "5" => "import",
        "6" => "catalog backup",
        "7" => "vault",
        "8" => "label tape",
        "9" => "erase tape",
        "10" => "tape request",
        "11" => "clean tape",
        "12" => "format tape",
        "13" => "inventory",
        "15" => "catalog recovery",
        "16" => "media contents",
        "17" => "image cleanup",
        "20" => "replication",
        "21" => "import from replica",
        "22" => "backup from snapshot",
        "23" => "snapshot replication",
        "24" => "snapshot import",
        "25" => "application state capture",
        "26" => "indexing",
        "27" => "index cleanup",
        "28" => "snapshot",
        "29" => "index from snapshot",
        "30" | "31" | "32" | "33" | "34" => "instant recovery",
        _ => return None,
    })
}

/// Name of a job's state.
pub(super) fn state(number: &str) -> Option<&'static str> {
    Some(match number {
        "0" => "queued",
        "1" => "active",
        "2" => "requeued",
        "3" => "done",
        "4" => "suspended",
        "5" => "incomplete",
        _ => return None,
    })
}

/// Name of a schedule type.
pub(super) fn schedule_type(number: &str) -> Option<&'static str> {
    Some(match number {
        "0" => "full",
        "1" => "differential incremental",
        "2" => "user backup",
        "3" => "user archive",
        "4" => "cumulative incremental",
        "5" => "transaction log",
        _ => return None,
    })
}

/// Name of a policy type.
pub(super) fn policy_type(number: &str) -> Option<&'static str> {
    Some(match number {
        "0" => "Standard",
        "4" => "Oracle",
        "6" => "Informix",
        "7" => "Sybase",
        "8" => "SharePoint",
        "11" => "SQL-BackTrack",
        "13" => "MS-Windows",
        "15" => "MS-SQL",
        "16" => "Exchange",
        "17" => "SAP",
        "18" => "DB2",
        "19" => "NDMP",
        "20" => "FlashBackup",
        "24" => "Netezza",
        "25" => "Lotus Notes",
        "29" => "FlashBackup-Windows",
        "30" => "Vault",
        "34" => "DSSU staging",
        "35" => "NBU-Catalog",
        "36" => "Generic",
        "38" => "PureDisk",
        "39" => "Enterprise Vault",
        "40" => "VMware",
        "41" => "Hyper-V",
        "44" => "BigData",
        "46" => "Deployment",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_escapes() {
        let values: Vec<&str> = Values { text: r"a,b\,c,W:\\DIR\\,,d\", at: Some(0) }.collect();
        assert_eq!(values, ["a", r"b\,c", r"W:\\DIR\\", "", r"d\"]);
        assert_eq!(plain(r"b\,c"), "b,c");
        assert_eq!(plain(r"W:\\DIR\\"), r"W:\DIR\");
        assert_eq!(plain(r"W:\DIR"), r"W:\DIR");
        assert_eq!(Values { text: "", at: Some(0) }.collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn the_row_of_a_restarted_job() {
        let row = "715520,,,,,,,,0000000000,0000000000,0000000000,,,,,,,0,,,,,,,,mas1,,,,0,0,0,1,0,,,0000000000,\
            0000000000,0000000000,,,1,10/24/16 02:11:09 - Job 715520 restarted as job 715544,0,0,,,,,";
        assert!(begins(row) && is_long(row));
        let row = Row::read(row);
        assert!(row.is_whole());
        assert_eq!(row.value(column::MASTER_SERVER), Some("mas1"));
        assert_eq!(row.time(column::STARTED), None);
        let details: Vec<_> = row.details().collect();
        assert_eq!(details, ["10/24/16 02:11:09 - Job 715520 restarted as job 715544"]);
    }

    #[test]
    fn a_row_that_is_cut_keeps_what_it_has() {
        let row = Row::read(
            "7,0,3,0,p,s,c,m,1267534039,0000000010,1267534049,,,,,,,0,,,,,,,,mas1,,,,0,0,1,/a,1,5,u,m,1267534039,\
             0000000010,1267534049,0,ok,5,10/24/16 02:11:09 - begin writing,10/24/16 02:11:10 - en",
        );
        assert!(!row.is_whole());
        assert_eq!(row.details().count(), 2);
        assert_eq!(row.parent(), None);
    }

    #[test]
    fn other_tables_are_no_rows() {
        for line in [
            "",
            "1,2,3,4,5,6,7,8,9,10,11,12",
            "2024,1,5,10,a,b,c,d,1267534039,5,x,1",
            "1,0,3,0,\"a\",\"b\",c,d,2024-01-05,5,2024-01-05,1",
            "job,0,3,0,p,s,c,m,1267534039,0000000010,1267534049,",
            "1,0,3,0",
        ] {
            assert!(!begins(line), "{line}");
        }
    }
}
