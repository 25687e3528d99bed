//! Runs a processor on Kafka, in memory or over files: one contract, three logs behind it.
//!
//! The contract is [`Cluster`], [`Reader`] and [`Worker`]; [`MemoryCluster`], [`FileCluster`] and
//! [`KafkaCluster`] keep it, and one conformance suite holds them to it.
//!
//! The only crate that knows Kafka. It knows neither Avro nor law: records are bytes here.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod acl;
mod error;
mod files;
mod kafka;
mod log;
mod memory;
mod partitioner;
mod record;
mod scan;
mod topic;

pub use acl::{Acl, AclOperation, AclPattern, AclPermission, AclResource};
pub use error::{ErrorKind, LogError};
pub use files::{FileCluster, FileRecord, RecordFiles, RecordStream, Refusal};
pub use kafka::{KafkaCluster, KafkaSettings, Stalled};
pub use log::{
    Assignment, Cluster, Committed, Each, Member, Polled, Positions, Reader, Worker, WorkerSpec,
};
pub use memory::{Feed, MemoryCluster};
pub use partitioner::partition_of;
pub use record::{Outgoing, Position, Record, RecordRef, TopicPartition};
pub use scan::{latest, read_topic};
pub use topic::{TopicIds, TopicSpec, TopicState};
