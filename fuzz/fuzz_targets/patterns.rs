//! Any text as a pattern file: faults are told, nothing else happens.

#![no_main]

use blogscan::pattern::{CheckOptions, check_text, render_faults};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let name = if text.starts_with("schema") { "shared/x.toml" } else { "netbackup/X1.md" };
    let faults = check_text(name, &text, CheckOptions::default());
    render_faults(&faults, true);
});
