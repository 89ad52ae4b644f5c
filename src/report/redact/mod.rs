//! Replaces names by pseudonyms, so that a report can leave the company: hosts, virtual machines, users, domains,
//! addresses, paths, policies, jobs and storage.
//!
//! One name has one pseudonym in every place and format, whatever its case; a short name and its full form share
//! theirs (`host1`, `host1.domain1.example`), and a backup id keeps its structure (`host1_1236281108`), so that what
//! belonged together still does. Numbers are given in the order of the report: the same report gives the same
//! pseudonyms.
//!
//! Its soft spots: a name is replaced where a field holds it, where a text announces it (`client=x`), where its shape
//! tells (an address, a path, `DOMAIN\user`), and everywhere else once it is known from one of these. A name that no
//! field, word or shape ever tells stays. Names that every estate has (`root`, `server`) stay in sentences.
//!
//! Secrets are not its work: `sanitise` masks them always, and before.

mod shapes;
mod words;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use indexmap::{IndexMap, IndexSet};

use crate::base::finding::{Condition, Evidence, Object};
use crate::base::name::fold;
use crate::base::report::{
    BaselineRow, CoverageRow, FactRow, NoticeRow, ScanSummary, SourceRow, UnknownErrorRow,
};
use crate::base::{Finding, Report};
use shapes::Shape;
use words::{Kind, is_common, is_known_path_word, kind_of_key};

/// Which pseudonym stands for which name, by kind of name. It is as private as the logs.
pub type Map = IndexMap<&'static str, IndexMap<String, String>>;

/// Replaces names.
pub struct Redactor {
    /// Folded name to pseudonym.
    names: HashMap<String, String>,
    /// How many pseudonyms each kind has.
    counts: HashMap<Kind, usize>,
    map: Map,
    /// Finds known names in texts; `None` until all are known.
    finder: Option<Finder>,
    /// Versions that the logs tell; some look like addresses.
    versions: HashSet<String>,
}

struct Finder {
    search: AhoCorasick,
    pseudonyms: Vec<String>,
}

impl Redactor {
    /// Learns the names that the report, and further texts that are to be redacted with it, hold.
    pub fn new<'t>(report: &Report, texts: impl Iterator<Item = &'t str>) -> Redactor {
        let mut redactor = Redactor {
            names: HashMap::new(),
            counts: HashMap::new(),
            map: Map::new(),
            finder: None,
            versions: report.facts.iter().filter_map(|fact| fact.version.clone()).collect(),
        };
        redactor.learn_report(report);
        texts.for_each(|text| redactor.learn_text(text));
        redactor.finder = redactor.finder(&[]);
        // Sentences quote whole paths; they must come out as the paths of the sources do.
        let paths: Vec<(String, String)> = report
            .sources
            .iter()
            .filter(|source| source.path.contains(['/', '\\', '!']))
            .map(|source| (source.path.clone(), redactor.path(&source.path)))
            .collect();
        redactor.finder = redactor.finder(&paths);
        redactor
    }

    /// Which pseudonym stands for which name.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// The text with every name that is known or told by its shape replaced.
    pub fn text(&mut self, text: &str) -> String {
        let mut places: Vec<(Range<usize>, Option<Shape>, String)> = Vec::new();
        for (range, pseudonym) in self.known(text) {
            places.push((range, None, pseudonym));
        }
        for (range, shape) in shapes::find(text) {
            places.push((range, Some(shape), String::new()));
        }
        // The longer one holds the other: a path holds names of hosts and is replaced word by word.
        places.sort_by_key(|(range, ..)| (range.start, std::cmp::Reverse(range.end)));
        let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
        for (range, shape, pseudonym) in places {
            if range.start < at {
                continue;
            }
            let found = text.get(range.clone()).unwrap_or("");
            shown.push_str(text.get(at..range.start).unwrap_or(""));
            match shape {
                None => shown.push_str(&pseudonym),
                Some(shape) => shown.push_str(&self.shape(shape, found)),
            }
            at = range.end;
        }
        shown.push_str(text.get(at..).unwrap_or(""));
        shown
    }

    /// A path, of which names and words that are not those of every system are replaced; digits stay, for the days
    /// and ids in names of logs.
    pub fn path(&mut self, path: &str) -> String {
        let (mut shown, mut rest) = (String::new(), path);
        while !rest.is_empty() {
            let end = rest.find(['/', '\\', '!', '|']).unwrap_or(rest.len());
            let (component, behind) = rest.split_at(end);
            shown.push_str(&self.component(component));
            let mark = behind.chars().next().map_or(0, char::len_utf8);
            shown.push_str(behind.get(..mark).unwrap_or(""));
            rest = behind.get(mark..).unwrap_or("");
        }
        shown
    }

    /// The report with all names replaced.
    pub fn report(&mut self, report: Report) -> Report {
        Report {
            scan: ScanSummary {
                inputs: report.scan.inputs.iter().map(|input| self.path(input)).collect(),
                ..report.scan
            },
            sources: report.sources.into_iter().map(|row| self.source(row)).collect(),
            findings: report.findings.into_iter().map(|finding| self.finding(finding)).collect(),
            unknown_errors: report.unknown_errors.into_iter().map(|row| self.unknown_error(row)).collect(),
            coverage: report
                .coverage
                .into_iter()
                .map(|row| CoverageRow { host: self.host(row.host), ..row })
                .collect(),
            facts: report.facts.into_iter().map(|row| self.fact(row)).collect(),
            notices: report.notices.into_iter().map(|row| self.notice(row)).collect(),
            baseline: report.baseline.map(|row| BaselineRow {
                not_seen: row.not_seen.iter().map(|key| self.text(key)).collect(),
                ..row
            }),
            redacted: true,
            ..report
        }
    }

    fn source(&mut self, row: SourceRow) -> SourceRow {
        SourceRow { path: self.path(&row.path), host: self.host(row.host), ..row }
    }

    fn fact(&mut self, row: FactRow) -> FactRow {
        FactRow {
            host: self.host(row.host),
            value: row.value.map(|value| self.text(&value)),
            says: row.says.map(|says| self.text(&says)),
            source: self.path(&row.source),
            ..row
        }
    }

    fn notice(&mut self, row: NoticeRow) -> NoticeRow {
        NoticeRow {
            source: row.source.map(|source| self.path(&source)),
            detail: self.text(&row.detail),
            ..row
        }
    }

    fn unknown_error(&mut self, row: UnknownErrorRow) -> UnknownErrorRow {
        UnknownErrorRow {
            template: self.text(&row.template),
            source: self.path(&row.source),
            example: self.text(&row.example),
            ..row
        }
    }

    fn finding(&mut self, finding: Finding) -> Finding {
        let texts = |this: &mut Redactor, all: Vec<String>| -> Vec<String> {
            all.iter().map(|text| this.text(text)).collect()
        };
        Finding {
            key: self.key(&finding),
            host: self.host(finding.host),
            about: self.values(finding.about),
            conditions: finding
                .conditions
                .into_iter()
                .map(|row| Condition { collect: row.collect.map(|text| self.text(&text)), ..row })
                .collect(),
            evidence: finding.evidence.into_iter().map(|row| self.evidence(row)).collect(),
            objects: finding
                .objects
                .into_iter()
                .map(|object| Object { values: self.values(object.values), ..object })
                .collect(),
            doubts: texts(self, finding.doubts),
            collect: texts(self, finding.collect),
            silenced: finding.silenced.map(|reason| self.text(&reason)),
            ..finding
        }
    }

    /// The handle is made of the values of the object; they are replaced as those are.
    fn key(&mut self, finding: &Finding) -> String {
        let mut key = finding.key.clone();
        let mut values: Vec<(&String, &String)> = finding.about.iter().collect();
        values.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        for (name, value) in values {
            let (old, new) = (format!("{name}={value}"), format!("{name}={}", self.value(name, value)));
            if key.contains(&old) {
                key = key.replace(&old, &new);
            }
        }
        self.text(&key)
    }

    fn evidence(&mut self, row: Evidence) -> Evidence {
        Evidence {
            source: self.path(&row.source),
            host: self.host(row.host),
            fields: self.values(row.fields),
            text: self.text(&row.text),
            ..row
        }
    }

    fn values(&mut self, values: IndexMap<String, String>) -> IndexMap<String, String> {
        values
            .into_iter()
            .map(|(key, value)| {
                let shown = self.value(&key, &value);
                (key, shown)
            })
            .collect()
    }

    fn value(&mut self, key: &str, value: &str) -> String {
        match kind_of_key(key) {
            Some(kind) => self.whole(kind, value),
            None => self.text(value),
        }
    }

    fn host(&mut self, host: Option<String>) -> Option<String> {
        host.map(|host| self.whole(Kind::Host, &host))
    }

    /// A value that is a name as a whole.
    fn whole(&mut self, kind: Kind, value: &str) -> String {
        let folded = fold(value);
        if let Some(known) = self.names.get(&folded) {
            return known.clone();
        }
        if is_file(value) {
            return self.path(value);
        }
        let shown = self.text(value);
        if shown != value || is_common(&folded) { shown } else { self.name(kind, value) }
    }

    fn shape(&mut self, shape: Shape, found: &str) -> String {
        match shape {
            Shape::Mail => {
                let (user, domain) = found.split_once('@').unwrap_or((found, ""));
                format!("{}@{}", self.name(Kind::User, user), self.name(Kind::Domain, domain))
            }
            Shape::Account => {
                let (domain, user) = found.split_once('\\').unwrap_or(("", found));
                if is_known_path_word(domain) || is_common(&fold(domain)) {
                    return self.path(found);
                }
                let domain = self.name(Kind::Domain, domain);
                // Before a backslash stands the short form.
                let domain = domain.split('.').next().unwrap_or("").to_owned();
                format!("{domain}\\{}", self.common_or(Kind::User, user))
            }
            Shape::Fqdn => self.full_name(Kind::Host, found),
            Shape::Path => match found.strip_prefix(r"\\") {
                Some(rest) => {
                    let (host, rest) = rest.split_at(rest.find('\\').unwrap_or(rest.len()));
                    format!(r"\\{}{}", self.name(Kind::Host, host), self.path(rest))
                }
                None => self.path(found),
            },
            Shape::Ipv4 if self.versions.contains(found) => found.to_owned(),
            Shape::Ipv4 => self.name(Kind::Ipv4, found),
            Shape::Ipv6 => self.name(Kind::Ipv6, found),
            Shape::Mac => self.name(Kind::Mac, found),
            Shape::Sid => self.name(Kind::Sid, found),
        }
    }

    /// `srv1.corp.local`: the pseudonym of `srv1` in that of `corp.local`.
    fn full_name(&mut self, kind: Kind, name: &str) -> String {
        match name.split_once('.') {
            Some((short, domain)) if domain.contains('.') || !is_known_path_word(short) => {
                let short = self.name(kind, short);
                format!("{short}.{}", self.name(Kind::Domain, domain))
            }
            _ => self.name(Kind::Domain, name),
        }
    }

    fn common_or(&mut self, kind: Kind, name: &str) -> String {
        if is_common(&fold(name)) { name.to_owned() } else { self.name(kind, name) }
    }

    /// The pseudonym of a name; a new one where it has none.
    fn name(&mut self, kind: Kind, name: &str) -> String {
        let folded = fold(name);
        if let Some(known) = self.names.get(&folded) {
            return known.clone();
        }
        let has_domain = matches!(kind, Kind::Host | Kind::Vm)
            && folded.contains('.')
            && folded.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
            && !folded.starts_with('.');
        let pseudonym = if has_domain && folded.parse::<std::net::Ipv4Addr>().is_err() {
            let (short, domain) = name.split_once('.').unwrap_or((name, ""));
            format!("{}.{}", self.name(kind, short), self.name(Kind::Domain, domain))
        } else {
            let kind = match kind {
                Kind::Host if folded.parse::<std::net::Ipv4Addr>().is_ok() => Kind::Ipv4,
                Kind::Host if folded.parse::<std::net::Ipv6Addr>().is_ok() => Kind::Ipv6,
                kind => kind,
            };
            let count = self.counts.entry(kind).or_default();
            *count += 1;
            let pseudonym = kind.pseudonym(*count);
            self.map.entry(kind.group()).or_default().insert(name.trim().to_owned(), pseudonym.clone());
            pseudonym
        };
        self.names.insert(folded, pseudonym.clone());
        pseudonym
    }

    /// One part of a path.
    fn component(&mut self, component: &str) -> String {
        if let Some(known) = self.names.get(&fold(component)) {
            return known.clone();
        }
        let known = self.known(component);
        let (mut shown, mut at) = (String::new(), 0);
        for (range, pseudonym) in known {
            if range.start >= at {
                let before = component.get(at..range.start).unwrap_or("").to_owned();
                shown.push_str(&self.path_words(&before));
                shown.push_str(&pseudonym);
                at = range.end;
            }
        }
        let rest = component.get(at..).unwrap_or("").to_owned();
        shown.push_str(&self.path_words(&rest));
        shown
    }

    /// Words of letters and digits; what stands between them stays.
    fn path_words(&mut self, text: &str) -> String {
        let (mut shown, mut rest) = (String::new(), text);
        while !rest.is_empty() {
            let is_word = |c: char| c.is_alphanumeric() || c == '$';
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            let is_hex = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            if word.is_empty() || is_hex || is_known_path_word(word) {
                shown.push_str(word);
            } else {
                shown.push_str(&self.name(Kind::Path, word));
            }
            let next = behind.find(is_word).unwrap_or(behind.len());
            shown.push_str(behind.get(..next).unwrap_or(""));
            rest = behind.get(next..).unwrap_or("");
        }
        shown
    }

    /// Known names in a text: the leftmost first, of several that begin there the longest that is a whole word.
    fn known(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let Some(finder) = &self.finder else { return Vec::new() };
        let is_inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let mut found: Vec<(Range<usize>, &String)> = finder
            .search
            .find_overlapping_iter(text)
            .filter(|hit| {
                let before = text.get(..hit.start()).and_then(|before| before.chars().next_back());
                let behind = text.get(hit.end()..).and_then(|behind| behind.chars().next());
                !is_inside(before) && !is_inside(behind)
            })
            .filter_map(|hit| Some((hit.range(), finder.pseudonyms.get(hit.pattern().as_usize())?)))
            .collect();
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut end = 0;
        found.retain(|(range, _)| {
            let is_free = range.start >= end;
            if is_free {
                end = range.end;
            }
            is_free
        });
        found.into_iter().map(|(range, pseudonym)| (range, pseudonym.clone())).collect()
    }

    fn finder(&self, paths: &[(String, String)]) -> Option<Finder> {
        let is_telling = |name: &str| !is_common(name) && !is_known_path_word(name);
        let names = self.names.iter().filter(|(name, _)| is_telling(name));
        let names: IndexMap<&String, &String> =
            names.chain(paths.iter().map(|(path, shown)| (path, shown))).collect();
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(names.keys().map(|name| name.as_str()))
            .ok()?;
        Some(Finder { search, pseudonyms: names.values().map(|name| (*name).clone()).collect() })
    }

    /// Learns names in the order of the report.
    fn learn_report(&mut self, report: &Report) {
        for finding in &report.findings {
            self.learn_host(finding.host.as_deref());
            self.learn_values(&finding.about);
            for evidence in &finding.evidence {
                self.learn_host(evidence.host.as_deref());
                self.learn_values(&evidence.fields);
            }
            finding.objects.iter().for_each(|object| self.learn_values(&object.values));
        }
        for source in &report.sources {
            self.learn_host(source.host.as_deref());
        }
        for row in &report.coverage {
            self.learn_host(row.host.as_deref());
        }
        for fact in &report.facts {
            self.learn_host(fact.host.as_deref());
            self.learn_host(fact.value.as_deref().filter(|_| fact.kind == "storage-server"));
        }
        let texts: IndexSet<&str> = report
            .findings
            .iter()
            .flat_map(|finding| finding.evidence.iter().map(|evidence| evidence.text.as_str()))
            .chain(report.unknown_errors.iter().map(|row| row.example.as_str()))
            .collect();
        texts.into_iter().for_each(|text| self.learn_text(text));
    }

    fn learn_host(&mut self, host: Option<&str>) {
        if let Some(host) = host {
            self.learn(Kind::Host, host);
        }
    }

    fn learn_values(&mut self, values: &IndexMap<String, String>) {
        for (key, value) in values {
            match kind_of_key(key) {
                Some(kind) => self.learn(kind, value),
                None => {
                    if let Some(host) = backup_host(value) {
                        self.learn(Kind::Host, host);
                    }
                }
            }
        }
    }

    fn learn(&mut self, kind: Kind, name: &str) {
        let name = name.trim().trim_matches(['"', '\'']);
        let is_shaped = name.contains(['\\', '/', '@', '\n']) || name.contains("<*>");
        if !is_common(&fold(name)) && !is_shaped && !is_file(name) && !self.versions.contains(name) {
            self.name(kind, name);
        }
    }

    fn learn_text(&mut self, text: &str) {
        for (kind, name) in shapes::announced(text) {
            if !is_known_path_word(name) {
                self.learn(kind, name);
            }
        }
        for word in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))) {
            if let Some(host) = backup_host(word) {
                self.learn(Kind::Host, host);
            }
        }
    }
}

/// Is it the name of a file, by its ending?
fn is_file(name: &str) -> bool {
    const ENDINGS: [&str; 24] = [
        "vmdk", "vmx", "vmsd", "vmsn", "log", "txt", "csv", "xml", "evt", "evtx", "conf", "cfg", "ini",
        "exe", "dll", "zip", "json", "html", "opt", "bak", "old", "tmp", "mdf", "edb",
    ];
    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

/// The host of a backup id: `nbutest03_1236281108`, also with `_C1_F3_R3` behind it.
fn backup_host(text: &str) -> Option<&str> {
    let at = text.match_indices('_').find_map(|(at, _)| {
        let digits = text.get(at + 1..at + 11)?;
        let is_end = text.as_bytes().get(at + 11).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        (is_end && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(at)
    })?;
    text.get(..at).filter(|host| !host.is_empty() && host.len() < 128)
}
