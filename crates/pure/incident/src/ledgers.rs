//! The ledgers of all incidents, found by the groups of which they hold accesses.

use crate::findings::Digest;
use crate::ledger::{Basis, Ledger};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledgers {
    all: BTreeMap<u64, Ledger>,
    of_group: FxHashMap<String, Vec<u64>>,
    next: u64,
}

impl Ledgers {
    /// Takes back what `access` contributes to incidents that hold some of `groups`.
    pub(crate) fn take_back(
        &mut self,
        access: Digest,
        groups: &BTreeSet<String>,
        basis: Basis<'_>,
    ) {
        for ledger in groups
            .iter()
            .filter_map(|group| self.of_group.get(group))
            .flatten()
        {
            if let Some(ledger) = self.all.get_mut(ledger) {
                ledger.take_back(access, basis);
            }
        }
    }

    /// Says to those that hold some of `groups` that the facts about an account change.
    pub(crate) fn doubt_account(&mut self, account: u32, groups: &BTreeSet<String>) {
        for ledger in groups
            .iter()
            .filter_map(|group| self.of_group.get(group))
            .flatten()
        {
            if let Some(ledger) = self.all.get_mut(ledger) {
                ledger.doubt_account(account);
            }
        }
    }

    /// Takes out every ledger that holds some of `groups`, by its groups.
    pub(crate) fn take(&mut self, groups: &BTreeSet<String>) -> BTreeMap<BTreeSet<String>, Ledger> {
        let of_group = groups.iter().filter_map(|group| self.of_group.get(group));
        let numbers: BTreeSet<u64> = of_group.flatten().copied().collect();
        let mut taken = BTreeMap::new();
        for number in numbers {
            if let Some(ledger) = self.all.remove(&number) {
                for group in ledger.groups() {
                    if let Some(of) = self.of_group.get_mut(group) {
                        of.retain(|one| *one != number);
                        if of.is_empty() {
                            self.of_group.remove(group);
                        }
                    }
                }
                taken.insert(ledger.groups().clone(), ledger);
            }
        }
        taken
    }

    /// Puts one in.
    pub(crate) fn put(&mut self, ledger: Ledger) {
        let number = self.next;
        self.next += 1;
        for group in ledger.groups() {
            self.of_group.entry(group.clone()).or_default().push(number);
        }
        self.all.insert(number, ledger);
    }
}
