//! The long forms of `bpimmedia` (`-L`, `-U`): a line per image, and below it a line per fragment.
//!
//! ```text
//! Backup-ID           Policy       Type   RL  Files   C E T PC Expires
//! Copy Frag   KB     Type Density FNum   Off     Host       DWO MPX Expires          RL MediaID
//! ---------------------------------------------------------------------------------------------
//! gava_0949949902     regr1_gava   FULL   3   25      N N R 1  12:31 03/09/2000
//! 1    1     10256   RMed dlt      13     65536   plim       2   Y  12:31 03/09/2000 3  A00002
//! ```
//!
//! The names of the columns are documented, their order behind the schedule type is unverified and differs by release,
//! and names that are longer than their column are cut. Read are only what the place and shape of a word prove: id,
//! policy, type; copy, fragment, kilobytes and the media id at the end of the line.

use super::backup_id;

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MediaRow<'a> {
    /// `image` or `fragment`.
    pub(super) kind: &'static str,
    pub(super) fields: Vec<(&'static str, &'a str)>,
}

/// Schedule types as the table spells them.
const TYPES: [&str; 7] = ["FULL", "INCR", "CINC", "DINC", "UBAK", "UARC", "TLOG"];

/// Does the head of the table stand here?
pub(super) fn is_head(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let mut begins = |wanted: [&str; 3]| wanted.iter().all(|word| words.next() == Some(*word));
    if line.starts_with("Backup-ID") {
        return begins(["Backup-ID", "Policy", "Type"]);
    }
    line.trim_start().starts_with("Copy") && begins(["Copy", "Frag", "KB"])
}

/// Reads a line of the table.
pub(super) fn row(line: &str) -> Option<MediaRow<'_>> {
    // Asked of every line of every log.
    let first = line.trim_start().as_bytes().first()?;
    if !first.is_ascii_alphanumeric() || line.len() > 1024 {
        return None;
    }
    image(line).or_else(|| fragment(line))
}

fn image(line: &str) -> Option<MediaRow<'_>> {
    let mut words = line.split_whitespace();
    let id = words.next().filter(|word| backup_id::is_whole(word))?;
    let (policy, kind, level) = (words.next()?, words.next()?, words.next()?);
    let fits = TYPES.contains(&kind) && is_number(level) && words.next().is_some_and(is_number);
    let fields = vec![("backup_id", id), ("policy", policy), ("schedule_type", kind)];
    fits.then_some(MediaRow { kind: "image", fields })
}

fn fragment(line: &str) -> Option<MediaRow<'_>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [copy, fragment, kbytes, storage, .., media] = words.as_slice() else { return None };
    let fits = is_number(copy)
        && (is_number(fragment) || *fragment == "IDX")
        && is_number(kbytes)
        && matches!(*storage, "RMed" | "RMED" | "Disk" | "DISK")
        && words.len() >= 8;
    let fields = vec![
        ("copy_number", *copy),
        ("fragment_number", *fragment),
        ("kbytes", *kbytes),
        ("media_type", *storage),
        ("media_id", *media),
    ];
    fits.then_some(MediaRow { kind: "fragment", fields })
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_and_fragments() {
        let image =
            row("gava_0949949902     regr1_gava   FULL   3   25      N N R 1  12:31 03/09/2000").unwrap();
        assert_eq!(image.kind, "image");
        assert_eq!(
            image.fields,
            [("backup_id", "gava_0949949902"), ("policy", "regr1_gava"), ("schedule_type", "FULL")]
        );
        let tape = row(
            " 1    1     10256   RMed dlt      13     65536   plim       2   Y  12:31 03/09/2000 3  A00002",
        );
        assert_eq!(tape.unwrap().fields.last(), Some(&("media_id", "A00002")));
        let disk =
            row(" 2  IDX     512   Disk  -  -  -  med2  -  N  INFINITY  9  /vol1/web01_1267534039_C2_TIR");
        assert_eq!(disk.unwrap().fields[1], ("fragment_number", "IDX"));
    }

    #[test]
    fn other_lines() {
        for line in [
            "gava_0949949902 was expired FULL of errors",
            "gava_0949949902 pol FULL 3",
            "1 1 10256 RMed",
            "1 2 3 4 5 6 7 8 9",
            "",
            "   ",
        ] {
            assert_eq!(row(line), None, "{line}");
        }
        assert!(is_head("Backup-ID           Policy       Type   RL  Files"));
        assert!(is_head(" Copy Frag   KB     Type Density"));
        assert!(!is_head("Copy Frag of the day"));
        assert!(!is_head("Backup-ID of the image"));
    }
}
