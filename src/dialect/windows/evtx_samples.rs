//! Writes small .evtx files for tests: every record carries its own binary XML, without templates.

/// One event.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) number: u64,
    pub(super) provider: &'static str,
    pub(super) id: u32,
    pub(super) level: u32,
    pub(super) time: String,
    pub(super) host: &'static str,
    pub(super) log: &'static str,
    pub(super) strings: &'static [&'static str],
}

impl Sample {
    /// The same event as an XML export has it.
    pub(super) fn xml(&self) -> String {
        let data: String = self.strings.iter().map(|text| format!("<Data>{text}</Data>")).collect();
        format!(
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{}'/><EventID>{}\
             </EventID><Level>{}</Level><TimeCreated SystemTime='{}'/><EventRecordID>{}</EventRecordID><Channel>{}</Channel>\
             <Computer>{}</Computer></System><EventData>{data}</EventData></Event>",
            self.provider, self.id, self.level, self.time, self.number, self.log, self.host
        )
    }

    fn binary(&self, base: usize) -> Vec<u8> {
        let mut xml = Xml { bytes: vec![0x0f, 1, 1, 0], base };
        xml.open("Event", &[("xmlns", "http://schemas.microsoft.com/win/2004/08/events/event")]);
        xml.open("System", &[]);
        xml.open("Provider", &[("Name", self.provider)]);
        xml.close();
        xml.leaf("EventID", &self.id.to_string());
        xml.leaf("Level", &self.level.to_string());
        xml.open("TimeCreated", &[("SystemTime", &self.time)]);
        xml.close();
        xml.leaf("EventRecordID", &self.number.to_string());
        xml.leaf("Channel", self.log);
        xml.leaf("Computer", self.host);
        xml.close();
        xml.open("EventData", &[]);
        for text in self.strings {
            xml.leaf("Data", text);
        }
        xml.close();
        xml.close();
        xml.bytes.push(0);
        xml.bytes
    }
}

struct Xml {
    bytes: Vec<u8>,
    /// Where the first byte stands in the chunk.
    base: usize,
}

impl Xml {
    fn characters(&mut self, text: &str) {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.bytes.extend((units.len() as u16).to_le_bytes());
        self.bytes.extend(units.into_iter().flat_map(u16::to_le_bytes));
    }

    fn name(&mut self, name: &str) {
        let at = (self.base + self.bytes.len() + 4) as u32;
        self.bytes.extend(at.to_le_bytes());
        self.bytes.extend([0; 6]);
        self.characters(name);
        self.bytes.extend([0; 2]);
    }

    fn value(&mut self, text: &str) {
        self.bytes.extend([0x05, 0x01]);
        self.characters(text);
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.bytes.push(if attributes.is_empty() { 0x01 } else { 0x41 });
        self.bytes.extend([0; 4]);
        self.name(name);
        if !attributes.is_empty() {
            self.bytes.extend([0; 4]);
        }
        for (name, value) in attributes {
            self.bytes.push(0x06);
            self.name(name);
            self.value(value);
        }
        self.bytes.push(0x02);
    }

    fn close(&mut self) {
        self.bytes.push(0x04);
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.open(name, &[]);
        if !text.is_empty() {
            self.value(text);
        }
        self.close();
    }
}

/// A chunk with these records, 64 KiB long.
pub(super) fn chunk(samples: &[Sample]) -> Vec<u8> {
    let mut bytes = vec![0; 0x200];
    let mut last = 0x200;
    for sample in samples {
        last = bytes.len();
        let xml = sample.binary(last + 24);
        let size = ((xml.len() + 28).next_multiple_of(8)) as u32;
        let time = 130_382_316_000_000_000_u64 + sample.number * 600_000_000;
        bytes.extend(b"**\0\0");
        bytes.extend(size.to_le_bytes());
        bytes.extend(sample.number.to_le_bytes());
        bytes.extend(time.to_le_bytes());
        bytes.extend(xml);
        bytes.resize(last + size as usize - 4, 0);
        bytes.extend(size.to_le_bytes());
    }
    let free = bytes.len();
    let (first_number, last_number) = (samples[0].number, samples[samples.len() - 1].number);
    let mut header = b"ElfChnk\0".to_vec();
    for number in [first_number, last_number, first_number, last_number] {
        header.extend(number.to_le_bytes());
    }
    for number in [0x80, last, free] {
        header.extend((number as u32).to_le_bytes());
    }
    bytes[..header.len()].copy_from_slice(&header);
    bytes[0x78] = 4;
    assert!(bytes.len() <= 0x10000);
    bytes.resize(0x10000, 0);
    bytes
}

/// A file of these chunks.
pub(super) fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"ElfFile\0".to_vec();
    for number in [0, chunks.len() as u64 - 1, 1] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(128_u32.to_le_bytes());
    for number in [1, 3, 4096, chunks.len() as u16] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.resize(4096, 0);
    bytes[0x78] = 5;
    for chunk in chunks {
        bytes.extend(chunk);
    }
    bytes
}
