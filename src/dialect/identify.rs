//! Which dialect a text is in, by its content alone.

use indexmap::IndexMap;

use super::lines::next_line;
use super::quoted;
use super::{Claim, Reader, readers};
use crate::base::Dialect;

/// How much text without any record head is looked at before a source is called unknown: more than the banners,
/// menus and prose that precede the first record of a console capture or a ticket.
const LONGEST_PREFACE: usize = 64 * 1024;

/// What was recognised, and on what ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognition {
    /// The dialect; `mixed` and `unknown` are answers too.
    pub dialect: Dialect,
    /// In words for `blogscan identify`: `12 of 14 lines begin a record`.
    pub reason: String,
}

/// Recognises the dialect of a source from the beginning of its text.
pub fn recognise(sample: &str) -> Recognition {
    let readers = readers();
    if let Some(reader) = readers.iter().find(|reader| reader.opens(sample)) {
        let reason = "the text begins as this format does".to_owned();
        return Recognition { dialect: reader.dialect(), reason };
    }
    let mut lines = 0_usize;
    let mut strong: IndexMap<Dialect, usize> = IndexMap::new();
    let mut weak: IndexMap<Dialect, usize> = IndexMap::new();
    let mut at = 0;
    // The reader of the line before, and how many lines in a row it knew.
    let mut last: Option<(&'static dyn Reader, usize)> = None;
    // Heads that are heads only without the marks of an answered mail before them.
    let mut quoted_heads = 0_usize;
    while let Some((line, next)) = next_line(sample, at) {
        at = next;
        if line.trim().is_empty() {
            continue;
        }
        if strong.is_empty() && at > LONGEST_PREFACE {
            break;
        }
        lines += 1;
        // Lines of one dialect stand together: the reader of the line before is asked first.
        if let Some((reader, row)) = &mut last
            && reader.claim(line) == Claim::Strong
        {
            *row += 1;
            continue;
        }
        let mut is_head = false;
        for reader in &readers {
            match reader.claim(line) {
                Claim::Strong => {
                    *strong.entry(reader.dialect()).or_default() += 1;
                    if let Some((before, row)) = last.replace((*reader, 0)) {
                        *strong.entry(before.dialect()).or_default() += row;
                    }
                    is_head = true;
                    break;
                }
                Claim::Weak => *weak.entry(reader.dialect()).or_default() += 1,
                Claim::No => {}
            }
        }
        let inside = quoted::unquoted(line);
        if !is_head && inside.len() < line.len() {
            let owner = readers.iter().find(|reader| reader.claim(inside) == Claim::Strong);
            if let Some(reader) = owner {
                *strong.entry(reader.dialect()).or_default() += 1;
                quoted_heads += 1;
            }
        }
    }
    if let Some((reader, row)) = last {
        *strong.entry(reader.dialect()).or_default() += row;
    }
    absorb(&readers, &mut strong);
    // One such line in a long log is text of it that begins so.
    let is_quoted = quoted_heads > 0 && quoted_heads * 10 >= strong.values().sum::<usize>();
    match strong.len() {
        0 => Recognition { dialect: Dialect::Unknown, reason: unknown_reason(lines, &weak) },
        1 if !is_quoted => one(lines, &strong, &weak),
        _ => {
            let parts: Vec<String> =
                strong.iter().map(|(dialect, count)| format!("{count} of {}", dialect.name())).collect();
            let how = if is_quoted { ", quoted as in a mail" } else { "" };
            let reason = format!("record heads: {}{how}", parts.join(", "));
            Recognition { dialect: Dialect::Mixed, reason }
        }
    }
}

/// Moves the lines of absorbed dialects to the one that absorbs them: a scheduler log holds error messages too.
fn absorb(readers: &[&'static dyn Reader], strong: &mut IndexMap<Dialect, usize>) {
    for reader in readers {
        if !strong.contains_key(&reader.dialect()) {
            continue;
        }
        for absorbed in reader.absorbs() {
            if let Some(count) = strong.shift_remove(absorbed) {
                *strong.entry(reader.dialect()).or_default() += count;
            }
        }
    }
}

fn one(lines: usize, strong: &IndexMap<Dialect, usize>, weak: &IndexMap<Dialect, usize>) -> Recognition {
    let (dialect, count) =
        strong.first().map_or((Dialect::Unknown, 0), |(dialect, count)| (*dialect, *count));
    let heads = count + weak.get(&dialect).copied().unwrap_or(0);
    Recognition { dialect, reason: format!("{heads} of {lines} lines begin a record") }
}

fn unknown_reason(lines: usize, weak: &IndexMap<Dialect, usize>) -> String {
    match weak.first() {
        Some((dialect, count)) => format!(
            "{count} of {lines} lines have the shape of {} but none shows that it is one",
            dialect.name()
        ),
        None => format!("none of {lines} lines begins a record of a known dialect"),
    }
}
