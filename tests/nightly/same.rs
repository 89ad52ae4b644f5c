//! What nights add up to is what one scan of everything says: the memory decides what is read, never what is true.

use std::path::{Path, PathBuf};

use blogscan::base::{Level, Report};
use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run, run_remembering};
use blogscan::settings::Settings;
use blogscan::state::{Memory, Night, Remembered, State};
use indexmap::IndexSet;

use super::estate::{DELETION, day, gzip, quiet};

struct Nights<'c> {
    catalogue: &'c Catalogue,
    state: State,
    number: i64,
    _folder: tempfile::TempDir,
}

impl<'c> Nights<'c> {
    fn new(catalogue: &'c Catalogue) -> Nights<'c> {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(&folder.path().join("s.db")).unwrap();
        Nights { catalogue, state, number: 0, _folder: folder }
    }

    fn pass(&mut self, inputs: &[String]) -> (Report, Remembered) {
        let today = day(self.number);
        self.number += 1;
        let known = self.state.files().unwrap();
        let state = &self.state;
        let mut load = |file| state.content(file);
        let mut memory = Memory { known, load: &mut load, today };
        let options = Options { jobs: 1, ..Options::default() };
        let (report, remembered) =
            run_remembering(inputs, &options, self.catalogue, &Settings::default(), &mut memory);
        let night = Night {
            today,
            now: today.and_hms_opt(6, 0, 0).unwrap().and_utc(),
            remembered: &remembered,
            findings: &[],
            wordings: &IndexSet::new(),
            message: None,
        };
        self.state.keep(&night).unwrap();
        (report, remembered)
    }
}

fn once(catalogue: &Catalogue, inputs: &[String]) -> Report {
    run(inputs, &Options { jobs: 1, ..Options::default() }, catalogue, &Settings::default())
}

/// Level and object of every finding.
fn judged(report: &Report) -> Vec<(Level, String)> {
    let mut all: Vec<_> =
        report.findings.iter().map(|finding| (finding.level, finding.key.clone())).collect();
    all.sort();
    all
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => files(&path, found),
            false if path.ends_with("expect.toml") => {}
            false => found.push(path),
        }
    }
}

fn word(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-logs");
    let mut cases = Vec::new();
    for advisory in std::fs::read_dir(root).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        cases.extend(std::fs::read_dir(advisory.path()).unwrap().flatten().map(|entry| entry.path()));
    }
    cases.retain(|case| case.is_dir());
    cases.sort();
    cases
}

/// Every case of the sample logs, its files one night after the other, each gone when the next one comes.
#[test]
fn files_one_by_one_come_to_what_all_of_them_come_to() {
    let catalogue = Catalogue::embedded();
    let mut compared = 0;
    for case in cases() {
        let mut sources = Vec::new();
        files(&case, &mut sources);
        if sources.len() < 2 {
            continue;
        }
        let whole = once(&catalogue, &[word(&case)]);
        let mut nights = Nights::new(&catalogue);
        let mut last = None;
        for source in &sources {
            last = Some(nights.pass(&[word(source)]).0);
        }
        let last = last.unwrap();
        // The state of the earlier nights is complete only with every source.
        assert_eq!(judged(&last), judged(&whole), "{}", case.display());
        compared += 1;
    }
    assert!(compared > 100, "{compared}");
}

/// Every case, each file cut in two: the first half is read one night, the whole the next, and again compressed.
#[test]
fn files_that_grow_come_to_what_they_are_in_the_end() {
    let catalogue = Catalogue::embedded();
    for case in cases().into_iter().step_by(3) {
        let mut sources = Vec::new();
        files(&case, &mut sources);
        let folder = tempfile::tempdir().unwrap();
        let copies: Vec<(PathBuf, Vec<u8>)> = sources
            .iter()
            .map(|source| {
                let copy = folder.path().join("estate").join(source.strip_prefix(&case).unwrap());
                std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
                (copy, std::fs::read(source).unwrap())
            })
            .collect();
        let inputs = [word(&folder.path().join("estate"))];
        let mut nights = Nights::new(&catalogue);
        for (copy, bytes) in &copies {
            let half = memchr_line(bytes, bytes.len() / 2);
            std::fs::write(copy, &bytes[..half]).unwrap();
        }
        nights.pass(&inputs);
        for (copy, bytes) in &copies {
            std::fs::write(copy, bytes).unwrap();
        }
        let whole = once(&catalogue, &inputs);
        assert_eq!(judged(&nights.pass(&inputs).0), judged(&whole), "{} whole", case.display());
        let (again, remembered) = nights.pass(&inputs);
        assert_eq!(judged(&again), judged(&whole), "{} again", case.display());
        assert_eq!((remembered.read.len(), remembered.bytes_read), (0, 0), "{}", case.display());
        assert_eq!(again.scan.records, whole.scan.records);
    }
}

fn memchr_line(bytes: &[u8], from: usize) -> usize {
    bytes.iter().skip(from).position(|byte| *byte == b'\n').map_or(bytes.len(), |at| from + at + 1)
}

/// A large debug log that grows by pieces of every size comes to what a scan of the whole says, to the last number;
/// of what was read before only the end is read again.
#[test]
fn a_large_log_is_read_on() {
    let catalogue = Catalogue::embedded();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("haffms/bpdm/log.051809");
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    let inputs = [word(folder.path())];
    let mut nights = Nights::new(&catalogue);
    let mut text = String::new();
    for (number, lines) in [9000, 1, 4000, 300, 12_000, 2500, 7, 30_000].into_iter().enumerate() {
        let before = text.len();
        text.push_str(&quiet(4000 * number, lines));
        if number % 2 == 1 {
            text.push_str(DELETION);
        }
        // The next night finds the last line finished.
        let written = if number == 4 { text.len() - 17 } else { text.len() };
        std::fs::write(&log, &text[..written]).unwrap();
        let (report, remembered) = nights.pass(&inputs);
        let whole = once(&catalogue, &inputs);
        let json = |report: &Report| {
            let parts =
                (&report.findings, &report.sources, &report.coverage, &report.codes, &report.unknown_errors);
            serde_json::to_value((parts, &report.notices, report.scan.records, report.scan.bytes)).unwrap()
        };
        assert_eq!(json(&report), json(&whole), "night {number}");
        if number > 0 {
            let new = (text.len() - before) as u64;
            assert!(
                remembered.bytes_read < new + 1_000_000,
                "night {number}: {} of {new}",
                remembered.bytes_read
            );
        }
    }
    // Rotated: what it is by its bytes.
    let packed = folder.path().join("haffms/bpdm/log.051809.gz");
    gzip(&log, &packed);
    std::fs::remove_file(&log).unwrap();
    let (report, remembered) = nights.pass(&inputs);
    assert_eq!((remembered.read.len(), remembered.unchanged.len(), remembered.gone.len()), (0, 1, 0));
    assert_eq!(judged(&report), judged(&once(&catalogue, &inputs)));
}

/// Logs of every dialect that are appended to, each longer than its beginning that is always looked at: what is added
/// is half a sample the first night, with its last line half written, and the rest of it the next.
#[test]
fn appended_logs_of_every_dialect_are_read_on() {
    let catalogue = Catalogue::embedded();
    let folder = tempfile::tempdir().unwrap();
    let inputs = [word(folder.path())];
    let mut nights = Nights::new(&catalogue);
    let mut logs = appended();
    for (path, ..) in &mut logs {
        *path = folder.path().join(&*path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    }
    let long: Vec<String> =
        logs.iter().map(|(_, text, quiet)| format!("{text}\n{}", quiet.repeat(LONG / quiet.len()))).collect();
    let mut whole_bytes = 0;
    for night in 0..4 {
        let mut new = 0;
        for ((path, text, _), long) in logs.iter().zip(&long) {
            let half = text.floor_char_boundary(text.len() / 2 + 7);
            let length = long.len() + [0, half, text.len(), text.len()][night];
            let before = std::fs::metadata(path).map_or(0, |now| now.len());
            new += length as u64 - before;
            if before != length as u64 {
                std::fs::write(path, &format!("{long}{text}")[..length]).unwrap();
            }
        }
        let (report, remembered) = nights.pass(&inputs);
        let whole = once(&catalogue, &inputs);
        assert_eq!(without_texts(&report), without_texts(&whole), "night {night}");
        println!("night {night}: {new} bytes are new, {} were read", remembered.bytes_read);
        match night {
            0 => whole_bytes = remembered.bytes_read,
            // Of each log its beginning, what stood before its old end, and its new end are looked at.
            1 | 2 => {
                let most = new + logs.len() as u64 * (4 * 64 + 40) * 1024;
                assert!(remembered.bytes_read < most, "{} of {most}", remembered.bytes_read);
                assert!(remembered.bytes_read < whole_bytes / 2);
                assert_eq!(remembered.read.len(), logs.len());
            }
            _ => assert_eq!((remembered.read.len(), remembered.bytes_read), (0, 0)),
        }
    }
}

/// The report without what is quoted: of a record that was put together from many lines, its own words are shown
/// where its line was read on another night.
fn without_texts(report: &Report) -> serde_json::Value {
    let parts = (&report.findings, &report.sources, &report.coverage, &report.codes, &report.unknown_errors);
    let mut value =
        serde_json::to_value((parts, &report.notices, &report.facts, report.scan.records)).unwrap();
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Array(values) => values.iter_mut().for_each(strip),
            serde_json::Value::Object(fields) => {
                fields.shift_remove("text");
                fields.values_mut().for_each(strip);
            }
            _ => {}
        }
    }
    strip(&mut value);
    value
}

/// Longer than the beginning of a log that is looked at each time.
const LONG: usize = 290_000;

/// A sample of each dialect whose logs are appended to, as a file of its product, and a line in which nothing happens.
fn appended() -> Vec<(PathBuf, String, &'static str)> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus_like/samples");
    [
        ("tsm.error", "dm1/dsmerror.log", "02/02/2013 01:10:00 ANS1802E Incremental backup of '\\\\dm1\\d$' finished\n"),
        ("tsm.sched.vm", "dm1/dsmsched.log", "02/13/2013 23:10:00 ANS1898I ***** Processed     1,500 files *****\n"),
        ("tsm.console", "dm2/console.out", "ANS1898I ***** Processed     1,500 files *****\n"),
        ("tsm.cad", "dm3/dsmwebcl.log", "11/08/12 00:46:10 (dsmcad) Command will be executed in 12 hours.\n"),
        ("tsm.actlog", "tsm/actlog.out", "01/22/2009 07:13:05  ANR8335I 3590 volume A00017 is mounted R/W in drive D1.\n"),
        ("tsm.dp", "sql1/tdpsql.log", "02/13/2013 23:00:00 Request     : QUERY\n"),
        ("fcm.log", "fcm1/summary.20140320220000", "22:00:30 FMM1009I Waiting for the hypervisor\n"),
        ("vmware.hostd", "esx1/hostd.log", "2019-03-11T09:20:02.117Z info hostd[2099511] [Originator@6876 sub=Hostsvc] Refreshed storage\n"),
        ("vmware.vpxd", "vc/vpxd.log", "2022-06-02T12:58:12.193Z info vpxd[45715] [Originator@6876 sub=vpxLro opID=7e12ffff] nothing to do\n"),
        ("vmware.vpxa", "esx1/vpxa.log", "2018-02-19T03:13:52.004Z info vpxa[2100733] [Originator@6876 sub=halservices] nothing to do\n"),
        ("vmware.vmkernel", "esx1/vmkernel.log", "2013-01-15T21:09:23.347Z cpu9:4121)NetPort: 1392: enabled port 0x2000004\n"),
        ("vmware.vmx-log", "vm/vm1/vmware.log", "2018-04-19T03:51:38.587Z| vmx| I120: Vix: [4711 mainDispatch.c:870]: nothing to do\n"),
        ("vmware.vmbackup", "guest1/vmbackup.log", "[Jul 16 21:30:35.108] [   debug] [vmsvc] RpcIn: received 4 bytes, content:\"ping\"\n"),
        ("netbackup.unified", "master/nbjm.txt", "6/9/2010 09:37:52.406 [Debug] NB 51216 nbjm 117 PID:1364 TID:4120 File ID:117 [No context] 6 [run] idle\n"),
        ("netbackup.bperror", "master/bperror.txt", "1356998999 1 2 4 mas1 0 0 0 *NULL* bptm nothing to do\n"),
        ("netbackup.msdp", "media/storaged.log", "14:35:31 INFO [40217] [139871220475648]: 25128: nothing to do\n"),
    ]
    .into_iter()
    .map(|(sample, path, quiet)| {
        let text = std::fs::read_to_string(samples.join(format!("{sample}.txt"))).unwrap();
        (PathBuf::from(path), text, quiet)
    })
    .collect()
}

/// A hundredth of an estate is new: about a hundredth of its bytes is read, whatever product wrote them.
#[test]
fn what_is_read_is_what_is_new() {
    let catalogue = Catalogue::embedded();
    let folder = tempfile::tempdir().unwrap();
    let others = appended();
    let logs: Vec<(PathBuf, String, String)> = (0..50)
        .map(|number| match others.get(number) {
            Some((path, head, quiet)) => {
                let text = format!("{head}\n{}", quiet.repeat(1_300_000 / quiet.len()));
                (folder.path().join(path), text, quiet.repeat(300_000 / quiet.len()))
            }
            None => {
                let path = folder.path().join(format!("ms{number}/bptm/log.051809"));
                (path, quiet(number, 20_000), super::estate::quiet(30_000, 5000))
            }
        })
        .collect();
    for (path, text, _) in &logs {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let inputs = [word(folder.path())];
    let mut nights = Nights::new(&catalogue);
    let (_, first) = nights.pass(&inputs);
    let all: usize = logs.iter().map(|(_, text, _)| text.len()).sum();
    assert!(first.bytes_read >= all as u64);
    let (mut new, mut grown) = (0, 0);
    for (path, text, more) in logs.iter().skip(1).step_by(12) {
        std::fs::write(path, format!("{text}{more}")).unwrap();
        (new, grown) = (new + more.len() as u64, grown + 1);
    }
    let (_, second) = nights.pass(&inputs);
    println!("{all} bytes, {new} of them new in {grown} logs: {} read", second.bytes_read);
    // Of each log that grew its beginning and what stood before its old end are looked at to know it again, and its
    // new end to know it tomorrow; the end of a debug log is read again.
    assert!(second.bytes_read >= new && second.bytes_read < new + grown * 350_000, "{}", second.bytes_read);
    assert_eq!((second.read.len(), second.unchanged.len()), (grown as usize, 50 - grown as usize));
}
