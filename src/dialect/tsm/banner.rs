//! What a client says about itself when it starts: level, node, server, and signs of its platform.
//!
//! ```text
//! Command Line Backup-Archive Client Interface                                       (console)
//!   Client Version 6, Release 4, Level 0.0
//! Node Name: DM1
//! Session established with server TSMSRV1: AIX
//!   Server Version 6, Release 3, Level 3.000
//! Accessing as node: DC1
//! TSM Backup-Archive Client Version 7, Release 1, Level 2.0                          (dsmsched.log)
//! ```
//!
//! `Level 0.0` is the third and fourth number of the version. The platform behind the server's name is that of the
//! server; the client's own shows only in paths. The level precedes the node that it belongs to, so it is held
//! back until the node is known.

use serde::{Deserialize, Serialize};

use super::clock;
use super::message::{find_folded, message};
use crate::base::{FactKind, Record, Sink, Stamp};
use crate::dialect::saved::Word;

/// A line of the banner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BannerLine<'a> {
    /// `IBM Tivoli Storage Manager`, the first line of a console.
    Product,
    /// `Command Line Backup-Archive Client Interface`, with the level on the same line up to 5.1.
    Interface(Option<String>),
    /// `Client Version 6, Release 4, Level 0.0`
    Client(String),
    /// `Server Version 6, Release 3, Level 3.000`
    Server(String),
    /// `Node Name: X`
    Node(&'a str),
    /// `Session established with server X: PLATFORM`
    Session(&'a str),
    /// `Accessing as node: X`
    Accessing(&'a str),
    /// `Client date/time: ...`, the rest of the line.
    ClientTime(&'a str),
    /// `Server date/time: ...  Last access: ...`, the rest of the line.
    ServerTime(&'a str),
}

/// Names under which the product introduces itself.
const PRODUCTS: [&str; 5] = [
    "IBM Tivoli Storage Manager",
    "Tivoli Storage Manager",
    "IBM Spectrum Protect",
    "IBM Storage Protect",
    "IBM ADSTAR Distributed Storage Manager",
];

const NODE_LABELS: [&str; 5] =
    ["Node Name:", "Knotenname:", "Nom de noeud:", "Nombre de nodo:", "Nome nodo:"];

/// Reads a line of the banner (without time stamp).
pub(super) fn banner_line(body: &str) -> Option<BannerLine<'_>> {
    let line = body.lines().next().unwrap_or("").trim();
    if line.len() > MOST_BYTES || line.is_empty() {
        return None;
    }
    if PRODUCTS.contains(&line.trim_end_matches('*').trim_end()) {
        return Some(BannerLine::Product);
    }
    if line.starts_with("Command Line ") && line.contains("Interface") {
        let client = !line.contains("Administrative");
        return Some(BannerLine::Interface(level(line).filter(|_| client)));
    }
    if let Some(name) = NODE_LABELS.iter().find_map(|label| line.strip_prefix(label)) {
        return named(name).map(BannerLine::Node);
    }
    if let Some(rest) = line.strip_prefix("Session established with server ") {
        let name = rest.split(':').next().unwrap_or(rest);
        return named(name).map(BannerLine::Session);
    }
    if let Some(name) = line.strip_prefix("Accessing as node:") {
        return named(name).map(BannerLine::Accessing);
    }
    if let Some(rest) = line.strip_prefix("Client date/time:") {
        return Some(BannerLine::ClientTime(rest.trim()));
    }
    if let Some(rest) = line.strip_prefix("Server date/time:") {
        return Some(BannerLine::ServerTime(rest.trim()));
    }
    version_line(line)
}

/// Nothing of a banner is longer; long lines need not be searched.
const MOST_BYTES: usize = 200;

fn named(name: &str) -> Option<&str> {
    let name = name.trim();
    (!name.is_empty()).then_some(name)
}

fn version_line(line: &str) -> Option<BannerLine<'_>> {
    let words = find_folded(line, "version")?;
    let level = level(line)?;
    if message(line).is_some() {
        return None;
    }
    let before = line.get(..words)?;
    if find_folded(before, "server").is_some() {
        Some(BannerLine::Server(level))
    } else if find_folded(before, "client").is_some() {
        Some(BannerLine::Client(level))
    } else {
        None
    }
}

/// `Version 6, Release 4, Level 0.1` as `6.4.0.1`, in any language: three numbers with words between them.
pub(crate) fn level(text: &str) -> Option<String> {
    let mut rest = text.get(text.find(|c: char| c.is_ascii_digit())?..)?;
    let mut parts = Vec::with_capacity(4);
    for separator in [',', ',', '.'] {
        let (number, behind) = number(rest)?;
        parts.push(number);
        rest = behind.strip_prefix(separator)?;
        if separator == ',' {
            let digits = rest.find(|c: char| c.is_ascii_digit())?;
            if rest.get(..digits)?.contains([',', ':', '.']) {
                return None;
            }
            rest = rest.get(digits..)?;
        }
    }
    parts.push(number(rest)?.0);
    let [version, release, level, fix] = parts.try_into().ok()?;
    Some(format!("{version}.{release}.{level}.{fix}"))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, rest))
}

/// What the client has said so far.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Banner {
    /// Level of the client, as `6.4.0.0`.
    pub(super) level: Option<String>,
    /// The node that the client runs as.
    pub(super) node: Option<String>,
    /// The node whose data it handles, where that is another one.
    pub(super) owner: Option<String>,
    /// `windows`, `linux`, `aix`, where a path showed it.
    #[serde(with = "crate::dialect::saved::word")]
    pub(super) platform: Option<Word>,
    /// The client's own clock when it started (console only): stamp and as printed.
    pub(super) started: Option<(Stamp, String)>,
    server: Option<String>,
    /// The level was read, but not yet whose it is.
    held: Option<Held>,
}

/// Where a level that waits for its node was read.
#[derive(Serialize, Deserialize)]
struct Held {
    line: Option<u64>,
    stamp: Stamp,
    text: String,
}

impl Banner {
    /// Looks at a record, `body` being its text without stamp and `line` where it stands, and gives facts.
    pub(super) fn see(
        &mut self,
        body: &str,
        line: Option<u64>,
        record: &mut Record<'_>,
        sink: &mut dyn Sink,
    ) {
        let Some(said) = banner_line(body) else { return };
        record.kind = "banner";
        match said {
            BannerLine::Product => {}
            BannerLine::Interface(None) => {}
            BannerLine::Interface(Some(level)) | BannerLine::Client(level) => {
                self.release(record, sink);
                self.level = Some(level);
                self.held = Some(Held { line, stamp: record.stamp, text: body.trim().to_owned() });
                self.owner = None;
            }
            BannerLine::Server(level) => {
                let fact = FactKind::Version { product: "tsm-server".to_owned(), version: level };
                sink.fact(self.server.as_deref(), fact, record);
            }
            BannerLine::Node(node) => {
                self.node = Some(node.to_owned());
                self.owner = None;
                sink.source_host(node);
                self.release(record, sink);
            }
            BannerLine::Session(server) => self.server = Some(server.to_owned()),
            BannerLine::Accessing(node) => self.owner = Some(node.to_owned()),
            BannerLine::ClientTime(text) => {
                if let Some(head) = clock::stamp(text) {
                    if let Some(order) = head.vote {
                        sink.date_vote(order);
                    }
                    record.stamp = head.stamp;
                    self.started = Some((head.stamp, head.printed.to_owned()));
                }
            }
            BannerLine::ServerTime(text) => vote_by_last_access(text, sink),
        }
    }

    /// Gives out a level that waited for its node, as read where it stood.
    pub(super) fn release(&mut self, record: &Record<'_>, sink: &mut dyn Sink) {
        let (Some(held), Some(level)) = (self.held.take(), &self.level) else { return };
        let fact = FactKind::Version { product: "tsm-client".to_owned(), version: level.clone() };
        let mut record = record.clone();
        if held.line.is_some() {
            (record.end, record.line, record.body) = (record.start, held.line, held.text.into());
            record.stamp = held.stamp;
        }
        if let (true, Some((started, _))) = (record.stamp.is_none(), &self.started) {
            record.stamp = *started;
        }
        sink.fact(self.node.as_deref(), fact, &record);
    }

    /// A new client starts: what was said of the one before does not hold for it.
    pub(super) fn begin(&mut self, record: &Record<'_>, sink: &mut dyn Sink) {
        self.release(record, sink);
        *self = Banner::default();
    }

    /// Does a path show nothing new of the platform?
    pub(super) fn learns_nothing(&self, path: &str) -> bool {
        self.platform.is_some() || platform_of_path(path).is_none()
    }

    /// Looks for signs of the client's platform in a path of an object (`is_path`) or in any other text.
    pub(super) fn look_for_platform(&mut self, text: &str, is_path: bool) {
        if self.platform.is_none() {
            self.platform = if is_path { platform_of_path(text) } else { platform_in(text) };
        }
    }
}

/// The last access lies before the server's time, in the same layout by the same clock.
fn vote_by_last_access(text: &str, sink: &mut dyn Sink) {
    let Some((now, last)) = text.split_once("Last access:") else { return };
    let (Some(now), Some(last)) = (clock::stamp(now), clock::stamp(last.trim())) else { return };
    for vote in [now.vote, last.vote].into_iter().flatten() {
        sink.date_vote(vote);
    }
    if let Some(order) = clock::order_of(last.stamp, now.stamp, 0, i64::MAX) {
        sink.date_vote(order);
    }
}

/// Drive letters and UNC names of administrative shares exist on Windows only.
fn platform_of_path(path: &str) -> Option<&'static str> {
    let drive = matches!(path.as_bytes(), [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic());
    let share = path.strip_prefix("\\\\").is_some_and(|rest| {
        let share = rest.split('\\').nth(1).unwrap_or("");
        matches!(share.as_bytes(), [letter, b'$'] if letter.is_ascii_alphabetic())
    });
    (drive || share).then_some("windows")
}

/// Folders of an installation, and of the source tree in blocks of messages. A data mover on UNIX is always Linux,
/// the other systems with this folder cannot be one.
fn platform_in(text: &str) -> Option<&'static str> {
    const SIGNS: [(&str, &str); 5] = [
        ("\\winnt\\", "windows"),
        ("\\tivoli\\tsm\\", "windows"),
        ("\\ibm\\storageprotect\\", "windows"),
        ("/opt/tivoli/tsm/", "linux"),
        ("/usr/tivoli/tsm/", "aix"),
    ];
    SIGNS.iter().find(|(sign, _)| find_folded(text, sign).is_some()).map(|(_, platform)| *platform)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        for (line, level) in [
            ("  Client Version 6, Release 4, Level 0.0", Some("6.4.0.0")),
            ("TSM Backup-Archive Client Version 7, Release 1, Level 2.0  ", Some("7.1.2.0")),
            ("Clientversion 8, Release 1, Stufe 15.2", Some("8.1.15.2")),
            ("  Server Version 8, Release 1, Level 9.300", Some("8.1.9.300")),
            ("  Server Version 8, Release 1, Level 25.000", Some("8.1.25.0")),
            ("Version 8, Release 1", None),
            ("Version 8, Release 1, 2, 3.4", None),
            ("", None),
        ] {
            assert_eq!(super::level(line).as_deref(), level, "{line}");
        }
    }

    #[test]
    fn lines_of_a_banner() {
        let server = "Session established with server TSMSRV1: Linux/x86_64";
        assert_eq!(banner_line(server), Some(BannerLine::Session("TSMSRV1")));
        assert_eq!(banner_line("Accessing as node: DC1 "), Some(BannerLine::Accessing("DC1")));
        assert_eq!(
            banner_line("Command Line Backup/Archive Client Interface - Version 5, Release 1, Level 6.0"),
            Some(BannerLine::Interface(Some("5.1.6.0".to_owned())))
        );
        assert_eq!(
            banner_line("Command Line Administrative Interface - Version 8, Release 1, Level 14.0"),
            Some(BannerLine::Interface(None))
        );
        assert_eq!(banner_line("ANS1357S Client Version 6, Release 4, Level 0.0 is too old"), None);
        assert_eq!(banner_line("Node Name:"), None);
    }

    #[test]
    fn platforms() {
        assert_eq!(platform_of_path("\\\\srv1\\c$\\data"), Some("windows"));
        assert_eq!(platform_of_path("D:\\data"), Some("windows"));
        assert_eq!(platform_of_path("\\\\srv1\\share\\data"), None);
        assert_eq!(platform_of_path("/data"), None);
        assert_eq!(platform_in("..\\..\\common\\winnt\\vssback.cpp (1604)"), Some("windows"));
        assert_eq!(platform_in("/opt/tivoli/tsm/client/ba/bin/dsm.opt"), Some("linux"));
        assert_eq!(platform_in("Session established with server CABIN4: AIX"), None);
    }
}
