//! Exposures: what was reached otherwise than by logged accesses, as responders state it.

use crate::classes::class_of_exposure;
use crate::grouping::matter_group;
use crate::judging::Judged;
use crate::ledger::Basis;
use crate::people::Holding;
use crate::reports::Entry;
use crate::{Class, Members, Row};
use facts::{Exposure, Interval, Kleene, Moment};
use std::collections::BTreeSet;

/// An exposure of an incident's matters, as of when it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exposed {
    pub(crate) exposure: Exposure,
    matters: BTreeSet<String>,
    recorded_at: Moment,
    disputed: bool,
}

/// Something that may have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    /// It has, by its number.
    Number(u32),
    /// It has none: nobody can say how many there are.
    Unnamed,
    /// It is counted in figures.
    Elsewhere,
}

/// What an access, or an account that an exposure names, puts into a column.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) column: u32,
    pub(crate) account: u32,
    /// Whose it is; none where people are counted in figures.
    pub(crate) holding: Option<Holding>,
    pub(crate) resource: Thing,
    pub(crate) device: Thing,
}

impl Exposed {
    /// The exposures that a report states; `unsure`: whether it stands is disputed.
    pub(crate) fn of(entry: &Entry, unsure: bool) -> Vec<Exposed> {
        let exposures = entry.exposures().into_iter();
        exposures
            .map(|(exposure, disputed)| Exposed {
                exposure: exposure.clone(),
                matters: entry.matters.clone(),
                recorded_at: entry.reported.record.recorded_at,
                disputed: disputed || unsure,
            })
            .collect()
    }

    /// The groups of its matters.
    pub(crate) fn groups(&self) -> BTreeSet<String> {
        self.matters.iter().map(|one| matter_group(one)).collect()
    }

    /// When what it speaks of is looked at.
    pub(crate) fn at(&self) -> Moment {
        let exposure = &self.exposure;
        let at = exposure.from.or(exposure.until);
        at.unwrap_or(self.recorded_at)
    }

    fn class(&self, judged: &Judged) -> Class {
        Class {
            key_taken: judged.key_taken,
            matters: judged.matters.clone(),
            disputed_by: judged.disputed_by.clone(),
            ..class_of_exposure(&self.exposure, self.disputed)
        }
    }
}

/// The accounts that an exposure names, each with its class, or those of them that are in `only`.
/// The column is still to be filled in.
pub(crate) fn shares(
    one: &Exposed,
    judged: &Judged,
    only: Option<&BTreeSet<u32>>,
    basis: Basis<'_>,
) -> Vec<(Class, Share)> {
    let exposure = &one.exposure;
    let at = one.at();
    let accounts: BTreeSet<_> = exposure.accounts.iter().flatten().collect();
    let numbers = accounts.into_iter();
    let numbers = numbers.filter_map(|account| basis.findings.account_number(account));
    let numbers = numbers.filter(|account| only.is_none_or(|only| only.contains(account)));
    let thing = |figures: Option<Interval>| match figures {
        Some(_) => Thing::Elsewhere,
        None => Thing::Unnamed,
    };
    numbers
        .map(|account| {
            let holding = basis.holding(account, at);
            let mut class = one.class(judged);
            if class.residence.is_none() {
                let place = holding.residence.map(|place| basis.people.place(place));
                class.residence = place.map(str::to_owned);
            }
            if class.residential == Kleene::Unknown {
                class.residential = holding.residential;
            }
            let share = Share {
                column: 0,
                account,
                holding: exposure.consumers.is_none().then_some(holding),
                resource: thing(exposure.resources),
                device: thing(exposure.devices),
            };
            (class, share)
        })
        .collect()
}

/// The row of figures that an exposure states, if it states any: of all, where it names nobody,
/// else of what is beside those whom it names.
pub(crate) fn figures(one: &Exposed, judged: &Judged, basis: Basis<'_>) -> Option<Row> {
    let exposure = &one.exposure;
    let class = one.class(judged);
    if exposure.accounts.iter().flatten().next().is_none() {
        let open = |interval: Option<Interval>| interval.unwrap_or(Interval::UNBOUNDED);
        let members = Members::Counted {
            accounts: open(exposure.count),
            consumers: open(exposure.consumers),
            resources: open(exposure.resources),
            devices: open(exposure.devices),
        };
        return Some(Row { class, members });
    }
    let stated = [
        exposure.count,
        exposure.consumers,
        exposure.resources,
        exposure.devices,
    ];
    if stated.iter().all(Option::is_none) {
        return None;
    }
    let at = one.at();
    let named = shares(one, judged, None, basis);
    let people: BTreeSet<u32> = named
        .iter()
        .flat_map(|(_, share)| basis.holding(share.account, at).consumers)
        .collect();
    let mut classes: BTreeSet<&Class> = named.iter().map(|(class, _)| class).collect();
    let class = match classes.pop_first() {
        Some(only) if classes.is_empty() => only.clone(),
        _ => class,
    };
    figures_beside(exposure, class, named.len(), people.len())
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
