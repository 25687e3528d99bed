//! What took a duty away: each record without which it would be owed.
//!
//! A function of the facts alone: the duty is decided again without one record at a time, so a run
//! in which the record came last and one in which it came first name it alike.

use crate::context::{Context, Said, Suppose};
use crate::decide::{context as put, value};
use crate::determination::{Answer, SparedBy};
use crate::near::leaves;
use facts::{Act, Authority, CircumstanceName, Kleene, Report};
use incident::{Taker, Without};
use orders::{ConditionKind, Population};
use std::collections::BTreeSet;

/// How many are named; the others are counted.
const NAMED_MAX: usize = 5;

/// The records without which a duty that is not owed, or open, would be owed, and how many more
/// there are or were not tried; nothing for what is owed.
pub(crate) fn spared_by(context: &Context<'_>, answer: Answer) -> (Vec<SparedBy>, u64) {
    if answer == Answer::Owed {
        return (Vec::new(), 0);
    }
    let incident = context.incident;
    let mut found = BTreeSet::new();
    for without in &incident.without {
        if concerns(context, without) && is_owed_in(context, &without.incident) {
            let kind = without.taker.as_str();
            found.insert(spared(
                &without.record,
                kind,
                words(without.taker),
                Answer::Owed,
            ));
        }
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
    if counting_would_owe(context) {
        for reported in &incident.reports {
            let id = &reported.record.id;
            match &reported.record.report {
                Report::Judgement(one) if one.authority == Some(Authority::Authorised) => {
                    let what = "the accesses that it matches were authorised; how many those are \
                                is not counted here";
                    found.insert(spared(id, "judgement", what, Answer::Open));
                }
                Report::Retraction(one) if is_of_accesses(one.topic.as_deref()) => {
                    let what = "what it takes back is not counted here";
                    found.insert(spared(id, "retraction", what, Answer::Open));
                }
                _ => {}
            }
        }
    }
    let more = found.len().saturating_sub(NAMED_MAX) as u64 + incident.without_more;
    (found.into_iter().take(NAMED_MAX).collect(), more)
}

fn spared(record: &str, kind: &str, what: &str, without: Answer) -> SparedBy {
    SparedBy {
        record: record.to_owned(),
        kind: kind.to_owned(),
        what: what.to_owned(),
        without,
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
    }
}

/// Whether the record can matter to the duty at all.
fn concerns(context: &Context<'_>, without: &Without) -> bool {
    match without.taker {
        Taker::Retraction | Taker::Dispute | Taker::Part | Taker::Revocation => true,
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
            let reported = reports.find(|one| one.record.id == without.record);
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
fn counting_would_owe(context: &Context<'_>) -> bool {
    let leaves = leaves(context);
    let mut counts = leaves
        .iter()
        .filter(|leaf| matches!(leaf.kind, ConditionKind::Count(_)));
    counts.any(|leaf| {
        let supposed = Suppose {
            leaf: Some((std::ptr::from_ref(*leaf), Kleene::Yes)),
            ..Suppose::default()
        };
        value(context, supposed) == Kleene::Yes
    })
}

/// Whether a retraction speaks of accesses or accounts, which are no reports.
fn is_of_accesses(topic: Option<&str>) -> bool {
    matches!(topic, Some("access-events" | "accounts"))
}
