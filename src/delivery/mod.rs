//! Floor 4: hands messages over: to a mail server, to the local sendmail, into a file or a folder of mails, to a
//! command, or to standard output.
//!
//! Nothing is decided here and nothing is remembered. A message that may have been handed over already is handed
//! over again with the same Message-ID; where that can be seen (files and folders), it is not there twice.

#[cfg(feature = "mail")]
mod folder;
#[cfg(feature = "mail")]
mod letter;
#[cfg(feature = "mail")]
mod mail;
mod webhook;

use chrono::{DateTime, Utc};

#[cfg(feature = "mail")]
pub use mail::{Carrier, Credentials, Encryption, Server, check_address};
pub use webhook::call;

/// A message, ready but for its recipients.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'l> {
    /// Message-ID without the angle brackets.
    pub message_id: &'l str,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// One line without control characters.
    pub subject: &'l str,
    /// For people.
    pub text: &'l str,
    /// The same with markup; empty: there is none.
    pub html: &'l str,
}

/// What became of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Recipients for whom it was taken.
    pub accepted: Vec<String>,
    /// Recipients for whom it was not, with the reason.
    pub refused: Vec<(String, String)>,
}

impl Outcome {
    /// It was taken for nobody.
    pub fn failed(recipients: &[String], reason: &str) -> Outcome {
        let refused = recipients.iter().map(|recipient| (recipient.clone(), reason.to_owned())).collect();
        Outcome { accepted: Vec::new(), refused }
    }

    /// It was taken for everybody.
    pub fn accepted(recipients: &[String]) -> Outcome {
        Outcome { accepted: recipients.to_vec(), refused: Vec::new() }
    }
}
