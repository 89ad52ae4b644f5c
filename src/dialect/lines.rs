//! The loop that most dialects share: a record is a head line and the lines behind it that are no head.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::DeserializeOwned;

use super::saved::restore;
use crate::base::{Dialect, Feed, Record, Sink, Splitter, Stamp};

/// The part of a line-oriented dialect that differs from the others.
pub trait Grammar: Send {
    /// Which dialect.
    fn dialect(&self) -> Dialect;

    /// Reads `line` (without line end, `number` its 1-based line number) as the head of a record. The body must
    /// be a slice of `line` for continuation lines to be added to it.
    fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>>;

    /// The stamp of the record that `line` is the head of, if that is all that counts of a record that nobody wants
    /// (see [`Sink::skimmed`]). `None`: [`Grammar::head`] must look at it. `number` is its 1-based line number; what its
    /// date shows is told to `sink`.
    fn skim(&mut self, line: &str, number: u64, sink: &mut dyn Sink) -> Option<Stamp> {
        let _ = (line, number, sink);
        None
    }

    /// Must [`Grammar::head`] look at this line because of the word of the dialect that stands at byte `at` of it
    /// ([`Reader::telling_words`](super::Reader::telling_words))?
    fn is_telling(&self, line: &str, at: usize) -> bool {
        let _ = (line, at);
        true
    }

    /// Does `line` certainly begin a record? Asked by grammars of which [`Grammar::skim`] hangs on the record before:
    /// that one is finished then before the line is skimmed.
    fn begins(&self, line: &str) -> bool {
        let _ = line;
        false
    }

    /// Does it look at the lines behind a head whoever wants them? Records that have such lines are not skimmed then.
    fn reads_tails(&self) -> bool {
        false
    }

    /// Does it read each line by itself, with nothing kept from the lines before? A line that was looked at need not
    /// be looked at again then, and an empty one belongs to the record above it.
    fn reads_lines_alone(&self) -> bool {
        false
    }

    /// The session that skimmed records stand in, after the record that was finished last.
    fn session(&self) -> Option<u32> {
        None
    }

    /// Called with each record once it is complete, `start` and `end` set and the body reaching over its
    /// continuation lines, which `tail` holds alone (empty for most records). Gives it to the sink.
    fn finish(&mut self, record: Record<'_>, tail: &str, sink: &mut dyn Sink) {
        let _ = tail;
        sink.record(record);
    }

    /// What it carries from one record to the next, as text ([`Splitter::save`]); `None`: more than can be told.
    fn save(&self) -> Option<String> {
        None
    }

    /// The source ends here (`end`: offset of its end in the text at hand): derived records still open are given
    /// out.
    fn end(&mut self, end: usize, sink: &mut dyn Sink) {
        let _ = (end, sink);
    }
}

/// Cuts lines into records by a [`Grammar`].
pub struct Lines<G> {
    grammar: G,
    skimmed: Batch,
    /// Of the record that was unfinished at the end of the text before.
    seen: Option<Seen>,
}

/// Lines at the beginning of a text that were looked at before: a record that goes on and on is handed in again and
/// again, and only its first line is read each time.
#[derive(Clone, Copy)]
struct Seen {
    bytes: usize,
    lines: u64,
}

/// Stamps of records that nobody wants, to be told in one go.
#[derive(Default)]
pub(super) struct Batch(Vec<Stamp>);

impl Batch {
    /// So many are told in one go.
    const MOST: usize = 512;

    /// One more.
    #[inline(always)]
    pub(super) fn add(&mut self, stamp: Stamp) {
        self.0.push(stamp);
    }

    /// Is it time to tell them?
    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= Batch::MOST
    }

    /// Tells a sink of them, if there are any.
    pub(super) fn tell(&mut self, dialect: Dialect, session: Option<u32>, sink: &mut dyn Sink) {
        if !self.0.is_empty() {
            sink.skimmed(dialect, &self.0, session);
            self.0.clear();
        }
    }
}

impl<G: Grammar> Lines<G> {
    /// A splitter for this grammar.
    pub fn new(grammar: G) -> Lines<G> {
        Lines { grammar, skimmed: Batch::default(), seen: None }
    }

    /// Its grammar.
    pub fn grammar(&self) -> &G {
        &self.grammar
    }
}

impl<G: Grammar + DeserializeOwned + 'static> Lines<G> {
    /// A splitter that goes on where one with such a grammar was saved.
    pub fn restored(saved: &str) -> Option<Box<dyn Splitter>> {
        Some(Box::new(Lines::new(restore::<G>(saved)?)))
    }
}

/// The next line of `text` from `from`: without its line end (CR LF, CR CR LF and LF alike), and where the line
/// behind it begins.
pub fn next_line(text: &str, from: usize) -> Option<(&str, usize)> {
    let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
    let (line, length) = match memchr::memchr(b'\n', rest.as_bytes()) {
        Some(at) => (rest.get(..at)?, at + 1),
        None => (rest, rest.len()),
    };
    Some((line.trim_end_matches('\r'), from + length))
}

/// The record whose lines still come in; at most one of both is there. (They are no enum because moving the larger
/// one for every line costs more than all else that is done with the smaller one.)
#[derive(Default)]
struct Open<'a> {
    whole: Option<Whole<'a>>,
    skimmed: Option<Skimmed>,
}

struct Whole<'a> {
    record: Record<'a>,
    /// Line number of its head.
    number: u64,
    /// Where the line behind its head begins.
    head_end: usize,
}

/// A record of which only the stamp was read, because nobody wanted its first line.
#[derive(Clone, Copy)]
struct Skimmed {
    stamp: Stamp,
    start: usize,
    number: u64,
    /// A line behind its first one is wanted.
    is_wanted: bool,
}

impl Open<'_> {
    /// Is there a record that the grammar will look at once it is complete?
    #[inline(always)]
    fn must_be_finished(&self) -> bool {
        self.whole.is_some() || self.skimmed.is_some_and(|open| open.is_wanted)
    }

    /// Line number of its head.
    fn number(&self) -> Option<u64> {
        self.whole.as_ref().map(|open| open.number).or(self.skimmed.map(|open| open.number))
    }

    fn start(&self) -> Option<usize> {
        self.whole.as_ref().map(|open| open.record.start).or(self.skimmed.map(|open| open.start))
    }
}

impl<G: Grammar> Splitter for Lines<G> {
    fn save(&self) -> Option<String> {
        self.grammar.save()
    }

    fn split(&mut self, text: &str, line: u64, feed: Feed, sink: &mut dyn Sink) -> usize {
        let mut number = line;
        let mut at = 0;
        let mut wanted = sink.next_wanted(at);
        let mut word = sink.next_word(at);
        let mut open = Open::default();
        let mut seen = self.seen.take();
        while at < text.len() {
            if wanted < at {
                wanted = sink.next_wanted(at);
            }
            if word < at {
                word = sink.next_word(at);
            }
            let mut is_refused = false;
            if open.whole.is_none() && seen.is_none() && open.skimmed.is_none_or(|open| !open.is_wanted) {
                (at, is_refused) =
                    self.pass(text, (at, &mut number), wanted.min(word), &mut open.skimmed, sink);
                if at >= text.len() {
                    break;
                }
            }
            let (end, next) = match line_end(text, at) {
                Some(end) => (end, end + 1),
                None if feed == Feed::More => break,
                None => (text.len(), text.len()),
            };
            if end == at && self.grammar.reads_lines_alone() {
                let empty = line_breaks(text, at);
                if open.start().is_none() {
                    self.give_headless("", at..at + empty, sink);
                }
                (at, number) = (at + empty, number + empty as u64);
                continue;
            }
            let content = without_returns(text.get(at..end).unwrap_or(""));
            let mut is_wanted = wanted < next;
            while word < next && !is_wanted {
                is_wanted = self.grammar.is_telling(content, word - at);
                word = if is_wanted { word } else { sink.next_word(word + 1) };
            }
            if open.must_be_finished() && !is_wanted && self.grammar.begins(content) {
                self.close(text, &mut open, at, sink);
            }
            if !is_wanted
                && !is_refused
                && let Some(stamp) = self.grammar.skim(content, number, sink)
            {
                self.close(text, &mut open, at, sink);
                open.skimmed = Some(Skimmed { stamp, start: at, number, is_wanted: false });
            } else {
                self.tell_skimmed(sink);
                if let Some(record) = self.grammar.head(content, number, sink) {
                    self.close(text, &mut open, at, sink);
                    open.whole =
                        Some(Whole { record: Record { start: at, ..record }, number, head_end: next });
                } else if let Some(skimmed) = &mut open.skimmed {
                    skimmed.is_wanted |= is_wanted || self.grammar.reads_tails();
                } else if open.whole.is_none() {
                    // Before the first head every line stands for itself: nothing is known to hold them together.
                    self.give_headless(content, at..next, sink);
                }
            }
            (at, number) = (next, number + 1);
            if let (Some(Seen { bytes, lines }), Some(0)) = (seen.take(), open.start()) {
                if let Some(skimmed) = &mut open.skimmed {
                    skimmed.is_wanted |= wanted < bytes || word < bytes || self.grammar.reads_tails();
                }
                (at, number) = (bytes, line + lines);
            }
        }
        if let (Feed::More, Some(start)) = (feed, open.start()) {
            self.tell_skimmed(sink);
            let first = open.number().filter(|_| self.grammar.reads_lines_alone());
            self.seen = first.map(|first| Seen { bytes: at - start, lines: number - first });
            return start;
        }
        self.close(text, &mut open, at, sink);
        self.tell_skimmed(sink);
        if feed == Feed::Last {
            self.grammar.end(at, sink);
        }
        at
    }
}

impl<G: Grammar> Lines<G> {
    /// Passes the lines up to `calm`, where something stands that must be looked at, as long as each is the head of a
    /// record of which only the stamp counts: nearly all lines of gigabytes, so there is as little as possible to do
    /// for each. The last one stays open. Returns where the first line begins that is not passed, and whether the
    /// grammar refused to skim it.
    fn pass(
        &mut self,
        text: &str,
        (mut at, number): (usize, &mut u64),
        calm: usize,
        open: &mut Option<Skimmed>,
        sink: &mut dyn Sink,
    ) -> (usize, bool) {
        let (mut is_refused, mut last) = (false, None);
        while let Some(end) = line_end(text, at).filter(|end| *end < calm && *end > at) {
            let content = without_returns(text.get(at..end).unwrap_or(""));
            let Some(stamp) = self.grammar.skim(content, *number, sink) else {
                is_refused = true;
                break;
            };
            if last.is_none()
                && let Some(before) = open.take()
            {
                self.skimmed.add(before.stamp);
            }
            if self.skimmed.is_full() {
                self.tell_skimmed(sink);
            }
            self.skimmed.add(stamp);
            last = Some((at, *number));
            (at, *number) = (end + 1, *number + 1);
        }
        if let (Some((start, number)), Some(stamp)) = (last, last.and_then(|_| self.skimmed.0.pop())) {
            *open = Some(Skimmed { stamp, start, number, is_wanted: false });
        }
        (at, is_refused)
    }
}

/// Where the line that begins at `at` ends.
#[inline(always)]
fn line_end(text: &str, at: usize) -> Option<usize> {
    let rest = text.as_bytes().get(at..)?;
    // A log of line breaks alone costs less than one of lines.
    if rest.first() == Some(&b'\n') { Some(at) } else { memchr::memchr(b'\n', rest).map(|end| at + end) }
}

/// How many line breaks stand one behind the other at `at`, but one at least.
fn line_breaks(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    rest.iter().take_while(|byte| **byte == b'\n').count().max(1)
}

/// A line without the carriage returns at its end.
fn without_returns(line: &str) -> &str {
    let bytes = line.as_bytes();
    let kept = bytes.iter().rev().take_while(|byte| **byte == b'\r').count();
    line.get(..bytes.len() - kept).unwrap_or(line)
}

impl<G: Grammar> Lines<G> {
    fn tell_skimmed(&mut self, sink: &mut dyn Sink) {
        self.skimmed.tell(self.grammar.dialect(), self.grammar.session(), sink);
    }

    /// Gives out the open record, which ends at `end`.
    #[inline(always)]
    fn close<'a>(&mut self, text: &'a str, open: &mut Open<'a>, end: usize, sink: &mut dyn Sink) {
        match open.skimmed.take() {
            Some(Skimmed { stamp, is_wanted: false, .. }) => {
                self.skimmed.add(stamp);
                if self.skimmed.is_full() {
                    self.tell_skimmed(sink);
                }
            }
            Some(skimmed) => self.look_again(text, skimmed, end, sink),
            None => {
                if let Some(whole) = open.whole.take() {
                    self.tell_skimmed(sink);
                    self.give(text, whole, end, sink);
                }
            }
        }
    }

    /// Gives out what no head stands before.
    fn give_headless(&mut self, content: &str, place: Range<usize>, sink: &mut dyn Sink) {
        let mut record = Record::headless(self.grammar.dialect(), content);
        (record.start, record.end) = (place.start, place.end);
        self.grammar.finish(record, "", sink);
    }

    fn look_again(&mut self, text: &str, skimmed: Skimmed, end: usize, sink: &mut dyn Sink) {
        self.tell_skimmed(sink);
        let Skimmed { start, number, .. } = skimmed;
        if let Some((content, head_end)) = next_line(text, start)
            && let Some(record) = self.grammar.head(content, number, sink)
        {
            self.give(text, Whole { record: Record { start, ..record }, number, head_end }, end, sink);
        }
    }

    fn give<'a>(&mut self, text: &'a str, whole: Whole<'a>, end: usize, sink: &mut dyn Sink) {
        let Whole { mut record, head_end, .. } = whole;
        record.end = end;
        let tail = text.get(head_end..end).unwrap_or("").trim_end();
        if !tail.is_empty()
            && let Cow::Borrowed(body) = record.body
        {
            let body_start = (body.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
            if let Some(whole) = text.get(body_start..end) {
                record.body = Cow::Borrowed(whole.trim_end());
            }
        }
        self.grammar.finish(record, tail, sink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DateOrder, FactKind, NoticeCode};

    /// A head is `<second> text`; one that holds `!` must be looked at.
    struct Seconds;

    impl Grammar for Seconds {
        fn dialect(&self) -> Dialect {
            Dialect::Unknown
        }

        fn head<'a>(&mut self, line: &'a str, number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
            let (second, text) = line.split_once(' ')?;
            let mut record = Record::new(Dialect::Unknown, text);
            record.stamp = Stamp::epoch(second.parse().ok()?);
            record.pid = Some(number);
            Some(record)
        }

        fn skim(&mut self, line: &str, _number: u64, _sink: &mut dyn Sink) -> Option<Stamp> {
            let second = line.split_once(' ').filter(|_| !line.contains('!'))?.0;
            second.parse().ok().map(Stamp::epoch)
        }
    }

    /// Wants the records in which a letter stands.
    struct Picky<'t> {
        text: &'t str,
        letter: char,
        found: Vec<String>,
    }

    impl Sink for Picky<'_> {
        fn record(&mut self, record: Record<'_>) {
            let Record { stamp, head, start, end, pid, body, .. } = record;
            self.found.push(format!("{stamp} {head} {start}..{end} {pid:?} {body:?}"));
        }

        fn fact(&mut self, _: Option<&str>, _: FactKind, _: &Record<'_>) {}

        fn date_vote(&mut self, _: DateOrder) {}

        fn source_host(&mut self, _: &str) {}

        fn notice(&mut self, _: NoticeCode, _: usize, _: String) {}

        fn next_wanted(&mut self, from: usize) -> usize {
            self.text[from..].find(self.letter).map_or(usize::MAX, |at| from + at)
        }

        fn next_word(&mut self, _: usize) -> usize {
            usize::MAX
        }

        fn skimmed(&mut self, _: Dialect, stamps: &[Stamp], _: Option<u32>) {
            self.found.extend(stamps.iter().map(|stamp| format!("{stamp} skimmed")));
        }
    }

    fn picked(text: &str, letter: char) -> Vec<String> {
        let mut sink = Picky { text, letter, found: Vec::new() };
        assert_eq!(Lines::new(Seconds).split(text, 1, Feed::Last, &mut sink), text.len());
        sink.found
    }

    #[test]
    fn wanted_records_are_given_whole_and_the_others_in_their_order() {
        let text = "no head\n1 a\n2 b\n more\n3 c!\n4 a\n b\n\n5 d\n";
        let all = picked(text, '\n');
        assert_eq!(all.len(), 6);
        for letter in ['a', 'b', 'c', 'd', 'x'] {
            let found = picked(text, letter);
            assert_eq!(found.len(), all.len());
            for (found, whole) in found.iter().zip(&all) {
                match found.split_once(" skimmed") {
                    Some((stamp, _)) => {
                        assert!(whole.starts_with(stamp) && !whole.contains(letter), "{whole}")
                    }
                    None => assert_eq!(found, whole),
                }
            }
        }
        assert_eq!(picked(text, 'x').iter().filter(|found| found.contains("skimmed")).count(), 4);
        assert!(
            picked(text, 'b').contains(&"1970-01-01T00:00:04Z true 27..35 Some(6) \"a\\n b\"".to_owned())
        );
    }

    /// A log of line breaks alone costs no more than one of lines, whether a record stands before them or not.
    #[test]
    fn empty_lines_are_passed_in_one_go() {
        let text = format!("{0}no head\n{0}1 a\n{0}2 b\n", "\n".repeat(5000));
        let mut sink = Picky { text: &text, letter: 'b', found: Vec::new() };
        let mut lines = Lines::new(Counting(0));
        assert_eq!(lines.split(&text, 1, Feed::Last, &mut sink), text.len());
        assert!(lines.grammar().0 < 5, "{}", lines.grammar().0);
        let places: Vec<&str> =
            sink.found.iter().filter_map(|found| found.split(' ').find(|word| word.contains(".."))).collect();
        assert_eq!(places, ["0..5000", "5000..5008", "5008..10008", "10008..15012", "15012..15016"]);
        assert!(sink.found.last().is_some_and(|last| last.contains("Some(15003)")), "{:?}", sink.found);
    }

    /// Counts the lines that it is asked about.
    struct Counting(usize);

    impl Grammar for Counting {
        fn dialect(&self) -> Dialect {
            Dialect::Unknown
        }

        fn head<'a>(&mut self, line: &'a str, number: u64, sink: &mut dyn Sink) -> Option<Record<'a>> {
            self.0 += 1;
            Seconds.head(line, number, sink)
        }

        fn reads_lines_alone(&self) -> bool {
            true
        }
    }

    /// A record whose lines come in by and by is read once, not anew with each of them.
    #[test]
    fn lines_of_a_long_record_are_looked_at_once() {
        let text = format!("no head\n1 a\n2 b\n{}3 c\n", "\nmore\n\n".repeat(200));
        let whole = picked(&text, '\n');
        let mut lines = Lines::new(Counting(0));
        let (mut from, mut line, mut found) = (0, 1, Vec::new());
        for end in (0..text.len()).step_by(7).chain([text.len()]) {
            let feed = if end == text.len() { Feed::Last } else { Feed::More };
            let piece = &text[from..end];
            let mut sink = Picky { text: piece, letter: '\n', found: Vec::new() };
            let consumed = lines.split(piece, line, feed, &mut sink);
            line += piece[..consumed].matches('\n').count() as u64;
            from += consumed;
            found.extend(sink.found.into_iter().map(|found| (from - consumed, found)));
        }
        let pids = |found: &str| found.split_once(" Some(").map(|(_, rest)| rest.to_owned());
        assert_eq!(
            found.iter().map(|(_, found)| pids(found)).collect::<Vec<_>>(),
            whole.iter().map(|found| pids(found)).collect::<Vec<_>>()
        );
        // Once each line with something in it, and the head of the record with each piece.
        assert!(lines.grammar().0 < 204 + 2 * text.len() / 7, "{}", lines.grammar().0);
    }
}
