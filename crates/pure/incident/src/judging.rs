//! What reports say of the accesses of an incident, and the class that each access has by them.

use crate::Class;
use crate::classes::{access_reaches, acts_of, acts_unknown};
use crate::reached::Reached;
use crate::reports::Entry;
use access::Pattern;
use facts::{Access, CircumstanceName, Kleene, Known, Matching, Private, Report, YesNo};
use std::collections::{BTreeMap, BTreeSet};

/// A report that may speak of an access: whose matters, what, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stated<T> {
    matters: BTreeSet<String>,
    value: Option<YesNo>,
    of: BTreeSet<T>,
}

/// A `circumstance` of some accesses; matching any statement is enough.
#[derive(Debug, Clone)]
struct Circumstance {
    name: CircumstanceName,
    stated: Stated<Matching>,
    patterns: Vec<Pattern>,
}

impl PartialEq for Circumstance {
    fn eq(&self, other: &Circumstance) -> bool {
        // Patterns are made from what is stated.
        (self.name, &self.stated) == (other.name, &other.stated)
    }
}

/// What is reported that decides the class of an access. Two that are equal judge alike.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Judging {
    /// `key` reports, with the keys that they speak of (empty: all).
    keys: Vec<Stated<Private>>,
    /// `circumstance` reports that speak of accesses in particular.
    circumstances: Vec<Circumstance>,
}

impl Judging {
    /// What `reports` say, which stand.
    pub(crate) fn new(reports: &[&Entry]) -> Judging {
        let mut judging = Judging::default();
        for entry in reports {
            let matters = entry.matters.clone();
            match entry.report() {
                Some(Report::Key(one)) => {
                    let disputed = entry.reported.is_disputed("report.keys");
                    let value = one.taken.filter(|_| !disputed);
                    let of = one.keys.iter().flatten().cloned().collect();
                    judging.keys.push(Stated { matters, value, of });
                }
                Some(Report::Circumstance(one)) => {
                    let sure = entry.reported.disputed.is_empty();
                    let statements = entry.statements.iter();
                    let stated = statements.filter_map(|event| match &event.report {
                        Report::Circumstance(one) => Some(&one.matching),
                        _ => None,
                    });
                    let mut of: BTreeSet<Matching> = stated
                        .filter(|matching| !matching.is_unrestricted())
                        .cloned()
                        .collect();
                    if of.is_empty() {
                        continue;
                    }
                    if sure {
                        of = BTreeSet::from([one.matching.clone()]);
                    }
                    let patterns = of.iter().map(Pattern::new).collect();
                    let value = one.value;
                    judging.circumstances.push(Circumstance {
                        name: one.name,
                        stated: Stated { matters, value, of },
                        patterns,
                    });
                }
                _ => {}
            }
        }
        judging
    }

    /// Whether the class of an access depends on nothing but what it shares with others.
    pub(crate) fn is_general(&self) -> bool {
        self.circumstances.is_empty()
    }

    /// The class of an access of an account, given what is known of the account.
    pub(crate) fn class_of(
        &self,
        reached: &Reached,
        residence: Option<&str>,
        residential: Kleene,
    ) -> Class {
        let access = &reached.access;
        let disputed = |member: &str| reached.disputed_members.contains(member);
        let known = !disputed("information") && !disputed("action");
        let (acts, reaches) = if known {
            (acts_of(access), access_reaches(access))
        } else {
            (acts_unknown(), Kleene::Unknown)
        };
        Class {
            information: (!disputed("information")).then_some(access.information),
            acts,
            reached: reaches,
            encrypted: access.encrypted.into(),
            key_taken: self.key_taken(access.key.as_ref(), &reached.groups),
            visibility: access.visibility,
            residential,
            residence: residence.map(str::to_owned),
            disputed: reached.disputed,
            by_order: reached.by_order.clone(),
            otherwise: reached.otherwise,
            circumstances: self.circumstances_of(access, &reached.groups),
        }
    }

    /// Whether the key was taken: what reports of the matters say that speak of this key, or of
    /// all; unknown where they contradict each other.
    pub(crate) fn key_taken(&self, key: Option<&Private>, groups: &BTreeSet<String>) -> Kleene {
        let mut about_all = Vec::new();
        let mut about_this = Vec::new();
        let mut about_another = false;
        for stated in self
            .keys
            .iter()
            .filter(|stated| concerns(&stated.matters, groups))
        {
            if stated.of.is_empty() {
                about_all.push(stated.value);
            } else if let Some(key) = key {
                if stated.of.contains(key) {
                    about_this.push(stated.value);
                }
            } else {
                // With an unknown key, a report about some keys may speak of it.
                about_another |= stated.value != Some(YesNo::No);
            }
        }
        let all = about_all.into_iter().chain(about_this);
        match Known::from_statements(all) {
            Known::Known(YesNo::No) if about_another => Kleene::Unknown,
            Known::Known(value) => Kleene::from(Some(value)),
            _ => Kleene::Unknown,
        }
    }

    fn circumstances_of(
        &self,
        access: &Access,
        groups: &BTreeSet<String>,
    ) -> BTreeMap<CircumstanceName, Kleene> {
        let mut found: BTreeMap<CircumstanceName, Vec<Option<YesNo>>> = BTreeMap::new();
        for one in &self.circumstances {
            let matches = || one.patterns.iter().any(|one| one.matches(&access.view()));
            if concerns(&one.stated.matters, groups) && matches() {
                found.entry(one.name).or_default().push(one.stated.value);
            }
        }
        let settle = |values| match Known::from_statements(values) {
            Known::Known(value) => Kleene::from(Some(value)),
            _ => Kleene::Unknown,
        };
        found
            .into_iter()
            .map(|(name, values)| (name, settle(values)))
            .collect()
    }
}

/// Whether a report on `matters` speaks of an access in `groups`: of those of its own matter, and
/// of those that belong to no matter but to this incident by a join.
fn concerns(matters: &BTreeSet<String>, groups: &BTreeSet<String>) -> bool {
    let mut of_matters = groups
        .iter()
        .filter_map(|group| group.strip_prefix("matter:"))
        .peekable();
    of_matters.peek().is_none() || of_matters.any(|matter| matters.contains(matter))
}
