//! A duty: when it is owed, by when, what it says and where it goes; and the grammar of conditions.

use crate::due::Method;
use crate::model::{Grade, Window};
use crate::population::Population;
use facts::{CircumstanceName, MilestoneName, NotifiedBy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One duty of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Duty {
    /// Its file's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The clause.
    pub cite: String,
    /// What it asks, in our own words.
    pub text: String,
    /// How sure its text is.
    pub grade: Grade,
    /// What kind of duty: `report` or `certification-entry`.
    pub kind: DutyKind,
    /// A number that goes up with every change of content.
    pub revision: u32,
    /// When it is in force; the order's window where it says nothing itself.
    pub in_force: InForce,
    /// What is counted, by name.
    pub populations: BTreeMap<String, Population>,
    /// The population whose counts a notice states.
    pub counts: String,
    /// When it is owed.
    pub when: Condition,
    /// Unless one of these holds.
    pub unless: Vec<Condition>,
    /// Its legal limits.
    pub clocks: Vec<ClockRule>,
    /// Where the order says "a reasonable time".
    pub reminder: Option<ReminderRule>,
    /// What the notice says, in the order's lettering.
    pub items: Vec<Item>,
    /// The clause on how far the items are due, such as "to the extent possible".
    pub extent: Option<String>,
    /// The clause on supplements, or that there is none.
    pub supplements: String,
    /// Who signs, and how; `None`: nobody need.
    pub signature: Option<String>,
    /// Ids of the order's questions that this duty raises.
    pub reserved: Vec<String>,
    /// Digest of its content.
    pub digest: String,
}

/// What kind of duty it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DutyKind {
    /// A report of its own.
    Report,
    /// An entry in the annual certification, without a report clock.
    CertificationEntry,
}

impl DutyKind {
    /// The word as it stands in packs and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            DutyKind::Report => "report",
            DutyKind::CertificationEntry => "certification-entry",
        }
    }
}

/// When a duty is in force, and which instant must lie in that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    /// The instant that must lie in the time of force.
    pub trigger: Trigger,
    /// The time; null ends are the order's.
    #[serde(default)]
    pub window: Window,
    /// The clause.
    pub cite: String,
    /// The question for counsel where the trigger lies on both sides.
    #[serde(default)]
    pub question: Option<String>,
}

/// Which instant must lie in the time of force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Discovery.
    Discovery,
    /// Notification of an authority.
    Notification,
    /// Verification.
    Verification,
    /// Determination.
    Determination,
}

/// A condition, with the words and the clause of every part.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What is asked, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// What must hold.
    pub kind: ConditionKind,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionKind {
    /// All of these.
    All(Vec<Condition>),
    /// One of these.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// An authority was told: an act.
    GovernmentNotice(NoticeRule),
    /// A law requires that an authority be told: a fact.
    NoticeRequired(RequiredRule),
    /// So many of a population.
    Count(CountRule),
    /// A yes/no fact.
    Circumstance(CircumstanceName),
    /// A violation of one of these sections.
    Noncompliance(Vec<String>),
    /// This milestone is on record: an act.
    Milestone(MilestoneName),
}

/// An authority was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRule {
    /// Whether only a notice that a statute or regulation required meets it.
    pub required: bool,
    /// Whose notices count; absent: the respondent's.
    #[serde(default = "respondent")]
    pub by: Vec<NotifiedBy>,
    /// The country of the authority.
    #[serde(default = "united_states")]
    pub country: String,
    /// The population that it must be about; absent: any information.
    #[serde(default)]
    pub about: Option<String>,
    /// The question for counsel where nothing unauthorised is on record (any more).
    #[serde(default)]
    pub reversal_question: Option<String>,
}

/// A law requires that an authority be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredRule {
    /// Whose duties count; absent: the respondent's.
    #[serde(default = "respondent")]
    pub by: Vec<NotifiedBy>,
    /// The country of the authority.
    #[serde(default = "united_states")]
    pub country: String,
}

fn respondent() -> Vec<NotifiedBy> {
    vec![NotifiedBy::Respondent]
}

fn united_states() -> String {
    "US".to_owned()
}

/// What is counted, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Accounts.
    Accounts,
    /// Consumers.
    Consumers,
    /// Recordings or records.
    Resources,
    /// Devices.
    Devices,
}

impl Unit {
    /// The word as it stands in packs and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Unit::Accounts => "accounts",
            Unit::Consumers => "consumers",
            Unit::Resources => "resources",
            Unit::Devices => "devices",
        }
    }
}

/// So many of a population.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountRule {
    /// Of which population.
    pub population: String,
    /// In which unit.
    pub unit: Unit,
    /// From how many on.
    pub at_least: u64,
    /// The question for counsel whether what happened at several times is one instance.
    #[serde(default)]
    pub aggregation_question: Option<String>,
    /// The question for counsel whether another unit is meant where that would reach the number.
    #[serde(default)]
    pub unit_question: Option<UnitQuestion>,
}

/// Whether another unit is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitQuestion {
    /// The question's id.
    pub id: String,
    /// The other unit.
    pub unit: Unit,
}

/// A legal limit: each anchor is a clock of its own, the one that ends first is stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRule {
    /// Its name.
    pub limb: String,
    /// What it says, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// How many days.
    pub days: u32,
    /// How they are counted.
    pub method: Method,
    /// What starts it.
    pub anchors: Vec<Anchor>,
    /// The question for counsel where the anchor is older than coverage.
    pub coverage_question: Option<String>,
}

/// What starts a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anchor {
    /// The earliest notice of the respondent to an authority of the United States, required or not.
    GovernmentNotice,
    /// The earliest such notice that was required.
    RequiredNotice,
    /// Discovery.
    Discovery,
    /// The first access or exposure.
    IncidentFirst,
    /// The last access or exposure.
    IncidentLast,
    /// A milestone.
    Milestone(MilestoneName),
}

impl Anchor {
    /// The word as it stands in packs and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Anchor::GovernmentNotice => "government_notice",
            Anchor::RequiredNotice => "required_notice",
            Anchor::Discovery => "discovery",
            Anchor::IncidentFirst => "incident_first",
            Anchor::IncidentLast => "incident_last",
            Anchor::Milestone(name) => name.as_str(),
        }
    }
}

/// "Within a reasonable time".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReminderRule {
    /// The order's words, in our own.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// Days from discovery where the deployment says nothing.
    pub default_days: u32,
}

/// One item of the notice, in the order's own lettering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its letter or number.
    pub letter: String,
    /// What it asks, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// What fills it.
    pub fills: Fills,
}

/// What fills an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fills {
    /// The date, estimated date or range of the incident.
    Date,
    /// The facts and, if known, the causes.
    FactsAndCause,
    /// The facts, the causes and the scope.
    FactsCauseAndScope,
    /// The types of information.
    Information,
    /// The number of consumers.
    Consumers,
    /// The number of customers of the respondent.
    Customers,
    /// What was done to remediate and to protect.
    RemediationAndProtection,
    /// Copies of each materially different notice.
    RepresentativeCopies,
}

/// A digest and a revision: what `order.lock` holds of each duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The revision.
    pub revision: u32,
    /// The digest of that revision.
    pub digest: String,
}
