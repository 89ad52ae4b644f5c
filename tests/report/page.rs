//! The page for a browser: what it says, that log text stays text in it, and that it asks for nothing.

use std::process::Command;

use blogscan::base::{Impact, Level, Report};
use blogscan::pattern::Catalogue;
use blogscan::report::escape::is_hostile;
use blogscan::report::text::Look;
use blogscan::report::{html, sanitise};
use blogscan::scan::{Options, run};
use blogscan::settings::Settings;

use crate::example;

fn page(report: Report) -> String {
    html::render(&sanitise(report), Look::default())
}

/// A tag of the page: name, attributes.
type Tag = (String, Vec<(String, String)>);

/// A strict reader of what the templates write: every element closed, every attribute in quotes, no stray mark.
/// Gives the tags and the text between them, without style, script and drawings.
fn read(html: &str) -> (Vec<Tag>, String) {
    const VOID: [&str; 3] = ["meta", "input", "!doctype"];
    let (mut tags, mut text, mut open) = (Vec::new(), String::new(), Vec::<String>::new());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let before = &rest[..at];
        if !open.iter().any(|name| matches!(name.as_str(), "svg" | "style" | "script")) {
            text.push_str(before);
        }
        assert!(
            !before.contains('>') || matches!(open.last().unwrap().as_str(), "style" | "script"),
            "{before:?}"
        );
        let end = at + rest[at..].find('>').expect("a tag ends");
        let inner = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = inner.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{inner}");
            continue;
        }
        let (name, attributes) = inner.split_once([' ', '\n']).unwrap_or((inner, ""));
        let name = name.trim_end_matches('/').to_owned();
        text.push_str(match name.as_str() {
            "dd" | "td" | "th" | "li" => " ",
            "dt" | "summary" | "p" => "\n",
            _ => "",
        });
        tags.push((name.clone(), attributes_of(attributes.trim_end_matches('/'))));
        if !inner.ends_with('/') && !VOID.contains(&name.as_str()) {
            open.push(name.clone());
        }
        if name == "script" || name == "style" {
            let close = rest.find(&format!("</{name}>")).expect("closed");
            rest = &rest[close..];
        }
    }
    assert_eq!(open, Vec::<String>::new());
    (tags, text)
}

fn attributes_of(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return found;
        }
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let name = &rest[..end];
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'!'), "{rest:?}");
        match rest[end..].strip_prefix("=\"") {
            Some(value) => {
                let close = value.find('"').expect("a value ends");
                found.push((name.to_owned(), value[..close].to_owned()));
                rest = &value[close + 1..];
            }
            None => {
                found.push((name.to_owned(), String::new()));
                rest = &rest[end..];
            }
        }
    }
}

/// What a person reads, one line per line that holds something.
fn words(html: &str) -> String {
    let (_, text) = read(html);
    let text =
        text.replace("&#x27;", "'").replace("&quot;", "\"").replace("&#x2f;", "/").replace("&lt;", "<");
    let text = text.replace("&gt;", ">").replace("&amp;", "&");
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).map(|line| line + "\n").collect()
}

/// Nothing but the elements and attributes of the templates, and nothing that loads or runs anything.
fn assert_asks_for_nothing(html: &str) {
    let elements = "!doctype html head meta title style body header main section nav footer form fieldset legend label \
                    input button output details summary figure figcaption h1 h2 h3 h4 h5 p ul ol li dl dt dd div span b i \
                    a code pre time table thead tbody tr th td svg g path rect circle text defs pattern script";
    let attributes = "html lang charset http-equiv content name class id href rel hidden role type placeholder \
                      aria-label aria-live autocomplete spellcheck value checked open title data-level data-impact \
                      data-label style x y cx cy r rx d width height viewBox fill patternUnits patternTransform";
    let (tags, _) = read(html);
    for (name, given) in &tags {
        assert!(elements.split_whitespace().any(|known| known == name), "element {name}");
        for (attribute, value) in given {
            assert!(
                attributes.split_whitespace().any(|known| known == attribute),
                "{name} {attribute}={value}"
            );
            if attribute == "href" {
                let is_web =
                    value.starts_with("http:&#x2f;&#x2f;") || value.starts_with("https:&#x2f;&#x2f;");
                assert!(is_web && name == "a" || value.starts_with('#'), "{name} {attribute}={value}");
            }
            if attribute == "style" {
                let percent = value.strip_prefix("width:").and_then(|rest| rest.strip_suffix('%'));
                assert!(percent.is_some_and(|number| number.parse::<u8>().is_ok()), "{value}");
            }
        }
    }
    let count = |wanted: &str| tags.iter().filter(|(name, _)| name == wanted).count();
    assert_eq!((count("script"), count("style"), count("title") >= 1), (1, 1, true));
    for word in ["url(http", "@import", "fetch(", "XMLHttpRequest", "innerHTML", "eval("] {
        assert!(!html.contains(word), "{word}");
    }
}

#[test]
fn the_whole_page_in_words() {
    let html = page(example::whole());
    assert_asks_for_nothing(&html);
    assert!(html.starts_with("<!doctype html>\n"));
    insta::assert_snapshot!(words(&html));
}

#[test]
fn a_quiet_page_in_words() {
    insta::assert_snapshot!(words(&page(example::quiet())));
}

#[test]
fn nothing_found_is_only_said_of_what_was_read() {
    let answer = |report: Report| words(&page(report)).lines().take(6).collect::<Vec<_>>().join("|");
    assert!(answer(example::quiet()).contains("NO KNOWN FAILURE FOUND"));
    assert!(answer(example::empty()).contains("NOTHING WAS JUDGED"));
    let mut unreadable = example::quiet();
    unreadable.scan.complete = false;
    unreadable.notices.push(example::notice("no-permission", "bpdm/log.030609", None, "denied"));
    let text = answer(unreadable);
    assert!(text.find("NOT COMPLETE").unwrap() < text.find("NO KNOWN").unwrap(), "{text}");
    let mut silenced = example::quiet();
    silenced.findings = example::whole().findings;
    silenced.findings.retain(|finding| finding.silenced.is_some());
    assert!(answer(silenced).contains("NOTHING TO SHOW"));
    let outside = html::render(&example::quiet(), Look { outside: 2, ..Look::default() });
    assert!(words(&outside).contains("for the time asked for"));
}

#[test]
fn a_loss_stands_above_surer_failures_of_other_kinds() {
    let mut report = example::whole();
    report.findings.retain(|finding| finding.advisory == "TECH136138" || finding.advisory == "LGTO-SYNC");
    report.findings.sort_by_key(|finding| finding.impact == Impact::DataLoss);
    report.findings[0].level = Level::Confirmed;
    let html = page(report);
    let title = html.split("<title>").nth(1).unwrap();
    assert!(title.starts_with("NOT COMPLETE, DATA LOSS LIKELY: VM SRV-DB1"), "{}", &title[..80]);
    assert!(words(&html).contains("OUTAGE CONFIRMED"));
}

/// The logs that started the project, one page each: the page in words is what a person gets to read.
#[test]
fn pages_of_the_five_seeds() {
    let catalogue = Catalogue::embedded();
    let seeds = [
        ("TECH69597", "hit-retry-fails"),
        ("TECH136138", "hit-incremental-after-revert"),
        ("LGTO-SYNC", "hit-confirmed"),
        ("IC89340", "hit-snapshot-removal-logged"),
        ("FCM-RDM-ASIS", "hit-warning-mode-and-disk"),
    ];
    for (id, case) in seeds {
        let path = format!("sample-logs/{id}/{case}");
        let report = run(&[path], &Options::default(), &catalogue, &Settings::default());
        let html = page(report);
        assert_asks_for_nothing(&html);
        // The catalogue grows; the page of a case does not change by that.
        let shown = words(&html);
        let shown: String = shown
            .lines()
            .filter(|line| !line.starts_with("blogscan "))
            .map(|line| line.to_owned() + "\n")
            .collect();
        insta::assert_snapshot!(format!("page_of_{id}"), shown);
    }
}

const EVIL: [&str; 12] = [
    "</script><script>parent.owned=1</script>",
    "</style></title></svg></textarea><img src=x onerror=owned()>",
    "]]>--><!-- <![CDATA[",
    "\" onmouseover=\"owned()\" x=\"",
    "' autofocus onfocus='owned()",
    "javascript:owned()",
    "srv\u{1b}]0;owned\u{7}\r\n1. DATA LOSS CLEARED\u{202e}gnp.\u{9b}2J\u{200b}",
    "{{ 7*7 }}{% for x in y %}{# c #}",
    "&lt;script&gt;&#x3c;script&#x3e;&amp;",
    "\u{2028}\u{2029}\u{feff}\u{0}\u{fff9}",
    "http://evil.example/\"onclick=owned()//<b>",
    "`code` **bold** [x](javascript:owned()) <http://a.example>",
];

#[test]
fn log_text_stays_text() {
    for evil in EVIL {
        let html = page(crate::hostile::filled(evil));
        assert_asks_for_nothing(&html);
        assert!(!html.chars().any(|c| c != '\n' && is_hostile(c)), "{evil:?}");
        assert_eq!(html.matches("<script").count(), 1, "{evil:?}");
        assert!(!html.contains("<img"), "{evil:?}");
    }
    // It is shown, not dropped, and no template.
    assert!(words(&page(crate::hostile::filled(EVIL[7]))).contains(EVIL[7]));
    let shown = words(&page(crate::hostile::filled(EVIL[0])));
    assert!(shown.contains(EVIL[0]), "{shown}");
    assert!(words(&page(crate::hostile::filled(EVIL[6]))).contains(r"\u{202e}gnp.\x9b2J\u{200b}"));
}

#[test]
fn a_line_of_ten_megabytes_makes_no_page_of_ten_megabytes() {
    let mut report = example::whole();
    let whole = page(report.clone()).len();
    for text in [
        "x ".repeat(5 << 20),
        "\u{202e}".repeat(3 << 20),
        "nbutest03_1236281108".repeat(500_000),
        "\n".repeat(10 << 20),
    ] {
        report.findings[0].evidence[0].text = text.clone();
        report.notices[0].detail = text;
        let html = page(report.clone());
        assert!(html.len() < whole + 400_000, "{} beside {whole}", html.len());
        assert_asks_for_nothing(&html);
    }
}

#[test]
fn a_flood_of_findings_is_a_page_that_opens() {
    let mut report = example::whole();
    let model = report.findings.remove(1);
    report.findings = (0..20_000)
        .map(|number| {
            let mut finding = model.clone();
            finding.about = example::values(&[("vm", &format!("SRV-{number:05}"))]);
            finding
        })
        .collect();
    let html = page(report);
    assert!(html.len() < 2_000_000, "{}", html.len());
    let shown = words(&html);
    assert!(shown.contains("20000 objects: VM SRV-00000; VM SRV-00001; and 19998 more"), "{shown}");
    assert!(shown.contains("and 18975 more, all in --format json"));
}

#[test]
fn a_report_gives_the_same_bytes_each_time() {
    assert_eq!(page(example::whole()), page(example::whole()));
}

/// The policy of the page names its script by a hash; a script changed without it would not run anywhere.
#[test]
fn the_hash_is_that_of_the_script() {
    let html = page(example::quiet());
    let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), script).unwrap();
    let Ok(output) = Command::new("sha256sum").arg(file.path()).output() else {
        println!("skipped: sha256sum is not on this machine");
        return;
    };
    let hex = String::from_utf8(output.stdout).unwrap();
    let bytes: Vec<u8> =
        (0..32).map(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap()).collect();
    let policy = format!("script-src 'sha256-{}'", base64(&bytes));
    assert!(
        html.replace("&#x2f;", "/").contains(&policy),
        "src/report/html/page.js.sha256 must hold {}",
        base64(&bytes)
    );
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let value = number >> (18 - 6 * digit) & 63;
            text.push(if digit <= chunk.len() { char::from(DIGITS[value as usize]) } else { '=' });
        }
    }
    text
}
