//! What the cluster in memory keeps of a transactional id: who owns it, what is open.

use super::locked;
use super::topic::{Backing, Topic};
use crate::error::{ErrorKind, LogError};
use std::sync::Arc;

/// A transactional id.
#[derive(Default)]
pub(crate) struct ProducerState {
    /// Who owns the id: the latest to open it.
    pub(crate) epoch: u64,
    pub(crate) open: Option<Open>,
}

/// A transaction and the partitions that it wrote to.
pub(crate) struct Open {
    pub(crate) txn: u64,
    pub(crate) touched: Vec<(Arc<Topic>, i32)>,
}

impl Open {
    /// Ends the transaction on every partition that it wrote to.
    pub(crate) fn finish(self, commit: bool) {
        for (topic, partition) in &self.touched {
            if let Ok(Backing::Memory(store)) = topic.backing(*partition) {
                locked(store).finish(self.txn, commit);
            }
        }
    }
}

impl ProducerState {
    /// A new owner: fences the last one and aborts what it left open.
    pub(crate) fn take_over(&mut self) -> u64 {
        if let Some(open) = self.open.take() {
            open.finish(false);
        }
        self.epoch += 1;
        self.epoch
    }

    /// An error where `epoch` is not the owner's any more.
    pub(crate) fn check(&self, id: &str, epoch: u64) -> Result<(), LogError> {
        if self.epoch == epoch {
            return Ok(());
        }
        let message = format!(
            "another worker has opened the transactional id {id}: this one may write no more; \
             stop it, and let one process use an id"
        );
        Err(LogError::new(ErrorKind::Fenced, "producer_fenced", message))
    }
}
