//! The runs that a scheduler log announces, for the machines that they will back up.
//!
//! ```text
//! 2019-11-07 22:21:15 Schedule Name:         VM_NIGHT
//! 2019-11-07 22:21:15 Server Window Start:   22:00:00 on 2019-11-08
//! ```
//!
//! An announcement does not name machines: they are taken to be those of the last run of that schedule in the same log.
//! Whoever must step in before a machine's next backup learns from it how long there is. It stops at what the server
//! plans for schedules that this log never shows at work.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::vm_backup::{Moment, derived};
use crate::base::{Dialect, Record, Sink};

/// Schedules whose machines are remembered; the first of more is forgotten.
const MOST_SCHEDULES: usize = 256;

/// Machines of one schedule that are told; a run has some hundreds.
const MOST_MACHINES: usize = 1000;

/// What the runs so far backed up.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Planned {
    machines: IndexMap<String, Vec<String>>,
}

impl Planned {
    /// A run of this schedule backed up these machines.
    pub(super) fn ran(&mut self, schedule: &str, mut machines: Vec<String>) {
        if machines.is_empty() {
            return;
        }
        if self.machines.len() >= MOST_SCHEDULES && !self.machines.contains_key(schedule) {
            self.machines.shift_remove_index(0);
        }
        machines.truncate(MOST_MACHINES);
        self.machines.insert(schedule.to_owned(), machines);
    }

    /// Gives a `vm-backup-scheduled` record for each machine of a schedule that is announced; `window` is its start as
    /// printed (`22:00:00 on 2019-11-08`).
    pub(super) fn announce(
        &self,
        schedule: &str,
        window: &str,
        at: &Moment,
        offset: usize,
        sink: &mut dyn Sink,
    ) {
        let starts = match window.split_once(" on ") {
            Some((time, date)) => format!("{} {}", date.trim(), time.trim()),
            None => window.trim().to_owned(),
        };
        for vm in self.machines.get(schedule).into_iter().flatten().filter(|_| !starts.is_empty()) {
            let mut record: Record<'_> = derived(Dialect::TsmSched, "vm-backup-scheduled", at, None, offset);
            for (name, value) in [("vm", vm.as_str()), ("job", schedule), ("starts", &starts)] {
                record.fields.push((name, Cow::Owned(value.to_owned())));
            }
            record.body =
                Cow::Owned(format!("next run of schedule {schedule}, which backs up {vm}: {starts}"));
            sink.record(record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sched::SchedulerLog;
    use super::super::testing::read;

    const RUN: &str = "\
2019-11-07 21:59:59 Node Name: DM1
2019-11-07 22:00:00 --- SCHEDULEREC OBJECT BEGIN VM_NIGHT 2019-11-07 22:00:00
2019-11-07 22:00:03 Starting Full VM backup of VMware Virtual Machine 'erp'
2019-11-07 22:20:09 Successful Full VM backup of VMware Virtual Machine 'erp'
2019-11-07 22:20:10 Starting Full VM backup of VMware Virtual Machine 'web 2'
2019-11-07 22:21:09 Successful Full VM backup of VMware Virtual Machine 'web 2'
2019-11-07 22:21:11 --- SCHEDULEREC OBJECT END VM_NIGHT 2019-11-07 22:00:00
2019-11-07 22:21:11 Scheduled event 'VM_NIGHT' completed successfully.
2019-11-07 22:21:12 Results sent to server for scheduled event 'VM_NIGHT'.
2019-11-07 22:21:15 Querying server for next scheduled event.
";

    #[test]
    fn machines_of_the_next_run() {
        let announced = |schedule: &str| {
            format!(
                "2019-11-07 22:21:15 Next operation scheduled:\n2019-11-07 22:21:15 Schedule Name:         {schedule}\n\
                 2019-11-07 22:21:15 Action:                Backup\n2019-11-07 22:21:15 Server Window Start:   22:00:00 on \
                 2019-11-08\n"
            )
        };
        let found = read(&SchedulerLog, &(RUN.to_owned() + &announced("VM_NIGHT")));
        let told: Vec<_> = found
            .derived("vm-backup-scheduled")
            .iter()
            .map(|next| {
                let field = |name| next.field(name).unwrap_or("-").to_owned();
                (field("vm"), field("job"), field("starts"), next.stamp.clone())
            })
            .collect();
        let next = |vm: &str| {
            let starts = "2019-11-08 22:00:00".to_owned();
            (vm.to_owned(), "VM_NIGHT".to_owned(), starts, "2019-11-07T22:21:15".to_owned())
        };
        assert_eq!(told, [next("erp"), next("web 2")]);
        // What another schedule will do is not known.
        let other = read(&SchedulerLog, &(RUN.to_owned() + &announced("FILES")));
        assert!(other.derived("vm-backup-scheduled").is_empty());
    }
}
