//! A ledger as it would be without some of the records that accesses and accounts are counted by.

use super::{Basis, Ledger};
use crate::exposures::{Share, shares};
use crate::findings::{Digest, Findings, Held};
use crate::reached::{Reached, one_access, reached};
use facts::{Finding, Moment, Private};
use std::collections::{BTreeMap, BTreeSet};

/// The accesses of an incident, and when they were, by the number of the account.
pub(crate) type ByAccount = BTreeMap<u32, BTreeSet<(Digest, Moment)>>;

/// What accesses are instead of what they are: by access, entries that stand elsewhere.
pub(crate) type Instead<'a> = BTreeMap<Digest, Vec<(u32, &'a Held)>>;

impl Ledger {
    /// Its accesses by account: found among its own, since many others may have reached the same
    /// accounts.
    pub(crate) fn by_account(&self, basis: Basis<'_>) -> ByAccount {
        let mut found = ByAccount::new();
        for (_, held) in basis.findings.within(&self.scope) {
            let here = found.entry(held.account).or_default();
            here.insert((held.access, held.at));
        }
        found
    }

    /// The same by `less`, which knows something else of `accounts` than `basis`, and of no others;
    /// `accesses`: all here.
    pub(crate) fn by_less(
        &self,
        (accounts, accesses): (&BTreeSet<u32>, &ByAccount),
        basis: Basis<'_>,
        less: Basis<'_>,
    ) -> Ledger {
        let mut other = self.clone();
        let here = accounts.iter().filter_map(|one| accesses.get(one));
        let here = here.flatten().map(|(access, _)| *access);
        for access in here.collect::<BTreeSet<Digest>>() {
            other.contribute(access, false, basis);
            other.contribute(access, true, less);
        }
        let is_theirs = |share: &&Share| accounts.contains(&share.account);
        for share in self.shares.iter().filter(is_theirs) {
            other.put(share, false);
        }
        for one in &self.exposed {
            let key = one.exposure.key.as_ref();
            let judged = self.judging.judged(key, &one.groups());
            for (class, share) in shares(one, &judged, Some(accounts), less) {
                let column = other.column(class);
                other.put(&Share { column, ..share }, true);
            }
        }
        other
    }

    /// The same where accesses are what `instead` says of them, by entries of `excused`, and not
    /// what they are: each statement of who reached whose information by itself, so that those of
    /// which nothing else is said stay what they are.
    pub(crate) fn with_instead(
        &self,
        instead: &Instead<'_>,
        excused: &Findings,
        basis: Basis<'_>,
    ) -> Ledger {
        let mut other = self.clone();
        let stands = |access: &Digest| !basis.findings.is_withdrawn(*access);
        for (access, entries) in instead.iter().filter(|(access, _)| stands(access)) {
            other.contribute(*access, false, basis);
            for (_, held) in entries {
                other.findings.step(&held.content, true);
            }
            let entries = entries.iter();
            let findings = entries.filter_map(|(number, held)| excused.finding(*number, held));
            let stands = reached(basis.findings, *access, &self.scope);
            for one in otherwise(stands, findings.collect()) {
                let one = other.own_contribution(&one, basis);
                other.extent.step(one.at, one.until, true);
                other.turn(one, true);
            }
        }
        other
    }

    /// Puts in, or takes out, what `access` contributes, but for when it was.
    fn contribute(&mut self, access: Digest, more: bool, basis: Basis<'_>) {
        let mut others = Vec::new();
        let one = self.contribution(access, basis, &mut others);
        for one in one.into_iter().chain(others) {
            self.turn(one, more);
        }
    }

    /// When the accounts that exposures name are looked at.
    pub(crate) fn exposed_at(&self) -> BTreeSet<Moment> {
        self.exposed.iter().map(|one| one.at()).collect()
    }
}

/// What `stands` of one access, but for those statements of which `findings` say something else.
/// Where several are left they are disputed; what names no actor counts only where nobody is named.
fn otherwise(stands: Vec<Reached>, findings: Vec<Finding>) -> Vec<Reached> {
    type Variant = (Option<Private>, Private);
    let mut instead: BTreeMap<Variant, Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        let of = &finding.access;
        let variant = (of.actor.clone(), of.account.clone());
        instead.entry(variant).or_default().push(finding);
    }
    let mut all: BTreeMap<Variant, Reached> = BTreeMap::new();
    for one in stands {
        let variant = (one.access.actor.clone(), one.access.account.clone());
        all.insert(variant, one);
    }
    for (variant, mut findings) in instead {
        // The order in which they arrived is no part of what they come to.
        findings.sort();
        let disputed = all.get(&variant).is_some_and(|one| one.disputed);
        all.extend(one_access(&findings, disputed).map(|one| (variant, one)));
    }
    let named = all.keys().filter(|(actor, _)| actor.is_some());
    let named: BTreeSet<Private> = named.map(|(_, account)| account.clone()).collect();
    all.retain(|(actor, account), _| actor.is_some() || !named.contains(account));
    let several = all.len() > 1;
    let disputed = |one: Reached| Reached {
        disputed: one.disputed || several,
        ..one
    };
    all.into_values().map(disputed).collect()
}
