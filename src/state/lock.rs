//! One run at a time: a lock on a file beside the state, which the system lets go of when its holder ends, however.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::StateError;

/// Held as long as the value lives.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// A state of blogscan was beside it before.
    was_marked: bool,
}

impl Lock {
    /// Takes the lock of a state.
    ///
    /// # Errors
    ///
    /// Where somebody else has it, or where the file cannot be made.
    pub fn take(state: &Path) -> Result<Lock, StateError> {
        let mut name = state.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        if let Some(folder) = state.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_private(folder).map_err(|error| StateError::Unreachable(folder.to_owned(), error))?;
        }
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(&path).map_err(|error| StateError::Unreachable(path, error))?;
        match file.try_lock() {
            Ok(()) => {
                let mut mark = String::new();
                let was_marked =
                    (&file).take(MARK.len() as u64).read_to_string(&mut mark).is_ok() && mark == MARK;
                Ok(Lock { file, was_marked })
            }
            Err(TryLockError::WouldBlock) => Err(StateError::Locked(state.to_owned())),
            Err(TryLockError::Error(error)) => Err(StateError::Unreachable(state.to_owned(), error)),
        }
    }
}

impl Lock {
    /// Was the file beside it a state of blogscan once? Only then may a damaged one be set aside: a slip in an option
    /// must not move somebody's file away.
    pub fn was_state(&self) -> bool {
        self.was_marked
    }

    /// The file beside it is a state of blogscan.
    pub fn mark(&mut self) {
        // Without the mark a damaged state is refused instead of replaced; that is all.
        let _ = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(MARK.as_bytes()));
    }
}

const MARK: &str = "the lock of a blogscan state\n";

/// Quotes of logs lie in it: nobody else needs to read them.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_do_not_share_a_state() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("deep/state.db");
        let held = Lock::take(&state).unwrap();
        assert!(matches!(Lock::take(&state), Err(StateError::Locked(_))));
        drop(held);
        assert!(Lock::take(&state).is_ok());
    }
}
