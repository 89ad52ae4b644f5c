//! One event of Windows in every text form, language, encoding and kind of line break is one and the same event.
//!
//! The event is volsnap 25 of a volume that no other file names, so that each file has to give a finding of its own
//! with that volume, that time and, where the form has room for it, that machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::path::Path;

use blogscan::base::{Finding, Level};
use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run};
use blogscan::settings::Settings;

/// How Event Viewer speaks in one language.
struct Language {
    name: &'static str,
    /// Log, source, date, id, category, level, keywords, user, computer, description: Vista and later.
    labels: [&'static str; 10],
    /// Type, source, category, id, date, time, user, computer, description: XP and 2003. Empty: not documented.
    old_labels: &'static [&'static str],
    /// Header of a list.
    columns: [&'static str; 5],
    error: &'static str,
    information: &'static str,
    none: &'static str,
    not_available: &'static str,
    /// The day as the locale writes it.
    date: &'static str,
    time: &'static str,
    earlier: &'static str,
    said: fn(&str) -> String,
    ansi: &'static str,
    /// The code page of the console, as a label or, for 850, as its upper half.
    oem: Oem,
}

enum Oem {
    Label(&'static str),
    Western,
}

const LANGUAGES: &[Language] = &[
    Language {
        name: "en",
        labels: [
            "Log Name",
            "Source",
            "Date",
            "Event ID",
            "Task Category",
            "Level",
            "Keywords",
            "User",
            "Computer",
            "Description",
        ],
        old_labels: &[
            "Event Type",
            "Event Source",
            "Event Category",
            "Event ID",
            "Date",
            "Time",
            "User",
            "Computer",
            "Description",
        ],
        columns: ["Level", "Date and Time", "Source", "Event ID", "Task Category"],
        error: "Error",
        information: "Information",
        none: "None",
        not_available: "N/A",
        date: "5/26/2014",
        time: "2:14:09 AM",
        earlier: "1:14:09 AM",
        said: |volume| {
            format!(
                "The shadow copies of volume {volume} were deleted because the shadow copy storage could not grow in time."
            )
        },
        ansi: "windows-1252",
        oem: Oem::Western,
    },
    Language {
        name: "de",
        labels: [
            "Protokollname",
            "Quelle",
            "Datum",
            "Ereignis-ID",
            "Aufgabenkategorie",
            "Ebene",
            "Schlüsselwörter",
            "Benutzer",
            "Computer",
            "Beschreibung",
        ],
        old_labels: &[
            "Ereignistyp",
            "Ereignisquelle",
            "Ereigniskategorie",
            "Ereigniskennung",
            "Datum",
            "Zeit",
            "Benutzer",
            "Computer",
            "Beschreibung",
        ],
        columns: ["Ebene", "Datum und Uhrzeit", "Quelle", "Ereignis-ID", "Aufgabenkategorie"],
        error: "Fehler",
        information: "Informationen",
        none: "Keine",
        not_available: "Nicht zutreffend",
        date: "26.05.2014",
        time: "02:14:09",
        earlier: "01:14:09",
        said: |volume| {
            format!(
                "Die Schattenkopien von Volume {volume} wurden gelöscht, da der Schattenkopiespeicher nicht rechtzeitig vergrößert werden konnte."
            )
        },
        ansi: "windows-1252",
        oem: Oem::Western,
    },
    Language {
        name: "fr",
        labels: [
            "Nom du journal",
            "Source",
            "Date",
            "ID de l’événement",
            "Catégorie de la tâche",
            "Niveau",
            "Mots clés",
            "Utilisateur",
            "Ordinateur",
            "Description",
        ],
        old_labels: &[
            "Type de l'événement",
            "Source de l'événement",
            "Catégorie de l'événement",
            "ID de l'événement",
            "Date",
            "Heure",
            "Utilisateur",
            "Ordinateur",
            "Description",
        ],
        columns: ["Niveau", "Date et heure", "Source", "ID de l'événement", "Catégorie de la tâche"],
        error: "Erreur",
        information: "Informations",
        none: "Aucun",
        not_available: "N/A",
        date: "26/05/2014",
        time: "02:14:09",
        earlier: "01:14:09",
        said: |volume| {
            format!(
                "Les clichés instantanés du volume {volume} ont été supprimés car le stockage n'a pas pu croître à temps."
            )
        },
        ansi: "windows-1252",
        oem: Oem::Western,
    },
    Language {
        name: "es",
        labels: [
            "Nombre de registro",
            "Origen",
            "Fecha",
            "Id. del evento",
            "Categoría de la tarea",
            "Nivel",
            "Palabras clave",
            "Usuario",
            "Equipo",
            "Descripción",
        ],
        old_labels: &[
            "Tipo de suceso",
            "Origen del suceso",
            "Categoría del suceso",
            "Id. suceso",
            "Fecha",
            "Hora",
            "Usuario",
            "Equipo",
            "Descripción",
        ],
        columns: ["Nivel", "Fecha y hora", "Origen", "Id. del evento", "Categoría de la tarea"],
        error: "Error",
        information: "Información",
        none: "Ninguno",
        not_available: "No disponible",
        date: "26/05/2014",
        time: "2:14:09",
        earlier: "1:14:09",
        said: |volume| {
            format!(
                "Las instantáneas del volumen {volume} se eliminaron porque el almacén no pudo crecer a tiempo: aún más líneas."
            )
        },
        ansi: "windows-1252",
        oem: Oem::Western,
    },
    Language {
        name: "ja",
        labels: [
            "ログの名前",
            "ソース",
            "日付",
            "イベント ID",
            "タスクのカテゴリ",
            "レベル",
            "キーワード",
            "ユーザー",
            "コンピューター",
            "説明",
        ],
        old_labels: &[
            "イベントの種類",
            "イベント ソース",
            "イベント カテゴリ",
            "イベント ID",
            "日付",
            "時刻",
            "ユーザー",
            "コンピュータ",
            "説明",
        ],
        columns: ["レベル", "日付と時刻", "ソース", "イベント ID", "タスクのカテゴリ"],
        error: "エラー",
        information: "情報",
        none: "なし",
        not_available: "N/A",
        date: "2014/05/26",
        time: "2:14:09",
        earlier: "1:14:09",
        said: |volume| {
            format!(
                "シャドウ コピーの記憶域を拡張できなかったため、ボリューム {volume} のシャドウ コピーは削除されました。"
            )
        },
        ansi: "shift_jis",
        oem: Oem::Label("shift_jis"),
    },
    Language {
        name: "ru",
        labels: [
            "Имя журнала",
            "Источник",
            "Дата",
            "Код события",
            "Категория задачи",
            "Уровень",
            "Ключевые слова",
            "Пользователь",
            "Компьютер",
            "Описание",
        ],
        // Not documented.
        old_labels: &[],
        columns: ["Уровень", "Дата и время", "Источник", "Код события", "Категория задачи"],
        error: "Ошибка",
        information: "Сведения",
        none: "Отсутствует",
        not_available: "Н/Д",
        date: "26.05.2014",
        time: "2:14:09",
        earlier: "1:14:09",
        said: |volume| {
            format!(
                "Теневые копии тома {volume} были удалены, поскольку хранилище не удалось вовремя увеличить."
            )
        },
        ansi: "windows-1251",
        oem: Oem::Label("ibm866"),
    },
];

const HOST: &str = "FS-MEISE";

/// The name of the form, and two events in it, the newest first unless the name says otherwise.
type Form = (&'static str, fn(&Language, &str) -> Option<Vec<String>>);

fn copied(language: &Language, id: &str, level: &str, time: &str, text: &str) -> String {
    let [log, source, date, code, category, grade, keywords, user, computer, description] = language.labels;
    // French sets a blank before the colon.
    let colon = if language.name == "fr" { " :" } else { ":" };
    let day = language.date;
    let none = language.none;
    format!(
        "{log}{colon}      System\n{source}{colon}        volsnap\n{date}{colon}          {day} {time}\n{code}{colon}      \
         {id}\n{category}{colon} {none}\n{grade}{colon}         {level}\n{keywords}{colon}      \n{user}{colon}          \
         {}\n{computer}{colon}      {HOST}\n{description}{colon}\n{text}\n",
        language.not_available
    )
}

fn copied_old(language: &Language, id: &str, level: &str, time: &str, text: &str) -> Option<String> {
    let [kind, source, category, code, date, clock, user, computer, description] = language.old_labels else {
        return None;
    };
    Some(format!(
        "{kind}:\t{level}\n{source}:\tVolSnap\n{category}:\t{}\n{code}:\t{id}\n{date}:\t\t{}\n{clock}:\t\t{time}\n{user}:\t\t{}\n\
         {computer}:\t{HOST}\n{description}:\n{text}\n",
        language.none, language.date, language.not_available
    ))
}

fn list(language: &Language, volume: &str, separator: char) -> Vec<String> {
    let header = language.columns.join(&separator.to_string());
    let row = |level: &str, time: &str, id: u32, text: &str| {
        let (date, none) = (language.date, language.none);
        let fields =
            [level, &format!("{date} {time}"), "volsnap", &id.to_string(), none].join(&separator.to_string());
        format!("{fields}{separator}\"{text}\"\n")
    };
    vec![
        format!("{header}\n"),
        row(language.error, language.time, 25, &(language.said)(volume)),
        row(language.information, language.earlier, 33, "x"),
    ]
}

fn wevtutil(number: u32, language: &Language, id: u32, level: &str, hour: u32, text: &str) -> String {
    format!(
        "Event[{number}]:\n  Log Name: System\n  Source: volsnap\n  Date: 2014-05-26T0{hour}:14:09.000\n  Event ID: {id}\n  Task: \
         N/A\n  Level: {level}\n  Opcode: {}\n  Keyword: N/A\n  User: N/A\n  User Name: N/A\n  Computer: {HOST}\n  Description: \
         \n{text}\n\n",
        language.information
    )
}

fn winevent(language: &Language, id: u32, level: &str, time: &str, text: &str) -> String {
    format!(
        "Message              : {text}\nId                   : {id}\nLevelDisplayName     : {level}\nProviderName         : \
         volsnap\nLogName              : System\nMachineName          : {HOST}\nTimeCreated          : {} {time}\n\n",
        language.date
    )
}

fn eventlog(language: &Language, id: u32, kind: &str, time: &str, text: &str) -> String {
    format!(
        "EventID            : {id}\nMachineName        : {HOST}\nData               : {{}}\nIndex              : 71\nCategory           \
         : (0)\nEntryType          : {kind}\nMessage            : {text}\nSource             : volsnap\nTimeGenerated      : {} \
         {time}\n\n",
        language.date
    )
}

const FORMS: &[Form] = &[
    ("csv", |language, volume| Some(list(language, volume, ','))),
    ("csv-semicolon", |language, volume| Some(list(language, volume, ';'))),
    ("tab", |language, volume| Some(list(language, volume, '\t'))),
    ("csv-2003", |language, volume| {
        let row = |level: &str, time: &str, id: u32, text: &str| {
            let (date, none, user) = (language.date, language.none, language.not_available);
            format!("{date},{time},VolSnap,{level},{none},{id},{user},{HOST},\"{text}\"\n")
        };
        Some(vec![
            row(language.error, language.time, 25, &(language.said)(volume)),
            row(language.information, language.earlier, 33, "x"),
        ])
    }),
    ("copied", |language, volume| {
        Some(vec![
            copied(language, "25", language.error, language.time, &(language.said)(volume)),
            "\n".to_owned(),
            copied(language, "33", language.information, language.earlier, "x"),
        ])
    }),
    ("copied-old", |language, volume| {
        Some(vec![
            copied_old(language, "25", language.error, language.time, &(language.said)(volume))?,
            "\n".to_owned(),
            copied_old(language, "33", language.information, language.earlier, "x")?,
        ])
    }),
    ("wevtutil", |language, volume| {
        Some(vec![
            wevtutil(0, language, 25, language.error, 2, &(language.said)(volume)),
            wevtutil(1, language, 33, language.information, 1, "x"),
        ])
    }),
    ("wevtutil-oldest-first", |language, volume| {
        Some(vec![
            wevtutil(0, language, 33, language.information, 1, "x"),
            wevtutil(1, language, 25, language.error, 2, &(language.said)(volume)),
        ])
    }),
    ("get-winevent", |language, volume| {
        Some(vec![
            winevent(language, 25, language.error, language.time, &(language.said)(volume)),
            winevent(language, 33, language.information, language.earlier, "x"),
        ])
    }),
    ("get-winevent-csv", |language, volume| {
        let row = |id: u32, level: &str, time: &str, text: &str| {
            format!("\"{text}\",\"{id}\",\"{level}\",\"volsnap\",\"{HOST}\",\"{} {time}\"\n", language.date)
        };
        Some(vec![
            "\"Message\",\"Id\",\"LevelDisplayName\",\"ProviderName\",\"MachineName\",\"TimeCreated\"\n"
                .to_owned(),
            row(25, language.error, language.time, &(language.said)(volume)),
            row(33, language.information, language.earlier, "x"),
        ])
    }),
    ("get-winevent-json", |language, volume| {
        let event = |id: u32, level: &str, milliseconds: u64, text: &str| {
            let text = text.replace('\\', "\\\\");
            format!(
                "    {{\n        \"Id\":  {id},\n        \"LevelDisplayName\":  \"{level}\",\n        \"ProviderName\":  \
                 \"volsnap\",\n        \"LogName\":  \"System\",\n        \"MachineName\":  \"{HOST}\",\n        \"TimeCreated\":  \
                 \"\\/Date({milliseconds})\\/\",\n        \"Message\":  \"{text}\"\n    }}"
            )
        };
        Some(vec![format!(
            "[\n{},\n{}\n]\n",
            event(25, language.error, 1_401_070_449_000, &(language.said)(volume)),
            event(33, language.information, 1_401_066_849_000, "x")
        )])
    }),
    // Its names are never translated.
    ("get-eventlog", |language, volume| {
        Some(vec![
            eventlog(language, 25, "Error", language.time, &(language.said)(volume)),
            eventlog(language, 33, "Information", language.earlier, "x"),
        ])
    }),
    ("psloglist", |language, volume| {
        let event = |number: u32, id: u32, kind: &str, time: &str, text: &str| {
            format!(
                "[{number:03}] volsnap\n   Type:     {kind} \n   Computer: {HOST}\n   Time:     {} {time}   ID:       {id} \n{text}\n",
                language.date
            )
        };
        Some(vec![
            format!("System log on \\\\{HOST}:\n"),
            event(72, 25, "ERROR", language.time, &(language.said)(volume)),
            event(71, 33, "INFORMATION", language.earlier, "x"),
        ])
    }),
    ("xml", |language, volume| {
        let event = |number: u32, id: u32, level: u32, hour: u32, text: &str| {
            format!(
                "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='volsnap'/><EventID \
                 Qualifiers='49158'>{id}</EventID><Level>{level}</Level><TimeCreated SystemTime='2014-05-26T0{hour}:14:09.000000000Z'/>\
                 <EventRecordID>{number}</EventRecordID><Channel>System</Channel><Computer>{HOST}</Computer></System><EventData><Data>\
                 \\Device\\HarddiskVolumeShadowCopy4</Data><Data>{volume}</Data></EventData><RenderingInfo><Message>{text}</Message>\
                 </RenderingInfo></Event>\n"
            )
        };
        Some(vec![
            "<?xml version=\"1.0\" standalone=\"yes\"?>\n<Events>".to_owned(),
            event(72, 25, 2, 2, &(language.said)(volume)),
            event(71, 33, 4, 1, "x"),
            "</Events>\n".to_owned(),
        ])
    }),
];

/// The upper half of code page 850.
const WESTERN: &str =
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀Óß";

const ENCODINGS: [&str; 6] = ["utf-8", "utf-8-mark", "utf-16le", "utf-16be", "ansi", "oem"];

/// `None`: the page has no place for one of the characters.
fn encoded(text: &str, encoding: &str, language: &Language) -> Option<Vec<u8>> {
    let page = |label: &str| {
        let (bytes, _, lost) = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(text);
        (!lost).then(|| bytes.into_owned())
    };
    let marked: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
    match (encoding, &language.oem) {
        ("utf-8", _) => Some(text.as_bytes().to_vec()),
        ("utf-8-mark", _) => Some(format!("\u{feff}{text}").into_bytes()),
        ("utf-16le", _) => Some(marked.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        ("utf-16be", _) => Some(marked.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
        ("ansi", _) => page(language.ansi),
        (_, Oem::Label(label)) => page(label),
        (_, Oem::Western) => text
            .chars()
            .map(|character| match WESTERN.chars().position(|entry| entry == character) {
                Some(at) => u8::try_from(at).ok().map(|at| 0x80 + at),
                None => u8::try_from(character).ok().filter(u8::is_ascii),
            })
            .collect(),
    }
}

const BREAKS: [(&str, &str); 4] = [("lf", "\n"), ("crlf", "\r\n"), ("crcrlf", "\r\r\n"), ("cr", "\r")];

fn same_in_every(breaks: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let mut expected: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for (form, write) in FORMS {
        for language in LANGUAGES {
            for encoding in ENCODINGS {
                for (ending, line_break) in breaks {
                    let number = expected.len();
                    let volume = format!("\\\\?\\Volume{{{number:08x}-4c55-11e4-93f1-806e6f6e6963}}");
                    let Some(parts) = write(language, &volume) else { continue };
                    let text = parts.concat().replace('\n', line_break);
                    let Some(bytes) = encoded(&text, encoding, language) else { continue };
                    let name = format!("{form}.{}.{encoding}.{ending}", language.name);
                    std::fs::write(folder.path().join(&name), bytes).unwrap();
                    let has_host = !matches!(*form, "csv" | "csv-semicolon" | "tab");
                    expected.insert(volume, (name, has_host));
                }
            }
        }
    }
    assert!(expected.len() > 400 * breaks.len() / 2);
    let findings = scan(folder.path());
    let mut found: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &findings {
        let volume = finding.about.get("volume").map_or("", String::as_str);
        found.entry(volume).or_default().push(finding);
    }
    let mut faults = Vec::new();
    for (volume, (name, has_host)) in &expected {
        let own = found.remove(volume.as_str()).unwrap_or_default();
        let [finding] = own.as_slice() else {
            faults.push(format!("{name}: {} findings", own.len()));
            continue;
        };
        let time = finding.first.as_deref().unwrap_or("no time");
        if finding.advisory != "VOLSNAP-25" || finding.level != Level::Confirmed {
            faults.push(format!("{name}: {} {:?}", finding.advisory, finding.level));
        }
        if !time.starts_with("2014-05-26") || !time.contains("02:14:09") {
            faults.push(format!("{name}: {time}"));
        }
        if *has_host != (finding.about.get("host").map(String::as_str) == Some(HOST)) {
            faults.push(format!("{name}: {:?}", finding.about));
        }
    }
    for (volume, more) in found {
        faults.push(format!(
            "not expected: {volume:?} {:?}",
            more.iter().map(|one| &one.advisory).collect::<Vec<_>>()
        ));
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), expected.len(), faults.join("\n"));
}

fn scan(folder: &Path) -> Vec<Finding> {
    let options = Options { jobs: 2, ..Options::default() };
    let inputs = [folder.to_str().unwrap().to_owned()];
    run(&inputs, &options, &Catalogue::embedded(), &Settings::default()).findings
}

#[test]
fn one_event_in_every_form_language_and_encoding() {
    same_in_every(&BREAKS[1..2]);
}

#[test]
fn line_breaks_of_all_kinds() {
    same_in_every(&BREAKS);
}
