//! `tsm.console`: what `dsmc` prints. Its lines have no time; the banner shows when the client started.
//!
//! A record is a message, a line about a file, a row of the statistics, a line of the banner or a row of a list;
//! everything else continues the record above it (long messages break at blanks and go on in the first column).
//! A session is one start of the client. Nothing gets a time but the line that shows one.
//!
//! ```text
//! Command Line Backup/Archive Client Interface - Version 5, Release 1, Level 6.0                   (5.1)
//!   Client Version 6, Release 4, Level 0.0                                                         (6.4)
//!   Client date/time: 02/01/2013 10:11:12
//! Retry # 1  Normal File-->            85,113 /var/log/secure [Sent]
//! ANS1802E Incremental backup of '/var' finished with 1 failure(s)                                 (7.1, 8.1)
//! ```
//!
//! It stops at output that another program has packed into its own log.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::banner::{BannerLine, banner_line};
use super::clock::{self, Clock};
use super::message::{find_folded, message, starts_folded};
use super::progress::{file_line, is_known_kind, statistic};
use super::run::Client;
use super::sched::{PRINTED, printed};
use super::vm_backup::Moment;
use crate::base::{Dialect, Record, Sink, Splitter};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Reader, SourceContext};

/// The reader of console output.
pub(super) struct Console;

impl Reader for Console {
    fn dialect(&self) -> Dialect {
        Dialect::TsmConsole
    }

    fn claim(&self, line: &str) -> Claim {
        let text = line.trim();
        if text.starts_with(|c: char| c.is_ascii_digit()) || text.is_empty() {
            return Claim::No;
        }
        match banner_line(text) {
            Some(BannerLine::Node(_) | BannerLine::Accessing(_)) => return Claim::Weak,
            Some(_) => return Claim::Strong,
            None => {}
        }
        if file_line(text).is_some_and(|file| is_known_kind(file.kind)) || is_console_text(text) {
            Claim::Strong
        } else if statistic(text).is_some() {
            Claim::Weak
        } else {
            Claim::No
        }
    }

    fn absorbs(&self) -> &'static [Dialect] {
        &[Dialect::TsmError]
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(ConsoleGrammar {
            clock: Clock::default(),
            client: Client::new(Dialect::TsmConsole),
            introducing: false,
        }))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<ConsoleGrammar>::restored(saved)
    }
}

/// Texts that no other program prints.
fn is_console_text(text: &str) -> bool {
    const BEGINNINGS: [&str; 8] = [
        "Total number of objects inspected:",
        "Total number of virtual machines ",
        "Backup VM command ",
        "Starting Full VM backup of ",
        "Successful Full VM backup of ",
        "Full BACKUP VM of virtual machine",
        "Incremental backup of volume '",
        "Successful incremental backup of '",
    ];
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

#[derive(Serialize, Deserialize)]
struct ConsoleGrammar {
    clock: Clock,
    client: Client,
    /// The record before was the name of the product or of the interface: the banner goes on.
    introducing: bool,
}

impl Grammar for ConsoleGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::TsmConsole
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
        let mut record = match self.clock.read(line, number, sink) {
            Some(head) => {
                let mut record = Record::new(Dialect::TsmConsole, head.rest);
                record.stamp = head.stamp;
                record.fields.push((PRINTED, Cow::Borrowed(head.printed)));
                record
            }
            None => {
                let text = line.trim_start();
                let kind = head_kind(text, line.len() - text.len())?;
                let mut record = Record::new(Dialect::TsmConsole, text);
                record.kind = kind;
                record
            }
        };
        record.line = Some(number);
        Some(record)
    }

    fn finish(&mut self, mut record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        let Some(line) = record.line.take() else { return sink.record(record) };
        let at = Moment { stamp: record.stamp, printed: printed(&mut record), line };
        let Cow::Borrowed(text) = record.body else { return sink.record(record) };
        self.introduce(text, &record, sink);
        if record.kind == "command" {
            self.client.end_run(record.start, sink);
            self.client.begin_command(text);
        }
        self.client.see(&mut record, &at, sink);
        record.session = self.client.session;
        sink.record(record);
    }

    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        self.client.end(Dialect::TsmConsole, end, sink);
    }
}

impl ConsoleGrammar {
    /// A banner that begins is another client.
    fn introduce(&mut self, text: &str, record: &Record<'_>, sink: &mut dyn Sink) {
        let line = banner_line(text);
        let begins = match line {
            Some(BannerLine::Product) => true,
            Some(BannerLine::Interface(_) | BannerLine::Client(_)) => !self.introducing,
            _ => false,
        };
        if begins {
            self.client.end_run(record.start, sink);
            self.client.banner.begin(record, sink);
            self.client.open_session();
        }
        self.introducing = matches!(line, Some(BannerLine::Product | BannerLine::Interface(_)));
    }
}

/// Does `text` (indented by `indent`) begin a record, and of what kind?
fn head_kind(text: &str, indent: usize) -> Option<&'static str> {
    if indent <= 2 && message(text).is_some() {
        return Some("");
    }
    if is_command(text) {
        return Some("command");
    }
    if is_listing_row(text) {
        return Some("listing");
    }
    let speaks = indent == 0 && BEGINNINGS.iter().any(|beginning| starts_folded(text, beginning));
    let ruler = indent == 0 && text.len() >= 20 && text.bytes().all(|byte| byte == b'-');
    let known = speaks
        || ruler
        || banner_line(text).is_some()
        || file_line(text).is_some()
        || statistic(text).is_some();
    known.then_some("")
}

/// How lines begin that are no message but a record of their own.
const BEGINNINGS: [&str; 18] = [
    "starting ",
    "successful ",
    "failed ",
    "creating ",
    "removing ",
    "processing snapshot disk",
    "backing up ",
    "backup vm command",
    "full backup vm",
    "full vm backup",
    "incremental backup",
    "incremental vm backup",
    "statistics for",
    "selective backup function",
    "archive function",
    "restore function",
    "retrieve function",
    "user action has",
];

/// `tsm> backup vm ...`, `Protect> ...`, `tsm: SERVER1>...`, `# dsmc incremental`
fn is_command(text: &str) -> bool {
    let line = text.lines().next().unwrap_or("");
    let prompt = line.split_once('>').is_some_and(|(prompt, _)| {
        let (name, server) = prompt.split_once(':').unwrap_or((prompt, ""));
        matches!(name, "tsm" | "Protect" | "dsmc") && !server.trim().contains(char::is_whitespace)
    });
    prompt
        || line.starts_with("dsmc ")
        || ["# dsmc ", "$ dsmc ", ">dsmc "].iter().any(|shell| line.contains(shell))
}

/// `594  B  03/21/2017 16:02:45    /srv/x`: size, unit, date.
fn is_listing_row(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (Some(size), Some(unit), Some(date)) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    size.starts_with(|c: char| c.is_ascii_digit())
        && matches!(unit, "B" | "KB" | "MB" | "GB" | "TB")
        && date.starts_with(|c: char| c.is_ascii_digit())
        && find_folded(text, date)
            .and_then(|at| text.get(at..))
            .is_some_and(|rest| clock::stamp(rest).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Collector, read};
    use super::*;

    fn console(text: &str) -> Collector {
        read(&Console, text)
    }

    const BANNER: &str = "\
IBM Tivoli Storage Manager
Command Line Backup-Archive Client Interface
  Client Version 6, Release 4, Level 0.1
  Client date/time: 02/13/2013 10:11:12
(c) Copyright by IBM Corporation and other(s) 1990, 2012. All Rights Reserved.

Node Name: DM1
Session established with server TSMSRV1: AIX
  Server Version 6, Release 3, Level 3.000
  Server date/time: 02/13/2013 10:11:12  Last access: 02/13/2013 10:00:01

Accessing as node: DC1
";

    #[test]
    fn changed_files_and_a_wrapped_message() {
        let found = console(
            "Normal File-->            61,204 /srv/auth.trace  Changed\nRetry # 1  Normal File-->            61,204 \
             /srv/auth.trace [Sent]\nANS1228E Sending of object '/srv/q.log' failed.\nANS4037E Object '/srv/q.log' \
             changed during processing.\nObject skipped.\nANS1802E Incremental backup of '/srv' finished with 1 \
             failure(s)\nTotal number of objects inspected:       41,377\nTotal objects deduplicated:                  \
             58\n",
        );
        assert_eq!((found.records.len(), found.headless()), (7, 0));
        assert_eq!(
            found.records[3].body,
            "ANS4037E Object '/srv/q.log' changed during processing.\nObject skipped."
        );
        assert_eq!(found.records[1].field("retry"), Some("1"));
        assert_eq!(found.records[5].field("value"), Some("41,377"));
        assert!(found.records.iter().all(|record| record.stamp.is_empty()));
    }

    #[test]
    fn one_machine_takes_the_start_of_its_client() {
        let text = format!(
            "C:\\Program Files\\Tivoli\\TSM\\baclient>dsmc backup vm db1 -mode=iffull\n{BANNER}Full BACKUP VM of virtual \
             machines 'db1'\n\nStarting Full VM backup of VMware Virtual Machine 'db1'\n        mode:                    \
             'Incremental Forever - Full'\n        target node name:               'DC1'\nCreating snapshot for virtual \
             machine 'db1'\nSuccessful Full VM backup of VMware Virtual Machine 'db1'\n"
        );
        let found = console(&text);
        assert_eq!((found.ordinary().len(), found.headless()), (14, 0));
        let client = (Some("DM1"), "tsm-client", "6.4.0.1");
        assert_eq!(found.versions(), [client, (Some("TSMSRV1"), "tsm-server", "6.3.3.0")]);
        assert_eq!(found.facts[0].2, "2013-02-13T10:11:12");
        let vms = found.derived("vm-backup");
        assert_eq!(vms.len(), 1);
        let field = |name| vms[0].field(name);
        assert_eq!(
            (field("method"), field("result"), field("instant")),
            (Some("full"), Some("success"), Some("start"))
        );
        assert_eq!((field("node"), field("data_mover")), (Some("DC1"), Some("DM1")));
        assert_eq!(vms[0].stamp, "2013-02-13T10:11:12");
        let mover = found.derived("data-mover")[0];
        assert_eq!((mover.field("level"), mover.field("node")), (Some("6.4.0.1"), Some("DM1")));
        assert_eq!(mover.field("platform"), None);
    }

    #[test]
    fn what_was_asked_for_is_not_what_was_done() {
        let run = |mode: &str| {
            format!(
                "dsmc backup vm db1 -mode={mode}\n{BANNER}Starting Full VM backup of VMware Virtual Machine 'db1'\n"
            )
        };
        let found = console(&[run("ifincremental"), run("iffull")].concat());
        let methods: Vec<_> = found
            .derived("vm-backup")
            .iter()
            .map(|vm| (vm.session, vm.field("method").unwrap().to_owned()))
            .collect();
        assert_eq!(methods, [(Some(0), "unknown".to_owned()), (Some(1), "full".to_owned())]);
        assert!(found.derived("vm-backup").iter().all(|vm| vm.field("result") == Some("unknown")));
    }

    #[test]
    fn a_list_is_no_transfer() {
        let text = format!(
            "{BANNER}             Size  Archive Date - Time    File\n             ----  -------------------    ----\n     \
             594  B  03/21/2017 16:02:45    /srv/x.gpg Never\n   418,702,961  B  03/21/2017 16:02:39    /srv/y.gpg Never\n"
        );
        let found = console(&text);
        let rows = found.records.iter().filter(|record| record.kind == "listing").count();
        assert_eq!((rows, found.headless()), (2, 0));
    }

    #[test]
    fn damage_and_other_programs() {
        let found = console("tableau: tsm version\n\r\r\n\u{fffd}-->\n");
        assert_eq!((found.records.len(), found.headless()), (3, 3));
        for (line, claim) in [
            ("IBM Spectrum Protect", Claim::Strong),
            ("  Client Version 8, Release 1, Level 23.0 ", Claim::Strong),
            ("Normal File-->            61,204 /srv/x [Sent]", Claim::Strong),
            ("Total number of objects inspected:       41,377", Claim::Strong),
            ("Total number of retries: 3", Claim::Weak),
            ("Node Name: X", Claim::Weak),
            ("tsm version: Tableau Services Manager command line version 2018.2", Claim::No),
            ("<!-- a comment -->", Claim::No),
            ("Server Version: Apache/2.4", Claim::No),
        ] {
            assert_eq!(Console.claim(line), claim, "{line}");
        }
    }
}
