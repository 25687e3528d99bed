//! Who and what stands in which columns: members by identity, and how many share which columns.
//!
//! A column is a class of accesses. For each member it is kept how often accesses put it into each
//! of its columns, so that what one access contributed can be taken back; and for each set of
//! columns, how many members stand in exactly these. Whatever is asked of columns is then a sum
//! over those sets, and takes no longer for a million members than for ten.

use crate::findings::NONE;
use crate::names::Chunks;
use rustc_hash::FxHashMap;

/// From how many members on a list may be smaller than a map.
const MANY: usize = 64;

/// Where a member stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The set of its columns.
    set: u32,
    /// How often, where the set is of one column; else see [`Roster::times`].
    times: u32,
}

/// Places by member: a map, or a list by number once at least every second number is a member.
#[derive(Debug, Clone)]
enum Places {
    Few(FxHashMap<u32, Place>, u32),
    Many(Chunks<Place>),
}

impl Default for Places {
    fn default() -> Self {
        Places::Few(FxHashMap::default(), 0)
    }
}

impl Places {
    const NOWHERE: Place = Place {
        set: NONE,
        times: 0,
    };

    fn get(&self, member: u32) -> Option<Place> {
        let place = match self {
            Places::Few(map, _) => map.get(&member),
            Places::Many(list) => list.get(member).filter(|place| place.set != NONE),
        };
        place.copied()
    }

    fn insert(&mut self, member: u32, place: Place) {
        match self {
            Places::Few(map, highest) => {
                *highest = member.max(*highest);
                map.insert(member, place);
                if map.len() >= MANY && map.len() > *highest as usize / 2 {
                    let mut list = Chunks::default();
                    for member in 0..=*highest {
                        list.push(map.get(&member).copied().unwrap_or(Places::NOWHERE));
                    }
                    *self = Places::Many(list);
                }
            }
            // One far away makes no list of nothing: doubling at least, so this is seldom.
            Places::Many(list) if member as usize / 4 > list.len() => {
                let there = (0..).zip(list.iter());
                let there = there.filter(|(_, place)| place.set != NONE);
                let mut map: FxHashMap<u32, Place> =
                    there.map(|(member, place)| (member, *place)).collect();
                map.insert(member, place);
                *self = Places::Few(map, member);
            }
            Places::Many(list) => {
                while list.len() <= member as usize {
                    list.push(Places::NOWHERE);
                }
                if let Some(there) = list.get_mut(member) {
                    *there = place;
                }
            }
        }
    }

    fn remove(&mut self, member: u32) {
        match self {
            Places::Few(map, _) => _ = map.remove(&member),
            Places::Many(list) => {
                if let Some(there) = list.get_mut(member) {
                    *there = Places::NOWHERE;
                }
            }
        }
    }
}

/// The members of one kind: accounts, people, recordings or devices, by their numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roster {
    places: Places,
    /// How often a member of several columns stands in each.
    times: FxHashMap<(u32, u32), u32>,
    /// Sets of columns, sorted, and how many members stand in exactly these.
    sets: Vec<(Vec<u32>, u64)>,
    set_of: FxHashMap<Vec<u32>, u32>,
    /// Which set another one becomes when a column comes to it or leaves it.
    becomes: FxHashMap<(u32, u32), u32>,
}

impl Roster {
    /// Puts `member` into `column` once more.
    pub(crate) fn add(&mut self, member: u32, column: u32) {
        let Some(place) = self.places.get(member) else {
            let set = self.set_of(vec![column]);
            self.places.insert(member, Place { set, times: 1 });
            self.move_one(None, Some(set));
            return;
        };
        if self.sole(place.set) == Some(column) {
            let times = place.times + 1;
            self.places.insert(member, Place { times, ..place });
            return;
        }
        if let Some(sole) = self.sole(place.set) {
            self.times.insert((member, sole), place.times);
        }
        let times = self.times.entry((member, column)).or_default();
        *times += 1;
        if *times == 1 {
            let set = self.toggled(place.set, column);
            self.places.insert(member, Place { set, times: 0 });
            self.move_one(Some(place.set), Some(set));
        }
    }

    /// Every member, in no order.
    pub(crate) fn members(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match &self.places {
            Places::Few(map, _) => Box::new(map.keys().copied()),
            Places::Many(list) => {
                let there = (0..).zip(list.iter());
                Box::new(there.filter(|(_, one)| one.set != NONE).map(|(at, _)| at))
            }
        }
    }

    /// Whether `member` stands in any column.
    pub(crate) fn holds(&self, member: u32) -> bool {
        self.places.get(member).is_some()
    }

    /// Takes `member` out of `column` once.
    pub(crate) fn remove(&mut self, member: u32, column: u32) {
        let Some(place) = self.places.get(member) else {
            return;
        };
        if self.sole(place.set) == Some(column) {
            if place.times > 1 {
                let times = place.times - 1;
                self.places.insert(member, Place { times, ..place });
            } else {
                self.places.remove(member);
                self.move_one(Some(place.set), None);
            }
            return;
        }
        let Some(times) = self.times.get_mut(&(member, column)) else {
            return;
        };
        *times -= 1;
        if *times == 0 {
            self.times.remove(&(member, column));
            let set = self.toggled(place.set, column);
            let left = self
                .sole(set)
                .and_then(|sole| self.times.remove(&(member, sole)));
            let times = left.unwrap_or_default();
            self.places.insert(member, Place { set, times });
            self.move_one(Some(place.set), Some(set));
        }
    }

    /// Sets of columns and how many members stand in exactly these, where any do.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (&[u32], u64)> {
        let there = self.sets.iter().filter(|(_, members)| *members > 0);
        there.map(|(columns, members)| (columns.as_slice(), *members))
    }

    /// The only column of a set, if it has one.
    fn sole(&self, set: u32) -> Option<u32> {
        match self.sets.get(set as usize)?.0.as_slice() {
            [sole] => Some(*sole),
            _ => None,
        }
    }

    fn set_of(&mut self, columns: Vec<u32>) -> u32 {
        let next = self.sets.len() as u32;
        *self.set_of.entry(columns).or_insert_with_key(|columns| {
            self.sets.push((columns.clone(), 0));
            next
        })
    }

    /// The set with `column` if it was without it, and without it if it was with it.
    fn toggled(&mut self, set: u32, column: u32) -> u32 {
        if let Some(known) = self.becomes.get(&(set, column)) {
            return *known;
        }
        let columns = self.sets.get(set as usize);
        let mut columns = columns
            .map(|(columns, _)| columns.clone())
            .unwrap_or_default();
        match columns.binary_search(&column) {
            Ok(at) => _ = columns.remove(at),
            Err(at) => columns.insert(at, column),
        }
        let toggled = self.set_of(columns);
        self.becomes.insert((set, column), toggled);
        toggled
    }

    fn move_one(&mut self, from: Option<u32>, to: Option<u32>) {
        if let Some((_, members)) = from.and_then(|set| self.sets.get_mut(set as usize)) {
            *members -= 1;
        }
        if let Some((_, members)) = to.and_then(|set| self.sets.get_mut(set as usize)) {
            *members += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn sets_are_those_of_a_plain_table(
            steps in proptest::collection::vec((any::<bool>(), 0..5_u32, 0..4_u32), 0..200),
            many in any::<bool>(),
            far in any::<bool>(),
        ) {
            let mut roster = Roster::default();
            if many {
                // Others that came and went: from now on it is a list.
                (0..200).for_each(|member| roster.add(member, 9));
                (0..200).for_each(|member| roster.remove(member, 9));
                prop_assert!(matches!(roster.places, Places::Many(_)));
            }
            if far {
                roster.add(100_000, 0);
                roster.remove(100_000, 0);
                prop_assert!(matches!(roster.places, Places::Few(..)));
            }
            let mut plain: BTreeMap<u32, BTreeMap<u32, u32>> = BTreeMap::new();
            for (add, member, column) in steps {
                let times = plain.entry(member).or_default().entry(column).or_default();
                if add {
                    *times += 1;
                    roster.add(member, column);
                } else if *times > 0 {
                    *times -= 1;
                    roster.remove(member, column);
                }
                let mut expected: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
                for columns in plain.values() {
                    let there = columns.iter().filter(|(_, times)| **times > 0);
                    let set: Vec<u32> = there.map(|(column, _)| *column).collect();
                    if !set.is_empty() {
                        *expected.entry(set).or_default() += 1;
                    }
                }
                let sets: BTreeSet<(Vec<u32>, u64)> = roster
                    .sets()
                    .map(|(columns, members)| (columns.to_vec(), members))
                    .collect();
                prop_assert_eq!(sets, expected.into_iter().collect());
            }
        }
    }
}
