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

/// Lower case, without blanks around and without a final dot. A UUID has one spelling: VMware's files print it as
/// `42 1f 0a ... -07 ...`, most others as `421f0a..-....`.
pub fn fold(name: &str) -> String {
    let name = name.trim().trim_end_matches('.');
    uuid(name).unwrap_or_else(|| name.to_lowercase())
}

/// Digits of a UUID.
const UUID_DIGITS: usize = 32;

/// The usual spelling of a UUID, however it is written.
fn uuid(name: &str) -> Option<String> {
    if !(UUID_DIGITS..=UUID_DIGITS + 20).contains(&name.len()) {
        return None;
    }
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let mut spelled = String::with_capacity(UUID_DIGITS + 4);
    let mut digits = 0;
    for letter in name.chars() {
        match letter {
            '-' | ' ' if digits > 0 => continue,
            _ if letter.is_ascii_hexdigit() => {}
            _ => return None,
        }
        if matches!(digits, 8 | 12 | 16 | 20) {
            spelled.push('-');
        }
        spelled.push(letter.to_ascii_lowercase());
        digits += 1;
    }
    (digits == UUID_DIGITS).then_some(spelled)
}

/// A name that no person gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineId {
    /// Of a virtual machine or of its firmware; a copy of the machine may have it too.
    Uuid,
    /// vCenter's own id of an object, `vm-77`: another vCenter counts from 1 as well.
    Managed,
}

impl MachineId {
    /// The sort of id that this name has the shape of.
    pub fn of(name: &str) -> Option<MachineId> {
        let name = name.trim();
        let is_managed = |digits: &str| {
            !digits.is_empty() && digits.len() < 10 && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        match name.strip_prefix("vm-") {
            Some(digits) if is_managed(digits) => Some(MachineId::Managed),
            _ => uuid(name).map(|_| MachineId::Uuid),
        }
    }
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
    fn ids_and_their_spellings() {
        let plain = "421f0a11-2233-4455-6677-8899aabbccdd";
        for spelled in [
            "42 1f 0a 11 22 33 44 55-66 77 88 99 aa bb cc dd",
            "421F0A1122334455-66778899AABBCCDD",
            "{421F0A11-2233-4455-6677-8899AABBCCDD}",
        ] {
            assert_eq!(fold(spelled), plain, "{spelled}");
            assert_eq!(MachineId::of(spelled), Some(MachineId::Uuid));
        }
        assert_eq!(MachineId::of("vm-77"), Some(MachineId::Managed));
        for name in ["vm-", "vm-77a", "srv-db1", "VM-77", "421f0a11-2233-4455-6677-8899aabbccd"] {
            assert_eq!(MachineId::of(name), None, "{name}");
        }
        assert_eq!(
            fold("421f0a11-2233-4455-6677-8899aabbccd.Example"),
            "421f0a11-2233-4455-6677-8899aabbccd.example"
        );
    }

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
