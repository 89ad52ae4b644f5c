//! Floor 2: the patterns that are built in, as the build script left them (`src/pattern/build.rs`): checked, and read in
//! a tenth of the time that their files take.

use std::path::PathBuf;

use crate::pattern::{Catalogue, Fault};

/// The checked patterns.
const PATTERNS: &str = include_str!(concat!(env!("OUT_DIR"), "/patterns.json"));

/// The built-in patterns and those of `folders`, as [`Catalogue::load`] gives them.
pub fn catalogue(folders: &[PathBuf]) -> (Catalogue, Vec<Fault>) {
    if folders.is_empty()
        && let Ok(catalogue) = serde_json::from_str(PATTERNS)
    {
        return (catalogue, Vec::new());
    }
    Catalogue::load(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the build script left is what the files say, but for the samples, which are only checked.
    #[test]
    fn it_is_what_the_files_say() {
        let (mut read, faults) = Catalogue::load(&[]);
        assert!(faults.is_empty());
        for event in &mut read.events {
            event.samples.clear();
            event.near_misses.clear();
        }
        let built: Catalogue = serde_json::from_str(PATTERNS).unwrap();
        assert!(built.patterns.len() > 100);
        assert_eq!(format!("{built:#?}"), format!("{read:#?}"));
    }
}
