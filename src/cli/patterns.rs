//! `blogscan patterns`: the catalogue, and the tools of those who write it.

use std::path::{Path, PathBuf};

use super::args::{CatalogueWords, FolderWords, FormatWord, PatternsCommand};
use super::drive::Options;
use super::plan::Output;
use super::{Desk, Exit};
use crate::base::{Level, Report};
use crate::pattern::{self, Catalogue, Fault};
use crate::report::explain::Article;
use crate::report::json;
use crate::settings::Settings;

/// Where a project keeps its sample logs, beside its patterns.
const SAMPLES: &str = "sample-logs";

pub(super) fn run(command: PatternsCommand, desk: &mut Desk<'_, '_>) -> Exit {
    match command {
        PatternsCommand::List(words) => list(&words, desk),
        PatternsCommand::Show { id, catalogue } => show(&id, &catalogue, desk),
        PatternsCommand::Check(words) => check(&words, desk),
        PatternsCommand::Test(words) => test(&words, desk),
        PatternsCommand::Schema { output } => {
            let output = Output::new(&output, desk.surroundings);
            desk.deliver(&json::pretty(&pattern::schema()), &output, Exit::Quiet)
        }
        PatternsCommand::New { id, product, output } => {
            let output = Output::new(&output, desk.surroundings);
            desk.deliver(&pattern::new_pattern(&id, &product), &output, Exit::Quiet)
        }
    }
}

fn catalogue(folders: &[PathBuf], desk: &mut Desk<'_, '_>) -> (Catalogue, Exit) {
    let (catalogue, faults) = desk.engine.catalogue(folders);
    for fault in &faults {
        desk.streams.tell(&fault.to_string());
    }
    (catalogue, if faults.is_empty() { Exit::Quiet } else { Exit::Trouble })
}

fn list(words: &CatalogueWords, desk: &mut Desk<'_, '_>) -> Exit {
    let (catalogue, exit) = catalogue(&words.patterns.patterns, desk);
    let output = Output::new(&words.output, desk.surroundings);
    let text = if output.is_json {
        let articles: Vec<Article> = catalogue.patterns.iter().map(Article::from).collect();
        json::pretty(&articles)
    } else {
        pattern::list(&catalogue)
    };
    desk.deliver(&text, &output, exit)
}

fn show(id: &str, words: &CatalogueWords, desk: &mut Desk<'_, '_>) -> Exit {
    let (catalogue, exit) = catalogue(&words.patterns.patterns, desk);
    let output = Output::new(&words.output, desk.surroundings);
    let Some(found) = catalogue.pattern(id) else {
        desk.streams.tell(&format!("no pattern is called `{id}`; blogscan patterns list shows them"));
        return if exit == Exit::Trouble { exit } else { Exit::Findings };
    };
    let text =
        if output.is_json { json::pretty(&Article::from(found)) } else { pattern::show(&catalogue, found) };
    desk.deliver(&text, &output, exit)
}

fn check(words: &FolderWords, desk: &mut Desk<'_, '_>) -> Exit {
    let faults = desk.engine.check(&words.folders, words.samples.as_deref());
    let output = Output::new(&words.output, desk.surroundings);
    let exit = if faults.iter().any(Fault::is_error) { Exit::Trouble } else { Exit::Quiet };
    let text = if words.output.format == FormatWord::Json {
        json::pretty(&rows(&faults))
    } else if faults.is_empty() {
        "no faults\n".to_owned()
    } else {
        pattern::render_faults(&faults, output.look.is_colored)
    };
    desk.deliver(&text, &output, exit)
}

fn rows(faults: &[Fault]) -> serde_json::Value {
    let row = |fault: &Fault| {
        let severity = if fault.is_error() { "error" } else { "warning" };
        serde_json::json!({
            "file": fault.file(), "line": fault.line, "column": fault.column, "severity": severity,
            "reason": fault.reason, "help": fault.help,
        })
    };
    faults.iter().map(row).collect()
}

/// Checks the files, then scans every `<ID>/hit-<case>` and `<ID>/miss-<case>` and sees that the pattern is found
/// in the one and not in the other. A case whose name begins with a level (`hit-likely-no-job-log`) must reach
/// just that level.
fn test(words: &FolderWords, desk: &mut Desk<'_, '_>) -> Exit {
    let faults = desk.engine.check(&words.folders, words.samples.as_deref());
    if faults.iter().any(Fault::is_error) {
        return check(words, desk);
    }
    let root = words.samples.clone().unwrap_or_else(|| PathBuf::from(SAMPLES));
    let (catalogue, _) = desk.engine.catalogue(&words.folders);
    let mut text = String::new();
    let (mut cases, mut failed) = (0, 0);
    for pattern in &catalogue.patterns {
        for (name, folder) in sample_cases(&root.join(&pattern.id)) {
            cases += 1;
            let input = folder.display().to_string();
            let report = desk.engine.scan(
                std::slice::from_ref(&input),
                &Options::default(),
                &catalogue,
                &Settings::default(),
            );
            if let Err(reason) = judge(&name, &pattern.id, &report) {
                failed += 1;
                text.push_str(&format!("{input}: {reason}\n"));
            }
        }
    }
    text.push_str(&format!("{cases} sample folders of {}, {failed} failed\n", root.display()));
    if cases == 0 {
        desk.streams.tell(&format!("{}: no sample folders", root.display()));
    }
    let output = Output::new(&words.output, desk.surroundings);
    let exit = if failed > 0 || cases == 0 { Exit::Trouble } else { Exit::Quiet };
    desk.deliver(&text, &output, exit)
}

/// Folders with sample logs of one pattern, by name.
fn sample_cases(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut cases: Vec<(String, PathBuf)> = entries
        .flatten()
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(name, path)| path.is_dir() && (name.starts_with("hit-") || name.starts_with("miss-")))
        .collect();
    cases.sort();
    cases
}

fn judge(case: &str, id: &str, report: &Report) -> Result<(), String> {
    let levels: Vec<Level> = report
        .findings
        .iter()
        .filter(|finding| finding.advisory == id)
        .map(|finding| finding.level)
        .collect();
    let best = levels.iter().max().copied();
    let found = best.map_or("not found", Level::name);
    match case.strip_prefix("hit-") {
        Some(rest) => {
            let wanted = rest.split('-').next().and_then(Level::from_name);
            match (wanted, best) {
                (Some(wanted), best) if best == Some(wanted) => Ok(()),
                (Some(wanted), _) => Err(format!("{id} must be {} and is {found}", wanted.name())),
                (None, Some(_)) => Ok(()),
                (None, None) => Err(format!("{id} must be found and is not")),
            }
        }
        None if best.is_none_or(|level| level == Level::Cleared) => Ok(()),
        None => Err(format!("{id} must not be found and is {found}")),
    }
}
