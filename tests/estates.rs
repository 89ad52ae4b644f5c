//! Estates of several hosts and days in which failures are planted among records that only look like them: every
//! failure is found with its object and level, and nothing else is. A quoted mail of a log says what the log says.
//!
//! The seeds are fixed, so that a failing estate can be looked at.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

mod corpus_like;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use blogscan::base::{Finding, Level};
use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run};
use blogscan::settings::Settings;
use corpus_like::{Dice, Planted, clock, ordinary_lines, planted, write};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::embedded);

fn findings(folder: &Path) -> Vec<Finding> {
    let options = Options { jobs: 2, ..Options::default() };
    run(&[folder.to_str().unwrap().to_owned()], &options, &CATALOGUE, &Settings::default()).findings
}

/// Days of March 2016.
const DAYS: u32 = 12;

/// One event of a Windows host: minute of the estate, second, source, id, level, log, strings.
struct Event {
    minute: u32,
    second: u32,
    source: &'static str,
    id: u32,
    level: u32,
    log: &'static str,
    strings: Vec<String>,
}

fn event(
    (minute, second): (u32, u32),
    (source, id, level, log): (&'static str, u32, u32, &'static str),
    strings: &[&str],
) -> Event {
    let strings = strings.iter().map(|text| (*text).to_owned()).collect();
    Event { minute, second, source, id, level, log, strings }
}

/// Advisory, level and further keys of the object beside the host, and its events.
type Failure = (&'static str, Level, fn(u32, &mut Dice) -> (Vec<Event>, Vec<(&'static str, String)>));

const APPLICATION: &str = "Application";
const SYSTEM: &str = "System";
const DIRECTORY: &str = "Directory Service";

fn volume(dice: &mut Dice) -> String {
    dice.one_of(&["D:", "E:", "F:", "G:"]).to_owned()
}

const FAILURES: &[Failure] = &[
    ("VOLSNAP-25", Level::Confirmed, |minute, dice| {
        let volume = volume(dice);
        let copy = "\\Device\\HarddiskVolumeShadowCopy9";
        let events = vec![
            event((minute, 2), ("volsnap", 24, 3, SYSTEM), &[copy, &volume, &volume]),
            event((minute, 41), ("volsnap", 25, 2, SYSTEM), &[copy, &volume]),
        ];
        (events, vec![("volume", volume)])
    }),
    ("VOLSNAP-FAILED", Level::Confirmed, |minute, dice| {
        let volume = volume(dice);
        (
            vec![event((minute, 2), ("volsnap", 23, 2, SYSTEM), &["", &volume, &volume])],
            vec![("volume", volume)],
        )
    }),
    ("VSS-HOLD-WRITES", Level::Confirmed, |minute, _| {
        let events = vec![
            event(
                (minute, 2),
                ("VSS", 12298, 2, APPLICATION),
                &["\\\\?\\Volume{9}\\", "0", "0x0", "0x0", "0x8000ffff"],
            ),
            event((minute, 12), ("volsnap", 8, 2, SYSTEM), &["", "D:"]),
        ];
        (events, vec![])
    }),
    ("VSS-WRITER-FAILED", Level::Confirmed, |minute, dice| {
        let writer = dice.one_of(&["Microsoft Exchange Writer", "System Writer", "NTDS", "WMI Writer"]);
        let context =
            format!("Operation:\n   Freeze Event\n\nContext:\n   Writer Name: {writer}\n   Process ID: 4");
        let error = "0x800423f4, The writer experienced a non-transient error.";
        (vec![event((minute, 2), ("VSS", 8229, 3, APPLICATION), &[error, &context])], vec![])
    }),
    ("KB875495", Level::Confirmed, |minute, _| {
        let source = "Microsoft-Windows-ActiveDirectory_DomainService";
        (vec![event((minute, 2), (source, 2095, 2, DIRECTORY), &["2f9b", "1c2d", "80123"])], vec![])
    }),
    ("KB290762", Level::Confirmed, |minute, _| {
        (vec![event((minute, 2), ("NtFrs", 13568, 2, "File Replication Service"), &["SYSVOL"])], vec![])
    }),
    ("KB2009513", Level::Confirmed, |minute, _| {
        let service = "Microsoft Software Shadow Copy Provider";
        let events = vec![
            event((minute, 2), ("Service Control Manager", 7023, 2, SYSTEM), &[service, "%%126"]),
            event(
                (minute, 3),
                ("VSS", 12292, 2, APPLICATION),
                &["{65ee1dba-8ff4-4a58-ac1c-3470ee2f376a}", "0x80080005, Server execution failed"],
            ),
        ];
        (events, vec![])
    }),
    ("VSS-PROVIDER-FAILED", Level::Confirmed, |minute, _| {
        let strings = ["{3d16f0a1-5b0a-4b1c-9a44-0a3f3d0b7e1d}", "0x80040154, Class not registered"];
        (vec![event((minute, 2), ("VSS", 12292, 2, APPLICATION), &strings)], vec![])
    }),
    ("WSB-FAILED", Level::Confirmed, |minute, _| {
        let strings = ["2016-03-01T21:00:00Z", "2155348129", "%%2155348129"];
        (vec![event((minute, 2), ("Microsoft-Windows-Backup", 517, 2, APPLICATION), &strings)], vec![])
    }),
    ("SQL-BACKUP-FAILED", Level::Confirmed, |minute, _| {
        (vec![event((minute, 2), ("MSSQL$PROD", 3041, 2, APPLICATION), &["BACKUP DATABASE Lager"])], vec![])
    }),
    ("SQL-FROZEN", Level::Likely, |minute, dice| {
        let database = dice.one_of(&["Kunden", "Lager", "Personal"]).to_owned();
        (
            vec![event((minute, 2), ("MSSQLSERVER", 3197, 4, APPLICATION), &[&database])],
            vec![("database", database)],
        )
    }),
    ("SQL-SPLIT-VOLUMES", Level::Confirmed, |minute, _| {
        let text = "Sqllib error: Database Lager of SQL Server instance PROD is stored on multiple volumes, only some of which are being shadowed.";
        (vec![event((minute, 2), ("SQLWRITER", 24579, 2, APPLICATION), &[text])], vec![])
    }),
    ("ESE-SNAPSHOT-FAILED", Level::Confirmed, |minute, _| {
        (
            vec![event(
                (minute, 40),
                ("ESE", 2004, 2, APPLICATION),
                &["Information Store", "3120", "", "7", "20000"],
            )],
            vec![],
        )
    }),
    ("WINDOWS-DAMAGED", Level::Confirmed, |minute, _| {
        (vec![event((minute, 2), ("Ntfs", 55, 2, SYSTEM), &["", "E:"])], vec![])
    }),
    ("BE-EVENT-FAILED", Level::Likely, |minute, _| {
        (
            vec![event(
                (minute, 2),
                ("Backup Exec", 34113, 2, APPLICATION),
                &["Backup Exec Alert: Job Failed"],
            )],
            vec![],
        )
    }),
];

/// The advisory it resembles, and its events from a minute on.
type LookAlike = (&'static str, fn(u32) -> Vec<Event>);

/// What only looks like a failure: ids of other sources, harmless ids of the same ones, pairs that are healthy. The
/// advisory it resembles is not planted on the same host, so that a pair of them proves nothing by chance.
const LOOK_ALIKES: &[LookAlike] = &[
    ("VOLSNAP-25", |at| {
        vec![event((at, 1), ("volsnap", 33, 4, SYSTEM), &["\\Device\\HarddiskVolumeShadowCopy4", "D:"])]
    }),
    ("VOLSNAP-25", |at| vec![event((at, 1), ("Disk", 25, 2, SYSTEM), &["\\Device\\Harddisk4\\DR4"])]),
    ("VOLSNAP-FAILED", |at| vec![event((at, 1), ("volsnap", 58, 4, SYSTEM), &["", "D:"])]),
    ("VSS-HOLD-WRITES", |at| vec![event((at, 1), ("VSS", 12339, 3, APPLICATION), &["4", "D:"])]),
    ("VSS-HOLD-WRITES", |at| vec![event((at, 1), ("VSS", 8224, 4, APPLICATION), &[])]),
    ("VSS-WRITER-FAILED", |at| {
        vec![event(
            (at, 1),
            ("VSS", 8229, 3, APPLICATION),
            &["0x00000000, The operation completed successfully.", "Writer Name: x"],
        )]
    }),
    ("VSS-WRITER-FAILED", |at| {
        let context = "Context:\n   Old failure: 0x800423f4";
        vec![event(
            (at, 1),
            ("VSS", 12289, 2, APPLICATION),
            &["CVssWriter::SetWriterState", "0x80042409", context],
        )]
    }),
    ("KB875495", |at| vec![event((at, 1), ("NTDS Replication", 1093, 3, DIRECTORY), &["CN=x"])]),
    ("KB875495", |at| vec![event((at, 1), ("MSExchange ADAccess", 2095, 4, APPLICATION), &["x"])]),
    ("KB290762", |at| {
        vec![
            event((at, 1), ("NtFrs", 13508, 3, "File Replication Service"), &["DC2"]),
            event((at + 3, 1), ("NtFrs", 13509, 4, "File Replication Service"), &["DC2"]),
        ]
    }),
    ("KB2009513", |at| {
        vec![event((at, 1), ("Service Control Manager", 7023, 2, SYSTEM), &["Computer Browser", "%%126"])]
    }),
    ("VSS-PROVIDER-FAILED", |at| {
        vec![event(
            (at, 1),
            ("VSS", 8193, 2, APPLICATION),
            &["RegOpenKeyExW", "0x80070005, Access is denied."],
        )]
    }),
    ("WSB-FAILED", |at| vec![event((at, 1), ("Microsoft-Windows-Backup", 14, 4, APPLICATION), &["x"])]),
    ("WSB-FAILED", |at| vec![event((at, 1), ("ESENT", 517, 2, APPLICATION), &["svchost", "812"])]),
    ("SQL-BACKUP-FAILED", |at| {
        vec![event(
            (at, 1),
            ("MSSQL$PROD", 18456, 4, APPLICATION),
            &["sa", " Reason: x", " [CLIENT: 10.1.1.1]"],
        )]
    }),
    ("SQL-FROZEN", |at| {
        vec![
            event((at, 1), ("MSSQLSERVER", 3197, 4, APPLICATION), &["Versand"]),
            event((at, 6), ("MSSQLSERVER", 3198, 4, APPLICATION), &["Versand"]),
        ]
    }),
    ("SQL-SPLIT-VOLUMES", |at| vec![event((at, 1), ("EventLog", 6005, 4, SYSTEM), &[])]),
    ("ESE-SNAPSHOT-FAILED", |at| {
        vec![
            event((at, 1), ("ESE", 2001, 4, APPLICATION), &["Information Store", "3120", "", "7"]),
            event((at, 5), ("ESE", 2003, 4, APPLICATION), &["Information Store", "3120", "", "7"]),
        ]
    }),
    ("ESE-SNAPSHOT-FAILED", |at| vec![event((at, 1), ("MSExchangeIS", 2004, 3, APPLICATION), &["x"])]),
    ("WINDOWS-DAMAGED", |at| vec![event((at, 1), ("Microsoft-Windows-Ntfs", 55, 4, SYSTEM), &["C:"])]),
    ("WINDOWS-DAMAGED", |at| vec![event((at, 1), ("Disk", 51, 3, SYSTEM), &["\\Device\\Harddisk0\\DR0"])]),
    ("BE-EVENT-FAILED", |at| {
        vec![event((at, 1), ("Backup Exec", 34112, 4, APPLICATION), &["Backup Exec Alert: Job Success"])]
    }),
    ("BE-EVENT-FAILED", |at| vec![event((at, 1), ("Perflib", 34113, 2, APPLICATION), &["x"])]),
    ("LGTO-SYNC", |at| {
        vec![
            event((at, 1), ("EventLog", 6005, 4, SYSTEM), &[]),
            event((at, 12), ("LGTO_Sync", 1, 4, SYSTEM), &["", "The Driver was loaded successfully "]),
        ]
    }),
];

/// Advisory, level, object.
type Found = (String, String, BTreeMap<String, String>);

#[derive(Default)]
struct Estate {
    files: Vec<(String, String)>,
    expected: BTreeSet<Found>,
    look_alikes: usize,
}

impl Estate {
    fn expect(&mut self, advisory: &str, level: Level, about: &[(&str, &str)]) {
        let about = about.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let is_new = self.expected.insert((advisory.to_owned(), level.name().to_owned(), about));
        assert!(is_new, "{advisory} is planted twice on one object");
    }

    fn windows(&mut self, host: &str, dice: &mut Dice) {
        // Each case has half an hour for itself, in any order.
        let mut free: Vec<u32> = (1..DAYS * 48 - 1).map(|slot| slot * 30 + 7).collect();
        let mut spot = |dice: &mut Dice| free.swap_remove(dice.below(free.len()));
        let mut events = Vec::new();
        let mut hit: Vec<&str> = Vec::new();
        for (advisory, level, plant) in FAILURES {
            if !dice.chance(30) {
                continue;
            }
            let minute = spot(dice);
            let (planted, keys) = plant(minute, dice);
            events.extend(planted);
            hit.push(*advisory);
            let mut about = vec![("host", host)];
            about.extend(keys.iter().map(|(key, value)| (*key, value.as_str())));
            self.expect(advisory, *level, &about);
        }
        for (resembled, records) in LOOK_ALIKES {
            if !hit.contains(resembled) && dice.chance(60) {
                events.extend(records(spot(dice)));
                self.look_alikes += 1;
            }
        }
        // The log reaches from the first day to the last one.
        for minute in (0..DAYS * 1440).step_by(180) {
            events.push(event(
                (minute, 30),
                ("Service Control Manager", 7036, 4, SYSTEM),
                &["WMI", "running"],
            ));
            events.push(event((minute, 31), ("ESENT", 326, 4, APPLICATION), &["svchost", "812"]));
        }
        self.logs(host, events);
    }

    fn logs(&mut self, host: &str, mut events: Vec<Event>) {
        events.sort_by_key(|event| (event.minute, event.second));
        let mut logs: BTreeMap<&str, String> = BTreeMap::new();
        for event in &events {
            let log = logs.entry(event.log).or_insert_with(|| "<Events>\n".to_owned());
            // Each log has numbers of its own; a gap in them would be a gap in what was read.
            let number = log.lines().count();
            let Event { minute, second, source, id, level, .. } = event;
            let (day, hour, minute) = (1 + minute / 1440, minute / 60 % 24, minute % 60);
            let data: String = event.strings.iter().map(|text| format!("<Data>{text}</Data>")).collect();
            let _ = writeln!(
                log,
                "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{source}'/><EventID>{id}\
                 </EventID><Level>{level}</Level><TimeCreated SystemTime='2016-03-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z'/>\
                 <EventRecordID>{number}</EventRecordID><Channel>{}</Channel><Computer>{host}</Computer></System><EventData>{data}\
                 </EventData></Event>",
                event.log
            );
        }
        for (name, text) in logs {
            self.files.push((format!("case/{host}/{name}.xml"), format!("{text}</Events>\n")));
        }
    }

    /// Debug logs of a media server, a folder per process and a file per day.
    fn media_server(&mut self, server: usize, dice: &mut Dice) {
        for day in 1..=DAYS {
            let folder = format!("case/med{server}");
            let mut at = 8 * 3_600_000 + dice.next() % 3_600_000;
            let mut bpdm = ordinary_lines(dice, &mut at, 6);
            at += 100_000;
            let case = corpus_like::PLANTED[dice.below(corpus_like::PLANTED.len())];
            let id = format!("srv{server}{day:02}_14567{day:02}{server:03}");
            bpdm += &planted(case, &id, 8_100, &mut at);
            at += 200_000;
            bpdm += &ordinary_lines(dice, &mut at, 6);
            match case {
                Planted::Damage => {
                    self.expect(
                        "TECH69597",
                        Level::Likely,
                        &[("backup_id", &id), ("copy", "1"), ("fragment", "2")],
                    );
                }
                _ => self.look_alikes += 1,
            }
            self.files.push((format!("{folder}/bpdm/log.03{day:02}16"), bpdm));
            let (drive, media) = (format!("DRV_{server}_{day}"), format!("M{server}{day:04}"));
            let alert = "Code: 0x04, Type: Critical, Flag: MEDIA";
            let bptm = if dice.chance(30) {
                self.expect("TECH48603", Level::Confirmed, &[("drive", &drive), ("media_id", &media)]);
                format!(
                    "{0} [3288] <16> process_tapealert: TapeAlert {alert}, from drive {drive} (index 4), Media Id {media}\n\
                     {0} [3288] <16> write_backup: FREEZING media id {media}, TapeAlert is indicating that the media should not be used.\n",
                    clock(at)
                )
            } else {
                self.look_alikes += 1;
                format!(
                    "{} [3288] <16> write_data: FREEZING media id {media}, it has had at least 3 errors in the last 12 hour(s)\n",
                    clock(at)
                )
            };
            self.files.push((format!("{folder}/bptm/log.03{day:02}16"), bptm));
        }
    }

    fn jobs(&mut self, number: usize, dice: &mut Dice) {
        let name = format!("case/jobs/job-{number}.txt");
        let (client, server) = (format!("client{number}"), format!("msdp{number}"));
        let id = format!("cl{number}_14566{number:05}");
        let day = 13 + number % 10;
        let text = match dice.below(6) {
            0 => {
                self.expect(
                    "100009509",
                    Level::Confirmed,
                    &[("client", &client), ("storage_server", &server)],
                );
                format!(
                    "03/{day}/2016 20:01:02 - Info nbjm (pid=2205) starting backup job (jobid={number}) for client {client}, policy wan, schedule Full\n\
                     03/{day}/2016 20:01:02 - Info {client} (pid=2964) Using OpenStorage client direct to backup from client {client} to {server}\n\
                     03/{day}/2016 23:13:27 - Critical bptm (pid=118) sts_close_handle failed: 2060017 system call failed\n\
                     03/{day}/2016 23:13:27 - Critical bptm (pid=118) cannot write image to disk, media close failed with status 2060017\n\
                     03/{day}/2016 23:13:27 - Info {server} (pid=118) StorageServer=PureDisk:{server}; Report=PDDO Stats for ({server}): scanned: 2187 KB, CR sent: 0 KB, dedup: 100.0%\n\
                     03/{day}/2016 23:15:07 - Info bptm (pid=118) EXITING with status 87 <----------\n\
                     03/{day}/2016 23:15:07 - end writing; write time: 3:11:59 media close error  (87)\n"
                )
            }
            1 => {
                self.expect("100049585", Level::Likely, &[("previous_backup_id", &id)]);
                format!(
                    "03/{day}/2016 4:55:09 AM - Critical bptm(pid=18851) get frag failed, backup id ({id})\n"
                )
            }
            2 => {
                self.expect("100052580", Level::Likely, &[("backup_id", &id)]);
                format!(
                    "Mar {day}, 2016 12:00:01 PM - Info bpdbm (pid=154801) image catalog cleanup\n\
                     Mar {day}, 2016 12:00:20 PM - Info bpdm (pid=154836) Failed to delete WORM locked image {id}_C1_IM: error 2060069.\n\
                     Mar {day}, 2016 12:00:31 PM - Info bpdm (pid=154836) EXITING with status 0\n\
                     the requested operation was partially successful (1)\n"
                )
            }
            3 => {
                self.look_alikes += 1;
                format!(
                    "03/{day}/2016 20:13:27 - Critical bptm (pid=1802) sts_close_handle failed: 2060022 software error\n\
                     03/{day}/2016 20:15:07 - Info bptm (pid=1802) EXITING with status 87 <----------\nmedia close error (87)\n"
                )
            }
            4 => {
                self.look_alikes += 1;
                format!(
                    "03/{day}/2016 5:55:09 AM - Error bpduplicate (pid=18951) image {id} no entity was found (227).\n\
                     03/{day}/2016 5:55:10 AM - end Duplicate; elapsed time 0:00:11 no entity was found (227)\n"
                )
            }
            _ => {
                self.look_alikes += 1;
                format!(
                    "03/{day}/2016 8:51:14 AM - Critical bpbrm(pid=3120) from client {client}: FTL - snapshot creation failed, status 156\n\
                     snapshot error encountered (156)\n"
                )
            }
        };
        self.files.push((name, text));
    }
}

fn made_of(seed: u64) -> Estate {
    let mut dice = Dice::new(seed);
    let mut estate = Estate::default();
    for host in ["FS-LERCHE", "FS-AMSEL", "DC-KIEFER", "SQL-HAFEN", "MAIL-DOHLE"] {
        estate.windows(&format!("{host}.corp.example"), &mut dice);
    }
    for server in 0..2 {
        estate.media_server(server, &mut dice);
    }
    for number in 0..10 {
        estate.jobs(number, &mut dice);
    }
    estate
}

#[test]
fn planted_failures_are_found_and_look_alikes_are_not() {
    let mut advisories: BTreeSet<String> = BTreeSet::new();
    for seed in [11, 12, 13] {
        let estate = made_of(seed);
        assert!(estate.look_alikes >= estate.expected.len(), "seed {seed}: too few look-alikes");
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &estate.files);
        let found: BTreeSet<Found> = findings(folder.path())
            .into_iter()
            .filter(|finding| finding.level >= Level::Suspected)
            .map(|finding| {
                (finding.advisory, finding.level.name().to_owned(), finding.about.into_iter().collect())
            })
            .collect();
        let missing: Vec<&Found> = estate.expected.difference(&found).collect();
        let alarms: Vec<&Found> = found.difference(&estate.expected).collect();
        assert!(
            missing.is_empty() && alarms.is_empty(),
            "seed {seed}\nmissing {missing:#?}\nnot planted {alarms:#?}"
        );
        advisories.extend(estate.expected.into_iter().map(|(advisory, _, _)| advisory));
    }
    assert!(advisories.len() >= 18, "{advisories:?}");
}

/// The same estate gives the same bytes, or a failing seed could not be looked at.
#[test]
fn a_seed_is_an_estate() {
    assert_eq!(made_of(11).files, made_of(11).files);
    assert_ne!(made_of(11).files, made_of(12).files);
}

/// What a log says it says in an answered mail as well, on the lines where it stands there.
#[test]
fn a_quoted_mail_says_what_the_log_says() {
    let log = "06/20/2014 20:01:02 - Info nbjm (pid=2205) starting backup job (jobid=7210) for client quartzite, policy wan_sites, schedule Full\n\
               06/20/2014 20:01:02 - Info quartzite (pid=2964) Using OpenStorage client direct to backup from client quartzite to realgarmed\n\
               06/21/2014 01:13:27 - Critical bptm (pid=11801) sts_close_handle failed: 2060017 system call failed\n\
               06/21/2014 01:13:27 - Critical bptm (pid=11801) cannot write image to disk, media close failed with status 2060017\n\
               06/21/2014 01:13:27 - Critical bptm (pid=11801) sts_close_server failed: error 2060005 object is busy, cannot be closed\n\
               06/21/2014 01:15:07 - Info bptm (pid=11801) EXITING with status 87 <----------\n\
               06/21/2014 01:15:07 - end writing; write time: 5:11:59 media close error  (87)\n";
    let plain = tempfile::tempdir().unwrap();
    write(plain.path(), &[("ticket.txt".to_owned(), log.to_owned())]);
    let expected = findings(plain.path());
    assert_eq!(expected.len(), 1);
    for marks in ["> ", ">", "> > ", ">> "] {
        let quoted: String = log.lines().map(|line| format!("{marks}{line}\r\n")).collect();
        let mail = format!("Hello,\r\n\r\nany news on this one?\r\n\r\n{quoted}\r\nKind regards\r\n");
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("ticket.txt".to_owned(), mail.clone())]);
        let found = findings(folder.path());
        assert_eq!(found.len(), 1, "{marks:?}");
        assert_eq!((&found[0].about, found[0].level), (&expected[0].about, expected[0].level), "{marks:?}");
        assert_eq!(found[0].evidence.len(), expected[0].evidence.len(), "{marks:?}");
        for (found, expected) in found[0].evidence.iter().zip(&expected[0].evidence) {
            assert_eq!(found.line, expected.line.map(|line| line + 4), "{marks:?}");
            assert_eq!((&found.event, &found.time), (&expected.event, &expected.time), "{marks:?}");
            let line = mail.lines().nth(usize::try_from(found.line.unwrap()).unwrap() - 1).unwrap();
            assert!(line.starts_with(marks), "{line}");
        }
    }
}
