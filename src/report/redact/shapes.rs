//! What is private by its shape, wherever it stands in a text: addresses, paths, accounts, names behind words that
//! announce them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::words::{Kind, is_vendor};

/// What was found, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Mail,
    Ipv4,
    Ipv6,
    Mac,
    Sid,
    /// A path of any system; its words are looked at one by one.
    Path,
    /// `DOMAIN\user`.
    Account,
    /// A host name with its domain.
    Fqdn,
}

/// In the order in which they win where two begin at the same place and are of one length.
static SHAPES: LazyLock<Vec<(Shape, Regex)>> = LazyLock::new(|| {
    let component = r#"[^\\/\s"'<>|:;,*?()\[\]{}]+"#;
    let spaced = r#"[^\\/\r\n\t"'<>|:;*?()\[\]{}]*"#;
    let tld = "com|net|org|info|biz|local|localdomain|lan|corp|internal|intra|intranet|home|de|at|ch|fr|uk|us|ca|eu|it|nl|\
               be|se|no|dk|fi|pl|cz|es|pt|jp|cn|kr|in|br|au|nz|ru|io|cloud|gov|edu|mil|int|test|invalid|example|ad";
    [
        (Shape::Mail, r"(?i)\b[a-z0-9._%+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+\b".to_owned()),
        (Shape::Sid, r"\bS-1-5-21(?:-\d{1,10}){3,5}\b".to_owned()),
        (Shape::Mac, r"(?i)\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b".to_owned()),
        (Shape::Ipv4, r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b".to_owned()),
        (Shape::Ipv6, r"(?i)(?:\b[0-9a-f]{1,4}|:)(?::{1,2}[0-9a-f]{1,4}){1,7}(?:%[a-z0-9]+)?".to_owned()),
        (Shape::Path, format!(r#"\b[A-Za-z]:(?:\\{spaced})*\\(?:{component})?"#)),
        // Names of data centres stand in parentheses between backslashes.
        (
            Shape::Path,
            r#"\\\\[^\\/\s"'<>|:;,*?]+(?:(?:\\[^\\/\r\n\t"'<>|:;*?]*)*\\[^\\/\s"'<>|:;,*?]*)?"#.to_owned(),
        ),
        (Shape::Path, format!(r#"(?:^|[\s"'=(\[,>])(?P<s>(?:/{component})+/?)"#)),
        (Shape::Account, r"\b[A-Za-z][A-Za-z0-9-]{1,14}\\[A-Za-z][A-Za-z0-9._$-]{1,63}\b".to_owned()),
        (Shape::Fqdn, format!(r"(?i)\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)*\.(?:{tld})\b")),
    ]
    .into_iter()
    .filter_map(|(shape, expression)| Some((shape, Regex::new(&expression).ok()?)))
    .collect()
});

/// Words that announce a name: `client=nbuclient1`, `Node DM1`, `user "ada"`.
static ANNOUNCED: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    let table = [
        (Kind::Vm, r"vm(?:[ _]?name)?|virtual machine|guest"),
        (Kind::User, r"user(?:[ _]?name)?|account|owner|login"),
        (Kind::Policy, r"policy|lifecycle|schedule"),
        (
            Kind::Host,
            r"host(?:[ _]?name)?|client|(?:master|media|storage|backup)[ _]?server|server|node(?:[ _]?name)?|computer|esx|vcenter|data ?mover|proxy",
        ),
        (Kind::Store, r"volume(?:[ _]?name)?|disk ?pool|storage ?unit|stu|datastore"),
    ];
    // Where a line holds nothing but the name, it may have blanks; options of TSM stand before their values alone.
    let whole_line = [
        (
            Kind::Policy,
            r"(?im)\b(?:job|policy|schedule|selection list|backup set) ?name[ \t]*[=:][ \t]*(?P<s>[^\r\n\x22',;]{3,64})",
        ),
        (
            Kind::Host,
            r"(?im)^\s*(?:vmchost|nodename|asnodename|virtualnode(?:name)?|tcpserveraddress|tcpclientaddress|vmctlmc)[ \t]+(?P<s>\S+)",
        ),
    ];
    let whole_line = whole_line.iter().filter_map(|(kind, text)| Some((*kind, Regex::new(text).ok()?)));
    table
        .iter()
        .filter_map(|(kind, words)| {
            // Without a sign between them the second must look like a name: prose is full of `the server is`.
            let name = r"[\p{L}0-9._$-]{3,}";
            let telling = r"[\p{L}0-9.$-]*[0-9_-][\p{L}0-9._$-]*[\p{L}0-9]";
            let expression = format!(
                r#"(?i)\b(?:{words})(?:\s*[=:]\s*["']?(?P<s>{name})|[ \t]+(?:name[ \t]+|named[ \t]+)?(?:"(?P<q>[^"\r\n]{{3,64}})"|'(?P<p>[^'\r\n]{{3,64}})'|(?P<t>{telling})))"#
            );
            Some((*kind, Regex::new(&expression).ok()?))
        })
        .chain(whole_line)
        .collect()
});

/// Versions look like addresses; the word before them tells.
static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:version|release|level|ver\.?|build|netbackup|tsm|\bv)[\s:=-]*$").ok()
});

/// Every place of the text that is private by its shape, in order, none inside another.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, Shape)> {
    let mut found: Vec<(Range<usize>, Shape, usize)> = Vec::new();
    for (rank, (shape, expression)) in SHAPES.iter().enumerate() {
        for captures in expression.captures_iter(text) {
            let Some(hit) = captures.name("s").or_else(|| captures.get(0)) else { continue };
            if counts(text, hit.range(), *shape) {
                found.push((hit.range(), *shape, rank));
            }
        }
    }
    found.sort_by_key(|(range, _, rank)| (range.start, std::cmp::Reverse(range.end), *rank));
    let mut end = 0;
    found.retain(|(range, ..)| {
        let is_free = range.start >= end;
        if is_free {
            end = range.end;
        }
        is_free
    });
    found.into_iter().map(|(range, shape, _)| (range, shape)).collect()
}

fn counts(text: &str, range: Range<usize>, shape: Shape) -> bool {
    let hit = text.get(range.clone()).unwrap_or("");
    match shape {
        Shape::Ipv4 => {
            is_address(text.get(..range.start).unwrap_or(""), hit, text.get(range.end..).unwrap_or(""))
        }
        Shape::Ipv6 => {
            let bare = hit.split('%').next().unwrap_or("");
            // A clock is no address.
            let has_digit = bare.bytes().any(|byte| byte.is_ascii_digit());
            bare.parse::<std::net::Ipv6Addr>().is_ok()
                && has_digit
                && (bare.contains("::") || bare.len() > 14)
        }
        Shape::Fqdn => !is_vendor(hit),
        // Inside a path it is a part of the path.
        Shape::Account => !text.get(..range.start).unwrap_or("").ends_with(['\\', '/', ':']),
        _ => true,
    }
}

/// Four numbers are an address unless something says that they are a version.
fn is_address(before: &str, hit: &str, behind: &str) -> bool {
    let octets: Vec<u16> = hit.split('.').filter_map(|octet| octet.parse().ok()).collect();
    let in_range = octets.len() == 4 && octets.iter().all(|octet| *octet < 256);
    let near = before.get(before.floor_char_boundary(before.len().saturating_sub(24))..).unwrap_or("");
    let is_version = VERSION.as_ref().is_some_and(|version| version.is_match(near))
        || octets.first().is_some_and(|first| *first < 10)
            && octets.get(1).is_some_and(|second| *second < 10);
    let is_longer =
        behind.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    in_range && !is_version && !is_longer && !before.ends_with('.')
}

/// Names that the text announces, in order.
pub(super) fn announced(text: &str) -> Vec<(Kind, &str)> {
    let mut found: Vec<(usize, Kind, &str)> = Vec::new();
    for (kind, expression) in ANNOUNCED.iter() {
        let names = |captures: Captures<'_>| {
            ["s", "q", "p", "t"].iter().find_map(|name| captures.name(name).map(|hit| hit.range()))
        };
        for range in expression.captures_iter(text).filter_map(names) {
            if let Some(name) = text.get(range.clone()) {
                found.push((range.start, *kind, name.trim_end_matches(['.', ',', ':'])));
            }
        }
    }
    found.sort_by_key(|(at, ..)| *at);
    found.into_iter().map(|(_, kind, name)| (kind, name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(&str, Shape)> {
        find(text).into_iter().map(|(range, shape)| (&text[range], shape)).collect()
    }

    #[test]
    fn every_expression_compiles() {
        assert_eq!((SHAPES.len(), ANNOUNCED.len()), (10, 7));
    }

    #[test]
    fn what_is_private_by_its_shape() {
        let table: [(&str, &[(&str, Shape)]); 14] = [
            ("from 10.1.2.3:13724", &[("10.1.2.3", Shape::Ipv4)]),
            ("client version 10.1.0.3 of", &[]),
            ("6.4.0.1 and 8.1.23.0", &[]),
            ("14:55:05.986 [14922] <4> x", &[]),
            (
                "fe80::1%eth0 and 2001:0db8:85a3:0000:0000:8a2e:0370:7334",
                &[("fe80::1%eth0", Shape::Ipv6), ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", Shape::Ipv6)],
            ),
            ("STS_EOK nbutest03_1236281108:p:4:1:: deleted", &[]),
            ("mail to ada@corp.local now", &[("ada@corp.local", Shape::Mail)]),
            ("srv1.corp.local: down", &[("srv1.corp.local", Shape::Fqdn)]),
            ("see http://kb.vmware.com/kb/1", &[]),
            (r"by CORP\ada today", &[(r"CORP\ada", Shape::Account)]),
            (
                r"open C:\Program Files\Müller GmbH\x.log failed",
                &[(r"C:\Program Files\Müller GmbH\x.log", Shape::Path)],
            ),
            (r"to \\nas1\share\x done", &[(r"\\nas1\share\x", Shape::Path)]),
            ("path=/usr/openv/netbackup/db x", &[("/usr/openv/netbackup/db", Shape::Path)]),
            ("and/or 1/2 log.030509", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn names_behind_the_words_that_announce_them() {
        let text = "client=nbuclient1 the server is down, Node DM-1, user \"ada l\", media server: m1srv, policy wk_1";
        let names: Vec<&str> = announced(text).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["nbuclient1", "DM-1", "ada l", "m1srv", "wk_1"]);
    }
}
