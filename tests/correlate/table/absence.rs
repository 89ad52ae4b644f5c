//! `absent`, `unless`, `uncovered`, and which logs prove that nothing happened.

use blogscan::base::Dialect::{
    NetbackupBpdbjobs, NetbackupJob, NetbackupLegacy, NetbackupTpconfigDsh, WindowsXml,
};
use blogscan::base::{ConditionState, Dialect, Interval, NoticeCode, Zone};
use blogscan::pattern::Pattern;

use crate::build::*;

/// `a`, and no `b` for a minute.
fn a_without_b() -> Pattern {
    pattern([confirmed([step("a")]).absent(absence("b", after("a")).reach(0, 60))])
}

/// `a`, then `c`, no `b` between them.
fn no_b_between() -> Pattern {
    pattern([confirmed([step("a"), step("c").after("a")]).absent(absence("b", between("a", "c")))])
}

/// `a(100 s)` in a log of this dialect that covers the given seconds.
fn covered(dialect: Dialect, spans: &[(f64, f64)]) -> Scene {
    let mut scene = Scene::new();
    let log = scene.log("log", dialect, "srv");
    scene.put(log.at("a", 100.0).with("k=x")).covers(log, 0.0, 0.0);
    scene.coverage[0].intervals =
        spans.iter().map(|(from, to)| Interval { from: log.stamp(*from), to: log.stamp(*to) }).collect();
    scene
}

#[test]
fn seen_refutes_covered_proves_and_the_rest_is_unknown() {
    // |---a----b---|      |---a--------|      |---a--|
    let state = |scene: &Scene| {
        let findings = scene.findings(a_without_b());
        findings.first().map(|finding| (finding.level.name(), finding.conditions[0].state))
    };
    let mut seen = covered(WindowsXml, &[(0.0, 200.0)]);
    let log = Log { source: seen.events[0].source, ..Scene::new().log("log", WindowsXml, "srv") };
    seen.put(log.at("b", 160.0));
    assert_eq!(state(&seen), None);
    assert_eq!(state(&covered(WindowsXml, &[(0.0, 200.0)])), Some(("confirmed", ConditionState::Met)));
    assert_eq!(state(&covered(WindowsXml, &[(0.0, 160.0)])), Some(("confirmed", ConditionState::Met)));
    assert_eq!(state(&covered(WindowsXml, &[(0.0, 159.0)])), Some(("likely", ConditionState::Unknown)));
    assert_eq!(state(&covered(WindowsXml, &[(101.0, 200.0)])), Some(("likely", ConditionState::Unknown)));
    assert_eq!(state(&covered(WindowsXml, &[])), Some(("likely", ConditionState::Unknown)));
}

#[test]
fn a_hole_breaks_coverage() {
    // |--a--|   |----|
    assert_eq!(covered(WindowsXml, &[(0.0, 120.0), (130.0, 300.0)]).level(a_without_b()), "likely");
    assert_eq!(
        covered(WindowsXml, &[(0.0, 120.0), (130.0, 300.0)]).doubts(a_without_b()),
        ["no log at hand covers the time in question (no b)"]
    );
}

#[test]
fn an_unknown_absence_says_what_to_collect() {
    let scene = covered(WindowsXml, &[(0.0, 120.0)]);
    let finding = scene.findings(a_without_b()).remove(0);
    assert_eq!(finding.collect.len(), 1);
    assert_eq!(finding.conditions[0].collect, Some(finding.collect[0].clone()));
    assert!(finding.collect[0].ends_with("from 2009-03-05 00:01 UTC on"), "{}", finding.collect[0]);
}

#[test]
fn which_logs_can_prove_an_absence() {
    // |---a--------|     as an event log, a job list, the details of one job, a listing
    let level = |dialect| covered(dialect, &[(0.0, 200.0)]).level(a_without_b());
    assert_eq!(level(WindowsXml), "confirmed");
    assert_eq!(level(NetbackupBpdbjobs), "confirmed");
    assert_eq!(level(NetbackupJob), "likely");
    assert_eq!(level(NetbackupTpconfigDsh), "likely");
}

#[test]
fn the_log_must_be_of_a_dialect_that_can_hold_the_event() {
    let scene = covered(WindowsXml, &[(0.0, 200.0)]);
    let mut catalogue = catalogue(vec![a_without_b()]);
    catalogue.events[1].dialects = vec![NetbackupLegacy];
    assert_eq!(scene.judge(&catalogue).findings[0].level.name(), "likely");
}

#[test]
fn a_log_of_another_process_cannot_hold_the_event() {
    // bptm |---a------|     b is logged by bpdm
    let mut scene = covered(NetbackupLegacy, &[(0.0, 200.0)]);
    let mut catalogue = catalogue(vec![a_without_b()]);
    catalogue.events[1].processes = vec!["bpdm".to_owned()];
    for (process, level) in [(Some("bptm"), "likely"), (Some("BPDM"), "confirmed"), (None, "confirmed")] {
        scene.coverage[0].process = process.map(str::to_owned);
        assert_eq!(scene.judge(&catalogue).findings[0].level.name(), level);
    }
}

/// `a` on `h1` in a log that reaches nowhere, and a second log, of `h2`, that covers the time.
fn elsewhere(host: Option<&'static str>, names: &str) -> Scene {
    let mut scene = Scene::new();
    let one = scene.log("one", WindowsXml, "h1");
    let other = Log { host, ..scene.log("other", WindowsXml, "h1") };
    scene.put(one.at("a", 100.0).with("k=x")).put(other.at("d", 0.0).with(names));
    scene.covers(one, 100.0, 100.0).covers(other, 0.0, 200.0);
    scene
}

#[test]
fn the_log_must_be_of_the_anchors_host_or_name_the_object() {
    // one (h1): a|      other: |d-----------|
    assert_eq!(elsewhere(Some("h1"), "k=y").level(a_without_b()), "confirmed");
    assert_eq!(elsewhere(Some("h2"), "k=y").level(a_without_b()), "likely");
    assert_eq!(elsewhere(None, "k=y").level(a_without_b()), "likely");
    assert_eq!(elsewhere(Some("h2"), "k=x").level(a_without_b()), "confirmed");
}

#[test]
fn what_is_joined_on_the_stream_can_stand_in_that_stream_only() {
    // one (h1): a|      other (h1): |-----------|     b of the same stream as a
    let joined =
        || pattern([confirmed([step("a")]).absent(absence("b", after("a")).reach(0, 60).joined("stream"))]);
    assert_eq!(elsewhere(Some("h1"), "k=y").level(joined()), "likely");
    assert_eq!(covered(WindowsXml, &[(0.0, 200.0)]).level(joined()), "confirmed");
}

#[test]
fn a_log_of_a_later_steps_host_proves_nothing_for_the_anchors() {
    // h1: a(0)|         h2: |-----c(1000)--|     no b between them
    let mut scene = Scene::new();
    let (one, other) = (scene.log("one", WindowsXml, "h1"), scene.log("other", WindowsXml, "h2"));
    scene.put(one.at("a", 0.0).with("k=x")).put(other.at("c", 1000.0));
    scene.covers(other, -1000.0, 2000.0);
    assert_eq!(scene.level(no_b_between()), "likely");
    scene.events[1].values.add("k".into(), "x".into());
    assert_eq!(scene.level(no_b_between()), "confirmed");
}

#[test]
fn rotations_are_joined_over_the_quiet_time() {
    // log.1 |--a--|    10 h    log.2 |--c--|         and 30 h
    for (hours, level) in [(10.0, "confirmed"), (30.0, "likely")] {
        let mut scene = Scene::new();
        let one = scene.log("log.1", NetbackupLegacy, "srv");
        let two = scene.rotation("log.2", one);
        let later = hours * 3600.0;
        scene.put(one.at("a", 0.0).with("k=x")).put(two.at("c", later));
        scene.covers(one, -100.0, 100.0).covers(two, later - 100.0, later + 100.0);
        assert_eq!(scene.level(no_b_between()), level);
    }
}

#[test]
fn an_open_end_needs_a_log_that_reaches_past_the_step() {
    // |--a          |--a--|          in the debug log whose disorder is a second as well
    let open = || pattern([confirmed([step("a")]).absent(absence("b", after("a")))]);
    for dialect in [WindowsXml, NetbackupLegacy] {
        assert_eq!(covered(dialect, &[(0.0, 100.0)]).level(open()), "likely");
        assert_eq!(covered(dialect, &[(0.0, 101.0)]).level(open()), "confirmed");
    }
    // a--|          |--a--|          the same backwards
    let open = || pattern([confirmed([step("a")]).absent(absence("b", before("a")))]);
    assert_eq!(covered(WindowsXml, &[(100.0, 200.0)]).level(open()), "likely");
    assert_eq!(covered(WindowsXml, &[(99.0, 200.0)]).level(open()), "confirmed");
}

#[test]
fn a_log_of_unknown_zone_covers_only_what_it_covers_in_every_zone() {
    // one (UTC): a(0)      other (zone?): |-10 h ... 10 h|      |-20 h ... 20 h|
    for (hours, level) in [(10.0, "likely"), (20.0, "confirmed")] {
        let mut scene = Scene::new();
        let one = scene.log("one", WindowsXml, "srv");
        let other = Log { zone: Zone::Unknown, ..scene.log("other", WindowsXml, "srv") };
        scene.put(one.at("a", 0.0).with("k=x"));
        scene.covers(other, -hours * 3600.0, hours * 3600.0);
        assert_eq!(scene.level(a_without_b()), level);
    }
}

#[test]
fn what_is_perhaps_there_lowers_and_what_lacks_the_value_is_ignored() {
    // |---a--b(k?)------|     b on the same k; b where copy=1
    let scene = |values: &str| {
        let mut scene = covered(WindowsXml, &[(0.0, 300.0)]);
        let log = Log { source: scene.events[0].source, ..Scene::new().log("log", WindowsXml, "srv") };
        scene.put(log.at("b", 130.0).with(values));
        scene
    };
    let no_b = || absence("b", after("a")).reach(0, 60);
    let joined = || pattern([confirmed([step("a")]).absent(no_b().joined("k"))]);
    assert_eq!(scene("").level(joined()), "confirmed");
    assert_eq!(scene("k=y").level(joined()), "confirmed");
    assert_eq!(scene("k=x").level(joined()), "none");
    let filtered = || pattern([confirmed([step("a")]).absent(no_b().only("copy", "1"))]);
    assert_eq!(scene("").level(filtered()), "likely");
    assert_eq!(scene("copy=2").level(filtered()), "confirmed");
    assert_eq!(scene("copy=1").level(filtered()), "none");
}

#[test]
fn events_bound_to_steps_are_not_seen_and_edges_are_exclusive() {
    // |--a(0)  b(10)=step  b(20)--|     no b between a and the first b
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    scene.put(log.at("a", 0.0).with("k=x")).put(log.at("b", 10.0)).put(log.at("b", 20.0));
    scene.covers(log, 0.0, 100.0);
    let first =
        pattern([confirmed([step("a"), step("b").after("a")]).absent(absence("b", between("a", "b")))]);
    assert_eq!(scene.told(first), ["confirmed k=x: a log:1, b log:2"]);
    let near = pattern([confirmed([step("a")]).absent(absence("a", after("a")).reach(0, 60))]);
    assert_eq!(scene.level(near), "confirmed");
}

#[test]
fn absence_in_a_session() {
    // session 0: a      b in session 0 or 1
    for (session, level) in [(0, "none"), (1, "confirmed")] {
        let mut scene = Scene::new();
        let log = scene.log("log", NetbackupJob, "srv");
        scene.session(None, None, "");
        scene.session(None, None, "");
        scene.put(log.at("a", 0.0).with("k=x").session(0)).put(log.at("b", 1.0).session(session));
        let scope = blogscan::pattern::model::Scope::Session("a".to_owned());
        assert_eq!(scene.level(pattern([confirmed([step("a")]).absent(absence("b", scope))])), level);
    }
}

#[test]
fn between_steps_that_lie_further_apart_than_the_horizon() {
    // |--a(0) ------ b(1500) -- c(2000)--|     horizon 600 s, explicit windows are longer
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    scene.put(log.at("a", 0.0).with("k=x")).put(log.at("b", 1500.0)).put(log.at("c", 2000.0));
    scene.covers(log, 0.0, 3000.0);
    let steps = [step("a"), step("c").after("a").within(0, 5000)];
    let mut far = pattern([confirmed(steps).absent(absence("b", between("a", "c")))]);
    far.horizon = blogscan::base::stamp::Span(seconds(600.0));
    assert_eq!(scene.level(far), "none");
}

#[test]
fn unless_refutes_asks_for_no_coverage_and_shows_on_the_weaker_level() {
    // a  b  c     success between, failure later
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    scene.put(log.at("a", 0.0).with("k=x")).put(log.at("b", 10.0).with("k=x")).put(log.at("c", 20.0));
    let refuted = |key: &str| {
        let unless = absence("b", between("a", "c")).joined(key);
        pattern([confirmed([step("a"), step("c").after("a")]).unless(unless), likely([step("a")])])
    };
    let finding = scene.findings(refuted("k")).remove(0);
    assert_eq!(finding.level.name(), "likely");
    let row = &finding.conditions[0];
    assert_eq!((row.name.as_str(), row.state), ("no-b", ConditionState::Unmet));
    assert_eq!(finding.evidence[row.evidence[0]].line, Some(2));
    // not seen: nothing covers it, and that is no doubt
    assert_eq!(scene.told(refuted("m")), ["confirmed k=x: a log:1, c log:3"]);
    assert_eq!(scene.doubts(refuted("m")), [""; 0]);
}

#[test]
fn a_contradiction_that_is_perhaps_there_lowers() {
    // one (UTC): a(0)  c(20)     other (zone?): b(10)
    let mut scene = Scene::new();
    let one = scene.log("one", WindowsXml, "srv");
    let other = Log { zone: Zone::Unknown, ..scene.log("other", WindowsXml, "srv") };
    scene.put(one.at("a", 0.0).with("k=x")).put(one.at("c", 20.0)).put(other.at("b", 10.0));
    let steps = [step("a"), step("c").after("a")];
    assert_eq!(scene.level(pattern([confirmed(steps).unless(absence("b", between("a", "c")))])), "likely");
}

#[test]
fn uncovered_verdicts_are_for_cases_without_that_log() {
    // |---a-----|     a--
    let only = || pattern([suspected([step("a")]).uncovered(absence("b", after("a")).reach(0, 60))]);
    assert_eq!(covered(WindowsXml, &[(0.0, 300.0)]).level(only()), "none");
    assert_eq!(covered(WindowsXml, &[(0.0, 110.0)]).level(only()), "suspected");
    assert_eq!(covered(WindowsXml, &[(0.0, 110.0)]).doubts(only()), [""; 0]);
}

#[test]
fn cleared_needs_the_proof_and_an_open_end_is_a_notice() {
    // |---a-----|     |---a--|
    let clears = || pattern([cleared([step("a")]).absent(absence("b", after("a")).reach(0, 60))]);
    assert_eq!(covered(WindowsXml, &[(0.0, 300.0)]).level(clears()), "cleared");
    let open = covered(WindowsXml, &[(0.0, 110.0)]).judge(&catalogue(vec![clears()]));
    assert_eq!(open.findings.len(), 0);
    assert_eq!(open.notices.len(), 1);
    assert_eq!((open.notices[0].code, open.notices[0].line), (NoticeCode::OpenEnd, Some(1)));
}

/// The log goes on behind the time in question, but nothing of that time is in it.
#[test]
fn a_hole_in_the_time_in_question_is_a_notice() {
    // |---a--|  |-----|
    let clears = || pattern([cleared([step("a")]).absent(absence("b", after("a")).reach(0, 60))]);
    let hole = covered(WindowsXml, &[(0.0, 110.0), (150.0, 300.0)]).judge(&catalogue(vec![clears()]));
    assert_eq!(hole.findings.len(), 0);
    let told: Vec<_> = hole.notices.iter().map(|notice| (notice.code, notice.line)).collect();
    assert_eq!(told, [(NoticeCode::Hole, Some(1))]);
    assert!(hole.notices[0].detail.contains("has a hole where it would show"), "{}", hole.notices[0].detail);
    // The hole lies behind the time in question: it hides nothing.
    let behind = covered(WindowsXml, &[(0.0, 165.0), (200.0, 300.0)]).judge(&catalogue(vec![clears()]));
    assert_eq!((behind.findings.len(), behind.notices.len()), (1, 0));
}

#[test]
fn exposed_holds_with_an_absence_in_doubt() {
    // reverted, nothing since: the job logs reach to now, or end before
    let waits = || pattern([exposed([step("a")]).absent(absence("b", after("a")))]);
    let now = covered(NetbackupBpdbjobs, &[(0.0, 9000.0)]);
    assert_eq!((now.level(waits()), now.doubts(waits()).len()), ("exposed", 0));
    let before = covered(NetbackupBpdbjobs, &[(0.0, 50.0)]);
    assert_eq!((before.level(waits()), before.doubts(waits()).len()), ("exposed", 1));
}

#[test]
fn logs_that_name_other_machines_are_named() {
    // a(vm=srv-db1)      b(vm=db1.corp.local) in a job list that covers the time
    let mut scene = Scene::new();
    let (one, jobs) = (scene.log("one", WindowsXml, "vc"), scene.log("jobs", NetbackupBpdbjobs, "be"));
    scene.put(one.at("a", 0.0).with("vm=srv-db1")).put(jobs.at("b", 900.0).with("vm=db1.corp.local"));
    scene.covers(jobs, -1000.0, 1000.0);
    let waits = || {
        let absent = absence("b", after("a")).joined("vm");
        PatternParts::about(pattern([exposed([step("a")]).absent(absent)]), "vm")
    };
    assert_eq!(scene.doubts(waits()), ["no job log names srv-db1; the job logs at hand name db1.corp.local"]);
    scene.links.push(("srv-db1".to_owned(), "db1.corp.local".to_owned()));
    assert_eq!(scene.level(waits()), "none");
}
