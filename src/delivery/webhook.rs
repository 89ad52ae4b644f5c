//! Hands a message to a command, on its standard input.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often is looked whether the command has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Runs a command line of the site's settings with `body` on its standard input. What it prints goes nowhere.
///
/// # Errors
///
/// Where it cannot be run, ends with another status than 0, or has not ended after `patience`.
pub fn call(command: &str, body: &str, patience: Duration) -> Result<(), String> {
    #[cfg(windows)]
    let (shell, flag) = ("cmd", "/C");
    #[cfg(not(windows))]
    let (shell, flag) = ("/bin/sh", "-c");
    // Nothing that a log says is in the command: it all goes through standard input.
    let mut child = Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let stdin = child.stdin.take();
    let body = body.to_owned();
    // A command that does not read must not hold the run up. One that has read enough may close its input.
    let writer = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(body.as_bytes())));
    let begun = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < patience => std::thread::sleep(LOOK),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("the command did not end within {} s", patience.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    };
    drop(writer);
    if status.success() { Ok(()) } else { Err(format!("the command ended with {status}")) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_command_gets_the_body_and_its_status_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("body.json");
        let patience = Duration::from_secs(20);
        let body = "x".repeat(300_000);
        call(&format!("cat > '{}'", file.display()), &body, patience).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), body);
        assert!(call("exit 3", &body, patience).unwrap_err().contains('3'));
        assert!(call("true", &body, patience).is_ok(), "it need not read all of it");
        assert!(call("sleep 20", &body, Duration::from_millis(50)).is_err());
    }
}
