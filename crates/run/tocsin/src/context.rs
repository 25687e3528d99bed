//! What every stage shares: the cluster, the names, the codecs, the law and the settings.

use crate::codec::Codec;
use crate::config::StartAt;
use crate::law::Law;
use crate::topology::{Topic, TopicNames};
use facts::Source;
use std::sync::Arc;
use stream::{Cluster, LogError};

/// Names where a record of this log came from, by its topic, partition and offset: the line of a
/// file, or its place on another log; `None`: from nowhere else.
pub(crate) type Origin = Arc<dyn Fn(&str, i32, i64) -> Option<Source> + Send + Sync>;

/// Batches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    /// At most so many records a transaction.
    pub(crate) batch_records: usize,
    /// No more is read for a transaction once so many bytes of keys and values were.
    pub(crate) batch_bytes: u64,
    /// About so much is fetched ahead for each consumer, in bytes; 0 where nothing is.
    pub(crate) fetch_bytes: u64,
    /// At most so many candidates judged, or records searched, in one piece of work.
    pub(crate) piece_records: usize,
    /// At most so many incidents (or groups that may be some) in one piece of work: a join or a new
    /// pack may touch all of them, and a transaction must stay small.
    pub(crate) piece_incidents: usize,
    /// So long records are gathered for one transaction while more are there.
    pub(crate) commit_interval: std::time::Duration,
    /// How long verify waits before it first says that an access is unexplained.
    pub(crate) patience: std::time::Duration,
}

/// About how many records an incident makes, with its determinations under all orders.
const RECORDS_OF_AN_INCIDENT: usize = 40;

impl Tuning {
    /// Pieces of work that write about as many records as are read at once.
    pub(crate) fn of_batches(batch_records: usize) -> Tuning {
        Tuning {
            batch_records,
            batch_bytes: 64 << 20,
            fetch_bytes: 0,
            piece_records: batch_records,
            piece_incidents: (batch_records / RECORDS_OF_AN_INCIDENT).max(1),
            commit_interval: std::time::Duration::ZERO,
            patience: std::time::Duration::ZERO,
        }
    }
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning::of_batches(20_000)
    }
}

/// Where stages keep on disk what they need not keep in memory.
#[derive(Debug, Clone)]
pub(crate) struct StateSettings {
    /// The folder: an instance has files of its own there.
    pub(crate) directory: std::path::PathBuf,
    /// About so much of a file is held in memory, in bytes.
    pub(crate) cache_bytes: usize,
}

/// What every stage shares.
pub(crate) struct Context {
    /// The log.
    pub(crate) cluster: Arc<dyn Cluster>,
    /// The names of the topics there.
    pub(crate) names: TopicNames,
    /// Bytes to types and back.
    pub(crate) codec: Codec,
    /// The law that is loaded and what binds.
    pub(crate) law: Arc<Law>,
    /// Before the names of groups and transactional ids.
    pub(crate) prefix: String,
    /// This instance.
    pub(crate) instance: String,
    /// Where a first start of access-events begins; `None`: nobody said.
    pub(crate) start: Option<StartAt>,
    /// Batches.
    pub(crate) tuning: Tuning,
    /// Where state is kept on disk; `None`: all of it is in memory, and read from the topics again.
    pub(crate) state: Option<StateSettings>,
    /// Metrics and health.
    pub(crate) telemetry: Arc<telemetry::Telemetry>,
    /// Names where records came from, where that is elsewhere.
    pub(crate) origin: Option<Origin>,
}

impl Context {
    /// How many partitions the topic has, at least 1.
    pub(crate) fn partitions(&self, topic: Topic) -> Result<i32, LogError> {
        let partitions = self.cluster.partitions(&self.names.name(topic))?;
        Ok(partitions.max(1))
    }
}
