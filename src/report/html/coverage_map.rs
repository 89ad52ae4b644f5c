//! The coverage map: which hours of which logs were read, host by host, with the holes; and when the findings were.

use serde::Serialize;

use super::chart::Size;
use super::scale::{Cut, Scale, Tick};
use crate::base::Report;
use crate::base::report::CoverageRow;
use crate::base::stamp::HOUR;
use crate::report::text::{length, words};
use crate::report::timeline::Point;

/// Rows drawn; the table below holds more.
const MAX_ROWS: usize = 48;
/// Rows of the table.
const MAX_LISTED: usize = 1000;
/// Height of the axis and of a row, with a name beside the bar or above it.
const AXIS: i64 = 34;
const WIDE_ROW: i64 = 20;
const NARROW_ROW: i64 = 30;
/// A bar of seconds in a year would not be seen.
const THINNEST: i64 = 3;

/// The map and its table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CoverageMap {
    pub(super) drawings: Vec<Drawing>,
    pub(super) rows: Vec<Listed>,
    pub(super) left_out: usize,
    pub(super) not_listed: usize,
    pub(super) gaps: usize,
    pub(super) note: &'static str,
}

/// A row of the table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Listed {
    host: String,
    log: String,
    from: String,
    to: String,
    length: String,
    gaps: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Drawing {
    class: &'static str,
    width: i64,
    height: i64,
    axis: i64,
    left: i64,
    heads: Vec<Head>,
    rows: Vec<Row>,
    grounds: Vec<(i64, i64)>,
    ticks: Vec<Tick>,
    cuts: Vec<Cut>,
    /// When findings have their evidence.
    findings: Vec<i64>,
}

#[derive(Clone, Debug, Serialize)]
struct Head {
    host: String,
    y: i64,
}

#[derive(Clone, Debug, Serialize)]
struct Row {
    log: String,
    name_y: i64,
    y: i64,
    title: String,
    bars: Vec<(i64, i64)>,
    gaps: Vec<(i64, i64, String)>,
}

/// A row with its stretches in microseconds.
struct Read<'r> {
    row: &'r CoverageRow,
    from: i64,
    to: i64,
    gaps: Vec<(i64, i64)>,
}

/// The map of a report; `None` where no log covers anything.
pub(super) fn coverage_map(report: &Report, times: &[i64]) -> Option<CoverageMap> {
    let rows: Vec<Read<'_>> = report.coverage.iter().filter_map(read).collect();
    if report.coverage.is_empty() {
        return None;
    }
    let is_known = |known: bool| {
        report.coverage.iter().any(|row| Point::read(&row.from).is_some_and(|at| at.east.is_some() == known))
    };
    let note = match (is_known(true), is_known(false)) {
        (true, true) => {
            "Axis: UTC. Logs of unknown zone stand where their printed times would be in UTC: against the others they \
             may be off by their offset."
        }
        (true, false) => "Axis: UTC.",
        _ => "Axis: times as printed; the logs do not tell their zone.",
    };
    Some(CoverageMap {
        drawings: [Size::Wide, Size::Narrow]
            .into_iter()
            .filter_map(|size| draw(&rows, times, size))
            .collect(),
        rows: report.coverage.iter().take(MAX_LISTED).map(listed).collect(),
        left_out: rows.len().saturating_sub(MAX_ROWS),
        not_listed: report.coverage.len().saturating_sub(MAX_LISTED),
        gaps: report.coverage.iter().map(|row| row.gaps.len()).sum(),
        note,
    })
}

fn read(row: &CoverageRow) -> Option<Read<'_>> {
    let place = |text: &str| Point::read(text).map(Point::place);
    let gaps = row.gaps.iter().filter_map(|gap| Some((place(&gap.from)?, place(&gap.to)?))).collect();
    let (from, to) = (place(&row.from)?, place(&row.to)?);
    Some(Read { row, from, to: to.max(from), gaps })
}

fn log_name(row: &CoverageRow) -> String {
    match &row.process {
        Some(process) => format!("{} {process}", row.dialect),
        None => row.dialect.to_owned(),
    }
}

fn host_name(row: &CoverageRow) -> String {
    row.host.clone().unwrap_or_else(|| "host not known".to_owned())
}

fn listed(row: &CoverageRow) -> Listed {
    Listed {
        host: host_name(row),
        log: log_name(row),
        from: words::time(&row.from),
        to: words::time(&row.to),
        length: words::duration(&row.from, &row.to).unwrap_or_default(),
        gaps: row.gaps.iter().map(|gap| words::time_range(&gap.from, &gap.to)).collect(),
    }
}

fn draw(rows: &[Read<'_>], times: &[i64], size: Size) -> Option<Drawing> {
    let rows = rows.get(..MAX_ROWS.min(rows.len()))?;
    let mut room = size.room(0, 24 * HOUR);
    // The name stands left of the bar, or above it.
    let names = if size == Size::Wide { 250 } else { 0 };
    room.width -= names - room.left;
    room.left = names;
    // A hole is part of what is shown; what lies outside of all logs may be cut out.
    let scale = Scale::new(rows.iter().map(|row| (row.from, row.to)).collect(), room)?;
    let (mut y, mut host) = (AXIS + 6, None);
    let (mut heads, mut drawn) = (Vec::new(), Vec::new());
    for row in rows {
        let name = host_name(row.row);
        if host.as_ref() != Some(&name) {
            y += 6;
            heads.push(Head { host: name.clone(), y: y + 12 });
            host = Some(name);
            y += 18;
        }
        let (name_y, bar_y) = if size == Size::Wide { (y + 13, y + 4) } else { (y + 11, y + 15) };
        drawn.push(draw_row(row, &scale, name_y, bar_y));
        y += if size == Size::Wide { WIDE_ROW } else { NARROW_ROW };
    }
    let shown = |at: &&i64| rows.iter().any(|row| row.from <= **at && **at <= row.to);
    let mut findings: Vec<i64> = times.iter().filter(shown).map(|at| scale.x(*at)).collect();
    findings.sort_unstable();
    findings.dedup();
    Some(Drawing {
        class: size.class(),
        width: size.width(),
        height: y + 6,
        axis: AXIS,
        left: names,
        heads,
        rows: drawn,
        grounds: scale.grounds(),
        ticks: scale.ticks(0),
        cuts: scale.cuts(),
        findings,
    })
}

fn draw_row(row: &Read<'_>, scale: &Scale, name_y: i64, y: i64) -> Row {
    let thick = |(from, to): (i64, i64)| (from, (to - from).max(THINNEST));
    let range = words::time_range(&row.row.from, &row.row.to);
    let gaps = row.gaps.iter().flat_map(|(from, to)| {
        let words = format!("gap of {}", length(to - from).unwrap_or_default());
        scale.bars(*from, *to).into_iter().map(thick).map(move |(x, width)| (x, width, words.clone()))
    });
    // What was read between the holes is drawn over them: a log of seconds beside a hole of days must stay visible.
    let mut bars = Vec::new();
    let mut from = row.from;
    for (hole, next) in &row.gaps {
        bars.extend(scale.bars(from, *hole).into_iter().map(thick));
        from = *next;
    }
    bars.extend(scale.bars(from, row.to).into_iter().map(thick));
    Row {
        log: log_name(row.row),
        name_y,
        y,
        title: format!("{}: {range}", log_name(row.row)),
        bars,
        gaps: gaps.collect(),
    }
}
