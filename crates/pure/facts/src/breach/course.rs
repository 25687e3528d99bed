//! The course of an incident: its milestones and who was told.

use crate::token::tokens;
use crate::{Information, Moment, YesNo};
use serde::{Deserialize, Serialize};

tokens! {
    /// A point in the life of an incident.
    MilestoneName {
        /// The company discovered it.
        Discovered = "discovered",
        /// The company should have known of it.
        ShouldHaveKnown = "should_have_known",
        /// It was verified or confirmed.
        Verified = "verified",
        /// It was determined that a third-party incident happened.
        Determined = "determined",
        /// It was contained.
        Contained = "contained",
        /// The response was completed.
        ResponseCompleted = "response_completed",
        /// The investigation was completed.
        InvestigationCompleted = "investigation_completed",
        /// It was remediated.
        Remediated = "remediated",
        /// It was determined that no U.S. authority need be told.
        NoNoticeNeeded = "no_notice_needed",
    }
}

/// On which figures the decision that no notice is needed rests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MilestoneBasis {
    /// The classes of information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Vec<Information>>,
    /// Up to how many accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<u64>,
    /// Up to how many consumers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<u64>,
}

/// A point in the life of an incident was reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Milestone {
    /// Which.
    pub name: MilestoneName,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// For `no_notice_needed`: the figures it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<MilestoneBasis>,
}

tokens! {
    /// The level of an authority.
    Level {
        /// Federal or national.
        Federal = "federal",
        /// A State.
        State = "state",
        /// A locality.
        Local = "local",
        /// Of another country.
        Foreign = "foreign",
    }
}

tokens! {
    /// Who told the authority.
    NotifiedBy {
        /// The company under the order.
        Respondent = "respondent",
        /// A client of it.
        Client = "client",
        /// Somebody else.
        Other = "other",
    }
}

/// An authority was told, or is to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GovernmentNotice {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Its level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Its country, ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Whether a statute or regulation of the United States, a State or a locality required it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<YesNo>,
    /// Which statute or regulation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// When; absent: not told yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// About which classes; absent: what its matter is about, where that is one class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Vec<Information>>,
    /// About how many people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<u64>,
    /// Who told it; absent: the respondent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<NotifiedBy>,
    /// Which client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Which version of the notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its text, by the name of a `document` report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// People were told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConsumerNotice {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipients: Option<u64>,
    /// Which version of the notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its text, by the name of a `document` report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}
