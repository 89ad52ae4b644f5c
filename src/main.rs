//! The thin binary: everything is in the library.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use blogscan::cli::{Blogscan, Streams, Surroundings, run};

fn main() -> ExitCode {
    let stdout = std::io::stdout();
    let paints = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    let surroundings = Surroundings {
        today: chrono::Local::now().date_naive(),
        config_home: std::env::var_os("XDG_CONFIG_HOME"),
        home: std::env::var_os("HOME"),
        width: if stdout.is_terminal() { columns() } else { None },
        paints,
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

/// Cells in a line of the terminal; what `COLUMNS` says wins.
fn columns() -> Option<usize> {
    let told = std::env::var("COLUMNS").ok().and_then(|told| told.trim().parse().ok());
    told.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
}
