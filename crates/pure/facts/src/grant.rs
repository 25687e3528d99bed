//! Grants: why an access was allowed. They come in any order and often late.

use crate::name::too_long;
use crate::token::tokens;
use crate::{Moment, Private, Span};
use serde::{Deserialize, Serialize};

tokens! {
    /// What a grant is; the first eight are purposes.
    GrantKind {
        /// Affirmative express consent.
        Consent = "consent",
        /// The user gave it for service, marketing or research.
        Submission = "submission",
        /// The user opened a case and agreed to the viewing.
        SupportCase = "support_case",
        /// Law or legal process.
        LegalProcess = "legal_process",
        /// Investigation of suspected or actual illegal activity.
        IllegalActivity = "illegal_activity",
        /// Establishing, exercising or defending legal rights.
        LegalRights = "legal_rights",
        /// Prevention of physical or other harm, or financial loss.
        HarmPrevention = "harm_prevention",
        /// A service's or role's standing task.
        Duty = "duty",
        /// The actor attested to the purpose.
        Attestation = "attestation",
        /// The actor was trained.
        Training = "training",
        /// The source says that its record is complete.
        Complete = "complete",
    }
}

tokens! {
    /// The eight purposes.
    Purpose {
        /// See [`GrantKind::Consent`].
        Consent = "consent",
        /// See [`GrantKind::Submission`].
        Submission = "submission",
        /// See [`GrantKind::SupportCase`].
        SupportCase = "support_case",
        /// See [`GrantKind::LegalProcess`].
        LegalProcess = "legal_process",
        /// See [`GrantKind::IllegalActivity`].
        IllegalActivity = "illegal_activity",
        /// See [`GrantKind::LegalRights`].
        LegalRights = "legal_rights",
        /// See [`GrantKind::HarmPrevention`].
        HarmPrevention = "harm_prevention",
        /// See [`GrantKind::Duty`].
        Duty = "duty",
    }
}

impl GrantKind {
    /// The purpose that this kind is, if it is one.
    pub fn purpose(self) -> Option<Purpose> {
        self.as_str().parse().ok()
    }
}

impl Purpose {
    /// The kind of grant that carries this purpose.
    pub fn grant_kind(self) -> GrantKind {
        match self {
            Purpose::Consent => GrantKind::Consent,
            Purpose::Submission => GrantKind::Submission,
            Purpose::SupportCase => GrantKind::SupportCase,
            Purpose::LegalProcess => GrantKind::LegalProcess,
            Purpose::IllegalActivity => GrantKind::IllegalActivity,
            Purpose::LegalRights => GrantKind::LegalRights,
            Purpose::HarmPrevention => GrantKind::HarmPrevention,
            Purpose::Duty => GrantKind::Duty,
        }
    }
}

/// One grant, or (kind `complete`) the statement that all grants of some kinds are on record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// Identity at its source; unique in its topic.
    pub id: String,
    /// What it is.
    pub kind: GrantKind,
    /// When it was put on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Moment>,
    /// The first instant it holds; absent only for `complete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// The first instant it no longer holds; for `complete` the instant up to which the record is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Moment>,
    /// Who may; absent only for `complete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actors: Option<Vec<Private>>,
    /// Whose information; without it a `duty`, attestation or training holds for all accounts, any
    /// other purpose has an unknown scope and covers none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<Private>>,
    /// Which records, where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<Private>>,
    /// The case, order or task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// For `complete`: the kinds of which every grant before `until` is on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Vec<GrantKind>>,
}

impl Grant {
    /// When it holds: from `from` to the earlier of `until` and `revoked_at`; `None` for
    /// `complete`.
    pub fn span(&self) -> Option<Span> {
        let until = match (self.until, self.revoked_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.from.map(|from| Span { from, until })
    }

    /// What is wrong with this record beyond its types, if anything.
    pub fn fault(&self) -> Option<&'static str> {
        if self.id.is_empty() {
            return Some("`id` is empty");
        }
        let too_long = self.too_long();
        if too_long.is_some() {
            return too_long;
        }
        if self.kind == GrantKind::Complete {
            if self.until.is_none() {
                return Some(
                    "`until` is missing: `complete` says up to when the record is complete",
                );
            }
            if self.of.as_ref().is_none_or(Vec::is_empty) {
                return Some("`of` is missing or empty: `complete` names the kinds it speaks of");
            }
            return None;
        }
        let Some(from) = self.from else {
            return Some("`from` is missing");
        };
        if self.until.is_some_and(|until| until < from) {
            return Some("`until` lies before `from`");
        }
        if self.actors.as_ref().is_none_or(Vec::is_empty) {
            return Some("`actors` is missing or empty");
        }
        if self.recorded_at.is_none() {
            return Some("`recorded_at` is missing");
        }
        None
    }

    fn too_long(&self) -> Option<&'static str> {
        fn list(list: &Option<Vec<Private>>) -> impl Iterator<Item = &str> {
            list.iter().flatten().map(Private::reveal)
        }
        too_long!(
            "id": [self.id.as_str()],
            "actors": list(&self.actors),
            "accounts": list(&self.accounts),
            "resources": list(&self.resources),
            "reference": self.reference.as_deref(),
        )
    }
}
