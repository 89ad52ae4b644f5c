//! From what each source came to, to one world: numbers for sources and streams, hosts, zones, the order of day and
//! month, sessions of the whole scan, names of machines.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::base::stamp::HOUR;
use crate::base::{
    Coverage, DateOrder, Dialect, Fact, FactKind, Interval, Notice, NoticeCode, Role, Session, SourceId,
    Stamp, StreamId, Zone,
};
use crate::correlate::values::account;
use crate::correlate::{Bounds, Lost, SourceInfo, Spill, WorldParts};
use crate::identity::Names;
use crate::settings::{Settings, ZoneRule};

use super::Options;
use super::coverage::Reach;
use super::first_failure::FirstFailures;
use super::links::Links;
use super::neighbours::Neighbours;
use super::part::{Part, SessionPart};
use super::roles;
use super::source::Extract;
use super::track::{Fall, MOST_FALLS, Reached};
use super::unknown::Errors;

/// A source as the report shows it, beside what the world takes from it.
pub(super) struct SettledSource {
    pub(super) path: String,
    pub(super) dialect: Dialect,
    pub(super) reason: String,
    pub(super) encoding: &'static str,
    pub(super) evidence: String,
    pub(super) host: Option<String>,
    pub(super) process: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) bytes: u64,
    pub(super) records: u64,
    pub(super) headless: u64,
    pub(super) first: Option<Stamp>,
    pub(super) last: Option<Stamp>,
    pub(super) codes: IndexMap<(&'static str, String), u64>,
    pub(super) first_failures: FirstFailures,
    pub(super) errors: Errors,
}

/// Everything that was extracted, settled.
pub(super) struct Settled {
    pub(super) world: WorldParts,
    /// What the sources reach over; the world's coverage is made of it.
    pub(super) reaches: Vec<Reach>,
    pub(super) sources: Vec<SettledSource>,
    pub(super) notices: Vec<Notice>,
}

/// Settles sources, which are in order of their paths.
pub(super) fn settle(
    extracts: Vec<Extract>,
    spill: &Arc<Spill>,
    options: &Options,
    settings: &Settings,
) -> Settled {
    let mut settler = Settler {
        options,
        settings,
        streams: IndexMap::new(),
        world: WorldParts {
            skew: options.skew,
            default_host: options.host.clone(),
            spill: Arc::clone(spill),
            bounds: Bounds { asked: options.days.reach(), ..options.bounds },
            backup_accounts: settings.backup_accounts.iter().map(|name| account(name)).collect(),
            ..WorldParts::default()
        },
        links: Links::default(),
        reaches: Vec::new(),
        sources: Vec::new(),
        notices: Vec::new(),
        roles: HashSet::new(),
    };
    let by_stream = orders_by_stream(&extracts);
    let neighbours = Neighbours::of(&extracts);
    for (number, mut extract) in extracts.into_iter().enumerate() {
        if decided_order(extract.order, &extract.part).is_none() && !has_votes(&extract.part) {
            extract.order = by_stream.get(&(extract.dialect, extract.stream.clone())).copied().flatten();
        }
        if extract.part.host.is_none() {
            extract.part.host = neighbours.host(&extract.path);
        }
        settler.take(SourceId(u32::try_from(number).unwrap_or(u32::MAX)), extract);
    }
    settler.finish()
}

struct Settler<'o> {
    options: &'o Options,
    settings: &'o Settings,
    streams: IndexMap<String, StreamId>,
    world: WorldParts,
    links: Links,
    reaches: Vec<Reach>,
    sources: Vec<SettledSource>,
    notices: Vec<Notice>,
    /// Parts of hosts that their daemons' logs showed.
    roles: HashSet<(String, Role)>,
}

/// What holds for all stamps of one source.
struct Clock<'o> {
    order: Option<DateOrder>,
    zone: Option<&'o ZoneRule>,
    inferred: Vec<(i64, i32)>,
    /// Where its records step back in time; none for an export that begins with the newest record.
    falls: Vec<Fall>,
}

impl Clock<'_> {
    fn settle(&self, stamp: Stamp) -> Stamp {
        let stamp = self.order.map_or(stamp, |order| stamp.in_order(order));
        let (Zone::Unknown, Some(micros)) = (stamp.zone(), stamp.civil_micros()) else { return stamp };
        // What the source itself tells of the hours around comes before a rule where that leaves a choice.
        let given = match self.zone.and_then(|zone| zone.zone_at(micros)) {
            Some(Zone::Either(one, other)) => {
                let told = self.inferred_at(micros).filter(|east| [one, other].contains(east));
                Some(told.map_or(Zone::Either(one, other), Zone::Offset))
            }
            given => given,
        };
        match given.or_else(|| self.inferred_at(micros).map(Zone::Offset)) {
            Some(zone) => stamp.placed(zone),
            None => stamp,
        }
    }

    /// The same for a record at this position: in the hour that passes twice, the records before the one at which the
    /// clock was set back are of the first pass, and those from there on of the second.
    fn settle_at(&self, stamp: Stamp, position: i64) -> Stamp {
        let settled = self.settle(stamp);
        let Zone::Either(first, second) = settled.zone() else { return settled };
        let (Some(rule), Some(micros)) = (self.zone, settled.civil_micros()) else { return settled };
        let in_this_hour = |civil: i64| {
            rule.zone_at(civil) == Some(Zone::Either(first, second))
                && civil.abs_diff(micros) <= 2 * HOUR as u64
        };
        let mut falls =
            self.falls.iter().filter(|fall| in_this_hour(fall.before) && in_this_hour(fall.after));
        let (Some(fall), None) = (falls.next(), falls.next()) else { return settled };
        let east = if position < fall.position { first } else { second };
        self.order.map_or(stamp, |order| stamp.in_order(order)).placed(Zone::Offset(east))
    }

    /// An epoch beside local text in the same source tells the offset of that moment; it holds for the hours around
    /// it, unless another such record shows that it changed.
    fn inferred_at(&self, micros: i64) -> Option<i32> {
        let mut near = self
            .inferred
            .iter()
            .filter(|(at, _)| at.abs_diff(micros) <= INFERRED_REACH)
            .map(|(_, east)| *east);
        let first = near.next()?;
        near.all(|east| east == first).then_some(first)
    }
}

/// Rules of summer time never change an offset twice within this time.
const INFERRED_REACH: u64 = 24 * HOUR as u64;

impl Settler<'_> {
    fn take(&mut self, id: SourceId, extract: Extract) {
        let Extract {
            path,
            dialect,
            reason,
            encoding,
            evidence,
            bytes,
            stream,
            place,
            order,
            mut part,
            notices,
            resume: _,
        } = extract;
        self.notices.extend(notices);
        let told = part.notices.drain(..).map(|(code, line, detail)| Notice {
            code,
            source: Some(path.clone()),
            line: line.map(|line| line + 1),
            detail,
        });
        self.notices.extend(told);
        let of_bundle = crate::dialect::bundle_host(&path).map(str::to_owned);
        let host = part.host.take().or(place.host).or(of_bundle).or_else(|| self.options.host.clone());
        self.notices.extend(date_notice(&path, order, &part));
        let mut clock = clock(self.options, self.settings, host.as_deref(), order, &part);
        let stream = self.stream(&stream, dialect);
        let base = u32::try_from(self.world.sessions.len()).unwrap_or(u32::MAX);
        let sessions = self.sessions(&mut part.sessions, &clock);
        part.leave_out_sessions(&self.world.spill, |id| sessions.contains_key(&id));
        let backwards = part.falling > part.rising && newest_first(dialect);
        if backwards || part.falls.len() > MOST_FALLS {
            clock.falls.clear();
        }
        let most = self.options.bounds.events;
        part.cut(&self.world.spill, most.saturating_sub(self.world.held.len()));
        self.cut_facts(&mut part);
        let of_source: Option<Arc<str>> = host.as_deref().map(Arc::from);
        let unplaced = part.events.edit(&self.world.spill, |event| {
            event.source = id;
            event.stream = stream;
            event.stamp = clock.settle_at(event.stamp, event.position);
            event.position = if backwards { -event.position } else { event.position };
            event.lines += 1;
            event.host = event.host.take().or_else(|| of_source.clone());
            event.session = event.session.and_then(|session| sessions.get(&session)).map(|at| base + at);
        });
        part.lost.join(unplaced);
        let without_room = self.world.held.append(&self.world.spill, std::mem::take(&mut part.events));
        let mut lost = std::mem::take(&mut part.lost).moved(1, |stamp| clock.settle(stamp));
        lost.join(without_room);
        self.notices.extend(lost_notices(&path, &lost, &self.options.bounds));
        self.world.has_lost_facts |= lost.facts > 0;
        self.world.lost.extend(lost.kinds);
        for fact in part.facts.drain(..) {
            self.fact(
                stream,
                Fact {
                    host: fact.host.or_else(|| host.clone()),
                    source: id,
                    line: fact.line.map(|line| line + 1),
                    stamp: clock.settle(fact.stamp),
                    ..fact
                },
            );
        }
        if let (Some(host), Some(role)) =
            (crate::dialect::bundle_host(&path), crate::dialect::bundle_role(&path))
        {
            self.role(id, host, role, "the name of the bundle".to_owned());
        }
        self.part_of_host(id, host.as_deref(), dialect, place.process.as_deref(), part.records);
        for (dialect, track) in &mut part.tracks {
            let settle = |interval: Interval| Interval {
                from: clock.settle(interval.from),
                to: clock.settle(interval.to),
            };
            let stretches = track
                .finish(dialect.coverage_kind())
                .into_iter()
                .map(|stretch| Reached { interval: settle(stretch.interval), ..stretch })
                .collect();
            let coverage = Coverage {
                source: id,
                stream,
                dialect: *dialect,
                host: host.clone(),
                process: place.process.clone(),
                intervals: Vec::new(),
            };
            self.reaches.push(Reach { coverage, stretches });
        }
        let own_zone = part.first.is_some_and(|stamp| stamp.zone() != Zone::Unknown);
        let (first, last) =
            (part.first.map(|stamp| clock.settle(stamp)), part.last.map(|stamp| clock.settle(stamp)));
        self.world.sources.push(SourceInfo {
            path: path.clone(),
            dialects: part.dialects.iter().copied().collect(),
            host: host.clone(),
        });
        part.errors.each(|group| {
            group.source.clone_from(&path);
            group.line = group.line.map(|line| line + 1);
            group.first = group.first.map(|stamp| clock.settle(stamp));
            group.last = group.last.map(|stamp| clock.settle(stamp));
        });
        self.sources.push(SettledSource {
            errors: part.errors,
            zone: zone_word(&clock, own_zone, first, last),
            path,
            dialect,
            reason,
            encoding,
            evidence,
            host,
            process: place.process,
            bytes,
            records: part.records,
            headless: part.headless,
            first,
            last,
            codes: part.codes,
            first_failures: part.first_failures,
        });
    }

    /// Leaves out the facts for which there is no room.
    fn cut_facts(&self, part: &mut Part) {
        let room = self.options.bounds.facts.saturating_sub(self.world.facts.len());
        for fact in part.facts.drain(room.min(part.facts.len())..) {
            part.lost.add_fact(fact.line);
        }
    }

    /// A stream is one log of one dialect through its rotations.
    fn stream(&mut self, name: &str, dialect: Dialect) -> StreamId {
        let next = StreamId(u32::try_from(self.streams.len()).unwrap_or(u32::MAX));
        *self.streams.entry(format!("{} {name}", dialect.name())).or_insert(next)
    }

    /// Takes over the sessions that events refer to; returns their places from the first one on.
    fn sessions(&mut self, parts: &mut IndexMap<u32, SessionPart>, clock: &Clock<'_>) -> IndexMap<u32, u32> {
        let mut places = IndexMap::new();
        let room = self.options.bounds.sessions.saturating_sub(self.world.sessions.len());
        for (id, part) in parts.drain(..).filter(|(_, part)| part.used).take(room) {
            let place = u32::try_from(places.len()).unwrap_or(u32::MAX);
            places.insert(id, place);
            self.world.sessions.push(Session {
                first: part.first.map(|stamp| clock.settle(stamp)),
                last: part.last.map(|stamp| clock.settle(stamp)),
                values: part.values.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
            });
        }
        places
    }

    /// A daemon's own log shows what its host is; the first such log of each host is enough.
    fn part_of_host(
        &mut self,
        source: SourceId,
        host: Option<&str>,
        dialect: Dialect,
        process: Option<&str>,
        records: u64,
    ) {
        let (Some(host), Some(process), true) = (host, process, records > 0) else { return };
        if let Some(role) = roles::of_process(dialect, process) {
            self.role(source, host, role, format!("a debug log of {process}"));
        }
    }

    /// What a source as a whole shows of its host; once for each host.
    fn role(&mut self, source: SourceId, host: &str, role: Role, text: String) {
        if self.roles.insert((host.to_lowercase(), role)) {
            let kind = FactKind::Role(role);
            let host = Some(host.to_owned());
            self.world.facts.push(Fact { host, kind, source, line: None, stamp: Stamp::None, text });
        }
    }

    fn fact(&mut self, stream: StreamId, fact: Fact) {
        if let FactKind::SameMachine { one, other } = &fact.kind {
            self.links.add(one, other, stream, &mut self.world.names);
        }
        self.world.facts.push(fact);
    }

    fn finish(mut self) -> Settled {
        let aliases = self.settings.aliases.iter().chain(&self.options.aliases);
        for (name, host) in aliases {
            self.world.names.link(name, host);
        }
        std::mem::take(&mut self.links).finish(&mut self.world.names);
        let world = &mut self.world;
        for event in world.held.iter(&world.spill).filter(|event| event.has("account")) {
            if let Some(name) = event.value("account") {
                let name = account(&name);
                if !name.is_empty() && !world.backup_accounts.contains(&name) {
                    world.backup_accounts.push(name);
                }
            }
        }
        for (host, (product, version)) in &self.settings.versions {
            self.world.facts.push(Fact {
                host: Some(host.clone()),
                kind: FactKind::Version { product: product.clone(), version: version.clone() },
                source: SourceId(u32::MAX),
                line: None,
                stamp: Stamp::None,
                text: format!("{product} {version} (settings)"),
            });
        }
        self.unplaced_versions();
        Settled { world: self.world, reaches: self.reaches, sources: self.sources, notices: self.notices }
    }

    /// A version that no log ties to a host decides nothing: the user can say whose it is.
    fn unplaced_versions(&mut self) {
        for fact in &self.world.facts {
            if let (None, FactKind::Version { product, version }) = (&fact.host, &fact.kind) {
                let path =
                    usize::try_from(fact.source.0).ok().and_then(|index| self.world.sources.get(index));
                self.notices.push(Notice {
                    code: NoticeCode::VersionUnplaced,
                    source: path.map(|info| info.path.clone()),
                    line: fact.line,
                    detail: format!("{product} {version}: no log tells whose version this is (--host HOST)"),
                });
            }
        }
    }
}

/// What is not held cannot be looked for: how much of a source that is, and from where on.
fn lost_notices(path: &str, lost: &Lost, bounds: &Bounds) -> Vec<Notice> {
    let span = lost.span.map(|(first, last)| format!(", from {first} to {last}")).unwrap_or_default();
    let notice =
        |line, detail| Notice { code: NoticeCode::ManyEvents, source: Some(path.to_owned()), line, detail };
    let mut notices = Vec::new();
    if lost.events > lost.of_sessions {
        let (events, most) = (lost.events - lost.of_sessions, bounds.events);
        let detail = format!(
            "{events} more matched events are not held, beyond {most} of the scan{span} (--max-events)"
        );
        notices.push(notice(lost.line, detail));
    }
    if lost.of_sessions > 0 {
        let (events, most) = (lost.of_sessions, bounds.sessions);
        let detail = format!(
            "{events} matched events are not held: their jobs or runs are beyond {most} of the scan{span}"
        );
        notices.push(notice(lost.line, detail));
    }
    if lost.facts > 0 {
        let (facts, most) = (lost.facts, bounds.facts);
        let detail = format!(
            "{facts} more facts about hosts are not held, beyond {most} of the scan: no absence is proved"
        );
        notices.push(notice(lost.fact_line, detail));
    }
    notices
}

/// Does the source itself show how it writes dates?
fn has_votes(part: &Part) -> bool {
    part.month_first > 0 || part.day_first > 0
}

/// The order of day and month that the files of a stream show together: one program writes them on one machine, and a
/// short file of one early day shows nothing by itself. Files that contradict each other settle nothing.
fn orders_by_stream(extracts: &[Extract]) -> IndexMap<(Dialect, String), Option<DateOrder>> {
    let mut votes: IndexMap<(Dialect, String), (u64, u64)> = IndexMap::new();
    for extract in extracts.iter().filter(|extract| has_votes(&extract.part)) {
        let (month, day) = votes.entry((extract.dialect, extract.stream.clone())).or_default();
        *month = month.saturating_add(extract.part.month_first);
        *day = day.saturating_add(extract.part.day_first);
    }
    let order = |votes| match votes {
        (1.., 0) => Some(DateOrder::Mdy),
        (0, 1..) => Some(DateOrder::Dmy),
        _ => None,
    };
    votes.into_iter().map(|(stream, votes)| (stream, order(votes))).collect()
}

/// The order of day and month that a source shows, else the one found in its beginning or given by the user.
fn decided_order(order: Option<DateOrder>, part: &Part) -> Option<DateOrder> {
    match (part.month_first, part.day_first) {
        (1.., 0) => order.or(Some(DateOrder::Mdy)),
        (0, 1..) => order.or(Some(DateOrder::Dmy)),
        _ => order,
    }
}

fn date_notice(path: &str, order: Option<DateOrder>, part: &Part) -> Option<Notice> {
    if part.swappable == 0 || decided_order(order, part).is_some() {
        return None;
    }
    let (code, detail) = if part.month_first > 0 {
        (
            NoticeCode::DateOrderConflict,
            "some dates have the day first, some the month; those that read both ways were read month first (--date-order)",
        )
    } else {
        (NoticeCode::DateOrderAssumed, "nothing tells day from month; month first was assumed (--date-order)")
    };
    Some(Notice { code, source: Some(path.to_owned()), line: None, detail: detail.to_owned() })
}

fn clock<'o>(
    options: &'o Options,
    settings: &'o Settings,
    host: Option<&str>,
    order: Option<DateOrder>,
    part: &Part,
) -> Clock<'o> {
    let inferred = part
        .facts
        .iter()
        .filter_map(|fact| match fact.kind {
            FactKind::ZoneOffset { east } => Some((fact.stamp.civil_micros()?, east)),
            _ => None,
        })
        .collect();
    let falls = part.falls.clone();
    Clock { order: decided_order(order, part), zone: zone_rule(options, settings, host), inferred, falls }
}

/// The zone that the user gave for a host: by its name, else for all; the command line before the settings.
fn zone_rule<'o>(options: &'o Options, settings: &'o Settings, host: Option<&str>) -> Option<&'o ZoneRule> {
    let names = Names::new();
    let by_host = |zones: &'o IndexMap<String, ZoneRule>| {
        let host = host?;
        zones.iter().find(|(name, _)| names.same(name, host)).map(|(_, zone)| zone)
    };
    by_host(&options.zones)
        .or(options.zone.as_ref())
        .or_else(|| by_host(&settings.zones))
        .or(settings.zone.as_ref())
}

/// Logs that some exporters write newest record first.
fn newest_first(dialect: Dialect) -> bool {
    matches!(dialect.product(), "windows")
        || matches!(dialect, Dialect::VmwareEvents | Dialect::NetbackupBpdbjobs)
}

/// The zone of a source's stamps in a word: the name that was given for a source that has none of its own, else the
/// offset that all of them have.
fn zone_word(clock: &Clock<'_>, own: bool, first: Option<Stamp>, last: Option<Stamp>) -> Option<String> {
    let offsets = [first?.zone(), last?.zone()];
    match (offsets, clock.zone.filter(|_| !own)) {
        ([first, last], Some(rule)) if first != Zone::Unknown && last != Zone::Unknown => {
            Some(rule.to_string())
        }
        ([Zone::Offset(one), Zone::Offset(other)], None) if one == other => {
            Some(if one == 0 { "UTC".to_owned() } else { offset_word(one) })
        }
        _ => None,
    }
}

/// `+05:30`.
pub(super) fn offset_word(east: i32) -> String {
    let sign = if east < 0 { '-' } else { '+' };
    let minutes = east.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
