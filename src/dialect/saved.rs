//! What a splitter carries from line to line, as text that another day's splitter goes on with.
//!
//! Only for logs that are appended to, and only between two records: the text that is not consumed yet is read again.
//! Text that does not read back is no fault: the log is then read from its beginning.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The state of a splitter, as text.
pub(super) fn save<S: Serialize>(state: &S) -> Option<String> {
    serde_json::to_string(state).ok()
}

/// The state that was saved; `None`: it was saved by another version.
pub(super) fn restore<S: DeserializeOwned>(saved: &str) -> Option<S> {
    serde_json::from_str(saved).ok()
}

/// A word of a closed list. (By another name than its type, so that nobody takes it for text that is borrowed from what
/// is restored.)
pub(super) type Word = &'static str;

/// All of them.
const WORDS: [&str; 29] = [
    "success",
    "partial",
    "failed",
    "missed",
    "unknown",
    "yes",
    "no",
    "windows",
    "linux",
    "aix",
    "SNAPSHOT_INCL_MEM",
    "SNAPSHOT_EXCL_MEM",
    "SUSPEND",
    "ASIS",
    "job_id",
    "job_type",
    "state",
    "status",
    "policy",
    "schedule",
    "client",
    "media_server",
    "job_pid",
    "fat_pipe",
    "full",
    "synthetic",
    "block-level",
    "incremental",
    "effective-full",
];

fn known<E: serde::de::Error>(word: &str) -> Result<&'static str, E> {
    let known = WORDS.iter().copied().find(|known| *known == word);
    known.ok_or_else(|| E::custom("a word that is not in the list"))
}

/// Saves such a word (`#[serde(with = "term")]`); one that is not in the list does not read back.
pub(super) mod term {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::dialect) fn serialize<S: Serializer>(word: &str, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(word)
    }

    pub(in crate::dialect) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<&'static str, D::Error> {
        super::known(&String::deserialize(from)?)
    }
}

/// The same where there may be none.
pub(super) mod word {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::dialect) fn serialize<S: Serializer>(
        word: &Option<&'static str>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        word.serialize(to)
    }

    pub(in crate::dialect) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<&'static str>, D::Error> {
        Option::<String>::deserialize(from)?.map(|word| super::known(&word)).transpose()
    }
}
