//! `vmware.events`: events and tasks of vCenter, exported or sent.
//!
//! ```text
//! PowerCLI    "CreatedTime","UserName","FullFormattedMessage","EventTypeId"
//!             "3/11/2019 10:14:07 AM","CORP\mara.keller","The execution state of the virtual machine ...","com.vmware.vc.vm.VmStateRevertedToSnapshot"
//! client      Description,Type,Date Time,Task,Target,User
//!             Task: Revert snapshot,Information,3/11/2019 10:14:02 AM,Revert snapshot,srv-db1,CORP\mara.keller
//! JSON        {"Key": 4711, "CreatedTime": "2019-03-11T09:14:07.9Z", "EventTypeId": "...", "Vm": {"Name": "srv-db1"}, ...}
//! syslog      <14>1 2021-09-06T14:40:13.289354+00:00 vcenter vpxd 58650 - -  Event [575793] [1-1] [2021-09-06T14:40:13.288346Z] [vim.event.EventEx] [info] [CORP\mara] [DC1] [575790] [The execution ...]
//! ```
//!
//! An event that a machine was set back is proof; a task event is written when the task is queued and proves nothing,
//! unless the export shows the task's state. Stamps are in UTC only where the export says so; a table has the time of
//! the client. The order of columns, the headers of the clients and all languages but English are unverified.

mod columns;
mod listing;
mod meaning;
mod objects;
mod stream;
mod table;

use indexmap::IndexMap;

use crate::base::{Dialect, Feed, Sink, Splitter};
use crate::dialect::dates::{self, Read};
use crate::dialect::lines::{Lines, next_line};
use crate::dialect::{Claim, Reader, SourceContext};

use columns::Columns;
use listing::Listing;
use objects::Objects;
use stream::Stream;
use table::Table;

/// The reader of exported events.
pub struct Events;

impl Reader for Events {
    fn dialect(&self) -> Dialect {
        Dialect::VmwareEvents
    }

    fn opens(&self, text: &str) -> bool {
        let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let first = start.lines().next().unwrap_or("");
        match form(first) {
            Some(Form::Objects) => is_json(start),
            Some(Form::Table) => true,
            Some(Form::Listing) => is_listing(start),
            Some(Form::Stream) | None => false,
        }
    }

    fn claim(&self, line: &str) -> Claim {
        let is_own = stream::parse(line).is_some()
            || line.starts_with("#TYPE VMware.Vim.")
            || line.starts_with('{') && line.trim_end().ends_with('}') && is_json(line)
            || Columns::read(line).is_some();
        if is_own { Claim::Strong } else { Claim::No }
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(EventSplitter { reading: None })
    }
}

/// How much of a text is looked at for names of properties.
const LOOKED_AT: usize = 16 * 1024;

fn is_json(text: &str) -> bool {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let start = text.get(..end).unwrap_or("").to_ascii_lowercase();
    start.contains("\"fullformattedmessage\"") || start.contains("\"eventtypeid\"")
}

fn is_listing(text: &str) -> bool {
    let keys: Vec<&str> = text.lines().take(60).filter_map(listing::property).map(|(key, _)| key).collect();
    keys.contains(&"FullFormattedMessage") && keys.contains(&"CreatedTime")
}

/// The ways in which events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Stream,
    Objects,
    Table,
    Listing,
}

/// The form that a text shows by its first line.
fn form(line: &str) -> Option<Form> {
    let line = line.trim_start_matches('\u{feff}');
    if stream::parse(line).is_some() {
        Some(Form::Stream)
    } else if line.starts_with("#TYPE VMware.Vim.") || Columns::read(line).is_some() {
        Some(Form::Table)
    } else if line.trim_start().starts_with(['{', '[']) {
        Some(Form::Objects)
    } else if listing::property(line).is_some() {
        Some(Form::Listing)
    } else {
        None
    }
}

enum Reading {
    Stream(Lines<Stream>),
    Objects(Objects),
    Table(Table),
    Listing(Listing),
}

struct EventSplitter {
    reading: Option<(Form, Reading)>,
}

impl Splitter for EventSplitter {
    fn split(&mut self, text: &str, line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        let first = first_line(text, feed);
        // Which form it is shows in a whole line only.
        if self.reading.is_none() && feed == Feed::More && first.is_none() {
            return 0;
        }
        let shown = first.and_then(form);
        let current = self.reading.as_ref().map(|(form, _)| *form);
        // In a mixed text another export may follow: headers and lines of the stream cannot be anything else.
        let is_other = matches!(shown, Some(Form::Stream | Form::Table)) && current != shown;
        if current.is_none() || is_other {
            let form = shown.unwrap_or(Form::Table);
            let reading = match form {
                Form::Stream => Reading::Stream(Lines::new(Stream::default())),
                Form::Objects => Reading::Objects(Objects::default()),
                Form::Table => Reading::Table(Table::default()),
                Form::Listing => Reading::Listing(Listing::default()),
            };
            self.reading = Some((form, reading));
        }
        match &mut self.reading {
            Some((_, Reading::Stream(lines))) => lines.split(text, line, feed, sink),
            Some((_, Reading::Objects(objects))) => objects.split(text, feed, sink),
            Some((_, Reading::Table(table))) => table.split(text, feed, sink),
            Some((_, Reading::Listing(listing))) => listing.split(text, feed, sink),
            None => 0,
        }
    }
}

/// The first line that is not blank, if it is there as a whole.
fn first_line(text: &str, feed: Feed) -> Option<&str> {
    let mut at = 0;
    while let Some((line, next)) = next_line(text, at) {
        if !line.trim().is_empty() {
            let is_whole = feed != Feed::More || next < text.len() || text.ends_with('\n');
            return is_whole.then_some(line);
        }
        at = next;
    }
    None
}

/// The time of an export: a date and time of day in any layout.
fn own_time(text: &str) -> Option<Read> {
    let text = text.trim();
    dates::date_time(text).or_else(|| dates::date_and_minute(text))
}

/// Numbers the chains of events: what a task caused carries the chain of its first event.
#[derive(Default)]
struct Chains {
    numbers: IndexMap<String, u32>,
}

/// Beyond it events stand for themselves; a bound.
const MOST_CHAINS: usize = 1 << 18;

impl Chains {
    /// The session of a chain.
    fn session(&mut self, chain: &str) -> Option<u32> {
        if let Some(number) = self.numbers.get(chain) {
            return Some(*number);
        }
        let number = u32::try_from(self.numbers.len()).ok().filter(|_| self.numbers.len() < MOST_CHAINS)?;
        self.numbers.insert(chain.to_owned(), number);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{cut_anywhere, read};
    use super::*;
    use crate::base::{NoticeCode, Severity};

    const SENTENCE: &str = "The execution state of the virtual machine srv-db1 on host esx4.corp.local, in compute \
                            resource Prod has been reverted to the state of snapshot before patch, with ID 3";

    #[test]
    fn powercli_tables() {
        let text = format!(
            "#TYPE VMware.Vim.EventEx\r\n\
             \"EventTypeId\",\"Key\",\"ChainId\",\"CreatedTime\",\"UserName\",\"Vm\",\"FullFormattedMessage\"\r\n\
             \"com.vmware.vc.vm.VmStateRevertedToSnapshot\",\"4713\",\"4711\",\"3/13/2019 10:14:07 AM\",\"CORP\\mara\",\"VMware.Vim.VmEventArgument\",\"{SENTENCE}\"\r\n\
             ,\"4711\",\"4711\",\"3/13/2019 10:14:02 AM\",\"CORP\\mara\",\"VMware.Vim.VmEventArgument\",\"Task: Revert snapshot\"\r\n\
             ,\"4600\",\"4600\",\"3/12/2019 10:14:02 AM\",\"CORP\\svc-be\",\"VMware.Vim.VmEventArgument\",\"Reconfigured srv \"\"a\"\" on esx4 in DC1.  \n \nModified:  \n \nconfig.changeTrackingEnabled: false -> true; \n\"\r\n\
             \"broken\r\n"
        );
        let got = read(&Events, "events.csv", &text);
        assert_eq!((got.records.len(), got.headless()), (6, 1));
        let done = got.kind("snapshot-reverted");
        assert_eq!(done.len(), 1);
        assert_eq!(done[0].stamp.to_string(), "2019-03-13T10:14:07");
        assert_eq!(done[0].field("vm"), Some("srv-db1"));
        assert_eq!(done[0].field("snapshot"), Some("before patch"));
        assert_eq!(done[0].field("snapshot_id"), Some("3"));
        assert_eq!(done[0].field("user"), Some("CORP\\mara"));
        assert_eq!(done[0].field("esx"), Some("esx4.corp.local"));
        assert_eq!(done[0].code.as_deref(), Some("com.vmware.vc.vm.VmStateRevertedToSnapshot"));
        assert_eq!(done[0].number, Some(4713));
        let asked = got.kind("snapshot-revert-asked");
        assert_eq!((asked.len(), asked[0].field("vm")), (1, None));
        assert_eq!(asked[0].session, done[0].session);
        assert_eq!(got.kind("cbt-enabled")[0].field("vm"), Some("srv \"a\""));
        assert_eq!(got.notices, [NoticeCode::DamagedRecord]);
        assert!(Events.opens(&text));
        cut_anywhere(&Events, "events.csv", &text);
    }

    #[test]
    fn tables_of_the_clients() {
        let text = "\
Description,Type,Date Time,Task,Target,User
Task: Create virtual machine snapshot,Information,13.03.2019 21:00:02,Create virtual machine snapshot,srv-db1,CORP\\svc-be
Task: Revert to current snapshot,Information,14.03.2019 09:12:41,Revert to current snapshot,srv-db1,CORP\\mara
\"Host esx4 connected\",Warning,14.03.2019 09:20:41,,esx4,
";
        let got = read(&Events, "ExportEvents.csv", text);
        assert_eq!((got.records.len(), got.headless()), (4, 0));
        let made = got.kind("snapshot-create-asked");
        assert_eq!((made[0].field("vm"), made[0].field("user")), (Some("srv-db1"), Some("CORP\\svc-be")));
        assert_eq!(made[0].stamp.to_string(), "2019-03-13T21:00:02");
        assert_eq!(got.kind("snapshot-revert-asked").len(), 1);
        assert_eq!(got.records[3].field("target"), Some("esx4"));
        assert_eq!(got.records[3].severity, Severity::Warning);
        cut_anywhere(&Events, "ExportEvents.csv", text);
        let german = "Beschreibung\tTyp\tDatum/Uhrzeit\tAufgabe\tZiel\tBenutzer\nAufgabe: Snapshot wiederherstellen\tInformation\t13.03.2019 21:00:02\tSnapshot wiederherstellen\tsrv1\tx\n";
        assert_eq!(read(&Events, "a.txt", german).kind("snapshot-revert-asked")[0].field("vm"), Some("srv1"));
    }

    #[test]
    fn task_lists_show_the_result() {
        let text = "\
Task Name;Target;Status;Initiator;Queued Time;Start Time;Completion Time
Revert snapshot;srv-db1;Completed;CORP\\mara;2019-03-14 09:12:40;2019-03-14 09:12:41;2019-03-14 09:12:49
Revert snapshot;srv-db2;Failed;CORP\\mara;2019-03-14 09:12:40;2019-03-14 09:12:41;2019-03-14 09:12:49
Revert snapshot;srv-db3;Running;CORP\\mara;2019-03-14 09:12:40;2019-03-14 09:12:41;
";
        let got = read(&Events, "tasks.csv", text);
        let done = got.kind("snapshot-reverted");
        assert_eq!((done.len(), done[0].field("vm")), (1, Some("srv-db1")));
        assert_eq!(done[0].stamp.to_string(), "2019-03-14T09:12:49");
        assert_eq!(got.kind("snapshot-revert-failed").len(), 1);
        assert_eq!(got.kind("snapshot-revert-asked").len(), 1);
        cut_anywhere(&Events, "tasks.csv", text);
    }

    #[test]
    fn objects_in_an_array_and_on_lines() {
        let text = format!(
            "[\n  {{\n    \"EventTypeId\": \"com.vmware.vc.vm.VmStateRevertedToSnapshot\",\n    \"Key\": 4713,\n    \"ChainId\": 4711,\n    \"CreatedTime\": \"2019-03-11T09:14:07.9Z\",\n    \"UserName\": \"CORP\\\\mara\",\n    \"Vm\": {{ \"Name\": \"SRV-DB1\", \"Vm\": {{ \"Value\": \"vm-77\" }} }},\n    \"FullFormattedMessage\": \"{SENTENCE}\"\n  }},\n  {{\n    \"CreatedTime\": \"/Date(1552295642000)/\",\n    \"Info\": {{ \"Name\": \"RevertToSnapshot_Task\", \"State\": \"queued\", \"EntityName\": \"srv-db1\" }},\n    \"FullFormattedMessage\": \"Task: Revert snapshot\"\n  }},\n  {{\n    \"CreatedTime\": \"2019-03-11T09:14:07.9Z\",\n    \"FullFormattedMessage\": \"cut off,\n  {{\n    \"CreatedTime\": {{ \"value\": \"\\/Date(1552295642000)\\/\", \"DateTime\": \"x\" }},\n    \"Vm\": {{ \"Name\": \"a\" }},\n    \"ConfigSpec\": {{ \"ChangeTrackingEnabled\": false }},\n    \"FullFormattedMessage\": \"Reconfigured a on b in c\"\n  }}\n]\n"
        );
        let got = read(&Events, "VIEvents.json", &text);
        assert_eq!((got.records.len(), got.headless()), (4, 1));
        let done = got.kind("snapshot-reverted");
        assert_eq!(done[0].stamp.to_string(), "2019-03-11T09:14:07.900Z");
        assert_eq!(done[0].field("vm"), Some("srv-db1"));
        let asked = got.kind("snapshot-revert-asked");
        assert_eq!(
            (asked[0].field("vm"), asked[0].stamp.to_string().as_str()),
            (Some("srv-db1"), "2019-03-11T09:14:02.000Z")
        );
        assert_eq!(got.kind("cbt-disabled")[0].field("vm"), Some("a"));
        assert!(Events.opens(&text));
        cut_anywhere(&Events, "VIEvents.json", &text);
        let lines = "{\"EventTypeId\":\"x\",\"CreatedTime\":\"2019-03-11T09:14:07Z\",\"FullFormattedMessage\":\"a\"}\n{\"EventTypeId\":\"x\",\"FullFormattedMessage\":\"b\"}\n";
        assert_eq!(read(&Events, "a.json", lines).records.len(), 2);
        assert_eq!(Events.claim(lines.lines().next().unwrap()), Claim::Strong);
        let wrapped = "{\"value\": [{\"EventTypeId\":\"x\",\"FullFormattedMessage\":\"a\"},{\"EventTypeId\":\"x\",\"FullFormattedMessage\":\"b\"}]}";
        assert_eq!(read(&Events, "a.json", wrapped).records.len(), 2);
        cut_anywhere(&Events, "a.json", wrapped);
    }

    #[test]
    fn the_stream() {
        let text = format!(
            "<14>1 2021-09-06T14:40:13.289354+00:00 vc1 vpxd 58650 - -  Event [575793] [1-1] [2021-09-06T14:40:13.28834Z] [vim.event.EventEx] [info] [CORP\\mara] [DC1] [575790] [{SENTENCE}]\n\
             Event [575790] [1-1] [2021-09-06T14:40:01.28834Z] [vim.event.TaskEvent] [info] [CORP\\mara] [DC1] [575790] [Task: Revert snapshot]\n\
             <14>1 2021-09-06T14:40:13.289354+00:00 vc1 vpxd 58650 - - Event [575794] [1-2] [2021-09-06T14:40:13.28834Z] [vim.event.VmMessageEvent] [warning] [] [DC1] [575794] [cut\n\
             a line that belongs to it\n"
        );
        let got = read(&Events, "syslog", &text);
        assert_eq!((got.records.len(), got.headless()), (3, 0));
        let done = got.kind("snapshot-reverted");
        assert_eq!(done[0].host.as_deref(), Some("vc1"));
        assert_eq!(done[0].stamp.to_string(), "2021-09-06T14:40:13.288340Z");
        assert_eq!(done[0].code.as_deref(), Some("vim.event.EventEx"));
        assert_eq!(done[0].session, got.kind("snapshot-revert-asked")[0].session);
        assert!(text.lines().take(3).all(|line| Events.claim(line) == Claim::Strong));
        cut_anywhere(&Events, "syslog", &text);
    }

    #[test]
    fn a_message_in_two_parts_is_one_event() {
        let part = |part: &str, key: u32, text: &str| {
            format!(
                "<14>1 2021-09-06T14:40:13.289354+00:00 vc1 vpxd 58650 - -  Event [{key}] [{part}] [2021-09-06T14:40:13.28834Z] [vim.event.EventEx] [info] [CORP\\mara] [DC1] [{key}] [{text}\n"
            )
        };
        let (begin, end) = SENTENCE.split_at(60);
        let text = part("1-2", 7, begin) + &part("2-2", 7, &format!("{end}]"));
        let got = read(&Events, "syslog", &text);
        assert_eq!((got.records.len(), got.headless()), (1, 0));
        let done = got.kind("snapshot-reverted");
        assert_eq!((done[0].field("vm"), done[0].field("snapshot_id")), (Some("srv-db1"), Some("3")));
        assert_eq!(done[0].body, SENTENCE);
        cut_anywhere(&Events, "syslog", &text);

        // With another event between, and with a part that never comes.
        let other = part("1-1", 8, "User root@127.0.0.1 logged in]");
        let text =
            part("1-2", 7, begin) + &other + &part("2-2", 7, &format!("{end}]")) + &part("2-3", 9, "x]");
        let got = read(&Events, "syslog", &text);
        assert_eq!((got.records.len(), got.kind("snapshot-reverted").len()), (4, 1));
        assert_eq!(got.records[2].body, SENTENCE);
        cut_anywhere(&Events, "syslog", &text);

        // The first part says it all: once is enough.
        let (begin, end) = SENTENCE.split_at(SENTENCE.len() - 4);
        let text = part("1-2", 7, begin) + &other + &part("2-2", 7, &format!("{end}]"));
        assert_eq!(read(&Events, "syslog", &text).kind("snapshot-reverted").len(), 1);
    }

    #[test]
    fn a_machine_with_on_host_in_its_name() {
        let sentence = "The execution state of the virtual machine App on host B on host esx4.corp.local, in compute \
                        resource Prod has been reverted to the state of snapshot before patch, with ID 3";
        let text = format!(
            "Description,Type,Date Time,Task,Target,User\n\"{sentence}\",Information,13.03.2019 21:00:02,,app on host b,x\n"
        );
        let got = read(&Events, "e.csv", &text);
        let done = got.kind("snapshot-reverted");
        assert_eq!(
            (done[0].field("vm"), done[0].field("esx")),
            (Some("App on host B"), Some("esx4.corp.local"))
        );
        let alone = format!(
            "Event [7] [1-1] [2021-09-06T14:40:13.28834Z] [vim.event.EventEx] [info] [x] [DC1] [7] [{sentence}]\n"
        );
        let got = read(&Events, "syslog", &alone);
        assert_eq!(got.kind("snapshot-reverted")[0].field("vm"), Some("App on host B"));
        let text = "Description,Type,Date Time,Task,Target,User\n\"Reconfigured App on host B on esx4 in DC1. Modified: config.changeTrackingEnabled: false -> true; \",Information,13.03.2019 21:00:02,,App on host B,x\n";
        assert_eq!(read(&Events, "e.csv", text).kind("cbt-enabled")[0].field("vm"), Some("App on host B"));
    }

    #[test]
    fn listings() {
        let text = format!(
            "\r\nEventTypeId          : com.vmware.vc.vm.VmStateRevertedToSnapshot\r\nKey                  : 4713\r\nCreatedTime          : 3/13/2019 10:14:07 AM\r\nUserName             : CORP\\mara\r\nVm                   : VMware.Vim.VmEventArgument\r\nFullFormattedMessage : {}\r\n                       {}\r\n\r\n\r\nCreatedTime          : 3/13/2019 10:14:02 AM\r\nFullFormattedMessage : Task: Revert snapshot\r\n",
            SENTENCE.get(..100).unwrap().trim(),
            SENTENCE.get(100..).unwrap().trim()
        );
        let got = read(&Events, "events.txt", &text);
        assert_eq!((got.records.len(), got.headless()), (2, 0));
        assert_eq!(got.kind("snapshot-reverted")[0].field("vm"), Some("srv-db1"));
        assert_eq!(got.kind("snapshot-revert-asked").len(), 1);
        assert!(Events.opens(&text));
        cut_anywhere(&Events, "events.txt", &text);
    }

    #[test]
    fn exports_of_others_are_not_claimed() {
        for line in [
            "Level,Date and Time,Source,Event ID,Task Category",
            "Type,Date,Time,Source,Category,Event,User,Computer",
            "Name,Status",
            "Keywords,Date and Time,Source,Event ID,Task Category,Description",
            "{\"time\":\"2021-01-01T00:00:00Z\",\"message\":\"x\"}",
            "Description,Amount",
            "",
        ] {
            assert_eq!(Events.claim(line), Claim::No, "{line}");
        }
        assert!(!Events.opens("{\"a\": 1}"));
        assert!(!Events.opens("Name : x\nValue : y\n"));
    }
}
