//! What all archives share: members become sources, archives among them are opened in turn, bounds hold for all of
//! them together.

use std::collections::HashSet;
use std::io::Read;
use std::sync::Arc;

use super::seekable::Seekable;
use super::shield::Shield;
use super::{ReadOptions, cabinet, seven_zip, tarball, zipped};
use crate::base::{Notice, NoticeCode};
use crate::input::discover::{EXPECTATION_NAME, begins_an_expectation, spell_bytes};
use crate::input::fault::Fault;
use crate::input::limits::Meter;
use crate::input::reader::{OpenFile, Sizes, TextReader};
use crate::input::unpack::{Bytes, Format};

/// The longest name of a member that is shown whole; no system has longer paths.
const MAX_NAME: usize = 4096;

/// How much of a member is skipped at a time.
const SKIP_BYTES: usize = 64 * 1024;

/// Reads one file and everything in it.
pub(super) fn walk(
    path: &str,
    bytes: Bytes<'_>,
    file: Option<OpenFile>,
    (meter, options): (&Arc<Meter>, &ReadOptions),
    take: &mut dyn FnMut(TextReader<'_>),
) -> Vec<Notice> {
    let mut walk = Walk { meter: Arc::clone(meter), options, take, notices: Vec::new() };
    if let Err(fault) = walk.source(path, bytes, file, 0) {
        walk.tell(path, &fault);
    }
    walk.notices
}

/// One file while it is read.
pub(super) struct Walk<'w> {
    meter: Arc<Meter>,
    options: &'w ReadOptions,
    take: &'w mut dyn FnMut(TextReader<'_>),
    notices: Vec<Notice>,
}

/// The archive whose members are read.
pub(super) struct Archive<'p> {
    path: &'p str,
    format: Format,
    /// Archives around it.
    depth: usize,
    /// Two members may have one name; as sources they stay two.
    names: HashSet<String>,
}

impl Archive<'_> {
    /// The path of a member, unique in this archive.
    pub(super) fn label(&mut self, name: &[u8]) -> String {
        let mut name = spell_bytes(name);
        if matches!(self.format, Format::Zip | Format::Cabinet) {
            name = name.replace('\\', "/");
        }
        let name = name.strip_prefix("./").unwrap_or(&name);
        let mut label = name.get(..name.floor_char_boundary(MAX_NAME)).unwrap_or(name).to_owned();
        for number in 2.. {
            if self.names.insert(label.clone()) {
                break;
            }
            label = format!("{name} ({number})");
        }
        format!("{}!{label}", self.path)
    }

    /// Makes an error of the archive's reader a fault.
    pub(super) fn fault(&self, error: &std::io::Error) -> Fault {
        Fault::in_error(error).unwrap_or_else(|| Fault::Container(self.format.title(), error.to_string()))
    }

    /// The same, where only its text is known.
    pub(super) fn broken(&self, error: impl std::fmt::Display) -> Fault {
        Fault::Container(self.format.title(), error.to_string())
    }
}

impl Walk<'_> {
    /// A source, or an archive of sources. An error ends the reading of the whole file.
    fn source(
        &mut self,
        path: &str,
        bytes: Bytes<'_>,
        file: Option<OpenFile>,
        depth: usize,
    ) -> Result<(), Fault> {
        let format = Format::of(bytes.sample()).filter(|format| is_archive(*format));
        let Some(format) = format else {
            if is_expectation(path, bytes.sample()) {
                return Ok(());
            }
            let said = self.options.encoding_of(path);
            (self.take)(TextReader::begin_in(path, bytes, file, Sizes::USUAL, said));
            return self.check();
        };
        let mut archive = Archive { path, format, depth, names: HashSet::new() };
        let result = match depth < self.meter.limits().archives {
            true => self.archive(&mut archive, bytes, file),
            false => Err(Fault::Archives(depth)),
        };
        match result {
            Err(fault) if !fault.ends_file() => {
                self.tell(path, &fault);
                self.check()
            }
            result => result,
        }
    }

    fn archive(
        &mut self,
        archive: &mut Archive<'_>,
        bytes: Bytes<'_>,
        file: Option<OpenFile>,
    ) -> Result<(), Fault> {
        if archive.format == Format::Tar {
            return tarball::read(self, archive, bytes);
        }
        let body = match file {
            Some((file, length)) if !bytes.is_packed() => Seekable::file(file, length, &self.meter),
            _ => Seekable::spool(bytes)?,
        };
        match archive.format {
            Format::SevenZip => seven_zip::read(self, archive, body),
            Format::Cabinet => cabinet::read(self, archive, body),
            _ => zipped::read(self, archive, body),
        }
    }

    /// One more member, of whatever kind.
    pub(super) fn count(&self) -> Result<(), Fault> {
        if self.meter.add_member() {
            return Err(Fault::Members(self.meter.limits().members));
        }
        self.check()
    }

    /// The bytes of a member that is a file.
    pub(super) fn member(
        &mut self,
        archive: &Archive<'_>,
        label: &str,
        reader: &mut dyn Read,
    ) -> Result<(), Fault> {
        if self.options.leaves_out(label) {
            return Ok(());
        }
        let shielded = Box::new(Shield::new(&mut *reader, archive.format.title()));
        let bytes = Bytes::of_member(shielded, &self.meter);
        self.source(label, bytes, None, archive.depth + 1)
    }

    /// Reads the rest of a member that a stream has to pass by.
    pub(super) fn skip(&self, archive: &Archive<'_>, reader: &mut dyn Read) -> Result<(), Fault> {
        let mut shielded = Shield::new(reader, archive.format.title());
        let mut buffer = vec![0; SKIP_BYTES];
        loop {
            match shielded.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => self.meter.add_expanded(count),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(archive.fault(&error)),
            }
            self.check()?;
        }
    }

    pub(super) fn tell(&mut self, path: &str, fault: &Fault) {
        self.notices.push(fault.notice(path));
    }

    /// A member that is no file.
    pub(super) fn pass_by(&mut self, path: &str, code: NoticeCode, detail: &str) {
        self.notices.push(Notice {
            code,
            source: Some(path.to_owned()),
            line: None,
            detail: detail.to_owned(),
        });
    }

    fn check(&self) -> Result<(), Fault> {
        self.meter.fault().map_or(Ok(()), Err)
    }
}

fn is_archive(format: Format) -> bool {
    matches!(format, Format::Tar | Format::Zip | Format::SevenZip | Format::Cabinet)
}

fn is_expectation(path: &str, sample: &[u8]) -> bool {
    path.rsplit(['/', '!']).next() == Some(EXPECTATION_NAME) && begins_an_expectation(sample)
}
