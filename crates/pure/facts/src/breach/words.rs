//! Facts and words that no other record carries: circumstances, statements, documents, grouping,
//! retraction.

use super::matching::{Matching, selecting};
use crate::token::tokens;
use crate::{Moment, Private, YesNo};
use serde::{Deserialize, Serialize};

tokens! {
    /// A yes/no fact that no other record carries.
    CircumstanceName {
        /// A notice would be required if recordings counted as personal information.
        NoticeWouldBeRequired = "notice_would_be_required",
        /// A client of the respondent must notify.
        ClientNoticeRequired = "client_notice_required",
        /// The host distributed the link or password.
        HostDistributedAccess = "host_distributed_access",
        /// It was a public meeting.
        PublicMeeting = "public_meeting",
        /// The people can be identified.
        Identifiable = "identifiable",
        /// It relates to hosting services.
        HostingServices = "hosting_services",
        /// A third party broke its contract.
        ContractBreached = "contract_breached",
        /// The platform's terms were broken.
        PlatformTermsBreached = "platform_terms_breached",
        /// The third party is one that the order covers.
        CoveredThirdParty = "covered_third_party",
        /// The individual authorised it.
        IndividualAuthorised = "individual_authorised",
        /// Reliable evidence shows that nothing was acquired.
        ReliableEvidenceOfNoAcquisition = "reliable_evidence_of_no_acquisition",
        /// It was in a personal health record.
        InPersonalHealthRecord = "in_personal_health_record",
        /// The entity acted as HIPAA covered entity or business associate.
        HipaaCapacity = "hipaa_capacity",
        /// It relates to a product.
        RelatesToProduct = "relates_to_product",
        /// Devices or access information were accessed.
        DevicesAccessed = "devices_accessed",
    }
}

selecting! {
    /// A yes/no fact, with the accesses it speaks of (no list: the whole matter).
    Circumstance as FlatCircumstance, "FlatCircumstance" {
        /// Which.
        name: CircumstanceName,
        /// Whether it is so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<YesNo>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        /// The legal entity it speaks of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entity: Option<String>,
        /// The other party.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        party: Option<String>,
        /// The order it matters to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<String>,
        /// What shows it, by the name of a `document` report.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<String>,
    }
}

tokens! {
    /// Which part of a notice a statement is for.
    StatementItem {
        /// The facts.
        Facts = "facts",
        /// The cause.
        Cause = "cause",
        /// The scope.
        Scope = "scope",
        /// Third parties.
        ThirdParties = "third_parties",
        /// What was done to remediate.
        Remediation = "remediation",
        /// What was done to protect the information from further exposure or access.
        Protection = "protection",
        /// What was done to protect the people.
        ConsumerProtection = "consumer_protection",
        /// What individuals should do.
        IndividualSteps = "individual_steps",
        /// Whom to contact.
        Contact = "contact",
        /// What is confidential, and why.
        Confidentiality = "confidentiality",
    }
}

/// Words for the notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Statement {
    /// Which part.
    pub item: StatementItem,
    /// The words. People write them for a public record: no names of consumers.
    pub text: String,
    /// As of when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// Whether it is an estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<YesNo>,
}

/// Something to attach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Document {
    /// Its name, which other reports refer to.
    pub name: String,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// SHA-256 of its bytes, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// A path under the documents directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// Matters and actors that are one instance (`join`) or separate ones (`part`), with the envelope's
/// own matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grouping {
    /// The other matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matters: Option<Vec<String>>,
    /// The actors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actors: Option<Vec<Private>>,
    /// For accesses from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// For accesses before then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A record was wrong; it stays visible as withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Retraction {
    /// The record's id.
    pub of: String,
    /// The topic it stands on; absent: this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}
