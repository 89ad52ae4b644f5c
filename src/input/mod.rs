//! Floor 1: from the paths that a user names to the text of each source, in bounded memory.
//!
//! ```text
//! discover    paths, folders, globs, `-`     -> sources, each once
//! open        a source                       -> its bytes (never a device, never a pipe that hangs)
//! unpack      bytes                          -> bytes without their compression, and what kind of data they are
//! container   an archive                     -> its members, each with its bytes, in archives inside it too
//! encoding    the first bytes                -> how their characters are written
//! decode      bytes                          -> valid UTF-8 text
//! reader      text                           -> blocks for a splitter, long lines cut
//! chunks      one large plain file           -> ranges that can be read side by side
//! print       a file                         -> what it is known again by on another day
//! ```
//!
//! Trouble with a source never ends the scan: it becomes a notice, and what was read up to there counts. Where this
//! module stops: it knows no dialect and no record.
//!
//! A driver reads a source like this:
//!
//! ```no_run
//! # use blogscan::base::{Feed, Splitter, Sink};
//! # use blogscan::input::{Found, TextReader};
//! # fn read(found: &Found, splitter: &mut dyn Splitter, sink: &mut dyn Sink) -> Option<()> {
//! let mut reader = TextReader::open(found).ok()?;
//! let (mut buffer, mut consumed, mut line) = (String::new(), 0, 1);
//! loop {
//!     let block = reader.next_block(&mut buffer, consumed);
//!     consumed = splitter.split(&buffer, line, block.feed, sink);
//!     let tail = buffer.get(consumed..).unwrap_or("");
//!     line = reader.breaks() + 1 - tail.matches('\n').count() as u64;
//!     if block.feed == Feed::Last {
//!         break;
//!     }
//! }
//! let notices = reader.finish().notices(&found.path);
//! # Some(())
//! # }
//! ```

mod chunks;
mod code_page;
mod compression;
mod container;
mod decode;
mod discover;
mod encoding;
mod fault;
mod globs;
mod limits;
mod open;
mod outcome;
mod print;
mod reader;
mod unpack;

pub use chunks::{ChunkRange, PlainFile};
pub use code_page::CodePage;
pub use container::{ReadOptions, open_again, visit};
pub use discover::{Discovery, Found, Origin, discover};
pub use encoding::Encoding;
pub use globs::PathGlob;
pub use limits::{Limits, MAX_ARCHIVES, MAX_EXPANDED, MAX_EXPANSION, MAX_MEMBERS, Watch};
pub use outcome::{Outcome, OutcomeSoFar};
pub use print::{FileStat, Print, Probe, WINDOW};
pub use reader::{Block, TextReader};
pub use unpack::{Format, Kind};

/// How much is read and decoded at a time: it stays in the second-level cache while the matcher and the splitter
/// walk over it one after the other.
pub const BLOCK_BYTES: usize = 256 * 1024;

/// How much of one large file is one piece of work: large enough that finding the line break at its beginning costs
/// nothing, small enough that two threads end at the same time.
pub const CHUNK_BYTES: u64 = 8 * 1024 * 1024;

/// Files below this length are read whole: with fewer than two full pieces there is nothing to share.
pub const CUT_FROM: u64 = 2 * CHUNK_BYTES;

/// The longest line that is handed on in one piece. Log lines reach some 100 KiB (XML events, stack traces on one
/// line); what is longer is no log line, and a file of 10 GB without a line break must not become a buffer of 10 GB.
pub const MAX_LINE: usize = 1024 * 1024;

/// How many first bytes decide on the encoding. A few log lines would do; but some logs open with a long banner
/// in plain English before the first character that tells.
pub const SAMPLE_BYTES: usize = 64 * 1024;

/// How many compressions directly around each other are taken off. Rotation and a mail gateway may each add one; more
/// is an attack.
pub const MAX_NESTING: usize = 3;
