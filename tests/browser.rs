//! The page in a real browser: it shows what it should at the widths of a phone and of a desk, it filters, it works
//! without scripts, and text from hostile logs stays text.
//!
//! Needs Chromium (`BLOGSCAN_BROWSER`, or one of the usual names on the path). Where there is none, the tests say so
//! and pass: what the page says is tested without a browser in `tests/report`.

// Test helpers outside of test functions may fail like these.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use blogscan::pattern::Catalogue;
use blogscan::report::text::Look;
use blogscan::report::{html, sanitise};
use blogscan::scan::{Options, run};
use blogscan::settings::Settings;
use serde_json::Value;
use tempfile::TempDir;

const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell"];

fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("BLOGSCAN_BROWSER") {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// A browser with a folder of its own; `None`, with a word about it, where there is no browser.
struct Session {
    browser: PathBuf,
    folder: TempDir,
}

impl Session {
    fn new(test: &str) -> Option<Session> {
        let Some(browser) = browser() else {
            println!("{test} skipped: no Chromium found (BLOGSCAN_BROWSER names one)");
            return None;
        };
        Some(Session { browser, folder: tempfile::tempdir().unwrap() })
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn start(&self, options: &[&str], page: &Path) -> Output {
        let profile = self.folder.path().join("profile");
        Command::new(&self.browser)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--disable-dev-shm-usage",
            ])
            .args(["--no-first-run", "--disable-background-networking", "--disable-component-update"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(options)
            .arg(format!("file://{}", page.display()))
            .output()
            .unwrap()
    }

    /// Opens the page in a frame of this width and runs `script` beside it; `page` is its document, `frame` its
    /// window. What the script returns comes back. Without scripts the page itself may run none.
    fn ask(&self, html: &str, width: u32, with_scripts: bool, script: &str) -> Value {
        self.write("report.html", html);
        let sandbox = if with_scripts { "" } else { "sandbox=\"allow-same-origin\"" };
        let driver = format!(
            "<!doctype html><meta charset=utf-8><body><iframe id=f {sandbox} width={width} height=900 \
             src=report.html></iframe><pre id=answer></pre><script>\
             window.owned = 0;\
             document.getElementById('f').addEventListener('load', () => {{\
               const frame = document.getElementById('f').contentWindow, page = frame.document;\
               const visible = (list) => [...list].filter((node) => node.getClientRects().length > 0);\
               const answer = (() => {{ {script} }})();\
               answer.owned = window.owned || frame.owned || 0;\
               document.getElementById('answer').textContent = 'ANSWER' + JSON.stringify(answer) + 'END';\
             }});</script>"
        );
        let driver = self.write("driver.html", &driver);
        let output = self
            .start(&["--allow-file-access-from-files", "--virtual-time-budget=10000", "--dump-dom"], &driver);
        let dom = String::from_utf8_lossy(&output.stdout).into_owned();
        let from = dom
            .rfind("ANSWER{")
            .unwrap_or_else(|| panic!("no answer in {dom}\n{}", String::from_utf8_lossy(&output.stderr)));
        let to = dom[from..].find("END").unwrap() + from;
        let json =
            dom[from + "ANSWER".len()..to].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let answer: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(answer["owned"], 0, "text of a log ran");
        answer
    }
}

fn scan(paths: &[&str]) -> String {
    let inputs: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    let report = run(&inputs, &Options::default(), &Catalogue::embedded(), &Settings::default());
    html::render(&sanitise(report), Look::default())
}

fn seeds() -> String {
    scan(&[
        "sample-logs/TECH69597/hit-retry-fails",
        "sample-logs/TECH136138/hit-incremental-after-revert",
        "sample-logs/LGTO-SYNC/hit-confirmed",
        "sample-logs/IC89340/hit-snapshot-removal-logged",
        "sample-logs/FCM-RDM-ASIS/hit-warning-mode-and-disk",
    ])
}

const LOOK: &str = "return {
    head: page.querySelector('h1').textContent,
    cards: visible(page.querySelectorAll('details.card')).length,
    drawings: visible(page.querySelectorAll('svg')).map((svg) => svg.getBoundingClientRect().height),
    form: visible(page.querySelectorAll('#filter')).length,
    wide: page.documentElement.scrollWidth,
    records: visible(page.querySelectorAll('.evidence > li')).length,
  };";

#[test]
fn it_renders_at_every_width_with_and_without_scripts() {
    let Some(session) = Session::new("it_renders_at_every_width_with_and_without_scripts") else { return };
    let html = seeds();
    for (width, with_scripts) in [(390, true), (820, true), (1280, true), (390, false), (1280, false)] {
        let seen = session.ask(&html, width, with_scripts, LOOK);
        let place = format!("{width} {with_scripts}: {seen}");
        assert!(seen["head"].as_str().unwrap().contains("DATA LOSS CONFIRMED"), "{place}");
        assert!(seen["cards"].as_u64().unwrap() >= 5, "{place}");
        assert!(seen["records"].as_u64().unwrap() >= 10, "{place}");
        let drawings = seen["drawings"].as_array().unwrap();
        assert!(drawings.len() >= 7, "an overview, one per card, a coverage map: {place}");
        assert!(drawings.iter().all(|height| height.as_f64().unwrap() > 40.0), "{place}");
        assert!(seen["wide"].as_u64().unwrap() <= u64::from(width), "nothing sticks out sideways: {place}");
        assert_eq!(seen["form"], u64::from(with_scripts), "search only where it works: {place}");
    }
}

#[test]
fn search_and_levels_filter() {
    let Some(session) = Session::new("search_and_levels_filter") else { return };
    let script = "const query = page.getElementById('query');
      const cards = () => visible(page.querySelectorAll('details.card')).length;
      const type = (text) => { query.value = text; query.dispatchEvent(new frame.Event('input', { bubbles: true })); return cards(); };
      const all = cards();
      const one = type('uhu-db1');
      const said = page.getElementById('shown').textContent;
      const rows = visible(page.querySelectorAll('#sources tr.s')).length;
      const none = type('no such word anywhere');
      const back = type('');
      const box = page.querySelector('#levels input[value=confirmed]');
      box.click();
      const unconfirmed = cards();
      box.click();
      page.getElementById('close').click();
      const closed = page.querySelectorAll('details.card[open]').length;
      frame.location.hash = '#f2e1';
      return { all, one, said, rows, none, back, unconfirmed, closed, again: cards() };";
    let seen = session.ask(&seeds(), 1280, true, script);
    let all = seen["all"].as_u64().unwrap();
    assert!(all >= 5, "{seen}");
    assert_eq!(seen["one"], 1, "{seen}");
    assert!(
        seen["said"].as_str().unwrap().starts_with(&format!("1 of {}", all))
            || seen["said"].as_str().unwrap().starts_with("1 of"),
        "{seen}"
    );
    assert!(seen["rows"].as_u64().unwrap() >= 1, "the tables are searched as well: {seen}");
    assert_eq!(
        (&seen["none"], &seen["back"], &seen["again"]),
        (&0.into(), &all.into(), &all.into()),
        "{seen}"
    );
    let unconfirmed = seen["unconfirmed"].as_u64().unwrap();
    assert!(unconfirmed < all, "{seen}");
    assert_eq!(seen["closed"], 0, "{seen}");
}

const NASTY: &str = "<script>parent.owned=1;owned=1</script><img src=x onerror='parent.owned=2;owned=2'>\
                     </style></title>]]>--><svg onload=owned=3>";

#[test]
fn text_of_a_hostile_log_stays_text() {
    let Some(session) = Session::new("text_of_a_hostile_log_stays_text") else { return };
    // A log that hits, with markup where a job log prints names, and in the name of the file.
    let folder = session.folder.path().join("logs");
    std::fs::create_dir(&folder).unwrap();
    let image = "fjord1_1242698412";
    for entry in std::fs::read_dir("sample-logs/TECH69597/hit-retry-fails").unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let text = text.replace("no more entries", &format!("no more entries {NASTY}\u{202e}\u{1b}[2J"));
            std::fs::write(folder.join(format!("<b onclick=owned=4>{}", entry.file_name().display())), text)
                .unwrap();
        }
    }
    let html = scan(&[folder.to_str().unwrap()]);
    let script = "return {
        text: page.body.textContent,
        scripts: page.querySelectorAll('script').length,
        images: page.querySelectorAll('img').length,
        handlers: [...page.querySelectorAll('*')].filter((node) => [...node.attributes].some((a) => a.name.startsWith('on'))).length,
        links: [...page.querySelectorAll('a')].map((a) => a.getAttribute('href')).filter((href) => !/^(#|https?:)/.test(href)).length,
      };";
    let seen = session.ask(&html, 1280, true, script);
    let text = seen["text"].as_str().unwrap();
    assert!(text.contains(image), "the case hits: {text}");
    assert!(text.contains(NASTY), "markup is shown as it stands in the log: {text}");
    assert!(text.contains("\\u{202e}") && text.contains("\\x1b"), "what cannot be seen is spelled out");
    assert!(text.contains("<b onclick=owned=4>"), "names of files as well");
    assert_eq!(
        [&seen["scripts"], &seen["images"], &seen["handlers"], &seen["links"]],
        [&Value::from(1), &0.into(), &0.into(), &0.into()]
    );
}

#[test]
fn it_is_dark_where_asked_and_prints() {
    let Some(session) = Session::new("it_is_dark_where_asked_and_prints") else { return };
    let page = session.write("report.html", &seeds());
    let mut pictures = Vec::new();
    for scheme in ["0", "1"] {
        let picture = session.folder.path().join(format!("{scheme}.png"));
        session.start(
            &[
                &format!("--blink-settings=preferredColorScheme={scheme}"),
                "--window-size=1280,900",
                &format!("--screenshot={}", picture.display()),
            ],
            &page,
        );
        pictures.push(std::fs::read(picture).unwrap());
    }
    assert!(pictures.iter().all(|picture| picture.starts_with(b"\x89PNG") && picture.len() > 20_000));
    assert_ne!(pictures[0], pictures[1], "dark is not light");
    let paper = session.folder.path().join("report.pdf");
    session.start(&[&format!("--print-to-pdf={}", paper.display())], &page);
    let pdf = std::fs::read(paper).unwrap();
    assert!(pdf.starts_with(b"%PDF") && pdf.len() > 40_000, "{}", pdf.len());
}
