//! Places in a log, and records as they are read and written.

use crate::files::Refusal;
use std::fmt;
use std::sync::Arc;

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// The partition `partition` of `topic`.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        TopicPartition {
            topic: topic.into(),
            partition,
        }
    }

    /// This partition at `offset`.
    pub fn at(&self, offset: i64) -> Position {
        Position {
            topic: self.topic.clone(),
            partition: self.partition,
            offset,
        }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.topic, self.partition)
    }
}

/// A place in a partition: the next offset to read there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition, from 0.
    pub partition: i32,
    /// The offset of the next record to read.
    pub offset: i64,
}

impl Position {
    /// The offset `offset` of the partition `partition` of `topic`.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32, offset: i64) -> Self {
        Position {
            topic: topic.into(),
            partition,
            offset,
        }
    }

    /// The partition without the offset.
    pub fn topic_partition(&self) -> TopicPartition {
        TopicPartition {
            topic: self.topic.clone(),
            partition: self.partition,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]@{}", self.topic, self.partition, self.offset)
    }
}

/// A record that owns its bytes: for small topics and tests. `Debug` shows sizes, never contents.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The record's time stamp in milliseconds since 1970; -1 where it has none (files).
    pub timestamp_ms: i64,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// The headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_ref().map(Vec::len);
        write!(
            f,
            "Record({}[{}]@{}, value: ",
            self.topic, self.partition, self.offset
        )?;
        match value {
            Some(bytes) => write!(f, "{bytes} B)"),
            None => write!(f, "tombstone)"),
        }
    }
}

/// Where that comes from which travels beside the value of a borrowed record.
pub(crate) trait Beside {
    /// The header number `index`; `None` past the last.
    fn header(&self, index: usize) -> Option<(&str, &[u8])>;

    /// Why there is no value; only files say so.
    fn refusal(&self) -> Option<&Refusal> {
        None
    }
}

/// A record as the log lends it for the time of one call; nothing is allocated for it.
#[derive(Clone, Copy)]
pub struct RecordRef<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The record's time stamp in milliseconds since 1970; -1 where it has none (files).
    pub timestamp_ms: i64,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    pub(crate) beside: &'a dyn Beside,
}

impl<'a> RecordRef<'a> {
    /// The headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + use<'a> {
        let source = self.beside;
        (0..).map_while(move |index| source.header(index))
    }

    /// What the reader of a file says of a record that it cannot hand on; the value is empty then.
    pub fn refusal(&self) -> Option<&'a Refusal> {
        self.beside.refusal()
    }

    /// The last header of that name, as Kafka's clients answer.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers()
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .last()
    }

    /// A copy that owns its bytes.
    pub fn to_record(&self) -> Record {
        Record {
            topic: self.topic.into(),
            partition: self.partition,
            offset: self.offset,
            timestamp_ms: self.timestamp_ms,
            key: self.key.map(<[u8]>::to_vec),
            value: self.value.map(<[u8]>::to_vec),
            headers: self
                .headers()
                .map(|(k, v)| (k.to_owned(), v.to_vec()))
                .collect(),
        }
    }
}

impl fmt::Debug for RecordRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RecordRef({}[{}]@{})",
            self.topic, self.partition, self.offset
        )
    }
}

/// A record to be written.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The topic; it must exist.
    pub topic: Arc<str>,
    /// The partition; `None`: chosen from the key's murmur2 hash, as Kafka's default partitioner
    /// does, the same in memory and on Kafka.
    pub partition: Option<i32>,
    /// The key.
    pub key: Vec<u8>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// The headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The record's time stamp in milliseconds since 1970; `None`: the time of writing.
    pub timestamp_ms: Option<i64>,
}

impl Outgoing {
    /// A record with a value and no headers, on the partition that its key asks for.
    pub fn new(topic: impl Into<Arc<str>>, key: impl Into<Vec<u8>>, value: Vec<u8>) -> Self {
        Outgoing {
            topic: topic.into(),
            partition: None,
            key: key.into(),
            value: Some(value),
            headers: Vec::new(),
            timestamp_ms: None,
        }
    }

    /// A record that takes back what the key said.
    pub fn tombstone(topic: impl Into<Arc<str>>, key: impl Into<Vec<u8>>) -> Self {
        Outgoing {
            value: None,
            ..Outgoing::new(topic, key, Vec::new())
        }
    }

    /// The same on this partition.
    #[must_use]
    pub fn on(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with this time stamp, in milliseconds since 1970.
    #[must_use]
    pub fn at(mut self, timestamp_ms: i64) -> Self {
        self.timestamp_ms = Some(timestamp_ms);
        self
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.value.as_ref().map(Vec::len);
        write!(
            f,
            "Outgoing({}, partition: {:?}, {bytes:?} B)",
            self.topic, self.partition
        )
    }
}
