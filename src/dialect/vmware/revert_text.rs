//! The sentence of vCenter and hosts about a revert: `The execution state of the virtual machine srv-db1 on host
//! esx4.corp.local, in compute resource Prod has been reverted to the state of snapshot before patch, with ID 3`.
//!
//! The part from `has been reverted` on is published; what stands before it, and the sentence about a revert that
//! failed, are unverified and read by their fixed words only.

/// What the sentence tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reverted<'a> {
    /// `false`: it failed.
    pub(super) is_done: bool,
    /// The virtual machine.
    pub(super) vm: Option<&'a str>,
    /// The host it runs on.
    pub(super) esx: Option<&'a str>,
    /// Name of the snapshot.
    pub(super) snapshot: Option<&'a str>,
    /// Its number.
    pub(super) snapshot_id: Option<&'a str>,
}

/// Reads the sentence; `None` if the text holds none.
pub(super) fn reverted(text: &str) -> Option<Reverted<'_>> {
    reverted_of(text, None)
}

/// Reads the sentence about a machine that is named beside it, whose name may hold words of the sentence.
pub(super) fn reverted_of<'t>(text: &'t str, target: Option<&str>) -> Option<Reverted<'t>> {
    const DONE: &str = "has been reverted to the state of snapshot ";
    if let Some(at) = text.find(DONE) {
        let (snapshot, snapshot_id) = snapshot(text.get(at + DONE.len()..)?);
        let (vm, esx) = machine(text.get(..at)?, target);
        return Some(Reverted { is_done: true, vm, esx, snapshot, snapshot_id });
    }
    let is_failed =
        (text.contains("ailed to revert") || text.contains("not be reverted") || text.contains("not revert"))
            && text.contains("snapshot");
    if !is_failed {
        return None;
    }
    let at = text.find(" to snapshot ").or_else(|| text.find(" to the state of snapshot "))?;
    let name_at = at + text.get(at..)?.find("snapshot ")? + "snapshot ".len();
    let (snapshot, snapshot_id) = snapshot(text.get(name_at..)?);
    let (vm, esx) = machine(text.get(..at)?, target);
    Some(Reverted { is_done: false, vm, esx, snapshot, snapshot_id })
}

/// `before patch, with ID 3`; a name may hold a comma.
fn snapshot(text: &str) -> (Option<&str>, Option<&str>) {
    let line = text.lines().next().unwrap_or("");
    let Some((name, id)) = line.rsplit_once(", with ID ") else {
        return (named(line.trim_end_matches(['.', ']'])), None);
    };
    let digits = id.find(|c: char| !c.is_ascii_digit()).unwrap_or(id.len());
    (named(name), id.get(..digits).and_then(named))
}

/// `... virtual machine srv-db1 on host esx4, in compute resource Prod`. A name may hold ` on host `: the last one
/// stands before the host, which holds no blank.
fn machine<'t>(text: &'t str, target: Option<&str>) -> (Option<&'t str>, Option<&'t str>) {
    const ON_HOST: &str = " on host ";
    let Some((_, rest)) = text.split_once("irtual machine ") else { return (None, None) };
    let rest = rest.trim_end();
    let esx = |rest: &'t str| named(rest.split([',', ' ']).next().unwrap_or(""));
    if let Some(target) = target
        && let Some((vm, behind)) = rest.split_at_checked(target.len())
        && vm.eq_ignore_ascii_case(target)
        && let Some(behind) = behind.strip_prefix(ON_HOST)
    {
        return (named(vm), esx(behind));
    }
    let place = rest.split_once(", in compute resource").map_or(rest, |(place, _)| place);
    match place.rsplit_once(ON_HOST).or_else(|| rest.split_once(ON_HOST)) {
        Some((vm, rest)) => (named(vm), esx(rest)),
        None => (named(rest.split([',']).next().unwrap_or("")), None),
    }
}

fn named(text: &str) -> Option<&str> {
    Some(text.trim().trim_matches(['"', '\''])).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn done_and_failed() {
        let read = reverted(
            "The execution state of the virtual machine srv db1 on host esx4.corp.local, in compute resource Prod \
             has been reverted to the state of snapshot vor Patch, 2. Versuch, with ID 13",
        )
        .unwrap();
        assert_eq!(read.vm, Some("srv db1"));
        assert_eq!(read.esx, Some("esx4.corp.local"));
        assert_eq!(read.snapshot, Some("vor Patch, 2. Versuch"));
        assert_eq!(read.snapshot_id, Some("13"));
        assert!(read.is_done);
        let failed = reverted(
            "Failed to revert the execution state of the virtual machine srv-db1 on host esx4, in compute resource \
             Prod to snapshot before, with ID 3",
        )
        .unwrap();
        assert!(!failed.is_done);
        assert_eq!((failed.vm, failed.snapshot), (Some("srv-db1"), Some("before")));
        assert_eq!(reverted("Task: Revert snapshot"), None);
        assert_eq!(reverted("LUN detected to be a snapshot"), None);
    }
}
