//! Bundles: whatever a set of logs is packed in, it gives the same findings; whatever is wrong with a bundle, the scan
//! ends in time, says so, and has read the rest.
#![cfg(feature = "archives")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod bundle;
mod encodings;
mod hostile;
mod live;
mod pieces;

use std::path::Path;
use std::sync::LazyLock;

use blogscan::base::Report;
use blogscan::cli::Options;
use blogscan::pattern::Catalogue;
use blogscan::settings::Settings;

use bundle::{bundle, containers};

/// Scans one path.
pub(crate) fn scan(path: &Path, options: &Options) -> Report {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::load(&[]).0);
    let input = path.to_str().unwrap().to_owned();
    blogscan::scan::run(&[input], options, &CATALOGUE, &Settings::default())
}

/// What must be equal, with `prefix` taken off the paths.
pub(crate) fn essence(report: &Report, prefix: &str) -> (serde_json::Value, serde_json::Value) {
    let plain = |value: serde_json::Value| -> serde_json::Value {
        serde_json::from_str(&value.to_string().replace(prefix, "")).unwrap()
    };
    let findings = serde_json::json!([report.findings, report.codes, report.facts, report.coverage]);
    let sources = serde_json::to_value(&report.sources).unwrap();
    (plain(findings), plain(sources))
}

pub(crate) fn codes(report: &Report) -> Vec<&str> {
    report.notices.iter().map(|notice| notice.code).collect()
}

#[test]
fn a_bundle_gives_the_same_in_every_container() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    for (name, bytes) in bundle() {
        let file = folder.path().join("plain").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    let options = Options::default();
    let plain = scan(&folder.path().join("plain"), &options);
    assert_eq!(plain.findings.len(), 1, "{:#?}", plain.findings);
    let expected = essence(&plain, &format!("{root}/plain/"));
    for (name, bytes) in containers(&bundle()) {
        let (file, inner) = name.split_once('!').unwrap_or((name, ""));
        let path = folder.path().join(file);
        std::fs::write(&path, bytes).unwrap();
        let report = scan(&path, &options);
        let inner = if inner.is_empty() { String::new() } else { format!("{inner}!") };
        assert_eq!(essence(&report, &format!("{root}/{file}!{inner}")), expected, "{name}");
        assert_eq!(codes(&report), codes(&plain), "{name}: {:#?}", report.notices);
        assert!(report.scan.complete);
    }
}

#[test]
fn members_are_sources_by_their_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.tgz");
    let inner = vec![("in.zip".to_owned(), bundle::zip(&bundle()))];
    std::fs::write(&path, bundle::gzip(&bundle::tar(&inner))).unwrap();
    let report = scan(&path, &Options::default());
    let paths: Vec<&str> = report.sources.iter().map(|source| source.path.as_str()).collect();
    let begin = format!("{}!in.zip!media3/", path.display());
    assert_eq!(
        paths,
        ["bpdm/log.051109", "jobs/duplicate.txt", "readme.txt"].map(|name| format!("{begin}{name}"))
    );
    assert_eq!(report.sources[0].process.as_deref(), Some("bpdm"));
    assert_eq!(report.sources[0].from.as_deref(), Some("2009-05-11T09:02:11.101"));
}

#[test]
fn a_compressed_file_keeps_its_name() {
    let folder = tempfile::tempdir().unwrap();
    type Packer = fn(&[u8]) -> Vec<u8>;
    let packers: [(&str, Packer); 4] =
        [("gz", bundle::gzip), ("bz2", bundle::bzip2), ("xz", bundle::xz), ("zst", bundle::zstd)];
    for (suffix, pack) in packers {
        let path = folder.path().join(format!("log.051109.{suffix}"));
        // Two members behind each other, as after `cat`.
        let (one, other) = bundle::BPDM.split_at(bundle::BPDM.find("09:12:44.322").unwrap());
        std::fs::write(&path, [pack(one.as_bytes()), pack(other.as_bytes())].concat()).unwrap();
        let report = scan(&path, &Options::default());
        assert_eq!(report.sources.len(), 1);
        assert_eq!(report.sources[0].path, path.to_str().unwrap());
        assert_eq!((report.sources[0].records, report.sources[0].headless), (5, 0), "{suffix}");
        assert_eq!(codes(&report), Vec::<&str>::new());
    }
}
