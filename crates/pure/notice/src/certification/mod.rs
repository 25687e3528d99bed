//! The annex to an annual certification: what of a year the signer must know before signing.
//!
//! It is composed from what a run says (incidents, determinations, the register, notices) and from
//! what the pack says about the certification. It certifies nothing itself, and like a notice it
//! names nobody.

mod compose;
mod lines;
mod pages;
mod year;

pub use compose::{Material, certification, prepare};
pub use pages::certification_pages;
pub use year::{CertificationYear, NoCertification};

use crate::document::OrderHead;
use crate::parts::ReservedReading;
use facts::{Interval, Moment, YesNo};
use jiff::civil::Date;
use obligation::EntryKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the model that this build writes.
pub const CERTIFICATION_FORMAT: u32 = 1;

/// The annex of one certification year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certification {
    /// The version of this model: [`CERTIFICATION_FORMAT`].
    pub format: u32,
    /// The order.
    pub order: OrderHead,
    /// The year, and how it is known.
    pub year: CertificationYear,
    /// The zone in which days are meant.
    pub zone: String,
    /// The clause that asks for the certification.
    pub cite: String,
    /// Who signs the certification, in the pack's words.
    pub by: String,
    /// Whether the clause asks for a description of the incidents.
    pub describes_incidents: bool,
    /// Incidents of the year for which something is owed, or was.
    pub covered: Vec<Covered>,
    /// The register of non-compliance: violations, reviews, near misses.
    pub register: Vec<RegisterLine>,
    /// Incidents that have to do with the year and are placed in another one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// What is not settled.
    pub open: Vec<OpenPoint>,
    /// Questions that the order leaves to counsel, with the reading that was followed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved: Vec<ReservedReading>,
    /// What it takes for granted.
    pub assumptions: Vec<String>,
    /// What those who rely on it should know about the text that it rests on.
    pub caveats: Vec<String>,
}

impl Certification {
    /// SHA-256 of this model in canonical JSON.
    pub fn digest(&self) -> String {
        facts::digest_json(self)
    }
}

/// How surely something belongs to the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Belongs {
    /// It does.
    Surely,
    /// It may: a date that decides it is not on record.
    Perhaps,
}

/// An incident of the year for which something is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// The incident.
    pub incident: String,
    /// The responders' cases, sorted.
    pub matters: Vec<String>,
    /// How surely it belongs to the year.
    pub belongs: Belongs,
    /// The first access or exposure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Moment>,
    /// The last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Moment>,
    /// When it was discovered, where that is on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovered: Option<Moment>,
    /// The brief description, where the clause asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// What is owed.
    pub duties: Vec<CoveredDuty>,
    /// Digest of the facts that the answers rest on.
    pub facts: String,
}

/// What happened, briefly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The description.
    pub text: String,
    /// It was made from figures and dates; no person wrote it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub generated: bool,
}

/// What is owed for an incident, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredDuty {
    /// The duty's name in the pack.
    pub duty: String,
    /// What the order calls it.
    pub title: String,
    /// The clause.
    pub cite: String,
    /// What kind of duty it is.
    pub kind: String,
    /// Why it is owed, in a line.
    pub because: String,
    /// The counts of its clause, by unit.
    pub counts: BTreeMap<String, Interval>,
    /// The last day that the rule allows, of the limit that ends first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outer: Option<Date>,
    /// When it was done, as far as that is on record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub performed: Vec<Performed>,
    /// The notices of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<NoticeLine>,
    /// Digest of the determination.
    pub determination: String,
    /// Ids of the records behind the answer, sorted.
    pub records: Vec<String>,
}

/// A duty was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Performed {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// The record that says so.
    pub record: String,
}

/// How a notice stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeLine {
    /// The notice.
    pub notice: String,
    /// Which one it is.
    pub kind: crate::Kind,
    /// How it stands.
    pub state: crate::Phase,
    /// Digest of its document.
    pub digest: String,
    /// When it was released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Moment>,
}

/// One line of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterLine {
    /// What kind of entry.
    pub kind: EntryKind,
    /// The incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// The provision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision: Option<String>,
    /// What it is.
    pub text: String,
    /// How surely it belongs to the year.
    pub belongs: Belongs,
    /// It ended before the year, and nothing on record says that it was corrected or disclosed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carried_over: bool,
    /// Whether it is material, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub material: Option<YesNo>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// When it was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Moment>,
    /// When it was disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed_at: Option<Moment>,
    /// Ids of the records behind it, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<String>,
}

/// An incident that has to do with the year and is placed in another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// The incident.
    pub incident: String,
    /// The responders' cases, sorted.
    pub matters: Vec<String>,
    /// The day of its discovery: what places it.
    pub discovered: Date,
    /// What of it lies in the year.
    pub why: String,
}

/// What kind of point is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenKind {
    /// Whether something is owed is not settled.
    Determination,
    /// A question of fact that nobody answered.
    Ask,
    /// A date that decides the year is not on record.
    Placement,
    /// Nothing on record says that what is owed was done.
    NotDone,
    /// A violation of which nothing says that it was corrected or disclosed.
    NotCorrected,
    /// Nobody described the incident.
    Description,
    /// A search of the past is not finished.
    Search,
    /// The results rest on another text of the pack.
    Pack,
    /// A question reserved to counsel, without counsel's reading.
    Reserved,
}

/// Something that is not settled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenPoint {
    /// What kind of point.
    pub kind: OpenKind,
    /// The incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// What is open.
    pub what: String,
    /// What would settle it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle: Option<String>,
}
