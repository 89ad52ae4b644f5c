//! Floor 4: what is remembered between nights, in one SQLite file.
//!
//! The state decides what is *new*, never what is *true*: it keeps what was read of files (so that they need not be
//! read again, and count when they are gone), the findings that were told and how sure they were then, and messages
//! that could not be handed over. Deleting it costs time and tells old news again.
//!
//! A run changes it in two transactions: one at its end, with everything that was read and the message about it, and
//! one when the message was handed over. Killed between any two instructions it is as before or as after one of them.

mod fault;
mod lock;
mod memory;
mod news;
mod outbox;
mod schema;
mod store;

pub use fault::{StateError, stop_here};
pub use lock::Lock;
pub use memory::{FileId, KnownFile, Memory, NewFile, Remembered};
pub use news::{Acknowledgement, Item, ItemKind, KnownFinding};
pub use outbox::{Delivery, OutMessage};
pub use store::{Night, State, Summary};
