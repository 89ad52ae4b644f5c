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

use super::discover::Found;
use super::limits::{Limits, Meter, Watch};
#[cfg(not(feature = "archives"))]
use super::reader::Sizes;
use super::reader::{TextReader, open_bytes};
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
}

/// Reads everything that a path leads to: a file is one source, an archive has one per member. Each is handed to
/// `take` as it comes; what cannot be read is told.
pub fn visit(found: &Found, options: &ReadOptions, take: &mut dyn FnMut(TextReader<'_>)) -> Vec<Notice> {
    let meter = Arc::new(Meter::new(options.limits, &options.watch));
    if let Some(fault) = meter.fault() {
        return vec![fault.notice(&found.path)];
    }
    match open_bytes(found, &meter) {
        Err(fault) => vec![fault.notice(&found.path)],
        #[cfg(feature = "archives")]
        Ok((bytes, file)) => walk::walk(&found.path, bytes, file, &meter, take),
        #[cfg(not(feature = "archives"))]
        Ok((bytes, file)) => {
            take(TextReader::begin(&found.path, bytes, file, Sizes::USUAL));
            Vec::new()
        }
    }
}
