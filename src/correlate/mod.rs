//! Floor 2: events, facts and coverage to three-valued choices.
//!
//! One batch over all events of a scan: sort them, join them, decide for every way to fill the steps of a verdict
//! what is certain and what the logs leave open. Levels are the business of `verdict`.
//!
//! | module | what |
//! |---|---|
//! | `relation` | time between two records |
//! | `reach` | how far logs reach |
//! | `events` | many events in little memory |
//! | `held` | one of them |
//! | `spill` | where their values and texts wait |
//! | `runs` | long lists that wait there as well |
//! | `index` | lists of them that are looked up |
//! | `world` | all that is known, sorted and indexed |
//! | `values` | values of events, joins and predicates |
//! | `windows` | named stretches of time |
//! | `steps` | all ways to fill the steps of a verdict or condition |
//! | `absence` | what must not be there, and which logs would show it |
//! | `conditions` | the advisory's own list |
//! | `links` | which records show that two names are one machine's |
//! | `versions` | versions of products on hosts |
//! | `bounds` | how much of a flood is held |
//! | `nearest` | how near a verdict came that does not hold |

pub mod absence;
pub mod bounds;
pub mod choice;
pub mod conditions;
pub mod evaluate;
pub mod events;
pub mod held;
mod index;
mod links;
pub mod nearest;
mod reach;
pub mod relation;
pub mod runs;
pub mod spill;
pub mod steps;
pub mod values;
pub mod versions;
pub mod windows;
pub mod world;

pub use bounds::{Bounds, Lost};
pub use choice::{Bound, Choice, Doubt, Remark, Row, RowSource};
pub use evaluate::{Object, Outcome, Outcomes};
pub use events::{Events, Placing};
pub use held::Held;
pub use index::Candidates;
pub use relation::{Clocks, Tri, Why};
pub use runs::Run;
pub use spill::Spill;
pub use steps::Search;
pub use versions::VersionState;
pub use world::{EventIndex, SourceInfo, World, WorldParts};
