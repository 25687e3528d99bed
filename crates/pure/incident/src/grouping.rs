//! Which groups are one incident: what `join` connects and `part` does not separate.

use facts::{Grouping, Private};
use std::collections::{BTreeMap, BTreeSet};

/// The name of a matter's group.
pub(crate) fn matter_group(matter: &str) -> String {
    format!("matter:{matter}")
}

/// The name of an actor's group.
pub(crate) fn actor_group(actor: &Private) -> String {
    format!("actor:{}", actor.reveal())
}

/// The names of the groups that a `join` or `part` on `matter` speaks of.
pub(crate) fn named(matter: &str, grouping: &Grouping) -> BTreeSet<String> {
    let matters = grouping
        .matters
        .iter()
        .flatten()
        .map(|one| matter_group(one));
    let actors = grouping.actors.iter().flatten().map(actor_group);
    matters
        .chain(actors)
        .chain([matter_group(matter)])
        .collect()
}

/// All joins and parts that stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Web {
    joins: Vec<BTreeSet<String>>,
    /// By group: which joins name it.
    joins_of: BTreeMap<String, Vec<usize>>,
    parts: Vec<BTreeSet<String>>,
    parted: BTreeMap<String, BTreeSet<String>>,
}

impl Web {
    /// Adds a `join` of these groups.
    pub(crate) fn join(&mut self, groups: BTreeSet<String>) {
        for group in &groups {
            self.joins_of
                .entry(group.clone())
                .or_default()
                .push(self.joins.len());
        }
        self.joins.push(groups);
    }

    /// Adds a `part` of these groups, each from each.
    pub(crate) fn part(&mut self, groups: BTreeSet<String>) {
        for group in &groups {
            let others = groups.iter().filter(|one| *one != group).cloned();
            self.parted.entry(group.clone()).or_default().extend(others);
        }
        self.parts.push(groups);
    }

    /// Every group that a join names: it exists by being named.
    pub(crate) fn joined(&self) -> impl Iterator<Item = &String> {
        self.joins_of.keys()
    }

    /// Whether a join names `group`.
    pub(crate) fn is_joined(&self, group: &str) -> bool {
        self.joins_of.contains_key(group)
    }

    /// All groups that are one instance with `group`. Two that a join and a part both name are not
    /// connected by that join; they may be through others.
    pub(crate) fn component(&self, group: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::from([group.to_owned()]);
        let mut open = vec![group.to_owned()];
        let mut spent = BTreeSet::new();
        while let Some(group) = open.pop() {
            let parted = self.parted.get(&group);
            for join in self.joins_of.get(&group).into_iter().flatten() {
                if spent.contains(join) {
                    continue;
                }
                let Some(members) = self.joins.get(*join) else {
                    continue;
                };
                let reaches = |one: &&String| parted.is_none_or(|parted| !parted.contains(*one));
                if members.iter().all(|one| reaches(&one)) {
                    spent.insert(*join);
                }
                for member in members.iter().filter(reaches) {
                    if found.insert(member.clone()) {
                        open.push(member.clone());
                    }
                }
            }
        }
        found
    }

    /// Whether two of `groups`, which are one instance, were parted.
    pub(crate) fn is_parted_within(&self, groups: &BTreeSet<String>) -> bool {
        self.parts
            .iter()
            .any(|part| part.intersection(groups).nth(1).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn parted_but_connected_through_others_stays_one() {
        let mut web = Web::default();
        web.join(set(&["a", "b"]));
        web.part(set(&["a", "b"]));
        assert_eq!(web.component("a"), set(&["a"]));
        assert!(!web.is_parted_within(&web.component("a")));
        web.join(set(&["b", "c"]));
        web.join(set(&["a", "c"]));
        assert_eq!(web.component("a"), set(&["a", "b", "c"]));
        assert!(web.is_parted_within(&web.component("a")));
    }

    #[test]
    fn a_join_of_three_is_three_connections() {
        let mut web = Web::default();
        web.join(set(&["a", "b", "c"]));
        web.part(set(&["a", "b"]));
        for group in ["a", "b", "c"] {
            assert_eq!(web.component(group), set(&["a", "b", "c"]));
        }
        web.part(set(&["a", "c"]));
        assert_eq!(web.component("a"), set(&["a"]));
        assert_eq!(web.component("b"), set(&["b", "c"]));
    }
}
