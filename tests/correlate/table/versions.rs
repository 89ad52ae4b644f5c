//! A version never clears what lines prove.

use blogscan::base::Dialect::{NetbackupVersion, WindowsXml};
use blogscan::base::{ConditionState, Level, Stamp};
use blogscan::pattern::Pattern;

use crate::build::*;

/// One `a` at 1000 s on `media1`, judged at this level; 6.5 to before 6.5.4 is affected.
fn judged_at(level: Level) -> Pattern {
    pattern([verdict(level, [step("a")])])
        .affected(affected("6.5", "6.5.4", "6.5 6.5.3"))
        .condition(version_condition())
}

/// `a` at 1000 s, and versions seen at these seconds (none: without time).
fn seen(versions: &[(&str, Option<f64>)]) -> Scene {
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "media1");
    let file = scene.log("version", NetbackupVersion, "media1");
    scene.put(log.at("a", 1000.0).with("k=x"));
    for (version, second) in versions {
        let stamp = second.map_or(Stamp::None, |second| file.stamp(second));
        scene.version(file, Some("media1"), version, stamp);
    }
    scene
}

fn row(scene: &Scene) -> ConditionState {
    scene.findings(judged_at(Level::Confirmed))[0].conditions[0].state
}

#[test]
fn affected_fixed_and_unknown_versions() {
    // version, then what confirmed, likely, suspected, exposed and cleared come to
    let levels = |scene: &Scene| Level::ALL.map(|level| scene.level(judged_at(level)));
    assert_eq!(
        levels(&seen(&[("6.5.3", Some(0.0))])),
        ["confirmed", "likely", "suspected", "exposed", "cleared"]
    );
    assert_eq!(levels(&seen(&[("6.5.4", Some(0.0))])), ["likely", "suspected", "none", "none", "cleared"]);
    assert_eq!(levels(&seen(&[])), ["confirmed", "likely", "suspected", "exposed", "cleared"]);
}

#[test]
fn a_fixed_version_lowers_besides_other_lowering() {
    // a(copy?), 6.5.4
    let mut both = judged_at(Level::Confirmed);
    both.verdicts[0].steps[0] = step("a").wants("copy", "1");
    let scene = seen(&[("6.5.4", Some(0.0))]);
    assert_eq!(scene.level(both), "suspected");
    assert_eq!(
        scene.doubts(judged_at(Level::Confirmed)),
        ["version 6.5.4 seen at 2009-03-05T00:00:00.000Z is not on the advisory's list"]
    );
}

#[test]
fn an_unknown_version_is_a_row_with_what_to_collect() {
    let finding = seen(&[]).findings(judged_at(Level::Confirmed)).remove(0);
    assert_eq!(finding.conditions[0].state, ConditionState::Unknown);
    assert_eq!(finding.conditions[0].collect.as_deref(), Some("what tells version"));
    assert_eq!(finding.doubts, [""; 0]);
}

#[test]
fn in_the_range_but_not_on_the_list_is_met_with_a_doubt() {
    let scene = seen(&[("6.5.2", Some(0.0))]);
    assert_eq!(row(&scene), ConditionState::Met);
    assert_eq!(
        scene.doubts(judged_at(Level::Confirmed)),
        ["version 6.5.2 lies in the affected range but is not on the advisory's list"]
    );
}

#[test]
fn the_latest_version_at_or_before_the_anchor_counts() {
    // 6.5.3(0)  6.5.4(500)  a(1000)      6.5.4(0)  6.5.3(1000)  a(1000)  6.5.4(2000)
    assert_eq!(row(&seen(&[("6.5.3", Some(0.0)), ("6.5.4", Some(500.0))])), ConditionState::Unmet);
    let at = seen(&[("6.5.4", Some(0.0)), ("6.5.3", Some(1000.0)), ("6.5.4", Some(2000.0))]);
    assert_eq!(row(&at), ConditionState::Met);
}

#[test]
fn else_the_next_one_after_it_counts_with_a_doubt() {
    // a(1000)  6.5.3(2000)  6.5.4(3000)
    let scene = seen(&[("6.5.4", Some(3000.0)), ("6.5.3", Some(2000.0))]);
    assert_eq!(row(&scene), ConditionState::Met);
    assert_eq!(
        scene.doubts(judged_at(Level::Confirmed)),
        ["version 6.5.3 was seen at 2009-03-05T00:33:20.000Z, not before"]
    );
}

#[test]
fn an_undated_version_counts_at_any_time_with_a_doubt() {
    let scene = seen(&[("6.5.3", None)]);
    assert_eq!(row(&scene), ConditionState::Met);
    assert_eq!(
        scene.doubts(judged_at(Level::Confirmed)),
        ["version 6.5.3 was seen at a time that is not known, not before"]
    );
}

#[test]
fn a_version_of_no_host_belongs_to_the_default_host_else_to_nobody() {
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "media1");
    scene.put(log.at("a", 1000.0).with("k=x")).version(log, None, "6.5.4", log.stamp(0.0));
    assert_eq!(scene.level(judged_at(Level::Confirmed)), "confirmed");
    scene.default_host = Some("MEDIA1".to_owned());
    assert_eq!(scene.level(judged_at(Level::Confirmed)), "likely");
}

#[test]
fn the_version_of_another_host_or_product_says_nothing() {
    let mut scene = seen(&[]);
    let log = scene.log("version2", NetbackupVersion, "media2");
    scene.version(log, Some("media2"), "6.5.4", log.stamp(0.0));
    assert_eq!(row(&scene), ConditionState::Unknown);
}

/// 6.5.3, which is affected, and a correction at this second (none: without time).
fn corrected(id: &str, host: &'static str, second: Option<f64>) -> Scene {
    let mut scene = seen(&[("6.5.3", Some(0.0))]);
    let file = scene.log("eebs", NetbackupVersion, host);
    let stamp = second.map_or(Stamp::None, |second| file.stamp(second));
    scene.fix(file, Some(host), id, stamp);
    scene
}

#[test]
fn a_correction_seen_before_makes_an_affected_version_one_that_is_not() {
    let mended = |level| {
        let mut pattern = judged_at(level);
        pattern.affected[0].fixes = vec!["1640198".to_owned()];
        pattern
    };
    let levels = |scene: &Scene| Level::ALL.map(|level| scene.level(mended(level)));
    // EEB(500)  a(1000)
    let before = corrected("1640198", "media1", Some(500.0));
    assert_eq!(levels(&before), ["likely", "suspected", "none", "none", "cleared"]);
    assert_eq!(
        before.doubts(mended(Level::Confirmed)),
        ["the correction EEB 1640198 was seen at 2009-03-05T00:08:20.000Z"]
    );
    assert_eq!(levels(&corrected("1640198", "media1", None))[2], "none");
    // Another correction, another host, or one that came later: nothing changes.
    let all = ["confirmed", "likely", "suspected", "exposed", "cleared"];
    assert_eq!(levels(&corrected("2233961", "media1", Some(500.0))), all);
    assert_eq!(levels(&corrected("1640198", "media2", Some(500.0))), all);
    assert_eq!(levels(&corrected("1640198", "media1", Some(2000.0))), all);
    assert_eq!(scene_without_fixes(), "confirmed");
}

/// A pattern that names no correction is not mended by any.
fn scene_without_fixes() -> &'static str {
    corrected("1640198", "media1", Some(500.0)).level(judged_at(Level::Confirmed))
}
