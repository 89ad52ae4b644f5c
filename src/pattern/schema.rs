//! The JSON Schema of pattern files (`blogscan patterns schema`), for editors that complete and check while a
//! pattern is being written. `check` is the judge; this says which keys there are.

use serde_json::{Map, Value, json};

use super::check::{PRODUCTS, VERSIONED};
use crate::base::{Dialect, Impact, Level};

/// The schema of the TOML block of a pattern file.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "blogscan-pattern/1",
        "title": "blogscan pattern",
        "type": "object",
        "additionalProperties": false,
        "required": ["schema", "id", "title", "impact", "url", "products"],
        "properties": {
            "schema": { "const": "blogscan-pattern/1" },
            "id": text("The vendor's number; the file bears this name."),
            "aliases": texts("Other numbers of the same failure."),
            "title": text("One line for people."),
            "impact": words("What it does, worst first.", Impact::ALL.map(Impact::name)),
            "url": text("The advisory."),
            "products": list("Products concerned.", words("A product.", PRODUCTS)),
            "about": texts("Values that tell one affected object from another."),
            "horizon": span("How far apart two steps may lie where they do not say; 35d if left out, 400d at most."),
            "no-cleared": text("Why a data-loss pattern has no `cleared` verdict."),
            "knowledge": flag("No log shows it: no verdicts, no samples, only the text to explain it."),
            "affected": one_or_more(affected()),
            "use": map("Names for event classes.", text("class:vm.backup.full")),
            "event": map("Event definitions.", event()),
            "window": map("Named stretches of time.", window()),
            "condition": one_or_more(condition()),
            "verdict": one_or_more(verdict()),
            "output": object("Lists.", &[], json!({
                "affected-objects": texts("Values listed for each affected object."),
            })),
        },
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn flag(description: &str) -> Value {
    json!({ "type": "boolean", "description": description })
}

fn span(description: &str) -> Value {
    json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|min|h|d)$", "description": description })
}

fn within() -> Value {
    json!({
        "type": "string",
        "pattern": "^[0-9]+(ms|s|m|min|h|d)(\\.\\.[0-9]+(ms|s|m|min|h|d))?$",
        "description": "`60s`, or `10s..1d`; both edges belong to it.",
    })
}

fn texts(description: &str) -> Value {
    json!({
        "description": description,
        "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
    })
}

fn words<const N: usize>(description: &str, words: [&str; N]) -> Value {
    json!({ "description": description, "enum": words.to_vec() })
}

fn list(description: &str, items: Value) -> Value {
    let one = items.clone();
    json!({ "description": description, "oneOf": [one, { "type": "array", "items": items }] })
}

fn one_or_more(item: Value) -> Value {
    let one = item.clone();
    json!({ "oneOf": [one, { "type": "array", "items": item }] })
}

fn map(description: &str, values: Value) -> Value {
    json!({ "type": "object", "description": description, "additionalProperties": values })
}

fn object(description: &str, required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "description": description,
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

/// Several groups of properties as one.
fn together<const N: usize>(groups: [Value; N]) -> Value {
    let mut all = Map::new();
    for group in groups {
        if let Value::Object(group) = group {
            all.extend(group);
        }
    }
    Value::Object(all)
}

fn dialects() -> Value {
    let mut names: Vec<String> = Vec::new();
    for dialect in Dialect::ALL {
        let family = format!("{}.*", dialect.product());
        if dialect.name().contains('.') && !names.contains(&family) {
            names.push(family);
        }
        names.push(dialect.name().to_owned());
    }
    list("Log dialects in which it occurs; `netbackup.*` is all of a product.", json!({ "enum": names }))
}

fn plain() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

fn values() -> Value {
    json!({ "oneOf": [plain(), { "type": "array", "items": plain() }] })
}

fn filters(description: &str) -> Value {
    let predicate = object(
        "A predicate.",
        &[],
        json!({
            "in": values(),
            "not": values(),
            "above": { "type": "number" },
            "below": { "type": "number" },
            "equals": text("A value of another step: `step.key`."),
            "matches": text("A regex."),
        }),
    );
    map(description, json!({ "oneOf": [plain(), { "type": "array", "items": plain() }, predicate] }))
}

fn affected() -> Value {
    let version = object(
        "As in the OSV format.",
        &[],
        json!({
            "introduced": text("First affected version; `0`: from the beginning."),
            "fixed": text("First version with the fix."),
            "last_affected": text("Last affected version, where no fix is named."),
        }),
    );
    object(
        "Affected versions of one product.",
        &["product", "ordering"],
        json!({
            "product": words("Product of the version.", VERSIONED),
            "component": text("Part of it."),
            "ordering": words("How its versions are ordered.", ["netbackup", "dotted", "year", "esx"]),
            "events": one_or_more(version),
            "versions": texts("The advisory's own list; wins over the range."),
            "platforms": texts("Platforms; `*` for all."),
            "fixes": texts("Numbers of corrections (EEB, Etrack) that mend an affected version."),
        }),
    )
}

fn event() -> Value {
    object(
        "One line, record or fact.",
        &["dialect"],
        json!({
            "title": text("What it says, in words."),
            "class": texts("Classes that it raises (shared files only)."),
            "dialect": dialects(),
            "process": texts("Processes that log it."),
            "match": texts("A regex on the text behind the head of the record."),
            "any": texts("Several regexes of which one must match."),
            "ignore-case": flag("Letter case of the regexes does not matter."),
            "code": values(),
            "provider": texts("Windows event sources; `code = \"*\"` stands for all their events."),
            "record": texts("Kinds of records that have no text of their own."),
            "severity": words("At least this bad.", ["debug", "info", "warning", "error", "critical"]),
            "where": filters("Predicates on fields and captures of the record."),
            "except": filters("A record for which one of these certainly holds is not meant; one that lacks the value is."),
            "capture": { "description": "Fields taken as values, under their own or new names.", "oneOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" } },
                { "type": "object", "additionalProperties": { "type": "string" } },
            ] },
            "set": map("Constant values.", plain()),
            "unverified": flag("No public sample of the wording was seen."),
            "collect": text("Which log shows it and how to switch that log on."),
            "sample": texts("Lines that it must match."),
            "not": texts("Lines that it must not match."),
        }),
    )
}

fn place() -> Value {
    json!({
        "event": texts("Event by name, alias or class; of a list any one."),
        "as": text("Name, where it differs from the event's."),
        "after": text("After this step."),
        "before": text("Before this step."),
        "near": text("On either side of this step."),
        "within": within(),
        "same": texts("Equal values: `key`, `key=other`, `key=step.other`."),
        "where": filters("Predicates on the values of the event."),
    })
}

fn step() -> Value {
    object(
        "An event that must be there.",
        &["event"],
        together([
            place(),
            json!({
                "during": text("Inside this window."),
                "outside": text("Outside all windows of this name."),
                "running-at": text("While the session of this event ran, the named step happened."),
                "at-least": { "type": "integer", "minimum": 1 },
                "distinct": text("Only events that differ in this value count."),
                "window": span("All of them lie inside this time."),
                "count-same": texts("Values on which they agree."),
            }),
        ]),
    )
}

fn absence() -> Value {
    object(
        "Something that must not be there.",
        &["event"],
        together([
            place(),
            json!({
                "between": { "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 },
                "in-session-of": text("In the session of this step."),
                "outweighs": text("Counts only outside windows of this name, and only if not fewer than inside on that day."),
                "collect": text("What to collect where no log covers it."),
            }),
        ]),
    )
}

fn window() -> Value {
    object(
        "From an opening event to the first closing one.",
        &["opens", "longest"],
        json!({
            "opens": texts("Events that open it."),
            "closes": texts("Events that close it."),
            "where": filters("Predicates on opening events."),
            "same": texts("Values on which opening and closing event agree."),
            "join": texts("`vm=host`: value of the window's events and of the step inside."),
            "slack": span("Added on both sides; 2m if left out."),
            "longest": span("Length where nothing closes it."),
        }),
    )
}

fn condition() -> Value {
    let ground = json!({ "oneOf": [
        step(),
        object("Steps.", &["steps"], json!({ "steps": one_or_more(step()) })),
        object("A value of a step.", &["on", "where"], json!({ "on": text("The step."), "where": filters("All must hold.") })),
        object("A log without these.", &["dialect", "none-of"], json!({ "dialect": text("The log."), "none-of": texts("Events.") })),
    ] });
    let by = json!({ "oneOf": [
        { "type": "string" },
        ground,
        { "type": "array", "items": { "oneOf": [{ "type": "string" }, ground] } },
    ] });
    let when = json!({ "oneOf": [
        ground,
        { "type": "array", "items": { "oneOf": [ground, { "type": "array", "items": ground }] } },
    ] });
    object(
        "One of the advisory's own questions.",
        &["name", "collect"],
        json!({
            "name": text("Name."),
            "test": words("By the version.", ["version"]),
            "of": text("`step.key`: the host whose version counts."),
            "latest": texts("States of which the last one before a step counts."),
            "before": text("That step."),
            "same": texts("Equal values, for `latest`, `met-by` and `unmet-by`."),
            "timeless-unless": by,
            "first": flag("The n-th entries of met-when and unmet-when are judged together; the first that tells decides."),
            "met-by": by,
            "unmet-by": by,
            "met-when": when,
            "unmet-when": when,
            "unmet-means": words("Unmet, every verdict with steps turns into this.", ["cleared"]),
            "required": flag("false: informs, does not decide."),
            "collect": text("Which log would tell."),
        }),
    )
}

fn verdict() -> Value {
    object(
        "A level and what must hold for it.",
        &["level"],
        json!({
            "level": words("How sure.", Level::ALL.map(Level::name)),
            "about": texts("Values of the object, where they differ from the pattern's."),
            "steps": one_or_more(step()),
            "absent": one_or_more(absence()),
            "unless": one_or_more(absence()),
            "uncovered": one_or_more(absence()),
            "supports": one_or_more(object("Evidence that is listed when it is there.", &["event"], place())),
            "needs": texts("Conditions that must be met."),
            "requires": texts("Conditions that must be met; not to know is not enough."),
            "also": one_or_more(object("Further objects to list.", &["event", "as"], json!({
                "event": texts("Events to list."),
                "after": text("After this step; this or `before`."),
                "before": text("Before this step."),
                "until": texts("Until the first of these; what stands before a step: only where none of these follows it."),
                "until-where": filters("Predicates on the events of `until`."),
                "same": texts("Equal values."),
                "where": filters("Predicates on the listed events."),
                "keys": texts("Values to list."),
                "as": text("What they are to the finding."),
            }))),
            "collect": text("What to collect to get further."),
            "doubt": text("A sentence that is always among the doubts."),
        }),
    )
}
