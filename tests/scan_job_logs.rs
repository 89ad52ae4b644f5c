//! Job logs of one Backup Exec folder: what one of them shows about the order of day and month holds for all.

// Test helpers outside of test functions may fail like these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run};
use blogscan::settings::Settings;

fn log(server: &str, number: u32, date: &str) -> String {
    format!(
        "Job server: {server}\nJob name: nightly\nJob type: Backup\nJob Log: BEX_{server}_{number:05}.xml\nBackup of \
         \"VMVCB::\\\\vc1\\VCGuestVm\\(DC)Nord(DC)\\vm\\grille-db\"\nBackup Method: Full - Back Up Virtual Machines\nBackup \
         started on {date} at 20:04:11.\nBackup completed on {date} at 20:40:02.\nJob completion status: Successful\n"
    )
}

/// The first days that the job logs of these names and dates show, and how many of them are assumed.
fn days(files: &[(&str, u32, &str)]) -> (Vec<String>, usize) {
    let folder = tempfile::tempdir().unwrap();
    for (server, number, date) in files {
        let path = folder.path().join(format!("BEX_{server}_{number:05}.txt"));
        std::fs::write(path, log(server, *number, date)).unwrap();
    }
    let inputs = [folder.path().to_str().unwrap().to_owned()];
    let report = run(&inputs, &Options::default(), &Catalogue::default(), &Settings::default());
    let days = report.sources.iter().map(|source| source.from.clone().unwrap()[..10].to_owned()).collect();
    let assumed = report.notices.iter().filter(|notice| notice.code == "date-order-assumed").count();
    (days, assumed)
}

#[test]
fn files_of_one_folder_vote_together() {
    let (found, assumed) = days(&[("SRV1", 1, "05/02/2014"), ("SRV1", 2, "25/02/2014")]);
    assert_eq!((found, assumed), (vec!["2014-02-05".to_owned(), "2014-02-25".to_owned()], 0));
    // Another server's files are another list.
    let (found, assumed) = days(&[("SRV1", 1, "05/02/2014"), ("SRV2", 2, "25/02/2014")]);
    assert_eq!((found, assumed), (vec!["2014-05-02".to_owned(), "2014-02-25".to_owned()], 1));
    // Files that contradict each other settle nothing for the others.
    let (found, assumed) =
        days(&[("SRV1", 1, "05/02/2014"), ("SRV1", 2, "25/02/2014"), ("SRV1", 3, "02/25/2014")]);
    assert_eq!((found.first().map(String::as_str), assumed), (Some("2014-05-02"), 1));
}
