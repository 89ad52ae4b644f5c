//! Dialects of NetBackup: debug logs, job details, and what its commands print.
//!
//! Not read, because no public sample shows their layout: `bpdbjobs -report` without options, `nbstlutil list -b`
//! and `-l`, VxMS logs, the files of `db/jobs/trylogs`. Output that generated documentation invented for this product
//! (`bprd[1234]:`, `[2024-01-15 03:45:22] INFO:`) is nobody's.

use super::Reader;

mod backup_id;
mod epochs;
mod file_name;
mod job_row;
mod job_text;
mod vm_run;
mod wording;

pub mod bpdbjobs;
pub mod bperror;
pub mod image_list;
pub mod job;
pub mod legacy;
pub mod msdp;
pub mod nbstlutil;
pub mod progress;
pub mod tpconfig;
pub mod try_log;
pub mod unified;
pub mod unified_raw;
pub mod version;

#[cfg(test)]
mod collect;

/// Every dialect of this family, in the order in which they are asked.
pub const READERS: &[&dyn Reader] = &[
    &legacy::Legacy,
    &unified::Unified,
    &unified_raw::UnifiedRaw,
    &bpdbjobs::Bpdbjobs,
    &bperror::Bperror,
    &image_list::ImageList,
    &try_log::TryLog,
    &msdp::Msdp,
    &job::Job,
    &progress::Progress,
    &nbstlutil::Nbstlutil,
    &tpconfig::Tpconfig,
    &version::Version,
];
