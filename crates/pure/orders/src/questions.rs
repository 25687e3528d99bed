//! The questions for counsel that the parts of a duty raise.

use crate::duty::{Condition, ConditionKind, Duty};
use crate::population::Population;
use std::collections::BTreeSet;

impl Duty {
    /// Ids of the questions that its clauses raise.
    pub(crate) fn raised(&self) -> BTreeSet<&str> {
        let mut ids = BTreeSet::new();
        let conditions = std::iter::once(&self.when).chain(&self.unless);
        conditions.for_each(|condition| of_condition(condition, &mut ids));
        for population in self.populations.values() {
            of_population(population, &mut ids);
        }
        ids.extend(self.clocks.iter().flat_map(|clock| clock.raised()));
        ids.extend(self.in_force.question.as_deref());
        ids.extend(self.in_force.unsure_question.as_deref());
        ids.extend(self.text_question.as_deref());
        ids
    }

    /// Adds to `reserved` what the duty raises because it takes over the trigger of another one, so
    /// that its own file lists its own questions only.
    pub(crate) fn reserve_what_it_takes_over(&mut self) {
        let mut taken = BTreeSet::new();
        for (name, population) in &self.populations {
            if name.contains('/') {
                of_population(population, &mut taken);
            }
        }
        let mut open: Vec<&Condition> = std::iter::once(&self.when).chain(&self.unless).collect();
        while let Some(condition) = open.pop() {
            match &condition.kind {
                ConditionKind::All(parts) | ConditionKind::Any(parts) => open.extend(parts),
                ConditionKind::Not(part) => open.push(part),
                ConditionKind::Count(rule) if rule.population.contains('/') => {
                    of_condition(condition, &mut taken);
                }
                ConditionKind::GovernmentNotice(rule) if self.of.is_some() => {
                    taken.extend(rule.reversal_question.as_deref());
                }
                _ => {}
            }
        }
        if self.of.is_some() {
            taken.extend(self.in_force.question.as_deref());
            taken.extend(self.in_force.unsure_question.as_deref());
        }
        let taken: Vec<String> = taken.into_iter().map(str::to_owned).collect();
        self.reserved.extend(taken);
        self.reserved.sort();
        self.reserved.dedup();
    }
}

fn of_condition<'a>(condition: &'a Condition, ids: &mut BTreeSet<&'a str>) {
    match &condition.kind {
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            parts.iter().for_each(|part| of_condition(part, ids));
        }
        ConditionKind::Not(part) => of_condition(part, ids),
        ConditionKind::GovernmentNotice(rule) => ids.extend(rule.reversal_question.as_deref()),
        ConditionKind::Count(rule) => {
            ids.extend(rule.aggregation_question.as_deref());
            ids.extend(rule.unit_question.as_ref().map(|unit| unit.id.as_str()));
        }
        _ => {}
    }
}

fn of_population<'a>(population: &'a Population, ids: &mut BTreeSet<&'a str>) {
    ids.extend(population.authority.insider_question.as_deref());
    let residential = population.residential.as_ref();
    ids.extend(residential.and_then(|one| one.question.as_deref()));
    let visibility = population.visibility.as_ref();
    ids.extend(visibility.and_then(|one| one.question.as_deref()));
    let encryption = population.encryption.as_ref();
    ids.extend(encryption.and_then(|one| one.question.as_deref()));
}
