//! People's answers and readings, found by what they are about.

use facts::{Act, Decision, Variants};
use std::collections::{BTreeMap, BTreeSet};

/// All decisions that a fold of incidents uses: answers, readings and revocations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decisions {
    by_id: BTreeMap<String, Variants<Decision>>,
    /// Ids of answers by what some statement of them is about.
    answers: BTreeMap<String, BTreeSet<String>>,
    readings: BTreeSet<String>,
}

/// What a new decision bears on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bears {
    /// The incident of this id, or one that holds it now.
    On(String),
    /// Every incident.
    Everything,
}

impl Decisions {
    /// Adds a statement; gives what all statements of its id bear on, nothing if it was known or
    /// incidents do not rest on it.
    pub(crate) fn insert(&mut self, decision: Decision) -> Vec<Bears> {
        let bears = match &decision.act {
            Act::Answer(_) => Bears::On(decision.about.clone()),
            Act::Reading(_) => Bears::Everything,
            _ => return Vec::new(),
        };
        let id = decision.id.clone();
        if !self.by_id.entry(id.clone()).or_default().insert(decision) {
            return Vec::new();
        }
        match bears {
            Bears::On(about) => self.answers.entry(about).or_default().insert(id.clone()),
            Bears::Everything => self.readings.insert(id.clone()),
        };
        self.bearing(&id)
    }

    /// What the decision `id` bears on.
    pub(crate) fn bearing(&self, id: &str) -> Vec<Bears> {
        let statements = self.by_id.get(id).into_iter().flat_map(Variants::iter);
        let bearing = statements.map(|one| match &one.act {
            Act::Reading(_) => Bears::Everything,
            _ => Bears::On(one.about.clone()),
        });
        bearing.collect()
    }

    /// Whether an answer is about something other than `ids`.
    pub(crate) fn has_answers_beyond(&self, ids: &BTreeSet<String>) -> bool {
        self.answers.keys().any(|about| !ids.contains(about))
    }

    /// Answers about any of `ids` and all readings that `stands` lets stand, by id. One that
    /// contradicts itself comes with each of its statements.
    pub(crate) fn about(
        &self,
        ids: &BTreeSet<String>,
        stands: &dyn Fn(&str) -> bool,
    ) -> Vec<Decision> {
        let answers = ids.iter().filter_map(|id| self.answers.get(id)).flatten();
        let found: BTreeSet<&String> = answers.chain(&self.readings).collect();
        let mut decisions = Vec::new();
        for id in found.into_iter().filter(|id| stands(id)) {
            let Some(statements) = self.by_id.get(id) else {
                continue;
            };
            match statements.merged() {
                Some(merged) if merged.disputed.is_empty() => decisions.push(merged.record),
                _ => decisions.extend(statements.iter().cloned()),
            }
        }
        decisions
    }
}
