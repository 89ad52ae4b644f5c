//! Which log would tell, of which host, for which time, and how it is had.

use crate::base::stamp::naive_from_micros;
use crate::base::{Dialect, Stamp};
use crate::correlate::{Bound, World};
use crate::pattern::model::{Absence, Piece, Scope, Template};

/// Fills a template from bound steps and the object. A place whose value is not known says so.
pub(super) fn fill(
    world: &World<'_>,
    template: &Template,
    steps: &[Bound],
    object: &[(String, String)],
    host: Option<&str>,
) -> String {
    let mut text = String::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Value { step, key, shift } => {
                let value = place(world, step.as_deref(), key, shift.0, steps, object, host);
                text.push_str(&value.unwrap_or_else(|| unknown(key)));
            }
        }
    }
    text
}

fn unknown(key: &str) -> String {
    match key {
        "time" => "the time in question".to_owned(),
        "host" | "media_server" => "the host concerned".to_owned(),
        other => format!("<{}>", other.replace('_', " ")),
    }
}

fn place(
    world: &World<'_>,
    step: Option<&str>,
    key: &str,
    shift: i64,
    steps: &[Bound],
    object: &[(String, String)],
    host: Option<&str>,
) -> Option<String> {
    let of_step = |bound: &Bound| -> Option<String> {
        let event = world.event(bound.event)?;
        match key {
            "time" => moment(event.stamp, shift),
            "line" => event.line().map(|line| line.to_string()),
            "source" => Some(world.path(event.source).to_owned()),
            _ => world.value(bound.event, key).map(std::borrow::Cow::into_owned),
        }
    };
    if let Some(step) = step {
        return steps.iter().find(|bound| bound.name == step).and_then(of_step);
    }
    let from_object = object.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    from_object
        .or_else(|| steps.iter().find_map(of_step))
        .or_else(|| host.filter(|_| key == "host").map(str::to_owned))
}

/// A time as people read it: to the minute, with the zone where it is known.
fn moment(stamp: Stamp, shift: i64) -> Option<String> {
    let shifted = stamp.shifted(shift);
    match shifted {
        Stamp::None | Stamp::Clock { .. } => None,
        Stamp::Dated { micros, .. } => {
            let when = naive_from_micros(micros)?;
            let zone = if shifted.instant() == Some(micros) { " UTC" } else { "" };
            Some(format!("{}{zone}", when.format("%Y-%m-%d %H:%M")))
        }
    }
}

/// What to collect where nothing covers an absence: the logs that would show it, for the stretch in question.
pub(super) fn for_absence(world: &World<'_>, absence: &Absence, steps: &[Bound]) -> String {
    let mut logs: Vec<&str> = Vec::new();
    for def in absence.kinds.iter().filter_map(|kind| world.catalogue.event(*kind)) {
        if let Some(collect) = def.collect.as_deref() {
            if !logs.contains(&collect) {
                logs.push(collect);
            }
            continue;
        }
        for dialect in &def.dialects {
            let title = how_to_get(*dialect);
            if !logs.contains(&title) {
                logs.push(title);
            }
        }
    }
    logs.truncate(MOST_LOGS);
    let time = |step: &str| {
        let bound = steps.iter().find(|bound| bound.name == step)?;
        moment(world.event(bound.event)?.stamp, 0)
    };
    let unknown = || "a time that is not known".to_owned();
    let stretch = match &absence.scope {
        Scope::Between(from, to) => {
            format!("from {} to {}", time(from).unwrap_or_else(unknown), time(to).unwrap_or_else(unknown))
        }
        Scope::After(step) => format!("from {} on", time(step).unwrap_or_else(unknown)),
        Scope::Before(step) => format!("up to {}", time(step).unwrap_or_else(unknown)),
        Scope::Near(step) => format!("around {}", time(step).unwrap_or_else(unknown)),
        Scope::Session(_) => "of that job".to_owned(),
    };
    format!("{}, {stretch}", logs.join(" or "))
}

/// How many logs are named as alternatives.
const MOST_LOGS: usize = 4;

/// How the log of a dialect is had, in a few words.
fn how_to_get(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::NetbackupLegacy => {
            "the NetBackup debug log (make the folder /usr/openv/netbackup/logs/<process> to switch it on)"
        }
        Dialect::NetbackupJob | Dialect::NetbackupBpdbjobs | Dialect::NetbackupTryLog => {
            "the NetBackup job list (bpdbjobs -report -all_columns)"
        }
        Dialect::WindowsCsv
        | Dialect::WindowsCsv2003
        | Dialect::WindowsXml
        | Dialect::WindowsWevtutilText
        | Dialect::WindowsCopied
        | Dialect::WindowsPowershell
        | Dialect::WindowsEvt
        | Dialect::WindowsEvtx
        | Dialect::WindowsPsloglist
        | Dialect::WindowsDumpel => "the guest's Windows event logs (wevtutil qe <log> /f:xml)",
        Dialect::TsmSched | Dialect::TsmConsole | Dialect::TsmError | Dialect::TsmActlog => {
            "the TSM scheduler log (dsmsched.log) of the data mover"
        }
        Dialect::FcmLog => "the FlashCopy Manager logs (ACS_DIR/logs)",
        Dialect::VmwareVmxLog => "vmware.log of the virtual machine",
        Dialect::VmwareHostd => "hostd.log of the ESX host",
        Dialect::VmwareEvents => "the vCenter task and event export",
        Dialect::BackupExecJobXml | Dialect::BackupExecJobText => "the Backup Exec job logs",
        other => other.title(),
    }
}
