//! Floor 1: what codes mean, for `explain` and for the report's list of codes.
//!
//! The table stands in `meanings.tsv`: product, code, meaning. NetBackup's texts are those that it prints; all others
//! are said in a few words of ours. A code that is not in the table has no meaning here: none is guessed.
//!
//! ```text
//! netbackup    191                  no images were successfully processed
//! tsm          ANS1228              an object could not be sent; the next message says why
//! backup-exec  0xE000FEDD           a failure occurred accessing the object list (agent or resource gone)
//! windows      lgto_sync:1          the VMware sync driver was loaded (at boot) ...
//! ```
//!
//! Statuses of NetBackup say little by themselves: `netbackup_advice.tsv` adds the usual cause and what to look at, for
//! one status or for a range of them that share it (`256-351`); what stands first counts. Where a number changed its
//! text over the releases, the meaning gives both. The texts were compared in two public tables of them.

use std::borrow::Cow;

const TABLE: &str = include_str!("meanings.tsv");

/// Status or range of statuses, usual cause, what to look at.
const NETBACKUP_ADVICE: &str = include_str!("netbackup_advice.tsv");

/// Windows sources that log the same events under several names: as written, as in the table. Lower case.
const SOURCES: [(&str, &str); 18] = [
    ("microsoft-windows-dns-server-service", "dns"),
    ("dhcpserver", "dhcp server"),
    ("microsoft-windows-dhcp-server", "dhcp server"),
    ("microsoft-windows-activedirectory_domainservice", "ntds"),
    ("ntds isam", "esent"),
    ("ese", "esent"),
    ("mssqlserver", "mssql"),
    ("microsoft-windows-backup", "windows server backup"),
    ("microsoft-windows-service control manager", "service control manager"),
    ("vds dynamic provider 1.0", "vds dynamic provider"),
    ("vds dynamic provider 2.0", "vds dynamic provider"),
    ("microsoft-windows-virtual disk service", "virtual disk service"),
    ("microsoft-windows-partition-manager", "partmgr"),
    ("microsoft-windows-eventlog", "eventlog"),
    ("backup exec 6.1", "backup exec"),
    ("ntds general", "ntds"),
    ("ntds replication", "ntds"),
    ("ntds kcc", "ntds"),
];

/// What a code of a product means: NetBackup status codes (`191`), TSM messages (`ANS1228E`, the severity letter may
/// be missing), Backup Exec errors (`V-79-57344-65245`, `0xE000FEDD`), Windows events (`LGTO_Sync:1`).
pub fn meaning(product: &str, code: &str) -> Option<&'static str> {
    let code = canonical(product, code)?;
    rows().find(|row| row.0 == product && row.1 == code).map(|row| row.2)
}

/// What usually lies behind a code, and where to look. It is experience, not proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The usual cause.
    pub cause: &'static str,
    /// What to look at.
    pub look_at: &'static str,
}

/// Advice on a code, where there is any: today for the statuses of NetBackup and the errors of its storage plug-ins.
pub fn advice(product: &str, code: &str) -> Option<Advice> {
    let code = canonical(product, code).filter(|_| product == "netbackup")?;
    meaning(product, &code)?;
    advices().find(|(known, _)| covers(known, &code)).map(|(_, advice)| advice)
}

/// Does a row of the advice speak of this code: `191`, or a range around it?
fn covers(row: &str, code: &str) -> bool {
    let Some((first, last)) = row.split_once('-') else { return row == code };
    let numbers = [first, code, last].map(str::parse::<u32>);
    matches!(numbers, [Ok(first), Ok(code), Ok(last)] if (first..=last).contains(&code))
}

fn advices() -> impl Iterator<Item = (&'static str, Advice)> {
    NETBACKUP_ADVICE.lines().filter_map(|line| {
        let (code, rest) = line.split_once('\t')?;
        let (cause, look_at) = rest.split_once('\t')?;
        Some((code, Advice { cause, look_at }))
    })
}

/// Every product in which this code means something, with the meaning.
pub fn meanings(code: &str) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for product in ["netbackup", "tsm", "backup-exec", "windows"] {
        let Some(code) = canonical(product, code) else { continue };
        found.extend(rows().filter(|row| row.0 == product && row.1 == code).map(|row| (row.0, row.2)));
    }
    found
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    TABLE.lines().filter_map(|line| {
        let (product, rest) = line.split_once('\t')?;
        let (code, meaning) = rest.split_once('\t')?;
        Some((product, code, meaning))
    })
}

/// The code as the table spells it.
fn canonical<'c>(product: &str, code: &'c str) -> Option<Cow<'c, str>> {
    let code = code.trim();
    match product {
        "netbackup" => {
            let is_number = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
            let number = code.trim_start_matches('0');
            is_number.then_some(Cow::Borrowed(if number.is_empty() { "0" } else { number }))
        }
        "tsm" => {
            // `ANR9999D_0756002150`: the number behind it is that of the place in the program.
            let upper = code.split('_').next()?.to_ascii_uppercase();
            let digits = upper.bytes().skip(3).filter(u8::is_ascii_digit).count();
            let has_severity = digits >= 4 && upper.ends_with(|c: char| c.is_ascii_uppercase());
            let end = upper.len() - usize::from(has_severity);
            Some(Cow::Owned(upper.get(..end)?.to_owned()))
        }
        "backup-exec" => error_number(code).map(|number| Cow::Owned(format!("0x{number:08X}"))),
        "windows" => {
            let (source, id) = code.rsplit_once(':')?;
            let source = source.trim().to_lowercase();
            let source = source.split_once('$').map_or(source.as_str(), |(family, _)| family);
            let known = SOURCES.iter().find(|(name, _)| *name == source).map_or(source, |(_, known)| known);
            Some(Cow::Owned(format!("{known}:{}", id.trim())))
        }
        _ => None,
    }
}

/// The 32-bit error behind `V-79-57344-65245`, `0xE000FEDD` or `e000fedd`, and behind the negative number that event
/// data and job histories print for it, `-536805667`.
pub fn error_number(code: &str) -> Option<u32> {
    let code = code.trim();
    let is_link = code.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("V-79-"));
    if is_link {
        let (high, low) = code.get(5..)?.split_once('-')?;
        let (high, low): (u16, u16) = (high.parse().ok()?, low.parse().ok()?);
        return Some(u32::from(high) << 16 | u32::from(low));
    }
    if code.starts_with('-') && code.len() >= 9 {
        return code.parse::<i32>().ok().map(i32::cast_unsigned);
    }
    let hex = code.strip_prefix("0x").or_else(|| code.strip_prefix("0X")).unwrap_or(code);
    let is_hex = hex.len() == 8 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex { u32::from_str_radix(hex, 16).ok() } else { None }
}

/// A 32-bit error as Backup Exec's links spell it: the two halves in decimal.
pub fn link_of(number: u32) -> String {
    format!("V-79-{}-{}", number >> 16, number & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_in_their_spellings() {
        assert_eq!(meaning("netbackup", "83"), Some("media open error"));
        assert_eq!(meaning("netbackup", "2060013"), Some("OpenStorage: no more entries"));
        assert_eq!(meaning("netbackup", "0"), Some("the requested operation was successfully completed"));
        assert_eq!(meaning("netbackup", "00083"), meaning("netbackup", "83"));
        assert_eq!(meaning("tsm", "ANS1228E"), meaning("tsm", "ans1228"));
        assert!(meaning("tsm", "ANS1228E").is_some());
        assert_eq!(meaning("backup-exec", "V-79-57344-65245"), meaning("backup-exec", "e000fedd"));
        assert!(meaning("windows", "LGTO_Sync:1").is_some_and(|text| text.contains("loaded")));
        assert_eq!(meaning("windows", "MSSQL$PROD:3041"), meaning("windows", "MSSQLSERVER:3041"));
        assert_eq!(
            meaning("windows", "Microsoft-Windows-DNS-Server-Service:4015"),
            meaning("windows", "DNS:4015")
        );
    }

    #[test]
    fn what_is_not_known_has_no_meaning() {
        for (product, code) in [
            ("netbackup", "99999"),
            ("netbackup", ""),
            ("netbackup", "ANS1228E"),
            ("tsm", "ANS"),
            ("tsm", "ÄÖÜ1228E"),
            ("backup-exec", "V-79-1"),
            ("windows", "1"),
            ("windows", ":"),
            ("vmware", "1"),
        ] {
            assert_eq!(meaning(product, code), None, "{product} {code}");
        }
        assert_eq!(meanings("191"), [("netbackup", "no images were successfully processed")]);
        assert!(meanings("nothing").is_empty());
    }

    #[test]
    fn links_and_numbers() {
        assert_eq!(error_number("V-79-57344-65072"), Some(0xE000_FE30));
        assert_eq!(link_of(0xE000_FE30), "V-79-57344-65072");
        assert_eq!(error_number("0xA000971E"), Some(0xA000_971E));
        assert_eq!(link_of(0xA000_971E), "V-79-40960-38686");
        assert_eq!(error_number("V-79-70000-1"), None);
        assert_eq!(error_number("-536805840"), Some(0xE000_FE30));
        assert_eq!(error_number("-7"), None);
        assert_eq!(meaning("tsm", "ANR9999D_0756002150"), meaning("tsm", "ANR9999D"));
        assert_eq!(error_number("é000fedd"), None);
    }

    #[test]
    fn the_table_is_whole() {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for line in TABLE.lines() {
            assert_eq!(line.split('\t').count(), 3, "{line}");
        }
        for (product, code, text) in rows() {
            assert!(!seen.contains(&(product, code)), "{code} comes twice");
            assert_eq!(canonical(product, code).as_deref(), Some(code), "{code} is not as it is looked up");
            assert!(!text.trim().is_empty());
            seen.push((product, code));
        }
        assert!(seen.len() > 350);
    }

    /// Sources and ids that backups meet on Windows, as far as they are documented.
    #[test]
    fn events_that_backups_meet_are_explained() {
        let many = |source: &str, ids: &[u32]| -> Vec<String> {
            ids.iter().map(|id| format!("{source}:{id}")).collect()
        };
        let vss = [
            11, 12, 13, 22, 34, 38, 39, 40, 6005, 8193, 8194, 8212, 8213, 8214, 8219, 8220, 8222, 8223, 8224,
            8225, 8226, 8229, 8230, 12289, 12290, 12291, 12292, 12293, 12294, 12297, 12298, 12301, 12302,
            12305, 12308, 12310, 12311, 12323, 12324, 12325, 12326, 12330, 12338, 12339, 12340, 12341, 12342,
            12345, 12347, 12348,
        ];
        let volsnap = [
            5, 6, 8, 9, 10, 13, 14, 16, 20, 21, 23, 24, 25, 27, 28, 29, 31, 32, 33, 35, 36, 39, 41, 48, 58,
            59, 60,
        ];
        let all = [
            many("VSS", &vss),
            many("VolSnap", &volsnap),
            many("NTDS ISAM", &[467, 474, 482, 490, 507, 508, 509, 510, 532, 533]),
            many("ESE", &[2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008]),
            many("NTDS Replication", &[1093, 1113, 1115, 2087, 2088, 2095, 2103]),
            many(
                "Microsoft-Windows-DNS-Server-Service",
                &[4000, 4004, 4006, 4007, 4010, 4011, 4013, 4015, 4016, 4521],
            ),
            many("DhcpServer", &[1010, 1014, 1016, 1059, 1063]),
            many("MSExchange ADAccess", &[2077, 2080, 2098, 2102, 2103, 2106, 2114, 2389, 2392, 2601]),
            many("MSExchangeIS", &[1160, 9606, 9622]),
            many("MSSQL$PROD", &[833, 3041, 3197, 3198, 17055, 17061, 18210, 18264, 18265]),
            many("SQLWRITER", &[24579, 24581, 24583]),
            many("disk", &[9, 11, 15, 51, 117, 129, 153, 154, 157, 158]),
            many("Ntfs", &[50, 55, 57, 136, 137, 140]),
            many("Service Control Manager", &[7011, 7023, 7024, 7031, 7034]),
            many("VDS Dynamic Provider 2.0", &[3, 10, 13, 17, 18, 25, 26, 41, 42]),
            many("Virtual Disk Service", &[1, 3, 4, 9, 10, 18, 19]),
            many("NtFrs", &[13508, 13509, 13516, 13553, 13554, 13560, 13561, 13565, 13566, 13568]),
            many(
                "Microsoft-Windows-Backup",
                &[
                    4, 5, 7, 9, 14, 19, 49, 50, 517, 518, 519, 521, 524, 527, 528, 544, 545, 546, 561, 564,
                    565, 612, 753,
                ],
            ),
            many("Backup Exec", &[3004, 34112, 34113, 34114, 57755]),
            many("AdsmClientService", &[4097, 4103]),
            many("VMUpgradeHelper", &[258, 260, 270, 271, 272, 280]),
            many("dmio", &[1, 31, 38]),
            many("dmboot", &[1, 2, 5, 7]),
        ];
        for code in all.iter().flatten().map(String::as_str).chain([
            "LGTO_Sync:1",
            "vmdebug:3",
            "vmci:3",
            "VMTools:105",
            "VMTools:108",
            "VMware Tools:1000",
            "NETLOGON:5719",
            "SQLVDI:1",
            "PartMgr:58",
            "PlugPlayManager:12",
            "VSSAudit:8223",
            "JET:30",
            "Microsoft-Windows-CAPI2:513",
            "Microsoft-Windows-Kernel-Tm:2",
            "Microsoft-Windows-Hyper-V-VMMS:10103",
            "EventLog:6009",
        ]) {
            assert!(meaning("windows", code).is_some(), "{code}");
        }
        // The same number of another source is another event.
        assert!(meaning("windows", "VolSnap:326").is_none());
        assert!(meaning("windows", "EventLog:6005") != meaning("windows", "VSS:6005"));
    }

    #[test]
    fn every_status_of_netbackup_has_advice() {
        let known: Vec<&str> = rows().filter(|row| row.0 == "netbackup").map(|row| row.1).collect();
        assert!(known.len() > 850, "{}", known.len());
        for code in &known {
            assert!(advice("netbackup", code).is_some(), "{code} has no advice");
        }
        for (row, _) in advices() {
            assert!(known.iter().any(|code| covers(row, code)), "{row} speaks of no known code");
        }
        for line in NETBACKUP_ADVICE.lines() {
            assert_eq!(line.split('\t').filter(|column| !column.trim().is_empty()).count(), 3, "{line}");
        }
        assert!(advice("netbackup", "0191").is_some_and(|advice| advice.look_at.contains("TECH69597")));
        // Inside a range, but no number that is known.
        assert_eq!((meaning("netbackup", "264"), advice("netbackup", "264")), (None, None));
        assert_eq!(advice("netbackup", "99999"), None);
        assert_eq!(advice("tsm", "191"), None);
    }

    #[test]
    fn statuses_of_all_groups_are_explained() {
        for (code, part) in [
            ("9", "extension package"),
            ("95", "EMM database"),
            ("252", "extended error status"),
            ("306", "vault duplication"),
            ("636", "input socket"),
            ("800", "resource request"),
            ("1000", "offline"),
            ("1057", "corruption"),
            ("1579", "window closed"),
            ("2009", "drive paths are down"),
            ("2820", "VMware policy restore"),
            ("4274", "remove virtual machine snapshot"),
            ("5407", "must be OPEN"),
        ] {
            assert!(meaning("netbackup", code).is_some_and(|text| text.contains(part)), "{code}");
        }
    }
}
