//! Conditions: the advisory's own list, judged by events, values and versions.

use toml::Spanned;

use super::{Checker, Named, Steps};
use crate::base::Dialect;
use crate::pattern::model::{ConditionDef, ConditionTest, Ground, Latest, Rule};
use crate::pattern::raw::rules::RawStep;
use crate::pattern::raw::tree::Text;
use crate::pattern::raw::verdicts::{RawCondition, RawGround};

impl Checker<'_> {
    /// Checks a condition; `steps` are those of all verdicts.
    pub(super) fn condition(
        &mut self,
        raw: &RawCondition,
        steps: &Steps,
        has_affected: bool,
    ) -> ConditionDef {
        let name = raw.name.as_ref().map(|name| name.get_ref().clone()).unwrap_or_default();
        if let Some(means) = raw.unmet_means.as_ref().filter(|means| means.get_ref() != "cleared") {
            self.faults
                .error(means.span(), format!("`unmet-means` cannot be `{}`", means.get_ref()))
                .help("only `unmet-means = \"cleared\"` is known");
        }
        let test = match &raw.test {
            Some(test) => self.version_test(raw, test, steps, has_affected),
            None => self.rules(raw, steps),
        };
        ConditionDef {
            name,
            test,
            unmet_clears: raw.unmet_means.is_some(),
            collect: raw.collect.as_ref().map(|text| self.template(text, steps)).unwrap_or_default(),
        }
    }

    fn version_test(
        &mut self,
        raw: &RawCondition,
        test: &Text,
        steps: &Steps,
        has_affected: bool,
    ) -> ConditionTest {
        if test.get_ref() != "version" {
            self.faults
                .error(test.span(), format!("there is no test `{}`", test.get_ref()))
                .help("only `test = \"version\"` is known");
        }
        if !has_affected {
            self.faults
                .error(test.span(), "no versions to compare with: the pattern has no [[affected]]")
                .help("add [[affected]] with `product`, `ordering` and `events` or `versions`");
        }
        if !raw.met_by.is_empty() || !raw.met_when.is_empty() || !raw.latest.is_empty() {
            self.faults.error(test.span(), "a condition is judged by the version or by events, not by both");
        }
        ConditionTest::Version(raw.of.as_ref().and_then(|text| self.reference(text, Some(steps))))
    }

    fn rules(&mut self, raw: &RawCondition, steps: &Steps) -> ConditionTest {
        if let Some(of) = &raw.of {
            self.faults.error(of.span(), "`of` belongs to `test = \"version\"`");
        }
        let latest = self.latest(raw, steps);
        let is_state = |ground: &RawGround| match ground {
            RawGround::Event(step) => step.events.iter().all(|event| {
                step.filters.tests.is_empty()
                    && raw.latest.iter().any(|state| state.get_ref() == event.get_ref())
            }),
            _ => false,
        };
        let by: Vec<(bool, &RawGround)> = (raw.met_by.iter().map(|ground| (true, ground)))
            .chain(raw.unmet_by.iter().map(|ground| (false, ground)))
            .filter(|(_, ground)| !is_state(ground))
            .collect();
        let mut tiers: Vec<Vec<Rule>> = Vec::new();
        for index in 0..raw.met_when.len().max(raw.unmet_when.len()) {
            let met = raw.met_when.get(index).into_iter().flatten().map(|ground| (true, ground));
            let unmet = raw.unmet_when.get(index).into_iter().flatten().map(|ground| (false, ground));
            tiers.push(
                met.chain(unmet).filter_map(|(met, ground)| self.rule(met, ground, raw, steps)).collect(),
            );
        }
        let by: Vec<Rule> =
            by.into_iter().filter_map(|(met, ground)| self.rule(met, ground, raw, steps)).collect();
        if raw.first {
            // What is told by names alone comes after what the ordered grounds tell.
            tiers.push(by);
        } else {
            tiers = vec![tiers.into_iter().flatten().chain(by).collect()];
        }
        tiers.retain(|tier| !tier.is_empty());
        if tiers.is_empty() && latest.is_none() {
            self.faults
                .error(raw.span.clone(), "nothing judges this condition")
                .help("write `test = \"version\"`, `met-by`, `met-when`, `unmet-by` or `unmet-when`");
        }
        ConditionTest::Rules { latest, tiers }
    }

    fn latest(&mut self, raw: &RawCondition, steps: &Steps) -> Option<Latest> {
        let Some(first) = raw.latest.first() else {
            if !raw.timeless_unless.is_empty() {
                self.faults
                    .error(raw.span.clone(), "`timeless-unless` without `latest`")
                    .help("it contradicts a state that `latest` finds without time");
            }
            return None;
        };
        let Some(before) = &raw.before else {
            self.faults
                .error(first.span(), "`latest` before what?")
                .help("name the step at whose moment the state counts: `before = \"...\"`");
            return None;
        };
        let before = self.step_name(before, steps)?;
        let (mut met, mut unmet) = (Named::default(), Named::default());
        for state in &raw.latest {
            let Some(kinds) = self.lookup(state) else { continue };
            match (is_listed(&raw.met_by, state), is_listed(&raw.unmet_by, state)) {
                (true, false) => met.groups.push(kinds),
                (false, true) => unmet.groups.push(kinds),
                _ => {
                    self.faults
                        .error(state.span(), format!("what does the state `{}` mean?", state.get_ref()))
                        .help("name it in `met-by` or in `unmet-by`");
                }
            }
        }
        let mut both = met.clone();
        both.groups.extend(unmet.groups.iter().cloned());
        let same = self.joins(&raw.same, &both, Some(&before), steps);
        let timeless_unless = raw
            .timeless_unless
            .iter()
            .filter_map(|ground| Some(self.rule(false, ground, raw, steps)?.ground))
            .collect();
        Some(Latest { met: met.kinds(), unmet: unmet.kinds(), before, same, timeless_unless })
    }

    fn rule(&mut self, met: bool, ground: &RawGround, raw: &RawCondition, steps: &Steps) -> Option<Rule> {
        let partner = raw.before.as_ref().map(|before| before.get_ref().as_str());
        let ground = match ground {
            RawGround::Event(step) => {
                let step = RawStep {
                    same: step.same.iter().chain(&raw.same).cloned().collect(),
                    ..step.as_ref().clone()
                };
                Ground::Steps(self.steps(&[step], steps, partner, &mut Steps::new()))
            }
            RawGround::Steps(list) => Ground::Steps(self.steps(list, steps, partner, &mut Steps::new())),
            RawGround::On(step, filters) => {
                let name = self.step_name(step, steps)?;
                let named = steps.get(&name).cloned().unwrap_or_default();
                Ground::On { filters: self.filters(filters, &named, steps), step: name }
            }
            RawGround::NoneOf(dialect, events) => {
                let Some(found) = Dialect::from_name(dialect.get_ref()) else {
                    self.unknown_dialect(dialect);
                    return None;
                };
                Ground::NoneOf { dialect: found, kinds: self.lookup_all(events).kinds() }
            }
        };
        Some(Rule { met, ground })
    }

    /// Says which conditions nothing needs, and which that only inform are needed.
    pub(super) fn condition_use(&mut self, conditions: &[RawCondition], needed: &[&Text]) {
        for condition in conditions {
            let Some(name) = &condition.name else { continue };
            let informs = condition.required.as_ref().is_some_and(|required| !required.get_ref());
            let need = needed.iter().find(|need| need.get_ref() == name.get_ref());
            match need {
                Some(need) if informs => {
                    self.faults
                        .error(need.span(), format!("the condition `{}` informs only", name.get_ref()))
                        .help("take it out of `needs`, or take `required = false` away from it");
                }
                None if !informs && condition.unmet_means.is_none() => {
                    self.faults
                        .warning(name.span(), format!("no verdict needs the condition `{}`", name.get_ref()))
                        .help("name it in `needs`, or say `required = false`");
                }
                _ => {}
            }
        }
        let mut seen: Vec<&str> = Vec::new();
        for name in conditions.iter().filter_map(|condition| condition.name.as_ref()) {
            if seen.contains(&name.get_ref().as_str()) {
                self.faults.error(name.span(), format!("two conditions are called `{}`", name.get_ref()));
            }
            seen.push(name.get_ref());
        }
    }
}

/// Is this event named alone among these grounds?
fn is_listed(grounds: &[RawGround], state: &Spanned<String>) -> bool {
    grounds.iter().any(|ground| match ground {
        RawGround::Event(step) => {
            step.filters.tests.is_empty()
                && step.events.iter().any(|event| event.get_ref() == state.get_ref())
        }
        _ => false,
    })
}
