//! What a pack says about one notice, in the terms in which notices are composed.

use crate::document::{DutyHead, OrderHead};
use crate::texts;
use facts::{PerformedPart, StatementItem};
use orders::{ConditionKind, DutyKind, Fills};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Whether law enforcement asked for delay, whom to contact there, and the copies of requests
    /// that are on record.
    LawEnforcement {
        /// A copy of each request is asked for: one that is missing is a gap.
        copies: bool,
    },
    /// When people, the media and authorities were told, or that nobody was.
    NoticeDates,
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
    /// The duty that it follows, such as the report of which it is an update.
    pub follows: Option<String>,
    /// The zone in which dates are shown and counted.
    pub zone: String,
    /// The items.
    pub items: Vec<ItemFrame>,
    /// Mail addresses.
    pub to: Vec<String>,
    /// How it is given where it is not mailed.
    pub given: Option<String>,
    /// To whom what goes to the Commission goes besides.
    pub also: Vec<String>,
    /// Other channels, in words, and to whom copies are owed.
    pub otherwise: Vec<String>,
    /// What the subject begins with, literally.
    pub subject: Option<String>,
    /// What the source prints there for something that it does not name.
    pub placeholder: Option<String>,
    /// Whether the pack itself knows from when the duty is in force.
    pub in_force_known: bool,
    /// The declaration to be signed, where the order asks for one.
    pub declaration: Option<String>,
    /// What those who approve a notice should know about the pack's text.
    pub caveats: Vec<String>,
    /// What counsel may choose from where the order leaves a question open.
    pub readings: obligation::Readings,
    /// Questions about what its documents say, with the reading by which they are drafted.
    pub contents: BTreeMap<String, String>,
    /// By which duty and part, or none, `performed` says that individuals or the media were told.
    pub tells: BTreeMap<(String, Option<PerformedPart>), PerformedPart>,
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
    /// Whether the way that it goes is known, so that what is drafted can be released.
    pub(crate) fn is_sendable(&self) -> bool {
        self.given.is_some() || (!self.to.is_empty() && self.subject.is_some())
    }

    /// What `order` says about the notice of `duty`.
    pub fn of(order: &orders::Order, duty: &orders::Duty) -> Frame {
        let channel = duty.channel.as_ref().or(order.channel.as_ref());
        let (to, subject) = mailed(duty, channel);
        let (subject, placeholder) = subject.unzip();
        let filed = channel.filter(|_| duty.kind.is_filed());
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
                kind: duty.kind,
                cite: duty.cite.clone(),
                extent: duty.extent.clone(),
            },
            follows: duty.of.clone(),
            zone: order.zone.clone(),
            items: duty.items.iter().map(|one| item(duty, one)).collect(),
            to,
            given: duty.given.clone(),
            also: also(duty),
            otherwise: filed
                .map(otherwise)
                .into_iter()
                .flatten()
                .chain(besides(order, duty))
                .collect(),
            subject,
            placeholder: placeholder.flatten(),
            in_force_known: duty.in_force.window.from.or(order.in_force.from).is_some(),
            declaration: duty.signature.clone(),
            caveats,
            readings: obligation::Readings::of(order),
            contents: contents(order),
            tells: tells(order),
        }
    }
}

fn contents(order: &orders::Order) -> BTreeMap<String, String> {
    let questions = order.reserved.values().filter(|one| one.contents);
    questions
        .filter_map(|one| Some((one.id.clone(), one.working.clone()?)))
        .collect()
}

fn tells(order: &orders::Order) -> BTreeMap<(String, Option<PerformedPart>), PerformedPart> {
    let told = [DutyKind::IndividualNotice, DutyKind::MediaNotice];
    let mut found = BTreeMap::new();
    for duty in order.duties.iter().filter(|duty| told.contains(&duty.kind)) {
        let own = duty.kind.part();
        for named in &order.duties {
            for part in [None, Some(own)] {
                if duty.is_met_by(&named.name, Some(named), part) {
                    found.insert((named.name.clone(), part), own);
                }
            }
        }
    }
    found
}

/// How a subject begins, with what the source prints there for something that it does not name.
type Subject = (String, Option<String>);

/// To whom it is mailed, and how the subject begins: what is filed goes the order's way, anything
/// else to the duty's own recipients, under the same subject where they name none.
fn mailed(
    duty: &orders::Duty,
    channel: Option<&orders::Channel>,
) -> (Vec<String>, Option<Subject>) {
    let own = &duty.recipients;
    let literal = channel.map(|one| (one.subject.clone(), one.subject_placeholder.clone()));
    match (&duty.given, duty.kind.is_filed()) {
        (Some(_), _) => (Vec::new(), None),
        (None, true) => (
            channel.map(|one| one.email.clone()).into_iter().collect(),
            literal,
        ),
        (None, false) => {
            let named = |one: &orders::Recipient| {
                Some((one.subject.clone()?, one.subject_placeholder.clone()))
            };
            let subject = own.iter().find_map(named);
            let to = own.iter().filter_map(|one| one.email.clone());
            (to.collect(), subject.or(literal))
        }
    }
}

/// To whom what is filed goes beside the Commission: the duty's own recipients. Its pages say so.
fn also(duty: &orders::Duty) -> Vec<String> {
    let own = duty.recipients.iter().filter(|_| duty.kind.is_filed());
    own.map(recipient).collect()
}

/// To whom what is not filed goes, and to whom copies that follow from it are owed. A copy is a
/// duty of its own; who sends the notice should know of it.
fn besides(order: &orders::Order, duty: &orders::Duty) -> Vec<String> {
    let own = duty.recipients.iter().filter(|_| !duty.kind.is_filed());
    let own = own.map(|one| ("To", one));
    let copies = order
        .duties
        .iter()
        .filter(|other| other.of.as_deref() == Some(duty.name.as_str()))
        .flat_map(|other| other.recipients.iter())
        .map(|one| ("A copy is owed to", one));
    own.chain(copies)
        .map(|(how, one)| format!("{how} {}", recipient(one)))
        .collect()
}

fn recipient(one: &orders::Recipient) -> String {
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
    format!("{} ({}){ways}", one.who, one.cite)
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
        Fills::LawEnforcement => vec![Fill::LawEnforcement { copies: false }],
        Fills::LawEnforcementCopies => vec![Fill::LawEnforcement { copies: true }],
        Fills::NoticeDates => vec![Fill::NoticeDates],
        Fills::FactsCauseAndParticipants => vec![
            Fill::Statement(StatementItem::Facts),
            Fill::Statement(StatementItem::Cause),
            Fill::Statement(StatementItem::Scope),
            Fill::Statement(StatementItem::ThirdParties),
        ],
    }
}
