//! The scan command: catalogue, settings, driver, then what of the report is shown and what the exit status is.

use std::path::Path;

use super::args::ScanWords;
use super::output::Streams;
use super::plan::{self, ScanPlan, UsageError};
use super::{Desk, Exit, progress};
use crate::base::report::NoticeRow;
use crate::base::{NoticeCode, Report};
use crate::pattern::{Catalogue, Fault};
use crate::report::{json, objects, sanitise, schema, select, text};
use crate::settings::Settings;

/// Words that are commands; one of them as a path behind options is a slip.
const COMMANDS: &[&str] = &["scan", "identify", "why-not", "explain", "patterns", "completions", "man", "help"];

pub(super) fn run(words: ScanWords, desk: &mut Desk<'_, '_>) -> Exit {
    if words.print_schema {
        let output = plan::Output::new(&words.output, desk.surroundings);
        return desk.deliver(&json::pretty(&schema::report_schema()), &output, Exit::Quiet);
    }
    let plan = match ScanPlan::new(words, desk.surroundings).and_then(check_slip) {
        Ok(plan) => plan,
        Err(error) => return desk.usage(&error),
    };
    let (settings, config) = match plan::settings(plan.config.as_ref(), desk.surroundings) {
        Ok(found) => found,
        Err(error) => return desk.usage(&error),
    };
    let (catalogue, faults) = desk.engine.catalogue(&plan.pattern_folders);
    if let Err(error) = check_names(&plan, &catalogue) {
        return desk.usage(&error);
    }
    let mut report = progress::watched(plan.shows_progress, &plan.options.reading.watch, || {
        desk.engine.scan(&plan.inputs, &plan.options, &catalogue, &settings)
    });
    add_faults(&mut report, &faults);
    silence(&mut report, &settings, config.as_deref(), &plan, desk);
    show(sanitise(report), plan, desk)
}

/// `blogscan --format json explain 191` reads `explain` as a path: commands come first.
fn check_slip(plan: ScanPlan) -> Result<ScanPlan, UsageError> {
    let slip =
        plan.inputs.first().filter(|path| COMMANDS.contains(&path.as_str()) && !Path::new(path).exists());
    match slip {
        Some(word) => Err(UsageError(vec![format!(
            "`{word}` stands behind options and was read as a path: write the command first, as in \
             `blogscan {word} ...`"
        )])),
        None => Ok(plan),
    }
}

/// A misspelt `--only` would scan for nothing and find nothing.
fn check_names(plan: &ScanPlan, catalogue: &Catalogue) -> Result<(), UsageError> {
    let mut faults = Vec::new();
    for id in &plan.options.only {
        if catalogue.pattern(id).is_none() {
            faults.push(format!("--only {id}: no such pattern; blogscan patterns list shows them"));
        }
    }
    for product in &plan.options.products {
        let mut known: Vec<&str> =
            catalogue.patterns.iter().flat_map(|pattern| &pattern.products).map(String::as_str).collect();
        known.sort_unstable();
        known.dedup();
        if !known.iter().any(|name| name.eq_ignore_ascii_case(product)) {
            faults
                .push(format!("--product {product}: no pattern is about it; products: {}", known.join(", ")));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(UsageError(faults)) }
}

fn add_faults(report: &mut Report, faults: &[Fault]) {
    report.notices.extend(faults.iter().map(|fault| NoticeRow {
        code: NoticeCode::PatternProblem.name(),
        source: Some(fault.file().to_owned()),
        line: u64::try_from(fault.line).ok(),
        detail: match &fault.help {
            Some(help) => format!("{} ({help})", fault.reason),
            None => fault.reason.clone(),
        },
    }));
    report.notices.sort_by(|one, other| {
        (&one.source, one.line, one.code).cmp(&(&other.source, other.line, other.code))
    });
}

/// Marks findings that the site silenced. A silence whose time is over is named on standard error as well, so that
/// nobody wonders why a mail comes again.
fn silence(
    report: &mut Report,
    settings: &Settings,
    config: Option<&Path>,
    plan: &ScanPlan,
    desk: &mut Desk<'_, '_>,
) {
    let (only, products) = (&plan.options.only, &plan.options.products);
    let asked = |advisory: &str| {
        products.is_empty() && (only.is_empty() || only.iter().any(|id| id.eq_ignore_ascii_case(advisory)))
    };
    settings.silence(report, config, desk.surroundings.today, &asked);
    for notice in report.notices.iter().filter(|notice| notice.code == NoticeCode::SilenceOver.name()) {
        let (file, line) = (notice.source.as_deref().unwrap_or(""), notice.line.unwrap_or(0));
        desk.streams.tell(&format!("{file}:{line}: {}", notice.detail));
    }
}

fn show(report: Report, plan: ScanPlan, desk: &mut Desk<'_, '_>) -> Exit {
    let mut exit = tell_troubles(&report.notices, desk.streams);
    if !report.scan.complete {
        exit = Exit::Trouble;
    }
    let all = report.findings.len();
    let report = plan.range.apply(report);
    let outside = all - report.findings.len();
    let is_alarm = plan.fail_on.is_some_and(|level| select::raises_alarm(&report, level));
    if is_alarm && exit == Exit::Quiet {
        exit = Exit::Findings;
    }
    let look = text::Look { outside, ..plan.output.look };
    let text = if plan.lists_objects {
        objects::render(&report, look.min_level)
    } else if !plan.output.is_json {
        text::render(&report, look)
    } else {
        json::render(&match plan.min_level {
            Some(level) => select::at_least(level, report),
            None => report,
        })
    };
    desk.deliver(&text, &plan.output, exit)
}

/// Says on standard error what was not read, one line each.
pub(super) fn tell_troubles(notices: &[NoticeRow], streams: &mut Streams<'_>) -> Exit {
    let mut exit = Exit::Quiet;
    for notice in notices {
        if !NoticeCode::ALL.iter().any(|code| code.is_trouble() && code.name() == notice.code) {
            continue;
        }
        exit = Exit::Trouble;
        let place = match (&notice.source, notice.line) {
            (Some(source), Some(line)) => format!("{source}:{line}: "),
            (Some(source), None) => format!("{source}: "),
            (None, _) => String::new(),
        };
        let what = notice.code.replace('-', " ");
        let detail = if notice.detail.is_empty() { String::new() } else { format!(": {}", notice.detail) };
        streams.tell(&format!("{place}{what}{detail}"));
    }
    exit
}
