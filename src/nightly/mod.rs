//! Floor 5: the driver of a nightly run. It asks the state what is known, lets the logs be scanned, says what of it is
//! news, keeps all of that in one go, and hands the message over.
//!
//! | module | what |
//! |---|---|
//! | `compare` | tonight's report beside what was told before |
//! | `page` | the message for people and for programs |
//! | `hand_over` | messages to those who wait for them |
//! | `status` | what is known, for the person who asks |
//!
//! The order of things makes it safe to be killed anywhere: nothing is remembered before the message about it is
//! kept beside it, in one transaction; no message counts as told before somebody took it; and a message that may have
//! been taken already is sent again under the same Message-ID.

mod compare;
mod hand_over;
mod page;
mod status;

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use indexmap::IndexSet;

use crate::base::{Level, Report};
use crate::state::{KnownFinding, Lock, Memory, Night, Remembered, State, StateError};

pub use compare::{Before, Counts, News};
pub use hand_over::{MailWay, Ways};
pub use status::status;

/// An example of the settings, every key explained; `blogscan nightly --print-settings` prints it.
pub const EXAMPLE_SETTINGS: &str = include_str!("example.toml");

/// How cron and systemd start it; stands below the help text.
pub const OPERATION: &str = include_str!("operation.txt");

/// What a nightly run is to do, beside the scan. Values as meant, not as typed.
#[derive(Debug)]
pub struct Options {
    /// The file that keeps what is known.
    pub state: PathBuf,
    /// The day of the run.
    pub today: NaiveDate,
    /// Now.
    pub now: DateTime<Utc>,
    /// This machine, for the Message-ID and the subject.
    pub machine: String,
    /// News from this level on are status 1; `None`: none are.
    pub fail_on: Option<Level>,
    /// Send a message even when there is nothing to say.
    pub always: bool,
    /// Change nothing, print what would be sent.
    pub is_trial: bool,
    /// Who gets the message.
    pub ways: Ways,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing to say, or nothing at the asked level.
    Quiet,
    /// Something new.
    News,
    /// Something was not read, not kept or not handed over.
    Trouble,
}

/// What the driver needs of its surroundings.
pub trait Desk {
    /// Scans the logs with what is remembered.
    fn scan(&mut self, memory: &mut Memory<'_>) -> (Report, Remembered);

    /// A message for the person who runs it, one line.
    fn tell(&mut self, message: &str);

    /// Prints a message for people; cron mails what is printed.
    ///
    /// # Errors
    ///
    /// Where it cannot be printed.
    fn print(&mut self, text: &str) -> Result<(), String>;
}

/// Runs one night.
pub fn run(options: &Options, desk: &mut dyn Desk) -> Ending {
    let night = if options.is_trial { try_out(options, desk) } else { spend(options, desk) };
    match night {
        Ok(ending) => ending,
        Err(error) => {
            desk.tell(&error.to_string());
            Ending::Trouble
        }
    }
}

/// Looks and says, and changes nothing.
fn try_out(options: &Options, desk: &mut dyn Desk) -> Result<Ending, StateError> {
    let state = State::look(&options.state)?;
    let before = state.as_ref().map(Before::of).transpose()?.unwrap_or_default();
    let known = state.as_ref().map(State::files).transpose()?.unwrap_or_default();
    let (report, remembered) = scan(state.as_ref(), known, options, desk);
    let news = compare::news(&report, &remembered, &before, options.today);
    if !news.is_empty() || options.always {
        let message = page::message(&news, &report, &[], options);
        if let Err(reason) = desk.print(&format!("Subject: {}\n\n{}", message.subject, message.text)) {
            desk.tell(&reason);
            return Ok(Ending::Trouble);
        }
    }
    Ok(ending(&news, &report, options, true))
}

fn spend(options: &Options, desk: &mut dyn Desk) -> Result<Ending, StateError> {
    let mut lock = Lock::take(&options.state)?;
    let mut notes = Vec::new();
    let mut state = match State::open(&options.state) {
        Err(StateError::Damaged(path, reason)) if lock.was_state() => {
            let aside = State::set_aside(&path, options.now)?;
            notes.push(format!(
                "The state was damaged ({reason}) and was set aside as {}; what was told before is told again.",
                aside.display()
            ));
            State::open(&options.state)?
        }
        opened => opened?,
    };
    lock.mark();
    let before = Before::of(&state)?;
    let known = state.files()?;
    let (report, remembered) = scan(Some(&state), known, options, desk);
    if remembered.is_stopped {
        desk.tell("the run was interrupted; nothing of it was remembered or told");
        return Ok(Ending::Trouble);
    }
    let news = compare::news(&report, &remembered, &before, options.today);
    let speaks = !news.is_empty() || options.always || !notes.is_empty();
    let message = speaks.then(|| page::message(&news, &report, &notes, options));
    let findings: Vec<KnownFinding> = compare::known(&report, options.today);
    let wordings: IndexSet<(String, String)> =
        report.unknown_errors.iter().map(|row| (row.product.clone(), row.template.clone())).collect();
    let night = Night {
        today: options.today,
        now: options.now,
        remembered: &remembered,
        findings: &findings,
        wordings: &wordings,
        message: message.as_ref(),
    };
    for note in &notes {
        desk.tell(note);
    }
    if let Err(error) = state.keep(&night) {
        desk.tell(&format!(
            "{error}; {} of this night were not told and will be told by the next run",
            news.words()
        ));
        return Ok(Ending::Trouble);
    }
    let all = hand_over::all(&mut state, options, desk)?;
    let ending = ending(&news, &report, options, all && notes.is_empty());
    Ok(ending)
}

fn scan(
    state: Option<&State>,
    known: Vec<crate::state::KnownFile>,
    options: &Options,
    desk: &mut dyn Desk,
) -> (Report, Remembered) {
    let mut load = |file| state.and_then(|state| state.content(file));
    desk.scan(&mut Memory { known, load: &mut load, today: options.today })
}

fn ending(news: &News, report: &Report, options: &Options, is_handed_over: bool) -> Ending {
    if !report.scan.complete || !is_handed_over {
        return Ending::Trouble;
    }
    let alarms = options.fail_on.is_some_and(|level| news.reaches(level));
    if alarms { Ending::News } else { Ending::Quiet }
}

/// Unique for each message of a machine, the same whenever it is sent.
fn message_id(options: &Options) -> String {
    let machine: String = options
        .machine
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' })
        .collect();
    let machine = if machine.is_empty() { "localhost" } else { &machine };
    format!("blogscan.{}@{machine}", options.now.timestamp_micros())
}
