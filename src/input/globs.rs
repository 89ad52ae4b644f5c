//! Patterns in arguments, for shells that leave them alone (Windows, quoted arguments): `logs/*/log.0305*`.
//!
//! `*`, `?` and `[...]` stay inside one folder, `**` crosses folders. Links are followed as a shell does: inside a
//! pattern of fixed depth, but not below `**`, where they could lead in circles.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, Error, WalkBuilder};

use super::discover::{is_missing, name_order, spell};

/// What a pattern matched, and the folders that could not be looked into.
#[derive(Default)]
pub(super) struct Expansion {
    /// Where it is, and how the user would have typed it.
    pub(super) matches: Vec<(PathBuf, String)>,
    pub(super) errors: Vec<Error>,
}

/// Does the argument hold a pattern?
pub(super) fn is_glob(argument: &str) -> bool {
    argument.contains(['*', '?', '['])
}

/// Everything that the pattern matches, sorted. `None`: it is no valid pattern.
pub(super) fn expand(pattern: &str) -> Option<Expansion> {
    let pattern = if cfg!(windows) { pattern.replace('\\', "/") } else { pattern.to_owned() };
    let glob_at = pattern.find(['*', '?', '['])?;
    let below = pattern.get(..glob_at)?.rfind('/').map_or(0, |slash| slash + 1);
    let (base, parts) = pattern.split_at(below);
    let parts: Vec<&str> = parts.split('/').filter(|part| !part.is_empty()).collect();
    let depth = Depths::new(&parts)?;
    let root = if base.is_empty() { Path::new(".") } else { Path::new(base) };
    if std::fs::metadata(root).is_err_and(|error| is_missing(&error)) {
        return Some(Expansion::default());
    }
    let has_stars = parts.contains(&"**");

    let mut builder = WalkBuilder::new(root);
    builder.standard_filters(false).follow_links(!has_stars).sort_by_file_name(name_order);
    builder.max_depth((!has_stars).then_some(parts.len()));
    let (whole, walked) = (depth.clone(), root.to_path_buf());
    builder
        .filter_entry(move |entry| below_root(entry, &walked).is_none_or(|path| depth.may_lead(entry, path)));

    let mut expansion = Expansion::default();
    for entry in builder.build() {
        match entry {
            Ok(entry) => {
                if let Some(path) = below_root(&entry, root).filter(|path| whole.is_match(&entry, path)) {
                    expansion.matches.push((entry.path().to_path_buf(), format!("{base}{}", spell(path))));
                }
            }
            Err(error) => expansion.errors.push(error),
        }
    }
    Some(expansion)
}

fn below_root<'a>(entry: &'a DirEntry, root: &Path) -> Option<&'a Path> {
    entry.path().strip_prefix(root).ok().filter(|_| entry.depth() > 0)
}

/// The pattern, and its beginnings by depth: a folder that fits no beginning is not looked into.
#[derive(Clone)]
struct Depths {
    beginnings: Vec<Gitignore>,
    whole: Gitignore,
}

impl Depths {
    fn new(parts: &[&str]) -> Option<Depths> {
        let fixed = parts.iter().position(|part| *part == "**").unwrap_or(parts.len());
        let beginnings = (1..=fixed).map(|count| matcher(parts.get(..count)?)).collect::<Option<_>>()?;
        Some(Depths { beginnings, whole: matcher(parts)? })
    }

    fn may_lead(&self, entry: &DirEntry, path: &Path) -> bool {
        let beginning = self.beginnings.get(entry.depth().saturating_sub(1));
        beginning.is_none_or(|beginning| beginning.matched(path, is_folder(entry)).is_ignore())
    }

    fn is_match(&self, entry: &DirEntry, path: &Path) -> bool {
        self.whole.matched(path, is_folder(entry)).is_ignore()
    }
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

/// The rules of an ignore file with a leading slash are those of a pattern that begins at the root.
fn matcher(parts: &[&str]) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    builder.case_insensitive(cfg!(windows)).ok()?;
    builder.add_line(None, &format!("/{}", parts.join("/"))).ok()?;
    builder.build().ok()
}

/// A pattern for paths of sources, members of archives included: `*.tmp`, `old/`, `bpdm/log.0305*`. Without a slash
/// inside it fits a name at any depth, with one the end of a path; a folder that it fits stands for all that is in it.
#[derive(Clone, Debug)]
pub struct PathGlob {
    matcher: Gitignore,
}

impl PathGlob {
    /// `None`: it is no valid pattern.
    pub fn new(pattern: &str) -> Option<PathGlob> {
        let pattern = if cfg!(windows) { pattern.replace('\\', "/") } else { pattern.to_owned() };
        let pattern = pattern.trim_start_matches("./").replace('!', "/");
        let inner = pattern.trim_end_matches('/');
        let is_anywhere = pattern.starts_with('/') || !inner.contains('/');
        let line = match (is_anywhere, pattern.starts_with('#')) {
            (false, _) => format!("**/{pattern}"),
            (true, true) => format!("\\{pattern}"),
            (true, false) => pattern,
        };
        let mut builder = GitignoreBuilder::new("");
        builder.case_insensitive(cfg!(windows)).ok()?;
        builder.add_line(None, &line).ok()?;
        let matcher = builder.build().ok()?;
        (!matcher.is_empty()).then_some(PathGlob { matcher })
    }

    /// Does it fit this path as reported?
    pub fn fits(&self, path: &str) -> bool {
        let parts = path.split(['/', '!']).filter(|part| !matches!(*part, "" | "." | ".."));
        let path = parts.collect::<Vec<_>>().join("/");
        !path.is_empty() && self.matcher.matched_path_or_any_parents(Path::new(&path), false).is_ignore()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names_ends_of_paths_and_folders() {
        let fits = |pattern: &str, path: &str| PathGlob::new(pattern).unwrap().fits(path);
        assert!(fits("*.tmp", "/var/log/a.tmp"));
        assert!(fits("*.tmp", "b.tar.gz!logs/a.tmp"));
        assert!(fits("old", "../case/old/bpdm/log.030509"));
        assert!(fits("old/", "b.zip!old/a.log"));
        assert!(!fits("old/", "logs/old"));
        assert!(fits("bpdm/log.0305*", "b.zip!x/bpdm/log.030509"));
        assert!(!fits("bpdm/log.0305*", "bpdm/log.030609"));
        assert!(fits("/var/log/*.log", "/var/log/a.log"));
        assert!(!fits("/log/*.log", "/var/log/a.log"));
        assert!(fits("b.zip!old/*", "x/b.zip!old/a.log"));
        assert!(PathGlob::new("").is_none());
        assert!(PathGlob::new("a{b").is_none());
    }
}
