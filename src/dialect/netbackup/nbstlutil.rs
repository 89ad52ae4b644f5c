//! Storage lifecycle listings: what `nbstlutil` prints of images, their copies and fragments.
//!
//! ```text
//! Fragment:                                       (list -U, 6.5)
//! master_server= nbutest01
//! backup_id= nbutest03_1236281108
//! copy_number= 2
//! fragment_state= 2(TO_BE_DELETED)
//!
//! Image womble_1473747910 for Lifecycle womble_slp is IN_PROCESS          (stlilist -U, 7.x)
//! Copy to womble-hcart of type DUPLICATE is NOT_STARTED
//! ```
//!
//! One record per block or line, its keys as fields: blanks in a key become underscores, of `2(TO_BE_DELETED)` the
//! word is kept, of `1236281108(Thu Mar  5 14:25:08 2009)` the number; `0(...)` means "not set". A copy or fragment
//! that does not say whose it is belongs to the image and copy above it. The listing has no time of its own, and it
//! shows what the database believes: a fragment may be gone and still be ACTIVE. The machine forms (`list -b`,
//! `list -l`) are read as far as [`super::lifecycle_row`] dares.

use std::borrow::Cow;

use nom::bytes::complete::{tag, take_till1, take_while1};
use nom::character::complete::space0;
use nom::combinator::{rest, verify};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::{backup_id, epochs, lifecycle_row};
use crate::base::{Dialect, Record, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of these listings.
pub struct Nbstlutil;

impl Reader for Nbstlutil {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupNbstlutil
    }

    fn opens(&self, sample: &str) -> bool {
        lifecycle_row::is_list_of_ids(sample)
    }

    fn claim(&self, line: &str) -> Claim {
        if lifecycle_row::tagged(line).is_some() {
            return Claim::Strong;
        }
        match (short_line(line), block_head(line), key_line(line)) {
            (Some(_), _, _) => Claim::Strong,
            // `Image:` alone may stand in any text; the keys below it do not.
            (None, Some(_), _) => Claim::Weak,
            (None, None, Some((key, value)))
                if field_name(key).is_some() && key.contains('_') && !value.is_empty() =>
            {
                Claim::Strong
            }
            _ => Claim::No,
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(ListGrammar::default()))
    }
}

/// Keys of the blocks, with the names of their fields.
const KEYS: &[(&str, &str)] = &[
    ("master_server", "master_server"),
    ("backup_id", "backup_id"),
    ("client", "client"),
    ("backup_time", "backup_time"),
    ("policy", "policy"),
    ("client_type", "client_type"),
    ("schedule_type", "schedule_type"),
    ("storage_service_name", "storage_service_name"),
    ("storage_service_state", "storage_service_state"),
    ("time_in_process", "time_in_process"),
    ("class_id", "class_id"),
    ("data_classification_name", "data_classification_name"),
    ("version_number", "version_number"),
    ("origin_master_server", "origin_master_server"),
    ("origin_master_guid", "origin_master_guid"),
    ("copy_number", "copy_number"),
    ("expire_time", "expire_time"),
    ("try_to_keep", "try_to_keep"),
    ("destination", "destination"),
    ("duplication status", "duplication_status"),
    ("duplication_status", "duplication_status"),
    ("copy_state", "copy_state"),
    ("copy_type", "copy_type"),
    ("job_id", "job_id"),
    ("expire_type", "expire_type"),
    ("mpxstate", "mpxstate"),
    ("fragment_number", "fragment_number"),
    ("resume_count", "resume_count"),
    ("media_id", "media_id"),
    ("media_server", "media_server"),
    ("storage_server", "storage_server"),
    ("stu_type", "stu_type"),
    ("stu_subtype", "stu_subtype"),
    ("fragment_state", "fragment_state"),
    ("fragment_size", "fragment_size"),
    ("delete_header", "delete_header"),
    ("fragment_id", "fragment_id"),
];

fn field_name(key: &str) -> Option<&'static str> {
    KEYS.iter().find(|(known, _)| *known == key).map(|(_, name)| *name)
}

/// `fragment_state= 1(ACTIVE)`: the equals sign is glued to the key.
fn key_line(line: &str) -> Option<(&str, &str)> {
    let key = verify(take_till1(|c: char| c == '=' || c == ':'), |key: &str| {
        key.starts_with(|c: char| c.is_ascii_lowercase())
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b' '))
            && !key.ends_with(' ')
    });
    let value = verify(rest, |value: &str| value.is_empty() || value.starts_with([' ', '\t', '\u{a0}']));
    let parsed: IResult<&str, (&str, &str)> =
        preceded(space0, (terminated(key, tag("=")), value)).parse(line.trim_end());
    parsed.ok().map(|(_, (key, value))| (key, value.trim()))
}

fn block_head(line: &str) -> Option<&'static str> {
    match line.trim_end() {
        "Image:" => Some("image"),
        "Copy:" => Some("copy"),
        "Fragment:" => Some("fragment"),
        _ => None,
    }
}

/// A line of `stlilist -U`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Short<'a> {
    Image { backup_id: &'a str, lifecycle: &'a str, state: &'a str },
    Copy { destination: &'a str, copy_type: &'a str, state: &'a str },
}

fn short_line(line: &str) -> Option<Short<'_>> {
    let line = line.trim_end();
    short_image(line).or_else(|_| short_copy(line)).ok().map(|(_, short)| short)
}

fn token(input: &str) -> IResult<&str, &str> {
    take_till1(char::is_whitespace).parse(input)
}

fn state(input: &str) -> IResult<&str, &str> {
    let word = take_while1(|c: char| c.is_ascii_uppercase() || matches!(c, '_' | ' ' | '&'));
    verify(word, |state: &str| state.len() >= 4).parse(input)
}

fn short_image(input: &str) -> IResult<&str, Short<'_>> {
    let id = verify(token, |id: &str| backup_id::is_whole(id));
    let (rest, (_, backup_id, _, lifecycle, _, state)) =
        (tag("Image "), id, tag(" for Lifecycle "), token, tag(" is "), state).parse(input)?;
    Ok((rest, Short::Image { backup_id, lifecycle, state }))
}

fn short_copy(input: &str) -> IResult<&str, Short<'_>> {
    let (rest, (_, destination, _, copy_type, _, state)) =
        (tag("Copy to "), token, tag(" of type "), token, tag(" is "), state).parse(input)?;
    Ok((rest, Short::Copy { destination, copy_type, state }))
}

/// A value as its field keeps it; `None` where it is empty or not set.
fn value<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    let Some((number, rest)) = value.split_once('(') else {
        return Some(known_state(name, value)).filter(|value| !value.is_empty());
    };
    let number = number.trim();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let word = rest.strip_suffix(')').unwrap_or(rest).trim();
    match (is_number, word) {
        (true, "") => Some(known_state(name, number)),
        // A word, or a time: times hold colons.
        (true, word) if !word.contains(':') => Some(word),
        (true, _) => Some(number).filter(|number| *number != "0"),
        (false, _) => Some(value),
    }
}

/// Releases and options that leave the words away print the numbers alone.
fn known_state<'a>(name: &str, value: &'a str) -> &'a str {
    match (name, value) {
        ("fragment_state", "1") => "ACTIVE",
        ("fragment_state", "2") => "TO_BE_DELETED",
        ("fragment_state", "3") => "ELIGIBLE_FOR_EXPIRATION",
        ("storage_service_state", "1") => "NOT_STARTED",
        ("storage_service_state", "2") => "IN_PROCESS",
        ("storage_service_state", "3") => "COMPLETE",
        _ => value,
    }
}

#[derive(Default)]
struct ListGrammar {
    /// A block is open and the lines that follow are its keys.
    in_block: bool,
    /// The line before was `Image:`, `Copy:` or `Fragment:`.
    after_head: bool,
    /// The line on which a block without such a line began. It may be handed in again.
    bare_head: Option<u64>,
    image: Option<String>,
    master: Option<String>,
    copy: Option<String>,
}

impl Grammar for ListGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupNbstlutil
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let after_head = std::mem::take(&mut self.after_head);
        if let Some(kind) = block_head(line) {
            (self.in_block, self.after_head) = (true, true);
            return Some(Record { kind, ..Record::new(Dialect::NetbackupNbstlutil, line) });
        }
        if let Some(row) = lifecycle_row::tagged(line).or_else(|| lifecycle_row::bare(line)) {
            self.in_block = false;
            let mut record = Record { kind: row.kind, ..Record::new(Dialect::NetbackupNbstlutil, line) };
            record.fields = [
                ("backup_id", Some(row.backup_id)),
                ("master_server", row.master),
                ("copy_number", row.copy),
                ("fragment_number", row.fragment),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some((name, Cow::Borrowed(value?))))
            .collect();
            return Some(record);
        }
        if let Some(short) = short_line(line) {
            self.in_block = false;
            let kind = if matches!(short, Short::Image { .. }) { "image" } else { "copy" };
            return Some(Record { kind, ..Record::new(Dialect::NetbackupNbstlutil, line) });
        }
        let Some((key, _)) = key_line(line).filter(|(key, _)| field_name(key).is_some()) else {
            // A blank line ends a block.
            self.in_block &= !line.trim().is_empty();
            return None;
        };
        // Cut in the middle, or its first line went to the text before it. Every block names the master first.
        let begins =
            !self.in_block || self.bare_head == Some(number) || (key == "master_server" && !after_head);
        self.in_block = true;
        begins.then(|| {
            self.bare_head = Some(number);
            Record::new(Dialect::NetbackupNbstlutil, line)
        })
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let mut record = record;
        if record.head
            && record.fields.is_empty()
            && let Cow::Borrowed(body) = record.body
        {
            self.read(&mut record, body, sink);
        }
        let record = self.inherit(record);
        sink.record(record);
    }
}

impl ListGrammar {
    fn read<'a>(&mut self, record: &mut Record<'a>, body: &'a str, sink: &mut dyn Sink) {
        let mut add = |name: &'static str, value: &'a str| record.fields.push((name, Cow::Borrowed(value)));
        let mut moments = Vec::new();
        match body.lines().next().and_then(short_line) {
            Some(Short::Image { backup_id, lifecycle, state }) => {
                add("backup_id", backup_id);
                add("storage_service_name", lifecycle);
                add("storage_service_state", state);
            }
            Some(Short::Copy { destination, copy_type, state }) => {
                add("destination", destination);
                add("copy_type", copy_type);
                add("duplication_status", state);
            }
            None => {
                for (key, text) in body.lines().filter_map(key_line) {
                    let Some(name) = field_name(key) else { continue };
                    moments.extend(epochs::pair(text));
                    if let Some(value) = value(name, text) {
                        add(name, value);
                    }
                }
            }
        }
        if record.kind.is_empty() {
            record.kind = kind_by_keys(record);
        }
        for moment in moments {
            epochs::tell(moment, record, sink);
        }
    }

    /// Remembers whose copies and fragments follow, and gives a record what it leaves to those above it.
    fn inherit<'s>(&'s mut self, record: Record<'s>) -> Record<'s> {
        let mut record = record;
        let own = |name: &str| record.field(name).map(str::to_owned);
        let (image, master, copy) = (own("backup_id"), own("master_server"), own("copy_number"));
        if record.kind == "image" || (image.is_some() && image != self.image) {
            (self.image, self.master, self.copy) = (image.clone(), master.clone(), None);
        }
        if record.kind == "copy" {
            self.copy = copy.clone();
        }
        let mut give = |name: &'static str, own: Option<String>, above: &'s Option<String>| {
            if let (None, Some(value)) = (own, above) {
                record.fields.push((name, Cow::Borrowed(value.as_str())));
            }
        };
        if matches!(record.kind, "copy" | "fragment") {
            give("backup_id", image, &self.image);
            give("master_server", master, &self.master);
            if record.kind == "fragment" {
                give("copy_number", copy, &self.copy);
            }
        }
        record
    }
}

/// What a block is whose first line is missing.
fn kind_by_keys(record: &Record<'_>) -> &'static str {
    let has = |name| record.fields.iter().any(|(key, _)| *key == name);
    if has("fragment_number") || has("fragment_state") || has("fragment_id") {
        "fragment"
    } else if has("destination") || has("expire_time") || has("mpxstate") {
        "copy"
    } else if has("storage_service_name") || has("storage_service_state") || has("time_in_process") {
        "image"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;

    #[test]
    fn machine_forms() {
        let text = "\
V7.5 I mast1 web01_1267534039 web01 1267534039 pol1 0 0 slp_gold 2\r
V7.5 C mast1 web01_1267534039 1 1268743639\r
V7.5 F mast1 web01_1267534039 1 2 0 @aaab\r
V7.5 F mast1 cut\r
web02_1267534040\r
";
        let log = read(&Nbstlutil, text);
        assert_eq!((log.heads(), log.headless()), (4, 0));
        let kinds: Vec<_> = log.records.iter().map(|record| record.kind).collect();
        assert_eq!(kinds, ["image", "copy", "fragment", "image"]);
        assert_eq!(log.records[2].field("fragment_number"), Some("2"));
        assert_eq!(log.records[2].field("fragment_state"), None);
        assert_eq!(log.records[3].field("backup_id"), Some("web02_1267534040"));
        assert!(Nbstlutil.opens("web01_1267534039\nweb02_1267534040\n") && !Nbstlutil.opens(text));
        assert_eq!(Nbstlutil.claim("web02_1267534040"), Claim::No);
        check_cuts(&Nbstlutil, text);
    }
    use crate::base::{FactKind, Stamp};

    const LIST: &str = "\
Image:
master_server= mast1
backup_id= med2_1267534039
client= med2
backup_time= 1267534039(Tue Mar \u{a0}2 06:47:19 2010)
policy= med2_oradata
storage_service_state= 3(COMPLETE)
class_id=

Copy:
master_server= mast1
backup_id= med2_1267534039
copy_number= 1
expire_time= 1268743639(Tue Mar 16 07:47:19 2010)
try_to_keep= 0(Wed Dec 31 18:00:00 1969)
duplication status= 3(COMPLETE)
job_id= 0

Fragment:
fragment_number= 3
resume_count= 3
media_id= @aaaac
storage_server=
fragment_state= 1(ACTIVE)
fragment_size= 2989621248
";

    #[test]
    fn blocks_of_a_list() {
        let log = read(&Nbstlutil, LIST);
        assert_eq!((log.heads(), log.headless()), (3, 0));
        let kinds: Vec<&str> = log.records.iter().map(|record| record.kind).collect();
        assert_eq!(kinds, ["image", "copy", "fragment"]);
        let [image, copy, fragment] = [&log.records[0], &log.records[1], &log.records[2]];
        assert_eq!(image.field("backup_time"), Some("1267534039"));
        assert_eq!(image.field("storage_service_state"), Some("COMPLETE"));
        assert_eq!((image.field("class_id"), copy.field("try_to_keep")), (None, None));
        assert_eq!(copy.field("duplication_status"), Some("COMPLETE"));
        assert_eq!((copy.field("job_id"), copy.stamp), (Some("0"), Stamp::None));
        for (name, value) in [
            ("backup_id", "med2_1267534039"),
            ("copy_number", "1"),
            ("master_server", "mast1"),
            ("fragment_number", "3"),
            ("fragment_state", "ACTIVE"),
            ("fragment_size", "2989621248"),
        ] {
            assert_eq!(fragment.field(name), Some(value), "{name}");
        }
        assert_eq!(fragment.field("storage_server"), None);
        check_cuts(&Nbstlutil, LIST);
    }

    #[test]
    fn epochs_beside_local_text_show_the_zone_of_their_season() {
        let log = read(&Nbstlutil, LIST);
        let offsets: Vec<String> =
            log.facts.iter().map(|(_, fact, stamp)| format!("{fact:?} {stamp}")).collect();
        assert_eq!(
            offsets,
            [
                "ZoneOffset { east: -21600 } 2010-03-02T06:47:19-06:00",
                "ZoneOffset { east: -18000 } 2010-03-16T07:47:19-05:00"
            ]
        );
        assert!(log.facts.iter().all(|(host, _, _)| host.is_none()));
        assert!(matches!(log.facts[0].1, FactKind::ZoneOffset { .. }));
    }

    #[test]
    fn damaged_and_bare_blocks() {
        let text = "\
# nbstlutil list -U -backupid med2_1267534039
fragment_number= 2
fragment_state= 2
Copy:
copy_number= 2
Fragment:
copy_number= 5
fragment_state= 7(NEW_WORD)
some text: x
master_server= m
backup_id= other_1267534040
destination= unit
";
        let log = read(&Nbstlutil, text);
        assert_eq!((log.heads(), log.headless()), (4, 1));
        assert_eq!(
            (log.records[1].kind, log.records[1].field("fragment_state")),
            ("fragment", Some("TO_BE_DELETED"))
        );
        assert_eq!(log.records[1].field("backup_id"), None);
        assert_eq!(log.records[3].field("copy_number"), Some("5"));
        assert_eq!(log.records[3].field("fragment_state"), Some("NEW_WORD"));
        assert_eq!(
            (log.records[4].kind, log.records[4].field("backup_id")),
            ("copy", Some("other_1267534040"))
        );
        check_cuts(&Nbstlutil, text);
    }

    #[test]
    fn short_lists() {
        let text = "\
Image pel4_1481011495 for Lifecycle pel_gold is IN_PROCESS
Copy to pel-hcart3 of type DUPLICATE is NOT_STARTED
Image pel7_1481015107 for Lifecycle pel_gold is NOT_STARTED
";
        let log = read(&Nbstlutil, text);
        assert_eq!((log.heads(), log.headless()), (3, 0));
        assert_eq!(log.records[0].field("storage_service_name"), Some("pel_gold"));
        assert_eq!(log.records[1].field("backup_id"), Some("pel4_1481011495"));
        assert_eq!(log.records[1].field("duplication_status"), Some("NOT_STARTED"));
        assert_eq!(log.records[2].field("storage_service_state"), Some("NOT_STARTED"));
        check_cuts(&Nbstlutil, text);
    }

    #[test]
    fn what_is_claimed() {
        for line in [
            "backup_id= nbutest03_1236281108",
            "fragment_state= 1(ACTIVE)",
            "Image a_1481011495 for Lifecycle b is NOT_STARTED & INACTIVE",
        ] {
            assert_eq!(Nbstlutil.claim(line), Claim::Strong, "{line}");
        }
        for line in ["Image:", "Copy:"] {
            assert_eq!(Nbstlutil.claim(line), Claim::Weak, "{line}");
        }
        for line in [
            "",
            "Image: nginx",
            "client= c",
            "class_id=",
            "backup_id=x",
            "other_key= 5",
            "Copy to a of type b is done",
            "Image a for Lifecycle b is IN_PROCESS",
        ] {
            assert_eq!(Nbstlutil.claim(line), Claim::No, "{line}");
        }
    }
}
