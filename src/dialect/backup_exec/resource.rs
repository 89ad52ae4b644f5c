//! What a backup set is a backup of: a virtual machine, or anything else.
//!
//! VMware machines appear below their inventory: `VMVCB::\\vc1.corp.local\VCGuestVm\(DC)Rheinwerk(DC)\vm\Prod\srv-db1`.
//! The spelling is unverified in detail; only what carries one of its fixed words is taken for a machine.

/// Who runs a virtual machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Platform {
    /// VMware.
    Vmware,
    /// Hyper-V.
    HyperV,
}

/// The virtual machine that a resource stands for.
pub(super) fn machine(resource: &str) -> Option<(Platform, &str)> {
    let resource = clean(resource);
    let lower = resource.to_ascii_lowercase();
    let platform = if lower.starts_with("vmvcb::")
        || lower.contains("\\vcguestvm\\")
        || lower.contains("\\esxguestvm\\")
    {
        Platform::Vmware
    } else if lower.starts_with("vrtsrv::")
        || lower.contains("\\microsoft hyper-v\\")
        || lower.contains("\\hyper-v\\")
    {
        Platform::HyperV
    } else {
        return None;
    };
    let name = resource.trim_end_matches('\\').rsplit('\\').next()?.trim();
    let is_name = !name.is_empty() && !name.contains("::") && !name.starts_with("(DC)") && name != "vm";
    is_name.then_some((platform, name))
}

/// The resource without quotes and blanks around it.
pub(super) fn clean(resource: &str) -> &str {
    resource.trim().trim_matches(['"', '“', '”', '„', '«', '»']).trim()
}

/// The resource that a line names: what stands in its quotes, or from the first fixed word to the end.
pub(super) fn in_line(line: &str) -> Option<&str> {
    let quoted = line.split_once(['"', '“', '„', '«']).map(|(_, rest)| rest);
    if let Some(inner) = quoted.and_then(|rest| rest.split(['"', '”', '“', '»']).next())
        && (inner.contains('\\') || inner.contains("::"))
    {
        return Some(clean(inner));
    }
    let at = ["VMVCB::", "VRTSRV::", "\\\\"].iter().filter_map(|start| line.find(start)).min()?;
    line.get(at..).map(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_and_files() {
        let vm = "VMVCB::\\\\vc1.corp.local\\VCGuestVm\\(DC)Rhein werk(DC)\\vm\\Prod\\srv db (neu)";
        assert_eq!(machine(&format!("\"{vm} \"")), Some((Platform::Vmware, "srv db (neu)")));
        assert_eq!(machine("\\\\hv1\\Microsoft Hyper-V\\srv2"), Some((Platform::HyperV, "srv2")));
        for other in
            ["\\\\SRV2\\C:", "", "VMVCB::", "VMVCB::\\\\vc1\\VCGuestVm\\(DC)a(DC)\\vm", "System?State"]
        {
            assert_eq!(machine(other), None, "{other}");
        }
        assert_eq!(in_line(&format!("Backup of \"{vm} \"")), Some(vm));
        assert_eq!(in_line("Set Information - \\\\SRV2\\C:"), Some("\\\\SRV2\\C:"));
        assert_eq!(in_line("Family Name: \"Media created 1/28/2010\""), None);
    }
}
