//! Mutation proof: every hit sample is broken in all the ways that logs break, and what the pattern then says is held
//! against what the sample's expectation file states, else against one rule: removing or breaking a part never raises
//! the level, removing a step lowers it or takes the finding away, and what changes nothing changes nothing.
//!
//! | mutant | what is done | rule |
//! |---|---|---|
//! | `without EVENT` | every record that raised this event is taken out of the texts | a step: falls; else never rises |
//! | `id swapped STEP.KEY` | the step carries another value where it is joined | never rises |
//! | `order swapped STEP` | the step and the one it follows change places | never rises |
//! | `overrun STEP` | the step lies one unit beyond its window | never rises |
//! | `success ROW` | what must be absent is there | never rises |
//! | `zone shifted PATH` | the clock of one source is an hour ahead (a lone source: of all, and nothing changes) | never rises |
//! | `date removed PATH` | the source tells the time of day only | never rises |
//! | `truncated PATH` | the source ends inside its last record of evidence | never rises |
//! | `duplicated` | every source is there twice | same |
//! | `interleaved` | another incident of the same kind stands between its lines | same |
//! | `utf-16` | the texts are encoded as UTF-16 | same |
//!
//! Texts are broken as texts and read again; what would need the vendors' date formats is done to the records that
//! were read. Nothing is written to disk.

pub(super) mod bless;
mod copies;
mod events;
mod text;

use indexmap::IndexMap;

use super::source::{Extract, Workshop};
use super::{Options, settled};
use crate::base::{Evidence, Finding, Level};
use crate::correlate::{Bound, EventIndex, Events, World, WorldParts};
use crate::input::discover;
use crate::pattern::model::{Step, Verdict};
use crate::pattern::{Catalogue, Pattern};
use crate::settings::Settings;
use crate::verdict;

/// How a mutant's level must stand to that of the sample, where the expectation file does not state it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Lower, or no finding.
    Falls,
    /// Not higher.
    NeverRises,
    /// The same.
    Same,
}

impl Rule {
    fn allows(self, level: Option<Level>, mutant: Option<Level>) -> bool {
        match self {
            Rule::Falls => mutant < level,
            Rule::NeverRises => mutant <= level,
            Rule::Same => mutant == level,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Rule::Falls => "be lower than",
            Rule::NeverRises => "not be higher than",
            Rule::Same => "stay",
        }
    }
}

/// One way in which a sample was broken, and what came of it.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    /// Its name in the expectation file.
    pub(super) name: String,
    /// What holds where the file is silent.
    pub(super) rule: Rule,
    /// The level of the finding's object; `None`: no finding.
    pub(super) level: Option<Level>,
}

impl Mutant {
    /// What is wrong with it, if anything. `stated` is what the expectation file says.
    pub(super) fn fault(&self, level: Level, stated: Option<&str>) -> Option<String> {
        let seen = level_word(self.level);
        match stated {
            Some(stated) if stated == seen => None,
            Some(stated) => Some(format!("mutant {:?} is {seen}, stated is {stated}", self.name)),
            None if self.rule.allows(Some(level), self.level) => None,
            None => Some(format!(
                "mutant {:?} is {seen}; where nothing is stated it must {} {}",
                self.name,
                self.rule.words(),
                level.name()
            )),
        }
    }
}

/// `none` where there is no finding.
pub(super) fn level_word(level: Option<Level>) -> &'static str {
    level.map_or("none", Level::name)
}

/// A sample that was read once, to be broken many times.
pub(super) struct Bench<'b, 'c> {
    folder: String,
    catalogue: &'c Catalogue,
    workshop: &'b Workshop<'c>,
    options: &'b Options,
    settings: &'b Settings,
    extracts: Vec<Extract>,
    /// Sources that are plain text, as read.
    texts: IndexMap<String, Vec<u8>>,
}

/// The finding that mutants are derived from.
struct Target<'t> {
    pattern: &'t Pattern,
    finding: &'t Finding,
    verdict: &'t Verdict,
    /// Steps of the verdict with the events that were found for them.
    bound: Vec<(&'t Step, Bound)>,
}

impl<'b, 'c> Bench<'b, 'c> {
    /// Reads the sources under a folder.
    pub(super) fn new(
        folder: &str,
        catalogue: &'c Catalogue,
        workshop: &'b Workshop<'c>,
        options: &'b Options,
        settings: &'b Settings,
    ) -> Bench<'b, 'c> {
        let folder = folder.trim_end_matches('/').to_owned();
        let (extracts, texts) = (Vec::new(), IndexMap::new());
        let mut bench =
            Bench { folder: folder.clone(), catalogue, workshop, options, settings, extracts, texts };
        for found in discover(&[folder]).sources {
            if let crate::input::Origin::File(file) = &found.origin
                && let Some(text) = std::fs::read(file).ok().and_then(text::plain)
            {
                bench.texts.insert(found.path.clone(), text);
            }
            bench.extracts.extend(workshop.extract(&found).0);
        }
        bench.extracts.sort_by(|one, other| one.path.cmp(&other.path));
        bench
    }

    fn parts(&self, extracts: Vec<Extract>) -> WorldParts {
        settled(extracts, &self.workshop.spill, self.options, self.settings, self.catalogue).world
    }

    fn judge(&self, parts: WorldParts, pattern: &Pattern) -> Vec<Finding> {
        let world = World::new(self.catalogue, parts);
        verdict::judge(&world, &|other| other.id == pattern.id).findings
    }

    /// Every mutant of a finding of this sample.
    pub(super) fn mutants(&self, id: &str, level: Level, about: &IndexMap<String, String>) -> Vec<Mutant> {
        let Some(pattern) = self.catalogue.pattern(id) else { return Vec::new() };
        let world = World::new(self.catalogue, self.parts(self.extracts.clone()));
        let findings = verdict::judge(&world, &|other| other.id == pattern.id).findings;
        let found = findings.iter().find(|finding| finding.level == level && finding.about == *about);
        let Some(target) = found.and_then(|finding| Target::new(&world, pattern, finding)) else {
            return Vec::new();
        };
        let mut mutants = Vec::new();
        self.of_text(&world, &target, &mut mutants);
        self.of_events(&world, &target, &mut mutants);
        mutants
    }

    fn add(&self, name: String, rule: Rule, parts: WorldParts, target: &Target<'_>, to: &mut Vec<Mutant>) {
        let findings = self.judge(parts, target.pattern);
        to.push(Mutant { name, rule, level: target.level_in(&findings) });
    }
}

impl<'t> Target<'t> {
    fn new(world: &World<'_>, pattern: &'t Pattern, finding: &'t Finding) -> Option<Target<'t>> {
        // Evidence stands in the order of the steps: the strongest verdict whose steps it begins with holds.
        let mut names: Vec<&str> = finding.evidence.iter().map(|piece| piece.event.as_str()).collect();
        names.dedup();
        let fits = |verdict: &&Verdict| {
            let steps: Vec<&str> = verdict.steps.iter().map(|step| step.name.as_str()).collect();
            names.starts_with(&steps)
                && verdict.level >= finding.level
                && (!steps.is_empty() || verdict.level == finding.level)
        };
        let same = |verdict: &&Verdict| verdict.level == Level::Cleared && fits(verdict);
        let cleared = pattern.verdicts.iter().find(same).filter(|_| finding.level == Level::Cleared);
        let verdict = cleared.or_else(|| pattern.verdicts.iter().find(fits))?;
        let bound = verdict
            .steps
            .iter()
            .filter_map(|step| {
                let mut events = finding
                    .evidence
                    .iter()
                    .filter(|piece| piece.event == step.name)
                    .filter_map(|piece| event_of(world, piece, step));
                let event = events.next()?;
                Some((step, Bound { name: step.name.clone(), event, group: events.collect(), needed: 0 }))
            })
            .collect();
        Some(Target { pattern, finding, verdict, bound })
    }

    fn event(&self, step: &str) -> Option<EventIndex> {
        self.bound.iter().find(|(_, bound)| bound.name == step).map(|(_, bound)| bound.event)
    }

    /// The highest level of this object in other findings: all keys that both name are equal.
    fn level_in(&self, findings: &[Finding]) -> Option<Level> {
        let is_it = |finding: &&Finding| {
            let mine = &self.finding.about;
            finding.about.iter().any(|(key, value)| mine.get(key) == Some(value)) || mine.is_empty()
        };
        let agrees = |finding: &&Finding| {
            finding.about.iter().all(|(key, value)| {
                self.finding.about.get(key).is_none_or(|mine| mine.eq_ignore_ascii_case(value))
            })
        };
        findings.iter().filter(is_it).filter(agrees).map(|finding| finding.level).max()
    }
}

fn event_of(world: &World<'_>, piece: &Evidence, step: &Step) -> Option<EventIndex> {
    world.all().position(|event| {
        step.kinds.contains(&event.kind)
            && event.line() == piece.line
            && event.number() == piece.record
            && world.path(event.source) == piece.source
            && event.values().iter().all(|(key, value)| {
                piece.fields.get(key.as_ref()).is_some_and(|field| field == value.as_ref())
            })
    })
}

/// The world's parts, to be changed and judged again. Indices of events stay those of the world.
fn parts_of(world: &World<'_>) -> WorldParts {
    WorldParts {
        held: Events::default(),
        spill: world.spill(),
        events: world.all().map(|event| event.event()).collect(),
        sessions: world.sessions.clone(),
        facts: world.facts.clone(),
        coverage: world.coverage.clone(),
        sources: world.sources.clone(),
        names: world.names.clone(),
        backup_accounts: world.backup_accounts.clone(),
        skew: world.skew,
        default_host: world.default_host.clone(),
        bounds: world.bounds,
        lost: world.lost().clone(),
        has_lost_facts: world.has_lost_facts,
    }
}
