//! A redacted report holds no name of the estate in any format, and what belonged together still does.

use blogscan::base::{Level, Report};
use blogscan::report::redact::Redactor;
use blogscan::report::text::{Look, render};
use blogscan::report::{csv, json, markdown, objects, sanitise};

use crate::example;

fn redacted(report: Report) -> (Report, Redactor) {
    let report = sanitise(report);
    let mut redactor = Redactor::new(&report, std::iter::empty());
    let shown = redactor.report(report);
    (shown, redactor)
}

fn formats(report: &Report) -> [String; 5] {
    [
        render(report, Look::default()),
        json::render(report),
        csv::render(report, Level::Cleared),
        markdown::render(report, Level::Cleared),
        objects::render(report, Level::Cleared),
    ]
}

/// Names of the estate in the example.
const NAMES: [&str; 14] = [
    "nbutest03",
    "nbumedia2",
    "srv-db1",
    "srv-web2",
    "srv-erp",
    "dc01",
    "vc1",
    "be1",
    "dm1",
    "corp\\",
    "ada",
    "testpolicy",
    "xx03_nbutest",
    "vm nightly",
];

#[test]
fn no_name_is_in_any_format() {
    let (report, _) = redacted(example::whole());
    for shown in formats(&report) {
        let shown = shown.to_lowercase();
        for name in NAMES {
            let found = shown.match_indices(name).find(|(at, _)| {
                let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                !inside(shown[..*at].chars().next_back()) && !inside(shown[at + name.len()..].chars().next())
            });
            let around =
                found.map(|(at, _)| shown[at.saturating_sub(60)..].chars().take(120).collect::<String>());
            assert_eq!(around, None, "{name}");
        }
    }
}

#[test]
fn structure_and_joins_stay() {
    let (report, redactor) = redacted(example::whole());
    let finding = &report.findings[0];
    assert_eq!(finding.about["backup_id"], "host1_1236281108");
    assert_eq!(finding.host.as_deref(), Some("host1"));
    assert!(
        finding.evidence[1].text.contains("host1_1236281108_C1_F3_R3:1236281108:policy1:4:1:: deleted"),
        "{}",
        finding.evidence[1].text
    );
    assert_eq!(finding.evidence[1].fields["backup_id"], "host1_1236281108");
    assert!(finding.key.contains("host1_1236281108"), "{}", finding.key);
    assert_eq!(finding.evidence[0].source, "bpdm/log.030509", "the day and the process stay readable");
    assert!(report.redacted && json::render(&report).contains("\"redacted\": true"));
    assert_eq!(redactor.map()["hosts"]["nbutest03"], "host1");
}

#[test]
fn the_same_report_gives_the_same_pseudonyms() {
    assert_eq!(json::render(&redacted(example::whole()).0), json::render(&redacted(example::whole()).0));
}

#[test]
fn what_has_a_shape_is_replaced_in_any_text() {
    let report = sanitise(example::whole());
    let mut redactor = Redactor::new(&report, std::iter::empty());
    let table = [
        (
            "connect to 10.1.2.3 port 13724, then 10.1.2.3 again",
            "connect to 198.18.0.1 port 13724, then 198.18.0.1 again",
        ),
        ("NBUTEST03 is nbutest03", "host1 is host1"),
        ("mail ada@corp.example", "mail user1@domain1.example"),
        ("peer fe80::1 and 00:50:56:9a:12:34", "peer 2001:db8::1 and 02:00:00:00:00:01"),
        ("version 7.7.3 at 14:55:05.986", "version 7.7.3 at 14:55:05.986"),
        ("nbutest033 stays", "nbutest033 stays"),
        ("/usr/openv/netbackup/logs/bpdm/log.030509", "/usr/openv/netbackup/logs/bpdm/log.030509"),
    ];
    for (text, shown) in table {
        assert_eq!(redactor.text(text), shown);
    }
    let path = redactor.text(r"open C:\Program Files\Veritas\ACME Payroll\ledger.log failed");
    assert!(
        path.starts_with(r"open C:\Program Files\Veritas\path") && path.ends_with(".log failed"),
        "{path}"
    );
    assert!(!path.contains("ACME") && !path.contains("ledger"), "{path}");
}

#[test]
fn a_full_name_and_its_short_form_share_their_pseudonym() {
    let mut report = example::quiet();
    report.sources[0].host = Some("wren-fs01.corp.local".into());
    report.facts = example::whole().facts;
    report.facts[0].host = Some("WREN-FS01".into());
    let mut redactor = Redactor::new(&report, std::iter::empty());
    assert_eq!(redactor.text("wren-fs01.corp.local or wren-fs01"), "host1.domain1.example or host1");
    assert_eq!(redactor.report(report).facts[0].host.as_deref(), Some("host1"));
}

#[test]
fn a_redacted_report_is_no_baseline() {
    let (report, _) = redacted(example::whole());
    let error = blogscan::report::baseline::Baseline::parse(&json::render(&report)).unwrap_err();
    assert!(error.to_string().contains("redacted"));
}
