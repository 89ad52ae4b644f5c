//! Messages on their way: a real mail server (aiosmtpd, in an environment that the test makes), files, folders,
//! commands. Where no such server is to be had, the tests with one say so and pass.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use blogscan::cli::Exit;

use super::estate::{DELETION, Estate, Outcome, RETRY};

/// The program that runs the server; `None`: it is not to be had here.
fn python() -> Option<&'static Path> {
    static MADE: OnceLock<Option<PathBuf>> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail-server");
        let python = folder.join("bin/python");
        let has_server = || ran(Command::new(&python).args(["-c", "import aiosmtpd"]));
        if !has_server() {
            ran(Command::new("python3").args(["-m", "venv"]).arg(&folder));
            ran(Command::new(&python).args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--timeout",
                "20",
                "aiosmtpd",
            ]));
        }
        has_server().then(|| python.clone())
    })
    .as_deref()
}

fn ran(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

struct MailServer {
    child: Child,
    port: u16,
    mails: PathBuf,
    authority: String,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl MailServer {
    fn start(estate: &Estate, mode: &str) -> Option<MailServer> {
        let Some(python) = python() else {
            println!("skipped: no python3 with aiosmtpd is to be had here");
            return None;
        };
        let folder = estate.path(&format!("server-{mode}"));
        std::fs::create_dir_all(&folder).unwrap();
        if !certificates(&folder) {
            println!("skipped: no openssl is to be had here");
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nightly/server.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(mode)
            .arg(&folder)
            .args([folder.join("server.pem"), folder.join("server.key")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let authority = folder.join("ca.pem").to_str().unwrap().to_owned();
        Some(MailServer { child, port: line.trim().parse().unwrap(), mails: folder, authority })
    }

    fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// Mails and for whom they were, in the order in which they were taken.
    fn mails(&self) -> Vec<(Vec<u8>, String)> {
        let file = |number: usize, end: &str| self.mails.join(format!("{number}.{end}"));
        (1..)
            .take_while(|number| file(*number, "to").exists())
            .map(|number| {
                let to = std::fs::read_to_string(file(number, "to")).unwrap();
                (std::fs::read(file(number, "eml")).unwrap(), to)
            })
            .collect()
    }
}

/// An authority of this site and a certificate for `localhost`.
fn certificates(folder: &Path) -> bool {
    std::fs::write(folder.join("ext"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    let steps = [
        "req -x509 -newkey rsa:2048 -nodes -days 3 -subj /CN=site -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3 -extfile ext -out server.pem",
    ];
    steps.iter().all(|step| ran(Command::new("openssl").args(step.split(' ')).current_dir(folder)))
}

fn message_id(mail: &[u8]) -> String {
    let message = mail_parser::MessageParser::default().parse(mail).unwrap();
    message.message_id().unwrap().to_owned()
}

fn first_half() -> Estate {
    let estate = Estate::new();
    estate.write("haffms/bpdm/log.051809", DELETION);
    estate
}

fn quiet(outcome: &Outcome) {
    assert_eq!((outcome.exit, outcome.out.as_str(), outcome.err.as_str()), (Exit::Quiet, "", ""));
}

fn failed(outcome: &Outcome, reason: &str) {
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Trouble, ""), "{outcome:?}");
    assert!(outcome.err.contains(reason), "{}", outcome.err);
}

fn secret(estate: &Estate, password: &str) -> String {
    let path = estate.path("secret");
    std::fs::write(&path, format!("blogscan\n{password}\n")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    path.to_str().unwrap().to_owned()
}

#[test]
fn with_starttls_and_a_password() {
    let estate = first_half();
    let Some(server) = MailServer::start(&estate, "starttls") else { return };
    let (address, file) = (server.address(), secret(&estate, "wrong"));
    let to = ["--mail-to", "ada@example.com", "--mail-from", "blogscan@example.com", "--smtp", &address];
    let with = [&to[..], &["--smtp-ca", &server.authority, "--smtp-credentials", &file]].concat();
    failed(&estate.night(0, &with), "535");
    // Without the authority the server is not trusted, and gets nothing.
    failed(&estate.night(0, &[&to[..], &["--smtp-credentials", &file]].concat()), "ertificate");
    secret(&estate, "se cret");
    quiet(&estate.night(1, &with));
    let mails = server.mails();
    assert_eq!((mails.len(), mails[0].1.as_str()), (1, "ada@example.com"));
    let mail = mail_parser::MessageParser::default().parse(&mails[0].0).unwrap();
    assert!(mail.subject().unwrap().ends_with("1 new: likely data loss (TECH69597)"));
    assert!(mail.body_text(0).unwrap().contains("NEW      likely, data loss"));
    assert!(mail.body_html(0).unwrap().contains("haff2_1242604800"));
    quiet(&estate.night(2, &with));
    assert_eq!(server.mails().len(), 1);
    let status = estate.command(2, &["status"]).out;
    assert!(status.contains("told on 2009-05-19") && status.contains("to be handed over  0"), "{status}");
}

#[test]
fn with_tls_from_the_first_byte() {
    let estate = first_half();
    let Some(server) = MailServer::start(&estate, "tls") else { return };
    let address = server.address();
    let with = ["--mail-to", "ada@example.com", "--smtp", &address, "--smtp-tls", "tls"];
    failed(&estate.night(0, &with), "ertificate");
    assert_eq!(estate.night(0, &[&with[..], &["--smtp-ca", &server.authority]].concat()).exit, Exit::Quiet);
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_server_without_starttls_gets_nothing() {
    let estate = first_half();
    let Some(server) = MailServer::start(&estate, "plain") else { return };
    let address = server.address();
    failed(&estate.night(0, &["--mail-to", "ada@example.com", "--smtp", &address]), "");
    assert_eq!(server.mails().len(), 0);
    let with = ["--mail-to", "ada@example.com", "--smtp", &address, "--smtp-tls", "none"];
    quiet(&estate.night(0, &with));
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_refused_recipient_does_not_keep_the_mail_from_the_others() {
    let estate = first_half();
    let Some(server) = MailServer::start(&estate, "plain") else { return };
    let address = server.address();
    let way = ["--smtp", &address, "--smtp-tls", "none", "--mail-to", "ada@example.com"];
    let with = [&way[..], &["--mail-to", "gone@example.com"]].concat();
    for night in 0..2 {
        failed(&estate.night(night, &with), "no such user");
    }
    let mails = server.mails();
    assert_eq!(mails.iter().map(|mail| mail.1.as_str()).collect::<Vec<_>>(), ["ada@example.com"]);
    // Corrected: the other recipient gets the same message, and nobody gets it twice.
    quiet(&estate.night(2, &[&way[..], &["--mail-to", "eve@example.com"]].concat()));
    let mails = server.mails();
    assert_eq!((mails.len(), mails[1].1.as_str()), (2, "eve@example.com"));
    assert_eq!(message_id(&mails[0].0), message_id(&mails[1].0));
}

#[test]
fn a_server_that_is_gone_half_way() {
    let estate = first_half();
    // It took the mail and did not say so; it did not take it.
    for (mode, taken) in [("forgets", 1), ("dies", 0)] {
        let Some(server) = MailServer::start(&estate, mode) else { return };
        let address = server.address();
        let with = ["--mail-to", "ada@example.com", "--smtp", &address, "--smtp-tls", "none"];
        failed(&estate.night(0, &with), "not handed over");
        assert_eq!(server.mails().len(), taken, "{mode}");
        if taken == 1 {
            std::fs::write(estate.path("first"), message_id(&server.mails()[0].0)).unwrap();
        }
    }
    let Some(server) = MailServer::start(&estate, "plain") else { return };
    let address = server.address();
    let with = ["--mail-to", "ada@example.com", "--smtp", &address, "--smtp-tls", "none"];
    quiet(&estate.night(1, &with));
    let first = std::fs::read_to_string(estate.path("first")).unwrap();
    assert_eq!(server.mails().iter().map(|mail| message_id(&mail.0)).collect::<Vec<_>>(), [first]);
}

#[test]
fn a_slow_server_is_waited_for_and_a_silent_one_is_not() {
    let estate = first_half();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let settings = estate.path("blogscan.toml");
    std::fs::write(&settings, "[mail]\nto = 'ada@example.com'\ntls = 'none'\ntimeout = 2\n").unwrap();
    let config = settings.to_str().unwrap();
    failed(&estate.night(0, &["--config", config, "--smtp", &address]), "not handed over");
    let Some(server) = MailServer::start(&estate, "slow") else { return };
    quiet(&estate.night(0, &["--config", config, "--smtp", &server.address()]));
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn what_waits_goes_out_first() {
    let estate = first_half();
    let nobody = ["--mail-to", "ada@example.com", "--smtp", "localhost:1", "--smtp-tls", "none"];
    failed(&estate.night(0, &nobody), "localhost:1");
    estate.write("jobs/job-7344.txt", RETRY);
    failed(&estate.night(3, &nobody), "localhost:1");
    assert!(estate.command(3, &["status"]).out.contains("to be handed over  2"));
    let folder = estate.word("mails");
    quiet(&estate.night(4, &["--maildir", &folder]));
    let mut mails: Vec<Vec<u8>> = std::fs::read_dir(estate.path("mails/new"))
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    mails.sort_by_key(|mail| message_id(mail));
    let texts: Vec<String> = mails
        .iter()
        .map(|mail| {
            let mail = mail_parser::MessageParser::default().parse(mail).unwrap();
            mail.body_text(0).unwrap().into_owned()
        })
        .collect();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("NEW      likely") && texts[1].contains("RISEN    confirmed (was likely)"));
    quiet(&estate.night(5, &["--maildir", &folder]));
}

#[cfg(unix)]
#[test]
fn through_sendmail_and_to_a_command() {
    use std::os::unix::fs::PermissionsExt;
    let estate = first_half();
    let (program, taken, body) = (estate.path("sendmail"), estate.word("taken"), estate.word("body.json"));
    std::fs::write(&program, format!("#!/bin/sh\necho \"$@\" > '{taken}'\ncat >> '{taken}'\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.to_str().unwrap();
    let hook = format!("cat > '{body}'");
    let to = ["--mail-to", "ada@example.com", "--mail-from", "blogscan@example.com"];
    // The command fails, the mail is sent; the next night the command alone is called.
    let words = [&to[..], &["--sendmail", program, "--webhook", "exit 7"]].concat();
    failed(&estate.night(0, &words), "webhook");
    let mail = std::fs::read_to_string(estate.path("taken")).unwrap();
    assert!(mail.lines().next().unwrap().ends_with("-f blogscan@example.com -- ada@example.com"), "{mail}");
    std::fs::remove_file(estate.path("taken")).unwrap();
    quiet(&estate.night(1, &[&to[..], &["--sendmail", program, "--webhook", &hook]].concat()));
    assert!(!estate.path("taken").exists());
    let body: serde_json::Value =
        serde_json::from_slice(&std::fs::read(estate.path("body.json")).unwrap()).unwrap();
    assert_eq!(body["schema"], "blogscan-nightly/1");
    assert_eq!(body["news"][0]["kind"], "new");
    assert_eq!(body["news"][0]["finding"]["about"]["backup_id"], "haff2_1242604800");
    assert!(mail.contains(body["message_id"].as_str().unwrap()));
}

/// Log text in headers, commands and pages stays text.
#[test]
fn hostile_names_reach_nobody() {
    let estate = Estate::new();
    let hostile = DELETION.replace("haff2_", "<b>$(id)_");
    estate.write("haffms/bpdm/log.051809", &hostile);
    let folder = estate.word("mails");
    estate.night(0, &["--maildir", &folder, "--always"]);
    let mail = std::fs::read_dir(estate.path("mails/new")).unwrap().next().unwrap().unwrap().path();
    let mail = std::fs::read(mail).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&mail).unwrap();
    assert!(!mail.body_html(0).unwrap().contains("<b>$("));
}
