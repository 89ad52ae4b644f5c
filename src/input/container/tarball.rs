//! Tar, as a stream: v7, ustar, pax and GNU with its long names and sparse files.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::MAX_HEADER;
use super::walk::{Archive, Walk};
use crate::base::NoticeCode;
use crate::input::fault::Fault;
use crate::input::unpack::Bytes;

/// Reads every member.
pub(super) fn read(walk: &mut Walk<'_>, archive: &mut Archive<'_>, bytes: Bytes<'_>) -> Result<(), Fault> {
    let allowance = Rc::new(Cell::new(MAX_HEADER));
    let mut tar = tar::Archive::new(Rationed { reader: bytes, allowance: Rc::clone(&allowance) });
    for entry in tar.entries().map_err(|error| archive.fault(&error))? {
        let mut entry = entry.map_err(|error| archive.fault(&error))?;
        allowance.set(u64::MAX);
        walk.count()?;
        let kind = entry.header().entry_type();
        let name = entry.path_bytes().into_owned();
        let size = entry.size();
        let mut member = Tally { reader: &mut entry, count: 0 };
        if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
            let label = archive.label(&name);
            walk.member(archive, &label, &mut member)?;
            walk.skip(archive, &mut member)?;
            if member.count < size {
                walk.tell(&label, &archive.broken("it ends inside this member"));
            }
        } else if kind.is_symlink() || kind.is_hard_link() {
            let label = archive.label(&name);
            walk.pass_by(&label, NoticeCode::LinkSkipped, "a link in an archive; it is not followed");
        } else if kind.is_character_special() || kind.is_block_special() || kind.is_fifo() {
            let label = archive.label(&name);
            walk.pass_by(&label, NoticeCode::SpecialSkipped, "it is a device or a pipe");
        }
        walk.skip(archive, &mut member)?;
        allowance.set(MAX_HEADER);
    }
    Ok(())
}

/// Counts what came: the end of a tar that is cut looks like the end of its member.
struct Tally<R> {
    reader: R,
    count: u64,
}

impl<R: Read> Read for Tally<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(into)?;
        self.count += count as u64;
        Ok(count)
    }
}

/// Between two members only so much may be read: it all goes into memory.
struct Rationed<R> {
    reader: R,
    allowance: Rc<Cell<u64>>,
}

impl<R: Read> Read for Rationed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.allowance.get() == 0 {
            return Err(Fault::Header.into_error());
        }
        let count = self.reader.read(into)?;
        if self.allowance.get() != u64::MAX {
            self.allowance.set(self.allowance.get().saturating_sub(count as u64));
        }
        Ok(count)
    }
}
