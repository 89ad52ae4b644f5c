//! Bytes of any sort as an archive: reading its members ends, within the bounds, and what was not read is told.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use blogscan::base::Feed;
use blogscan::input::{Found, Limits, Origin, ReadOptions, visit};
use libfuzzer_sys::fuzz_target;

static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("blogscan-unpack-{}", std::process::id()))
});

/// Beginnings that lead into each kind of archive; the first byte of the data chooses one.
const BEGINNINGS: &[&[u8]] = &[
    b"",
    b"\x1f\x8b\x08\0",
    b"BZh9",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"PK\x03\x04",
    b"7z\xbc\xaf\x27\x1c",
    b"MSCF\0\0\0\0",
];

const MOST_EXPANDED: u64 = 16 * 1024 * 1024;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let beginning = BEGINNINGS[usize::from(*first) % BEGINNINGS.len()];
    std::fs::write(&*FILE, [beginning, rest].concat()).expect("a file can be written");
    let mut options = ReadOptions::default();
    options.limits = Limits { expanded: MOST_EXPANDED, ..Limits::default() };
    let found = Found::new("bundle", Origin::File(FILE.clone()));
    let mut bytes = 0;
    let notices = visit(&found, &options, &mut |mut text| {
        let mut buffer = String::new();
        loop {
            let block = text.next_block(&mut buffer, usize::MAX);
            bytes += block.added as u64;
            if block.feed == Feed::Last {
                break;
            }
        }
        for notice in text.finish().notices("bundle") {
            assert!(!notice.detail.is_empty());
        }
    });
    // A byte may become three, and what stood in a buffer when the bound was met is given out.
    assert!(bytes <= 4 * MOST_EXPANDED, "{bytes} bytes");
    assert!(notices.iter().all(|notice| !notice.detail.is_empty()));
});
