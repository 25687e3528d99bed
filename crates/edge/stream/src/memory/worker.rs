//! A member of a group with its transactional producer, on the cluster in memory.

use super::cluster::{Shared, entry_of};
use super::cursor::{Cursor, poll_all};
use super::group::Turn;
use super::locked;
use super::producer::{Open, ProducerState};
use super::topic::Topic;
use crate::error::LogError;
use crate::log::{Assignment, Committed, Each, Polled, Positions, Worker, WorkerSpec};
use crate::partitioner::partition_of;
use crate::record::{Outgoing, Position, TopicPartition};
use crate::topic::TopicIds;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A worker.
pub(crate) struct MemoryWorker {
    shared: Arc<Shared>,
    spec: WorkerSpec,
    /// What is noted with positions.
    topic_ids: Arc<TopicIds>,
    producer: Arc<Mutex<ProducerState>>,
    epoch: u64,
    /// The group's number for this member; `None` with a fixed assignment.
    member: Option<u64>,
    /// The group's version when its turn was last asked for.
    seen: Option<u64>,
    assigned: BTreeSet<TopicPartition>,
    cursors: Vec<Cursor>,
    turn: usize,
    /// To be given back at the next poll.
    leaving: Vec<TopicPartition>,
    /// The last topic written to.
    target: Option<Arc<Topic>>,
}

impl MemoryWorker {
    pub(crate) fn new(
        shared: Arc<Shared>,
        spec: WorkerSpec,
        producer: Arc<Mutex<ProducerState>>,
        epoch: u64,
        member: Option<u64>,
    ) -> Self {
        MemoryWorker {
            shared,
            topic_ids: Arc::new(spec.topic_ids.clone()),
            spec,
            producer,
            epoch,
            member,
            seen: None,
            assigned: BTreeSet::new(),
            cursors: Vec::new(),
            turn: 0,
            leaving: Vec::new(),
            target: None,
        }
    }

    /// Gives back what the last poll named as revoked.
    fn release(&mut self) -> Result<(), LogError> {
        if self.leaving.is_empty() {
            return Ok(());
        }
        let open = {
            let producer = locked(&self.producer);
            producer.epoch == self.epoch && producer.open.is_some()
        };
        if open {
            return Err(LogError::open_over_revocation(&self.leaving));
        }
        let leaving = std::mem::take(&mut self.leaving);
        for partition in &leaving {
            self.assigned.remove(partition);
        }
        if let (Some(member), Some(group)) = (
            self.member,
            locked(&self.shared.groups).get_mut(&self.spec.group),
        ) && group.release(member, &leaving)
        {
            self.shared.signal.raise();
        }
        Ok(())
    }

    /// What changed in the assignment since the last poll.
    fn changes(&mut self) -> Result<Turn, LogError> {
        let Some(member) = self.member else {
            let first = self.seen.replace(0).is_none();
            return Ok(match &self.spec.assignment {
                Assignment::Fixed(partitions) if first => Turn {
                    assigned: partitions.clone(),
                    revoked: Vec::new(),
                },
                _ => Turn::default(),
            });
        };
        let mut groups = locked(&self.shared.groups);
        let group = groups.entry(self.spec.group.clone()).or_default();
        group.check(&self.spec.group, member)?;
        if self.seen == Some(group.version) {
            return Ok(Turn::default());
        }
        self.seen = Some(group.version);
        Ok(group.turn(member))
    }

    /// Takes over a change of assignment.
    fn apply(&mut self, turn: Turn) -> Polled {
        let Turn { assigned, revoked } = turn;
        self.cursors.retain(|cursor| {
            let same = |p: &TopicPartition| {
                *p.topic == *cursor.topic.name && p.partition == cursor.partition
            };
            !revoked.iter().any(same)
        });
        self.assigned.extend(assigned.iter().cloned());
        self.leaving.clone_from(&revoked);
        Polled {
            assigned,
            revoked,
            ..Polled::default()
        }
    }

    /// Ends the open transaction, if the producer is still the owner of its id.
    fn take_open(&self, producer: &mut ProducerState) -> Result<Option<Open>, LogError> {
        producer.check(&self.spec.transactional_id, self.epoch)?;
        Ok(producer.open.take())
    }
}

impl Worker for MemoryWorker {
    fn poll(&mut self, max: usize, wait: Duration, each: Each<'_>) -> Result<Polled, LogError> {
        self.release()?;
        let until = Instant::now() + wait;
        let was_at_end = self.cursors.iter().all(Cursor::at_end);
        loop {
            let seen = self.shared.signal.version();
            let turn = self.changes()?;
            if !turn.assigned.is_empty() || !turn.revoked.is_empty() {
                return Ok(self.apply(turn));
            }
            let records = poll_all(&mut self.cursors, &mut self.turn, max, each)?;
            let at_end = self.cursors.iter().all(Cursor::at_end);
            // Only markers or aborted records may have been left: nothing to wait for then.
            let arrived = !was_at_end && at_end;
            if records > 0 || arrived || !self.shared.signal.wait(seen, until) {
                return Ok(Polled {
                    records,
                    at_end,
                    ..Polled::default()
                });
            }
        }
    }

    fn start(&mut self, topic: &str, partition: i32, offset: i64) -> Result<(), LogError> {
        let name = TopicPartition::new(topic, partition);
        if !self.assigned.contains(&name) || self.leaving.contains(&name) {
            return Err(LogError::not_assigned(topic, partition));
        }
        let same = |c: &&mut Cursor| *c.topic.name == *topic && c.partition == partition;
        match self.cursors.iter_mut().find(same) {
            Some(cursor) => cursor.seek(offset),
            None => {
                let topic = self.shared.topic(topic)?;
                self.cursors.push(Cursor::new(topic, partition, offset));
            }
        }
        Ok(())
    }

    fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        let same = |c: &&Cursor| *c.topic.name == *topic && c.partition == partition;
        self.cursors.iter().find(same).map(Cursor::position)
    }

    fn end(&self, topic: &str, partition: i32) -> Option<i64> {
        let same = |c: &&Cursor| *c.topic.name == *topic && c.partition == partition;
        self.cursors.iter().find(same).and_then(Cursor::end)
    }

    fn has_share(&self) -> bool {
        self.seen.is_some()
    }

    fn is_held_back(&self) -> bool {
        self.cursors.iter().any(Cursor::is_held_back)
    }

    fn committed(&mut self, partitions: &[TopicPartition]) -> Result<Positions, LogError> {
        let mut groups = locked(&self.shared.groups);
        let group = groups.entry(self.spec.group.clone()).or_default();
        let of = |p: &TopicPartition| (p.clone(), group.committed.get(p).cloned());
        Ok(partitions.iter().map(of).collect())
    }

    fn begin(&mut self) -> Result<(), LogError> {
        let mut producer = locked(&self.producer);
        producer.check(&self.spec.transactional_id, self.epoch)?;
        if producer.open.is_some() {
            return Err(LogError::already_open());
        }
        producer.open = Some(Open {
            txn: self.shared.next_txn(),
            touched: Vec::new(),
        });
        Ok(())
    }

    fn send(&mut self, record: &Outgoing) -> Result<(), LogError> {
        let topic = match &self.target {
            Some(topic) if topic.name == record.topic => topic.clone(),
            _ => self.shared.topic(&record.topic)?,
        };
        let chosen = || partition_of(&record.key, topic.partitions());
        let partition = record.partition.unwrap_or_else(chosen);
        let store = topic.store(partition)?;
        let mut producer = locked(&self.producer);
        producer.check(&self.spec.transactional_id, self.epoch)?;
        let open = producer.open.as_mut().ok_or_else(LogError::none_open)?;
        let entry = entry_of(record, open.txn, &self.shared);
        topic.check_size(&entry)?;
        let (_, first) = locked(store).append(&entry);
        if first {
            open.touched.push((topic.clone(), partition));
        }
        self.target = Some(topic);
        Ok(())
    }

    fn commit(&mut self, positions: &[Position]) -> Result<(), LogError> {
        let mut producer = locked(&self.producer);
        producer.check(&self.spec.transactional_id, self.epoch)?;
        if producer.open.is_none() {
            return Err(LogError::none_open());
        }
        let mut groups = locked(&self.shared.groups);
        let group = groups.entry(self.spec.group.clone()).or_default();
        if let Some(member) = self.member {
            group.check(&self.spec.group, member)?;
        }
        for position in positions {
            let partition = position.topic_partition();
            match self.member {
                _ if self.spec.beside.contains(&partition) => {}
                Some(member) => group.check_owner(member, &partition)?,
                None if self.assigned.contains(&partition) => {}
                None => return Err(LogError::not_owned(&partition)),
            }
        }
        if let Some(open) = producer.open.take() {
            open.finish(true);
        }
        for position in positions {
            let committed = Committed {
                offset: position.offset,
                topic_ids: self.topic_ids.clone(),
            };
            group
                .committed
                .insert(position.topic_partition(), committed);
        }
        drop(groups);
        drop(producer);
        self.shared.signal.raise();
        Ok(())
    }

    fn abort(&mut self) -> Result<(), LogError> {
        let open = self.take_open(&mut locked(&self.producer))?;
        if let Some(open) = open {
            open.finish(false);
            self.shared.signal.raise();
        }
        Ok(())
    }

    fn close(mut self: Box<Self>) -> Result<(), LogError> {
        self.abort()
    }
}

impl Drop for MemoryWorker {
    /// Leaves the group; an open transaction stays open, as after a crash.
    fn drop(&mut self) {
        if let Some(member) = self.member {
            let mut groups = locked(&self.shared.groups);
            if let Some(group) = groups.get_mut(&self.spec.group)
                && group.check(&self.spec.group, member).is_ok()
            {
                group.leave(member);
                self.shared.rebalance(group);
            }
        }
        self.shared.signal.raise();
    }
}
