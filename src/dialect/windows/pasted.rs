//! Lines of pasted text without what mail, forums and wikis did to them: quote marks, HTML, Markdown.
//!
//! A line ends at a line break, at a tag that breaks lines (`<br />`, `</p>`), or before one that opens a paragraph.
//! Only tags and entities that such pages use are known; `<DateTime>` and `&0&0#{...}` stay as they are.

use std::borrow::Cow;

/// A line as meant, and where it stands.
pub(super) struct Line<'a> {
    /// Without quote marks, tags, entities and line end; leading blanks stay.
    pub(super) text: Cow<'a, str>,
    /// Offset behind it.
    pub(super) end: usize,
}

impl Line<'_> {
    /// Is there nothing on it?
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Number of blanks before its text.
    pub(super) fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start().len()
    }
}

/// What comes next in a text.
pub(super) enum Next<'a> {
    /// A line.
    Line(Line<'a>),
    /// Nothing: the text ends here.
    End,
    /// It cannot be told before more text is there.
    Unknown,
}

const CLOSING: &[&str] = &["<br>", "<br/>", "<br />", "</p>", "</tr>", "</div>", "</li>", "</pre>"];
const OPENING: &[&str] = &["<p>", "<p ", "<tr>", "<tr ", "<div>", "<div ", "<li>", "<li ", "<pre>"];
const INLINE: &[&str] = &[
    "p",
    "b",
    "i",
    "u",
    "em",
    "strong",
    "span",
    "font",
    "code",
    "pre",
    "td",
    "th",
    "tr",
    "div",
    "li",
    "ul",
    "blockquote",
    "br",
    "tbody",
    "table",
    "html",
    "body",
    "tt",
];

/// The line that begins at `from`.
pub(super) fn next(text: &str, from: usize, whole: bool) -> Next<'_> {
    let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) else {
        return if whole { Next::End } else { Next::Unknown };
    };
    let Some((content, end)) = line_end(rest, whole) else { return Next::Unknown };
    Next::Line(Line { text: cleaned(rest.get(..content).unwrap_or("")), end: from + end })
}

/// Where the content of the first line ends and where the next line begins.
fn line_end(text: &str, whole: bool) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'\n', b'<', bytes.get(at..)?) {
        let position = at + found;
        if bytes.get(position) == Some(&b'\n') {
            return Some((position, position + 1));
        }
        let rest = text.get(position..)?;
        if let Some(tag) = starts_with_any(rest, CLOSING) {
            return behind_tag(text, position, position + tag, whole);
        }
        let empty = text.get(..position)?.trim().is_empty();
        if !empty && starts_with_any(rest, OPENING).is_some() {
            return Some((position, position));
        }
        at = position + 1;
    }
    whole.then_some((text.len(), text.len()))
}

/// A line break behind a tag is part of the page's layout, not of the text.
fn behind_tag(text: &str, content: usize, tag_end: usize, whole: bool) -> Option<(usize, usize)> {
    let rest = text.get(tag_end..)?;
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
    match rest.as_bytes().get(blanks) {
        Some(b'\n') => Some((content, tag_end + blanks + 1)),
        Some(_) => Some((content, tag_end)),
        None => whole.then_some((content, tag_end + blanks)),
    }
}

fn starts_with_any(text: &str, tags: &[&str]) -> Option<usize> {
    tags.iter()
        .find(|tag| text.get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag)))
        .map(|tag| tag.len())
}

/// The content of a line without quote marks, tags and entities.
fn cleaned(raw: &str) -> Cow<'_, str> {
    let mut text = without_padding(raw.trim_end_matches(['\r', '\n']));
    while let Some(rest) = text.trim_start().strip_prefix('>') {
        text = rest.strip_prefix(' ').unwrap_or(rest);
    }
    let text = text.trim_start_matches('\u{feff}');
    let mut text = Cow::Borrowed(text);
    if text.contains('<') && text.contains('>') {
        text = Cow::Owned(without_tags(&text));
    }
    if text.contains('&') && text.contains(';') {
        text = Cow::Owned(without_entities(&text));
    }
    if text.contains('\u{a0}') {
        text = Cow::Owned(text.replace('\u{a0}', " "));
    }
    match text {
        Cow::Owned(text) => Cow::Owned(without_padding(&text).to_owned()),
        borrowed => borrowed,
    }
}

/// Two blanks at the end are a line break in Markdown or padding; a single one may belong to an insertion string.
fn without_padding(text: &str) -> &str {
    let bare = text.trim_end_matches([' ', '\t', '\r']);
    if text.strip_prefix(bare) == Some(" ") { text } else { bare }
}

fn without_tags(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        result.push_str(before);
        let name_start = tag.strip_prefix('/').unwrap_or(tag);
        let length = name_start.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name_start.len());
        let name = name_start.get(..length).unwrap_or("").to_ascii_lowercase();
        match tag.split_once('>') {
            Some((inside, behind)) if INLINE.contains(&name.as_str()) && !inside.contains('<') => {
                rest = behind
            }
            _ => {
                result.push('<');
                rest = tag;
            }
        }
    }
    result.push_str(rest);
    result
}

fn without_entities(text: &str) -> String {
    // The longest name below.
    const LONGEST: usize = 8;
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        result.push_str(before);
        let known = after
            .split_once(';')
            .filter(|(name, _)| name.len() <= LONGEST)
            .and_then(|(name, behind)| Some((entity(name)?, behind)));
        match known {
            Some((c, behind)) => {
                result.push(c);
                rest = behind;
            }
            None => {
                result.push('&');
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

const ENTITIES: &[(&str, char)] = &[
    ("nbsp", ' '),
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("szlig", 'ß'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("atilde", 'ã'),
    ("aring", 'å'),
    ("ccedil", 'ç'),
    ("egrave", 'è'),
    ("eacute", 'é'),
    ("ecirc", 'ê'),
    ("euml", 'ë'),
    ("igrave", 'ì'),
    ("iacute", 'í'),
    ("icirc", 'î'),
    ("iuml", 'ï'),
    ("ntilde", 'ñ'),
    ("ograve", 'ò'),
    ("oacute", 'ó'),
    ("ocirc", 'ô'),
    ("otilde", 'õ'),
    ("oslash", 'ø'),
    ("ugrave", 'ù'),
    ("uacute", 'ú'),
    ("ucirc", 'û'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
];

fn entity(name: &str) -> Option<char> {
    let number = match name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => name.strip_prefix('#').and_then(|digits| digits.parse().ok()),
    };
    if let Some(number) = number {
        return char::from_u32(number).map(|c| if c.is_control() { ' ' } else { c });
    }
    let find = |name: &str| ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
    find(name).or_else(|| {
        // &Uuml; is the capital of &uuml;.
        let lower = find(&name.to_ascii_lowercase())?;
        name.starts_with(|c: char| c.is_ascii_uppercase()).then(|| lower.to_uppercase().next()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let mut result = Vec::new();
        let mut at = 0;
        while let Next::Line(line) = next(text, at, true) {
            at = line.end;
            result.push(line.text.into_owned());
        }
        assert_eq!(at, text.len());
        result
    }

    #[test]
    fn html() {
        assert_eq!(
            lines(
                "<p>Quelle:&nbsp;&nbsp; VSS <br />Schl&uuml;sselw&ouml;rter: <br>\r\n<b>Ebene:</b> Fehler</p>\n<p>x"
            ),
            ["Quelle:   VSS ", "Schlüsselwörter: ", "Ebene: Fehler", "x"]
        );
        assert_eq!(lines("Date: <DateTime>\n&0&0#{53f5} a; b"), ["Date: <DateTime>", "&0&0#{53f5} a; b"]);
    }

    #[test]
    fn quote_marks() {
        assert_eq!(
            lines("  > Log Name: System  \n> >   Writer Name: NTDS\r\r\n"),
            ["Log Name: System", "  Writer Name: NTDS"]
        );
    }

    #[test]
    fn a_line_that_is_not_there_yet() {
        assert!(matches!(next("abc", 0, false), Next::Unknown));
        assert!(matches!(next("abc<br />", 0, false), Next::Unknown));
        assert!(matches!(next("", 0, true), Next::End));
    }
}
