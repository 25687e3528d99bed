//! The register behind the annual certification: what must not be forgotten, owed or not.

use crate::context::{Context, Said, Suppose};
use crate::decide::{context, value};
use crate::determination::{Answer, Because, Determination};
use crate::near::is_near;
use crate::population::{View, in_unit};
use crate::settings::Settings;
use crate::voices::denials;
use facts::{ActorKind, Finding, Interval, Kleene, Moment, Reason, Report, Verdict, YesNo};
use incident::{Incident, Stance};
use orders::{ConditionKind, CountRule, Duty, Order, ReviewRule};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What kind of entry it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A section was, or may have been, violated.
    Noncompliance,
    /// An incident that is owed a report or an entry.
    CoveredIncident,
    /// A person's review of a recording that nothing on record allows.
    ReviewWithoutBasis,
    /// A review with a purpose, but without attestation or training.
    ReviewWithoutAttestation,
    /// Not owed, by little: four fifths of a threshold, or a carve-out or a reading alone. Said of
    /// the duty that it is about, not of what would follow it.
    NearMiss,
}

impl EntryKind {
    /// The word as it stands in the register.
    pub const fn as_str(self) -> &'static str {
        match self {
            EntryKind::Noncompliance => "noncompliance",
            EntryKind::CoveredIncident => "covered_incident",
            EntryKind::ReviewWithoutBasis => "review_without_basis",
            EntryKind::ReviewWithoutAttestation => "review_without_attestation",
            EntryKind::NearMiss => "near_miss",
        }
    }
}

/// One entry of the register.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RegisterEntry {
    /// The order.
    pub order: String,
    /// What kind of entry.
    pub kind: EntryKind,
    /// The incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// The provision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision: Option<String>,
    /// What it is.
    pub text: String,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// When it was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Moment>,
    /// When it was disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed_at: Option<Moment>,
    /// Whether a violation is material, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub material: Option<YesNo>,
    /// Ids of the records that it rests on, sorted. Reviews are counted: theirs are the findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<String>,
    /// What may be said outside instead of `text`, where `text` names a person or an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// For a covered incident: what people wrote about the facts, where it names nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<String>,
}

impl RegisterEntry {
    /// A key that is the same in every run: order, incident, kind, provision and text.
    pub fn key(&self) -> String {
        let incident = self.incident.as_deref().unwrap_or_default();
        let provision = self.provision.as_deref().unwrap_or_default();
        let id = facts::short_id("reg", &[provision, &self.text]);
        format!("{}|{}|{}|{}", self.order, incident, self.kind.as_str(), id)
    }
}

/// What of one incident goes into the register of `order`, sorted. `findings` are those of the
/// incident: people's reviews are taken from them.
pub fn register<D>(
    order: &Order,
    incident: &Incident,
    determinations: &[Determination<D>],
    findings: &[Finding],
    settings: &Settings,
) -> Vec<RegisterEntry> {
    let mut entries = violations(order, incident);
    let said = Said::of(order, incident);
    for determination in determinations.iter().filter(|one| one.order == order.slug) {
        let name = determination.duty.as_deref();
        let Some(duty) = name.and_then(|name| order.duty(name)) else {
            continue;
        };
        match determination.answer {
            Answer::Owed => {
                let text = format!("{}: owed. {}", duty.title, determination.in_a_line());
                let kind = EntryKind::CoveredIncident;
                let mut covered = entry(order, incident, kind, &duty.cite, text);
                covered.records = determination.because.all_records();
                entries.push(covered);
            }
            Answer::NotOwed => {
                if let Some(text) = near_miss(order, duty, &said, incident, settings) {
                    let kind = EntryKind::NearMiss;
                    let mut near = entry(order, incident, kind, &duty.cite, text);
                    near.records = determination.because.all_records();
                    entries.push(near);
                }
            }
            Answer::Open => {}
        }
    }
    if let Some(rule) = &order.register.review {
        entries.extend(reviews(order, incident, rule, findings));
    }
    entries.sort();
    entries.dedup();
    entries
}

impl Because {
    /// Ids of the records that it and its parts rest on, sorted.
    pub fn all_records(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            found.extend(node.records.iter().cloned());
            open.extend(&node.of);
        }
        found.into_iter().collect()
    }
}

fn entry(
    order: &Order,
    incident: &Incident,
    kind: EntryKind,
    provision: &str,
    text: String,
) -> RegisterEntry {
    RegisterEntry {
        order: order.slug.clone(),
        kind,
        incident: Some(incident.id.clone()),
        provision: Some(provision.to_owned()),
        text,
        from: incident.first,
        until: incident.last,
        corrected_at: None,
        disclosed_at: None,
        material: None,
        records: Vec::new(),
        said: None,
        described: None,
    }
}

fn violations(order: &Order, incident: &Incident) -> Vec<RegisterEntry> {
    let mut entries = Vec::new();
    for reported in &incident.reports {
        if let Report::Noncompliance(one) = &reported.record.report
            && one.order == order.slug
            && one.violated != Some(YesNo::No)
        {
            // As where it is decided: what nobody denies of the same matter stands.
            let is_denied = denials(incident, reported, one).next().is_some();
            let is_disputed = is_denied || Stance::of(reported) == Some(Stance::Both);
            let disputed = if is_disputed { " (disputed)" } else { "" };
            entries.push(RegisterEntry {
                order: order.slug.clone(),
                kind: EntryKind::Noncompliance,
                incident: Some(incident.id.clone()),
                provision: Some(one.provision.clone()),
                text: format!("{}{disputed}", one.text),
                from: one.from,
                until: one.until,
                corrected_at: one.corrected_at,
                disclosed_at: one.disclosed_at,
                material: one.material,
                records: vec![reported.record.id.clone()],
                said: None,
                described: None,
            });
        }
    }
    entries
}

/// Why a duty that is not owed is close to being owed, if it is. What follows another duty shares
/// its trigger: what brings the first one close is said of that one alone, and not again of every
/// task and copy that would follow it.
fn near_miss(
    order: &Order,
    duty: &Duty,
    said: &Said,
    incident: &Incident,
    settings: &Settings,
) -> Option<String> {
    if incident.is_excused() {
        return None;
    }
    let here = context(order, duty, incident, settings, said);
    let (mut close, mut spared) = (near_counts(&here), spared_alone(&here));
    if let Some(first) = duty.of.as_ref().and_then(|name| order.duty(name)) {
        let first = context(order, first, incident, settings, said);
        let told = near_counts(&first);
        close.retain(|reason| !told.contains(reason));
        if value(&first, Suppose::default()) == Kleene::No {
            let told = spared_alone(&first);
            spared.retain(|reason| !told.contains(reason));
        }
    }
    close.append(&mut spared);
    (!close.is_empty())
        .then(|| format!("{}: not owed, by little: {}", duty.title, close.join("; ")))
}

/// The counts of a duty's trigger that are near their number, or above it. None brings an incident
/// near that the order did not bind to report.
fn near_counts(context: &Context<'_>) -> Vec<String> {
    let binds = context.force_value() != Kleene::No;
    let rules = counts(context.duty).into_iter().filter(|_| binds);
    let near = rules.filter_map(|rule| {
        let (_, count) = context.counted(rule)?;
        let unit = rule.unit.as_str();
        let text = format!("{count} of at least {} {unit}", rule.at_least);
        is_near(count, rule.at_least).then_some(text)
    });
    near.collect()
}

/// What alone spares a duty that is not owed: a carve-out, or a reading.
fn spared_alone(context: &Context<'_>) -> Vec<String> {
    let mut close = Vec::new();
    let without = Suppose {
        no_carve_outs: true,
        ..Suppose::default()
    };
    if value(context, without) != Kleene::No {
        close.push("spared by a carve-out alone".to_owned());
    }
    for id in &context.duty.reserved {
        let now = context.effect(Some(id));
        if now == Kleene::Unknown {
            continue;
        }
        let otherwise = Suppose {
            question: Some((id.clone(), now == Kleene::No)),
            ..Suppose::default()
        };
        let spared = match value(context, otherwise) {
            Kleene::Yes => true,
            Kleene::Unknown => !only_nobody_is_named(context, id),
            Kleene::No => false,
        };
        if spared {
            close.push(format!("spared by the reading of `{id}` alone"));
        }
    }
    close
}

/// The counts that a duty's trigger asks for; those of what it must not be are none that it nears.
fn counts(duty: &Duty) -> Vec<&CountRule> {
    let (mut open, mut counts) = (vec![&duty.when], Vec::new());
    while let Some(condition) = open.pop() {
        match &condition.kind {
            ConditionKind::All(parts) | ConditionKind::Any(parts) => open.extend(parts),
            ConditionKind::Count(rule) => counts.push(rule),
            _ => {}
        }
    }
    counts
}

/// Whether the question is of the unit, and all that is known of the other unit is that it is not
/// known: nobody has said who uses the accounts, and those that are on record are few.
fn only_nobody_is_named(context: &Context<'_>, id: &str) -> bool {
    let populations = &context.duty.populations;
    counts(context.duty).iter().any(|rule| {
        let asked = rule.unit_question.as_ref().filter(|one| one.id == id);
        let Some((asked, population)) = asked.zip(populations.get(&rule.population)) else {
            return false;
        };
        let other = in_unit(&View::new(context, population, true).counts(), asked.unit);
        let known = Interval::exactly(other.at_least);
        other.at_most.is_none() && !is_near(known, rule.at_least)
    })
}

/// People's reviews of recordings that nothing on record allows, or without attestation.
fn reviews(
    order: &Order,
    incident: &Incident,
    rule: &ReviewRule,
    findings: &[Finding],
) -> Vec<RegisterEntry> {
    let mut without_basis = Vec::new();
    let mut without_attestation = Vec::new();
    for finding in findings {
        let access = &finding.access;
        let a_person = matches!(
            access.actor_kind,
            Some(ActorKind::Employee | ActorKind::Contractor | ActorKind::ThirdParty) | None
        );
        let of_kind = rule.information.contains(&access.information);
        if !a_person || !of_kind || finding.class().reached() == Kleene::No {
            continue;
        }
        match finding.verdict_under(&order.slug) {
            (Verdict::Authorised, ..) => {}
            (_, _, Reason::NotAttested | Reason::NotTrained) => without_attestation.push(access),
            _ => without_basis.push(access),
        }
    }
    let mut entries = Vec::new();
    for (kind, accesses, what) in [
        (
            EntryKind::ReviewWithoutBasis,
            without_basis,
            "without a basis on record",
        ),
        (
            EntryKind::ReviewWithoutAttestation,
            without_attestation,
            "with a purpose on record, without attestation or training",
        ),
    ] {
        if accesses.is_empty() {
            continue;
        }
        let text = format!("{} reviews of recordings {what}", accesses.len());
        let mut one = entry(order, incident, kind, &rule.cite, text);
        one.from = accesses.iter().map(|access| access.at).min();
        one.until = accesses.iter().map(|access| access.at).max();
        entries.push(one);
    }
    entries
}
