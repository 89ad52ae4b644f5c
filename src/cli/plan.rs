//! The command line as meant: values checked, combined with the settings of the site. All that is wrong is said
//! at once.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use chrono::NaiveDate;

use super::args::{FormatWord, OutputWords, ReadingWords, ScanWords, WhenWord};
pub(crate) use super::drive::Options;
use crate::base::Level;
use crate::base::name::fold;
use crate::correlate::bounds::{MOST_FINDINGS, MOST_LISTED};
use crate::input::{Encoding, Limits, MAX_EXPANDED, PathGlob, Watch};
use crate::report::select::{Edge, Moment, Range};
use crate::report::text::Look;
use crate::scan::Days;
use crate::settings::{Settings, ZoneRule};

/// A scan whose two hosts differ by more than this has other troubles than its clocks.
const LARGEST_SKEW_MICROS: u128 = 7 * 24 * 3600 * 1_000_000;

/// What the program finds around it. Arguments, so that tests choose them.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Now, for the date of a mail.
    pub now: SystemTime,
    /// Today, for silences.
    pub today: NaiveDate,
    /// `XDG_CONFIG_HOME`.
    pub config_home: Option<OsString>,
    /// `HOME`.
    pub home: Option<OsString>,
    /// Cells in a line of the terminal; `None`: standard output is none.
    pub width: Option<usize>,
    /// May standard output be painted, when nobody says?
    pub paints: bool,
    /// May progress be shown on standard error, when nobody says?
    pub shows_progress: bool,
    /// Set once the user wants the program to end.
    pub stopped: Arc<AtomicBool>,
}

/// Where results go, and how they look.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) format: FormatWord,
    pub(crate) is_json: bool,
    pub(crate) file: Option<PathBuf>,
    pub(crate) look: Look,
}

/// A scan as meant.
#[derive(Debug)]
pub(crate) struct ScanPlan {
    pub(crate) inputs: Vec<String>,
    pub(crate) output: Output,
    pub(crate) pattern_folders: Vec<PathBuf>,
    pub(crate) options: Options,
    pub(crate) config: Option<PathBuf>,
    /// `None`: as the format has it.
    pub(crate) min_level: Option<Level>,
    pub(crate) fail_on: Option<Level>,
    pub(crate) range: Range,
    pub(crate) baseline: Option<PathBuf>,
    pub(crate) redacts: bool,
    #[cfg(feature = "archives")]
    pub(crate) proof: Option<PathBuf>,
    pub(crate) redact_map: Option<PathBuf>,
    pub(crate) lists_objects: bool,
    pub(crate) shows_progress: bool,
}

/// Everything wrong with a command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UsageError(pub(crate) Vec<String>);

impl Output {
    pub(crate) fn new(words: &OutputWords, surroundings: &Surroundings) -> Output {
        let to_terminal = words.output.is_none();
        let is_colored = match words.color {
            WhenWord::Always => true,
            WhenWord::Never => false,
            WhenWord::Auto => to_terminal && surroundings.paints,
        };
        let terminal = surroundings.width.filter(|_| to_terminal);
        let width = words.width.or(terminal).unwrap_or(Look::default().width);
        Output {
            format: words.format,
            is_json: words.format == FormatWord::Json,
            file: words.output.clone(),
            look: Look { width, is_colored, ..Look::default() },
        }
    }
}

impl ScanPlan {
    pub(crate) fn new(words: ScanWords, surroundings: &Surroundings) -> Result<ScanPlan, UsageError> {
        let mut faults = Vec::new();
        if words.paths.is_empty() {
            faults.push(NO_PATH.to_owned());
        }
        let mut options = reading(&words.reading, &mut faults);
        options.reading.watch = Arc::new(Watch::new(Arc::clone(&surroundings.stopped)));
        if words.list.is_some() && options.bounds.findings == MOST_FINDINGS {
            options.bounds.findings = MOST_LISTED;
        }
        options.only = words.only;
        options.products = words.product;
        let range = Range {
            since: moment("--since", words.since.as_deref(), Edge::Since, &mut faults),
            until: moment("--until", words.until.as_deref(), Edge::Until, &mut faults),
        };
        options.days = Days { since: range.since.map(Moment::day), until: range.until.map(Moment::day) };
        if range.is_reversed() {
            faults.push("--until lies before --since".to_owned());
        }
        let format = words.output.format;
        if words.list.is_some() && !matches!(format, FormatWord::Text | FormatWord::Csv | FormatWord::Json) {
            faults.push("--list writes text, csv or json".to_owned());
        }
        let shows_progress = shows_progress(&words.reading, surroundings);
        let mut output = Output::new(&words.output, surroundings);
        let min_level = words.min_level.map(Level::from);
        output.look.min_level = min_level.unwrap_or(output.look.min_level);
        output.look.is_timeline = words.timeline;
        let plan = ScanPlan {
            inputs: words.paths,
            output,
            pattern_folders: words.patterns.patterns,
            options,
            config: words.reading.config,
            min_level,
            fail_on: words.fail_on.level(),
            range,
            baseline: words.baseline,
            redacts: words.redact,
            #[cfg(feature = "archives")]
            proof: words.proof,
            redact_map: words.redact_map,
            lists_objects: words.list.is_some(),
            shows_progress,
        };
        if faults.is_empty() { Ok(plan) } else { Err(UsageError(faults)) }
    }
}

pub(crate) const NO_PATH: &str = "no path given: name a file, a folder or a bundle with logs, or - for standard \
                                  input, as in `blogscan /usr/openv/netbackup/logs`";

/// Is progress shown?
pub(crate) fn shows_progress(words: &ReadingWords, surroundings: &Surroundings) -> bool {
    match words.progress {
        WhenWord::Always => true,
        WhenWord::Never => false,
        WhenWord::Auto => surroundings.shows_progress,
    }
}

/// What is said about reading, without patterns.
pub(crate) fn reading(words: &ReadingWords, faults: &mut Vec<String>) -> Options {
    let mut options = Options { jobs: words.jobs, ..Options::default() };
    options.bounds.events = words.max_events;
    // One at least: what raises an alarm is shown.
    options.bounds.findings = words.max_findings.max(1);
    options.bounds.objects = options.bounds.objects.max(options.bounds.findings);
    options.date_order = words.date_order.map(Into::into);
    options.host = words.host.as_deref().map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned);
    for text in &words.tz {
        zone(text, &mut options, faults);
    }
    for text in &words.alias {
        match text.split_once('=').map(|(vm, host)| (fold(vm), fold(host))) {
            Some((vm, host)) if !vm.is_empty() && !host.is_empty() => {
                options.aliases.insert(vm, host);
            }
            _ => faults.push(format!("--alias {text}: write it as VM=HOST")),
        }
    }
    match humantime::parse_duration(&words.skew) {
        Ok(skew) if skew.as_micros() <= LARGEST_SKEW_MICROS => {
            options.skew = i64::try_from(skew.as_micros()).unwrap_or(options.skew);
        }
        Ok(_) => faults.push(format!("--skew {}: more than 7 days", words.skew)),
        Err(error) => faults.push(format!("--skew {}: {error}; write it as 30s or 5m", words.skew)),
    }
    sources(words, &mut options, faults);
    options
}

/// Which sources are read, in which encodings, within which bounds.
fn sources(words: &ReadingWords, options: &mut Options, faults: &mut Vec<String>) {
    let reading = &mut options.reading;
    for pattern in &words.exclude {
        match PathGlob::new(pattern) {
            Some(glob) => reading.exclude.push(glob),
            None => faults.push(format!("--exclude {pattern}: this is no valid pattern")),
        }
    }
    for text in &words.encoding {
        let (pattern, name) = match text.rsplit_once('=') {
            Some((pattern, name)) => (Some(pattern), name),
            None => (None, text.as_str()),
        };
        match (Encoding::from_name(name), pattern.map(PathGlob::new)) {
            (None, _) => faults.push(format!(
                "--encoding {text}: no encoding is called `{name}`; some are utf-8, utf-16le, windows-1252, cp850, \
                 shift_jis, gb18030, euc-kr"
            )),
            (_, Some(None)) => faults.push(format!("--encoding {text}: this is no valid pattern")),
            (Some(encoding), glob) => reading.encodings.push((glob.flatten(), encoding)),
        }
    }
    reading.limits = Limits {
        archives: words.max_depth,
        members: words.max_members,
        expansion: words.max_ratio.max(1),
        expanded: size(&words.max_expanded).unwrap_or_else(|| {
            faults.push(format!("--max-expanded {}: write it as 500M or 64G", words.max_expanded));
            MAX_EXPANDED
        }),
    };
}

/// `500M`, `64G`, `1T`, or bytes.
fn size(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_suffix('B').unwrap_or(&text);
    let text = text.strip_suffix('I').unwrap_or(text);
    let power = text.chars().last().and_then(|unit| "KMGT".find(unit));
    let (digits, factor) = match power {
        Some(power) => (text.get(..text.len() - 1)?, 1_u64 << (10 * (power + 1))),
        None => (text, 1),
    };
    digits.trim().parse::<u64>().ok()?.checked_mul(factor)
}

/// `Europe/Berlin`, `-05:00`, `srv1=+01:00`.
fn zone(text: &str, options: &mut Options, faults: &mut Vec<String>) {
    let (host, zone) = match text.split_once('=') {
        Some((host, zone)) => (Some(fold(host)), zone),
        None => (None, text),
    };
    match (ZoneRule::parse(zone), host) {
        (Err(message), _) => faults.push(format!("--tz {text}: {message}")),
        (Ok(_), Some(host)) if host.is_empty() => faults.push(format!("--tz {text}: the host is missing")),
        (Ok(rule), Some(host)) => {
            options.zones.insert(host, rule);
        }
        (Ok(rule), None) => options.zone = Some(rule),
    }
}

fn moment(option: &str, text: Option<&str>, edge: Edge, faults: &mut Vec<String>) -> Option<Moment> {
    let text = text?;
    let moment = Moment::parse(text, edge);
    if moment.is_none() {
        faults.push(format!(
            "{option} {text}: write it as 2009-03-05 or 2009-03-05T14:55, with Z or +01:00 if need be"
        ));
    }
    moment
}

/// How to read, and the settings of the site, for a command that reads paths and is no scan.
pub(crate) fn of_paths(
    paths: &[String],
    words: &ReadingWords,
    surroundings: &Surroundings,
) -> Result<(Options, Settings), UsageError> {
    let mut faults = Vec::new();
    let mut options = reading(words, &mut faults);
    options.reading.watch = Arc::new(Watch::new(Arc::clone(&surroundings.stopped)));
    if paths.is_empty() {
        faults.insert(0, NO_PATH.to_owned());
    }
    if !faults.is_empty() {
        return Err(UsageError(faults));
    }
    let (settings, _) = settings(words.config.as_ref(), surroundings)?;
    Ok((options, settings))
}

/// The settings of the site: the named file, else the first of the usual places that exists. The second value is
/// the file, for messages.
pub(crate) fn settings(
    config: Option<&PathBuf>,
    surroundings: &Surroundings,
) -> Result<(Settings, Option<PathBuf>), UsageError> {
    let found = config.cloned().or_else(|| {
        Settings::places(surroundings.config_home.clone(), surroundings.home.clone())
            .into_iter()
            .find(|place| place.exists())
    });
    let Some(path) = found else { return Ok((Settings::default(), None)) };
    match Settings::load(&path) {
        Ok(settings) => Ok((settings, Some(path))),
        Err(error) => Err(UsageError(error.to_string().lines().map(str::to_owned).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::args::Words;
    use super::*;
    use clap::Parser;

    fn surroundings() -> Surroundings {
        Surroundings {
            now: SystemTime::UNIX_EPOCH,
            today: NaiveDate::from_ymd_opt(2009, 3, 6).unwrap(),
            config_home: None,
            home: None,
            width: Some(132),
            paints: true,
            shows_progress: false,
            stopped: Arc::default(),
        }
    }

    fn plan(words: &[&str]) -> Result<ScanPlan, UsageError> {
        let words = Words::try_parse_from([&["blogscan"], words].concat()).unwrap();
        ScanPlan::new(words.scan, &surroundings())
    }

    #[test]
    fn values_are_checked_and_folded() {
        let plan = plan(&[
            "--tz",
            "Europe/Berlin",
            "--tz",
            "SRV1=-05:00",
            "--alias",
            "SRV DB1=DB1.corp.local",
            "--skew",
            "30s",
            "--date-order",
            "dmy",
            "--since",
            "2009-03-05",
            "-j",
            "3",
            "logs",
        ])
        .unwrap();
        assert_eq!(plan.options.zone.unwrap().to_string(), "Europe/Berlin");
        assert_eq!(plan.options.zones.get("srv1"), Some(&ZoneRule::Fixed(-18000)));
        assert_eq!(plan.options.aliases.get("srv db1").unwrap(), "db1.corp.local");
        assert_eq!(plan.options.skew, 30_000_000);
        assert_eq!(plan.options.jobs, 3);
        assert!(plan.range.since.is_some() && plan.range.until.is_none());
        assert_eq!((plan.output.look.width, plan.output.look.is_colored), (132, true));
        assert_eq!(plan.fail_on, Some(Level::Suspected));
    }

    #[test]
    fn all_faults_are_said_at_once() {
        let words = [
            "--tz", "Berlin", "--tz", "=Z", "--alias", "x", "--skew", "soon", "--since", "now", "--list",
            "objects", "--format", "markdown",
        ];
        let UsageError(faults) = plan(&words).unwrap_err();
        assert_eq!(faults.len(), 7, "{faults:#?}");
        assert!(faults[0].starts_with("no path given"));
        assert_eq!(plan(&["--since", "2009-03-06", "--until", "2009-03-05", "x"]).unwrap_err().0.len(), 1);
        assert!(plan(&["--since", "2009-03-05", "--until", "2009-03-05", "x"]).is_ok());
        assert_eq!(plan(&["--skew", "30d", "x"]).unwrap_err().0, ["--skew 30d: more than 7 days"]);
    }

    #[test]
    fn bounds_and_encodings_are_read() {
        let plan = plan(&[
            "--max-expanded",
            "2g",
            "--max-depth",
            "2",
            "--encoding",
            "cp850",
            "--encoding",
            "*.txt=sjis",
            "--exclude",
            "*.tmp",
            "--until",
            "2009-03-05",
            "x",
        ])
        .unwrap();
        let reading = plan.options.reading;
        assert_eq!((reading.limits.expanded, reading.limits.archives), (2 << 30, 2));
        assert_eq!(reading.encodings.len(), 2);
        assert!(reading.leaves_out("a/b.tmp") && !reading.leaves_out("a/b.log"));
        assert_eq!(plan.options.days.until, NaiveDate::from_ymd_opt(2009, 3, 5));
        assert_eq!([size("12"), size("64GiB"), size("x"), size("")], [Some(12), Some(64 << 30), None, None]);
    }

    #[test]
    fn bad_words_about_reading_are_faults() {
        for words in
            [["--encoding", "klingon", "x"], ["--exclude", "a{b", "x"], ["--max-expanded", "much", "x"]]
        {
            assert_eq!(plan(&words).unwrap_err().0.len(), 1);
        }
    }

    #[test]
    fn a_file_is_not_painted_and_has_its_own_width() {
        let plan = plan(&["-o", "report.txt", "logs"]).unwrap();
        assert_eq!((plan.output.look.width, plan.output.look.is_colored), (80, false));
    }
}
