//! Writes what mutants come to into an expectation file: a table `[finding.mutants]` behind each finding. Everything
//! else in the file stays as a person wrote it.

use indexmap::IndexMap;

use super::{Mutant, level_word};
use crate::base::Level;

/// The text of an expectation file with the mutants of its findings, in the order of the findings; `None`: the
/// finding has none of its own.
pub(in crate::scan) fn blessed(text: &str, findings: &[Option<Vec<Mutant>>]) -> String {
    let text = without_tables(text);
    let mut out = String::new();
    let mut findings = findings.iter();
    let mut open: Option<&Vec<Mutant>> = None;
    // Comments and blank lines before a header belong to what follows it.
    let mut held: Vec<&str> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            held.push(line);
            continue;
        }
        if is_header(trimmed) {
            if let Some(mutants) = open.take() {
                out.push_str(&table(mutants));
            }
            if trimmed == "[[finding]]" {
                open = findings.next().and_then(Option::as_ref);
            }
        }
        for line in held.drain(..).chain([line]) {
            out.push_str(line);
            out.push('\n');
        }
    }
    if let Some(mutants) = open {
        out.push_str(&table(mutants));
    }
    for line in held {
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// A line of an array may begin with a bracket too; a header is alone in its line.
fn is_header(line: &str) -> bool {
    line.starts_with('[')
        && line.ends_with(']')
        && line.trim_matches(['[', ']']).chars().all(|c| c.is_alphanumeric() || "._-".contains(c))
}

fn without_tables(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed == TABLE {
            inside = true;
            while kept.last().is_some_and(|line| line.trim().is_empty()) {
                kept.pop();
            }
            continue;
        }
        // The table ends with the first line that is no part of a list of names.
        inside = inside && !trimmed.is_empty() && !trimmed.starts_with('#') && !is_header(trimmed);
        if !inside {
            kept.push(line);
        }
    }
    kept.join("\n")
}

const TABLE: &str = "[finding.mutants]";
/// Names of one level stand side by side up to here.
const WIDTH: usize = 118;

fn table(mutants: &[Mutant]) -> String {
    let mut levels: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for level in Level::ALL.into_iter().map(Some).chain([None]) {
        let names: Vec<&str> = mutants
            .iter()
            .filter(|mutant| mutant.level == level)
            .map(|mutant| mutant.name.as_str())
            .collect();
        if !names.is_empty() {
            levels.insert(level_word(level), names);
        }
    }
    if levels.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{TABLE}\n");
    for (level, names) in levels {
        let quoted: Vec<String> = names.iter().map(|name| toml::Value::from(*name).to_string()).collect();
        let line = format!("{level} = [{}]", quoted.join(", "));
        if line.chars().count() <= WIDTH {
            text.push_str(&line);
            text.push('\n');
            continue;
        }
        text.push_str(&format!("{level} = [\n"));
        let mut row = String::from(" ");
        for name in &quoted {
            if row.chars().count() + name.chars().count() + 2 > WIDTH {
                text.push_str(&format!("{row}\n"));
                row = String::from(" ");
            }
            row.push_str(&format!(" {name},"));
        }
        text.push_str(&format!("{row}\n]\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::Rule;
    use super::*;

    fn mutant(name: &str, level: Option<Level>) -> Mutant {
        Mutant { name: name.to_owned(), rule: Rule::NeverRises, level }
    }

    const FILE: &str = "schema = \"blogscan-expect/1\"\n# why\n\n[[finding]]\nadvisory = \"A\"\nevidence = [\n  \"a x:1\",\n]\n\n# other\n[[finding]]\nadvisory = \"B\"\n";

    #[test]
    fn tables_stand_behind_their_findings_and_replace_themselves() {
        let mutants =
            [Some(vec![mutant("without a", None), mutant("duplicated", Some(Level::Confirmed))]), None];
        let once = blessed(FILE, &mutants);
        assert!(
            once.contains(
                "]\n\n[finding.mutants]\nconfirmed = [\"duplicated\"]\nnone = [\"without a\"]\n\n# other\n"
            ),
            "{once}"
        );
        assert!(toml::from_str::<toml::Table>(&once).is_ok());
        assert_eq!(blessed(&once, &mutants), once);
        let long: Vec<Mutant> = (0..40).map(|n| mutant(&format!("without {n}"), None)).collect();
        let long = blessed(&once, &[Some(long), None]);
        assert!(toml::from_str::<toml::Table>(&long).is_ok(), "{long}");
        assert_eq!(blessed(&long, &mutants), once);
    }
}
