//! Which records were taken back: a retraction can be retracted, and may arrive first.

use facts::{BreachEvent, Kleene, Report};
use std::collections::{BTreeMap, BTreeSet};

use crate::readings::Readings;

/// The topic whose records are retracted where a retraction names none.
pub(crate) const BREACH_EVENTS: &str = "breach-events";
/// The topic of the grants.
pub(crate) const GRANTS: &str = "grants";
/// The topic of the accesses.
pub(crate) const ACCESS_EVENTS: &str = "access-events";

/// A record, by its topic and its id.
pub(crate) type Name = (String, String);

/// Who retracts what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Withdrawals {
    /// By the record that is retracted: the retractions, by id, and how surely each names it.
    by_target: BTreeMap<Name, BTreeMap<String, Kleene>>,
    /// By the retraction: what it names.
    by_retraction: BTreeMap<String, BTreeSet<Name>>,
}

impl Withdrawals {
    /// Takes in what is on record under one id of the breach events; gives the records whose
    /// standing may have changed by it.
    pub(crate) fn refresh(&mut self, readings: &Readings<BreachEvent>) -> BTreeSet<Name> {
        let id = &readings.merged.id;
        let mut targets = BTreeSet::new();
        for reading in readings.all() {
            if let Report::Retraction(one) = &reading.report {
                let topic = one.topic.as_deref().unwrap_or(BREACH_EVENTS);
                targets.insert((topic.to_owned(), one.of.clone()));
            }
        }
        let named = |reading: &BreachEvent| matches!(reading.report, Report::Retraction(_));
        let sure = targets.len() == 1 && readings.all().iter().all(named);
        let old = self.by_retraction.remove(id).unwrap_or_default();
        for target in &old {
            if let Some(retractions) = self.by_target.get_mut(target) {
                retractions.remove(id);
            }
        }
        for target in &targets {
            let how = if sure { Kleene::Yes } else { Kleene::Unknown };
            self.by_target
                .entry(target.clone())
                .or_default()
                .insert(id.clone(), how);
        }
        let touched = self.below(old.union(&targets).cloned());
        if !targets.is_empty() {
            self.by_retraction.insert(id.clone(), targets);
        }
        touched
    }

    /// `first` and all that these, being retractions, bear on.
    fn below(&self, first: impl IntoIterator<Item = Name>) -> BTreeSet<Name> {
        let mut found = BTreeSet::new();
        let mut open: Vec<Name> = first.into_iter().collect();
        while let Some(name) = open.pop() {
            if found.contains(&name) {
                continue;
            }
            if name.0 == BREACH_EVENTS
                && let Some(targets) = self.by_retraction.get(&name.1)
            {
                open.extend(targets.iter().cloned());
            }
            found.insert(name);
        }
        found
    }

    /// The retractions that bear on the record, directly or through others, by id.
    pub(crate) fn above(&self, topic: &str, id: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![(topic.to_owned(), id.to_owned())];
        while let Some(name) = open.pop() {
            for id in self
                .by_target
                .get(&name)
                .into_iter()
                .flat_map(BTreeMap::keys)
            {
                if found.insert(id.clone()) {
                    open.push((BREACH_EVENTS.to_owned(), id.clone()));
                }
            }
        }
        found
    }

    /// Whether the record stands: yes where nothing that stands retracts it, unknown where the
    /// retractions contradict each other or themselves.
    ///
    /// The least fixed point in Kleene's order of information: every record begins unknown, and
    /// what a chain settles is settled; what only a ring supports stays unknown.
    pub(crate) fn standing(&self, topic: &str, id: &str) -> Kleene {
        let name = (topic.to_owned(), id.to_owned());
        if self.by_target.get(&name).is_none_or(BTreeMap::is_empty) {
            return Kleene::Yes;
        }
        let mut known: BTreeMap<String, Kleene> = BTreeMap::new();
        let above = self.above(topic, id);
        loop {
            let mut changed = false;
            for retraction in &above {
                let now = self.weigh(&(BREACH_EVENTS.to_owned(), retraction.clone()), &known);
                changed |=
                    now != Kleene::Unknown && known.insert(retraction.clone(), now).is_none();
            }
            if !changed {
                return self.weigh(&name, &known);
            }
        }
    }

    fn weigh(&self, name: &Name, known: &BTreeMap<String, Kleene>) -> Kleene {
        let retractions = self.by_target.get(name).into_iter().flatten();
        !retractions.fold(Kleene::No, |withdrawn, (id, names_it)| {
            let stands = known.get(id).copied().unwrap_or(Kleene::Unknown);
            withdrawn.or(stands.and(*names_it))
        })
    }
}
