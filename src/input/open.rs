//! Opening a file without ever hanging on it and without touching a device.
//!
//! Opening a pipe waits for its writer, and opening a tape drive may rewind it, so the type is looked up first. It is
//! looked up again behind the open, because the path may have become something else in between; for that moment the
//! file is opened without waiting.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::fault::Fault;

/// Opens a regular file for reading.
pub(super) fn open_file(path: &Path) -> Result<(File, Metadata), Fault> {
    let before = std::fs::metadata(path).map_err(Fault::of_open)?;
    if let Some(special) = special(before.file_type()) {
        return Err(Fault::NotAFile(special));
    }
    let file = open_now(path).map_err(Fault::of_open)?;
    let metadata = file.metadata().map_err(Fault::of_open)?;
    match special(metadata.file_type()) {
        Some(special) => Err(Fault::NotAFile(special)),
        None => Ok((file, metadata)),
    }
}

/// What a thing is, in words, if it is no regular file.
pub(super) fn special(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a named pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    Some("a special file")
}

/// `O_NONBLOCK`, where its value is known for sure. It keeps the open of a pipe from waiting, and reads of the few
/// system files that look regular but wait for news (`/proc/kmsg`) from hanging.
#[cfg(unix)]
const NO_WAITING: i32 = if cfg!(all(
    any(target_os = "linux", target_os = "android"),
    any(
        target_arch = "x86",
        target_arch = "x86_64",
        target_arch = "arm",
        target_arch = "aarch64",
        target_arch = "powerpc64",
        target_arch = "s390x",
        target_arch = "riscv64"
    )
)) {
    0o4000
} else if cfg!(any(target_os = "macos", target_os = "freebsd")) {
    0o4
} else {
    0
};

#[cfg(unix)]
fn open_now(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    match OpenOptions::new().read(true).custom_flags(NO_WAITING).open(path) {
        // A file that another program holds a lease on: giving it up takes that program a moment.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => File::open(path),
        result => result,
    }
}

#[cfg(not(unix))]
fn open_now(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::NoticeCode;

    #[test]
    fn only_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(open_file(folder.path()), Err(Fault::NotAFile("a folder"))));
        let missing = open_file(&folder.path().join("none.log")).unwrap_err();
        assert_eq!(missing.code(), NoticeCode::ReadFailed);
        std::fs::write(folder.path().join("a.log"), "text").unwrap();
        let (_, metadata) = open_file(&folder.path().join("a.log")).unwrap();
        assert_eq!(metadata.len(), 4);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_without_a_writer_does_not_hang() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(open_file(&pipe), Err(Fault::NotAFile("a named pipe"))));
        // Even if the path turns into a pipe between the look and the open.
        let opened = open_now(&pipe).unwrap();
        assert_eq!(special(opened.metadata().unwrap().file_type()), Some("a named pipe"));
    }
}
