//! Dialects of fcm.

use super::Reader;

/// Every dialect of this family, in the order in which they are asked.
pub const READERS: &[&dyn Reader] = &[];
