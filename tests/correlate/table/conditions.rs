//! Conditions of the advisory: met, unmet, unknown, `latest`, and hosts that are exposed.

use blogscan::base::Dialect::{NetbackupTpconfigDsh, WindowsXml};
use blogscan::base::{ConditionState, Stamp, Zone};
use blogscan::pattern::Pattern;
use blogscan::pattern::model::{ConditionDef, ConditionTest, Ground, Operand, Test, Where};

use crate::build::*;

fn scene(events: &[(&str, f64, &str)]) -> Scene {
    let mut scene = Scene::new();
    let log = scene.log("log", WindowsXml, "srv");
    for (name, second, values) in events {
        scene.put(log.at(name, *second).with(values));
    }
    scene
}

/// `a` with a condition on its copy: 1 meets, 2 does not.
fn source_copy() -> ConditionDef {
    condition("copy-is-source", [met(on("a", "copy", "1")), unmet(on("a", "copy", "2"))])
}

fn needing(condition: ConditionDef) -> Pattern {
    pattern([confirmed([step("a")]).needs(0)]).condition(condition)
}

/// Level, and state of the first condition, of the only finding.
fn stands(scene: &Scene, pattern: Pattern) -> Option<(&'static str, ConditionState)> {
    let findings = scene.findings(pattern);
    assert!(findings.len() <= 1);
    findings.first().map(|finding| (finding.level.name(), finding.conditions[0].state))
}

use ConditionState::{Met, Unknown, Unmet};

#[test]
fn a_needed_condition_is_met_unmet_or_unknown() {
    // a(copy=1)   a(copy=2)   a(copy?)
    let at = |values| stands(&scene(&[("a", 0.0, values)]), needing(source_copy()));
    assert_eq!(at("k=x copy=1"), Some(("confirmed", Met)));
    assert_eq!(at("k=x copy=2"), None);
    assert_eq!(at("k=x"), Some(("likely", Unknown)));
    let unknown = scene(&[("a", 0.0, "k=x")]).findings(needing(source_copy())).remove(0);
    assert_eq!(unknown.doubts, ["the condition copy-is-source could not be checked"]);
    assert_eq!(unknown.collect, ["what tells copy-is-source"]);
}

#[test]
fn a_condition_that_no_verdict_needs_only_informs() {
    // a(copy=2)   a(copy?)
    let informs = || pattern([confirmed([step("a")])]).condition(source_copy());
    let at = |values| stands(&scene(&[("a", 0.0, values)]), informs());
    assert_eq!(at("k=x copy=2"), Some(("confirmed", Unmet)));
    assert_eq!(at("k=x"), Some(("confirmed", Unknown)));
    assert_eq!(scene(&[("a", 0.0, "k=x")]).findings(informs())[0].collect, [""; 0]);
}

#[test]
fn a_required_condition_must_be_met() {
    let required = || pattern([confirmed([step("a")]).requires(0)]).condition(source_copy());
    let at = |values| stands(&scene(&[("a", 0.0, values)]), required());
    assert_eq!(at("k=x copy=1"), Some(("confirmed", Met)));
    assert_eq!(at("k=x"), None);
}

#[test]
fn exposed_needs_every_condition_met() {
    let waits = || pattern([exposed([step("a")]).needs(0)]).condition(source_copy());
    let at = |values| stands(&scene(&[("a", 0.0, values)]), waits());
    assert_eq!(at("k=x copy=1"), Some(("exposed", Met)));
    assert_eq!(at("k=x"), None);
}

#[test]
fn an_unmet_condition_that_clears_turns_every_verdict_of_the_anchor_into_cleared() {
    // a(copy=2 m=1)  b      whatever else is unknown
    let all = || {
        pattern([
            VerdictParts::about(confirmed([step("a"), step("b").wants("z", "1")]), "m"),
            likely([step("a")]),
            suspected([step("a")]).absent(absence("c", after("a"))),
        ])
        .condition(clears(source_copy()))
    };
    let scene = |copy: &str| scene(&[("a", 0.0, &format!("k=x m=1 copy={copy}")), ("b", 1.0, "")]);
    assert_eq!(scene("2").told(all()), ["cleared k=x: a log:1, b log:2"]);
    assert_eq!(scene("2").doubts(all())[1], "cleared because the condition copy-is-source is not met");
    assert_eq!(scene("1").told(all()), ["likely k=x: a log:1", "likely m=1: a log:1, b log:2"]);
}

#[test]
fn met_and_unmet_together_is_unknown_and_said() {
    // a  b(shows the one)  c(shows the other)
    let both = || condition("plug-in", [met(there([step("b")])), unmet(there([step("c")]))]);
    let at = |events: &[(&str, f64, &str)]| stands(&scene(events), needing(both()));
    assert_eq!(at(&[("a", 0.0, "k=x"), ("b", 1.0, "")]), Some(("confirmed", Met)));
    assert_eq!(at(&[("a", 0.0, "k=x"), ("c", 1.0, "")]), None);
    let contradictory = scene(&[("a", 0.0, "k=x"), ("b", 1.0, ""), ("c", 2.0, "")]);
    assert_eq!(stands(&contradictory, needing(both())), Some(("likely", Unknown)));
    assert_eq!(
        contradictory.doubts(needing(both())),
        ["the condition plug-in could not be checked", "the logs contradict each other on plug-in"]
    );
}

#[test]
fn the_first_group_of_rules_that_tells_decides() {
    // a  b  c     b meets (first group), c does not (second group)
    let mut tiers = condition("state", []);
    tiers.test = ConditionTest::Rules {
        latest: None,
        tiers: vec![vec![met(there([step("b")]))], vec![unmet(there([step("c")]))]],
    };
    let scene = scene(&[("a", 0.0, "k=x"), ("b", 1.0, ""), ("c", 2.0, "")]);
    assert_eq!(stands(&scene, needing(tiers)), Some(("confirmed", Met)));
}

#[test]
fn a_step_of_a_condition_that_nothing_ties_is_of_the_anchors_host() {
    // srv: a      srv or other: b(copy of the listing)
    for (host, stood) in [
        (Some("SRV.example.com"), Some(("confirmed", Met))),
        (Some("other"), Some(("likely", Unknown))),
        (None, Some(("likely", Unknown))),
    ] {
        let mut scene = scene(&[("a", 0.0, "k=x")]);
        let other = Log { host, ..scene.log("listing", NetbackupTpconfigDsh, "srv") };
        scene.put(other.undated("b"));
        assert_eq!(stands(&scene, needing(condition("in-use", [met(there([step("b")]))]))), stood);
    }
}

#[test]
fn a_listing_without_the_event_shows_that_it_is_not_there() {
    // a(srv)      a listing of srv, with or without b; of another host
    let none = || Ground::NoneOf { dialect: NetbackupTpconfigDsh, kinds: kinds("b") };
    let stood = |host: &'static str, with_b: bool| {
        let mut scene = scene(&[("a", 0.0, "k=x")]);
        let listing = scene.log("listing", NetbackupTpconfigDsh, host);
        scene.sources[1].host = Some(host.to_owned());
        if with_b {
            scene.put(listing.undated("b"));
        }
        stands(&scene, needing(condition("in-use", [met(there([step("b")])), unmet(none())])))
    };
    assert_eq!(stood("srv", true), Some(("confirmed", Met)));
    assert_eq!(stood("srv", false), None);
    assert_eq!(stood("other", false), Some(("likely", Unknown)));
}

#[test]
fn accounts_and_named_sets() {
    // a(user=...)      backup accounts: svc-backup; machines: root, vpxuser; set: names of backup snapshots
    let stood = |user: &str, operand: Operand| {
        let filters = vec![Where { key: "user".to_owned(), test: Test::In(vec![operand]) }];
        let rule = met(Ground::On { step: "a".to_owned(), filters });
        let mut catalogue = catalogue(vec![needing(condition("who", [rule]))]);
        catalogue
            .sets
            .insert("snapshots".to_owned(), vec!["NBU_SNAPSHOT*".to_owned(), "Consolidate".to_owned()]);
        let mut scene = Scene::new();
        let log = scene.log("log", WindowsXml, "srv");
        let mut put = log.at("a", 0.0).with("k=x");
        put.0.values.add("user".into(), user.into());
        scene.put(put);
        scene.judge(&catalogue).findings[0].conditions[0].state
    };
    assert_eq!(stood("CORP\\SVC-Backup", Operand::BackupAccounts), Met);
    assert_eq!(stood("svc-backup@vsphere.local", Operand::BackupAccounts), Met);
    assert_eq!(stood("CORP\\j.doe", Operand::BackupAccounts), Unknown);
    assert_eq!(stood("root", Operand::SystemAccounts), Met);
    assert_eq!(stood("NT AUTHORITY\\SYSTEM", Operand::SystemAccounts), Met);
    assert_eq!(stood("nbu_snapshot vm1 1270000000", Operand::Set("snapshots".to_owned())), Met);
    assert_eq!(stood("Consolidate Helper", Operand::Set("snapshots".to_owned())), Unknown);
}

/// `a` is the moment; `b` switches the state on, `c` off.
fn state() -> Pattern {
    needing(latest("b", "c", "a", "k"))
}

#[test]
fn the_latest_state_before_the_moment_holds() {
    // b c a    c b a    b a c    a b
    let at = |events: &[(&str, f64)]| {
        let events: Vec<(&str, f64, &str)> = events.iter().map(|(name, at)| (*name, *at, "k=x")).collect();
        stands(&scene(&events), state())
    };
    assert_eq!(at(&[("b", 0.0), ("c", 10.0), ("a", 20.0)]), None);
    assert_eq!(at(&[("c", 0.0), ("b", 10.0), ("a", 20.0)]), Some(("confirmed", Met)));
    assert_eq!(at(&[("b", 0.0), ("a", 20.0), ("c", 30.0)]), Some(("confirmed", Met)));
    assert_eq!(at(&[("a", 20.0), ("b", 30.0)]), Some(("likely", Unknown)));
    let other = scene(&[("b", 0.0, "k=y"), ("a", 20.0, "k=x")]);
    assert_eq!(stands(&other, state()), Some(("likely", Unknown)));
}

#[test]
fn what_perhaps_lies_behind_the_moment_is_no_state_before_it() {
    // h1: a(0)      h2: c(1 min before), c(1 min after), c(10 min before)     clocks agree within 5 min
    let at = |second: f64| {
        let mut scene = Scene::new();
        let (one, other) = (scene.log("one", WindowsXml, "h1"), scene.log("other", WindowsXml, "h2"));
        scene.put(one.at("a", 0.0).with("k=x")).put(other.at("c", second).with("k=x"));
        stands(&scene, needing(clears(latest("b", "c", "a", "k"))))
    };
    assert_eq!(at(-60.0), Some(("likely", Unknown)));
    assert_eq!(at(60.0), Some(("likely", Unknown)));
    assert_eq!(at(-600.0), Some(("cleared", Unmet)));
}

#[test]
fn two_states_of_which_either_may_be_the_latest_must_agree() {
    // h1: b(0)           a(1 h)      h2: c(1 min)      which came last?
    let mut scene = Scene::new();
    let (one, other) = (scene.log("one", WindowsXml, "h1"), scene.log("other", WindowsXml, "h2"));
    scene.put(one.at("b", 0.0).with("k=x")).put(one.at("a", 3600.0).with("k=x"));
    scene.put(other.at("c", 60.0).with("k=x"));
    assert_eq!(stands(&scene, state()), Some(("likely", Unknown)));
    scene.put(one.at("b", 2400.0).with("k=x"));
    assert_eq!(stands(&scene, state()), Some(("confirmed", Met)));
}

#[test]
fn a_state_without_time_holds_where_no_dated_one_contradicts() {
    // listing: b(no time)      log: c(0)? a(10)
    let with = |dated: &[(&str, f64, &str)]| {
        let mut scene = scene(dated);
        let listing = scene.log("listing", NetbackupTpconfigDsh, "srv");
        scene.put(listing.undated("b").with("k=x"));
        scene
    };
    let alone = with(&[("a", 10.0, "k=x")]);
    assert_eq!(stands(&alone, state()), Some(("confirmed", Met)));
    assert_eq!(
        alone.doubts(state()),
        ["state rests on a record without time, taken to hold at the moment in question"]
    );
    assert_eq!(stands(&with(&[("c", 0.0, "k=x"), ("a", 10.0, "k=x")]), state()), None);
    let mut contradictory = with(&[("a", 10.0, "k=x")]);
    let other = contradictory.log("other", NetbackupTpconfigDsh, "srv");
    contradictory.put(other.undated("c").with("k=x"));
    assert_eq!(stands(&contradictory, state()), Some(("likely", Unknown)));
}

#[test]
fn a_time_of_day_is_no_lack_of_time() {
    // other log: c(14:00, some day)      a
    let mut scene = scene(&[("a", 10.0, "k=x")]);
    let other = Log { zone: Zone::Unknown, ..scene.log("other", WindowsXml, "srv") };
    scene.put(other.clock("c", 0.0).with("k=x"));
    assert_eq!(stands(&scene, state()), Some(("likely", Unknown)));
}

/// Nothing happened yet: version and use.
fn exposure() -> Pattern {
    pattern([likely([step("a")]), exposed([]).needs(0).needs(1)])
        .affected(affected("6.5", "6.5.4", ""))
        .condition(version_condition())
        .condition(condition("plug-in-in-use", [met(there([step("b")]))]))
}

/// A host with a version and perhaps a record of the plug-in.
fn host(version: &str, plug_in: bool) -> Scene {
    let mut scene = Scene::new();
    let listing = scene.log("listing", NetbackupTpconfigDsh, "media1");
    scene.version(listing, Some("media1"), version, Stamp::None);
    if plug_in {
        scene.put(listing.undated("b"));
    }
    scene
}

#[test]
fn a_host_is_exposed_by_version_and_use_together() {
    // media1: version 6.5.3, plug-in in use
    let told = |scene: Scene| scene.told(exposure());
    assert_eq!(told(host("6.5.3", true)), ["exposed host=media1: version listing:1, b listing:1"]);
    assert_eq!(told(host("6.5.3", false)), [""; 0], "a version alone never exposes");
    assert_eq!(told(host("6.5.4", true)), [""; 0]);
    let mut elsewhere = host("6.5.3", false);
    let other = elsewhere.log("other", NetbackupTpconfigDsh, "media2");
    elsewhere.put(other.undated("b"));
    assert_eq!(told(elsewhere), [""; 0], "another host uses it");
}

#[test]
fn a_host_with_a_finding_is_not_exposed_as_well() {
    // media1: version, plug-in, and a(host media1 / unknown / media2)
    for (at, exposed) in
        [(Some("media1"), 0), (Some("MEDIA1.example.com"), 0), (None, 0), (Some("media2"), 1)]
    {
        let mut scene = host("6.5.3", true);
        let log = Log { host: at, ..scene.log("log", WindowsXml, "x") };
        scene.put(log.at("a", 0.0).with("k=x"));
        let levels: Vec<_> = scene.findings(exposure()).iter().map(|finding| finding.level.name()).collect();
        assert_eq!(levels.len(), 1 + exposed, "{at:?} {levels:?}");
    }
}
