//! Logs that are rotated, and logs that change while they are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use blogscan::cli::Options;
use blogscan::input::{PathGlob, ReadOptions, Watch, discover, visit};

use super::bundle::{self, BPDM};
use super::{codes, scan};

fn folder_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

#[test]
fn rotations_are_one_stream() {
    let (early, late) = BPDM.split_at(BPDM.find("09:12:44.322").unwrap());
    let whole = folder_with(&[("bpdm/log.051109", BPDM.as_bytes())]);
    let whole = scan(whole.path(), &Options::default());
    let rotated = folder_with(&[
        ("bpdm/log.051109", late.as_bytes()),
        ("bpdm/log.051109.1.gz", &bundle::gzip(early.as_bytes())),
    ]);
    let rotated = scan(rotated.path(), &Options::default());
    assert_eq!(rotated.sources.len(), 2);
    // The deletion is joined to the lost contact by stream and process id, over the rotation.
    let essence = |report: &blogscan::base::Report| -> Vec<(String, &str, usize)> {
        let row = |finding: &blogscan::base::Finding| {
            (finding.key.clone(), finding.level.name(), finding.evidence.len())
        };
        report.findings.iter().map(row).collect()
    };
    assert_eq!(essence(&rotated), essence(&whole));
    assert_eq!(rotated.coverage.len(), whole.coverage.len());
}

#[cfg(unix)]
#[test]
fn a_file_that_was_replaced_after_it_was_listed_is_told() {
    let folder = folder_with(&[("log", BPDM.as_bytes())]);
    let path = folder.path().join("log");
    let found = discover(&[path.to_str().unwrap().to_owned()]);
    // Rotation between the look into the folder and the reading.
    std::fs::rename(&path, folder.path().join("log.1")).unwrap();
    std::fs::write(&path, "09:59:00.000 [7731] <2> bpdm: new\n").unwrap();
    let mut bytes = 0;
    let notices = visit(&found.sources[0], &ReadOptions::default(), &mut |text| bytes += text.head().len());
    assert_eq!(bytes, 34);
    assert_eq!(notices.len(), 1);
    assert!(notices[0].detail.starts_with("another file took its name"), "{}", notices[0].detail);
    // Removed: nothing can be read.
    std::fs::remove_file(&path).unwrap();
    let notices = visit(&found.sources[0], &ReadOptions::default(), &mut |_| panic!("there is nothing"));
    assert_eq!(notices[0].code.name(), "read-failed");
}

#[test]
fn an_interrupted_scan_tells_what_it_found() {
    let folder = folder_with(&[("bpdm/log.051109", BPDM.as_bytes()), ("bpdm/log.051209", BPDM.as_bytes())]);
    let stopped = Arc::new(AtomicBool::new(false));
    let mut options = Options { jobs: 1, ..Options::default() };
    options.reading.watch = Arc::new(Watch::new(Arc::clone(&stopped)));
    assert!(scan(folder.path(), &options).scan.complete);
    assert_eq!(options.reading.watch.bytes(), (2 * BPDM.len() as u64, 2 * BPDM.len() as u64));
    stopped.store(true, Ordering::Relaxed);
    let report = scan(folder.path(), &options);
    assert!(!report.scan.complete);
    assert_eq!(codes(&report), ["interrupted"]);
    assert_eq!(report.notices[0].detail, "2 of 2 files were not begun");
    // In the middle of a bundle: what stands before counts.
    stopped.store(false, Ordering::Relaxed);
    let path = folder.path().join("b.tar");
    let files = vec![("1".to_owned(), BPDM.as_bytes().to_vec()), ("2".to_owned(), BPDM.as_bytes().to_vec())];
    std::fs::write(&path, bundle::tar(&files)).unwrap();
    let found = discover(&[path.to_str().unwrap().to_owned()]);
    let mut members = 0;
    let notices = visit(&found.sources[0], &options.reading, &mut |_| {
        members += 1;
        stopped.store(true, Ordering::Relaxed);
    });
    assert_eq!((members, notices.len()), (1, 1));
    assert_eq!(notices[0].code.name(), "interrupted");
}

#[test]
fn what_the_user_leaves_out_is_not_read_and_told() {
    let log = BPDM.as_bytes();
    let files: &[(&str, &[u8])] = &[
        ("bpdm/log.051109", log),
        ("bpdm/log.051109.tmp", log),
        ("old/bpdm/log.051109", log),
        ("site/.blogscanignore", b"*.bak\n"),
        ("site/a.bak", log),
        (
            "b.zip",
            &bundle::zip(&vec![("x.tmp".to_owned(), log.to_vec()), ("x.log".to_owned(), log.to_vec())]),
        ),
    ];
    let folder = folder_with(files);
    let root = format!("{}/", folder.path().display());
    let mut options = Options::default();
    options.reading.exclude = ["*.tmp", "old/"].map(|glob| PathGlob::new(glob).unwrap()).to_vec();
    let report = scan(folder.path(), &options);
    let paths: Vec<String> = report.sources.iter().map(|source| source.path.replace(&root, "")).collect();
    assert_eq!(paths, ["b.zip!x.log", "bpdm/log.051109"]);
    assert_eq!(codes(&report), ["left-out", "left-out"]);
    assert_eq!(report.notices[0].detail, "2 files were left out (--exclude)");
    assert!(report.scan.complete);
}

#[test]
fn files_far_outside_the_asked_days_are_not_read() {
    let files: Vec<(String, Vec<u8>)> = ["010109", "040109", "051109", "123109"]
        .into_iter()
        .map(|day| (format!("bpdm/log.{day}"), BPDM.as_bytes().to_vec()))
        .chain([("bpdm/ticket.txt".to_owned(), BPDM.as_bytes().to_vec())])
        .collect();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let folder = folder_with(&files);
    let mut options = Options::default();
    let count = |options: &Options| scan(folder.path(), options).sources.len();
    assert_eq!(count(&options), 5);
    options.days.since = chrono::NaiveDate::from_ymd_opt(2009, 5, 1);
    assert_eq!(count(&options), 4);
    options.days.until = chrono::NaiveDate::from_ymd_opt(2009, 5, 31);
    assert_eq!(count(&options), 3);
    assert_eq!(codes(&scan(folder.path(), &options))[0], "left-out");
}
