//! Floods: more findings than are shown each, more objects than are told apart, events that were read and not held.

use blogscan::base::Dialect::{NetbackupJob, WindowsXml};
use blogscan::base::{ConditionState, NoticeCode};
use blogscan::correlate::Bounds;
use blogscan::pattern::Pattern;

use crate::build::*;

/// `a` alone is likely, with a `b` behind it confirmed.
fn a_then_b() -> Pattern {
    pattern([confirmed([step("a"), step("b").after("a").within(0, 60).same("k")]), likely([step("a")])])
}

/// `a(0 s)` of k=0, `a(100 s)` of k=1 and so on; the last one has a `b`.
fn many(count: usize, bounds: Bounds) -> Scene {
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    for number in 0..count {
        scene.put(log.at("a", number as f64 * 100.0).with(&format!("k={number}")));
    }
    let last = count - 1;
    scene.put(log.at("b", last as f64 * 100.0 + 5.0).with(&format!("k={last}")));
    Scene { bounds, ..scene }
}

fn notices(scene: &Scene, pattern: Pattern) -> Vec<String> {
    let judgement = scene.judge(&catalogue(vec![pattern]));
    let line = |notice: &blogscan::base::Notice| format!("{}: {}", notice.code.name(), notice.detail);
    judgement.notices.iter().map(line).collect()
}

#[test]
fn findings_beyond_the_bound_are_counted_with_first_and_last() {
    // a0  a1  a2  a3  a4 b4
    let scene = many(5, Bounds { findings: 3, ..Bounds::default() });
    assert_eq!(
        scene.told(a_then_b()),
        ["confirmed k=4: a log:5, b log:6", "likely k=0: a log:1", "likely k=1: a log:2"]
    );
    assert_eq!(
        notices(&scene, a_then_b()),
        ["many-findings: TEST: 2 more findings (likely) are counted and not shown each, from \
          2009-03-05T00:03:20.000Z to 2009-03-05T00:05:00.000Z (--max-findings)"]
    );
    assert!(!NoticeCode::ManyFindings.is_trouble(), "everything was read and judged");
    assert!(notices(&many(5, Bounds::default()), a_then_b()).is_empty());
}

#[test]
fn objects_that_are_not_told_apart_are_counted_and_a_stronger_one_is_still_told() {
    let scene = many(5, Bounds { objects: 2, ..Bounds::default() });
    assert_eq!(
        scene.told(a_then_b()),
        ["confirmed k=4: a log:5, b log:6", "likely k=0: a log:1", "likely k=1: a log:2"]
    );
    assert_eq!(
        notices(&scene, a_then_b()),
        ["many-events: TEST: 2 more events (likely) are about more objects than are told apart, from \
          2009-03-05T00:03:20.000Z to 2009-03-05T00:05:00.000Z"]
    );
    assert!(NoticeCode::ManyEvents.is_trouble(), "what they say of those objects is not known");
}

#[test]
fn the_findings_of_the_time_that_was_asked_for_are_shown_first() {
    let asked = |from: f64, to: f64| (MORNING + seconds(from), MORNING + seconds(to));
    let told = |asked| many(5, Bounds { findings: 2, asked, ..Bounds::default() }).told(a_then_b());
    assert_eq!(told(asked(150.0, 320.0)), ["likely k=2: a log:3", "likely k=3: a log:4"]);
    assert_eq!(told(asked(300.0, 900.0)), ["confirmed k=4: a log:5, b log:6", "likely k=3: a log:4"]);
}

#[test]
fn shown_and_counted_are_all_whatever_the_bound() {
    for most in 0..7 {
        let scene = many(6, Bounds { findings: most, ..Bounds::default() });
        let shown = scene.findings(a_then_b()).len();
        let counted: usize = notices(&scene, a_then_b())
            .iter()
            .map(|notice| notice.split(' ').nth(2).unwrap().parse::<usize>().unwrap())
            .sum();
        assert_eq!((shown, shown + counted), (most.min(6), 6));
    }
}

#[test]
fn repeats_of_one_object_count_to_the_last() {
    // a, 1000 times, five minutes apart: one finding.
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    for number in 0..300 {
        scene.put(log.at("a", f64::from(number) * 300.0).with("k=x"));
    }
    let findings = scene.findings(a_then_b());
    let told: Vec<_> = findings.iter().map(|finding| (finding.repeats, finding.last.as_deref())).collect();
    assert_eq!(told, [(299, Some("2009-03-06T00:55:00.000Z"))]);
    assert_eq!(findings[0].first.as_deref(), Some("2009-03-05T00:00:00.000Z"));
}

/// `a(100 s)` in a log that covers what follows; of the named sorts events were not held.
fn losing(lost: &[&'static str]) -> Scene {
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    scene.put(log.at("a", 100.0).with("k=x")).covers(log, 0.0, 1000.0);
    Scene { lost: lost.to_vec(), ..scene }
}

#[test]
fn what_was_not_held_is_not_absent() {
    let absent = || pattern([confirmed([step("a")]).absent(absence("b", after("a")).reach(0, 60))]);
    assert_eq!(losing(&[]).level(absent()), "confirmed");
    assert_eq!(losing(&["c"]).level(absent()), "confirmed");
    assert_eq!(losing(&["b"]).level(absent()), "likely");
    assert_eq!(losing(&["b"]).findings(absent())[0].conditions[0].state, ConditionState::Unknown);
    let cleared = || pattern([cleared([step("a")]).absent(absence("b", after("a")).reach(0, 60))]);
    assert_eq!(losing(&[]).level(cleared()), "cleared");
    assert_eq!(losing(&["b"]).level(cleared()), "none");
    let unless = || pattern([confirmed([step("a")]).unless(absence("b", after("a")))]);
    assert_eq!(losing(&[]).level(unless()), "confirmed");
    assert_eq!(losing(&["b"]).level(unless()), "likely");
}

#[test]
fn a_session_that_was_not_held_whole_proves_nothing() {
    let in_session = || {
        pattern([confirmed([step("a")])
            .absent(absence("b", blogscan::pattern::model::Scope::Session("a".to_owned())))])
    };
    let mut scene = Scene::new();
    let log = scene.log("log", NetbackupJob, "srv");
    let session = scene.session(None, None, "");
    scene.put(log.at("a", 100.0).with("k=x").session(session));
    assert_eq!(scene.level(in_session()), "confirmed");
    assert_eq!(Scene { lost: vec!["b"], ..scene }.level(in_session()), "likely");
}

#[test]
fn a_state_whose_changes_were_not_held_is_not_known() {
    let state = || pattern([confirmed([step("a")]).needs(0)]).condition(latest("b", "c", "a", "k"));
    let scene = |lost: &[&'static str]| {
        let mut scene = Scene::new();
        let log = scene.log("log", WindowsXml, "srv");
        scene.put(log.at("b", 50.0).with("k=x")).put(log.at("a", 100.0).with("k=x"));
        Scene { lost: lost.to_vec(), ..scene }
    };
    assert_eq!(scene(&[]).level(state()), "confirmed");
    assert_eq!(scene(&["c"]).level(state()), "likely");
}

#[test]
fn outside_of_windows_that_were_not_held_is_in_doubt() {
    let outside = || {
        let mut outer = step("a");
        outer.outside = Some(0);
        pattern([confirmed([outer])]).window(window("b", "c", 0, 3600))
    };
    assert_eq!(losing(&[]).level(outside()), "confirmed");
    assert_eq!(losing(&["b"]).level(outside()), "likely");
}
