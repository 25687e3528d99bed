//! What findings on one access come to, once it counts once.

use crate::Standing;
use crate::findings::{Digest, Findings};
use crate::grouping::Scope;
use facts::{Access, Finding, Moment, Private, Reason, Variants};
use std::collections::{BTreeMap, BTreeSet};

/// The group of findings without an actor.
pub(crate) const UNKNOWN_ACTOR: &str = "unknown-actor";

/// One access as far as the record goes, counted once however many groups of the incident hold it.
#[derive(Debug)]
pub(crate) struct Reached {
    /// The access with every member that is known; its id is left out.
    pub(crate) access: Access,
    /// The groups that hold it.
    pub(crate) groups: BTreeSet<String>,
    /// Members that contradict each other.
    pub(crate) disputed_members: BTreeSet<String>,
    /// Counts in at most only.
    pub(crate) disputed: bool,
    pub(crate) by_order: BTreeMap<String, Standing>,
    pub(crate) otherwise: Standing,
    pub(crate) rests_on_since: Option<Moment>,
}

/// What `scope` holds on `access`, in the order of actor and account. Statements that differ in
/// these stand one beside the other and are disputed, also where the other belongs to another
/// incident.
pub(crate) fn reached(findings: &Findings, access: Digest, scope: &Scope) -> Vec<Reached> {
    if findings.is_withdrawn(access) {
        return Vec::new();
    }
    type Variant = (Option<Private>, Private);
    let mut variants: BTreeMap<Variant, Vec<Finding>> = BTreeMap::new();
    for (number, held) in findings.of_access(access) {
        if findings.is_in(scope, held)
            && !findings.is_superseded(held, scope)
            && let Some(finding) = findings.finding(number, held)
        {
            let of = &finding.access;
            let variant = (of.actor.clone(), of.account.clone());
            variants.entry(variant).or_default().push(finding);
        }
    }
    // The order in which they arrived is no part of what they come to.
    variants.values_mut().for_each(|all| all.sort());
    let disputed = findings.is_disputed(access);
    let variants = variants.values();
    variants
        .filter_map(|all| one_access(all, disputed))
        .collect()
}

/// What findings on one access come to: the strictest verdict of each order, every known member.
pub(crate) fn one_access(findings: &[Finding], disputed: bool) -> Option<Reached> {
    let first = findings.first()?;
    let mut disputed_members: BTreeSet<String> = findings
        .iter()
        .flat_map(|one| one.disputed.iter().cloned())
        .collect();
    let access = if findings.iter().all(|one| one.access == first.access) {
        first.access.clone()
    } else {
        let mut statements = Variants::default();
        for one in findings {
            statements.insert(one.access.clone());
        }
        let merged = statements.merged()?;
        disputed_members.extend(merged.disputed);
        merged.record
    };
    let standing = |(verdict, ground, _)| Standing { verdict, ground };
    let strictest = findings
        .iter()
        .map(|one| standing((one.verdict, one.ground, one.reason)))
        .max()?;
    let orders: BTreeSet<&String> = findings
        .iter()
        .flat_map(|one| one.by_order.iter().map(|one| &one.order))
        .collect();
    let by_order = orders.into_iter().filter_map(|order| {
        let strictest = findings
            .iter()
            .map(|one| standing(one.verdict_under(order)))
            .max()?;
        Some((order.clone(), strictest))
    });
    let by_order: BTreeMap<String, Standing> = by_order
        .filter(|(_, standing)| *standing != strictest)
        .collect();
    let disputed = disputed
        || findings.iter().any(|one| one.reason == Reason::Disputed)
        || disputed_members
            .iter()
            .any(|one| one == "actor" || one == "account");
    Some(Reached {
        access,
        groups: findings.iter().map(|one| one.group.clone()).collect(),
        disputed_members,
        disputed,
        by_order,
        otherwise: strictest,
        rests_on_since: findings.iter().filter_map(|one| one.rests_on_since).min(),
    })
}
