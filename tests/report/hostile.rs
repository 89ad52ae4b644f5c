//! Whatever a log holds, the terminal stays as it is, the JSON stays JSON, and no secret gets out.

use blogscan::base::finding::Object;
use blogscan::base::{Impact, Level, Report};
use blogscan::report::escape::is_hostile;
use blogscan::report::text::{Look, render};
use blogscan::report::{csv, html, json, markdown, objects, sanitise};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use crate::example;

pub(crate) const NAME: &str = "srv\u{1b}]0;owned\u{7}\r\n1. DATA LOSS CLEARED\u{202e}gnp.\u{9b}2J\u{200b}";

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
    for row in &mut report.unknown_errors {
        row.process = Some(text.into());
        row.template = text.into();
        row.code = Some(text.into());
        row.source = text.into();
        row.example = text.into();
    }
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

/// Every format of a scan.
fn every_format(report: &Report) -> Vec<(&'static str, String)> {
    #[allow(unused_mut, reason = "grows with the features")]
    let mut formats = vec![
        ("text", render(report, Look::default())),
        ("json", json::render(report)),
        ("jsonl", json::render_lines(report)),
        ("csv", csv::render(report, Level::Cleared)),
        ("markdown", markdown::render(report, Level::Cleared)),
        ("objects", objects::render(report, Level::Cleared)),
        ("objects csv", objects::render_csv(report, Level::Cleared)),
        ("objects json", objects::render_json(report, Level::Cleared)),
    ];
    #[cfg(feature = "mail")]
    {
        let date = std::time::SystemTime::UNIX_EPOCH;
        let head = blogscan::report::mail::Letterhead::new("a@b.example", &["c@d.example".to_owned()], date)
            .unwrap();
        formats.push(("mail", blogscan::report::mail::render(report, Level::Cleared, &head).unwrap()));
    }
    formats
}

const HOSTILE: [&str; 9] = [
    NAME,
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "```\n# Forged\n```text",
    "a | b | c\n|---|---|\n| x",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "\r\nBcc: eve@evil.example\r\n\r\nbody",
    "`` ` `` ![x](http://evil.example/x.png) [y](javascript:alert(1)) @all #1",
    "\u{feff}-1+1\t@SUM(A1)",
    "<!-- --> &lt;b&gt; {{ 7*7 }} {% raw %}",
];

#[test]
fn no_format_acts_upon_log_text() {
    for text in HOSTILE {
        for (format, shown) in every_format(&sanitise(filled(text))) {
            let shown = shown.replace("\r\n", "\n").replace('\t', " ");
            assert!(is_harmless(&shown), "{format}: {text}");
        }
    }
}

#[test]
fn a_line_of_ten_megabytes_makes_no_format_large() {
    let mut report = example::whole();
    report.findings[0].evidence[1].text = format!("{} deleted", "x".repeat(10 << 20));
    report.unknown_errors[0].example = "y".repeat(10 << 20);
    for (format, shown) in every_format(&sanitise(report)) {
        assert!(shown.len() < 100_000, "{format}: {}", shown.len());
    }
}

/// The Markdown without its fences and code spans: what a renderer would look at.
fn outside_of_code(markdown: &str) -> Vec<String> {
    let mut fence: Option<usize> = None;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        let ticks = line.bytes().take_while(|byte| *byte == b'`').count();
        match fence {
            Some(open) if ticks >= open && line.trim_end().len() == ticks => fence = None,
            Some(_) => {}
            None if ticks >= 3 && !line.get(ticks..).unwrap_or("").contains('`') => fence = Some(ticks),
            None => lines.push(without_spans(line)),
        }
    }
    assert_eq!(fence, None, "every fence is closed");
    lines
}

fn without_spans(line: &str) -> String {
    let (mut text, mut rest) = (String::new(), line);
    while let Some(start) = rest.find('`') {
        let ticks = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        let behind = &rest[start + ticks..];
        let mut at = 0;
        let end = loop {
            let Some(next) = behind[at..].find('`').map(|next| at + next) else { break None };
            let length = behind[next..].bytes().take_while(|byte| *byte == b'`').count();
            if length == ticks {
                break Some(next + length);
            }
            at = next + length;
        };
        text.push_str(&rest[..start]);
        match end {
            Some(end) => rest = &behind[end..],
            None => {
                text.push_str(&rest[start..start + ticks]);
                rest = behind;
            }
        }
    }
    text + rest
}

#[test]
fn markdown_shows_log_text_as_text() {
    for text in HOSTILE {
        let mut report = sanitise(filled(text));
        // The advisory is written by its author, in Markdown.
        report.findings.iter_mut().for_each(|finding| {
            finding.workaround.clear();
            finding.fix.clear();
        });
        let shown = markdown::render(&report, Level::Exposed);
        let mut cells = None;
        for line in outside_of_code(&shown) {
            assert!(!line.starts_with("# Forged"), "{shown}");
            let line = line.replace("\\[", "").replace("\\]", "").replace("<http", "").replace("> ", " ");
            let line = line.trim_end_matches('>');
            assert!(
                !line.contains(['<', '>', '@', '*', '[', '`', '&']) || line.starts_with("**Not"),
                "{text}: {line}"
            );
            assert!(!line.trim_start_matches('#').contains('#') || line.starts_with("| #"), "{text}: {line}");
            let pipes = line.matches('|').count();
            match (line.starts_with('|'), cells) {
                (true, Some(expected)) => assert_eq!(pipes, expected, "{text}: {line}"),
                (true, None) => cells = Some(pipes),
                (false, _) => {
                    assert_eq!(pipes, 0, "{text}: {line}");
                    cells = None;
                }
            }
        }
    }
}

#[test]
fn no_cell_of_a_spreadsheet_is_a_formula() {
    for text in HOSTILE.into_iter().chain(["+1", "-1", "@x", " =1", "\t=1", "\n=1", "＝1"]) {
        let report = sanitise(filled(text));
        for shown in [csv::render(&report, Level::Cleared), objects::render_csv(&report, Level::Cleared)] {
            let mut reader = ::csv::Reader::from_reader(shown.as_bytes());
            for row in reader.records().map(Result::unwrap) {
                for cell in &row {
                    assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝']), "{text}: {cell}");
                }
            }
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
