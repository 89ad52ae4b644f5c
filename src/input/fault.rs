//! What can go wrong between a path and its bytes, and the notice that each becomes.

use std::io;

use thiserror::Error;

use crate::base::{Notice, NoticeCode};

/// Why bytes that were asked for were not read. It travels inside errors of reading through whatever lies between.
#[derive(Clone, Debug, Error)]
pub(super) enum Fault {
    /// The user may not read it.
    #[error("permission denied")]
    Permission,
    /// It was a file when the folder was listed and is none now.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// It cannot be opened.
    #[error("it cannot be opened: {0}")]
    Open(String),
    /// The system failed to deliver bytes.
    #[error("reading failed: {0}")]
    Read(String),
    /// The file lost bytes that had not been read yet.
    #[error("the file became shorter while it was read")]
    Shorter,
    /// Another file has taken its name since the folder was listed.
    #[error("another file took its name after the folder was listed; the earlier one may not have been read")]
    Replaced,
    /// The packed data contradicts itself or ends too early.
    #[error("the {0} is broken: {1}")]
    Container(&'static str, String),
    /// A member that only a password opens.
    #[error("it is encrypted")]
    Encrypted,
    /// Compressions inside each other.
    #[error("more than {} compressions inside each other", super::MAX_NESTING)]
    Nesting,
    /// Archives inside each other.
    #[error("more than {0} archives inside each other (--max-depth)")]
    Archives(usize),
    /// Too many members.
    #[error("more than {0} members (--max-members)")]
    Members(u64),
    /// A member whose name or description alone is huge.
    #[error("a member's header is longer than {} KiB", super::container::MAX_HEADER / 1024)]
    Header,
    /// Unpacking would take too much memory.
    #[error("unpacking it takes more than {} MiB of memory", super::compression::MAX_WINDOW / (1024 * 1024))]
    Window,
    /// An archive in another one that is too large to be copied.
    #[error("an archive inside another one is larger than {0} bytes")]
    Copy(u64),
    /// More data came out than compression can honestly give.
    #[error("it unpacks to more than {0} times its size (--max-ratio)")]
    Expansion(u64),
    /// More data came out than a scan has time for.
    #[error("it unpacks to more than {0} bytes (--max-expanded)")]
    Expanded(u64),
    /// The user ended the scan.
    #[error("the scan was interrupted here")]
    Interrupted,
}

impl Fault {
    /// The fault of an open call.
    pub(super) fn of_open(error: io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Fault::Permission,
            _ => Fault::Open(error.to_string()),
        }
    }

    /// The fault that an error of reading carries, through whatever has wrapped it.
    pub(super) fn in_error(error: &io::Error) -> Option<Fault> {
        let mut inner: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|inner| inner as _);
        while let Some(error) = inner {
            if let Some(fault) = error.downcast_ref::<Fault>() {
                return Some(fault.clone());
            }
            inner = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(wrapped) => Some(wrapped),
                None => error.source(),
            };
        }
        None
    }

    /// The same as an error of reading.
    pub(super) fn into_error(self) -> io::Error {
        io::Error::other(self)
    }

    /// Does it end the reading of the whole file that the source came from?
    pub(super) fn ends_file(&self) -> bool {
        matches!(self, Fault::Expansion(_) | Fault::Expanded(_) | Fault::Members(_) | Fault::Interrupted)
    }

    /// The code it is reported under.
    pub(super) fn code(&self) -> NoticeCode {
        match self {
            Fault::Permission => NoticeCode::NoPermission,
            Fault::NotAFile(_) | Fault::Open(_) | Fault::Read(_) | Fault::Shorter | Fault::Replaced => {
                NoticeCode::ReadFailed
            }
            Fault::Container(..) => NoticeCode::BadContainer,
            Fault::Encrypted => NoticeCode::PasswordNeeded,
            Fault::Interrupted => NoticeCode::Interrupted,
            Fault::Nesting
            | Fault::Archives(_)
            | Fault::Members(_)
            | Fault::Header
            | Fault::Window
            | Fault::Copy(_)
            | Fault::Expansion(_)
            | Fault::Expanded(_) => NoticeCode::LimitHit,
        }
    }

    /// The notice about a source that could not even be opened.
    pub(super) fn notice(&self, path: &str) -> Notice {
        Notice { code: self.code(), source: Some(path.to_owned()), line: None, detail: self.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denied_permission_is_told_from_other_trouble() {
        let denied = Fault::of_open(io::ErrorKind::PermissionDenied.into());
        assert_eq!(denied.notice("a.log").code, NoticeCode::NoPermission);
        let other = Fault::of_open(io::Error::other("too many open files"));
        assert_eq!(other.notice("a.log").code, NoticeCode::ReadFailed);
        assert_eq!(other.notice("a.log").detail, "it cannot be opened: too many open files");
    }
}
