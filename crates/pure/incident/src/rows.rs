//! Rows: accesses by class with their members, and exposures as responders state them.

use crate::classes::{access_reaches, acts_of, acts_unknown, class_of_exposure};
use crate::findings::Reached;
use crate::people::{Holding, People};
use crate::reports::Entry;
use crate::{Class, Members, Row};
use access::Pattern;
use facts::{
    Access, CircumstanceName, Exposure, Interval, Kleene, Known, Matching, Moment, Private, Report,
    YesNo,
};
use std::collections::{BTreeMap, BTreeSet};

/// A report that may speak of an access.
struct Stated<'a, T> {
    matters: &'a BTreeSet<String>,
    value: Option<YesNo>,
    of: T,
}

/// Makes rows of what one incident rests on.
pub(crate) struct Rows<'a> {
    people: &'a People,
    stands: &'a dyn Fn(&str) -> bool,
    /// `key` reports, with the keys that they speak of (empty: all).
    keys: Vec<Stated<'a, BTreeSet<&'a Private>>>,
    /// `circumstance` reports that speak of accesses in particular; matching any is enough.
    circumstances: Vec<(CircumstanceName, Stated<'a, Vec<Pattern>>)>,
    named: BTreeMap<Class, Named>,
    counted: Vec<Row>,
}

#[derive(Default)]
struct Named {
    accounts: BTreeSet<Private>,
    consumers: BTreeSet<Private>,
    accounts_without_consumers: BTreeSet<Private>,
    resources: BTreeSet<Private>,
    without_resource: u64,
    devices: BTreeSet<Private>,
    without_device: u64,
}

impl<'a> Rows<'a> {
    /// No rows yet. `reports` are those that stand; `stands` says which account records do.
    pub(crate) fn new(
        people: &'a People,
        stands: &'a dyn Fn(&str) -> bool,
        reports: &[&'a Entry],
    ) -> Rows<'a> {
        let mut rows = Rows {
            people,
            stands,
            keys: Vec::new(),
            circumstances: Vec::new(),
            named: BTreeMap::new(),
            counted: Vec::new(),
        };
        for entry in reports {
            let matters = &entry.matters;
            match entry.report() {
                Some(Report::Key(one)) => {
                    let disputed = entry.reported.is_disputed("report.keys");
                    let value = one.taken.filter(|_| !disputed);
                    let of = one.keys.iter().flatten().collect();
                    rows.keys.push(Stated { matters, value, of });
                }
                Some(Report::Circumstance(one)) => {
                    let of: Vec<&Matching> = entry
                        .statements
                        .iter()
                        .filter_map(|event| match &event.report {
                            Report::Circumstance(one) => Some(&one.matching),
                            _ => None,
                        })
                        .filter(|matching| !matching.is_unrestricted())
                        .collect();
                    if !of.is_empty() {
                        let of = if entry.reported.disputed.is_empty() {
                            vec![&one.matching]
                        } else {
                            of
                        };
                        let of = of.into_iter().map(Pattern::new).collect();
                        let stated = Stated {
                            matters,
                            value: one.value,
                            of,
                        };
                        rows.circumstances.push((one.name, stated));
                    }
                }
                _ => {}
            }
        }
        rows
    }

    /// Adds one access.
    pub(crate) fn add_access(&mut self, reached: &Reached<'_>) {
        let access = reached.access.as_ref();
        let holding = self.people.at(&access.account, access.at, self.stands);
        let class = self.class_of(reached, &holding);
        let row = self.named.entry(class).or_default();
        row.add_account(&access.account, &holding);
        match &access.resource {
            Some(resource) => _ = row.resources.insert(resource.clone()),
            None => row.without_resource += 1,
        }
        match &access.device {
            Some(device) => _ = row.devices.insert(device.clone()),
            None => row.without_device += 1,
        }
    }

    fn class_of(&self, reached: &Reached<'_>, holding: &Holding) -> Class {
        let access = reached.access.as_ref();
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
            residential: holding.residential,
            residence: holding.residence.clone(),
            disputed: reached.disputed,
            by_order: reached.by_order.clone(),
            otherwise: reached.otherwise,
            circumstances: self.circumstances_of(access, &reached.groups),
        }
    }

    /// Whether the key was taken: what reports of the matters say that speak of this key, or of
    /// all; unknown where they contradict each other.
    fn key_taken(&self, key: Option<&Private>, groups: &BTreeSet<&str>) -> Kleene {
        let mut about_all = Vec::new();
        let mut about_this = Vec::new();
        let mut about_another = false;
        for stated in self
            .keys
            .iter()
            .filter(|stated| concerns(stated.matters, groups))
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
        groups: &BTreeSet<&str>,
    ) -> BTreeMap<CircumstanceName, Kleene> {
        let mut found: BTreeMap<CircumstanceName, Vec<Option<YesNo>>> = BTreeMap::new();
        for (name, stated) in &self.circumstances {
            let matches = || stated.of.iter().any(|one| one.matches(&access.view()));
            if concerns(stated.matters, groups) && matches() {
                found.entry(*name).or_default().push(stated.value);
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

    /// Adds one exposure of the matters, as of when it was recorded.
    pub(crate) fn add_exposure(
        &mut self,
        exposure: &Exposure,
        matters: &BTreeSet<String>,
        recorded_at: Moment,
        disputed: bool,
    ) {
        let groups: BTreeSet<String> = matters
            .iter()
            .map(|one| crate::grouping::matter_group(one))
            .collect();
        let groups: BTreeSet<&str> = groups.iter().map(String::as_str).collect();
        let class = Class {
            key_taken: self.key_taken(exposure.key.as_ref(), &groups),
            ..class_of_exposure(exposure, disputed)
        };
        let accounts: BTreeSet<&Private> = exposure.accounts.iter().flatten().collect();
        if accounts.is_empty() {
            let open = |interval: Option<Interval>| interval.unwrap_or(Interval::UNBOUNDED);
            let members = Members::Counted {
                accounts: open(exposure.count),
                consumers: open(exposure.consumers),
                resources: open(exposure.resources),
                devices: open(exposure.devices),
            };
            self.counted.push(Row { class, members });
            return;
        }
        let at = exposure.from.or(exposure.until).unwrap_or(recorded_at);
        let mut people = BTreeSet::new();
        let mut classes = BTreeSet::new();
        for account in &accounts {
            let holding = self.people.at(account, at, self.stands);
            let mut class = class.clone();
            if class.residence.is_none() {
                class.residence.clone_from(&holding.residence);
            }
            if class.residential == Kleene::Unknown {
                class.residential = holding.residential;
            }
            classes.insert(class.clone());
            people.extend(holding.consumers.iter().cloned());
            let row = self.named.entry(class).or_default();
            if exposure.consumers.is_some() {
                row.accounts.insert((*account).clone());
            } else {
                row.add_account(account, &holding);
            }
            row.without_resource += u64::from(exposure.resources.is_none());
            row.without_device += u64::from(exposure.devices.is_none());
        }
        let class = if classes.len() == 1 {
            classes.pop_first().unwrap_or(class)
        } else {
            class
        };
        self.counted.extend(figures_beside(
            exposure,
            class,
            accounts.len(),
            people.len(),
        ));
    }

    /// The rows: those with names by class, then those with figures in the order they were added.
    pub(crate) fn finish(self) -> Vec<Row> {
        let named = self.named.into_iter().map(|(class, row)| Row {
            class,
            members: Members::Named {
                accounts: row.accounts,
                consumers: row.consumers,
                accounts_without_consumers: row.accounts_without_consumers,
                resources: row.resources,
                without_resource: row.without_resource,
                devices: row.devices,
                without_device: row.without_device,
            },
        });
        named.chain(self.counted).collect()
    }
}

impl Named {
    fn add_account(&mut self, account: &Private, holding: &Holding) {
        self.accounts.insert(account.clone());
        self.consumers.extend(holding.consumers.iter().cloned());
        if holding.open {
            self.accounts_without_consumers.insert(account.clone());
        }
    }
}

/// Whether a report on `matters` speaks of an access in `groups`: of those of its own matter, and
/// of those that belong to no matter but to this incident by a join.
fn concerns(matters: &BTreeSet<String>, groups: &BTreeSet<&str>) -> bool {
    let mut of_matters = groups
        .iter()
        .filter_map(|group| group.strip_prefix("matter:"))
        .peekable();
    of_matters.peek().is_none() || of_matters.any(|matter| matters.contains(matter))
}

/// The figures that an exposure gives beside named accounts, as a row of their own; accounts that
/// are already named are not counted again.
fn figures_beside(exposure: &Exposure, class: Class, named: usize, people: usize) -> Option<Row> {
    let named = named as u64;
    let beyond = exposure
        .count
        .filter(|count| count.at_most.is_none_or(|most| most > named));
    let accounts = match beyond {
        None => Interval::ZERO,
        Some(count) if count.at_least > named => count,
        Some(count) => Interval {
            at_least: 0,
            at_most: count.at_most.map(|most| most - named),
        },
    };
    beyond
        .or(exposure.consumers)
        .or(exposure.resources)
        .or(exposure.devices)?;
    let consumers = exposure.consumers.map_or(Interval::ZERO, |stated| {
        let at_least = stated.at_least.max(people as u64);
        Interval {
            at_least,
            at_most: stated.at_most.map(|most| most.max(at_least)),
        }
    });
    let members = Members::Counted {
        accounts,
        consumers,
        resources: exposure.resources.unwrap_or(Interval::ZERO),
        devices: exposure.devices.unwrap_or(Interval::ZERO),
    };
    Some(Row { class, members })
}
