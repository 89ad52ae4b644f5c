//! Floor 1: site settings, from the text of `blogscan.toml` to checked values.
//!
//! ```toml
//! [site]
//! backup-accounts = ['CORP\svc-backup', "vpxbackup"]   # accounts under which backup products work
//! zone = "Europe/Berlin"                               # of logs that do not tell theirs
//!
//! [zones]                                              # the same for single hosts
//! nbumedia2 = "-05:00"
//!
//! [aliases]                                            # name of a VM in the inventory = its name in Windows
//! "SRV DB1" = "db1.corp.local"
//!
//! [versions]                                           # what no log tells
//! nbumedia2 = "netbackup 6.5.3"
//!
//! [[silence]]                                          # a known finding that shall not raise the alarm
//! advisory = "TECH69597"
//! object = "nbutest03_1236281108"                      # may be left out: every object
//! host = "nbutest03"                                   # may be left out: every host
//! reason = "image was duplicated again, ticket 4711"
//! until = 2009-06-30                                   # the last day on which it holds
//!
//! [mail]                                               # who gets nightly reports; blogscan nightly --print-settings explains all
//! to = "backup-team@example.com"
//! ```
//!
//! The file is the one named by `--config`; without that option `$XDG_CONFIG_HOME/blogscan/blogscan.toml` (with
//! `~/.config` where the variable is not set), else `/etc/blogscan.toml`. The folder in which the command runs is
//! deliberately not searched: logs are often unpacked there, and a log bundle must not bring its own settings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use indexmap::IndexMap;

use crate::base::Finding;
use crate::base::name::{fold, is_machine_key, same_machine};

mod mail;
mod read;
mod silence;
mod zone;

pub use mail::MailSettings;
pub use zone::ZoneRule;

/// What a site says about itself. Every value has been checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Accounts under which backup products work, as written.
    pub backup_accounts: Vec<String>,
    /// Zone of sources that carry none of their own.
    pub zone: Option<ZoneRule>,
    /// The same for single hosts, by folded name.
    pub zones: IndexMap<String, ZoneRule>,
    /// Name of a virtual machine to the name of its host; both folded.
    pub aliases: IndexMap<String, String>,
    /// Folded name of a host to product and version.
    pub versions: IndexMap<String, (String, String)>,
    /// Findings that shall not raise the alarm.
    pub silences: Vec<Silence>,
    /// Nightly reports.
    pub mail: MailSettings,
}

/// A known finding that shall not raise the alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Id of the pattern.
    pub advisory: String,
    /// Key of the finding, one value of its object, or `key=value`; `None`: every object.
    pub object: Option<String>,
    /// Host of the finding; `None`: every host.
    pub host: Option<String>,
    /// Why; shown beside the finding.
    pub reason: String,
    /// The last day on which it holds.
    pub until: NaiveDate,
    /// Line in the settings file.
    pub line: usize,
}

/// Something wrong in the settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// Why a settings file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It could not be read.
    #[error("{path}: {error}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It has faults.
    #[error("{}", list(path, faults))]
    Faulty {
        /// The file.
        path: PathBuf,
        /// All of them, in the order of the text.
        faults: Vec<Fault>,
    },
}

fn list(path: &Path, faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(|fault| format!("{}:{fault}", path.display())).collect();
    lines.join("\n")
}

/// More than any site needs; a settings file beyond it is some other file.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

impl Settings {
    /// Checks the text of a settings file; all faults at once.
    pub fn parse(text: &str) -> Result<Settings, Vec<Fault>> {
        read::settings(text)
    }

    /// Reads and checks a settings file.
    pub fn load(path: &Path) -> Result<Settings, SettingsError> {
        let unreadable = |error| SettingsError::Unreadable { path: path.to_owned(), error };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_BYTES {
            return Err(unreadable(std::io::Error::other("too large for a settings file")));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Settings::parse(&text).map_err(|faults| SettingsError::Faulty { path: path.to_owned(), faults })
    }

    /// Where settings are looked for when no file is named, best first.
    pub fn places(xdg_config_home: Option<OsString>, home: Option<OsString>) -> Vec<PathBuf> {
        let absolute = |folder: OsString| Some(PathBuf::from(folder)).filter(|folder| folder.is_absolute());
        let config = xdg_config_home
            .and_then(absolute)
            .or_else(|| home.and_then(absolute).map(|home| home.join(".config")));
        let own = config.map(|folder| folder.join("blogscan").join("blogscan.toml"));
        own.into_iter().chain([PathBuf::from("/etc/blogscan.toml")]).collect()
    }

    /// The zone of a host's logs that carry none of their own.
    pub fn zone_of(&self, host: Option<&str>) -> Option<ZoneRule> {
        let of_host = host.and_then(|host| {
            let host = fold(host);
            let exact = self.zones.get(&host);
            exact.or_else(|| {
                self.zones.iter().find(|(name, _)| same_machine(name, &host)).map(|(_, rule)| rule)
            })
        });
        of_host.copied().or(self.zone)
    }

    /// The silence that covers a finding on this day.
    pub fn silence_of(&self, finding: &Finding, today: NaiveDate) -> Option<&Silence> {
        self.silences.iter().find(|silence| today <= silence.until && silence.covers(finding))
    }
}

impl Silence {
    /// Is this finding meant, whatever the day?
    pub fn covers(&self, finding: &Finding) -> bool {
        self.advisory.eq_ignore_ascii_case(&finding.advisory)
            && self.host.as_deref().is_none_or(|host| is_on(host, finding))
            && self.object.as_deref().is_none_or(|object| is_object(object, finding))
    }
}

fn is_on(host: &str, finding: &Finding) -> bool {
    let hosts = finding.host.iter().chain(finding.about.get("host"));
    let host = fold(host);
    hosts.into_iter().any(|other| same_machine(&host, &fold(other)))
}

fn is_object(object: &str, finding: &Finding) -> bool {
    let same = |key: &str, value: &str, wanted: &str| {
        value == wanted || is_machine_key(key) && same_machine(&fold(value), &fold(wanted))
    };
    finding.key == object
        || finding.about.iter().any(|(key, value)| {
            same(key, value, object)
                || object
                    .split_once('=')
                    .is_some_and(|(name, wanted)| name == key && same(key, value, wanted))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Impact, Level};

    fn finding() -> Finding {
        let about = [("backup_id", "nbutest03_1236281108"), ("copy", "1"), ("fragment", "3")];
        Finding {
            advisory: "TECH69597".into(),
            level: Level::Confirmed,
            impact: Impact::DataLoss,
            title: String::new(),
            url: String::new(),
            key: "TECH69597/nbutest03_1236281108/1/3".into(),
            host: Some("NBUTEST03.corp.local".into()),
            about: about.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
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

    fn silence(object: Option<&str>, host: Option<&str>) -> Silence {
        Silence {
            advisory: "tech69597".into(),
            object: object.map(str::to_owned),
            host: host.map(str::to_owned),
            reason: "ticket 4711".into(),
            until: NaiveDate::from_ymd_opt(2009, 6, 30).unwrap(),
            line: 1,
        }
    }

    #[test]
    fn a_silence_covers_what_it_names_and_nothing_else() {
        let finding = finding();
        for object in [None, Some("nbutest03_1236281108"), Some("fragment=3"), Some(&finding.key)] {
            assert!(silence(object, None).covers(&finding), "{object:?}");
        }
        for object in ["nbutest03", "fragment=2", "fragment", "4"] {
            assert!(!silence(Some(object), None).covers(&finding), "{object}");
        }
        assert!(silence(None, Some("nbutest03")).covers(&finding));
        assert!(!silence(None, Some("nbutest04")).covers(&finding));
    }

    #[test]
    fn a_silence_ends_with_its_last_day() {
        let settings = Settings { silences: vec![silence(None, None)], ..Settings::default() };
        let day = |month, day| NaiveDate::from_ymd_opt(2009, month, day).unwrap();
        assert!(settings.silence_of(&finding(), day(6, 30)).is_some());
        assert!(settings.silence_of(&finding(), day(7, 1)).is_none());
    }

    #[test]
    fn the_folder_at_hand_is_not_searched() {
        let places = Settings::places(None, Some("/home/ada".into()));
        let expected = ["/home/ada/.config/blogscan/blogscan.toml", "/etc/blogscan.toml"];
        assert_eq!(places, expected.map(PathBuf::from));
        assert_eq!(Settings::places(Some("relative".into()), None), [PathBuf::from("/etc/blogscan.toml")]);
    }

    #[test]
    fn a_missing_file_names_itself() {
        let error = Settings::load(Path::new("no/such/blogscan.toml")).unwrap_err();
        assert!(error.to_string().starts_with("no/such/blogscan.toml: "), "{error}");
    }
}
