//! Where the text of events waits until a report asks for it: in memory while it is little, in a temporary file
//! beyond that. A finding quotes a few records of many matched ones.

use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use tempfile::SpooledTempFile;

use crate::base::{Event, Text};
use crate::verdict::Texts;

/// Beyond this the texts go to a temporary file: small beside the memory that blocks and tables take.
const IN_MEMORY: usize = 32 * 1024 * 1024;

/// No record is quoted longer than this (the report cuts at 4 KiB and says so).
pub(super) const LONGEST_TEXT: usize = 4 * 1024 + 1;

/// Keeps texts.
pub(super) struct Spill {
    file: Mutex<(SpooledTempFile, u64)>,
}

impl Spill {
    pub(super) fn new() -> Spill {
        Spill { file: Mutex::new((SpooledTempFile::new(IN_MEMORY), 0)) }
    }

    /// Keeps a text. If the disk is full it is kept in memory: evidence is never lost.
    pub(super) fn keep(&self, text: &str) -> Text {
        let mut end = text.len().min(LONGEST_TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = text.get(..end).unwrap_or(text);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (spool, length) = &mut *file;
        let at = *length;
        let written = spool.seek(SeekFrom::Start(at)).and_then(|_| spool.write_all(text.as_bytes()));
        match (written, u32::try_from(text.len())) {
            (Ok(()), Ok(bytes)) => {
                *length += u64::from(bytes);
                Text::Spilled { at, bytes }
            }
            _ => Text::Inline(text.into()),
        }
    }

    fn read(&self, at: u64, bytes: u32) -> std::io::Result<String> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffer = vec![0; usize::try_from(bytes).unwrap_or(0)];
        file.0.seek(SeekFrom::Start(at))?;
        file.0.read_exact(&mut buffer)?;
        Ok(String::from_utf8_lossy(&buffer).into_owned())
    }
}

impl Texts for Spill {
    fn text(&self, event: &Event) -> String {
        match &event.text {
            Text::Inline(text) => text.to_string(),
            Text::Spilled { at, bytes } => self.read(*at, *bytes).unwrap_or_default(),
        }
    }
}
