//! Dialects of NetBackup: debug logs, job details, and what its commands print.
//!
//! Not read, because nothing tells their layout: the files of `db/jobs/trylogs`. Read tolerantly, because no public
//! sample shows them: `bpdbjobs -report` without options, `bpimagelist -L`, `bpimmedia -L`, the rows of `bpflist`,
//! `nbstlutil list -l` and `-b`, logs of VxMS, lists of corrections. What of them is taken, stands there; how much of a
//! source was not understood, shows in its number of pieces without a head. Output that generated documentation invented for this product
//! (`bprd[1234]:`, `[2024-01-15 03:45:22] INFO:`) is nobody's.

use super::Reader;

mod backup_id;
mod corrections;
mod epochs;
mod error_table;
mod file_name;
mod image_long;
mod job_row;
mod job_table;
mod job_text;
mod lifecycle_row;
mod media_table;
mod told;
mod vm_run;
mod wording;

pub mod bpdbjobs;
pub mod bperror;
pub mod config;
pub mod image_list;
pub mod job;
pub mod legacy;
pub mod msdp;
pub mod nbstlutil;
pub mod progress;
pub mod tpconfig;
pub mod try_log;
pub mod unified;
pub mod unified_raw;
pub mod version;
pub mod vxms;

#[cfg(test)]
mod collect;

/// Every dialect of this family, in the order in which they are asked.
pub const READERS: &[&dyn Reader] = &[
    &legacy::Legacy,
    &vxms::Vxms,
    &unified::Unified,
    &unified_raw::UnifiedRaw,
    &bpdbjobs::Bpdbjobs,
    &bperror::Bperror,
    &image_list::ImageList,
    &try_log::TryLog,
    &msdp::Msdp,
    &job::Job,
    &progress::Progress,
    &nbstlutil::Nbstlutil,
    &tpconfig::Tpconfig,
    &version::Version,
    &config::Config,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::READERS;
    use super::collect::read;

    /// Pieces of all formats, put together in any order, make damaged logs of every kind.
    fn damaged_log() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "14:55:05.986 ",
            "8:51:14 PM: ",
            "[14922] ",
            "[1.2]",
            "<16> ",
            "<2>",
            "03/05/2009 15:05:58",
            " - ",
            "Critical bpdm (pid=5) ",
            "begin Duplicate",
            "end Duplicate; elapsed time 0:00:01 ",
            "x y (83)",
            "\n",
            "\r\n",
            "\n\n",
            "Image:",
            "backup_id= a_1236281108",
            "fragment_state= 1(ACTIVE)",
            "(pid=",
            "pid",
            "\u{a0}",
            "=====================",
            "Media Server:   m",
            "Storage Server Type:  ",
            "# tpconfig -dsh",
            "7,0,3,0,p,s,c,m,",
            "1267534039,0000000010,1267534049,",
            "9999999999999999999",
            ",,,,,,,,,,,,,,,,,,,,,",
            "40,1,",
            "\\,",
            "\\",
            "1356998400 1 4 16 m 1 2 0 c p ",
            "TAPE_ALERT d",
            "1,51216,117,117,1,1263919625123,",
            "6/9/2010 09:17:52.406 ",
            "[Debug] NB 51216 nbjm 117 PID:",
            "{\"message\":",
            "{\"tryLogEntries\": \"jobId\":",
            "\"}",
            "}",
            "é",
            "\u{202f}",
            "IMAGE a 3 a_1236281108 p 0",
            "FRAG 1 1 1 1 1 1 1 a b",
            "----------------  ---------- ",
            "11:49:18 INF - ",
            "Verify started ",
            "14:05:31 ERR [4] [5]: ",
            "log/061423.log:",
            "current time:1686769531",
            "NetBackup-X 6.5",
            "1236281108(Thu Mar  5 14:25:08 2009)",
            "tatus 84",
            "_1236281108",
            "C12",
            "-7",
            "command used",
            "V7.5 F m a_1236281108 1 2",
            "13:45:26.0123 : f:x.cpp:480 <ERROR> : ",
            "1 1 10 RMed dlt 1 2 m 3 Y x 3 A00002",
            "EEB 2233961 v2",
            "Backup-ID Policy Type",
        ]);
        prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

        #[test]
        fn nothing_panics_and_no_byte_is_lost(log in damaged_log(), cut in 0_usize..400) {
            let cut = log.char_indices().map(|(at, _)| at).take_while(|at| *at <= cut).last().unwrap_or(0);
            for reader in READERS {
                reader.opens(&log);
                for line in log.lines() {
                    reader.claim(line);
                }
                reader.place(&log);
                read(*reader, &log);
                read(*reader, &log[cut..]);
            }
        }
    }
}
