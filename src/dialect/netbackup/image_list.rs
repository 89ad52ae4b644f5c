//! Images in the catalogue: what `bpimagelist`, `bpimmedia` and `bpflist` print.
//!
//! ```text
//! IMAGE gava 3 gava_0949949902 regr1_gava 0 full 0 3 25 952628302 0 0                      (bpimmedia -l)
//! FRAG 1 1 10256 512 2 13 13 A00002 plim 65536 0 949616279 0 0 *NULL* 952628302 1
//! IMAGE web01 0 0 11 web01_1267534039 p1 0 *NULL* root Full 0 3 1267534039 19 1268743639 0 0 640 7 1 1 ...
//!                                                                                           (bpimagelist -l)
//! Backed Up         Expires       Files       KB  C  Sched Type   Policy                    (bpimagelist -U)
//! ----------------  ---------- -------- --------  -  ------------ ------------
//! 09/21/2005 09:29  10/05/2005        3      224  N  User Backup  server01_windows
//! ```
//!
//! One record per image and fragment; a fragment belongs to the image above it. The two commands print other columns
//! behind the same tags and are told apart by where the backup id stands. Columns behind those used here differ by
//! release. The rows of the table are cut by the ruler above them, because schedule types hold blanks. The long form
//! (`-L`) is read by [`super::image_long`], the tables of `bpimmedia` by [`super::media_table`]. The rows of `bpflist` give one record each, of kind `file`; paths are cut by
//! the length that stands before them, because they hold blanks (columns and a row as TECH34317 shows them).

use std::borrow::Cow;
use std::ops::Range;

use super::{backup_id, image_long, job_row, media_table};
use crate::base::stamp::{HOUR, MINUTE};
use crate::base::{Dialect, Record, Sink, Splitter, Stamp};
use crate::dialect::dates;
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of image lists.
pub struct ImageList;

impl Reader for ImageList {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupImageList
    }

    fn claim(&self, line: &str) -> Claim {
        let is_row = || {
            line.starts_with(|c: char| c.is_ascii_digit()) && table_row(line, &default_columns()).is_some()
        };
        let is_table =
            || id_line(line).is_some() || media_table::is_head(line) || media_table::row(line).is_some();
        if Tagged::read(line).is_some()
            || is_table_head(line)
            || is_row()
            || image_long::is_sign(line)
            || is_table()
        {
            Claim::Strong
        } else {
            Claim::No
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(ListGrammar {
            columns: default_columns(),
            image: None,
            copy: None,
            files: false,
        }))
    }
}

/// A line of the machine forms, by its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tagged<'a> {
    /// `bpimagelist -l`
    Catalogue(Vec<&'a str>),
    /// `bpimmedia -l`
    Media(Vec<&'a str>),
    Fragment(Vec<&'a str>),
    Histogram,
    Files(Vec<&'a str>),
}

/// Words of a line that are looked at; those behind differ by release, and keywords may hold blanks.
const WORDS: usize = 24;

impl Tagged<'_> {
    fn read(line: &str) -> Option<Tagged<'_>> {
        // Asked of every line of every log.
        if !["IMAGE ", "FRAG ", "HISTO ", "FILES "].iter().any(|tag| line.starts_with(tag)) {
            return None;
        }
        let words: Vec<&str> = line.split_whitespace().take(WORDS).collect();
        let is_id = |at: usize| words.get(at).is_some_and(|word| backup_id::is_whole(word));
        let are_numbers = |range: Range<usize>| {
            words.get(range).is_some_and(|words| words.iter().all(|word| word.parse::<i64>().is_ok()))
        };
        match words.first().copied()? {
            "IMAGE" if is_id(5) && are_numbers(2..5) => Some(Tagged::Catalogue(words)),
            "IMAGE" if is_id(3) && are_numbers(2..3) => Some(Tagged::Media(words)),
            "FRAG" if are_numbers(1..8) && words.len() > 9 => Some(Tagged::Fragment(words)),
            "HISTO" if are_numbers(1..9) => Some(Tagged::Histogram),
            "FILES" if is_id(8) => Some(Tagged::Files(words)),
            _ => None,
        }
    }
}

/// Fields of `IMAGE` lines by position, the tag at 0.
const CATALOGUE: &[(&str, usize)] = &[
    ("client", 1),
    ("backup_id", 5),
    ("policy", 6),
    ("schedule", 10),
    ("elapsed", 14),
    ("expires", 15),
    ("kbytes", 18),
    ("files", 19),
    ("copies", 20),
    ("fragments", 21),
];
const MEDIA: &[(&str, usize)] =
    &[("client", 1), ("backup_id", 3), ("policy", 4), ("schedule", 6), ("files", 9), ("expires", 10)];
/// Fields of `FRAG` lines of both commands.
const FRAGMENT: &[(&str, usize)] = &[
    ("copy_number", 1),
    ("fragment_number", 2),
    ("kbytes", 3),
    ("media_type", 5),
    ("media_id", 8),
    ("media_server", 9),
    ("mpx", 17),
    ("resume_count", 20),
];

fn add<'a>(record: &mut Record<'a>, fields: &[(&'static str, usize)], words: &[&'a str]) {
    for (name, at) in fields {
        if let Some(word) = words.get(*at).filter(|word| **word != "*NULL*") {
            record.fields.push((*name, Cow::Borrowed(*word)));
        }
    }
}

fn add_types(record: &mut Record<'_>, policy_type: Option<&&str>, schedule_type: Option<&&str>) {
    let types = [
        ("policy_type", policy_type.and_then(|number| job_row::policy_type(number))),
        ("schedule_type", schedule_type.and_then(|number| job_row::schedule_type(number))),
    ];
    record.fields.extend(types.into_iter().filter_map(|(name, word)| Some((name, Cow::Borrowed(word?)))));
}

fn is_table_head(line: &str) -> bool {
    if !line.trim_start().starts_with("Backed") {
        return false;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    words.starts_with(&["Backed", "Up", "Expires", "Files", "KB"]) && words.ends_with(&["Policy"])
}

/// The columns of the releases seen.
fn default_columns() -> Vec<Range<usize>> {
    ruler("----------------  ---------- -------- --------  -  ------------ ------------").unwrap_or_default()
}

/// Where the columns stand under a ruler of dashes.
fn ruler(line: &str) -> Option<Vec<Range<usize>>> {
    let line = line.trim_end();
    if line.len() < 20 || !line.bytes().all(|byte| byte == b'-' || byte == b' ') {
        return None;
    }
    let mut columns: Vec<Range<usize>> = Vec::new();
    for (at, byte) in line.bytes().enumerate().filter(|(_, byte)| *byte == b'-') {
        match columns.last_mut() {
            Some(column) if column.end == at => column.end = at + usize::from(byte == b'-'),
            _ => columns.push(at..at + 1),
        }
    }
    (columns.len() >= 7).then_some(columns)
}

/// The values of a row of the table: time, end, files, kbytes, compressed, schedule type, policy.
struct TableRow<'a> {
    backed_up: dates::Read,
    stamp: Stamp,
    values: Vec<&'a str>,
}

fn table_row<'a>(line: &'a str, columns: &[Range<usize>]) -> Option<TableRow<'a>> {
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let backed_up = dates::date_only(line)?;
    let clock = line.get(backed_up.length..)?.strip_prefix(' ')?;
    let digits = |range: Range<usize>| -> Option<i64> {
        clock.get(range).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
    };
    let (hour, minute) = (digits(0..2)?, digits(3..5)?);
    if clock.as_bytes().get(2) != Some(&b':')
        || clock.as_bytes().get(5) != Some(&b' ')
        || hour > 23
        || minute > 59
    {
        return None;
    }
    // The last column reaches to the end: names of policies are longer than their ruler.
    let last = columns.len().checked_sub(1)?;
    let value = |(at, column): (usize, &Range<usize>)| {
        let text = if at == last { line.get(column.start..) } else { line.get(column.clone()) };
        text.map(str::trim)
    };
    let values: Vec<&str> = columns.iter().enumerate().map(value).collect::<Option<_>>()?;
    let is_number = |at: usize| values.get(at).is_some_and(|text| text.parse::<u64>().is_ok());
    let expires = values.get(1).is_some_and(|text| dates::date_only(text).is_some() || *text == "INFINITY");
    let stamp = backed_up.stamp.shifted(hour * HOUR + minute * MINUTE);
    (is_number(2) && is_number(3) && expires).then_some(TableRow { backed_up, stamp, values })
}

struct ListGrammar {
    columns: Vec<Range<usize>>,
    /// Backup id of the image whose fragments follow.
    image: Option<String>,
    /// Number of the copy whose fragments follow, in the long form.
    copy: Option<String>,
    /// Rows of files follow.
    files: bool,
}

impl Grammar for ListGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupImageList
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        let mut record = Record::new(Dialect::NetbackupImageList, line);
        if let Some(tagged) = Tagged::read(line) {
            describe(&mut record, &tagged);
            self.files = matches!(tagged, Tagged::Files(_));
            return Some(record);
        }
        if self.files
            && let Some(path) = listed_path(line)
        {
            record.kind = "file";
            record.fields.push(("path", Cow::Borrowed(path)));
            return Some(record);
        }
        if let Some((read, id)) = id_line(line) {
            record.kind = "image";
            record.stamp = read.cast(sink);
            record.fields.push(("backup_id", Cow::Borrowed(id)));
            return Some(record);
        }
        if let Some(row) = media_table::row(line) {
            record.kind = row.kind;
            record.fields =
                row.fields.into_iter().map(|(name, value)| (name, Cow::Borrowed(value))).collect();
            let id = record.field("backup_id").and_then(backup_id::find);
            record.stamp = id.map_or(Stamp::None, |id| Stamp::epoch(id.epoch));
            return Some(record);
        }
        if let Some(kind) = image_long::begins(line) {
            record.kind = kind;
            record.code = Some(Cow::Borrowed(LONG));
            return Some(record);
        }
        if let Some(columns) = ruler(line) {
            self.columns = columns;
            return None;
        }
        if is_table_head(line) || media_table::is_head(line) {
            return Some(record);
        }
        let row = table_row(line, &self.columns)?;
        row.backed_up.cast(sink);
        record.kind = "image";
        record.stamp = row.stamp;
        let names = ["", "expires", "files", "kbytes", "compressed", "schedule_type", "policy"];
        let fields =
            names.into_iter().zip(row.values).filter(|(name, value)| !name.is_empty() && !value.is_empty());
        record.fields = fields.map(|(name, value)| (name, Cow::Borrowed(value))).collect();
        Some(record)
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let mut record = record;
        if record.code.as_deref() == Some(LONG) {
            record.code = None;
            if !image_long::read(&mut record) {
                record.kind = "";
            }
            if record.kind == "copy" {
                self.copy = record.field("copy_number").map(str::to_owned);
            }
            if record.kind != "image" {
                let known = [("backup_id", self.image.clone()), ("copy_number", self.copy.clone())];
                for (name, value) in known {
                    if let Some(value) = value.filter(|_| record.field(name).is_none()) {
                        record.fields.push((name, Cow::Owned(value)));
                    }
                }
                return sink.record(record);
            }
            self.copy = None;
        }
        match record.kind {
            "image" => self.image = record.field("backup_id").map(str::to_owned),
            "fragment" => {
                if let Some(image) = &self.image {
                    record.fields.push(("backup_id", Cow::Borrowed(image)));
                }
            }
            _ => {}
        }
        sink.record(record);
    }
}

/// `Time: 9/21/2005 10:20:33 ID: web01_1127310033 FULL (0)`: what `bpimagelist -idonly` prints (unverified).
fn id_line(line: &str) -> Option<(dates::Read, &str)> {
    let rest = line.trim_start().strip_prefix("Time:")?.trim_start();
    let read = dates::date_time(rest)?;
    let rest = rest.get(read.length..)?.trim_start().strip_prefix("ID:")?.trim_start();
    let id = rest.split_whitespace().next().filter(|id| backup_id::is_whole(id))?;
    Some((read, id))
}

/// Marks a record of the long form until its lines are read.
const LONG: &str = "long form";

/// The path in a row of `bpflist`: number, compressed size, length of the path, length of the rest, block, in_image,
/// raw size, gigabytes, device, path.
fn listed_path(line: &str) -> Option<&str> {
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut rest = line;
    let mut length = 0;
    for at in 0..9 {
        let (word, behind) = rest.split_once(' ')?;
        if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return None;
        }
        if at == 2 {
            length = word.parse::<usize>().ok()?;
        }
        rest = behind;
    }
    rest.get(..length).filter(|path| !path.is_empty())
}

fn describe<'a>(record: &mut Record<'a>, tagged: &Tagged<'a>) {
    match tagged {
        Tagged::Catalogue(words) => {
            record.kind = "image";
            add(record, CATALOGUE, words);
            add_types(record, words.get(7), words.get(11));
            let epoch = words.get(13).and_then(|epoch| epoch.parse().ok()).filter(|epoch| *epoch > 0);
            record.stamp = epoch.map_or(Stamp::None, Stamp::epoch);
        }
        Tagged::Media(words) => {
            record.kind = "image";
            add(record, MEDIA, words);
            add_types(record, words.get(5), words.get(7));
            let id = words.get(3).and_then(|id| backup_id::find(id));
            record.stamp = id.map_or(Stamp::None, |id| Stamp::epoch(id.epoch));
        }
        Tagged::Fragment(words) => {
            record.kind = "fragment";
            add(record, FRAGMENT, words);
        }
        Tagged::Histogram => record.kind = "histogram",
        Tagged::Files(words) => {
            record.kind = "files";
            add(record, &[("backup_id", 8)], words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;

    const TABLE: &str = "\
C:\\VERITAS\\NetBackup\\bin\\admincmd>bpimagelist -d 02/11/06 -U
Backed Up         Expires       Files       KB  C  Sched Type   Policy
----------------  ---------- -------- --------  -  ------------ ------------
02/15/2006 06:41  03/01/2006        7      640  N  User Backup  corvine2_home_with_a_long_name
02/14/2006 21:10  INFINITY         19     8192  N  Full Backup  corvine2_home
";

    const LISTS: &str = "\
IMAGE gava 3 gava_0949949902 regr1_gava 0 full 0 3 25 952628302 0 0
FRAG 1 1 10256 512 2 13 13 A00002 plim 65536 0 949616279 0 0 *NULL* 952628302 1
IMAGE web01 0 0 11 web01_1267534039 p1 40 *NULL* root Daily 1 3 1267534039 19 1268743639 0 0 640 7 2 1 0 x 1 *NULL*
HISTO -1 -1 -1 -1 -1 -1 -1 -1 -1 -1
FRAG 2 3 640 0 0 6 0 @aaaac med2 262144 0 0 -1 0 1;PureDisk;x;;0 1268743639 0 3 0 4 1 6 1268743639 1267534100 1 1
FRAG -1 1 10
";

    #[test]
    fn table_by_its_ruler() {
        let log = read(&ImageList, TABLE);
        assert_eq!((log.heads(), log.headless(), log.of("image").len()), (3, 1, 2));
        let image = log.of("image")[0];
        assert_eq!(image.stamp.to_string(), "2006-02-15T06:41:00");
        for (name, value) in [
            ("expires", "03/01/2006"),
            ("files", "7"),
            ("kbytes", "640"),
            ("schedule_type", "User Backup"),
            ("policy", "corvine2_home_with_a_long_name"),
        ] {
            assert_eq!(image.field(name), Some(value), "{name}");
        }
        check_cuts(&ImageList, TABLE);
    }

    #[test]
    fn machine_forms() {
        let log = read(&ImageList, LISTS);
        assert_eq!((log.heads(), log.headless()), (5, 0));
        let kinds: Vec<&str> = log.records.iter().map(|record| record.kind).collect();
        assert_eq!(kinds, ["image", "fragment", "image", "histogram", "fragment"]);
        assert_eq!(log.records[0].stamp.to_string(), "2000-02-07T18:58:22Z");
        assert_eq!(
            (log.records[0].field("policy"), log.records[0].field("schedule_type")),
            (Some("regr1_gava"), Some("full"))
        );
        assert_eq!(
            (log.records[1].field("media_type"), log.records[4].field("media_type")),
            (Some("2"), Some("0"))
        );
        assert_eq!(
            (log.records[1].field("media_id"), log.records[1].field("backup_id")),
            (Some("A00002"), Some("gava_0949949902"))
        );
        let image = &log.records[2];
        for (name, value) in [
            ("policy_type", "VMware"),
            ("schedule_type", "differential incremental"),
            ("kbytes", "640"),
            ("copies", "2"),
        ] {
            assert_eq!(image.field(name), Some(value), "{name}");
        }
        let fragment = &log.records[4];
        for (name, value) in
            [("copy_number", "2"), ("fragment_number", "3"), ("media_server", "med2"), ("resume_count", "4")]
        {
            assert_eq!(fragment.field(name), Some(value), "{name}");
        }
        check_cuts(&ImageList, LISTS);
    }

    #[test]
    fn tables_of_media() {
        let text = "\
Backup-ID           Policy       Type   RL  Files   C E T PC Expires\r
Copy Frag   KB     Type Density FNum   Off     Host       DWO MPX Expires          RL MediaID\r
---------------------------------------------------------------------------------------------\r
gava_0949949902     regr1_gava   FULL   3   25      N N R 1  12:31 03/09/2000\r
 1    1     10256   RMed dlt      13     65536   plim       2   Y  12:31 03/09/2000 3  A00002\r
web01_1267534039    p1           INCR   1   7       N N R 1  INFINITY\r
 2    1     640     Disk -        -      -       med2       -   N  INFINITY         1  @aaaac\r
";
        let log = read(&ImageList, text);
        assert_eq!((log.heads(), log.headless()), (6, 0));
        let fragments = log.of("fragment");
        assert_eq!(log.of("image").len(), 2);
        assert_eq!(
            (
                fragments[1].field("backup_id"),
                fragments[1].field("copy_number"),
                fragments[1].field("media_id")
            ),
            (Some("web01_1267534039"), Some("2"), Some("@aaaac"))
        );
        for cut in [0, 75, 300] {
            read(&ImageList, &text[cut..]);
        }
        check_cuts(&ImageList, text);
    }

    #[test]
    fn files_by_the_length_of_their_path() {
        let text = "\
FILES 10 0 0 1267534039 4 0 web01 web01_1267534039 p1 root 2 1
0 0 20 42 0 1 512 0 64768 /srv/my file/a b.txt 33188 root root 512 1267530000 1267530000 1267530000
1 0 5 42 1 1 512 0 64768 /srv/ 16877 root root 0 1267530000 1267530000 1267530000
2 0 50 42 1 1 512 0 64768 /cut
";
        let log = read(&ImageList, text);
        let paths: Vec<_> =
            log.of("file").iter().map(|file| file.field("path").unwrap().to_owned()).collect();
        assert_eq!(paths, ["/srv/my file/a b.txt", "/srv/"]);
        assert_eq!(log.of("files")[0].field("backup_id"), Some("web01_1267534039"));
        check_cuts(&ImageList, text);
    }

    #[test]
    fn the_long_form() {
        let text = "\
Client:            web01
Backup ID:         web01_1267534039
Policy:            p1
Policy Type:       Standard (0)
Sched Label:       Daily
Backup Time:       Tue Mar  2 06:47:19 2010 (1267534039)
Kilobytes:         640
Copy number:       1
 Fragment:         1
  ID:              @aaaab
  Host:            media02
Copy number:       2
 Fragment:         1
  ID:              A00031

Client:            somebody
Phone:             1
";
        let log = read(&ImageList, text);
        let image = log.of("image");
        assert_eq!((image.len(), log.of("copy").len(), log.of("fragment").len()), (1, 2, 2));
        for (name, value) in [
            ("client", "web01"),
            ("backup_id", "web01_1267534039"),
            ("policy_type", "Standard"),
            ("kbytes", "640"),
        ] {
            assert_eq!(image[0].field(name), Some(value), "{name}");
        }
        assert_eq!(image[0].stamp.to_string(), "2010-03-02T12:47:19Z");
        let last = log.of("fragment")[1];
        assert_eq!(
            (last.field("backup_id"), last.field("copy_number"), last.field("media_id")),
            (Some("web01_1267534039"), Some("2"), Some("A00031"))
        );
        assert_eq!(ImageList.claim("Backup ID:         web01_1267534039"), Claim::Strong);
        assert_eq!(ImageList.claim("Backup ID: none"), Claim::No);
        let only = "Time: 9/21/2005 10:20:33 AM ID: web01_1127310033 FULL (0)";
        assert_eq!((ImageList.claim(only), ImageList.claim("Time: now ID: x")), (Claim::Strong, Claim::No));
        assert_eq!(read(&ImageList, only).of("image")[0].field("backup_id"), Some("web01_1127310033"));
        assert_eq!(ImageList.claim("Client:            web01"), Claim::No);
        check_cuts(&ImageList, text);
    }

    #[test]
    fn what_is_claimed() {
        for line in TABLE.lines().skip(1).filter(|line| !line.starts_with('-')) {
            assert_eq!(ImageList.claim(line), Claim::Strong, "{line}");
        }
        for line in [
            "",
            "IMAGE of the day",
            "FRAG 1 2 three",
            "FILES in this folder",
            "Backed Up yesterday",
            "02/15/2006 06:41  text",
            "02/15/2006 06:41:00  03/01/2006        7      640  N  User Backup  x",
        ] {
            assert_eq!(ImageList.claim(line), Claim::No, "{line}");
        }
    }
}
