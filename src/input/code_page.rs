//! Code pages: encodings that give no sign of which one they are.
//!
//! The ANSI and East Asian ones are decoded by `encoding_rs`; the OEM pages of Windows consoles and of DOS, in which
//! redirected output of commands is written, are tables of 128 characters here, since browsers do not know them.
//!
//! Nothing in a byte tells its page for sure, so a page is taken only where much speaks for it ([`judge`]): a
//! detector's guess is a hint that the bytes themselves must bear out. Otherwise it stays Windows-1252, and the user
//! may say better. The parts of a log that findings rest on are ASCII in all of them.

use std::sync::LazyLock;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

/// A code page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePage {
    /// Central Europe.
    Windows1250,
    /// Cyrillic.
    Windows1251,
    /// Western Europe, without looking for UTF-8.
    Windows1252,
    /// Greek.
    Windows1253,
    /// Turkish.
    Windows1254,
    /// Japanese (932).
    ShiftJis,
    /// Japanese, Unix.
    EucJp,
    /// Simplified Chinese (936 and what followed it).
    Gb18030,
    /// Traditional Chinese (950).
    Big5,
    /// Korean (949).
    EucKr,
    /// Consoles of the United States.
    Oem437,
    /// Consoles of Western Europe.
    Oem850,
    /// Cyrillic consoles.
    Oem866,
}

/// How its bytes become characters.
pub(super) enum Characters {
    /// Each byte from 80 on is one of these, in UTF-8.
    Table(&'static [String]),
    /// Several bytes may be one.
    Several(&'static encoding_rs::Encoding),
}

const OEM_437: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ\
    áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
    αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

const OEM_850: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ\
    áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
    └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀\
    ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

static WINDOWS: LazyLock<[Vec<String>; 5]> = LazyLock::new(|| {
    use encoding_rs::{WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254};
    [WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254].map(upper_half)
});

static OEM: LazyLock<[Vec<String>; 3]> = LazyLock::new(|| {
    let characters = |table: &str| table.chars().map(String::from).collect();
    [characters(OEM_437), characters(OEM_850), upper_half(encoding_rs::IBM866)]
});

fn upper_half(encoding: &'static encoding_rs::Encoding) -> Vec<String> {
    let bytes: Vec<u8> = (0x80..=0xff).collect();
    encoding.decode_without_bom_handling(&bytes).0.chars().map(String::from).collect()
}

impl CodePage {
    /// All of them.
    pub const ALL: [CodePage; 13] = [
        CodePage::Windows1250,
        CodePage::Windows1251,
        CodePage::Windows1252,
        CodePage::Windows1253,
        CodePage::Windows1254,
        CodePage::ShiftJis,
        CodePage::EucJp,
        CodePage::Gb18030,
        CodePage::Big5,
        CodePage::EucKr,
        CodePage::Oem437,
        CodePage::Oem850,
        CodePage::Oem866,
    ];

    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            CodePage::Windows1250 => "windows-1250",
            CodePage::Windows1251 => "windows-1251",
            CodePage::Windows1252 => "windows-1252",
            CodePage::Windows1253 => "windows-1253",
            CodePage::Windows1254 => "windows-1254",
            CodePage::ShiftJis => "shift_jis",
            CodePage::EucJp => "euc-jp",
            CodePage::Gb18030 => "gb18030",
            CodePage::Big5 => "big5",
            CodePage::EucKr => "euc-kr",
            CodePage::Oem437 => "ibm437",
            CodePage::Oem850 => "ibm850",
            CodePage::Oem866 => "ibm866",
        }
    }

    /// The page of a name or of a number as `chcp` shows it.
    pub fn from_name(name: &str) -> Option<CodePage> {
        let name = name.trim().to_ascii_lowercase();
        let number = name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let by_number = match number {
            "437" => Some(CodePage::Oem437),
            "850" | "858" => Some(CodePage::Oem850),
            "866" => Some(CodePage::Oem866),
            "932" => Some(CodePage::ShiftJis),
            "936" => Some(CodePage::Gb18030),
            "949" => Some(CodePage::EucKr),
            "950" => Some(CodePage::Big5),
            "1250" | "1251" | "1252" | "1253" | "1254" => {
                CodePage::ALL.into_iter().find(|page| page.name().ends_with(number))
            }
            _ => None,
        };
        let is_number = ["", "cp", "ibm", "oem", "oem-", "oem ", "windows-", "windows", "win", "ms"]
            .iter()
            .any(|begin| name.strip_suffix(number) == Some(begin));
        let by_label = || {
            // Labels of one encoding in browsers: `sjis`, `gbk`, `ks_c_5601-1987`.
            let encoding = encoding_rs::Encoding::for_label(name.as_bytes())?;
            let name = match encoding.name() {
                "GBK" => "gb18030".to_owned(),
                name => name.to_ascii_lowercase(),
            };
            CodePage::ALL.into_iter().find(|page| page.name() == name)
        };
        by_number.filter(|_| is_number).or_else(by_label)
    }

    /// What its bytes stand for.
    pub(super) fn characters(self) -> Characters {
        let [w1250, w1251, w1252, w1253, w1254] = &*WINDOWS;
        let [o437, o850, o866] = &*OEM;
        Characters::Table(match self {
            CodePage::Windows1250 => w1250,
            CodePage::Windows1251 => w1251,
            CodePage::Windows1252 => w1252,
            CodePage::Windows1253 => w1253,
            CodePage::Windows1254 => w1254,
            CodePage::Oem437 => o437,
            CodePage::Oem850 => o850,
            CodePage::Oem866 => o866,
            CodePage::ShiftJis => return Characters::Several(encoding_rs::SHIFT_JIS),
            CodePage::EucJp => return Characters::Several(encoding_rs::EUC_JP),
            CodePage::Gb18030 => return Characters::Several(encoding_rs::GB18030),
            CodePage::Big5 => return Characters::Several(encoding_rs::BIG5),
            CodePage::EucKr => return Characters::Several(encoding_rs::EUC_KR),
        })
    }
}

/// The character of a byte from 80 on in Windows-1252, in UTF-8.
pub(super) fn windows_1252(byte: u8) -> &'static str {
    let [_, _, table, ..] = &*WINDOWS;
    table.get(usize::from(byte & 0x7f)).map_or("?", String::as_str)
}

/// Fewer signs than this decide nothing.
const FEW: usize = 4;

/// The page that the first bytes of a source speak for, and why. `None`: nothing tells it.
pub(super) fn judge(sample: &[u8]) -> Option<(CodePage, String)> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, false);
    let guess = CodePage::from_name(detector.guess(None, Utf8Detection::Deny).name());
    if let Some(found) = guess.and_then(|page| several_bytes(page, sample)) {
        return Some(found);
    }
    let words = Words::of(sample);
    if words.only_oem >= FEW && words.only_windows * 10 < words.only_oem {
        let why =
            format!("{} bytes inside words are letters in it and signs in windows-1252", words.only_oem);
        return Some((CodePage::Oem850, why));
    }
    match guess {
        Some(page @ (CodePage::Windows1251 | CodePage::Oem866))
            if words.neighbours >= 8 && words.neighbours * 10 >= words.high * 7 =>
        {
            Some((
                page,
                format!(
                    "{} of {} bytes beyond ASCII stand beside each other in words",
                    words.neighbours, words.high
                ),
            ))
        }
        Some(page @ CodePage::Windows1250) if words.only_central >= FEW || words.inside >= 2 * FEW => {
            Some((page, format!("{} bytes inside words, most likely of this page", words.inside)))
        }
        _ => None,
    }
}

/// Is it really text of a page with double bytes? In other texts pairs of bytes fit as well, but not mostly to the
/// characters that every such text is made of.
fn several_bytes(page: CodePage, sample: &[u8]) -> Option<(CodePage, String)> {
    let Characters::Several(encoding) = page.characters() else { return None };
    let (usual, percent, what): (fn(char) -> bool, _, _) = match page {
        CodePage::ShiftJis | CodePage::EucJp => (is_kana, 20, "kana"),
        CodePage::EucKr => (|c| ('\u{ac00}'..='\u{d7a3}').contains(&c), 60, "hangul"),
        _ => (|c| ('\u{4e00}'..='\u{9fff}').contains(&c), 60, "hanzi"),
    };
    let mut text = String::new();
    let mut decoder = encoding.new_decoder_without_bom_handling();
    text.reserve(decoder.max_utf8_buffer_length(sample.len()).unwrap_or(0));
    let (_, _, has_errors) = decoder.decode_to_string(sample, &mut text, false);
    let all = text.chars().filter(|character| !character.is_ascii()).count();
    let fitting = text.chars().filter(|character| usual(*character)).count();
    // Half-width katakana are single bytes, which any text has; punctuation is no sign either way.
    let is_enough = fitting >= FEW && fitting * 100 >= all * percent;
    let is_common = page != CodePage::Gb18030 || common_hanzi(sample) * 10 >= fitting * 7;
    (!has_errors && is_enough && is_common)
        .then(|| (page, format!("{fitting} of {all} characters beyond ASCII are {what}")))
}

fn is_kana(character: char) -> bool {
    ('\u{3041}'..='\u{30ff}').contains(&character)
}

/// Pairs of bytes of the first level of GB 2312, in which every common character is.
fn common_hanzi(sample: &[u8]) -> usize {
    sample.windows(2).filter(|pair| matches!(pair, [0xb0..=0xd7, 0xa1..=0xfe])).count()
}

/// Bytes beyond ASCII inside words that have ASCII letters too, and in words altogether.
#[derive(Default)]
struct Words {
    high: usize,
    inside: usize,
    neighbours: usize,
    only_oem: usize,
    only_windows: usize,
    only_central: usize,
}

impl Words {
    fn of(sample: &[u8]) -> Words {
        let [w1250, _, w1252, ..] = &*WINDOWS;
        let [_, o850, _] = &*OEM;
        let is_letter = |table: &[String], byte: u8| {
            let character = table.get(usize::from(byte & 0x7f)).and_then(|text| text.chars().next());
            character.is_some_and(|character| character.is_alphabetic() && !matches!(character, 'ª' | 'º'))
        };
        let mut words = Words::default();
        for word in sample.split(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic()) {
            let high = word.iter().filter(|byte| !byte.is_ascii());
            words.high += high.clone().count();
            let is_high = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii());
            words.neighbours += (0..word.len())
                .filter(|at| {
                    is_high(word.get(*at))
                        && (is_high(word.get(at + 1))
                            || at.checked_sub(1).is_some_and(|at| is_high(word.get(at))))
                })
                .count();
            if !word.iter().any(u8::is_ascii_alphabetic) {
                continue;
            }
            for byte in high {
                words.inside += 1;
                let (oem, windows) = (is_letter(o850, *byte), is_letter(w1252, *byte));
                words.only_oem += usize::from(oem && !windows);
                words.only_windows += usize::from(windows && !oem);
                words.only_central += usize::from(is_letter(w1250, *byte) && !windows);
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(page: CodePage, text: &str) -> Option<&'static str> {
        judge(&encoded(page, text)).map(|(page, _)| page.name())
    }

    /// The text in a page.
    pub(crate) fn encoded(page: CodePage, text: &str) -> Vec<u8> {
        match page.characters() {
            Characters::Several(encoding) => encoding.encode(text).0.into_owned(),
            Characters::Table(table) => text
                .chars()
                .map(|character| match table.iter().position(|entry| entry.starts_with(character)) {
                    _ if character.is_ascii() => character as u8,
                    Some(at) => at as u8 | 0x80,
                    None => panic!("{character}"),
                })
                .collect(),
        }
    }

    const GERMAN: &str =
        "Die Sicherung für „größere“ Datenträger schlug fehl: Zugriff verweigert über Fälle.\r\n";
    const GERMAN_CONSOLE: &str =
        "Die Sicherung für größere Datenträger schlug fehl: Zugriff verweigert über Fälle.\r\n";

    #[test]
    fn pages_are_told_where_much_speaks_for_them() {
        let log = "14:55:05.986 [5132.5812] <2> db_error_add_to_file: midnite = 1236229200\r\n";
        for (page, text) in [
            (CodePage::ShiftJis, "バックアップジョブが失敗しました。メディアを開くことができません。\r\n"),
            (CodePage::Gb18030, "备份作业失败，无法打开介质。请检查存储服务器的连接。\r\n"),
            (CodePage::EucKr, "백업 작업이 실패했습니다. 미디어를 열 수 없습니다.\r\n"),
            (CodePage::Windows1251, "Задание резервного копирования завершилось с ошибкой.\r\n"),
            (
                CodePage::Windows1250,
                "Úloha zálohování selhala: médium nelze otevřít, přístup byl odepřen. Zkuste to později.\r\n",
            ),
            (CodePage::Oem850, GERMAN_CONSOLE),
        ] {
            assert_eq!(judged(page, &format!("{log}{text}{log}")), Some(page.name()));
            assert_eq!(judged(page, &format!("{log}{text}").repeat(40)), Some(page.name()));
        }
    }

    #[test]
    fn russian_consoles_are_told() {
        let russian =
            "26.05.2014,2:14:09,VolSnap,Ошибка,Отсутствует,25,Н/Д,FS-01,Теневые копии тома были удалены.";
        assert_eq!(judged(CodePage::Oem866, russian), Some("ibm866"));
        assert_eq!(judged(CodePage::Windows1251, russian), Some("windows-1251"));
    }

    #[test]
    fn western_texts_are_no_other_page() {
        for text in [
            GERMAN,
            "La sauvegarde a échoué : impossible d'accéder au média, vérifiez où il a été déplacé à côté.\r\n",
            "La copia de seguridad falló: no se encontró el año ni la información del señor Núñez.\r\n",
            "f\u{fc}r\r\n",
        ] {
            assert_eq!(judged(CodePage::Windows1252, text), None, "{text}");
            assert_eq!(judged(CodePage::Windows1252, &text.repeat(50)), None, "{text}");
        }
    }

    #[test]
    fn names_and_numbers_name_pages() {
        for page in CodePage::ALL {
            assert_eq!(CodePage::from_name(page.name()), Some(page));
        }
        for (name, page) in [
            ("850", CodePage::Oem850),
            ("cp437", CodePage::Oem437),
            ("CP1252", CodePage::Windows1252),
            ("sjis", CodePage::ShiftJis),
            ("gbk", CodePage::Gb18030),
            ("936", CodePage::Gb18030),
        ] {
            assert_eq!(CodePage::from_name(name), Some(page), "{name}");
        }
        assert_eq!(CodePage::from_name("utf-850"), None);
        assert_eq!(CodePage::from_name("klingon"), None);
    }

    #[test]
    fn consoles_have_their_own_characters() {
        let [o437, o850, _] = &*OEM;
        assert_eq!((o437.len(), o850.len()), (128, 128));
        assert_eq!((o850[0x01].as_str(), o850[0x61].as_str(), o437[0x61].as_str()), ("ü", "ß", "ß"));
        assert_eq!((o850[0x1b].as_str(), o437[0x1b].as_str()), ("ø", "¢"));
        assert_eq!((o850[0x7f].as_str(), o437[0x7f].as_str()), ("\u{a0}", "\u{a0}"));
    }
}
