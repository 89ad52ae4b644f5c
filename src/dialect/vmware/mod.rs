//! Dialects of VMware: the logs of virtual machines, hosts and vCenter, exported events, and the files in which a
//! virtual machine keeps its snapshots and settings.
//!
//! They answer, for one virtual machine: was it set back to a snapshot, when, by whom, and was changed block tracking
//! on. A request is never taken for its success.

mod agent;
mod agent_claim;
mod agent_line;
mod inventory;
mod place;
mod revert_text;
mod task_book;
mod vm_name;
mod vmx_meaning;
mod vmx_source;
mod work;
mod yearless;

#[cfg(test)]
use super::collect;

pub mod events;
pub mod hostd;
pub mod vmbackup;
pub mod vmkernel;
pub mod vmsd;
pub mod vmx;
pub mod vmx_log;
pub mod vpxa;
pub mod vpxd;

use super::Reader;

/// Every dialect of this family, in the order in which they are asked.
pub const READERS: &[&dyn Reader] = &[
    &events::Events,
    &vmx_log::VmxLog,
    &vmkernel::Vmkernel,
    &vpxd::Vpxd,
    &vpxa::Vpxa,
    &hostd::Hostd,
    &vmsd::Vmsd,
    &vmx::Vmx,
    &vmbackup::Vmbackup,
];
