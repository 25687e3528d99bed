//! What a pack says about one notice, in the terms in which notices are composed.

use crate::document::{DutyHead, OrderHead};
use crate::texts;
use facts::StatementItem;
use orders::{ConditionKind, Fills};
use std::collections::BTreeSet;

/// What fills an item of a duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fill {
    /// The date or the range of dates.
    Dates,
    /// A number of the clause's count: `consumers`, `accounts`, `resources`, `devices`.
    Count(String),
    /// The number of customers of the company, by responders' own counts.
    Customers,
    /// What people wrote under a heading.
    Statement(StatementItem),
    /// Milestones of the company's acts, with their dates.
    Milestones,
    /// The classes of information that were reached.
    Information,
    /// When people and authorities were told.
    Told,
    /// A representative copy of each materially different notice.
    Copies {
        /// Of notices to authorities only those to authorities of this country; none: of all.
        country: Option<String>,
    },
    /// Whether law enforcement asked for delay, whom to contact there, and copies of the requests.
    LawEnforcement,
}

/// One lettered item that a duty asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFrame {
    /// The order's own letter or number.
    pub letter: String,
    /// What is asked for.
    pub asks: String,
    /// Where.
    pub cite: Option<String>,
    /// What fills it, in the order in which it is said.
    pub fills: Vec<Fill>,
}

/// Everything about one duty of one order that a notice repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The caption.
    pub order: OrderHead,
    /// The duty.
    pub duty: DutyHead,
    /// The zone in which dates are shown and counted.
    pub zone: String,
    /// The items.
    pub items: Vec<ItemFrame>,
    /// Mail addresses.
    pub to: Vec<String>,
    /// Other channels, in words.
    pub otherwise: Vec<String>,
    /// What the subject begins with, literally.
    pub subject: Option<String>,
    /// Whether the pack itself knows from when the duty is in force.
    pub in_force_known: bool,
    /// The declaration to be signed, where the order asks for one.
    pub declaration: Option<String>,
    /// What those who approve a notice should know about the pack's text.
    pub caveats: Vec<String>,
    /// What counsel may choose from where the order leaves a question open.
    pub readings: obligation::Readings,
}

impl OrderHead {
    /// The caption of `order`.
    pub fn of(order: &orders::Order) -> OrderHead {
        let known = |text: &String| (!text.is_empty()).then(|| text.clone());
        OrderHead {
            order: order.slug.clone(),
            title: order.title.clone(),
            court: known(&order.court),
            docket: known(&order.docket),
            entered: order.entered,
            respondent: order.respondent.clone(),
            pack: order.digest.clone(),
            grade: order.grade.as_str().to_owned(),
        }
    }
}

impl Frame {
    /// What `order` says about the notice of `duty`.
    pub fn of(order: &orders::Order, duty: &orders::Duty) -> Frame {
        let channel = duty.channel.as_ref().or(order.channel.as_ref());
        let mut caveats = texts::caveats(order.grade.as_str(), order.grade.caution());
        if duty.grade != order.grade {
            caveats.push(duty.grade.caution().to_owned());
        }
        if !duty.supplements.is_empty() {
            caveats.push(format!("On supplements: {}", duty.supplements));
        }
        Frame {
            order: OrderHead::of(order),
            duty: DutyHead {
                duty: duty.name.clone(),
                title: duty.title.clone(),
                cite: duty.cite.clone(),
                extent: duty.extent.clone(),
            },
            zone: order.zone.clone(),
            items: duty.items.iter().map(|one| item(duty, one)).collect(),
            to: channel
                .map(|channel| channel.email.clone())
                .into_iter()
                .collect(),
            otherwise: channel
                .map(otherwise)
                .into_iter()
                .flatten()
                .chain(besides(order, duty))
                .collect(),
            subject: channel.map(|channel| channel.subject.clone()),
            in_force_known: duty.in_force.window.from.or(order.in_force.from).is_some(),
            declaration: duty.signature.clone(),
            caveats,
            readings: obligation::Readings::of(order),
        }
    }
}

/// To whom it goes besides: the duty's own recipients, and those of the copies that follow from it.
/// A copy is a duty of its own; who sends the notice should know of it.
fn besides(order: &orders::Order, duty: &orders::Duty) -> Vec<String> {
    let own = duty.recipients.iter().map(|one| ("Also to", one));
    let copies = order
        .duties
        .iter()
        .filter(|other| other.of.as_deref() == Some(duty.name.as_str()))
        .flat_map(|other| other.recipients.iter())
        .map(|one| ("A copy is owed to", one));
    own.chain(copies)
        .map(|(how, one)| recipient(how, one))
        .collect()
}

fn recipient(how: &str, one: &orders::Recipient) -> String {
    let subject = one.subject.iter();
    let ways: Vec<String> = one
        .email
        .iter()
        .cloned()
        .chain((!one.address.is_empty()).then(|| one.address.join(", ")))
        .chain(subject.map(|subject| format!("subject beginning \"{subject}\"")))
        .collect();
    let ways = match ways.is_empty() {
        true => String::new(),
        false => format!(": {}", ways.join("; ")),
    };
    format!("{how} {} ({}){ways}", one.who, one.cite)
}

fn otherwise(channel: &orders::Channel) -> Vec<String> {
    let mut lines: Vec<String> = channel.unless.iter().cloned().collect();
    if let Some(courier) = &channel.courier {
        let address = channel.address.join(", ");
        let to = if address.is_empty() {
            String::new()
        } else {
            format!(": {address}")
        };
        lines.push(format!("{courier}{to}"));
    }
    lines
}

/// The country of whose authorities the duty speaks, where it is owed for telling one and speaks of
/// one country only.
fn country(duty: &orders::Duty) -> Option<String> {
    let mut countries = BTreeSet::new();
    let mut open = vec![&duty.when];
    while let Some(condition) = open.pop() {
        match &condition.kind {
            ConditionKind::All(parts) | ConditionKind::Any(parts) => open.extend(parts),
            ConditionKind::GovernmentNotice(rule) => {
                countries.insert(rule.country.as_str());
            }
            _ => {}
        }
    }
    let first = countries.pop_first()?;
    countries.is_empty().then(|| first.to_owned())
}

fn item(duty: &orders::Duty, item: &orders::Item) -> ItemFrame {
    ItemFrame {
        letter: item.letter.clone(),
        asks: item.text.clone(),
        cite: Some(item.cite.clone()).filter(|cite| !cite.is_empty()),
        fills: fills(duty, item.fills),
    }
}

/// What fills an item, in the order in which it is said. Counts of people are followed by the count
/// of accounts: clauses trigger by the one and ask for the other, so both are kept apart in sight.
fn fills(duty: &orders::Duty, fills: Fills) -> Vec<Fill> {
    let count = |unit: &str| Fill::Count(unit.to_owned());
    match fills {
        Fills::Date => vec![Fill::Dates],
        Fills::FactsAndCause => vec![
            Fill::Statement(StatementItem::Facts),
            Fill::Statement(StatementItem::Cause),
            Fill::Statement(StatementItem::Scope),
            Fill::Statement(StatementItem::ThirdParties),
        ],
        Fills::FactsCauseAndScope => vec![
            Fill::Statement(StatementItem::Facts),
            Fill::Statement(StatementItem::Cause),
            Fill::Statement(StatementItem::Scope),
            Fill::Information,
            count("accounts"),
            Fill::Statement(StatementItem::ThirdParties),
        ],
        Fills::Information => vec![Fill::Information],
        Fills::Consumers => vec![count("consumers"), count("accounts")],
        Fills::Customers => vec![Fill::Customers],
        Fills::RemediationAndProtection => vec![
            Fill::Statement(StatementItem::Remediation),
            Fill::Statement(StatementItem::Protection),
            Fill::Statement(StatementItem::ConsumerProtection),
            Fill::Statement(StatementItem::IndividualSteps),
            Fill::Milestones,
            Fill::Told,
        ],
        Fills::RepresentativeCopies => vec![Fill::Copies {
            country: country(duty),
        }],
        Fills::Confidentiality => vec![Fill::Statement(StatementItem::Confidentiality)],
        Fills::Contact => vec![Fill::Statement(StatementItem::Contact)],
        Fills::WhatHappened => vec![
            Fill::Dates,
            Fill::Statement(StatementItem::Facts),
            Fill::Statement(StatementItem::Cause),
            Fill::Statement(StatementItem::ThirdParties),
        ],
        Fills::IndividualSteps => vec![Fill::Statement(StatementItem::IndividualSteps)],
        Fills::LawEnforcement => vec![Fill::LawEnforcement],
        Fills::FactsCauseAndParticipants => vec![
            Fill::Statement(StatementItem::Facts),
            Fill::Statement(StatementItem::Cause),
            Fill::Statement(StatementItem::Scope),
            Fill::Statement(StatementItem::ThirdParties),
        ],
    }
}
