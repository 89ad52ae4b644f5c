//! Notices: what could not be read, or was read with reservations. The scan goes on; the exit status remembers.

use serde::Serialize;

macro_rules! notice_codes {
    ($($variant:ident = $name:literal, trouble: $trouble:literal, $doc:literal;)+) => {
        /// What a notice is about. A closed list; names never change meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum NoticeCode { $(#[doc = $doc] $variant,)+ }

        impl NoticeCode {
            /// Every code.
            pub const ALL: &'static [NoticeCode] = &[$(NoticeCode::$variant,)+];

            /// The name used in reports.
            pub fn name(self) -> &'static str {
                match self { $(NoticeCode::$variant => $name,)+ }
            }

            /// The code of this exact name.
            pub fn from_name(name: &str) -> Option<NoticeCode> {
                NoticeCode::ALL.iter().copied().find(|code| code.name() == name)
            }

            /// What it means, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(NoticeCode::$variant => $doc,)+ }
            }

            /// Does it mean that bytes which were asked for were not read (exit status 2)?
            pub fn is_trouble(self) -> bool {
                match self { $(NoticeCode::$variant => $trouble,)+ }
            }
        }
    };
}

notice_codes! {
    NotFound = "not-found", trouble: true, "A path named on the command line does not exist.";
    NoPermission = "no-permission", trouble: true, "A source may not be read by this user.";
    ReadFailed = "read-failed", trouble: true, "Reading a source failed before its end.";
    NotAFile = "not-a-file", trouble: true, "A path named on the command line is a device, a pipe or a socket.";
    SpecialSkipped = "special-skipped", trouble: false, "A device, pipe or socket met while walking a folder was skipped.";
    LinkSkipped = "link-skipped", trouble: false, "A link was not followed: it leads to a place that is read already or to nothing.";
    LeftOut = "left-out", trouble: false, "Sources were left out as the options or an ignore file ask.";
    BadContainer = "bad-container", trouble: true, "A compressed source is broken or ends too early.";
    PasswordNeeded = "password-needed", trouble: true, "An archive member is encrypted.";
    LimitHit = "limit-hit", trouble: true, "A bound of the scan was reached; the rest of the source was not read.";
    Interrupted = "interrupted", trouble: true, "The scan was interrupted.";
    NothingRecognised = "nothing-recognised", trouble: true, "No source in a known log dialect was found.";
    UnknownDialect = "unknown-dialect", trouble: false, "A source is in no known log dialect and was not judged.";
    Empty = "empty", trouble: false, "A source is empty.";
    LongLine = "long-line", trouble: false, "A line longer than the bound was cut into pieces.";
    LongRecord = "long-record", trouble: false, "A record longer than the bound was cut.";
    BadEncoding = "bad-encoding", trouble: false, "Bytes that fit no encoding were kept as Windows-1252 characters.";
    DamagedRecord = "damaged-record", trouble: false, "A record is damaged and was read as far as possible.";
    TimeOutOfRange = "time-out-of-range", trouble: false, "A time stamp is impossible.";
    DateOrderAssumed = "date-order-assumed", trouble: false, "Nothing in the source tells day from month.";
    DateOrderConflict = "date-order-conflict", trouble: false, "A source shows both day-first and month-first dates.";
    OpenEnd = "open-end", trouble: false, "The log ends before the time in which the failure would show.";
    Hole = "hole", trouble: false, "The log has a hole in the time in which the failure would show.";
    LogAbsent = "log-absent", trouble: false, "Of a host whose logs were read, a log is not there that would show known failures.";
    SilenceOver = "silence-over", trouble: false, "A silence of the settings has ended; what it covered is reported again.";
    SilenceUnused = "silence-unused", trouble: false, "A silence of the settings covers no finding.";
    ManyEvents = "many-events", trouble: true, "More events matched than the bound allows; absence proves nothing any more.";
    ManyFindings = "many-findings", trouble: false, "An advisory has more findings than are shown each; the rest are counted.";
    PatternProblem = "pattern-problem", trouble: true, "A pattern file has faults and was not used.";
    VersionUnplaced = "version-unplaced", trouble: false, "A version was read but no log tells which host it belongs to.";
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub code: NoticeCode,
    /// Path of the source, where it concerns one.
    pub source: Option<String>,
    /// 1-based line, where it concerns one.
    pub line: Option<u64>,
    /// The particulars.
    pub detail: String,
}

impl Serialize for NoticeCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_kebab_case() {
        let mut names: Vec<_> = NoticeCode::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    }
}
