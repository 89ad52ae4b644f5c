//! `blogscan patterns`: the catalogue, and the tools of those who write it.

use std::path::PathBuf;

use super::args::{CatalogueWords, FolderWords, FormatWord, PatternsCommand};
use super::plan::Output;
use super::{Desk, Exit};
use crate::pattern::{self, Catalogue, Fault};
use crate::report::explain::Article;
use crate::report::json;
use crate::scan::samples::Mutants;

/// Where a project keeps its sample logs, beside its patterns.
const SAMPLES: &str = "sample-logs";

pub(super) fn run(command: PatternsCommand, desk: &mut Desk<'_, '_>) -> Exit {
    match command {
        PatternsCommand::List(words) => list(&words, desk),
        PatternsCommand::Show { id, catalogue } => show(&id, &catalogue, desk),
        PatternsCommand::Check(words) => check(&words, desk),
        PatternsCommand::Test { words, no_mutants, bless } => {
            let mutants = match (no_mutants, bless) {
                (true, _) => Mutants::Left,
                (_, true) => Mutants::Blessed,
                _ => Mutants::Judged,
            };
            test(&words, mutants, desk)
        }
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
        let articles: Vec<Article> = catalogue.all_patterns().map(Article::from).collect();
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

/// Checks the files, then scans every `<ID>/hit-<case>` and `<ID>/miss-<case>` and compares what is found with the
/// case's expectation file.
fn test(words: &FolderWords, mutants: Mutants, desk: &mut Desk<'_, '_>) -> Exit {
    let faults = desk.engine.check(&words.folders, words.samples.as_deref());
    if faults.iter().any(Fault::is_error) {
        return check(words, desk);
    }
    let root = words.samples.clone().unwrap_or_else(|| PathBuf::from(SAMPLES));
    let (catalogue, _) = desk.engine.catalogue(&words.folders);
    let results = match desk.engine.prove(&root, &catalogue, mutants) {
        Ok(results) => results,
        Err(error) => {
            desk.streams.tell(&format!("{}: {error}", root.display()));
            return Exit::Trouble;
        }
    };
    let mut text = String::new();
    let failed = results.iter().filter(|result| !result.faults.is_empty()).count();
    for result in results.iter().filter(|result| !result.faults.is_empty()) {
        text.push_str(&format!("{}/{}\n", result.id, result.case));
        for fault in &result.faults {
            text.push_str(&format!("  {fault}\n"));
        }
    }
    text.push_str(&format!("{} sample cases under {}, {failed} failed\n", results.len(), root.display()));
    let all: usize = results.iter().map(|result| result.mutants).sum();
    let broken: usize = results.iter().map(|result| result.broken).sum();
    match mutants {
        Mutants::Left => {}
        Mutants::Judged => {
            text.push_str(&format!("{all} mutants of the hits, {broken} not as they must be\n"))
        }
        Mutants::Blessed => {
            text.push_str(&format!("{all} mutants of the hits written into the expectation files\n"))
        }
    }
    if results.is_empty() {
        desk.streams.tell(&format!("{}: no sample cases", root.display()));
    }
    let output = Output::new(&words.output, desk.surroundings);
    let exit = if failed > 0 || results.is_empty() { Exit::Trouble } else { Exit::Quiet };
    desk.deliver(&text, &output, exit)
}
