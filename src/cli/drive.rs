//! The one place where the command line meets the engine. Everything else in this folder speaks to [`Engine`],
//! which tests replace.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::base::report::{CatalogueRow, NoticeRow, SCHEMA, ScanSummary, Tool};
use crate::base::stamp::MINUTE;
use crate::base::{DateOrder, NoticeCode, Report};
use crate::pattern::{self, Catalogue, CheckOptions, Fault};
use crate::report::explain::Meaning;
use crate::report::identify::Identification;
use crate::settings::{Settings, ZoneRule};

/// What a scan is to do, beside its paths. What is said here wins over the settings of the site.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; 0: as many as the machine has.
    pub jobs: usize,
    /// Zone of sources that carry none of their own.
    pub zone: Option<ZoneRule>,
    /// The same by host (folded).
    pub zones: IndexMap<String, ZoneRule>,
    /// Order of day and month in all sources.
    pub date_order: Option<DateOrder>,
    /// Host of sources that do not name theirs.
    pub host: Option<String>,
    /// Virtual machine to host name (both folded).
    pub aliases: IndexMap<String, String>,
    /// Tolerance between clocks of different hosts, in microseconds.
    pub skew: i64,
    /// Only these patterns, by id or alias; empty: all.
    pub only: Vec<String>,
    /// Only patterns of these products; empty: all.
    pub products: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            jobs: 0,
            zone: None,
            zones: IndexMap::new(),
            date_order: None,
            host: None,
            aliases: IndexMap::new(),
            skew: 5 * MINUTE,
            only: Vec::new(),
            products: Vec::new(),
        }
    }
}

/// What the commands need of the rest of the program.
pub trait Engine {
    /// The built-in patterns and those of the folders, and what is wrong with the latter.
    fn catalogue(&self, folders: &[PathBuf]) -> (Catalogue, Vec<Fault>) {
        Catalogue::load(folders)
    }

    /// Everything wrong with the pattern files of the folders, or with the built-in ones.
    fn check(&self, folders: &[PathBuf], samples: Option<&Path>) -> Vec<Fault> {
        pattern::check(folders, CheckOptions { body_of: None, samples })
    }

    /// Scans paths.
    fn scan(
        &self,
        inputs: &[String],
        options: &Options,
        catalogue: &Catalogue,
        settings: &Settings,
    ) -> Report;

    /// Identifies every source under the paths.
    fn identify(&self, inputs: &[String], options: &Options, settings: &Settings) -> Identification;

    /// What a code means, one row per product that has it.
    fn meanings(&self, code: &str, catalogue: &Catalogue) -> Vec<Meaning>;
}

/// The program itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blogscan;

impl Engine for Blogscan {
    // To be `crate::scan::run(inputs, options, catalogue, settings)`, with `Options` from there.
    fn scan(&self, inputs: &[String], _: &Options, catalogue: &Catalogue, _: &Settings) -> Report {
        unread(inputs, catalogue)
    }

    // To be `crate::scan::identify(inputs, options, settings)`, its rows turned into those of the report.
    fn identify(&self, inputs: &[String], _: &Options, _: &Settings) -> Identification {
        Identification { sources: Vec::new(), notices: unread(inputs, &Catalogue::default()).notices }
    }

    // To ask `crate::codes`.
    fn meanings(&self, _: &str, _: &Catalogue) -> Vec<Meaning> {
        Vec::new()
    }
}

/// The report of a scan that read nothing.
fn unread(inputs: &[String], catalogue: &Catalogue) -> Report {
    Report {
        schema: SCHEMA,
        tool: Tool {
            name: "blogscan",
            version: env!("CARGO_PKG_VERSION"),
            catalogue: CatalogueRow {
                hash: catalogue.hash.clone(),
                patterns: catalogue.patterns.len(),
                own: catalogue.own.clone(),
            },
        },
        scan: ScanSummary {
            inputs: inputs.to_vec(),
            sources: 0,
            bytes: 0,
            records: 0,
            headless: 0,
            complete: false,
        },
        sources: Vec::new(),
        findings: Vec::new(),
        codes: Vec::new(),
        coverage: Vec::new(),
        facts: Vec::new(),
        notices: vec![NoticeRow {
            code: NoticeCode::NothingRecognised.name(),
            source: None,
            line: None,
            detail: "no log reader is built in".to_owned(),
        }],
    }
}
