//! What stands in a notice beside its items: enclosures, changes, gaps, channel, readings.

use crate::discretion::Discretion;
use crate::document::{Kind, is_report, report};
use facts::Moment;
use obligation::Reserved;
use orders::DutyKind;
use serde::{Deserialize, Serialize};

/// A copy that goes with the notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enclosure {
    /// To whom it was sent: `consumers`, the authority, or the respondent, of whom law enforcement
    /// asked something.
    pub sent_to: String,
    /// Which version of the notice it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The earliest day on which it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Moment>,
    /// The name of the document.
    pub name: String,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// What is different from the last release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The item's letter; none for what stands outside the items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// What changed.
    pub label: String,
    /// What the last release said; none where it said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// What is said now; none where nothing is said any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// Ids of the records that what was said rested on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub was_basis: Vec<String>,
    /// Ids of the records that what is said now rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub basis: Vec<String>,
}

/// An earlier release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The notice.
    pub notice: String,
    /// Which one it was.
    pub kind: Kind,
    /// What kind of duty it was for.
    #[serde(default = "report", skip_serializing_if = "is_report")]
    pub duty_kind: DutyKind,
    /// Its number.
    pub ordinal: u32,
    /// The digest of the document that was released.
    pub digest: String,
    /// When it was released.
    pub released_at: Moment,
}

/// Something that is missing or not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Stable: made from incident, order, duty and what is missing. An `answer` decision on it
    /// fills or settles it where `fill` says so.
    pub id: String,
    /// The item's letter; none for what stands outside the items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// What is missing.
    pub what: String,
    /// How to fill it.
    pub fill: String,
    /// Whether the notice is incomplete without it. What does not block is reported as not known.
    pub blocks: bool,
}

/// Where the notice goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Mail addresses.
    pub to: Vec<String>,
    /// How it is given where it is not mailed: on a form, on a site, by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// The subject; it begins with the pack's literal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// To whom it goes besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The other ways that the order allows, in its own terms, and to whom copies are owed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<String>,
    /// What the Commission's staff directed in writing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directed: Vec<String>,
}

/// A question reserved to counsel, and the reading that was followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservedReading {
    /// The question's id in the pack.
    pub id: String,
    /// The question.
    pub question: String,
    /// The reading that was followed; none where the answer stays open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed: Option<String>,
    /// Whether counsel gave that reading; else it is the pack's working reading.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_counsel: bool,
    /// The decision by which counsel gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// When counsel gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

impl ReservedReading {
    /// What a determination says about a question, with nobody named.
    pub(crate) fn of(reserved: &Reserved, discretion: &Discretion<'_>) -> ReservedReading {
        let reading = reserved.reading.as_ref();
        ReservedReading {
            id: reserved.id.clone(),
            question: discretion.masked(&reserved.question),
            followed: match reading {
                Some(reading) => Some(discretion.masked(&reading.value)),
                None if reserved.disputed => None,
                None => reserved.working_reading.clone(),
            },
            by_counsel: reading.is_some(),
            decision: reading.map(|one| discretion.record(&one.decision)),
            at: reading.and_then(|one| one.at),
        }
    }

    /// The reading that was followed, in words; of counsel's with its date and where to find it.
    pub(crate) fn in_words(&self) -> String {
        match (&self.followed, self.by_counsel) {
            (Some(reading), true) => {
                let at = self.at.iter().map(|at| format!("on {at}"));
                let decision = self.decision.iter().map(|id| format!("decision {id}"));
                let given: Vec<String> = at.chain(decision).collect();
                match given.is_empty() {
                    true => format!("counsel's reading: {reading}"),
                    false => format!("counsel's reading: {reading} ({})", given.join(", ")),
                }
            }
            (Some(reading), false) => format!("working reading of the pack: {reading}"),
            (None, _) => "no reading; the answer stays open where readings differ".to_owned(),
        }
    }
}
