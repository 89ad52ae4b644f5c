//! Error codes of Backup Exec: one 32-bit number, printed as a link (`V-79-57344-65245`) or in hexadecimal
//! (`0xe000fedd`, `e000fedd`, `E000FEDD`).
//!
//! The last two parts of a link are the upper and the lower half of the number in decimal: 57344 is 0xE000.

/// A code found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ErrorCode<'a> {
    /// As printed.
    pub(super) printed: &'a str,
    /// The number, always in the form `0xE000FEDD`.
    pub(super) hex: String,
}

/// The first code of a text; a hexadecimal one counts only if it is one of Backup Exec's own.
pub(super) fn find(text: &str) -> Option<ErrorCode<'_>> {
    let link = find_link(text);
    let number = find_number(text);
    match (link, number) {
        (Some((at, link)), Some((other, number))) => Some(if at <= other { link } else { number }),
        (link, number) => link.or(number).map(|(_, code)| code),
    }
}

fn find_link(text: &str) -> Option<(usize, ErrorCode<'_>)> {
    text.match_indices("V-79-").find_map(|(at, start)| {
        let rest = text.get(at + start.len()..)?;
        let (upper, rest) = number(rest)?;
        let (lower, rest) = number(rest.strip_prefix('-')?)?;
        let printed = text.get(at..text.len() - rest.len())?;
        Some((at, ErrorCode { printed, hex: format!("0x{upper:04X}{lower:04X}") }))
    })
}

fn number(text: &str) -> Option<(u16, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text.get(..end)?.parse().ok()?, text.get(end..)?))
}

fn find_number(text: &str) -> Option<(usize, ErrorCode<'_>)> {
    let mut at = 0;
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let start = at;
        at += word.len()
            + text.get(at + word.len()..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        let is_own = digits.len() == 8
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
            && ["e000", "a000"]
                .iter()
                .any(|prefix| digits.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(prefix)));
        if is_own {
            return Some((
                start,
                ErrorCode { printed: word, hex: format!("0x{}", digits.to_ascii_uppercase()) },
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_every_spelling() {
        for (text, printed, hex) in [
            ("refer to link V-79-57344-65245", "V-79-57344-65245", "0xE000FEDD"),
            ("Final error: 0xe000fedd - A failure", "0xe000fedd", "0xE000FEDD"),
            ("Error             : e000120f - This", "e000120f", "0xE000120F"),
            ("V-79-40960-38686 - ä e000fedd", "V-79-40960-38686", "0xA000971E"),
            ("ä: a0009723", "a0009723", "0xA0009723"),
        ] {
            let code = find(text).unwrap();
            assert_eq!((code.printed, code.hex.as_str()), (printed, hex), "{text}");
        }
        for text in ["", "V-79-", "V-79-99999-1", "0x80070005", "e000", "deadbeef", "xe000fedd1"] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
