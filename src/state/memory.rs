//! What a scan is told of earlier nights, and what it gives back to be remembered.

use chrono::NaiveDate;
use indexmap::IndexSet;

use crate::input::{FileStat, Print};

/// Number of a file in the state.
pub type FileId = i64;

/// A file that was read on an earlier night, without what was read of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// Its number.
    pub id: FileId,
    /// Path as reported then.
    pub path: String,
    /// Where it was, and when it was last touched; `None`: it was not read to its end.
    pub stat: Option<FileStat>,
    /// What it looked like; `None`: it cannot be known again by its bytes.
    pub print: Option<Print>,
    /// With which program, catalogue and options it was read.
    pub key: String,
    /// The last day on which it was there.
    pub seen: NaiveDate,
}

/// Earlier nights, as a scan sees them.
pub struct Memory<'m> {
    /// Files of earlier nights.
    pub known: Vec<KnownFile>,
    /// Gives out what was read of a file.
    pub load: &'m mut dyn FnMut(FileId) -> Option<Vec<u8>>,
    /// The day of this run.
    pub today: NaiveDate,
}

/// A file that was read tonight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// It takes the place of this one.
    pub replaces: Option<FileId>,
    /// The file; its number and its day mean nothing.
    pub file: KnownFile,
    /// What was read.
    pub content: Vec<u8>,
}

/// What is to be remembered of tonight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Files that were read, wholly or from where they were read to.
    pub read: Vec<NewFile>,
    /// Files that were not read because nothing in them changed, with their path and place of tonight.
    pub unchanged: Vec<KnownFile>,
    /// Files that are not there any more and still count, with what is left of those of which a part was found
    /// elsewhere.
    pub gone: Vec<(FileId, Option<Vec<u8>>)>,
    /// Files that need not be remembered any longer.
    pub dropped: Vec<FileId>,
    /// Paths that could not be read to their end, with the name of the notice.
    pub unread: IndexSet<(String, String)>,
    /// Bytes read from files.
    pub bytes_read: u64,
    /// Was the scan stopped before its end? Then nothing of it is remembered.
    pub is_stopped: bool,
}
