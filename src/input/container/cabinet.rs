//! Windows cabinets. The names of their members use back-slashes.
//!
//! Soft spot: every file is unpacked from the beginning of its folder, so cabinets of thousands of large files take
//! long; the bound on what comes out of one file ends that. Cabinets that go on in another one are not joined.

use std::io::BufReader;

use super::seekable::Seekable;
use super::shield::{NONSENSE, shielded};
use super::walk::{Archive, Walk};
use crate::input::fault::Fault;

/// Reads every member.
pub(super) fn read(walk: &mut Walk<'_>, archive: &mut Archive<'_>, body: Seekable) -> Result<(), Fault> {
    let mut cabinet = match shielded(|| cab::Cabinet::new(BufReader::new(body))) {
        Some(Ok(cabinet)) => cabinet,
        Some(Err(error)) => return Err(archive.fault(&error)),
        None => return Err(archive.broken(NONSENSE)),
    };
    let names: Vec<String> = cabinet
        .folder_entries()
        .flat_map(|folder| folder.file_entries().map(|file| file.name().to_owned()).collect::<Vec<_>>())
        .collect();
    for name in names {
        walk.count()?;
        let label = archive.label(name.as_bytes());
        match shielded(|| cabinet.read_file(&name)) {
            Some(Ok(mut member)) => walk.member(archive, &label, &mut member)?,
            Some(Err(error)) => {
                let fault = archive.fault(&error);
                if fault.ends_file() {
                    return Err(fault);
                }
                walk.tell(&label, &fault);
            }
            None => walk.tell(&label, &archive.broken(NONSENSE)),
        }
    }
    Ok(())
}
