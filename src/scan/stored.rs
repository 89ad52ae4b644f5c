//! What was read of a file, as bytes that another night's scan reads again: the state keeps them and does not look
//! into them.
//!
//! Definitions of the catalogue are kept by name, because their numbers change with every pattern that is added; the
//! text of an event is kept with it. Bytes that this version cannot read are as good as none: the file is read again.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;

use chrono::NaiveDate;
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};

use crate::base::event::EventKind;
use crate::base::{
    DateOrder, Dialect, Event, Fact, FactKind, Key, Notice, NoticeCode, SourceId, Stamp, StreamId, Values,
};
use crate::correlate::{Bounds, Events, Held, Lost, Spill};
use crate::dialect::Place;
use crate::input::{Encoding, OutcomeSoFar};
use crate::pattern::Catalogue;
use crate::pattern::model::EventDef;

use super::first_failure::FirstFailures;
use super::part::{Part, SessionPart};
use super::pieces::{ReadOn, Resume};
use super::repeats::{Last, Repeats};
use super::source::Extract;
use super::track::{Days, Fall, Track};
use super::unknown::Errors;

/// Everything that one file came to.
pub(super) struct Reading {
    pub(super) extracts: Vec<Extract>,
    pub(super) notices: Vec<Notice>,
    /// The last whole lines of a plain file.
    pub(super) last_lines: String,
}

/// How the numbers of the catalogue, and the places of texts, are taken off and put on.
pub(super) struct Terms<'c> {
    catalogue: &'c Catalogue,
    pub(super) spill: &'c Spill,
    /// Numbers of all definitions, by name.
    kinds: HashMap<String, EventKind>,
}

#[derive(Serialize, Deserialize)]
struct StoredReading {
    /// Names of the definitions that events refer to.
    kinds: Vec<String>,
    extracts: Vec<StoredExtract>,
    notices: Vec<StoredNotice>,
    last_lines: String,
}

#[derive(Serialize, Deserialize)]
struct StoredNotice {
    code: String,
    source: Option<String>,
    line: Option<u64>,
    detail: String,
}

#[derive(Serialize, Deserialize)]
struct StoredExtract {
    path: String,
    dialect: Dialect,
    reason: String,
    encoding: String,
    evidence: String,
    bytes: u64,
    stream: String,
    date: Option<NaiveDateText>,
    process: Option<String>,
    host: Option<String>,
    place_stream: Option<String>,
    order: Option<DateOrder>,
    /// Of a log that is read on: only what is not in `resume`.
    part: StoredPart,
    resume: Option<StoredResume>,
    notices: Vec<StoredNotice>,
}

type NaiveDateText = String;

#[derive(Serialize, Deserialize)]
struct StoredResume {
    offset: u64,
    outcome: OutcomeSoFar,
    order: Option<DateOrder>,
    body: StoredPart,
    /// What the splitter carries on; `None`: `part` is what follows `body`.
    splitter: Option<String>,
    /// The event that was seen last.
    last: Option<StoredLast>,
}

#[derive(Serialize, Deserialize)]
struct StoredLast {
    kind: usize,
    host: Option<Arc<str>>,
    pid: Option<u64>,
    session: Option<u32>,
    values: Values,
    untold: Vec<String>,
    at: Option<i64>,
    count: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredEvent {
    kind: usize,
    dialect: Dialect,
    position: i64,
    line: Option<u64>,
    number: Option<u64>,
    stamp: Stamp,
    placed: Option<i64>,
    host: Option<Arc<str>>,
    pid: Option<u64>,
    session: Option<u32>,
    values: Values,
    text: String,
    untold: Vec<String>,
}

/// What is beyond the bounds.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredLost {
    facts: (u64, Option<u64>),
    of_sessions: u64,
    events: u64,
    kinds: Vec<usize>,
    line: Option<u64>,
    span: Option<(Stamp, Stamp)>,
}

#[derive(Serialize, Deserialize)]
struct StoredFact {
    host: Option<String>,
    kind: FactKind,
    line: Option<u64>,
    stamp: Stamp,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct StoredSession {
    id: u32,
    first: Option<Stamp>,
    last: Option<Stamp>,
    values: Vec<(String, Option<String>)>,
    used: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredPart {
    records: u64,
    headless: u64,
    position: i64,
    events: Vec<StoredEvent>,
    #[serde(default)]
    lost: Option<StoredLost>,
    facts: Vec<StoredFact>,
    notices: Vec<(String, Option<u64>, String)>,
    votes: (u64, u64, u64),
    host: Option<String>,
    first_failures: FirstFailures,
    errors: Errors,
    tracks: Vec<(Dialect, Track)>,
    sessions: Vec<StoredSession>,
    codes: Vec<(Dialect, String, u64)>,
    dialects: Vec<Dialect>,
    days: Days,
    first: Option<Stamp>,
    last: Option<Stamp>,
    slopes: (u64, u64),
    begun: Option<i64>,
    placed: Option<i64>,
    falls: Vec<Fall>,
}

impl<'c> Terms<'c> {
    /// Those of this catalogue.
    pub(super) fn new(catalogue: &'c Catalogue, spill: &'c Spill) -> Terms<'c> {
        let kinds =
            (0..).zip(&catalogue.events).map(|(number, def)| (name_of(def), EventKind(number))).collect();
        Terms { catalogue, spill, kinds }
    }

    /// To bytes.
    pub(super) fn pack(&self, reading: &Reading) -> Vec<u8> {
        let mut kinds = IndexSet::new();
        let stored = StoredReading {
            extracts: reading.extracts.iter().map(|extract| self.extract_out(extract, &mut kinds)).collect(),
            kinds: kinds.iter().map(|kind| self.name_of(*kind)).collect(),
            notices: reading.notices.iter().map(notice_out).collect(),
            last_lines: reading.last_lines.clone(),
        };
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        // Writing to memory does not fail; were it to, the bytes would not be readable and the file read again.
        let _ = serde_json::to_writer(&mut packer, &stored).map(|()| packer.flush());
        packer.finish().unwrap_or_default()
    }

    /// From bytes; `None`: they are of no use.
    pub(super) fn unpack(&self, bytes: &[u8]) -> Option<Reading> {
        let mut text = String::new();
        flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).ok()?;
        let stored: StoredReading = serde_json::from_str(&text).ok()?;
        let kinds = self.kinds_of(&stored.kinds);
        Some(Reading {
            extracts: stored
                .extracts
                .into_iter()
                .map(|extract| self.extract_in(extract, &kinds))
                .collect::<Option<_>>()?,
            notices: stored.notices.into_iter().map(notice_in).collect::<Option<_>>()?,
            last_lines: stored.last_lines,
        })
    }

    fn name_of(&self, kind: EventKind) -> String {
        self.catalogue.event(kind).map(name_of).unwrap_or_default()
    }

    /// Numbers of definitions by their names; `None`: the catalogue has it no more.
    fn kinds_of(&self, names: &[String]) -> Vec<Option<EventKind>> {
        names.iter().map(|name| self.kinds.get(name).copied()).collect()
    }

    fn extract_out(&self, extract: &Extract, kinds: &mut IndexSet<EventKind>) -> StoredExtract {
        let (part, resume) = match &extract.resume {
            None => (self.part_out(&extract.part, &Less::default(), kinds), None),
            Some(resume) => {
                let (part, resume) = self.resume_out(resume, &extract.part, kinds);
                (part, Some(resume))
            }
        };
        StoredExtract {
            path: extract.path.clone(),
            dialect: extract.dialect,
            reason: extract.reason.clone(),
            encoding: extract.encoding.to_owned(),
            evidence: extract.evidence.clone(),
            bytes: extract.bytes,
            stream: extract.stream.clone(),
            date: extract.place.date.map(|date| date.to_string()),
            process: extract.place.process.clone(),
            host: extract.place.host.clone(),
            place_stream: extract.place.stream.clone(),
            order: extract.order,
            part,
            resume,
            notices: extract.notices.iter().map(notice_out).collect(),
        }
    }

    fn extract_in(&self, stored: StoredExtract, kinds: &[Option<EventKind>]) -> Option<Extract> {
        let rest = self.part_in(stored.part, kinds)?;
        let (part, resume) = match stored.resume {
            None => (rest, None),
            Some(resume) => {
                let (part, resume) = self.resume_in(resume, rest, kinds)?;
                (part, Some(resume))
            }
        };
        Some(Extract {
            path: stored.path,
            dialect: stored.dialect,
            reason: stored.reason,
            encoding: match stored.encoding.as_str() {
                "binary" => Encoding::Binary.name(),
                "windows-1252" => Encoding::Windows1252.name(),
                name => Encoding::from_name(name)?.name(),
            },
            evidence: stored.evidence,
            bytes: stored.bytes,
            stream: stored.stream,
            place: Place {
                date: stored.date.map(|date| date.parse::<NaiveDate>()).transpose().ok()?,
                process: stored.process,
                host: stored.host,
                stream: stored.place_stream,
            },
            order: stored.order,
            part: Box::new(part),
            notices: stored.notices.into_iter().map(notice_in).collect::<Option<_>>()?,
            resume: resume.map(Box::new),
        })
    }

    /// What is kept of a log that is read on, and what of the whole of it beside that.
    fn resume_out(
        &self,
        resume: &Resume,
        whole: &Part,
        kinds: &mut IndexSet<EventKind>,
    ) -> (StoredPart, StoredResume) {
        let Resume { offset, outcome, order, body, way } = resume;
        let (part, splitter) = match way {
            ReadOn::Tail(tail) => (self.part_out(tail, &Less::default(), kinds), None),
            ReadOn::Splitter(saved) => {
                let less = Less { events: body.events.len(), facts: body.facts.len(), open_sessions: false };
                (self.part_out(whole, &less, kinds), Some(saved.clone()))
            }
        };
        let less = Less { open_sessions: splitter.is_some(), ..Less::default() };
        let last = body.repeats.last().filter(|_| splitter.is_some()).map(|last| StoredLast {
            kind: kinds.insert_full(last.kind).0,
            host: last.host.clone(),
            pid: last.pid,
            session: last.session,
            values: last.values.clone(),
            untold: last.untold.iter().map(|name| (*name).to_owned()).collect(),
            at: last.at,
            count: last.count,
        });
        let body = self.part_out(body, &less, kinds);
        (
            part,
            StoredResume { offset: *offset, outcome: outcome.clone(), order: *order, body, splitter, last },
        )
    }

    /// The whole of a log that is read on, and where it goes on.
    fn resume_in(
        &self,
        stored: StoredResume,
        mut rest: Part,
        kinds: &[Option<EventKind>],
    ) -> Option<(Part, Resume)> {
        let StoredResume { offset, outcome, order, body, splitter, last } = stored;
        let mut body = self.part_in(body, kinds)?;
        let (whole, way) = match splitter {
            None => {
                let mut whole = body.clone();
                whole.join(rest.clone(), outcome.breaks, (self.spill, &Bounds::NONE));
                (whole, ReadOn::Tail(Box::new(rest)))
            }
            Some(saved) => {
                let mut events = body.events.clone();
                let without_room = events.append(self.spill, std::mem::take(&mut rest.events));
                rest.events = events;
                rest.lost.join(without_room);
                rest.facts.splice(..0, body.facts.iter().cloned());
                (rest, ReadOn::Splitter(saved))
            }
        };
        let last = match last {
            None => None,
            Some(last) => Some(Last {
                kind: kinds.get(last.kind).copied().flatten()?,
                host: last.host,
                pid: last.pid,
                session: last.session,
                values: last.values,
                untold: last.untold.iter().filter_map(|name| known_filter(name)).collect(),
                at: last.at,
                count: last.count,
            }),
        };
        body.repeats = Repeats::behind(last);
        Some((whole, Resume { offset, outcome, order, body, way }))
    }

    fn part_out(&self, part: &Part, less: &Less, kinds: &mut IndexSet<EventKind>) -> StoredPart {
        let least_open = if less.open_sessions { least_open(part) } else { u32::MAX };
        let lost = (!part.lost.is_nothing()).then(|| StoredLost {
            facts: (part.lost.facts, part.lost.fact_line),
            of_sessions: part.lost.of_sessions,
            events: part.lost.events,
            kinds: part.lost.kinds.iter().map(|kind| kinds.insert_full(*kind).0).collect(),
            line: part.lost.line,
            span: part.lost.span,
        });
        let event = |event: Held<'_>| StoredEvent {
            kind: kinds.insert_full(event.kind).0,
            dialect: event.dialect,
            position: event.position,
            line: event.line(),
            number: event.number(),
            stamp: event.stamp,
            placed: event.placed,
            host: event.host.map(Arc::from),
            pid: event.pid,
            session: event.session,
            values: event.values(),
            text: event.text(),
            untold: event.untold.iter().map(|name| (*name).to_owned()).collect(),
        };
        StoredPart {
            records: part.records,
            headless: part.headless,
            position: part.position,
            events: part.events.iter(self.spill).skip(less.events).map(event).collect(),
            lost,
            facts: part.facts.iter().skip(less.facts).map(fact_out).collect(),
            notices: part
                .notices
                .iter()
                .map(|(code, line, detail)| (code.name().to_owned(), *line, detail.clone()))
                .collect(),
            votes: (part.month_first, part.day_first, part.swappable),
            host: part.host.clone(),
            first_failures: part.first_failures.clone(),
            errors: part.errors.clone(),
            tracks: part.tracks.iter().map(|(dialect, track)| (*dialect, track.clone())).collect(),
            // Nobody asks for a session without events, unless events may follow.
            sessions: part
                .sessions
                .iter()
                .filter(|(id, session)| session.used || **id >= least_open)
                .map(|(id, session)| session_out(*id, session))
                .collect(),
            codes: part
                .codes
                .iter()
                .filter_map(|((product, code), count)| {
                    let dialect = Dialect::ALL.iter().find(|dialect| dialect.product() == *product)?;
                    Some((*dialect, code.clone(), *count))
                })
                .collect(),
            dialects: part.dialects.iter().copied().collect(),
            days: part.days,
            first: part.first,
            last: part.last,
            slopes: (part.rising, part.falling),
            begun: part.begun,
            placed: part.placed,
            falls: part.falls.clone(),
        }
    }

    fn part_in(&self, stored: StoredPart, kinds: &[Option<EventKind>]) -> Option<Part> {
        let event = |event: StoredEvent| {
            Some(Event {
                // A definition that the catalogue has no more matches nothing.
                kind: kinds.get(event.kind).copied().flatten()?,
                dialect: event.dialect,
                source: SourceId(0),
                stream: StreamId(0),
                position: event.position,
                line: event.line,
                number: event.number,
                stamp: event.stamp,
                placed: event.placed,
                host: event.host,
                pid: event.pid,
                session: event.session,
                values: event.values,
                text: Arc::from(event.text),
                untold: event.untold.iter().filter_map(|name| known_filter(name)).collect(),
            })
        };
        let mut events = Events::default();
        for event in stored.events.into_iter().filter_map(event) {
            events.push(self.spill, &event).then_some(())?;
        }
        let lost = stored.lost.map_or_else(Lost::default, |lost| Lost {
            events: lost.events,
            kinds: lost.kinds.iter().filter_map(|kind| kinds.get(*kind).copied().flatten()).collect(),
            line: lost.line,
            span: lost.span,
            of_sessions: lost.of_sessions,
            facts: lost.facts.0,
            fact_line: lost.facts.1,
        });
        let (month_first, day_first, swappable) = stored.votes;
        let (rising, falling) = stored.slopes;
        Some(Part {
            records: stored.records,
            headless: stored.headless,
            position: stored.position,
            events,
            lost,
            facts: stored.facts.into_iter().map(fact_in).collect(),
            notices: stored
                .notices
                .into_iter()
                .map(|(code, line, detail)| Some((NoticeCode::from_name(&code)?, line, detail)))
                .collect::<Option<_>>()?,
            month_first,
            day_first,
            swappable,
            host: stored.host,
            first_failures: stored.first_failures,
            errors: stored.errors,
            repeats: Repeats::default(),
            tracks: stored.tracks.into_iter().collect(),
            sessions: stored.sessions.into_iter().map(session_in).collect(),
            codes: stored
                .codes
                .into_iter()
                .map(|(dialect, code, count)| ((dialect.product(), code), count))
                .collect(),
            dialects: stored.dialects.into_iter().collect(),
            days: stored.days,
            first: stored.first,
            last: stored.last,
            rising,
            falling,
            begun: stored.begun,
            placed: stored.placed,
            falls: stored.falls,
        })
    }
}

fn name_of(def: &EventDef) -> String {
    format!("{}/{}", def.owner, def.name)
}

/// What is not kept of a part.
#[derive(Default)]
struct Less {
    /// So many events at its beginning.
    events: usize,
    /// So many facts at its beginning.
    facts: usize,
    /// Sessions that may go on are kept, though they have no events yet.
    open_sessions: bool,
}

/// So many of the last sessions may go on: no log has more tasks under way.
const MOST_OPEN: u32 = 16_384;

fn least_open(part: &Part) -> u32 {
    part.sessions.keys().max().map_or(0, |last| last.saturating_sub(MOST_OPEN))
}

/// The filters that may pass untold, by name.
fn known_filter(name: &str) -> Option<&'static str> {
    ["process"].into_iter().find(|known| *known == name)
}

fn fact_out(fact: &Fact) -> StoredFact {
    StoredFact {
        host: fact.host.clone(),
        kind: fact.kind.clone(),
        line: fact.line,
        stamp: fact.stamp,
        text: fact.text.clone(),
    }
}

fn fact_in(stored: StoredFact) -> Fact {
    Fact {
        host: stored.host,
        kind: stored.kind,
        source: SourceId(0),
        line: stored.line,
        stamp: stored.stamp,
        text: stored.text,
    }
}

fn session_out(id: u32, session: &SessionPart) -> StoredSession {
    let word = |value: &Option<Arc<str>>| value.as_deref().map(str::to_owned);
    StoredSession {
        id,
        first: session.first,
        last: session.last,
        values: session.values.iter().map(|(key, value)| (key.to_string(), word(value))).collect(),
        used: session.used,
    }
}

fn session_in(stored: StoredSession) -> (u32, SessionPart) {
    let values = stored.values.into_iter().map(|(key, value)| (Key::from(key), value.map(Arc::from)));
    let session =
        SessionPart { first: stored.first, last: stored.last, values: values.collect(), used: stored.used };
    (stored.id, session)
}

fn notice_out(notice: &Notice) -> StoredNotice {
    StoredNotice {
        code: notice.code.name().to_owned(),
        source: notice.source.clone(),
        line: notice.line,
        detail: notice.detail.clone(),
    }
}

fn notice_in(stored: StoredNotice) -> Option<Notice> {
    let StoredNotice { code, source, line, detail } = stored;
    Some(Notice { code: NoticeCode::from_name(&code)?, source, line, detail })
}
