//! Configuration of a host: `bp.conf`, and what `bpgetconfig` and `nbgetconfig -x` print.
//!
//! ```text
//! SERVER = master01.backup.example
//! SERVER = media02.backup.example
//! CLIENT_NAME = media02.backup.example
//! VIX_LRU_READ_NUMBER_OF_BLOCKS = 0
//! ```
//!
//! One record per setting, of kind `setting`, with `key` and `value`. `CLIENT_NAME` is the name under which the host
//! knows itself, so that the settings around it are that host's; a list of which several hosts' were put together
//! names none. Keys are told by those that every configuration has; keys that only one release knows are read between
//! them. A setting has no time: it tells what is set today, not what was set when a backup ran.
//!
//! Parts of hosts: the first `SERVER` is the master (as the administrator's guides say), `KNOWN_MASTER` too,
//! `MEDIA_SERVER` a media server, `CLIENT_NAME` a client. Further `SERVER`s may be consoles and say nothing.

use std::borrow::Cow;

use super::told::Told;
use crate::base::{Dialect, Record, Role, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of configurations.
pub struct Config;

/// Keys that no other product writes in this way.
const KEYS: [&str; 30] = [
    "SERVER",
    "MEDIA_SERVER",
    "EMMSERVER",
    "CLIENT_NAME",
    "CONNECT_OPTIONS",
    "DEFAULT_CONNECT_OPTIONS",
    "CLIENT_READ_TIMEOUT",
    "CLIENT_CONNECT_TIMEOUT",
    "BPSTART_TIMEOUT",
    "BPEND_TIMEOUT",
    "BPRD_VERBOSE",
    "BPDBM_VERBOSE",
    "BPBRM_VERBOSE",
    "BPTM_VERBOSE",
    "BPDM_VERBOSE",
    "BPCD_VERBOSE",
    "VXSS_SERVICE_TYPE",
    "USE_VXSS",
    "KNOWN_MASTER",
    "CLUSTER_NAME",
    "REQUIRED_INTERFACE",
    "PREFERRED_NETWORK",
    "ENABLE_ROBUST_LOGGING",
    "FORCE_RESTORE_MEDIA_SERVER",
    "HOST_CACHE_TTL",
    "TELEMETRY_UPLOAD",
    "ACCEPT_REVERSE_CONNECTION",
    "VIX_LRU_READ_NUMBER_OF_BLOCKS",
    "DISALLOW_BACKUPS_SPANNING_MEDIA",
    "SERVER_PORT_WINDOW",
];

/// Longer keys and values were never seen.
const LONGEST: usize = 4096;

impl Reader for Config {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupConfig
    }

    fn claim(&self, line: &str) -> Claim {
        match setting(line) {
            Some((key, value)) if KEYS.contains(&key) && !value.is_empty() => Claim::Strong,
            Some(_) => Claim::Weak,
            None => Claim::No,
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(Settings::default()))
    }
}

/// `KEY = value`: blanks on both sides of the sign, the key in capitals at the edge.
fn setting(line: &str) -> Option<(&str, &str)> {
    if line.len() > LONGEST || !line.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let (key, value) = line.trim_end().split_once(" =")?;
    let is_key = key.len() >= 4
        && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let is_apart = value.is_empty() || value.starts_with(' ');
    (is_key && is_apart).then_some((key, value.trim()))
}

#[derive(Default)]
struct Settings {
    /// The name that was given to the sink, to notice a second one.
    host: Option<String>,
    told: Told,
}

impl Grammar for Settings {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupConfig
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let (key, value) = setting(line)?;
        let mut record = Record::new(Dialect::NetbackupConfig, line);
        record.kind = "setting";
        record.fields = vec![("key", Cow::Borrowed(key)), ("value", Cow::Borrowed(value))];
        record.number = Some(number);
        Some(record)
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let mut record = record;
        let is_first = record.number.take() == Some(1);
        if record.field("key") == Some("CLIENT_NAME")
            && let Some(name) = record.field("value").filter(|name| !name.is_empty() && !name.contains(' '))
            && self.host.is_none()
        {
            self.host = Some(name.to_owned());
            sink.source_host(name);
            self.told.role(Some(name), Role::Client, &record, sink);
        }
        let role = match record.field("key") {
            // Whose list it is cannot be told: only the beginning of a file shows which server stands first.
            Some("SERVER") if is_first => Some(Role::Master),
            Some("KNOWN_MASTER") => Some(Role::Master),
            Some("MEDIA_SERVER") => Some(Role::Media),
            _ => None,
        };
        if let Some(role) = role {
            let host = record.field("value").map(str::to_owned);
            self.told.role(host.as_deref(), role, &record, sink);
        }
        sink.record(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;
    use crate::base::FactKind;

    const FILE: &str = "\
SERVER = master01.backup.example
SERVER = media02.backup.example
CLIENT_NAME = media02.backup.example
CONNECT_OPTIONS = localhost 1 0 2
NEW_IN_SOME_RELEASE = YES
VIX_LRU_READ_NUMBER_OF_BLOCKS = 0
EXCLUDE_LIST =
not a setting
";

    #[test]
    fn settings_of_a_host() {
        let log = read(&Config, FILE);
        assert_eq!((log.heads(), log.headless()), (7, 0));
        let last = log.of("setting");
        assert_eq!(
            (last[0].field("key"), last[0].field("value")),
            (Some("SERVER"), Some("master01.backup.example"))
        );
        assert_eq!(last[5].field("key"), Some("VIX_LRU_READ_NUMBER_OF_BLOCKS"));
        assert_eq!(last[5].field("value"), Some("0"));
        check_cuts(&Config, FILE);
    }

    #[test]
    fn parts_of_hosts() {
        let log =
            read(&Config, &format!("{FILE}MEDIA_SERVER = media03\nKNOWN_MASTER = master01.backup.example\n"));
        let roles: Vec<_> = log
            .facts
            .iter()
            .map(|(host, fact, _)| match fact {
                FactKind::Role(role) => (host.as_deref().unwrap(), *role),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            roles,
            [
                ("master01.backup.example", Role::Master),
                ("media02.backup.example", Role::Client),
                ("media03", Role::Media)
            ]
        );
        // Cut out of the middle, the first one that is left may be any.
        let cut = read(&Config, "CONNECT_OPTIONS = localhost 1 0 2\nSERVER = media02.backup.example\n");
        assert!(cut.facts.is_empty());
    }

    #[test]
    fn what_is_no_configuration() {
        for line in
            ["", "server = x", "SERVER=x", "  SERVER = x", "SERVERNAME prod", "THE ANSWER = 42", "A = b"]
        {
            assert_eq!(Config.claim(line), Claim::No, "{line}");
        }
        assert_eq!(Config.claim("DCP_SIZE = 42"), Claim::Weak);
        assert_eq!(Config.claim("SERVER ="), Claim::Weak);
        assert_eq!(Config.claim("EMMSERVER = m1"), Claim::Strong);
    }
}
