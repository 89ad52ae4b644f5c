//! Holds a report against an earlier one: what is new, what has risen, what is no longer seen.
//!
//! Findings are the same where their keys are. Case is folded, because the spelling of a host may change with the
//! log that names it first.

use std::collections::HashMap;
use std::collections::HashSet;

use serde::Deserialize;
use thiserror::Error;

use crate::base::report::{BaselineRow, SCHEMA};
use crate::base::{Level, News, Report};

/// The findings of an earlier report.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// Key as written and level, in the order of the report.
    findings: Vec<(String, Level)>,
}

/// Why a text is no baseline.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// It is no JSON at all, or cut.
    #[error("this is no whole JSON report ({0}); write one with --format json")]
    NoJson(#[from] serde_json::Error),
    /// JSON, but of something else.
    #[error("this is JSON, but no report of blogscan (its `schema` is {0})")]
    OtherSchema(String),
    /// Its names are pseudonyms.
    #[error("the report is redacted: its names cannot be held against those of the logs")]
    Redacted,
    /// A level that no report has.
    #[error("the finding {key} has the unknown level `{level}`")]
    UnknownLevel {
        /// Of the finding.
        key: String,
        /// As written.
        level: String,
    },
}

#[derive(Deserialize)]
struct Written {
    findings: Vec<WrittenFinding>,
    #[serde(default)]
    redacted: bool,
}

#[derive(Deserialize)]
struct WrittenFinding {
    key: String,
    level: String,
}

impl Baseline {
    /// Reads a report that `--format json` wrote.
    ///
    /// # Errors
    ///
    /// Where the text is no such report, or a redacted one.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let value: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
        let schema = value.get("schema").cloned().unwrap_or_default();
        if schema != SCHEMA {
            return Err(BaselineError::OtherSchema(schema.to_string()));
        }
        let written: Written = serde_json::from_value(value)?;
        if written.redacted {
            return Err(BaselineError::Redacted);
        }
        let findings = written.findings.into_iter().map(|finding| {
            let level = Level::from_name(&finding.level);
            level
                .map(|level| (finding.key.clone(), level))
                .ok_or(BaselineError::UnknownLevel { key: finding.key, level: finding.level })
        });
        Ok(Baseline { findings: findings.collect::<Result<_, _>>()? })
    }

    /// Marks every finding of the report.
    pub fn mark(&self, report: &mut Report) {
        let mut before: HashMap<String, Level> = HashMap::new();
        for (key, level) in &self.findings {
            let held = before.entry(key.to_lowercase()).or_insert(*level);
            *held = (*held).max(*level);
        }
        let mut seen = HashSet::new();
        for finding in &mut report.findings {
            let key = finding.key.to_lowercase();
            finding.was = before.get(&key).copied();
            finding.news = Some(match finding.was {
                None => News::New,
                Some(was) if finding.level > was => News::Risen,
                Some(_) => News::Known,
            });
            seen.insert(key);
        }
        let not_seen = self.findings.iter().map(|(key, _)| key);
        report.baseline = Some(BaselineRow {
            findings: self.findings.len(),
            not_seen: not_seen.filter(|key| !seen.contains(&key.to_lowercase())).cloned().collect(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(findings: &str) -> String {
        format!(r#"{{"schema": "blogscan-report/1", "more": 1, "findings": [{findings}]}}"#)
    }

    #[test]
    fn what_is_no_report_is_named() {
        let table = [
            ("", "no whole JSON report"),
            ("blogscan 0.1.0: looked for 41", "no whole JSON report"),
            (&written("")[..30], "no whole JSON report"),
            ("[]", "no report of blogscan (its `schema` is null)"),
            (
                r#"{"schema": "blogscan-report/9"}"#,
                "no report of blogscan (its `schema` is \"blogscan-report/9\")",
            ),
            (r#"{"schema": "blogscan-report/1"}"#, "missing field `findings`"),
            (
                &written(r#"{"key": "A b=c", "level": "sure"}"#),
                "the finding A b=c has the unknown level `sure`",
            ),
            (r#"{"schema": "blogscan-report/1", "findings": [], "redacted": true}"#, "is redacted"),
        ];
        for (text, message) in table {
            let error = Baseline::parse(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn a_report_with_a_byte_order_mark_is_read() {
        let text = format!("\u{feff}{}", written(r#"{"key": "A b=c", "level": "likely"}"#));
        assert_eq!(Baseline::parse(&text).unwrap().findings, [("A b=c".to_owned(), Level::Likely)]);
    }
}
