//! One machine under several names: a job list that knows an id only is joined with the events of the machine where a
//! line shows both, that line is among the evidence, and nothing else joins them.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use blogscan::base::{Finding, Level};
use blogscan::pattern::Catalogue;
use blogscan::scan;
use blogscan::settings::{Settings, ZoneRule};

const BIOS: &str = "42 1f 0a 11 22 33 44 55-66 77 88 99 aa bb cc dd";
const UUID: &str = "421F0A11-2233-4455-6677-8899AABBCCDD";

/// Two nights of one machine: whole on the first, changed blocks on the second and the third.
fn job_list(client: &str) -> String {
    let row = |id: i64, start: i64, kind: i64, kbytes: i64| {
        let (schedule, end, pid) = (if kind == 0 { "full" } else { "incr" }, start + 1500, id + 3000);
        format!(
            "{id},0,3,0,vm_all,{schedule},{client},nbs1,{start},0000001500,{end},nbs1_stu1,1,,{kbytes},0,,100,{pid},root,\
             1,40,{kind},0,0,nbm1,1,31,0,{kbytes},0,1,ALL_LOCAL_DRIVES,1,{pid},nbs1_stu1,nbs1,{start},0000001500,{end},0,\
             the requested operation was successfully completed,0,{kbytes},0,,479,1,,,,,,,,,,,x_{start},0,0,0,0,0,,0,,0,\
             0,0,,0,0\n"
        )
    };
    row(7046, 1_460_664_600, 1, 924_672)
        + &row(7036, 1_460_578_200, 1, 923_648)
        + &row(7002, 1_460_232_600, 0, 63_963_136)
}

/// What the vSphere client saves: machines by the name of the inventory.
const EVENTS: &str = "\
Description,Type,Date Time,Task,Target,User
\"The execution state of the virtual machine Birk DB (Prod) on host esx1, in compute resource Prod has been reverted to the state of snapshot before patch, with ID 7\",Information,04/13/2016 16:20:19,,Birk DB (Prod),BIRK\\e.holm
\"Reconfigured Birk DB (Prod) on esx1 in Birk. Modified: config.changeTrackingEnabled: false -> true; \",Information,03/29/2016 08:31:00,,Birk DB (Prod),BIRK\\e.holm
\"User BIRK\\e.holm logged in\",Information,04/20/2016 08:31:00,,,BIRK\\e.holm
";

fn vmx(name: &str) -> String {
    format!(
        ".encoding = \"UTF-8\"\nconfig.version = \"8\"\nvirtualHW.version = \"11\"\nuuid.bios = \"{BIOS}\"\n\
         displayName = \"{name}\"\nctkEnabled = \"TRUE\"\nscsi0:0.ctkEnabled = \"TRUE\"\n"
    )
}

/// An event of vCenter as PowerCLI saves it: name and id of the machine.
fn event(key: u32, name: &str, id: &str) -> String {
    format!(
        "  {{\n    \"Key\": {key},\n    \"CreatedTime\": \"2016-04-01T09:14:07.9Z\",\n    \"UserName\": \"BIRK\\\\e.holm\",\n    \
         \"Vm\": {{ \"Name\": \"{name}\", \"Vm\": {{ \"Type\": \"VirtualMachine\", \"Value\": \"{id}\" }} }},\n    \
         \"FullFormattedMessage\": \"{name} on esx1 in Birk is powered on\"\n  }}"
    )
}

fn judged(files: &[(&str, String)]) -> Finding {
    let folder = tempfile::tempdir().unwrap();
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
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    report.findings.remove(0)
}

/// Level, and the line that ties the names together.
fn told(finding: &Finding) -> (Level, Option<String>) {
    assert_eq!(finding.about.get("vm").map(String::as_str), Some("Birk DB (Prod)"));
    let proof = finding.evidence.iter().find(|evidence| evidence.event == "same-machine");
    let place = |path: &str| path.rsplit('/').next().unwrap_or("").to_owned();
    (finding.level, proof.map(|proof| format!("{}:{}", place(&proof.source), proof.line.unwrap_or(0))))
}

#[test]
fn by_the_uuid_of_its_configuration() {
    let files = |name: &str| {
        [
            ("events.csv", EVENTS.to_owned()),
            ("bpdbjobs.txt", job_list(UUID)),
            ("ds1/birkdb/birkdb.vmx", vmx(name)),
        ]
    };
    assert_eq!(told(&judged(&files("Birk DB (Prod)"))), (Level::Confirmed, Some("birkdb.vmx:4".to_owned())));
    // A name that is only similar joins nothing.
    assert_eq!(told(&judged(&files("Birk DB (Test)"))), (Level::Exposed, None));
}

#[test]
fn by_the_uuid_that_its_log_prints() {
    let log = format!(
        "2016-04-01T00:30:22.684Z| vmx| I125: DICT                uuid.bios = \"{BIOS}\"\n\
         2016-04-01T00:30:22.684Z| vmx| I125: DICT              displayName = \"Birk DB (Prod)\"\n\
         2016-04-01T00:30:22.684Z| vmx| I125: DICT               ctkEnabled = \"TRUE\"\n"
    );
    let files =
        [("events.csv", EVENTS.to_owned()), ("bpdbjobs.txt", job_list(UUID)), ("birkdb/vmware.log", log)];
    assert_eq!(told(&judged(&files)), (Level::Confirmed, Some("vmware.log:2".to_owned())));
}

/// A copy of the machine has the UUID of its firmware: nobody knows which of them was saved.
#[test]
fn an_id_that_a_copy_has_too_joins_nothing() {
    let files = [
        ("events.csv", EVENTS.to_owned()),
        ("bpdbjobs.txt", job_list(UUID)),
        ("ds1/birkdb/birkdb.vmx", vmx("Birk DB (Prod)")),
        ("ds1/copy/copy.vmx", vmx("Birk DB (Copy)")),
    ];
    assert_eq!(told(&judged(&files)), (Level::Exposed, None));
}

#[test]
fn by_the_id_of_vcenter() {
    let named = |events: &[String]| format!("[\n{}\n]\n", events.join(",\n"));
    let files = |more: &[(&'static str, String)]| {
        let mut files = vec![
            ("events.csv", EVENTS.to_owned()),
            ("bpdbjobs.txt", job_list("vm-77")),
            ("vc1/VIEvents.json", named(&[event(4713, "Birk DB (Prod)", "vm-77")])),
        ];
        files.extend_from_slice(more);
        files
    };
    assert_eq!(told(&judged(&files(&[]))), (Level::Confirmed, Some("VIEvents.json:1".to_owned())));
    // Another vCenter counts from 1, too.
    let other = ("vc2/VIEvents.json", named(&[event(12, "web9", "vm-12")]));
    assert_eq!(told(&judged(&files(&[other]))), (Level::Exposed, None));
    let contrary = ("vc2/VIEvents.json", named(&[event(12, "web9", "vm-77")]));
    assert_eq!(told(&judged(&files(&[contrary]))), (Level::Exposed, None));
    // A second export of the same vCenter shows the same machine.
    let same = (
        "late/VIEvents.json",
        named(&[event(4800, "birk db (prod)", "vm-77"), event(4801, "web9", "vm-12")]),
    );
    assert_eq!(told(&judged(&files(&[same]))).0, Level::Confirmed);
}

/// The log of vCenter names machines by id and, on other lines, by both.
#[test]
fn by_a_line_of_vpxd() {
    let log = "2016-04-01T10:00:00.000Z info vpxd[04114] [Originator@6876 sub=MoVirtualMachine opID=kq1-11] \
               [vim.VirtualMachine:vm-77,Birk DB (Prod)] Reconfigure lock taken\n";
    let files = [
        ("events.csv", EVENTS.to_owned()),
        ("bpdbjobs.txt", job_list("vm-77")),
        ("vc/vpxd.log", log.to_owned()),
    ];
    assert_eq!(told(&judged(&files)), (Level::Confirmed, Some("vpxd.log:1".to_owned())));
}
