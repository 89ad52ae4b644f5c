//! What the scheduler log and the console of one client have in common: banner, files, statistics, backups of
//! virtual machines. The two logs print the same lines, one with stamps and the other without.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::banner::Banner;
use super::error;
use super::message::{after_folded, find_folded};
use super::progress::{file_line, size, statistic};
use super::vm_backup::{Moment, RunContext, VmBackups};
use super::vm_lines::requested_mode;
use crate::base::{Dialect, Record, Severity, Sink};

/// A client at work, as one of its logs shows it.
#[derive(Serialize, Deserialize)]
pub(super) struct Client {
    /// What it said when it started.
    pub(super) banner: Banner,
    vms: VmBackups,
    quiesce_off: bool,
    /// Number of the session at hand.
    pub(super) session: Option<u32>,
    /// The schedule at hand.
    pub(super) job: Option<String>,
    sessions: u32,
    /// Machines that were backed up since they were last taken from here.
    pub(super) machines: Vec<String>,
    objects: ObjectCounters,
}

impl Client {
    /// Nothing seen yet.
    pub(super) fn new(dialect: Dialect) -> Client {
        Client {
            banner: Banner::default(),
            vms: VmBackups::new(dialect),
            quiesce_off: false,
            session: None,
            job: None,
            sessions: 0,
            machines: Vec::new(),
            objects: ObjectCounters::default(),
        }
    }

    /// Opens the next session.
    pub(super) fn open_session(&mut self) {
        self.session = Some(self.sessions);
        self.sessions = self.sessions.saturating_add(1);
    }

    /// A command or a schedule begins; `text` holds its options.
    pub(super) fn begin_command(&mut self, text: &str) {
        self.vms.requested = requested_mode(text).map(str::to_owned);
    }

    /// Reads what a record says and writes it into it. `at` is where it stands; `offset` is its first byte, where
    /// a run of virtual machines is given out that ends before it.
    pub(super) fn see(&mut self, record: &mut Record<'_>, at: &Moment, sink: &mut dyn Sink) {
        let Cow::Borrowed(body) = record.body else { return };
        if let Some(file) = file_line(body) {
            file.apply(record);
            self.banner.look_for_platform(file.path, true);
            return;
        }
        error::describe(record);
        if let Some((label, value)) = statistic(body) {
            record.kind = "statistic";
            record.fields.push(("statistic", Cow::Borrowed(label)));
            record.fields.push(("value", Cow::Borrowed(value)));
            if self.vms.is_at_work() && self.objects.contradict(label, value) {
                record.fields.push(("counters", Cow::Borrowed("contradict")));
            }
        }
        self.banner.see(body, Some(at.line), record, sink);
        self.banner.look_for_platform(body, false);
        // A message that refuses the option is no sign that it works.
        if record.severity < Severity::Warning && find_folded(body, TESTFLAG).is_some() {
            self.quiesce_off = true;
        }
        if self.vms.ends_before(body) {
            let requested = self.vms.requested.clone();
            self.end_run(record.start, sink);
            self.vms.requested = requested;
        }
        self.vms.see(body, at);
    }

    /// The run of virtual machines at hand is over.
    pub(super) fn end_run(&mut self, offset: usize, sink: &mut dyn Sink) {
        let room = MOST_MACHINES.saturating_sub(self.machines.len());
        self.machines.extend(self.vms.machines().take(room).map(str::to_owned));
        let context = RunContext {
            session: self.session,
            data_mover: self.banner.node.as_deref(),
            node: self.banner.owner.as_deref(),
            job: self.job.as_deref(),
            level: self.banner.level.as_deref(),
            platform: self.banner.platform,
            quiesce_off: self.quiesce_off,
            started: self.banner.started.clone(),
        };
        self.vms.end(&context, offset, sink);
    }

    /// The source ends: what waited is given out.
    pub(super) fn end(&mut self, dialect: Dialect, offset: usize, sink: &mut dyn Sink) {
        self.end_run(offset, sink);
        let mut record = Record::new(dialect, "");
        (record.start, record.end) = (offset, offset);
        self.banner.release(&record, sink);
    }
}

/// The counters of objects of one run. Those of runs that back up virtual machines may not add up (APAR IC98136).
#[derive(Default, Serialize, Deserialize)]
struct ObjectCounters {
    inspected: Option<u64>,
    backed_up: Option<u64>,
}

impl ObjectCounters {
    /// Takes a row of the statistics in. Does it, with those before it, count more objects than were inspected?
    fn contradict(&mut self, label: &str, value: &str) -> bool {
        let counter = after_folded(label, "total number of objects ").unwrap_or("");
        let count = size(value);
        match counter.trim() {
            "inspected" => *self = ObjectCounters { inspected: count, backed_up: None },
            "backed up" => self.backed_up = count,
            "failed" => {
                let counted = (self.inspected.take(), self.backed_up.take(), count);
                if let (Some(inspected), Some(backed_up), Some(failed)) = counted {
                    return inspected < backed_up.saturating_add(failed);
                }
            }
            _ => {}
        }
        false
    }
}

/// Machines that are remembered of one session; a bound.
const MOST_MACHINES: usize = 4096;

/// The test flag that switches quiescing off for every machine of a data mover (APAR IC89340).
pub(super) const TESTFLAG: &str = "vm_dont_quiesce_on_snapshot";
