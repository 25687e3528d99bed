//! What verify keeps of its candidates on disk, where a folder is configured for it.
//!
//! One file of an instance, with all its partitions. It holds what a transaction had committed when
//! it was written, and for each partition how far that was, so it is behind the log or level with
//! it, never ahead: see [`Note`].

use super::candidates::{Candidate, Said, Sweep};
use crate::anew::is_another;
use crate::context::{Context, StateSettings};
use crate::runtime::{Awaited, StageError};
use crate::topology::{Stage, Topic};
use facts::{Access, Private, Source, Variants};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use store::{Batch, Space, Store, StoreError, StoreErrorKind};
use stream::TopicIds;
use telemetry::happenings::StateForgotten;
use wire::{Decoder, Encoder, Framing, RecordKind, SchemaStore};

/// Partition and id → [`Kept`].
const CANDIDATES: Space = Space("candidates");
/// Partition, actor and id.
const BY_ACTOR: Space = Space("by-actor");
/// Partition, account and id.
const BY_ACCOUNT: Space = Space("by-account");
/// Partition and id: what is to be judged.
const DUE: Space = Space("due");
/// Partition → [`Note`].
const PARTITIONS: Space = Space("partitions");

/// What the spaces hold and how; another number where that changes.
const LAYOUT: u32 = 1;
/// Why a partition is forgotten.
const OLD: &str = "it is so old that what was taken back since may be gone from the topics";
/// Kafka's own `delete.retention.ms`, where a topic has none.
const DELETE_RETENTION_MS: u64 = 86_400_000;
/// So far clocks of two machines may be apart.
const AHEAD_MS: i64 = 60_000;
/// At most so many candidates that could not be read are read again one by one.
const BURIED_MAX: usize = 1_000;
/// At most so many keys are removed in one write.
const REMOVED_AT_ONCE: usize = 20_000;

/// What is noted with the candidates of a partition: so far they go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// The ids of the topics that the positions are in, as far as the log has such.
    pub(super) topic_ids: TopicIds,
    /// How many partitions candidates have.
    pub(super) partitions: i32,
    /// The next candidate that it lacks.
    pub(super) read_to: i64,
    /// By topic: what was said up to there is among the candidates, and perhaps more.
    pub(super) said_to: BTreeMap<String, i64>,
    /// When that was known to be all that was said; in milliseconds since 1970.
    pub(super) said_at_ms: i64,
    /// By topic and partition of what every instance reads whole: what is not due is judged with
    /// all that stands before.
    pub(super) judged_with: BTreeMap<(String, i32), i64>,
    /// By which rules; empty: some are not judged by any.
    pub(super) stamp: String,
    /// What is to be judged again besides what is due.
    pub(super) sweep: Option<Sweep>,
    /// The offsets of candidates that could not be read, and that are tried again at a start.
    pub(super) buried: BTreeSet<i64>,
}

impl Note {
    /// Whether a topic is another now than the one that this is about.
    fn is_of_others(&self, ids: &TopicIds) -> bool {
        let mut noted = self.topic_ids.iter();
        noted.any(|(topic, noted)| {
            let there = ids.get(topic).map(String::as_str);
            is_another(there, Some(noted))
        })
    }

    /// Whether a topic ends before what is noted of it.
    fn is_ahead(&self, context: &Context, partition: i32) -> Result<bool, StageError> {
        let said = self.said_to.iter();
        let said = said.map(|(topic, to)| (topic, partition, *to));
        let whole = self.judged_with.iter();
        let whole = whole.map(|((topic, partition), to)| (topic, *partition, *to));
        for (topic, partition, to) in said.chain(whole) {
            let (_, end) = context.cluster.range(topic, partition)?;
            if end < to {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A candidate as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Each as it would stand on a topic.
    statements: Vec<Vec<u8>>,
    source: Option<Place>,
    /// Whether it is excused, key, digest.
    said: Vec<(bool, String, String)>,
}

/// [`Source`], told apart by what it is.
#[derive(Serialize, Deserialize)]
enum Place {
    Topic(String, i32, i64),
    File(String, u64),
}

/// See the module.
pub(crate) struct Disk {
    store: RefCell<Store>,
    encoder: RefCell<Encoder>,
    decoder: RefCell<Decoder>,
    /// A file that was not read for longer may have missed what was taken back.
    stale_after: Duration,
}

impl From<StoreError> for StageError {
    fn from(error: StoreError) -> StageError {
        let (code, reason) = (error.code().to_owned(), error.to_string());
        match error.kind {
            StoreErrorKind::Unavailable | StoreErrorKind::InUse => {
                let on = Awaited::Disk;
                StageError::Wait { on, code, reason }
            }
            StoreErrorKind::Foreign | StoreErrorKind::Damaged => StageError::Stop { code, reason },
        }
    }
}

impl Disk {
    /// Opens the file of this instance; `None` where no folder is configured. What it holds of
    /// partitions that others have had for long goes.
    pub(crate) fn open(context: &Context) -> Result<Option<Rc<Disk>>, StageError> {
        let Some(state) = &context.state else {
            return Ok(None);
        };
        let spaces = [CANDIDATES, BY_ACTOR, BY_ACCOUNT, DUE, PARTITIONS];
        let path = Disk::path(state, &context.prefix, &context.instance);
        let store = Store::open(&path, LAYOUT, &spaces, state.cache_bytes)?;
        let disk = Disk {
            store: RefCell::new(store),
            encoder: RefCell::new(Encoder::new(Framing::SingleObject)),
            decoder: RefCell::new(Decoder::new(SchemaStore::without_registry().into())),
            stale_after: stale_after(context)?,
        };
        let mut noted = Vec::new();
        disk.store
            .borrow()
            .keys(PARTITIONS, &[], None, &mut |key| {
                noted.extend(key.try_into().ok().map(i32::from_be_bytes));
                true
            })?;
        for partition in noted {
            let note = disk.note(partition)?.flatten();
            if note.is_none_or(|note| is_older(note.said_at_ms, disk.stale_after)) {
                disk.forget(context, partition, OLD)?;
            }
        }
        Ok(Some(Rc::new(disk)))
    }

    /// Where an instance has its file.
    pub(crate) fn path(state: &StateSettings, prefix: &str, instance: &str) -> PathBuf {
        state
            .directory
            .join(format!("{prefix}verify-{instance}.redb"))
    }

    /// What is noted of a partition; `Some(None)`: something that cannot be read.
    fn note(&self, partition: i32) -> Result<Option<Option<Note>>, StageError> {
        let read = |bytes: &[u8]| postcard::from_bytes::<Note>(bytes).ok();
        Ok(self.store.borrow().get(PARTITIONS, &of(partition), read)?)
    }

    /// What was noted of a partition, if it can be gone on from: else the partition is forgotten,
    /// and read again from its beginning. `ids` are the topics' as they are known.
    pub(super) fn recall(
        &self,
        context: &Context,
        partition: i32,
        ids: &TopicIds,
        committed: Option<i64>,
    ) -> Result<Option<Note>, StageError> {
        let Some(note) = self.note(partition)? else {
            // What is left of one that was being forgotten when the process died.
            self.remove(context, partition)?;
            return Ok(None);
        };
        let name = context.names.name(Topic::Candidates);
        let partitions = context.cluster.partitions(&name)?;
        let (start, _) = context.cluster.range(&name, partition)?;
        let committed = committed.unwrap_or(start);
        let unfit = match &note {
            None => Some("it cannot be read"),
            Some(note) if note.is_of_others(ids) => Some("it is of other topics"),
            Some(note) if note.partitions != partitions => {
                Some("candidates had another number of partitions")
            }
            Some(note) if committed < note.read_to => {
                Some("the position of the group lies before it: it was set back, or forgotten")
            }
            Some(note) if is_older(note.said_at_ms, self.stale_after) => Some(OLD),
            Some(note) if note.is_ahead(context, partition)? => Some("a topic ends before it"),
            Some(note) if note.buried.len() > BURIED_MAX => {
                Some("it lacks so many candidates that all are read again")
            }
            Some(_) => None,
        };
        let Some(note) = note.filter(|_| unfit.is_none()) else {
            self.forget(context, partition, unfit.unwrap_or_default())?;
            return Ok(None);
        };
        if start > note.read_to {
            return Err(self.cut(&name, partition, note.read_to, start));
        }
        Ok(Some(note))
    }

    fn cut(&self, name: &str, partition: i32, read_to: i64, start: i64) -> StageError {
        StageError::Stop {
            code: "state-cut".to_owned(),
            reason: format!(
                "the state in {} holds the records of {name}/{partition} up to offset {read_to}, \
                 but the log begins at {start}: what lies between was deleted before this \
                 instance read it. Restore the topic; or remove the file, and what is left on the \
                 topic is all that is judged",
                self.store.borrow().path().display()
            ),
        }
    }

    /// Forgets a partition.
    fn forget(&self, context: &Context, partition: i32, why: &str) -> Result<(), StageError> {
        let path = self.store.borrow().path().display().to_string();
        let path = &path;
        StateForgotten {
            path,
            partition,
            why,
        }
        .emit();
        // First what makes it usable.
        let mut batch = Batch::new();
        batch.remove(PARTITIONS, of(partition));
        self.store.borrow_mut().write(batch)?;
        self.remove(context, partition)
    }

    /// Removes everything of a partition of which nothing is noted.
    fn remove(&self, context: &Context, partition: i32) -> Result<(), StageError> {
        let health = context.telemetry.health().stage(Stage::Verify.name());
        let mut store = self.store.borrow_mut();
        for space in [CANDIDATES, BY_ACTOR, BY_ACCOUNT, DUE] {
            loop {
                health.beat();
                let mut batch = Batch::new();
                store.keys(space, &of(partition), None, &mut |key| {
                    batch.remove(space, key);
                    batch.len() < REMOVED_AT_ONCE
                })?;
                if batch.is_empty() {
                    break;
                }
                store.write(batch)?;
            }
        }
        Ok(())
    }

    /// A candidate, if it is there.
    pub(super) fn candidate(
        &self,
        partition: i32,
        id: &str,
    ) -> Result<Option<Candidate>, StageError> {
        let store = self.store.borrow();
        let found = store.get(CANDIDATES, &key(partition, "", id), |bytes| {
            self.decoded(bytes)
        })?;
        match found {
            None => Ok(None),
            Some(Some(candidate)) => Ok(Some(candidate)),
            Some(None) => Err(StageError::Stop {
                code: "state-foreign".to_owned(),
                reason: format!(
                    "the state in {} holds a candidate that this version cannot read: remove the \
                     file, and everything in it is read from the topics again",
                    store.path().display()
                ),
            }),
        }
    }

    fn decoded(&self, bytes: &[u8]) -> Option<Candidate> {
        let kept: Kept = postcard::from_bytes(bytes).ok()?;
        let mut statements = Variants::default();
        let mut decoder = self.decoder.borrow_mut();
        for statement in &kept.statements {
            let access: Access = decoder.decode(RecordKind::AccessEvent, statement).ok()?;
            statements.insert(access);
        }
        let said = kept.said.into_iter().map(|(excused, key, digest)| {
            let topic = if excused {
                Topic::Excused
            } else {
                Topic::Findings
            };
            Said { topic, key, digest }
        });
        Some(Candidate {
            statements,
            source: kept.source.map(|place| match place {
                Place::Topic(topic, partition, offset) => Source::Topic {
                    topic,
                    partition,
                    offset,
                },
                Place::File(file, line) => Source::File { file, line },
            }),
            said: said.collect(),
            held_until: None,
            changed: false,
        })
    }

    fn encoded(&self, candidate: &Candidate) -> Result<Vec<u8>, StageError> {
        let failed = |code: &str, why: String| StageError::Stop {
            code: code.to_owned(),
            reason: format!("keeping a candidate in the state: {why}"),
        };
        let mut encoder = self.encoder.borrow_mut();
        let mut statements = Vec::with_capacity(candidate.statements.len());
        for one in candidate.statements.iter() {
            let bytes = encoder.encode_to_vec(RecordKind::AccessEvent, one);
            statements.push(bytes.map_err(|error| failed(error.code(), error.to_string()))?);
        }
        let said = candidate.said.iter();
        let kept = Kept {
            statements,
            source: candidate.source.clone().map(|source| match source {
                Source::Topic {
                    topic,
                    partition,
                    offset,
                } => Place::Topic(topic, partition, offset),
                Source::File { file, line } => Place::File(file, line),
            }),
            said: said
                .map(|one| {
                    let excused = one.topic == Topic::Excused;
                    (excused, one.key.clone(), one.digest.clone())
                })
                .collect(),
        };
        postcard::to_stdvec(&kept).map_err(|error| failed("encode", error.to_string()))
    }

    /// Shows `each` the ids of the candidates of a partition by this actor, until it says that it
    /// has enough.
    pub(super) fn of_actor(
        &self,
        partition: i32,
        actor: &Private,
        each: &mut dyn FnMut(&str) -> bool,
    ) -> Result<(), StageError> {
        self.ids(BY_ACTOR, &key(partition, actor.reveal(), ""), None, each)
    }

    /// The same of an account.
    pub(super) fn of_account(
        &self,
        partition: i32,
        account: &Private,
        each: &mut dyn FnMut(&str) -> bool,
    ) -> Result<(), StageError> {
        let prefix = key(partition, account.reveal(), "");
        self.ids(BY_ACCOUNT, &prefix, None, each)
    }

    /// The same of all candidates of a partition behind `after`.
    pub(super) fn all_behind(
        &self,
        partition: i32,
        after: &str,
        each: &mut dyn FnMut(&str) -> bool,
    ) -> Result<(), StageError> {
        let after = key(partition, "", after);
        self.ids(CANDIDATES, &key(partition, "", ""), Some(&after), each)
    }

    /// The same of those that are to be judged.
    pub(super) fn due(
        &self,
        partition: i32,
        each: &mut dyn FnMut(&str) -> bool,
    ) -> Result<(), StageError> {
        self.ids(DUE, &key(partition, "", ""), None, each)
    }

    fn ids(
        &self,
        space: Space,
        prefix: &[u8],
        after: Option<&[u8]>,
        each: &mut dyn FnMut(&str) -> bool,
    ) -> Result<(), StageError> {
        let store = self.store.borrow();
        // Ids were text when they were written.
        store.keys(space, prefix, after, &mut |key| {
            each(&String::from_utf8_lossy(&key[prefix.len()..]))
        })?;
        Ok(())
    }

    /// A writing that begins.
    pub(super) fn begin(&self) -> Writing<'_> {
        Writing {
            disk: self,
            batch: Batch::new(),
        }
    }

    /// How many candidates it holds, and how long the file is, in bytes.
    pub(super) fn size(&self) -> Result<(u64, u64), StageError> {
        let store = self.store.borrow();
        Ok((store.len(CANDIDATES)?, store.bytes()))
    }
}

/// What is to be written, all or nothing.
pub(super) struct Writing<'a> {
    disk: &'a Disk,
    batch: Batch,
}

impl Writing<'_> {
    /// A candidate as it is now.
    pub(super) fn candidate(
        &mut self,
        partition: i32,
        id: &str,
        candidate: &Candidate,
    ) -> Result<(), StageError> {
        let bytes = self.disk.encoded(candidate)?;
        self.batch.put(CANDIDATES, key(partition, "", id), bytes);
        Ok(())
    }

    /// A candidate is by this actor.
    pub(super) fn by_actor(&mut self, partition: i32, actor: &Private, id: &str) {
        let key = key(partition, actor.reveal(), id);
        self.batch.put(BY_ACTOR, key, []);
    }

    /// A candidate is about this account.
    pub(super) fn by_account(&mut self, partition: i32, account: &Private, id: &str) {
        let key = key(partition, account.reveal(), id);
        self.batch.put(BY_ACCOUNT, key, []);
    }

    /// Whether a candidate is to be judged.
    pub(super) fn due(&mut self, partition: i32, id: &str, is_due: bool) {
        let key = key(partition, "", id);
        if is_due {
            self.batch.put(DUE, key, []);
        } else {
            self.batch.remove(DUE, key);
        }
    }

    /// How far a partition goes with that.
    pub(super) fn note(&mut self, partition: i32, note: &Note) -> Result<(), StageError> {
        let bytes = postcard::to_stdvec(note).map_err(|error| StageError::Stop {
            code: "encode".to_owned(),
            reason: format!("noting how far the state goes: {error}"),
        })?;
        self.batch.put(PARTITIONS, of(partition), bytes);
        Ok(())
    }

    /// Writes it.
    pub(super) fn end(self) -> Result<(), StageError> {
        Ok(self.disk.store.borrow_mut().write(self.batch)?)
    }
}

/// What time it is, in milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Whether that was longer ago; so it is taken where a clock was wrong and it lies ahead.
fn is_older(ms: i64, than: Duration) -> bool {
    let than = i64::try_from(than.as_millis()).unwrap_or(i64::MAX);
    let ago = now_ms().saturating_sub(ms);
    ago > than || ago < -AHEAD_MS
}

/// Half of the time for which brokers keep what was taken back of findings and of what is excused.
fn stale_after(context: &Context) -> Result<Duration, StageError> {
    let said = [Topic::Findings, Topic::Excused].map(|topic| context.names.name(topic));
    let topics = context
        .cluster
        .describe_topics(&said.each_ref().map(|name| &**name))?;
    let kept = topics.iter().map(|topic| {
        let set = topic.overridden.get("delete.retention.ms");
        set.and_then(|text| text.parse().ok())
            .unwrap_or(DELETE_RETENTION_MS)
    });
    let least = kept.min().unwrap_or(DELETE_RETENTION_MS);
    Ok(Duration::from_millis(least / 2))
}

/// What keys of a partition begin with.
fn of(partition: i32) -> [u8; 4] {
    partition.to_be_bytes()
}

/// Partition, `under` with its length, and id: where `under` is empty, that of a candidate.
fn key(partition: i32, under: &str, id: &str) -> Vec<u8> {
    let length = u32::try_from(under.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&of(partition), &length, under.as_bytes(), id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_name_hold_those_of_no_other() {
        let of_a = key(7, "a", "");
        assert!(key(7, "a", "b").starts_with(&of_a));
        assert!(!key(7, "ab", "").starts_with(&of_a));
        assert!(!key(8, "a", "b").starts_with(&of_a));
        assert!(key(7, "", "x") < key(7, "", "y") && key(7, "", "y") < key(8, "", "x"));
    }
}
