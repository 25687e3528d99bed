//! The notice model: what is said, item by item, and what people approve.
//!
//! The digest of a notice is the SHA-256 of this model in canonical JSON. It holds no wall clock,
//! no position of a record and nothing personal; actors are named by digest only.

use crate::parts::{Change, Channel, Earlier, Enclosure, Gap, ReservedReading};
use facts::{Interval, Kleene, Moment};
use jiff::civil::Date;
use orders::DutyKind;
use serde::{Deserialize, Serialize};

/// The version of the model that this build writes and reads.
pub const FORMAT: u32 = 1;

/// Which notice of a duty it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The first one.
    Initial,
    /// A later one that says what has changed.
    Supplement,
    /// It takes an earlier one back.
    Withdrawal,
}

impl Kind {
    /// The word as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Initial => "initial",
            Kind::Supplement => "supplement",
            Kind::Withdrawal => "withdrawal",
        }
    }
}

/// How well a value is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The record says so.
    Known,
    /// The record bounds it, or its source calls it an estimate.
    Estimated,
    /// The record does not say; that is said.
    Unknown,
}

/// The identifier of a notice, made from what it is about.
pub fn notice_id(order: &str, duty: &str, incident: &str, kind: Kind, ordinal: u32) -> String {
    facts::short_id(
        "ntc",
        &[order, duty, incident, kind.as_str(), &ordinal.to_string()],
    )
}

/// The name of a group of an incident without the actor in it.
pub fn group_digest(group: &str) -> String {
    facts::short_id("grp", &[group])
}

/// One notice: everything that is said, and what is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeDocument {
    /// The version of this model: [`FORMAT`].
    pub format: u32,
    /// See [`notice_id`].
    pub notice: String,
    /// Which notice of the duty it is.
    pub kind: Kind,
    /// 0 for the initial one; supplements and withdrawals are numbered from 1, each kind by itself.
    pub ordinal: u32,
    /// The incident that it was composed for.
    pub incident: String,
    /// The responders' cases that it is about, sorted.
    pub matters: Vec<String>,
    /// The groups that it is about, by [`group_digest`], sorted: an incident that holds any of them
    /// later has this notice, also after a join.
    pub groups: Vec<String>,
    /// The order.
    pub order: OrderHead,
    /// The duty.
    pub duty: DutyHead,
    /// Whether the duty is owed.
    pub answer: obligation::Answer,
    /// Why: the reason tree, flattened in reading order.
    pub why: Vec<Reason>,
    /// The legal limit that runs and ends first, with what started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// "A reasonable time", by the deployment's policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder: Option<ReasonableTime>,
    /// One entry for each item that the duty asks for, in its own lettering and order.
    pub items: Vec<Item>,
    /// Copies that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enclosures: Vec<Enclosure>,
    /// What has changed since the last release, for supplements and withdrawals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Earlier releases for the same duty, the last one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
    /// What is missing or not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Where it goes.
    pub channel: Channel,
    /// Whom to contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The request for confidential treatment.
    pub confidentiality: Vec<String>,
    /// What is reserved, and that the notice will be supplemented.
    pub reservation: Vec<String>,
    /// What its figures take for granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<String>,
    /// Questions that the order leaves to counsel, with the reading that was followed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved: Vec<ReservedReading>,
    /// What those who approve it should know about the text that it rests on.
    pub caveats: Vec<String>,
    /// The declaration to be signed, where the order asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<String>,
}

impl NoticeDocument {
    /// SHA-256 of this model in canonical JSON: what people approve.
    pub fn digest(&self) -> String {
        facts::digest_json(self)
    }

    /// This model in canonical JSON: what travels with an approval.
    pub fn canonical(&self) -> String {
        facts::canonical_json(self)
    }

    /// The gaps that must be filled or answered before it is complete.
    pub fn blocking(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.iter().filter(|gap| gap.blocks)
    }

    /// Whether it is about any group that `groups` (by [`group_digest`]) holds.
    pub fn is_about_any(&self, groups: &[String]) -> bool {
        self.groups.iter().any(|group| groups.contains(group))
    }
}

/// The order as its caption needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderHead {
    /// The pack's name.
    pub order: String,
    /// The caption.
    pub title: String,
    /// The court or agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub court: Option<String>,
    /// The docket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docket: Option<String>,
    /// When it was entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered: Option<Date>,
    /// How a notice calls the company.
    pub respondent: String,
    /// Digest of the pack.
    pub pack: String,
    /// Evidence grade of the pack's text.
    pub grade: String,
}

/// The duty that the notice performs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyHead {
    /// The duty's name in the pack.
    pub duty: String,
    /// What the order calls the notice.
    pub title: String,
    /// What kind of duty it is.
    #[serde(default = "report", skip_serializing_if = "is_report")]
    pub kind: DutyKind,
    /// The section.
    pub cite: String,
    /// How far its items are due, such as "to the extent possible".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent: Option<String>,
}

pub(crate) fn report() -> DutyKind {
    DutyKind::Report
}

pub(crate) fn is_report(kind: &DutyKind) -> bool {
    *kind == DutyKind::Report
}

/// One step of the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// How deep it stands in the tree, from 0.
    pub depth: u32,
    /// What was asked or found.
    pub text: String,
    /// The clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cite: Option<String>,
    /// What came out.
    pub value: Kleene,
    /// The count that was compared, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Interval>,
    /// Ids of the records that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<String>,
}

/// The legal limit and how it was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// Which limb of the deadline.
    pub limb: String,
    /// What started it.
    pub anchor: String,
    /// When it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor_at: Option<Moment>,
    /// How that is known: `recorded`, `first_report` (provisional), `disputed`, `not_on_record`.
    pub anchor_basis: String,
    /// The zone in which days are counted.
    pub zone: String,
    /// How days are counted.
    pub method: String,
    /// How many days.
    pub days: u32,
    /// The day to be done by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Date>,
    /// The last day that the rule allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outer: Option<Date>,
    /// What must be said with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// "A reasonable time" by the deployment's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonableTime {
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// The day to be done by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Date>,
    /// The policy, in words.
    pub policy: String,
}

/// One lettered item of the notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The order's own letter or number.
    pub letter: String,
    /// What the order asks for there, in the pack's words.
    pub asks: String,
    /// Where it asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cite: Option<String>,
    /// What is said.
    pub entries: Vec<Entry>,
}

impl Item {
    /// How well the whole item is known: as well as the least known of its entries.
    pub fn state(&self) -> State {
        self.entries
            .iter()
            .map(|entry| entry.state)
            .max()
            .unwrap_or(State::Unknown)
    }
}

/// One value of an item, with its pedigree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A name that stays the same from one version to the next, such as `consumers`.
    pub name: String,
    /// What the value is.
    pub label: String,
    /// The value, as it is read.
    pub value: String,
    /// How well it is known.
    pub state: State,
    /// As of when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Moment>,
    /// Ids of the records that it rests on, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub basis: Vec<String>,
    /// How it was arrived at, for figures and generated sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The figure, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Interval>,
    /// What the figure counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The first instant, where the value is a date or a range of dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// The last instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// The sentence was made from figures and dates; no person wrote it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub generated: bool,
}
