//! The mail is read back by a reader of its own.

use std::time::{Duration, SystemTime};

use blogscan::base::{Level, Report};
use blogscan::report::mail::{Letterhead, render};
use blogscan::report::sanitise;
use mail_parser::{Message, MessageParser, MimeHeaders};
use unicode_width::UnicodeWidthStr;

use crate::example;
use crate::hostile::{NAME, filled};

fn head() -> Letterhead {
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_236_281_108);
    let to = ["Backup Team <backup-team@corp.example>".to_owned(), "ada@corp.example".to_owned()];
    Letterhead::new("blogscan <blogscan@nbu-master01.corp.example>", &to, date).unwrap()
}

fn mail(report: Report) -> String {
    render(&sanitise(report), Level::Exposed, &head()).unwrap()
}

fn read(raw: &str) -> Message<'_> {
    MessageParser::default().parse(raw.as_bytes()).unwrap()
}

#[test]
fn the_whole_message() {
    insta::assert_snapshot!(mail(example::compared()).replace("\r\n", "\n"));
}

#[test]
fn it_reads_back() {
    let raw = mail(example::compared());
    let message = read(&raw);
    assert_eq!(
        message.subject().unwrap(),
        "[blogscan] scan not complete, 1 confirmed data loss, 1 likely data loss, 3 more, 2 new, 1 risen on 2 hosts"
    );
    assert_eq!(
        message.from().unwrap().first().unwrap().address().unwrap(),
        "blogscan@nbu-master01.corp.example"
    );
    let to: Vec<&str> = message.to().unwrap().iter().filter_map(|to| to.address()).collect();
    assert_eq!(to, ["backup-team@corp.example", "ada@corp.example"]);
    assert_eq!(message.date().unwrap().to_timestamp(), 1_236_281_108);
    let kind = message.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
    let text = message.body_text(0).unwrap();
    assert!(text.contains("DATA LOSS CONFIRMED") && text.contains("nbutest03_1236281108"));
    assert!(text.lines().all(|line| line.width() <= 72));
    let html = message.body_html(0).unwrap();
    assert!(
        html.contains("DATA LOSS CONFIRMED") && html.contains("risen") && html.ends_with("</html>"),
        "{html}"
    );
    assert!(!html.contains("<script") && !html.contains("<style") && !html.contains("<img"));
}

#[test]
fn the_wire_takes_it() {
    for report in [example::compared(), filled(NAME), filled(&"ä".repeat(4000))] {
        let raw = mail(report);
        assert!(raw.is_ascii());
        assert!(raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    }
}

#[test]
fn the_same_report_has_the_same_bytes_and_another_one_another_id() {
    let id = |raw: &str| read(raw).message_id().unwrap().to_owned();
    let (one, again, other) = (mail(example::whole()), mail(example::whole()), mail(example::compared()));
    assert_eq!(one, again);
    assert_ne!(id(&one), id(&other));
    assert!(id(&one).ends_with("@nbu-master01.corp.example"));
}

#[test]
fn no_log_text_becomes_a_header_or_a_part() {
    let evil = "x\r\nBcc: eve@evil.example\r\n\r\n--blogscan_0\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>";
    for name in [evil, NAME, "\u{202e}=?utf-8?q?=0d=0aBcc:_eve?="] {
        let mut report = filled(name);
        for finding in &mut report.findings {
            finding.host = Some(name.to_owned());
        }
        let raw = mail(report);
        let message = read(&raw);
        assert!(message.bcc().is_none() && !message.subject().unwrap().contains(['\r', '\n']));
        let names: Vec<&str> = message.headers().iter().map(|header| header.name()).collect();
        assert_eq!(names.len(), 8, "{names:?}");
        assert_eq!(
            (message.text_body_count(), message.html_body_count(), message.attachment_count()),
            (1, 1, 0)
        );
        let html = message.body_html(0).unwrap().replace("\r\n", "\n");
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.chars().any(|c| c != '\n' && blogscan::report::escape::is_hostile(c)));
    }
}

#[test]
fn links_are_addresses_of_the_web() {
    let mut report = example::whole();
    report.findings[0].url = "javascript:alert(1)".into();
    report.findings[1].url = "https://x.example/\"onclick=\"alert(1)".into();
    let raw = mail(report);
    let html = read(&raw).body_html(0).unwrap().into_owned();
    assert!(!html.contains("javascript:") && !html.contains("onclick"), "{html}");
}

#[test]
fn addresses_are_checked() {
    let bad = |from: &str, to: &[&str]| {
        let to: Vec<String> = to.iter().map(|to| (*to).to_owned()).collect();
        Letterhead::new(from, &to, SystemTime::UNIX_EPOCH).unwrap_err().to_string()
    };
    assert_eq!(bad("nobody", &["a@b.example"]), "`nobody` is no mail address");
    assert!(bad("a@b.example", &["x@y.example\r\nBcc: z@z.example"]).ends_with("is no mail address"));
    assert_eq!(bad("a@b.example", &[]), "nobody is named whom the mail is for");
}
