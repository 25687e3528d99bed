//! Findings and failed attempts by group, and what they come to once each access counts once.

use facts::{Access, Finding, Moment, Private, Reason, Variants, digest_json};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::Standing;
use crate::fold::Attempt;
use crate::grouping::Scope;

/// The group of findings without an actor.
const UNKNOWN_ACTOR: &str = "unknown-actor";

#[derive(Debug, Clone)]
struct Held {
    finding: Finding,
    /// Of its content; where the access stands is no part of it.
    digest: String,
}

/// All findings, by the key on their topic. Hash maps are only looked up, never walked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    by_group: BTreeMap<String, BTreeMap<String, Held>>,
    group_of: FxHashMap<String, String>,
    by_access: FxHashMap<String, BTreeSet<String>>,
    by_account: FxHashMap<Private, BTreeMap<String, u64>>,
    attempts: BTreeMap<String, BTreeMap<String, Attempt>>,
    attempt_group_of: FxHashMap<String, String>,
}

/// One access as far as the record goes, counted once however many groups of the incident hold it.
#[derive(Debug)]
pub(crate) struct Reached<'a> {
    /// The access with every member that is known.
    pub(crate) access: Cow<'a, Access>,
    /// The groups that hold it.
    pub(crate) groups: BTreeSet<&'a str>,
    /// Members that contradict each other.
    pub(crate) disputed_members: BTreeSet<String>,
    /// Counts in at most only.
    pub(crate) disputed: bool,
    pub(crate) by_order: BTreeMap<String, Standing>,
    pub(crate) otherwise: Standing,
    pub(crate) rests_on_since: Option<Moment>,
}

impl Findings {
    /// Replaces what stands at `key`; gives the groups that this may change.
    pub(crate) fn put(&mut self, key: String, finding: Option<Finding>) -> BTreeSet<String> {
        let digest = finding.as_ref().map(|finding| {
            digest_json(&Finding {
                source: None,
                ..finding.clone()
            })
        });
        let before = self.get(&key).map(|held| &held.digest);
        if before == digest.as_ref() {
            return BTreeSet::new();
        }
        let mut dirty = self.remove(&key);
        if let (Some(finding), Some(digest)) = (finding, digest) {
            self.group_of.insert(key.clone(), finding.group.clone());
            self.by_access
                .entry(finding.access.id.clone())
                .or_default()
                .insert(key.clone());
            let groups = self
                .by_account
                .entry(finding.access.account.clone())
                .or_default();
            *groups.entry(finding.group.clone()).or_default() += 1;
            dirty.extend(self.groups_with_access(&finding.access.id));
            let group = self.by_group.entry(finding.group.clone()).or_default();
            group.insert(key, Held { finding, digest });
        }
        dirty
    }

    fn remove(&mut self, key: &str) -> BTreeSet<String> {
        let Some(group) = self.group_of.get(key).cloned() else {
            return BTreeSet::new();
        };
        let Some(held) = self
            .by_group
            .get_mut(&group)
            .and_then(|all| all.remove(key))
        else {
            return BTreeSet::new();
        };
        if self.by_group.get(&group).is_some_and(BTreeMap::is_empty) {
            self.by_group.remove(&group);
        }
        let Finding { access, .. } = held.finding;
        let mut dirty = self.groups_with_access(&access.id);
        dirty.insert(group.clone());
        self.group_of.remove(key);
        if let Some(keys) = self.by_access.get_mut(&access.id) {
            keys.remove(key);
            if keys.is_empty() {
                self.by_access.remove(&access.id);
            }
        }
        if let Some(groups) = self.by_account.get_mut(&access.account) {
            if let Some(count) = groups.get_mut(&group) {
                *count -= 1;
                if *count == 0 {
                    groups.remove(&group);
                }
            }
            if groups.is_empty() {
                self.by_account.remove(&access.account);
            }
        }
        dirty
    }

    /// Replaces the attempt at `key`; gives the groups that this changes.
    pub(crate) fn put_attempt(
        &mut self,
        key: String,
        attempt: Option<Attempt>,
    ) -> BTreeSet<String> {
        let held = self.attempt_group_of.get(&key);
        let before = held
            .and_then(|group| self.attempts.get(group))
            .and_then(|all| all.get(&key));
        if before == attempt.as_ref() {
            return BTreeSet::new();
        }
        let mut dirty = BTreeSet::new();
        if let Some(group) = self.attempt_group_of.remove(&key) {
            if let Some(here) = self.attempts.get_mut(&group) {
                here.remove(&key);
            }
            dirty.insert(group);
        }
        if let Some(attempt) = attempt {
            let group = attempt.group.clone();
            self.attempt_group_of.insert(key.clone(), group.clone());
            dirty.insert(group.clone());
            self.attempts.entry(group).or_default().insert(key, attempt);
        }
        dirty
    }

    /// How many accesses plainly failed in `scope`.
    pub(crate) fn attempts(&self, scope: &Scope) -> u64 {
        let groups = scope.groups.iter();
        let attempts = groups.filter_map(|group| self.attempts.get(group));
        attempts
            .flat_map(BTreeMap::values)
            .filter(|one| scope.holds(&one.group, one.at))
            .map(|one| &one.access)
            .collect::<BTreeSet<_>>()
            .len() as u64
    }

    fn get(&self, key: &str) -> Option<&Held> {
        self.by_group.get(self.group_of.get(key)?)?.get(key)
    }

    /// The groups that hold a finding on the access.
    pub(crate) fn groups_with_access(&self, access: &str) -> BTreeSet<String> {
        let keys = self.by_access.get(access).into_iter().flatten();
        keys.filter_map(|key| self.group_of.get(key))
            .cloned()
            .collect()
    }

    /// The groups that hold a finding on the account.
    pub(crate) fn groups_with_account(&self, account: &Private) -> BTreeSet<String> {
        self.by_account
            .get(account)
            .into_iter()
            .flat_map(BTreeMap::keys)
            .cloned()
            .collect()
    }

    /// The groups that hold findings.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &String> {
        self.by_group.keys()
    }

    /// The findings in `scope`, with their keys.
    fn within<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = (&'a String, &'a Held)> {
        let groups = scope.groups.iter();
        let held = groups
            .filter_map(|group| self.by_group.get(group))
            .flatten();
        held.filter(|(_, held)| scope.holds(&held.finding.group, held.finding.access.at))
    }

    /// Whether `scope` holds a finding that counts: not retracted, and not superseded.
    pub(crate) fn counts_in(&self, scope: &Scope, stands: &dyn Fn(&str) -> bool) -> bool {
        self.within(scope)
            .map(|(_, held)| &held.finding)
            .any(|finding| stands(&finding.access.id) && !self.is_superseded(finding, scope))
    }

    /// Every finding in `scope`: its key and the digest of its content, by group and key.
    pub(crate) fn digests<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = [&'a str; 2]> {
        let held = self.within(scope);
        held.map(|(key, held)| [key.as_str(), held.digest.as_str()])
    }

    /// Every access that `scope` holds, each once, by id. Statements of one access that differ in
    /// actor or account stand one beside the other and are disputed, also where the other belongs
    /// to another incident.
    pub(crate) fn reached(&self, scope: &Scope, stands: &dyn Fn(&str) -> bool) -> Vec<Reached<'_>> {
        type Variant<'a> = (Option<&'a Private>, &'a Private);
        let mut by_access: BTreeMap<&str, BTreeMap<Variant<'_>, Vec<&Finding>>> = BTreeMap::new();
        let groups = scope.groups.iter();
        for held in groups
            .filter_map(|group| self.by_group.get(group))
            .flat_map(BTreeMap::values)
        {
            let finding = &held.finding;
            if scope.holds(&finding.group, finding.access.at) && !self.is_superseded(finding, scope)
            {
                let variant = (finding.access.actor.as_ref(), &finding.access.account);
                let variants = by_access.entry(&finding.access.id).or_default();
                variants.entry(variant).or_default().push(finding);
            }
        }
        let mut reached = Vec::with_capacity(by_access.len());
        for (id, variants) in by_access {
            if stands(id) {
                let disputed = self.is_disputed(id);
                reached.extend(
                    variants
                        .into_values()
                        .filter_map(|all| one_access(&all, disputed)),
                );
            }
        }
        reached
    }

    /// Whether statements of the access differ in actor or account, wherever they are counted.
    fn is_disputed(&self, access: &str) -> bool {
        let Some(keys) = self.by_access.get(access).filter(|keys| keys.len() > 1) else {
            return false;
        };
        let mut actors = BTreeSet::new();
        let mut accounts = BTreeSet::new();
        for held in keys.iter().filter_map(|key| self.get(key)) {
            actors.extend(held.finding.access.actor.as_ref());
            accounts.insert(&held.finding.access.account);
        }
        actors.len() > 1 || accounts.len() > 1
    }

    /// Whether a statement that names the actor stands beside this one, which does not: in one of
    /// `scope`, or anywhere if this one is counted only for want of an actor.
    fn is_superseded(&self, finding: &Finding, scope: &Scope) -> bool {
        if finding.access.actor.is_some() {
            return false;
        }
        let keys = self.by_access.get(&finding.access.id).into_iter().flatten();
        keys.filter_map(|key| self.get(key)).any(|held| {
            held.finding.access.actor.is_some()
                && held.finding.access.account == finding.access.account
                && (finding.group == UNKNOWN_ACTOR
                    || scope.holds(&held.finding.group, held.finding.access.at))
        })
    }
}

/// What findings on one access come to: the strictest verdict of each order, every known member.
fn one_access<'a>(findings: &[&'a Finding], disputed: bool) -> Option<Reached<'a>> {
    let first = findings.first()?;
    let mut disputed_members: BTreeSet<String> = findings
        .iter()
        .flat_map(|one| one.disputed.iter().cloned())
        .collect();
    let access = if findings.iter().all(|one| one.access == first.access) {
        Cow::Borrowed(&first.access)
    } else {
        let mut statements = Variants::default();
        for one in findings {
            statements.insert(one.access.clone());
        }
        let merged = statements.merged()?;
        disputed_members.extend(merged.disputed);
        Cow::Owned(merged.record)
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
        groups: findings.iter().map(|one| one.group.as_str()).collect(),
        disputed_members,
        disputed,
        by_order,
        otherwise: strictest,
        rests_on_since: findings.iter().filter_map(|one| one.rests_on_since).min(),
    })
}
