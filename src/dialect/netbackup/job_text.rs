//! The text of one job detail line: who says it, how bad it is, which image and which devices it names.
//!
//! Shared by pasted job details, the detail column of `bpdbjobs` and the try logs of the REST interface.

use std::borrow::Cow;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_while1};
use nom::character::complete::{char, multispace0, multispace1, u64 as number};
use nom::combinator::{opt, verify};
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

use super::{backup_id, wording};
use crate::base::{Record, Severity};

/// What precedes the message: `Critical bpdm (pid=15749) `.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source<'a> {
    pub(super) severity: Severity,
    /// A process or a host.
    pub(super) name: &'a str,
    pub(super) pid: Option<u64>,
    /// The message.
    pub(super) message: &'a str,
}

/// Severities as the consoles write them. The console's language decides; those other than English (German,
/// French, Spanish, Portuguese, Italian) are unverified.
const SEVERITIES: &[(&str, Severity)] = &[
    ("Debug", Severity::Debug),
    ("Info", Severity::Info),
    ("Information", Severity::Info),
    ("Informationen", Severity::Info),
    ("Informations", Severity::Info),
    ("Información", Severity::Info),
    ("Warning", Severity::Warning),
    ("Warnung", Severity::Warning),
    ("Avertissement", Severity::Warning),
    ("Advertencia", Severity::Warning),
    ("Aviso", Severity::Warning),
    ("Avviso", Severity::Warning),
    ("Error", Severity::Error),
    ("Fehler", Severity::Error),
    ("Erreur", Severity::Error),
    ("Erro", Severity::Error),
    ("Errore", Severity::Error),
    ("Critical", Severity::Critical),
    ("Kritisch", Severity::Critical),
    ("Critique", Severity::Critical),
    ("Crítico", Severity::Critical),
    ("Critico", Severity::Critical),
];

fn severity_of(word: &str) -> Option<Severity> {
    SEVERITIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, severity)| *severity)
}

/// Reads what precedes the message; `None` for texts that name no source (`begin writing`).
pub(super) fn source(text: &str) -> Option<Source<'_>> {
    let parsers = alt((severity_and_process, process_alone, severity_and_known_process));
    let (_, source) = { parsers }.parse(text).ok()?;
    Some(source)
}

/// `Critical bpdm (pid=15749) text`, the blank before the parenthesis optional. A word before the process that is
/// no known severity is one of another language.
fn severity_and_process(input: &str) -> IResult<&str, Source<'_>> {
    let (rest, word) = terminated(word, multispace1).parse(input)?;
    let (message, (name, pid)) =
        verify(process_and_pid, |_| !matches!(word, "started" | "ended")).parse(rest)?;
    let severity = severity_of(word).unwrap_or_default();
    Ok(("", Source { severity, name, pid: Some(pid), message }))
}

/// `bpdm (pid=5579) started`.
fn process_alone(input: &str) -> IResult<&str, Source<'_>> {
    let (message, (name, pid)) = process_and_pid(input)?;
    Ok(("", Source { severity: Severity::Unknown, name, pid: Some(pid), message }))
}

/// `Error nbpem backup of client c exited with status 6`.
fn severity_and_known_process(input: &str) -> IResult<&str, Source<'_>> {
    let severity = verify(terminated(word, multispace1), |word: &str| severity_of(word).is_some());
    let known = verify(name, |name: &str| wording::distinct_process(name).is_some());
    let (message, (severity, name)) = (severity, terminated(known, multispace1)).parse(input)?;
    let severity = severity_of(severity).unwrap_or_default();
    Ok(("", Source { severity, name, pid: None, message }))
}

fn word(input: &str) -> IResult<&str, &str> {
    take_while1(char::is_alphabetic).parse(input)
}

fn name(input: &str) -> IResult<&str, &str> {
    take_till1(|c: char| c.is_whitespace() || c == '(').parse(input)
}

/// `bpbrm(pid=412) `, `bpdm (pid=15749) `.
fn process_and_pid(input: &str) -> IResult<&str, (&str, u64)> {
    let pid = delimited((tag("(pid="), multispace0), number, (opt(multispace0), char(')')));
    let (rest, (name, _, pid)) = (name, multispace0, pid).parse(input)?;
    Ok((rest.trim_start(), (name, pid)))
}

/// Sets what the head of a job detail tells and returns the message, which is the record's body.
pub(super) fn begin<'a>(record: &mut Record<'a>, text: &'a str) {
    record.body = Cow::Borrowed(text);
    let Some(source) = source(text) else { return };
    record.body = Cow::Borrowed(source.message);
    record.severity = source.severity;
    record.pid = source.pid;
    // Statistics of a storage server are logged under the name of the host instead of a process.
    if source.message.starts_with("StorageServer=") && wording::process_named(source.name).is_none() {
        record.host = Some(Cow::Borrowed(source.name));
    } else {
        record.process = Some(Cow::Borrowed(source.name));
    }
}

/// Reads out of the whole message, continuation lines included, what joins and statistics need.
pub(super) fn complete<'a>(record: &mut Record<'a>, message: &'a str) {
    record.severity = record.severity.max(wording::stated_severity(message));
    record.code = status(message).map(Cow::Borrowed);
    if let Some(id) = backup_id::find(message) {
        let name = if speaks_of_an_earlier_image(message) { "previous_backup_id" } else { "backup_id" };
        record.fields.push((name, Cow::Borrowed(id.text)));
    }
    for (key, name) in RESOURCE_KEYS {
        if let Some(value) = resource_value(message, key) {
            record.fields.push((name, Cow::Borrowed(value)));
        }
    }
    start_of_job(record, message);
}

/// Failures that quote the image which the running backup builds upon: taking its id for the job's own would put
/// the blame on the wrong image.
fn speaks_of_an_earlier_image(message: &str) -> bool {
    ["get frag failed", "accelerator verification failed", "from a previous backup", "previous backup image"]
        .iter()
        .any(|text| message.contains(text))
}

const RESOURCE_KEYS: [(&str, &str); 6] = [
    ("MediaID=", "media_id"),
    ("DiskVolume=", "disk_volume"),
    ("DiskPool=", "disk_pool"),
    ("Path=", "path"),
    ("StorageServer=", "storage_server"),
    ("MediaServer=", "media_server"),
];

/// A value of `granted resource MediaID=@aaaad;DiskVolume=v;...;MediaServer=m`.
fn resource_value<'a>(message: &'a str, key: &str) -> Option<&'a str> {
    let (before, rest) = message.split_once(key)?;
    let free = before.is_empty() || before.ends_with([' ', ';', '\t']);
    let value = rest.split([';', '\r', '\n']).next()?.trim();
    // The statistics of a storage server write its type in front: StorageServer=PureDisk:host.
    let value = if key == "StorageServer=" { value.rsplit(':').next()? } else { value };
    (free && !value.is_empty()).then_some(value)
}

/// The words of a job's first lines: `starting backup job (jobid=2) for client c, policy p, schedule s`,
/// `started backup (backupid=...) job for client c, policy p, schedule s on storage unit u`.
fn start_of_job<'a>(record: &mut Record<'a>, message: &'a str) {
    if let Some(job) = job_id(message) {
        record.fields.push(("job_id", Cow::Borrowed(job)));
    }
    let Some((_, rest)) = message.split_once("for client ") else { return };
    let Some((client, rest)) = rest.split_once(", policy ") else { return };
    let Some((policy, rest)) = rest.split_once(", schedule ") else { return };
    let schedule = rest.split([',', '\r', '\n']).next().unwrap_or(rest);
    let schedule = schedule.split(" on storage unit ").next().unwrap_or(schedule);
    for (name, value) in [("client", client), ("policy", policy), ("schedule", schedule.trim())] {
        if !value.is_empty() {
            record.fields.push((name, Cow::Borrowed(value)));
        }
    }
}

/// `(jobid=2)`, `(jobid=2, request id:...)`.
pub(super) fn job_id(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("(jobid=")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..digits).filter(|id| !id.is_empty())
}

/// The status that a message states: at its end in parentheses, or behind the word.
pub(super) fn status(message: &str) -> Option<&str> {
    wording::trailing_status(message).or_else(|| {
        let ended = message.strip_prefix("ended process ").and_then(|rest| rest.split_once('('));
        ended.and_then(|(_, rest)| wording::number_behind(rest)).or_else(|| wording::stated_status(message))
    })
}

/// Operations whose beginning and end are logged (`begin Duplicate`, `end Duplicate; elapsed time ...`).
const OPERATIONS: &[&str] = &[
    "Application Snapshot",
    "Archive",
    "Backup",
    "Catalog Backup",
    "Duplicate",
    "Flash Backup",
    "FlashBackup",
    "Image Cleanup",
    "Image Delete",
    "Import",
    "NDMP",
    "Parent Job",
    "Policy Execution Manager Preprocessed",
    "Replicate",
    "Replication",
    "Restore",
    "Snapshot",
    "Stream Discovery",
    "Vault",
    "Verify",
    "VMware",
    "operation",
];

/// The operation that begins, where the text says so and it is none of the transfer phases. One with a colon
/// (`Application Snapshot: Create Snapshot`) is a step of a greater one.
pub(super) fn begun_operation(text: &str) -> Option<&str> {
    let operation = text.strip_prefix("begin ")?.trim();
    let is_phase = ["writing", "reading"].contains(&operation);
    (!operation.is_empty() && !is_phase).then_some(operation)
}

/// The operation that ends, with the time it took.
pub(super) fn ended_operation(text: &str) -> Option<&str> {
    let (operation, rest) = text.strip_prefix("end ")?.split_once(';')?;
    rest.trim_start().starts_with("elapsed time").then(|| operation.trim())
}

/// Is the text one that only job details have?
pub(super) fn is_distinct(text: &str) -> bool {
    if source(text).is_some() || names_a_pid(text) {
        return true;
    }
    let starts = |prefix: &str| text.strip_prefix(prefix);
    if let Some(operation) = begun_operation(text) {
        return OPERATIONS.iter().any(|known| {
            operation.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        });
    }
    if matches!(text, "begin writing" | "begin reading") || ended_operation(text).is_some() {
        return true;
    }
    if let Some(rest) = starts("end writing").or_else(|| starts("end reading")) {
        return rest.is_empty() || rest.starts_with("; ");
    }
    if let Some(resource) = starts("granted resource ")
        .or_else(|| starts("requesting resource "))
        .or_else(|| starts("reserving resource "))
        .or_else(|| starts("resource "))
    {
        let resource = resource.trim_start();
        return resource.starts_with('@')
            || ["MediaID=", "LCM_", ".NBU_"].iter().any(|mark| resource.contains(mark));
    }
    let between = |prefix, suffix| starts(prefix).is_some_and(|rest: &str| rest.trim_end().ends_with(suffix));
    between("estimated ", " kbytes needed")
        || starts("ended process ").is_some_and(|rest| wording::any_trailing_status(rest).is_some())
        || starts("restoring image ").is_some_and(|rest| backup_id::is_whole(rest.trim()))
        || starts("restored image ").is_some_and(|rest| backup_id::find(rest).is_some_and(|id| id.at == 0))
        || starts("snapshot client is ").is_some_and(|rest| rest.contains("snapshot method is"))
        || starts("Job ").is_some_and(|rest| rest.contains(" restarted as job "))
}

/// `started process bpdm (pid=15749)`.
fn names_a_pid(text: &str) -> bool {
    let after = text.strip_prefix("started process ").and_then(|rest| rest.split_once("(pid="));
    after.is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dialect;

    fn whole(text: &str) -> Record<'_> {
        let mut record = Record::new(Dialect::NetbackupJob, text);
        begin(&mut record, text);
        let Cow::Borrowed(message) = record.body else { unreachable!() };
        complete(&mut record, message);
        record
    }

    #[test]
    fn who_says_it() {
        let critical = source("Critical bpdm (pid=15749) image open failed").unwrap();
        assert_eq!(
            (critical.severity, critical.name, critical.pid),
            (Severity::Critical, "bpdm", Some(15749))
        );
        assert_eq!(critical.message, "image open failed");
        assert_eq!(source("Info bpbrm(pid=412) x").unwrap().name, "bpbrm");
        assert_eq!(source("bpdm (pid=5579) started").unwrap().message, "started");
        assert_eq!(source("Fehler bptm(pid=1) x").unwrap().severity, Severity::Error);
        assert_eq!(source("Ошибка bptm (pid=1) x").unwrap().severity, Severity::Unknown);
        assert_eq!(source("Error nbpem backup of client c exited with status 6").unwrap().pid, None);
        for text in
            ["begin writing", "started process bpdm (pid=4)", "Error while reading", "Info unit (pid=x) y"]
        {
            assert_eq!(source(text), None, "{text}");
        }
    }

    #[test]
    fn hosts_instead_of_processes() {
        let record = whole(
            "Info q4harmed2 (pid=11732) StorageServer=PureDisk:harmed2; Report=PDDO Stats for (harmed2): x",
        );
        assert_eq!((record.host.as_deref(), record.process.as_deref()), (Some("q4harmed2"), None));
        assert_eq!(record.field("storage_server"), Some("harmed2"));
    }

    #[test]
    fn images_and_devices() {
        let text =
            "granted resource MediaID=@aaaad;DiskVolume=v1;DiskPool=p1;Path=/a;StorageServer=s;MediaServer=m";
        let record = whole(text);
        for (name, value) in
            [("media_id", "@aaaad"), ("disk_volume", "v1"), ("path", "/a"), ("media_server", "m")]
        {
            assert_eq!(record.field(name), Some(value));
        }
        for text in [
            "Error bpduplicate (pid=1) host h backup id m_1267534039 read failed, media open error (83).",
            "Error bpduplicate (pid=1) host h backupid m_1267534039 write failed, media open error (83).",
            "Info bpdm (pid=1) x backupid=m_1267534039",
        ] {
            assert_eq!(whole(text).field("backup_id"), Some("m_1267534039"), "{text}");
        }
        let earlier = whole("Critical bptm (pid=1) get frag failed, backup id (f9_1607370784)");
        assert_eq!(earlier.field("backup_id"), None);
        assert_eq!(earlier.field("previous_backup_id"), Some("f9_1607370784"));
        let start = whole(
            "Info nbjm (pid=3) starting backup job (jobid=77) for client c1, policy p 1, schedule Full",
        );
        for (name, value) in [("job_id", "77"), ("client", "c1"), ("policy", "p 1"), ("schedule", "Full")] {
            assert_eq!(start.field(name), Some(value));
        }
    }

    #[test]
    fn statuses() {
        for (text, code) in [
            ("Error bpduplicate (pid=1) failed, media open error (83).", Some("83")),
            ("Info bptm (pid=1) EXITING with status 84 <----------", Some("84")),
            ("Info bpbkar (pid=1) done. status: 87: media close error", Some("87")),
            ("end writing; write time: 3:32:21 media close error  (87)", Some("87")),
            ("ended process 4711 (13)", Some("13")),
            ("ended process 4711 (0)", None),
            ("Critical bptm (pid=1) media close failed with status 2060017", None),
            ("Error bpduplicate (pid=1) Status = no images were successfully processed.", None),
        ] {
            assert_eq!(whole(text).code.as_deref(), code, "{text}");
        }
    }

    #[test]
    fn texts_of_this_dialect_and_others() {
        for text in [
            "begin Duplicate",
            "end Duplicate; elapsed time 0:47:18 no images were successfully processed (191)",
            "begin Application Snapshot: Create Snapshot",
            "begin writing",
            "end writing; write time: 0:00:23",
            "started process bpdm (pid=15749)",
            "ended process 5579 (0)",
            "requesting resource LCM_m1-unit",
            "requesting resource pri.NBU_CLIENT.MAXJOBS.c1",
            "requesting resource @aaaab",
            "resource @aaaab reserved",
            "estimated 5120 kbytes needed",
            "Job 601184 restarted as job 601216",
        ] {
            assert!(is_distinct(text), "{text}");
        }
        for text in [
            "",
            "connecting",
            "connected to server",
            "begin transaction",
            "begin Backup of my files",
            "Error while reading file",
            "requesting resource /api/v1",
            "resource usage 5 %",
            "end of day",
            "Job 5 done",
            "can not decompress file  -",
        ] {
            assert!(!is_distinct(text), "{text}");
        }
    }
}
