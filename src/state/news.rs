//! What of tonight's report is news, beside what was told before.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::base::{Finding, Level};

/// What makes something worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// A finding that was never told.
    New,
    /// A finding that is surer than when it was told.
    Risen,
    /// A finding whose acknowledgement is over and that is still there.
    Again,
    /// A finding that was told and did no harm, as is known by now.
    Cleared,
    /// A path that could not be read to its end, and could before.
    Unread,
    /// An error that no pattern knows, in words that no log showed before.
    Error,
}

/// One piece of news, as it is kept until it is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What makes it news.
    pub kind: ItemKind,
    /// Key of the finding; path or code of anything else.
    pub key: String,
    /// How sure the finding is now.
    pub level: Option<Level>,
    /// How sure it was when it was told.
    pub was: Option<Level>,
}

/// A finding of this night or of earlier ones, as the state keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFinding {
    /// Stable handle.
    pub key: String,
    /// Id of the pattern.
    pub advisory: String,
    /// One line for people.
    pub title: String,
    /// Host, where known.
    pub host: Option<String>,
    /// Values of the object, in words.
    pub about: String,
    /// How sure it was the last time it was seen.
    pub level: Level,
    /// The first day it was seen.
    pub first_seen: NaiveDate,
    /// The last day it was seen.
    pub last_seen: NaiveDate,
    /// How sure it was when it was told last, and on which day.
    pub reported: Option<(Level, NaiveDate)>,
}

/// Somebody knows of a finding and does not want to be told again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Its number.
    pub id: i64,
    /// Id of the pattern.
    pub advisory: String,
    /// Key of the finding or a value of its object; `None`: every object.
    pub object: Option<String>,
    /// The last day on which it holds.
    pub until: NaiveDate,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub made: NaiveDate,
}

impl Acknowledgement {
    /// Is this finding meant, whatever the day?
    pub fn covers(&self, finding: &Finding) -> bool {
        self.advisory.eq_ignore_ascii_case(&finding.advisory)
            && self.object.as_deref().is_none_or(|object| {
                finding.key == object
                    || finding.about.iter().any(|(key, value)| {
                        value.eq_ignore_ascii_case(object) || object == format!("{key}={value}")
                    })
            })
    }
}
