//! From TOML to checked settings. The tree is walked by hand, because a person wants all faults of a file at once
//! and a derived reader stops at the first one.

use std::collections::HashMap;
use std::ops::Range;

use chrono::NaiveDate;
use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Fault, Settings, Silence, ZoneRule};
use crate::base::VersionOrdering;
use crate::base::name::fold;

/// Products whose versions patterns ask for, with the order of their versions.
const PRODUCTS: &[(&str, VersionOrdering)] = &[
    ("netbackup", VersionOrdering::Netbackup),
    ("tsm-client", VersionOrdering::Dotted),
    ("tsm-server", VersionOrdering::Dotted),
    ("backup-exec", VersionOrdering::Year),
    ("esx", VersionOrdering::Esx),
    ("vcenter", VersionOrdering::Esx),
    ("fcm-vmware", VersionOrdering::Dotted),
];

pub(super) type Entry<'t, 'i> = &'t Spanned<DeValue<'i>>;

pub(super) fn settings(text: &str) -> Result<Settings, Vec<Fault>> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (tree, errors) = DeTable::parse_recoverable(body);
    let mut reader = Reader { text: body, faults: Vec::new() };
    for error in errors {
        reader.fault(error.span().unwrap_or(0..0), error.message().trim().to_owned(), None);
    }
    let settings = reader.root(tree.get_ref());
    let mut faults = reader.faults;
    if faults.is_empty() {
        return Ok(settings);
    }
    faults.sort_by_key(|fault| (fault.line, fault.column));
    Err(faults)
}

pub(super) struct Reader<'i> {
    text: &'i str,
    faults: Vec<Fault>,
}

impl<'i> Reader<'i> {
    pub(super) fn fault(&mut self, at: Range<usize>, message: String, help: Option<&str>) {
        let (line, column) = place(self.text, at.start);
        self.faults.push(Fault { line, column, message, help: help.map(str::to_owned) });
    }

    fn root(&mut self, root: &DeTable<'i>) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in root {
            match key.get_ref().as_ref() {
                "site" => self.site(value, &mut settings),
                "zones" => settings.zones = self.zones(value),
                "aliases" => settings.aliases = self.aliases(value),
                "versions" => settings.versions = self.versions(value),
                "silence" => settings.silences = self.silences(value),
                "mail" => settings.mail = self.mail(value),
                name => {
                    let known = "known here: site, zones, aliases, versions, silence, mail";
                    self.fault(key.span(), format!("unknown name `{name}`"), Some(known));
                }
            }
        }
        settings
    }

    fn site(&mut self, value: Entry<'_, 'i>, settings: &mut Settings) {
        let Some(table) = self.table(value, "[site]") else { return };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "backup-accounts" => settings.backup_accounts = self.accounts(value),
                "zone" => settings.zone = self.zone(value),
                name => {
                    let known = "known in [site]: backup-accounts, zone";
                    self.fault(key.span(), format!("unknown name `{name}`"), Some(known));
                }
            }
        }
    }

    fn accounts(&mut self, value: Entry<'_, 'i>) -> Vec<String> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(value, "`backup-accounts`", "a list of texts");
            return Vec::new();
        };
        list.iter().filter_map(|account| self.word(account, "an account")).collect()
    }

    fn zones(&mut self, value: Entry<'_, 'i>) -> IndexMap<String, ZoneRule> {
        self.by_host(value, "[zones]", |reader, value| reader.zone(value))
    }

    fn aliases(&mut self, value: Entry<'_, 'i>) -> IndexMap<String, String> {
        let aliases = self.by_host(value, "[aliases]", |reader, value| {
            reader.word(value, "the name of a host").map(|name| fold(&name))
        });
        aliases.into_iter().filter(|(one, other)| one != other).collect()
    }

    fn versions(&mut self, value: Entry<'_, 'i>) -> IndexMap<String, (String, String)> {
        self.by_host(value, "[versions]", Reader::version)
    }

    fn version(&mut self, value: Entry<'_, 'i>) -> Option<(String, String)> {
        let text = self.word(value, "product and version")?;
        let (product, version) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
        let product = product.to_lowercase();
        let Some((_, ordering)) = PRODUCTS.iter().find(|(name, _)| *name == product) else {
            let names: Vec<&str> = PRODUCTS.iter().map(|(name, _)| *name).collect();
            let help = format!("write product and version; products: {}", names.join(", "));
            self.fault(value.span(), format!("unknown product `{product}`"), Some(&help));
            return None;
        };
        if ordering.parse(version).is_none() {
            let message = format!("`{}` is no version of {product}", version.trim());
            self.fault(value.span(), message, Some("such as `netbackup 6.5.3`"));
            return None;
        }
        Some((product, version.trim().to_owned()))
    }

    /// A table of hosts; two spellings that fold to one name are a fault, since only one could win.
    fn by_host<T>(
        &mut self,
        value: Entry<'_, 'i>,
        what: &str,
        mut read: impl FnMut(&mut Reader<'i>, Entry<'_, 'i>) -> Option<T>,
    ) -> IndexMap<String, T> {
        let mut read_hosts = IndexMap::new();
        let mut seen: HashMap<String, String> = HashMap::new();
        let Some(table) = self.table(value, what) else { return read_hosts };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let host = fold(name);
            if host.is_empty() {
                self.fault(key.span(), "the name of a host is empty".to_owned(), None);
                continue;
            }
            if let Some(before) = seen.insert(host.clone(), name.to_owned()) {
                let message = format!("`{name}` and `{before}` are one host, letter case aside");
                self.fault(key.span(), message, None);
            }
            if let Some(value) = read(self, value) {
                read_hosts.insert(host, value);
            }
        }
        read_hosts
    }

    fn silences(&mut self, value: Entry<'_, 'i>) -> Vec<Silence> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(value, "silence", "a list of tables: write `[[silence]]`");
            return Vec::new();
        };
        list.iter().filter_map(|entry| self.silence(entry)).collect()
    }

    fn silence(&mut self, entry: Entry<'_, 'i>) -> Option<Silence> {
        let table = self.table(entry, "[[silence]]")?;
        let faults_before = self.faults.len();
        let mut texts: HashMap<&str, String> = HashMap::new();
        let mut until = None;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                name @ ("advisory" | "object" | "host" | "reason") => {
                    if let Some(text) = self.word(value, &format!("`{name}`")) {
                        texts.insert(name, text);
                    }
                }
                "until" => until = self.day(value),
                name => {
                    let known = "known in [[silence]]: advisory, object, host, reason, until";
                    self.fault(key.span(), format!("unknown name `{name}`"), Some(known));
                }
            }
        }
        if self.faults.len() == faults_before {
            self.require(entry, texts.contains_key("advisory"), "advisory", "the id of the pattern");
            self.require(entry, texts.contains_key("reason"), "reason", "so that others can judge it");
            self.require(entry, until.is_some(), "until", "a silence without end hides what comes later");
        }
        Some(Silence {
            advisory: texts.remove("advisory")?,
            object: texts.remove("object"),
            host: texts.remove("host"),
            reason: texts.remove("reason")?,
            until: until?,
            line: place(self.text, entry.span().start).0,
        })
    }

    fn require(&mut self, entry: Entry<'_, 'i>, there: bool, name: &str, help: &str) {
        if !there {
            self.fault(entry.span(), format!("[[silence]] lacks `{name}`"), Some(help));
        }
    }

    fn day(&mut self, value: Entry<'_, 'i>) -> Option<NaiveDate> {
        let day = match value.get_ref() {
            DeValue::Datetime(when) => when.date.and_then(|date| {
                NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
            }),
            DeValue::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if day.is_none() {
            self.wrong_type(value, "`until`", "a day such as 2009-06-30");
        }
        day
    }

    fn zone(&mut self, value: Entry<'_, 'i>) -> Option<ZoneRule> {
        let text = self.word(value, "a zone")?;
        match ZoneRule::parse(&text) {
            Ok(zone) => Some(zone),
            Err(message) => {
                self.fault(value.span(), message, None);
                None
            }
        }
    }

    pub(super) fn table<'t>(&mut self, value: Entry<'t, 'i>, what: &str) -> Option<&'t DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(value, what, "a table");
        }
        table
    }

    /// A text that is not blank.
    pub(super) fn word(&mut self, value: Entry<'_, 'i>, what: &str) -> Option<String> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, what, "a text in quotes");
            return None;
        };
        if text.trim().is_empty() {
            self.fault(value.span(), format!("{what} is empty"), None);
            return None;
        }
        Some(text.trim().to_owned())
    }

    pub(super) fn wrong_type(&mut self, value: Entry<'_, 'i>, what: &str, wanted: &str) {
        let found = value.get_ref().type_str();
        self.fault(value.span(), format!("{what} must be {wanted}, found {found}"), None);
    }
}

/// 1-based line and column (in characters) of a byte offset.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.get(line_start..).unwrap_or("").chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
[site]
backup-accounts = ['CORP\svc-backup', "vpxbackup"]
zone = "Europe/Berlin"

[zones]
NBUMEDIA2 = "-05:00"

[aliases]
"SRV DB1" = "DB1.corp.local"

[versions]
nbumedia2 = "NetBackup 6.5.3"
"be1.corp.local" = "backup-exec 2010 R3 SP2"

[[silence]]
advisory = "TECH69597"
object = "nbutest03_1236281108"
reason = "duplicated again, ticket 4711"
until = 2009-06-30

[[silence]]
advisory = "IC89340"
host = "dm1"
reason = "no dynamic disks here"
until = "2013-12-31"

[mail]
to = ["backup-team@example.com"]
from = "blogscan@example.com"
"#;

    #[test]
    fn a_whole_file() {
        let settings = Settings::parse(WHOLE).unwrap();
        assert_eq!(settings.backup_accounts, [r"CORP\svc-backup", "vpxbackup"]);
        assert_eq!(settings.zone.unwrap().to_string(), "Europe/Berlin");
        assert_eq!(settings.zones.get("nbumedia2"), Some(&ZoneRule::Fixed(-18000)));
        assert_eq!(settings.aliases.get("srv db1").unwrap(), "db1.corp.local");
        assert_eq!(settings.versions.get("nbumedia2").unwrap(), &("netbackup".into(), "6.5.3".into()));
        assert_eq!(
            settings.versions.get("be1.corp.local").unwrap(),
            &("backup-exec".into(), "2010 R3 SP2".into())
        );
        let lines: Vec<usize> = settings.silences.iter().map(|silence| silence.line).collect();
        assert_eq!(lines, [16, 22]);
        assert_eq!(settings.silences[0].until.to_string(), "2009-06-30");
        assert_eq!(settings.mail.to, ["backup-team@example.com"]);
        assert_eq!(settings.zone_of(Some("nbumedia2.corp.local")).unwrap().to_string(), "-05:00");
        assert_eq!(settings.zone_of(Some("other")).unwrap().to_string(), "Europe/Berlin");
    }

    #[test]
    fn an_empty_file_and_a_byte_order_mark() {
        assert_eq!(Settings::parse(""), Ok(Settings::default()));
        let marked = format!("\u{feff}{}", WHOLE.replace('\n', "\r\n"));
        assert_eq!(Settings::parse(&marked).unwrap().silences.len(), 2);
    }

    #[test]
    fn all_faults_at_once_with_their_places() {
        let text = "[site]\nzone = \"Berlin\"\nbackup-account = []\n\n[zones]\nsrv1 = 1\nSRV1 = \"+99:00\"\n\n\
                    [versions]\nhost1 = \"networker 7\"\nhost2 = \"netbackup new\"\n\n\
                    [[silence]]\nadvisory = \"X\"\nuntil = 2009-06-30\n\n[[silence]]\nreason = \"\"\nuntil = 5\n\n\
                    [sites]\na = 1\n";
        let faults = Settings::parse(text).unwrap_err();
        let listed: Vec<String> = faults.iter().map(Fault::to_string).collect();
        let expected = [
            "2:8: `Berlin` is no zone; did you mean `Europe/Berlin`?",
            "3:1: unknown name `backup-account` (known in [site]: backup-accounts, zone)",
            "6:1: `srv1` and `SRV1` are one host, letter case aside",
            "6:8: a zone must be a text in quotes, found integer",
            "7:8: `+99:00` is no offset that is in use anywhere (-12:00 to +14:00)",
            "10:9: unknown product `networker` (write product and version; products: netbackup, tsm-client, \
             tsm-server, backup-exec, esx, vcenter, fcm-vmware)",
            "11:9: `new` is no version of netbackup (such as `netbackup 6.5.3`)",
            "13:1: [[silence]] lacks `reason` (so that others can judge it)",
            "18:10: `reason` is empty",
            "19:9: `until` must be a day such as 2009-06-30, found integer",
            "21:2: unknown name `sites` (known here: site, zones, aliases, versions, silence, mail)",
        ];
        assert_eq!(listed, expected);
    }

    #[test]
    fn broken_toml_is_placed_and_the_rest_is_still_checked() {
        let faults = Settings::parse("[site]\nzone = \nnope = 1\n").unwrap_err();
        assert_eq!(faults[0].line, 2, "{faults:?}");
        assert!(faults.iter().any(|fault| fault.message.contains("`nope`")), "{faults:?}");
    }

    #[test]
    fn no_text_makes_it_panic() {
        for end in 0..=WHOLE.len() {
            let _ = Settings::parse(&WHOLE[..end]);
            let _ = Settings::parse(&WHOLE[end..]);
        }
        for text in [
            "silence = 1",
            "site = []",
            "mail = 1",
            "[[mail]]",
            "\u{0}",
            "a.b.c = 1",
            "[zones]\n\"\" = \"Z\"",
        ] {
            let _ = Settings::parse(text);
        }
        assert!(Settings::parse("[[site]]").is_err());
    }
}
