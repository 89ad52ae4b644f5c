//! The formats beside text and JSON: whole outputs of one report, and what must hold for each of them.

use blogscan::base::{Level, News};
use blogscan::report::baseline::Baseline;
use blogscan::report::{csv, json, markdown, objects, sanitise, summary};
use serde_json::Value;

use crate::example;

#[test]
fn markdown_for_a_ticket() {
    insta::assert_snapshot!(markdown::render(&sanitise(example::whole()), Level::Exposed));
}

#[test]
fn markdown_against_an_earlier_report() {
    let shown = markdown::render(&sanitise(example::compared()), Level::Exposed);
    assert!(
        shown.contains("Against the earlier report: 2 new, 1 risen, 1 of its 4 findings not seen now."),
        "{shown}"
    );
    assert!(shown.contains("| `TECH69597` | risen from suspected |"), "{shown}");
}

#[test]
fn questions_come_in_the_order_of_what_their_answers_change() {
    let shown = markdown::render(&sanitise(example::whole()), Level::Exposed);
    let questions = shown.split("## Questions").nth(1).unwrap();
    let at = |text: &str| questions.find(text).unwrap_or_else(|| panic!("{text} in {questions}"));
    // A likely loss of data, then a suspected outage; what was confirmed needs no answer to be judged.
    assert!(at("VM nightly 513") < at("ESX host of dc01"));
    assert!(at("ESX host of dc01") < at("bpverify"));
}

#[test]
fn csv_of_findings() {
    insta::assert_snapshot!(csv::render(&sanitise(example::compared()), Level::Cleared));
}

#[test]
fn every_row_of_a_csv_has_all_cells() {
    let report = sanitise(example::whole());
    for text in [csv::render(&report, Level::Cleared), objects::render_csv(&report, Level::Cleared)] {
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let names = reader.headers().unwrap().len();
        let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert!(rows.len() > 5 && rows.iter().all(|row| row.len() == names));
    }
}

#[test]
fn json_lines_are_the_objects_of_the_report() {
    let report = sanitise(example::compared());
    let whole: Value = serde_json::from_str(&json::render(&report)).unwrap();
    let lines: Vec<Value> =
        json::render_lines(&report).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::Array(lines), whole["findings"]);
}

#[test]
fn the_work_list_for_a_spreadsheet_and_a_machine() {
    let report = sanitise(example::whole());
    insta::assert_snapshot!(objects::render_csv(&report, Level::Exposed));
    let rows: Value = serde_json::from_str(&objects::render_json(&report, Level::Exposed)).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), objects::render(&report, Level::Exposed).lines().count());
    assert_eq!(rows[0]["values"]["backup_id"], "nbutest03_1236281108");
}

#[test]
fn a_report_is_nothing_new_to_itself() {
    let mut report = sanitise(example::whole());
    let baseline = Baseline::parse(&json::render(&report)).unwrap();
    baseline.mark(&mut report);
    assert!(report.findings.iter().all(|finding| finding.news == Some(News::Known)));
    assert!(report.baseline.unwrap().not_seen.is_empty());
}

#[test]
fn news_in_every_format() {
    let report = sanitise(example::compared());
    let news: Vec<Option<News>> = report.findings.iter().map(|finding| finding.news).collect();
    let (new, risen, known) = (Some(News::New), Some(News::Risen), Some(News::Known));
    assert_eq!(news, [risen, known, known, new, new, new, new]);
    let text = blogscan::report::text::render(&report, blogscan::report::text::Look::default());
    assert!(text.contains("News        2 new, 1 risen; 1 of the earlier report not seen now"), "{text}");
    assert!(text.contains("risen: suspected in the earlier report"), "{text}");
    let value: Value = serde_json::from_str(&json::render(&report)).unwrap();
    assert_eq!(
        (&value["findings"][0]["news"], &value["findings"][0]["was"]),
        (&"risen".into(), &"suspected".into())
    );
    assert_eq!(value["baseline"]["not_seen"][0], "TECH136138 vm=SRV-OLD");
}

#[test]
fn one_line_says_it_all() {
    assert_eq!(
        summary::one_line(&example::compared()),
        "scan not complete, 1 confirmed data loss, 1 likely data loss, 3 more, 2 new, 1 risen on 2 hosts"
    );
    assert_eq!(summary::one_line(&example::quiet()), "no known failure found");
    assert_eq!(summary::one_line(&example::empty()), "nothing was judged");
    let mut report = example::quiet();
    report.findings = example::whole().findings.into_iter().take(1).collect();
    assert_eq!(summary::one_line(&report), "1 confirmed data loss on nbutest03");
}
