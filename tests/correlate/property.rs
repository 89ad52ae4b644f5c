//! The program and the brute-force evaluator agree on random small worlds.
//!
//! A case is a string of bytes that a generator throws as dice: shorter and smaller bytes make simpler worlds, so
//! that proptest shrinks them. `PROPTEST_CASES` sets the number of cases.

use std::sync::Arc;

use blogscan::base::event::Values;
use blogscan::base::{Coverage, Dialect, Finding, Interval, Level, Session, Stamp, Zone};
use blogscan::pattern::model::{
    Absence, ConditionDef, ConditionTest, Ground, Join, Pattern, Rule, Scope, Step, Verdict,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::brute::{Answer, Brute};
use crate::build::*;

/// Bytes thrown as dice; 0 for ever when they are used up.
struct Dice<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Dice<'_> {
    /// One of `0..sides`, 0 the plainest.
    fn throw(&mut self, sides: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % sides
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.throw(sides) == sides - 1
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.throw(list.len())]
    }
}

const TIMES: [f64; 16] = [
    0.0, 1.0, 5.0, 10.0, 0.5, 30.0, 60.0, 61.0, 90.0, 100.0, 299.5, 400.0, 650.0, 3600.0, 40_000.0, 90_000.0,
];
const DIALECTS: [Dialect; 4] =
    [Dialect::WindowsXml, Dialect::NetbackupLegacy, Dialect::NetbackupBpdbjobs, Dialect::NetbackupJob];
const MOST_EVENTS: usize = 7;

fn zone(dice: &mut Dice<'_>, mode: usize) -> Zone {
    match mode {
        0 => Zone::Offset(0),
        1 => Zone::Unknown,
        2 => Zone::Offset(3600),
        _ => dice.pick(&[Zone::Unknown, Zone::Offset(0), Zone::Offset(-5 * 3600)]),
    }
}

fn stamp(dice: &mut Dice<'_>, log: Log) -> Stamp {
    let at = dice.pick(&TIMES);
    let fraction = !dice.one_in(3) || at.fract() != 0.0;
    match dice.throw(8) {
        6 => Stamp::Clock { micros: seconds(at), fraction },
        7 => Stamp::None,
        _ => Stamp::Dated { micros: MORNING + seconds(at), zone: log.zone, fraction, swappable: false },
    }
}

fn scene(dice: &mut Dice<'_>) -> Scene {
    let mut scene = Scene::new();
    scene.skew = dice.pick(&[SKEW, 0]);
    let mut logs: Vec<(Log, usize)> = Vec::new();
    for stream in 0..1 + dice.throw(3) {
        let mode = dice.throw(4);
        let bare = scene.bare(&format!("s{stream}"), dice.pick(&DIALECTS));
        let log = Log { host: dice.pick(&[Some("h1"), None, Some("h2"), Some("H1.x")]), ..bare };
        logs.push((log, mode));
        if dice.one_in(4) {
            logs.push((scene.rotation(&format!("r{stream}"), log), mode));
        }
    }
    for _ in 0..1 + dice.throw(MOST_EVENTS) {
        let (log, mode) = dice.pick(&logs);
        let log = Log { zone: zone(dice, mode), ..log };
        let name = dice.pick(&["a", "b", "c"]);
        let mut put = log.stamped(name, stamp(dice, log));
        for key in ["k", "m"] {
            match dice.throw(4) {
                0 | 3 => put = put.with(&format!("{key}=a")),
                1 => put = put.with(&format!("{key}=b")),
                _ => {}
            }
        }
        put.0.pid = dice.pick(&[Some(1), None, Some(2), Some(1)]);
        put.0.session = dice.pick(&[None, Some(0), Some(1), None]);
        scene.put(put);
    }
    sessions(dice, &mut scene);
    coverage(dice, &mut scene, &logs);
    scene
}

/// A session has the value on which its records agree; some of its records are no events.
fn sessions(dice: &mut Dice<'_>, scene: &mut Scene) {
    for session in 0..2 {
        let mut values = Values::new();
        for key in ["k", "m"] {
            let mut told: Vec<Arc<str>> = scene
                .events
                .iter()
                .filter(|event| event.session == Some(session))
                .filter_map(|event| event.values.get(key).cloned())
                .collect();
            told.extend(dice.one_in(3).then(|| Arc::from("a")));
            told.dedup();
            if let [value] = told.as_slice() {
                values.add(Arc::from(key), value.clone());
            }
        }
        scene.sessions.push(Session { first: None, last: None, values });
    }
}

fn coverage(dice: &mut Dice<'_>, scene: &mut Scene, logs: &[(Log, usize)]) {
    for (log, mode) in logs {
        let mut intervals = Vec::new();
        let mut begin = 0;
        for _ in 0..dice.throw(3) {
            let from = begin + dice.throw(6);
            let to = from + dice.throw(TIMES.len());
            let mut edge = |at: usize| {
                let mut sorted = TIMES;
                sorted.sort_by(f64::total_cmp);
                let second = if at == 0 { -1000.0 } else { sorted.get(at - 1).copied().unwrap_or(200_000.0) };
                Log { zone: zone(dice, *mode), ..*log }.stamp(second)
            };
            intervals.push(Interval { from: edge(from), to: edge(to) });
            begin = to + 1;
        }
        scene.coverage.push(Coverage {
            source: log.source,
            stream: log.stream,
            dialect: log.dialect,
            host: log.host.map(str::to_owned),
            process: None,
            intervals,
        });
    }
}

fn one_key(dice: &mut Dice<'_>) -> &'static str {
    dice.pick(&["k", "m", "stream", "pid", "session", "host"])
}

fn some_step(dice: &mut Dice<'_>, steps: usize) -> String {
    format!("s{}", dice.throw(steps))
}

fn some_join(dice: &mut Dice<'_>, steps: usize) -> Join {
    let key = one_key(dice);
    let mut join = join(key);
    if dice.one_in(3) {
        join.step = Some(some_step(dice, steps));
    }
    join
}

fn some_filter(dice: &mut Dice<'_>) -> blogscan::pattern::model::Where {
    let key = dice.pick(&["k", "m"]);
    is(key, dice.pick(&["a", "b", "a b", "!a", "=s0.k", "=s0.m"]))
}

fn some_within(dice: &mut Dice<'_>) -> Option<blogscan::pattern::model::Within> {
    let (from, to) = dice.pick(&[(0, 0), (0, 60), (0, 10), (5, 400), (0, 90_000), (1, 3600)]);
    (to > 0).then(|| within(from, to))
}

fn some_step_at(dice: &mut Dice<'_>, index: usize, windows: usize) -> Step {
    let events = ["a", "b", "c", "a b", "b c"];
    // The plainest steps are a, then b, then c.
    let event = events[(index + dice.throw(events.len())) % events.len()];
    let mut step = step(&format!("s{index}:{event}"));
    if index > 0 {
        let other = some_step(dice, index);
        step = match dice.throw(6) {
            0..=2 => step.after(&other),
            3 => step.near(&other),
            4 => step.before(&other),
            _ => step,
        };
        step.within = some_within(dice);
        for _ in 0..dice.throw(3) {
            step.same.push(some_join(dice, index));
        }
    }
    if dice.one_in(4) {
        let filter = some_filter(dice);
        let refers = format!("{filter:?}").contains("Reference");
        if !refers || index > 0 {
            step.filters.push(filter);
        }
    }
    if dice.one_in(8) {
        step = step.at_least(2, dice.pick(&[60, 600]));
        if dice.one_in(2) {
            step = step.distinct("m");
        }
    }
    if dice.one_in(10) && windows > 0 {
        step.during = Some(0);
    }
    step
}

fn some_absence(dice: &mut Dice<'_>, steps: usize, number: usize) -> Absence {
    let one = some_step(dice, steps);
    let other = some_step(dice, steps);
    let scope = match dice.throw(6) {
        0 | 1 => Scope::After(one),
        2 => Scope::Before(one),
        3 => Scope::Between(one, other),
        4 => Scope::Near(one),
        _ => Scope::Session(one),
    };
    let mut absence = absence(dice.pick(&["c", "b", "a"]), scope);
    absence.name = format!("absent-{number}");
    if !matches!(absence.scope, Scope::Between(..) | Scope::Session(_)) {
        absence.within = some_within(dice);
    }
    if dice.one_in(2) {
        absence.same.push(some_join(dice, steps));
    }
    if dice.one_in(4) {
        absence.filters.push(some_filter(dice));
    }
    absence
}

fn some_ground(dice: &mut Dice<'_>) -> Ground {
    match dice.throw(4) {
        0 => Ground::On { step: some_step(dice, 2), filters: vec![some_filter(dice)] },
        1 => {
            let name = some_step(dice, 2);
            let events = dice.pick(&["a", "b", "a b"]);
            Ground::Steps(vec![Step {
                filters: vec![some_filter(dice)],
                ..step(&format!("{name}:{events}"))
            }])
        }
        _ => {
            let mut found = step(&format!("free:{}", dice.pick(&["c", "b", "a"])));
            if dice.one_in(2) {
                found.same.push(some_join(dice, 1));
            }
            found = match dice.throw(4) {
                0 | 1 => found,
                2 => found.before("s0"),
                _ => found.after("s0"),
            };
            if dice.one_in(3) {
                found.filters.push(some_filter(dice));
            }
            Ground::Steps(vec![found])
        }
    }
}

fn some_condition(dice: &mut Dice<'_>, number: usize) -> ConditionDef {
    let mut tiers = Vec::new();
    for _ in 0..1 + dice.throw(2) {
        let mut tier = Vec::new();
        for _ in 0..1 + dice.throw(2) {
            tier.push(Rule { met: !dice.one_in(2), ground: some_ground(dice) });
        }
        tiers.push(tier);
    }
    let mut made = condition(&format!("condition-{number}"), []);
    let mut state = None;
    if dice.one_in(3) {
        let (met, unmet) = dice.pick(&[("c", "b"), ("b", "c"), ("c", "a")]);
        let before = some_step(dice, 2);
        let same = dice.pick(&["", "k", "host"]);
        if let ConditionTest::Rules { latest: Some(found), .. } = latest(met, unmet, &before, same).test {
            state = Some(found);
        }
    }
    made.test = ConditionTest::Rules { latest: state, tiers };
    made.unmet_clears = dice.one_in(4);
    made
}

fn some_verdict(dice: &mut Dice<'_>, level: Level, conditions: usize, windows: usize) -> Verdict {
    let count = 1 + dice.throw(3);
    let steps: Vec<Step> = (0..count).map(|index| some_step_at(dice, index, windows)).collect();
    let mut made = verdict(level, steps);
    for number in 0..dice.throw(3) {
        let absence = some_absence(dice, count, number);
        if dice.one_in(3) {
            made.unless.push(absence);
        } else {
            made.absent.push(absence);
        }
    }
    for number in 0..conditions {
        if dice.one_in(2) {
            made.needs.push(number);
        }
    }
    if dice.one_in(5) {
        made = VerdictParts::about(made, dice.pick(&["m", "k", "k m", ""]));
    }
    made
}

fn some_pattern(dice: &mut Dice<'_>) -> Pattern {
    let mut levels: Vec<Level> = (0..1 + dice.throw(3)).map(|_| dice.pick(&Level::ALL)).collect();
    levels.sort_by_key(|level| std::cmp::Reverse(*level));
    let conditions = dice.throw(3);
    let windows = dice.throw(2);
    let verdicts: Vec<Verdict> =
        levels.into_iter().map(|level| some_verdict(dice, level, conditions, windows)).collect();
    let mut made = PatternParts::about(pattern(verdicts), dice.pick(&["k", "k m", "m"]));
    for number in 0..conditions {
        made = made.condition(some_condition(dice, number));
    }
    if windows > 0 {
        let mut def = window("b", "c", dice.pick(&[0, 5]), dice.pick(&[60, 600]));
        if dice.one_in(2) {
            def.same = Vec::new();
            def.joins = Vec::new();
        }
        made = made.window(def);
    }
    if dice.one_in(4) {
        made.horizon = blogscan::base::stamp::Span(seconds(600.0));
    }
    made
}

/// What the program says, in the shape of the brute-force evaluator; evidence and rows whole.
fn said(finding: &Finding) -> Answer {
    Answer {
        level: finding.level.name(),
        about: finding.about.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        repeats: finding.repeats,
        evidence: finding
            .evidence
            .iter()
            .map(|shown| (shown.event.clone(), shown.source.clone(), shown.line.unwrap()))
            .collect(),
        rows: finding
            .conditions
            .iter()
            .map(|row| (row.name.clone(), format!("{:?}", row.state).to_lowercase()))
            .collect(),
    }
}

fn compare(pattern: &[u8], scene_bytes: &[u8]) -> Result<bool, String> {
    let pattern = some_pattern(&mut Dice { bytes: pattern, at: 0 });
    let scene = scene(&mut Dice { bytes: scene_bytes, at: 0 });
    let catalogue = catalogue(vec![pattern]);
    let mut answers = Brute::new(&scene, &catalogue, &catalogue.patterns[0]).answers();
    let mut findings: Vec<Answer> = scene.judge(&catalogue).findings.iter().map(said).collect();
    findings.sort();
    answers.sort();
    // The program lists more evidence and rows behind those of the steps and of the verdict's own conditions.
    for (finding, answer) in findings.iter_mut().zip(&answers) {
        finding.evidence.truncate(answer.evidence.len());
        finding.rows.truncate(answer.rows.len());
    }
    if findings == answers {
        return Ok(!answers.is_empty());
    }
    let lines = |answers: &[Answer]| {
        answers.iter().map(|answer| format!("  {answer:?}")).collect::<Vec<_>>().join("\n")
    };
    Err(format!(
        "{}program:\n{}\nrules:\n{}",
        drawn(&scene, &catalogue.patterns[0]),
        lines(&findings),
        lines(&answers)
    ))
}

/// The case in as few lines as possible.
fn drawn(scene: &Scene, pattern: &Pattern) -> String {
    let mut text = format!("\npattern about {:?} horizon {}\n", pattern.about, pattern.horizon);
    for verdict in &pattern.verdicts {
        text += &format!("{:?} about {:?} needs {:?}\n", verdict.level, verdict.about, verdict.needs);
        for step in &verdict.steps {
            text += &format!(
                "  {} {:?} {:?} {:?} same {:?} where {:?} count {:?} during {:?}\n",
                step.name,
                step.kinds,
                step.order,
                step.within,
                step.same,
                step.filters,
                step.count,
                step.during
            );
        }
        for (word, list) in [("absent", &verdict.absent), ("unless", &verdict.unless)] {
            for absence in list {
                text += &format!(
                    "  {word} {:?} {:?} {:?} same {:?} where {:?}\n",
                    absence.kinds, absence.scope, absence.within, absence.same, absence.filters
                );
            }
        }
    }
    for condition in &pattern.conditions {
        text += &format!("{} clears={} {:?}\n", condition.name, condition.unmet_clears, condition.test);
    }
    for def in &pattern.windows {
        text += &format!("{def:?}\n");
    }
    for event in &scene.events {
        let values: Vec<String> = event.values.iter().map(|(key, value)| format!("{key}={value}")).collect();
        text += &format!(
            "{} {}:{} stream {} {} {:?} {:?} pid {:?} session {:?} {}\n",
            KINDS[event.kind.0 as usize],
            scene.sources[event.source.0 as usize].path,
            event.line.unwrap(),
            event.stream.0,
            event.dialect.name(),
            event.host,
            event.stamp,
            event.pid,
            event.session,
            values.join(" ")
        );
    }
    for session in &scene.sessions {
        text += &format!("session {:?}\n", session.values);
    }
    for coverage in &scene.coverage {
        text += &format!(
            "covered s{} {} {:?} {}\n",
            coverage.source.0,
            coverage.dialect.name(),
            coverage.host,
            coverage
                .intervals
                .iter()
                .map(|interval| format!("{:?} .. {:?}", interval.from, interval.to))
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    text + &format!("skew {}\n", scene.skew)
}

#[test]
fn the_program_agrees_with_the_rules() {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = asked.unwrap_or(6000);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200_000, ..Config::default() };
    // The same cases in every run, unless somebody asks for a number of them: then others each time.
    let mut runner = match asked {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let found = std::cell::Cell::new(0_u32);
    let bytes = || proptest::collection::vec(any::<u8>(), 0..200);
    let result = runner.run(&(bytes(), bytes()), |(pattern, scene)| match compare(&pattern, &scene) {
        Ok(holds) => {
            found.set(found.get() + u32::from(holds));
            Ok(())
        }
        Err(difference) => Err(TestCaseError::fail(difference)),
    });
    if let Err(proptest::test_runner::TestError::Fail(reason, bytes)) = result {
        panic!("{}\nbytes {bytes:?}", reason.message());
    }
    // A property that never raises a finding would prove nothing.
    assert!(found.get() > cases / 5, "{} of {cases} cases have a finding", found.get());
}
