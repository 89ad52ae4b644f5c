//! From the arguments of the command line to sources: every file once, under the path that the user would write.
//!
//! Folders are walked whole (hidden files too: nothing is left out by its name), links are followed, and nothing is
//! opened here but files named `expect.toml`. A folder is entered once, by the first path that leads to it, so
//! links that lead in circles end. Order is that of the paths as text; it does not depend on the order of the
//! arguments nor on that of the file system.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, WalkBuilder};

use super::globs;
use super::open::{open_file, special};
use crate::base::{Notice, NoticeCode};

/// What the arguments lead to.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// By path.
    pub sources: Vec<Found>,
    /// By path.
    pub notices: Vec<Notice>,
}

/// A source that was found and not opened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Path as reported: the argument as typed and the path below it, with `/`; unique in one discovery. Bytes that are
    /// no UTF-8 are written `\xFF`; control characters are left as they are.
    pub path: String,
    /// Where its bytes are.
    pub origin: Origin,
    /// Length of the file when it was found; to begin with the largest.
    pub length: Option<u64>,
}

/// Where the bytes of a source are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Standard input.
    StandardInput,
    /// A file.
    File(PathBuf),
}

/// Finds the sources that the arguments name: files, folders, patterns, `-` for standard input.
pub fn discover(inputs: &[String]) -> Discovery {
    let mut inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    inputs.sort_by(|one, two| name_order(OsStr::new(one), OsStr::new(two)).then(one.cmp(two)));
    inputs.dedup();
    let mut finder = Finder::default();
    for input in inputs {
        finder.argument(input);
    }
    finder.finish()
}

/// Which file it is, whatever path leads to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Identity {
    #[cfg(unix)]
    Inode(u64, u64),
    Path(PathBuf),
}

impl Identity {
    fn of(path: &Path, metadata: &Metadata) -> Identity {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            // Some network file systems number nothing.
            if metadata.ino() != 0 {
                return Identity::Inode(metadata.dev(), metadata.ino());
            }
        }
        let _ = metadata;
        Identity::Path(std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()))
    }
}

/// Folders entered so far; shared with the walker, which asks before it enters one.
#[derive(Default)]
struct Folders {
    entered: HashSet<Identity>,
    /// Links that lead to a folder entered before.
    links: Vec<PathBuf>,
}

/// How a path came to be looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// The user named it.
    Name,
    /// A pattern or a walk.
    Search,
}

#[derive(Default)]
struct Finder {
    found: Vec<(Found, Option<Identity>)>,
    notices: Vec<Notice>,
    folders: Arc<Mutex<Folders>>,
}

impl Finder {
    fn argument(&mut self, input: &str) {
        if input == "-" {
            let found = Found { path: input.to_owned(), origin: Origin::StandardInput, length: None };
            self.found.push((found, None));
            return;
        }
        let path = Path::new(input);
        match std::fs::metadata(path) {
            Ok(metadata) => self.place(path, &label(input), &metadata, By::Name),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.notice(NoticeCode::NoPermission, label(input), "permission denied".to_owned());
            }
            Err(_) if std::fs::symlink_metadata(path).is_ok() => {
                self.notice(NoticeCode::NotFound, label(input), "the link leads to nothing".to_owned());
            }
            Err(_) if globs::is_glob(input) => self.glob(input),
            Err(error) if is_missing(&error) => {
                self.notice(NoticeCode::NotFound, label(input), "there is no such file or folder".to_owned());
            }
            Err(error) => self.notice(NoticeCode::ReadFailed, label(input), error.to_string()),
        }
    }

    fn glob(&mut self, input: &str) {
        let Some(expansion) = globs::expand(input) else {
            let detail = "there is no such file, and it is no valid pattern".to_owned();
            return self.notice(NoticeCode::NotFound, label(input), detail);
        };
        if expansion.matches.is_empty() && expansion.errors.is_empty() {
            self.notice(NoticeCode::NotFound, label(input), "no file fits the pattern".to_owned());
        }
        for (path, label) in expansion.matches {
            match std::fs::metadata(&path) {
                Ok(metadata) => self.place(&path, &label, &metadata, By::Search),
                Err(error) => self.missed(&path, label, &error),
            }
        }
        for error in expansion.errors {
            self.walk_error(&error, Path::new(""), "");
        }
    }

    /// Takes in a file, a folder or something special.
    fn place(&mut self, path: &Path, label: &str, metadata: &Metadata, by: By) {
        if metadata.is_dir() {
            return self.walk(path, label, metadata);
        }
        if let Some(special) = special(metadata.file_type()) {
            let code = if by == By::Name { NoticeCode::NotAFile } else { NoticeCode::SpecialSkipped };
            return self.notice(code, label.to_owned(), format!("it is {special}"));
        }
        if path.file_name() == Some(OsStr::new(EXPECTATION_NAME)) && is_expectation(path) {
            return;
        }
        let found = Found {
            path: label.to_owned(),
            origin: Origin::File(path.to_path_buf()),
            length: Some(metadata.len()),
        };
        self.found.push((found, Some(Identity::of(path, metadata))));
    }

    fn walk(&mut self, root: &Path, label: &str, metadata: &Metadata) {
        if !enter(&self.folders, Identity::of(root, metadata), None) {
            return;
        }
        let folders = Arc::clone(&self.folders);
        let walk = WalkBuilder::new(root)
            .standard_filters(false)
            .follow_links(true)
            .sort_by_file_name(name_order)
            .filter_entry(move |entry| may_enter(&folders, entry))
            .build();
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_none_or(|kind| kind.is_dir()) => {}
                Ok(entry) => {
                    let label = below(root, label, entry.path());
                    match entry.metadata() {
                        Ok(metadata) => self.place(entry.path(), &label, &metadata, By::Search),
                        Err(error) => self.walk_error(&error, root, &label),
                    }
                }
                Err(error) => self.walk_error(&error, root, label),
            }
        }
        let links = std::mem::take(&mut lock(&self.folders).links);
        for link in links {
            self.notice(NoticeCode::LinkSkipped, below(root, label, &link), READ_ALREADY.to_owned());
        }
    }

    fn walk_error(&mut self, error: &ignore::Error, root: &Path, label: &str) {
        let (path, is_loop) = place_of(error);
        let label = path.map_or_else(|| label.to_owned(), |path| below(root, label, path));
        match (error.io_error(), path) {
            _ if is_loop => self.notice(NoticeCode::LinkSkipped, label, READ_ALREADY.to_owned()),
            (Some(error), Some(path)) => self.missed(path, label, error),
            _ => self.notice(NoticeCode::ReadFailed, label, error.to_string()),
        }
    }

    /// Something that was listed and cannot be looked at.
    fn missed(&mut self, path: &Path, label: String, error: &io::Error) {
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        match error.kind() {
            io::ErrorKind::PermissionDenied => {
                self.notice(NoticeCode::NoPermission, label, "permission denied".to_owned());
            }
            _ if is_link && (is_missing(error) || leads_to_itself(path)) => {
                self.notice(NoticeCode::LinkSkipped, label, "the link leads to nothing".to_owned());
            }
            io::ErrorKind::NotFound => {
                self.notice(NoticeCode::ReadFailed, label, "it was removed before it was read".to_owned());
            }
            _ => self.notice(NoticeCode::ReadFailed, label, error.to_string()),
        }
    }

    fn notice(&mut self, code: NoticeCode, source: String, detail: String) {
        self.notices.push(Notice { code, source: Some(source), line: None, detail });
    }

    fn finish(mut self) -> Discovery {
        self.found.sort_by(|(one, _), (two, _)| (&one.path, &one.origin).cmp(&(&two.path, &two.origin)));
        let mut seen = HashSet::new();
        self.found
            .retain(|(_, identity)| identity.as_ref().is_none_or(|identity| seen.insert(identity.clone())));
        let mut sources: Vec<Found> = self.found.into_iter().map(|(found, _)| found).collect();
        tell_apart(&mut sources);
        let mut notices = self.notices;
        notices.sort_by(|one, two| {
            (&one.source, one.code, &one.detail).cmp(&(&two.source, two.code, &two.detail))
        });
        notices.dedup();
        Discovery { sources, notices }
    }
}

const READ_ALREADY: &str = "the link leads to a folder that is read already";

/// Two names may look alike once their bytes are spelled (`a\xFF` may be four characters or one byte); as sources
/// they stay two.
fn tell_apart(sources: &mut [Found]) {
    let mut taken = HashSet::new();
    for source in sources {
        let path = source.path.clone();
        for number in 2.. {
            if taken.insert(source.path.clone()) {
                break;
            }
            source.path = format!("{path} ({number})");
        }
    }
}

/// The order in which a folder is walked: that of the whole paths as text, in which a folder's name is
/// followed by a slash (`a.b/` comes before `a/`).
pub(super) fn name_order(one: &OsStr, two: &OsStr) -> Ordering {
    with_slash(one).cmp(with_slash(two))
}

fn with_slash(name: &OsStr) -> impl Iterator<Item = u8> + '_ {
    let bytes = name.as_encoded_bytes();
    let bytes = bytes.strip_suffix(b"/").unwrap_or(bytes);
    bytes.iter().copied().chain([b'/'])
}

/// A path as text, with `/` between its parts.
pub(super) fn spell(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    label(&text)
}

fn label(typed: &str) -> String {
    if cfg!(windows) { typed.replace('\\', "/") } else { typed.to_owned() }
}

/// The argument as typed, and the path below it.
fn below(root: &Path, label: &str, path: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(rest) if rest.as_os_str().is_empty() => label.to_owned(),
        Ok(rest) if label.is_empty() || label.ends_with('/') => format!("{label}{}", spell(rest)),
        Ok(rest) => format!("{label}/{}", spell(rest)),
        Err(_) => spell(path),
    }
}

fn lock(folders: &Mutex<Folders>) -> std::sync::MutexGuard<'_, Folders> {
    folders.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Enters a folder, unless it was entered before; `link`: the link that led there.
fn enter(folders: &Mutex<Folders>, identity: Identity, link: Option<&Path>) -> bool {
    let mut folders = lock(folders);
    let is_new = folders.entered.insert(identity);
    if let (false, Some(link)) = (is_new, link) {
        folders.links.push(link.to_path_buf());
    }
    is_new
}

fn may_enter(folders: &Mutex<Folders>, entry: &DirEntry) -> bool {
    if entry.depth() == 0 || entry.file_type().is_none_or(|kind| !kind.is_dir()) {
        return true;
    }
    // What cannot be looked at is entered all the same: the walker then says why not.
    let Ok(metadata) = entry.metadata() else { return true };
    let link = entry.path_is_symlink().then(|| entry.path());
    enter(folders, Identity::of(entry.path(), &metadata), link)
}

/// The path that an error of the walker is about, and whether it is a link to a folder above itself.
fn place_of(error: &ignore::Error) -> (Option<&Path>, bool) {
    match error {
        ignore::Error::WithPath { path, err } => (Some(path), place_of(err).1),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => place_of(err),
        ignore::Error::Loop { child, .. } => (Some(child), true),
        _ => (None, false),
    }
}

pub(super) fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidInput | InvalidFilename)
}

/// Asked anew, because the walker's errors have lost the system's number; and by number (`ELOOP`), because the
/// standard library has no stable name for it.
fn leads_to_itself(path: &Path) -> bool {
    let number = if cfg!(any(target_os = "linux", target_os = "android")) { 40 } else { 62 };
    cfg!(unix) && std::fs::metadata(path).is_err_and(|error| error.raw_os_error() == Some(number))
}

const EXPECTATION_NAME: &str = "expect.toml";
const EXPECTATION_SCHEMA: &str = "schema = \"blogscan-expect/1\"";
/// Remarks may stand above the schema, within this.
const EXPECTATION_BEGIN: u64 = 4 * 1024;

/// Is it a file that says what blogscan is expected to find beside it? It is no log. Its first line that is neither
/// empty nor a remark is the schema.
fn is_expectation(path: &Path) -> bool {
    let Ok((file, _)) = open_file(path) else { return false };
    let mut begin = Vec::new();
    if file.take(EXPECTATION_BEGIN).read_to_end(&mut begin).is_err() {
        return false;
    }
    let text = String::from_utf8_lossy(&begin);
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with(EXPECTATION_SCHEMA))
}
