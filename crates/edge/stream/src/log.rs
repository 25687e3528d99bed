//! What a processor needs of a log: the traits behind which Kafka, memory and files stand.
//!
//! The contract follows Kafka with exactly-once processing: records are read as `read_committed`
//! shows them, outputs and input positions are committed together or not at all, and a second
//! worker with the same transactional id fences the first.

use crate::error::LogError;
use crate::record::{Outgoing, Position, RecordRef, TopicPartition};
use crate::topic::{TopicIds, TopicSpec, TopicState};
use std::sync::Arc;
use std::time::Duration;

/// Who reads which partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment {
    /// The group shares the partitions of the topics among its members.
    Group,
    /// Exactly these, without membership; positions are still committed under the group's name.
    Fixed(Vec<TopicPartition>),
}

/// What a worker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerSpec {
    /// The consumer group under whose name positions are committed.
    pub group: String,
    /// The transactional id: stable over restarts, one per worker slot. A second worker with the
    /// same id fences the first.
    pub transactional_id: String,
    /// The static member name, stable over restarts; `None`: a dynamic member.
    pub instance_id: Option<String>,
    /// What is shown to operators and to [`Cluster::members`], such as a program with its version
    /// (on Kafka the `client.id`, before one that is configured); `None`: nothing.
    pub label: Option<String>,
    /// The topics to read; empty for a worker that only writes.
    pub topics: Vec<String>,
    /// Who decides which partitions.
    pub assignment: Assignment,
    /// Partitions that are read by other means, and of which positions are committed all the same:
    /// they need not be assigned. Several workers of a group may commit them; the last one stands.
    pub beside: Vec<TopicPartition>,
    /// The ids of the topics as the caller knows them ([`Cluster::topic_ids`]): all of them are
    /// noted with each position that is committed. Brokers forget the positions in a topic with the
    /// topic, and those in the others still say which topic it was.
    pub topic_ids: TopicIds,
}

impl WorkerSpec {
    /// A worker that reads nothing and only writes, in transactions.
    pub fn writer(transactional_id: impl Into<String>) -> Self {
        let transactional_id = transactional_id.into();
        WorkerSpec {
            group: transactional_id.clone(),
            transactional_id,
            instance_id: None,
            label: None,
            topics: Vec::new(),
            assignment: Assignment::Fixed(Vec::new()),
            beside: Vec::new(),
            topic_ids: TopicIds::new(),
        }
    }
}

/// A position that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The offset of the next record to read.
    pub offset: i64,
    /// The ids of topics as its worker knew them ([`WorkerSpec::topic_ids`]), that of the topic
    /// which it is a position in among them; empty: it knew none, or the position was set by other
    /// means.
    pub topic_ids: Arc<TopicIds>,
}

/// Partitions, with the position that was committed in each.
pub type Positions = Vec<(TopicPartition, Option<Committed>)>;

/// Somebody who is in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What it called itself when it joined ([`WorkerSpec::label`]): for people. On Kafka a static
    /// member that comes back within its session keeps the label of its first time (seen with
    /// 4.3), so what must tell members apart belongs into the static name; and a client that said
    /// nothing is called `rdkafka`.
    pub label: Option<String>,
    /// Its static name; `None`: a dynamic member.
    pub instance_id: Option<String>,
}

/// What one [`Worker::poll`] brought besides the records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Polled {
    /// Partitions that this worker now owns. Nothing of them is delivered before
    /// [`Worker::start`].
    pub assigned: Vec<TopicPartition>,
    /// Partitions that go to another worker. They are still owned: commit or abort what is open;
    /// the next poll gives them away. Nothing more of them is delivered.
    pub revoked: Vec<TopicPartition>,
    /// Partitions that are owned no more, because the group took this worker for dead: abort.
    pub lost: Vec<TopicPartition>,
    /// How many records were delivered.
    pub records: usize,
    /// Every started partition had been read to its committed end when last heard of.
    pub at_end: bool,
}

/// What is called with each record.
pub type Each<'a> = &'a mut dyn FnMut(RecordRef<'_>);

/// A cluster, or what stands for one: opens readers and workers and answers questions about topics.
pub trait Cluster: Send + Sync {
    /// How many partitions the topic has.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is no such topic;
    /// [`ErrorKind::Retriable`](crate::ErrorKind::Retriable), for a while, where this cluster was
    /// asked for it before and it was there: brokers that restart forget topics for a moment.
    fn partitions(&self, topic: &str) -> Result<i32, LogError>;

    /// The first offset that is still there, and the committed end (one past the last offset that
    /// is decided).
    ///
    /// # Errors
    /// Where there is no such partition or the cluster does not answer.
    fn range(&self, topic: &str, partition: i32) -> Result<(i64, i64), LogError>;

    /// The first offset whose time stamp is not before `millis`; `None`: all are before. A log
    /// without time stamps (files) answers with its first offset. On Kafka the marker of a
    /// transaction counts with the time of its end, so the answer may be earlier than the first
    /// such record, never later.
    ///
    /// # Errors
    /// Where there is no such partition or the cluster does not answer.
    fn offset_for_time(
        &self,
        topic: &str,
        partition: i32,
        millis: i64,
    ) -> Result<Option<i64>, LogError>;

    /// Opens a reader without a group.
    ///
    /// # Errors
    /// Where the client cannot be made.
    fn open_reader(&self) -> Result<Box<dyn Reader>, LogError>;

    /// Opens a member of a group with its transactional producer. Whatever a predecessor with the
    /// same transactional id left open is aborted first.
    ///
    /// # Errors
    /// Where the client cannot be made or the cluster refuses.
    fn open_worker(&self, spec: WorkerSpec) -> Result<Box<dyn Worker>, LogError>;

    /// Everybody who is in the group now, in no order; nobody where there is no such group. Workers
    /// with a fixed assignment are in no group. On Kafka a member that died, and a static one that
    /// left, is in it until its session ends; one that is about to join is not in it yet, so of
    /// two that join at once the later sees the other only when it has partitions.
    ///
    /// # Errors
    /// Where the cluster refuses or does not answer.
    fn members(&self, group: &str) -> Result<Vec<Member>, LogError>;

    /// How long a member that is gone stays in its group: a session. Zero where it is out at once.
    fn session(&self) -> Duration {
        Duration::ZERO
    }

    /// Creates topics; one that is there already is left as it is.
    ///
    /// # Errors
    /// Where the cluster refuses.
    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError>;

    /// Sets what the specifications name on existing topics; what else was set on them stays.
    ///
    /// # Errors
    /// `NotFound` for a topic that is not there; where the cluster refuses.
    fn configure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError>;

    /// The topics of these names as they are; those that do not exist are absent from the answer.
    ///
    /// # Errors
    /// Where the cluster does not answer.
    fn describe_topics(&self, names: &[&str]) -> Result<Vec<TopicState>, LogError>;

    /// The ids of these topics by their names: whoever deletes a topic and creates it anew gives it
    /// another. Absent are topics that are not there, and those that nobody gave an id: files, and
    /// topics of brokers before 2.8.
    ///
    /// # Errors
    /// Where the cluster does not answer.
    fn topic_ids(&self, names: &[&str]) -> Result<TopicIds, LogError>;

    /// Deletes topics; one that is not there is no error.
    ///
    /// # Errors
    /// Where the cluster refuses.
    fn delete_topics(&self, names: &[&str]) -> Result<(), LogError>;
}

/// Reads committed records without a group; the caller keeps the positions.
pub trait Reader: Send {
    /// Reads these partitions from these offsets from now on, and no others; takes note of their
    /// committed ends for [`Reader::at_end`].
    ///
    /// # Errors
    /// Where a partition does not exist or the cluster does not answer.
    fn assign(&mut self, positions: &[Position]) -> Result<(), LogError>;

    /// Continues an assigned partition from another offset.
    ///
    /// # Errors
    /// Where the partition is not assigned or the cluster does not answer.
    fn seek(&mut self, topic: &str, partition: i32, offset: i64) -> Result<(), LogError>;

    /// Calls `each` with up to `max` records and returns how many; waits up to `wait` for the
    /// first.
    ///
    /// # Errors
    /// Where an offset is not there any more (`NotFound`) or the cluster refuses.
    fn poll(&mut self, max: usize, wait: Duration, each: Each<'_>) -> Result<usize, LogError>;

    /// The next offset to read, advanced over aborted records and transaction markers; `None`:
    /// not assigned.
    fn position(&self, topic: &str, partition: i32) -> Option<i64>;

    /// Whether all positions have reached the committed ends as they were at
    /// [`Reader::assign`] or the last [`Reader::refresh_end`]. True with nothing assigned.
    fn at_end(&self) -> bool;

    /// One past the last record of an assigned partition, whether it is decided or not, as last
    /// heard of; `None`: not heard of since [`Reader::assign`].
    fn written_end(&self, topic: &str, partition: i32) -> Option<i64>;

    /// Takes note of the committed ends anew.
    ///
    /// # Errors
    /// Where the cluster does not answer.
    fn refresh_end(&mut self) -> Result<(), LogError>;
}

/// One member of a group with its transactional producer: input positions and outputs are
/// committed together.
///
/// The way of one: [`poll`](Worker::poll) until partitions are assigned, restore their state,
/// [`start`](Worker::start) each, then poll records, [`begin`](Worker::begin),
/// [`send`](Worker::send), [`commit`](Worker::commit). After an error of kind `Abort`:
/// [`abort`](Worker::abort), then `start` each partition again where the last commit left it. After
/// `Fatal`: drop the worker and open another. After `Fenced`: another worker has taken over; stop.
pub trait Worker: Send {
    /// Calls `each` with up to `max` records of the started partitions; waits up to `wait` for the
    /// first record or change of assignment. Partitions that the last poll named as revoked or
    /// lost are given away first; a transaction must not be open then. A poll that brings a
    /// change of assignment brings no records.
    ///
    /// # Errors
    /// `Fenced` where another member took this one's place, `Abort` where a transaction was still
    /// open over a revocation, `NotFound` where an offset is not there any more, `Retriable` where
    /// a topic is not heard of any more: open the worker again.
    fn poll(&mut self, max: usize, wait: Duration, each: Each<'_>) -> Result<Polled, LogError>;

    /// Delivers an assigned partition from `offset` on; again, to rewind after an abort.
    ///
    /// # Errors
    /// Where the partition is not assigned to this worker.
    fn start(&mut self, topic: &str, partition: i32, offset: i64) -> Result<(), LogError>;

    /// The next offset that will be delivered of a started partition, advanced over aborted
    /// records and transaction markers.
    fn position(&self, topic: &str, partition: i32) -> Option<i64>;

    /// The committed end of a started partition as last heard of: for lag. `None`: unknown.
    fn end(&self, topic: &str, partition: i32) -> Option<i64>;

    /// Whether its share is known: the fixed partitions were handed on, or the group has given it
    /// some, if only none. Before, that nothing is left to read says nothing.
    fn has_share(&self) -> bool;

    /// Whether a started partition has something behind the committed end, as last heard of, that
    /// a transaction which is not decided holds back.
    fn is_held_back(&self) -> bool;

    /// The positions committed under the group's name; `None`: none. Waits for transactions that
    /// are about to change them.
    ///
    /// # Errors
    /// Where the cluster does not answer.
    fn committed(&mut self, partitions: &[TopicPartition]) -> Result<Positions, LogError>;

    /// Begins a transaction.
    ///
    /// # Errors
    /// `Fenced`; `Fatal` where one is open already.
    fn begin(&mut self) -> Result<(), LogError>;

    /// Writes a record in the open transaction. It is not visible before the commit.
    ///
    /// # Errors
    /// `Fenced`, `Abort`, `NotFound` for a topic or partition that is not there; `Fatal` where no
    /// transaction is open.
    fn send(&mut self, record: &Outgoing) -> Result<(), LogError>;

    /// Commits the open transaction's records together with these input positions (next offset
    /// to read). When it returns, the decision is made; on Kafka the records become visible
    /// partition by partition, milliseconds later.
    ///
    /// # Errors
    /// `Fenced`, `Fatal`, `Abort`, and `Config` for a record that is too large for its topic;
    /// nothing of the transaction is visible then, or will be (after `Fatal` the outcome is what
    /// [`Worker::committed`] of the next worker says).
    fn commit(&mut self, positions: &[Position]) -> Result<(), LogError>;

    /// Aborts the open transaction; without one it does nothing. Reading goes on where it stood:
    /// `start` each partition again at its last committed position.
    ///
    /// # Errors
    /// `Fenced`, `Fatal`.
    fn abort(&mut self) -> Result<(), LogError>;

    /// Aborts what is open and leaves the group. Dropping a worker instead is what a crash does:
    /// its transaction stays open until the id is used again.
    ///
    /// # Errors
    /// Where leaving was not orderly; the worker is gone all the same.
    fn close(self: Box<Self>) -> Result<(), LogError>;
}
