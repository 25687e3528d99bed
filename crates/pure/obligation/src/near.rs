//! Near the line: which single fact, count or reading would change an answer.

use crate::context::{Context, Said, Suppose};
use crate::decide::{context, value};
use crate::determination::{Answer, Near};
use crate::population::Part;
use crate::settings::Settings;
use facts::{Interval, Kleene};
use incident::Incident;
use orders::{Condition, ConditionKind, Duty, Order, Population};
use std::collections::{BTreeMap, BTreeSet};

/// How near a count must come to its number to be shown: four fifths.
pub(crate) fn is_near(count: Interval, at_least: u64) -> bool {
    let close = |most: u64| most.saturating_mul(5) >= at_least.saturating_mul(4);
    count.at_most.is_none_or(close)
}

/// What would change the answer, one thing at a time; nothing for what is owed.
pub(crate) fn near(context: &Context<'_>, answer: Answer) -> Vec<Near> {
    if answer == Answer::Owed {
        return Vec::new();
    }
    let now = match answer {
        Answer::Owed => Kleene::Yes,
        Answer::NotOwed => Kleene::No,
        Answer::Open => Kleene::Unknown,
    };
    let mut found = Vec::new();
    let leaves = leaves(context);
    for leaf in &leaves {
        found.extend(of_leaf(context, leaf, now));
    }
    let without = |part: Part| {
        let part = Some(part);
        let supposed = Suppose {
            part,
            ..Suppose::default()
        };
        value(context, supposed)
    };
    for (part, what, cite) in carve_outs(context, &leaves) {
        let then = without(part);
        if then != now {
            let would = BTreeMap::from([("yes".to_owned(), Answer::from(then))]);
            found.push(near_one("carve_out", what, cite, "no".to_owned(), would));
        }
    }
    found.extend(readings(context, now));
    if context.force_value() != Kleene::Yes {
        let force = context.in_force();
        let supposed = Suppose {
            in_force: Some(Kleene::Yes),
            ..Suppose::default()
        };
        let then = value(context, supposed);
        if then != now {
            let would = BTreeMap::from([("yes".to_owned(), Answer::from(then))]);
            let cite = &context.duty.in_force.cite;
            let what = "if it bound at that time".to_owned();
            found.push(near_one("in_force", what, cite, force.because.text, would));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn near_one(
    kind: &str,
    what: String,
    cite: &str,
    now: String,
    would: BTreeMap<String, Answer>,
) -> Near {
    Near {
        kind: kind.to_owned(),
        what,
        cite: cite.to_owned(),
        now,
        would,
    }
}

/// The conditions without parts.
pub(crate) fn leaves<'a>(context: &Context<'a>) -> Vec<&'a Condition> {
    leaves_of(context.duty)
}

/// The conditions of a duty below which there are no others.
pub(crate) fn leaves_of(duty: &Duty) -> Vec<&Condition> {
    let mut open: Vec<&Condition> = std::iter::once(&duty.when).chain(&duty.unless).collect();
    let mut leaves = Vec::new();
    while let Some(condition) = open.pop() {
        match &condition.kind {
            ConditionKind::All(parts) | ConditionKind::Any(parts) => open.extend(parts),
            ConditionKind::Not(part) => open.push(part),
            _ => leaves.push(condition),
        }
    }
    leaves
}

/// What another value of one condition would make of the answer. Which text applies is no fact of
/// its own: discovery says it.
fn of_leaf(context: &Context<'_>, leaf: &Condition, now: Kleene) -> Option<Near> {
    let (kind, is) = match &leaf.kind {
        ConditionKind::UnderText(_) => return None,
        ConditionKind::Count(rule) => {
            let count = context.count_as_is(rule)?;
            if !is_near(count, rule.at_least) {
                return None;
            }
            let text = format!(
                "{count} of at least {} {}",
                rule.at_least,
                rule.unit.as_str()
            );
            ("count", Some((count.reaches(rule.at_least), text)))
        }
        ConditionKind::GovernmentNotice(_) | ConditionKind::Milestone(_) => ("act", None),
        _ => ("fact", None),
    };
    let (is, text) = is.unwrap_or_else(|| {
        let value = context.supposing(Suppose::default()).condition_value(leaf);
        (value, value.as_str().to_owned())
    });
    let mut would = BTreeMap::new();
    for other in [Kleene::Yes, Kleene::No] {
        let supposed = Suppose {
            leaf: Some((std::ptr::from_ref(leaf), other)),
            ..Suppose::default()
        };
        if other == is {
            continue;
        }
        let then = value(context, supposed);
        if then != now {
            would.insert(other.as_str().to_owned(), Answer::from(then));
        }
    }
    let cite = leaf.cite.as_str();
    (!would.is_empty()).then(|| near_one(kind, leaf.text.clone(), cite, text, would))
}

/// The carve-outs of what the conditions speak of: each with what would undo it.
fn carve_outs<'a>(
    context: &Context<'a>,
    leaves: &[&Condition],
) -> BTreeSet<(Part, String, &'a str)> {
    let populations = &context.duty.populations;
    let spoken_of = leaves.iter().filter_map(|leaf| match &leaf.kind {
        ConditionKind::Count(rule) => populations.get(&rule.population),
        ConditionKind::GovernmentNotice(rule) => populations.get(rule.about.as_ref()?),
        _ => None,
    });
    spoken_of.flat_map(of_population).collect()
}

fn of_population(population: &Population) -> Vec<(Part, String, &str)> {
    let mut parts = Vec::new();
    if let Some(rule) = &population.encryption {
        let what = "if the key was taken, or it was not encrypted";
        parts.push((Part::Encryption, what.to_owned(), rule.cite.as_str()));
    }
    if let Some(rule) = &population.visibility {
        let what = "if no user had made it visible";
        parts.push((Part::Visibility, what.to_owned(), rule.cite.as_str()));
    }
    if let Some(rule) = &population.residential {
        let what = "if the product is for personal and residential use";
        parts.push((Part::Residential, what.to_owned(), rule.cite.as_str()));
    }
    for rule in &population.circumstances {
        let what = format!("if so: {}", rule.text);
        parts.push((Part::Circumstances, what, rule.cite.as_str()));
    }
    parts
}

/// The questions reserved to counsel of which another reading would change the answer.
fn readings(context: &Context<'_>, now: Kleene) -> Vec<Near> {
    let mut found = Vec::new();
    for id in &context.duty.reserved {
        let Some(question) = context.order.reserved.get(id) else {
            continue;
        };
        let is = context.effect(Some(id));
        let mut would = BTreeMap::new();
        for (name, rule) in &question.readings {
            if rule.anchor.is_some() || Kleene::from(rule.effect) == is {
                continue;
            }
            let supposed = Suppose {
                question: Some((id.clone(), rule.effect)),
                ..Suppose::default()
            };
            let then = value(context, supposed);
            if then != now {
                would.insert(name.clone(), Answer::from(then));
            }
        }
        if !would.is_empty() {
            let shown = context.reserved(id);
            let followed = shown
                .reading
                .map(|reading| reading.value)
                .or(shown.working_reading.filter(|_| !shown.disputed));
            let now = followed.unwrap_or_else(|| "no reading".to_owned());
            found.push(near_one(
                "reading",
                question.question.clone(),
                id,
                now,
                would,
            ));
        }
    }
    found
}

/// What `duty` of `order` would come to if the incidents `of` were one instance, where that is not
/// what any of them comes to by itself (`alone`): "if these three were one instance: 27 accounts,
/// owed". `joined` is what they are together, as a fold makes it: what stands in several of them
/// counts once.
///
/// `None` where there is no such duty, fewer than two incidents, or nothing would change.
pub fn as_one_instance(
    order: &Order,
    duty: &str,
    joined: &Incident,
    of: &[&str],
    alone: &BTreeSet<Answer>,
    settings: &Settings,
) -> Option<Near> {
    let duty = order.duty(duty).filter(|_| of.len() > 1)?;
    let said = Said::of(order, joined);
    let context = context(order, duty, joined, settings, &said);
    let context = context.supposing(Suppose::default());
    let then = Answer::from(value(&context, Suppose::default()));
    if alone.contains(&then) {
        return None;
    }
    let counted = leaves(&context)
        .into_iter()
        .find_map(|leaf| match &leaf.kind {
            ConditionKind::Count(rule) => {
                let (_, count) = context.counted(rule)?;
                Some(format!(": {count} {}", rule.unit.as_str()))
            }
            _ => None,
        });
    let names = of.join(", ");
    let counted = counted.unwrap_or_default();
    let now: Vec<&str> = alone.iter().map(|answer| answer.as_str()).collect();
    let would = BTreeMap::from([("yes".to_owned(), then)]);
    let what = format!("if these {} were one instance ({names}){counted}", of.len());
    Some(near_one(
        "instance",
        what,
        &duty.cite,
        now.join(", "),
        would,
    ))
}
