//! The real program on hostile, broken and odd inputs: it ends, in bounded memory, with the right exit status, and
//! still reports what it could read.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

mod corpus_like;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use corpus_like::{Dice, Planted, ordinary_lines, planted, samples, write};
use serde_json::Value;

/// Nothing here takes longer than seconds; what hangs must not hang the tests.
const PATIENCE: Duration = Duration::from_secs(120);

struct Outcome {
    status: i32,
    out: String,
    err: String,
    /// Most memory that was resident, in KiB, as last seen.
    resident: u64,
}

impl Outcome {
    fn report(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    /// Codes of the notices, each with the name of its source.
    fn notices(&self) -> Vec<(String, String)> {
        let word = |value: &Value| value.as_str().unwrap_or("").rsplit('/').next().unwrap_or("").to_owned();
        let report = self.report();
        report["notices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (word(&row["code"]), word(&row["source"])))
            .collect()
    }

    fn levels(&self) -> Vec<String> {
        let report = self.report();
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["level"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn command<S: AsRef<OsStr>>(folder: &Path, words: &[S]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("blogscan"));
    command.args(words).current_dir(folder).stdin(Stdio::null());
    command.env_clear().env("HOME", folder).env("TMPDIR", std::env::temp_dir());
    command
}

/// Runs to the end, and watches the memory on the way.
fn finish(mut child: Child) -> Outcome {
    let mut pipe = child.stdout.take();
    let mut errors = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(pipe) = &mut pipe {
            pipe.read_to_end(&mut text).unwrap();
        }
        text
    });
    let error_reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(errors) = &mut errors {
            errors.read_to_end(&mut text).unwrap();
        }
        text
    });
    let begin = Instant::now();
    let mut resident = 0;
    let status = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        resident = peak.and_then(|peak| peak.trim().parse().ok()).unwrap_or(resident).max(resident);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is valid UTF-8");
    Outcome {
        status: status.code().unwrap_or_else(|| panic!("it died: {status}")),
        out: text(reader.join().unwrap()),
        err: text(error_reader.join().unwrap()),
        resident,
    }
}

fn run<S: AsRef<OsStr>>(folder: &Path, words: &[S]) -> Outcome {
    finish(command(folder, words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// Scans these words below a folder; the report is JSON.
fn scan<S: AsRef<OsStr>>(folder: &Path, words: &[S]) -> Outcome {
    let words: Vec<OsString> = [OsString::from("--format"), OsString::from("json")]
        .into_iter()
        .chain(words.iter().map(|word| word.as_ref().to_owned()))
        .collect();
    run(folder, &words)
}

fn empty_folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A folder with a log in which the failure is `likely`.
fn folder_with_damage() -> tempfile::TempDir {
    let folder = empty_folder();
    write(folder.path(), &[("bpdm/log.051109".to_owned(), damage())]);
    folder
}

fn damage() -> String {
    let (mut dice, mut at) = (Dice::new(1), 9 * 3_600_000);
    let mut log = ordinary_lines(&mut dice, &mut at, 5);
    log += &planted(Planted::Damage, "filesrv4_1242021151", 8_100, &mut at);
    at += 200_000;
    log + &ordinary_lines(&mut dice, &mut at, 5)
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

// ---- exit status ------------------------------------------------------------------------------------------------

#[test]
fn zero_nothing_one_findings_two_trouble() {
    let folder = folder_with_damage();
    let found = scan(folder.path(), &["bpdm"]);
    assert_eq!((found.status, found.levels(), found.err.as_str()), (1, vec!["likely".to_owned()], ""));
    assert_eq!(scan(folder.path(), &["--fail-on", "never", "bpdm"]).status, 0);
    assert_eq!(scan(folder.path(), &["--fail-on", "confirmed", "bpdm"]).status, 0);

    write(folder.path(), &[("quiet/log.051109".to_owned(), ordinary_lines(&mut Dice::new(1), &mut 0, 5))]);
    let quiet = scan(folder.path(), &["quiet"]);
    assert_eq!((quiet.status, quiet.levels().len(), quiet.err.as_str()), (0, 0, ""));
}

#[test]
fn a_missing_path_is_trouble_and_the_findings_are_printed() {
    let folder = folder_with_damage();
    let found = scan(folder.path(), &["bpdm", "gone", "*.nothing"]);
    assert_eq!((found.status, found.levels()), (2, vec!["likely".to_owned()]));
    assert_eq!(found.notices(), [("not-found", "*.nothing"), ("not-found", "gone")].map(owned));
    assert_eq!(found.err.lines().count(), 2, "{}", found.err);
    assert_eq!(found.report()["scan"]["complete"], false);
    let text = run(folder.path(), &["bpdm", "gone"]);
    assert_eq!(text.status, 2);
    assert!(
        text.out.contains("TECH69597") && text.err.contains("gone: not found"),
        "{}\n{}",
        text.out,
        text.err
    );
    // Alone it has nothing to say but that.
    let alone = scan(folder.path(), &["gone"]);
    assert_eq!((alone.status, alone.notices()), (2, vec![owned(("not-found", "gone"))]));
}

fn owned((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[test]
fn bad_usage_is_trouble_and_prints_no_results() {
    let folder = folder_with_damage();
    let bad: [&[&str]; 7] = [
        &["--no-such-option", "bpdm"],
        &["--format", "yaml", "bpdm"],
        &["--only", "TECH0", "bpdm"],
        &["--tz", "Nowhere/Never", "bpdm"],
        &["-j", "many", "bpdm"],
        &["--config", "gone.toml", "bpdm"],
        &[],
    ];
    for words in bad {
        let outcome = run(folder.path(), words);
        assert_eq!((outcome.status, outcome.out.as_str()), (2, ""), "{words:?}");
        assert!(!outcome.err.is_empty(), "{words:?}");
        assert!(!outcome.err.contains("panicked"), "{}", outcome.err);
    }
}

#[test]
fn nothing_recognised_is_trouble_and_an_unknown_file_beside_a_log_is_not() {
    let folder = empty_folder();
    write(folder.path(), &[("papers/readme.txt".to_owned(), "Dear colleagues,\nsee below.\n")]);
    let nothing = scan(folder.path(), &["papers"]);
    assert_eq!(nothing.status, 2);
    assert!(nothing.notices().contains(&owned(("nothing-recognised", ""))), "{:?}", nothing.notices());

    write(
        folder.path(),
        &[("papers/bpdm/log.051109".to_owned(), ordinary_lines(&mut Dice::new(1), &mut 0, 5))],
    );
    write(folder.path(), &[("papers/empty.log".to_owned(), "")]);
    write(folder.path(), &[("papers/picture.png".to_owned(), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\xff\xfe\0")]);
    let beside = scan(folder.path(), &["papers"]);
    assert_eq!((beside.status, beside.err.as_str()), (0, ""));
    let codes = beside.notices();
    for expected in
        [("empty", "empty.log"), ("unknown-dialect", "picture.png"), ("unknown-dialect", "readme.txt")]
    {
        assert!(codes.contains(&owned(expected)), "{codes:?}");
    }
    // An empty folder is no source at all.
    fs::create_dir(folder.path().join("void")).unwrap();
    assert_eq!(scan(folder.path(), &["void"]).status, 2);
    // A single empty file neither.
    assert_eq!(scan(folder.path(), &["papers/empty.log"]).status, 2);
}

#[test]
fn a_closed_pipe_is_no_trouble() {
    let folder = empty_folder();
    // More output than a pipe holds.
    let mut log = String::new();
    let mut at = 3_600_000;
    for number in 0..300 {
        log += &planted(Planted::Damage, &format!("srv{number}_1242021151"), 8_000 + number, &mut at);
        at += 100_000;
    }
    write(folder.path(), &[("bpdm/log.051109".to_owned(), log)]);
    for format in ["json", "text"] {
        let mut child = command(folder.path(), &["--format", format, "bpdm"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 16];
        child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        drop(child.stdout.take());
        let outcome = finish(child);
        assert_eq!((outcome.status, outcome.err.as_str()), (1, ""), "{format}");
    }
    // The same with help, which is longer than nothing.
    let mut child =
        command(folder.path(), &["--help"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let outcome = finish(child);
    assert_eq!((outcome.status, outcome.err.as_str()), (0, ""));
}

#[test]
fn a_full_disk_is_trouble() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = folder_with_damage();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child = command(folder.path(), &["--format", "json", "bpdm"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let outcome = finish(child);
    assert_eq!(outcome.status, 2);
    assert!(outcome.err.contains("standard output"), "{}", outcome.err);
}

// ---- things that are no files -----------------------------------------------------------------------------------

#[test]
fn pipes_are_trouble_when_named_and_passed_over_when_met() {
    let folder = folder_with_damage();
    make_pipe(&folder.path().join("bpdm/pipe"));
    let met = scan(folder.path(), &["bpdm"]);
    assert_eq!((met.status, met.levels()), (1, vec!["likely".to_owned()]));
    assert_eq!(met.notices(), [owned(("special-skipped", "pipe"))]);
    let named = scan(folder.path(), &["bpdm/log.051109", "bpdm/pipe"]);
    assert_eq!((named.status, named.levels()), (2, vec!["likely".to_owned()]));
    assert_eq!(named.notices(), [owned(("not-a-file", "pipe"))]);
    assert_eq!(scan(folder.path(), &["/dev/null"]).status, 2);
}

#[test]
fn links_that_lead_in_circles_end() {
    let folder = folder_with_damage();
    let inside = folder.path().join("bpdm");
    symlink(&inside, inside.join("again")).unwrap();
    symlink(inside.join("self"), inside.join("self")).unwrap();
    symlink("nowhere", inside.join("dangling")).unwrap();
    symlink(inside.join("log.051109"), inside.join("other-name.log")).unwrap();
    let found = scan(folder.path(), &["bpdm"]);
    assert_eq!((found.status, found.levels()), (1, vec!["likely".to_owned()]));
    let skipped: Vec<String> = found
        .notices()
        .into_iter()
        .filter(|(code, _)| code == "link-skipped")
        .map(|(_, source)| source)
        .collect();
    assert_eq!(skipped, ["again", "dangling", "self"]);
    assert_eq!(
        found.report()["sources"].as_array().unwrap().len(),
        1,
        "one file under two names is one source"
    );
}

#[test]
fn what_may_not_be_read_is_trouble() {
    let folder = folder_with_damage();
    write(folder.path(), &[("bpdm/log.051209".to_owned(), damage())]);
    let closed = folder.path().join("bpdm/log.051209");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&closed).is_ok() {
        // The administrator of the machine may read everything.
        return;
    }
    let found = scan(folder.path(), &["bpdm"]);
    assert_eq!((found.status, found.levels()), (2, vec!["likely".to_owned()]));
    assert_eq!(found.notices(), [owned(("no-permission", "log.051209"))]);
}

#[test]
fn names_may_hold_anything() {
    let folder = empty_folder();
    let names: [&[u8]; 6] = [
        b"a\x1b[31mred\nline",
        b"not\xffutf8.log",
        b"with \"quotes\" & <tags>",
        b"-j",
        "größe €.log".as_bytes(),
        b" ",
    ];
    for name in names {
        fs::write(folder.path().join(OsString::from_vec(name.to_vec())), damage()).unwrap();
    }
    let found = scan(folder.path(), &["."]);
    assert_eq!(found.status, 1);
    assert_eq!(found.report()["sources"].as_array().unwrap().len(), names.len());
    let text = run(folder.path(), &["."]);
    assert_eq!(text.status, 1);
    assert!(!text.out.contains('\x1b') && !text.err.contains('\x1b'), "{}", text.out);
    let identified = run(folder.path(), &["identify", "."]);
    assert_eq!(identified.status, 0, "{}", identified.err);
    assert!(!identified.out.contains('\x1b'), "{}", identified.out);
    // Named as arguments: bytes that are no text are bad usage or a missing path, never a crash.
    for name in names {
        let outcome = run(folder.path(), &[OsStr::new("--"), &OsString::from_vec(name.to_vec())]);
        assert!(matches!(outcome.status, 1 | 2), "{}", outcome.err);
        assert!(!outcome.err.contains("panicked") && !outcome.err.contains('\x1b'), "{}", outcome.err);
    }
}

// ---- size ---------------------------------------------------------------------------------------------------------

/// In a program that is not optimised and on two threads; far below the size of the inputs.
const MOST_MEMORY: u64 = 80 * 1024;

#[test]
fn a_hundred_megabytes_without_a_line_break() {
    let folder = empty_folder();
    fs::create_dir(folder.path().join("bpdm")).unwrap();
    let mut file = fs::File::create(folder.path().join("bpdm/log.051109")).unwrap();
    file.write_all(damage().as_bytes()).unwrap();
    file.write_all(b"10:00:00.000 [1] <2> bpdm: ").unwrap();
    let piece = b"no end in sight ".repeat(64 * 1024);
    for _ in 0..100 {
        file.write_all(&piece).unwrap();
    }
    drop(file);
    let found = scan(folder.path(), &["-j", "2", "bpdm"]);
    assert_eq!((found.status, found.levels()), (1, vec!["likely".to_owned()]));
    assert_eq!(found.notices(), [owned(("long-line", "log.051109"))]);
    assert!(found.resident < MOST_MEMORY, "{} KiB", found.resident);
}

/// Of the same in no known dialect only the beginning is read; compressed, it is small to begin with.
#[test]
fn a_hundred_megabytes_of_nothing() {
    let folder = empty_folder();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let piece = vec![b'x'; 1024 * 1024];
    packed.write_all(damage().as_bytes()).unwrap();
    for _ in 0..100 {
        packed.write_all(&piece).unwrap();
    }
    write(folder.path(), &[("bpdm/log.051109.gz".to_owned(), packed.finish().unwrap())]);
    write(folder.path(), &[("plain.log".to_owned(), piece.repeat(8))]);
    let found = scan(folder.path(), &["."]);
    assert_eq!(found.levels(), ["likely"]);
    assert!(found.resident < MOST_MEMORY, "{} KiB", found.resident);
}

#[test]
fn five_thousand_tiny_files_and_deep_folders() {
    let folder = empty_folder();
    let log = damage();
    for number in 0..5_000 {
        let sub = folder.path().join(format!("many/{}", number % 50));
        fs::create_dir_all(&sub).unwrap();
        let text = if number == 2_500 { log.as_str() } else { "10:00:00.000 [1] <2> bpdm: x\n" };
        fs::write(sub.join(format!("bpdm.{number}.log")), text).unwrap();
    }
    let mut deep = folder.path().join("deep");
    for _ in 0..200 {
        deep.push("sub");
    }
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("log.051109"), log.replace("filesrv4", "deepsrv")).unwrap();
    let found = scan(folder.path(), &["many", "deep"]);
    assert_eq!((found.status, found.levels().len()), (1, 2));
    assert_eq!(found.report()["scan"]["sources"], 5_001);
    assert!(found.resident < 2 * MOST_MEMORY, "{} KiB", found.resident);
}

// ---- damage --------------------------------------------------------------------------------------------------------

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn of_a_truncated_container_the_beginning_counts() {
    let folder = empty_folder();
    let noise: String = {
        let mut dice = Dice::new(5);
        (0..20_000).map(|number| format!("12:00:00.000 [{}] <2> bpdm: {}\n", number, dice.next())).collect()
    };
    let packed = gzip((damage() + &noise).as_bytes());
    write(folder.path(), &[("bpdm/log.051109.gz".to_owned(), &packed[..packed.len() / 2])]);
    let found = scan(folder.path(), &["bpdm"]);
    assert_eq!((found.status, found.levels()), (2, vec!["likely".to_owned()]));
    assert_eq!(found.notices(), [owned(("bad-container", "log.051109.gz"))]);
}

#[test]
fn zeros_and_mixed_encodings_hide_nothing() {
    let folder = empty_folder();
    let with_zeros = damage().replace("EXITING", "EX\0\0ITING").into_bytes();
    let torn = [damage().as_bytes(), &[0; 5_000], b"\n10:00:00.000 [1] <2> bpdm: behind the hole\n"].concat();
    let mixed = [damage().as_bytes(), b"10:00:00.000 [1] <2> bpdm: Gr\xf6\xdfe \xff\xfe\x80\n"].concat();
    for (name, bytes) in [("zeros", with_zeros), ("torn", torn), ("mixed", mixed)] {
        write(folder.path(), &[(format!("{name}/bpdm/log.051109"), bytes)]);
        let found = scan(folder.path(), &[name]);
        assert_eq!((found.status, found.levels()), (1, vec!["likely".to_owned()]), "{name}: {}", found.err);
    }
}

#[test]
fn a_source_that_is_removed_or_shortened_during_the_scan() {
    let folder = folder_with_damage();
    let line = "10:00:00.000 [1] <2> bpdm: nothing happens\n".repeat(20_000);
    let victims: Vec<_> =
        (0..30).map(|number| folder.path().join(format!("bpdm/log.0401{number:02}"))).collect();
    for victim in &victims {
        fs::write(victim, &line).unwrap();
    }
    let child = command(folder.path(), &["--format", "json", "-j", "1", "bpdm"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let remover = std::thread::spawn(move || {
        for (number, victim) in victims.iter().enumerate() {
            std::thread::sleep(Duration::from_millis(3));
            if number % 2 == 0 {
                fs::remove_file(victim).unwrap();
            } else {
                fs::OpenOptions::new().write(true).open(victim).unwrap().set_len(100).unwrap();
            }
        }
    });
    let found = finish(child);
    remover.join().unwrap();
    // Whoever was faster: the findings are there, and what was missed is told.
    assert_eq!(found.levels(), ["likely"]);
    let missed = found
        .notices()
        .iter()
        .filter(|(code, _)| matches!(code.as_str(), "read-failed" | "not-found"))
        .count();
    assert_eq!(found.status, if missed > 0 { 2 } else { 1 }, "{:?}", found.notices());
    assert!(!found.err.contains("panicked"), "{}", found.err);
}

/// Every sample cut at 50 places, in one run of the program.
#[test]
fn samples_cut_at_random_places() {
    let folder = empty_folder();
    let mut dice = Dice::new(11);
    for (name, text) in samples() {
        for number in 0..50 {
            let cut = dice.below(text.len() + 1);
            write(folder.path(), &[(format!("{number}/{name}"), &text.as_bytes()[..cut])]);
        }
    }
    for format in ["json", "text"] {
        let found = run(folder.path(), &["--format", format, "."]);
        assert!(matches!(found.status, 0 | 1), "{}", found.err);
        assert_eq!(found.err, "");
    }
    let found = run(folder.path(), &["identify", "."]);
    assert_eq!((found.status, found.err.as_str()), (0, ""));
}

/// A dialect is known by its text, whatever its file is called.
#[test]
fn names_that_lie() {
    let folder = empty_folder();
    let lies = [
        "log.051109",
        "events.evtx",
        "dsmsched.log",
        "vmware.log",
        "hostd.log.gz",
        "System.csv",
        "job.xml",
        "x.vmsd",
        "NBU_version.txt",
        "x.zip",
    ];
    let samples = samples();
    for (number, (name, text)) in samples.iter().enumerate() {
        for lie in lies {
            write(folder.path(), &[(format!("{number:02}/bptm/{lie}"), text)]);
        }
        let found = scan(folder.path(), &[format!("{number:02}")]);
        assert_ne!(found.status, 2, "{name}: {}", found.err);
        for source in found.report()["sources"].as_array().unwrap() {
            let dialect = source["dialect"].as_str().unwrap();
            assert!(
                name.starts_with(&format!("{dialect}.")),
                "{name} as {} is read as {dialect}",
                source["path"]
            );
        }
    }
}

/// What every notice's particulars look like: no shouting, no full stop, one line.
#[test]
fn notices_keep_one_voice() {
    let folder = folder_with_damage();
    for (name, text) in samples() {
        let half = &text.as_bytes()[..text.len() / 2];
        write(
            folder.path(),
            &[(format!("cut/{name}"), half), (format!("packed/{name}.gz"), &gzip(half)[..20])],
        );
    }
    write(folder.path(), &[("empty".to_owned(), "")]);
    make_pipe(&folder.path().join("pipe"));
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    let found = scan(folder.path(), &[".", "gone", "pipe"]);
    assert_eq!(found.status, 2);
    let report = found.report();
    let notices = report["notices"].as_array().unwrap();
    assert!(notices.len() > 20);
    for notice in notices {
        let detail = notice["detail"].as_str().unwrap();
        assert!(!detail.is_empty() && !detail.contains('\n'), "{notice}");
        assert!(!detail.ends_with(['.', '!', ' ']), "{notice}");
        assert!(!detail.starts_with(|c: char| c.is_uppercase()), "{notice}");
    }
}
