//! What a guest's own logs say, against what is logged around it: windows, events of several logs, coverage.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::expect_used)]

use std::fs;

use blogscan::base::{ConditionState, Finding, Level, Report};
use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run};
use blogscan::settings::{Settings, ZoneRule};

const EVENTS: &str = r#"
[event.complaint]
dialect = "windows.*"
provider = ["dns", "dhcp server"]
code = "*"
severity = "warning"
except = { code = ["4013"], data = { matches = '''^0b''' } }
set = { family = "any" }

[event.disk]
dialect = "windows.*"
provider = "disk"
code = "51"
set = { family = "disk" }

[event.taken]
dialect = "vmware.vmx-log"
record = "snapshot-created"
except = { quiesced = "no" }
capture = ["vm"]

[event.gone]
dialect = "vmware.vmx-log"
record = "snapshot-removed"
capture = ["vm"]

[window.snapshot]
opens = "taken"
closes = "gone"
same = ["vm"]
join = ["vm=host"]
longest = "1h"
"#;

const IN_A_SNAPSHOT: &str = r#"
[[verdict]]
level = "confirmed"
steps = [
  { event = ["complaint", "disk"], as = "stalls", at-least = 2, distinct = "family", window = "10m", count-same = ["host"], during = "snapshot" },
]
"#;

const WITHOUT_A_SNAPSHOT: &str = r#"
[[verdict]]
level = "confirmed"
steps = [{ event = "complaint", as = "stalls" }]
absent = [{ event = "taken", near = "stalls", within = "30m", same = ["vm=stalls.host"], as = "no-snapshot" }]
"#;

fn event(time: &str, source: &str, code: &str, level: u8, data: &str) -> String {
    format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{source}'/>\
         <EventID>{code}</EventID><Level>{level}</Level><TimeCreated SystemTime='2012-03-14T{time}.000Z'/>\
         <Channel>x</Channel><Computer>OWN-DC1.corp.example</Computer></System><EventData><Binary>{data}</Binary>\
         </EventData></Event>\n"
    )
}

fn machine(quiesced: u8) -> String {
    format!(
        "2012-03-14T18:00:00.100Z| vmx| DICT                  displayName = \"own-dc1\"\n\
         2012-03-14T21:00:00.100Z| vmx| SnapshotVMX_TakeSnapshot start: 'n', deviceState=0, lazy=0, quiesced={quiesced}\n\
         2012-03-14T21:10:00.100Z| vcpu-0| SnapshotVMXConsolidateOnlineCB: Done with consolidate\n\
         2012-03-14T23:55:00.100Z| vmx| MKS: Console user attached\n"
    )
}

fn scan(verdicts: &str, logs: &[(&str, String)], options: &Options) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    let head = "```toml\nschema = \"blogscan-pattern/1\"\nid = \"OWN-1\"\ntitle = \"T\"\nimpact = \"outage\"\n\
                url = \"https://example.com\"\nproducts = [\"windows\"]\nabout = [\"host\"]\n";
    let body = "```\n\n# OWN-1\n\n## What happens\n\nx\n\n## How to tell\n\nx\n\n## Workaround\n\nx\n\n## Fix\n\nx\n\n\
                ## References\n\n- x\n";
    let patterns = folder.path().join("patterns");
    fs::create_dir_all(&patterns).expect("a folder");
    fs::write(patterns.join("OWN-1.md"), format!("{head}{EVENTS}{verdicts}{body}")).expect("a file");
    let case = folder.path().join("logs");
    for (name, text) in logs {
        let path = case.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let (catalogue, faults) = Catalogue::load(&[patterns]);
    assert!(faults.iter().all(|fault| fault.to_string().contains("nothing uses")), "{faults:?}");
    run(&[case.display().to_string()], options, &catalogue, &Settings::default())
}

fn own(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.advisory == "OWN-1").collect()
}

fn evidence(finding: &Finding) -> Vec<&str> {
    finding.evidence.iter().map(|piece| piece.event.as_str()).collect()
}

#[test]
fn a_window_is_evidence_and_one_incident_in_two_logs_is_one() {
    // vmware.log   21:00 taken -------------------- 21:10 gone
    // two logs          21:01:05 DNS 4015, 21:01:05 disk 51
    let logs = [
        ("dns.xml", event("21:01:05", "DNS", "4015", 2, "51000000")),
        ("system.xml", event("21:01:05", "disk", "51", 3, "")),
        ("OWN-DC1/vmware.log", machine(1)),
    ];
    let report = scan(IN_A_SNAPSHOT, &logs, &Options::default());
    let found = own(&report);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].level, found[0].repeats), (Level::Confirmed, 0));
    assert_eq!(evidence(found[0]), ["stalls", "stalls", "taken", "gone"]);
    assert_eq!(found[0].evidence[2].line, Some(2));
}

#[test]
fn what_an_event_excepts() {
    let count = |dns: String, quiesced: u8| {
        let logs = [
            ("dns.xml", dns),
            ("system.xml", event("21:01:05", "disk", "51", 3, "")),
            ("OWN-DC1/vmware.log", machine(quiesced)),
        ];
        own(&scan(IN_A_SNAPSHOT, &logs, &Options::default())).len()
    };
    assert_eq!(count(event("21:01:05", "DNS", "4004", 2, ""), 1), 1);
    assert_eq!(count(event("21:01:05", "DNS", "4004", 4, ""), 1), 0);
    assert_eq!(count(event("21:01:05", "DNS", "4013", 3, ""), 1), 0);
    assert_eq!(count(event("21:01:05", "DNS", "4015", 2, "0B000000"), 1), 0);
    assert_eq!(count(event("21:01:05", "DNS", "4004", 2, ""), 0), 0);
}

#[test]
fn an_unknown_zone_leaves_the_window_open() {
    let row = |source: &str, code: &str, level: &str| {
        format!("3/14/2012,11:01:05 PM,{source},{level},None,{code},N/A,OWN-DC1,text\r\n")
    };
    let logs = [
        ("events.csv", row("DNS", "4004", "Error") + &row("disk", "51", "Warning")),
        ("OWN-DC1/vmware.log", machine(1)),
    ];
    let report = scan(IN_A_SNAPSHOT, &logs, &Options::default());
    let found = own(&report);
    assert_eq!(found[0].level, Level::Likely);
    let doubts = &found[0].doubts;
    assert!(
        doubts.iter().any(|doubt| doubt.ends_with("not certain: zone unknown (--tz tells it)")),
        "{doubts:?}"
    );
    // The two lie close together all the same.
    assert!(doubts.iter().all(|doubt| !doubt.contains("close enough")), "{doubts:?}");
    let options = Options { zone: ZoneRule::parse("+02:00").ok(), ..Options::default() };
    assert_eq!(own(&scan(IN_A_SNAPSHOT, &logs, &options))[0].level, Level::Confirmed);
}

#[test]
fn a_log_of_the_machine_covers_under_its_other_key() {
    let dns = || ("dns.xml", event("19:30:00", "DNS", "4004", 2, ""));
    let state = |logs: &[(&str, String)]| {
        let report = scan(WITHOUT_A_SNAPSHOT, logs, &Options::default());
        let found = own(&report);
        (found[0].level, found[0].conditions[0].state)
    };
    let of_another = machine(1).replace("own-dc1", "own-dc2");
    assert_eq!(state(&[dns(), ("x/vmware.log", machine(1))]), (Level::Confirmed, ConditionState::Met));
    assert_eq!(state(&[dns(), ("x/vmware.log", of_another)]), (Level::Likely, ConditionState::Unknown));
    assert_eq!(state(&[dns()]), (Level::Likely, ConditionState::Unknown));
}
