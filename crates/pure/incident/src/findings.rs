//! Findings by group, access and account, small enough for millions of them.
//!
//! What a finding has for itself (access, account, recording, device, actor, instant) stands in one
//! entry of fixed size; what it shares with thousands of others (verdict, action, kind of
//! information, …) stands once. What no count rests on (grants that were looked at, where the
//! access stands) is not kept: a digest of the content says whether it changed.

use crate::grouping::Scope;
use crate::names::{Chunks, Index, Names};
use crate::reached::UNKNOWN_ACTOR;
use facts::{Access, Finding, Moment, Private, digest_parts};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

mod late;

use late::list_of;

/// The first half of a SHA-256: two things that have the same are the same.
pub(crate) type Digest = [u8; 16];

/// No number: nothing is named, or a chain ends.
pub(crate) const NONE: u32 = u32::MAX;

/// One finding: 64 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// Of the access's id.
    pub(crate) access: Digest,
    /// Of all that the finding says; where the access stands is no part of it.
    pub(crate) content: Digest,
    pub(crate) at: Moment,
    /// Numbers in the names of [`Findings`]; [`NONE`] where the access names none.
    pub(crate) account: u32,
    pub(crate) resource: u32,
    pub(crate) device: u32,
    /// What it shares with others, in [`Findings::manners`]; [`NONE`]: taken back.
    manner: u32,
    next_of_account: u32,
    next_of_group: u32,
}

/// By whom and how something was reached, and what was made of it: all that many accesses of one
/// actor in one session share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Manner {
    /// A number in [`Findings::rests`]; [`NONE`]: taken back.
    rest: u32,
    /// Actor, session, address, credential and client.
    others: [u32; 5],
}

/// That of an entry that was taken back.
const NO_MANNER: Manner = Manner {
    rest: NONE,
    others: [NONE; 5],
};

/// What many findings have in common.
#[derive(Debug, Clone)]
struct Rest {
    /// A finding without what an entry has for itself.
    finding: Finding,
    group: u32,
}

#[derive(Debug, Clone)]
struct Group {
    name: String,
    /// The latest entry of the chain.
    head: u32,
    live: u64,
}

/// All findings. What is taken back stays in its chains as a dead entry until half are dead.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    held: Chunks<Held>,
    dead: usize,
    by_access: Index,
    rests: Vec<Rest>,
    rest_index: Index,
    manners: Chunks<Manner>,
    manner_index: Index,
    /// The ends of accesses that last, by entry.
    until: FxHashMap<u32, Moment>,
    groups: Vec<Group>,
    group_of: BTreeMap<String, u32>,
    /// By account: the latest entry of its chain.
    heads: Chunks<u32>,
    accounts: Names,
    resources: Names,
    devices: Names,
    /// Actors, sessions, addresses, credentials and clients.
    others: Names,
    /// Accesses whose records were taken back.
    withdrawn: FxHashSet<Digest>,
    /// Keys under which findings were put that are not their own: what stands there.
    other_keys: BTreeMap<String, String>,
    /// Whether one access may stand here several times, by its late grants: the key is then
    /// [`Finding::excused_key`].
    by_late_grants: bool,
    /// Lists of late grants, as JSON, and which of them is that of an entry.
    late: Names,
    late_of: FxHashMap<u32, u32>,
    #[cfg(test)]
    passed: std::cell::Cell<u64>,
}

/// A change of one finding that was found to be one.
pub(crate) struct Change {
    /// The access that it is about.
    pub(crate) access: Digest,
    /// What stands there now.
    before: Option<u32>,
    finding: Option<(Digest, Finding)>,
}

impl Findings {
    /// Notes under which key a finding is put. Gives its own key, and the key of what stood there
    /// before where that is another.
    pub(crate) fn keys(&mut self, key: String, new: Option<&Finding>) -> (String, Option<String>) {
        let own = new.map_or_else(|| key.clone(), Finding::key);
        let stood = self.other_keys.remove(&key);
        if own != key {
            self.other_keys.insert(key, own.clone());
        }
        let stood = stood.filter(|stood| *stood != own);
        (own, stood)
    }

    /// What it changes that `finding` is put at `key`, its own; nothing where that stands already.
    pub(crate) fn change(&self, key: &str, finding: Option<Finding>) -> Option<Change> {
        let Some(mut finding) = finding else {
            let before = self.find(key)?;
            let access = self.held.get(before)?.access;
            return Some(Change {
                access,
                before: Some(before),
                finding: None,
            });
        };
        let access = digest(finding.access.id.as_bytes());
        let before = self.standing(access, &finding);
        finding.source = None;
        let content = digest(&serde_json::to_vec(&finding).unwrap_or_default());
        let same = before
            .and_then(|before| self.held.get(before))
            .is_some_and(|held| held.content == content);
        (!same).then_some(Change {
            access,
            before,
            finding: Some((content, finding)),
        })
    }

    /// The groups that hold the access of a change, before it or after it.
    pub(crate) fn groups_of(&self, change: &Change) -> BTreeSet<String> {
        let mut groups = self.groups_with_access(change.access);
        groups.extend(
            change
                .finding
                .as_ref()
                .map(|(_, finding)| finding.group.clone()),
        );
        groups
    }

    /// Makes the change.
    pub(crate) fn make(&mut self, change: Change) {
        if let Some(before) = change.before {
            self.remove(before);
        }
        if let Some((content, finding)) = change.finding {
            self.insert(change.access, content, finding);
        }
        if self.dead > 1024 && self.dead * 2 > self.held.len() {
            self.compact();
        }
    }

    fn insert(&mut self, access: Digest, content: Digest, mut finding: Finding) {
        let of = &mut finding.access;
        let account = std::mem::replace(&mut of.account, Private::new(""));
        let account = self.account(&account);
        let resource = number(&mut self.resources, of.resource.take());
        let device = number(&mut self.devices, of.device.take());
        let others = [
            number(&mut self.others, of.actor.take()),
            number(&mut self.others, of.session.take()),
            number(&mut self.others, of.source_address.take()),
            number(&mut self.others, of.credential.take()),
            number(&mut self.others, of.client.take()),
        ];
        let at = std::mem::replace(&mut of.at, Moment::MIN);
        if let Some(until) = of.until.take() {
            self.until.insert(self.held.len() as u32, until);
        }
        of.id = String::new();
        of.actor_account = None;
        of.basis = None;
        finding.purposes = Vec::new();
        finding.grants = Vec::new();
        let late = std::mem::take(&mut finding.late_grants);
        if self.by_late_grants {
            let list = self.late.number(&list_of(&late));
            self.late_of.insert(self.held.len() as u32, list);
        }
        finding.matched = Vec::new();
        let rest = self.rest(finding);
        let manner = self.manner(Manner { rest, others });
        self.link(Held {
            access,
            content,
            at,
            account,
            resource,
            device,
            manner,
            next_of_account: NONE,
            next_of_group: NONE,
        });
    }

    fn link(&mut self, mut held: Held) {
        let number = self.held.len() as u32;
        if let Some(head) = self.heads.get_mut(held.account) {
            held.next_of_account = std::mem::replace(head, number);
        }
        let group = self.group_number(held.manner);
        if let Some(group) = group.and_then(|group| self.groups.get_mut(group as usize)) {
            held.next_of_group = std::mem::replace(&mut group.head, number);
            group.live += 1;
        }
        self.by_access.insert(hash_of(&held.access), number);
        self.held.push(held);
    }

    fn remove(&mut self, number: u32) {
        let Some(held) = self.held.get_mut(number) else {
            return;
        };
        let manner = std::mem::replace(&mut held.manner, NONE);
        self.by_access.remove(hash_of(&held.access), number);
        self.until.remove(&number);
        self.late_of.remove(&number);
        self.dead += 1;
        let group = self.group_number(manner);
        if let Some(group) = group.and_then(|group| self.groups.get_mut(group as usize)) {
            group.live -= 1;
        }
    }

    /// Leaves out what was taken back.
    fn compact(&mut self) {
        let old = std::mem::take(&mut self.held);
        let until = std::mem::take(&mut self.until);
        let late_of = std::mem::take(&mut self.late_of);
        self.by_access = Index::default();
        self.dead = 0;
        for group in &mut self.groups {
            (group.head, group.live) = (NONE, 0);
        }
        self.heads = Chunks::default();
        (0..self.accounts.len()).for_each(|_| self.heads.push(NONE));
        for (number, held) in old.iter().enumerate() {
            if held.manner != NONE {
                if let Some(until) = until.get(&(number as u32)) {
                    self.until.insert(self.held.len() as u32, *until);
                }
                if let Some(list) = late_of.get(&(number as u32)) {
                    self.late_of.insert(self.held.len() as u32, *list);
                }
                self.link(*held);
            }
        }
    }

    /// The number of an account, given to it now if it has none.
    pub(crate) fn account(&mut self, account: &Private) -> u32 {
        let number = self.accounts.number(account.reveal());
        if self.accounts.len() > self.heads.len() {
            self.heads.push(NONE);
        }
        number
    }

    fn manner(&mut self, manner: Manner) -> u32 {
        let hash = hash_of(&manner);
        let is_it = |one: &u32| self.manners.get(*one) == Some(&manner);
        if let Some(known) = self.manner_index.under(hash).find(is_it) {
            return known;
        }
        let number = self.manners.len() as u32;
        self.manners.push(manner);
        self.manner_index.insert(hash, number);
        number
    }

    fn manner_of(&self, held: &Held) -> Manner {
        self.manners.get(held.manner).copied().unwrap_or(NO_MANNER)
    }

    fn group_number(&self, manner: u32) -> Option<u32> {
        let rest = self.manners.get(manner)?.rest;
        self.rests.get(rest as usize).map(|rest| rest.group)
    }

    fn rest(&mut self, finding: Finding) -> u32 {
        let hash = hash_of(&finding);
        let is_it = |one: &u32| {
            let rest = self.rests.get(*one as usize);
            rest.is_some_and(|rest| rest.finding == finding)
        };
        if let Some(known) = self.rest_index.under(hash).find(is_it) {
            return known;
        }
        let group = self.group(&finding.group);
        let number = self.rests.len() as u32;
        self.rests.push(Rest { finding, group });
        self.rest_index.insert(hash, number);
        number
    }

    fn group(&mut self, name: &str) -> u32 {
        if let Some(known) = self.group_of.get(name) {
            return *known;
        }
        let number = self.groups.len() as u32;
        self.group_of.insert(name.to_owned(), number);
        self.groups.push(Group {
            name: name.to_owned(),
            head: NONE,
            live: 0,
        });
        number
    }

    /// The entry at a key: its group, its access's id and the digest of its actor and account; and
    /// of its late grants, where one access may stand here several times.
    fn find(&self, key: &str) -> Option<u32> {
        let (key, late) = match self.by_late_grants {
            true => key.rsplit_once('|').map(|(key, late)| (key, Some(late)))?,
            false => (key, None),
        };
        let (rest, variant) = key.rsplit_once('|')?;
        rest.match_indices('|').find_map(|(at, _)| {
            let (group, id) = (rest.get(..at)?, rest.get(at + 1..)?);
            let mut there = self.of_access(digest(id.as_bytes()));
            let is_it = |(number, held): &(u32, &Held)| {
                self.group_of_entry(held) == group
                    && self.variant(held) == variant
                    && late
                        .is_none_or(|late| Finding::late_digest(&self.late_grants(*number)) == late)
            };
            let (number, _) = there.find(is_it)?;
            Some(number)
        })
    }

    /// The entry that has the key of `finding`.
    fn standing(&self, access: Digest, finding: &Finding) -> Option<u32> {
        let mut there = self.of_access(access);
        let is_late = |number| !self.by_late_grants || self.is_late_by(number, finding);
        let is_it = |(number, held): &(u32, &Held)| {
            self.group_of_entry(held) == finding.group
                && (self.is_by(held, &finding.access)
                    || finding.key().ends_with(&self.variant(held)))
                && is_late(*number)
        };
        there.find(is_it).map(|(number, _)| number)
    }

    fn is_by(&self, held: &Held, access: &Access) -> bool {
        self.accounts.text(held.account) == access.account.reveal()
            && self.actor(held) == access.actor.as_ref().map_or("", Private::reveal)
    }

    /// As [`Finding::key`] ends.
    fn variant(&self, held: &Held) -> String {
        let mut digest = digest_parts(&[self.actor(held), self.accounts.text(held.account)]);
        digest.truncate(8);
        digest
    }

    fn actor_number(&self, held: &Held) -> u32 {
        self.manner_of(held).others[0]
    }

    fn actor(&self, held: &Held) -> &str {
        self.others.text(self.actor_number(held))
    }

    /// Every entry on an access that was not taken back, with its number.
    pub(crate) fn of_access(&self, access: Digest) -> impl Iterator<Item = (u32, &Held)> {
        let numbers = self.by_access.under(hash_of(&access));
        numbers
            .filter_map(|number| Some((number, self.held.get(number)?)))
            .filter(move |(_, held)| held.access == access)
    }

    /// Every entry on an account that was not taken back.
    pub(crate) fn of_account(&self, account: u32) -> impl Iterator<Item = &Held> {
        let head = self.heads.get(account).copied().unwrap_or(NONE);
        let first = self.held.get(head);
        let all = std::iter::successors(first, |held| self.held.get(held.next_of_account));
        all.filter(|held| self.pass(held))
    }

    /// Every entry in `scope`, with its number.
    pub(crate) fn within<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = (u32, &'a Held)> {
        let groups = scope.groups.iter();
        let groups = groups.filter_map(|name| self.groups.get(*self.group_of.get(name)? as usize));
        let entries = groups.flat_map(|group| {
            let entry = |number: u32| Some((number, self.held.get(number)?));
            std::iter::successors(entry(group.head), move |(_, held)| {
                entry(held.next_of_group)
            })
        });
        entries.filter(|(_, held)| self.pass(held) && self.is_in(scope, held))
    }

    /// Whether an entry belongs to `scope`.
    pub(crate) fn is_in(&self, scope: &Scope, held: &Held) -> bool {
        scope.holds(self.group_of_entry(held), held.at)
    }

    /// The name of an entry's group.
    pub(crate) fn group_of_entry(&self, held: &Held) -> &str {
        self.shared(held)
            .map_or("", |finding| finding.group.as_str())
    }

    /// What an entry shares with others: a finding whose own members are blank.
    pub(crate) fn shared(&self, held: &Held) -> Option<&Finding> {
        self.rest_of(self.rest_number(held))
    }

    /// The number of what an entry shares with others; see [`Findings::rest_of`].
    pub(crate) fn rest_number(&self, held: &Held) -> u32 {
        self.manner_of(held).rest
    }

    /// What the entries of a number share.
    pub(crate) fn rest_of(&self, rest: u32) -> Option<&Finding> {
        self.rests.get(rest as usize).map(|rest| &rest.finding)
    }

    /// When the access of an entry ended, if it lasted.
    pub(crate) fn until(&self, number: u32) -> Option<Moment> {
        self.until.get(&number).copied()
    }

    /// An entry as the finding that it was made from, as far as it is kept.
    pub(crate) fn finding(&self, number: u32, held: &Held) -> Option<Finding> {
        let mut finding = self.shared(held)?.clone();
        let text = |names: &Names, number: u32| {
            (number != NONE).then(|| Private::from(names.text(number)))
        };
        let access = &mut finding.access;
        access.at = held.at;
        access.until = self.until(number);
        access.account = Private::from(self.accounts.text(held.account));
        access.resource = text(&self.resources, held.resource);
        access.device = text(&self.devices, held.device);
        let [actor, session, source_address, credential, client] = self.others_of(held);
        access.actor = text(&self.others, actor);
        access.session = text(&self.others, session);
        access.source_address = text(&self.others, source_address);
        access.credential = text(&self.others, credential);
        access.client = text(&self.others, client);
        Some(finding)
    }

    /// The names of accounts, of recordings, of devices, and of whoever and whatever else.
    pub(crate) fn names(&self) -> [&Names; 4] {
        [&self.accounts, &self.resources, &self.devices, &self.others]
    }

    /// By whom and how an entry's access was: actor, session, address, credential and client.
    pub(crate) fn others_of(&self, held: &Held) -> [u32; 5] {
        self.manner_of(held).others
    }

    /// The numbers of what an access names: account, recording and device.
    pub(crate) fn numbers(&self, access: &Access) -> [u32; 3] {
        let find = |names: &Names, text: Option<&Private>| {
            text.and_then(|text| names.find(text.reveal()))
                .unwrap_or(NONE)
        };
        [
            find(&self.accounts, Some(&access.account)),
            find(&self.resources, access.resource.as_ref()),
            find(&self.devices, access.device.as_ref()),
        ]
    }

    /// The number of an account that was seen.
    pub(crate) fn account_number(&self, account: &Private) -> Option<u32> {
        self.accounts.find(account.reveal())
    }

    /// The account of a number.
    pub(crate) fn account_name(&self, account: u32) -> &str {
        self.accounts.text(account)
    }

    /// The groups that hold a finding on the access.
    pub(crate) fn groups_with_access(&self, access: Digest) -> BTreeSet<String> {
        self.of_access(access)
            .map(|(_, held)| self.group_of_entry(held).to_owned())
            .collect()
    }

    /// The groups that hold a finding on the account.
    pub(crate) fn groups_with_account(&self, account: u32) -> BTreeSet<String> {
        let mut rests = FxHashSet::default();
        self.of_account(account)
            .filter(|held| rests.insert(self.rest_number(held)))
            .map(|held| self.group_of_entry(held).to_owned())
            .collect()
    }

    /// The groups that hold findings.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &String> {
        let there = self.groups.iter().filter(|group| group.live > 0);
        there.map(|group| &group.name)
    }

    /// Says whether the record of an access was taken back.
    pub(crate) fn set_withdrawn(&mut self, access: Digest, withdrawn: bool) {
        if withdrawn {
            self.withdrawn.insert(access);
        } else {
            self.withdrawn.remove(&access);
        }
    }

    /// Whether the record of the access was taken back.
    pub(crate) fn is_withdrawn(&self, access: Digest) -> bool {
        self.withdrawn.contains(&access)
    }

    /// Whether `scope` holds a finding that counts: not retracted, and not superseded.
    pub(crate) fn counts_in(&self, scope: &Scope) -> bool {
        self.within(scope)
            .any(|(_, held)| !self.is_withdrawn(held.access) && !self.is_superseded(held, scope))
    }

    /// Whether a statement that names the actor stands beside this one, which does not: in
    /// `scope`, or anywhere if this one is counted only for want of an actor.
    pub(crate) fn is_superseded(&self, held: &Held, scope: &Scope) -> bool {
        let for_want = || self.group_of_entry(held) == UNKNOWN_ACTOR;
        self.actor_number(held) == NONE
            && self.of_access(held.access).any(|(_, other)| {
                self.actor_number(other) != NONE
                    && other.account == held.account
                    && (for_want() || self.is_in(scope, other))
            })
    }

    /// Whether statements of the access differ in actor or account, wherever they are counted.
    pub(crate) fn is_disputed(&self, access: Digest) -> bool {
        let mut all = self.of_access(access).map(|(_, held)| held);
        let Some(first) = all.next() else {
            return false;
        };
        let mut actor = self.actor_number(first);
        all.any(|held| {
            let own = self.actor_number(held);
            if actor == NONE {
                actor = own;
            }
            held.account != first.account || (own != NONE && own != actor)
        })
    }
}

/// A digest of `bytes`.
pub(crate) fn digest(bytes: &[u8]) -> Digest {
    let mut half = Digest::default();
    half.copy_from_slice(&Sha256::digest(bytes)[..16]);
    half
}

fn number(names: &mut Names, text: Option<Private>) -> u32 {
    text.map_or(NONE, |text| names.number(text.reveal()))
}

fn hash_of(value: &impl Hash) -> u32 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}
