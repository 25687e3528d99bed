//! Reads partitions of a Kafka cluster without joining a group.

use super::cluster::Shared;
use super::fetcher::Fetcher;
use super::settings::Membership;
use crate::error::LogError;
use crate::log::{Each, Reader};
use crate::record::Position;
use std::sync::Arc;
use std::time::Duration;

/// A reader: the consumer, and the ends that it reads to.
pub(crate) struct KafkaReader {
    shared: Arc<Shared>,
    fetcher: Fetcher,
    assigned: Vec<Position>,
}

impl KafkaReader {
    pub(crate) fn open(shared: Arc<Shared>) -> Result<Self, LogError> {
        let settings = &shared.settings;
        let config = settings.consuming(&Membership {
            group: &settings.reader_group,
            ..Membership::default()
        });
        let fetcher = Fetcher::open(&config, shared.watchdog.clone())?;
        Ok(KafkaReader {
            shared,
            fetcher,
            assigned: Vec::new(),
        })
    }
}

/// Whether all positions have reached these ends.
fn reached(fetcher: &Fetcher, ends: &[Position]) -> bool {
    let reached = |end: &Position| {
        fetcher
            .position(&end.topic, end.partition)
            .is_some_and(|p| p >= end.offset)
    };
    ends.iter().all(reached)
}

impl Reader for KafkaReader {
    fn assign(&mut self, positions: &[Position]) -> Result<(), LogError> {
        let mut ends = Vec::with_capacity(positions.len());
        for position in positions {
            let (_, end) = self.shared.range(&position.topic, position.partition)?;
            ends.push(Position {
                offset: end,
                ..position.clone()
            });
        }
        let before: Vec<_> = self
            .assigned
            .iter()
            .map(Position::topic_partition)
            .collect();
        self.fetcher.stop(&before)?;
        self.assigned = ends;
        for Position {
            topic,
            partition,
            offset,
        } in positions
        {
            self.fetcher.start(topic, *partition, *offset)?;
        }
        Ok(())
    }

    fn seek(&mut self, topic: &str, partition: i32, offset: i64) -> Result<(), LogError> {
        if self.fetcher.position(topic, partition).is_none() {
            return Err(LogError::not_assigned(topic, partition));
        }
        self.fetcher.start(topic, partition, offset)
    }

    fn poll(&mut self, max: usize, wait: Duration, each: Each<'_>) -> Result<usize, LogError> {
        let ends = &self.assigned;
        // Only markers or aborted records may be left before an end: nothing to wait for then.
        let was_at_end = reached(&self.fetcher, ends);
        self.fetcher.poll(max, wait, each, &|fetcher| {
            !was_at_end && reached(fetcher, ends)
        })
    }

    fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        self.fetcher.position(topic, partition)
    }

    fn written_end(&self, topic: &str, partition: i32) -> Option<i64> {
        self.fetcher.written_end(topic, partition)
    }

    fn at_end(&self) -> bool {
        reached(&self.fetcher, &self.assigned)
    }

    fn refresh_end(&mut self) -> Result<(), LogError> {
        for position in &mut self.assigned {
            (_, position.offset) = self.shared.range(&position.topic, position.partition)?;
        }
        Ok(())
    }
}
