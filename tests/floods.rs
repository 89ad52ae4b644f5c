//! A log in which every line is a hit: what is beyond a bound is counted and said, and the answer is the same whatever
//! the number of threads and the order of the files.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::Path;

use blogscan::base::{ConditionState, Level, Report};
use blogscan::correlate::Bounds;
use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run};
use blogscan::settings::Settings;

/// Lost contacts and deleted fragments, each of another image and process: two lines each.
fn flood(images: usize, first: usize) -> String {
    let mut text = String::new();
    for image in first..first + images {
        let seconds = 3600 + (image - first) * 40_000 / images;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let head = format!("{hour:02}:{minute:02}:{second:02}.310 [{}]", 1000 + image);
        let id = 1_242_000_000 + image;
        writeln!(
            text,
            "{head} <8> replace_disk_frag: cannot update image database to add completed fragment, error = cannot \
             connect on socket\n{head} <4> dd07: /usr/openv/lib/ost-plugins/libstspinearstore.so:stspi_delete_image \
             STS_EOK pathname =dd07_lsu1/filesrv4_{id}_C1_F2_R2:{id}:unix_home:4:1:: deleted"
        )
        .unwrap();
    }
    text
}

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join("netbackup/logs/bpdm").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn scan(folders: &[&Path], bounds: Bounds, jobs: usize) -> Report {
    let inputs: Vec<String> = folders.iter().map(|folder| folder.to_str().unwrap().to_owned()).collect();
    let options = Options { bounds, jobs, only: vec!["TECH69597".to_owned()], ..Options::default() };
    run(&inputs, &options, &Catalogue::embedded(), &Settings::default())
}

fn details(report: &Report, code: &str) -> Vec<(Option<u64>, String)> {
    let told = report.notices.iter().filter(|notice| notice.code == code);
    told.map(|notice| (notice.line, notice.detail.clone())).collect()
}

#[test]
fn events_beyond_the_bound_are_told_and_the_scan_is_not_complete() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "log.051109", &flood(50, 0));
    let whole = scan(&[folder.path()], Bounds::default(), 1);
    assert_eq!((whole.findings.len(), whole.scan.complete), (50, true));
    let held = scan(&[folder.path()], Bounds { events: 60, ..Bounds::default() }, 1);
    assert_eq!((held.findings.len(), held.scan.complete), (30, false));
    assert_eq!(
        details(&held, "many-events"),
        [(
            Some(61),
            "40 more matched events are not held, beyond 60 of the scan, from 2009-05-11T07:40:00.310 to \
             2009-05-11T11:53:20.310 (--max-events)"
                .to_owned()
        )]
    );
    // Exactly as many as the bound allows are none too many.
    let just = scan(&[folder.path()], Bounds { events: 100, ..Bounds::default() }, 1);
    assert_eq!((just.findings.len(), just.scan.complete), (50, true));
}

#[test]
fn what_refutes_a_finding_may_be_among_what_is_not_held() {
    // The job details say that the image was duplicated after all; they come last in the order of the paths.
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "log.051109", &flood(1, 0));
    let id = "filesrv4_1242000000";
    let job = format!(
        "05/11/2009 09:02:10 - Info Duplicate (pid=8077) Initiating optimized duplication from @aaaac to @aaaaf\n\
         05/11/2009 10:40:03 - Info bpduplicate (pid=8077) Duplicate of backup id {id} successful.\n\
         05/11/2009 11:40:03 - Error bpduplicate (pid=8077) Duplicate of backup id {id} failed, media open error (83).\n"
    );
    std::fs::write(folder.path().join("job.txt"), &job).unwrap();
    let level = |events: usize| {
        let report = scan(&[folder.path()], Bounds { events, ..Bounds::default() }, 1);
        let of_image = report.findings.iter().filter(|finding| finding.about["backup_id"] == id);
        of_image.map(|finding| finding.level).max()
    };
    let all = level(100);
    for events in 0..6 {
        assert!(level(events) <= all.max(Some(Level::Likely)), "{events}: {:?}", level(events));
        assert_ne!(level(events), Some(Level::Cleared), "{events}");
    }
}

/// The details of one job whose duplication did not find a fragment: three events.
fn failed_job(number: usize) -> String {
    let id = 1_242_000_000 + number;
    format!(
        "05/11/2009 09:02:10 - begin Duplicate\n\
         05/11/2009 09:02:11 - Info Duplicate (pid=8077) Initiating optimized duplication from @aaaac to @aaaaf\n\
         05/11/2009 09:40:02 - Critical bpdm (pid=8120) image open failed: error 2060013: no more entries\n\
         05/11/2009 09:40:03 - Error bpduplicate (pid=8077) Duplicate of backup id filesrv4_{id} failed, media \
         open error (83).\n"
    )
}

#[test]
fn events_of_jobs_beyond_the_bound_are_told_and_the_scan_is_not_complete() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..5 {
        std::fs::write(folder.path().join(format!("job-{number}.txt")), failed_job(number)).unwrap();
    }
    let whole = scan(&[folder.path()], Bounds::default(), 1);
    assert_eq!((whole.findings.len(), whole.scan.complete), (5, true));
    let exactly = scan(&[folder.path()], Bounds { sessions: 5, ..Bounds::default() }, 1);
    assert_eq!((exactly.findings.len(), exactly.scan.complete), (5, true));
    let held = scan(&[folder.path()], Bounds { sessions: 3, ..Bounds::default() }, 1);
    assert_eq!((held.findings.len(), held.scan.complete), (3, false));
    let told = "3 matched events are not held: their jobs or runs are beyond 3 of the scan, from 2009-05-11T09:02:11 \
                to 2009-05-11T09:40:03";
    assert_eq!(details(&held, "many-events"), [(Some(2), told.to_owned()), (Some(2), told.to_owned())]);
}

#[test]
fn facts_beyond_the_bound_are_told_and_prove_nothing() {
    // The version is one that is not affected any more: likely becomes suspected.
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("dd07_media_20090511_070000");
    put(&bundle, "log.051109", &flood(1, 0));
    std::fs::write(bundle.join("version.txt"), "HARDWARE RS6000\nVERSION NetBackup 7.0\n").unwrap();
    let state = |report: &Report| {
        let rows = &report.findings[0].conditions;
        rows.iter().find(|row| row.name == "version-affected").unwrap().state
    };
    let whole = scan(&[folder.path()], Bounds::default(), 1);
    assert_eq!((state(&whole), whole.scan.complete), (ConditionState::Unmet, true));
    let held = scan(&[folder.path()], Bounds { facts: 0, ..Bounds::default() }, 1);
    assert_eq!((state(&held), held.scan.complete), (ConditionState::Unknown, false));
    let told = details(&held, "many-events");
    assert!(
        told.iter().any(|(line, detail)| line.is_some()
            && detail == "1 more facts about hosts are not held, beyond 0 of the scan: no absence is proved"),
        "{told:?}"
    );
    // A lost contact without a deletion is cleared by an absence.
    let lonely = flood(1, 7).lines().next().unwrap().to_owned();
    let later =
        "04:30:00.310 [900] <2> bpdm: 1 active streams on this media server, nothing of interest here\n";
    put(&bundle, "log.051109", &format!("{lonely}\n{later}"));
    let levels = |facts: usize| -> Vec<Level> {
        let report = scan(&[folder.path()], Bounds { facts, ..Bounds::default() }, 1);
        report.findings.iter().map(|finding| finding.level).collect()
    };
    assert_eq!(levels(100), [Level::Cleared]);
    assert_eq!(levels(0), []);
}

#[test]
fn one_thread_or_many_and_any_order_of_files_give_the_same_report() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("a"), folder.path().join("b"));
    // More than one piece of a file, so that pieces are read side by side: ordinary lines make it long.
    let ordinary =
        "00:30:00.000 [900] <2> bpdm: 1 active streams on this media server, nothing of interest here\n";
    let long: String = flood(2000, 0)
        .lines()
        .flat_map(|line| [line, "\n", &ordinary.repeat(25)].map(str::to_owned))
        .collect();
    assert!(long.len() > 9_000_000);
    put(&one, "log.051109", &long);
    put(&one, "log.051209", &flood(300, 40_000));
    put(&other, "log.051109", &flood(200, 50_000));
    for bounds in [
        Bounds { findings: 100, ..Bounds::default() },
        Bounds { events: 3333, findings: 100, ..Bounds::default() },
        Bounds { objects: 1000, findings: 100, ..Bounds::default() },
    ] {
        let told = |folders: &[&Path], jobs| {
            let report = scan(folders, bounds, jobs);
            assert_eq!(report.findings.len(), 100);
            serde_json::to_string(&report).unwrap()
        };
        let plain = told(&[&one, &other], 1);
        assert_eq!(plain, told(&[&one, &other], 4));
        assert_eq!(plain, told(&[&other, &one], 3));
    }
}
