//! Zip, by its table of contents at the end, entry by entry: a table of a million names is never in memory at once.
//! Where the table is missing (a copy that was cut), the members are read as they follow each other.

use std::io::BufReader;

use zip::read::Config;
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use super::seekable::Seekable;
use super::shield::{NONSENSE, shielded};
use super::walk::{Archive, Walk};
use crate::base::NoticeCode;
use crate::input::fault::Fault;

/// Reads every member.
pub(super) fn read(walk: &mut Walk<'_>, archive: &mut Archive<'_>, body: Seekable) -> Result<(), Fault> {
    let opened = shielded(|| ZipIterable::try_new(body.clone(), Config::default()));
    let mut table = match opened {
        Some(Ok(table)) => table,
        Some(Err(error)) => return as_stream(walk, archive, body, &fault(archive, error)),
        None => return as_stream(walk, archive, body, &archive.broken(NONSENSE)),
    };
    let files = table.files().map_err(|error| fault(archive, error))?;
    let mut reader = body;
    loop {
        let entry = match shielded(|| files.next()) {
            Some(None) => return Ok(()),
            Some(Some(Ok(entry))) => entry,
            Some(Some(Err(error))) => return Err(fault(archive, error)),
            None => return Err(archive.broken(NONSENSE)),
        };
        walk.count()?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.name().map(|name| name.as_bytes().to_vec());
        let label = archive.label(&name.unwrap_or_else(|_| entry.name_raw().to_vec()));
        if entry.is_symlink() {
            walk.pass_by(&label, NoticeCode::LinkSkipped, "a link in an archive; it is not followed");
            continue;
        }
        if entry.encrypted() {
            walk.tell(&label, &Fault::Encrypted);
            continue;
        }
        match shielded(|| entry.with_reader(&mut reader, zip::ZipReadOptions::new())) {
            Some(Ok(mut member)) => walk.member(archive, &label, &mut member)?,
            Some(Err(error)) => walk.tell(&label, &fault(archive, error)),
            None => walk.tell(&label, &archive.broken(NONSENSE)),
        }
    }
}

/// Saves what can be saved of a zip without its end.
fn as_stream(
    walk: &mut Walk<'_>,
    archive: &mut Archive<'_>,
    body: Seekable,
    why: &Fault,
) -> Result<(), Fault> {
    let mut reader = BufReader::new(body);
    loop {
        let next = shielded(|| zip::read::read_zipfile_from_stream(&mut reader));
        let Some(Ok(Some(mut member))) = next else { return Err(why.clone()) };
        walk.count()?;
        if member.is_dir() {
            continue;
        }
        let name = member.name().map(|name| name.as_bytes().to_vec());
        let label = archive.label(&name.unwrap_or_else(|_| member.name_raw().to_vec()));
        walk.member(archive, &label, &mut member)?;
        walk.skip(archive, &mut member)?;
    }
}

fn fault(archive: &Archive<'_>, error: ZipError) -> Fault {
    match error {
        ZipError::Io(error) => archive.fault(&error),
        ZipError::InvalidPassword => Fault::Encrypted,
        ZipError::CompressionMethodNotSupported(method) => {
            archive.broken(format!("compression method {method} is not known"))
        }
        error => archive.broken(error),
    }
}
