//! Floor 2: the patterns that are built in, as the build script left them (`src/pattern/build.rs`): checked, and read in
//! a tenth of the time that their files take.

use std::path::PathBuf;

use crate::pattern::{Catalogue, Fault, unpack};

/// The checked patterns.
const PATTERNS: &str = include_str!(concat!(env!("OUT_DIR"), "/patterns.json"));

/// The built-in patterns and those of `folders`, as [`Catalogue::load`] gives them.
pub fn catalogue(folders: &[PathBuf]) -> (Catalogue, Vec<Fault>) {
    let read = match folders {
        [] => unpack(PATTERNS).map(|catalogue| (catalogue, Vec::new())),
        _ => Catalogue::load_beside(PATTERNS, folders),
    };
    read.unwrap_or_else(|| Catalogue::load(folders))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Own patterns come out the same whether the built-in ones are read or taken as packed, faults and all.
    #[test]
    fn own_patterns_are_the_same_beside_what_is_packed() {
        let folder = tempfile::tempdir().unwrap();
        let (file, text) = crate::pattern::embedded_files()
            .iter()
            .find(|(place, _)| place.ends_with("/TECH69597.md"))
            .map(|(_, text)| ("SITE-1.md", text.replace("TECH69597", "SITE-1")))
            .unwrap();
        let text = text.lines().filter(|line| !line.starts_with("aliases")).collect::<Vec<_>>().join("\n");
        std::fs::write(folder.path().join(file), &text).unwrap();
        std::fs::write(
            folder.path().join("SITE-2.md"),
            text.replacen("id = ", "aliases = [\"TECH69597\"]\nid = ", 1),
        )
        .unwrap();
        let folders = [folder.path().to_owned()];
        let (read, faults) = Catalogue::load(&folders);
        let (beside, other_faults) = Catalogue::load_beside(PATTERNS, &folders).unwrap();
        assert_eq!((read.own.as_slice(), faults.len()), (["SITE-1".to_owned()].as_slice(), 2), "{faults:#?}");
        assert_eq!(faults, other_faults);
        assert_eq!((&read.hash, &read.own), (&beside.hash, &beside.own));
        let described = |catalogue: &Catalogue| {
            let pattern = catalogue.pattern("SITE-1").unwrap();
            let kinds =
                pattern.verdicts.iter().flat_map(|verdict| &verdict.steps).flat_map(|step| &step.kinds);
            let events: Vec<_> = kinds
                .map(|kind| catalogue.event(*kind).unwrap())
                .map(|event| (event.owner.clone(), event.name.clone(), event.literals().map(<[_]>::to_vec)))
                .collect();
            (catalogue.all_patterns().map(|pattern| pattern.id.clone()).collect::<Vec<_>>(), events)
        };
        assert_eq!(described(&read), described(&beside));
        std::fs::write(folder.path().join("TECH69597.md"), text.replace("SITE-1", "TECH69597")).unwrap();
        assert!(Catalogue::load_beside(PATTERNS, &folders).is_none());
    }

    /// What the build script left is what the files say, but for the samples, which are only checked.
    #[test]
    fn it_is_what_the_files_say() {
        let (mut read, faults) = Catalogue::load(&[]);
        assert!(faults.is_empty());
        for event in &mut read.events {
            event.samples.clear();
            event.near_misses.clear();
            if event.is_by_text() {
                event.literals();
            }
        }
        let built = unpack(PATTERNS).unwrap();
        assert!(built.patterns.len() > 100);
        assert_eq!(format!("{built:#?}"), format!("{read:#?}"));
    }
}
