//! Floor 1: pattern files, from text to checked patterns.
//!
//! A pattern is `patterns/<product>/<ID>.md`: one fenced `toml` block for the machine, then Markdown for the reader.
//! `patterns/shared/*.toml` and `patterns/<product>/events.toml` hold events that several patterns share and the
//! classes that they raise. [`Catalogue::load`] reads them, [`check`] says everything that is wrong with them. What a
//! pattern means for a log is none of this module's business.

mod builtin;
mod catalogue;
mod check;
mod document;
mod fault;
mod lazy_regex;
mod list;
mod literals;
pub mod model;
mod new;
mod packed;
mod raw;
mod schema;

pub use catalogue::{CheckOptions, check, check_text};
pub use check::{BodyOf, CostOf, PRODUCTS, VERSIONED};
pub use document::HEADINGS;
pub use fault::{Fault, FaultSeverity, render_faults};
pub use lazy_regex::LazyRegex;
pub use list::{list, show};
pub use literals::{LazyLiterals, required_literals};
pub use model::{Catalogue, Pattern};
pub use new::new_pattern;
pub use packed::{Packed, pack, unpack};
pub use schema::schema;

/// Path below `patterns` and text of every embedded file.
pub fn embedded_files() -> &'static [(&'static str, &'static str)] {
    builtin::FILES
}
