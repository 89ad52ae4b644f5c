//! Failures whose halves fall into different nights, with logs that are rotated, compressed, pruned and deleted.

use blogscan::cli::Exit;

use super::estate::{DELETION, Estate, Outcome, RETRY, quiet};

const OBJECT: &str = "backup_id=haff2_1242604800 copy=1 fragment=3";

fn is_quiet(outcome: &Outcome) -> bool {
    outcome.exit == Exit::Quiet && outcome.out.is_empty() && outcome.err.is_empty()
}

/// Monday: the deletion. Thursday: the retry. `between` is what becomes of Monday's log on Tuesday.
fn join_after(between: impl Fn(&Estate)) {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    let monday = estate.night(0, &[]);
    assert_eq!((monday.exit, monday.count("NEW      likely, data loss")), (Exit::Findings, 1), "{monday:?}");
    between(&estate);
    estate.write("haffms/bpdm/log.051909", &quiet(3600, 20));
    assert!(is_quiet(&estate.night(1, &[])));
    assert!(is_quiet(&estate.night(2, &[])));
    estate.write("jobs/job-7344.txt", RETRY);
    let thursday = estate.night(3, &[]);
    assert_eq!(thursday.exit, Exit::Findings);
    assert_eq!(thursday.count("RISEN    confirmed (was likely), data loss"), 1, "{}", thursday.out);
    assert!(thursday.out.contains(OBJECT));
    assert_eq!(thursday.count("NEW "), 0);
    assert!(is_quiet(&estate.night(4, &[])));
}

#[test]
fn halves_of_two_nights_are_one_finding() {
    join_after(|_| {});
}

#[test]
fn the_first_half_was_renamed() {
    join_after(|estate| estate.rename("haffms/bpdm/log.051809", "haffms/bpdm/log.051809.old"));
}

#[test]
fn the_first_half_was_compressed() {
    join_after(|estate| estate.compress("haffms/bpdm/log.051809"));
}

#[test]
fn the_first_half_was_renamed_and_compressed_and_moved_on() {
    join_after(|estate| {
        estate.rename("haffms/bpdm/log.051809", "haffms/bpdm/log.051809.1");
        estate.compress("haffms/bpdm/log.051809.1");
        assert!(is_quiet(&estate.night(1, &[])));
        estate.rename("haffms/bpdm/log.051809.1.gz", "haffms/bpdm/log.051809.2.gz");
    });
}

#[test]
fn the_first_half_was_deleted() {
    join_after(|estate| estate.remove("haffms/bpdm/log.051809"));
}

#[test]
fn the_first_half_was_written_over() {
    join_after(|estate| estate.write("haffms/bpdm/log.051809", &quiet(100, 50)));
}

/// The second half comes first; the debug log is unpacked days later.
#[test]
fn the_later_half_may_be_read_first() {
    let estate = Estate::new();
    estate.write("jobs/job-7344.txt", RETRY);
    let first = estate.night(3, &[]);
    assert_eq!(first.count("NEW      suspected, data loss"), 1, "{}", first.out);
    estate.remove("jobs/job-7344.txt");
    estate.write("haffms/bpdm/log.051809", DELETION);
    let second = estate.night(5, &[]);
    assert_eq!(second.count("RISEN    confirmed (was suspected)"), 1, "{}", second.out);
    assert_eq!(second.count("NEW "), 0);
    assert!(is_quiet(&estate.night(6, &[])));
}

/// A log that is written on, with its last line half written when it was read.
#[test]
fn a_log_that_grows_in_the_middle_of_a_line() {
    let estate = Estate::new();
    for cut in [DELETION.len() / 3, DELETION.len() / 2, DELETION.len() - 90] {
        let (head, tail) = DELETION.split_at(cut);
        estate.write("haffms/bpdm/log.051809", head);
        estate.night(0, &[]);
        estate.append("haffms/bpdm/log.051809", tail);
        estate.night(1, &[]);
    }
    let status = estate.command(1, &["status"]);
    assert_eq!(status.count("likely"), 1, "{}", status.out);
    assert_eq!(status.count("TECH69597"), 1, "{}", status.out);
}

/// What a log that is gone told counts as long as the failures may take, then no longer.
#[test]
fn memory_ends_with_the_horizon() {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    estate.write("haffms/bpdm/log.051909", &quiet(0, 20));
    estate.night(0, &[]);
    estate.remove("haffms/bpdm/log.051809");
    assert!(is_quiet(&estate.night(1, &[])));
    assert!(estate.command(1, &["status"]).out.contains("1 gone"));
    assert!(is_quiet(&estate.night(600, &[])));
    assert!(estate.command(600, &["status"]).out.contains("0 gone"));
    // Back from the archive: nothing that was not told.
    estate.write("haffms/bpdm/log.051809", DELETION);
    assert!(is_quiet(&estate.night(601, &[])));
}

/// The clock of the machine that runs the scan steps back a year: nothing is forgotten, nothing is told twice.
#[test]
fn a_clock_that_is_set_back() {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    assert_eq!(estate.night(0, &[]).exit, Exit::Findings);
    estate.remove("haffms/bpdm/log.051809");
    estate.write("haffms/bpdm/log.051909", &quiet(0, 20));
    assert!(is_quiet(&estate.night(-365, &[])));
    estate.write("jobs/job-7344.txt", RETRY);
    assert_eq!(estate.night(3, &[]).count("RISEN    confirmed"), 1);
}

/// A host's logs are not reachable for two nights (a mount is away): that is trouble and news once, what they said
/// still counts, and their return is no news.
#[test]
fn a_host_is_away_for_two_nights() {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    estate.write("other/bpdm/log.051809", &quiet(0, 20));
    let (haff, other) = (estate.word("logs/haffms"), estate.word("logs/other"));
    let state = estate.word("s.db");
    let night = |number| super::estate::at(number, &["nightly", "--state", &state, &haff, &other]);
    assert_eq!(night(0).exit, Exit::Findings);
    std::fs::rename(&haff, estate.path("away")).unwrap();
    let away = night(1);
    assert_eq!(away.exit, Exit::Trouble);
    assert!(away.out.contains("NOT READ") && away.out.contains("logs/haffms: not found"), "{}", away.out);
    let still = night(2);
    assert_eq!((still.exit, still.out.as_str()), (Exit::Trouble, ""), "told once; the status remembers");
    std::fs::rename(estate.path("away"), &haff).unwrap();
    assert!(is_quiet(&night(3)));
    std::fs::rename(&haff, estate.path("away")).unwrap();
    assert!(night(4).out.contains("NOT READ"), "it was readable in between");
}

/// Nothing but the last days stays in the file, which is written anew every night: what it said before counts, and a
/// run that was told half and then whole counts once.
#[test]
fn a_log_that_is_pruned_every_night() {
    let estate = Estate::new();
    let days: Vec<String> = (0..6_i32)
        .map(|day| {
            (0..40)
                .map(|minute| {
                    format!(
                        "05/{:02}/2009 01:{minute:02}:00 ANS1898I ***** Processed {} files *****\n",
                        18 + day,
                        500 * (day + 1)
                    )
                })
                .collect()
        })
        .collect();
    for day in 0..4_usize {
        estate.write("dm1/dsmsched.log", &days[day..day + 3].concat());
        let night = estate.night(i64::try_from(day).unwrap(), &[]);
        assert_eq!(night.exit, Exit::Quiet, "{night:?}");
    }
    assert!(estate.command(4, &["status"]).out.contains("1 there, 3 gone"));
}

#[test]
fn nothing_at_all_is_no_mail() {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", &quiet(0, 20));
    assert!(is_quiet(&estate.night(0, &[])));
    let always = estate.night(1, &["--always"]);
    assert_eq!((always.exit, always.count("Nothing new.")), (Exit::Quiet, 1));
}
