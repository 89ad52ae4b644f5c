//! What the path of a debug log tells: the day, the process, and which files are one log.
//!
//! | name | since |
//! |---|---|
//! | `bpdm/log.030509` | UNIX, MMDDYY |
//! | `bpbkar\030509.LOG` | Windows (unverified) |
//! | `bptm/030509_00001.log` | robust logging (unverified) |
//! | `tar/root.031020_00001.log`, `ALL_ADMINS.031020_00001.log`, `user@corp.example.031020_00001.log` | 7.7 |
//! | `tar/usr1/usr1.031020_00001.log` | logs of users other than root |
//! | `BPCD.LOG`, `bpdm.log` | very old clients; copies under a name of their own |

use chrono::NaiveDate;

use super::wording::{distinct_process, process_named};
use crate::dialect::{Place, without_rotation};

/// What a file's name tells, with its path as far as it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FileName {
    /// The day it was begun on.
    pub(super) day: Option<NaiveDate>,
    /// The process that wrote it.
    pub(super) process: Option<&'static str>,
}

/// The place of a debug log.
pub(super) fn place(path: &str) -> Place {
    let FileName { day, process } = read(path);
    // A folder of its own belongs to each process: in any other folder only the process in the name tells which
    // files are one log.
    let stream = process.map(|process| {
        let folder = path.rsplit_once(['/', '\\', '!']).map_or("", |(folder, _)| folder);
        format!("{folder}|{process}")
    });
    Place { date: day, process: process.map(str::to_owned), host: None, stream }
}

/// Reads a path.
pub(super) fn read(path: &str) -> FileName {
    let mut parts = path.rsplit(['/', '\\', '!']);
    let name = without_rotation(parts.next().unwrap_or(""));
    let folder = parts.next().unwrap_or("");
    let above = parts.next().unwrap_or("");
    let process = process_named(folder).or_else(|| process_in_name(name)).or_else(|| {
        // The folder of a user stands inside that of the process, and files in it begin with the user's name.
        process_named(above).filter(|_| !folder.is_empty() && name.starts_with(folder))
    });
    FileName { day: day_in_name(name), process }
}

/// `bpdm` in `bpdm_log.030509`; a name with two processes tells none. Ordinary words (`tar`, `admin`) count only as
/// the whole name.
fn process_in_name(name: &str) -> Option<&'static str> {
    if let Some(process) = name.rsplit_once('.').and_then(|(stem, _)| process_named(stem)) {
        return Some(process);
    }
    let mut found = name.split(['.', '_', ' ']).filter_map(distinct_process);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// The day in a file's name.
fn day_in_name(name: &str) -> Option<NaiveDate> {
    let lower = name.to_ascii_lowercase();
    let name = lower.strip_suffix(".txt").unwrap_or(&lower);
    // log.030509, bpdm.log.030509, bpdm_log.030509
    let after_log = name.match_indices("log.").find_map(|(at, _)| {
        let free = at == 0 || matches!(name.as_bytes().get(at - 1), Some(b'.' | b'_' | b'-' | b' '));
        day(name.get(at + 4..)?).filter(|_| free)
    });
    if after_log.is_some() {
        return after_log;
    }
    // 030509.log, 030509_00001.log, user.031020_00001.log: from the right, the user's name may hold anything.
    let stem = name.strip_suffix(".log")?;
    match stem.rsplit_once('_') {
        // bpbkar_111512.log: a copy under a name of its own.
        Some((name, digits)) if digits.len() == 6 && !name.ends_with(|c: char| c.is_ascii_digit()) => {
            day(digits)
        }
        Some((stem, counter)) if !counter.is_empty() && counter.bytes().all(|byte| byte.is_ascii_digit()) => {
            let start = stem.rfind('.').map_or(0, |dot| dot + 1);
            stem.get(start..).filter(|digits| digits.len() == 6).and_then(day)
        }
        _ => Some(stem).filter(|stem| stem.len() == 6).and_then(day),
    }
}

/// `030509` at the beginning of a text, not followed by a further digit.
fn day(text: &str) -> Option<NaiveDate> {
    let digits = text.get(..6).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    if text.as_bytes().get(6).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let part = |at: usize| digits.get(at..at + 2)?.parse::<u32>().ok();
    let year = i32::try_from(part(4)?).ok()?;
    // The product is older than the year 2000, its logs of today are not.
    let century = if year >= 90 { 1900 } else { 2000 };
    NaiveDate::from_ymd_opt(century + year, part(0)?, part(2)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_processes() {
        for (path, day, process) in [
            ("usr/openv/netbackup/logs/bpdm/log.030509", "2009-03-05", "bpdm"),
            ("logs/bpdm/log.030509.gz", "2009-03-05", "bpdm"),
            (r"C:\Program Files\Veritas\NetBackup\logs\BPBKAR\030509.LOG", "2009-03-05", "bpbkar"),
            ("bptm/123199_00012.log", "1999-12-31", "bptm"),
            ("tar/root.031020_00001.log", "2020-03-10", "tar"),
            ("bpcd/svc_1@corp.example.com.031020_00001.log", "2020-03-10", "bpcd"),
            ("logs/tar/usr1/usr1.031020_00001.log", "2020-03-10", "tar"),
            ("case/bpdm_log.030509.txt", "2009-03-05", "bpdm"),
            ("case.zip!bpdm/log.030509", "2009-03-05", "bpdm"),
            ("BPCD.LOG", "", "bpcd"),
            ("case/bpbkar_111512.LOG", "2012-11-15", "bpbkar"),
            ("tar.log", "", "tar"),
            ("case/log.030509", "2009-03-05", ""),
            ("case/bptm_and_bpdm.log", "", ""),
            ("case/tar_notes.log", "", ""),
            ("bpdm/log.133109", "", "bpdm"),
            ("bpdm/log.0305091", "", "bpdm"),
            ("51216-116-2201360136-041029-0000000000.log", "", ""),
            ("", "", ""),
        ] {
            let name = read(path);
            assert_eq!(name.day.map(|day| day.to_string()).unwrap_or_default(), day, "{path}");
            assert_eq!(name.process.unwrap_or_default(), process, "{path}");
        }
    }

    #[test]
    fn the_days_of_one_process_are_one_stream() {
        let stream = |path| place(path).stream;
        assert_eq!(stream("m1/bpdm/log.030509"), stream("m1/bpdm/log.030609"));
        assert_ne!(stream("m1/bpdm/log.030509"), stream("m2/bpdm/log.030509"));
        assert_ne!(stream("case/bpdm.log.030509"), stream("case/bptm.log.030509"));
        assert_eq!(stream("case/log.030509"), None);
    }
}
