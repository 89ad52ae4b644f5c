//! Windows, counts, running sessions.

use blogscan::base::Dialect::{NetbackupJob, WindowsXml};
use blogscan::base::Zone;
use blogscan::pattern::Pattern;
use blogscan::pattern::model::{Scope, Step};
use blogscan::verdict::Judgement;

use crate::build::*;

/// `a` inside (or outside) a window from `b` to `c` on the same `k`: slack 120 s, longest 1 h.
fn during() -> Pattern {
    let inside = Step { during: Some(0), ..step("a") };
    pattern([confirmed([inside])]).window(window("b", "c", 120, 3600))
}

fn outside() -> Pattern {
    let outside = Step { outside: Some(0), ..step("a") };
    pattern([confirmed([outside])]).window(window("b", "c", 120, 3600))
}

/// `b` and perhaps `c` at these seconds, and `a`.
fn scene(open: f64, close: Option<f64>, a: f64) -> Scene {
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    scene.put(log.at("b", open).with("k=x"));
    if let Some(close) = close {
        scene.put(log.at("c", close).with("k=x"));
    }
    scene.put(log.at("a", a).with("k=x"));
    scene
}

#[test]
fn inside_a_window_within_its_slack() {
    //   |b(1000)----c(2000)|      a(880) a(1500) a(2120) | a(879) a(2121)
    for (second, inside) in [(880.0, true), (1500.0, true), (2120.0, true), (879.0, false), (2121.0, false)] {
        let scene = scene(1000.0, Some(2000.0), second);
        assert_eq!(scene.level(during()), if inside { "confirmed" } else { "none" }, "{second}");
        assert_eq!(scene.level(outside()), if inside { "none" } else { "confirmed" }, "{second}");
    }
}

#[test]
fn of_more_windows_than_are_held_at_once_each_is_asked() {
    // |b c|  |b c|  ... a hundred seconds apart, 10,100 of them; an `a` in and behind some of them
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    let inside = Step { during: Some(0), ..step("a") };
    let found = VerdictParts::about(confirmed([inside]), "k n");
    let pattern = pattern([found]).window(window("b", "c", 0, 60));
    for number in 0..10_100 {
        let at = f64::from(number) * 100.0;
        scene.put(log.at("b", at).with("k=x")).put(log.at("c", at + 10.0).with("k=x"));
        scene.put(log.at("a", at + 5.0).with(&format!("k=x n={number}")));
        scene.put(log.at("a", at + 50.0).with("k=x n=behind"));
    }
    let Judgement { findings, notices } = scene.judge(&catalogue(vec![pattern]));
    assert_eq!(findings.len(), 2_000);
    assert!(findings.iter().all(|finding| finding.about["n"] != "behind" && finding.evidence.len() == 3));
    assert!(notices[0].detail.contains(" 8100 more findings (confirmed)"), "{notices:?}");
}

#[test]
fn an_unclosed_window_ends_at_its_longest() {
    //   |b(0)---- ... 3600|      a(3720)  a(3721)
    assert_eq!(scene(0.0, None, 3720.0).level(during()), "confirmed");
    assert_eq!(scene(0.0, None, 3721.0).level(during()), "none");
}

#[test]
fn a_window_closes_for_its_own_object_and_holds_only_for_it() {
    // b(x)  c(y)  a(x)      b(x)  a(y)
    let mut other_close = scene(0.0, None, 1000.0);
    let log = Log { source: other_close.events[0].source, ..Scene::new().log("log", WindowsXml, "srv") };
    other_close.put(log.at("c", 100.0).with("k=y"));
    assert_eq!(other_close.level(during()), "confirmed");
    let mut other = scene(0.0, Some(100.0), 9000.0);
    other.put(log.at("a", 50.0).with("k=y"));
    assert_eq!(other.level(during()), "none");
}

#[test]
fn a_window_of_another_host_is_a_doubt_and_uses_no_clock_tolerance() {
    // h2: |b(0)---c(1000)|      h1: a(500), a(1121)
    for (second, level) in [(500.0, "confirmed"), (1121.0, "none")] {
        let mut scene = Scene::new();
        let (one, other) = (scene.log("one", WindowsXml, "h1"), scene.log("other", WindowsXml, "h2"));
        scene.put(other.at("b", 0.0).with("k=x")).put(other.at("c", 1000.0).with("k=x"));
        scene.put(one.at("a", second).with("k=x"));
        assert_eq!(scene.level(during()), level);
        if level == "confirmed" {
            assert_eq!(
                scene.doubts(during()),
                ["the snapshot window of a (one:1) was logged by another host"]
            );
        }
    }
}

#[test]
fn a_window_of_unknown_zone_lowers() {
    // other (zone?): |b(0)---c(1000)|      one (UTC): a(500)
    let mut scene = Scene::new();
    let one = scene.log("one", WindowsXml, "srv");
    let other = Log { zone: Zone::Unknown, ..scene.log("other", WindowsXml, "srv") };
    scene.put(other.at("b", 0.0).with("k=x")).put(other.at("c", 1000.0).with("k=x"));
    scene.put(one.at("a", 500.0).with("k=x"));
    assert_eq!(scene.level(during()), "likely");
    assert_eq!(
        scene.doubts(during())[0],
        "whether a (one:1) lies inside a snapshot window is not certain: zone unknown (--tz tells it)"
    );
}

#[test]
fn what_perhaps_closed_a_window_leaves_it_open_to_doubt() {
    // one (UTC): |b(0) ...      a(60)   a(3000)      other (zone?): c(600)
    for (second, level) in [(60.0, "confirmed"), (3000.0, "likely")] {
        let mut scene = scene(0.0, None, second);
        let other = Log { zone: Zone::Unknown, ..scene.log("other", WindowsXml, "srv") };
        scene.put(other.at("c", 600.0).with("k=x"));
        assert_eq!(scene.level(during()), level);
    }
}

/// Two stalls of different families within ten minutes.
fn two_families() -> Pattern {
    pattern([confirmed([step("a").at_least(2, 600).distinct("family")])])
}

fn stalls(stalls: &[(f64, &str)]) -> Scene {
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    for (second, values) in stalls {
        scene.put(log.at("a", *second).with(values));
    }
    scene
}

#[test]
fn counts_in_a_sliding_window() {
    // a(0) a(599) a(601)
    let three = || pattern([confirmed([step("a").at_least(3, 600)])]);
    let told = |seconds: &[f64]| {
        stalls(&seconds.iter().map(|second| (*second, "k=x")).collect::<Vec<_>>()).told(three())
    };
    assert_eq!(told(&[0.0, 300.0, 600.0]), ["confirmed k=x: a log:1, a log:2, a log:3"]);
    assert_eq!(told(&[0.0, 300.0, 601.0]), [""; 0]);
    assert_eq!(told(&[0.0, 300.0, 601.0, 700.0]), ["confirmed k=x: a log:2, a log:3, a log:4"]);
}

#[test]
fn only_different_values_count() {
    // a(ese) a(ese) a(ntds)
    let told = |list: &[(f64, &str)]| stalls(list).told(two_families());
    assert_eq!(told(&[(0.0, "k=x family=ese"), (1.0, "k=x family=ese")]), [""; 0]);
    assert_eq!(
        told(&[(0.0, "k=x family=ese"), (1.0, "k=x family=ese"), (2.0, "k=x family=ntds")]),
        ["confirmed k=x: a log:1, a log:3"]
    );
    assert_eq!(told(&[(0.0, "k=x family=ese"), (1.0, "k=x")]), [""; 0], "no family is no other family");
}

#[test]
fn copies_of_one_record_count_once() {
    // one: a(0)     copy: a(0)
    let mut scene = Scene::new();
    for path in ["one", "copy"] {
        let log = scene.log(path, WindowsXml, "srv");
        scene.put(log.at("a", 0.0).with("k=x"));
    }
    assert_eq!(scene.level(pattern([confirmed([step("a").at_least(2, 600)])])), "none");
}

#[test]
fn a_count_whose_window_is_not_certain_lowers() {
    // a(0)  a(no time)
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    scene.put(log.at("a", 0.0).with("k=x family=ese")).put(log.undated("a").with("k=x family=ntds"));
    assert_eq!(scene.level(two_families()), "likely");
    assert_eq!(
        scene.doubts(two_families()),
        ["whether the records of a lie close enough together is not certain: no date"]
    );
}

#[test]
fn as_many_outside_the_windows_as_inside_outweigh() {
    // |b---a---c|    a   (a)      that day
    let with = |outside: &[f64]| {
        let mut scene = Scene::new();
        let log = scene.log("log", WindowsXml, "srv");
        scene.put(log.at("b", 0.0).with("k=x")).put(log.at("a", 50.0).with("k=x"));
        scene.put(log.at("c", 100.0).with("k=x"));
        for second in outside {
            scene.put(log.at("a", *second).with("k=x"));
        }
        scene.covers(log, 0.0, 90_000.0);
        let mut elsewhere = absence("a", Scope::Near("a".to_owned())).joined("k");
        elsewhere.outweighs = Some(0);
        let inside = Step { during: Some(0), ..step("a") };
        let wanted = pattern([confirmed([inside]).unless(elsewhere)]).window(window("b", "c", 120, 3600));
        scene.level(wanted)
    };
    assert_eq!(with(&[]), "confirmed");
    assert_eq!(with(&[5000.0]), "none");
    assert_eq!(with(&[-5000.0]), "confirmed", "the day before");
}

#[test]
fn the_job_that_was_running_at_a_step() {
    // session 0 |0 ... 100|, session 1 |200 ... 300|      a(50), a(150), a(250)
    let running = || {
        let job = Step { running_at: Some("a".to_owned()), ..step("b") };
        pattern([confirmed([step("a"), job])])
    };
    for (second, told) in [(50.0, vec![1]), (150.0, vec![]), (250.0, vec![2])] {
        let mut scene = Scene::new();
        let log = scene.log("bpdm", WindowsXml, "srv");
        let jobs = scene.log("jobs", NetbackupJob, "srv");
        scene.session(Some(jobs.stamp(0.0)), Some(jobs.stamp(100.0)), "");
        scene.session(Some(jobs.stamp(200.0)), Some(jobs.stamp(300.0)), "");
        scene.put(log.at("a", second).with("k=x"));
        scene.put(jobs.at("b", 0.0).session(0)).put(jobs.at("b", 200.0).session(1));
        let found: Vec<_> = scene
            .findings(running())
            .iter()
            .map(|finding| (finding.level.name(), finding.evidence[1].line.unwrap()))
            .collect();
        assert_eq!(found, told.into_iter().map(|line| ("confirmed", line)).collect::<Vec<_>>(), "{second}");
    }
}

#[test]
fn a_job_whose_end_is_not_known_is_in_doubt() {
    let mut scene = Scene::new();
    let (log, jobs) = (scene.log("bpdm", WindowsXml, "srv"), scene.log("jobs", NetbackupJob, "srv"));
    scene.session(Some(jobs.stamp(0.0)), None, "");
    scene.put(log.at("a", 50.0).with("k=x")).put(jobs.at("b", 0.0).session(0));
    let job = Step { running_at: Some("a".to_owned()), ..step("b") };
    assert_eq!(scene.level(pattern([confirmed([step("a"), job])])), "likely");
}
