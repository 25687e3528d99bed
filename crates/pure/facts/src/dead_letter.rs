//! What could not be used, kept whole.

use crate::Source;
use serde::{Deserialize, Serialize};

/// A record that failed: its bytes, and what was wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The processor that could not use it.
    pub stage: String,
    /// The error's code, which has a page in the documentation.
    pub code: String,
    /// What was attempted, why it failed and what to do. Never holds content of the record.
    pub reason: String,
    /// Where the original stands.
    pub source: Source,
    /// The original bytes, base64.
    pub bytes: String,
}
