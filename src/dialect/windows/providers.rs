//! Event sources under all the names they went by.
//!
//! One event source changed its name with the Windows release, and its letter case with the wind. The canonical key
//! is in lower case; a provider that is in no table is its own key. `Microsoft-Windows-Ntfs` is deliberately not an
//! alias of `ntfs`: it is another provider with event ids of its own.

/// Former, full and short names, all in lower case, and the key they share.
const ALIASES: &[(&str, &str)] = &[
    ("microsoft-windows-activedirectory_domainservice", "ntds"),
    ("activedirectory_domainservice", "ntds"),
    ("ntds general", "ntds"),
    ("ntds replication", "ntds"),
    ("ntds kcc", "ntds"),
    ("ntds database", "ntds"),
    ("ntds ldap", "ntds"),
    ("ntds sdprop", "ntds"),
    ("ntds backup", "ntds"),
    ("ntds xds interface", "ntds"),
    ("ntds inter-site messaging", "ntds"),
    ("microsoft-windows-dns-server-service", "dns"),
    ("dns-server-service", "dns"),
    ("dhcpserver", "dhcp server"),
    ("microsoft-windows-dhcp-server", "dhcp server"),
    ("dhcp-server", "dhcp server"),
    ("vds dynamic provider 1.0", "vds dynamic provider"),
    ("vds dynamic provider 2.0", "vds dynamic provider"),
    ("logical disk manager administrative service", "ldm"),
    ("logical disk manager", "ldm"),
    ("dmadmin", "ldm"),
    ("mssqlserver", "mssql"),
    ("microsoft-windows-backup", "windows server backup"),
    ("backup", "windows server backup"),
    ("microsoft-windows-service control manager", "service control manager"),
    ("microsoft-windows-service-control-manager", "service control manager"),
];

/// The key under which an event source is compared: aliases resolved, in lower case.
pub fn canonical(provider: &str) -> String {
    let folded = provider.trim().to_lowercase();
    if folded.starts_with("mssql$") {
        return "mssql".to_owned();
    }
    match ALIASES.iter().find(|(alias, _)| *alias == folded) {
        Some((_, key)) => (*key).to_owned(),
        None => folded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_for_all_names() {
        for (provider, key) in [
            ("LGTO_Sync", "lgto_sync"),
            ("VolSnap", "volsnap"),
            ("NTDS General", "ntds"),
            ("Microsoft-Windows-ActiveDirectory_DomainService", "ntds"),
            ("NTDS ISAM", "ntds isam"),
            ("DNS", "dns"),
            ("Microsoft-Windows-DNS-Server-Service", "dns"),
            ("DHCPServer", "dhcp server"),
            ("MSSQL$SHAREPOINT", "mssql"),
            ("VDS Dynamic Provider 2.0", "vds dynamic provider"),
            ("Microsoft-Windows-Ntfs", "microsoft-windows-ntfs"),
            ("Ntfs", "ntfs"),
        ] {
            assert_eq!(canonical(provider), key);
        }
    }

    #[test]
    fn keys_are_their_own_aliases() {
        for (alias, key) in ALIASES {
            assert_eq!(canonical(key), *key, "{alias}");
            assert_eq!(*alias, alias.to_lowercase());
        }
    }
}
