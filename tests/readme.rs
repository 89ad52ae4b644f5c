//! The README is always true: every block that shows a run is run again, and its tables are compared with the program.

use std::path::Path;
use std::process::Command;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// Blocks that begin with `$ blogscan ...`: the arguments, and what must be printed.
fn runs(readme: &str) -> Vec<(Vec<String>, String)> {
    readme
        .split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| {
            let text = block.split_once('\n').map_or("", |(_, text)| text);
            let (command, output) = text.split_once('\n')?;
            let arguments = command.strip_prefix("$ blogscan ")?;
            Some((arguments.split_whitespace().map(str::to_owned).collect(), output.to_owned()))
        })
        .collect()
}

#[test]
fn shown_runs_are_real() {
    let readme = readme();
    let runs = runs(&readme);
    assert!(!runs.is_empty(), "the README shows no run");
    for (arguments, expected) in runs {
        let output = Command::new(env!("CARGO_BIN_EXE_blogscan"))
            .args(&arguments)
            .env("COLUMNS", "80")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        // A run may be shown in part: `...` stands for what is left out.
        let mut rest = printed.as_str();
        for piece in expected.split("\n...\n") {
            let piece = piece.trim_matches('\n');
            let at = rest.find(piece);
            assert!(at.is_some(), "blogscan {arguments:?} does not print\n{piece}\nbut\n{printed}");
            rest = &rest[at.unwrap() + piece.len()..];
        }
    }
}

#[test]
fn every_pattern_is_listed() {
    let readme = readme();
    let (catalogue, faults) = blogscan::pattern::Catalogue::load(&[]);
    assert!(faults.is_empty());
    for pattern in &catalogue.patterns {
        assert!(
            readme.contains(&format!("| {} |", pattern.id)),
            "{} is not in the README's table",
            pattern.id
        );
    }
}

#[test]
fn the_two_commands_are_there() {
    let readme = readme();
    assert!(readme.contains("cargo run --release -- sample-logs"));
    assert!(readme.contains("cargo test"));
}
