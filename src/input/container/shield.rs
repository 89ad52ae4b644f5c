//! A shield around the readers of archives, which are the work of others: what they do wrong with hostile data is the
//! fault of one archive, not the end of the scan.

use std::cell::Cell;
use std::io::{self, Read};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::input::fault::Fault;

thread_local! {
    static IS_SHIELDED: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Runs what may panic on broken data. `None`: it did, and nothing was printed.
pub(super) fn shielded<T>(work: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_SHIELDED.get() {
                before(info);
            }
        }));
    });
    let outer = IS_SHIELDED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    IS_SHIELDED.set(outer);
    result.ok()
}

/// What a panic is told as.
pub(super) const NONSENSE: &str = "its tables contradict each other";

/// The reader of one member.
pub(super) struct Shield<R> {
    reader: R,
    title: &'static str,
    is_broken: bool,
}

impl<R: Read> Shield<R> {
    /// `title` is what the archive is called in notices.
    pub(super) fn new(reader: R, title: &'static str) -> Shield<R> {
        Shield { reader, title, is_broken: false }
    }
}

impl<R: Read> Read for Shield<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let broken = |text: &str| Fault::Container(self.title, text.to_owned()).into_error();
        if self.is_broken {
            return Err(broken(NONSENSE));
        }
        match shielded(|| self.reader.read(into)) {
            None => {
                self.is_broken = true;
                Err(broken(NONSENSE))
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Some(Err(error)) => match Fault::in_error(&error) {
                Some(fault) => Err(fault.into_error()),
                None => Err(broken(&error.to_string())),
            },
            Some(result) => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Careless;

    impl Read for Careless {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            Ok(into[into.len()].into())
        }
    }

    #[test]
    fn a_panic_is_a_fault_of_the_archive() {
        let mut shield = Shield::new(Careless, "cabinet archive");
        for _ in 0..2 {
            let error = shield.read(&mut [0; 4]).unwrap_err();
            let fault = Fault::in_error(&error).unwrap();
            assert_eq!(fault.to_string(), "the cabinet archive is broken: its tables contradict each other");
        }
    }
}
