//! The one place where the command line meets the engine. Everything else in this folder speaks to [`Engine`],
//! which tests replace.

use std::path::{Path, PathBuf};

use crate::base::Report;
use crate::embedded;
use crate::matching;
use crate::pattern::{self, Catalogue, CheckOptions, Fault};
use crate::report::explain::Meaning;
use crate::report::identify::Identification;
use crate::report::why_not::WhyNot;
use crate::scan::proof::Proof;
use crate::scan::samples::{CaseResult, Mutants};
use crate::settings::Settings;
use crate::state::{Memory, Remembered};

pub use crate::scan::Options;

/// What the commands need of the rest of the program.
pub trait Engine {
    /// The built-in patterns and those of the folders, and what is wrong with the latter.
    fn catalogue(&self, folders: &[PathBuf]) -> (Catalogue, Vec<Fault>) {
        embedded::catalogue(folders)
    }

    /// Everything wrong with the pattern files of the folders, or with the built-in ones.
    fn check(&self, folders: &[PathBuf], samples: Option<&Path>) -> Vec<Fault> {
        pattern::check(
            folders,
            CheckOptions { cost_of: Some(&matching::slowness), samples, ..CheckOptions::default() },
        )
    }

    /// Runs the sample cases under a folder.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be read.
    fn prove(
        &self,
        samples: &Path,
        catalogue: &Catalogue,
        mutants: Mutants,
    ) -> std::io::Result<Vec<CaseResult>> {
        let known = |id: &str| catalogue.pattern(id).is_some_and(|pattern| pattern.id == id);
        crate::scan::samples::prove(samples, catalogue, &known, mutants)
    }

    /// Scans paths.
    fn scan(
        &self,
        inputs: &[String],
        options: &Options,
        catalogue: &Catalogue,
        settings: &Settings,
    ) -> Report;

    /// What of the sources the findings of a report rest on.
    fn proof(&self, inputs: &[String], options: &Options, report: &Report) -> Proof {
        crate::scan::proof::gather(inputs, options, report)
    }

    /// Scans paths and what is remembered of earlier nights.
    fn scan_remembering(
        &self,
        inputs: &[String],
        options: &Options,
        catalogue: &Catalogue,
        settings: &Settings,
        memory: &mut Memory<'_>,
    ) -> (Report, Remembered) {
        crate::scan::run_remembering(inputs, options, catalogue, settings, memory)
    }

    /// Identifies every source under the paths.
    fn identify(&self, inputs: &[String], options: &Options, settings: &Settings) -> Identification;

    /// What stands between the logs and a finding of this pattern; `None`: no pattern has this id.
    fn why_not(
        &self,
        id: &str,
        inputs: &[String],
        options: &Options,
        catalogue: &Catalogue,
        settings: &Settings,
    ) -> Option<WhyNot> {
        crate::scan::why_not(id, inputs, options, catalogue, settings)
    }

    /// What a code means, one row per product that has it.
    fn meanings(&self, code: &str, catalogue: &Catalogue) -> Vec<Meaning>;
}

/// The program itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blogscan;

impl Engine for Blogscan {
    fn scan(
        &self,
        inputs: &[String],
        options: &Options,
        catalogue: &Catalogue,
        settings: &Settings,
    ) -> Report {
        crate::scan::run(inputs, options, catalogue, settings)
    }

    fn identify(&self, inputs: &[String], options: &Options, settings: &Settings) -> Identification {
        crate::scan::identify(inputs, options, settings)
    }

    fn meanings(&self, code: &str, catalogue: &Catalogue) -> Vec<Meaning> {
        crate::codes::meanings(code)
            .into_iter()
            .map(|(product, meaning)| Meaning {
                product: product.to_owned(),
                code: spelled(product, code),
                meaning: meaning.to_owned(),
                cause: crate::codes::advice(product, code).map(|advice| advice.cause.to_owned()),
                look_at: crate::codes::advice(product, code).map(|advice| advice.look_at.to_owned()),
                advisories: advisories(code, catalogue),
            })
            .collect()
    }
}

/// The code as it is told: an error of Backup Exec in both of its spellings, every other as it was typed.
fn spelled(product: &str, code: &str) -> String {
    match crate::codes::error_number(code).filter(|_| product == "backup-exec") {
        Some(number) => format!("0x{number:08X} = {}", crate::codes::link_of(number)),
        None => code.to_owned(),
    }
}

/// Ids of patterns that ask for this code.
fn advisories(code: &str, catalogue: &Catalogue) -> Vec<String> {
    let bare = code.rsplit(':').next().unwrap_or(code);
    // Patterns ask for messages of TSM at any severity, and for errors of Backup Exec by their text.
    let any_severity = bare.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let error = crate::codes::error_number(bare)
        .map(|number| [format!("{number:08x}"), crate::codes::link_of(number).to_lowercase()]);
    let asks = |pattern: &&pattern::Pattern| {
        pattern.events.values().filter_map(|kind| catalogue.event(*kind)).any(|def| {
            let by_code = def
                .codes
                .iter()
                .any(|held| held.eq_ignore_ascii_case(bare) || held.eq_ignore_ascii_case(any_severity));
            let names_error = |text: &String| {
                let text = text.to_lowercase();
                error.iter().flatten().any(|spelling| holds_code(&text, spelling))
            };
            let by_code = by_code || def.texts.iter().any(names_error);
            let of_source = code.split_once(':').is_none_or(|(source, _)| {
                def.providers.iter().any(|provider| provider.eq_ignore_ascii_case(source))
            });
            by_code && of_source
        })
    };
    catalogue.all_patterns().filter(asks).map(|pattern| pattern.id.clone()).collect()
}

/// Does the text hold this code, and not a longer one that begins alike?
fn holds_code(text: &str, code: &str) -> bool {
    text.match_indices(code).any(|(at, _)| {
        let behind = text.get(at + code.len()..).and_then(|rest| rest.chars().next());
        !behind.is_some_and(|c| c.is_ascii_digit())
    })
}
