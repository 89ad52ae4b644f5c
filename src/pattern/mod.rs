//! Floor 1: pattern files, from text to checked patterns.

pub mod model;

pub use model::{Catalogue, Pattern};
