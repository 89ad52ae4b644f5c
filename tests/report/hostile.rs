//! Whatever a log holds, the terminal stays as it is, the JSON stays JSON, and no secret gets out.

use blogscan::base::finding::Object;
use blogscan::base::{Impact, Level, Report};
use blogscan::report::escape::is_hostile;
use blogscan::report::text::{Look, render};
use blogscan::report::{html, json, objects, sanitise};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use crate::example;

const NAME: &str = "srv\u{1b}]0;owned\u{7}\r\n1. DATA LOSS CLEARED\u{202e}gnp.\u{9b}2J\u{200b}";

/// A report that holds `text` in every place where text of a log or a path can stand.
pub(crate) fn filled(text: &str) -> Report {
    let mut report = example::whole();
    report.scan.inputs = vec![text.into()];
    report.sources.push(example::source(text, "netbackup.legacy", Some(text), "", ""));
    report.coverage.push(example::coverage(Some(text), "netbackup.legacy", Some(text), (text, text)));
    report.notices.push(example::notice("read-failed", text, None, text));
    report.facts[0].host = Some(text.into());
    report.facts[0].source = text.into();
    report.codes[0].code = text.into();
    report.codes[0].meaning = Some(text.into());
    report.tool.catalogue.own = vec![text.into()];
    for (level, silenced) in [(Level::Confirmed, None), (Level::Exposed, None), (Level::Likely, Some(text))] {
        let mut finding =
            example::finding("X-1", level, Impact::DataLoss, text, &[("vm", text), (text, text)]);
        finding.host = Some(text.into());
        finding.first = Some(text.into());
        finding.last = Some(text.into());
        finding.evidence = vec![example::evidence(text, (text, 1), text, &[("name", text)], text)];
        finding.objects =
            vec![Object { role: text.into(), values: example::values(&[("name", text)]), evidence: vec![0] }];
        finding.doubts = vec![text.into()];
        finding.collect = vec![text.into()];
        finding.conditions = example::whole().findings[0].conditions.clone();
        finding.conditions[3].collect = Some(text.into());
        finding.workaround = text.into();
        finding.references = vec![text.into()];
        finding.silenced = silenced.map(str::to_owned);
        report.findings.push(finding);
    }
    report
}

fn is_harmless(text: &str) -> bool {
    !text.chars().any(|character| character != '\n' && is_hostile(character))
}

#[test]
fn escape_sequences_and_marks_are_spelled_out() {
    let report = sanitise(filled(NAME));
    let text = render(&report, Look::default());
    assert!(is_harmless(&text));
    assert!(
        text.contains(r"srv\x1b]0;owned\x07\r\n1. DATA LOSS CLEARED\u{202e}gnp.\x9b2J\u{200b}"),
        "{text}"
    );
    assert!(!text.lines().any(|line| line.starts_with("1. DATA LOSS CLEARED")), "a name forges no heading");
    assert!(is_harmless(&json::render(&report)));
    let list = objects::render(&report, Level::Exposed);
    assert!(is_harmless(&list.replace('\t', "")));
    assert!(list.lines().all(|line| line.split('\t').count() >= 5), "no name forges a line or a column");
}

#[test]
fn json_keeps_the_text_to_the_letter() {
    let value: serde_json::Value = serde_json::from_str(&json::render(&sanitise(filled(NAME)))).unwrap();
    let findings = value["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["about"]["vm"] == NAME));
}

#[test]
fn a_long_line_is_cut_in_every_format() {
    let long = format!("14:55:05.996 [14922] <4> {} the end", "x".repeat(10_000));
    let report = sanitise(filled(&long));
    let value: serde_json::Value = serde_json::from_str(&json::render(&report)).unwrap();
    let text = value.pointer("/findings/7/evidence/0/text").unwrap().as_str().unwrap();
    assert_eq!(text.len(), 4 * 1024 + 3);
    assert!(text.ends_with("..."));
    let mut report = example::whole();
    report.findings[0].evidence[0].text = long;
    let text = render(&sanitise(report), Look::default());
    assert!(text.lines().count() < 220, "{}", text.lines().count());
}

#[test]
fn secrets_are_in_no_format() {
    let secrets = [
        "dsmc incremental -virtualnode=vm1 -pass=Geh3im! -quiet",
        "dsmadmc -id=admin -password=Geh3im! q node",
        "PASSWORD Geh3im!",
        "connect https://svc:Geh3im!@vc1/sdk",
        "Server=db;Uid=sa;Pwd=Geh3im!;",
        "vcbMounter -h vc1 -u svc -p Geh3im! -a name:x",
        "Authorization: Bearer Geh3im!Geh3im!",
    ];
    for secret in secrets {
        let report = sanitise(filled(secret));
        // What patterns and the user say is not masked: it is not from a log.
        let mut logged = report;
        logged.codes.clear();
        logged.tool.catalogue.own.clear();
        for finding in &mut logged.findings {
            finding.workaround.clear();
            finding.references.clear();
            finding.silenced = finding.silenced.take().map(|_| String::new());
            finding.title.clear();
            finding.about.shift_remove(secret);
            finding.first = None;
            finding.last = None;
            for evidence in &mut finding.evidence {
                evidence.time = None;
                evidence.event.clear();
            }
            finding.objects.iter_mut().for_each(|object| object.role.clear());
        }
        for row in &mut logged.coverage {
            (row.from, row.to) = (String::new(), String::new());
        }
        let outputs = [
            render(&logged, Look::default()),
            json::render(&logged),
            html::render(&logged, Look::default()),
            render(&logged, Look { is_timeline: true, ..Look::default() }),
            objects::render(&logged, Level::Cleared),
        ];
        for output in outputs {
            assert!(!output.contains("Geh3im"), "{secret}: {output}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_text_on_the_page(text in "\\PC{0,40}|[\\x00-\\u{2070}]{0,40}", width in 0_usize..200) {
        let report = sanitise(filled(&text));
        prop_assert!(is_harmless(&html::render(&report, Look::default())));
        let timeline = render(&report, Look { width, is_timeline: true, ..Look::default() });
        prop_assert!(is_harmless(&timeline));
        let room = width.clamp(40, 120);
        prop_assert!(timeline.lines().all(|line| line.width() <= room));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_text_at_any_width(text in "\\PC{0,40}|[\\x00-\\u{2070}]{0,40}", width in 0_usize..200) {
        let report = sanitise(filled(&text));
        let shown = render(&report, Look { width, ..Look::default() });
        prop_assert!(is_harmless(&shown));
        let room = width.clamp(40, 120);
        for line in shown.lines() {
            prop_assert!(line.width() <= room, "{}: {:?}", room, line);
        }
        let json = json::render(&report);
        prop_assert!(is_harmless(&json));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    }

    #[test]
    fn sanitising_twice_changes_nothing(text in "[ -~]{0,60}") {
        let once = sanitise(filled(&text));
        prop_assert_eq!(json::render(&sanitise(once.clone())), json::render(&once));
    }
}
