//! Dialects of NetBackup: debug logs, job details, and what its commands print.

use super::Reader;

mod backup_id;
mod epochs;
mod file_name;
mod wording;

pub mod legacy;

#[cfg(test)]
mod collect;

/// Every dialect of this family, in the order in which they are asked.
pub const READERS: &[&dyn Reader] = &[&legacy::Legacy];
