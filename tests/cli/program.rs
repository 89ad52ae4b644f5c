//! The real program in a fresh folder.

use assert_cmd::Command;

fn blogscan() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("blogscan"));
    command.env_clear();
    command
}

#[test]
fn no_path_is_bad_usage_and_says_what_to_do() {
    let output = blogscan().assert().code(2).get_output().clone();
    assert!(output.stdout.is_empty());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("no path given") && message.contains("blogscan /usr/openv/netbackup/logs"),
        "{message}"
    );
}

#[test]
fn help_version_and_bad_words() {
    let help = blogscan().arg("--help").assert().code(0).get_output().clone();
    let help = String::from_utf8(help.stdout).unwrap();
    for word in ["scan", "identify", "explain", "patterns", "completions", "man", "--fail-on", "Exit status"]
    {
        assert!(help.contains(word), "{word} in\n{help}");
    }
    assert!(!help.contains("--width"));
    assert!(help.lines().all(|line| line.chars().count() <= 120), "{help}");
    let version = blogscan().arg("--version").assert().code(0).get_output().clone();
    assert!(String::from_utf8(version.stdout).unwrap().starts_with("blogscan "));
    blogscan().args(["--no-such-option", "x"]).assert().code(2);
    blogscan().args(["--fail-on", "cleared", "x"]).assert().code(2);
    blogscan().args(["--tz", "Mars", "x"]).assert().code(2);
}

#[test]
fn what_needs_no_logs() {
    let schema = blogscan().args(["scan", "--print-schema"]).assert().code(0).get_output().clone();
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert_eq!(schema["properties"]["schema"]["const"], "blogscan-report/1");
    let schema = blogscan().args(["patterns", "schema"]).assert().code(0).get_output().clone();
    serde_json::from_slice::<serde_json::Value>(&schema.stdout).unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = blogscan().args(["completions", shell]).assert().code(0).get_output().clone();
        assert!(String::from_utf8(script.stdout).unwrap().contains("identify"), "{shell}");
    }
    let page = blogscan().arg("man").assert().code(0).get_output().clone();
    assert!(String::from_utf8(page.stdout).unwrap().contains(".TH blogscan 1"));
    blogscan().args(["patterns", "list"]).assert().code(0);
    blogscan().args(["explain", "X-4711"]).assert().code(1);
    let known = blogscan().args(["explain", "191"]).assert().success();
    let text = String::from_utf8_lossy(&known.get_output().stdout).into_owned();
    assert!(text.contains("Usually") && text.contains("Look at"), "{text}");
    // An error of Backup Exec is one number in two spellings, whether or not its meaning is known.
    for code in ["V-79-57344-65072", "v-79-57344-65072", "0xE000FE30", "e000fe30"] {
        let known = blogscan().args(["explain", code]).assert().success();
        let text = String::from_utf8_lossy(&known.get_output().stdout).into_owned();
        assert!(text.contains("0xE000FE30 = V-79-57344-65072"), "{text}");
    }
    for code in ["V-79-57344-4660", "0xE0001234"] {
        let unknown = blogscan().args(["explain", code]).assert().code(1);
        let text = String::from_utf8_lossy(&unknown.get_output().stderr).into_owned();
        assert!(text.contains("0xE0001234 is V-79-57344-4660"), "{text}");
    }
    for (code, advisory) in
        [("ANS9365E", "swg21678788"), ("e000fedd", "BE-OBJECT-LIST"), ("ANS2330", "IT14926")]
    {
        let known = blogscan().args(["explain", code]).assert().success();
        let text = String::from_utf8_lossy(&known.get_output().stdout).into_owned();
        assert!(text.contains(advisory), "{text}");
    }
    let unknown = blogscan().args(["explain", "99999"]).assert().code(1);
    let text = String::from_utf8_lossy(&unknown.get_output().stderr).into_owned();
    assert!(text.contains("not known here"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_quiet() {
    use std::io::Read;
    use std::process::{Command, Stdio};
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("blogscan"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One byte, then the reader has seen enough.
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0]).unwrap();
    drop(out);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}
