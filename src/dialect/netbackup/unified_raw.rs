//! Unified log files as they lie on disk: `51216-117-2201360136-041029-0000000000.log`.
//!
//! ```text
//! 0,51216,117,117,1,1263919625123,880,3876,0:,0:,0:,0,...              (layout unverified)
//! ```
//!
//! Not meant for reading: the messages are numbers, filled in by `vxlogview`. The lines are recognised and counted,
//! time and process id taken where they stand where they are believed to stand, and the reader is told what to run.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::base::{Dialect, NoticeCode, Record, Sink, Splitter, Stamp};
use crate::dialect::lines::{Grammar, Lines};
use crate::dialect::saved::save;
use crate::dialect::{Claim, Place, Reader, SourceContext, file_name};

/// The reader of raw unified logs.
pub struct UnifiedRaw;

impl Reader for UnifiedRaw {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupUnifiedRaw
    }

    fn claim(&self, line: &str) -> Claim {
        if originator(line).is_some() { Claim::Strong } else { Claim::No }
    }

    fn place(&self, path: &str) -> Place {
        place(path)
    }

    fn splitter(&self, _context: &SourceContext) -> Box<dyn Splitter> {
        Box::new(Lines::new(RawGrammar::default()))
    }

    fn splitter_from(&self, _context: &SourceContext, saved: &str) -> Option<Box<dyn Splitter>> {
        Lines::<RawGrammar>::restored(saved)
    }
}

/// The number of the process in `0,51216,117,`.
fn originator(line: &str) -> Option<&str> {
    let mut columns = line.split(',');
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (version, product, originator) = (columns.next()?, columns.next()?, columns.next()?);
    columns.next()?;
    let fits = version.len() <= 2 && is_number(version) && product == "51216" && is_number(originator);
    fits.then_some(originator)
}

/// `51216-<originator>-<host id>-<YYMMDD>-<rotation>.log`: other than in the names of debug logs the year is first.
fn place(path: &str) -> Place {
    let name = file_name(path);
    let mut parts = name.split('-');
    let mut read = || {
        let (product, originator, _, date) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let number = |at: usize| date.get(at..at + 2)?.parse::<u32>().ok();
        let year = i32::try_from(number(0)?).ok()?;
        let date = NaiveDate::from_ymd_opt(2000 + year, number(2)?, number(4)?);
        (product == "51216").then_some((originator, date))
    };
    let Some((originator, date)) = read() else { return Place::default() };
    let folder = path.strip_suffix(name).unwrap_or("");
    Place { date, stream: Some(format!("{folder}51216-{originator}")), ..Place::default() }
}

#[derive(Default, Serialize, Deserialize)]
struct RawGrammar {
    told: bool,
}

impl Grammar for RawGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::NetbackupUnifiedRaw
    }

    fn save(&self) -> Option<String> {
        save(self)
    }

    fn head<'a>(&mut self, line: &'a str, _number: u64, _sink: &mut dyn Sink) -> Option<Record<'a>> {
        let originator = originator(line)?;
        let mut record = Record::new(Dialect::NetbackupUnifiedRaw, line);
        record.fields.push(("originator", Cow::Borrowed(originator)));
        let mut columns = line.split(',').skip(5);
        let millis =
            columns.next().filter(|millis| millis.len() == 13).and_then(|millis| millis.parse().ok());
        if let Some(millis) = millis {
            record.stamp = Stamp::epoch_millis(millis);
            record.pid = columns.next().and_then(|pid| pid.parse().ok());
        }
        Some(record)
    }

    fn finish(&mut self, record: Record<'_>, _tail: &str, sink: &mut dyn Sink) {
        if let (false, Some(originator)) = (self.told, record.field("originator")) {
            self.told = true;
            let detail =
                format!("a raw unified log cannot be judged: print it with vxlogview -d all -i {originator}");
            sink.notice(NoticeCode::UnknownDialect, record.start, detail);
        }
        sink.record(record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{check_cuts, read};
    use super::*;

    const RAW: &str =
        "0,51216,117,117,1,1263919625123,880,3876,0:,0:,0:,2,(28|A)\n0,51216,117,117,2,x\nmore\n";

    #[test]
    fn counted_and_told_once() {
        let log = read(&UnifiedRaw, RAW);
        assert_eq!((log.heads(), log.headless(), log.notices.len()), (2, 0, 1));
        assert_eq!(log.records[0].stamp.to_string(), "2010-01-19T16:47:05.123Z");
        assert_eq!((log.records[0].pid, log.records[1].pid), (Some(880), None));
        assert!(log.notices[0].1.ends_with("vxlogview -d all -i 117"));
        check_cuts(&UnifiedRaw, RAW);
    }

    #[test]
    fn the_year_is_first_in_the_name() {
        let place = UnifiedRaw.place("logs/nbpem/51216-116-2201360136-041029-0000000001.log");
        assert_eq!(place.date, NaiveDate::from_ymd_opt(2004, 10, 29));
        assert_eq!(place.stream.as_deref(), Some("logs/nbpem/51216-116"));
        assert_eq!(UnifiedRaw.place("a/log.030509"), Place::default());
        assert_eq!(UnifiedRaw.claim("1,51216,x,y"), Claim::No);
    }
}
