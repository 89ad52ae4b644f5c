//! How near one pattern came in some logs: reads them as a scan does, and asks the correlator what stands between.

use super::source::Workshop;
use super::{Options, read_all, settled};
use crate::base::report::NoticeRow;
use crate::base::stamp::Span;
use crate::base::{ConditionState, Finding, Level};
use crate::correlate::nearest::{Misfit, Nearest, Obstacle};
use crate::correlate::{Doubt, EventIndex, Search, Why, World};
use crate::pattern::model::Verdict;
use crate::pattern::{Catalogue, Pattern};
use crate::report::why_not::{Attempt, Failure, SCHEMA, Shown, Standing, StepRow, WhyNot};
use crate::settings::Settings;
use crate::verdict::{self, Asked};

/// What stands between these logs and a finding of the pattern (or a stronger one). `None`: no pattern has this id.
pub fn why_not(
    id: &str,
    inputs: &[String],
    options: &Options,
    catalogue: &Catalogue,
    settings: &Settings,
) -> Option<WhyNot> {
    let pattern = catalogue.pattern(id)?;
    let workshop = Workshop::new(catalogue, options);
    let (extracts, mut notices) = read_all(inputs, options, &workshop);
    notices.extend(super::nothing_recognised(&extracts, &notices));
    let mut settled = settled(extracts, &workshop.spill, options, settings, catalogue);
    notices.append(&mut settled.notices);
    let sources = settled.sources.len();
    let world = World::new(catalogue, settled.world);
    let judgement = verdict::judge(&world, &|other| other.id == pattern.id);
    notices.extend(judgement.notices);
    super::sort_notices(&mut notices);
    let best = judgement.findings.iter().map(|finding| finding.level).max();
    let teller = Teller { world: &world, pattern };
    let search = Search::new(&world, pattern);
    let mut attempts: Vec<(Nearest, Attempt)> = search
        .nearest()
        .into_iter()
        .filter(|near| near.obstacle.is_some())
        // `cleared` is nothing that one waits for.
        .filter(|near| teller.level(near).is_some_and(|level| level > best.unwrap_or(Level::Cleared)))
        .map(|near| {
            let attempt = teller.attempt(&near);
            (near, attempt)
        })
        .collect();
    attempts.sort_by_key(|(near, attempt)| {
        let missing = attempt.steps.len().saturating_sub(near.bound.len());
        (near.bound.is_empty(), missing, std::cmp::Reverse(near.bound.len()), near.verdict)
    });
    let remark = pattern
        .verdicts
        .is_empty()
        .then(|| "No log shows this failure: it can be explained, not found (blogscan explain).".to_owned());
    Some(WhyNot {
        schema: SCHEMA,
        advisory: pattern.id.clone(),
        title: pattern.title.clone(),
        sources,
        findings: judgement.findings.iter().map(standing).collect(),
        attempts: attempts.into_iter().map(|(_, attempt)| attempt).collect(),
        remark,
        notices: notices.into_iter().map(NoticeRow::from).collect(),
    })
}

/// What stands between a finding and `confirmed`.
fn standing(finding: &Finding) -> Standing {
    let about: Vec<String> = finding.about.iter().map(|(key, value)| format!("{key} {value}")).collect();
    let open = finding.conditions.iter().filter(|condition| condition.state != ConditionState::Met);
    let is_asked = finding.level != Level::Confirmed;
    let mut between: Vec<String> = finding.doubts.clone();
    let mut collect = finding.collect.clone();
    for condition in open.filter(|_| is_asked) {
        let state = if condition.state == ConditionState::Unmet { "is not met" } else { "is not known" };
        between.push(format!("{} {state}", condition.name));
        collect.extend(condition.collect.iter().filter(|text| !finding.collect.contains(text)).cloned());
    }
    Standing {
        key: finding.key.clone(),
        level: finding.level.name(),
        about: about.join(", "),
        between,
        collect,
    }
}

/// Puts what the correlator found into words.
struct Teller<'t, 'c> {
    world: &'t World<'c>,
    pattern: &'c Pattern,
}

impl Teller<'_, '_> {
    fn level(&self, near: &Nearest) -> Option<Level> {
        self.pattern.verdicts.get(near.verdict).map(|verdict| verdict.level)
    }

    fn attempt(&self, near: &Nearest) -> Attempt {
        let steps = self.pattern.verdicts.get(near.verdict).map_or(&[][..], |verdict| &verdict.steps);
        let rows = steps.iter().enumerate().map(|(at, step)| {
            let bound = near.bound.get(at);
            StepRow {
                step: step.name.clone(),
                state: match at.cmp(&near.bound.len()) {
                    std::cmp::Ordering::Less => "found",
                    std::cmp::Ordering::Equal => "failed",
                    std::cmp::Ordering::Greater => "not-tried",
                },
                record: bound.and_then(|bound| self.shown(bound.event, &step.name, None)),
            }
        });
        Attempt {
            level: self.level(near).map_or("", Level::name),
            steps: rows.collect(),
            failure: near.obstacle.as_ref().map(|obstacle| {
                let mut failure = self.failure(near, obstacle);
                failure.collect = self.asked(near, obstacle, std::mem::take(&mut failure.collect));
                failure
            }),
        }
    }

    fn verdict(&self, near: &Nearest) -> Option<&Verdict> {
        self.pattern.verdicts.get(near.verdict)
    }

    /// Which logs would tell, of which host and time, about which object: first what the pattern itself asks for, then
    /// the logs in which the step could stand.
    fn asked(&self, near: &Nearest, obstacle: &Obstacle, logs: Vec<String>) -> Vec<String> {
        let verdict = self.verdict(near);
        let absent = |row: &str| {
            let mut all =
                verdict.into_iter().flat_map(|verdict| verdict.absent.iter().chain(&verdict.unless));
            all.find(|absence| absence.name == row).map(Asked::Absence)
        };
        let of_condition = |name: &str| {
            self.pattern.conditions.iter().find(|condition| condition.name == name).map(Asked::Condition)
        };
        let own = match obstacle {
            Obstacle::Condition { index, .. } => self.pattern.conditions.get(*index).map(Asked::Condition),
            Obstacle::NotCovered { row, .. } | Obstacle::Uncertain(Doubt::NotCovered { row }) => {
                absent(row).or_else(|| of_condition(row))
            }
            Obstacle::Uncertain(Doubt::Condition { name }) => of_condition(name),
            _ => None,
        };
        let rest = verdict.map(Asked::Verdict).filter(|_| !near.bound.is_empty());
        let mut told: Vec<String> = Vec::new();
        let filled = own.into_iter().chain(rest);
        for text in filled.filter_map(|asked| verdict::to_collect(self.world, asked, &near.bound)).chain(logs)
        {
            if !text.is_empty() && !told.contains(&text) {
                told.push(text);
            }
        }
        told.truncate(MOST_LOGS);
        told
    }

    fn shown(&self, index: EventIndex, name: &str, key: Option<&str>) -> Option<Shown> {
        let event = self.world.event(index)?;
        let value = key.and_then(|key| {
            let value = self.world.value(index, key)?;
            Some(format!("{key} {value}"))
        });
        Some(Shown {
            name: name.to_owned(),
            source: self.world.path(event.source).to_owned(),
            line: event.line(),
            time: (!event.stamp.is_none()).then(|| event.stamp.to_string()),
            host: self.world.value(index, "host").map(std::borrow::Cow::into_owned),
            value,
            text: event.text(),
        })
    }

    fn name_of(&self, near: &Nearest, index: EventIndex) -> String {
        let step = near.bound.iter().find(|bound| bound.event == index).map(|bound| bound.name.clone());
        step.unwrap_or_else(|| {
            let def = self.world.event(index).and_then(|event| self.world.catalogue.event(event.kind));
            def.map_or_else(String::new, |def| def.name.clone())
        })
    }

    fn failure(&self, near: &Nearest, obstacle: &Obstacle) -> Failure {
        let told = |reason, step: &str, says: String| Failure {
            reason,
            step: step.to_owned(),
            says,
            earlier: None,
            nearest: None,
            collect: Vec::new(),
        };
        match obstacle {
            Obstacle::Missing { step, dialects, was_read } => {
                let logs: Vec<&str> = dialects.iter().map(|dialect| dialect.title()).collect();
                let says = if *was_read {
                    format!("no record of {step} stands in the logs that were read")
                } else {
                    format!("no log was read in which {step} could stand")
                };
                let reason = if *was_read { "missing" } else { "coverage" };
                let earlier = near.bound.last().and_then(|bound| self.shown(bound.event, &bound.name, None));
                Failure { earlier, collect: self.logs(near, step, &logs), ..told(reason, step, says) }
            }
            Obstacle::Unfit { step, event, with, misfit } => {
                let (reason, says, keys) = self.misfit(near, step, *event, *with, misfit);
                let (mine, theirs) = keys.unzip();
                let earlier =
                    with.and_then(|with| self.shown(with, &self.name_of(near, with), theirs.as_deref()));
                let nearest = self.shown(*event, step, mine.as_deref());
                Failure { earlier, nearest, ..told(reason, step, says) }
            }
            Obstacle::Present { row, event, with } => {
                let says = format!("{} is there, which refutes it", self.name_of(near, *event));
                let earlier = with.and_then(|with| self.shown(with, &self.name_of(near, with), None));
                let nearest = self.shown(*event, &self.name_of(near, *event), None);
                Failure { earlier, nearest, ..told("contradiction", row, says) }
            }
            Obstacle::NotCovered { row, dialects } => {
                let logs: Vec<String> = dialects.iter().map(|dialect| dialect.title().to_owned()).collect();
                let says = "no log that was read reaches over the time in question".to_owned();
                Failure { collect: logs, ..told("coverage", row, says) }
            }
            Obstacle::Covered { row } => {
                told("coverage", row, "a log that would show it was read, and does not show it".to_owned())
            }
            Obstacle::Condition { index, state, is_version, evidence } => {
                let name = self.pattern.conditions.get(*index).map_or("", |condition| &condition.name);
                let says = match state {
                    ConditionState::Unmet => format!("{name} is not met"),
                    _ => format!("{name} is not known"),
                };
                let nearest =
                    evidence.first().and_then(|event| self.shown(*event, &self.name_of(near, *event), None));
                let reason = if *is_version { "version" } else { "condition" };
                Failure { nearest, ..told(reason, name, says) }
            }
            Obstacle::Uncertain(doubt) => {
                let (reason, step, says) = doubt_words(doubt);
                let shown = |name: &str| {
                    near.bound
                        .iter()
                        .find(|bound| bound.name == name)
                        .and_then(|bound| self.shown(bound.event, name, None))
                };
                let (earlier, nearest) = match doubt {
                    Doubt::Order { first, second, .. } => (shown(first), shown(second)),
                    _ => (None, shown(&step)),
                };
                Failure { earlier, nearest, ..told(reason, &step, says) }
            }
        }
    }

    /// Which logs could show a step, in the words of its definitions where they have some.
    fn logs(&self, near: &Nearest, step: &str, dialects: &[&str]) -> Vec<String> {
        let kinds = self
            .verdict(near)
            .and_then(|verdict| verdict.steps.iter().find(|other| other.name == step))
            .map(|step| step.kinds.clone())
            .unwrap_or_default();
        let mut told: Vec<String> = Vec::new();
        for def in kinds.iter().filter_map(|kind| self.world.catalogue.event(*kind)) {
            told.extend(def.collect.clone().filter(|collect| !told.contains(collect)));
        }
        if told.is_empty() {
            told.extend(dialects.iter().map(|title| (*title).to_owned()));
        }
        told.truncate(MOST_LOGS);
        let Some(last) = near.bound.last() else { return told };
        let host = self.world.value(last.event, "host").map(|host| format!(", of {host}"));
        let time = self.world.event(last.event).and_then(|event| event.stamp.naive());
        let time = time.map(|time| format!(", around {}", time.format("%Y-%m-%d %H:%M")));
        let place = format!("{}{}", host.unwrap_or_default(), time.unwrap_or_default());
        told.into_iter().map(|log| format!("{log}{place}")).collect()
    }

    /// Reason, sentence, and the values that matter here and there.
    fn misfit(
        &self,
        near: &Nearest,
        step: &str,
        event: EventIndex,
        with: Option<EventIndex>,
        misfit: &Misfit,
    ) -> (&'static str, String, Option<(String, String)>) {
        let other = with.map_or_else(|| "the step before".to_owned(), |with| self.name_of(near, with));
        let theirs_of = |key: &str| {
            let verdict = self.pattern.verdicts.get(near.verdict);
            let step = verdict.and_then(|verdict| verdict.steps.iter().find(|other| other.name == step));
            let join = step.and_then(|step| step.same.iter().find(|join| join.mine == key));
            join.map_or_else(|| key.to_owned(), |join| join.theirs.clone())
        };
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not told".to_owned());
        match misfit {
            Misfit::Count { wanted } => ("count", format!("fewer than {wanted} of them lie together"), None),
            Misfit::Time { distance, within } => {
                let allowed = match within.from.0 {
                    0 => format!("{} are allowed", within.to),
                    _ => format!("{} to {} are allowed", within.from, within.to),
                };
                let apart = distance.map(|distance| format!("it lies {} from {other}", apart(distance)));
                let apart =
                    apart.unwrap_or_else(|| format!("its distance to {other} is not what it has to be"));
                ("time", format!("{apart}; {allowed}"), None)
            }
            Misfit::Window { name } => ("window", format!("it lies outside {name}"), None),
            Misfit::Order => ("order", format!("it lies on the wrong side of {other}"), None),
            Misfit::Value { key } => {
                let seen = self.world.value(event, key).map(std::borrow::Cow::into_owned);
                let says = format!("its {key} ({}) is not what it has to be", value(&seen));
                ("value", says, Some((key.clone(), key.clone())))
            }
            Misfit::Host { mine, theirs } => {
                let says = format!("it is of {}, {other} of {}", value(mine), value(theirs));
                ("host", says, None)
            }
            Misfit::Id { key, mine, theirs } => {
                let says = match key.as_str() {
                    "stream" => format!("it stands in another log than {other}"),
                    "session" => format!("it stands in another job than {other}"),
                    _ => format!("its {key} is {}, that of {other} {}", value(mine), value(theirs)),
                };
                let shown = !matches!(key.as_str(), "stream" | "session");
                ("id", says, shown.then(|| (key.clone(), theirs_of(key))))
            }
            Misfit::Taken => ("id", "the only record of it is another step already".to_owned(), None),
        }
    }
}

/// How many logs are named as alternatives.
const MOST_LOGS: usize = 4;

/// A distance, in the two largest units that it has.
fn apart(micros: i64) -> String {
    use crate::base::stamp::{DAY, HOUR, MINUTE, SECOND};
    let micros = micros.saturating_abs();
    for (unit, less) in [(DAY, HOUR), (HOUR, MINUTE), (MINUTE, SECOND)] {
        if micros >= unit {
            let (whole, rest) = (micros - micros % unit, micros % unit / less * less);
            let rest = if rest > 0 { format!(" {}", Span(rest)) } else { String::new() };
            return format!("{}{rest}", Span(whole));
        }
    }
    if micros >= SECOND { Span(micros - micros % SECOND).to_string() } else { Span(micros).to_string() }
}

fn doubt_words(doubt: &Doubt) -> (&'static str, String, String) {
    let why = |why: &Why| match why {
        Why::NoDate => "one of them has no date",
        Why::ZoneUnknown => "the zone of one of them is not known",
        Why::HourTwice => "the clocks were changed, and nothing tells which of two hours is meant",
        Why::WithinTolerance => "they lie within the tolerance of the clocks",
    };
    match doubt {
        Doubt::Order { first, second, why: reason } => {
            let says = format!("the order of {first} and {second} is not certain: {}", why(reason));
            ("time", second.clone(), says)
        }
        Doubt::Value { step, key } => ("value", step.clone(), format!("no log tells the {key} of {step}")),
        Doubt::Window { step, window, why: reason } => {
            let says = format!("whether {step} lies in {window} is not certain: {}", why(reason));
            ("window", step.clone(), says)
        }
        Doubt::NotCovered { row } => {
            ("coverage", row.clone(), "no log that was read reaches over the time in question".to_owned())
        }
        Doubt::PerhapsPresent { row } => {
            ("contradiction", row.clone(), "what must not be there perhaps is".to_owned())
        }
        Doubt::Condition { name } => ("condition", name.clone(), format!("{name} is not known")),
    }
}
