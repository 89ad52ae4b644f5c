//! Archives: their members are read as sources, as a stream, in archives inside archives too; nothing is unpacked to
//! disk but an archive inside another whose table of contents stands at its end.
//!
//! | archive | read as | by |
//! |---|---|---|
//! | tar (v7, ustar, pax, GNU), also compressed | stream | `tar` |
//! | zip (stored, deflate, zip64) | by its table of contents; broken ones as a stream | `zip` |
//! | 7z | by its table of contents, one stream per block | `seven_zip` |
//! | Windows cabinet | by its table of contents; every file anew from the beginning of its folder | `cabinet` |
//!
//! The path of a member is that of the archive, `!`, and its name: `bundle.tar.gz!inner.zip!logs/bpdm/log.030509`.
//! Names are labels and nothing else: no file is ever opened or made by the name of a member, so `../../etc/passwd`
//! and `/dev/sda` are harmless. Links, devices and pipes in archives are named and not followed. What is encrypted or
//! broken is noticed, and the rest is read.

#[cfg(feature = "archives")]
mod cabinet;
#[cfg(feature = "archives")]
mod seekable;
#[cfg(feature = "archives")]
mod seven_zip;
#[cfg(feature = "archives")]
mod shield;
#[cfg(feature = "archives")]
mod tarball;
#[cfg(feature = "archives")]
mod walk;
#[cfg(feature = "archives")]
mod zipped;

use std::sync::Arc;

use super::SAMPLE_BYTES;
use super::discover::Found;
use super::encoding::Encoding;
use super::fault::Fault;
use super::globs::PathGlob;
use super::limits::{Limits, Meter, Watch};
use super::reader::{Sizes, TextReader, open_bytes};
use crate::base::Notice;

/// The longest header of one member, its long name and its extended attributes included. Names end at 4 KiB on every
/// system; a header of gigabytes would be read into memory.
pub(super) const MAX_HEADER: u64 = 1024 * 1024;

/// How sources are read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The bounds.
    pub limits: Limits,
    /// Who watches.
    pub watch: Arc<Watch>,
    /// Encodings that the user has said, for all sources or for those that a pattern fits; the last one wins.
    pub encodings: Vec<(Option<PathGlob>, Encoding)>,
    /// Sources that are left out.
    pub exclude: Vec<PathGlob>,
}

impl ReadOptions {
    /// Is the source of this path left out?
    pub fn leaves_out(&self, path: &str) -> bool {
        self.exclude.iter().any(|glob| glob.fits(path))
    }

    fn encoding_of(&self, path: &str) -> Option<Encoding> {
        let fits = |glob: &Option<PathGlob>| glob.as_ref().is_none_or(|glob| glob.fits(path));
        self.encodings.iter().rev().find(|(glob, _)| fits(glob)).map(|(_, encoding)| *encoding)
    }
}

/// Opens a file that was read before and only grew since, without looking at more of its beginning than tells how it is
/// written. `None`: it has to be visited.
pub fn open_again(found: &Found, options: &ReadOptions) -> Option<TextReader<'static>> {
    let meter = Arc::new(Meter::new(options.limits, &options.watch));
    let (bytes, file) = open_bytes(found, &meter).ok()?;
    let sizes = Sizes { head: SAMPLE_BYTES, ..Sizes::USUAL };
    let text = TextReader::begin_in(&found.path, bytes, file, sizes, options.encoding_of(&found.path));
    (!meter.was_replaced() && meter.fault().is_none()).then_some(text)
}

/// Reads everything that a path leads to: a file is one source, an archive has one per member. Each is handed to
/// `take` as it comes; what cannot be read is told.
pub fn visit(found: &Found, options: &ReadOptions, take: &mut dyn FnMut(TextReader<'_>)) -> Vec<Notice> {
    let meter = Arc::new(Meter::new(options.limits, &options.watch));
    if let Some(fault) = meter.fault() {
        return vec![fault.notice(&found.path)];
    }
    let opened = open_bytes(found, &meter);
    let mut notices = match opened {
        Err(fault) => return vec![fault.notice(&found.path)],
        #[cfg(feature = "archives")]
        Ok((bytes, file)) => walk::walk(&found.path, bytes, file, (&meter, options), take),
        #[cfg(not(feature = "archives"))]
        Ok((bytes, file)) => {
            let said = options.encoding_of(&found.path);
            take(TextReader::begin_in(&found.path, bytes, file, Sizes::USUAL, said));
            Vec::new()
        }
    };
    if meter.was_replaced() {
        notices.push(Fault::Replaced.notice(&found.path));
    }
    notices
}
