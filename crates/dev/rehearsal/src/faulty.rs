//! The log in memory behind a wrapper that fails where the rehearsal says, and that holds the
//! switches of the planted faults.

use crate::canary::Canary;
use crate::seeded::Seeded;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stream::{
    Cluster, Committed, Each, ErrorKind, LogError, Member, MemoryCluster, Outgoing, Polled,
    Position, Positions, Reader, TopicIds, TopicPartition, TopicSpec, TopicState, Worker,
    WorkerSpec,
};

/// Where in a step the log fails, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: Place,
    pub(crate) kind: ErrorKind,
}

/// Where in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Reading the stage's own topics, after the records were handed over.
    Poll,
    /// Reading without a group: broadcast topics, what was said before, the past.
    Read,
    /// Asking what was committed.
    Committed,
    /// Before the transaction begins.
    Begin,
    /// Writing the output of this number.
    Send(u32),
    /// Before the commit is decided.
    Commit,
    /// After the commit was decided: its author does not hear of it.
    AfterCommit,
}

/// What the wrapper is told and what it remembers.
pub(crate) struct Control {
    armed: Option<Fault>,
    pub(crate) canary: Option<Canary>,
    seeded: Seeded,
    /// For each group: how far its workers have read.
    read: BTreeMap<(String, TopicPartition), i64>,
    /// Transactional ids: the number of the last worker that opened each, while that is there.
    ids: BTreeMap<String, Option<u64>>,
    opened: u64,
    /// How many faults came to pass.
    pub(crate) faults: u64,
}

impl Control {
    fn is(&self, canary: Canary) -> bool {
        self.canary == Some(canary)
    }

    /// Whether the planted fault shows now, one time in `of`.
    fn now_and_then(&mut self, canary: Canary, of: usize) -> bool {
        self.canary == Some(canary) && self.seeded.below(of) == 0
    }
}

/// The wrapper; clones are the same cluster.
#[derive(Clone)]
pub(crate) struct Faulty {
    pub(crate) inner: MemoryCluster,
    control: Arc<Mutex<Control>>,
}

impl Faulty {
    pub(crate) fn new(inner: MemoryCluster, canary: Option<Canary>, seed: u64) -> Faulty {
        let control = Control {
            armed: None,
            canary,
            seeded: Seeded::new(seed ^ 0xCA_4A51),
            read: BTreeMap::new(),
            ids: BTreeMap::new(),
            opened: 0,
            faults: 0,
        };
        Faulty {
            inner,
            control: Arc::new(Mutex::new(control)),
        }
    }

    pub(crate) fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the next call at that place fail; `None`: no call.
    pub(crate) fn arm(&self, fault: Option<Fault>) {
        self.control().armed = fault;
    }

    /// What brokers do with transactions whose owner is not heard of any more: they abort them.
    pub(crate) fn expire_transactions(&self) {
        let gone: Vec<String> = {
            let control = self.control();
            let gone = control.ids.iter().filter(|(_, owner)| owner.is_none());
            gone.map(|(id, _)| id.clone()).collect()
        };
        for id in gone {
            // Opening an id aborts what was left open under it.
            drop(self.inner.open_worker(WorkerSpec::writer(id)));
        }
    }

    fn trip(&self, here: impl Fn(Place) -> bool) -> Result<(), LogError> {
        let mut control = self.control();
        match control.armed {
            Some(fault) if here(fault.at) => {
                control.armed = None;
                control.faults += 1;
                let message = format!("the rehearsal lets {:?} fail", fault.at);
                Err(LogError::new(fault.kind, "rehearsed", message))
            }
            _ => Ok(()),
        }
    }
}

impl Cluster for Faulty {
    fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        self.inner.partitions(topic)
    }

    fn range(&self, topic: &str, partition: i32) -> Result<(i64, i64), LogError> {
        self.inner.range(topic, partition)
    }

    fn offset_for_time(&self, t: &str, partition: i32, at: i64) -> Result<Option<i64>, LogError> {
        self.inner.offset_for_time(t, partition, at)
    }

    fn open_reader(&self) -> Result<Box<dyn Reader>, LogError> {
        Ok(Box::new(FaultyReader {
            inner: self.inner.open_reader()?,
            cluster: self.clone(),
            topics: 0,
            ends: Vec::new(),
        }))
    }

    fn open_worker(&self, mut spec: WorkerSpec) -> Result<Box<dyn Worker>, LogError> {
        let number = {
            let mut control = self.control();
            control.opened += 1;
            if control.is(Canary::IdsOfTheirOwn) {
                spec.transactional_id = format!("{}-{}", spec.transactional_id, control.opened);
            }
            control.opened
        };
        let inner = self.inner.open_worker(spec.clone())?;
        let id = spec.transactional_id.clone();
        self.control().ids.insert(id, Some(number));
        Ok(Box::new(FaultyWorker {
            inner,
            cluster: self.clone(),
            number,
            spec,
            outputs: Vec::new(),
            sent: 0,
            fails_next: false,
            done: BTreeMap::new(),
        }))
    }

    fn members(&self, group: &str) -> Result<Vec<Member>, LogError> {
        self.inner.members(group)
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.inner.create_topics(topics)
    }

    fn configure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.inner.configure_topics(topics)
    }

    fn describe_topics(&self, names: &[&str]) -> Result<Vec<TopicState>, LogError> {
        self.inner.describe_topics(names)
    }

    fn topic_ids(&self, names: &[&str]) -> Result<TopicIds, LogError> {
        self.inner.topic_ids(names)
    }

    fn delete_topics(&self, names: &[&str]) -> Result<(), LogError> {
        self.inner.delete_topics(names)
    }
}

struct FaultyReader {
    inner: Box<dyn Reader>,
    cluster: Faulty,
    /// How many topics it reads: more than one are those that every instance reads whole.
    topics: usize,
    ends: Vec<Position>,
}

impl Reader for FaultyReader {
    fn assign(&mut self, positions: &[Position]) -> Result<(), LogError> {
        let topics: std::collections::BTreeSet<&str> =
            positions.iter().map(|one| &*one.topic).collect();
        self.topics = topics.len();
        self.ends.clear();
        if self.cluster.control().is(Canary::ReadBackTooLittle) {
            for one in positions {
                let (_, end) = self.cluster.range(&one.topic, one.partition)?;
                let said = ["findings", "excused", "incidents", "determinations"];
                if said.contains(&&*one.topic) {
                    // The last offsets may be markers.
                    self.ends.push(one.topic_partition().at(end - 3));
                }
            }
        }
        self.inner.assign(positions)
    }

    fn seek(&mut self, topic: &str, partition: i32, offset: i64) -> Result<(), LogError> {
        self.inner.seek(topic, partition, offset)
    }

    /// Never waits: time is simulated.
    fn poll(&mut self, max: usize, _wait: Duration, each: Each<'_>) -> Result<usize, LogError> {
        let (cluster, ends) = (&self.cluster, &self.ends);
        let broadcast = self.topics > 1;
        let read = self.inner.poll(max, Duration::ZERO, &mut |record| {
            let behind = |end: &Position| {
                *end.topic == *record.topic
                    && end.partition == record.partition
                    && end.offset <= record.offset
            };
            let skip = broadcast && cluster.control().now_and_then(Canary::SkipBroadcast, 12);
            if !skip && !ends.iter().any(behind) {
                each(record);
            }
        })?;
        cluster.trip(|place| place == Place::Read)?;
        Ok(read)
    }

    fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        self.inner.position(topic, partition)
    }

    fn written_end(&self, topic: &str, partition: i32) -> Option<i64> {
        self.inner.written_end(topic, partition)
    }

    fn at_end(&self) -> bool {
        let early = self.topics > 1 && self.cluster.control().is(Canary::StartTooEarly);
        early || self.inner.at_end()
    }

    fn refresh_end(&mut self) -> Result<(), LogError> {
        self.inner.refresh_end()
    }
}

struct FaultyWorker {
    inner: Box<dyn Worker>,
    cluster: Faulty,
    /// How many were opened before.
    number: u64,
    spec: WorkerSpec,
    /// Outputs of the open transaction, where a planted fault needs them again.
    outputs: Vec<Outgoing>,
    sent: u32,
    /// The transaction that it said it committed was not decided.
    fails_next: bool,
    /// How far was committed what it took over, where a planted fault needs it.
    done: BTreeMap<TopicPartition, i64>,
}

impl FaultyWorker {
    fn is(&self, canary: Canary) -> bool {
        self.cluster.control().is(canary)
    }

    fn write_outside(&self, outputs: &[Outgoing]) -> Result<(), LogError> {
        for output in outputs {
            self.cluster.inner.append(output)?;
        }
        Ok(())
    }

    /// Positions and this part of the outputs, in one transaction.
    fn commit_part(&mut self, part: usize, positions: &[Position]) -> Result<(), LogError> {
        self.inner.abort()?;
        self.inner.begin()?;
        for output in self.outputs.iter().take(part) {
            self.inner.send(output)?;
        }
        self.inner.commit(positions)
    }

    fn commit_planted(&mut self, positions: &[Position]) -> Result<(), LogError> {
        let all = self.outputs.len();
        let mut control = self.cluster.control();
        let without = control.now_and_then(Canary::PositionsWithoutOutputs, 8);
        let torn = control.now_and_then(Canary::TornOutputs, 8);
        let lies = control.now_and_then(Canary::CommitThatAborts, 8);
        let ahead = control.now_and_then(Canary::OneAhead, 1);
        let early = control.now_and_then(Canary::DiskBeforeCommit, 2);
        drop(control);
        if early {
            self.fails_next = true;
            return self.inner.abort();
        }
        if without {
            return self.commit_part(0, positions);
        }
        if torn {
            return self.commit_part(all / 2, positions);
        }
        if lies {
            return self.inner.abort();
        }
        if ahead {
            let ahead = positions.iter().map(|one| -> Result<Position, LogError> {
                let (_, end) = self.cluster.inner.range(&one.topic, one.partition)?;
                Ok(one.topic_partition().at(end.min(one.offset + 1)))
            });
            let ahead: Result<Vec<Position>, LogError> = ahead.collect();
            return self.inner.commit(&ahead?);
        }
        let in_two = |place: Place| place == Place::Commit;
        if self.is(Canary::PositionsFirst) {
            self.commit_part(0, positions)?;
            self.cluster.trip(in_two)?;
            self.inner.begin()?;
            for output in &self.outputs {
                self.inner.send(output)?;
            }
            return self.inner.commit(&[]);
        }
        if self.is(Canary::OutputsFirst) {
            self.inner.commit(&[])?;
            self.cluster.trip(in_two)?;
            self.inner.begin()?;
            return self.inner.commit(positions);
        }
        self.cluster.trip(in_two)?;
        self.inner.commit(positions)
    }
}

impl Worker for FaultyWorker {
    /// Never waits: time is simulated.
    fn poll(&mut self, max: usize, _wait: Duration, each: Each<'_>) -> Result<Polled, LogError> {
        if std::mem::take(&mut self.fails_next) {
            let message = "the transaction was not decided";
            return Err(LogError::new(ErrorKind::Fatal, "rehearsed", message));
        }
        let cluster = &self.cluster;
        let (mut seen, group) = (Vec::new(), &self.spec.group);
        let mut polled = self.inner.poll(max, Duration::ZERO, &mut |record| {
            seen.push((
                TopicPartition::new(record.topic, record.partition),
                record.offset + 1,
            ));
            each(record);
            if cluster.control().now_and_then(Canary::DeliverTwice, 8) {
                each(record);
            }
        })?;
        for (at, next) in seen {
            let mut control = cluster.control();
            let furthest = control.read.entry((group.clone(), at)).or_default();
            *furthest = next.max(*furthest);
        }
        cluster.trip(|place| place == Place::Poll)?;
        if self.is(Canary::MissRevocation) {
            polled.revoked.clear();
        }
        Ok(polled)
    }

    fn start(&mut self, topic: &str, partition: i32, offset: i64) -> Result<(), LogError> {
        self.inner.start(topic, partition, offset)
    }

    fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        let here = self.inner.position(topic, partition)?;
        let done = self.done.get(&TopicPartition::new(topic, partition));
        Some(done.copied().unwrap_or(here).max(here))
    }

    fn end(&self, topic: &str, partition: i32) -> Option<i64> {
        self.inner.end(topic, partition)
    }

    fn has_share(&self) -> bool {
        self.inner.has_share()
    }

    fn is_held_back(&self) -> bool {
        self.inner.is_held_back()
    }

    fn committed(&mut self, partitions: &[TopicPartition]) -> Result<Positions, LogError> {
        self.cluster.trip(|place| place == Place::Committed)?;
        let mut committed = self.inner.committed(partitions)?;
        let control = self.cluster.control();
        for (at, position) in &mut committed {
            if control.is(Canary::ForgetToRewind) {
                let key = (self.spec.group.clone(), at.clone());
                if let Some(offset) = control.read.get(&key).copied() {
                    let topic_ids = Arc::new(self.spec.topic_ids.clone());
                    *position = Some(Committed { offset, topic_ids });
                }
            }
            if control.is(Canary::ForgetPositions) {
                *position = None;
            }
            if let Some(committed) = position
                .as_ref()
                .filter(|_| control.is(Canary::WorkTooEarly))
            {
                self.done.insert(at.clone(), committed.offset);
            }
        }
        Ok(committed)
    }

    fn begin(&mut self) -> Result<(), LogError> {
        self.cluster.trip(|place| place == Place::Begin)?;
        (self.sent, self.outputs) = (0, Vec::new());
        match self.inner.begin() {
            Err(error) if error.kind == ErrorKind::Fenced && self.is(Canary::IgnoreFencing) => {
                Ok(())
            }
            other => other,
        }
    }

    fn send(&mut self, record: &Outgoing) -> Result<(), LogError> {
        let number = self.sent;
        self.cluster.trip(|place| place == Place::Send(number))?;
        self.sent += 1;
        if record.value.is_none() && self.is(Canary::LoseTombstones) {
            return Ok(());
        }
        if self.is(Canary::WriteBeforeBegin) {
            return self.write_outside(std::slice::from_ref(record));
        }
        self.outputs.push(record.clone());
        match self.inner.send(record) {
            Err(error) if error.kind == ErrorKind::Fenced && self.is(Canary::IgnoreFencing) => {
                Ok(())
            }
            other => other,
        }
    }

    fn commit(&mut self, positions: &[Position]) -> Result<(), LogError> {
        match self.commit_planted(positions) {
            Err(error) if error.kind == ErrorKind::Fenced && self.is(Canary::IgnoreFencing) => {
                self.write_outside(&self.outputs)?;
            }
            Err(error) => {
                if self.is(Canary::SeeAborted) {
                    self.write_outside(&self.outputs)?;
                }
                return Err(error);
            }
            Ok(()) => {}
        }
        self.cluster.trip(|place| place == Place::AfterCommit)
    }

    fn abort(&mut self) -> Result<(), LogError> {
        self.inner.abort()
    }

    /// The members of one that is dropped cannot be moved out, so this is what closing is: to abort
    /// what is open, and to leave.
    fn close(mut self: Box<Self>) -> Result<(), LogError> {
        self.inner.abort()
    }
}

impl Drop for FaultyWorker {
    fn drop(&mut self) {
        let mut control = self.cluster.control();
        let owner = control.ids.get_mut(&self.spec.transactional_id);
        if let Some(owner) = owner.filter(|owner| **owner == Some(self.number)) {
            *owner = None;
        }
    }
}
