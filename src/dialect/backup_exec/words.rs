//! What a line of a job log is about, told by its label. Labels are in the language of the server: English ones are
//! confirmed where the module of the dialect says so, all others are unverified.

use super::resource;

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// The media server.
    Server(&'a str),
    /// Name of the job.
    JobName(&'a str),
    /// When the job started.
    JobStarted(&'a str),
    /// Kind of job.
    JobType(&'a str),
    /// File of the log.
    JobLog(&'a str),
    /// When the job ended.
    JobEnded(&'a str),
    /// Completion status in words.
    Status(Outcome),
    /// What follows is done to the sets (backup, verification ...).
    Operation(&'a str),
    /// Resource of a set.
    Resource(&'a str),
    /// Backup method of a set.
    Method(&'a str),
    /// When a set started.
    SetStarted(&'a str),
    /// When a set ended.
    SetEnded(&'a str),
    /// Account of the job.
    Account(&'a str),
    /// Anything else.
    Other,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything was done.
    Success,
    /// Done, with exceptions.
    Exceptions,
    /// Failed.
    Failed,
    /// Canceled by a person or a threshold.
    Canceled,
    /// Something that says nothing about the sets (missed, recovered, resumed).
    Other,
}

/// What a label announces.
#[derive(Clone, Copy)]
enum Label {
    Server,
    JobName,
    JobStarted,
    JobType,
    JobLog,
    JobEnded,
    Method,
    Account,
    Status,
}

impl Label {
    fn item(self, value: &str) -> Item<'_> {
        match self {
            Label::Server => Item::Server(value),
            Label::JobName => Item::JobName(value),
            Label::JobStarted => Item::JobStarted(value),
            Label::JobType => Item::JobType(value),
            Label::JobLog => Item::JobLog(value),
            Label::JobEnded => Item::JobEnded(value),
            Label::Method => Item::Method(value),
            Label::Account => Item::Account(value),
            Label::Status => Item::Status(outcome(value)),
        }
    }
}

/// Labels with a colon behind them.
const LABELS: [(&[&str], Label); 9] = [
    (
        &[
            "job server",
            "auftragsserver",
            "jobserver",
            "serveur de travaux",
            "serveur de tâches",
            "servidor de tareas",
            "servidor de trabajos",
            "server del processo",
        ],
        Label::Server,
    ),
    (
        &[
            "job name",
            "auftragsname",
            "jobname",
            "nom du travail",
            "nom de la tâche",
            "nombre de la tarea",
            "nombre del trabajo",
            "nome processo",
        ],
        Label::JobName,
    ),
    (
        &[
            "job started",
            "auftrag gestartet",
            "job gestartet",
            "travail commencé",
            "travail démarré",
            "tâche démarrée",
            "tarea iniciada",
            "trabajo iniciado",
            "processo avviato",
        ],
        Label::JobStarted,
    ),
    (
        &[
            "job type",
            "auftragstyp",
            "jobtyp",
            "type de travail",
            "type de tâche",
            "tipo de tarea",
            "tipo de trabajo",
            "tipo processo",
        ],
        Label::JobType,
    ),
    (
        &[
            "job log",
            "auftragsprotokoll",
            "jobprotokoll",
            "journal du travail",
            "journal des travaux",
            "journal de tâche",
            "registro de tareas",
            "registro de trabajos",
        ],
        Label::JobLog,
    ),
    (
        &[
            "job ended",
            "auftrag beendet",
            "auftrag abgeschlossen",
            "job beendet",
            "travail terminé",
            "tâche terminée",
            "tarea finalizada",
            "trabajo finalizado",
            "processo terminato",
        ],
        Label::JobEnded,
    ),
    (
        &[
            "backup method",
            "sicherungsmethode",
            "méthode de sauvegarde",
            "método de copia de seguridad",
            "método de copia",
            "metodo di backup",
        ],
        Label::Method,
    ),
    (
        &[
            "job logon account",
            "logon account",
            "backup exec logon account",
            "anmeldekonto",
            "compte de connexion",
            "cuenta de inicio de sesión",
        ],
        Label::Account,
    ),
    (
        &[
            "job completion status",
            "completed status",
            "completion status",
            "auftragsabschlussstatus",
            "abschlussstatus",
            "jobabschlussstatus",
            "état d'achèvement du travail",
            "état final",
            "estado de finalización",
            "stato completamento processo",
        ],
        Label::Status,
    ),
];

/// Beginnings of lines without a colon.
const OPERATION: [&str; 5] = [
    "job operation - ",
    "auftragsvorgang - ",
    "joboperation - ",
    "opération du travail - ",
    "operación de tarea - ",
];
const SET_STARTED: [&str; 7] = [
    "backup started on ",
    "sicherung gestartet am ",
    "sicherung gestartet um ",
    "sauvegarde démarrée le ",
    "sauvegarde commencée le ",
    "copia de seguridad iniciada el ",
    "backup avviato il ",
];
const SET_ENDED: [&str; 6] = [
    "backup completed on ",
    "sicherung abgeschlossen am ",
    "sicherung abgeschlossen um ",
    "sauvegarde terminée le ",
    "copia de seguridad finalizada el ",
    "backup completato il ",
];
const RESOURCE: [&str; 9] = [
    "set information - ",
    "backup of ",
    "satzinformationen - ",
    "sicherungssatzinformationen - ",
    "sicherung von ",
    "informations sur le jeu - ",
    "sauvegarde de ",
    "información del conjunto - ",
    "copia de seguridad de ",
];

/// What a line is about.
pub(super) fn item(line: &str) -> Item<'_> {
    let line = line.trim();
    // Every line of a mixed text is asked: those that begin with a time or a bracket are refused here.
    if !line.starts_with(char::is_alphabetic) {
        return Item::Other;
    }
    if let Some((label, value)) = line.split_once(':').filter(|(label, _)| label.len() <= 64) {
        let label = label.trim().to_lowercase();
        if let Some((_, known)) = LABELS.iter().find(|(labels, _)| labels.contains(&label.as_str())) {
            return known.item(value.trim());
        }
        // The file name is the same in every language.
        let value = value.trim();
        if value.starts_with("BEX_") && value.ends_with(".xml") {
            return Item::JobLog(value);
        }
    }
    let lower: String = line.chars().take(40).collect::<String>().to_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    if starts(&OPERATION) {
        Item::Operation(line.split_once(" - ").map_or("", |(_, rest)| rest))
    } else if starts(&SET_STARTED) {
        Item::SetStarted(line)
    } else if starts(&SET_ENDED) {
        Item::SetEnded(line)
    } else if starts(&RESOURCE) {
        resource::in_line(line).map_or(Item::Other, Item::Resource)
    } else {
        Item::Other
    }
}

/// Completion status in words.
pub(super) fn outcome(text: &str) -> Outcome {
    let text = text.trim().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["exception", "ausnahme", "excepcion", "excepción", "eccezion", "exceç", "warning"]) {
        Outcome::Exceptions
    } else if says(&["failed over"]) {
        Outcome::Other
    } else if says(&["fail", "error", "fehl", "échec", "échou", "error", "fallid", "non riuscit"]) {
        Outcome::Failed
    } else if says(&["cancel", "abgebrochen", "annul", "cancelad"]) {
        Outcome::Canceled
    } else if says(&["success", "succeeded", "erfolgreich", "réussi", "correct", "éxito", "riuscit"]) {
        Outcome::Success
    } else {
        Outcome::Other
    }
}

/// Completion status as its number.
pub(super) fn outcome_of_number(number: &str) -> Option<Outcome> {
    Some(match number.trim().parse::<u32>().ok()? {
        19 => Outcome::Success,
        3 => Outcome::Exceptions,
        6 => Outcome::Failed,
        1 | 21 => Outcome::Canceled,
        2..=22 => Outcome::Other,
        _ => return None,
    })
}

/// Backup method of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Everything; a copy reads everything too.
    Full,
    /// What changed since the last backup of any kind.
    Incremental,
    /// What changed since the last full backup.
    Differential,
    /// Put together from earlier sets.
    Synthetic,
}

/// The method of a text such as `Incremental - Back up changed files since last full or incremental`: the word that
/// comes first decides, because the explanation names the others.
pub(super) fn method(text: &str) -> Option<Method> {
    const WORDS: [(Method, &[&str]); 4] = [
        (Method::Synthetic, &["synthet", "synthét", "sintét", "sintet"]),
        (Method::Incremental, &["increm", "inkrem", "incrém", "增量", "増分", "инкремент"]),
        (
            Method::Differential,
            &["differen", "différen", "diferen", "differenz", "差异", "差分", "дифференц"],
        ),
        (Method::Full, &["full", "voll", "compl", "copy", "kopie", "copie", "copia", "完全", "完整", "полн"]),
    ];
    let text = text.to_lowercase();
    let found = WORDS.iter().filter_map(|(method, words)| {
        words.iter().filter_map(|word| text.find(word)).min().map(|at| (at, *method))
    });
    let first = found.clone().min_by_key(|(at, _)| *at)?;
    // `Full - Synthetic`: put together all the same.
    let is_synthetic = found.into_iter().any(|(_, method)| method == Method::Synthetic);
    Some(if is_synthetic { Method::Synthetic } else { first.1 })
}

/// Does a line say that a full backup was done where another was asked for? The wording is unverified; a line that
/// only tells to run one does not count.
pub(super) fn is_fallback_to_full(line: &str) -> bool {
    let line = line.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| line.contains(word));
    says(&["incremental", "differential", "block tracking"])
        && says(&[
            "full backup was performed",
            "full backup has been performed",
            "full backup will be performed",
            "full backup is performed",
            "full backup is being performed",
            "full backup was done",
            "full backup was run",
            "performed a full backup",
            "performing a full backup",
            "full backup instead",
            "full performed",
            "converted to a full",
            "converted to full",
            "reverting to a full",
            "reverted to a full",
            "falling back to a full",
            "fell back to a full",
            "switched to a full",
        ])
        && !says(&["must", "should", "before "])
}

/// `Processed 1234567890 bytes in 3 minutes`, with or without separators between the digits.
pub(super) fn bytes(line: &str) -> Option<u64> {
    let lower = line.to_lowercase();
    let unit =
        [" byte", " octet", "\u{a0}byte", "\u{a0}octet"].iter().filter_map(|unit| lower.find(unit)).min()?;
    let before = lower.get(..unit)?;
    let digits: String = before
        .chars()
        .rev()
        .take_while(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | '\u{a0}' | '\u{202f}' | '\''))
        .filter(char::is_ascii_digit)
        .collect();
    digits.chars().rev().collect::<String>().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        assert_eq!(item("Job server: SRV1 "), Item::Server("SRV1"));
        assert_eq!(item("Job name: VM: nightly"), Item::JobName("VM: nightly"));
        assert_eq!(item("Auftragsprotokoll: BEX_SRV1_00123.xml"), Item::JobLog("BEX_SRV1_00123.xml"));
        assert_eq!(item("ジョブ ログ: BEX_SRV1_00123.xml"), Item::JobLog("BEX_SRV1_00123.xml"));
        assert_eq!(item("Backup Method: Full - Back Up Files"), Item::Method("Full - Back Up Files"));
        assert_eq!(
            item("Job completion status: Completed with exceptions"),
            Item::Status(Outcome::Exceptions)
        );
        assert_eq!(item("Completed status: Failed"), Item::Status(Outcome::Failed));
        assert_eq!(item("Job Operation - Verify"), Item::Operation("Verify"));
        assert_eq!(item("Set Information - \\\\SRV2\\C:"), Item::Resource("\\\\SRV2\\C:"));
        assert_eq!(item("Family Name: \"x\""), Item::Other);
        assert_eq!(item(""), Item::Other);
    }

    #[test]
    fn methods_and_fallbacks() {
        for (text, expected) in [
            ("Full - Back Up Virtual Machines", Some(Method::Full)),
            ("Incremental - Back up changed files since last full or incremental", Some(Method::Incremental)),
            ("Differential – Back up changed files since last full", Some(Method::Differential)),
            ("Copy - Back Up Files", Some(Method::Full)),
            ("Inkrementell", Some(Method::Incremental)),
            ("Sauvegarde complète", Some(Method::Full)),
            ("Synthetic Full", Some(Method::Synthetic)),
            ("Daily", None),
        ] {
            assert_eq!(method(text), expected, "{text}");
        }
        assert!(is_fallback_to_full("Incremental backup not possible, a full backup was performed."));
        assert!(!is_fallback_to_full("You must run a full backup before the incremental backup."));
        assert_eq!(bytes("Processed 1,234,567,890 bytes in  3 minutes and  2 seconds."), Some(1_234_567_890));
        assert_eq!(bytes("1.234.567 Byte in 3 Minuten verarbeitet."), Some(1_234_567));
        assert_eq!(bytes("Processed bytes"), None);
        assert_eq!(outcome("Abgeschlossen mit Ausnahmen"), Outcome::Exceptions);
        assert_eq!(outcome("Canceled, timed out"), Outcome::Canceled);
        assert_eq!(outcome("Missed"), Outcome::Other);
        assert_eq!(outcome_of_number(" 19 "), Some(Outcome::Success));
    }
}
