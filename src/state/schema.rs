//! The tables, version by version. A version that was published is never changed; what comes later is one more.

use rusqlite_migration::{M, Migrations};

/// Tells a state from any other SQLite file: `blog` in ASCII.
pub(super) const APPLICATION: i32 = 0x626c_6f67;

const STEPS: &[M<'_>] = &[M::up(
    "CREATE TABLE files (
         id INTEGER PRIMARY KEY,
         path TEXT NOT NULL,
         stat TEXT,
         print TEXT,
         key TEXT NOT NULL,
         seen TEXT NOT NULL,
         gone TEXT,
         content BLOB NOT NULL
     ) STRICT;
     CREATE TABLE findings (
         key TEXT PRIMARY KEY,
         advisory TEXT NOT NULL,
         title TEXT NOT NULL,
         host TEXT,
         about TEXT NOT NULL,
         level TEXT NOT NULL,
         first_seen TEXT NOT NULL,
         last_seen TEXT NOT NULL,
         reported_level TEXT,
         reported_on TEXT
     ) STRICT;
     CREATE TABLE acknowledgements (
         id INTEGER PRIMARY KEY,
         advisory TEXT NOT NULL,
         object TEXT,
         until TEXT NOT NULL,
         reason TEXT NOT NULL,
         made TEXT NOT NULL
     ) STRICT;
     CREATE TABLE unread (
         path TEXT NOT NULL,
         code TEXT NOT NULL,
         since TEXT NOT NULL,
         PRIMARY KEY (path, code)
     ) STRICT;
     CREATE TABLE wordings (
         product TEXT NOT NULL,
         wording TEXT NOT NULL,
         first_seen TEXT NOT NULL,
         PRIMARY KEY (product, wording)
     ) STRICT;
     CREATE TABLE outbox (
         id INTEGER PRIMARY KEY,
         message_id TEXT NOT NULL UNIQUE,
         made TEXT NOT NULL,
         subject TEXT NOT NULL,
         text TEXT NOT NULL,
         html TEXT NOT NULL,
         body TEXT NOT NULL,
         items TEXT NOT NULL,
         sent TEXT
     ) STRICT;
     CREATE TABLE deliveries (
         message INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
         way TEXT NOT NULL,
         done TEXT NOT NULL,
         PRIMARY KEY (message, way)
     ) STRICT;
     CREATE TABLE runs (
         day TEXT NOT NULL,
         finished TEXT NOT NULL,
         bytes_read INTEGER NOT NULL,
         files INTEGER NOT NULL,
         findings INTEGER NOT NULL
     ) STRICT;",
)];

/// How many versions there are.
pub(super) const VERSIONS: usize = STEPS.len();

pub(super) fn migrations() -> Migrations<'static> {
    Migrations::from_slice(STEPS)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_version_leads_to_the_next() {
        assert!(super::migrations().validate().is_ok());
    }
}
