//! Writes a made-up estate of logs for measurements, or compares a report with what was planted in it.
//!
//! ```text
//! estate make FOLDER --mib 64 [--seed 1] [--file-mib 8] [--only bpdm]
//! estate check FOLDER/truth.tsv REPORT.json
//! estate signatures 1000 FOLDER
//! ```
//!
//! The same arguments give the same bytes. Most of it is NetBackup debug logs, as on a real media server; every other
//! product has its share. Failures are rare, and beside each stands something that looks like it and is none. What was
//! planted is in `truth.tsv`: advisory, level and the values that the finding is about.

mod check;
mod clock;
mod legacy;
mod others;
mod random;
mod signatures;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use random::Random;

/// Writes the lines of one file until it is `bytes` long.
type Writer = fn(&mut Log<'_>) -> io::Result<()>;

/// Share of the estate in thousandths, folder and name of its files, and who writes them. `{d}` is the day as
/// NetBackup names files by it, `{n}` the number of the file.
const KINDS: &[(&str, u64, &str, Writer)] = &[
    ("bptm", 300, "netbackup/logs/bptm/log.{d}", legacy::bptm),
    ("bpdm", 280, "netbackup/logs/bpdm/log.{d}", legacy::bpdm),
    ("bpbrm", 200, "netbackup/logs/bpbrm/log.{d}", legacy::bpbrm),
    ("bpbkar", 110, "client/netbackup/logs/bpbkar/{d}.LOG", legacy::bpbkar),
    ("unified", 40, "nbjm-{n}-vxlogview.txt", others::unified),
    ("job", 5, "job-{n}.txt", others::job),
    ("vmx", 15, "vm{n}/vmware.log", others::vmx),
    ("hostd", 15, "esx{n}/var/log/hostd.log", others::hostd),
    ("sched", 24, "tsm{n}/dsmsched.log", others::sched),
    ("error", 1, "tsm{n}/dsmerror.log", others::error),
    ("windows", 10, "win{n}/System.csv", others::windows),
    // No part of an estate: a log in which every line is a hit, written where it is asked for (`--only flood`).
    ("flood", 0, "netbackup/logs/bpdm/log.{d}", legacy::flood),
];

/// The file that is being written.
pub(crate) struct Log<'a> {
    out: BufWriter<File>,
    truth: &'a mut Vec<String>,
    pub(crate) random: Random,
    written: u64,
    bytes: u64,
    /// Number of the file in the whole estate: names of objects are made of it.
    pub(crate) number: u64,
    /// Days since 2010-03-01.
    pub(crate) day: u64,
}

impl Log<'_> {
    /// How much of the file is there, in thousandths of it; `None`: it is long enough.
    pub(crate) fn progress(&self) -> Option<u64> {
        (self.written < self.bytes).then(|| self.written * 1000 / self.bytes.max(1))
    }

    /// Milliseconds since midnight that belong to this place in the file, if a file is a day.
    pub(crate) fn millis(&self) -> u64 {
        (u128::from(self.written) * 86_000_000 / u128::from(self.bytes.max(1))).min(86_399_000) as u64
    }

    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        self.written += line.len() as u64 + 1;
        self.out.write_all(line.as_bytes())?;
        self.out.write_all(b"\n")
    }

    pub(crate) fn planted(&mut self, advisory: &str, level: &str, about: &str) {
        self.truth.push(format!("{advisory}\t{level}\t{about}"));
    }
}

struct Order {
    folder: PathBuf,
    mib: u64,
    seed: u64,
    file_mib: u64,
    only: Option<String>,
}

fn order(mut words: impl Iterator<Item = String>) -> Option<Order> {
    let folder = PathBuf::from(words.next()?);
    let mut order = Order { folder, mib: 64, seed: 1, file_mib: 8, only: None };
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--mib" => order.mib = value.parse().ok()?,
            "--seed" => order.seed = value.parse().ok()?,
            "--file-mib" => order.file_mib = value.parse().ok().filter(|mib| *mib > 0)?,
            "--only" => order.only = Some(value),
            _ => return None,
        }
    }
    Some(order)
}

fn make(order: &Order) -> io::Result<()> {
    let mut truth = Vec::new();
    let mut number = 0;
    let kinds: Vec<_> =
        KINDS.iter().filter(|kind| order.only.as_ref().is_none_or(|only| only == kind.0)).collect();
    let shares: u64 = kinds.iter().map(|kind| kind.1).sum();
    for (_, share, name, write) in kinds {
        let share = if shares == 0 { 1 } else { *share };
        let mut left = order.mib * 1024 * 1024 * share / shares.max(1);
        let mut of_kind = 0;
        while left > 0 {
            let bytes = left.min(order.file_mib * 1024 * 1024);
            left -= bytes;
            // Four hosts take turns, and a day has one file of each process.
            let (day, host) = (of_kind / 4, of_kind % 4 + 1);
            let name = name.replace("{d}", &clock::file_day(day)).replace("{n}", &of_kind.to_string());
            let path = order.folder.join("estate").join(format!("media{host}")).join(name);
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            let random = Random::new(order.seed.wrapping_mul(0x9e37_79b9).wrapping_add(number));
            let out = BufWriter::new(File::create(path)?);
            let mut log = Log { out, truth: &mut truth, random, written: 0, bytes, number, day };
            write(&mut log)?;
            log.out.flush()?;
            number += 1;
            of_kind += 1;
        }
    }
    truth.sort();
    fs::write(order.folder.join("truth.tsv"), truth.join("\n") + "\n")
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let done = match words.next().as_deref() {
        Some("make") => match order(words) {
            Some(order) => make(&order).map_err(|error| error.to_string()),
            None => Err("estate make FOLDER [--mib N] [--seed N] [--file-mib N] [--only KIND]".to_owned()),
        },
        Some("check") => match (words.next(), words.next()) {
            (Some(truth), Some(report)) => check::check(&truth, &report),
            _ => Err("estate check TRUTH REPORT".to_owned()),
        },
        Some("signatures") => match (words.next().and_then(|count| count.parse().ok()), words.next()) {
            (Some(count), Some(folder)) => {
                signatures::write(count, Path::new(&folder)).map_err(|error| error.to_string())
            }
            _ => Err("estate signatures COUNT FOLDER".to_owned()),
        },
        _ => Err("estate make FOLDER ..., or estate check TRUTH REPORT".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(io::stderr(), "estate: {message}");
            ExitCode::FAILURE
        }
    }
}
