//! Accesses that grants excuse which were recorded late: what each would be without them.
//!
//! Kept apart from findings, and as small as those, so that nothing here counts: an incident is
//! made from findings alone, and these stand in what it would be without such a grant.

use crate::findings::{Findings, Held};
use crate::fold::Dirty;
use crate::grouping::Scope;
use facts::{Finding, Private};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// All of them.
#[derive(Debug, Clone)]
pub(crate) struct AllExcused {
    findings: Findings,
    /// By group, for what nobody counts otherwise.
    named: BTreeMap<String, Named>,
}

/// What the entries of a group name, and how many name each.
#[derive(Debug, Clone, Default)]
struct Named {
    grants: BTreeMap<String, u64>,
    accounts: FxHashMap<u32, u64>,
}

impl Default for AllExcused {
    fn default() -> Self {
        AllExcused {
            findings: Findings::by_late_grants(),
            named: BTreeMap::new(),
        }
    }
}

impl AllExcused {
    /// Replaces what stands at `key`; gives the groups that this concerns.
    pub(crate) fn put(&mut self, key: &str, finding: Option<Finding>) -> Dirty {
        let Some(change) = self.findings.change(key, finding) else {
            return Dirty::new();
        };
        let mut dirty = Dirty::new();
        if let Some((number, held)) = self.findings.before(&change) {
            let group = self.findings.group_of_entry(held).to_owned();
            let (late, account) = (self.findings.late_grants(number), held.account);
            self.step(&group, &late, account, false);
            dirty.insert(group);
        }
        if let Some(finding) = change.after() {
            let account = self.findings.account(&finding.access.account);
            self.step(&finding.group, &finding.late_grants, account, true);
            dirty.insert(finding.group.clone());
        }
        self.findings.make(change);
        dirty
    }

    fn step(&mut self, group: &str, late: &[String], account: u32, more: bool) {
        let here = self.named.entry(group.to_owned()).or_default();
        for grant in late {
            let many = here.grants.entry(grant.clone()).or_default();
            if turn(many, more) == 0 {
                here.grants.remove(grant);
            }
        }
        if turn(here.accounts.entry(account).or_default(), more) == 0 {
            here.accounts.remove(&account);
        }
        if here.accounts.is_empty() {
            self.named.remove(group);
        }
    }

    /// What stands here, as findings.
    pub(crate) fn findings(&self) -> &Findings {
        &self.findings
    }

    /// The groups that hold some of an account.
    pub(crate) fn groups_with_account(&self, account: &str) -> BTreeSet<String> {
        let number = self.findings.account_number(&Private::from(account));
        number.map_or_else(BTreeSet::new, |number| {
            self.findings.groups_with_account(number)
        })
    }

    /// Those in `scope`, with their numbers.
    pub(crate) fn within<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = (u32, &'a Held)> {
        self.findings.within(scope)
    }

    /// The first `most` of the late grants of the groups of `scope`, and at least how many more
    /// there are. Says nothing of which accesses they excuse, so it takes no longer for many.
    pub(crate) fn grants_of(&self, scope: &Scope, most: usize) -> (Vec<String>, u64) {
        let groups = scope.groups.iter();
        let here: Vec<&Named> = groups.filter_map(|one| self.named.get(one)).collect();
        let first = here.iter().flat_map(|one| one.grants.keys().take(most));
        let first: BTreeSet<&String> = first.collect();
        let all = here.iter().map(|one| one.grants.len()).max();
        let all = all.unwrap_or_default().max(first.len());
        let first: Vec<String> = first.into_iter().take(most).cloned().collect();
        let more = all.saturating_sub(first.len()) as u64;
        (first, more)
    }

    /// At most how many accounts those in `scope` are of; nothing where that is more than `most`.
    pub(crate) fn accounts_of(&self, scope: &Scope, most: usize) -> Option<u64> {
        let mut all: FxHashSet<u32> = FxHashSet::default();
        for here in scope.groups.iter().filter_map(|one| self.named.get(one)) {
            if here.accounts.len() > most {
                return None;
            }
            all.extend(here.accounts.keys());
        }
        (all.len() <= most).then_some(all.len() as u64)
    }

    /// The groups that hold some.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &String> {
        self.findings.groups()
    }
}

fn turn(many: &mut u64, more: bool) -> u64 {
    *many = match more {
        true => *many + 1,
        false => many.saturating_sub(1),
    };
    *many
}
