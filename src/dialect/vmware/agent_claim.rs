//! Whose line it is: host agent, vCenter agent and vCenter share one grammar.

use super::agent_line::{Head, parse};
use crate::base::Dialect;
use crate::dialect::Claim;

/// Does this line begin a record of that agent's log?
///
/// From 6.0 on each line names its program. Before, host agent and vCenter agent write alike: a line is certain only
/// by what its component or its text is about; the rest has the shape and nothing more.
pub(super) fn claim(dialect: Dialect, line: &str) -> Claim {
    let Some(head) = parse(line) else {
        let is_vcenter = line.starts_with("Section for VMware VirtualCenter");
        let is_host = line.starts_with("Section for VMware ESX");
        return match dialect {
            Dialect::VmwareVpxd if is_vcenter => Claim::Strong,
            Dialect::VmwareHostd | Dialect::VmwareVpxa if is_host => Claim::Weak,
            _ => Claim::No,
        };
    };
    let (owner, is_certain) = owner(&head);
    if owner != dialect {
        let shared = [Dialect::VmwareHostd, Dialect::VmwareVpxa];
        return if !is_certain && shared.contains(&dialect) && shared.contains(&owner) {
            Claim::Weak
        } else {
            Claim::No
        };
    }
    // The event stream of vCenter runs under the same program name.
    if head.text.starts_with("Event [") {
        return Claim::No;
    }
    if is_certain { Claim::Strong } else { Claim::Weak }
}

/// Whose line it is, and is that certain?
fn owner(head: &Head<'_>) -> (Dialect, bool) {
    let program = head.program.unwrap_or("").to_ascii_lowercase();
    if let Some(name) = Some(program.trim_start_matches("vmware-")).filter(|name| !name.is_empty()) {
        let dialect = match name {
            "vpxd" => Dialect::VmwareVpxd,
            "vpxa" => Dialect::VmwareVpxa,
            _ => Dialect::VmwareHostd,
        };
        return (dialect, true);
    }
    let (sub, thread) = (head.sub.unwrap_or(""), head.thread.unwrap_or(""));
    let is_old = head.sub.zip(head.thread).is_some_and(|(sub, thread)| sub.as_ptr() < thread.as_ptr());
    let is_windows = !is_old && thread.len() == 5 && thread.bytes().all(|byte| byte.is_ascii_digit());
    let is_appliance = thread.len() >= 12;
    let is_vpx = ["[Vpx", "vpxapi.", "TaskInfoChannel"].iter().any(|mark| head.text.contains(mark))
        || sub.to_ascii_lowercase().starts_with("vpx");
    if is_windows || is_vpx && is_appliance {
        return (Dialect::VmwareVpxd, true);
    }
    if is_vpx {
        return (Dialect::VmwareVpxa, true);
    }
    const HOSTD: [&str; 12] = [
        "Vimsvc",
        "Vmsvc",
        "vm:/",
        "ha-",
        "Hostsvc",
        "TaskManager",
        "Solo",
        "Proxysvc",
        "Statssvc",
        "Guestsvc",
        "Cimsvc",
        "Nfcsvc",
    ];
    let is_hostd = HOSTD.iter().any(|name| sub.starts_with(name))
        || ["Task Created : haTask-", "Task Completed : haTask-", "State Transition (VM_STATE_"]
            .iter()
            .any(|text| head.text.starts_with(text));
    (if is_appliance { Dialect::VmwareVpxd } else { Dialect::VmwareHostd }, is_hostd && !is_appliance)
}
