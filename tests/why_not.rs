//! `why-not`: the nearest partial match and its first failing step, for every reason that there is.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;

use blogscan::pattern::Catalogue;
use blogscan::report::text::Look;
use blogscan::report::why_not::{WhyNot, render, render_json, sanitise};
use blogscan::scan::{Options, why_not};
use blogscan::settings::Settings;

fn ask(id: &str, paths: &[&str]) -> WhyNot {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-logs");
    let inputs: Vec<String> = paths.iter().map(|path| root.join(path).to_str().unwrap().to_owned()).collect();
    let catalogue = Catalogue::embedded();
    let why = why_not(id, &inputs, &Options::default(), &catalogue, &Settings::default());
    sanitise(why.unwrap())
}

#[test]
fn the_first_failing_step_is_named_with_its_reason() {
    // Folder, level of the verdict that came nearest, reason, step.
    let table = [
        ("TECH69597/hit-other-image-failed", "confirmed", "id", "retry-failed"),
        ("TECH69597/miss-deleted-later", "likely", "time", "fragment-deleted"),
        ("TECH69597/hit-job-before-deletion", "confirmed", "order", "retry-failed"),
        ("TECH69597/hit-duplicated-in-between", "confirmed", "contradiction", "not-duplicated-in-between"),
        ("100001028/hit-nbjm-alone", "confirmed", "coverage", "ended-40"),
        ("FCM-RDM-ASIS/hit-no-snapshot-taken", "likely", "coverage", "no-snapshot-of-the-machine"),
        ("IC89340/miss-another-machine", "confirmed", "host", "storage-error"),
        ("IC89340/hit-level-unknown", "confirmed", "version", "data-mover-level-affected"),
    ];
    for (case, level, reason, step) in table {
        let why = ask(case.split('/').next().unwrap(), &[case]);
        let nearest = why.attempts.first().unwrap_or_else(|| panic!("{case}: nothing stands against it"));
        let failure = nearest.failure.as_ref().unwrap();
        assert_eq!((nearest.level, failure.reason, failure.step.as_str()), (level, reason, step), "{case}");
        if matches!(reason, "id" | "time" | "order" | "host") {
            let (one, other) = (failure.earlier.as_ref().unwrap(), failure.nearest.as_ref().unwrap());
            assert!(one.line.is_some() && other.line.is_some() && one.text != other.text, "{case}");
        }
    }
}

#[test]
fn nothing_stands_against_what_is_confirmed() {
    let why = ask("323058", &["TECH69597/hit-retry-fails"]);
    assert_eq!(why.advisory, "TECH69597");
    assert_eq!(
        (why.findings[0].level, why.findings[0].collect.len()),
        ("confirmed", why.findings[0].collect.len())
    );
    assert!(why.attempts.is_empty());
    assert!(
        why_not("NONE-1", &[], &Options::default(), &Catalogue::embedded(), &Settings::default()).is_none()
    );
}

/// A lower finding says what stands between, and what to collect.
#[test]
fn a_finding_below_confirmed_says_what_stands_between() {
    let why = ask("TECH69597", &["TECH69597/hit-later-version"]);
    assert_eq!(why.findings[0].level, "likely");
    let between = &why.findings[0].between;
    assert!(between.iter().any(|text| text.contains("not on the advisory's list")), "{between:?}");
    assert!(between.iter().any(|text| text == "version-affected is not met"), "{between:?}");
}

/// What is asked for names the host, the object and the time, as a finding does.
#[test]
fn what_to_collect_is_filled() {
    let mut filled = 0;
    for case in [
        "TECH69597/hit-other-image-failed",
        "TECH69597/hit-job-before-deletion",
        "FCM-RDM-ASIS/hit-no-snapshot-taken",
    ] {
        let why = ask(case.split('/').next().unwrap(), &[case]);
        for failure in why.attempts.iter().filter_map(|attempt| attempt.failure.as_ref()) {
            let is_open = |text: &&String| text.contains('{') || text.contains("<backup id>");
            assert_eq!(failure.collect.iter().find(is_open), None, "{case}");
            filled +=
                failure.collect.iter().filter(|text| text.contains("_1") || text.contains("20")).count();
        }
    }
    assert!(filled >= 3, "{filled}");
}

#[test]
fn two_records_stand_side_by_side_in_eighty_columns() {
    let why = ask("TECH69597", &["TECH69597/miss-deleted-later"]);
    let text = render(&why, Look::default());
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let rows: Vec<&str> = text.lines().filter(|line| line.get(39..41) == Some("| ")).collect();
    assert!(rows[0].starts_with("contact-lost") && rows[0].ends_with("| fragment-deleted"), "{text}");
    assert!(text.contains("it lies 1 min 33 s from contact-lost; 1 min are allowed"), "{text}");
    let narrow = render(&why, Look { width: 40, ..Look::default() });
    assert!(!narrow.contains(" | "), "{narrow}");
    let json: serde_json::Value = serde_json::from_str(&render_json(&why)).unwrap();
    assert_eq!(json["schema"], "blogscan-why-not/1");
    assert_eq!(json["attempts"][0]["failure"]["reason"], "time");
}
