//! From arguments to sources: folders, links, patterns, things that are no files.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use blogscan::base::NoticeCode;
use blogscan::input::{Discovery, Origin, TextReader, discover};

/// A folder with these files; the path of each is its text.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    folder
}

fn find(root: &Path, arguments: &[&str]) -> Discovery {
    let arguments: Vec<String> =
        arguments.iter().map(|argument| format!("{}/{argument}", root.display())).collect();
    discover(&arguments)
}

/// Paths below the root.
fn paths(root: &Path, discovery: &Discovery) -> Vec<String> {
    let root = format!("{}/", root.display());
    discovery.sources.iter().map(|found| found.path.replace(&root, "")).collect()
}

fn notices(root: &Path, discovery: &Discovery) -> Vec<(NoticeCode, String)> {
    let root = format!("{}/", root.display());
    let notices = discovery.notices.iter();
    notices.map(|notice| (notice.code, notice.source.as_deref().unwrap().replace(&root, ""))).collect()
}

#[test]
fn a_folder_gives_all_its_files_by_path() {
    let root =
        folder(&["logs/bpdm/log.030509", "logs/a/x.log", "logs/a.b/x.log", "logs/.hidden/y", "other/z"]);
    fs::write(root.path().join("logs/.gitignore"), "*").unwrap();
    let found = find(root.path(), &["logs"]);
    assert_eq!(
        paths(root.path(), &found),
        ["logs/.gitignore", "logs/.hidden/y", "logs/a.b/x.log", "logs/a/x.log", "logs/bpdm/log.030509"]
    );
    assert_eq!(found.notices, vec![]);
    assert_eq!(found.sources[1].length, Some(14));
    for source in &found.sources {
        assert_eq!(source.origin, Origin::File(source.path.clone().into()));
        assert!(TextReader::open(source).is_ok());
    }
}

#[test]
fn arguments_stay_as_they_were_typed() {
    let root = folder(&["logs/a/x.log", "logs/y.log"]);
    let found = find(root.path(), &["logs/", "./logs/../logs/y.log"]);
    assert_eq!(paths(root.path(), &found), ["./logs/../logs/y.log", "logs/a/x.log"]);
    // Of a crate's own folder, relative to where tests run.
    let found = discover(&["./src/main.rs".to_owned(), "src/base".to_owned()]);
    assert_eq!(found.sources[0].path, "./src/main.rs");
    assert!(found.sources.iter().skip(1).all(|found| found.path.starts_with("src/base/")));
}

#[test]
fn overlapping_arguments_give_every_file_once_in_any_order() {
    let root = folder(&["logs/bpdm/log.030509", "logs/bptm/log.030509"]);
    let all = ["logs/bpdm/log.030509", "logs/bptm/log.030509"];
    for arguments in [
        &["logs", "logs/bpdm", "logs/bpdm/log.030509"][..],
        &["logs/bpdm/log.030509", "logs", "logs/", "logs"],
        &["logs/bptm", "logs/b*", "logs/bpdm"],
    ] {
        let found = find(root.path(), arguments);
        assert_eq!(paths(root.path(), &found), all, "{arguments:?}");
        assert_eq!(found.notices, vec![]);
    }
}

#[test]
fn standard_input_is_one_source() {
    let found = discover(&["-".to_owned(), "-".to_owned()]);
    assert_eq!(found.sources.len(), 1);
    assert_eq!((found.sources[0].path.as_str(), &found.sources[0].origin), ("-", &Origin::StandardInput));
}

#[test]
fn what_is_missing_is_told() {
    let root = folder(&["a.log"]);
    let found = find(root.path(), &["none.log", "a.log/below", "a.log", "no/*.log", "x*.txt", "bad[.log"]);
    assert_eq!(paths(root.path(), &found), ["a.log"]);
    let missing = ["a.log/below", "bad[.log", "no/*.log", "none.log", "x*.txt"];
    let expected: Vec<_> = missing.iter().map(|path| (NoticeCode::NotFound, (*path).to_owned())).collect();
    assert_eq!(notices(root.path(), &found), expected);
    assert_eq!(discover(&[String::new()]).notices.len(), 1);
}

#[test]
fn patterns_find_files_and_folders() {
    let root =
        folder(&["logs/bpdm/log.030509", "logs/bpdm/log.030609", "logs/bptm/log.030509", "logs/x/deep/er/y"]);
    let paths_of = |argument| paths(root.path(), &find(root.path(), &[argument]));
    assert_eq!(paths_of("logs/*/log.0305??"), ["logs/bpdm/log.030509", "logs/bptm/log.030509"]);
    assert_eq!(paths_of("logs/bp[d]m/*"), ["logs/bpdm/log.030509", "logs/bpdm/log.030609"]);
    assert_eq!(paths_of("l*/x"), ["logs/x/deep/er/y"]);
    assert_eq!(paths_of("logs/**/y"), ["logs/x/deep/er/y"]);
    assert_eq!(paths_of("logs/*p?m/log.030609"), ["logs/bpdm/log.030609"]);
}

#[test]
fn a_name_that_only_looks_like_a_pattern_is_a_name() {
    let root = folder(&["vm[1].log", "vm1.log", "what?.log"]);
    let found = find(root.path(), &["vm[1].log", "what?.log"]);
    assert_eq!(paths(root.path(), &found), ["vm[1].log", "what?.log"]);
}

#[test]
fn relative_patterns_stay_relative() {
    let found = discover(&["src/base/n*.rs".to_owned(), "Cargo.tom?".to_owned()]);
    let paths: Vec<&str> = found.sources.iter().map(|found| found.path.as_str()).collect();
    assert_eq!(paths, ["Cargo.toml", "src/base/name.rs", "src/base/notice.rs"]);
}

#[test]
fn files_that_say_what_is_expected_are_no_logs() {
    let root = folder(&["hit/bpdm.log", "hit/expect.toml", "miss/expect.toml"]);
    fs::write(root.path().join("hit/expect.toml"), "schema = \"blogscan-expect/1\"\nlevel = \"likely\"\n")
        .unwrap();
    let found = find(root.path(), &["hit", "miss", "hit/expect.toml"]);
    assert_eq!(paths(root.path(), &found), ["hit/bpdm.log", "miss/expect.toml"]);
    assert_eq!(found.notices, vec![]);
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn links_are_followed_once_and_loops_end() {
        let root = folder(&["logs/a/x.log", "logs/z/y.log", "else/w.log"]);
        let at = |path: &str| root.path().join(path);
        symlink(at("logs"), at("logs/a/up")).unwrap();
        symlink(at("logs/z"), at("logs/b")).unwrap();
        symlink(at("else"), at("logs/z/out")).unwrap();
        symlink(at("logs/a/x.log"), at("logs/z/again.log")).unwrap();
        symlink("itself", at("logs/z/itself")).unwrap();
        let found = find(root.path(), &["logs"]);
        assert_eq!(paths(root.path(), &found), ["logs/a/x.log", "logs/b/out/w.log", "logs/b/y.log"]);
        let expected = [
            (NoticeCode::LinkSkipped, "logs/a/up".to_owned()),
            (NoticeCode::LinkSkipped, "logs/b/itself".to_owned()),
        ];
        assert_eq!(notices(root.path(), &found), expected);
    }

    #[test]
    fn a_thicket_of_links_is_walked_in_no_time() {
        let root = folder(&["d00/x.log"]);
        for number in 1..40 {
            let folder = root.path().join(format!("d{number:02}"));
            fs::create_dir(&folder).unwrap();
            for name in ["one", "two", "three"] {
                symlink(root.path().join(format!("d{:02}", number - 1)), folder.join(name)).unwrap();
            }
        }
        let found = find(root.path(), &["d39", "d*/*/*/x.log"]);
        assert_eq!(found.sources.len(), 1);
    }

    #[test]
    fn links_to_nothing_are_told() {
        let root = folder(&["logs/a.log"]);
        symlink("nowhere", root.path().join("logs/dangling.log")).unwrap();
        let found = find(root.path(), &["logs"]);
        let skipped = (NoticeCode::LinkSkipped, "logs/dangling.log".to_owned());
        assert_eq!(notices(root.path(), &found), std::slice::from_ref(&skipped));
        assert_eq!(notices(root.path(), &find(root.path(), &["logs/d*"])), [skipped]);
        let named = find(root.path(), &["logs/dangling.log"]);
        assert_eq!(notices(root.path(), &named), [(NoticeCode::NotFound, "logs/dangling.log".to_owned())]);
    }

    #[test]
    fn hard_links_are_one_file() {
        let root = folder(&["b.log"]);
        fs::hard_link(root.path().join("b.log"), root.path().join("a.log")).unwrap();
        let found = find(root.path(), &["b.log", "a.log"]);
        assert_eq!(paths(root.path(), &found), ["a.log"]);
    }

    #[test]
    fn pipes_and_sockets_are_never_opened() {
        let root = folder(&["logs/a.log"]);
        let pipe = root.path().join("logs/pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let _socket = UnixListener::bind(root.path().join("logs/socket")).unwrap();
        let walked = find(root.path(), &["logs"]);
        assert_eq!(paths(root.path(), &walked), ["logs/a.log"]);
        let skipped = |path: &str| (NoticeCode::SpecialSkipped, path.to_owned());
        assert_eq!(notices(root.path(), &walked), [skipped("logs/pipe"), skipped("logs/socket")]);
        assert_eq!(walked.notices[0].detail, "it is a named pipe");
        let named = find(root.path(), &["logs/pipe", "logs/socket"]);
        assert!(named.notices.iter().all(|notice| notice.code == NoticeCode::NotAFile));
        assert_eq!(discover(&["/dev/null".to_owned()]).notices[0].code, NoticeCode::NotAFile);
        assert_eq!(notices(root.path(), &find(root.path(), &["logs/p*"])), [skipped("logs/pipe")]);
    }

    #[test]
    fn a_folder_without_permission_is_told_and_the_rest_read() {
        let root = folder(&["logs/a.log", "logs/closed/b.log", "logs/secret.log"]);
        let closed = root.path().join("logs/closed");
        let secret = root.path().join("logs/secret.log");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o0)).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o0)).unwrap();
        if fs::read_dir(&closed).is_ok() {
            return; // The superuser may read everything.
        }
        let found = find(root.path(), &["logs"]);
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(paths(root.path(), &found), ["logs/a.log", "logs/secret.log"]);
        assert_eq!(notices(root.path(), &found), [(NoticeCode::NoPermission, "logs/closed".to_owned())]);
        let notice = TextReader::open(&found.sources[1]).err().unwrap();
        assert_eq!(notice.code, NoticeCode::NoPermission);
    }

    #[test]
    fn names_of_any_bytes_stay_apart() {
        let root = folder(&[r"a\xFF.log", "line\nbreak.log"]);
        for name in [&b"a\xff.log"[..], b"a\xfe.log"] {
            fs::write(root.path().join(OsStr::from_bytes(name)), name).unwrap();
        }
        let found = find(root.path(), &["."]);
        let paths = paths(root.path(), &found);
        assert_eq!(paths, [r"./a\xFE.log", r"./a\xFF.log", r"./a\xFF.log (2)", "./line\nbreak.log"]);
        assert!(found.sources.iter().all(|source| TextReader::open(source).is_ok()));
    }
}
