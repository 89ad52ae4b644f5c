//! The formats of a scan with real logs: what the whole program writes for the samples of the five advisories that
//! the project began with, redaction, proofs and baselines.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use blogscan::cli::{Blogscan, Exit, Streams, Surroundings, run};
use chrono::NaiveDate;
use serde_json::Value;

/// A sample of each of the five advisories.
const SEEDS: [&str; 5] = [
    "TECH69597/hit-windows-media-server",
    "IC89340/hit-end-of-backup",
    "LGTO-SYNC/hit-suspected-one-family",
    "TECH136138/hit-revert-only-asked",
    "FCM-RDM-ASIS/hit-vmcli-and-configuration",
];

struct Outcome {
    exit: Exit,
    out: String,
    err: String,
}

fn blogscan(words: &[&str]) -> Outcome {
    let surroundings = Surroundings {
        now: SystemTime::UNIX_EPOCH,
        today: NaiveDate::from_ymd_opt(2014, 1, 1).unwrap(),
        config_home: None,
        home: None,
        width: None,
        paints: false,
        shows_progress: false,
        stopped: std::sync::Arc::default(),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/blogscan.toml");
    let all = [&["blogscan", "scan", "--config", config.to_str().unwrap()], words].concat();
    let exit = run(
        all.iter().map(Into::into),
        &Blogscan,
        &surroundings,
        &mut Streams { out: &mut out, err: &mut err },
    );
    Outcome { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn sample(case: &str) -> String {
    format!("sample-logs/{case}")
}

fn scan(case: &str, words: &[&str]) -> Outcome {
    blogscan(&[&[sample(case).as_str(), "--only", case.split('/').next().unwrap()], words].concat())
}

#[test]
fn golden_files() {
    let mut settings = insta::Settings::clone_current();
    // The catalogue grows; the files do not change with it.
    settings.add_filter(r"\d+ known failures", "N known failures");
    settings.add_filter(r"catalogue [0-9a-f]{12}", "catalogue HASH");
    settings.add_filter(r"catalogue `[0-9a-f]{12}`", "catalogue `HASH`");
    settings.add_filter(r"blogscan[._][0-9a-f]{32}", "blogscan.ID");
    settings.add_filter(r#""hash": "[0-9a-f]+""#, r#""hash": "HASH""#);
    settings.add_filter(r#""patterns": \d+"#, r#""patterns": N"#);
    settings.add_filter("\r", "");
    settings.bind(|| {
        for case in SEEDS {
            let id = case.split('/').next().unwrap();
            for format in ["markdown", "csv", "jsonl"] {
                insta::assert_snapshot!(format!("{id}.{format}"), scan(case, &["--format", format]).out);
            }
            #[cfg(feature = "mail")]
            insta::assert_snapshot!(format!("{id}.mail"), scan(case, &["--format", "mail"]).out);
            insta::assert_snapshot!(
                format!("{id}.redacted"),
                scan(case, &["--format", "markdown", "--redact"]).out
            );
        }
    });
}

#[test]
fn every_format_ends_with_the_same_status() {
    for format in ["text", "json", "jsonl", "csv", "markdown"] {
        assert_eq!(scan(SEEDS[0], &["--format", format]).exit, Exit::Findings, "{format}");
    }
}

#[test]
fn other_commands_write_text_and_json_only() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let surroundings = Surroundings {
        now: SystemTime::UNIX_EPOCH,
        today: NaiveDate::from_ymd_opt(2014, 1, 1).unwrap(),
        config_home: None,
        home: None,
        width: None,
        paints: false,
        shows_progress: false,
        stopped: std::sync::Arc::default(),
    };
    let words = ["blogscan", "explain", "191", "--format", "csv"].map(Into::into);
    let exit = run(words, &Blogscan, &surroundings, &mut Streams { out: &mut out, err: &mut err });
    assert_eq!((exit, out.len()), (Exit::Trouble, 0));
    assert!(String::from_utf8(err).unwrap().contains("text or json"));
}

#[test]
fn a_baseline_marks_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("earlier.json");
    let earlier = file.to_str().unwrap();
    let written = scan("TECH69597/hit-job-only", &["--format", "json", "-o", earlier]);
    assert_eq!(written.exit, Exit::Findings);
    let news = |outcome: Outcome| -> Vec<Value> {
        let report: Value = serde_json::from_str(&outcome.out).unwrap();
        report["findings"].as_array().unwrap().iter().map(|finding| finding["news"].clone()).collect()
    };
    let same = scan("TECH69597/hit-job-only", &["--format", "json", "--baseline", earlier]);
    assert!(news(same).iter().all(|news| news == "known"));
    let other = scan(SEEDS[0], &["--format", "json", "--baseline", earlier]);
    assert!(news(other).iter().all(|news| news == "new"));
}

#[test]
fn a_broken_baseline_is_an_error_before_anything_is_scanned() {
    let folder = tempfile::tempdir().unwrap();
    for (content, message) in [("{\"schema\"", "no whole JSON report"), ("[1]", "no report of blogscan")] {
        let file = folder.path().join("earlier.json");
        fs::write(&file, content).unwrap();
        let outcome = scan(SEEDS[0], &["--baseline", file.to_str().unwrap()]);
        assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Trouble, ""));
        assert!(outcome.err.contains(message) && outcome.err.lines().count() == 1, "{}", outcome.err);
    }
    let missing = scan(SEEDS[0], &["--baseline", "no/such/report.json"]);
    assert!(
        missing.exit == Exit::Trouble && missing.err.contains("--baseline no/such/report.json"),
        "{}",
        missing.err
    );
}

#[cfg(feature = "archives")]
mod proof {
    use super::*;

    fn findings(path: &Path, words: &[&str]) -> Vec<(String, String, Value)> {
        let outcome = blogscan(&[&[path.to_str().unwrap(), "--format", "json"], words].concat());
        let report: Value = serde_json::from_str(&outcome.out).unwrap();
        let of = |finding: &Value| {
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            (text("advisory"), text("level"), finding["about"].clone())
        };
        report["findings"].as_array().unwrap().iter().map(of).collect()
    }

    fn all_hits() -> Vec<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-logs");
        let mut cases: Vec<PathBuf> = Vec::new();
        for id in fs::read_dir(root).unwrap() {
            let cases_of_id = fs::read_dir(id.unwrap().path()).unwrap().map(|case| case.unwrap().path());
            cases.extend(
                cases_of_id.filter(|case| case.file_name().unwrap().to_str().unwrap().starts_with("hit-")),
            );
        }
        cases.sort();
        cases
    }

    #[test]
    fn a_scan_of_it_gives_the_same_findings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("proof.tar.gz");
        // Every seventh sample: all of them take minutes, and differ little in what they need.
        for case in all_hits().iter().step_by(7) {
            let name = case.parent().unwrap().file_name().unwrap().to_str().unwrap();
            let only = ["--only", name, "--min-level", "cleared"];
            let words = [&only[..], &["--proof", file.to_str().unwrap(), case.to_str().unwrap()]].concat();
            let outcome = blogscan(&words);
            assert!(outcome.err.contains("gives the same"), "{}: {}", case.display(), outcome.err);
            assert_eq!(findings(&file, &only), findings(case, &only), "{}", case.display());
        }
    }

    #[test]
    fn it_is_small_and_holds_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs/bpdm");
        fs::create_dir_all(&logs).unwrap();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join(sample("TECH69597/hit-debug-log-only"));
        let original =
            all_files(&sample).into_iter().find(|path| path.to_str().unwrap().contains("bpdm")).unwrap();
        let mut text = String::new();
        for number in 0..20_000 {
            text.push_str(&format!(
                "00:{:02}:{:02}.{:03} [411] <2> filler: -password Geh3im number {number}\n",
                number / 1200,
                number / 20 % 60,
                number % 20 * 50,
            ));
        }
        text.push_str(&fs::read_to_string(&original).unwrap());
        fs::write(logs.join(original.file_name().unwrap()), text).unwrap();
        let file = folder.path().join("proof.tar.gz");
        let scanned = folder.path().join("logs");
        let words = ["--only", "TECH69597", "--proof", file.to_str().unwrap(), scanned.to_str().unwrap()];
        let outcome = blogscan(&words);
        assert!(outcome.err.contains("gives the same"), "{}", outcome.err);
        let unpacked = unpack(&file);
        assert!(unpacked.len() < 20_000, "{}", unpacked.len());
        assert!(unpacked.contains("filler") && !unpacked.contains("Geh3im"));
    }

    #[test]
    fn redacted_it_holds_no_name_and_gives_the_same_findings() {
        let folder = tempfile::tempdir().unwrap();
        let (file, map) = (folder.path().join("proof.tar.gz"), folder.path().join("map.json"));
        let words = ["--redact", "--redact-map", map.to_str().unwrap(), "--proof", file.to_str().unwrap()];
        let outcome = scan(SEEDS[0], &words);
        assert!(outcome.err.contains("gives the same"), "{}", outcome.err);
        let texts = [outcome.out.to_lowercase(), unpack(&file).to_lowercase()];
        for name in ["wren", "wall1_e", "hit-windows"] {
            assert!(texts.iter().all(|text| !text.contains(name)), "{name}: {texts:?}");
        }
        let map: Value = serde_json::from_str(&fs::read_to_string(map).unwrap()).unwrap();
        assert_eq!(map["hosts"]["WREN-FS01"], "host1");
    }

    fn all_files(folder: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files.extend(all_files(&path)) } else { files.push(path) }
        }
        files.sort();
        files
    }

    fn unpack(file: &Path) -> String {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(file).unwrap()));
        let mut text = String::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            text.push_str(&format!("== {}\n", entry.path().unwrap().display()));
            std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
        }
        text
    }
}
