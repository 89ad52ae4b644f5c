//! Records that nobody wants are skimmed: what is told of them, and of the others, is what is told where all are read.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::{Got, context};
use super::identify::recognise;
use super::reader;
use crate::base::{DateOrder, Dialect, FactKind, Feed, NoticeCode, Record, Severity, Sink, Stamp};

/// Wants the records that hold a word of their dialect, and those that hold a letter.
struct Picky<'t> {
    text: &'t str,
    words: &'static [&'static str],
    letter: Option<char>,
    got: Got,
    /// Stamps and sessions of skimmed records, each with the number of records given before it.
    skimmed: Vec<(usize, Stamp, Option<u32>)>,
}

impl Sink for Picky<'_> {
    fn record(&mut self, record: Record<'_>) {
        self.got.record(record);
    }

    fn fact(&mut self, host: Option<&str>, fact: FactKind, record: &Record<'_>) {
        self.got.fact(host, fact, record);
    }

    fn date_vote(&mut self, order: DateOrder) {
        self.got.date_vote(order);
    }

    fn source_host(&mut self, host: &str) {
        self.got.source_host(host);
    }

    fn notice(&mut self, code: NoticeCode, offset: usize, detail: String) {
        self.got.notice(code, offset, detail);
    }

    fn next_wanted(&mut self, from: usize) -> usize {
        let letter = self.letter.and_then(|letter| self.text[from..].find(letter));
        letter.map_or(usize::MAX, |at| from + at)
    }

    fn next_word(&mut self, from: usize) -> usize {
        let word = self.words.iter().filter_map(|word| self.text[from..].find(word)).min();
        word.map_or(usize::MAX, |at| from + at)
    }

    fn wants_kind(&mut self, _: &'static str) -> bool {
        false
    }

    fn wants_event(&mut self, _: &[&str], _: &str) -> bool {
        false
    }

    fn skimmed(&mut self, _: Dialect, stamps: &[Stamp], session: Option<u32>) {
        let given = self.got.records.len();
        self.skimmed.extend(stamps.iter().map(|stamp| (given, *stamp, session)));
    }
}

/// What the sessions of a source were told, and whether their records agree.
fn sessions(records: &[Record<'static>]) -> BTreeMap<(u32, &'static str), Option<String>> {
    let mut told: BTreeMap<(u32, &'static str), Option<String>> = BTreeMap::new();
    for record in records {
        let Some(session) = record.session else { continue };
        for (name, value) in record.fields.iter().filter(|(_, value)| !value.is_empty()) {
            told.entry((session, name))
                .and_modify(|held| {
                    if held.as_deref() != Some(value) {
                        *held = None;
                    }
                })
                .or_insert_with(|| Some(value.to_string()));
        }
    }
    told
}

/// Reads the text twice, and returns how many records were skimmed.
fn compare(dialect: Dialect, text: &str, letter: Option<char>) -> usize {
    let reader = reader(dialect).unwrap();
    let words = reader.telling_words();
    let mut whole = Got::default();
    reader.splitter(&context(reader, "x.log")).split(text, 1, Feed::Last, &mut whole);
    let mut picky = Picky { text, words, letter, got: Got::default(), skimmed: Vec::new() };
    reader.splitter(&context(reader, "x.log")).split(text, 1, Feed::Last, &mut picky);
    let Picky { got, skimmed, .. } = picky;
    assert_eq!(got.facts, whole.facts);
    assert_eq!(got.hosts, whole.hosts);
    // A head that is looked at once more votes once more; what counts is whether there are votes.
    let votes = |got: &Got| got.votes.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(votes(&got), votes(&whole));
    assert_eq!(got.notices, whole.notices);
    assert_eq!(sessions(&got.records), sessions(&whole.records));
    assert_eq!(got.records.len() + skimmed.len(), whole.records.len());
    let (mut given, mut passed) = (0, 0);
    for record in &whole.records {
        match skimmed.get(passed) {
            Some((before, stamp, session)) if *before == given => {
                assert_eq!((*stamp, *session), (record.stamp, record.session), "{record:?}");
                assert!(record.head && record.severity < Severity::Error && record.number.is_none());
                assert!(record.line.is_none() && matches!(record.kind, "" | "file"), "{record:?}");
                assert!(record.code.is_none() || dialect == Dialect::WindowsCsv2003, "{record:?}");
                let held = &text[record.start..record.end];
                assert!(words.iter().all(|word| !held.contains(word)), "{held}");
                assert!(letter.is_none_or(|letter| !held.contains(letter)), "{held}");
                passed += 1;
            }
            _ => {
                assert_eq!(format!("{:?}", got.records[given]), format!("{record:?}"));
                given += 1;
            }
        }
    }
    skimmed.len()
}

/// Compares with nothing wanted, and with some records wanted for what one of their lines holds.
fn check(text: &str, dialect: Dialect, skimmed: usize) {
    assert_eq!(recognise(text).dialect, dialect);
    assert_eq!(compare(dialect, text, None), skimmed, "{dialect:?}");
    for letter in ['q', 'Q', '7', '\n'] {
        compare(dialect, text, Some(letter));
    }
}

#[test]
fn unified() {
    let head = "[Debug] NB 51216 nbjm 117 PID:1364 TID:4120 File ID:117 [jobid=24871 parentid=24871]";
    let text = format!(
        "6/19/2010 09:17:52.406 {head} 6 [BackupJob::update] q\n\
         6/19/2010 09:17:52.406 [Application] NB 51216nbjm 117 PID:1364 TID:4120 File ID:117 [reqid=-127] [Info] V-117-49 x\n\
         6/19/2010 09:17:53.406 {head} 6 [A::b] x\n  wrapped q\n\
         6/19/2010 09:17:54.406 {head} 6 [A::b] 7\n  V-1-2\n\
         6/19/2010 09:17:55.406 [Application] NB 51216 nbjm 117 PID:1 TID:4120 File ID:117 [jobid=1] [Error] x\n\
         6/20/2010 09:17:55 {head} 4 last\n"
    );
    check(&text, Dialect::NetbackupUnified, 3);
}

#[test]
fn agents() {
    let line = |second: u32, op_id: &str, text: &str| {
        format!(
            "2019-03-11T09:14:{second:02}.117Z info hostd[2099511] [Originator@6876 sub=V{op_id} user=vpxuser] {text}\n"
        )
    };
    let op = " opID=k3x9-7741-auto-5z9-h5:70002212-9c-01-72-83e4";
    let task = "haTask-41-vim.vm.Snapshot.revert-88123";
    let text = [
        "Section for VMware ESX, pid=2098914, version=6.7.0, build=13006603, option=Release\n".to_owned(),
        line(0, op, "before the task q"),
        line(1, "", "Task Created : haTask--vim.SessionManager.sessionIsActive-5"),
        line(2, op, &format!("Task Created : {task}")),
        line(3, op, "of the task"),
        line(4, " opID=other-1", "Event 7 : x\n--> more q\n-->  changeTrackingEnabled = true,"),
        line(5, " opID=other-1", "of nobody"),
        line(6, "", "of nobody\n--> more q"),
        line(7, op, &format!("Task Completed : {task} Status success")),
        line(8, op, "of the task still"),
        "2019-03-11T09:14:09.902Z error hostd[1] [Originator@6876 sub=V] bad\n".to_owned(),
        "2013-08-12T13:48:25.650Z [6FE81B90 info 'ha-eventmgr' opID=5c1d-8] Event 8573 : x\n".to_owned(),
        line(10, "", "last"),
    ];
    check(&text.concat(), Dialect::VmwareHostd, 6);
}

#[test]
fn machines() {
    let text = "\
2018-04-19T02:51:38.000Z| vmx| I120: Log for VMware ESX pid=2099564 version=6.0.0 build=build-3620759 option=Release
2018-04-19T02:51:38.001Z| vmx| I120: Config file: /vmfs/volumes/5e0a77c1/vm1/vm1.vmx
2018-04-19T02:51:38.002Z| vmx| I120: first of its thread
2018-04-19T02:51:38.003Z| vmx| I120: quiet
2018-04-19T02:51:38.004Z| vcpu-0| I120: second thread
2018-04-19T02:51:38.005Z| vcpu-1| I120: any thread
2018-04-19T02:51:38.006Z| vcpu-0| I120: DISKLIB-VMFS : \"/vmfs/volumes/5e0a77c1/vm1/vm1-flat.vmdk\" : open successful (7) size = 1
2018-04-19T02:51:38.007Z| vcpu-0| E105: bad
2018-04-19T02:51:38.008Z| vcpu-0| I120: DISKLIB-CBT   : Resuming change tracking.
2018-04-19T02:51:38.009Z| vcpu-2| I120: quiet
2018-04-19T02:51:38.010Z| vmx| I120: Config file: /vmfs/volumes/5e0a77c1/vm2/vm2.vmx
2018-04-19T02:51:38.011Z| vmx| I120: of the other machine
2018-04-19T02:51:38.012Z| vmx| I120: and quiet
  wrapped q
2018-04-19T02:51:38.013Z| vcpu-0| I120: its second thread
2018-04-19T02:51:38.014Z| vcpu-0| I120: last
";
    check(text, Dialect::VmwareVmxLog, 8);
}

#[test]
fn schedules() {
    let text = "\
2019-03-20 00:00:01 IBM Tivoli Storage Manager Backup-Archive Client Version 7, Release 1, Level 2.0
2019-03-20 02:29:01 Normal File-->            85,113 /home/1 [Sent]
2019-03-20 02:29:02 Directory-->              85,113 /home/q [Sent]
2019-03-20 02:29:05 --- SCHEDULEREC OBJECT BEGIN NIGHTLY 03/20/2019 02:29:00
2019-03-20 02:29:06 Normal File-->            85,113 /home/1 [Sent]
2019-03-20 02:29:07 Normal File-->            85,113 /home/2 [Sent]
2019-03-20 02:29:08 Normal File-->            85,113 /home/3 [Sent]
2019-03-20 02:29:09 Normal File-->            85,113 /home/4  Changed
2019-03-20 02:29:09 ANS1228E Sending of object '/home/4' failed
2019-03-20 02:29:10 Retry # 1  Normal File-->            85,113 /home/4 [Sent]
2019-03-20 02:29:11 Retry # 1  Normal File-->            85,113 /home/7 [Sent]
2019-03-20 02:29:12 Normal File-->            85,113 C:\\x\\5 [Sent]
2019-03-20 02:29:13 Normal File-->            85,113 C:\\x\\6 [Sent]
2019-03-20 02:30:00 Scheduled event 'NIGHTLY' completed successfully.
2019-03-20 02:30:01 Normal File-->            85,113 /home/4 [Sent]
2019-03-20 02:30:02 Results sent to server for scheduled event 'NIGHTLY'.
2019-03-20 02:30:03 Normal File-->            85,113 /home/4 [Sent]
";
    check(text, Dialect::TsmSched, 6);
}

#[test]
fn jobs() {
    let text = "\
03/12/2010 07:27:20 - begin Duplicate
03/12/2010 07:27:21 - Info bptm (pid=11) using 64 data buffers
03/12/2010 07:27:22 - Info bptm (pid=11) using 30 data buffers q
03/12/2010 07:27:23 - Info bptm (pid=12) synthetic
03/12/2010 07:27:24 - begin writing
03/12/2010 07:27:25 - begin writing
03/12/2010 07:27:26 - Info bptm (pid=12) plain words
03/12/2010 07:27:27 - Info bptm (pid=12) some words
  wrapped with VMware
03/12/2010 07:27:28 - Info bptm (pid=12) ends with a status (1)
03/12/2010 07:27:29 - Error bptm (pid=12) bad
03/12/2010 07:27:30 - Info bptm (pid=12) quiet again
03/12/2010 07:27:31 - end Duplicate; elapsed time 0:47:18
the requested operation was partially successful (1)
03/12/2010 07:27:32 - Info bptm (pid=12) of another job
03/12/2010 07:27:33 - Info bptm (pid=12) of it 7
03/14/2010 07:27:34 - Info bptm (pid=12) later
03/18/2010 07:27:35 - Info bptm (pid=99) of a third job
";
    check(text, Dialect::NetbackupJob, 6);
}

#[test]
fn rows() {
    let row = |time: &str, columns: &str, text: &str| format!("3/14/2010,{time},{columns},{text}\r\n");
    let service = "Service Control Manager,Information,None,7036,N/A,SRV1";
    let text = [
        row("11:59:59 PM", service, "The X service entered the running state. "),
        row("11:59:42 PM", service, "The X service entered the stopped state, 7. "),
        row("11:59:41 PM", service, "The description for Event ID ( 7 ) in Source ( X ) cannot be found. q"),
        row("11:50:41 PM", service, "quiet"),
        row("11:50:40 PM", "EventLog,Information,None,6005,N/A,SRV1", "The Event log service was started. "),
        row("11:50:39 PM", service, "before a quoted one"),
        row("11:50:38 PM", service, "\"quoted, q\""),
        row("11:50:37 PM", service, "of several\r\nlines"),
        row("11:50:36 PM", "VolSnap,Error,None,25,N/A,SRV1", "bad"),
        row("11:50:36 PM", "Print,Information,None,10,N/A,SRV2", "of another host"),
        row("11:50:35 PM", "Print,Information,None,10,N/A,SRV2", "of another host"),
        row("11:50:34 PM", service, "quiet"),
        row("11:50:33 PM", service, "last"),
    ];
    check(&text.concat(), Dialect::WindowsCsv2003, 3);
}
