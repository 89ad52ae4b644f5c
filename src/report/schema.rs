//! The JSON contract as a JSON Schema (2020-12), printed by `blogscan scan --print-schema`.
//!
//! Fields may be added without a new version, so a reader must let unknown ones pass; the schema therefore allows
//! them. A test reads every report strictly against it, so that no field is added here or there alone.

use serde_json::{Value, json};

use crate::base::report::SCHEMA;
use crate::base::{Dialect, Impact, Level, News, NoticeCode};

/// The schema of a report.
pub fn report_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "blogscan report, version 1",
        "type": "object",
        "properties": {
            "schema": { "const": SCHEMA },
            "tool": tool(),
            "scan": scan(),
            "sources": list(source()),
            "findings": list(finding()),
            "codes": list(code()),
            "unknown_errors": list(unknown_error()),
            "coverage": list(coverage()),
            "facts": list(fact()),
            "notices": list(notice()),
            "baseline": baseline(),
            "redacted": { "type": "boolean", "description": "true where names are pseudonyms; else left out" },
        },
        "required": [
            "schema", "tool", "scan", "sources", "findings", "codes", "unknown_errors", "coverage", "facts", "notices",
        ],
    })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn maybe_text() -> Value {
    json!({ "type": ["string", "null"] })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn maybe_line() -> Value {
    json!({ "type": ["integer", "null"], "minimum": 1, "description": "1-based; null in binary sources" })
}

fn time() -> Value {
    json!({
        "type": "string",
        "description": "as the log tells it: 2009-03-05T14:55:05.986, with the offset where the zone is known; \
                        14:55:05.986 where the log has no date",
    })
}

fn maybe_time() -> Value {
    json!({ "type": ["string", "null"], "description": "as in the log; null where it has none" })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn values() -> Value {
    json!({ "type": "object", "additionalProperties": { "type": "string" } })
}

fn indices() -> Value {
    list(json!({ "type": "integer", "minimum": 0, "description": "index into the finding's evidence" }))
}

fn one_of<'n>(names: impl Iterator<Item = &'n str>) -> Value {
    json!({ "enum": names.collect::<Vec<_>>() })
}

fn dialect() -> Value {
    one_of(Dialect::ALL.iter().map(|dialect| dialect.name()))
}

/// An object with these properties, all required but the named ones.
fn object(properties: Value, optional: &[&str]) -> Value {
    let names = properties.as_object().map(|properties| properties.keys().cloned().collect::<Vec<_>>());
    let required: Vec<String> =
        names.unwrap_or_default().into_iter().filter(|name| !optional.contains(&name.as_str())).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn tool() -> Value {
    let catalogue = json!({ "hash": text(), "patterns": count(), "own": list(text()) });
    object(json!({ "name": text(), "version": text(), "catalogue": object(catalogue, &[]) }), &[])
}

fn scan() -> Value {
    object(
        json!({
            "inputs": list(text()), "sources": count(), "bytes": count(), "records": count(), "headless": count(),
            "complete": { "type": "boolean", "description": "false where something asked for was not read" },
        }),
        &[],
    )
}

fn source() -> Value {
    object(
        json!({
            "path": text(), "dialect": dialect(), "encoding": text(), "host": maybe_text(), "process": maybe_text(),
            "zone": maybe_text(), "bytes": count(), "records": count(), "headless": count(), "from": maybe_time(),
            "to": maybe_time(),
        }),
        &[],
    )
}

fn finding() -> Value {
    object(
        json!({
            "advisory": text(),
            "level": one_of(Level::ALL.iter().map(|level| level.name())),
            "impact": one_of(Impact::ALL.iter().map(|impact| impact.name())),
            "title": text(), "url": text(), "key": text(), "host": maybe_text(), "about": values(),
            "first": maybe_time(), "last": maybe_time(), "repeats": count(),
            "conditions": list(condition()), "evidence": list(evidence()), "objects": list(affected_object()),
            "doubts": list(text()), "collect": list(text()), "workaround": text(), "fix": text(),
            "references": list(text()), "silenced": text(),
            "news": one_of(News::ALL.iter().map(|news| news.name())),
            "was": one_of(Level::ALL.iter().map(|level| level.name())),
        }),
        &["silenced", "news", "was"],
    )
}

fn condition() -> Value {
    let state = json!({ "enum": ["met", "unmet", "unknown"] });
    object(
        json!({ "name": text(), "state": state, "evidence": indices(), "collect": text() }),
        &["evidence", "collect"],
    )
}

fn evidence() -> Value {
    object(
        json!({
            "event": text(), "source": text(), "line": maybe_line(), "record": count(), "time": maybe_time(),
            "host": maybe_text(), "fields": values(), "text": text(),
        }),
        &["record"],
    )
}

fn affected_object() -> Value {
    object(json!({ "role": text(), "values": values(), "evidence": indices() }), &["evidence"])
}

fn code() -> Value {
    let first = object(json!({ "jobs": count(), "processes": list(text()) }), &[]);
    object(
        json!({
            "product": text(), "code": text(), "count": count(), "meaning": maybe_text(), "first_failure": first,
        }),
        &["first_failure"],
    )
}

/// Error records of one wording that no pattern knows; no finding.
fn unknown_error() -> Value {
    object(
        json!({
            "product": text(), "dialect": dialect(), "process": maybe_text(), "template": text(), "count": count(),
            "first": maybe_time(), "last": maybe_time(), "code": maybe_text(), "meaning": maybe_text(),
            "source": text(), "line": maybe_line(), "example": text(),
        }),
        &[],
    )
}

/// There only where `--baseline` was given.
fn baseline() -> Value {
    object(json!({ "findings": count(), "not_seen": list(text()) }), &[])
}

fn coverage() -> Value {
    let gap = object(json!({ "from": time(), "to": time() }), &[]);
    object(
        json!({
            "host": maybe_text(), "dialect": dialect(), "process": maybe_text(), "from": time(), "to": time(),
            "gaps": list(gap),
        }),
        &[],
    )
}

const FACT_KINDS: [&str; 7] = ["version", "same-machine", "zone", "role", "plug-in", "storage-server", "fix"];

fn fact() -> Value {
    object(
        json!({
            "host": maybe_text(), "kind": one_of(FACT_KINDS.into_iter()), "product": maybe_text(), "version": maybe_text(),
            "value": text(), "says": text(), "source": text(), "line": maybe_line(),
        }),
        &["value", "says"],
    )
}

fn notice() -> Value {
    let code = one_of(NoticeCode::ALL.iter().map(|code| code.name()));
    object(json!({ "code": code, "source": maybe_text(), "line": maybe_line(), "detail": text() }), &[])
}
