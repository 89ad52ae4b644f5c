//! Words for the level of an event, in the languages that Event Viewer speaks.
//!
//! English, German, Japanese and Russian are as samples and documents show them, the others from general knowledge.
//! Numbers are those of the Vista event schema (1 critical ... 5 verbose); the event types of NT (1, 2, 4, 8, 16) are
//! read by the one dialect that prints them.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::base::Severity;

const INFO: &[&str] = &[
    "information",
    "informational",
    "info",
    "informationen",
    "informations",
    "información",
    "informacion",
    "informazioni",
    "informações",
    "informação",
    "informatie",
    "情報",
    "信息",
    "資訊",
    "정보",
    "сведения",
    "уведомление",
    "informacje",
    "informace",
    "bilgi",
    "successaudit",
    "success audit",
    "audit success",
    "success",
    "erfolgsüberw.",
    "erfolgsüberwachung",
    "überwachung erfolgreich",
    "succès de l'audit",
    "auditoría correcta",
    "成功の監査",
    "аудит успеха",
    "auditerfolg",
];
const DEBUG: &[&str] =
    &["verbose", "ausführlich", "détaillé", "commentaires", "detallado", "詳細", "подробности", "подробно"];
const WARNING: &[&str] = &[
    "warning",
    "warnung",
    "avertissement",
    "advertencia",
    "aviso",
    "avviso",
    "waarschuwing",
    "警告",
    "경고",
    "предупреждение",
    "ostrzeżenie",
    "upozornění",
    "varning",
    "uyarı",
    "failureaudit",
    "failure audit",
    "audit failure",
    "fehlerüberw.",
    "fehlerüberwachung",
    "überwachung gescheitert",
    "échec de l'audit",
    "error de auditoría",
    "失敗の監査",
    "аудит отказа",
];
const ERROR: &[&str] = &[
    "error",
    "fehler",
    "erreur",
    "errore",
    "erro",
    "fout",
    "エラー",
    "错误",
    "錯誤",
    "오류",
    "ошибка",
    "błąd",
    "chyba",
    "fel",
    "hata",
];
const CRITICAL: &[&str] = &[
    "critical",
    "kritisch",
    "critique",
    "crítico",
    "critico",
    "kritiek",
    "重大",
    "关键",
    "严重",
    "嚴重",
    "위험",
    "критический",
    "критическое",
    "krytyczne",
    "krytyczny",
    "kritický",
    "kritiskt",
    "kritik",
];

const WORDS: [(&[&str], Severity); 5] = [
    (INFO, Severity::Info),
    (WARNING, Severity::Warning),
    (ERROR, Severity::Error),
    (CRITICAL, Severity::Critical),
    (DEBUG, Severity::Debug),
];

/// The words by themselves: every row of a list is asked for its level.
static TABLE: LazyLock<HashMap<&'static str, Severity>> = LazyLock::new(|| {
    WORDS.iter().flat_map(|(words, severity)| words.iter().map(|word| (*word, *severity))).collect()
});

/// What a level word means, in any letter case; a word cut by a table (`SuccessA...`) too. `None`: no level word.
pub(super) fn severity(word: &str) -> Option<Severity> {
    // No word of the lists is longer; most text asked for is.
    const LONGEST: usize = 64;
    let word = word.trim();
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let folded = word.to_lowercase().replace('’', "'");
    if let Some(severity) = TABLE.get(folded.as_str()) {
        return Some(*severity);
    }
    let stem = folded.strip_suffix("...").or_else(|| folded.strip_suffix('…'))?;
    let cut = stem.chars().count() >= 4;
    WORDS
        .iter()
        .find(|(words, _)| cut && words.iter().any(|word| word.starts_with(stem)))
        .map(|(_, severity)| *severity)
}

/// The English word and the meaning of a level number of the event schema.
pub(super) fn numbered(level: u32) -> Option<(&'static str, Severity)> {
    Some(match level {
        // 0 is "log always", which Event Viewer shows as Information.
        0 | 4 => ("Information", Severity::Info),
        1 => ("Critical", Severity::Critical),
        2 => ("Error", Severity::Error),
        3 => ("Warning", Severity::Warning),
        5 => ("Verbose", Severity::Debug),
        _ => return None,
    })
}

/// The English word and the meaning of an event type of NT.
pub(super) fn typed(event_type: u32) -> Option<(&'static str, Severity)> {
    Some(match event_type {
        0 | 4 => ("Information", Severity::Info),
        1 => ("Error", Severity::Error),
        2 => ("Warning", Severity::Warning),
        8 => ("Audit Success", Severity::Info),
        16 => ("Audit Failure", Severity::Warning),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_several_languages() {
        for (word, expected) in [
            ("Error", Severity::Error),
            ("ERROR", Severity::Error),
            ("Fehler", Severity::Error),
            ("エラー", Severity::Error),
            ("Warnung", Severity::Warning),
            ("警告", Severity::Warning),
            ("Informationen", Severity::Info),
            ("Сведения", Severity::Info),
            ("SuccessA...", Severity::Info),
            ("Kritisch", Severity::Critical),
            ("FailureAudit", Severity::Warning),
        ] {
            assert_eq!(severity(word), Some(expected), "{word}");
        }
        for word in ["", "...", "Er...", "Errors", "System", "Backup"] {
            assert_eq!(severity(word), None, "{word}");
        }
    }

    #[test]
    fn one_is_critical_or_an_error() {
        assert_eq!(numbered(1).unwrap().1, Severity::Critical);
        assert_eq!(typed(1).unwrap().1, Severity::Error);
    }
}
