//! What a duty takes over from others of its order. That is looked at in the file where it stands,
//! so that whoever mends it is sent there.

use crate::duty::{Condition, Duty, InForce, Item, TextWindow};
use crate::lint::cited;
use crate::model::Order;
use crate::population::Population;
use crate::raw_condition::of_duty;
use crate::table::parts;
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
pub(crate) struct Taken<'a> {
    others: Vec<&'a Duty>,
    clauses: BTreeSet<(&'a str, &'a str)>,
    /// The triggers as they stand in the duties that take them over.
    triggers: Vec<Condition>,
}

impl<'a> Taken<'a> {
    /// What `duty` takes over.
    pub(crate) fn of(order: &'a Order, duty: &Duty) -> Taken<'a> {
        let named = duty.takes_from.iter();
        let others: Vec<&Duty> = named.filter_map(|name| order.duty(name)).collect();
        let mut clauses = BTreeSet::new();
        for other in &others {
            let own = cited(other).into_iter();
            clauses.extend(own.map(|(_, text, cite)| (text.as_str(), cite.as_str())));
        }
        let mut triggers = Vec::new();
        for other in &others {
            triggers.push(of_duty(
                other,
                &other.text,
                &other.cite,
                &mut BTreeMap::new(),
            ));
        }
        Taken {
            others,
            clauses,
            triggers,
        }
    }

    /// Whether this clause stands in another file.
    pub(crate) fn has(&self, text: &str, cite: &str) -> bool {
        self.clauses.contains(&(text, cite))
    }

    /// Whether this condition does, with all that it asks for: what bears the words of another one
    /// and asks for something else is this file's own.
    pub(crate) fn holds(&self, condition: &Condition) -> bool {
        let mut open: Vec<&Condition> = self.triggers.iter().collect();
        while let Some(one) = open.pop() {
            if one == condition {
                return true;
            }
            open.extend(parts(one).unwrap_or_default());
        }
        false
    }

    /// Whether this definition does.
    pub(crate) fn defines(&self, population: &Population) -> bool {
        let of = |other: &&Duty| other.populations.values().any(|one| one == population);
        self.others.iter().any(of)
    }

    /// Whether all of these items do.
    pub(crate) fn items(&self, items: &[Item]) -> bool {
        let of = |other: &&Duty| items.iter().all(|item| other.items.contains(item));
        !items.is_empty() && self.others.iter().any(of)
    }

    /// Whether the time of force does.
    pub(crate) fn in_force(&self, rule: &InForce) -> bool {
        self.others.iter().any(|other| other.in_force == *rule)
    }

    /// Whether the texts do.
    pub(crate) fn texts(&self, texts: &[TextWindow]) -> bool {
        self.others.iter().any(|other| other.texts == texts)
    }
}
