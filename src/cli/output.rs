//! Where results go: standard output, which may be closed at any time, or a file, which is written whole or not at
//! all. Messages go to standard error, one line each.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

use crate::report::escape::visible;

/// The two streams of a program, for tests to replace.
pub struct Streams<'s> {
    /// Results.
    pub out: &'s mut dyn Write,
    /// Messages.
    pub err: &'s mut dyn Write,
}

impl Streams<'_> {
    /// Writes results to the file, or to standard output. A reader that has seen enough and closed the pipe is no
    /// trouble.
    pub(crate) fn deliver(&mut self, text: &str, file: Option<&Path>) -> anyhow::Result<()> {
        if let Some(file) = file {
            return write_bytes(text.as_bytes(), file).with_context(|| file.display().to_string());
        }
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.context("standard output"),
        }
    }

    /// One message. Nothing can be done where standard error is closed as well.
    pub(crate) fn tell(&mut self, message: &str) {
        let _ = writeln!(self.err, "blogscan: {}", visible(message));
    }

    /// Text of several lines that was made by this program.
    pub(crate) fn tell_block(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes());
    }
}

/// Writes a neighbour first and renames it: a reader sees the old file or the new one, never half of it.
pub(super) fn write_bytes(bytes: &[u8], file: &Path) -> anyhow::Result<()> {
    // A device such as /dev/null cannot be replaced by a file and must not be.
    if std::fs::metadata(file).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return Ok(std::fs::write(file, bytes)?);
    }
    // A link stays a link; what it points to is replaced.
    let target = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let file = target.as_path();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut neighbour = tempfile::Builder::new().prefix(".blogscan-").tempfile_in(folder)?;
    neighbour.write_all(bytes)?;
    neighbour.as_file().sync_all()?;
    keep_permissions(&neighbour, file)?;
    neighbour.persist(file)?;
    Ok(())
}

/// The rights of the file that is replaced, or what a new file would get: a temporary file is readable by its owner
/// alone.
#[cfg(unix)]
fn keep_permissions(neighbour: &tempfile::NamedTempFile, file: &Path) -> io::Result<()> {
    let rights = match std::fs::metadata(file) {
        Ok(old) => old.permissions(),
        Err(_) => {
            let probe = tempfile::Builder::new().prefix(".blogscan-").make_in(
                file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")),
                |path| std::fs::File::create_new(path),
            )?;
            probe.as_file().metadata()?.permissions()
        }
    };
    neighbour.as_file().set_permissions(rights)
}

#[cfg(not(unix))]
fn keep_permissions(_: &tempfile::NamedTempFile, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed(io::ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_trouble_and_a_full_disk_is() {
        let mut err = Vec::new();
        let mut deliver = |kind| {
            let mut closed = Closed(kind);
            Streams { out: &mut closed, err: &mut err }.deliver("x", None)
        };
        assert!(deliver(io::ErrorKind::BrokenPipe).is_ok());
        assert!(deliver(io::ErrorKind::StorageFull).is_err());
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.txt");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut streams = Streams { out: &mut out, err: &mut err };
        for text in ["a long first text", "second"] {
            streams.deliver(text, Some(&file)).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        let missing = folder.path().join("no/such/folder.txt");
        assert!(streams.deliver("x", Some(&missing)).is_err());
        assert!(streams.deliver("x", Some(folder.path())).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(out.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn rights_are_those_of_the_old_file_or_of_any_new_one() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (file, plain) = (folder.path().join("report.txt"), folder.path().join("plain.txt"));
        std::fs::write(&plain, "x").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        write_bytes(b"x", &file).unwrap();
        assert_eq!(mode(&file), mode(&plain));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        write_bytes(b"y", &file).unwrap();
        assert_eq!(mode(&file), 0o640);
    }

    #[test]
    fn messages_are_one_harmless_line() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        Streams { out: &mut out, err: &mut err }.tell("a\x1b[2J\nb");
        assert_eq!(String::from_utf8(err).unwrap(), "blogscan: a\\x1b[2J\\nb\n");
    }
}
