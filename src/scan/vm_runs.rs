//! Runs whose name and size do not fit each other, found over all job logs of a machine.
//!
//! Where change tracking does not work, a run that is called incremental reads the whole machine (Symantec TECH129452).
//! A dialect sees that only where the last full stands in the same source; Backup Exec writes one file per run, so the
//! comparison is made again over all runs of a scan: an incremental that read at least half of what the machine's last
//! full read counts as a full. Turned round, a run that is called full and read less than half of what the machine's
//! last full read may have left disks out: it is a short full, of which nobody knows that it read everything.

use std::collections::HashMap;
use std::sync::Arc;

use crate::base::{Event, Key};
use crate::correlate::{Events, Held, Spill};
use crate::identity::Names;
use crate::pattern::Catalogue;
use crate::pattern::model::{EventDef, Operand, Test};

use super::track::micros;

/// What a run that read everything is called.
const EFFECTIVE_FULL: &str = "effective-full";

/// What a full run is called that read much less than the one before.
const SHORT_FULL: &str = "short-full";

/// Marks the incrementals that read at least half of the last full of their machine, and the fulls that read less.
pub(super) fn mark_by_size(events: &mut Events, spill: &Spill, catalogue: &Catalogue, names: &Names) {
    let mut runs: HashMap<(String, String), Vec<(i64, usize)>> = HashMap::new();
    let is_run = |event: &Held<'_>| event.has("vm") && event.has("bytes");
    for (index, held) in events.iter(spill).enumerate().filter(|(_, event)| is_run(event)) {
        let event = held.event();
        let machine = event.values.get("vm").map(|vm| names.table_key(vm));
        let at = micros(event.stamp).filter(|_| event.stamp.is_dated());
        if let (Some(machine), Some(at), Some(_)) = (machine, at, bytes(&event)) {
            let product = event.values.get("product").map(|product| product.to_string()).unwrap_or_default();
            runs.entry((machine, product)).or_default().push((at, index));
        }
    }
    for mut runs in runs.into_values() {
        runs.sort_unstable();
        let mut last_full: Option<u64> = None;
        for (_, index) in runs {
            let Some(mut event) = events.get(spill, index).map(|held| held.event()) else { continue };
            let (method, read) = (event.values.get("method").cloned(), bytes(&event));
            let is_half = |read: u64, full: u64| read.saturating_mul(2) >= full;
            match (method.as_deref(), read, last_full) {
                // The last full that read everything stays the measure.
                (Some("full"), Some(read), Some(full)) if !is_half(read, full) => {
                    event.values.set(Key::from("method"), Arc::from(SHORT_FULL));
                    events.replace(spill, index, &event);
                }
                (Some("full"), Some(read), _) if ended_well(&event) => last_full = Some(read),
                (Some("incremental" | "block-level"), Some(read), Some(full)) if is_half(read, full) => {
                    mark(&mut event, catalogue);
                    events.replace(spill, index, &event);
                }
                _ => {}
            }
        }
    }
}

fn bytes(event: &Event) -> Option<u64> {
    event.values.get("bytes")?.parse().ok().filter(|bytes| *bytes > 0)
}

fn ended_well(event: &Event) -> bool {
    matches!(event.values.get("result").map(|result| &**result), Some("success" | "partial"))
}

/// Gives the event the definition under which the catalogue knows such runs.
fn mark(event: &mut Event, catalogue: &Catalogue) {
    let mut of_dialect = catalogue.in_dialect(event.dialect);
    let asks = |def: &EventDef| def.dialects.contains(&event.dialect) && asks_for_effective_fulls(def);
    let Some((kind, _)) = of_dialect.find(|(_, def)| asks(def)) else { return };
    event.kind = kind;
    event.values.set(Key::from("method"), Arc::from(EFFECTIVE_FULL));
}

fn asks_for_effective_fulls(def: &EventDef) -> bool {
    let is_it = |operand: &Operand| matches!(operand, Operand::Text(text) if text == EFFECTIVE_FULL);
    def.records.iter().any(|record| record == "vm-backup")
        && def.filters.iter().any(|filter| {
            filter.key == "method" && matches!(&filter.test, Test::In(operands) if operands.iter().any(is_it))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::event::EventKind;
    use crate::base::{Dialect, SourceId, Stamp, StreamId, Values};

    fn run(catalogue: &Catalogue, day: i64, method: &str, bytes: &str) -> Event {
        let kind = catalogue.events.iter().position(|def| def.name == format!("vm-backup-{}", method));
        Event {
            kind: EventKind(u32::try_from(kind.unwrap()).unwrap()),
            dialect: Dialect::BackupExecJobXml,
            source: SourceId(u32::try_from(day).unwrap()),
            stream: StreamId(0),
            position: 1,
            line: Some(1),
            number: None,
            stamp: Stamp::epoch(day * 86_400),
            placed: None,
            host: None,
            pid: None,
            session: None,
            values: Values::from_iter([
                ("vm", "erp1"),
                ("method", method),
                ("result", "success"),
                ("bytes", bytes),
            ]),
            text: "".into(),
            untold: Vec::new(),
        }
    }

    fn marked(catalogue: &Catalogue, events: &[Event]) -> Vec<Event> {
        let (spill, mut held) = (Spill::new(), Events::default());
        events.iter().for_each(|event| assert!(held.push(&spill, event)));
        mark_by_size(&mut held, &spill, catalogue, &Names::new());
        held.iter(&spill).map(|event| event.event()).collect()
    }

    #[test]
    fn an_incremental_of_full_size_in_a_file_of_its_own_is_a_full() {
        let catalogue = Catalogue::embedded();
        // full 100      incremental 10      incremental 60
        let events = vec![
            run(&catalogue, 3, "incremental", "60"),
            run(&catalogue, 1, "full", "100"),
            run(&catalogue, 2, "incremental", "10"),
        ];
        let events = marked(&catalogue, &events);
        let methods: Vec<&str> = events.iter().map(|event| &**event.values.get("method").unwrap()).collect();
        assert_eq!(methods, ["effective-full", "full", "incremental"]);
        assert_eq!(events[0].kind, events[1].kind);
    }

    #[test]
    fn a_full_that_read_far_less_than_the_last_one_is_short() {
        let catalogue = Catalogue::embedded();
        let events: Vec<Event> = [(1, "100"), (2, "49"), (3, "50"), (4, "24")]
            .into_iter()
            .map(|(day, bytes)| run(&catalogue, day, "full", bytes))
            .collect();
        let events = marked(&catalogue, &events);
        let methods: Vec<&str> = events.iter().map(|event| &**event.values.get("method").unwrap()).collect();
        assert_eq!(methods, ["full", "short-full", "full", "short-full"]);
    }
}
