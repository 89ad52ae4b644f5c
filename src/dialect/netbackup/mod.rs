//! Dialects of NetBackup: debug logs, job details, and what its commands print.

use super::Reader;

mod backup_id;
mod epochs;
mod file_name;
mod wording;

mod job_row;
mod job_text;
mod vm_run;

pub mod bpdbjobs;
pub mod job;
pub mod legacy;
pub mod nbstlutil;
pub mod tpconfig;
pub mod version;

#[cfg(test)]
mod collect;

/// Every dialect of this family, in the order in which they are asked.
pub const READERS: &[&dyn Reader] = &[
    &legacy::Legacy,
    &job::Job,
    &nbstlutil::Nbstlutil,
    &tpconfig::Tpconfig,
    &version::Version,
    &bpdbjobs::Bpdbjobs,
];
