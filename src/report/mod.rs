//! Floor 4: spells results. One pure function per format; nothing is decided and nothing is read here.
//!
//! | module | what it spells |
//! |---|---|
//! | `text` | the report for a person at a terminal |
//! | `html` | the report as one page for a browser |
//! | `json` | the report for a machine |
//! | `markdown` | the report for a ticket |
//! | `mail` | the report as a MIME message |
//! | `csv` | findings for a spreadsheet |
//! | `objects` | the work list of affected objects |
//! | `identify` | what each source is |
//! | `explain` | the advisory of a pattern |
//! | `why_not` | how near a known failure came to be found |
//! | `schema` | the contract of the JSON report |
//!
//! `baseline` holds a report against an earlier one, `summary` says it in one line.
//!
//! `redact` replaces names by pseudonyms where that is asked for.
//!
//! Before any of them a report passes [`sanitise`], which hides secrets; on its way to a terminal every text passes
//! [`escape::visible`].

pub mod baseline;
pub mod csv;
pub mod escape;
pub mod explain;
pub mod html;
pub mod identify;
pub mod json;
#[cfg(feature = "mail")]
pub mod mail;
pub mod markdown;
pub mod mask;
pub mod objects;
pub mod redact;
pub mod sanitise;
pub mod schema;
pub mod select;
pub mod summary;
pub mod text;
pub mod timeline;
pub mod why_not;

pub use sanitise::sanitise;
