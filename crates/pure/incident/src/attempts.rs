//! Accesses that plainly failed: they reached nothing, and are counted.

use crate::fold::Attempt;
use crate::grouping::Scope;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// All attempts, by group and by their keys on the findings topic.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    by_group: BTreeMap<String, BTreeMap<String, Attempt>>,
    group_of: FxHashMap<String, String>,
}

impl Attempts {
    /// Replaces the attempt at `key`; gives the groups that this changes.
    pub(crate) fn put(&mut self, key: String, attempt: Option<Attempt>) -> BTreeSet<String> {
        let held = self.group_of.get(&key);
        let before = held
            .and_then(|group| self.by_group.get(group))
            .and_then(|all| all.get(&key));
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

    /// How many accesses plainly failed in `scope`.
    pub(crate) fn within(&self, scope: &Scope) -> u64 {
        let groups = scope.groups.iter();
        let attempts = groups.filter_map(|group| self.by_group.get(group));
        attempts
            .flat_map(BTreeMap::values)
            .filter(|one| scope.holds(&one.group, one.at))
            .map(|one| &one.access)
            .collect::<BTreeSet<_>>()
            .len() as u64
    }
}
