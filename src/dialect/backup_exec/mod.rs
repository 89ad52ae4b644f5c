//! Dialects of Backup Exec: logs of jobs, as XML or text, and its own traces.
//!
//! They answer, for one virtual machine: when was it backed up, fully or by changed blocks, and did it succeed.

mod error_code;
mod job;
mod job_time;
mod resource;
mod run;
mod version;
mod words;

#[cfg(test)]
mod collect;

pub mod adamm;
pub mod debug;
pub mod job_text;
pub mod job_xml;

use super::Reader;

/// Every dialect of this family, in the order in which they are asked.
pub const READERS: &[&dyn Reader] = &[&job_xml::JobXml, &job_text::JobText, &adamm::Adamm, &debug::Debug];
