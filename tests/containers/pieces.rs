//! Records are the same wherever the text was cut on its way in: by the disk, by a decoder, by a block.

use std::io::{self, Read};
use std::path::PathBuf;

use blogscan::base::{DateOrder, FactKind, Feed, NoticeCode, Record, Sink};
use blogscan::dialect::{SourceContext, identify::recognise, reader};
use blogscan::input::{TextReader, discover};
use proptest::prelude::*;

/// The records and facts that a splitter gives, with places counted from the beginning of the source.
#[derive(Default, PartialEq, Debug)]
struct Heard {
    base: usize,
    lines: Vec<String>,
}

impl Sink for Heard {
    fn record(&mut self, mut record: Record<'_>) {
        record.start += self.base;
        record.end += self.base;
        self.lines.push(format!("{record:?}"));
    }

    fn fact(&mut self, host: Option<&str>, fact: FactKind, _: &Record<'_>) {
        self.lines.push(format!("{host:?} {fact:?}"));
    }

    // How often these two are said is the splitter's own affair.
    fn date_vote(&mut self, _: DateOrder) {}

    fn source_host(&mut self, _: &str) {}

    fn notice(&mut self, code: NoticeCode, offset: usize, detail: String) {
        self.lines.push(format!("{code:?} {} {detail}", self.base + offset));
    }
}

/// Splits a text that comes in pieces which end at these places.
fn heard(path: &str, text: &str, cuts: &[usize]) -> Option<Vec<String>> {
    let dialect = reader(recognise(text).dialect)?;
    let context =
        SourceContext { path: path.to_owned(), place: dialect.place(path), ..SourceContext::default() };
    let mut splitter = dialect.splitter(&context);
    let mut heard = Heard::default();
    for end in cuts.iter().copied().chain([text.len()]) {
        let end = text.floor_char_boundary(end.min(text.len())).max(heard.base);
        let feed = if end == text.len() { Feed::Last } else { Feed::More };
        let line = text[..heard.base].matches('\n').count() as u64 + 1;
        let piece = &text[heard.base..end];
        let used = splitter.split(piece, line, feed, &mut heard);
        heard.base += used.min(piece.len());
        if feed == Feed::Last {
            break;
        }
    }
    Some(heard.lines)
}

fn samples() -> Vec<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/sample-logs");
    let found = discover(&[root.to_owned()]);
    found.sources.iter().map(|source| PathBuf::from(&source.path)).collect()
}

/// Gives a few bytes a time.
struct Drip<'d>(&'d [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let step = self.1.min(into.len());
        self.0.read(&mut into[..step])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn any_sample_cut_anywhere_gives_the_same_records(
        which in any::<prop::sample::Index>(), places in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
        step in 1_usize..3000,
    ) {
        let samples = samples();
        let path = which.get(&samples);
        let bytes = std::fs::read(path).unwrap();
        let name = path.to_str().unwrap();
        let mut reader = TextReader::from_read(name, Box::new(Drip(&bytes, step)));
        let (mut text, mut block) = (String::new(), String::new());
        while reader.next_block(&mut block, usize::MAX).feed != Feed::Last {
            text.push_str(&block);
        }
        text.push_str(&block);
        let mut cuts: Vec<usize> = places.iter().map(|place| place.index(text.len() + 1)).collect();
        cuts.sort_unstable();
        let whole = heard(name, &text, &[]);
        let cut = heard(name, &text, &cuts);
        if whole != cut {
            let (whole, cut) = (whole.unwrap_or_default(), cut.unwrap_or_default());
            let at = whole.iter().zip(&cut).position(|(one, other)| one != other).unwrap_or(0);
            prop_assert_eq!(whole.get(at), cut.get(at), "{} at {:?}, record {}", name, cuts, at);
            prop_assert_eq!(whole.len(), cut.len(), "{} at {:?}", name, cuts);
        }
    }
}
