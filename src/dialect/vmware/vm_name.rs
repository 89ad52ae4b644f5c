//! Which virtual machine a datastore path belongs to.
//!
//! The folder is asked before the file: the folder carries the name of the inventory until the machine is renamed or
//! moved, while the configuration file may be called anything (`fileserv4/fs4.vmx`). On vSAN and vVol the folder is
//! an id, so the file has to do.

/// Paths of this datastore prefix are looked for.
pub(super) const VOLUMES: &str = "/vmfs/volumes/";

/// No path on a datastore is longer; a bound, because a hostile line could name one prefix after the other.
const LONGEST_PATH: usize = 2048;

/// Files that lie in the folder of a virtual machine.
const EXTENSIONS: [&str; 9] =
    [".vmxf", ".vmx", ".vmdk", ".vmsd", ".vmsn", ".vmem", ".nvram", ".vswp", ".vmss"];

/// A datastore path found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FilePath<'a> {
    /// As written.
    pub(super) whole: &'a str,
    /// Last part.
    pub(super) file: &'a str,
    folder: Option<&'a str>,
}

impl<'a> FilePath<'a> {
    /// Reads `/vmfs/volumes/<datastore>/<folder>/<file>` or `[datastore] folder/file`.
    pub(super) fn parse(whole: &'a str) -> Option<FilePath<'a>> {
        let inner = match whole.split_once(VOLUMES) {
            Some((_, rest)) => rest.split_once('/')?.1,
            None => whole.strip_prefix('[')?.split_once("] ")?.1,
        };
        let mut parts = inner.rsplit('/').filter(|part| !part.is_empty());
        let file = parts.next()?;
        Some(FilePath { whole, file, folder: parts.next() })
    }

    /// Name of the virtual machine.
    pub(super) fn vm(&self) -> Option<&'a str> {
        match self.folder {
            Some(folder) if !is_id(folder) => Some(folder),
            _ => Some(stem(self.file)).filter(|name| !name.is_empty()),
        }
    }

    /// Does the file's name end so?
    pub(super) fn ends(&self, extension: &str) -> bool {
        self.file.ends_with(extension)
    }
}

/// The paths of machine files in a text, in their order.
pub(super) fn paths(text: &str) -> impl Iterator<Item = FilePath<'_>> {
    // Most texts hold none, and to find that out needs no search that is prepared first.
    let mut at = if text.contains(VOLUMES) { 0 } else { text.len() };
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..)?;
            let start = at + rest.find(VOLUMES)?;
            at = start + VOLUMES.len();
            if let Some(path) = path_at(text, start) {
                at = start + path.len();
                if let Some(found) = FilePath::parse(path) {
                    return Some(found);
                }
            }
        }
    })
}

/// The path that begins here: up to its extension, because folders hold blanks.
fn path_at(text: &str, start: usize) -> Option<&str> {
    let mut longest = text.len().min(start + LONGEST_PATH);
    while !text.is_char_boundary(longest) {
        longest -= 1;
    }
    let rest = text.get(start..longest)?;
    let end = rest.find(['\'', '"', '\n', '\r', '|']).unwrap_or(rest.len());
    let bounded = rest.get(..end)?;
    let (mut at, bytes) = (0, bounded.as_bytes());
    while let Some(dot) = bounded.get(at..)?.find('.') {
        at += dot;
        let tail = bounded.get(at..)?;
        if let Some(extension) = EXTENSIONS.iter().find(|extension| tail.starts_with(**extension)) {
            let after = at + extension.len();
            if !bytes.get(after).is_some_and(u8::is_ascii_alphanumeric) {
                return bounded.get(..after);
            }
        }
        at += 1;
    }
    None
}

/// Is this folder named by a vSAN or vVol id?
fn is_id(folder: &str) -> bool {
    folder.len() >= 32 && folder.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        || folder.starts_with("naa.")
}

/// The file without extension and without what VMware adds (`-000002-delta`, `-flat`, `-Snapshot3`, `-rdmp`).
pub(super) fn stem(file: &str) -> &str {
    let mut stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    loop {
        let Some((before, last)) = stem.rsplit_once('-') else { return stem };
        let added = matches!(last, "delta" | "flat" | "ctk" | "rdm" | "rdmp" | "sesparse")
            || last.len() == 6 && last.bytes().all(|byte| byte.is_ascii_digit())
            || last.strip_prefix("Snapshot").is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
        if !added || before.is_empty() {
            return stem;
        }
        stem = before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_files() {
        let vm = |text: &str| paths(text).next().and_then(|path| path.vm().map(str::to_owned));
        assert_eq!(vm("[x '/vmfs/volumes/54c3b301-569d/fileserv4/fs4.vmx'] y").as_deref(), Some("fileserv4"));
        assert_eq!(
            vm("sub=Vmsvc.vm:/vmfs/volumes/ds 1/New VM (2).old/New VM.vmx opID=a").as_deref(),
            Some("New VM (2).old")
        );
        assert_eq!(
            vm("\"/vmfs/volumes/vsan:52a0/8d1e6b5c-1f0a-77c2-93d4-ac1f6b9e0d11/sql1-000002.vmdk\"")
                .as_deref(),
            Some("sql1")
        );
        assert_eq!(vm("'/vmfs/volumes/ds1/kadry/kadry.vmsd.usd'").as_deref(), Some("kadry"));
        assert_eq!(vm("/vmfs/volumes/ds1/some text without a file"), None);
        assert_eq!(FilePath::parse("[EQL2] Postfach/Postfach-000001.vmdk").unwrap().vm(), Some("Postfach"));
        assert_eq!(stem("kontor1-Snapshot3.vmsn"), "kontor1");
        assert_eq!(stem("a-000001-delta.vmdk"), "a");
        assert_eq!(stem("srv-01.vmx"), "srv-01");
        let both: Vec<_> = paths("/vmfs/volumes/a/b/c.vmx and '/vmfs/volumes/d/e/f.vmdk'").collect();
        assert_eq!(both.len(), 2);
    }
}
