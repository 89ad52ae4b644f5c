//! One log in every encoding, in every container: the same findings on the same lines.

use blogscan::cli::Options;
use blogscan::input::Encoding;

use super::bundle::{Files, bundle, containers};
use super::{essence, scan};

fn wide<const N: usize>(text: &str, unit: fn(char, &mut Vec<[u8; N]>)) -> Vec<u8> {
    let mut units = Vec::new();
    text.chars().for_each(|character| unit(character, &mut units));
    units.concat()
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

fn single(text: &str, table: &str) -> Vec<u8> {
    let byte = |character: char| match table.chars().position(|entry| entry == character) {
        Some(at) => 0x80 | at as u8,
        None => u8::try_from(character).unwrap(),
    };
    text.chars().map(byte).collect()
}

const CONSOLE: &str =
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀Óß";

fn page(label: &str, text: &str) -> Vec<u8> {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
    let (bytes, _, lost) = encoding.encode(text);
    assert!(!lost, "{label}");
    bytes.into_owned()
}

const GERMAN: &str =
    "Die Sicherung der größeren Datenträger schlug fehl: Zugriff für Fälle über Öffnen verweigert.";
const CZECH: &str = "Úloha zálohování selhala: médium nelze otevřít, přístup byl odepřen.";
const RUSSIAN: &str = "Задание резервного копирования завершилось с ошибкой.";
const JAPANESE: &str = "バックアップジョブが失敗しました。メディアを開くことができません。";
const CHINESE: &str = "备份作业失败，无法打开介质。请检查存储服务器的连接。";
const KOREAN: &str = "백업 작업이 실패했습니다. 미디어를 열 수 없습니다.";

/// Name in the report, the words of the country, and how to write them.
type Case = (&'static str, &'static str, fn(&str) -> Vec<u8>);

fn cases() -> Vec<Case> {
    vec![
        ("utf-8", GERMAN, |text| text.as_bytes().to_vec()),
        ("utf-8", JAPANESE, |text| format!("\u{feff}{text}").into_bytes()),
        ("utf-16le", GERMAN, |text| utf16(text, u16::to_le_bytes)),
        ("utf-16be", RUSSIAN, |text| utf16(text, u16::to_be_bytes)),
        ("utf-16le", CHINESE, |text| utf16(&format!("\u{feff}{text}"), u16::to_le_bytes)),
        ("utf-16be", KOREAN, |text| utf16(&format!("\u{feff}{text}"), u16::to_be_bytes)),
        ("utf-32le", GERMAN, |text| {
            wide(&format!("\u{feff}{text}"), |c, out| out.push((c as u32).to_le_bytes()))
        }),
        ("utf-32be", JAPANESE, |text| {
            wide(&format!("\u{feff}{text}"), |c, out| out.push((c as u32).to_be_bytes()))
        }),
        ("windows-1252", GERMAN, |text| page("windows-1252", text)),
        ("windows-1250", CZECH, |text| page("windows-1250", text)),
        ("windows-1251", RUSSIAN, |text| page("windows-1251", text)),
        ("shift_jis", JAPANESE, |text| page("shift_jis", text)),
        ("gb18030", CHINESE, |text| page("gb18030", text)),
        ("euc-kr", KOREAN, |text| page("euc-kr", text)),
        ("ibm850", GERMAN, |text| single(text, CONSOLE)),
    ]
}

/// The bundle with words of a country in each of its logs, before and between what matters.
fn told(words: &str, write: fn(&str) -> Vec<u8>) -> Files {
    let with_words = |text: &str| -> String {
        let line = |line: &str| match (line.starts_with("09:"), line.starts_with("05/11")) {
            (true, _) => format!("{line}\n09:12:44.315 [7731] <2> bpdm: {words}\n"),
            (_, true) => format!("{line}\n05/11/2009 09:40:02 - Info bpdm (pid=8120) {words}\n"),
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    };
    let file =
        |(name, bytes): (String, Vec<u8>)| (name, write(&with_words(std::str::from_utf8(&bytes).unwrap())));
    bundle().into_iter().take(2).map(file).collect()
}

#[test]
fn every_encoding_in_every_container_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let options = Options::default();
    for (number, (name, words, write)) in cases().into_iter().enumerate() {
        let plain = folder.path().join("plain.tar");
        std::fs::write(&plain, super::bundle::tar(&told(words, |text| text.as_bytes().to_vec()))).unwrap();
        let (expected, mut sources) = {
            let report = scan(&plain, &options);
            assert_eq!(report.findings.len(), 1);
            essence(&report, &format!("{root}/plain.tar!"))
        };
        for source in sources.as_array_mut().unwrap() {
            source["encoding"] = name.into();
        }
        let all = containers(&told(words, write));
        // Each encoding in a third of the containers, each container in a third of the encodings.
        for (container, bytes) in all.into_iter().skip(number % 3).step_by(3) {
            let (file, inner) = container.split_once('!').unwrap_or((container, ""));
            let path = folder.path().join(file);
            std::fs::write(&path, bytes).unwrap();
            let report = scan(&path, &options);
            let inner = if inner.is_empty() { String::new() } else { format!("{inner}!") };
            let (findings, seen) = essence(&report, &format!("{root}/{file}!{inner}"));
            assert_eq!(seen, sources, "{name} {container}");
            assert_eq!(findings, expected, "{name} {container}");
            assert_eq!(report.notices.len(), 0, "{name} {:?}", report.notices);
        }
    }
}

#[test]
fn what_the_user_says_wins_where_nothing_tells() {
    let folder = tempfile::tempdir().unwrap();
    let files: Files = ["a/log.051109", "b/log.051109"]
        .into_iter()
        .map(|name| (format!("{name}/bpdm.txt"), b"09:02:11.101 [7731] <2> bpdm: \x9b\r\n".to_vec()))
        .collect();
    let path = folder.path().join("b.zip");
    std::fs::write(&path, super::bundle::zip(&files)).unwrap();
    let mut options = Options::default();
    let encodings = |options: &Options| -> Vec<&str> {
        scan(&path, options).sources.iter().map(|source| source.encoding).collect()
    };
    assert_eq!(encodings(&options), ["windows-1252", "windows-1252"]);
    options.reading.encodings.push((None, Encoding::from_name("cp437").unwrap()));
    let glob = blogscan::input::PathGlob::new("b/").unwrap();
    options.reading.encodings.push((Some(glob), Encoding::from_name("850").unwrap()));
    // `b/` fits folders of that name, and only the second member is in one.
    assert_eq!(encodings(&options), ["ibm437", "ibm850"]);
}
