//! The report for a person: the answer in the first ten lines, then the proof of each finding, then what was read.
//!
//! ```text
//! DATA LOSS CONFIRMED  nbutest03_1236281108, copy 1, fragment 3  (TECH69597)
//!
//! Findings    1 confirmed, 1 exposed
//! Read        4 sources of 1 host, 2,345 records, 26 h of log between 2009-03-05 14:55 and 2009-03-06 04:00
//! ```
//!
//! It decides nothing: order and levels are those of the report. "Nothing found" is only said of what was read,
//! and what was not read stands above the answer.

use super::timeline::Cases;
use crate::base::{Finding, Level, Report};

mod case;
mod excerpt;
mod finding;
mod head;
mod page;
mod prose;
mod tail;
pub(super) mod words;

pub(super) use case::length;
pub(super) use excerpt::{excerpt, telling};
pub(super) use finding::{further_to_collect, news_words, place, time_words};
pub(super) use head::{
    hours_read, is_data_loss, is_trouble, missing, objects_in_short, products, scope, span, trouble_words,
};
pub(super) use page::{ALARM, BOLD, DIM, PLACE, PLAIN, Page, Rich, WARN};
pub(super) use prose::{Block, blocks, inline, prose};
pub(super) use words::{count, headline, impact as impact_words, minute, object, sureness, time, time_range};

/// How the report is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Cells in a line.
    pub width: usize,
    /// Painted?
    pub is_colored: bool,
    /// Findings below this level are only counted.
    pub min_level: Level,
    /// How many findings the report lost because their time lies outside the range asked for: what is left must
    /// not read as if they had not been there.
    pub outside: usize,
    /// Records of a finding in one order of time, each with its clock, instead of in the order of the steps.
    pub is_timeline: bool,
}

impl Default for Look {
    fn default() -> Look {
        Look { width: 80, is_colored: false, min_level: Level::Exposed, outside: 0, is_timeline: false }
    }
}

/// The findings of a report, sorted by how they are told.
pub(super) struct Sorted<'r> {
    /// Told one by one, in the report's order.
    pub(super) told: Vec<&'r Finding>,
    /// One line each.
    pub(super) exposed: Vec<&'r Finding>,
    /// One line each, with the reason.
    pub(super) silenced: Vec<&'r Finding>,
    /// Counted only.
    pub(super) cleared: usize,
    /// Counted only: below the lowest level asked for.
    pub(super) below: usize,
}

impl<'r> Sorted<'r> {
    pub(super) fn new(findings: &'r [Finding], min_level: Level) -> Sorted<'r> {
        let mut sorted =
            Sorted { told: Vec::new(), exposed: Vec::new(), silenced: Vec::new(), cleared: 0, below: 0 };
        for finding in findings {
            match finding.level {
                _ if finding.silenced.is_some() => sorted.silenced.push(finding),
                Level::Cleared if min_level > Level::Cleared => sorted.cleared += 1,
                level if level < min_level => sorted.below += 1,
                Level::Exposed => sorted.exposed.push(finding),
                _ => sorted.told.push(finding),
            }
        }
        sorted
    }
}

/// The report as text.
pub fn render(report: &Report, look: Look) -> String {
    let mut page = Page::new(look.width, look.is_colored);
    let sorted = Sorted::new(&report.findings, look.min_level);
    head::write(&mut page, report, &sorted, look);
    let cases = look.is_timeline.then(|| Cases::of(report));
    finding::write_all(&mut page, &sorted, look.min_level, cases.as_ref());
    tail::write(&mut page, report);
    page.finish()
}
