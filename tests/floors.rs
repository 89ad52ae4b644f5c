//! Tests over the project itself: imports respect the floors, files stay short, notices keep one voice.
//!
//! The floors are read from the table in `src/lib.rs`, so the table and what is checked cannot part. That the
//! embedded patterns are those of `patterns/` is checked in `tests/patterns_builtin.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use blogscan::base::NoticeCode;

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file below `src`, with its path from there.
fn source_files() -> Vec<(String, String)> {
    let root = source_folder();
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// The table of floors in the documentation of the library.
fn floors() -> BTreeMap<String, u32> {
    let text = fs::read_to_string(source_folder().join("lib.rs")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let (floor, modules) = line.strip_prefix("//! | ")?.split_once(" | ")?;
        Some((floor.parse::<u32>().ok()?, modules))
    });
    rows.flat_map(|(floor, modules)| {
        modules.split('`').skip(1).step_by(2).map(move |module| (module.to_owned(), floor))
    })
    .collect()
}

/// Identifiers and marks of Rust code; comments and the insides of texts are left out, `::` is one token.
fn tokens(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match rest.as_bytes() {
            [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
            [b'r', b'#' | b'"', ..] => raw_text(rest),
            [b'"', ..] => quoted(rest),
            [b'\'', b'\\', ..] => 2 + rest[2..].find('\'').map_or(0, |end| end.max(1) + 1),
            [b'\'', ..] => match rest.char_indices().nth(2) {
                Some((end, '\'')) => end + 1,
                _ => 1,
            },
            [b':', b':', ..] => {
                found.push(&rest[..2]);
                2
            }
            [first, ..] if first.is_ascii_alphanumeric() || *first == b'_' => {
                let word = |c: char| c.is_alphanumeric() || c == '_';
                let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
                found.push(&rest[..end]);
                end
            }
            _ => {
                let length = rest.chars().next().unwrap().len_utf8();
                found.push(&rest[..length]);
                length
            }
        };
        at += length;
    }
    found.retain(|token| !token.trim().is_empty());
    found
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `r"..."`, `r#"..."#`; `r#type` is a name.
fn raw_text(rest: &str) -> usize {
    let marks = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
    if rest.as_bytes().get(1 + marks) != Some(&b'"') {
        return 1;
    }
    let end = format!("\"{}", "#".repeat(marks));
    let start = marks + 2;
    rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
}

/// The modules of the crate that a file names by a path from the crate's root, be it by `crate::` or by as many
/// `super::` as lead there.
fn imports(file: &str, code: &str) -> Vec<String> {
    let stem = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let depth = if matches!(stem, "lib" | "main") { 0 } else { stem.split('/').count() };
    let tokens = tokens(code);
    let mut found = Vec::new();
    // Of every open brace: does it open a module?
    let mut braces: Vec<bool> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let follows = |offset: usize| tokens.get(at + offset).copied().unwrap_or("");
        match *token {
            "{" => braces.push(at >= 2 && tokens[at - 2] == "mod"),
            "}" => {
                braces.pop();
            }
            "crate" if follows(1) == "::" => found.extend(first_names(&tokens[at + 2..])),
            "super" => {
                let mut steps = 1;
                while follows(2 * steps) == "super" && follows(2 * steps - 1) == "::" {
                    steps += 1;
                }
                let inside = depth + braces.iter().filter(|is_module| **is_module).count();
                if steps >= inside && follows(2 * steps - 1) == "::" {
                    found.extend(first_names(&tokens[at + 2 * steps..]));
                }
                at += 2 * (steps - 1);
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The name that a path begins with; all of them where it begins with a group.
fn first_names(tokens: &[&str]) -> Vec<String> {
    if tokens.first() != Some(&"{") {
        return tokens.first().map(|name| (*name).to_owned()).into_iter().collect();
    }
    let (mut names, mut depth, mut expected) = (Vec::new(), 0, false);
    for token in tokens {
        match *token {
            "{" => {
                depth += 1;
                expected = depth == 1;
            }
            "}" => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            "," => expected = depth == 1,
            name => {
                if expected {
                    names.push(name.to_owned());
                }
                expected = false;
            }
        }
    }
    names
}

#[test]
fn paths_are_read() {
    let code = "use crate::{base::{Level, Stamp}, input, correlate::{World}};\n\
                // crate::cli::run\n\
                const X: &str = \"crate::report\"; const Y: &str = r#\"crate::\"scan\"#;\n\
                const Q: char = '\\''; const R: char = '\"';\n\
                fn f<'a>(x: &'a crate::verdict::Y) { super::super::matching::go(super::own()) }\n\
                mod tests { use super::super::child; use super::super::super::settings::X; }";
    let names = imports("a/b.rs", code);
    assert_eq!(names, ["base", "input", "correlate", "verdict", "matching", "settings"]);
    assert_eq!(imports("a/mod.rs", "mod tests { use super::report; } use super::codes;"), ["codes"]);
}

#[test]
fn every_module_has_a_floor() {
    let floors = floors();
    let text = fs::read_to_string(source_folder().join("lib.rs")).unwrap();
    let mut modules: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    modules.sort_unstable();
    assert_eq!(floors.keys().map(String::as_str).collect::<Vec<_>>(), modules);
    assert!(!text.lines().any(|line| line.starts_with("mod ")), "every module is in the table of floors");
}

#[test]
fn a_module_imports_from_lower_floors_only() {
    let floors = floors();
    let mut faults = Vec::new();
    for (file, code) in source_files() {
        let module = file.split('/').next().unwrap().trim_end_matches(".rs");
        // The library's root and the program stand above all floors.
        let Some(floor) = floors.get(module) else {
            assert!(matches!(module, "lib" | "main"), "{file} belongs to no floor");
            continue;
        };
        let mut names = imports(&file, &code);
        names.sort();
        names.dedup();
        for name in names {
            // What is no module of the crate is a macro or an item of its root.
            if let Some(other) = floors.get(&name).filter(|other| name != module && *other >= floor) {
                faults.push(format!("src/{file} (floor {floor}) imports {name} (floor {other})"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Code without its tests.
fn lines_without_tests(code: &str) -> usize {
    code.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

/// Aimed at; longer files are named in the test's output.
const LONG: usize = 450;
/// Nobody finds anything in such a file.
const TOO_LONG: usize = 600;

#[test]
fn files_stay_short() {
    let lengths = source_files().into_iter().map(|(file, code)| (lines_without_tests(&code), file));
    let mut long: Vec<(usize, String)> = lengths.filter(|(lines, _)| *lines > LONG).collect();
    long.sort();
    for (lines, file) in &long {
        println!("src/{file}: {lines} lines without tests");
    }
    assert!(long.iter().all(|(lines, _)| *lines <= TOO_LONG), "{long:?}");
}

#[test]
fn no_module_is_a_drawer() {
    for (file, _) in source_files() {
        let is_drawer = |part: &str| {
            matches!(part.trim_end_matches(".rs"), "utils" | "util" | "helpers" | "common" | "misc")
        };
        assert!(!file.split('/').any(is_drawer), "{file}");
    }
}

/// Every file says at its top what it is for.
#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = source_files()
        .into_iter()
        .filter(|(_, code)| !code.starts_with("//! "))
        .map(|(file, _)| file)
        .collect();
    assert_eq!(silent, Vec::<String>::new());
}

/// Nobody may trip over a notice that shouts, begs or runs on: one plain sentence each.
#[test]
fn notices_keep_one_voice() {
    for code in NoticeCode::ALL {
        let (name, meaning) = (code.name(), code.meaning());
        assert!(meaning.starts_with(|c: char| c.is_uppercase()), "{name}: {meaning}");
        let inner =
            meaning.strip_suffix('.').unwrap_or_else(|| panic!("{name} ends with a full stop: {meaning}"));
        assert!(!inner.contains(['.', '!', '?', '"']), "{name} is one sentence: {meaning}");
        assert!(meaning.is_ascii() && meaning.len() <= 110, "{name} is short: {meaning}");
        let words: Vec<String> = inner.split(' ').map(str::to_lowercase).collect();
        for shunned in ["please", "sorry", "could", "failed", "invalid", "you", "your", "we", "error"] {
            // "failed" only says that something went wrong; except where reading itself did.
            let may = shunned == "failed" && *code == NoticeCode::ReadFailed;
            assert!(may || !words.iter().any(|word| word == shunned), "{name}: `{shunned}` in {meaning}");
        }
    }
}

/// A closed list: a code that changes its name, or whether it is trouble, breaks somebody's script.
#[test]
fn notice_codes_are_a_closed_list() {
    let list: Vec<String> = NoticeCode::ALL
        .iter()
        .map(|code| {
            format!(
                "{}{}: {}",
                code.name(),
                if code.is_trouble() { " (trouble)" } else { "" },
                code.meaning()
            )
        })
        .collect();
    insta::assert_snapshot!(list.join("\n"));
}
