//! What reading a source came to: numbers, encoding and notices; chunks of one file add up to the same as the whole.

use serde::{Deserialize, Serialize};

use super::encoding::{Encoding, UNTOLD};
use super::fault::Fault;
use crate::base::{Notice, NoticeCode};

/// What is known of a source, or of one chunk of it, once it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How its characters are written.
    pub encoding: Encoding,
    /// Bytes of text that were given out.
    pub decoded_bytes: u64,
    /// Bytes read from the file, before decompression.
    pub raw_bytes: u64,
    /// Line breaks in the text.
    pub breaks: u64,
    pub(super) multibyte: bool,
    pub(super) first_invalid: Option<u64>,
    pub(super) long_lines: u64,
    pub(super) first_long_line: Option<u64>,
    pub(super) troubles: Vec<Trouble>,
}

/// An outcome without trouble, of a part of a plain text, as it is kept until the rest is read on another day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeSoFar {
    is_windows_1252: bool,
    decoded_bytes: u64,
    raw_bytes: u64,
    /// Line breaks in the text.
    pub breaks: u64,
    multibyte: bool,
    first_invalid: Option<u64>,
    long_lines: u64,
    first_long_line: Option<u64>,
}

impl OutcomeSoFar {
    /// What is kept of an outcome; `None` where something went wrong.
    pub fn of(outcome: &Outcome) -> Option<OutcomeSoFar> {
        let is_plain = matches!(outcome.encoding, Encoding::Utf8 | Encoding::Windows1252);
        (is_plain && outcome.troubles.is_empty()).then(|| OutcomeSoFar {
            is_windows_1252: outcome.encoding == Encoding::Windows1252,
            decoded_bytes: outcome.decoded_bytes,
            raw_bytes: outcome.raw_bytes,
            breaks: outcome.breaks,
            multibyte: outcome.multibyte,
            first_invalid: outcome.first_invalid,
            long_lines: outcome.long_lines,
            first_long_line: outcome.first_long_line,
        })
    }

    /// The same without its end: so many bytes of text, line breaks and bytes of the file. What is said of the end will
    /// be found again when it is read again.
    pub fn without(mut self, text: u64, breaks: u64, raw: u64) -> OutcomeSoFar {
        self.decoded_bytes = self.decoded_bytes.saturating_sub(text);
        self.breaks = self.breaks.saturating_sub(breaks);
        self.raw_bytes = self.raw_bytes.saturating_sub(raw);
        self.first_invalid = self.first_invalid.filter(|line| *line <= self.breaks);
        self.is_windows_1252 &= self.first_invalid.is_some();
        self
    }

    /// The outcome that it was.
    pub fn outcome(self) -> Outcome {
        let encoding = if self.is_windows_1252 { Encoding::Windows1252 } else { Encoding::Utf8 };
        Outcome {
            encoding,
            decoded_bytes: self.decoded_bytes,
            raw_bytes: self.raw_bytes,
            breaks: self.breaks,
            multibyte: self.multibyte,
            first_invalid: self.first_invalid,
            long_lines: self.long_lines,
            first_long_line: self.first_long_line,
            troubles: Vec::new(),
        }
    }
}

/// A reason why the source was not read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    code: NoticeCode,
    line: u64,
    detail: String,
}

impl Outcome {
    pub(super) fn new(encoding: Encoding) -> Outcome {
        Outcome {
            encoding,
            decoded_bytes: 0,
            raw_bytes: 0,
            breaks: 0,
            multibyte: false,
            first_invalid: None,
            long_lines: 0,
            first_long_line: None,
            troubles: Vec::new(),
        }
    }

    pub(super) fn add_fault(&mut self, fault: &Fault) {
        self.add_trouble(Trouble { code: fault.code(), line: self.breaks + 1, detail: fault.to_string() });
    }

    /// Chunks side by side meet the same trouble; it is told once.
    fn add_trouble(&mut self, trouble: Trouble) {
        let is_known =
            self.troubles.iter().any(|known| known.code == trouble.code && known.detail == trouble.detail);
        if !is_known {
            self.troubles.push(trouble);
        }
    }

    /// Was a line longer than is handed on in one piece?
    pub fn has_long_lines(&self) -> bool {
        self.long_lines > 0
    }

    /// Adds the chunk that follows this one in the file.
    pub fn join(&mut self, next: Outcome) {
        let shift = self.breaks;
        if next.encoding == Encoding::Windows1252 {
            self.encoding = next.encoding;
        }
        self.decoded_bytes += next.decoded_bytes;
        self.raw_bytes += next.raw_bytes;
        self.breaks += next.breaks;
        self.multibyte |= next.multibyte;
        self.first_invalid = self.first_invalid.or(next.first_invalid.map(|line| line + shift));
        self.first_long_line = self.first_long_line.or(next.first_long_line.map(|line| line + shift));
        self.long_lines += next.long_lines;
        for trouble in next.troubles {
            self.add_trouble(Trouble { line: trouble.line + shift, ..trouble });
        }
    }

    /// What is to be told about the source.
    pub fn notices(&self, path: &str) -> Vec<Notice> {
        let notice =
            |code, line, detail: String| Notice { code, source: Some(path.to_owned()), line, detail };
        let mut notices: Vec<Notice> = self
            .troubles
            .iter()
            .map(|trouble| {
                let line = (self.decoded_bytes > 0).then_some(trouble.line);
                notice(trouble.code, line, trouble.detail.clone())
            })
            .collect();
        if self.decoded_bytes == 0 && self.encoding != Encoding::Binary && self.troubles.is_empty() {
            let detail = if self.raw_bytes == 0 { "it has no bytes" } else { "it holds no text" };
            notices.push(notice(NoticeCode::Empty, None, detail.to_owned()));
        }
        if self.long_lines > 0 {
            let bound = super::MAX_LINE / 1024;
            let detail = match self.long_lines {
                1 => format!("the line is longer than {bound} KiB"),
                count => format!("{count} lines are longer than {bound} KiB; the first of them"),
            };
            notices.push(notice(NoticeCode::LongLine, self.first_long_line, detail));
        }
        let is_utf8 = matches!(self.encoding, Encoding::Utf8 | Encoding::Windows1252);
        if self.first_invalid.is_some() && (self.multibyte || !is_utf8) {
            let detail = match self.encoding {
                Encoding::Utf16Le | Encoding::Utf16Be => {
                    "half a character in UTF-16, the first of them here".to_owned()
                }
                _ if is_utf8 => {
                    "bytes that are no UTF-8 in a text that has UTF-8 elsewhere, the first of them here"
                        .to_owned()
                }
                encoding => format!("bytes that are no {}, the first of them here", encoding.name()),
            };
            notices.push(notice(NoticeCode::BadEncoding, self.first_invalid, detail));
        }
        notices
    }

    /// Where it showed, behind the beginning, that the text is no UTF-8.
    pub fn late_evidence(&self) -> Option<String> {
        let line = self.first_invalid.filter(|_| self.encoding == Encoding::Windows1252)?;
        Some(format!("{UNTOLD}; the first in line {line}"))
    }
}
