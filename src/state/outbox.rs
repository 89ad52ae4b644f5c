//! Messages that are to be handed over, and those that were.

use chrono::{DateTime, Utc};

use super::Item;

/// A message as it is kept until it is handed over.
#[derive(Clone, Debug, PartialEq)]
pub struct OutMessage {
    /// Its number; 0: not kept yet.
    pub id: i64,
    /// Message-ID without the angle brackets; the same however often it is sent.
    pub message_id: String,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// One line.
    pub subject: String,
    /// For people.
    pub text: String,
    /// The same with markup.
    pub html: String,
    /// For programs.
    pub body: serde_json::Value,
    /// What it tells.
    pub items: Vec<Item>,
}

/// A way on which a message was handed over: `mail to ada@example.com`, `webhook`.
pub type Delivery = String;
