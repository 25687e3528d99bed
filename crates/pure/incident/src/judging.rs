//! What reports say of the accesses of an incident, and the class that each access has by them.

use crate::classes::{access_reaches, acts_of, acts_unknown};
use crate::grouping::matter_group;
use crate::reached::Reached;
use crate::reports::Entry;
use crate::voices::{Stance, Voices};
use crate::{Class, Incident, Reported};
use access::Pattern;
use facts::{Access, CircumstanceName, Key, Kleene, Matching, Private, Report};
use std::collections::{BTreeMap, BTreeSet};

/// A report that may speak of an access: which, whose matters, what, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stated<T> {
    id: String,
    matters: BTreeSet<String>,
    stance: Option<Stance>,
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
    /// The matters, where there are several and something is stated of one as a whole.
    matters: Vec<String>,
}

/// What reports say of something that was reached, beside what it says itself.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// See [`Class::key_taken`].
    pub(crate) key_taken: Kleene,
    /// See [`Class::matters`].
    pub(crate) matters: BTreeSet<String>,
    /// See [`Class::disputed_by`].
    pub(crate) disputed_by: BTreeSet<String>,
}

impl Judging {
    /// What `reports` say, which stand, in an incident of `matters`.
    pub(crate) fn new(reports: &[&Entry], matters: &[String]) -> Judging {
        let mut judging = Judging::default();
        for entry in reports {
            match entry.report() {
                Some(Report::Key(one)) => {
                    judging.add_key(&entry.reported, one, entry.matters.clone());
                }
                Some(Report::Circumstance(one)) => judging.add_circumstance(entry, one, matters),
                _ => {}
            }
        }
        judging
    }

    fn add_key(&mut self, reported: &Reported, one: &Key, matters: BTreeSet<String>) {
        self.keys.push(Stated {
            id: reported.record.id.clone(),
            matters,
            stance: Stance::of(reported),
            of: one.keys.iter().flatten().cloned().collect(),
        });
    }

    fn add_circumstance(&mut self, entry: &Entry, one: &facts::Circumstance, matters: &[String]) {
        let sure = entry.reported.disputed.is_empty();
        let stated = entry
            .statements
            .iter()
            .filter_map(|event| match &event.report {
                Report::Circumstance(one) => Some(&one.matching),
                _ => None,
            });
        let (of_all, mut of): (Vec<_>, BTreeSet<Matching>) = {
            let (of_all, of): (Vec<_>, Vec<_>) = stated.partition(|one| one.is_unrestricted());
            (of_all, of.into_iter().cloned().collect())
        };
        if !of_all.is_empty() && matters.len() > 1 {
            self.matters = matters.to_vec();
        }
        if of.is_empty() {
            return;
        }
        if sure {
            of = BTreeSet::from([one.matching.clone()]);
        }
        let patterns = of.iter().map(Pattern::new).collect();
        self.circumstances.push(Circumstance {
            name: one.name,
            stated: Stated {
                id: entry.reported.record.id.clone(),
                matters: entry.matters.clone(),
                stance: Stance::of(&entry.reported),
                of,
            },
            patterns,
        });
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
        let mut judged = self.judged(access.key.as_ref(), &reached.groups);
        let circumstances = self.circumstances_of(access, &reached.groups);
        let contested = circumstances.values().flat_map(Voices::disputing);
        judged.disputed_by.extend(contested);
        let circumstances = circumstances.into_iter();
        Class {
            information: (!disputed("information")).then_some(access.information),
            acts,
            reached: reaches,
            encrypted: access.encrypted.into(),
            key_taken: judged.key_taken,
            visibility: access.visibility,
            residential,
            residence: residence.map(str::to_owned),
            disputed: reached.disputed,
            by_order: reached.by_order.clone(),
            otherwise: reached.otherwise,
            circumstances: circumstances
                .map(|(name, voices)| (name, voices.value()))
                .collect(),
            matters: judged.matters,
            disputed_by: judged.disputed_by,
        }
    }

    /// What is said of something in `groups` that was reached, with `key` where that is stated.
    pub(crate) fn judged(&self, key: Option<&Private>, groups: &BTreeSet<String>) -> Judged {
        let (key_taken, disputed_by) = self.key_taken(key, groups);
        let matters = self.matters.iter();
        let matters = matters.filter(|one| concerns(&BTreeSet::from([(*one).clone()]), groups));
        Judged {
            key_taken,
            matters: matters.cloned().collect(),
            disputed_by,
        }
    }

    /// Whether the key was taken: what reports of the matters say that speak of this key, or of
    /// all; unknown where they contradict each other, and by which.
    fn key_taken(
        &self,
        key: Option<&Private>,
        groups: &BTreeSet<String>,
    ) -> (Kleene, BTreeSet<String>) {
        let (mut voices, mut others) = (Voices::default(), Voices::default());
        // With an unknown key, a report about some keys may speak of it.
        let mut about_another = false;
        let here = |one: &&Stated<Private>| concerns(&one.matters, groups);
        for stated in self.keys.iter().filter(here) {
            if stated.of.is_empty() || key.is_some_and(|key| stated.of.contains(key)) {
                voices.hear(&stated.id, stated.stance);
            } else if key.is_none() && stated.stance != Some(Stance::No) {
                others.hear(&stated.id, stated.stance);
                about_another = true;
            }
        }
        match voices.value() {
            Kleene::No if about_another => {
                others.join(&voices);
                (Kleene::Unknown, others.disputing())
            }
            value => (value, voices.disputing()),
        }
    }

    fn circumstances_of(
        &self,
        access: &Access,
        groups: &BTreeSet<String>,
    ) -> BTreeMap<CircumstanceName, Voices<'_>> {
        let mut found: BTreeMap<CircumstanceName, Voices<'_>> = BTreeMap::new();
        for one in &self.circumstances {
            let matches = || one.patterns.iter().any(|one| one.matches(&access.view()));
            if concerns(&one.stated.matters, groups) && matches() {
                let voices = found.entry(one.name).or_default();
                voices.hear(&one.stated.id, one.stated.stance);
            }
        }
        found
    }
}

/// What `key` reports say of the key of something in `incident` of which nobody says which key it
/// was, nor whose matter: what they say of each matter. And which contradict each other.
pub fn key_taken(incident: &Incident) -> (Kleene, BTreeSet<String>) {
    let mut judging = Judging::default();
    for reported in &incident.reports {
        if let Report::Key(one) = &reported.record.report {
            let matters = BTreeSet::from([reported.record.matter.clone()]);
            judging.add_key(reported, one, matters);
        }
    }
    let (mut values, mut disputed_by) = (BTreeSet::new(), BTreeSet::new());
    for matter in &incident.matters {
        let groups = BTreeSet::from([matter_group(matter)]);
        let (value, disputing) = judging.key_taken(None, &groups);
        values.insert(value);
        disputed_by.extend(disputing);
    }
    let agreed = values.pop_first().filter(|_| values.is_empty());
    (agreed.unwrap_or_default(), disputed_by)
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
