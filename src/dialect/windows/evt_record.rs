//! The three structures of an event log up to Windows 2003: file header, record, end record. All numbers are
//! little-endian; offsets inside a record count from its first byte.

use nom::bytes::complete::{tag, take};
use nom::combinator::verify;
use nom::number::complete::{le_u16, le_u32};
use nom::{IResult, Parser};

/// Bytes of the file header; records begin behind it.
pub(super) const HEADER: u64 = 0x30;
/// Bytes of the end record.
pub(super) const END: usize = 0x28;
/// Bytes of a record before its source name.
pub(super) const FIXED: usize = 0x38;
/// The longest record: Windows takes 64 KiB of strings and as much data.
pub(super) const LONGEST: usize = 256 * 1024;
/// What every record and the header carry behind their size.
pub(super) const SIGNATURE: &[u8] = b"LfLe";
/// How the end record begins.
pub(super) const END_SIGNATURE: &[u8] =
    b"\x28\0\0\0\x11\x11\x11\x11\x22\x22\x22\x22\x33\x33\x33\x33\x44\x44\x44\x44";

/// The log is in use, or was copied while it was: offsets and numbers of the header are old.
const DIRTY: u32 = 1;

/// Where the log begins and ends, as header and end record tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Offset of the oldest record.
    pub(super) oldest_at: u64,
    /// Offset of the end record.
    pub(super) end_at: u64,
    /// Number of the record that would be written next.
    pub(super) next: u32,
    /// Number of the oldest record.
    pub(super) oldest: u32,
    /// Is the header out of date?
    pub(super) dirty: bool,
}

/// Reads the file header.
pub(super) fn header(input: &[u8]) -> Option<Bounds> {
    fn parse(input: &[u8]) -> IResult<&[u8], Bounds> {
        let (input, _) = verify(le_u32, |size| *size == 0x30).parse(input)?;
        let (input, _) = tag(SIGNATURE).parse(input)?;
        let (input, (_major, _minor)) = (le_u32, le_u32).parse(input)?;
        let (input, (oldest_at, end_at, next, oldest)) = (le_u32, le_u32, le_u32, le_u32).parse(input)?;
        let (input, (_most, flags)) = (le_u32, le_u32).parse(input)?;
        let (oldest_at, end_at) = (u64::from(oldest_at), u64::from(end_at));
        Ok((input, Bounds { oldest_at, end_at, next, oldest, dirty: flags & DIRTY != 0 }))
    }
    parse(input).ok().map(|(_, bounds)| bounds)
}

/// Reads the end record.
pub(super) fn end(input: &[u8]) -> Option<Bounds> {
    fn parse(input: &[u8]) -> IResult<&[u8], Bounds> {
        let (input, _) = tag(END_SIGNATURE).parse(input)?;
        let (input, (oldest_at, end_at, next, oldest)) = (le_u32, le_u32, le_u32, le_u32).parse(input)?;
        let (input, _) = verify(le_u32, |size| *size == 0x28).parse(input)?;
        let (oldest_at, end_at) = (u64::from(oldest_at), u64::from(end_at));
        Ok((input, Bounds { oldest_at, end_at, next, oldest, dirty: false }))
    }
    parse(input).ok().map(|(_, bounds)| bounds)
}

/// The size that a record claims, if one begins here.
pub(super) fn size(input: &[u8]) -> Option<usize> {
    fn parse(input: &[u8]) -> IResult<&[u8], u32> {
        let (input, size) = le_u32.parse(input)?;
        let (input, _) = tag(SIGNATURE).parse(input)?;
        Ok((input, size))
    }
    let size = usize::try_from(parse(input).ok()?.1).ok()?;
    (FIXED..=LONGEST).contains(&size).then_some(size)
}

/// Is the size repeated at the end of the record? In one that was cut or overwritten it is not.
pub(super) fn is_closed(record: &[u8]) -> bool {
    let last = record.len().checked_sub(4).and_then(|at| record.get(at..));
    record.len() > FIXED && last == record.get(..4)
}

/// A record as it stands in the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) number: u32,
    /// Seconds since 1970, UTC.
    pub(super) generated: u32,
    /// Event id with its upper half.
    pub(super) id: u32,
    /// 1 error, 2 warning, 4 information, 8 and 16 audits.
    pub(super) event_type: u16,
    pub(super) category: u16,
    pub(super) source: String,
    pub(super) computer: String,
    /// The account as `S-1-5-18`.
    pub(super) user: String,
    pub(super) strings: Vec<String>,
    /// The first bytes of the data.
    pub(super) data: Vec<u8>,
}

/// Bytes of the data that are of use.
const MOST_DATA: usize = 64;

struct Fixed {
    raw: Raw,
    strings: usize,
    strings_at: usize,
    sid_length: usize,
    sid_at: usize,
    data_length: usize,
    data_at: usize,
}

fn fixed(input: &[u8]) -> IResult<&[u8], Fixed> {
    let (input, _) = take(8_usize).parse(input)?;
    let (input, (number, generated, _written, id)) = (le_u32, le_u32, le_u32, le_u32).parse(input)?;
    let (input, (event_type, strings, category, _flags)) = (le_u16, le_u16, le_u16, le_u16).parse(input)?;
    let (input, (_closing, strings_at, sid_length)) = (le_u32, le_u32, le_u32).parse(input)?;
    let (input, (sid_at, data_length, data_at)) = (le_u32, le_u32, le_u32).parse(input)?;
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let raw = Raw { number, generated, id, event_type, category, ..Raw::default() };
    let fixed = Fixed {
        raw,
        strings: usize::from(strings),
        strings_at: place(strings_at),
        sid_length: place(sid_length),
        sid_at: place(sid_at),
        data_length: place(data_length),
        data_at: place(data_at),
    };
    Ok((input, fixed))
}

/// Reads a record as far as it goes; offsets that lead out of it are left aside.
pub(super) fn record(input: &[u8]) -> Option<Raw> {
    let (_, fixed) = fixed(input).ok()?;
    let Fixed { mut raw, strings, strings_at, sid_length, sid_at, data_length, data_at } = fixed;
    let last = input.len().saturating_sub(4).max(FIXED);
    let within = |from: usize, to: usize| input.get(from.max(FIXED)..to.min(last)).unwrap_or(&[]);
    let names = within(FIXED, last);
    let (source, rest) = text(names);
    raw.source = source;
    raw.computer = text(rest).0;
    raw.user = sid(within(sid_at, sid_at.saturating_add(sid_length))).unwrap_or_default();
    raw.data = within(data_at, data_at.saturating_add(data_length.min(MOST_DATA))).to_vec();
    let has_data = data_length > 0 && data_at > strings_at;
    let mut rest = within(strings_at, if has_data { data_at } else { last });
    for _ in 0..strings {
        if strings_at < FIXED || rest.is_empty() {
            break;
        }
        let (string, behind) = text(rest);
        raw.strings.push(string);
        rest = behind;
    }
    Some(raw)
}

/// Text up to its closing zero, and what follows.
fn text(input: &[u8]) -> (String, &[u8]) {
    let pairs = input.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    let units: Vec<u16> = pairs.take_while(|unit| *unit != 0).collect();
    let behind = input.get((units.len() + 1) * 2..).unwrap_or(&[]);
    (String::from_utf16_lossy(&units), behind)
}

/// A security identifier in its usual notation.
fn sid(input: &[u8]) -> Option<String> {
    let [1, count, authority @ ..] = input else { return None };
    let (authority, parts) = authority.split_at_checked(6)?;
    let authority = authority.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let mut name = format!("S-1-{authority}");
    let mut words = parts.chunks_exact(4);
    for _ in 0..*count {
        let word: [u8; 4] = words.next()?.try_into().ok()?;
        name.push('-');
        name.push_str(&u32::from_le_bytes(word).to_string());
    }
    Some(name)
}
