//! `blogscan why-not ID PATH...`: what stands between these logs and a finding.

use std::sync::Arc;

use super::args::WhyNotWords;
use super::plan::{self, NO_PATH, Output, UsageError};
use super::{Desk, Exit, progress, scan};
use crate::input::Watch;
use crate::report::why_not::{render, render_json, sanitise};

pub(super) fn run(words: &WhyNotWords, desk: &mut Desk<'_, '_>) -> Exit {
    let mut faults = Vec::new();
    let mut options = plan::reading(&words.reading, &mut faults);
    options.reading.watch = Arc::new(Watch::new(Arc::clone(&desk.surroundings.stopped)));
    if words.paths.is_empty() {
        faults.insert(0, NO_PATH.to_owned());
    }
    if !faults.is_empty() {
        return desk.usage(&UsageError(faults));
    }
    let settings = match plan::settings(words.reading.config.as_ref(), desk.surroundings) {
        Ok((settings, _)) => settings,
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
