//! How much of a flood is held: a log in which every line is a hit must end in time and in memory.

/// How many findings of one advisory a report shows each. A person reads a few; more than this are one incident, of
/// which count, first and last time and the list of objects say more.
pub const MOST_FINDINGS: usize = 5_000;

/// How many objects of one advisory are told apart at one level: some 60 bytes each.
pub const MOST_OBJECTS: usize = 1_000_000;

/// What a person may set, and tests lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Findings of one advisory that are shown each.
    pub findings: usize,
    /// Objects of one advisory that are told apart at one level.
    pub objects: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { findings: MOST_FINDINGS, objects: MOST_OBJECTS }
    }
}
