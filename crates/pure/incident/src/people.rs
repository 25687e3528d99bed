//! Who stands behind an account at a time: consumers, residence, use.

use facts::{Account, Kleene, Moment, Private, Variants, YesNo};
use std::collections::{BTreeMap, BTreeSet};

/// What is known about an account at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Holding {
    /// The people who are surely named.
    pub(crate) consumers: BTreeSet<Private>,
    /// Whether somebody may be missing: nobody is named, or the record contradicts itself.
    pub(crate) open: bool,
    /// Where they live.
    pub(crate) residence: Option<String>,
    /// Whether the product is primarily personal and residential.
    pub(crate) residential: Kleene,
}

/// What one statement says.
#[derive(Debug, Clone)]
struct Said {
    consumers: Option<BTreeSet<Private>>,
    residence: Option<String>,
    residential: Option<YesNo>,
}

/// All account records.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    by_id: BTreeMap<String, Variants<Account>>,
    /// For each account, in the order of `recorded_at`: what each record id says.
    by_account: BTreeMap<Private, BTreeMap<Moment, BTreeMap<String, Vec<Said>>>>,
}

impl People {
    /// Adds a statement; gives the accounts that it bears on, none if it was known.
    ///
    /// A record whose `recorded_at` is disputed counts at its earliest.
    pub(crate) fn insert(&mut self, mut account: Account) -> BTreeSet<Private> {
        for list in [&mut account.consumers].into_iter().flatten() {
            list.sort();
            list.dedup();
        }
        if let Some(bands) = &mut account.age_bands {
            bands.sort();
            bands.dedup();
        }
        let id = account.id.clone();
        let statements = self.by_id.entry(id.clone()).or_default();
        let old: Vec<(Private, Moment)> = statements
            .iter()
            .map(|one| (one.account.clone(), one.recorded_at))
            .collect();
        if !statements.insert(account) {
            return BTreeSet::new();
        }
        let Some(recorded_at) = statements.iter().map(|one| one.recorded_at).min() else {
            return BTreeSet::new();
        };
        for (account, at) in &old {
            if let Some(records) = self
                .by_account
                .get_mut(account)
                .and_then(|all| all.get_mut(at))
            {
                records.remove(&id);
            }
        }
        let mut touched: BTreeSet<Private> = old.into_iter().map(|(account, _)| account).collect();
        for one in statements.iter() {
            let said = Said {
                consumers: one
                    .consumers
                    .as_ref()
                    .map(|list| list.iter().cloned().collect()),
                residence: one.residence.clone(),
                residential: one.residential,
            };
            let times = self.by_account.entry(one.account.clone()).or_default();
            let records = times.entry(recorded_at).or_default();
            records.entry(id.clone()).or_default().push(said);
            touched.insert(one.account.clone());
        }
        touched
    }

    /// The accounts that the record `id` speaks of.
    pub(crate) fn accounts_of(&self, id: &str) -> BTreeSet<Private> {
        let statements = self.by_id.get(id).into_iter().flat_map(Variants::iter);
        statements.map(|one| one.account.clone()).collect()
    }

    /// What is known about `account` at `at`, from records that `stands` lets stand.
    ///
    /// For each member: the latest statement not after `at`, failing that the earliest after; what
    /// is stated differently at one instant is unknown. Consumers: everybody whom the records up to
    /// then name, so that a record that names fewer people never lowers an at least; a record that
    /// names none of those before it and somebody else is a change of hands and starts afresh.
    pub(crate) fn at(
        &self,
        account: &Private,
        at: Moment,
        stands: &dyn Fn(&str) -> bool,
    ) -> Holding {
        let nobody = Holding {
            open: true,
            ..Holding::default()
        };
        let Some(times) = self.by_account.get(account) else {
            return nobody;
        };
        let mut before: Vec<Vec<&Said>> = Vec::new();
        let mut after: Vec<Vec<&Said>> = Vec::new();
        for (recorded_at, records) in times {
            let standing = records.iter().filter(|(id, _)| stands(id));
            let said: Vec<&Said> = standing.flat_map(|(_, said)| said).collect();
            if !said.is_empty() {
                if *recorded_at <= at {
                    before.push(said)
                } else {
                    after.push(said)
                }
            }
        }
        let (consumers, open) = named(&before, &after);
        let residence = stated(&before, &after, |said| said.residence.clone());
        let residential = stated(&before, &after, |said| said.residential);
        Holding {
            consumers,
            open,
            residence,
            residential: residential.into(),
        }
    }
}

/// The latest statement of `before`, failing that the earliest of `after`; none where it is
/// stated differently at that instant.
fn stated<T: PartialEq>(
    before: &[Vec<&Said>],
    after: &[Vec<&Said>],
    member: impl Fn(&Said) -> Option<T>,
) -> Option<T> {
    before.iter().rev().chain(after).find_map(|said| {
        let mut values = said.iter().filter_map(|one| member(one));
        let first = values.next()?;
        Some(values.all(|value| value == first).then_some(first))
    })?
}

/// The people who are surely named, and whether somebody may be missing.
fn named(before: &[Vec<&Said>], after: &[Vec<&Said>]) -> (BTreeSet<Private>, bool) {
    let mut all: Option<(BTreeSet<Private>, bool)> = None;
    for said in before {
        let Some((now, open)) = named_at(said) else {
            continue;
        };
        all = Some(match all {
            Some((so_far, _)) if now.is_empty() || !now.is_disjoint(&so_far) => {
                (so_far.union(&now).cloned().collect(), open)
            }
            _ => (now, open),
        });
    }
    let first_after = || after.iter().find_map(|said| named_at(said));
    let (people, open) = all.or_else(first_after).unwrap_or_default();
    let open = open || people.is_empty();
    (people, open)
}

/// Whom the statements of one instant surely name, and whether they contradict each other.
fn named_at(said: &[&Said]) -> Option<(BTreeSet<Private>, bool)> {
    let lists: BTreeSet<&BTreeSet<Private>> = said
        .iter()
        .filter_map(|one| one.consumers.as_ref())
        .collect();
    let largest = lists.iter().max_by_key(|list| list.len())?;
    if lists.iter().all(|list| list.is_subset(largest)) {
        return Some(((**largest).clone(), false));
    }
    let in_all = |person: &&Private| lists.iter().all(|list| list.contains(*person));
    Some((largest.iter().filter(in_all).cloned().collect(), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u32) -> Moment {
        format!("2026-01-{day:02}T00:00:00Z").parse().unwrap()
    }

    fn record(id: &str, day: u32, rest: serde_json::Value) -> Account {
        let mut json = serde_json::json!({"id": id, "account": "a", "recorded_at": at(day)});
        json.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        serde_json::from_value(json).unwrap()
    }

    fn holding(records: &[Account], day: u32) -> Holding {
        let mut people = People::default();
        let mut backward = People::default();
        for one in records {
            people.insert(one.clone());
        }
        for one in records.iter().rev() {
            backward.insert(one.clone());
        }
        let holding = people.at(&"a".into(), at(day), &|_| true);
        assert_eq!(holding, backward.at(&"a".into(), at(day), &|_| true));
        holding
    }

    fn people(names: &[&str]) -> BTreeSet<Private> {
        names.iter().map(|name| Private::from(*name)).collect()
    }

    #[test]
    fn what_held_at_the_time_counts() {
        let records = [
            record(
                "1",
                5,
                serde_json::json!({"residence": "US-CA", "residential": "yes"}),
            ),
            record("2", 10, serde_json::json!({"residence": "US-NY"})),
        ];
        assert_eq!(holding(&records, 3).residence.as_deref(), Some("US-CA"));
        assert_eq!(holding(&records, 9).residence.as_deref(), Some("US-CA"));
        assert_eq!(holding(&records, 10).residence.as_deref(), Some("US-NY"));
        assert_eq!(holding(&records, 10).residential, Kleene::Yes);
        assert!(holding(&records, 10).open);
        assert_eq!(
            holding(&[], 1),
            Holding {
                open: true,
                ..Holding::default()
            }
        );
    }

    #[test]
    fn equal_instants_with_other_content_are_disputed() {
        let records = [
            record(
                "1",
                5,
                serde_json::json!({"residence": "US-CA", "consumers": ["p", "q"]}),
            ),
            record(
                "2",
                5,
                serde_json::json!({"residence": "US-NY", "consumers": ["q", "r"]}),
            ),
        ];
        let holding = holding(&records, 7);
        assert_eq!(holding.residence, None);
        assert_eq!((holding.consumers, holding.open), (people(&["q"]), true));
    }

    #[test]
    fn a_record_that_names_fewer_people_never_lowers() {
        let all = record("1", 5, serde_json::json!({"consumers": ["p", "q", "r"]}));
        for fewer in [serde_json::json!(["p"]), serde_json::json!([])] {
            let fewer = record("2", 6, serde_json::json!({"consumers": fewer}));
            assert_eq!(
                holding(&[all.clone(), fewer], 9).consumers,
                people(&["p", "q", "r"])
            );
        }
        let sold = record("2", 6, serde_json::json!({"consumers": ["s"]}));
        assert_eq!(
            holding(&[all.clone(), sold.clone()], 9).consumers,
            people(&["s"])
        );
        assert_eq!(holding(&[all, sold], 5).consumers, people(&["p", "q", "r"]));
    }
}
