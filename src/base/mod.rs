//! Floor 0: the plain data that every other module speaks, without any input or output.
//!
//! A *source* is one log (a file, an archive member, standard input). Its text is cut into *records*; a record
//! that matches a pattern's event becomes an *event*; what a record says about a host for good is a *fact*.
//! Events, facts and *coverage* (which hours were read) are judged into *findings*; everything that could not be
//! read becomes a *notice*. A *report* holds it all.

pub mod coverage;
pub mod dialect;
pub mod event;
pub mod finding;
pub mod name;
pub mod notice;
pub mod record;
pub mod report;
pub mod stamp;
pub mod version;

pub use coverage::{Coverage, CoverageKind, Interval};
pub use dialect::Dialect;
pub use event::{Event, Fact, FactKind, Key, Role, Session, SourceId, StreamId, Values};
pub use finding::{Condition, ConditionState, Evidence, Finding, Impact, Level, News};
pub use notice::{Notice, NoticeCode};
pub use record::{Feed, Record, Severity, Sink, Splitter};
pub use report::Report;
pub use stamp::{DateOrder, Span, Stamp, Zone};
pub use version::{Ordering as VersionOrdering, Version};
