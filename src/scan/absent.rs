//! Logs that are not there though others of their kind are: a daemon writes its debug log only once somebody made its
//! folder, and a failure that only that log shows goes unseen. Which ones would matter, the patterns tell.

use std::collections::{BTreeMap, BTreeSet};

use super::Options;
use crate::base::{Coverage, Dialect, Notice, NoticeCode};
use crate::pattern::Catalogue;

/// Dialects in which each process writes a log of its own, in a folder that has to be made first.
const BY_FOLDER: [Dialect; 1] = [Dialect::NetbackupLegacy];

/// One notice per host and dialect.
pub(super) fn notices(coverage: &[Coverage], options: &Options, catalogue: &Catalogue) -> Vec<Notice> {
    let mut notices = Vec::new();
    for dialect in BY_FOLDER {
        let wanted = wanted(dialect, options, catalogue);
        let mut read: BTreeMap<Option<&str>, BTreeSet<String>> = BTreeMap::new();
        for coverage in coverage.iter().filter(|coverage| coverage.dialect == dialect) {
            if let Some(process) = &coverage.process {
                read.entry(coverage.host.as_deref()).or_default().insert(process.to_lowercase());
            }
        }
        for (host, read) in read {
            let absent: Vec<&str> =
                wanted.iter().filter(|process| !read.contains(*process)).map(String::as_str).collect();
            if absent.is_empty() {
                continue;
            }
            let there: Vec<&str> = read.iter().map(String::as_str).collect();
            let detail = format!(
                "{} of {}: {} was read, {} is not there",
                dialect.name(),
                host.unwrap_or("a host that is not named"),
                there.join(", "),
                absent.join(", ")
            );
            notices.push(Notice { code: NoticeCode::LogAbsent, source: None, line: None, detail });
        }
    }
    notices
}

/// Processes in whose logs the patterns look for something.
fn wanted(dialect: Dialect, options: &Options, catalogue: &Catalogue) -> BTreeSet<String> {
    catalogue
        .patterns
        .iter()
        .filter(|pattern| options.wants(pattern))
        .flat_map(|pattern| pattern.events.values())
        .filter_map(|kind| catalogue.event(*kind))
        .filter(|def| def.dialects.contains(&dialect))
        .flat_map(|def| def.processes.iter().map(|process| process.to_lowercase()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SourceId, StreamId};

    fn log(host: &str, process: &str) -> Coverage {
        Coverage {
            source: SourceId(0),
            stream: StreamId(0),
            dialect: Dialect::NetbackupLegacy,
            host: Some(host.to_owned()),
            process: Some(process.to_owned()),
            intervals: Vec::new(),
        }
    }

    #[test]
    fn a_daemon_without_a_folder_is_named_where_others_have_one() {
        let catalogue = Catalogue::embedded();
        let options = Options { only: vec!["TECH69597".to_owned()], ..Options::default() };
        assert!(notices(&[log("orkney2", "bpdm")], &options, &catalogue).is_empty());
        let told = notices(&[log("orkney2", "bptm")], &options, &catalogue);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].detail, "netbackup.legacy of orkney2: bptm was read, bpdm is not there");
        assert!(notices(&[], &options, &catalogue).is_empty());
    }
}
