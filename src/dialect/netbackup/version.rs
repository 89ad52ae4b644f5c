//! Version files of an installation.
//!
//! ```text
//! NetBackup-RedHat2.6.18 7.7.2              (UNIX, /usr/openv/netbackup/bin/version)
//! NetBackup-Solaris7 5.1MP5
//! HARDWARE LINUX_RH_X86                     (the same with keys; unverified, as is version.txt of Windows)
//! VERSION NetBackup 8.1.2
//! ```
//!
//! The version is a fact of the product `netbackup`; no file says of which host it is. Lists of corrections that are
//! installed beside a release ([`super::corrections`]) are read here too.

use std::borrow::Cow;

use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_till1};
use nom::character::complete::{multispace1, space0, space1};
use nom::combinator::{opt, rest, verify};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::corrections;
use crate::base::{Dialect, FactKind, Record, Sink, Splitter, VersionOrdering};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of version files.
pub struct Version;

impl Reader for Version {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupVersion
    }

    fn claim(&self, line: &str) -> Claim {
        if release(line).is_some() || corrections::installed(line).is_some() {
            Claim::Strong
        } else {
            Claim::No
        }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(VersionGrammar))
    }
}

/// The platform, where the line tells, and the release.
fn release(line: &str) -> Option<(Option<&str>, String)> {
    let parsed: IResult<&str, (Option<&str>, &str)> =
        delimited(space0, alt((version_file, key_line)), space0).parse(line.trim_end());
    let (_, (platform, release)) = parsed.ok()?;
    Some((platform, normal(release)?))
}

/// `NetBackup-RedHat2.6.18 7.7.2`
fn version_file(input: &str) -> IResult<&str, (Option<&str>, &str)> {
    let platform = verify(take_till1(char::is_whitespace), is_platform);
    let (input, platform) = preceded(tag("NetBackup-"), platform).parse(input)?;
    let (input, release) = preceded(multispace1, rest).parse(input)?;
    Ok((input, (Some(platform), release)))
}

/// Names of systems that NetBackup was built for; numbers and processors may stand around them. What only looks like
/// them (`NetBackup-like 6.5`) is no version of anything.
const PLATFORMS: [&str; 15] = [
    "redhat", "suse", "linux", "solaris", "sunos", "aix", "hp-ux", "hpux", "windows", "macos", "freebsd",
    "irix", "tru64", "osf1", "debian",
];

fn is_platform(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PLATFORMS.iter().any(|platform| name.contains(platform))
}

/// `VERSION NetBackup 8.1.2`, `VERSION = 7.5.0.4`
fn key_line(input: &str) -> IResult<&str, (Option<&str>, &str)> {
    let separator = (space0, opt(alt((tag("="), tag(":")))), space0);
    let (input, _) = (tag("VERSION"), separator, tag_no_case("NetBackup"), space1).parse(input)?;
    let (input, release) = rest.parse(input)?;
    Ok((input, (None, release)))
}

/// `5.1MP3S0949` as `5.1 MP3`: numbers, a letter, and the maintenance pack. `None` for what is no release.
fn normal(release: &str) -> Option<String> {
    let release = release.trim();
    let end = release.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(release.len());
    let (numbers, suffix) = release.split_at(end);
    let dotted = numbers.contains('.') && numbers.split('.').all(|part| (1..=4).contains(&part.len()));
    let suffix = suffix.trim_start_matches([' ', '_']);
    let pack = suffix.strip_prefix("MP").map(|rest| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..digits).unwrap_or("")
    });
    let version = match (pack, suffix) {
        (Some(pack), _) if !pack.is_empty() => format!("{numbers} MP{pack}"),
        (_, "" | "GA") => numbers.to_owned(),
        (_, letter) if letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            format!("{numbers}{letter}")
        }
        _ => return None,
    };
    (dotted && VersionOrdering::Netbackup.parse(&version).is_some()).then_some(version)
}

struct VersionGrammar;

impl Grammar for VersionGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupVersion
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        if let Some(id) = corrections::installed(line) {
            let mut record = Record::new(Dialect::NetbackupVersion, line);
            record.kind = "correction";
            record.fields.push(("fix", Cow::Borrowed(id)));
            return Some(record);
        }
        let (platform, release) = release(line)?;
        let mut record = Record::new(Dialect::NetbackupVersion, line);
        record.kind = "version";
        record.fields.push(("version", Cow::Owned(release)));
        if let Some(platform) = platform {
            record.fields.push(("platform", Cow::Borrowed(platform)));
        }
        Some(record)
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        if let Some(version) = record.field("version") {
            let fact = FactKind::Version { product: "netbackup".to_owned(), version: version.to_owned() };
            sink.fact(None, fact, &record);
        }
        if let Some(id) = record.field("fix") {
            sink.fact(None, FactKind::Fix { id: id.to_owned() }, &record);
        }
        sink.record(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;

    #[test]
    fn one_fact_per_file() {
        for (text, version, platform) in [
            ("NetBackup-RedHat2.6.18 7.7.2\n", "7.7.2", Some("RedHat2.6.18")),
            ("NetBackup-Solaris_x86_10_64 6.5.3.1", "6.5.3.1", Some("Solaris_x86_10_64")),
            ("NetBackup-RedHat2.4 5.1MP3S0949\r\n", "5.1 MP3", Some("RedHat2.4")),
            ("NetBackup-Solaris9 6.5.2A\n", "6.5.2A", Some("Solaris9")),
            ("HARDWARE LINUX_RH_X86\nVERSION NetBackup 8.1.2\nRELEASEDATE x\n", "8.1.2", None),
        ] {
            let log = read(&Version, text);
            let fact = FactKind::Version { product: "netbackup".to_owned(), version: version.to_owned() };
            assert_eq!(log.facts.iter().map(|(_, fact, _)| fact).collect::<Vec<_>>(), [&fact], "{text}");
            assert_eq!(log.facts[0].0, None);
            assert_eq!(log.of("version")[0].field("platform"), platform);
            check_cuts(&Version, text);
        }
    }

    #[test]
    fn corrections_beside_the_release() {
        let text = "NetBackup-Solaris10 7.0.1\r\nEEB 2233961 v2 installed\r\nnothing else\r\n";
        let log = read(&Version, text);
        let facts: Vec<_> = log.facts.iter().map(|(host, fact, _)| (host.as_deref(), fact)).collect();
        let version = FactKind::Version { product: "netbackup".to_owned(), version: "7.0.1".to_owned() };
        assert_eq!(facts, [(None, &version), (None, &FactKind::Fix { id: "2233961".to_owned() })]);
        assert_eq!(Version.claim("please install EEB 2233961"), Claim::No);
        check_cuts(&Version, text);
    }

    #[test]
    fn what_is_no_version_file() {
        for line in [
            "",
            "NetBackup 6.5 Release Update 4 (6.5.4), scheduled for release",
            "NetBackup-RedHat2.6.18 unknown",
            "NetBackup-based backups 7.7.2 and later",
            "NetBackup-Linux 2024-01-05",
            "NetBackup-like 6.5",
            "NetBackup-compatible 7.7.2",
            "VERSION 7.7.2",
            "VERSION NetBackup Enterprise Server 7",
            "Running NetBackup-RedHat2.6.18 7.7.2",
        ] {
            assert_eq!(Version.claim(line), Claim::No, "{line}");
        }
        assert_eq!(Version.claim("NetBackup-RedHat2.6.18 7.7.2"), Claim::Strong);
    }
}
