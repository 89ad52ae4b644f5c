//! The report of a scan, from what was settled and judged.

use std::collections::HashSet;

use indexmap::{IndexMap, IndexSet};

use crate::base::report::{
    CatalogueRow, CodeRow, CoverageRow, FactRow, FirstFailureRow, Gap, NoticeRow, SCHEMA, ScanSummary,
    SourceRow, Tool, UnknownErrorRow,
};
use crate::base::{Coverage, Dialect, Fact, FactKind, Notice, Report, Stamp};
use crate::correlate::{World, WorldParts};
use crate::pattern::Catalogue;
use crate::verdict::Judgement;

use super::first_failure::Firsts;
use super::settle::{SettledSource, offset_word};
use super::track::micros;
use super::unknown::{Errors, Group, MOST_ROWS};

/// Puts the report together. `inputs` are the paths as typed.
pub(super) fn report(
    inputs: &[String],
    catalogue: &Catalogue,
    world: &World<'_>,
    sources: &[SettledSource],
    judgement: Judgement,
    mut notices: Vec<Notice>,
) -> Report {
    notices.extend(judgement.notices);
    sort_notices(&mut notices);
    let mut inputs: Vec<String> = inputs.to_vec();
    inputs.sort();
    inputs.dedup();
    let complete = !notices.iter().any(|notice| notice.code.is_trouble());
    Report {
        schema: SCHEMA,
        tool: Tool {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            catalogue: CatalogueRow {
                hash: catalogue.hash.clone(),
                patterns: catalogue.patterns.len(),
                own: catalogue.own.clone(),
            },
        },
        scan: ScanSummary {
            inputs,
            sources: sources.len(),
            bytes: sources.iter().map(|source| source.bytes).sum(),
            records: sources.iter().map(|source| source.records).sum(),
            headless: sources.iter().map(|source| source.headless).sum(),
            complete,
        },
        sources: sources.iter().map(source_row).collect(),
        findings: judgement.findings,
        codes: codes(sources),
        coverage: coverage_rows(&world.coverage),
        facts: facts(world),
        unknown_errors: unknown_errors(sources),
        notices: notices.into_iter().map(NoticeRow::from).collect(),
        baseline: None,
        redacted: false,
    }
}

/// By source, line and code, each once.
pub(super) fn sort_notices(notices: &mut Vec<Notice>) {
    notices.sort_by(|one, other| {
        (&one.source, one.line, one.code.name(), &one.detail).cmp(&(
            &other.source,
            other.line,
            other.code.name(),
            &other.detail,
        ))
    });
    notices.dedup();
}

fn word(stamp: Option<Stamp>) -> Option<String> {
    stamp.filter(|stamp| !stamp.is_none()).map(|stamp| stamp.to_string())
}

fn source_row(source: &SettledSource) -> SourceRow {
    SourceRow {
        path: source.path.clone(),
        dialect: source.dialect.name(),
        encoding: source.encoding,
        host: source.host.clone(),
        process: source.process.clone(),
        zone: source.zone.clone(),
        bytes: source.bytes,
        records: source.records,
        headless: source.headless,
        from: word(source.first),
        to: word(source.last),
    }
}

fn codes(sources: &[SettledSource]) -> Vec<CodeRow> {
    let mut counts: IndexMap<(&'static str, &str), u64> = IndexMap::new();
    for source in sources {
        for ((product, code), count) in &source.codes {
            *counts.entry((product, code)).or_default() += count;
        }
    }
    let mut firsts: IndexMap<&str, Firsts> = IndexMap::new();
    for source in sources {
        for (code, more) in source.first_failures.by_code() {
            let known = firsts.entry(code).or_default();
            known.jobs += more.jobs;
            known.processes.extend(more.processes);
        }
    }
    let first_failure = |product: &str, code: &str| {
        // Only NetBackup's job details tell process and code of each step.
        let firsts = firsts.get(code).filter(|_| product == "netbackup")?;
        let mut processes: Vec<String> = firsts.processes.iter().cloned().collect();
        processes.sort();
        Some(FirstFailureRow { jobs: firsts.jobs, processes })
    };
    for code in firsts.keys() {
        // Details inside a list of jobs are no records of their own: their codes are counted nowhere else.
        counts.entry(("netbackup", code)).or_insert(0);
    }
    let mut rows: Vec<CodeRow> = counts
        .into_iter()
        .map(|((product, code), count)| CodeRow {
            product: product.to_owned(),
            code: code.to_owned(),
            count: count.max(first_failure(product, code).map_or(0, |first| first.jobs)),
            meaning: crate::codes::meaning(product, code).map(str::to_owned),
            first_failure: first_failure(product, code),
        })
        .collect();
    rows.sort_by(|one, other| {
        (&one.product, std::cmp::Reverse(one.count), &one.code).cmp(&(
            &other.product,
            std::cmp::Reverse(other.count),
            &other.code,
        ))
    });
    rows
}

/// By wording over all sources, in order of their paths.
fn unknown_errors(sources: &[SettledSource]) -> Vec<UnknownErrorRow> {
    let mut errors = Errors::default();
    sources.iter().for_each(|source| errors.join(source.errors.clone()));
    let row = |group: Group| {
        let product = group.dialect.product();
        let named = match (&group.process, &group.code) {
            (Some(source), Some(code)) if product == "windows" => Some(format!("{source}:{code}")),
            _ => group.code.clone(),
        };
        UnknownErrorRow {
            product: product.to_owned(),
            dialect: group.dialect.name(),
            template: group.template(),
            count: group.count,
            first: word(group.first),
            last: word(group.last),
            meaning: named.as_ref().and_then(|code| crate::codes::meaning(product, code)).map(str::to_owned),
            code: group.code,
            process: group.process,
            source: group.source,
            line: group.line,
            example: group.example,
        }
    };
    errors.into_groups().into_iter().take(MOST_ROWS).map(row).collect()
}

fn coverage_rows(coverage: &[Coverage]) -> Vec<CoverageRow> {
    let mut rows: Vec<CoverageRow> = coverage
        .iter()
        .filter(|coverage| !matches!(coverage.dialect, Dialect::Unknown | Dialect::Mixed))
        .filter_map(|coverage| {
            let first = coverage.intervals.first()?;
            let last = coverage.intervals.iter().max_by_key(|interval| micros(interval.to))?;
            let gaps = coverage.intervals.windows(2).filter_map(|pair| match pair {
                [one, other] => Some(Gap { from: one.to.to_string(), to: other.from.to_string() }),
                _ => None,
            });
            Some(CoverageRow {
                host: coverage.host.clone(),
                dialect: coverage.dialect.name(),
                process: coverage.process.clone(),
                from: first.from.to_string(),
                to: last.to.to_string(),
                gaps: gaps.collect(),
            })
        })
        .collect();
    rows.sort_by(|one, other| {
        (&one.host, one.dialect, &one.process, &one.from, &one.to).cmp(&(
            &other.host,
            other.dialect,
            &other.process,
            &other.from,
            &other.to,
        ))
    });
    rows
}

fn facts(world: &World<'_>) -> Vec<FactRow> {
    let mut rows: IndexSet<FactRow> = IndexSet::new();
    let mut known: HashSet<FactRow> = HashSet::new();
    for fact in &world.facts {
        let source = world.path(fact.source);
        let row = fact_row(fact, if source.is_empty() { "settings" } else { source });
        // A listing repeats its epochs; one row per fact and source is enough.
        if known.insert(FactRow { line: None, ..row.clone() }) {
            rows.insert(row);
        }
    }
    rows.into_iter().collect()
}

/// What each source says about hosts, in words, in the order of the sources. A host is named where it is not the one
/// whose log the source is.
pub(super) fn said_by_source(world: &WorldParts) -> Vec<Vec<String>> {
    let mut said: Vec<IndexSet<String>> = vec![IndexSet::new(); world.sources.len()];
    for fact in &world.facts {
        let at = usize::try_from(fact.source.0).unwrap_or(usize::MAX);
        let (Some(source), Some(said)) = (world.sources.get(at), said.get_mut(at)) else { continue };
        let row = fact_row(fact, "");
        let words = match (row.says, row.product, row.version) {
            (Some(says), ..) => says,
            (None, Some(product), Some(version)) => format!("{product} {version}"),
            _ => continue,
        };
        said.insert(match &fact.host {
            Some(host) if fact.host != source.host => format!("{host}: {words}"),
            _ => words,
        });
    }
    said.into_iter().map(|said| said.into_iter().collect()).collect()
}

/// A fact as reports spell it.
pub(super) fn fact_row(fact: &Fact, source: &str) -> FactRow {
    let mut row = FactRow {
        host: fact.host.clone(),
        kind: "version",
        product: None,
        version: None,
        value: None,
        says: None,
        source: source.to_owned(),
        line: fact.line,
    };
    match &fact.kind {
        FactKind::Version { product, version } => {
            (row.product, row.version) = (Some(product.clone()), Some(version.clone()));
        }
        FactKind::SameMachine { one, other } => {
            (row.kind, row.says) = ("same-machine", Some(format!("{one} is {other}")));
        }
        FactKind::ZoneOffset { east } => {
            (row.kind, row.says) = ("zone", Some(format!("utc offset {}", offset_word(*east))));
        }
        FactKind::Role(role) => {
            (row.kind, row.value) = ("role", Some(role.name().to_owned()));
            row.says = row.value.clone();
        }
        FactKind::PlugIn { name, version } => {
            (row.kind, row.value, row.version) = ("plug-in", Some(name.clone()), version.clone());
            let version = version.as_deref().map_or_else(String::new, |version| format!(" {version}"));
            row.says = Some(format!("plug-in {name}{version}"));
        }
        FactKind::StorageServer { name, kind } => {
            (row.kind, row.value) = ("storage-server", Some(name.clone()));
            let kind = kind.as_deref().map_or_else(String::new, |kind| format!(" ({kind})"));
            row.says = Some(format!("uses storage server {name}{kind}"));
        }
        FactKind::Fix { id } => {
            (row.kind, row.value) = ("fix", Some(id.clone()));
            row.says = Some(format!("EEB {id} installed"));
        }
    }
    row
}
