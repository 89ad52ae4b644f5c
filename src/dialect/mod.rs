//! Floor 1: log dialects. One module per dialect tells how to recognise it and how to cut it into records.
//!
//! A dialect is recognised by content, never by the name of a file alone; the name only adds what the lines do not
//! say (the date of a NetBackup debug log, the process, the host in a bundle's folder).

use std::io;

use chrono::NaiveDate;

use crate::base::{DateOrder, Dialect, Role, Sink, Splitter};

#[cfg(test)]
mod collect;
#[cfg(test)]
mod skims;

pub mod dates;
pub mod identify;
pub mod lines;
pub mod mixed;
mod quoted;
mod saved;
mod shown;

pub mod backup_exec;
pub mod fcm;
pub mod netbackup;
pub mod tsm;
pub mod vmware;
pub mod windows;

/// What is known about a source before its first line.
#[derive(Clone, Debug, Default)]
pub struct SourceContext {
    /// Path as reported, with `/` between its parts.
    pub path: String,
    /// Order of day and month that the user gave for it; wins over everything the source shows.
    pub date_order: Option<DateOrder>,
    /// What the dialect reads out of the path.
    pub place: Place,
}

/// What a path tells about a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The day on which the file's first line was written, from its name.
    pub date: Option<NaiveDate>,
    /// The process whose log it is.
    pub process: Option<String>,
    /// The host whose log it is.
    pub host: Option<String>,
    /// What all files of one log through its rotations and days share; `None`: the file is a log by itself.
    pub stream: Option<String>,
}

/// Does a line begin a record of this dialect?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// No.
    No,
    /// Its shape fits, but other dialects have lines of this shape too.
    Weak,
    /// Only this dialect (or one that it absorbs) has such lines.
    Strong,
}

/// One dialect: how to recognise and how to cut it.
pub trait Reader: Sync + Send {
    /// Which dialect.
    fn dialect(&self) -> Dialect;

    /// Is the whole text, which begins here, of this dialect? For formats that are told by their beginning
    /// (XML, CSV with a header row); asked before any single line is. `text` is the first part of the source.
    fn opens(&self, _text: &str) -> bool {
        false
    }

    /// Does this line (without its line end) begin a record?
    fn claim(&self, line: &str) -> Claim;

    /// Dialects whose lines also stand in logs of this one and are then read by it.
    fn absorbs(&self) -> &'static [Dialect] {
        &[]
    }

    /// What the path tells.
    fn place(&self, _path: &str) -> Place {
        Place::default()
    }

    /// May one file be cut where a line begins a record ([`Reader::claim`] says anything but no), and its pieces be
    /// read side by side? Only where no state but the record itself is carried from line to line.
    fn cuttable(&self) -> bool {
        false
    }

    /// Words by which a splitter tells which of the records that nobody wants it must look at: the sink knows where
    /// they stand ([`Sink::next_word`]), for they are looked for together with all that patterns look for.
    fn telling_words(&self) -> &'static [&'static str] {
        &[]
    }

    /// Cuts one source into records.
    fn splitter(&self, context: &SourceContext) -> Box<dyn Splitter>;

    /// Goes on with a log that was cut up to some place, from what the splitter was saved as there. `None`: the log
    /// must be read from its beginning.
    fn splitter_from(&self, context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        let _ = (context, saved);
        None
    }
}

/// A log whose records are no text.
pub trait BinaryReader: Sync + Send {
    /// Which dialect.
    fn dialect(&self) -> Dialect;

    /// What the path tells.
    fn place(&self, _path: &str) -> Place {
        Place::default()
    }

    /// Reads one source from its first byte to its last; records carry their number instead of a place in a text.
    /// Damage is a notice with the place in its words, never the end of reading.
    ///
    /// # Errors
    ///
    /// When bytes cannot be read or set aside; what was given to the sink until then counts.
    fn read(&self, context: &SourceContext, bytes: &mut dyn io::Read, sink: &mut dyn Sink) -> io::Result<()>;
}

/// The reader of a binary dialect; `None` where it is not built in.
pub fn binary_reader(dialect: Dialect) -> Option<&'static dyn BinaryReader> {
    windows::BINARY_READERS.iter().copied().find(|reader| reader.dialect() == dialect)
}

/// Every dialect that can be read, in the order in which they are asked.
pub fn readers() -> Vec<&'static dyn Reader> {
    let families: [&[&'static dyn Reader]; 6] = [
        windows::READERS,
        netbackup::READERS,
        backup_exec::READERS,
        fcm::READERS,
        vmware::READERS,
        tsm::READERS,
    ];
    families.into_iter().flatten().copied().collect()
}

/// The reader of a dialect; `None` for `unknown` and for dialects that are not built yet.
pub fn reader(dialect: Dialect) -> Option<&'static dyn Reader> {
    if dialect == Dialect::Mixed {
        return Some(&mixed::Mixed);
    }
    readers().into_iter().find(|reader| reader.dialect() == dialect)
}

/// The path without what rotation adds to a name (`.1`, `.gz`, `.2.gz`, `.pru`, `.old`): the name of the stream.
pub fn without_rotation(path: &str) -> &str {
    let mut path = path;
    loop {
        let Some((stem, suffix)) = path.rsplit_once('.') else { return path };
        let is_rotation = !suffix.is_empty()
            && (suffix.len() <= 3 && suffix.bytes().all(|byte| byte.is_ascii_digit())
                || matches!(suffix, "gz" | "bz2" | "xz" | "zst" | "pru" | "old" | "bak"));
        if !is_rotation || stem.is_empty() || stem.ends_with('/') {
            return path;
        }
        path = stem;
    }
}

/// The host that a support bundle's folder or archive names: `nbsu` writes `<host>_<role>_<date>[_<time>]`, vm-support
/// `esx-<host>-<date>--<time>[-<pid>]`. The layouts are known from descriptions only, so all parts must be there.
pub fn bundle_host(path: &str) -> Option<&str> {
    path.split(['/', '\\', '!']).rev().skip(1).map(without_archive).find_map(|folder| {
        nbsu(folder).map(|(host, _)| host).or_else(|| vm_support_host(folder)).filter(|host| !host.is_empty())
    })
}

/// The part of the host that a bundle of `nbsu` names.
pub fn bundle_role(path: &str) -> Option<Role> {
    let role = path
        .split(['/', '\\', '!'])
        .rev()
        .skip(1)
        .map(without_archive)
        .find_map(|folder| Some(nbsu(folder)?.1))?;
    Some(match role {
        "media" => Role::Media,
        "client" => Role::Client,
        _ => Role::Master,
    })
}

/// Host and role in the name of a bundle of `nbsu`.
fn nbsu(folder: &str) -> Option<(&str, &str)> {
    let mut parts = folder.rsplit('_').peekable();
    while parts.peek().is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()) && part.len() >= 4) {
        parts.next();
    }
    let role = parts.next().filter(|role| matches!(*role, "master" | "primary" | "media" | "client"))?;
    let host = folder.get(..folder.find(&format!("_{role}_"))?)?;
    Some((host, role))
}

fn vm_support_host(folder: &str) -> Option<&str> {
    let (begin, time) = folder.strip_prefix("esx-")?.rsplit_once("--")?;
    let date_at = begin.len().checked_sub("-2013-08-12".len())?;
    let (host, date) = begin.split_at_checked(date_at)?;
    let is_date = date.strip_prefix('-').is_some_and(|date| date.parse::<NaiveDate>().is_ok());
    let is_time =
        time.split(['.', '-']).all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    (is_date && is_time).then_some(host)
}

/// A folder's name without what makes it the name of an archive.
fn without_archive(name: &str) -> &str {
    const ENDS: [&str; 11] =
        [".gz", ".bz2", ".xz", ".zst", ".tgz", ".tbz2", ".txz", ".tar", ".zip", ".7z", ".cab"];
    let mut name = name;
    while let Some(stem) = ENDS.iter().find_map(|end| name.strip_suffix(end)) {
        name = stem;
    }
    name
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\', '!']).next().unwrap_or(path)
}

/// The folder above the last part of a path, by name.
pub fn folder_name(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\', '!']).nth(1).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_is_not_part_of_a_name() {
        assert_eq!(without_rotation("var/log/hostd.log"), "var/log/hostd.log");
        assert_eq!(without_rotation("var/log/hostd.2.gz"), "var/log/hostd");
        assert_eq!(without_rotation("dsmsched.log.1"), "dsmsched.log");
        assert_eq!(without_rotation(".1"), ".1");
        assert_eq!(file_name("a/b!c/d.log"), "d.log");
        assert_eq!(folder_name("bpdm/log.030509"), Some("bpdm"));
        assert_eq!(folder_name("log.030509"), None);
    }

    #[test]
    fn a_bundle_names_its_host() {
        assert_eq!(bundle_host("case/media9_media_20090511_101500/NBU_version.txt"), Some("media9"));
        assert_eq!(bundle_host("nbu_srv1_master_20090511/MM_tpconfig.txt"), Some("nbu_srv1"));
        assert_eq!(bundle_host("case/media9_media/NBU_version.txt"), None);
        assert_eq!(bundle_role("case/media9_media_20090511_101500/NBU_version.txt"), Some(Role::Media));
        assert_eq!(bundle_role("nbu_srv1_primary_20210511/MM_tpconfig.txt"), Some(Role::Master));
        assert_eq!(bundle_role("esx-prod-vmware01-2013-08-12--22.07-1234/x"), None);
        assert_eq!(bundle_host("media9_20090511/x"), None);
        assert_eq!(bundle_host("c.zip!media9_media_20090511.tar.gz!NBU_version.txt"), Some("media9"));
        let inside = "esx-prod-vmware01-2013-08-12--14.06/var/log/vmkernel.log";
        assert_eq!(bundle_host(inside), Some("prod-vmware01"));
        assert_eq!(
            bundle_host("esx-a.corp.local-2013-08-12--14.06-4711.tgz!x/hostd.log"),
            Some("a.corp.local")
        );
        assert_eq!(bundle_host("esx-notes-2013/x"), None);
        assert_eq!(bundle_host("esx--2013-08-12--14.06/x"), None);
    }
}
