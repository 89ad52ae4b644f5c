//! Logs that are not there though others of their kind are: a daemon writes its debug log only once somebody made its
//! folder, and a failure that only that log shows goes unseen. Which ones would matter, the patterns tell.

use std::collections::{BTreeMap, BTreeSet};

use super::Options;
use crate::base::{Coverage, Dialect, Notice, NoticeCode};
use crate::pattern::Catalogue;

/// Dialects in which each process writes a log of its own, in a folder that has to be made first.
const BY_FOLDER: [Dialect; 1] = [Dialect::NetbackupLegacy];

/// Processes that run on a client of NetBackup; the others run on its servers. Whose logs were given is one or the
/// other: nobody misses the log of a client among those of a media server.
const OF_CLIENTS: [&str; 4] = ["bpbkar", "bpbkar32", "bpfis", "tar32"];

/// One notice per dialect and host that is named: of a single log that was mailed nobody expects the others.
pub(super) fn notices(coverage: &[Coverage], options: &Options, catalogue: &Catalogue) -> Vec<Notice> {
    let mut notices = Vec::new();
    for dialect in BY_FOLDER {
        let mut read: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for coverage in coverage.iter().filter(|coverage| coverage.dialect == dialect) {
            if let (Some(process), Some(host)) = (&coverage.process, coverage.host.as_deref()) {
                read.entry(host).or_default().insert(process.to_lowercase());
            }
        }
        if read.is_empty() {
            continue;
        }
        let wanted = wanted(dialect, options, catalogue);
        for (host, read) in read {
            let of_client = |process: &str| OF_CLIENTS.contains(&process);
            let same_side = |process: &str| read.iter().any(|there| of_client(there) == of_client(process));
            // On Windows bpbkar32 writes what bpbkar writes elsewhere.
            let is_there = |process: &str| read.iter().any(|there| base(there) == base(process));
            let absent: Vec<&str> = wanted
                .iter()
                .map(String::as_str)
                .filter(|process| !is_there(process) && same_side(process))
                .collect();
            if absent.is_empty() {
                continue;
            }
            let there: Vec<&str> = read.iter().map(String::as_str).collect();
            let detail = format!(
                "{} of {}: {} was read, {} is not there",
                dialect.name(),
                host,
                there.join(", "),
                absent.join(", ")
            );
            notices.push(Notice { code: NoticeCode::LogAbsent, source: None, line: None, detail });
        }
    }
    notices
}

fn base(process: &str) -> &str {
    process.strip_suffix("32").unwrap_or(process)
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

    #[test]
    fn a_log_alone_a_client_and_the_windows_name_are_not_missed() {
        let catalogue = Catalogue::embedded();
        let all = Options::default();
        let alone = Coverage { host: None, ..log("", "bpdm") };
        assert!(notices(&[alone], &all, &catalogue).is_empty());
        assert!(notices(&[log("orkney2", "bpdm"), log("orkney2", "bptm")], &all, &catalogue).is_empty());
        assert!(notices(&[log("wren", "bpbkar32")], &all, &catalogue).is_empty());
    }

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
