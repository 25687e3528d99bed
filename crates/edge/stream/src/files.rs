//! Files as input topics, for replay: one partition per file. Offsets are record numbers from 0, or
//! what the records themselves say.
//!
//! Every other topic lies in memory, so transactions work the same.

use crate::error::LogError;
use crate::log::{Cluster, Member, Reader, Worker, WorkerSpec};
use crate::memory::MemoryCluster;
use crate::record::Beside;
use crate::topic::{TopicIds, TopicSpec, TopicState};
use std::sync::Arc;

/// Files by topic and partition. What a record is, and how it is packed, is the implementor's.
pub trait RecordFiles: Send + Sync {
    /// The topics that come from files.
    fn topics(&self) -> Vec<String>;

    /// How many files, and so partitions, the topic has; 0: none, an empty topic.
    fn partitions(&self, topic: &str) -> i32;

    /// The file's name, as it is shown to people.
    fn name(&self, topic: &str, partition: i32) -> String;

    /// The first offset that is there. What stood before one that is not 0 is gone, as after
    /// retention.
    fn start(&self, _topic: &str, _partition: i32) -> i64 {
        0
    }

    /// One past the last offset: where records are numbered, how many the file holds. Asked only
    /// for [`Cluster::range`].
    ///
    /// # Errors
    /// The reason why the file cannot be read.
    fn end(&self, topic: &str, partition: i32) -> Result<i64, String>;

    /// Opens the file before the first record at or behind the offset `from`.
    ///
    /// # Errors
    /// The reason why the file cannot be read.
    fn open(&self, topic: &str, partition: i32, from: i64)
    -> Result<Box<dyn RecordStream>, String>;
}

/// An open file of records.
pub trait RecordStream: Send {
    /// Puts the next record into `record`, which comes empty; false: there is none.
    ///
    /// # Errors
    /// The reason why the file cannot be read on.
    fn next(&mut self, record: &mut FileRecord) -> Result<bool, String>;
}

/// A record of a file.
#[derive(Default)]
pub struct FileRecord {
    /// Its offset; `None`: the one behind the last record's.
    pub offset: Option<i64>,
    /// Its time stamp in milliseconds since 1970; `None`: the file does not say.
    pub timestamp_ms: Option<i64>,
    /// Its key; `None`: it has none.
    pub key: Option<Vec<u8>>,
    /// Its bytes; none where `refusal` says why, and of a tombstone.
    pub value: Vec<u8>,
    /// It has no value, and takes back what the key said.
    pub is_tombstone: bool,
    /// Its headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Why there are no bytes that anybody could use.
    pub refusal: Option<Refusal>,
}

/// What the reader of a file says of a record that it cannot hand on.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The error's code.
    pub code: String,
    /// What was attempted, why it failed and what to do; no content.
    pub reason: String,
    /// The record as it stands in the file; empty where it is too long to be kept.
    pub bytes: Vec<u8>,
}

impl FileRecord {
    pub(crate) fn clear(&mut self) {
        let mut value = std::mem::take(&mut self.value);
        value.clear();
        *self = FileRecord {
            value,
            ..FileRecord::default()
        };
    }
}

impl Beside for FileRecord {
    fn header(&self, index: usize) -> Option<(&str, &[u8])> {
        let (name, value) = self.headers.get(index)?;
        Some((name, value))
    }

    fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }
}

/// One file of a topic.
pub(crate) struct FilePartition {
    files: Arc<dyn RecordFiles>,
    topic: String,
    partition: i32,
}

impl FilePartition {
    pub(crate) fn name(&self) -> String {
        self.files.name(&self.topic, self.partition)
    }

    pub(crate) fn open(&self, from: i64) -> Result<Box<dyn RecordStream>, String> {
        self.files.open(&self.topic, self.partition, from)
    }

    /// The first offset that is there.
    pub(crate) fn start(&self) -> i64 {
        self.files.start(&self.topic, self.partition)
    }

    /// The first offset that is there, and one past the last.
    pub(crate) fn range(&self) -> Result<(i64, i64), LogError> {
        let end = self.files.end(&self.topic, self.partition);
        let end = end.map_err(|why| {
            LogError::file_unreadable("counting the records of", &self.name(), &why)
        })?;
        Ok((self.start(), end))
    }
}

/// A cluster whose inputs are files. Clones are the same cluster.
#[derive(Clone)]
pub struct FileCluster {
    memory: MemoryCluster,
}

impl FileCluster {
    /// A cluster with the topics of `files`, and all that is created later in `memory`.
    pub fn new(files: Arc<dyn RecordFiles>, memory: MemoryCluster) -> Self {
        for topic in files.topics() {
            let of = |partition| FilePartition {
                files: files.clone(),
                topic: topic.clone(),
                partition,
            };
            memory.add_files(&topic, (0..files.partitions(&topic)).map(of).collect());
        }
        FileCluster { memory }
    }

    /// The cluster in memory behind it.
    pub fn memory(&self) -> &MemoryCluster {
        &self.memory
    }
}

impl Cluster for FileCluster {
    fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        self.memory.partitions(topic)
    }

    fn range(&self, topic: &str, partition: i32) -> Result<(i64, i64), LogError> {
        self.memory.range(topic, partition)
    }

    fn offset_for_time(
        &self,
        topic: &str,
        partition: i32,
        millis: i64,
    ) -> Result<Option<i64>, LogError> {
        self.memory.offset_for_time(topic, partition, millis)
    }

    fn open_reader(&self) -> Result<Box<dyn Reader>, LogError> {
        self.memory.open_reader()
    }

    fn open_worker(&self, spec: WorkerSpec) -> Result<Box<dyn Worker>, LogError> {
        self.memory.open_worker(spec)
    }

    fn members(&self, group: &str) -> Result<Vec<Member>, LogError> {
        self.memory.members(group)
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.memory.create_topics(topics)
    }

    fn configure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.memory.configure_topics(topics)
    }

    fn describe_topics(&self, names: &[&str]) -> Result<Vec<TopicState>, LogError> {
        self.memory.describe_topics(names)
    }

    fn topic_ids(&self, names: &[&str]) -> Result<TopicIds, LogError> {
        self.memory.topic_ids(names)
    }

    fn delete_topics(&self, names: &[&str]) -> Result<(), LogError> {
        self.memory.delete_topics(names)
    }
}
