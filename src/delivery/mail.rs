//! Mail servers and the local sendmail, through `lettre`.

use std::path::PathBuf;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials as Login;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{SendmailTransport, SmtpTransport, Transport};

use super::{Letter, Outcome, folder, letter};

/// How a mail leaves this machine.
#[derive(Clone, Debug)]
pub enum Carrier {
    /// To a mail server.
    Smtp(Server),
    /// Through a program that takes mails as sendmail does.
    Sendmail(PathBuf),
    /// Into a maildir.
    Maildir(PathBuf),
    /// Behind the mails of a file (mbox).
    File(PathBuf),
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub encryption: Encryption,
    /// Who sends, where the server asks.
    pub credentials: Option<Credentials>,
    /// A file with certificates (PEM) of authorities that only this site trusts.
    pub authorities: Option<PathBuf>,
    /// How long one answer of the server may take.
    pub patience: Duration,
}

/// How a connection is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// From its first byte (port 465).
    Tls,
    /// From the command STARTTLS on (ports 587 and 25); a server that does not offer it gets nothing.
    StartTls,
    /// Not at all.
    None,
}

/// Name and password for a server.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Carrier {
    /// Hands a letter over to all of `due`, who are some of its recipients `to`.
    pub fn hand_over(&self, letter: &Letter<'_>, from: &str, to: &[String], due: &[String]) -> Outcome {
        let bytes = match letter::write(letter, from, to) {
            Ok(bytes) => bytes,
            Err(reason) => return Outcome::failed(due, &reason),
        };
        let all = |result: Result<(), String>| match result {
            Ok(()) => Outcome::accepted(due),
            Err(reason) => Outcome::failed(due, &reason),
        };
        match self {
            Carrier::Smtp(server) => match server.transport() {
                Ok(transport) => each(due, &|to: &[String]| server.send(&transport, from, to, &bytes)),
                Err(reason) => Outcome::failed(due, &reason),
            },
            Carrier::Sendmail(program) => all(sendmail(program, from, due, &bytes)),
            Carrier::Maildir(path) => all(folder::into_maildir(path, letter.message_id, &bytes)
                .map_err(|error| format!("{}: {error}", path.display()))),
            Carrier::File(path) => {
                let made = letter.made.format("%a %b %e %H:%M:%S %Y").to_string();
                all(folder::into_mbox(path, from, &made, &bytes)
                    .map_err(|error| format!("{}: {error}", path.display())))
            }
        }
    }
}

/// Why a server did not take a mail.
struct Refusal {
    reason: String,
    /// It will not take it for these recipients; it may for others.
    is_final: bool,
}

/// To all at once; where one of several is refused, to each alone, so that the others do not suffer for it.
fn each(due: &[String], send: &dyn Fn(&[String]) -> Result<(), Refusal>) -> Outcome {
    match send(due) {
        Ok(()) => Outcome::accepted(due),
        Err(refusal) if refusal.is_final && due.len() > 1 => {
            let mut outcome = Outcome::default();
            for recipient in due {
                match send(std::slice::from_ref(recipient)) {
                    Ok(()) => outcome.accepted.push(recipient.clone()),
                    Err(refusal) => outcome.refused.push((recipient.clone(), refusal.reason)),
                }
            }
            outcome
        }
        Err(refusal) => Outcome::failed(due, &refusal.reason),
    }
}

/// Is this a mail address?
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn check_address(text: &str) -> Result<(), String> {
    text.parse::<Mailbox>().map(|_| ()).map_err(|error| format!("{text} is no mail address ({error})"))
}

fn envelope(from: &str, to: &[String]) -> Result<Envelope, String> {
    let address = |text: &str| {
        let mailbox = text.parse::<Mailbox>();
        mailbox.map(|mailbox| mailbox.email).map_err(|error| format!("{text} is no mail address ({error})"))
    };
    let to = to.iter().map(|recipient| address(recipient)).collect::<Result<_, _>>()?;
    Envelope::new(Some(address(from)?), to).map_err(|error| error.to_string())
}

impl Server {
    fn transport(&self) -> Result<SmtpTransport, String> {
        let tls = match self.encryption {
            Encryption::None => Tls::None,
            Encryption::Tls => Tls::Wrapper(self.parameters()?),
            Encryption::StartTls => Tls::Required(self.parameters()?),
        };
        let builder = SmtpTransport::builder_dangerous(&self.host)
            .port(self.port)
            .tls(tls)
            .timeout(Some(self.patience));
        let builder = match &self.credentials {
            Some(Credentials { user, password }) => {
                builder.credentials(Login::new(user.clone(), password.clone()))
            }
            None => builder,
        };
        Ok(builder.build())
    }

    fn parameters(&self) -> Result<TlsParameters, String> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(path) = &self.authorities {
            let name = path.display();
            let pem = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
            let mut rest = pem.as_str();
            let mut count = 0;
            // One file may hold several.
            while let Some(end) = rest.find(PEM_END).map(|at| at + PEM_END.len()) {
                let (one, after) = rest.split_at(end);
                let certificate =
                    Certificate::from_pem(one.as_bytes()).map_err(|error| format!("{name}: {error}"))?;
                builder = builder.add_root_certificate(certificate);
                (rest, count) = (after, count + 1);
            }
            if count == 0 {
                return Err(format!("{name}: there is no certificate in it"));
            }
        }
        builder.build().map_err(|error| error.to_string())
    }

    fn send(
        &self,
        transport: &SmtpTransport,
        from: &str,
        to: &[String],
        bytes: &[u8],
    ) -> Result<(), Refusal> {
        let envelope = envelope(from, to).map_err(|reason| Refusal { reason, is_final: true })?;
        match transport.send_raw(&envelope, bytes) {
            Ok(_) => Ok(()),
            Err(error) => {
                let reason = format!("{}:{}: {}", self.host, self.port, with_sources(&error));
                Err(Refusal { reason, is_final: error.is_permanent() || error.is_transient() })
            }
        }
    }
}

const PEM_END: &str = "-----END CERTIFICATE-----";

fn sendmail(program: &std::path::Path, from: &str, to: &[String], bytes: &[u8]) -> Result<(), String> {
    let envelope = envelope(from, to)?;
    SendmailTransport::new_with_command(program)
        .send_raw(&envelope, bytes)
        .map_err(|error| format!("{}: {}", program.display(), with_sources(&error)))
}

/// The reason behind the reason is what tells.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_recipient_does_not_keep_the_mail_from_the_others() {
        let refuse = |to: &[String]| match to.iter().any(|name| name == "bad") {
            true => Err(Refusal { reason: "550 no such user".to_owned(), is_final: true }),
            false => Ok(()),
        };
        let due = ["ada".to_owned(), "bad".to_owned(), "eve".to_owned()];
        let outcome = each(&due, &refuse);
        assert_eq!(outcome.accepted, ["ada", "eve"]);
        assert_eq!(outcome.refused, [("bad".to_owned(), "550 no such user".to_owned())]);
    }

    #[test]
    fn a_password_is_never_shown() {
        let credentials = Credentials { user: "ada".to_owned(), password: "secret".to_owned() };
        assert!(!format!("{credentials:?}").contains("secret"));
    }
}
