//! What can go wrong with a file, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The disk is full, read-only or gone: it may come back. Open the file again then.
    Unavailable,
    /// Another process has the file open: it may end.
    InUse,
    /// The file was laid out by another version, or is something else.
    Foreign,
    /// The file does not hold what was written.
    Damaged,
}

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    /// What to do about it.
    pub kind: StoreErrorKind,
    /// The file.
    pub path: PathBuf,
    /// What was attempted and why it failed.
    why: String,
}

impl StoreError {
    pub(crate) fn new(path: &Path, doing: &str, error: redb::Error) -> StoreError {
        use std::io::ErrorKind::{InvalidData, UnexpectedEof};
        let kind = match &error {
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
                StoreErrorKind::InUse
            }
            redb::Error::UpgradeRequired(_) | redb::Error::TableTypeMismatch { .. } => {
                StoreErrorKind::Foreign
            }
            redb::Error::Io(io) if [InvalidData, UnexpectedEof].contains(&io.kind()) => {
                StoreErrorKind::Foreign
            }
            redb::Error::Io(_) | redb::Error::PreviousIo | redb::Error::DatabaseClosed => {
                StoreErrorKind::Unavailable
            }
            // No room that is made and no waiting would help.
            _ => StoreErrorKind::Damaged,
        };
        StoreError {
            kind,
            path: path.to_owned(),
            why: format!("{doing}: {error}"),
        }
    }

    pub(crate) fn damaged(path: &Path) -> StoreError {
        StoreError {
            kind: StoreErrorKind::Damaged,
            path: path.to_owned(),
            why: "reading: it does not hold what was written".to_owned(),
        }
    }

    pub(crate) fn foreign(path: &Path, found: u32, layout: u32) -> StoreError {
        StoreError {
            kind: StoreErrorKind::Foreign,
            path: path.to_owned(),
            why: format!("opening: its layout is {found}, and this version's is {layout}"),
        }
    }

    /// Its stable code; `docs/errors/<code>.md` is its page.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.kind {
            StoreErrorKind::Unavailable => "state-unavailable",
            StoreErrorKind::InUse => "state-in-use",
            StoreErrorKind::Foreign => "state-foreign",
            StoreErrorKind::Damaged => "state-damaged",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, why) = (self.path.display(), &self.why);
        let advice = match self.kind {
            StoreErrorKind::Unavailable => {
                "make room on the disk, or make it writable; it is tried again by itself"
            }
            StoreErrorKind::InUse => {
                "another process uses it: give each instance a name of its own (`instance`), or \
                 end that process; it is tried again by itself"
            }
            StoreErrorKind::Foreign => {
                "another version wrote it, or something else: remove the file, and everything in \
                 it is read from the topics again"
            }
            StoreErrorKind::Damaged => {
                "look after the disk and remove the file: everything in it is read from the \
                 topics again"
            }
        };
        write!(f, "the state in {path}, {why}; {advice}")
    }
}

impl std::error::Error for StoreError {}
