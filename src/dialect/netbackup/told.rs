//! What a log says about hosts again and again: each fact is given to the sink once.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::base::{FactKind, Record, Role, Sink};

/// Different facts of one source; a bound, because logs are hostile.
const MOST: usize = 1024;

/// The facts that were given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Told {
    known: HashSet<(String, FactKind)>,
}

impl Told {
    /// Gives a fact about a host, unless it was given before. Names that cannot be a host's are passed over.
    pub(super) fn tell(&mut self, host: &str, fact: FactKind, record: &Record<'_>, sink: &mut dyn Sink) {
        if !is_host(host) || self.known.len() >= MOST {
            return;
        }
        if self.known.insert((host.to_lowercase(), fact.clone())) {
            sink.fact(Some(host), fact, record);
        }
    }

    /// The part that a host plays.
    pub(super) fn role(&mut self, host: Option<&str>, role: Role, record: &Record<'_>, sink: &mut dyn Sink) {
        if let Some(host) = host {
            self.tell(host, FactKind::Role(role), record, sink);
        }
    }
}

fn is_host(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'))
}

#[cfg(test)]
mod tests {
    use super::super::collect::Collected;
    use super::*;
    use crate::base::Dialect;

    #[test]
    fn each_fact_once_and_only_of_hosts() {
        let mut told = Told::default();
        let mut sink = Collected::default();
        let record = Record::new(Dialect::NetbackupBpdbjobs, "row");
        for host in ["med1", "MED1", "med2", "", "*NULL*", "two words", "-x"] {
            told.role(Some(host), Role::Media, &record, &mut sink);
        }
        told.role(Some("med1"), Role::Master, &record, &mut sink);
        told.role(None, Role::Master, &record, &mut sink);
        let hosts: Vec<_> = sink.facts.iter().map(|(host, ..)| host.as_deref().unwrap()).collect();
        assert_eq!(hosts, ["med1", "med2", "med1"]);
    }
}
