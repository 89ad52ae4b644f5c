//! The long form of the image list, `bpimagelist -L`: a label and a value per line.
//!
//! ```text
//! Client:            web01
//! Backup ID:         web01_1267534039
//! Policy:            p1
//! Policy Type:       Standard (0)
//! Sched Label:       Daily
//! Backup Time:       Tue Mar  2 06:47:19 2010 (1267534039)
//! Expiration Time:   Tue Mar 16 06:47:19 2010 (1268743639)
//! Kilobytes:         640
//! Copy number:       1
//!  Fragment:         1
//!   ID:              @aaaab
//! ```
//!
//! Unverified: layout and labels are from general knowledge. An image begins at its `Client:`, and is one only if a
//! `Backup ID:` follows; copies and fragments are records of their own.

use std::borrow::Cow;

use super::backup_id;
use crate::base::{Record, Stamp};

/// Labels and the fields they fill.
const FIELDS: [(&str, &str); 15] = [
    ("client", "client"),
    ("backup id", "backup_id"),
    ("policy", "policy"),
    ("policy type", "policy_type"),
    ("sched label", "schedule"),
    ("schedule type", "schedule_type"),
    ("expiration time", "expires"),
    ("kilobytes", "kbytes"),
    ("number of files", "files"),
    ("number of copies", "copies"),
    ("number of fragments", "fragments"),
    ("copy number", "copy_number"),
    ("fragment", "fragment_number"),
    ("id", "media_id"),
    ("host", "media_server"),
];

/// No label is longer.
const LONGEST: usize = 48;

/// `Label:   value`.
fn label(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.trim_end().split_once(':')?;
    let is_name =
        name.len() <= LONGEST && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' ');
    (is_name && value.starts_with([' ', '\t'])).then(|| (name.trim().to_ascii_lowercase(), value.trim()))
}

/// Does this line show that a text is of this form?
pub(super) fn is_sign(line: &str) -> bool {
    line.starts_with("Backup ID:") && label(line).is_some_and(|(_, value)| backup_id::is_whole(value))
}

/// The kind of the record that begins here.
pub(super) fn begins(line: &str) -> Option<&'static str> {
    let trimmed = line.trim_start();
    // Asked of every line of every list.
    if !["Client:", "Copy number:", "Fragment:"].iter().any(|tag| trimmed.starts_with(tag)) {
        return None;
    }
    let (name, value) = label(trimmed)?;
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match name.as_str() {
        "client" if !value.is_empty() && line == trimmed => Some("image"),
        "copy number" if is_number => Some("copy"),
        "fragment" if is_number => Some("fragment"),
        _ => None,
    }
}

/// Reads the labels of a record, whose body reaches over all of its lines. `false`: it is no image after all.
pub(super) fn read(record: &mut Record<'_>) -> bool {
    let body = record.body.clone();
    for line in body.lines() {
        let Some((name, value)) = label(line.trim_start()) else { continue };
        if name == "backup time" {
            record.stamp = epoch(value).map_or(Stamp::None, Stamp::epoch);
        }
        let field = FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
        if let Some(field) = field.filter(|field| record.field(field).is_none() && !value.is_empty()) {
            let value =
                if field == "policy_type" { value.split(" (").next().unwrap_or(value) } else { value };
            record.fields.push((field, Cow::Owned(value.to_owned())));
        }
    }
    let id = record.field("backup_id").filter(|id| backup_id::is_whole(id)).map(str::to_owned);
    if record.stamp == Stamp::None && record.kind == "image" {
        let found = id.as_deref().and_then(backup_id::find);
        record.stamp = found.map_or(Stamp::None, |id| Stamp::epoch(id.epoch));
    }
    record.kind != "image" || id.is_some()
}

/// The number in parentheses behind a time.
fn epoch(value: &str) -> Option<i64> {
    let (_, number) = value.strip_suffix(')')?.rsplit_once('(')?;
    number.parse().ok().filter(|epoch| *epoch > 0)
}
