//! The thin binary: everything is in the library.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use blogscan::cli::{Blogscan, Streams, Surroundings, run};

fn main() -> ExitCode {
    let stdout = std::io::stdout();
    let paints = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    let surroundings = Surroundings {
        now: std::time::SystemTime::now(),
        today: chrono::Local::now().date_naive(),
        config_home: std::env::var_os("XDG_CONFIG_HOME"),
        home: std::env::var_os("HOME"),
        width: if stdout.is_terminal() { columns() } else { None },
        paints,
        shows_progress: std::io::stderr().is_terminal(),
        stopped: on_interrupt(),
    };
    // The lock is held to the end: no other thread writes results.
    let mut out = std::io::BufWriter::new(stdout.lock());
    let mut err = std::io::stderr();
    let exit =
        run(std::env::args_os(), &Blogscan, &surroundings, &mut Streams { out: &mut out, err: &mut err });
    // Whatever could not be written was reported where it was written; a closed pipe must not turn into noise.
    let _ = out.flush();
    let _ = out.into_parts();
    ExitCode::from(exit.code())
}

/// The first interrupt ends the reading, so that what was found so far is told; the second one ends the program.
fn on_interrupt() -> Arc<AtomicBool> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the flag is looked at before it is set. Where signals cannot be had, the program ends
        // as any other does.
        let _ = signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stopped));
        let _ = signal_hook::flag::register(signal, Arc::clone(&stopped));
    }
    stopped
}

/// Cells in a line of the terminal; what `COLUMNS` says wins.
fn columns() -> Option<usize> {
    let told = std::env::var("COLUMNS").ok().and_then(|told| told.trim().parse().ok());
    told.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
}
