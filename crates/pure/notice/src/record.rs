//! What the notices topic and `notices/<id>/notice.json` carry.

use crate::document::{Kind, NoticeDocument};
use crate::ledger::Problem;
use crate::parts::Gap;
use crate::phase::{Approval, Phase};
use crate::ready::Signed;
use crate::state::NoticeState;
use crate::sworn::is_sworn;
use facts::Moment;
use serde::{Deserialize, Serialize};

/// One notice with its state: what the notices topic and `notices/<id>/notice.json` carry.
///
/// It names no person but who signed under penalty of perjury: approvals are told by role and
/// decision.
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
    /// Who signed the declaration of the document, where it bears one and somebody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// Why it is not to be sent, where it was released and taken back, or sworn in other words.
    #[serde(default)]
    pub held: Option<String>,
    /// Reports that say that the duty was done by hand.
    #[serde(default)]
    pub performed: Vec<String>,
}

impl NoticeRecord {
    /// When it became final, for pages and mail: its release. None for a draft, and where its
    /// declaration is signed by nobody: that is shown as the draft that it is.
    pub fn final_at(&self) -> Option<Moment> {
        let is_final = is_sworn(&self.document, self.signed.as_ref());
        self.released_at.filter(|_| is_final)
    }

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
            signed: state.signed.clone(),
            held: state.held.filter(|_| released.is_some()),
            digest,
            document,
            approvals: state.approvals,
            problems: state.problems,
            performed,
        }
    }
}
