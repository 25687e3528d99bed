//! The log on Kafka, by librdkafka: consumers with batch reading, transactional producers, topics.
//!
//! Every call here may block; each reader and worker belongs on a thread of its own.

mod acls;
mod admin;
mod asked;
mod cluster;
mod described;
mod events;
mod failure;
mod fetcher;
mod handover;
mod members;
mod noted;
mod queue;
mod reader;
mod retired;
mod settings;
mod transaction;
mod watchdog;
mod worker;

pub use cluster::KafkaCluster;
pub use settings::{KafkaSettings, Stalled};
