//! Mutants that add what is there already: copies of sources, and the same incident of other objects.

use super::events::{OTHER, OTHER_PID};
use super::{Target, parts_of};
use crate::base::{Event, Key, SourceId, StreamId};
use crate::correlate::{World, WorldParts};

/// Every source once more at another path: a copy that somebody made.
pub(super) fn duplicated(world: &World<'_>) -> WorldParts {
    let mut parts = parts_of(world);
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let sources = number(parts.sources.len());
    let sessions = number(parts.sessions.len());
    let streams = 1 + parts
        .events
        .iter()
        .map(|event| event.stream.0)
        .chain(parts.coverage.iter().map(|coverage| coverage.stream.0))
        .max()
        .unwrap_or(0);
    let copy = |source: SourceId| {
        // What the settings say has no source.
        if source.0 < sources { SourceId(source.0 + sources) } else { source }
    };
    let copies: Vec<Event> = parts
        .events
        .iter()
        .map(|event| Event {
            source: copy(event.source),
            stream: StreamId(event.stream.0 + streams),
            session: event.session.map(|session| session + sessions),
            ..event.clone()
        })
        .collect();
    parts.events.extend(copies);
    parts.sessions.extend_from_within(..);
    parts.sources.extend_from_within(..);
    for source in parts.sources.iter_mut().skip(usize::try_from(sources).unwrap_or(usize::MAX)) {
        source.path = format!("zz-copy/{}", source.path);
    }
    let facts: Vec<_> = parts
        .facts
        .iter()
        .cloned()
        .map(|mut fact| {
            fact.source = copy(fact.source);
            fact
        })
        .collect();
    parts.facts.extend(facts);
    let coverage: Vec<_> = parts
        .coverage
        .iter()
        .cloned()
        .map(|mut coverage| {
            coverage.source = copy(coverage.source);
            coverage.stream = StreamId(coverage.stream.0 + streams);
            coverage
        })
        .collect();
    parts.coverage.extend(coverage);
    parts
}

/// The same incident once more, of other objects, between the lines of this one.
pub(super) fn interleaved(world: &World<'_>, target: &Target<'_>) -> WorldParts {
    let keys = keys_of(target);
    let mut parts = parts_of(world);
    let sessions = u32::try_from(parts.sessions.len()).unwrap_or(u32::MAX);
    let renamed = |values: &mut crate::base::Values| {
        for key in &keys {
            if let Some(value) = values.get(key).cloned() {
                values.set(Key::from(*key), format!("{OTHER}{value}").into());
            }
        }
    };
    let others: Vec<Event> = parts
        .events
        .iter()
        .cloned()
        .map(|mut event| {
            renamed(&mut event.values);
            event.position = event.position * 2 + 1;
            event.pid = event.pid.map(|pid| pid + OTHER_PID);
            event.session = event.session.map(|session| session + sessions);
            if keys.contains(&"host") {
                event.host = event.host.map(|host| format!("{OTHER}{host}").into());
            }
            event
        })
        .collect();
    for event in &mut parts.events {
        event.position *= 2;
    }
    parts.events.extend(others);
    let mut more = parts.sessions.clone();
    for session in &mut more {
        renamed(&mut session.values);
    }
    parts.sessions.extend(more);
    parts
}

/// Everything by which the pattern tells one incident from another.
fn keys_of<'t>(target: &Target<'t>) -> Vec<&'t str> {
    let pattern = target.pattern;
    let mut keys: Vec<&str> = pattern.about.iter().map(String::as_str).collect();
    keys.extend(target.finding.about.keys().map(String::as_str));
    for verdict in &pattern.verdicts {
        let joins = verdict
            .steps
            .iter()
            .flat_map(|step| &step.same)
            .chain(verdict.absent.iter().chain(&verdict.unless).flat_map(|absence| &absence.same));
        keys.extend(joins.flat_map(|join| [join.mine.as_str(), join.theirs.as_str()]));
    }
    // Machines have two kinds of names: one that changes changes the other.
    if keys.iter().any(|key| crate::base::name::is_machine_key(key)) {
        keys.extend(["host", "vm"]);
    }
    keys.retain(|key| !matches!(*key, "stream" | "session" | "source" | "pid"));
    keys.sort_unstable();
    keys.dedup();
    keys
}
