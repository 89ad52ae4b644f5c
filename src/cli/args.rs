//! The command line as typed. Nothing is read, resolved or combined here: that is `plan`'s work.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::base::{DateOrder, Level};
use crate::correlate::bounds::{MOST_EVENTS, MOST_FINDINGS};
use crate::input::{MAX_ARCHIVES, MAX_EXPANSION, MAX_MEMBERS};

const AFTER_HELP: &str = "\
Exit status:
  0  scanned, nothing at or above --fail-on
  1  findings
  2  trouble: bad usage, a path missing, a bad pattern, or a source that was not read to its end
     (the findings are still printed)

Settings of a site are read from $XDG_CONFIG_HOME/blogscan/blogscan.toml, else from /etc/blogscan.toml, or from
the file named by --config; the current folder is not searched.";

/// Finds known backup failures in logs: what happened, to what, how sure it is, and what the vendor says to do
///
/// blogscan PATH... scans files, folders and bundles (`-` is standard input). The word `scan` is needed only for a
/// path that is spelled like a command.
#[derive(Debug, Parser)]
#[command(name = "blogscan", version, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
pub(crate) struct Words {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) scan: ScanWords,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan logs (the default command)
    #[command(after_help = AFTER_HELP)]
    Scan(Box<ScanWords>),
    /// Scan what is new since the last time, and report what is new, by mail
    Nightly(Box<super::nightly::Words>),
    /// Say of every source which dialect, encoding, host and time span it has
    Identify(Box<IdentifyWords>),
    /// Say what stands between these logs and a finding: the nearest partial match and its first failing step
    WhyNot(Box<WhyNotWords>),
    /// Explain an advisory (TECH69597), a status code (191) or a message id (ANS9365E)
    Explain(ExplainWords),
    /// The catalogue of known failures, and the tools of its authors
    Patterns {
        #[command(subcommand)]
        command: PatternsCommand,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

impl Command {
    /// What to say where a command that is no scan was asked for a format of reports.
    pub(crate) fn format_fault(&self) -> Option<String> {
        let output = match self {
            Command::Identify(words) => &words.output,
            Command::WhyNot(words) => &words.output,
            Command::Explain(words) => &words.output,
            Command::Patterns { command } => match command {
                PatternsCommand::List(words) | PatternsCommand::Show { catalogue: words, .. } => {
                    &words.output
                }
                PatternsCommand::Check(words) | PatternsCommand::Test { words, .. } => &words.output,
                PatternsCommand::Schema { output } | PatternsCommand::New { output, .. } => output,
            },
            Command::Scan(_) | Command::Nightly(_) | Command::Completions { .. } | Command::Man => {
                return None;
            }
        };
        let is_fit = matches!(output.format, FormatWord::Text | FormatWord::Json);
        (!is_fit)
            .then(|| "this command writes text or json; the other formats are those of a scan".to_owned())
    }
}

#[derive(Debug, Default, Args)]
pub(crate) struct ScanWords {
    /// Files, folders and bundles to scan; `-` is standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputWords,
    #[command(flatten)]
    pub(crate) patterns: PatternWords,
    #[command(flatten)]
    pub(crate) reading: ReadingWords,
    /// Only this pattern (may be given several times)
    #[arg(long, value_name = "ID", help_heading = "Findings")]
    pub(crate) only: Vec<String>,
    /// Only patterns of this product (may be given several times)
    #[arg(long, value_name = "PRODUCT", help_heading = "Findings")]
    pub(crate) product: Vec<String>,
    /// Show findings from this level on [default: exposed in text, all in json]
    #[arg(long, value_name = "LEVEL", help_heading = "Findings")]
    pub(crate) min_level: Option<LevelWord>,
    /// Exit with status 1 for findings from this level on
    #[arg(long, value_name = "LEVEL", default_value = "suspected", help_heading = "Findings")]
    pub(crate) fail_on: FailOnWord,
    /// Only findings whose last time is at or after this (2009-03-05, 2009-03-05T14:55, with Z or +01:00)
    #[arg(long, value_name = "TIME", help_heading = "Findings")]
    pub(crate) since: Option<String>,
    /// Only findings whose last time is at or before this; findings without a date are always kept
    #[arg(long, value_name = "TIME", help_heading = "Findings")]
    pub(crate) until: Option<String>,
    /// Mark what is new or has risen against this earlier json report
    #[arg(long, value_name = "FILE", help_heading = "Findings")]
    pub(crate) baseline: Option<PathBuf>,
    /// Replace names of hosts, virtual machines, users, domains, addresses, paths and policies by pseudonyms
    #[arg(long, help_heading = "Output")]
    pub(crate) redact: bool,
    /// Write which pseudonym stands for which name to this file; keep it to yourself
    #[arg(long, value_name = "FILE", requires = "redact", help_heading = "Output")]
    pub(crate) redact_map: Option<PathBuf>,
    /// Write the records that the findings rest on, with their surroundings, to this .tar.gz, and check that a scan of
    /// it finds the same
    #[cfg(feature = "archives")]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) proof: Option<PathBuf>,
    /// List instead of telling: objects, one tab separated line each, or as csv or json
    #[arg(long, value_name = "WHAT", help_heading = "Output")]
    pub(crate) list: Option<ListWord>,
    /// Show the records of each finding in one order of time, with what is known about their clocks (text)
    #[arg(long, help_heading = "Output")]
    pub(crate) timeline: bool,
    /// Print the JSON Schema of the json report and exit
    #[arg(long, help_heading = "Output")]
    pub(crate) print_schema: bool,
}

#[derive(Debug, Args)]
pub(crate) struct IdentifyWords {
    /// Files, folders and bundles; `-` is standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputWords,
    #[command(flatten)]
    pub(crate) reading: ReadingWords,
}

#[derive(Debug, Args)]
pub(crate) struct WhyNotWords {
    /// Id or alias of the advisory
    pub(crate) id: String,
    /// Files, folders and bundles; `-` is standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputWords,
    #[command(flatten)]
    pub(crate) patterns: PatternWords,
    #[command(flatten)]
    pub(crate) reading: ReadingWords,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainWords {
    /// Id of an advisory, status code, message id or event
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) output: OutputWords,
    #[command(flatten)]
    pub(crate) patterns: PatternWords,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PatternsCommand {
    /// One line per known failure
    List(CatalogueWords),
    /// Everything about one pattern
    Show {
        /// Id or alias
        id: String,
        #[command(flatten)]
        catalogue: CatalogueWords,
    },
    /// Say everything that is wrong with pattern files; without a folder, with the built-in ones
    Check(FolderWords),
    /// Check pattern files, run them against their sample logs, and break every hit in all the ways that logs break
    Test {
        #[command(flatten)]
        words: FolderWords,
        /// Leave the samples as they are: no mutants
        #[arg(long, conflicts_with = "bless")]
        no_mutants: bool,
        /// Write what the mutants come to into the expectation files, to be looked through and committed
        #[arg(long)]
        bless: bool,
    },
    /// Print the JSON Schema of pattern files
    Schema {
        #[command(flatten)]
        output: OutputWords,
    },
    /// Print the draft of a pattern file
    New {
        /// The vendor's number of the failure
        id: String,
        /// Product that it concerns
        #[arg(long, value_name = "PRODUCT", default_value = "netbackup")]
        product: String,
        #[command(flatten)]
        output: OutputWords,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CatalogueWords {
    #[command(flatten)]
    pub(crate) output: OutputWords,
    #[command(flatten)]
    pub(crate) patterns: PatternWords,
}

#[derive(Debug, Args)]
pub(crate) struct FolderWords {
    /// Folders with pattern files
    #[arg(value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// Folder with sample logs: <ID>/hit-<case> and <ID>/miss-<case>
    #[arg(long, value_name = "DIR")]
    pub(crate) samples: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputWords,
}

#[derive(Debug, Default, Args)]
pub(crate) struct OutputWords {
    /// Format of the results; only text and json beside scans
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: FormatWord,
    /// Write the results to this file, whole or not at all
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Paint the text; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) color: WhenWord,
    /// Cells in a line
    #[arg(long, value_name = "CELLS", hide = true)]
    pub(crate) width: Option<usize>,
}

#[derive(Debug, Default, Args)]
pub(crate) struct PatternWords {
    /// Add the patterns of this folder; the same id replaces a built-in one (may be given several times)
    #[arg(long, value_name = "DIR", help_heading = "Patterns")]
    pub(crate) patterns: Vec<PathBuf>,
}

#[derive(Debug, Default, Args)]
pub(crate) struct ReadingWords {
    /// Zone of logs that do not tell theirs: Europe/Berlin or +01:00, for one host with HOST= before it
    #[arg(long, value_name = "[HOST=]ZONE", allow_hyphen_values = true, help_heading = "Reading")]
    pub(crate) tz: Vec<String>,
    /// Order of day and month where the logs do not tell
    #[arg(long, value_name = "ORDER", help_heading = "Reading")]
    pub(crate) date_order: Option<DateOrderWord>,
    /// Host of logs that do not name theirs
    #[arg(long, value_name = "HOST", help_heading = "Reading")]
    pub(crate) host: Option<String>,
    /// A virtual machine's name in the inventory and the name it calls itself by (may be given several times)
    #[arg(long, value_name = "VM=HOST", help_heading = "Reading")]
    pub(crate) alias: Vec<String>,
    /// Clocks of different hosts may differ by so much
    #[arg(long, value_name = "TIME", default_value = "5m", help_heading = "Reading")]
    pub(crate) skew: String,
    /// Leave out files, folders and archive members that fit this pattern: *.tmp, old/, bpdm/log.0305* (may be given
    /// several times); a file .blogscanignore does the same for its folder
    #[arg(long, value_name = "GLOB", help_heading = "Reading")]
    pub(crate) exclude: Vec<String>,
    /// Encoding of the sources, or of those that fit a pattern: cp850, *.txt=shift_jis (may be given several times)
    #[arg(long, value_name = "[GLOB=]NAME", help_heading = "Reading")]
    pub(crate) encoding: Vec<String>,
    /// Archives inside each other are opened down to this depth
    #[arg(long, value_name = "N", default_value_t = MAX_ARCHIVES, help_heading = "Bounds")]
    pub(crate) max_depth: usize,
    /// So many members of one archive are read, those of archives inside it included
    #[arg(long, value_name = "N", default_value_t = MAX_MEMBERS, help_heading = "Bounds")]
    pub(crate) max_members: u64,
    /// One packed byte may become so many
    #[arg(long, value_name = "N", default_value_t = MAX_EXPANSION, help_heading = "Bounds")]
    pub(crate) max_ratio: u64,
    /// One packed file may become so many bytes: 500M, 64G
    #[arg(long, value_name = "SIZE", default_value = "256G", help_heading = "Bounds")]
    pub(crate) max_expanded: String,
    /// So many matched events are held in all: 24 bytes each, and 4 to 16 where they are looked up
    #[arg(long, value_name = "N", default_value_t = MOST_EVENTS, help_heading = "Bounds")]
    pub(crate) max_events: usize,
    /// So many findings of one advisory are shown each; the rest are counted
    #[arg(long, value_name = "N", default_value_t = MOST_FINDINGS, help_heading = "Bounds")]
    pub(crate) max_findings: usize,
    /// Show how far the work is, on standard error; auto: where that is a terminal; always: else by a line now and then
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) progress: WhenWord,
    /// Settings of the site
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    pub(crate) config: Option<PathBuf>,
    /// Threads; 0: as many as the machine has
    #[arg(short, long, value_name = "N", default_value_t = 0, help_heading = "Reading")]
    pub(crate) jobs: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatWord {
    #[default]
    Text,
    Json,
    Jsonl,
    Csv,
    Markdown,
    #[cfg(feature = "mail")]
    Mail,
    /// One page for a browser, in one file
    Html,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhenWord {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListWord {
    Objects,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DateOrderWord {
    Mdy,
    Dmy,
    Ymd,
}

impl From<DateOrderWord> for DateOrder {
    fn from(word: DateOrderWord) -> DateOrder {
        match word {
            DateOrderWord::Mdy => DateOrder::Mdy,
            DateOrderWord::Dmy => DateOrder::Dmy,
            DateOrderWord::Ymd => DateOrder::Ymd,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelWord {
    Confirmed,
    Likely,
    Suspected,
    Exposed,
    Cleared,
}

impl From<LevelWord> for Level {
    fn from(word: LevelWord) -> Level {
        match word {
            LevelWord::Confirmed => Level::Confirmed,
            LevelWord::Likely => Level::Likely,
            LevelWord::Suspected => Level::Suspected,
            LevelWord::Exposed => Level::Exposed,
            LevelWord::Cleared => Level::Cleared,
        }
    }
}

/// `cleared` is no choice: it never raises the alarm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOnWord {
    Confirmed,
    Likely,
    #[default]
    Suspected,
    Exposed,
    Never,
}

impl FailOnWord {
    /// The lowest level that raises the alarm; `None`: none does.
    pub(crate) fn level(self) -> Option<Level> {
        match self {
            FailOnWord::Confirmed => Some(Level::Confirmed),
            FailOnWord::Likely => Some(Level::Likely),
            FailOnWord::Suspected => Some(Level::Suspected),
            FailOnWord::Exposed => Some(Level::Exposed),
            FailOnWord::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(words: &[&str]) -> Words {
        Words::try_parse_from([&["blogscan"], words].concat()).unwrap()
    }

    #[test]
    fn the_definition_is_sound() {
        Words::command().debug_assert();
    }

    #[test]
    fn scan_is_the_default_command() {
        assert_eq!(parse(&["logs", "more"]).scan.paths, ["logs", "more"]);
        assert_eq!(parse(&["--only", "TECH69597", "logs"]).scan.only, ["TECH69597"]);
        assert_eq!(parse(&["logs", "explain"]).scan.paths, ["logs", "explain"]);
        assert_eq!(parse(&["./explain"]).scan.paths, ["./explain"]);
        assert_eq!(parse(&["-"]).scan.paths, ["-"]);
        let Some(Command::Scan(scan)) = parse(&["scan", "explain"]).command else { panic!("scan") };
        assert_eq!(scan.paths, ["explain"]);
        assert!(matches!(parse(&["explain", "191"]).command, Some(Command::Explain(_))));
    }

    #[test]
    fn offsets_look_like_options_and_are_none() {
        assert_eq!(parse(&["--tz", "-05:00", "logs"]).scan.reading.tz, ["-05:00"]);
        assert_eq!(parse(&["--tz=srv1=-05:00", "logs"]).scan.reading.tz, ["srv1=-05:00"]);
    }

    #[test]
    fn cleared_is_no_reason_to_fail() {
        assert!(Words::try_parse_from(["blogscan", "--fail-on", "cleared", "x"]).is_err());
        assert_eq!(parse(&["--fail-on", "never", "x"]).scan.fail_on.level(), None);
    }
}
