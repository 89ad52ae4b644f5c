//! Messages to those who wait for them: tonight's and those of earlier nights that nobody took.

use std::time::Duration;

use crate::delivery::{self, Outcome};
#[cfg(feature = "mail")]
use crate::delivery::{Carrier, Letter};
use crate::state::{OutMessage, State, StateError, stop_here};

use super::{Desk, Options};

/// Who gets the message. None of them: standard output.
#[derive(Debug, Default)]
pub struct Ways {
    /// By mail.
    pub mail: Option<MailWay>,
    /// To a command, as JSON on its standard input.
    pub webhook: Option<String>,
    /// How long the command may take.
    pub patience: Duration,
}

/// A mail and who gets it.
#[derive(Debug)]
pub struct MailWay {
    /// How it leaves this machine.
    #[cfg(feature = "mail")]
    pub carrier: Carrier,
    /// Who sends it.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
}

const WEBHOOK: &str = "webhook";
const PRINTED: &str = "standard output";

/// Hands over everything that waits, oldest first. `false`: something still waits.
pub(super) fn all(state: &mut State, options: &Options, desk: &mut dyn Desk) -> Result<bool, StateError> {
    let mut is_all = true;
    for (message, done) in state.pending()? {
        let wanted = wanted(&options.ways);
        let due: Vec<String> = wanted.into_iter().filter(|way| !done.contains(way)).collect();
        let outcome = hand_over(&message, &due, options, desk);
        stop_here();
        for (way, reason) in &outcome.refused {
            is_all = false;
            desk.tell(&format!(
                "the message was not handed over ({way}): {reason}; the next run tries again"
            ));
        }
        let is_done = outcome.refused.is_empty();
        // Somebody has it who will get it again if this cannot be kept: under the same Message-ID.
        state.handed_over(&message, &outcome.accepted, is_done, options.today)?;
    }
    Ok(is_all)
}

fn wanted(ways: &Ways) -> Vec<String> {
    let mut wanted: Vec<String> = ways.mail.iter().flat_map(|mail| mail.to.clone()).collect();
    wanted.extend(ways.webhook.as_ref().map(|_| WEBHOOK.to_owned()));
    if wanted.is_empty() {
        wanted.push(PRINTED.to_owned());
    }
    wanted
}

fn hand_over(message: &OutMessage, due: &[String], options: &Options, desk: &mut dyn Desk) -> Outcome {
    let mut outcome = Outcome::default();
    let mut take = |part: Outcome| {
        outcome.accepted.extend(part.accepted);
        outcome.refused.extend(part.refused);
    };
    let one = |way: &str, result: Result<(), String>| {
        let way = [way.to_owned()];
        result.map_or_else(|reason| Outcome::failed(&way, &reason), |()| Outcome::accepted(&way))
    };
    if let Some(mail) = &options.ways.mail {
        let due: Vec<String> = mail.to.iter().filter(|to| due.contains(to)).cloned().collect();
        if !due.is_empty() {
            take(send(mail, message, &due));
            stop_here();
        }
    }
    if due.iter().any(|way| way == WEBHOOK)
        && let Some(command) = &options.ways.webhook
    {
        let result = delivery::call(command, &message.body.to_string(), options.ways.patience);
        take(one(WEBHOOK, result));
        stop_here();
    }
    if due.iter().any(|way| way == PRINTED) {
        take(one(PRINTED, desk.print(&format!("{}\n\n{}", message.subject, message.text))));
        stop_here();
    }
    outcome
}

#[cfg(feature = "mail")]
fn send(mail: &MailWay, message: &OutMessage, due: &[String]) -> Outcome {
    let letter = Letter {
        message_id: &message.message_id,
        made: message.made,
        subject: &message.subject,
        text: &message.text,
        html: &message.html,
    };
    mail.carrier.hand_over(&letter, &mail.from, &mail.to, due)
}

#[cfg(not(feature = "mail"))]
fn send(_: &MailWay, _: &OutMessage, due: &[String]) -> Outcome {
    Outcome::failed(due, "this program was built without mail")
}
