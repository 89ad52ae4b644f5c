//! The machine forms of `nbstlutil`, one line per image, copy and fragment.
//!
//! ```text
//! V7.5 I mast1 web01_1267534039 web01 1267534039 pol1 0 0 slp_gold 2 1267534100 *NULL*     (list -l, stlilist -l)
//! V7.5 C mast1 web01_1267534039 1 ...
//! V7.5 F mast1 web01_1267534039 2 1 ...
//! web01_1267534039                                                                          (list -b)
//! ```
//!
//! Unverified: no public sample shows them, and the columns differ by release. Read are only the tag, the master behind
//! it, the backup id wherever it stands, and the numbers of copy and fragment right behind the id. No state is read, so
//! that nothing is decided by a column that may be another.

use super::backup_id;

/// A line of a machine form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MachineRow<'a> {
    /// `image`, `copy` or `fragment`.
    pub(super) kind: &'static str,
    pub(super) master: Option<&'a str>,
    pub(super) backup_id: &'a str,
    pub(super) copy: Option<&'a str>,
    pub(super) fragment: Option<&'a str>,
}

/// No row has more columns that are looked at.
const WORDS: usize = 8;

/// Reads a row of the parsable form.
pub(super) fn tagged(line: &str) -> Option<MachineRow<'_>> {
    let rest = line.strip_prefix('V')?;
    // Asked of every line of every log.
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().take(WORDS).collect();
    let [release, tag, behind @ ..] = words.as_slice() else { return None };
    let is_release = release.get(1..)?.split('.').all(|part| part.len() <= 2 && is_number(part));
    let kind = match *tag {
        "I" => "image",
        "C" => "copy",
        "F" => "fragment",
        _ => return None,
    };
    let at = behind.iter().position(|word| backup_id::is_whole(word))?;
    let number =
        |index: usize| behind.get(at + index).copied().filter(|word| is_number(word) && word.len() <= 4);
    is_release.then(|| MachineRow {
        kind,
        master: behind.first().copied().filter(|_| at > 0),
        backup_id: behind.get(at).copied().unwrap_or(""),
        copy: number(1).filter(|_| kind != "image"),
        fragment: number(2).filter(|_| kind == "fragment"),
    })
}

/// A line that is a backup id and nothing else.
pub(super) fn bare(line: &str) -> Option<MachineRow<'_>> {
    let id = line.trim_end();
    let row = MachineRow { kind: "image", master: None, backup_id: id, copy: None, fragment: None };
    backup_id::is_whole(id).then_some(row)
}

/// Is this a list of backup ids? One alone may be a word of any text.
pub(super) fn is_list_of_ids(sample: &str) -> bool {
    let mut ids = 0;
    for line in sample.lines().filter(|line| !line.trim().is_empty()).take(20) {
        if bare(line).is_none() {
            return false;
        }
        ids += 1;
    }
    ids >= 2
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_by_their_tag() {
        let row = tagged("V7.5 I mast1 web01_1267534039 web01 1267534039 pol1 0").unwrap();
        assert_eq!((row.kind, row.master, row.copy), ("image", Some("mast1"), None));
        let row = tagged("V7.5 F mast1 web01_1267534039 2 1 3 @aaab").unwrap();
        assert_eq!((row.kind, row.copy, row.fragment), ("fragment", Some("2"), Some("1")));
        // Another release, without the master.
        let row = tagged("V10.1 C web01_1267534039 2 1267539999").unwrap();
        assert_eq!((row.master, row.backup_id, row.copy), (None, "web01_1267534039", Some("2")));
        for line in
            ["V7.5 I mast1 web01", "V I x web01_1267534039", "V7.5 X m web01_1267534039", "Very 1", "V7", "V"]
        {
            assert_eq!(tagged(line), None, "{line}");
        }
    }

    #[test]
    fn lists_of_ids() {
        assert!(is_list_of_ids("web01_1267534039\r\n\r\nweb02_1267534040\n"));
        assert!(!is_list_of_ids("web01_1267534039\n"));
        assert!(!is_list_of_ids("web01_1267534039\nweb02_1267534040\nand more\n"));
        assert!(!is_list_of_ids(""));
    }
}
