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
//! Statuses of NetBackup say little by themselves: `netbackup_advice.tsv` adds the usual cause and what to look at.

use std::borrow::Cow;

const TABLE: &str = include_str!("meanings.tsv");

/// Status, usual cause, what to look at.
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
    advices().find(|(known, _)| *known == code).map(|(_, advice)| advice)
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
            let upper = code.to_ascii_uppercase();
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

/// The 32-bit error behind `V-79-57344-65245`, `0xE000FEDD` or `e000fedd`.
pub fn error_number(code: &str) -> Option<u32> {
    let code = code.trim();
    let is_link = code.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("V-79-"));
    if is_link {
        let (high, low) = code.get(5..)?.split_once('-')?;
        let (high, low): (u16, u16) = (high.parse().ok()?, low.parse().ok()?);
        return Some(u32::from(high) << 16 | u32::from(low));
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

    #[test]
    fn every_status_of_netbackup_has_advice() {
        let known: Vec<&str> = rows().filter(|row| row.0 == "netbackup").map(|row| row.1).collect();
        let advised: Vec<&str> = advices().map(|(code, _)| code).collect();
        assert_eq!(known, advised);
        for line in NETBACKUP_ADVICE.lines() {
            assert_eq!(line.split('\t').filter(|column| !column.trim().is_empty()).count(), 3, "{line}");
        }
        assert!(advice("netbackup", "0191").is_some_and(|advice| advice.look_at.contains("TECH69597")));
        assert_eq!(advice("netbackup", "99999"), None);
        assert_eq!(advice("tsm", "191"), None);
    }
}
