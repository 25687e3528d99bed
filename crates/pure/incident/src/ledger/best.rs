//! A ledger as it would be without records that take accesses or accounts out of the counts.

use super::{Basis, Ledger};
use crate::Supposed;
use crate::exposures::{Share, shares};
use crate::findings::Digest;
use crate::suppose::ACCESSES_MAX;
use std::collections::{BTreeMap, BTreeSet};

/// Up to how many accesses, and accounts that exposures name, are counted otherwise.
const OTHERWISE_MAX: u64 = 10_000;

/// What supposing records away makes of a ledger.
pub(crate) enum Best {
    /// Nothing that it holds hangs on such a record.
    Same,
    /// It was not tried: that would be too much to be done with every change.
    TooMany,
    /// That, and the records.
    Of(Box<(Ledger, Vec<Supposed>)>),
}

/// Records, each with the columns in which something stands and would without it.
type Moves = BTreeMap<String, BTreeSet<(Option<u32>, u32)>>;

impl Ledger {
    /// Each account as it counts by whichever of its records, or of the ways to leave some out,
    /// counts it: it stands in the columns of all of them. Which records are left out of one
    /// account has no part in what another one is, so no choice of records makes more of the
    /// accounts. `all`: also of accounts on which no record contradicts another, unless there are
    /// too many.
    pub(crate) fn at_best(&self, all: bool, basis: Basis<'_>) -> Best {
        let all = all && self.entries() <= OTHERWISE_MAX;
        let accounts: BTreeSet<u32> = if all {
            let members = self.accounts.members();
            members
                .filter(|account| basis.people.is_known(*account))
                .collect()
        } else {
            let there = self.contrary.iter().filter(|(_, times)| **times > 0);
            there.map(|(account, _)| *account).collect()
        };
        if accounts.is_empty() {
            return Best::Same;
        }
        let times: u64 = self.contrary.values().sum();
        if times > OTHERWISE_MAX || self.entries() > ACCESSES_MAX {
            return Best::TooMany;
        }
        let mut best = self.clone();
        let mut moves = Moves::new();
        for account in accounts {
            best.put_at_best(self, account, basis, &mut moves);
        }
        best.extent = self.extent;
        best.of(moves)
    }

    fn put_at_best(&mut self, known: &Ledger, account: u32, basis: Basis<'_>, moves: &mut Moves) {
        let here = basis.findings.of_account(account);
        // What is disputed is surely counted nowhere.
        let here = here.filter(|held| {
            basis.findings.is_in(&known.scope, held) && !basis.findings.is_disputed(held.access)
        });
        let here: BTreeMap<Digest, _> = here.map(|held| (held.access, held.at)).collect();
        for (access, at) in here {
            let (ways, records) = basis.people.without_some(account, at);
            let before: BTreeSet<u32> = self.contribute(access, false, basis).into_iter().collect();
            let mut after = BTreeSet::new();
            for way in &ways {
                let supposed = Some((account, way));
                after.extend(self.contribute(access, true, Basis { supposed, ..basis }));
            }
            note(moves, records, &after, &before);
        }
        let named: Vec<&Share> = known
            .shares
            .iter()
            .filter(|one| one.account == account)
            .collect();
        if named.is_empty() {
            return;
        }
        let before: BTreeSet<u32> = named.iter().map(|one| one.column).collect();
        named.into_iter().for_each(|share| self.put(share, false));
        for one in &known.exposed {
            let (ways, records) = basis.people.without_some(account, one.at());
            let key_taken = known
                .judging
                .key_taken(one.exposure.key.as_ref(), &one.groups());
            let mut after = BTreeSet::new();
            for way in &ways {
                let supposed = Some((account, way));
                let all = shares(one, key_taken, Basis { supposed, ..basis });
                for (class, share) in all
                    .into_iter()
                    .filter(|(_, share)| share.account == account)
                {
                    let column = self.column(class);
                    after.insert(column);
                    self.put(&Share { column, ..share }, true);
                }
            }
            note(moves, records, &after, &before);
        }
    }

    /// With what late grants keep out.
    pub(crate) fn with_late(&self, basis: Basis<'_>) -> Best {
        let late = self.scope.late();
        let mut accesses: BTreeMap<Digest, BTreeSet<&str>> = BTreeMap::new();
        let mut contents = Vec::new();
        for (_, held) in basis.findings.within(&late) {
            let grants = accesses.entry(held.access).or_default();
            let shared = basis.findings.shared(held);
            grants.extend(
                shared
                    .into_iter()
                    .flat_map(|one| one.late_grants.iter().map(String::as_str)),
            );
            contents.push(held.content);
            if contents.len() as u64 > OTHERWISE_MAX {
                return Best::TooMany;
            }
        }
        if accesses.is_empty() {
            return Best::Same;
        }
        if self.entries() > ACCESSES_MAX {
            return Best::TooMany;
        }
        let mut best = self.clone();
        let take_out = |access: &Digest| best.contribute(*access, false, basis);
        let before: Vec<Vec<u32>> = accesses.keys().map(take_out).collect();
        best.scope.groups.extend(late.groups);
        best.scope.times.extend(late.times);
        contents
            .iter()
            .for_each(|content| best.findings.step(content, true));
        let mut moves = Moves::new();
        for ((access, grants), before) in accesses.into_iter().zip(before) {
            let before: BTreeSet<u32> = before.into_iter().collect();
            let after = best.contribute(access, true, basis).into_iter().collect();
            note(&mut moves, grants, &after, &before);
        }
        if best.extent.stale {
            best.extent = best.find_extent(basis);
        }
        best.of(moves)
    }

    /// The ledger with the records that are supposed away, by rows instead of columns.
    fn of(self, moves: Moves) -> Best {
        if moves.is_empty() {
            return Best::Same;
        }
        let there = self.there();
        let places = there.iter().enumerate();
        let place_of: BTreeMap<usize, usize> = places
            .map(|(place, (column, _))| (*column, place))
            .collect();
        let place = |column: u32| place_of.get(&(column as usize)).copied();
        let rows = |moves: BTreeSet<(Option<u32>, u32)>| {
            let moves = moves.into_iter();
            let mut rows: Vec<(Option<usize>, usize)> = moves
                .filter_map(|(from, to)| Some((from.and_then(place), place(to)?)))
                .collect();
            rows.sort_unstable();
            rows.dedup();
            rows
        };
        let records = moves.into_iter().map(|(record, moves)| Supposed {
            record,
            rows: rows(moves),
        });
        let records = records.collect();
        Best::Of(Box::new((self, records)))
    }
}

/// Notes of `records` that something stands in `before` and would stand in `after` without them.
fn note<'a>(
    moves: &mut Moves,
    records: impl IntoIterator<Item = &'a str>,
    after: &BTreeSet<u32>,
    before: &BTreeSet<u32>,
) {
    for record in records {
        let of = moves.entry(record.to_owned()).or_default();
        for to in after.difference(before) {
            if before.is_empty() {
                of.insert((None, *to));
            }
            of.extend(before.iter().map(|from| (Some(*from), *to)));
        }
    }
}
