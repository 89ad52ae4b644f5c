//! Logs that do not name their host, beside one of the same program that does: the error log of a TSM client lies in
//! the folder of its scheduler log and bears the same ending (`dsmerror_dm2.log`, `dsmsched_dm2.log`).

use std::collections::HashMap;

use super::source::Extract;

/// The hosts that scheduler logs name, by folder and ending.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// `None`: two logs of one name contradict each other.
    hosts: HashMap<(String, String), Option<String>>,
}

impl Neighbours {
    /// What the sources of a scan name.
    pub(super) fn of(extracts: &[Extract]) -> Neighbours {
        let mut hosts: HashMap<(String, String), Option<String>> = HashMap::new();
        for extract in extracts {
            let (Some(host), Some(place)) = (&extract.part.host, place(&extract.path, "dsmsched")) else {
                continue;
            };
            hosts
                .entry(place)
                .and_modify(|held| {
                    if held.as_ref().is_some_and(|held| !held.eq_ignore_ascii_case(host)) {
                        *held = None;
                    }
                })
                .or_insert_with(|| Some(host.clone()));
        }
        Neighbours { hosts }
    }

    /// The host of an error log.
    pub(super) fn host(&self, path: &str) -> Option<String> {
        self.hosts.get(&place(path, "dsmerror")?)?.clone()
    }
}

/// Folder and ending of a file whose name begins so.
fn place(path: &str, begins: &str) -> Option<(String, String)> {
    let (folder, name) = path.rsplit_once(['/', '\\', '!']).unwrap_or(("", path));
    let name = name.to_ascii_lowercase();
    let ending = name.strip_prefix(begins)?.split('.').next()?;
    Some((folder.to_owned(), ending.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_and_ending_must_be_the_same() {
        let known = |path: &str, host: &str| (place(path, "dsmsched").unwrap(), Some(host.to_owned()));
        let neighbours = Neighbours {
            hosts: HashMap::from([known("a/dsmsched.log", "DM1"), known("a/dsmsched_dm2.log.1", "DM2")]),
        };
        assert_eq!(neighbours.host("a/dsmerror.log").as_deref(), Some("DM1"));
        assert_eq!(neighbours.host("a/DSMERROR_DM2.LOG").as_deref(), Some("DM2"));
        for other in ["b/dsmerror.log", "a/dsmerror_dm3.log", "a/dsmwebcl.log"] {
            assert_eq!(neighbours.host(other), None, "{other}");
        }
    }
}
