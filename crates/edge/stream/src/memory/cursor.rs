//! How a reader or worker goes through one partition, in memory or in a file.

use super::store::{Chunk, Place, view};
use super::topic::{Backing, Topic};
use crate::error::LogError;
use crate::files::{FilePartition, FileRecord, RecordStream};
use crate::log::Each;
use crate::record::RecordRef;
use std::sync::Arc;

/// A position in a partition and the run of records that is held there.
pub(crate) struct Cursor {
    pub(crate) topic: Arc<Topic>,
    pub(crate) partition: i32,
    position: i64,
    place: Option<Place>,
    chunk: Option<Chunk>,
    spare: Vec<u8>,
    file: Option<Box<dyn RecordStream>>,
    /// The file's record at hand.
    record: FileRecord,
    /// The file has no more records.
    finished: bool,
}

impl Cursor {
    pub(crate) fn new(topic: Arc<Topic>, partition: i32, position: i64) -> Self {
        Cursor {
            topic,
            partition,
            position,
            place: None,
            chunk: None,
            spare: Vec::new(),
            file: None,
            record: FileRecord::default(),
            finished: false,
        }
    }

    /// The next offset to read.
    pub(crate) fn position(&self) -> i64 {
        self.position
    }

    /// Goes on from another offset.
    pub(crate) fn seek(&mut self, position: i64) {
        let topic = self.topic.clone();
        *self = Cursor::new(topic, self.partition, position);
    }

    /// The committed end; `None` for a file, whose end shows when it is reached.
    pub(crate) fn end(&self) -> Option<i64> {
        match self.topic.backing(self.partition) {
            Ok(Backing::Memory(store)) => Some(super::locked(store).range().1),
            Ok(Backing::File(_)) => self.finished.then_some(self.position),
            Err(_) => None,
        }
    }

    /// Whether nothing more is to be read now.
    pub(crate) fn at_end(&self) -> bool {
        self.end().is_some_and(|end| self.position >= end)
    }

    /// One past the last record, decided or not; as [`Cursor::end`] for a file.
    pub(crate) fn written_end(&self) -> Option<i64> {
        match self.topic.backing(self.partition) {
            Ok(Backing::Memory(store)) => Some(super::locked(store).written_end()),
            _ => self.end(),
        }
    }

    /// Whether more was written than is decided.
    pub(crate) fn is_held_back(&self) -> bool {
        match self.topic.backing(self.partition) {
            Ok(Backing::Memory(store)) => super::locked(store).is_held_back(),
            _ => false,
        }
    }

    /// Calls `each` with up to `max` records and returns how many.
    pub(crate) fn poll(&mut self, max: usize, each: Each<'_>) -> Result<usize, LogError> {
        match self.topic.clone().backing(self.partition)? {
            Backing::Memory(store) => {
                let mut count = 0;
                while count < max {
                    if self.chunk.is_none() {
                        let spare = std::mem::take(&mut self.spare);
                        let read = super::locked(store).read(self.position, self.place, spare);
                        self.chunk = read.map_err(|range| {
                            let (topic, partition) = (&self.topic.name, self.partition);
                            LogError::out_of_range(topic, partition, self.position, range)
                        })?;
                    }
                    if self.chunk.is_none() {
                        break;
                    }
                    count += self.drain(max - count, each);
                }
                Ok(count)
            }
            Backing::File(file) => {
                if self.file.is_none() && !self.finished {
                    if self.position < file.start() {
                        let (topic, partition) = (&self.topic.name, self.partition);
                        let (at, range) = (self.position, file.range()?);
                        return Err(LogError::out_of_range(topic, partition, at, range));
                    }
                    let opened = file
                        .open(self.position)
                        .map_err(|why| self.unreadable(&file.name(), &why))?;
                    self.file = Some(opened);
                }
                self.poll_file(max, each, file)
            }
        }
    }

    /// Delivers from the chunk at hand; gives it back when it is used up.
    fn drain(&mut self, max: usize, each: Each<'_>) -> usize {
        let Some(mut chunk) = self.chunk.take() else {
            return 0;
        };
        let topic = self.topic.clone();
        let mut count = 0;
        while count < max {
            let Some(record) = view(chunk.bytes(), chunk.at, chunk.base) else {
                break;
            };
            if record.offset >= chunk.limit {
                break;
            }
            let length = record.length;
            let hidden = record.txn != 0 && chunk.aborted.contains(&record.txn);
            if record.offset >= self.position && !hidden {
                self.position = record.offset + 1;
                count += 1;
                each(RecordRef {
                    topic: &topic.name,
                    partition: self.partition,
                    offset: record.offset,
                    timestamp_ms: record.timestamp_ms,
                    key: record.key,
                    value: record.value,
                    beside: &record.headers,
                });
            } else {
                self.position = self.position.max(record.offset + 1);
            }
            chunk.at += length;
        }
        let next = view(chunk.bytes(), chunk.at, chunk.base).map(|record| record.offset);
        if next.is_some_and(|next| next < chunk.limit) {
            self.chunk = Some(chunk);
        } else {
            self.position = self.position.max(chunk.limit);
            self.place = Some(chunk.place());
            self.spare = chunk.into_spare();
        }
        count
    }

    fn poll_file(
        &mut self,
        max: usize,
        each: Each<'_>,
        partition: &FilePartition,
    ) -> Result<usize, LogError> {
        let mut count = 0;
        while count < max {
            let Some(file) = self.file.as_mut() else {
                break;
            };
            self.record.clear();
            match file.next(&mut self.record) {
                Ok(true) => {}
                Ok(false) => {
                    // Offsets without a record may be left.
                    self.position = self.position.max(partition.range()?.1);
                    (self.file, self.finished) = (None, true);
                    break;
                }
                Err(why) => {
                    self.file = None;
                    return Err(self.unreadable(&partition.name(), &why));
                }
            }
            let record = &self.record;
            let offset = record.offset.unwrap_or(self.position);
            self.position = offset + 1;
            count += 1;
            each(RecordRef {
                topic: &self.topic.name,
                partition: self.partition,
                offset,
                timestamp_ms: record.timestamp_ms.unwrap_or(-1),
                key: record.key.as_deref(),
                value: (!record.is_tombstone).then_some(&record.value),
                beside: record,
            });
        }
        Ok(count)
    }

    fn unreadable(&self, name: &str, why: &str) -> LogError {
        let attempt = format!("reading record {} of", self.position + 1);
        LogError::file_unreadable(&attempt, name, why)
    }
}

/// Reads up to `max` records from all cursors, taking turns so that none starves; `turn` keeps
/// whose turn it is.
pub(crate) fn poll_all(
    cursors: &mut [Cursor],
    turn: &mut usize,
    max: usize,
    each: Each<'_>,
) -> Result<usize, LogError> {
    if cursors.is_empty() {
        return Ok(0);
    }
    let share = max.div_ceil(cursors.len()).max(1);
    let mut count = 0;
    let mut idle = 0;
    while count < max && idle < cursors.len() {
        *turn = (*turn + 1) % cursors.len();
        let Some(cursor) = cursors.get_mut(*turn) else {
            break;
        };
        let read = cursor.poll(share.min(max - count), each)?;
        idle = if read == 0 { idle + 1 } else { 0 };
        count += read;
    }
    Ok(count)
}
