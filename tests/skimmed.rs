//! Records that nobody asks for are only counted: the report must be the one that reading each of them whole gives.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::sync::LazyLock;

use blogscan::base::Dialect;
use blogscan::pattern::Catalogue;
use blogscan::scan::{Options, run};
use blogscan::settings::Settings;
use proptest::prelude::*;

/// A catalogue that asks for every record of the dialect, because one of its definitions has no fixed text. No verdict
/// needs what that one finds.
fn asks_for_all(dialect: Dialect) -> Catalogue {
    let mut catalogue = Catalogue::embedded();
    let mut others = Catalogue::embedded().events;
    let mut def = others.swap_remove(others.iter().position(|def| !def.texts.is_empty()).unwrap());
    def.dialects = vec![dialect];
    (def.codes, def.records, def.processes, def.providers) = (vec![], vec![], vec![], vec![]);
    (def.filters, def.exceptions, def.severity) = (vec![], vec![], None);
    def.texts = vec![r"\A\W\w\W{50}\z".to_owned()];
    catalogue.events.push(def);
    catalogue
}

static USUAL: LazyLock<Catalogue> = LazyLock::new(Catalogue::embedded);
static ASKING: LazyLock<Catalogue> = LazyLock::new(|| asks_for_all(Dialect::NetbackupLegacy));

fn report(text: &str, name: &str, catalogue: &Catalogue) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("bpdm")).unwrap();
    let file = folder.path().join("bpdm").join(name);
    fs::write(&file, text).unwrap();
    let inputs = [file.to_str().unwrap().to_owned()];
    let report = run(&inputs, &Options { jobs: 1, ..Options::default() }, catalogue, &Settings::default());
    serde_json::to_string_pretty(&report).unwrap().replace(folder.path().to_str().unwrap(), "FOLDER")
}

fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        8 => (0..24_u32, 0..60_u32, 0..5_u32).prop_map(|(hour, minute, pid)| format!(
            "{hour:02}:{minute:02}:05.986 [{}] <2> bpdm: nothing happens", 20_637 + pid
        )),
        2 => Just("23:59:59.990 [20637.3] <2> bpdm: shortly before midnight".to_owned()),
        2 => Just("00:00:00.004 [20637] <2> bpdm: shortly after midnight\r".to_owned()),
        1 => Just("07:17:17.311 [20637] <16> logERROR: cannot log message to error database, error = cannot connect on socket".to_owned()),
        1 => Just("07:17:17.311 [20637] <8> replace_disk_frag: cannot update image database to add completed fragment, error = cannot connect on socket".to_owned()),
        1 => Just("07:17:17.321 [20637] <4> ddr4: /usr/openv/lib/ost-plugins/libstspiX.so:stspi_delete_image STS_EOK pathname =v/m_1267534039_C1_F3_R3:1267534039:p:4:1:: deleted".to_owned()),
        1 => Just("07:18:17.321 [20637] <2> bpdm: EXITING with status 25".to_owned()),
        1 => Just("  replace_disk_frag: cannot update image database to add completed fragment, error = x".to_owned()),
        1 => Just("a line that goes on".to_owned()),
        1 => Just(String::new()),
        1 => Just("8:51:14.569 AM: [1924.2304] <2> tar_base::V_vTarMsgW: FTL - Backup operation aborted!".to_owned()),
    ];
    proptest::collection::vec(line, 1..60).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn counting_is_as_good_as_reading(text in lines(), is_dated: bool) {
        let name = if is_dated { "log.030210" } else { "bpdm.txt" };
        let some = report(&text, name, &USUAL);
        let all = report(&text, name, &ASKING);
        prop_assert_eq!(some, all);
    }
}
