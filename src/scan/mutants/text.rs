//! Mutants of texts: records taken out, ends cut off, other encodings. The texts are read again as any other.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use super::{Bench, Mutant, Rule, Target, parts_of};
use crate::base::Evidence;
use crate::correlate::World;
use crate::input::TextReader;
use crate::scan::source::{Extract, order_told_late};

/// The bytes of a source as UTF-8 or one of the code pages; `None`: no text.
pub(super) fn plain(bytes: Vec<u8>) -> Option<Vec<u8>> {
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        let units: Vec<u16> = rest
            .chunks_exact(2)
            .map(|pair| {
                u16::from_le_bytes([pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)])
            })
            .collect();
        return Some(String::from_utf16_lossy(&units).into_bytes());
    }
    (!bytes.contains(&0)).then_some(bytes)
}

/// Lines (from 1) to take out, by path.
type Cuts = BTreeMap<String, BTreeSet<u64>>;

impl Bench<'_, '_> {
    pub(super) fn of_text(&self, world: &World<'_>, target: &Target<'_>, mutants: &mut Vec<Mutant>) {
        let mut names: Vec<&str> = Vec::new();
        for piece in &target.finding.evidence {
            if !names.contains(&piece.event.as_str()) {
                names.push(&piece.event);
            }
        }
        for name in names {
            self.without(world, target, name, mutants);
        }
        for path in self.texts.keys() {
            self.truncated(target, path, mutants);
        }
        self.in_utf_16(target, mutants);
    }

    fn read_again(&self, path: &str, bytes: Vec<u8>) -> Extract {
        let read = |order| {
            let reader = TextReader::from_read(path, Box::new(Cursor::new(bytes.as_slice())));
            self.workshop.read(reader, order, None)
        };
        let extract = read(None);
        order_told_late(&extract).map_or(extract, |order| read(Some(order)))
    }

    fn with_texts(&self, changed: impl Fn(&str, &[u8]) -> Option<Vec<u8>>) -> Vec<Extract> {
        self.extracts
            .iter()
            .map(|extract| {
                let text = self.texts.get(&extract.path);
                match text.and_then(|text| changed(&extract.path, text)) {
                    Some(bytes) => self.read_again(&extract.path, bytes),
                    None => extract.clone(),
                }
            })
            .collect()
    }

    /// All records of one piece of evidence's kind are taken out, so that no other of them fills its place.
    fn without(&self, world: &World<'_>, target: &Target<'_>, name: &str, mutants: &mut Vec<Mutant>) {
        let step = target.verdict.steps.iter().find(|step| step.name == name);
        let pieces = || target.finding.evidence.iter().filter(|piece| piece.event == name);
        let mut kinds: Vec<_> = step.map(|step| step.kinds.clone()).unwrap_or_default();
        let is_piece = |at: usize, piece: &Evidence| {
            world.event(at).is_some_and(|event| {
                world.path(event.source) == piece.source
                    && event.line() == piece.line
                    && event.number() == piece.record
                    && world.catalogue.event(event.kind).is_some_and(|def| def.name == name)
            })
        };
        for piece in pieces() {
            kinds.extend(
                (0..world.events.len())
                    .filter(|at| is_piece(*at, piece))
                    .filter_map(|at| world.event(at).map(|event| event.kind)),
            );
        }
        let mut cuts = Cuts::new();
        let mut all_text = true;
        for event in world.all().filter(|event| kinds.contains(&event.kind)) {
            all_text &= self.cut(world.path(event.source), event.line(), &event.text(), &mut cuts);
        }
        for piece in pieces() {
            all_text &= self.cut(&piece.source, piece.line, &piece.text, &mut cuts);
        }
        let rule = if step.is_some() { Rule::Falls } else { Rule::NeverRises };
        let mut parts = if all_text {
            self.parts(self.with_texts(|path, text| cuts.get(path).map(|lines| without_lines(text, lines))))
        } else {
            parts_of(world)
        };
        // What a dialect makes of several lines does not go away with the one that it points to.
        parts.events.retain(|event| !kinds.contains(&event.kind));
        let spill = std::sync::Arc::clone(&parts.spill);
        parts.held.retain(&spill, |event| !kinds.contains(&event.kind));
        self.add(format!("without {name}"), rule, parts, target, mutants);
    }

    /// Marks the lines of a record; `false` where its source is no text.
    fn cut(&self, path: &str, line: Option<u64>, record: &str, cuts: &mut Cuts) -> bool {
        let (Some(text), Some(line)) = (self.texts.get(path), line) else { return false };
        let first = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        let mut stands = text.split(|byte| *byte == b'\n').skip(first);
        let wanted = cuts.entry(path.to_owned()).or_default();
        wanted.insert(line);
        for (behind, said) in (0..).zip(record.lines()) {
            let Some(read) = stands.next() else { break };
            if String::from_utf8_lossy(read).trim() != said.trim() {
                break;
            }
            wanted.insert(line + behind);
        }
        true
    }

    /// The source ends in the middle of the last line of evidence that it holds.
    fn truncated(&self, target: &Target<'_>, path: &str, mutants: &mut Vec<Mutant>) {
        let pieces = target.finding.evidence.iter().filter(|piece| piece.source == path);
        let Some(line) = pieces.filter_map(|piece| piece.line).max() else { return };
        let extracts = self.with_texts(|other, text| {
            if other != path {
                return None;
            }
            let skip = usize::try_from(line).ok()?.saturating_sub(1);
            let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            let before: usize = lines.iter().take(skip).map(|line| line.len()).sum();
            let half = lines.get(skip).map_or(0, |line| line.len() / 2);
            text.get(..before + half).map(<[u8]>::to_vec)
        });
        let name = format!("truncated {}", self.below(path));
        self.add(name, Rule::NeverRises, self.parts(extracts), target, mutants);
    }

    fn in_utf_16(&self, target: &Target<'_>, mutants: &mut Vec<Mutant>) {
        let encoded = |text: &[u8]| {
            let text = std::str::from_utf8(text).ok()?;
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
            Some(units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
        };
        if self.texts.values().any(|text| encoded(text).is_some()) {
            let extracts = self.with_texts(|_, text| encoded(text));
            self.add("utf-16".to_owned(), Rule::Same, self.parts(extracts), target, mutants);
        }
    }

    /// A path below the sample's folder.
    pub(super) fn below<'p>(&self, path: &'p str) -> &'p str {
        path.strip_prefix(&self.folder).map_or(path, |below| below.trim_start_matches('/'))
    }
}

fn without_lines(text: &[u8], lines: &BTreeSet<u64>) -> Vec<u8> {
    let kept = (1_u64..).zip(text.split_inclusive(|byte| *byte == b'\n'));
    kept.filter(|(number, _)| !lines.contains(number)).flat_map(|(_, line)| line.iter().copied()).collect()
}
