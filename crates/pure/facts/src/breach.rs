//! Breach events: what responders find, do and decide. They come in any order and often late.

mod course;
mod duties;
mod look;
mod matching;
mod reached;
mod words;

pub use course::{
    ConsumerNotice, GovernmentNotice, Level, Milestone, MilestoneBasis, MilestoneName, NotifiedBy,
};
pub use duties::{
    LawEnforcementRequest, Noncompliance, Performed, PerformedPart, StaffChange, StaffDirection,
    section_covers,
};
pub use look::{Authority, Ground, Indicator, IndicatorMode, Judgement};
pub use matching::Matching;
pub use reached::{Acts, Entities, Exposure, Key, Tally, TallyUnit};
pub use words::{
    Circumstance, CircumstanceName, Document, Grouping, Retraction, Statement, StatementItem,
};

use crate::name::too_long;
use crate::place::{is_country, residence_fault};
use crate::{Moment, Private};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Declares the union of reports twice: told apart by `kind` in human-readable formats, by the
/// record's name in Avro.
macro_rules! reports {
    ($($(#[$meta:meta])* $variant:ident($payload:ty) = $kind:literal),+ $(,)?) => {
        /// What a breach event reports.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Report { $($(#[$meta])* $variant($payload)),+ }

        impl Report {
            /// Every kind, in the order of the vocabulary.
            pub const KINDS: &'static [&'static str] = &[$($kind),+];

            /// The kind, as it stands in JSON.
            pub fn kind(&self) -> &'static str {
                match self { $(Report::$variant(_) => $kind),+ }
            }
        }

        #[derive(Serialize, Deserialize)]
        #[serde(tag = "kind")]
        enum Tagged { $(#[serde(rename = $kind)] $variant($payload)),+ }

        #[derive(Serialize, Deserialize)]
        enum Named { $($variant($payload)),+ }

        impl Serialize for Report {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    match self.clone() {
                        $(Report::$variant(payload) => Tagged::$variant(payload)),+
                    }.serialize(serializer)
                } else {
                    match self.clone() {
                        $(Report::$variant(payload) => Named::$variant(payload)),+
                    }.serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for Report {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Report, D::Error> {
                Ok(if deserializer.is_human_readable() {
                    match Tagged::deserialize(deserializer)? {
                        $(Tagged::$variant(payload) => Report::$variant(payload)),+
                    }
                } else {
                    match Named::deserialize(deserializer)? {
                        $(Named::$variant(payload) => Report::$variant(payload)),+
                    }
                })
            }
        }
    };
}

reports! {
    /// Look for these.
    Indicator(Indicator) = "indicator",
    /// A verdict.
    Judgement(Judgement) = "judgement",
    /// Information reached otherwise than by logged accesses.
    Exposure(Exposure) = "exposure",
    /// A count.
    Tally(Tally) = "tally",
    /// Whether keys were reached.
    Key(Key) = "key",
    /// A point in the life of the incident.
    Milestone(Milestone) = "milestone",
    /// An authority was told.
    GovernmentNotice(GovernmentNotice) = "government_notice",
    /// People were told.
    ConsumerNotice(ConsumerNotice) = "consumer_notice",
    /// A duty was done.
    Performed(Performed) = "performed",
    /// A yes/no fact.
    Circumstance(Circumstance) = "circumstance",
    /// Words for the notice.
    Statement(Statement) = "statement",
    /// A section was violated.
    Noncompliance(Noncompliance) = "noncompliance",
    /// Staff directed otherwise.
    StaffDirection(StaffDirection) = "staff_direction",
    /// Law enforcement asked for delay.
    LawEnforcementRequest(LawEnforcementRequest) = "law_enforcement_request",
    /// Something to attach.
    Document(Document) = "document",
    /// One instance.
    Join(Grouping) = "join",
    /// Separate instances.
    Part(Grouping) = "part",
    /// A record was wrong.
    Retraction(Retraction) = "retraction",
}

/// One record of what responders found, did or decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BreachEvent {
    /// Identity at its source; unique in its topic.
    pub id: String,
    /// The responders' case.
    pub matter: String,
    /// When it was put on record.
    pub recorded_at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Private>,
    /// The legal entity it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// What is reported.
    pub report: Report,
}

/// An interval that holds no number.
const LESS_THAN_LEAST: &str = "`at_most` is less than `at_least`";

impl BreachEvent {
    /// What is wrong with this record beyond its types, if anything.
    pub fn fault(&self) -> Option<&'static str> {
        if self.id.is_empty() {
            return Some("`id` is empty");
        }
        if self.matter.is_empty() {
            return Some("`matter` is empty");
        }
        self.contradiction().or_else(|| self.too_long())
    }

    /// What it states that nobody can mean, if anything: it counts as unknown, and whoever writes
    /// it by hand is told. It is no [`fault`](Self::fault): what else the record says stands.
    pub fn doubt(&self) -> Option<&'static str> {
        match &self.report {
            Report::Exposure(one) if one.figures().any(|count| count.is_contradiction()) => {
                Some(LESS_THAN_LEAST)
            }
            Report::Exposure(Exposure { residence, .. })
            | Report::Tally(Tally { residence, .. }) => {
                residence.as_deref().and_then(residence_fault)
            }
            Report::GovernmentNotice(one) => match one.country.as_deref() {
                Some(country) if !is_country(&country.to_uppercase()) => Some(
                    "`country` is no country; write its ISO 3166-1 code of two letters, such as \
                     `US`",
                ),
                _ => None,
            },
            Report::Noncompliance(one) => {
                let crossed = one.consumers.is_some_and(|count| count.is_contradiction());
                crossed.then_some(LESS_THAN_LEAST)
            }
            _ => None,
        }
    }

    /// What the report says against itself.
    fn contradiction(&self) -> Option<&'static str> {
        match &self.report {
            Report::Indicator(one) if one.matching.is_unrestricted() => {
                Some("an indicator without any list would match everything; name what to look for")
            }
            Report::Judgement(one) if one.matching.is_unrestricted() => {
                Some("a judgement without any list would match everything; name what it judges")
            }
            Report::Indicator(Indicator { matching, .. })
            | Report::Judgement(Judgement { matching, .. })
            | Report::Circumstance(Circumstance { matching, .. }) => matching.fault(),
            Report::Exposure(one)
                if one
                    .from
                    .zip(one.until)
                    .is_some_and(|(from, until)| until < from) =>
            {
                Some("`until` lies before `from`")
            }
            Report::Tally(one)
                if one
                    .at_least
                    .zip(one.at_most)
                    .is_some_and(|(least, most)| most < least) =>
            {
                Some(LESS_THAN_LEAST)
            }
            Report::Retraction(one) if one.of.is_empty() => Some("`of` is empty"),
            _ => None,
        }
    }

    /// Which of its names is too long; those of a selector are its own to say.
    fn too_long(&self) -> Option<&'static str> {
        let envelope = too_long!(
            "id": [self.id.as_str()],
            "matter": [self.matter.as_str()],
            "by": self.by.as_ref().map(Private::reveal),
            "entity": self.entity.as_deref(),
        );
        envelope.or_else(|| match &self.report {
            Report::Exposure(one) => too_long!(
                "accounts": one.accounts.iter().flatten().map(Private::reveal),
                "key": one.key.as_ref().map(Private::reveal),
                "party": one.party.as_deref(),
            ),
            Report::Key(one) => too_long!(
                "keys": one.keys.iter().flatten().map(Private::reveal),
            ),
            Report::Circumstance(one) => too_long!(
                "entity": one.entity.as_deref(),
                "party": one.party.as_deref(),
            ),
            Report::Join(one) | Report::Part(one) => too_long!(
                "matters": one.matters.iter().flatten().map(String::as_str),
                "actors": one.actors.iter().flatten().map(Private::reveal),
            ),
            Report::Retraction(one) => too_long!("of": [one.of.as_str()]),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_told_apart_by_kind() {
        let json = r#"{"id":"b1","matter":"M-7","recorded_at":"2026-10-01T00:00:00Z",
            "report":{"kind":"indicator","mode":"insider","actors":["emp-1"]}}"#;
        let event: BreachEvent = serde_json::from_str(json).expect("a breach event");
        assert_eq!(event.report.kind(), "indicator");
        assert_eq!(event.fault(), None);
        let again: BreachEvent =
            serde_json::from_str(&serde_json::to_string(&event).expect("json")).expect("again");
        assert_eq!(again, event);
    }

    #[test]
    fn an_indicator_that_restricts_nothing_is_malformed() {
        let json = r#"{"id":"b1","matter":"M-7","recorded_at":"2026-10-01T00:00:00Z",
            "report":{"kind":"indicator","actors":[]}}"#;
        let event: BreachEvent = serde_json::from_str(json).expect("a breach event");
        assert!(event.fault().is_some());
    }

    #[test]
    fn a_name_that_is_too_long_is_malformed_wherever_it_stands() {
        let long = "x".repeat(crate::LONGEST_NAME_BYTES + 1);
        let reports = [
            format!(r#"{{"kind":"judgement","actors":["{long}"]}}"#),
            format!(r#"{{"kind":"exposure","accounts":["a","{long}"]}}"#),
            format!(r#"{{"kind":"key","keys":["{long}"]}}"#),
            format!(r#"{{"kind":"join","matters":["{long}"]}}"#),
            format!(r#"{{"kind":"retraction","of":"{long}"}}"#),
        ];
        let event = |matter: &str, report: &str| -> BreachEvent {
            let json = format!(
                r#"{{"id":"b1","matter":"{matter}","recorded_at":"2026-10-01T00:00:00Z",
                "report":{report}}}"#
            );
            serde_json::from_str(&json).expect("a breach event")
        };
        for report in &reports {
            let fault = event("M-7", report).fault().expect("a fault");
            assert!(fault.contains("65536"), "{fault}");
            let short = report.replace(&long, "x");
            assert_eq!(event("M-7", &short).fault(), None, "{short}");
            let fault = event(&long, &short).fault().expect("a fault");
            assert!(fault.starts_with("`matter`"), "{fault}");
        }
    }
}
