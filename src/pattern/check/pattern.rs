//! A whole pattern.

use super::{Checker, Named, PRODUCTS, Steps, VERSIONED};
use crate::base::event::EventKind;
use crate::base::stamp::{DAY, Span};
use crate::base::version::{Ordering, Version};
use crate::base::{Impact, Level};
use crate::pattern::fault::nearest;
use crate::pattern::model::{Affected, Body, EventDef, Pattern, Verdict};
use crate::pattern::raw::tree::Text;
use crate::pattern::raw::verdicts::RawVerdict;
use crate::pattern::raw::{RawAffected, RawPattern};

/// The schema of pattern files that this program reads.
pub(super) const PATTERN_SCHEMA: &str = "blogscan-pattern/1";
/// How far apart two steps may lie where a pattern does not say.
const HORIZON: Span = Span(35 * DAY);
/// No advisory at hand needs more, and events are kept for that long.
const LONGEST_HORIZON: Span = Span(400 * DAY);

impl Checker<'_> {
    /// Checks a pattern. What comes back is complete only if no error was found.
    pub(crate) fn pattern(mut self, raw: &RawPattern, body: Body, file: &str) -> (Pattern, Vec<EventDef>) {
        self.owner = raw.id.as_ref().map(|id| id.get_ref().clone()).unwrap_or_default();
        self.schema(&raw.schema, PATTERN_SCHEMA);
        self.id(&raw.id, file);
        self.events(&raw.events, false);
        self.aliases_of_events(&raw.uses);
        let windows = raw.windows.iter().map(|window| self.window(window)).collect::<Vec<_>>();
        self.windows = windows.iter().map(|window| window.name.clone()).collect();
        let affected: Vec<Affected> = raw.affected.iter().filter_map(|entry| self.affected(entry)).collect();
        let conditions: Vec<&str> = raw
            .conditions
            .iter()
            .map(|condition| condition.name.as_ref().map_or("", |name| name.get_ref().as_str()))
            .collect();
        let mut all_steps = Steps::new();
        let verdicts: Vec<Verdict> = raw
            .verdicts
            .iter()
            .filter_map(|verdict| self.verdict(verdict, raw, &conditions, &mut all_steps))
            .collect();
        let has_affected = !raw.affected.is_empty();
        let conditions =
            raw.conditions.iter().map(|entry| self.condition(entry, &all_steps, has_affected)).collect();
        let needed: Vec<&Text> =
            raw.verdicts.iter().flat_map(|verdict| verdict.needs.iter().chain(&verdict.requires)).collect();
        self.condition_use(&raw.conditions, &needed);
        self.levels(raw);
        self.unused_events(&raw.events);
        self.affected_objects(&raw.affected_objects, &all_steps);
        let pattern = Pattern {
            id: self.owner.clone(),
            aliases: plain(&raw.aliases),
            title: raw.title.as_ref().map(|title| title.get_ref().clone()).unwrap_or_default(),
            impact: self.impact(&raw.impact),
            url: raw.url.as_ref().map(|url| url.get_ref().clone()).unwrap_or_default(),
            products: self.products(raw),
            about: self.about(raw),
            horizon: self.horizon(&raw.horizon),
            affected,
            events: std::mem::take(&mut self.names),
            windows,
            conditions,
            verdicts,
            affected_objects: plain(&raw.affected_objects),
            body,
            file: file.to_owned(),
        };
        (pattern, self.own)
    }

    pub(super) fn schema(&mut self, schema: &Option<Text>, known: &str) {
        if let Some(schema) = schema.as_ref().filter(|schema| schema.get_ref() != known) {
            self.faults
                .error(schema.span(), format!("this program does not read the schema `{}`", schema.get_ref()))
                .help(format!("it reads `{known}`"));
        }
    }

    fn id(&mut self, id: &Option<Text>, file: &str) {
        let Some(id) = id else { return };
        let word = id.get_ref();
        if !word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            self.faults.error(id.span(), format!("`{word}` is no id")).help("letters, digits, `-`, `_`, `.`");
        }
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let stem = name.strip_suffix(".md").unwrap_or(name);
        if stem != word {
            self.faults
                .warning(id.span(), format!("the file of `{word}` is called `{name}`"))
                .help(format!("call it `{word}.md`"));
        }
    }

    fn aliases_of_events(&mut self, uses: &[(Text, Text)]) {
        for (alias, target) in uses {
            let name = alias.get_ref();
            if self.names.contains_key(name) {
                self.faults.error(alias.span(), format!("`{name}` is an event of this file already"));
            }
            if let Some(kinds) = self.lookup(target) {
                self.uses.insert(name.clone(), Named { groups: vec![kinds] });
            } else {
                // The fault is said once, not again at each use.
                self.uses.insert(name.clone(), Named::default());
            }
        }
    }

    fn impact(&mut self, impact: &Option<Text>) -> Impact {
        let Some(word) = impact else { return Impact::Degraded };
        Impact::from_name(word.get_ref()).unwrap_or_else(|| {
            let names = Impact::ALL.map(Impact::name);
            let fault = self.faults.error(word.span(), format!("there is no impact `{}`", word.get_ref()));
            fault.help(format!("worst first: {}", names.join(", ")));
            Impact::Degraded
        })
    }

    fn products(&mut self, raw: &RawPattern) -> Vec<String> {
        for product in &raw.products {
            self.known_product(product, &PRODUCTS);
        }
        if raw.products.is_empty()
            && let Some(id) = &raw.id
        {
            self.faults.error(id.span(), "the pattern has no `products`");
        }
        plain(&raw.products)
    }

    fn known_product(&mut self, product: &Text, known: &[&str]) {
        if known.contains(&product.get_ref().as_str()) {
            return;
        }
        let fault = self.faults.error(product.span(), format!("there is no product `{}`", product.get_ref()));
        match nearest(product.get_ref(), known.iter().copied()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!("products are {}", known.join(", "))),
        }
    }

    fn about(&mut self, raw: &RawPattern) -> Vec<String> {
        if raw.about.is_empty()
            && !raw.knowledge
            && let Some(id) = &raw.id
        {
            self.faults
                .error(id.span(), "the pattern has no `about`")
                .help("name the values that tell one affected object from another: `about = [\"vm\"]`");
        }
        plain(&raw.about)
    }

    fn horizon(&mut self, horizon: &Option<Text>) -> Span {
        let Some(text) = horizon else { return HORIZON };
        let Some(span) = self.span(text) else { return HORIZON };
        if span > LONGEST_HORIZON {
            self.faults.error(text.span(), format!("a horizon is at most {LONGEST_HORIZON}"));
        }
        span
    }

    fn affected(&mut self, raw: &RawAffected) -> Option<Affected> {
        let product = raw.product.as_ref()?;
        self.known_product(product, &VERSIONED);
        let word = raw.ordering.as_ref()?;
        let Some(ordering) = Ordering::from_name(word.get_ref()) else {
            self.faults
                .error(word.span(), format!("there is no ordering `{}`", word.get_ref()))
                .help("netbackup, dotted, year, esx");
            return None;
        };
        // OSV writes "0" for "from the beginning".
        let introduced = raw.introduced.as_ref().filter(|text| text.get_ref() != "0");
        let introduced = introduced.and_then(|text| self.version(text, ordering));
        let fixed = raw.fixed.as_ref().and_then(|text| self.version(text, ordering));
        let last_affected = raw.last_affected.as_ref().and_then(|text| self.version(text, ordering));
        for (end, text) in [(&fixed, &raw.fixed), (&last_affected, &raw.last_affected)] {
            if let (Some(from), Some(to), Some(text)) = (&introduced, end, text)
                && to < from
            {
                self.faults.error(text.span(), format!("{} lies before {}", to.text(), from.text()));
            }
        }
        let nothing = raw.introduced.is_none() && fixed.is_none() && last_affected.is_none();
        if nothing && raw.versions.is_empty() {
            self.faults
                .error(product.span(), "no version is named")
                .help("write `events = [{ introduced = \"6.5\" }, { fixed = \"6.5.4\" }]` or `versions`");
        }
        for fix in &raw.fixes {
            if fix.get_ref().len() < 5 || !fix.get_ref().bytes().all(|byte| byte.is_ascii_digit()) {
                self.faults
                    .error(fix.span(), format!("`{}` is no number of a correction", fix.get_ref()))
                    .help("write its digits: `fixes = [\"2233961\"]`");
            }
        }
        Some(Affected {
            product: product.get_ref().clone(),
            component: raw.component.as_ref().map(|component| component.get_ref().clone()),
            ordering,
            introduced,
            fixed,
            last_affected,
            versions: raw.versions.iter().filter_map(|text| self.version(text, ordering)).collect(),
            platforms: plain(&raw.platforms),
            fixes: plain(&raw.fixes),
        })
    }

    fn version(&mut self, text: &Text, ordering: Ordering) -> Option<Version> {
        let version = ordering.parse(text.get_ref());
        if version.is_none() {
            let reason = format!("`{}` is no version in the ordering `{}`", text.get_ref(), ordering.name());
            self.faults.error(text.span(), reason);
        }
        version
    }

    fn verdict(
        &mut self,
        raw: &RawVerdict,
        pattern: &RawPattern,
        conditions: &[&str],
        all: &mut Steps,
    ) -> Option<Verdict> {
        let mut steps = Steps::new();
        let checked = self.steps(&raw.steps, &Steps::new(), None, &mut steps);
        for (name, named) in &steps {
            let entry = all.entry(name.clone()).or_default();
            for group in &named.groups {
                if !entry.groups.contains(group) {
                    entry.groups.push(group.clone());
                }
            }
        }
        let mut rows: Vec<String> =
            raw.needs.iter().chain(&raw.requires).map(|need| need.get_ref().clone()).collect();
        let absent = self.absences(&raw.absent, &steps, &mut rows);
        let unless = self.absences(&raw.unless, &steps, &mut rows);
        let uncovered = self.absences(&raw.uncovered, &steps, &mut rows);
        let level = self.level(raw)?;
        self.about_is_given(raw, pattern, &steps);
        self.unverified_alone(raw, level, &checked);
        if checked.is_empty() && level != Level::Exposed {
            self.faults
                .error(raw.span.clone(), format!("the verdict `{}` has no steps", level.name()))
                .help("only `exposed` can rest on conditions alone");
        }
        if checked.is_empty() && level == Level::Exposed && raw.needs.is_empty() && raw.requires.is_empty() {
            self.faults.error(raw.span.clone(), "nothing is needed for this verdict: it would always hold");
        }
        Some(Verdict {
            level,
            about: (!raw.about.is_empty()).then(|| plain(&raw.about)),
            steps: checked,
            absent,
            unless,
            uncovered,
            supports: raw.supports.iter().map(|entry| self.support(entry, &steps)).collect(),
            needs: raw.needs.iter().filter_map(|need| self.need(need, conditions)).collect(),
            requires: raw.requires.iter().filter_map(|need| self.need(need, conditions)).collect(),
            also: raw.also.iter().filter_map(|entry| self.also(entry, &steps)).collect(),
            collect: raw.collect.as_ref().map(|text| self.template(text, &steps)),
            doubt: raw.doubt.as_ref().map(|text| text.get_ref().clone()),
        })
    }

    fn level(&mut self, raw: &RawVerdict) -> Option<Level> {
        let word = raw.level.as_ref()?;
        let level = Level::from_name(word.get_ref());
        if level.is_none() {
            let names = Level::ALL.map(Level::name);
            let fault = self.faults.error(word.span(), format!("there is no level `{}`", word.get_ref()));
            fault.help(format!("the levels are {}", names.join(", ")));
        }
        level
    }

    fn need(&mut self, need: &Text, conditions: &[&str]) -> Option<usize> {
        let found = conditions.iter().position(|name| name == need.get_ref());
        if found.is_none() {
            let fault = self.faults.error(need.span(), format!("there is no condition `{}`", need.get_ref()));
            match nearest(need.get_ref(), conditions.iter().copied()) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help("define it as a [[condition]]"),
            }
        }
        found
    }

    /// Each key of the object must be a value of some step.
    fn about_is_given(&mut self, raw: &RawVerdict, pattern: &RawPattern, steps: &Steps) {
        let about = if raw.about.is_empty() { &pattern.about } else { &raw.about };
        for key in about {
            let resolved = steps.values().all(|named| !named.groups.is_empty());
            if steps.is_empty() || !resolved || steps.values().any(|named| self.gives(named, key.get_ref())) {
                continue;
            }
            let level = raw.level.as_ref().map_or("?", |level| level.get_ref().as_str());
            self.faults
                .error(
                    key.span(),
                    format!("no step of the verdict `{level}` gives the value `{}`", key.get_ref()),
                )
                .help("name the object of that verdict in its own `about`");
        }
    }

    fn unverified_alone(&mut self, raw: &RawVerdict, level: Level, steps: &[crate::pattern::model::Step]) {
        if level != Level::Confirmed {
            return;
        }
        for step in steps {
            let unverified =
                |kind: &EventKind| self.event(*kind).is_some_and(|event: &EventDef| event.unverified);
            if !step.kinds.is_empty() && step.kinds.iter().all(unverified) {
                let reason =
                    format!("the step `{}` is known from unverified events only: never confirmed", step.name);
                self.faults.warning(raw.span.clone(), reason);
            }
        }
    }

    /// The verdicts of one anchor are tried in this order: what is strongest stands first, and each level once.
    fn levels(&mut self, raw: &RawPattern) {
        let rank = |level: Level| match level {
            Level::Confirmed => 0,
            Level::Likely => 1,
            _ => 2,
        };
        let mut before: Option<Level> = None;
        let mut seen: Vec<Level> = Vec::new();
        for verdict in &raw.verdicts {
            let Some(word) = &verdict.level else { continue };
            let Some(level) = Level::from_name(word.get_ref()) else { continue };
            if before.is_some_and(|before| rank(before) > rank(level)) {
                self.faults
                    .error(word.span(), format!("`{}` stands behind a weaker level", level.name()))
                    .help("confirmed first, then likely, then the others");
            } else if before != Some(level) && seen.contains(&level) {
                self.faults
                    .error(word.span(), format!("the verdicts `{}` do not stand together", level.name()));
            }
            before = Some(level);
            seen.push(level);
        }
        if let Some(id) = &raw.id {
            match (raw.knowledge, raw.verdicts.is_empty()) {
                (false, true) => {
                    self.faults
                        .error(id.span(), "the pattern has no [[verdict]]")
                        .help("where no log shows the failure, say `knowledge = true`");
                }
                (true, false) => {
                    self.faults.error(id.span(), "`knowledge`, but there is a verdict");
                }
                _ => {}
            }
        }
        let data_loss = raw.impact.as_ref().filter(|impact| impact.get_ref() == "data-loss");
        let clears = seen.contains(&Level::Cleared);
        match (data_loss, &raw.no_cleared) {
            (Some(impact), None) if !clears && !seen.is_empty() => {
                self.faults
                    .error(impact.span(), "a data-loss pattern without a `cleared` verdict")
                    .help("say when the beginning of the failure did no harm, or why that never shows: `no-cleared = \"...\"`");
            }
            (_, Some(reason)) if clears => {
                self.faults.error(reason.span(), "`no-cleared`, but there is a `cleared` verdict");
            }
            _ => {}
        }
    }

    fn affected_objects(&mut self, keys: &[Text], steps: &Steps) {
        for key in keys {
            if !steps.values().any(|named| self.gives(named, key.get_ref())) {
                self.faults.error(key.span(), format!("no step gives the value `{}`", key.get_ref()));
            }
        }
    }
}

pub(super) fn plain(texts: &[Text]) -> Vec<String> {
    texts.iter().map(|text| text.get_ref().clone()).collect()
}
