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

#[cfg(test)]
mod tests {
    use super::super::{Settings, Silence};
    use crate::base::report::{CatalogueRow, Report, ScanSummary, Tool};
    use crate::base::{Finding, Impact, Level};
    use chrono::NaiveDate;
    use indexmap::IndexMap;

    fn finding(advisory: &str, host: &str) -> Finding {
        Finding {
            advisory: advisory.into(),
            level: Level::Confirmed,
            impact: Impact::DataLoss,
            title: String::new(),
            url: String::new(),
            key: format!("{advisory}/{host}"),
            host: Some(host.into()),
            about: IndexMap::from([("host".to_owned(), host.to_owned())]),
            first: None,
            last: None,
            repeats: 0,
            conditions: Vec::new(),
            evidence: Vec::new(),
            objects: Vec::new(),
            doubts: Vec::new(),
            collect: Vec::new(),
            workaround: String::new(),
            fix: String::new(),
            references: Vec::new(),
            silenced: None,
            news: None,
            was: None,
        }
    }

    fn report(findings: Vec<Finding>) -> Report {
        Report {
            schema: crate::base::report::SCHEMA,
            tool: Tool {
                name: "blogscan",
                version: "0",
                catalogue: CatalogueRow { hash: String::new(), patterns: 0, own: Vec::new() },
            },
            scan: ScanSummary {
                inputs: Vec::new(),
                sources: 0,
                bytes: 0,
                records: 0,
                headless: 0,
                complete: true,
            },
            sources: Vec::new(),
            findings,
            codes: Vec::new(),
            coverage: Vec::new(),
            facts: Vec::new(),
            notices: Vec::new(),
            unknown_errors: Vec::new(),
            baseline: None,
            redacted: false,
        }
    }

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2009, 6, day).unwrap()
    }

    fn silence(advisory: &str, host: &str, until: u32, line: usize) -> Silence {
        Silence {
            advisory: advisory.into(),
            object: None,
            host: Some(host.into()),
            reason: "ticket 4711".into(),
            until: day(until),
            line,
        }
    }

    #[test]
    fn one_that_ended_reports_again_and_one_that_covers_nothing_is_noted() {
        let silences = vec![
            silence("A-1", "srv1", 30, 1),
            silence("A-1", "srv2", 10, 5),
            silence("A-1", "srv9", 30, 9),
            // Ended and covering nothing: nobody needs to hear of it.
            silence("A-1", "srv8", 10, 13),
            // Not asked for in this scan.
            silence("B-2", "srv1", 30, 17),
        ];
        let settings = Settings { silences, ..Settings::default() };
        let mut report = report(vec![finding("A-1", "SRV1.corp.example"), finding("A-1", "srv2")]);
        settings.silence(&mut report, None, day(11), &|advisory| advisory == "A-1");
        assert_eq!(report.findings[0].silenced.as_deref(), Some("ticket 4711"));
        assert_eq!(report.findings[1].silenced, None);
        let told: Vec<_> = report.notices.iter().map(|notice| (notice.code, notice.line)).collect();
        assert_eq!(told, [("silence-over", Some(5)), ("silence-unused", Some(9))]);
        assert!(report.notices[0].detail.contains("A-1/srv2 ended on 2009-06-10"));
    }

    /// Where two silences cover a finding, one that still holds is enough.
    #[test]
    fn a_silence_that_was_prolonged_holds() {
        let silences = vec![silence("A-1", "srv1", 10, 1), silence("A-1", "srv1", 30, 5)];
        let settings = Settings { silences, ..Settings::default() };
        let mut report = report(vec![finding("A-1", "srv1")]);
        settings.silence(&mut report, None, day(11), &|_| true);
        assert!(report.findings[0].silenced.is_some() && report.notices.is_empty());
    }
}
