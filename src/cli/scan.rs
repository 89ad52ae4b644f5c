//! The scan command: catalogue, settings, driver, then what of the report is shown and what the exit status is.

use std::path::Path;

use anyhow::Context;

use super::args::{FormatWord, ScanWords};
use super::output::Streams;
use super::plan::{self, ScanPlan, Surroundings, UsageError};
use super::{Desk, Exit, progress};
use crate::base::report::NoticeRow;
use crate::base::{NoticeCode, Report};
use crate::pattern::{Catalogue, Fault};
use crate::report::baseline::Baseline;
#[cfg(feature = "mail")]
use crate::report::mail;
use crate::report::redact::Redactor;
use crate::report::{csv, html, json, markdown, objects, sanitise, schema, select, text};
use crate::settings::Settings;

/// Words that are commands; one of them as a path behind options is a slip.
const COMMANDS: &[&str] =
    &["scan", "nightly", "identify", "why-not", "explain", "patterns", "completions", "man", "help"];

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
    if let Err(error) = check_names(&plan.options, &catalogue) {
        return desk.usage(&error);
    }
    let baseline = match plan.baseline.as_deref().map(earlier).transpose() {
        Ok(baseline) => baseline,
        Err(error) => return desk.usage(&error),
    };
    let mut report = progress::watched(plan.shows_progress, &plan.options.reading.watch, || {
        desk.engine.scan(&plan.inputs, &plan.options, &catalogue, &settings)
    });
    add_faults(&mut report, &faults);
    silence(&mut report, &settings, config.as_deref(), &plan.options, desk);
    let mut report = sanitise(report);
    if let Some(baseline) = baseline {
        baseline.mark(&mut report);
    }
    let (catalogue, settings) = (&catalogue, &settings);
    show(report, plan, &Site { catalogue, settings }, desk)
}

/// What was scanned with; a proof is scanned with it again.
struct Site<'c> {
    #[cfg_attr(not(feature = "archives"), allow(dead_code, reason = "only a proof needs it"))]
    catalogue: &'c Catalogue,
    #[cfg_attr(not(feature = "archives"), allow(dead_code, reason = "only a proof needs it"))]
    settings: &'c Settings,
}

/// The earlier report. It is read before the scan, so that a slip is told at once.
fn earlier(path: &Path) -> Result<Baseline, UsageError> {
    let broken =
        |error: &dyn std::fmt::Display| UsageError(vec![format!("--baseline {}: {error}", path.display())]);
    let text = std::fs::read_to_string(path).map_err(|error| broken(&error))?;
    Baseline::parse(&text).map_err(|error| broken(&error))
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
pub(super) fn check_names(options: &plan::Options, catalogue: &Catalogue) -> Result<(), UsageError> {
    let mut faults = Vec::new();
    for id in &options.only {
        if catalogue.pattern(id).is_none() {
            faults.push(format!("--only {id}: no such pattern; blogscan patterns list shows them"));
        }
    }
    for product in &options.products {
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

pub(super) fn add_faults(report: &mut Report, faults: &[Fault]) {
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
pub(super) fn silence(
    report: &mut Report,
    settings: &Settings,
    config: Option<&Path>,
    options: &plan::Options,
    desk: &mut Desk<'_, '_>,
) {
    let (only, products) = (&options.only, &options.products);
    let asked = |advisory: &str| {
        products.is_empty() && (only.is_empty() || only.iter().any(|id| id.eq_ignore_ascii_case(advisory)))
    };
    settings.silence(report, config, desk.surroundings.today, &asked);
    for notice in report.notices.iter().filter(|notice| notice.code == NoticeCode::SilenceOver.name()) {
        let (file, line) = (notice.source.as_deref().unwrap_or(""), notice.line.unwrap_or(0));
        desk.streams.tell(&format!("{file}:{line}: {}", notice.detail));
    }
}

fn show(report: Report, plan: ScanPlan, site: &Site<'_>, desk: &mut Desk<'_, '_>) -> Exit {
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
    let report = match handed_out(report, &plan, site, desk) {
        Ok(report) => report,
        Err(error) => {
            desk.streams.tell(&format!("{error:#}"));
            return Exit::Trouble;
        }
    };
    let text = if plan.lists_objects {
        // A work list that is not whole must say so, and has no place for it.
        for notice in report.notices.iter().filter(|notice| notice.code == NoticeCode::ManyFindings.name()) {
            desk.streams.tell(&format!("not every object is listed: {}", notice.detail));
        }
        Ok(list(&report, &plan))
    } else {
        spell(report, &plan, look, site.settings, desk.surroundings)
    };
    match text {
        Ok(text) => desk.deliver(&text, &plan.output, exit),
        Err(error) => {
            desk.streams.tell(&format!("{error:#}"));
            Exit::Trouble
        }
    }
}

/// The report as it may be handed out: redacted where that is asked for, its proof and the map of names written.
fn handed_out(
    report: Report,
    plan: &ScanPlan,
    site: &Site<'_>,
    desk: &mut Desk<'_, '_>,
) -> anyhow::Result<Report> {
    #[cfg(feature = "archives")]
    let proof = plan.proof.as_deref().map(|file| {
        let kept = select::at_least(plan.output.look.min_level, report.clone());
        (file, desk.engine.proof(&plan.inputs, &plan.options, &kept))
    });
    #[cfg(not(feature = "archives"))]
    let (_, texts) = (site, std::iter::empty());
    #[cfg(feature = "archives")]
    let texts = proof.iter().flat_map(|(_, proof)| super::proof::texts(proof));
    let mut redactor = plan.redacts.then(|| Redactor::new(&report, texts));
    let report = match &mut redactor {
        Some(redactor) => redactor.report(report),
        None => report,
    };
    #[cfg(feature = "archives")]
    if let Some((file, proof)) = proof {
        let Site { catalogue, settings } = *site;
        let bundle = super::proof::Bundle { file, plan, catalogue, settings };
        let kept = select::at_least(plan.output.look.min_level, report.clone());
        bundle.write(proof, redactor.as_mut(), &kept, desk).with_context(|| file.display().to_string())?;
    }
    if let (Some(redactor), Some(file)) = (&redactor, &plan.redact_map) {
        desk.streams.deliver(&json::pretty(redactor.map()), Some(file))?;
    }
    Ok(report)
}

fn list(report: &Report, plan: &ScanPlan) -> String {
    let min_level = plan.output.look.min_level;
    match plan.output.format {
        FormatWord::Csv => objects::render_csv(report, min_level),
        FormatWord::Json => objects::render_json(report, min_level),
        _ => objects::render(report, min_level),
    }
}

fn spell(
    report: Report,
    plan: &ScanPlan,
    look: text::Look,
    settings: &Settings,
    surroundings: &Surroundings,
) -> anyhow::Result<String> {
    #[cfg(not(feature = "mail"))]
    let _ = (settings, surroundings);
    let chosen = |report| match plan.min_level {
        Some(level) => select::at_least(level, report),
        None => report,
    };
    Ok(match plan.output.format {
        #[cfg(feature = "mail")]
        FormatWord::Mail => {
            mail::render(&report, look.min_level, &letterhead(settings, surroundings).context("[mail]")?)?
        }
        FormatWord::Text => text::render(&report, look),
        FormatWord::Json => json::render(&chosen(report)),
        FormatWord::Jsonl => json::render_lines(&chosen(report)),
        FormatWord::Csv => csv::render(&report, look.min_level),
        FormatWord::Html => html::render(&report, look),
        FormatWord::Markdown => markdown::render(&report, look.min_level),
    })
}

/// Whom a mail is from and for: `from` and `to` of `[mail]`, else the administrator of this machine.
#[cfg(feature = "mail")]
fn letterhead(settings: &Settings, surroundings: &Surroundings) -> anyhow::Result<mail::Letterhead> {
    let from = settings.mail.from.as_deref().unwrap_or("blogscan@localhost");
    let nobody = ["root@localhost".to_owned()];
    let to = if settings.mail.to.is_empty() { &nobody[..] } else { &settings.mail.to };
    Ok(mail::Letterhead::new(from, to, surroundings.now)?)
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
