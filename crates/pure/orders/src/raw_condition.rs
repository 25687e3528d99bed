//! The TOML of a condition, and what it takes over from another duty of the same order.

use crate::duty::{
    Condition, ConditionKind, CountRule, Duty, NoticeRule, RequiredRule, TextWindow,
};
use crate::error::PackError;
use crate::population::Population;
use crate::raw::At;
use crate::raw_clock::known_text;
use facts::{CircumstanceName, MilestoneName};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A condition as it is written: text, cite and exactly one kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCondition {
    text: String,
    cite: String,
    all: Option<Vec<Spanned<RawCondition>>>,
    any: Option<Vec<Spanned<RawCondition>>>,
    not: Option<Box<Spanned<RawCondition>>>,
    government_notice: Option<NoticeRule>,
    notice_required: Option<RequiredRule>,
    count: Option<CountRule>,
    circumstance: Option<CircumstanceName>,
    noncompliance: Option<Vec<String>>,
    milestone: Option<MilestoneName>,
    duty: Option<Spanned<String>>,
    under_text: Option<String>,
}

/// Every kind of condition, as a pack writes it.
const KINDS: &str = "all, any, not, government_notice, notice_required, count, circumstance, \
                     noncompliance, milestone, duty, under_text";

/// Adds the duties that `condition` refers to.
pub(crate) fn duties_named<'a>(condition: &'a RawCondition, named: &mut Vec<&'a Spanned<String>>) {
    named.extend(&condition.duty);
    let lists = condition.all.iter().chain(&condition.any).flatten();
    for part in lists.chain(condition.not.as_deref()) {
        duties_named(part.get_ref(), named);
    }
}

/// What a condition can refer to.
pub(crate) struct Names<'a> {
    pub(crate) at: &'a At<'a>,
    pub(crate) populations: &'a BTreeMap<String, Population>,
    pub(crate) texts: &'a [TextWindow],
    pub(crate) others: &'a BTreeMap<String, Duty>,
}

/// The populations that conditions take over from other duties, by their new names.
pub(crate) type TakenIn = BTreeMap<String, Population>;

impl Names<'_> {
    /// Refuses a population that the duty has not; one of another duty, `<duty>/<population>`, is
    /// taken in.
    pub(crate) fn known<T>(
        &self,
        at: &Spanned<T>,
        population: &str,
        taken: &mut TakenIn,
    ) -> Result<(), PackError> {
        let of_other = population.split_once('/').and_then(|(duty, name)| {
            let other = self.others.get(duty)?;
            other.populations.get(name)
        });
        if let Some(other) = of_other {
            taken.insert(population.to_owned(), other.clone());
            return Ok(());
        }
        if self.populations.contains_key(population) {
            return Ok(());
        }
        let known: Vec<&str> = self.populations.keys().map(String::as_str).collect();
        let message = format!("`{population}` is no population of this duty; there are {known:?}");
        Err(self.at.error(at, message))
    }

    fn all(
        &self,
        raw: Vec<Spanned<RawCondition>>,
        taken: &mut TakenIn,
    ) -> Result<Vec<Condition>, PackError> {
        raw.into_iter()
            .map(|one| self.condition(one, taken))
            .collect()
    }

    pub(crate) fn condition(
        &self,
        spanned: Spanned<RawCondition>,
        taken: &mut TakenIn,
    ) -> Result<Condition, PackError> {
        let place = Spanned::new(spanned.span(), ());
        let raw = spanned.into_inner();
        let mut kinds = Vec::new();
        if let Some(parts) = raw.all {
            kinds.push(ConditionKind::All(self.all(parts, taken)?));
        }
        if let Some(parts) = raw.any {
            kinds.push(ConditionKind::Any(self.all(parts, taken)?));
        }
        if let Some(part) = raw.not {
            let part = self.condition(*part, taken)?;
            kinds.push(ConditionKind::Not(Box::new(part)));
        }
        if let Some(rule) = raw.government_notice {
            if let Some(population) = &rule.about {
                self.known(&place, population, taken)?;
            }
            kinds.push(ConditionKind::GovernmentNotice(rule));
        }
        kinds.extend(raw.notice_required.map(ConditionKind::NoticeRequired));
        if let Some(rule) = raw.count {
            self.known(&place, &rule.population, taken)?;
            kinds.push(ConditionKind::Count(rule));
        }
        kinds.extend(raw.circumstance.map(ConditionKind::Circumstance));
        kinds.extend(raw.noncompliance.map(ConditionKind::Noncompliance));
        kinds.extend(raw.milestone.map(ConditionKind::Milestone));
        if let Some(name) = raw.duty {
            let other = self.others.get(name.get_ref()).ok_or_else(|| {
                let message = format!("the order has no duty `{}`", name.get_ref());
                self.at.error(&name, message)
            })?;
            kinds.push(of_duty(other, &raw.text, &raw.cite, taken).kind);
        }
        if let Some(name) = raw.under_text {
            known_text(&place, &name, self.at, self.texts)?;
            kinds.push(ConditionKind::UnderText(name));
        }
        match (kinds.pop(), kinds.is_empty()) {
            (Some(kind), true) => Ok(Condition {
                text: raw.text,
                cite: raw.cite,
                kind,
            }),
            (kind, _) => {
                let found = kinds.len() + usize::from(kind.is_some());
                let message = format!("a condition holds exactly one of {KINDS}; it has {found}");
                Err(self.at.error(&place, message).with_example(
                    "{ text = \"…\", cite = \"…\", count = { population = \"recordings\", \
                     unit = \"accounts\", at_least = 10 } }",
                ))
            }
        }
    }
}

/// What stands for the exceptions of a duty.
pub const EXCEPTIONS: &str = "One of the exceptions";
/// That none of them holds.
pub const NO_EXCEPTION: &str = "None of the exceptions takes it out";

/// The trigger of another duty, its exceptions included, as a condition of this one. What it counts
/// is taken over under the other duty's name.
pub(crate) fn of_duty(other: &Duty, text: &str, cite: &str, taken: &mut TakenIn) -> Condition {
    let named = |name: &str| format!("{}/{name}", other.name);
    for (name, population) in &other.populations {
        taken.insert(named(name), population.clone());
    }
    let mut parts = vec![renamed(&other.when, &named)];
    if !other.unless.is_empty() {
        let exceptions = other.unless.iter().map(|one| renamed(one, &named));
        let any = Condition {
            text: EXCEPTIONS.to_owned(),
            cite: other.cite.clone(),
            kind: ConditionKind::Any(exceptions.collect()),
        };
        parts.push(Condition {
            text: NO_EXCEPTION.to_owned(),
            cite: other.cite.clone(),
            kind: ConditionKind::Not(Box::new(any)),
        });
    }
    Condition {
        text: text.to_owned(),
        cite: cite.to_owned(),
        kind: ConditionKind::All(parts),
    }
}

/// `condition` with every population under its new name.
fn renamed(condition: &Condition, named: &dyn Fn(&str) -> String) -> Condition {
    let all = |parts: &[Condition]| parts.iter().map(|part| renamed(part, named)).collect();
    let kind = match &condition.kind {
        ConditionKind::All(parts) => ConditionKind::All(all(parts)),
        ConditionKind::Any(parts) => ConditionKind::Any(all(parts)),
        ConditionKind::Not(part) => ConditionKind::Not(Box::new(renamed(part, named))),
        ConditionKind::Count(rule) => ConditionKind::Count(CountRule {
            population: named(&rule.population),
            ..rule.clone()
        }),
        ConditionKind::GovernmentNotice(rule) => ConditionKind::GovernmentNotice(NoticeRule {
            about: rule.about.as_deref().map(named),
            ..rule.clone()
        }),
        other => other.clone(),
    };
    Condition {
        text: condition.text.clone(),
        cite: condition.cite.clone(),
        kind,
    }
}
