//! What holds for every estate: threads, the order of arguments, encodings, chunks, truncation and copies do not
//! change what is found. The estates are made up from seeds (`corpus_like`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

mod corpus_like;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use blogscan::base::{Level, Report};
use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run};
use blogscan::settings::Settings;
use corpus_like::{Dice, File, Planted, clock, estate, ordinary_lines, planted, samples, write};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::embedded);

fn scan_with(jobs: usize, inputs: &[String]) -> Report {
    let options = Options { jobs, ..Options::default() };
    run(inputs, &options, &CATALOGUE, &Settings::default())
}

/// Scans everything below a folder.
fn scan(folder: &Path) -> Report {
    scan_with(2, &[folder.to_str().unwrap().to_owned()])
}

/// The report without the place of the folder, which is another one in each run.
fn json(report: &Report, folder: &Path) -> String {
    serde_json::to_string_pretty(report).unwrap().replace(folder.to_str().unwrap(), "")
}

fn laid_out<B: AsRef<[u8]>>(files: &[(String, B)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

/// The property would hold of nothing: the estates must give findings of several levels.
#[test]
fn estates_are_worth_scanning() {
    let mut levels: BTreeMap<String, usize> = BTreeMap::new();
    let mut events = BTreeMap::new();
    for seed in 0..20 {
        let folder = laid_out(&estate(seed));
        let report = scan(folder.path());
        for finding in &report.findings {
            *levels.entry(format!("{} {}", finding.advisory, finding.level.name())).or_default() += 1;
            for evidence in &finding.evidence {
                *events.entry(evidence.event.clone()).or_insert(0) += 1;
            }
        }
    }
    for wanted in
        ["TECH69597 confirmed", "TECH69597 likely", "TECH69597 suspected", "TECH69597 cleared", "TECH136138"]
    {
        assert!(levels.keys().any(|level| level.starts_with(wanted)), "{wanted}: {levels:?}");
    }
    assert!(events.len() > 8, "{events:?}");
}

/// Every sample is in the dialect that its name says, with exactly these records.
#[test]
fn every_dialect_is_recognised() {
    let folder = laid_out(&samples());
    let report = scan(folder.path());
    let mut rows = String::new();
    for source in &report.sources {
        let name = source.path.rsplit('/').next().unwrap();
        assert!(name.starts_with(&format!("{}.", source.dialect)), "{name} is read as {}", source.dialect);
        let _ = writeln!(rows, "{name}: {} records, {} headless", source.records, source.headless);
    }
    insta::assert_snapshot!(rows);
}

#[test]
fn threads_and_the_order_of_arguments_change_nothing() {
    for seed in 0..6 {
        let folder = laid_out(&estate(seed));
        let mut arguments: Vec<String> = std::fs::read_dir(folder.path().join("case"))
            .unwrap()
            .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
            .collect();
        arguments.sort();
        let expected = json(&scan_with(1, &arguments), folder.path());
        let mut dice = Dice::new(seed);
        for jobs in [1, 2, 8, 0] {
            for at in (1..arguments.len()).rev() {
                arguments.swap(at, dice.below(at + 1));
            }
            let found = json(&scan_with(jobs, &arguments), folder.path());
            assert_eq!(expected, found, "seed {seed}, {jobs} threads, {arguments:?}");
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Marked,
    LittleEndian { marked: bool },
    BigEndian { marked: bool },
    Gzip,
    CarriageReturns,
}

const FORMS: [Form; 7] = [
    Form::Marked,
    Form::LittleEndian { marked: false },
    Form::LittleEndian { marked: true },
    Form::BigEndian { marked: false },
    Form::BigEndian { marked: true },
    Form::Gzip,
    Form::CarriageReturns,
];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Form {
    fn of(self, (name, text): &File) -> (String, Vec<u8>) {
        let utf16 = |marked: bool, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let mark = marked.then_some('\u{feff}');
            mark.into_iter().chain(text.chars()).collect::<String>().encode_utf16().flat_map(bytes).collect()
        };
        match self {
            Form::Marked => (name.clone(), format!("\u{feff}{text}").into_bytes()),
            Form::LittleEndian { marked } => (name.clone(), utf16(marked, u16::to_le_bytes)),
            Form::BigEndian { marked } => (name.clone(), utf16(marked, u16::to_be_bytes)),
            Form::Gzip => (format!("{name}.gz"), gzip(text.as_bytes())),
            Form::CarriageReturns => {
                (name.clone(), text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes())
            }
        }
    }
}

/// What does not depend on how the logs were written down.
fn essence(report: &Report, folder: &Path, files: &[File]) -> Value {
    let mut text = json(report, folder).replace("\\r\\n", "\\n");
    for (name, _) in files {
        text = text.replace(&format!("{name}.gz"), name);
    }
    let mut report: Value = serde_json::from_str(&text).unwrap();
    for source in report["sources"].as_array_mut().unwrap() {
        for part in ["encoding", "bytes"] {
            source.as_object_mut().unwrap().remove(part);
        }
    }
    report["scan"]["bytes"] = Value::Null;
    report
}

/// Compares report by part, so that a failure shows where.
fn assert_same(expected: &Value, found: &Value, what: &str) {
    for part in ["findings", "codes", "facts", "sources", "coverage", "notices", "scan"] {
        assert_eq!(
            serde_json::to_string_pretty(&expected[part]).unwrap(),
            serde_json::to_string_pretty(&found[part]).unwrap(),
            "{part}: {what}"
        );
    }
}

fn check_forms(files: &[File], what: &str) {
    let folder = laid_out(files);
    let plain = essence(&scan(folder.path()), folder.path(), files);
    for form in FORMS {
        let changed: Vec<(String, Vec<u8>)> = files.iter().map(|file| form.of(file)).collect();
        let folder = laid_out(&changed);
        let found = essence(&scan(folder.path()), folder.path(), files);
        assert_same(&plain, &found, &format!("{what} as {form:?}"));
    }
}

#[test]
fn encodings_and_containers_change_nothing() {
    for seed in 0..6 {
        check_forms(&estate(seed), &format!("seed {seed}"));
    }
}

#[test]
fn encodings_change_nothing_in_any_dialect() {
    check_forms(&samples(), "samples");
}

// ---- one large log --------------------------------------------------------------------------------------------

const CHUNK: usize = blogscan::input::CHUNK_BYTES as usize;

/// What stands around the place where a large log is cut: lines, each with the time that has passed before it. The
/// file is cut before each of them in turn, and inside of some.
fn scenes() -> Vec<Vec<String>> {
    let day = 86_400_000;
    let line = |millis: u64, text: &str| format!("{} [8100] {text}\n", clock(millis));
    let damage = |from: u64| {
        let mut at = from;
        planted(Planted::Damage, "filesrv4_1242021151", 8_100, &mut at)
    };
    vec![
        // Midnight, with a line of before midnight that another process wrote late.
        vec![
            line(day - 300, "<2> bpdm: before midnight"),
            line(200, "<2> bpdm: behind midnight"),
            line(day - 100, "<2> bpdm: late"),
            line(day - 90, "<2> bpdm: late as well"),
            line(400, "<2> bpdm: goes on"),
            damage(1_000),
            line(30_000, "<2> bpdm: goes on"),
        ],
        // A record of several lines; what follows its first line has no head.
        vec![
            line(100, "<16> bpdm: the message is long"),
            "  and goes on,\n".to_owned(),
            "  \n".to_owned(),
            "replace_disk_frag: cannot update image database to add completed fragment, error = quoted\n"
                .to_owned(),
            "  status: 84\n".to_owned(),
            line(200, "<2> bpdm: next"),
        ],
        // The two halves of the failure in two pieces.
        damage(5_000).split_inclusive('\n').map(str::to_owned).collect(),
        // Damaged text, Windows line ends, empty lines.
        vec![
            line(100, "<2> bpdm: text").replace('\n', "\r\n"),
            "\r\n".to_owned(),
            "\n".to_owned(),
            "99:99:99.999 [1] <2> no time\n".to_owned(),
            line(150, "<2> bpdm: Größe €").replace('\n', "\r\r\n"),
        ],
    ]
}

/// A log in which each scene stands at the end of a chunk such that the chunk ends `cuts[n]` bytes into it.
fn large_log(scenes: &[(&[String], usize)]) -> String {
    let mut log = String::with_capacity((scenes.len() + 1) * CHUNK);
    let filler = "x".repeat(3_000);
    let mut at = 10 * 3_600_000;
    for (number, (lines, cut)) in scenes.iter().enumerate() {
        let before_scene = (number + 1) * CHUNK - cut;
        while log.len() + 200 < before_scene {
            let head = format!("{} [8000] <2> bpdm: ", clock(at));
            let room = before_scene - log.len() - head.len() - 1;
            // The last line ends where the scene begins; none is shorter than its head.
            let length = if room < 2 * filler.len() { room } else { filler.len() };
            log.push_str(&head);
            for piece in std::iter::repeat_n(filler.as_str(), length / filler.len() + 1) {
                let missing = length - (log.len() - log.rfind("bpdm: ").unwrap() - 6);
                log.push_str(&piece[..missing.min(piece.len())]);
            }
            log.push('\n');
            at += 20_000;
        }
        assert_eq!(log.len(), before_scene);
        log.extend(lines.iter().map(String::as_str));
        at = 3_600_000;
    }
    log.push_str("23:00:00.000 [8000] <2> bpdm: last\n");
    log
}

/// A large file is read in pieces side by side, its compressed copy in one: nothing may tell which.
#[test]
fn a_log_in_pieces_is_the_log_in_one() {
    let scenes = scenes();
    // Every place between two lines of every scene, and one inside each line.
    let mut cuts: Vec<(&[String], usize)> = Vec::new();
    for scene in &scenes {
        let mut length = 0;
        for line in scene {
            cuts.push((scene, length));
            cuts.push((scene, length + line.len() / 2));
            length += line.len();
        }
    }
    for (number, group) in cuts.chunks(4).enumerate() {
        let log = large_log(group);
        assert!(log.len() as u64 > blogscan::input::CUT_FROM || group.len() < 2);
        for name in ["bpdm/log.051109", "bpdm/bpdm.log"] {
            let files = [(name.to_owned(), log.clone())];
            let plain = laid_out(&files);
            let packed = laid_out(&[(format!("{name}.gz"), gzip(log.as_bytes()))]);
            let in_pieces = essence(&scan(plain.path()), plain.path(), &files);
            let in_one = essence(&scan(packed.path()), packed.path(), &files);
            assert_same(&in_one, &in_pieces, &format!("{name}, group {number}"));
        }
    }
}

// ---- truncation -------------------------------------------------------------------------------------------------

/// By advisory and object, the strongest level.
fn levels(report: &Report) -> BTreeMap<String, Level> {
    let mut levels = BTreeMap::new();
    for finding in &report.findings {
        levels.insert(finding.key.clone(), finding.level);
    }
    levels
}

/// A truncated log shows less: nothing is confirmed that the whole log does not confirm. (Weaker levels may appear:
/// without the proof that it did no harm, a beginning stays a beginning.) Of a state, such as a version or a list of
/// storage servers, this is not true: half a version file no longer tells that the version is not affected.
#[test]
fn a_truncated_log_confirms_nothing_new() {
    for seed in 0..8 {
        let files = estate(seed);
        let whole = laid_out(&files);
        let all = levels(&scan(whole.path()));
        let mut dice = Dice::new(seed + 1000);
        let states = ["NBU_version.txt", "MM_tpconfig.txt"];
        let logs = files
            .iter()
            .enumerate()
            .filter(|(_, (name, _))| states.iter().all(|state| !name.ends_with(state)));
        for (index, (name, text)) in logs {
            for _ in 0..8 {
                let cut = dice.below(text.len() + 1);
                let mut bytes: Vec<(String, Vec<u8>)> =
                    files.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())).collect();
                bytes[index].1.truncate(cut);
                let folder = laid_out(&bytes);
                for (key, level) in levels(&scan(folder.path())) {
                    if level == Level::Confirmed {
                        assert_eq!(
                            all.get(&key),
                            Some(&Level::Confirmed),
                            "seed {seed}: {key} is confirmed once {name} is cut at {cut}"
                        );
                    }
                }
            }
        }
    }
}

/// Any sample cut anywhere, its end or its beginning missing: no panic, and every byte is accounted for.
#[test]
fn samples_cut_anywhere_are_read() {
    let mut dice = Dice::new(7);
    for (name, text) in samples() {
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        for number in 0..50 {
            let cut = dice.below(text.len() + 1);
            let (head, tail) = text.as_bytes().split_at(cut);
            files.push((format!("{number}-head/{name}"), head.to_vec()));
            files.push((format!("{number}-tail/{name}"), tail.to_vec()));
        }
        let folder = laid_out(&files);
        let report = scan(folder.path());
        assert_eq!(report.sources.len(), files.len(), "{name}");
        for source in &report.sources {
            let nothing = source.bytes == 0;
            assert!(
                nothing || source.records + source.headless > 0 || is_blank(source.path.as_ref()),
                "{}",
                source.path
            );
        }
    }
}

fn is_blank(path: &Path) -> bool {
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).trim().is_empty()
}

// ---- copies ------------------------------------------------------------------------------------------------------

/// A second copy of every log at another path shows nothing new: equal events count once.
#[test]
fn copies_change_nothing() {
    for seed in 0..8 {
        let files = estate(seed);
        let folder = laid_out(&files);
        let once = findings_without_paths(&scan(folder.path()), folder.path());
        for (index, (name, text)) in files.iter().enumerate() {
            let mut more = files.clone();
            // The copy stays below the folder that names its host, in one that names its process.
            let (above, file) = name.rsplit_once('/').unwrap();
            let (above, process) = above.rsplit_once('/').unwrap_or((above, ""));
            more.push((format!("{above}/copy of it/{process}/{file}").replace("//", "/"), text.clone()));
            let folder = laid_out(&more);
            let twice = findings_without_paths(&scan(folder.path()), folder.path());
            assert_eq!(once, twice, "seed {seed}: a copy of {name} (file {index})");
        }
    }
}

fn findings_without_paths(report: &Report, folder: &Path) -> String {
    let text = json(report, folder).replace("/copy of it", "");
    let report: Value = serde_json::from_str(&text).unwrap();
    serde_json::to_string_pretty(&report["findings"]).unwrap()
}

/// Records that only look alike raise no finding.
#[test]
fn look_alikes_raise_nothing() {
    for case in corpus_like::PLANTED {
        let (mut dice, mut at) = (Dice::new(3), 9 * 3_600_000);
        let mut log = ordinary_lines(&mut dice, &mut at, 10);
        at += 1_000;
        log += &planted(case, "filesrv4_1242021151", 8_100, &mut at);
        at += 200_000;
        log += &ordinary_lines(&mut dice, &mut at, 10);
        let folder = laid_out(&[("bpdm/log.051109".to_owned(), log)]);
        let report = scan(folder.path());
        let alarms: Vec<Level> = report
            .findings
            .iter()
            .map(|finding| finding.level)
            .filter(|level| !matches!(level, Level::Cleared | Level::Exposed))
            .collect();
        let expected = if case == Planted::Damage { vec![Level::Likely] } else { vec![] };
        assert_eq!(alarms, expected, "{case:?}");
    }
}
