//! What the path of a VMware log tells: the host of a support bundle, and which files are one log.

use crate::dialect::{Place, without_rotation};

/// The place of a host's or vCenter's log, written by this process.
pub(super) fn host_log(path: &str, process: &str) -> Place {
    Place {
        date: None,
        process: Some(process.to_owned()),
        host: bundle_host(path).map(str::to_owned),
        stream: Some(stream(path)),
    }
}

/// The log without the number of its rotation: `vmware-12.log` and `vmware.log` are one.
pub(super) fn stream(path: &str) -> String {
    let base = without_rotation(path);
    let (base, extension) = base.rsplit_once(".log").map_or((base, ""), |(before, _)| (before, ".log"));
    let numbered = base.rsplit_once('-').filter(|(before, number)| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !before.ends_with(['/', '\\'])
            && !before.is_empty()
    });
    format!("{}{extension}", numbered.map_or(base, |(before, _)| before))
}

/// The host in `esx-<host>-2013-08-12--14.06[-pid]`, the top folder of a support bundle.
fn bundle_host(path: &str) -> Option<&str> {
    path.split(['/', '\\', '!']).find_map(|part| {
        let rest = part.strip_prefix("esx-")?;
        let (before, _) = rest.split_once("--")?;
        // What is left ends in -YYYY-MM-DD.
        let at = before.len().checked_sub(11)?;
        let date = before.get(at..)?;
        let fits = date.bytes().enumerate().all(|(index, byte)| match index {
            0 | 5 | 8 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        before.get(..at).filter(|host| fits && !host.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_and_rotations() {
        let place = host_log("case/esx-prod-vmware01-2013-08-12--14.06/var/log/hostd.2.gz", "hostd");
        assert_eq!(place.host.as_deref(), Some("prod-vmware01"));
        assert_eq!(place.stream.as_deref(), Some("case/esx-prod-vmware01-2013-08-12--14.06/var/log/hostd"));
        assert_eq!(host_log("esx-a/hostd.log", "hostd").host, None);
        assert_eq!(stream("vm/vmware-12.log"), "vm/vmware.log");
        assert_eq!(stream("vm/vmware.log"), "vm/vmware.log");
        assert_eq!(stream("logs/-7.log"), "logs/-7.log");
    }
}
