//! What nights add up to is what one scan of everything says: the memory decides what is read, never what is true.

use std::path::{Path, PathBuf};

use blogscan::base::{Level, Report};
use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run, run_remembering};
use blogscan::settings::Settings;
use blogscan::state::{Memory, Night, Remembered, State};
use indexmap::IndexSet;

use super::estate::{DELETION, day, gzip, quiet};

struct Nights<'c> {
    catalogue: &'c Catalogue,
    state: State,
    number: i64,
    _folder: tempfile::TempDir,
}

impl<'c> Nights<'c> {
    fn new(catalogue: &'c Catalogue) -> Nights<'c> {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(&folder.path().join("s.db")).unwrap();
        Nights { catalogue, state, number: 0, _folder: folder }
    }

    fn pass(&mut self, inputs: &[String]) -> (Report, Remembered) {
        let today = day(self.number);
        self.number += 1;
        let known = self.state.files().unwrap();
        let state = &self.state;
        let mut load = |file| state.content(file);
        let mut memory = Memory { known, load: &mut load, today };
        let options = Options { jobs: 1, ..Options::default() };
        let (report, remembered) =
            run_remembering(inputs, &options, self.catalogue, &Settings::default(), &mut memory);
        let night = Night {
            today,
            now: today.and_hms_opt(6, 0, 0).unwrap().and_utc(),
            remembered: &remembered,
            findings: &[],
            wordings: &IndexSet::new(),
            message: None,
        };
        self.state.keep(&night).unwrap();
        (report, remembered)
    }
}

fn once(catalogue: &Catalogue, inputs: &[String]) -> Report {
    run(inputs, &Options { jobs: 1, ..Options::default() }, catalogue, &Settings::default())
}

/// Level and object of every finding.
fn judged(report: &Report) -> Vec<(Level, String)> {
    let mut all: Vec<_> =
        report.findings.iter().map(|finding| (finding.level, finding.key.clone())).collect();
    all.sort();
    all
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => files(&path, found),
            false if path.ends_with("expect.toml") => {}
            false => found.push(path),
        }
    }
}

fn word(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-logs");
    let mut cases = Vec::new();
    for advisory in std::fs::read_dir(root).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        cases.extend(std::fs::read_dir(advisory.path()).unwrap().flatten().map(|entry| entry.path()));
    }
    cases.retain(|case| case.is_dir());
    cases.sort();
    cases
}

/// Every case of the sample logs, its files one night after the other, each gone when the next one comes.
#[test]
fn files_one_by_one_come_to_what_all_of_them_come_to() {
    let catalogue = Catalogue::embedded();
    let mut compared = 0;
    for case in cases() {
        let mut sources = Vec::new();
        files(&case, &mut sources);
        if sources.len() < 2 {
            continue;
        }
        let whole = once(&catalogue, &[word(&case)]);
        let mut nights = Nights::new(&catalogue);
        let mut last = None;
        for source in &sources {
            last = Some(nights.pass(&[word(source)]).0);
        }
        let last = last.unwrap();
        // The state of the earlier nights is complete only with every source.
        assert_eq!(judged(&last), judged(&whole), "{}", case.display());
        compared += 1;
    }
    assert!(compared > 100, "{compared}");
}

/// Every case, each file cut in two: the first half is read one night, the whole the next, and again compressed.
#[test]
fn files_that_grow_come_to_what_they_are_in_the_end() {
    let catalogue = Catalogue::embedded();
    for case in cases().into_iter().step_by(3) {
        let mut sources = Vec::new();
        files(&case, &mut sources);
        let folder = tempfile::tempdir().unwrap();
        let copies: Vec<(PathBuf, Vec<u8>)> = sources
            .iter()
            .map(|source| {
                let copy = folder.path().join("estate").join(source.strip_prefix(&case).unwrap());
                std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
                (copy, std::fs::read(source).unwrap())
            })
            .collect();
        let inputs = [word(&folder.path().join("estate"))];
        let mut nights = Nights::new(&catalogue);
        for (copy, bytes) in &copies {
            let half = memchr_line(bytes, bytes.len() / 2);
            std::fs::write(copy, &bytes[..half]).unwrap();
        }
        nights.pass(&inputs);
        for (copy, bytes) in &copies {
            std::fs::write(copy, bytes).unwrap();
        }
        let whole = once(&catalogue, &inputs);
        assert_eq!(judged(&nights.pass(&inputs).0), judged(&whole), "{} whole", case.display());
        let (again, remembered) = nights.pass(&inputs);
        assert_eq!(judged(&again), judged(&whole), "{} again", case.display());
        assert_eq!((remembered.read.len(), remembered.bytes_read), (0, 0), "{}", case.display());
        assert_eq!(again.scan.records, whole.scan.records);
    }
}

fn memchr_line(bytes: &[u8], from: usize) -> usize {
    bytes.iter().skip(from).position(|byte| *byte == b'\n').map_or(bytes.len(), |at| from + at + 1)
}

/// A large debug log that grows by pieces of every size comes to what a scan of the whole says, to the last number;
/// of what was read before only the end is read again.
#[test]
fn a_large_log_is_read_on() {
    let catalogue = Catalogue::embedded();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("haffms/bpdm/log.051809");
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    let inputs = [word(folder.path())];
    let mut nights = Nights::new(&catalogue);
    let mut text = String::new();
    for (number, lines) in [9000, 1, 4000, 300, 12_000, 2500, 7, 30_000].into_iter().enumerate() {
        let before = text.len();
        text.push_str(&quiet(4000 * number, lines));
        if number % 2 == 1 {
            text.push_str(DELETION);
        }
        // The next night finds the last line finished.
        let written = if number == 4 { text.len() - 17 } else { text.len() };
        std::fs::write(&log, &text[..written]).unwrap();
        let (report, remembered) = nights.pass(&inputs);
        let whole = once(&catalogue, &inputs);
        let json = |report: &Report| {
            let parts =
                (&report.findings, &report.sources, &report.coverage, &report.codes, &report.unknown_errors);
            serde_json::to_value((parts, &report.notices, report.scan.records, report.scan.bytes)).unwrap()
        };
        assert_eq!(json(&report), json(&whole), "night {number}");
        if number > 0 {
            let new = (text.len() - before) as u64;
            assert!(
                remembered.bytes_read < new + 1_000_000,
                "night {number}: {} of {new}",
                remembered.bytes_read
            );
        }
    }
    // Rotated: what it is by its bytes.
    let packed = folder.path().join("haffms/bpdm/log.051809.gz");
    gzip(&log, &packed);
    std::fs::remove_file(&log).unwrap();
    let (report, remembered) = nights.pass(&inputs);
    assert_eq!((remembered.read.len(), remembered.unchanged.len(), remembered.gone.len()), (0, 1, 0));
    assert_eq!(judged(&report), judged(&once(&catalogue, &inputs)));
}

/// A hundredth of an estate is new: about a hundredth of its bytes is read.
#[test]
fn what_is_read_is_what_is_new() {
    let catalogue = Catalogue::embedded();
    let folder = tempfile::tempdir().unwrap();
    let log = |number: usize| folder.path().join(format!("ms{number}/bptm/log.051809"));
    for number in 0..50 {
        std::fs::create_dir_all(log(number).parent().unwrap()).unwrap();
        std::fs::write(log(number), quiet(number, 20_000)).unwrap();
    }
    let inputs = [word(folder.path())];
    let mut nights = Nights::new(&catalogue);
    let (_, first) = nights.pass(&inputs);
    let all = 50 * std::fs::metadata(log(0)).unwrap().len();
    assert!(first.bytes_read >= all);
    for number in 0..2 {
        let text = quiet(number, 20_000) + &quiet(30_000, 5000);
        std::fs::write(log(number), text).unwrap();
    }
    let new = 2 * quiet(30_000, 5000).len() as u64;
    let (_, second) = nights.pass(&inputs);
    println!("{all} bytes, {new} of them new: {} read", second.bytes_read);
    // Of each log that grew, its beginning is looked at to know it again, and its end is read again.
    assert!(second.bytes_read >= new && second.bytes_read < new + 2 * 700_000, "{}", second.bytes_read);
    assert_eq!((second.read.len(), second.unchanged.len()), (2, 48));
}
