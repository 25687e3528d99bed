//! Topics, groups and transactional ids of the cluster in memory.

use super::group::Group;
use super::producer::ProducerState;
use super::reader::MemoryReader;
use super::store::Entry;
use super::topic::{Backing, Topic};
use super::worker::MemoryWorker;
use super::{Signal, locked};
use crate::error::{ErrorKind, LogError};
use crate::files::FilePartition;
use crate::log::{Assignment, Cluster, Member, Reader, Worker, WorkerSpec};
use crate::partitioner::partition_of;
use crate::record::{Outgoing, TopicPartition};
use crate::topic::{TopicIds, TopicSpec, TopicState};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

type Clock = dyn Fn() -> i64 + Send + Sync;

/// What all clones of a [`MemoryCluster`] share.
pub(crate) struct Shared {
    topics: RwLock<BTreeMap<Arc<str>, Arc<Topic>>>,
    pub(crate) groups: Mutex<BTreeMap<String, Group>>,
    producers: Mutex<BTreeMap<String, Arc<Mutex<ProducerState>>>>,
    next_txn: AtomicU64,
    /// How many topics were created.
    created: AtomicU64,
    pub(crate) signal: Signal,
    clock: Box<Clock>,
}

impl Shared {
    /// The topic of this name.
    pub(crate) fn topic(&self, name: &str) -> Result<Arc<Topic>, LogError> {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics
            .get(name)
            .cloned()
            .ok_or_else(|| LogError::unknown_topic(name))
    }

    /// The time by which records without a time stamp are stamped, in milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }

    /// A transaction's number, from 1.
    pub(crate) fn next_txn(&self) -> u64 {
        self.next_txn.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The partitions of these topics, in order.
    pub(crate) fn partitions_of(&self, topics: &[String]) -> Vec<TopicPartition> {
        let mut found: Vec<TopicPartition> = topics
            .iter()
            .filter_map(|name| self.topic(name).ok())
            .flat_map(|topic| {
                let name = topic.name.clone();
                (0..topic.partitions()).map(move |p| TopicPartition::new(name.clone(), p))
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// Shares a group's partitions anew after a change.
    pub(crate) fn rebalance(&self, group: &mut Group) {
        let topics: Vec<String> = {
            let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
            topics
                .keys()
                .filter(|name| group.reads(name))
                .map(|name| name.to_string())
                .collect()
        };
        group.rebalance(&self.partitions_of(&topics));
    }
}

/// A record to be fed in bulk, without a transaction.
#[derive(Clone, Copy)]
pub struct Feed<'a> {
    /// The record's time stamp in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
}

/// A transactional log in memory. Clones are the same cluster.
#[derive(Clone)]
pub struct MemoryCluster {
    pub(crate) shared: Arc<Shared>,
}

impl Default for MemoryCluster {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryCluster {
    /// An empty cluster that stamps records with the machine's time.
    pub fn new() -> Self {
        Self::with_clock(|| {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }

    /// An empty cluster that stamps records with what `clock` says, in milliseconds since 1970.
    pub fn with_clock(clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let shared = Shared {
            topics: RwLock::default(),
            groups: Mutex::default(),
            producers: Mutex::default(),
            next_txn: AtomicU64::new(0),
            created: AtomicU64::new(0),
            signal: Signal::default(),
            clock: Box::new(clock),
        };
        MemoryCluster {
            shared: Arc::new(shared),
        }
    }

    /// Appends records without a transaction, visible at once; returns the partition's next
    /// offset. For feeding history: one lock for the whole batch.
    ///
    /// # Errors
    /// `NotFound` for a topic or partition that is not there; `Config` for a record that is too
    /// large (those before it are in).
    pub fn append_batch<'a>(
        &self,
        topic: &str,
        partition: i32,
        records: impl IntoIterator<Item = Feed<'a>>,
    ) -> Result<i64, LogError> {
        let topic = self.shared.topic(topic)?;
        let mut next = 0;
        let mut outcome = Ok(());
        {
            let mut store = locked(topic.store(partition)?);
            for Feed {
                timestamp_ms,
                key,
                value,
            } in records
            {
                let entry = Entry {
                    timestamp_ms,
                    key,
                    value,
                    headers: &[],
                    txn: 0,
                };
                outcome = topic.check_size(&entry);
                if outcome.is_err() {
                    break;
                }
                next = store.append(&entry).0 + 1;
            }
        }
        self.shared.signal.raise();
        outcome.map(|()| next)
    }

    /// Appends one record without a transaction, visible at once; returns its place.
    ///
    /// # Errors
    /// As [`MemoryCluster::append_batch`].
    pub fn append(&self, record: &Outgoing) -> Result<(i32, i64), LogError> {
        let topic = self.shared.topic(&record.topic)?;
        let chosen = || partition_of(&record.key, topic.partitions());
        let partition = record.partition.unwrap_or_else(chosen);
        let entry = entry_of(record, 0, &self.shared);
        topic.check_size(&entry)?;
        let (offset, _) = locked(topic.store(partition)?).append(&entry);
        self.shared.signal.raise();
        Ok((partition, offset))
    }

    /// Drops the records of a partition before `before`, as retention does on Kafka.
    ///
    /// # Errors
    /// `NotFound` for a topic or partition that is not there.
    pub fn trim(&self, topic: &str, partition: i32, before: i64) -> Result<(), LogError> {
        locked(self.shared.topic(topic)?.store(partition)?).trim(before);
        Ok(())
    }

    /// Gives a topic more partitions, `partitions` in all, as other tools do on Kafka; groups that
    /// read it share them.
    ///
    /// # Errors
    /// `NotFound` for a topic that is not there.
    pub fn grow(&self, topic: &str, partitions: i32) -> Result<(), LogError> {
        let grown = self.shared.topic(topic)?.grown(partitions);
        let topics = &self.shared.topics;
        let mut topics = topics.write().unwrap_or_else(PoisonError::into_inner);
        topics.insert(grown.name.clone(), Arc::new(grown));
        drop(topics);
        self.share(topic);
        Ok(())
    }

    /// Adds a topic whose partitions are files.
    pub(crate) fn add_files(&self, topic: &str, files: Vec<FilePartition>) {
        let backings = files.into_iter().map(Backing::File).collect();
        self.insert(Topic::new(topic, None, backings, &BTreeMap::new()));
    }

    fn insert(&self, topic: Topic) {
        let name = topic.name.clone();
        {
            let mut topics = self
                .shared
                .topics
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            topics
                .entry(name.clone())
                .or_insert_with(|| Arc::new(topic));
        }
        self.share(&name);
    }

    /// Shares the partitions of a topic anew among who reads it.
    fn share(&self, topic: &str) {
        for group in locked(&self.shared.groups).values_mut() {
            if group.reads(topic) {
                self.shared.rebalance(group);
            }
        }
        self.shared.signal.raise();
    }
}

/// A record as the store takes it.
pub(crate) fn entry_of<'a>(record: &'a Outgoing, txn: u64, shared: &Shared) -> Entry<'a> {
    Entry {
        timestamp_ms: record.timestamp_ms.unwrap_or_else(|| shared.now()),
        key: Some(&record.key),
        value: record.value.as_deref(),
        headers: &record.headers,
        txn,
    }
}

impl Cluster for MemoryCluster {
    fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        Ok(self.shared.topic(topic)?.partitions())
    }

    fn range(&self, topic: &str, partition: i32) -> Result<(i64, i64), LogError> {
        match self.shared.topic(topic)?.backing(partition)? {
            Backing::Memory(store) => Ok(locked(store).range()),
            Backing::File(file) => file.range(),
        }
    }

    fn offset_for_time(
        &self,
        topic: &str,
        partition: i32,
        millis: i64,
    ) -> Result<Option<i64>, LogError> {
        match self.shared.topic(topic)?.backing(partition)? {
            Backing::Memory(store) => Ok(locked(store).offset_for_time(millis)),
            Backing::File(_) => Ok(Some(0)),
        }
    }

    fn open_reader(&self) -> Result<Box<dyn Reader>, LogError> {
        Ok(Box::new(MemoryReader::new(self.shared.clone())))
    }

    fn open_worker(&self, spec: WorkerSpec) -> Result<Box<dyn Worker>, LogError> {
        for topic in &spec.topics {
            self.shared.topic(topic)?;
        }
        if let Assignment::Fixed(partitions) = &spec.assignment {
            for TopicPartition { topic, partition } in partitions {
                self.shared.topic(topic)?.backing(*partition)?;
            }
        }
        let producer = {
            let mut producers = locked(&self.shared.producers);
            producers
                .entry(spec.transactional_id.clone())
                .or_default()
                .clone()
        };
        let epoch = locked(&producer).take_over();
        let member = match spec.assignment {
            Assignment::Fixed(_) => None,
            Assignment::Group => {
                let mut groups = locked(&self.shared.groups);
                let group = groups.entry(spec.group.clone()).or_default();
                let member = group.join(&spec);
                self.shared.rebalance(group);
                Some(member)
            }
        };
        self.shared.signal.raise();
        Ok(Box::new(MemoryWorker::new(
            self.shared.clone(),
            spec,
            producer,
            epoch,
            member,
        )))
    }

    fn members(&self, group: &str) -> Result<Vec<Member>, LogError> {
        Ok(locked(&self.shared.groups)
            .get(group)
            .map(Group::members)
            .unwrap_or_default())
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        for spec in topics {
            if spec.partitions < 1 {
                let message = format!(
                    "cannot create the topic {} with {} partitions; give it at least one",
                    spec.name, spec.partitions
                );
                return Err(LogError::new(
                    ErrorKind::Config,
                    "invalid_partitions",
                    message,
                ));
            }
            let backings = (0..spec.partitions).map(|_| Backing::empty()).collect();
            let number = self.shared.created.fetch_add(1, Ordering::Relaxed);
            let id = Some(format!("memory-{number}"));
            self.insert(Topic::new(&spec.name, id, backings, &spec.config));
        }
        Ok(())
    }

    fn configure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        for spec in topics {
            let topic = self.shared.topic(&spec.name)?;
            let config = spec.over(&locked(&topic.config));
            topic.configure(&config);
        }
        Ok(())
    }

    fn describe_topics(&self, names: &[&str]) -> Result<Vec<TopicState>, LogError> {
        let found = names.iter().filter_map(|name| self.shared.topic(name).ok());
        let state = |topic: Arc<Topic>| {
            let config = locked(&topic.config).clone();
            TopicState {
                name: topic.name.to_string(),
                partitions: topic.partitions(),
                replication: 1,
                overridden: config.clone(),
                config,
            }
        };
        Ok(found.map(state).collect())
    }

    fn topic_ids(&self, names: &[&str]) -> Result<TopicIds, LogError> {
        let found = names.iter().filter_map(|name| self.shared.topic(name).ok());
        let with_id = |topic: Arc<Topic>| Some((topic.name.to_string(), topic.id.clone()?));
        Ok(found.filter_map(with_id).collect())
    }

    fn delete_topics(&self, names: &[&str]) -> Result<(), LogError> {
        {
            let mut topics = self
                .shared
                .topics
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            topics.retain(|name, _| !names.contains(&&**name));
        }
        for group in locked(&self.shared.groups).values_mut() {
            group
                .committed
                .retain(|partition, _| !names.contains(&&*partition.topic));
            if names.iter().any(|name| group.reads(name)) {
                self.shared.rebalance(group);
            }
        }
        self.shared.signal.raise();
        Ok(())
    }
}
