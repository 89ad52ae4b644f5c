//! The settings of nightly reports: `[mail]`.

use std::path::PathBuf;

use toml::de::DeValue;

use super::read::{Entry, Reader};

/// Who gets nightly reports, and how. What is not said is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailSettings {
    /// Who gets them.
    pub to: Vec<String>,
    /// Who sends them.
    pub from: Option<String>,
    /// Mail server, with or without port.
    pub smtp: Option<String>,
    /// `starttls`, `tls` or `none`.
    pub tls: Option<String>,
    /// A file with name and password for the server.
    pub credentials: Option<PathBuf>,
    /// A file with certificates of authorities.
    pub authorities: Option<PathBuf>,
    /// Seconds that one answer may take.
    pub timeout: Option<u64>,
    /// A program that takes mails.
    pub sendmail: Option<PathBuf>,
    /// A folder of mails.
    pub maildir: Option<PathBuf>,
    /// A file of mails.
    pub file: Option<PathBuf>,
    /// A command that gets the report as JSON.
    pub webhook: Option<String>,
    /// Also when there is nothing new.
    pub always: Option<bool>,
}

const KNOWN: &str = "known in [mail]: to, from, smtp, tls, credentials, authorities, timeout, sendmail, maildir, \
                     file, webhook, always";

impl<'i> Reader<'i> {
    pub(super) fn mail(&mut self, value: Entry<'_, 'i>) -> MailSettings {
        let mut mail = MailSettings::default();
        let Some(table) = self.table(value, "[mail]") else { return mail };
        for (key, value) in table {
            let path = |reader: &mut Reader<'i>| reader.word(value, "a path").map(PathBuf::from);
            match key.get_ref().as_ref() {
                "to" => mail.to = self.recipients(value),
                "from" => mail.from = self.word(value, "`from`"),
                "smtp" => mail.smtp = self.word(value, "`smtp`"),
                "tls" => mail.tls = self.tls(value),
                "credentials" => mail.credentials = path(self),
                "authorities" => mail.authorities = path(self),
                "timeout" => mail.timeout = self.seconds(value),
                "sendmail" => mail.sendmail = path(self),
                "maildir" => mail.maildir = path(self),
                "file" => mail.file = path(self),
                "webhook" => mail.webhook = self.word(value, "`webhook`"),
                "always" => mail.always = self.switch(value),
                "password" | "user" => {
                    let help = "write both into a file of their own and name it as `credentials`";
                    let message = format!("`{}` does not belong into the settings", key.get_ref());
                    self.fault(key.span(), message, Some(help));
                }
                name => self.fault(key.span(), format!("unknown name `{name}`"), Some(KNOWN)),
            }
        }
        mail
    }

    fn recipients(&mut self, value: Entry<'_, 'i>) -> Vec<String> {
        match value.get_ref() {
            DeValue::Array(list) => list.iter().filter_map(|one| self.word(one, "a mail address")).collect(),
            _ => self.word(value, "`to`").into_iter().collect(),
        }
    }

    fn tls(&mut self, value: Entry<'_, 'i>) -> Option<String> {
        let word = self.word(value, "`tls`")?;
        if matches!(word.as_str(), "starttls" | "tls" | "none") {
            return Some(word);
        }
        self.fault(value.span(), format!("unknown word `{word}`"), Some("one of starttls, tls, none"));
        None
    }

    fn seconds(&mut self, value: Entry<'_, 'i>) -> Option<u64> {
        let number = value.get_ref().as_integer();
        let number = number.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        if number.is_none_or(|number| number == 0) {
            self.wrong_type(value, "`timeout`", "a number of seconds");
            return None;
        }
        number
    }

    fn switch(&mut self, value: Entry<'_, 'i>) -> Option<bool> {
        let switch = value.get_ref().as_bool();
        if switch.is_none() {
            self.wrong_type(value, "`always`", "true or false");
        }
        switch
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn every_key_is_read() {
        let text = "[mail]\nto = ['ada@example.com', 'eve@example.com']\nfrom = 'x@example.com'\nsmtp = 'mail:25'\n\
                    tls = 'none'\ncredentials = '/a'\nauthorities = '/b'\ntimeout = 5\nsendmail = '/c'\n\
                    maildir = '/d'\nfile = '/e'\nwebhook = 'cat'\nalways = true\n";
        let mail = Settings::parse(text).unwrap().mail;
        assert_eq!(mail.to, ["ada@example.com", "eve@example.com"]);
        assert_eq!((mail.timeout, mail.always), (Some(5), Some(true)));
        assert_eq!((mail.tls.as_deref(), mail.webhook.as_deref()), (Some("none"), Some("cat")));
        let files = [mail.credentials, mail.authorities, mail.sendmail, mail.maildir, mail.file];
        assert_eq!(files.map(|file| file.unwrap().display().to_string()), ["/a", "/b", "/c", "/d", "/e"]);
    }

    #[test]
    fn faults_are_told_all_at_once_and_a_password_is_no_setting() {
        let text = "[mail]\nto = 3\ntls = 'ssl'\ntimeout = 0\nalways = 'yes'\npassword = 'x'\nhost = 'y'\n";
        let faults = Settings::parse(text).unwrap_err();
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
        assert!(faults[4].help.as_deref().unwrap().contains("credentials"));
    }
}
