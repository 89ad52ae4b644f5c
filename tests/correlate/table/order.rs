//! Sort, order and presence.

use blogscan::base::Dialect::{NetbackupJob, NetbackupLegacy, WindowsXml};
use blogscan::base::Zone;
use blogscan::pattern::Pattern;

use crate::build::*;

const HOUR: f64 = 3600.0;

/// `a`, then `b` on the same `k`.
fn a_then_b() -> Pattern {
    pattern([confirmed([step("a"), step("b").after("a").same("k")])])
}

/// `a`, then `b` within so many seconds.
fn a_then_b_within(longest: i64) -> Pattern {
    pattern([confirmed([step("a"), step("b").after("a").same("k").within(0, longest)])])
}

/// Level of [`a_then_b`] for an `a` and a `b`.
fn ordered(scene: &mut Scene, a: Put, b: Put) -> &'static str {
    scene.put(a.with("k=x")).put(b.with("k=x"));
    scene.level(a_then_b())
}

#[test]
fn in_one_source_position_orders_what_time_cannot() {
    // a(no time) b(no time)     a pasted ticket
    let mut ticket = Scene::new();
    let log = ticket.bare("ticket.txt", NetbackupLegacy);
    assert_eq!(ordered(&mut ticket, log.undated("a"), log.undated("b")), "confirmed");
    // b(no time) a(no time)
    let mut ticket = Scene::new();
    let log = ticket.bare("ticket.txt", NetbackupLegacy);
    ticket.put(log.undated("b").with("k=x")).put(log.undated("a").with("k=x"));
    assert_eq!(ticket.level(a_then_b()), "none");
}

#[test]
fn a_window_between_a_dated_and_an_undated_record_is_unknown() {
    // a(10:00) b(no time)
    let mut scene = Scene::new();
    let log = scene.bare("ticket.txt", NetbackupLegacy);
    scene.put(log.at("a", 0.0).with("k=x")).put(log.undated("b").with("k=x"));
    assert_eq!(scene.level(a_then_b()), "confirmed");
    assert_eq!(scene.level(a_then_b_within(60)), "likely");
    let doubts = scene.doubts(a_then_b_within(60));
    assert_eq!(
        doubts,
        ["order or distance of a (ticket.txt:1) and b (ticket.txt:2) is not certain: no date"]
    );
}

#[test]
fn processes_of_a_debug_log_may_stand_out_of_order_by_a_second() {
    // position:  a  b        time:  b(9.5) a(10)    b(8.5) a(10)
    for (second, level) in [(9.5, "confirmed"), (9.0, "none"), (8.5, "none")] {
        let mut scene = Scene::new();
        let log = scene.bare("bpdm", NetbackupLegacy);
        assert_eq!(ordered(&mut scene, log.at("a", 10.0).pid(1), log.at("b", second).pid(2)), level);
    }
    // `within` starts at the allowed disorder
    let mut scene = Scene::new();
    let log = scene.bare("bpdm", NetbackupLegacy);
    scene.put(log.at("a", 10.0).pid(1).with("k=x")).put(log.at("b", 9.5).pid(2).with("k=x"));
    assert_eq!(scene.level(a_then_b_within(60)), "confirmed");
}

#[test]
fn job_details_step_back_by_seconds_and_event_logs_do_not() {
    // b(0) a(14)
    for (dialect, level) in [(NetbackupJob, "confirmed"), (WindowsXml, "none")] {
        let mut scene = Scene::new();
        let log = scene.bare("log", dialect);
        assert_eq!(ordered(&mut scene, log.at("a", 14.0), log.at("b", 0.0)), level);
    }
}

#[test]
fn within_one_pid_of_a_debug_log_position_decides_even_where_the_clock_was_set_back() {
    // position: a(02:59) b(02:01)     summer time ended in between
    let mut scene = Scene::new();
    let log = scene.bare("bpdm", NetbackupLegacy);
    let (a, b) = (log.at("a", 2.98 * HOUR).pid(1), log.at("b", 2.02 * HOUR).pid(1));
    assert_eq!(ordered(&mut scene, a, b), "confirmed");
    assert_eq!(scene.level(a_then_b_within(60)), "likely");
    // the same pid in an event log says nothing
    let mut scene = Scene::new();
    let log = scene.bare("xml", WindowsXml);
    let (a, b) = (log.at("a", 2.98 * HOUR).pid(1), log.at("b", 2.02 * HOUR).pid(1));
    assert_eq!(ordered(&mut scene, a, b), "none");
}

#[test]
fn equal_times_are_ordered_by_position() {
    // a(10) b(10)   and   b(10) a(10)
    let mut scene = Scene::new();
    let log = scene.bare("log", WindowsXml);
    assert_eq!(ordered(&mut scene, log.at("a", 10.0), log.at("b", 10.0)), "confirmed");
    let mut scene = Scene::new();
    let log = scene.bare("log", WindowsXml);
    scene.put(log.at("b", 10.0).with("k=x")).put(log.at("a", 10.0).with("k=x"));
    assert_eq!(scene.level(a_then_b()), "none");
}

#[test]
fn a_source_written_newest_first_counts_backwards() {
    // the file:  b(10)  a(10)      read upwards:  a  b
    let mut scene = Scene::new();
    let log = scene.bare("export.csv", WindowsXml);
    scene.put(log.at("b", 10.0).with("k=x")).put(log.at("a", 10.0).with("k=x"));
    for event in &mut scene.events {
        event.position = -event.position;
    }
    assert_eq!(scene.level(a_then_b()), "confirmed");
}

#[test]
fn two_known_zones_are_compared_as_instants() {
    // a 10:00 UTC     b 11:30 in UTC+2, which is 09:30
    for (second, level) in [(11.5 * HOUR, "none"), (12.5 * HOUR, "confirmed")] {
        let mut scene = Scene::new();
        let one = scene.log("one", WindowsXml, "srv");
        let other = scene.log("other", WindowsXml, "srv");
        assert_eq!(ordered(&mut scene, one.at("a", 10.0 * HOUR), other.at("b", second).east(2)), level);
    }
}

#[test]
fn two_unknown_zones_are_taken_to_be_one_with_a_doubt_that_lowers_nothing() {
    // one: a(0)      other: b(1 h)
    let mut scene = Scene::new();
    let one = Log { host: Some("srv"), ..scene.bare("one", WindowsXml) };
    let other = Log { host: Some("srv"), ..scene.bare("other", WindowsXml) };
    assert_eq!(ordered(&mut scene, one.at("a", 0.0), other.at("b", HOUR)), "confirmed");
    assert_eq!(
        scene.doubts(a_then_b()),
        ["the zones of a (one:1) and b (other:1) are not known: the same zone was assumed"]
    );
}

#[test]
fn one_known_zone_leaves_what_does_not_hold_for_every_offset() {
    // a 00:00 UTC     b 13:00 (zone?) could be 23:00 UTC of the day before; 14:01 could not
    for (hours, level) in [(13.0, "likely"), (14.01, "confirmed"), (-11.0, "likely"), (-12.01, "none")] {
        let mut scene = Scene::new();
        let one = scene.log("one", WindowsXml, "srv");
        let other = Log { zone: Zone::Unknown, ..scene.log("other", WindowsXml, "srv") };
        assert_eq!(ordered(&mut scene, one.at("a", 0.0), other.at("b", hours * HOUR)), level, "{hours}");
        if level == "likely" {
            assert!(scene.doubts(a_then_b())[0].ends_with("zone unknown"));
        }
    }
}

#[test]
fn different_hosts_must_lie_further_apart_than_their_clocks() {
    // h1: a(0)     h2: b(4 min), b(5 min), b(6 min), b(6 min before)     tolerance 5 min
    for (second, level) in
        [(240.0, "likely"), (300.0, "likely"), (301.0, "confirmed"), (-300.0, "likely"), (-301.0, "none")]
    {
        let mut scene = Scene::new();
        let (one, other) = (scene.log("one", WindowsXml, "h1"), scene.log("other", WindowsXml, "h2"));
        assert_eq!(ordered(&mut scene, one.at("a", 0.0), other.at("b", second)), level, "{second}");
    }
    // the tolerance holds for both edges of a window
    for (longest, level) in [(30, "none"), (500, "likely"), (700, "confirmed")] {
        let mut scene = Scene::new();
        let (one, other) = (scene.log("one", WindowsXml, "h1"), scene.log("other", WindowsXml, "h2"));
        scene.put(one.at("a", 0.0).with("k=x")).put(other.at("b", 360.0).with("k=x"));
        assert_eq!(scene.level(a_then_b_within(longest)), level, "{longest}");
    }
}

#[test]
fn one_host_has_one_clock_and_unknown_hosts_are_two() {
    // one: a(0)     other: b(1 s)
    let level = |hosts: [Option<&'static str>; 2]| {
        let mut scene = Scene::new();
        let one = Log { host: hosts[0], zone: Zone::Offset(0), ..scene.bare("one", WindowsXml) };
        let other = Log { host: hosts[1], zone: Zone::Offset(0), ..scene.bare("other", WindowsXml) };
        ordered(&mut scene, one.at("a", 0.0), other.at("b", 1.0))
    };
    assert_eq!(level([Some("srv1"), Some("SRV1.example.com")]), "confirmed");
    assert_eq!(level([Some("srv1"), None]), "likely");
    assert_eq!(level([None, None]), "likely");
}

#[test]
fn one_stream_has_one_clock_though_its_host_is_unknown() {
    // log.1: a(0)     log.2: b(1 s)
    let mut scene = Scene::new();
    let one = scene.bare("log.1", WindowsXml);
    let other = scene.rotation("log.2", one);
    assert_eq!(ordered(&mut scene, one.at("a", 0.0), other.at("b", 1.0)), "confirmed");
    assert_eq!(scene.doubts(a_then_b()), [""; 0]);
}

#[test]
fn a_stamp_without_fraction_is_its_whole_second() {
    // one: a(10, no fraction)     other: b(10.5), b(11.0)
    for (second, level) in [(10.5, "likely"), (11.0, "confirmed"), (9.9, "none")] {
        let mut scene = Scene::new();
        let (one, other) = (scene.log("one", WindowsXml, "srv"), scene.log("other", WindowsXml, "srv"));
        assert_eq!(ordered(&mut scene, one.at("a", 10.0).whole(), other.at("b", second)), level, "{second}");
    }
}

#[test]
fn a_time_of_day_compares_only_inside_its_own_log() {
    // one: a(10:00, no date) b(10:01, no date)     other: b(10:01, no date)
    let mut scene = Scene::new();
    let one = scene.bare("one", WindowsXml);
    assert_eq!(ordered(&mut scene, one.clock("a", 0.0), one.clock("b", 60.0)), "confirmed");
    assert_eq!(scene.level(a_then_b_within(60)), "confirmed");
    let mut scene = Scene::new();
    let (one, other) = (scene.bare("one", WindowsXml), scene.bare("other", WindowsXml));
    assert_eq!(ordered(&mut scene, one.clock("a", 0.0), other.clock("b", 60.0)), "likely");
}

#[test]
fn edges_of_a_window_are_inclusive_and_the_horizon_bounds_what_has_none() {
    // a(0) b(60)
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    scene.put(log.at("a", 0.0).with("k=x")).put(log.at("b", 60.0).with("k=x"));
    assert_eq!(scene.level(a_then_b_within(60)), "confirmed");
    assert_eq!(scene.level(a_then_b_within(59)), "none");
    let late = pattern([confirmed([step("a"), step("b").after("a").within(60, 70)])]);
    assert_eq!(scene.level(late), "confirmed");
    let short = Pattern { horizon: blogscan::base::stamp::Span(seconds(59.0)), ..a_then_b() };
    assert_eq!(scene.level(short), "none");
}

#[test]
fn before_and_near() {
    // b(0) a(30)
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    scene.put(log.at("b", 0.0).with("k=x")).put(log.at("a", 30.0).with("k=x"));
    let level = |b| scene.level(pattern([confirmed([step("a"), b])]));
    assert_eq!(level(step("b").before("a").within(0, 60)), "confirmed");
    assert_eq!(level(step("b").near("a").within(0, 60)), "confirmed");
    assert_eq!(level(step("b").near("a").within(31, 60)), "none");
    assert_eq!(level(step("b").after("a").within(0, 60)), "none");
}

#[test]
fn a_wrong_order_is_said_where_another_level_holds() {
    // b(0) a(60)     certain: the later step lies before the earlier one
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    scene.put(log.at("b", 0.0).with("k=x")).put(log.at("a", 60.0).with("k=x"));
    let both = pattern([confirmed([step("a"), step("b").after("a").same("k")]), likely([step("a")])]);
    assert_eq!(
        scene.doubts(both),
        ["b (log:1) lies before a, though it would have to follow it: clock or zone?"]
    );
}

#[test]
fn a_missing_value_is_in_doubt_and_a_wrong_one_excludes() {
    // a(copy?) / a(copy=1) / a(copy=2)
    for (values, level) in [("k=x", "likely"), ("k=x copy=1", "confirmed"), ("k=x copy=2", "none")] {
        let mut scene = Scene::new();
        let log = scene.log("log", WindowsXml, "srv");
        scene.put(log.at("a", 0.0).with(values));
        assert_eq!(scene.level(pattern([confirmed([step("a").wants("copy", "1")])])), level);
    }
}

#[test]
fn a_value_that_one_side_lacks_does_not_join() {
    // a(k=x) b(k=x) / a(k=x) b(no k) / a(no k) b(no k)
    for (a, b, level) in [("k=x", "k=x", "confirmed"), ("k=x", "m=x", "none"), ("m=x", "m=x", "none")] {
        let mut scene = Scene::new();
        let log = scene.log("log", WindowsXml, "srv");
        scene.put(log.at("a", 0.0).with(a)).put(log.at("b", 1.0).with(b));
        assert_eq!(scene.level(a_then_b()), level);
    }
}

#[test]
fn a_predicate_may_name_a_value_of_another_step() {
    // a(k=x volume=v1) b(k=x media=v1)
    for (b, level) in [("media=v1", "confirmed"), ("media=v2", "none"), ("m=1", "likely")] {
        let mut scene = Scene::new();
        let log = scene.log("log", WindowsXml, "srv");
        scene.put(log.at("a", 0.0).with("k=x volume=v1")).put(log.at("b", 1.0).with(b));
        let wanted = pattern([confirmed([step("a"), step("b").wants("media", "=a.volume")])]);
        assert_eq!(scene.level(wanted), level);
    }
}

#[test]
fn machines_join_by_short_name_full_name_and_alias_only() {
    // a(vm=SRV-DB1) b(vm=...)
    let joined = |other: &str, alias: bool| {
        let mut scene = Scene::new();
        let log = scene.log("log", WindowsXml, "srv");
        scene.put(log.at("a", 0.0).with("vm=SRV-DB1")).put(log.at("b", 1.0).with(&format!("vm={other}")));
        if alias {
            scene.links.push(("srv-db1".to_owned(), "db1.corp.local".to_owned()));
        }
        let steps = confirmed([step("a"), step("b").after("a").same("vm")]);
        scene.level(PatternParts::about(pattern([steps]), "vm"))
    };
    assert_eq!(joined("srv-db1.corp.local", false), "confirmed");
    assert_eq!(joined("srv-db10", false), "none");
    assert_eq!(joined("db1", false), "none");
    assert_eq!(joined("db1", true), "confirmed");
}

#[test]
fn a_value_comes_from_the_session_on_which_its_records_agree() {
    // session 0 (k=x):  a(no k)      b(k=x)
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    let session = scene.session(None, None, "k=x");
    scene.put(log.at("a", 0.0).session(session)).put(log.at("b", 1.0).with("k=x"));
    assert_eq!(scene.told(a_then_b()), ["confirmed k=x: a log:1, b log:2"]);
}

#[test]
fn pid_session_and_stream_join_records() {
    // one: a(pid 1, session 0)      one: b(pid 2, session 0)      other: b(pid 1)
    let mut scene = Scene::new();
    let (one, other) = (scene.log("one", WindowsXml, "srv"), scene.log("other", WindowsXml, "srv"));
    scene.session(None, None, "");
    scene.put(one.at("a", 0.0).pid(1).session(0)).put(one.at("b", 1.0).pid(2).session(0));
    scene.put(other.at("b", 2.0).pid(1));
    let told = |key| scene.told(pattern([confirmed([step("a"), step("b").after("a").same(key)])]));
    assert_eq!(told("pid"), ["confirmed : a one:1, b other:1"]);
    assert_eq!(told("session"), ["confirmed : a one:1, b one:2"]);
    assert_eq!(told("stream"), ["confirmed : a one:1, b one:2"]);
}
