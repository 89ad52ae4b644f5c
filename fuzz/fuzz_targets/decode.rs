//! Bytes of any sort become valid text, and the same text whatever the amounts in which they come.

#![no_main]

use std::io::{Cursor, Read};

use blogscan::base::Feed;
use blogscan::input::{Kind, TextReader};
use libfuzzer_sys::fuzz_target;

/// Gives a few bytes a time.
struct Drip(Cursor<Vec<u8>>, usize);

impl Read for Drip {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let step = self.1.min(into.len());
        self.0.read(&mut into[..step])
    }
}

fn text(bytes: &[u8], step: usize, keep: usize) -> (bool, String) {
    let mut reader = TextReader::from_read("a.log", Box::new(Drip(Cursor::new(bytes.to_vec()), step)));
    let is_text = reader.kind() == Kind::Text;
    let (mut all, mut buffer, mut consumed) = (String::new(), String::new(), 0);
    loop {
        let held = buffer.len() - consumed;
        let block = reader.next_block(&mut buffer, consumed);
        assert_eq!(block.added, buffer.len() - held);
        all.push_str(&buffer[held..]);
        consumed = match block.feed {
            Feed::More => buffer.floor_char_boundary(buffer.len().saturating_sub(keep)),
            Feed::Full => buffer.len(),
            Feed::Last => break,
        };
    }
    assert_eq!(reader.decoded_bytes(), all.len() as u64);
    assert_eq!(reader.breaks(), all.matches('\n').count() as u64);
    let outcome = reader.finish();
    assert_eq!(outcome.decoded_bytes, all.len() as u64);
    for notice in outcome.notices("a.log") {
        assert!(!notice.detail.is_empty());
    }
    (is_text, all)
}

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let whole = text(bytes, usize::MAX, 0);
    let in_drips = text(bytes, usize::from(*first) + 1, usize::from(*first));
    assert_eq!(whole, in_drips);
});
