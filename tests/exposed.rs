//! Hosts on which nothing happened yet: a version that is asked of a step's machine is then asked of the host itself,
//! and what the verdict doubts and wants collected is said of it.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::expect_used, clippy::panic)]

use std::fs;

use blogscan::base::Level;
use blogscan::pattern::Catalogue;
use blogscan::scan;

const PATTERN: &str = r#"```toml
schema = "blogscan-pattern/1"
id = "SITE-7"
title = "A run that fails"
impact = "outage"
url = "https://example.com/7"
products = ["tsm"]
about = ["vm"]

[[affected]]
product = "tsm-client"
ordering = "dotted"
events = [{ introduced = "6.4" }, { fixed = "6.4.1" }]

[event.run]
title = "a data mover at work"
dialect = "tsm.sched"
record = "data-mover"
capture = { data_mover = "node" }

[event.failed]
title = "the backup of a machine failed"
dialect = "tsm.sched"
record = "vm-backup"
where = { result = "failed" }
capture = ["vm", "data_mover"]

[[condition]]
name = "level-affected"
test = "version"
of = "failed.data_mover"
collect = "the scheduler log"

[[condition]]
name = "at-work"
met-by = ["run"]
collect = "the scheduler log"

[[verdict]]
level = "confirmed"
steps = [{ event = "failed" }]
requires = ["level-affected"]

[[verdict]]
level = "exposed"
about = ["host"]
needs = ["level-affected", "at-work"]
doubt = "nothing tells whether a machine of it is hit"
collect = "the machines of {host}"
```

# SITE-7

## What happens

It fails.

## How to tell

By its log.

## Workaround

None.

## Fix

None.

## References

- https://example.com/7
"#;

const LOG: &str = "\
2013-02-13 21:59:59 IBM Tivoli Storage Manager Backup-Archive Client Version 6, Release 4, Level LEVEL
2013-02-13 21:59:59 Node Name: DM7
2013-02-13 22:00:00 --- SCHEDULEREC OBJECT BEGIN VMS 2013-02-13 22:00:00
2013-02-13 22:00:02 Starting Full VM backup of VMware Virtual Machine 'db1'
2013-02-13 22:04:01 Successful Full VM backup of VMware Virtual Machine 'db1'
2013-02-13 22:04:02 --- SCHEDULEREC OBJECT END VMS 2013-02-13 22:00:00
";

#[test]
fn the_version_is_that_of_the_host() {
    let folder = tempfile::tempdir().expect("a folder");
    let patterns = folder.path().join("patterns");
    fs::create_dir_all(&patterns).expect("a folder");
    fs::write(patterns.join("SITE-7.md"), PATTERN).expect("a file");
    let (catalogue, faults) = Catalogue::load(&[patterns]);
    assert!(faults.is_empty(), "{faults:?}");
    let scan = |level: &str| {
        let log = folder.path().join("dsmsched.log");
        fs::write(&log, LOG.replace("LEVEL", level)).expect("a file");
        let input = log.display().to_string();
        let options = scan::Options { only: vec!["SITE-7".to_owned()], ..scan::Options::default() };
        scan::run(&[input], &options, &catalogue, &blogscan::settings::Settings::default())
    };
    let report = scan("0.0");
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!((finding.level, finding.host.as_deref()), (Level::Exposed, Some("DM7")));
    assert_eq!(finding.doubts, ["nothing tells whether a machine of it is hit"]);
    assert_eq!(finding.collect, ["the machines of DM7"]);
    assert_eq!(finding.evidence.first().and_then(|evidence| evidence.line), Some(1));
    assert!(scan("1.0").findings.is_empty());
}

const WARNS: &str = r#"```toml
schema = "blogscan-pattern/1"
id = "SITE-8"
title = "A machine that was set back"
impact = "data-loss"
url = "https://example.com/8"
products = ["tsm"]
about = ["vm"]
no-cleared = "a test"

[use]
reverted = "class:vm.snapshot-reverted"
any-backup = "class:vm.backup.any"
scheduled = "class:vm.backup.scheduled"

[[verdict]]
level = "exposed"
steps = [{ event = "reverted" }]
absent = [{ event = "any-backup", after = "reverted", same = ["vm"], as = "no-backup-since", collect = "the job logs of {vm}" }]
also = [{ event = "scheduled", after = "reverted", same = ["vm"], as = "next-scheduled-run", keys = ["vm", "job", "starts"] }]
```

# SITE-8

## What happens

It was set back.

## How to tell

By its events.

## Workaround

The next backup of this machine must be a full
one. Start it by hand.

## Fix

None.

## References

- https://example.com/8
"#;

const RUN: &str = "\
2019-11-03 22:00:00 Node Name: DM8
2019-11-03 22:00:00 --- SCHEDULEREC OBJECT BEGIN VM_NIGHT 2019-11-03 22:00:00
2019-11-03 22:00:03 Starting Full VM backup of VMware Virtual Machine 'erp8'
2019-11-03 22:20:09 Successful Full VM backup of VMware Virtual Machine 'erp8'
2019-11-03 22:21:11 --- SCHEDULEREC OBJECT END VM_NIGHT 2019-11-03 22:00:00
2019-11-03 22:21:11 Scheduled event 'VM_NIGHT' completed successfully.
2019-11-03 22:21:12 Results sent to server for scheduled event 'VM_NIGHT'.
2019-11-04 10:21:15 Querying server for next scheduled event.
2019-11-04 10:21:15 Next operation scheduled:
2019-11-04 10:21:15 Schedule Name:         VM_NIGHT
2019-11-04 10:21:15 Server Window Start:   22:00:00 on 2019-11-04
";

const EVENTS: &str = "\
Description,Type,Date Time,Task,Target,User
\"The execution state of the virtual machine erp8 on host esx8, in compute resource Prod has been reverted to the state of snapshot x, with ID 5\",Information,2019-11-04 03:14:07,,erp8,CORP\\mara
";

/// The early warning says what must be done before the next backup, and when that is.
#[test]
fn what_must_be_done_before_the_next_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let patterns = folder.path().join("patterns");
    fs::create_dir_all(&patterns).expect("a folder");
    fs::write(patterns.join("SITE-8.md"), WARNS).expect("a file");
    let (catalogue, faults) = Catalogue::load(&[patterns]);
    assert!(faults.is_empty(), "{faults:?}");
    fs::write(folder.path().join("dsmsched.log"), RUN).expect("a file");
    fs::write(folder.path().join("events.csv"), EVENTS).expect("a file");
    let input = folder.path().display().to_string();
    let zone = blogscan::settings::ZoneRule::parse("Europe/Berlin").expect("a zone");
    let options =
        scan::Options { only: vec!["SITE-8".to_owned()], zone: Some(zone), ..scan::Options::default() };
    let report = scan::run(&[input], &options, &catalogue, &blogscan::settings::Settings::default());
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!(finding.level, Level::Exposed);
    let next =
        finding.objects.iter().find(|object| object.role == "next-scheduled-run").expect("the next run");
    assert_eq!(next.values.get("starts").map(String::as_str), Some("2019-11-04 22:00:00"));
    let text = blogscan::report::text::render(&report, blogscan::report::text::Look::default());
    assert!(text.contains("- The next backup of this machine must be a full one\n"), "{text}");
    assert!(text.contains("- next scheduled run: 2019-11-04 22:00:00 (VM_NIGHT)\n"), "{text}");
}
