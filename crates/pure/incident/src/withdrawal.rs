//! Which records were taken back: a retraction can be retracted, a revocation revoked, and either
//! may arrive before what it speaks of.

use facts::Kleene;
use std::collections::{BTreeMap, BTreeSet};

/// The topic of responders' reports: what a retraction without a topic speaks of.
pub(crate) const BREACH_EVENTS: &str = "breach-events";
/// The topic of accesses.
pub(crate) const ACCESS_EVENTS: &str = "access-events";
/// The topic of accounts.
pub(crate) const ACCOUNTS: &str = "accounts";
/// The topic of people's decisions.
pub(crate) const DECISIONS: &str = "decisions";

/// A record, by its topic and its id.
pub(crate) type Name = (String, String);

/// The name of the record `id` on `topic`.
pub(crate) fn name(topic: &str, id: &str) -> Name {
    (topic.to_owned(), id.to_owned())
}

/// Who takes back what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Withdrawals {
    /// By the record that is taken back: by whom, and how surely each names it.
    by_target: BTreeMap<Name, BTreeMap<Name, Kleene>>,
    /// By the record that takes back: what it names.
    by_source: BTreeMap<Name, BTreeSet<Name>>,
}

impl Withdrawals {
    /// Says that `source` takes back `targets` (several only where its statements contradict each
    /// other: then `sure` is false) and nothing else. Gives every record whose standing may have
    /// changed.
    pub(crate) fn set(
        &mut self,
        source: Name,
        targets: BTreeSet<Name>,
        sure: bool,
    ) -> BTreeSet<Name> {
        let old = self.by_source.remove(&source).unwrap_or_default();
        for target in &old {
            if let Some(sources) = self.by_target.get_mut(target) {
                sources.remove(&source);
            }
        }
        for target in &targets {
            let how = if sure { Kleene::Yes } else { Kleene::Unknown };
            self.by_target
                .entry(target.clone())
                .or_default()
                .insert(source.clone(), how);
        }
        let touched = self.below(old.union(&targets).cloned());
        if !targets.is_empty() {
            self.by_source.insert(source, targets);
        }
        touched
    }

    /// `first`, and all that these bear on by taking something back.
    fn below(&self, first: impl IntoIterator<Item = Name>) -> BTreeSet<Name> {
        let mut found = BTreeSet::new();
        let mut open: Vec<Name> = first.into_iter().collect();
        while let Some(name) = open.pop() {
            if let Some(targets) = self.by_source.get(&name)
                && !found.contains(&name)
            {
                open.extend(targets.iter().cloned());
            }
            found.insert(name);
        }
        found
    }

    /// Whether the record stands: yes where nothing that stands takes it back, unknown where that
    /// contradicts itself, as in a ring of retractions.
    ///
    /// The least fixed point in Kleene's order of information: every record begins unknown, and
    /// what a chain settles is settled.
    pub(crate) fn standing(&self, topic: &str, id: &str) -> Kleene {
        let name = name(topic, id);
        if self.by_target.get(&name).is_none_or(BTreeMap::is_empty) {
            return Kleene::Yes;
        }
        let above = self.above(&name);
        let mut known: BTreeMap<&Name, Kleene> = BTreeMap::new();
        loop {
            let mut changed = false;
            for source in &above {
                let now = self.weigh(source, &known);
                changed |= now != Kleene::Unknown && known.insert(source, now).is_none();
            }
            if !changed {
                return self.weigh(&name, &known);
            }
        }
    }

    /// Whether the record was surely taken back.
    pub(crate) fn withdrew(&self, topic: &str, id: &str) -> bool {
        self.standing(topic, id) == Kleene::No
    }

    /// All that bears on `name` by taking something back, directly or through others.
    pub(crate) fn above(&self, name: &Name) -> BTreeSet<Name> {
        let mut found = BTreeSet::new();
        let mut open = vec![name.clone()];
        while let Some(name) = open.pop() {
            for source in self
                .by_target
                .get(&name)
                .into_iter()
                .flat_map(BTreeMap::keys)
            {
                if found.insert(source.clone()) {
                    open.push(source.clone());
                }
            }
        }
        found
    }

    fn weigh(&self, name: &Name, known: &BTreeMap<&Name, Kleene>) -> Kleene {
        let sources = self.by_target.get(name).into_iter().flatten();
        !sources.fold(Kleene::No, |withdrawn, (source, names_it)| {
            let stands = known.get(source).copied().unwrap_or(Kleene::Unknown);
            withdrawn.or(stands.and(*names_it))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retract(all: &mut Withdrawals, id: &str, of: &str) {
        all.set(
            name(BREACH_EVENTS, id),
            BTreeSet::from([name(BREACH_EVENTS, of)]),
            true,
        );
    }

    #[test]
    fn a_retraction_can_be_retracted_and_may_come_first() {
        let mut all = Withdrawals::default();
        retract(&mut all, "r2", "r1");
        assert_eq!(all.standing(BREACH_EVENTS, "b"), Kleene::Yes);
        retract(&mut all, "r1", "b");
        assert_eq!(all.standing(BREACH_EVENTS, "b"), Kleene::Yes);
        retract(&mut all, "r3", "r2");
        assert_eq!(all.standing(BREACH_EVENTS, "b"), Kleene::No);
        assert_eq!(all.standing(BREACH_EVENTS, "r1"), Kleene::Yes);
    }

    #[test]
    fn a_ring_settles_nothing() {
        let mut all = Withdrawals::default();
        retract(&mut all, "r1", "r2");
        retract(&mut all, "r2", "r1");
        retract(&mut all, "r1b", "b");
        assert_eq!(all.standing(BREACH_EVENTS, "r1"), Kleene::Unknown);
        assert_eq!(all.standing(BREACH_EVENTS, "b"), Kleene::No);
        retract(&mut all, "self", "self");
        assert_eq!(all.standing(BREACH_EVENTS, "self"), Kleene::Unknown);
    }
}
