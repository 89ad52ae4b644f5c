//! Floor 6: from words typed to an exit status.
//!
//! | status | meaning |
//! |---|---|
//! | 0 | scanned, nothing at or above `--fail-on` |
//! | 1 | findings, of a nightly run new ones; `explain` of an unknown name |
//! | 2 | trouble: bad usage, a path missing, a bad pattern, a source that was not read to its end, a message that was not handed over |
//!
//! Trouble wins over findings. A closed pipe is not trouble. Cleared and silenced findings never count.

mod args;
mod drive;
mod explain;
mod nightly;
mod output;
mod patterns;
mod plan;
mod progress;
#[cfg(feature = "archives")]
mod proof;
mod scan;
mod why_not;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches};

use args::{Command, IdentifyWords, Words};
use plan::{Output, UsageError};

pub use drive::{Blogscan, Engine, Options};
pub use output::Streams;
pub use plan::Surroundings;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0.
    Quiet,
    /// 1.
    Findings,
    /// 2.
    Trouble,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Quiet => 0,
            Exit::Findings => 1,
            Exit::Trouble => 2,
        }
    }
}

/// What the commands work with.
struct Desk<'d, 's> {
    engine: &'d dyn Engine,
    surroundings: &'d Surroundings,
    streams: &'d mut Streams<'s>,
}

impl Desk<'_, '_> {
    /// Gives out results; `then` is how the program ends if that works.
    fn deliver(&mut self, text: &str, output: &Output, then: Exit) -> Exit {
        match self.streams.deliver(text, output.file.as_deref()) {
            Ok(()) => then,
            Err(error) => {
                self.streams.tell(&format!("{error:#}"));
                Exit::Trouble
            }
        }
    }

    fn usage(&mut self, UsageError(faults): &UsageError) -> Exit {
        for fault in faults {
            self.streams.tell(fault);
        }
        Exit::Trouble
    }
}

/// Runs the program with these words (the first is its name).
pub fn run(
    words: impl IntoIterator<Item = OsString>,
    engine: &dyn Engine,
    surroundings: &Surroundings,
    streams: &mut Streams<'_>,
) -> Exit {
    let parsed =
        Words::command().try_get_matches_from(words).and_then(|matches| Words::from_arg_matches(&matches));
    let words = match parsed {
        Ok(words) => words,
        Err(error) => return say(&error, surroundings, streams),
    };
    let mut desk = Desk { engine, surroundings, streams };
    if let Some(fault) = words.command.as_ref().and_then(Command::format_fault) {
        return desk.usage(&UsageError(vec![fault]));
    }
    match words.command {
        None => scan::run(words.scan, &mut desk),
        Some(Command::Scan(words)) => scan::run(*words, &mut desk),
        Some(Command::Nightly(words)) => nightly::run(*words, &mut desk),
        Some(Command::Identify(words)) => identify(&words, &mut desk),
        Some(Command::WhyNot(words)) => why_not::run(&words, &mut desk),
        Some(Command::Explain(words)) => explain::run(&words, &mut desk),
        Some(Command::Patterns { command }) => patterns::run(command, &mut desk),
        Some(Command::Completions { shell }) => completions(shell, &mut desk),
        Some(Command::Man) => man(&mut desk),
    }
}

/// Help and version are results; everything else is bad usage.
fn say(error: &clap::Error, surroundings: &Surroundings, streams: &mut Streams<'_>) -> Exit {
    let rendered = error.render();
    if error.use_stderr() {
        streams.tell_block(&rendered.to_string());
        return Exit::Trouble;
    }
    let text = if surroundings.paints { rendered.ansi().to_string() } else { rendered.to_string() };
    match streams.deliver(&text, None) {
        Ok(()) => Exit::Quiet,
        Err(_) => Exit::Trouble,
    }
}

fn identify(words: &IdentifyWords, desk: &mut Desk<'_, '_>) -> Exit {
    use crate::report::identify::{render, render_json, sanitise};
    let (options, settings) = match plan::of_paths(&words.paths, &words.reading, desk.surroundings) {
        Ok(found) => found,
        Err(error) => return desk.usage(&error),
    };
    let shown = plan::shows_progress(&words.reading, desk.surroundings);
    let found = progress::watched(shown, &options.reading.watch, || {
        desk.engine.identify(&words.paths, &options, &settings)
    });
    let found = sanitise(found);
    let exit = scan::tell_troubles(&found.notices, desk.streams);
    let output = Output::new(&words.output, desk.surroundings);
    let text = if output.is_json { render_json(&found) } else { render(&found, output.look) };
    desk.deliver(&text, &output, exit)
}

fn completions(shell: clap_complete::Shell, desk: &mut Desk<'_, '_>) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Words::command(), "blogscan", &mut script);
    let output = Output::new(&args::OutputWords::default(), desk.surroundings);
    desk.deliver(&String::from_utf8_lossy(&script), &output, Exit::Quiet)
}

fn man(desk: &mut Desk<'_, '_>) -> Exit {
    let mut page = Vec::new();
    if let Err(error) = clap_mangen::Man::new(Words::command()).render(&mut page) {
        desk.streams.tell(&error.to_string());
        return Exit::Trouble;
    }
    let output = Output::new(&args::OutputWords::default(), desk.surroundings);
    desk.deliver(&String::from_utf8_lossy(&page), &output, Exit::Quiet)
}
