//! What can go wrong between a path and its bytes, and the notice that each becomes.

use std::io;

use thiserror::Error;

use crate::base::{Notice, NoticeCode};

/// Why bytes that were asked for were not read.
#[derive(Debug, Error)]
pub(super) enum Fault {
    /// The user may not read it.
    #[error("permission denied")]
    Permission,
    /// It was a file when the folder was listed and is none now.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// It cannot be opened.
    #[error("it cannot be opened: {0}")]
    Open(io::Error),
    /// The system failed to deliver bytes.
    #[error("reading failed: {0}")]
    Read(io::Error),
    /// The file lost bytes that had not been read yet.
    #[error("the file became shorter while it was read")]
    Shorter,
    /// The compressed data contradicts itself or ends too early.
    #[error("the gzip data is broken: {0}")]
    Container(io::Error),
    /// Compressions inside each other.
    #[error("more than {} compressions inside each other", super::MAX_NESTING)]
    Nesting,
    /// More data came out than compression can honestly give.
    #[error("it unpacks to more than {} times its size", super::MAX_EXPANSION)]
    Expansion,
}

impl Fault {
    /// The fault of an open call.
    pub(super) fn of_open(error: io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Fault::Permission,
            _ => Fault::Open(error),
        }
    }

    /// The code it is reported under.
    pub(super) fn code(&self) -> NoticeCode {
        match self {
            Fault::Permission => NoticeCode::NoPermission,
            Fault::NotAFile(_) | Fault::Open(_) | Fault::Read(_) | Fault::Shorter => NoticeCode::ReadFailed,
            Fault::Container(_) => NoticeCode::BadContainer,
            Fault::Nesting | Fault::Expansion => NoticeCode::LimitHit,
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
