//! The command line: words, exit status, streams. The engine is replaced by one that gives a report written by hand;
//! what needs no engine is run with the real program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "../report/example.rs"]
#[allow(dead_code, reason = "shared with the tests of the report, each of which needs its part")]
mod example;
mod program;

use std::ffi::OsString;
use std::path::PathBuf;

use blogscan::base::{Level, Report};
use blogscan::cli::{Engine, Exit, Options, Streams, Surroundings, run};
use blogscan::pattern::Catalogue;
use blogscan::report::explain::Meaning;
use blogscan::report::identify::{Identification, Identified};
use blogscan::settings::Settings;
use chrono::NaiveDate;

struct Canned(Report);

impl Engine for Canned {
    fn scan(&self, inputs: &[String], _: &Options, _: &Catalogue, _: &Settings) -> Report {
        let mut report = self.0.clone();
        report.scan.inputs = inputs.to_vec();
        report
    }

    fn identify(&self, inputs: &[String], options: &Options, _: &Settings) -> Identification {
        let source = |path: &String| Identified {
            says: Vec::new(),
            path: path.clone(),
            dialect: "netbackup.legacy",
            encoding: "utf-8",
            encoding_reason: String::new(),
            host: options.host.clone(),
            process: None,
            from: None,
            to: None,
            reason: "12 of 14 lines begin a record".into(),
            records: 12,
            headless: 2,
        };
        let (gone, there): (Vec<_>, Vec<_>) = inputs.iter().partition(|path| path.contains("gone"));
        Identification {
            sources: there.into_iter().map(source).collect(),
            notices: gone.into_iter().map(|path| example::notice("not-found", path, None, "")).collect(),
        }
    }

    fn meanings(&self, code: &str, _: &Catalogue) -> Vec<Meaning> {
        let meaning = Meaning {
            product: "netbackup".into(),
            code: "83".into(),
            meaning: "media open error".into(),
            cause: None,
            look_at: None,
            advisories: vec!["TECH69597".into()],
        };
        if code == "83" { vec![meaning] } else { Vec::new() }
    }
}

struct Outcome {
    exit: Exit,
    out: String,
    err: String,
}

fn with(report: Report, words: &[&str]) -> Outcome {
    let surroundings = Surroundings {
        now: std::time::SystemTime::UNIX_EPOCH,
        today: NaiveDate::from_ymd_opt(2009, 3, 6).unwrap(),
        config_home: None,
        home: None,
        width: None,
        paints: false,
        shows_progress: false,
        stopped: std::sync::Arc::default(),
    };
    let words = ["blogscan"].iter().chain(words).map(OsString::from);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(words, &Canned(report), &surroundings, &mut Streams { out: &mut out, err: &mut err });
    Outcome { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

/// A report that was read to its end, with the findings at these levels.
fn complete(levels: &[Level]) -> Report {
    let mut report = example::whole();
    report.scan.complete = true;
    report.notices.retain(|notice| !matches!(notice.code, "no-permission" | "bad-container"));
    report.findings.retain(|finding| levels.contains(&finding.level) && finding.silenced.is_none());
    report
}

fn exit(report: Report, words: &[&str]) -> Exit {
    with(report, words).exit
}

#[test]
fn the_status_follows_the_findings() {
    assert_eq!(exit(complete(&[]), &["logs"]), Exit::Quiet);
    assert_eq!(exit(complete(&[Level::Confirmed]), &["logs"]), Exit::Findings);
    assert_eq!(exit(complete(&[Level::Suspected]), &["logs"]), Exit::Findings);
    assert_eq!(exit(complete(&[Level::Exposed]), &["logs"]), Exit::Quiet);
    assert_eq!(exit(complete(&[Level::Exposed]), &["--fail-on", "exposed", "logs"]), Exit::Findings);
    assert_eq!(exit(complete(&[Level::Likely]), &["--fail-on", "confirmed", "logs"]), Exit::Quiet);
    assert_eq!(exit(complete(&[Level::Confirmed]), &["--fail-on", "never", "logs"]), Exit::Quiet);
    assert_eq!(exit(complete(&[Level::Cleared]), &["--fail-on", "exposed", "logs"]), Exit::Quiet);
}

#[test]
fn silenced_findings_never_count() {
    let mut report = complete(&[Level::Confirmed]);
    report.findings[0].silenced = Some("known".into());
    assert_eq!(exit(report, &["logs"]), Exit::Quiet);
}

#[test]
fn trouble_wins_over_findings_and_is_told() {
    let outcome = with(example::whole(), &["logs"]);
    assert_eq!(outcome.exit, Exit::Trouble);
    assert!(outcome.out.contains("DATA LOSS CONFIRMED"), "the findings are still printed");
    let expected = "blogscan: bpdm/log.030609: no permission: Permission denied (os error 13)\n\
                    blogscan: old/bptm.tar.gz: bad container: the gzip stream ends too early\n";
    assert_eq!(outcome.err, expected);
    assert_eq!(exit(example::whole(), &["--fail-on", "never", "logs"]), Exit::Trouble);
}

#[test]
fn reservations_are_no_trouble() {
    let report = complete(&[]);
    assert!(!report.notices.is_empty());
    let outcome = with(report, &["logs"]);
    assert_eq!((outcome.exit, outcome.err.as_str()), (Exit::Quiet, ""));
}

#[test]
fn a_range_of_time_chooses_findings_and_says_how_many_it_left_out() {
    let all = [Level::Confirmed, Level::Likely, Level::Suspected];
    let outcome = with(complete(&all), &["--since", "2010-01-01", "logs"]);
    assert!(outcome.out.contains("DATA LOSS LIKELY") && !outcome.out.contains("DATA LOSS CONFIRMED"));
    assert!(outcome.out.contains("2 outside the time asked for"), "{}", outcome.out);
    let outcome = with(complete(&all), &["--since", "2012-01-01", "logs"]);
    assert_eq!(outcome.exit, Exit::Quiet);
    assert!(outcome.out.starts_with("NO KNOWN FAILURE FOUND in what was read for the time asked for"));
    let outcome = with(complete(&all), &["--until", "2009-02-09", "--format", "json", "logs"]);
    let json: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 1);
    // The cleared and exposed findings of the example have no date: they cannot be shown to lie outside.
    assert_eq!(complete(&[Level::Exposed]).findings.len(), 2);
    let outcome = with(complete(&[Level::Exposed]), &["--since", "2012-01-01", "logs"]);
    assert!(outcome.out.contains("EXPOSED"), "{}", outcome.out);
}

#[test]
fn the_lowest_level_hides_and_does_not_judge() {
    let all = [Level::Confirmed, Level::Likely, Level::Suspected, Level::Exposed, Level::Cleared];
    let count = |words: &[&str]| {
        let json: serde_json::Value = serde_json::from_str(&with(complete(&all), words).out).unwrap();
        json["findings"].as_array().unwrap().len()
    };
    assert_eq!(count(&["--format", "json", "logs"]), 6);
    assert_eq!(count(&["--format", "json", "--min-level", "likely", "logs"]), 2);
    let suspected = with(complete(&[Level::Suspected]), &["--min-level", "likely", "logs"]);
    assert_eq!(suspected.exit, Exit::Findings);
    assert!(suspected.out.starts_with("NOTHING TO SHOW"), "{}", suspected.out);
}

#[test]
fn the_list_of_objects() {
    let list = with(complete(&[Level::Suspected]), &["--list", "objects", "logs"]);
    assert_eq!(list.out, "LGTO-SYNC\tsuspected\toutage\taffected\thost=dc01\n");
    assert_eq!(list.exit, Exit::Findings);
    let none = with(complete(&[Level::Cleared]), &["--list", "objects", "logs"]);
    assert_eq!((none.out.as_str(), none.exit), ("", Exit::Quiet));
}

#[test]
fn the_settings_silence_a_finding_until_their_day() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.toml");
    let settings = |until: &str| {
        format!(
            "[[silence]]\nadvisory = \"TECH69597\"\nobject = \"fragment=3\"\nreason = \"ticket 4711\"\nuntil = {until}\n"
        )
    };
    let config = file.to_str().unwrap();
    std::fs::write(&file, settings("2009-03-06")).unwrap();
    let outcome = with(complete(&[Level::Confirmed]), &["--config", config, "logs"]);
    assert_eq!(outcome.exit, Exit::Quiet);
    assert!(outcome.out.contains("SILENCED") && outcome.out.contains("ticket 4711"), "{}", outcome.out);
    std::fs::write(&file, settings("2009-03-05")).unwrap();
    let outcome = with(complete(&[Level::Confirmed]), &["--config", config, "logs"]);
    assert_eq!(outcome.exit, Exit::Findings);
    assert!(outcome.err.contains(":1: the silence of TECH69597/"), "{}", outcome.err);
    assert!(outcome.err.contains("ended on 2009-03-05"), "{}", outcome.err);
}

#[test]
fn faults_of_the_settings_stop_the_scan_and_are_all_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.toml");
    std::fs::write(&file, "[site]\nzone = \"Berlin\"\n\n[zone]\n").unwrap();
    let outcome = with(complete(&[]), &["--config", file.to_str().unwrap(), "logs"]);
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Trouble, ""));
    let lines: Vec<&str> = outcome.err.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].ends_with("site.toml:2:8: `Berlin` is no zone; did you mean `Europe/Berlin`?"),
        "{lines:?}"
    );
    assert!(lines[1].contains("site.toml:4:2: unknown name `zone`"), "{lines:?}");
    let missing = with(complete(&[]), &["--config", "no/such.toml", "logs"]);
    assert_eq!(missing.exit, Exit::Trouble);
    assert!(missing.err.starts_with("blogscan: no/such.toml: "), "{}", missing.err);
}

#[test]
fn a_faulty_pattern_is_trouble_and_the_scan_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("MINE.md"), "no pattern at all\n").unwrap();
    let outcome = with(complete(&[Level::Likely]), &["--patterns", folder.path().to_str().unwrap(), "logs"]);
    assert_eq!(outcome.exit, Exit::Trouble);
    assert!(outcome.out.starts_with("NOT COMPLETE: "), "{}", outcome.out);
    assert!(outcome.out.contains("DATA LOSS LIKELY"));
    assert!(outcome.err.contains("MINE.md:1: pattern problem: "), "{}", outcome.err);
}

#[test]
fn misspelt_names_do_not_scan_for_nothing() {
    let outcome = with(complete(&[]), &["--only", "TECH0", "--product", "networker", "logs"]);
    assert_eq!(outcome.exit, Exit::Trouble);
    assert_eq!(outcome.err.lines().count(), 2, "{}", outcome.err);
}

#[test]
fn a_command_behind_options_is_a_slip() {
    let outcome = with(complete(&[]), &["--format", "json", "explain", "191"]);
    assert_eq!(outcome.exit, Exit::Trouble);
    assert!(outcome.err.contains("write the command first"), "{}", outcome.err);
}

#[test]
fn results_go_to_a_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let words = ["--format", "json", "-o", file.to_str().unwrap(), "logs"];
    let outcome = with(complete(&[Level::Likely]), &words);
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Findings, ""));
    assert!(std::fs::read_to_string(&file).unwrap().ends_with("}\n"));
    let nowhere: PathBuf = folder.path().join("no/report.json");
    let outcome = with(complete(&[]), &["-o", nowhere.to_str().unwrap(), "logs"]);
    assert_eq!(outcome.exit, Exit::Trouble);
    assert!(outcome.err.contains("report.json"), "{}", outcome.err);
}

#[test]
fn identify_tells_what_it_found_and_what_not() {
    let outcome = with(complete(&[]), &["identify", "--host", "nbutest03", "bpdm/log.030509", "gone.log"]);
    assert_eq!(outcome.exit, Exit::Trouble);
    assert!(outcome.out.contains("netbackup.legacy") && outcome.out.contains("host nbutest03"));
    assert_eq!(outcome.err, "blogscan: gone.log: not found\n");
    let json = with(complete(&[]), &["identify", "--format", "json", "a.log"]);
    assert_eq!(json.exit, Exit::Quiet);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["sources"][0]["path"], "a.log");
    assert_eq!(exit(complete(&[]), &["identify"]), Exit::Trouble);
}

#[test]
fn explain_a_code_a_failure_and_nonsense() {
    let code = with(complete(&[]), &["explain", "83"]);
    assert_eq!(code.exit, Exit::Quiet);
    assert!(code.out.starts_with("netbackup 83  media open error"), "{}", code.out);
    let nonsense = with(complete(&[]), &["explain", "X-4711"]);
    assert_eq!((nonsense.exit, nonsense.out.as_str()), (Exit::Findings, ""));
    assert!(nonsense.err.contains("nothing is known about `X-4711`"), "{}", nonsense.err);
    let hostile = with(complete(&[]), &["explain", "\x1b[2J"]);
    assert!(hostile.err.contains("\\x1b[2J"), "{}", hostile.err);
}

#[test]
fn faulty_patterns_give_2() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    std::fs::write(folder.path().join("MINE.md"), "no pattern at all\n").unwrap();
    assert_eq!(exit(complete(&[]), &["patterns", "check", path]), Exit::Trouble);
    assert_eq!(exit(complete(&[]), &["patterns", "test", path]), Exit::Trouble);
    let json = with(complete(&[]), &["patterns", "check", "--format", "json", path]);
    let rows: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(rows[0]["severity"], "error");
    assert_eq!(exit(complete(&[]), &["patterns", "show", "X-4711"]), Exit::Findings);
}

#[test]
fn a_drafted_pattern_has_no_faults() {
    let draft = with(complete(&[]), &["patterns", "new", "TECH1", "--product", "netbackup"]);
    assert_eq!(draft.exit, Exit::Quiet);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("TECH1.md"), &draft.out).unwrap();
    let checked = with(complete(&[]), &["patterns", "check", folder.path().to_str().unwrap()]);
    assert_eq!(checked.exit, Exit::Quiet, "{}", checked.out);
    // The drafted pattern finds nothing in empty folders: a case that expects nothing passes, one that expects a
    // finding fails.
    let samples = folder.path().join("samples");
    let case = |name: &str, expectation: &str| {
        let case = samples.join("TECH1").join(name);
        std::fs::create_dir_all(&case).unwrap();
        std::fs::write(case.join("expect.toml"), format!("schema = \"blogscan-expect/1\"\n{expectation}"))
            .unwrap();
    };
    case("hit-alone", "[[finding]]\nadvisory = \"TECH1\"\nlevel = \"likely\"\n");
    case("miss-running", "");
    let words = ["patterns", "test", folder.path().to_str().unwrap(), "--samples", samples.to_str().unwrap()];
    let tested = with(complete(&[]), &words);
    assert_eq!(tested.exit, Exit::Trouble, "{}", tested.out);
    assert!(tested.out.contains("expected, not found: TECH1 likely"), "{}", tested.out);
    assert!(tested.out.contains("2 sample cases") && tested.out.contains("1 failed"), "{}", tested.out);
}
