//! The tables of expected results of the two advisories that the pattern language was written for, as worlds of
//! events and coverage. The patterns stand here by hand; their files are tested with logs elsewhere.

use blogscan::base::Dialect::{BackupExecJobText, NetbackupJob, NetbackupLegacy, VmwareEvents};
use blogscan::base::stamp::Span;
use blogscan::base::{ConditionState, Finding};
use blogscan::pattern::Catalogue;
use blogscan::pattern::model::{
    Also, AlsoPlace, ConditionDef, ConditionTest, Operand, Pattern, Piece, Rule, Step, Template, Test, Where,
};

use crate::build::*;

fn text(words: &str) -> Option<Template> {
    Some(Template { pieces: vec![Piece::Text(words.to_owned())] })
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(told).collect()
}

// ---- TECH69597 --------------------------------------------------------------------------------------------------

/// a contact-lost, b fragment-deleted, c retry-failed, d fragment-missing, e duplicated, f error-not-logged,
/// g optimized-started, h disk-granted
fn fragments() -> Catalogue {
    let lost = || step("contact-lost:a");
    let deleted =
        || step("fragment-deleted:b").after("contact-lost").within(0, 60).same("stream").same("pid");
    let day = 24 * 3600;
    let retry = || step("retry-failed:c").after("fragment-deleted").within(0, 31 * day).same("backup_id");
    let no_success = absence("e", between("fragment-deleted", "retry-failed")).joined("backup_id");
    let no_deletion = absence("b", after("contact-lost")).reach(0, 60).joined("stream").joined("pid");

    let bpdm_log = Template {
        pieces: vec![
            Piece::Text("bpdm debug log from ".to_owned()),
            Piece::Value {
                step: Some("retry-failed".to_owned()),
                key: "time".to_owned(),
                shift: Span(-31 * i64::from(day as i32) * 1_000_000),
            },
        ],
    };
    let mut seen = likely([lost(), deleted()]).needs(0);
    seen.collect = text("job log of the retry");
    let mut effects = suspected([
        step("fragment-missing:d"),
        step("retry-failed:c").near("fragment-missing").within(0, 600).same("session"),
    ]);
    effects.collect = Some(bpdm_log);
    let pattern = pattern([
        confirmed([lost(), deleted(), retry()]).unless(no_success).needs(0),
        seen,
        VerdictParts::about(effects, "backup_id"),
        VerdictParts::about(cleared([lost()]).absent(no_deletion), "pid"),
    ]);
    let mut catalogue =
        catalogue(vec![PatternParts::about(pattern, "backup_id copy fragment").condition(source_copy())]);
    for (kind, def) in catalogue.events.iter_mut().enumerate() {
        def.dialects = vec![if matches!(kind, 0 | 1 | 5) { NetbackupLegacy } else { NetbackupJob }];
    }
    catalogue
}

/// Copy 1 is the source; else the job that ran at the deletion tells which disk volume it read and wrote.
fn source_copy() -> ConditionDef {
    let job = |media: &str| {
        let running = Step { running_at: Some("fragment-deleted".to_owned()), ..step("optimized-started:g") };
        let granted = step("disk-granted:h")
            .same("session=optimized-started.session")
            .wants("media", &format!("=optimized-started.{media}"))
            .wants("volume", "=fragment-deleted.volume");
        there([running, granted])
    };
    clears(condition(
        "deleted-copy-was-the-source",
        [
            met(there([step("fragment-deleted:b").wants("copy", "1")])),
            met(job("source_media")),
            unmet(job("target_media")),
        ],
    ))
}

const RETRY: f64 = 3600.0;

/// The debug log of the media server: the master is lost, 10 ms later a fragment is deleted.
fn bpdm(scene: &mut Scene, copy: &str) -> Log {
    let log = scene.bare("bpdm/log.030509", NetbackupLegacy);
    scene.put(log.at("a", 5.986).pid(14922));
    let image = format!("backup_id=nbutest03_1 copy={copy} fragment=3 volume=xx03");
    scene.put(log.at("b", 5.996).pid(14922).with(&image));
    scene.covers(log, 0.0, 10.0);
    log
}

/// The details of the job that tries again and fails.
fn retry(scene: &mut Scene, second: f64, backup_id: &str) -> Log {
    let log = scene.bare("job-details.txt", NetbackupJob);
    let session = scene.session(Some(log.stamp(second)), Some(log.stamp(second)), "");
    scene.put(log.at("d", second).whole().session(session));
    scene.put(log.at("c", second).whole().session(session).with(&format!("backup_id={backup_id}")));
    log
}

#[test]
fn both_logs_confirm_the_lost_fragment() {
    let mut scene = Scene::new();
    bpdm(&mut scene, "1");
    retry(&mut scene, RETRY, "nbutest03_1");
    assert_eq!(
        lines(&scene.judge(&fragments()).findings),
        ["confirmed backup_id=nbutest03_1 copy=1 fragment=3: \
          contact-lost bpdm/log.030509:1, fragment-deleted bpdm/log.030509:2, retry-failed job-details.txt:2"]
    );
}

#[test]
fn the_debug_log_alone_is_likely() {
    let mut scene = Scene::new();
    bpdm(&mut scene, "1");
    let findings = scene.judge(&fragments()).findings;
    assert_eq!(
        lines(&findings),
        ["likely backup_id=nbutest03_1 copy=1 fragment=3: \
          contact-lost bpdm/log.030509:1, fragment-deleted bpdm/log.030509:2"]
    );
    assert_eq!(findings[0].collect, ["job log of the retry"]);
}

#[test]
fn the_job_alone_is_suspected_and_asks_for_the_debug_log() {
    let mut scene = Scene::new();
    retry(&mut scene, RETRY, "nbutest03_1");
    let findings = scene.judge(&fragments()).findings;
    assert_eq!(
        lines(&findings),
        [
            "suspected backup_id=nbutest03_1: fragment-missing job-details.txt:1, retry-failed job-details.txt:2"
        ]
    );
    assert_eq!(findings[0].collect[0], "bpdm debug log from 2009-02-02 01:00");
}

#[test]
fn another_image_in_the_job_is_another_finding() {
    let mut scene = Scene::new();
    bpdm(&mut scene, "1");
    retry(&mut scene, RETRY, "nbutest03_2");
    let findings = lines(&scene.judge(&fragments()).findings);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].starts_with("likely backup_id=nbutest03_1 copy=1 fragment=3:"));
    assert!(findings[1].starts_with("suspected backup_id=nbutest03_2:"));
}

#[test]
fn deleting_the_unfinished_target_is_cleared() {
    // job |0 ---- 100|: writes to @bbb on volume xx03      bpdm: copy 2 on xx03 deleted at 5.996
    for (target, level) in [("@bbb", "cleared"), ("@ccc", "likely")] {
        let mut scene = Scene::new();
        bpdm(&mut scene, "2");
        let log = scene.log("job.txt", NetbackupJob, "master");
        // The job details carry no zone either.
        let log = Log { host: None, ..Log { zone: blogscan::base::Zone::Unknown, ..log } };
        let session = scene.session(Some(log.stamp(-1000.0)), Some(log.stamp(1000.0)), "");
        let media = format!("source_media=@aaa target_media={target}");
        scene.put(log.at("g", -1000.0).session(session).with(&media));
        scene.put(log.at("h", -999.0).session(session).with("media=@bbb volume=xx03"));
        let findings = scene.judge(&fragments()).findings;
        let levels: Vec<_> = findings.iter().map(|finding| finding.level.name()).collect();
        // Without a known target the copy may have been the source: likely becomes suspected.
        assert_eq!(levels, [if level == "cleared" { "cleared" } else { "suspected" }], "{target}");
        assert_eq!(findings[0].about["fragment"], "3");
    }
}

#[test]
fn a_lost_contact_without_deletion_is_cleared() {
    let mut scene = Scene::new();
    let log = scene.bare("bpdm/log.030509", NetbackupLegacy);
    scene.put(log.at("a", 5.986).pid(14922)).covers(log, 0.0, 100.0);
    assert_eq!(
        lines(&scene.judge(&fragments()).findings),
        ["cleared pid=14922: contact-lost bpdm/log.030509:1"]
    );
    // the log ends too early: nothing is cleared, a notice names the line
    scene.coverage.clear();
    scene.covers(log, 0.0, 60.0);
    let open = scene.judge(&fragments());
    assert_eq!((open.findings.len(), open.notices.len()), (0, 1));
    // another debug log of the host goes on: that proves nothing about bpdm
    let other = scene.bare("bptm/log.030509", NetbackupLegacy);
    scene.covers(other, 0.0, 5000.0);
    assert_eq!(scene.judge(&fragments()).findings.len(), 0);
}

#[test]
fn what_another_process_deleted_says_nothing_of_a_lost_contact_that_deleted_nothing() {
    // [14922] lost, deleted      [15001] lost, nothing deleted
    let mut scene = Scene::new();
    let log = bpdm(&mut scene, "1");
    scene.put(log.at("a", 7.0).pid(15001)).covers(log, 0.0, 100.0);
    let findings = scene.judge(&fragments()).findings;
    let levels: Vec<_> = findings.iter().map(|finding| finding.level.name()).collect();
    assert_eq!(levels, ["likely", "cleared"]);
    let row = |finding: &Finding| {
        let row = finding.conditions.iter().find(|row| row.name == "deleted-copy-was-the-source").unwrap();
        (row.state, row.evidence.clone())
    };
    assert_eq!(row(&findings[0]), (ConditionState::Met, vec![1]));
    let cleared = &findings[1];
    assert_eq!(cleared.about["pid"], "15001");
    assert_eq!(row(cleared), (ConditionState::Unknown, Vec::new()));
    assert_eq!(cleared.evidence.len(), 1, "{:?}", cleared.evidence);
}

#[test]
fn the_retry_alone_does_not_take_any_deletion_for_its_own() {
    // job: fragment missing, failed      bpdm, weeks later: a fragment of another image is deleted
    let mut scene = Scene::new();
    retry(&mut scene, -RETRY, "nbutest03_2");
    bpdm(&mut scene, "1");
    let findings = scene.judge(&fragments()).findings;
    let suspected = findings.iter().find(|finding| finding.level.name() == "suspected").unwrap();
    assert_eq!(suspected.conditions[0].state, ConditionState::Unknown);
    assert_eq!(suspected.evidence.len(), 2, "{:?}", suspected.evidence);
}

#[test]
fn a_retry_dated_before_the_deletion_leaves_it_likely() {
    let mut scene = Scene::new();
    bpdm(&mut scene, "1");
    retry(&mut scene, -RETRY, "nbutest03_1");
    let findings = scene.judge(&fragments()).findings;
    assert_eq!(findings.len(), 1, "{:?}", lines(&findings));
    assert_eq!(findings[0].level.name(), "likely");
    assert!(
        findings[0].doubts.iter().any(|doubt| doubt.contains("clock or zone")),
        "{:?}",
        findings[0].doubts
    );
}

#[test]
fn a_success_in_between_is_shown_as_the_condition_that_is_not_met() {
    let mut scene = Scene::new();
    bpdm(&mut scene, "1");
    let log = retry(&mut scene, RETRY, "nbutest03_1");
    let other = scene.bare("first-job.txt", NetbackupJob);
    scene.put(Log { zone: log.zone, ..other }.at("e", RETRY / 2.0).with("backup_id=nbutest03_1"));
    let findings = scene.judge(&fragments()).findings;
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].level.name(), "likely");
    let row = findings[0].conditions.iter().find(|row| row.name == "no-e").unwrap();
    assert_eq!(row.state, ConditionState::Unmet);
    assert_eq!(findings[0].evidence[row.evidence[0]].source, "first-job.txt");
}

// ---- TECH136138 -------------------------------------------------------------------------------------------------

/// a reverted, c incremental, d full, e cbt-on, f cbt-off, g cbt-reset, h backup of unknown kind
fn reverts() -> Catalogue {
    let reverted = || step("reverted:a");
    let saved = "success partial";
    let incr = || step("incr:c").after("reverted").same("vm").wants("result", saved);
    let no_full = || absence("d", between("reverted", "incr")).joined("vm").only("result", saved);
    let no_reset = || absence("g", between("reverted", "incr")).joined("vm");
    let mut hit = confirmed([reverted(), incr()]).absent(no_full()).absent(no_reset()).needs(0).needs(1);
    hit.also.push(Also {
        kinds: kinds("c"),
        place: AlsoPlace::After("incr".to_owned()),
        until: kinds("d"),
        until_filters: vec![is("result", "success")],
        same: vec![join("vm")],
        filters: Vec::new(),
        keys: names("job"),
        role: "suspect-restore-points".to_owned(),
    });
    let of_unknown_kind = step("backup:c d h").after("reverted").same("vm").wants("method", "unknown");
    let no_full_before = absence("d", between("reverted", "backup")).joined("vm").only("result", saved);
    let full = step("full:d").after("reverted").same("vm").wants("result", "success");
    let no_incr = absence("c", between("reverted", "full")).joined("vm").only("result", saved);
    let reset = step("reset:g").after("reverted").same("vm");
    let no_backup = absence("c d h", between("reverted", "reset")).joined("vm");
    let mut by_the_product = suspected([reverted(), incr()]).absent(no_full()).absent(no_reset()).needs(0);
    by_the_product.doubt = Some("the backup account reverted it".to_owned());
    let mut waiting = exposed([reverted()]).absent(absence("c d h", after("reverted")).joined("vm"));
    waiting.absent[0].collect = text("job log of the next backup");
    let pattern = pattern([
        hit,
        likely([reverted(), of_unknown_kind]).absent(no_full_before),
        by_the_product,
        waiting,
        cleared([reverted(), full]).absent(no_incr),
        cleared([reverted(), reset]).absent(no_backup),
    ]);
    let pattern = PatternParts::about(pattern, "vm")
        .condition(ConditionDef {
            name: "cbt-in-use".to_owned(),
            ..clears(latest("e", "f", "reverted", "vm"))
        })
        .condition(not_the_products_own());
    let pattern = Pattern { horizon: Span(400 * 24 * 3600 * 1_000_000), ..pattern };
    let mut catalogue = catalogue(vec![pattern]);
    for (kind, def) in catalogue.events.iter_mut().enumerate() {
        def.dialects = vec![if matches!(kind, 2 | 3 | 7) { BackupExecJobText } else { VmwareEvents }];
    }
    catalogue
}

fn not_the_products_own() -> ConditionDef {
    let user = |met: bool, test: Test| {
        let filters = vec![Where { key: "user".to_owned(), test }];
        Rule { met, ground: blogscan::pattern::model::Ground::On { step: "reverted".to_owned(), filters } }
    };
    let mut own = condition("snapshot-was-not-the-backup-products-own", []);
    own.test = ConditionTest::Rules {
        latest: None,
        tiers: vec![vec![
            user(false, Test::In(vec![Operand::BackupAccounts])),
            user(true, Test::NotIn(vec![Operand::BackupAccounts, Operand::SystemAccounts])),
        ]],
    };
    own
}

const DAY: f64 = 86_400.0;

struct Site {
    scene: Scene,
    vcenter: Log,
    jobs: Log,
}

/// vCenter: CBT on ten days before, the revert on day 0 by this user. Job list: a full backup five days before;
/// both logs reach from day -20 to day 20.
fn site(user: &str) -> Site {
    let mut scene = Scene::new();
    let vcenter = scene.log("vcenter.csv", VmwareEvents, "vc1");
    let jobs = scene.log("jobs.txt", BackupExecJobText, "be1");
    scene.covers(vcenter, -20.0 * DAY, 20.0 * DAY).covers(jobs, -20.0 * DAY, 20.0 * DAY);
    let mut site = Site { scene, vcenter, jobs };
    site.event("e", -10.0, "vm=SRV-DB1");
    site.event("d", -5.0, "vm=SRV-DB1 job=full0 result=success");
    site.event("a", 0.0, &format!("vm=SRV-DB1 user={user}"));
    site
}

impl Site {
    fn event(&mut self, kind: &str, day: f64, values: &str) {
        let log = if matches!(kind, "c" | "d" | "h") { self.jobs } else { self.vcenter };
        let method = match kind {
            "c" => " method=incremental",
            "d" => " method=full",
            _ => "",
        };
        self.scene.put(log.at(kind, day * DAY).with(&format!("{values}{method}")));
    }

    fn findings(&self) -> Vec<Finding> {
        self.scene.judge(&reverts()).findings
    }

    fn level(&self) -> &'static str {
        let findings = self.findings();
        assert_eq!(findings.len(), 1, "{:?}", lines(&findings));
        findings[0].level.name()
    }
}

#[test]
fn revert_and_incremental_are_confirmed_with_the_restore_points() {
    let mut site = site("j.doe");
    for (day, job) in [(1.0, "incr1"), (2.0, "incr2")] {
        site.event("c", day, &format!("vm=srv-db1 job={job} result=success"));
    }
    site.event("d", 3.0, "vm=srv-db1 job=full1 result=success");
    site.event("c", 4.0, "vm=srv-db1 job=incr3 result=success");
    let findings = site.findings();
    let said = lines(&findings);
    assert!(
        said[0].starts_with("confirmed vm=SRV-DB1: reverted vcenter.csv:2, incr jobs.txt:2, cbt-on")
            || said[0].starts_with("confirmed vm=SRV-DB1: reverted vcenter.csv:2, incr jobs.txt:2, e "),
        "{said:?}"
    );
    let suspect: Vec<&str> = findings[0]
        .objects
        .iter()
        .filter(|object| object.role == "suspect-restore-points")
        .map(|object| object.values["job"].as_str())
        .collect();
    assert_eq!(suspect, ["incr1", "incr2"]);
}

#[test]
fn a_full_backup_before_the_incremental_clears() {
    let mut site = site("j.doe");
    site.event("d", 1.0, "vm=srv-db1 result=success");
    site.event("c", 2.0, "vm=srv-db1 result=success");
    assert_eq!(site.level(), "cleared");
}

#[test]
fn a_failed_full_saves_nobody_and_a_failed_incremental_harms_nobody() {
    let mut site_of_failures = site("j.doe");
    site_of_failures.event("d", 1.0, "vm=srv-db1 result=failed");
    site_of_failures.event("c", 2.0, "vm=srv-db1 result=partial");
    assert_eq!(site_of_failures.level(), "confirmed");
    let mut harmless = site("j.doe");
    harmless.event("c", 1.0, "vm=srv-db1 result=failed");
    harmless.event("d", 2.0, "vm=srv-db1 result=success");
    assert_eq!(harmless.level(), "cleared");
}

#[test]
fn a_reset_of_block_tracking_before_any_backup_clears() {
    let mut site = site("j.doe");
    site.event("g", 1.0, "vm=srv-db1");
    site.event("c", 2.0, "vm=srv-db1 result=success");
    assert_eq!(site.level(), "cleared");
}

#[test]
fn nothing_since_the_revert_is_exposed() {
    let site = site("j.doe");
    assert_eq!(site.level(), "exposed");
    assert_eq!(site.findings()[0].doubts, [""; 0]);
}

#[test]
fn nothing_since_the_revert_in_logs_that_end_before_is_exposed_with_a_doubt() {
    let mut site = site("j.doe");
    site.scene.coverage.clear();
    let (vcenter, jobs) = (site.vcenter, site.jobs);
    site.scene.covers(vcenter, -20.0 * DAY, 20.0 * DAY).covers(jobs, -20.0 * DAY, -DAY);
    assert_eq!(site.level(), "exposed");
    let finding = &site.findings()[0];
    assert_eq!(finding.doubts, ["no log at hand covers the time in question (no c d h)"]);
    assert_eq!(finding.collect[0], "job log of the next backup");
}

#[test]
fn a_revert_by_the_backup_account_is_suspected() {
    let mut site = site("CORP\\svc-backup");
    site.event("c", 1.0, "vm=srv-db1 result=success");
    assert_eq!(site.level(), "suspected");
    assert_eq!(site.findings()[0].doubts, ["the backup account reverted it"]);
}

#[test]
fn block_tracking_off_clears() {
    let mut site = site("j.doe");
    site.event("f", -1.0, "vm=srv-db1");
    site.event("c", 1.0, "vm=srv-db1 result=success");
    assert_eq!(site.level(), "cleared");
}

#[test]
fn a_backup_of_unknown_kind_is_likely() {
    let mut site = site("j.doe");
    site.event("h", 1.0, "vm=srv-db1 method=unknown result=success");
    assert_eq!(site.level(), "likely");
}

#[test]
fn names_that_differ_need_an_alias() {
    // vCenter: SRV-DB1      job logs: db1.corp.local
    let mut site = site("j.doe");
    site.scene.events.retain(|event| event.kind != kind("d"));
    site.event("c", 1.0, "vm=db1.corp.local result=success");
    assert_eq!(site.level(), "exposed");
    assert_eq!(
        site.findings()[0].doubts,
        ["no job log names SRV-DB1; the job logs at hand name db1.corp.local"]
    );
    site.scene.links.push(("SRV-DB1".to_owned(), "db1.corp.local".to_owned()));
    assert_eq!(site.level(), "confirmed");
}

#[test]
fn four_machines_reverted_in_a_day_are_four_findings() {
    let mut site = site("j.doe");
    for machine in 2..=4 {
        site.event("e", -10.0, &format!("vm=srv-db{machine}"));
        site.event("a", 0.1 * f64::from(machine), &format!("vm=srv-db{machine} user=j.doe"));
    }
    for machine in 1..=4 {
        site.event("c", 1.0, &format!("vm=srv-db{machine} result=success"));
    }
    let about: Vec<String> = site.findings().iter().map(|finding| finding.about["vm"].clone()).collect();
    assert_eq!(about, ["SRV-DB1", "srv-db2", "srv-db3", "srv-db4"]);
    assert!(
        site.findings().iter().all(|finding| finding.level.name() == "confirmed" && finding.repeats == 0)
    );
}
