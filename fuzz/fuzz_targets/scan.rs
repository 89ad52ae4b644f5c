//! A whole scan of one file of any bytes: it ends, and every finding shows its evidence.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run};
use blogscan::settings::Settings;
use libfuzzer_sys::fuzz_target;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::embedded);
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let folder = folder.join(format!("blogscan-fuzz-{}", std::process::id())).join("bpdm");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
});

fuzz_target!(|data: &[u8]| {
    let file = FOLDER.join("log.051109");
    std::fs::write(&file, data).expect("a file can be written");
    let inputs = [file.to_str().expect("the path is text").to_owned()];
    let options = Options { jobs: 1, ..Options::default() };
    let report = run(&inputs, &options, &CATALOGUE, &Settings::default());
    assert_eq!(report.sources.len(), 1);
    for finding in &report.findings {
        assert!(!finding.evidence.is_empty(), "{finding:?}");
        assert!(finding.evidence.iter().all(|evidence| !evidence.text.is_empty()), "{finding:?}");
    }
});
