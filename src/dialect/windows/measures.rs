//! Values that patterns compare and that the events carry in their strings or, in any language, in their text:
//! how long an operation stalled, which file or volume it was about.

use std::sync::LazyLock;

use regex::Regex;

/// Read operations and write operations that came late or are still out: 507 to 510, 532, 533.
const STALLS: &[u32] = &[507, 508, 509, 510, 532, 533];
/// The engine under its three names.
const ENGINES: &[&str] = &["ntds isam", "esent", "ese"];

/// What an event says about a stall.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Measures {
    /// Seconds that the operation took.
    pub(super) seconds: Option<String>,
    /// The file it was about.
    pub(super) file: Option<String>,
    /// The volume it was about.
    pub(super) volume: Option<String>,
}

/// Reads what source and id promise; `source` is the canonical key.
pub(super) fn read(source: &str, id: u32, strings: &[impl AsRef<str>], body: &str) -> Measures {
    let mut measures = Measures::default();
    let string = |number: usize| strings.get(number - 1).map(AsRef::as_ref);
    if ENGINES.contains(&source) && STALLS.contains(&id) {
        measures.seconds = string(7).and_then(number).or_else(|| stalled(body));
        measures.file =
            string(4).filter(|file| is_path(file)).map(str::to_owned).or_else(|| quoted_path(body));
    } else if source == "mssql" && id == 833 {
        measures.seconds = string(2).and_then(number).or_else(|| seconds(body));
        measures.file =
            string(3).filter(|file| is_path(file)).map(str::to_owned).or_else(|| bracketed_path(body));
    } else if source == "volsnap" {
        measures.volume = string(2).and_then(volume).or_else(|| volume(body));
    } else if source == "vss" || source == "ntfs" {
        measures.volume = volume(body);
        if source == "vss" && (12323..=12348).contains(&id) {
            measures.seconds = seconds(body);
        }
    }
    measures
}

fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.to_owned())
}

fn is_path(text: &str) -> bool {
    text.contains(['\\', '/'])
}

/// `(37 seconds)`, `(37 Sekunden)`: a number and a word in parentheses, which process ids `(564)` are not.
static IN_PARENTHESES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[(（]\s*(\d{1,9})[\s\u{a0}]*\p{L}+(?:\(\p{L}+\))?\.?\s*[)）]").ok());
/// `37 second(s)`, `37 Sekunde(n)`.
static WITH_PLURAL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(\d{1,9})[\s\u{a0}]+\p{L}+\(\p{L}{1,3}\)").ok());
/// The word for seconds in several languages.
static SECONDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(\d{1,9})[\s\u{a0}]*(?:sec(?:ond|\b)|sek(?:und|\b)|segundo|сек|秒|초)").ok()
});
static QUOTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["„“”«']\s*([^"„“”«»'\r\n]*[\\/][^"„“”«»'\r\n]*?)\s*["“”»']"#).ok());
static BRACKETED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\[([^\]\r\n]*[\\/][^\]\r\n]*)\]").ok());
static VOLUME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(\\\\\?\\Volume\{[0-9a-f-]+\}|\\Device\\HarddiskVolume\w+)|(?:^|[\s'(\x22„“«])([A-Z]:)(?:\\?(?:[\s.,;)'\x22”»]|$))").ok()
});

fn first(regex: &LazyLock<Option<Regex>>, text: &str) -> Option<String> {
    let found = regex.as_ref()?.captures(text)?;
    found.iter().skip(1).flatten().next().map(|found| found.as_str().to_owned())
}

fn seconds(body: &str) -> Option<String> {
    first(&SECONDS, body)
}

fn stalled(body: &str) -> Option<String> {
    first(&IN_PARENTHESES, body).or_else(|| first(&WITH_PLURAL, body)).or_else(|| seconds(body))
}

fn quoted_path(body: &str) -> Option<String> {
    first(&QUOTED, body)
}

fn bracketed_path(body: &str) -> Option<String> {
    first(&BRACKETED, body)
}

fn volume(text: &str) -> Option<String> {
    first(&VOLUME, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [&str; 0] = [];

    #[test]
    fn stalls_of_the_database_engine() {
        let english = "NTDS (564) NTDSA: A request to write to the file \"D:\\NTDS\\ntds.dit\" at offset 13631488 \
                       (0x0000000000d00000) for 8192 (0x00002000) bytes succeeded, but took an abnormally long time \
                       (37 seconds) to be serviced by the OS.";
        let read_english = read("ntds isam", 508, &NONE, english);
        assert_eq!(read_english.seconds.as_deref(), Some("37"));
        assert_eq!(read_english.file.as_deref(), Some("D:\\NTDS\\ntds.dit"));
        let german = "lsass (548) Eine Anforderung, in die Datei „C:\\Windows\\NTDS\\edb.log“ zu schreiben, war \
                      erfolgreich, dauerte aber ungewöhnlich lange (41 Sekunden).";
        let read_german = read("esent", 508, &NONE, german);
        assert_eq!(read_german.seconds.as_deref(), Some("41"));
        assert_eq!(read_german.file.as_deref(), Some("C:\\Windows\\NTDS\\edb.log"));
        let pending = "svchost (1200) A request to write to the file \"C:\\x.edb\" at offset 1 for 8192 bytes has not \
                       completed for 36 second(s). This problem is likely due to faulty hardware.";
        assert_eq!(read("esent", 533, &NONE, pending).seconds.as_deref(), Some("36"));
        let strings = ["NTDS", "564", "NTDSA: ", "D:\\NTDS\\ntds.dit", "13631488", "8192", "37"];
        let by_strings = read("ntds isam", 508, &strings, "");
        assert_eq!(by_strings.seconds.as_deref(), Some("37"));
        assert_eq!(by_strings.file.as_deref(), Some("D:\\NTDS\\ntds.dit"));
        assert_eq!(read("ntds isam", 2001, &strings, english), Measures::default());
    }

    #[test]
    fn stalls_of_the_database_server() {
        let text = "SQL Server has encountered 3 occurrence(s) of I/O requests taking longer than 15 seconds to \
                    complete on file [E:\\Daten\\lager.mdf] in database [lager] (7).";
        let measures = read("mssql", 833, &NONE, text);
        assert_eq!(measures.seconds.as_deref(), Some("15"));
        assert_eq!(measures.file.as_deref(), Some("E:\\Daten\\lager.mdf"));
    }

    #[test]
    fn volumes() {
        let text = "The flush and hold writes operation on volume H: timed out while waiting.";
        assert_eq!(read("volsnap", 8, &NONE, text).volume.as_deref(), Some("H:"));
        let strings = ["\\Device\\HarddiskVolumeShadowCopy4", "D:"];
        assert_eq!(read("volsnap", 25, &strings, "").volume.as_deref(), Some("D:"));
        let named = "on volume \\\\?\\Volume{d80ee447-3f52-11e2-83fc-005056b71c44}. The volume index";
        assert_eq!(
            read("vss", 12298, &NONE, named).volume.as_deref(),
            Some("\\\\?\\Volume{d80ee447-3f52-11e2-83fc-005056b71c44}")
        );
        assert_eq!(read("vss", 8193, &NONE, "Command line C:\\Windows\\x.exe -k").volume, None);
    }
}
