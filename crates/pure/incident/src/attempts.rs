//! Accesses that plainly failed: they reached nothing, and are counted.

use crate::fold::Attempt;
use crate::grouping::Scope;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// All attempts, by group and by their keys on the findings topic.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    by_group: BTreeMap<String, Group>,
    group_of: FxHashMap<String, String>,
}

/// The attempts of one group.
#[derive(Debug, Clone, Default)]
struct Group {
    by_key: FxHashMap<String, Attempt>,
    /// How many of them are about each access: its keys are what is counted.
    accesses: FxHashMap<String, usize>,
}

impl Group {
    fn insert(&mut self, key: String, attempt: Attempt) {
        *self.accesses.entry(attempt.access.clone()).or_default() += 1;
        self.by_key.insert(key, attempt);
    }

    fn remove(&mut self, key: &str) {
        let Some(attempt) = self.by_key.remove(key) else {
            return;
        };
        if let Some(about) = self.accesses.get_mut(&attempt.access) {
            *about -= 1;
            if *about == 0 {
                self.accesses.remove(&attempt.access);
            }
        }
    }
}

impl Attempts {
    /// Replaces the attempt at `key`; gives the groups that this changes.
    pub(crate) fn put(&mut self, key: String, attempt: Option<Attempt>) -> BTreeSet<String> {
        let held = self.group_of.get(&key);
        let before = held
            .and_then(|group| self.by_group.get(group))
            .and_then(|group| group.by_key.get(&key));
        if before == attempt.as_ref() {
            return BTreeSet::new();
        }
        let mut dirty = BTreeSet::new();
        if let Some(group) = self.group_of.remove(&key) {
            if let Some(here) = self.by_group.get_mut(&group) {
                here.remove(&key);
            }
            dirty.insert(group);
        }
        if let Some(attempt) = attempt {
            let group = attempt.group.clone();
            self.group_of.insert(key.clone(), group.clone());
            dirty.insert(group.clone());
            self.by_group.entry(group).or_default().insert(key, attempt);
        }
        dirty
    }

    /// How many accesses plainly failed in `scope`. One whole group, the ordinary case, has its
    /// number at hand: tens of thousands of attempts are not gone through at every batch.
    pub(crate) fn within(&self, scope: &Scope) -> u64 {
        let named = scope.groups.iter();
        let groups: Vec<&Group> = named.filter_map(|name| self.by_group.get(name)).collect();
        if let [group] = groups.as_slice()
            && scope.times.is_empty()
        {
            return group.accesses.len() as u64;
        }
        let attempts = groups.iter().flat_map(|group| group.by_key.values());
        attempts
            .filter(|one| scope.holds(&one.group, one.at))
            .map(|one| one.access.as_str())
            .collect::<FxHashSet<_>>()
            .len() as u64
    }
}
