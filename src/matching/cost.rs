//! What a regex costs every scan whose search cannot skip text for it.

use std::hint::black_box;
use std::time::Instant;

use regex::RegexBuilder;

use super::literals::required_literals;
use super::search::{Places, Search, WINDOW};

/// Lines as debug logs hold them by the million.
const LINES: &str = "\
14:55:05.986 [14922.3812] <2> write_data: twin_index: 0 active: 1 dont_process: 0 wrote_backup_hdr: 1 finished_buff: 0
14:55:05.991 [14922.3812] <4> write_backup: begin writing backup id finch_1267401600, copy 1, fragment 3, to media id A00017
14:55:06.004 [20637] <2> logconnections: BPDBM CONNECT FROM 10.20.1.5.39912 TO 10.20.1.5.1556 fd = 7
2019-03-20 02:29:05 Normal File-->            85,113 /home/data/project 7/plan.dat [Sent]
2018-04-19T02:51:38.601Z| vcpu-0| I120: DISKLIB-VMFS  : \"/vmfs/volumes/56f3a91d-70be4c25/vm1/vm1-flat.vmdk\" : closed.
5/23/2012,11:05:12 PM,Service Control Manager,Information,None,7036,N/A,SRV01,The service entered the running state.
";

/// So much of it is searched: long enough for a clock, short enough for nobody to wait.
const SEARCHED: usize = 2 * 1024 * 1024;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// Why every scan takes longer because of this regex, and by how much on this machine; `None`: it does not, because
/// each text that it matches holds fixed text that is long enough to be looked for by skipping.
pub fn slowness(regex: &str, fold_case: bool) -> Option<String> {
    let literals = required_literals(regex);
    let longest = literals.as_ref().and_then(|literals| literals.iter().map(Vec::len).min());
    if longest.is_some_and(|longest| longest >= WINDOW) {
        return None;
    }
    let text = LINES.repeat(SEARCHED.div_ceil(LINES.len()));
    let started = Instant::now();
    match literals {
        Some(literals) => {
            let mut found = Places::default();
            Search::new(literals, &[], fold_case)?.find(&text, &mut found);
            black_box(found);
        }
        None => {
            let regex = RegexBuilder::new(regex).case_insensitive(fold_case).build().ok()?;
            black_box(text.lines().filter(|line| regex.is_match(line)).count());
        }
    }
    let seconds = started.elapsed().as_secs_f64() * GIB / text.len() as f64;
    let why = match longest {
        Some(longest) => format!(
            "no fixed text of {WINDOW} bytes stands in everything that this regex matches (the longest has {longest})"
        ),
        None => "no fixed text stands in everything that this regex matches: it is tried on every record"
            .to_owned(),
    };
    Some(format!("{why}; that costs each scan about {seconds:.1} s a GiB here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_spoils_the_speed_is_told() {
        assert_eq!(slowness(r"media open error \((?<status>\d+)\)", false), None);
        assert_eq!(slowness(r"(FREEZING|UNFREEZING) media id (?<media>\w+)", false), None);
        let short = slowness(r"err =(?<code>\d+)", false).unwrap();
        assert!(short.contains("(the longest has 5)") && short.contains(" s a GiB"), "{short}");
        let none = slowness(r"(?<word>\w+) (?<other>\w+)", true).unwrap();
        assert!(none.contains("every record"), "{none}");
    }
}
