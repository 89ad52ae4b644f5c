//! Bounds of reading, and the meter that keeps them: a scan ends in time and in memory, whatever it is given.
//!
//! One meter belongs to one file on disk and to everything that comes out of it, however deep. So a bomb is measured
//! by what the whole file expands to, not by each of its members, and the bound is reached at the same byte whatever
//! the number of threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::fault::Fault;

/// How many archives may stand inside each other. A support bundle in a ticket's archive in a mail's archive is
/// three; more is a mistake or an attack (an archive that holds itself never ends).
pub const MAX_ARCHIVES: usize = 5;

/// How many members one file may have, at all depths together. The largest support bundles have some ten thousand.
pub const MAX_MEMBERS: u64 = 100_000;

/// How many bytes may come out of one compressed byte. Deflate itself cannot give more than 1032, and logs that were
/// packed by the stronger methods stay far below that.
pub const MAX_EXPANSION: u64 = 1100;

/// How many bytes may come out of one file, all layers together: minutes of work, and more than any bundle holds.
pub const MAX_EXPANDED: u64 = 256 * 1024 * 1024 * 1024;

/// Below this size nobody asks how much came out of how little.
const FREE_EXPANSION: u64 = 64 * 1024 * 1024;

/// What a person may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Archives inside each other.
    pub archives: usize,
    /// Members of one file, at all depths.
    pub members: u64,
    /// Bytes out of one byte.
    pub expansion: u64,
    /// Bytes out of one file.
    pub expanded: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            archives: MAX_ARCHIVES,
            members: MAX_MEMBERS,
            expansion: MAX_EXPANSION,
            expanded: MAX_EXPANDED,
        }
    }
}

/// What a scan in progress shows to others, and how they end it.
#[derive(Debug, Default)]
pub struct Watch {
    stopped: Arc<AtomicBool>,
    done: AtomicU64,
    total: AtomicU64,
    current: Mutex<String>,
}

impl Watch {
    /// A watch whose scan ends as soon as the flag is set.
    pub fn new(stopped: Arc<AtomicBool>) -> Watch {
        Watch { stopped, ..Watch::default() }
    }

    /// Is the scan to end now?
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Bytes read from files, and the bytes of all files together, where that is known.
    pub fn bytes(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// The source that was begun last.
    pub fn current(&self) -> String {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Bytes of all files together.
    pub fn expect(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// A source is begun.
    pub fn begin(&self, path: &str) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clear();
        current.push_str(path);
    }
}

/// Counts what one file gives.
#[derive(Debug, Default)]
pub(super) struct Meter {
    limits: Limits,
    watch: Arc<Watch>,
    raw: AtomicU64,
    expanded: AtomicU64,
    members: AtomicU64,
    replaced: AtomicBool,
}

impl Meter {
    pub(super) fn new(limits: Limits, watch: &Arc<Watch>) -> Meter {
        Meter { limits, watch: Arc::clone(watch), ..Meter::default() }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Bytes came from the file itself.
    pub(super) fn add_raw(&self, count: usize) {
        self.raw.fetch_add(count as u64, Ordering::Relaxed);
        self.watch.done.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Bytes came out of a layer above the file.
    pub(super) fn add_expanded(&self, count: usize) {
        self.expanded.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// The file is another one than when its folder was listed.
    pub(super) fn note_replaced(&self) {
        self.replaced.store(true, Ordering::Relaxed);
    }

    pub(super) fn was_replaced(&self) -> bool {
        self.replaced.load(Ordering::Relaxed)
    }

    /// One more member. Is it one too many?
    pub(super) fn add_member(&self) -> bool {
        self.members.fetch_add(1, Ordering::Relaxed) >= self.limits.members
    }

    /// Why nothing more may be read from the file or from what comes out of it.
    pub(super) fn fault(&self) -> Option<Fault> {
        if self.watch.is_stopped() {
            return Some(Fault::Interrupted);
        }
        let (raw, expanded) = (self.raw.load(Ordering::Relaxed), self.expanded.load(Ordering::Relaxed));
        let bound = raw.saturating_mul(self.limits.expansion);
        if expanded > FREE_EXPANSION && expanded > bound {
            return Some(Fault::Expansion(self.limits.expansion));
        }
        // Where a reader goes back again and again, the work shows in what it reads.
        let work = if expanded > 0 { expanded.max(raw) } else { 0 };
        (work > self.limits.expanded).then_some(Fault::Expanded(self.limits.expanded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_whole_file() {
        let limits = Limits { members: 2, expansion: 10, expanded: 1 << 30, ..Limits::default() };
        let meter = Meter::new(limits, &Arc::default());
        meter.add_raw(10 << 20);
        meter.add_expanded(90 << 20);
        assert!(meter.fault().is_none());
        meter.add_expanded(20 << 20);
        assert!(matches!(meter.fault(), Some(Fault::Expansion(10))));
        meter.add_raw(1 << 30);
        meter.add_expanded(1 << 30);
        assert!(matches!(meter.fault(), Some(Fault::Expanded(_))));
        assert_eq!([(); 3].map(|()| meter.add_member()), [false, false, true]);
    }

    #[test]
    fn a_plain_file_has_no_bound() {
        let meter = Meter::new(Limits { expanded: 10, ..Limits::default() }, &Arc::default());
        meter.add_raw(1000);
        assert!(meter.fault().is_none());
        let stopped = Arc::new(AtomicBool::new(false));
        let meter = Meter::new(Limits::default(), &Arc::new(Watch::new(Arc::clone(&stopped))));
        assert!(meter.fault().is_none());
        stopped.store(true, Ordering::Relaxed);
        assert!(matches!(meter.fault(), Some(Fault::Interrupted)));
    }
}
