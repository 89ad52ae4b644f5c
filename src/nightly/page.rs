//! The message: what a person reads in ten seconds first, the findings with their evidence below, and the same for
//! programs.

use serde_json::{Value, json};

use super::compare::{Counts, News, Piece, about};
use super::{Options, message_id};
use crate::base::{self, Level, Report};
use crate::report::escape::visible;
use crate::report::text::{self, Look};
use crate::state::{ItemKind, OutMessage};

/// Name and version of what a webhook gets.
const SCHEMA: &str = "blogscan-nightly/1";

/// Columns of the text: it may be quoted twice before it is wrapped.
const COLUMNS: usize = 72;

/// Paths and wordings of one sort that are listed.
const MOST_LINES: usize = 20;

/// What an action begins with.
const INDENT: &str = "         ";

/// The message about tonight. `notes` are sentences about the run itself.
pub(super) fn message(news: &News, report: &Report, notes: &[String], options: &Options) -> OutMessage {
    let reduced = reduced(news, report);
    let subject = subject(news, options);
    let note = summary(news, notes);
    let mut full = note.clone();
    let shown = reduced.findings.iter().any(|finding| finding.level > Level::Cleared);
    if shown {
        let look = Look { width: COLUMNS, min_level: Level::Exposed, ..Look::default() };
        full = format!("{full}\n{}\n\n{}", "-".repeat(COLUMNS), text::render(&reduced, look));
    }
    OutMessage {
        id: 0,
        message_id: message_id(options),
        made: options.now,
        html: html(&reduced, &subject, &note),
        body: body(news, notes, options, &subject),
        subject,
        text: full,
        items: news.items(),
    }
}

#[cfg(feature = "mail")]
fn html(report: &Report, subject: &str, note: &str) -> String {
    // Without its HTML part the message still says everything.
    crate::report::mail::html(report, Level::Exposed, subject, note).unwrap_or_default()
}

#[cfg(not(feature = "mail"))]
fn html(_: &Report, _: &str, _: &str) -> String {
    String::new()
}

/// The report with what is news alone.
fn reduced(news: &News, report: &Report) -> Report {
    let findings = news.pieces.iter().map(|piece| {
        let mark = match piece.kind {
            ItemKind::New => base::News::New,
            ItemKind::Risen => base::News::Risen,
            _ => base::News::Known,
        };
        base::Finding { news: Some(mark), was: piece.was, ..piece.finding.clone() }
    });
    Report {
        findings: findings.collect(),
        unknown_errors: news.errors.clone(),
        codes: Vec::new(),
        // What was read, and of whom, is the same every night.
        coverage: Vec::new(),
        facts: Vec::new(),
        notices: report
            .notices
            .iter()
            .filter(|notice| news.unread.iter().any(|(path, _)| Some(path) == notice.source.as_ref()))
            .cloned()
            .collect(),
        ..report.clone()
    }
}

/// One harmless line.
fn subject(news: &News, options: &Options) -> String {
    let strongest = news
        .pieces
        .iter()
        .filter(|piece| piece.finding.level > Level::Cleared)
        .max_by_key(|piece| (std::cmp::Reverse(piece.finding.impact), piece.finding.level));
    let worst = strongest.map_or(String::new(), |piece| {
        let finding = &piece.finding;
        format!(
            ": {} {} ({})",
            finding.level.name(),
            finding.impact.name().replace('-', " "),
            finding.advisory
        )
    });
    let machine = if options.machine.is_empty() { String::new() } else { format!(" {}", options.machine) };
    let subject = format!("[blogscan{machine}] {}{worst}", news.words());
    let subject = visible(&subject);
    // A longer one is not shown by any program.
    subject.chars().take(200).collect()
}

/// What a person reads first.
fn summary(news: &News, notes: &[String]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for note in notes {
        lines.push(visible(note).into_owned());
        lines.push(String::new());
    }
    if news.is_empty() {
        lines.push("Nothing new.".to_owned());
    }
    for piece in &news.pieces {
        lines.extend(piece_lines(piece));
        lines.push(String::new());
    }
    section(
        &mut lines,
        "NOT READ",
        "cannot be read to its end any more",
        news.unread.iter().map(|(path, code)| format!("{}: {}", visible(path), code.replace('-', " "))),
    );
    section(
        &mut lines,
        "ERRORS",
        "no pattern knows them, no log showed them before",
        news.errors
            .iter()
            .map(|row| format!("{} x {}: {}", row.count, visible(&row.product), visible(&row.template))),
    );
    lines.push(counts(&news.counts));
    lines.join("\n")
}

fn section(lines: &mut Vec<String>, title: &str, what: &str, rows: impl ExactSizeIterator<Item = String>) {
    let count = rows.len();
    if count == 0 {
        return;
    }
    lines.push(format!("{title}: {what}"));
    for row in rows.take(MOST_LINES) {
        lines.push(format!("  {}", row.chars().take(300).collect::<String>()));
    }
    if count > MOST_LINES {
        lines.push(format!("  and {} more", count - MOST_LINES));
    }
    lines.push(String::new());
}

fn piece_lines(piece: &Piece) -> Vec<String> {
    let finding = &piece.finding;
    let (level, was) = (finding.level.name(), piece.was.map_or("", Level::name));
    let impact = finding.impact.name().replace('-', " ");
    let mut lines = vec![match piece.kind {
        ItemKind::Risen => format!("RISEN    {level} (was {was}), {impact}"),
        ItemKind::Cleared => format!("CLEARED  was {was}, {impact}: the logs show that it did no harm"),
        ItemKind::Again => format!("STILL    {level}, {impact}: its acknowledgement is over"),
        _ => format!("NEW      {level}, {impact}"),
    }];
    let host = finding.host.as_deref().map_or(String::new(), |host| format!(" on {}", visible(host)));
    lines.push(format!("{INDENT}{}{host}", visible(&about(finding))));
    lines.push(format!("{INDENT}{} ({})", visible(&finding.title), visible(&finding.advisory)));
    if let (Some(first), Some(last)) = (&finding.first, &finding.last) {
        lines.push(if first == last {
            format!("{INDENT}{first}")
        } else {
            format!("{INDENT}{first} to {last}")
        });
    }
    lines
}

/// Everything else, in two lines.
fn counts(counts: &Counts) -> String {
    let levels: Vec<String> =
        counts.levels.iter().map(|(level, count)| format!("{count} {}", level.name())).collect();
    let levels = if levels.is_empty() { "none".to_owned() } else { levels.join(", ") };
    let mut words = vec![format!("findings in all: {levels}")];
    if counts.hushed > 0 {
        words.push(format!("{} acknowledged or silenced", counts.hushed));
    }
    if counts.unread > 0 {
        words.push(format!("{} not readable", counts.unread));
    }
    format!(
        "Known: {}.\nFiles: {} read ({}), {} unchanged, {} gone and still counted.\n",
        words.join("; "),
        counts.read,
        size(counts.bytes),
        counts.unchanged,
        counts.gone
    )
}

/// `12.3 MB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let (mut value, mut unit) = (bytes as f64 / 1000.0, 0);
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS.get(unit).unwrap_or(&""))
}

/// What a webhook gets.
fn body(news: &News, notes: &[String], options: &Options, subject: &str) -> Value {
    let pieces: Vec<Value> = news
        .pieces
        .iter()
        .map(|piece| json!({ "kind": piece.kind, "was": piece.was, "finding": piece.finding }))
        .collect();
    let unread: Vec<Value> =
        news.unread.iter().map(|(path, code)| json!({ "path": path, "code": code })).collect();
    let levels: serde_json::Map<String, Value> =
        news.counts.levels.iter().map(|(level, count)| (level.name().to_owned(), json!(count))).collect();
    let counts = &news.counts;
    json!({
        "schema": SCHEMA,
        "message_id": message_id(options),
        "made": options.now.to_rfc3339(),
        "machine": options.machine,
        "subject": subject,
        "notes": notes,
        "news": pieces,
        "unread": unread,
        "unknown_errors": news.errors,
        "counts": {
            "levels": levels, "hushed": counts.hushed, "unread": counts.unread, "files_read": counts.read,
            "files_unchanged": counts.unchanged, "files_gone": counts.gone, "bytes_read": counts.bytes,
        },
    })
}
