//! What is embedded in the program is what stands in `patterns`, has no fault, and fits its own schema.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::time::Instant;

use blogscan::pattern::{Catalogue, CheckOptions, check, embedded_files, render_faults, schema};
use serde_json::Value;

#[test]
fn the_embedded_patterns_have_no_fault() {
    let faults = check(&[], CheckOptions::default());
    assert!(faults.is_empty(), "{}", render_faults(&faults, false));
    let (catalogue, faults) = Catalogue::load(&[]);
    assert!(faults.is_empty());
    assert!(catalogue.pattern("tech69597").is_some());
    assert!(catalogue.pattern("vmware 1021607").is_some());
}

#[test]
fn every_file_of_the_folder_is_embedded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
    let mut found: Vec<String> = Vec::new();
    for product in std::fs::read_dir(&root).unwrap() {
        let product = product.unwrap();
        for file in std::fs::read_dir(product.path()).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            found.push(format!("{}/{name}", product.file_name().into_string().unwrap()));
        }
    }
    found.sort();
    let mut embedded: Vec<String> = embedded_files().iter().map(|(place, _)| (*place).to_owned()).collect();
    embedded.sort();
    assert_eq!(embedded, found, "add the file to src/pattern/builtin.rs");
}

/// Shared files first: patterns are checked against what they define.
#[test]
fn classes_hold_those_below_them() {
    let catalogue = Catalogue::embedded();
    let kinds = |class: &str| catalogue.classes.get(class).unwrap_or_else(|| panic!("{class}"));
    for class in ["vm.backup.full", "vm.backup.incremental", "vm.backup.synthetic", "vm.backup.unknown"] {
        assert_eq!(kinds(class).len(), 1);
        assert!(kinds("vm.backup.any").contains(&kinds(class)[0]));
    }
    assert_eq!(kinds("vm.cbt-enabled").len(), 2);
    for class in [
        "vm.snapshot-reverted",
        "vm.snapshot-revert-asked",
        "vm.snapshot-created",
        "vm.snapshot-removed",
        "vm.cbt-disabled",
        "vm.cbt-reset",
        "vm.rdm-disk",
    ] {
        assert_eq!(kinds(class).len(), 1, "{class}");
    }
}

#[test]
fn loading_is_cheap() {
    let start = Instant::now();
    for _ in 0..10 {
        Catalogue::load(&[]);
    }
    // A debug build needs about 2 ms a file; the bound only catches regexes compiled by mistake.
    let files = u128::try_from(embedded_files().len()).unwrap();
    assert!(start.elapsed().as_millis() < 10 * files * 20, "{:?}", start.elapsed());
}

fn block(text: &str) -> Value {
    let inside = text.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("\n```")).unwrap().0;
    serde_json::to_value(toml::from_str::<toml::Table>(inside).unwrap()).unwrap()
}

/// What of a JSON Schema the schema of patterns uses.
fn fits(value: &Value, schema: &Value, path: &str) -> Result<(), String> {
    let fail = |what: String| Err(format!("{path}: {what}"));
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let all: Vec<_> = choices.iter().map(|choice| fits(value, choice, path)).collect();
        let count = all.iter().filter(|one| one.is_ok()).count();
        let reasons: Vec<String> = all.into_iter().filter_map(Result::err).collect();
        return if count == 1 { Ok(()) } else { fail(format!("fits {count} of {reasons:?}")) };
    }
    if let Some(constant) = schema.get("const") {
        return if value == constant { Ok(()) } else { fail(format!("is not {constant}")) };
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return if words.contains(value) { Ok(()) } else { fail(format!("{value} is no known word")) };
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => return fail("the schema says no type".to_owned()),
    };
    let is = match value {
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::Array(_) => "array",
        _ => "object",
    };
    let is_integer = is == "number" && types.contains(&"integer");
    if !types.contains(&is) && !is_integer {
        return fail(format!("is {is}, not {types:?}"));
    }
    if let Value::Array(items) = value {
        for item in items {
            fits(item, &schema["items"], path)?;
        }
    }
    let Value::Object(fields) = value else { return Ok(()) };
    for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !fields.contains_key(required.as_str().unwrap()) {
            return fail(format!("lacks {required}"));
        }
    }
    for (key, field) in fields {
        let known = schema.get("properties").and_then(|properties| properties.get(key));
        match (known, &schema["additionalProperties"]) {
            (Some(known), _) => fits(field, known, &format!("{path}.{key}"))?,
            (None, Value::Object(_)) => {
                fits(field, &schema["additionalProperties"], &format!("{path}.{key}"))?;
            }
            (None, _) => return fail(format!("has no key {key}")),
        }
    }
    Ok(())
}

#[test]
fn the_patterns_fit_the_schema() {
    let schema = schema();
    for (place, text) in embedded_files().iter().filter(|(place, _)| place.ends_with(".md")) {
        fits(&block(text), &schema, place).unwrap();
    }
    let draft = blogscan::pattern::new_pattern("DRAFT-1", "tsm");
    fits(&block(&draft), &schema, "draft").unwrap();
    let mut wrong = block(&draft);
    wrong["event"]["went-wrong"]["dialekt"] = Value::from("x");
    assert!(fits(&wrong, &schema, "wrong").unwrap_err().contains("has no key dialekt"));
}
