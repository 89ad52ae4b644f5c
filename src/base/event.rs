//! Events and facts: what the extract phase keeps of a source, and all that the correlate phase sees of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dialect::Dialect;
use super::stamp::Stamp;

/// Name of a captured value or field.
pub type Key = Arc<str>;

/// Number of a source in one scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// Number of a stream: one log through its rotations and days (same folder, process and dialect).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u32);

/// Number of an event definition in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventKind(pub u32);

/// Named values in the order in which they were read. Few enough that a list beats a map; clones share it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Values(Arc<Vec<(Key, Arc<str>)>>);

impl Values {
    /// No values.
    pub fn new() -> Values {
        Values::default()
    }

    /// The value of this name.
    pub fn get(&self, key: &str) -> Option<&Arc<str>> {
        self.0.iter().find(|(name, _)| name.as_ref() == key).map(|(_, value)| value)
    }

    /// Adds a value; one that is there already stays.
    pub fn add(&mut self, key: Key, value: Arc<str>) {
        if self.get(&key).is_none() {
            Arc::make_mut(&mut self.0).push((key, value));
        }
    }

    /// Sets a value, replacing one that is there.
    pub fn set(&mut self, key: Key, value: Arc<str>) {
        let values = Arc::make_mut(&mut self.0);
        match values.iter_mut().find(|(name, _)| *name == key) {
            Some(slot) => slot.1 = value,
            None => values.push((key, value)),
        }
    }

    /// Takes a value away.
    pub fn remove(&mut self, key: &str) {
        if self.get(key).is_some() {
            Arc::make_mut(&mut self.0).retain(|(name, _)| name.as_ref() != key);
        }
    }

    /// All values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Arc<str>)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<Key>, V: Into<Arc<str>>> FromIterator<(K, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Values {
        let mut values = Values::new();
        for (key, value) in pairs {
            values.add(key.into(), value.into());
        }
        values
    }
}

/// A record that matched an event definition of the catalogue.
#[derive(Clone, Debug)]
pub struct Event {
    /// Which definition it matched.
    pub kind: EventKind,
    /// The dialect of the record.
    pub dialect: Dialect,
    /// The source it stands in.
    pub source: SourceId,
    /// The stream of that source.
    pub stream: StreamId,
    /// Position in the source; counts backwards where the source is written newest first.
    pub position: i64,
    /// 1-based first line of the record; `None` in binary sources.
    pub line: Option<u64>,
    /// Record number, where the log counts its records.
    pub number: Option<u64>,
    /// When it was logged.
    pub stamp: Stamp,
    /// Time (instant, else civil, in microseconds) of the last dated record before it in its source: where an
    /// undated event sorts.
    pub placed: Option<i64>,
    /// The host it happened on, where the record or its source tells.
    pub host: Option<Arc<str>>,
    /// Process id.
    pub pid: Option<u64>,
    /// The session it stands in: index into the scan's list of sessions.
    pub session: Option<u32>,
    /// Captures, constants and fields.
    pub values: Values,
    /// The record as read.
    pub text: Arc<str>,
    /// Filters that passed only because the source does not tell (`process`): one doubt each.
    pub untold: Vec<&'static str>,
}

/// A job, a schedule run, a snapshot operation: records that belong together.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Stamp of the first dated record.
    pub first: Option<Stamp>,
    /// Stamp of the last dated record.
    pub last: Option<Stamp>,
    /// Values on which all records of the session that carry them agree.
    pub values: Values,
}

/// What a record says about a host or a name for good.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FactKind {
    /// A product of this version is installed.
    Version {
        /// Product as in `[[affected]]` of the patterns: `netbackup`, `tsm-client`, `backup-exec`, `esx`, `fcm-vmware`.
        product: String,
        /// Version as printed, reduced to the number: `6.5.3`, `6.4.0.0`.
        version: String,
    },
    /// Two names belong to one machine: a record shows them together.
    SameMachine {
        /// One name.
        one: String,
        /// The other name.
        other: String,
    },
    /// Local time ran this many seconds east of UTC at the fact's stamp: a record shows an epoch beside local text.
    ZoneOffset {
        /// Seconds east of UTC.
        east: i32,
    },
    /// The host plays this part in the domain of a backup product.
    Role(Role),
    /// A plug-in by which the host reaches its storage.
    PlugIn {
        /// Its name, as the product prints it: the type of storage server, or its library.
        name: String,
        /// Its version, where told.
        version: Option<String>,
    },
    /// The host uses this storage server.
    StorageServer {
        /// Its name.
        name: String,
        /// Its types, where told (`PureDisk`).
        kind: Option<String>,
    },
    /// A correction is installed beside the release: an emergency engineering binary, by its Etrack number.
    Fix {
        /// Digits of the number.
        id: String,
    },
}

/// A part that a host plays in the domain of a backup product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// It holds catalogue and scheduler (also called primary server).
    Master,
    /// It moves data to storage.
    Media,
    /// It is backed up.
    Client,
    /// It stores deduplicated data.
    Storage,
}

impl Role {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Role::Master => "master server",
            Role::Media => "media server",
            Role::Client => "client",
            Role::Storage => "storage server",
        }
    }
}

impl FactKind {
    /// Does it only describe the host, so that no verdict looks at it?
    pub fn is_description(&self) -> bool {
        matches!(self, FactKind::Role(_) | FactKind::PlugIn { .. } | FactKind::StorageServer { .. })
    }
}

/// A fact and where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The host it is true for, where known.
    pub host: Option<String>,
    /// What it says.
    pub kind: FactKind,
    /// Where it was read.
    pub source: SourceId,
    /// 1-based line; `None` in binary sources.
    pub line: Option<u64>,
    /// When it was logged; most command outputs have no time.
    pub stamp: Stamp,
    /// The record as read, cut to one line's length.
    pub text: String,
}
