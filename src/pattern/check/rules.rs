//! Steps, absences, supports, further objects and windows.

use toml::Spanned;

use super::{Checker, Named, Steps};
use crate::base::stamp::{MINUTE, Span};
use crate::pattern::fault::nearest;
use crate::pattern::model::{Absence, Also, AlsoPlace, Count, Join, Order, Scope, Step, Support, WindowDef};
use crate::pattern::raw::rules::{RawAbsence, RawAlso, RawStep, RawWindow};
use crate::pattern::raw::tree::Text;

/// How far outside a window an event may lie and still be inside, where the pattern does not say.
const SLACK: Span = Span(2 * MINUTE);

impl Checker<'_> {
    /// The name of a step: `as`, else its event as written.
    pub(super) fn name_of(&mut self, raw: &RawStep) -> String {
        match (&raw.name, raw.events.as_slice()) {
            (Some(name), _) => name.get_ref().clone(),
            (None, [event]) => event.get_ref().clone(),
            (None, [first, ..]) => {
                self.faults
                    .error(first.span(), "a step of several events needs a name")
                    .help("add `as = \"...\"`");
                first.get_ref().clone()
            }
            (None, []) => String::new(),
        }
    }

    /// Checks the steps of a verdict or of a ground in their order; each may refer to those before it and to
    /// `outer` ones. `partner` is the outer step with which the first one is joined where it names none.
    pub(super) fn steps(
        &mut self,
        raw: &[RawStep],
        outer: &Steps,
        partner: Option<&str>,
        bound: &mut Steps,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        for entry in raw {
            let name = self.name_of(entry);
            let mut scope = outer.clone();
            scope.extend(bound.clone());
            scope.shift_remove(&name);
            let previous = bound.keys().last().cloned();
            let outside = if previous.is_none() { partner.map(str::to_owned) } else { None };
            let (mut step, named) =
                self.step(entry, name.clone(), previous.or_else(|| outside.clone()), &scope);
            if step.order == Order::Free {
                // What a join without a step means must not depend on where the steps came from.
                let unnamed = step.same.iter_mut().filter(|join| join.step.is_none());
                unnamed.for_each(|join| join.step.clone_from(&outside));
            }
            if bound.insert(name.clone(), named).is_some() {
                let span = entry.name.as_ref().map_or(entry.span.clone(), Spanned::span);
                self.faults
                    .error(span, format!("two steps are called `{name}`"))
                    .help("give one of them another name: `as = \"...\"`");
            }
            steps.push(step);
        }
        steps
    }

    fn step(
        &mut self,
        raw: &RawStep,
        name: String,
        previous: Option<String>,
        scope: &Steps,
    ) -> (Step, Named) {
        let named = self.lookup_all(&raw.events);
        let order = self.order(&raw.after, &raw.before, &raw.near, scope);
        self.within_needs_order(&raw.within, &order);
        let partner = anchor_of(&order).map(str::to_owned).or(previous);
        let step = Step {
            kinds: named.kinds(),
            within: raw.within.as_ref().and_then(|text| self.within(text)),
            during: raw.during.as_ref().and_then(|name| self.window_index(name)),
            outside: raw.outside.as_ref().and_then(|name| self.window_index(name)),
            running_at: raw.running_at.as_ref().and_then(|name| self.step_name(name, scope)),
            same: self.joins(&raw.same, &named, partner.as_deref(), scope),
            filters: self.filters(&raw.filters, &named, scope),
            count: self.count(raw, &named),
            name,
            order,
        };
        (step, named)
    }

    fn within_needs_order(&mut self, within: &Option<Text>, order: &Order) {
        if let (Some(within), Order::Free) = (within, order) {
            self.faults
                .error(within.span(), "`within` of what? there is no `after`, `before` or `near`")
                .help("name the step from which the time counts");
        }
    }

    fn count(&mut self, raw: &RawStep, named: &Named) -> Option<Count> {
        let given = [&raw.distinct, &raw.window].into_iter().flatten().chain(&raw.count_same).next();
        let Some(at_least) = &raw.at_least else {
            if let Some(given) = given {
                self.faults.error(given.span(), "`distinct`, `window` and `count-same` belong to `at-least`");
            }
            return None;
        };
        let Some(window) = &raw.window else {
            self.faults
                .error(at_least.span(), "`at-least` has no `window`")
                .help("say in which time so many events must lie: `window = \"10m\"`");
            return None;
        };
        for key in raw.distinct.iter().chain(&raw.count_same) {
            self.must_give(named, key.get_ref(), key);
        }
        Some(Count {
            at_least: *at_least.get_ref(),
            distinct: raw.distinct.as_ref().map(|key| key.get_ref().clone()),
            window: self.span(window)?,
            same: raw.count_same.iter().map(|key| key.get_ref().clone()).collect(),
        })
    }

    pub(super) fn window_index(&mut self, name: &Text) -> Option<usize> {
        let found = self.windows.iter().position(|window| window == name.get_ref());
        if found.is_none() {
            let near = nearest(name.get_ref(), self.windows.iter().map(String::as_str)).map(str::to_owned);
            let fault = self.faults.error(name.span(), format!("there is no window `{}`", name.get_ref()));
            match near {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!("define [window.{}]", name.get_ref())),
            }
        }
        found
    }

    pub(super) fn absences(
        &mut self,
        raw: &[RawAbsence],
        steps: &Steps,
        names: &mut Vec<String>,
    ) -> Vec<Absence> {
        let mut absences = Vec::new();
        for entry in raw {
            let Some(absence) = self.absence(entry, steps) else { continue };
            if names.contains(&absence.name) {
                let span = entry.name.as_ref().map_or(entry.span.clone(), Spanned::span);
                self.faults
                    .error(span, format!("two rows of this verdict are called `{}`", absence.name))
                    .help("give one of them another name: `as = \"...\"`");
            }
            names.push(absence.name.clone());
            absences.push(absence);
        }
        absences
    }

    fn absence(&mut self, raw: &RawAbsence, steps: &Steps) -> Option<Absence> {
        let named = self.lookup_all(&raw.events);
        let scope = self.scope(raw, steps)?;
        let partner = match &scope {
            Scope::Between(step, _)
            | Scope::After(step)
            | Scope::Before(step)
            | Scope::Near(step)
            | Scope::Session(step) => step.clone(),
        };
        if let (Scope::Between(..) | Scope::Session(_), Some(within)) = (&scope, &raw.within) {
            self.faults.error(within.span(), "the stretch is given already, `within` adds nothing");
        }
        let near_alone = matches!(scope, Scope::Near(_)) && raw.within.is_none();
        if near_alone {
            self.faults.error(raw.span.clone(), "`near` needs `within`");
        }
        let event = raw.events.first().map_or("", |event| event.get_ref().as_str());
        Some(Absence {
            name: raw.name.as_ref().map_or_else(|| row_name(event, &scope), |name| name.get_ref().clone()),
            kinds: named.kinds(),
            within: raw.within.as_ref().and_then(|text| self.within(text)),
            same: self.joins(&raw.same, &named, Some(&partner), steps),
            filters: self.filters(&raw.filters, &named, steps),
            outweighs: raw.outweighs.as_ref().and_then(|name| self.window_index(name)),
            collect: raw.collect.as_ref().map(|text| self.template(text, steps)),
            scope,
        })
    }

    fn scope(&mut self, raw: &RawAbsence, steps: &Steps) -> Option<Scope> {
        let mut scopes = Vec::new();
        match raw.between.as_slice() {
            [] => {}
            [from, to] => {
                let (from, to) = (self.step_name(from, steps), self.step_name(to, steps));
                scopes.push(from.zip(to).map(|(from, to)| Scope::Between(from, to)));
            }
            [first, ..] => {
                self.faults.error(first.span(), "`between` names two steps");
                scopes.push(None);
            }
        }
        let mut one = |name: &Option<Text>, make: fn(String) -> Scope| {
            if let Some(name) = name {
                scopes.push(self.step_name(name, steps).map(make));
            }
        };
        one(&raw.after, Scope::After);
        one(&raw.before, Scope::Before);
        one(&raw.near, Scope::Near);
        one(&raw.in_session_of, Scope::Session);
        if scopes.len() != 1 {
            let reason = if scopes.is_empty() { "absent where?" } else { "absent in one place only" };
            self.faults
                .error(raw.span.clone(), reason)
                .help("write one of `between`, `after`, `before`, `near`, `in-session-of`");
        }
        scopes.into_iter().next().flatten()
    }

    pub(super) fn support(&mut self, raw: &RawStep, steps: &Steps) -> Support {
        let named = self.lookup_all(&raw.events);
        let order = self.order(&raw.after, &raw.before, &raw.near, steps);
        self.within_needs_order(&raw.within, &order);
        let idle = [&raw.name, &raw.during, &raw.outside, &raw.running_at, &raw.distinct, &raw.window];
        for text in idle.into_iter().flatten() {
            self.faults.error(text.span(), "what supports is only listed: this key has no effect here");
        }
        let partner = anchor_of(&order).map(str::to_owned).or_else(|| steps.keys().next().cloned());
        Support {
            kinds: named.kinds(),
            within: raw.within.as_ref().and_then(|text| self.within(text)),
            same: self.joins(&raw.same, &named, partner.as_deref(), steps),
            filters: self.filters(&raw.filters, &named, steps),
            order,
        }
    }

    pub(super) fn also(&mut self, raw: &RawAlso, steps: &Steps) -> Option<Also> {
        let named = self.lookup_all(&raw.events);
        let until = self.lookup_all(&raw.until);
        let place = match (&raw.after, &raw.before) {
            (Some(after), None) => AlsoPlace::After(self.step_name(after, steps)?),
            (None, Some(before)) => AlsoPlace::Before(self.step_name(before, steps)?),
            (_, _) => {
                let word = raw.role.as_ref()?;
                self.faults.error(word.span(), "an entry of `also` takes either `after` or `before`, a step");
                return None;
            }
        };
        let (AlsoPlace::After(step) | AlsoPlace::Before(step)) = &place;
        let step = step.clone();
        for key in &raw.keys {
            self.must_give(&named, key.get_ref(), key);
        }
        Some(Also {
            kinds: named.kinds(),
            until_filters: self.filters(&raw.until_filters, &until, steps),
            until: until.kinds(),
            same: self.joins(&raw.same, &named, Some(&step), steps),
            filters: self.filters(&raw.filters, &named, steps),
            keys: raw.keys.iter().map(|key| key.get_ref().clone()).collect(),
            role: raw.role.as_ref()?.get_ref().clone(),
            place,
        })
    }

    pub(super) fn window(&mut self, raw: &RawWindow) -> WindowDef {
        let opens = self.lookup_all(&raw.opens);
        let closes = self.lookup_all(&raw.closes);
        if raw.opens.is_empty() {
            self.faults.error(raw.name.span(), format!("nothing opens the window `{}`", raw.name.get_ref()));
        }
        let mut both = opens.clone();
        both.groups.extend(closes.groups.iter().cloned());
        for key in &raw.same {
            self.must_give(&both, key.get_ref(), key);
        }
        WindowDef {
            name: raw.name.get_ref().clone(),
            open_filters: self.filters(&raw.filters, &opens, &Steps::new()),
            opens: opens.kinds(),
            closes: closes.kinds(),
            same: raw.same.iter().map(|key| key.get_ref().clone()).collect(),
            joins: raw.joins.iter().filter_map(|entry| self.window_join(entry, &both)).collect(),
            slack: raw.slack.as_ref().map_or(Some(SLACK), |text| self.span(text)).unwrap_or(SLACK),
            longest: raw.longest.as_ref().and_then(|text| self.span(text)).unwrap_or(SLACK),
        }
    }

    /// `vm=host`: a value of the window's events and one of the step inside.
    fn window_join(&mut self, entry: &Text, both: &Named) -> Option<Join> {
        let text = entry.get_ref();
        let (mine, theirs) = text.split_once('=').unwrap_or((text, text));
        let (mine, theirs) = (mine.trim(), theirs.trim());
        if mine.is_empty() || theirs.is_empty() {
            self.faults.error(entry.span(), format!("`{text}` is no equality")).help("write `vm=host`");
            return None;
        }
        self.must_give(both, mine, entry);
        Some(Join { mine: mine.to_owned(), step: None, theirs: theirs.to_owned() })
    }
}

fn anchor_of(order: &Order) -> Option<&str> {
    match order {
        Order::Free => None,
        Order::After(step) | Order::Before(step) | Order::Near(step) => Some(step),
    }
}

/// The row of an absence that the pattern does not name.
fn row_name(event: &str, scope: &Scope) -> String {
    let plain = |name: &str| name.strip_prefix("class:").unwrap_or(name).replace('.', "-");
    let place = match scope {
        Scope::Between(from, to) => format!("between-{}-and-{}", plain(from), plain(to)),
        Scope::After(step) => format!("after-{}", plain(step)),
        Scope::Before(step) => format!("before-{}", plain(step)),
        Scope::Near(step) => format!("near-{}", plain(step)),
        Scope::Session(step) => format!("in-session-of-{}", plain(step)),
    };
    format!("no-{}-{place}", plain(event))
}
