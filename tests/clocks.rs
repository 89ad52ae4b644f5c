//! Clocks: what no log tells stays untold, what a log proves is not for the user to say, and zones meet as instants.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};

use blogscan::base::{DateOrder, Finding, Level, Report};
use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run};
use blogscan::settings::{Settings, ZoneRule};

const LOST: &str = "[2911] <8> replace_disk_frag: cannot update image database to add completed fragment, error = \
                    cannot connect on socket";
const DELETED: &str = "[2911] <4> pule1: /usr/openv/lib/ost-plugins/libstspinearstore.so:stspi_delete_image STS_EOK \
                       pathname =pule1_a/tamarin_1553900000_C1_F2_R2:1553900000:tamarin_fs:4:1:: deleted";

/// What the process of a media server wrote at a time of day.
fn debug_log(clock: &str) -> String {
    format!(
        "{clock}.300 [2911] <2> bpdm: INITIATING (VERBOSE = 0)\n{clock}.655 {LOST}\n{clock}.664 {DELETED}\n"
    )
}

/// The job details of the retry, as a console of the United States prints them.
fn retry(minute: &str) -> String {
    format!(
        "{minute}:00 - begin Duplicate\n\
         {minute}:18 - Error bpduplicate (pid=3310) host pule-ms1 backup id tamarin_1553900000 optimized duplication \
         failed, media open error (83).\n\
         {minute}:20 - end Duplicate; elapsed time 0:07:20 no images were successfully processed (191)\n"
    )
}

struct Case(PathBuf);

impl Case {
    fn new(name: &str) -> Case {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clocks").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Case(folder)
    }

    fn file(self, path: &str, text: &str) -> Case {
        let file = self.0.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        self
    }

    fn scan(&self, options: &Options) -> Report {
        let input = self.0.to_str().unwrap().to_owned();
        run(&[input], options, &Catalogue::embedded(), &Settings::default())
    }
}

fn loss(report: &Report) -> &Finding {
    let found = report.findings.iter().find(|finding| finding.about.get("copy").is_some());
    found.unwrap_or_else(|| panic!("no loss: {:?}", report.findings))
}

fn zone(name: &str) -> ZoneRule {
    ZoneRule::parse(name).unwrap()
}

/// The file was written a moment ago; its log is of a day that nobody knows.
#[test]
fn a_file_touched_today_is_not_of_today() {
    for name in ["ticket.txt", "bpdm/log.txt"] {
        let report = Case::new("today").file(name, &debug_log("01:31:28")).scan(&Options::default());
        let finding = loss(&report);
        assert_eq!((finding.first.as_deref(), finding.last.as_deref()), (None, None), "{name}");
        assert_eq!(finding.evidence[0].time.as_deref(), Some("01:31:28.655"), "{name}");
        assert!(report.sources[0].from.as_deref().is_none_or(|from| from.starts_with("01:31:28")), "{name}");
    }
}

/// Mailed as one text with the dated job below it: the order is that of the text, the distance is not known.
#[test]
fn a_ticket_with_dateless_lines_is_never_confirmed() {
    let text = format!("{}\n{}", debug_log("01:31:28"), retry("03/30/2019 04:47"));
    let report = Case::new("ticket").file("ticket.txt", &text).scan(&Options::default());
    let finding = loss(&report);
    assert!(finding.level <= Level::Likely, "{:?}", finding.level);
    assert!(finding.doubts.iter().any(|doubt| doubt.contains("no date")), "{:?}", finding.doubts);
}

/// The media server is in India, the console in Chicago: by their civil times the retry lies before the loss.
#[test]
fn two_hosts_in_two_zones_meet_as_instants() {
    let case = Case::new("zones")
        .file("pule-ms1_media_20190401_081200/logs/bpdm/log.033019", &debug_log("14:31:28"))
        .file("job-1.txt", &retry("03/30/2019 09:47"));
    let plain = case.scan(&Options::default());
    assert!(loss(&plain).level < Level::Confirmed);
    assert!(
        loss(&plain).doubts.iter().any(|doubt| doubt.contains("clock or zone")),
        "{:?}",
        loss(&plain).doubts
    );
    let mut options = Options { zone: Some(zone("America/Chicago")), ..Options::default() };
    options.zones.insert("pule-ms1".to_owned(), zone("+05:30"));
    let report = case.scan(&options);
    let finding = loss(&report);
    assert_eq!(finding.level, Level::Confirmed, "{:?}", finding.doubts);
    assert_eq!(finding.first.as_deref(), Some("2019-03-30T14:31:28.655+05:30"));
    assert_eq!(finding.last.as_deref(), Some("2019-03-30T09:47:18-05:00"));
}

/// Berlin, 31 March 2019: at 02:00 it is 03:00. What is 40 minutes apart on the wall is 20 minutes in truth.
#[test]
fn a_night_of_spring_is_an_hour_shorter() {
    let options = Options { zone: Some(zone("Europe/Berlin")), ..Options::default() };
    let report = Case::new("spring")
        .file("bpdm/log.033119", &(debug_log("01:59:00") + &debug_log("03:01:00")))
        .scan(&options);
    let source = &report.sources[0];
    assert_eq!(source.from.as_deref(), Some("2019-03-31T01:59:00.300+01:00"));
    assert_eq!(source.to.as_deref(), Some("2019-03-31T03:01:00.664+02:00"));
    assert!(report.coverage[0].gaps.is_empty());
    assert_eq!(source.zone.as_deref(), Some("Europe/Berlin"));
}

/// Berlin, 27 October 2019: at 03:00 it is 02:00 again. The loss was logged at 02:31, the retry at 01:00 UTC lies between
/// the two moments that may be meant.
fn autumn(before: &str, behind: &str) -> Report {
    let mut options = Options { zone: Some(zone("UTC")), ..Options::default() };
    options.zones.insert("pule-ms1".to_owned(), zone("Europe/Berlin"));
    let quiet = |clocks: &str| -> String {
        clocks.split_whitespace().map(|clock| format!("{clock}:00.100 [2911] <2> bpdm: waiting\n")).collect()
    };
    let log = quiet(before) + &debug_log("02:31:28") + &quiet(behind);
    Case::new(&format!("autumn {before}-{behind}").replace(':', ""))
        .file("pule-ms1_media_20191101_081200/logs/bpdm/log.102719", &log)
        .file("job-1.txt", &retry("10/27/2019 01:00"))
        .scan(&options)
}

#[test]
fn an_hour_that_passes_twice_is_a_doubt_where_it_decides() {
    let report = autumn("01:58", "03:40");
    let finding = loss(&report);
    assert!(finding.level < Level::Confirmed, "{:?}", finding.evidence);
    assert!(
        finding.doubts.iter().any(|doubt| doubt.contains("the clocks were changed")),
        "{:?}",
        finding.doubts
    );
    // No offset is shown for what may have two.
    assert_eq!(finding.first.as_deref(), Some("2019-10-27T02:31:28.655"));
}

#[test]
fn an_hour_that_passes_twice_is_told_by_the_lines_around() {
    // The clock is set back behind the loss: it lies in the first pass, before the retry.
    let first = autumn("01:58 02:10", "02:58 02:05 02:50 03:10");
    assert_eq!(loss(&first).level, Level::Confirmed, "{:?}", loss(&first).doubts);
    assert_eq!(loss(&first).first.as_deref(), Some("2019-10-27T02:31:28.655+02:00"));
    // The clock was set back before it: it lies behind the retry.
    let second = autumn("01:58 02:58 02:05", "02:40 03:10");
    assert!(loss(&second).level < Level::Confirmed);
    assert!(!loss(&second).doubts.iter().any(|doubt| doubt.contains("the clocks were changed")));
    assert_eq!(loss(&second).first.as_deref(), Some("2019-10-27T02:31:28.655+01:00"));
    // Set back twice: nothing is told.
    let twice = autumn("01:58 02:40 02:20", "02:58 02:05 03:10");
    assert!(loss(&twice).level < Level::Confirmed);
}

/// What the log itself proves stands, whatever the user says; what nothing proves is as the user says.
#[test]
fn the_user_does_not_overrule_a_date_that_the_log_proves() {
    // The 12th of June is in the same console as the 14th of June.
    let proved = retry("06/12/2019 04:47") + &retry("06/14/2019 04:47");
    let told = |name: &str, text: &str, order| {
        let options = Options { date_order: order, ..Options::default() };
        let report = Case::new(name).file("job-1.txt", text).scan(&options);
        let source = &report.sources[0];
        (source.from.clone().unwrap(), source.to.clone().unwrap())
    };
    let (from, to) = told("proved", &proved, Some(DateOrder::Dmy));
    assert_eq!((&from[..10], &to[..10]), ("2019-06-12", "2019-06-14"));
    let (from, _) = told("said", &retry("06/12/2019 04:47"), Some(DateOrder::Dmy));
    assert_eq!(&from[..10], "2019-12-06");
    // The proof stands beyond the beginning that is looked at first.
    let filler =
        "06/12/2019 04:47:01 - Info bpdm (pid=3310) nothing to say about this fragment\n".repeat(2000);
    let (from, to) = told("late", &(filler + &retry("06/14/2019 04:47")), Some(DateOrder::Dmy));
    assert_eq!((&from[..10], &to[..10]), ("2019-06-12", "2019-06-14"));
}

/// A log that carries its own offset is not in the zone that the user gave for those that do not.
#[test]
fn a_source_with_a_zone_of_its_own_shows_that_one() {
    let text = "2019-03-30T12:00:00.000Z| vmx| I125: Log for VMware ESX pid=2099 version=6.7.0 build=build-8169922\n\
                2019-03-30T12:00:01.000Z| vmx| I125: SnapshotVMX_TakeSnapshot start: 'a', deviceState=0\n";
    let options = Options { zone: Some(zone("Europe/Berlin")), ..Options::default() };
    let report = Case::new("own").file("vmware.log", text).scan(&options);
    assert_eq!(report.sources[0].zone.as_deref(), Some("UTC"));
}
