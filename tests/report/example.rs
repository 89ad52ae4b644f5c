//! A report as a support engineer would get it: a bundle of a NetBackup media server, its clients and a vCenter,
//! with every kind of finding and every kind of trouble.

use blogscan::base::finding::{Condition, Evidence, Object};
use blogscan::base::report::{
    CatalogueRow, CodeRow, CoverageRow, FactRow, FirstFailureRow, Gap, NoticeRow, SCHEMA, ScanSummary,
    SourceRow, Tool, UnknownErrorRow,
};
use blogscan::base::{ConditionState, Finding, Impact, Level, Report};
use indexmap::IndexMap;

pub(crate) fn values(pairs: &[(&str, &str)]) -> IndexMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn met(name: &str, evidence: &[usize]) -> Condition {
    Condition { name: name.into(), state: ConditionState::Met, evidence: evidence.to_vec(), collect: None }
}

fn unmet(name: &str) -> Condition {
    Condition { name: name.into(), state: ConditionState::Unmet, evidence: Vec::new(), collect: None }
}

fn unknown(name: &str, collect: &str) -> Condition {
    Condition {
        name: name.into(),
        state: ConditionState::Unknown,
        evidence: Vec::new(),
        collect: some(collect),
    }
}

pub(crate) fn evidence(
    event: &str,
    place: (&str, u64),
    time: &str,
    fields: &[(&str, &str)],
    text: &str,
) -> Evidence {
    Evidence {
        event: event.into(),
        source: place.0.into(),
        line: Some(place.1),
        record: None,
        time: some(time),
        host: some("nbutest03"),
        fields: values(fields),
        text: text.into(),
    }
}

pub(crate) fn finding(
    advisory: &str,
    level: Level,
    impact: Impact,
    title: &str,
    about: &[(&str, &str)],
) -> Finding {
    let key: Vec<&str> = about.iter().map(|(_, value)| *value).collect();
    Finding {
        advisory: advisory.into(),
        level,
        impact,
        title: title.into(),
        url: format!("http://www.example.com/docs/{advisory}"),
        key: format!("{advisory}/{}", key.join("/")),
        host: None,
        about: values(about),
        first: None,
        last: None,
        repeats: 0,
        conditions: Vec::new(),
        evidence: Vec::new(),
        objects: Vec::new(),
        doubts: Vec::new(),
        collect: Vec::new(),
        workaround: String::new(),
        fix: String::new(),
        references: Vec::new(),
        silenced: None,
        news: None,
        was: None,
    }
}

const DUPLICATION: &str =
    "Optimized duplication deletes fragments of the source image when the master is lost";
const REVERT: &str =
    "Incremental after a snapshot revert: changed-block tracking gives an inconsistent backup";

fn lost_fragment() -> Finding {
    let image = "nbutest03_1236281108";
    let job = "jobs/4711.txt";
    Finding {
        url: "http://www.symantec.com/docs/TECH69597".into(),
        host: some("nbutest03"),
        first: some("2009-03-05T14:55:05.986"),
        last: some("2009-03-05T15:06:00"),
        repeats: 1,
        conditions: vec![
            met("version-affected", &[]),
            met("openstorage-plugin-in-use", &[1]),
            met("deleted-copy-was-the-source", &[1]),
            unknown("catalog-still-lists-the-fragment", "nbstlutil list -U -backupid nbutest03_1236281108"),
        ],
        evidence: vec![
            evidence(
                "contact-lost",
                ("bpdm/log.030509", 2),
                "2009-03-05T14:55:05.986",
                &[("reason", "cannot connect on socket")],
                "14:55:05.986 [14922] <8> replace_disk_frag: cannot update image database to add completed fragment, \
                 error = cannot connect on socket",
            ),
            evidence(
                "fragment-deleted",
                ("bpdm/log.030509", 3),
                "2009-03-05T14:55:05.996",
                &[("volume", "xx03_nbutest"), ("backup_id", image), ("copy", "1"), ("fragment", "3")],
                "14:55:05.996 [14922] <4> xx03: /usr/openv/lib/ost-plugins/libstspiacme.so:stspi_delete_image STS_EOK \
                 pathname =xx03_nbutest/nbutest03_1236281108_C1_F3_R3:1236281108:nbutest03_testpolicy:4:1:: deleted",
            ),
            evidence(
                "retry-failed",
                (job, 17),
                "2009-03-05T15:06:00",
                &[("backup_id", image)],
                "03/05/2009 15:06:00 - Error bpduplicate (pid=12603) Duplicate of backup id nbutest03_1236281108 \
                 failed, media open error (83).",
            ),
            evidence(
                "fragment-missing",
                (job, 15),
                "2009-03-05T15:05:58",
                &[],
                "03/05/2009 15:05:58 - Critical bpdm (pid=15749) image open failed: error 2060013: no more entries",
            ),
        ],
        objects: vec![Object {
            role: "affected".into(),
            values: values(&[
                ("backup_id", image),
                ("copy", "1"),
                ("fragment", "3"),
                ("volume", "xx03_nbutest"),
                ("policy", "nbutest03_testpolicy"),
            ]),
            evidence: vec![1],
        }],
        doubts: texts(&["same zone assumed for bpdm/log.030509 and jobs/4711.txt: neither tells its own"]),
        collect: texts(&[
            "nbstlutil list -U -backupid nbutest03_1236281108",
            "bpverify -backupid nbutest03_1236281108 on nbutest03: which fragments can still be read",
        ]),
        workaround: "Cancel **all** running jobs before NetBackup is shut down:\n\n1. `bpdbjobs -cancel_all`\n2. wait \
                     until `bpps -x` shows no bpdm\n\nIt can take long until the last job has ended."
            .into(),
        fix: "NetBackup 6.5.4 (Etrack 1539913).".into(),
        references: texts(&["http://www.symantec.com/docs/TECH69597", "Etrack 1640198"]),
        ..finding(
            "TECH69597",
            Level::Confirmed,
            Impact::DataLoss,
            DUPLICATION,
            &[("backup_id", image), ("copy", "1"), ("fragment", "3")],
        )
    }
}

fn reverted_vm() -> Finding {
    let restore_point = |time, job| Object {
        role: "suspect-restore-points".into(),
        values: values(&[("restore_point", time), ("job", job), ("method", "incremental")]),
        evidence: Vec::new(),
    };
    Finding {
        first: some("2011-05-02T09:12:44Z"),
        last: some("2011-05-03T01:00:12Z"),
        conditions: vec![
            met("cbt-in-use", &[1]),
            unmet("snapshot-was-not-the-backup-products-own"),
            unknown(
                "snapshot-older-than-the-last-backup",
                "vCenter events of SRV-DB1 since the snapshot `before patch` was taken",
            ),
        ],
        evidence: vec![
            evidence(
                "reverted",
                ("vcenter/events.csv", 88),
                "2011-05-02T09:12:44Z",
                &[("vm", "SRV-DB1"), ("snapshot", "before patch"), ("user", "CORP\\ada")],
                "\"info\",\"02.05.2011 09:12:44\",\"SRV-DB1 has been reverted to the state of snapshot before patch\",\
                 \"CORP\\ada\"",
            ),
            evidence(
                "incr",
                ("be/BEX_BE1_00512.xml", 40),
                "2011-05-03T01:00:12Z",
                &[("vm", "SRV-DB1"), ("method", "block-level"), ("result", "success")],
                "Backup- VMVCB::\\\\vc1\\VCGuestVm\\(DC)Main(DC)\\vm\\SRV-DB1\n\tMethod: Incremental - Using Changed \
                 Block Tracking\n\tBackup completed on 5/3/2011 at 1:04:31 AM.",
            ),
        ],
        objects: vec![
            restore_point("2011-05-03T01:00:12Z", "VM nightly 512"),
            restore_point("2011-05-04T01:00:09Z", "VM nightly 513"),
            Object {
                role: "good-restore-points".into(),
                values: values(&[
                    ("restore_point", "2011-05-01T22:00:03Z"),
                    ("job", "VM weekly 511"),
                    ("method", "full"),
                ]),
                evidence: Vec::new(),
            },
        ],
        doubts: texts(&["the zone of be/BEX_BE1_00512.xml is taken from the settings"]),
        collect: texts(&["job log of VM nightly 513: is it full or incremental?"]),
        workaround: "Force a full backup of the virtual machine after every revert.".into(),
        fix: "None: the vendor plans no change.".into(),
        references: texts(&["http://kb.vmware.com/kb/1021607"]),
        ..finding("TECH136138", Level::Likely, Impact::DataLoss, REVERT, &[("vm", "SRV-DB1")])
    }
}

fn stalled_guest() -> Finding {
    let stall = Evidence {
        line: None,
        record: Some(48213),
        ..evidence(
            "ese-stall",
            ("dc01/Directory Service.evtx", 1),
            "2009-02-09T02:01:17+01:00",
            &[("family", "ntds"), ("code", "508"), ("seconds", "34")],
            "NTDS ISAM 508: A request to write to the file \"C:\\WINDOWS\\NTDS\\edb.log\" succeeded, but took an \
             abnormally long time (34 seconds) to be serviced by the OS.",
        )
    };
    Finding {
        host: some("dc01"),
        first: some("2009-02-09T02:01:17+01:00"),
        last: some("2009-02-09T02:01:17+01:00"),
        evidence: vec![stall],
        doubts: texts(&["no log says when snapshots of dc01 ran"]),
        collect: texts(&["hostd.log of the ESX host of dc01 for 2009-02-08 to 2009-02-10"]),
        workaround: "Do not quiesce database guests; take the memory into the snapshot instead.".into(),
        fix: "ESX 3.5 Update 2 with its VSS components.".into(),
        ..finding(
            "LGTO-SYNC",
            Level::Suspected,
            Impact::Outage,
            "The sync driver stalls directory, DNS, DHCP, mail and database guests",
            &[("host", "dc01")],
        )
    }
}

pub(crate) fn source(
    path: &str,
    dialect: &'static str,
    host: Option<&str>,
    from: &str,
    to: &str,
) -> SourceRow {
    let time = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    SourceRow {
        path: path.into(),
        dialect,
        encoding: "utf-8",
        host: host.map(str::to_owned),
        process: None,
        zone: None,
        bytes: 40_960,
        records: 390,
        headless: 0,
        from: time(from),
        to: time(to),
    }
}

pub(crate) fn coverage(
    host: Option<&str>,
    dialect: &'static str,
    process: Option<&str>,
    range: (&str, &str),
) -> CoverageRow {
    CoverageRow {
        host: host.map(str::to_owned),
        dialect,
        process: process.map(str::to_owned),
        from: range.0.into(),
        to: range.1.into(),
        gaps: Vec::new(),
    }
}

pub(crate) fn notice(code: &'static str, source: &str, line: Option<u64>, detail: &str) -> NoticeRow {
    NoticeRow { code, source: Some(source.into()), line, detail: detail.into() }
}

fn unknown_error(
    of: (&str, &'static str, Option<&str>),
    template: &str,
    place: (&str, &str, u64),
    example: &str,
) -> UnknownErrorRow {
    UnknownErrorRow {
        product: of.0.into(),
        dialect: of.1,
        process: of.2.map(str::to_owned),
        template: template.into(),
        count: 12,
        first: some("2009-03-05T14:57:12.004"),
        last: some("2009-03-06T01:00:40.120"),
        code: some(place.0),
        meaning: None,
        source: place.1.into(),
        line: Some(place.2),
        example: example.into(),
    }
}

/// The whole report, held against one of the night before.
pub(crate) fn compared() -> Report {
    let mut report = whole();
    let key = |index: usize| report.findings[index].key.clone();
    let earlier = format!(
        r#"{{"schema": "blogscan-report/1", "findings": [
            {{"key": "{}", "level": "suspected"}}, {{"key": "{}", "level": "likely"}}, {{"key": "{}", "level": "suspected"}},
            {{"key": "TECH136138 vm=SRV-OLD", "level": "confirmed"}}]}}"#,
        key(0),
        key(1).to_uppercase(),
        key(2),
    );
    blogscan::report::baseline::Baseline::parse(&earlier).unwrap().mark(&mut report);
    report
}

/// A report in which nothing is.
pub(crate) fn empty() -> Report {
    Report {
        schema: SCHEMA,
        tool: Tool {
            name: "blogscan",
            version: "0.1.0",
            catalogue: CatalogueRow { hash: "6f1ab2c3d4e5f6071829".into(), patterns: 41, own: Vec::new() },
        },
        scan: ScanSummary {
            inputs: texts(&["ticket"]),
            sources: 0,
            bytes: 0,
            records: 0,
            headless: 0,
            complete: true,
        },
        sources: Vec::new(),
        findings: Vec::new(),
        codes: Vec::new(),
        coverage: Vec::new(),
        facts: Vec::new(),
        unknown_errors: Vec::new(),
        notices: Vec::new(),
        baseline: None,
        redacted: false,
    }
}

/// Logs were read, and nothing was found in them.
pub(crate) fn quiet() -> Report {
    Report {
        scan: ScanSummary { sources: 2, bytes: 81_920, records: 780, headless: 2, ..empty().scan },
        sources: vec![
            source(
                "bpdm/log.030509",
                "netbackup.legacy",
                Some("nbutest03"),
                "2009-03-05T00:00:01",
                "2009-03-05T23:58:40",
            ),
            source("jobs/4711.txt", "netbackup.job", None, "2009-03-05T15:05:08", "2009-03-05T15:52:27"),
        ],
        coverage: vec![coverage(
            Some("nbutest03"),
            "netbackup.legacy",
            Some("bpdm"),
            ("2009-03-05T00:00:01", "2009-03-05T23:58:40"),
        )],
        ..empty()
    }
}

/// Everything that a report can hold.
pub(crate) fn whole() -> Report {
    let exposed =
        |advisory, impact, title, host| finding(advisory, Level::Exposed, impact, title, &[("host", host)]);
    let mut with_gap = coverage(
        Some("nbutest03"),
        "netbackup.legacy",
        Some("bpdm"),
        ("2009-03-05T00:00:01.120", "2009-03-08T23:59:40.007"),
    );
    with_gap.gaps.push(Gap { from: "2009-03-06T23:59:59.500".into(), to: "2009-03-08T06:00:00.003".into() });
    Report {
        scan: ScanSummary {
            inputs: texts(&["ticket"]),
            sources: 8,
            bytes: 327_680,
            records: 2_345,
            headless: 3,
            complete: false,
        },
        sources: vec![
            source(
                "be/BEX_BE1_00512.xml",
                "backup-exec.job-xml",
                Some("BE1"),
                "2011-05-03T01:00:12",
                "2011-05-03T01:04:31",
            ),
            source(
                "bpdm/log.030509",
                "netbackup.legacy",
                Some("nbutest03"),
                "2009-03-05T00:00:01.120",
                "2009-03-08T23:59:40.007",
            ),
            source(
                "dc01/Directory Service.evtx",
                "windows.evtx",
                Some("dc01"),
                "2009-02-01T06:10:00+01:00",
                "2009-02-09T08:00:00+01:00",
            ),
            source("jobs/4711.txt", "netbackup.job", None, "2009-03-05T15:05:08", "2009-03-05T15:52:27"),
            source("notes/minutes.txt", "unknown", None, "", ""),
            source("notes/plan.txt", "unknown", None, "", ""),
            source("tpconfig.txt", "netbackup.tpconfig-dsh", Some("nbumedia2"), "", ""),
            source(
                "vcenter/events.csv",
                "vmware.events",
                Some("vc1"),
                "2011-04-30T22:00:00Z",
                "2011-05-04T06:30:00Z",
            ),
        ],
        findings: vec![
            lost_fragment(),
            reverted_vm(),
            stalled_guest(),
            exposed(
                "IC89340",
                Impact::Outage,
                "Dynamic disks are detached from Windows 2008 guests after a VM backup",
                "DM1",
            ),
            exposed("TECH69597", Impact::DataLoss, DUPLICATION, "nbumedia2"),
            Finding {
                silenced: some("raw mappings are backed up in the guest, ticket 815"),
                ..finding(
                    "FCM-RDM-ASIS",
                    Level::Confirmed,
                    Impact::RestoreFailure,
                    "Raw device mapping turns the backup mode to ASIS",
                    &[("vm", "SRV-ERP")],
                )
            },
            finding("TECH136138", Level::Cleared, Impact::DataLoss, REVERT, &[("vm", "SRV-WEB2")]),
        ],
        codes: vec![
            CodeRow {
                product: "netbackup".into(),
                code: "83".into(),
                count: 5,
                meaning: some("media open error"),
                first_failure: Some(FirstFailureRow { jobs: 2, processes: vec!["bpdm".into()] }),
            },
            CodeRow {
                product: "netbackup".into(),
                code: "191".into(),
                count: 1_240,
                meaning: some("no images were successfully processed"),
                first_failure: None,
            },
            CodeRow {
                product: "windows".into(),
                code: "NTDS ISAM:508".into(),
                count: 3,
                meaning: None,
                first_failure: None,
            },
        ],
        unknown_errors: vec![
            unknown_error(
                ("netbackup", "netbackup.legacy", Some("bptm")),
                "io_open_disk: cannot open <*> for image <*>, errno = <*>",
                ("5", "bpdm/log.030509", 40),
                "14:57:12.004 [14922] <16> io_open_disk: cannot open /st3/nbutest03_1236281108_C1_F3 for image 7, errno = 5",
            ),
            unknown_error(
                ("windows", "windows.evtx", None),
                "The driver detected a controller error on <*>",
                ("11", "dc01/System.evtx", 9),
                "Disk 11: The driver detected a controller error on \\Device\\Harddisk1\\DR1.",
            ),
        ],
        coverage: vec![
            with_gap,
            coverage(
                Some("dc01"),
                "windows.evtx",
                Some("Directory Service"),
                ("2009-02-01T06:10:00+01:00", "2009-02-09T08:00:00+01:00"),
            ),
            coverage(Some("vc1"), "vmware.events", None, ("2011-04-30T22:00:00Z", "2011-05-04T06:30:00Z")),
            coverage(None, "netbackup.job", None, ("2009-03-05T15:05:08", "2009-03-05T15:52:27")),
        ],
        facts: vec![
            FactRow {
                host: some("nbumedia2"),
                kind: "version",
                value: None,
                product: some("netbackup"),
                version: some("6.5.3"),
                says: None,
                source: "nbumedia2/version".into(),
                line: Some(2),
            },
            FactRow {
                host: some("nbutest03"),
                kind: "zone",
                value: None,
                product: None,
                version: None,
                says: some("utc offset -05:00"),
                source: "nbstlutil.txt".into(),
                line: Some(5),
            },
        ],
        notices: vec![
            notice("no-permission", "bpdm/log.030609", None, "Permission denied (os error 13)"),
            notice("date-order-assumed", "jobs/4711.txt", None, "3/5 read as month/day"),
            notice("bad-container", "old/bptm.tar.gz", None, "the gzip stream ends too early"),
            notice(
                "unknown-dialect",
                "notes/minutes.txt",
                None,
                "none of 40 lines begins a record of a known dialect",
            ),
            notice(
                "unknown-dialect",
                "notes/plan.txt",
                None,
                "none of 12 lines begins a record of a known dialect",
            ),
            notice("damaged-record", "bpdm/log.030509", Some(12), "a"),
            notice("damaged-record", "bpdm/log.030509", Some(99), "b"),
            notice("damaged-record", "bpdm/log.030509", Some(181), "c"),
            notice("damaged-record", "bpdm/log.030509", Some(210), "d"),
        ],
        ..empty()
    }
}
