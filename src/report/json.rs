//! The report as JSON: the contract `blogscan-report/1`, for machines.
//!
//! Characters that a terminal would act upon are written as `\uXXXX`. That is the same JSON to every reader, and
//! the file can be looked at with `cat` or `less -R`.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::escape::is_hostile;
use crate::base::Report;

/// The report, indented by two blanks, with a line end behind it.
pub fn render(report: &Report) -> String {
    pretty(report)
}

/// The findings alone, each on a line of its own: the objects of the report, for streams.
pub fn render_lines(report: &Report) -> String {
    report.findings.iter().map(|finding| spelled(finding, CompactFormatter)).collect()
}

/// Any value in the same spelling.
pub fn pretty<T: Serialize + ?Sized>(value: &T) -> String {
    spelled(value, PrettyFormatter::new())
}

fn spelled<T: Serialize + ?Sized, F: Formatter>(value: &T, formatter: F) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Harmless(formatter));
    // The types have text keys only and a vector takes every byte, so nothing can fail here.
    let _ = value.serialize(&mut serializer);
    bytes.push(b'\n');
    String::from_utf8(bytes).unwrap_or_default()
}

/// Spells hostile characters as `\uXXXX`.
struct Harmless<F>(F);

impl<F: Formatter> Formatter for Harmless<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some((at, hostile)) = rest.char_indices().find(|(_, character)| is_hostile(*character)) {
            let (before, behind) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            for unit in hostile.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = behind.get(hostile.len_utf8()..).unwrap_or("");
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_spelled_and_read_back_the_same() {
        let text = "a\x1b[31m\u{9b}\u{202e}\u{e0041}ä\"\\\n\u{7f}z";
        let json = pretty(&[text]);
        assert_eq!(json, "[\n  \"a\\u001b[31m\\u009b\\u202e\\udb40\\udc41ä\\\"\\\\\\n\\u007fz\"\n]\n");
        let back: Vec<String> = serde_json::from_str(&json).unwrap();
        assert_eq!(back, [text]);
    }
}
