//! Storage servers that a master knows credentials for: what `tpconfig -dsh -all_hosts` prints.
//!
//! ```text
//! ==============================================================================
//! Media Server:                   mymedia
//! Storage Server:                 myapp.example.veritas.com
//! User Id:                        ost-myapp
//!   Storage Server Type:        NearStore
//! ==============================================================================
//! ```
//!
//! (6.5.) One record per block, its host the media server. Any block at all means that an OpenStorage plug-in is in
//! use. A listing without any block is told too, as a derived record of kind `listing` with `storage_servers` = 0,
//! but only if the command was copied with it and something shows that its output was complete: the ruler below it,
//! or the next prompt. The padding may alternate blanks and no-break spaces (copies from web pages).

use std::borrow::Cow;

use super::told::Told;
use crate::base::{Dialect, FactKind, Record, Role, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of these listings.
pub struct Tpconfig;

impl Reader for Tpconfig {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupTpconfigDsh
    }

    fn claim(&self, line: &str) -> Claim {
        if is_command(line) {
            return Claim::Strong;
        }
        match entry(line) {
            Some((Key::MediaServer | Key::ServerType, _, padding)) if padding > 1 => Claim::Strong,
            Some(_) => Claim::Weak,
            None => Claim::No,
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(ServerGrammar::default()))
    }
}

/// Ordinary, no-break and narrow no-break blanks.
const BLANKS: [char; 5] = [' ', '\t', '\u{a0}', '\u{202f}', '\r'];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    MediaServer,
    StorageServer,
    UserId,
    ServerType,
}

const KEYS: [(&str, Key); 4] = [
    ("Media Server:", Key::MediaServer),
    ("Storage Server:", Key::StorageServer),
    ("Storage Server Type:", Key::ServerType),
    ("User Id:", Key::UserId),
];

/// A line of a block: its key, its value, and how many blanks stand between them.
fn entry(line: &str) -> Option<(Key, &str, usize)> {
    let line = line.trim_matches(BLANKS);
    let (key, rest) = KEYS.iter().find_map(|(name, key)| Some((*key, line.strip_prefix(name)?)))?;
    let value = rest.trim_start_matches(BLANKS);
    let padding = rest.chars().count() - value.chars().count();
    (!value.contains(BLANKS)).then_some((key, value, padding))
}

fn is_ruler(line: &str) -> bool {
    let line = line.trim_matches(BLANKS);
    line.len() >= 20 && line.bytes().all(|byte| byte == b'=')
}

/// The line on which the command was typed: behind a prompt or with its path, and no word of a sentence behind it.
fn is_command(line: &str) -> bool {
    let line = line.trim_matches(BLANKS);
    let Some((before, after)) = line.split_once("tpconfig") else { return false };
    let after = after.strip_prefix(".exe").unwrap_or(after).trim_end_matches(['"', '\'']);
    let typed = before.ends_with(['/', '\\', '>'])
        || before.trim_end_matches(BLANKS).ends_with(['#', '$', '>', '%'])
        || before.is_empty();
    let mut options = after.split(BLANKS).filter(|word| !word.is_empty()).peekable();
    let asks = options.clone().any(|word| word == "-dsh");
    // Values follow options (-stype PureDisk); two words in a row are a sentence.
    let mut value_allowed = false;
    let is_typed_options = options.all(|word| {
        let is_option = word.starts_with('-') && word.len() > 1;
        let fits = is_option || value_allowed;
        value_allowed = is_option && word != "-dsh" && word != "-all_hosts";
        fits
    });
    typed && asks && is_typed_options
}

/// A prompt behind the output.
fn is_prompt(line: &str) -> bool {
    let line = line.trim_matches(BLANKS);
    matches!(line.chars().next(), Some('#' | '$')) || (line.contains(":\\") && line.contains('>'))
}

/// A listing whose command was seen.
#[derive(Clone, Copy, Debug)]
struct Listing {
    /// The command's line.
    line: u64,
    servers: usize,
    /// A ruler or a prompt stood behind the command.
    complete: bool,
}

#[derive(Default)]
struct ServerGrammar {
    /// The line on which the block at hand began; it may be handed in again.
    block: Option<u64>,
    has_server: bool,
    listing: Option<Listing>,
    told: Told,
}

impl Grammar for ServerGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupTpconfigDsh
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        if is_command(line) {
            let mut record = Record::new(Dialect::NetbackupTpconfigDsh, line);
            record.kind = COMMAND;
            record.number = Some(number);
            self.block = None;
            return Some(record);
        }
        let begins = match entry(line).map(|(key, _, _)| key) {
            Some(Key::MediaServer) => true,
            Some(Key::StorageServer) => {
                self.block.is_none()
                    || self.block == Some(number)
                    || std::mem::replace(&mut self.has_server, true)
            }
            Some(_) => self.block.is_none() || self.block == Some(number),
            None => {
                if is_ruler(line) {
                    self.block = None;
                }
                false
            }
        };
        begins.then(|| {
            self.block = Some(number);
            self.has_server = matches!(entry(line), Some((Key::StorageServer, _, _)));
            Record::new(Dialect::NetbackupTpconfigDsh, line)
        })
    }

    fn finish(&mut self, record: Record<'_>, tail: &str, sink: &mut dyn Sink) {
        let mut record = record;
        if !record.head {
            sink.record(record);
            return;
        }
        if record.kind == COMMAND {
            self.end(record.start, sink);
            let line = record.number.take().unwrap_or(0);
            let complete = tail.lines().any(|line| is_ruler(line) || is_prompt(line));
            self.listing = Some(Listing { line, servers: 0, complete });
            sink.record(record);
            return;
        }
        if let Cow::Borrowed(body) = record.body {
            read_block(&mut record, body);
        }
        if let (STORAGE_SERVER, Some(listing)) = (record.kind, &mut self.listing) {
            listing.servers += 1;
        }
        if record.kind == STORAGE_SERVER {
            self.tell(&record, sink);
        }
        sink.record(record);
    }

    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        let Some(listing) = self.listing.take() else { return };
        if listing.servers == 0 && !listing.complete {
            return;
        }
        let mut record = Record::new(Dialect::NetbackupTpconfigDsh, "");
        record.kind = "listing";
        (record.start, record.end, record.line) = (end, end, Some(listing.line));
        record.fields.push(("storage_servers", Cow::Owned(listing.servers.to_string())));
        sink.record(record);
    }
}

impl ServerGrammar {
    /// What a block says about its media server.
    fn tell(&mut self, record: &Record<'_>, sink: &mut dyn Sink) {
        let Some(media) = record.field("media_server") else { return };
        let kinds = record.field("server_types").map(str::to_owned);
        self.told.role(Some(media), Role::Media, record, sink);
        for name in kinds.iter().flat_map(|kinds| kinds.split(", ")) {
            let plug_in = FactKind::PlugIn { name: name.to_owned(), version: None };
            self.told.tell(media, plug_in, record, sink);
        }
        if let Some(name) = record.field("storage_server") {
            let server = FactKind::StorageServer { name: name.to_owned(), kind: kinds };
            self.told.tell(media, server, record, sink);
        }
    }
}

/// Kind of the line on which the command was typed.
const COMMAND: &str = "command";
/// Kind of a block.
const STORAGE_SERVER: &str = "storage-server";

fn read_block<'a>(record: &mut Record<'a>, body: &'a str) {
    let mut types: Vec<&str> = Vec::new();
    for (key, value, _) in body.lines().filter_map(entry) {
        let name = match key {
            _ if value.is_empty() => continue,
            Key::ServerType => {
                types.push(value);
                continue;
            }
            Key::MediaServer => "media_server",
            Key::StorageServer => "storage_server",
            Key::UserId => "user",
        };
        if record.field(name).is_none() {
            record.fields.push((name, Cow::Borrowed(value)));
        }
    }
    let media_server = record.fields.iter().find(|(name, _)| *name == "media_server");
    record.host = media_server.map(|(_, value)| value.clone());
    if let Some(first) = types.first() {
        record.fields.push(("server_type", Cow::Borrowed(first)));
        record.fields.push(("server_types", Cow::Owned(types.join(", "))));
    }
    // A media server alone, as other outputs name it too, says nothing of storage servers.
    if record.field("storage_server").is_some() || !types.is_empty() {
        record.kind = STORAGE_SERVER;
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;

    const RULER: &str = "==============================================================================\n";

    fn listing() -> String {
        format!(
            "# /usr/openv/volmgr/bin/tpconfig -dsh -all_hosts\n{RULER}\
             Media Server: \u{a0} \u{a0} \u{a0} med2\n\
             Storage Server: \u{a0} \u{a0} ddrow4.backup.example\n\
             User Id: \u{a0} \u{a0} \u{a0} \u{a0}ost-dd\n\
             \u{a0} Storage Server Type: \u{a0} \u{a0} NearStore\n\
             \u{a0} Storage Server Type: \u{a0} \u{a0} SnapVault\n\
             {RULER}\
             Media Server:                   med3\r\n\
             Storage Server:                 dd5\r\n\
             {RULER}"
        )
    }

    #[test]
    fn one_record_per_block() {
        let log = read(&Tpconfig, &listing());
        assert_eq!((log.heads(), log.headless()), (3, 0));
        let servers = log.of("storage-server");
        assert_eq!(servers.len(), 2);
        assert_eq!(servers[0].host.as_deref(), Some("med2"));
        for (name, value) in [
            ("media_server", "med2"),
            ("storage_server", "ddrow4.backup.example"),
            ("server_type", "NearStore"),
            ("server_types", "NearStore, SnapVault"),
        ] {
            assert_eq!(servers[0].field(name), Some(value));
        }
        assert_eq!(servers[1].field("storage_server"), Some("dd5"));
        assert_eq!(servers[1].field("server_type"), None);
        let told = |host: &str, fact: FactKind| {
            let said = (Some(host.to_owned()), fact, crate::base::Stamp::None);
            assert!(log.facts.contains(&said), "{said:?}");
        };
        told("med2", FactKind::Role(Role::Media));
        told("med2", FactKind::PlugIn { name: "SnapVault".to_owned(), version: None });
        told("med3", FactKind::StorageServer { name: "dd5".to_owned(), kind: None });
        assert_eq!(log.facts.len(), 6);
        let whole = log.of("listing");
        assert_eq!((whole.len(), whole[0].line, whole[0].field("storage_servers")), (1, Some(1), Some("2")));
        check_cuts(&Tpconfig, &listing());
    }

    #[test]
    fn listings_without_a_storage_server() {
        let servers = |text: &str| {
            let log = read(&Tpconfig, text);
            assert!(log.of("storage-server").is_empty());
            check_cuts(&Tpconfig, text);
            log.of("listing").first().and_then(|record| record.field("storage_servers").map(str::to_owned))
        };
        let ruled = format!("# /usr/openv/volmgr/bin/tpconfig -dsh -all_hosts\n{RULER}{RULER}");
        assert_eq!(servers(&ruled).as_deref(), Some("0"));
        assert_eq!(servers("C:\\x>tpconfig -dsh -all_hosts\n\nC:\\x>exit\n").as_deref(), Some("0"));
        // Cut behind the command, or an error: nothing is known.
        assert_eq!(servers("# tpconfig -dsh -all_hosts\n"), None);
        assert_eq!(servers("# tpconfig -dsh -all_hosts\ncannot connect to vmd (70)\n"), None);
        assert_eq!(servers(RULER), None);
        assert_eq!(servers("Media Server:   med2\n"), None);
    }

    #[test]
    fn blocks_without_their_beginning() {
        let text = "Storage Server:    dd1\n  Storage Server Type:    X\nStorage Server:    dd2\nMedia Server:    m\n";
        let log = read(&Tpconfig, text);
        assert_eq!((log.heads(), log.headless()), (3, 0));
        assert_eq!(log.of("storage-server").len(), 2);
        assert_eq!(log.records[0].host, None);
        check_cuts(&Tpconfig, text);
    }

    #[test]
    fn what_is_claimed() {
        for line in [
            "Media Server:                   mymedia",
            "  Storage Server Type:        NearStore",
            "# /usr/openv/volmgr/bin/tpconfig -dsh -all_hosts",
            r"D:\VERITAS\Volmgr\bin>tpconfig -dsh -stype PureDisk",
            "tpconfig -dsh -all_hosts",
        ] {
            assert_eq!(Tpconfig.claim(line), Claim::Strong, "{line}");
        }
        for line in [
            "",
            "To find out, examine the output of tpconfig -dsh -all_hosts:",
            "tpconfig -dsh -all_hosts can be run from any media server",
            "# tpconfig -d",
            "Media Server: m1 Media: /backup/adv",
            "==============================================================================",
        ] {
            assert_eq!(Tpconfig.claim(line), Claim::No, "{line}");
        }
        assert_eq!(Tpconfig.claim("Media Server: m1"), Claim::Weak);
    }
}
