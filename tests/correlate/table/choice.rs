//! Choices, anchors, levels, repeats, subsumption.

use blogscan::base::Dialect::WindowsXml;
use blogscan::base::Zone;
use blogscan::pattern::Pattern;

use crate::build::*;

/// One log in UTC with events as `(letter, second, values)`.
fn scene(events: &[(&str, f64, &str)]) -> Scene {
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    for (name, second, values) in events {
        scene.put(log.at(name, *second).with(values));
    }
    scene
}

fn a_then_b() -> Pattern {
    pattern([confirmed([step("a"), step("b").after("a")])])
}

#[test]
fn an_event_may_stand_in_many_choices_and_is_one_finding() {
    // a(x)  b(x)  c(x)  c(x)     one deletion, two retries
    let scene = scene(&[("a", 0.0, "k=x"), ("b", 1.0, "k=x"), ("c", 2.0, "k=x"), ("c", 100.0, "k=x")]);
    let retries = pattern([confirmed([step("a"), step("b").after("a"), step("c").after("b")])]);
    assert_eq!(scene.told(retries), ["confirmed k=x: a log:1, b log:2, c log:3"]);
}

#[test]
fn one_event_fills_one_step_of_a_choice() {
    // a(0)     two steps of the same event need two of them
    let twice = || pattern([confirmed([step("one:a"), step("two:a").near("one").within(0, 60)])]);
    assert_eq!(scene(&[("a", 0.0, "k=x")]).level(twice()), "none");
    assert_eq!(scene(&[("a", 0.0, "k=x"), ("a", 1.0, "k=x")]).level(twice()), "confirmed");
}

#[test]
fn what_a_counted_step_needs_stands_in_no_other_step() {
    // a(0) a(10) a(20)     two of them within a minute, and one more
    let wanted =
        || pattern([confirmed([step("two:a").at_least(2, 60), step("more:a").near("two").within(0, 60)])]);
    assert_eq!(scene(&[("a", 0.0, "k=x"), ("a", 10.0, "k=x")]).level(wanted()), "none");
    assert_eq!(
        scene(&[("a", 0.0, "k=x"), ("a", 10.0, "k=x"), ("a", 20.0, "k=x")]).told(wanted()),
        ["confirmed k=x: two log:1, two log:2, two log:3"]
    );
}

#[test]
fn the_choice_with_fewest_unknowns_wins_over_an_earlier_one() {
    // a(0)  b(5 s, copy?)  b(10 s, copy=1)
    let scene = scene(&[("a", 0.0, "k=x"), ("b", 5.0, ""), ("b", 10.0, "copy=1")]);
    let wanted = pattern([confirmed([step("a"), step("b").after("a").wants("copy", "1")])]);
    assert_eq!(scene.told(wanted), ["confirmed k=x: a log:1, b log:3"]);
}

#[test]
fn among_equals_the_earliest_wins_step_by_step() {
    // a(0)  b(5 s)  c(6 s)  b(7 s)  c(8 s)
    let scene = scene(&[("a", 0.0, "k=x"), ("b", 5.0, ""), ("c", 6.0, ""), ("b", 7.0, ""), ("c", 8.0, "")]);
    let wanted = pattern([confirmed([step("a"), step("c").after("a"), step("b").after("a")])]);
    assert_eq!(scene.told(wanted), ["confirmed k=x: a log:1, c log:3, b log:2"]);
}

#[test]
fn two_objects_behind_one_anchor_are_two_findings() {
    // a  b(F1)  b(F3)     two fragments deleted after one lost contact
    let scene = scene(&[("a", 0.0, ""), ("b", 1.0, "k=F1"), ("b", 2.0, "k=F3")]);
    assert_eq!(
        scene.told(a_then_b()),
        ["confirmed k=F1: a log:1, b log:2", "confirmed k=F3: a log:1, b log:3"]
    );
}

#[test]
fn an_object_known_from_a_session_only_gives_way_to_a_steps_own_value() {
    // session 0 (k=x):  a(no k)        b(no k)   b(k=y)
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    let session = scene.session(None, None, "k=x");
    scene.put(log.at("a", 0.0).session(session)).put(log.at("b", 1.0)).put(log.at("b", 2.0).with("k=y"));
    assert_eq!(
        scene.told(a_then_b()),
        ["confirmed k=x: a log:1, b log:2", "confirmed k=y: a log:1, b log:3"]
    );
}

#[test]
fn spellings_of_one_machine_are_one_object_and_two_domains_are_two() {
    // a(SRV1)  a(srv1.a.example)  a(srv1.b.example)
    let scene = scene(&[
        ("a", 0.0, "vm=SRV1"),
        ("a", 1000.0, "vm=srv1.a.example"),
        ("a", 2000.0, "vm=srv1.b.example"),
    ]);
    let wanted = PatternParts::about(pattern([confirmed([step("a")])]), "vm");
    assert_eq!(scene.told(wanted), ["confirmed vm=SRV1: a log:1 +1", "confirmed vm=srv1.b.example: a log:3"]);
}

#[test]
fn cleared_beats_suspected_and_exposed_at_an_anchor_and_nothing_stronger() {
    // a
    let scene = scene(&[("a", 0.0, "k=x")]);
    let levels = |verdicts: Vec<_>| scene.level(pattern(verdicts));
    assert_eq!(levels(vec![suspected([step("a")]), exposed([step("a")]), cleared([step("a")])]), "cleared");
    assert_eq!(levels(vec![likely([step("a")]), cleared([step("a")])]), "likely");
    assert_eq!(levels(vec![suspected([step("a")]), exposed([step("a")])]), "suspected");
}

#[test]
fn another_object_is_cleared_beside_a_confirmed_one() {
    // a  b(F1)  c(F3)
    let scene = scene(&[("a", 0.0, ""), ("b", 1.0, "k=F1"), ("c", 2.0, "k=F3")]);
    let both =
        pattern([confirmed([step("a"), step("b").after("a")]), cleared([step("a"), step("c").after("a")])]);
    assert_eq!(scene.told(both), ["confirmed k=F1: a log:1, b log:2", "cleared k=F3: a log:1, c log:3"]);
}

#[test]
fn outcomes_about_other_keys_stand_beside_the_strongest_only_if_as_strong() {
    // a(k=x m=1)  b
    let scene = scene(&[("a", 0.0, "k=x m=1"), ("b", 1.0, "")]);
    let told =
        |other| scene.told(pattern([confirmed([step("a"), step("b")]), VerdictParts::about(other, "m")]));
    assert_eq!(told(likely([step("a")])), ["confirmed k=x: a log:1, b log:2"]);
    assert_eq!(told(confirmed([step("a")])), ["confirmed k=x: a log:1, b log:2", "confirmed m=1: a log:1"]);
}

#[test]
fn the_finding_is_that_of_the_strongest_anchor_then_of_the_earliest() {
    // a(no b behind it in time)       a b        a b
    let scene = scene(&[
        ("a", 0.0, "k=x"),
        ("a", 1000.0, "k=x"),
        ("b", 1001.0, "k=x"),
        ("a", 2000.0, "k=x"),
        ("b", 2001.0, "k=x"),
    ]);
    let both = pattern([confirmed([step("a"), step("b").after("a").within(0, 60)]), suspected([step("a")])]);
    let findings = scene.findings(both);
    assert_eq!(findings.iter().map(told).collect::<Vec<_>>(), ["confirmed k=x: a log:2, b log:3 +1"]);
    assert_eq!(findings[0].first.as_deref(), Some("2009-03-05T00:16:40.000Z"));
    assert_eq!(findings[0].last.as_deref(), Some("2009-03-05T00:33:21.000Z"));
}

#[test]
fn an_anchor_within_a_minute_of_the_one_before_belongs_to_it() {
    // a(0) a(60) a(120) a(181)     each a minute behind the one before; the last is a repeat
    let one = pattern([confirmed([step("a")])]);
    let scene = scene(&[("a", 0.0, "k=x"), ("a", 60.0, "k=x"), ("a", 120.0, "k=x"), ("a", 181.0, "k=x")]);
    assert_eq!(scene.told(one), ["confirmed k=x: a log:1 +1"]);
}

#[test]
fn anchors_of_two_streams_are_two_and_of_two_copies_one() {
    // one: a(0)     other: a(0) or a(1 s)
    for (second, repeats) in [(0.0, 0), (1.0, 1)] {
        let mut scene = Scene::new();
        let (one, other) = (scene.log("one", WindowsXml, "srv"), scene.log("other", WindowsXml, "srv"));
        scene.put(one.at("a", 0.0).with("k=x")).put(other.at("a", second).with("k=x"));
        assert_eq!(scene.findings(pattern([confirmed([step("a")])]))[0].repeats, repeats);
    }
}

#[test]
fn equal_records_of_one_log_without_times_are_two_occurrences() {
    // a(no time) a(no time)     copied to a second file
    let mut scene = Scene::new();
    for path in ["ticket.txt", "copy.txt"] {
        let log = scene.bare(path, WindowsXml);
        scene.put(log.undated("a").with("k=x")).put(log.undated("a").with("k=x"));
    }
    assert_eq!(scene.findings(pattern([confirmed([step("a")])]))[0].repeats, 1);
}

#[test]
fn the_earliest_of_the_strongest_anchors_is_shown_though_its_occurrence_begins_later() {
    // one: a(0)       a(59) b       other:   a(30) b     the occurrence of `one` begins first, its b comes last
    let mut scene = Scene::new();
    let (one, other) = (scene.log("one", WindowsXml, "srv"), scene.log("other", WindowsXml, "srv"));
    scene.put(one.at("a", 0.0).with("k=x")).put(one.at("a", 59.0).with("k=x"));
    scene.put(one.at("b", 59.5)).put(other.at("a", 30.0).with("k=x")).put(other.at("b", 30.5));
    let both = pattern([
        confirmed([step("a"), step("b").after("a").within(0, 1).same("stream")]),
        suspected([step("a")]),
    ]);
    assert_eq!(scene.told(both), ["confirmed k=x: a other:1, b other:2 +1"]);
}

#[test]
fn everything_unknown_lowers_by_one_level_in_all() {
    // a(copy? media?)  b (zone unknown)
    let mut scene = Scene::new();
    let (one, other) = (scene.log("one", WindowsXml, "srv"), scene.log("other", WindowsXml, "srv"));
    let other = Log { zone: Zone::Unknown, ..other };
    scene.put(one.at("a", 0.0).with("k=x")).put(other.at("b", 1.0));
    let steps = || [step("a").wants("copy", "1").wants("media", "m"), step("b").after("a")];
    let no_c = || absence("c", after("a"));
    assert_eq!(scene.level(pattern([confirmed(steps()).absent(no_c())])), "likely");
    assert_eq!(scene.doubts(pattern([confirmed(steps()).absent(no_c())])).len(), 4);
    assert_eq!(scene.level(pattern([likely(steps())])), "suspected");
    assert_eq!(scene.level(pattern([suspected(steps())])), "suspected");
}

#[test]
fn cleared_with_anything_unknown_does_not_hold_and_lowering_never_reaches_it() {
    // a(copy?)
    let scene = scene(&[("a", 0.0, "k=x")]);
    let unknown = || step("a").wants("copy", "1");
    assert_eq!(scene.level(pattern([cleared([unknown()])])), "none");
    assert_eq!(scene.level(pattern([exposed([unknown()])])), "none");
    assert_eq!(scene.level(pattern([suspected([unknown()]), cleared([unknown()])])), "suspected");
}

#[test]
fn a_finding_is_dropped_where_one_as_strong_holds_all_its_keys() {
    // a(k=x m=1)       b(k=x)     c(k=y)
    let scene =
        scene(&[("a", 0.0, "k=x m=1"), ("b", 100.0, "k=x"), ("c", 200.0, "k=y"), ("b", 300.0, "k=y")]);
    let told = |weaker, stronger| {
        let verdicts = [VerdictParts::about(stronger, "k m"), VerdictParts::about(weaker, "k")];
        scene.told(pattern(verdicts))
    };
    let a = || step("a");
    let b = || step("b");
    assert_eq!(
        told(suspected([b()]), likely([a()])),
        ["likely k=x m=1: a log:1", "suspected k=y: b log:4"],
        "dropped for x, kept for y"
    );
    assert_eq!(told(likely([b()]), suspected([a()])).len(), 3, "a stronger one is never dropped");
}

#[test]
fn unverified_wordings_do_not_decide_alone() {
    // a  b     the wording of b (or of both) was never seen
    let scene = scene(&[("a", 0.0, "k=x"), ("b", 1.0, "")]);
    let level = |unverified: &[usize], steps: Vec<_>, wanted: blogscan::base::Level| {
        let mut catalogue = catalogue(vec![pattern([verdict(wanted, steps)])]);
        for kind in unverified {
            catalogue.events[*kind].unverified = true;
        }
        scene.judge(&catalogue).findings.first().map_or("none", |finding| finding.level.name())
    };
    use blogscan::base::Level::{Cleared, Confirmed, Likely};
    let both = || vec![step("a"), step("b").after("a")];
    assert_eq!(level(&[], both(), Confirmed), "confirmed");
    assert_eq!(level(&[1], both(), Confirmed), "likely");
    assert_eq!(level(&[1], both(), Likely), "likely");
    assert_eq!(level(&[0, 1], both(), Confirmed), "suspected");
    assert_eq!(level(&[0], vec![step("a")], Confirmed), "suspected");
    assert_eq!(level(&[0], vec![step("a")], Cleared), "none");
}

#[test]
fn a_verified_choice_is_preferred_to_an_unverified_one() {
    // a  b(unverified)  c     the second step may be b or c
    let scene = scene(&[("a", 0.0, "k=x"), ("b", 1.0, ""), ("c", 2.0, "")]);
    let mut catalogue = catalogue(vec![pattern([confirmed([step("a"), step("then:b c").after("a")])])]);
    catalogue.events[1].unverified = true;
    let findings = scene.judge(&catalogue).findings;
    assert_eq!(findings.iter().map(told).collect::<Vec<_>>(), ["confirmed k=x: a log:1, then log:3"]);
}

#[test]
fn a_filter_that_the_source_could_not_answer_is_one_doubt() {
    // a from a file that does not name its process
    let mut scene = Scene::new();
    let log = scene.log("ticket.txt", WindowsXml, "srv");
    let mut put = log.at("a", 0.0).with("k=x");
    put.0.untold.push("process");
    scene.put(put);
    let one = || pattern([confirmed([step("a")])]);
    assert_eq!(scene.level(one()), "confirmed");
    assert_eq!(scene.doubts(one()), ["the process of a (ticket.txt:1) is not known"]);
}

#[test]
fn nothing_depends_on_the_order_of_events_and_sources() {
    // the same records handed over in any order
    let mut scene = scene(&[("a", 0.0, "k=x"), ("b", 1.0, "k=x"), ("a", 100.0, "k=y"), ("b", 102.0, "k=y")]);
    let forwards = scene.told(a_then_b());
    scene.events.reverse();
    assert_eq!(scene.told(a_then_b()), forwards);
    scene.events.swap(0, 2);
    assert_eq!(scene.told(a_then_b()), forwards);
}
