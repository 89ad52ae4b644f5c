//! A report in one line, for subjects and headings: how much of what, what is new, on which host.

use indexmap::IndexMap;

use super::escape::visible;
use crate::base::name::fold;
use crate::base::{Dialect, Finding, Impact, Level, News, Report};

/// Groups of level and impact that are said; what else there is is counted.
const MAX_GROUPS: usize = 2;
/// A host's name is cut here: a subject that is all host says nothing.
const MAX_HOST: usize = 60;

/// `1 confirmed data loss, 2 new on nbu-master01`. One line of harmless text, at most a few dozen words.
pub fn one_line(report: &Report) -> String {
    let line = if report.sources.iter().all(|source| source.dialect == Dialect::Unknown.name()) {
        "nothing was judged".to_owned()
    } else {
        found(report)
    };
    if report.scan.complete { line } else { format!("scan not complete, {line}") }
}

/// The findings that a person is told about: not silenced, nothing that was cleared.
pub(super) fn open(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| finding.silenced.is_none() && finding.level > Level::Cleared)
}

/// Number of open findings that stand so against the earlier report.
pub(super) fn news(report: &Report, news: News) -> usize {
    open(report).filter(|finding| finding.news == Some(news)).count()
}

fn found(report: &Report) -> String {
    let mut groups: IndexMap<(Level, Impact), usize> = IndexMap::new();
    for finding in open(report) {
        *groups.entry((finding.level, finding.impact)).or_default() += 1;
    }
    if groups.is_empty() {
        return "no known failure found".to_owned();
    }
    groups.sort_by(|(level, impact), _, (other, other_impact), _| {
        (std::cmp::Reverse(*level), impact).cmp(&(std::cmp::Reverse(*other), other_impact))
    });
    let mut parts: Vec<String> = groups
        .iter()
        .take(MAX_GROUPS)
        .map(|((level, impact), number)| counted(*number, *level, *impact))
        .collect();
    let rest: usize = groups.values().skip(MAX_GROUPS).sum();
    if rest > 0 {
        parts.push(format!("{rest} more"));
    }
    for state in [News::New, News::Risen] {
        match news(report, state) {
            0 => {}
            number => parts.push(format!("{number} {}", state.name())),
        }
    }
    format!("{}{}", parts.join(", "), place(report))
}

fn counted(number: usize, level: Level, impact: Impact) -> String {
    let (one, many) = match impact {
        Impact::DataLoss => ("data loss", "data losses"),
        Impact::RestoreFailure => ("restore failure", "restore failures"),
        Impact::Outage => ("outage", "outages"),
        Impact::BackupFailure => ("backup failure", "backup failures"),
        Impact::Degraded => ("degradation", "degradations"),
    };
    if level == Level::Exposed {
        return format!("{number} exposed to {one}");
    }
    format!("{number} {} {}", level.name(), if number == 1 { one } else { many })
}

/// ` on nbu-master01`, ` on 3 hosts`, or nothing where no host is known.
fn place(report: &Report) -> String {
    let mut hosts: IndexMap<String, &str> = IndexMap::new();
    for host in open(report).filter_map(|finding| finding.host.as_deref()) {
        hosts.entry(fold(host)).or_insert(host);
    }
    match (hosts.len(), hosts.values().next()) {
        (1, Some(host)) => {
            let host = visible(host);
            let cut = host.floor_char_boundary(MAX_HOST);
            let end = if cut < host.len() { "..." } else { "" };
            format!(" on {}{end}", host.get(..cut).unwrap_or(""))
        }
        (0, _) | (_, None) => String::new(),
        (number, _) => format!(" on {number} hosts"),
    }
}
