//! `blogscan why-not ID PATH...`: what stands between these logs and a finding.

use super::args::WhyNotWords;
use super::plan::{self, Output, UsageError};
use super::{Desk, Exit, progress, scan};
use crate::report::why_not::{render, render_json, sanitise};

pub(super) fn run(words: &WhyNotWords, desk: &mut Desk<'_, '_>) -> Exit {
    let (options, settings) = match plan::of_paths(&words.paths, &words.reading, desk.surroundings) {
        Ok(found) => found,
        Err(error) => return desk.usage(&error),
    };
    let (catalogue, pattern_faults) = desk.engine.catalogue(&words.patterns.patterns);
    for fault in &pattern_faults {
        desk.streams.tell(&fault.to_string());
    }
    let shown = plan::shows_progress(&words.reading, desk.surroundings);
    let why = progress::watched(shown, &options.reading.watch, || {
        desk.engine.why_not(&words.id, &words.paths, &options, &catalogue, &settings)
    });
    let Some(why) = why else {
        let fault = format!("no pattern is called `{}`; blogscan patterns list shows them", words.id);
        return desk.usage(&UsageError(vec![fault]));
    };
    let why = sanitise(why);
    let told = scan::tell_troubles(&why.notices, desk.streams);
    let exit = if pattern_faults.is_empty() { told } else { Exit::Trouble };
    let output = Output::new(&words.output, desk.surroundings);
    let text = if output.is_json { render_json(&why) } else { render(&why, output.look) };
    desk.deliver(&text, &output, exit)
}
