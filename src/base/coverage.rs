//! Which stretches of time were read: only inside them does silence mean that nothing happened.

use super::dialect::Dialect;
use super::event::{SourceId, StreamId};
use super::stamp::Stamp;

/// Which question a log's reach answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CoverageKind {
    /// Everything the process logged between the first and the last record.
    Log,
    /// A list of jobs or events, complete between its first and last entry.
    JobList,
    /// The records of one job; says nothing about other jobs.
    Single,
    /// A state at a moment, no stretch of time.
    None,
}

impl CoverageKind {
    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            CoverageKind::Log => "log",
            CoverageKind::JobList => "job-list",
            CoverageKind::Single => "single",
            CoverageKind::None => "none",
        }
    }
}

/// From the first to the last record without a hole; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Time of the first record.
    pub from: Stamp,
    /// Time of the last record.
    pub to: Stamp,
}

/// What one source, or one stream of sources, reaches over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The source it was read from.
    pub source: SourceId,
    /// The stream (a log through its rotations) the source belongs to.
    pub stream: StreamId,
    /// The dialect, which tells what the log can show.
    pub dialect: Dialect,
    /// The host whose log it is, where known.
    pub host: Option<String>,
    /// The process whose log it is, where known.
    pub process: Option<String>,
    /// The stretches read, in order of time, without overlap.
    pub intervals: Vec<Interval>,
}
