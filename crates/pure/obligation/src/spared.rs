//! What took a duty away: each record without which it would be owed; of records about accounts
//! and of late grants, each of which takes away a little, also those without which together it
//! would be.
//!
//! A function of the facts alone: the duty is decided again without one record at a time, so a run
//! in which the record came last and one in which it came first name it alike.

use crate::context::{Context, Said, Suppose};
use crate::decide::{context as put, value};
use crate::determination::{Answer, SparedBy};
use crate::near::leaves;
use facts::{Act, Authority, CircumstanceName, Kleene, Report};
use incident::{Taker, Without};
use orders::{ConditionKind, CountRule, Population, Unit};
use std::collections::{BTreeMap, BTreeSet};

/// How many are named; the others are counted.
const NAMED_MAX: usize = 5;

/// What is said of a record that another one contradicts.
const CONTRADICTED: &str = "it and another record contradict each other, which counts as unknown";

/// The records without which a duty that is not owed, or open, would be owed, and how many more
/// there are or were not tried; nothing for what is owed.
pub(crate) fn spared_by(context: &Context<'_>, answer: Answer) -> (Vec<SparedBy>, u64) {
    if answer == Answer::Owed {
        return (Vec::new(), 0);
    }
    let incident = context.incident;
    let mut found = BTreeSet::new();
    let mut alone = BTreeSet::new();
    let mut several: BTreeMap<Taker, &[String]> = BTreeMap::new();
    for without in &incident.without {
        if !concerns(context, without) || !is_owed_in(context, &without.incident) {
            continue;
        }
        let taker = without.taker;
        match without.records.as_slice() {
            [record] => {
                alone.insert(taker);
                let (kind, what) = match context.is_contradicted(record) {
                    true => (Taker::Dispute.as_str(), CONTRADICTED),
                    false => (taker.as_str(), words(taker)),
                };
                found.insert(spared(record, kind, what, Answer::Owed));
            }
            records => {
                // As few as are enough.
                let fewest = several.entry(taker).or_insert(records);
                if records.len() < fewest.len() {
                    *fewest = records;
                }
            }
        }
    }
    // Where one alone is enough, which others there are says nothing.
    let mut left_together = 0_usize;
    for (taker, records) in several
        .into_iter()
        .filter(|(taker, _)| !alone.contains(taker))
    {
        left_together += records.len().saturating_sub(NAMED_MAX);
        found.extend(records.iter().take(NAMED_MAX).map(|record| SparedBy {
            together: records.len() as u64,
            ..spared(record, taker.as_str(), words(taker), Answer::Owed)
        }));
    }
    for id in context.consulted() {
        if is_owed_but_for(context, &id) {
            let is_reading =
                |one: &&facts::Decision| one.id == id && matches!(one.act, Act::Reading(_));
            let (kind, what) = match incident.decisions.iter().find(is_reading) {
                Some(_) => ("reading", "counsel reads a question so"),
                None => ("answer", "a question was answered so"),
            };
            found.insert(spared(&id, kind, what, Answer::Owed));
        }
    }
    found.extend(not_counted(context));
    // Those that were not tried alone may be among those of which it was tried what is without all.
    let not_named = incident.without_more.max(left_together as u64);
    let more = not_named.saturating_add(found.len().saturating_sub(NAMED_MAX) as u64);
    (found.into_iter().take(NAMED_MAX).collect(), more)
}

/// Records without which it may be owed, of which it is not counted how many they took away.
fn not_counted(context: &Context<'_>) -> Vec<SparedBy> {
    let incident = context.incident;
    let mut found = Vec::new();
    let would_owe = counting_would_owe(context, |_| true);
    // Where nothing is left, nothing is owed whatever is supposed of a count.
    let counts = || {
        has(
            context,
            |kind| matches!(kind, ConditionKind::Count(rule) if may_reach(context, rule)),
        )
    };
    let uncounted_would_owe = || match incident.is_excused() {
        true => counts(),
        false => would_owe && counting_would_owe(context, |rule| may_reach(context, rule)),
    };
    if !incident.uncounted.is_empty() && uncounted_would_owe() {
        let what = "it is a basis for accesses that was recorded after the record had been \
                    declared complete; how many those are is not counted here";
        let kind = Taker::LateGrant.as_str();
        let uncounted = incident.uncounted.iter();
        found.extend(uncounted.map(|id| spared(id, kind, what, Answer::Open)));
    }
    if !would_owe {
        return found;
    }
    for reported in &incident.reports {
        let id = &reported.record.id;
        match &reported.record.report {
            Report::Judgement(one) if one.authority == Some(Authority::Authorised) => {
                let what = "the accesses that it matches were authorised; how many those are is \
                            not counted here";
                found.push(spared(id, "judgement", what, Answer::Open));
            }
            Report::Retraction(one) if is_of_accesses(one.topic.as_deref()) => {
                let what = "what it takes back is not counted here";
                found.push(spared(id, "retraction", what, Answer::Open));
            }
            _ => {}
        }
    }
    found
}

fn spared(record: &str, kind: &str, what: &str, without: Answer) -> SparedBy {
    SparedBy {
        record: record.to_owned(),
        kind: kind.to_owned(),
        what: what.to_owned(),
        without,
        together: 0,
    }
}

fn words(taker: Taker) -> &'static str {
    match taker {
        Taker::Retraction => "it takes another record back",
        Taker::Dispute => "its statements contradict each other, which counts as unknown",
        Taker::Part => "it separates what would be one instance",
        Taker::Revocation => "it takes back what people decided",
        Taker::Tally => "it narrows a count",
        Taker::Milestone => "it says that something was earlier",
        Taker::Key => "it says whether keys were reached",
        Taker::Circumstance => "it states a fact that the clause asks for",
        Taker::Account => "what it says of an account takes that, or people, out of a count",
        Taker::LateGrant => {
            "it is a basis for accesses that was recorded after the record had been declared \
             complete"
        }
        Taker::Denial => "it denies a violation that another record states",
    }
}

/// Whether the record can matter to the duty at all.
fn concerns(context: &Context<'_>, without: &Without) -> bool {
    match without.taker {
        Taker::Retraction
        | Taker::Dispute
        | Taker::Part
        | Taker::Revocation
        | Taker::Account
        | Taker::LateGrant => true,
        Taker::Denial => has(context, |kind| {
            matches!(kind, ConditionKind::Noncompliance(_))
        }),
        Taker::Tally => has(context, |kind| matches!(kind, ConditionKind::Count(_))),
        Taker::Milestone => {
            context.in_force().value() != Kleene::Yes
                || has(context, |kind| matches!(kind, ConditionKind::UnderText(_)))
        }
        Taker::Key => {
            let mut populations = context.duty.populations.values();
            populations.any(|one| one.encryption.is_some())
        }
        Taker::Circumstance => {
            let mut reports = context.incident.reports.iter();
            let reported = reports.find(|one| without.records.contains(&one.record.id));
            match reported.map(|one| &one.record.report) {
                Some(Report::Circumstance(one)) => asks_for(context, one.name),
                _ => true,
            }
        }
    }
}

fn has(context: &Context<'_>, is: impl Fn(&ConditionKind) -> bool) -> bool {
    leaves(context).iter().any(|leaf| is(&leaf.kind))
}

fn asks_for(context: &Context<'_>, name: CircumstanceName) -> bool {
    let in_population = |one: &Population| {
        one.circumstances.iter().any(|rule| rule.name == name)
            || one
                .presumption
                .as_ref()
                .is_some_and(|rule| rule.unless == name)
            || one.authority.or_circumstance == Some(name)
    };
    has(
        context,
        |kind| matches!(kind, ConditionKind::Circumstance(one) if *one == name),
    ) || context.duty.populations.values().any(in_population)
}

fn is_owed_in(context: &Context<'_>, incident: &incident::Incident) -> bool {
    let said = Said::of(context.order, incident);
    let (order, duty, settings) = (context.order, context.duty, context.settings);
    let other = put(order, duty, incident, settings, &said);
    value(&other, Suppose::default()) == Kleene::Yes
}

fn is_owed_but_for(context: &Context<'_>, decision: &str) -> bool {
    let said = Said::but_for(context.order, context.incident, Some(decision));
    let (order, duty, settings) = (context.order, context.duty, context.settings);
    let other = put(order, duty, context.incident, settings, &said);
    value(&other, Suppose::default()) == Kleene::Yes
}

/// Whether it would be owed if a count reached its number: then what takes accesses out of a count
/// may have taken it away.
fn counting_would_owe(context: &Context<'_>, may: impl Fn(&CountRule) -> bool) -> bool {
    let leaves = leaves(context);
    let mut counts = leaves
        .iter()
        .filter(|leaf| matches!(&leaf.kind, ConditionKind::Count(rule) if may(rule)));
    counts.any(|leaf| {
        let supposed = Suppose {
            leaf: Some((std::ptr::from_ref(*leaf), Kleene::Yes)),
            ..Suppose::default()
        };
        value(context, supposed) == Kleene::Yes
    })
}

/// Whether a count would reach its number if all counted that late grants excuse and nobody
/// counted: no, where those are too few accounts.
fn may_reach(context: &Context<'_>, rule: &CountRule) -> bool {
    // Whether another unit is meant, whose number nobody knows, is for counsel.
    let other = rule.unit_question.as_ref();
    let may_be_other = other.is_some_and(|one| context.effect(Some(&one.id)).may_be());
    let is_of_accounts = rule.unit == Unit::Accounts && !may_be_other;
    let more = context.incident.uncounted_accounts;
    let Some(more) = more.filter(|_| is_of_accounts) else {
        return true;
    };
    let here = context.count_as_is(rule).and_then(|count| count.at_most);
    here.is_none_or(|most| most.saturating_add(more) >= rule.at_least)
}

/// Whether a retraction speaks of accesses or accounts, which are no reports.
fn is_of_accesses(topic: Option<&str>) -> bool {
    matches!(topic, Some("access-events" | "accounts"))
}
