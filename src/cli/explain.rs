//! `blogscan explain`: the advisory of a pattern, or the meaning of a code.

use super::args::ExplainWords;
use super::plan::Output;
use super::{Desk, Exit};
use crate::codes::{error_number, link_of};
use crate::pattern::{Catalogue, Pattern};
use crate::report::explain::{Article, render, render_meanings};
use crate::report::json;

pub(super) fn run(words: &ExplainWords, desk: &mut Desk<'_, '_>) -> Exit {
    let output = Output::new(&words.output, desk.surroundings);
    let (catalogue, faults) = desk.engine.catalogue(&words.patterns.patterns);
    for fault in &faults {
        desk.streams.tell(&fault.to_string());
    }
    let done = if faults.is_empty() { Exit::Quiet } else { Exit::Trouble };
    let what = words.what.trim();
    if let Some(pattern) = catalogue.pattern(what) {
        let article = Article::from(pattern);
        let text = if output.is_json { json::pretty(&article) } else { render(&article, output.look) };
        return desk.deliver(&text, &output, done);
    }
    let meanings = desk.engine.meanings(what, &catalogue);
    if !meanings.is_empty() {
        let text =
            if output.is_json { json::pretty(&meanings) } else { render_meanings(&meanings, output.look) };
        return desk.deliver(&text, &output, done);
    }
    desk.streams.tell(&unknown(what, &catalogue));
    if done == Exit::Trouble { done } else { Exit::Findings }
}

fn unknown(what: &str, catalogue: &Catalogue) -> String {
    let wanted = what.to_lowercase();
    let has = |pattern: &&Pattern| {
        let names = [&pattern.id, &pattern.title];
        names.into_iter().chain(&pattern.aliases).any(|name| name.to_lowercase().contains(&wanted))
    };
    let similar: Vec<&str> =
        catalogue.all_patterns().filter(has).map(|pattern| pattern.id.as_str()).take(5).collect();
    let is_number = !wanted.is_empty() && wanted.bytes().all(|byte| byte.is_ascii_digit());
    let is_error = wanted.starts_with("v-79-") || wanted.starts_with("0x");
    if let Some(number) = error_number(&wanted).filter(|_| is_error) {
        let link = link_of(number);
        return format!(
            "0x{number:08X} is {link} of Backup Exec; what it means is not known here, and not guessed"
        );
    }
    if similar.is_empty() && is_number {
        return format!("the code {what} is not known here, and its meaning is not guessed");
    }
    if similar.is_empty() || wanted.is_empty() {
        return format!("nothing is known about `{what}`; blogscan patterns list shows the known failures");
    }
    format!("nothing is called `{what}`; it occurs in {}", similar.join(", "))
}
