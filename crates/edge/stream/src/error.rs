//! What can go wrong with a log, told apart by what the caller has to do.

use crate::record::TopicPartition;
use std::fmt;

/// What the caller has to do about a [`LogError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// Drop the client and open another.
    Fatal,
    /// Another worker has taken this one's place: stop.
    Fenced,
    /// Abort the transaction and start again from the committed positions.
    Abort,
    /// The same call may succeed later.
    Retriable,
    /// A topic, partition or offset is not there.
    NotFound,
    /// A setting is wrong, a right is missing or a file is broken; a person has to change it.
    Config,
}

/// What was attempted on a log, on what, why it failed and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogError {
    /// What the caller has to do.
    pub kind: ErrorKind,
    /// A short, stable name of the cause, such as `unknown_topic` or librdkafka's error name.
    pub code: String,
    /// The sentence for people. It holds no record's content and no secret.
    pub message: String,
}

impl LogError {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        LogError {
            kind,
            code: code.into(),
            message: message.into(),
        }
    }

    pub(crate) fn unknown_topic(topic: &str) -> Self {
        let hint = "create it (`tocsin topics apply`) or correct its name in the configuration";
        Self::new(
            ErrorKind::NotFound,
            "unknown_topic",
            format!("there is no topic {topic}; {hint}"),
        )
    }

    pub(crate) fn topic_away(topic: &str) -> Self {
        let message = format!(
            "the topic {topic} was there and is not heard of now, as while brokers restart; it is \
             asked for again. If it was deleted, create it anew (`tocsin topics apply`)"
        );
        Self::new(ErrorKind::Retriable, "unknown_topic", message)
    }

    pub(crate) fn unknown_partition(topic: &str, partition: i32, partitions: i32) -> Self {
        let message = format!(
            "{topic} has no partition {partition}, it has {partitions}; \
             compare the topics with their specification (`tocsin topics check`)"
        );
        Self::new(ErrorKind::NotFound, "unknown_partition", message)
    }

    pub(crate) fn out_of_range(
        topic: &str,
        partition: i32,
        offset: i64,
        range: (i64, i64),
    ) -> Self {
        let (start, end) = range;
        let message = format!(
            "cannot read {topic}[{partition}] at offset {offset}: it holds offsets {start} to \
             {end}; retention has cut it, or the topic was created anew. Decide where to start"
        );
        Self::new(ErrorKind::NotFound, "offset_out_of_range", message)
    }

    /// Opened anew, the file would break off at the same place: trying again helps nobody.
    pub(crate) fn file_unreadable(attempt: &str, file: &str, why: &str) -> Self {
        let hint = "fetch the file anew and start again; without what is missing the counts would \
                    be too low";
        let message = format!("{attempt} the file {file} failed: {why}; {hint}");
        Self::new(ErrorKind::Config, "file_unreadable", message)
    }

    pub(crate) fn not_assigned(topic: &str, partition: i32) -> Self {
        let message = format!("{topic}[{partition}] is not assigned to this client");
        Self::new(ErrorKind::Fatal, "not_assigned", message)
    }

    pub(crate) fn not_owned(partition: &TopicPartition) -> Self {
        let message = format!(
            "cannot commit a position of {partition}: it is not this worker's (any more); abort \
             and go on with the partitions that are assigned"
        );
        Self::new(ErrorKind::Abort, "not_owned", message)
    }

    pub(crate) fn none_open() -> Self {
        Self::new(
            ErrorKind::Fatal,
            "no_transaction",
            "no transaction is open; begin one first",
        )
    }

    pub(crate) fn already_open() -> Self {
        let message = "a transaction is open already; commit or abort it first";
        Self::new(ErrorKind::Fatal, "transaction_open", message)
    }

    pub(crate) fn open_over_revocation(partitions: &[TopicPartition]) -> Self {
        let names: Vec<String> = partitions.iter().map(ToString::to_string).collect();
        let message = format!(
            "a transaction is still open while {} go to another worker; commit before polling \
             again, or abort",
            names.join(", ")
        );
        Self::new(ErrorKind::Abort, "open_over_revocation", message)
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for LogError {}
