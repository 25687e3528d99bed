//! The words for how a notice stands, and the approvals that made it so.

use facts::Moment;
use serde::{Deserialize, Serialize};

/// How a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Something is missing.
    Draft,
    /// Complete; nobody has approved it.
    Ready,
    /// Complete; one person has approved it.
    Approved,
    /// Complete; two different people have approved it.
    Releasable,
    /// Released: it stands in the outbox.
    Released,
    /// A person withdrew it.
    Withdrawn,
    /// A person rejected this version.
    Rejected,
}

impl Phase {
    /// The word as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Draft => "draft",
            Phase::Ready => "ready",
            Phase::Approved => "approved",
            Phase::Releasable => "releasable",
            Phase::Released => "released",
            Phase::Withdrawn => "withdrawn",
            Phase::Rejected => "rejected",
        }
    }
}

/// An approval on record; who gave it stays in the decision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Approval {
    /// The decision, by id.
    pub decision: String,
    /// In which role it was given.
    pub role: String,
    /// Of which document.
    pub digest: String,
    /// When.
    pub at: Moment,
    /// Whether it holds for the document that is current or was released.
    pub counts: bool,
}
