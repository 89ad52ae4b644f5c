//! Checked patterns: what the matcher and the correlator work with. A value of these types has been checked whole:
//! every name it uses is defined, every regex compiles, every window has a length.
//!
//! The raw form, as written in pattern files, is in `raw`; `check` turns one into the other and reports all faults.

use std::ops::Deref;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::lazy_regex::LazyRegex;
use super::literals::LazyLiterals;
use super::packed::{Dialects, Packed};
use crate::base::event::EventKind;
use crate::base::stamp::Span;
use crate::base::version::{Ordering, Version};
use crate::base::{Dialect, Impact, Level, Severity};

/// All patterns of one run, with the tables that they share.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// Patterns by id.
    pub patterns: Vec<Packed<Pattern>>,
    /// Every event definition of every pattern and shared file; the index is its [`EventKind`].
    pub events: Vec<Packed<EventDef>>,
    /// Event class to the definitions that raise it, those of its sub-classes included. `vm.backup.full` is a
    /// sub-class of `vm.backup.any` where the shared file says so.
    pub classes: IndexMap<String, Vec<EventKind>>,
    /// Named sets of values (`backup-snapshot-names`): each entry is compared as a whole, case folded; an entry
    /// that ends in `*` is a prefix.
    pub sets: IndexMap<String, Vec<String>>,
    /// Hash over the text of all files.
    pub hash: String,
    /// Ids of patterns that are not built in.
    pub own: Vec<String>,
}

impl Catalogue {
    /// The definition of an event kind.
    pub fn event(&self, kind: EventKind) -> Option<&EventDef> {
        Some(self.events.get(usize::try_from(kind.0).ok()?)?)
    }

    /// Every pattern, read.
    pub fn all_patterns(&self) -> impl Iterator<Item = &Pattern> + Clone {
        self.patterns.iter().map(Packed::deref)
    }

    /// The definitions of records that may stand in sources of this dialect.
    pub fn in_dialect(&self, dialect: Dialect) -> impl Iterator<Item = (EventKind, &EventDef)> {
        let stands_there = move |dialects: Dialects| {
            dialect == Dialect::Mixed
                || dialects.has(dialect)
                || dialect.holds().iter().any(|held| dialects.has(*held))
        };
        (0..)
            .zip(&self.events)
            .filter(move |(_, event)| stands_there(event.hint()))
            .map(|(number, event)| (EventKind(number), event.deref()))
    }

    /// Patterns of which anything can hold: those of which a verdict begins with an event that `seen` knows, or, if
    /// `facts` are known, with none.
    pub fn possible<'c>(
        &'c self,
        seen: impl Fn(EventKind) -> bool + 'c,
        facts: bool,
    ) -> impl Iterator<Item = &'c Pattern> {
        self.patterns
            .iter()
            .filter(move |pattern| {
                let beginnings = pattern.hint();
                beginnings.facts_alone && facts || beginnings.kinds.into_iter().any(&seen)
            })
            .map(Packed::deref)
    }

    /// The pattern of this id or alias, letter case ignored.
    pub fn pattern(&self, id: &str) -> Option<&Pattern> {
        let same = |name: &str| name.eq_ignore_ascii_case(id);
        let mut patterns = self.all_patterns();
        let mut again = patterns.clone();
        patterns
            .find(|pattern| same(&pattern.id))
            .or_else(|| again.find(|pattern| pattern.aliases.iter().any(|alias| same(alias))))
    }
}

/// Is a value in a named set? Letter case does not matter; an entry that ends in `*` is a prefix.
pub fn in_set(entries: &[String], value: &str) -> bool {
    let value = value.trim().to_lowercase();
    entries.iter().any(|entry| {
        let entry = entry.to_lowercase();
        match entry.strip_suffix('*') {
            Some(prefix) => value.starts_with(prefix),
            None => value == entry,
        }
    })
}

/// One known failure.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Pattern {
    /// Id, such as `TECH69597`.
    pub id: String,
    /// Other ids of the same failure.
    pub aliases: Vec<String>,
    /// One line for people.
    pub title: String,
    /// What it does.
    pub impact: Impact,
    /// The advisory.
    pub url: String,
    /// Products that it concerns.
    pub products: Vec<String>,
    /// Keys of the affected object: one finding per object.
    pub about: Vec<String>,
    /// How far apart two steps may lie where the pattern does not say.
    pub horizon: Span,
    /// Affected versions.
    pub affected: Vec<Affected>,
    /// Definitions of its own, by name.
    pub events: IndexMap<String, EventKind>,
    /// Named stretches of time.
    pub windows: Vec<WindowDef>,
    /// The advisory's own list of conditions.
    pub conditions: Vec<ConditionDef>,
    /// Levels and what must hold for them, strongest first. None where no log shows the failure: it can only be
    /// explained.
    pub verdicts: Vec<Verdict>,
    /// Keys listed for each affected object.
    pub affected_objects: Vec<String>,
    /// The advisory's text.
    pub body: Body,
    /// File it was read from.
    pub file: String,
}

/// The part of a pattern file for the reader, by its fixed headings.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Body {
    /// What happens.
    pub what_happens: String,
    /// How to tell.
    pub how_to_tell: String,
    /// Workaround.
    pub workaround: String,
    /// Fix.
    pub fix: String,
    /// One entry per document.
    pub references: Vec<String>,
}

/// Affected versions of one product. The list wins over the range; a version in the range but not on a list that is
/// there is affected with a doubt.
#[derive(Debug, Serialize, Deserialize)]
pub struct Affected {
    /// Product of the version facts: `netbackup`, `tsm-client`.
    pub product: String,
    /// Part of it.
    pub component: Option<String>,
    /// How its versions are ordered.
    pub ordering: Ordering,
    /// First affected version; `None`: from the beginning.
    pub introduced: Option<Version>,
    /// First version with the fix.
    pub fixed: Option<Version>,
    /// Last affected version, where no fix is named.
    pub last_affected: Option<Version>,
    /// The advisory's own list.
    pub versions: Vec<Version>,
    /// Platforms, `*` for all.
    pub platforms: Vec<String>,
    /// Numbers of corrections that mend an affected version.
    pub fixes: Vec<String>,
}

/// One line, record or fact of one dialect.
///
/// A record is first found by one of three triggers: fixed text (`texts`), a record id (`codes`, with `providers`
/// for Windows), or its structure (`records`). Everything else filters.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct EventDef {
    /// Name, unique in its file.
    pub name: String,
    /// Pattern id, or name of the shared file.
    pub owner: String,
    /// What it says, in words, for reports.
    pub title: Option<String>,
    /// Classes that it raises (without the word `class:`).
    pub classes: Vec<String>,
    /// Dialects in which it occurs.
    pub dialects: Vec<Dialect>,
    /// Processes that log it; empty: any.
    pub processes: Vec<String>,
    /// Windows event sources, canonical and in lower case; empty: any.
    pub providers: Vec<String>,
    /// Record ids; a message id without its severity letter stands for all severities, [`ANY_CODE`] for every id of
    /// the event sources.
    pub codes: Vec<String>,
    /// Record kinds (`fragment`, `vm-backup`).
    pub records: Vec<String>,
    /// At least this bad.
    pub severity: Option<Severity>,
    /// Regexes over the body, of which one must match.
    pub texts: Vec<String>,
    /// What [`EventDef::literals`] tells.
    pub literals: LazyLiterals,
    /// Letter case of `texts` is ignored.
    pub fold_case: bool,
    /// Predicates on fields and captures. They refer to nothing but this record.
    pub filters: Vec<Where>,
    /// Predicates like `filters`: a record for which one of them certainly holds is not meant. A record that lacks the
    /// value is.
    pub exceptions: Vec<Where>,
    /// Value name to the field that it is taken from.
    pub capture: IndexMap<String, String>,
    /// Constant values.
    pub set: IndexMap<String, String>,
    /// No public sample of the wording was seen: never decides alone.
    pub unverified: bool,
    /// Which log shows it and how to switch that log on, for `collect`.
    pub collect: Option<String>,
    /// Lines that it must match. Only checked, so the built-in patterns come without them.
    #[serde(skip)]
    pub samples: Vec<String>,
    /// Lines that it must not match.
    #[serde(skip)]
    pub near_misses: Vec<String>,
}

impl EventDef {
    /// Is it found by the text of a record, and not by an id or a structure?
    pub fn is_by_text(&self) -> bool {
        self.codes.is_empty() && self.records.is_empty()
    }

    /// Fixed text of which one piece stands in everything that `texts` match; `None`: a regex has no such text (or
    /// the definition has no regex).
    pub fn literals(&self) -> Option<&[Vec<u8>]> {
        if self.texts.is_empty() { None } else { self.literals.of(&self.texts) }
    }
}

/// In `codes`: every id.
pub const ANY_CODE: &str = "*";

/// A predicate on one value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Where {
    /// Name of the value.
    pub key: String,
    /// What must hold.
    pub test: Test,
}

/// What must hold for a value. A missing value is unknown.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Test {
    /// Equal to one of these.
    In(Vec<Operand>),
    /// Equal to none of these.
    NotIn(Vec<Operand>),
    /// A number above this one.
    Above(f64),
    /// A number below this one.
    Below(f64),
    /// Matches this regex.
    Matches(LazyRegex),
}

/// What a value is compared with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Operand {
    /// This text.
    Text(String),
    /// A value of another bound step.
    Of(Reference),
    /// Accounts of the settings plus those that a job log of the case names.
    BackupAccounts,
    /// Accounts that are no person: root, vpxuser, dcui, SYSTEM.
    SystemAccounts,
    /// A named set of the catalogue.
    Set(String),
}

/// A value of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Name of the step.
    pub step: String,
    /// Name of the value.
    pub key: String,
}

/// An equality between a value of the event at hand and one of another step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// Name of the value here. `host`, `stream`, `pid` and `session` are those of the record.
    pub mine: String,
    /// Step of the other value; `None`: the step that the order refers to, else the one before.
    pub step: Option<String>,
    /// Name of the value there.
    pub theirs: String,
}

/// A stretch of time between two steps; both edges belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Within {
    /// At least.
    pub from: Span,
    /// At most.
    pub to: Span,
}

/// How a step is placed against an earlier one (by its name).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Anywhere.
    Free,
    /// After it.
    After(String),
    /// Before it.
    Before(String),
    /// On either side.
    Near(String),
}

/// The positive part of a verdict or of a condition: an event that must be there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    /// Name under which later parts refer to it.
    pub name: String,
    /// Event definitions of which one must have matched.
    pub kinds: Vec<EventKind>,
    /// Place against another step.
    pub order: Order,
    /// Distance to the step of `order`; `None`: up to the pattern's horizon.
    pub within: Option<Within>,
    /// Inside this window (index into the pattern's windows).
    pub during: Option<usize>,
    /// Outside all windows of this kind.
    pub outside: Option<usize>,
    /// While the session of this event ran, the named step happened.
    pub running_at: Option<String>,
    /// Equalities.
    pub same: Vec<Join>,
    /// Predicates.
    pub filters: Vec<Where>,
    /// Several events instead of one.
    pub count: Option<Count>,
}

/// Several events of one step inside a sliding window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Count {
    /// How many at least.
    pub at_least: usize,
    /// Only events that differ in this value count.
    pub distinct: Option<String>,
    /// Length of the sliding window, from the first of them.
    pub window: Span,
    /// Values on which they must agree with the first (besides those of `same`).
    pub same: Vec<String>,
}

/// Where an absence is looked for; edges are exclusive. Steps by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// After one step and before another.
    Between(String, String),
    /// After a step, for `within` or up to the horizon.
    After(String),
    /// Before a step, for `within` or back to the horizon.
    Before(String),
    /// On either side of a step, `within` on each side.
    Near(String),
    /// In the session of a step.
    Session(String),
}

/// Something that must not be there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Absence {
    /// Name of its row among the conditions.
    pub name: String,
    /// Event definitions of which none may have matched.
    pub kinds: Vec<EventKind>,
    /// Where.
    pub scope: Scope,
    /// Distance to the step of the scope.
    pub within: Option<Within>,
    /// Equalities; an event that lacks the value is ignored.
    pub same: Vec<Join>,
    /// Predicates.
    pub filters: Vec<Where>,
    /// Only events outside all windows of this kind count, and only where they are at least as many on the civil
    /// day of the scope's step as those inside.
    pub outweighs: Option<usize>,
    /// What to collect where nothing covers the gap.
    pub collect: Option<Template>,
}

/// Evidence that is listed when it is there and never decides.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Support {
    /// Event definitions.
    pub kinds: Vec<EventKind>,
    /// Place against a step.
    pub order: Order,
    /// Distance.
    pub within: Option<Within>,
    /// Equalities.
    pub same: Vec<Join>,
    /// Predicates.
    pub filters: Vec<Where>,
}

/// Further objects to list: every event after one step (or before one), until the first event of another kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Also {
    /// Event definitions to list.
    pub kinds: Vec<EventKind>,
    /// After this step (the step itself is listed too where it is of these kinds), or before it.
    pub place: AlsoPlace,
    /// Until the first of these.
    pub until: Vec<EventKind>,
    /// Predicates on the events of `until`.
    pub until_filters: Vec<Where>,
    /// Equalities with the step of `after`.
    pub same: Vec<Join>,
    /// Predicates on the listed events.
    pub filters: Vec<Where>,
    /// Keys to list; empty: all values.
    pub keys: Vec<String>,
    /// Role of the listed objects.
    pub role: String,
}

/// Where further objects lie. Steps by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlsoPlace {
    /// After the step; the step itself counts where it is of the listed kinds.
    After(String),
    /// Before the step.
    Before(String),
}

/// A named stretch of time: from an opening event to the first closing one after it.
#[derive(Debug, Serialize, Deserialize)]
pub struct WindowDef {
    /// Name.
    pub name: String,
    /// Events that open it.
    pub opens: Vec<EventKind>,
    /// Predicates on opening events.
    pub open_filters: Vec<Where>,
    /// Events that close it.
    pub closes: Vec<EventKind>,
    /// Values on which opening and closing event agree.
    pub same: Vec<String>,
    /// Value of the window's events that must equal a value of the step inside (`vm` of the window, `host` of the
    /// step).
    pub joins: Vec<Join>,
    /// Added on both sides.
    pub slack: Span,
    /// Length where nothing closes it.
    pub longest: Span,
}

/// One condition of the advisory's own list.
#[derive(Debug, Serialize, Deserialize)]
pub struct ConditionDef {
    /// Name.
    pub name: String,
    /// How it is judged.
    pub test: ConditionTest,
    /// Unmet, it turns every verdict with steps into `cleared`.
    pub unmet_clears: bool,
    /// Which log would tell.
    pub collect: Template,
}

/// How a condition is judged.
#[derive(Debug, Serialize, Deserialize)]
pub enum ConditionTest {
    /// By the version of a host against the pattern's affected versions. The host is that of the anchor, or this
    /// value of a step.
    Version(Option<Reference>),
    /// By events and values.
    Rules {
        /// The state that held at a moment decides first.
        latest: Option<Latest>,
        /// Groups of rules: the first group in which some rule holds decides. Met and unmet in one group is unknown.
        tiers: Vec<Vec<Rule>>,
    },
}

/// The latest of several states before a step.
#[derive(Debug, Serialize, Deserialize)]
pub struct Latest {
    /// Events that show the state which meets the condition.
    pub met: Vec<EventKind>,
    /// Events that show the state which does not.
    pub unmet: Vec<EventKind>,
    /// The moment: a step by name.
    pub before: String,
    /// Equalities with that step.
    pub same: Vec<Join>,
    /// What contradicts a state that is known without any time: with one of these, that state tells nothing.
    pub timeless_unless: Vec<Ground>,
}

/// One ground on which a condition is met or unmet.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rule {
    /// What it shows.
    pub met: bool,
    /// The ground.
    pub ground: Ground,
}

/// A ground of a rule.
#[derive(Debug, Serialize, Deserialize)]
pub enum Ground {
    /// These steps are there. A step that bears the name of one that the verdict has bound is that event; others are
    /// looked for.
    Steps(Vec<Step>),
    /// Predicates on a step that the verdict has bound.
    On {
        /// The step.
        step: String,
        /// All must hold.
        filters: Vec<Where>,
    },
    /// A source of this dialect was read (of the host in question, where known) and holds none of these events.
    NoneOf {
        /// The dialect.
        dialect: Dialect,
        /// The events.
        kinds: Vec<EventKind>,
    },
}

/// One level of a pattern and what must hold for it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The level.
    pub level: Level,
    /// Keys of the object, where they differ from the pattern's.
    pub about: Option<Vec<String>>,
    /// What must be there; the first one's event is the anchor. Empty only for `exposed`.
    pub steps: Vec<Step>,
    /// What must not be there; not knowing lowers.
    pub absent: Vec<Absence>,
    /// What refutes; not knowing does nothing.
    pub unless: Vec<Absence>,
    /// No log may cover these: the verdict is only for cases in which that log is missing.
    pub uncovered: Vec<Absence>,
    /// Listed as evidence when there.
    pub supports: Vec<Support>,
    /// Conditions (indices into the pattern's) that must be met; not knowing lowers.
    pub needs: Vec<usize>,
    /// Conditions that must be met; not knowing is not enough.
    pub requires: Vec<usize>,
    /// Further objects.
    pub also: Vec<Also>,
    /// What to collect to get further.
    pub collect: Option<Template>,
    /// A sentence that is always among the doubts of this verdict.
    pub doubt: Option<String>,
}

/// Text with places: `{backup_id}`, `{step.key}`, `{step.time}`, `{step.time - 31d}`, `{step.line}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Template {
    /// In order.
    pub pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// A value: of the named step, else of the first bound step that has it, else of the finding's host.
    Value {
        /// The step.
        step: Option<String>,
        /// The key; `time`, `line`, `source` and `host` are those of the record.
        key: String,
        /// Added to `time`.
        shift: Span,
    },
}
