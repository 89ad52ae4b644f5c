//! Entries to findings of the report.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::base::event::EventKind;
use crate::base::finding::Object as ListedObject;
use crate::base::name::MACHINE_KEYS;
use crate::base::{Condition, ConditionState, Evidence, FactKind, Finding, Level, SourceId, Stamp};
use crate::correlate::choice::Bindings;
use crate::correlate::{Bound, EventIndex, Row, RowSource, Search, Tri, World};
use crate::pattern::Pattern;
use crate::pattern::model::{Also, AlsoPlace, Order, Support, Verdict};

use super::exposed::ExposedHost;
use super::tally::Entry;
use super::{collect, doubts};

/// Evidence while it is put together: events once each, and facts behind them.
struct Pile<'a> {
    world: &'a World<'a>,
    events: Vec<EventIndex>,
    list: Vec<Evidence>,
    facts: Vec<(usize, usize)>,
}

impl Pile<'_> {
    fn add(&mut self, index: EventIndex, name: &str) -> usize {
        if let Some(at) = self.events.iter().position(|held| *held == index) {
            return at;
        }
        let Some(event) = self.world.event(index) else { return usize::MAX };
        let fields: IndexMap<String, String> =
            event.values().iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        self.list.push(Evidence {
            event: name.to_owned(),
            source: self.world.path(event.source).to_owned(),
            line: event.line(),
            record: event.number(),
            time: time(event.stamp),
            host: self.world.value(index, "host").map(std::borrow::Cow::into_owned),
            fields,
            text: cut(event.text()),
        });
        self.events.push(index);
        self.list.len() - 1
    }

    /// Evidence of a kind that the steps do not name, under its definition's name.
    fn add_by_kind(&mut self, index: EventIndex) -> usize {
        let name = self
            .world
            .event(index)
            .and_then(|event| self.world.catalogue.event(event.kind))
            .map_or_else(String::new, |def| def.name.clone());
        self.add(index, &name)
    }

    fn add_fact(&mut self, index: usize, name: &str) -> Option<usize> {
        if let Some((_, at)) = self.facts.iter().find(|(held, _)| *held == index) {
            return Some(*at);
        }
        let fact = self.world.facts.get(index)?;
        let fields = match &fact.kind {
            FactKind::Version { product, version } => {
                vec![("product", product), ("version", version)]
            }
            FactKind::SameMachine { one, other } => vec![("one", one), ("other", other)],
            FactKind::Fix { id } => vec![("fix", id)],
            _ => return None,
        };
        // Facts keep a place of their own in the list of events, so that positions stay in step.
        self.events.push(usize::MAX - index);
        self.list.push(Evidence {
            event: name.to_owned(),
            source: self.world.path(fact.source).to_owned(),
            line: fact.line,
            record: None,
            time: time(fact.stamp),
            host: fact.host.clone().or_else(|| self.world.default_host.clone()),
            fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            text: cut(fact.text.clone()),
        });
        self.facts.push((index, self.list.len() - 1));
        Some(self.list.len() - 1)
    }
}

/// Evidence is quoted, not copied whole: 4 KiB hold any record that a person would read.
const LONGEST_TEXT: usize = 4096;

fn cut(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        let mut end = LONGEST_TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str("...");
    }
    text
}

fn time(stamp: Stamp) -> Option<String> {
    (!stamp.is_none()).then(|| stamp.to_string())
}

/// A finding with steps.
pub(super) fn finding(search: &Search<'_, '_>, entry: &Entry) -> Finding {
    let (world, pattern) = (search.world, search.pattern);
    let mut pile = Pile { world, events: Vec::new(), list: Vec::new(), facts: Vec::new() };
    let steps = &entry.choice.steps;
    for step in steps {
        pile.add(step.event, &step.name);
        for event in &step.group {
            pile.add(*event, &step.name);
        }
    }
    for window in &entry.choice.windows {
        pile.add_by_kind(window.open);
        if let Some(close) = window.close {
            pile.add_by_kind(close);
        }
    }
    names(world, steps, &mut pile);
    let verdict = pattern.verdicts.get(entry.verdict);
    let host =
        steps.iter().find_map(|step| world.value(step.event, "host")).map(std::borrow::Cow::into_owned);
    if let Some(verdict) = verdict {
        supports(search, verdict, steps, &mut pile);
    }
    let mut asked: Vec<String> = Vec::new();
    let conditions = rows(search, entry, verdict, host.as_deref(), &mut pile, &mut asked);
    if let Some(template) = verdict.and_then(|verdict| verdict.collect.as_ref()) {
        asked.insert(0, collect::fill(world, template, steps, &entry.object, host.as_deref()));
    }
    if entry.level == Level::Cleared {
        // Nothing is left open that would change it.
        asked.clear();
    }
    dedup(&mut asked);
    let objects = objects(search, entry, verdict, &mut pile);
    let mut said = doubts::sentences(world, pattern, entry);
    said.extend(doubts::reversed_order(world, pattern, entry));
    said.extend(date_orders(world, &entry.choice.bound_events().collect::<Vec<_>>()));
    let about: IndexMap<String, String> = entry.object.iter().cloned().collect();
    let (first, last) = span(world, &entry.span);
    Finding {
        level: entry.level,
        host,
        about,
        first,
        last,
        repeats: entry.repeats,
        conditions,
        evidence: pile.list,
        objects,
        doubts: said,
        collect: asked,
        ..blank(pattern, entry_key(world, pattern, entry))
    }
}

/// What shows that the steps speak of one machine, where they call it differently.
fn names(world: &World<'_>, steps: &[Bound], pile: &mut Pile<'_>) {
    let named = |step: &Bound| {
        MACHINE_KEYS.iter().filter(|key| **key != "host").find_map(|key| world.value(step.event, key))
    };
    let mut called: Vec<String> = Vec::new();
    for name in steps.iter().filter_map(named) {
        if let Some(first) = called.first() {
            for fact in world.proof_of_name(first, &name) {
                pile.add_fact(fact, "same-machine");
            }
        }
        called.push(name.into_owned());
    }
}

/// Stable handle: advisory and object; where no key of the object is known, the source stands for it.
fn entry_key(world: &World<'_>, pattern: &Pattern, entry: &Entry) -> String {
    let mut values: Vec<String> = entry.object.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if values.is_empty()
        && let Some(event) = world.event(entry.anchor)
    {
        values.push(format!("source={}", world.path(event.source)));
    }
    format!("{} {}", pattern.id, values.join(" "))
}

fn blank(pattern: &Pattern, key: String) -> Finding {
    Finding {
        advisory: pattern.id.clone(),
        level: Level::Cleared,
        impact: pattern.impact,
        title: pattern.title.clone(),
        url: pattern.url.clone(),
        key,
        host: None,
        about: IndexMap::new(),
        first: None,
        last: None,
        repeats: 0,
        conditions: Vec::new(),
        evidence: Vec::new(),
        objects: Vec::new(),
        doubts: Vec::new(),
        collect: Vec::new(),
        workaround: pattern.body.workaround.clone(),
        fix: pattern.body.fix.clone(),
        references: pattern.body.references.clone(),
        silenced: None,
        news: None,
        was: None,
    }
}

/// Rows of conditions: the advisory's own, then what must be absent, then what refuted a stronger verdict.
fn rows(
    search: &Search<'_, '_>,
    entry: &Entry,
    verdict: Option<&Verdict>,
    host: Option<&str>,
    pile: &mut Pile<'_>,
    asked: &mut Vec<String>,
) -> Vec<Condition> {
    let (world, pattern, steps) = (search.world, search.pattern, &entry.choice.steps);
    let mut conditions: Vec<Condition> = Vec::new();
    let refuted =
        entry.refuted.iter().filter(|row| entry.choice.rows.iter().all(|held| held.name != row.name));
    for row in entry.choice.rows.iter().chain(refuted) {
        let mut evidence: Vec<usize> = row.evidence.iter().map(|event| pile.add_by_kind(*event)).collect();
        if let (RowSource::Condition(index), ConditionState::Met | ConditionState::Unmet) =
            (row.source, row.state)
            && let Some(condition) = pattern.conditions.get(index)
            && let Some(fact) = search.judge_condition(condition, steps).fact
        {
            evidence.extend(pile.add_fact(fact, &row.name));
        }
        let ask = collect_text(world, pattern, entry, verdict, row, host);
        let collect = (row.state == ConditionState::Unknown).then_some(ask);
        if let Some(text) = &collect
            && lowers(pattern, verdict, row)
        {
            asked.push(text.clone());
        }
        conditions.push(Condition { name: row.name.clone(), state: row.state, evidence, collect });
    }
    conditions
}

/// Would knowing this row change the level?
fn lowers(pattern: &Pattern, verdict: Option<&Verdict>, row: &Row) -> bool {
    match row.source {
        RowSource::Absent(_) => true,
        RowSource::Unless(_) => false,
        RowSource::Condition(index) => {
            let needed = verdict
                .is_some_and(|verdict| verdict.needs.contains(&index) || verdict.requires.contains(&index));
            needed || pattern.conditions.get(index).is_some_and(|condition| condition.unmet_clears)
        }
    }
}

fn collect_text(
    world: &World<'_>,
    pattern: &Pattern,
    entry: &Entry,
    verdict: Option<&Verdict>,
    row: &Row,
    host: Option<&str>,
) -> String {
    let steps = &entry.choice.steps;
    let fill = |template| collect::fill(world, template, steps, &entry.object, host);
    let absence = match row.source {
        RowSource::Condition(index) => {
            return pattern
                .conditions
                .get(index)
                .map(|condition| fill(&condition.collect))
                .unwrap_or_default();
        }
        RowSource::Absent(index) => verdict.and_then(|verdict| verdict.absent.get(index)),
        RowSource::Unless(index) => verdict.and_then(|verdict| verdict.unless.get(index)),
    };
    match absence {
        Some(absence) => match &absence.collect {
            Some(template) => fill(template),
            None => collect::for_absence(world, absence, steps),
        },
        None => String::new(),
    }
}

/// At most the nearest event per support, so that a flood does not bury the steps.
fn supports(search: &Search<'_, '_>, verdict: &Verdict, steps: &[Bound], pile: &mut Pile<'_>) {
    let world = search.world;
    for support in &verdict.supports {
        let Some(anchor) = crate::correlate::steps::reference(&support.order)
            .and_then(|name| steps.iter().find(|bound| bound.name == name))
        else {
            continue;
        };
        if let Some(event) = nearest(search, support, anchor, steps) {
            let name = world.event(event).and_then(|event| world.catalogue.event(event.kind));
            let name = name.map_or_else(String::new, |def| def.name.clone());
            pile.add(event, &name);
        }
    }
}

fn nearest(
    search: &Search<'_, '_>,
    support: &Support,
    anchor: &Bound,
    steps: &[Bound],
) -> Option<EventIndex> {
    let world = search.world;
    let bindings = Bindings::of(steps);
    let there = world.point(anchor.event)?;
    let fits = |event: &EventIndex| {
        let Some(here) = world.point(*event) else { return false };
        let relation = match support.order {
            Order::Before(_) => world.clocks().relation(&here, &there),
            _ => world.clocks().relation(&there, &here),
        };
        *event != anchor.event
            && search.joins(&support.same, &support.order, *event, &bindings)
            && search.place(&support.order, support.within, &relation) != Tri::No
            && world.all_hold(*event, &support.filters, &bindings) != Tri::No
    };
    let distance = |event: EventIndex| {
        let micros = |event: EventIndex| {
            world.event(event).and_then(|event| event.stamp.instant().or(event.stamp.civil_micros()))
        };
        match (micros(event), micros(anchor.event)) {
            (Some(one), Some(other)) => one.abs_diff(other),
            _ => u64::try_from(event.abs_diff(anchor.event)).unwrap_or(u64::MAX),
        }
    };
    let near =
        search.joined(&support.kinds, &support.same, (&support.order, Some(support.within)), &bindings)?;
    near.into_iter().filter(fits).min_by_key(|event| (distance(*event), *event))
}

/// The finding's own object with all its listed keys, then further objects.
fn objects(
    search: &Search<'_, '_>,
    entry: &Entry,
    verdict: Option<&Verdict>,
    pile: &mut Pile<'_>,
) -> Vec<ListedObject> {
    let mut listed = Vec::new();
    let keys = &search.pattern.affected_objects;
    let values: IndexMap<String, String> = search
        .object(if keys.is_empty() { &search.pattern.about } else { keys }, &entry.choice.steps)
        .into_iter()
        .collect();
    if !values.is_empty() {
        let evidence = naming(search.world, &entry.choice.steps, &values, pile);
        listed.push(ListedObject { role: "affected".to_owned(), values, evidence });
    }
    let mut known: HashSet<Option<u64>> = HashSet::new();
    for also in verdict.map(|verdict| verdict.also.as_slice()).unwrap_or_default() {
        let mut found = further(search, also, &entry.choice.steps);
        let of_the_chosen = found.len();
        found.extend(entry.others.iter().flat_map(|choice| further(search, also, &choice.steps)));
        for (number, event) in found.into_iter().enumerate() {
            // What one occurrence calls suspect is not good because another lies behind it.
            let is_new = known.insert(search.world.mark(event));
            if number >= of_the_chosen && !is_new || listed.len() > MOST_OBJECTS {
                continue;
            }
            let at = pile.add_by_kind(event);
            listed.push(ListedObject {
                role: also.role.clone(),
                values: listed_values(search.world, event, &also.keys),
                evidence: vec![at],
            });
        }
    }
    listed
}

/// The evidence of the steps that name the object.
fn naming(
    world: &World<'_>,
    steps: &[Bound],
    values: &IndexMap<String, String>,
    pile: &mut Pile<'_>,
) -> Vec<usize> {
    let names = |event: EventIndex| {
        values.iter().any(|(key, value)| {
            world.value(event, key).is_some_and(|mine| world.equal(key, &mine, key, value))
        })
    };
    steps.iter().filter(|step| names(step.event)).map(|step| pile.add(step.event, &step.name)).collect()
}

fn listed_values(world: &World<'_>, event: EventIndex, keys: &[String]) -> IndexMap<String, String> {
    let Some(held) = world.event(event) else { return IndexMap::new() };
    let mut values: IndexMap<String, String> = IndexMap::new();
    if let Some(time) = time(held.stamp) {
        values.insert("time".to_owned(), time);
    }
    if keys.is_empty() {
        values.extend(held.values().iter().map(|(key, value)| (key.to_string(), value.to_string())));
    } else {
        values
            .extend(keys.iter().filter_map(|key| Some((key.clone(), world.value(event, key)?.into_owned()))));
    }
    values
}

/// How many further objects are listed; the rest is counted by the reports of later nights.
const MOST_OBJECTS: usize = 1000;

fn further(search: &Search<'_, '_>, also: &Also, steps: &[Bound]) -> Vec<EventIndex> {
    let world = search.world;
    let bindings = Bindings::of(steps);
    let (name, order) = match &also.place {
        AlsoPlace::After(step) => (step, Order::After(step.clone())),
        AlsoPlace::Before(step) => (step, Order::Before(step.clone())),
    };
    let Some(anchor) = bindings.event(name) else { return Vec::new() };
    let Some(there) = world.point(anchor) else { return Vec::new() };
    let relation = |event: EventIndex| {
        let here = world.point(event)?;
        Some(match also.place {
            AlsoPlace::After(_) => world.clocks().relation(&there, &here).after(),
            AlsoPlace::Before(_) => world.clocks().relation(&here, &there).after(),
        })
    };
    let joined = |event: EventIndex| search.joins(&also.same, &order, event, &bindings);
    // Certainly behind: what is perhaps behind does not end the list.
    let of_kinds = |kinds: &[EventKind]| search.joined(kinds, &also.same, (&order, None), &bindings);
    let ends: Vec<EventIndex> = of_kinds(&also.until)
        .into_iter()
        .flatten()
        .filter(|event| *event != anchor && relation(*event) == Some(Tri::Yes) && joined(*event))
        .filter(|event| world.all_hold(*event, &also.until_filters, &bindings) == Tri::Yes)
        .collect();
    let past_an_end = |event: EventIndex| {
        ends.iter().any(|end| match (world.point(*end), world.point(event)) {
            (Some(end), Some(here)) => world.clocks().relation(&end, &here).after() == Tri::Yes,
            _ => false,
        })
    };
    let counts_itself = matches!(also.place, AlsoPlace::After(_));
    let mut listed: HashSet<Option<u64>> = HashSet::new();
    of_kinds(&also.kinds)
        .into_iter()
        .flatten()
        .filter(|event| {
            let itself = *event == anchor && counts_itself;
            itself || (*event != anchor && relation(*event) == Some(Tri::Yes) && joined(*event))
        })
        .filter(|event| world.all_hold(*event, &also.filters, &bindings) != Tri::No && !past_an_end(*event))
        // A second copy of a log lists nothing new.
        .filter(|event| listed.insert(world.mark(*event)))
        .take(MOST_OBJECTS)
        .collect()
}

/// First and last time of the evidence. Times of unknown zone are compared as printed.
fn span(world: &World<'_>, events: &[EventIndex]) -> (Option<String>, Option<String>) {
    let mut stamps: Vec<Stamp> = events
        .iter()
        .filter_map(|event| world.event(*event))
        .map(|event| event.stamp)
        .filter(|stamp| stamp.is_dated())
        .collect();
    stamps.sort_by_key(|stamp| stamp.instant().or(stamp.civil_micros()));
    (stamps.first().copied().and_then(time), stamps.last().copied().and_then(time))
}

/// A source in which nothing tells day from month was read in the order that its product uses.
fn date_orders(world: &World<'_>, events: &[EventIndex]) -> Vec<String> {
    let mut sources: Vec<SourceId> = events
        .iter()
        .filter_map(|event| world.event(*event))
        .filter(|event| matches!(event.stamp, Stamp::Dated { swappable: true, .. }))
        .map(|event| event.source)
        .collect();
    sources.sort_unstable();
    sources.dedup();
    sources
        .into_iter()
        .map(|source| {
            format!(
                "nothing in {} tells day from month: month first was assumed (--date-order)",
                world.path(source)
            )
        })
        .collect()
}

fn dedup(texts: &mut Vec<String>) {
    let mut seen: Vec<String> = Vec::new();
    texts.retain(|text| {
        let new = !text.is_empty() && !seen.contains(text);
        if new {
            seen.push(text.clone());
        }
        new
    });
}

/// A finding of a host on which nothing happened yet.
pub(super) fn exposed(world: &World<'_>, pattern: &Pattern, host: &ExposedHost) -> Finding {
    let mut pile = Pile { world, events: Vec::new(), list: Vec::new(), facts: Vec::new() };
    let mut conditions = Vec::new();
    let mut said: Vec<String> = Vec::new();
    let verdict = pattern.verdicts.get(host.verdict);
    said.extend(verdict.and_then(|verdict| verdict.doubt.clone()));
    let collect = verdict
        .and_then(|verdict| verdict.collect.as_ref())
        .map(|template| collect::fill(world, template, &[], &[], Some(&host.host)));
    for (index, judged) in &host.conditions {
        let Some(condition) = pattern.conditions.get(*index) else { continue };
        let needed =
            verdict.is_some_and(|verdict| verdict.needs.contains(index) || verdict.requires.contains(index));
        if !needed {
            continue;
        }
        let mut evidence: Vec<usize> = judged.evidence.iter().map(|event| pile.add_by_kind(*event)).collect();
        evidence.extend(judged.fact.and_then(|fact| pile.add_fact(fact, &condition.name)));
        conditions.push(Condition {
            name: condition.name.clone(),
            state: judged.state,
            evidence,
            collect: None,
        });
        said.extend(judged.remarks.iter().filter_map(|remark| match remark {
            crate::correlate::Remark::NotListed { version } => Some(format!(
                "version {version} lies in the affected range but is not on the advisory's list"
            )),
            _ => None,
        }));
    }
    let mut about = IndexMap::new();
    about.insert("host".to_owned(), host.host.clone());
    Finding {
        level: Level::Exposed,
        host: Some(host.host.clone()),
        about,
        conditions,
        evidence: pile.list,
        doubts: said,
        collect: collect.into_iter().collect(),
        ..blank(pattern, format!("{} host={}", pattern.id, host.host))
    }
}
