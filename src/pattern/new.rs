//! A first draft for `blogscan patterns new`: everything a pattern needs, with a word on each part.

/// A pattern file for this id and product that an author fills in. It has no faults, but its event is made up, and
/// `check` asks for sample logs.
pub fn new_pattern(id: &str, product: &str) -> String {
    let dialect = match product {
        "backup-exec" => "backup-exec.job-text",
        "fcm-vmware" => "fcm.log",
        "tsm" => "tsm.error",
        "vsphere" => "vmware.hostd",
        "windows" => "windows.*",
        _ => "netbackup.legacy",
    };
    TEMPLATE.replace("{id}", id).replace("{product}", product).replace("{dialect}", dialect)
}

const TEMPLATE: &str = r#"```toml
schema = "blogscan-pattern/1"
id = "{id}"                              # the vendor's number; the file is called {id}.md
aliases = []                             # other numbers of the same failure
title = "One line: what goes wrong"
impact = "backup-failure"                # data-loss, restore-failure, outage, backup-failure, degraded
url = "https://example.com/{id}"
products = ["{product}"]
about = ["object"]                       # values that tell one affected object from another: one finding each

# Affected versions; leave it out if no version matters.
# [[affected]]
# product = "netbackup"                  # or tsm-client, tsm-server, backup-exec, esx, vcenter, fcm-vmware
# ordering = "netbackup"                 # or dotted, year, esx
# events = [{ introduced = "7.0" }, { fixed = "7.1" }]

# One line, record or fact of one dialect. Found by `match` (or `any`, a list): a regex on the text behind the line's
# head; or by `code` (with `provider` for Windows); or by `record`, the kind of a record that has no text of its own.
[event.went-wrong]
title = "what the line says, in words"
dialect = "{dialect}"
match = '''the operation on (?<object>\S+) failed'''
sample = "the operation on object-1 failed"             # must match: a real line
not = "the operation on object-1 is running"            # must not: the line that looks most like it
collect = "which log shows it, and how to switch that log on"
unverified = true                                       # take this away once a real line was seen

# The advisory's own questions. A condition acts through `needs`.
[[condition]]
name = "it-is-this-one"
met-by = ["went-wrong"]
collect = "what to fetch where the logs do not tell"

# Strongest first: confirmed, likely, then suspected, exposed, cleared. A failure that loses data needs a `cleared`
# verdict, or the reason why there is none: no-cleared = "..."
[[verdict]]
level = "likely"
steps = [{ event = "went-wrong" }]
# steps = [{ event = "a" }, { event = "b", after = "a", within = "60s", same = ["object"] }]
# absent = [{ event = "c", between = ["a", "b"], same = ["object"] }]
needs = ["it-is-this-one"]

[output]
affected-objects = ["object"]
```

# {id}: one line

## What happens

What the product does, and what it does to the data.

## How to tell

What stands in which log, and what looks like it and is harmless.

## Workaround

What to do today.

## Fix

Which version cures it.

## References

- {id}: https://example.com/{id}
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{CheckOptions, PRODUCTS, check_text, render_faults};

    #[test]
    fn a_draft_has_no_faults() {
        for product in PRODUCTS {
            let text = new_pattern("DRAFT-1", product);
            let faults = check_text("DRAFT-1.md", &text, CheckOptions::default());
            assert!(faults.is_empty(), "{product}\n{}", render_faults(&faults, false));
        }
    }
}
