//! Hides secrets that products write into their logs: passwords on logged command lines, in option files,
//! connection strings, URLs and tokens.
//!
//! What is hidden becomes [`MASK`], whatever its length. It is better to hide a harmless word after `password=`
//! than to mail a secret; but prose such as `the password has expired` stays as it is, since it may be the very
//! message that an administrator looks for.

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::{Captures, Regex};

/// Stands in the place of a secret.
pub const MASK: &str = "***";

/// A value in quotes or up to the next blank.
const VALUE: &str = r#""(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[^\s"'&;,<>)\]}]+"#;

/// What a secret looks like.
struct Secret {
    /// Of these words, in any letter case, at least one stands in every text that the expression matches.
    words: &'static [&'static str],
    /// Has one group `s` (or `t` for a second one) that holds the secret.
    expression: String,
    /// Compiled when one of the words is met: most reports need none of them.
    compiled: OnceLock<Option<Regex>>,
}

impl Secret {
    fn new(words: &'static [&'static str], expression: String) -> Secret {
        Secret { words, expression, compiled: OnceLock::new() }
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&self.expression).ok()).as_ref()
    }
}

/// Words of which each expression about a key needs one.
const KEYS: &[&str] = &["pass", "pwd", "secret", "key", "token"];

static SECRETS: LazyLock<Vec<Secret>> = LazyLock::new(|| {
    let key = r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|client[_-]?secret|shared[_-]?secret|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|session[_-]?token|token)";
    let vmware = &["vcb", "vmware-cmd", "vimsh", "esxcfg-", "vifs", "vicfg-"];
    vec![
        // -password=x, --passwd x, /password:x, -pass "x y"; a word behind `-password` that is itself an option is
        // no secret.
        Secret::new(&["pass"], r#"(?i)(?:^|[\s"'(=\[,])(?:--?|/)(?:[a-z]+[_-]?)?pass(?:word|wd|phrase)?(?:\s*[=:]\s*|\s+)(?P<s>"[^"\r\n]*"|'[^'\r\n]*'|[^\s"'-]\S*)"#.to_owned()),
        // dsmc, dsmadmc and dsmadm take every abbreviation from -pa on, the VCB tools and vmware-cmd take -p and -P.
        Secret::new(&["dsm"], format!(r"(?i)\bdsm(?:admc|adm|c)(?:\.exe)?\b[^\r\n]*?\s-p[a-z]*\s*[=\s]\s*(?P<s>{VALUE})")),
        Secret::new(vmware, format!(r"(?i)\b(?:vcb[a-z]*|vmware-cmd|vimsh|esxcfg-[a-z]+|vifs|vicfg-[a-z]+)(?:\.exe|\.pl)?\b[^\r\n]*?\s-p\s*(?P<s>{VALUE})")),
        Secret::new(&["dsmc"], format!(r"(?i)\bdsmc(?:\.exe)?\s+set\s+pass[a-z]*\s+(?P<s>{VALUE})(?:\s+(?P<t>{VALUE}))?")),
        Secret::new(&["issued command:", "dsmadmc"], r"(?i)(?:issued command:\s*|\bdsmadmc\b[^\r\n]*?\s)(?:register|reg|update|upd)\s+(?:node|admin)\s+\S+\s+(?P<s>[^\s=]+)(?:\s|$)".to_owned()),
        // Parameters of server commands may be cut short: serverpassword=x, passw=x; `set serverpassword x`.
        Secret::new(&["passw", "serverpa"], format!(r"(?i)(?:passw(?:o|or|ord)?|serverpa(?:s|ss|ssw|sswo|sswor|ssword)?)\s*=\s*(?P<s>{VALUE})")),
        Secret::new(&["serverpa"], format!(r"(?i)\bset\s+serverpa[a-z]*\s+(?P<s>{VALUE})")),
        // The password of a data mover for vCenter, as an option of the command or of the file.
        Secret::new(&["vmcpw"], format!(r"(?im)(?:^[ \t]*|[-/])vmcpw(?:[ \t]*=[ \t]*|[ \t]+)(?P<s>{VALUE})")),
        // The tools of this database take it without a blank.
        Secret::new(&["mysql"], r#"(?i)\bmysql[a-z]*(?:\.exe)?\b[^\r\n]*?\s-p(?P<s>"[^"\r\n]*"|'[^'\r\n]*'|[^\s-]\S*)"#.to_owned()),
        // net use X: \\server\share secret /user:domain\name
        Secret::new(&["use"], r"(?i)\bnet(?:\.exe)?\s+use\s+(?:[a-z]:\s+)?\\\\\S+\s+(?P<s>[^\s/]\S*)\s+/u".to_owned()),
        // password=x, "password": "x", Pwd=x; of a connection string, api_key: x
        Secret::new(KEYS, format!(r#"(?i)(?:\b|_){key}["']?\s*(?:=>?|:)\s*(?P<s>{VALUE})"#)),
        // <password>x</password>
        Secret::new(KEYS, format!(r"(?i)<(?:[a-z0-9_]+:)?{key}(?:\s[^<>]*)?>(?P<s>[^<]+)<")),
        // The option file form: the word alone with its value on a line.
        Secret::new(&["pass"], format!(r"(?im)^\s*pass(?:word)?[ \t]+(?P<s>{VALUE})[ \t\r]*$")),
        Secret::new(&["identified"], r"(?i)\bidentified\s+by\s+(?P<s>\S+)".to_owned()),
        // Credentials in a URL, up to the last @ before its path.
        Secret::new(&["://"], r#"(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@"'<>]*:(?P<s>[^\s/"'<>]+)@"#.to_owned()),
        Secret::new(&["authorization"], r"(?i)\bauthorization\s*[:=]\s*(?:(?:basic|bearer|digest|negotiate|ntlm)\s+)?(?P<s>\S+)".to_owned()),
        Secret::new(&["bearer"], r"(?i)\bbearer\s+(?P<s>[a-z0-9._~+/-]{8,}=*)".to_owned()),
        // JSON web tokens, access keys and private keys are known by their own shape.
        Secret::new(&["eyj"], r"(?P<s>\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)".to_owned()),
        Secret::new(&["akia", "asia"], r"\b(?P<s>(?:AKIA|ASIA)[0-9A-Z]{16})\b".to_owned()),
        Secret::new(&["private key"], r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<s>.*?)(?:-----END|\z)".to_owned()),
    ]
});

/// Finds the words of all secrets in one pass.
struct Words {
    automaton: AhoCorasick,
    /// The secret that each word belongs to.
    owners: Vec<usize>,
}

static WORDS: LazyLock<Option<Words>> = LazyLock::new(|| {
    let all =
        SECRETS.iter().enumerate().flat_map(|(at, secret)| secret.words.iter().map(move |word| (at, *word)));
    let (owners, words): (Vec<usize>, Vec<&str>) = all.unzip();
    // A table of all steps would search twice as fast, but takes longer to make than most reports to search.
    let kind = Some(AhoCorasickKind::ContiguousNFA);
    let automaton = AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(words).ok()?;
    Some(Words { automaton, owners })
});

/// Beside ASCII letters, these two match `s` and `k` where letter case does not matter.
const OTHER_CASES: [char; 2] = ['\u{17f}', '\u{212a}'];

/// The places in the list of the secrets that the text may hold, as bits.
fn suspects(text: &str) -> u32 {
    match &*WORDS {
        Some(words) if !text.contains(OTHER_CASES) => {
            let owner = |found: aho_corasick::Match| words.owners.get(found.pattern().as_usize()).copied();
            words.automaton.find_overlapping_iter(text).filter_map(owner).fold(0, |bits, at| bits | 1 << at)
        }
        _ => u32::MAX,
    }
}

/// The text with every secret hidden.
pub fn mask(text: &str) -> Cow<'_, str> {
    let suspects = suspects(text);
    let mut masked = Cow::Borrowed(text);
    if suspects == 0 {
        return masked;
    }
    // Hiding one secret brings no word of another one into the text.
    for (at, secret) in SECRETS.iter().enumerate() {
        if (suspects >> at) & 1 == 0 {
            continue;
        }
        let Some(expression) = secret.regex() else { continue };
        if expression.is_match(&masked) {
            let hidden =
                expression.replace_all(&masked, |captures: &Captures<'_>| hide(captures)).into_owned();
            masked = Cow::Owned(hidden);
        }
    }
    masked
}

/// Is the value of a field of this name a secret as a whole?
pub fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["password", "passwd", "passphrase", "pwd", "secret", "token", "api_key"]
        .iter()
        .any(|word| key.ends_with(word))
}

/// The match with its secret groups replaced.
fn hide(captures: &Captures<'_>) -> String {
    let Some(whole) = captures.get(0) else { return String::new() };
    let mut hidden = String::with_capacity(whole.len());
    let mut at = whole.start();
    for name in ["s", "t"] {
        if let Some(secret) = captures.name(name) {
            hidden.push_str(slice(whole, at, secret.start()));
            hidden.push_str(MASK);
            at = secret.end();
        }
    }
    hidden.push_str(slice(whole, at, whole.end()));
    hidden
}

fn slice<'t>(whole: regex::Match<'t>, from: usize, to: usize) -> &'t str {
    whole.as_str().get(from - whole.start()..to - whole.start()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        assert_eq!(SECRETS.len(), 20);
        assert!(SECRETS.iter().all(|secret| secret.regex().is_some()));
        assert!(WORDS.is_some());
        assert_eq!(mask("pa\u{17f}\u{17f}word=s3cret"), "pa\u{17f}\u{17f}word=***");
        assert_eq!(suspects("replace_disk_frag: cannot update, error = cannot connect on socket"), 0);
    }

    #[test]
    fn secrets_are_hidden_and_what_stands_around_them_stays() {
        let table = [
            (
                "dsmc incr -virtualnode=vm1 -pass=s3cret! -quiet",
                "dsmc incr -virtualnode=vm1 -pass=*** -quiet",
            ),
            ("dsmadmc -id=admin -pa=s3cret q node", "dsmadmc -id=admin -pa=*** q node"),
            ("dsmadmc -id=admin -password=\"a b\" q n", "dsmadmc -id=admin -password=*** q n"),
            ("dsmc.exe set password 0ld n3w", "dsmc.exe set password *** ***"),
            ("C:\\> dsmadmc -id admin -p s3cret", "C:\\> dsmadmc -id admin -p ***"),
            ("PASSWORD   s3cret", "PASSWORD   ***"),
            ("nodename a\r\nPASSWORD s3cret\r\ntcpport 1500", "nodename a\r\nPASSWORD ***\r\ntcpport 1500"),
            (
                "tpconfig -add -user_id root -password s3cret -x",
                "tpconfig -add -user_id root -password *** -x",
            ),
            ("vcbMounter -h vc -u svc -p s3cret -a moref:1", "vcbMounter -h vc -u svc -p *** -a moref:1"),
            ("net use Z: \\\\nas\\b s3cret /user:CORP\\b", "net use Z: \\\\nas\\b *** /user:CORP\\b"),
            ("Server=db;User=sa;Pwd=s3cret;Timeout=5", "Server=db;User=sa;Pwd=***;Timeout=5"),
            (r#"{"userName":"a","password":"s3c\"ret"}"#, r#"{"userName":"a","password":***}"#),
            ("<password>s3cret</password>", "<password>***</password>"),
            ("https://svc:s3c@ret@vc1/sdk", "https://svc:***@vc1/sdk"),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"),
            ("token = 0123456789abcdef", "token = ***"),
            ("sent eyJhbGciOiJIUzI1.eyJzdWIi.c2ln to x", "sent *** to x"),
            (
                "ANR2017I issued command: REG NODE N1 s3cret domain=s",
                "ANR2017I issued command: REG NODE N1 *** domain=s",
            ),
            (
                "ANR2017I issued command: REGISTER NODE \n      N5 s3cret domain=s",
                "ANR2017I issued command: REGISTER NODE \n      N5 *** domain=s",
            ),
            ("DEFINE SERVER s2 SERVERPASSWORD=s3cret HLA=1", "DEFINE SERVER s2 SERVERPASSWORD=*** HLA=1"),
            ("define server s2 serverpa=s3cret hla=1", "define server s2 serverpa=*** hla=1"),
            ("issued command: update node n1 passw=s3cret", "issued command: update node n1 passw=***"),
            (
                "issued command: SET SERVERPASSWORD s3cret (SESSION: 1)",
                "issued command: SET SERVERPASSWORD *** (SESSION: 1)",
            ),
            ("-vmcuser=root -vmcpw=s3cret -asnodename=DC1", "-vmcuser=root -vmcpw=*** -asnodename=DC1"),
            ("VMCUser root\nVMCPW s3cret\n", "VMCUser root\nVMCPW ***\n"),
            ("mysqldump -u root -ps3cret db", "mysqldump -u root -p*** db"),
            ("/password:s3cret /user:x", "/password:*** /user:x"),
        ];
        for (raw, masked) in table {
            assert_eq!(mask(raw), masked);
            assert_eq!(mask(masked), masked, "a second pass changes nothing");
        }
    }

    #[test]
    fn prose_and_other_options_stay() {
        let texts = [
            "ANS1025E Session rejected: Authentication failure, the password has expired",
            "PASSWORDACCESS generate",
            "password is required",
            "UPDATE NODE n1 forcepwreset=yes passexp=90",
            "passwordaccess=generate",
            "mysqldump -u root -p db",
            "bpbackup -p nbutest03_testpolicy -s full",
            "The password for node A was changed by B",
            "-password -server x",
            "stspi_delete_image STS_EOK pathname =xx03_nbutest/nbutest03_1236281108_C1_F3_R3:1236281108:p:4:1:: deleted",
            "http://kb.vmware.com/kb/1031298",
            "svc@vc1: connected",
            "failed to update node status because of an error",
        ];
        for text in texts {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn fields_named_after_secrets() {
        assert!(is_secret_key("password") && is_secret_key("USER_PASSWORD") && is_secret_key("auth_token"));
        assert!(!is_secret_key("passwordaccess") && !is_secret_key("backup_id"));
    }
}
