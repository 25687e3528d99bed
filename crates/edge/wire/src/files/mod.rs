//! Records in files: JSON lines and Avro object container files, plain or compressed.
//!
//! A folder holds at most five kinds, told apart by how their names begin. What a file holds comes
//! out as values that a [`crate::Decoder`] takes, each with its line (from 1) or, in a container,
//! its record (from 1).

mod container;
mod input;
mod lines;
mod output;

pub use input::{InputFile, Item, Listing, Reader, list};
pub use output::{ContainerWriter, LinesWriter, OutputError};

use std::fmt;

/// Why a file cannot be read on: it is missing, its compressed bytes are broken, or it is no Avro
/// container. A record that is wrong by itself is none of these; see [`Item`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    code: &'static str,
    message: String,
}

impl FileError {
    fn unreadable(message: impl Into<String>) -> FileError {
        FileError {
            code: "file-unreadable",
            message: message.into(),
        }
    }

    fn corrupt(message: impl Into<String>) -> FileError {
        FileError {
            code: "file-corrupt",
            message: message.into(),
        }
    }

    fn schema(message: impl Into<String>) -> FileError {
        FileError {
            code: "file-schema",
            message: message.into(),
        }
    }

    /// The stable word for it: `file-unreadable`, `file-corrupt` or `file-schema`.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FileError {}
