//! Reads whole topics: for restoring state, for answers and for tests.

use crate::error::LogError;
use crate::log::{Cluster, Each};
use crate::record::{Position, Record};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many records a poll brings at most.
const BATCH_RECORDS: usize = 10_000;
/// How long one poll waits for the first record.
const POLL_WAIT: Duration = Duration::from_millis(100);

/// Calls `each` with every committed record of a topic, from the first that is there to the
/// committed end as it is now; returns how many. Order holds within a partition only.
///
/// # Errors
/// As [`Reader::poll`](crate::Reader::poll).
pub fn read_topic(cluster: &dyn Cluster, topic: &str, each: Each<'_>) -> Result<u64, LogError> {
    let mut positions = Vec::new();
    for partition in 0..cluster.partitions(topic)? {
        let (start, _) = cluster.range(topic, partition)?;
        positions.push(Position::new(topic, partition, start));
    }
    let mut reader = cluster.open_reader()?;
    reader.assign(&positions)?;
    let mut count = 0;
    while !reader.at_end() {
        count += reader.poll(BATCH_RECORDS, POLL_WAIT, each)? as u64;
    }
    Ok(count)
}

/// The last committed value of each key of a topic, tombstones left out; records without a key
/// are not in it.
///
/// # Errors
/// As [`read_topic`].
pub fn latest(cluster: &dyn Cluster, topic: &str) -> Result<BTreeMap<Vec<u8>, Record>, LogError> {
    let mut last = BTreeMap::new();
    read_topic(cluster, topic, &mut |record| {
        let Some(key) = record.key else { return };
        if record.value.is_some() {
            last.insert(key.to_vec(), record.to_record());
        } else {
            last.remove(key);
        }
    })?;
    Ok(last)
}
