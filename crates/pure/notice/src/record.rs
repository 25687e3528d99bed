//! What the notices topic and `notices/<id>/notice.json` carry.

use crate::document::{Kind, NoticeDocument};
use crate::ledger::Problem;
use crate::parts::Gap;
use crate::phase::{Approval, Phase};
use crate::state::NoticeState;
use facts::Moment;
use serde::{Deserialize, Serialize};

/// One notice with its state: what the notices topic and `notices/<id>/notice.json` carry.
///
/// It names no person: approvals are told by role and decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRecord {
    /// The notice: its key.
    pub id: String,
    /// The incident that the document was composed for.
    pub incident: String,
    /// The order.
    pub order: String,
    /// The duty.
    pub duty: String,
    /// Which notice of the duty it is.
    pub kind: Kind,
    /// See [`NoticeDocument::ordinal`].
    pub ordinal: u32,
    /// How it stands.
    pub state: Phase,
    /// SHA-256 of the document: what `approve` and `release` name.
    pub digest: String,
    /// The document: the released one once there is one, else the current draft.
    pub document: NoticeDocument,
    /// What is missing or not known, as in the document.
    pub gaps: Vec<Gap>,
    /// Approvals on record, oldest first.
    pub approvals: Vec<Approval>,
    /// Decisions without the effect that their authors meant.
    pub problems: Vec<Problem>,
    /// When it was released.
    #[serde(default)]
    pub released_at: Option<Moment>,
    /// The decision that released it.
    #[serde(default)]
    pub released_by: Option<String>,
    /// Why it is not to be sent any more, where it was released and taken back.
    #[serde(default)]
    pub held: Option<String>,
    /// Reports that say that the duty was done by hand.
    #[serde(default)]
    pub performed: Vec<String>,
}

impl NoticeRecord {
    /// The record of `document` as it stands.
    pub(crate) fn new(
        document: NoticeDocument,
        state: NoticeState,
        performed: Vec<String>,
    ) -> NoticeRecord {
        let digest = document.digest();
        // A later draft of a notice whose release was taken back was not released itself.
        let released = state.released.as_ref().filter(|one| one.digest() == digest);
        NoticeRecord {
            id: document.notice.clone(),
            incident: document.incident.clone(),
            order: document.order.order.clone(),
            duty: document.duty.duty.clone(),
            kind: document.kind,
            ordinal: document.ordinal,
            state: state.phase,
            gaps: document.gaps.clone(),
            released_at: released.map(|one| one.at()),
            released_by: released.map(|one| one.decision().to_owned()),
            held: state.held.filter(|_| released.is_some()),
            digest,
            document,
            approvals: state.approvals,
            problems: state.problems,
            performed,
        }
    }
}
