//! A list of jobs out of which an hour was cut: between the revert of a snapshot and the incremental backup that must not
//! rest on it, a full backup may have stood in that hour, and nothing is confirmed. An hour cut out elsewhere changes
//! nothing, and what is whole is confirmed.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::fs;

use blogscan::base::{Finding, Level};
use blogscan::pattern::Catalogue;
use blogscan::scan;
use blogscan::settings::{Settings, ZoneRule};

/// Monday 2019-11-04, midnight in UTC, in seconds of the epoch.
const MONDAY: i64 = 1_572_825_600;

/// The estate's list runs for five days, an hour after the other.
const HOURS: i64 = 5 * 24;

/// Wednesday, 10:20.
const REVERTED: i64 = 2 * 24 + 10;

/// Hours of the three places: before the revert, between it and the next backup of the machine, after that.
const BEFORE: i64 = 24 + 15;
const BETWEEN: i64 = 2 * 24 + 15;
const AFTER: i64 = 3 * 24 + 15;

const EVENTS: &str = r#"#TYPE VMware.Vim.EventEx
"EventTypeId","Key","ChainId","CreatedTime","UserName","Vm","FullFormattedMessage"
"vim.event.VmReconfiguredEvent","15","15","11/1/2019 12:02:03 AM","FORST\m.lenz","db1","Reconfigured db1 on esx-forst2 in Forst.  Modified: config.changeTrackingEnabled: false -> true; "
"com.vmware.vc.vm.VmStateRevertedToSnapshot","120","118","11/6/2019 10:20:07 AM","FORST\m.lenz","db1","The execution state of the virtual machine db1 on host esx-forst2, in compute resource Prod has been reverted to the state of snapshot vor Patch, with ID 5"
"vim.event.UserLoginSessionEvent","131","131","11/9/2019 9:58:40 AM","FORST\m.lenz","","User FORST\m.lenz@10.20.30.14 logged in as VMware vim-java 1.0"
"#;

/// The error log of the data mover, which goes on all the time and names the machine.
const ERRORS: &str = "\
11/01/2019 02:00:00 ANS9365E VMware vStorage API error for virtual machine 'db1'.
11/06/2019 12:00:00 ANS9365E VMware vStorage API error for virtual machine 'db1'.
11/06/2019 20:00:00 ANS9365E VMware vStorage API error for virtual machine 'db1'.
11/09/2019 02:00:00 ANS9365E VMware vStorage API error for virtual machine 'db1'.
";

/// One backup: an hour of the five days, its minute, the machine and whether all of it is read.
#[derive(Clone, Copy, Debug)]
struct Job {
    hour: i64,
    minute: i64,
    machine: &'static str,
    full: bool,
    number: i64,
}

impl Job {
    /// Seconds of the epoch.
    fn at(&self) -> i64 {
        MONDAY + self.hour * 3600 + self.minute * 60
    }

    /// `2019-11-04`, and `22:05` a few minutes later.
    fn day(&self) -> String {
        format!("2019-11-{:02}", 4 + self.hour / 24)
    }

    fn clock(&self, minutes: i64) -> String {
        let minute = self.minute + minutes;
        format!("{:02}:{:02}", self.hour % 24, minute)
    }

    /// `11/4/2019 10:05:11 PM`
    fn american(&self, minutes: i64) -> String {
        let (hour, half) = (self.hour % 24, if self.hour % 24 < 12 { "AM" } else { "PM" });
        let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
        format!("11/{}/2019 {hour}:{:02}:11 {half}", 4 + self.hour / 24, self.minute + minutes)
    }
}

/// A job every hour; each evening that of the machine. `minute`: when in its hour. `step`: how the numbers go on.
fn jobs(minute: fn(i64) -> i64, step: i64) -> Vec<Job> {
    let other =
        |hour: i64| ["app1", "web2", "file3", "mail4"].into_iter().nth((hour % 4).unsigned_abs() as usize);
    (0..HOURS)
        .map(|hour| {
            let machine = if hour % 24 == 22 { "db1" } else { other(hour).unwrap() };
            Job { hour, minute: minute(hour), machine, full: hour < 24, number: 4000 + hour * step }
        })
        .collect()
}

fn on_time(_hour: i64) -> i64 {
    5
}

fn late(hour: i64) -> i64 {
    (hour * 29 + hour / 24 * 17) % 40
}

type Files = Vec<(String, String)>;

/// `bpdbjobs -report -all_columns`, newest first.
fn job_list(jobs: &[Job]) -> Files {
    let mut text = String::new();
    for job in jobs.iter().rev() {
        let (id, start, end) = (job.number, job.at(), job.at() + 900);
        let (schedule, kind, kbytes) = if job.full { ("full", 0, 63_963_136) } else { ("incr", 1, 921_600) };
        let machine = job.machine;
        let _ = writeln!(
            text,
            "{id},0,3,0,vm_all,{schedule},{machine},nbs1,{start},0000000900,{end},nbs1_stu1,1,,{kbytes},0,,100,{pid},\
             root,1,40,{kind},0,0,nbm1,1,31,0,{kbytes},0,1,ALL_LOCAL_DRIVES,1,{pid},nbs1_stu1,nbs1,{start},0000000900,\
             {end},0,the requested operation was successfully completed,0,{kbytes},0,,479,1,,,,,,,,,,,{machine}_{start},\
             0,0,0,0,0,,0,,0,0,0,,0,0",
            pid = id + 3000,
        );
    }
    vec![("bpdbjobs.txt".to_owned(), text)]
}

fn job_log(job: &Job) -> String {
    let (kind, bytes) = if job.full {
        ("Full - Back Up Virtual Machines", 85_899_345_920_i64)
    } else {
        ("Incremental - Back up changed blocks since the last full or incremental", 2_147_483_648)
    };
    let (machine, at, end) = (job.machine, job.american(1), job.american(11));
    format!(
        "======================================================================\n\
         Job server: BKSRV1\nJob name: VM {machine}\nJob started: {start}\nJob type: Backup\n\
         Job Log: BEX_BKSRV1_{number:05}.xml\n\
         ======================================================================\n\
         Job Operation - Backup\nSet Information - VMVCB::\\\\vc1\\VCGuestVm\\(DC)Elm(DC)\\vm\\{machine}\n\
         Backup Set Information\nFamily Name: \"Media created {start}\"\n\
         Backup of \"VMVCB::\\\\vc1\\VCGuestVm\\(DC)Elm(DC)\\vm\\{machine}\"\n\
         Backup set #1 on storage media #1\nBackup Method: {kind}\n\n\
         Backup started on {date} at {time}.\nBackup completed on {date} at {ended}.\n\n\
         Backup Set Summary\nProcessed {bytes} bytes in  10 minutes and  0 seconds.\nThroughput rate: 1250.3 MB/min\n\
         ======================================================================\n\
         Job ended: {last}\nJob completion status: Successful\n\
         ======================================================================\n\n",
        start = job.american(0),
        last = job.american(12),
        number = job.number,
        date = at.split_once(' ').unwrap().0,
        time = at.split_once(' ').unwrap().1,
        ended = end.split_once(' ').unwrap().1,
    )
}

/// Job logs of Backup Exec, copied into one text.
fn job_logs(jobs: &[Job]) -> Files {
    vec![("joblogs.txt".to_owned(), jobs.iter().map(job_log).collect())]
}

/// The same as files of their own, counted by the server.
fn job_files(jobs: &[Job]) -> Files {
    jobs.iter().map(|job| (format!("Data/BEX_BKSRV1_{:05}.txt", job.number), job_log(job))).collect()
}

/// The scheduler log of a data mover.
fn scheduler_log(jobs: &[Job]) -> Files {
    let mut text = String::from(
        "2019-11-03 23:50:00 IBM Spectrum Protect Backup-Archive Client Version 8, Release 1, Level 4.0\n\
         2019-11-03 23:50:00 Node Name: DM-FORST\n",
    );
    for job in jobs {
        let (day, machine) = (job.day(), job.machine);
        let kind = if job.full { "Full" } else { "Incremental" };
        let bytes = if job.full { "78.40 GB" } else { "1.10 GB" };
        let (at, end) = (job.clock(0), job.clock(9));
        let _ = write!(
            text,
            "{day} {at}:00 Executing scheduled command now.\n\
             {day} {at}:00 --- SCHEDULEREC OBJECT BEGIN VM_{machine} {day} {at}:00\n\
             {day} {at}:02 Backup VM command started.  Total number of virtual machines to process: 1\n\
             {day} {at}:03 Starting Full VM backup of VMware Virtual Machine '{machine}'\n\
             {day} {at}:03         mode:                           'Incremental Forever - {kind}'\n\
             {day} {at}:03         target node name:               'DC-FORST'\n\
             {day} {at}:03         data mover node name:           'DM-FORST'\n\
             {day} {at}:20 Creating snapshot for virtual machine '{machine}'\n\
             {day} {at}:31 Processing snapshot disk [ds1] {machine}/{machine}.vmdk (Hard Disk 1), Capacity: 200.00 GB, Bytes to Send: {bytes}  (san)\n\
             {day} {end}:00 Removing snapshot for virtual machine '{machine}'\n\
             {day} {end}:09 Successful Full VM backup of VMware Virtual Machine '{machine}'\n\
             {day} {end}:09         mode:                           'Incremental Forever - {kind}'\n\
             {day} {end}:11 --- SCHEDULEREC OBJECT END VM_{machine} {day} {at}:00\n\
             {day} {end}:11 Scheduled event 'VM_{machine}' completed successfully.\n\
             {day} {end}:12 Results sent to server for scheduled event 'VM_{machine}'.\n",
        );
    }
    vec![("dsmsched.log".to_owned(), text)]
}

/// The server's activity log.
fn activity_log(jobs: &[Job]) -> Files {
    let mut text = String::new();
    for job in jobs {
        let (day, machine, session) = (job.day(), job.machine, job.number);
        let kind = if job.full { "IFFull" } else { "IFIncremental" };
        let (at, end) = (job.clock(0), job.clock(9));
        let says = |time: &str, id: &str, what: &str| {
            format!("{day} {time}:00\t{id} (Session: {session}, Node: DM1)  {what} (SESSION: {session})\n")
        };
        let _ = writeln!(
            text,
            "{day} {at}:00\tANR0406I Session {session} started for node DM1 (Linux x86-64) (Tcp/Ip x). (SESSION: {session})"
        );
        text += &says(
            &at,
            "ANE4147I",
            &format!("Starting Full VM backup of VMware Virtual Machine '{machine}' mode: '{kind}'"),
        );
        text += &says(
            &end,
            "ANE4148I",
            &format!("Successful Full VM backup of VMware Virtual Machine '{machine}' mode: '{kind}'"),
        );
        let _ = writeln!(
            text,
            "{day} {end}:00\tANR0403I Session {session} ended for node DM1 (Linux x86-64). (SESSION: {session})"
        );
    }
    vec![("actlog.txt".to_owned(), text)]
}

/// What is said of the machine.
fn judged(files: &Files) -> Option<Finding> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("events.csv"), EVENTS).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let options = scan::Options {
        only: vec!["TECH136138".to_owned()],
        zone: Some(ZoneRule::parse("UTC").unwrap()),
        ..scan::Options::default()
    };
    let input = folder.path().display().to_string();
    let mut report = scan::run(&[input], &options, &Catalogue::embedded(), &Settings::default());
    assert!(report.findings.len() <= 1, "{:#?}", report.findings);
    report.findings.pop()
}

fn check(name: &str, print: fn(&[Job]) -> Files, jobs: &[Job]) {
    let without = |hour: i64| -> Vec<Job> { jobs.iter().copied().filter(|job| job.hour != hour).collect() };
    let told = |jobs: &[Job]| {
        // What else the product writes says nothing about the backups that are missing in the list.
        let mut files = print(jobs);
        files.push(("dsmerror.log".to_owned(), ERRORS.to_owned()));
        let finding = judged(&files).unwrap_or_else(|| panic!("{name}: no finding"));
        let hole = finding.doubts.iter().any(|doubt| {
            doubt.contains(" has a hole from 2019-11-06T") && doubt.contains("(no full backup in between)")
        });
        (finding.level, hole)
    };
    assert_eq!(told(jobs), (Level::Confirmed, false), "{name}: whole");
    assert_eq!(told(&without(BEFORE)), (Level::Confirmed, false), "{name}: before");
    let (level, hole) = told(&without(BETWEEN));
    assert_eq!(
        (level, hole),
        (Level::Likely, true),
        "{name}: between {:?}",
        judged(&print(&without(BETWEEN))).map(|found| found.doubts)
    );
    assert_eq!(told(&without(AFTER)), (Level::Confirmed, false), "{name}: after");
    let ended: Vec<Job> = jobs.iter().copied().filter(|job| job.hour < REVERTED).collect();
    let finding = judged(&print(&ended)).unwrap_or_else(|| panic!("{name}: no finding"));
    assert_eq!(finding.level, Level::Exposed, "{name}: ends before the revert");
    assert!(
        finding.doubts.iter().any(|doubt| doubt.contains("no backup since")),
        "{name}: {:?}",
        finding.doubts
    );
}

#[test]
fn a_netbackup_job_list() {
    check("all jobs", job_list, &jobs(on_time, 1));
    check("all jobs, late", job_list, &jobs(late, 1));
    check("one policy", job_list, &jobs(on_time, 9));
    check("one policy, late", job_list, &jobs(late, 9));
}

#[test]
fn job_logs_of_backup_exec() {
    check("one text", job_logs, &jobs(on_time, 1));
    check("one text, late", job_logs, &jobs(late, 1));
}

#[test]
fn counted_files_of_backup_exec() {
    check("files", job_files, &jobs(late, 1));
}

#[test]
fn a_scheduler_log_of_tsm() {
    check("on time", scheduler_log, &jobs(on_time, 1));
    check("late", scheduler_log, &jobs(late, 1));
}

#[test]
fn an_activity_log_of_tsm() {
    check("on time", activity_log, &jobs(on_time, 1));
    check("late", activity_log, &jobs(late, 3));
}
