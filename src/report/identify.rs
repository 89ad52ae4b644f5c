//! `blogscan identify`: what each source is, and why it is thought to be that.

use serde::Serialize;

use super::json;
use super::mask::mask;
use super::sanitise::notice;
use super::text::{ALARM, BOLD, DIM, Look, PLACE, PLAIN, Page, Rich, WARN, minute};
use crate::base::Dialect;
use crate::base::report::NoticeRow;

/// Facts told of one source.
const MOST_SAID: usize = 6;

/// What one source is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identified {
    /// Path that can be opened from where the command ran.
    pub path: String,
    /// Dialect name.
    pub dialect: &'static str,
    /// WHATWG encoding name, or `binary`.
    pub encoding: &'static str,
    /// What shows the encoding.
    pub encoding_reason: String,
    /// Host whose log it is.
    pub host: Option<String>,
    /// Process whose log it is.
    pub process: Option<String>,
    /// First time.
    pub from: Option<String>,
    /// Last time.
    pub to: Option<String>,
    /// Why it is thought to be that.
    pub reason: String,
    /// What it says about hosts, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub says: Vec<String>,
    /// Records with a head.
    pub records: u64,
    /// Text that fits no record head.
    pub headless: u64,
}

/// All sources, and what could not be read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Identification {
    /// By path.
    pub sources: Vec<Identified>,
    /// By source, line and code.
    pub notices: Vec<NoticeRow>,
}

/// The same without secrets.
pub fn sanitise(all: Identification) -> Identification {
    let hidden = |text: String| mask(&text).into_owned();
    let sources = all
        .sources
        .into_iter()
        .map(|row| Identified {
            path: hidden(row.path),
            host: row.host.map(hidden),
            process: row.process.map(hidden),
            reason: hidden(row.reason),
            says: row.says.into_iter().map(hidden).collect(),
            ..row
        })
        .collect();
    Identification { sources, notices: all.notices.into_iter().map(notice).collect() }
}

/// As JSON.
pub fn render_json(all: &Identification) -> String {
    json::pretty(all)
}

/// For a person: a block per source, then what could not be read.
pub fn render(all: &Identification, look: Look) -> String {
    let mut page = Page::new(look.width, look.is_colored);
    for row in &all.sources {
        write(&mut page, row);
    }
    for notice in &all.notices {
        let place = notice.source.as_deref().unwrap_or("");
        page.ends(&Rich::of(BOLD, place), &Rich::of(ALARM, notice.code));
        if !notice.detail.is_empty() {
            page.line(3, &Rich::of(DIM, &notice.detail));
        }
    }
    page.finish()
}

fn write(page: &mut Page, row: &Identified) {
    let is_known = row.dialect != Dialect::Unknown.name();
    let verdict = Rich::of(if is_known { PLACE } else { WARN }, row.dialect);
    page.ends(&Rich::of(BOLD, &row.path), &verdict);
    let mut parts = vec![row.encoding.to_owned()];
    parts.extend(row.host.iter().map(|host| format!("host {host}")));
    parts.extend(row.process.iter().cloned());
    if let (Some(from), Some(to)) = (&row.from, &row.to) {
        parts.push(format!("{} to {}", minute(from), minute(to)));
    }
    page.line(3, &Rich::of(PLAIN, &parts.join(", ")));
    if !row.reason.is_empty() {
        page.line(3, &Rich::of(DIM, &row.reason));
    }
    if !row.says.is_empty() {
        let mut says = row.says.iter().take(MOST_SAID).map(String::as_str).collect::<Vec<_>>().join("; ");
        if row.says.len() > MOST_SAID {
            says = format!("{says}; and {} more", row.says.len() - MOST_SAID);
        }
        page.line(3, &Rich::of(PLAIN, &format!("says: {says}")));
    }
    // Of nearly every source there is nothing to say: it is UTF-8.
    if !row.encoding_reason.is_empty() && !matches!(row.encoding, "utf-8" | "binary") {
        page.line(3, &Rich::of(DIM, &format!("{}: {}", row.encoding, row.encoding_reason)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Identification {
        let known = Identified {
            path: "bpdm/log.030509".into(),
            dialect: "netbackup.legacy",
            encoding: "utf-8",
            encoding_reason: "only ASCII in its beginning".into(),
            host: Some("nbutest03".into()),
            process: Some("bpdm".into()),
            from: Some("2009-03-05T00:00:01.120".into()),
            to: Some("2009-03-08T23:59:40.007".into()),
            reason: "12 of 14 lines begin a record".into(),
            says: vec!["media server".into(), "nbumas: master server".into()],
            records: 12,
            headless: 2,
        };
        let unknown = Identified {
            path: "notes/a\x1b[2J.txt".into(),
            dialect: "unknown",
            encoding: "windows-1252",
            encoding_reason: "there are bytes that are no UTF-8".into(),
            host: None,
            process: None,
            from: None,
            to: None,
            reason: "none of 40 lines begins a record of a known dialect".into(),
            says: Vec::new(),
            records: 12,
            headless: 2,
        };
        let missing = NoticeRow {
            code: "not-found",
            source: Some("gone.log".into()),
            line: None,
            detail: "it does not exist".into(),
        };
        Identification { sources: vec![known, unknown], notices: vec![missing] }
    }

    #[test]
    fn as_text() {
        let look = Look { width: 60, ..Look::default() };
        let expected = "\
bpdm/log.030509                             netbackup.legacy
   utf-8, host nbutest03, bpdm, 2009-03-05 00:00 to
   2009-03-08 23:59
   12 of 14 lines begin a record
   says: media server; nbumas: master server
notes/a\\x1b[2J.txt                                   unknown
   windows-1252
   none of 40 lines begins a record of a known dialect
   windows-1252: there are bytes that are no UTF-8
gone.log                                           not-found
   it does not exist
";
        assert_eq!(render(&sanitise(all()), look), expected);
    }

    #[test]
    fn as_json() {
        let json: serde_json::Value = serde_json::from_str(&render_json(&all())).unwrap();
        assert_eq!(json["sources"][0]["dialect"], "netbackup.legacy");
        assert_eq!(json["sources"][1]["from"], serde_json::Value::Null);
        assert_eq!(json["notices"][0]["code"], "not-found");
    }
}
