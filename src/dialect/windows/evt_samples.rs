//! Writes small .evt files for tests.

/// One event.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) number: u32,
    pub(super) generated: u32,
    pub(super) source: &'static str,
    pub(super) id: u32,
    pub(super) event_type: u16,
    pub(super) strings: &'static [&'static str],
    pub(super) data: &'static [u8],
}

/// The computer of every sample.
pub(super) const COMPUTER: &str = "XP-TANNBERG";

fn text(text: &str, into: &mut Vec<u8>) {
    into.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
}

impl Sample {
    /// The record as it stands in a file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut names = Vec::new();
        text(self.source, &mut names);
        text(COMPUTER, &mut names);
        names.resize(names.len().next_multiple_of(4), 0);
        let sid_at = 0x38 + names.len() as u32;
        let sid = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0];
        let strings_at = sid_at + sid.len() as u32;
        let mut strings = Vec::new();
        self.strings.iter().for_each(|string| text(string, &mut strings));
        let data_at = strings_at + strings.len() as u32;
        let size = (data_at + self.data.len() as u32).next_multiple_of(4) + 4;
        let mut bytes = size.to_le_bytes().to_vec();
        bytes.extend(b"LfLe");
        for number in [self.number, self.generated, self.generated + 1, self.id] {
            bytes.extend(number.to_le_bytes());
        }
        for number in [self.event_type, self.strings.len() as u16, 0, 0] {
            bytes.extend(number.to_le_bytes());
        }
        for number in [0, strings_at, sid.len() as u32, sid_at, self.data.len() as u32, data_at] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(names);
        bytes.extend(sid);
        bytes.extend(strings);
        bytes.extend(self.data);
        bytes.resize(size as usize - 4, 0);
        bytes.extend(size.to_le_bytes());
        bytes
    }
}

/// A ring of `capacity` bytes behind the header, the oldest record at `start`; `remains` lie beneath.
pub(super) fn file(samples: &[Sample], capacity: usize, start: usize, remains: &[Sample]) -> Vec<u8> {
    let mut ring: Vec<u8> = remains.iter().flat_map(Sample::bytes).take(capacity).collect();
    ring.resize(capacity, 0);
    let mut at = start - 0x30;
    let mut put = |bytes: &[u8], at: &mut usize| {
        for byte in bytes {
            ring[*at % capacity] = *byte;
            *at += 1;
        }
    };
    for sample in samples {
        if capacity - at % capacity < 0x38 {
            let left = (capacity - at % capacity) / 4;
            put(&0x27_u32.to_le_bytes().repeat(left), &mut at);
        }
        put(&sample.bytes(), &mut at);
    }
    let end_at = (at % capacity + 0x30) as u32;
    let (oldest, next) = match (samples.first(), samples.last()) {
        (Some(first), Some(last)) => (first.number, last.number + 1),
        _ => (0, 1),
    };
    let places = [start as u32, end_at, next, oldest];
    let mut end = vec![0x28, 0, 0, 0];
    for signature in [0x1111_1111_u32, 0x2222_2222, 0x3333_3333, 0x4444_4444] {
        end.extend(signature.to_le_bytes());
    }
    places.iter().for_each(|number| end.extend(number.to_le_bytes()));
    end.extend(0x28_u32.to_le_bytes());
    put(&end, &mut at);
    let mut bytes = 0x30_u32.to_le_bytes().to_vec();
    bytes.extend(b"LfLe");
    for number in [1, 1].iter().chain(&places).chain(&[capacity as u32 + 0x30, 0, 0, 0x30]) {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(ring);
    bytes
}

/// Makes the header one of a log in use, as it was before anything was written.
pub(super) fn dirty(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[0x10..0x20].copy_from_slice(&[0x30, 0, 0, 0, 0x30, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    bytes[0x24] = 1;
    bytes
}
