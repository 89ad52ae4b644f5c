//! What is told and what is not: acknowledgements, silences, trials, levels, exit status.

use blogscan::cli::Exit;

use super::estate::{DELETION, Estate, RETRY, quiet};

#[test]
fn a_trial_changes_nothing() {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    for _ in 0..2 {
        let trial = estate.night(0, &["--dry-run"]);
        assert_eq!((trial.exit, trial.count("NEW      likely")), (Exit::Findings, 1));
        assert!(!estate.path("state/nightly.db").exists());
    }
    estate.night(0, &[]);
    let bytes = std::fs::read(estate.path("state/nightly.db")).unwrap();
    estate.write("jobs/job-7344.txt", RETRY);
    assert_eq!(estate.night(3, &["--dry-run"]).count("RISEN    confirmed"), 1);
    assert_eq!(std::fs::read(estate.path("state/nightly.db")).unwrap(), bytes);
    assert_eq!(estate.night(3, &[]).count("RISEN    confirmed"), 1);
}

#[test]
fn the_status_is_that_of_the_news() {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    assert_eq!(estate.night(0, &["--dry-run", "--fail-on", "confirmed"]).exit, Exit::Quiet);
    assert_eq!(estate.night(0, &["--dry-run", "--fail-on", "never"]).exit, Exit::Quiet);
    assert_eq!(estate.night(0, &["--dry-run", "--fail-on", "likely"]).exit, Exit::Findings);
    assert_eq!(estate.night(0, &[]).exit, Exit::Findings);
    assert_eq!(estate.night(1, &[]).exit, Exit::Quiet, "known by now");
}

#[test]
fn an_acknowledged_finding_is_not_told_until_it_is_surer_or_the_day_is_over() {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    estate.night(0, &[]);
    let ack = ["ack", "tech69597", "haff2_1242604800", "--until", "2009-05-25", "--reason", "ticket 12"];
    assert_eq!(estate.command(1, &ack).exit, Exit::Quiet);
    assert_eq!(estate.night(2, &["--always"]).count("1 acknowledged or silenced"), 1);
    estate.write("jobs/job-7344.txt", RETRY);
    let surer = estate.night(3, &[]);
    assert_eq!((surer.exit, surer.count("RISEN    confirmed (was likely)")), (Exit::Findings, 1));
    assert_eq!(estate.night(7, &[]).exit, Exit::Quiet, "the last day");
    let over = estate.night(8, &[]);
    assert_eq!((over.exit, over.count("STILL    confirmed")), (Exit::Findings, 1), "{}", over.out);
    assert_eq!(estate.night(9, &[]).out, "");
    let status = estate.command(9, &["status"]);
    assert!(status.out.contains("until 2009-05-25, over (ticket 12)"), "{}", status.out);
}

#[test]
fn what_was_acknowledged_before_it_was_told_is_not_told() {
    let estate = Estate::new();
    let ack = ["ack", "TECH69597", "--until", "2009-05-30", "--reason", "known"];
    estate.command(0, &ack);
    estate.write("haffms/bpdm/log.051809", DELETION);
    assert_eq!(estate.night(0, &[]).out, "");
    assert_eq!(estate.command(1, &["forget", "TECH69597"]).exit, Exit::Quiet);
    assert_eq!(estate.night(1, &[]).count("NEW      likely"), 1);
    assert_eq!(estate.command(1, &["forget", "TECH99999"]).exit, Exit::Findings);
}

#[test]
fn bad_words_are_refused_before_anything_is_read() {
    let estate = Estate::new();
    for words in [
        &["--mail-to", "nobody"][..],
        &["--smtp", "mail:x", "--mail-to", "ada@example.com"],
        &["--smtp", "mail", "--maildir", "m", "--mail-to", "ada@example.com"],
        &["--only", "TECH00000"],
        &["-"],
    ] {
        let outcome = estate.night(0, words);
        assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Trouble, ""), "{words:?}");
        assert!(!outcome.err.is_empty());
        assert!(!estate.path("state").exists(), "{words:?}");
    }
    assert_eq!(
        estate.command(3, &["ack", "X", "--until", "2009-05-01", "--reason", "r"]).exit,
        Exit::Trouble
    );
    assert_eq!(
        estate.command(3, &["ack", "X", "--until", "2009-05-30", "--reason", " "]).exit,
        Exit::Trouble
    );
}

#[test]
fn the_example_of_the_settings_is_one() {
    let estate = Estate::new();
    let printed = super::estate::at(0, &["nightly", "--print-settings"]).out;
    let settings = blogscan::settings::Settings::parse(&printed).unwrap();
    assert_eq!(settings.mail.to, ["backup-team@example.com"]);
    // The three other ways are there as comments.
    let other =
        printed.replace("# sendmail", "sendmail").replace("# maildir", "maildir").replace("# file", "file");
    assert!(blogscan::settings::Settings::parse(&other).unwrap().mail.maildir.is_some());
    drop(estate);
}

#[test]
fn a_mail_tells_it_in_a_few_lines() {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    estate.write("haffms/bpdm/log.051909", &quiet(0, 3));
    let out = estate.night(0, &[]).out;
    let first: Vec<&str> = out.lines().take(6).collect();
    assert!(first[0].ends_with("1 new: likely data loss (TECH69597)"), "{first:?}");
    assert_eq!(first[2], "NEW      likely, data loss");
    assert!(out.contains("Files: 2 read"), "{out}");
}
