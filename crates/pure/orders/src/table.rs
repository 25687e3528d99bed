//! Truth tables: in which ways the leaves of a duty's clauses can be true together. A clause that
//! holds in each of them, or in none, is no clause.

use crate::duty::{Condition, ConditionKind, CountRule, NoticeRule};

/// Of how many different leaves all ways are tried: twice as many for each one more.
const LEAVES_MAX: usize = 8;

/// The ways in which different leaves can be true together, each a bit of a number.
pub(crate) struct Table<'a> {
    leaves: Vec<&'a ConditionKind>,
    ways: Vec<u32>,
}

impl<'a> Table<'a> {
    /// That of the leaves of `conditions`; none where they are too many.
    pub(crate) fn of(conditions: impl Iterator<Item = &'a Condition>) -> Option<Table<'a>> {
        let mut leaves: Vec<&ConditionKind> = Vec::new();
        let mut open: Vec<&Condition> = conditions.collect();
        while let Some(condition) = open.pop() {
            match parts(condition) {
                Some(parts) => open.extend(parts),
                None if leaves.contains(&&condition.kind) => {}
                None => leaves.push(&condition.kind),
            }
        }
        if leaves.len() > LEAVES_MAX {
            return None;
        }
        let mut table = Table {
            leaves,
            ways: Vec::new(),
        };
        let ways = 0..1_u32 << table.leaves.len();
        table.ways = ways.filter(|way| table.is_possible(*way)).collect();
        Some(table)
    }

    /// Whether `is` is so in some way.
    pub(crate) fn any(&self, is: impl Fn(u32) -> bool) -> bool {
        self.ways.iter().any(|way| is(*way))
    }

    /// Whether `condition` holds where the leaves are so.
    pub(crate) fn holds(&self, condition: &Condition, way: u32) -> bool {
        match &condition.kind {
            ConditionKind::All(parts) => parts.iter().all(|part| self.holds(part, way)),
            ConditionKind::Any(parts) => parts.iter().any(|part| self.holds(part, way)),
            ConditionKind::Not(part) => !self.holds(part, way),
            leaf => {
                let place = self.leaves.iter().position(|one| *one == leaf);
                place.is_some_and(|place| is_true(way, place))
            }
        }
    }

    fn is_possible(&self, way: u32) -> bool {
        let is = |place: usize| is_true(way, place);
        self.leaves.iter().enumerate().all(|(here, leaf)| {
            let alone = match leaf {
                ConditionKind::Count(rule) if rule.at_least == 0 => is(here),
                ConditionKind::Noncompliance(sections) if sections.is_empty() => !is(here),
                _ => true,
            };
            let mut others = self.leaves.iter().enumerate();
            let fit = others.all(|(there, other)| {
                here == there
                    || !is(here)
                    || (is(there) || !implies(leaf, other)) && (!is(there) || !bars(leaf, other))
            });
            alone && fit
        })
    }
}

fn is_true(way: u32, place: usize) -> bool {
    way >> place & 1 == 1
}

/// The parts of a condition; none of a leaf.
pub(crate) fn parts(condition: &Condition) -> Option<&[Condition]> {
    match &condition.kind {
        ConditionKind::All(parts) | ConditionKind::Any(parts) => Some(parts),
        ConditionKind::Not(part) => Some(std::slice::from_ref(part)),
        _ => None,
    }
}

/// Whether `one` cannot hold without `other`.
pub(crate) fn implies(one: &ConditionKind, other: &ConditionKind) -> bool {
    match (one, other) {
        // So many are more than fewer.
        (ConditionKind::Count(one), ConditionKind::Count(other)) => {
            let same = CountRule {
                at_least: one.at_least,
                ..other.clone()
            };
            *one == same && one.at_least >= other.at_least
        }
        // A notice that was required is a notice, and one of some of these is one of these.
        (ConditionKind::GovernmentNotice(one), ConditionKind::GovernmentNotice(other)) => {
            let same = NoticeRule {
                required: one.required,
                by: one.by.clone(),
                ..other.clone()
            };
            let of_these = one.by.iter().all(|by| other.by.contains(by));
            *one == same && of_these && (one.required || !other.required)
        }
        (ConditionKind::Noncompliance(one), ConditionKind::Noncompliance(other)) => {
            one.iter().all(|section| other.contains(section))
        }
        _ => false,
    }
}

/// Whether both cannot hold: a duty has one text at a time.
pub(crate) fn bars(one: &ConditionKind, other: &ConditionKind) -> bool {
    match (one, other) {
        (ConditionKind::UnderText(one), ConditionKind::UnderText(other)) => one != other,
        _ => false,
    }
}
