//! One run of a job and its sets, and what became of each set.

use indexmap::IndexMap;

use super::words::{Method, Outcome};
use crate::base::Stamp;

/// One backup set: what was read of one resource.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) line: u64,
    pub(super) resource: String,
    pub(super) method: Option<Method>,
    pub(super) start: Option<Stamp>,
    pub(super) start_text: Option<String>,
    pub(super) has_ended: bool,
    pub(super) bytes: Option<u64>,
    pub(super) problems: u32,
    pub(super) is_full_instead: bool,
}

/// One run of a job as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) server: Option<String>,
    pub(super) name: Option<String>,
    pub(super) account: Option<String>,
    pub(super) start: Option<Stamp>,
    pub(super) method: Option<Method>,
    pub(super) outcome: Option<Outcome>,
    pub(super) has_ended: bool,
    pub(super) sets: Vec<Set>,
    /// The first set of each resource.
    pub(super) by_resource: IndexMap<String, usize>,
    /// Sets are listed again when they are verified.
    pub(super) is_backup: bool,
    pub(super) is_synthetic: bool,
    /// The set that lines belong to: cleared where none is open.
    pub(super) is_open: bool,
    pub(super) unassigned_problems: u32,
    pub(super) is_vcb: bool,
}

impl Set {
    /// Did the set come to its end? Its summary is written there, in whatever words.
    fn is_over(&self) -> bool {
        self.has_ended || self.bytes.is_some()
    }
}

fn is_broken(set: &Set) -> bool {
    set.problems > 0 || !set.is_over()
}

/// How many sets of a job did not go well.
pub(super) struct Broken {
    sets: usize,
    with_problems: usize,
}

impl Broken {
    /// Counts them once: a job may have thousands of sets.
    pub(super) fn count(run: &Run) -> Broken {
        Broken {
            sets: run.sets.iter().filter(|set| is_broken(set)).count(),
            with_problems: run.sets.iter().filter(|set| set.problems > 0).count(),
        }
    }
}

/// What became of a set. A job's status is that of its worst part: a set is judged by its own messages where the log
/// assigns them, and stays unknown where it does not.
pub(super) fn result(run: &Run, broken: &Broken, set: &Set) -> &'static str {
    let others = broken.sets.saturating_sub(usize::from(is_broken(set)));
    match run.outcome {
        None | Some(Outcome::Other) => "unknown",
        Some(Outcome::Success) => "success",
        Some(Outcome::Exceptions) => {
            let is_elsewhere = set.problems == 0 && run.unassigned_problems == 0 && broken.with_problems > 0;
            if is_elsewhere { "success" } else { "partial" }
        }
        Some(Outcome::Canceled) => {
            if set.is_over() && set.problems == 0 {
                "partial"
            } else {
                "failed"
            }
        }
        Some(Outcome::Failed) if !set.is_over() || run.sets.len() == 1 => "failed",
        Some(Outcome::Failed) => match (set.problems > 0, others > 0) {
            (true, false) => "failed",
            (false, true) => "partial",
            _ => "unknown",
        },
    }
}
