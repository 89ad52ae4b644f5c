//! Silences of a site, applied to a report: findings are marked and stay in it; silences that have ended or that cover
//! nothing are named, so that none is forgotten.

use std::path::Path;

use chrono::NaiveDate;

use super::Settings;
use crate::base::report::NoticeRow;
use crate::base::{NoticeCode, Report};

impl Settings {
    /// Marks the findings of a report that the site silenced. `file` is the settings file, for the notices; `asked`
    /// tells whether an advisory was looked for at all.
    pub fn silence(
        &self,
        report: &mut Report,
        file: Option<&Path>,
        today: NaiveDate,
        asked: &dyn Fn(&str) -> bool,
    ) {
        let mut used = vec![false; self.silences.len()];
        let mut over: Vec<(usize, String)> = Vec::new();
        for finding in &mut report.findings {
            let covers: Vec<usize> = (0..self.silences.len())
                .filter(|at| self.silences.get(*at).is_some_and(|silence| silence.covers(finding)))
                .collect();
            for at in &covers {
                if let Some(slot) = used.get_mut(*at) {
                    *slot = true;
                }
            }
            let holds = |at: &&usize| self.silences.get(**at).is_some_and(|silence| today <= silence.until);
            match (covers.iter().find(holds), covers.first()) {
                (Some(at), _) => {
                    finding.silenced = self.silences.get(*at).map(|silence| silence.reason.clone());
                }
                (None, Some(at)) => over.push((*at, finding.key.clone())),
                (None, None) => {}
            }
        }
        let row = |code: NoticeCode, at: usize, detail: String| NoticeRow {
            code: code.name(),
            source: file.map(|file| file.display().to_string()),
            line: self.silences.get(at).and_then(|silence| u64::try_from(silence.line).ok()),
            detail,
        };
        for (at, key) in over {
            let until = self.silences.get(at).map(|silence| silence.until.to_string()).unwrap_or_default();
            report.notices.push(row(
                NoticeCode::SilenceOver,
                at,
                format!("the silence of {key} ended on {until}; it is reported again"),
            ));
        }
        for (at, silence) in self.silences.iter().enumerate() {
            let is_used = used.get(at).copied().unwrap_or(false);
            if !is_used && today <= silence.until && asked(&silence.advisory) {
                let what = [silence.object.as_deref(), silence.host.as_deref()];
                let what: Vec<&str> =
                    std::iter::once(silence.advisory.as_str()).chain(what.into_iter().flatten()).collect();
                let detail = format!("no finding is covered by the silence of {}", what.join(", "));
                report.notices.push(row(NoticeCode::SilenceUnused, at, detail));
            }
        }
        report.notices.sort_by(|one, other| {
            (&one.source, one.line, one.code).cmp(&(&other.source, other.line, other.code))
        });
    }
}
