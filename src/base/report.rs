//! The report: one value that holds everything a scan has to say. Renderers only spell it.

use serde::Serialize;

use super::finding::Finding;
use super::notice::Notice;

/// Name and version of the JSON contract.
pub const SCHEMA: &str = "blogscan-report/1";

/// Everything a scan has to say.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// What wrote it.
    pub tool: Tool,
    /// The scan in numbers.
    pub scan: ScanSummary,
    /// Every source, by path.
    pub sources: Vec<SourceRow>,
    /// By level, impact, advisory, first time and object.
    pub findings: Vec<Finding>,
    /// Codes of error-level records, by product, then number of records, most first.
    pub codes: Vec<CodeRow>,
    /// Error records that no pattern knows, by wording; most frequent first. They are no findings.
    pub unknown_errors: Vec<UnknownErrorRow>,
    /// Which hours were read.
    pub coverage: Vec<CoverageRow>,
    /// What the logs say about hosts.
    pub facts: Vec<FactRow>,
    /// What could not be read, or only with reservations.
    pub notices: Vec<NoticeRow>,
    /// The earlier report that the findings were held against, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineRow>,
    /// Names were replaced by pseudonyms: the report says nothing about real hosts and objects.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
}

/// An earlier report.
#[derive(Clone, Debug, Serialize)]
pub struct BaselineRow {
    /// Number of its findings.
    pub findings: usize,
    /// Keys of those that this report does not have. That they are not seen does not mean that they are cured.
    pub not_seen: Vec<String>,
}

/// Error records of one wording that no pattern knows.
#[derive(Clone, Debug, Serialize)]
pub struct UnknownErrorRow {
    /// Product.
    pub product: String,
    /// Dialect name.
    pub dialect: &'static str,
    /// Program, where the records name one.
    pub process: Option<String>,
    /// The wording, with `<*>` where the records differ.
    pub template: String,
    /// Number of records.
    pub count: u64,
    /// First time.
    pub first: Option<String>,
    /// Last time.
    pub last: Option<String>,
    /// Code of the first record, as the product prints it.
    pub code: Option<String>,
    /// What the code means, where known.
    pub meaning: Option<String>,
    /// Path of the source of the first record.
    pub source: String,
    /// Its 1-based line; null in binary sources.
    pub line: Option<u64>,
    /// Its text, secrets masked, cut.
    pub example: String,
}

/// What wrote the report.
#[derive(Clone, Debug, Serialize)]
pub struct Tool {
    /// `blogscan`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The patterns it used.
    pub catalogue: CatalogueRow,
}

/// The patterns that a scan used.
#[derive(Clone, Debug, Serialize)]
pub struct CatalogueRow {
    /// Hash over the text of all loaded patterns.
    pub hash: String,
    /// Number of patterns.
    pub patterns: usize,
    /// Ids of patterns that are not built in.
    pub own: Vec<String>,
}

/// The scan in numbers.
#[derive(Clone, Debug, Serialize)]
pub struct ScanSummary {
    /// Paths as typed, sorted.
    pub inputs: Vec<String>,
    /// Number of sources.
    pub sources: usize,
    /// Decoded bytes.
    pub bytes: u64,
    /// Records with a head.
    pub records: u64,
    /// Text that fits no record head.
    pub headless: u64,
    /// False where something that was asked for was not read to its end.
    pub complete: bool,
}

/// One source.
#[derive(Clone, Debug, Serialize)]
pub struct SourceRow {
    /// Path that can be opened from where the command ran.
    pub path: String,
    /// Dialect name.
    pub dialect: &'static str,
    /// WHATWG encoding name, or `binary`.
    pub encoding: &'static str,
    /// Host whose log it is.
    pub host: Option<String>,
    /// Process whose log it is.
    pub process: Option<String>,
    /// Zone of its stamps.
    pub zone: Option<String>,
    /// Decoded bytes.
    pub bytes: u64,
    /// Records with a head.
    pub records: u64,
    /// Text that fits no record head.
    pub headless: u64,
    /// First time.
    pub from: Option<String>,
    /// Last time.
    pub to: Option<String>,
}

/// How often a code was seen.
#[derive(Clone, Debug, Serialize)]
pub struct CodeRow {
    /// Product.
    pub product: String,
    /// Code as the product prints it.
    pub code: String,
    /// Number of records.
    pub count: u64,
    /// What it means, where known.
    pub meaning: Option<String>,
    /// The jobs that began to fail with it, where job details were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_failure: Option<FirstFailureRow>,
}

/// Jobs whose first failure was one code; all later codes of these jobs follow from it.
#[derive(Clone, Debug, Serialize)]
pub struct FirstFailureRow {
    /// Number of jobs.
    pub jobs: u64,
    /// The processes that said so.
    pub processes: Vec<String>,
}

/// Which hours of one log were read.
#[derive(Clone, Debug, Serialize)]
pub struct CoverageRow {
    /// Host, where known.
    pub host: Option<String>,
    /// Dialect name.
    pub dialect: &'static str,
    /// Process, where known.
    pub process: Option<String>,
    /// First time.
    pub from: String,
    /// Last time.
    pub to: String,
    /// Holes in between.
    pub gaps: Vec<Gap>,
}

/// A stretch inside a log's reach for which there are no records though there should be.
#[derive(Clone, Debug, Serialize)]
pub struct Gap {
    /// Last time before it.
    pub from: String,
    /// First time after it.
    pub to: String,
}

/// What a log says about a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct FactRow {
    /// Host, where known.
    pub host: Option<String>,
    /// What kind of fact it is: `version`, `same-machine`, `zone`, `role`, `plug-in`, `storage-server`, `fix`.
    pub kind: &'static str,
    /// Product.
    pub product: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// What a role, plug-in, storage server or correction is called, by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// A fact of another kind than a version, in words (`utc offset -05:00`, `vm1 is srv1`, `media server`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// Path of the source.
    pub source: String,
    /// 1-based line; null in binary sources.
    pub line: Option<u64>,
}

/// A notice as the report spells it.
#[derive(Clone, Debug, Serialize)]
pub struct NoticeRow {
    /// Name of the code.
    pub code: &'static str,
    /// Path of the source.
    pub source: Option<String>,
    /// 1-based line.
    pub line: Option<u64>,
    /// The particulars.
    pub detail: String,
}

impl From<Notice> for NoticeRow {
    fn from(notice: Notice) -> NoticeRow {
        NoticeRow {
            code: notice.code.name(),
            source: notice.source,
            line: notice.line,
            detail: notice.detail,
        }
    }
}
