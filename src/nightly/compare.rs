//! Tonight's report beside what was told before: what is new, what rose, what did no harm after all, what cannot be
//! read any more.
//!
//! A finding is told once for every level it rises to. One that falls back (a log that proved it is gone) is not
//! news, and neither is its return to the level at which it was told. What is still to be handed over counts as told.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use indexmap::{IndexMap, IndexSet};

use crate::base::report::UnknownErrorRow;
use crate::base::{Finding, Level, Report};
use crate::state::{
    Acknowledgement, Delivery, Item, ItemKind, KnownFinding, OutMessage, Remembered, State, StateError,
};

/// What was known before tonight.
#[derive(Debug, Default)]
pub struct Before {
    /// By key.
    findings: HashMap<String, KnownFinding>,
    acknowledgements: Vec<Acknowledgement>,
    unread: IndexSet<(String, String)>,
    wordings: IndexSet<(String, String)>,
    /// This is not the first night.
    has_run: bool,
    /// Findings that a message which is still to be handed over tells of, with the level it tells.
    pending: HashMap<String, Level>,
}

impl Before {
    /// What a state knows.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn of(state: &State) -> Result<Before, StateError> {
        let findings = state.findings()?.into_iter().map(|finding| (finding.key.clone(), finding)).collect();
        Ok(Before {
            findings,
            acknowledgements: state.acknowledgements()?,
            unread: state.unread()?,
            wordings: state.wordings()?,
            has_run: state.summary()?.runs > 0,
            pending: told_by(&state.pending()?),
        })
    }

    /// How sure the finding was when it was told, and when that was.
    fn told(&self, key: &str) -> Option<(Level, Option<NaiveDate>)> {
        let pending = self.pending.get(key).map(|level| (*level, None));
        let reported = || self.findings.get(key)?.reported.map(|(level, day)| (level, Some(day)));
        pending.or_else(reported)
    }

    /// The same of a finding that is no more and was about the same object, known less or more exactly: a job tells
    /// the image alone, the debug log of a later night its copy and fragment.
    fn told_of_object(
        &self,
        finding: &Finding,
        tonight: &HashSet<&str>,
    ) -> Option<(Level, Option<NaiveDate>)> {
        let words = about(finding);
        let words: HashSet<&str> = words.split(' ').map(stream).collect();
        let is_same = |known: &&KnownFinding| {
            let held: HashSet<&str> = known.about.split(' ').map(stream).collect();
            known.advisory == finding.advisory
                && !tonight.contains(known.key.as_str())
                && (held.is_subset(&words) || words.is_subset(&held))
        };
        let told = self.findings.values().filter(is_same).filter_map(|known| self.told(&known.key));
        told.filter(|(level, _)| *level != Level::Cleared).max_by_key(|(level, _)| *level)
    }
}

/// A later message has the last word.
fn told_by(pending: &[(OutMessage, Vec<Delivery>)]) -> HashMap<String, Level> {
    let items = pending.iter().flat_map(|(message, _)| &message.items);
    items.filter_map(|item| Some((item.key.clone(), item.level?))).collect()
}

/// A finding that is news.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Why.
    pub kind: ItemKind,
    /// How sure it was when it was told before.
    pub was: Option<Level>,
    /// The finding.
    pub finding: Finding,
}

/// Everything else, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Findings of tonight by level, strongest first; those that are news too.
    pub levels: Vec<(Level, usize)>,
    /// Findings that are acknowledged or silenced.
    pub hushed: usize,
    /// Sources of the report; those that are gone and still count too.
    pub sources: usize,
    /// Files that were read, wholly or from where they were read to.
    pub read: usize,
    /// Files in which nothing changed.
    pub unchanged: usize,
    /// Files that are gone and still count.
    pub gone: usize,
    /// Bytes read from files.
    pub bytes: u64,
    /// Sources that could not be read to their end, those that are news too.
    pub unread: usize,
}

/// What is to be told.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Findings, worst first as in the report.
    pub pieces: Vec<Piece>,
    /// Paths that cannot be read to their end any more: path and what the matter is.
    pub unread: Vec<(String, String)>,
    /// Errors that no pattern knows, in words that no log showed before.
    pub errors: Vec<UnknownErrorRow>,
    /// The rest.
    pub counts: Counts,
}

impl News {
    /// Is there nothing to say?
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.unread.is_empty() && self.errors.is_empty()
    }

    /// Is something new at this level or above?
    pub fn reaches(&self, level: Level) -> bool {
        self.pieces.iter().any(|piece| piece.finding.level >= level && piece.finding.level != Level::Cleared)
    }

    /// How many pieces are of this kind.
    pub fn count(&self, kind: ItemKind) -> usize {
        self.pieces.iter().filter(|piece| piece.kind == kind).count()
    }

    /// `2 new, 1 risen`.
    pub fn words(&self) -> String {
        let kinds = [
            (self.count(ItemKind::New), "new"),
            (self.count(ItemKind::Risen), "surer than before"),
            (self.count(ItemKind::Again), "still there"),
            (self.count(ItemKind::Cleared), "cleared"),
            (self.unread.len(), "not readable"),
            (self.errors.len(), if self.errors.len() == 1 { "unknown error" } else { "unknown errors" }),
        ];
        let words: Vec<String> = kinds
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        if words.is_empty() { "nothing new".to_owned() } else { words.join(", ") }
    }

    /// What the message will have told.
    pub(super) fn items(&self) -> Vec<Item> {
        let findings = self.pieces.iter().map(|piece| Item {
            kind: piece.kind,
            key: piece.finding.key.clone(),
            level: Some(piece.finding.level),
            was: piece.was,
        });
        let plain = |kind, key: &str| Item { kind, key: key.to_owned(), level: None, was: None };
        let unread = self.unread.iter().map(|(path, _)| plain(ItemKind::Unread, path));
        let errors = self.errors.iter().map(|row| plain(ItemKind::Error, &row.template));
        findings.chain(unread).chain(errors).collect()
    }
}

/// What of a report is news.
pub(super) fn news(report: &Report, remembered: &Remembered, before: &Before, today: NaiveDate) -> News {
    let mut news = News::default();
    let mut seen = HashSet::new();
    let tonight: HashSet<&str> = report.findings.iter().map(|finding| finding.key.as_str()).collect();
    let mut levels: IndexMap<Level, usize> = IndexMap::new();
    // Findings are sorted by level: of two with one key the stronger one comes first.
    for finding in report.findings.iter().filter(|finding| seen.insert(finding.key.clone())) {
        *levels.entry(finding.level).or_default() += 1;
        match judge(finding, before, &tonight, today) {
            Verdict::Hushed => news.counts.hushed += 1,
            Verdict::Known => {}
            Verdict::News(kind, was) => news.pieces.push(Piece { kind, was, finding: finding.clone() }),
        }
    }
    let unread = remembered.unread.iter().filter(|row| !before.unread.contains(*row));
    news.unread = unread.cloned().collect();
    // The first night shows every wording for the first time.
    if before.has_run {
        let is_new = |row: &&UnknownErrorRow| !before.wordings.iter().any(|held| is_like(held, row));
        news.errors = report.unknown_errors.iter().filter(is_new).cloned().collect();
    }
    levels.sort_by(|one, _, other, _| other.cmp(one));
    news.counts = Counts {
        levels: levels.into_iter().collect(),
        hushed: news.counts.hushed,
        sources: report.sources.len(),
        read: remembered.read.len(),
        unchanged: remembered.unchanged.len(),
        gone: remembered.gone.len(),
        bytes: remembered.bytes_read,
        unread: remembered.unread.len(),
    };
    news
}

enum Verdict {
    /// Somebody knows of it.
    Hushed,
    /// It was told.
    Known,
    News(ItemKind, Option<Level>),
}

fn judge(finding: &Finding, before: &Before, tonight: &HashSet<&str>, today: NaiveDate) -> Verdict {
    if finding.silenced.is_some() {
        return Verdict::Hushed;
    }
    let covering = || before.acknowledgements.iter().filter(|ack| ack.covers(finding));
    let is_acknowledged = covering().any(|ack| today <= ack.until);
    let seen = before.findings.get(&finding.key);
    match before.told(&finding.key).or_else(|| before.told_of_object(finding, tonight)) {
        Some((was, _)) if was != Level::Cleared && finding.level == Level::Cleared => {
            Verdict::News(ItemKind::Cleared, Some(was))
        }
        // What was acknowledged was less than what is known now.
        Some((was, _)) if finding.level > was => Verdict::News(ItemKind::Risen, Some(was)),
        Some(_) if is_acknowledged => Verdict::Hushed,
        Some((was, Some(day))) if finding.level != Level::Cleared => {
            let is_over = covering().any(|ack| ack.until < today && day <= ack.until);
            if is_over { Verdict::News(ItemKind::Again, Some(was)) } else { Verdict::Known }
        }
        Some(_) => Verdict::Known,
        None if finding.level == Level::Cleared => Verdict::Known,
        None if is_acknowledged => match seen {
            Some(seen) if finding.level > seen.level => Verdict::News(ItemKind::Risen, Some(seen.level)),
            _ => Verdict::Hushed,
        },
        None => Verdict::News(ItemKind::New, None),
    }
}

/// Findings as the state keeps them.
pub(super) fn known(report: &Report, today: NaiveDate) -> Vec<KnownFinding> {
    let mut seen = HashSet::new();
    let findings = report.findings.iter().filter(|finding| seen.insert(finding.key.clone()));
    findings
        .map(|finding| KnownFinding {
            key: finding.key.clone(),
            advisory: finding.advisory.clone(),
            title: finding.title.clone(),
            host: finding.host.clone(),
            about: about(finding),
            level: finding.level,
            first_seen: today,
            last_seen: today,
            reported: None,
        })
        .collect()
}

/// `backup_id=nbutest03_1236281108 copy=1`.
pub(super) fn about(finding: &Finding) -> String {
    let words: Vec<String> = finding.about.iter().map(|(key, value)| format!("{key}={value}")).collect();
    words.join(" ")
}

/// A log is the same log when it is rotated.
fn stream(word: &str) -> &str {
    if word.starts_with("source=") { crate::dialect::without_rotation(word) } else { word }
}

/// Is this the wording that was seen before? With every night more of its words may be known to vary; the measure is
/// that by which records are grouped.
fn is_like((product, wording): &(String, String), row: &UnknownErrorRow) -> bool {
    let (held, new): (Vec<&str>, Vec<&str>) =
        (wording.split(' ').collect(), row.template.split(' ').collect());
    *product == row.product
        && held.len() == new.len()
        && 2 * held
            .iter()
            .zip(&new)
            .filter(|(one, other)| one == other || **one == "<*>" || **other == "<*>")
            .count()
            >= new.len()
}
