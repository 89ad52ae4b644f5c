//! Records on lanes, one per host and product: the timeline of one finding, and the one of all of them.

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::scale::{Cut, Room, Scale, Tick};
use crate::base::Dialect;
use crate::report::text::words;
use crate::report::timeline::{Entry, ZoneMark};

/// More lanes than this are no picture.
const MAX_LANES: usize = 32;
/// Height of the axis with two lines of labels.
const AXIS: i64 = 34;
/// Distance of marks, across and down.
const APART: i64 = 19;
const ROW: i64 = 20;
/// Rows in which the marks of a lane are stacked before they are counted.
const MAX_ROWS: usize = 5;

/// A page is read on a screen, on a phone and on paper: each gets a drawing of its own size, so that letters keep
/// theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// Names left of the lanes.
    Wide,
    /// Names above the lanes.
    Narrow,
}

impl Size {
    pub(super) fn class(self) -> &'static str {
        match self {
            Size::Wide => "wide",
            Size::Narrow => "narrow",
        }
    }

    pub(super) fn width(self) -> i64 {
        match self {
            Size::Wide => 960,
            Size::Narrow => 336,
        }
    }

    pub(super) fn names(self) -> i64 {
        match self {
            Size::Wide => 190,
            Size::Narrow => 0,
        }
    }

    pub(super) fn room(self, times: i64, least: i64) -> Room {
        let (piece, cut) = match self {
            Size::Wide => (92, 56),
            Size::Narrow => (88, 48),
        };
        Room { left: self.names(), width: self.width() - self.names(), piece, cut, times, least }
    }
}

/// A record to draw.
#[derive(Clone, Debug)]
pub(super) struct Dot<'r> {
    /// What it says when pointed at.
    pub(super) entry: &'r Entry<'r>,
    /// Number in the mark.
    pub(super) label: usize,
    /// Where it leads.
    pub(super) href: String,
    /// Does one mark stand for all of this number at one place?
    pub(super) is_merged: bool,
    /// Class: the level, or what it is to the object.
    pub(super) class: &'static str,
}

/// A drawing.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Chart {
    class: &'static str,
    width: i64,
    height: i64,
    axis: i64,
    lanes: Vec<Lane>,
    grounds: Vec<(i64, i64)>,
    ticks: Vec<Tick>,
    cuts: Vec<Cut>,
    lanes_left_out: usize,
}

#[derive(Clone, Debug, Serialize)]
struct Lane {
    host: String,
    product: String,
    /// Baseline of the name.
    name_y: i64,
    line_y: i64,
    marks: Vec<Mark>,
}

#[derive(Clone, Debug, Serialize)]
struct Mark {
    x: i64,
    y: i64,
    label: String,
    title: String,
    href: String,
    class: &'static str,
    /// The zone of its time is not known.
    is_floating: bool,
}

/// Draws records that carry a date; `None` where none does. `east`: what the axis shows, see [`axis_zone`].
pub(super) fn draw(dots: &[Dot<'_>], size: Size, east: i32) -> Option<Chart> {
    let mut dated: Vec<(i64, &Dot<'_>)> =
        dots.iter().filter_map(|dot| Some((dot.entry.point?.place(), dot))).collect();
    dated.sort_by_key(|(at, _)| *at);
    let scale = Scale::new(dated.iter().map(|(at, _)| (*at, *at)).collect(), size.room(4, 0))?;
    let mut by_lane: IndexMap<(String, String), Vec<(i64, &Dot<'_>)>> = IndexMap::new();
    for (at, dot) in dated {
        by_lane.entry(lane_name(dot.entry)).or_default().push((scale.x(at), dot));
    }
    let lanes_left_out = by_lane.len().saturating_sub(MAX_LANES);
    let mut y = AXIS + 10;
    let mut lanes = Vec::new();
    for ((host, product), dots) in by_lane.into_iter().take(MAX_LANES) {
        let name_y = if size == Size::Narrow { y + 10 } else { y + 13 };
        if size == Size::Narrow {
            y += 18;
        }
        let (marks, rows) = pack(dots, y + 12);
        let height = (rows * ROW + 6).max(if size == Size::Wide { 34 } else { 26 });
        lanes.push(Lane { host, product, name_y, line_y: y + height, marks });
        y += height + 4;
    }
    Some(Chart {
        class: size.class(),
        width: size.width(),
        height: y + 4,
        axis: AXIS,
        lanes,
        grounds: scale.grounds(),
        ticks: scale.ticks(east),
        cuts: scale.cuts(),
        lanes_left_out,
    })
}

/// How many lanes the dated records have.
pub(super) fn lanes(dots: &[Dot<'_>]) -> usize {
    let dated = dots.iter().filter(|dot| dot.entry.point.is_some());
    dated.map(|dot| lane_name(dot.entry)).collect::<IndexSet<_>>().len()
}

fn lane_name(entry: &Entry<'_>) -> (String, String) {
    let host = entry.host.unwrap_or("host not known").to_owned();
    let product = entry.dialect.and_then(Dialect::from_name).map_or("", Dialect::product);
    let product = if product == "unknown" { "" } else { words::product(product) };
    (host, product.to_owned())
}

/// Stacks marks that would hide each other; where the stack is full, the last mark counts the rest.
fn pack(dots: Vec<(i64, &Dot<'_>)>, top: i64) -> (Vec<Mark>, i64) {
    let mut ends: Vec<(i64, usize)> = Vec::new();
    let mut marks: Vec<Mark> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    for (x, dot) in dots {
        let label = dot.label.to_string();
        let same = |mark: &Mark| dot.is_merged && mark.label == label && x - mark.x < APART;
        if let Some((mark, count)) = marks.iter_mut().zip(&mut counts).rev().find(|(mark, _)| same(mark)) {
            *count += 1;
            mark.title = format!("{count} records about this time, the last {}", title(dot.entry));
            continue;
        }
        let free = ends.iter().position(|(end, _)| end + APART <= x);
        let row = match free {
            Some(row) => row,
            None if ends.len() < MAX_ROWS => {
                ends.push((0, 0));
                ends.len() - 1
            }
            None => {
                let last = ends.last().map_or(0, |(_, mark)| *mark);
                if let (Some(mark), Some(count)) = (marks.get_mut(last), counts.get_mut(last)) {
                    *count += 1;
                    mark.label = if *count < 100 { format!("+{count}") } else { "++".to_owned() };
                    mark.title =
                        format!("{} records about this time, among them {}", *count, title(dot.entry));
                    mark.class = "many";
                }
                continue;
            }
        };
        if let Some(end) = ends.get_mut(row) {
            *end = (x, marks.len());
        }
        counts.push(1);
        marks.push(Mark {
            x,
            y: top + i64::try_from(row).unwrap_or(0) * ROW,
            label,
            title: title(dot.entry),
            href: dot.href.clone(),
            class: dot.class,
            is_floating: matches!(dot.entry.mark, ZoneMark::Local(_)),
        });
    }
    (marks, i64::try_from(ends.len()).unwrap_or(1))
}

fn title(entry: &Entry<'_>) -> String {
    let time = entry.record.time.as_deref().map(words::time).unwrap_or_default();
    format!("{}, {time} ({}), {}", entry.record.event, entry.mark, crate::report::text::place(entry.record))
}

/// What the labels of the axis mean: the offset that they add, and the words for it.
pub(super) fn axis_zone<'e, 'r: 'e>(entries: impl Iterator<Item = &'e Entry<'r>>) -> (i32, &'static str) {
    let mut offsets: Vec<Option<i32>> = entries.filter_map(|entry| Some(entry.point?.east)).collect();
    offsets.sort_unstable();
    offsets.dedup();
    match offsets.as_slice() {
        [] => (0, ""),
        [None] => (0, "Axis: times as printed, their zone is not known."),
        [Some(0)] => (0, "Axis: UTC."),
        [Some(east)] => (*east, "Axis: times as printed, all of one known zone."),
        [None, ..] => (
            0,
            "Axis: UTC. Marks with a broken edge have no known zone and stand where their printed time would be in UTC.",
        ),
        _ => (0, "Axis: UTC."),
    }
}
