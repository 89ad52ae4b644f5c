//! `blogscan nightly`: from words typed to a nightly run, and the small commands around its state.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand, ValueEnum};

use super::args::{FailOnWord, OutputWords, PatternWords, ReadingWords};
use super::plan::{self, NO_PATH, Options, Output, UsageError};
use super::{Exit, progress, scan};
use crate::base::Report;
#[cfg(feature = "mail")]
use crate::delivery::{Carrier, Credentials, Encryption, Server};
use crate::input::Watch;
use crate::nightly::{self, Ending, MailWay, Ways};
use crate::pattern::{Catalogue, Fault};
use crate::report::escape::visible;
use crate::report::sanitise;
use crate::settings::{MailSettings, Settings};
use crate::state::{Acknowledgement, Lock, Memory, Remembered, State, StateError};

/// Scan what is new since the last time, and report what is new, by mail
///
/// What was read on earlier nights counts, also when the log is gone by now: a failure whose two halves fall into two
/// nights is found. A finding is told when it is new, when it becomes surer, and when it is cleared; where there is
/// nothing to say, nothing is sent.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_long_help = nightly::OPERATION)]
pub(crate) struct Words {
    #[command(subcommand)]
    command: Option<NightlyCommand>,
    #[command(flatten)]
    run: RunWords,
}

#[derive(Debug, Subcommand)]
enum NightlyCommand {
    /// Say that a finding is known: it is not told again before a day, unless it becomes surer
    Ack {
        /// Id of the advisory
        id: String,
        /// Key of the finding, or a value of its object; left out: every object
        object: Option<String>,
        /// The last day on which it holds
        #[arg(long, value_name = "DATE")]
        until: NaiveDate,
        /// Why, so that others can judge it
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        state: StateWords,
    },
    /// Say what is known, acknowledged and still to be handed over
    Status {
        #[command(flatten)]
        state: StateWords,
    },
    /// Forget that a finding was told or acknowledged: it is news again
    Forget {
        /// Id of the advisory
        id: String,
        /// Key of the finding, or a value of its object; left out: every object
        object: Option<String>,
        #[command(flatten)]
        state: StateWords,
    },
}

#[derive(Debug, Args)]
struct StateWords {
    /// The file that keeps what is known [default: nightly.db in the state folder, see below]
    #[arg(long, value_name = "FILE", env = "BLOGSCAN_STATE", hide_env = true, help_heading = "Nightly")]
    state: Option<PathBuf>,
    /// What systemd names with StateDirectory=
    #[arg(long, env = "STATE_DIRECTORY", hide = true)]
    state_directory: Option<OsString>,
    /// The user's folder for states
    #[arg(long, env = "XDG_STATE_HOME", hide = true)]
    xdg_state_home: Option<OsString>,
}

#[derive(Debug, Args)]
struct RunWords {
    /// Files, folders and bundles to scan
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    #[command(flatten)]
    state: StateWords,
    /// Change nothing and send nothing; print what would be sent
    #[arg(long, help_heading = "Nightly")]
    dry_run: bool,
    /// Send a report even when there is nothing new
    #[arg(long, help_heading = "Nightly")]
    always: bool,
    /// Print an example of the settings, every key explained, and exit
    #[arg(long, help_heading = "Nightly")]
    print_settings: bool,
    /// Exit with status 1 for news from this level on
    #[arg(long, value_name = "LEVEL", default_value = "suspected", help_heading = "Findings")]
    fail_on: FailOnWord,
    /// Send the report to this address (may be given several times) [default: print it]
    #[arg(long, value_name = "ADDRESS", help_heading = "Delivery")]
    mail_to: Vec<String>,
    /// Send it from this address
    #[arg(long, value_name = "ADDRESS", help_heading = "Delivery")]
    mail_from: Option<String>,
    /// Through this mail server
    #[arg(long, value_name = "HOST[:PORT]", help_heading = "Delivery")]
    smtp: Option<String>,
    /// How the connection is kept secret [default: starttls]
    #[arg(long, value_name = "HOW", help_heading = "Delivery")]
    smtp_tls: Option<TlsWord>,
    /// File with name and password for the server, one line each (or BLOGSCAN_SMTP_USER and BLOGSCAN_SMTP_PASSWORD)
    #[arg(long, value_name = "FILE", help_heading = "Delivery")]
    smtp_credentials: Option<PathBuf>,
    /// Certificates (PEM) of authorities that only this site trusts
    #[arg(long, value_name = "FILE", help_heading = "Delivery")]
    smtp_ca: Option<PathBuf>,
    /// Through this program, as sendmail [default, where no other way is named: /usr/sbin/sendmail]
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, default_missing_value = SENDMAIL, help_heading = "Delivery")]
    sendmail: Option<PathBuf>,
    /// Into this folder of mails (maildir)
    #[arg(long, value_name = "DIR", help_heading = "Delivery")]
    maildir: Option<PathBuf>,
    /// Behind the mails of this file (mbox)
    #[arg(long, value_name = "FILE", help_heading = "Delivery")]
    file: Option<PathBuf>,
    /// Give the report as JSON to the standard input of this command
    #[arg(long, value_name = "COMMAND", help_heading = "Delivery")]
    webhook: Option<String>,
    /// Only this pattern (may be given several times)
    #[arg(long, value_name = "ID", help_heading = "Findings")]
    only: Vec<String>,
    /// Only patterns of this product (may be given several times)
    #[arg(long, value_name = "PRODUCT", help_heading = "Findings")]
    product: Vec<String>,
    #[command(flatten)]
    patterns: PatternWords,
    #[command(flatten)]
    reading: ReadingWords,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
enum TlsWord {
    /// STARTTLS; a server that does not offer it gets nothing
    StartTls,
    /// TLS from the first byte (port 465)
    Tls,
    /// Not at all
    None,
}

const SENDMAIL: &str = "/usr/sbin/sendmail";

/// How long an answer may take where nobody says: what mail servers allow each other is minutes, but a night run
/// waits for nobody that long.
const PATIENCE: u64 = 60;

pub(super) fn run(words: Words, desk: &mut super::Desk<'_, '_>) -> Exit {
    match words.command {
        None => night(words.run, desk),
        Some(NightlyCommand::Ack { id, object, until, reason, state }) => {
            let made = desk.surroundings.today;
            let reason = reason.trim().to_owned();
            let ack = Acknowledgement { id: 0, advisory: name(&id, desk), object, until, reason, made };
            acknowledge(&ack, &state, desk)
        }
        Some(NightlyCommand::Status { state }) => status(&state, desk),
        Some(NightlyCommand::Forget { id, object, state }) => {
            let id = name(&id, desk);
            forget(&id, object.as_deref(), &state, desk)
        }
    }
}

/// The id of a pattern by any of its names; what is no name stays.
fn name(word: &str, desk: &super::Desk<'_, '_>) -> String {
    let (catalogue, _) = desk.engine.catalogue(&[]);
    catalogue.pattern(word).map_or_else(|| word.to_owned(), |pattern| pattern.id.clone())
}

fn now(desk: &super::Desk<'_, '_>) -> DateTime<Utc> {
    desk.surroundings.now.into()
}

fn night(words: RunWords, desk: &mut super::Desk<'_, '_>) -> Exit {
    if words.print_settings {
        let output = Output::new(&OutputWords::default(), desk.surroundings);
        return desk.deliver(nightly::EXAMPLE_SETTINGS, &output, Exit::Quiet);
    }
    let mut faults = Vec::new();
    if words.paths.is_empty() {
        faults.push(NO_PATH.to_owned());
    }
    if words.paths.iter().any(|path| path == "-") {
        faults.push("standard input cannot be read again on the next night: name a file".to_owned());
    }
    let (settings, config) = match plan::settings(words.reading.config.as_ref(), desk.surroundings) {
        Ok(found) => found,
        Err(UsageError(told)) => {
            faults.extend(told);
            Default::default()
        }
    };
    let mut options = plan::reading(&words.reading, &mut faults);
    options.reading.watch = Arc::new(Watch::new(Arc::clone(&desk.surroundings.stopped)));
    options.only.clone_from(&words.only);
    options.products.clone_from(&words.product);
    let state = state_file(&words.state, desk.surroundings.home.as_ref(), &mut faults);
    let machine = machine();
    let ways = ways(&words, &settings.mail, &machine, &mut faults);
    let (catalogue, pattern_faults) = desk.engine.catalogue(&words.patterns.patterns);
    if let Err(UsageError(told)) = scan::check_names(&options, &catalogue) {
        faults.extend(told);
    }
    if !faults.is_empty() {
        return desk.usage(&UsageError(faults));
    }
    let run = nightly::Options {
        state,
        today: desk.surroundings.today,
        now: now(desk),
        machine,
        fail_on: words.fail_on.level(),
        always: words.always || settings.mail.always == Some(true),
        is_trial: words.dry_run,
        ways,
    };
    let shows_progress = plan::shows_progress(&words.reading, desk.surroundings);
    let config = config.as_deref();
    let mut scanner = Scanner {
        desk,
        inputs: &words.paths,
        options: &options,
        catalogue: &catalogue,
        faults: &pattern_faults,
        settings: &settings,
        config,
        shows_progress,
    };
    match nightly::run(&run, &mut scanner) {
        Ending::Quiet => Exit::Quiet,
        Ending::News => Exit::Findings,
        Ending::Trouble => Exit::Trouble,
    }
}

/// Scans for the nightly run, and speaks for it.
struct Scanner<'n, 'd, 's> {
    desk: &'n mut super::Desk<'d, 's>,
    inputs: &'n [String],
    options: &'n Options,
    catalogue: &'n Catalogue,
    faults: &'n [Fault],
    settings: &'n Settings,
    config: Option<&'n Path>,
    shows_progress: bool,
}

impl nightly::Desk for Scanner<'_, '_, '_> {
    fn scan(&mut self, memory: &mut Memory<'_>) -> (Report, Remembered) {
        let engine = self.desk.engine;
        let (mut report, remembered) =
            progress::watched(self.shows_progress, &self.options.reading.watch, || {
                engine.scan_remembering(self.inputs, self.options, self.catalogue, self.settings, memory)
            });
        if !self.faults.is_empty() {
            scan::add_faults(&mut report, self.faults);
            report.scan.complete = false;
        }
        scan::silence(&mut report, self.settings, self.config, self.options, self.desk);
        let report = sanitise(report);
        scan::tell_troubles(&report.notices, self.desk.streams);
        (report, remembered)
    }

    fn tell(&mut self, message: &str) {
        self.desk.streams.tell(message);
    }

    fn print(&mut self, text: &str) -> Result<(), String> {
        // A closed pipe is trouble here: nobody has read it.
        let out = &mut self.desk.streams.out;
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| error.to_string())
    }
}

/// Where the state is.
fn state_file(words: &StateWords, home: Option<&OsString>, faults: &mut Vec<String>) -> PathBuf {
    if let Some(state) = &words.state {
        return state.clone();
    }
    const NAME: &str = "nightly.db";
    let folder = |name: &OsString| Some(PathBuf::from(name)).filter(|folder| folder.is_absolute());
    // systemd may name several, with colons between them.
    let service = words.state_directory.as_ref().and_then(|folders| std::env::split_paths(folders).next());
    let user = words.xdg_state_home.as_ref().and_then(folder);
    let default = || home.and_then(folder).map(|home| home.join(".local/state"));
    match (service, user.or_else(default)) {
        (Some(folder), _) => folder.join(NAME),
        (None, Some(folder)) => folder.join("blogscan").join(NAME),
        (None, None) => {
            faults.push("no folder for the state is known: name a file with --state".to_owned());
            PathBuf::new()
        }
    }
}

/// The name of this machine, as it knows itself.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let told = read("/proc/sys/kernel/hostname").or_else(|| read("/etc/hostname"));
    let told = told.or_else(|| std::env::var("COMPUTERNAME").ok()).or_else(|| std::env::var("HOSTNAME").ok());
    let told = told.unwrap_or_default();
    told.trim().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).collect()
}

/// Who gets the message: what the command line says, else the settings.
fn ways(words: &RunWords, mail: &MailSettings, machine: &str, faults: &mut Vec<String>) -> Ways {
    let patience = Duration::from_secs(mail.timeout.unwrap_or(PATIENCE));
    let webhook = words.webhook.clone().or_else(|| mail.webhook.clone());
    let to = if words.mail_to.is_empty() { mail.to.clone() } else { words.mail_to.clone() };
    let names_way = words.names_carrier() || mail.names_carrier();
    if to.is_empty() && !names_way {
        return Ways { mail: None, webhook, patience };
    }
    let to = if to.is_empty() { vec!["root@localhost".to_owned()] } else { to };
    let host = if machine.contains('.') { machine } else { "localhost" };
    let from = words.mail_from.clone().or_else(|| mail.from.clone());
    let from = from.unwrap_or_else(|| format!("blogscan@{host}"));
    let mail = mail_way(words, mail, patience, from, to, faults);
    Ways { mail, webhook, patience }
}

impl RunWords {
    fn names_carrier(&self) -> bool {
        self.smtp.is_some() || self.sendmail.is_some() || self.maildir.is_some() || self.file.is_some()
    }
}

impl MailSettings {
    fn names_carrier(&self) -> bool {
        self.smtp.is_some() || self.sendmail.is_some() || self.maildir.is_some() || self.file.is_some()
    }
}

#[cfg(not(feature = "mail"))]
fn mail_way(
    _: &RunWords,
    _: &MailSettings,
    _: Duration,
    _: String,
    _: Vec<String>,
    faults: &mut Vec<String>,
) -> Option<MailWay> {
    faults.push("this program was built without mail".to_owned());
    None
}

#[cfg(feature = "mail")]
fn mail_way(
    words: &RunWords,
    mail: &MailSettings,
    patience: Duration,
    from: String,
    to: Vec<String>,
    faults: &mut Vec<String>,
) -> Option<MailWay> {
    for address in to.iter().chain([&from]) {
        if let Err(reason) = crate::delivery::check_address(address) {
            faults.push(reason);
        }
    }
    // One way on the command line is instead of the way of the settings.
    let of_words = words.names_carrier();
    let pick =
        |word: &Option<PathBuf>, set: &Option<PathBuf>| if of_words { word.clone() } else { set.clone() };
    let smtp = if of_words { words.smtp.clone() } else { mail.smtp.clone() };
    let smtp = smtp.map(|address| server(&address, words, mail, patience, faults));
    let mut carriers: Vec<Carrier> = smtp.into_iter().flatten().map(Carrier::Smtp).collect();
    carriers.extend(pick(&words.sendmail, &mail.sendmail).map(Carrier::Sendmail));
    carriers.extend(pick(&words.maildir, &mail.maildir).map(Carrier::Maildir));
    carriers.extend(pick(&words.file, &mail.file).map(Carrier::File));
    if carriers.len() > 1 {
        faults.push(
            "several ways for the mail are named: choose one of smtp, sendmail, maildir, file".to_owned(),
        );
    }
    let carrier = carriers.pop().unwrap_or_else(|| Carrier::Sendmail(PathBuf::from(SENDMAIL)));
    Some(MailWay { carrier, from, to })
}

#[cfg(feature = "mail")]
fn server(
    address: &str,
    words: &RunWords,
    mail: &MailSettings,
    patience: Duration,
    faults: &mut Vec<String>,
) -> Option<Server> {
    let told = words.smtp_tls.or_else(|| {
        mail.tls.as_deref().map(|word| match word {
            "tls" => TlsWord::Tls,
            "none" => TlsWord::None,
            _ => TlsWord::StartTls,
        })
    });
    let (encryption, usual) = match told.unwrap_or(TlsWord::StartTls) {
        TlsWord::Tls => (Encryption::Tls, 465),
        TlsWord::StartTls => (Encryption::StartTls, 587),
        TlsWord::None => (Encryption::None, 25),
    };
    let (host, port) = match split_address(address, usual) {
        Some(parts) => parts,
        None => {
            faults.push(format!("{address} is no mail server: write it as HOST or HOST:PORT"));
            return None;
        }
    };
    let file = words.smtp_credentials.as_ref().or(mail.credentials.as_ref());
    let credentials = match credentials(file.map(PathBuf::as_path)) {
        Ok(credentials) => credentials,
        Err(reason) => {
            faults.push(reason);
            None
        }
    };
    let is_here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
    if credentials.is_some() && encryption == Encryption::None && !is_here {
        faults.push(format!("a password for {host} would be sent for all to read: choose tls or starttls"));
    }
    let authorities = words.smtp_ca.clone().or_else(|| mail.authorities.clone());
    Some(Server { host, port, encryption, credentials, authorities, patience })
}

/// `mail.example.com:587`, `[::1]:25`, `mail`.
#[cfg(feature = "mail")]
fn split_address(address: &str, usual: u16) -> Option<(String, u16)> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(host, port)| (host, port.strip_prefix(':')))?,
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let port = port.map_or(Some(usual), |port| port.parse().ok())?;
    (!host.is_empty() && !host.contains(char::is_whitespace)).then(|| (host.to_owned(), port))
}

/// Name and password for the server: of a file, else of the environment. Never of the command line, which every user
/// of the machine can read.
#[cfg(feature = "mail")]
fn credentials(file: Option<&Path>) -> Result<Option<Credentials>, String> {
    let Some(path) = file else {
        let told = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let pair = told("BLOGSCAN_SMTP_USER").zip(told("BLOGSCAN_SMTP_PASSWORD"));
        return Ok(pair.map(|(user, password)| Credentials { user, password }));
    };
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_err(|error| format!("{name}: {error}"))?.permissions().mode();
        if mode & 0o007 != 0 {
            return Err(format!("{name}: everybody can read the password in it: chmod 600 {name}"));
        }
    }
    let mut lines = text.lines();
    match (lines.next().map(str::trim), lines.next()) {
        (Some(user), Some(password)) if !user.is_empty() && !password.is_empty() => {
            Ok(Some(Credentials { user: user.to_owned(), password: password.to_owned() }))
        }
        _ => Err(format!("{name}: write the name into its first line and the password into its second")),
    }
}

fn finish(result: Result<(String, Exit), StateError>, desk: &mut super::Desk<'_, '_>) -> Exit {
    match result {
        Ok((text, exit)) => {
            let output = Output::new(&OutputWords::default(), desk.surroundings);
            desk.deliver(&text, &output, exit)
        }
        Err(error) => {
            desk.streams.tell(&error.to_string());
            Exit::Trouble
        }
    }
}

fn file(words: &StateWords, desk: &mut super::Desk<'_, '_>) -> Option<PathBuf> {
    let mut faults = Vec::new();
    let path = state_file(words, desk.surroundings.home.as_ref(), &mut faults);
    if faults.is_empty() {
        return Some(path);
    }
    desk.usage(&UsageError(faults));
    None
}

fn acknowledge(ack: &Acknowledgement, words: &StateWords, desk: &mut super::Desk<'_, '_>) -> Exit {
    let Some(path) = file(words, desk) else { return Exit::Trouble };
    if ack.reason.is_empty() || ack.until < desk.surroundings.today {
        let fault = if ack.reason.is_empty() { "--reason is empty" } else { "--until lies in the past" };
        return desk.usage(&UsageError(vec![fault.to_owned()]));
    }
    let result = (|| {
        let _lock = Lock::take(&path)?;
        let mut state = State::open(&path)?;
        state.acknowledge(ack)?;
        let is_known = state.findings()?.iter().any(|finding| finding.advisory == ack.advisory);
        let object =
            ack.object.as_deref().map_or("every object".to_owned(), |object| visible(object).into_owned());
        let id = visible(&ack.advisory).into_owned();
        // It may be said beforehand; but a word that was mistyped must not pass for one that is known.
        let known = if is_known { "" } else { "; no finding of this id is known so far" };
        let told = format!("{id}, {object}: not told until {} unless it becomes surer{known}\n", ack.until);
        Ok((told, Exit::Quiet))
    })();
    finish(result, desk)
}

fn forget(id: &str, object: Option<&str>, words: &StateWords, desk: &mut super::Desk<'_, '_>) -> Exit {
    let Some(path) = file(words, desk) else { return Exit::Trouble };
    let result = (|| {
        let _lock = Lock::take(&path)?;
        let count = State::open(&path)?.forget(id, object)?;
        let exit = if count == 0 { Exit::Findings } else { Exit::Quiet };
        let text = match count {
            0 => "nothing of that is known\n".to_owned(),
            1 => "1 entry forgotten\n".to_owned(),
            count => format!("{count} entries forgotten\n"),
        };
        Ok((text, exit))
    })();
    finish(result, desk)
}

fn status(words: &StateWords, desk: &mut super::Desk<'_, '_>) -> Exit {
    let Some(path) = file(words, desk) else { return Exit::Trouble };
    let today = desk.surroundings.today;
    let result = (|| {
        let Some(state) = State::look(&path)? else {
            return Ok((format!("{}: nothing is known yet\n", path.display()), Exit::Quiet));
        };
        Ok((nightly::status(&state, today)?, Exit::Quiet))
    })();
    finish(result, desk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "mail")]
    #[test]
    fn servers_as_typed() {
        let parts = |address| split_address(address, 587);
        assert_eq!(parts("mail"), Some(("mail".to_owned(), 587)));
        assert_eq!(parts("mail.example.com:25"), Some(("mail.example.com".to_owned(), 25)));
        assert_eq!(parts("[::1]:2525"), Some(("::1".to_owned(), 2525)));
        for bad in ["", ":25", "mail:x", "mail:99999", "[::1", "a b"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_state_is_where_the_system_wants_it() {
        let words = |state: Option<&str>, service: Option<&str>, user: Option<&str>| StateWords {
            state: state.map(PathBuf::from),
            state_directory: service.map(OsString::from),
            xdg_state_home: user.map(OsString::from),
        };
        let home = OsString::from("/home/ada");
        let mut faults = Vec::new();
        let mut at = |words| state_file(&words, Some(&home), &mut faults);
        assert_eq!(at(words(Some("x.db"), Some("/s"), None)), Path::new("x.db"));
        assert_eq!(
            at(words(None, Some("/var/lib/blogscan:/b"), None)),
            Path::new("/var/lib/blogscan/nightly.db")
        );
        assert_eq!(at(words(None, None, Some("/st"))), Path::new("/st/blogscan/nightly.db"));
        assert_eq!(
            at(words(None, None, Some("relative"))),
            Path::new("/home/ada/.local/state/blogscan/nightly.db")
        );
        state_file(&words(None, None, None), None, &mut faults);
        assert_eq!(faults.len(), 1);
    }

    #[cfg(all(unix, feature = "mail"))]
    #[test]
    fn a_password_is_in_a_file_that_not_everybody_reads() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "ada\nse cret\n").unwrap();
        let read = |mode| {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            credentials(Some(file.path()))
        };
        assert!(read(0o644).unwrap_err().contains("chmod 600"));
        assert_eq!(read(0o600).unwrap().unwrap().password, "se cret");
        std::fs::write(file.path(), "ada\n").unwrap();
        assert!(read(0o600).is_err());
    }
}
