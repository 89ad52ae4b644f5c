//! Loads pattern files, embedded and from folders, into one catalogue.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::builtin;
use super::check::{BodyOf, Checker, CostOf, Depth, Known, check_sample_folders};
use super::document::Document;
use super::fault::{Fault, Faults};
use super::model::{Catalogue, EventDef, Pattern};
use super::packed::{Packed, called, unpack};
use super::raw::tree::Text;
use super::raw::{RawPattern, RawShared};

/// A pattern file is text for people; one beyond this size is something else.
const LARGEST_FILE: u64 = 1 << 20;
/// Folders below a pattern folder: product and file; deeper ones are somebody's own order.
const DEEPEST: usize = 4;

/// What `check` is to look at beside the files themselves.
#[derive(Clone, Copy, Default)]
pub struct CheckOptions<'a> {
    /// Takes a sample line apart the way its dialect does.
    pub body_of: Option<BodyOf<'a>>,
    /// Says why a regex makes every scan slower, if it does.
    pub cost_of: Option<CostOf<'a>>,
    /// The folder with `<ID>/hit-<case>` and `<ID>/miss-<case>`.
    pub samples: Option<&'a Path>,
}

/// A file as found.
struct Source {
    /// Path as reported.
    file: String,
    /// Path below its pattern folder, with `/`.
    place: String,
    text: String,
    own: bool,
}

impl Source {
    fn is_shared(&self) -> bool {
        self.place.ends_with(".toml")
    }
}

impl Catalogue {
    /// The embedded patterns and those of `dirs`; a pattern or shared file of the same id or place replaces the one
    /// before it. A file with errors is left out; the faults say why (errors only, see [`check`] for warnings).
    pub fn load(dirs: &[PathBuf]) -> (Catalogue, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut sources = embedded();
        for dir in dirs {
            read_folder(dir, &mut sources, &mut faults);
        }
        let mut build = Build { faults, options: CheckOptions::default(), regexes: Regexes::OfOwn };
        let catalogue = build.catalogue(&sources);
        build.faults.retain(Fault::is_error);
        (catalogue, build.faults)
    }

    /// The patterns of `dirs` beside those of a catalogue that was packed, which are not read again. `None`: the own
    /// files change what is packed (events, classes and sets of shared files, patterns of the same id), so that all has
    /// to be read.
    pub(crate) fn load_beside(packed: &'static str, dirs: &[PathBuf]) -> Option<(Catalogue, Vec<Fault>)> {
        let (mut faults, mut sources) = (Vec::new(), Vec::new());
        for dir in dirs {
            read_folder(dir, &mut sources, &mut faults);
        }
        if sources.iter().any(Source::is_shared) {
            return None;
        }
        let Catalogue { mut patterns, events, classes, sets, hash, .. } = unpack(packed)?;
        let called = called(packed)?;
        let mut names: Vec<Names> = called.patterns.into_iter().map(Names::packed).collect();
        let before = names.len();
        let mut read: Vec<Read<'_>> = sources.iter().map(read_pattern).collect();
        names.extend(read.iter().map(Names::of));
        let (packed_names, own_names) = names.split_at(before);
        let ids: HashSet<&str> = packed_names.iter().filter_map(|names| names.id.as_deref()).collect();
        if own_names.iter().filter_map(|names| names.id.as_deref()).any(|id| ids.contains(id)) {
            return None;
        }
        let bearers = bearers(&names);
        let mut known = Known { events, names: called.events, classes, sets };
        let mut build = Build { faults, options: CheckOptions::default(), regexes: Regexes::OfOwn };
        let mut own = Vec::new();
        for (at, one) in read.iter_mut().enumerate() {
            clashes(&mut one.faults, &one.raw, before + at, &names, &bearers);
            if let Some((pattern, events)) = build.pattern(one, &known) {
                known.events.extend(events.into_iter().map(Packed::from));
                own.push(pattern.id.clone());
                patterns.push(pattern.into());
            }
        }
        for one in read {
            build.faults.extend(one.faults.into_sorted());
        }
        build.faults.retain(Fault::is_error);
        let hash = hashed(u64::from_str_radix(&hash, 16).ok()?, &sources);
        let Known { events, classes, sets, .. } = known;
        Some((Catalogue { patterns, events, classes, sets, hash, own }, build.faults))
    }

    /// The embedded patterns alone.
    pub fn embedded() -> Catalogue {
        Catalogue::load(&[]).0
    }
}

/// Checks everything about the pattern files of `dirs`, or about the embedded ones where `dirs` is empty, and
/// returns all faults. Own files are checked as they would be loaded: beside the embedded ones.
pub fn check(dirs: &[PathBuf], options: CheckOptions<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut sources = embedded();
    for dir in dirs {
        read_folder(dir, &mut sources, &mut faults);
    }
    let regexes = if dirs.is_empty() { Regexes::OfAll } else { Regexes::OfOwn };
    let mut build = Build { faults, options, regexes };
    build.catalogue(&sources);
    let own: Vec<&str> =
        sources.iter().filter(|source| source.own).map(|source| source.file.as_str()).collect();
    if !dirs.is_empty() {
        let folders: Vec<String> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        build.faults.retain(|fault| {
            own.contains(&fault.file())
                || folders.iter().any(|folder| fault.file().starts_with(folder.as_str()))
        });
    }
    build.faults
}

/// Checks the text of one pattern file beside the embedded ones (`file` is its name in the faults).
pub fn check_text(file: &str, text: &str, options: CheckOptions<'_>) -> Vec<Fault> {
    let mut sources = embedded();
    let place = if file.ends_with(".toml") { format!("shared/{file}") } else { file.to_owned() };
    sources.push(Source { file: file.to_owned(), place, text: text.to_owned(), own: true });
    let mut build = Build { faults: Vec::new(), options, regexes: Regexes::OfOwn };
    build.catalogue(&sources);
    build.faults.retain(|fault| fault.file() == file);
    build.faults
}

fn embedded() -> Vec<Source> {
    builtin::FILES
        .iter()
        .map(|(place, text)| Source {
            file: format!("patterns/{place}"),
            place: (*place).to_owned(),
            text: (*text).to_owned(),
            own: false,
        })
        .collect()
}

fn read_folder(dir: &Path, sources: &mut Vec<Source>, faults: &mut Vec<Fault>) {
    let walk = ignore::WalkBuilder::new(dir)
        .standard_filters(false)
        .follow_links(false)
        .max_depth(Some(DEEPEST))
        .sort_by_file_path(Ord::cmp)
        .build();
    let mut trouble = |file: String, reason: String| {
        let mut one = Faults::new(&file, "");
        one.error(0..0, reason);
        faults.extend(one.into_sorted());
    };
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                trouble(dir.display().to_string(), format!("cannot be read: {error}"));
                continue;
            }
        };
        let path = entry.path();
        let file = path.display().to_string();
        let below = path.strip_prefix(dir).unwrap_or(path);
        // A file that was named itself stands for a folder with nothing else in it.
        let is_named = below.as_os_str().is_empty();
        let place = if is_named { Path::new(path.file_name().unwrap_or_default()) } else { below };
        let place = place.to_string_lossy().replace('\\', "/");
        if !path.is_file() || !(is_pattern(&place) || is_shared(&place, is_named)) {
            continue;
        }
        if entry.metadata().map_or(0, |metadata| metadata.len()) > LARGEST_FILE {
            trouble(file, "is too large for a pattern file".to_owned());
            continue;
        }
        match std::fs::read_to_string(path) {
            Ok(text) => sources.push(Source { file, place, text, own: true }),
            Err(error) => trouble(file, format!("cannot be read: {error}")),
        }
    }
}

/// A folder may hold a README beside its patterns.
fn is_pattern(place: &str) -> bool {
    place.ends_with(".md") && !place.ends_with("README.md")
}

/// `shared/*.toml` and `<product>/events.toml`; other TOML files are somebody's settings.
fn is_shared(place: &str, is_named: bool) -> bool {
    let in_folder = place.starts_with("shared/") || place.contains("/shared/");
    place.ends_with(".toml") && (in_folder || is_named || place.ends_with("events.toml"))
}

/// Whose regexes are parsed and whose samples are run.
#[derive(Clone, Copy, PartialEq)]
enum Regexes {
    OfOwn,
    OfAll,
}

/// Builds a catalogue and collects the faults of all files.
struct Build<'a> {
    faults: Vec<Fault>,
    options: CheckOptions<'a>,
    regexes: Regexes,
}

impl<'a> Build<'a> {
    fn depth(&self, source: &Source) -> Depth<'a> {
        Depth {
            regexes: source.own || self.regexes == Regexes::OfAll,
            body_of: self.options.body_of,
            cost_of: self.options.cost_of,
        }
    }

    fn catalogue(&mut self, sources: &[Source]) -> Catalogue {
        let mut known = Known::default();
        let mut parents = IndexMap::new();
        for source in last_of_each_place(sources) {
            self.shared(source, &mut known, &mut parents);
        }
        known.raise(&parents);
        let mut read: Vec<Read<'_>> =
            sources.iter().filter(|source| !source.is_shared()).map(read_pattern).collect();
        let names: Vec<Names> = read.iter().map(Names::of).collect();
        let bearers = bearers(&names);
        let mut loaded: Vec<(usize, Pattern)> = Vec::new();
        let mut own: Vec<String> = Vec::new();
        let mut replaced: HashSet<String> = HashSet::new();
        let is_own = |at: usize| names.get(at).is_some_and(|names| names.own);
        // Own files first: an embedded pattern gives way only to one that can be used.
        let (own_first, embedded): (Vec<usize>, Vec<usize>) = (0..read.len()).partition(|at| is_own(*at));
        for at in own_first.into_iter().chain(embedded) {
            let Some(one) = read.get_mut(at) else { continue };
            let is_replaced = |id: &Text| replaced.contains(&id.get_ref().to_ascii_lowercase());
            if !one.source.own && one.raw.id.as_ref().is_some_and(is_replaced) {
                continue;
            }
            clashes(&mut one.faults, &one.raw, at, &names, &bearers);
            if let Some((pattern, events)) = self.pattern(one, &known) {
                known.events.extend(events.into_iter().map(Packed::from));
                if one.source.own {
                    replaced.insert(pattern.id.to_ascii_lowercase());
                    own.push(pattern.id.clone());
                }
                loaded.push((at, pattern));
            }
        }
        for one in read {
            self.faults.extend(one.faults.into_sorted());
        }
        loaded.sort_by_key(|(at, _)| *at);
        Catalogue {
            patterns: loaded.into_iter().map(|(_, pattern)| pattern.into()).collect(),
            events: known.events,
            classes: known.classes,
            sets: known.sets,
            hash: hashed(NOTHING_HASHED, sources),
            own,
        }
    }

    /// The pattern and its events, if it has no errors.
    fn pattern(&self, one: &mut Read<'_>, known: &Known) -> Option<(Pattern, Vec<EventDef>)> {
        let (source, faults) = (one.source, &mut one.faults);
        let body = one.document.as_ref()?.body(&source.text, faults);
        let depth = self.depth(source);
        let checked = Checker::new(known, depth, &source.text, faults).pattern(&one.raw, body, &source.file);
        if let (Some(root), Some(id), true) =
            (self.options.samples, &one.raw.id, depth.regexes && !one.raw.knowledge)
        {
            check_sample_folders(root, id.get_ref(), source.own, faults, id.span());
        }
        (!faults.has_errors()).then_some(checked)
    }

    fn shared(&mut self, source: &Source, known: &mut Known, parents: &mut IndexMap<String, String>) {
        let mut faults = Faults::new(&source.file, &source.text);
        let raw = RawShared::read(&source.text, &mut faults);
        let checker = Checker::new(known, self.depth(source), &source.text, &mut faults);
        let file = checker.shared(&raw, &source.place);
        for (class, _) in &raw.parents {
            let mut at = Some(class.get_ref());
            let mut steps = 0;
            while let Some(name) = at.filter(|_| steps <= raw.parents.len()) {
                at = file.parents.get(name);
                steps += 1;
            }
            if at.is_some() {
                faults.error(class.span(), format!("the class `{}` is its own parent", class.get_ref()));
            }
        }
        for (name, _) in &raw.sets {
            if known.sets.contains_key(name.get_ref()) {
                faults.error(name.span(), format!("there is a set `{}` already", name.get_ref()));
            }
        }
        if !faults.has_errors() {
            known.add(file, parents);
        }
        self.faults.extend(faults.into_sorted());
    }
}

/// Shared files; one at the same place below a later folder replaces the one before it.
fn last_of_each_place(sources: &[Source]) -> impl Iterator<Item = &Source> {
    let mut by_place: IndexMap<&str, &Source> = IndexMap::new();
    for source in sources.iter().filter(|source| source.is_shared()) {
        by_place.insert(source.place.as_str(), source);
    }
    by_place.into_values()
}

/// A pattern file as read.
struct Read<'a> {
    source: &'a Source,
    raw: RawPattern,
    faults: Faults,
    document: Option<Document>,
}

fn read_pattern(source: &Source) -> Read<'_> {
    let mut faults = Faults::new(&source.file, &source.text);
    let document = Document::split(&source.text, &mut faults);
    let raw = match &document {
        Some(document) => RawPattern::read(&document.padded_toml(&source.text), &mut faults),
        None => RawPattern::default(),
    };
    Read { source, raw, faults, document }
}

/// How a pattern is called, in lower case.
struct Names {
    own: bool,
    file: String,
    id: Option<String>,
    aliases: Vec<String>,
}

impl Names {
    fn packed((id, aliases, file): (String, Vec<String>, String)) -> Names {
        let aliases = aliases.into_iter().map(|alias| alias.to_ascii_lowercase()).collect();
        Names { own: false, file, id: Some(id.to_ascii_lowercase()), aliases }
    }

    fn of(read: &Read<'_>) -> Names {
        let lower = |text: &Text| text.get_ref().to_ascii_lowercase();
        Names {
            own: read.source.own,
            file: read.source.file.clone(),
            id: read.raw.id.as_ref().map(lower),
            aliases: read.raw.aliases.iter().map(lower).collect(),
        }
    }
}

/// Which patterns bear a name, in their order.
fn bearers(names: &[Names]) -> HashMap<&str, Vec<usize>> {
    let mut bearers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, names) in names.iter().enumerate() {
        for name in names.id.iter().chain(&names.aliases) {
            bearers.entry(name).or_default().push(at);
        }
    }
    bearers
}

/// Says which names of a pattern are taken: by itself, by an earlier file of its kind, or (of an own pattern) by an
/// embedded one that it does not replace.
fn clashes(
    faults: &mut Faults,
    raw: &RawPattern,
    at: usize,
    names: &[Names],
    bearers: &HashMap<&str, Vec<usize>>,
) {
    let Some(mine) = names.get(at) else { return };
    let mut seen: Vec<String> = Vec::new();
    for name in raw.id.iter().chain(&raw.aliases) {
        let lower = name.get_ref().to_ascii_lowercase();
        let mut others = bearers.get(lower.as_str()).into_iter().flatten();
        let other = others.find_map(|index| {
            let other = names.get(*index)?;
            let counts = if other.own == mine.own { *index < at } else { mine.own && other.id != mine.id };
            counts.then_some(other)
        });
        if let Some(other) = other {
            faults
                .error(name.span(), format!("`{}` is the name of another pattern", name.get_ref()))
                .help(format!("see {}", other.file));
        } else if seen.contains(&lower) {
            faults.error(name.span(), format!("the name `{}` comes twice", name.get_ref()));
        }
        seen.push(lower);
    }
}

/// FNV-1a of nothing.
const NOTHING_HASHED: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over all texts, behind what was hashed before: says whether two reports were made with the same catalogue.
fn hashed(before: u64, sources: &[Source]) -> String {
    let mut hash = before;
    for source in sources {
        for byte in source.place.bytes().chain([0]).chain(source.text.bytes()).chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}
