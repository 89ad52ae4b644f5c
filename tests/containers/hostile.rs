//! Bundles that were made to hurt, and bundles that were hurt.

use std::io::{Cursor, Write};
use std::path::PathBuf;

use blogscan::base::Report;
use blogscan::cli::Options;
use blogscan::input::Limits;

use super::bundle::{self, BPDM, Files, bundle, gzip, tar, zip};
use super::{codes, scan};

fn scanned(name: &str, bytes: &[u8], limits: Limits) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let mut options = Options::default();
    options.reading.limits = limits;
    let mut report = scan(&path, &options);
    let root = format!("{}/", folder.path().display());
    for notice in &mut report.notices {
        notice.source = notice.source.take().map(|source| source.replace(&root, ""));
    }
    for source in &mut report.sources {
        source.path = source.path.replace(&root, "");
    }
    report
}

fn usual(name: &str, bytes: &[u8]) -> Report {
    scanned(name, bytes, Limits::default())
}

fn told(report: &Report) -> Vec<String> {
    let line = |notice: &blogscan::base::report::NoticeRow| {
        format!("{} {}: {}", notice.code, notice.source.as_deref().unwrap_or(""), notice.detail)
    };
    report.notices.iter().map(line).collect()
}

fn log() -> (String, Vec<u8>) {
    ("bpdm/log.051109".to_owned(), BPDM.as_bytes().to_vec())
}

#[test]
fn names_are_labels_and_nothing_else() {
    let names = ["../../etc/cron.d/x", "/etc/passwd", "C:\\Windows\\x.log", "a\u{1b}[2Jb", "same", "same"];
    let files: Files = names.iter().map(|name| ((*name).to_owned(), BPDM.as_bytes().to_vec())).collect();
    // The tar writer refuses such names, as it should: they are put in place by hand.
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in &files {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, bytes.as_slice()).unwrap();
    }
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..3].copy_from_slice(b"a\xffb");
    header.set_size(0);
    header.set_cksum();
    builder.append(&header, &b""[..]).unwrap();
    let report = usual("b.tar", &builder.into_inner().unwrap());
    let paths: Vec<&str> = report.sources.iter().map(|source| source.path.as_str()).collect();
    let expected = [
        "../../etc/cron.d/x",
        "/etc/passwd",
        "C:\\Windows\\x.log",
        "a\u{1b}[2Jb",
        "a\\xFFb",
        "same",
        "same (2)",
    ];
    assert_eq!(paths, expected.map(|name| format!("b.tar!{name}")));
}

#[test]
fn links_and_devices_are_named_and_not_followed() {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, name) in [
        (tar::EntryType::Symlink, "link"),
        (tar::EntryType::Link, "hard"),
        (tar::EntryType::Char, "device"),
        (tar::EntryType::Fifo, "pipe"),
        (tar::EntryType::Directory, "folder"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        builder.append_link(&mut header, name, "/etc/passwd").unwrap();
    }
    let mut header = tar::Header::new_gnu();
    header.set_size(BPDM.len() as u64);
    builder.append_data(&mut header, "bpdm/log.051109", BPDM.as_bytes()).unwrap();
    let report = usual("b.tar", &builder.into_inner().unwrap());
    assert_eq!(codes(&report), ["special-skipped", "link-skipped", "link-skipped", "special-skipped"]);
    assert_eq!(report.sources.len(), 1);
    assert!(report.scan.complete);
}

#[test]
fn an_archive_in_itself_ends() {
    let mut bytes = zip(&vec![log()]);
    for _ in 0..20 {
        bytes = zip(&vec![("again.zip".to_owned(), bytes), log()]);
    }
    let report = usual("b.zip", &bytes);
    assert_eq!(report.sources.len(), 5);
    assert_eq!(
        told(&report),
        ["limit-hit b.zip!again.zip!again.zip!again.zip!again.zip!again.zip: \
          more than 5 archives inside each other (--max-depth)"]
    );
    let limits = Limits { archives: 1, ..Limits::default() };
    assert_eq!(scanned("b.zip", &bytes, limits).sources.len(), 1);
}

#[test]
fn too_many_members_end_the_file() {
    let files: Files = (0..50).map(|number| (format!("log.{number:03}"), BPDM.as_bytes().to_vec())).collect();
    for (name, bytes) in [
        ("b.tar", tar(&files)),
        ("b.zip", zip(&files)),
        ("b.7z", bundle::seven_zip(&files)),
        ("b.cab", bundle::cabinet(&files)),
    ] {
        let limits = Limits { members: 10, ..Limits::default() };
        let report = scanned(name, &bytes, limits);
        assert_eq!(report.sources.len(), 10, "{name}");
        assert_eq!(told(&report), [format!("limit-hit {name}: more than 10 members (--max-members)")]);
        assert_eq!(usual(name, &bytes).sources.len(), 50);
    }
}

/// The kind of 42.zip: archives of the same archive, down to much of nothing.
#[test]
fn bombs_are_measured_and_put_out() {
    let line = BPDM.lines().next().unwrap();
    let bomb = gzip(format!("{line}\n").repeat(10_000).as_bytes());
    let files: Files = (0..16).map(|number| (format!("{number}.gz"), bomb.clone())).collect();
    let limits = Limits { expanded: 8 << 20, ..Limits::default() };
    for (name, bytes) in [("b.zip", zip(&files)), ("b.tar.gz", gzip(&tar(&files)))] {
        let report = scanned(name, &bytes, limits);
        let last = told(&report).pop().unwrap();
        assert!(codes(&report).contains(&"limit-hit"), "{name} {last}");
        assert!(report.sources.len() < 16);
    }
    // Far more than deflate gives: compressed twice.
    let twice = gzip(&gzip(&vec![0; 80 << 20]));
    let report = usual("log.gz", &twice);
    assert!(codes(&report).contains(&"limit-hit"), "{:?}", told(&report));
}

#[test]
fn a_name_of_gigabytes_is_not_read() {
    let mut bytes = Vec::new();
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(1 << 33);
    header.set_cksum();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![b'a'; 8 << 20]);
    let report = usual("b.tar.gz", &gzip(&bytes));
    assert_eq!(told(&report)[0], "limit-hit b.tar.gz: a member's header is longer than 1024 KiB");
}

#[test]
fn a_cut_bundle_gives_what_it_has() {
    let mut files = bundle();
    let line = BPDM.lines().next().unwrap();
    files.push(("media3/bpdm/log.051209".to_owned(), format!("{line}\n").repeat(9000).into_bytes()));
    for (name, bytes) in [
        ("b.tar", tar(&files)),
        ("b.tar.gz", gzip(&tar(&files))),
        ("b.tar.xz", bundle::xz(&tar(&files))),
        ("b.tar.zst", bundle::zstd(&tar(&files))),
        ("b.zip", zip(&files)),
    ] {
        let report = usual(name, &bytes[..bytes.len() * 9 / 10]);
        assert!(!report.scan.complete, "{name}");
        assert!(codes(&report).contains(&"bad-container"), "{name}: {:?}", told(&report));
        // These two give out nothing of a block that is not whole, and here is one block only.
        if !matches!(name, "b.tar.xz" | "b.tar.zst") {
            assert_eq!(report.findings.len(), 1, "{name}: {:?}", told(&report));
        }
    }
    // Of those whose table of contents is at the end nothing can be read.
    for (name, bytes) in [("b.7z", bundle::seven_zip(&files)), ("b.cab", bundle::cabinet(&files))] {
        for cut in [8, 40, bytes.len() / 2, bytes.len() - 2] {
            let report = usual(name, &bytes[..cut]);
            assert!(!report.scan.complete, "{name} {cut}: {:?}", told(&report));
        }
    }
}

#[test]
fn flipped_bytes_break_nothing_but_their_bundle() {
    for (name, bytes) in bundle::containers(&bundle()) {
        let file = name.split('!').next().unwrap();
        for step in 1..9 {
            let mut broken = bytes.clone();
            let at = broken.len() * step / 9;
            broken[at] ^= 0x55;
            let report = usual(file, &broken);
            assert!(report.sources.len() <= 4, "{name} {at}");
        }
    }
}

#[test]
fn encrypted_members_are_noticed_and_the_rest_is_read() {
    // The flag is enough: what is behind it cannot be read anyway.
    let mut bytes = zip(&bundle());
    let local = 6;
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap() + 8;
    bytes[local] |= 1;
    bytes[central] |= 1;
    let report = usual("b.zip", &bytes);
    assert_eq!(told(&report)[0], "password-needed b.zip!media3/bpdm/log.051109: it is encrypted");
    assert_eq!(report.sources.len(), 2);
}

#[test]
fn a_member_that_lies_about_its_bytes_is_broken() {
    let mut bytes = bundle::zip_with(&bundle(), bundle::stored());
    let at = bytes.windows(9).position(|window| window == b"[7731] <2").unwrap();
    bytes[at] = b'(';
    let report = usual("b.zip", &bytes);
    assert!(
        told(&report)[0].starts_with("bad-container b.zip!media3/bpdm/log.051109: the zip archive is broken")
    );
}

#[test]
fn a_million_members_are_bounded() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..3000 {
        writer.start_file(format!("{number}"), bundle::stored()).unwrap();
        writer.write_all(b"x").unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let report = scanned("b.zip", &bytes, Limits { members: 2000, ..Limits::default() });
    assert_eq!(report.sources.len(), 2000);
    assert!(codes(&report).contains(&"limit-hit"));
}
