//! blogscan reads the logs that a backup estate leaves behind and says which known failures happened in it, to
//! which images, virtual machines and hosts, how sure it is and why.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | source | one log: a file, an archive member, standard input |
//! | line | text up to a line break, in the decoded source |
//! | record | one entry of a log: a head line and what belongs to it |
//! | dialect | the format that a product writes its log in |
//! | event | a record that matched an event definition of a pattern |
//! | fact | what a record says about a host for good (a version, two names of one machine) |
//! | session | the job, schedule run or snapshot operation that a record stands in |
//! | stream | one log through its rotations and days |
//! | coverage | the stretches of time that were read |
//! | pattern | a known failure: events, conditions, verdicts, and the advisory's text |
//! | verdict | one level of a pattern and what must hold for it |
//! | finding | a verdict that holds for an object |
//! | notice | what could not be read, or only with reservations |
//!
//! # Floors
//!
//! Data flows one way. A module imports from lower floors only; modules of one floor do not import each other
//! (`tests/floors.rs` checks it).
//!
//! | floor | modules |
//! |---|---|
//! | 0 | `base` |
//! | 1 | `input`, `dialect`, `pattern`, `codes`, `settings`, `identity` |
//! | 2 | `matching`, `correlate`, `embedded` |
//! | 3 | `verdict` |
//! | 4 | `report`, `state`, `delivery` |
//! | 5 | `scan`, `nightly` |
//! | 6 | `cli` |

pub mod base;
pub mod cli;
pub mod codes;
pub mod correlate;
pub mod delivery;
pub mod dialect;
pub mod embedded;
pub mod identity;
pub mod input;
pub mod matching;
pub mod nightly;
pub mod pattern;
pub mod report;
pub mod scan;
pub mod settings;
pub mod state;
pub mod verdict;
