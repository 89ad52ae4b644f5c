//! Names of machines: how two spellings are compared.
//!
//! Letter case never matters. A short form equals a full name only if one side has no domain; two full names with
//! different domains are different machines. Anything further needs evidence or an alias, never similarity.

/// Keys whose values are names of machines; all other values are compared to the letter.
pub const MACHINE_KEYS: &[&str] = &[
    "host",
    "vm",
    "guest",
    "client",
    "computer",
    "node",
    "data_mover",
    "media_server",
    "master_server",
    "storage_server",
    "esx",
];

/// Does this key hold the name of a machine?
pub fn is_machine_key(key: &str) -> bool {
    MACHINE_KEYS.contains(&key)
}

/// Lower case, without blanks around and without a final dot.
pub fn fold(name: &str) -> String {
    name.trim().trim_end_matches('.').to_lowercase()
}

/// The part before the first dot. A name of digits and dots is an address and is its own short form.
pub fn short(folded: &str) -> &str {
    let is_address = folded.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ':');
    match folded.split_once('.') {
        Some((short, _)) if !is_address && !short.is_empty() => short,
        _ => folded,
    }
}

/// Are these two folded names the same machine by their spelling alone?
pub fn same_machine(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let (short_one, short_other) = (short(one), short(other));
    let one_is_short = short_one.len() == one.len();
    let other_is_short = short_other.len() == other.len();
    short_one == short_other && (one_is_short || other_is_short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_full_names() {
        assert!(same_machine(&fold("SRV1"), &fold("srv1.corp.local.")));
        assert!(same_machine("srv1", "srv1"));
        assert!(!same_machine("srv1.a.example", "srv1.b.example"));
        assert!(!same_machine("srv1", "srv10"));
        assert!(!same_machine("10.0.0.1", "10.0.0.2"));
        assert!(!same_machine("10", "10.0.0.2"));
    }
}
