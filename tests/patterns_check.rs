//! Pattern files that are wrong in one way each: every fault is said in one run, with its place and its reason.

use std::fs;

use blogscan::pattern::{CheckOptions, Fault, check, check_text, render_faults};

/// A pattern without a fault; the cases change one thing in it.
const GOOD: &str = r#"```toml
schema = "blogscan-pattern/1"
id = "NAME"
aliases = ["ALIAS-NAME"]
title = "A tape is written over"
impact = "data-loss"
url = "https://example.com/NAME"
products = ["netbackup"]
about = ["media"]
horizon = "40d"

[[affected]]
product = "netbackup"
ordering = "netbackup"
events = [{ introduced = "7.0" }, { fixed = "7.1" }]

[use]
full = "class:vm.backup.full"

[event.tape-rewound]
dialect = "netbackup.legacy"
match = '''FREEZING media id (?<media>\w+), External event caused rewind'''
sample = "10:11:12.131 [77] <16> write_data: FREEZING media id A00012, External event caused rewind during write"
not = "10:11:12.131 [77] <16> write_data: FREEZING media id A00012, too many errors"

[event.tape-mounted]
dialect = ["netbackup.job", "netbackup.legacy"]
match = '''mounting media (?<media>\w+) for the job'''
sample = "03/05/2021 10:00:00 - mounting media A00012 for the job"

[window.night]
opens = "tape-mounted"
closes = "tape-rewound"
same = ["media"]
longest = "1d"

[[condition]]
name = "tape-was-mounted"
met-by = ["tape-mounted"]
same = ["media=tape-rewound.media"]
collect = "job details that name {media}"

[[verdict]]
level = "confirmed"
steps = [
  { event = "tape-mounted" },
  { event = "tape-rewound", after = "tape-mounted", within = "1d", same = ["media"], during = "night" },
]
needs = ["tape-was-mounted"]
collect = "bptm log up to {tape-rewound.time + 1d}"

[[verdict]]
level = "likely"
steps = [{ event = "tape-rewound" }]
needs = ["tape-was-mounted"]

[[verdict]]
level = "cleared"
steps = [{ event = "tape-mounted" }]
absent = [{ event = "tape-rewound", after = "tape-mounted", same = ["media"] }]

[output]
affected-objects = ["media"]
```

# A tape is written over

## What happens

The tape is rewound by somebody else.

## How to tell

bptm says so.

## Workaround

None.

## Fix

None.

## References

- An example
"#;

struct Case {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    /// Line, column and reason of each fault.
    faults: &'static [(usize, usize, &'static str)],
}

const fn case(
    name: &'static str,
    from: &'static str,
    to: &'static str,
    faults: &'static [(usize, usize, &'static str)],
) -> Case {
    Case { name, from, to, faults }
}

const CASES: &[Case] = &[
    case(
        "not-toml",
        "impact = \"data-loss\"",
        "impact = ",
        &[(6, 10, "not TOML: string values must be quoted, expected literal string")],
    ),
    case(
        "unknown-key",
        "products = [",
        "product = [",
        &[(3, 6, "the pattern has no `products`"), (8, 1, "a pattern has no key `product`")],
    ),
    case(
        "any-code-of-no-source",
        "match = '''FREEZING",
        "code = \"*\"\nmatch = '''FREEZING",
        &[(22, 8, "any code of what?")],
    ),
    case(
        "two-unknown-keys",
        "dialect = \"netbackup.legacy\"",
        "dialekt = \"netbackup.legacy\"\ncolour = 1",
        &[
            (20, 8, "the event `tape-rewound` has no `dialect`"),
            (21, 1, "an event has no key `dialekt`"),
            (22, 1, "an event has no key `colour`"),
        ],
    ),
    case(
        "wrong-type",
        "title = \"A tape is written over\"",
        "title = 7",
        &[(5, 9, "`title` is a text, not a number")],
    ),
    case(
        "unknown-dialect",
        "dialect = \"netbackup.legacy\"",
        "dialect = \"netbackup.legcy\"",
        &[(21, 11, "there is no dialect `netbackup.legcy`")],
    ),
    case(
        "unknown-product",
        "products = [\"netbackup\"]",
        "products = [\"netbakup\"]",
        &[(8, 13, "there is no product `netbakup`")],
    ),
    case(
        "unknown-ordering",
        "ordering = \"netbackup\"",
        "ordering = \"semver\"",
        &[(14, 12, "there is no ordering `semver`")],
    ),
    case(
        "unknown-impact",
        "impact = \"data-loss\"",
        "impact = \"terrible\"",
        &[(6, 10, "there is no impact `terrible`")],
    ),
    case(
        "bad-version",
        "{ introduced = \"7.0\" }",
        "{ introduced = \"seven\" }",
        &[(15, 26, "`seven` is no version in the ordering `netbackup`")],
    ),
    case(
        "versions-turned-round",
        "{ fixed = \"7.1\" }",
        "{ fixed = \"6.5\" }",
        &[(15, 45, "6.5 lies before 7.0")],
    ),
    case(
        "bad-regex",
        "caused rewind'''",
        "caused (rewind'''",
        &[(22, 67, "the regex is wrong here: unclosed group")],
    ),
    case(
        "little-fixed-text",
        "'''mounting media (?<media>\\w+) for the job'''",
        "'''(?<media>\\w+) job'''",
        &[(28, 9, "only 4 bytes of this regex are fixed text, 8 are needed")],
    ),
    case(
        "sample-missed",
        "sample = \"03/05/2021 10:00:00 - mounting",
        "sample = \"03/05/2021 10:00:00 - dismounted",
        &[(29, 10, "the event `tape-mounted` misses its sample")],
    ),
    case(
        "near-miss-hit",
        "A00012, too many errors",
        "A00012, External event caused rewind",
        &[(24, 7, "the event `tape-rewound` matches what it must not match")],
    ),
    case(
        "no-trigger",
        "match = '''mounting media (?<media>\\w+) for the job'''",
        "capture = [\"media\"]",
        &[(26, 8, "nothing finds the event `tape-mounted`")],
    ),
    case(
        "capture-undefined",
        "about = [\"media\"]",
        "about = [\"tape\"]",
        &[
            (9, 10, "no step of the verdict `confirmed` gives the value `tape`"),
            (9, 10, "no step of the verdict `likely` gives the value `tape`"),
            (9, 10, "no step of the verdict `cleared` gives the value `tape`"),
        ],
    ),
    case(
        "join-undefined",
        "same = [\"media\"], during",
        "same = [\"drive\"], during",
        &[
            (47, 76, "`tape-rewound` gives no value `drive`"),
            (47, 76, "`tape-mounted` gives no value `drive`"),
        ],
    ),
    case(
        "unknown-event",
        "{ event = \"tape-rewound\", after = \"tape-mounted\", same",
        "{ event = \"tape-rewond\", after = \"tape-mounted\", same",
        &[(60, 21, "there is no event `tape-rewond`")],
    ),
    case(
        "unknown-class",
        "class:vm.backup.full",
        "class:vm.backup.ful",
        &[(18, 8, "no event raises the class `vm.backup.ful`")],
    ),
    case(
        "later-step",
        "{ event = \"tape-mounted\" },",
        "{ event = \"tape-mounted\", before = \"tape-rewound\" },",
        &[(46, 38, "there is no earlier step `tape-rewound`")],
    ),
    case("unknown-window", "during = \"night\"", "during = \"day\"", &[(47, 95, "there is no window `day`")]),
    case(
        "bad-length",
        "longest = \"1d\"",
        "longest = \"one day\"",
        &[(35, 11, "`one day` is no length of time")],
    ),
    case(
        "window-turned-round",
        "within = \"1d\"",
        "within = \"1d..1h\"",
        &[(47, 62, "the window `1d..1h` ends before it begins")],
    ),
    case(
        "horizon-too-far",
        "horizon = \"40d\"",
        "horizon = \"500d\"",
        &[(10, 11, "a horizon is at most 400 d")],
    ),
    case(
        "no-collect",
        "collect = \"job details that name {media}\"",
        "required = true",
        &[(37, 1, "a condition has no `collect`")],
    ),
    case(
        "unknown-condition",
        "needs = [\"tape-was-mounted\"]\ncollect",
        "needs = [\"tape-mounted\"]\ncollect",
        &[(49, 10, "there is no condition `tape-mounted`")],
    ),
    case(
        "levels-out-of-order",
        "level = \"cleared\"",
        "level = \"confirmed\"",
        &[
            (6, 10, "a data-loss pattern without a `cleared` verdict"),
            (58, 9, "`confirmed` stands behind a weaker level"),
        ],
    ),
    case(
        "knowledge-with-verdicts",
        "horizon = \"40d\"",
        "knowledge = true",
        &[(3, 6, "`knowledge`, but there is a verdict")],
    ),
    case(
        "no-cleared",
        "level = \"cleared\"",
        "level = \"suspected\"",
        &[(6, 10, "a data-loss pattern without a `cleared` verdict")],
    ),
    case(
        "no-such-place",
        "{tape-rewound.time + 1d}",
        "{tape-rewound.tim + 1d}",
        &[(50, 11, "`{tape-rewound.tim + 1d}`: a length of time is added to `time` only")],
    ),
    case(
        "equals-without-step",
        "steps = [{ event = \"tape-rewound\" }]",
        "steps = [{ event = \"tape-rewound\", where = { media = { equals = \"A00012\" } } }]",
        &[(54, 65, "`A00012` is no value of a step")],
    ),
    case(
        "unknown-set",
        "steps = [{ event = \"tape-rewound\" }]",
        "steps = [{ event = \"tape-rewound\", where = { media = { in = \"shared.tapes\" } } }]",
        &[(54, 61, "there is no set `shared.tapes`")],
    ),
    case(
        "no-heading",
        "## Workaround",
        "## Work around",
        &[(86, 13, "nothing stands under the heading \"Workaround\"")],
    ),
    case("no-block", "```toml", "```yaml", &[(1, 1, "no fenced toml block")]),
    case(
        "alias-taken",
        "\"ALIAS-NAME\"",
        "\"TECH69597\"",
        &[(4, 12, "`TECH69597` is the name of another pattern")],
    ),
    case(
        "class-in-a-pattern",
        "[event.tape-mounted]",
        "[event.tape-mounted]\nclass = \"vm.tape\"",
        &[(27, 9, "only events of shared files raise classes")],
    ),
    case(
        "only-unverified",
        "match = '''FREEZING",
        "unverified = true\nmatch = '''FREEZING",
        &[(44, 1, "the step `tape-rewound` is known from unverified events only: never confirmed")],
    ),
    case(
        "two-steps-of-one-name",
        "{ event = \"tape-mounted\" },",
        "{ event = \"tape-mounted\" }, { event = \"tape-mounted\" },",
        &[(46, 31, "two steps are called `tape-mounted`")],
    ),
    case(
        "absent-nowhere",
        "after = \"tape-mounted\", same = [\"media\"] }]",
        "same = [\"media\"] }]",
        &[(60, 11, "absent where?")],
    ),
    case(
        "no-steps",
        "level = \"likely\"\nsteps = [{ event = \"tape-rewound\" }]\nneeds = [\"tape-was-mounted\"]",
        "level = \"likely\"\nneeds = []",
        &[(52, 1, "the verdict `likely` has no steps")],
    ),
];

fn text_of(case: &Case) -> String {
    let text = GOOD.replacen(case.from, case.to, 1);
    assert_ne!(text, GOOD, "{}", case.name);
    text.replace("NAME", case.name)
}

#[test]
fn the_good_pattern_is_good() {
    let faults = check_text("NAME.md", GOOD, CheckOptions::default());
    assert!(faults.is_empty(), "{}", render_faults(&faults, false));
}

#[test]
fn every_fault_of_every_file_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    for case in CASES {
        fs::write(folder.path().join(format!("{}.md", case.name)), text_of(case)).unwrap();
    }
    let faults = check(&[folder.path().to_path_buf()], CheckOptions::default());
    for case in CASES {
        let file = folder.path().join(format!("{}.md", case.name)).display().to_string();
        let found: Vec<(usize, usize, &str)> = faults
            .iter()
            .filter(|fault| fault.file() == file)
            .map(|fault| (fault.line, fault.column, fault.reason.as_str()))
            .collect();
        assert_eq!(found, case.faults, "{}", case.name);
    }
}

fn rendered(faults: &[Fault]) -> String {
    render_faults(faults, false)
}

#[test]
fn what_people_read() {
    let mut out = String::new();
    for case in CASES {
        let faults = check_text(&format!("{}.md", case.name), &text_of(case), CheckOptions::default());
        out.push_str(&rendered(&faults));
    }
    insta::assert_snapshot!("faults", out);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(150))]

    /// Whatever is typed, the checker answers with faults and stays on its feet.
    #[test]
    fn no_file_brings_the_checker_down(at in 0..GOOD.len(), length in 0usize..60, put in "[a-z\"'\\[\\]{}=.,()?<>{}\\\\\n#ä0-9 -]{0,12}") {
        let end = (at + length).min(GOOD.len());
        let text = format!("{}{put}{}", &GOOD[..at], &GOOD[end..]);
        for fault in check_text("NAME.md", &text, CheckOptions::default()) {
            proptest::prop_assert!(fault.line >= 1 && fault.column >= 1);
            proptest::prop_assert!(!render_faults(&[fault], true).is_empty());
        }
    }
}

/// What no log shows has a text and nothing to search for, and needs no samples.
#[test]
fn knowledge_needs_no_verdicts() {
    let start = GOOD.find("about = ").unwrap();
    let end = GOOD.find("[[affected]]").unwrap();
    let events = GOOD.find("[use]").unwrap();
    let fence = GOOD.find("\n```\n").unwrap();
    let text = format!("{}knowledge = true\n\n{}{}", &GOOD[..start], &GOOD[end..events], &GOOD[fence..]);
    let faults = check_text("NAME.md", &text, CheckOptions::default());
    assert!(faults.is_empty(), "{}", render_faults(&faults, false));
    let without = text.replace("knowledge = true\n", "");
    let faults = check_text("NAME.md", &without, CheckOptions::default());
    assert!(faults.iter().any(|fault| fault.reason.contains("no [[verdict]]")), "{faults:?}");
}
