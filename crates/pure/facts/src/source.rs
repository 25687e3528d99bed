//! Where a record stands: shown to people, never compared, never part of an identifier.

use serde::{Deserialize, Serialize};

/// The place of a record on a topic or in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Source {
    /// On a topic.
    Topic {
        /// The topic's name.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset.
        offset: i64,
    },
    /// In a file.
    File {
        /// The file's name below the folder that was replayed.
        file: String,
        /// The line, from 1; in an Avro file the record, from 1.
        line: u64,
    },
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Topic {
                topic,
                partition,
                offset,
            } => write!(f, "{topic}[{partition}]@{offset}"),
            Source::File { file, line } => write!(f, "{file}:{line}"),
        }
    }
}
