//! Dialects of windows: event logs as Event Viewer, the command line tools and people export them.
//!
//! The same event in any of them gives the same record (`entry`): provider as written, `source` as the canonical key,
//! the 16-bit id in decimal as code, the severity by the level's word in any language, insertion strings `s1`, `s2` ...

use super::{BinaryReader, Reader};

pub mod providers;

mod binary;
mod blocks;
mod copied;
mod copied_lines;
mod csv;
mod csv_2003;
mod data;
mod dumpel;
mod entry;
mod eventquery;
mod evt;
mod evt_record;
#[cfg(test)]
mod evt_samples;
mod evt_store;
#[cfg(feature = "evtx")]
mod evtx;
#[cfg(all(test, feature = "evtx"))]
mod evtx_samples;
mod flattened;
mod labels;
mod levels;
mod measures;
mod missing_description;
mod pasted;
mod powershell;
mod powershell_json;
mod powershell_text;
mod properties;
mod psloglist;
mod rows;
#[cfg(test)]
mod same_event;
#[cfg(test)]
mod samples;
mod sync_driver;
mod times;
mod wevtutil;
mod xml;

/// Every dialect of this family, in the order in which they are asked.
pub const READERS: &[&dyn Reader] = &[
    &xml::Xml,
    &powershell::Powershell,
    &wevtutil::Wevtutil,
    &psloglist::Psloglist,
    &dumpel::Dumpel,
    &csv::Csv,
    &csv_2003::Csv2003,
    &copied::Copied,
];

/// The binary dialects of this family.
pub const BINARY_READERS: &[&dyn BinaryReader] = &[
    &evt::Evt,
    #[cfg(feature = "evtx")]
    &evtx::Evtx,
];
