//! What can be wrong with a state file, in words for the person who runs it.

use std::path::PathBuf;

/// Why the state could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Somebody else works with it.
    #[error("{}: another nightly run works with this state", .0.display())]
    Locked(PathBuf),
    /// The lock or the folder cannot be had.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    Unreachable(PathBuf, std::io::Error),
    /// It is damaged, or no state at all.
    #[error("{}: this is no state of blogscan, or it is damaged ({})", .0.display(), .1)]
    Damaged(PathBuf, String),
    /// It belongs to somebody else.
    #[error("{}: this is no state of blogscan, but {}", .0.display(), .1)]
    Foreign(PathBuf, String),
    /// A newer program wrote it.
    #[error("{}: a newer version of blogscan wrote this state", .0.display())]
    Newer(PathBuf),
    /// It cannot be read or written now.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    Failed(PathBuf, rusqlite::Error),
    /// It cannot be written by this user, or its disk cannot.
    #[error("{}: the state cannot be written ({})", .0.display(), .1)]
    ReadOnly(PathBuf, String),
}

impl StateError {
    /// Sorts what SQLite says.
    pub(super) fn of(path: &std::path::Path, error: rusqlite::Error) -> StateError {
        use rusqlite::ErrorCode;
        let path = path.to_path_buf();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StateError::Damaged(path, error.to_string())
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                StateError::ReadOnly(path, error.to_string())
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StateError::Locked(path),
            _ => StateError::Failed(path, error),
        }
    }
}

/// A place at which tests end the program as a crash would: the n-th one, where `BLOGSCAN_TEST_STOP_AT` is n. Only in
/// programs that are built for debugging.
pub fn stop_here() {
    #[cfg(debug_assertions)]
    {
        use std::sync::atomic::{AtomicU64, Ordering};
        static PASSED: AtomicU64 = AtomicU64::new(0);
        let passed = PASSED.fetch_add(1, Ordering::Relaxed) + 1;
        let stop = std::env::var("BLOGSCAN_TEST_STOP_AT").ok().and_then(|number| number.parse().ok());
        if stop == Some(passed) {
            std::process::abort();
        }
    }
}
