//! The labels that Event Viewer puts before the values of an event, in the languages that it speaks.
//!
//! English, German, Japanese: as samples show them. Spanish: translated documents. The others, and most labels of XP in
//! other languages than English, are from general knowledge (unverified). Labels that only machine-translated articles
//! use are not learnt.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a label or column stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Log or channel: the first label of a copy from Vista and later.
    Log,
    /// Event source.
    Source,
    /// Date, with the time from Vista on.
    Date,
    /// Time, on a line of its own (XP, 2003).
    Time,
    /// Event id.
    Id,
    /// Category or task.
    Category,
    /// Level.
    Level,
    /// Event type: the first label of a copy from XP and 2003.
    Type,
    /// Keywords.
    Keywords,
    /// Account.
    User,
    /// Computer.
    Computer,
    /// Description; the text follows.
    Description,
    /// Raw data; a dump follows.
    Data,
    /// The event once more, as XML.
    Xml,
    /// Operation code and other labels whose values are not kept.
    Other,
}

const LABELS: &[(Label, &[&str])] = &[
    (
        Label::Log,
        &[
            "log name",
            "logname",
            "protokollname",
            "ログの名前",
            "nom du journal",
            "nombre de registro",
            "nome registro",
            "nome do log",
            "logboeknaam",
            "имя журнала",
            "nazwa dziennika",
            "日志名称",
            "記錄檔名稱",
        ],
    ),
    (
        Label::Source,
        &[
            "source",
            "event source",
            "quelle",
            "ereignisquelle",
            "ソース",
            "イベント ソース",
            "source de l'événement",
            "origen",
            "origen del suceso",
            "origine",
            "fonte",
            "bron",
            "источник",
            "źródło",
            "来源",
            "來源",
        ],
    ),
    (Label::Date, &["date", "datum", "日付", "fecha", "data/ora", "дата", "日期", "event time"]),
    (Label::Time, &["time", "zeit", "uhrzeit", "時刻", "heure", "hora", "ora", "время"]),
    (
        Label::Id,
        &[
            "event id",
            "ereignis-id",
            "ereigniskennung",
            "イベント id",
            "id de l'événement",
            "id. del evento",
            "id. de evento",
            "id del evento",
            "id de evento",
            "id. suceso",
            "id. del suceso",
            "id evento",
            "id do evento",
            "identificação do evento",
            "gebeurtenis-id",
            "код события",
            "identyfikator zdarzenia",
            "事件 id",
            "id",
        ],
    ),
    (
        Label::Category,
        &[
            "task category",
            "event category",
            "aufgabenkategorie",
            "ereigniskategorie",
            "タスクのカテゴリ",
            "イベント カテゴリ",
            "catégorie de la tâche",
            "catégorie de l'événement",
            "categoría de la tarea",
            "categoría de tarea",
            "categoría del suceso",
            "categoria attività",
            "categoria da tarefa",
            "taakcategorie",
            "категория задачи",
            "kategoria zadania",
            "任务类别",
            "工作類別",
        ],
    ),
    (
        Label::Level,
        &[
            "level",
            "ebene",
            "レベル",
            "niveau",
            "nivel",
            "nível",
            "livello",
            "уровень",
            "poziom",
            "级别",
            "層級",
        ],
    ),
    (
        Label::Type,
        &[
            "event type",
            "ereignistyp",
            "イベントの種類",
            "type de l'événement",
            "tipo de suceso",
            "tipo di evento",
            "тип события",
        ],
    ),
    (
        Label::Keywords,
        &[
            "keywords",
            "schlüsselwörter",
            "キーワード",
            "mots clés",
            "mots-clés",
            "palabras clave",
            "parole chiave",
            "palavras-chave",
            "trefwoorden",
            "ключевые слова",
            "słowa kluczowe",
            "关键字",
            "關鍵字",
        ],
    ),
    (
        Label::User,
        &[
            "user",
            "benutzer",
            "ユーザー",
            "utilisateur",
            "usuario",
            "utente",
            "usuário",
            "gebruiker",
            "пользователь",
            "użytkownik",
            "用户",
            "使用者",
        ],
    ),
    (
        Label::Computer,
        &[
            "computer",
            "コンピューター",
            "コンピュータ",
            "ordinateur",
            "equipo",
            "computador",
            "компьютер",
            "komputer",
            "计算机",
            "電腦",
        ],
    ),
    (
        Label::Description,
        &[
            "description",
            "beschreibung",
            "説明",
            "descripción",
            "descrizione",
            "descrição",
            "beschrijving",
            "описание",
            "opis",
            "描述",
            "message",
            "event description",
        ],
    ),
    (Label::Data, &["data", "daten", "データ", "données", "datos"]),
    (
        Label::Xml,
        &[
            "event xml",
            "ereignis-xml",
            "イベント xml",
            "xml de l'événement",
            "xml de evento",
            "xml del evento",
            "xml evento",
            "xml события",
        ],
    ),
    (Label::Other, &["opcode", "user name", "task", "keyword", "vorgangscode", "オペコード"]),
];

/// Column names that only lists have.
const COLUMNS: &[(Label, &[&str])] = &[(
    Label::Date,
    &[
        "date and time",
        "datum und uhrzeit",
        "日付と時刻",
        "date et heure",
        "fecha y hora",
        "data e ora",
        "data e hora",
        "datum en tijd",
        "дата и время",
        "data i godzina",
        "日期和时间",
    ],
)];

/// No label is longer.
const LONGEST: usize = 64;

/// What a label stands for; it may be in any letter case.
pub(super) fn label(name: &str) -> Option<Label> {
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '*' || c == '_' || c == '`');
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    TABLE.get(folded(name).as_str()).copied()
}

/// What a column of a list stands for.
pub(super) fn column(name: &str) -> Option<Label> {
    let folded = folded(name.trim().get(..LONGEST).unwrap_or(name.trim()));
    let listed = COLUMNS.iter().find(|(_, names)| names.contains(&folded.as_str())).map(|(label, _)| *label);
    listed.or_else(|| TABLE.get(folded.as_str()).copied())
}

/// The labels by name: every line of a pasted text may be asked for.
static TABLE: LazyLock<HashMap<&'static str, Label>> = LazyLock::new(|| {
    LABELS.iter().flat_map(|(label, names)| names.iter().map(|name| (*name, *label))).collect()
});

fn folded(name: &str) -> String {
    let plain: Cow<'_, str> = if name.contains(['’', '\u{a0}', '\u{202f}']) {
        Cow::Owned(name.replace('’', "'").replace(['\u{a0}', '\u{202f}'], " "))
    } else {
        Cow::Borrowed(name)
    };
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// A line taken apart at its first colon, which may be a full-width one and have a blank before it.
pub(super) fn labelled(line: &str) -> Option<(&str, &str)> {
    // A colon further on belongs to no label, whatever stands before it.
    let mut reach = line.len().min(LONGEST + 16);
    while !line.is_char_boundary(reach) {
        reach -= 1;
    }
    let at = line.get(..reach)?.find([':', '：'])?;
    let (name, rest) = line.split_at(at);
    let (name, value) = (name.trim(), rest.trim_start_matches([':', '：']));
    (!name.is_empty() && name.len() <= LONGEST).then_some((name, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_several_languages() {
        for (name, expected) in [
            ("Log Name", Label::Log),
            ("Protokollname", Label::Log),
            ("ログの名前", Label::Log),
            ("Ereignis-ID", Label::Id),
            ("ID de l’événement", Label::Id),
            ("Mots\u{a0}clés", Label::Keywords),
            ("**Event ID**", Label::Id),
            ("Aufgabenkategorie", Label::Category),
            ("Event Type", Label::Type),
        ] {
            assert_eq!(label(name), Some(expected), "{name}");
        }
        assert_eq!(label("Writer Name"), None);
        assert_eq!(column("Datum und Uhrzeit"), Some(Label::Date));
        assert_eq!(labelled("Utilisateur : N/A"), Some(("Utilisateur", "N/A")));
        assert_eq!(labelled("説明：text: more"), Some(("説明", "text: more")));
    }
}
