//! How far the past was searched for a selector.

use crate::token::tokens;
use serde::{Deserialize, Serialize};

/// From which offset on a partition of access-events a selector is applied as accesses come in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Activation {
    /// The selector's digest.
    pub selector: String,
    /// The partition of access-events; where verify passes it on, that of the candidates which are
    /// judged.
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
    /// The partition of access-events; where verify passes it on, that of the candidates which are
    /// judged.
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

impl Coverage {
    /// How far it has come.
    pub fn progress(&self) -> Progress {
        Progress {
            from: self.from,
            to: self.to,
            state: self.state,
            holes: self.holes,
        }
    }
}

/// How one selector stands; a join of all records about it, in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// As [`Coverage::from`].
    pub from: i64,
    /// As [`Coverage::to`].
    pub to: i64,
    /// As [`Coverage::state`].
    pub state: CoverageState,
    /// As [`Coverage::holes`].
    pub holes: u64,
}

impl Progress {
    /// The furthest of both: a cut stays a cut; else the one that came further counts, since more
    /// may come to be searched after `done`; of two that came as far `done` outranks `searching`.
    pub fn join(self, other: Progress) -> Progress {
        let is_cut = [self, other].map(|one| one.state == CoverageState::Cut);
        // The order of the states in the vocabulary is the order of the join.
        let (to, furthest) = (self.to, self.state).max((other.to, other.state));
        Progress {
            from: self.from.min(other.from),
            to,
            state: match is_cut.contains(&true) {
                true => CoverageState::Cut,
                false => furthest,
            },
            holes: self.holes.max(other.holes),
        }
    }
}
