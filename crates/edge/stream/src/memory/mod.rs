//! The log in memory: the same transactions, fencing, groups and gaps in offsets as Kafka's.
//!
//! What is not imitated: replication, compaction, retention by time (see [`MemoryCluster::trim`]),
//! session time-outs (a dropped worker leaves its group at once) and transaction time-outs (a
//! crashed worker's transaction stays open until its id is used again).

mod cluster;
mod cursor;
mod group;
mod producer;
mod reader;
mod store;
mod topic;
mod worker;

pub use cluster::{Feed, MemoryCluster};

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The value behind a lock. A panic elsewhere while it was held leaves the data usable: every
/// change is complete before anything that may panic runs.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes those who wait for records or for a change of assignment.
#[derive(Default)]
pub(crate) struct Signal {
    version: Mutex<u64>,
    changed: Condvar,
}

impl Signal {
    /// What to compare with in [`Signal::wait`]; to be taken before looking for work.
    pub(crate) fn version(&self) -> u64 {
        *locked(&self.version)
    }

    /// Something changed.
    pub(crate) fn raise(&self) {
        *locked(&self.version) += 1;
        self.changed.notify_all();
    }

    /// Sleeps until something has changed since `seen`, or `until`; false: the time is up.
    pub(crate) fn wait(&self, seen: u64, until: Instant) -> bool {
        let mut version = locked(&self.version);
        while *version == seen {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(version, left);
            version = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
