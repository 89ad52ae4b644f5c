//! `blogscan why-not`: how near a known failure came to be found, and what stands against it.

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::escape::visible;
use super::json;
use super::mask::mask;
use super::sanitise::notice;
use super::text::{ALARM, BOLD, DIM, Look, PLACE, PLAIN, Page, Rich, WARN, minute};
use crate::base::report::NoticeRow;

/// Name and version of the JSON contract.
pub const SCHEMA: &str = "blogscan-why-not/1";

/// Everything that can be said about one pattern in some logs.
#[derive(Clone, Debug, Serialize)]
pub struct WhyNot {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// Id of the pattern.
    pub advisory: String,
    /// Its title.
    pub title: String,
    /// Number of sources that were read.
    pub sources: usize,
    /// Findings of the pattern, and what stands between them and `confirmed`.
    pub findings: Vec<Standing>,
    /// How near each stronger verdict came, nearest first.
    pub attempts: Vec<Attempt>,
    /// Why nothing more can be said (the pattern has no verdict that logs could show).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// What could not be read.
    pub notices: Vec<NoticeRow>,
}

/// A finding, and what stands between it and `confirmed`.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Its handle.
    pub key: String,
    /// Its level.
    pub level: &'static str,
    /// Its object, in words.
    pub about: String,
    /// What is not certain or not met.
    pub between: Vec<String>,
    /// What to collect.
    pub collect: Vec<String>,
}

/// How near one verdict came.
#[derive(Clone, Debug, Serialize)]
pub struct Attempt {
    /// The level that it would give.
    pub level: &'static str,
    /// Its steps.
    pub steps: Vec<StepRow>,
    /// What stands against it.
    pub failure: Option<Failure>,
}

/// One step of a verdict.
#[derive(Clone, Debug, Serialize)]
pub struct StepRow {
    /// Its name.
    pub step: String,
    /// `found`, `failed` or `not-tried`.
    pub state: &'static str,
    /// The record that was found.
    pub record: Option<Shown>,
}

/// A record, side by side with another one.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Step or event.
    pub name: String,
    /// Path of the source.
    pub source: String,
    /// 1-based line; null in binary sources.
    pub line: Option<u64>,
    /// Time as the log tells it.
    pub time: Option<String>,
    /// Host, where known.
    pub host: Option<String>,
    /// The value that matters, in words.
    pub value: Option<String>,
    /// The record as read.
    pub text: String,
}

/// What stands against a verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// `missing`, `time`, `order`, `id`, `host`, `value`, `window`, `count`, `coverage`, `version`, `condition`,
    /// `contradiction` or `doubt`.
    pub reason: &'static str,
    /// The step or row.
    pub step: String,
    /// In a sentence.
    pub says: String,
    /// The record that was found before.
    pub earlier: Option<Shown>,
    /// The nearest record that does not fit.
    pub nearest: Option<Shown>,
    /// Which log would tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collect: Vec<String>,
}

/// The same without secrets.
pub fn sanitise(why: WhyNot) -> WhyNot {
    let hidden = |text: String| mask(&text).into_owned();
    let shown = |row: Shown| Shown {
        source: hidden(row.source),
        host: row.host.map(hidden),
        value: row.value.map(hidden),
        text: hidden(row.text),
        ..row
    };
    WhyNot {
        findings: why
            .findings
            .into_iter()
            .map(|row| Standing {
                key: hidden(row.key),
                about: hidden(row.about),
                between: row.between.into_iter().map(hidden).collect(),
                collect: row.collect.into_iter().map(hidden).collect(),
                ..row
            })
            .collect(),
        attempts: why
            .attempts
            .into_iter()
            .map(|attempt| Attempt {
                steps: attempt
                    .steps
                    .into_iter()
                    .map(|step| StepRow { record: step.record.map(shown), ..step })
                    .collect(),
                failure: attempt.failure.map(|failure| Failure {
                    says: hidden(failure.says),
                    earlier: failure.earlier.map(shown),
                    nearest: failure.nearest.map(shown),
                    collect: failure.collect.into_iter().map(hidden).collect(),
                    ..failure
                }),
                ..attempt
            })
            .collect(),
        notices: why.notices.into_iter().map(notice).collect(),
        ..why
    }
}

/// As JSON.
pub fn render_json(why: &WhyNot) -> String {
    json::pretty(why)
}

/// For a person: what was found and what keeps it from `confirmed`; else the nearest attempt with its two records
/// side by side, and the others in a line each.
pub fn render(why: &WhyNot, look: Look) -> String {
    let mut page = Page::new(look.width, look.is_colored);
    page.ends(&Rich::of(BOLD, &why.advisory), &Rich::of(PLAIN, &sources(why.sources)));
    page.line(0, &Rich::of(PLAIN, &why.title));
    page.blank();
    for finding in &why.findings {
        standing(&mut page, finding);
    }
    if why.findings.is_empty() {
        page.line(0, &Rich::of(BOLD, "There is no finding."));
        page.blank();
    }
    if let Some(remark) = &why.remark {
        page.line(0, &Rich::of(PLAIN, remark));
    }
    let mut attempts = why.attempts.iter();
    if let Some(nearest) = attempts.next() {
        attempt(&mut page, nearest, look.width);
    }
    let mut is_first = true;
    for other in attempts {
        let Some(failure) = &other.failure else { continue };
        if is_first {
            page.line(0, &Rich::of(BOLD, "Further away"));
            is_first = false;
        }
        let found = other.steps.iter().filter(|step| step.state == "found").count();
        let text = format!("{found} of {} steps; {}: {}", other.steps.len(), failure.step, failure.says);
        page.hang(0, &Rich::of(PLAIN, other.level), 12, &Rich::of(PLAIN, &text));
    }
    page.finish()
}

fn sources(count: usize) -> String {
    if count == 1 { "1 source".to_owned() } else { format!("{count} sources") }
}

fn standing(page: &mut Page, finding: &Standing) {
    page.ends(&Rich::of(BOLD, &finding.about), &Rich::of(PLACE, finding.level));
    if finding.level == "confirmed" {
        page.line(3, &Rich::of(PLAIN, "Every step is there; nothing stands against it."));
    } else if finding.between.is_empty() {
        page.line(
            3,
            &Rich::of(PLAIN, "Nothing is in doubt; a stronger verdict needs more records, see below."),
        );
    }
    for reason in &finding.between {
        page.hang(3, &Rich::of(WARN, "-"), 2, &Rich::of(PLAIN, reason));
    }
    for collect in &finding.collect {
        page.hang(3, &Rich::of(DIM, "collect"), 9, &Rich::of(PLAIN, collect));
    }
    page.blank();
}

fn attempt(page: &mut Page, attempt: &Attempt, width: usize) {
    let found = attempt.steps.iter().filter(|step| step.state == "found").count();
    let heading = format!("Nearest to {}: {found} of {} steps", attempt.level, attempt.steps.len());
    page.line(0, &Rich::of(BOLD, &heading));
    let widest = attempt.steps.iter().map(|step| step.step.width()).max().unwrap_or(0).min(30) + 2;
    for step in &attempt.steps {
        let (style, what) = match (&step.record, step.state) {
            (Some(record), _) => (PLACE, place(record)),
            (None, "failed") => (ALARM, "here it ends".to_owned()),
            (None, _) => (DIM, "not tried".to_owned()),
        };
        page.hang(3, &Rich::of(PLAIN, &step.step), widest, &Rich::of(style, &what));
    }
    let Some(failure) = &attempt.failure else { return page.blank() };
    page.blank();
    page.hang(0, &Rich::of(ALARM, failure.reason), 15, &Rich::of(PLAIN, &failure.says));
    page.blank();
    match (&failure.earlier, &failure.nearest) {
        (Some(earlier), Some(nearest)) if width >= NARROWEST => side_by_side(page, earlier, nearest, width),
        (earlier, nearest) => {
            for record in earlier.iter().chain(nearest) {
                for line in lines(record) {
                    page.line(3, &Rich::of(PLAIN, &line));
                }
                page.blank();
            }
        }
    }
    for collect in &failure.collect {
        page.hang(0, &Rich::of(DIM, "collect"), 15, &Rich::of(PLAIN, collect));
    }
    page.blank();
}

/// Two columns of fewer cells hold no log line.
const NARROWEST: usize = 60;
/// So much of a record is shown beside another.
const MOST_CELLS: usize = 400;

fn place(record: &Shown) -> String {
    let line = record.line.map(|line| format!(":{line}")).unwrap_or_default();
    let time = record.time.as_deref().map(|time| format!("  {}", minute(time))).unwrap_or_default();
    format!("{}{line}{time}", record.source)
}

/// What is shown of a record, a line for each thing.
fn lines(record: &Shown) -> Vec<String> {
    let line = record.line.map(|line| format!(":{line}")).unwrap_or_default();
    let mut lines = vec![record.name.clone(), format!("{}{line}", record.source)];
    lines.push(record.time.clone().unwrap_or_else(|| "no time".to_owned()));
    lines.extend(record.host.iter().map(|host| format!("host {host}")));
    lines.extend(record.value.clone());
    let text: String = record.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = text.chars().take(MOST_CELLS).collect();
    lines.push(if cut.len() < text.len() { format!("{cut} ...") } else { cut });
    lines
}

fn side_by_side(page: &mut Page, left: &Shown, right: &Shown, width: usize) {
    let column = (width.min(160) - 3) / 2;
    let wrapped = |record: &Shown| -> Vec<String> {
        lines(record)
            .iter()
            .flat_map(|line| {
                textwrap::wrap(&visible(line), column)
                    .into_iter()
                    .map(std::borrow::Cow::into_owned)
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let (left, right) = (wrapped(left), wrapped(right));
    for row in 0..left.len().max(right.len()) {
        let cell = |column: &[String]| column.get(row).cloned().unwrap_or_default();
        let (one, other) = (cell(&left), cell(&right));
        page.hang(0, &Rich::of(PLAIN, &one), column + 1, &Rich::of(PLAIN, &format!("| {other}")));
    }
    page.blank();
}
