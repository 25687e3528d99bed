//! Reads partitions of the cluster in memory without a group.

use super::cluster::Shared;
use super::cursor::{Cursor, poll_all};
use crate::error::LogError;
use crate::log::{Each, Reader};
use crate::record::Position;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A reader: a cursor for each assigned partition, with the end that it is read to.
pub(crate) struct MemoryReader {
    shared: Arc<Shared>,
    cursors: Vec<Cursor>,
    /// The ends as they were; `None` for a file, whose end shows when it is reached.
    ends: Vec<Option<i64>>,
    turn: usize,
}

impl MemoryReader {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        MemoryReader {
            shared,
            cursors: Vec::new(),
            ends: Vec::new(),
            turn: 0,
        }
    }

    fn cursor(&self, topic: &str, partition: i32) -> Option<&Cursor> {
        let same = |c: &&Cursor| *c.topic.name == *topic && c.partition == partition;
        self.cursors.iter().find(same)
    }
}

impl Reader for MemoryReader {
    fn assign(&mut self, positions: &[Position]) -> Result<(), LogError> {
        let mut cursors = Vec::with_capacity(positions.len());
        for Position {
            topic,
            partition,
            offset,
        } in positions
        {
            let topic = self.shared.topic(topic)?;
            topic.backing(*partition)?;
            cursors.push(Cursor::new(topic, *partition, *offset));
        }
        self.cursors = cursors;
        self.refresh_end()
    }

    fn seek(&mut self, topic: &str, partition: i32, offset: i64) -> Result<(), LogError> {
        let same = |c: &&mut Cursor| *c.topic.name == *topic && c.partition == partition;
        let cursor = self.cursors.iter_mut().find(same);
        cursor
            .ok_or_else(|| LogError::not_assigned(topic, partition))?
            .seek(offset);
        Ok(())
    }

    fn poll(&mut self, max: usize, wait: Duration, each: Each<'_>) -> Result<usize, LogError> {
        let until = Instant::now() + wait;
        let was_at_end = self.at_end();
        loop {
            let seen = self.shared.signal.version();
            let read = poll_all(&mut self.cursors, &mut self.turn, max, each)?;
            // Only markers or aborted records may have been left: nothing to wait for then.
            let arrived = !was_at_end && self.at_end();
            if read > 0 || arrived || !self.shared.signal.wait(seen, until) {
                return Ok(read);
            }
        }
    }

    fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        self.cursor(topic, partition).map(Cursor::position)
    }

    fn written_end(&self, topic: &str, partition: i32) -> Option<i64> {
        self.cursor(topic, partition).and_then(Cursor::written_end)
    }

    fn at_end(&self) -> bool {
        self.cursors
            .iter()
            .zip(&self.ends)
            .all(|(cursor, end)| match end {
                Some(end) => cursor.position() >= *end,
                None => cursor.at_end(),
            })
    }

    fn refresh_end(&mut self) -> Result<(), LogError> {
        self.ends = self.cursors.iter().map(Cursor::end).collect();
        Ok(())
    }
}
