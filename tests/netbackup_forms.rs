//! Every form in which NetBackup's logs and command outputs come, good and damaged: which dialect each is read as, how
//! many records it has, and how much of it was not understood.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use blogscan::base::report::SourceRow;
use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run};
use blogscan::settings::Settings;

/// Path below the folder of samples, and text.
fn samples() -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, files) } else { files.push(path) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/netbackup_forms");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// What a scan says of each sample after this change.
fn read_as(samples: &[(String, String)], change: impl Fn(&str) -> String) -> Vec<SourceRow> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("forms");
    for (name, text) in samples {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, change(text)).unwrap();
    }
    let inputs = [root.to_str().unwrap().to_owned()];
    let report = run(&inputs, &Options::default(), &Catalogue::default(), &Settings::default());
    assert_eq!(report.sources.len(), samples.len());
    report.sources
}

/// So many bytes are missing where a log was cut.
const CUT: usize = 11;

fn without_beginning(text: &str) -> String {
    let at = (CUT..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap();
    text[at..].to_owned()
}

fn without_end(text: &str) -> String {
    let at = (0..=text.len() - CUT).rev().find(|at| text.is_char_boundary(*at)).unwrap();
    text[..at].to_owned()
}

#[test]
fn good_and_damaged_forms() {
    let samples = samples();
    let good = read_as(&samples, str::to_owned);
    let returns = read_as(&samples, |text| text.replace('\n', "\r\n"));
    let headless = read_as(&samples, without_beginning);
    let open = read_as(&samples, without_end);
    let mut rows = String::new();
    for at in 0..good.len() {
        let row = &good[at];
        let name = row.path.split("/forms/").last().unwrap();
        let first = row.from.as_deref().unwrap_or("-");
        write!(rows, "{name}\n    {}, {}+{} from {first}", row.dialect, row.records, row.headless).unwrap();
        assert_eq!(
            (row.dialect, row.records, row.headless, &row.from, &row.to),
            (
                returns[at].dialect,
                returns[at].records,
                returns[at].headless,
                &returns[at].from,
                &returns[at].to
            ),
            "{name} with carriage returns"
        );
        for (word, row) in [("beginning", &headless[at]), ("end", &open[at])] {
            let other = if row.dialect == good[at].dialect { "" } else { row.dialect };
            write!(rows, "; without {word} {}+{} {other}", row.records, row.headless).unwrap();
        }
        rows.truncate(rows.trim_end().len());
        rows.push('\n');
    }
    insta::assert_snapshot!(rows);
}

/// The number says one thing, the text another: the worse of the two counts.
#[test]
fn severity_is_not_the_number_alone() {
    let lines = "\
08:51:14.569 [1924.2304] <2> tar_base::V_vTarMsgW: FTL - Backup operation aborted!
08:51:15.569 [1924.2304] <4> bpfis main: INF - INF - nothing to say
08:51:16.569 [1924.2304] <2> tar_base::V_vTarMsgW: INF - EXIT STATUS 156: snapshot error encountered
08:51:17.569 [1924.2304] <16> x: something failed
";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.111512"), lines).unwrap();
    let inputs = [folder.path().to_str().unwrap().to_owned()];
    let report = run(&inputs, &Options::default(), &Catalogue::default(), &Settings::default());
    let mut errors: Vec<_> =
        report.unknown_errors.iter().map(|row| (row.line, row.code.as_deref())).collect();
    errors.sort();
    assert_eq!(errors, [(Some(1), None), (Some(4), None)]);
    let codes: Vec<_> = report.codes.iter().map(|row| (row.code.as_str(), row.count)).collect();
    assert_eq!(codes, [("156", 1)]);
}
