//! Findings: which known failure happened to which object, how sure that is, and why.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// How sure a finding is. The order of the variants is their strength as a *finding* (`cleared` last).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The failure's beginning is there and so is the proof that it did no harm.
    Cleared,
    /// Nothing happened yet; version and configuration are affected.
    Exposed,
    /// Only the after-effects are there.
    Suspected,
    /// The decisive step is there, a supporting one is missing or can't be checked.
    Likely,
    /// Every step is in the logs, joined on the same objects, in order.
    Confirmed,
}

impl Level {
    /// Every level, strongest first.
    pub const ALL: [Level; 5] =
        [Level::Confirmed, Level::Likely, Level::Suspected, Level::Exposed, Level::Cleared];

    /// The word used everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Level::Cleared => "cleared",
            Level::Exposed => "exposed",
            Level::Suspected => "suspected",
            Level::Likely => "likely",
            Level::Confirmed => "confirmed",
        }
    }

    /// The level of this word.
    pub fn from_name(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }

    /// Strength within one anchor, where `cleared` beats `suspected` and `exposed`.
    pub fn strength_at_anchor(self) -> u8 {
        match self {
            Level::Confirmed => 4,
            Level::Likely => 3,
            Level::Cleared => 2,
            Level::Suspected => 1,
            Level::Exposed => 0,
        }
    }

    /// One level down for something not known: `suspected` is the floor of a verdict with steps.
    pub fn lowered(self) -> Level {
        match self {
            Level::Confirmed => Level::Likely,
            Level::Likely | Level::Suspected => Level::Suspected,
            other => other,
        }
    }
}

/// What the failure does, worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Backed up data is gone or wrong without a message.
    DataLoss,
    /// A restore fails.
    RestoreFailure,
    /// The protected machine suffers.
    Outage,
    /// A backup fails.
    BackupFailure,
    /// It works, but slowly, wastefully or with a wrong report.
    #[default]
    Degraded,
}

impl Impact {
    /// Every impact, worst first.
    pub const ALL: [Impact; 5] =
        [Impact::DataLoss, Impact::RestoreFailure, Impact::Outage, Impact::BackupFailure, Impact::Degraded];

    /// The word used everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Impact::DataLoss => "data-loss",
            Impact::RestoreFailure => "restore-failure",
            Impact::Outage => "outage",
            Impact::BackupFailure => "backup-failure",
            Impact::Degraded => "degraded",
        }
    }

    /// The impact of this word.
    pub fn from_name(name: &str) -> Option<Impact> {
        Impact::ALL.into_iter().find(|impact| impact.name() == name)
    }
}

/// Does a condition of the advisory hold?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionState {
    /// Shown by the logs.
    Met,
    /// Contradicted by logs that reach over the time in question.
    Unmet,
    /// Not shown either way.
    Unknown,
}

/// One row of the advisory's own "is it this one?" list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Name from the pattern.
    pub name: String,
    /// Does it hold?
    pub state: ConditionState,
    /// Indices into the finding's evidence that show it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<usize>,
    /// Which log would tell, of which host, for which time; always there when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collect: Option<String>,
}

/// One record that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Name of the event in the pattern.
    pub event: String,
    /// Path of the source.
    pub source: String,
    /// 1-based first line of the record; null in binary sources.
    pub line: Option<u64>,
    /// Record number, in sources that count their records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// Time as the log tells it.
    pub time: Option<String>,
    /// Host, where known.
    pub host: Option<String>,
    /// Named values.
    pub fields: IndexMap<String, String>,
    /// The record as read, secrets masked, cut at 4 KiB.
    pub text: String,
}

/// Objects to put on a work list, beside the finding's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object {
    /// What it is to the finding: `affected`, `suspect-restore-points`, `good-restore-points`.
    pub role: String,
    /// Its keys and values.
    pub values: IndexMap<String, String>,
    /// Indices into the evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<usize>,
}

/// How a finding stands against an earlier report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum News {
    /// The earlier report did not have it.
    New,
    /// The earlier report had it at a lower level.
    Risen,
    /// The earlier report had it at this level or a higher one.
    Known,
}

impl News {
    /// Every state.
    pub const ALL: [News; 3] = [News::New, News::Risen, News::Known];

    /// The word used everywhere.
    pub fn name(self) -> &'static str {
        match self {
            News::New => "new",
            News::Risen => "risen",
            News::Known => "known",
        }
    }
}

/// One known failure that hit one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Id of the pattern.
    pub advisory: String,
    /// How sure.
    pub level: Level,
    /// What it does.
    pub impact: Impact,
    /// One line for people.
    pub title: String,
    /// The advisory.
    pub url: String,
    /// Stable handle: advisory and object.
    pub key: String,
    /// Host of the decisive record, where known.
    pub host: Option<String>,
    /// The object.
    pub about: IndexMap<String, String>,
    /// Earliest time of the evidence over all occurrences.
    pub first: Option<String>,
    /// Latest time of the evidence over all occurrences.
    pub last: Option<String>,
    /// Further occurrences at the same level.
    pub repeats: u64,
    /// The advisory's conditions.
    pub conditions: Vec<Condition>,
    /// The records it rests on, in step order, then supports.
    pub evidence: Vec<Evidence>,
    /// Work list.
    pub objects: Vec<Object>,
    /// What is not certain, in sentences.
    pub doubts: Vec<String>,
    /// What to collect next, most useful first.
    pub collect: Vec<String>,
    /// What to do now.
    pub workaround: String,
    /// What cures it.
    pub fix: String,
    /// Documents.
    pub references: Vec<String>,
    /// Reason of the silence that covers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silenced: Option<String>,
    /// How it stands against an earlier report, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub news: Option<News>,
    /// Its level in the earlier report, where that had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<Level>,
}
