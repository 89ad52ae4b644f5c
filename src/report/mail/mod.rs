//! The report as a mail: one MIME message with a part in plain text and one in HTML, and a subject that says it all.
//!
//! The message is built by a library that knows the rules of headers; what comes from a log has no line end left when
//! it gets there. The same report gives the same bytes: the id of the message and the marks between its parts are made
//! of the report's own content.

use std::time::SystemTime;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message, MultiPart, MultiPartKind, SinglePart};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use thiserror::Error;

use super::escape::visible;
use super::text::{Look, count, excerpt, headline, object, sureness, telling, time, time_range};
use super::{json, summary, text};
use crate::base::{Finding, Level, News, NoticeCode, Report};

/// The template of the HTML part.
const BODY: &str = include_str!("body.html");
/// Its name; the ending makes the engine escape every value.
const BODY_NAME: &str = "body.html";
/// Columns of the text part: it may be quoted twice before it is wrapped.
const COLUMNS: usize = 72;
/// Findings in the HTML part; the text part has them all.
const MAX_FINDINGS: usize = 30;
/// Records quoted of each, and characters of a line.
const MAX_RECORDS: usize = 4;
const LINE: usize = 300;
/// Doubts and questions of each.
const MAX_LINES: usize = 5;
/// Wordings of unknown errors.
const MAX_ERRORS: usize = 5;

/// Whom the mail is from and for, and when it is written.
#[derive(Clone, Debug)]
pub struct Letterhead {
    from: Mailbox,
    to: Vec<Mailbox>,
    date: SystemTime,
}

/// Why no mail could be made.
#[derive(Debug, Error)]
pub enum MailError {
    /// An address of the settings.
    #[error("`{0}` is no mail address")]
    Address(String),
    /// Nobody to write to.
    #[error("nobody is named whom the mail is for")]
    Nobody,
    /// The library refused.
    #[error("the message could not be built: {0}")]
    Build(#[from] lettre::error::Error),
    /// The template failed.
    #[error("the HTML part could not be built: {0}")]
    Body(#[from] minijinja::Error),
}

impl Letterhead {
    /// Reads addresses as they are typed: `ada@corp.example` or `Ada <ada@corp.example>`.
    ///
    /// # Errors
    ///
    /// Where one is no address, or nobody is named.
    pub fn new(from: &str, to: &[String], date: SystemTime) -> Result<Letterhead, MailError> {
        let read = |text: &str| text.parse::<Mailbox>().map_err(|_| MailError::Address(text.to_owned()));
        let to: Vec<Mailbox> = to.iter().map(|text| read(text)).collect::<Result<_, _>>()?;
        if to.is_empty() {
            return Err(MailError::Nobody);
        }
        Ok(Letterhead { from: read(from)?, to, date })
    }
}

/// The subject: `[blogscan] 1 confirmed data loss, 2 new on nbu-master01`.
pub fn subject(report: &Report) -> String {
    // What looks like an encoded word would be decoded by the reader, line ends and all.
    format!("[{}] {}", report.tool.name, summary::one_line(report)).replace("=?", "= ?")
}

/// The message as it goes over the wire: only ASCII, lines end in CR LF.
///
/// # Errors
///
/// Where the library cannot build it.
pub fn render(report: &Report, min_level: Level, head: &Letterhead) -> Result<String, MailError> {
    let id = fingerprint(json::render(report).as_bytes());
    let subject = subject(report);
    let plain = text::render(report, Look { width: COLUMNS, min_level, ..Look::default() });
    let html = body(report, min_level, &subject)?;
    let mut builder = Message::builder()
        .from(head.from.clone())
        .subject(&subject)
        .date(head.date)
        .message_id(Some(format!("<blogscan.{id}@{}>", head.from.email.domain())))
        .user_agent(format!("{} {}", report.tool.name, report.tool.version));
    for to in &head.to {
        builder = builder.to(to.clone());
    }
    let part = |kind: ContentType, body: String| SinglePart::builder().header(kind).body(body);
    let message = builder.multipart(
        MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(format!("blogscan_{id}"))
            .singlepart(part(ContentType::TEXT_PLAIN, plain))
            .singlepart(part(ContentType::TEXT_HTML, html)),
    )?;
    Ok(String::from_utf8_lossy(&message.formatted()).into_owned())
}

/// One finding as the template shows it.
#[derive(Serialize)]
struct Shown {
    color: &'static str,
    headline: String,
    news: Option<&'static str>,
    object: String,
    title: String,
    advisory: String,
    url: Option<String>,
    host: Option<String>,
    time: String,
    sure: &'static str,
    doubts: Vec<String>,
    collect: Vec<String>,
    records: Vec<Quoted>,
}

#[derive(Serialize)]
struct Quoted {
    place: String,
    text: String,
}

#[derive(Serialize)]
struct Wording {
    count: String,
    text: String,
}

fn body(report: &Report, min_level: Level, subject: &str) -> Result<String, MailError> {
    let open: Vec<&Finding> = summary::open(report).filter(|finding| finding.level >= min_level).collect();
    let findings: Vec<Shown> = open.iter().take(MAX_FINDINGS).map(|finding| shown(finding)).collect();
    let more = (open.len() > findings.len())
        .then(|| format!("and {} more findings, all in the text part", open.len() - findings.len()));
    let errors: Vec<Wording> = report
        .unknown_errors
        .iter()
        .take(MAX_ERRORS)
        .map(|row| Wording {
            count: row.count.to_string(),
            text: shortened(&format!("{}: {}", row.product, row.template)),
        })
        .collect();
    let sources = u64::try_from(report.scan.sources).unwrap_or(u64::MAX);
    let read = format!(
        "Read: {}, {}. What is said here holds for them, and for nothing else.",
        count(sources, "source", "sources"),
        count(report.scan.records, "record", "records")
    );
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template(BODY_NAME, BODY)?;
    let values = context! {
        subject, more, read,
        findings => Value::from(Serde(&findings)),
        errors => Value::from(Serde(&errors)),
        complete => report.scan.complete,
        trouble => trouble(report),
        footer => format!("{} {}, {} known failures looked for", report.tool.name, report.tool.version,
            report.tool.catalogue.patterns),
    };
    Ok(environment.get_template(BODY_NAME)?.render(values)?)
}

fn trouble(report: &Report) -> String {
    let is_trouble =
        |code: &str| NoticeCode::ALL.iter().any(|known| known.is_trouble() && known.name() == code);
    let first = report.notices.iter().find(|notice| is_trouble(notice.code));
    first.map_or_else(
        || "not everything that was asked for was read".to_owned(),
        |notice| {
            let source = notice.source.as_deref().unwrap_or("the scan");
            visible(&format!("{source}: {}", notice.code.replace('-', " "))).into_owned()
        },
    )
}

fn shown(finding: &Finding) -> Shown {
    let texts = |all: &[String]| all.iter().take(MAX_LINES).map(|text| shortened(text)).collect();
    Shown {
        color: match finding.level {
            Level::Confirmed => "#cf222e",
            Level::Likely => "#bc4c00",
            Level::Suspected => "#9a6700",
            Level::Exposed => "#0969da",
            Level::Cleared => "#1a7f37",
        },
        headline: headline(finding.level, finding.impact),
        news: finding.news.map(News::name),
        object: shortened(&object(&finding.about)),
        title: shortened(&finding.title),
        advisory: shortened(&finding.advisory),
        url: Some(finding.url.clone()).filter(|url| is_address(url)),
        host: finding.host.as_deref().map(shortened),
        time: match (&finding.first, &finding.last) {
            (Some(first), Some(last)) => shortened(&time_range(first, last)),
            (Some(one), None) | (None, Some(one)) => shortened(&time(one)),
            (None, None) => "not known".to_owned(),
        },
        sure: sureness(finding.level),
        doubts: texts(&finding.doubts),
        collect: texts(&finding.collect),
        records: finding
            .evidence
            .iter()
            .take(MAX_RECORDS)
            .map(|record| {
                let values = telling(record.fields.values().chain(finding.about.values()));
                let lines = excerpt(&record.text, &values, LINE);
                let lines: Vec<_> = lines.iter().map(|line| visible(line)).collect();
                let line = record.line.map(|line| format!(":{line}")).unwrap_or_default();
                Quoted { place: shortened(&format!("{}{line}", record.source)), text: lines.join("\n") }
            })
            .collect(),
    }
}

/// Only addresses of the web are links.
fn is_address(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && url
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`'))
}

/// Harmless text of bounded length.
fn shortened(text: &str) -> String {
    let shown = visible(text);
    match shown.char_indices().nth(LINE) {
        Some((at, _)) => format!("{}...", shown.get(..at).unwrap_or("")),
        None => shown.into_owned(),
    }
}

/// FNV-1a over the bytes, forwards and backwards: it only has to tell reports apart, nobody gains from a second one.
fn fingerprint(bytes: &[u8]) -> String {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let there = bytes.iter().fold(0xcbf2_9ce4_8422_2325, step);
    let back = bytes.iter().rev().fold(there, step);
    format!("{there:016x}{back:016x}")
}
