//! Logs for the tests of the whole program: one sample per dialect, and small estates that are made up from a seed.
//!
//! An estate is what lands on a support engineer's desk: bundles of several hosts, with failures planted among
//! records that only look like them. The same seed always gives the same estate.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared by several test programs, each of which needs its part"
)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Numbers that look random and are the same on every machine (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    pub fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Path below the estate's folder, and text.
pub type File = (String, String);

/// A sample of every dialect: name of the file (`netbackup.job.txt`) and text.
pub fn samples() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus_like/samples");
    let mut files: Vec<File> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Writes files below a folder; what they hold may be any bytes.
pub fn write<B: AsRef<[u8]>>(folder: &Path, files: &[(String, B)]) {
    for (name, bytes) in files {
        let path: PathBuf = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// `14:55:05.986`, of milliseconds since midnight.
pub fn clock(millis: u64) -> String {
    let (second, milli) = (millis / 1000 % 86_400, millis % 1000);
    format!("{:02}:{:02}:{:02}.{milli:03}", second / 3600, second / 60 % 60, second % 60)
}

const ORDINARY: &[&str] = &[
    "<2> bpdm: INITIATING (VERBOSE = 0): -dup -cn 1 -ct 6 -mediaid @aaaac",
    "<2> write_data: received first buffer (262144 bytes), begin writing data to disk",
    "<4> write_backup: begin writing backup id filesrv4_1242021151, copy 1, fragment 2, to media id dd07",
    "<2> vnet_pbxConnect: pbxConnectEx Succeeded",
    "<4> bpdm: Verzeichnis für „Größe“ gelesen",
    "<2> db_FLISTsend: db_FLISTsend successful: requested operation was successfully completed (0)",
    "<8> vnet_check_vxss_client_magic_with_info: Unknown magic received\n  continued on a line of its own",
    "<16> bpdm: cannot open volume, status: 83",
    "<2> bpdm: EXITING with status 0 <----------",
];

/// Ordinary lines of a debug log.
pub fn ordinary_lines(dice: &mut Dice, at: &mut u64, count: usize) -> String {
    let mut log = String::new();
    for _ in 0..count {
        *at += dice.below(2_000) as u64;
        let pid = 7_000 + dice.below(40);
        let _ = writeln!(log, "{} [{pid}] {}", clock(*at), dice.one_of(ORDINARY));
    }
    log
}

/// What one planted case in a debug log of bpdm looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// Contact lost, the fragment of the source deleted.
    Damage,
    /// Contact lost, nothing deleted: it did no harm.
    OnlyContact,
    /// A fragment deleted, no contact lost: ordinary cleaning up.
    OnlyDeletion,
    /// Contact lost by one process, deletion by another one.
    OtherProcess,
    /// The deletion came too late to belong to it.
    TooLate,
}

pub const PLANTED: [Planted; 5] =
    [Planted::Damage, Planted::OnlyContact, Planted::OnlyDeletion, Planted::OtherProcess, Planted::TooLate];

/// The lines of a case, in bpdm's debug log.
pub fn planted(case: Planted, id: &str, pid: u64, at: &mut u64) -> String {
    let stamp = id.rsplit('_').next().unwrap();
    let contact = |log: &mut String, at: u64, pid: u64| {
        let _ = writeln!(
            log,
            "{0} [{pid}] <16> logERROR: cannot log message to error database, error = cannot connect on socket\n\
             {0} [{pid}] <8> replace_disk_frag: cannot update image database to add completed fragment, error = cannot connect on socket",
            clock(at)
        );
    };
    let deletion = |log: &mut String, at: u64, pid: u64| {
        let _ = writeln!(
            log,
            "{} [{pid}] <4> dd07: /usr/openv/lib/ost-plugins/libstspinearstore.so:stspi_delete_image STS_EOK pathname =dd07_lsu1/{id}_C1_F2_R2:{stamp}:unix_home:4:1:: deleted",
            clock(at)
        );
    };
    let mut log = String::new();
    match case {
        Planted::Damage => {
            contact(&mut log, *at, pid);
            deletion(&mut log, *at + 12, pid);
            *at += 12;
        }
        Planted::OnlyContact => contact(&mut log, *at, pid),
        Planted::OnlyDeletion => deletion(&mut log, *at, pid),
        Planted::OtherProcess => {
            contact(&mut log, *at, pid);
            deletion(&mut log, *at + 12, pid + 1);
            *at += 12;
        }
        Planted::TooLate => {
            contact(&mut log, *at, pid);
            deletion(&mut log, *at + 70_000, pid);
            *at += 70_000;
        }
    }
    log
}

/// Small estates of one bundle or two, a vCenter, TSM, Windows, and papers that are no logs.
pub fn estate(seed: u64) -> Vec<File> {
    let mut dice = Dice::new(seed);
    let mut files = Vec::new();
    for media in 0..1 + dice.below(2) {
        bundle(&mut dice, media, &mut files);
    }
    virtual_machines(&mut dice, &mut files);
    windows(&mut dice, &mut files);
    let words = "Please look into this.\nWe could not restore a folder of last week.\n";
    files.push(("case/readme.txt".to_owned(), words.to_owned()));
    files
}

fn bundle(dice: &mut Dice, media: usize, files: &mut Vec<File>) {
    let folder = format!("case/media{media}_media_20090511_101500");
    let (mut log, mut at) = (String::new(), 9 * 3_600_000 + dice.next() % 3_600_000);
    let mut jobs = String::new();
    for number in 0..3 + dice.below(4) {
        let id = format!("filesrv{number}_12420{:05}", dice.below(100_000));
        let pid = 8_100 + number as u64 * 10;
        let few = dice.below(8);
        log += &ordinary_lines(dice, &mut at, few);
        at += 100_000;
        let case = PLANTED[dice.below(PLANTED.len())];
        log += &planted(case, &id, pid, &mut at);
        if dice.chance(60) {
            jobs += &duplication(&id, 20 + number);
        }
        if dice.chance(30) {
            files.push((format!("{folder}/listing-{number}.txt"), listing(&id)));
        }
    }
    at += 200_000;
    log += &ordinary_lines(dice, &mut at, 5);
    files.push((format!("{folder}/bpdm/log.051109"), log));
    if !jobs.is_empty() {
        files.push((format!("{folder}/duplications.txt"), jobs));
    }
    if dice.chance(70) {
        let version = dice.one_of(&["6.5.3", "6.5.4", "7.0", "6.5"]);
        files.push((format!("{folder}/NBU_version.txt"), format!("NetBackup-RedHat2.6.18 {version}\n")));
    }
    if dice.chance(50) {
        let ruler = "=".repeat(78);
        let text = format!(
            "# /usr/openv/volmgr/bin/tpconfig -dsh -all_hosts\n{ruler}\nMedia Server:                   \
             media{media}\nStorage Server:                 dd07\nUser Id:                        ost\n  Storage \
             Server Type:        NearStore\n{ruler}\n"
        );
        files.push((format!("{folder}/MM_tpconfig.txt"), text));
    }
}

/// Job details of a duplication that failed on the damaged image.
fn duplication(id: &str, minute: usize) -> String {
    format!(
        "05/13/2009 18:{minute}:19 - begin Duplicate\n\
         05/13/2009 18:{minute}:20 - Info Duplicate (pid=31180) Initiating optimized duplication from @aaaac to @aaaaf\n\
         05/13/2009 18:{minute}:22 - granted resource MediaID=@aaaac;DiskVolume=dd07_lsu1;DiskPool=dd07_pool;Path=dd07_lsu1;StorageServer=dd07;MediaServer=media0\n\
         05/13/2009 18:{minute}:29 - Critical bpdm (pid=4418) image open failed: error 2060013: no more entries\n\
         05/13/2009 18:{minute}:30 - Error bpduplicate (pid=31180) host media0 backup id {id} optimized duplication failed, media open error (83).\n\
         05/13/2009 18:{minute}:31 - Error bpduplicate (pid=31180) Status = no images were successfully processed.\n\
         05/13/2009 18:{minute}:38 - end Duplicate; elapsed time 0:00:19 no images were successfully processed (191)\n"
    )
}

fn listing(id: &str) -> String {
    format!(
        "Image:\nmaster_server= mast1\nbackup_id= {id}\nclient= filesrv4\npolicy= unix_home\n\
         storage_service_state= 3(COMPLETE)\n\nCopy:\nmaster_server= mast1\nbackup_id= {id}\ncopy_number= 1\n\n\
         Fragment:\nmaster_server= mast1\nbackup_id= {id}\ncopy_number= 1\nfragment_number= 2\nresume_count= 2\n\
         fragment_state= 1(ACTIVE)\n"
    )
}

fn virtual_machines(dice: &mut Dice, files: &mut Vec<File>) {
    let mut events = String::from(
        "\"EventTypeId\",\"Key\",\"ChainId\",\"CreatedTime\",\"UserName\",\"Vm\",\"FullFormattedMessage\"\r\n",
    );
    let mut schedule = String::from(
        "02/13/2013 21:59:59 IBM Tivoli Storage Manager Backup-Archive Client Version 6, Release 4, Level 0.0\n\
         02/13/2013 21:59:59 Node Name: DM1\n\
         02/13/2013 21:59:59 Session established with server TSMSRV1: AIX\n\
         02/13/2013 22:00:00 Schedule Name:         VMS\n\
         02/13/2013 22:00:00 --- SCHEDULEREC OBJECT BEGIN VMS 02/13/2013 22:00:00\n",
    );
    for vm in 0..2 + dice.below(3) {
        let name = format!("srv-db{vm}");
        let key = 4_700 + vm * 10;
        if dice.chance(70) {
            let _ = write!(
                events,
                ",\"{0}\",\"{0}\",\"2/12/2013 10:14:02 AM\",\"CORP\\svc-be\",\"VMware.Vim.VmEventArgument\",\"Reconfigured {name} on esx4 in DC1.  \n \nModified:  \n \nconfig.changeTrackingEnabled: false -> true; \n\"\r\n",
                key
            );
        }
        if dice.chance(70) {
            let _ = write!(
                events,
                "\"com.vmware.vc.vm.VmStateRevertedToSnapshot\",\"{}\",\"{key}\",\"2/13/2013 10:14:{vm:02} AM\",\"CORP\\mara\",\"VMware.Vim.VmEventArgument\",\"The execution state of the virtual machine {name} on host esx4.corp.local, in compute resource Prod has been reverted to the state of snapshot vor Größe, with ID 3\"\r\n",
                key + 1
            );
        }
        if dice.chance(70) {
            let mode = dice.one_of(&["Incremental", "Full"]);
            let _ = write!(
                schedule,
                "02/13/2013 22:0{vm}:02 Starting Full VM backup of VMware Virtual Machine '{name}'\n\
                 02/13/2013 22:0{vm}:02         mode:                           'Incremental Forever - {mode}'\n\
                 02/13/2013 22:0{vm}:02         data mover node name:           'DM1'\n\
                 02/13/2013 22:0{vm}:03 Creating snapshot for virtual machine '{name}'\n\
                 02/13/2013 22:0{vm}:40 Removing snapshot for virtual machine '{name}'\n\
                 02/13/2013 22:0{vm}:41 Successful Full VM backup of VMware Virtual Machine '{name}'\n"
            );
        }
    }
    schedule.push_str("02/13/2013 22:30:00 --- SCHEDULEREC OBJECT END VMS 02/13/2013 22:00:00\n");
    files.push(("case/vcenter/events.csv".to_owned(), events));
    files.push(("case/tsm/dsmsched.log".to_owned(), schedule));
}

fn windows(dice: &mut Dice, files: &mut Vec<File>) {
    let wanted = [
        "windows.xml.txt",
        "windows.csv.txt",
        "windows.copied.txt",
        "vmware.hostd.txt",
        "tsm.error.txt",
        "mixed.txt",
    ];
    for (name, text) in samples() {
        if wanted.contains(&name.as_str()) && dice.chance(60) {
            files.push((format!("case/papers/{name}"), text));
        }
    }
}
