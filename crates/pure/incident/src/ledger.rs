//! What the accesses of one incident come to, kept up to date access by access.
//!
//! For each class of accesses a column; for each kind of member a [`Roster`]. What an access
//! contributes follows from the facts on record, so it is not kept: before facts change that bear
//! on an access, it is taken back as it stands, and it is put in again when the incident is made.
//! So a change costs what it touches, and the incident is the same as if it were made anew.

use crate::exposures::{Exposed, Share, Thing, shares};
use crate::findings::{Digest, Findings, Held, NONE};
use crate::grouping::Scope;
use crate::judging::Judging;
use crate::people::{Holding, NONE_AWAY, People};
use crate::reached::{Reached, reached};
use crate::roster::Roster;
use crate::sum::Sum;
use crate::{Class, Members, Overlap, Overlaps, Row};
use facts::{Finding, Information, Kleene, Moment, Private};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

mod otherwise;

pub(crate) use otherwise::{ByAccount, Instead};

/// The facts that accesses are judged by.
#[derive(Clone, Copy)]
pub(crate) struct Basis<'a> {
    pub(crate) findings: &'a Findings,
    pub(crate) people: &'a People,
    /// Records about accounts that are supposed not to be there, by their numbers.
    pub(crate) away: &'a BTreeSet<u32>,
}

impl<'a> Basis<'a> {
    /// All that is on record.
    pub(crate) fn new(findings: &'a Findings, people: &'a People) -> Basis<'a> {
        Basis {
            findings,
            people,
            away: &NONE_AWAY,
        }
    }

    /// What is known about an account, by its number, at `at`.
    pub(crate) fn holding(&self, account: u32, at: Moment) -> Holding {
        self.people.at(account, at, self.away)
    }
}

/// A class and what its members leave open.
#[derive(Debug, Clone)]
struct Column {
    class: Class,
    /// Accesses, and accounts that exposures name.
    entries: u64,
    without_consumers: u64,
    without_resource: u64,
    without_device: u64,
}

/// First and last instant of what is in the incident.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    first: Option<Moment>,
    last: Option<Moment>,
    /// One of them was taken back: they are looked for anew.
    stale: bool,
}

/// What an access says beside its class, where its statements are several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Own {
    rests_on_since: Option<Moment>,
    groups: BTreeSet<String>,
    information: Option<Information>,
}

enum Origin {
    /// All that it says beside its class it shares with others; see [`Findings::shared`].
    Shared(u32),
    Own(Own),
}

/// What one access contributes.
struct Contribution {
    share: Share,
    at: Moment,
    until: Option<Moment>,
    origin: Origin,
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    scope: Scope,
    judging: Judging,
    columns: Vec<Column>,
    column_of: FxHashMap<Class, u32>,
    /// The columns of accesses with one statement: by what it shares with others, and where its
    /// people live and what for.
    general: FxHashMap<(u32, Option<u32>, Kleene), u32>,
    accounts: Roster,
    consumers: Roster,
    resources: Roster,
    devices: Roster,
    extent: Extent,
    by_rest: FxHashMap<u32, u64>,
    by_own: BTreeMap<Own, u64>,
    findings: Sum,
    exposed: Vec<Exposed>,
    /// What exposures with names contribute, and the accounts that they name.
    shares: Vec<Share>,
    accounts_exposed: FxHashSet<u32>,
    exposures_stale: bool,
    /// Accesses that were taken back and are to be put in again.
    pending: FxHashSet<Digest>,
}

impl Ledger {
    /// Everything in `scope`, from the beginning.
    pub(crate) fn new(scope: &Scope, judging: Judging, basis: Basis<'_>) -> Ledger {
        let mut ledger = Ledger {
            scope: scope.clone(),
            judging,
            columns: Vec::new(),
            column_of: FxHashMap::default(),
            general: FxHashMap::default(),
            accounts: Roster::default(),
            consumers: Roster::default(),
            resources: Roster::default(),
            devices: Roster::default(),
            extent: Extent::default(),
            by_rest: FxHashMap::default(),
            by_own: BTreeMap::new(),
            findings: Sum::default(),
            exposed: Vec::new(),
            shares: Vec::new(),
            accounts_exposed: FxHashSet::default(),
            exposures_stale: false,
            pending: FxHashSet::default(),
        };
        for (number, held) in basis.findings.within(scope) {
            if is_first(basis.findings, scope, number, held) {
                ledger.step(held.access, true, basis);
            }
        }
        ledger
    }

    /// Whether it holds the accesses of `scope` as `judging` has them.
    pub(crate) fn is_of(&self, scope: &Scope, judging: &Judging) -> bool {
        self.scope.groups == scope.groups
            && self.scope.times == scope.times
            && self.judging == *judging
    }

    /// Whether `exposed` is what exposures state in it.
    pub(crate) fn states(&self, exposed: &[Exposed]) -> bool {
        self.exposed == exposed && !self.exposures_stale
    }

    /// How many accesses, and accounts that exposures name, stand in it.
    pub(crate) fn entries(&self) -> u64 {
        self.columns.iter().map(|column| column.entries).sum()
    }

    /// Accounts, people, recordings and devices, by number.
    pub(crate) fn rosters(&self) -> [&Roster; 4] {
        [
            &self.accounts,
            &self.consumers,
            &self.resources,
            &self.devices,
        ]
    }

    /// The groups of which it holds accesses.
    pub(crate) fn groups(&self) -> &BTreeSet<String> {
        &self.scope.groups
    }

    /// Takes back what `access` contributes: what is on record about it is about to change.
    pub(crate) fn take_back(&mut self, access: Digest, basis: Basis<'_>) {
        if self.pending.insert(access) {
            self.step(access, false, basis);
        }
    }

    /// Says that what is on record about an account is about to change.
    pub(crate) fn doubt_account(&mut self, account: u32) {
        self.exposures_stale |= self.accounts_exposed.contains(&account);
    }

    /// Puts in again what was taken back, and what `exposed` states now.
    pub(crate) fn catch_up(&mut self, exposed: Vec<Exposed>, basis: Basis<'_>) {
        for access in std::mem::take(&mut self.pending) {
            self.step(access, true, basis);
        }
        if std::mem::take(&mut self.exposures_stale) || self.exposed != exposed {
            for share in std::mem::take(&mut self.shares) {
                self.put(&share, false);
            }
            let mut all = Vec::new();
            for one in &exposed {
                let key = one.exposure.key.as_ref();
                let judged = self.judging.judged(key, &one.groups());
                for (class, share) in shares(one, &judged, None, basis) {
                    let column = self.column(class);
                    all.push(Share { column, ..share });
                }
            }
            all.iter().for_each(|share| self.put(share, true));
            self.accounts_exposed = all.iter().map(|share| share.account).collect();
            self.shares = all;
            self.exposed = exposed;
        }
        if self.extent.stale {
            self.extent = self.find_extent(basis);
        }
    }

    /// Puts in, or takes out, all that `access` contributes.
    fn step(&mut self, access: Digest, more: bool, basis: Basis<'_>) {
        for (_, held) in basis.findings.of_access(access) {
            if basis.findings.is_in(&self.scope, held) {
                self.findings.step(&held.content, more);
            }
        }
        let mut others = Vec::new();
        let one = self.contribution(access, basis, &mut others);
        for one in one.into_iter().chain(others) {
            self.extent.step(one.at, one.until, more);
            self.turn(one, more);
        }
    }

    /// Puts in, or takes out, a contribution, but for when it was.
    fn turn(&mut self, one: Contribution, more: bool) {
        self.put(&one.share, more);
        match one.origin {
            Origin::Shared(rest) => step(self.by_rest.entry(rest).or_default(), more),
            Origin::Own(own) => step(self.by_own.entry(own).or_default(), more),
        }
    }

    /// What `access` contributes: one thing, or `others` where it has statements that differ.
    fn contribution(
        &mut self,
        access: Digest,
        basis: Basis<'_>,
        others: &mut Vec<Contribution>,
    ) -> Option<Contribution> {
        let mut all = basis.findings.of_access(access);
        let (number, held) = all.next()?;
        if all.next().is_none() && self.judging.is_general() {
            if basis.findings.is_withdrawn(access) || !basis.findings.is_in(&self.scope, held) {
                return None;
            }
            let holding = basis.holding(held.account, held.at);
            let rest = basis.findings.rest_number(held);
            let known = (rest, holding.residence, holding.residential);
            let column = match self.general.get(&known) {
                Some(column) => *column,
                None => {
                    let one = reached(basis.findings, access, &self.scope).pop()?;
                    let column = self.column_of(&one, &holding, basis);
                    self.general.insert(known, column);
                    column
                }
            };
            let thing = |number| match number {
                NONE => Thing::Unnamed,
                number => Thing::Number(number),
            };
            return Some(Contribution {
                share: Share {
                    column,
                    account: held.account,
                    holding: Some(holding),
                    resource: thing(held.resource),
                    device: thing(held.device),
                },
                at: held.at,
                until: basis.findings.until(number),
                origin: Origin::Shared(rest),
            });
        }
        for one in reached(basis.findings, access, &self.scope) {
            others.push(self.own_contribution(&one, basis));
        }
        None
    }

    fn own_contribution(&mut self, one: &Reached, basis: Basis<'_>) -> Contribution {
        let [account, resource, device] = basis.findings.numbers(&one.access);
        let holding = basis.holding(account, one.access.at);
        let column = self.column_of(one, &holding, basis);
        let thing = |named: &Option<Private>, number| match named {
            Some(_) => Thing::Number(number),
            None => Thing::Unnamed,
        };
        Contribution {
            share: Share {
                column,
                account,
                holding: Some(holding),
                resource: thing(&one.access.resource, resource),
                device: thing(&one.access.device, device),
            },
            at: one.access.at,
            until: one.access.until,
            origin: Origin::Own(own(one)),
        }
    }

    fn column_of(&mut self, one: &Reached, holding: &Holding, basis: Basis<'_>) -> u32 {
        let residence = holding.residence.map(|place| basis.people.place(place));
        let class = self.judging.class_of(one, residence, holding.residential);
        self.column(class)
    }

    fn column(&mut self, class: Class) -> u32 {
        let next = self.columns.len() as u32;
        *self.column_of.entry(class).or_insert_with_key(|class| {
            self.columns.push(Column {
                class: class.clone(),
                entries: 0,
                without_consumers: 0,
                without_resource: 0,
                without_device: 0,
            });
            next
        })
    }

    fn put(&mut self, share: &Share, more: bool) {
        let column = share.column;
        let Some(of) = self.columns.get_mut(column as usize) else {
            return;
        };
        step(&mut of.entries, more);
        let turn = |roster: &mut Roster, member: u32| {
            if more {
                roster.add(member, column);
            } else {
                roster.remove(member, column);
            }
        };
        turn(&mut self.accounts, share.account);
        if let Some(holding) = &share.holding {
            for one in &holding.consumers {
                turn(&mut self.consumers, *one);
            }
            if holding.open {
                step(&mut of.without_consumers, more);
            }
        }
        for (thing, roster, without) in [
            (
                share.resource,
                &mut self.resources,
                &mut of.without_resource,
            ),
            (share.device, &mut self.devices, &mut of.without_device),
        ] {
            match thing {
                Thing::Number(number) => turn(roster, number),
                Thing::Unnamed => step(without, more),
                Thing::Elsewhere => {}
            }
        }
    }

    fn find_extent(&mut self, basis: Basis<'_>) -> Extent {
        let scope = self.scope.clone();
        let mut extent = Extent::default();
        for (number, held) in basis.findings.within(&scope) {
            if is_first(basis.findings, &scope, number, held) {
                let mut others = Vec::new();
                let one = self.contribution(held.access, basis, &mut others);
                for one in one.into_iter().chain(others) {
                    extent.step(one.at, one.until, true);
                }
            }
        }
        extent
    }

    /// First and last instant of the accesses.
    pub(crate) fn extent(&self) -> [Option<Moment>; 2] {
        [self.extent.first, self.extent.last]
    }

    /// When the earliest record was made on which a verdict rests.
    pub(crate) fn rests_on_since(&self, findings: &Findings) -> Option<Moment> {
        let shared = self.shared(findings).filter_map(|one| one.rests_on_since);
        let own = self.by_own.iter().filter(|(_, times)| **times > 0);
        shared
            .chain(own.filter_map(|(one, _)| one.rests_on_since))
            .min()
    }

    /// For each matter the classes of information of accesses that reached it, or may have.
    pub(crate) fn information<'a>(
        &'a self,
        findings: &'a Findings,
    ) -> impl Iterator<Item = (&'a str, Information)> {
        let shared = self.shared(findings).filter_map(|one| {
            let disputed = one.disputed.iter().any(|member| member == "information");
            let reaches = one.access.action.reaches(one.access.information).may_be();
            (reaches && !disputed).then_some((one.group.as_str(), one.access.information))
        });
        let own = self.by_own.iter().filter(|(_, times)| **times > 0);
        let own = own.flat_map(|(one, _)| {
            let groups = one.groups.iter().map(String::as_str);
            groups.zip(std::iter::repeat(one.information))
        });
        let own = own.filter_map(|(group, information)| Some((group, information?)));
        let of_matter = |(group, information): (&'a str, Information)| {
            Some((group.strip_prefix("matter:")?, information))
        };
        shared.chain(own).filter_map(of_matter)
    }

    fn shared<'a>(&'a self, findings: &'a Findings) -> impl Iterator<Item = &'a Finding> {
        let there = self.by_rest.iter().filter(|(_, times)| **times > 0);
        there.filter_map(|(rest, _)| findings.rest_of(*rest))
    }

    /// A digest of all findings in scope.
    pub(crate) fn digest(&self) -> String {
        self.findings.digest()
    }

    /// A row for each class that has members, in the order of the classes, and how many members
    /// stand in which of them.
    pub(crate) fn rows(&self) -> (Vec<Row>, Overlaps) {
        let there = self.columns.iter().enumerate();
        let mut there: Vec<(usize, &Column)> = there.filter(|(_, one)| one.entries > 0).collect();
        there.sort_by(|(_, a), (_, b)| a.class.cmp(&b.class));
        let mut place_of = vec![NONE; self.columns.len()];
        let mut rows = Vec::with_capacity(there.len());
        for (place, (at, column)) in there.into_iter().enumerate() {
            if let Some(there) = place_of.get_mut(at) {
                *there = place as u32;
            }
            rows.push(Row {
                class: column.class.clone(),
                members: Members::ByIdentity {
                    column: place as u32,
                    without_consumers: column.without_consumers,
                    without_resource: column.without_resource,
                    without_device: column.without_device,
                },
            });
        }
        let overlaps = |roster: &Roster| {
            let mut overlaps: Vec<Overlap> = roster
                .sets()
                .map(|(columns, members)| {
                    let places = columns.iter().filter_map(|at| place_of.get(*at as usize));
                    let mut columns: Vec<u32> = places.copied().collect();
                    columns.sort_unstable();
                    Overlap { columns, members }
                })
                .collect();
            overlaps.sort();
            overlaps
        };
        let overlaps = Overlaps {
            accounts: overlaps(&self.accounts),
            consumers: overlaps(&self.consumers),
            resources: overlaps(&self.resources),
            devices: overlaps(&self.devices),
        };
        (rows, overlaps)
    }
}

impl Extent {
    fn step(&mut self, at: Moment, until: Option<Moment>, more: bool) {
        let [first, last] = [
            until.map_or(at, |until| at.min(until)),
            until.unwrap_or(at).max(at),
        ];
        if more {
            self.first = Some(self.first.map_or(first, |one| one.min(first)));
            self.last = Some(self.last.map_or(last, |one| one.max(last)));
        } else {
            self.stale |= self.first == Some(first) || self.last == Some(last);
        }
    }
}

fn own(one: &Reached) -> Own {
    let access = &one.access;
    let known = !one.disputed_members.contains("information");
    let reaches = access.action.reaches(access.information).may_be();
    Own {
        rests_on_since: one.rests_on_since,
        groups: one.groups.clone(),
        information: (known && reaches).then_some(access.information),
    }
}

/// Whether the entry is the first on its access in `scope`: each access counts once.
fn is_first(findings: &Findings, scope: &Scope, number: u32, held: &Held) -> bool {
    let all = findings.of_access(held.access);
    let mut here = all.filter(|(_, other)| findings.is_in(scope, other));
    here.all(|(other, _)| other >= number)
}

fn step(count: &mut u64, more: bool) {
    *count = if more {
        *count + 1
    } else {
        count.saturating_sub(1)
    };
}
