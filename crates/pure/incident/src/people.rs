//! Who stands behind an account at a time: consumers, residence, use.

use crate::findings::{Digest, NONE, digest};
use crate::names::{Chunks, Names};
use facts::{Account, Kleene, Moment, Private, YesNo};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

/// No record is supposed away.
pub(crate) static NONE_AWAY: BTreeSet<u32> = BTreeSet::new();

/// What is known about an account at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Holding {
    /// The people who are surely named, by their numbers.
    pub(crate) consumers: BTreeSet<u32>,
    /// Whether somebody may be missing: nobody is named, or the record contradicts itself.
    pub(crate) open: bool,
    /// The number of the place where they live; see [`People::place`].
    pub(crate) residence: Option<u32>,
    /// Whether the product is primarily personal and residential.
    pub(crate) residential: Kleene,
}

impl Holding {
    /// Whether something may count by `other` that does not count by this. Who knows more counts
    /// what counted before, but for whom it learns to be no home; `any`: nor that, where people
    /// said something of their own of what nobody knew.
    fn takes_from(&self, other: &Holding, any: bool) -> bool {
        let home = self.residential == Kleene::No && other.residential != Kleene::No;
        let place = other.residence.is_some() && self.residence != other.residence;
        let people = !other.consumers.is_subset(&self.consumers) || (self.open && !other.open);
        home || place || people || (any && self != other)
    }
}

/// Records about an account that may take something away, by their numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Takers {
    /// Each by itself.
    pub(crate) singly: BTreeSet<u32>,
    /// Together: all, all but the earliest, all but the latest.
    pub(crate) together: [BTreeSet<u32>; 3],
}

/// What one statement says of an account, by its number with those who count.
#[derive(Debug, Clone, Copy)]
struct Said {
    /// Of the whole statement: the same content is the same statement.
    content: Digest,
    /// The earliest that a statement of its id gives.
    recorded_at: Moment,
    id: u32,
    account: u32,
    /// Where its list of consumers begins, with how many they are; [`NONE`]: not stated.
    consumers: u32,
    residence: u32,
    residential: Option<YesNo>,
    next_of_id: u32,
    next_of_account: u32,
}

/// All account records.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    said: Chunks<Said>,
    ids: Names,
    /// The latest statement of each id, and of each account.
    of_id: Chunks<u32>,
    of_account: Chunks<u32>,
    consumers: Names,
    lists: Chunks<u32>,
    places: Names,
    /// Ids of records that were taken back.
    withdrawn: BTreeSet<String>,
    /// Accounts on which records differ, or one says that it is no home.
    contrary: FxHashSet<u32>,
}

/// A statement that is not on record yet.
pub(crate) struct News {
    account: Account,
    content: Digest,
}

impl News {
    /// The account that it is about.
    pub(crate) fn account(&self) -> &Private {
        &self.account.account
    }
}

impl People {
    /// The names of people.
    pub(crate) fn names(&self) -> &Names {
        &self.consumers
    }

    /// `account`, unless it is on record.
    pub(crate) fn news(&self, mut account: Account) -> Option<News> {
        for list in [&mut account.consumers].into_iter().flatten() {
            list.sort();
            list.dedup();
        }
        if let Some(bands) = &mut account.age_bands {
            bands.sort();
            bands.dedup();
        }
        let content = digest(&serde_json::to_vec(&account).unwrap_or_default());
        let known = self
            .statements(&account.id)
            .any(|said| said.content == content);
        (!known).then_some(News { account, content })
    }

    /// The numbers of the accounts on which a statement bears, whose own is `number`.
    pub(crate) fn touched(&self, news: &News, number: u32) -> BTreeSet<u32> {
        let before = self.statements(&news.account.id).map(|said| said.account);
        before.chain([number]).collect()
    }

    /// Adds a statement about the account of this number.
    ///
    /// A record whose `recorded_at` is disputed counts at its earliest.
    pub(crate) fn insert(&mut self, news: News, number: u32) {
        let News { account, content } = news;
        let id = self.ids.number(&account.id);
        let statements: Vec<u32> = self.chain(id).map(|(at, _)| at).collect();
        let before = statements.first().and_then(|at| self.said.get(*at));
        let recorded_at = before.map_or(account.recorded_at, |said| {
            said.recorded_at.min(account.recorded_at)
        });
        for at in statements {
            if let Some(said) = self.said.get_mut(at) {
                said.recorded_at = recorded_at;
            }
        }
        let consumers = account.consumers.map_or(NONE, |list| {
            let begin = self.lists.len() as u32;
            self.lists.push(list.len() as u32);
            for one in list {
                self.lists.push(self.consumers.number(one.reveal()));
            }
            begin
        });
        let residence = account.residence.as_deref();
        let said = Said {
            content,
            recorded_at,
            id,
            account: number,
            consumers,
            residence: residence.map_or(NONE, |place| self.places.number(place)),
            residential: account.residential,
            next_of_id: self.head(id),
            next_of_account: self.of_account.get(number).copied().unwrap_or(NONE),
        };
        // Until two differ all say the same, so it is enough to compare with one.
        let differs = self.said.get(said.next_of_account).is_some_and(|other| {
            (other.residence, other.residential) != (said.residence, said.residential)
                || self.list(other) != self.list(&said)
        });
        if differs || said.residential == Some(YesNo::No) {
            self.contrary.insert(number);
        }
        let latest = self.said.len() as u32;
        self.said.push(said);
        for (heads, of) in [(&mut self.of_id, id), (&mut self.of_account, number)] {
            while heads.len() <= of as usize {
                heads.push(NONE);
            }
            if let Some(head) = heads.get_mut(of) {
                *head = latest;
            }
        }
    }

    /// The numbers of the accounts that the record `id` speaks of.
    pub(crate) fn accounts_of(&self, id: &str) -> BTreeSet<u32> {
        self.statements(id).map(|said| said.account).collect()
    }

    /// Says whether the record `id` was taken back.
    pub(crate) fn set_withdrawn(&mut self, id: &str, withdrawn: bool) {
        if withdrawn {
            self.withdrawn.insert(id.to_owned());
        } else {
            self.withdrawn.remove(id);
        }
    }

    /// Whether the record `id` was taken back.
    pub(crate) fn is_withdrawn(&self, id: &str) -> bool {
        self.withdrawn.contains(id)
    }

    /// The place of a number.
    pub(crate) fn place(&self, number: u32) -> &str {
        self.places.text(number)
    }

    /// What is known about an account, by its number, at `at`, from records that stand.
    ///
    /// For each member: the latest statement not after `at`, failing that the earliest after; what
    /// is stated differently at one instant is unknown. Consumers: everybody whom the records up to
    /// then name, so that a record that names fewer people never lowers an at least; a record that
    /// names none of those before it and somebody else is a change of hands and starts afresh.
    ///
    /// The records `away`, by their numbers, are supposed not to be there.
    pub(crate) fn at(&self, account: u32, at: Moment, away: &BTreeSet<u32>) -> Holding {
        let there = self.standing(account);
        let mut all: Vec<&Said> = there.filter(|said| !away.contains(&said.id)).collect();
        all.sort_by_key(|said| said.recorded_at);
        let (before, after) = all.split_at(all.partition_point(|said| said.recorded_at <= at));
        let together = |a: &&Said, b: &&Said| a.recorded_at == b.recorded_at;
        let before: Vec<&[&Said]> = before.chunk_by(together).collect();
        let after: Vec<&[&Said]> = after.chunk_by(together).collect();
        let (consumers, open) = self.named(&before, &after);
        let place = |said: &Said| (said.residence != NONE).then_some(said.residence);
        Holding {
            consumers,
            open,
            residence: stated(&before, &after, place),
            residential: stated(&before, &after, |said| said.residential).into(),
        }
    }

    /// The statements about an account that were not taken back.
    fn standing(&self, account: u32) -> impl Iterator<Item = &Said> {
        let head = self.of_account.get(account).copied().unwrap_or(NONE);
        let chain = std::iter::successors(self.said.get(head), |said| {
            self.said.get(said.next_of_account)
        });
        chain.filter(|said| {
            self.withdrawn.is_empty() || !self.withdrawn.contains(self.ids.text(said.id))
        })
    }

    /// Accounts of which a record may take away what counts by others, or by nobody's word.
    pub(crate) fn contrary(&self) -> &FxHashSet<u32> {
        &self.contrary
    }

    /// How many statements about an account stand.
    pub(crate) fn many_on(&self, account: u32) -> usize {
        self.standing(account).count()
    }

    /// The accounts of which the records of these numbers speak.
    pub(crate) fn accounts_of_all(&self, records: &BTreeSet<u32>) -> BTreeSet<u32> {
        let said = records.iter().flat_map(|id| self.chain(*id));
        said.map(|(_, said)| said.account).collect()
    }

    /// The ids of the records of these numbers, sorted.
    pub(crate) fn ids_of(&self, records: &BTreeSet<u32>) -> Vec<String> {
        let ids = records.iter().map(|id| self.ids.text(*id).to_owned());
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        ids
    }

    /// The records on an account without which something may count that does not, at some of
    /// `moments`; `any`: whatever they change may matter. Each set is of records that are there, so
    /// what is without it is what a record less would be.
    pub(crate) fn takers(&self, account: u32, moments: &BTreeSet<Moment>, any: bool) -> Takers {
        let there = self.standing(account);
        let mut records: Vec<(Moment, &str, u32)> = there
            .map(|said| (said.recorded_at, self.ids.text(said.id), said.id))
            .collect();
        records.sort_unstable();
        records.dedup();
        // Between two records nothing changes: one instant stands for all of them.
        let begin = |at: &Moment| records.partition_point(|(recorded, ..)| recorded <= at);
        let moments: BTreeMap<usize, Moment> = moments.iter().map(|at| (begin(at), *at)).collect();
        let takes = |away: &BTreeSet<u32>| {
            moments.values().any(|at| {
                let with = self.at(account, *at, &NONE_AWAY);
                with.takes_from(&self.at(account, *at, away), any)
            })
        };
        let ids: Vec<u32> = records.iter().map(|(.., id)| *id).collect();
        let (but_first, but_last) = match ids.as_slice() {
            [] => (&[][..], &[][..]),
            [_, others @ ..] => (others, &ids[..others.len()]),
        };
        let alone = ids.iter().filter(|id| takes(&BTreeSet::from([**id])));
        Takers {
            singly: alone.copied().collect(),
            together: [ids.as_slice(), but_first, but_last].map(|ids| {
                let away: BTreeSet<u32> = ids.iter().copied().collect();
                if takes(&away) { away } else { BTreeSet::new() }
            }),
        }
    }

    fn head(&self, id: u32) -> u32 {
        self.of_id.get(id).copied().unwrap_or(NONE)
    }

    /// The statements of an id, with their numbers.
    fn chain(&self, id: u32) -> impl Iterator<Item = (u32, &Said)> {
        let entry = |at: u32| Some((at, self.said.get(at)?));
        std::iter::successors(entry(self.head(id)), move |(_, said)| {
            entry(said.next_of_id)
        })
    }

    fn statements(&self, id: &str) -> impl Iterator<Item = &Said> {
        let id = self.ids.find(id).unwrap_or(NONE);
        self.chain(id).map(|(_, said)| said)
    }

    /// The people whom a statement names, if it names any or says that there are none.
    fn list(&self, said: &Said) -> Option<BTreeSet<u32>> {
        let many = *self.lists.get(said.consumers)?;
        let list = said.consumers + 1..=said.consumers + many;
        Some(list.filter_map(|at| self.lists.get(at).copied()).collect())
    }

    /// Everybody whom the records up to an instant name, and whether somebody may be missing.
    fn named(&self, before: &[&[&Said]], after: &[&[&Said]]) -> (BTreeSet<u32>, bool) {
        let mut all: Option<(BTreeSet<u32>, bool)> = None;
        for said in before {
            let Some((now, open)) = self.named_at(said) else {
                continue;
            };
            all = Some(match all {
                Some((so_far, _)) if now.is_empty() || !now.is_disjoint(&so_far) => {
                    (&so_far | &now, open)
                }
                _ => (now, open),
            });
        }
        let first_after = || after.iter().find_map(|said| self.named_at(said));
        let (people, open) = all.or_else(first_after).unwrap_or_default();
        let open = open || people.is_empty();
        (people, open)
    }

    /// Whom the statements of one instant surely name, and whether they contradict each other.
    fn named_at(&self, said: &[&Said]) -> Option<(BTreeSet<u32>, bool)> {
        let mut lists: Vec<BTreeSet<u32>> = said.iter().filter_map(|one| self.list(one)).collect();
        lists.sort_by_key(BTreeSet::len);
        let largest = lists.pop()?;
        if lists.iter().all(|list| list.is_subset(&largest)) {
            return Some((largest, false));
        }
        let in_all = |person: &u32| lists.iter().all(|list| list.contains(person));
        Some((largest.into_iter().filter(in_all).collect(), true))
    }
}

/// The latest statement of `before`, failing that the earliest of `after`; none where it is
/// stated differently at that instant.
fn stated<T: PartialEq>(
    before: &[&[&Said]],
    after: &[&[&Said]],
    member: impl Fn(&Said) -> Option<T>,
) -> Option<T> {
    before.iter().rev().chain(after).find_map(|said| {
        let mut values = said.iter().filter_map(|one| member(one));
        let first = values.next()?;
        Some(values.all(|value| value == first).then_some(first))
    })?
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

    /// A holding with names instead of numbers.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    struct Held {
        consumers: BTreeSet<String>,
        open: bool,
        residence: Option<String>,
        residential: Kleene,
    }

    fn after<'a>(records: impl Iterator<Item = &'a Account>, day: u32) -> Held {
        let mut all = People::default();
        for one in records {
            let news = all.news(one.clone()).unwrap();
            assert_eq!(all.touched(&news, 0), BTreeSet::from([0]));
            all.insert(news, 0);
            assert!(all.news(one.clone()).is_none(), "it is known now");
        }
        let holding = all.at(0, at(day), &NONE_AWAY);
        let names = holding.consumers.iter().map(|one| all.consumers.text(*one));
        Held {
            consumers: names.map(str::to_owned).collect(),
            open: holding.open,
            residence: holding.residence.map(|one| all.place(one).to_owned()),
            residential: holding.residential,
        }
    }

    fn holding(records: &[Account], day: u32) -> Held {
        let holding = after(records.iter(), day);
        assert_eq!(holding, after(records.iter().rev(), day));
        holding
    }

    fn people(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
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
            Held {
                open: true,
                ..Held::default()
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
