//! The first failure of each job, apart from what followed from it.
//!
//! ```text
//! 07:28:09 Critical bpdm  (pid=4418)  image open failed: error 2060013: no more entries      <- the first
//! 07:28:10 Error bpduplicate (pid=31180) optimized duplication failed, media open error (83)
//! 07:28:11 Error bpduplicate (pid=31180) Status = no images were successfully processed      (191)
//! ```
//!
//! The status that a job ends with is what came of it, not where it began. Lines of job details stand out of order by
//! seconds, so that time decides where both have one, and position where not. A job of which only the last status is
//! known has no first failure here.

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use super::track::micros;
use crate::base::{Dialect, Record, Severity, Stamp};

/// Jobs of one source that are looked at; a bound.
const MOST_JOBS: usize = 1 << 17;

/// Job details print the name of a host where that of a process should be; only these are said to be one.
const PROCESSES: [&str; 32] = [
    "bpbkar",
    "bpbkar32",
    "bpbrm",
    "bptm",
    "bpdm",
    "bpduplicate",
    "bpfis",
    "bpdbm",
    "bprd",
    "bpcd",
    "bpverify",
    "bprestore",
    "bpimport",
    "bpsynth",
    "bphdb",
    "bpstsinfo",
    "nbjm",
    "nbpem",
    "nbrb",
    "nbemm",
    "nbgre",
    "nbstserv",
    "nbreplicate",
    "nbdelete",
    "ndmpagent",
    "dbclient",
    "tar",
    "tar32",
    "vnetd",
    "ascc",
    "spad",
    "spoold",
];

/// The first failures of the jobs of one source.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct FirstFailures {
    jobs: IndexMap<u32, Failure>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Failure {
    at: Option<i64>,
    code: String,
    process: Option<String>,
}

/// Of how many jobs a code was the first failure, and of which processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Firsts {
    pub(super) jobs: u64,
    pub(super) processes: IndexSet<String>,
}

impl FirstFailures {
    /// Looks at a record with its settled stamp.
    pub(super) fn see(&mut self, record: &Record<'_>, stamp: Stamp) {
        let is_detail = matches!(record.dialect, Dialect::NetbackupJob | Dialect::NetbackupTryLog);
        // What stands at the end of a job without a process is its status.
        if !is_detail || !record.head || record.severity < Severity::Error || record.process.is_none() {
            return;
        }
        let code = record.code.as_deref().or_else(|| plug_in_error(&record.body));
        let (Some(session), Some(code)) = (record.session, code) else { return };
        if code.bytes().all(|digit| digit == b'0') {
            return;
        }
        let at = micros(stamp);
        let failure = || Failure {
            at,
            code: code.to_owned(),
            process: record.process.as_deref().filter(|name| PROCESSES.contains(name)).map(str::to_owned),
        };
        let has_room = self.jobs.len() < MOST_JOBS;
        match self.jobs.get_mut(&session) {
            Some(first) if at.zip(first.at).is_some_and(|(at, first)| at < first) => *first = failure(),
            Some(_) => {}
            None if has_room => {
                self.jobs.insert(session, failure());
            }
            None => {}
        }
    }

    /// By code.
    pub(super) fn by_code(&self) -> IndexMap<&str, Firsts> {
        let mut codes: IndexMap<&str, Firsts> = IndexMap::new();
        for failure in self.jobs.values() {
            let firsts = codes.entry(&failure.code).or_default();
            firsts.jobs += 1;
            firsts.processes.extend(failure.process.clone());
        }
        codes
    }

    /// Adds those of the part that follows; a job that began before stays as it began.
    pub(super) fn join(&mut self, next: FirstFailures) {
        for (session, failure) in next.jobs {
            self.jobs.entry(session).or_insert(failure);
        }
    }
}

/// The error of a storage plug-in, which is no status: `image open failed: error 2060013: no more entries`,
/// `sts_close_handle failed: 2060017 system call failed`.
fn plug_in_error(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| {
        word.len() == 7 && word.starts_with("2060") && word.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn seen(lines: &[(u32, i64, &'static str, &'static str, Severity)]) -> FirstFailures {
        let mut failures = FirstFailures::default();
        for (session, second, process, code, severity) in lines {
            let mut record = Record::new(Dialect::NetbackupJob, "x");
            record.session = Some(*session);
            record.severity = *severity;
            record.process = (!process.is_empty()).then_some(Cow::Borrowed(*process));
            record.code = Some(Cow::Borrowed(code));
            failures.see(&record, Stamp::epoch(*second));
        }
        failures
    }

    /// ```text
    /// seconds   10 bpduplicate 83    9 bpdm 2060013    11 bpduplicate 82    the end: 191
    /// ```
    #[test]
    fn the_first_in_time_counts() {
        let failures = seen(&[
            (7, 10, "bpduplicate", "83", Severity::Error),
            (7, 9, "bpdm", "2060013", Severity::Critical),
            (7, 11, "bpduplicate", "82", Severity::Error),
            (7, 12, "", "191", Severity::Error),
            (8, 30, "bptm", "84", Severity::Error),
            (9, 40, "bptm", "84", Severity::Info),
            (9, 41, "bptm", "0", Severity::Error),
        ]);
        let codes = failures.by_code();
        assert_eq!(codes.keys().copied().collect::<Vec<_>>(), ["2060013", "84"]);
        assert_eq!((codes["2060013"].jobs, codes["84"].jobs), (1, 1));
        assert!(codes["2060013"].processes.contains("bpdm"));
        let host = seen(&[(7, 10, "q4harmed2", "84", Severity::Error)]);
        assert_eq!((host.by_code()["84"].jobs, host.by_code()["84"].processes.len()), (1, 0));
    }

    #[test]
    fn errors_of_plug_ins_count_though_they_are_no_status() {
        for (text, code) in [
            ("image open failed: error 2060013: no more entries", Some("2060013")),
            ("sts_close_handle failed: 2060017 system call failed", Some("2060017")),
            ("backup id med2_2060013000 read failed", None),
            ("cannot write image to disk, Invalid argument", None),
        ] {
            assert_eq!(plug_in_error(text), code, "{text}");
        }
    }

    #[test]
    fn parts_are_put_together() {
        let mut one = seen(&[(7, 10, "bpdm", "83", Severity::Error)]);
        one.join(seen(&[(7, 9, "bptm", "84", Severity::Error), (8, 9, "bptm", "84", Severity::Error)]));
        let codes = one.by_code();
        assert_eq!((codes["83"].jobs, codes["84"].jobs), (1, 1));
    }
}
