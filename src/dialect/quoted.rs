//! Lines that somebody quoted: `> ` before each, as in an answered mail, more than once where the answer was answered.
//!
//! The marks are taken off for reading; positions are given back as those of the text as it is, so that evidence shows
//! the lines as they stand there.

use crate::base::{DateOrder, FactKind, NoticeCode, Record, Sink};

/// The line without the marks before it.
pub(super) fn unquoted(line: &str) -> &str {
    let mut rest = line;
    while let Some(inner) = rest.strip_prefix('>') {
        rest = inner.strip_prefix(' ').unwrap_or(inner);
    }
    rest
}

/// A text whose lines have lost their marks, and where they were.
pub(super) struct Unquoted {
    text: String,
    lines: Vec<Line>,
    /// Bytes of the text with its marks.
    whole: usize,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    /// Where it begins without the marks.
    here: usize,
    /// Where it begins with them.
    there: usize,
    /// Length of the marks.
    marks: usize,
}

impl Unquoted {
    /// `None` where no line has marks.
    pub(super) fn of(text: &str) -> Option<Unquoted> {
        if !text.starts_with('>') && memchr::memmem::find(text.as_bytes(), b"\n>").is_none() {
            return None;
        }
        let mut unquoted =
            Unquoted { text: String::with_capacity(text.len()), lines: Vec::new(), whole: text.len() };
        let mut there = 0;
        for line in text.split_inclusive('\n') {
            let inside = self::unquoted(line);
            let marks = line.len() - inside.len();
            unquoted.lines.push(Line { here: unquoted.text.len(), there, marks });
            unquoted.text.push_str(inside);
            there += line.len();
        }
        Some(unquoted)
    }

    /// The text without the marks.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The place in the text with its marks; the beginning of a line is before its marks.
    pub(super) fn original(&self, at: usize) -> usize {
        if at >= self.text.len() {
            return self.whole;
        }
        let index = self.lines.partition_point(|line| line.here <= at).saturating_sub(1);
        self.lines.get(index).map_or(at, |line| match at.saturating_sub(line.here) {
            0 => line.there,
            inside => line.there + line.marks + inside,
        })
    }

    /// A sink for what is read from the text without marks.
    pub(super) fn sink<'s>(&'s self, sink: &'s mut dyn Sink) -> Original<'s> {
        Original { sink, unquoted: self }
    }
}

/// Gives records back with the positions of the text as it is.
pub(super) struct Original<'s> {
    sink: &'s mut dyn Sink,
    unquoted: &'s Unquoted,
}

impl Original<'_> {
    fn placed<'r>(&self, mut record: Record<'r>) -> Record<'r> {
        record.start = self.unquoted.original(record.start);
        record.end = self.unquoted.original(record.end);
        record
    }
}

impl Sink for Original<'_> {
    fn record(&mut self, record: Record<'_>) {
        let record = self.placed(record);
        self.sink.record(record);
    }

    fn fact(&mut self, host: Option<&str>, fact: FactKind, record: &Record<'_>) {
        let record = self.placed(record.clone());
        self.sink.fact(host, fact, &record);
    }

    fn date_vote(&mut self, order: DateOrder) {
        self.sink.date_vote(order);
    }

    fn source_host(&mut self, host: &str) {
        self.sink.source_host(host);
    }

    fn notice(&mut self, code: NoticeCode, offset: usize, detail: String) {
        self.sink.notice(code, self.unquoted.original(offset), detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dialect;
    use crate::dialect::identify::recognise;

    #[test]
    fn marks_are_taken_off() {
        for (line, inside) in [
            ("> x", "x"),
            (">x", "x"),
            ("> > x", "x"),
            (">>  x", " x"),
            ("x > y", "x > y"),
            (">", ""),
            ("", ""),
        ] {
            assert_eq!(unquoted(line), inside, "{line}");
        }
    }

    #[test]
    fn places_are_those_of_the_text_as_it_is() {
        let text = "see below\n> one\n>> two\nthree\n";
        let quoted = Unquoted::of(text).unwrap();
        assert_eq!(quoted.text(), "see below\none\ntwo\nthree\n");
        for word in ["see", "below", "ne", "wo", "three"] {
            let here = quoted.text().find(word).unwrap();
            assert!(text[quoted.original(here)..].starts_with(word), "{word}");
        }
        assert_eq!(quoted.original(quoted.text().find("one").unwrap()), text.find("> one").unwrap());
        assert_eq!(quoted.original(quoted.text().len()), text.len());
        assert!(Unquoted::of("a > b\nc\n").is_none());
    }

    #[test]
    fn a_quoted_ticket_is_recognised() {
        let job = "03/05/2009 14:55:05 - Info bpdm (pid=14922) started\n03/05/2009 14:55:06 - end writing\n";
        let quoted: String = job.lines().map(|line| format!("> {line}\n")).collect();
        assert_eq!(recognise(job).dialect, Dialect::NetbackupJob);
        let recognised = recognise(&format!("Hello,\nthis is what we see:\n{quoted}\nRegards\n"));
        assert_eq!(recognised.dialect, Dialect::Mixed, "{}", recognised.reason);
        assert!(recognised.reason.contains("netbackup.job, quoted"), "{}", recognised.reason);
        // One line of a long log that begins so does not make it a mail.
        let long = format!("{}> 03/05/2009 14:55:06 - end writing\n", job.repeat(20));
        assert_eq!(recognise(&long).dialect, Dialect::NetbackupJob);
    }
}
