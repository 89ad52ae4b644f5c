//! How far the work is, on standard error while it lasts: gone at the end, and never there where nobody looks.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::Watch;
use crate::report::escape::visible;

/// Work that is over before this shows nothing: a bar that flashes up tells nobody anything.
const PATIENCE: Duration = Duration::from_millis(600);

/// Between two looks at the numbers: fast enough for the eye, nothing beside the work.
const STEP: Duration = Duration::from_millis(150);

/// Between two lines in a log.
const LINE_STEP: Duration = Duration::from_secs(10);

/// Does the work; shows how far it is if asked to.
pub(crate) fn watched<T>(shown: bool, watch: &Arc<Watch>, work: impl FnOnce() -> T) -> T {
    if !shown {
        return work();
    }
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let shower = scope.spawn(|| show(watch, &over));
        let result = work();
        over.store(true, Ordering::Relaxed);
        shower.thread().unpark();
        // The bar is gone before the first line of results.
        let _ = shower.join();
        result
    })
}

fn show(watch: &Watch, over: &AtomicBool) {
    if !std::io::stderr().is_terminal() {
        return tell(watch, over);
    }
    thread::park_timeout(PATIENCE);
    if over.load(Ordering::Relaxed) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let known = "{bytes} of {total_bytes}, {bytes_per_sec}, {eta} left  {wide_msg}";
    let style = |template: &str| {
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
    };
    bar.set_style(style("{bytes}, {bytes_per_sec}  {wide_msg}"));
    let mut is_known = false;
    while !over.load(Ordering::Relaxed) {
        let (done, total) = watch.bytes();
        if total > 0 && !is_known {
            bar.set_style(style(known));
            is_known = true;
        }
        if total > 0 {
            // Heads of large files are read twice.
            bar.set_length(total);
            bar.set_position(done.min(total));
        } else {
            bar.set_position(done);
        }
        bar.set_message(visible(&watch.current()).into_owned());
        thread::park_timeout(STEP);
    }
    bar.finish_and_clear();
}

/// Where there is no terminal, but progress was asked for: a line now and then.
fn tell(watch: &Watch, over: &AtomicBool) {
    let mut told = Instant::now();
    while !over.load(Ordering::Relaxed) {
        thread::park_timeout(STEP);
        if told.elapsed() >= LINE_STEP {
            told = Instant::now();
            let (done, total) = watch.bytes();
            let (done, total) = (HumanBytes(done), HumanBytes(total));
            // Nothing can be done where standard error is closed.
            let _ = writeln!(std::io::stderr(), "blogscan: {done} of {total}  {}", visible(&watch.current()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_with_and_without_a_bar() {
        let watch = Arc::new(Watch::default());
        assert_eq!(watched(false, &watch, || 1), 1);
        assert_eq!(watched(true, &watch, || 2), 2);
    }
}
