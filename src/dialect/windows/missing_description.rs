//! The sentence that a viewer prints when it has no message file for an event.
//!
//! ```text
//! The description for Event ID ( 1 ) in Source ( LGTO_Sync ) cannot be found. ... The following information is part
//! of the event: , The Driver was loaded successfully .                                              (XP, 2003)
//! The description for Event ID 1 from source LGTO_Sync cannot be found. ... (strings one per line)  (Vista and later)
//! ```
//!
//! It wears words like "cannot be found" and "corrupted" and says nothing about the event: what counts is the source,
//! the id and the insertion strings in it. English wordings are documented from NT to Windows 11; the other languages
//! follow translated articles, their last sentence is unverified. Where a viewer prints the text of the Win32 error of
//! the same number instead (`Incorrect function.`), nothing can be read and nothing is.

use std::sync::LazyLock;

use regex::Regex;

/// What the sentence tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missing {
    /// The event source.
    pub(super) provider: Option<String>,
    /// The event id as printed.
    pub(super) id: Option<u32>,
    /// The insertion strings, the empty first one of a driver event included; `None`: their borders are lost.
    pub(super) strings: Option<Vec<String>>,
    /// The insertion strings as one text, for the patterns to look at.
    pub(super) text: String,
}

/// The sentence stands at the beginning of a description; so much of it is looked at.
const OPENING_BYTES: usize = 400;

static OPENING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?isx)^\s*(?P<angle><)?\s*
        (?:the\s+description\s+for\s+event\s+id
          |die\s+beschreibung\s+(?:für\s+die|für|der)\s+(?:ereignis-id|ereigniskennung)
          |la\s+description\s+de\s+l['’]id\s+(?:d['’]événement|de\s+l['’]événement)
          |no\s+se\s+encuentra\s+la\s+descripción\s+del?\s+id\.?\s+(?:de\s+)?(?:evento|suceso))
        [\s:(\["'„“«\\]*(?P<id>\d+)[\s)\]"'”“»,\\]*
        (?:(?:in|from|aus|von|der|dans|la|en|el|desde)\s+)*(?:source|quelle|origen)?[\s:]*
        (?:[(\["'„“«]+\s*['"]?(?P<quoted>.+?)['"]?\s*[)\]"'”“»]+|(?P<plain>[^\s(\["'„“«].*?))
        (?:\s+(?:cannot|could\s+not)\s+be\s+found|\s+wurde\s+nicht\s+gefunden|\s+est\s+introuvable|\.\s)"#,
    )
    .ok()
});

static JAPANESE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?s)^.{0,80}?イベント\s*ID\s*[("「]?\s*(?P<id>\d+).{0,200}?見つかりません"#).ok()
});

static JAPANESE_SOURCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"ソース\s*[("「]?\s*(?P<source>.+?)\s*(?:[)"」]|内|からの|の)"#).ok());

static TAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)insertion\s+string(?:\(s\)|s)?\s*:
        |following\s+information\s+(?:is|was)\s+(?:part\s+of|included\s+with)\s+the\s+event\s*:
        |folgende[nr]?\s+information(?:en)?\b[^:.]{0,80}:
        |ereignisinformationen\s*:
        |informations\s+suivantes\b[^:.]{0,80}:
        |siguiente\s+información\b[^:.]{0,80}:
        |次の情報[^:：。]{0,60}[:：]",
    )
    .ok()
});

/// What a viewer of the newer releases adds behind the strings.
const RESOURCE_NOTE: &str = "The message resource is present but";
/// What psloglist prints instead of a text.
const PSLOGLIST: &str = "Message text not available.";

/// Reads the sentence at the beginning of a description; `None` where the description is a real one.
pub(super) fn read(body: &str) -> Option<Missing> {
    if !may_be(body) {
        return None;
    }
    let text = body.trim_start();
    if text.starts_with(PSLOGLIST) {
        return Some(from_psloglist(text));
    }
    let mut missing = opening(text)?;
    let Some(tail) = TAIL.as_ref().and_then(|tail| tail.find(text)) else { return Some(missing) };
    let rest = text.get(tail.end()..).unwrap_or("");
    let rest = rest.find(RESOURCE_NOTE).and_then(|at| rest.get(..at)).unwrap_or(rest);
    let strings = if text.starts_with('<') {
        from_python(rest)
    } else if rest.trim_start().starts_with('\'') {
        quoted(rest)
    } else if is_listed(tail.as_str(), rest) {
        one_per_line(rest)
    } else {
        in_a_sentence(rest)
    };
    missing.text = joined(&strings);
    missing.strings = Some(strings);
    Some(missing)
}

/// Can a description be the sentence? Few are, and most are done with at their first letters.
pub(super) fn may_be(body: &str) -> bool {
    let text = body.trim_start();
    let mut words = text.split_whitespace();
    let (first, second) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let begins = |word: &str, beginning: &str| {
        word.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    };
    // A letter that is no ASCII may be the capital of one.
    !first.is_ascii()
        || !second.is_ascii()
        || first.starts_with('<')
        || (begins(first, "the") || begins(first, "la")) && begins(second, "description")
        || begins(first, "die") && begins(second, "beschreibung")
        || begins(first, "no") && begins(second, "se")
        || text.starts_with(PSLOGLIST)
        || !text.is_ascii() && text.contains("見つかりません")
}

/// Insertion strings as one text, without the empty ones.
pub(super) fn joined<S: AsRef<str>>(strings: &[S]) -> String {
    let parts: Vec<&str> =
        strings.iter().map(|text| text.as_ref().trim()).filter(|text| !text.is_empty()).collect();
    parts.join(" ")
}

fn opening(text: &str) -> Option<Missing> {
    let mut end = text.len().min(OPENING_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end)?;
    if let Some(missing) = in_plain_words(head) {
        return Some(missing);
    }
    if let Some(found) = OPENING.as_ref().and_then(|opening| opening.captures(head)) {
        let source = found.name("quoted").or_else(|| found.name("plain"));
        return Some(Missing {
            provider: source.map(|source| on_one_line(source.as_str()).trim().to_owned()),
            id: found.name("id").and_then(|id| id.as_str().parse().ok()),
            strings: None,
            text: String::new(),
        });
    }
    // Asked second: the words are rare, the regex is not cheap.
    if !head.contains("見つかりません") {
        return None;
    }
    let found = JAPANESE.as_ref()?.captures(head)?;
    let source = JAPANESE_SOURCE.as_ref().and_then(|source| source.captures(head));
    Some(Missing {
        provider: source
            .and_then(|found| found.name("source"))
            .map(|source| source.as_str().trim().to_owned()),
        id: found.name("id").and_then(|id| id.as_str().parse().ok()),
        strings: None,
        text: String::new(),
    })
}

/// The wording of XP and 2003 to the letter: in an export of a server without the product each record has it, and the
/// regex is not cheap.
fn in_plain_words(head: &str) -> Option<Missing> {
    let rest = head.strip_prefix("The description for Event ID ( ")?;
    let (id, rest) = rest.split_once(" ) in Source ( ")?;
    let (source, _) = rest.split_once(" ) cannot be found")?;
    let is_plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_- .".contains(&byte));
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = is_plain(source) && !source.is_empty() && source.trim() == source;
    (is_number && is_name).then(|| Missing {
        provider: Some(on_one_line(source)),
        id: id.parse().ok(),
        strings: None,
        text: String::new(),
    })
}

/// psloglist joins the strings with blanks: where one ends cannot be told any more.
fn from_psloglist(text: &str) -> Missing {
    let joined = text.split_once("strings:").map_or("", |(_, rest)| rest.trim());
    Missing { provider: None, id: None, strings: None, text: joined.to_owned() }
}

/// Vista and later put each string on a line of its own; the wording before the colon is not enough to tell,
/// because some tools print that wording and go on in the same line.
fn is_listed(marker: &str, rest: &str) -> bool {
    let of_vista = !marker.to_ascii_lowercase().contains("insertion") && !marker.contains("part");
    let first = rest.split('\n').next().unwrap_or("");
    of_vista && rest.contains('\n') && first.trim().is_empty()
}

fn one_per_line(rest: &str) -> Vec<String> {
    let mut lines: Vec<&str> = rest.split('\n').map(|line| line.trim_end_matches('\r')).skip(1).collect();
    // One blank line sets the list off; a second one is an empty first string.
    if lines.first().is_some_and(|line| line.trim().is_empty()) {
        lines.remove(0);
    }
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    lines.into_iter().map(str::to_owned).collect()
}

/// `: , The Driver was loaded successfully .` - the list ends with the sentence, at a full stop.
fn in_a_sentence(rest: &str) -> Vec<String> {
    let unfolded = on_one_line(paragraph(rest));
    let text = unfolded.strip_prefix(' ').unwrap_or(&unfolded);
    let text = text.trim_end_matches(['\n', '\r', '\t']);
    let text = text.strip_suffix(' ').filter(|text| text.ends_with('.')).unwrap_or(text);
    let text = text.strip_suffix('.').unwrap_or(text);
    let separator = if text.contains("; ") && !text.contains(", ") { "; " } else { ", " };
    if text.trim().is_empty() {
        return Vec::new();
    }
    text.split(separator).map(str::to_owned).collect()
}

/// `'a', 'b'` as PowerShell prints the list.
fn quoted(rest: &str) -> Vec<String> {
    let text = rest.trim().trim_end_matches('.');
    let text = text.strip_prefix('\'').unwrap_or(text);
    let text = text.strip_suffix('\'').unwrap_or(text);
    text.split("', '").map(str::to_owned).collect()
}

/// `', The Driver was loaded successfully '.>` - Python quotes the joined list as one.
fn from_python(rest: &str) -> Vec<String> {
    let text = rest.trim().trim_end_matches(['>', '.']);
    let text = text.trim_start_matches('u').trim_matches(['\'', '"']);
    text.split(", ").map(str::to_owned).collect()
}

/// The text up to the first blank line.
fn paragraph(text: &str) -> &str {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() && at > 0 {
            return text.get(..at).unwrap_or(text);
        }
        at += line.len();
    }
    text
}

/// Line breaks, with the blanks around them, as one blank.
fn on_one_line(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let count = lines.len();
    let parts: Vec<&str> = lines
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let line = if index > 0 { line.trim_start() } else { line };
            if index + 1 < count { line.trim_end() } else { line.trim_end_matches('\r') }
        })
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRIVER: [&str; 2] = ["", "The Driver was loaded successfully "];

    fn check(text: &str, strings: &[&str]) {
        let missing = read(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(missing.provider.as_deref(), Some("LGTO_Sync"), "{text}");
        assert_eq!(missing.id, Some(1), "{text}");
        assert_eq!(missing.strings.unwrap(), strings, "{text}");
        assert_eq!(missing.text, "The Driver was loaded successfully", "{text}");
    }

    #[test]
    fn every_viewer_gives_the_same_strings() {
        check(
            "The description for Event ID ( 1 ) in Source ( LGTO_Sync ) could not be found. It contains the \
             following insertion string(s): , The Driver was loaded successfully .",
            &DRIVER,
        );
        check(
            "The description for Event ID ( 1 ) in Source ( LGTO_Sync ) cannot be found. The local computer may \
             not have the necessary registry information or message DLL files to display messages from a remote \
             computer. You may be able to use the /AUXSOURCE= flag to retrieve this description; see Help and \
             Support for details. The following information is part of the event: , The Driver was loaded \
             successfully .",
            &DRIVER,
        );
        check(
            "The description for Event ID 1 from source LGTO_Sync cannot be found. Either the component that \
             raises this event is not installed on your local computer or the installation is corrupted. You can \
             install or repair the component on the local computer.\r\n\r\nIf the event originated on another \
             computer, the display information had to be saved with the event.\r\n\r\nThe following information \
             was included with the event: \r\n\r\n\r\nThe Driver was loaded successfully \r\n",
            &DRIVER,
        );
        check(
            "The description for Event ID '1' in Source 'LGTO_Sync' cannot be found.  The local computer may not \
             have the necessary registry information. The following information is part of the event:'', 'The \
             Driver was loaded successfully '",
            &DRIVER,
        );
        check(
            "<The description for Event ID ( 1 ) in Source ( 'LGTO_Sync' ) could not be found. It contains the \
             following insertion string(s):', The Driver was loaded successfully '.>",
            &DRIVER,
        );
        check(
            "The description for Event ID:1 in Source:'LGTO_Sync' cannot be found. Either the component that \
             raises this event is not installed on your local computer or the installation is corrupted. The \
             following information was included with the event: ; The Driver was loaded successfully ",
            &DRIVER,
        );
        check(
            "Die Beschreibung für die Ereignis-ID \"1\" aus der Quelle \"LGTO_Sync\" wurde nicht gefunden. \
             Entweder ist die Komponente, die dieses Ereignis auslöst, nicht auf dem lokalen Computer \
             installiert, oder die Installation ist beschädigt.\n\nDie folgenden Informationen wurden mit dem \
             Ereignis gespeichert: \n\n\nThe Driver was loaded successfully \n",
            &DRIVER,
        );
    }

    #[test]
    fn folded_by_hand() {
        let text = "The description for Event ID ( 5003 ) in Source ( HLN4NDIS )\n   could not be found. It contains \
                    the following insertion string(s): ,\n   HLN4NDIS7.";
        let missing = read(text).unwrap();
        assert_eq!(missing.provider.as_deref(), Some("HLN4NDIS"));
        assert_eq!(missing.id, Some(5003));
        assert_eq!(missing.strings.unwrap(), ["", "HLN4NDIS7"]);
    }

    #[test]
    fn other_spellings_of_the_opening() {
        for (text, provider, id) in [
            ("The description for Event ID [528] in Source [Security] could not be found.", "Security", 528),
            (
                "The description for Event ID \"8504\" in source \"NwSapAgent\" could not be found.",
                "NwSapAgent",
                8504,
            ),
            (
                "The description for Event ID 0 from source Acme C# Service cannot be found. ",
                "Acme C# Service",
                0,
            ),
            ("The description for Event ID ( 3 ) in Source ( Acme (x86) ) cannot be found.", "Acme (x86)", 3),
            (
                "La description de l’ID d’événement 1 dans la source LGTO_Sync est introuvable. Le composant",
                "LGTO_Sync",
                1,
            ),
            (
                "No se encuentra la descripción del id. de evento 1 en el origen LGTO_Sync. El componente",
                "LGTO_Sync",
                1,
            ),
        ] {
            let missing = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(missing.provider.as_deref(), Some(provider), "{text}");
            assert_eq!(missing.id, Some(id), "{text}");
            assert_eq!(missing.strings, None, "{text}");
        }
    }

    #[test]
    fn psloglist_loses_the_borders() {
        let missing =
            read("Message text not available.  Insertion strings:\n\t The Driver was loaded successfully  ")
                .unwrap();
        assert_eq!(missing.strings, None);
        assert_eq!(missing.text, "The Driver was loaded successfully");
    }

    #[test]
    fn a_real_description_is_left_alone() {
        for text in
            ["", "The system failed to flush data.", "Incorrect function.", "The description of the tape"]
        {
            assert_eq!(read(text), None);
        }
    }
}
