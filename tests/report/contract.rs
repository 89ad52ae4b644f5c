//! The JSON report keeps its contract: every report is read back strictly, by types of its own and against the
//! schema that the program prints.

use std::collections::BTreeMap;

use blogscan::report::json::render;
use blogscan::report::sanitise;
use blogscan::report::schema::report_schema;
use serde::Deserialize;
use serde_json::Value;

use crate::example;

type Values = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Report {
    schema: String,
    tool: Tool,
    scan: Scan,
    sources: Vec<Source>,
    findings: Vec<Finding>,
    codes: Vec<Code>,
    unknown_errors: Vec<UnknownError>,
    coverage: Vec<Coverage>,
    facts: Vec<Fact>,
    notices: Vec<Notice>,
    baseline: Option<Baseline>,
    #[serde(default)]
    redacted: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Baseline {
    findings: u64,
    not_seen: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct UnknownError {
    product: String,
    dialect: String,
    process: Option<String>,
    template: String,
    count: u64,
    first: Option<String>,
    last: Option<String>,
    code: Option<String>,
    meaning: Option<String>,
    source: String,
    line: Option<u64>,
    example: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Tool {
    name: String,
    version: String,
    catalogue: Catalogue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Catalogue {
    hash: String,
    patterns: u64,
    own: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Scan {
    inputs: Vec<String>,
    sources: u64,
    bytes: u64,
    records: u64,
    headless: u64,
    complete: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Source {
    path: String,
    dialect: String,
    encoding: String,
    host: Option<String>,
    process: Option<String>,
    zone: Option<String>,
    bytes: u64,
    records: u64,
    headless: u64,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Finding {
    advisory: String,
    level: String,
    impact: String,
    title: String,
    url: String,
    key: String,
    host: Option<String>,
    about: Values,
    first: Option<String>,
    last: Option<String>,
    repeats: u64,
    conditions: Vec<Condition>,
    evidence: Vec<Evidence>,
    objects: Vec<Object>,
    doubts: Vec<String>,
    collect: Vec<String>,
    workaround: String,
    fix: String,
    references: Vec<String>,
    silenced: Option<String>,
    news: Option<String>,
    was: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    #[allow(dead_code, reason = "read back only to see that it can be")]
    name: String,
    state: String,
    #[serde(default)]
    evidence: Vec<usize>,
    collect: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Evidence {
    event: String,
    source: String,
    line: Option<u64>,
    record: Option<u64>,
    time: Option<String>,
    host: Option<String>,
    fields: Values,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Object {
    role: String,
    values: Values,
    #[serde(default)]
    evidence: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Code {
    product: String,
    code: String,
    count: u64,
    meaning: Option<String>,
    first_failure: Option<FirstFailure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct FirstFailure {
    jobs: u64,
    processes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Coverage {
    host: Option<String>,
    dialect: String,
    process: Option<String>,
    from: String,
    to: String,
    gaps: Vec<Gap>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Gap {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Fact {
    host: Option<String>,
    kind: String,
    product: Option<String>,
    version: Option<String>,
    value: Option<String>,
    says: Option<String>,
    source: String,
    line: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read back only to see that it can be")]
struct Notice {
    code: String,
    source: Option<String>,
    line: Option<u64>,
    detail: String,
}

fn reports() -> [blogscan::base::Report; 4] {
    [example::empty(), example::quiet(), example::whole(), example::compared()]
}

#[test]
fn the_whole_report_as_a_file() {
    insta::assert_snapshot!(render(&sanitise(example::whole())));
}

#[test]
fn every_report_reads_back_strictly() {
    for report in reports() {
        let json = render(&sanitise(report));
        let read: Report = serde_json::from_str(&json).unwrap();
        assert_eq!(read.schema, "blogscan-report/1");
        for finding in &read.findings {
            for condition in &finding.conditions {
                assert!(condition.evidence.iter().all(|index| *index < finding.evidence.len()));
                assert!(condition.state != "unknown" || condition.collect.is_some());
            }
        }
        assert!(json.ends_with("}\n") && json.starts_with("{\n  \"schema\""));
    }
}

#[test]
fn absent_times_are_null_and_not_left_out() {
    let json: Value = serde_json::from_str(&render(&example::whole())).unwrap();
    let cleared = json["findings"].as_array().unwrap().last().unwrap().as_object().unwrap();
    assert_eq!(cleared.get("first"), Some(&Value::Null));
    assert_eq!(cleared.get("last"), Some(&Value::Null));
    let stall = json["findings"][2]["evidence"][0].as_object().unwrap();
    assert_eq!(stall.get("line"), Some(&Value::Null));
    assert_eq!(stall["record"], 48213);
}

/// Checks the part of JSON Schema that the report's schema uses; a property that the schema does not name is an
/// error here, so that the two cannot drift apart.
fn check(schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    if let Some(constant) = schema.get("const")
        && constant != value
    {
        faults.push(format!("{at}: is not {constant}"));
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        faults.push(format!("{at}: {value} is not allowed"));
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.is_empty() && !types.contains(&found) {
        faults.push(format!("{at}: {found} instead of {types:?}"));
    }
    if let (Some(items), Some(elements)) = (schema.get("items"), value.as_array()) {
        for (index, element) in elements.iter().enumerate() {
            check(items, element, &format!("{at}[{index}]"), faults);
        }
    }
    let Some(members) = value.as_object() else { return };
    for (name, member) in members {
        let place = format!("{at}.{name}");
        match (schema.pointer(&format!("/properties/{name}")), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) => check(schema, member, &place, faults),
            (None, None) => faults.push(format!("{place}: not in the schema")),
        }
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !members.contains_key(name.as_str().unwrap_or_default()) {
            faults.push(format!("{at}: lacks {name}"));
        }
    }
}

#[test]
fn every_report_keeps_the_schema() {
    for report in reports() {
        let json: Value = serde_json::from_str(&render(&sanitise(report))).unwrap();
        let mut faults = Vec::new();
        check(&report_schema(), &json, "report", &mut faults);
        assert_eq!(faults, Vec::<String>::new());
    }
}

#[test]
fn the_checker_sees_faults() {
    let mut json: Value = serde_json::from_str(&render(&example::whole())).unwrap();
    json["findings"][0]["level"] = "sure".into();
    json["findings"][0]["surprise"] = 1.into();
    json["scan"]["bytes"] = "many".into();
    json["notices"][0].as_object_mut().unwrap().remove("detail");
    let mut faults = Vec::new();
    check(&report_schema(), &json, "report", &mut faults);
    assert_eq!(faults.len(), 4, "{faults:?}");
}

#[test]
fn the_schema_itself() {
    insta::assert_snapshot!(blogscan::report::json::pretty(&report_schema()));
}
