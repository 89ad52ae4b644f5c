//! What a finding lists: supports, further objects, what to collect.

use blogscan::base::Dialect::WindowsXml;
use blogscan::base::Zone;
use blogscan::base::stamp::Span;
use blogscan::pattern::Pattern;
use blogscan::pattern::model::{Also, AlsoPlace, Order, Piece, Support, Template};

use crate::build::*;

fn scene(events: &[(&str, f64, &str)]) -> Scene {
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    for (name, second, values) in events {
        scene.put(log.at(name, *second).with(values));
    }
    scene
}

fn support(order: Order) -> Support {
    Support {
        kinds: kinds("b"),
        order,
        within: Some(within(0, 60)),
        same: vec![join("k")],
        filters: Vec::new(),
    }
}

fn supported(order: Order) -> Pattern {
    let mut held = confirmed([step("a")]);
    held.supports.push(support(order));
    pattern([held])
}

#[test]
fn the_nearest_supporting_event_is_listed_and_never_decides() {
    // b(0) a(30) b(40) b(50)     b(y) is another object's
    let scene = scene(&[
        ("b", 0.0, "k=x"),
        ("a", 30.0, "k=x"),
        ("b", 35.0, "k=y"),
        ("b", 40.0, "k=x"),
        ("b", 50.0, "k=x"),
    ]);
    let told = |order| scene.told(supported(order));
    assert_eq!(told(Order::Near("a".to_owned())), ["confirmed k=x: a log:2, b log:4"]);
    assert_eq!(told(Order::After("a".to_owned())), ["confirmed k=x: a log:2, b log:4"]);
    assert_eq!(told(Order::Before("a".to_owned())), ["confirmed k=x: a log:2, b log:1"]);
    let alone = super::lists::scene(&[("a", 30.0, "k=x"), ("b", 91.0, "k=x")]);
    assert_eq!(alone.told(supported(Order::Near("a".to_owned()))), ["confirmed k=x: a log:1"]);
}

/// All `b` behind `a` until a `c`, as restore points.
fn listing(place: AlsoPlace) -> Pattern {
    let mut held = confirmed([step("a")]);
    held.also.push(Also {
        kinds: kinds("b a"),
        place,
        until: kinds("c"),
        until_filters: vec![is("result", "success")],
        same: vec![join("k")],
        filters: vec![is("result", "!failed")],
        keys: names("job"),
        role: "suspect-restore-points".to_owned(),
    });
    pattern([held])
}

fn jobs(scene: &Scene, place: AlsoPlace) -> Vec<String> {
    let findings = scene.findings(listing(place));
    findings[0]
        .objects
        .iter()
        .filter(|object| object.role == "suspect-restore-points")
        .map(|object| object.values["job"].clone())
        .collect()
}

#[test]
fn further_objects_up_to_the_first_that_ends_the_list() {
    // b(0) a(10) b(20) c(25, failed) b(30, failed) b(40) c(50, success) b(60)
    let scene = scene(&[
        ("b", 0.0, "k=x job=0"),
        ("a", 10.0, "k=x job=1"),
        ("b", 20.0, "k=x job=2"),
        ("b", 21.0, "k=y job=3"),
        ("c", 25.0, "k=x result=failed"),
        ("b", 30.0, "k=x job=4 result=failed"),
        ("b", 40.0, "k=x job=5 result=partial"),
        ("c", 50.0, "k=x result=success"),
        ("b", 60.0, "k=x job=6"),
    ]);
    assert_eq!(jobs(&scene, AlsoPlace::After("a".to_owned())), ["1", "2", "5"]);
    assert_eq!(jobs(&scene, AlsoPlace::Before("a".to_owned())), ["0"]);
}

#[test]
fn what_is_perhaps_behind_is_not_listed() {
    // one (UTC): a(0)      other (zone?): b(10)
    let mut scene = scene(&[("a", 0.0, "k=x job=1")]);
    let other = Log { zone: Zone::Unknown, ..scene.log("other", WindowsXml, "srv") };
    scene.put(other.at("b", 10.0).with("k=x job=2"));
    assert_eq!(jobs(&scene, AlsoPlace::After("a".to_owned())), ["1"]);
}

#[test]
fn affected_objects_carry_the_keys_that_the_pattern_lists() {
    let mut wanted = pattern([confirmed([step("a"), step("b").after("a")])]);
    wanted.affected_objects = names("k volume policy");
    let scene = scene(&[("a", 0.0, "k=x"), ("b", 1.0, "policy=full")]);
    let object = &scene.findings(wanted)[0].objects[0];
    assert_eq!(object.role, "affected");
    let values: Vec<String> = object.values.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(values, ["k=x", "policy=full"]);
}

#[test]
fn what_to_collect_names_host_time_and_values() {
    // a(0) on srv, no media
    let value = |step: Option<&str>, key: &str, days: i64| Piece::Value {
        step: step.map(str::to_owned),
        key: key.to_owned(),
        shift: Span(days * 24 * 3600 * 1_000_000),
    };
    let mut held = suspected([step("a")]);
    held.collect = Some(Template {
        pieces: vec![
            Piece::Text("bpdm log of ".to_owned()),
            value(None, "host", 0),
            Piece::Text(" from ".to_owned()),
            value(Some("a"), "time", -31),
            Piece::Text(", volume ".to_owned()),
            value(None, "volume", 0),
            Piece::Text(", image ".to_owned()),
            value(None, "k", 0),
        ],
    });
    assert_eq!(
        scene(&[("a", 0.0, "k=x")]).findings(pattern([held]))[0].collect,
        ["bpdm log of srv from 2009-02-02 00:00 UTC, volume <volume>, image x"]
    );
}
