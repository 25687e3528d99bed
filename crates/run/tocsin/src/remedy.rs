//! Why a stage cannot go on, and what to do about it.

use stream::{ErrorKind, LogError};

/// Why a stage cannot go on as it is.
#[derive(Debug)]
pub(crate) enum StageError {
    /// The log said no.
    Log(LogError),
    /// Something outside is missing that will come back: wait, then begin again from the committed
    /// positions.
    Wait {
        /// On what.
        on: Awaited,
        /// The error's code.
        code: String,
        /// What is waited for.
        reason: String,
    },
    /// A person has to change something.
    Stop {
        /// The error's code.
        code: String,
        /// What, why, and what to do.
        reason: String,
    },
}

/// On what a stage waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// The schema registry, or a schema on it.
    Registry,
    /// The disk with the state.
    Disk,
    /// Another instance, or nothing: what it knew when it began is not so any more.
    Turn,
}

impl std::fmt::Display for StageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StageError::Log(error) => write!(f, "{error}"),
            StageError::Wait { code, reason, .. } | StageError::Stop { code, reason } => {
                write!(f, "{reason} ({code})")
            }
        }
    }
}

impl From<LogError> for StageError {
    fn from(error: LogError) -> StageError {
        StageError::Log(error)
    }
}

/// The code of a position that the log does not hold any more.
pub(crate) const OUT_OF_RANGE: &str = "offset_out_of_range";

/// That the stage begins again, since the log is not as it was when it began.
pub(crate) fn begin_again(error: &LogError) -> StageError {
    StageError::Wait {
        on: Awaited::Turn,
        code: error.code.clone(),
        reason: error.to_string(),
    }
}

/// What to do about an error of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Begin again from the committed positions.
    Again,
    /// Stop the stage: somebody else took over, or a person has to act.
    Stop,
}

/// What to do about `error`.
pub(crate) fn remedy(error: &StageError) -> Remedy {
    match error {
        StageError::Wait { .. } => Remedy::Again,
        StageError::Stop { .. } => Remedy::Stop,
        StageError::Log(error) => match error.kind {
            ErrorKind::Fatal | ErrorKind::Abort | ErrorKind::Retriable => Remedy::Again,
            ErrorKind::Fenced | ErrorKind::NotFound | ErrorKind::Config => Remedy::Stop,
        },
    }
}
