//! What a line of copied event properties is: told by its label, by what stood before it, and where that is not
//! enough by the lines behind it.
//!
//! States of a record: *header* (labels and values), *body* (the description), *data* (a dump), *after* (prose behind
//! a dump). Only the first label of a copy (log name, event type) begins a new record out of a body, because
//! descriptions hold lines that look like labels. Copies that lost their first lines begin with another label; that
//! one begins the next record too where the one at hand began with it, or where a blank line and further labels stand
//! around it. Soft spot: a description that quotes another event from its first label on is cut in two.

use super::entry::id;
use super::labels::{Label, label, labelled};
use super::pasted::{Line, Next, next};
use super::{data, flattened, levels, times};

/// What a line turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It begins a record.
    Begins,
    /// A label and its value.
    Header(Label),
    /// Part of the description.
    Body,
    /// A line of the dump, or its label.
    Data,
    /// The label before the event's XML, or the XML itself.
    Xml,
    /// Nothing that is kept.
    Nothing,
    /// It cannot be told before more text is there.
    Unknown,
}

/// How a record began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// With this label.
    Label(Label),
    /// In a language that is not known: by its shape, with this first label.
    Shape(String),
    /// `Event ID 57 ntfs Warning`.
    Prose,
    /// A row of the Server Manager.
    Tile,
    /// With all its labels on one line.
    Flat,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Body,
    Data,
    After,
}

/// The record at hand while its lines go by.
pub(super) struct Walk {
    opening: Opening,
    indent: usize,
    state: State,
    seen: Vec<Label>,
    labels: usize,
    blank_before: bool,
}

/// Lines looked at behind a label that alone proves nothing: a header has ten.
const LOOKAHEAD: usize = 10;
/// Labels of a copy from Vista and later up to the description.
pub(super) const ORDER: [Label; 10] = [
    Label::Log,
    Label::Source,
    Label::Date,
    Label::Id,
    Label::Category,
    Label::Level,
    Label::Keywords,
    Label::User,
    Label::Computer,
    Label::Description,
];

/// Does this line begin a record where none is open? `Err`: it cannot be told yet.
pub(super) fn opening(line: &Line<'_>, text: &str, whole: bool) -> Result<Option<Opening>, ()> {
    let content = line.text.trim();
    if content.is_empty() {
        return Ok(None);
    }
    if tile(content).is_some() {
        return Ok(Some(Opening::Tile));
    }
    if prose(content).is_some() {
        return Ok(Some(Opening::Prose));
    }
    if flattened::read(content).is_some() {
        return Ok(Some(Opening::Flat));
    }
    let Some((name, value)) = labelled(content) else { return Ok(None) };
    let Some(found) = label(name) else { return shape(line, name, text, whole) };
    let begins = match found {
        Label::Log | Label::Type => true,
        Label::Id if !name.eq_ignore_ascii_case("id") => leading_id(value).is_some(),
        Label::Id => leading_id(value).is_some() && other_labels(line, text, whole)?.0 > 0,
        Label::Source | Label::Date | Label::Level | Label::Category => other_labels(line, text, whole)?.1,
        _ => false,
    };
    Ok(begins.then_some(Opening::Label(found)))
}

impl Walk {
    /// The record that begins with this line.
    pub(super) fn new(opening: Opening, line: &Line<'_>) -> Walk {
        let mut walk = Walk {
            indent: line.indent(),
            state: State::Header,
            seen: Vec::new(),
            labels: 1,
            blank_before: false,
            opening,
        };
        match &walk.opening {
            Opening::Label(label) => walk.seen.push(*label),
            // The text follows at once.
            Opening::Prose | Opening::Tile | Opening::Flat => walk.state = State::Body,
            Opening::Shape(_) => {}
        }
        walk
    }

    /// What the next line is.
    pub(super) fn step(&mut self, line: &Line<'_>, text: &str, whole: bool) -> Step {
        let content = line.text.trim();
        if content.is_empty() {
            self.blank_before = true;
            if self.state == State::Data {
                self.state = State::After;
            }
            return if self.state == State::Body { Step::Body } else { Step::Nothing };
        }
        let Ok(step) = self.judge(line, content, text, whole) else { return Step::Unknown };
        match step {
            Step::Header(Label::Description) | Step::Body => self.state = State::Body,
            Step::Data => self.state = State::Data,
            Step::Xml => self.state = State::After,
            Step::Header(label) => {
                self.seen.push(label);
                self.labels += 1;
            }
            _ => {}
        }
        self.blank_before = false;
        step
    }

    fn judge(&self, line: &Line<'_>, content: &str, text: &str, whole: bool) -> Result<Step, ()> {
        if self.begins_next(line, content, text, whole)? {
            return Ok(Step::Begins);
        }
        if self.state == State::Data && data::dump_line(content, &mut String::new()) {
            return Ok(Step::Data);
        }
        let found = labelled(content).and_then(|(name, value)| Some((label(name)?, value)));
        match found {
            Some((Label::Xml, "")) => return Ok(Step::Xml),
            Some((Label::Xml, value)) if value.starts_with("<Event") => return Ok(Step::Xml),
            Some((Label::Data, value)) if self.is_dump(line, value, text, whole)? => return Ok(Step::Data),
            _ => {}
        }
        if content.starts_with("<Event ") || content.starts_with("<Event>") {
            return Ok(Step::Xml);
        }
        match self.state {
            State::Body => Ok(Step::Body),
            State::Data | State::After => Ok(Step::Nothing),
            State::Header => Ok(match (found, &self.opening) {
                (_, Opening::Shape(_)) if labelled(content).is_some() => {
                    Step::Header(ORDER.get(self.labels).copied().unwrap_or(Label::Other))
                }
                (None, Opening::Label(Label::Log | Label::Type))
                    if self.is_foreign(line, content, text, whole)? =>
                {
                    let value = labelled(content).map_or("", |(_, value)| value);
                    Step::Header(if levels::severity(value).is_some() { Label::Level } else { Label::Other })
                }
                (Some((Label::Data, _)), _) | (None, _) => Step::Body,
                (Some((label, _)), _) => Step::Header(label),
            }),
        }
    }

    /// Does the line begin the next record?
    fn begins_next(&self, line: &Line<'_>, content: &str, text: &str, whole: bool) -> Result<bool, ()> {
        if tile(content).is_some() || prose(content).is_some() || flattened::read(content).is_some() {
            return Ok(true);
        }
        let Some((name, value)) = labelled(content) else { return Ok(false) };
        if let Opening::Shape(first) = &self.opening {
            return Ok(name == first);
        }
        let Some(found) = label(name) else {
            return Ok(self.state != State::Header
                && self.blank_before
                && shape(line, name, text, whole)?.is_some());
        };
        if self.state == State::Header {
            let repeats = self.seen.contains(&found);
            return Ok(repeats && matches!(found, Label::Log | Label::Type | Label::Id | Label::Source));
        }
        let same_as_first = self.opening == Opening::Label(found) && line.indent() <= self.indent;
        let set_off = self.blank_before || self.state == State::After;
        match found {
            Label::Log => Ok(true),
            Label::Type => Ok(levels::severity(value).is_some() || same_as_first),
            Label::Id if leading_id(value).is_none() => Ok(false),
            Label::Id if same_as_first => Ok(true),
            Label::Id if set_off => Ok(other_labels(line, text, whole)?.0 > 0),
            Label::Source | Label::Date | Label::Level | Label::Category if set_off || same_as_first => {
                Ok(other_labels(line, text, whole)?.1)
            }
            _ => Ok(false),
        }
    }

    /// A label that no product wrote (translated articles have such), among those that one did: known ones follow.
    fn is_foreign(&self, line: &Line<'_>, content: &str, text: &str, whole: bool) -> Result<bool, ()> {
        if labelled(content).is_none() || line.indent() > self.indent {
            return Ok(false);
        }
        let mut at = line.end;
        // No more than two of the ten are ever translated in a row.
        for _ in 0..2 {
            let following = match next(text, at, whole) {
                Next::Line(line) => line,
                Next::End => return Ok(false),
                Next::Unknown => return Err(()),
            };
            at = following.end;
            match labelled(following.text.trim()) {
                Some((name, _)) if label(name).is_some() => return Ok(true),
                Some(_) => {}
                None => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Is a `Data:` label followed by a dump?
    fn is_dump(&self, line: &Line<'_>, value: &str, text: &str, whole: bool) -> Result<bool, ()> {
        if !value.is_empty() {
            return Ok(data::dump_line(value, &mut String::new()));
        }
        match next(text, line.end, whole) {
            Next::Line(next) => Ok(data::dump_line(&next.text, &mut String::new())),
            Next::End => Ok(false),
            Next::Unknown => Err(()),
        }
    }
}

/// How many labels follow at once (blank lines aside), and is an id among them?
fn other_labels(line: &Line<'_>, text: &str, whole: bool) -> Result<(usize, bool), ()> {
    let mut at = line.end;
    let mut count = 0;
    for _ in 0..LOOKAHEAD {
        let following = match next(text, at, whole) {
            Next::Line(line) => line,
            Next::End => break,
            Next::Unknown => return Err(()),
        };
        at = following.end;
        if following.is_blank() {
            continue;
        }
        let found = labelled(following.text.trim()).and_then(|(name, value)| Some((label(name)?, value)));
        match found {
            Some((Label::Id, value)) if leading_id(value).is_some() => return Ok((count + 1, true)),
            Some((Label::Description | Label::Data | Label::Xml, _)) => return Ok((count + 1, false)),
            Some(_) => count += 1,
            None => break,
        }
    }
    Ok((count, false))
}

/// A copy in a language that is not known: four labelled lines, a date in the third, a bare number in the fourth.
fn shape(line: &Line<'_>, name: &str, text: &str, whole: bool) -> Result<Option<Opening>, ()> {
    let mut at = line.end;
    for place in 1..4 {
        let following = match next(text, at, whole) {
            Next::Line(line) => line,
            Next::End => return Ok(None),
            Next::Unknown => return Err(()),
        };
        at = following.end;
        let fits = labelled(following.text.trim()).is_some_and(|(_, value)| match place {
            1 => !value.is_empty(),
            2 => times::read(value).is_some(),
            _ => id(value).is_some(),
        });
        if !fits {
            return Ok(None);
        }
    }
    Ok(Some(Opening::Shape(name.to_owned())))
}

/// The number that a value begins with.
pub(super) fn leading_id(value: &str) -> Option<u32> {
    let value = value.trim_matches(['*', ' ', '\t', '\\']);
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let (number, rest) = value.split_at(digits);
    // A hash or a GUID is no id.
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
    id(number).filter(|_| ends && number.len() <= 10)
}

/// `Event ID 57 ntfs Warning`, `Event ID: 137 ntfs Error`: id, source and level.
pub(super) fn prose(line: &str) -> Option<(u32, &str, &str)> {
    const LONGEST: usize = 120;
    if line.len() > LONGEST {
        return None;
    }
    let digit = line.find(|c: char| c.is_ascii_digit())?;
    let (name, rest) = line.split_at(digit);
    let (number, rest) = rest.split_once([' ', '\t', ','])?;
    let number_fits = id(number).is_some();
    if !number_fits || label(name.trim().trim_end_matches([':', '：'])) != Some(Label::Id) {
        return None;
    }
    let (source, level) = rest.trim().rsplit_once([' ', '\t'])?;
    levels::severity(level)?;
    Some((id(number)?, source.trim().trim_end_matches(','), level))
}

/// A row of the Server Manager's list of events.
pub(super) struct Tile<'a> {
    pub(super) host: &'a str,
    pub(super) id: u32,
    pub(super) level: &'a str,
    pub(super) source: &'a str,
    pub(super) log: &'a str,
    pub(super) time: &'a str,
}

/// Reads `DC02<TAB>4015<TAB>Warning<TAB>DNS<TAB>DNS Server<TAB>2023-04-09 04:37:44 PM`.
pub(super) fn tile(line: &str) -> Option<Tile<'_>> {
    let mut fields = line.split('\t').map(str::trim);
    let (host, number, level) = (fields.next()?, fields.next()?, fields.next()?);
    let (source, log, time) = (fields.next()?, fields.next()?, fields.next()?);
    levels::severity(level)?;
    times::read(time)?;
    let plain = !host.is_empty() && !host.contains(' ') && !source.is_empty();
    Some(Tile { host, id: id(number).filter(|_| plain)?, level, source, log, time })
}
