//! What NetBackup's texts say in the same words everywhere: the status, the severity inside the text, the names of
//! its processes.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::base::Severity;

/// A message up to the first blank line in it: a wrapped message goes on in the next line, but behind a blank line
/// stands what somebody wrote around the pasted lines.
pub(super) fn first_paragraph(message: &str) -> &str {
    let mut end = 0;
    for line in message.split_inclusive('\n') {
        if end > 0 && line.trim().is_empty() {
            break;
        }
        end += line.len();
    }
    message.get(..end).unwrap_or(message).trim_end()
}

/// The longest status number: statuses have up to four digits, those of some options five. Longer ones (2060013)
/// belong to storage plug-ins.
const STATUS_DIGITS: usize = 5;

/// The status that follows the word `status` in one of its spellings (`EXIT STATUS 156`, `EXITING with status 85`,
/// `EXIT_Status = 85`, `status: 84`); not 0, which is no failure.
pub(super) fn stated_status(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    // Debug logs pass here with every line. The word is looked for as a whole: its letters are in every line.
    let first = |word: &Finder<'_>| {
        let mut from = 0;
        while let Some(found) = word.find(bytes.get(from..)?) {
            let at = from + found;
            if let Some(status) = status_at(text, at) {
                return Some((at, status));
            }
            from = at + STATUS_WORD;
        }
        None
    };
    let [small, capital] = &*STATUS;
    match (first(small), first(capital)) {
        (Some(one), Some(other)) => Some(one.min(other).1),
        (one, other) => one.or(other).map(|(_, status)| status),
    }
}

/// The status that follows the word `status` whose second letter stands at byte `at`.
fn status_at(text: &str, at: usize) -> Option<&str> {
    let before = text.as_bytes().get(..at)?;
    is_exit_status(before).then(|| number_behind(text.get(at + STATUS_WORD..)?)).flatten()
}

/// Is the word `status`, whose second letter stands behind `before`, one that a process ends with, and not a part of
/// another one (`DEVICE_STATUS 1 5`, `apparatus`)?
fn is_exit_status(before: &[u8]) -> bool {
    let Some((first, before)) = before.split_last() else { return false };
    let begins_word = match before.last() {
        Some(b'_') => [&b"exit_"[..], b"job_"].iter().any(|word| ends_with_folded(before, word)),
        // `FinalJobStatus`.
        Some(letter) if letter.is_ascii_alphanumeric() => *first == b'S' && letter.is_ascii_lowercase(),
        _ => true,
    };
    first.eq_ignore_ascii_case(&b's') && begins_word
}

fn ends_with_folded(text: &[u8], end: &[u8]) -> bool {
    text.len()
        .checked_sub(end.len())
        .and_then(|at| text.get(at..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// Does a line tell of an error, as far as that hangs on one of [`FAILURES`] that stands at byte `at` of it?
pub(super) fn tells_failure(line: &str, at: usize) -> bool {
    match line.as_bytes().get(at) {
        Some(b't' | b'T') => status_at(line, at).is_some(),
        _ => stated_severity(line) >= Severity::Error,
    }
}

/// What shows that a text may tell of an error: the word `status` without its first letter, and errors among the
/// severities that a text states itself.
pub(super) const FAILURES: [&str; 4] = ["tatus", "TATUS", "ERR - ", "FTL - "];

/// Letters of the word `status` without its first one.
const STATUS_WORD: usize = 5;

/// The word `status` without its first letter, which may be a capital one.
static STATUS: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| [Finder::new(b"tatus"), Finder::new(b"TATUS")]);

/// The status behind the word `status`, of which `rest` is what follows.
pub(super) fn number_behind(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches([' ', ':', '=']);
    let rest = ["code ", "of ", "is "].iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
    failure(rest)
}

/// The status in parentheses at the end of a text: `media open error (83).`, `media close error  (87)`.
pub(super) fn trailing_status(text: &str) -> Option<&str> {
    any_trailing_status(text).filter(|status| !status.trim_start_matches('0').is_empty())
}

/// The same, 0 included.
pub(super) fn any_trailing_status(text: &str) -> Option<&str> {
    let text = text.trim_end().trim_end_matches('.');
    let (before, digits) = text.strip_suffix(')')?.rsplit_once('(')?;
    let is_status = !digits.is_empty()
        && digits.len() <= STATUS_DIGITS
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && before.trim_end().ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '\'' | ')' | '"'));
    is_status.then_some(digits)
}

fn failure(rest: &str) -> Option<&str> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let ends = !rest.as_bytes().get(digits).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_');
    let status = rest.get(..digits)?;
    let fails = status.bytes().any(|digit| digit != b'0');
    (fails && ends && digits <= STATUS_DIGITS).then_some(status)
}

/// The severity that a text itself states: `INF -`, `WRN -`, `ERR -`, `FTL -`, `TRV -`, behind the function or the
/// client that it comes from, also doubled (`INF - INF -`). Only the first such group counts: what follows is
/// quoted text.
pub(super) fn stated_severity(text: &str) -> Severity {
    let bytes = text.as_bytes();
    for dash in memchr::memchr_iter(b'-', bytes) {
        let Some(mut worst) = token_before(bytes, dash) else { continue };
        let mut next = dash + 6;
        while let Some(severity) = token_before(bytes, next).filter(|_| bytes.get(next) == Some(&b'-')) {
            worst = worst.max(severity);
            next += 6;
        }
        return worst;
    }
    Severity::Unknown
}

/// The token that ends with a blank before `dash`.
fn token_before(text: &[u8], dash: usize) -> Option<Severity> {
    let start = dash.checked_sub(4)?;
    let severity = match text.get(start..dash)? {
        b"TRV " => Severity::Debug,
        b"INF " => Severity::Info,
        b"WRN " => Severity::Warning,
        b"ERR " => Severity::Error,
        b"FTL " => Severity::Critical,
        _ => return None,
    };
    let free = start == 0 || matches!(text.get(start - 1), Some(b' ' | b':' | b'\t' | b')'));
    free.then_some(severity)
}

/// Names of processes, which are also the names of the folders of their debug logs.
const PROCESSES: &[&str] = &[
    "acsd",
    "acsssi",
    "bparchive",
    "bpbackup",
    "bpbkar",
    "bpbkar32",
    "bpbrm",
    "bpcd",
    "bpcompatd",
    "bpcoord",
    "bpdbjobs",
    "bpdbm",
    "bpdm",
    "bpduplicate",
    "bpexpdate",
    "bpfilter",
    "bpfis",
    "bpfsmap",
    "bphdb",
    "bpimagelist",
    "bpimport",
    "bpinetd",
    "bpjava-msvc",
    "bpjava-susvc",
    "bpjava-usvc",
    "bpjobd",
    "bplist",
    "bpmount",
    "bporaexp",
    "bporaexp64",
    "bporaimp",
    "bporaimp64",
    "bppfi",
    "bprd",
    "bprestore",
    "bpsched",
    "bpspsserver",
    "bpstsinfo",
    "bpsynth",
    "bptestbpcd",
    "bptestnetconn",
    "bptm",
    "bpverify",
    "bpvmutil",
    "dbclient",
    "infxbsa",
    "ltid",
    "mtfrd",
    "nbars",
    "nbauditreport",
    "nbcs",
    "nbdelete",
    "nbemm",
    "nbfp",
    "nbfsd",
    "nbftclnt",
    "nbftsrvr",
    "nbgenjob",
    "nbjm",
    "nblaunch",
    "nbpem",
    "nbproxy",
    "nbrb",
    "nbreplicate",
    "nbstserv",
    "nbstlutil",
    "nbtar",
    "ncf",
    "ncflbc",
    "ncfnbbrowse",
    "ncfnbcs",
    "ncfnbhfr",
    "ncfnbrestore",
    "ncftfi",
    "ndmpagent",
    "nbsnapimport",
    "nbsnapreplicate",
    "obackup_tape",
    "oprd",
    "ostproxy",
    "reqlib",
    "spoold",
    "symlogs",
    "tar32",
    "tldcd",
    "tldd",
    "tlhcd",
    "tlhd",
    "tlmd",
    "tpcommand",
    "tpconfig",
    "vltrun",
    "vmd",
    "vmscd",
    "vnetd",
    "vxms",
];

/// Names of processes or folders that are also ordinary words.
const WORDS: &[&str] = &["admin", "daemon", "robots", "synth", "tar", "vault"];

/// The process of this name in any letter case, ordinary words included: for folders of debug logs.
pub(super) fn process_named(name: &str) -> Option<&'static str> {
    distinct_process(name).or_else(|| find(WORDS, name))
}

/// The same without those that are ordinary words.
pub(super) fn distinct_process(name: &str) -> Option<&'static str> {
    find(PROCESSES, name)
}

fn find(names: &'static [&'static str], name: &str) -> Option<&'static str> {
    names.iter().copied().find(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_where_the_text_states_them() {
        for (text, status) in [
            ("INF - EXIT STATUS 156: snapshot error encountered", "156"),
            ("bptm: EXITING with status 85 <----------", "85"),
            ("just tpunmount: called from bptm line 876, EXIT_Status = 85", "85"),
            ("done. status: 84: media write error", "84"),
            ("backup of client x exited with status code 6", "6"),
            ("get_status: INF - status=13", "13"),
            ("bpbrm main: FinalJobStatus 96", "96"),
        ] {
            assert_eq!(stated_status(text), Some(status), "{text}");
        }
        for text in [
            "EXIT STATUS 0: the requested operation was successfully completed",
            "Status = no images were successfully processed.",
            "media close failed with status 2060017",
            "statuses 5",
            "apparatus 5",
            "send_MDS_msg: DEVICE_STATUS 1 27 media01 A00012 4000042 HP_Drv003 2000003 0 0",
            "",
        ] {
            assert_eq!(stated_status(text), None, "{text}");
        }
        assert_eq!(trailing_status("media open error (83)."), Some("83"));
        assert_eq!(trailing_status("media close error  (87)"), Some("87"));
        assert_eq!(trailing_status("successfully completed (0)"), None);
        assert_eq!(trailing_status("x (pid=83)"), None);
        assert_eq!(trailing_status("(83)"), None);
    }

    #[test]
    fn messages_end_at_a_blank_line() {
        assert_eq!(first_paragraph("a\r\nb\r\n \r\nc"), "a\r\nb");
        assert_eq!(first_paragraph("a"), "a");
        assert_eq!(first_paragraph(""), "");
    }

    #[test]
    fn severities_inside_the_text() {
        for (text, severity) in [
            ("tar_base::V_vTarMsgW: FTL - Backup operation aborted!", Severity::Critical),
            ("from client x: ERR - invalid STRM header", Severity::Error),
            ("INF - INF - doubled", Severity::Info),
            ("INF - ERR - doubled", Severity::Error),
            ("INF - tar said ERR - x", Severity::Info),
            ("a-b-c", Severity::Unknown),
            ("xERR - y", Severity::Unknown),
        ] {
            assert_eq!(stated_severity(text), severity, "{text}");
        }
    }

    #[test]
    fn process_names() {
        assert_eq!(process_named("BPCD"), Some("bpcd"));
        assert_eq!(process_named("tar"), Some("tar"));
        assert_eq!(distinct_process("tar"), None);
        assert_eq!(process_named("ticket"), None);
    }
}
