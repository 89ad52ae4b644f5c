//! One run of a job, put together from the lines of its log, and what it says about virtual machines.
//!
//! A set of a virtual machine gives one derived record (`vm-backup`) once the job is over, because only its end tells
//! the result. Incremental and differential sets made through the vStorage API rest on changed block tracking
//! (`block-level`); sets that read at least half of what the machine's last full read are fulls in effect, whatever
//! their label says. A set that is no machine, and what a verification reports, gives nothing.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::job_time::job_time;
use super::resource::{self, Platform};
use super::run::{Broken, Run, Set, result};
use super::version::{has_vstorage, release};
use super::words::{self, Item, Method, Outcome};
use crate::base::stamp::{DAY, HOUR};
use crate::base::{DateOrder, Dialect, FactKind, Record, Sink, Stamp};

/// No job has so many sets; what lies beyond gives no record of its own.
const MOST_SETS: usize = 20_000;
/// How many machines are remembered with the size of their last full.
const MOST_MACHINES: usize = 20_000;

/// Where a line stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// 1-based line.
    pub(super) line: u64,
    /// Offset in the text at hand.
    pub(super) offset: usize,
}

/// Reads the jobs of one source.
pub(super) struct Jobs {
    dialect: Dialect,
    run: Run,
    session: u32,
    release: Option<String>,
    /// Size of the last full of each machine, by folded name.
    fulls: IndexMap<String, u64>,
    has_host: bool,
}

impl Jobs {
    /// Jobs of a log of this dialect.
    pub(super) fn new(dialect: Dialect) -> Jobs {
        Jobs {
            dialect,
            run: Run { is_backup: true, ..Run::default() },
            session: 0,
            release: None,
            fulls: IndexMap::new(),
            has_host: false,
        }
    }

    /// Number of the current job.
    pub(super) fn session(&self) -> u32 {
        self.session
    }

    /// Has the source shown anything of a job yet?
    pub(super) fn is_in_job(&self) -> bool {
        self.run.name.is_some()
            || self.run.server.is_some()
            || self.run.start.is_some()
            || !self.run.sets.is_empty()
    }

    /// One line, read already as `item`; adds to the record what it tells.
    pub(super) fn take(
        &mut self,
        item: &Item<'_>,
        line: &str,
        place: Place,
        record: &mut Record<'_>,
        sink: &mut dyn Sink,
    ) {
        if self.begins_job(item) {
            self.finish(place.offset, sink);
        }
        match item {
            Item::Server(server) if !server.is_empty() => {
                self.run.server = Some((*server).to_owned());
                record.host = Some(Cow::Owned((*server).to_owned()));
                if !std::mem::replace(&mut self.has_host, true) {
                    sink.source_host(server);
                }
            }
            Item::JobName(name) if !name.is_empty() => {
                self.run.name = Some((*name).to_owned());
                record.fields.push(("job", Cow::Owned((*name).to_owned())));
            }
            Item::Account(account) if !account.is_empty() => {
                self.run.account = Some((*account).to_owned());
                record.fields.push(("account", Cow::Owned((*account).to_owned())));
            }
            Item::JobStarted(text) => self.run.start = self.time(text, record, sink),
            Item::JobEnded(text) => {
                self.time(text, record, sink);
                self.run.has_ended = true;
                self.run.is_open = false;
            }
            Item::Status(outcome) => {
                self.run.outcome.get_or_insert(*outcome);
                self.run.is_open = false;
            }
            Item::Operation(operation) | Item::JobType(operation) => self.operation(operation),
            Item::Resource(resource) => self.resource(resource, place),
            Item::Method(text) => self.method(text),
            Item::SetStarted(text) => {
                let time = self.time(text, record, sink);
                if let Some(set) = self.set() {
                    set.start = set.start.or(time);
                    set.start_text = digits_on(text).map(str::to_owned);
                }
            }
            Item::SetEnded(text) => {
                self.time(text, record, sink);
                if let Some(set) = self.set() {
                    set.has_ended = true;
                }
            }
            Item::Server(_) | Item::JobName(_) | Item::Account(_) | Item::JobLog(_) | Item::Other => {
                self.other(line, record, sink);
            }
        }
    }

    /// Completion status as a number: it is the same in every language.
    pub(super) fn status_number(&mut self, number: &str) {
        if let Some(outcome) = words::outcome_of_number(number)
            && !matches!(self.run.outcome, Some(known) if known != Outcome::Other)
        {
            self.run.outcome = Some(outcome);
        }
    }

    /// Method that the whole job was asked for; sets may say otherwise.
    pub(super) fn job_method(&mut self, text: &str) {
        self.run.method = words::method(text);
    }

    /// A set begins, whatever its resource.
    pub(super) fn open_set(&mut self, place: Place) {
        self.run.is_open = self.run.is_backup && self.run.sets.len() < MOST_SETS;
        if self.run.is_open {
            self.run.sets.push(Set { line: place.line, ..Set::default() });
        }
    }

    /// The set is complete: what follows is about something else.
    pub(super) fn close_set(&mut self) {
        self.run.is_open = false;
    }

    /// What follows is (not) a backup.
    pub(super) fn operation(&mut self, name: &str) {
        let name = name.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        self.run.is_backup = !says(&[
            "verif",
            "vérif",
            "überprüf",
            "prüf",
            "comprob",
            "restore",
            "wiederherstell",
            "restaur",
            "duplic",
            "dupliz",
            "catalog",
            "katalog",
            "inventor",
            "inventar",
        ]);
        self.run.is_synthetic = says(&["synth"]);
        self.run.is_open = false;
    }

    fn begins_job(&self, item: &Item<'_>) -> bool {
        let run = &self.run;
        match item {
            Item::Server(_) => run.server.is_some() || run.has_ended || !run.sets.is_empty(),
            Item::JobName(_) => run.name.is_some() || run.has_ended && run.server.is_none(),
            Item::JobStarted(_) => run.start.is_some(),
            _ => false,
        }
    }

    fn time(&self, text: &str, record: &mut Record<'_>, sink: &mut dyn Sink) -> Option<Stamp> {
        let read = job_time(text)?;
        let stamp = read.stamp;
        let vote: Option<DateOrder> = read.vote.or_else(|| order_by_start(self.run.start?, stamp));
        if let Some(order) = vote {
            sink.date_vote(order);
        }
        record.stamp = stamp;
        Some(stamp)
    }

    fn set(&mut self) -> Option<&mut Set> {
        if !self.run.is_backup {
            return None;
        }
        self.run.sets.last_mut().filter(|_| self.run.is_open)
    }

    fn resource(&mut self, name: &str, place: Place) {
        if !self.run.is_backup || self.run.has_ended {
            return;
        }
        let name = resource::clean(name);
        match self.set() {
            Some(set) if set.resource.is_empty() => {
                set.resource = name.to_owned();
                self.register(name);
            }
            Some(set) if set.resource == name && set.start.is_none() && !set.has_ended => {}
            _ => {
                self.open_set(place);
                if let Some(set) = self.set() {
                    set.resource = name.to_owned();
                    self.register(name);
                }
            }
        }
    }

    fn register(&mut self, resource: &str) {
        let last = self.run.sets.len().saturating_sub(1);
        self.run.by_resource.entry(key(resource)).or_insert(last);
    }

    fn method(&mut self, text: &str) {
        let method = words::method(text);
        match self.set() {
            Some(set) => set.method = method.or(set.method),
            None => self.run.method = method.or(self.run.method),
        }
    }

    fn other(&mut self, line: &str, record: &Record<'_>, sink: &mut dyn Sink) {
        if let Some(bytes) = words::bytes(line)
            && let Some(set) = self.set()
        {
            set.bytes.get_or_insert(bytes);
        }
        if line.contains("Consolidated Backup") || line.contains("vcbMounter") {
            self.run.is_vcb = true;
        }
        if words::is_fallback_to_full(line) {
            self.assign(line, |set| set.is_full_instead = true);
        }
        if record.code.is_some() && !self.assign(line, |set| set.problems = set.problems.saturating_add(1)) {
            self.run.unassigned_problems = self.run.unassigned_problems.saturating_add(1);
        }
        if let Some(release) = release(line)
            && self.release.as_ref() != Some(&release)
        {
            let fact = FactKind::Version { product: "backup-exec".to_owned(), version: release.clone() };
            sink.fact(self.run.server.as_deref(), fact, record);
            self.release = Some(release);
        }
    }

    /// Changes the set that a message is about: the one it names, else the one it stands in.
    fn assign(&mut self, line: &str, change: impl FnOnce(&mut Set)) -> bool {
        if let Some(named) = resource::in_line(line) {
            // The code or the message stands right behind the resource.
            let ends = [named.find("V-79-"), named.find(" - "), Some(named.len())];
            let index = ends
                .into_iter()
                .flatten()
                .find_map(|end| self.run.by_resource.get(&key(named.get(..end)?)).copied());
            if let Some(set) = index.and_then(|index| self.run.sets.get_mut(index)) {
                change(set);
                return true;
            }
        }
        match self.set() {
            Some(set) => {
                change(set);
                true
            }
            None => false,
        }
    }

    /// The job is over, or the source: gives the records of its machines.
    pub(super) fn finish(&mut self, offset: usize, sink: &mut dyn Sink) {
        let run = std::mem::replace(&mut self.run, Run { is_backup: true, ..Run::default() });
        let broken = Broken::count(&run);
        for set in &run.sets {
            if let Some((platform, vm)) = resource::machine(&set.resource) {
                let record = self.derived(&run, &broken, set, (platform, vm), offset);
                sink.record(record);
            }
        }
        self.session = self.session.saturating_add(1);
    }

    fn derived(
        &mut self,
        run: &Run,
        broken: &Broken,
        set: &Set,
        (platform, vm): (Platform, &str),
        offset: usize,
    ) -> Record<'static> {
        let mut record = Record::new(self.dialect, "");
        (record.start, record.end, record.line) = (offset, offset, Some(set.line));
        record.kind = "vm-backup";
        record.session = Some(self.session);
        let (stamp, instant) = match set.start {
            Some(start) => (start, "start"),
            // The job began before its sets did: a time, but not that of this backup.
            None => (run.start.unwrap_or(Stamp::None), "record"),
        };
        record.stamp = stamp;
        let result = result(run, broken, set);
        let method = self.method_name(run, set, platform, vm, result);
        let bytes = set.bytes.map(|bytes| bytes.to_string());
        let told = [
            ("vm", Some(vm)),
            ("method", Some(method)),
            ("result", Some(result)),
            ("job", run.name.as_deref()),
            ("restore_point", set.start_text.as_deref()),
            ("bytes", bytes.as_deref()),
            ("instant", Some(instant)),
            ("product", Some("backup-exec")),
            ("account", run.account.as_deref()),
            ("media_server", run.server.as_deref()),
        ];
        for (name, value) in told {
            record.fields.extend(value.map(|value| (name, Cow::Owned(value.to_owned()))));
        }
        record.body = Cow::Owned(format!("{method} backup of {vm}: {result}"));
        record
    }

    fn method_name(
        &mut self,
        run: &Run,
        set: &Set,
        platform: Platform,
        vm: &str,
        result: &str,
    ) -> &'static str {
        let method = set.method.or(run.method);
        if run.is_synthetic || method == Some(Method::Synthetic) {
            return "synthetic";
        }
        let key = crate::base::name::fold(vm);
        match method {
            Some(Method::Full) => {
                if let Some(bytes) = set.bytes.filter(|_| result != "failed")
                    && (self.fulls.len() < MOST_MACHINES || self.fulls.contains_key(&key))
                {
                    self.fulls.insert(key, bytes);
                }
                "full"
            }
            Some(Method::Incremental | Method::Differential) => {
                let is_full_size = self
                    .fulls
                    .get(&key)
                    .zip(set.bytes)
                    .is_some_and(|(full, bytes)| bytes.saturating_mul(2) >= *full && bytes > 0);
                let is_vcb =
                    run.is_vcb || self.release.as_deref().is_some_and(|release| !has_vstorage(release));
                if set.is_full_instead || is_full_size {
                    "effective-full"
                } else if platform == Platform::Vmware && !is_vcb {
                    "block-level"
                } else {
                    "incremental"
                }
            }
            Some(Method::Synthetic) | None => "unknown",
        }
    }
}

/// The head of a log names the month, the sets do not: `11 March 2017` above `11/03/2017`. The order is the one in
/// which the set lies inside its job.
fn order_by_start(start: Stamp, of_set: Stamp) -> Option<DateOrder> {
    let (Stamp::Dated { swappable: false, .. }, Stamp::Dated { swappable: true, .. }) = (start, of_set)
    else {
        return None;
    };
    let begin = start.civil_micros()?;
    let fits = |order: DateOrder| {
        let at = of_set.in_order(order).civil_micros();
        at.is_some_and(|at| (begin - HOUR..=begin + LONGEST_JOB).contains(&at))
    };
    match (fits(DateOrder::Mdy), fits(DateOrder::Dmy)) {
        (true, false) => Some(DateOrder::Mdy),
        (false, true) => Some(DateOrder::Dmy),
        _ => None,
    }
}

/// A job that runs longer tells nothing about its dates; days and months exchanged lie further apart.
const LONGEST_JOB: i64 = 7 * DAY;

/// Letter case of a resource means nothing.
fn key(resource: &str) -> String {
    resource::clean(resource).to_lowercase()
}

/// From the first digit on, without the full stop: the time as printed.
fn digits_on(text: &str) -> Option<&str> {
    let at = text.find(|c: char| c.is_ascii_digit())?;
    text.get(at..).map(|time| time.trim().trim_end_matches('.'))
}
