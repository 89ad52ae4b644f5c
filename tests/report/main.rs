//! The report in every format, against a report written by hand.

// Test helpers outside of test functions may fail like these.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod contract;
mod example;
mod formats;
mod hostile;
#[cfg(feature = "mail")]
mod mail;
mod page;
mod redact;

use blogscan::base::{Impact, Level, Report};
use blogscan::report::objects;
use blogscan::report::sanitise;
use blogscan::report::text::{Look, render};
use unicode_width::UnicodeWidthStr;

fn at(width: usize) -> Look {
    Look { width, ..Look::default() }
}

fn text(report: Report, look: Look) -> String {
    render(&sanitise(report), look)
}

/// The text without what colours it.
fn stripped(painted: &str) -> String {
    anstream::adapter::strip_str(painted).to_string()
}

#[test]
fn text_at_60_columns() {
    insta::assert_snapshot!(text(example::whole(), at(60)));
}

#[test]
fn text_at_80_columns() {
    insta::assert_snapshot!(text(example::whole(), at(80)));
}

#[test]
fn text_at_120_columns() {
    insta::assert_snapshot!(text(example::whole(), at(120)));
}

#[test]
fn timeline_at_80_columns() {
    let shown = text(example::whole(), Look { is_timeline: true, ..at(80) });
    insta::assert_snapshot!(shown);
    for width in [40, 47, 60, 120] {
        for line in text(example::whole(), Look { is_timeline: true, ..at(width) }).lines() {
            assert!(line.width() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn text_painted() {
    let painted = text(example::whole(), Look { is_colored: true, ..at(80) });
    insta::assert_snapshot!(painted.replace('\x1b', "ESC"));
    assert_eq!(stripped(&painted), text(example::whole(), at(80)), "colour changes nothing else");
}

#[test]
fn text_with_cleared_findings() {
    let shown = text(example::whole(), Look { min_level: Level::Cleared, ..at(80) });
    assert!(shown.contains("DATA LOSS CLEARED"), "{shown}");
    assert!(shown.contains("VM SRV-WEB2"), "{shown}");
    assert!(!shown.contains("--min-level cleared"), "{shown}");
}

#[test]
fn text_of_a_quiet_scan() {
    insta::assert_snapshot!(text(example::quiet(), at(80)));
}

/// What is not known is not called nothing.
#[test]
fn without_coverage_no_length_is_told() {
    let report = Report { coverage: Vec::new(), ..example::whole() };
    let text = text(report, at(80)).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(" log between 2009-") && !text.contains(" of log between"), "{text}");
}

#[test]
fn the_answer_stands_in_the_first_ten_lines() {
    for width in [60, 80, 120] {
        let shown = text(example::whole(), at(width));
        let top: Vec<&str> = shown.lines().take(10).collect();
        let top = top.join("\n");
        for word in
            ["NOT COMPLETE", "DATA LOSS CONFIRMED", "nbutest03_1236281108", "TECH69597", "1 confirmed"]
        {
            assert!(top.contains(word), "{width}: {word} in\n{top}");
        }
    }
}

/// Of a flood the head says what is not shown each, beside the number of what is.
#[test]
fn what_is_not_shown_each_stands_in_the_head() {
    let mut report = example::whole();
    let detail = "TECH69597: 48000 more findings (likely) are counted and not shown each (--max-findings)";
    report.notices.push(example::notice("many-findings", "", None, detail));
    let shown = text(report, at(80));
    let top: Vec<&str> = shown.lines().take_while(|line| !line.starts_with("---")).collect();
    let at = top.iter().position(|line| line.starts_with("Findings")).unwrap();
    assert!(
        top[at + 1..].join(" ").starts_with("Not shown   TECH69597: 48000 more findings (likely)"),
        "{top:#?}"
    );
}

#[test]
fn no_line_is_wider_than_the_page() {
    for width in [40, 47, 60, 80, 120] {
        for line in text(example::whole(), at(width)).lines() {
            assert!(line.width() <= width, "{width}: {line}");
            assert_eq!(line, line.trim_end());
        }
    }
}

fn first_line(report: Report) -> String {
    text(report, at(80)).lines().next().unwrap_or("").to_owned()
}

#[test]
fn nothing_found_is_only_said_of_what_was_read() {
    assert_eq!(first_line(example::quiet()), "NO KNOWN FAILURE FOUND in what was read; 41 were looked for");
    assert_eq!(first_line(example::empty()), "NOTHING WAS JUDGED: no log in a known format was found");
    let mut unreadable = example::quiet();
    unreadable.scan.complete = false;
    unreadable.notices.push(example::notice("no-permission", "bpdm/log.030609", None, "denied"));
    assert_eq!(first_line(unreadable), "NOT COMPLETE: bpdm/log.030609: no permission");
    let mut unknown = example::quiet();
    unknown.sources = vec![example::source("notes.txt", "unknown", None, "", "")];
    assert_eq!(first_line(unknown), "NOTHING WAS JUDGED: no log in a known format was found");
    let mut silenced = example::quiet();
    silenced.findings = example::whole().findings;
    silenced.findings.retain(|finding| finding.silenced.is_some());
    assert_eq!(
        first_line(silenced),
        "NOTHING TO SHOW: every finding is silenced or below the level asked for"
    );
    let outside = render(&example::quiet(), Look { outside: 2, ..at(80) });
    assert!(
        outside.starts_with("NO KNOWN FAILURE FOUND in what was read for the time asked for"),
        "{outside}"
    );
    assert!(outside.contains("2 outside the time asked for"), "{outside}");
}

#[test]
fn no_data_loss_is_said_where_other_failures_are_found() {
    let mut report = example::whole();
    report.findings.retain(|finding| finding.impact == Impact::Outage);
    assert!(text(report, at(80)).contains("No data loss found in what was read."));
    // A silenced loss is still a loss.
    let mut report = example::whole();
    report.findings.retain(|finding| finding.impact == Impact::Outage || finding.advisory == "TECH69597");
    for finding in &mut report.findings {
        if finding.impact == Impact::DataLoss {
            finding.silenced = Some("known".into());
        }
    }
    assert!(!text(report, at(80)).contains("No data loss"));
}

#[test]
fn many_findings_of_one_failure_are_told_shortly() {
    let mut report = example::whole();
    let model = report.findings.remove(1);
    report.findings = (0..200)
        .map(|number| {
            let mut finding = model.clone();
            finding.about = example::values(&[("vm", &format!("SRV-{number:03}"))]);
            finding
        })
        .collect();
    let shown = text(report, at(80));
    assert!(shown.contains("DATA LOSS LIKELY  200 objects: VM SRV-000; VM SRV-001; and 198 more"), "{shown}");
    assert!(shown.contains("190 more findings of TECH136138, likely"), "{shown}");
    assert!(shown.contains("VM SRV-199"));
    assert_eq!(shown.matches("Workaround\n").count(), 1, "the advisory is told once");
    assert!(shown.lines().count() < 700, "{}", shown.lines().count());
}

#[test]
fn the_work_list_has_a_line_per_object() {
    let list = objects::render(&sanitise(example::whole()), Level::Exposed);
    let expected = [
        "TECH69597\tconfirmed\tdata-loss\taffected\tbackup_id=nbutest03_1236281108\tcopy=1\tfragment=3\t\
         volume=xx03_nbutest\tpolicy=nbutest03_testpolicy",
        "TECH136138\tlikely\tdata-loss\taffected\tvm=SRV-DB1",
        "TECH136138\tlikely\tdata-loss\tsuspect-restore-points\trestore_point=2011-05-03T01:00:12Z\t\
         job=VM nightly 512\tmethod=incremental",
        "TECH136138\tlikely\tdata-loss\tsuspect-restore-points\trestore_point=2011-05-04T01:00:09Z\t\
         job=VM nightly 513\tmethod=incremental",
        "TECH136138\tlikely\tdata-loss\tgood-restore-points\trestore_point=2011-05-01T22:00:03Z\t\
         job=VM weekly 511\tmethod=full",
        "LGTO-SYNC\tsuspected\toutage\taffected\thost=dc01",
        "IC89340\texposed\toutage\taffected\thost=DM1",
        "TECH69597\texposed\tdata-loss\taffected\thost=nbumedia2",
    ];
    assert_eq!(list.lines().collect::<Vec<_>>(), expected);
}
