//! A backup estate in a folder, and nights that pass over it.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use blogscan::cli::{Blogscan, Exit, Streams, Surroundings, run};
use chrono::NaiveDate;

/// Logs and a state.
pub(crate) struct Estate {
    folder: tempfile::TempDir,
}

/// What a run said.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Outcome {
    /// How often a text stands in what was printed.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.out.matches(text).count()
    }
}

pub(crate) fn day(number: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2009, 5, 18).unwrap() + chrono::TimeDelta::days(number)
}

impl Estate {
    pub(crate) fn new() -> Estate {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("logs")).unwrap();
        Estate { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn word(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A log below `logs`.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.path("logs").join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.log(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn append(&self, name: &str, text: &str) {
        let mut file = std::fs::File::options().append(true).open(self.log(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.log(from), self.log(to)).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        std::fs::remove_file(self.log(name)).unwrap();
    }

    /// As logrotate does it.
    pub(crate) fn compress(&self, name: &str) {
        gzip(&self.log(name), &self.log(&format!("{name}.gz")));
        self.remove(name);
    }

    /// One run on a day, with further words.
    pub(crate) fn night(&self, number: i64, words: &[&str]) -> Outcome {
        let logs = self.word("logs");
        let state = self.word("state/nightly.db");
        let all = ["nightly", "--state", &state, "--jobs", "1"];
        let all: Vec<&str> = all.into_iter().chain(words.iter().copied()).chain([logs.as_str()]).collect();
        at(number, &all)
    }

    /// A command about the state.
    pub(crate) fn command(&self, number: i64, words: &[&str]) -> Outcome {
        let state = self.word("state/nightly.db");
        let all: Vec<&str> = ["nightly"].iter().chain(words).copied().chain(["--state", &state]).collect();
        at(number, &all)
    }
}

/// The program on a day.
pub(crate) fn at(number: i64, words: &[&str]) -> Outcome {
    let today = day(number);
    let now = today.and_hms_opt(6, 30, 0).unwrap().and_utc() + chrono::TimeDelta::microseconds(number);
    let surroundings = Surroundings {
        now: now.into(),
        today,
        config_home: None,
        home: None,
        width: None,
        paints: false,
        shows_progress: false,
        stopped: std::sync::Arc::default(),
    };
    let words = ["blogscan"].iter().chain(words).map(OsString::from);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(words, &Blogscan, &surroundings, &mut Streams { out: &mut out, err: &mut err });
    Outcome { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

pub(crate) fn gzip(from: &Path, to: &Path) {
    let mut packer =
        flate2::write::GzEncoder::new(std::fs::File::create(to).unwrap(), flate2::Compression::fast());
    packer.write_all(&std::fs::read(from).unwrap()).unwrap();
    packer.finish().unwrap();
}

/// The first half of the failure of TECH69597: the copy that is read loses a fragment.
pub(crate) const DELETION: &str = "\
01:12:07.114 [4410] <2> bpdm: INITIATING (VERBOSE = 0): -optdup -jobid 7301 -src od2_lsu1 -dst od5_lsu1
01:40:22.501 [4410] <16> logERROR: cannot log message to error database, error = cannot connect on socket
01:40:22.502 [4410] <8> replace_disk_frag: cannot update image database to add completed fragment, error = cannot connect on socket
01:40:22.517 [4410] <4> od2: /usr/openv/lib/ost-plugins/libstspinearstore.so:stspi_delete_image STS_EOK pathname =od2_lsu1/haff2_1242604800_C1_F3_R3:1242604800:haff_fs:4:1:: deleted
01:40:23.004 [4410] <2> bpdm: EXITING with status 25
";

/// The second half, three days later: the next duplication of the image finds the fragment missing.
pub(crate) const RETRY: &str = "\
05/21/2009 03:02:10 - begin Duplicate
05/21/2009 03:02:11 - started process RUNCMD (pid=9120)
05/21/2009 03:02:13 - Info Duplicate (pid=9120) Initiating optimized duplication from @aaac1 to @aaac5
05/21/2009 03:02:14 - started process bpdm (pid=9144)
05/21/2009 03:09:40 - Critical bpdm (pid=9144) image open failed: error 2060013: no more entries
05/21/2009 03:09:41 - Error bpduplicate (pid=9120) host haffms backup id haff2_1242604800 optimized duplication failed, media open error (83).
05/21/2009 03:09:42 - Error bpduplicate (pid=9120) Status = no images were successfully processed.
05/21/2009 03:09:43 - end Duplicate; elapsed time 0:07:33 no images were successfully processed (191)
";

/// Lines of a debug log in which nothing happens, `count` of them from a second of the day on.
pub(crate) fn quiet(from: usize, count: usize) -> String {
    (from..from + count)
        .map(|second| {
            let second = second % 86_400;
            format!(
                "{:02}:{:02}:{:02}.{:03} [{}] <2> bpdm: nothing worth a word, buffer {second} of {count}\n",
                second / 3600,
                second / 60 % 60,
                second % 60,
                second % 1000,
                4000 + second % 7,
            )
        })
        .collect()
}
