//! A topic of the cluster in memory, and what its partitions lie in.

use super::locked;
use super::store::{Entry, Store};
use crate::error::{ErrorKind, LogError};
use crate::files::FilePartition;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Kafka's default for `max.message.bytes`.
const DEFAULT_MAX_MESSAGE_BYTES: usize = 1_048_588;

/// What a partition's records lie in.
pub(crate) enum Backing {
    /// Written and read here.
    Memory(Mutex<Store>),
    /// A file; it can only be read.
    File(FilePartition),
}

impl Backing {
    /// In memory, with nothing in it.
    pub(crate) fn empty() -> Backing {
        Backing::Memory(Mutex::new(Store::new()))
    }
}

/// A topic.
pub(crate) struct Topic {
    pub(crate) name: Arc<str>,
    /// `None`: its records lie in files.
    pub(crate) id: Option<String>,
    backings: Vec<Arc<Backing>>,
    pub(crate) config: Mutex<BTreeMap<String, String>>,
    max_message_bytes: AtomicU64,
}

impl Topic {
    pub(crate) fn new(
        name: &str,
        id: Option<String>,
        backings: Vec<Backing>,
        config: &BTreeMap<String, String>,
    ) -> Self {
        let topic = Topic {
            name: name.into(),
            id,
            backings: backings.into_iter().map(Arc::new).collect(),
            config: Mutex::default(),
            max_message_bytes: AtomicU64::new(DEFAULT_MAX_MESSAGE_BYTES as u64),
        };
        topic.configure(config);
        topic
    }

    /// The same topic with more partitions; those that it has stay where they are.
    pub(crate) fn grown(&self, partitions: i32) -> Self {
        let backings = (self.partitions()..partitions).map(|_| Backing::empty());
        let config = locked(&self.config).clone();
        let mut grown = Topic::new(&self.name, self.id.clone(), backings.collect(), &config);
        grown.backings.splice(..0, self.backings.iter().cloned());
        grown
    }

    pub(crate) fn configure(&self, config: &BTreeMap<String, String>) {
        let bytes = config
            .get("max.message.bytes")
            .and_then(|text| text.parse().ok());
        let bytes = bytes.unwrap_or(DEFAULT_MAX_MESSAGE_BYTES as u64);
        self.max_message_bytes.store(bytes, Ordering::Relaxed);
        locked(&self.config).clone_from(config);
    }

    /// How many partitions it has.
    pub(crate) fn partitions(&self) -> i32 {
        i32::try_from(self.backings.len()).unwrap_or(i32::MAX)
    }

    /// What the partition's records lie in.
    pub(crate) fn backing(&self, partition: i32) -> Result<&Backing, LogError> {
        let found = usize::try_from(partition)
            .ok()
            .and_then(|index| self.backings.get(index));
        let found = found.map(|backing| &**backing);
        found.ok_or_else(|| LogError::unknown_partition(&self.name, partition, self.partitions()))
    }

    /// The partition's store; an error for a file.
    pub(crate) fn store(&self, partition: i32) -> Result<&Mutex<Store>, LogError> {
        match self.backing(partition)? {
            Backing::Memory(store) => Ok(store),
            Backing::File(_) => {
                let message = format!("cannot write to {}: it is read from files", self.name);
                Err(LogError::new(ErrorKind::Config, "read_only", message))
            }
        }
    }

    /// An error for a record that Kafka would refuse for its size.
    pub(crate) fn check_size(&self, entry: &Entry<'_>) -> Result<(), LogError> {
        let (size, most) = (
            entry.size() as u64,
            self.max_message_bytes.load(Ordering::Relaxed),
        );
        if size <= most {
            return Ok(());
        }
        let message = format!(
            "cannot write {size} bytes to {}: its max.message.bytes is {most}; raise it (`tocsin \
             topics apply` sets what tocsin needs)",
            self.name
        );
        Err(LogError::new(
            ErrorKind::Config,
            "message_too_large",
            message,
        ))
    }
}
