//! Dialects of Tivoli Storage Manager, later IBM Spectrum Protect and IBM Storage Protect.
//!
//! The dialects share their heads: every log of the client begins its lines with the same stamp, and any of them
//! can hold the messages of the error log. So the scheduler log and the console read error messages too
//! ([`Reader::absorbs`]), the client acceptor's log is told by its own mark, and a line that only quotes a message
//! id somewhere inside belongs to none of them. The `tsm` command of Tableau Server has nothing in common with
//! this product.

use super::{Place, Reader, without_rotation};

mod actlog;
pub(crate) mod banner;
mod cad;
pub(crate) mod clock;
mod console;
mod dp;
mod error;
mod events;
mod instr;
pub(crate) mod message;
mod options;
mod planned;
mod progress;
mod run;
mod sched;
#[cfg(test)]
pub(crate) mod testing;
mod vm_backup;
mod vm_lines;

/// Every dialect of this family, in the order in which they are asked.
pub const READERS: &[&dyn Reader] = &[
    &cad::AcceptorLog,
    &sched::SchedulerLog,
    &actlog::ActivityLog,
    &events::EventList,
    &instr::InstrumentationLog,
    &dp::AgentLog,
    &console::Console,
    &error::ErrorLog,
    &options::OptionFile,
];

/// A log, its rotations and its pruned copy are one stream; only the error log's pruned copy has a name of its own.
fn stream_of(path: &str) -> Place {
    let path = without_rotation(path);
    let path = path.strip_suffix(".log").unwrap_or(path);
    let stream = match path.strip_suffix("dsmerlog") {
        Some(folder) => format!("{folder}dsmerror"),
        None => path.to_owned(),
    };
    Place { stream: Some(stream), ..Place::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pruned_copy_belongs_to_its_log() {
        let stream = |path| stream_of(path).stream;
        assert_eq!(stream("var/log/dsmerlog.pru"), stream("var/log/dsmerror.log"));
        assert_eq!(stream("var/log/dsmsched.pru"), stream("var/log/dsmsched.log.1"));
        assert_ne!(stream("a/dsmsched.log"), stream("b/dsmsched.log"));
    }
}
