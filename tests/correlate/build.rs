//! Small builders of patterns and worlds, so that a case fits on a few lines.
//!
//! Events are named by one letter: `a` is kind 0, `b` kind 1 and so on. A step bears the letter of its event unless
//! it is renamed. Times are seconds from the morning of 2009-03-05.

use std::sync::Arc;

use blogscan::base::event::{EventKind, SourceId, StreamId, Values};
use blogscan::base::stamp::{SECOND, Span};
use blogscan::base::version::Ordering;
use blogscan::base::{
    Coverage, Dialect, Event, Fact, FactKind, Finding, Impact, Interval, Level, Session, Stamp, Zone,
};
use blogscan::correlate::{Bounds, SourceInfo, World, WorldParts};
use blogscan::identity::Names;
use blogscan::pattern::model::{
    Absence, Affected, Body, ConditionDef, ConditionTest, Count, EventDef, Ground, Join, Latest, Operand,
    Order, Pattern, Piece, Reference, Rule, Scope, Step, Template, Test, Verdict, Where, WindowDef, Within,
};
use blogscan::pattern::{Catalogue, LazyLiterals, Packed};
use blogscan::verdict::{Judgement, judge};

/// Microseconds of second 0 of every case: 2009-03-05T00:00:00.
pub const MORNING: i64 = 1_236_211_200 * SECOND;
/// Clock tolerance of every case unless it says otherwise: five minutes.
pub const SKEW: i64 = 300 * SECOND;
/// Names of the event kinds.
pub const KINDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

pub fn kind(name: &str) -> EventKind {
    EventKind(KINDS.iter().position(|known| *known == name).unwrap() as u32)
}

pub fn kinds(names: &str) -> Vec<EventKind> {
    names.split(' ').map(kind).collect()
}

pub fn seconds(at: f64) -> i64 {
    (at * 1e6).round() as i64
}

// ---- patterns ---------------------------------------------------------------------------------------------------

/// A step of the event of this letter. `"b2:b"` is a step named `b2`; `"x:a b"` may be either of two events.
pub fn step(text: &str) -> Step {
    let (name, events) = text.split_once(':').unwrap_or((text, text));
    Step {
        name: name.to_owned(),
        kinds: kinds(events),
        order: Order::Free,
        within: None,
        during: None,
        outside: None,
        running_at: None,
        same: Vec::new(),
        filters: Vec::new(),
        count: None,
    }
}

pub trait StepParts: Sized {
    fn after(self, step: &str) -> Self;
    fn before(self, step: &str) -> Self;
    fn near(self, step: &str) -> Self;
    fn within(self, from: i64, to: i64) -> Self;
    fn same(self, key: &str) -> Self;
    fn wants(self, key: &str, values: &str) -> Self;
    fn at_least(self, count: usize, window: i64) -> Self;
    fn distinct(self, key: &str) -> Self;
}

impl StepParts for Step {
    fn after(self, step: &str) -> Step {
        Step { order: Order::After(step.to_owned()), ..self }
    }
    fn before(self, step: &str) -> Step {
        Step { order: Order::Before(step.to_owned()), ..self }
    }
    fn near(self, step: &str) -> Step {
        Step { order: Order::Near(step.to_owned()), ..self }
    }
    fn within(self, from: i64, to: i64) -> Step {
        Step { within: Some(within(from, to)), ..self }
    }
    fn same(mut self, key: &str) -> Step {
        self.same.push(join(key));
        self
    }
    fn wants(mut self, key: &str, values: &str) -> Step {
        self.filters.push(is(key, values));
        self
    }
    fn at_least(self, count: usize, window: i64) -> Step {
        let count =
            Count { at_least: count, distinct: None, window: Span(window * SECOND), same: Vec::new() };
        Step { count: Some(count), ..self }
    }
    fn distinct(mut self, key: &str) -> Step {
        self.count.as_mut().unwrap().distinct = Some(key.to_owned());
        self
    }
}

pub fn within(from: i64, to: i64) -> Within {
    Within { from: Span(from * SECOND), to: Span(to * SECOND) }
}

/// `key` here equals `key` there; `"vm=b.host"` joins two names and names the step.
pub fn join(text: &str) -> Join {
    let (mine, there) = text.split_once('=').unwrap_or((text, text));
    let (step, theirs) = match there.split_once('.') {
        Some((step, key)) => (Some(step.to_owned()), key),
        None => (None, there),
    };
    Join { mine: mine.to_owned(), step, theirs: theirs.to_owned() }
}

/// `is("copy", "1 2")`: equal to one of these; `"!1"`: to none; `"=b.copy"`: to a value of a step.
pub fn is(key: &str, values: &str) -> Where {
    let operand = |text: &str| match text.strip_prefix('=').and_then(|place| place.split_once('.')) {
        Some((step, key)) => Operand::Of(Reference { step: step.to_owned(), key: key.to_owned() }),
        None => Operand::Text(text.to_owned()),
    };
    let test = match values.strip_prefix('!') {
        Some(values) => Test::NotIn(values.split(' ').map(operand).collect()),
        None => Test::In(values.split(' ').map(operand).collect()),
    };
    Where { key: key.to_owned(), test }
}

/// `absence("b", Scope::After("a"))` under the row name `no-b`.
pub fn absence(events: &str, scope: Scope) -> Absence {
    Absence {
        name: format!("no-{events}"),
        kinds: kinds(events),
        scope,
        within: None,
        same: Vec::new(),
        filters: Vec::new(),
        outweighs: None,
        collect: None,
    }
}

pub fn between(from: &str, to: &str) -> Scope {
    Scope::Between(from.to_owned(), to.to_owned())
}

pub fn after(step: &str) -> Scope {
    Scope::After(step.to_owned())
}

pub fn before(step: &str) -> Scope {
    Scope::Before(step.to_owned())
}

pub trait AbsenceParts: Sized {
    fn reach(self, from: i64, to: i64) -> Self;
    fn joined(self, key: &str) -> Self;
    fn only(self, key: &str, values: &str) -> Self;
}

impl AbsenceParts for Absence {
    fn reach(self, from: i64, to: i64) -> Absence {
        Absence { within: Some(within(from, to)), ..self }
    }
    fn joined(mut self, key: &str) -> Absence {
        self.same.push(join(key));
        self
    }
    fn only(mut self, key: &str, values: &str) -> Absence {
        self.filters.push(is(key, values));
        self
    }
}

pub fn verdict(level: Level, steps: impl IntoIterator<Item = Step>) -> Verdict {
    Verdict {
        level,
        about: None,
        steps: steps.into_iter().collect(),
        absent: Vec::new(),
        unless: Vec::new(),
        uncovered: Vec::new(),
        supports: Vec::new(),
        needs: Vec::new(),
        requires: Vec::new(),
        also: Vec::new(),
        collect: None,
        doubt: None,
    }
}

pub fn confirmed(steps: impl IntoIterator<Item = Step>) -> Verdict {
    verdict(Level::Confirmed, steps)
}

pub fn likely(steps: impl IntoIterator<Item = Step>) -> Verdict {
    verdict(Level::Likely, steps)
}

pub fn suspected(steps: impl IntoIterator<Item = Step>) -> Verdict {
    verdict(Level::Suspected, steps)
}

pub fn exposed(steps: impl IntoIterator<Item = Step>) -> Verdict {
    verdict(Level::Exposed, steps)
}

pub fn cleared(steps: impl IntoIterator<Item = Step>) -> Verdict {
    verdict(Level::Cleared, steps)
}

pub trait VerdictParts: Sized {
    fn absent(self, absence: Absence) -> Self;
    fn unless(self, absence: Absence) -> Self;
    fn uncovered(self, absence: Absence) -> Self;
    fn needs(self, condition: usize) -> Self;
    fn requires(self, condition: usize) -> Self;
    fn about(self, keys: &str) -> Self;
}

impl VerdictParts for Verdict {
    fn absent(mut self, absence: Absence) -> Verdict {
        self.absent.push(absence);
        self
    }
    fn unless(mut self, absence: Absence) -> Verdict {
        self.unless.push(absence);
        self
    }
    fn uncovered(mut self, absence: Absence) -> Verdict {
        self.uncovered.push(absence);
        self
    }
    fn needs(mut self, condition: usize) -> Verdict {
        self.needs.push(condition);
        self
    }
    fn requires(mut self, condition: usize) -> Verdict {
        self.requires.push(condition);
        self
    }
    fn about(self, keys: &str) -> Verdict {
        Verdict { about: Some(names(keys)), ..self }
    }
}

pub fn names(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A pattern about the key `k`, with a horizon of 35 days.
pub fn pattern(verdicts: impl IntoIterator<Item = Verdict>) -> Pattern {
    Pattern {
        id: "TEST".to_owned(),
        aliases: Vec::new(),
        title: String::new(),
        impact: Impact::DataLoss,
        url: String::new(),
        products: Vec::new(),
        about: names("k"),
        horizon: Span(35 * 24 * 3600 * SECOND),
        affected: Vec::new(),
        events: indexmap::IndexMap::new(),
        windows: Vec::new(),
        conditions: Vec::new(),
        verdicts: verdicts.into_iter().collect(),
        affected_objects: Vec::new(),
        body: Body::default(),
        file: String::new(),
    }
}

pub trait PatternParts: Sized {
    fn about(self, keys: &str) -> Self;
    fn condition(self, condition: ConditionDef) -> Self;
    fn window(self, window: WindowDef) -> Self;
    fn affected(self, affected: Affected) -> Self;
}

impl PatternParts for Pattern {
    fn about(self, keys: &str) -> Pattern {
        Pattern { about: names(keys), ..self }
    }
    fn condition(mut self, condition: ConditionDef) -> Pattern {
        self.conditions.push(condition);
        self
    }
    fn window(mut self, window: WindowDef) -> Pattern {
        self.windows.push(window);
        self
    }
    fn affected(mut self, affected: Affected) -> Pattern {
        self.affected.push(affected);
        self
    }
}

/// A condition judged by one group of rules.
pub fn condition(name: &str, rules: impl IntoIterator<Item = Rule>) -> ConditionDef {
    ConditionDef {
        name: name.to_owned(),
        test: ConditionTest::Rules { latest: None, tiers: vec![rules.into_iter().collect()] },
        unmet_clears: false,
        collect: Template { pieces: vec![Piece::Text(format!("what tells {name}"))] },
    }
}

pub fn clears(condition: ConditionDef) -> ConditionDef {
    ConditionDef { unmet_clears: true, ..condition }
}

pub fn version_condition() -> ConditionDef {
    ConditionDef { test: ConditionTest::Version(None), ..condition("version", []) }
}

/// The state shown by the latest event before a step.
pub fn latest(met: &str, unmet: &str, before: &str, same: &str) -> ConditionDef {
    let latest = Latest {
        timeless_unless: Vec::new(),
        met: kinds(met),
        unmet: kinds(unmet),
        before: before.to_owned(),
        same: same.split_whitespace().map(join).collect(),
    };
    ConditionDef {
        test: ConditionTest::Rules { latest: Some(latest), tiers: Vec::new() },
        ..condition("state", [])
    }
}

pub fn met(ground: Ground) -> Rule {
    Rule { met: true, ground }
}

pub fn unmet(ground: Ground) -> Rule {
    Rule { met: false, ground }
}

pub fn on(step: &str, key: &str, values: &str) -> Ground {
    Ground::On { step: step.to_owned(), filters: vec![is(key, values)] }
}

pub fn there(steps: impl IntoIterator<Item = Step>) -> Ground {
    Ground::Steps(steps.into_iter().collect())
}

/// From event `opens` to event `closes` on the same `k`; slack and longest length in seconds.
pub fn window(opens: &str, closes: &str, slack: i64, longest: i64) -> WindowDef {
    WindowDef {
        name: "snapshot".to_owned(),
        opens: kinds(opens),
        open_filters: Vec::new(),
        closes: kinds(closes),
        same: names("k"),
        joins: vec![join("k")],
        slack: Span(slack * SECOND),
        longest: Span(longest * SECOND),
    }
}

/// NetBackup from the first version to before the fixed one; further versions are the advisory's own list.
pub fn affected(introduced: &str, fixed: &str, listed: &str) -> Affected {
    let version = |text: &str| Ordering::Netbackup.parse(text);
    Affected {
        product: "netbackup".to_owned(),
        component: None,
        ordering: Ordering::Netbackup,
        introduced: version(introduced),
        fixed: version(fixed),
        last_affected: None,
        versions: listed.split_whitespace().filter_map(version).collect(),
        platforms: vec!["*".to_owned()],
        fixes: Vec::new(),
    }
}

/// Kinds `a` to `h`; each occurs in every dialect that the cases use.
pub fn catalogue(patterns: Vec<Pattern>) -> Catalogue {
    let events = KINDS
        .iter()
        .map(|name| EventDef {
            name: (*name).to_owned(),
            owner: "TEST".to_owned(),
            title: None,
            classes: Vec::new(),
            dialects: vec![
                Dialect::NetbackupLegacy,
                Dialect::WindowsXml,
                Dialect::NetbackupJob,
                Dialect::NetbackupBpdbjobs,
                Dialect::NetbackupTpconfigDsh,
            ],
            processes: Vec::new(),
            providers: Vec::new(),
            codes: Vec::new(),
            records: Vec::new(),
            severity: None,
            texts: Vec::new(),
            literals: LazyLiterals::default(),
            fold_case: false,
            filters: Vec::new(),
            exceptions: Vec::new(),
            capture: indexmap::IndexMap::new(),
            set: indexmap::IndexMap::new(),
            unverified: false,
            collect: None,
            samples: Vec::new(),
            near_misses: Vec::new(),
        })
        .map(Packed::from)
        .collect();
    let patterns = patterns.into_iter().map(Packed::from).collect();
    Catalogue { patterns, events, ..Catalogue::default() }
}

// ---- worlds -----------------------------------------------------------------------------------------------------

/// One source; `Copy`, so that a case names it once.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    pub source: SourceId,
    pub stream: StreamId,
    pub dialect: Dialect,
    pub host: Option<&'static str>,
    pub zone: Zone,
}

impl Log {
    /// The event of this letter at this second, printed with a fraction.
    pub fn at(self, name: &str, second: f64) -> Put {
        let stamp = Stamp::Dated {
            micros: MORNING + seconds(second),
            zone: self.zone,
            fraction: true,
            swappable: false,
        };
        self.stamped(name, stamp)
    }

    /// The event of this letter without time.
    pub fn undated(self, name: &str) -> Put {
        self.stamped(name, Stamp::None)
    }

    /// The event of this letter with a time of day only.
    pub fn clock(self, name: &str, second: f64) -> Put {
        self.stamped(name, Stamp::Clock { micros: seconds(second), fraction: true })
    }

    pub fn stamped(self, name: &str, stamp: Stamp) -> Put {
        Put(Event {
            kind: kind(name),
            dialect: self.dialect,
            source: self.source,
            stream: self.stream,
            position: 0,
            line: None,
            number: None,
            stamp,
            placed: None,
            host: self.host.map(Arc::from),
            pid: None,
            session: None,
            values: Values::new(),
            text: Arc::from(""),
            untold: Vec::new(),
        })
    }

    pub fn stamp(self, second: f64) -> Stamp {
        Stamp::Dated { micros: MORNING + seconds(second), zone: self.zone, fraction: true, swappable: false }
    }
}

/// An event on its way into a scene.
pub struct Put(pub Event);

impl Put {
    /// Values as `"k=x copy=1"`.
    pub fn with(mut self, values: &str) -> Put {
        for pair in values.split_whitespace() {
            let (key, value) = pair.split_once('=').unwrap();
            self.0.values.add(Arc::from(key), Arc::from(value));
        }
        self
    }

    pub fn pid(mut self, pid: u64) -> Put {
        self.0.pid = Some(pid);
        self
    }

    pub fn session(mut self, session: u32) -> Put {
        self.0.session = Some(session);
        self
    }

    /// Printed without fraction.
    pub fn whole(mut self) -> Put {
        if let Stamp::Dated { fraction, .. } | Stamp::Clock { fraction, .. } = &mut self.0.stamp {
            *fraction = false;
        }
        self
    }

    /// A zone of its own, in hours east.
    pub fn east(mut self, hours: i32) -> Put {
        if let Stamp::Dated { zone, .. } = &mut self.0.stamp {
            *zone = Zone::Offset(hours * 3600);
        }
        self
    }
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Scene {
    pub events: Vec<Event>,
    pub sessions: Vec<Session>,
    pub facts: Vec<Fact>,
    pub coverage: Vec<Coverage>,
    pub sources: Vec<SourceInfo>,
    pub links: Vec<(String, String)>,
    pub skew: i64,
    pub default_host: Option<String>,
    pub bounds: Bounds,
    /// Sorts of which events were not held.
    pub lost: Vec<&'static str>,
}

impl Scene {
    pub fn new() -> Scene {
        Scene {
            events: Vec::new(),
            sessions: Vec::new(),
            facts: Vec::new(),
            coverage: Vec::new(),
            sources: Vec::new(),
            links: Vec::new(),
            skew: SKEW,
            default_host: None,
            bounds: Bounds::default(),
            lost: Vec::new(),
        }
    }

    /// A log in UTC of a host, its own stream.
    pub fn log(&mut self, path: &str, dialect: Dialect, host: &'static str) -> Log {
        Log { zone: Zone::Offset(0), host: Some(host), ..self.bare(path, dialect) }
    }

    /// A log that tells neither its zone nor its host.
    pub fn bare(&mut self, path: &str, dialect: Dialect) -> Log {
        let number = self.sources.len() as u32;
        self.sources.push(SourceInfo { path: path.to_owned(), dialects: vec![dialect], host: None });
        Log { source: SourceId(number), stream: StreamId(number), dialect, host: None, zone: Zone::Unknown }
    }

    /// A further source of the same stream.
    pub fn rotation(&mut self, path: &str, of: Log) -> Log {
        let next = self.bare(path, of.dialect);
        Log { source: next.source, ..of }
    }

    /// Adds an event at the end of its source.
    pub fn put(&mut self, put: Put) -> &mut Scene {
        let mut event = put.0;
        // Of the log so far: how many lines, and the time of the last dated one. Scenes hold thousands of events.
        let before = self.events.iter().rev().find(|other| other.source == event.source);
        let count = before.and_then(|before| before.line).unwrap_or(0);
        let time = |stamp: Stamp| stamp.instant().or(stamp.civil_micros());
        event.position = i64::try_from(count).unwrap() * 100;
        event.line = Some(count + 1);
        event.placed = before.and_then(|before| time(before.stamp).or(before.placed));
        self.events.push(event);
        self
    }

    /// The log was read over this time.
    pub fn covers(&mut self, log: Log, from: f64, to: f64) -> &mut Scene {
        self.coverage.push(Coverage {
            source: log.source,
            stream: log.stream,
            dialect: log.dialect,
            host: log.host.map(str::to_owned),
            process: None,
            intervals: vec![Interval { from: log.stamp(from), to: log.stamp(to) }],
        });
        self
    }

    /// A session with values on which its records agree.
    pub fn session(&mut self, first: Option<Stamp>, last: Option<Stamp>, values: &str) -> u32 {
        let values = values.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
        self.sessions.push(Session { first, last, values });
        self.sessions.len() as u32 - 1
    }

    pub fn version(&mut self, log: Log, host: Option<&str>, version: &str, stamp: Stamp) -> &mut Scene {
        self.facts.push(Fact {
            host: host.map(str::to_owned),
            kind: FactKind::Version { product: "netbackup".to_owned(), version: version.to_owned() },
            source: log.source,
            line: Some(1),
            stamp,
            text: String::new(),
        });
        self
    }

    pub fn fix(&mut self, log: Log, host: Option<&str>, id: &str, stamp: Stamp) -> &mut Scene {
        self.facts.push(Fact {
            host: host.map(str::to_owned),
            kind: FactKind::Fix { id: id.to_owned() },
            source: log.source,
            line: Some(2),
            stamp,
            text: String::new(),
        });
        self
    }

    pub fn parts(&self) -> WorldParts {
        let mut names = Names::new();
        for (one, other) in &self.links {
            names.link(one, other);
        }
        WorldParts {
            events: self.events.clone(),
            sessions: self.sessions.clone(),
            facts: self.facts.clone(),
            coverage: self.coverage.clone(),
            sources: self.sources.clone(),
            names,
            backup_accounts: vec!["svc-backup".to_owned()],
            skew: self.skew,
            default_host: self.default_host.clone(),
            bounds: self.bounds,
            lost: self.lost.iter().map(|name| kind(name)).collect(),
            ..WorldParts::default()
        }
    }

    pub fn judge(&self, catalogue: &Catalogue) -> Judgement {
        judge(&World::new(catalogue, self.parts()), &|_| true)
    }

    pub fn findings(&self, pattern: Pattern) -> Vec<Finding> {
        self.judge(&catalogue(vec![pattern])).findings
    }

    /// Findings, each on one line: `confirmed k=x: a log:1, b log:2 +1`.
    pub fn told(&self, pattern: Pattern) -> Vec<String> {
        self.findings(pattern).iter().map(told).collect()
    }

    /// Levels and doubts of the only finding; `none` without one.
    pub fn level(&self, pattern: Pattern) -> &'static str {
        let findings = self.findings(pattern);
        assert!(findings.len() <= 1, "{findings:#?}");
        findings.first().map_or("none", |finding| finding.level.name())
    }

    /// The doubts of the only finding.
    pub fn doubts(&self, pattern: Pattern) -> Vec<String> {
        let findings = self.findings(pattern);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        findings[0].doubts.clone()
    }
}

/// One line for a finding.
pub fn told(finding: &Finding) -> String {
    let about: Vec<String> = finding.about.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let evidence: Vec<String> = finding
        .evidence
        .iter()
        .map(|shown| format!("{} {}:{}", shown.event, shown.source, shown.line.unwrap_or(0)))
        .collect();
    let repeats = if finding.repeats > 0 { format!(" +{}", finding.repeats) } else { String::new() };
    format!("{} {}: {}{repeats}", finding.level.name(), about.join(" "), evidence.join(", "))
}
