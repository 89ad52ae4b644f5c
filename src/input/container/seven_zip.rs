//! 7z: its members stand behind each other in few compressed blocks, so each block is read once, in order.
//!
//! Soft spot: the table of contents is unpacked in memory by the reader of the archive; its packed size is bounded.

use std::io::{BufReader, Read, Seek, SeekFrom};

use sevenz_rust2::{Archive as Table, ArchiveReader, Error, Password};

use super::seekable::Seekable;
use super::shield::{NONSENSE, shielded};
use super::walk::{Archive, Walk};
use crate::input::compression::MAX_WINDOW;
use crate::input::fault::Fault;

/// The longest packed table of contents: with some ten bytes a member, more than members are read.
const MAX_TABLE: u64 = 1024 * 1024;

/// Reads every member.
pub(super) fn read(walk: &mut Walk<'_>, archive: &mut Archive<'_>, body: Seekable) -> Result<(), Fault> {
    let mut reader = BufReader::new(body);
    check_table(&mut reader).map_err(|error| archive.fault(&error))?;
    let table = match shielded(|| Table::read(&mut reader, &Password::empty())) {
        Some(Ok(table)) => table,
        Some(Err(error)) => return Err(fault(archive, &error)),
        None => return Err(archive.broken(NONSENSE)),
    };
    if table.blocks.iter().flat_map(|block| &block.coders).any(|coder| window(coder) > MAX_WINDOW) {
        return Err(Fault::Window);
    }
    let mut reader = ArchiveReader::from_archive(table, reader, Password::empty());
    reader.set_thread_count(1);
    let mut end = Ok(());
    let read = reader.for_each_entries(|entry, member| {
        if end.is_ok() {
            end = read_member(walk, archive, entry, member);
        }
        Ok(end.is_ok())
    });
    end?;
    read.map_err(|error| fault(archive, &error))
}

fn read_member(
    walk: &mut Walk<'_>,
    archive: &mut Archive<'_>,
    entry: &sevenz_rust2::ArchiveEntry,
    mut member: &mut dyn Read,
) -> Result<(), Fault> {
    walk.count()?;
    if entry.is_directory() || entry.is_anti_item() {
        return Ok(());
    }
    let label = archive.label(entry.name().as_bytes());
    walk.member(archive, &label, &mut member)?;
    walk.skip(archive, &mut member)
}

/// The start header says how long the table is.
fn check_table(reader: &mut (impl Read + Seek)) -> std::io::Result<()> {
    let mut start = [0; 32];
    reader.read_exact(&mut start)?;
    reader.seek(SeekFrom::Start(0))?;
    let size = start.get(20..28).and_then(|field| field.try_into().ok()).map_or(0, u64::from_le_bytes);
    if size > MAX_TABLE {
        return Err(Fault::Header.into_error());
    }
    Ok(())
}

/// Bytes of memory that a coder asks for by its properties.
fn window(coder: &sevenz_rust2::Coder) -> u64 {
    let properties = coder.properties();
    let word = || {
        let bytes = properties.get(1..5).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, |bytes| u64::from(u32::from_le_bytes(bytes)))
    };
    match coder.encoder_method_id() {
        // LZMA, PPMd.
        [3, 1, 1] | [3, 4, 1] => word(),
        // LZMA2: two bits of mantissa, the rest is the exponent.
        [0x21] => {
            let size = u64::from(properties.first().copied().unwrap_or(0));
            (2 | (size & 1)) << (size / 2 + 11).min(60)
        }
        _ => 0,
    }
}

fn fault(archive: &Archive<'_>, error: &Error) -> Fault {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Fault::Encrypted,
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") => Fault::Encrypted,
        Error::Io(error, _) => archive.fault(error),
        Error::MaxMemLimited { .. } => Fault::Window,
        error => archive.broken(error),
    }
}
