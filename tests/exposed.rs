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
