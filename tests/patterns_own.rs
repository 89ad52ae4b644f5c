//! Folders of own patterns beside the embedded ones.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use blogscan::pattern::{Catalogue, CheckOptions, FaultSeverity, check, new_pattern};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (place, text) in files {
        let path = folder.path().join(place);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn load(folder: &Path) -> (Catalogue, Vec<String>) {
    let (catalogue, faults) = Catalogue::load(&[folder.to_path_buf()]);
    let faults =
        faults.iter().map(|fault| fault.to_string().replace(&folder.display().to_string(), "")).collect();
    (catalogue, faults)
}

#[test]
fn an_own_pattern_is_added_and_changes_the_hash() {
    let own = folder(&[("tsm/SITE-1.md", &new_pattern("SITE-1", "tsm")), ("README.md", "# Notes")]);
    let (catalogue, faults) = load(own.path());
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(catalogue.own, ["SITE-1"]);
    assert_eq!(catalogue.patterns.len(), Catalogue::embedded().patterns.len() + 1);
    assert_ne!(catalogue.hash, Catalogue::embedded().hash);
    assert_eq!(Catalogue::embedded().hash, Catalogue::embedded().hash);
}

#[test]
fn the_same_id_replaces() {
    let own = folder(&[("TECH69597.md", &new_pattern("TECH69597", "netbackup"))]);
    let (catalogue, faults) = load(own.path());
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(catalogue.patterns.len(), Catalogue::embedded().patterns.len());
    assert_eq!(
        catalogue.pattern("TECH69597").map(|pattern| pattern.title.as_str()),
        Some("One line: what goes wrong")
    );
}

#[test]
fn a_replacement_with_faults_leaves_the_embedded_one() {
    let text = new_pattern("TECH69597", "netbackup").replace("match = '''the", "match = '''(the");
    let own = folder(&[("TECH69597.md", &text)]);
    let (catalogue, faults) = load(own.path());
    assert_eq!(faults, ["/TECH69597.md:22:12: the regex is wrong here: unclosed group"]);
    assert!(catalogue.own.is_empty());
    assert!(catalogue.pattern("TECH69597").is_some_and(|pattern| pattern.title.starts_with("Optimized")));
}

#[test]
fn two_own_patterns_of_one_name() {
    let one = new_pattern("SITE-1", "tsm");
    let own = folder(&[("a/SITE-1.md", &one), ("b/SITE-1.md", &one)]);
    let (catalogue, faults) = load(own.path());
    assert_eq!(catalogue.own, ["SITE-1"]);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].starts_with("/b/SITE-1.md:3:6: `SITE-1` is the name of another pattern"), "{faults:?}");
}

#[test]
fn own_events_join_the_classes_that_are_there() {
    let shared = r#"
schema = "blogscan-events/1"
[event.appliance-full]
class = "class:vm.backup.full"
dialect = "netbackup.job"
match = '''appliance saved all of (?<vm>\S+)'''
sample = "appliance saved all of srv1"
[set]
lab-machines = ["lab-*"]
"#;
    let own = folder(&[("shared/appliance.toml", shared), ("blogscan.toml", "[site]\nzone = \"UTC\"\n")]);
    let (catalogue, faults) = load(own.path());
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(catalogue.classes["vm.backup.full"].len(), 2);
    assert_eq!(catalogue.classes["vm.backup.any"].len(), 5);
    assert_eq!(catalogue.sets["lab-machines"], ["lab-*"]);
}

#[test]
fn a_shared_file_at_the_place_of_an_embedded_one_replaces_it() {
    let own = folder(&[("shared/vm.toml", "schema = \"blogscan-events/1\"\n")]);
    let (catalogue, faults) = load(own.path());
    // What rests on its classes cannot be used any more, and says so.
    assert!(catalogue.pattern("TECH136138").is_none());
    assert!(
        faults.iter().any(|fault| fault.contains("no event raises the class `vm.backup.full`")),
        "{faults:?}"
    );
}

#[test]
fn a_file_by_itself_a_missing_folder_and_a_binary_file() {
    let own = folder(&[("SITE-1.md", &new_pattern("SITE-1", "tsm")), ("SITE-2.md", "")]);
    assert!(check(&[own.path().join("SITE-1.md")], CheckOptions::default()).is_empty());
    let faults = check(&[own.path().join("SITE-2.md")], CheckOptions::default());
    assert_eq!(faults.len(), 1);
    let faults = check(&[PathBuf::from("/no/such/folder")], CheckOptions::default());
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].reason.starts_with("cannot be read"), "{}", faults[0]);
    fs::write(own.path().join("SITE-2.md"), [0xff, 0xfe, 0x00]).expect("a file");
    let (catalogue, faults) = Catalogue::load(&[own.path().to_path_buf()]);
    assert_eq!((catalogue.own.len(), faults.len()), (1, 1));
}

#[test]
fn samples_are_asked_for() {
    let own = folder(&[("SITE-1.md", &new_pattern("SITE-1", "tsm"))]);
    let logs = folder(&[("SITE-1/hit-plain/a.log", "x")]);
    let options = CheckOptions { samples: Some(logs.path()), ..CheckOptions::default() };
    let faults = check(&[own.path().to_path_buf()], options);
    let found: Vec<_> = faults.iter().map(|fault| (fault.severity, fault.reason.as_str())).collect();
    assert_eq!(found, [(FaultSeverity::Warning, "no samples: there is no folder `SITE-1/miss-...`")]);
}
