//! What is known, for the person who asks.

use chrono::NaiveDate;

use super::page::size;
use crate::base::Level;
use crate::report::escape::visible;
use crate::state::{State, StateError};

/// What a state knows, in lines.
///
/// # Errors
///
/// Where it cannot be read.
pub fn status(state: &State, today: NaiveDate) -> Result<String, StateError> {
    let mut lines = Vec::new();
    let summary = state.summary()?;
    lines.push(match &summary.last_run {
        Some((finished, bytes)) => {
            format!("last run   {finished}, {} read; {} runs in all", size(*bytes), summary.runs)
        }
        None => "last run   never".to_owned(),
    });
    lines.push(format!(
        "files      {} there, {} gone and still counted, {} kept of them",
        summary.files,
        summary.gone,
        size(summary.content)
    ));
    let mut findings = state.findings()?;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    lines.push(format!("findings   {}", findings.len()));
    for finding in &findings {
        let told = match finding.reported {
            Some((level, day)) if level != finding.level => format!("told on {day} as {}", level.name()),
            Some((_, day)) => format!("told on {day}"),
            None if finding.level == Level::Cleared => "never told, it did no harm".to_owned(),
            None => "not told yet".to_owned(),
        };
        lines.push(format!(
            "  {:<9}  {} {}: first seen {}, last seen {}, {told}",
            finding.level.name(),
            visible(&finding.advisory),
            visible(&finding.about),
            finding.first_seen,
            finding.last_seen
        ));
    }
    let acknowledgements = state.acknowledgements()?;
    lines.push(format!("acknowledged  {}", acknowledgements.len()));
    for ack in &acknowledgements {
        let object = ack.object.as_deref().unwrap_or("every object");
        let over = if ack.until < today { ", over" } else { "" };
        lines.push(format!(
            "  {} {}: until {}{over} ({})",
            visible(&ack.advisory),
            visible(object),
            ack.until,
            visible(&ack.reason)
        ));
    }
    let unread = state.unread()?;
    if !unread.is_empty() {
        lines.push(format!("not readable  {}", unread.len()));
        lines.extend(unread.iter().map(|(path, code)| format!("  {}: {code}", visible(path))));
    }
    let pending = state.pending()?;
    lines.push(format!("to be handed over  {}", pending.len()));
    for (message, done) in &pending {
        let made = message.made.format("%Y-%m-%d %H:%M UTC");
        let done =
            if done.is_empty() { String::new() } else { format!(" (has it: {})", visible(&done.join(", "))) };
        lines.push(format!("  {made} {}{done}", visible(&message.subject)));
    }
    Ok(format!("{}\n", lines.join("\n")))
}
