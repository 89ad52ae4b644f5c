//! Runs that end in the middle: at every write, by a signal at any time, on a full disk, on a damaged state. The next
//! run tells everything, and nothing twice.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use blogscan::cli::Exit;

use super::estate::{DELETION, Estate, RETRY, quiet};

/// The state as an earlier night left it, and a night with news.
struct Scene {
    estate: Estate,
    before: Vec<u8>,
}

impl Scene {
    fn new() -> Scene {
        let estate = Estate::new();
        estate.write("haffms/bpdm/log.051809", DELETION);
        for number in 0..60 {
            estate.write(&format!("ms{number}/bptm/log.051809"), &quiet(number, 2));
        }
        assert_eq!(estate.night(0, &[]).exit, Exit::Findings);
        estate.write("jobs/job-7344.txt", RETRY);
        estate.remove("ms0/bptm/log.051809");
        for number in 1..40 {
            estate.append(&format!("ms{number}/bptm/log.051809"), &quiet(600 + number, 2));
        }
        for number in 60..210 {
            estate.write(&format!("ms{number}/bptm/log.051909"), &quiet(number, 2));
        }
        let before = std::fs::read(estate.path("state/nightly.db")).unwrap();
        Scene { estate, before }
    }

    /// As it was before the night.
    fn reset(&self) {
        let _ = std::fs::remove_file(self.estate.path("state/nightly.db-journal"));
        std::fs::write(self.estate.path("state/nightly.db"), &self.before).unwrap();
        for name in ["mails", "calls"] {
            let _ = std::fs::remove_file(self.estate.path(name));
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_blogscan"));
        command.args(["nightly", "--progress", "never", "--jobs", "1", "--state"]);
        command.arg(self.estate.path("state/nightly.db")).arg("--file").arg(self.estate.path("mails"));
        let calls = self.estate.word("calls");
        command.arg("--webhook").arg(format!("(cat; echo) >> '{calls}'"));
        command.arg(self.estate.path("logs")).env_remove("BLOGSCAN_TEST_STOP_AT");
        command
    }

    fn run(&self) -> Output {
        self.command().output().unwrap()
    }

    /// After a run that ended in the middle, one that does not.
    fn check(&self, place: &str, looks_twice: bool) {
        let after = self.run();
        assert_ne!(after.status.code(), Some(2), "{place}: {}", String::from_utf8_lossy(&after.stderr));
        let mails = std::fs::read_to_string(self.estate.path("mails")).unwrap();
        assert!(mails.contains("\nRISEN    confirmed"), "{place}: {mails}");
        assert_eq!(mails.matches("\nMessage-ID: ").count(), 1, "{place}: {mails}");
        let calls = std::fs::read_to_string(self.estate.path("calls")).unwrap();
        let ids: Vec<String> = calls
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .map(|call| call["message_id"].as_str().unwrap().to_owned())
            .collect();
        // A command may be called twice, with one Message-ID.
        assert!((1..=2).contains(&ids.len()), "{place}: {calls}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1, "{place}: {ids:?}");
        if !looks_twice {
            return;
        }
        let last = self.run();
        assert_eq!(last.status.code(), Some(0), "{place}: {}", String::from_utf8_lossy(&last.stderr));
        assert_eq!(std::fs::read_to_string(self.estate.path("mails")).unwrap(), mails, "{place}");
    }
}

/// Every place at which something was written or handed over, in estates side by side.
#[cfg(debug_assertions)]
#[test]
fn stopped_at_every_write() {
    let visit = |first: usize, step: usize| {
        let scene = Scene::new();
        let mut place = first;
        loop {
            scene.reset();
            let stopped = scene.command().env("BLOGSCAN_TEST_STOP_AT", place.to_string()).output().unwrap();
            if stopped.status.code().is_some() {
                assert_eq!(stopped.status.code(), Some(1), "the run had no further place");
                return place;
            }
            scene.check(&format!("place {place}"), place % 10 == 0);
            place += step;
        }
    };
    let most = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    let ends: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=most).map(|first| scope.spawn(move || visit(first, most))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    // The first place that no run had.
    let end = ends.into_iter().min().unwrap();
    println!("stopped at {} places", end - 1);
    assert!(end > 200, "only {end} places");
}

/// Killed from outside, wherever it happens to be: also inside of the database's own writing.
#[test]
fn killed_at_any_time() {
    let scene = Scene::new();
    scene.reset();
    let begun = std::time::Instant::now();
    scene.run();
    let whole = begun.elapsed();
    for step in 0..20_u32 {
        scene.reset();
        let mut child = scene.command().spawn().unwrap();
        std::thread::sleep(whole * step / 20 + Duration::from_millis(1));
        let _ = child.kill();
        child.wait().unwrap();
        scene.check(&format!("after {step}/20 of the time"), true);
    }
}

/// The disk is full when the state is written.
#[test]
fn a_full_disk() {
    let scene = Scene::new();
    for blocks in [1, 20, 60, 100] {
        scene.reset();
        let inner = scene.command();
        let words: Vec<String> = inner
            .get_args()
            .map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', "'\\''")))
            .collect();
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec '{}' {}",
            env!("CARGO_BIN_EXE_blogscan"),
            words.join(" ")
        );
        let full = Command::new("sh").args(["-c", &script]).output().unwrap();
        let err = String::from_utf8_lossy(&full.stderr).into_owned();
        assert_eq!(full.status.code(), Some(2), "{blocks}: {err}");
        assert!(err.contains("nightly.db") || err.contains("mails"), "{blocks}: {err}");
        scene.check(&format!("{blocks} blocks"), true);
    }
}

/// The mail finds no room; the state does.
#[test]
fn no_room_for_the_mail() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    let full = estate.night(0, &["--file", "/dev/full"]);
    assert_eq!(full.exit, Exit::Trouble);
    assert!(full.err.contains("/dev/full"), "{}", full.err);
    let mails = estate.word("mails");
    assert_eq!(estate.night(1, &["--file", &mails]).exit, Exit::Quiet);
    let mails = std::fs::read_to_string(&mails).unwrap();
    assert_eq!(mails.matches("\nMessage-ID: ").count(), 1);
    assert!(mails.contains("NEW      likely"));
}

/// Whatever became of the state's bytes: everything is told again, the damaged file stays, and somebody hears of it.
#[test]
fn a_damaged_state() {
    type Damage<'d> = (&'d str, &'d dyn Fn(&mut Vec<u8>));
    let damages: [Damage<'_>; 4] = [
        ("page", &|bytes| bytes[5000..9000].fill(0xff)),
        ("header", &|bytes| bytes[..100].fill(0)),
        ("half", &|bytes| bytes.truncate(bytes.len() / 2)),
        ("garbage", &|bytes| bytes.iter_mut().for_each(|byte| *byte = byte.wrapping_mul(17) ^ 0x5a)),
    ];
    for (name, damage) in damages {
        let estate = Estate::new();
        estate.write("haffms/bpdm/log.051809", DELETION);
        estate.night(0, &[]);
        let path = estate.path("state/nightly.db");
        let mut bytes = std::fs::read(&path).unwrap();
        damage(&mut bytes);
        std::fs::write(&path, &bytes).unwrap();
        let after = estate.night(1, &[]);
        assert_eq!(after.exit, Exit::Trouble, "{name}: {after:?}");
        assert_eq!(after.count("NEW      likely"), 1, "{name}: {after:?}");
        assert!(after.out.contains("was damaged") && after.err.contains("was damaged"), "{name}");
        let aside = std::fs::read_dir(estate.path("state"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_str().unwrap().contains(".damaged-"))
            .unwrap();
        assert!(std::fs::read(aside).unwrap() == bytes, "{name}");
        assert_eq!(estate.night(2, &[]).exit, Exit::Quiet, "{name}");
    }
}

/// Files of others are not touched, whatever `--state` says.
#[test]
fn a_state_that_is_none() {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    let logs = estate.word("logs");
    let text = estate.word("notes.txt");
    std::fs::write(&text, "not a database, but somebody's notes\n".repeat(50)).unwrap();
    let other = estate.word("other.db");
    rusqlite::Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t (a); PRAGMA user_version = 7")
        .unwrap();
    let newer = estate.word("newer.db");
    assert_eq!(super::estate::at(0, &["nightly", "--state", &newer, &logs]).exit, Exit::Findings);
    rusqlite::Connection::open(&newer).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    for (path, reason) in [(&text, "no state"), (&other, "another program"), (&newer, "newer version")] {
        let before = std::fs::read(path).unwrap();
        for _ in 0..2 {
            let refused = super::estate::at(0, &["nightly", "--state", path, &logs]);
            assert_eq!((refused.exit, refused.out.as_str()), (Exit::Trouble, ""), "{path}");
            assert!(refused.err.contains(reason), "{}", refused.err);
        }
        assert_eq!(std::fs::read(path).unwrap(), before, "{path}");
    }
    let nowhere = super::estate::at(0, &["nightly", "--state", "/dev/null/nightly.db", &logs]);
    assert_eq!(nowhere.exit, Exit::Trouble);
}

/// The state is read-only, for a user who may not write everything: where the tests run as root they become nobody.
#[test]
fn a_state_that_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    estate.night(0, &[]);
    estate.write("jobs/job-7344.txt", RETRY);
    let path = estate.path("state/nightly.db");
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for folder in ["", "state", "logs"] {
        set(&estate.path(folder), 0o755);
    }
    set(&path, 0o444);
    // Somebody else's lock file would be what cannot be written otherwise.
    for entry in std::fs::read_dir(estate.path("state")).unwrap().map(|entry| entry.unwrap().path()) {
        set(&entry, if entry == path { 0o444 } else { 0o666 });
    }
    let before = std::fs::read(&path).unwrap();
    // The program must be where nobody can reach it, too.
    let program = estate.path("blogscan");
    std::fs::copy(env!("CARGO_BIN_EXE_blogscan"), &program).unwrap();
    set(&program, 0o755);
    let may_write_all = std::fs::File::options().append(true).open(&path).is_ok();
    let mut command = match may_write_all {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&program);
            command
        }
        false => Command::new(&program),
    };
    command.args(["nightly", "--progress", "never", "--state"]).arg(&path).arg(estate.path("logs"));
    let refused = match command.output() {
        Err(error) if may_write_all => {
            println!("skipped: setpriv cannot be run ({error})");
            return;
        }
        refused => refused.unwrap(),
    };
    let err = String::from_utf8_lossy(&refused.stderr);
    assert_eq!((refused.status.code(), refused.stdout.as_slice()), (Some(2), b"".as_slice()), "{err}");
    assert!(err.contains("cannot be written"), "{err}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    set(&path, 0o600);
    assert_eq!(estate.night(3, &[]).count("RISEN    confirmed"), 1);
}

/// Two runs at a time: the second one says so and does nothing.
#[test]
fn a_second_run() {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    estate.night(0, &[]);
    let _held = blogscan::state::Lock::take(&estate.path("state/nightly.db")).unwrap();
    let second = estate.night(1, &[]);
    assert_eq!(second.exit, Exit::Trouble);
    assert!(second.err.contains("another nightly run"), "{}", second.err);
}
