//! How far the past was searched for a selector.

use crate::token::tokens;
use serde::{Deserialize, Serialize};

/// From which offset on a partition of access-events a selector is applied as accesses come in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Activation {
    /// The selector's digest.
    pub selector: String,
    /// The partition of access-events.
    pub partition: i32,
    /// The first offset at which it was active.
    pub offset: i64,
}

tokens! {
    /// How a search stands.
    CoverageState {
        /// It goes on.
        Searching = "searching",
        /// Everything before the activation was searched.
        Done = "done",
        /// A part of the past is not there any more.
        Cut = "cut",
    }
}

/// What of one partition was searched for one selector.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Coverage {
    /// The selector's digest.
    pub selector: String,
    /// The matters it belongs to; empty for a revoked standing duty.
    pub matters: Vec<String>,
    /// The partition of access-events.
    pub partition: i32,
    /// The first offset searched.
    pub from: i64,
    /// The first offset no longer searched.
    pub to: i64,
    /// How it stands.
    pub state: CoverageState,
    /// Records inside that could not be read: each a hole in the search.
    pub holes: u64,
}
