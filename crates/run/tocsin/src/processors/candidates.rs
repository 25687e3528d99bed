//! The candidates of one partition and what is due of them.
//!
//! Without a folder for state all are in memory. With one, those are that changed since the state
//! was last written; the others are looked up on disk one by one, and memory does not grow with
//! their number. What is in memory counts, wherever it differs from what is on disk.

use super::disk::{Disk, Note, Writing};
use crate::runtime::StageError;
use crate::topology::Topic;
use access::{Changes, Reach};
use facts::{Access, Private, Source, Variants};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

/// Where more become due than so many pieces of work, and there is a disk, all of the partition are
/// gone through in their order there, and their names need not be in memory.
const DUE_PIECES_MAX: usize = 5;
/// A bar and the eight characters of a digest, with which the keys of findings end, and those of
/// what is excused twice: see [`facts::Finding::key`].
const KEY_DIGEST_BYTES: usize = 9;
/// So many names are read from disk at once on the way through all.
const SWEPT_AT_ONCE: usize = 1_000;

/// What stands on a topic about one access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    /// [`Topic::Findings`] or [`Topic::Excused`].
    pub(super) topic: Topic,
    pub(super) key: String,
    /// Of the value.
    pub(super) digest: String,
}

/// Everything that was stated of one access, and what was said about it.
#[derive(Debug, Default)]
pub(super) struct Candidate {
    pub(super) statements: Variants<Access>,
    pub(super) source: Option<Source>,
    /// Findings, and what is excused, as they stand. One, as a rule: a map would hold the room of
    /// eleven for each access.
    pub(super) said: Vec<Said>,
    /// Until when it waits for a basis to be recorded; `None`: it was never held.
    pub(super) held_until: Option<Duration>,
    /// Whether it is other than on disk.
    pub(super) changed: bool,
}

impl Candidate {
    /// Whether it waits for a basis to be recorded, or has waited and is about to be judged: until
    /// when is nowhere but in memory.
    fn waits(
        &self,
        id: &str,
        waiting: &BTreeSet<(Duration, String)>,
        due: &BTreeSet<String>,
    ) -> bool {
        self.held_until
            .is_some_and(|until| due.contains(id) || waiting.contains(&(until, id.to_owned())))
    }
}

/// Names of candidates by one of their members.
type Index = HashMap<Private, BTreeSet<String>>;

/// A way through all that are on disk, in their order, on which more may become due: it ends where
/// it stood when that was last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sweep {
    /// Everything up to this id is judged.
    done_to: String,
    /// After the last one it begins anew and goes as far as this.
    again_to: Option<String>,
    /// It has begun anew, and ends behind this one.
    ends_at: Option<String>,
}

impl Sweep {
    /// All are to be judged, also those that were.
    fn begin_again(&mut self) {
        (self.again_to, self.ends_at) = (Some(self.done_to.clone()), None);
    }

    /// The next one is this, or there is none; whether it is to be judged. Otherwise a round ends,
    /// and with it the way, unless another begins.
    fn goes_on(&mut self, next: Option<&str>) -> bool {
        let past = |id: &str| self.ends_at.as_deref().is_some_and(|end| id > end);
        match next {
            Some(id) if !past(id) => {
                id.clone_into(&mut self.done_to);
                true
            }
            _ => {
                self.ends_at = self.again_to.take();
                self.done_to.clear();
                false
            }
        }
    }

    fn is_over(&self) -> bool {
        self.done_to.is_empty() && self.ends_at.as_deref().is_none_or(str::is_empty)
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Candidates {
    partition: i32,
    near: HashMap<String, Candidate>,
    by_actor: Index,
    by_account: Index,
    /// To be judged (again), in the order of their names.
    due: BTreeSet<String>,
    sweep: Option<Sweep>,
    /// The next ones on that way.
    swept: VecDeque<String>,
    /// Some of those that are due by it are not on disk yet.
    too_early: bool,
    /// What became due or was judged since the state was last written.
    due_changed: BTreeSet<String>,
    /// Those that wait for a basis to be recorded, by the end of their waiting.
    waiting: BTreeSet<(Duration, String)>,
    /// At most so many are due by name, where there is a disk.
    due_max: usize,
    disk: Option<Rc<Disk>>,
}

impl Candidates {
    /// None, of that partition, but what is on disk of it as `note` says; judged in pieces of so
    /// many.
    pub(super) fn new(
        partition: i32,
        piece_records: usize,
        disk: Option<Rc<Disk>>,
        note: Option<&Note>,
    ) -> Result<Candidates, StageError> {
        let mut candidates = Candidates {
            partition,
            due_max: piece_records.saturating_mul(DUE_PIECES_MAX),
            ..Candidates::default()
        };
        if let Some((disk, note)) = disk.as_ref().zip(note) {
            candidates.sweep.clone_from(&note.sweep);
            let due = &mut candidates.due;
            disk.due(partition, &mut |id| due.insert(id.to_owned()))?;
        }
        candidates.disk = disk;
        Ok(candidates)
    }

    /// How many are in memory and need not be; about.
    pub(super) fn in_memory(&self) -> usize {
        self.near.len().saturating_sub(self.waiting.len())
    }

    /// Whether what is on disk must be written before more is judged.
    pub(super) fn must_be_written(&self) -> bool {
        self.too_early
    }

    /// Whether something is other than on disk.
    pub(super) fn has_changed(&self) -> bool {
        !self.due_changed.is_empty() || self.near.values().any(|one| one.changed)
    }

    /// Whether something is to be judged, or waits.
    pub(super) fn is_open(&self) -> bool {
        self.has_due() || !self.waiting.is_empty()
    }

    /// Whether something is to be judged.
    pub(super) fn has_due(&self) -> bool {
        !self.due.is_empty() || self.sweep.is_some()
    }

    /// The candidate of that id; `None`: nothing is known of it.
    pub(super) fn get(&mut self, id: &str) -> Result<Option<&mut Candidate>, StageError> {
        if !self.near.contains_key(id)
            && let Some(disk) = &self.disk
            && let Some(found) = disk.candidate(self.partition, id)?
        {
            self.near.insert(id.to_owned(), found);
        }
        Ok(self.near.get_mut(id))
    }

    /// The candidate of that id, as far as something is known of it.
    pub(super) fn entry(&mut self, id: &str) -> Result<&mut Candidate, StageError> {
        self.get(id)?;
        Ok(self.near.entry(id.to_owned()).or_default())
    }

    /// Memory need not hold it any longer, unless it changed.
    pub(super) fn leave(&mut self, id: &str) {
        if self.disk.is_some()
            && let Some(one) = self.near.get(id)
            && !one.changed
            && !one.waits(id, &self.waiting, &self.due)
        {
            self.near.remove(id);
        }
    }

    /// Takes in a statement with the place where it stands; whether it is new.
    pub(super) fn state(
        &mut self,
        access: Access,
        place: Option<Source>,
    ) -> Result<bool, StageError> {
        let id = access.id.clone();
        let (actor, account) = (access.actor.clone(), access.account.clone());
        let candidate = self.entry(&id)?;
        // The first place in the log's order; shown, never compared.
        if candidate.source.is_none() || place < candidate.source {
            candidate.changed |= candidate.source != place;
            candidate.source = place;
        }
        let new = candidate.statements.insert(access);
        candidate.changed |= new;
        if !new {
            self.leave(&id);
            return Ok(false);
        }
        if let Some(actor) = actor {
            self.by_actor.entry(actor).or_default().insert(id.clone());
        }
        self.by_account
            .entry(account)
            .or_default()
            .insert(id.clone());
        self.must_be_judged(id);
        Ok(true)
    }

    fn must_be_judged(&mut self, id: String) {
        if self.disk.is_some() {
            self.due_changed.insert(id.clone());
        }
        self.due.insert(id);
        if self.disk.is_some() && self.due.len() > self.due_max {
            self.judge_all_again();
        }
    }

    /// Everything is to be judged again.
    pub(super) fn judge_all_again(&mut self) {
        if self.disk.is_none() {
            self.due = self.near.keys().cloned().collect();
            return;
        }
        self.due_changed.append(&mut self.due);
        self.sweep.get_or_insert_default().begin_again();
        self.swept.clear();
        self.too_early = true;
    }

    /// Puts what `changes` touch on the list.
    pub(super) fn spread(&mut self, changes: &Changes, reach: &Reach) -> Result<(), StageError> {
        let found: BTreeSet<String> = match reach {
            Reach::Nothing => BTreeSet::new(),
            Reach::Everything if self.disk.is_some() => {
                self.judge_all_again();
                return Ok(());
            }
            Reach::Everything => self.near.keys().cloned().collect(),
            Reach::Keyed {
                actors,
                accounts,
                accesses,
            } => {
                let mut found = accesses.clone();
                let near = |index: &Index, key: &Private| index.get(key).cloned();
                found.extend(
                    actors
                        .iter()
                        .filter_map(|key| near(&self.by_actor, key))
                        .flatten(),
                );
                let of_accounts = accounts
                    .iter()
                    .filter_map(|key| near(&self.by_account, key));
                found.extend(of_accounts.flatten());
                if let Some(disk) = &self.disk {
                    let most = self.due_max;
                    let mut note = |id: &str| {
                        found.insert(id.to_owned());
                        found.len() <= most
                    };
                    for actor in actors {
                        disk.of_actor(self.partition, actor, &mut note)?;
                    }
                    for account in accounts {
                        disk.of_account(self.partition, account, &mut note)?;
                    }
                }
                found
            }
        };
        if self.disk.is_some() && found.len() > self.due_max {
            self.judge_all_again();
            return Ok(());
        }
        for id in found {
            // One on disk is not looked up for this: to judge it again does no harm.
            let near = self.near.get(&id);
            let touched = match &self.disk {
                Some(_) => near.is_none_or(|one| changes.touches(&one.statements)),
                None => near.is_some_and(|one| changes.touches(&one.statements)),
            };
            if touched {
                self.must_be_judged(id);
            }
        }
        Ok(())
    }

    /// Those that have waited long enough are judged again.
    pub(super) fn end_waiting(&mut self, now: Duration) {
        while let Some((until, id)) = self.waiting.pop_first() {
            if until > now {
                self.waiting.insert((until, id));
                return;
            }
            self.due.insert(id);
        }
    }

    /// The next to be judged.
    pub(super) fn next_due(&mut self) -> Result<Option<String>, StageError> {
        if let Some(id) = self.due.pop_first() {
            self.due_changed
                .extend(self.disk.is_some().then(|| id.clone()));
            return Ok(Some(id));
        }
        while let Some((sweep, disk)) = self.sweep.as_mut().zip(self.disk.as_ref()) {
            if self.too_early {
                return Ok(None);
            }
            if self.swept.is_empty() {
                let next = &mut self.swept;
                disk.all_behind(self.partition, &sweep.done_to, &mut |id| {
                    next.push_back(id.to_owned());
                    next.len() < SWEPT_AT_ONCE
                })?;
            }
            let next = self.swept.pop_front();
            if sweep.goes_on(next.as_deref()) {
                return Ok(next);
            }
            self.swept.clear();
            if sweep.is_over() {
                self.sweep = None;
            }
        }
        Ok(None)
    }

    /// It was judged; or waits until then.
    pub(super) fn judged(&mut self, id: String, held_until: Option<Duration>) {
        match held_until {
            Some(until) => {
                self.due_changed
                    .extend(self.disk.is_some().then(|| id.clone()));
                self.waiting.insert((until, id));
            }
            None => self.leave(&id),
        }
    }

    /// Notes what stands on a topic, or stands there no more: who said that may have known more or
    /// less than is on record here, so `again` has it judged again.
    pub(super) fn stands(
        &mut self,
        topic: Topic,
        key: &str,
        now: Option<(&str, String)>,
        again: bool,
    ) -> Result<(), StageError> {
        let is_it = |said: &Said| said.topic == topic && said.key == key;
        if let Some((id, digest)) = now {
            let candidate = self.entry(id)?;
            let key = key.to_owned();
            let said = Said { topic, key, digest };
            if candidate.said.contains(&said) {
                self.leave(id);
                return Ok(());
            }
            candidate.said.retain(|said| !is_it(said));
            candidate.said.push(said);
            candidate.said.sort();
            candidate.changed = true;
            if again {
                self.must_be_judged(id.to_owned());
            }
            return Ok(());
        }
        // The key holds the id behind a bar, and names may hold bars.
        let digests = if topic == Topic::Findings { 1 } else { 2 };
        let Some(end) = key.len().checked_sub(digests * KEY_DIGEST_BYTES) else {
            return Ok(());
        };
        let Some(named) = key.get(..end) else {
            return Ok(());
        };
        for (bar, _) in named.match_indices('|') {
            let id = &named[bar + 1..];
            let Some(candidate) = self.get(id)? else {
                continue;
            };
            let before = candidate.said.len();
            candidate.said.retain(|said| !is_it(said));
            if candidate.said.len() < before {
                candidate.changed = true;
                if again {
                    self.must_be_judged(id.to_owned());
                }
                return Ok(());
            }
            self.leave(id);
        }
        Ok(())
    }

    /// What is to be judged again besides what is due.
    pub(super) fn sweep(&self) -> Option<&Sweep> {
        self.sweep.as_ref()
    }

    /// Writes what changed, and what is due.
    pub(super) fn write(&self, writing: &mut Writing<'_>) -> Result<(), StageError> {
        let at = self.partition;
        for (id, candidate) in self.near.iter().filter(|(_, one)| one.changed) {
            writing.candidate(at, id, candidate)?;
        }
        for (actor, ids) in &self.by_actor {
            ids.iter().for_each(|id| writing.by_actor(at, actor, id));
        }
        for (account, ids) in &self.by_account {
            ids.iter()
                .for_each(|id| writing.by_account(at, account, id));
        }
        for id in &self.due_changed {
            let one = self.near.get(id);
            let waits = one.is_some_and(|one| one.waits(id, &self.waiting, &self.due));
            writing.due(at, id, waits || self.due.contains(id));
        }
        Ok(())
    }

    /// What changed is on disk.
    pub(super) fn written(&mut self) {
        let (waiting, due) = (&self.waiting, &self.due);
        self.near.retain(|id, one| {
            one.changed = false;
            one.waits(id, waiting, due)
        });
        self.by_actor.clear();
        self.by_account.clear();
        self.due_changed.clear();
        self.too_early = false;
    }
}
